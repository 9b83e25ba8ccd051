-- Occupancy as a total: kept by trigger, in every way that totals are kept.

BEGIN;
SET LOCAL search_path = public, volunteer;
SET LOCAL TimeZone = 'UTC';
SELECT plan(36);

CREATE SCHEMA club;
CREATE TABLE club.shift (
    shift_id integer PRIMARY KEY,
    who integer,
    day date,
    period tstzrange,
    local tsrange,
    confirmed boolean NOT NULL DEFAULT true
);
CREATE TABLE club.person_year (
    who integer,
    year integer,
    shifts bigint NOT NULL,
    occupied volunteer.occupancy NOT NULL,
    PRIMARY KEY (who, year),
    CONSTRAINT no_overlap CHECK (NOT volunteer.has_overlap(occupied)),
    CONSTRAINT day_has_24_hours CHECK (volunteer.busiest_day_minutes(occupied) <= 1440)
) WITH (fillfactor = 70);
CREATE TABLE club.person (
    who integer PRIMARY KEY,
    occupied volunteer.occupancy NOT NULL,
    confirmed volunteer.occupancy
);
CREATE TABLE club.day (
    day date PRIMARY KEY,
    occupied volunteer.occupancy NOT NULL
);
CREATE TABLE club.day_queue (day date, occupied volunteer.occupancy NOT NULL);

-- Hours of a day of 2025, in Asia/Shanghai.
CREATE FUNCTION pg_temp.local(day text, starts text, ends text) RETURNS tsrange LANGUAGE sql AS $$
    SELECT tsrange(('2025-' || day || ' ' || starts)::timestamp, ('2025-' || day || ' ' || ends)::timestamp)
$$;
CREATE FUNCTION pg_temp.serve(shift_id integer, who integer, day text, starts text, ends text, confirmed boolean DEFAULT true)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO club.shift
    SELECT shift_id, who, ('2025-' || day)::date,
        tstzrange(lower(l) AT TIME ZONE 'Asia/Shanghai', upper(l) AT TIME ZONE 'Asia/Shanghai'), l, confirmed
    FROM pg_temp.local(day, starts, ends) AS l
$$;
CREATE FUNCTION pg_temp.occupied(who integer) RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.flush_hours();
    SELECT shifts || ' ' || occupied FROM club.person_year y WHERE y.who = occupied.who
$$;
CREATE FUNCTION pg_temp.differences() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM unnest('{club.person_year,club.person,club.day}'::regclass[]) AS t, volunteer.check_hours('club.shift', t)
$$;

-- What is there is counted; null and empty periods are none.
SELECT pg_temp.serve(1, 1, '03-01', '09:00', '11:30') \g /dev/null
SELECT pg_temp.serve(2, 1, '03-01', '11:30', '12:00', false) \g /dev/null
INSERT INTO club.shift VALUES (3, 1, '2025-03-02', NULL, NULL), (4, 2, '2025-03-02', 'empty', 'empty');
SELECT lives_ok($$SELECT track_hours('club.shift', 'club.person_year', '{who,year = year(day)}', '{occupied = period}', records => 'shifts')$$, 'periods in Asia/Shanghai, by year');
SELECT lives_ok($$SELECT track_hours('club.shift', 'club.person', '{who}', ARRAY['occupied = local', 'confirmed = local FILTER (WHERE confirmed)'],
    flush => 'statement')$$, 'local periods, with a filter, by each statement');
SELECT lives_ok($$SELECT track_hours('club.shift', 'club.day', '{day}', '{occupied = period}', queue => 'club.day_queue')$$, 'through a queue');
SELECT results_eq('SELECT who, year, shifts, occupied::text FROM club.person_year ORDER BY who',
    $$VALUES (1, 2025, 3::bigint, '{[2025-03-01 09:00,2025-03-01 12:00)}'), (2, 2025, 1, '{}')$$, 'rows that were there are counted');
SELECT results_eq('SELECT who, occupied::text, confirmed::text FROM club.person ORDER BY who',
    $$VALUES (1, '{[2025-03-01 09:00,2025-03-01 12:00)}', '{[2025-03-01 09:00,2025-03-01 11:30)}')$$,
    'those of a filter apart, none for nothing');
SELECT is(pg_temp.differences(), 0::bigint, 'exact');

-- Every change
SELECT pg_temp.serve(5, 1, '03-01', '12:00', '13:00') \g /dev/null
SELECT is(pg_temp.occupied(1), '4 {[2025-03-01 09:00,2025-03-01 13:00)}', 'insert');
UPDATE club.shift SET period = tstzrange(lower(period), upper(period) - interval '30 minutes') WHERE shift_id = 5;
SELECT is(pg_temp.occupied(1), '4 {[2025-03-01 09:00,2025-03-01 12:30)}', 'update');
DELETE FROM club.shift WHERE shift_id = 1;
SELECT is(pg_temp.occupied(1), '3 {[2025-03-01 11:30,2025-03-01 12:30)}', 'delete');
UPDATE club.shift SET who = 2 WHERE shift_id = 5;
SELECT is(pg_temp.occupied(2), '2 {[2025-03-01 12:00,2025-03-01 12:30)}', 'to another person');
UPDATE club.shift SET period = NULL WHERE shift_id = 5;
SELECT is(pg_temp.occupied(2), '2 {}', 'to null');
UPDATE club.shift SET confirmed = NOT confirmed WHERE shift_id = 2;
SELECT is((SELECT confirmed::text FROM club.person WHERE who = 1), '{[2025-03-01 11:30,2025-03-01 12:00)}', 'of a filter');
UPDATE club.shift SET local = NULL WHERE shift_id = 5;
SAVEPOINT before;
SELECT pg_temp.serve(6, 1, '03-01', '08:00', '09:00') \g /dev/null
SELECT is(pg_temp.occupied(1), '3 {[2025-03-01 08:00,2025-03-01 09:00),[2025-03-01 11:30,2025-03-01 12:00)}', 'before a rollback');
ROLLBACK TO before;
SELECT is(pg_temp.occupied(1), '2 {[2025-03-01 11:30,2025-03-01 12:00)}', 'which forgets');
SELECT is(pg_temp.differences(), 0::bigint, 'exact');

