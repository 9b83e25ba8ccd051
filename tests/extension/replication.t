# Totals on subscribers, which are sent them or keep their own, and on a standby.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('publisher',
    init => { allows_streaming => 'logical' },
    conf => 'max_replication_slots = 20');
my $publisher = $node->connstr('club') =~ s/'/''/gr;

sub exact
{
    my ($server, $dbname, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($server->safe_psql($dbname, 'SELECT club.differences()'), '0', "$name: exact");
}

sub counted { return $_[0]->safe_psql($_[1], 'TABLE club.counted') }

# A database with the tables of the club and nothing in them.
sub create_subscriber
{
    my ($dbname) = @_;
    my $dump = $node->basedir . '/schema.dump';

    $node->command_ok([ 'pg_dump', '-Fc', '--schema-only', '--no-publications', '-f', $dump, '-d', $node->connstr('club') ], "$dbname: dump");
    $node->safe_psql('postgres', "CREATE DATABASE $dbname");
    $node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr($dbname), $dump ], "$dbname: restore");
    return;
}

# The slot is made beforehand: publisher and subscriber are one server, where CREATE SUBSCRIPTION would wait for itself.
sub subscribe
{
    my ($dbname, $name, $publication) = @_;

    $node->safe_psql('club', "SELECT pg_create_logical_replication_slot('$name', 'pgoutput')");
    $node->safe_psql($dbname, "CREATE SUBSCRIPTION $name CONNECTION '$publisher' PUBLICATION $publication
        WITH (create_slot = false, slot_name = '$name')");
    $node->wait_for_subscription_sync($node, $name, $dbname);
    return;
}

$node->safe_psql('postgres', "CREATE DATABASE club TEMPLATE template0 ENCODING 'UTF8'");
$node->safe_psql('club', 'CREATE EXTENSION volunteer');
$node->run_file('club', "$FindBin::RealBin/club.sql");

my $write = <<'SQL';
BEGIN;
INSERT INTO club.visit (member_id, visited_on, hours) VALUES (1, '2024-05-05', '2:00'), (2, '2025-05-05', '3:00');
SAVEPOINT correction;
UPDATE club.visit SET hours = '0:30', member_id = 5 WHERE member_id = 3 AND visited_on < '2024-06-01';
UPDATE club.visit SET confirmed = NOT confirmed WHERE member_id = 6;
ROLLBACK TO correction;
UPDATE club.visit SET visited_on = visited_on + 200 WHERE visit_id % 50 = 7 AND visited_on < '2025-06-01';
DELETE FROM club.visit WHERE member_id = 4;
COMMIT;
UPDATE club.shift SET member_id = member_id + 1 WHERE shift_id % 7 = 1;
SELECT volunteer.roll_up_hours('club.day');
UPDATE club.sale SET pieces = pieces + 1, article = 'article ' || sale_id % 4;
INSERT INTO club.visit (member_id, visited_on, hours) SELECT 7, date '2025-01-01' + n % 300, '1:00' FROM generate_series(1, 1000) AS n;
SQL

# Totals are published with their records: a subscriber receives both and its triggers do not fire.

$node->safe_psql('club', 'CREATE PUBLICATION everything FOR ALL TABLES');
create_subscriber('reader');
subscribe('reader', 'reader', 'everything');
is(counted($node, 'reader'), counted($node, 'club'), 'totals that are published: the first copy');
exact($node, 'reader', 'totals that are published');
$node->safe_psql('club', $write);
$node->wait_for_catchup('reader');
is(counted($node, 'reader'), counted($node, 'club'), 'totals that are published: what is written after it');
exact($node, 'reader', 'totals that are published');
$node->safe_psql('club', 'TRUNCATE club.visit_2025, club.sale');
$node->wait_for_catchup('reader');
is(counted($node, 'reader'), counted($node, 'club'), 'totals that are published: TRUNCATE');
exact($node, 'reader', 'totals that are published');
$node->safe_psql('reader', 'DROP SUBSCRIPTION reader');

# Records alone are published: a subscriber whose triggers fire always keeps totals of its own.

$node->safe_psql('club', 'CREATE PUBLICATION records FOR TABLE club.member, club.visit, club.sale, club.shift');
create_subscriber('keeper');
$node->safe_psql('keeper', <<'SQL');
SELECT format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', tgrelid::regclass, tgname)
FROM pg_trigger
WHERE tgfoid = 'volunteer.accumulate_hours()'::regprocedure AND tgparentid = 0
\gexec
SQL
$node->safe_psql('keeper', q(SELECT volunteer.track_hours('club.sale', 'club.article', ARRAY['article'], ARRAY['pieces'], flush => 'statement')));
subscribe('keeper', 'keeper', 'records');
isnt(counted($node, 'keeper'), '0:00|0|0|0|0', 'totals kept by the subscriber: the first copy is counted');
is(counted($node, 'keeper'), counted($node, 'club'), 'totals kept by the subscriber: once');
exact($node, 'keeper', 'totals kept by the subscriber');
$node->safe_psql('club', $write);
$node->wait_for_catchup('keeper');
is(counted($node, 'keeper'), counted($node, 'club'), 'totals kept by the subscriber: what is written after it');
exact($node, 'keeper', 'totals kept by the subscriber');

my $from = $node->safe_psql('club', 'SELECT max(visit_id) FROM club.visit');

$node->safe_psql('keeper', <<"SQL");
INSERT INTO club.visit (visit_id, member_id, visited_on, hours) SELECT $from + 1000000 + n, 7, '2025-01-01', '1:00' FROM generate_series(1, 10) AS n;
SQL
$node->safe_psql('club', $write);
$node->wait_for_catchup('keeper');
isnt(counted($node, 'keeper'), counted($node, 'club'), 'totals kept by the subscriber: with records of its own');
exact($node, 'keeper', 'totals kept by the subscriber');
$node->safe_psql('club', 'TRUNCATE club.visit_2025, club.sale');
$node->wait_for_catchup('keeper');
exact($node, 'keeper', 'totals kept by the subscriber, TRUNCATE');
$node->safe_psql('keeper', 'DROP SUBSCRIPTION keeper');

# A standby answers questions; promoted, it goes on.

$node->safe_psql('club', $write);
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');

$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->safe_psql('club', $write);
$node->wait_for_catchup('standby');
is(counted($standby, 'club'), counted($node, 'club'), 'the standby has the totals');
exact($standby, 'club', 'the standby');
is($standby->safe_psql('club', 'SELECT club.lost_in_indexes()'), '0', 'the standby finds every value by its indexes');
is($standby->safe_psql('club', "SELECT volunteer.star_rating(volunteer.service_hours '1500:00')"), '5', 'the standby calls functions');
$node->stop;
$standby->promote;
$standby->safe_psql('club', $write);
exact($standby, 'club', 'the standby, promoted,');

$standby->stop;
done_testing;
