-- Registration: how many volunteers each organization registered, the number blocks and their tasks, the spot checks.

CREATE FUNCTION report.registration(region volunteer.region_code, since date, until date)
    RETURNS TABLE (
        region volunteer.region_code, since date, until date, organization text, unit_kind text, place text,
        registered bigint, male bigint, female bigint, minors bigint, sworn bigint, suspended bigint,
        joined bigint, departed bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(registration.region);
    WITH asked AS (
        SELECT registration.since::timestamp AT TIME ZONE 'Asia/Shanghai' AS starts,
            (registration.until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS ends,
            (registration.until - interval '18 years')::date AS adult_since
    ), departed AS (
        SELECT e.volunteer_id, count(*) AS departures
        FROM asked a JOIN registry.volunteer_event e ON e.at >= a.starts AND e.at < a.ends
        WHERE e.from_status IN ('active', 'suspended') AND e.to_status IN ('withdrawn', 'removed', 'deceased', 'merged')
        GROUP BY e.volunteer_id
    ), registered AS (
        SELECT v.organization_id, p.sex, p.birth_date > a.adult_since AS minor, v.oath_on <= registration.until AS sworn,
            v.registered_on >= registration.since AS joined, coalesce(l.status, v.status) AS status, d.departures
        FROM asked a
        CROSS JOIN registry.organization o
        JOIN registry.volunteer v ON v.organization_id = o.organization_id
        JOIN registry.person p ON p.person_id = v.person_id
        LEFT JOIN registry.volunteers_changed_since(registration.until) AS l ON l.volunteer_id = v.volunteer_id
        LEFT JOIN departed d ON d.volunteer_id = v.volunteer_id
        WHERE o.region <@ registration.region AND v.registered_on <= registration.until
    ), counted AS (
        SELECT r.organization_id, count(*) FILTER (WHERE r.status = 'active') AS registered,
            count(*) FILTER (WHERE r.status = 'active' AND r.sex = 1) AS male,
            count(*) FILTER (WHERE r.status = 'active' AND r.sex = 2) AS female,
            count(*) FILTER (WHERE r.status = 'active' AND r.minor) AS minors,
            count(*) FILTER (WHERE r.status = 'active' AND r.sworn) AS sworn,
            count(*) FILTER (WHERE r.status = 'suspended') AS suspended,
            count(*) FILTER (WHERE r.joined) AS joined, coalesce(sum(r.departures), 0) AS departed
        FROM registered r
        GROUP BY r.organization_id
    )
    SELECT registration.region, registration.since, registration.until, coalesce(o.name, '合计'), k.name_zh, n.name,
        coalesce(sum(c.registered), 0)::bigint, coalesce(sum(c.male), 0)::bigint, coalesce(sum(c.female), 0)::bigint,
        coalesce(sum(c.minors), 0)::bigint, coalesce(sum(c.sworn), 0)::bigint, coalesce(sum(c.suspended), 0)::bigint,
        coalesce(sum(c.joined), 0)::bigint, coalesce(sum(c.departed), 0)::bigint, now()
    FROM counted c
    JOIN registry.organization o ON o.organization_id = c.organization_id
    JOIN registry.code_item k ON k.set = 'unit_kind' AND k.code = o.unit_kind
    JOIN registry.region n ON n.code = o.region
    GROUP BY GROUPING SETS ((o.organization_id, o.name, k.name_zh, n.name), ())
    ORDER BY o.organization_id IS NULL, o.name, o.organization_id;
END;
COMMENT ON FUNCTION report.registration(volunteer.region_code, date, date) IS
    '注册志愿者统计表(附件5):区划之内各登记组织(末行合计):单位类型、所在地,截止日在册人数、其中男、女、未满十八周岁、已宣誓,暂停人数,本期注册、本期离册(退出、取消身份、去世、并入他人)人数、报表时间;起止日均含,状态以截止日为准';

CREATE FUNCTION report.number_blocks(region volunteer.region_code)
    RETURNS TABLE (
        region volunteer.region_code, organization text, number_region volunteer.region_code, first integer, last integer,
        numbers bigint, used bigint, remaining bigint, allotted_on date, due_on date, state text, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(number_blocks.region);
    WITH block AS (
        SELECT o.organization_id, o.name, b.region, lower(b.serials) AS first, upper(b.serials) - 1 AS last,
            upper(b.serials) - lower(b.serials) AS numbers, b.next_serial - lower(b.serials) AS used,
            (b.allotted_at AT TIME ZONE 'Asia/Shanghai')::date AS allotted_on, b.due_on,
            CASE
                WHEN b.next_serial = upper(b.serials) THEN 'exhausted'
                WHEN b.due_on < registry.today() THEN 'overdue'
                ELSE 'open'
            END AS state
        FROM registry.number_block b
        JOIN registry.organization o ON o.organization_id = b.organization_id
        WHERE b.region <@ number_blocks.region OR number_blocks.region <@ b.region AND o.region <@ number_blocks.region
    )
    SELECT number_blocks.region, coalesce(b.name, '合计'), b.region, b.first, b.last, coalesce(sum(b.numbers), 0)::bigint,
        coalesce(sum(b.used), 0)::bigint, coalesce(sum(b.numbers - b.used), 0)::bigint, b.allotted_on, b.due_on, b.state, now()
    FROM block b
    GROUP BY GROUPING SETS ((b.organization_id, b.name, b.region, b.first, b.last, b.allotted_on, b.due_on, b.state), ())
    ORDER BY b.organization_id IS NULL, b.name, b.organization_id, b.region, b.first;
END;
COMMENT ON FUNCTION report.number_blocks(volunteer.region_code) IS
    '注册编号分配与任务表(附件2、附件3):区划之内的号段(末行合计):组织、编号区划、首号、末号、号数、已用、剩余、分配日期、任务期限、状态(exhausted 用完,即任务完成;overdue 逾期;open 使用中)、报表时间';

CREATE FUNCTION report.applications(region volunteer.region_code, since date, until date)
    RETURNS TABLE (
        region volunteer.region_code, since date, until date, organization text, applied bigint, accepted bigint, refused bigint,
        withdrawn bigint, lapsed bigint, open bigint, days_to_decide numeric, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(applications.region);
    WITH application AS (
        SELECT a.organization_id, o.name, a.status, extract(epoch FROM d.at - e.at) / 86400 AS days
        FROM registry.application_event e
        JOIN registry.application a ON a.application_id = e.application_id
        JOIN registry.organization o ON o.organization_id = a.organization_id
        LEFT JOIN registry.application_event d
            ON d.application_id = e.application_id AND d.to_status IN ('accepted', 'refused')
        WHERE e.from_status IS NULL AND o.region <@ applications.region
            AND (e.at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN applications.since AND applications.until
    )
    SELECT applications.region, applications.since, applications.until, coalesce(a.name, '合计'), count(a.status),
        count(*) FILTER (WHERE a.status = 'accepted'), count(*) FILTER (WHERE a.status = 'refused'),
        count(*) FILTER (WHERE a.status = 'withdrawn'), count(*) FILTER (WHERE a.status = 'lapsed'),
        count(*) FILTER (WHERE a.status IN ('applied', 'in_review')),
        round((percentile_cont(0.5) WITHIN GROUP (ORDER BY a.days))::numeric, 1), now()
    FROM application a
    GROUP BY GROUPING SETS ((a.organization_id, a.name), ())
    ORDER BY a.organization_id IS NULL, a.name, a.organization_id;
END;
COMMENT ON FUNCTION report.applications(volunteer.region_code, date, date) IS
    '网上注册申请统计(志愿服务条例第七条):区划之内各组织(末行合计)按申请日期(起止日均含):申请、通过、不通过、撤回、逾期未决定、未办结件数,决定所用天数的中位数、报表时间';

CREATE FUNCTION report.spot_checks(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, round_id bigint, drawn_on date, seed uuid, population bigint, sample bigint,
        phone bigint, visit bigint, confirmed bigint, inaccurate bigint, denied bigint, unreachable bigint, pending bigint,
        true_percent numeric, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH round AS (
        SELECT o.name, r.round_id, (r.drawn_at AT TIME ZONE 'Asia/Shanghai')::date AS drawn_on, r.seed, r.population, t.*
        FROM registry.spot_check_round r
        JOIN registry.reported_organization o ON o.organization_id = r.organization_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS sample,
                count(*) FILTER (WHERE c.method = 'phone') AS phone, count(*) FILTER (WHERE c.method = 'visit') AS visit,
                count(*) FILTER (WHERE c.status = 'confirmed') AS confirmed,
                count(*) FILTER (WHERE c.status = 'inaccurate') AS inaccurate,
                count(*) FILTER (WHERE c.status = 'denied') AS denied,
                count(*) FILTER (WHERE c.status = 'unreachable') AS unreachable,
                count(*) FILTER (WHERE c.status = 'drawn') AS pending
            FROM registry.spot_check c
            WHERE c.round_id = r.round_id) AS t
        WHERE (r.drawn_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN spot_checks.since AND spot_checks.until
    )
    SELECT spot_checks.since, spot_checks.until, coalesce(r.name, '合计'), r.round_id, r.drawn_on, r.seed,
        sum(r.population)::bigint, sum(r.sample)::bigint, sum(r.phone)::bigint, sum(r.visit)::bigint, sum(r.confirmed)::bigint,
        sum(r.inaccurate)::bigint, sum(r.denied)::bigint, sum(r.unreachable)::bigint, sum(r.pending)::bigint,
        round(100.0 * sum(r.confirmed) / nullif(sum(r.confirmed + r.inaccurate + r.denied), 0), 1), now()
    FROM round r
    GROUP BY GROUPING SETS ((r.round_id, r.name, r.drawn_on, r.seed), ())
    ORDER BY r.round_id IS NULL, r.name, r.round_id;
END;
COMMENT ON FUNCTION report.spot_checks(date, date) IS
    '注册信息抽查统计(电话抽查、走访):按抽样日期(起止日均含)每次抽查一行(末行合计):组织、抽查编号、抽样日期、种子、总体、样本、电话、走访、属实、信息不实、否认注册、联系不上、待查、属实率(占已核实的百分比)、报表时间';

CREATE FUNCTION report.spot_check_findings(since date, until date)
    RETURNS TABLE (
        since date, until date, round_id bigint, organization text, volunteer_no volunteer.volunteer_no, name text,
        registered_by text, finding text, method text, note text, checked_by text, checked_at timestamptz, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT spot_check_findings.since, spot_check_findings.until, c.round_id, o.name, v.volunteer_no, p.masked_name,
        b.actor::text, c.status, c.method, e.reason, e.actor::text, e.at, now()
    FROM registry.spot_check c
    JOIN registry.volunteer v ON v.volunteer_id = c.volunteer_id
    JOIN registry.person p ON p.person_id = v.person_id
    JOIN registry.reported_organization o ON o.organization_id = v.organization_id
    JOIN registry.volunteer_event b ON b.volunteer_id = v.volunteer_id AND b.from_status IS NULL
    JOIN registry.spot_check_event e ON (e.volunteer_id, e.round_id, e.to_status) = (c.volunteer_id, c.round_id, c.status)
    WHERE c.status IN ('inaccurate', 'denied')
        AND (e.at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN spot_check_findings.since AND spot_check_findings.until
    ORDER BY o.name, c.round_id, c.place;
END;
COMMENT ON FUNCTION report.spot_check_findings(date, date) IS
    '抽查问题清单(《志愿服务记录与证明出具办法(试行)》第二十一条):按核查日期(起止日均含):抽查编号、登记组织、志愿者编号、姓名(脱敏)、登记人、结果(inaccurate 信息不实,denied 否认注册)、方式、说明、核查人、核查时间、报表时间';

GRANT EXECUTE ON FUNCTION report.registration(volunteer.region_code, date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.number_blocks(volunteer.region_code) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.applications(volunteer.region_code, date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.spot_checks(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.spot_check_findings(date, date) TO registry_analyst;
