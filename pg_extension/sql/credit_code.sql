-- Unified social credit codes (统一社会信用代码) of organisations.
--
-- GB 32100-2015. Neither the pairs of department and category nor the check character inside the organisation code are
-- enforced: codes in use depart from both. A code of digits alone may also be a valid citizen_id, so keep the kind of a
-- number beside it.

CREATE TYPE volunteer.credit_code;

CREATE FUNCTION volunteer.credit_code_in(cstring) RETURNS volunteer.credit_code
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.credit_code_out(volunteer.credit_code) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.credit_code_recv(internal) RETURNS volunteer.credit_code
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.credit_code_send(volunteer.credit_code) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE TYPE volunteer.credit_code (
    INPUT = volunteer.credit_code_in,
    OUTPUT = volunteer.credit_code_out,
    RECEIVE = volunteer.credit_code_recv,
    SEND = volunteer.credit_code_send,
    INTERNALLENGTH = 18,
    ALIGNMENT = char
);

COMMENT ON TYPE volunteer.credit_code IS
'统一社会信用代码 (GB 32100-2015): 18 characters; reads lower case as well; 22P02 unless the place is six digits and the check character (MOD 31) is right';
COMMENT ON FUNCTION volunteer.credit_code_in(cstring) IS 'reads the text form';
COMMENT ON FUNCTION volunteer.credit_code_out(volunteer.credit_code) IS 'writes the text form';
COMMENT ON FUNCTION volunteer.credit_code_recv(internal) IS 'reads the binary form';
COMMENT ON FUNCTION volunteer.credit_code_send(volunteer.credit_code) IS 'writes the binary form';

-- Bytes in order.

