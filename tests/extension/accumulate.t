# Totals by trigger over transactions: commit, changes of definition, concurrency.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('accumulate',
    conf => 'max_prepared_transactions = 4');

my $schema = <<'SQL';
CREATE EXTENSION volunteer;
CREATE SCHEMA club;
CREATE TABLE club.visit (
    visit_id bigint GENERATED ALWAYS AS IDENTITY,
    member_id integer,
    visited_on date NOT NULL,
    hours volunteer.service_hours NOT NULL,
    confirmed boolean NOT NULL DEFAULT true,
    PRIMARY KEY (visit_id, visited_on)
) PARTITION BY RANGE (visited_on);
CREATE TABLE club.visit_2024 PARTITION OF club.visit FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE club.visit_2025 PARTITION OF club.visit FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE club.member (
    member_id integer PRIMARY KEY,
    hours volunteer.service_hours NOT NULL CHECK (volunteer.minutes(hours) >= 0),
    visits bigint NOT NULL DEFAULT 0
);
CREATE TABLE club.member_year (
    member_id integer,
    year smallint,
    hours volunteer.service_hours NOT NULL CHECK (volunteer.minutes(hours) >= 0),
    PRIMARY KEY (member_id, year)
);
SELECT volunteer.track_hours('club.visit', 'club.member', ARRAY['member_id'], ARRAY['hours'], 'confirmed', 'visits');
SELECT volunteer.track_hours('club.visit', 'club.member_year', ARRAY['member_id', 'year = year(visited_on)'], ARRAY['hours']);
CREATE FUNCTION club.differences() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM (
        SELECT key FROM volunteer.check_hours('club.visit', 'club.member')
        UNION ALL
        SELECT key FROM volunteer.check_hours('club.visit', 'club.member_year')) AS d
$$;
SQL

$node->safe_psql('postgres', $schema);

