BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(20);

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
CREATE FUNCTION pg_temp.report(query text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('analyst', format('SELECT string_agg(q::text, E''\n'') FROM (%s) AS q', query))
$$;

-- Ann serves forty hours, four of them voided; Ben's single record awaits review.
INSERT INTO registry.star_standard (region, valid, thresholds, basis)
VALUES ('441402', '(,)', '{10:00,20:00,30:00,40:00,50:00}', '测试区标准');
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-n, '08:00', '18:00'), ', ''引导'''))
FROM generate_series(2, 5) AS n \g /dev/null
SELECT pg_temp.take_effect(:'batch') AS done \gset
SELECT pg_temp.open_batch(:'district') AS waiting \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'waiting', :'ben', :'activity', pg_temp.during(-2, '08:00', '09:00'))) AS record \gset
SELECT volunteer.flush_hours();

SELECT is(pg_temp.report('SELECT name, organization, hours, next_star, highest_star FROM report.star_eligible'),
    '(示*甲,示例区志愿服务队,40:00,1,4)', 'who has earned stars');
SELECT pg_temp.award_stars(:'district') AS stars \gset
SELECT is(pg_temp.report('SELECT * FROM report.star_eligible'), NULL, 'has them when they are awarded');
SELECT is(pg_temp.report('SELECT name, star, basis_hours, under_review FROM report.star_list'), '(示*甲,4,40:00,f)', 'the star list');
SELECT min(record_id) AS voided FROM registry.service_record WHERE batch_id = :batch \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''未到场'')', :voided)) AS done \gset
SELECT volunteer.flush_hours();
INSERT INTO registry.star_award (volunteer_id, level, standard_id, threshold, basis_hours, as_of, status, publicity, awarded_at)
SELECT v.volunteer_id, 1, a.standard_id, a.threshold, a.basis_hours, a.as_of, a.status, a.publicity, a.awarded_at
FROM registry.volunteer v, registry.star_award a WHERE v.volunteer_no = :'ben' AND a.level = 1;
SELECT is(pg_temp.report('SELECT name, star, basis_hours, under_review FROM report.star_list ORDER BY star DESC'),
    E'(示*甲,3,40:00,t)\n(示*乙,1,40:00,f)', 'an award under review is not listed as held');
UPDATE registry.star_award SET status = 'revoked' WHERE volunteer_id = (SELECT volunteer_id FROM registry.volunteer WHERE volunteer_no = :'ben');

SELECT is(pg_temp.report('SELECT name, sex, organization, region_name, status, hours, records, star FROM report.registered_volunteers ORDER BY volunteer_no'),
    E'(示*甲,男,示例区志愿服务队,梅江区,active,30:00,3,3)\n(示*乙,女,示例区志愿服务队,梅江区,active,0:00,0,0)', 'registered volunteers');

SELECT is(pg_temp.report(format('SELECT name, starts::time, ends::time, hours, nature, project, activity, organization, post, status, source FROM report.service_record(%L) LIMIT 1 OFFSET 3', :'ann')),
    '(示*甲,08:00:00,18:00:00,10:00,荣誉时长,社区清洁,清洁日,示例区志愿服务队,引导,voided,roster)', 'one person''s record, voided included');
SELECT is(pg_temp.report(format('SELECT count(*) FROM report.service_record(%L)', :'ann')), '(4)', 'all of it');
SELECT is(pg_temp.report(format('SELECT count(*) FROM report.service_record(%L)', :'ben')), '(1)', 'and nobody else''s');

SELECT is(pg_temp.report('SELECT organization, region_name, sum(hours), sum(declared), sum(records) FROM report.organization_month GROUP BY 1, 2'),
    '(示例区志愿服务队,梅江区,30:00,30:00,3)', 'what an organization recorded');

SELECT extract(year FROM registry.today() - 2)::integer AS year \gset
UPDATE registry.volunteer SET registered_on = make_date(:year - 2, 6, 1);
ALTER TABLE registry.volunteer_year DISABLE TRIGGER protect_totals;
UPDATE registry.volunteer_year SET hours = '20:00' WHERE year = :year AND hours > '0:00';
SELECT is(pg_temp.report(format('SELECT year, name, hours, required, missing FROM report.yearly_shortfall(%s)', :year)),
    format('(%s,示*乙,0:00,20:00,20:00)', :year), 'twenty hours are enough');
UPDATE registry.volunteer_year SET hours = '19:59' WHERE year = :year AND hours > '0:00';
SELECT is(pg_temp.report(format('SELECT name, missing FROM report.yearly_shortfall(%s)', :year)), E'(示*甲,0:01)\n(示*乙,20:00)', 'a minute less is not');
SELECT is(pg_temp.report(format('SELECT name, missing FROM report.yearly_shortfall(%s)', :year - 1)), E'(示*甲,20:00)\n(示*乙,20:00)', 'and another year''s hours are none');
UPDATE registry.volunteer SET registered_on = make_date(:year, 12, 31) + d FROM (VALUES (:'ann', 0), (:'ben', 1)) AS t (v, d) WHERE volunteer_no = v::volunteer_no;
SELECT is(pg_temp.report(format('SELECT name FROM report.yearly_shortfall(%s)', :year)), '(示*甲)', 'of who registered by the last day');
UPDATE registry.volunteer SET registered_on = make_date(:year - 2, 6, 1);
SAVEPOINT apart;
UPDATE registry.person p SET merged_into = a.person_id
FROM registry.volunteer a, registry.volunteer b WHERE a.volunteer_no = :'ann' AND b.volunteer_no = :'ben' AND p.person_id = b.person_id;
UPDATE registry.volunteer SET status = 'merged' WHERE volunteer_no = :'ben';
UPDATE registry.volunteer_year SET hours = '0:01' WHERE year = :year AND hours = '0:00';
SELECT is(pg_temp.report(format('SELECT name, missing FROM report.yearly_shortfall(%s)', :year)), NULL, 'but for what was recorded under a number that was merged');
ROLLBACK TO apart;
SELECT is(pg_temp.report(format('SELECT count(*) FROM report.yearly_shortfall(%s)', :year - 3)), '(0)', 'nobody before registration');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'withdrawn', '本人申请')$$, :'ben')) AS done \gset
SELECT is(pg_temp.report(format('SELECT name FROM report.yearly_shortfall(%s)', :year)), '(示*甲)', 'nobody who has left');

-- An analyst reads reports and nothing else, and no report tells a full name
SELECT pg_temp.refused('analyst', statement, '42501', '', statement) FROM unnest(ARRAY[
    'SELECT name FROM registry.person', 'SELECT * FROM registry.service_record', 'SELECT * FROM registry.star_due']) AS statement;
SELECT is(pg_temp.report(format($$SELECT 1 FROM report.registered_volunteers r WHERE r::text ~ '示例[甲乙]'
    UNION ALL SELECT 1 FROM report.star_list r WHERE r::text ~ '示例[甲乙]'
    UNION ALL SELECT 1 FROM report.service_record(%L) r WHERE r::text ~ '示例[甲乙]'
    UNION ALL SELECT 1 FROM report.yearly_shortfall(%s) r WHERE r::text ~ '示例[甲乙]'$$, :'ann', :year)), NULL, 'names are masked everywhere');

SELECT * FROM finish();
ROLLBACK;
