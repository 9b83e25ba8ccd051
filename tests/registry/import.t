# Rosters as files: encodings, byte order marks, line ends, a file half of which
# is bad, the same file twice, and 100,000 lines in one call.

use strict;
use warnings;

use Encode qw(decode encode);
use FindBin;
use lib "$FindBin::RealBin/../lib";
use POSIX qw(strftime);
use Test::More;
use Volunteer::Cluster;

use constant {
    LINES      => 100_000,
    VOLUNTEERS => 4_000,
    HEADER     => '志愿者编号,姓名,项目,队伍,岗位,开始时间,结束时间,服务时长,录入方式',
};

my $node = Volunteer::Cluster->new('import', deployed => 1);
my $dir  = $node->basedir;


# A city whose people are many; registering them one by one is not what is tested.
my ($city, $numbers) = split /\n/, $node->safe_psql('registry', <<"SQL");
SET search_path = public, volunteer;
CREATE ROLE recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE reviewer LOGIN IN ROLE registry_reviewer;
SELECT registry.create_organization('示例市志愿服务联合会', '2', '13', '441400') AS city \\gset
SELECT registry.set_policy('publicity_days', 0, '测试', '441400') \\g /dev/null
INSERT INTO registry.person (name, sex, birth_date)
SELECT '示例' || n, 1, '1990-01-01' FROM generate_series(1, @{[ VOLUNTEERS ]}) AS n;
INSERT INTO registry.volunteer (person_id, volunteer_no, registered_on, organization_id, region)
SELECT person_id, volunteer.volunteer_no('441402'::region_code, date '2020-01-01', person_id::integer), '2020-01-01', :city, '441402'
FROM registry.person;
SELECT registry.appoint_staff(duty::name, :city, duty, registry.add_person(duty, 'passport', number, 9::smallint, '1980-01-01'))
FROM (VALUES ('recorder', 'E00000001'), ('reviewer', 'E00000002')) AS t (duty, number) \\g /dev/null
SET SESSION AUTHORIZATION recorder;
SELECT registry.create_project('项目' || n, :city, '0001') FROM generate_series(1, 10) AS n \\g /dev/null
SELECT :city;
RESET SESSION AUTHORIZATION;
SELECT string_agg(v.volunteer_no::text, ' ' ORDER BY v.person_id) FROM registry.volunteer v;
SQL
my @number = split / /, $numbers;

# Service number n: volunteers in turn, each a day later, an hour at half past eight.
sub line
{
    my ($n) = @_;
    my $who = $n % VOLUNTEERS;
    my $day = strftime('%Y-%m-%d', gmtime(time - 86400 * (2 + int($n / VOLUNTEERS))));

    return sprintf '%s,示例%d,项目%d,示例市志愿服务联合会,引导,%s 08:30,%s 09:30,1.00,%d',
        $number[$who], $who + 1, 1 + $n % 10, $day, $day, 1 + $n % 4;
}

sub write_roster
{
    my ($name, $encoding, $line_end, @lines) = @_;

    open my $file, '>:raw', "$dir/$name" or die "$name: $!";
    print $file encode($encoding, decode('UTF-8', join '', map { "$_$line_end" } @lines));
    close $file or die "$name: $!";
    return;
}

# As the manual says; returns "total imported unchanged refused" and the refusals by rule.
sub import_roster
{
    my ($name, $encoding) = @_;
    my ($status, $output, $errors) = $node->psql('registry', <<"SQL", extra_params => [ '-U', 'recorder' ]);
\\set ON_ERROR_STOP on
SELECT registry.begin_import('$name', $city) AS import_id \\gset
\\copy registry.import_line (line) FROM '$dir/$name' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02', ENCODING '$encoding')
SELECT concat_ws(' ', total, imported, unchanged, refused)
FROM registry.import_service_records(:import_id, '旧系统迁入', sha256('签到表'));
SELECT concat_ws(' ', count(*), rule, min(line_no)) FROM registry.import_refusal WHERE import_id = :import_id
GROUP BY rule ORDER BY rule;
SQL

    is($errors, '', "$name: no message");
    return join '; ', split /\n/, $output;
}

sub records
{
    return $node->safe_psql('registry', 'SELECT count(*) FROM registry.service_record');
}

