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

GRANT EXECUTE ON FUNCTION verify.certificates(text[]) TO registry_verifier;
GRANT EXECUTE ON FUNCTION verify.certificate_states(text[]) TO registry_verifier;
