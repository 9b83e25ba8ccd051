-- Each report finds what was planted and leaves alone what only looks like it.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(29);

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
CREATE FUNCTION pg_temp.report(query text) RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.flush_hours();
    SELECT pg_temp.act('analyst', format('SELECT string_agg(q::text, E''\n'') FROM (%s) AS q', query))
$$;
SELECT format('%L, %L', registry.today() - 30, registry.today()) AS month \gset

-- Two who review each other: one a recorder in the city and reviewer in the district, the other the reverse
CREATE ROLE fox LOGIN IN ROLE registry_recorder, registry_reviewer;
CREATE ROLE hen LOGIN IN ROLE registry_recorder, registry_reviewer;
CREATE ROLE owl LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.act('clerk', pg_temp.appointing('fox', :'city', 'recorder')) AS staff \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('hen', :'city', 'reviewer')) AS staff \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('owl', :'city', 'reviewer')) AS staff \gset
SELECT registry.appoint_staff('fox', :district, 'reviewer', (SELECT person_id FROM registry.staff WHERE role_name = 'fox')) AS staff \gset
SELECT registry.appoint_staff('hen', :district, 'recorder', (SELECT person_id FROM registry.staff WHERE role_name = 'hen')) AS staff \gset
UPDATE registry.person SET name = '狐大' WHERE person_id = (SELECT person_id FROM registry.staff WHERE role_name = 'fox' LIMIT 1);
UPDATE registry.person SET name = '鸡小小' WHERE person_id = (SELECT person_id FROM registry.staff WHERE role_name = 'hen' LIMIT 1);

-- A batch of somebody's with a service, reviewed by another.
CREATE FUNCTION pg_temp.passed(organization_id text, recorder text, reviewer text, volunteer_no text, activity text, day integer, accept boolean)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    batch text := pg_temp.act(recorder, format('SELECT registry.open_batch(%s)', organization_id));
BEGIN
    PERFORM pg_temp.act(recorder, pg_temp.serving(batch, volunteer_no, activity, pg_temp.during(day, '09:00', '10:00')));
    PERFORM pg_temp.act(reviewer, format('SELECT registry.review_batch(%s, %L, ''签到表不符'')', batch, accept));
    RETURN batch;
END
$$;
SELECT pg_temp.passed(:'district', 'fox', 'hen', :'ann', :'activity', -2, true) AS slow \gset
SELECT pg_temp.passed(:'district', 'fox', 'hen', :'ann', :'activity', -3, true) AS voided \gset
SELECT pg_temp.passed(:'district', 'hen', 'fox', :'ann', :'activity', -4, true) AS back \gset
SELECT pg_temp.passed(:'district', 'hen', 'owl', :'ann', :'activity', -5, true) AS other \gset
SELECT pg_temp.passed(:'district', 'recorder', 'hen', :'ann', :'activity', -6, false) AS refused \gset
SELECT is(pg_temp.report(format('SELECT first, second, first_reviewed_second, second_reviewed_first FROM report.mutual_review(%s)', :'month')),
    '(狐*,鸡*小,1,2)', 'two who review each other; not whom a third reviews');
SAVEPOINT two_foxes;
UPDATE registry.person SET merged_into = (SELECT max(person_id) FROM registry.staff WHERE role_name = 'fox')
WHERE person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben');
SELECT is(pg_temp.report(format('SELECT first, second FROM report.mutual_review(%s)', :'month')), '(狐*,鸡*小)',
    'who was registered twice is listed once');
SELECT is(pg_temp.report(format('SELECT name FROM report.review_quality(%s) WHERE reviewer = ''fox''', :'month')), '(狐*)', 'and under one name');
ROLLBACK TO two_foxes;
SELECT is(pg_temp.report(format('SELECT first FROM report.mutual_review(%L, %L)', registry.today() - 30, registry.today() - 1)), NULL, 'on the days asked for');

-- How fast, how many, how many refused
SELECT record_id AS record FROM registry.service_record WHERE batch_id = :voided \gset
SELECT pg_temp.act('owl', format('SELECT registry.void_record(%s, ''未到场'')', :record));
SET LOCAL session_replication_role = replica;
UPDATE registry.record_batch SET recorded_at = recorded_at - interval '5 hours' WHERE batch_id = :slow;
UPDATE registry.record_batch SET recorded_at = recorded_at - interval '7 hours', reviewed_at = reviewed_at - interval '2 hours' WHERE batch_id = :refused;
RESET session_replication_role;
SELECT is(pg_temp.report(format('SELECT reviewer, name, batches, refused, refused_share, records, voided, median_minutes, within_a_minute, most_batches_in_an_hour, most_records_in_an_hour FROM report.review_quality(%L, %L) WHERE reviewer = ''hen''', registry.today() - 1, registry.today())),
    '(hen,鸡*小,3,1,0.3333,3,1,300.0,1,2,2)', 'who passes what nobody can have read');
