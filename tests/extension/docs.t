# The pages in docs/extension say what psql says: each block of SQL is run, page
# by page in a session of its own, and prints the block of text after it.
# A page with shell commands takes more than a session; it has its own test.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use File::Basename qw(basename);
use IPC::Run;
use Test::More;
use Volunteer::Cluster;

use constant MARK => '-- end of block --';

my $node = Volunteer::Cluster->new('docs');

sub trimmed
{
    my ($text) = @_;

    $text =~ s/[ \t]+$//mg;
    $text =~ s/\n+\z//;
    return $text;
}

foreach my $file (sort glob "$Volunteer::Cluster::ROOT/docs/extension/*.md")
{
    my $page = PostgreSQL::Test::Utils::slurp_file($file);
    next if $page =~ /^```sh$/m;

    my $dbname = basename($file, '.md');
    my @blocks;

    push @blocks, [ $1, $2 // '' ] while $page =~ /^```sql\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/msg;
    $node->safe_psql('postgres', <<"SQL");
CREATE DATABASE "$dbname";
\\connect "$dbname"
CREATE EXTENSION volunteer;
ALTER DATABASE "$dbname" SET search_path = public, volunteer;
ALTER DATABASE "$dbname" SET TimeZone = 'Asia/Shanghai';
SQL

    my $output;
    IPC::Run::run([ 'psql', '-X', '-d', $node->connstr($dbname) ],
        '<', \join('', map { "$_->[0]\\echo @{[MARK]}\n" } @blocks), '>&', \$output);
    my @printed = split /^\Q@{[MARK]}\E\n/m, $output, -1;

    subtest basename($file) => sub {
        foreach my $n (0 .. $#blocks)
        {
            is(trimmed($printed[$n] // 'nothing'), trimmed($blocks[$n][1]), $blocks[$n][0] =~ s/\n.*//sr);
        }
        ok(@blocks > 0, 'examples');
    };
}

$node->stop;
done_testing;
