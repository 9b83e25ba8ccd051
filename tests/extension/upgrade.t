# Version 1.0, updated, is what a new installation makes; data and totals survive.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('upgrade');

sub create_database
{
    my ($dbname, $owner) = @_;

    $node->safe_psql('postgres', "CREATE DATABASE $dbname OWNER $owner TEMPLATE template0 ENCODING 'UTF8'");
    return;
}

sub as
{
    my ($role, $dbname, $sql) = @_;
    return $node->safe_psql($dbname, $sql, extra_params => [ '-U', $role ]);
}

sub catalog
{
    my ($dbname) = @_;
    return [ split /\n/, $node->run_file($dbname, "$FindBin::RealBin/catalog.sql", 'postgres', '-A', '-t') ];
}

# The lines that are in one list and not in the other.
sub differences
{
    my ($updated, $fresh) = @_;
    my %count;

    $count{$_}-- foreach @$updated;
    $count{$_}++ foreach @$fresh;
    return map { ($count{$_} < 0 ? 'only updated: ' : 'only fresh: ') . $_ } grep { $count{$_} != 0 } sort keys %count;
}

$node->safe_psql('postgres', 'CREATE ROLE club_owner LOGIN; CREATE ROLE cashier LOGIN');
is($node->safe_psql('postgres', 'SHOW shared_preload_libraries'), '', 'nothing is preloaded');

# The catalogs

foreach my $role (qw(postgres club_owner))
{
    create_database("${role}_$_", $role) foreach qw(fresh updated);
    # A dump of a database that reads backslashes in the old way restores it in such a session.
    as($role, "${role}_fresh", 'SET standard_conforming_strings = off; CREATE EXTENSION volunteer');
    as($role, "${role}_updated", q(CREATE EXTENSION volunteer VERSION '1.0'));
    as($role, "${role}_updated", 'GRANT EXECUTE ON FUNCTION volunteer.sign_certificate(json) TO cashier');

    # Fits the calls of the update better than the server's own.
    as($role, "${role}_updated", <<'SQL');
CREATE FUNCTION volunteer.format(text, regprocedure, text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'executed as %', current_user;
END
$$;
SQL

    my $fresh = catalog("${role}_fresh");

    cmp_ok(scalar(@$fresh), '>', 5000, "$role: the catalogs were read");
    cmp_ok(scalar(differences(catalog("${role}_updated"), $fresh)), '>', 500, "$role: before the update they differ");
    as($role, "${role}_updated", 'ALTER EXTENSION volunteer UPDATE');
    is(join("\n", differences(catalog("${role}_updated"), $fresh)), '', "$role: after it they do not");
}

# Data and totals

sub exact
{
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($node->safe_psql('club', 'SELECT club.differences()'), '0', "exact: $name");
}

create_database('club', 'club_owner');
$node->safe_psql('club', 'GRANT CREATE ON DATABASE club TO cashier');
$node->run_file('club', "$FindBin::RealBin/club_1_0.sql");

my $session = $node->background_psql('club');
my $cards = $node->safe_psql('club', 'TABLE club.card');
my $counted = $node->safe_psql('club', 'TABLE club.counted');

$session->query_safe('TABLE club.counted');
as('club_owner', 'club', 'SET quote_all_identifiers = on; BEGIN; ALTER EXTENSION volunteer UPDATE; ROLLBACK; ALTER EXTENSION volunteer UPDATE');
is($node->safe_psql('club', "SELECT extversion FROM pg_extension WHERE extname = 'volunteer'"), '1.1', 'updated by the owner');
is($node->safe_psql('club', 'TABLE club.card'), $cards, 'values are what they were');
is($node->safe_psql('club', 'SELECT club.lost_in_indexes()'), '0', 'every index finds every value');
is($node->safe_psql('club', <<'SQL'), '', 'the types store and hash as version 1.0 did');
SET search_path = volunteer;
SELECT format($$SELECT type, value FROM club.stored WHERE type = %1$L
    AND (bytes, hash, hash_extended) IS DISTINCT FROM (%1$s_send(value::%1$s), %1$s_hash(value::%1$s), %1$s_hash_extended(value::%1$s, 42))$$, type)
FROM (SELECT DISTINCT type FROM club.stored) AS s
\gexec
SQL
is($node->safe_psql('club', 'TABLE club.counted'), $counted, 'totals are what they were');
exact('after the update');
is($node->safe_psql('club', q(SELECT count(*) FROM volunteer.triggers_into('club.attendance') WHERE source <> 'till.forged'::regclass)), '4',
    'triggers have the names of their totals, whatever the session that updated wants to see quoted');
is($node->safe_psql('club', <<'SQL'), "club.sale A\nclub.visit O\nclub.visit_2024 O\nclub.visit_2025 O\ntill.forged O\ntill.guest O", 'triggers fire when they did');
SELECT DISTINCT concat_ws(' ', tgrelid::regclass, tgenabled)
FROM pg_trigger
WHERE tgfoid = 'volunteer.accumulate_hours()'::regprocedure
ORDER BY 1
SQL

$session->query_safe(q(INSERT INTO club.visit (member_id, visited_on, hours) VALUES (1, '2024-05-05', '2:00')));
exact('a session that was there');
$session->quit;
as('club_owner', 'club', <<'SQL');
UPDATE club.visit SET visited_on = visited_on + 200 WHERE member_id = 5 AND visited_on < '2025-06-01';
TRUNCATE club.visit_2025;
UPDATE club.sale SET article = 'other' WHERE sale_id < 50;
BEGIN;
INSERT INTO club.sale VALUES (0, 'other', 1000);
CREATE TABLE club.seen AS SELECT pieces FROM club.article WHERE article = 'other';
COMMIT;
SQL
exact('written since');
cmp_ok($node->safe_psql('club', 'TABLE club.seen'), '>', 1000, 'a flush at the end of the statement stays one');
isnt($node->safe_psql('club', 'TABLE club.counted'), $counted, 'it is counted');
as('cashier', 'club', q(INSERT INTO till.guest VALUES ('甲')));
is($node->safe_psql('club', 'SELECT * FROM club.guest ORDER BY 1'), "O'Neill|1\n甲|3", 'totals of somebody else which the owner of the source may write');

my (undef, undef, $errors) = $node->psql('club', q(INSERT INTO till.forged VALUES (1, 2024, '1000:00')), extra_params => [ '-U', 'cashier' ]);

like($errors, qr/accumulate_hours: expected 1 arguments, not 6/, 'totals which he may not write');
exact('which were not written');

$node->stop;
done_testing;
