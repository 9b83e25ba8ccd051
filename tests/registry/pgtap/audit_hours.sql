-- Each report finds what was planted and leaves alone what only looks like it.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(37);

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
CREATE FUNCTION pg_temp.report(query text) RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.flush_hours();
    SELECT pg_temp.act('analyst', format('SELECT string_agg(q::text, E''\n'') FROM (%s) AS q', query))
$$;
SELECT format('%L, %L', registry.today() - 30, registry.today()) AS month \gset
SELECT pg_temp.enrol('示例丙', 3, :'district', registry.today() - 200) AS cid \gset
SELECT pg_temp.enrol('示例丁', 4, :'district', registry.today() - 200) AS dan \gset

-- Abnormal hours: thirteen hours in a day, or many in all; neither twelve hours less a minute nor a forced sign-out
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', v, :'activity', pg_temp.during(day, starts, ends), ', NULL, ' || method))
FROM (VALUES
    (:'ann', -2, '08:00', '21:00', 1), (:'ann', -3, '08:00', '09:00', 1), (:'ann', -4, '08:00', '09:00', 0), (:'ann', -5, '08:00', '09:00', 1),
    (:'ben', -2, '08:00', '19:59', 1),
    (:'cid', -2, '06:00', '24:00', 0),
    (:'dan', -2, '08:00', '16:00', 1), (:'dan', -3, '08:00', '16:00', 1)
) AS t (v, day, starts, ends, method) \g /dev/null
SELECT is(pg_temp.report(format('SELECT name, hours, days, long_days, longest_day, longest_day_hours, longest_streak FROM report.abnormal_hours(%s)', :'month')),
    format('(示*甲,15:00,3,1,%s,13:00,2)', registry.today() - 2), 'a day of thirteen hours');
SELECT is(pg_temp.report(format('SELECT name, long_days FROM report.abnormal_hours(%s, 13)', :'month')), '(示*甲,1)', 'where thirteen are too many');
SELECT is(pg_temp.report(format('SELECT name FROM report.abnormal_hours(%s, 14)', :'month')), NULL, 'but not where fourteen are');
SELECT is(pg_temp.report(format('SELECT name, hours FROM report.abnormal_hours(%s, total_hours => 16)', :'month')),
    E'(示*丁,16:00)\n(示*甲,15:00)', 'or many hours in all');
SELECT is(pg_temp.report(format('SELECT name FROM report.abnormal_hours(%L, %L)', registry.today() - 30, registry.today() - 3)), NULL, 'within the days asked for');

-- Sold hours: registered, recorded at once, far away, on paper only
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('外地志愿服务队', '1', '08', '440305', parent_id => %s)$$, :'city')) AS away \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('外地项目', %s, '0001')$$, :'away')) AS project_away \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '外地活动', %L, backfill_reason => '补录')$$,
    :'project_away', tstzrange(pg_temp.at(-30, '00:00'), pg_temp.at(0, '00:00')))) AS activity_away \gset
SELECT pg_temp.enrol('示例买', 5, :'district', registry.today() - 20) AS buyer \gset
SELECT pg_temp.enrol('示例新', 6, :'district', registry.today() - 20) AS newcomer \gset
SET LOCAL session_replication_role = replica;
UPDATE registry.volunteer_event e SET at = at - interval '20 days'
FROM registry.volunteer v WHERE v.volunteer_id = e.volunteer_id AND v.volunteer_no::text NOT IN (:'buyer', :'newcomer');
RESET session_replication_role;
SELECT pg_temp.act('recorder', format($$SELECT registry.open_batch(%s, '签到表遗失', sha256('照片'))$$, :away)) AS paper \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'paper', :'buyer', :'activity_away', pg_temp.during(-10, '09:00', '17:00'))) AS bought \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'paper', :'ann', :'activity_away', pg_temp.during(-10, '09:00', '10:00'))) AS travelled \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'newcomer', :'activity', pg_temp.during(-1, '19:00', '20:00'))) AS first \gset
SELECT pg_temp.act('registrar', format('SELECT registry.change_volunteer_status(%L, %L, ''核实'')', :'buyer', s)) FROM unnest('{suspended,active}'::text[]) AS s \g /dev/null
SELECT is(pg_temp.report(format('SELECT name, organization, records, hours, minutes_after_registration, recorded_at_once, outside_home, only_back_filled FROM report.suspected_sold_hours(%s)', :'month')),
    '(示*买,示例区志愿服务队,1,8:00,0,t,t,t)', 'who registered to be recorded elsewhere; not who once travelled, nor who is new');
