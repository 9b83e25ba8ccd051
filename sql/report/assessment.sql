-- Assessment: what each organization was given, who stands where, and what stations and paired communities have.
-- OFFSET 0 where a value that is measured once is shown more than once.

CREATE FUNCTION report.assessment(round_id bigint)
    RETURNS TABLE (
        round_id bigint, assessor text, title text, standard text, as_of date, status text, organization text, item text,
        measure text, threshold numeric, value numeric, points numeric, possible numeric, met boolean, evidence text,
        scored_at timestamptz, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(o.region)
    FROM registry.assessment_round r
    JOIN registry.organization o ON o.organization_id = r.organization_id
    WHERE r.round_id = assessment.round_id;
    SELECT r.round_id, a.name, r.title, d.name_zh, r.as_of, r.status, o.name, coalesce(i.name, '合计'), k.name_zh, i.threshold,
        c.value, coalesce(sum(c.points), 0), sum(i.points), coalesce(sum(c.points), 0) >= sum(i.points), c.evidence, c.scored_at,
        now()
    FROM registry.assessment_round r
    JOIN registry.organization a ON a.organization_id = r.organization_id
    JOIN registry.code_item d ON d.set = 'assessment_standard' AND d.code = r.standard
    JOIN registry.assessment_subject s ON s.round_id = r.round_id
    JOIN registry.organization o ON o.organization_id = s.organization_id
    CROSS JOIN LATERAL registry.standard_items(r.standard, a.region, r.as_of) AS i
    LEFT JOIN registry.code_item k ON k.set = 'assessment_measure' AND k.code = i.measure
    LEFT JOIN registry.assessment_score c
        ON (c.round_id, c.organization_id, c.item_id) = (r.round_id, s.organization_id, i.item_id)
    WHERE r.round_id = assessment.round_id
    GROUP BY GROUPING SETS (
        (r.round_id, a.name, r.title, d.name_zh, r.as_of, r.status, s.organization_id, o.name, i.item_id, i.name, k.name_zh,
            i.threshold, c.value, c.evidence, c.scored_at),
        (r.round_id, a.name, r.title, d.name_zh, r.as_of, r.status, s.organization_id, o.name))
    ORDER BY o.name, s.organization_id, i.item_id NULLS LAST;
END;
COMMENT ON FUNCTION report.assessment(bigint) IS
    '考核结果(考核机制):每个被考核组织每个条目一行,末行合计:考核编号、考核组织、名称、标准、截止日、状态、被考核组织、条目、指标(空为评定)、达标值、指标值、得分、分值、是否达标、依据、评定时间、报表时间';

CREATE FUNCTION report.unit_ranking(round_id bigint)
    RETURNS TABLE (
        round_id bigint, title text, as_of date, status text, rank bigint, organization text, unit_kind text,
        region volunteer.region_code, points numeric, possible numeric, share numeric, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(o.region)
    FROM registry.assessment_round r
    JOIN registry.organization o ON o.organization_id = r.organization_id
    WHERE r.round_id = unit_ranking.round_id;
    SELECT r.round_id, r.title, r.as_of, r.status, rank() OVER (ORDER BY t.points DESC), o.name, k.name_zh, o.region, t.points,
        t.possible, round(t.points / t.possible, 4), now()
    FROM registry.assessment_round r
    JOIN registry.organization a ON a.organization_id = r.organization_id
    JOIN registry.assessment_subject s ON s.round_id = r.round_id
    JOIN registry.organization o ON o.organization_id = s.organization_id
    JOIN registry.code_item k ON k.set = 'unit_kind' AND k.code = o.unit_kind
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(c.points), 0) AS points, sum(i.points) AS possible
        FROM registry.standard_items(r.standard, a.region, r.as_of) AS i
        LEFT JOIN registry.assessment_score c
            ON (c.round_id, c.organization_id, c.item_id) = (r.round_id, s.organization_id, i.item_id)
    ) AS t
    WHERE r.round_id = unit_ranking.round_id
    ORDER BY t.points DESC, o.name, o.organization_id;
END;
COMMENT ON FUNCTION report.unit_ranking(bigint) IS
    '考核排名(检查考核、评比表彰):考核编号、名称、截止日、状态、名次(同分同名次)、组织、单位类型、区划、得分、满分、得分率、报表时间';

