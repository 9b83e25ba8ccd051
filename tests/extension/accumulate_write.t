# How totals are written: concurrent sessions, isolation levels, what hangs on
# totals, large transactions, quarantine.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('accumulate_write', conf => 'deadlock_timeout = 50ms');

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION volunteer;
CREATE SCHEMA club;
CREATE TABLE club.visit (member_id integer, visited_on date DEFAULT '2025-03-01', hours volunteer.service_hours, stay tsrange);
CREATE TABLE club.member (member_id integer PRIMARY KEY, hours volunteer.service_hours, visits bigint CHECK (visits >= 0));
CREATE TABLE club.member_year (
    year smallint,
    member_id integer,
    visits integer NOT NULL,
    stays volunteer.occupancy NOT NULL,
    CONSTRAINT no_overlap CHECK (NOT volunteer.has_overlap(stays)),
    PRIMARY KEY (year, member_id)
);
SELECT volunteer.track_hours('club.visit', 'club.member', ARRAY['member_id'], ARRAY['hours'], records => 'visits');
SELECT volunteer.track_hours('club.visit', 'club.member_year', ARRAY['member_id', 'year = year(visited_on)'],
    ARRAY['stays = stay'], records => 'visits');
SQL

sub exact
{
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($node->safe_psql('postgres', <<'SQL'), '0', "exact: $name");
SELECT count(*) FROM (
    SELECT key FROM volunteer.check_hours('club.visit', 'club.member')
    UNION ALL
    SELECT key FROM volunteer.check_hours('club.visit', 'club.member_year')) AS d
SQL
    return;
}

# Runs scripts in sessions at once; none of their transactions may fail.
sub sessions
{
    my ($name, $options, %scripts) = @_;
    my @command = (qw(pgbench -n --max-tries=1 -j 2), @$options);

    foreach my $weight (sort keys %scripts)
    {
        my $file = $node->basedir . "/script$weight.sql";

        unlink $file;
        append_to_file($file, $scripts{$weight});
        push @command, '-f', "$file\@$weight";
    }
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    command_checks_all([ @command, $node->connstr('postgres') ], 0,
        [qr/number of failed transactions: 0 /], [qr/^((?!ERROR).)*$/s], $name);
    exact($name);
    return;
}

# Concurrent sessions


sessions('eight sessions make the same totals', [ qw(-c 8 -t 50) ], 1 => <<'SQL');
INSERT INTO club.visit (member_id, hours) SELECT 400 * random(), '1:00' FROM generate_series(1, 5) AS g;
SQL
foreach my $isolation ('repeatable\ read', 'serializable')
{
    local $ENV{PGOPTIONS} = "-c default_transaction_isolation=$isolation";
    sessions("eight sessions add to the same totals, $isolation", [ qw(-c 8 -t 50) ], 1 => <<'SQL');
BEGIN;
INSERT INTO club.visit (member_id, hours) VALUES (1 + 3 * random(), '0:30');
INSERT INTO club.visit (member_id, hours) VALUES (1 + 3 * random(), '0:30');
COMMIT;
SQL
}
sessions('large transactions among small ones', [ qw(-c 6 -t 20) ],
    1  => "INSERT INTO club.visit (member_id, hours) SELECT g, '1:00' FROM generate_series(0, 3000) AS g;\n",
    20 => "INSERT INTO club.visit (member_id, hours) SELECT 5000 * random(), '1:00' FROM generate_series(1, 3);\n");
is($node->safe_psql('postgres', 'SELECT sum(deadlocks) FROM pg_stat_database'), '0', 'no deadlock');

my $first = $node->background_psql('postgres', on_error_stop => 0);
my $second = $node->background_psql('postgres', on_error_stop => 0);

# The second session asks, and waits for the first.
sub waits
{
    my ($statement) = @_;

    $second->query_until(qr/asked/, "\\echo asked\n$statement;\n");
    $node->poll_query_until('postgres',
        q(SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE application_name = 'second')) or die;
    return;
}

$first->query_safe("BEGIN; INSERT INTO club.visit VALUES (-1, '2025-03-01', '1:00'); SELECT volunteer.flush_hours()");
$second->query_safe("SET application_name = 'second'");
waits("INSERT INTO club.visit VALUES (-1, '2025-03-01', '2:00')");
$first->query_safe('ROLLBACK');
$second->query_safe('SELECT 1');
is($node->safe_psql('postgres', 'SELECT hours FROM club.member WHERE member_id = -1'), '2:00',
    'a total that another session made and rolled back is made again');
