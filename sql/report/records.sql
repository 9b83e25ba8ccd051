-- What is public now, what was disputed, how service was evaluated.

-- OFFSET 0: from the batches that are public to their records, not through all records of all years.
CREATE VIEW report.publicity WITH (security_barrier = true, security_invoker = true) AS
SELECT
    b.batch_id,
    o.name AS organization,
    o.region,
    lower(b.publicity) AS public_from,
    upper(b.publicity) - 1 AS public_to,
    p.masked_name AS name,
    r.service_date,
    r.hours,
    n.name_zh AS nature,
    j.name AS project,
    a.title AS activity,
    b.back_fill,
    r.status,
    now() AS reported_at
FROM registry.record_batch b
JOIN registry.organization o ON o.organization_id = b.organization_id
CROSS JOIN LATERAL (
    SELECT s.volunteer_id, s.service_date, s.hours, s.nature, s.project_id, s.activity_id, s.status
    FROM registry.service_record s
    WHERE s.batch_id = b.batch_id AND s.status IN ('in_publicity', 'disputed')
    OFFSET 0) AS r
JOIN registry.volunteer v ON v.volunteer_id = r.volunteer_id
JOIN registry.person p ON p.person_id = v.person_id
JOIN registry.project j ON j.project_id = r.project_id
LEFT JOIN registry.activity a ON a.activity_id = r.activity_id
LEFT JOIN registry.code_item n ON n.set = 'hours_nature' AND n.code = r.nature::text
WHERE b.status = 'in_publicity';
COMMENT ON VIEW report.publicity IS '公示清单(民发〔2015〕149号):公示中的批次及其记录,姓名脱敏;对其中记录可提出异议(raise_dispute)';
COMMENT ON COLUMN report.publicity.batch_id IS '批次编号';
COMMENT ON COLUMN report.publicity.organization IS '提交组织';
COMMENT ON COLUMN report.publicity.region IS '组织所在区划代码';
COMMENT ON COLUMN report.publicity.public_from IS '公示首日';
COMMENT ON COLUMN report.publicity.public_to IS '公示末日';
COMMENT ON COLUMN report.publicity.name IS '姓名(脱敏)';
COMMENT ON COLUMN report.publicity.service_date IS '服务日期';
COMMENT ON COLUMN report.publicity.hours IS '服务时长';
COMMENT ON COLUMN report.publicity.nature IS '时长性质';
COMMENT ON COLUMN report.publicity.project IS '项目';
COMMENT ON COLUMN report.publicity.activity IS '活动';
COMMENT ON COLUMN report.publicity.back_fill IS '是否补录';
COMMENT ON COLUMN report.publicity.status IS '状态:in_publicity 公示中,disputed 有异议';
COMMENT ON COLUMN report.publicity.reported_at IS '报表时间';

