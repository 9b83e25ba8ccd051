BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(33);

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
CREATE FUNCTION pg_temp.report(query text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('analyst', format('SELECT string_agg(q::text, E''\n'') FROM (%s) AS q',
        replace(query, 'today', format('date %L', registry.today()))))
$$;
CREATE FUNCTION pg_temp.child(sequence integer, organization_id text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('registrar', format($f$SELECT registry.register_volunteer('示例丙', 'citizen_id', %L, %s, '441402', '登记表',
        guardian_name => '示例母亲', guardian_relation => '母亲')$f$,
        pg_temp.citizen((registry.today() - interval '12 years')::date, sequence), organization_id))
$$;

-- Ann and Ben of the district since long, a girl of the city since today; Ben leaves today
SELECT pg_temp.child(2, :'city') AS cat \gset
SELECT pg_temp.act('registrar', format('SELECT registry.take_oath(%L)', :'cat')) \g /dev/null
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'withdrawn', '迁居')$$, :'ben')) \g /dev/null
SELECT is(pg_temp.report($$SELECT organization, unit_kind, place, registered, male, female, minors, sworn, suspended, joined, departed
    FROM report.registration('4414', today - 10, today)$$),
    E'(示例区志愿服务队,群团,梅江区,1,1,0,0,0,0,0,1)\n(示例市志愿服务联合会,社会团体,梅州市,1,0,1,1,1,0,1,0)\n(合计,,,2,1,1,1,1,0,1,1)',
    'registered volunteers of each organization and of the city');
SELECT is(pg_temp.report($$SELECT organization, registered, joined, departed FROM report.registration('4414', today - 300, today - 1)$$),
    E'(示例区志愿服务队,2,2,0)\n(合计,2,2,0)', 'as they were yesterday');
SELECT is(pg_temp.report($$SELECT organization, registered FROM report.registration('441402', today, today)$$),
    E'(示例区志愿服务队,1)\n(合计,1)', 'of one district');
SELECT is(pg_temp.report($$SELECT organization, registered, departed FROM report.registration('3502', today, today)$$),
    '(合计,0,0)', 'and nowhere else');

-- Number blocks
SELECT pg_temp.act('clerk', format('SELECT registry.allot_number_block(%s, 50, registry.today() + 30)', :'city')) \g /dev/null
SELECT is(pg_temp.report($$SELECT organization, number_region, first, last, numbers, used, remaining, due_on - today AS due, state
    FROM report.number_blocks('4414')$$),
    E'(示例区志愿服务队,441402000000,1,1000,1000,2,998,,open)\n(示例市志愿服务联合会,441400000000,1,1000,1000,1,999,,open)\n'
    || E'(示例市志愿服务联合会,441400000000,1001,1050,50,0,50,30,open)\n(合计,,,,2050,3,2047,,)', 'number blocks and tasks');
UPDATE registry.number_block SET next_serial = upper(serials) WHERE organization_id = :district;
UPDATE registry.number_block SET allotted_at = allotted_at - interval '60 days', due_on = registry.today() - 1 WHERE due_on IS NOT NULL;
SELECT is(pg_temp.report($$SELECT state FROM report.number_blocks('4414')$$), E'(exhausted)\n(open)\n(overdue)\n()', 'used up, and overdue');
SELECT is(pg_temp.report($$SELECT organization, numbers FROM report.number_blocks('441402')$$), E'(示例区志愿服务队,1000)\n(合计,1000)', 'of one district');

-- Spot checks
SELECT pg_temp.act('reviewer', format('SELECT registry.draw_spot_check(%s, 5)', :'city')) AS round \gset
SELECT pg_temp.act('reviewer', format($$SELECT registry.record_spot_check(%s, %L, 'confirmed', 'phone')$$, :round, :'ann')) \g /dev/null
SELECT pg_temp.act('reviewer', format($$SELECT registry.record_spot_check(%s, %L, 'denied', 'visit', '家长不知情')$$, :round, :'cat')) \g /dev/null
SELECT is(pg_temp.report($$SELECT organization, population, sample, phone, visit, confirmed, inaccurate, denied, unreachable, pending, true_percent
    FROM report.spot_checks(today, today)$$),
    E'(示例市志愿服务联合会,2,2,1,1,1,0,1,0,0,50.0)\n(合计,2,2,1,1,1,0,1,0,0,50.0)', 'a round and the total');
SELECT is(pg_temp.report($$SELECT organization, sample, true_percent FROM report.spot_checks('2020-01-01', '2020-12-31')$$), '(合计,,)', 'none then');
SELECT is(pg_temp.report($$SELECT organization, name, registered_by, finding, method, note, checked_by FROM report.spot_check_findings(today, today)$$),
    '(示例市志愿服务联合会,示*丙,registrar,denied,visit,家长不知情,reviewer)', 'what was found');

