BEGIN;
\ir ../types_helpers.sql
SELECT plan(127);

-- Text form
SELECT is_empty(
    $$SELECT written, periods::occupancy FROM (VALUES
        ('{}', '{}'), (' { } ', '{}'),
        ('{[2025-03-01 09:00,2025-03-01 11:30)}', '{[2025-03-01 09:00,2025-03-01 11:30)}'),
        (E'{\n [2025-03-01 09:00,2025-03-01 11:30) ,\t[2025-03-02 00:00,2025-03-03 00:00)x2 }\n',
         '{[2025-03-01 09:00,2025-03-01 11:30),[2025-03-02 00:00,2025-03-03 00:00)x2}'),
        ('{[2025-03-01 09:00,2025-03-01 10:00),[2025-03-01 10:00,2025-03-01 11:00)}', '{[2025-03-01 09:00,2025-03-01 11:00)}'),
        ('{[2025-03-01 09:00,2025-03-01 10:00)x2,[2025-03-01 10:00,2025-03-01 11:00)x-1}',
         '{[2025-03-01 09:00,2025-03-01 10:00)x2,[2025-03-01 10:00,2025-03-01 11:00)x-1}'),
        ('{[2024-02-29 23:59,2024-03-01 00:00)x01}', '{[2024-02-29 23:59,2024-03-01 00:00)}'),
        ('{[0001-01-01 00:00,4001-01-01 00:00)x524288}', '{[0001-01-01 00:00,4001-01-01 00:00)x524288}')
      ) AS form (periods, written) WHERE periods::occupancy::text IS DISTINCT FROM written$$,
    'reads every form and writes one');
SELECT is_empty(
    $$SELECT written FROM generate_series(timestamp '0001-01-01', timestamp '4000-12-31', '13 days') AS day
       CROSS JOIN LATERAL format('{[%1$s 00:00,%1$s 23:59)}', to_char(day, 'YYYY-MM-DD')) AS written
       WHERE occupancy(tsrange(day, day + interval '23:59')) <> written::occupancy OR written::occupancy::text <> written$$,
    'days of every year are read and written');
SELECT is_empty(
    $$SELECT minute FROM generate_series(timestamp '2024-02-29', timestamp '2024-02-29 23:59', '1 minute') AS minute
       WHERE occupancy(tsrange(minute, minute + interval '1 minute'))::text
           <> to_char(minute, '{[YYYY-MM-DD HH24:MI,') || to_char(minute + interval '1 minute', 'YYYY-MM-DD HH24:MI)}')$$,
    'every minute of a day is written');

SELECT pg_temp.refused('occupancy', periods, place, 'expected periods as {[2025-03-01 09:00,2025-03-01 11:30),...}')
  FROM (VALUES ('', 1), (' ', 2), ('[', 1), ('{', 2), ('{,}', 2), ('{}}', 3), ('{} x', 4), ('{[}', 3),
            ('{[2025-03-01 09:00,2025-03-01 11:30)', 37), ('{[2025-03-01 09:00,2025-03-01 11:30),}', 38),
            ('{(2025-03-01 09:00,2025-03-01 11:30)}', 2), ('{[2025-03-01 09:00,2025-03-01 11:30]}', 36),
            ('{[25-03-01 09:00,2025-03-01 11:30)}', 5), ('{[2025-3-01 09:00,2025-03-01 11:30)}', 9),
            ('{[2025-03-01 9:00,2025-03-01 11:30)}', 15), ('{[2025-03-01T09:00,2025-03-01 11:30)}', 13),
            ('{[2025-03-01 09:00:00,2025-03-01 11:30)}', 19), ('{[2025-03-01 09:00,)}', 20), ('{[,2025-03-01 09:00)}', 3),
            ('{[2025-03-01 09:00,infinity)}', 20), ('{["2025-03-01 09:00","2025-03-01 11:30")}', 3),
            ('{[2025-03-01 09:00,2025-03-01 11:30)x}', 38), ('{[2025-03-01 09:00,2025-03-01 11:30)x-}', 39),
            ('{[2025-03-01 09:00,2025-03-01 11:30)x+2}', 38), ('{[2025-03-01 09:00,2025-03-01 11:30)x2x2}', 39),
            ('{[2025-03-01 09:00,2025-03-01 11:30) x2}', 38), ('{empty}', 2)) AS bad (periods, place);
