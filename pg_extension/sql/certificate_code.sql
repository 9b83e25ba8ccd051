-- Certificate codes (证书编码): what the QR code of a certificate carries.
--
-- The code is an address that cannot be guessed. The check character misses no single wrong character and no swap of
-- neighbours, and turns away 31 of 32 random codes before any lookup.

CREATE TYPE volunteer.certificate_code;

CREATE FUNCTION volunteer.certificate_code_in(cstring) RETURNS volunteer.certificate_code
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.certificate_code_out(volunteer.certificate_code) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.certificate_code_recv(internal) RETURNS volunteer.certificate_code
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'uuid_recv';

CREATE FUNCTION volunteer.certificate_code_send(volunteer.certificate_code) RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'uuid_send';

CREATE TYPE volunteer.certificate_code (
    INPUT = volunteer.certificate_code_in,
    OUTPUT = volunteer.certificate_code_out,
    RECEIVE = volunteer.certificate_code_recv,
    SEND = volunteer.certificate_code_send,
    LIKE = uuid
);

COMMENT ON TYPE volunteer.certificate_code IS
'证书编码: 128 random bits as 26 characters of base 32 in the alphabet of Crockford, and a check character (Damm over GF(32)); reads lower case, - and blanks between, O as 0, I and L as 1; 22P02 unless the check character is right';
COMMENT ON FUNCTION volunteer.certificate_code_in(cstring) IS 'reads the text form';
COMMENT ON FUNCTION volunteer.certificate_code_out(volunteer.certificate_code) IS 'writes the text form';
COMMENT ON FUNCTION volunteer.certificate_code_recv(internal) IS 'reads the binary form';
COMMENT ON FUNCTION volunteer.certificate_code_send(volunteer.certificate_code) IS 'writes the binary form';

-- Sixteen bytes in order, as the server compares a uuid. The server looks functions of language internal up by name in a list of
-- three thousand, at every scan of an index: those that compare are of language c.

