# docs/applications.md says what happens: its blocks are run, through a PgBouncer in transaction mode.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use POSIX qw(strftime);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Page;

my $node = Volunteer::Cluster->new('applications');
my $dir = PostgreSQL::Test::Utils::tempdir;
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $page = 'docs/applications.md';
my $pooler;

$node->safe_psql('postgres', $_) foreach
    'CREATE ROLE registry_dba LOGIN CREATEROLE', "CREATE DATABASE registry OWNER registry_dba TEMPLATE template0 ENCODING 'UTF8'";
$node->run_file('registry', "$Volunteer::Cluster::ROOT/sql/install.sql", 'registry_dba', '--single-transaction');
my $number = $node->safe_psql('registry', <<'SQL', extra_params => [ '-U', 'registry_dba' ]);
SET search_path = volunteer;
SELECT registry.set_origin('https://zyz.example.gov.cn') \g /dev/null
CREATE ROLE li_recorder LOGIN PASSWORD 'li' IN ROLE registry_registrar, registry_recorder;
CREATE ROLE wang_reviewer LOGIN PASSWORD 'wang' IN ROLE registry_reviewer;
SELECT registry.create_organization('示例区志愿服务联合会', '2', '13', '350203') AS body \gset
SELECT registry.add_person('示例录', 'passport', 'E00000001', 9::smallint, '1980-01-01') AS li \gset
SELECT registry.add_person('示例审', 'passport', 'E00000002', 9::smallint, '1980-01-01') AS wang \gset
SELECT registry.appoint_staff('li_recorder', :body, 'registrar', :li), registry.appoint_staff('li_recorder', :body, 'recorder', :li),
    registry.appoint_staff('wang_reviewer', :body, 'reviewer', :wang) \g /dev/null
\c - li_recorder
SELECT registry.create_project('社区清洁', 1, '0001') \g /dev/null
SELECT registry.register_volunteer('示例甲', 'passport', 'E00000003', 1, '350203', '登记表', registry.today() - 9, sex => 1::smallint,
    birth_date => '1990-01-01', backdating_reason => '纸质登记表');
SQL

# Yesterday, an hour; and a line with a name that is not the volunteer's.
my $day = strftime('%Y-%m-%d', gmtime(time + 8 * 3600 - 86400));
append_to_file("$dir/roster.csv", join '',
    map { "$number,$_,社区清洁,示例区志愿服务联合会,引导,$day 08:30,$day 09:30,1.00,1\n" } '示例甲', '示例乙');

# Whoever has a password needs it, over the pooler and at the server.
my $hba = $node->data_dir . '/pg_hba.conf';
my $rules = slurp_file($hba);
unlink $hba;
append_to_file($hba, "local registry li_recorder,wang_reviewer scram-sha-256\n$rules");
$node->reload;

# The page's own configuration, with the places of this machine.
my %place = (
    '/var/run/postgresql'         => $node->host . ' port=' . $node->port,
    '/etc/pgbouncer/userlist.txt' => "$dir/userlist.txt");
my ($conf, $userlist) = map { s{(/(?:var|etc)/[\w./]+)}{$place{$1}}gr }
    slurp_file("$Volunteer::Cluster::ROOT/$page") =~ /^```(?:ini|postgresql)\n(.*?)^```$/msg;
append_to_file("$dir/pgbouncer.ini", "${conf}listen_port = $port\nunix_socket_dir =\nlogfile = $dir/pgbouncer.log\n");
$node->safe_psql('registry', $userlist);

$pooler = IPC::Run::start([ 'pgbouncer', '-q', "$dir/pgbouncer.ini" ], '<', \undef);
$ENV{PGPASSFILE} = "$dir/pgpass";
$ENV{PGSERVICEFILE} = "$dir/pg_service.conf";
$ENV{PSQLRC} = '/dev/null';
append_to_file($ENV{PGPASSFILE}, "*:*:*:li_recorder:li\n*:*:*:wang_reviewer:wang\n");
chmod 0600, $ENV{PGPASSFILE};
append_to_file($ENV{PGSERVICEFILE}, join "\n",
    '[registry]', 'host=' . $node->host, 'port=' . $node->port, 'dbname=registry',
    '[pooler]', 'host=127.0.0.1', "port=$port", 'dbname=registry', '');
until (system("psql -X -c '' 'service=pooler user=li_recorder' >/dev/null 2>&1") == 0) {
    $pooler->pumpable or BAIL_OUT('pgbouncer: ' . slurp_file("$dir/pgbouncer.log"));
    select undef, undef, undef, 0.1;
}

chdir $dir;
prints_what_it_says($page, sh => [ 'sh', '-e' ]);

$node->stop;
done_testing;

END {
    local $?;
    $pooler->kill_kill if $pooler;
}
