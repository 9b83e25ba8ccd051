BEGIN;
\ir ../types_helpers.sql
SELECT plan(66);

-- Text form
SELECT results_eq(
    $$SELECT code::region_code::text FROM unnest('{44,4414,441402,441900003,350203001000,440983102201}'::text[]) code$$,
    ARRAY['440000000000', '441400000000', '441402000000', '441900003000', '350203001000', '440983102201'],
    'digits that are missing are zeros');
SELECT is(
    (SELECT array_agg(n ORDER BY n) FROM generate_series(0, 99) n WHERE pg_temp.accepts('region_code', to_char(n, 'fm00'))),
    '{11,12,13,14,15,21,22,23,31,32,33,34,35,36,37,41,42,43,44,45,46,50,51,52,53,54,61,62,63,64,65,71,81,82}',
    'the provinces of GB/T 2260 and no others');
SELECT pg_temp.refused('region_code', '', 1, 'must have 2, 4, 6, 9 or 12 digits');
SELECT pg_temp.refused('region_code', '4', 2, 'must have 2, 4, 6, 9 or 12 digits');
SELECT pg_temp.refused('region_code', '44140', 6, 'must have 2, 4, 6, 9 or 12 digits');
SELECT pg_temp.refused('region_code', '4414020000000', 13, 'must have 2, 4, 6, 9 or 12 digits');
SELECT pg_temp.refused('region_code', '441402000000000000', 13, 'must have 2, 4, 6, 9 or 12 digits');
SELECT pg_temp.refused('region_code', '44 402', 3, 'not a digit');
SELECT pg_temp.refused('region_code', '44１402', 3, 'not a digit');
SELECT pg_temp.refused('region_code', '-4', 1, 'not a digit');
SELECT pg_temp.refused('region_code', '830000', 1, 'no such province');

-- Hierarchy
SELECT results_eq(
    $$SELECT level(code::region_code) FROM unnest('{44,4414,441402,441402001,440983102201,4419,441900003,441900003001}'::text[]) code$$,
    ARRAY[1, 2, 3, 4, 5, 2, 4, 5]::smallint[], 'level');
SELECT results_eq(
    $$SELECT parent(code::region_code)::text FROM unnest('{44,4414,441402,441402001,440983102201,441900003,441900003001}'::text[]) code$$,
    ARRAY[NULL, '440000000000', '441400000000', '441402000000', '440983102000', '441900000000', '441900003000'],
    'parent, which for a township of a city without counties is the city');

SELECT results_eq(
    $$SELECT lineage(code::region_code)::text FROM unnest('{44,4414,441402,440983102201,441900003001}'::text[]) code$$,
    ARRAY['{440000000000}', '{440000000000,441400000000}', '{440000000000,441400000000,441402000000}',
        '{440000000000,440900000000,440983000000,440983102000,440983102201}', '{440000000000,441900000000,441900003000,441900003001}'],
    'lineage, which leaves out the county that a city has not');
SELECT results_eq(
    $$SELECT first::text, last::text FROM unnest('{82,4419,441402,441900003,440983102201}'::region_code[]) code, subtree(code)$$,
    $$VALUES ('820000000000', '829999999999'), ('441900000000', '441999999999'), ('441402000000', '441402999999'),
        ('441900003000', '441900003999'), ('440983102201', '440983102201')$$,
    'subtree');

SELECT ok('441402' <@ region_code '441402', 'a division lies in itself');
SELECT ok('441402' <@ region_code '4414', 'a county in its city');
SELECT ok(NOT '4414' <@ region_code '441402', 'a city not in its county');
SELECT ok(NOT '441500' <@ region_code '4414', 'nor in the city before it');
SELECT ok('441900003001' <@ region_code '4419', 'a village in a city without counties');
SELECT ok(region_code '44' @> '441900003001', 'and in the province');
SELECT ok(NOT region_code '45' @> '441900003001', 'but not in another');

CREATE TEMP TABLE region AS
SELECT (province || lpad((n % 5 * 7)::text, 2, '0') || lpad((n % 4 * 3)::text, 2, '0')
        || lpad((n % 3 * 5)::text, 3, '0') || lpad((n % 2)::text, 3, '0'))::region_code AS code
  FROM unnest('{11,44,82}'::text[]) province, generate_series(1, 60) n;
SELECT is_empty(
    $$SELECT a.code, b.code FROM region a, region b,
             LATERAL (SELECT ('{2,4,6,9,12}'::integer[])[level(b.code)]) AS level (width)
       WHERE (a.code <@ b.code) <> (left(a.code::text, width) = left(b.code::text, width))
          OR (a.code <@ b.code) <> (b.code @> a.code)$$,
    'containment is a common prefix as long as the level');
