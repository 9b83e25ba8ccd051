BEGIN;
\ir ../types_helpers.sql
SELECT plan(99);

-- Text form
SELECT is_empty(
    $$SELECT written, hours::service_hours FROM (VALUES
        ('0', '0:00'), ('2', '2:00'), ('2:30', '2:30'), ('02:05', '2:05'), ('2.5', '2:30'), ('2.5h', '2:30'), ('2.50小时', '2:30'),
        ('2h30m', '2:30'), ('2H30M', '2:30'), ('2h', '2:00'), ('30m', '0:30'), ('90m', '1:30'), ('1h90m', '2:30'),
        ('2小时30分', '2:30'), ('2小时30分钟', '2:30'), ('2小时', '2:00'), ('30分', '0:30'), ('30分钟', '0:30'),
        ('PT2H30M', '2:30'), ('PT2H', '2:00'), ('PT30M', '0:30'), ('-2:30', '-2:30'), ('-0.5', '-0:30'), ('-PT2H30M', '-2:30'),
        ('  2:30 ', '2:30'), ('-0', '0:00'), ('1500', '1500:00'),
        ('153722867280912930:07', '153722867280912930:07'), ('-153722867280912930:08', '-153722867280912930:08')
      ) AS form (hours, written) WHERE hours::service_hours::text <> written$$,
    'reads every form and writes one');
SELECT is_empty(
    $$SELECT minute FROM generate_series(0, 1440) minute
       WHERE minutes(to_char(round(minute / 60.0, 2), 'fm990.00')::service_hours) <> minute$$,
    'hours at two decimals give back the minutes of a day');
SELECT is(service_hours '0.025'::text, '0:02', 'half a minute is rounded up');
SELECT is(service_hours '0.024999999999'::text, '0:01', 'less than half is not');
SELECT is(service_hours '-0.025'::text, '-0:02', 'of a negative time away from zero');
SELECT is(service_hours '0.0083333333333333333'::text, '0:00', 'a long fraction is read to its end');
SELECT is(service_hours '0.999999999999999999'::text, '1:00', 'and may round up to an hour');
SELECT is(service_hours '0.00833333333333333334'::text, '0:01', 'or by its last digit to a minute');
SELECT is_empty(
    $$SELECT seconds FROM generate_series(0, 7200) seconds, LATERAL (SELECT (seconds / 3600.0::float8)::text) AS f (hours)
       WHERE hours::service_hours <> hours::numeric::service_hours$$,
    'floating-point hours are read as the cast from numeric rounds them');

SELECT pg_temp.refused('service_hours', value, place, 'expected hours as 2:30, 2.5, 2h30m, 2小时30分 or PT2H30M')
  FROM (VALUES ('', 1), (' ', 2), ('-', 2), ('+2', 1), ('--2', 2), ('.5', 1), ('2.', 3), ('2,5', 2), ('2:', 3), ('1e3', 2), ('2h30', 5),
            ('2h30x', 5), ('2h m', 4), ('30m2h', 4), ('2.5m', 4), ('2.5h30m', 5), ('2:30h', 5), ('PT', 3), ('PT2', 4), ('PT2.5H', 4),
            ('pt2h', 1), ('P1D', 1), ('2小时30分x', 7), ('二小时', 1), ('NaN', 1), ('2 h', 3)) AS bad (value, place);
SELECT pg_temp.refused('service_hours', '2:60', 3, 'minutes are 00 to 59');
SELECT pg_temp.refused('service_hours', '2:5', 3, 'minutes are 00 to 59');
SELECT pg_temp.refused('service_hours', '2:005', 3, 'minutes are 00 to 59');
SELECT pg_temp.refused('service_hours', '153722867280912930:08', 22, 'out of range');
SELECT pg_temp.refused('service_hours', '-153722867280912930:09', 23, 'out of range');
SELECT pg_temp.refused('service_hours', '99999999999999999999', 20, 'out of range');

-- Arithmetic
SELECT is(service_hours '1:45' + '0:30', '2:15', 'add');
SELECT is(service_hours '1:45' - '2:00', '-0:15', 'subtract');
SELECT is(- service_hours '1:45', '-1:45', 'negate');
SELECT is(service_hours '1:45' * 3, '5:15', 'multiply');
SELECT is(minutes('2:30'), 150::bigint, 'to minutes');
SELECT is(service_hours_of_minutes(150), '2:30', 'from minutes');
SELECT throws_ok($$SELECT service_hours '153722867280912930:07' + '0:01'$$, '22003', NULL, 'sum out of range');
SELECT throws_ok($$SELECT service_hours '-153722867280912930:08' - '0:01'$$, '22003', NULL, 'difference out of range');
SELECT throws_ok($$SELECT - service_hours '-153722867280912930:08'$$, '22003', NULL, 'negation out of range');
SELECT throws_ok($$SELECT service_hours '153722867280912930:07' * 2$$, '22003', NULL, 'product out of range');

