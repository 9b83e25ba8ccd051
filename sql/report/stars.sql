-- Who holds which star, and who has earned the next.

CREATE VIEW report.star_list AS
SELECT
    v.volunteer_no,
    registry.masked_name(p.name) AS name,
    o.name AS organization,
    v.region,
    a.star,
    a.basis_hours,
    a.as_of,
    a.awarded_at,
    EXISTS (
        SELECT FROM registry.star_award u WHERE u.volunteer_id = v.volunteer_id AND u.status = 'reopened') AS under_review,
    now() AS reported_at
FROM (
    SELECT DISTINCT ON (volunteer_id) volunteer_id, level AS star, basis_hours, as_of, awarded_at
    FROM registry.star_award
    WHERE status = 'awarded'
    ORDER BY volunteer_id, level DESC
) AS a
JOIN registry.volunteer v ON v.volunteer_id = a.volunteer_id
JOIN registry.person p ON p.person_id = v.person_id
JOIN registry.organization o ON o.organization_id = v.organization_id;
COMMENT ON VIEW report.star_list IS '星级志愿者名单(文明委〔2014〕3号星级认定制度):每人现有最高星级,姓名脱敏';
COMMENT ON COLUMN report.star_list.volunteer_no IS '志愿者编号';
COMMENT ON COLUMN report.star_list.name IS '姓名(脱敏)';
COMMENT ON COLUMN report.star_list.organization IS '登记组织';
COMMENT ON COLUMN report.star_list.region IS '居住区划代码';
COMMENT ON COLUMN report.star_list.star IS '星级';
COMMENT ON COLUMN report.star_list.basis_hours IS '认定时的累计时长';
COMMENT ON COLUMN report.star_list.as_of IS '时长截止日';
COMMENT ON COLUMN report.star_list.awarded_at IS '认定时间';
COMMENT ON COLUMN report.star_list.under_review IS '是否有更高星级因时长作废待复核';
COMMENT ON COLUMN report.star_list.reported_at IS '报表时间';

CREATE VIEW report.star_eligible AS
SELECT
    v.volunteer_no,
    registry.masked_name(p.name) AS name,
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
COMMENT ON VIEW report.star_eligible IS '星级认定待办名单:时长与注册月数已达标而未认定者,姓名脱敏';
COMMENT ON COLUMN report.star_eligible.volunteer_no IS '志愿者编号';
COMMENT ON COLUMN report.star_eligible.name IS '姓名(脱敏)';
COMMENT ON COLUMN report.star_eligible.organization IS '登记组织';
COMMENT ON COLUMN report.star_eligible.region IS '居住区划代码';
COMMENT ON COLUMN report.star_eligible.hours IS '累计服务时长';
COMMENT ON COLUMN report.star_eligible.next_star IS '应评的下一星级';
COMMENT ON COLUMN report.star_eligible.highest_star IS '可逐级评到的最高星级';
COMMENT ON COLUMN report.star_eligible.awarding_level IS '下一星级由哪一级以上认定:1 省级,2 地级,3 县级,4 乡级,5 村级';
COMMENT ON COLUMN report.star_eligible.reported_at IS '报表时间';

GRANT SELECT ON report.star_list, report.star_eligible TO registry_analyst;
