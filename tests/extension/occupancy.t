# Sessions that occupy the same hours of the same people at once: what is
# committed never overlaps, the totals are what the records say, and nobody
# waits in a circle.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

use constant {
    SESSIONS     => 24,
    TRANSACTIONS => 30,
    PEOPLE       => 6,
    SEED         => 20250301,
};

my $node = Volunteer::Cluster->new('occupancy', conf => "deadlock_timeout = 50ms\nfsync = off");

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION volunteer;
CREATE TABLE shift (
    session integer,
    who integer,
    period tsrange,
    day date GENERATED ALWAYS AS (lower(period)::date) STORED
);
CREATE TABLE person_year (
    who integer,
    year integer,
    shifts bigint NOT NULL,
    occupied volunteer.occupancy NOT NULL,
    PRIMARY KEY (who, year),
    CONSTRAINT no_overlap CHECK (NOT volunteer.has_overlap(occupied)),
    CONSTRAINT six_hours_a_day CHECK (volunteer.busiest_day_minutes(occupied) <= 360)
) WITH (fillfactor = 50);
SELECT volunteer.track_hours('shift', 'person_year', '{who,year = year(day)}', '{occupied = period}', records => 'shifts');
SQL

# A period of up to forty minutes of one of ten days, two of them in another year.
sub period
{
    my $start = sprintf q('2024-12-30 %02d:%02d'::timestamp + '%d days'), rand 23, rand 60, rand 10;

    return sprintf q(tsrange(%1$s, %1$s + '%2$d minutes')), $start, 1 + rand 40;
}

# Each session changes records of its own; the totals are everybody's.
sub statement
{
    my ($session) = @_;
    my $who = 1 + int rand PEOPLE;
    my $kind = rand;

    return "INSERT INTO shift VALUES ($session, $who, @{[period()]}), ($session, 1 + $who % @{[PEOPLE]}, @{[period()]});\n"
        if $kind < 0.6;
    return "UPDATE shift SET period = @{[period()]} WHERE session = $session AND who = $who;\n" if $kind < 0.7;
    return "DELETE FROM shift WHERE session = $session AND who = $who AND day = '2025-01-01';\n" if $kind < 0.8;
    return "SAVEPOINT s;\nINSERT INTO shift VALUES ($session, $who, @{[period()]});\nROLLBACK TO s;\n" if $kind < 0.9;
    return "MERGE INTO shift USING (VALUES ($who)) AS v (who) ON session = $session AND shift.who = v.who\n"
        . "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (session, who, period) VALUES ($session, v.who, @{[period()]});\n";
}

srand SEED;
my @script = map {
    my $session = $_;
    join '', map { 'BEGIN;' . join('', map { statement($session) } 0 .. rand 3) . "COMMIT;\n" } 1 .. TRANSACTIONS
} 1 .. SESSIONS;
my @errors = ('') x SESSIONS;
my @running = map {
    IPC::Run::start([ 'psql', '-X', '-q', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres') ],
        '<', \$script[$_], '>', File::Spec->devnull, '2>', \$errors[$_])
} 0 .. SESSIONS - 1;
$_->finish foreach @running;

my @refused = map { /^ERROR:  (.*)$/mg } @errors;
my @other = grep { !/^23514: new row for relation "person_year" violates check constraint "(?:no_overlap|six_hours_a_day)"$/ } @refused;
is_deeply(\@other, [], 'nothing else is refused than what the constraints forbid');
ok((grep { /no_overlap/ } @refused) && (grep { /six_hours/ } @refused), 'and of both kinds some is');
unlike(slurp_file($node->logfile), qr/deadlock detected/, 'nobody waited in a circle');

cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM shift'), '>', 100, 'records stand');
is($node->safe_psql('postgres', "SELECT count(*) FROM volunteer.check_hours('shift', 'person_year')"), '0', 'the totals are what they say');
is( $node->safe_psql('postgres', 'SELECT count(*) FROM shift a JOIN shift b ON a.who = b.who AND a.ctid < b.ctid AND a.period && b.period'),
    '0', 'no two of them overlap');
is( $node->safe_psql('postgres', <<'SQL'), '0', 'nobody has more than six hours a day');
SELECT count(*) FROM (
    SELECT FROM shift CROSS JOIN LATERAL volunteer.minutes_by_day(volunteer.occupancy(period)) AS d (occupied_on, minutes)
    GROUP BY who, extract(year FROM day), occupied_on HAVING sum(minutes) > 360) AS d
SQL

$node->stop;
done_testing;
