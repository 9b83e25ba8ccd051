-- Audit of review: how batches were entered and passed. Being listed is a question, not a finding.
-- Memory and plans as in audit_hours.sql.

CREATE FUNCTION report.review_quality(since date, until date)
    RETURNS TABLE (
        since date, until date, reviewer name, name text, batches bigint, refused bigint, refused_share numeric, records bigint,
        voided bigint, median_minutes numeric, within_a_minute bigint, most_batches_in_an_hour bigint,
        most_records_in_an_hour numeric, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH reviewed AS (
        SELECT b.reviewed_by, b.reviewed_at, b.reviewed_at - b.recorded_at AS waited, b.status = 'refused' AS refused, n.records, n.voided,
            count(*) OVER hour AS batches_of_hour, sum(n.records) OVER hour AS records_of_hour
        FROM registry.record_batch b
        JOIN registry.reported_organization o ON o.organization_id = b.organization_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS records, count(*) FILTER (WHERE r.status = 'voided') AS voided
            FROM registry.service_record r WHERE r.batch_id = b.batch_id) AS n
        WHERE b.reviewed_at >= review_quality.since::timestamp AT TIME ZONE 'Asia/Shanghai'
            AND b.reviewed_at < (review_quality.until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
        WINDOW hour AS (
            PARTITION BY b.reviewed_by ORDER BY b.reviewed_at RANGE BETWEEN interval '1 hour' PRECEDING AND CURRENT ROW)
    )
    SELECT review_quality.since, review_quality.until, w.reviewed_by, (
            SELECT string_agg(DISTINCT p.masked_name, '、')
            FROM registry.persons_of(w.reviewed_by) AS s (person_id)
            JOIN registry.person p ON p.person_id = s.person_id AND p.merged_into IS NULL),
        count(*), count(*) FILTER (WHERE w.refused), round(count(*) FILTER (WHERE w.refused)::numeric / count(*), 4),
        sum(w.records)::bigint, sum(w.voided)::bigint,
        round((extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY w.waited)) / 60)::numeric, 1),
        count(*) FILTER (WHERE w.waited < interval '1 minute'), max(w.batches_of_hour), max(w.records_of_hour), now()
    FROM reviewed w
    GROUP BY w.reviewed_by
    ORDER BY 11 DESC, 5 DESC, w.reviewed_by;
END;
COMMENT ON FUNCTION report.review_quality(date, date) IS
    '审核质量(《志愿服务记录与证明出具办法(试行)》第三条、第二十一条):任职区划的组织的批次,按审核日期(起止日均含)与审核人(数据库角色):姓名(脱敏)、审核批次数、不通过数与比例、记录条数、事后作废条数、录入到审核的中位分钟数、录入后一分钟内即审核的批次数、一小时内最多审核的批次数与记录条数、报表时间';

