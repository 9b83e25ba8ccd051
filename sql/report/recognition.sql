-- Commendations and benefits of a period.

CREATE FUNCTION report.commendations(since date, until date)
    RETURNS TABLE (
        since date, until date, volunteer_no volunteer.volunteer_no, name text, organization text, source text, title text,
        granting_body text, granted_on date, document_no text, proven boolean, recorded_at timestamptz,
        reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT commendations.since, commendations.until, v.volunteer_no, p.masked_name, o.name, c.source, c.title,
        c.granting_body, c.granted_on, c.document_no, c.proof_sha256 IS NOT NULL, c.recorded_at, now()
    FROM registry.commendation c
    JOIN registry.volunteer v ON v.volunteer_id = c.volunteer_id
    JOIN registry.person p ON p.person_id = v.person_id
    JOIN registry.reported_organization o ON o.organization_id = c.organization_id
    WHERE c.status = 'recorded' AND c.granted_on BETWEEN commendations.since AND commendations.until
    ORDER BY c.granted_on, c.commendation_id;
END;
COMMENT ON FUNCTION report.commendations(date, date) IS
    '表彰奖励情况(《志愿服务记录与证明出具办法(试行)》第九条):按授予日期(起止日均含),只列已核实的:编号、姓名(脱敏)、记录组织、来源(own 自行授予,authority 县级以上政府或部门,other 其他组织)、名称、授予单位、授予日期、文号、有无证明材料、录入时间、报表时间';

CREATE FUNCTION report.benefits(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, benefit text, minimum_star smallint, valid daterange, uses bigint,
        volunteers bigint, voided bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT benefits.since, benefits.until, coalesce(o.name, '合计'), b.title, b.minimum_star, b.valid,
        count(u.use_id) FILTER (WHERE u.status = 'used'), count(DISTINCT u.volunteer_id) FILTER (WHERE u.status = 'used'),
        count(u.use_id) FILTER (WHERE u.status = 'voided'), now()
    FROM registry.benefit b
    JOIN registry.reported_organization o ON o.organization_id = b.organization_id
    LEFT JOIN registry.benefit_use u
        ON u.benefit_id = b.benefit_id AND u.used_on BETWEEN benefits.since AND benefits.until
    WHERE b.valid && daterange(benefits.since, benefits.until, '[]') OR u.use_id IS NOT NULL
    GROUP BY GROUPING SETS ((o.organization_id, o.name, b.benefit_id, b.title, b.minimum_star, b.valid), ())
    ORDER BY grouping(b.benefit_id), o.name, b.title, b.benefit_id;
END;
COMMENT ON FUNCTION report.benefits(date, date) IS
    '礼遇回馈使用情况(志愿服务条例第三十三条):按使用日期(起止日均含):提供组织、礼遇、所需星级、有效期、使用人次、使用人数、作废次数、报表时间;末行合计,合计的人数不重复计';

GRANT EXECUTE ON FUNCTION report.commendations(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.benefits(date, date) TO registry_analyst;
