# docs/reports.md says what psql says, of a sample some of whose names are formulas: each block of SQL prints the text, or
# writes the file, that is shown after it. The page's 2025 is last year.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Encode ();
use IPC::Run;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('reports', deployed => 1);
my $page = PostgreSQL::Test::Utils::slurp_file("$Volunteer::Cluster::ROOT/docs/reports.md");
my $files = PostgreSQL::Test::Utils::tempdir();

sub trimmed
{
    my ($text) = @_;

    $text =~ s/[ \t]+$//mg;
    $text =~ s/\n+\z//;
    return $text;
}

$node->run_file('registry', "$FindBin::RealBin/report_sample.sql", 'postgres', '--single-transaction');

my $reports = $node->safe_psql('registry', <<'SQL');
SELECT p.proname FROM pg_proc p
WHERE p.pronamespace = 'report'::regnamespace AND p.proretset AND has_function_privilege('analyst', p.oid, 'EXECUTE')
UNION
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'report'::regnamespace AND has_table_privilege('analyst', c.oid, 'SELECT')
SQL
is_deeply([ grep { $page !~ /`\Q$_\E[`(]/ } split /\n/, $reports ], [], 'every report is on the page, and its twin');

my $year = $node->safe_psql('registry', 'SELECT extract(year FROM registry.today()) - 1');
my $examples = 0;

while ($page =~ /^```sql\n(.*?)^```\n\n```(text|csv)\n(.*?)^```\n/msg)
{
    my ($sql, $format, $expected) = map { s/\b2025\b/$year/gr } $1, $2, $3;
    my ($name, $file) = ($sql =~ s/ FROM .*//sr, $sql =~ / TO '(\w+\.csv)'/);
    my $printed;

    $examples++;
    IPC::Run::run([ 'psql', '-X', '-d', $node->connstr('registry'), '-U', 'analyst' ],
        '<', \$sql, '>&', \$printed, init => sub { chdir $files or die $! });
    if ($format eq 'text')
    {
        is(trimmed($printed), trimmed($expected), $name);
        next;
    }

    my $content = PostgreSQL::Test::Utils::slurp_file("$files/$file");
    Encode::from_to($content, 'cp936', 'UTF-8') if $sql =~ /GB18030/;
    is($content, $expected, $name);

    my @cells = map { s/^"|"$//gr =~ s/""/"/gr } $content =~ /(?:^|(?<=,))("(?:[^"]|"")*"|[^",\n]*)/mg;
    is_deeply([ grep { /^\s*(?:[-=+@]|\xEF\xBC[\x8B\x8D\x9D\xA0])/ } @cells ], [], "$file has no formula");
    ok((grep { /^'[=+@]/ } @cells) > 0, '... but text that would be one');
}
is($examples, scalar(() = $page =~ /^```sql$/mg), 'every example says what it prints');

$node->stop;
done_testing;