-- Casts
SELECT is(service_hours '326:30'::numeric::text, '326.50', 'to hours at two decimals');
SELECT is(service_hours '-0:20'::numeric::text, '-0.33', 'rounded');
SELECT is(2.005::service_hours, '2:00', 'from hours, rounded to the minute');
SELECT is((-0.025)::service_hours, '-0:02', 'halves away from zero');
SELECT throws_ok('SELECT 1e18::numeric::service_hours', '22003', NULL, 'hours out of range');
SELECT throws_ok(format('SELECT %L::numeric::service_hours', hours), '22003', 'service_hours out of range', 'refused: ' || hours)
  FROM unnest('{NaN,Infinity,-Infinity}'::text[]) hours;
SELECT is(service_hours '26:30'::interval, interval '26 hours 30 minutes', 'to an interval');
SELECT throws_ok($$SELECT service_hours '153722867280912930:07'::interval$$, '22008', 'interval out of range', 'interval out of range');
SELECT is((timestamptz '2026-03-02 10:00:30+08' - timestamptz '2026-03-01 08:00+08')::service_hours, '26:01',
    'from an interval, its days and half minutes');
SELECT is(interval '-29 seconds'::service_hours, '0:00', 'less than half a minute');
SELECT is(interval '-30 seconds'::service_hours, '-0:01', 'half a minute, less than nothing');
SELECT throws_ok($$SELECT interval '1 month'::service_hours$$, '22023',
    'an interval with months is no number of hours', 'no months');
SELECT throws_ok($$SELECT interval '-1 month'::service_hours$$, '22023',
    'an interval with months is no number of hours', 'not fewer either');
SELECT throws_ok('SELECT 1::bigint::service_hours', '42846', NULL, 'not from an integer, whose unit nobody knows');

-- Aggregates
CREATE TABLE served (who integer, hours service_hours);
INSERT INTO served SELECT n % 7, service_hours_of_minutes(n % 241 - 3) FROM generate_series(1, 20000) n;
INSERT INTO served VALUES (8, NULL);
SELECT results_eq(
    'SELECT who, minutes(sum(hours)), minutes(avg(hours)), minutes(min(hours)), minutes(max(hours)) FROM served GROUP BY who ORDER BY who',
    'SELECT who, sum(minutes(hours))::bigint, round(avg(minutes(hours)))::bigint, min(minutes(hours)), max(minutes(hours)) FROM served GROUP BY who ORDER BY who',
    'sum, avg, min, max are those of the minutes, null for no rows');
SELECT is(sum(hours), '153722867280912930:07', 'a sum as large as any value')
  FROM unnest('{153722867280912930:06,0:01}'::service_hours[]) hours;
SELECT throws_ok($$SELECT sum(hours) FROM unnest('{153722867280912930:07,0:01}'::service_hours[]) hours$$, '22003', NULL,
    'a larger sum is out of range');
SELECT is(avg(hours), '153722867280912930:07', 'an average never is')
  FROM unnest('{153722867280912930:07,153722867280912930:07,153722867280912930:07}'::service_hours[]) hours;
SELECT results_eq(
    'SELECT n, minutes(sum(h) OVER w), minutes(avg(h) OVER w) FROM (SELECT n, CASE WHEN n % 3 > 0 THEN service_hours_of_minutes(n * n) END h FROM generate_series(1, 20) n) s WINDOW w AS (ORDER BY n ROWS 1 PRECEDING)',
    'SELECT n, (sum(h) OVER w)::bigint, round(avg(h) OVER w)::bigint FROM (SELECT n, CASE WHEN n % 3 > 0 THEN n * n END h FROM generate_series(1, 20) n) s WINDOW w AS (ORDER BY n ROWS 1 PRECEDING)',
    'moving');
SELECT results_eq(
    $$SELECT sum(hours) OVER (ORDER BY n ROWS 3 PRECEDING)
        FROM unnest('{-0:05,153722867280912930:07,0:01,-0:05,0:00}'::service_hours[]) WITH ORDINALITY AS moving (hours, n)$$,
    '{-0:05,153722867280912930:02,153722867280912930:03,153722867280912929:58,153722867280912930:03}'::service_hours[],
    'by taking away what leaves: the last frame added up anew would be out of range on the way');
SELECT is_empty(
    $$SELECT aggfnoid FROM pg_aggregate JOIN pg_proc p ON p.oid = aggfnoid
       WHERE proname IN ('sum', 'avg') AND proargtypes[0] = 'service_hours'::regtype AND (aggminvtransfn = 0 OR aggcombinefn = 0)$$,
    'as the average does');

