-- The past year: once a month each team meets on a weekend, most of the time by check-in, else by a list that is entered
-- within a week, in remote places sometimes late with the paper; another person reviews it some hours or days later, seldom
-- at once, and after publicity the records take effect.

CREATE TABLE city.meeting AS
SELECT m.*, city.at(m.recorded_on, CASE WHEN m.measured THEN m.ends + 15 ELSE 600 + m.body_no END) AS recorded_at,
    nextval(pg_get_serial_sequence('registry.activity', 'activity_id')) AS activity_id,
    nextval(pg_get_serial_sequence('registry.record_batch', 'batch_id')) AS batch_id
FROM (
    SELECT s.*, s.starts + 120 + 30 * city.draw_number(5, 'length', s.body_no, s.month_no) AS ends,
        s.day + CASE WHEN s.late THEN 20 WHEN s.measured THEN 0 ELSE 1 END
            + CASE WHEN s.measured THEN 0 ELSE city.draw_number(5, 'recorded', s.body_no, s.month_no) END AS recorded_on
    FROM (
        SELECT t.body_no, month_no, l.late, NOT l.late AND city.draw('measured', t.body_no, month_no) < 0.7 AS measured,
            w.first + (13 - extract(isodow FROM w.first)::integer) % 7 + 7 * city.draw_number(4, 'week', t.body_no, month_no)
                + city.draw_number(2, 'day', t.body_no, month_no) AS day,
            480 + 60 * city.draw_number(7, 'starts', t.body_no, month_no) AS starts
        FROM city.team t
        CROSS JOIN generate_series(1, :months) AS month_no
        CROSS JOIN LATERAL (SELECT registry.today() - 30 * (:months + 3 - month_no) AS first) AS w
        CROSS JOIN LATERAL (SELECT t.body_no % 20 = 0 AND city.draw('late', t.body_no, month_no) < 0.35 AS late) AS l
        WHERE t.body_no IN (SELECT v.body_no FROM city.volunteer v)
    ) AS s
) AS m
ORDER BY m.day, m.body_no;
ALTER TABLE city.meeting ADD PRIMARY KEY (body_no, month_no);
ANALYZE city.meeting, city.volunteer, city.team;

SELECT city.act('city_clerk', format('SELECT registry.create_year(%s)', y))
FROM generate_series(extract(year FROM registry.today() - 30 * (:months + 3))::integer, extract(year FROM registry.today())::integer) AS y
WHERE to_regclass('registry.service_record_' || y) IS NULL \g /dev/null

BEGIN;
ALTER TABLE ONLY registry.service_record DISABLE TRIGGER check_new_records;

INSERT INTO registry.activity (activity_id, project_id, organization_id, title, mode, hazardous, emergency, drill, period,
    published_at, published_by) OVERRIDING SYSTEM VALUE
SELECT m.activity_id, t.project_id, t.organization_id, t.title, 'onsite', false, false, false,
    city.during(m.day, m.starts, m.ends), city.at(m.day - 7, 540), t.recorder
FROM city.meeting m JOIN city.team t ON t.body_no = m.body_no;
INSERT INTO registry.activity_event (activity_id, to_status, at, actor)
SELECT m.activity_id, 'published', city.at(m.day - 7, 540), t.recorder
FROM city.meeting m JOIN city.team t ON t.body_no = m.body_no;

CREATE TABLE city.recording_day AS
SELECT o.recorded_on, registry.timely_from(:'prefecture', o.recorded_on) AS timely_from
FROM (SELECT DISTINCT m.recorded_on FROM city.meeting m) AS o;
INSERT INTO registry.record_batch (batch_id, organization_id, source, justification, evidence_sha256, recorded_by,
    recorded_at, timely_from, status, reviewed_by, reviewed_at, publicity, effective_at) OVERRIDING SYSTEM VALUE
SELECT b.batch_id, b.organization_id, b.source, CASE WHEN b.late THEN '山区无网络,纸质签到' END,
    CASE WHEN b.late THEN sha256(b.batch_id::text::bytea) END, b.recorder, b.recorded_at, b.timely_from, 'effective', b.reviewer, b.reviewed_at,
    daterange(b.reviewed_on + 1, b.reviewed_on + 8), city.at(b.reviewed_on + 8, 540)
FROM (
    SELECT m.batch_id, m.late, t.organization_id, CASE WHEN m.measured THEN 'checkin' ELSE 'roster' END AS source, t.recorder, t.reviewer,
        m.recorded_at, d.timely_from, r.reviewed_at, (r.reviewed_at AT TIME ZONE 'Asia/Shanghai')::date AS reviewed_on
    FROM city.meeting m
    JOIN city.team t ON t.body_no = m.body_no
    JOIN city.recording_day d ON d.recorded_on = m.recorded_on
    CROSS JOIN LATERAL (
        SELECT m.recorded_at + CASE WHEN city.draw('at once', m.body_no, m.month_no) < 0.01 THEN interval '40 seconds'
            ELSE make_interval(mins => 120 + city.draw_number(4320, 'reviewed', m.body_no, m.month_no)) END AS reviewed_at) AS r
) AS b;

-- Two in three come. A month at a time, so that the totals of a large city are not all waiting at once.
CREATE FUNCTION city.serve(month_no integer) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO registry.service_record
        (volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id, recorded_at, status)
    SELECT v.volunteer_id, m.day,
        CASE WHEN m.measured THEN city.during(m.day, m.starts + city.draw_number(15, 'arrives', v.n, m.month_no),
            m.ends - city.draw_number(15, 'leaves', v.n, m.month_no))
        ELSE city.during(m.day, m.starts, m.ends) END,
        CASE WHEN m.measured THEN 3 + (city.draw('method', v.n, m.month_no) < 0.8)::integer ELSE 1 END,
        t.project_id, m.activity_id, t.organization_id, m.batch_id, m.recorded_at, 'effective'
    FROM city.volunteer v
    JOIN city.team t ON t.body_no = v.body_no
    JOIN city.meeting m ON m.body_no = v.body_no AND m.month_no = serve.month_no
    WHERE city.draw('attends', v.n, m.month_no) < 0.667 AND v.part IS DISTINCT FROM 'sleeper';
END;
SELECT city.serve(month_no) FROM generate_series(1, :months) AS month_no \g /dev/null

\ir duty.sql
\ir checkins.sql

INSERT INTO registry.record_event (volunteer_id, record_id, at, actor, from_status, to_status)
SELECT r.volunteer_id, r.record_id, e.at, b.reviewed_by, e.from_status, e.to_status
FROM registry.record_batch b
JOIN registry.service_record r ON r.batch_id = b.batch_id
CROSS JOIN LATERAL (VALUES
    (b.reviewed_at, 'submitted', 'in_publicity'), (b.effective_at, 'in_publicity', 'effective')
) AS e (at, from_status, to_status)
WHERE b.status = 'effective'
ORDER BY e.at, r.record_id;

ALTER TABLE ONLY registry.service_record ENABLE TRIGGER check_new_records;
COMMIT;
SELECT registry.roll_up_hours() \g /dev/null
ANALYZE registry.person, registry.volunteer, registry.organization, registry.activity, registry.record_batch,
    registry.service_record, registry.record_event, registry.volunteer_year, registry.organization_month_total;