-- Constraints look at what the transaction leaves
SELECT lives_ok($$SELECT pg_temp.serve(7, 1, '03-01', '11:00', '13:00')$$, 'an overlap on the way');
DELETE FROM club.shift WHERE shift_id = 2;
SELECT is(pg_temp.occupied(1), '2 {[2025-03-01 11:00,2025-03-01 13:00)}', 'may be gone at the flush');
SELECT throws_ok($$SELECT pg_temp.serve(8, 1, '03-01', '12:59', '13:01'), volunteer.flush_hours()$$, '23514',
    'new row for relation "person_year" violates check constraint "no_overlap"', 'or is refused');
SELECT throws_ok($$SELECT pg_temp.serve(8, 3, '03-01', '12:59', '13:01'), pg_temp.serve(9, 3, '03-01', '12:59', '13:01'), volunteer.flush_hours()$$,
    '23514', 'new row for relation "person_year" violates check constraint "no_overlap"', 'in a new row as well');
SELECT throws_ok($$INSERT INTO club.shift VALUES (8, 1, '2025-03-01', '[2025-03-01 00:00,2025-03-01 00:00:30)')$$, '22023',
    'a period of service starts and ends at whole minutes', 'a period of half a minute at once');
SELECT throws_ok($$INSERT INTO club.shift VALUES (8, 1, '2025-03-01', '[2025-03-01 00:00,)')$$, '22023',
    'a period of service has a start and an end', 'as one without end');
SELECT is(pg_temp.differences(), 0::bigint, 'exact');
DO $$
DECLARE
    told text;
BEGIN
    PERFORM pg_temp.serve(8, 1, '03-01', '12:59', '13:01');
    PERFORM volunteer.flush_hours();
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS told = PG_EXCEPTION_DETAIL;
    PERFORM set_config('club.told', '<' || told || '>', true);
END
$$;
SELECT is(current_setting('club.told'), '<>', 'a refusal does not tell what is there');

-- Many at once, in no order
INSERT INTO club.shift
SELECT 1000 + n, 10 + n % 7, day, tstzrange(begun AT TIME ZONE 'Asia/Shanghai', (begun + '5 minutes') AT TIME ZONE 'Asia/Shanghai'),
    tsrange(begun, begun + '5 minutes'), n % 3 > 0
FROM generate_series(1, 6000) AS n
CROSS JOIN LATERAL (SELECT timestamp '2025-01-01' + (n * 4999 % 6000) * interval '40 minutes') AS t (begun)
CROSS JOIN LATERAL (SELECT begun::date) AS d (day);
SELECT is(pg_temp.differences(), 0::bigint, 'thousands, exact');
SELECT ok(max(pg_column_size(occupied)) > 6000, 'in long values') FROM club.person_year;
UPDATE club.shift SET period = tstzrange(lower(period) + interval '5 minutes', upper(period) + interval '5 minutes') WHERE shift_id > 1000;
SELECT is(pg_temp.differences(), 0::bigint, 'moved');
DELETE FROM club.shift WHERE shift_id > 1000 AND shift_id % 2 = 0;
SELECT is(pg_temp.differences(), 0::bigint, 'some gone');

-- A queue
SELECT volunteer.flush_hours() \g /dev/null
SELECT is_empty($$SELECT * FROM club.day WHERE day > '2025-03-02'$$, 'what waits is not in the totals yet');
SELECT ok(bool_or(has_overlap(occupied)), 'what was taken away waits as well') FROM club.day_queue;
SELECT ok(roll_up_hours('club.day') > 0, 'it is moved');
SELECT volunteer.flush_hours() \g /dev/null
SELECT results_eq('SELECT day, occupied FROM club.day WHERE occupied <> ''{}'' ORDER BY day',
    'SELECT day, sum(occupancy(period)) FROM club.shift GROUP BY day HAVING sum(occupancy(period)) <> ''{}'' ORDER BY day', 'whole');

-- Repair
ALTER TABLE club.person_year DISABLE TRIGGER protect_totals;
UPDATE club.person_year SET occupied = '{[2025-07-01 00:00,2025-07-02 00:00)}' WHERE who = 11;
DELETE FROM club.person_year WHERE who = 12;
ALTER TABLE club.person_year ENABLE TRIGGER protect_totals;
SELECT results_eq($$SELECT key->>'who' FROM check_hours('club.shift', 'club.person_year') ORDER BY 1$$, $$VALUES ('11'), ('12')$$, 'what is wrong is found');
SELECT is(repair_hours('club.shift', 'club.person_year'), 2::bigint, 'and repaired');
SELECT is(pg_temp.differences(), 0::bigint, 'exact');

-- Definitions
CREATE TABLE club.wrong (who integer PRIMARY KEY, occupied volunteer.occupancy NOT NULL, hours bigint);
SELECT throws_ok($$SELECT track_hours('club.shift', 'club.wrong', '{who}', ARRAY['occupied = day'])$$, '42804', NULL, 'not of a date');
SELECT throws_ok($$SELECT track_hours('club.shift', 'club.wrong', '{who}', ARRAY['hours = period'])$$, '42804', NULL, 'nor periods as a number');

SELECT * FROM finish();
ROLLBACK;
