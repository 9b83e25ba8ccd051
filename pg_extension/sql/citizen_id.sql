-- Citizen identity numbers (公民身份号码).
--
-- GB 11643-1999, and the residence permits and foreigners' cards of the same shape. Whether the birth date has passed
-- depends on the day of asking and is left to the table that stores the number. No message repeats the number.

CREATE TYPE volunteer.citizen_id;

CREATE FUNCTION volunteer.citizen_id_in(cstring) RETURNS volunteer.citizen_id
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.citizen_id_out(volunteer.citizen_id) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.citizen_id_recv(internal) RETURNS volunteer.citizen_id
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.citizen_id_send(volunteer.citizen_id) RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8send';

CREATE TYPE volunteer.citizen_id (
    INPUT = volunteer.citizen_id_in,
    OUTPUT = volunteer.citizen_id_out,
    RECEIVE = volunteer.citizen_id_recv,
    SEND = volunteer.citizen_id_send,
    LIKE = int8
);

COMMENT ON TYPE volunteer.citizen_id IS
'公民身份号码 (GB 11643-1999): 18 characters, also 港澳台居民居住证 (81, 82, 83) and 外国人永久居留身份证 of 2023 (9); reads a lower-case x as well; 22P02 unless the place, the calendar date and the check character (ISO 7064 MOD 11-2) are right';
COMMENT ON FUNCTION volunteer.citizen_id_in(cstring) IS 'reads the text form';
COMMENT ON FUNCTION volunteer.citizen_id_out(volunteer.citizen_id) IS 'writes the text form';
COMMENT ON FUNCTION volunteer.citizen_id_recv(internal) IS 'reads the binary form';
COMMENT ON FUNCTION volunteer.citizen_id_send(volunteer.citizen_id) IS 'writes the binary form';

-- The check character follows from the digits, so the server's own functions for int8 compare them.

CREATE FUNCTION volunteer.citizen_id_lt(volunteer.citizen_id, volunteer.citizen_id) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8lt';

CREATE FUNCTION volunteer.citizen_id_le(volunteer.citizen_id, volunteer.citizen_id) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8le';

CREATE FUNCTION volunteer.citizen_id_eq(volunteer.citizen_id, volunteer.citizen_id) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8eq';

CREATE FUNCTION volunteer.citizen_id_ge(volunteer.citizen_id, volunteer.citizen_id) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8ge';

CREATE FUNCTION volunteer.citizen_id_gt(volunteer.citizen_id, volunteer.citizen_id) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8gt';

CREATE FUNCTION volunteer.citizen_id_ne(volunteer.citizen_id, volunteer.citizen_id) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8ne';

CREATE FUNCTION volunteer.citizen_id_cmp(volunteer.citizen_id, volunteer.citizen_id) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'btint8cmp';

CREATE FUNCTION volunteer.citizen_id_hash(volunteer.citizen_id) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'hashint8';

CREATE FUNCTION volunteer.citizen_id_hash_extended(volunteer.citizen_id, bigint) RETURNS bigint
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'hashint8extended';

COMMENT ON FUNCTION volunteer.citizen_id_lt(volunteer.citizen_id, volunteer.citizen_id) IS 'implementation of <';
COMMENT ON FUNCTION volunteer.citizen_id_le(volunteer.citizen_id, volunteer.citizen_id) IS 'implementation of <=';
COMMENT ON FUNCTION volunteer.citizen_id_eq(volunteer.citizen_id, volunteer.citizen_id) IS 'implementation of =';
COMMENT ON FUNCTION volunteer.citizen_id_ge(volunteer.citizen_id, volunteer.citizen_id) IS 'implementation of >=';
COMMENT ON FUNCTION volunteer.citizen_id_gt(volunteer.citizen_id, volunteer.citizen_id) IS 'implementation of >';
COMMENT ON FUNCTION volunteer.citizen_id_ne(volunteer.citizen_id, volunteer.citizen_id) IS 'implementation of <>';
COMMENT ON FUNCTION volunteer.citizen_id_cmp(volunteer.citizen_id, volunteer.citizen_id) IS 'btree comparison: negative, zero, positive';
COMMENT ON FUNCTION volunteer.citizen_id_hash(volunteer.citizen_id) IS 'hash';
COMMENT ON FUNCTION volunteer.citizen_id_hash_extended(volunteer.citizen_id, bigint) IS 'hash with a seed';

