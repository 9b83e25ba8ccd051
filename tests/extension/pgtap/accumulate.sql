-- Totals by trigger inside one transaction: what counts, what is undone, what is refused.

BEGIN;
SET LOCAL search_path = public, volunteer;
SELECT plan(107);

CREATE SCHEMA club;
CREATE TABLE club.visit (
    visit_id integer PRIMARY KEY,
    member_id bigint,
    visited_on date NOT NULL,
    hours volunteer.service_hours,
    points smallint,
    confirmed boolean
);
CREATE TABLE club.member (
    member_id bigint PRIMARY KEY,
    hours volunteer.service_hours CHECK (volunteer.minutes(hours) >= 0),
    points bigint NOT NULL DEFAULT 0 CHECK (points >= 0)
);
CREATE TABLE club.month (
    year integer,
    month date,
    hours volunteer.service_hours NOT NULL DEFAULT '0:00',
    visits integer NOT NULL DEFAULT 0,
    note text DEFAULT 'none',
    PRIMARY KEY (year, month)
);

INSERT INTO club.visit VALUES
    (1, 1, '2024-02-29', '2:30', 3, true),
    (2, 1, '2024-03-01', '1:00', 3, false),
    (3, 2, '2023-12-31', '4:00', 1, NULL);
INSERT INTO club.member VALUES (99, NULL, 0);

CREATE FUNCTION club.differences() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM (
        SELECT key FROM volunteer.check_hours('club.visit', 'club.member')
        UNION ALL
        SELECT key FROM volunteer.check_hours('club.visit', 'club.month')) AS d
$$;

-- Attaching

SELECT lives_ok(
    $$SELECT volunteer.track_hours('club.visit', 'club.member', ARRAY['member_id'], ARRAY['hours', 'points'])$$,
    'tracks into a table of one key');
SELECT lives_ok(
    $$SELECT volunteer.track_hours('club.visit', 'club.month',
        ARRAY['year = year(visited_on)', ' "month"=month ( visited_on ) '], ARRAY['hours'],
        counted => 'confirmed', records => 'visits')$$,
    'tracks into a second table by parts of a date');
SELECT results_eq(
    'SELECT member_id, hours::text, points FROM club.member ORDER BY 1',
    $$VALUES (1::bigint, '3:30', 6::bigint), (2, '4:00', 1), (99, NULL, 0)$$,
    'rows that were there are counted');
SELECT results_eq(
    'SELECT year, month, hours::text, visits FROM club.month ORDER BY 1',
    $$VALUES (2024, date '2024-02-01', '2:30', 1)$$,
    'only rows whose condition is true are counted');
SELECT results_eq(
    $$SELECT source, keys, sums, counted, records, flush, queue, quarantine FROM volunteer.tracking('club.month')$$,
    $$VALUES ('club.visit', '{"year = year(visited_on)"," \"month\"=month ( visited_on ) "}', '{hours}', 'confirmed', 'visits',
        'commit', NULL::text, NULL::text)$$,
    'the definition can be read back');
SELECT throws_ok(
    $$SELECT * FROM volunteer.check_hours('club.member', 'club.month')$$,
    '42704', 'table club.member is not tracked into totals club.month',
    'a table that is not tracked cannot be checked');

-- Statements

INSERT INTO club.visit SELECT g, g % 7, date '2024-01-01' + g, '1:15', 1, g % 3 > 0 FROM generate_series(10, 200) AS g;
SELECT is(
    (SELECT hours FROM club.member WHERE member_id = 1), '3:30',
    'totals lag behind inside the transaction');
SELECT volunteer.flush_hours();
SELECT is(
    (SELECT hours FROM club.member WHERE member_id = 1),
    (SELECT volunteer.sum(hours) FROM club.visit WHERE member_id = 1),
    'flush_hours() writes them at once');
SELECT is(club.differences(), 0::bigint, 'exact after INSERT');

UPDATE club.visit SET member_id = 3 WHERE visit_id < 50;
SELECT is(club.differences(), 0::bigint, 'exact after the key has changed');
SELECT is((SELECT hours::text || ' ' || points FROM club.member WHERE member_id = 2), '27:30 22',
    'the old key keeps what is left');
