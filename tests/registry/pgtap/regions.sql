BEGIN;
\ir ../acting.sql
\ir ../office.sql
SELECT plan(46);

-- What an administrator copies the published list into, and the statement that loads it.
CREATE TEMP TABLE edition (code text, name text);
GRANT SELECT ON edition TO clerk;
CREATE FUNCTION pg_temp.loading(since text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.load_regions(%L, ''测试版'', array_agg(code), array_agg(name)%s) FROM pg_temp.edition', since, more)
$$;
CREATE FUNCTION pg_temp.differences() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws(' ', change, code, name, former_name)
    FROM registry.compare_regions((SELECT array_agg(code) FROM pg_temp.edition), (SELECT array_agg(name) FROM pg_temp.edition))
$$;

-- The whole country as it is
INSERT INTO edition SELECT code, name FROM registry.region WHERE level > 1 OR code::text !~ '^(71|81|82)';
SELECT is_empty('SELECT pg_temp.differences()', 'the same edition changes nothing, nor what it does not list');
DELETE FROM edition WHERE code LIKE '4414%';
SELECT is((SELECT count(*) FROM pg_temp.differences() AS d WHERE d LIKE 'abolished 4414%'), (SELECT count(*) FROM registry.region WHERE code <@ '4414'::region_code),
    'what a listed province does not contain is abolished');

-- A city alone: Jiaoling joins Meijiang but for one town that is new there, Dapu changes its name
DELETE FROM edition;
INSERT INTO edition SELECT code, name FROM registry.region WHERE code <@ '4414'::region_code;
DELETE FROM edition WHERE code LIKE '441427%';
UPDATE edition SET name = '大埔新县' WHERE code LIKE '441422000%';
INSERT INTO edition VALUES ('441402199', '  新设 镇 ');
SELECT set_eq(
    $$SELECT d FROM pg_temp.differences() AS d$$,
    $$SELECT 'added 441402199000 新设 镇' UNION ALL SELECT 'renamed 441422000000 大埔新县 大埔县'
    UNION ALL SELECT concat_ws(' ', 'abolished', code, name) FROM registry.region WHERE code <@ '441427'::region_code$$, 'the differences');
SELECT format(', %L, %L', array_agg(code), array_agg(CASE WHEN level = 4 THEN '441402199' ELSE '441402' END)) AS succession
FROM registry.region WHERE code <@ '441427'::region_code \gset
SELECT format(', %L, %L', array_agg(code) || '441403'::region_code, array_agg('441402'::text) || '441402'::text) AS too_much
FROM registry.region WHERE code <@ '441427'::region_code \gset

-- Refusals
SELECT pg_temp.refused('clerk', pg_temp.loading('2024-06-30'), '23514', 'abolished_has_successor', 'no successors');
SELECT pg_temp.refused('clerk', pg_temp.loading('2024-06-30', replace(:'succession', '441402199', '441427')), '23514', 'abolished_has_successor',
    'a successor that is abolished itself');
SELECT pg_temp.refused('clerk', pg_temp.loading('2024-06-30', replace(:'succession', '441402199', '441499')), '23514', 'abolished_has_successor',
    'a successor that does not exist');
SELECT pg_temp.refused('clerk', pg_temp.loading('2024-06-30', :'too_much'),
    '23514', 'successor_only_after_end', 'a successor of what stays');
SELECT pg_temp.refused('clerk', pg_temp.loading('2024-06-30', ', ''{441427}'', ''{}'''), '22023', 'edition_is_complete', 'more codes than successors');
SELECT pg_temp.refused('clerk', pg_temp.loading('2024-06-30', ', ''{441427,441427}'', ''{441402,441403}'''), '22023', 'edition_is_complete', 'two successors of one');
SELECT pg_temp.refused('clerk', pg_temp.loading((registry.today() + 1)::text, :'succession'), '23514', 'edition_in_force', 'an edition of tomorrow');
SELECT pg_temp.refused('clerk', replace(pg_temp.loading('2024-06-30', :'succession'), '测试版', ''), '23514', 'edition_has_source', 'an edition from nowhere');
SELECT pg_temp.refused('clerk', $$SELECT registry.load_regions('2024-06-30', '测试版', codes, names)
    FROM (VALUES ('{4414,441400}'::text[], '{甲,乙}'::text[]), ('{4414}', '{甲,乙}'), ('{4414}', '{" "}'), ('{}', '{}'), (NULL, NULL)) AS v (codes, names)
    LIMIT 1 OFFSET $$ || i, '22023', 'edition_is_complete', 'an incomplete edition ' || i) FROM generate_series(0, 4) AS i;
SELECT pg_temp.refused('clerk', $$SELECT registry.load_regions('2024-06-30', '测试版', '{44140}', '{甲}')$$, '22P02', '', 'no code');
SELECT pg_temp.refused('clerk', $$SELECT registry.load_regions('2024-06-30', '测试版', '{441499001}', '{甲}')$$, '23503', 'parent_in_force', 'a town in no county');
SELECT pg_temp.refused('registrar', $$SELECT registry.load_regions('2024-06-30', '测试版', '{4414}', '{甲}')$$, '42501', '', 'administrators only');

-- Loaded
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('蕉岭示例队', '1', '08', '441427')$$) AS team \gset
SELECT pg_temp.act('registrar', format('SELECT registry.register_volunteer(''示例甲'', ''citizen_id'', %L, %s, ''441427'', ''登记表'')',
    pg_temp.citizen('1990-01-01', 1), :district)) AS no \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.open_station(%s, 'community', '示例站', '示例社区', '示例站长', '441427')$$, :district)) AS station \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('示例项目', %s, '0001', '441427')$$, :district)) AS project \gset
