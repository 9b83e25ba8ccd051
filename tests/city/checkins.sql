-- Evenings with shifts, where ten people sign in. In two teams most of them never sign out.
CREATE TABLE city.evening AS
SELECT e.*, t.project_id, t.organization_id, t.recorder, t.reviewer, city.during(e.day, 1140, 1260) AS period,
    nextval(pg_get_serial_sequence('registry.activity', 'activity_id')) AS activity_id,
    nextval(pg_get_serial_sequence('registry.shift', 'shift_id')) AS shift_id,
    nextval(pg_get_serial_sequence('registry.record_batch', 'batch_id')) AS batch_id,
    nextval(pg_get_serial_sequence('registry.record_batch', 'batch_id')) AS closed_batch_id
FROM (
    SELECT body_no, body_no <= 112 AS fraud, evening, registry.today() - 70 + evening AS day
    FROM generate_series(111, 116) AS body_no CROSS JOIN generate_series(0, 2) AS evening
) AS e
JOIN city.team t ON t.body_no = e.body_no;

CREATE TABLE city.stay AS
SELECT e.*, v.volunteer_id, s.signed_in_at, s.forgot, CASE WHEN s.forgot THEN e.closed_batch_id ELSE e.batch_id END AS own_batch_id,
    nextval(pg_get_serial_sequence('registry.checkin', 'checkin_id')) AS checkin_id
FROM city.evening e
JOIN (SELECT v.n, v.volunteer_id, row_number() OVER (ORDER BY v.n) AS place FROM city.volunteer v WHERE v.part IS NULL) AS v
    ON v.place BETWEEN 421 + 10 * (e.body_no - 111) AND 430 + 10 * (e.body_no - 111)
CROSS JOIN LATERAL (
    SELECT city.at(e.day, 1125 + city.draw_number(15, 'signs in', v.n, e.evening)) AS signed_in_at,
        city.draw('forgets', v.n, e.evening) < CASE WHEN e.fraud THEN 0.6 ELSE 0.1 END AS forgot) AS s;

INSERT INTO registry.activity (activity_id, project_id, organization_id, title, mode, hazardous, emergency, drill, period,
    published_at, published_by) OVERRIDING SYSTEM VALUE
SELECT e.activity_id, e.project_id, e.organization_id, '夜间巡逻', 'onsite', false, false, false, e.period, city.at(e.day - 7, 540), e.recorder
FROM city.evening e;
INSERT INTO registry.activity_event (activity_id, to_status, at, actor)
SELECT e.activity_id, 'published', city.at(e.day - 7, 540), e.recorder FROM city.evening e;
INSERT INTO registry.shift (shift_id, activity_id, period, post, capacity, created_at, created_by) OVERRIDING SYSTEM VALUE
SELECT e.shift_id, e.activity_id, e.period, '巡逻', 10, city.at(e.day - 7, 545), e.recorder FROM city.evening e;
INSERT INTO registry.signup (volunteer_id, shift_id, period, status, unmet)
SELECT s.volunteer_id, s.shift_id, s.period, 'confirmed', '{}' FROM city.stay s;
INSERT INTO registry.signup_event (volunteer_id, shift_id, at, actor, from_status, to_status)
SELECT s.volunteer_id, s.shift_id, city.at(s.day - c.days, 600), s.recorder, c.from_status, c.to_status
FROM (VALUES (6, NULL, 'requested'), (5, 'requested', 'confirmed')) AS c (days, from_status, to_status)
CROSS JOIN city.stay s ORDER BY c.days DESC;

INSERT INTO registry.record_batch (batch_id, organization_id, source, recorded_by, recorded_at, timely_from, status, reviewed_by,
    reviewed_at, publicity, effective_at) OVERRIDING SYSTEM VALUE
SELECT b.batch_id, e.organization_id, 'checkin', b.recorder, b.recorded_at, registry.timely_from(:'prefecture', e.day), 'effective',
    e.reviewer, city.at(e.day + 2, 600), daterange(e.day + 3, e.day + 10), city.at(e.day + 10, 540)
FROM city.evening e
CROSS JOIN LATERAL (VALUES
    (e.batch_id, e.recorder, upper(e.period)), (e.closed_batch_id, 'city_clerk', city.at(e.day + 1, 5))
) AS b (batch_id, recorder, recorded_at);
INSERT INTO registry.checkin (volunteer_id, checkin_id, shift_id, signed_in_at, closes_at, status, batch_id) OVERRIDING SYSTEM VALUE
SELECT s.volunteer_id, s.checkin_id, s.shift_id, s.signed_in_at, city.at(s.day + 1, 0), CASE WHEN s.forgot THEN 'closed' ELSE 'out' END,
    s.own_batch_id
FROM city.stay s;
INSERT INTO registry.checkin_event (volunteer_id, checkin_id, method, at, actor, from_status, to_status)
SELECT s.volunteer_id, s.checkin_id, c.method, c.at, c.actor, c.from_status, c.to_status
FROM city.stay s
CROSS JOIN LATERAL (
    SELECT 1 AS step, 'qr' AS method, s.signed_in_at AS at, s.recorder AS actor, NULL AS from_status, 'in' AS to_status
    UNION ALL
    SELECT 2, CASE WHEN NOT s.forgot THEN 'qr' END, CASE WHEN s.forgot THEN city.at(s.day + 1, 5) ELSE upper(s.period) END,
        CASE WHEN s.forgot THEN 'city_clerk' ELSE s.recorder END, 'in', CASE WHEN s.forgot THEN 'closed' ELSE 'out' END) AS c
ORDER BY c.step;
INSERT INTO registry.service_record
    (volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id, post, recorded_at, status)
SELECT s.volunteer_id, s.day, s.period, CASE WHEN s.forgot THEN 0 ELSE 4 END, s.project_id, s.activity_id, s.organization_id,
    b.batch_id, '巡逻', b.recorded_at, 'effective'
FROM city.stay s
JOIN registry.record_batch b ON b.batch_id = s.own_batch_id;
