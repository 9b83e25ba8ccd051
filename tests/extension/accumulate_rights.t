# Whose rights totals are written with, and what nobody can do to them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('accumulate_rights');

sub as
{
    my ($role, $sql) = @_;
    my ($status, $stdout, $stderr) = $node->psql('postgres', $sql, extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ]);
    return $status == 0 ? $stdout : $stderr;
}

sub total
{
    return $node->safe_psql('postgres', 'SELECT hours, written_by FROM alice.total');
}

# alice has the records, bob and mallory may write and attach triggers to them, carol only counts them.

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION volunteer;
CREATE ROLE alice LOGIN;
CREATE ROLE bob LOGIN;
CREATE ROLE carol LOGIN;
CREATE ROLE mallory LOGIN;
GRANT CREATE ON DATABASE postgres TO alice, bob, carol, mallory;
GRANT USAGE ON SCHEMA volunteer TO alice, carol, mallory;
SQL
is(as(alice => <<'SQL'), '', 'alice tracks a table of hers');
CREATE SCHEMA alice;
CREATE TABLE alice.record (member_id integer, hours volunteer.service_hours);
CREATE TABLE alice.total (
    member_id integer PRIMARY KEY, hours volunteer.service_hours, note text, written_by name DEFAULT current_user);
ALTER TABLE alice.total ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
DO $$ BEGIN PERFORM volunteer.track_hours('alice.record', 'alice.total', ARRAY['member_id'], ARRAY['hours'], fill => false); END $$;
GRANT USAGE ON SCHEMA alice TO PUBLIC;
GRANT INSERT, TRIGGER ON alice.record TO bob, mallory;
SQL
is(as(bob => q(INSERT INTO alice.record VALUES (1, '1:00'))), '',
    'bob may record, without a right on the schema volunteer');
is(total(), '1:00|alice', 'the total is written as alice, past row security');
like(as(bob => 'SELECT * FROM alice.total'), qr/permission denied for table total/, 'bob may not read it');

# Names in the path of whoever writes

$node->safe_psql('postgres', 'GRANT USAGE ON SCHEMA volunteer TO bob');

is(as(bob => <<'SQL'), '', 'bob records with operators of his own first in the path');
CREATE SCHEMA bob;
CREATE FUNCTION bob.double(volunteer.service_hours, volunteer.service_hours) RETURNS volunteer.service_hours
    LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'executed as %', current_user; END $$;
CREATE OPERATOR bob.+ (FUNCTION = bob.double, LEFTARG = volunteer.service_hours, RIGHTARG = volunteer.service_hours);
CREATE FUNCTION bob.unnest(volunteer.service_hours[]) RETURNS SETOF volunteer.service_hours
    LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'executed as %', current_user; END $$;
SET search_path = bob, volunteer, pg_catalog;
INSERT INTO alice.record VALUES (1, '2:00');
SQL
is(total(), '3:00|alice', 'and they are not executed');
is(as(bob => q(SET search_path = ''; INSERT INTO alice.record VALUES (1, '3:00'))), '', 'an empty search path will do');
is(total(), '6:00|alice', 'and counts');

# Nobody writes what is kept, except records.

foreach my $statement ("UPDATE alice.total SET hours = '99:00'", "INSERT INTO alice.total VALUES (2, '99:00')",
    'DELETE FROM alice.total', 'TRUNCATE alice.total', 'UPDATE alice.total SET member_id = 2 WHERE false')
{
    like(as(postgres => $statement), qr/55000: "total" is kept from alice\.record/, "refused: $statement");
}
like(as(postgres => "COPY alice.total FROM STDIN;\n2\t99:00\n\\."), qr/55000: "total" is kept from alice\.record/,
    'refused: COPY');
like(as(alice => 'DELETE FROM alice.total'), qr/55000: "total" is kept from alice\.record/, 'refused to the owner as well');
is(as(postgres => q(UPDATE alice.total SET note = 'to be seen')), '', 'a column that is not kept can be written');
is(as(bob => q(INSERT INTO alice.record VALUES (1, '0:30'))), '', 'bob records');
is(total(), '6:30|alice', 'and the total is right');

