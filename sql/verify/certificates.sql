-- Lookups by the verification page. What is not there and what may not be seen answer alike: no row.

CREATE FUNCTION registry.refuse_codes() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'invalid_parameter_value',
        CONSTRAINT = 'at_most_200_codes',
        MESSAGE = 'At most 200 codes are taken at once.';
END
$$;
COMMENT ON FUNCTION registry.refuse_codes() IS '拒绝一次超过 200 个查验码:错误 22023 at_most_200_codes';

-- The plan is the same for every array, and making it costs more than the lookup.
CREATE FUNCTION verify.certificates(codes text[])
    RETURNS TABLE (code text, status text, status_since timestamptz, reason text, token text, checked_at timestamptz)
    LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
    SET search_path = pg_catalog, volunteer, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF cardinality(codes) > 200 THEN
        PERFORM registry.refuse_codes();
    END IF;
    RETURN QUERY
    SELECT c.code::text, c.status, c.status_since, c.reason, c.token, clock_timestamp()
    FROM registry.certificate c
    WHERE c.code = ANY (codes::volunteer.certificate_code[]);
END
$$;
COMMENT ON FUNCTION verify.certificates(text[]) IS
    '按查验码查证,每个存在的证明一行:查验码(27 位规范写法)、状态(valid、revoked、suspended、superseded)、状态起始时间、理由代码、令牌、查验时间;一次至多 200 个;错误 22023 at_most_200_codes、22P02 查验码有误';

-- A token is 2 kB and never changes: who has it needs to hear that it is still the same.
CREATE FUNCTION verify.certificate_states(codes text[])
    RETURNS TABLE (code text, status text, status_since timestamptz, reason text, token_sha256 bytea, checked_at timestamptz)
    LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
    SET search_path = pg_catalog, volunteer, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF cardinality(codes) > 200 THEN
        PERFORM registry.refuse_codes();
    END IF;
    RETURN QUERY
    SELECT c.code::text, c.status, c.status_since, c.reason, c.token_sha256, clock_timestamp()
    FROM registry.certificate c
    WHERE c.code = ANY (codes::volunteer.certificate_code[]);
END
$$;
COMMENT ON FUNCTION verify.certificate_states(text[]) IS
    '按查验码查证,同 verify.certificates(text[]),但以令牌的 SHA-256 代替令牌,供已持有并验证过令牌者使用;错误 22023 at_most_200_codes、22P02 查验码有误';

CREATE TABLE verify.failed_lookup (
    bucket integer PRIMARY KEY,
    failures integer NOT NULL,
    since timestamptz NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE verify.failed_lookup IS
    '按编号查证的失败次数,满一小时重新计数;编号散列到 2^20 个桶,存在与不存在的编号一视同仁,表的大小有限';
COMMENT ON COLUMN verify.failed_lookup.bucket IS '证明编号的散列';
COMMENT ON COLUMN verify.failed_lookup.failures IS '失败次数';
COMMENT ON COLUMN verify.failed_lookup.since IS '本轮计数起始时间';

CREATE FUNCTION verify.certificate_by_number(number text, holder_name text)
    RETURNS TABLE (code text, status text, status_since timestamptz, reason text, token text, checked_at timestamptz)
    LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    wanted CONSTANT text := upper(registry.clean_text(number));
    wanted_bucket CONSTANT integer := hashtext(wanted) & 1048575;
    failures_if_wrong integer;
    found_code text;
BEGIN
    -- Counted before it is judged: guesses in parallel wait for one another on the row.
    INSERT INTO verify.failed_lookup AS l (bucket, failures, since) VALUES (wanted_bucket, 1, now())
    ON CONFLICT (bucket) DO UPDATE
    SET (failures, since) = (
        SELECT CASE WHEN expired THEN 1 ELSE l.failures + 1 END, CASE WHEN expired THEN now() ELSE l.since END
        FROM (VALUES (l.since < now() - interval '1 hour')) AS age (expired))
    RETURNING l.failures INTO failures_if_wrong;

    SELECT c.code::text INTO found_code
    FROM registry.certificate c
    JOIN registry.volunteer v USING (volunteer_id)
    JOIN registry.person p USING (person_id)
    WHERE c.number = wanted AND p.name = registry.clean_text(holder_name) AND p.erased_at IS NULL;

    IF found_code IS NOT NULL AND failures_if_wrong <= 5 THEN
        UPDATE verify.failed_lookup l SET failures = l.failures - 1 WHERE l.bucket = wanted_bucket;
        RETURN QUERY SELECT * FROM verify.certificates(ARRAY[found_code]);
    END IF;
END
$$;
COMMENT ON FUNCTION verify.certificate_by_number(text, text) IS
    '按证明编号和持证人全名查证:两者都符才有一行,编号不存在、姓名不符、失败过多一律无行;同一编号每小时至多失败 5 次;要计数,只能在主库调用';

GRANT EXECUTE ON FUNCTION verify.certificates(text[]) TO registry_verifier;
GRANT EXECUTE ON FUNCTION verify.certificate_states(text[]) TO registry_verifier;
GRANT EXECUTE ON FUNCTION verify.certificate_by_number(text, text) TO registry_verifier;