-- Organizations
SELECT pg_temp.act('clerk', format($$SELECT registry.grant_identity_mark(%s, '粤志标 1 号', '示例市民政局', '2024-01-01')$$, :'city')) \g /dev/null
SELECT pg_temp.act('clerk', format($$SELECT registry.award_civilized_unit(%s, '2', '示例省文明委文件', '[2024-01-01,)')$$, :'district')) \g /dev/null
SELECT is(pg_temp.report($$SELECT organization, kind, unit_kind, place, credit_code, parent, status, mark_no, marked_on, civilized FROM report.organizations('4414', today)$$),
    E'(示例市志愿服务联合会,志愿服务组织,社会团体,梅州市,51441400MJ0000018H,,active,"粤志标 1 号",2024-01-01,)\n(示例区志愿服务队,志愿服务团体,群团,梅江区,,示例市志愿服务联合会,active,,,省)',
    'organizations and their marks');
SELECT is(pg_temp.report($$SELECT unit_kind, organizations, registered, marked, civilized, suspended, dissolved FROM report.organization_count('4414', today)$$),
    E'(社会团体,1,1,1,0,0,0)\n(群团,1,0,0,1,0,0)\n(合计,2,1,1,1,0,0)', 'counted');
SELECT is(pg_temp.report($$SELECT organization FROM report.organizations('4414', today - 1)$$), NULL, 'none before they were');
SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'suspended', '核查')$$, :'district')) \g /dev/null
SELECT is(pg_temp.report($$SELECT organization, status FROM report.organizations('4414', today)$$),
    E'(示例市志愿服务联合会,active)\n(示例区志愿服务队,suspended)', 'each has its own status');
SELECT is(pg_temp.report($$SELECT organization FROM report.organizations('441402', today)$$), '(示例区志愿服务队)', 'those of one district');
SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'active', '核查完毕')$$, :'district')) \g /dev/null

-- Teams
SELECT pg_temp.act('registrar', format($$SELECT registry.add_member(%s, %L, 'leader')$$, :'district', :'ann')) \g /dev/null
SELECT is(pg_temp.report($$SELECT team, unit_kind, level, place, parent, leaders, members, backbone FROM report.teams('4414', today)$$),
    E'(示例市志愿服务联合会,社会团体,2,梅州市,,,1,0)\n(示例区志愿服务队,群团,3,梅江区,示例市志愿服务联合会,示*甲,1,0)\n(合计,,,,,,2,0)', 'teams, their leaders and members');
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-1, '08:00', '11:00'))) AS record \gset
SELECT pg_temp.take_effect(:'batch') AS done \gset
SELECT volunteer.flush_hours();
SELECT is(pg_temp.report($$SELECT team, activities, hours FROM report.teams('441402', today - 1)$$), '(合计,0,0:00)', 'no team the day before');
ALTER TABLE registry.organization_event DISABLE TRIGGER append_only;
UPDATE registry.organization_event SET at = '2023-12-31 23:59+08';
SELECT is(pg_temp.report($$SELECT mark_no, civilized FROM report.organizations('4414', '2023-12-31')$$), E'(,)\n(,)', 'not marked before the mark');
UPDATE registry.organization_event SET at = now() - interval '300 days';
SELECT is(pg_temp.report($$SELECT team, hours FROM report.teams('441402', today - 1)$$), E'(示例区志愿服务队,3:00)\n(合计,3:00)', 'what it did in the year');

-- Stations
SELECT pg_temp.act('registrar', format($$SELECT registry.open_station(%s, 'community', '示例社区站', '示例社区居委会', '示例站长', '441402004')$$, :'district')) AS station \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.open_station(%s, 'post', '示例驿站', '示例公园', '示例站长', '441403', '2024-05-01')$$, :'city')) \g /dev/null
SELECT is(pg_temp.report($$SELECT place, place_name, kind, plaque, host, head, organization FROM report.stations('4414', today)$$),
    E'(441402004000,江南街道,"社区(村)志愿服务站",示例社区站,示例社区居委会,示例*,示例区志愿服务队)\n(441403000000,梅县区,志愿服务驿站,示例驿站,示例公园,示例*,示例市志愿服务联合会)',
    'stations');
SELECT is(pg_temp.report($$SELECT division, name, community, street, practice, post, "window", welfare, stations FROM report.station_count('4414', today)$$),
    E'(441402000000,梅江区,1,0,0,0,0,0,1)\n(441403000000,梅县区,0,0,0,1,0,0,1)\n(,合计,1,0,0,1,0,0,2)', 'counted by county');