UPDATE club.visit SET hours = '0:45', points = 9 WHERE visit_id % 2 = 0;
SELECT is(club.differences(), 0::bigint, 'exact after the sums have changed');
UPDATE club.visit SET confirmed = NOT confirmed;
SELECT is(club.differences(), 0::bigint, 'exact after the condition has changed');
UPDATE club.visit SET visited_on = visited_on + 365;
SELECT is(club.differences(), 0::bigint, 'exact after year and month have changed');
DELETE FROM club.visit WHERE visit_id % 5 = 0;
SELECT is(club.differences(), 0::bigint, 'exact after DELETE');

INSERT INTO club.visit VALUES (1, 1, '2024-01-01', '1:00', 1, true), (5, 1, '2024-01-01', '1:00', 1, true)
    ON CONFLICT (visit_id) DO UPDATE SET hours = EXCLUDED.hours, member_id = 4, confirmed = true;
INSERT INTO club.visit VALUES (1, 6, '2024-01-01', '9:00', 1, true) ON CONFLICT DO NOTHING;
SELECT is(club.differences(), 0::bigint, 'exact after ON CONFLICT');
MERGE INTO club.visit AS v
    USING (SELECT g AS id FROM generate_series(195, 205) AS g) AS n ON v.visit_id = n.id
    WHEN MATCHED AND v.visit_id = 196 THEN DELETE
    WHEN MATCHED THEN UPDATE SET hours = '7:00'
    WHEN NOT MATCHED THEN INSERT VALUES (n.id, 8, '2025-01-01', '0:10', 1, true);
SELECT is(club.differences(), 0::bigint, 'exact after MERGE');
COPY club.visit FROM STDIN;
301	1	2022-05-05	2:00	4	t
302	9	2022-05-06	2:00	4	f
\.
SELECT is(club.differences(), 0::bigint, 'exact after COPY');
WITH moved AS (DELETE FROM club.visit WHERE visit_id > 300 RETURNING *)
INSERT INTO club.visit SELECT visit_id + 100, member_id, visited_on, hours, points, confirmed FROM moved;
SELECT is(club.differences(), 0::bigint, 'exact after a statement that deletes and inserts');

INSERT INTO club.visit VALUES (501, NULL, '2024-01-01', '1:00', 1, true), (502, 1, '2024-01-01', NULL, NULL, true);
SELECT is(club.differences(), 0::bigint, 'a null key counts nowhere and a null sum is zero');

INSERT INTO club.visit VALUES (503, 99, '2024-01-01', '2:00', 0, true);
SELECT volunteer.flush_hours();
SELECT is((SELECT hours::text FROM club.member WHERE member_id = 99), '2:00', 'a null total is zero');
SELECT is((SELECT note FROM club.month WHERE year = 2024 AND month = '2024-01-01'), 'none',
    'other columns get their defaults');

-- Negative deltas and constraints

DELETE FROM club.visit WHERE visit_id = 503;
SELECT is(club.differences(), 0::bigint, 'a negative delta is not tested against CHECK');
SELECT is((SELECT hours::text FROM club.member WHERE member_id = 99), '0:00', 'the row stays, with zeros');
INSERT INTO club.visit VALUES (504, 98, '2024-01-01', '-1:00', 0, true);
SELECT throws_ok('SELECT volunteer.flush_hours()', '23514', NULL, 'a negative total is tested');
DELETE FROM club.visit WHERE visit_id = 504;
SELECT is(club.differences(), 0::bigint, 'exact after the error was caught');
SELECT throws_ok(
    $sql$DO $$
      BEGIN
          INSERT INTO club.visit
          SELECT g, 97, '2024-01-01', '153722867280912930:00', 0, true FROM generate_series(505, 506) AS g;
          PERFORM volunteer.flush_hours();
      END $$$sql$,
    '22003', 'total is out of range', 'a sum that overflows is refused');
SELECT throws_ok(
    $$INSERT INTO club.visit VALUES (506, 97, 'infinity', '1:00', 0, true)$$,
    '22008', 'an infinite date has no year', 'an infinite date is refused');

-- Savepoints

