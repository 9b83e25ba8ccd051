# Totals after pg_dump and pg_restore, in the ways there are, and after pg_upgrade.
# A record is counted once, or the restore says why not.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('dump');
my $dir = $node->basedir;

$node->safe_psql('postgres', 'CREATE ROLE club_owner LOGIN; CREATE ROLE successor LOGIN');

sub create_database
{
    my ($dbname, $owner) = @_;

    $node->safe_psql('postgres', "CREATE DATABASE $dbname OWNER $owner TEMPLATE template0 ENCODING 'UTF8'");
    return;
}

sub drop_database { return $node->safe_psql('postgres', "DROP DATABASE $_[0]") }

sub dump_to
{
    my ($file, @options) = @_;
    return command_ok([ 'pg_dump', '-f', "$dir/$file", '-d', $node->connstr('club'), @options ], "pg_dump: $file");
}

# What pg_restore into database "restored" complains of.
sub restore
{
    my ($file, $user, @options) = @_;
    my (undef, $errors) = run_command(
        [ 'pg_restore', '-U', $user, '-d', $node->connstr('restored'), @options, "$dir/$file" ]);
    return $errors;
}

sub counted { return $_[0]->safe_psql($_[1], 'TABLE club.counted') }

sub exact
{
    my ($server, $dbname, $name) = @_;
    return is($server->safe_psql($dbname, 'SELECT club.differences()'), '0', "$name: exact");
}

# As much counted as in the original, exactly, also after more was written, which is counted too.
sub lives_on
{
    my ($server, $dbname, $owner, $name) = @_;
    my $before = counted($server, $dbname);

    is($before, $main::original, "$name: counted once");
    exact($server, $dbname, $name);
    $server->safe_psql($dbname, <<'SQL', extra_params => [ '-U', $owner ]);
INSERT INTO club.visit (member_id, visited_on, hours) VALUES (1, '2024-05-05', '2:00'), (2, '2025-05-05', '3:00');
UPDATE club.visit SET hours = '0:30', member_id = 5 WHERE member_id = 3;
DELETE FROM club.visit WHERE member_id = 4;
TRUNCATE club.visit_2025;
UPDATE club.sale SET pieces = pieces + 1;
UPDATE club.shift SET member_id = member_id + 1 WHERE shift_id < 20;
SELECT volunteer.roll_up_hours('club.day');
SQL
    isnt(counted($server, $dbname), $before, "$name: more is written");
    return exact($server, $dbname, "$name, and then");
}

create_database('club', 'club_owner');
$node->safe_psql('club', 'CREATE EXTENSION volunteer', extra_params => [ '-U', 'club_owner' ]);
$node->run_file('club', "$FindBin::RealBin/club.sql", 'club_owner');
our $original = counted($node, 'club');
exact($node, 'club', 'the original');

# All of it

dump_to('whole.dump', '-Fc');
dump_to('whole.dir', '-Fd', '-j', '2');

foreach (
    [ 'as superuser', 'club_owner', 'whole.dump', 'postgres' ],
    [ 'as owner', 'club_owner', 'whole.dump', 'club_owner' ],
    [ 'as another owner', 'successor', 'whole.dump', 'successor', '--no-owner' ],
    [ 'in one transaction', 'club_owner', 'whole.dump', 'postgres', '--single-transaction' ],
    [ 'in parallel', 'club_owner', 'whole.dir', 'postgres', '-j', '4' ])
{
    my ($name, $owner, $file, $user, @options) = @$_;

    create_database('restored', $owner);
    is(restore($file, $user, '--exit-on-error', @options), '', "$name: without an error");
    lives_on($node, 'restored', $owner, $name);
    drop_database('restored');
}

create_database('restored', 'club_owner');
dump_to('whole.sql', '--inserts');
$node->run_file('restored', "$dir/whole.sql");
lives_on($node, 'restored', 'club_owner', 'a script of single inserts');
drop_database('restored');

# Data into tables that are there, with their triggers