SELECT is_empty(
    $$SELECT code FROM region WHERE NOT coalesce(code <@ parent(code) AND level(parent(code)) < level(code), level(code) = 1)$$,
    'every division lies in its parent, which is of a higher level');

-- Order and indexes
SELECT is((SELECT array_agg(code ORDER BY code) FROM region), (SELECT array_agg(code ORDER BY code::text COLLATE "C") FROM region),
    'order is that of the text');
SELECT ok('4414' < region_code '4415' AND '4414' <= region_code '4414' AND '4415' > region_code '4414'
    AND '4414' >= region_code '441400' AND '4414' = region_code '441400000000' AND '4414' <> region_code '4415', 'comparison');
SELECT results_eq('SELECT DISTINCT code FROM region ORDER BY 1', 'SELECT code FROM region GROUP BY code ORDER BY 1', 'hashed or sorted');

SET LOCAL enable_seqscan = off;
CREATE INDEX region_by_code ON region (code);
SELECT matches(pg_temp.plan($$SELECT * FROM region WHERE code = '4414'$$), 'Index Cond', 'btree serves =');
SELECT matches(pg_temp.plan($$SELECT * FROM region WHERE code >= '44' AND code < '45'$$), 'Index Cond', 'btree serves a range');

-- Containment answered by an index
ANALYZE region;
SELECT is(pg_temp.plan($$SELECT code FROM region WHERE code <@ '1107'$$),
    E'Index Only Scan using region_by_code on region\n'
    '  Index Cond: ((code >= ''110700000000''::region_code) AND (code <= ''110799999999''::region_code))',
    'what lies in a division is a range of the index, and nothing is checked again');
SELECT is(pg_temp.plan($$SELECT code FROM region WHERE region_code '1107' @> code$$),
    pg_temp.plan($$SELECT code FROM region WHERE code <@ '1107'$$), 'whichever side it is written on');
SELECT is(pg_temp.plan($$SELECT code FROM region WHERE region_code_contained(code, '1107')$$),
    pg_temp.plan($$SELECT code FROM region WHERE code <@ '1107'$$), 'or as a function');
SELECT is(pg_temp.plan($$SELECT code FROM region WHERE code @> '441900003001'$$),
    E'Index Only Scan using region_by_code on region\n'
    '  Index Cond: (code = ANY (''{440000000000,441900000000,441900003000,441900003001}''::region_code[]))',
    'what a division lies in is a list');
SELECT is(pg_temp.plan($$SELECT code FROM region WHERE region_code '441900003001' <@ code$$),
    pg_temp.plan($$SELECT code FROM region WHERE code @> '441900003001'$$), 'whichever side it is written on');
SELECT matches(pg_temp.plan($$SELECT code FROM region WHERE code <@ (SELECT parent('110706'))$$),
    'Index Cond: \(\(code >= (.+)\) AND \(code <= region_code_last\(\1\)\)\)\n', 'the result of a query');
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE within (region_code) AS SELECT code FROM region WHERE code <@ $1;
SELECT matches(pg_temp.plan($$EXECUTE within('1107')$$), 'Index Cond: \(\(code >= \$1\) AND \(code <= region_code_last\(\$1\)\)\)\s*$', 'a parameter');
SELECT set_eq($$EXECUTE within('1107')$$, $$SELECT code FROM region WHERE left(code::text, 4) = '1107'$$, 'with the same rows');
PREPARE around (region_code) AS SELECT code FROM region WHERE code @> $1;
SELECT matches(pg_temp.plan($$EXECUTE around('110706')$$), 'Index Cond: \(code = ANY \(lineage\(\$1\)\)\)\s*$', 'either way');
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
SELECT matches(pg_temp.plan('SELECT a.code, b.code FROM region a, region b WHERE b.code <@ a.code'),
    'Index Cond: \(\(code >= (\w+)\.code\) AND \(code <= region_code_last\(\1\.code\)\)\)\s*$|Index Cond: \(code = ANY \(lineage\(b\.code\)\)\)\s*$',
    'the other table of a join');
SELECT ok(pg_temp.plan('SELECT code FROM region a WHERE code <@ a.code') !~ 'Index Cond', 'but not a column of the same row');
SELECT ok(pg_temp.plan('SELECT code FROM region a WHERE region_code_contained(code, a.code)') !~ 'Index Cond', 'in a function either');
SELECT ok(pg_temp.plan($$SELECT code FROM region WHERE code <@ ('11' || (random() * 10)::integer)::region_code$$) !~ 'Index Cond',
    'nor what changes from row to row');
