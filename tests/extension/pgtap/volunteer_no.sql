BEGIN;
\ir ../types_helpers.sql
SELECT plan(34);

-- Text form
SELECT is(volunteer_no 'V1100002201000004D'::text, 'V1100002201000004D', 'reads and writes');
SELECT is(volunteer_no 'v1100002201000004d'::text, 'V1100002201000004D', 'lower case becomes upper case');
SELECT pg_temp.refused('volunteer_no', '', 1, 'must have 18 characters');
SELECT pg_temp.refused('volunteer_no', 'V1100002201000004', 18, 'must have 18 characters');
SELECT pg_temp.refused('volunteer_no', 'V1100002201000004DD', 19, 'must have 18 characters');
SELECT pg_temp.refused('volunteer_no', 'W1100002201000004D', 1, 'must be V, 16 digits and a letter or digit');
SELECT pg_temp.refused('volunteer_no', 'V110000220100000AD', 17, 'must be V, 16 digits and a letter or digit');
SELECT pg_temp.refused('volunteer_no', 'V1100002201000004*', 18, 'must be V, 16 digits and a letter or digit');
SELECT pg_temp.refused('volunteer_no', 'Ｖ1100002201000004D', 1, 'must be V, 16 digits and a letter or digit');
SELECT pg_temp.refused('volunteer_no', 'V8300002201000004D', 2, 'no such province');
SELECT pg_temp.refused('volunteer_no', 'V1100002200000004D', 10, 'no such month');
SELECT pg_temp.refused('volunteer_no', 'V1100002213000004D', 10, 'no such month');
SELECT pg_temp.refused('volunteer_no', 'V1100002201000004V', 18, 'check character does not match');

SELECT is(count(DISTINCT right(no::text, 1)) FILTER (WHERE lower(no::text)::volunteer_no = no), 36::bigint, 'every check character, in lower case as well')
FROM generate_series(1, 400) AS n, volunteer_no('441402', '2026-10-31', n) AS no;

SELECT is(to_volunteer_no('v1100002201000004d')::text, 'V1100002201000004D', 'reads text');
SELECT is(to_volunteer_no(wrong), NULL, format('"%s" states no number', wrong))
FROM unnest('{"",V1100002201000004V}'::text[]) AS wrong;

CREATE TEMP TABLE volunteer AS
SELECT volunteer_no(region::region_code, date '2020-01-31' + n * 37, n * n * 11) AS no
  FROM unnest('{110000,441402,820000}'::text[]) region, generate_series(0, 12) n;
SELECT is_empty('SELECT no FROM volunteer WHERE no::text::volunteer_no <> no', 'what it writes it reads');
SELECT is_empty(
    $$SELECT wrong FROM volunteer, pg_temp.substitutions(no::text, '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ') wrong
       WHERE pg_temp.accepts('volunteer_no', wrong)$$,
    'no single wrong character passes');

-- From its parts and back
SELECT is(volunteer_no('441402001', '2026-10-31', 17)::text ~ '^V4414022610000017[0-9A-Z]$', true, 'of county, month and serial');
SELECT is(region(volunteer_no 'V1100002201000004D')::text, '110000000000', 'region');
SELECT is(serial(volunteer_no 'V1100002201000004D'), 4, 'serial');
SELECT is(serial(volunteer_no('441402', '2099-12-31', 999999)), 999999, 'the last serial');
SELECT throws_ok($$SELECT volunteer_no('441402', '2026-10-31', 1000000)$$, '22003',
    'volunteer_no needs a serial number from 0 to 999999', 'serial too large');
SELECT throws_ok($$SELECT volunteer_no('441402', '2026-10-31', -1)$$, '22003',
    'volunteer_no needs a serial number from 0 to 999999', 'serial negative');
SELECT throws_ok($$SELECT volunteer_no('441402', '1999-12-31', 1)$$, '22008',
    'volunteer_no needs a date from 2000 to 2099', 'date too early');
SELECT throws_ok($$SELECT volunteer_no('441402', '2100-01-01', 1)$$, '22008',
    'volunteer_no needs a date from 2000 to 2099', 'date too late');
SELECT throws_ok($$SELECT volunteer_no('441402', 'infinity', 1)$$, '22008',
    'volunteer_no needs a date from 2000 to 2099', 'no date at all');

-- Order and indexes
SELECT is((SELECT array_agg(no ORDER BY no) FROM volunteer), (SELECT array_agg(no ORDER BY no::text COLLATE "C") FROM volunteer),
    'order is that of the text');
SELECT ok(a < b AND a <= a AND b > a AND b >= a AND a = a AND a <> b, 'comparison')
  FROM volunteer_no('11', '2020-01-01', 1) a, volunteer_no('11', '2020-01-01', 2) b;
SET LOCAL enable_seqscan = off;
CREATE UNIQUE INDEX volunteer_by_no ON volunteer (no);
SELECT matches(pg_temp.plan($$SELECT * FROM volunteer WHERE no = 'V1100002201000004D'$$), 'Index Cond', 'btree serves =');
SELECT throws_ok('INSERT INTO volunteer SELECT no FROM volunteer LIMIT 1', '23505', NULL, 'unique');
DROP INDEX volunteer_by_no;
CREATE INDEX volunteer_by_hash ON volunteer USING hash (no);
SELECT matches(pg_temp.plan($$SELECT * FROM volunteer WHERE no = 'V1100002201000004D'$$), 'volunteer_by_hash', 'hash serves =');
SELECT throws_ok('SELECT 1::volunteer_no', '42846', NULL, 'not from a number');

SELECT * FROM finish();
ROLLBACK;