$first->query_safe("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM club.member");
$second->query_safe("INSERT INTO club.visit VALUES (-1, '2025-03-01', '4:00')");
$first->query_safe("INSERT INTO club.visit VALUES (-1, '2025-03-01', '8:00'); COMMIT");
is($node->safe_psql('postgres', 'SELECT hours FROM club.member WHERE member_id = -1'), '14:00',
    'a total that is newer than the snapshot is added to');

# A total that another session is about to replace is judged as that leaves it, and not before.

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE club.booking (room integer, period tsrange);
CREATE TABLE club.room (
    room integer PRIMARY KEY, taken volunteer.occupancy, CONSTRAINT taken_once CHECK (NOT volunteer.has_overlap(taken)));
SELECT volunteer.track_hours('club.booking', 'club.room', ARRAY['room'], ARRAY['taken = period']);
INSERT INTO club.booking VALUES (1, '[2025-03-01 09:00,2025-03-01 10:00)');
SQL
my $leave = 'BEGIN; DELETE FROM club.booking; SELECT volunteer.flush_hours()';
my $come = q{INSERT INTO club.booking VALUES (1, '[2025-03-01 09:30,2025-03-01 10:30)')};

$first->query_safe($leave);
waits($come);
$first->query_safe('ROLLBACK');
$second->query('SELECT 1');
like($second->{stderr}, qr/violates check constraint "taken_once"/, 'a period that is taken after all is refused');
$second->{stderr} = '';
$first->query_safe($leave);
waits($come);
$first->query_safe('COMMIT');
$second->query_safe('SELECT 1');
is($node->safe_psql('postgres', 'SELECT taken FROM club.room'), '{[2025-03-01 09:30,2025-03-01 10:30)}', 'one that is free by then is not');

# Sessions that flush within their transactions can wait in a circle.

$second->query_safe(q(SET deadlock_timeout = '1 h'; BEGIN; INSERT INTO club.visit (member_id) VALUES (-5); SELECT volunteer.flush_hours()));
$first->query_safe('BEGIN; INSERT INTO club.visit (member_id) VALUES (-6); SELECT volunteer.flush_hours()');
waits('INSERT INTO club.visit (member_id) VALUES (-6); SELECT volunteer.flush_hours()');
$first->query('INSERT INTO club.visit (member_id) VALUES (-5); SELECT volunteer.flush_hours()');
my $circle = qr/DETAIL:  Process \d+ waits for ShareLock on transaction \d+; blocked by process \d+\.\n/;
like($first->{stderr}, qr/ERROR:  deadlock detected\n$circle/, 'who waits for whom is told');
$first->{stderr} = '';
like(slurp_file($node->logfile), $circle, 'in the log as well');
unlike(slurp_file($node->logfile), qr/Process \d+: /, 'not what the others were doing');
$first->query_safe('ROLLBACK');
$second->query_safe('COMMIT; RESET deadlock_timeout');

$first->query_safe("BEGIN; INSERT INTO club.visit (member_id, hours) SELECT g, '1:00' FROM generate_series(10000, 12000) AS g");
$first->query_safe('SELECT volunteer.flush_hours()');
$second->query_safe("SET lock_timeout = '10 s'; INSERT INTO club.visit VALUES (13000, '2025-03-01', '4:00')");
$first->query_safe('COMMIT');
$_->quit foreach $first, $second;
exact('sessions that waited');

# Many deltas, in and out of order, with and without their totals

$node->safe_psql('postgres', <<'SQL');
INSERT INTO club.visit (member_id, hours)
    SELECT g * 7919 % 200000, '0:10' FROM generate_series(1, 120000) AS g;
UPDATE club.visit SET hours = '0:15', visited_on = '2024-03-01' WHERE member_id % 2 = 0;
BEGIN;
SAVEPOINT load;
INSERT INTO club.visit (member_id, hours) SELECT g, '0:10' FROM generate_series(150000, 260000) AS g;
SELECT volunteer.flush_hours();
ROLLBACK TO load;
DELETE FROM club.visit WHERE member_id % 3 = 0;
COMMIT;
SQL
exact('100,000 deltas and more in a transaction');
is($node->safe_psql('postgres', <<'SQL'), 't', 'memory grows with keys, not with rows');
CREATE TABLE club.step (walker text, steps integer);
CREATE TABLE club.walker (walker text PRIMARY KEY, steps bigint);
SELECT volunteer.track_hours('club.step', 'club.walker', ARRAY['walker'], ARRAY['steps']) \g /dev/null
BEGIN;
INSERT INTO club.step SELECT md5((g % 10)::text), g FROM generate_series(1, 300000) AS g;
SELECT max(total_bytes) < 16000000 FROM pg_backend_memory_contexts WHERE name = 'volunteer pending hours';
COMMIT;
SQL