CREATE INDEX region_by_level ON region (level(code), code);
SELECT matches(pg_temp.plan($$SELECT code FROM region WHERE level(code) = 3 AND code <@ '11'$$),
    'Index Cond: .* = 3\) AND \(code >= .* AND \(code <= ', 'a later column of an index');
SELECT ok(pg_temp.plan($$SELECT code FROM region WHERE level(code) = 3 AND code @> '110706'$$) !~ 'ANY', 'which no list serves');
DROP INDEX region_by_level;
CREATE ROLE clerk;
GRANT USAGE ON SCHEMA volunteer TO clerk;
GRANT SELECT ON region TO clerk;
ALTER TABLE region ENABLE ROW LEVEL SECURITY;
CREATE POLICY even ON region USING (hashtext(code::text) % 2 = 0);
SET LOCAL ROLE clerk;
SELECT matches(pg_temp.plan($$SELECT code FROM region WHERE code <@ '1107'$$), 'Index Cond: \(\(code >= .*\n  Filter: .*hashtext',
    'and before a row security policy, since it tells nothing of the rows');
RESET ROLE;
ALTER TABLE region DISABLE ROW LEVEL SECURITY;

DROP INDEX region_by_code;
CREATE INDEX region_by_hash ON region USING hash (code);
SELECT matches(pg_temp.plan($$SELECT * FROM region WHERE code = '4414'$$), 'region_by_hash', 'hash serves =');
SELECT ok(pg_temp.plan($$SELECT * FROM region WHERE code <@ '4414'$$) !~ 'Index Cond', 'but no containment');
DROP INDEX region_by_hash;
CREATE INDEX region_by_range ON region USING brin (code);
SELECT matches(pg_temp.plan($$SELECT * FROM region WHERE code <@ '4414'$$), 'Index Cond: \(\(code >= .* AND \(code <= ', 'brin serves <@');
SELECT ok(pg_temp.plan($$SELECT * FROM region WHERE code @> '4414'$$) !~ 'Index Cond', 'though not @>');

CREATE TABLE region_part (code region_code) PARTITION BY HASH (code);
CREATE TABLE region_part_0 PARTITION OF region_part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE region_part_1 PARTITION OF region_part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO region_part SELECT code FROM region;
SELECT set_eq('SELECT code FROM region_part', 'SELECT code FROM region', 'partitions by hash');
SELECT ok((SELECT count(DISTINCT tableoid) = 2 FROM region_part), 'which spread');

-- Estimates, without statistics and with them: twenty rows for each of 500 codes, many of one code, as many nulls
CREATE TEMP TABLE census AS
SELECT (120000000000 + g % 500 * 2000000)::text::region_code AS code FROM generate_series(1, 10000) AS g
UNION ALL SELECT '130100' FROM generate_series(1, 5000)
UNION ALL SELECT NULL FROM generate_series(1, 5000);
CREATE FUNCTION pg_temp.estimate(condition text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) SELECT FROM census WHERE ' || condition INTO plan;
    RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END
$$;
SELECT cmp_ok(pg_temp.estimate($$code <@ '12'$$), '<', 1000, 'a guess');
ANALYZE census;
SELECT ok(pg_temp.estimate(condition) BETWEEN least AND most, condition)
  FROM (VALUES
    ($$code <@ '12'$$, 9900, 10100), ($$code <@ '1205'$$, 900, 1100), ($$region_code '1205' @> code$$, 900, 1100),
    ($$code <@ '13'$$, 5000, 5100), ($$code <@ '11'$$, 1, 100), ($$code <@ '14'$$, 1, 100), ($$code <@ '120999001'$$, 10, 100),
    ($$code @> '130100'$$, 5000, 5100), ($$region_code '130100' <@ code$$, 5000, 5100), ($$code @> '110101'$$, 1, 300)) AS asked (condition, least, most);

-- Casts
SELECT is('441402'::text::region_code::text, '441402000000', 'text both ways');
CREATE TEMP TABLE note (line text);
SELECT lives_ok($$INSERT INTO note VALUES (region_code '44')$$, 'to text by assignment');
SELECT throws_ok($$INSERT INTO region VALUES ('44'::text)$$, '42804', NULL, 'from text only explicitly');
SELECT throws_ok($$SELECT 44::region_code$$, '42846', NULL, 'not from a number');

SELECT * FROM finish();
ROLLBACK;
