-- The seals, and whether what they vouch for is still as it was.

CREATE FUNCTION report.seal_verification(since date, until date)
    RETURNS TABLE (
        since date, until date, seal_id bigint, sealed_at timestamptz, events bigint, token_sha256 text, problems bigint,
        findings text, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.require_analyst(NULL);
    WITH problem AS MATERIALIZED (
        SELECT v.seal_id, count(*) AS problems, string_agg(DISTINCT v.problem, '、' ORDER BY v.problem) AS findings
        FROM registry.verify_seals() AS v
        GROUP BY v.seal_id
    ), checked AS (
        SELECT coalesce(s.seal_id, p.seal_id) AS seal_id, s.sealed_at, s.size,
            encode(sha256(convert_to(s.token, 'UTF8')), 'hex') AS token_sha256, p.problems, p.findings
        FROM registry.seal s
        FULL JOIN problem p ON p.seal_id = s.seal_id
        WHERE s.seal_id IS NULL
            OR (s.sealed_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN seal_verification.since AND seal_verification.until
    )
    SELECT seal_verification.since, seal_verification.until, c.seal_id, c.sealed_at, coalesce(sum(c.size), 0), c.token_sha256,
        coalesce(sum(c.problems), 0)::bigint, c.findings, now()
    FROM checked c
    GROUP BY GROUPING SETS ((c.seal_id, c.sealed_at, c.token_sha256, c.findings), ())
    ORDER BY c.seal_id;
END;
COMMENT ON FUNCTION report.seal_verification(date, date) IS
    '封章核验(《志愿服务记录与证明出具办法(试行)》第三条):期间内(起止日均含)的封章和已不在的封章(末行合计):序号、封章时间、事件数、令牌的 SHA-256、问题数、问题(见 registry.verify_seals)、报表时间;核验全部事件,用时与事件数成正比;全库一章,不分区划,只给任职于全部组织所在地的统计员';

GRANT EXECUTE ON FUNCTION report.seal_verification(date, date) TO registry_analyst;
