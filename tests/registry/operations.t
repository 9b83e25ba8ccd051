# docs/operations.md says what happens: its blocks are run, each prints the block of text after it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Page;

my $node = Volunteer::Cluster->new('operations');
my $dir = PostgreSQL::Test::Utils::tempdir;

$node->safe_psql('postgres', $_) foreach
    'CREATE ROLE registry_dba LOGIN CREATEROLE', "CREATE DATABASE registry OWNER registry_dba TEMPLATE template0 ENCODING 'UTF8'";
$node->run_file('registry', "$Volunteer::Cluster::ROOT/sql/install.sql", 'registry_dba', '--single-transaction');
$node->safe_psql('registry', <<'SQL', extra_params => [ '-U', 'registry_dba' ]);
SELECT registry.set_origin('https://zyz.example.gov.cn'), registry.register_signing_key();
CREATE ROLE li_recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE wang_reviewer LOGIN IN ROLE registry_reviewer;
SELECT registry.appoint_staff('li_recorder', registry.create_organization('示例区志愿服务联合会', '2', '13', '350203'), 'recorder',
    registry.add_person('示例记录员', 'citizen_id', '11010519491231002X'));
SQL

$ENV{PGSERVICEFILE} = "$dir/pg_service.conf";
$ENV{PSQLRC} = '/dev/null';
append_to_file($ENV{PGSERVICEFILE}, join "\n", '[registry]', 'host=' . $node->host, 'port=' . $node->port, 'dbname=registry', '');

prints_what_it_says('docs/operations.md', sql => [ 'psql', '-X', 'service=registry user=registry_dba' ], sh => [ 'sh', '-e' ]);

is($node->safe_psql('registry', "SELECT pg_has_role('wang_reviewer', 'registry_reviewer', 'MEMBER')"), 't', 'staff keep their duties');
$node->safe_psql('registry', 'CREATE ROLE zhao_issuer LOGIN IN ROLE registry_issuer', extra_params => [ '-U', 'next_dba' ]);
pass('and the next administrator grants them');

$node->stop;
done_testing;
