# Who may do what after a deployment, read from the catalogs; and that a second
# deployment, a failed one and a dump leave it so.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('privileges');
my $install = "$Volunteer::Cluster::ROOT/sql/install.sql";

# Everything somebody was granted on our schemas, and what lies in them.
my $grants = <<'SQL';
SELECT concat_ws(' ', kind, object, owner, grantee, privilege, grantable) FROM (
    SELECT 'schema' AS kind, n.oid::regnamespace::text AS object, n.nspowner AS owner_id, a.*
    FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
    WHERE n.nspname IN ('registry', 'verify', 'report')
    UNION ALL
    SELECT 'relation', c.oid::regclass::text, c.relowner, a.*
    FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a
    WHERE c.relnamespace IN ('registry'::regnamespace, 'verify'::regnamespace, 'report'::regnamespace)
        AND c.relkind IN ('r', 'p', 'v', 'm')
    UNION ALL
    SELECT 'column', c.attrelid::regclass || '.' || c.attname, r.relowner, a.*
    FROM pg_attribute c JOIN pg_class r ON r.oid = c.attrelid, aclexplode(c.attacl) AS a
    WHERE r.relnamespace IN ('registry'::regnamespace, 'verify'::regnamespace, 'report'::regnamespace)
    UNION ALL
    SELECT 'function', p.oid::regprocedure::text, p.proowner, a.*
    FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
    WHERE p.pronamespace IN ('registry'::regnamespace, 'verify'::regnamespace, 'report'::regnamespace)
        OR p.oid::regprocedure::text IN ('volunteer.identity_digest(text,text)',
            'volunteer.sign_certificate(json)')
) AS g (kind, object, owner_id, grantor, grantee_id, privilege, grantable),
    LATERAL (SELECT owner_id::regrole AS owner, CASE grantee_id WHEN 0 THEN 'PUBLIC' ELSE grantee_id::regrole::text END AS grantee) AS names
SQL

sub granted
{
    my ($dbname, $condition) = @_;

    return $node->safe_psql($dbname, "$grants WHERE $condition ORDER BY 1");
}

# Compares line by line, so that a failure names the privilege and not all of them.
sub same_grants
{
    my ($dbname, $expected, $name) = @_;

    return is_deeply([ split /\n/, granted($dbname, 'true') ], [ split /\n/, $expected ], $name);
}

sub nothing_granted
{
    my ($condition, $name) = @_;

    return is(granted('registry', $condition), '', $name);
}

sub refused
{
    my ($role, $statement, $message, $name) = @_;
    my ($status, undef, $errors) = $node->psql('registry', $statement, extra_params => [ '-U', $role ]);

    isnt($status, 0, $name);
    return like($errors, qr/$message/, "$name: reason");
}

$node->deploy('registry');