SELECT pg_temp.refused('occupancy', format('{[%s,%s)}', from_time, until_time), place, 'no such time')
  FROM (VALUES ('2025-02-29 09:00', '2025-03-01 09:00', 3), ('2025-03-01 09:00', '2025-04-31 09:00', 20),
            ('2100-02-29 09:00', '2100-03-01 09:00', 3), ('2025-13-01 09:00', '2026-01-01 09:00', 3),
            ('2025-00-01 09:00', '2026-01-01 09:00', 3), ('2025-03-00 09:00', '2025-03-01 09:00', 3),
            ('2025-03-01 09:60', '2025-03-01 10:00', 3), ('2025-03-01 09:00', '2025-03-01 24:00', 20),
            ('0000-12-31 23:00', '0001-01-01 00:00', 3), ('4000-12-31 23:59', '4001-01-01 00:01', 20)) AS bad (from_time, until_time, place);
SELECT pg_temp.refused('occupancy', periods, place, 'each period ends after it starts and before the next one starts')
  FROM (VALUES ('{[2025-03-01 09:00,2025-03-01 09:00)}', 2), ('{[2025-03-01 09:00,2025-03-01 08:59)}', 2),
            ('{[2025-03-01 09:00,2025-03-01 10:00),[2025-03-01 09:59,2025-03-01 11:00)}', 38),
            ('{[2025-03-01 09:00,2025-03-01 10:00),[2025-02-01 09:00,2025-02-01 10:00)}', 38)) AS bad (periods, place);
SELECT pg_temp.refused('occupancy', '{[2025-03-01 09:00,2025-03-01 10:00)x0}', 37, 'a period counted zero times is left out');
SELECT pg_temp.refused('occupancy', '{[2025-03-01 09:00,2025-03-01 10:00)x524289}', 45, 'too many periods');
SELECT pg_temp.refused('occupancy', '{[2025-03-01 09:00,2025-03-01 10:00)x-99999999999}', 46, 'too many periods');

-- Of a range
SELECT is(occupancy(tstzrange('2025-03-01 01:00+00', '2025-03-01 03:30+00'))::text, '{[2025-03-01 09:00,2025-03-01 11:30)}',
    'a tstzrange is read on the clock of Asia/Shanghai');
SET LOCAL TimeZone = 'America/New_York';
SELECT is(occupancy(tstzrange('2025-03-01 01:00+00', '2025-03-01 03:30+00'))::text, '{[2025-03-01 09:00,2025-03-01 11:30)}',
    'whatever the time zone of the session');
RESET TimeZone;
SELECT is_empty(
    $$SELECT at FROM generate_series(timestamptz '1901-01-01', timestamptz '2040-01-01', '5 days 7 hours') AS start
       CROSS JOIN LATERAL (SELECT start + n * interval '37 years' FROM generate_series(-1, 1) AS n) AS t (at)
       WHERE at >= '1901-01-02'
         AND periods(occupancy(tstzrange(at, at + interval '30 days')))
          <> tsmultirange(tsrange(at AT TIME ZONE 'Asia/Shanghai', (at + interval '30 days') AT TIME ZONE 'Asia/Shanghai'))$$,
    'in the years of summer time as well, in any order');
SELECT is(occupancy(tsrange('2025-03-01 09:00', '2025-03-01 11:30'))::text, '{[2025-03-01 09:00,2025-03-01 11:30)}',
    'a tsrange is read as it stands');
