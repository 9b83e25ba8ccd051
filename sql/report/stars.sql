-- Who holds which star, who has earned the next, and what was applied for.

CREATE VIEW report.star_list WITH (security_barrier = true, security_invoker = true) AS
SELECT
    v.volunteer_no,
    p.masked_name AS name,
    o.name AS organization,
    v.region,
    a.star,
    a.basis_hours,
    a.as_of,
    a.awarded_at,
    a.number,
    EXISTS (
        SELECT
        FROM registry.person m
        JOIN registry.volunteer n ON n.person_id = m.person_id
        JOIN registry.star_award u ON u.volunteer_id = n.volunteer_id AND u.status = 'reopened'
        WHERE m.person_id = v.person_id OR m.merged_into = v.person_id) AS under_review,
    now() AS reported_at
FROM (
    SELECT DISTINCT ON (q.person_id) q.person_id, a.level AS star, a.basis_hours, a.as_of, a.awarded_at, a.number
    FROM registry.star_award a
    JOIN registry.volunteer n ON n.volunteer_id = a.volunteer_id
    JOIN registry.person m ON m.person_id = n.person_id
    CROSS JOIN LATERAL (SELECT coalesce(m.merged_into, m.person_id) AS person_id) AS q
    WHERE a.status = 'awarded'
    ORDER BY q.person_id, a.level DESC
) AS a
JOIN registry.volunteer v ON v.person_id = a.person_id
JOIN registry.person p ON p.person_id = v.person_id
JOIN registry.organization o ON o.organization_id = v.organization_id;
COMMENT ON VIEW report.star_list IS '星级志愿者名单(文明委〔2014〕3号星级认定制度):每人现有最高星级,姓名脱敏';
COMMENT ON COLUMN report.star_list.volunteer_no IS '志愿者编号';
COMMENT ON COLUMN report.star_list.name IS '姓名(脱敏)';
COMMENT ON COLUMN report.star_list.organization IS '登记组织';
COMMENT ON COLUMN report.star_list.region IS '居住区划代码';
COMMENT ON COLUMN report.star_list.star IS '星级';
COMMENT ON COLUMN report.star_list.basis_hours IS '申请时的累计时长';
COMMENT ON COLUMN report.star_list.as_of IS '时长截止日';
COMMENT ON COLUMN report.star_list.awarded_at IS '认定时间';
COMMENT ON COLUMN report.star_list.number IS '星级证书编号';
COMMENT ON COLUMN report.star_list.under_review IS '是否有更高星级因时长作废待复核';
COMMENT ON COLUMN report.star_list.reported_at IS '报表时间';

CREATE VIEW report.star_eligible WITH (security_barrier = true, security_invoker = true) AS
SELECT
    v.volunteer_no,
    p.masked_name AS name,
    o.name AS organization,
    v.region,
    d.hours,
    d.next_star,
    d.highest_star,
    d.awarding_level,
    now() AS reported_at
FROM (
    SELECT volunteer_id, hours, min(level) AS next_star, max(level) AS highest_star, max(awarding_level) AS awarding_level
    FROM registry.star_due
    GROUP BY volunteer_id, hours
) AS d
JOIN registry.volunteer v ON v.volunteer_id = d.volunteer_id
JOIN registry.person p ON p.person_id = v.person_id
JOIN registry.organization o ON o.organization_id = v.organization_id;
COMMENT ON VIEW report.star_eligible IS '星级认定待办名单(文明委〔2014〕3号星级认定制度):时长与注册月数已达标而未申请者,姓名脱敏';
COMMENT ON COLUMN report.star_eligible.volunteer_no IS '志愿者编号';
COMMENT ON COLUMN report.star_eligible.name IS '姓名(脱敏)';
COMMENT ON COLUMN report.star_eligible.organization IS '登记组织';
COMMENT ON COLUMN report.star_eligible.region IS '居住区划代码';
COMMENT ON COLUMN report.star_eligible.hours IS '累计服务时长';
COMMENT ON COLUMN report.star_eligible.next_star IS '可申请的下一星级';
COMMENT ON COLUMN report.star_eligible.highest_star IS '可依次申请的最高星级';
COMMENT ON COLUMN report.star_eligible.awarding_level IS '下一星级由哪一级以上认定:1 省级,2 地级,3 县级,4 乡级,5 村级';
COMMENT ON COLUMN report.star_eligible.reported_at IS '报表时间';

CREATE VIEW report.star_applications WITH (security_barrier = true, security_invoker = true) AS
SELECT
    v.volunteer_no,
    p.masked_name AS name,
    o.name AS organization,
    v.region,
    a.level AS star,
    a.basis_hours,
    a.as_of,
    a.status,
    lower(a.publicity) AS public_from,
    upper(a.publicity) - 1 AS public_to,
    coalesce(h.hours >= a.threshold, false) AND v.status = 'active' AS hours_reach,
    s.awarding_levels[a.level] AS awarding_level,
    now() AS reported_at
FROM registry.star_award a
JOIN registry.star_standard s ON s.standard_id = a.standard_id
JOIN registry.volunteer v ON v.volunteer_id = a.volunteer_id
LEFT JOIN registry.star_hours h ON h.volunteer_id = a.volunteer_id
JOIN registry.person p ON p.person_id = v.person_id
JOIN registry.organization o ON o.organization_id = v.organization_id
WHERE a.status IN ('applied', 'in_publicity', 'disputed');
COMMENT ON VIEW report.star_applications IS '星级认定申请与公示清单(文明委〔2014〕3号星级认定制度):已申请而未认定的,姓名脱敏;对公示中的可提出异议(dispute_star)';
COMMENT ON COLUMN report.star_applications.volunteer_no IS '志愿者编号';
COMMENT ON COLUMN report.star_applications.name IS '姓名(脱敏)';
COMMENT ON COLUMN report.star_applications.organization IS '登记组织';
COMMENT ON COLUMN report.star_applications.region IS '居住区划代码';
COMMENT ON COLUMN report.star_applications.star IS '申请的星级';
COMMENT ON COLUMN report.star_applications.basis_hours IS '申请时的累计时长';
COMMENT ON COLUMN report.star_applications.as_of IS '申请日,即时长截止日';
COMMENT ON COLUMN report.star_applications.status IS '状态:applied 已申请,in_publicity 公示中,disputed 有异议';
COMMENT ON COLUMN report.star_applications.public_from IS '公示首日';
COMMENT ON COLUMN report.star_applications.public_to IS '公示末日';
COMMENT ON COLUMN report.star_applications.hours_reach IS '现在是否仍在册且时长达到;否则不予认定';
COMMENT ON COLUMN report.star_applications.awarding_level IS '由哪一级以上认定:1 省级,2 地级,3 县级,4 乡级,5 村级';
COMMENT ON COLUMN report.star_applications.reported_at IS '报表时间';

GRANT SELECT ON report.star_list, report.star_eligible, report.star_applications TO registry_analyst;
