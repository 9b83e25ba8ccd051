BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(47);

CREATE FUNCTION pg_temp.shift(activity text, period tstzrange, more text DEFAULT ', ''引导'', 2') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.create_shift(%s, %L%s)', activity, period, more)
$$;
CREATE FUNCTION pg_temp.signing_up(shift text, volunteer_no text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.sign_up(%s, %L)', shift, volunteer_no)
$$;
CREATE FUNCTION pg_temp.deciding(shift text, volunteer_no text, to_status text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.decide_signup(%s, %L, %L%s)', shift, volunteer_no, to_status, more)
$$;

SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '河道清理', %L)$$,
    :project, tstzrange(pg_temp.at(1, '00:00'), pg_temp.at(5, '00:00')))) AS cleaning \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '抗洪抢险', %L, hazardous => true, emergency => true)$$,
    :project, tstzrange(pg_temp.at(1, '00:00'), pg_temp.at(5, '00:00')))) AS flood \gset

-- Shifts
SELECT pg_temp.act('recorder', pg_temp.shift(:'cleaning', pg_temp.during(1, '08:00', '12:00'))) AS morning \gset
SELECT pg_temp.act('recorder', pg_temp.shift(:'cleaning', pg_temp.during(1, '11:00', '15:00'))) AS noon \gset
SELECT pg_temp.act('recorder', pg_temp.shift(:'cleaning', pg_temp.during(1, '12:00', '15:00'))) AS afternoon \gset
SELECT pg_temp.act('recorder', pg_temp.shift(:'flood', pg_temp.during(2, '08:00', '12:00'))) AS rescue \gset
SELECT pg_temp.refused('recorder', pg_temp.shift(:'cleaning', pg_temp.during(6, '08:00', '12:00')), '23514', 'shift_within_activity', 'outside the activity');
SELECT pg_temp.refused('recorder', pg_temp.shift(:'cleaning', NULL), '23514', 'shift_within_activity', 'at no time');
SELECT pg_temp.refused('recorder', pg_temp.shift(:'cleaning', 'empty'), '23514', 'shift_has_bounds', 'of no time');
SELECT pg_temp.refused('recorder', pg_temp.shift(:'cleaning', tstzrange(pg_temp.at(1, '08:00'), NULL)), '23514', 'shift_within_activity', 'without end');
SELECT pg_temp.refused('recorder', pg_temp.shift(:'cleaning', pg_temp.during(1, '08:00', '12:00'), ', ''引导'', 0'), '23514', 'shift_has_places', 'no place');
SELECT pg_temp.refused('stranger', pg_temp.shift(:'cleaning', pg_temp.during(1, '08:00', '12:00')), '42501', 'not_staff', 'of somebody without appointment');
SELECT pg_temp.refused('recorder', pg_temp.shift('-1', pg_temp.during(1, '08:00', '12:00')), '23503', 'known_activity', 'unknown activity');
SELECT pg_temp.refused('postgres', 'UPDATE registry.shift SET capacity = 99', '42501', 'append_only', 'shifts stay as they were offered');

-- Sign-up and places
SELECT pg_temp.enrol('示例丙', 3, :'district', registry.today() - 200) AS cid \gset
SELECT pg_temp.act('recorder', pg_temp.signing_up(s, v)) FROM unnest(ARRAY[:'morning', :'noon', :'afternoon', :'rescue']) AS s, unnest(ARRAY[:'ann', :'ben', :'cid']) AS v;
SELECT pg_temp.refused('recorder', pg_temp.signing_up(:'morning', :'ann'), '23505', 'signup_pkey', 'signed up twice');
SELECT pg_temp.refused('recorder', pg_temp.signing_up('-1', :'ann'), '23503', 'known_shift', 'unknown shift');
SELECT pg_temp.refused('stranger', pg_temp.signing_up(:'morning', :'ann'), '42501', 'not_staff', 'signed up by somebody without appointment');
SELECT pg_temp.act('registrar', format('SELECT registry.register_volunteer(''recorder'', ''passport'', %L, %s, ''441402'', ''登记表'', %L, sex => 9::smallint, birth_date => ''1980-01-01'', backdating_reason => ''补录'')',
    'E' || left(md5('recorder'), 8), :district, registry.today() - 200)) AS own \gset
