-- A city of the registry: bodies, staff, and by rule who its volunteers are and when they served, ten records for each.

CREATE ROLE bench_recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE bench_auditor LOGIN IN ROLE registry_auditor;
CREATE ROLE bench_analyst LOGIN IN ROLE registry_analyst;

GRANT USAGE ON SCHEMA bench TO bench_recorder;

-- Five years that end a few days ago; what is measured comes on top.
CREATE TABLE bench.city AS
SELECT registry.today() - 1830 AS first_day, (:volunteers)::integer AS volunteers, 20 + :volunteers / 2000 AS bodies;

SELECT registry.create_year(year)
FROM bench.city
CROSS JOIN generate_series(extract(year FROM first_day)::integer, extract(year FROM registry.today())::integer) AS year
WHERE to_regclass('registry.service_record_' || year) IS NULL \g /dev/null

-- A federation, 1000, and below it teams and units from 1001 on in the towns of the city.
INSERT INTO registry.organization (organization_id, name, kind, unit_kind, region, parent_id, created_at)
OVERRIDING SYSTEM VALUE
SELECT 1000 + n, CASE n WHEN 0 THEN '示例市联合会' ELSE '示例志愿服务队' || n END, CASE n WHEN 0 THEN '2' ELSE '1' END,
    CASE n WHEN 0 THEN '13' ELSE ('{01,02,04,08,09,10,11,12}'::text[])[1 + n % 8] END,
    CASE n WHEN 0 THEN '350200' ELSE town[1 + n % cardinality(town)] END, CASE WHEN n > 0 THEN 1000 END,
    first_day - 1
FROM bench.city
CROSS JOIN generate_series(0, bodies) AS n
CROSS JOIN (
    SELECT array_agg(code ORDER BY code) AS town FROM registry.region WHERE code <@ '350200' AND level = 4) AS t;
INSERT INTO registry.organization_event (organization_id, at, to_status)
SELECT organization_id, created_at, 'active' FROM registry.organization WHERE organization_id >= 1000;
INSERT INTO registry.headcount (organization_id, kind, as_of, count, source, status, decided_at, decided_by)
SELECT organization_id, 'staff', registry.today() - 400, 3000, '统计年报', 'approved', now(), 'bench_registrar'
FROM registry.organization WHERE organization_id > 1000;
INSERT INTO registry.headcount_event (headcount_id, to_status)
SELECT headcount_id, 'approved' FROM registry.headcount WHERE organization_id > 1000;
INSERT INTO registry.station (organization_id, kind, plaque, host, head, region, opened_on)
SELECT organization_id, 'community', name, '示例居委会', '示例站长', region, first_day
FROM bench.city JOIN registry.organization ON organization_id > 1000;

SELECT registry.appoint_staff('bench_recorder', 1000, 'recorder',
        registry.add_person('示例记录', 'passport', 'E00001001', 9::smallint, '1980-01-01')),
    registry.appoint_staff('bench_auditor', 1000, 'auditor'),
    registry.appoint_staff('bench_analyst', 1000, 'analyst', region => '350200') \g /dev/null

-- Of all that is numbered, each body has four projects, and each project an activity a quarter.
INSERT INTO registry.project (project_id, name, organization_id, category, region)
OVERRIDING SYSTEM VALUE
SELECT organization_id * 4 + n, '示例项目' || n, organization_id, to_char(1 + n, 'FM0000'), region
FROM registry.organization CROSS JOIN generate_series(0, 3) AS n WHERE organization_id > 1000;
INSERT INTO registry.activity (activity_id, project_id, organization_id, title, mode, hazardous, emergency, drill, period,
    published_at)
OVERRIDING SYSTEM VALUE
SELECT project_id * 20 + n, project_id, organization_id, '示例活动' || n, 'onsite', false, false, false,
    tstzrange((first_day + 92 * n)::timestamp AT TIME ZONE 'Asia/Shanghai',
        (first_day + 92 * (n + 1))::timestamp AT TIME ZONE 'Asia/Shanghai'), first_day - 1
FROM bench.city CROSS JOIN registry.project CROSS JOIN generate_series(0, 19) AS n WHERE organization_id > 1000;

-- A hundredth of the volunteers has 200 records, nine hundredths have 50, a quarter has 14.
CREATE FUNCTION bench.volunteer_no(n bigint) RETURNS volunteer.volunteer_no LANGUAGE sql IMMUTABLE
    RETURN volunteer.volunteer_no('350203', CASE WHEN n < 500000 THEN '2011-01-01' ELSE '2011-02-01' END::date,
        (1 + n % 500000)::integer);