CREATE ROLE portal LOGIN IN ROLE registry_portal;
SELECT pg_temp.act('portal', format('SELECT registry.apply_for_registration(''示例丙'', ''citizen_id'', %L, %s, ''441427'', ''实人认证 1 号'')',
    pg_temp.citizen('1990-01-01', 3), :district)) AS application \gset
CREATE TEMP TABLE sealed AS SELECT kind, event_id, entry::text AS entry FROM registry.sealed_event;
SELECT pg_temp.act('clerk', pg_temp.loading('2024-06-30', :'succession')) AS loaded \gset
SELECT is_empty($$SELECT * FROM sealed s JOIN registry.sealed_event e USING (kind, event_id) WHERE kind <> 'row' AND e.entry::text <> s.entry$$,
    'an edition changes nothing that may be sealed');
SELECT results_eq('SELECT since, source, added, renamed, abolished, loaded_by::text COLLATE "default" FROM registry.region_edition',
    $$SELECT date '2024-06-30', '测试版', 1, 1, count(*)::integer, 'clerk' FROM registry.region WHERE code <@ '441427'::volunteer.region_code$$,
    'the edition is noted');
SELECT is_empty('SELECT pg_temp.differences()', 'nothing is left to change');
SELECT results_eq($$SELECT name, valid FROM registry.region WHERE code = '441402199'$$, $$VALUES ('新设 镇', daterange('2024-06-30', NULL))$$, 'a new town');
SELECT results_eq($$SELECT name, valid, successor::text FROM registry.region WHERE code = '441427'$$,
    $$VALUES ('蕉岭县', daterange(NULL, '2024-06-30'), '441402000000')$$, 'an abolished county keeps its row');
SELECT is(registry.region_name('441422', day::date), name, 'the name on ' || day)
FROM (VALUES ('2024-06-29', '大埔县'), ('2024-06-30', '大埔新县')) AS v (day, name);
SELECT is(registry.current_region(old::region_code)::text, now, old || ' now') FROM (VALUES
    ('441427', '441402000000'), ('441427100', '441402199000'), ('441402', '441402000000')) AS v (old, now);
SELECT pg_temp.refused('registrar', format('SELECT registry.register_volunteer(''示例乙'', ''citizen_id'', %L, %s, ''441427'', ''登记表'')',
    pg_temp.citizen('1990-01-01', 2), :district), '23503', 'known_region', 'nobody moves there any more');
SELECT is((SELECT region::text FROM registry.organization WHERE organization_id = :team), '441402000000', 'the team is where the county went');
SELECT is((SELECT region::text FROM registry.volunteer WHERE volunteer_no = :'no'), '441402000000', 'so is the volunteer');
SELECT is((SELECT region::text FROM registry.station WHERE station_id = :station), '441402000000', 'the station');
SELECT is((SELECT region::text FROM registry.project WHERE project_id = :project), '441402000000', 'and the project');
SELECT pg_temp.act('registrar', format('SELECT registry.take_up_application(%L)', :'application'));
SELECT pg_temp.act('registrar', format('SELECT registry.accept_application(%L)', :'application')) AS applicant \gset
SELECT is(region::text, '441402000000', 'who applied before is registered there') FROM registry.volunteer WHERE volunteer_no = :'applicant';

-- Never again
INSERT INTO edition VALUES ('441427', '蕉岭县');
SELECT pg_temp.refused('clerk', pg_temp.loading('2025-06-30'), '23505', 'code_not_reused', 'a code does not come back');
DELETE FROM edition WHERE code = '441427';
UPDATE edition SET name = '大埔县' WHERE code LIKE '441422000%';
SELECT pg_temp.act('clerk', pg_temp.loading('2025-06-30')) AS loaded \gset
SELECT is(registry.region_name('441422', day::date), name, 'the name on ' || day)
FROM (VALUES ('2024-06-29', '大埔县'), ('2025-06-29', '大埔新县'), ('2025-06-30', '大埔县')) AS v (day, name);
DELETE FROM edition WHERE code = '441402199';
SELECT pg_temp.refused('clerk', pg_temp.loading('2024-06-30', ', ''{441402199}'', ''{441402004}'''), '23514', 'region_validity_not_empty',
    'abolished the day it began');
SELECT pg_temp.act('clerk', pg_temp.loading('2025-09-30', ', ''{441402199}'', ''{441402004}''')) AS loaded \gset
SELECT is(registry.current_region('441427100')::text, '441402004000', 'a successor of a successor');

-- Villages of one town, which an edition down to towns leaves alone unless the town goes
DELETE FROM edition;
INSERT INTO edition SELECT code, name FROM registry.region WHERE code = '441402004';
INSERT INTO edition VALUES ('441402004001', '示例社区'), ('441402004201', '示例村');
SELECT set_eq('SELECT pg_temp.differences()', '{added 441402004001 示例社区,added 441402004201 示例村}'::text[], 'two villages');
SELECT pg_temp.act('clerk', pg_temp.loading('2025-09-30')) AS loaded \gset
SELECT is(registry.require_region('441402004201')::text, '441402004201', 'a village');
DELETE FROM edition;
INSERT INTO edition SELECT code, name FROM registry.region WHERE code <@ '441402'::region_code AND level <= 4 AND upper_inf(valid);
SELECT is_empty('SELECT pg_temp.differences()', 'the villages are not in question');
DELETE FROM edition WHERE code LIKE '441402004%';
SELECT set_eq('SELECT split_part(d, '' '', 2) FROM pg_temp.differences() AS d', '{441402004000,441402004001,441402004201}'::text[], 'unless the town goes');

SELECT pg_temp.refused('postgres', 'DELETE FROM registry.region_edition', '42501', 'append_only', 'editions stay');

SELECT * FROM finish();
ROLLBACK;
