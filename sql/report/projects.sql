-- Brand projects: what was designated, and what came of it.

CREATE FUNCTION report.brand_projects(region volunteer.region_code, day date)
    RETURNS TABLE (
        region volunteer.region_code, day date, designation text, project text, category text, organization text, place text,
        designated_by text, document text, since date, until date, activities bigint, volunteers bigint,
        hours volunteer.service_hours, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(brand_projects.region);
    WITH granted AS (
        SELECT d.*
        FROM registry.project_designation d
        JOIN registry.project j ON j.project_id = d.project_id
        WHERE j.region <@ brand_projects.region AND d.valid @> brand_projects.day AND (
            SELECT e.to_status FROM registry.designation_event e
            WHERE e.designation_id = d.designation_id
                AND (e.from_status IS NULL OR e.at < (brand_projects.day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
            ORDER BY e.event_id DESC
            LIMIT 1) = 'granted'
    ), held AS (
        SELECT d.designation_id, count(*) AS activities
        FROM granted d
        JOIN registry.activity t ON t.project_id = d.project_id
        WHERE t.status = 'published' AND NOT t.drill AND lower(t.period) <= now()
            AND (lower(t.period) AT TIME ZONE 'Asia/Shanghai')::date BETWEEN lower(d.valid) AND brand_projects.day
        GROUP BY d.designation_id
    ), served AS (
        SELECT d.designation_id, count(DISTINCT r.volunteer_id) AS volunteers, sum(r.hours) AS hours
        FROM granted d
        JOIN registry.service_record r ON r.project_id = d.project_id
        WHERE r.effective AND r.service_date BETWEEN lower(d.valid) AND brand_projects.day
        GROUP BY d.designation_id
    ), brand AS (
        SELECT d.designation_id, d.designation, j.name, k.name_zh AS category, o.name AS organization, n.name AS place,
            g.name AS designated_by, d.document, lower(d.valid) AS since, upper(d.valid) - 1 AS until,
            h.activities, s.volunteers, s.hours
        FROM granted d
        JOIN registry.project j ON j.project_id = d.project_id
        JOIN registry.code_item k ON k.set = 'service_category' AND k.code = j.category
        JOIN registry.organization o ON o.organization_id = j.organization_id
        JOIN registry.organization g ON g.organization_id = d.organization_id
        JOIN registry.region n ON n.code = j.region
        LEFT JOIN held h ON h.designation_id = d.designation_id
        LEFT JOIN served s ON s.designation_id = d.designation_id
    )
    SELECT brand_projects.region, brand_projects.day,
        CASE b.designation WHEN 'municipal_demo' THEN '市级示范项目' WHEN 'key_incubation' THEN '重点培育项目' ELSE '合计' END,
        b.name, b.category, b.organization, b.place, b.designated_by, b.document, b.since, b.until,
        coalesce(sum(b.activities), 0)::bigint, coalesce(sum(b.volunteers), 0)::bigint, coalesce(sum(b.hours), '0:00'), now()
    FROM brand b
    GROUP BY GROUPING SETS ((b.designation_id, b.designation, b.name, b.category, b.organization, b.place, b.designated_by,
        b.document, b.since, b.until), ())
    ORDER BY b.designation_id IS NULL, b.designation DESC, b.place, b.name, b.designation_id;
END;
COMMENT ON FUNCTION report.brand_projects(volunteer.region_code, date) IS
    '品牌项目统计(市级示范项目、重点培育项目,按类别与地区):某日区划之内有效的认定(末行合计):种类、项目、服务类别、所属组织、实施地、认定组织、认定文件、起止日,认定以来至该日的活动数(演练不计)、参加人数、已生效服务时长、报表时间;合计的参加人数为人次';

GRANT EXECUTE ON FUNCTION report.brand_projects(volunteer.region_code, date) TO registry_analyst;
