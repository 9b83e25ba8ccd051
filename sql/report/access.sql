-- Who read whose personal data, and why.

CREATE FUNCTION report.data_access(since date, until date)
    RETURNS TABLE (
        since date, until date, accessed_at timestamptz, actor name, volunteer_no volunteer.volunteer_no, name text, minor boolean,
        data text, purpose text, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT data_access.since, data_access.until, l.at, l.actor, v.volunteer_no, p.masked_name,
        registry.age_on(p.birth_date, d.day) < 18, coalesce(k.name_zh, l.data), coalesce(w.name_zh, l.purpose), now()
    FROM (
        SELECT g.at, g.actor, g.person_id, g.data, g.purpose FROM registry.audit_log g
        UNION ALL
        -- Whoever takes an application up may read it.
        SELECT e.at, e.actor, r.person_id, 'application', 'identity_check'
        FROM registry.application_event e
        JOIN registry.application a ON a.application_id = e.application_id
        LEFT JOIN registry.volunteer r ON r.volunteer_id = a.volunteer_id
        WHERE e.to_status = 'in_review'
    ) AS l
    CROSS JOIN LATERAL (SELECT (l.at AT TIME ZONE 'Asia/Shanghai')::date AS day) AS d
    LEFT JOIN registry.person p ON p.person_id = l.person_id
    LEFT JOIN registry.volunteer v ON v.person_id = p.person_id
    LEFT JOIN registry.code_item k ON k.set = 'personal_data' AND k.code = l.data
    LEFT JOIN registry.code_item w ON w.set = 'access_purpose' AND w.code = l.purpose
    WHERE d.day BETWEEN data_access.since AND data_access.until
        AND (v.organization_id IN (SELECT o.organization_id FROM registry.reported_organization o)
            OR (SELECT registry.reports_everything()))
    ORDER BY l.at, l.actor, v.volunteer_no, l.data;
END;
COMMENT ON FUNCTION report.data_access(date, date) IS
    '个人信息查阅台账(个人信息保护法第五十一条、未成年人网络保护条例第三十六条):查阅时间、查阅人、志愿者编号、姓名(脱敏)、查阅时是否未成年、个人信息种类、目的、报表时间,起止日均含;受理的注册申请、查阅的名册拒绝行也列入,未登记的人没有编号和姓名,也没有登记组织,只列给任职于全部组织所在地的统计员';

GRANT EXECUTE ON FUNCTION report.data_access(date, date) TO registry_analyst;
