# What happens between a record and the flush that counts it: tables are given away, dropped or emptied, triggers leave
# things open, the statement itself has written the totals.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('accumulate_meanwhile', conf => 'max_prepared_transactions = 2');

sub sql
{
    my ($statements, @options) = @_;
    return $node->safe_psql('postgres', $statements, @options);
}

sub refusal
{
    my ($statements) = @_;
    my ($status, $stdout, $stderr) = $node->psql('postgres', $statements, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
    return $status == 0 ? "done: $stdout" : $stderr;
}

sql(<<'SQL');
CREATE EXTENSION volunteer;
CREATE ROLE mallory LOGIN;
CREATE SCHEMA club;
CREATE TABLE club.visit (visit_id integer, member_id integer, hours volunteer.service_hours DEFAULT '1:00');
CREATE TABLE club.member (
    member_id integer PRIMARY KEY, hours volunteer.service_hours CONSTRAINT few CHECK (volunteer.minutes(hours) <= 600), note text);
CREATE TABLE club.refused OF volunteer.refused_record;
CREATE TABLE club.log (role name);
GRANT USAGE ON SCHEMA club, volunteer TO mallory;
GRANT INSERT ON club.log TO PUBLIC;
CREATE FUNCTION club.say_role() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO club.log VALUES (current_user); RETURN NULL; END';
SQL

my $quarantine = q(, quarantine => 'club.refused');

sub track
{
    my ($options) = @_;
    return sql("SELECT volunteer.track_hours('club.visit', 'club.member', ARRAY['member_id'], ARRAY['hours']$options)");
}

sub totals { return sql('SELECT member_id, hours FROM club.member ORDER BY 1') }

sub differences { return sql(q(SELECT count(*) FROM volunteer.check_hours('club.visit', 'club.member'))) }

# Who owns totals, and what is written beside them, has their triggers run.

my $session = $node->background_psql('postgres', on_error_stop => 0);

track('');
$session->query_safe('BEGIN; INSERT INTO club.visit VALUES (1, 1)');
sql(<<'SQL');
ALTER TABLE club.member OWNER TO mallory;
SET ROLE mallory;
CREATE TRIGGER say AFTER INSERT OR UPDATE ON club.member FOR EACH ROW EXECUTE FUNCTION club.say_role();
SQL
$session->query('COMMIT');
is(sql('SELECT role FROM club.log'), 'mallory', 'totals that a superuser gave away are not written as a superuser');
is(totals(), '1|1:00', 'but they are written');
is(refusal('BEGIN; INSERT INTO club.visit VALUES (1, 1); ALTER TABLE club.member OWNER TO postgres; COMMIT'), 'done: ',
    'also in the transaction that gives them away');
is(sql('SELECT * FROM club.log OFFSET 1'), 'postgres', 'as the new owner');
sql('DROP TRIGGER say ON club.member');

track($quarantine);
$session->query_safe(q(INSERT INTO club.visit VALUES (2, 2, '11:00')));
is(sql('SELECT count(*) FROM club.refused'), '1', 'a row that is refused');
sql(<<'SQL');
TRUNCATE club.log;
ALTER TABLE club.refused OWNER TO mallory;
SET ROLE mallory;
CREATE TRIGGER say AFTER INSERT ON club.refused FOR EACH ROW EXECUTE FUNCTION club.say_role();
SQL
$session->query(q(INSERT INTO club.visit VALUES (3, 2, '11:00')));
like($session->{stderr}, qr/"refused" must belong to the owner of/, 'a quarantine that was given away is not written');
$session->{stderr} = '';
is(sql('SELECT count(*) FROM club.log'), '0', 'and its triggers do not run');
sql('DROP TRIGGER say ON club.refused; ALTER TABLE club.refused OWNER TO postgres');

$session->query_safe(q(BEGIN; INSERT INTO club.visit VALUES (3, 2, '11:00')));
sql('ALTER TABLE club.refused OWNER TO mallory');
$session->query('COMMIT');
like($session->{stderr}, qr/"refused" must belong to the owner of/, 'nor at the flush');
$session->{stderr} = '';

# What is gone

sql('ALTER TABLE club.refused OWNER TO postgres');
$session->query_safe(q(INSERT INTO club.visit VALUES (4, 1)));
sql('DROP TABLE club.refused');
$session->query(q(INSERT INTO club.visit VALUES (5, 2, '11:00')));
like($session->{stderr}, qr/table "club.refused" does not exist/, 'a quarantine that was dropped is missed');
$session->{stderr} = '';
sql('CREATE TABLE club.refused OF volunteer.refused_record');
like(refusal(q(BEGIN; INSERT INTO club.visit VALUES (5, 2, '11:00'); DROP TABLE club.refused; COMMIT)),
    qr/42P01: the table that takes what cannot be counted does not exist/, 'also in the transaction that drops it');
is(sql('SELECT count(*) FROM club.visit WHERE visit_id = 5'), '0', 'and nothing of it remains');

sql(<<'SQL');
CREATE TABLE club.queue (member_id integer, hours volunteer.service_hours CHECK (volunteer.minutes(hours) <= 600));
CREATE TABLE club.brief (LIKE club.member INCLUDING ALL);
SELECT volunteer.track_hours('club.visit', 'club.brief', ARRAY['member_id'], ARRAY['hours'], queue => 'club.queue', quarantine => 'club.refused',
    fill => false);
BEGIN;
INSERT INTO club.visit VALUES (6, 6, '12:00');
DROP TABLE club.brief;
COMMIT;
SQL
is(sql(q(SELECT source, totals, record ->> 'visit_id' FROM club.refused WHERE totals IS NULL)), 'club.visit||6',
    'what a queue refuses whose totals were dropped is named');
sql('DROP TRIGGER accumulate_club_brief ON club.visit; DROP TRIGGER truncate_club_brief ON club.visit; DELETE FROM club.visit; TRUNCATE club.refused');

# Tables are found by name, that of their schema as well.

foreach my $flush ('commit', 'statement')
{
    sql('DELETE FROM club.visit');
    track(", flush => '$flush'");
    $session->query_safe('INSERT INTO club.visit VALUES (20, 20)');
    sql('ALTER SCHEMA club RENAME TO society');
    $session->query('INSERT INTO society.visit VALUES (21, 20)');
    like($session->{stderr}, qr/totals "club.member" do not exist/, "flush $flush: what is found no more is not written");
    $session->{stderr} = '';
    $session->query_safe('ALTER SCHEMA society RENAME TO club; INSERT INTO club.visit VALUES (22, 20)');
    is(differences(), '0', 'exact by the name that it had');

    $session->query_safe(<<"SQL");
BEGIN;
INSERT INTO club.visit VALUES (23, 20);
SELECT volunteer.untrack_hours('club.visit', 'club.member');
ALTER SCHEMA club RENAME TO society;
SELECT volunteer.track_hours('society.visit', 'society.member', ARRAY['member_id'], ARRAY['hours'], flush => '$flush');
INSERT INTO society.visit VALUES (24, 20);
COMMIT;
SQL
    is(sql(q(SELECT count(*) FROM volunteer.check_hours('society.visit', 'society.member'))), '0', 'and by another');
    sql(<<'SQL');
SELECT volunteer.untrack_hours('society.visit', 'society.member');
ALTER SCHEMA society RENAME TO club;
SQL
}
track($quarantine);
sql('DELETE FROM club.visit');

# Rows of the quarantine that are where they were no longer

is(refusal(<<'SQL'), 'done: ', 'a table that is emptied and filled again in the same transaction');
BEGIN;
INSERT INTO club.visit SELECT g, 7, '0:00' FROM generate_series(1, 2000) AS g;
TRUNCATE club.visit;
INSERT INTO club.visit VALUES (8, 8, '1:00'), (7, 7, '12:00');
COMMIT;
SQL
is(sql(q(SELECT record ->> 'visit_id' FROM club.refused)), '7', 'of its rows that which is refused is named, and no other');

# A statement that is not over when it commits

sql('DELETE FROM club.visit');
track('');
is(refusal(<<'SQL'), 'done: ', 'a statement that writes another column of the totals, and records');
WITH noted AS (UPDATE club.member SET note = 'again' RETURNING member_id)
INSERT INTO club.visit SELECT 10, member_id FROM noted;
SQL
is(sql('SELECT count(*), min(note), volunteer.sum(hours) FROM club.member'),
    sql(q(SELECT count(*), 'again', volunteer.sum(hours) FROM club.visit)), 'both are there');
is(differences(), '0', 'exact');

# What triggers of the totals leave open

sql(<<'SQL');
CREATE FUNCTION club.leave_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    opened refcursor;
BEGIN
    OPEN opened FOR SELECT * FROM club.visit;
    MOVE opened;
    RETURN NULL;
END
$$;
CREATE TRIGGER leave_open AFTER INSERT OR UPDATE ON club.member FOR EACH ROW EXECUTE FUNCTION club.leave_open();
SQL
foreach my $end ('COMMIT', q(PREPARE TRANSACTION 'open'))
{
    $session->query("BEGIN; INSERT INTO club.visit VALUES (11, 11); $end");
    is($session->query('SELECT count(*) FROM pg_cursors'), '0', "$end closes what a trigger of the totals has opened");
    is($session->{stderr}, '', 'without a warning');
}
sql(q(COMMIT PREPARED 'open'));
is($session->query('SELECT 1'), '1', 'the session goes on');
sql('DROP TRIGGER leave_open ON club.member');
is(differences(), '0', 'exact');

$session->quit;
$node->stop;
done_testing;
