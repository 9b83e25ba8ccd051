BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(80);
CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null

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
CREATE FUNCTION pg_temp.applying(volunteer_no text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.apply_for_star(%L%s)', volunteer_no, more)
$$;
CREATE FUNCTION pg_temp.reviewing(volunteer_no text, more text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.review_star(%L, %s)', volunteer_no, more)
$$;
CREATE FUNCTION pg_temp.awarding(organization_id text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.award_stars(%s)', organization_id)
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

-- Applied for in turn, by the standard of the place and the day
SELECT pg_temp.refused('recorder', pg_temp.applying(:'ann'), '23514', 'star_is_due', 'no star without hours');
SELECT pg_temp.serve(:'ann', :'activity', :'district', 3) AS records \gset
SELECT pg_temp.refused('recorder', pg_temp.applying(:'ann', ', 2'), '23514', 'star_is_due', 'the second star is not the first');
SELECT is(pg_temp.act('recorder', pg_temp.applying(:'ann', ', 1')), '1', 'the first star');
SELECT results_eq('SELECT level::integer, threshold::text, basis_hours::text, as_of, basis, applied_by::text COLLATE "default", number
        FROM registry.star_award JOIN registry.star_standard USING (standard_id)',
    $$VALUES (1, '10:00', '30:00', registry.today(), '测试区标准', 'recorder', NULL)$$, 'states what it rests on');
SELECT is(pg_temp.act('recorder', pg_temp.applying(:'ann')), '2', 'then the second, six months after registration');
SELECT pg_temp.refused('recorder', pg_temp.applying(:'ann'), '23514', 'star_is_due', 'the third waits for its twelfth month');
SELECT pg_temp.refused('reviewer', pg_temp.applying(:'ann'), '42501', '', 'recorders apply');

-- Public before it is awarded
SELECT pg_temp.refused('recorder', pg_temp.reviewing(:'ann', '1, true'), '42501', '', 'who does not decide');
SELECT pg_temp.refused('reviewer', pg_temp.reviewing(:'ann', '3, true'), 'P0002', 'known_award', 'on what nobody applied for');
SELECT pg_temp.refused('reviewer', pg_temp.reviewing(:'ann', '1, false'), '23514', 'reason_required', 'nor refuses without reason');
CREATE ROLE both_hats LOGIN IN ROLE registry_reviewer;
SELECT registry.appoint_staff('both_hats', :district, 'reviewer', (SELECT person_id FROM registry.staff WHERE role_name = 'recorder')) AS staff \gset
SELECT pg_temp.refused('both_hats', pg_temp.reviewing(:'ann', '1, true'), '23514', 'decider_is_not_involved', 'nor under another name');
SELECT is(pg_temp.act('both_hats', format('SELECT registry.publish_stars(%s)', :district)), '0', 'not among others either');
SELECT pg_temp.act('reviewer', pg_temp.reviewing(:'ann', '1, true'));
SELECT results_eq('SELECT level::integer, status, publicity FROM registry.star_award ORDER BY level',
    $$VALUES (1, 'in_publicity', daterange(registry.today() + 1, registry.today() + 8)), (2, 'applied', NULL)$$, 'seven days from tomorrow');
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'district')), '0', 'which are not over');
SELECT is(pg_temp.act('reviewer', format('SELECT registry.publish_stars(%s)', :city)), '1', 'all that were applied for in the city');
SELECT pg_temp.act('analyst', $$SELECT string_agg(format('%s %s %s', star, status, hours_reach), ', ' ORDER BY star) FROM report.star_applications$$) AS listed \gset
SELECT is(:'listed'::text, '1 in_publicity t, 2 in_publicity t', 'the list says so');

