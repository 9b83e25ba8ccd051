-- Personal data that is stored encrypted.
--
-- The keys are in a file named by the superuser-only setting volunteer.sealing_key_file: a line for each, its number (1 to
-- 65535), a space and 64 hexadecimal digits, numbers ascending, mode 0600, owned by the server's user. Make the first with
--     echo "1 $(openssl rand -hex 32)" > sealing.keys
-- The last key seals; a value names its key, so that those before it still open what they sealed. Nothing opens a value
-- whose key is lost: keep a copy.

CREATE FUNCTION volunteer.seal_identity(value text, context text) RETURNS bytea
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.seal_identity(text, text) IS
'加密个人信息: AES-256-GCM with the newest key and a random nonce; opens only with the same context, say the key of the row; 31 bytes longer than the value in UTF-8; F0000 unless the key file is sound';

CREATE FUNCTION volunteer.open_identity(sealed bytea, context text) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.open_identity(bytea, text) IS
'解密个人信息: what was sealed; 22023 when it was altered or sealed for another context, 22P03 when it is no sealed value, F0000 when its key is not in the file';

CREATE FUNCTION volunteer.sealing_key() RETURNS integer
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.sealing_key() IS '现用加密密钥: number of the key that seals; F0000 unless the key file is sound';

CREATE FUNCTION volunteer.sealed_with(sealed bytea) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.sealed_with(bytea) IS
'加密所用密钥: number of the key that a value was sealed with; 22P03 when it is no sealed value';
