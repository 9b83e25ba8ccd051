BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(37);

CREATE ROLE dispatcher LOGIN IN ROLE registry_dispatcher;
CREATE ROLE unit_recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE community_reviewer LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.act('clerk', pg_temp.appointing('dispatcher', :city, 'dispatcher')) AS staff \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例局', '3', '01', '441400', parent_id => %s)$$, :city)) AS unit \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例社区', '1', '09', '441402', parent_id => %s)$$, :city)) AS community \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例社工服务中心', '3', '14', '441402', parent_id => %s)$$, :city)) AS agency \gset
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('外市社区', '1', '09', '360400')$$) AS foreign_one \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('unit_recorder', :unit, 'recorder')) AS staff \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('community_reviewer', :community, 'reviewer')) AS staff \gset

CREATE FUNCTION pg_temp.pairing(unit text, partner text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.pair(%s, %s, ''示例局副局长''%s)', unit, partner, more)
$$;
CREATE FUNCTION pg_temp.logging(pairing text, month date, content text DEFAULT '清理楼道', activity text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.log_pairing(%s, %L, %L, %L)', pairing, month, content, activity)
$$;
CREATE FUNCTION pg_temp.deciding(pairing text, month date, to_status text, reason text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.decide_pairing_log(%s, %L, %L, %L)', pairing, month, to_status, reason)
$$;

-- Two organizations are paired by somebody above both
SELECT date_trunc('month', registry.today())::date AS month \gset
SELECT extract(year FROM registry.today())::integer AS year \gset
SELECT pg_temp.act('dispatcher', pg_temp.pairing(:'unit', :'community', format(', %L', :'month'::date - 20))) AS pairing \gset
SELECT pg_temp.act('dispatcher', pg_temp.pairing(:'unit', :'agency')) AS joint \gset
SELECT isnt(:'joint'::text, :'pairing', 'a unit helps a community and works with an agency');
SELECT pg_temp.refused('dispatcher', pg_temp.pairing(:'unit', :'community'), '23P01', 'one_pairing_at_a_time', 'paired twice');
SELECT pg_temp.refused('dispatcher', pg_temp.pairing(:'unit', :'district'), '23514', 'partner_is_community_or_agency', 'an office helps no office');
SELECT pg_temp.refused('dispatcher', pg_temp.pairing(:'community', :'community'), '23514', 'paired_with_another', 'paired with itself');
SELECT pg_temp.refused('dispatcher', pg_temp.pairing(:'unit', :'foreign_one'), '42501', 'outside_scope', 'paired with a community elsewhere');
SELECT pg_temp.refused('dispatcher', pg_temp.pairing('-1', :'community'), '42501', 'outside_scope', 'unknown unit');
SELECT pg_temp.refused('unit_recorder', pg_temp.pairing(:'unit', :'agency'), '42501', '', 'a recorder pairs nobody');
SELECT pg_temp.refused('dispatcher', format('SELECT registry.pair(%s, %s, '''')', :district, :community), '23514', 'pairing_names_responsible', 'nobody answers for it');
SELECT pg_temp.refused('dispatcher', pg_temp.pairing(:'district', :'community', format(', %L, %L', registry.today(), registry.today())), '23514', 'pairing_has_beginning', 'for no day');

-- One log a month, entered by one side, confirmed by the other
SELECT pg_temp.act('unit_recorder', pg_temp.logging(:'pairing', :'month'));
SELECT pg_temp.refused('unit_recorder', pg_temp.logging(:'pairing', :'month'), '23505', 'one_log_a_month', 'logged twice');
SELECT pg_temp.refused('unit_recorder', pg_temp.logging(:'pairing', :'month'::date + 1), '23514', 'month_begins_on_the_first', 'a month begins on the first');
SELECT pg_temp.refused('unit_recorder', pg_temp.logging(:'pairing', (:'month'::date + interval '1 month')::date), '23514', 'month_has_begun', 'ahead of time');
SELECT pg_temp.refused('unit_recorder', pg_temp.logging(:'pairing', (:'month'::date - interval '2 months')::date), '23514', 'month_within_pairing', 'before the pairing');
SELECT pg_temp.refused('unit_recorder', pg_temp.logging(:'pairing', (:'month'::date - interval '1 month')::date, ''), '23514', 'help_is_described', 'nothing done');
SELECT pg_temp.refused('unit_recorder', pg_temp.logging('-1', :'month'), '23503', 'known_pairing', 'unknown pairing');
SELECT pg_temp.refused('stranger', pg_temp.logging(:'joint', :'month'), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('community_reviewer', pg_temp.deciding(:'pairing', :'month', 'returned'), '23514', 'reason_required', 'returned without reason');
SELECT pg_temp.refused('community_reviewer', pg_temp.deciding(:'joint', :'month', 'confirmed'), '23503', 'known_pairing_log', 'nothing to confirm');
SELECT pg_temp.refused('unit_recorder', pg_temp.deciding(:'pairing', :'month', 'confirmed'), '42501', '', 'a recorder confirms nothing');
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.staff WHERE role_name = 'unit_recorder') WHERE role_name = 'community_reviewer';
SELECT pg_temp.refused('community_reviewer', pg_temp.deciding(:'pairing', :'month', 'confirmed'), '23514', 'confirmed_by_another', 'nobody confirms the own log, with another account');
UPDATE registry.staff SET person_id = registry.add_person('示例居委会主任', 'passport', 'E77777777', 9::smallint, '1980-01-01') WHERE role_name = 'community_reviewer';
SELECT pg_temp.act('community_reviewer', pg_temp.deciding(:'pairing', :'month', 'returned', '未到场'));

-- Entered anew, with the activity that was held
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '集中帮扶', %L, backfill_reason => '补录', organization_id => %s)$$,
    pg_temp.act('recorder', format($$SELECT registry.create_project('结对帮扶', %s, '0001')$$, :'unit')),
    tstzrange(:'month'::date::timestamp AT TIME ZONE 'Asia/Shanghai', now()), :'unit')) AS help \gset
SELECT pg_temp.refused('unit_recorder', pg_temp.logging(:'pairing', :'month', '清理楼道', :'activity'), '23514', 'activity_of_pairing', 'an activity of others');
SELECT pg_temp.refused('unit_recorder', pg_temp.logging(:'pairing', (:'month'::date - interval '1 month')::date, '清理楼道', :'help'), '23514', 'activity_of_pairing', 'of another month');
SELECT pg_temp.refused('unit_recorder', pg_temp.logging(:'pairing', :'month', '清理楼道', '-1'), '23503', 'known_activity', 'of nobody');
SELECT pg_temp.act('unit_recorder', pg_temp.logging(:'pairing', :'month', '清理楼道', :'help'));
SELECT pg_temp.act('community_reviewer', pg_temp.deciding(:'pairing', :'month', 'confirmed'));
SELECT pg_temp.refused('community_reviewer', pg_temp.deciding(:'pairing', :'month', 'returned', '示例'), '55000', 'known_transition', 'a confirmed log stays');
SELECT results_eq(format('SELECT from_status, to_status, actor::text COLLATE "default" FROM registry.pairing_log_event WHERE pairing_id = %s ORDER BY event_id', :pairing),
    $$VALUES (NULL, 'submitted', 'unit_recorder'), ('submitted', 'returned', 'community_reviewer'),
        ('returned', 'submitted', 'unit_recorder'), ('submitted', 'confirmed', 'community_reviewer')$$, 'every step is an event');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.pairing_log_event', '42501', 'append_only', 'which stays');

-- The report, and the end
CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT is(pg_temp.act('analyst', format('SELECT string_agg((unit, partner, responsible, months_logged, months_confirmed, activities, volunteers, hours)::text, E''\n'') FROM report.pairing(%s)', :year)),
    E'(示例局,示例社区,示例局副局长,1,1,1,0,0:00)\n(示例局,示例社工服务中心,示例局副局长,0,0,0,0,0:00)\n(合计,,,1,1,1,0,0:00)', 'the report of pairings and its total');
SELECT is(pg_temp.act('analyst', format('SELECT missing FROM report.pairing(%s) WHERE partner = ''示例社工服务中心''', :year)),
    format('{%s}', :'month'), 'with the months that are missing');

-- Hours come from the records of the activity
SELECT (:'month'::date - interval '1 month')::date AS before \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '上月帮扶', %L, backfill_reason => '补录')$$,
    (SELECT project_id FROM registry.project WHERE organization_id = :unit),
    tstzrange(:'before'::date::timestamp AT TIME ZONE 'Asia/Shanghai', :'month'::date::timestamp AT TIME ZONE 'Asia/Shanghai'))) AS earlier \gset
