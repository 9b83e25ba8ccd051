-- Orders from residents, step by step: how many, how long, how they were rated.

CREATE FUNCTION report.orders(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, region volunteer.region_code, requests bigint, rejected bigint, orders bigint,
        accepted bigint, declined bigint, closed bigint, rating numeric,
        hours_to_compile numeric, hours_to_dispatch numeric, hours_to_accept numeric, hours_to_report numeric,
        reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH step AS (
        SELECT o.organization_id, r.request_id, r.order_id, r.submitted_at, r.status AS request_status,
            min(e.at) FILTER (WHERE e.to_status = 'compiled') AS compiled_at,
            min(e.at) FILTER (WHERE e.to_status = 'dispatched') AS dispatched_at,
            min(e.at) FILTER (WHERE e.to_status = 'accepted') AS accepted_at,
            min(e.at) FILTER (WHERE e.to_status = 'reported') AS order_reported_at,
            max(e.at) FILTER (WHERE e.to_status = 'closed') AS closed_at,
            count(*) FILTER (WHERE e.to_status = 'declined') AS declined
        FROM registry.service_request r
        LEFT JOIN registry.service_order s ON s.order_id = r.order_id
        LEFT JOIN registry.order_event e ON e.order_id = s.order_id
        JOIN registry.reported_organization o ON o.organization_id = coalesce(s.organization_id, r.organization_id)
        WHERE (r.submitted_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN orders.since AND orders.until
        GROUP BY o.organization_id, r.request_id
    )
    SELECT orders.since, orders.until, coalesce(o.name, '合计'), o.region, count(*), count(*) FILTER (WHERE t.request_status = 'rejected'),
        count(DISTINCT t.order_id), count(DISTINCT t.order_id) FILTER (WHERE t.accepted_at IS NOT NULL),
        count(DISTINCT t.order_id) FILTER (WHERE t.declined > 0), count(DISTINCT t.order_id) FILTER (WHERE t.closed_at IS NOT NULL),
        round(avg(g.score), 2),
        round(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY t.compiled_at - t.submitted_at)) / 3600, 1),
        round(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY t.dispatched_at - t.compiled_at)) / 3600, 1),
        round(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY t.accepted_at - t.dispatched_at)) / 3600, 1),
        round(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY t.order_reported_at - t.accepted_at)) / 3600, 1),
        now()
    FROM step t
    JOIN registry.organization o ON o.organization_id = t.organization_id
    LEFT JOIN registry.order_rating g ON g.request_id = t.request_id
    GROUP BY GROUPING SETS ((o.organization_id, o.name, o.region), ())
    ORDER BY o.organization_id IS NULL, o.name, o.organization_id;
END;
COMMENT ON FUNCTION report.orders(date, date) IS
    '四单统计(点单、制单、派单、接单与评单):按点单日期(起止日均含)与制单中心(未制单的按受理组织,末行合计):需求数、不受理数、订单数、接单数、被退回订单数、办结数、平均满意度,点单到制单、制单到派单、派单到接单、接单到反馈的中位小时数(按需求计)、报表时间';
GRANT EXECUTE ON FUNCTION report.orders(date, date) TO registry_analyst;