subtest 'the deployer is no superuser and owns nothing of ours' => sub {
    is($node->safe_psql('registry', "SELECT rolsuper FROM pg_roles WHERE rolname = 'deployer'"), 'f', 'no superuser');
    nothing_granted("kind IN ('schema', 'relation') AND owner::text <> 'registry_owner'", 'schemas and relations have one owner');
    nothing_granted("kind = 'function' AND object !~ '^(volunteer|registry.(signed|document_digest|sealed_value|opened_value|sealing_key[(]))' AND owner::text <> 'registry_owner'", 'so have functions');
    nothing_granted("object ~ '^registry.(signed|document_digest|sealed_value|opened_value|sealing_key[(])' AND (owner::text, grantee) NOT IN (('deployer', 'deployer'), ('deployer', 'registry_owner'))",
        'but those that use the keys, which are the owner of the database and for the registry alone');
    is($node->safe_psql('registry', "SELECT rolname FROM pg_roles WHERE rolname ~ '^registry_' AND (rolcanlogin OR rolsuper
        OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"), '', 'group roles have no attributes');
};

subtest 'what nobody may' => sub {
    nothing_granted("grantee = 'PUBLIC'", 'PUBLIC holds nothing');
    nothing_granted("grantable AND grantee <> owner::text AND grantee <> 'deployer'", 'nobody passes privileges on');
    nothing_granted("kind = 'schema' AND privilege = 'CREATE' AND grantee <> 'registry_owner'", 'nobody creates in our schemas');
    nothing_granted("kind IN ('relation', 'column') AND grantee <> 'registry_owner' AND privilege NOT IN ('SELECT', 'INSERT')",
        'nobody updates, deletes, truncates or sets triggers');
    nothing_granted("object ~ '^volunteer.(sign|identity)' AND grantee NOT IN ('postgres', 'pg_database_owner')",
        'only the owner of the database signs and digests');
};

subtest 'what the group roles may' => sub {
    like(granted('registry', "grantee = 'registry_registrar'"), qr/^function .*register_volunteer.* EXECUTE f$/m,
        'registrars register volunteers');
    is(granted('registry', "kind IN ('relation', 'column') AND grantee IN ('registry_administrator', 'registry_registrar',
            'registry_recorder', 'registry_reviewer', 'registry_issuer') AND object !~ '^registry.(import|recording_rule)'"),
        '', 'writers have no table but those of the import');
    nothing_granted("grantee = 'registry_verifier' AND NOT (object = 'verify' AND privilege = 'USAGE'
        OR object ~ '^verify\\.' AND kind = 'function')", 'verifiers call the functions of verify');
    nothing_granted("grantee = 'registry_analyst' AND NOT (object = 'report' AND privilege = 'USAGE'
        OR object ~ '^report\\.' AND privilege IN ('SELECT', 'EXECUTE') OR kind = 'function' OR kind = 'column' AND privilege = 'SELECT')",
        'analysts read reports, and the columns that they are made of');
    nothing_granted("grantee = 'registry_auditor' AND kind IN ('relation', 'column') AND privilege <> 'SELECT'", 'auditors read');
};

subtest 'functions' => sub {
    is($node->safe_psql('registry', <<'SQL'), '', 'with the rights of the owner only on a pinned path that ends in pg_temp');
SELECT p.oid::regprocedure FROM pg_proc p
WHERE p.prosecdef AND p.pronamespace IN ('registry'::regnamespace, 'verify'::regnamespace, 'report'::regnamespace)
    AND NOT coalesce(array_to_string(p.proconfig, ';') ~ 'search_path=pg_catalog, ([a-z_]+, )*pg_temp', false)
SQL
    is($node->safe_psql('registry', <<'SQL'), '', 'no path leads through a schema where others create');
SELECT DISTINCT schema FROM pg_proc p, unnest(p.proconfig) AS setting,
    regexp_split_to_table(substr(setting, 13), ', ') AS schema
WHERE p.pronamespace IN ('registry'::regnamespace, 'verify'::regnamespace, 'report'::regnamespace)
    AND setting ~ '^search_path=' AND schema NOT IN ('pg_catalog', 'registry', 'verify', 'report', 'volunteer', 'pg_temp')
SQL
    is($node->safe_psql('registry', <<'SQL'), '', 'functions, relations and columns say what they are');
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace IN ('registry'::regnamespace, 'verify'::regnamespace, 'report'::regnamespace)
    AND obj_description(p.oid, 'pg_proc') IS NULL
UNION ALL
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relnamespace IN ('registry'::regnamespace, 'verify'::regnamespace, 'report'::regnamespace)
    AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND obj_description(c.oid, 'pg_class') IS NULL
UNION ALL
SELECT c.oid::regclass || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace IN ('registry'::regnamespace, 'verify'::regnamespace, 'report'::regnamespace)
    AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NULL
SQL
    is($node->safe_psql('registry', <<'SQL'), '', 'and functions how they refuse');
SELECT p.oid::regprocedure, refusal[1] FROM pg_proc p,
    regexp_matches(replace(p.prosrc, 'require_current_transaction()', 'CONSTRAINT = ''begun_today'''), $$CONSTRAINT = '(\w+)'$$, 'g') AS refusal
WHERE p.pronamespace IN ('registry'::regnamespace, 'verify'::regnamespace, 'report'::regnamespace)
    AND strpos(obj_description(p.oid, 'pg_proc'), refusal[1]) = 0
SQL
};

subtest 'personal data' => sub {
    is($node->safe_psql('registry', <<'SQL'), join("\n", map { "$_|t" } qw(export_students read_application read_contacts read_guardians read_person)),
SELECT DISTINCT p.proname, p.prosrc ~ 'require_access|require_logged_access|access_is_logged' FROM pg_proc p
CROSS JOIN LATERAL unnest(p.proargnames, p.proargmodes) AS a (name, mode)
JOIN pg_roles r ON r.rolname IN ('registry_registrar', 'registry_recorder', 'registry_reviewer', 'registry_issuer', 'registry_dispatcher')
    AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
WHERE p.pronamespace = 'registry'::regnamespace AND a.mode IN ('o', 't') AND a.name ~ '(^|_)(name|sex|birth_date|phone|value)$'
ORDER BY p.proname
SQL
        'what staff is shown of a person was logged before');
};

subtest 'row-level security' => sub {
    # Staging takes COPY FROM, which row-level security forbids: roles may write there and read nothing.
    my $staging = q{EXISTS (SELECT FROM pg_attribute a, aclexplode(a.attacl) AS g WHERE a.attrelid = c.oid AND g.privilege_type = 'INSERT')};
    my $tables = q{FROM pg_class c CROSS JOIN pg_roles r WHERE r.rolname ~ '^registry_' AND c.relnamespace = 'registry'::regnamespace AND c.relkind IN ('r', 'p')};

    is($node->safe_psql('registry', <<"SQL"), '', 'is forced on every table and lets its owner see all');
SELECT c.oid::regclass $tables AND NOT $staging AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
    SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd = '*'
        AND p.polroles = ARRAY['registry_owner'::regrole]::oid[] AND pg_get_expr(p.polqual, p.polrelid) = 'true'))