SELECT pg_temp.act('recorder', pg_temp.signing_up(:'afternoon', :'own'));
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'afternoon', :'own', 'confirmed'), '23514', 'recorder_is_not_volunteer', 'the own sign-up');
SELECT is(pg_temp.act('recorder', pg_temp.deciding(:'morning', :'ann', 'confirmed')), '{}', 'confirmed with nothing missing');
SELECT pg_temp.act('recorder', pg_temp.deciding(:'morning', :'ben', 'confirmed'));
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'morning', :'cid', 'confirmed'), '23514', 'within_capacity', 'no place left');
SELECT pg_temp.act('recorder', pg_temp.deciding(:'morning', :'ben', 'withdrawn'));
SELECT is(pg_temp.act('recorder', pg_temp.deciding(:'morning', :'cid', 'confirmed')), '{}', 'a place that was given back');
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'noon', :'ann', 'confirmed'), '23P01', 'no_double_booking', 'two places at once');
SELECT is(pg_temp.act('recorder', pg_temp.deciding(:'afternoon', :'ann', 'confirmed')), '{}', 'one after the other');
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'noon', :'ben', 'refused'), '23514', 'reason_required', 'refused without reason');
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'morning', :'ann', 'requested'), '55000', 'known_transition', 'confirmed is not requested');
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'morning', 'V441402260100017', 'confirmed'), '22P02', '', 'no number at all');
SELECT pg_temp.refused('stranger', pg_temp.deciding(:'noon', :'ben', 'confirmed'), '42501', 'not_staff', 'no appointment');
SELECT results_eq(format($$SELECT from_status, to_status FROM registry.signup_event WHERE shift_id = %s
        AND volunteer_id = (SELECT volunteer_id FROM registry.volunteer WHERE volunteer_no = %L) ORDER BY event_id$$, :morning, :'ben'),
    $$VALUES (NULL, 'requested'), ('requested', 'confirmed'), ('confirmed', 'withdrawn')$$, 'every step is an event');

-- Clearance: nobody stands on a dangerous post uninsured, untrained or under age
SELECT pg_temp.act('recorder', format($$SELECT registry.create_course('急救', %s, '3', 240)$$, :district)) AS course \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.require_training('emergency', %s, '4414', '示例办法')$$, :course));
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'rescue', :'ann', 'confirmed', ', ''人手不足'''), '23514', 'cleared_for_post', 'uninsured, whatever the reason');
SELECT pg_temp.act('recorder', format($$SELECT registry.add_insurance_policy(%s, '示例保险', 'P-1', %L, 100000)$$,
    :district, daterange(registry.today(), registry.today() + 10))) AS policy \gset
SELECT pg_temp.act('recorder', format('SELECT registry.insure(%s, %L)', :policy, v)) FROM unnest(ARRAY[:'ann', :'ben', :'cid']) AS v;
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'rescue', :'ann', 'confirmed'), '23514', 'cleared_for_post', 'untrained');
SELECT is(pg_temp.act('recorder', pg_temp.deciding(:'rescue', :'ann', 'confirmed', ', ''现场培训''')), '{trained}', 'training alone is passed over, for a reason');
SELECT results_eq(format('SELECT override_reason FROM registry.signup WHERE shift_id = %s AND status = ''confirmed''', :rescue),
    $$VALUES ('现场培训')$$, 'which is kept');
UPDATE registry.person SET birth_date = registry.today() - 17 * 365 WHERE person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben');
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'rescue', :'ben', 'confirmed', ', ''现场培训'''), '23514', 'cleared_for_post', 'a minor on flood rescue');
SELECT pg_temp.act('recorder', pg_temp.shift(:'flood', tstzrange(pg_temp.at(2, '20:00'), pg_temp.at(3, '04:00')))) AS night \gset
CREATE FUNCTION pg_temp.old_enough(volunteer_no text, birthday date, shift text) RETURNS boolean LANGUAGE sql AS $$
    UPDATE registry.person SET birth_date = birthday - interval '18 years'
    WHERE person_id = (SELECT v.person_id FROM registry.volunteer v WHERE v.volunteer_no = old_enough.volunteer_no::volunteer_no);
    SELECT c.met FROM registry.volunteer v, registry.clearance(v.volunteer_id, shift::bigint) c
    WHERE v.volunteer_no = old_enough.volunteer_no::volunteer_no AND c.requirement = 'old_enough'
$$;
SELECT ok(pg_temp.old_enough(:'ben', registry.today() + 2, :'night'), 'of age on the day it begins');
SELECT ok(NOT pg_temp.old_enough(:'ben', registry.today() + 3, :'night'), 'not only when it ends');
SELECT pg_temp.act('registrar', format('SELECT registry.change_volunteer_status(%L, ''suspended'', ''示例理由'')', :'cid'));
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'rescue', :'cid', 'confirmed', ', ''现场培训'''), '23514', 'cleared_for_post', 'not on the active register');
SELECT pg_temp.refused('postgres', format($$UPDATE registry.signup SET status = 'confirmed', unmet = '{insured}', override_reason = '示例' WHERE shift_id = %s$$, :rescue),
    '23514', 'only_training_is_overridden', 'not even for the owner');

-- Records keep to the shifts
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '补录活动', %L, backfill_reason => '补录')$$,
    :project, tstzrange(pg_temp.at(-2, '00:00'), pg_temp.at(0, '00:00')))) AS held \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '危险活动', %L, hazardous => true, backfill_reason => '补录')$$,
    :project, tstzrange(pg_temp.at(-2, '00:00'), pg_temp.at(0, '00:00')))) AS danger \gset