SELECT is(occupancy(tsrange 'empty')::text, '{}', 'an empty range covers nothing');
SELECT is(occupancy(NULL::tstzrange), NULL, 'null is null');
CREATE TEMP TABLE bad AS
SELECT * FROM (VALUES ('[2025-03-01 09:00,)', 'a period of service has a start and an end'),
            ('[,2025-03-01 09:00)', 'a period of service has a start and an end'),
            ('(,)', 'a period of service has a start and an end'),
            ('[2025-03-01 09:00,infinity)', 'a period of service has a start and an end'),
            ('[-infinity,2025-03-01 09:00)', 'a period of service has a start and an end'),
            ('[2025-03-01 09:00:30,2025-03-01 10:00)', 'a period of service starts and ends at whole minutes'),
            ('[2025-03-01 09:00,2025-03-01 10:00:00.000001)', 'a period of service starts and ends at whole minutes'),
            ('[2025-03-01 09:00,2025-03-01 10:00]', 'a period of service includes its start and excludes its end'),
            ('(2025-03-01 09:00,2025-03-01 10:00)', 'a period of service includes its start and excludes its end'),
            ('[0001-12-31 23:59 BC,2025-03-01 10:00)', 'a period of service lies in the years 1 to 4000'),
            ('[2025-03-01 09:00,4001-01-01 00:01)', 'a period of service lies in the years 1 to 4000'),
            ('[2025-03-01 09:00,294276-12-31 23:59)', 'a period of service lies in the years 1 to 4000')) AS bad (period, reason);
SELECT throws_ok(format('SELECT occupancy(tsrange %L)', period), '22023', reason, reason || ': ' || period) FROM bad;
SELECT is_empty('SELECT * FROM bad WHERE has_whole_minutes(period::tsrange) OR has_whole_minutes(period::tstzrange)',
    'has_whole_minutes tells beforehand');
SELECT ok(has_whole_minutes(period::tsrange) AND has_whole_minutes(period::tstzrange), period)
  FROM (VALUES ('[2025-03-01 09:00,2025-03-01 10:00)'), ('empty')) AS good (period);
SELECT throws_ok($$SELECT occupancy(tstzrange('1850-01-01 00:00+00', '1850-01-01 01:00+00'))$$, '22023',
    'a period of service starts and ends at whole minutes', 'as does the local clock before time zones');
SELECT throws_ok($$SELECT occupancy(tstzrange('1986-09-13 16:50+00', '1986-09-13 17:10+00'))$$, '22023',
    'a period of service ends after it starts, on the clock', 'nor may clocks have gone back meanwhile');
SELECT throws_ok($$SELECT occupancy(tstzrange('1986-09-13 16:30+00', '1986-09-13 17:30+00'))$$, '22023',
    'a period of service ends after it starts, on the clock', 'as far as it lasted');
SELECT is(occupancy(tstzrange('1986-05-03 17:00+00', '1986-05-03 18:00+00'))::text, '{[1986-05-04 01:00,1986-05-04 03:00)}',
    'it ends when the clock goes forward');

SELECT is(is_within_day(period::tstzrange, day), expected, format('%s within %s', period, day))
  FROM (VALUES
    ('[2025-03-01 00:00+08,2025-03-02 00:00+08)', '2025-03-01'::date, true),
    ('[2025-03-01 09:00+08,2025-03-01 09:00:30+08)', '2025-03-01', true),
    ('[2025-02-28 23:59:59.999999+08,2025-03-01 09:00+08)', '2025-03-01', false),
    ('[2025-03-01 23:00+08,2025-03-02 00:00:00.000001+08)', '2025-03-01', false),
    ('[2025-03-02 00:00+08,2025-03-02 01:00+08)', '2025-03-01', false),
    ('[2025-03-01 09:00+08,2025-03-01 10:00+08)', '2025-02-28', false),
    ('[1999-12-31 09:00+08,1999-12-31 24:00+08)', '1999-12-31', true),
    ('[1999-12-31 00:00+08,1999-12-31 00:01+08)', '1999-12-30', false),
    ('[1986-08-01 00:00+09,1986-08-02 00:00+09)', '1986-08-01', true),
    ('[2025-03-01 09:00+08,2025-03-01 10:00+08)', 'infinity', false),
    ('[2025-03-01 09:00+08,)', '2025-03-01', false),
    ('(,2025-03-01 09:00+08)', '2025-03-01', false),
    ('[2025-03-01 09:00+08,infinity)', '2025-03-01', false),
    ('empty', '2025-03-01', false)) AS asked (period, day, expected);