is($node->safe_psql('postgres', 'SELECT count(*), sum(steps) FROM club.walker'), '10|45000150000', 'and nothing is lost');

is($node->safe_psql('postgres', <<'SQL'), 't', 'numbers are sorted however far they are apart');
CREATE TABLE club.reading (meter bigint, day integer, units integer);
CREATE TABLE club.meter (meter bigint, day integer, units bigint, PRIMARY KEY (meter, day));
SELECT volunteer.track_hours('club.reading', 'club.meter', ARRAY['meter', 'day'], ARRAY['units']) \g /dev/null
INSERT INTO club.reading
    SELECT m, d, 1 FROM generate_series(1, 2) AS again
    CROSS JOIN (SELECT g * 7919 % 3001 - 1500 FROM generate_series(1, 3001) AS g
        UNION ALL VALUES (-9223372036854775808), (9223372036854775807), (-1::bigint << 40), (1::bigint << 40)) AS m (m)
    CROSS JOIN generate_series(-1, 1) AS d;
SELECT count(*) = 3 * 3005 AND bool_and(units = 2) FROM club.meter;
SQL

is($node->safe_psql('postgres', <<'SQL'), 't', 'what is updated beside a batch of new rows does not stay in memory');
CREATE TABLE club.stint (worker integer, period tsrange);
CREATE TABLE club.stints (worker integer PRIMARY KEY, periods volunteer.occupancy);
CREATE TABLE club.used (bytes bigint);
CREATE FUNCTION club.note_memory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO club.used SELECT max(total_bytes) FROM pg_backend_memory_contexts WHERE name = 'ExprContext';
    RETURN NULL;
END
$$;
SELECT volunteer.track_hours('club.stint', 'club.stints', ARRAY['worker'], ARRAY['periods = period']) \g /dev/null
INSERT INTO club.stint SELECT w, tsrange(d, d + interval '1 h')
    FROM generate_series(1, 1500) AS w, generate_series(timestamp '2025-01-01', timestamp '2025-03-31', interval '4 h') AS d;
CREATE TRIGGER note AFTER UPDATE ON club.stints FOR EACH ROW WHEN (NEW.worker = 1500) EXECUTE FUNCTION club.note_memory();
INSERT INTO club.stint SELECT w, '[2024-01-01 10:00,2024-01-01 11:00)' FROM generate_series(0, 1500) AS w;
SELECT bytes < 3 * 1024 * 1024 FROM club.used;
SQL

# Many deltas find their rows whatever the order of the index is

my %indexes = (
    'of the keys'           => 'walker, leg',
    'of other columns too'  => 'walker, leg) INCLUDE (steps',
    'the other way round'   => 'leg, walker',
    'descending'            => 'walker DESC, leg',
    'nulls first'           => 'walker, leg NULLS FIRST',
    'of a collation'        => 'walker COLLATE "C", leg',
    'of an operator class'  => 'walker text_pattern_ops, leg',
);

foreach my $name (sort keys %indexes)
{
    is($node->safe_psql('postgres', <<SQL), '0|4002', "an index $name");
SET client_min_messages = warning;
DROP TABLE IF EXISTS club.leg, club.route;
CREATE TABLE club.leg (walker text, leg integer, steps integer);
CREATE TABLE club.route (walker text COLLATE "und-x-icu", leg integer, steps bigint);
INSERT INTO club.route VALUES (NULL, 1, 0), ('k', NULL, 0);
CREATE UNIQUE INDEX ON club.route ($indexes{$name});
SELECT volunteer.track_hours('club.leg', 'club.route', ARRAY['walker', 'leg'], ARRAY['steps']) \\g /dev/null
BEGIN;
INSERT INTO club.leg
    SELECT chr(65 + n % 2 * 32 + n % 26), n, 1 FROM generate_series(1, 4000) AS n;
SELECT volunteer.flush_hours() \\g /dev/null
ROLLBACK;
INSERT INTO club.leg
    SELECT chr(65 + n % 2 * 32 + n % 26), n, 1 FROM generate_series(1, 4000, 2) AS n;
UPDATE club.leg SET steps = 2;
INSERT INTO club.leg
    SELECT chr(65 + n % 2 * 32 + n % 26), n, 1 FROM generate_series(4000, 1, -1) AS n;
DELETE FROM club.leg WHERE leg % 3 = 0;
SELECT (SELECT count(*) FROM volunteer.check_hours('club.leg', 'club.route')), count(*) FROM club.route;
SQL
}

