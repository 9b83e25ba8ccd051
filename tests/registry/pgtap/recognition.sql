BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(33);

-- Whole days of service from four days ago backwards, effective; returns the records.
CREATE FUNCTION pg_temp.serve(volunteer_no text, activity text, organization_id text, days integer) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    batch text := pg_temp.open_batch(organization_id);
    records bigint[];
BEGIN
    FOR day IN 1..days LOOP
        records := records || pg_temp.act('recorder',
            pg_temp.serving(batch, volunteer_no, activity, pg_temp.during(-3 - day, '08:00', '18:00')))::bigint;
    END LOOP;
    PERFORM pg_temp.take_effect(batch);
    RETURN records;
END
$$;
CREATE FUNCTION pg_temp.awarding(volunteer_no text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.award_star(%L%s)', volunteer_no, more)
$$;
CREATE FUNCTION pg_temp.awards(volunteer_no text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', a.level, a.status), ', ' ORDER BY a.level)
    FROM registry.star_award a JOIN registry.volunteer v USING (volunteer_id) WHERE v.volunteer_no = awards.volunteer_no::volunteer_no
$$;

-- Standards
SELECT results_eq('SELECT thresholds::text, tenure_months, region FROM registry.star_standard',
    $$VALUES ('{100:00,300:00,600:00,1000:00,1500:00}', '{0,0,0,0,0}'::integer[], NULL::region_code)$$, 'the national standard');
INSERT INTO registry.star_standard (region, valid, thresholds, tenure_months, basis) VALUES
    ('4414', '(,)', '{1:00,2:00,3:00,4:00,5:00}', '{0,0,0,0,0}', '测试市标准'),
    ('441402', daterange(NULL, registry.today()), '{1:00,2:00,3:00,4:00,5:00}', '{0,0,0,0,0}', '测试区旧标准'),
    ('441402', daterange(registry.today(), NULL), '{10:00,20:00,30:00,40:00,50:00}', '{0,6,12,12,12}', '测试区标准');

-- Levels in turn, by the standard of the place and the day
SELECT pg_temp.refused('reviewer', pg_temp.awarding(:'ann'), '23514', 'star_is_due', 'no star without hours');
SELECT pg_temp.serve(:'ann', :'activity', :'district', 3) AS records \gset
SELECT pg_temp.refused('reviewer', pg_temp.awarding(:'ann', ', 2'), '23514', 'star_is_due', 'the second star is not the first');
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'ann', ', 1')), '1', 'the first star');
SELECT results_eq('SELECT level::integer, threshold::text, basis_hours::text, as_of, basis, awarded_by::text COLLATE "default"
        FROM registry.star_award JOIN registry.star_standard USING (standard_id)',
    $$VALUES (1, '10:00', '30:00', registry.today(), '测试区标准', 'reviewer')$$, 'states what it rests on');
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'ann')), '2', 'then the second, six months after registration');
SELECT pg_temp.refused('reviewer', pg_temp.awarding(:'ann'), '23514', 'star_is_due', 'the third waits for its twelfth month');
UPDATE registry.volunteer SET registered_on = registered_on - 200 WHERE volunteer_no = :'ann';
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'ann')), '3', 'then is due');
SELECT is(pg_temp.awards(:'ann'), '1 awarded, 2 awarded, 3 awarded', 'three levels');

-- All that are due at once
SELECT pg_temp.serve(:'ben', :'activity', :'district', 2) AS bens \gset
SELECT is(pg_temp.act('reviewer', format('SELECT registry.award_eligible_stars(%s)', :city)), '2', 'all that are due in the city');
SELECT is(pg_temp.awards(:'ben'), '1 awarded, 2 awarded', 'two levels of one volunteer');
SELECT is(pg_temp.act('reviewer', format('SELECT registry.award_eligible_stars(%s)', :city)), '0', 'nothing is due twice');
SELECT throws_ok(format($$INSERT INTO registry.star_award (volunteer_id, level, standard_id, threshold, basis_hours, as_of)
    SELECT volunteer_id, 4, standard_id, '40:00', '39:59', registry.today() FROM registry.star_award LIMIT 1$$),
    '23514', NULL, 'no award without its hours');