-- Random sums against the same counted minute by minute, around a midnight
SELECT setseed(0.5);
CREATE TEMP TABLE term AS
SELECT who, sign, tsrange(begun, begun + length) AS period
  FROM (SELECT who, CASE WHEN random() < 0.7 THEN 1 ELSE -1 END AS sign,
               timestamp '2025-02-28 23:30' + floor(random() * 60) * interval '1 minute' AS begun,
               ceil(random() * 20) * interval '1 minute' AS length
          FROM generate_series(1, 400) AS who, generate_series(1, 1 + who % 9)) AS r;
CREATE TEMP TABLE counted AS
SELECT who, minute, sum(sign) AS count
  FROM term JOIN generate_series(timestamp '2025-02-28 23:30', '2025-03-01 00:50', '1 minute') AS minute ON minute <@ period
 GROUP BY who, minute
HAVING sum(sign) <> 0;
CREATE TEMP TABLE total AS
SELECT who, sum(CASE sign WHEN 1 THEN occupancy(period) ELSE - occupancy(period) END) AS occupied FROM term GROUP BY who;

SELECT results_eq(
    'SELECT who, occupied::text FROM total ORDER BY who',
    $$SELECT who, '{' || coalesce(string_agg(
             to_char(low, '[YYYY-MM-DD HH24:MI,') || to_char(high + interval '1 minute', 'YYYY-MM-DD HH24:MI)')
                 || CASE WHEN count <> 1 THEN 'x' || count ELSE '' END, ',' ORDER BY low), '') || '}'
        FROM total LEFT JOIN (
             SELECT who, count, min(minute) AS low, max(minute) AS high
               FROM (SELECT *, minute - row_number() OVER (PARTITION BY who, count ORDER BY minute) * interval '1 minute' AS run
                       FROM counted) AS c
              GROUP BY who, count, run) AS r USING (who)
       GROUP BY who ORDER BY who$$,
    'a sum is the count of each minute');
SELECT ok(count(*) > 50 AND count(*) FILTER (WHERE has_overlap(occupied)) > 50, 'of many kinds')
  FROM total WHERE occupied::text ~ 'x-\d' OR NOT has_overlap(occupied);
SELECT is_empty('SELECT * FROM total WHERE occupied::text::occupancy <> occupied', 'text round trip');
SELECT is_empty(
    $$SELECT who FROM total LEFT JOIN counted USING (who) GROUP BY who, occupied
       HAVING has_overlap(occupied) <> coalesce(bool_or(count <> 1), false) OR occupied_minutes(occupied) <> coalesce(sum(count), 0)$$,
    'has_overlap, occupied_minutes');
SELECT results_eq(
    'SELECT who, busiest_day_minutes(occupied) FROM total ORDER BY who',
    $$SELECT who, greatest(coalesce(sum(count) FILTER (WHERE minute < '2025-03-01'), 0),
                          coalesce(sum(count) FILTER (WHERE minute >= '2025-03-01'), 0), 0)::integer
        FROM total LEFT JOIN counted USING (who) GROUP BY who HAVING true ORDER BY who$$,
    'busiest_day_minutes');
SELECT results_eq(
    'SELECT who, day, minutes FROM total CROSS JOIN LATERAL minutes_by_day(occupied) ORDER BY who, day',
    'SELECT who, minute::date, sum(count)::integer FROM counted GROUP BY 1, 2 HAVING sum(count) <> 0 ORDER BY 1, 2',
    'minutes_by_day');
SELECT results_eq(
    'SELECT who, periods(occupied) FROM total ORDER BY who',
    $$SELECT who, coalesce(range_agg(tsrange(minute, minute + interval '1 minute')) FILTER (WHERE count > 0), '{}')
        FROM total LEFT JOIN counted USING (who) GROUP BY who ORDER BY who$$,
    'periods');
