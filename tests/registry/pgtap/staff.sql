BEGIN;
\ir ../acting.sql
\ir ../office.sql
SELECT plan(47);

SELECT results_eq(
    $$SELECT role_name::text COLLATE "default", duty, valid, appointed_by::text COLLATE "default" FROM registry.staff WHERE role_name = 'recorder'$$,
    $$VALUES ('recorder', 'recorder', daterange(registry.today(), NULL), 'clerk')$$, 'an appointment');
SELECT is(pg_temp.act('recorder', 'SELECT duty FROM registry.current_staff()'), 'recorder', 'the session role is who acts');
SELECT pg_temp.refused('stranger', 'SELECT registry.current_staff()', '42501', 'not_staff', 'a member without appointment');

-- Scope, seen through a function that a recorder may call
SELECT isnt(pg_temp.act('recorder', format($$SELECT registry.create_project('示例项目', %s, '0001')$$, organization)), NULL,
    'a duty holds in ' || place)
FROM (VALUES ('the own organization', :city), ('one below', :district)) AS t (place, organization);
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('另一示例会', '2', '13', '350200')$$) AS other \gset
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_project('示例项目', %s, '0001')$$, :other),
    '42501', 'outside_scope', 'another organization');
SELECT pg_temp.refused('recorder', $$SELECT registry.create_project('示例项目', -1, '0001')$$,
    '42501', 'outside_scope', 'no organization');
CREATE ROLE district_recorder LOGIN IN ROLE registry_recorder;
SELECT pg_temp.act('clerk', pg_temp.appointing('district_recorder', :district, 'recorder')) AS staff \gset
SELECT pg_temp.refused('district_recorder', format($$SELECT registry.create_project('示例项目二', %s, '0001')$$, :city),
    '42501', 'outside_scope', 'the organization above');
CREATE ROLE colleague LOGIN IN ROLE registry_registrar, registry_recorder, registry_reviewer, registry_dispatcher;
SELECT pg_temp.act('clerk', pg_temp.appointing('colleague', :other, 'reviewer')) AS staff \gset
SELECT pg_temp.refused('colleague', format($$SELECT registry.create_project('示例项目', %s, '0001')$$, :other),
    '42501', 'outside_scope', 'another duty');

-- Appointment
SELECT pg_temp.refused('clerk', format($$SELECT registry.appoint_staff('recorder', %s, 'reviewer')$$, :city),
    '42501', 'member_of_duty_role', 'not a member of the group role');
SELECT pg_temp.refused('clerk', format($$SELECT registry.appoint_staff('nobody_at_all', %s, 'reviewer')$$, :city),
    '42501', 'member_of_duty_role', 'no such role');
SELECT pg_temp.refused('clerk', format($$SELECT registry.appoint_staff('clerk', %s, 'administrator')$$, :city),
    '23514', 'staff_duty', 'no duty of staff');
SELECT pg_temp.refused('clerk', pg_temp.appointing('recorder', -1, 'recorder'),
    '23503', 'known_organization', 'unknown organization');
SELECT pg_temp.refused('clerk', format('SELECT registry.appoint_staff(''reviewer'', %s, ''reviewer'', -1)', :district),
    '23503', 'known_person', 'unknown person');
SELECT pg_temp.refused('clerk', pg_temp.appointing('recorder', :city, 'recorder'),
    '23P01', 'one_appointment_at_a_time', 'appointed twice');
SELECT pg_temp.refused('recorder', format($$SELECT registry.appoint_staff('recorder', %s, 'recorder')$$, :district),
    '42501', '', 'administrators only');

SELECT pg_temp.refused('clerk', format('SELECT registry.appoint_staff(''colleague'', %s, %L)', :district, duty),
    '23514', 'staff_is_a_person', 'a ' || duty || ' that is nobody')
FROM unnest('{registrar,recorder,reviewer,dispatcher}'::text[]) AS duty;

-- Nobody both records and reviews in one organization
CREATE ROLE other_account LOGIN IN ROLE registry_reviewer;
SELECT registry.add_person('示例甲', 'citizen_id', pg_temp.citizen('1990-01-01', 1)) AS person \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.appoint_staff('colleague', %s, 'recorder', %s)$$, :district, :person)) AS staff \gset
SELECT pg_temp.refused('clerk', pg_temp.appointing('colleague', :district, 'reviewer'),
    '23P01', 'recorder_is_not_reviewer', 'one role, both duties');