# What hangs on totals

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE club.person (person_id integer PRIMARY KEY);
INSERT INTO club.person VALUES (1), (2), (3), (4);
CREATE TABLE club.loan (person_id integer, days smallint, at date DEFAULT '2025-01-01');
CREATE SEQUENCE club.card;
CREATE TABLE club.borrower (
    dropped text,
    days smallint,
    card bigint DEFAULT nextval('club.card'),
    person_id integer NOT NULL REFERENCES club.person,
    weeks integer GENERATED ALWAYS AS (days / 7) STORED,
    changed integer NOT NULL DEFAULT 0,
    EXCLUDE (card WITH =)
);
ALTER TABLE club.borrower DROP COLUMN dropped;
CREATE UNIQUE INDEX ON club.borrower (person_id) INCLUDE (card);
CREATE INDEX ON club.borrower (weeks) WHERE weeks > 1;
CREATE TABLE club.log (entry text);
CREATE FUNCTION club.count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.person_id = 4 THEN
        RETURN NULL;
    END IF;
    NEW.changed := NEW.changed + 1;
    RETURN NEW;
END
$$;
CREATE FUNCTION club.write_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO club.log VALUES (concat_ws(' ', TG_OP, OLD.days, NEW.days, (SELECT max(days) FROM club.borrower)));
    RETURN NULL;
END
$$;
CREATE TRIGGER a BEFORE INSERT OR UPDATE OF days ON club.borrower FOR EACH ROW EXECUTE FUNCTION club.count_change();
CREATE TRIGGER b AFTER INSERT OR UPDATE OF days ON club.borrower FOR EACH ROW EXECUTE FUNCTION club.write_log();
CREATE TRIGGER c AFTER UPDATE OF card ON club.borrower FOR EACH ROW EXECUTE FUNCTION club.write_log();
SELECT volunteer.track_hours('club.loan', 'club.borrower', ARRAY['person_id'], ARRAY['days']);
INSERT INTO club.loan VALUES (1, 10), (2, 5), (4, 7);
INSERT INTO club.loan VALUES (2, 10), (1, -10), (4, 7);
SQL
is($node->safe_psql('postgres', 'SELECT * FROM club.borrower ORDER BY person_id'), "0|1|1|0|2\n15|2|2|2|2",
    'defaults, generated columns and BEFORE triggers, which may change or skip the row');
is($node->safe_psql('postgres', 'SELECT entry FROM club.log'), "INSERT 10 10\nINSERT 5 10\nUPDATE 10 0 15\nUPDATE 5 15 15",
    'AFTER triggers, after all rows, only those of columns that are kept');
is($node->safe_psql('postgres', 'SET enable_seqscan = off; SELECT person_id FROM club.borrower WHERE weeks = 2'), '2',
    'partial indexes on generated columns');

