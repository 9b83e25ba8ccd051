#!/usr/bin/perl
# sample_city.pl SEED DIR: writes a small synthetic city as files.
#
#   projects.csv    team,name,category
#   volunteers.csv  team,number,name,citizen_id,registered_on
#   roster.csv      service records in the national platform's export shape,
#                   with the spoilt rows of spoil() for each team
#
# The same seed gives the same bytes. Nobody is real: county 350299 does not
# exist, so no citizen can hold one of these numbers.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use Time::Local qw(timegm);

use constant {
    TEAMS        => 3,
    FIRST_DAY    => timegm(0, 0, 0, 1, 0, 2022),
    DAYS         => 1096,    # to the end of 2024
    NO_SUCH_AREA => '350299',
    AREA         => '350203',
};

my ($seed, $dir) = @ARGV;
die "usage: sample_city.pl SEED DIR\n" unless defined $dir && $seed =~ /^[0-9]+$/;
srand $seed;

# How many volunteers reach about how many hours: every star has its holders.
my @HOURS = (
    [2, 1550], [5, 1050], [10, 650], [25, 340], [60, 130], [198, 40],
);

# Projects of each team, with their service category of the national list.
my @PROJECTS = (
    ['测试社区助老 0017', '测试交通引导 0011', '测试文明宣传 0010'],
    ['测试海滩清洁 0006', '测试垃圾分类 0001', '测试植树护绿 0006'],
    ['测试图书整理 0008', '测试支教助学 0003', '测试博物馆导览 0016'],
);
my @POSTS  = ('引导', '记录', '讲解', '保障');
my @NAMES  = map { "测试$_" } split //, '甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥';

sub pick { return $_[int rand @_] }

sub day {
    my ($offset) = @_;
    my @t = gmtime(FIRST_DAY + $offset * 86400);
    return sprintf '%04d-%02d-%02d', $t[5] + 1900, $t[4] + 1, $t[3];
}

# GB 11643, ISO 7064 MOD 11-2
sub citizen_id {
    my ($digits) = @_;
    my ($sum, $weight) = (0, 1);
    for my $digit (reverse split //, $digits) {
        $weight = $weight * 2 % 11;
        $sum += $digit * $weight;
    }
    return $digits . substr '10X98765432', $sum % 11, 1;
}

# ISO 7064 MOD 37,36
sub volunteer_no {
    my ($body) = @_;
    my $alphabet = join '', 0 .. 9, 'A' .. 'Z';
    my $p = 36;
    for my $character (split //, $body) {
        $p = ($p + index $alphabet, $character) % 36 || 36;
        $p = $p * 2 % 37;
    }
    return $body . substr $alphabet, (37 - $p) % 36, 1;
}

sub volunteer {
    my ($serial, $hours) = @_;
    my $registered = int rand 90;
    my $born = sprintf '%04d%02d%02d', 1950 + int rand 53, 1 + int rand 12, 1 + int rand 28;
    return {
        team       => 1 + $serial % TEAMS,
        number     => volunteer_no(sprintf 'V%s%s%06d', AREA, substr(day($registered) =~ s/-//gr, 2, 4), $serial),
        name       => pick(@NAMES),
        citizen_id => citizen_id(sprintf '%s%s%03d', NO_SUCH_AREA, $born, $serial),
        registered => $registered,
        hours      => $hours * (0.97 + rand 0.3),
    };
}

sub clock { return sprintf '%02d:%02d', int $_[0] / 60, $_[0] % 60 }

# One record a day, so that good rows never overlap.
sub records {
    my ($volunteer) = @_;
    my (%taken, @records);
    my $minutes = $volunteer->{hours} * 60;
    while ($minutes > 0) {
        my $offset = $volunteer->{registered} + 1 + int rand DAYS - $volunteer->{registered} - 1;
        next if $taken{$offset}++;
        my $length = 15 * (8 + int rand 25);
        my $start = 15 * (32 + int rand 12);
        my $team = pick(($volunteer->{team}) x 6, 1 .. TEAMS);
        push @records, {
            number  => $volunteer->{number},
            name    => $volunteer->{name},
            project => (split / /, pick(@{ $PROJECTS[$team - 1] }))[0],
            team    => team_name($team),
            post    => pick(@POSTS),
            start   => $start,
            from    => day($offset) . ' ' . clock($start),
            to      => day($offset) . ' ' . clock($start + $length),
            hours   => sprintf('%.2f', $length / 60),
            method  => pick(1, 1, 1, 4),
        };
        $minutes -= $length;
    }
    return @records;
}

sub team_name { return '测试' . (split //, '一二三')[$_[0] - 1] . '号志愿服务队' }

# Each spoilt row breaks one rule; what it is called is the import's business.
sub spoil {
    my ($good) = @_;
    my ($date) = split / /, $good->{from};
    my ($first, $last) = $good->{number} =~ /^(.*)(.)$/;
    return (
        { %$good },
        { %$good, to => "$date " . clock($good->{start} + 30), hours => '0.50' },
        { %$good, number => $first . ($last eq 'A' ? 'B' : 'A') },
        { %$good, number => volunteer_no('V' . AREA . '2201999999') },
        { %$good, name => '测试某' },
        { %$good, project => '无此项目' },
        { %$good, from => "$date 20:00", to => "$date 22:00", hours => '8.00' },
        { %$good, from => "$date 21:00", to => "$date 20:00", hours => '1.00' },
        { %$good, from => '2023-05-01 23:00', to => '2023-05-02 01:00', hours => '2.00' },
        { %$good, from => '2023-02-30 09:00', to => '2023-02-30 10:00', hours => '1.00' },
        { %$good, from => '2001-01-01 09:00', to => '2001-01-01 10:00', hours => '1.00' },
        { %$good, from => '2099-01-01 09:00', to => '2099-01-01 10:00', hours => '1.00' },
    );
}

sub line {
    return join ',', @{ $_[0] }{qw(number name project team post from to hours method)};
}

sub write_file {
    my ($name, @lines) = @_;
    open my $file, '>', "$dir/$name" or die "$dir/$name: $!\n";
    print $file "$_\n" for @lines;
    close $file or die "$dir/$name: $!\n";
    return;
}

my @volunteers;
for my $tier (@HOURS) {
    my ($count, $hours) = @$tier;
    push @volunteers, volunteer(1 + @volunteers, $hours) for 1 .. $count;
}

write_file('projects.csv', 'team,name,category', map {
    my $team = $_;
    map { join ',', $team, split / / } @{ $PROJECTS[$team - 1] };
} 1 .. TEAMS);

write_file('volunteers.csv', 'team,number,name,citizen_id,registered_on', map {
    join ',', @$_{qw(team number name citizen_id)}, day($_->{registered});
} @volunteers);

my @records = sort { $a->{from} cmp $b->{from} or $a->{number} cmp $b->{number} } map { records($_) } @volunteers;
my @lines = map { line($_) } @records;
for my $team (1 .. TEAMS) {
    my @rows = grep { $_->{team} eq team_name($team) } @records;
    splice @lines, int rand @lines, 0, $_ for (map { line($_) } spoil($rows[@rows / 2])), $rows[0]{number};
}
write_file('roster.csv', '志愿者编号,姓名,项目,队伍,岗位,开始时间,结束时间,服务时长,录入方式', @lines);