CREATE FUNCTION volunteer.certificate_code_lt(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.certificate_code_le(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.certificate_code_eq(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.certificate_code_ge(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.certificate_code_gt(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.certificate_code_ne(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.certificate_code_cmp(volunteer.certificate_code, volunteer.certificate_code) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.certificate_code_hash(volunteer.certificate_code) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'uuid_hash';

CREATE FUNCTION volunteer.certificate_code_hash_extended(volunteer.certificate_code, bigint) RETURNS bigint
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'uuid_hash_extended';

COMMENT ON FUNCTION volunteer.certificate_code_lt(volunteer.certificate_code, volunteer.certificate_code) IS 'implementation of <';
COMMENT ON FUNCTION volunteer.certificate_code_le(volunteer.certificate_code, volunteer.certificate_code) IS 'implementation of <=';
COMMENT ON FUNCTION volunteer.certificate_code_eq(volunteer.certificate_code, volunteer.certificate_code) IS 'implementation of =';
COMMENT ON FUNCTION volunteer.certificate_code_ge(volunteer.certificate_code, volunteer.certificate_code) IS 'implementation of >=';
COMMENT ON FUNCTION volunteer.certificate_code_gt(volunteer.certificate_code, volunteer.certificate_code) IS 'implementation of >';
COMMENT ON FUNCTION volunteer.certificate_code_ne(volunteer.certificate_code, volunteer.certificate_code) IS 'implementation of <>';
COMMENT ON FUNCTION volunteer.certificate_code_cmp(volunteer.certificate_code, volunteer.certificate_code) IS 'btree comparison: negative, zero, positive';
COMMENT ON FUNCTION volunteer.certificate_code_hash(volunteer.certificate_code) IS 'hash';
COMMENT ON FUNCTION volunteer.certificate_code_hash_extended(volunteer.certificate_code, bigint) IS 'hash with a seed';

CREATE OPERATOR volunteer.< (
    FUNCTION = volunteer.certificate_code_lt, LEFTARG = volunteer.certificate_code, RIGHTARG = volunteer.certificate_code,
    COMMUTATOR = OPERATOR(volunteer.>), NEGATOR = OPERATOR(volunteer.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);

CREATE OPERATOR volunteer.<= (
    FUNCTION = volunteer.certificate_code_le, LEFTARG = volunteer.certificate_code, RIGHTARG = volunteer.certificate_code,
    COMMUTATOR = OPERATOR(volunteer.>=), NEGATOR = OPERATOR(volunteer.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);

CREATE OPERATOR volunteer.= (
    FUNCTION = volunteer.certificate_code_eq, LEFTARG = volunteer.certificate_code, RIGHTARG = volunteer.certificate_code,
    COMMUTATOR = OPERATOR(volunteer.=), NEGATOR = OPERATOR(volunteer.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);

CREATE OPERATOR volunteer.>= (
    FUNCTION = volunteer.certificate_code_ge, LEFTARG = volunteer.certificate_code, RIGHTARG = volunteer.certificate_code,
    COMMUTATOR = OPERATOR(volunteer.<=), NEGATOR = OPERATOR(volunteer.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);

CREATE OPERATOR volunteer.> (
    FUNCTION = volunteer.certificate_code_gt, LEFTARG = volunteer.certificate_code, RIGHTARG = volunteer.certificate_code,
    COMMUTATOR = OPERATOR(volunteer.<), NEGATOR = OPERATOR(volunteer.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

CREATE OPERATOR volunteer.<> (
    FUNCTION = volunteer.certificate_code_ne, LEFTARG = volunteer.certificate_code, RIGHTARG = volunteer.certificate_code,
    COMMUTATOR = OPERATOR(volunteer.<>), NEGATOR = OPERATOR(volunteer.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR volunteer.< (volunteer.certificate_code, volunteer.certificate_code) IS 'less than';
COMMENT ON OPERATOR volunteer.<= (volunteer.certificate_code, volunteer.certificate_code) IS 'less than or equal';
COMMENT ON OPERATOR volunteer.= (volunteer.certificate_code, volunteer.certificate_code) IS 'equal';
COMMENT ON OPERATOR volunteer.>= (volunteer.certificate_code, volunteer.certificate_code) IS 'greater than or equal';
COMMENT ON OPERATOR volunteer.> (volunteer.certificate_code, volunteer.certificate_code) IS 'greater than';
COMMENT ON OPERATOR volunteer.<> (volunteer.certificate_code, volunteer.certificate_code) IS 'not equal';

CREATE OPERATOR CLASS volunteer.certificate_code_ops DEFAULT FOR TYPE volunteer.certificate_code USING btree AS
    OPERATOR 1 volunteer.<,
    OPERATOR 2 volunteer.<=,
    OPERATOR 3 volunteer.=,
    OPERATOR 4 volunteer.>=,
    OPERATOR 5 volunteer.>,
    FUNCTION 1 volunteer.certificate_code_cmp(volunteer.certificate_code, volunteer.certificate_code),
    FUNCTION 2 (volunteer.certificate_code, volunteer.certificate_code) uuid_sortsupport(internal),
    FUNCTION 4 (volunteer.certificate_code, volunteer.certificate_code) btequalimage(oid);

CREATE OPERATOR CLASS volunteer.certificate_code_ops DEFAULT FOR TYPE volunteer.certificate_code USING hash AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 volunteer.certificate_code_hash(volunteer.certificate_code),
    FUNCTION 2 volunteer.certificate_code_hash_extended(volunteer.certificate_code, bigint);

CREATE OPERATOR CLASS volunteer.certificate_code_bloom_ops DEFAULT FOR TYPE volunteer.certificate_code USING brin AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 brin_bloom_opcinfo(internal),
    FUNCTION 2 brin_bloom_add_value(internal, internal, internal, internal),
    FUNCTION 3 brin_bloom_consistent(internal, internal, internal, integer),
    FUNCTION 4 brin_bloom_union(internal, internal, internal),
    FUNCTION 5 brin_bloom_options(internal),
    FUNCTION 11 volunteer.certificate_code_hash(volunteer.certificate_code);

COMMENT ON OPERATOR FAMILY volunteer.certificate_code_ops USING btree IS '证书编码';
COMMENT ON OPERATOR CLASS volunteer.certificate_code_ops USING btree IS '证书编码';
COMMENT ON OPERATOR FAMILY volunteer.certificate_code_ops USING hash IS '证书编码';
COMMENT ON OPERATOR CLASS volunteer.certificate_code_ops USING hash IS '证书编码';
COMMENT ON OPERATOR FAMILY volunteer.certificate_code_bloom_ops USING brin IS '证书编码: Bloom filters';
COMMENT ON OPERATOR CLASS volunteer.certificate_code_bloom_ops USING brin IS '证书编码: Bloom filters';

CREATE FUNCTION volunteer.gen_certificate_code() RETURNS volunteer.certificate_code
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.gen_certificate_code() IS '生成证书编码: 128 bits from a strong source';

CREATE FUNCTION volunteer.grouped(volunteer.certificate_code) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'certificate_code_grouped';

COMMENT ON FUNCTION volunteer.grouped(volunteer.certificate_code) IS
'分组书写: groups of five joined by -, as printed beside the QR code';