# What the triggers of the totals write is not the accumulation's.

$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION alice.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE alice.total SET hours = '99:00';
    RETURN NULL;
END
$$;
CREATE TRIGGER meddle AFTER UPDATE ON alice.total FOR EACH ROW EXECUTE FUNCTION alice.meddle();
SQL
like(as(bob => q(INSERT INTO alice.record VALUES (1, '1:00'))), qr/55000: "total" is kept from alice\.record/,
    'a trigger of the totals cannot write them either');
like(as(postgres => q(UPDATE alice.total SET hours = '99:00')), qr/55000: "total" is kept from alice\.record/,
    'and what was admitted before the error is no longer');
$node->safe_psql('postgres', 'DROP TRIGGER meddle ON alice.total');

# SELECT and TRIGGER are all that is needed to count somebody's records.

my $carols = q(DO $$ BEGIN PERFORM volunteer.track_hours('alice.record', 'carol.total', ARRAY['member_id'], ARRAY['hours']); END $$);

is(as(carol => 'CREATE SCHEMA carol; CREATE TABLE carol.total (member_id integer PRIMARY KEY, hours volunteer.service_hours, written_by name DEFAULT current_user)'), '', 'carol has totals');
like(as(carol => $carols), qr/42501: owner of totals carol.total must have SELECT on table alice.record/, 'SELECT is needed');
$node->safe_psql('postgres', 'GRANT SELECT ON alice.record TO carol');
like(as(carol => $carols), qr/42501: permission denied for table record/, 'TRIGGER is needed');
is($node->safe_psql('postgres', q(SELECT count(*) FROM pg_trigger WHERE tgrelid = 'carol.total'::regclass)), '0', 'and nothing is left behind');
$node->safe_psql('postgres', 'GRANT TRIGGER ON alice.record TO carol');
is(as(carol => $carols), '', 'no more is needed');
is(as(bob => q(INSERT INTO alice.record VALUES (1, '0:30'))), '', 'bob records');
is($node->safe_psql('postgres', 'SELECT * FROM carol.total'), '1|7:00|carol', 'what was there is counted, and what came since, as carol');
is(total(), '7:00|alice', 'alice counts as well');
is(as(carol => $carols), '', 'carol can track again');
is(as(carol => q(SELECT count(*) FROM volunteer.check_hours('alice.record', 'carol.total'))), '0', 'and check');
like(as(carol => q(SELECT volunteer.untrack_hours('alice.record', 'carol.total'))), qr/42501: must be owner of relation record/,
    'to take triggers away needs their table');
$node->safe_psql('postgres', 'REVOKE SELECT ON alice.record FROM carol');
like(as(carol => q(SELECT volunteer.repair_hours('alice.record', 'carol.total'))), qr/42501: permission denied for table record/,
    'records are read with her own rights');
$node->safe_psql('postgres', <<'SQL');
GRANT SELECT ON alice.record TO carol;
ALTER TABLE alice.record ENABLE ROW LEVEL SECURITY;
SQL
like(as(carol => q(SELECT * FROM volunteer.check_hours('alice.record', 'carol.total'))),
    qr/42501: query would be affected by row-level security policy/, 'records that she may not see are not taken for missing');
like(as(carol => q(SELECT volunteer.repair_hours('alice.record', 'carol.total'))),
    qr/42501: query would be affected by row-level security policy/, 'nor taken away');
$node->safe_psql('postgres', <<'SQL');
ALTER TABLE alice.record DISABLE ROW LEVEL SECURITY;
SELECT volunteer.untrack_hours('alice.record', 'carol.total');
SQL

# mallory may attach triggers to the records of alice. That is no way into her totals.

my $attach = 'CREATE TRIGGER evil %s EXECUTE FUNCTION volunteer.accumulate_hours(%s)';
my $row = 'AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW';

