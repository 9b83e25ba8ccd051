BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(47);

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
CREATE FUNCTION pg_temp.report(query text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('analyst', format('SELECT string_agg(q::text, E''\n'') FROM (%s) AS q', query))
$$;
CREATE FUNCTION pg_temp.item(standard text, code text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.set_standard_item(%L, %L, ''有专人'', ''示例市志愿服务站点标准''%s)', standard, code, more)
$$;
CREATE FUNCTION pg_temp.opening(organization text, standard text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.open_round(%s, %L, ''年度考核''%s)', organization, standard, more)
$$;
CREATE FUNCTION pg_temp.filling(round text, VARIADIC organizations text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.fill_round(%s, %L)', round, organizations)
$$;
CREATE FUNCTION pg_temp.scoring(round text, organization text, code text, points numeric DEFAULT 1, evidence text DEFAULT '查阅制度汇编') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.score_item(%s, %s, %L, %s, %L)', round, organization, code, points, evidence)
$$;
CREATE FUNCTION pg_temp.moving(round text, to_status text, reason text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.change_round_status(%s, %L, %L)', round, to_status, reason)
$$;

-- Standards: five are there, one is to be filled locally
SELECT results_eq($$SELECT standard, count(*) FROM registry.standard_item GROUP BY standard ORDER BY standard$$,
    $$VALUES ('five_haves', 5::bigint), ('five_ones', 5), ('six_haves', 6), ('station_six', 6)$$, 'the items that policy papers name');
SELECT is_empty($$SELECT i.code FROM registry.code_item i WHERE i.set = 'assessment_measure' AND i.code <> 'volunteer_ratio'
    AND registry.measured((SELECT min(organization_id) FROM registry.organization), i.code, registry.today()) IS NULL$$, 'every measure is measured');
SELECT is_empty($$SELECT measure FROM registry.standard_item EXCEPT SELECT code FROM registry.code_item WHERE set = 'assessment_measure' EXCEPT SELECT NULL$$,
    'and known');
SELECT pg_temp.refused('recorder', pg_temp.opening(:'city', 'eight_haves'), '23514', 'standard_has_items', 'an empty standard assesses nobody');
SELECT pg_temp.refused('clerk', pg_temp.item('eight_haves', 'head', ', since => registry.today()'), '23514', 'item_not_retroactive', 'an item of today');
SELECT pg_temp.refused('clerk', pg_temp.item('eight_haves', 'head', ', since => ''infinity'''), '23514', 'item_begins_on_a_day', 'an item of no day');
SELECT pg_temp.refused('clerk', pg_temp.item('nine_haves', 'head'), '23503', 'known_code', 'unknown standard');
SELECT pg_temp.refused('clerk', pg_temp.item('eight_haves', 'head', ', ''height'', 1'), '23503', 'known_code', 'unknown measure');
SELECT pg_temp.refused('clerk', pg_temp.item('eight_haves', 'head', ', ''station'''), '23514', 'measure_has_threshold', 'measured against nothing');
SELECT pg_temp.refused('clerk', pg_temp.item('eight_haves', 'Head'), '23514', 'item_is_coded', 'no code');
SELECT pg_temp.refused('clerk', pg_temp.item('eight_haves', 'head', ', points => 0'), '23514', 'item_gives_points', 'for no points');
SELECT pg_temp.refused('recorder', pg_temp.item('eight_haves', 'head'), '42501', '', 'a recorder sets no standard');
SELECT pg_temp.act('clerk', pg_temp.item('eight_haves', 'head', ', region => ''4414''')) AS head \gset
SELECT pg_temp.act('clerk', pg_temp.item('six_haves', 'rules', ', region => ''4414'', points => 3')) AS rules \gset
SELECT pg_temp.act('clerk', format('SELECT registry.end_standard_item(%s)', :head));
SELECT pg_temp.refused('clerk', format('SELECT registry.end_standard_item(%s)', :head), 'P0002', 'known_standard_item', 'ended twice');
SELECT results_eq($$SELECT points FROM registry.standard_items('six_haves', '441402', registry.today()) WHERE code = 'rules'
    UNION ALL SELECT points FROM registry.standard_items('six_haves', '441402', registry.today() + 1) WHERE code = 'rules'
    UNION ALL SELECT points FROM registry.standard_items('six_haves', '360402', registry.today() + 1) WHERE code = 'rules'$$,
    'VALUES (1.00), (3.00), (1.00)', 'a local item takes the place of the national one, there and from then on');

SELECT pg_temp.act('clerk', pg_temp.item('six_haves', code, ', region => ''44'', points => 9')) FROM unnest('{rules,desk}'::text[]) AS code;
SELECT pg_temp.act('clerk', pg_temp.item('six_haves', 'desk', ', region => ''4414'''));
SELECT pg_temp.act('clerk', pg_temp.item('eight_haves', 'rules', ', region => ''4414'''));
SELECT pg_temp.act('clerk', pg_temp.item('six_haves', 'rules', format(', region => ''4414'', points => 2, since => %L', registry.today() + 3))) AS later \gset
SELECT set_eq($$SELECT standard, code, region::text, upper(valid) - registry.today(), points FROM registry.standard_item WHERE region <@ '44' AND code <> 'head'$$,
    $$VALUES ('six_haves', 'rules', '441400000000', 3, 3.00), ('six_haves', 'rules', '441400000000', NULL, 2.00), ('six_haves', 'rules', '440000000000', NULL, 9.00),
        ('six_haves', 'desk', '440000000000', NULL, 9.00), ('six_haves', 'desk', '441400000000', NULL, 1.00), ('eight_haves', 'rules', '441400000000', NULL, 1.00)$$,
    'a new item ends the one of its code, standard and place alone');
SELECT is(points, 3.00, 'the nearest place says what holds') FROM registry.standard_items('six_haves', '441402', registry.today() + 1) WHERE code = 'rules';

-- A community with a station, a team and an activity; another with nothing
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例社区', '1', '09', '441402', parent_id => %s)$$, :city)) AS community \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('空白社区', '1', '09', '441402', parent_id => %s)$$, :city)) AS blank \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.open_station(%s, 'community', '示例社区志愿服务站', '示例社区居委会', '示例站长')$$, :community)) AS station \gset
SELECT pg_temp.enrol('示例丙', 3, :'community', registry.today() - 100) AS cid \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('邻里守望', %s, '0001')$$, :community)) AS care \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '探访', %L, backfill_reason => '补录')$$,
    :care, pg_temp.during(-n, '08:00', '10:00'))) FROM generate_series(1, 2) AS n;

