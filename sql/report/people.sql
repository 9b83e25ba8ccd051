-- Registered volunteers, and the registration form of one.

CREATE VIEW report.registered_volunteers WITH (security_barrier = true, security_invoker = true) AS
SELECT
    v.volunteer_no,
    p.masked_name AS name,
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

CREATE FUNCTION report.registration_form(volunteer_no volunteer.volunteer_no)
    RETURNS TABLE (
        volunteer_no volunteer.volunteer_no, name text, sex text, age integer, documents text, region volunteer.region_code,
        region_name text, organization text, registered_on date, registered_by text, oath_on date, status text, consents text,
        by_guardian boolean, courses text, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(o.region)
    FROM registry.volunteer v
    JOIN registry.organization o ON o.organization_id = v.organization_id
    WHERE v.volunteer_no = registration_form.volunteer_no;
    SELECT v.volunteer_no, p.masked_name, s.name_zh, registry.age_on(p.birth_date, registry.today()), d.documents,
        v.region, n.name, o.name, v.registered_on, e.actor::text, v.oath_on, v.status, c.consents, coalesce(c.by_guardian, false),
        t.courses, now()
    FROM registry.volunteer v
    JOIN registry.person p ON p.person_id = v.person_id
    JOIN registry.organization o ON o.organization_id = v.organization_id
    JOIN registry.region n ON n.code = v.region
    LEFT JOIN registry.code_item s ON s.set = 'sex' AND s.code = p.sex::text
    LEFT JOIN registry.volunteer_event e ON e.volunteer_id = v.volunteer_id AND e.from_status IS NULL
    CROSS JOIN LATERAL (
        SELECT string_agg(m.name_zh, '、' ORDER BY m.code) AS documents
        FROM registry.identity_document i
        JOIN registry.document_kind k ON k.kind = i.kind
        JOIN registry.code_item m ON m.set = 'document_kind' AND m.code = k.code
        WHERE i.person_id = v.person_id) AS d
    CROSS JOIN LATERAL (
        SELECT string_agg(DISTINCT a.purpose, '、' ORDER BY a.purpose) AS consents, bool_or(a.guardian_id IS NOT NULL) AS by_guardian
        FROM registry.consent a WHERE a.person_id = v.person_id AND a.withdrawn_at IS NULL) AS c
    CROSS JOIN LATERAL (
        SELECT string_agg(DISTINCT k.title, '、' ORDER BY k.title) AS courses
        FROM registry.training_result r
        JOIN registry.training_session h ON h.session_id = r.session_id
        JOIN registry.course k ON k.course_id = h.course_id
        WHERE r.volunteer_id = v.volunteer_id AND r.passed AND r.voided_at IS NULL) AS t
    WHERE v.volunteer_no = registration_form.volunteer_no;
END;
COMMENT ON FUNCTION report.registration_form(volunteer.volunteer_no) IS
    '志愿者注册登记表(附件4;志愿服务条例第七条):一名志愿者的编号、姓名(脱敏)、性别、周岁、证件种类、居住区划、登记组织、注册日期、登记人(数据库角色)、宣誓日期、状态、有效的同意(registration 登记,contact 联系方式,transfer 转移)、是否由监护人同意、合格的培训课程、报表时间;不含证件号码和联系方式';

GRANT SELECT ON report.registered_volunteers TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.registration_form(volunteer.volunteer_no) TO registry_analyst;