CREATE UNLOGGED TABLE bench.volunteer AS
SELECT n, bench.volunteer_no(n) AS volunteer_no, 1000001 + n AS volunteer_id, 1001 + n % bodies AS organization_id,
    substr('赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许', (n % 20 + 1)::integer, 1)
        || chr((19968 + n * 31 % 400)::integer) || chr((20500 + n * 17 % 50)::integer) AS name,
    first_day + (CASE WHEN n % 100 < 35 THEN n * 7919 % 900 ELSE n * 104729 % 1800 END)::integer AS registered_on,
    CASE WHEN n % 100 = 0 THEN 200 WHEN n % 100 < 10 THEN 50 WHEN n % 100 < 35 THEN 14 ELSE 0 END AS records
FROM bench.city CROSS JOIN generate_series(0, volunteers::bigint - 1) AS n;

-- At most one service a day, one in eight for a body that is not the volunteer's own, seven in ten at an activity.
CREATE UNLOGGED TABLE bench.service AS
SELECT v.n, d.day, v.volunteer_id, q.organization_id, q.project_id,
    CASE WHEN h.hash % 10 < 7 THEN q.project_id * 20 + d.day / 92 END AS activity_id,
    first_day + d.day AS service_date, (8 + h.hash / 16 % 10) * 60 + h.hash / 256 % 4 * 15 AS starts,
    60 + h.hash / 1024 % 13 * 15 AS minutes,
    CASE WHEN h.hash % 200 = 199 THEN 0 WHEN h.hash % 10 < 6 THEN 1 ELSE 4 END AS entry_method,
    h.hash % 100 = 50 AS voided
FROM bench.city
CROSS JOIN bench.volunteer AS v
CROSS JOIN generate_series(0, v.records - 1) AS nth
CROSS JOIN LATERAL (SELECT hashint8(v.n * 1000 + nth) & 1073741823 AS hash) AS h
CROSS JOIN LATERAL (SELECT v.registered_on - first_day AS since) AS s
CROSS JOIN LATERAL (SELECT (1824 - since) / v.records AS step) AS p
CROSS JOIN LATERAL (SELECT since + 1 + nth * step + h.hash / 16384 % step AS day) AS d
CROSS JOIN LATERAL (
    SELECT CASE WHEN h.hash % 8 = 0 THEN 1001 + h.hash % bodies ELSE v.organization_id END AS organization_id) AS o
CROSS JOIN LATERAL (SELECT o.organization_id, o.organization_id * 4 + h.hash / 64 % 4 AS project_id) AS q
ORDER BY d.day;

-- A week of a body is a batch; every tenth is a back-fill. The last is public now.
CREATE FUNCTION bench.batch_id(organization_id bigint, day integer) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN 1000000 + organization_id * 300 + day / 7;
CREATE UNLOGGED TABLE bench.batch AS
SELECT bench.batch_id(organization_id, 7 * week) AS batch_id, organization_id, week, (organization_id + week) % 10 = 0 AS back_fill,
    ((first_day + 7 * (week + 1))::timestamp + '10:00') AT TIME ZONE 'Asia/Shanghai' AS recorded_at,
    daterange(first_day + 7 * (week + 1) + 2, first_day + 7 * (week + 1) + 9) AS publicity,
    first_day + 7 * (week + 1) + 9 <= registry.today() AS effective
FROM bench.city
CROSS JOIN generate_series(0, 260) AS week
CROSS JOIN generate_series(1001, 1000 + bodies) AS organization_id;
ALTER TABLE bench.batch ADD PRIMARY KEY (batch_id);

-- Rosters of the last three days, each with its time of day: a line for every tenth volunteer.
CREATE UNLOGGED TABLE bench.roster AS
SELECT file, v.n, v.volunteer_id, v.volunteer_no, v.name, q.organization_id, q.project_id,
    d.service_date, d.service_date + file * interval '45 minutes' AS starts
FROM bench.city
CROSS JOIN generate_series(0, :rosters - 1) AS file
CROSS JOIN generate_series(0, volunteers / 10 - 1) AS i
JOIN bench.volunteer AS v ON v.n = i * 10 + file % 10
CROSS JOIN LATERAL (SELECT v.organization_id, v.organization_id * 4 + i % 4 AS project_id) AS q
CROSS JOIN LATERAL (SELECT registry.today() - 1 - (i % 3)::integer AS service_date) AS d;
ANALYZE;
