BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(37);

-- A statement that enters the result of a session.
CREATE FUNCTION pg_temp.trained(session text, volunteer_no text, more text DEFAULT ', true') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.record_training(%s, %L%s)', session, volunteer_no, more)
$$;

-- Courses and sessions
SELECT pg_temp.act('recorder', format($$SELECT registry.create_course('急救', %s, '3', 240, 24)$$, :district)) AS course \gset
SELECT results_eq(format('SELECT organization_id, title, kind, minutes, valid_months FROM registry.course WHERE course_id = %s', :course),
    format($$VALUES (%s::bigint, '急救', '3', 240, 24)$$, :district), 'a course');
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_course('急救', %s, '3', 240)$$, :district),
    '23505', 'course_title_in_organization', 'one title in one organization');
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_course('急救二', %s, '9', 240)$$, :district),
    '23503', 'known_code', 'unknown kind');
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_course('急救二', %s, '3', 0)$$, :district),
    '23514', 'course_takes_time', 'no time');
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_course('急救二', %s, '3', 240, 0)$$, :district),
    '23514', 'course_wears_off_later', 'worn off at once');
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_course(' ', %s, '3', 240)$$, :district),
    '23514', 'course_is_titled', 'no title');
SELECT pg_temp.refused('stranger', format($$SELECT registry.create_course('急救二', %s, '3', 240)$$, :district),
    '42501', 'not_staff', 'no appointment');

SELECT pg_temp.act('recorder', format($$SELECT registry.hold_training(%s, %s, '2', %L, '示例讲师')$$,
    :course, :district, pg_temp.during(-10, '09:00', '13:00'))) AS held \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.hold_training(%s, %s, '1', %L, '示例讲师')$$,
    :course, :district, pg_temp.during(2, '09:00', '13:00'))) AS planned \gset
SELECT pg_temp.refused('stranger', format($$SELECT registry.hold_training(%s, %s, '2', %L, '示例讲师')$$,
    :course, :district, pg_temp.during(-10, '09:00', '13:00')), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('recorder', format($$SELECT registry.hold_training(-1, %s, '2', %L, '示例讲师')$$,
    :district, pg_temp.during(-10, '09:00', '13:00')), '23503', 'known_course', 'unknown course');
SELECT pg_temp.refused('recorder', format($$SELECT registry.hold_training(%s, %s, '3', %L, '示例讲师')$$,
    :course, :district, pg_temp.during(-10, '09:00', '13:00')), '23503', 'known_code', 'unknown mode');
SELECT pg_temp.refused('recorder', format($$SELECT registry.hold_training(%s, %s, '2', 'empty', '示例讲师')$$,
    :course, :district), '23514', 'session_has_bounds', 'no time');
SELECT pg_temp.refused('recorder', format($$SELECT registry.hold_training(%s, %s, '2', tstzrange(now() - interval '1 day', NULL), '示例讲师')$$,
    :course, :district), '23514', 'session_has_bounds', 'no end, whose results would be valid for ever');
SELECT pg_temp.refused('recorder', format($$SELECT registry.hold_training(%s, %s, '2', %L, '')$$,
    :course, :district, pg_temp.during(-10, '09:00', '13:00')), '23514', 'trainer_is_named', 'nobody teaches');

-- Results
SELECT pg_temp.refused('stranger', pg_temp.trained(:'held', :'ann'), '42501', 'not_staff', 'no appointment');
SELECT is(pg_temp.act('recorder', pg_temp.trained(:'held', :'ann')),
    daterange(registry.today() - 10, (registry.today() - 10 + interval '24 months')::date)::text, 'trained for two years from the day of the session');
SELECT is(pg_temp.act('recorder', pg_temp.trained(:'held', :'ben', ', false, 100')), 'empty', 'who failed is not trained');
SELECT pg_temp.refused('recorder', pg_temp.trained(:'held', :'ann'), '23505', 'one_result_of_a_session', 'twice');
SELECT pg_temp.refused('recorder', pg_temp.trained(:'planned', :'ann'), '23514', 'session_is_over', 'before the session');
SELECT pg_temp.refused('recorder', pg_temp.trained('-1', :'ann'), '23503', 'known_session', 'unknown session');
SELECT pg_temp.enrol('示例丙', 3, :'district', registry.today() - 200) AS cid \gset
SELECT pg_temp.refused('recorder', pg_temp.trained(:'held', :'cid', ', true, 241'), '23514', 'training_within_session', 'longer than the session');
SELECT pg_temp.refused('recorder', pg_temp.trained(:'held', :'cid', ', true, -1'), '23514', 'training_takes_time', 'less than nothing');
SELECT pg_temp.refused('reviewer', pg_temp.trained(:'held', :'cid'), '42501', '', 'recorders only');
SELECT pg_temp.act('recorder', format($$SELECT registry.hold_training(%s, %s, '2', %L, '示例讲师')$$,
    :course, :district, pg_temp.during(-40, '09:00', '10:00'))) AS short \gset
SELECT pg_temp.act('recorder', pg_temp.trained(:'short', :'cid'));
SELECT is(minutes, 60, 'nobody is trained for longer than the session, whatever the course takes') FROM registry.training_result WHERE session_id = :short;
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'cid') WHERE role_name = 'recorder';
SELECT pg_temp.refused('recorder', pg_temp.trained(:'held', :'cid'), '23514', 'recorder_is_not_volunteer', 'own training');
SELECT is_empty('SELECT FROM registry.volunteer_year', 'training is not service');