SELECT is_empty(
    $$SELECT * FROM total a JOIN total b ON b.who = a.who % 400 + 1
       WHERE a.occupied + b.occupied <> b.occupied + a.occupied OR a.occupied + b.occupied - b.occupied <> a.occupied
          OR a.occupied - b.occupied <> a.occupied + - b.occupied OR a.occupied - a.occupied <> '{}'
          OR - (- a.occupied) <> a.occupied OR a.occupied + '{}' <> a.occupied
          OR occupied_minutes(a.occupied + b.occupied) <> occupied_minutes(a.occupied) + occupied_minutes(b.occupied)$$,
    'a commutative group');
SELECT is_empty(
    $$SELECT * FROM total a JOIN total b ON b.who = a.who % 400 + 1 JOIN total c ON c.who = b.who % 400 + 1
       WHERE a.occupied + (b.occupied + c.occupied) <> a.occupied + b.occupied + c.occupied$$,
    'which is associative');

-- Days
SELECT is(busiest_day_minutes(occupied), minutes, occupied::text)
  FROM (VALUES (occupancy '{}', 0),
            ('{[2025-03-01 00:00,2025-03-02 00:00)}', 1440),
            ('{[2025-03-01 23:00,2025-03-02 02:00)}', 120),
            ('{[2025-03-01 22:00,2025-03-02 01:00)}', 120),
            ('{[2025-03-01 00:01,2025-03-02 23:59)}', 1439),
            ('{[2025-03-01 23:59,2025-03-03 00:01)}', 1440),
            ('{[2025-03-01 23:59,2025-03-03 00:01)x2,[2025-03-05 00:00,2025-03-06 00:00)}', 2880),
            ('{[2025-03-01 08:00,2025-03-01 10:00),[2025-03-01 20:00,2025-03-02 01:00)}', 360),
            ('{[2025-03-01 08:00,2025-03-01 10:00)x2,[2025-03-02 08:00,2025-03-02 11:00)}', 240),
            ('{[2025-03-01 08:00,2025-03-01 10:00)x-1,[2025-03-01 12:00,2025-03-01 15:00)}', 60),
            ('{[2025-03-01 08:00,2025-03-01 10:00)x-1}', 0),
            ('{[1999-12-31 23:30,2000-01-01 00:20)}', 30),
            ('{[0001-01-01 00:00,4001-01-01 00:00)x524288}', 754974720)) AS day (occupied, minutes);

SELECT results_eq(
    $$SELECT * FROM minutes_by_day('{[0001-01-01 00:00,0001-01-02 00:01),[1999-12-31 23:00,2000-01-02 01:00)x2,[4000-12-31 23:59,4001-01-01 00:00)x-1}')$$,
    $$VALUES (date '0001-01-01', 1440), ('0001-01-02', 1), ('1999-12-31', 120), ('2000-01-01', 2880), ('2000-01-02', 120), ('4000-12-31', -1)$$,
    'day by day');
SELECT is_empty($$SELECT * FROM minutes_by_day('{}')$$, 'no day');

-- Aggregate
SELECT is(sum(occupied), NULL, 'the sum of nothing is null') FROM total WHERE false;
SELECT is(sum(occupied), NULL, 'as is that of nulls') FROM (VALUES (NULL::occupancy), (NULL)) AS v (occupied);
SELECT is(sum(occupied)::text, '{[2025-03-01 09:00,2025-03-01 10:00)}', 'nulls count for nothing')
  FROM (VALUES (NULL::occupancy), ('{[2025-03-01 09:00,2025-03-01 10:00)}'), (NULL)) AS v (occupied);
SELECT results_eq(
    'SELECT occupied, sum(occupied) OVER (ORDER BY who) FROM total WHERE who <= 50 ORDER BY who',
    'SELECT occupied, (SELECT sum(b.occupied) FROM total b WHERE b.who <= a.who) FROM total a WHERE who <= 50 ORDER BY who',
    'a running sum');
CREATE TABLE served AS
SELECT occupancy(tsrange(begun, begun + (1 + n % 90) * interval '1 minute')) AS occupied
  FROM generate_series(1, 30000) AS n
 CROSS JOIN LATERAL (SELECT timestamp '2025-01-01' + (n * 7919 % 30000) * interval '31 minutes') AS b (begun);
