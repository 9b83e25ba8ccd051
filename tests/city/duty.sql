-- Retired people keep the stations open on working days: hours that make one look twice. Imported week by week.
CREATE TABLE city.duty_week AS
SELECT w.*, nextval(pg_get_serial_sequence('registry.record_batch', 'batch_id')) AS batch_id,
    city.at(w.monday + 7, 540) AS recorded_at
FROM (
    SELECT registry.today() - extract(isodow FROM registry.today())::integer + 1 - 7 * n AS monday
    FROM generate_series(8, 8 + :months * 30 / 7) AS n
) AS w
ORDER BY w.monday;
INSERT INTO registry.record_batch (batch_id, organization_id, source, recorded_by, recorded_at, timely_from, status, reviewed_by,
    reviewed_at, publicity, effective_at) OVERRIDING SYSTEM VALUE
SELECT d.batch_id, :federation, 'import', 'city_recorder', d.recorded_at, registry.timely_from(:'prefecture', d.monday + 7),
    'effective', 'city_reviewer', d.recorded_at + interval '1 day', daterange(d.monday + 9, d.monday + 16),
    city.at(d.monday + 16, 540)
FROM city.duty_week d;
INSERT INTO registry.service_record
    (volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, recorded_at, status)
SELECT v.volunteer_id, n.day,
    city.during(n.day, 510 + city.draw_number(10, 'opens', v.n, n.day - date '2000-01-01'),
        CASE WHEN v.in_kind <= 3 THEN 900 ELSE 740 END + city.draw_number(20, 'closes', v.n, n.day - date '2000-01-01')),
    4, t.project_id, t.organization_id, d.batch_id, d.recorded_at, 'effective'
FROM city.duty_week d
CROSS JOIN LATERAL (SELECT d.monday + weekday AS day FROM generate_series(0, 4) AS weekday) AS n
JOIN city.volunteer v ON v.part = 'retiree'
JOIN city.team t ON t.body_no = v.body_no
WHERE city.draw('on duty', v.n, n.day - date '2000-01-01') < 0.85;
