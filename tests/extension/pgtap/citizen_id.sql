-- The numbers are the examples of GB 11643, of the offices that issue cards, and made-up ones; none is a person's.

BEGIN;
\ir ../types_helpers.sql
SELECT plan(41);

CREATE TEMP TABLE sample (id text, kind text, born date, sex smallint, region text);
INSERT INTO sample VALUES
    ('11010519491231002X', 'citizen', '1949-12-31', 2, '110105000000'),
    ('440524188001010014', 'citizen', '1880-01-01', 1, '440524000000'),
    ('53010219200508011X', 'citizen', '1920-05-08', 1, '530102000000'),
    ('440308199901101512', 'citizen', '1999-01-10', 1, '440308000000'),
    ('11010120170210193X', 'citizen', '2017-02-10', 1, '110101000000'),
    ('310101200001013948', 'citizen', '2000-01-01', 2, '310101000000'),
    ('130133197204039024', 'citizen', '1972-04-03', 2, '130133000000'),
    ('441402200002290018', 'citizen', '2000-02-29', 1, '441402000000'),
    ('810000199408230021', 'residence_permit', '1994-08-23', 2, '810000000000'),
    ('820000198401010015', 'residence_permit', '1984-01-01', 1, '820000000000'),
    ('830000199201300022', 'residence_permit', '1992-01-30', 2, '710000000000'),
    ('932682198501010017', 'foreigner', '1985-01-01', 1, '320000000000'),
    ('911124198108030024', 'foreigner', '1981-08-03', 2, '110000000000'),
    ('931012199012010018', 'foreigner', '1990-12-01', 1, '310000000000');

-- Text form
SELECT is_empty('SELECT id FROM sample WHERE id::citizen_id::text <> id', 'reads and writes every kind of number');
SELECT is_empty(
    $$SELECT id FROM unnest('{360402199001010030,360402199001010081,360402199001010022,360402199001010073,
        360402199001010014,360402199001010065,360402199001010196,360402199001010057,360402199001010188,
        360402199001010049,36040219900101009X}'::text[]) id WHERE NOT pg_temp.accepts('citizen_id', id)$$,
    'every check character');
SELECT is(citizen_id '11010519491231002x'::text, '11010519491231002X', 'a lower-case x becomes a capital');

SELECT pg_temp.refused('citizen_id', '', 1, 'must have 18 characters');
SELECT pg_temp.refused('citizen_id', '110105194912310', 16, 'must have 18 characters');
SELECT pg_temp.refused('citizen_id', '11010519491231002X0', 19, 'must have 18 characters');
SELECT pg_temp.refused('citizen_id', '1101051949123l002X', 14, 'neither a digit nor an X at the end');
SELECT pg_temp.refused('citizen_id', '11010519491231X02X', 15, 'neither a digit nor an X at the end');
SELECT pg_temp.refused('citizen_id', '1101051949123１002X', 14, 'neither a digit nor an X at the end');
SELECT pg_temp.refused('citizen_id', ' 11010519491231002X', 1, 'neither a digit nor an X at the end');
SELECT pg_temp.refused('citizen_id', '100105194912310020', 1, 'no such place');
SELECT pg_temp.refused('citizen_id', '810001199408230021', 1, 'no such place');
SELECT pg_temp.refused('citizen_id', '998682198501010017', 2, 'no such place');
SELECT pg_temp.refused('citizen_id', '441402190002290011', 7, 'no such date');
SELECT pg_temp.refused('citizen_id', '110105194900310020', 7, 'no such date');
SELECT pg_temp.refused('citizen_id', '110105194913310020', 7, 'no such date');
SELECT pg_temp.refused('citizen_id', '110105194904310020', 7, 'no such date');
SELECT pg_temp.refused('citizen_id', '110105000001010020', 7, 'no such date');
SELECT pg_temp.refused('citizen_id', '440308199901101513', 18, 'check character does not match');
SELECT pg_temp.refused('citizen_id', '110105194912310029', 18, 'check character does not match');
SELECT pg_temp.refused('citizen_id', '810000199408230023', 18, 'check character does not match');