SQL
    is($node->safe_psql('registry', <<"SQL"), '', 'staging is read by nobody');
SELECT c.oid::regclass $tables AND $staging AND EXISTS (
    SELECT FROM pg_roles r WHERE r.rolname ~ '^registry_' AND r.rolname <> 'registry_owner' AND has_any_column_privilege(r.oid, c.oid, 'SELECT'))
SQL
    is($node->safe_psql('registry', <<'SQL'), "analyst\nauditor\nstaff", 'others have policies only to read');
SELECT DISTINCT concat_ws(' ', p.polname, nullif(p.polcmd, 'r')) COLLATE "C" FROM pg_policy p
WHERE p.polroles <> ARRAY['registry_owner'::regrole]::oid[] ORDER BY 1
SQL
    is($node->safe_psql('registry', <<"SQL"), '', 'and read nothing without one');
SELECT c.oid::regclass, r.rolname $tables AND r.rolname <> 'registry_owner' AND has_any_column_privilege(r.oid, c.oid, 'SELECT') AND NOT EXISTS (
    SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND r.oid = ANY (p.polroles))
SQL
    is($node->safe_psql('registry', <<'SQL'), "import\nimport_row\nrecording_rule", 'staff that writes reads what was refused of its imports');
SELECT DISTINCT c.relname COLLATE "C" FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE p.polname = 'staff' OR p.polroles && ARRAY(SELECT r.oid FROM pg_roles r
    WHERE r.rolname ~ '^registry_' AND r.rolname NOT IN ('registry_owner', 'registry_auditor', 'registry_analyst'))
ORDER BY 1
SQL
    nothing_granted(q{kind = 'relation' AND grantee <> 'registry_owner' AND object IN (SELECT oid::regclass::text FROM pg_class WHERE relispartition)},
        'nothing is granted on a partition');
};