SELECT pg_temp.act('unit_recorder', pg_temp.logging(:'pairing', :'before', '清理楼道', :'earlier'));
SELECT pg_temp.open_batch(:'unit', ', ''补录'', sha256(''签到表'')') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'earlier', pg_temp.during(:'month'::date - registry.today() - 1, '08:00', '10:00'))) AS record \gset
SELECT is(pg_temp.act('analyst', format('SELECT (volunteers, hours)::text FROM report.pairing(%s) WHERE partner = ''示例社区''', extract(year FROM :'before'::date))),
    '(0,0:00)', 'not before they take effect');
SELECT pg_temp.take_effect(:'batch') AS done \gset
SELECT is(pg_temp.act('analyst', format('SELECT (volunteers, hours)::text FROM report.pairing(%s) WHERE partner = ''示例社区''', extract(year FROM :'before'::date))),
    '(1,2:00)', 'the hours of the activities that were held');

SELECT is(pg_temp.act('analyst', format('SELECT count(*) FROM report.pairing(2024) WHERE unit <> ''合计'' AND (since, until) = (''2024-01-01'', ''2024-12-31'')',
        pg_temp.act('dispatcher', format('SELECT registry.pair(%s, %s, ''示例局局长'', ''2024-01-01'', ''2025-01-01'')', :unit, :community)))),
    '1', 'the last day of a pairing is a day of it');
