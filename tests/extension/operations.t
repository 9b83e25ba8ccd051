# docs/extension/operations.md says what happens: its blocks of SQL and of shell are
# run, each prints the block of text after it. Two servers, named by their services.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Page;

my $dir = PostgreSQL::Test::Utils::tempdir;

$ENV{PGSERVICEFILE} = "$dir/pg_service.conf";
$ENV{PSQLRC} = '/dev/null';

foreach my $name (qw(club reader))
{
    my $node = Volunteer::Cluster->new($name, init => { allows_streaming => 'logical' });

    $node->safe_psql('postgres', 'CREATE ROLE club LOGIN; CREATE DATABASE club OWNER club');
    append_to_file($ENV{PGSERVICEFILE}, join "\n", "[$name]", 'host=' . $node->host, 'port=' . $node->port, 'dbname=club', '', '');
}

chdir $dir or BAIL_OUT("cannot change to $dir: $!");
prints_what_it_says('docs/extension/operations.md', sql => [ 'psql', '-X', 'service=club user=club' ], sh => [ 'sh', '-e' ]);

done_testing;
