-- Something for every report that names no region, twice the same: once in each of two districts of a city, with a body and a unit
-- each. Inserted as it is, so that every report has something to say; only the records are counted.

SET search_path = public, volunteer;
SET session_replication_role = replica;

CREATE ROLE first_analyst LOGIN IN ROLE registry_analyst;
CREATE ROLE city_analyst LOGIN IN ROLE registry_analyst;
CREATE ROLE stray_analyst LOGIN IN ROLE registry_analyst;

CREATE TEMPORARY TABLE part AS
SELECT p.n, p.sign, p.region::region_code, registry.today() - 30 AS day, (registry.today() - 30)::timestamp AT TIME ZONE 'Asia/Shanghai' AS at
FROM (VALUES (1, '甲', '441402'), (2, '乙', '441403')) AS p (n, sign, region);
SELECT registry.create_year(year)
FROM generate_series(extract(year FROM registry.today() - 30)::integer, extract(year FROM registry.today())::integer) AS year
WHERE to_regclass('registry.service_record_' || year) IS NULL \g /dev/null
INSERT INTO registry.work_calendar (day, is_workday) SELECT day + i, true FROM part CROSS JOIN generate_series(0, 1) AS i WHERE n = 1
ON CONFLICT (day) DO UPDATE SET is_workday = true;

INSERT INTO registry.organization (organization_id, name, kind, unit_kind, region) OVERRIDING SYSTEM VALUE
SELECT 100 + n, sign || '社区', '1', '09', region FROM part
UNION ALL SELECT 110 + n, sign || '单位', '3', '01', region FROM part;
INSERT INTO registry.person (person_id, name, sex, birth_date) OVERRIDING SYSTEM VALUE
SELECT 10 * n + i, sign || substr('录审', i, 1), i, '1980-01-01' FROM part CROSS JOIN generate_series(1, 2) AS i;
INSERT INTO registry.volunteer (volunteer_id, person_id, volunteer_no, registered_on, organization_id, region) OVERRIDING SYSTEM VALUE
SELECT 10 * n + i, 10 * n + i, volunteer_no('350203', day, 10 * n + i), day, 100 + n, '350203'
FROM part CROSS JOIN generate_series(1, 2) AS i;
INSERT INTO registry.volunteer_event (volunteer_id, at, to_status)
SELECT 10 * n + i, at + interval '2 days 9 hours 50 minutes', 'active' FROM part CROSS JOIN generate_series(1, 2) AS i;
INSERT INTO registry.staff (role_name, person_id, organization_id, duty, valid)
SELECT duty || '_' || sign, 10 * n + i, 100 + n, duty, daterange(day - 9, NULL)
FROM part CROSS JOIN unnest('{recorder,reviewer}'::text[]) WITH ORDINALITY AS d (duty, i);
INSERT INTO registry.staff (role_name, organization_id, duty, region, valid)
SELECT a.name, 101, 'analyst', a.region, daterange(registry.today(), NULL)
FROM (VALUES ('first_analyst', '441402'::region_code), ('city_analyst', '4414')) AS a (name, region);

-- Who served is staff, at work, listed twice, with the paper used twice, passed by whom one passes.
INSERT INTO registry.project (project_id, name, organization_id, category, region) OVERRIDING SYSTEM VALUE
SELECT n, sign || '项目', 100 + n, '0001', region FROM part;
INSERT INTO registry.activity (activity_id, project_id, organization_id, title, mode, hazardous, emergency, drill, period, backfill_reason)
OVERRIDING SYSTEM VALUE
SELECT n, n, 100 + n, sign || '会议', 'onsite', false, true, false, tstzrange(at, at + interval '2 days'), '补录' FROM part;
INSERT INTO registry.record_batch (batch_id, organization_id, source, justification, evidence_sha256, recorded_by, recorded_at, timely_from,
    status, reviewed_by, reviewed_at, publicity, effective_at) OVERRIDING SYSTEM VALUE
