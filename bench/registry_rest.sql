-- What a city has besides people and records, in proportion: pairings, brand projects, training, insurance, shifts, orders,
-- evaluations and disputes. Reports that join them with records depend on it.

SET session_replication_role = replica;

-- Each body helps another one, with an activity a month.
INSERT INTO registry.pairing (unit_id, partner_id, responsible, valid)
SELECT organization_id, 1001 + (organization_id - 1000) % bodies, '示例责任人', daterange(first_day, NULL)
FROM bench.city JOIN registry.organization ON organization_id > 1000;
INSERT INTO registry.pairing_log (pairing_id, month, content, activity_id)
SELECT p.pairing_id, m.month::date, '示例帮扶', p.unit_id * 80 + (m.month::date - first_day) / 92
FROM bench.city
JOIN registry.pairing p ON p.unit_id > 1000
CROSS JOIN generate_series(date_trunc('month', first_day + interval '1 month'), first_day + 1824, '1 month') AS m (month);

INSERT INTO registry.project_designation (project_id, designation, organization_id, document, valid)
SELECT project_id, 'municipal_demo', 1000, '示例文件', daterange(first_day, first_day + 3650)
FROM bench.city JOIN registry.project ON organization_id > 1000 AND project_id % 20 = 0;
INSERT INTO registry.designation_event (designation_id, at, to_status)
SELECT designation_id, lower(valid), 'granted' FROM registry.project_designation WHERE organization_id = 1000;

-- A session a quarter in each body, and a third of the volunteers trained after registration.
INSERT INTO registry.course (course_id, organization_id, title, kind, minutes)
OVERRIDING SYSTEM VALUE VALUES (1000, 1000, '示例通用培训', 'general', 120);
INSERT INTO registry.training_session (session_id, course_id, organization_id, mode, period, trainer)
OVERRIDING SYSTEM VALUE
SELECT organization_id * 20 + n, 1000, organization_id, 'offline', tstzrange(start, start + interval '2 hours'), '示例讲师'
FROM bench.city
JOIN registry.organization ON organization_id > 1000
CROSS JOIN generate_series(0, 19) AS n
CROSS JOIN LATERAL (SELECT (first_day + 92 * n)::timestamp + interval '9 hours' AS at) AS l
CROSS JOIN LATERAL (SELECT l.at AT TIME ZONE 'Asia/Shanghai' AS start) AS s
WHERE first_day + 92 * n < registry.today();
INSERT INTO registry.training_result (volunteer_id, session_id, minutes, passed, valid)
SELECT v.volunteer_id, v.organization_id * 20 + q.quarter, 120, true, daterange(first_day + 92 * q.quarter, NULL)
FROM bench.city
CROSS JOIN bench.volunteer v
CROSS JOIN LATERAL (SELECT least((v.registered_on - first_day) / 92 + 1, 19) AS quarter) AS q
WHERE v.n % 3 = 0;

-- Who serves is insured in each of two years.
INSERT INTO registry.insurance_policy (policy_id, organization_id, insurer, policy_no, period, sum_insured)
OVERRIDING SYSTEM VALUE
SELECT organization_id * 10 + y.n, organization_id, '示例保险公司', 'P' || organization_id * 10 + y.n,
    daterange(first_day + 1095 + 365 * y.n, first_day + 1460 + 365 * y.n), 300000
FROM bench.city JOIN registry.organization ON organization_id > 1000 CROSS JOIN generate_series(0, 1) AS y (n);
INSERT INTO registry.insurance_coverage (volunteer_id, policy_id, valid)
SELECT v.volunteer_id, p.policy_id, p.period
FROM bench.volunteer v
JOIN registry.insurance_policy p ON p.organization_id = v.organization_id
WHERE v.records > 0;