SELECT is(pg_temp.report(format('SELECT reviewer, batches, refused FROM report.review_quality(%L, %L) WHERE within_a_minute = 0', registry.today() - 1, registry.today())), NULL, 'nobody else waited');
SET LOCAL session_replication_role = replica;
UPDATE registry.record_batch SET recorded_at = recorded_at - interval '5 hours' WHERE batch_id IN (:back, :other);
RESET session_replication_role;
SELECT is(pg_temp.report(format('SELECT reviewer, within_a_minute FROM report.review_quality(%L, %L)', registry.today() - 1, registry.today())),
    E'(hen,1)\n(fox,0)\n(owl,0)', 'who took the time is told apart');

-- The same paper for two batches; not one handed in again after a refusal
SELECT pg_temp.open_batch(:'district', $$, '签到表后来找到', sha256('签到表甲')$$) AS once \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'once', :'ben', :'activity', pg_temp.during(-2, '09:00', '11:00'))) AS record \gset
SELECT pg_temp.open_batch(:'city', $$, '补录', sha256('签到表甲')$$) AS twice \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'twice', :'ben', :'activity', pg_temp.during(-3, '09:00', '10:00'))) AS record \gset
SELECT pg_temp.open_batch(:'district', $$, '补录', sha256('签到表乙')$$) AS returned \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, false, ''照片不清'')', :returned));
SELECT pg_temp.open_batch(:'district', $$, '补录', sha256('签到表乙')$$) AS again \gset
SELECT is(pg_temp.report(format('SELECT evidence, batches, organizations, recorders, records, hours FROM report.reused_evidence(%s)', :'month')),
    format('(%s,2,2,1,2,3:00)', encode(sha256('签到表甲'), 'hex')), 'one paper, two batches');

-- Identical rosters; not the same people at other times, not the same times with one other, and not three people
SELECT array_agg(pg_temp.enrol('示例' || n, 10 + n, :'district', registry.today() - 200)) AS team FROM generate_series(1, 6) AS n \gset
CREATE FUNCTION pg_temp.roster(batch text, team text[], activity text, day integer, starts text, ends text) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(pg_temp.act('recorder', pg_temp.serving(batch, v, activity, pg_temp.during(day, starts, ends)))) FROM unnest(team) AS v
$$;
SELECT pg_temp.open_batch(:'district') AS first, pg_temp.open_batch(:'district') AS second \gset
SELECT pg_temp.roster(:'first', (:'team'::text[])[1:5], :'activity', -2, '08:00', '10:00'),
    pg_temp.roster(:'second', (ARRAY(SELECT v FROM unnest(:'team'::text[]) WITH ORDINALITY AS t (v, n) ORDER BY n DESC))[2:6], :'activity', -3, '08:00', '10:00'),
    pg_temp.roster(:'second', (:'team'::text[])[2:6], :'activity', -4, '08:00', '10:00'),
    pg_temp.roster(:'second', (:'team'::text[])[1:5], :'activity', -5, '08:30', '10:30'),
    pg_temp.roster(:'second', (:'team'::text[])[1:3], :'activity', -6, '14:00', '15:00'),
    pg_temp.roster(:'second', (:'team'::text[])[1:3], :'activity', -7, '14:00', '15:00') \g /dev/null
SELECT is(pg_temp.report(format('SELECT volunteers, rosters, days, batches, organizations, projects, first_day, last_day, hours FROM report.identical_rosters(%s)', :'month')),
    format('(5,2,2,2,示例区志愿服务队,社区清洁,%s,%s,20:00)', registry.today() - 3, registry.today() - 2), 'the same five at the same hours on two days');
SELECT is(pg_temp.report(format('SELECT volunteers, rosters, batches FROM report.identical_rosters(%s, 3) WHERE volunteers = 3', :'month')), '(3,2,1)', 'smaller ones on request, within a batch too');

-- Back-fill share, with the total
SELECT is(pg_temp.report(format('SELECT organization, back_filled, hours, back_filled_hours, measured_hours FROM report.back_fill(%L, %L)', registry.today() - 3, registry.today() - 2)),
    E'(示例区志愿服务队,2,24:00,3:00,0:00)\n(合计,2,24:00,3:00,0:00)', 'what came late, and in all');
SELECT is(pg_temp.report(format('SELECT records, back_filled, share FROM report.back_fill(%L, %L) WHERE organization <> ''合计''', registry.today() - 3, registry.today() - 2)),
    '(13,2,0.1538)', 'as a share');

