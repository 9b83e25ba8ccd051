BEGIN;
\ir ../acting.sql
\ir ../office.sql
SELECT plan(53);

SELECT results_eq(
    format('SELECT name, kind, unit_kind, region::text, credit_code::text, status FROM registry.organization WHERE organization_id = %s', :city),
    $$VALUES ('示例市志愿服务联合会', '2', '13', '441400000000', '51441400MJ0000018H', 'active')$$, 'an organization');
SELECT is(actor, 'clerk', 'its creation is an event of whoever created it')
FROM registry.organization_event WHERE organization_id = :city;

-- Refusals of creation
SELECT pg_temp.refused('clerk', format($$SELECT registry.create_organization('示例区志愿服务队', '1', '08', '441402', parent_id => %s)$$, :city),
    '23505', 'organization_name_under_parent', 'one name under one parent');
SELECT pg_temp.refused('clerk', $$SELECT registry.create_organization('示例市志愿服务联合会', '1', '08', '441402')$$,
    '23505', 'organization_name_under_parent', 'one name without a parent');
SELECT lives_ok(format($$SELECT registry.create_organization('示例区志愿服务队', '1', '08', '441402', parent_id => %s)$$, :district),
    'the same name under another parent');
SELECT pg_temp.refused('clerk', $$SELECT registry.create_organization('示例二队', '2', '13', '441402', '51441400MJ0000018H')$$,
    '23505', 'one_credit_code_one_organization', 'one credit code, one organization');
SELECT pg_temp.refused('clerk', $$SELECT registry.create_organization('示例二队', '2', '13', '441402', '51441400MJ00000181')$$,
    '22P02', '', 'wrong credit code');
SELECT pg_temp.refused('clerk', $$SELECT registry.create_organization('示例二队', '4', '13', '441402')$$,
    '23503', 'known_code', 'unknown kind');
SELECT pg_temp.refused('clerk', $$SELECT registry.create_organization('示例二队', '1', '77', '441402')$$,
    '23503', 'known_code', 'unknown kind of unit');
SELECT pg_temp.refused('clerk', $$SELECT registry.create_organization('示例二队', '1', '08', '441499')$$,
    '23503', 'known_region', 'unknown region');
SELECT pg_temp.refused('clerk', $$SELECT registry.create_organization('示例二队', '1', '08', '441402', parent_id => -1)$$,
    '23503', 'known_organization', 'unknown parent');
SELECT pg_temp.refused('clerk', $$SELECT registry.create_organization(' ', '1', '08', '441402')$$,
    '23514', 'organization_is_named', 'no name');
SELECT pg_temp.refused('recorder', $$SELECT registry.create_organization('示例二队', '1', '08', '441402')$$,
    '42501', '', 'administrators only');

-- The tree
SELECT pg_temp.act('clerk', format($$
    SELECT registry.create_organization('示例街道志愿服务站', '1', '09', '441402', parent_id => %s)$$, :district)) AS street \gset
SELECT results_eq(format('SELECT registry.organization_above(%s)', :street),
    format('VALUES (%s::bigint), (%s), (%s)', :street, :district, :city), 'an organization and those above');
SELECT set_eq(format('SELECT registry.organization_below(%s)', :district),
    format($$SELECT organization_id FROM registry.organization WHERE organization_id = %s OR parent_id = %1$s$$, :district),
    'an organization and those below');

-- Suspension
CREATE ROLE dispatcher LOGIN IN ROLE registry_dispatcher;
CREATE ROLE issuer LOGIN IN ROLE registry_issuer;
SELECT pg_temp.act('clerk', pg_temp.appointing('dispatcher', :city, 'dispatcher')),
    pg_temp.act('clerk', format($$SELECT registry.appoint_staff('issuer', %s, 'issuer')$$, :city)),
    pg_temp.act('recorder', format($$SELECT registry.create_project('示例项目', %s, '0001')$$, :district)) AS project \gset
SELECT pg_temp.refused('clerk', format($$SELECT registry.change_organization_status(%s, 'suspended', '')$$, :street),
    '23514', 'reason_required', 'suspension needs a reason');
SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'suspended', '示例理由')$$, :street));
SELECT pg_temp.refused('clerk', format($$SELECT registry.create_organization('示例三队', '1', '09', '441402', parent_id => %s)$$, :street),
    '55000', 'organization_active', 'nothing is created below a suspended organization');
