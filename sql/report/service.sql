-- One person's service record, who fell short of the yearly hours, and what each organization recorded in a month.

CREATE FUNCTION report.service_record(volunteer_no volunteer.volunteer_no)
    RETURNS TABLE (
        volunteer_no volunteer.volunteer_no, name text, service_date date, starts timestamp, ends timestamp,
        hours volunteer.service_hours, nature text, project text, activity text, organization text, post text, status text,
        source text, back_fill boolean, recorded_at timestamptz, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(o.region)
    FROM registry.volunteer v
    JOIN registry.organization o ON o.organization_id = v.organization_id
    WHERE v.volunteer_no = service_record.volunteer_no;
    SELECT v.volunteer_no, p.masked_name, r.service_date, lower(r.period) AT TIME ZONE 'Asia/Shanghai',
        upper(r.period) AT TIME ZONE 'Asia/Shanghai', r.hours, n.name_zh, j.name, a.title, o.name, r.post, r.status, b.source,
        b.back_fill, r.recorded_at, now()
    FROM registry.volunteer v
    JOIN registry.person p ON p.person_id = v.person_id
    JOIN registry.service_record r ON r.volunteer_id = v.volunteer_id
    JOIN registry.project j ON j.project_id = r.project_id
    JOIN registry.organization o ON o.organization_id = r.organization_id
    JOIN registry.record_batch b ON b.batch_id = r.batch_id
    LEFT JOIN registry.activity a ON a.activity_id = r.activity_id
    LEFT JOIN registry.code_item n ON n.set = 'hours_nature' AND n.code = r.nature::text
    WHERE v.volunteer_no = service_record.volunteer_no
    ORDER BY r.period, r.record_id;
END;
COMMENT ON FUNCTION report.service_record(volunteer.volunteer_no) IS
    '个人服务记录(《志愿服务记录与证明出具办法(试行)》第七条),含未生效、作废与已更正的:编号、姓名(脱敏)、日期、起止(北京时间)、时长、时长性质、项目、活动、记录组织、岗位、状态、来源、是否补录、录入时间、报表时间';

CREATE FUNCTION report.yearly_shortfall(year integer)
    RETURNS TABLE (
        year integer, volunteer_no volunteer.volunteer_no, name text, organization text, region volunteer.region_code,
        hours volunteer.service_hours, required volunteer.service_hours, missing volunteer.service_hours,
        reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH requirement AS MATERIALIZED (
        SELECT d.region,
            registry.policy_value('yearly_hours', d.region, make_date(yearly_shortfall.year, 12, 31))::volunteer.service_hours
                AS hours
        FROM (SELECT DISTINCT v.region FROM registry.volunteer v) AS d
    )
    SELECT yearly_shortfall.year, v.volunteer_no, p.masked_name, o.name, v.region,
        s.hours, q.hours, q.hours - s.hours, now()
    FROM registry.volunteer v
    JOIN registry.person p ON p.person_id = v.person_id
    JOIN registry.reported_organization o ON o.organization_id = v.organization_id
    JOIN requirement q ON q.region = v.region
    LEFT JOIN registry.volunteer_year y ON y.volunteer_id = v.volunteer_id AND y.year = yearly_shortfall.year
    LEFT JOIN (
        SELECT a.merged_into, sum(y.hours) AS hours
        FROM registry.person a
        JOIN registry.volunteer n ON n.person_id = a.person_id
        JOIN registry.volunteer_year y ON y.volunteer_id = n.volunteer_id AND y.year = yearly_shortfall.year
        WHERE a.merged_into IS NOT NULL
        GROUP BY a.merged_into
    ) AS other ON other.merged_into = v.person_id
    CROSS JOIN LATERAL (SELECT coalesce(y.hours, '0:00') + coalesce(other.hours, '0:00') AS hours) AS s
    WHERE v.status = 'active'
        AND v.registered_on <= make_date(yearly_shortfall.year, 12, 31)
        AND s.hours < q.hours
    ORDER BY o.name, v.volunteer_no;
END;
COMMENT ON FUNCTION report.yearly_shortfall(integer) IS
    '年度服务时长不足名单(政策 yearly_hours,《中国注册志愿者管理办法》每年不少于二十小时):年份、编号、姓名(脱敏)、登记组织、居住区划、已有时长(含并入的编号)、应有时长、尚缺时长、报表时间';

CREATE VIEW report.organization_month WITH (security_barrier = true, security_invoker = true) AS
SELECT
    m.month,
    o.name AS organization,
    o.region,
    r.name AS region_name,
    m.hours,
    m.declared,
    m.records,
    now() AS reported_at
FROM registry.organization_month m
JOIN registry.organization o ON o.organization_id = m.organization_id
JOIN registry.region r ON r.code = o.region
WHERE m.records > 0;
COMMENT ON VIEW report.organization_month IS '各组织每月服务时长(谁组织谁记录):只计已生效记录';
COMMENT ON COLUMN report.organization_month.month IS '月份(首日)';
COMMENT ON COLUMN report.organization_month.organization IS '记录组织';
COMMENT ON COLUMN report.organization_month.region IS '组织所在区划代码';
COMMENT ON COLUMN report.organization_month.region_name IS '组织所在区划';
COMMENT ON COLUMN report.organization_month.hours IS '服务时长';
COMMENT ON COLUMN report.organization_month.declared IS '其中荣誉时长';
COMMENT ON COLUMN report.organization_month.records IS '记录条数';
COMMENT ON COLUMN report.organization_month.reported_at IS '报表时间';

GRANT SELECT ON report.organization_month TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.service_record(volunteer.volunteer_no) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.yearly_shortfall(integer) TO registry_analyst;
