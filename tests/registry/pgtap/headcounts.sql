BEGIN;
\ir ../acting.sql
\ir ../office.sql
SELECT plan(63);

CREATE FUNCTION pg_temp.counting(organization_id text, as_of date, count integer, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.enter_headcount(%s, ''staff'', %L, %s, ''花名册''%s)', organization_id, as_of, count, more)
$$;
CREATE FUNCTION pg_temp.deciding(headcount text, to_status text, reason text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.decide_headcount(%s, %L, %L)', headcount, to_status, reason)
$$;

-- One enters, another approves
SELECT pg_temp.act('registrar', pg_temp.counting(:'district', '2023-06-30', 100)) AS first \gset
SELECT is(registry.approved_headcount(:district, 'staff', '2023-12-31'), NULL, 'what is entered does not count yet');
SELECT pg_temp.refused('registrar', pg_temp.deciding(:'first', 'approved'), '42501', '', 'registrars do not approve');
SELECT pg_temp.refused('stranger', pg_temp.deciding(:'first', 'approved'), '42501', '', 'nor do strangers');
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'first', 'approved'));
SELECT is(registry.approved_headcount(:district, 'staff', day::date), expected, 'on ' || day)
FROM (VALUES ('2023-06-29', NULL), ('2023-06-30', 100), ('2023-12-31', 100)) AS v (day, expected);
SELECT is(registry.approved_headcount(:district, 'student', '2023-12-31'), NULL, 'of this kind only');
SELECT is(registry.approved_headcount(:city, 'staff', '2023-12-31'), NULL, 'of this unit only');
SELECT results_eq(
    format('SELECT from_status, to_status, actor::text COLLATE "default" FROM registry.headcount_event WHERE headcount_id = %s ORDER BY event_id', :first),
    $$VALUES (NULL, 'entered', 'registrar'), ('entered', 'approved', 'reviewer')$$, 'every change is an event');

-- Not by the same person under another role
CREATE ROLE twin LOGIN IN ROLE registry_registrar;
SELECT pg_temp.act('clerk', format('SELECT registry.appoint_staff(''twin'', %s, ''registrar'', %s)', :district,
    (SELECT person_id FROM registry.staff WHERE role_name = 'reviewer'))) AS staff \gset
SELECT pg_temp.act('twin', pg_temp.counting(:'district', '2023-09-30', 120)) AS own \gset
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'own', 'approved'), '23514', 'approver_did_not_enter', 'one person with two roles');
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'own', 'refused', '示例'), '23514', 'approver_did_not_enter', 'does not refuse it either');
GRANT registry_registrar TO reviewer;
SELECT pg_temp.act('clerk', pg_temp.appointing('reviewer', :district, 'registrar')) AS staff \gset
SELECT pg_temp.act('reviewer', pg_temp.counting(:'district', '2023-10-31', 120)) AS own \gset
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'own', 'approved'), '23514', 'approver_did_not_enter', 'one role with two duties');
SELECT pg_temp.refused('postgres', format($$UPDATE registry.headcount SET status = 'approved', decided_at = now(), decided_by = entered_by
    WHERE headcount_id = %s$$, :own), '23514', 'approver_did_not_enter', 'the table says so itself');

-- Shrinking
SELECT pg_temp.act('registrar', pg_temp.counting(:'district', '2023-12-31', 94)) AS less \gset
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'less', 'approved'), '23514', 'shrinking_count_has_reason', 'six of a hundred less without reason');
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'less', 'approved', '机构改革划转六人'));
SELECT is(registry.approved_headcount(:district, 'staff', '2023-12-31'), 94, 'with a reason');
SELECT pg_temp.act('registrar', pg_temp.counting(:'district', '2024-01-31', 90)) AS little \gset
SELECT lives_ok(format('SELECT pg_temp.act(''reviewer'', %L)', pg_temp.deciding(:'little', 'approved')), 'four in a hundred less need none');

-- States and refusals
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'first', 'refused', '示例'), '55000', 'known_transition', 'what is approved stays');
SELECT pg_temp.act('registrar', pg_temp.counting(:'district', '2023-06-30', 101)) AS again \gset
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'again', 'approved'), '23505', 'one_count_of_a_unit', 'one count of one day');
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'again', 'refused'), '23514', 'reason_required', 'refused without reason');
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'again', 'refused', '重复'));
SELECT pg_temp.refused('reviewer', pg_temp.deciding('-1', 'approved'), '23503', 'known_headcount', 'unknown head count');
SELECT pg_temp.refused('registrar', pg_temp.counting(:'district', '2023-06-30', 0), '23514', 'somebody_is_counted', 'nobody');
SELECT pg_temp.refused('registrar', pg_temp.counting(:'district', registry.today() + 1, 9), '23514', 'counted_by_today', 'counted tomorrow');
SELECT pg_temp.refused('registrar', pg_temp.counting(:'district', '-infinity', 9), '23514', 'counted_by_today', 'or before all days');
SELECT pg_temp.refused('registrar', format($$SELECT registry.enter_headcount(%s, 'staff', '2023-06-30', 9, '')$$, :district),
    '23514', 'count_has_source', 'no source');