SELECT pg_temp.act('recorder', pg_temp.shift(:'held', pg_temp.during(-1, '08:00', '12:00'))) AS past \gset
SELECT pg_temp.act('recorder', pg_temp.signing_up(:'past', :'ann'));
SELECT pg_temp.act('recorder', pg_temp.deciding(:'past', :'ann', 'confirmed'));
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'past', :'ben', 'confirmed'), '23503', 'known_signup', 'who did not sign up');
INSERT INTO registry.activity (project_id, organization_id, title, mode, hazardous, emergency, drill, period, published_at)
VALUES (:project, :district, '连日值守', 'onsite', false, false, false, tstzrange(pg_temp.at(-1, '00:00'), pg_temp.at(1, '00:00')), pg_temp.at(-2, '00:00'))
RETURNING activity_id AS announced \gset
SELECT pg_temp.act('recorder', pg_temp.shift(:'announced', pg_temp.during(-1, '08:00', '12:00'))) AS begun \gset
SELECT pg_temp.act('recorder', pg_temp.signing_up(:'begun', :'ben'));
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'begun', :'ben', 'confirmed'), '55000', 'shift_not_begun', 'a place on a shift that has begun');
SELECT pg_temp.act('recorder', pg_temp.shift(:'announced', tstzrange(pg_temp.at(0, '00:00'), pg_temp.at(1, '00:00')))) AS today \gset
SELECT pg_temp.act('recorder', pg_temp.signing_up(:'today', :'ben'));
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'today', :'ben', 'confirmed'), '55000', 'shift_not_begun', 'nor when it is not over');
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT isnt(pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'held', pg_temp.during(-1, '08:00', '11:00'))), NULL, 'service on a shift');
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'held', pg_temp.during(-1, '11:00', '13:00')), '23514', 'within_shift', 'longer than the shift');
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ben', :'held', pg_temp.during(-1, '08:00', '11:00')), '23514', 'within_shift', 'not signed up');
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'danger', pg_temp.during(-1, '13:00', '14:00')), '23514', 'within_shift', 'a dangerous post without clearance');
SELECT pg_temp.act('recorder', pg_temp.shift(:'danger', pg_temp.during(-1, '13:00', '14:00'))) AS late \gset
SELECT pg_temp.act('recorder', pg_temp.signing_up(:'late', :'ann'));
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'late', :'ann', 'confirmed'), '23514', 'cleared_for_post', 'insured only afterwards');
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'noon', :'ann', 'confirmed', ', ''示例'''), '23P01', 'no_double_booking', 'still not two places at once');
SELECT is((SELECT count(*) FROM registry.signup WHERE status = 'confirmed'), 5::bigint, 'five are confirmed');

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT is(pg_temp.act('analyst', 'SELECT (organization, activity, post, name, unmet, reason, actor)::text FROM report.override'),
    '(示例区志愿服务队,抗洪抢险,引导,示*甲,{trained},现场培训,recorder)', 'who was let pass untrained is listed');

-- What is cancelled takes nobody's time
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '植树', %L)$$,
    :project, tstzrange(pg_temp.at(1, '00:00'), pg_temp.at(5, '00:00')))) AS planting \gset
SELECT pg_temp.act('recorder', pg_temp.shift(:'planting', pg_temp.during(3, '08:00', '12:00'))) AS dropped \gset
SELECT pg_temp.act('recorder', pg_temp.shift(:'cleaning', pg_temp.during(3, '08:00', '12:00'))) AS instead \gset
SELECT pg_temp.act('recorder', pg_temp.signing_up(s, v)) FROM unnest(ARRAY[:'dropped', :'instead']) AS s, unnest(ARRAY[:'ann', :'ben']) AS v;
SELECT pg_temp.act('recorder', pg_temp.deciding(:'dropped', :'ann', 'confirmed'));
SELECT pg_temp.act('recorder', pg_temp.signing_up(:'dropped', :'cid')), pg_temp.act('recorder', pg_temp.deciding(:'dropped', :'cid', 'withdrawn')) \g /dev/null
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'instead', :'ann', 'confirmed'), '23P01', 'no_double_booking', 'planting trees at that time');
SELECT pg_temp.act('recorder', format('SELECT registry.cancel_activity(%s, ''台风'')', :planting));
SELECT set_eq(format('SELECT from_status, to_status, reason FROM registry.signup_event WHERE shift_id = %s AND from_status IS NOT NULL', :dropped),
    $$VALUES ('requested', 'confirmed', NULL), ('requested', 'withdrawn', NULL), ('confirmed', 'refused', '台风'), ('requested', 'refused', '台风')$$, 'who would have come is let go');
SELECT is(pg_temp.act('recorder', pg_temp.deciding(:'instead', :'ann', 'confirmed')), '{}', 'and may go elsewhere');
SELECT is(pg_temp.act('recorder', pg_temp.deciding(:'dropped', :'ben', 'requested', ', ''示例''')), NULL, 'who asks again');
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'dropped', :'ben', 'confirmed'), '55000', 'activity_published', 'gets no place');

SELECT * FROM finish();
ROLLBACK;
