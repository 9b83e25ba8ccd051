-- Registered volunteers.

CREATE VIEW report.registered_volunteers AS
SELECT
    v.volunteer_no,
    registry.masked_name(p.name) AS name,
    s.name_zh AS sex,
    registry.age_on(p.birth_date, registry.today()) AS age,
    v.registered_on,
    o.name AS organization,
    v.region,
    r.name AS region_name,
    v.status,
    coalesce(h.hours, '0:00') AS hours,
    coalesce(h.records, 0) AS records,
    coalesce(a.star, 0) AS star,
    now() AS reported_at
FROM registry.volunteer v
JOIN registry.person p ON p.person_id = v.person_id
JOIN registry.organization o ON o.organization_id = v.organization_id
JOIN registry.region r ON r.code = v.region
LEFT JOIN registry.code_item s ON s.set = 'sex' AND s.code = p.sex::text
LEFT JOIN registry.volunteer_hours h ON h.volunteer_id = v.volunteer_id
LEFT JOIN (
    SELECT volunteer_id, max(level) AS star FROM registry.star_award WHERE status = 'awarded' GROUP BY volunteer_id
) AS a ON a.volunteer_id = v.volunteer_id;
COMMENT ON VIEW report.registered_volunteers IS '注册志愿者名册(志愿服务条例第七条):姓名脱敏,不含证件号码和联系方式';
COMMENT ON COLUMN report.registered_volunteers.volunteer_no IS '志愿者编号';
COMMENT ON COLUMN report.registered_volunteers.name IS '姓名(脱敏)';
COMMENT ON COLUMN report.registered_volunteers.sex IS '性别';
COMMENT ON COLUMN report.registered_volunteers.age IS '周岁';
COMMENT ON COLUMN report.registered_volunteers.registered_on IS '注册日期';
COMMENT ON COLUMN report.registered_volunteers.organization IS '登记组织';
COMMENT ON COLUMN report.registered_volunteers.region IS '居住区划代码';
COMMENT ON COLUMN report.registered_volunteers.region_name IS '居住区划';
COMMENT ON COLUMN report.registered_volunteers.status IS '状态';
COMMENT ON COLUMN report.registered_volunteers.hours IS '累计服务时长';
COMMENT ON COLUMN report.registered_volunteers.records IS '生效记录条数';
COMMENT ON COLUMN report.registered_volunteers.star IS '已认定星级';
COMMENT ON COLUMN report.registered_volunteers.reported_at IS '报表时间';

GRANT EXECUTE ON FUNCTION registry.age_on(date, date) TO registry_analyst;
GRANT SELECT ON report.registered_volunteers TO registry_analyst;