subtest 'encodings and line ends' => sub {
    write_roster('utf8.csv', 'UTF-8', "\n", HEADER, map { line($_) } 0 .. 9);
    write_roster('bom.csv', 'UTF-8', "\r\n", "\xef\xbb\xbf" . HEADER, map { line($_) } 0 .. 19);
    write_roster('gbk.csv', 'GBK', "\r\n", HEADER, map { line($_) } 0 .. 29);
    is(import_roster('utf8.csv', 'UTF8'), '10 10 0 0', 'UTF-8');
    is(import_roster('bom.csv', 'UTF8'), '20 10 10 0', 'with a byte order mark');
    is(import_roster('gbk.csv', 'GBK'), '30 10 20 0', 'GBK');
    is(import_roster('gbk.csv', 'GBK'), '30 0 30 0', 'the same file twice');
    is(records(), 30, 'thirty records');

    my ($status, undef, $errors) = $node->psql('registry', <<"SQL", extra_params => [ '-U', 'recorder' ]);
SELECT registry.begin_import('gbk.csv', $city);
\\copy registry.import_line (line) FROM '$dir/gbk.csv' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02', ENCODING 'UTF8')
SQL
    like($errors, qr/invalid byte sequence/, 'GBK said to be UTF-8 is an error, not a wrong name');
};

subtest 'a file half of which is bad' => sub {
    my @lines = map { line($_) } 30 .. 39;

    $lines[1] =~ s/示例\d+/示例甲/;
    $lines[3] = 'a line, "broken';
    $lines[5] =~ s/1\.00/9.00/;
    $lines[7] =~ s/项目\d+/无此项目/;
    $lines[9] =~ s/^V\d{6}/V999999/;
    write_roster('half.csv', 'UTF-8', "\n", HEADER, @lines);
    is(import_roster('half.csv', 'UTF8'), '10 5 0 5; 1 hours_match_period 7; 1 known_project 9; 1 known_volunteer 11;'
        . ' 1 name_matches_number 3; 1 nine_fields 5', 'good lines go in, bad ones stay with their number and rule');
    is(import_roster('half.csv', 'UTF8'), '10 0 5 5; 1 hours_match_period 7; 1 known_project 9; 1 known_volunteer 11;'
        . ' 1 name_matches_number 3; 1 nine_fields 5', 'again the same');
    is(records(), 35, 'thirty-five records');

    my $refused = $node->safe_psql('registry', <<'SQL', extra_params => [ '-U', 'recorder' ]);
SELECT max(import_id) AS import_id FROM registry.import_refusal \gset
SELECT registry.announce_import_access(:import_id, 'roster_correction') \g /dev/null
SELECT line FROM registry.read_import_lines(:import_id) WHERE line_no = 5;
SQL
    is($refused, 'a line, "broken', 'a bad line is kept as it was');
};

subtest 'lines on their way when their import is given up' => sub {
    my ($slow, $next) = map { $node->background_psql('registry', extra_params => [ '-U', 'recorder' ]) } 1 .. 2;

    $slow->query_safe("SELECT registry.begin_import('slow.csv', $city)");
    $slow->query_safe("BEGIN; INSERT INTO registry.import_line (line) VALUES ('姓名')");
    $node->start_waiting($next, "SELECT registry.begin_import('next.csv', $city)");
    $slow->query_safe('COMMIT');
    $next->query_safe('SELECT 1');
    is($node->safe_psql('registry', "SELECT count(*) FROM registry.import_line"), '0', 'go with it');
    $_->quit foreach $slow, $next;
};

subtest '100,000 lines' => sub {
    write_roster('large.csv', 'UTF-8', "\n", HEADER, map { line($_) } 0 .. LINES - 1);
    is(import_roster('large.csv', 'UTF8'), '100000 99965 35 0', 'one call');
    is(import_roster('large.csv', 'UTF8'), '100000 0 100000 0', 'the same file again');
    is(records(), LINES, 'every line is a record');
    $node->safe_psql('registry', <<'SQL', extra_params => [ '-U', 'reviewer' ]);
SELECT registry.review_batch(batch_id, true) FROM generate_series(1, 5) AS batch_id;
SELECT registry.make_effective(batch_id) FROM generate_series(1, 5) AS batch_id;
SQL
    is($node->safe_psql('registry', 'SELECT volunteer.sum(hours), sum(records) FROM registry.volunteer_hours'),
        LINES . ':00|' . LINES, 'all of them count once they take effect');
    is($node->safe_psql('registry', 'SELECT count(*) FROM registry.check_hours()'), 0, 'and the totals are exact');
    is($node->safe_psql('registry', 'SELECT count(*) FROM registry.import_line'), 0, 'no raw line is left behind');
};

done_testing;
