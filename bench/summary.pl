#!/usr/bin/perl
# summary.pl ROWS FAMILIES SAMPLES RESULTS: medians of the samples, one row a comparison.
#
# ROWS      family, name, ours, peer, unit, goal; ours and peer name a contender and its metric; goal - is none
# FAMILIES  of which rows are wanted, separated by blanks
# SAMPLES   contender and metric, value
# RESULTS   name, ours, peer, unit, ratio, goal
#
# The table on standard output is Markdown and has minimum and maximum too.
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

sub grouped {
    my $text = figure(@_);
    1 while $text =~ s/^(\d+)(\d{3})/$1,$2/;
    return $text;
}

sub statistics {
    my @sorted = sort { $a <=> $b } @_;
    my $middle = $#sorted / 2;
    return (($sorted[$middle] + $sorted[$middle + 0.5]) / 2, @sorted[0, -1]);
}

sub verdict {
    my ($ratio, $goal) = @_;
    my ($relation, $bound) = split / /, $goal;
    return '' if $relation eq '-';
    return ($relation eq '>=' ? $ratio >= $bound : $ratio <= $bound) ? 'met' : 'missed';
}

my ($rows, $families, $samples, $results) = @ARGV;
my %wanted = map { $_ => 1 } split ' ', $families;
my %values;
push @{ $values{ $_->[0] } }, $_->[1] for read_table($samples);

my @table = ([qw(comparison ours peer unit ratio goal), '']);
open my $out, '>', $results or die "$results: $!\n";
print $out join("\t", qw(name ours peer unit ratio goal)), "\n";

my (undef, @rows) = read_table($rows);
for my $row (grep { $wanted{ $_->[0] } } @rows) {
    my (undef, $name, $ours, $peer, $unit, $goal) = @$row;
    my @ours = statistics(@{ $values{$ours} or die "no sample of $ours\n" });
    my @peer = statistics(@{ $values{$peer} or die "no sample of $peer\n" });
    my $ratio = $ours[0] == 0 ? '0.00' : $peer[0] == 0 ? 'inf' : sprintf '%.2f', $ours[0] / $peer[0];

    print $out join("\t", $name, figure($ours[0]), figure($peer[0]), $unit, $ratio, $goal), "\n";
    push @table, [
        $name,
        (map { sprintf '%s (%s … %s)', map { grouped($_) } @$_ } \@ours, \@peer),
        $unit, $ratio, $goal, verdict($ratio, $goal),
    ];
}
close $out or die "$results: $!\n";

splice @table, 1, 0, [('---') x 7];
my @width = map { my $column = $_; (sort { $b <=> $a } map { length $_->[$column] } @table)[0] } 0 .. 6;
for my $line (@table) {
    print '|', (map { sprintf ' %-*s |', $width[$_], $line->[$_] } 0 .. 6), "\n";
}
