#!/usr/bin/perl
# summary.pl ROWS SAMPLES RESULTS: medians of the samples, one row a comparison.
#
# ROWS     name, ours, peer, unit, goal; ours and peer name a contender's metric
# SAMPLES  contender.metric, value
# RESULTS  name, ours, peer, unit, ratio, goal
# The table on standard output has minimum and maximum too.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));

sub read_table {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    return map { chomp; [split /\t/] } <$file>;
}

sub figure {
    my ($value) = @_;
    return sprintf $value >= 100 ? '%.0f' : '%.2f', $value;
}

sub statistics {
    my @sorted = sort { $a <=> $b } @_;
    my $middle = $#sorted / 2;
    return (($sorted[$middle] + $sorted[$middle + 0.5]) / 2, @sorted[0, -1]);
}

my ($rows, $samples, $results) = @ARGV;
my %values;
push @{ $values{ $_->[0] } }, $_->[1] for read_table($samples);

my @table = (['name', 'ours', '(min … max)', 'peer', '(min … max)', 'unit', 'ratio', 'goal', '']);
open my $out, '>', $results or die "$results: $!\n";
print $out join("\t", qw(name ours peer unit ratio goal)), "\n";

my (undef, @rows) = read_table($rows);
for my $row (@rows) {
    my ($name, $ours, $peer, $unit, $goal) = @$row;
    my @ours = statistics(@{ $values{$ours} or die "no sample of $ours\n" });
    my @peer = statistics(@{ $values{$peer} or die "no sample of $peer\n" });
    my $ratio = sprintf '%.2f', $ours[0] / $peer[0];
    my ($relation, $bound) = split / /, $goal;
    my $met = $relation eq '>=' ? $ratio >= $bound : $ratio <= $bound;

    print $out join("\t", $name, figure($ours[0]), figure($peer[0]), $unit, $ratio, $goal), "\n";
    push @table, [
        $name,
        figure($ours[0]), sprintf('(%s … %s)', map { figure($_) } @ours[1, 2]),
        figure($peer[0]), sprintf('(%s … %s)', map { figure($_) } @peer[1, 2]),
        $unit, $ratio, $goal, $met ? 'met' : 'missed',
    ];
}
close $out or die "$results: $!\n";

my @width = map { my $column = $_; (sort { $b <=> $a } map { length $_->[$column] } @table)[0] } 0 .. 8;
for my $line (@table) {
    printf "%-*s  %*s %-*s  %*s %-*s  %-*s  %*s  %-*s  %s\n", (map { ($width[$_], $line->[$_]) } 0 .. 7), $line->[8];
}