SELECT pg_temp.refused('dispatcher', format('SELECT registry.end_pairing(%s, '''')', :joint), '23514', 'reason_required', 'ended without reason');
CREATE ROLE unit_dispatcher LOGIN IN ROLE registry_dispatcher;
CREATE ROLE agency_dispatcher LOGIN IN ROLE registry_dispatcher;
SELECT pg_temp.act('clerk', pg_temp.appointing('unit_dispatcher', :unit, 'dispatcher')) AS staff \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('agency_dispatcher', :agency, 'dispatcher')) AS staff \gset
SELECT pg_temp.refused(role, format('SELECT registry.end_pairing(%s, ''机构注销'')', :joint), '42501', 'outside_scope', 'ended by one side')
FROM unnest('{unit_dispatcher,agency_dispatcher}'::text[]) AS role;
SELECT pg_temp.act('dispatcher', format('SELECT registry.end_pairing(%s, ''机构注销'')', :joint));
SELECT results_eq(format('SELECT isempty(valid), status FROM registry.pairing WHERE pairing_id = %s', :joint), $$VALUES (true, 'ended')$$, 'ended before it began');
SELECT pg_temp.refused('dispatcher', format('SELECT registry.end_pairing(%s, ''机构注销'')', :joint), '55000', 'known_transition', 'ended twice');
SELECT is(pg_temp.act('analyst', format('SELECT count(*) FROM report.pairing(%s)', :year)), '2', 'and no longer reported');

SELECT * FROM finish();
ROLLBACK;
