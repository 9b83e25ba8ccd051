-- Public keys, as a JSON Web Key Set.

CREATE FUNCTION verify.public_keys() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT jsonb_build_object('keys', coalesce(jsonb_agg(k.jwk ORDER BY k.not_before, k.kid), '[]'))
    FROM registry.signing_key k
    WHERE k.compromised_at IS NULL;
END;
COMMENT ON FUNCTION verify.public_keys() IS
    '公钥集(RFC 7517 第 5 节 JWK Set):曾用于签发的全部公钥,已泄露的除外';

GRANT EXECUTE ON FUNCTION verify.public_keys() TO registry_verifier;
