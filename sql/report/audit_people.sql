-- Audit of people and certificates. Being listed is a question, not a finding.

CREATE FUNCTION report.zero_hour_registrations(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, region volunteer.region_code, registered bigint, zero_hour bigint, share numeric,
        most_in_a_day bigint, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off
BEGIN ATOMIC
    SELECT registry.require_analyst();
    WITH day AS (
        SELECT v.organization_id, v.registered_on, count(*) AS registered, count(*) - count(y.volunteer_id) AS zero_hour
        FROM registry.volunteer v
        LEFT JOIN (SELECT DISTINCT y.volunteer_id FROM registry.volunteer_year y WHERE y.records > 0) AS y
            ON y.volunteer_id = v.volunteer_id
        WHERE v.registered_on BETWEEN zero_hour_registrations.since AND zero_hour_registrations.until AND v.status = 'active'
        GROUP BY v.organization_id, v.registered_on
    )
    SELECT zero_hour_registrations.since, zero_hour_registrations.until,
        CASE WHEN grouping(o.organization_id) = 0 THEN max(o.name) ELSE '合计' END,
        CASE WHEN grouping(o.organization_id) = 0 THEN max(o.region::text) END::volunteer.region_code,
        sum(d.registered)::bigint, sum(d.zero_hour)::bigint, round(sum(d.zero_hour) / sum(d.registered), 4), max(d.zero_hour), now()
    FROM day d
    JOIN registry.reported_organization o ON o.organization_id = d.organization_id
    GROUP BY ROLLUP (o.organization_id)
    HAVING sum(d.zero_hour) > 0
    ORDER BY grouping(o.organization_id), 6 DESC, 3;
END;
COMMENT ON FUNCTION report.zero_hour_registrations(date, date) IS
    '零时长注册(志愿服务条例第七条):期间内(按注册日期,起止日均含)注册、现仍在册而没有一条生效记录的志愿者,按登记组织(末行合计):区划、注册人数、零时长人数与比例、同一天注册的零时长人数最多者、报表时间;新注册的尚在服务,宜选一年以前的期间';

-- Names are compared here; analysts see them masked.
CREATE FUNCTION registry.people_alike() RETURNS TABLE (name text, birth_year integer, volunteer_ids bigint[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET work_mem = '256MB' SET jit = off
BEGIN ATOMIC
    SELECT registry.masked_name(s.name), extract(year FROM s.birth_date)::integer, s.volunteer_ids
    FROM (
        SELECT p.name, p.birth_date, array_agg(p.person_id) AS person_ids, array_agg(v.volunteer_id) AS volunteer_ids
        FROM registry.person p
        JOIN registry.volunteer v ON v.person_id = p.person_id AND v.status <> 'merged'
        WHERE p.erased_at IS NULL
        GROUP BY p.name, p.birth_date, p.sex
        HAVING count(*) > 1
    ) AS s
    WHERE cardinality(s.volunteer_ids) > (
        SELECT count(DISTINCT d.person_id) FROM registry.identity_document d
        WHERE d.person_id = ANY (s.person_ids) AND d.kind = 'citizen_id');
END;
COMMENT ON FUNCTION registry.people_alike() IS
    '姓名、性别、出生日期相同的在册注册,其中至少一次不是以居民身份证登记:姓名(脱敏)、出生年份、各志愿者';

CREATE VIEW report.suspected_duplicate_people WITH (security_barrier = true, security_invoker = true) AS
SELECT
    s.name,
    s.birth_year,
    count(*) AS registrations,
    array_agg(DISTINCT v.volunteer_no::text ORDER BY v.volunteer_no::text) AS volunteer_nos,
    array_agg(DISTINCT o.name) AS organizations,
    min(v.registered_on) AS first_registered_on,
    max(v.registered_on) AS last_registered_on,
    now() AS reported_at
FROM registry.people_alike() AS s
JOIN registry.volunteer v ON v.volunteer_id = ANY (s.volunteer_ids)
JOIN registry.organization o ON o.organization_id = v.organization_id
GROUP BY s.name, s.birth_year, s.volunteer_ids;
COMMENT ON VIEW report.suspected_duplicate_people IS
    '疑似重复注册(志愿服务条例第七条):姓名、性别、出生日期相同的多次注册,其中至少一次不是以居民身份证登记(两个不同的身份证号是两个人,不列);姓名脱敏';
COMMENT ON COLUMN report.suspected_duplicate_people.name IS '姓名(脱敏)';
COMMENT ON COLUMN report.suspected_duplicate_people.birth_year IS '出生年份';
COMMENT ON COLUMN report.suspected_duplicate_people.registrations IS '注册次数';
COMMENT ON COLUMN report.suspected_duplicate_people.volunteer_nos IS '各志愿者编号';
COMMENT ON COLUMN report.suspected_duplicate_people.organizations IS '各登记组织';
COMMENT ON COLUMN report.suspected_duplicate_people.first_registered_on IS '最早注册日期';
COMMENT ON COLUMN report.suspected_duplicate_people.last_registered_on IS '最晚注册日期';
COMMENT ON COLUMN report.suspected_duplicate_people.reported_at IS '报表时间';

CREATE FUNCTION report.verification(since date, until date)
    RETURNS TABLE (
        since date, until date, organization text, certificates bigint, valid bigint, suspended bigint, revoked bigint,
        viewed bigint, views bigint, last_viewed_at timestamptz, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst();
    SELECT verification.since, verification.until, CASE WHEN grouping(o.organization_id) = 0 THEN max(o.name) ELSE '合计' END, count(*),
        count(*) FILTER (WHERE c.status = 'valid'), count(*) FILTER (WHERE c.status = 'suspended'),
        count(*) FILTER (WHERE c.status = 'revoked'), count(*) FILTER (WHERE w.views > 0), coalesce(sum(w.views), 0)::bigint,
        max(w.last_viewed_at), now()
    FROM registry.certificate c
    JOIN registry.reported_organization o ON o.organization_id = c.organization_id
    LEFT JOIN registry.certificate_view w ON (w.volunteer_id, w.certificate_id) = (c.volunteer_id, c.certificate_id)
    WHERE (c.issued_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN verification.since AND verification.until
    GROUP BY ROLLUP (o.organization_id)
    HAVING count(*) > 0
    ORDER BY grouping(o.organization_id), 9 DESC, 3;
END;
COMMENT ON FUNCTION report.verification(date, date) IS
    '证明查验统计(《志愿服务记录与证明出具办法(试行)》第十七条):按首次签发日期(起止日均含)与出具单位(末行合计):证明数、有效、暂停、撤销数、被查验过的证明数、查验次数、最近一次查验、报表时间';

GRANT EXECUTE ON FUNCTION report.zero_hour_registrations(date, date) TO registry_analyst;
GRANT EXECUTE ON FUNCTION report.verification(date, date) TO registry_analyst;
GRANT SELECT ON report.suspected_duplicate_people TO registry_analyst;
