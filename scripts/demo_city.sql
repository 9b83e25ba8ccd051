-- A day in the sample city, told in the roles that act. Who acts is the database role that is connected, and nothing else.

\set QUIET on
\pset footer off
SET client_min_messages = warning;

SELECT organization_id AS federation FROM registry.organization WHERE parent_id IS NULL \gset
SELECT organization_id AS county, recorder, reviewer FROM city.county WHERE county_no = 1 \gset
SELECT registry.set_policy('publicity_days', 0, '演示:当日公示完毕', '350200') \g /dev/null
SELECT city.hire('city_issuer', 'issuer'), city.appoint('city_issuer', :federation, 'issuer') \g /dev/null

-- A roster as a county has it: forty good lines, and copies of the first that are each spoilt in a way of their own.
CREATE VIEW city.roster AS
WITH good AS (
    SELECT row_number() OVER (ORDER BY v.n) AS place, r.volunteer_no::text AS number, v.name, t.title AS project, t.name AS team,
        registry.today() - 4 AS day
    FROM city.volunteer v
    JOIN registry.volunteer r ON r.volunteer_id = v.volunteer_id
    JOIN city.team t ON t.body_no = v.body_no
    JOIN city.county c ON c.county = t.county AND c.county_no = 1
    WHERE v.part IS NULL
    LIMIT 40
)
SELECT 0 AS place, '志愿者编号,姓名,项目,队伍,岗位,开始时间,结束时间,服务时长,录入方式' AS line
UNION ALL
SELECT g.place, concat_ws(',', g.number, g.name, g.project, g.team, '引导', g.day || ' 06:00', g.day || ' 07:00', '1.00', '1')
FROM good g
UNION ALL
SELECT 100 + b.place, concat_ws(',', b.number, b.name, b.project, g.team, '引导', b.starts, b.ends, b.hours, '1')
FROM good g
CROSS JOIN LATERAL (VALUES
    (1, g.number, g.name, g.project, g.day || ' 06:00', g.day || ' 07:00', '1.00'),
    (2, g.number, g.name, g.project, g.day || ' 06:30', g.day || ' 07:30', '1.00'),
    (3, left(g.number, -1) || CASE right(g.number, 1) WHEN 'A' THEN 'B' ELSE 'A' END, g.name, g.project,
        g.day || ' 20:00', g.day || ' 21:00', '1.00'),
    (4, g.number, '某某', g.project, g.day || ' 20:00', g.day || ' 21:00', '1.00'),
    (5, g.number, g.name, '无此项目', g.day || ' 20:00', g.day || ' 21:00', '1.00'),
    (6, g.number, g.name, g.project, g.day || ' 20:00', g.day || ' 22:00', '8.00'),
    (7, g.number, g.name, g.project, g.day || ' 21:00', g.day || ' 20:00', '1.00'),
    (8, g.number, g.name, g.project, g.day || ' 23:00', g.day + 1 || ' 01:00', '2.00'),
    (9, g.number, g.name, g.project, '2023-02-30 09:00', '2023-02-30 10:00', '1.00'),
    (10, g.number, g.name, g.project, '2001-01-01 09:00', '2001-01-01 10:00', '1.00'),
    (11, g.number, g.name, g.project, '2099-01-01 09:00', '2099-01-01 10:00', '1.00'),
    (12, g.number, NULL, NULL, NULL, NULL, NULL)
) AS b (place, number, name, project, starts, ends, hours)
WHERE g.place = 1;
\copy (SELECT line FROM city.roster ORDER BY place) TO 'roster.csv'

CREATE VIEW city.holder AS
SELECT v.volunteer_no
FROM registry.volunteer v JOIN registry.volunteer_year y ON y.volunteer_id = v.volunteer_id
GROUP BY v.volunteer_no
ORDER BY sum(y.hours) DESC LIMIT 200;
GRANT USAGE ON SCHEMA city TO city_issuer;
GRANT SELECT ON city.holder, city.team TO city_issuer;

\echo '      a roster of which some lines are spoilt; the same file again changes nothing'
\connect - :recorder
SELECT registry.begin_import('roster.csv', :county) AS import_id \gset
\copy registry.import_line (line) FROM 'roster.csv' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
SELECT batch_id, total, imported, unchanged, refused FROM registry.import_service_records(:import_id) \gset
\qecho
SELECT :total AS lines, :imported AS imported, :unchanged AS unchanged, :refused AS refused;
SELECT rule, count(*) AS lines, min(message) AS message
FROM registry.import_refusal WHERE import_id = :import_id GROUP BY rule ORDER BY rule;

SELECT registry.begin_import('roster.csv', :county) AS again \gset
\copy registry.import_line (line) FROM 'roster.csv' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
SELECT total AS lines, imported, unchanged, refused FROM registry.import_service_records(:again);

\echo '      review, effect, stars'
\connect - :reviewer
SELECT registry.review_batch(:batch_id, true) \g /dev/null
SELECT registry.make_effective(:batch_id) \g /dev/null
\connect - city_recorder
SELECT registry.apply_for_stars(:federation) \g /dev/null
\connect - city_reviewer
SELECT registry.publish_stars(:federation) \g /dev/null
SELECT registry.award_stars(:federation) \g /dev/null

\echo '      200 certificates, one of them revoked'
\connect - city_issuer
SELECT registry.authorize_issuer(organization_id, :federation, '演示:授权书') FROM city.team \g /dev/null
CREATE TEMP TABLE certificate AS
SELECT volunteer_no, registry.issue_certificate(volunteer_no, :federation, daterange(registry.today() - 800, registry.today()), '测试负责人') AS code
FROM city.holder;
SELECT registry.revoke_certificate(code, 'issued_in_error') FROM certificate ORDER BY volunteer_no::text LIMIT 1 \g /dev/null

\echo '      what the reports of the auditor find of the frauds that the city is labelled with'
\connect - postgres
\qecho
SELECT * FROM city.score;