sub exact
{
    my ($name, $database) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($node->safe_psql($database // 'postgres', 'SELECT club.differences()'), '0', "exact: $name");
    return;
}

sub hours_of
{
    my ($member) = @_;
    return $node->safe_psql('postgres', "SELECT hours FROM club.member WHERE member_id = $member");
}

# Commit

my $insert = 'INSERT INTO club.visit (member_id, visited_on, hours) VALUES';

$node->safe_psql('postgres', "$insert (1, '2024-05-05', '2:00')");
is(hours_of(1), '2:00', 'totals are written at commit');
$node->safe_psql('postgres', "BEGIN; $insert (1, '2024-05-05', '2:00'); ROLLBACK");
exact('rollback');
$node->psql('postgres', "BEGIN; $insert (1, '2024-05-05', '2:00'); SELECT volunteer.flush_hours(); SELECT 1 / 0; COMMIT");
exact('an error after a flush');
is($node->psql('postgres', "BEGIN; $insert (2, '2024-05-05', '-2:00'); COMMIT"), 3, 'a constraint of the totals is tested at commit');
exact('a commit that was refused');

$node->safe_psql('postgres', "BEGIN; $insert (1, '2025-05-05', '4:00'); PREPARE TRANSACTION 'kept'");
$node->safe_psql('postgres', "BEGIN; $insert (3, '2025-05-05', '4:00'); PREPARE TRANSACTION 'dropped'");
$node->stop('immediate');
$node->start;
exact('transactions prepared');
$node->safe_psql('postgres', q(COMMIT PREPARED 'kept'));
$node->safe_psql('postgres', q(ROLLBACK PREPARED 'dropped'));
is(hours_of(1), '6:00', 'a prepared transaction brings its totals along');
exact('prepared transactions ended, after a crash');

$node->safe_psql('postgres', <<'SQL');
CREATE PROCEDURE club.load(n integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        INSERT INTO club.visit (member_id, visited_on, hours) VALUES (10 + i % 3, date '2024-01-01' + i, '0:30');
        BEGIN
            UPDATE club.visit SET hours = '1:00' WHERE member_id = 10;
            IF i % 4 = 0 THEN
                RAISE EXCEPTION 'undone';
            END IF;
        EXCEPTION WHEN raise_exception THEN
            NULL;
        END;
        IF i % 3 = 0 THEN
            COMMIT;
        ELSIF i % 5 = 0 THEN
            ROLLBACK;
        END IF;
    END LOOP;
END
$$;
CALL club.load(20);
SQL
exact('a procedure that commits');

# A deferred trigger of the totals fires after the flush, and may write records.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE club.person (member_id integer PRIMARY KEY);
INSERT INTO club.person SELECT generate_series(0, 100);
ALTER TABLE club.member ADD CONSTRAINT is_person FOREIGN KEY (member_id) REFERENCES club.person DEFERRABLE INITIALLY DEFERRED;
CREATE FUNCTION club.welcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.member_id BETWEEN 50 AND 52 THEN
        INSERT INTO club.visit (member_id, visited_on, hours) VALUES (NEW.member_id + 1, '2025-01-01', '1:00');
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER welcome AFTER INSERT ON club.member DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION club.welcome();
SQL
is($node->psql('postgres', "$insert (101, '2024-01-01', '1:00')"), 3, 'a deferred foreign key of the totals is tested');
$node->safe_psql('postgres', "$insert (50, '2024-01-01', '1:00')");
is($node->safe_psql('postgres', 'SELECT count(*) FROM club.member WHERE member_id BETWEEN 50 AND 53'), '4',
    'records written by deferred triggers of the totals are counted');
exact('deferred triggers');

# Definitions change under a living session.

my $session = $node->background_psql('postgres', on_error_stop => 0);

$session->query_safe("$insert (60, '2024-01-01', '1:00')");
$node->safe_psql('postgres', q(ALTER TABLE club.member ADD COLUMN first date, ALTER COLUMN visits TYPE integer));
$session->query_safe("$insert (60, '2024-01-01', '1:00')");
exact('the totals table was altered');
$node->safe_psql('postgres', <<'SQL');
SELECT volunteer.track_hours('club.visit', 'club.member', ARRAY['member_id'], ARRAY['hours']);
UPDATE club.member SET visits = 0;
SQL
$session->query_safe("$insert (60, '2024-01-01', '1:00')");
is($node->safe_psql('postgres', 'SELECT visits FROM club.member WHERE member_id = 60'), '0',
    'the arguments of the trigger were changed');
$node->safe_psql('postgres', <<'SQL');
BEGIN;
ALTER TABLE club.member RENAME TO former_member;
CREATE TABLE club.member (LIKE club.former_member INCLUDING ALL);
SELECT volunteer.track_hours('club.visit', 'club.member', ARRAY['member_id'], ARRAY['hours'], 'confirmed', 'visits');
COMMIT;
SQL
$session->query_safe("$insert (60, '2024-01-01', '1:00')");
is(hours_of(60), '4:00', 'the totals table was replaced');
$node->safe_psql('postgres', 'DROP TABLE club.former_member');
$session->query_safe("$insert (60, '2024-01-01', '1:00')");
exact('definitions changed');
$session->query_safe("BEGIN; $insert (60, '2024-01-01', '1:00'); SELECT volunteer.untrack_hours('club.visit', 'club.member_year')");
$session->query_safe('ALTER TABLE club.member_year RENAME TO year_of_member');
$session->query_safe('ALTER TABLE club.year_of_member RENAME TO member_year');
$session->query_safe("SELECT volunteer.track_hours('club.visit', 'club.member_year', ARRAY['member_id', 'year = year(visited_on)'], ARRAY['hours']); COMMIT");
exact('the totals table was renamed between untracking and tracking');
$session->query_safe("BEGIN; $insert (61, '2024-01-01', '1:00'); CREATE TABLE club.brief (member_id integer PRIMARY KEY, hours volunteer.service_hours)");
$session->query_safe(q(SELECT volunteer.track_hours('club.visit', 'club.brief', ARRAY['member_id'], ARRAY['hours'])));
$session->query_safe("$insert (61, '2024-01-01', '1:00'); SELECT volunteer.untrack_hours('club.visit', 'club.brief'); DROP TABLE club.brief; COMMIT");
exact('a totals table came and went in one transaction');
$session->query_safe("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
$node->safe_psql('postgres', "$insert (62, '2024-01-01', '1:00')");
$session->query(q(SELECT volunteer.track_hours('club.visit', 'club.member', ARRAY['member_id'], ARRAY['hours'], 'confirmed', 'visits')));
like($session->{stderr}, qr/can only be repaired in a transaction that is READ COMMITTED/, 'an old snapshot is refused');
$session->{stderr} = '';
$session->query_safe('ROLLBACK');
exact('tracking with an old snapshot was refused');

# What is replaced does not stay in memory.

for (1 .. 20)
{
    $session->query_safe("CREATE TABLE club.brief (member_id integer PRIMARY KEY, hours volunteer.service_hours)");
    $session->query_safe(q(SELECT volunteer.track_hours('club.visit', 'club.brief', ARRAY['member_id'], ARRAY['hours'])));
    $session->query_safe("$insert (61, '2024-01-01', '1:00'); UPDATE club.visit SET hours = '0:30' WHERE member_id = 61");
    $session->query_safe(q(SELECT volunteer.untrack_hours('club.visit', 'club.brief'); DROP TABLE club.brief));
}
$session->query_safe("$insert (61, '2024-01-01', '1:00')");
is($session->query_safe("SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'volunteer totals table'"), '2',
    'the session knows the two totals tables that there are');
is($session->query_safe("SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'CachedPlanSource' AND ident LIKE '%club.brief%'"), '0',
    'and keeps no plan for those that were dropped');
is($session->query_safe("SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'volunteer pending hours'"), '0',
    'nor anything of transactions that have ended');
$session->quit;
exact('totals tables came and went');

# More keys than one round of the flush, in no order, of which some fall.

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE club.step (walker text, steps integer);
CREATE TABLE club.walker (walker text PRIMARY KEY, steps bigint CHECK (steps >= 0), days bigint);
SELECT volunteer.track_hours('club.step', 'club.walker', ARRAY['walker'], ARRAY['steps'], records => 'days');
INSERT INTO club.step VALUES (md5('1'), 3);
UPDATE club.step SET steps = 2;
INSERT INTO club.step SELECT md5(g::text), 2 FROM generate_series(2, 120000) AS g;
UPDATE club.step SET steps = CASE WHEN walker < '8' THEN 1 ELSE 3 END;
BEGIN;
UPDATE club.step SET steps = 0 WHERE walker = md5('1');
SELECT volunteer.flush_hours();
CREATE TABLE club.scan AS SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relid = 'club.walker'::regclass;
COMMIT;
SQL
is($node->safe_psql('postgres', 'SELECT seq_scan FROM club.scan'), '0', 'totals that have grown are not read as a whole to lower one');
is($node->safe_psql('postgres', q(SELECT count(*) FROM volunteer.check_hours('club.step', 'club.walker'))), '0',
    'exact: more keys than one round writes');
is($node->safe_psql('postgres', 'SELECT count(*), min(steps), max(steps) FROM club.walker'), '120000|0|3', 'all of them are there');

# The extension is dropped while deltas are pending.

$node->safe_psql('postgres', 'CREATE DATABASE dropped');
$node->safe_psql('dropped', $schema);
isnt($node->psql('dropped', "BEGIN; $insert (1, '2024-05-05', '2:00'); DROP EXTENSION volunteer CASCADE; COMMIT"), 0,
    'the extension cannot be dropped with the columns that have to be written');
exact('dropping the extension was refused', 'dropped');
$node->safe_psql('dropped', "$insert (1, '2024-05-05', '2:00'); DROP EXTENSION volunteer CASCADE; INSERT INTO club.visit (member_id, visited_on) VALUES (1, '2024-05-05')");
is($node->safe_psql('dropped', 'SELECT count(*) FROM club.visit'), '2', 'it can be dropped between transactions');

# Concurrency: batches over few members, in any order, with corrections.

my $work = $node->basedir . '/work.sql';

append_to_file($work, <<'SQL');
\set member random(1, 40)
\set from random(1, 5000)
BEGIN;
INSERT INTO club.visit (member_id, visited_on, hours, confirmed)
    SELECT random() * 40, date '2024-01-01' + (random() * 700)::integer, '1:00', random() < 0.8 FROM generate_series(1, 10);
SAVEPOINT correction;
UPDATE club.visit SET member_id = :member, hours = '0:30' WHERE (visit_id, visited_on) IN (
    SELECT visit_id, visited_on FROM club.visit WHERE visit_id > :from LIMIT 5 FOR UPDATE SKIP LOCKED);
ROLLBACK TO correction;
INSERT INTO club.visit (member_id, visited_on, hours)
    SELECT random() * 40, date '2024-01-01' + (random() * 700)::integer, '0:15' FROM generate_series(1, 10);
UPDATE club.visit SET confirmed = NOT confirmed, member_id = :member WHERE (visit_id, visited_on) IN (
    SELECT visit_id, visited_on FROM club.visit WHERE visit_id > :from LIMIT 5 FOR UPDATE SKIP LOCKED);
DELETE FROM club.visit WHERE (visit_id, visited_on) IN (
    SELECT visit_id, visited_on FROM club.visit WHERE visit_id > :from LIMIT 3 FOR UPDATE SKIP LOCKED);
COMMIT;
SQL

$node->append_conf('postgresql.conf', 'deadlock_timeout = 20ms');
$node->reload;
command_checks_all([ qw(pgbench -n -c 8 -j 2 -t 40 -f), $work, $node->connstr('postgres') ], 0,
    [ qr/number of transactions actually processed: 320/, qr/failed transactions: 0/ ],
    [], 'eight sessions write batches');
is($node->safe_psql('postgres', 'SELECT sum(deadlocks) FROM pg_stat_database'), '0', 'without a deadlock');
exact('concurrent transactions');
{
    local $ENV{PGOPTIONS} = '-c default_transaction_isolation=repeatable\ read';
    command_checks_all([ qw(pgbench -n -c 4 -j 2 -t 20 -f), $work, $node->connstr('postgres') ], 0,
        [qr/failed transactions/], [], 'four sessions under REPEATABLE READ');
}
exact('transactions that failed to serialize');

$node->stop;
done_testing;
