-- What was shared for a time. Unknown, expired and withdrawn shares answer alike: no row.

CREATE FUNCTION verify.shared_certificate(share_code text)
    RETURNS TABLE (
        code text, status text, status_since timestamptz, reason text, token text, expires_at timestamptz,
        checked_at timestamptz)
    LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT c.code::text, c.status, c.status_since, c.reason, c.token || '~' || registry.disclosed(c, s.claims),
        s.expires_at, clock_timestamp()
    FROM registry.share s
    JOIN registry.certificate c USING (volunteer_id, certificate_id)
    WHERE s.code_sha256 = sha256(convert_to(shared_certificate.share_code::volunteer.certificate_code::text, 'UTF8'))
        AND s.withdrawn_at IS NULL
        AND s.expires_at > clock_timestamp()
        AND c.status = 'valid'
        AND registry.disclosed(c, s.claims) IS NOT NULL;
END
$$;
COMMENT ON FUNCTION verify.shared_certificate(text) IS
    '按分享码取证明:有效期内、未收回且证明有效时一行,令牌后附持证人所选的披露(SD-JWT,RFC 9901);否则无行。错误 22P02 分享码有误';

GRANT EXECUTE ON FUNCTION verify.shared_certificate(text) TO registry_verifier;
