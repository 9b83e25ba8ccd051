# Runs the pgTAP scripts of the registry, or those of the names given, in a freshly deployed database.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('registry_pgtap', deployed => 1);

$node->run_pgtap('registry', map { glob "$FindBin::RealBin/pgtap/$_.sql" } @ARGV ? @ARGV : '*');

# Whoever adds a rule to a table shows that it refuses: what a test expects, it names in quotes or after the SQLSTATE.
my $tests = join '', map { slurp_file($_) } glob "$FindBin::RealBin/*.t $FindBin::RealBin/pgtap/*.sql";
my @rules = split /\n/, $node->safe_psql('registry', <<'SQL');
SELECT conname
FROM pg_constraint
WHERE connamespace IN ('registry'::regnamespace, 'verify'::regnamespace)
    AND (contype IN ('c', 'x') OR contype = 'f' AND conparentid = 0 AND conname !~ '_fkey\d*$')
UNION
SELECT c.relname
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace IN ('registry'::regnamespace, 'verify'::regnamespace)
    AND i.indisunique AND NOT i.indisprimary AND NOT c.relispartition
    -- One that holds the primary key is only there for references.
    AND NOT EXISTS (
        SELECT FROM pg_index p WHERE p.indrelid = i.indrelid AND p.indisprimary AND p.indkey::int2[] <@ i.indkey::int2[])
SQL
cmp_ok(scalar @rules, '>', 300, 'the rules of all tables');
is_deeply([ grep { $tests !~ /['"]$_['"]|\b\d\w{4} $_\b/ } @rules ], [], 'are each refused under their name by some test');

done_testing;