-- An objection stops it
SELECT pg_temp.refused('recorder', format('SELECT registry.dispute_star(%L, 1, '' '')', :'ann'), '23514', 'reason_required', 'not without a letter');
SELECT pg_temp.refused('recorder', format('SELECT registry.dispute_star(%L, 3, ''异议书 1 号'')', :'ann'), 'P0002', 'known_award', 'against nothing');
SELECT pg_temp.act('recorder', format('SELECT registry.dispute_star(%L, 1, ''异议书 1 号'')', :'ann'));
SELECT pg_temp.refused('recorder', format('SELECT registry.dispute_star(%L, 1, ''异议书 1 号'')', :'ann'), '55000', 'known_transition', 'once');
SELECT pg_temp.end_star_publicity();
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'city')), '0', 'nor the level above it');
SELECT pg_temp.refused('both_hats', pg_temp.reviewing(:'ann', '1, true, ''查无此事'''), '23514', 'decider_is_not_involved', 'who objected does not decide');
SELECT pg_temp.act('reviewer', pg_temp.reviewing(:'ann', '1, true, ''查无此事'''));
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'city')), '0', 'the second, public long enough, waits for the first');
SELECT pg_temp.end_star_publicity();
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'city')), '2', 'and is awarded with it');
SELECT ok(bool_and(number = format('XJ-%s-%s', to_char(registry.today(), 'YYYY'), award_id)), 'with a number') FROM registry.star_award;
UPDATE registry.volunteer SET registered_on = registered_on - 200 WHERE volunteer_no = :'ann';
SELECT is(pg_temp.award_stars(:'district'), '1', 'then the third is due');
SELECT is(pg_temp.awards(:'ann'), '1 awarded, 2 awarded, 3 awarded', 'three levels');

-- All that are due at once
SELECT pg_temp.serve(:'ben', :'activity', :'district', 2) AS bens \gset
SELECT is(pg_temp.award_stars(:'city'), '2', 'all that are due in the city');
SELECT is(pg_temp.awards(:'ben'), '1 awarded, 2 awarded', 'two levels of one volunteer');
SELECT is(pg_temp.award_stars(:'city'), '0', 'nothing is due twice');
SELECT throws_ok(format($$INSERT INTO registry.star_award (volunteer_id, level, standard_id, threshold, basis_hours, as_of)
    SELECT volunteer_id, 4, standard_id, '40:00', '39:59', registry.today() FROM registry.star_award LIMIT 1$$),
    '23514', NULL, 'no award without its hours');
SELECT throws_ok($$INSERT INTO registry.star_award (volunteer_id, level, standard_id, threshold, basis_hours, as_of)
    SELECT volunteer_id, 1, standard_id, '10:00', '10:00', registry.today() FROM registry.star_award LIMIT 1$$,
    '23505', NULL, 'no level twice');

-- Who may
CREATE ROLE first_hat LOGIN IN ROLE registry_reviewer;
CREATE ROLE second_hat LOGIN IN ROLE registry_recorder;
SELECT pg_temp.enrol('示例丙', 3, :'district', registry.today() - 200) AS eve \gset
SELECT pg_temp.serve(:'eve', :'activity', :'district', 1) AS eves \gset
SELECT person_id AS eve_person FROM registry.volunteer WHERE volunteer_no = :'eve' \gset
SELECT registry.appoint_staff('first_hat', :district, 'reviewer', :eve_person), registry.appoint_staff('second_hat', :city, 'recorder', :eve_person) \g /dev/null
SELECT pg_temp.refused('second_hat', pg_temp.applying(:'eve'), '23514', 'recorder_is_not_volunteer', 'nobody applies for the own star');
SELECT is(pg_temp.act('second_hat', format('SELECT registry.apply_for_stars(%s)', :district)), '0', 'not among others either');
SELECT pg_temp.act('recorder', pg_temp.applying(:'eve'));
SELECT pg_temp.refused('first_hat', pg_temp.reviewing(:'eve', '1, true'), '23514', 'reviewer_is_not_volunteer', 'nor decides on it');
SELECT is(pg_temp.act('first_hat', format('SELECT registry.publish_stars(%s)', :district)), '0', 'in either way');
SELECT pg_temp.refused('first_hat', pg_temp.awarding(:'city'), '42501', 'outside_scope', 'nor above the own organization');
SELECT pg_temp.refused('recorder', pg_temp.awarding(:'district'), '42501', '', 'reviewers only');

-- Hours that are gone before the publicity is over
SELECT pg_temp.act('reviewer', format('SELECT registry.publish_stars(%s)', :district));
SELECT pg_temp.end_star_publicity();
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''未到场'')', (:'eves'::bigint[])[1])) AS done \gset
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'district')), '0', 'carry no star');
SELECT pg_temp.act('reviewer', pg_temp.reviewing(:'eve', '1, false, ''时长不足'''));
SELECT is(pg_temp.awards(:'eve'), '1 refused', 'refused');

