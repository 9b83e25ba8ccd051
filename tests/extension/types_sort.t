# How the types are sorted, by what the server tells of it: certificate codes by
# abbreviated keys as long as these differ enough.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('types_sort');
my $dir = PostgreSQL::Test::Utils::tempdir;

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION volunteer;
ALTER DATABASE postgres SET search_path = volunteer, public;
CREATE TABLE volunteer.code AS SELECT volunteer.gen_certificate_code() AS code FROM generate_series(1, 12000);
SQL

# sorted(QUERY): what the server tells of sorting the codes of the query; checks that they come in order.
sub sorted
{
    my ($query) = @_;
    my ($rows, $messages);

    $node->psql('postgres', <<"SQL", stdout => \$rows, stderr => \$messages);
SET trace_sort = on;
SET client_min_messages = log;
COPY (SELECT code FROM ($query) AS unsorted ORDER BY code) TO stdout;
SQL
    my @rows = split /\n/, $rows;
    cmp_ok(scalar @rows, '>=', 12_000, 'all rows');
    is_deeply(\@rows, [ sort @rows ], 'in order');
    return $messages;
}

my $told = sorted('SELECT code FROM code');
like($told, qr/uuid_abbrev: cardinality/, 'codes are abbreviated');
unlike($told, qr/aborting abbreviation/, 'to the end');

like(
    sorted('SELECT code FROM (SELECT code FROM code LIMIT 3) AS few, generate_series(1, 4000)'),
    qr/uuid_abbrev: aborting abbreviation/,
    'but no longer when few differ');

# Codes that share their abbreviated key, the first 64 bits, among others that do not.
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE alike (code certificate_code);
COPY (SELECT ('0123456789abcdef' || lpad(to_hex(n * 7919 % 9973), 16, '0'))::uuid FROM generate_series(1, 3000) n) TO '$dir/alike' (FORMAT binary);
COPY alike FROM '$dir/alike' (FORMAT binary);
SQL
unlike(sorted('TABLE alike UNION ALL TABLE code'), qr/aborting abbreviation/, 'keys may be alike');

$node->stop;
done_testing;