SELECT pg_temp.refused('registrar', format($$SELECT registry.enter_headcount(%s, 'cats', '2023-06-30', 9, '花名册')$$, :district),
    '23503', 'known_code', 'unknown kind');
SELECT pg_temp.refused('stranger', pg_temp.counting(:'district', '2023-06-30', 9), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('recorder', pg_temp.counting(:'district', '2023-06-30', 9), '42501', '', 'registrars only');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.headcount_event', '42501', 'append_only', 'events stay');

-- Regions
CREATE FUNCTION pg_temp.residents(organization_id text, region text, count integer) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.enter_headcount(%s, ''built_up_resident'', ''2023-06-30'', %s, ''统计公报'', %L)', organization_id, count, region)
$$;
SELECT pg_temp.act('registrar', pg_temp.residents(:'city', '441402', 5000)) AS residents \gset
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'residents', 'approved'));
SELECT is(registry.approved_residents('441402', 'built_up_resident', '2023-06-30'), 5000, 'the residents of a district');
SELECT is(registry.approved_residents('441402', 'built_up_resident', '2023-06-29'), NULL, 'from the day of the count');
SELECT is(registry.approved_headcount(:city, 'built_up_resident', '2023-06-30'), NULL, 'are not those of the unit that reports them');
SELECT pg_temp.act('registrar', pg_temp.residents(:'district', '441402', 5100)) AS residents \gset
CREATE ROLE neighbour LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.act('clerk', pg_temp.appointing('neighbour', :'district', 'reviewer')) AS staff \gset
SELECT pg_temp.refused('neighbour', pg_temp.deciding(:'residents', 'approved'), '42501', 'outside_scope', 'not approved by a reviewer of the body that reports them');
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'residents', 'approved'), '23505', 'one_count_of_a_region', 'counted once, whoever reports');
SELECT pg_temp.refused('registrar', pg_temp.residents(:'district', '441403', 5000), '42501', 'region_of_the_organization', 'the region of others');
SELECT pg_temp.refused('registrar', pg_temp.residents(:'city', '441499', 5000), '23503', 'known_region', 'unknown region');

-- What ratio is asked of a unit
SELECT is(registry.required_volunteer_ratio(:district, '2023-12-31'), 0.60, 'sixty per cent of a mass organization');
SELECT is(registry.required_volunteer_ratio(:city, '2023-12-31'), NULL, 'none of an association');
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例单位' || %L, '3', %1$L, '441402', parent_id => %s)$$, kind, :city)) AS unit, kind
FROM unnest('{02,09,11}'::text[]) AS kind \g /dev/null
SELECT organization_id AS school FROM registry.organization WHERE name = '示例单位02' \gset
SELECT organization_id AS village FROM registry.organization WHERE name = '示例单位09' \gset
SELECT organization_id AS company FROM registry.organization WHERE name = '示例单位11' \gset
SELECT results_eq(format('SELECT registry.required_volunteer_ratio(id, registry.today()) FROM unnest(ARRAY[%s, %s, %s]) AS id', :school, :village, :company),
    'VALUES (0.50), (NULL), (0.50)', 'of a school without students of age, a village, a company');
SELECT pg_temp.act('registrar', format($$SELECT registry.enter_headcount(%s, 'student', '2023-09-01', 800, '学籍')$$, :school)) AS students \gset
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'students', 'approved'));
SELECT pg_temp.act('clerk', format($$SELECT registry.award_civilized_unit(%s, '3', '示例市文明委〔2023〕1号', '[2023-01-01,)')$$, id))
FROM unnest(ARRAY[:village, :company]) AS id;
SELECT results_eq(format('SELECT registry.required_volunteer_ratio(id, ''2024-01-31'') FROM unnest(ARRAY[%s, %s, %s]) AS id', :school, :village, :company),
    'VALUES (0.70), (0.15), (0.70)', 'a middle school, a civilized village, a civilized company');
SELECT pg_temp.act('clerk', $$SELECT registry.set_policy('volunteer_ratio_office', 0.65, '示例市规定', '4414')$$);
SELECT is(registry.required_volunteer_ratio(:district, registry.today()), 0.65, 'a city may ask for more');

-- Titles
SELECT pg_temp.refused('clerk', format($$SELECT registry.award_civilized_unit(%s, '2', '示例', '[2024-01-01,)')$$, :company),
    '23P01', 'one_title_at_a_time', 'one title at a time');
SELECT pg_temp.refused('clerk', format($$SELECT registry.award_civilized_unit(%s, '9', '示例', '[2024-01-01,)')$$, :school),
    '23503', 'known_code', 'unknown level');