SELECT is(pg_temp.report(format('SELECT name, signals FROM report.suspected_sold_hours(%s, signals => 1)', :'month')),
    E'(示*买,1)\n(示*新,1)', 'one sign alone is listed on request');
SELECT is(pg_temp.report(format('SELECT name FROM report.suspected_sold_hours(%L, %L, 1)', registry.today() - 9, registry.today() - 2)), NULL, 'of the days asked for');
SELECT is(pg_temp.report(format('SELECT name FROM report.suspected_sold_hours(%1$L, %1$L, 1)', d)), name, 'both of them included')
FROM (VALUES (registry.today() - 10, E'(示*买)\n(示*甲)'), (registry.today() - 1, '(示*新)')) AS t (d, name);
SELECT pg_temp.act('recorder', format('SELECT registry.void_record(%s, ''误录'')', :first));
SELECT is(pg_temp.report(format('SELECT name FROM report.suspected_sold_hours(%s, 1)', :'month')), '(示*买)', 'what was voided was not sold');

CREATE FUNCTION pg_temp.signs(body text, home text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE registry.organization SET region = body::region_code WHERE name = '外地志愿服务队';
    UPDATE registry.volunteer v SET region = home::region_code FROM registry.person p WHERE p.person_id = v.person_id AND p.name = '示例买';
    RETURN pg_temp.report(format('SELECT outside_home FROM report.suspected_sold_hours(%L, %L) WHERE name = ''示*买''', registry.today() - 30, registry.today()));
END
$$;
SAVEPOINT at_home;
SELECT is(pg_temp.signs(body, home), outside, description)
FROM (VALUES
    ('440000', '441402', '(f)', 'a body of the province is of the home'),
    ('110000', '110101', '(f)', 'and one of a municipality'),
    ('500229', '500103', '(f)', 'whose counties are of the city'),
    ('440000', '421381', '(t)', 'another province is not'),
    ('421381', '420106', '(t)', 'nor another city')
) AS v (body, home, outside, description);
ROLLBACK TO at_home;

-- Missing sign-outs: one of two stays, corrected afterwards; the other team signs out
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例街道志愿服务队', '1', '08', '441402', parent_id => %s)$$, :'city')) AS street \gset
CREATE FUNCTION pg_temp.stay(team text, volunteer_no text, method text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    project text := pg_temp.act('recorder', format('SELECT registry.create_project(%L, %s, ''0001'')', '引导' || volunteer_no, team));
    activity text := pg_temp.act('recorder', format('SELECT registry.create_activity(%s, ''引导'', %L, backfill_reason => ''补录'')',
        project, tstzrange(pg_temp.at(-3, '00:00'), pg_temp.at(3, '00:00'))));
    shift text := pg_temp.act('recorder', format('SELECT registry.create_shift(%s, %L, ''引导'', 9)', activity,
        tstzrange(now() - interval '1 minute', now() + interval '1 hour')));
BEGIN
    PERFORM pg_temp.act('recorder', format('SELECT registry.sign_up(%s, %L)', shift, volunteer_no));
    PERFORM pg_temp.act('recorder', format('SELECT registry.decide_signup(%s, %L, ''confirmed'')', shift, volunteer_no));
    RETURN shift || ' ' || pg_temp.act('recorder', format('SELECT registry.sign_in(%s, %L, %L)', shift, volunteer_no, method));
END
$$;
SELECT split_part(pg_temp.stay(:'district', :'ann', 'qr'), ' ', 1) AS shift_of_ann \gset
SELECT split_part(pg_temp.stay(:'street', :'dan', 'qr'), ' ', 1) AS shift_of_dan \gset
SELECT split_part(pg_temp.stay(:'district', :'ben', 'qr'), ' ', 1) AS shift_of_ben \gset
SELECT pg_temp.act('recorder', format('SELECT registry.sign_out(%s, %L, ''qr'')', :shift_of_ben, :'ben')),
    pg_temp.act('recorder', format('SELECT registry.sign_out(%s, %L, ''qr'')', :shift_of_dan, :'dan')) \g /dev/null
SET LOCAL session_replication_role = replica;
UPDATE registry.shift SET period = pg_temp.during(-1, '14:00', '16:00') WHERE shift_id = :shift_of_ann;
UPDATE registry.checkin SET signed_in_at = pg_temp.at(-1, '14:00'), closes_at = pg_temp.at(0, '00:00') WHERE shift_id = :shift_of_ann;
RESET session_replication_role;
SELECT is(pg_temp.act('clerk', 'SELECT registry.close_checkins()'), '1', 'one did not sign out');
SELECT record_id AS zero FROM registry.checkin JOIN registry.service_record USING (batch_id, volunteer_id) WHERE shift_id = :shift_of_ann \gset
SELECT is(pg_temp.report(format('SELECT organization, checkins, closed, share, volunteers, corrected, corrected_hours FROM report.missing_sign_outs(%s)', :'month')),
    E'(示例区志愿服务队,2,1,0.5000,1,0,0:00)\n(合计,3,1,0.3333,1,0,0:00)', 'the team that leaves people signed in');
SELECT is(pg_temp.report(format('SELECT checkins, closed FROM report.missing_sign_outs(%1$L, %1$L) WHERE organization = ''合计''', d)), stays, 'day by day')
FROM (VALUES (registry.today() - 2, NULL), (registry.today() - 1, '(1,1)'), (registry.today(), NULL)) AS t (d, stays);
SELECT pg_temp.act('recorder', format('SELECT new_record_id FROM registry.correct_record(%s, %L, ''忘记签退'')', :zero, pg_temp.during(-1, '14:00', '15:30'))) AS corrected \gset
SELECT is(pg_temp.report(format('SELECT corrected, corrected_hours FROM report.missing_sign_outs(%s) WHERE organization <> ''合计''', :'month')), '(1,1:30)', 'and what was made of it afterwards');
SELECT pg_temp.act('recorder', format('SELECT new_record_id FROM registry.correct_record(%s, %L, ''记错'')', :corrected, pg_temp.during(-1, '14:00', '15:00'))) \g /dev/null
SELECT is(pg_temp.report(format('SELECT corrected, corrected_hours FROM report.missing_sign_outs(%s) WHERE organization <> ''合计''', :'month')), '(1,1:00)', 'however often');

-- Staff recording own working time; not the evening, not a day off, not who works elsewhere
SELECT pg_temp.open_batch(:'city') AS batch \gset
SELECT registry.load_work_calendar(ARRAY[registry.today() - 6], true), registry.load_work_calendar(ARRAY[registry.today() - 7], false) \g /dev/null
CREATE ROLE employee LOGIN IN ROLE registry_recorder;
SELECT registry.appoint_staff('employee', :district, 'recorder', (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann')) AS staff \gset
CREATE ROLE elsewhere LOGIN IN ROLE registry_recorder;
SELECT registry.appoint_staff('elsewhere', :street, 'recorder', (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'cid')) AS staff \gset
UPDATE registry.staff SET valid = daterange(registry.today() - 60, NULL) WHERE role_name IN ('employee', 'elsewhere');
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', v, :'activity', pg_temp.during(day, starts, ends)))
FROM (VALUES
    (:'ann', -6, '16:00', '18:30'), (:'ann', -7, '09:00', '17:00'), (:'cid', -6, '09:00', '12:00'), (:'ben', -6, '09:00', '12:00')
) AS t (v, day, starts, ends) \g /dev/null
SELECT is(pg_temp.report(format('SELECT name, organization, records, hours, first_day, last_day FROM report.staff_working_time(%L, %L)', registry.today() - 7, registry.today() - 6)),
    format('(示*甲,示例区志愿服务队,1,1:00,%1$s,%1$s)', registry.today() - 6), 'an hour of the office');
UPDATE registry.staff SET valid = daterange(registry.today() - 5, NULL) WHERE role_name = 'employee';
SELECT is(pg_temp.report(format('SELECT name FROM report.staff_working_time(%L, %L)', registry.today() - 7, registry.today() - 6)), NULL, 'not before the appointment');
UPDATE registry.staff SET valid = daterange(registry.today() - 60, NULL) WHERE role_name = 'employee';
SELECT is(pg_temp.report(format('SELECT name FROM report.staff_working_time(%L, %L, ''08:00'', ''16:00'')', registry.today() - 7, registry.today() - 6)), NULL, 'whose hours are asked for');

-- What is no service
SELECT pg_temp.act('recorder', format($$SELECT registry.create_course('消防', %s, '3', 240)$$, :district)) AS course \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.hold_training(%s, %s, '2', %L, '示例讲师')$$, :course, :district, pg_temp.during(-8, '09:00', '11:00'))) AS session \gset
SELECT pg_temp.act('recorder', format('SELECT registry.record_training(%s, %L, true)', :session, v)) FROM unnest(ARRAY[:'ann', :'ben']) AS v \g /dev/null
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-8, '10:00', '12:00'))) AS record \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ben', :'activity', pg_temp.during(-8, '11:00', '12:00'))) AS record \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'cid', :'activity', pg_temp.during(-8, '09:00', '12:00'))) AS record \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '月度会议', %L, backfill_reason => '补录')$$, :'project', pg_temp.during(-8, '00:00', '24:00'))) AS meeting \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', v, :'meeting', pg_temp.during(-8, '15:00', '17:00'))) FROM unnest(ARRAY[:'ann', :'cid']) AS v \g /dev/null
SELECT is(pg_temp.report(format('SELECT sign, organization, title, volunteers, records, hours FROM report.not_service(%L, %L)', registry.today() - 8, registry.today() - 8)),
    E'(title,示例区志愿服务队,月度会议,2,2,4:00)\n(training,示例区志愿服务队,清洁日,1,1,2:00)', 'a meeting, and service while in training; not the hour after it');
