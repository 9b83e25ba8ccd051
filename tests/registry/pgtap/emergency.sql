BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(53);

CREATE ROLE dispatcher LOGIN IN ROLE registry_dispatcher;
CREATE ROLE doer LOGIN IN ROLE registry_dispatcher, registry_recorder;
SELECT pg_temp.act('clerk', pg_temp.appointing('dispatcher', :city, 'dispatcher')) AS staff \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('doer', :city, 'dispatcher')) AS staff \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('doer', :city, 'recorder')) AS staff \gset
SELECT pg_temp.enrol('示例丙', 3, :'district', registry.today() - 200) AS cid \gset

CREATE FUNCTION pg_temp.emergency(project text, title text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('recorder', format('SELECT registry.create_activity(%s, %L, %L, emergency => true%s)',
        project, title, tstzrange(now() + interval '1 minute', now() + interval '2 days'), more))
$$;
CREATE FUNCTION pg_temp.shift(activity text, starts interval) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('recorder', format('SELECT registry.create_shift(%s, %L, ''转移群众'', 2)', activity,
        tstzrange(now() + starts, now() + starts + interval '4 hours')))
$$;
CREATE FUNCTION pg_temp.opening(activity text, kind text DEFAULT '1', level text DEFAULT '3') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.open_incident(%s, %L, %L, ''河水超过警戒水位'')', activity, kind, level)
$$;
CREATE FUNCTION pg_temp.alerting(shift text, VARIADIC volunteer_nos text[]) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.alert(%s, %L)', shift, volunteer_nos)
$$;
CREATE FUNCTION pg_temp.moving(shift text, volunteer_no text, to_status text, reason text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.move_callout(%s, %L, %L, %L)', shift, volunteer_no, to_status, reason)
$$;
-- The tests cannot wait for a shift to begin, so the shift comes to them; after midnight it began yesterday.
CREATE FUNCTION pg_temp.begin_shift(shift text) RETURNS void LANGUAGE sql AS $$
    SET LOCAL session_replication_role = replica;
    UPDATE registry.shift SET period = tstzrange(now() - interval '1 hour', now() + interval '3 hours') WHERE shift_id = begin_shift.shift::bigint;
    UPDATE registry.signup SET period = tstzrange(now() - interval '1 hour', now() + interval '3 hours') WHERE shift_id = begin_shift.shift::bigint;
    UPDATE registry.insurance_coverage SET valid = daterange(lower(valid) - 1, upper(valid)), recorded_at = now() - interval '2 hours';
    SET LOCAL session_replication_role = DEFAULT;
$$;

-- An incident is an emergency activity under command
SELECT pg_temp.emergency(:'project', '抗洪') AS flood \gset
SELECT pg_temp.emergency(:'project', '防汛演练', ', drill => true') AS exercise \gset
SELECT pg_temp.shift(:'flood', '1 hour') AS first \gset
SELECT pg_temp.shift(:'flood', '10 hours') AS second \gset
SELECT pg_temp.shift(:'exercise', '20 hours') AS drill \gset
SELECT pg_temp.refused('dispatcher', pg_temp.alerting(:'first', :'ann'), '55000', 'incident_is_open', 'nobody is called out without an incident');
SELECT pg_temp.refused('dispatcher', pg_temp.opening(:'activity'), '23514', 'incident_is_emergency', 'cleaning day is no emergency');
SELECT pg_temp.refused('dispatcher', pg_temp.opening(:'flood', '9'), '23503', 'known_code', 'unknown kind');
SELECT pg_temp.refused('dispatcher', pg_temp.opening(:'flood', '1', '9'), '23503', 'known_code', 'unknown level');
SELECT pg_temp.refused('recorder', pg_temp.opening(:'flood'), '42501', '', 'a recorder commands nothing');
CREATE ROLE outsider LOGIN IN ROLE registry_dispatcher;
SELECT pg_temp.refused('outsider', pg_temp.opening(:'flood'), '42501', 'not_staff', 'nor does who has no appointment');
SELECT pg_temp.act('dispatcher', pg_temp.opening(:'flood'));
SELECT pg_temp.act('dispatcher', pg_temp.opening(:'exercise', '1', '4'));
SELECT pg_temp.refused('dispatcher', pg_temp.opening(:'flood'), '23505', 'incident_pkey', 'opened twice');

-- Call and answer
SELECT is(pg_temp.act('dispatcher', pg_temp.alerting(:'first', :'ann', :'ben', :'cid')), '3', 'three are called out');
SELECT ok(lower(period) = ANY (pg_temp.deadlines('dispatcher', pg_temp.alerting(:'first', :'ann', :'ann'))), 'before the shift, when that is committed')
FROM registry.shift WHERE shift_id = :first;
SELECT is(pg_temp.act('dispatcher', pg_temp.alerting(:'first', :'ann', :'ann')), '0', 'and not called again');
SELECT pg_temp.refused('dispatcher', pg_temp.alerting('-1', :'ann'), '23503', 'known_shift', 'unknown shift');
SELECT pg_temp.refused('recorder', pg_temp.alerting(:'first', :'ann'), '42501', '', 'a recorder calls nobody out');
SELECT pg_temp.refused('outsider', pg_temp.alerting(:'first', :'ann'), '42501', 'not_staff', 'nor does who has no appointment');
SELECT pg_temp.refused('recorder', pg_temp.moving(:'second', :'ann', 'responded'), '23503', 'known_callout', 'nobody answers who was not called');
SELECT pg_temp.refused('recorder', pg_temp.moving(:'first', :'ann', 'cleared'), '55000', 'known_transition', 'nobody is cleared who has not answered');
SELECT pg_temp.refused('dispatcher', pg_temp.moving(:'first', :'ann', 'responded'), '42501', 'outside_scope', 'a dispatcher answers for nobody');
SELECT pg_temp.act('recorder', pg_temp.moving(:'first', v, 'responded')) FROM unnest(ARRAY[:'ann', :'ben']) AS v;
SELECT pg_temp.refused('recorder', pg_temp.moving(:'first', :'cid', 'declined'), '23514', 'reason_required', 'declined without reason');
SELECT pg_temp.act('recorder', pg_temp.moving(:'first', :'cid', 'declined', '在外地'));

-- Adult, trained, insured: here without exception
SELECT pg_temp.act('recorder', format($$SELECT registry.create_course('水上救援', %s, '3', 240)$$, :district)) AS course \gset
SELECT pg_temp.refused('recorder', pg_temp.moving(:'first', :'ann', 'cleared'), '23514', 'cleared_for_post', 'uninsured');
SELECT pg_temp.act('recorder', format($$SELECT registry.add_insurance_policy(%s, '示例保险', 'P-1', %L, 100000)$$,
    :district, daterange(registry.today(), registry.today() + 10))) AS policy \gset
SELECT pg_temp.act('recorder', format('SELECT registry.insure(%s, %L)', :policy, v)) FROM unnest(ARRAY[:'ann', :'ben']) AS v;
SELECT pg_temp.act('clerk', format($$SELECT registry.require_training('emergency', %s, '4414', '示例办法')$$, :course)) AS requirement \gset
SELECT pg_temp.refused('recorder', pg_temp.moving(:'first', :'ann', 'cleared', '人手不足'), '23514', 'cleared_for_post', 'untrained, whatever the reason');
SELECT pg_temp.act('recorder', format('SELECT registry.sign_up(%s, %L)', :first, :'ann'));
SELECT pg_temp.act('recorder', format('SELECT registry.decide_signup(%s, %L, ''confirmed'', ''现场培训'')', :first, :'ann'));
SELECT pg_temp.refused('recorder', pg_temp.moving(:'first', :'ann', 'cleared'), '23514', 'cleared_for_post', 'nor by way of a sign-up that passed training over');
SELECT pg_temp.act('recorder', format('SELECT registry.decide_signup(%s, %L, %L)', :first, :'ann', s)) FROM unnest(ARRAY['withdrawn', 'requested']) AS s;
SELECT pg_temp.act('clerk', format('SELECT registry.end_training_requirement(%s)', :requirement));
UPDATE registry.person SET birth_date = registry.today() - 17 * 365 WHERE person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben');
SELECT pg_temp.refused('recorder', pg_temp.moving(:'first', :'ben', 'cleared'), '23514', 'cleared_for_post', 'a minor on flood rescue');
UPDATE registry.person SET birth_date = '1990-01-01' WHERE person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben');
SELECT pg_temp.act('recorder', pg_temp.moving(:'first', v, 'cleared')) FROM unnest(ARRAY[:'ann', :'ben']) AS v;
SELECT results_eq(format('SELECT count(*) FROM registry.signup WHERE shift_id = %s AND status = ''confirmed'' AND unmet = ''{}''', :first),
    'VALUES (2::bigint)', 'who is cleared has a place on the shift');
SELECT pg_temp.act('recorder', pg_temp.moving(:'first', :'ben', 'declined', '生病'));
SELECT results_eq(format('SELECT count(*) FROM registry.signup WHERE shift_id = %s AND status = ''confirmed''', :first),
    'VALUES (1::bigint)', 'and gives it back when the answer changes');

-- Deployed by another, during the shift, in one place at a time
SELECT pg_temp.refused('dispatcher', pg_temp.moving(:'first', :'ann', 'deployed'), '23514', 'deployed_during_shift', 'not before the shift');
SELECT pg_temp.begin_shift(:'first');
SELECT pg_temp.refused('recorder', pg_temp.moving(:'first', :'ann', 'deployed'), '42501', 'outside_scope', 'a recorder deploys nobody');
UPDATE registry.callout SET cleared_by = 'doer' WHERE shift_id = :first AND status = 'cleared';
SELECT pg_temp.refused('doer', pg_temp.moving(:'first', :'ann', 'deployed'), '23514', 'deployed_by_another', 'nobody clears and deploys');
UPDATE registry.callout SET cleared_by = 'recorder' WHERE shift_id = :first AND status = 'cleared';
SELECT person_id AS dispatcher FROM registry.staff WHERE role_name = 'dispatcher' \gset
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.staff WHERE role_name = 'recorder') WHERE role_name = 'dispatcher';
SELECT pg_temp.refused('dispatcher', pg_temp.moving(:'first', :'ann', 'deployed'), '23514', 'deployed_by_another', 'not with two accounts either');
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann') WHERE role_name = 'dispatcher';
SELECT pg_temp.refused('dispatcher', pg_temp.moving(:'first', :'ann', 'deployed'), '23514', 'dispatcher_is_not_volunteer', 'nobody deploys oneself');
UPDATE registry.staff SET person_id = :dispatcher WHERE role_name = 'dispatcher';
SELECT pg_temp.act('registrar', format('SELECT registry.change_volunteer_status(%L, ''suspended'', ''示例理由'')', :'ann'));
SELECT pg_temp.refused('dispatcher', pg_temp.moving(:'first', :'ann', 'deployed'), '23514', 'cleared_for_post', 'suspended in the meantime');
SELECT pg_temp.act('registrar', format('SELECT registry.change_volunteer_status(%L, ''active'', ''示例理由'')', :'ann'));
SELECT pg_temp.act('recorder', format('SELECT registry.decide_signup(%s, %L, ''withdrawn'')', :first, :'ann'));
SELECT pg_temp.refused('dispatcher', pg_temp.moving(:'first', :'ann', 'deployed'), '23514', 'confirmed_on_shift', 'has left the shift');
UPDATE registry.signup SET status = 'confirmed', unmet = '{}' WHERE shift_id = :first AND volunteer_id = (SELECT volunteer_id FROM registry.volunteer WHERE volunteer_no = :'ann');
SELECT ok(clock_timestamp() + interval '2 minutes' >= ANY (pg_temp.deadlines('dispatcher', pg_temp.moving(:'first', :'ann', 'deployed'))), 'who is deployed is so within a minute');
SELECT pg_temp.act('dispatcher', pg_temp.alerting(:'drill', :'ann'));
SELECT pg_temp.act('recorder', pg_temp.moving(:'drill', :'ann', s)) FROM unnest(ARRAY['responded', 'cleared']) AS s;
UPDATE registry.signup SET status = 'withdrawn' WHERE shift_id = :first;
SELECT pg_temp.begin_shift(:'drill');
SELECT pg_temp.refused('dispatcher', pg_temp.moving(:'drill', :'ann', 'deployed'), '23P01', 'one_deployment_at_a_time', 'in two places at once');
SELECT pg_temp.refused('dispatcher', format('SELECT registry.close_incident(%s, ''水退'')', :flood), '55000', 'everybody_is_back', 'not closed while somebody is out');
SELECT pg_temp.act('dispatcher', pg_temp.moving(:'first', :'ann', 'demobilised'));
SELECT pg_temp.act('dispatcher', pg_temp.moving(:'drill', :'ann', 'deployed'));
SELECT ok((SELECT upper(f.deployment) <= lower(d.deployment) FROM registry.callout f, registry.callout d
    WHERE f.shift_id = :first AND d.shift_id = :drill AND f.status = 'demobilised' AND d.status = 'deployed'), 'one after the other, by the server''s clock');
SELECT pg_temp.refused('recorder', pg_temp.moving(:'first', :'ann', 'debriefed'), '23514', 'reason_required', 'a debriefing says something');
SELECT pg_temp.act('recorder', pg_temp.moving(:'first', :'ann', 'debriefed', '救生衣不足'));
SELECT pg_temp.refused('dispatcher', pg_temp.moving(:'first', :'ann', 'deployed'), '55000', 'known_transition', 'not deployed again');

-- The end
SELECT pg_temp.refused('dispatcher', format('SELECT registry.close_incident(%s, '''')', :flood), '23514', 'reason_required', 'closed without a word');
SELECT pg_temp.refused('dispatcher', format('SELECT registry.close_incident(%s, ''水退'')', :activity), '23503', 'known_incident', 'no incident');
SELECT pg_temp.act('dispatcher', format('SELECT registry.close_incident(%s, ''水退'')', :flood));
SELECT pg_temp.refused('dispatcher', format('SELECT registry.close_incident(%s, ''水退'')', :flood), '55000', 'known_transition', 'closed twice');
SELECT pg_temp.refused('dispatcher', pg_temp.alerting(:'second', :'ben'), '55000', 'incident_is_open', 'nobody is called out afterwards');
SELECT results_eq(format('SELECT to_status FROM registry.callout_event WHERE shift_id = %s AND volunteer_id =
        (SELECT volunteer_id FROM registry.volunteer WHERE volunteer_no = %L) ORDER BY event_id', :first, :'ann'),
    $$VALUES ('alerted'), ('responded'), ('cleared'), ('deployed'), ('demobilised'), ('debriefed')$$, 'every step is an event');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.callout_event', '42501', 'append_only', 'which stays');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.incident_event', '42501', 'append_only', 'as those of the incident do');

-- Who was cleared may be recorded
SET LOCAL session_replication_role = replica;
UPDATE registry.activity SET period = pg_temp.during(-1, '00:00', '24:00'), backfill_reason = '补录' WHERE activity_id = :flood;
UPDATE registry.shift SET period = pg_temp.during(-1, '08:00', '12:00') WHERE shift_id = :first;
UPDATE registry.signup SET period = pg_temp.during(-1, '08:00', '12:00'), status = 'confirmed', unmet = '{}' WHERE shift_id = :first AND volunteer_id =
    (SELECT volunteer_id FROM registry.volunteer WHERE volunteer_no = :'ann');
SET LOCAL session_replication_role = DEFAULT;
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT isnt(pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'flood', pg_temp.during(-1, '09:00', '11:30'))), NULL, 'the service of who was cleared');
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ben', :'flood', pg_temp.during(-1, '09:00', '11:30')), '23514', 'within_shift', 'and not of who declined');
SELECT pg_temp.take_effect(:'batch') AS done \gset

-- A drill is not service
UPDATE registry.activity SET period = tstzrange(now() - interval '2 days', now() + interval '2 days'), backfill_reason = '补录' WHERE activity_id = :exercise;
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'exercise', pg_temp.during(-1, '08:00', '09:00')), '23514', 'drill_is_not_service', 'no hours for a drill');

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT is(pg_temp.act('analyst', format('SELECT string_agg((incident, kind, level, drill, status, alerted, responded, declined, cleared, deployed, demobilised, debriefed, overdue, hours_recorded)::text, E''\n'')
        FROM report.emergency(%L, %L)', registry.today(), registry.today())),
    E'(抗洪,自然灾害,较大,f,closed,3,2,2,2,1,1,1,0,2:30)\n(防汛演练,自然灾害,一般,t,open,1,1,0,1,1,0,0,0,0:00)', 'the report of emergencies');
SELECT is(pg_temp.act('analyst', format('SELECT count(*) FROM report.emergency(%L, %L)', registry.today() - 9, registry.today() - 1)), '0', 'of other days');

-- A false alarm: nobody remains called out
SELECT pg_temp.emergency(:'project', '塌方') AS slide \gset
SELECT pg_temp.shift(:'slide', '30 hours') AS dig \gset
SELECT pg_temp.act('dispatcher', pg_temp.opening(:'slide'));
SELECT pg_temp.act('dispatcher', pg_temp.alerting(:'dig', :'ann', :'ben', :'cid'));
SELECT pg_temp.act('recorder', pg_temp.moving(:'dig', v, s)) FROM unnest(ARRAY[:'ann', :'ben']) AS v, unnest(ARRAY['responded', 'cleared']) AS s;
SELECT pg_temp.act('recorder', format('SELECT registry.decide_signup(%s, %L, ''withdrawn'')', :dig, :'ann'));
SELECT lives_ok(format('SELECT pg_temp.act(''recorder'', %L)', pg_temp.moving(:'dig', :'ann', 'declined', '生病')), 'who has left the shift declines');
SELECT pg_temp.refused('recorder', format('SELECT registry.cancel_activity(%s, ''误报'')', :slide), '55000', 'incident_is_over', 'not cancelled under command');
SELECT pg_temp.act('dispatcher', format('SELECT registry.close_incident(%s, ''误报'')', :slide));
SELECT pg_temp.act('recorder', format('SELECT registry.cancel_activity(%s, ''误报'')', :slide));
SELECT set_eq(format('SELECT from_status, to_status, reason FROM registry.callout_event WHERE shift_id = %s AND to_status = ''declined''', :dig),
    $$VALUES ('cleared', 'declined', '生病'), ('cleared', 'declined', '误报'), ('alerted', 'declined', '误报')$$, 'cancelled, and all are let go');
SELECT is_empty(format('SELECT FROM registry.signup WHERE shift_id = %s AND status = ''confirmed''', :dig), 'from their places, too');
SELECT is_empty(format('SELECT FROM registry.volunteer v, registry.open_cases(v.person_id) c WHERE c.subject = ''callout'' AND c.number = %s', :dig),
    'which leaves no case open');

SELECT * FROM finish();
ROLLBACK;