-- What a post asks for
SELECT pg_temp.refused('recorder', format($$SELECT registry.require_training('any', %s, '4414', '示例办法')$$, :course),
    '42501', '', 'administrators only');
SELECT pg_temp.act('clerk', format($$SELECT registry.require_training('hazardous', %s, '4414', '示例办法')$$, :course)) AS requirement \gset
SELECT pg_temp.refused('clerk', format($$SELECT registry.require_training('hazardous', %s, '4414', '示例办法')$$, :course),
    '23P01', 'one_requirement_at_a_time', 'the same requirement');
SELECT pg_temp.refused('clerk', format($$SELECT registry.require_training('easy', %s, '4414', '示例办法')$$, :course),
    '23514', 'known_post_class', 'unknown kind of post');
SELECT results_eq(format($$
    SELECT volunteer_no::text, class, ARRAY(SELECT registry.missing_courses(volunteer_id, ARRAY[class], place::region_code, registry.today() + days))
    FROM registry.volunteer, (VALUES ('hazardous', '441402', 0), ('emergency', '441402', 0), ('hazardous', '110101', 0), ('hazardous', '441402', 800)) AS c (class, place, days)
    WHERE volunteer_no = '%s' OR volunteer_no = '%s' AND days = 0
    ORDER BY volunteer_no, class, place, days$$, :'ann', :'ben'),
    format($$VALUES (%1$L, 'emergency', '{}'::bigint[]), (%1$L, 'hazardous', '{}'), (%1$L, 'hazardous', '{}'), (%1$L, 'hazardous', '{%3$s}'),
        (%2$L, 'emergency', '{}'), (%2$L, 'hazardous', '{}'), (%2$L, 'hazardous', '{%3$s}')$$, :'ann', :'ben', :course),
    'a course is missing where it is asked for, to who failed and to whose training has worn off');

-- Results are voided, never edited
CREATE ROLE outsider LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.refused('outsider', format($$SELECT registry.void_training(%s, %L, '替考')$$, :held, :'ann'),
    '42501', 'not_staff', 'voided by a reviewer without appointment');
SELECT pg_temp.refused('reviewer', format($$SELECT registry.void_training(%s, %L, '')$$, :held, :'ann'),
    '23514', 'voided_with_reason', 'voided without reason');
SELECT pg_temp.act('reviewer', format($$SELECT registry.void_training(%s, %L, '替考')$$, :held, :'ann'));
SELECT pg_temp.refused('reviewer', format($$SELECT registry.void_training(%s, %L, '替考')$$, :held, :'ann'),
    'P0002', 'known_result', 'voided twice');
SELECT isnt_empty(format($$
    SELECT registry.missing_courses(volunteer_id, '{hazardous}', '441402'::region_code, registry.today())
    FROM registry.volunteer WHERE volunteer_no = %L$$, :'ann'), 'what was voided does not count');
SELECT pg_temp.refused('postgres', 'UPDATE registry.training_result SET passed = true', '42501', 'append_only', 'results stay');
SELECT pg_temp.act('clerk', format('SELECT registry.end_training_requirement(%s)', :requirement));
SELECT is_empty(format($$
    SELECT registry.missing_courses(volunteer_id, '{hazardous}', '441402'::region_code, registry.today())
    FROM registry.volunteer WHERE volunteer_no = %L$$, :'ann'), 'a requirement ends today');
SELECT pg_temp.refused('clerk', format('SELECT registry.end_training_requirement(%s)', :requirement), 'P0002', 'known_requirement', 'once');

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT is(pg_temp.act('analyst', format('SELECT string_agg((organization, course, kind, sessions, volunteers, passed, hours)::text, E''\n'') FROM report.training(%L, %L)',
        registry.today() - 10, registry.today())),
    E'(示例区志愿服务队,急救,专业,1,1,0,1.67)\n(合计,,,1,1,0,1.67)', 'the report counts what was not voided');

SELECT * FROM finish();
ROLLBACK;