SELECT pg_temp.act('recorder', format($$SELECT registry.hold_training(%s, %s, '2', %L, '示例讲师')$$, :course, :district, pg_temp.during(-8, '11:30', '11:50'))) AS later \gset
SELECT pg_temp.act('recorder', format('SELECT registry.record_training(%s, %L, true)', :later, :'ann')) \g /dev/null
SELECT is(pg_temp.report(format('SELECT volunteers, records, hours FROM report.not_service(%L, %L) WHERE sign = ''training''', registry.today() - 8, registry.today() - 8)),
    '(1,1,2:00)', 'a record over two trainings is one record');
SELECT is(pg_temp.report(format('SELECT sign, title FROM report.not_service(%L, %L)', d, d)), NULL, 'the days asked for')
FROM unnest(ARRAY[registry.today() - 9, registry.today() - 7]) AS d;
SELECT is(pg_temp.report(format('SELECT sign, title FROM report.not_service(%L, %L, ''社区清洁'') WHERE sign = ''title''', registry.today() - 8, registry.today() - 8)),
    E'(title,清洁日)\n(title,月度会议)', 'the name of the project tells as well');
SELECT is(pg_temp.report(format('SELECT title FROM report.not_service(%L, %L, ''清洁日'') WHERE sign = ''title''', registry.today() - 8, registry.today() - 8)), '(清洁日)', 'whatever words are asked for');

-- For analysts alone, and no full name
SELECT pg_temp.refused('recorder', format('SELECT * FROM report.%s(%s)', report, :'month'), '42501', '', 'not for a recorder: ' || report)
FROM unnest(ARRAY['abnormal_hours', 'suspected_sold_hours', 'missing_sign_outs', 'staff_working_time']) AS report;
SELECT is(pg_temp.report(format($$SELECT 1 FROM report.abnormal_hours(%1$s, 1) r WHERE r::text ~ '示例[甲乙丙丁买新]'
    UNION ALL SELECT 1 FROM report.suspected_sold_hours(%1$s, 0) r WHERE r::text ~ '示例[甲乙丙丁买新]'
    UNION ALL SELECT 1 FROM report.staff_working_time(%1$s) r WHERE r::text ~ '示例[甲乙丙丁买新]'$$, :'month')), NULL, 'names are masked');

SELECT * FROM finish();
ROLLBACK;