CREATE FUNCTION report.station_checklist(region volunteer.region_code, day date)
    RETURNS TABLE (
        region volunteer.region_code, day date, station text, kind text, organization text, host text, head text,
        has_head boolean, has_plaque boolean, volunteers bigint, has_team boolean, activities bigint, has_project boolean,
        has_ledger boolean, has_rules boolean, has_facilities boolean, missing bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(station_checklist.region);
    WITH open_station AS MATERIALIZED (
        SELECT s.station_id, s.region, s.plaque, s.kind, s.organization_id, s.host, s.head
        FROM registry.station s
        WHERE s.region <@ station_checklist.region
            AND s.opened_on <= station_checklist.day AND (s.closed_on IS NULL OR s.closed_on > station_checklist.day)
    ), counted AS MATERIALIZED (
        SELECT c.organization_id, c.volunteers
        FROM registry.count_volunteers(ARRAY(SELECT t.organization_id FROM open_station t), station_checklist.day) AS c
    )
    SELECT s.region, station_checklist.day, s.plaque, k.name_zh, o.name, s.host, registry.masked_name(s.head), h.has_head,
        h.has_plaque, coalesce(v.volunteers, 0), h.has_team, m.activities::bigint, m.projects >= 1, m.ledgers >= 3,
        j.rules >= 1, j.facilities >= 1, (
            SELECT count(*)
            FROM unnest(ARRAY[h.has_head, h.has_plaque, h.has_team, m.projects >= 1, m.ledgers >= 3, j.rules >= 1, j.facilities >= 1])
                AS has (met)
            WHERE has.met IS NOT TRUE
        ), now()
    FROM open_station s
    JOIN registry.organization o ON o.organization_id = s.organization_id
    JOIN registry.code_item k ON k.set = 'station_kind' AND k.code = s.kind
    LEFT JOIN counted v ON v.organization_id = s.organization_id
    CROSS JOIN LATERAL (
        SELECT s.head <> '' AS has_head, s.plaque <> '' AS has_plaque, v.volunteers IS NOT NULL AS has_team) AS h
    CROSS JOIN LATERAL (
        SELECT a[1] AS activities, a[2] AS projects, a[3] AS ledgers
        FROM registry.all_measured(s.organization_id, '{activity,regular_project,ledger}', station_checklist.day) AS a
        OFFSET 0
    ) AS m
    CROSS JOIN LATERAL (
        SELECT coalesce(registry.judged(s.organization_id, 'six_haves', 'rules', station_checklist.day),
                registry.judged(s.organization_id, 'station_six', 'rules', station_checklist.day)) AS rules,
            registry.judged(s.organization_id, 'station_six', 'facilities', station_checklist.day) AS facilities
        OFFSET 0
    ) AS j
    ORDER BY s.region, s.plaque, s.station_id;
END;
COMMENT ON FUNCTION report.station_checklist(volunteer.region_code, date) IS
    '站点检查表(六个有、六有):某地某日启用的站点:区划、日期、挂牌名称、站点类型、管理组织、依托单位、站长(脱敏)、有站长、有挂牌标识、志愿者人数、有队伍、一年内活动数、有固定项目、有台账(志愿者、活动、服务对象)、有制度、有设施(后两项取最近一次已办结的考核,未考核为空)、尚缺项数、报表时间';

CREATE FUNCTION report.five_ones(day date)
    RETURNS TABLE (
        day date, partner text, units text, item text, target numeric, responsible text, due date, attained numeric,
        met boolean, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT five_ones.day, o.name, p.units, i.name, t.value, t.responsible, upper(t.period) - 1, a.attained,
        a.attained >= CASE WHEN i.measure IS NULL THEN least(t.value, 1) ELSE coalesce(t.value, i.threshold) END, now()
    FROM (
        SELECT g.partner_id, string_agg(u.name, '、' ORDER BY u.name) AS units
        FROM registry.pairing g
        JOIN registry.organization u ON u.organization_id = g.unit_id
        WHERE g.valid @> five_ones.day
        GROUP BY g.partner_id
    ) AS p
    JOIN registry.reported_organization o ON o.organization_id = p.partner_id AND o.unit_kind IN ('09', '10')
    CROSS JOIN LATERAL registry.standard_items('five_ones', o.region, five_ones.day) AS i
    LEFT JOIN registry.target t ON t.organization_id = p.partner_id AND t.metric = i.code AND t.status = 'set'
        AND t.period @> five_ones.day
    CROSS JOIN LATERAL (
        SELECT CASE WHEN i.measure IS NULL
            THEN registry.judged(p.partner_id, 'five_ones', i.code, five_ones.day)
            ELSE registry.measured(p.partner_id, i.measure, five_ones.day) END AS attained
        OFFSET 0
    ) AS a
    ORDER BY o.name, o.organization_id, i.item_id;
END;
COMMENT ON FUNCTION report.five_ones(date) IS
    '五个一(工作站点、品牌项目、宣传阵地、公益氛围、志愿队伍):某日结对中的每个社区(村)各项一行:日期、社区(村)、结对单位、项目、目标值(未下达按一)、责任人、期限末日、实有(按登记计数,须评定的取最近一次已办结考核的得分率,未考核为空)、是否达到(须评定的最多要求满分)、报表时间';

GRANT EXECUTE ON FUNCTION report.assessment(bigint) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.unit_ranking(bigint) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.station_checklist(volunteer.region_code, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.five_ones(date) TO registry_analyst;
