# Containment of region codes: the operator, a btree index and a BRIN index give
# the same pairs, on every code of the statistics office's 2023 edition and on
# random ones, and the planner knows about how many there will be.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('types_region');

# The rows of the first COPY of the edition; counties are its lowest level.
my ($edition) = slurp_file("$Volunteer::Cluster::ROOT/sql/data/region_2023.sql") =~ /^COPY .*?;\n(.*?)^\\\.$/ms;
my @codes = $edition =~ /^(\d+)\t/mg;
cmp_ok(scalar @codes, '>', 3300, 'the edition is read');

$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION volunteer;
ALTER DATABASE postgres SET search_path = volunteer, public;
SET search_path = volunteer, public;
CREATE TABLE edition (code region_code);
INSERT INTO edition SELECT unnest('{@{[ join ',', @codes ]}}'::region_code[]);

-- Townships and villages, also of the cities that have no counties, and random digits, many of them zero.
CREATE TABLE region (code region_code);
INSERT INTO region TABLE edition;
INSERT INTO region
SELECT (left(code::text, 6) || lpad((n % 3)::text, 3, '0') || lpad((n / 3)::text, 3, '0'))::region_code
  FROM unnest('{441900,442000,460400,620200,441402}'::region_code[]) code, generate_series(1, 8) n;
SELECT setseed(0.2023);
INSERT INTO region
SELECT ((array[11, 44, 71, 82])[1 + floor(random() * 4)]
        || (SELECT string_agg(substr('0000000123456789', 1 + floor(random() * 16)::integer, 1), '')
              FROM generate_series(1, 10) WHERE n > 0))::region_code
  FROM generate_series(1, 1500) n;
CREATE TABLE division AS SELECT DISTINCT code FROM region;
VACUUM ANALYZE region, division;
SQL

my $within = 'SELECT division.code AS division, region.code FROM division, region WHERE region.code <@ division.code';

# pairs(TABLE, QUERY, SETTINGS): the query's rows into a table; returns its plan.
sub pairs
{
    my ($table, $query, $settings) = @_;
    my $set = join '', map { "SET $_ = off;\n" } qw(enable_hashjoin enable_mergejoin enable_material), @$settings;

    return $node->safe_psql('postgres', "$set EXPLAIN (COSTS off) $query; CREATE TABLE $table AS $query;");
}

# differ(TABLE, TABLE): the rows that one has and the other has not.
sub differ
{
    my ($one, $other) = @_;

    return $node->safe_psql('postgres', "(TABLE $one EXCEPT ALL TABLE $other) UNION ALL (TABLE $other EXCEPT ALL TABLE $one)");
}

unlike(pairs('by_operator', $within, []), qr/Index/, 'no index to use yet');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE by_prefix AS
SELECT division, code
  FROM (SELECT code AS division, ('{2,4,6,9,12}'::integer[])[level(code)] AS width FROM division) AS division
  JOIN (SELECT code, width, left(code::text, width) AS prefix FROM region, unnest('{2,4,6,9,12}'::integer[]) width) AS region
    ON region.width = division.width AND prefix = left(division::text, division.width);
SQL
is(differ('by_operator', 'by_prefix'), '', 'containment is a common prefix as long as the level');
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM by_operator'), '>', 10_000, 'of many pairs');

$node->safe_psql('postgres', 'CREATE INDEX region_by_code ON region (code)');
like(
    pairs('by_btree', $within, [qw(enable_seqscan enable_bitmapscan)]),
    qr/on region\n\s+Index Cond: \(\(code >= division.code\) AND \(code <= region_code_last\(division.code\)\)\)\Z/,
    'btree answers with a range');
is(differ('by_operator', 'by_btree'), '', 'of the same pairs');

$node->safe_psql('postgres', 'DROP INDEX region_by_code; CREATE INDEX division_by_code ON division (code)');
like(
    pairs('by_lineage', $within, [qw(enable_seqscan enable_bitmapscan)]),
    qr/on division\n\s+Index Cond: \(code = ANY \(lineage\(region.code\)\)\)\Z/,
    'and the other way round with a list');
is(differ('by_operator', 'by_lineage'), '', 'of the same pairs');

$node->safe_psql('postgres',
    'DROP INDEX division_by_code; CREATE INDEX region_by_range ON region USING brin (code) WITH (pages_per_range = 1)');
like(pairs('by_brin', $within, ['enable_seqscan']), qr/Bitmap Index Scan on region_by_range/, 'BRIN');
is(differ('by_operator', 'by_brin'), '', 'of the same pairs');

# Each code as a constant, which the planner turns into bounds, and as what it
# estimates rows for.
is($node->safe_psql('postgres', <<'SQL'), '', 'and constants');
SET client_min_messages = error;
DROP INDEX region_by_range;
CREATE INDEX region_by_code ON region (code);
SET enable_seqscan = off;
CREATE TABLE by_constant (division region_code, code region_code);
DO $$
DECLARE
    division region_code;
BEGIN
    FOR division IN SELECT code FROM division LOOP
        EXECUTE format('INSERT INTO by_constant SELECT %1$L, code FROM region WHERE code <@ %1$L', division);
    END LOOP;
END
$$;
SELECT count(*) FROM ((TABLE by_operator EXCEPT ALL TABLE by_constant) UNION ALL (TABLE by_constant EXCEPT ALL TABLE by_operator)) AS difference HAVING count(*) > 0;
SQL

# Twelve rows a county on average: the estimate must beat a guess.
my $error = $node->safe_psql('postgres', <<'SQL');
CREATE TABLE volunteer AS
SELECT code FROM edition, generate_series(1, 1 + abs(hashint8(code::text::bigint / 1000000)) % 20) WHERE level(code) = 3;
CREATE INDEX ON volunteer (code);
ANALYZE volunteer;
CREATE FUNCTION estimate(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END
$$;
SELECT max(round(exp(typical)::numeric, 1)) FROM (
    SELECT avg(abs(ln(estimate(format('SELECT FROM volunteer WHERE code <@ %L', edition.code)) / rows)))
      FROM edition, LATERAL (SELECT count(*) FROM volunteer WHERE volunteer.code <@ edition.code) AS within (rows)
     WHERE rows > 0 GROUP BY level(edition.code)) AS by_level (typical);
SQL
cmp_ok($error, '<', 3, "rows of a division are estimated within a factor of $error");

# A view lends the rights of its owner to what it says, and an index that serves it asks for no more.
$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA office;
CREATE VIEW office.meizhou AS SELECT code FROM volunteer WHERE code <@ '4414';
CREATE VIEW office.above AS SELECT code FROM volunteer WHERE code @> '441402001';
CREATE ROLE reader LOGIN;
GRANT USAGE ON SCHEMA office TO reader;
GRANT SELECT ON office.meizhou, office.above TO reader;
SQL
my ($status, $stdout, $stderr) = $node->psql('postgres', <<'SQL', extra_params => [ '-U', 'reader' ]);
SET enable_seqscan = off;
SELECT count(*) > 0 FROM office.meizhou;
SELECT count(*) > 0 FROM office.above;
SQL
is("$stdout$stderr", "t\nt", 'views are read without rights on the schema of the type');

$node->stop;
done_testing;