-- One volunteer's hours, levels and organization are not another's
SELECT pg_temp.enrol('示例丁', 4, :'city', registry.today() - 400) AS dan \gset
SELECT pg_temp.serve(:'dan', :'activity', :'district', 3) \g /dev/null
SELECT pg_temp.refused('stranger', pg_temp.applying(:'dan'), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('stranger', format('SELECT registry.apply_for_stars(%s)', :city), '42501', 'not_staff', 'nor for all');
SELECT pg_temp.refused('first_hat', format('SELECT registry.publish_stars(%s)', :city), '42501', 'outside_scope', 'nor public above the own organization');
SELECT pg_temp.refused('recorder', pg_temp.applying(:'ben'), '23514', 'star_is_due', 'what is due to another');
SELECT is(pg_temp.act('recorder', format('SELECT registry.apply_for_stars(%s)', :district)), '0', 'nobody of the district');
SELECT is(pg_temp.act('recorder', pg_temp.applying(:'dan')), n::text, 'level ' || n || ' of somebody of the city') FROM generate_series(1, 3) AS n;
SELECT is(pg_temp.act('reviewer', format('SELECT registry.publish_stars(%s)', :district)), '0', 'who is not made public by the district');
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'city')), '0', 'nor awarded before being public');

INSERT INTO registry.policy (name, region, valid, value, basis) VALUES ('star_publicity_days', '441402', '(,)', 10, '测试');
SELECT pg_temp.enrol('示例戊', 5, :'district', registry.today() - 200) AS fay \gset
SELECT pg_temp.serve(:'fay', :'activity', :'district', 2) AS fays \gset
SELECT pg_temp.act('second_hat', pg_temp.applying(:'fay')), pg_temp.act('recorder', pg_temp.applying(:'fay')) \g /dev/null
SELECT lives_ok(format('SELECT pg_temp.act(''both_hats'', %L)', pg_temp.reviewing(:'fay', '1, true')), 'who applied for others decides on this one');
SELECT is(pg_temp.act('reviewer', format('SELECT registry.publish_stars(%s)', :city)), '4', 'the others');
SELECT results_eq($$SELECT DISTINCT name, upper(publicity) - lower(publicity)
        FROM registry.star_award JOIN registry.volunteer USING (volunteer_id) JOIN registry.person USING (person_id)
        WHERE star_award.status = 'in_publicity' ORDER BY 2$$,
    $$VALUES ('示例丁', 7), ('示例戊', 10)$$, 'as long as it is where they are registered');
UPDATE registry.star_award SET publicity = daterange(lower(publicity) - 1, upper(publicity) - 1) WHERE status = 'in_publicity';
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'city')), '0', 'not while it lasts');
SELECT pg_temp.act('second_hat', format('SELECT registry.dispute_star(%L, 2, ''异议书 2 号'')', :'fay')) \g /dev/null
SELECT pg_temp.refused('first_hat', pg_temp.reviewing(:'fay', '2, true, ''查无此事'''), '23514', 'decider_is_not_involved', 'who only objected does not decide');
SELECT pg_temp.act('recorder', format('SELECT registry.dispute_star(%L, 2, ''异议书 3 号'')', :'dan')) \g /dev/null
SELECT pg_temp.end_star_publicity(), pg_temp.end_star_publicity() \g /dev/null
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''未到场'')', r)) FROM unnest(:'fays'::bigint[]) AS r \g /dev/null
SELECT pg_temp.act('registrar', format('SELECT registry.change_volunteer_status(%L, ''suspended'', ''核查'')', :'dan')) \g /dev/null
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'city')), '0', 'nobody who is suspended, nor without the hours');
SELECT pg_temp.act('registrar', format('SELECT registry.change_volunteer_status(%L, ''active'', ''核查完毕'')', :'dan')) \g /dev/null
SELECT is(pg_temp.act('reviewer', pg_temp.awarding(:'city')), '1', 'one of two whose publicity is over');
SELECT is(pg_temp.awards(:'dan'), '1 awarded, 2 disputed, 3 in_publicity', 'who has the hours; the third waits for the second');
SELECT is(pg_temp.awards(:'fay'), '1 in_publicity, 2 disputed', 'and not who has none');
SELECT pg_temp.refused('reviewer', pg_temp.reviewing(:'fay', '2, true, ''查无此事'''), '23514', 'hours_reach_threshold', 'though others have them');
SELECT pg_temp.act('recorder', format('SELECT registry.dispute_star(%L, 3, ''异议书 4 号'')', :'dan')) \g /dev/null
SELECT lives_ok(format('SELECT pg_temp.act(''reviewer'', %L)', pg_temp.reviewing(:'dan', '3, true, ''查无此事''')), 'thirty hours are the hours of the third');
SELECT pg_temp.refused('reviewer', pg_temp.reviewing(:'eve', '1, true'), 'P0002', 'known_award', 'what was refused is decided');
UPDATE registry.star_award SET status = 'transferred' WHERE level = 2 AND volunteer_id = (SELECT volunteer_id FROM registry.volunteer WHERE volunteer_no = :'ben');
SELECT pg_temp.refused('reviewer', pg_temp.reviewing(:'ben', '2, true'), 'P0002', 'known_award', 'what was transferred is decided elsewhere');
UPDATE registry.star_award SET status = 'awarded' WHERE status = 'transferred';