INSERT INTO club.visit VALUES (600, 1, '2026-01-01', '1:00', 1, true);
SAVEPOINT outer_level;
INSERT INTO club.visit VALUES (601, 1, '2026-01-01', '2:00', 1, true);
SAVEPOINT inner_level;
INSERT INTO club.visit VALUES (602, 1, '2026-01-01', '4:00', 1, true);
ROLLBACK TO inner_level;
INSERT INTO club.visit VALUES (603, 2, '2026-01-01', '8:00', 1, true);
RELEASE inner_level;
SELECT is(club.differences(), 0::bigint, 'a rollback to a savepoint forgets what it undoes');
ROLLBACK TO outer_level;
SELECT is(club.differences(), 0::bigint, 'also what was written to the totals meanwhile');
SELECT is((SELECT hours::text FROM club.month WHERE year = 2026), '1:00', 'and nothing else');

SAVEPOINT flushed_inside;
DELETE FROM club.visit WHERE visit_id = 600;
SELECT volunteer.flush_hours();
RELEASE flushed_inside;
SELECT is(club.differences(), 0::bigint, 'what was flushed inside a savepoint is not written again');

INSERT INTO club.visit VALUES (610, 1, '2027-01-01', '1:00', 1, true);
DO $$
BEGIN
    INSERT INTO club.visit VALUES (611, 1, '2027-01-01', '2:00', 1, true), (612, 77, '2027-01-01', '-5:00', 1, true);
    PERFORM volunteer.flush_hours();
    RAISE 'a negative total was written';
EXCEPTION WHEN check_violation THEN
    NULL;
END
$$;
SELECT is((SELECT count(*) FROM club.month WHERE year = 2027), 0::bigint, 'a flush that fails inside a block writes nothing');
SELECT is(club.differences(), 0::bigint, 'and loses nothing of what the block did not write');
SELECT is((SELECT hours::text || ' ' || visits FROM club.month WHERE year = 2027), '1:00 1', 'which is written in its turn');

