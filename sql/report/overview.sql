-- The dashboard: what happened in each part of a region, month by month.

-- Only back-filled records are looked up, batch by batch; all others are in the totals kept already. A batch of an earlier year
-- holds nothing of this one: no service is recorded before it is done.
CREATE FUNCTION report.overview(region volunteer.region_code, year integer)
    RETURNS TABLE (
        region volunteer.region_code, year integer, division volunteer.region_code, division_name text, month date,
        joined bigint, activities bigint, records bigint, hours volunteer.service_hours, declared volunteer.service_hours,
        back_filled bigint, back_fill_percent numeric, certificates bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp SET jit = off
BEGIN ATOMIC
    SELECT registry.require_analyst(overview.region);
    WITH asked AS (
        SELECT d.first, d.last, d.first::timestamp AT TIME ZONE 'Asia/Shanghai' AS starts,
            (d.last + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS ends
        FROM (SELECT make_date(overview.year, 1, 1) AS first, make_date(overview.year, 12, 31) AS last) AS d
    ), body AS MATERIALIZED (
        SELECT o.organization_id, report.division(o.region, overview.region) AS division
        FROM registry.organization o
        WHERE o.region <@ overview.region
    ), part AS (
        SELECT v.organization_id, date_trunc('month', v.registered_on::timestamp)::date AS month, count(*) AS joined,
            0::bigint AS activities, 0::bigint AS records, '0:00'::volunteer.service_hours AS hours,
            '0:00'::volunteer.service_hours AS declared, 0::bigint AS back_filled, 0::bigint AS certificates
        FROM asked a
        JOIN registry.volunteer v ON v.registered_on BETWEEN a.first AND a.last
        GROUP BY 1, 2
        UNION ALL
        SELECT t.organization_id, date_trunc('month', lower(t.period) AT TIME ZONE 'Asia/Shanghai')::date,
            0, count(*), 0, '0:00', '0:00', 0, 0
        FROM asked a
        JOIN registry.activity t ON lower(t.period) >= a.starts AND lower(t.period) < a.ends
        WHERE t.status = 'published' AND NOT t.drill AND lower(t.period) <= now()
        GROUP BY 1, 2
        UNION ALL
        SELECT m.organization_id, m.month, 0, 0, m.records, m.hours, m.declared, 0, 0
        FROM asked a
        JOIN registry.organization_month m ON m.month BETWEEN a.first AND a.last
        UNION ALL
        SELECT r.organization_id, r.month, 0, 0, 0, '0:00', '0:00', r.back_filled, 0
        FROM asked a
        JOIN registry.record_batch b ON b.back_fill AND b.source <> 'transfer' AND b.recorded_at >= a.starts
        CROSS JOIN LATERAL (
            SELECT s.organization_id, date_trunc('month', s.service_date::timestamp)::date AS month, count(*) AS back_filled
            FROM registry.service_record s
            WHERE s.batch_id = b.batch_id AND s.effective AND s.service_date BETWEEN a.first AND a.last
            GROUP BY 1, 2) AS r
        UNION ALL
        SELECT c.organization_id, date_trunc('month', c.issued_at AT TIME ZONE 'Asia/Shanghai')::date,
            0, 0, 0, '0:00', '0:00', 0, count(*)
        FROM asked a
        JOIN registry.certificate c ON c.issued_at >= a.starts AND c.issued_at < a.ends
        GROUP BY 1, 2
    ), place AS (
        SELECT n.code
        FROM asked a
        JOIN registry.region n ON n.code <@ overview.region AND volunteer.parent(n.code) = overview.region
        WHERE n.valid && daterange(a.first, a.last, '[]')
        UNION
        SELECT b.division FROM body b
    ), counted AS (
        SELECT b.division, p.month, sum(p.joined) AS joined, sum(p.activities) AS activities, sum(p.records) AS records,
            sum(p.hours) AS hours, sum(p.declared) AS declared, sum(p.back_filled) AS back_filled,
            sum(p.certificates) AS certificates
        FROM part p
        JOIN body b ON b.organization_id = p.organization_id
        GROUP BY b.division, p.month
    ), cell AS (
        SELECT n.code, n.name, m.month::date AS month
        FROM asked a
        CROSS JOIN generate_series(a.first::timestamp, a.last::timestamp, '1 month') AS m (month)
        CROSS JOIN place p
        JOIN registry.region n ON n.code = p.code
    )
    SELECT overview.region, overview.year, l.code, coalesce(l.name, '合计'), l.month, coalesce(sum(c.joined), 0)::bigint,
        coalesce(sum(c.activities), 0)::bigint, coalesce(sum(c.records), 0)::bigint, coalesce(sum(c.hours), '0:00'),
        coalesce(sum(c.declared), '0:00'), coalesce(sum(c.back_filled), 0)::bigint,
        round(100 * sum(c.back_filled) / nullif(sum(c.records), 0), 2), coalesce(sum(c.certificates), 0)::bigint, now()
    FROM cell l
    LEFT JOIN counted c ON (c.division, c.month) = (l.code, l.month)
    GROUP BY GROUPING SETS ((l.code, l.name, l.month), (l.code, l.name), (l.month), ())
    ORDER BY l.code, l.month;
END;
COMMENT ON FUNCTION report.overview(volunteer.region_code, integer) IS
    '总览(《志愿服务记录与证明出具办法(试行)》第十八条):某年下一级区划(直属组织记在本级)逐月一行,月份为空的是全年,区划为空的是合计:当月新注册、开始的活动(取消的和演练不计)、已生效的服务记录条数与时长(按服务日期)、其中荣誉时长、补录条数与百分比(无记录为空)、首次签发的证明、报表时间;均按组织所在地;错误 22008 年份超出范围';

GRANT EXECUTE ON FUNCTION report.overview(volunteer.region_code, integer) TO registry_analyst;
