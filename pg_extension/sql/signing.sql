-- Signing of certificates.
--
-- The private key is a file named by the superuser-only setting volunteer.signing_key_file: PEM, P-256, mode 0600,
-- owned by the server's user. Make one with
--     openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out signing.pem
-- and name it for one database only:
--     ALTER DATABASE registry SET volunteer.signing_key_file = '/etc/volunteer/signing.pem';
-- Who owns a database may sign with the key that it is given, so do not set it for the cluster.
-- The file is read again when it changes. A missing, unsafe or unusable file is an error (F0000 or that of the file).

CREATE FUNCTION volunteer.sign_certificate(claims json) RETURNS text
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.sign_certificate(json) IS
'签发令牌: compact JWS (RFC 7515), header {"alg":"ES256","typ":"dc+sd-jwt","kid":thumbprint}, payload the bytes of claims as given; 22023 unless claims is an object';

CREATE FUNCTION volunteer.signing_public_key() RETURNS jsonb
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.signing_public_key() IS
'签名公钥: JSON Web Key (RFC 7517) of the key that signs now; kid is its thumbprint (RFC 7638, SHA-256)';

CREATE FUNCTION volunteer.verify_certificate(token text, jwk jsonb) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.verify_certificate(text, jsonb) IS
'验证令牌: whether the token is a certificate signed by this public key, false for anything else; 22023 unless jwk is a P-256 key';

-- Whoever may call this may put words into the issuer's mouth.
REVOKE EXECUTE ON FUNCTION volunteer.sign_certificate(json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION volunteer.sign_certificate(json) TO pg_database_owner;
