# A registry that was restored is the registry: hours, stars and certificates are
# what they were, and it goes on.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Sample;

my $node = Volunteer::Cluster->new('restore', deployed => 1, init => { allows_streaming => 'logical' });
my $sample = Volunteer::Sample->new($node);
my $dump = $node->basedir . '/registry.dump';

sub nothing_to_find
{
    my ($name) = @_;

    is($sample->sql('SELECT count(*) FROM registry.check_hours()'), '0', "$name: hours");
    is($sample->sql('SELECT * FROM registry.check_rows()'), '', "$name: rows");
    return is($sample->sql('SELECT count(*) FROM registry.check_certificates()'), '0', "$name: certificates");
}

my $code = $sample->issue('测小甲');
my $hours = $sample->sql('SELECT * FROM registry.volunteer_hours ORDER BY volunteer_id');
my $months = $sample->sql('SELECT * FROM registry.organization_month ORDER BY organization_id, month');

like($hours, qr/\d:\d\d/, 'there are hours');
nothing_to_find('the original');
command_ok([ 'pg_dump', '-Fd', '-f', $dump, '-d', $node->connstr('registry') ], 'dump');

my %next = (postgres => '试乙', deployer => '验丙丙丁');

foreach my $role (sort keys %next)
{
    $node->safe_psql('postgres', "DROP DATABASE registry; CREATE DATABASE registry OWNER deployer TEMPLATE template0 ENCODING 'UTF8'");
    # Jobs do not wait for foreign keys before they enforce row-level security, which holds for all but superusers.
    my @jobs = $role eq 'postgres' ? ('-j', '2') : ();

    command_ok([ 'pg_restore', '--exit-on-error', @jobs, '-U', $role, '-d', $node->connstr('registry'), $dump ], "restore as $role");
    is($sample->sql('SELECT * FROM registry.volunteer_hours ORDER BY volunteer_id'), $hours, "$role: the hours");
    is($sample->sql('SELECT * FROM registry.organization_month ORDER BY organization_id, month'), $months, "$role: the months");
    is($sample->sql("SELECT count(*) FROM registry.certificate c WHERE c.code::text = '$code'"), '1', "$role: the certificate");
    $sample->issue($next{$role});
    nothing_to_find($role);
    is($sample->sql('SELECT * FROM registry.check_catalogue()'), '', "$role: what was deployed");
}

subtest 'a dump by the owner' => sub {
    my $own = $node->basedir . '/own.dump';

    command_fails_like([ 'pg_dump', '-U', 'deployer', '-f', $own, '-d', $node->connstr('registry') ],
        qr/query would be affected by row-level security policy/, 'is refused rather than incomplete');
    command_ok([ 'pg_dump', '-U', 'deployer', '--enable-row-security', '-Fc', '-f', $own, '-d', $node->connstr('registry') ],
        'is made through the policies of the owner');
    my $rows = q{SELECT relation, (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM ' || relation, true, true, '')))[1]
        FROM (SELECT oid::regclass AS relation FROM pg_class WHERE relnamespace = 'registry'::regnamespace AND relkind = 'r') AS t
        WHERE relation <> 'registry.import_line'::regclass ORDER BY relation::text};
    my $before = $sample->sql($rows);

    like($before, qr/^registry.service_record_\d+\|\d\d$/m, 'there are rows');
    $node->safe_psql('postgres', "DROP DATABASE registry; CREATE DATABASE registry OWNER deployer TEMPLATE template0 ENCODING 'UTF8'");
    command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('registry'), $own ], 'restore');
    is($sample->sql($rows), $before, 'every row is there');
    nothing_to_find('the copy');
};

subtest 'logical replication' => sub {
    my $replica = Volunteer::Cluster->new('replica');
    my $schema = $node->basedir . '/schema.dump';
    my $published = 'registry.organization, registry.organization_event, registry.record_event, registry.service_record';

    command_ok([ 'pg_dump', '-Fc', '--schema-only', '-f', $schema, '-d', $node->connstr('registry') ], 'schema');
    $replica->safe_psql('postgres', $_) foreach
        'CREATE ROLE deployer LOGIN CREATEROLE', "CREATE DATABASE registry OWNER deployer TEMPLATE template0 ENCODING 'UTF8'";
    $replica->run_file('registry', "$Volunteer::Cluster::ROOT/sql/roles.sql", 'deployer');
    command_ok([ 'pg_restore', '-d', $replica->connstr('registry'), $schema ], 'restore');
    $sample->sql("CREATE PUBLICATION rows FOR TABLE $published WITH (publish_via_partition_root = true)");
    my $publisher = join ' ', 'host=' . $node->host, 'port=' . $node->port, 'dbname=registry user=postgres';

    # Else the owner of the tables would write, which is bound by their policies.
    my $as_owner = $replica->safe_psql('postgres', 'SHOW server_version_num') >= 160_000 ? 'WITH (run_as_owner = true)' : '';
    $replica->safe_psql('registry', "CREATE SUBSCRIPTION rows CONNECTION '$publisher' PUBLICATION rows $as_owner");
    $replica->wait_for_subscription_sync($node, 'rows', 'registry');
    $sample->sql(q{SELECT registry.create_organization('复制测试志愿队', '1', '02', '440106')});
    $node->wait_for_catchup('rows');
    foreach my $table (split /, /, $published)
    {
        my $rows = "SELECT count(*) FROM $table";

        is($replica->safe_psql('registry', $rows), $sample->sql($rows), $table);
    }
    $replica->safe_psql('registry', 'DROP SUBSCRIPTION rows');
    # import_line is not logged, event is never written.
    is($sample->sql(<<'SQL'), 'event', 'a publication of all tables stops nobody who deletes');
CREATE PUBLICATION everything FOR ALL TABLES;
SELECT registry.roll_up_hours(), verify.sign_status_lists() \g /dev/null
SELECT string_agg(c.relname, ' ') FROM pg_class c
WHERE c.relnamespace IN ('registry'::regnamespace, 'verify'::regnamespace) AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
    AND c.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
SQL
    $replica->stop;
};

subtest 'pg_upgrade' => sub {
    my $successor = Volunteer::Cluster->new('successor', start => 0);
    my $bindir = $node->config_data('--bindir');

    $sample->sql('SELECT registry.seal()');
    $node->stop;
    $node->command_ok([
            'pg_upgrade', '-U', 'postgres', '-b', $bindir, '-B', $bindir, '-d', $node->data_dir, '-D', $successor->data_dir,
            '-s', $node->basedir, '-p', $node->port, '-P', $successor->port
        ], 'pg_upgrade');
    $successor->start;
    is($successor->safe_psql('registry', 'SELECT * FROM registry.check_integrity()'), '', 'nothing to find');
    $successor->safe_psql('registry', 'SELECT registry.register_signing_key(), registry.seal()');
    is($successor->safe_psql('registry', 'SELECT * FROM registry.check_integrity()'), '', 'nor after it went on');
    $successor->stop;
};

done_testing;
