BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(42);

CREATE FUNCTION pg_temp.standard(thresholds text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.set_star_standard(%L, ''示例办法''%s)', thresholds, more)
$$;
-- What a volunteer of a place has served and since when, as if it had been recorded.
CREATE FUNCTION pg_temp.served(volunteer_no text, region text, hours text, since date) RETURNS void LANGUAGE sql AS $$
    UPDATE registry.volunteer v SET region = served.region::region_code, registered_on = since
    WHERE v.volunteer_no = served.volunteer_no::volunteer_no;
    INSERT INTO registry.volunteer_year AS y (volunteer_id, year, hours, declared, records, occupied, uncounted)
    SELECT v.volunteer_id, 2020, served.hours::service_hours, '0:00', 1, '{}', '{}'
    FROM registry.volunteer v WHERE v.volunteer_no = served.volunteer_no::volunteer_no
    ON CONFLICT (volunteer_id, year) DO UPDATE SET hours = excluded.hours;
$$;
CREATE FUNCTION pg_temp.due(volunteer_no text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(d.level::text, ' ' ORDER BY d.level)
    FROM registry.star_due d JOIN registry.volunteer v USING (volunteer_id) WHERE v.volunteer_no = due.volunteer_no::volunteer_no
$$;
ALTER TABLE registry.volunteer_year DISABLE TRIGGER protect_totals;

-- Beijing's former thresholds: rows and no code
SELECT pg_temp.served(:'ann', '110105', '800:00', registry.today() - 100);
SELECT is(pg_temp.due(:'ann'), '1 2 3', 'three stars by the national standard');
SELECT pg_temp.act('clerk', pg_temp.standard('{100:00,200:00,500:00,800:00,1000:00}', $$, '11'$$)) AS former \gset
SELECT is(pg_temp.due(:'ann'), '1 2 3 4', 'four by that of the city');
SELECT pg_temp.act('clerk', pg_temp.standard('{100:00,300:00,600:00,1000:00,1500:00}', format($$, '11', since => %L$$, registry.today() + 1))) AS present \gset
SELECT is(pg_temp.due(:'ann'), '1 2 3 4', 'what is in force from tomorrow changes nothing today');
SELECT results_eq($$SELECT valid, thresholds[2]::text FROM registry.star_standard WHERE region = '11' ORDER BY standard_id$$,
    $$VALUES (daterange(registry.today(), registry.today() + 1), '200:00'), (daterange(registry.today() + 1, NULL), '300:00')$$, 'one follows the other');
SELECT is(count(*), 1::bigint, 'and neither ends that of the country') FROM registry.star_standard WHERE region IS NULL AND upper_inf(valid);
SELECT lives_ok(format('SELECT pg_temp.act(''clerk'', %L)', pg_temp.standard('{100:00,300:00,600:00,1000:00,1600:00}', format($$, '11', since => %L$$, registry.today() + 2))), 'a third');
SELECT is(pg_temp.award_stars(:'district'), '4', 'awarded by the standard of the place');
SELECT results_eq('SELECT DISTINCT standard_id FROM registry.star_award', format('VALUES (%s::bigint)', :former), 'and they say by which');

-- Xiamen's tenure: two years for three stars, three for four
SELECT pg_temp.act('clerk', pg_temp.standard('{100:00,300:00,600:00,1000:00,1500:00}', $$, '3502', '{0,0,24,36,36}'$$)) AS xiamen \gset
SELECT results_eq(format($$
    SELECT (SELECT pg_temp.due(%1$L) FROM pg_temp.served(%1$L, '350211', hours, since::date) OFFSET 0)
    FROM (VALUES
        (1, '1500:00', registry.today() - interval '24 months' + interval '1 day'),
        (2, '1500:00', registry.today() - interval '24 months'),
        (3, '599:59', registry.today() - interval '24 months'),
        (4, '1500:00', registry.today() - interval '36 months'),
        (5, '999:59', registry.today() - interval '36 months')) AS t (n, hours, since) ORDER BY n$$, :'ben'),
    $$VALUES ('1 2'), ('1 2 3'), ('1 2'), ('1 2 3 4 5'), ('1 2 3')$$, 'hours and months of registration are both reached');

-- Who awards which star
SELECT pg_temp.act('clerk', pg_temp.standard('{1:00,2:00,3:00,4:00,5:00}', $$, '441402', awarding_levels => '{3,3,2,2,1}'$$)) AS levels \gset
SELECT pg_temp.served(:'ben', '441402', '100:00', registry.today() - 100);
CREATE ROLE of_district LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.act('clerk', pg_temp.appointing('of_district', :district, 'reviewer')) AS staff \gset
SELECT is(pg_temp.act('recorder', format('SELECT registry.apply_for_stars(%s)', :district)), '5', 'five are due');
SELECT lives_ok(format('SELECT pg_temp.act(''of_district'', %L)', format('SELECT registry.review_star(%L, 1, true)', :'ben')), 'the district decides on the first');
SELECT is(pg_temp.act('of_district', format('SELECT registry.publish_stars(%s)', :district)), '1', 'and the second');
SELECT pg_temp.refused('of_district', format('SELECT registry.review_star(%L, 3, true)', :'ben'), '42501', 'awarding_level', 'the third is the city''s');
SELECT is(pg_temp.act('reviewer', format('SELECT registry.publish_stars(%s)', :city)), '2', 'with the fourth');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 5, true)', :'ben'), '42501', 'awarding_level', 'the fifth is the province''s');
SELECT pg_temp.end_star_publicity();
SELECT is(pg_temp.act('reviewer', format('SELECT registry.award_stars(%s)', :city)), '4', 'a city awards what the district may');
CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT is(pg_temp.act('analyst', 'SELECT (star, status, awarding_level)::text FROM report.star_applications'), '(5,applied,1)', 'the list of applications says so');

-- Refusals
SELECT pg_temp.refused('reviewer', pg_temp.standard('{1:00,2:00,3:00,4:00,5:00}'), '42501', '', 'administrators only');
SELECT pg_temp.refused('clerk', pg_temp.standard(thresholds, more), state, rule, description)
FROM (VALUES
    ('{1:00,2:00,3:00,4:00}', '', '23514', 'five_ascending_thresholds', 'four thresholds'),
    ('{1:00,2:00,2:00,4:00,5:00}', '', '23514', 'five_ascending_thresholds', 'thresholds that do not ascend'),
    ('{1:00,1:00,3:00,4:00,5:00}', '', '23514', 'five_ascending_thresholds', 'the second like the first'),
    ('{1:00,2:00,3:00,3:00,5:00}', '', '23514', 'five_ascending_thresholds', 'the fourth like the third'),
    ('{1:00,2:00,3:00,4:00,4:00}', '', '23514', 'five_ascending_thresholds', 'the fifth like the fourth'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', '{-1,0,0,0,0}'$$, '23514', 'five_tenures_not_descending', 'months before the beginning'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', '{6,0,6,6,6}'$$, '23514', 'five_tenures_not_descending', 'fewer for the second'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', '{0,6,0,6,6}'$$, '23514', 'five_tenures_not_descending', 'fewer for the third'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', '{0,0,0,6,0}'$$, '23514', 'five_tenures_not_descending', 'fewer for the fifth'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', awarding_levels => '{2,3,2,2,1}'$$, '23514', 'higher_stars_from_no_lower_level', 'the second from a lower level'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', awarding_levels => '{3,3,1,2,1}'$$, '23514', 'higher_stars_from_no_lower_level', 'the fourth from a lower level'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', awarding_levels => '{3,3,2,1,2}'$$, '23514', 'higher_stars_from_no_lower_level', 'the fifth from a lower level'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', awarding_levels => '{3,3,2,2,0}'$$, '23514', 'higher_stars_from_no_lower_level', 'a level above all'),
    ('{1:00,2:00,NULL,4:00,5:00}', '', '23514', 'five_ascending_thresholds', 'a threshold left out'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', '{0,6,3,0,0}'$$, '23514', 'five_tenures_not_descending', 'months that descend'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', '{0,0,0,0,NULL}'$$, '23514', 'five_tenures_not_descending', 'months left out'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', awarding_levels => '{3,3,4,2,2}'$$, '23514', 'higher_stars_from_no_lower_level', 'a higher star from a lower level'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', awarding_levels => '{6,6,6,6,6}'$$, '23514', 'higher_stars_from_no_lower_level', 'a level below all'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', awarding_levels => '{3,3,NULL,2,2}'$$, '23514', 'higher_stars_from_no_lower_level', 'a level left out'),
    ('{1:00,2:00,3:00,4:00,5:00}', format($$, '4414', since => %L$$, registry.today() - 1), '23514', 'standard_not_retroactive', 'from yesterday'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '4414', since => 'infinity'$$, '23514', 'standard_begins_on_a_day', 'never'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '441402'$$, '23P01', 'one_star_standard_at_a_time', 'twice on one day'),
    ('{1:00,2:00,3:00,4:00,5:00}', $$, '449900'$$, '23503', 'known_region', 'unknown region')
) AS t (thresholds, more, state, rule, description);
SELECT pg_temp.refused('clerk', $$SELECT registry.set_star_standard('{1:00,2:00,3:00,4:00,5:00}', ' ', '4414')$$,
    '23514', 'standard_states_its_basis', 'no basis');

SELECT * FROM finish();
ROLLBACK;
