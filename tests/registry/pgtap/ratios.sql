BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(30);

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
CREATE FUNCTION pg_temp.report(query text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('analyst', format('SELECT string_agg(q::text, E''\n'') FROM (%s) AS q', query))
$$;
CREATE FUNCTION pg_temp.counted(organization_id text, kind text, count integer, region text DEFAULT NULL, days integer DEFAULT 10) RETURNS void LANGUAGE sql AS $$
    INSERT INTO registry.headcount (organization_id, region, kind, as_of, count, source, status, decided_at, decided_by)
    VALUES (organization_id::bigint, region::volunteer.region_code, kind, registry.today() - days, count, '花名册', 'approved', now(), 'reviewer')
$$;
CREATE FUNCTION pg_temp.unit(name text, unit_kind text, parent_id text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('clerk', format('SELECT registry.create_organization(%L, ''1'', %L, ''441402'', parent_id => %s)', name, unit_kind, parent_id))
$$;

-- Each kind of unit has a ratio of its own; Ann and Ben belong to the district team, a mass organization
SELECT pg_temp.unit('示例公司', '11', :'city') AS company \gset
SELECT pg_temp.unit('示例中学', '02', :'city') AS school \gset
SELECT pg_temp.unit('示例社区', '09', :'city') AS community \gset
SELECT pg_temp.unit('示例社区舞蹈队', '09', :'community') AS dancers \gset
SELECT pg_temp.unit('示例村', '10', :'city') AS village \gset
SELECT pg_temp.enrol('示例' || n, n, :'company', registry.today() - 100) FROM generate_series(10, 12) AS n \g /dev/null
SELECT pg_temp.enrol('示例' || n, n, :'dancers', registry.today() - 100) FROM generate_series(20, 21) AS n \g /dev/null
SELECT pg_temp.enrol('示例' || n, n, :'school', registry.today() - 100) FROM generate_series(30, 36) AS n \g /dev/null
SELECT pg_temp.counted(:'district', 'staff', 3);
SELECT pg_temp.counted(:'company', 'staff', 7);
SELECT pg_temp.counted(:'school', 'staff', 2), pg_temp.counted(:'school', 'student', 8);
SELECT pg_temp.counted(:'community', 'resident', 14);
CREATE FUNCTION pg_temp.ratios() RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.report(format('SELECT organization, headcount, volunteers, ratio, required, met, missing FROM report.volunteer_ratio(''441402'', %L)', registry.today()))
$$;
SELECT is(pg_temp.ratios(),
    E'(示例中学,10,7,0.7000,0.70,t,0)\n(示例公司,7,3,0.4286,0.50,f,1)\n(示例区志愿服务队,3,2,0.6667,0.60,t,0)\n(合计,20,12,0.6000,,f,1)', 'ratios by unit kind and their total');
CREATE FUNCTION pg_temp.civilized(day date) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.report(format('SELECT region, organization, civilized FROM report.volunteer_ratio(''441402'', %L)', day))
$$;
SELECT is(registry.measured(:school, 'volunteer_ratio', registry.today()), 1.0, 'an assessment item asks for the ratio that is required');
SELECT is(registry.measured(:village, 'volunteer_ratio', registry.today()), NULL, 'and cannot say it of who was not counted');
SELECT pg_temp.act('clerk', format('SELECT registry.award_civilized_unit(%s, ''3'', ''示例文件'', %L)', o, daterange(registry.today() - 1, NULL)))
FROM unnest(ARRAY[:'company', :'community', :'district']) AS o;
SELECT is(pg_temp.ratios(),
    E'(示例中学,10,7,0.7000,0.70,t,0)\n(示例公司,7,3,0.4286,0.70,f,2)\n(示例区志愿服务队,3,2,0.6667,0.70,f,1)\n(示例社区,14,2,0.1429,0.15,f,1)\n(合计,34,14,0.4118,,f,4)',
    'a civilized unit is asked more, a civilized community at all');
SELECT is(pg_temp.civilized(registry.today()),
    E'(441402000000,示例中学,f)\n(441402000000,示例公司,t)\n(441402000000,示例区志愿服务队,t)\n(441402000000,示例社区,t)\n(441402000000,合计,)',
    'and is marked as one');
SELECT is(pg_temp.civilized(registry.today() - 2),
    E'(441402000000,示例中学,f)\n(441402000000,示例公司,f)\n(441402000000,示例区志愿服务队,f)\n(441402000000,合计,)', 'from its day on');
SELECT pg_temp.refused('clerk', format('SELECT registry.set_policy(''volunteer_ratio_office'', %s, ''测试'', ''441402'')', value),
    '23514', 'volunteer_ratio_is_a_share', 'a ratio of ' || value)
FROM unnest('{0,60}'::numeric[]) AS value;
INSERT INTO registry.policy (name, region, valid, value, basis) VALUES ('volunteer_ratio_village', '441402', '(,)', 0.14, '测试');
SELECT is(pg_temp.report(format('SELECT met FROM report.volunteer_ratio(''4414'', %L) WHERE organization = ''示例社区''', registry.today())), '(t)',
    'a local number changes no code');
DELETE FROM registry.headcount WHERE organization_id = :company;
SELECT is(pg_temp.report(format('SELECT headcount, ratio, met FROM report.volunteer_ratio(''4414'', %L) WHERE organization = ''示例公司''', registry.today())), '(,,f)',
    'a unit that was not counted has not met its ratio');
UPDATE registry.volunteer SET status = 'withdrawn' WHERE volunteer_no = :'ann';
SELECT is(pg_temp.report(format('SELECT volunteers FROM report.volunteer_ratio(''4414'', %L) WHERE organization = ''示例区志愿服务队''', registry.today())), '(1)',
    'who has left is not counted');
SELECT is(pg_temp.report(format('SELECT region, organization, headcount, volunteers FROM report.volunteer_ratio(''3604'', %L)', registry.today())),
    '(360400000000,合计,,0)', 'of that place alone');
SELECT pg_temp.unit('示例商店', '11', :'city') AS shop \gset
SELECT pg_temp.act('clerk', format('SELECT registry.change_organization_status(%s, ''dissolved'', ''注销'')', :'shop')) \g /dev/null
SELECT is(pg_temp.report(format('SELECT 1 FROM report.volunteer_ratio(''4414'', %L) WHERE organization = ''示例商店''', registry.today())), NULL,
    'a unit that is no more has no ratio');

-- One tenth of the residents of the built-up area
SELECT pg_temp.counted(:'city', 'built_up_resident', 130, '441402'), pg_temp.counted(:'city', 'built_up_resident', 200, '441400');
SELECT is(pg_temp.report(format('SELECT region_name, residents, volunteers, ratio, required, met, missing FROM report.resident_ratio(''4414'', %L)', registry.today())),
    E'(梅州市,200,13,0.0650,0.10,f,7)\n(梅江区,130,13,0.1000,0.10,t,0)', 'registered volunteers among residents');
SELECT is(pg_temp.report(format('SELECT 1 FROM report.resident_ratio(''4414'', %L)', registry.today() - 11)), NULL, 'not before the count');
CREATE FUNCTION pg_temp.residents(day date) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.report(format('SELECT region_name, volunteers, missing FROM report.resident_ratio(''4414'', %L)', day))
$$;
SELECT pg_temp.enrol('示例48', 48, :'district', registry.today() - 10) \g /dev/null
SELECT is(pg_temp.residents(registry.today() - 10), E'(梅州市,14,6)\n(梅江区,14,0)', 'who registers on the day of the count is counted');
UPDATE registry.volunteer SET registered_on = registry.today() - 9 WHERE person_id = (SELECT person_id FROM registry.person WHERE name = '示例48');
SELECT is(pg_temp.residents(registry.today() - 10), E'(梅州市,13,7)\n(梅江区,13,0)', 'who does the day after is not');
UPDATE registry.volunteer SET region = '441403' WHERE person_id = (SELECT person_id FROM registry.person WHERE name = '示例48');
INSERT INTO registry.headcount (organization_id, region, kind, as_of, count, source)
VALUES (:city, '441403', 'built_up_resident', registry.today() - 10, 30, '花名册');
SELECT is(pg_temp.residents(registry.today()), E'(梅州市,14,6)\n(梅江区,13,0)', 'nor is a region whose count nobody approved');
SELECT pg_temp.counted(:'city', 'built_up_resident', 30, '441403', 9), pg_temp.counted(:'city', 'built_up_resident', 40, '441422') \g /dev/null
SELECT is(pg_temp.residents(registry.today()), E'(梅州市,14,6)\n(梅江区,13,0)\n(梅县区,1,2)\n(大埔县,0,4)', 'each has the volunteers that live there');
DELETE FROM registry.headcount WHERE region IN ('441403', '441422');
UPDATE registry.volunteer SET status = 'withdrawn' WHERE person_id = (SELECT person_id FROM registry.person WHERE name = '示例48');
SELECT pg_temp.counted(:'city', 'built_up_resident', 50, '441427') \g /dev/null
UPDATE registry.region SET valid = daterange(NULL, registry.today()), successor = '441402' WHERE code = '441427';
SELECT is(pg_temp.report(format('SELECT region_name FROM report.resident_ratio(''4414'', %L)', registry.today())), E'(梅州市)\n(梅江区)',
    'not of a region that was abolished, whose residents are another''s now');

-- A team in every village
SELECT is(pg_temp.report(format('SELECT village, unit_kind, villages, with_team, teams, volunteers, met FROM report.village_teams(''4414'', %L)', registry.today())),
    E'(示例村,村委会,1,0,0,0,f)\n(示例社区,居委会,1,1,1,2,t)\n(合计,,2,1,1,2,f)', 'villages with and without a team');
SELECT is(pg_temp.report(format('SELECT with_team FROM report.village_teams(''4414'', %L) WHERE village = ''合计''', registry.today() - 101)), '(0)', 'none before anybody was registered');
SELECT is(pg_temp.report(format('SELECT region, village, villages, teams, volunteers FROM report.village_teams(''3604'', %L)', registry.today())),
    '(360400000000,合计,0,0,0)', 'of that place alone');
SELECT pg_temp.unit('示例旧村', '10', :'city') AS former, pg_temp.unit('示例村小组', '10', :'village') AS part \gset
SELECT pg_temp.act('clerk', format('SELECT registry.change_organization_status(%s, ''dissolved'', ''撤并'')', :'former')) \g /dev/null
SELECT is(pg_temp.report(format('SELECT village FROM report.village_teams(''4414'', %L)', registry.today())), E'(示例村)\n(示例社区)\n(合计)',
    'neither a village that is no more nor a part of one');

-- Who leaves today was there yesterday, and is in the ratios of yesterday ever after
CREATE FUNCTION pg_temp.counts(day date) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.report(format($q$
        SELECT u.volunteers AS unit, r.volunteers AS residents, v.volunteers AS village, v.teams
        FROM report.volunteer_ratio('441402', %1$L) u, report.resident_ratio('441402', %1$L) r, report.village_teams('441402', %1$L) v
        WHERE u.organization = '示例社区' AND v.village = '示例社区'$q$, day))
$$;
SELECT pg_temp.counted(:'community', 'resident', 14, days => 20), pg_temp.counted(:'city', 'built_up_resident', 130, '441402', 20) \g /dev/null
SELECT is(pg_temp.counts(registry.today() - 1), '(2,13,2,1)', 'the dancers of yesterday');
SELECT pg_temp.act('registrar', format('SELECT registry.change_volunteer_status(%L, %L, ''搬迁'')', v.volunteer_no, s.status))
FROM (VALUES ('示例20', 'withdrawn'), ('示例21', 'suspended')) AS s (name, status)
JOIN registry.person p ON p.name = s.name JOIN registry.volunteer v ON v.person_id = p.person_id \g /dev/null
SELECT is(pg_temp.counts(registry.today() - 1), '(2,13,2,1)', 'are as many when they have left');
SELECT is(pg_temp.counts(registry.today()), '(0,11,0,0)', 'and there are none today');

-- A unit is measured by its own people: a community and whoever has a head count of its own are measured apart, its teams are not
SELECT pg_temp.unit('示例街道办', '01', :'city') AS street \gset
SELECT pg_temp.unit('示例街道办服务队', '16', :'street') AS street_team \gset
SELECT pg_temp.unit('示例街道卫生院', '03', :'street') AS clinic \gset
SELECT pg_temp.unit('示例街道社区', '09', :'street') AS street_community \gset
SELECT pg_temp.enrol('示例' || n, n, o, registry.today() - 100)
FROM (VALUES (40, :'street'), (41, :'street_team'), (42, :'clinic'), (43, :'clinic'), (44, :'clinic'), (45, :'street_community'), (46, :'street_community')) AS e (n, o) \g /dev/null
SELECT pg_temp.counted(:'street', 'staff', 5), pg_temp.counted(:'clinic', 'staff', 4) \g /dev/null
SELECT is(pg_temp.report(format('SELECT organization, headcount, volunteers, ratio FROM report.volunteer_ratio(''4414'', %L) WHERE organization ~ ''街道''', registry.today())),
    E'(示例街道办,5,2,0.4000)\n(示例街道卫生院,4,3,0.7500)', 'an office is not measured by clinics and residents below it');
SELECT is(round(registry.measured(:street, 'volunteer_ratio', registry.today()), 4), round(0.4 / 0.6, 4), 'nor is it in an assessment');
SELECT is(pg_temp.report(format('SELECT volunteers, ratio = round(volunteers::numeric / headcount, 4) FROM report.volunteer_ratio(''4414'', %L) WHERE organization = ''合计''', registry.today())),
    '(13,t)', 'the total is of those that were counted');

SELECT * FROM finish();
ROLLBACK;
