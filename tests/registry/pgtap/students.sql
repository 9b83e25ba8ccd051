-- What a school reads of its students, and that each reading is logged.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(12);

SELECT registry.today() - 10 AS since, registry.today() AS until \gset
CREATE FUNCTION pg_temp.doing(what text, organization_id text, since text, until text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.%s(%s, %L, %L)', what, organization_id, since, until)
$$;
SELECT pg_temp.act('registrar', format($$SELECT registry.add_member(%s, %L, 'student', registry.today() - 5)$$, :'district', v))
FROM unnest(ARRAY[:'ann', :'ben']) AS v \g /dev/null
SELECT pg_temp.enrol('=示例丙', 3, :'district', registry.today() - 200) AS cid \gset
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', v, :'activity', pg_temp.during(-day, '09:00', '10:30')))
FROM (VALUES (:'ann', 2), (:'ann', 3), (:'ann', 20), (:'cid', 2)) AS s (v, day) \g /dev/null
SELECT pg_temp.take_effect(:'batch') AS done \gset
SELECT pg_temp.open_batch(:'district') AS pending \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'pending', :'ann', :'activity', pg_temp.during(-4, '09:00', '11:00'))) AS record \gset

SELECT pg_temp.refused('stranger', pg_temp.doing(f, :'district', :'since', :'until'), '42501', 'not_staff', f || ' without appointment')
FROM unnest('{announce_student_export,export_students}'::text[]) AS f;
SELECT pg_temp.refused('recorder', pg_temp.doing(f, :'district', :'since', :'until'), '42501', '', f || ' by a recorder')
FROM unnest('{announce_student_export,export_students}'::text[]) AS f;
SELECT pg_temp.refused('registrar', pg_temp.doing('export_students', :'district', :'since', :'until'), '42501', 'access_is_logged', 'not announced');
SELECT is(pg_temp.act('registrar', pg_temp.doing('announce_student_export', :'district', :'since', :'until')), '2', 'two students are announced');
SELECT results_eq('SELECT data, purpose, actor::text COLLATE "default", count(*) FROM registry.audit_log GROUP BY 1, 2, 3',
    $$VALUES ('student_service', 'student_assessment', 'registrar', 2::bigint)$$, 'with an entry for each');
SELECT pg_temp.refused('registrar', pg_temp.doing('export_students', :'district', :'since', :'until'), '42501', 'access_is_logged', 'which is not committed yet');

-- As if it had been committed
INSERT INTO registry.audit_log (actor, person_id, data, purpose, xid) SELECT 'registrar', person_id, data, purpose, '3' FROM registry.audit_log;
SET SESSION AUTHORIZATION registrar;
SELECT results_eq(format('SELECT volunteer_no::text, name, project, category, records, hours::text, first_day, last_day FROM registry.export_students(%s, %L, %L)', :district, :'since', :'until'),
    format($$VALUES (%L, '示例甲', '社区清洁', '社区服务', 2::bigint, '3:00', registry.today() - 3, registry.today() - 2), (%L, '示例乙', NULL, NULL, 0, '0:00', NULL, NULL)$$, :'ann', :'ben'),
    'who served where and how long, who not at all');
RESET SESSION AUTHORIZATION;
SELECT pg_temp.act('registrar', format($$SELECT registry.add_member(%s, %L, 'student')$$, :'district', :'cid'));
SELECT pg_temp.refused('registrar', pg_temp.doing('export_students', :'district', :'since', :'until'), '42501', 'access_is_logged', 'whoever came since is not announced');
SELECT pg_temp.act('registrar', pg_temp.doing('announce_student_export', :'district', :'since', :'until')) AS announced \gset
INSERT INTO registry.audit_log (actor, person_id, data, purpose, xid) SELECT 'registrar', person_id, data, purpose, '3' FROM registry.audit_log;
SET SESSION AUTHORIZATION registrar;
SELECT results_eq(format('SELECT name FROM registry.export_students(%s, %L, %L) WHERE volunteer_no = %L', :district, :'since', :'until', :'cid'),
    $$VALUES ($text$'=示例丙$text$)$$, 'no spreadsheet program runs a name');
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.act('registrar', pg_temp.doing('announce_student_export', :'district', (registry.today() - 9)::text, (registry.today() - 6)::text)), '0',
    'nobody was a student before');

SELECT * FROM finish();
ROLLBACK;
