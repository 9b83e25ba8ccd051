BEGIN;
\ir ../types_helpers.sql
SELECT plan(44);

-- Text form
SELECT is_empty(
    $$SELECT written, stars::star_rating FROM (VALUES
        ('0', 0), ('1', 1), ('5', 5), ('3星', 3), ('3星级', 3), ('零星', 0), ('一星', 1), ('二星', 2), ('三星', 3), ('四星级', 4),
        ('五星级', 5), ('★', 1), ('★★★', 3), ('★★★★★', 5), ('★★★☆☆', 3), ('☆☆☆☆☆', 0)
      ) AS form (stars, written) WHERE stars::star_rating::text <> written::text$$,
    'reads every form and writes one');
SELECT pg_temp.refused('star_rating', value, place, 'expected 0 to 5, 三星 or ★★★')
  FROM (VALUES ('', 1), ('6', 1), ('-1', 1), ('33', 2), ('3 ', 2), ('三', 2), ('六星', 1), ('星', 1), ('三星x', 3), ('★★★★★★', 6), ('★★☆', 4),
            ('☆', 2), ('★x', 2), ('☆★★★★', 2), ('★★★☆☆☆', 6)) AS bad (value, place);

SELECT results_eq('SELECT stars(n::star_rating) FROM generate_series(0, 5) n',
    ARRAY['☆☆☆☆☆', '★☆☆☆☆', '★★☆☆☆', '★★★☆☆', '★★★★☆', '★★★★★'], 'as stars');
SELECT is_empty('SELECT n FROM generate_series(0, 5) n WHERE stars(n::star_rating)::star_rating::integer <> n', 'which it reads');

-- Casts
SELECT is(star_rating '3'::integer, 3, 'to a number');
SELECT throws_ok('SELECT 6::star_rating', '22003', 'star_rating out of range', 'more than five');
SELECT throws_ok('SELECT (-1)::star_rating', '22003', 'star_rating out of range', 'less than none');
CREATE TEMP TABLE award (stars star_rating);
SELECT throws_ok('INSERT INTO award VALUES (3)', '42804', NULL, 'from a number only explicitly');

-- By the national thresholds
CREATE TEMP TABLE served AS SELECT service_hours_of_minutes(minutes) AS hours, stars
  FROM (VALUES (-60, 0), (0, 0), (5999, 0), (6000, 1), (17999, 1), (18000, 2), (35999, 2), (36000, 3), (59999, 3), (60000, 4),
            (89999, 4), (90000, 5), (9223372036854775807, 5)) AS t (minutes, stars);
SELECT results_eq('SELECT hours, star_rating(hours)::integer FROM served', 'SELECT hours, stars FROM served', 'stars of the hours');
SELECT results_eq(
    'SELECT star::integer, minutes(missing) FROM served, next_star(hours)',
    $$VALUES (1, 6060::bigint), (1, 6000), (1, 1), (2, 12000), (2, 1), (3, 18000), (3, 1), (4, 24000), (4, 1), (5, 30000), (5, 1),
        (NULL, NULL), (NULL, NULL)$$,
    'the next star and what is missing');
SELECT is_empty(
    'SELECT hours FROM served, next_star(hours) WHERE star_rating(hours + missing) <> star OR star_rating(hours + missing - $$0:01$$) >= star',
    'exactly what is missing');
SELECT throws_ok($$SELECT next_star('-153722867280912930:08')$$, '22003', 'service_hours out of range', 'out of range');

-- By a local standard
SELECT results_eq(
    $$SELECT star_rating(hours, '{100,200,500,800,1000}')::integer FROM unnest('{99:59,100,499:59,500,999:59,1000}'::service_hours[]) hours$$,
    ARRAY[0, 1, 2, 3, 4, 5], 'stars of the hours');
SELECT results_eq(
    $$SELECT star::integer, missing::text FROM unnest('{99:59,500,1000}'::service_hours[]) hours, next_star(hours, '{100,200,500,800,1000}')$$,
    $$VALUES (1, '0:01'), (4, '300:00'), (NULL, NULL)$$, 'the next star and what is missing');
SELECT throws_ok(format('SELECT star_rating(service_hours ''1'', %L)', standard), '22023', message, standard)
  FROM (VALUES ('{}', 'a star standard needs five thresholds'), ('{1,2,3,4}', 'a star standard needs five thresholds'),
            ('{1,2,3,4,5,6}', 'a star standard needs five thresholds'), ('{1,2,NULL,4,5}', 'a star standard needs five thresholds'),
            ('{{1,2,3,4,5}}', 'a star standard needs five thresholds'), ('{1,2,2,4,5}', 'the thresholds of a star standard must ascend'),
            ('{5,4,3,2,1}', 'the thresholds of a star standard must ascend')) AS bad (standard, message);
SELECT throws_ok($$SELECT next_star('1', '{1,2,3,4}')$$, '22023', 'a star standard needs five thresholds', 'also for the next star');

-- Order and indexes
INSERT INTO award SELECT (n % 6)::star_rating FROM generate_series(1, 600) n;
SELECT results_eq('SELECT min(stars), max(stars) FROM award WHERE stars BETWEEN $$2$$ AND $$4$$', $$VALUES (star_rating '2', star_rating '4')$$, 'lowest and highest');
SELECT results_eq('SELECT min(stars), max(stars) FROM award WHERE stars > $$5$$', 'VALUES (NULL::star_rating, NULL::star_rating)', 'of none');
SELECT is((SELECT array_agg(stars ORDER BY stars) FROM award), (SELECT array_agg(stars ORDER BY stars::integer) FROM award),
    'order is that of the number');
SELECT ok('2' < star_rating '三星' AND '3' <= star_rating '三星' AND '4' > star_rating '三星' AND '3' >= star_rating '三星'
    AND '★★★' = star_rating '三星' AND '4' <> star_rating '三星', 'comparison');
SELECT is((SELECT count(*) FROM (SELECT stars FROM award GROUP BY stars) g), 6::bigint, 'grouped');
SET LOCAL enable_seqscan = off;
CREATE INDEX award_by_stars ON award (stars);
SELECT matches(pg_temp.plan($$SELECT * FROM award WHERE stars >= '5'$$), 'Index Cond', 'btree serves >=');
SELECT matches(pg_temp.plan('SELECT max(stars) FROM award'), 'Index Only Scan Backward', 'and the highest');
DROP INDEX award_by_stars;
CREATE INDEX award_by_hash ON award USING hash (stars);
SELECT matches(pg_temp.plan($$SELECT * FROM award WHERE stars = '5'$$), 'award_by_hash', 'hash serves =');

SELECT * FROM finish();
ROLLBACK;
