-- What an assessment measures of a community on a day, and what no longer, not yet, or somewhere else is.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(34);

SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例社区', '1', '09', '441402', parent_id => %s)$$, :city)) AS community \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例舞蹈队', '1', '09', '441402', parent_id => %s)$$, :community)) AS dancers \gset
\set day 2025-06-15
CREATE FUNCTION pg_temp.measures(organization_id text, measure text, day timestamp, expected numeric) RETURNS text LANGUAGE sql AS $$
    SELECT public.is(registry.measured(organization_id::bigint, measure, day::date), expected, format('%s: %s', measure, expected))
$$;
SELECT is(registry.all_measured(:community, '{station,team,volunteer,brand_project,activity,regular_project,ledger,service_hours}', :'day'),
    '{0,0,0,0,0,0,0,0}', 'nothing of what others have');

-- Stations, from their first day to the last but one
INSERT INTO registry.station (organization_id, kind, plaque, host, head, region, opened_on, closed_on, status)
SELECT :dancers, 'community', '示例' || n || '站', '示例居委会', '示例站长', '441402', :'day'::date - 5, closed, CASE WHEN closed IS NULL THEN 'open' ELSE 'closed' END
FROM (VALUES (1, NULL::date), (2, :'day'::date + 5)) AS s (n, closed);
SELECT pg_temp.measures(:'community', 'station', :'day'::date + days, stations)
FROM (VALUES (-6, 0), (-5, 2), (4, 2), (5, 1)) AS t (days, stations);

-- Volunteers and teams
SELECT pg_temp.enrol('示例丙', 3, :'dancers', :'day'::date) AS cid \gset
SELECT pg_temp.enrol('示例丁', 4, :'dancers', :'day'::date + 3) AS dan \gset
INSERT INTO registry.membership (organization_id, person_id, role, valid)
SELECT :community, person_id, 'leader', daterange(:'day'::date - 3, :'day'::date + 2) FROM registry.volunteer WHERE volunteer_no = :'cid';
UPDATE registry.membership SET valid = daterange(:'day'::date - 3, NULL) WHERE organization_id = :dancers;
SELECT pg_temp.measures(:'community', 'volunteer', :'day'::date + days, volunteers)
FROM (VALUES (-1, 0), (0, 1), (2, 1), (3, 2)) AS t (days, volunteers);
SELECT pg_temp.measures(:'community', 'team', :'day'::date + days, teams)
FROM (VALUES (-1, 0), (0, 2), (2, 1)) AS t (days, teams);
SELECT is((SELECT sum(volunteers) FROM registry.count_volunteers(ARRAY[:community], :'day'::date + days)), volunteers, 'counted as well')
FROM (VALUES (-1, NULL), (0, 1::numeric), (3, 2)) AS t (days, volunteers);
SAVEPOINT idle;
UPDATE registry.organization SET status = 'suspended' WHERE organization_id = :dancers;
SELECT pg_temp.measures(:'community', 'team', :'day'::date + 2, 0); -- a suspended team is none
ROLLBACK TO idle;

-- Projects and their activities: of a year, not cancelled, no drill
INSERT INTO registry.project (name, organization_id, category, region) VALUES ('邻里守望', :dancers, '0001', '441402') RETURNING project_id AS care \gset
INSERT INTO registry.project (name, organization_id, category, region) VALUES ('旧书交换', :community, '0001', '441402') RETURNING project_id AS books \gset
CREATE FUNCTION pg_temp.holding(project bigint, start timestamp, status text DEFAULT 'published', drill boolean DEFAULT false) RETURNS void LANGUAGE sql AS $$
    INSERT INTO registry.activity (project_id, organization_id, title, mode, hazardous, emergency, drill, period, backfill_reason, status)
    SELECT p.project_id, p.organization_id, '示例活动', 'onsite', false, false, drill,
        tstzrange(start AT TIME ZONE 'Asia/Shanghai', (start + interval '1 hour') AT TIME ZONE 'Asia/Shanghai'), '补录', holding.status
    FROM registry.project p WHERE p.project_id = project
$$;
SELECT pg_temp.holding(:care, :'day'::date), pg_temp.holding(:care, :'day'::date + time '09:00', 'cancelled'), pg_temp.holding(:care, :'day'::date + time '10:00', drill => true),
    pg_temp.holding(:care, :'day'::date + interval '23:30'), pg_temp.holding(:books, :'day'::date + interval '1 day') \g /dev/null
SELECT pg_temp.measures(:'community', measure, at, value)
FROM (VALUES
    (:'day'::date - interval '1 day', 0, 0), (:'day', 2, 1), (:'day'::date + interval '1 day', 3, 1),
    (:'day'::date + interval '1 year - 1 day', 3, 1), (:'day'::date + interval '1 year', 1, 0)) AS t (at, activities, projects),
    LATERAL (VALUES ('activity', activities), ('regular_project', projects)) AS m (measure, value);
SELECT pg_temp.measures(:'community', 'ledger', :'day', 2);

-- Projects that are a brand, each once, as long as they are
INSERT INTO registry.project_designation (project_id, designation, organization_id, document, valid, status)
SELECT project, designation, :city, '示例文件', daterange(:'day', :'day'::date + days), status
FROM (VALUES (:care, 'municipal_demo', 9, 'granted'), (:care, 'key_incubation', 5, 'granted'), (:books, 'key_incubation', 9, 'revoked'), (:project, 'key_incubation', 9, 'granted'))
    AS d (project, designation, days, status);
SELECT pg_temp.measures(:'community', 'brand_project', :'day'::date + days, brands) FROM (VALUES (-1, 0), (0, 1), (8, 1), (9, 0)) AS t (days, brands);

-- Hours of the months that began in the year, as if they had been recorded
ALTER TABLE registry.organization_month_total DISABLE TRIGGER protect_totals;
INSERT INTO registry.organization_month_total (organization_id, month, hours, declared, records)
SELECT o, month, '1:30', '0:00', 1 FROM (VALUES (:dancers, date '2025-04-01'), (:community, '2026-03-01'), (:district, '2026-03-01')) AS m (o, month);
SELECT pg_temp.measures(:'community', 'service_hours', at, hours)
FROM (VALUES (date '2026-02-28', 1.5), ('2026-03-01', 3), ('2026-04-01', 1.5)) AS t (at, hours);

SELECT * FROM finish();
ROLLBACK;