-- What the registry knows it fills in; the rest is judged by somebody else
SELECT pg_temp.act('recorder', pg_temp.opening(:'city', 'six_haves')) AS round \gset
SELECT pg_temp.refused('recorder', pg_temp.opening(:'city', 'six_haves', ', registry.today() + 1'), '23514', 'assessed_by_today', 'the day is still to come');
SELECT pg_temp.refused('stranger', pg_temp.opening(:'city', 'six_haves'), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('stranger', pg_temp.filling(:'round', :'blank'), '42501', 'not_staff', 'filled by nobody of the staff');
SELECT is(pg_temp.act('recorder', pg_temp.filling(:'round', :'community', :'blank')), '10', 'five of six items of two communities are measured');
SELECT is(pg_temp.act('recorder', pg_temp.filling(:'round', :'blank')), '0', 'and once only');
SELECT pg_temp.refused('recorder', pg_temp.filling(:'round', :'city'), '23514', 'subject_below_assessor', 'nobody assesses oneself');
SELECT pg_temp.refused('recorder', pg_temp.filling('-1'), '23503', 'known_round', 'unknown assessment');
SELECT results_eq(format($$SELECT i.code, c.value, c.points FROM registry.assessment_score c JOIN registry.standard_item i USING (item_id)
        WHERE c.round_id = %s AND c.organization_id = %s ORDER BY i.item_id$$, :round, :community),
    $$VALUES ('place', 1::numeric, 1.00), ('team', 1, 1.00), ('ledger', 2, 0.00), ('project', 1, 1.00), ('mark', 1, 1.00)$$, 'as the registry knows it');
INSERT INTO registry.beneficiary (organization_id, pseudonym, kind) VALUES (:community, 'A-1', '01');
SELECT is(pg_temp.act('recorder', pg_temp.filling(:'round')), '1', 'filled again when something has changed');
SELECT pg_temp.refused('stranger', pg_temp.scoring(:'round', :'community', 'rules'), '42501', 'not_staff', 'scored by nobody of the staff');
SELECT pg_temp.refused('recorder', pg_temp.scoring(:'round', :'community', 'team'), '23514', 'item_is_judged', 'nobody judges what is measured');
SELECT pg_temp.refused('recorder', pg_temp.scoring(:'round', :'community', 'nothing'), '23503', 'item_of_standard', 'unknown item');
SELECT pg_temp.refused('recorder', pg_temp.scoring(:'round', :'community', 'rules', 2), '23514', 'points_within_item', 'more than the item gives');
SELECT pg_temp.refused('recorder', pg_temp.scoring(:'round', :'community', 'rules', -1), '23514', 'points_are_not_negative', 'less than nothing');
SELECT pg_temp.refused('recorder', pg_temp.scoring(:'round', :'community', 'rules', 1, ''), '23514', 'measured_or_evidenced', 'without evidence');
SELECT pg_temp.refused('recorder', pg_temp.scoring(:'round', :'district', 'rules'), '23503', 'subject_of_round', 'an organization that is not assessed');
SELECT pg_temp.act('clerk', format($$SELECT registry.appoint_staff('recorder', %s, 'recorder', %s)$$, :community,
    (SELECT person_id FROM registry.staff WHERE role_name = 'recorder'))) AS here \gset
SELECT pg_temp.refused('recorder', pg_temp.scoring(:'round', :'community', 'rules'), '23514', 'scorer_is_not_of_subject', 'nobody scores where one works');
UPDATE registry.staff SET valid = daterange(registry.today() - 2, registry.today()) WHERE staff_id = :here;
INSERT INTO registry.volunteer (person_id, volunteer_no, registered_on, organization_id, region)
SELECT person_id, volunteer_no('441402', registry.today(), 999999), registry.today(), :district, '441402'
FROM registry.staff WHERE role_name = 'recorder' LIMIT 1;
INSERT INTO registry.membership (organization_id, person_id, role, valid)
SELECT :community, person_id, 'member', daterange(registry.today() - 1, NULL) FROM registry.staff WHERE role_name = 'recorder' LIMIT 1;
SELECT pg_temp.refused('recorder', pg_temp.scoring(:'round', :'community', 'rules'), '23514', 'scorer_is_not_of_subject', 'nor where one belongs');
UPDATE registry.membership SET valid = daterange(registry.today() - 1, registry.today()) WHERE organization_id = :community AND role = 'member' AND person_id IN (SELECT person_id FROM registry.staff);
SELECT pg_temp.act('recorder', pg_temp.scoring(:'round', :'community', 'rules', 0.5));
SELECT pg_temp.act('recorder', pg_temp.scoring(:'round', :'community', 'rules'));
SELECT pg_temp.refused('reviewer', pg_temp.scoring(:'round', :'community', 'rules'), '42501', '', 'a reviewer scores nothing');

-- Closed by another, when it is complete
SELECT pg_temp.refused('reviewer', pg_temp.moving(:'round', 'closed'), '55000', 'every_item_is_scored', 'an item is missing');
SELECT pg_temp.act('recorder', pg_temp.scoring(:'round', :'blank', 'rules', 0, '无'));
INSERT INTO registry.staff (role_name, person_id, organization_id, duty, valid)
SELECT 'reviewer', person_id, :district, 'recorder', daterange(registry.today() - 9, registry.today() - 8) FROM registry.staff
WHERE role_name = 'recorder' AND organization_id = :city;
SELECT pg_temp.refused('reviewer', pg_temp.moving(:'round', 'closed'), '23514', 'closed_by_another', 'nobody closes what one scored, with another account');
DELETE FROM registry.staff WHERE role_name = 'reviewer' AND organization_id = :district;
SELECT pg_temp.act('reviewer', pg_temp.moving(:'round', 'closed'));
SELECT pg_temp.refused('recorder', pg_temp.scoring(:'round', :'community', 'rules', 0), '55000', 'round_is_open', 'nothing is scored afterwards');
SELECT pg_temp.refused('recorder', pg_temp.filling(:'round'), '55000', 'round_is_open', 'or filled');
SELECT pg_temp.refused('reviewer', pg_temp.moving(:'round', 'open'), '23514', 'reason_required', 'opened again without reason');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.assessment_result', '42501', 'append_only', 'results stay');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.assessment_round_event', '42501', 'append_only', 'as events do');

