# docs/extension/operations.md says what happens: its blocks of SQL and of shell are
# run, each prints the block of text after it. Two servers, named by their services.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $dir = PostgreSQL::Test::Utils::tempdir;

$ENV{PGSERVICEFILE} = "$dir/pg_service.conf";
$ENV{PSQLRC} = '/dev/null';

foreach my $name (qw(club reader))
{
    my $node = Volunteer::Cluster->new($name, init => { allows_streaming => 'logical' });

    $node->safe_psql('postgres', 'CREATE ROLE club LOGIN; CREATE DATABASE club OWNER club');
    append_to_file($ENV{PGSERVICEFILE}, join "\n", "[$name]", 'host=' . $node->host, 'port=' . $node->port, 'dbname=club', '', '');
}

sub trimmed
{
    my ($text) = @_;

    $text =~ s/[ \t]+$//mg;
    $text =~ s/\n+\z//;
    return $text;
}

my $page = slurp_file("$Volunteer::Cluster::ROOT/docs/extension/operations.md");
my %command = (sql => [ 'psql', '-X', 'service=club user=club' ], sh => [ 'sh', '-e' ]);

chdir $dir or BAIL_OUT("cannot change to $dir: $!");
while ($page =~ /^```(sql|sh)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/msg)
{
    my ($language, $block, $expected) = ($1, $2, $3 // '');

    IPC::Run::run($command{$language}, '<', \$block, '>&', \my $printed, IPC::Run::timeout(300));
    is(trimmed($printed), trimmed($expected), $block =~ s/\n.*//sr);
}

done_testing;