SELECT pg_temp.refused('clerk', format($$SELECT registry.award_civilized_unit(%s, '2', '', '[2024-01-01,)')$$, :school),
    '23514', 'title_has_document', 'no document');
SELECT pg_temp.refused('clerk', format($$SELECT registry.award_civilized_unit(%s, '2', '示例', '(,)')$$, :school),
    '23514', 'title_has_beginning', 'since ever');
SELECT pg_temp.refused('clerk', format($$SELECT registry.withdraw_civilized_unit(%s, ' ')$$, :company), '23514', 'reason_required', 'withdrawn without reason');
SELECT pg_temp.refused('clerk', format($$SELECT registry.withdraw_civilized_unit(%s, '示例')$$, :school), 'P0002', 'known_title', 'no title');
SELECT pg_temp.act('clerk', format($$SELECT registry.withdraw_civilized_unit(%s, '复查不合格')$$, :company));
SELECT is(registry.required_volunteer_ratio(:company, registry.today()), 0.50, 'a title is lost from today');
SELECT results_eq(format('SELECT e.from_status, e.to_status, e.reason FROM registry.civilized_unit_event e JOIN registry.civilized_unit USING (title_id)
        WHERE organization_id = %s ORDER BY event_id', :company),
    $$VALUES (NULL, 'awarded', NULL), ('awarded', 'withdrawn', '复查不合格')$$, 'both are events');
SELECT pg_temp.act('clerk', format($$SELECT registry.award_civilized_unit(%s, '3', '更正', daterange(registry.today(), NULL))$$, :company));
SELECT lives_ok(format('SELECT pg_temp.act(''clerk'', %L)', format('SELECT registry.withdraw_civilized_unit(%s, ''误录'')', :company)),
    'one of today can be withdrawn');
SELECT pg_temp.refused('recorder', format($$SELECT registry.award_civilized_unit(%s, '2', '示例', '[2024-01-01,)')$$, :school),
    '42501', '', 'administrators only');

-- Targets
CREATE FUNCTION pg_temp.target(organization_id text, metric text, period text, value numeric, responsible text DEFAULT '团委书记')
RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.set_target(%s, %L, %L, %s, %L)', organization_id, metric, period, value, responsible)
$$;
SELECT pg_temp.act('clerk', pg_temp.target(:'district', 'station', '[2024-01-01,2025-01-01)', 3)) AS target \gset
SELECT results_eq(format('SELECT organization_id, metric, value, responsible, actor::text COLLATE "default" FROM registry.target JOIN registry.target_event USING (target_id) WHERE target_id = %s', :target),
    format($$VALUES (%s::bigint, 'station', 3::numeric, '团委书记', 'clerk')$$, :district), 'a target');
SELECT pg_temp.refused('clerk', pg_temp.target(:'district', 'station', '[2024-12-31,2026-01-01)', 1), '23P01', 'one_target_at_a_time', 'a second one');
SELECT pg_temp.refused('clerk', pg_temp.target(:'district', metric, period, value, responsible), state, rule, rule)
FROM (VALUES
    ('cats', '[2024-01-01,2025-01-01)', 1, '书记', '23503', 'known_code'),
    ('team', '[2024-01-01,)', 1, '书记', '23514', 'target_has_period'),
    ('team', '[2024-01-01,2025-01-01)', 0, '书记', '23514', 'target_asks_something'),
    ('team', '[2024-01-01,2025-01-01)', 1, '', '23514', 'somebody_is_responsible')) AS v (metric, period, value, responsible, state, rule);
SELECT pg_temp.refused('recorder', pg_temp.target(:'district', 'team', '[2024-01-01,2025-01-01)', 3), '42501', '', 'administrators only');
SELECT pg_temp.refused('clerk', format('SELECT registry.withdraw_target(%s, NULL)', :target), '23514', 'reason_required', 'withdrawn without reason');
SELECT pg_temp.act('clerk', format('SELECT registry.withdraw_target(%s, ''调整'')', :target));
SELECT pg_temp.refused('clerk', format('SELECT registry.withdraw_target(%s, ''调整'')', :target), '55000', 'known_transition', 'withdrawn twice');
SELECT pg_temp.refused('clerk', 'SELECT registry.withdraw_target(-1, ''调整'')', 'P0002', 'known_target', 'an unknown target');
SELECT results_eq(format('SELECT from_status, to_status, reason FROM registry.target_event WHERE target_id = %s ORDER BY event_id', :target),
    $$VALUES (NULL, 'set', NULL), ('set', 'withdrawn', '调整')$$, 'both are events');
SELECT lives_ok(format('SELECT pg_temp.act(''clerk'', %L)', pg_temp.target(:'district', 'station', '[2024-01-01,2025-01-01)', 2)), 'another takes its place');
SELECT is(count(*), 2::bigint, 'and both are kept') FROM registry.target WHERE organization_id = :district;

SELECT * FROM finish();
ROLLBACK;
