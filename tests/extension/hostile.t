# Every function of the extension in hostile hands: called by a superuser whose
# search path leads through somebody's schema, and by somebody without rights.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('hostile');

# The keys are those of one database, as sql/signing.sql tells.
$node->safe_psql('postgres', sprintf q(ALTER DATABASE postgres SET volunteer.%s_key_file = '%s'), @$_)
  foreach [ signing => $node->signing_key_file ], [ identity => $node->identity_key_file ],
  [ sealing => $node->sealing_key_file ];
$node->append_conf('postgresql.conf', "volunteer.signing_key_file = ''\nvolunteer.identity_key_file = ''
volunteer.sealing_key_file = ''");
$node->reload;

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION volunteer;
CREATE ROLE alice LOGIN;
CREATE ROLE mallory LOGIN;
GRANT CREATE ON DATABASE postgres TO alice, mallory;
SQL

sub as
{
    my ($role, $sql, %options) = @_;
    my ($status, $stdout, $stderr) =
      $node->psql($options{dbname} // 'postgres', $sql, extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ]);
    return $status == 0 ? $stdout : $stderr;
}

# Calls them all in one session, each with its own line of the test.
sub calls_succeed
{
    my ($role, $preamble, %statements) = @_;
    my $script = join '', map { "$statements{$_};\n\\echo - $_ :SQLSTATE\n" } sort keys %statements;
    my (undef, $stdout) = $node->psql('postgres', "$preamble$script",
        extra_params => [ '-U', $role ], on_error_stop => 0);

    foreach my $function (sort keys %statements)
    {
        my ($result) = $stdout =~ /^- \Q$function\E (.*)$/m;
        is($result // 'not called', '00000', "$role calls $function");
    }
    return;
}

sub refused
{
    my ($role, $sql, $error, $name) = @_;
    like(as($role, $sql), $error, "$role, refused: $name");
    return;
}

is(as(mallory => q(SELECT '1:00'::volunteer.service_hours)) =~ /(42501: permission denied for schema volunteer)/ ? $1 : 'admitted',
    '42501: permission denied for schema volunteer', 'the schema is not open to everybody');
$node->safe_psql('postgres', 'GRANT USAGE ON SCHEMA volunteer TO PUBLIC');
$node->run_file('postgres', "$FindBin::RealBin/functions.sql");

# All functions there are: of values, of the server alone, of totals, and the one of transactions.

my @others = qw(accumulate_hours attach_hours check_hours check_query commit_by flush_hours protect_totals
  qualified_name repair_hours roll_up_hours source_tables track_hours tracking triggers_into untrack_hours);

is($node->safe_psql('postgres', <<'SQL'), join("\n", @others), 'no function is forgotten');
SELECT proname FROM every.function
WHERE function NOT IN (SELECT function FROM every.call) AND NOT 'internal'::regtype = ANY (proargtypes)
ORDER BY proname COLLATE "C"
SQL
my %call = map { split /\|/, $_, 2 } split /\n/,
  $node->safe_psql('postgres', q(SELECT function, replace(statement, '$1', '1') FROM every.call));

is($node->safe_psql('postgres', q(SELECT string_agg(proname, ' ' ORDER BY proname) FROM every.function
    WHERE NOT has_function_privilege('public', function, 'EXECUTE'))),
    'identity_digest open_identity seal_identity sealing_key sign_certificate sign_seal sign_status_list sign_transfer', 'what is not for everybody');
is($node->safe_psql('postgres', q(SELECT count(*) FROM every.function WHERE prosecdef)), '0', 'no function lends its rights');
is($node->safe_psql('postgres', q(SELECT string_agg(proname, ' ') FROM every.function JOIN pg_language AS l ON l.oid = prolang
    WHERE lanname NOT IN ('c', 'internal') AND proconfig IS NULL
        OR array_to_string(proconfig, ' ') ~ 'search_path' AND NOT 'search_path=pg_catalog, pg_temp' = ANY (proconfig))),
    '', 'every body of SQL has its own search path, without the schema that the owner of a database may write to');

# Somebody without rights

my @reserved = grep { /\.(?:identity_digest|seal_identity|open_identity|sealing_key|sign_certificate|sign_status_list|sign_seal|sign_transfer)\(/ } keys %call;
my %open = %call;

delete @open{@reserved};
calls_succeed(mallory => '', %open);
refused(mallory => $call{$_}, qr/42501: permission denied for function/, $_) foreach sort @reserved;
foreach my $trigger (qw(accumulate_hours protect_totals))
{
    refused(mallory => "SELECT volunteer.$trigger()", qr/39P01: $trigger: /, "$trigger() as a function");
}
foreach my $function (split /\n/, $node->safe_psql('postgres',
    q(SELECT function FROM every.function WHERE 'internal'::regtype = ANY (proargtypes))))
{
    my ($name, $arguments) = $function =~ /(.*)\((.*)\)/;
    my $nulls = join ', ', map { $_ eq 'internal' ? q('x') : "NULL::$_" } split /,/, $arguments;

    refused(mallory => "SELECT $name($nulls)", qr/0A000|42883/, $function);
}

# What a superuser grants by default on functions of his own

foreach my $made ('CREATE EXTENSION volunteer', q(CREATE EXTENSION volunteer VERSION '1.0'; ALTER EXTENSION volunteer UPDATE))
{
    $node->safe_psql('postgres', 'CREATE DATABASE defaults');
    $node->safe_psql('defaults', "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO mallory; $made");
    is($node->safe_psql('defaults', q(SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc
        WHERE pronamespace = 'volunteer'::regnamespace AND NOT has_function_privilege('mallory', oid, 'EXECUTE'))),
        'identity_digest open_identity seal_identity sealing_key sign_certificate sign_seal sign_status_list sign_transfer',
        "default privileges pass no key on: $made");
    $node->safe_psql('postgres', 'DROP DATABASE defaults');
}

# A search path through somebody's schema, temporary objects first

$node->run_file('postgres', "$FindBin::RealBin/hostile_path.sql");
my $path = <<'SQL';
CREATE TEMP VIEW pg_class AS SELECT * FROM pg_catalog.pg_class WHERE shadow.cry('pg_temp.pg_class');
CREATE TEMP VIEW pg_trigger AS SELECT * FROM pg_catalog.pg_trigger WHERE shadow.cry('pg_temp.pg_trigger');
CREATE DOMAIN pg_temp.text AS pg_catalog.int4;
SET search_path = pg_temp, shadow, pg_catalog, volunteer;
SQL

refused(postgres => "$path $_", qr/hijacked/, "the path is hostile: $_")
  foreach 'SELECT 1 = 1', q(SELECT 'a' || 'b'), 'SELECT now()', 'SELECT sum(1)', 'TABLE pg_class', 'TABLE pg_attribute',
  q(SELECT format('%s', 'a'::pg_catalog.text));
is(as(postgres => "$path SELECT text '1'"), '1', 'the path is hostile: text is a number');
calls_succeed(postgres => $path, %call);

my $club = <<'SQL';
CREATE SCHEMA club;
CREATE TABLE club.record (member_id integer, on_date date, hours volunteer.service_hours, period tsrange, counted boolean);
CREATE TABLE club.total (member_id integer, year integer, hours volunteer.service_hours, occupied volunteer.occupancy,
    records bigint DEFAULT 0, PRIMARY KEY (member_id, year));
CREATE TABLE club.queue (LIKE club.total);
CREATE TABLE club.refused OF volunteer.refused_record;
INSERT INTO club.record VALUES (1, '2024-01-01', '1:00', '[2024-01-01 08:00,2024-01-01 09:00)', true);
SQL
my $write = <<'SQL';
INSERT INTO club.record VALUES (2, '2024-01-02', '1:00', '[2024-01-01 08:00,2024-01-01 09:00)', true), (2, 'infinity', '1:00', NULL, true);
UPDATE club.record SET hours = '2:00';
DELETE FROM club.record WHERE member_id OPERATOR(pg_catalog.=) 1;
SELECT volunteer.flush_hours();
SQL
my $columns = q('{member_id,year = year(on_date)}', '{hours,occupied = period FILTER (WHERE counted)}', 'counted', 'records');

foreach my $mode (q('commit'), q('statement'), q('commit', queue => 'club.queue'), q('commit', quarantine => 'club.refused'))
{
    my $rows = $mode =~ /quarantine/ ? $write : $write =~ s/, \(2, 'infinity'.*?\)//r;

    $node->safe_psql('postgres', $club);
    is(as(postgres => <<"SQL") =~ s/\n+/ /gr, 't', "hostile path: totals, $mode");
SET client_min_messages = warning;
$path
\\o /dev/null
SELECT volunteer.track_hours('club.record', 'club.total', $columns, $mode);
SELECT volunteer.attach_hours(t.source::pg_catalog.regclass, 'club.total', t.keys::pg_catalog.text[], t.sums::pg_catalog.text[],
    t.counted, t.records, t.flush, t.queue::pg_catalog.regclass, t.quarantine::pg_catalog.regclass)
    FROM volunteer.tracking('club.total') AS t;
$rows
SELECT volunteer.check_query('club.record', 'club.total'), volunteer.triggers_into('club.total'), volunteer.source_tables('club.record'), volunteer.qualified_name('club.total');
SELECT volunteer.repair_hours('club.record', 'club.total');
@{[ $mode =~ /queue/ ? "SELECT volunteer.roll_up_hours('club.total');" : '' ]}
\\o
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) 0 FROM volunteer.check_hours('club.record', 'club.total');
\\o /dev/null
SELECT volunteer.untrack_hours('club.record', 'club.total');
SQL
    is($node->safe_psql('postgres', 'SELECT hours FROM club.total WHERE member_id = 2 AND year = 2024'), '2:00', "and they are right, $mode");
    $node->safe_psql('postgres', 'DROP SCHEMA club CASCADE');
}

# Somebody else's totals

is(as(alice => <<'SQL'), '', 'alice keeps totals');
CREATE SCHEMA alice;
GRANT USAGE ON SCHEMA alice TO PUBLIC;
CREATE TABLE alice.record (member_id integer, hours volunteer.service_hours);
CREATE TABLE alice.total (member_id integer PRIMARY KEY, hours volunteer.service_hours);
CREATE TABLE alice.queue (LIKE alice.total);
CREATE TABLE alice.refused OF volunteer.refused_record;
CREATE TABLE alice.free (member_id integer PRIMARY KEY, hours volunteer.service_hours);
GRANT INSERT ON alice.record TO mallory;
DO $$ BEGIN PERFORM volunteer.track_hours('alice.record', 'alice.total', '{member_id}', '{hours}', queue => 'alice.queue'); END $$;
SQL
is(as(mallory => <<'SQL'), '', 'mallory has tables of his own');
CREATE SCHEMA mallory;
CREATE TABLE mallory.record (member_id integer, hours volunteer.service_hours);
CREATE TABLE mallory.total (member_id integer PRIMARY KEY, hours volunteer.service_hours);
GRANT USAGE ON SCHEMA mallory TO alice;
GRANT SELECT, TRIGGER ON mallory.record TO alice;
SQL

my $mapping = q('{member_id}', '{hours}');

refused(mallory => "SELECT volunteer.track_hours('mallory.record', 'alice.free', $mapping)",
    qr/42501: must be owner of totals alice.free/, 'records of his into her totals');
refused(mallory => "SELECT volunteer.track_hours('alice.record', 'mallory.total', $mapping)",
    qr/42501: owner of totals mallory.total must have SELECT on table alice.record/, 'her records into totals of his');
refused(mallory => "SELECT volunteer.attach_hours('alice.record', 'mallory.total', $mapping, NULL, NULL, 'commit', NULL, NULL)",
    qr/42501: permission denied for table record/, 'the same without asking');
refused(mallory => "SELECT volunteer.attach_hours('mallory.record', 'alice.free', $mapping, NULL, NULL, 'commit', NULL, NULL)",
    qr/42501: permission denied for table free/, 'and the other way round');
refused(mallory => "SELECT volunteer.untrack_hours('alice.record', 'alice.total')", qr/42501: must be owner of/, 'to untrack hers');
refused(mallory => "SELECT volunteer.repair_hours('alice.record', 'alice.total')", qr/42501: must be owner of table total/, 'to repair hers');
refused(mallory => "SELECT volunteer.roll_up_hours('alice.total')", qr/42501: must be owner of table total/, 'to roll up hers');
refused(mallory => "SELECT * FROM volunteer.check_hours('alice.record', 'alice.total')", qr/42501: permission denied for table/, 'to see hers');
is(as(mallory => "SELECT keys, sums FROM volunteer.tracking('alice.total')"), '{member_id}|{hours}',
    'mallory may know what any catalog tells: how totals are kept');

# Triggers that track_hours() would not make

my %forged = (
    'totals that have not agreed' => [ q(('alice.free')), undef, qr/42501: totals "free" are not kept from table "record"/ ],
    'totals kept from another table' => [ q(('alice.total')), undef, qr/42501: totals "total" are not kept from table "record"/ ],
    'a queue of hers' => [ q(('mallory.total')),
        q('mallory.record', '{member_id}', '{hours}', '', '', 'commit', 'alice.queue', ''), qr/42501: "queue" must belong to the owner of totals/ ],
    'a quarantine of hers' => [ q(('mallory.total')),
        q('mallory.record', '{member_id}', '{hours}', '', '', 'commit', '', 'alice.refused'), qr/42501: "refused" must belong to the owner of totals/ ],
    'a catalog for queue' => [ q(('mallory.total')),
        q('mallory.record', '{member_id}', '{hours}', '', '', 'commit', 'pg_catalog.pg_authid', ''), qr/42501/ ],
    'the records for totals' => [ q(('mallory.record')), undef, qr/42501/ ],
    'no arguments' => [ '()', undef, qr/39P01/ ],
    'a name without schema' => [ q(('total')), undef, qr/39P01/ ],
    'a guard of few words' => [ q(('mallory.total')), q('mallory.record'), qr/39P01/ ],
    'a mapping of nothing' => [ q(('mallory.total')), q('mallory.record', '{}', '{}', '', '', 'commit', '', ''), qr/39P01/ ],
    'a mapping of system columns' => [ q(('mallory.total')), q('mallory.record', '{member_id}', '{hours = xmin}', '', '', 'commit', '', ''), qr/42703/ ]);

foreach my $what (sort keys %forged)
{
    my ($accumulate, $protect, $error) = @{ $forged{$what} };
    my $guard = $protect ? "CREATE TRIGGER protect_totals BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON mallory.total"
      . " EXECUTE FUNCTION volunteer.protect_totals($protect);" : '';

    refused(mallory => "BEGIN; CREATE TRIGGER a AFTER INSERT OR UPDATE OR DELETE ON mallory.record FOR EACH ROW"
          . " EXECUTE FUNCTION volunteer.accumulate_hours$accumulate; $guard INSERT INTO mallory.record VALUES (1, '1:00'); COMMIT",
        $error, "a trigger of his with $what");
}
is(as(mallory => 'CREATE VIEW mallory.view AS SELECT * FROM mallory.record'), '', 'mallory has a view');
foreach my $kind ('BEFORE INSERT OR UPDATE OR DELETE ON mallory.record', 'AFTER INSERT ON mallory.record',
    'AFTER INSERT OR UPDATE OF hours OR DELETE ON mallory.record', 'INSTEAD OF INSERT ON mallory.view')
{
    foreach my $when ($kind =~ /INSTEAD/ ? '' : ('', 'WHEN (true)'))
    {
        refused(mallory => "BEGIN; SELECT volunteer.track_hours('mallory.record', 'mallory.total', $mapping) \\g /dev/null\n"
              . " CREATE TRIGGER a $kind FOR EACH ROW $when EXECUTE FUNCTION volunteer.accumulate_hours('mallory.total');"
              . " INSERT INTO @{[ $kind =~ /ON (\S+)/ ]} VALUES (1, '1:00'); COMMIT", qr/39P01|42501/, "a trigger of his $kind $when");
    }
}
is($node->safe_psql('postgres', q(SELECT count(*) FROM pg_trigger WHERE tgrelid::regclass::text ~ '^mallory')), '0', 'nothing of it is left');
is($node->safe_psql('postgres', 'TABLE alice.total; TABLE alice.queue; TABLE alice.free; TABLE alice.refused'), '', 'nor anywhere of alice');

# What is kept is written by nobody, and by the accumulation past row security alone.

is(as(mallory => q(INSERT INTO alice.record VALUES (1, '1:00'))), '', 'mallory may record');
foreach my $statement (q(INSERT INTO %s VALUES (9, '9:00')), q(UPDATE %s SET hours = '9:00'), 'DELETE FROM %s', 'TRUNCATE %s')
{
    my $queue = sprintf $statement, 'alice.queue';
    my $total = sprintf $statement, 'alice.total';

    refused(mallory => $_, qr/42501: permission denied for table/, $_) foreach $queue, $total;
    refused(alice => $_, qr/55000: "\w+" is kept from alice.record/, $_) foreach $queue, $total;
    refused(postgres => $_, qr/55000: "\w+" is kept from alice.record/, $_) foreach $queue, $total;
}
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE reader LOGIN;
GRANT SELECT ON alice.record, alice.total, alice.queue TO reader;
ALTER TABLE alice.record ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE alice.total ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SQL
refused(reader => "SELECT * FROM volunteer.check_hours('alice.record', 'alice.total')",
    qr/42501: query would be affected by row-level security policy/, 'to compare what row security hides');
is(as(alice => "SELECT volunteer.repair_hours('alice.record', 'alice.total')"), '0',
    'whose records and totals they are is not kept from comparing all of them');
$node->safe_psql('postgres', q(SET client_min_messages = error; ALTER TABLE alice.record NO FORCE ROW LEVEL SECURITY;
    GRANT INSERT ON alice.record TO mallory; CREATE POLICY anybody ON alice.record FOR INSERT WITH CHECK (true)));
is(as(mallory => q(INSERT INTO alice.record VALUES (1, '2:00'))), '', 'the totals have row security');
is($node->safe_psql('postgres', 'SELECT volunteer.sum(hours) FROM alice.queue'), '3:00', 'which is not for the accumulation');

# A superuser who writes records of mallory's, or has them written

my $climb = <<'SQL';
DECLARE
    attempt text;
BEGIN
    FOREACH attempt IN ARRAY ARRAY['SET ROLE postgres', 'SET SESSION AUTHORIZATION postgres', 'RESET ROLE',
        'RESET SESSION AUTHORIZATION', 'ALTER ROLE mallory SUPERUSER', 'GRANT postgres TO mallory']
    LOOP
        BEGIN
            EXECUTE attempt;
            EXECUTE 'ALTER ROLE mallory SUPERUSER';
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
    RETURN NEW;
END
SQL
my @modes = (q('commit'), q('statement'), q('commit', queue => 'mallory.queue'));

$node->safe_psql('postgres', "CREATE ROLE other; CREATE TABLE public.log (who name)");
foreach my $mode (@modes)
{
    is(as(mallory => <<"SQL"), '', "mallory waits for a superuser, $mode");
DROP TABLE mallory.total;
CREATE TABLE mallory.total (member_id integer PRIMARY KEY, hours volunteer.service_hours);
CREATE TABLE IF NOT EXISTS mallory.queue (LIKE mallory.total);
CREATE OR REPLACE FUNCTION mallory.climb() RETURNS trigger LANGUAGE plpgsql AS \$\$ $climb \$\$;
CREATE OR REPLACE FUNCTION mallory.climbs() RETURNS boolean LANGUAGE plpgsql AS \$\$ @{[ $climb =~ s/RETURN NEW/RETURN true/r ]} \$\$;
CREATE TRIGGER climb BEFORE INSERT OR UPDATE ON mallory.@{[ $mode =~ /queue/ ? 'queue' : 'total' ]} FOR EACH ROW EXECUTE FUNCTION mallory.climb();
ALTER TABLE mallory.@{[ $mode =~ /queue/ ? 'queue' : 'total' ]} ADD CHECK (mallory.climbs()), ADD climbs boolean DEFAULT mallory.climbs();
SELECT volunteer.track_hours('mallory.record', 'mallory.total', $mapping, NULL, NULL, $mode) \\g /dev/null
SQL
    is(as(postgres => q(INSERT INTO mallory.record VALUES (1, '1:00'); UPDATE mallory.record SET hours = '2:00'; TRUNCATE mallory.record)), '',
        'the superuser comes');
    is($node->safe_psql('postgres', q(SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory')), 'f', "and lends no rights, $mode");
    is(as(mallory => q(SELECT volunteer.untrack_hours('mallory.record', 'mallory.total') \g /dev/null)), '', 'mallory gives up');
}

is(as(mallory => <<"SQL"), '', 'mallory has indexes and views that record');
DROP TABLE mallory.total, mallory.queue;
CREATE TABLE mallory.total (member_id integer PRIMARY KEY, hours volunteer.service_hours CHECK (mallory.climbs()));
SELECT volunteer.track_hours('mallory.record', 'mallory.total', $mapping) \\g /dev/null
CREATE FUNCTION mallory.record(n integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS
    \$\$ BEGIN INSERT INTO mallory.record VALUES (n, '1:00'); RETURN n; EXCEPTION WHEN OTHERS THEN RETURN n; END \$\$;
CREATE TABLE mallory.bait (n integer);
CREATE INDEX ON mallory.bait (mallory.record(n));
INSERT INTO mallory.bait SELECT generate_series(1, 10);
CREATE MATERIALIZED VIEW mallory.trap AS SELECT mallory.record(n) FROM mallory.bait;
SQL
$node->psql('postgres', $_)
  foreach 'ANALYZE mallory.bait', 'VACUUM FULL mallory.bait', 'REINDEX TABLE mallory.bait', 'CLUSTER mallory.bait',
  'REFRESH MATERIALIZED VIEW mallory.trap';
is($node->safe_psql('postgres', q(SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory')), 'f', 'maintenance by a superuser lends no rights');

# Settings that name key files, in a database of mallory's own

$node->safe_psql('postgres', 'CREATE DATABASE market OWNER mallory');
refused(mallory => $_, qr/42501: permission denied to set parameter/, $_) foreach map {
    my $file = "volunteer.$_";
    ("ALTER DATABASE market SET $file = '/dev/null'", "ALTER ROLE mallory SET $file = '/dev/null'",
        "ALTER ROLE mallory IN DATABASE market SET $file = '/dev/null'", "SELECT volunteer.gen_certificate_code() \\g /dev/null\nSET $file = '/dev/null'")
} qw(signing_key_file identity_key_file sealing_key_file);
is(as(mallory => 'CREATE EXTENSION volunteer', dbname => 'market'), '', 'mallory installs the extension');
like(as(mallory => q(SELECT volunteer.sign_certificate('{}')), dbname => 'market'), qr/F0000: "volunteer.signing_key_file" is not set/,
    'and has no key there');
{
    local $ENV{PGOPTIONS} = '-c volunteer.signing_key_file=' . $node->signing_key_file;
    like(as(mallory => q(SELECT volunteer.sign_certificate('{}')), dbname => 'market'),
        qr/F0000: "volunteer.signing_key_file" is not set/, 'nor when he names it as he connects');
}

# A schema that was there before

$node->safe_psql('postgres', 'CREATE DATABASE prepared; GRANT CREATE ON DATABASE prepared TO mallory');
is(as(mallory => <<'SQL', dbname => 'prepared'), '', 'mallory makes a schema for the extension');
CREATE SCHEMA volunteer;
GRANT ALL ON SCHEMA volunteer TO PUBLIC;
CREATE FUNCTION volunteer.format(text, name, name) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
SQL
my (undef, undef, $stderr) = $node->psql('prepared', 'CREATE EXTENSION volunteer');
like($stderr, qr/schema "volunteer" holds objects already/, 'and the superuser does not install it there');

is(as(mallory => <<'SQL', dbname => 'market'), '', 'mallory adds to the schema of his extension');
DO $$
DECLARE
    arguments text;
BEGIN
    FOR arguments IN
        WITH RECURSIVE a (list, n) AS (
            SELECT 'text', 1
            UNION ALL
            SELECT list || ', ' || t.type, n + 1 FROM a, (VALUES ('text'), ('name'), ('regclass')) AS t (type) WHERE n < 7
        )
        SELECT list FROM a
    LOOP
        EXECUTE format('CREATE FUNCTION volunteer.format(%s) RETURNS text LANGUAGE plpgsql AS %L', arguments,
            'BEGIN RAISE EXCEPTION ''hijacked''; END');
    END LOOP;
END
$$;
CREATE FUNCTION volunteer.differ(oid, regclass) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
CREATE OPERATOR volunteer.= (FUNCTION = volunteer.differ, LEFTARG = oid, RIGHTARG = regclass);
CREATE OPERATOR volunteer.<> (FUNCTION = volunteer.differ, LEFTARG = oid, RIGHTARG = regclass);
SQL
$node->safe_psql('market', $club);
is($node->safe_psql('market', <<"SQL"), '0', 'where a superuser can use it still');
\\o /dev/null
SELECT volunteer.track_hours('club.record', 'club.total', $columns);
SELECT volunteer.repair_hours('club.record', 'club.total');
\\o
SELECT count(*) FROM volunteer.check_hours('club.record', 'club.total');
\\o /dev/null
SELECT volunteer.untrack_hours('club.record', 'club.total');
SQL

$node->stop;
done_testing;