-- Reports
SELECT is(pg_temp.report(format('SELECT organization, item, value, points, possible, met FROM report.assessment(%s) WHERE organization = ''示例社区''', :round)),
    E'(示例社区,有管理制度,,1.00,1.00,t)\n(示例社区,有专用场所,1,1.00,1.00,t)\n(示例社区,有志愿服务队伍,1,1.00,1.00,t)\n(示例社区,有注册志愿者、活动、服务对象台账,3,1.00,1.00,t)\n'
    || E'(示例社区,有相对固定服务项目,1,1.00,1.00,t)\n(示例社区,有明显标识,1,1.00,1.00,t)\n(示例社区,合计,,6.00,6.00,t)', 'the results, the last of each item, and their total');
SELECT is(pg_temp.report(format('SELECT rank, organization, unit_kind, points, possible, share FROM report.unit_ranking(%s)', :round)),
    E'(1,示例社区,居委会,6.00,6.00,1.0000)\n(2,空白社区,居委会,0.00,6.00,0.0000)', 'the ranking');
SELECT is(pg_temp.report(format('SELECT station, head, has_head, has_plaque, volunteers, has_team, activities, has_project, has_ledger, has_rules, has_facilities, missing FROM report.station_checklist(''4414'', %L)', registry.today())),
    '(示例社区志愿服务站,示例*,t,t,1,t,2,t,t,t,,1)', 'the checklist of stations');