is(as(mallory => 'CREATE SCHEMA mallory; CREATE TABLE mallory.record (member_id integer, hours volunteer.service_hours);
    GRANT USAGE ON SCHEMA mallory TO PUBLIC; GRANT INSERT ON mallory.record TO PUBLIC'),
    '', 'mallory has a table');
foreach my $call (
    [ q(track_hours('mallory.record', 'alice.total', ARRAY['member_id'], ARRAY['hours'])), qr/42501: must be owner of totals alice.total/ ],
    [ q(attach_hours('mallory.record', 'alice.total', ARRAY['member_id'], ARRAY['hours'], '', '', 'commit', NULL, NULL)),
        qr/42501: permission denied for table total/ ],
    [ q(repair_hours('alice.record', 'alice.total')), qr/42501: must be owner of table total/ ],
    [ q(roll_up_hours('alice.total')), qr/42501: must be owner of table total/ ],
    [ q(untrack_hours('alice.record', 'alice.total')), qr/42501: must be owner of relation record/ ],
    [ q(check_hours('alice.record', 'alice.total')), qr/42501: query would be affected by row-level security policy/ ])
{
    like(as(mallory => "SELECT volunteer.$call->[0]"), $call->[1], "refused: $call->[0]");
}

is(as(mallory => sprintf $attach, sprintf($row, 'mallory.record'), q('alice.total')), '', 'mallory attaches a trigger to his own table');
like(as($_ => q(INSERT INTO mallory.record VALUES (1, '100:00'))),
    qr/42501: totals "total" are not kept from table "record"/, "which is refused to $_")
    foreach qw(mallory alice postgres);
is(as(mallory => 'DROP TRIGGER evil ON mallory.record; ALTER TABLE mallory.record RENAME TO "record "'), '', 'another name');
is(as(mallory => sprintf $attach, sprintf($row, 'mallory."record "'), q('alice.total')), '', 'will be no better');
like(as(mallory => q(INSERT INTO mallory."record " VALUES (1, '100:00'))), qr/42501: totals "total" are not kept/, 'refused');
like(as(mallory => 'ALTER TABLE mallory."record " INHERIT alice.record'), qr/42501: must be owner of table record/,
    'his table cannot become one of the source');

is(as(mallory => sprintf $attach, sprintf($row, 'alice.record'), q('alice.total')), '', 'mallory attaches a second trigger to the source');
like(as(bob => q(INSERT INTO alice.record VALUES (1, '100:00'))),
    qr/39P01: accumulate_hours: must be fired once after every INSERT, UPDATE and DELETE of table "record"/, 'nothing is counted twice');
is(as(alice => 'DROP TRIGGER evil ON alice.record'), '', 'alice takes it away');
is(as(mallory => sprintf $attach, 'BEFORE TRUNCATE ON alice.record', q('alice.total')), '', 'mallory attaches one for TRUNCATE');
like(as(alice => 'TRUNCATE alice.record'), qr/39P01: accumulate_hours: must be fired once before TRUNCATE/, 'nothing is taken away twice');
is(as(alice => 'DROP TRIGGER evil ON alice.record'), '', 'alice takes it away');
is(as(mallory => sprintf $attach, 'AFTER INSERT OR UPDATE OR DELETE ON alice.record', q('alice.total')), '', 'and one for each statement,');
is(as(bob => q(INSERT INTO alice.record VALUES (1, '1:00'))), '', 'which can only write early what is due');
is(as(alice => 'DROP TRIGGER evil ON alice.record'), '', 'alice takes it away');
is(total(), '8:00|alice', 'the totals of alice are what bob recorded');
is($node->safe_psql('postgres', q(SELECT count(*) FROM volunteer.check_hours('alice.record', 'alice.total'))), '0', 'and exact');

# The rights of whoever writes are not lent to the triggers of the totals.

is(as(mallory => <<'SQL'), '', 'mallory has totals with a trigger');
DROP TRIGGER evil ON mallory."record ";
ALTER TABLE mallory."record " RENAME TO record;
CREATE TABLE mallory.total (member_id integer PRIMARY KEY, hours volunteer.service_hours);
CREATE FUNCTION mallory.climb() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SET ROLE postgres; RETURN NEW; END $$;
CREATE TRIGGER climb BEFORE INSERT ON mallory.total FOR EACH ROW EXECUTE FUNCTION mallory.climb();
DO $$ BEGIN PERFORM volunteer.track_hours('mallory.record', 'mallory.total', ARRAY['member_id'], ARRAY['hours']); END $$;
SQL
like(as(postgres => q(INSERT INTO mallory.record VALUES (1, '1:00'))),
    qr/cannot set parameter "role" within security-definer function/, 'the superuser does not lend it his rights');

# What a sandbox records is written in a sandbox.

is(as(mallory => <<'SQL'), '', 'mallory has a view that records when it is refreshed');
DROP TRIGGER climb ON mallory.total;
CREATE FUNCTION mallory.record_more() RETURNS integer LANGUAGE sql AS $$
    INSERT INTO mallory.record VALUES (1, '1:00') RETURNING member_id $$;
CREATE MATERIALIZED VIEW mallory.trap AS SELECT mallory.record_more() WITH NO DATA;
SQL
is(as(postgres => 'REFRESH MATERIALIZED VIEW mallory.trap'), '', 'it can be refreshed');
is($node->safe_psql('postgres', 'SELECT * FROM mallory.total'), '1|1:00', 'and is counted');
is(as(mallory => <<'SQL'), '', 'mallory would leave something behind in the session');
CREATE FUNCTION mallory.stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE remains (member_id integer);
    RETURN NEW;
END
$$;
CREATE TRIGGER stay BEFORE INSERT OR UPDATE ON mallory.total FOR EACH ROW EXECUTE FUNCTION mallory.stay();
SQL
like(as(postgres => 'REFRESH MATERIALIZED VIEW mallory.trap'),
    qr/42501: cannot create temporary table within security-restricted operation/, 'which is refused');

# A quarantine takes a row as the owner of its table tells it.

is(as(carol => <<'SQL'), '', 'carol counts the records of mallory, with a quarantine');
CREATE TABLE carol.yearly (year integer PRIMARY KEY, minutes integer CHECK (minutes < 1000));
CREATE TABLE carol.refused OF volunteer.refused_record;
SQL
is(as(mallory => <<'SQL'), '', 'which mallory lets her');
CREATE TABLE mallory.diary (day date, minutes integer);
GRANT USAGE ON SCHEMA mallory TO carol;
GRANT SELECT, TRIGGER ON mallory.diary TO carol;
SQL
is(as(carol => <<'SQL'), '', 'they are tracked');
DO $$ BEGIN PERFORM volunteer.track_hours('mallory.diary', 'carol.yearly', ARRAY['year = year(day)'], ARRAY['minutes'],
    quarantine => 'carol.refused'); END $$;
SQL
is(as(mallory => <<'SQL'), '', 'mallory adds a column whose type has a cast of his own, and records what is refused');
CREATE TYPE mallory.mood AS ENUM ('good');
CREATE TABLE mallory.loot (executed_as name);
GRANT INSERT ON mallory.loot TO PUBLIC;
CREATE FUNCTION mallory.tell(mallory.mood) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mallory.loot VALUES (current_user);
    RETURN '"fine"';
END
$$;
CREATE CAST (mallory.mood AS json) WITH FUNCTION mallory.tell(mallory.mood);
ALTER TABLE mallory.diary ADD COLUMN mood mallory.mood DEFAULT 'good';
INSERT INTO mallory.diary VALUES ('infinity', 1);
INSERT INTO mallory.diary VALUES ('2026-01-01', 2000);
SQL
is(as(carol => 'SELECT sqlstate, record FROM carol.refused ORDER BY sqlstate'),
    qq(22008|{"day": "infinity", "mood": "fine", "minutes": 1}\n23514|{"day": "2026-01-01", "mood": "fine", "minutes": 2000}),
    'carol has both');
is(as(mallory => 'SELECT DISTINCT executed_as FROM mallory.loot'), 'mallory', 'the cast was not executed as carol');
is(as(mallory => <<'SQL'), '', 'it would leave something behind in the session of another');
CREATE OR REPLACE FUNCTION mallory.tell(mallory.mood) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE remains (day date);
    RETURN '"fine"';
END
$$;
SQL
like(as(postgres => q(INSERT INTO mallory.diary VALUES ('infinity', 1))),
    qr/42501: cannot create temporary table within security-restricted operation/, 'which is refused');

$node->stop;
done_testing;