sub refused
{
    my ($values, $message, $name) = @_;
    my ($status, undef, $stderr) = $node->psql('postgres', "INSERT INTO club.loan VALUES $values");

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    like($stderr, $message, $name);
    unlike($stderr, qr/Failing row|Key \(/, '... without telling the row');
    return;
}

refused('(5, 1)', qr/violates foreign key constraint "borrower_person_id_fkey"/, 'a foreign key of the totals');
refused('(1, 32767), (1, 1)', qr/total is out of range/, 'a smallint total has its range');
$node->safe_psql('postgres', 'ALTER TABLE club.borrower ADD CONSTRAINT few CHECK (days < 100)');
refused('(1, 100)', qr/new row for relation "borrower" violates check constraint "few"/, 'a CHECK constraint added since');
$node->safe_psql('postgres', q(ALTER SEQUENCE club.card RESTART));
refused('(3, 1)', qr/conflicting key value violates exclusion constraint/, 'an exclusion constraint');
is($node->safe_psql('postgres', q(SELECT count(*) FROM volunteer.check_hours('club.loan', 'club.borrower'))), '1',
    'exact, but for the row that a trigger skips');
$node->safe_psql('postgres', <<'SQL');
BEGIN;
INSERT INTO club.visit VALUES (-2, '2025-03-01', '1:00');
ALTER TABLE club.member ALTER COLUMN visits TYPE integer;
COMMIT;
SQL
exact('a column was altered while deltas were pending');

# Periods

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE club.refused (at timestamptz DEFAULT clock_timestamp());
CREATE PROCEDURE club.stay(n integer) LANGUAGE plpgsql AS $$
DECLARE
    start timestamp;
BEGIN
    FOR i IN 1..n LOOP
        start := timestamp '2023-01-01' + interval '5 min' * (2000 * random())::integer;
        BEGIN
            INSERT INTO club.visit VALUES ((3 * random())::integer, start, '0:10', tsrange(start, start + '10 min'));
            PERFORM volunteer.flush_hours();
        EXCEPTION WHEN check_violation THEN
            INSERT INTO club.refused DEFAULT VALUES;
        END;
        COMMIT;
    END LOOP;
END
$$;
SQL
sessions('eight sessions record stays', [ qw(-c 8 -t 1) ], 1 => 'CALL club.stay(100);');
is($node->safe_psql('postgres', <<'SQL'), '0', 'no two of them overlap');
SELECT count(*) FROM club.visit AS a JOIN club.visit AS b ON a.member_id = b.member_id AND a.stay && b.stay AND a.ctid < b.ctid
SQL
isnt($node->safe_psql('postgres', 'SELECT count(*) FROM club.refused'), '0', 'some were refused');
$node->safe_psql('postgres', <<'SQL');
BEGIN;
INSERT INTO club.visit VALUES (-3, '2023-01-01', '1:00', '[2023-01-01 09:00,2023-01-01 10:00)'),
    (-3, '2023-01-01', '1:00', '[2023-01-01 09:30,2023-01-01 10:30)');
UPDATE club.visit SET stay = '[2023-01-01 10:00,2023-01-01 11:00)' WHERE member_id = -3 AND lower(stay) > '2023-01-01 09:00';
COMMIT;
SQL
is($node->safe_psql('postgres', 'SELECT stays FROM club.member_year WHERE member_id = -3'),
    '{[2023-01-01 09:00,2023-01-01 11:00)}', 'only the end of a transaction counts');

# Quarantine

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE club.quarantine OF volunteer.refused_record;
CREATE TABLE club.shift (shift_id integer, member_id integer, hours volunteer.service_hours, stay tsrange);
CREATE TABLE club.worker (
    member_id integer PRIMARY KEY,
    hours volunteer.service_hours NOT NULL,
    stays volunteer.occupancy,
    CONSTRAINT not_negative CHECK (volunteer.minutes(hours) >= 0),
    CONSTRAINT no_overlap CHECK (NOT volunteer.has_overlap(stays))
);
SELECT volunteer.track_hours('club.shift', 'club.worker', ARRAY['member_id'], ARRAY['hours', 'stays = stay'],
    quarantine => 'club.quarantine');
INSERT INTO club.shift SELECT g, g, CASE g % 100 WHEN 7 THEN '-1:00' ELSE '1:00' END::volunteer.service_hours
    FROM generate_series(1, 2000) AS g;
INSERT INTO club.shift VALUES (2001, 1, '1:00', '[2025-01-01 09:00,2025-01-01 10:00)'), (2002, 2, '1:00', NULL),
    (2003, 3, '1:00', '[2025-01-01 09:00:30,2025-01-01 10:00)');
INSERT INTO club.shift VALUES (2004, 1, '1:00', '[2025-01-01 09:30,2025-01-01 10:30)'), (2005, 2, '1:00', NULL);
SQL
is($node->safe_psql('postgres', q(SELECT count(*), bool_and(source = 'club.shift' AND totals = 'club.worker' AND sqlstate = '23514')
    FROM club.quarantine WHERE constraint_name = 'not_negative')), '20|t', 'the refused of many, and no other');
is($node->safe_psql('postgres', q(SELECT record->>'shift_id', sqlstate, constraint_name FROM club.quarantine
    WHERE (record->>'shift_id')::integer > 2000 ORDER BY 1)), "2003|22023|\n2004|23514|no_overlap", 'rows with their reason');
is($node->safe_psql('postgres', 'SELECT count(*) FROM club.worker'), '1980', 'what is not refused is written');
is($node->safe_psql('postgres', 'SELECT hours FROM club.worker WHERE member_id IN (1, 2) ORDER BY member_id'), "2:00\n3:00",
    'also beside what is refused');
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION club.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE UPDATE ON club.worker FOR EACH ROW EXECUTE FUNCTION club.slow();
SQL
like(($node->psql('postgres', <<'SQL'))[2],
BEGIN;
INSERT INTO club.shift VALUES (2006, 2, '1:00');
SET LOCAL statement_timeout = 100;
SELECT volunteer.flush_hours();
COMMIT;
SQL
    qr/canceling statement due to statement timeout/, 'a cancelled statement is not a refused row');
is($node->safe_psql('postgres', 'SELECT count(*) FROM club.shift WHERE shift_id = 2006'), '0', 'and nothing of it remains');

$node->stop;
done_testing;
