-- Signing of certificates, status lists, seals and transfers between registries.
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

CREATE FUNCTION volunteer.status_list(size integer, indexes integer[], statuses integer[]) RETURNS json
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.status_list(integer, integer[], integer[]) IS
'状态列表: {"bits":2,"lst":…} (draft-ietf-oauth-status-list, section 4): size entries (a multiple of 4, up to 16,777,216) of which each index, from 0, has the status (0 to 3) beside it and all others 0; 22023 for any other size, index or status and for arrays that differ in length, 2202E for arrays of several dimensions, 22004 for a null in them';

CREATE FUNCTION volunteer.sign_status_list(claims json) RETURNS text
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.sign_status_list(json) IS
'签发状态列表: compact JWS (RFC 7515), header {"alg":"ES256","typ":"statuslist+jwt","kid":thumbprint}, payload the bytes of claims as given; 22023 unless claims is an object';

CREATE FUNCTION volunteer.sign_seal(claims json) RETURNS text
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.sign_seal(json) IS
'签发封章: compact JWS (RFC 7515), header {"alg":"ES256","typ":"volunteer-seal+jwt","kid":thumbprint}, payload the bytes of claims as given; 22023 unless claims is an object';

CREATE FUNCTION volunteer.sign_transfer(claims json) RETURNS text
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.sign_transfer(json) IS
'签发转移文件: compact JWS (RFC 7515), header {"alg":"ES256","typ":"volunteer-transfer+jwt","kid":thumbprint}, payload the bytes of claims as given; 22023 unless claims is an object';

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

CREATE FUNCTION volunteer.verify_seal(token text, jwk jsonb) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.verify_seal(text, jsonb) IS
'验证封章: whether the token is a seal signed by this public key, false for anything else; 22023 unless jwk is a P-256 key';

CREATE FUNCTION volunteer.verify_transfer(token text, jwk jsonb) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.verify_transfer(text, jsonb) IS
'验证转移文件: whether the token is a message of a transfer signed by this public key, false for anything else; 22023 unless jwk is a P-256 key';