-- A shift for each activity of two years, with twenty who came.
INSERT INTO registry.shift (shift_id, activity_id, period, post, capacity)
OVERRIDING SYSTEM VALUE
SELECT a.activity_id, a.activity_id, tstzrange(start, start + interval '3 hours'), '示例岗位', 50
FROM registry.activity a
CROSS JOIN LATERAL (
    SELECT lower(a.period) + interval '2 days 8 hours' + a.project_id % 4 * interval '3 hours' AS start) AS s
WHERE a.organization_id > 1000 AND a.activity_id % 20 BETWEEN 11 AND 18;
INSERT INTO registry.signup (volunteer_id, shift_id, period, status, unmet)
SELECT 1000001 + (a.organization_id - 1001) + c.bodies * k, s.shift_id, s.period, 'confirmed', '{}'
FROM bench.city c
CROSS JOIN registry.shift s
JOIN registry.activity a ON a.activity_id = s.activity_id AND a.organization_id > 1000
CROSS JOIN generate_series(0, 19) AS k;
INSERT INTO registry.signup_event (volunteer_id, shift_id, at, to_status)
SELECT volunteer_id, shift_id, lower(period) - interval '3 days', 'confirmed' FROM registry.signup WHERE volunteer_id > 1000000;
INSERT INTO registry.checkin (volunteer_id, shift_id, signed_in_at, closes_at, status)
SELECT volunteer_id, shift_id, lower(period), upper(period), CASE WHEN volunteer_id % 20 = 0 THEN 'closed' ELSE 'out' END
FROM registry.signup WHERE volunteer_id > 1000000;

-- Residents ask for something twenty times a year.
INSERT INTO registry.service_order (order_id, organization_id, title, category, period)
OVERRIDING SYSTEM VALUE
SELECT o.organization_id * 100 + n, o.organization_id, '示例订单', '0001', tstzrange(start, start + interval '2 hours')
FROM bench.city
JOIN registry.organization o ON o.organization_id > 1000
CROSS JOIN generate_series(0, 99) AS n
CROSS JOIN LATERAL (SELECT (first_day + 18 * n)::timestamptz AS start) AS s;
INSERT INTO registry.order_event (order_id, at, to_status)
SELECT order_id, lower(period) - interval '9 days', 'compiled' FROM registry.service_order WHERE order_id > 100000;
INSERT INTO registry.service_request (request_id, organization_id, category, description, submitted_at, order_id, status)
OVERRIDING SYSTEM VALUE
SELECT order_id, organization_id, category, '示例需求', lower(period) - interval '10 days', order_id, 'compiled'
FROM registry.service_order WHERE order_id > 100000;
INSERT INTO registry.request_event (request_id, at, to_status)
SELECT request_id, submitted_at, 'submitted' FROM registry.service_request WHERE request_id > 100000;

-- One record in fifty is evaluated, one in two thousand disputed in vain.
INSERT INTO registry.evaluation (volunteer_id, service_date, record_id, punctuality, attitude, skill, evaluated_at)
SELECT volunteer_id, service_date, record_id, 5, 4 + record_id / 50 % 2, 5, service_date + 5
FROM registry.service_record WHERE record_id % 50 = 0;
INSERT INTO registry.dispute (dispute_id, volunteer_id, service_date, record_id, party, ground_sha256, record_status, status)
OVERRIDING SYSTEM VALUE
SELECT record_id, volunteer_id, service_date, record_id, 'volunteer', sha256('示例理由'::bytea), 'effective', 'rejected'
FROM registry.service_record WHERE record_id % 2000 = 1;
INSERT INTO registry.dispute_event (volunteer_id, dispute_id, at, from_status, to_status)
SELECT d.volunteer_id, d.dispute_id, d.service_date + s.days, s.since, s.becomes
FROM registry.dispute d
CROSS JOIN (VALUES (10, NULL, 'open'), (17, 'open', 'rejected')) AS s (days, since, becomes)
WHERE d.dispute_id % 2000 = 1;

RESET session_replication_role;
VACUUM ANALYZE;