SELECT throws_ok($$INSERT INTO registry.star_award (volunteer_id, level, standard_id, threshold, basis_hours, as_of)
    SELECT volunteer_id, 1, standard_id, '10:00', '10:00', registry.today() FROM registry.star_award LIMIT 1$$,
    '23505', NULL, 'no level twice');

-- Who may
CREATE ROLE first_hat LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.enrol('示例丙', 3, :'district', registry.today() - 200) AS eve \gset
SELECT pg_temp.serve(:'eve', :'activity', :'district', 1) AS eves \gset
SELECT registry.appoint_staff('first_hat', :district, 'reviewer', (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'eve')) AS staff \gset
SELECT pg_temp.refused('first_hat', pg_temp.awarding(:'eve'), '23514', 'star_is_due', 'nobody awards the own star');
SELECT is(pg_temp.act('first_hat', format('SELECT registry.award_eligible_stars(%s)', :district)), '0', 'not among others either');
SELECT pg_temp.refused('first_hat', format('SELECT registry.award_eligible_stars(%s)', :city), '42501', 'outside_scope', 'nor above the own organization');
SELECT pg_temp.refused('recorder', pg_temp.awarding(:'eve'), '42501', '', 'reviewers only');

-- Voided hours reopen what rests on them
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''未到场'')', (:'records'::bigint[])[1])) AS done \gset
SELECT is(pg_temp.awards(:'ann'), '1 awarded, 2 awarded, 3 reopened', 'twenty hours carry two stars');
SELECT pg_temp.refused('reviewer', pg_temp.awarding(:'ann'), '23514', 'star_is_due', 'no award while one is under review');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 2, false, ''核查'')', :'ann'), '55000', 'known_transition', 'an award that stands is not under review');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 4, false, ''核查'')', :'ann'), 'P0002', 'known_award', 'nor one that was never made');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 3, true, ''核查'')', :'ann'), '23514', 'hours_reach_threshold', 'it is not kept without the hours');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 3, NULL, ''未定'')', :'ann'), '55000', 'known_transition', 'nor decided by neither yes nor no');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 3, false, NULL)', :'ann'), '23514', 'reason_required', 'nor revoked without reason');
SELECT pg_temp.act('reviewer', format('SELECT registry.review_star(%L, 3, false, ''时长不足'')', :'ann')) AS done \gset
SELECT is(pg_temp.awards(:'ann'), '1 awarded, 2 awarded, 3 revoked', 'revoked');
SELECT results_eq('SELECT from_status, to_status, actor::text COLLATE "default" FROM registry.star_event WHERE award_id = (
        SELECT a.award_id FROM registry.star_award a WHERE a.status = ''revoked'') ORDER BY event_id',
    $$VALUES (NULL, 'awarded', 'reviewer'), ('awarded', 'reopened', 'reviewer'), ('reopened', 'revoked', 'reviewer')$$, 'each step is an event');
SELECT results_eq('SELECT count(*) FROM registry.star_event WHERE to_status = ''awarded'' AND from_status IS NULL',
    'SELECT count(*) FROM registry.star_award', 'so is every award');
SELECT pg_temp.act('recorder', format('SELECT new_batch_id FROM registry.correct_record(%s, %L, ''补签'')',
    (:'records'::bigint[])[2], pg_temp.during(-5, '00:00', '20:00'))) AS correction \gset
SELECT is(pg_temp.awards(:'ann'), '1 awarded, 2 reopened, 3 revoked', 'a correction under review reopens as well');
SELECT pg_temp.take_effect(:'correction') AS done \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_star(%L, 2, true, ''更正已生效'')', :'ann')) AS done \gset
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'ann')), '3', 'with the hours back it is kept, and the third is due anew');

SELECT throws_ok(statement, '42501', NULL, statement) FROM unnest(ARRAY[
    'UPDATE registry.star_award SET basis_hours = ''9999:00''',
    'DELETE FROM registry.star_award',
    'DELETE FROM registry.star_event']) AS statement;

SELECT * FROM finish();
ROLLBACK;
