-- Transfers between registries, and what imports refused.

CREATE FUNCTION report.transfer(since date, until date)
    RETURNS TABLE (
        since date, until date, direction text, peer text, volunteer_no volunteer.volunteer_no, name text, organization text,
        status text, records integer, hours volunteer.service_hours, star smallint, certificates integer,
        requested_at timestamptz, changed_at timestamptz, package_id uuid, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT transfer.since, transfer.until, t.direction, t.peer, v.volunteer_no, p.masked_name, o.name, t.status,
        t.records, t.hours, t.star, t.certificates, t.requested_at, e.at, t.package_id, now()
    FROM registry.transfer t
    JOIN registry.volunteer v ON v.volunteer_id = t.volunteer_id
    JOIN registry.person p ON p.person_id = v.person_id
    JOIN registry.reported_organization o ON o.organization_id = t.organization_id
    CROSS JOIN LATERAL (
        SELECT e.at FROM registry.transfer_event e WHERE e.transfer_id = t.transfer_id ORDER BY e.event_id DESC LIMIT 1) AS e
    WHERE (t.requested_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN transfer.since AND transfer.until
    ORDER BY t.requested_at, t.transfer_id;
END;
COMMENT ON FUNCTION report.transfer(date, date) IS
    '记录转移台账(《志愿服务记录与证明出具办法(试行)》;个人信息保护法第四十五条第三款):按申请或收到的日期(起止日均含):方向(out 转出,in 转入)、对方登记库、志愿者编号、姓名(脱敏)、办理组织、状态、记录条数、服务时长、最高星级、证明份数、申请时间、现状态起始时间、转移文件编号、报表时间;尚未转出的没有条数、时长';

CREATE FUNCTION report.transfer_total(since date, until date)
    RETURNS TABLE (
        since date, until date, direction text, peer text, status text, transfers bigint, records bigint,
        hours volunteer.service_hours, oldest_open date, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT transfer_total.since, transfer_total.until, t.direction, coalesce(t.peer, '合计'), t.status, count(*),
        coalesce(sum(t.records), 0)::bigint, coalesce(volunteer.sum(t.hours), '0:00'),
        min((t.requested_at AT TIME ZONE 'Asia/Shanghai')::date)
            FILTER (WHERE t.status IN ('requested', 'consented', 'exported', 'received', 'acknowledged')), now()
    FROM registry.transfer t
    JOIN registry.reported_organization o ON o.organization_id = t.organization_id
    WHERE (t.requested_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN transfer_total.since AND transfer_total.until
    GROUP BY GROUPING SETS ((t.direction, t.peer, t.status), (t.direction))
    ORDER BY t.direction, grouping(t.peer), t.peer, t.status;
END;
COMMENT ON FUNCTION report.transfer_total(date, date) IS
    '记录转移统计(《志愿服务记录与证明出具办法(试行)》;个人信息保护法第四十五条第三款):按申请或收到的日期(起止日均含)、方向、对方登记库、状态:件数、记录条数、服务时长、未办结者最早的日期、报表时间;每个方向末行合计';

CREATE FUNCTION report.import_refusal(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, rule text, message text, lines bigint, resent bigint, open bigint,
        reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT import_refusal.since, import_refusal.until, coalesce(o.name, '合计'), r.rule, u.sentence, count(r.line_no),
        count(r.resent_in), count(r.line_no) - count(r.resent_in), now()
    FROM registry.import i
    JOIN registry.reported_organization o ON o.organization_id = i.organization_id
    JOIN registry.import_row r ON r.import_id = i.import_id
    JOIN registry.recording_rule u ON u.rule = r.rule
    WHERE (i.finished_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN import_refusal.since AND import_refusal.until
    GROUP BY GROUPING SETS ((o.organization_id, o.name, r.rule, u.sentence), ())
    ORDER BY grouping(o.name), o.name, o.organization_id, count(r.line_no) DESC, r.rule;
END;
COMMENT ON FUNCTION report.import_refusal(date, date) IS
    '名册导入拒绝的行(《志愿服务记录与证明出具办法(试行)》第四条):按导入完成的日期(起止日均含)、导入组织、规则(末行合计):说明、行数、其中已更正重新提交的、尚未更正的、报表时间;不含原始行';

GRANT EXECUTE ON FUNCTION report.transfer(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.transfer_total(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.import_refusal(date, date) TO registry_analyst;