SELECT 10 * n + i, 100 + n, 'roster', '补录', sha256(sign::bytea), r.recorder || '_' || sign, at + interval '2 days 10 hours', day,
    'effective', r.reviewer || '_' || sign, at + interval '2 days 10 hours 20 seconds', daterange(day + 3, day + 10), at + interval '11 days'
FROM part CROSS JOIN (VALUES (1, 'recorder', 'reviewer'), (2, 'reviewer', 'recorder')) AS r (i, recorder, reviewer);
ALTER TABLE ONLY registry.service_record DISABLE TRIGGER check_new_records;
SET session_replication_role = origin;
INSERT INTO registry.service_record (volunteer_id, service_date, record_id, period, entry_method, project_id, activity_id, organization_id,
    batch_id, recorded_at, status) OVERRIDING SYSTEM VALUE
SELECT 10 * n + 1, day + i - 1, 10 * n + i, tstzrange(s.at + interval '10 hours', s.at + interval '12 hours'), 1, n, n, 100 + n,
    10 * n + i, part.at + interval '2 days 10 hours', 'effective'
FROM part CROSS JOIN generate_series(1, 2) AS i CROSS JOIN LATERAL (SELECT part.at + (i - 1) * interval '1 day' AS at) AS s;
SET session_replication_role = replica;
ALTER TABLE ONLY registry.service_record ENABLE TRIGGER check_new_records;

INSERT INTO registry.evaluation (volunteer_id, service_date, record_id, punctuality, attitude, skill, evaluated_by)
SELECT 10 * n + 1, day, 10 * n + 1, 5, 4, 3, 'recorder_' || sign FROM part;
INSERT INTO registry.dispute (volunteer_id, dispute_id, service_date, record_id, party, ground_sha256, record_status) OVERRIDING SYSTEM VALUE
SELECT 10 * n + 1, n, day, 10 * n + 1, 'public', sha256(''), 'effective' FROM part;
INSERT INTO registry.dispute_event (volunteer_id, dispute_id, to_status) SELECT 10 * n + 1, n, 'open' FROM part;
INSERT INTO registry.shift (shift_id, activity_id, period, post, capacity) OVERRIDING SYSTEM VALUE
SELECT n, n, tstzrange(at + interval '9 hours', at + interval '18 hours'), '引导', 5 FROM part;
INSERT INTO registry.checkin (volunteer_id, shift_id, signed_in_at, closes_at, status)
SELECT 10 * n + 2, n, at + interval '14 hours', at + interval '1 day', 'closed' FROM part;
INSERT INTO registry.incident (activity_id, kind, level, situation)
SELECT n, k.kind, k.level, sign || '情' FROM part CROSS JOIN (
    SELECT min(code) FILTER (WHERE set = 'incident_kind') AS kind, min(code) FILTER (WHERE set = 'incident_level') AS level
    FROM registry.code_item) AS k;
INSERT INTO registry.callout (volunteer_id, shift_id) SELECT 10 * n + 2, n FROM part;
INSERT INTO registry.callout_event (volunteer_id, shift_id, to_status) SELECT 10 * n + 2, n, 'alerted' FROM part;

INSERT INTO registry.course (course_id, organization_id, title, kind, minutes) OVERRIDING SYSTEM VALUE
SELECT n, 100 + n, sign || '课', (SELECT min(code) FROM registry.code_item WHERE set = 'training_kind'), 60 FROM part;
INSERT INTO registry.training_session (session_id, course_id, organization_id, mode, period, trainer) OVERRIDING SYSTEM VALUE
SELECT n, n, 100 + n, 'onsite', tstzrange(at + interval '10 hours', at + interval '11 hours'), '讲师' FROM part;
INSERT INTO registry.training_result (volunteer_id, session_id, minutes, passed, valid) SELECT 10 * n + 1, n, 60, true, '(,)' FROM part;
INSERT INTO registry.insurance_policy (policy_id, organization_id, insurer, policy_no, period, sum_insured) OVERRIDING SYSTEM VALUE
SELECT n, 100 + n, '保险公司', sign, daterange(day, day + 365), 1000 FROM part;
INSERT INTO registry.insurance_coverage (volunteer_id, policy_id, valid) SELECT 10 * n + 1, n, daterange(day, day + 365) FROM part;
INSERT INTO registry.insurance_claim (volunteer_id, policy_id, activity_id, occurred_at) SELECT 10 * n + 1, n, n, at FROM part;