CREATE OPERATOR volunteer.< (
    FUNCTION = volunteer.citizen_id_lt, LEFTARG = volunteer.citizen_id, RIGHTARG = volunteer.citizen_id,
    COMMUTATOR = OPERATOR(volunteer.>), NEGATOR = OPERATOR(volunteer.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);

CREATE OPERATOR volunteer.<= (
    FUNCTION = volunteer.citizen_id_le, LEFTARG = volunteer.citizen_id, RIGHTARG = volunteer.citizen_id,
    COMMUTATOR = OPERATOR(volunteer.>=), NEGATOR = OPERATOR(volunteer.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);

CREATE OPERATOR volunteer.= (
    FUNCTION = volunteer.citizen_id_eq, LEFTARG = volunteer.citizen_id, RIGHTARG = volunteer.citizen_id,
    COMMUTATOR = OPERATOR(volunteer.=), NEGATOR = OPERATOR(volunteer.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);

CREATE OPERATOR volunteer.>= (
    FUNCTION = volunteer.citizen_id_ge, LEFTARG = volunteer.citizen_id, RIGHTARG = volunteer.citizen_id,
    COMMUTATOR = OPERATOR(volunteer.<=), NEGATOR = OPERATOR(volunteer.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);

CREATE OPERATOR volunteer.> (
    FUNCTION = volunteer.citizen_id_gt, LEFTARG = volunteer.citizen_id, RIGHTARG = volunteer.citizen_id,
    COMMUTATOR = OPERATOR(volunteer.<), NEGATOR = OPERATOR(volunteer.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

CREATE OPERATOR volunteer.<> (
    FUNCTION = volunteer.citizen_id_ne, LEFTARG = volunteer.citizen_id, RIGHTARG = volunteer.citizen_id,
    COMMUTATOR = OPERATOR(volunteer.<>), NEGATOR = OPERATOR(volunteer.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR volunteer.< (volunteer.citizen_id, volunteer.citizen_id) IS 'less than';
COMMENT ON OPERATOR volunteer.<= (volunteer.citizen_id, volunteer.citizen_id) IS 'less than or equal';
COMMENT ON OPERATOR volunteer.= (volunteer.citizen_id, volunteer.citizen_id) IS 'equal';
COMMENT ON OPERATOR volunteer.>= (volunteer.citizen_id, volunteer.citizen_id) IS 'greater than or equal';
COMMENT ON OPERATOR volunteer.> (volunteer.citizen_id, volunteer.citizen_id) IS 'greater than';
COMMENT ON OPERATOR volunteer.<> (volunteer.citizen_id, volunteer.citizen_id) IS 'not equal';

CREATE OPERATOR CLASS volunteer.citizen_id_ops DEFAULT FOR TYPE volunteer.citizen_id USING btree AS
    OPERATOR 1 volunteer.<,
    OPERATOR 2 volunteer.<=,
    OPERATOR 3 volunteer.=,
    OPERATOR 4 volunteer.>=,
    OPERATOR 5 volunteer.>,
    FUNCTION 1 volunteer.citizen_id_cmp(volunteer.citizen_id, volunteer.citizen_id),
    FUNCTION 2 (volunteer.citizen_id, volunteer.citizen_id) btint8sortsupport(internal),
    FUNCTION 4 (volunteer.citizen_id, volunteer.citizen_id) btequalimage(oid);

CREATE OPERATOR CLASS volunteer.citizen_id_ops DEFAULT FOR TYPE volunteer.citizen_id USING hash AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 volunteer.citizen_id_hash(volunteer.citizen_id),
    FUNCTION 2 volunteer.citizen_id_hash_extended(volunteer.citizen_id, bigint);

CREATE OPERATOR CLASS volunteer.citizen_id_minmax_ops DEFAULT FOR TYPE volunteer.citizen_id USING brin AS
    OPERATOR 1 volunteer.<,
    OPERATOR 2 volunteer.<=,
    OPERATOR 3 volunteer.=,
    OPERATOR 4 volunteer.>=,
    OPERATOR 5 volunteer.>,
    FUNCTION 1 brin_minmax_opcinfo(internal),
    FUNCTION 2 brin_minmax_add_value(internal, internal, internal, internal),
    FUNCTION 3 brin_minmax_consistent(internal, internal, internal),
    FUNCTION 4 brin_minmax_union(internal, internal, internal);

CREATE OPERATOR CLASS volunteer.citizen_id_bloom_ops FOR TYPE volunteer.citizen_id USING brin AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 brin_bloom_opcinfo(internal),
    FUNCTION 2 brin_bloom_add_value(internal, internal, internal, internal),
    FUNCTION 3 brin_bloom_consistent(internal, internal, internal, integer),
    FUNCTION 4 brin_bloom_union(internal, internal, internal),
    FUNCTION 5 brin_bloom_options(internal),
    FUNCTION 11 volunteer.citizen_id_hash(volunteer.citizen_id);

COMMENT ON OPERATOR FAMILY volunteer.citizen_id_ops USING btree IS '公民身份号码';
COMMENT ON OPERATOR CLASS volunteer.citizen_id_ops USING btree IS '公民身份号码';
COMMENT ON OPERATOR FAMILY volunteer.citizen_id_ops USING hash IS '公民身份号码';
COMMENT ON OPERATOR CLASS volunteer.citizen_id_ops USING hash IS '公民身份号码';
COMMENT ON OPERATOR FAMILY volunteer.citizen_id_minmax_ops USING brin IS '公民身份号码: ranges';
COMMENT ON OPERATOR CLASS volunteer.citizen_id_minmax_ops USING brin IS '公民身份号码: ranges';
COMMENT ON OPERATOR FAMILY volunteer.citizen_id_bloom_ops USING brin IS '公民身份号码: Bloom filters';
COMMENT ON OPERATOR CLASS volunteer.citizen_id_bloom_ops USING brin IS '公民身份号码: Bloom filters';

CREATE FUNCTION volunteer.citizen_id_from_15(text) RETURNS volunteer.citizen_id
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.citizen_id_from_15(text) IS
'15位身份证号码升18位: the number of a 15-digit card of before 1999, born in 19yy, or in 18yy where the sequence is 996 to 999; 22P02 unless it is right';

CREATE FUNCTION volunteer.birth_date(volunteer.citizen_id) RETURNS date
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'citizen_id_birth_date';

COMMENT ON FUNCTION volunteer.birth_date(volunteer.citizen_id) IS
'出生日期';

CREATE FUNCTION volunteer.sex(volunteer.citizen_id) RETURNS smallint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'citizen_id_sex';

COMMENT ON FUNCTION volunteer.sex(volunteer.citizen_id) IS
'性别 (GB/T 2261.1): 1 male 男, 2 female 女';

CREATE FUNCTION volunteer.region(volunteer.citizen_id) RETURNS volunteer.region_code
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'citizen_id_region';

COMMENT ON FUNCTION volunteer.region(volunteer.citizen_id) IS
'地址码: the county at the time of issue; of a residence permit Hong Kong, Macao or Taiwan (71); of a foreigner the province of application';

CREATE FUNCTION volunteer.citizen_id_kind(volunteer.citizen_id) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.citizen_id_kind(volunteer.citizen_id) IS
'号码种类: citizen 公民身份号码, residence_permit 港澳台居民居住证 or foreigner 外国人永久居留身份证';

CREATE FUNCTION volunteer.masked(volunteer.citizen_id) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'citizen_id_masked';

COMMENT ON FUNCTION volunteer.masked(volunteer.citizen_id) IS
'脱敏: asterisks and the last four characters';