-- Time that several records claim
CREATE TEMP TABLE claim AS SELECT who, period::tstzrange FROM (VALUES
    (1, '[2026-03-01 09:00,2026-03-01 11:00)'), (1, '[2026-03-01 10:00,2026-03-01 12:30)'), (1, '[2026-03-01 12:30,2026-03-01 13:00)'),
    (2, '[2026-03-01 23:30,2026-03-02 00:30)'), (2, 'empty'), (3, '[2026-03-01 09:00:30,2026-03-01 09:01:29.999999)'), (4, NULL)) AS claimed (who, period);
SELECT results_eq('SELECT covered_hours(range_agg(period))::text FROM claim GROUP BY who ORDER BY who', ARRAY['4:00', '1:00', '0:00', NULL],
    'counts once, in full minutes');
SELECT is(covered_hours('{[2026-03-01 09:00,2026-03-01 11:00),[2026-03-02 09:00,2026-03-02 11:00]}'::tsmultirange), '4:00', 'on the local clock as well');
SELECT is(covered_hours('{}'::tstzmultirange), '0:00', 'nothing covers no time');
SELECT is(covered_hours('{[4713-11-24 00:00 BC,294276-12-31 23:59]}'::tsmultirange), '2620875887:59', 'nor is any time too long');
SELECT throws_ok(format('SELECT covered_hours(%L::tstzmultirange)', period), '22023', 'a period of service has a start and an end', period)
  FROM unnest('{"{[2026-03-01,)}","{(,2026-03-01]}","{[2026-03-01,infinity)}"}'::text[]) period;
SELECT is_empty('SELECT period FROM claim WHERE covered_hours(period) <> covered_hours(tstzmultirange(period))', 'of a single period as well');
SELECT throws_ok(format('SELECT covered_hours(%L::tstzrange)', period), '22023', 'a period of service has a start and an end', period)
  FROM unnest('{"[2026-03-01,)","[-infinity,2026-03-01)"}'::text[]) period;

SELECT is((counted_hours(period, m), counted_minutes(period, m), declared_hours(period, m), hours_nature(m))::text, expected, format('a record entered by %s', m))
  FROM (SELECT '[2026-03-01 08:00,2026-03-01 09:30:59)'::tstzrange AS period, method::smallint AS m, expected
    FROM (VALUES (0, '(0:00,0,0:00,1)'), (1, '(1:30,90,1:30,2)'), (2, '(1:30,90,1:30,2)'), (3, '(1:30,90,0:00,1)'), (4, '(1:30,90,0:00,1)')) AS v (method, expected)) AS r;
SELECT throws_ok($$SELECT counted_hours('[2026-03-01,)', 1::smallint)$$, '22023', 'a period of service has a start and an end', 'a record without an end');
SELECT throws_ok($$SELECT declared_hours('[2026-03-01,)', 1::smallint)$$, '22023', 'a period of service has a start and an end', 'nor is that declared');
SELECT throws_ok($$SELECT counted_minutes('[0001-01-01,9999-01-01)', 1::smallint)$$, '22003', 'integer out of range', 'more minutes than an integer holds');
CREATE TEMP TABLE alone AS SELECT sum(hours), avg(hours), min(hours), max(hours) FROM served;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
ALTER TABLE served SET (parallel_workers = 2);
SELECT matches(pg_temp.plan('SELECT sum(hours), avg(hours), min(hours), max(hours) FROM served'),
    'Finalize Aggregate.*Workers Planned: 2.*Partial Aggregate.*Parallel Seq Scan', 'in parallel');
SELECT results_eq('SELECT sum(hours), avg(hours), min(hours), max(hours) FROM served', 'TABLE alone', 'with the same result');
SET LOCAL max_parallel_workers_per_gather = 0;

-- Order and indexes
SELECT is((SELECT array_agg(hours ORDER BY hours) FROM served), (SELECT array_agg(hours ORDER BY minutes(hours)) FROM served),
    'order is that of the minutes');
SELECT ok('9:59' < service_hours '10:00' AND '-1:00' < service_hours '0:00' AND '1:00' <= service_hours '1'
    AND '1:01' > service_hours '1' AND '1:01' >= service_hours '1' AND '60m' = service_hours '1' AND '61m' <> service_hours '1', 'comparison');
SET LOCAL enable_seqscan = off;
CREATE INDEX served_by_hours ON served (hours);
SELECT matches(pg_temp.plan($$SELECT * FROM served WHERE hours > '3:50'$$), 'Index Cond', 'btree serves >');
SELECT matches(pg_temp.plan('SELECT max(hours) FROM served'), 'Index Only Scan Backward', 'and the largest');
DROP INDEX served_by_hours;
CREATE INDEX served_by_hash ON served USING hash (hours);
SELECT matches(pg_temp.plan($$SELECT * FROM served WHERE hours = '1:00'$$), 'served_by_hash', 'hash serves =');

SELECT * FROM finish();
ROLLBACK;