dump_to('schema.dump', '-Fc', '--schema-only');
dump_to('data.dump', '-Fc', '--data-only');
dump_to('records.dump', '-Fc', '--data-only', map { "--exclude-table-data=club.$_" } qw(attendance day day_queue article rota refused_shift));

my $refused = qr/is kept from club\.\w+/;

foreach (
    [ 'records alone, with triggers', 'records.dump', 'club_owner', {}, undef ],
    [ 'everything, triggers disabled', 'data.dump', 'postgres', {}, undef, '--disable-triggers' ],
    [ 'everything, as a replica', 'data.dump', 'postgres', { PGOPTIONS => '-c session_replication_role=replica' }, undef ],
    [ 'everything, with triggers', 'data.dump', 'club_owner', {}, $refused ])
{
    my ($name, $file, $user, $environment, $errors, @options) = @$_;

    create_database('restored', 'club_owner');
    is(restore('schema.dump', 'club_owner', '--exit-on-error'), '', "$name: the schema");
    local %ENV = (%ENV, %$environment);
    if ($errors)
    {
        like(restore($file, $user, '--single-transaction'), $errors, "$name: refused");
        is(counted($node, 'restored'), '0:00|0|0|0|0', "$name: nothing is counted");
        like(restore($file, $user), $errors, "$name: what is refused, is refused");
    }
    else
    {
        is(restore($file, $user, @options), '', "$name: without an error");
    }
    delete $ENV{PGOPTIONS};
    lives_on($node, 'restored', 'club_owner', $name);
    drop_database('restored');
}

# Only a superuser can disable the triggers of foreign keys. Records are then counted into totals that were loaded.
create_database('restored', 'club_owner');
is(restore('schema.dump', 'club_owner', '--exit-on-error'), '', 'not allowed to disable triggers: the schema');
like(restore('data.dump', 'club_owner', '--disable-triggers', '--single-transaction'), qr/is a system trigger/,
    'not allowed to disable triggers: refused');
is(counted($node, 'restored'), '0:00|0|0|0|0', 'not allowed to disable triggers: nothing is counted');
drop_database('restored');

# pg_upgrade

# Functions whose body is SQL are parsed when the new server makes them.
$node->safe_psql('club', <<'SQL', extra_params => [ '-U', 'club_owner' ]);
SELECT format('CREATE FUNCTION club.sorted(volunteer.%1$I[]) RETURNS SETOF volunteer.%1$I LANGUAGE sql '
    'BEGIN ATOMIC SELECT DISTINCT v FROM unnest($1) AS v ORDER BY v; END', t.typname)
FROM pg_opclass c
JOIN pg_type t ON t.oid = c.opcintype
JOIN pg_am a ON a.oid = c.opcmethod AND a.amname = 'btree'
WHERE c.opcnamespace = 'volunteer'::regnamespace
\gexec
SQL

my $successor = Volunteer::Cluster->new('upgraded', start => 0);
my $bindir = $node->config_data('--bindir');

$node->stop;
command_ok([
        'pg_upgrade', '-U', 'postgres', '-b', $bindir, '-B', $bindir, '-d', $node->data_dir, '-D', $successor->data_dir,
        '-s', $dir, '-p', $node->port, '-P', $successor->port
    ], 'pg_upgrade');
$successor->start;
is($successor->safe_psql('club', "SELECT extversion FROM pg_extension WHERE extname = 'volunteer'"), '1.1', 'upgraded: the extension');
is($successor->safe_psql('club', q(SELECT string_agg(v::text, ' ') FROM club.sorted('{3:00,1:00,2:00,1:00}'::volunteer.service_hours[]) AS v)),
    '1:00 2:00 3:00', 'upgraded: functions that sort');
is($successor->safe_psql('club', 'SELECT club.lost_in_indexes()'), '0', 'upgraded: every index finds every value');
lives_on($successor, 'club', 'club_owner', 'upgraded');

$successor->stop;
done_testing;
