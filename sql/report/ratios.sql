-- Ratios: registered volunteers by unit and by residents, and whether every village has a team.

CREATE FUNCTION report.volunteer_ratio(region volunteer.region_code, day date)
    RETURNS TABLE (
        region volunteer.region_code, day date, organization text, unit_kind text, civilized boolean, headcount bigint,
        volunteers bigint, ratio numeric, required numeric, met boolean, missing bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(volunteer_ratio.region);
    WITH unit AS MATERIALIZED (
        SELECT o.organization_id, o.region, o.name, k.name_zh AS unit_kind, q.required,
            EXISTS (
                SELECT FROM registry.civilized_unit u
                WHERE u.organization_id = o.organization_id AND u.valid @> volunteer_ratio.day) AS civilized,
            registry.unit_headcount(o.organization_id, volunteer_ratio.day) AS headcount
        FROM registry.organization o
        JOIN registry.code_item k ON k.set = 'unit_kind' AND k.code = o.unit_kind
        CROSS JOIN LATERAL (
            SELECT registry.required_volunteer_ratio(o.organization_id, volunteer_ratio.day) AS required OFFSET 0) AS q
        WHERE o.region <@ volunteer_ratio.region AND o.status = 'active' AND q.required IS NOT NULL
    ), counted AS (
        SELECT u.*, coalesce(c.volunteers, 0) AS volunteers
        FROM unit u
        LEFT JOIN registry.count_volunteers(ARRAY(SELECT t.organization_id FROM unit t), volunteer_ratio.day, true) AS c
            ON c.organization_id = u.organization_id
    )
    SELECT coalesce(u.region, volunteer_ratio.region), volunteer_ratio.day, coalesce(u.name, '合计'), u.unit_kind, u.civilized,
        sum(u.headcount)::bigint, CASE grouping(u.organization_id)
            WHEN 0 THEN sum(u.volunteers)
            ELSE coalesce(sum(u.volunteers) FILTER (WHERE u.headcount IS NOT NULL), 0) END::bigint,
        round(sum(u.volunteers) FILTER (WHERE u.headcount IS NOT NULL) / sum(u.headcount), 4), u.required,
        bool_and(coalesce(u.volunteers >= u.headcount * u.required, false)),
        sum(greatest(ceil(u.headcount * u.required) - u.volunteers, 0))::bigint, now()
    FROM counted u
    GROUP BY GROUPING SETS (
        (u.organization_id, u.region, u.name, u.unit_kind, u.civilized, u.headcount, u.volunteers, u.required), ())
    ORDER BY u.organization_id IS NULL, u.region, u.name, u.organization_id;
END;
COMMENT ON FUNCTION report.volunteer_ratio(volunteer.region_code, date) IS
    '单位注册比例(政策 volunteer_ratio_office、volunteer_ratio_enterprise、volunteer_ratio_model、volunteer_ratio_village:60%、50%、70%、15%):某地某日有比例要求的每个单位一行,末行合计:区划、日期、单位、单位类型、是否文明单位、核准人数(无核准为空,视为未达到)、在册志愿者人数、比例、应达比例、是否达到(合计行:是否全部达到)、尚缺人数、报表时间;志愿者为单位自己的:下级中另有核准人数的单位和社区(村)不计入;合计只计有核准人数的单位,在几个单位的志愿者重复计';

CREATE FUNCTION report.resident_ratio(region volunteer.region_code, day date)
    RETURNS TABLE (
        region volunteer.region_code, region_name text, day date, residents bigint, volunteers bigint, ratio numeric,
        required numeric, met boolean, missing bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(resident_ratio.region);
    WITH home AS MATERIALIZED (
        SELECT v.region, count(*) AS volunteers
        FROM registry.volunteer v
        LEFT JOIN registry.volunteers_changed_since(resident_ratio.day) AS c ON c.volunteer_id = v.volunteer_id
        WHERE v.region <@ resident_ratio.region AND v.registered_on <= resident_ratio.day
            AND coalesce(c.status, v.status) = 'active'
        GROUP BY v.region
    )
    SELECT r.code, r.name, resident_ratio.day, c.residents::bigint, c.volunteers, round(c.volunteers / c.residents::numeric, 4),
        c.required, c.volunteers >= c.residents * c.required,
        greatest(ceil(c.residents * c.required) - c.volunteers, 0)::bigint, now()
    FROM registry.region r
    CROSS JOIN LATERAL (
        SELECT registry.approved_residents(r.code, 'built_up_resident', resident_ratio.day) AS residents,
            registry.policy_value('volunteer_ratio_residents', r.code, resident_ratio.day) AS required,
            (SELECT coalesce(sum(h.volunteers), 0)::bigint FROM home h WHERE h.region <@ r.code) AS volunteers
    ) AS c
    WHERE r.code IN (
            SELECT n.region FROM registry.headcount n
            WHERE n.kind = 'built_up_resident' AND n.status = 'approved' AND n.as_of <= resident_ratio.day)
        AND r.code <@ resident_ratio.region AND upper_inf(r.valid)
    ORDER BY r.code;
END;
COMMENT ON FUNCTION report.resident_ratio(volunteer.region_code, date) IS
    '注册志愿者占建成区常住人口比例(政策 volunteer_ratio_residents,10%):某地之内有核准人数的每个地区一行:区划、名称、日期、建成区常住人口、居住在该区划的在册志愿者、比例、应达比例、是否达到、尚缺人数、报表时间;地区之间有包含关系,故无合计;已撤销的地区不列,其志愿者已归入后继';

CREATE FUNCTION report.village_teams(region volunteer.region_code, day date)
    RETURNS TABLE (
        region volunteer.region_code, day date, village text, unit_kind text, villages bigint, with_team bigint, teams bigint,
        volunteers bigint, met boolean, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(village_teams.region);
    WITH committee AS MATERIALIZED (
        SELECT o.organization_id, o.region, o.name, k.name_zh AS unit_kind
        FROM registry.organization o
        JOIN registry.code_item k ON k.set = 'unit_kind' AND k.code = o.unit_kind
        WHERE o.unit_kind IN ('09', '10') AND o.status = 'active' AND o.region <@ village_teams.region
            AND NOT EXISTS (
                SELECT FROM registry.organization above
                WHERE above.organization_id = o.parent_id AND above.unit_kind IN ('09', '10'))
    ), village AS MATERIALIZED (
        SELECT m.*, registry.measured(m.organization_id, 'team', village_teams.day) AS teams,
            coalesce(c.volunteers, 0) AS volunteers
        FROM committee m
        LEFT JOIN registry.count_volunteers(ARRAY(SELECT t.organization_id FROM committee t), village_teams.day) AS c
            ON c.organization_id = m.organization_id
    )
    SELECT coalesce(v.region, village_teams.region), village_teams.day, coalesce(v.name, '合计'), v.unit_kind, count(*),
        count(*) FILTER (WHERE v.teams >= 1), coalesce(sum(v.teams), 0)::bigint, coalesce(sum(v.volunteers), 0)::bigint,
        bool_and(v.teams >= 1), now()
    FROM village v
    GROUP BY GROUPING SETS ((v.organization_id, v.region, v.name, v.unit_kind), ())
    ORDER BY v.organization_id IS NULL, v.region, v.name, v.organization_id;
END;
COMMENT ON FUNCTION report.village_teams(volunteer.region_code, date) IS
    '村和社区志愿服务队伍覆盖(每个行政村、社区至少一支):某地某日每个登记的村委会、居委会一行,末行合计:区划、日期、村(社区)、单位类型、村(社区)数、有队伍的村(社区)数、队伍数、在册志愿者人数、是否达到(合计行:是否全部达到)、报表时间';

GRANT EXECUTE ON FUNCTION report.volunteer_ratio(volunteer.region_code, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.resident_ratio(volunteer.region_code, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.village_teams(volunteer.region_code, date) TO registry_analyst;