CREATE FUNCTION volunteer.credit_code_lt(volunteer.credit_code, volunteer.credit_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.credit_code_le(volunteer.credit_code, volunteer.credit_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.credit_code_eq(volunteer.credit_code, volunteer.credit_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.credit_code_ge(volunteer.credit_code, volunteer.credit_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.credit_code_gt(volunteer.credit_code, volunteer.credit_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.credit_code_ne(volunteer.credit_code, volunteer.credit_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.credit_code_cmp(volunteer.credit_code, volunteer.credit_code) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.credit_code_hash(volunteer.credit_code) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.credit_code_hash_extended(volunteer.credit_code, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.credit_code_lt(volunteer.credit_code, volunteer.credit_code) IS 'implementation of <';
COMMENT ON FUNCTION volunteer.credit_code_le(volunteer.credit_code, volunteer.credit_code) IS 'implementation of <=';
COMMENT ON FUNCTION volunteer.credit_code_eq(volunteer.credit_code, volunteer.credit_code) IS 'implementation of =';
COMMENT ON FUNCTION volunteer.credit_code_ge(volunteer.credit_code, volunteer.credit_code) IS 'implementation of >=';
COMMENT ON FUNCTION volunteer.credit_code_gt(volunteer.credit_code, volunteer.credit_code) IS 'implementation of >';
COMMENT ON FUNCTION volunteer.credit_code_ne(volunteer.credit_code, volunteer.credit_code) IS 'implementation of <>';
COMMENT ON FUNCTION volunteer.credit_code_cmp(volunteer.credit_code, volunteer.credit_code) IS 'btree comparison: negative, zero, positive';
COMMENT ON FUNCTION volunteer.credit_code_hash(volunteer.credit_code) IS 'hash';
COMMENT ON FUNCTION volunteer.credit_code_hash_extended(volunteer.credit_code, bigint) IS 'hash with a seed';

CREATE OPERATOR volunteer.< (
    FUNCTION = volunteer.credit_code_lt, LEFTARG = volunteer.credit_code, RIGHTARG = volunteer.credit_code,
    COMMUTATOR = OPERATOR(volunteer.>), NEGATOR = OPERATOR(volunteer.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);

CREATE OPERATOR volunteer.<= (
    FUNCTION = volunteer.credit_code_le, LEFTARG = volunteer.credit_code, RIGHTARG = volunteer.credit_code,
    COMMUTATOR = OPERATOR(volunteer.>=), NEGATOR = OPERATOR(volunteer.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);

CREATE OPERATOR volunteer.= (
    FUNCTION = volunteer.credit_code_eq, LEFTARG = volunteer.credit_code, RIGHTARG = volunteer.credit_code,
    COMMUTATOR = OPERATOR(volunteer.=), NEGATOR = OPERATOR(volunteer.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);

CREATE OPERATOR volunteer.>= (
    FUNCTION = volunteer.credit_code_ge, LEFTARG = volunteer.credit_code, RIGHTARG = volunteer.credit_code,
    COMMUTATOR = OPERATOR(volunteer.<=), NEGATOR = OPERATOR(volunteer.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);

CREATE OPERATOR volunteer.> (
    FUNCTION = volunteer.credit_code_gt, LEFTARG = volunteer.credit_code, RIGHTARG = volunteer.credit_code,
    COMMUTATOR = OPERATOR(volunteer.<), NEGATOR = OPERATOR(volunteer.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

CREATE OPERATOR volunteer.<> (
    FUNCTION = volunteer.credit_code_ne, LEFTARG = volunteer.credit_code, RIGHTARG = volunteer.credit_code,
    COMMUTATOR = OPERATOR(volunteer.<>), NEGATOR = OPERATOR(volunteer.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR volunteer.< (volunteer.credit_code, volunteer.credit_code) IS 'less than';
COMMENT ON OPERATOR volunteer.<= (volunteer.credit_code, volunteer.credit_code) IS 'less than or equal';
COMMENT ON OPERATOR volunteer.= (volunteer.credit_code, volunteer.credit_code) IS 'equal';
COMMENT ON OPERATOR volunteer.>= (volunteer.credit_code, volunteer.credit_code) IS 'greater than or equal';
COMMENT ON OPERATOR volunteer.> (volunteer.credit_code, volunteer.credit_code) IS 'greater than';
COMMENT ON OPERATOR volunteer.<> (volunteer.credit_code, volunteer.credit_code) IS 'not equal';

CREATE OPERATOR CLASS volunteer.credit_code_ops DEFAULT FOR TYPE volunteer.credit_code USING btree AS
    OPERATOR 1 volunteer.<,
    OPERATOR 2 volunteer.<=,
    OPERATOR 3 volunteer.=,
    OPERATOR 4 volunteer.>=,
    OPERATOR 5 volunteer.>,
    FUNCTION 1 volunteer.credit_code_cmp(volunteer.credit_code, volunteer.credit_code),
    FUNCTION 4 (volunteer.credit_code, volunteer.credit_code) btequalimage(oid);

CREATE OPERATOR CLASS volunteer.credit_code_ops DEFAULT FOR TYPE volunteer.credit_code USING hash AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 volunteer.credit_code_hash(volunteer.credit_code),
    FUNCTION 2 volunteer.credit_code_hash_extended(volunteer.credit_code, bigint);

COMMENT ON OPERATOR FAMILY volunteer.credit_code_ops USING btree IS '统一社会信用代码';
COMMENT ON OPERATOR CLASS volunteer.credit_code_ops USING btree IS '统一社会信用代码';
COMMENT ON OPERATOR FAMILY volunteer.credit_code_ops USING hash IS '统一社会信用代码';
COMMENT ON OPERATOR CLASS volunteer.credit_code_ops USING hash IS '统一社会信用代码';

CREATE FUNCTION volunteer.region(volunteer.credit_code) RETURNS volunteer.region_code
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'credit_code_region';

COMMENT ON FUNCTION volunteer.region(volunteer.credit_code) IS
'登记管理机关行政区划: the place of registration; NULL for national registers (100000)';

CREATE FUNCTION volunteer.masked(volunteer.credit_code) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'credit_code_masked';

COMMENT ON FUNCTION volunteer.masked(volunteer.credit_code) IS '脱敏: asterisks and the last four characters';
