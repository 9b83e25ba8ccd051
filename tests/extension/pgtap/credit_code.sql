BEGIN;
\ir ../types_helpers.sql
SELECT plan(24);

CREATE TEMP TABLE sample AS SELECT code, region
  FROM (VALUES ('91350100M000100Y43', '350100000000'), ('91310000132200821H', '310000000000'), ('51610700305332460K', '610700000000'),
            ('112302070019030687', '230207000000'), ('9144030071526726XG', '440300000000'), ('914403001922038216', '440300000000'),
            ('91110000802100433B', '110000000000'), ('911100001000044477', '110000000000'), ('91370200163562681G', '370200000000'),
            ('91512081MA62K0260E', '512081000000'), ('91440300708461136T', '440300000000'), ('51441400MJ0000018H', '441400000000'),
            ('52350200MJ00000185', '350200000000'), ('53360400MJ0000018G', '360400000000'), ('52350200MJ00000260', '350200000000'),
            ('52350200MJ000043XY', '350200000000'), ('91100000100003962T', NULL)) AS t (code, region);

-- Text form
SELECT is_empty('SELECT code FROM sample WHERE code::credit_code::text <> code', 'reads and writes');
SELECT is_empty('SELECT code FROM sample WHERE lower(code)::credit_code::text <> code', 'lower case becomes upper case');
SELECT ok(pg_temp.accepts('credit_code', '931012199012010018') AND pg_temp.accepts('citizen_id', '931012199012010018'),
    'one string may be an organisation''s code and a person''s number');
SELECT pg_temp.refused('credit_code', '', 1, 'must have 18 characters');
SELECT pg_temp.refused('credit_code', '91350100M000100Y4', 18, 'must have 18 characters');
SELECT pg_temp.refused('credit_code', '91350100M000100Y433', 19, 'must have 18 characters');
SELECT pg_temp.refused('credit_code', '9135010OM000100Y43', 8, 'not a digit or letter of the code');
SELECT pg_temp.refused('credit_code', '91350100M00010-Y43', 15, 'not a digit or letter of the code');
SELECT pg_temp.refused('credit_code', '９1350100M000100Y43', 1, 'not a digit or letter of the code');
SELECT pg_temp.refused('credit_code', '9135A100M000100Y43', 5, 'the place of registration is six digits');
SELECT pg_temp.refused('credit_code', '91350200M000000510', 18, 'check character does not match');
SELECT is_empty(
    $$SELECT wrong FROM sample, pg_temp.substitutions(code, '0123456789ABCDEFGHJKLMNPQRTUWXY') wrong WHERE pg_temp.accepts('credit_code', wrong)$$,
    'no single wrong character passes');
SELECT is_empty(
    $$SELECT wrong FROM sample, pg_temp.transpositions(code) wrong WHERE pg_temp.accepts('credit_code', wrong)$$,
    'no two swapped neighbours pass');

-- What the code says
SELECT results_eq('SELECT code, region(code::credit_code)::text FROM sample', 'SELECT code, region FROM sample', 'region, none for a national register');
SELECT is(masked(credit_code '91350100M000100Y43'), '**************0Y43', 'masked but for the last four');

-- Order and indexes
CREATE TEMP TABLE organization AS SELECT code::credit_code FROM sample;
SELECT is((SELECT array_agg(code ORDER BY code) FROM organization), (SELECT array_agg(code ORDER BY code::text COLLATE "C") FROM organization),
    'order is that of the text');
SELECT ok(a < b AND a <= a AND b > a AND b >= a AND a = a AND a <> b, 'comparison')
  FROM (VALUES (credit_code '51441400MJ0000018H', credit_code '52350200MJ00000185')) AS t (a, b);
SELECT results_eq('SELECT code FROM organization GROUP BY code ORDER BY code', 'SELECT DISTINCT code FROM organization ORDER BY code', 'grouped');
SET LOCAL enable_seqscan = off;
CREATE UNIQUE INDEX organization_by_code ON organization (code);
SELECT matches(pg_temp.plan($$SELECT * FROM organization WHERE code = '51441400MJ0000018H'$$), 'Index Cond', 'btree serves =');
SELECT throws_ok($$INSERT INTO organization VALUES ('51441400mj0000018h')$$, '23505', NULL, 'unique whichever case it was');
DROP INDEX organization_by_code;
CREATE INDEX organization_by_hash ON organization USING hash (code);
SELECT matches(pg_temp.plan($$SELECT * FROM organization WHERE code = '51441400MJ0000018H'$$), 'organization_by_hash', 'hash serves =');
SELECT is((SELECT code::text FROM organization WHERE code = '51441400mj0000018h'), '51441400MJ0000018H', 'and finds it');

CREATE TABLE organization_part (code credit_code) PARTITION BY HASH (code);
CREATE TABLE organization_part_0 PARTITION OF organization_part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE organization_part_1 PARTITION OF organization_part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO organization_part SELECT code FROM organization;
SELECT set_eq('SELECT code FROM organization_part', 'SELECT code FROM organization', 'partitions by hash');
SELECT is((SELECT count(DISTINCT tableoid) FROM organization_part), 2::bigint, 'which spread');

SELECT * FROM finish();
ROLLBACK;