SELECT is(pg_temp.report($$SELECT name, stations FROM report.station_count('441402', today)$$), E'(江南街道,1)\n(合计,1)', 'or by town');
SELECT is(pg_temp.report($$SELECT name, stations FROM report.station_count('4414', '2024-05-01')$$), E'(梅县区,1)\n(合计,1)', 'as they were');
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '驻站', tstzrange(now() - interval '1 hour', now()), backfill_reason => '补录', station_id => %s)$$,
    :'project', :station)) \g /dev/null
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '演练', tstzrange(now() - interval '1 hour', now()), drill => true, backfill_reason => '补录', station_id => %s)$$,
    :'project', :station)) \g /dev/null
UPDATE registry.activity SET period = tstzrange(pg_temp.at(0, '00:00'), pg_temp.at(1, '00:00')) WHERE station_id = :station;
SELECT is(pg_temp.report($$SELECT plaque, activities FROM report.stations('4414', today)$$), E'(示例社区站,1)\n(示例驿站,0)', 'activities at stations, of which a drill is none');
SELECT is(pg_temp.report($$SELECT t.activities = (SELECT sum(o.activities) FROM report.overview('4414', extract(year FROM today)::integer) o WHERE o.division IS NULL AND o.month IS NULL)
    FROM report.teams('4414', today) t WHERE t.team = '合计'$$), '(t)', 'as many as the dashboard says');
SELECT pg_temp.act('registrar', format($$SELECT registry.close_station(%s, '搬迁')$$, :station)) \g /dev/null
SELECT is(pg_temp.report($$SELECT name, stations FROM report.station_count('4414', today)$$), E'(梅县区,1)\n(合计,1)', 'without those closed');
SELECT is(report.division('441900003', '44')::text, '441900000000', 'a town of Dongguan counts for Dongguan');

-- Head counts
SELECT pg_temp.act('reviewer', format($$SELECT registry.decide_headcount(%s, 'approved', '划转')$$,
    pg_temp.act('registrar', format($$SELECT registry.enter_headcount(%s, 'staff', %L, %s, '花名册')$$, :'district', day, count))))
FROM (VALUES ('2023-06-30', 100), ('2023-12-31', 60)) AS v (day, count) \g /dev/null
SELECT is(pg_temp.report($$SELECT organization, kind, as_of, count, previous, change_percent, entered_by, approved_by, reason FROM report.headcounts('4414', today)$$),
    E'(示例区志愿服务队,在职干部职工,2023-06-30,100,,,registrar,reviewer,划转)\n(示例区志愿服务队,在职干部职工,2023-12-31,60,100,-40.0,registrar,reviewer,划转)', 'a count that shrinks is seen');

-- Brand projects
SELECT pg_temp.act('reviewer', format($$SELECT registry.designate_project(%s, 'municipal_demo', %s, '示例文件', '[2024-01-01,)')$$, :'project', :'city')) AS designation \gset
SELECT is(pg_temp.report($$SELECT designation, project, category, organization, place, designated_by, since, activities, volunteers, hours FROM report.brand_projects('4414', today)$$),
    E'(市级示范项目,社区清洁,社区服务,示例区志愿服务队,梅江区,示例市志愿服务联合会,2024-01-01,2,1,3:00)\n(合计,,,,,,,2,1,3:00)', 'a brand project and what came of it');
SELECT pg_temp.act('reviewer', format($$SELECT registry.designate_project(%s, 'key_incubation', %s, '示例文件', '[2024-01-01,2025-01-01)')$$, :'project', :'city')) \g /dev/null
SELECT is(pg_temp.report($$SELECT designation, since, until FROM report.brand_projects('4414', '2024-12-31') WHERE until IS NOT NULL$$),
    '(重点培育项目,2024-01-01,2024-12-31)', 'a designation of a year, to its last day');
SELECT pg_temp.act('reviewer', format($$SELECT registry.revoke_designation(%s, '停办')$$, :designation)) \g /dev/null
SELECT is(pg_temp.report($$SELECT project FROM report.brand_projects('4414', today)$$), '()', 'none when it is revoked');

-- Names
SELECT is(pg_temp.report($$SELECT 1 FROM report.stations('4414', today) r WHERE r::text ~ '示例站长'
    UNION ALL SELECT 1 FROM report.teams('4414', today) r WHERE r::text ~ '示例[甲乙丙]'
    UNION ALL SELECT 1 FROM report.spot_check_findings(today, today) r WHERE r::text ~ '示例[甲乙丙]'$$), NULL, 'names are masked');
SELECT pg_temp.refused('recorder', $$SELECT * FROM report.stations('4414', '2024-01-01')$$, '42501', '', 'analysts only');

SELECT * FROM finish();
ROLLBACK;
