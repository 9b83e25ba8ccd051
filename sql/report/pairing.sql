-- Pairing: who helped whom in which months.

CREATE FUNCTION report.pairing(year integer)
    RETURNS TABLE (
        year integer, unit text, partner text, responsible text, since date, until date, months_due bigint,
        months_logged bigint, months_confirmed bigint, months_missing bigint, missing date[], activities bigint,
        volunteers bigint, hours volunteer.service_hours, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH asked AS (
        SELECT daterange(make_date(pairing.year, 1, 1), make_date(pairing.year + 1, 1, 1)) AS days
    ), due AS (
        SELECT p.pairing_id, m.month::date AS month
        FROM registry.pairing p
        CROSS JOIN asked k
        CROSS JOIN generate_series(lower(k.days)::timestamp, least(upper(k.days) - 1, registry.today())::timestamp, '1 month') AS m (month)
        WHERE p.valid && daterange(m.month::date, (m.month + interval '1 month')::date)
    ), served AS (
        SELECT l.pairing_id, count(DISTINCT r.volunteer_id) AS volunteers, sum(r.hours) AS hours
        FROM registry.pairing_log l
        CROSS JOIN asked k
        JOIN registry.service_record r ON r.activity_id = l.activity_id
        WHERE k.days @> l.month AND r.effective
            AND r.service_date >= make_date(pairing.year, 1, 1) AND r.service_date < make_date(pairing.year + 1, 1, 1)
        GROUP BY l.pairing_id
    ), monthly AS (
        SELECT d.pairing_id, count(*) AS due, count(l.month) AS logged, count(*) FILTER (WHERE l.status = 'confirmed') AS confirmed,
            coalesce(array_agg(d.month ORDER BY d.month) FILTER (WHERE l.month IS NULL), '{}') AS missing,
            count(l.activity_id) AS activities
        FROM due d
        LEFT JOIN registry.pairing_log l ON (l.pairing_id, l.month) = (d.pairing_id, d.month)
        GROUP BY d.pairing_id
    )
    SELECT pairing.year, coalesce(u.name, '合计'), o.name, p.responsible, lower(p.valid), upper(p.valid) - 1, sum(m.due)::bigint,
        sum(m.logged)::bigint, sum(m.confirmed)::bigint, sum(m.due - m.logged)::bigint,
        m.missing, sum(m.activities)::bigint,
        coalesce(sum(s.volunteers), 0)::bigint, coalesce(sum(s.hours), '0:00'), now()
    FROM registry.pairing p
    JOIN registry.organization u ON u.organization_id = p.unit_id
    JOIN registry.organization o ON o.organization_id = p.partner_id
    JOIN monthly m ON m.pairing_id = p.pairing_id
    LEFT JOIN served s ON s.pairing_id = p.pairing_id
    WHERE p.unit_id IN (SELECT r.organization_id FROM registry.reported_organization r)
        OR p.partner_id IN (SELECT r.organization_id FROM registry.reported_organization r)
    GROUP BY GROUPING SETS ((p.pairing_id, p.responsible, p.valid, u.name, o.name, m.missing), ())
    ORDER BY p.pairing_id IS NULL, u.name, o.name, p.pairing_id;
END;
COMMENT ON FUNCTION report.pairing(integer) IS
    '结对帮扶年度统计(每月集中帮扶):任一方在任职区划的结对,结对单位(末行合计)、结对社区或社工机构、责任人、起止日、应填月数、已填月数、已确认月数、缺填月数、缺填月份、所办活动数、参加人数、服务时长(所办活动当年已生效)、报表时间;合计为各结对之和,几个结对共办的活动重复计,参加人数为人次';

GRANT EXECUTE ON FUNCTION report.pairing(integer) TO registry_analyst;