SELECT is_empty(
    $$SELECT wrong FROM sample, pg_temp.substitutions(id, '0123456789X') wrong WHERE pg_temp.accepts('citizen_id', wrong)$$,
    'no single wrong character passes');
SELECT is_empty(
    $$SELECT wrong FROM sample, pg_temp.transpositions(id) wrong WHERE pg_temp.accepts('citizen_id', wrong)$$,
    'no two swapped neighbours pass');

-- What the number says
SELECT results_eq('SELECT id, citizen_id_kind(id::citizen_id) FROM sample', 'SELECT id, kind FROM sample', 'kind');
SELECT results_eq('SELECT id, birth_date(id::citizen_id) FROM sample', 'SELECT id, born FROM sample', 'birth date');
SELECT results_eq('SELECT id, sex(id::citizen_id) FROM sample', 'SELECT id, sex FROM sample', 'sex');
SELECT results_eq('SELECT id, region(id::citizen_id)::text FROM sample', 'SELECT id, region FROM sample', 'region');
SELECT is(masked(citizen_id '11010519491231002X'), '**************002X', 'masked but for the last four');

-- From 15 digits
SELECT results_eq(
    $$SELECT citizen_id_from_15(old)::text FROM unnest('{110105491231002,130503670401001,610104620927690,440524800101996}'::text[]) old$$,
    ARRAY['11010519491231002X', '130503196704010016', '610104196209276908', '440524188001019967'],
    'born in 19yy, or in 18yy when the sequence says so');
SELECT throws_ok($$SELECT citizen_id_from_15('11010549123100')$$, '22P02',
    'invalid 15-digit citizen_id at character 15: must have 15 digits', '14 digits');
SELECT throws_ok($$SELECT citizen_id_from_15('110105490231002')$$, '22P02',
    'invalid 15-digit citizen_id at character 7: no such date', 'no such date');

-- Order and indexes
CREATE TEMP TABLE person AS SELECT id::citizen_id FROM sample;
SELECT is((SELECT array_agg(id ORDER BY id) FROM person), (SELECT array_agg(id ORDER BY id::text COLLATE "C") FROM person),
    'order is that of the text');
SELECT ok(citizen_id '11010519491231002X' < '440524188001010014' AND citizen_id '11010519491231002X' <= '11010519491231002x'
    AND citizen_id '440524188001010014' > '11010519491231002X' AND citizen_id '440524188001010014' >= '11010519491231002X'
    AND citizen_id '11010519491231002X' = '11010519491231002x' AND citizen_id '11010519491231002X' <> '440524188001010014',
    'comparison');
SET LOCAL enable_seqscan = off;
CREATE UNIQUE INDEX person_by_id ON person (id);
SELECT matches(pg_temp.plan($$SELECT * FROM person WHERE id = '11010519491231002X'$$), 'Index Cond', 'btree serves =');
SELECT throws_ok($$INSERT INTO person VALUES ('11010519491231002x')$$, '23505', NULL, 'unique whichever x it was');
DROP INDEX person_by_id;
CREATE INDEX person_by_hash ON person USING hash (id);
SELECT matches(pg_temp.plan($$SELECT * FROM person WHERE id = '11010519491231002X'$$), 'person_by_hash', 'hash serves =');
SELECT throws_ok($$SELECT 440524188001010014::citizen_id$$, '42846', NULL, 'not from a number');

-- Whatever the check character: a month has its days, and no more.
SELECT is(count(*) FILTER (WHERE pg_temp.accepts('citizen_id', number)), days, days || ' days')
FROM (VALUES (1900, 365::bigint), (1995, 365), (2000, 366), (2004, 366)) AS y (year, days), generate_series(0, 13) AS month, generate_series(0, 32) AS day,
    unnest('{0,1,2,3,4,5,6,7,8,9,X}'::text[]) AS check_character,
    format('110105%s%s%s002%s', year, to_char(month, 'FM00'), to_char(day, 'FM00'), check_character) AS number
GROUP BY year, days
ORDER BY year;

SELECT * FROM finish();
ROLLBACK;
