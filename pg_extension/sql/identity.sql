-- Digests of identity document numbers.
--
-- The key is a file named by the superuser-only setting volunteer.identity_key_file: 64 hexadecimal digits, mode 0600,
-- owned by the server's user. Make one with
--     openssl rand -hex 32 > identity.key
-- Numbers cannot be recovered from digests without the key, and all digests are void without it: keep a copy.

CREATE FUNCTION volunteer.identity_digest(kind text, number text) RETURNS bytea
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.identity_digest(text, text) IS
'证件号码摘要: 32 bytes, HMAC-SHA-256 (RFC 2104) over kind, a zero byte and the number in one spelling (full-width as ASCII, capitals, without spaces, hyphens and brackets; of kind citizen_id the 18-character form, and an error unless it is a valid citizen_id)';