-- Voided hours reopen what rests on them
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''未到场'')', (:'records'::bigint[])[1])) AS done \gset
SELECT is(pg_temp.awards(:'ann'), '1 awarded, 2 awarded, 3 reopened', 'twenty hours carry two stars');
SELECT pg_temp.refused('recorder', pg_temp.applying(:'ann'), '23514', 'star_is_due', 'no application while one is under review');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 2, false, ''核查'')', :'ann'), '55000', 'known_transition', 'an award that stands is not under review');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 4, false, ''核查'')', :'ann'), 'P0002', 'known_award', 'nor one that was never made');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 3, true, ''核查'')', :'ann'), '23514', 'hours_reach_threshold', 'it is not kept without the hours');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 3, NULL, ''未定'')', :'ann'), '55000', 'known_transition', 'nor decided by neither yes nor no');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 3, false, NULL)', :'ann'), '23514', 'reason_required', 'nor revoked without reason');
SELECT pg_temp.act('reviewer', format('SELECT registry.review_star(%L, 3, false, ''时长不足'')', :'ann')) AS done \gset
SELECT is(pg_temp.awards(:'ann'), '1 awarded, 2 awarded, 3 revoked', 'revoked');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_star(%L, 3, true, ''恢复'')', :'ann'), 'P0002', 'known_award', 'for good');
SELECT results_eq('SELECT from_status, to_status, actor::text COLLATE "default" FROM registry.star_event WHERE award_id = (
        SELECT a.award_id FROM registry.star_award a WHERE a.status = ''revoked'') ORDER BY event_id',
    $$VALUES (NULL, 'applied', 'recorder'), ('applied', 'in_publicity', 'reviewer'), ('in_publicity', 'awarded', 'reviewer'),
        ('awarded', 'reopened', 'reviewer'), ('reopened', 'revoked', 'reviewer')$$, 'each step is an event');
SELECT is_empty('SELECT * FROM registry.check_events() WHERE object ~ ''star''', 'so is every state');
SELECT pg_temp.act('recorder', format('SELECT new_batch_id FROM registry.correct_record(%s, %L, ''补签'')',
    (:'records'::bigint[])[2], pg_temp.during(-5, '00:00', '20:00'))) AS correction \gset
SELECT is(pg_temp.awards(:'ann'), '1 awarded, 2 reopened, 3 revoked', 'a correction under review reopens as well');
SELECT pg_temp.take_effect(:'correction') AS done \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_star(%L, 2, true, ''更正已生效'')', :'ann')) AS done \gset
SELECT is(pg_temp.act('recorder', pg_temp.applying(:'ann')), '3', 'with the hours back it is kept, and the third is due anew');

SELECT throws_ok(statement, '42501', NULL, statement) FROM unnest(ARRAY[
    'UPDATE registry.star_award SET basis_hours = ''9999:00''',
    'UPDATE registry.star_award SET awarded_at = now() - interval ''1 year'' WHERE status = ''awarded''',
    'DELETE FROM registry.star_award',
    'DELETE FROM registry.star_event']) AS statement;

SELECT * FROM finish();
ROLLBACK;