# A view that ran with its owner's rights would run around the policies of whoever reads it.
subtest 'views' => sub {
    is($node->safe_psql('registry', <<'SQL'), '', 'have the rights of whoever reads them');
SELECT c.oid::regclass FROM pg_class c
WHERE c.relnamespace IN ('registry'::regnamespace, 'verify'::regnamespace, 'report'::regnamespace)
    AND (c.relkind = 'm' OR c.relkind = 'v' AND NOT coalesce(c.reloptions @> '{security_invoker=true}', false))
SQL
    is($node->safe_psql('registry', <<'SQL'), '', 'and those of reports try no condition on rows that they hide');
SELECT c.oid::regclass FROM pg_class c
WHERE c.relnamespace = 'report'::regnamespace AND c.relkind = 'v' AND NOT coalesce(c.reloptions @> '{security_barrier=true}', false)
SQL
    is($node->safe_psql('registry', <<'SQL'), 'person_id sex birth_date merged_into masked_name', 'an analyst reads names in them as they are masked');
SELECT string_agg(a.attname, ' ' ORDER BY a.attnum) FROM pg_attribute a
WHERE a.attrelid = 'registry.person'::regclass AND a.attnum > 0 AND has_column_privilege('registry_analyst', a.attrelid, a.attnum, 'SELECT')
SQL
    is($node->safe_psql('registry', <<'SQL'), '', 'nor anything of documents, contacts, guardians, raw lines, messages, tokens or disclosures');
SELECT c.oid::regclass, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'registry'::regnamespace AND has_column_privilege('registry_analyst', c.oid, a.attnum, 'SELECT')
    AND (c.relname ~ '^(identity_document|contact|guardian|application|import|exchange|audit)' OR a.attname ~ 'token|disclosures|code$|sealed|tail|comment|ground')
    AND (c.relname, a.attname) NOT IN (('code_item', 'code'), ('region', 'code'))
SQL
    nothing_granted(q{grantee = 'registry_analyst' AND (kind, object) = ('schema', 'registry')}, 'nor any table by itself');
    is($node->safe_psql('registry', <<'SQL'), '', 'no report reads documents, contacts, guardians, raw lines or full names');
WITH report AS (
    SELECT p.oid::regprocedure::text AS name, d.refclassid, d.refobjid, d.refobjsubid
    FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
    WHERE p.pronamespace = 'report'::regnamespace
)
SELECT r.name, format('%s.%s', r.refobjid::regclass, a.attname)
FROM report r
JOIN pg_attribute a ON r.refclassid = 'pg_class'::regclass AND (a.attrelid, a.attnum) = (r.refobjid, r.refobjsubid)
WHERE r.refobjid IN ('registry.contact'::regclass, 'registry.identity_document'::regclass, 'registry.guardian'::regclass)
        AND a.attname NOT IN ('person_id', 'kind')
    OR r.refobjid IN ('registry.import_line'::regclass, 'registry.import_row'::regclass) AND a.attname = 'line'
    OR (r.refobjid, a.attname) = ('registry.person'::regclass, 'name')
SQL
    is($node->safe_psql('registry', <<'SQL'), 'current_region people_alike region_name reported_regions', 'one function of the registry compares them for analysts');
SELECT string_agg(p.proname, ' ' ORDER BY p.proname) FROM pg_proc p
WHERE p.pronamespace = 'registry'::regnamespace AND p.prosecdef AND has_function_privilege('registry_analyst', p.oid, 'EXECUTE')
SQL
};

subtest 'what is made later' => sub {
    $node->safe_psql('registry', <<'SQL');
CREATE ROLE somebody LOGIN;
GRANT USAGE ON SCHEMA registry TO somebody;
SET ROLE registry_owner;
CREATE FUNCTION registry.later() RETURNS integer LANGUAGE sql RETURN 1;
CREATE TABLE registry.later (n integer);
CREATE TYPE registry.latest AS ENUM ('now');
SQL
    refused('somebody', $_->[0], $_->[1], $_->[0]) foreach
        [ 'SELECT registry.later()', 'permission denied for function later' ],
        [ 'SELECT FROM registry.later', 'permission denied for table later' ],
        [ 'CREATE TEMPORARY TABLE t (x registry.latest)', 'permission denied for type' ];
    $node->safe_psql('registry', <<'SQL');
DROP FUNCTION registry.later;
DROP TABLE registry.later;
DROP TYPE registry.latest;
REVOKE USAGE ON SCHEMA registry FROM somebody;
SQL
};

subtest 'a registrar with psql' => sub {
    $node->safe_psql('registry', 'CREATE ROLE registrar LOGIN IN ROLE registry_registrar');
    refused('registrar', 'SELECT FROM registry.person', 'permission denied for table person', 'reads no table');
    refused('registrar', "INSERT INTO registry.consent (person_id, purpose, evidence) VALUES (1, 'registration', 'x')",
        'permission denied for table consent', 'writes no table');
    refused('registrar', "SELECT registry.add_person('x', 'passport', 'E12345678')",
        'permission denied for function add_person', 'calls no inner function');
    refused('registrar', "SELECT volunteer.identity_digest('passport', 'E12345678')",
        'permission denied for function identity_digest', 'digests no number');
    refused('registrar', "SET ROLE registry_owner", 'permission denied to set role', 'is not the owner');
};

# The installation must fail with this message.
sub not_installed
{
    my ($dbname, $message, $name, @options) = @_;
    my $result = IPC::Run::run(
        [ 'psql', '-X', '-q', @options, '-d', $node->connstr($dbname), '-U', 'deployer', '-f', $install ],
        '>', \my $output, '2>', \my $errors);

    ok(!$result, $name);
    like($errors, qr/ERROR:  $message/, "$name: clear message");
    return unlike($errors, qr/ERROR.*ERROR/s, "$name: nothing else is tried");
}