SELECT is(pg_temp.report(format('SELECT 1 FROM report.station_checklist(''3604'', %L)', registry.today())), NULL, 'of that place alone');

-- Five ones of a paired community
SELECT pg_temp.act('reviewer', format($$SELECT registry.designate_project(%s, 'key_incubation', %s, '示例文件', %L)$$, :care, :city, daterange(registry.today() - 1, NULL)));
INSERT INTO registry.pairing (unit_id, partner_id, responsible, valid) VALUES (:district, :community, '副局长', daterange(registry.today(), NULL));
SELECT pg_temp.act('clerk', format($$SELECT registry.set_target(%s, %L, %L, 2, '居委会主任')$$, :community, metric, daterange(registry.today(), registry.today() + 30)))
FROM (VALUES ('team'), ('publicity')) AS v (metric);
SELECT pg_temp.act('recorder', pg_temp.opening(:'city', 'five_ones')) AS ones \gset
SELECT pg_temp.act('recorder', pg_temp.filling(:'ones', :'community'));
SELECT pg_temp.act('recorder', pg_temp.scoring(:'ones', :'community', c, p)) FROM (VALUES ('publicity', 1), ('atmosphere', 0)) AS v (c, p);
SELECT pg_temp.act('reviewer', pg_temp.moving(:'ones', 'closed'));
SELECT is(pg_temp.report(format('SELECT partner, units, item, target, attained::real, met FROM report.five_ones(%L)', registry.today())),
    E'(示例社区,示例区志愿服务队,工作站点,,1,t)\n(示例社区,示例区志愿服务队,品牌项目,,1,t)\n(示例社区,示例区志愿服务队,宣传阵地,2,1,t)\n'
    || E'(示例社区,示例区志愿服务队,公益氛围,,0,f)\n(示例社区,示例区志愿服务队,志愿队伍,2,1,f)', 'the five ones');

SELECT * FROM finish();
ROLLBACK;