INSERT INTO registry.certificate (volunteer_id, code, number, organization_id, period, as_of, hours, star, disclosures, token, token_sha256,
    kid, status_list, status_index, handled_by, responsible)
SELECT 10 * n + 1, gen_certificate_code(), sign, 100 + n, daterange(day, day + 2), day + 2, '4:00', '0', '{}', sign, sha256(sign::bytea),
    'none', 1, n, '经办', '负责' FROM part;
INSERT INTO registry.commendation (volunteer_id, organization_id, source, title, granting_body, granted_on, status)
SELECT 10 * n + 1, 100 + n, 'own', '优秀', sign, day, 'recorded' FROM part;
INSERT INTO registry.benefit (benefit_id, organization_id, title, minimum_star, basis, valid) OVERRIDING SYSTEM VALUE
SELECT n, 100 + n, sign || '票', 0, '办法', '(,)' FROM part;
INSERT INTO registry.benefit_use (volunteer_id, benefit_id, idempotency_key, star, minimum_star)
SELECT 10 * n + 1, n, gen_random_uuid(), 0, 0 FROM part;

INSERT INTO registry.spot_check_round (round_id, organization_id, organizations, last_event, seed, population) OVERRIDING SYSTEM VALUE
SELECT n, 100 + n, ARRAY[100 + n], 1, gen_random_uuid(), 2 FROM part;
INSERT INTO registry.spot_check (volunteer_id, round_id, place, status, method) SELECT 10 * n + 2, n, 1, 'denied', 'phone' FROM part;
INSERT INTO registry.spot_check_event (volunteer_id, round_id, to_status, reason) SELECT 10 * n + 2, n, 'denied', '未注册' FROM part;
INSERT INTO registry.audit_log (actor, person_id, data, purpose)
SELECT 'recorder_' || sign, 10 * n + 2, 'contact', 'service_contact' FROM part;
INSERT INTO registry.service_request (organization_id, category, description) SELECT 100 + n, '0001', '理发' FROM part;
INSERT INTO registry.pairing (pairing_id, unit_id, partner_id, responsible, valid) OVERRIDING SYSTEM VALUE
SELECT n, 110 + n, 100 + n, '主任', daterange(day, NULL) FROM part;
INSERT INTO registry.pairing_log (pairing_id, month, content, activity_id) SELECT n, date_trunc('month', day::timestamp), '走访', n FROM part;
INSERT INTO registry.transfer (transfer_id, volunteer_id, organization_id, direction, peer, status, package_id, records, hours, star, certificates)
OVERRIDING SYSTEM VALUE
SELECT n, 10 * n + 1, 100 + n, 'in', sign, 'received', gen_random_uuid(), n, '1:00', 0, 0 FROM part;
INSERT INTO registry.transfer_event (transfer_id, to_status) SELECT n, 'received' FROM part;
INSERT INTO registry.import (import_id, organization_id, file_name, source, finished_at, total, imported, unchanged, refused)
OVERRIDING SYSTEM VALUE
SELECT n, 100 + n, 'roster.csv', 'import', now(), 1, 0, 0, 1 FROM part;
INSERT INTO registry.import_row (import_id, line_no, rule) SELECT n, 2, (SELECT min(rule) FROM registry.recording_rule) FROM part;