-- Random work in nested blocks of which half fail; whatever happens, the totals must follow.
SELECT setseed(0.42);
CREATE FUNCTION club.random_work(depth integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    id integer := 1000 + random() * 200;
BEGIN
    FOR i IN 1..6 LOOP
        CASE trunc(random() * 6)
            WHEN 0 THEN INSERT INTO club.visit
                SELECT g, random() * 5, date '2024-01-01' + (random() * 900)::integer, '1:00', 1, random() < 0.7
                FROM generate_series(id, id + 9) AS g
                ON CONFLICT (visit_id) DO UPDATE SET hours = club.visit.hours + EXCLUDED.hours;
            WHEN 1 THEN UPDATE club.visit SET member_id = random() * 5, hours = '0:30' WHERE visit_id % 17 = id % 17;
            WHEN 2 THEN DELETE FROM club.visit WHERE visit_id % 23 = id % 23;
            WHEN 3 THEN PERFORM volunteer.flush_hours();
            WHEN 4 THEN UPDATE club.visit SET confirmed = random() < 0.5 WHERE visit_id % 11 = id % 11;
            ELSE
                IF depth < 4 THEN
                    BEGIN
                        PERFORM club.random_work(depth + 1);
                        IF random() < 0.5 THEN
                            RAISE EXCEPTION 'undone';
                        END IF;
                    EXCEPTION WHEN raise_exception THEN
                        NULL;
                    END;
                END IF;
        END CASE;
    END LOOP;
END
$$;
SELECT is_empty(
    $$SELECT n FROM generate_series(1, 60) AS n, LATERAL (SELECT club.random_work(n * 0)) AS w
      WHERE club.differences() <> 0$$,
    'exact after random work in nested blocks that fail');
SELECT ok((SELECT count(*) FROM club.visit WHERE visit_id >= 1000) > 20, 'there was work');

-- TRUNCATE

SAVEPOINT truncated;
TRUNCATE club.visit;
SELECT is(club.differences(), 0::bigint, 'exact after TRUNCATE');
SELECT is((SELECT volunteer.sum(hours)::text || ' ' || sum(visits) FROM club.month), '0:00 0', 'nothing is left');
ROLLBACK TO truncated;
SELECT is(club.differences(), 0::bigint, 'exact after TRUNCATE was undone');

-- Partitions

CREATE TABLE club.shift (
    filler integer,
    club text COLLATE "C",
    member uuid,
    started_on date NOT NULL,
    minutes integer,
    counts boolean GENERATED ALWAYS AS (minutes > 0) STORED
) PARTITION BY RANGE (started_on);
ALTER TABLE club.shift DROP COLUMN filler;
CREATE TABLE club.shift_2024 PARTITION OF club.shift FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE club.shift_later (counts boolean GENERATED ALWAYS AS (minutes > 0) STORED, minutes integer, started_on date NOT NULL,
    member uuid, club text COLLATE "C");
ALTER TABLE club.shift ATTACH PARTITION club.shift_later FOR VALUES FROM ('2025-01-01') TO ('2030-01-01');
CREATE TABLE club."Club's total" (
    "the ""club""" text COLLATE "C",
    member uuid,
    started_on date,
    "Minutes" integer,
    PRIMARY KEY ("the ""club""", member, started_on)
);
SELECT lives_ok(
    $$SELECT volunteer.track_hours('club.shift', 'club."Club''s total"', ARRAY['"the ""club""" = club', 'member', 'started_on'],
        ARRAY['"Minutes" = minutes'], 'counts')$$,
    'tracks a partitioned table, quoted names, keys of text, uuid and date');
PREPARE shift_differences AS SELECT * FROM volunteer.check_hours('club.shift', 'club."Club''s total"');

INSERT INTO club.shift SELECT 'club ' || g % 3, md5((g % 4)::text)::uuid, date '2024-12-01' + g % 60, g % 90
    FROM generate_series(1, 500) AS g;
SELECT is_empty('shift_differences', 'exact after INSERT into several partitions');
SELECT ok((SELECT count(*) > 0 AND bool_and(EXTRACT(year FROM started_on) IN (2024, 2025)) FROM club."Club's total"),
    'both partitions were counted');
UPDATE club.shift SET started_on = started_on + 20;
SELECT is_empty('shift_differences', 'exact after rows have moved between partitions');
UPDATE club.shift_later SET minutes = -1 WHERE club = 'club 1';
INSERT INTO club.shift_later VALUES (DEFAULT, 60, '2026-06-06', md5('x')::uuid, repeat('long', 400));
SELECT is_empty('shift_differences', 'exact after writes to a partition itself');
TRUNCATE club.shift_2024;
SELECT is_empty('shift_differences', 'exact after TRUNCATE of a partition');
CREATE TABLE club.shift_2030 PARTITION OF club.shift FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
INSERT INTO club.shift VALUES ('club 1', md5('x')::uuid, '2030-06-06', 60), ('club 1', md5('x')::uuid, '2024-06-06', 60);
SAVEPOINT tree;
TRUNCATE club.shift;
SELECT is_empty('shift_differences', 'exact after TRUNCATE of the whole, with a partition newer than the triggers');
ROLLBACK TO tree;
ALTER TABLE club.shift DETACH PARTITION club.shift_later;
SELECT isnt_empty('shift_differences', 'DETACH of a partition fires nothing, and the check shows it');
SELECT lives_ok(
    $$SELECT volunteer.track_hours('club.shift', 'club."Club''s total"', ARRAY['"the ""club""" = club', 'member', 'started_on'],
        ARRAY['"Minutes" = minutes'], 'counts')$$,
    'tracking again');
TRUNCATE club.shift_later;
SELECT is_empty('shift_differences', 'corrects the totals');
TRUNCATE club.shift_2030;
SELECT is_empty('shift_differences', 'and covers the partitions made since');

-- Flush at the end of each statement

CREATE TABLE club.at_once (member_id bigint PRIMARY KEY, hours volunteer.service_hours);
SELECT volunteer.track_hours('club.visit', 'club.at_once', ARRAY['member_id'], ARRAY['hours'], flush => 'statement');
INSERT INTO club.visit VALUES (700, 70, '2024-01-01', '3:00', 1, true);
ALTER TABLE club.at_once ADD CONSTRAINT few CHECK (member_id <> 70 OR hours < '10:00');
DO $$
BEGIN
    INSERT INTO club.visit VALUES (701, 70, '2024-01-01', '8:00', 1, true);
    RAISE 'too many hours were written';
EXCEPTION WHEN check_violation THEN
    INSERT INTO club.visit VALUES (701, 71, '2024-01-01', '0:00', 1, true);
END
$$;
SELECT is_empty($$SELECT * FROM volunteer.check_hours('club.visit', 'club.at_once')$$, 'exact after a statement that was refused');
SELECT is((SELECT hours::text FROM club.at_once WHERE member_id = 70), '3:00', 'totals follow each statement');
SAVEPOINT at_once;
UPDATE club.visit SET hours = '5:00' WHERE visit_id = 700;
SELECT is((SELECT hours::text FROM club.at_once WHERE member_id = 70), '5:00', 'also inside a savepoint');
ROLLBACK TO at_once;
SELECT is((SELECT hours::text FROM club.at_once WHERE member_id = 70), '3:00', 'and its rollback');
TRUNCATE club.visit;
SELECT is((SELECT hours::text FROM club.at_once WHERE member_id = 70), '0:00', 'and TRUNCATE');

-- Totals that are themselves tracked

CREATE TABLE club.everything (note text PRIMARY KEY, visits bigint);
SELECT volunteer.track_hours('club.month', 'club.everything', ARRAY['note'], ARRAY['visits']);
INSERT INTO club.visit SELECT g, g, '2024-01-01', '1:00', 1, true FROM generate_series(1, 10) AS g;
SELECT volunteer.flush_hours();
SELECT is((SELECT visits FROM club.everything WHERE note = 'none'), 10::bigint, 'totals of totals follow too');
SELECT volunteer.untrack_hours('club.month', 'club.everything');

-- Changes of definition

ALTER TABLE club.month RENAME COLUMN visits TO visit_count;
SELECT throws_ok(
    $$INSERT INTO club.visit VALUES (800, 1, '2024-01-01', '1:00', 1, true)$$,
    '42703', 'column "visits" of relation "month" does not exist',
    'a total that was renamed is noticed');
SELECT volunteer.track_hours('club.visit', 'club.month', ARRAY['year = year(visited_on)', 'month = month(visited_on)'],
    ARRAY['hours'], records => 'visit_count');
INSERT INTO club.visit VALUES (801, 1, '2024-01-01', '1:00', 1, false);
SELECT is(club.differences(), 0::bigint, 'exact under the new definition');
SELECT is((SELECT visit_count FROM club.month WHERE month = '2024-01-01'), 11, 'which has no condition any more');
ALTER TABLE club.visit ALTER member_id TYPE integer;
SELECT throws_ok(
    $$INSERT INTO club.visit VALUES (802, 1, '2024-01-01', '1:00', 1, false)$$,
    '42804', 'types of total "member_id" and source column "member_id" do not fit',
    'a key that has changed its type is refused');
ALTER TABLE club.visit ALTER member_id TYPE bigint;
INSERT INTO club.visit VALUES (803, 1, '2024-01-01', '1:00', 1, false);
DROP TABLE club.at_once;
SELECT lives_ok('SELECT volunteer.flush_hours()', 'totals dropped since are not written');
SELECT throws_ok(
    $$INSERT INTO club.visit VALUES (804, 1, '2024-01-01', '1:00', 1, false)$$,
    '42P01', 'totals "club.at_once" do not exist',
    'but missed by the next row');
DROP TRIGGER accumulate_club_at_once ON club.visit;
SELECT lives_ok(
    $$SELECT volunteer.untrack_hours('club.visit', 'club.month')$$, 'tracking can be ended');
SELECT is(
    (SELECT count(*) FROM volunteer.triggers_into('club.month')), 0::bigint, 'which drops its triggers');

-- Refusals

SELECT throws_ok(format($$SELECT volunteer.track_hours('club.visit', 'club.month', %L, %L, %L, %L, %L)$$,
        keys, sums, counted, records, flush), error, NULL, 'refused: ' || reason)
FROM (VALUES
    ('{year,month}', '{hours}', NULL, NULL, 'commit', '42703', 'a source column that is missing'),
    ('{visited_on}', '{hours}', NULL, NULL, 'commit', '42703', 'a total that is missing'),
    ('{year = year(member_id),month = month(visited_on)}', '{hours}', NULL, NULL, 'commit', '42804', 'the year of a number'),
    ('{year = day(visited_on)}', '{hours}', NULL, NULL, 'commit', '42601', 'an unknown part of a date'),
    ('{year = }', '{hours}', NULL, NULL, 'commit', '42601', 'half a mapping'),
    ('{"year = year(visited_on"}', '{hours}', NULL, NULL, 'commit', '42601', 'an open parenthesis'),
    ('{"\"year"}', '{hours}', NULL, NULL, 'commit', '42601', 'an open quote'),
    ('{"year; DROP TABLE club.visit"}', '{hours}', NULL, NULL, 'commit', '42601', 'more than a name'),
    ('{NULL}', '{hours}', NULL, NULL, 'commit', '22004', 'a null mapping'),
    ('{}', '{hours}', NULL, NULL, 'commit', '39P01', 'no key'),
    ('{year = year(visited_on)}', '{}', NULL, NULL, 'commit', '39P01', 'no sum'),
    ('{year = year(visited_on)}', '{hours}', NULL, NULL, 'commit', '42P10', 'keys without their unique index'),
    ('{year = year(visited_on),month = month(visited_on)}', '{hours = visited_on}', NULL, NULL, 'commit', '42804', 'a sum of dates'),
    ('{year = year(visited_on),month = month(visited_on)}', '{hours = points}', NULL, NULL, 'commit', '42804', 'hours from a number'),
    ('{year = year(visited_on),month = month(visited_on)}', '{hours}', 'points', NULL, 'commit', '42804', 'a condition that is not boolean'),
    ('{year = year(visited_on)}', '{hours}', NULL, 'note', 'commit', '42804', 'a count in a text'),
    ('{year = year(visited_on)}', '{hours}', NULL, NULL, 'never', '39P01', 'an unknown flush'),
    ('{year = year(visited_on),month = month(visited_on)}', '{hours FILTER (WHERE points)}', NULL, NULL, 'commit', '42804',
        'a filter that is not boolean'),
    ('{year = year(visited_on),month = month(visited_on)}', '{hours FILTER (WHERE nowhere)}', NULL, NULL, 'commit', '42703',
        'a filter that is missing'),
    ('{year = year(visited_on),month = month(visited_on)}', '{hours FILTER (confirmed)}', NULL, NULL, 'commit', '42601',
        'half a filter'),
    ('{year = year(visited_on) FILTER (WHERE confirmed)}', '{hours}', NULL, NULL, 'commit', '42601', 'a filter of a key'),
    ('{year = year(visited_on),month = month(visited_on)}', '{hours,hours = hours}', NULL, NULL, 'commit', '42701',
        'a total of two sums'),
    ('{year = year(visited_on),month = month(visited_on)}', '{visit_count = points}', NULL, 'visit_count', 'commit', '42701',
        'a total of a sum and of records'),
    ('{year = year(visited_on),month = month(visited_on)}', '{year = member_id}', NULL, NULL, 'commit', '42701',
        'a key that is a sum')
) AS wrong (keys, sums, counted, records, flush, error, reason);

CREATE TABLE club.other (member_id bigint, hours volunteer.service_hours, points bigint);
SELECT throws_ok(
    $$SELECT volunteer.track_hours('club.other', 'club.member', ARRAY['member_id'], ARRAY['hours'])$$,
    '42710', 'totals club.member are kept from another table', 'a second source for one totals table is refused');
SELECT throws_ok(
    $$SELECT volunteer.track_hours('club.month', 'club.month', ARRAY['year', 'month'], ARRAY['hours'])$$,
    '39P01', NULL, 'a table cannot be its own totals');

CREATE COLLATION club.of_no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE club.typed (name varchar(8), weight numeric(6,2), minutes bigint);
CREATE TEMPORARY TABLE fleeting (name varchar(8) PRIMARY KEY, minutes bigint);
CREATE TABLE club.typed_total (
    name varchar(8) PRIMARY KEY, brief varchar(7) UNIQUE, wide varchar(9) UNIQUE, weight numeric(6,2) UNIQUE, rough numeric(6,1) UNIQUE,
    minutes bigint, hours bigint GENERATED ALWAYS AS (minutes / 60) STORED);
SELECT throws_ok(format($$SELECT volunteer.track_hours('club.typed', %L, %L, %L, fill => false)$$, totals, keys, sums), error, NULL, 'refused: ' || reason)
FROM (VALUES
    ('club.typed_total', '{brief = name}', '{minutes}', '42804', 'a key that would be cut'),
    ('club.typed_total', '{rough = weight}', '{minutes}', '42804', 'a key that would be rounded'),
    ('club.typed_total', '{name}', '{hours = minutes}', '428C9', 'a total that is generated'),
    ('fleeting', '{name}', '{minutes}', '42P16', 'totals that only this session has')
) AS wrong (totals, keys, sums, error, reason);
SELECT lives_ok(format($$SELECT volunteer.track_hours('club.typed', 'club.typed_total', %L, '{minutes}', fill => false)$$, keys), reason)
FROM (VALUES ('{wide = name}', 'a key may be wider'), ('{weight}', 'or of the same type modifier')) AS right_one (keys, reason);

CREATE TABLE club.named (name text, minutes bigint);
CREATE TABLE club.named_total (name text, minutes bigint);
CREATE UNIQUE INDEX ON club.named_total (name COLLATE club.of_no_case);
SELECT throws_ok($$SELECT volunteer.track_hours('club.named', 'club.named_total', '{name}', '{minutes}')$$, '42P10', NULL,
    'refused: an index that takes for equal what the key does not');
CREATE UNIQUE INDEX ON club.named_total (name);
SELECT volunteer.track_hours('club.named', 'club.named_total', '{name}', '{minutes}');
INSERT INTO club.named VALUES ('an', 1);
SELECT volunteer.flush_hours();
SELECT throws_ok($$DO 'BEGIN INSERT INTO club.named VALUES (''AN'', 1); PERFORM volunteer.flush_hours(); END'$$, '23505', NULL,
    'beside the right one it is a constraint');

-- Names are kept as they are when nothing need be quoted, whatever a session wants to see.
SET LOCAL quote_all_identifiers = on;
SELECT lives_ok($$SELECT volunteer.track_hours('club.named', 'club.named_total', '{name}', '{minutes}')$$, 'names in quotes are the same');
SELECT volunteer.untrack_hours('club.named', 'club.named_total');
SET LOCAL quote_all_identifiers = off;
SELECT is_empty($$SELECT tgname FROM pg_trigger WHERE tgrelid IN ('club.named'::regclass, 'club.named_total'::regclass)$$,
    'tracking ends on both sides');

CREATE FUNCTION club.try_trigger(timing text, arguments text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER wrong %s EXECUTE FUNCTION volunteer.accumulate_hours(%s)',
        format(timing, 'club.other'), arguments);
    INSERT INTO club.other VALUES (1, '1:00', 1);
    TRUNCATE club.other;
END
$$;
SELECT throws_ok(format('SELECT club.try_trigger(%L, %L)', timing, arguments), '39P01', NULL, 'refused: ' || reason)
FROM (VALUES
    ('BEFORE INSERT ON %s FOR EACH ROW', $$'club.member', '{member_id}', '{hours}', '', '', 'commit'$$, 'BEFORE ROW'),
    ('AFTER INSERT ON %s', $$'club.member', '{member_id}', '{hours}', '', '', 'commit'$$, 'AFTER STATEMENT'),
    ('AFTER TRUNCATE ON %s', $$'club.member', '{member_id}', '{hours}', '', '', 'commit'$$, 'AFTER TRUNCATE'),
    ('AFTER INSERT ON %s FOR EACH ROW', '', 'no arguments'),
    ('AFTER INSERT ON %s FOR EACH ROW', $$'member', '{member_id}', '{hours}', '', '', 'commit'$$,
        'totals without their schema')
) AS wrong (timing, arguments, reason);
SELECT throws_ok('SELECT volunteer.accumulate_hours()', NULL, NULL, 'refused: a call without a trigger');

SELECT * FROM finish();
ROLLBACK;
