-- Training and insurance: who taught and covered whom, and where training was passed over.

CREATE FUNCTION report.training(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, course text, kind text, sessions bigint, volunteers bigint, passed bigint,
        hours numeric, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT training.since, training.until, coalesce(o.name, '合计'), c.title, k.name_zh, count(DISTINCT s.session_id),
        count(DISTINCT t.volunteer_id), count(DISTINCT t.volunteer_id) FILTER (WHERE t.passed),
        coalesce(round(sum(t.minutes) / 60.0, 2), 0), now()
    FROM registry.training_session s
    JOIN registry.course c ON c.course_id = s.course_id
    JOIN registry.code_item k ON k.set = 'training_kind' AND k.code = c.kind
    JOIN registry.reported_organization o ON o.organization_id = s.organization_id
    LEFT JOIN registry.training_result t ON t.session_id = s.session_id AND t.voided_at IS NULL
    WHERE (lower(s.period) AT TIME ZONE 'Asia/Shanghai')::date BETWEEN training.since AND training.until
    GROUP BY GROUPING SETS ((o.organization_id, o.name, c.course_id, c.title, k.name_zh), ())
    ORDER BY o.organization_id IS NULL, o.name, c.title, c.course_id;
END;
COMMENT ON FUNCTION report.training(date, date) IS
    '培训统计(《志愿服务记录与证明出具办法(试行)》第八条):按开班日期(起止日均含)、主办组织、课程(末行合计):培训类型、班次数、参训人数、合格人数、参训小时(不是服务时间)、报表时间;合计的人数不重复计';

CREATE FUNCTION report.insurance(day date)
    RETURNS TABLE (
        day date, organization text, policies bigint, insured bigint, sum_insured numeric, claims bigint, paid numeric,
        reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT insurance.day, coalesce(o.name, '合计'), count(*), coalesce(sum(c.insured), 0)::bigint,
        coalesce(sum(c.insured * p.sum_insured), 0), coalesce(sum(l.claims), 0)::bigint, coalesce(sum(l.paid), 0), now()
    FROM registry.insurance_policy p
    JOIN registry.reported_organization o ON o.organization_id = p.organization_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS insured FROM registry.insurance_coverage v
        WHERE v.policy_id = p.policy_id AND v.valid @> insurance.day
            AND (v.recorded_at AT TIME ZONE 'Asia/Shanghai')::date <= insurance.day) AS c
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE e.to_status = 'reported') AS claims,
            coalesce(sum(m.amount) FILTER (WHERE e.to_status = 'paid'), 0) AS paid
        FROM registry.insurance_claim m
        JOIN registry.insurance_claim_event e ON e.claim_id = m.claim_id
        WHERE m.policy_id = p.policy_id AND (e.at AT TIME ZONE 'Asia/Shanghai')::date <= insurance.day) AS l
    WHERE p.period @> insurance.day
    GROUP BY GROUPING SETS ((o.organization_id, o.name), ())
    ORDER BY o.organization_id IS NULL, o.name, o.organization_id;
END;
COMMENT ON FUNCTION report.insurance(date) IS
    '保险统计(志愿服务条例第十七条):某日有效的保单,按投保组织(末行合计):保单数、被保险人次(该日之后才录入的不计)、保险金额合计(元)、截至该日的报案件数与赔付金额(元)、报表时间';

CREATE VIEW report.override WITH (security_barrier = true, security_invoker = true) AS
SELECT
    o.name AS organization,
    a.title AS activity,
    s.post,
    s.period,
    v.volunteer_no,
    p.masked_name AS name,
    u.unmet,
    u.override_reason AS reason,
    e.actor,
    e.at,
    now() AS reported_at
FROM registry.signup u
JOIN registry.shift s ON s.shift_id = u.shift_id
JOIN registry.activity a ON a.activity_id = s.activity_id
JOIN registry.organization o ON o.organization_id = a.organization_id
JOIN registry.volunteer v ON v.volunteer_id = u.volunteer_id
JOIN registry.person p ON p.person_id = v.person_id
JOIN LATERAL (
    SELECT n.actor, n.at
    FROM registry.signup_event n
    WHERE (n.volunteer_id, n.shift_id) = (u.volunteer_id, u.shift_id) AND n.to_status = 'confirmed'
    ORDER BY n.event_id DESC
    LIMIT 1
) AS e ON true
WHERE u.status = 'confirmed' AND u.unmet <> '{}';
COMMENT ON VIEW report.override IS '例外上岗清单(志愿服务条例第十六条):未经必修培训而凭理由确认的报名,姓名脱敏';
COMMENT ON COLUMN report.override.organization IS '活动组织';
COMMENT ON COLUMN report.override.activity IS '活动';
COMMENT ON COLUMN report.override.post IS '岗位';
COMMENT ON COLUMN report.override.period IS '班次时间';
COMMENT ON COLUMN report.override.volunteer_no IS '志愿者编号';
COMMENT ON COLUMN report.override.name IS '姓名(脱敏)';
COMMENT ON COLUMN report.override.unmet IS '未满足的上岗条件';
COMMENT ON COLUMN report.override.reason IS '理由';
COMMENT ON COLUMN report.override.actor IS '确认人(数据库角色)';
COMMENT ON COLUMN report.override.at IS '确认时间';
COMMENT ON COLUMN report.override.reported_at IS '报表时间';

GRANT EXECUTE ON FUNCTION report.training(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.insurance(date) TO registry_analyst;
GRANT SELECT ON report.override TO registry_analyst;