SELECT pg_temp.refused('clerk', format($$SELECT registry.appoint_staff('other_account', %s, 'reviewer', %s)$$, :district, :person),
    '23P01', 'one_person_not_recorder_and_reviewer', 'one person, two roles');
SELECT is(count(*), 2::bigint, 'reviewing elsewhere is another matter') FROM registry.staff WHERE role_name = 'colleague';
SELECT pg_temp.act('registrar', format($$SELECT registry.register_volunteer('示例甲', 'citizen_id', %L, %s, '441402', '登记表')$$,
    pg_temp.citizen('1990-01-01', 1), :district)) AS no \gset
SELECT is(person_id, :person::bigint, 'one of the staff who volunteers is the same person') FROM registry.volunteer WHERE volunteer_no = :'no';

-- Dismissal
SELECT pg_temp.act('clerk', format('SELECT registry.dismiss_staff(%s)', :staff));
SELECT pg_temp.refused('colleague', format($$SELECT registry.create_project('示例项目三', %s, '0001')$$, :district),
    '42501', 'outside_scope', 'a dismissal holds at once');
SELECT results_eq(format('SELECT from_status, to_status, actor::text COLLATE "default" FROM registry.staff_event WHERE staff_id = %s ORDER BY event_id', :staff),
    $$VALUES (NULL, 'appointed', 'clerk'), ('appointed', 'dismissed', 'clerk')$$, 'both are events');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.staff_event', '42501', 'append_only', 'that stay');
SELECT pg_temp.refused('clerk', format('SELECT registry.dismiss_staff(%s)', :staff), 'P0002', 'known_appointment', 'dismissed twice');
SELECT lives_ok(format($$SELECT registry.appoint_staff('colleague', %s, 'reviewer', %s)$$, :district, :person),
    'afterwards the other duty is free');
SELECT pg_temp.refused('recorder', format('SELECT registry.dismiss_staff(%s)', :staff), '42501', '', 'administrators only');
UPDATE registry.staff SET valid = daterange(registry.today() - 5, NULL) WHERE role_name = 'district_recorder';
SELECT pg_temp.act('clerk', format('SELECT registry.dismiss_staff(%s)', staff_id)) FROM registry.staff WHERE role_name = 'district_recorder';
SELECT is(valid, daterange(registry.today() - 5, registry.today()), 'who was appointed until today') FROM registry.staff WHERE role_name = 'district_recorder';
SELECT pg_temp.refused('district_recorder', 'SELECT registry.current_staff()', '42501', 'not_staff', 'is nobody any more');

-- A transaction kept open past midnight
CREATE OR REPLACE FUNCTION registry.today() RETURNS date LANGUAGE sql STABLE RETURN (now() AT TIME ZONE 'Asia/Shanghai')::date - 1;
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_project('示例项目四', %s, '0001')$$, :city),
    '25000', 'begun_today', 'yesterday''s transaction');
SELECT pg_temp.refused('clerk', statement, '25000', 'begun_today', statement) FROM unnest(ARRAY[
    'SELECT registry.dismiss_staff(1)', 'SELECT registry.set_policy(''daily_cap_minutes'', 1440, ''测试'')',
    'SELECT registry.set_star_standard(''{1:00,2:00,3:00,4:00,5:00}'', ''测试'')',
    'SELECT registry.set_standard_item(''eight_haves'', ''head'', ''有专人'', ''测试'')', 'SELECT registry.end_standard_item(1)',
    'SELECT registry.grant_identity_mark(1, ''示标 1 号'', ''示例市民政局'', registry.today())', 'SELECT registry.withdraw_identity_mark(1, ''示例理由'')',
    'SELECT registry.trust_issuer(''https://zyz.other.example'', ''示例'', ''{}'', ''测试'')', 'SELECT registry.distrust_issuer(''示例'', ''测试'')',
    'SELECT registry.register_signing_key()', 'SELECT registry.create_organization(''示例四队'', ''1'', ''08'', ''441402'')',
    'SELECT registry.close_checkins()', 'SELECT registry.expire_time()', 'SELECT registry.compromise_signing_key(''示例'')']) AS statement;

SELECT * FROM finish();
ROLLBACK;