CREATE FUNCTION report.mutual_review(since date, until date)
    RETURNS TABLE (
        since date, until date, first text, second text, first_roles name[], second_roles name[], first_reviewed_second bigint,
        second_reviewed_first bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET jit = off
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH reviewed AS (
        SELECT b.recorded_by, b.reviewed_by, count(*) AS batches
        FROM registry.record_batch b
        JOIN registry.reported_organization o ON o.organization_id = b.organization_id
        WHERE b.reviewed_at >= mutual_review.since::timestamp AT TIME ZONE 'Asia/Shanghai'
            AND b.reviewed_at < (mutual_review.until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
            AND b.status <> 'refused'
        GROUP BY b.recorded_by, b.reviewed_by
    ), passed AS (
        SELECT c.person_id AS recorder, w.person_id AS reviewer, sum(r.batches)::bigint AS batches,
            array_agg(DISTINCT r.recorded_by) AS recorder_roles, array_agg(DISTINCT r.reviewed_by) AS reviewer_roles
        FROM reviewed r
        CROSS JOIN registry.persons_of(r.recorded_by) AS c (person_id)
        CROSS JOIN registry.persons_of(r.reviewed_by) AS w (person_id)
        GROUP BY c.person_id, w.person_id
    )
    SELECT mutual_review.since, mutual_review.until, f.masked_name, s.masked_name,
        array_cat(there.recorder_roles, back.reviewer_roles), array_cat(there.reviewer_roles, back.recorder_roles),
        back.batches, there.batches, now()
    FROM passed there
    JOIN passed back ON (back.recorder, back.reviewer) = (there.reviewer, there.recorder)
    JOIN registry.person f ON f.person_id = there.recorder AND f.merged_into IS NULL
    JOIN registry.person s ON s.person_id = there.reviewer AND s.merged_into IS NULL
    WHERE there.recorder < there.reviewer
    ORDER BY there.batches + back.batches DESC, there.recorder, there.reviewer;
END;
COMMENT ON FUNCTION report.mutual_review(date, date) IS
    '互相审核(《志愿服务记录与证明出具办法(试行)》第三条、第二十一条):期间内(按审核日期)任职区划的组织的批次,甲通过乙录入的、乙也通过甲录入的:甲、乙姓名(脱敏)、各自的角色、甲审核乙的批次数、乙审核甲的批次数、报表时间';

CREATE FUNCTION report.reused_evidence(since date, until date)
    RETURNS TABLE (
        since date, until date, evidence text, batches bigint, organizations bigint, recorders bigint, first_recorded_at timestamptz,
        last_recorded_at timestamptz, records bigint, hours volunteer.service_hours, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH reused AS (
        SELECT b.evidence_sha256, array_agg(b.batch_id) AS batch, count(*) AS batches,
            count(DISTINCT b.organization_id) AS organizations, count(DISTINCT b.recorded_by) AS recorders,
            min(b.recorded_at) AS first_recorded_at, max(b.recorded_at) AS last_recorded_at
        FROM registry.record_batch b
        JOIN registry.reported_organization o ON o.organization_id = b.organization_id
        WHERE b.evidence_sha256 IS NOT NULL AND b.status <> 'refused'
        GROUP BY b.evidence_sha256
        HAVING count(*) > 1
            AND max(b.recorded_at) >= reused_evidence.since::timestamp AT TIME ZONE 'Asia/Shanghai'
            AND max(b.recorded_at) < (reused_evidence.until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
    )
    SELECT reused_evidence.since, reused_evidence.until, encode(u.evidence_sha256, 'hex'), u.batches, u.organizations,
        u.recorders, u.first_recorded_at, u.last_recorded_at, n.records, n.hours, now()
    FROM reused u
    CROSS JOIN LATERAL (
        SELECT count(*) AS records, coalesce(sum(r.hours), '0:00') AS hours
        FROM registry.service_record r WHERE r.batch_id = ANY (u.batch) AND r.live) AS n
    ORDER BY u.batches DESC, u.last_recorded_at DESC, u.evidence_sha256;
END;
COMMENT ON FUNCTION report.reused_evidence(date, date) IS
    '重复使用的证明材料(《志愿服务记录与证明出具办法(试行)》第三条、第二十一条):同一 SHA-256 用于任职区划的组织的多个批次(不通过的不计,故退回后重报不列),最后一次录入在期间内(起止日均含):材料的 SHA-256、批次数、组织数、记录人数、首次与末次录入时间、记录条数、时长、报表时间';

CREATE FUNCTION report.identical_rosters(since date, until date, people integer DEFAULT 5)
    RETURNS TABLE (
        since date, until date, people integer, volunteers bigint, rosters bigint, days bigint, batches bigint, organizations text,
        projects text, first_day date, last_day date, hours volunteer.service_hours, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off SET enable_sort = off
BEGIN ATOMIC
    SELECT registry.require_analyst();
    -- Who served from when to when, whatever the order of the lines: two lists of equal fingerprint and length are the same.
    WITH roster AS (
        SELECT r.batch_id, r.service_date, r.organization_id, r.project_id, count(*) AS volunteers, sum(r.hours) AS hours,
            bit_xor(hashint8extended(r.volunteer_id, 1440 * r.minutes
                + (extract(epoch FROM lower(r.period) AT TIME ZONE 'Asia/Shanghai' - r.service_date) / 60)::bigint)) AS fingerprint
        FROM registry.service_record r
        WHERE r.service_date BETWEEN identical_rosters.since AND identical_rosters.until AND r.live AND r.entry_method IN (1, 2)
        GROUP BY r.batch_id, r.service_date, r.organization_id, r.project_id
        HAVING count(*) >= identical_rosters.people
    )
    SELECT identical_rosters.since, identical_rosters.until, identical_rosters.people, t.volunteers, count(*),
        count(DISTINCT t.service_date), count(DISTINCT t.batch_id), string_agg(DISTINCT o.name, '、'),
        string_agg(DISTINCT j.name, '、'), min(t.service_date), max(t.service_date), sum(t.hours), now()
    FROM roster t
    JOIN registry.reported_organization o ON o.organization_id = t.organization_id
    JOIN registry.project j ON j.project_id = t.project_id
    GROUP BY t.fingerprint, t.volunteers
    HAVING count(*) > 1
    ORDER BY count(*) DESC, sum(t.hours) DESC, min(t.service_date);
END;
COMMENT ON FUNCTION report.identical_rosters(date, date, integer) IS
    '雷同名册(《志愿服务记录与证明出具办法(试行)》第三条、第二十一条):任职区划的组织申报的记录中,同一批次、日期、组织、项目为一份名册,人数不少于 people 且人员、起止时刻完全相同的名册出现多次:每份人数、名册份数、天数、批次数、组织、项目、首日、末日、时长合计、报表时间;签到形成的记录不计';

CREATE FUNCTION report.back_fill(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, records bigint, back_filled bigint, share numeric, hours volunteer.service_hours,
        back_filled_hours volunteer.service_hours, measured_hours volunteer.service_hours, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off SET enable_sort = off
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT back_fill.since, back_fill.until, CASE WHEN grouping(o.organization_id) = 0 THEN max(o.name) ELSE '合计' END, sum(s.records)::bigint,
        coalesce(sum(s.records) FILTER (WHERE s.back_fill), 0)::bigint,
        round(coalesce(sum(s.records) FILTER (WHERE s.back_fill), 0) / sum(s.records), 4), sum(s.hours),
        coalesce(sum(s.hours) FILTER (WHERE s.back_fill), '0:00'), sum(s.hours) - sum(s.declared), now()
    FROM (
        SELECT r.organization_id, f.back_fill, count(*) AS records, sum(r.hours) AS hours, sum(r.declared) AS declared
        FROM registry.service_record r
        JOIN registry.record_batch b ON b.batch_id = r.batch_id
        -- What came from another registry was in time there.
        CROSS JOIN LATERAL (SELECT b.back_fill AND b.source <> 'transfer' AS back_fill) AS f
        WHERE r.service_date BETWEEN back_fill.since AND back_fill.until AND r.live
        GROUP BY r.organization_id, f.back_fill
    ) AS s
    JOIN registry.reported_organization o ON o.organization_id = s.organization_id
    GROUP BY ROLLUP (o.organization_id)
    ORDER BY grouping(o.organization_id), 6 DESC, 3;
END;
COMMENT ON FUNCTION report.back_fill(date, date) IS
    '补录比例(《志愿服务记录与证明出具办法(试行)》第十一条):按服务日期(起止日均含)与记录组织(末行合计):记录条数、其中补录(转入的不是补录)条数与比例、时长、其中补录时长、系统计时的时长、报表时间';

GRANT EXECUTE ON FUNCTION report.review_quality(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.mutual_review(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.reused_evidence(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.identical_rosters(date, date, integer) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.back_fill(date, date) TO registry_analyst;
