-- A small city, told in the roles that act; run in the directory that holds sample_city.pl's files.
-- Who acts is the database role that is connected, and nothing else.

\set QUIET on
\pset footer off
SET client_min_messages = warning;

\echo '      organisations, staff, policy'
CREATE ROLE demo_registrar LOGIN IN ROLE registry_registrar;
CREATE ROLE demo_recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE demo_reviewer LOGIN IN ROLE registry_reviewer;
CREATE ROLE demo_issuer LOGIN IN ROLE registry_issuer;

SELECT registry.create_organization('测试区志愿服务联合会', '2', '13', '350203', '52350200MJ00000185') AS association \gset
SELECT registry.create_organization('测试一号志愿服务队', '1', '09', '350203', NULL, :association) AS team_1,
    registry.create_organization('测试二号志愿服务队', '1', '09', '350203', NULL, :association) AS team_2,
    registry.create_organization('测试三号志愿服务队', '1', '09', '350203', NULL, :association) AS team_3 \gset
SELECT ARRAY[:team_1, :team_2, :team_3] AS teams \gset

SELECT registry.appoint_staff('demo_registrar', :association, 'registrar'),
    registry.appoint_staff('demo_recorder', :association, 'recorder',
        registry.add_person('测记录', 'passport', 'E00000001', 9::smallint, '1980-01-01')),
    registry.appoint_staff('demo_reviewer', :association, 'reviewer',
        registry.add_person('测审核', 'passport', 'E00000002', 9::smallint, '1980-01-01')),
    registry.appoint_staff('demo_issuer', :association, 'issuer') \g /dev/null

SELECT registry.set_policy('publicity_days', 0, '演示:导入的历史记录此前已经公示', '350203'),
    registry.set_policy('star_publicity_days', 0, '演示:星级此前已经公示', '350203') \g /dev/null
SELECT registry.create_year(year) FROM generate_series(2022, 2024) AS year
WHERE to_regclass('registry.service_record_' || year) IS NULL \g /dev/null

\echo '      300 volunteers'
\connect - demo_registrar
CREATE TEMP TABLE volunteer (team integer, number text, name text, citizen_id text, registered_on date);
\copy volunteer FROM 'volunteers.csv' WITH (FORMAT csv, HEADER)
SELECT registry.register_volunteer(name, 'citizen_id', citizen_id, (:'teams'::bigint[])[team], '350203', '纸质登记表已签字',
    registered_on, legacy_no => number::volunteer.volunteer_no)
FROM volunteer \g /dev/null

\echo '      three years of records; the same file again changes nothing'
\connect - demo_recorder
CREATE TEMP TABLE project (team integer, name text, category text);
\copy project FROM 'projects.csv' WITH (FORMAT csv, HEADER)
SELECT registry.create_project(name, (:'teams'::bigint[])[team], category) FROM project \g /dev/null

\set evidence `sha256sum roster.csv | cut -c 1-64`
SELECT registry.begin_import('roster.csv', :association) AS import_id \gset
\copy registry.import_line (line) FROM 'roster.csv' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
SELECT batch_id, total, imported, unchanged, refused
FROM registry.import_service_records(:import_id, '旧系统数据整体迁入', decode(:'evidence', 'hex')) \gset
\qecho
SELECT :total AS lines, :imported AS imported, :unchanged AS unchanged, :refused AS refused;
SELECT rule, count(*) AS lines, min(message) AS message
FROM registry.import_refusal WHERE import_id = :import_id GROUP BY rule ORDER BY rule;

SELECT registry.begin_import('roster.csv', :association) AS again \gset
\copy registry.import_line (line) FROM 'roster.csv' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
SELECT total AS lines, imported, unchanged, refused
FROM registry.import_service_records(:again, '旧系统数据整体迁入', decode(:'evidence', 'hex'));

\echo '      review, effect, stars'
\connect - demo_reviewer
SELECT registry.review_batch(:batch_id, true) \g /dev/null
SELECT registry.make_effective(:batch_id) \g /dev/null
\connect - demo_recorder
SELECT registry.apply_for_stars(:association) \g /dev/null
\connect - demo_reviewer
SELECT registry.publish_stars(:association) \g /dev/null
SELECT registry.award_stars(:association) AS stars_awarded \gset

\echo '      300 certificates, one of them revoked'
\connect - demo_issuer
SELECT registry.authorize_issuer(team, :association, '演示:授权书') FROM unnest(:'teams'::bigint[]) AS team \g /dev/null
CREATE TEMP TABLE volunteer (team integer, number text, name text, citizen_id text, registered_on date);
\copy volunteer FROM 'volunteers.csv' WITH (FORMAT csv, HEADER)
CREATE TEMP TABLE certificate AS
SELECT number, registry.issue_certificate(number::volunteer.volunteer_no, :association, '[2022-01-01,2025-01-01)', '测试负责人') AS code
FROM volunteer;
SELECT registry.revoke_certificate(code, 'issued_in_error') FROM certificate ORDER BY number LIMIT 1 \g /dev/null