SELECT pg_temp.refused(role, 'SELECT registry.' || statement, '55000', 'organization_active', split_part(statement, '(', 1) || ' needs an active one')
FROM (VALUES
    ('clerk', format($$appoint_staff('registrar', %s, 'registrar', 1)$$, :street)),
    ('clerk', format($$allot_number_block(%s, 10)$$, :street)),
    ('clerk', format($$grant_identity_mark(%s, '标识', '机关', registry.today())$$, :street)),
    ('clerk', format($$set_target(%s, 'hours', '[2026-01-01,2027-01-01)', 1, '负责人')$$, :street)),
    ('clerk', format($$award_civilized_unit(%s, '1', '文号', '[2026-01-01,2027-01-01)')$$, :street)),
    ('registrar', format($$enter_headcount(%s, 'staff', registry.today(), 1, '年报')$$, :street)),
    ('recorder', format($$create_project('示例二项目', %s, '0001')$$, :street)),
    ('recorder', format($$create_activity(%s, '示例活动', tstzrange(now(), now() + interval '1 hour'), organization_id => %s)$$, :project, :street)),
    ('recorder', format($$open_batch(%s)$$, :street)),
    ('recorder', format($$begin_import('roster.csv', %s)$$, :street)),
    ('recorder', format($$create_course('示例课程', %s, '1', 60)$$, :street)),
    ('recorder', format($$hold_training(1, %s, '1', tstzrange(now(), now() + interval '1 hour'), '讲师')$$, :street)),
    ('recorder', format($$add_insurance_policy(%s, '保险公司', '保单', '[2026-01-01,2027-01-01)', 1)$$, :street)),
    ('recorder', format($$request_service(%s, '0001', '需求')$$, :street)),
    ('recorder', format($$offer_benefit(%s, '礼遇', '办法')$$, :street)),
    ('recorder', format($$record_commendation(%s, NULL, '1', '表彰', registry.today())$$, :street)),
    ('recorder', format($$open_round(%s, 'station', '考核')$$, :street)),
    ('reviewer', format($$designate_project(%s, '1', %s, '文号', '[2026-01-01,2027-01-01)')$$, :project, :street)),
    ('dispatcher', format($$compile_order(%s, '订单', '0001', tstzrange(now(), now() + interval '1 hour'), '{1}')$$, :street)),
    ('dispatcher', format($$pair(%s, %s, '负责人')$$, :street, :district)),
    ('dispatcher', format($$pair(%s, %s, '负责人')$$, :district, :street)),
    ('issuer', format($$authorize_issuer(%s, %s, '协议')$$, :city, :street))) AS v (role, statement);
SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'active', '示例理由')$$, :street));
SELECT results_eq(
    format('SELECT from_status, to_status, reason, actor::text COLLATE "default" FROM registry.organization_event WHERE organization_id = %s ORDER BY event_id', :street),
    $$VALUES (NULL, 'active', NULL, 'clerk'), ('active', 'suspended', '示例理由', 'clerk'), ('suspended', 'active', '示例理由', 'clerk')$$,
    'every change is an event');

-- Dissolution
SELECT pg_temp.refused('clerk', format($$SELECT registry.change_organization_status(%s, 'dissolved', '示例理由')$$, :city),
    '23514', 'dissolved_has_successor', 'neither parent nor successor');
SELECT pg_temp.refused('clerk', format($$SELECT registry.change_organization_status(%s, 'dissolved', '示例理由', %s)$$, :city, :street),
    '23514', 'successor_not_below', 'the successor is below');
SELECT pg_temp.refused('clerk', format($$SELECT registry.change_organization_status(%s, 'dissolved', '示例理由', %1$s)$$, :city),
    '23514', 'successor_not_below', 'its own successor');
SELECT pg_temp.refused('clerk', format($$SELECT registry.change_organization_status(%s, 'dissolved', '示例理由', -1)$$, :city),
    '23503', 'known_organization', 'unknown successor');
SELECT pg_temp.refused('clerk', $$SELECT registry.change_organization_status(-1, 'dissolved', '示例理由')$$,
    '23503', 'known_organization', 'unknown organization');
SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'dissolved', '示例理由')$$, :district));
SELECT is(successor_id, :city::bigint, 'the parent takes over') FROM registry.organization WHERE organization_id = :district;
SELECT results_eq(format('SELECT registry.organization_above(%s)', :street),
    format('VALUES (%s::bigint), (%s), (%s)', :street, :district, :city), 'those below keep their way up');
SELECT pg_temp.refused('clerk', format($$SELECT registry.change_organization_status(%s, 'active', '示例理由')$$, :district),
    '55000', 'known_transition', 'dissolution is final');
SELECT pg_temp.refused('postgres', format($$UPDATE registry.organization SET successor_id = NULL WHERE organization_id = %s$$, :district),
    '23514', 'dissolved_has_successor', 'the succession cannot be taken back');
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('示例承继会', '2', '13', '441400')$$) AS heir \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'dissolved', '示例理由', %s)$$, :city, :heir));
SELECT set_eq(format('SELECT registry.organization_above(%s)', :street), format('VALUES (%s::bigint), (%s), (%s), (%s)',
    :street, :district, :city, :heir), 'the successor stands above everything it took over');
SELECT ok(:street IN (SELECT registry.organization_below(:heir)), 'and finds it below');

-- Events stay
SELECT pg_temp.refused('postgres', statement, '42501', 'append_only', statement)
FROM unnest(ARRAY['DELETE FROM registry.organization_event', 'TRUNCATE registry.organization_event']) AS statement;

SELECT * FROM finish();
ROLLBACK;