CREATE TEMP TABLE alone AS SELECT sum(occupied) FROM served;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
ALTER TABLE served SET (parallel_workers = 2);
SELECT matches(pg_temp.plan('SELECT sum(occupied) FROM served'), 'Partial Aggregate', 'in parallel');
SELECT results_eq('SELECT sum(occupied) FROM served', 'TABLE alone', 'with the same result');
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT is((SELECT occupied_minutes(sum) FROM alone), (SELECT sum(occupied_minutes(occupied))::bigint FROM served), 'no minute is lost');
SELECT throws_ok($$SELECT sum(o) FROM (VALUES (occupancy '{[2025-03-01 09:00,2025-03-01 10:00)x524288}'),
        ('{[2025-03-01 09:00,2025-03-01 10:00)}')) AS v (o)$$, '54000', 'too many periods for one occupancy', 'a sum has a limit');
SELECT throws_ok($$SELECT occupancy '{[2025-03-01 09:00,2025-03-01 10:00)x524288}' + '{[2025-03-01 09:00,2025-03-01 10:00)}'$$,
    '54000', 'too many periods for one occupancy', 'as + has');

-- Equality
SELECT ok(occupancy '{[2025-03-01 09:00,2025-03-01 10:00)}' = '{[2025-03-01 09:00,2025-03-01 10:00)}'
    AND occupancy '{[2025-03-01 09:00,2025-03-01 10:00)}' <> '{[2025-03-01 09:00,2025-03-01 10:01)}'
    AND occupancy '{}' <> '{[2025-03-01 09:00,2025-03-01 10:00)}' AND NOT occupancy '{}' <> '{}', 'comparison');
SELECT is((SELECT count(*) FROM (SELECT DISTINCT occupied FROM total) AS d),
    (SELECT count(*) FROM (SELECT DISTINCT occupied::text FROM total) AS d), 'hash');
SELECT is(count(DISTINCT occupancy_hash_extended(occupied, 1)), count(DISTINCT occupied::text), 'with a seed') FROM total;
SELECT isnt(occupancy_hash_extended('{}', 1), occupancy_hash_extended('{}', 2), 'that counts');

-- In a row: long values stay, are compressed, or go out of line
CREATE TABLE kept (who integer PRIMARY KEY, occupied occupancy NOT NULL,
    CONSTRAINT no_overlap CHECK (NOT has_overlap(occupied)),
    CONSTRAINT day_has_24_hours CHECK (busiest_day_minutes(occupied) <= 1440));
INSERT INTO kept SELECT n, coalesce(sum(occupancy(tsrange(at, at + interval '1 minute'))) FILTER (WHERE at IS NOT NULL), '{}')
  FROM unnest('{0,1,20,300,2000,20000}'::integer[]) AS n
  LEFT JOIN LATERAL (SELECT timestamp '2025-01-01' + i * interval '2 minutes' FROM generate_series(1, n) AS i) AS t (at) ON true
 GROUP BY n;
SELECT results_eq('SELECT who, occupied_minutes(occupied), occupied = occupied::text::occupancy FROM kept ORDER BY who',
    $$VALUES (0, 0::bigint, true), (1, 1, true), (20, 20, true), (300, 300, true), (2000, 2000, true), (20000, 20000, true)$$,
    'values of every length');
UPDATE kept SET occupied = occupied + '{[2025-01-01 00:00,2025-01-01 00:01)}';
SELECT is(sum(occupied_minutes(occupied))::integer, 22327, 'are added to') FROM kept;
SELECT throws_ok($$UPDATE kept SET occupied = occupied + '{[2025-01-01 00:00,2025-01-01 00:01)}' WHERE who = 1$$, '23514', NULL,
    'no_overlap holds');
SELECT throws_ok($$INSERT INTO kept VALUES (30, '{[2025-01-01 00:00,2025-01-01 01:00)x-1}')$$, '23514', NULL,
    'for less than nothing as well');

SELECT * FROM finish();
ROLLBACK;
