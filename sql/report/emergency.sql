-- Emergencies and drills: who was called out, who came, and how long it took.

CREATE FUNCTION report.emergency(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, incident text, region volunteer.region_code, kind text, level text,
        drill boolean, opened_at timestamptz, status text, alerted bigint, responded bigint, declined bigint, cleared bigint,
        deployed bigint, demobilised bigint, debriefed bigint, overdue bigint, minutes_to_respond numeric,
        minutes_to_deploy numeric, hours_deployed numeric, hours_recorded volunteer.service_hours, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH step AS (
        SELECT s.activity_id, c.status, c.deployment, s.period,
            min(e.at) FILTER (WHERE e.to_status = 'alerted') AS alerted_at,
            min(e.at) FILTER (WHERE e.to_status = 'responded') AS responded_at,
            min(e.at) FILTER (WHERE e.to_status = 'cleared') AS cleared_at
        FROM registry.callout c
        JOIN registry.shift s ON s.shift_id = c.shift_id
        JOIN registry.callout_event e ON (e.volunteer_id, e.shift_id) = (c.volunteer_id, c.shift_id)
        GROUP BY c.volunteer_id, c.shift_id, s.shift_id
    ), called AS (
        SELECT t.activity_id, count(*) AS alerted, count(t.responded_at) AS responded,
            count(*) FILTER (WHERE t.status = 'declined') AS declined, count(t.cleared_at) AS cleared,
            count(t.deployment) AS deployed, count(*) FILTER (WHERE t.status IN ('demobilised', 'debriefed')) AS demobilised,
            count(*) FILTER (WHERE t.status = 'debriefed') AS debriefed,
            count(*) FILTER (WHERE t.status = 'deployed' AND upper(t.period) < now()) AS overdue,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY t.responded_at - t.alerted_at) AS to_respond,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY lower(t.deployment) - t.alerted_at) AS to_deploy,
            sum(coalesce(upper(t.deployment), now()) - lower(t.deployment)) AS presence
        FROM step t
        GROUP BY t.activity_id
    )
    SELECT emergency.since, emergency.until, o.name, a.title, j.region, k.name_zh, l.name_zh, a.drill, i.opened_at, i.status,
        coalesce(c.alerted, 0), coalesce(c.responded, 0), coalesce(c.declined, 0), coalesce(c.cleared, 0),
        coalesce(c.deployed, 0), coalesce(c.demobilised, 0), coalesce(c.debriefed, 0), coalesce(c.overdue, 0),
        round(extract(epoch FROM c.to_respond) / 60, 1), round(extract(epoch FROM c.to_deploy) / 60, 1),
        coalesce(round(extract(epoch FROM c.presence) / 3600, 2), 0), coalesce(r.hours, '0:00'), now()
    FROM registry.incident i
    JOIN registry.activity a ON a.activity_id = i.activity_id
    JOIN registry.project j ON j.project_id = a.project_id
    JOIN registry.reported_organization o ON o.organization_id = a.organization_id
    JOIN registry.code_item k ON k.set = 'incident_kind' AND k.code = i.kind
    JOIN registry.code_item l ON l.set = 'incident_level' AND l.code = i.level
    LEFT JOIN called c ON c.activity_id = i.activity_id
    LEFT JOIN LATERAL (
        SELECT sum(s.hours) AS hours
        FROM registry.shift h
        JOIN registry.signup u ON u.shift_id = h.shift_id AND u.status = 'confirmed'
        JOIN registry.service_record s ON s.volunteer_id = u.volunteer_id
            AND s.service_date BETWEEN (lower(h.period) AT TIME ZONE 'Asia/Shanghai')::date
            AND (upper(h.period) AT TIME ZONE 'Asia/Shanghai')::date
        WHERE h.activity_id = i.activity_id AND s.activity_id = i.activity_id AND s.period <@ h.period AND s.effective
    ) AS r ON true
    WHERE (i.opened_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN emergency.since AND emergency.until
    ORDER BY i.opened_at, i.activity_id;
END;
COMMENT ON FUNCTION report.emergency(date, date) IS
    '应急志愿服务统计(突发事件应对法第二条、第三条):按启动日期(起止日均含)每个事件一行:组织、事件、区划、类别与级别、是否演练、启动时间、状态,通知、响应、不参加、核定、派出、撤离、复盘人数,班次已过仍未撤离人数,通知到响应、通知到派出的中位分钟数,在岗小时(人时,非服务时间),已生效服务时长(演练不计)、报表时间';

GRANT EXECUTE ON FUNCTION report.emergency(date, date) TO registry_analyst;
