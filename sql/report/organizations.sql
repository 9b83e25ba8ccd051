-- Organizations and their identity marks, teams, stations, head counts.

-- The division one level below the region asked for, in which a place lies: what the rows of a statistic are.
CREATE FUNCTION report.division(place volunteer.region_code, region volunteer.region_code) RETURNS volunteer.region_code
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, volunteer, pg_temp
    RETURN coalesce((volunteer.lineage(place))[cardinality(volunteer.lineage(region)) + 1], place);
COMMENT ON FUNCTION report.division(volunteer.region_code, volunteer.region_code) IS '某地所在的、所问区划的下一级区划';

CREATE FUNCTION report.organizations(region volunteer.region_code, day date)
    RETURNS TABLE (
        region volunteer.region_code, day date, organization text, kind text, unit_kind text, place text,
        credit_code volunteer.credit_code, parent text, status text, successor text, mark_no text, mark_authority text,
        marked_on date, civilized text, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(organizations.region);
    SELECT organizations.region, organizations.day, o.name, k.name_zh, u.name_zh, n.name, o.credit_code, p.name, s.to_status,
        CASE WHEN s.to_status = 'dissolved' THEN h.name END, m.mark_no, m.authority, lower(m.valid), l.name_zh, now()
    FROM registry.organization o
    JOIN registry.code_item k ON k.set = 'organization_kind' AND k.code = o.kind
    JOIN registry.code_item u ON u.set = 'unit_kind' AND u.code = o.unit_kind
    JOIN registry.region n ON n.code = o.region
    JOIN LATERAL (
        SELECT e.to_status FROM registry.organization_event e
        WHERE e.organization_id = o.organization_id
            AND e.at < (organizations.day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
        ORDER BY e.event_id DESC
        LIMIT 1) AS s ON true
    LEFT JOIN registry.organization p ON p.organization_id = o.parent_id
    LEFT JOIN registry.organization h ON h.organization_id = o.successor_id
    LEFT JOIN registry.identity_mark m ON m.organization_id = o.organization_id AND m.valid @> organizations.day
    LEFT JOIN registry.civilized_unit c ON c.organization_id = o.organization_id AND c.valid @> organizations.day
    LEFT JOIN registry.code_item l ON l.set = 'authority_level' AND l.code = c.level
    WHERE o.region <@ organizations.region
    ORDER BY o.region, o.name, o.organization_id;
END;
COMMENT ON FUNCTION report.organizations(volunteer.region_code, date) IS
    '志愿服务组织名册(登记管理与身份标识;《关于健全新时代志愿服务体系的意见》):某日区划之内的组织:队伍类型、单位类型、所在地、信用代码、上级、状态、承继组织、标识编号、标识机关、标识日期、文明单位级别、报表时间';

CREATE FUNCTION report.organization_count(region volunteer.region_code, day date)
    RETURNS TABLE (
        region volunteer.region_code, day date, unit_kind text, organizations bigint, registered bigint, marked bigint,
        civilized bigint, suspended bigint, dissolved bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(organization_count.region);
    SELECT organization_count.region, organization_count.day, coalesce(o.unit_kind, '合计'),
        count(*) FILTER (WHERE o.status <> 'dissolved'),
        count(*) FILTER (WHERE o.status <> 'dissolved' AND o.credit_code IS NOT NULL),
        count(*) FILTER (WHERE o.status <> 'dissolved' AND o.mark_no IS NOT NULL),
        count(*) FILTER (WHERE o.status <> 'dissolved' AND o.civilized IS NOT NULL),
        count(*) FILTER (WHERE o.status = 'suspended'), count(*) FILTER (WHERE o.status = 'dissolved'), now()
    FROM report.organizations(organization_count.region, organization_count.day) o
    GROUP BY GROUPING SETS ((o.unit_kind), ())
    ORDER BY o.unit_kind IS NULL, o.unit_kind;
END;
COMMENT ON FUNCTION report.organization_count(volunteer.region_code, date) IS
    '志愿服务组织统计(登记管理与身份标识;《关于健全新时代志愿服务体系的意见》):某日区划之内,按单位类型(末行合计):组织数(不含已终止)、有信用代码的、有身份标识的、文明单位、停用的、已终止的、报表时间';

CREATE FUNCTION report.teams(region volunteer.region_code, day date)
    RETURNS TABLE (
        region volunteer.region_code, day date, team text, kind text, unit_kind text, level smallint, place text, parent text,
        leaders text, members bigint, backbone bigint, cadres bigint, students bigint, activities bigint,
        hours volunteer.service_hours, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off SET enable_nestloop = off SET enable_mergejoin = off SET enable_sort = off
BEGIN ATOMIC
    SELECT registry.require_analyst(teams.region);
    WITH role AS (
        SELECT m.organization_id, count(*) FILTER (WHERE m.role = 'backbone') AS backbone,
            count(*) FILTER (WHERE m.role = 'cadre') AS cadres, count(*) FILTER (WHERE m.role = 'student') AS students
        FROM registry.membership m
        WHERE (m.valid @> teams.day) IS TRUE AND m.role <> 'member'
        GROUP BY m.organization_id
    ), leader AS (
        SELECT m.organization_id, string_agg(DISTINCT p.masked_name, '、') AS leaders
        FROM registry.organization o
        JOIN registry.membership m ON m.organization_id = o.organization_id
        JOIN registry.person p ON p.person_id = m.person_id
        WHERE o.region <@ teams.region AND (m.valid @> teams.day) IS TRUE AND m.role = 'leader'
        GROUP BY m.organization_id
    ), team AS (
        SELECT o.organization_id, o.name, k.name_zh AS kind, u.name_zh AS unit_kind, n.level, n.name AS place, p.name AS parent,
            l.leaders, m.members, b.backbone, b.cadres, b.students, a.activities, h.hours
        FROM registry.organization o
        JOIN registry.code_item k ON k.set = 'organization_kind' AND k.code = o.kind
        JOIN registry.code_item u ON u.set = 'unit_kind' AND u.code = o.unit_kind
        JOIN registry.region n ON n.code = o.region
        LEFT JOIN registry.organization p ON p.organization_id = o.parent_id
        LEFT JOIN role b ON b.organization_id = o.organization_id
        LEFT JOIN leader l ON l.organization_id = o.organization_id
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT m.person_id) AS members FROM registry.membership m
            WHERE m.organization_id = o.organization_id AND (m.valid @> teams.day) IS TRUE) AS m
        CROSS JOIN LATERAL (
            SELECT count(*) AS activities FROM registry.activity t
            WHERE t.organization_id = o.organization_id AND t.status = 'published' AND NOT t.drill
                AND lower(t.period) >= date_trunc('year', teams.day::timestamp) AT TIME ZONE 'Asia/Shanghai'
                AND lower(t.period) < (teams.day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
                AND lower(t.period) <= now()) AS a
        CROSS JOIN LATERAL (
            SELECT sum(t.hours) AS hours FROM registry.organization_month t
            WHERE t.organization_id = o.organization_id
                AND t.month BETWEEN date_trunc('year', teams.day::timestamp)::date AND teams.day) AS h
        WHERE o.region <@ teams.region AND (
            SELECT e.to_status FROM registry.organization_event e
            WHERE e.organization_id = o.organization_id AND e.at < (teams.day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
            ORDER BY e.event_id DESC
            LIMIT 1) <> 'dissolved'
    )
    SELECT teams.region, teams.day, coalesce(t.name, '合计'), t.kind, t.unit_kind, t.level, t.place, t.parent, t.leaders,
        coalesce(sum(t.members), 0)::bigint, coalesce(sum(t.backbone), 0)::bigint, coalesce(sum(t.cadres), 0)::bigint,
        coalesce(sum(t.students), 0)::bigint, coalesce(sum(t.activities), 0)::bigint, coalesce(sum(t.hours), '0:00'), now()
    FROM team t
    GROUP BY GROUPING SETS ((t.organization_id, t.name, t.kind, t.unit_kind, t.level, t.place, t.parent, t.leaders), ())
    ORDER BY t.organization_id IS NULL, t.level, t.place, t.name, t.organization_id;
END;
COMMENT ON FUNCTION report.teams(volunteer.region_code, date) IS
    '志愿服务队伍统计表(附件7):某日区划之内未终止的队伍(末行合计):队伍类型、单位类型、级别(区划级别:2 市,3 区县,4 街道乡镇,5 社区村)、所在地、上级、负责人(脱敏)、成员数、骨干、干部职工、学生人次、当年至该日开始的活动数(演练不计)、当年至该月的服务时长、报表时间;合计的成员数为人次';

CREATE FUNCTION report.stations(region volunteer.region_code, day date)
    RETURNS TABLE (
        region volunteer.region_code, day date, place volunteer.region_code, place_name text, kind text, plaque text, host text,
        head text, organization text, opened_on date, activities bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(stations.region);
    SELECT stations.region, stations.day, s.region, n.name, k.name_zh, s.plaque, s.host, registry.masked_name(s.head), o.name,
        s.opened_on, (
            SELECT count(*) FROM registry.activity a
            WHERE a.station_id = s.station_id AND a.status = 'published' AND NOT a.drill AND lower(a.period) <= now()
                AND (lower(a.period) AT TIME ZONE 'Asia/Shanghai')::date
                    BETWEEN date_trunc('year', stations.day::timestamp)::date AND stations.day),
        now()
    FROM registry.station s
    JOIN registry.organization o ON o.organization_id = s.organization_id
    JOIN registry.code_item k ON k.set = 'station_kind' AND k.code = s.kind
    JOIN registry.region n ON n.code = s.region
    WHERE s.region <@ stations.region AND s.opened_on <= stations.day AND coalesce(s.closed_on > stations.day, true)
    ORDER BY s.region, s.plaque;
END;
COMMENT ON FUNCTION report.stations(volunteer.region_code, date) IS
    '志愿服务站点名册(附件6):某日区划之内启用的站点:所在区划与名称、站点类型、挂牌名称、依托单位、站长(脱敏)、管理组织、启用日期、当年至该日在站点开始的活动数(演练不计)、报表时间';

CREATE FUNCTION report.station_count(region volunteer.region_code, day date)
    RETURNS TABLE (
        region volunteer.region_code, day date, division volunteer.region_code, name text, community bigint, street bigint,
        practice bigint, post bigint, "window" bigint, welfare bigint, stations bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(station_count.region);
    SELECT station_count.region, station_count.day, n.code, coalesce(n.name, '合计'),
        count(*) FILTER (WHERE s.kind = 'community'), count(*) FILTER (WHERE s.kind = 'street'),
        count(*) FILTER (WHERE s.kind = 'practice'), count(*) FILTER (WHERE s.kind = 'post'),
        count(*) FILTER (WHERE s.kind = 'window'), count(*) FILTER (WHERE s.kind = 'welfare'), count(*), now()
    FROM registry.station s
    JOIN registry.region n ON n.code = report.division(s.region, station_count.region)
    WHERE s.region <@ station_count.region AND s.opened_on <= station_count.day
        AND coalesce(s.closed_on > station_count.day, true)
    GROUP BY GROUPING SETS ((n.code, n.name), ())
    ORDER BY n.code;
END;
COMMENT ON FUNCTION report.station_count(volunteer.region_code, date) IS
    '志愿服务站点统计表(附件6):某日区划之内启用的站点,按下一级区划(末行合计):社区(村)站、街道(乡镇)中心、新时代文明实践中心(所、站)、驿站、公共服务窗口、民政机构服务站、合计数、报表时间';

CREATE FUNCTION report.headcounts(region volunteer.region_code, day date)
    RETURNS TABLE (
        region volunteer.region_code, day date, organization text, counted_region text, kind text, as_of date, count integer,
        previous integer, change_percent numeric, source text, entered_by text, approved_by text, reason text,
        reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(headcounts.region);
    SELECT headcounts.region, headcounts.day, o.name, n.name, k.name_zh, h.as_of, h.count, h.previous,
        round(100.0 * (h.count - h.previous) / h.previous, 1), h.source, h.entered_by::text, h.decided_by::text, e.reason, now()
    FROM (
        SELECT h.*, lag(h.count) OVER (
            PARTITION BY h.kind, h.region, CASE WHEN h.region IS NULL THEN h.organization_id END ORDER BY h.as_of) AS previous
        FROM registry.headcount h
        WHERE h.status = 'approved') AS h
    JOIN registry.organization o ON o.organization_id = h.organization_id
    JOIN registry.code_item k ON k.set = 'headcount_kind' AND k.code = h.kind
    JOIN registry.headcount_event e ON e.headcount_id = h.headcount_id AND e.to_status = 'approved'
    LEFT JOIN registry.region n ON n.code = h.region
    WHERE o.region <@ headcounts.region AND h.as_of <= headcounts.day
    ORDER BY o.name, o.organization_id, n.name NULLS FIRST, h.kind, h.as_of;
END;
COMMENT ON FUNCTION report.headcounts(volunteer.region_code, date) IS
    '人数基数台账(政策 volunteer_ratio_office 等注册比例的基数):截止日不晚于某日的已核准人数:单位(或报送组织)、被计数的地区、人数种类、统计截止日、人数、上次人数、增减百分比、来源、录入人、核准人、核准理由、报表时间;缩小基数抬高注册比例由此可见';

GRANT EXECUTE ON FUNCTION report.organizations(volunteer.region_code, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.organization_count(volunteer.region_code, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.teams(volunteer.region_code, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.stations(volunteer.region_code, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.station_count(volunteer.region_code, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.headcounts(volunteer.region_code, date) TO registry_analyst;
