-- The figures of the year that the law wants published, each with the sentence that says how it is counted.

CREATE FUNCTION report.publication(region volunteer.region_code, year integer)
    RETURNS TABLE (
        region volunteer.region_code, year integer, ordinal integer, item text, item_zh text, value numeric, detail text,
        unit text, method text, basis text, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET jit = off
BEGIN ATOMIC
    SELECT registry.require_analyst(publication.region);
    WITH asked AS (
        SELECT d.first, d.last, d.first::timestamp AT TIME ZONE 'Asia/Shanghai' AS starts,
            (d.last + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS ends
        FROM (SELECT make_date(publication.year, 1, 1) AS first, make_date(publication.year, 12, 31) AS last) AS d
    ), body AS (
        SELECT o.organization_id FROM registry.organization o WHERE o.region <@ publication.region
    ), one_person AS NOT MATERIALIZED (
        -- Who was registered twice and merged has two histories.
        SELECT v.volunteer_id, v.organization_id, coalesce(p.merged_into, v.person_id) AS person_id
        FROM registry.volunteer v
        LEFT JOIN registry.person p ON p.person_id = v.person_id AND p.merged_into IS NOT NULL
    ), figure AS (
        SELECT v.item, v.value, NULL AS detail
        FROM asked a
        CROSS JOIN report.registration(publication.region, a.first, a.last) AS r
        CROSS JOIN LATERAL (VALUES ('registered_volunteers', r.registered), ('new_volunteers', r.joined),
            ('departed_volunteers', r.departed)) AS v (item, value)
        WHERE r.unit_kind IS NULL
        UNION ALL
        SELECT 'serving_volunteers', count(DISTINCT v.person_id), NULL
        FROM one_person v
        JOIN body o ON o.organization_id = v.organization_id
        JOIN registry.volunteer_year y ON y.volunteer_id = v.volunteer_id AND y.year = publication.year
        WHERE y.records > 0
        UNION ALL
        SELECT v.item, v.value, NULL
        FROM asked a
        CROSS JOIN report.organization_count(publication.region, a.last) AS c
        CROSS JOIN LATERAL (VALUES ('organizations', c.organizations), ('marked_organizations', c.marked)) AS v (item, value)
        WHERE c.unit_kind = '合计'
        UNION ALL
        SELECT 'stations', c.stations, NULL
        FROM asked a CROSS JOIN report.station_count(publication.region, a.last) AS c
        WHERE c.division IS NULL
        UNION ALL
        SELECT v.item, v.value, NULL
        FROM report.overview(publication.region, publication.year) AS t
        CROSS JOIN LATERAL (VALUES ('activities', t.activities), ('records', t.records), ('hours', t.hours::numeric),
            ('declared_hours', t.declared::numeric), ('back_fill_percent', t.back_fill_percent),
            ('certificates_issued', t.certificates)) AS v (item, value)
        WHERE t.division IS NULL AND t.month IS NULL
        UNION ALL
        SELECT 'evaluations', count(*), NULL
        FROM asked a
        JOIN registry.evaluation e ON e.service_date BETWEEN a.first AND a.last
        JOIN registry.service_record r
            ON (r.volunteer_id, r.service_date, r.record_id) = (e.volunteer_id, e.service_date, e.record_id)
        JOIN body o ON o.organization_id = r.organization_id
        WHERE r.live
        UNION ALL
        SELECT v.item, v.value, NULL
        FROM (
            SELECT count(*) FILTER (WHERE e.to_status = 'open') AS raised,
                count(*) FILTER (WHERE e.to_status = 'upheld') AS upheld
            FROM asked a
            JOIN registry.dispute_event e ON e.at >= a.starts AND e.at < a.ends
            JOIN registry.dispute d ON (d.volunteer_id, d.dispute_id) = (e.volunteer_id, e.dispute_id)
            JOIN registry.service_record r
                ON (r.volunteer_id, r.service_date, r.record_id) = (d.volunteer_id, d.service_date, d.record_id)
            JOIN body o ON o.organization_id = r.organization_id
        ) AS d
        CROSS JOIN LATERAL (VALUES ('disputes', d.raised), ('disputes_upheld', d.upheld)) AS v (item, value)
        UNION ALL
        SELECT 'certificates_revoked', count(*), NULL
        FROM asked a
        JOIN registry.certificate_event e ON e.to_status = 'revoked' AND e.at >= a.starts AND e.at < a.ends
        JOIN registry.certificate c ON (c.volunteer_id, c.certificate_id) = (e.volunteer_id, e.certificate_id)
        JOIN body o ON o.organization_id = c.organization_id
        UNION ALL
        SELECT v.item, v.value, NULL
        FROM (
            SELECT count(*) AS awards, count(*) FILTER (WHERE s.level = 5) AS five
            FROM asked a
            JOIN registry.star_award s ON s.awarded_at >= a.starts AND s.awarded_at < a.ends
            JOIN registry.volunteer v ON v.volunteer_id = s.volunteer_id
            JOIN body o ON o.organization_id = v.organization_id
            WHERE s.status <> 'revoked'
        ) AS s
        CROSS JOIN LATERAL (VALUES ('star_awards', s.awards), ('five_star_awards', s.five)) AS v (item, value)
        UNION ALL
        SELECT 'commendations', count(*), NULL
        FROM asked a
        JOIN registry.commendation c ON c.granted_on BETWEEN a.first AND a.last
        JOIN body o ON o.organization_id = c.organization_id
        WHERE c.status = 'recorded'
        UNION ALL
        SELECT v.item, v.value, NULL
        FROM (
            SELECT count(DISTINCT s.session_id) AS sessions, count(DISTINCT p.person_id) AS trained
            FROM asked a
            JOIN registry.training_session s ON lower(s.period) >= a.starts AND lower(s.period) < a.ends
            JOIN body o ON o.organization_id = s.organization_id
            LEFT JOIN registry.training_result t ON t.session_id = s.session_id AND t.voided_at IS NULL
            LEFT JOIN one_person p ON p.volunteer_id = t.volunteer_id
        ) AS t
        CROSS JOIN LATERAL (VALUES ('training_sessions', t.sessions), ('trained_volunteers', t.trained)) AS v (item, value)
        UNION ALL
        SELECT 'insured_volunteers', count(DISTINCT n.person_id), NULL
        FROM asked a
        JOIN registry.insurance_coverage c ON c.valid && daterange(a.first, a.last, '[]')
        JOIN one_person n ON n.volunteer_id = c.volunteer_id
        JOIN registry.insurance_policy p ON p.policy_id = c.policy_id
        JOIN body o ON o.organization_id = p.organization_id
        UNION ALL
        SELECT v.item, v.value, NULL
        FROM (
            SELECT count(*) AS claims, coalesce(sum(c.amount), 0) AS paid
            FROM asked a
            JOIN registry.insurance_claim c ON c.occurred_at >= a.starts AND c.occurred_at < a.ends
            JOIN registry.insurance_policy p ON p.policy_id = c.policy_id
            JOIN body o ON o.organization_id = p.organization_id
        ) AS c
        CROSS JOIN LATERAL (VALUES ('insurance_claims', c.claims), ('insurance_paid', c.paid)) AS v (item, value)
        UNION ALL
        SELECT v.item, v.value, NULL
        FROM (
            SELECT count(*) FILTER (WHERE c.status <> 'drawn') AS checked,
                round(100.0 * count(*) FILTER (WHERE c.status = 'confirmed')
                    / nullif(count(*) FILTER (WHERE c.status IN ('confirmed', 'inaccurate', 'denied')), 0), 2) AS true_percent
            FROM asked a
            JOIN registry.spot_check_round r ON r.drawn_at >= a.starts AND r.drawn_at < a.ends
            JOIN body o ON o.organization_id = r.organization_id
            JOIN registry.spot_check c ON c.round_id = r.round_id
        ) AS c
        CROSS JOIN LATERAL (VALUES ('spot_checks', c.checked), ('spot_checks_true_percent', c.true_percent)) AS v (item, value)
        UNION ALL
        (SELECT 'last_seal', s.seal_id, encode(sha256(convert_to(s.token, 'UTF8')), 'hex')
        FROM asked a JOIN registry.seal s ON s.sealed_at < a.ends
        ORDER BY s.seal_id DESC
        LIMIT 1)
    )
    SELECT publication.region, publication.year, i.ordinal, i.item, i.item_zh,
        CASE WHEN i.unit IN ('%', '号') THEN f.value ELSE coalesce(f.value, 0) END, f.detail, i.unit, i.method, i.basis, now()
    FROM report.publication_item i
    LEFT JOIN figure f ON f.item = i.item
    ORDER BY i.ordinal;
END;
COMMENT ON FUNCTION report.publication(volunteer.region_code, integer) IS
    '年度公布(志愿服务条例第三十四条,《志愿服务记录与证明出具办法(试行)》第十八条、第二十一条):某年某区划之内的组织,每项一行:序号、英文项名、项目、数值、说明(仅末次封章:令牌的 SHA-256)、单位、统计方法、依据、报表时间;年未结束的统计至报表时间;没有可统计的比例和封章为空;错误 22008 年份超出范围';

GRANT EXECUTE ON FUNCTION report.publication(volunteer.region_code, integer) TO registry_analyst;
