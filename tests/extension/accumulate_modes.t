# Totals that nobody waits for (queue), totals by statements (flush 'statement'), records that are never refused (quarantine).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('accumulate_modes', conf => 'deadlock_timeout = 20ms');

sub sql
{
    return $node->safe_psql('postgres', @_);
}

sub refusal
{
    my ($statement) = @_;
    my ($status, $stdout, $stderr) = $node->psql('postgres', $statement, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
    return $status == 0 ? "done: $stdout" : $stderr;
}

sql(<<'SQL');
CREATE EXTENSION volunteer;
CREATE SCHEMA club;
CREATE TABLE club.visit (
    visit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    club text NOT NULL,
    visited_on date,
    hours volunteer.service_hours NOT NULL,
    period tsrange
);
CREATE TABLE club.month (
    club text,
    month date,
    hours volunteer.service_hours NOT NULL CHECK (volunteer.minutes(hours) >= 0),
    visits bigint NOT NULL,
    occupied volunteer.occupancy NOT NULL,
    PRIMARY KEY (club, month)
);
CREATE TABLE club.month_queue (
    club text NOT NULL,
    month date NOT NULL,
    hours volunteer.service_hours NOT NULL,
    visits bigint NOT NULL,
    occupied volunteer.occupancy NOT NULL
);
CREATE VIEW club.exact_month AS
    SELECT club, month, volunteer.sum(hours) AS hours, sum(visits) AS visits, volunteer.sum(occupied) AS occupied
    FROM (TABLE club.month UNION ALL TABLE club.month_queue) AS m
    GROUP BY club, month;
CREATE VIEW club.recomputed_month AS
    SELECT club, date_trunc('month', visited_on)::date AS month, volunteer.sum(hours) AS hours, count(*)::numeric AS visits,
        coalesce(volunteer.sum(volunteer.occupancy(period)), '{}') AS occupied
    FROM club.visit GROUP BY 1, 2;
CREATE PROCEDURE club.work() LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO club.visit (club, visited_on, hours, period)
    SELECT 'club ' || (random() * 3)::integer, d, '1:00', tsrange(d + time '08:00', d + time '09:00')
    FROM (SELECT date '2025-01-01' + (random() * 90)::integer AS d FROM generate_series(1, 3)) AS d;
    IF random() < 0.3 THEN
        DELETE FROM club.visit WHERE visit_id = (SELECT visit_id FROM club.visit LIMIT 1 FOR UPDATE SKIP LOCKED);
    ELSIF random() < 0.5 THEN
        UPDATE club.visit SET club = 'club 9', hours = '0:30'
        WHERE visit_id = (SELECT visit_id FROM club.visit ORDER BY visit_id DESC LIMIT 1 FOR UPDATE SKIP LOCKED);
    END IF;
END
$$;
INSERT INTO club.visit (club, visited_on, hours, period) VALUES ('club 1', '2025-01-31', '2:00', '[2025-01-31 10:00,2025-01-31 12:00)');
SQL

my $track = q(SELECT volunteer.track_hours('club.visit', 'club.month', ARRAY['club', 'month = month(visited_on)'],
    ARRAY['hours', 'occupied = period'], records => 'visits'%s));

sub differences
{
    return sql(q(SELECT count(*) FROM volunteer.check_hours('club.visit', 'club.month')));
}

sub view_is_exact
{
    my ($what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(sql(q(SELECT count(*) FROM (
        (SELECT * FROM club.exact_month WHERE visits <> 0 EXCEPT TABLE club.recomputed_month) UNION ALL
        (TABLE club.recomputed_month EXCEPT SELECT * FROM club.exact_month)) AS d)), '0', "the view is exact: $what");
    is(differences(), '0', 'and the check says so');
    return;
}

# Queue

sql(sprintf $track, q(, queue => 'club.month_queue'));
is(sql('SELECT count(*) FROM club.month_queue'), '0', 'what was there is filled into the totals');
sql(q{INSERT INTO club.visit (club, visited_on, hours, period) VALUES ('club 1', '2025-01-30', '1:00', '[2025-01-30 10:00,2025-01-30 11:00)')});
is(sql('SELECT hours FROM club.month'), '2:00', 'totals wait');
is(sql('SELECT club, month, hours, visits FROM club.month_queue'), 'club 1|2025-01-01|1:00|1', 'deltas are queued');
view_is_exact('a record came');
foreach my $statement ('DELETE FROM club.month_queue', q(UPDATE club.month_queue SET visits = 7), 'TRUNCATE club.month_queue',
    q(INSERT INTO club.month_queue VALUES ('club 1', '2025-01-01', '9:00', 9, '{}')))
{
    like(refusal($statement), qr/55000: "month_queue" is kept from club\.visit/, "refused: $statement");
}

my $session = $node->background_psql('postgres');
$session->query_safe(q(BEGIN; INSERT INTO club.visit (club, visited_on, hours) VALUES ('club 1', '2025-01-30', '0:10'); SELECT volunteer.flush_hours()));
sql(q(SET lock_timeout = '5s'; INSERT INTO club.visit (club, visited_on, hours) VALUES ('club 1', '2025-01-30', '0:20')));
pass('one writer of a key does not wait for another');
is(sql(q(SELECT volunteer.roll_up_hours('club.month'))), '2', 'what is committed is rolled up');
is(sql('SELECT hours, visits FROM club.month'), '3:20|3', 'into the totals');
$session->query_safe('ROLLBACK');
is(sql('SELECT count(*) FROM club.month_queue'), '0', 'what was rolled back is not queued');
view_is_exact('rolled up');

$session->query_safe(q(BEGIN; INSERT INTO club.visit (club, visited_on, hours) VALUES ('club 2', '2025-01-30', '0:40')));
$session->query_safe(q(SAVEPOINT s; INSERT INTO club.visit (club, visited_on, hours) VALUES ('club 2', '2025-01-30', '4:00'); SELECT volunteer.flush_hours(); ROLLBACK TO s; COMMIT));
is(sql('SELECT club, hours FROM club.month_queue'), 'club 2|0:40', 'a savepoint undoes its part');

my $work = $node->basedir . '/work.sql';
append_to_file($work, "BEGIN;\nCALL club.work();\nCALL club.work();\nCOMMIT;\n");
my $roll_up = $node->basedir . '/roll_up.sql';
append_to_file($roll_up, "SELECT volunteer.roll_up_hours('club.month');\n");
my ($output, $errors) = run_command([ qw(pgbench -n -c 16 -j 2 -t 30 -f), "$work\@9", '-f', "$roll_up\@1", $node->connstr('postgres') ]);
like($output, qr{number of transactions actually processed: 480/480}, 'writers, and several who roll up') or diag($errors);
is(sql('SELECT sum(deadlocks) FROM pg_stat_database'), '0', 'without a deadlock');
cmp_ok(sql('SELECT sum(visits) FROM club.exact_month'), '>', 100, 'there was work');
view_is_exact('with several who roll up');

# One rolls up at a time.
sql('CALL club.work()');
my $queued = sql('SELECT count(*) FROM club.month_queue');
cmp_ok($queued, '>', 0, 'there is something to roll up');
$session->query_safe(q(BEGIN; SELECT volunteer.roll_up_hours('club.month')));
is(sql(q(SELECT volunteer.roll_up_hours('club.month'))), '0', 'what is being rolled up is left alone');
$session->query_safe('ROLLBACK');
is(sql(q(SELECT volunteer.roll_up_hours('club.month'))), $queued, 'and rolled up when that has failed');
view_is_exact('after a roll-up that was undone');

sql('CALL club.work()');
sql(sprintf $track, '');
is(sql('SELECT count(*) FROM club.month_queue'), '0', 'to track without the queue empties it');
is(sql(q(SELECT count(*) FROM pg_trigger WHERE tgrelid = 'club.month_queue'::regclass)), '0', 'and leaves nothing on it');
view_is_exact('without the queue');
sql(sprintf $track, q(, queue => 'club.month_queue', fill => false));
sql('CALL club.work()');
$session->query_safe(q(BEGIN; SELECT volunteer.roll_up_hours('club.month')));
sql('CALL club.work()');
my $untracking = $node->background_psql('postgres');
$untracking->query_until(qr/begun/, "\\echo begun\nSELECT volunteer.untrack_hours('club.visit', 'club.month', '1 min');\n");
$node->poll_query_until('postgres', q(SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'club.month_queue'::regclass AND NOT granted)))
    or BAIL_OUT('nobody waits for the queue');
$session->query_safe('COMMIT');
$untracking->quit;
is(sql(q(SELECT count(*) FROM volunteer.tracking('club.month'))), '0', 'to untrack waits for a roll-up that is under way');
is(sql('SELECT count(*) FROM club.month_queue'), '0', 'and empties the queue as well');
is(sql(q(SELECT count(*) FROM (SELECT club, month, hours, visits::numeric, occupied FROM club.month WHERE visits > 0
    EXCEPT TABLE club.recomputed_month) AS d)), '0', 'into exact totals');

like(refusal(q(SELECT volunteer.roll_up_hours('club.month'))), qr/42704: totals "month" have no queue/, 'no queue, no roll-up');
sql('CREATE ROLE carol; ALTER TABLE club.month_queue OWNER TO carol');
like(refusal(sprintf $track, q(, queue => 'club.month_queue')), qr/42501: "month_queue" must belong to the owner of totals "month"/,
    'a queue of somebody else is refused');
sql('ALTER TABLE club.month_queue OWNER TO postgres');
like(refusal(sprintf $track, q(, queue => 'club.exact_month')), qr/42809: "exact_month" is a view/, 'and a queue that is no table');

# Flush at the end of each statement: one statement for each totals table, the shape that a sharded table needs.

sub statements
{
    my ($statement) = @_;
    my ($status, $stdout, $stderr) = $node->psql('postgres', <<"SQL");
SET client_min_messages = notice;
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_level = notice;
SET search_path = '';
$statement;
SQL
    return grep { /club\.(month|day)/ } $stderr =~ /Query Text: (.*?)\n\S/gs;
}

sql(<<'SQL');
CREATE TABLE club.day (club text, visited_on date, visits integer NOT NULL, PRIMARY KEY (club, visited_on));
SELECT volunteer.track_hours('club.visit', 'club.day', ARRAY['club', 'visited_on'], ARRAY[]::text[], records => 'visits', flush => 'statement');
SQL
sql(sprintf $track, q(, flush => 'statement'));
my @statements = statements(q{INSERT INTO club.visit (club, visited_on, hours, period)
    SELECT 'club ' || g % 50, date '2025-02-01' + g % 20, '1:00', tsrange(timestamp '2025-01-01' + g * interval '1 h', timestamp '2025-01-01' + (g + 1) * interval '1 h')
    FROM pg_catalog.generate_series(1, 1000) AS g});
is(scalar @statements, 2, 'a thousand rows, two totals, two statements');
is(scalar(grep { /^INSERT INTO club\.month AS t \(/ } @statements), 1, 'one for the months, by its qualified name');
is(scalar(grep { /^INSERT INTO club\.day AS t \(/ } @statements), 1, 'one for the days');
is(scalar(grep { /SELECT (pg_catalog\.unnest\(\$\d\)(, )?)+ ON CONFLICT/ } @statements), 2, 'keys and values are arrays, no row of a table is read');
is(differences(), '0', 'exact');
is(scalar statements(q(UPDATE club.visit SET visited_on = visited_on + 1)), 4, 'what is lowered takes a second one');
is(differences(), '0', 'exact');
is(scalar statements(q(UPDATE club.visit SET visited_on = visited_on)), 0, 'what does not change takes none');
is(sql(q(SELECT count(*) FROM volunteer.check_hours('club.visit', 'club.day'))), '0', 'exact by day');

# Quarantine: whoever writes records is never refused, what cannot be counted is named with the reason.

sql(<<'SQL');
CREATE TABLE club.lesson (
    lesson_id integer PRIMARY KEY,
    member_id integer,
    held_on date,
    hours volunteer.service_hours,
    period tsrange
);
CREATE TABLE club.lesson_year (
    member_id integer,
    year smallint,
    hours volunteer.service_hours NOT NULL CONSTRAINT hours_of_a_year CHECK (volunteer.minutes(hours) BETWEEN 0 AND 600),
    occupied volunteer.occupancy NOT NULL CONSTRAINT no_overlap CHECK (NOT volunteer.has_overlap(occupied)),
    PRIMARY KEY (member_id, year)
);
CREATE TABLE club.refused OF volunteer.refused_record;
CREATE TABLE club.notes (note text);
INSERT INTO club.lesson VALUES (1, 1, '2025-01-01', '11:00', NULL), (2, 2, '2025-01-01', '1:00', NULL), (3, 2, '-infinity', '1:00', NULL);
SQL

my $quarantine = q(SELECT volunteer.track_hours('club.lesson', 'club.lesson_year', ARRAY['member_id', 'year = year(held_on)'],
    ARRAY['hours', 'occupied = period'], quarantine => '%s'));

sub refused
{
    return sql(q(SELECT record ->> 'lesson_id', sqlstate, constraint_name, message FROM club.refused ORDER BY refused_at, record ->> 'lesson_id'));
}

sub lessons_that_differ
{
    return sql(q(SELECT key ->> 'member_id' FROM volunteer.check_hours('club.lesson', 'club.lesson_year') ORDER BY 1));
}

like(refusal(sprintf $quarantine, 'club.notes'), qr/42809: "notes" must be a table of type refused_record/, 'a quarantine has its type');
sql(sprintf $quarantine, 'club.refused');
is(sql('SELECT source, totals, record, sqlstate, constraint_name FROM club.refused'),
    '|club.lesson_year|{"year": 2025, "hours": "11:00", "occupied": "{}", "member_id": 1}|23514|hours_of_a_year',
    'what was there and cannot be counted is named by its key');
is(lessons_that_differ(), '1', 'and stays a difference');
sql('DELETE FROM club.lesson WHERE lesson_id IN (1, 3); TRUNCATE club.refused');
is(lessons_that_differ(), '', 'until the record is mended');

sql(q{INSERT INTO club.lesson VALUES (11, 3, 'infinity', '1:00', NULL), (12, 3, '40000-01-01', '1:00', NULL),
    (13, 3, '2025-01-01', '1:00', '[2025-01-01 08:00,)'), (14, 3, '2025-01-01', '1:00', '[2025-01-01 08:00,2025-01-01 09:00)')});
is(refused(), "11|22008||an infinite date has no year\n12|22008||the year does not fit into smallint\n13|22023||a period of service has a start and an end",
    'rows of which a key or a sum cannot be computed');
is(sql(q(SELECT source, totals, record FROM club.refused ORDER BY record ->> 'lesson_id' LIMIT 1)),
    'club.lesson|club.lesson_year|{"hours": "1:00", "period": null, "held_on": "infinity", "lesson_id": 11, "member_id": 3}', 'the whole row is there');
is(sql('SELECT hours FROM club.lesson_year WHERE member_id = 3'), '1:00', 'the others are counted');
is(lessons_that_differ(), '', 'what cannot be computed is no difference');
sql(q(UPDATE club.lesson SET held_on = '2025-01-01' WHERE lesson_id = 11; DELETE FROM club.lesson WHERE lesson_id IN (12, 13)));
is(sql('SELECT hours FROM club.lesson_year WHERE member_id = 3'), '2:00', 'mended, a record counts');
is(lessons_that_differ(), '', 'exact');

sql('TRUNCATE club.refused');
sql(q{INSERT INTO club.lesson VALUES (21, 5, '2025-02-01', '1:00', '[2025-02-01 08:00,2025-02-01 09:00)'),
    (22, 5, '2025-02-01', '1:00', '[2025-02-01 08:30,2025-02-01 09:30)'), (23, 6, '2025-02-01', '1:00', '[2025-02-01 08:30,2025-02-01 09:30)'),
    (24, 7, '2025-02-01', '10:01', NULL)});
is(sql('SELECT count(*) FROM club.lesson WHERE lesson_id > 20'), '4', 'records whose totals are refused are written');
is(sql(q(SELECT record ->> 'lesson_id', sqlstate, constraint_name FROM club.refused ORDER BY 1)),
    "21|23514|no_overlap\n22|23514|no_overlap\n24|23514|hours_of_a_year", 'and named with the constraint');
unlike(refused(), qr/contains|2025/, 'the reason has no data in it');
is(sql('SELECT hours FROM club.lesson_year WHERE member_id = 6'), '1:00', 'other keys are counted');
is(lessons_that_differ(), "5\n7", 'the totals of these keys lack them');
sql('DELETE FROM club.lesson WHERE lesson_id IN (22, 24)');
is(sql(q(SELECT volunteer.repair_hours('club.lesson', 'club.lesson_year'))), '1', 'mended, and repaired');
is(lessons_that_differ(), '', 'exact');
is(sql('SELECT hours FROM club.lesson_year WHERE member_id = 5'), '1:00', 'and counted');

sql('TRUNCATE club.refused');
$node->psql('postgres', q(BEGIN; INSERT INTO club.lesson VALUES (31, 8, 'infinity', '1:00'), (32, 8, '2025-02-01', '11:00'); SELECT volunteer.flush_hours(); ROLLBACK));
sql(q(BEGIN; SAVEPOINT s; INSERT INTO club.lesson VALUES (31, 8, '2025-02-01', '11:00'); SELECT volunteer.flush_hours(); ROLLBACK TO s; INSERT INTO club.lesson VALUES (33, 8, '2025-02-01', '1:00'); COMMIT));
is(refused(), '', 'what is undone was not refused');
is(lessons_that_differ(), '', 'exact');

# What is no fault of the record is not swallowed.

$session->query_safe(q(BEGIN; INSERT INTO club.lesson VALUES (41, 8, '2025-03-01', '0:10'); SELECT volunteer.flush_hours()));
like(refusal(q(BEGIN; INSERT INTO club.lesson VALUES (42, 8, '2025-03-01', '0:10'); SET LOCAL statement_timeout = '200 ms'; SELECT volunteer.flush_hours())),
    qr/57014: canceling statement due to statement timeout/, 'a cancelled statement is cancelled');
like(refusal(q(SET lock_timeout = '200 ms'; INSERT INTO club.lesson VALUES (42, 8, '2025-03-01', '0:10'))),
    qr/55P03: canceling statement due to lock timeout/, 'so is one that waited for too long');
$session->query_safe('COMMIT');
is(refused(), '', 'and nothing is refused');
is(lessons_that_differ(), '', 'exact');

$session->quit;
$node->stop;
done_testing;