subtest 'where it may not be' => sub {
    my $before = granted('registry', 'true');

    not_installed('registry', 'database "registry" already holds a registry', 'again into the same database', '--single-transaction');
    same_grants('registry', $before, 'nothing has changed');

    $node->safe_psql('postgres', 'CREATE DATABASE foreign_one; GRANT CREATE ON DATABASE foreign_one TO deployer');
    not_installed('foreign_one', 'must be owner of database "foreign_one"', "into somebody else's database", '--single-transaction');

    $node->safe_psql('postgres', 'CREATE DATABASE pieces OWNER deployer');
    not_installed('pieces', 'the installation is one transaction', 'statement by statement');
    is($node->safe_psql('pieces', "SELECT nspname FROM pg_namespace WHERE nspname ~ 'registry|verify|report|volunteer'"), '',
        'nothing was made');

    $node->safe_psql('postgres', 'CREATE DATABASE generous OWNER deployer');
    $node->safe_psql('generous', 'ALTER DEFAULT PRIVILEGES FOR ROLE deployer GRANT EXECUTE ON FUNCTIONS TO registry_portal');
    not_installed('generous', 'default privileges would grant parts of the registry to others', 'where others are granted what is made',
        '--single-transaction');

    $node->safe_psql('postgres', "CREATE DATABASE latin OWNER deployer TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
    not_installed('latin', 'database "latin" is not encoded in UTF8', 'into another encoding', '--single-transaction');
};

subtest 'into another database of the cluster, from a terminal of another encoding, with settings made for something else' => sub {
    {
        local $ENV{PGCLIENTENCODING} = 'GBK';
        local $ENV{PGOPTIONS} = join ' ', map { "-c $_" } qw(row_security=off quote_all_identifiers=on standard_conforming_strings=off
            timezone=America/New_York datestyle=German intervalstyle=sql_standard bytea_output=escape);
        $node->safe_psql('postgres', "CREATE DATABASE neighbour OWNER deployer TEMPLATE template0 ENCODING 'UTF8'");
        $node->run_file('neighbour', $install, 'deployer', '--single-transaction');
    }
    same_grants('neighbour', granted('registry', 'true'), 'the same privileges');
    my $words = 'SELECT md5(string_agg(code || name, NULL ORDER BY code)) FROM registry.region';
    is($node->safe_psql('neighbour', $words), $node->safe_psql('registry', $words), 'the same words');
    my $kept = q{SELECT kind, object, encode(digest, 'hex') FROM registry.catalogue_item ORDER BY 1, 2};
    is_deeply([ split /\n/, $node->safe_psql('neighbour', $kept) ], [ split /\n/, $node->safe_psql('registry', $kept) ], 'the same objects');
};

subtest 'dump and restore' => sub {
    my $dump = $node->basedir . '/registry.dump';

    command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('registry') ], 'dump');
    foreach my $role (qw(postgres deployer))
    {
        $node->safe_psql('postgres', "CREATE DATABASE restored OWNER deployer TEMPLATE template0 ENCODING 'UTF8'");
        command_ok([ 'pg_restore', '--exit-on-error', '-U', $role, '-d', $node->connstr('restored'), $dump ], "restore as $role");
        same_grants('restored', granted('registry', 'true'), "$role: the same privileges");
        is($node->safe_psql('restored', 'SELECT count(*) FROM registry.region'), '44702', "$role: the same rows");
        is($node->safe_psql('restored', <<'SQL'), 'V441402', "$role: the restored registry registers a volunteer");
SELECT registry.create_organization('示例区志愿服务队', '1', '08', '441402') AS team \gset
SELECT registry.appoint_staff('registrar', :team, 'registrar',
    registry.add_person('示例登记员', 'passport', 'E00000099', 9::smallint, '1980-01-01')) AS staff \gset
SET SESSION AUTHORIZATION registrar;
SELECT left(registry.register_volunteer('示例甲', 'citizen_id', '11010519491231002X', :team, '441402', '登记表 1 号')::text, 7);
SQL
        $node->safe_psql('postgres', 'DROP DATABASE restored');
    }
};

done_testing;