-- Publicity, disputes, evaluation
SELECT record_id AS record FROM registry.service_record WHERE batch_id = :slow \gset
SELECT pg_temp.act('recorder', format('SELECT registry.raise_dispute(%s, ''public'', ''未见到人'')', :record)) AS dispute \gset
SELECT is(pg_temp.report(format('SELECT batch_id, public_from, public_to, name, hours, status FROM report.publicity ORDER BY batch_id')),
    format(E'(%1$s,%4$s,%5$s,示*甲,1:00,disputed)\n(%2$s,%4$s,%5$s,示*甲,1:00,in_publicity)\n(%3$s,%4$s,%5$s,示*甲,1:00,in_publicity)',
        :slow, :back, :other, registry.today() + 1, registry.today() + 7), 'what is public, without what was voided');
SELECT is(pg_temp.report(format('SELECT organization, raised, open, upheld, rejected, hours, days_to_decide FROM report.disputes(%s)', :'month')),
    E'(示例区志愿服务队,1,1,0,0,1:00,)\n(合计,1,1,0,0,1:00,)', 'what is disputed');
SELECT pg_temp.act('reviewer', format('SELECT registry.decide_dispute(%s, false, ''有签到表'')', :dispute)),
    pg_temp.act('recorder', format('SELECT registry.raise_dispute(%s, ''public'', ''签到表不实'')', :record)) \g /dev/null
SELECT is(pg_temp.report(format('SELECT organization, raised, open, upheld, rejected, hours, days_to_decide FROM report.disputes(%s)', :'month')),
    E'(示例区志愿服务队,2,1,0,1,1:00,0.0)\n(合计,2,1,0,1,1:00,0.0)', 'hours that are disputed again are the same');
SELECT is(pg_temp.report(format('SELECT raised FROM report.disputes(%L, %L) WHERE organization <> ''合计''', since, until)), raised, 'from ' || since || ' until ' || until)
FROM (VALUES (registry.today(), registry.today(), '(2)'), (registry.today() - 9, registry.today() - 1, NULL), (registry.today() + 1, registry.today() + 9, NULL)) AS t (since, until, raised);
SELECT pg_temp.act('recorder', format('SELECT registry.evaluate(%s, 5, 4, 3)', :record)) AS evaluation \gset
SELECT is(pg_temp.report(format('SELECT organization, by_organization, by_beneficiary, punctuality, attitude, skill, volunteers FROM report.evaluation(%s)', :'month')),
    E'(示例区志愿服务队,1,0,5.00,4.00,3.00,1)\n(合计,1,0,5.00,4.00,3.00,1)', 'how it was found');
SELECT service_date AS served_on FROM registry.service_record WHERE record_id = :record \gset
SELECT is(pg_temp.report(format('SELECT by_organization FROM report.evaluation(%1$L, %1$L) WHERE organization <> ''合计''', day)), evaluated, 'of ' || day)
FROM (VALUES (:'served_on'::date, '(1)'), (:'served_on'::date - 1, NULL), (:'served_on'::date + 1, NULL)) AS t (day, evaluated);
-- The activity ended yesterday: one evaluation on the tenth working day after, one on the day after that
SELECT registry.working_days_after(registry.today() - 1, 10) AS last_day \gset
INSERT INTO registry.evaluation (volunteer_id, service_date, record_id, punctuality, attitude, skill, evaluated_at, evaluated_by)
SELECT r.volunteer_id, r.service_date, r.record_id, 5, 5, 5, ((:'last_day'::date + late) || ' 23:59+08')::timestamptz, 'recorder'
FROM (VALUES (:back, 0), (:other, 1)) AS v (batch_id, late) JOIN registry.service_record r USING (batch_id);
SELECT record_id AS late FROM registry.service_record WHERE batch_id = :other \gset
SELECT is(pg_temp.report(format('SELECT organization, name, record_id, ended_on, evaluated_on, entered_by FROM report.late_evaluations(%L, %L)',
        registry.today() - 30, registry.today() + 60)),
    format('(示例区志愿服务队,示*甲,%s,%s,%s,recorder)', :late, registry.today() - 1, :'last_day'::date + 1), 'what was evaluated late');
SELECT is(pg_temp.report(format('SELECT record_id FROM report.late_evaluations(%1$L, %1$L)', day)), late, 'on ' || day)
FROM (VALUES (:'last_day'::date, NULL), (:'last_day'::date + 1, format('(%s)', :late)), (:'last_day'::date + 2, NULL)) AS t (day, late);
SET LOCAL session_replication_role = replica;
UPDATE registry.evaluation SET evaluated_at = ((:'last_day'::date + 1) || ' 00:00+08')::timestamptz WHERE record_id = :late;
RESET session_replication_role;
SELECT is(pg_temp.report(format('SELECT record_id FROM report.late_evaluations(%1$L, %1$L)', day)), late, 'at midnight of ' || day)
FROM (VALUES (:'last_day'::date, NULL), (:'last_day'::date + 1, format('(%s)', :late))) AS t (day, late);
SELECT pg_temp.refused('recorder', 'SELECT * FROM report.publicity', '42501', '', 'for analysts alone');

SELECT * FROM finish();
ROLLBACK;