CREATE FUNCTION report.disputes(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, raised bigint, open bigint, upheld bigint, rejected bigint,
        hours volunteer.service_hours, days_to_decide numeric, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT disputes.since, disputes.until, coalesce(o.name, '合计'), count(*), count(*) FILTER (WHERE d.status = 'open'),
        count(*) FILTER (WHERE d.status = 'upheld'), count(*) FILTER (WHERE d.status = 'rejected'),
        coalesce(sum(r.hours) FILTER (WHERE d.first), '0:00'),
        round(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY d.decided_at - d.raised_at)) / 86400, 1), now()
    FROM (
        SELECT d.*, e.at AS raised_at, c.at AS decided_at,
            row_number() OVER (PARTITION BY d.volunteer_id, d.service_date, d.record_id ORDER BY d.dispute_id) = 1 AS first
        FROM registry.dispute d
        JOIN registry.dispute_event e ON (e.volunteer_id, e.dispute_id, e.to_status) = (d.volunteer_id, d.dispute_id, 'open')
        LEFT JOIN registry.dispute_event c
            ON (c.volunteer_id, c.dispute_id) = (d.volunteer_id, d.dispute_id) AND c.to_status IN ('upheld', 'rejected')
        WHERE (e.at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN disputes.since AND disputes.until
    ) AS d
    JOIN registry.service_record r
        ON (r.volunteer_id, r.service_date, r.record_id) = (d.volunteer_id, d.service_date, d.record_id)
    JOIN registry.reported_organization o ON o.organization_id = r.organization_id
    GROUP BY GROUPING SETS ((o.organization_id, o.name), ())
    ORDER BY o.organization_id IS NULL, o.name, o.organization_id;
END;
COMMENT ON FUNCTION report.disputes(date, date) IS
    '异议统计(《志愿服务记录与证明出具办法(试行)》第二十条):按提出日期(起止日均含)与记录组织(末行合计):提出数、待裁定数、成立数、不成立数、所涉时长(一条记录只计一次)、裁定用时的中位天数、报表时间';

CREATE FUNCTION report.evaluation(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, by_organization bigint, by_beneficiary bigint, punctuality numeric,
        attitude numeric, skill numeric, volunteers bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT evaluation.since, evaluation.until, coalesce(o.name, '合计'), count(*) FILTER (WHERE e.beneficiary_id IS NULL),
        count(e.beneficiary_id),
        round(avg(e.punctuality), 2), round(avg(e.attitude), 2), round(avg(e.skill), 2), count(DISTINCT e.volunteer_id), now()
    FROM registry.evaluation e
    JOIN registry.service_record r
        ON (r.volunteer_id, r.service_date, r.record_id) = (e.volunteer_id, e.service_date, e.record_id)
    JOIN registry.reported_organization o ON o.organization_id = r.organization_id
    WHERE e.service_date BETWEEN evaluation.since AND evaluation.until AND r.live
    GROUP BY GROUPING SETS ((o.organization_id, o.name), ())
    ORDER BY o.organization_id IS NULL, o.name, o.organization_id;
END;
COMMENT ON FUNCTION report.evaluation(date, date) IS
    '服务质量评价统计(《志愿服务记录与证明出具办法(试行)》第十条):按服务日期(起止日均含)与记录组织(末行合计):组织评价数、服务对象评价数、守时程度、服务态度、专业水平的平均分、被评价人数、报表时间';

CREATE FUNCTION report.late_evaluations(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, volunteer_no volunteer.volunteer_no, name text, record_id bigint, ended_on date,
        evaluated_on date, entered_by text, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH evaluated AS MATERIALIZED (
        SELECT e.volunteer_id, e.evaluation_id, e.record_id, e.evaluated_by::text AS entered_by, o.name AS organization, o.region,
            coalesce((upper(a.period) AT TIME ZONE 'Asia/Shanghai' - interval '1 microsecond')::date, e.service_date) AS ended_on,
            (e.evaluated_at AT TIME ZONE 'Asia/Shanghai')::date AS evaluated_on
        FROM registry.evaluation e
        JOIN registry.service_record r
            ON (r.volunteer_id, r.service_date, r.record_id) = (e.volunteer_id, e.service_date, e.record_id)
        JOIN registry.reported_organization o ON o.organization_id = r.organization_id
        LEFT JOIN registry.activity a ON a.activity_id = r.activity_id
        WHERE e.evaluated_at >= late_evaluations.since::timestamp AT TIME ZONE 'Asia/Shanghai'
            AND e.evaluated_at < (late_evaluations.until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
    ), deadline AS MATERIALIZED (
        SELECT d.region, d.evaluated_on, registry.timely_from(d.region, d.evaluated_on) AS timely_from
        FROM (SELECT DISTINCT e.region, e.evaluated_on FROM evaluated e) AS d
    )
    SELECT late_evaluations.since, late_evaluations.until, e.organization, v.volunteer_no, p.masked_name, e.record_id,
        e.ended_on, e.evaluated_on, e.entered_by, now()
    FROM evaluated e
    JOIN deadline d ON (d.region, d.evaluated_on) = (e.region, e.evaluated_on) AND e.ended_on < d.timely_from
    JOIN registry.volunteer v ON v.volunteer_id = e.volunteer_id
    JOIN registry.person p ON p.person_id = v.person_id
    ORDER BY e.organization, e.evaluated_on, v.volunteer_no, e.evaluation_id;
END;
COMMENT ON FUNCTION report.late_evaluations(date, date) IS
    '逾期评价清单(《志愿服务记录与证明出具办法(试行)》第十一条:评价情况应当在活动结束后十个工作日内记录):按评价日期(起止日均含),每个逾期的评价一行:记录组织、志愿者编号、姓名(脱敏)、记录编号、活动结束日、评价日期、录入人、报表时间;逾期的仍收,不作为不收的理由';

GRANT SELECT ON report.publicity TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.disputes(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.evaluation(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.late_evaluations(date, date) TO registry_analyst;
