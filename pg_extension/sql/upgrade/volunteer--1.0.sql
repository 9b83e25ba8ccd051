-- The types read and write Chinese, in UTF-8 alone.

DO $$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'feature_not_supported',
            MESSAGE = 'extension volunteer needs a database encoded in UTF8';
    END IF;
END
$$;

-- Administrative division codes (行政区划代码).
--
-- GB/T 2260 gives the first six digits, the statistical division code (统计用区划代码) the other six. Only the province
-- is checked against the standard: the divisions below it change every year and are rows of somebody's table.

CREATE TYPE volunteer.region_code;

CREATE FUNCTION volunteer.region_code_in(cstring) RETURNS volunteer.region_code
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.region_code_out(volunteer.region_code) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.region_code_recv(internal) RETURNS volunteer.region_code
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.region_code_send(volunteer.region_code) RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8send';

CREATE TYPE volunteer.region_code (
    INPUT = volunteer.region_code_in,
    OUTPUT = volunteer.region_code_out,
    RECEIVE = volunteer.region_code_recv,
    SEND = volunteer.region_code_send,
    LIKE = int8
);

COMMENT ON TYPE volunteer.region_code IS
'行政区划代码 (GB/T 2260, 统计用区划代码): twelve digits, province 2, city 2, county 2, township 3, village 3, zeros below the division; reads 2, 4, 6, 9 or 12 digits; 22P02 unless the province is known';
COMMENT ON FUNCTION volunteer.region_code_in(cstring) IS 'reads the text form';
COMMENT ON FUNCTION volunteer.region_code_out(volunteer.region_code) IS 'writes the text form';
COMMENT ON FUNCTION volunteer.region_code_recv(internal) IS 'reads the binary form';
COMMENT ON FUNCTION volunteer.region_code_send(volunteer.region_code) IS 'writes the binary form';

-- Order and equality are those of the number, so the server's own functions for int8 serve.

CREATE FUNCTION volunteer.region_code_lt(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8lt';

CREATE FUNCTION volunteer.region_code_le(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8le';

CREATE FUNCTION volunteer.region_code_eq(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8eq';

CREATE FUNCTION volunteer.region_code_ge(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8ge';

CREATE FUNCTION volunteer.region_code_gt(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8gt';

CREATE FUNCTION volunteer.region_code_ne(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8ne';

CREATE FUNCTION volunteer.region_code_cmp(volunteer.region_code, volunteer.region_code) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'btint8cmp';

CREATE FUNCTION volunteer.region_code_hash(volunteer.region_code) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'hashint8';

CREATE FUNCTION volunteer.region_code_hash_extended(volunteer.region_code, bigint) RETURNS bigint
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'hashint8extended';

COMMENT ON FUNCTION volunteer.region_code_lt(volunteer.region_code, volunteer.region_code) IS 'implementation of <';
COMMENT ON FUNCTION volunteer.region_code_le(volunteer.region_code, volunteer.region_code) IS 'implementation of <=';
COMMENT ON FUNCTION volunteer.region_code_eq(volunteer.region_code, volunteer.region_code) IS 'implementation of =';
COMMENT ON FUNCTION volunteer.region_code_ge(volunteer.region_code, volunteer.region_code) IS 'implementation of >=';
COMMENT ON FUNCTION volunteer.region_code_gt(volunteer.region_code, volunteer.region_code) IS 'implementation of >';
COMMENT ON FUNCTION volunteer.region_code_ne(volunteer.region_code, volunteer.region_code) IS 'implementation of <>';
COMMENT ON FUNCTION volunteer.region_code_cmp(volunteer.region_code, volunteer.region_code) IS 'btree comparison: negative, zero, positive';
COMMENT ON FUNCTION volunteer.region_code_hash(volunteer.region_code) IS 'hash';
COMMENT ON FUNCTION volunteer.region_code_hash_extended(volunteer.region_code, bigint) IS 'hash with a seed';

CREATE OPERATOR volunteer.< (
    FUNCTION = volunteer.region_code_lt, LEFTARG = volunteer.region_code, RIGHTARG = volunteer.region_code,
    COMMUTATOR = OPERATOR(volunteer.>), NEGATOR = OPERATOR(volunteer.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);

CREATE OPERATOR volunteer.<= (
    FUNCTION = volunteer.region_code_le, LEFTARG = volunteer.region_code, RIGHTARG = volunteer.region_code,
    COMMUTATOR = OPERATOR(volunteer.>=), NEGATOR = OPERATOR(volunteer.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);

CREATE OPERATOR volunteer.= (
    FUNCTION = volunteer.region_code_eq, LEFTARG = volunteer.region_code, RIGHTARG = volunteer.region_code,
    COMMUTATOR = OPERATOR(volunteer.=), NEGATOR = OPERATOR(volunteer.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);

CREATE OPERATOR volunteer.>= (
    FUNCTION = volunteer.region_code_ge, LEFTARG = volunteer.region_code, RIGHTARG = volunteer.region_code,
    COMMUTATOR = OPERATOR(volunteer.<=), NEGATOR = OPERATOR(volunteer.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);

CREATE OPERATOR volunteer.> (
    FUNCTION = volunteer.region_code_gt, LEFTARG = volunteer.region_code, RIGHTARG = volunteer.region_code,
    COMMUTATOR = OPERATOR(volunteer.<), NEGATOR = OPERATOR(volunteer.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

CREATE OPERATOR volunteer.<> (
    FUNCTION = volunteer.region_code_ne, LEFTARG = volunteer.region_code, RIGHTARG = volunteer.region_code,
    COMMUTATOR = OPERATOR(volunteer.<>), NEGATOR = OPERATOR(volunteer.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR volunteer.< (volunteer.region_code, volunteer.region_code) IS 'less than';
COMMENT ON OPERATOR volunteer.<= (volunteer.region_code, volunteer.region_code) IS 'less than or equal';
COMMENT ON OPERATOR volunteer.= (volunteer.region_code, volunteer.region_code) IS 'equal';
COMMENT ON OPERATOR volunteer.>= (volunteer.region_code, volunteer.region_code) IS 'greater than or equal';
COMMENT ON OPERATOR volunteer.> (volunteer.region_code, volunteer.region_code) IS 'greater than';
COMMENT ON OPERATOR volunteer.<> (volunteer.region_code, volunteer.region_code) IS 'not equal';

CREATE OPERATOR CLASS volunteer.region_code_ops DEFAULT FOR TYPE volunteer.region_code USING btree AS
    OPERATOR 1 volunteer.<,
    OPERATOR 2 volunteer.<=,
    OPERATOR 3 volunteer.=,
    OPERATOR 4 volunteer.>=,
    OPERATOR 5 volunteer.>,
    FUNCTION 1 volunteer.region_code_cmp(volunteer.region_code, volunteer.region_code),
    FUNCTION 2 (volunteer.region_code, volunteer.region_code) btint8sortsupport(internal),
    FUNCTION 4 (volunteer.region_code, volunteer.region_code) btequalimage(oid);

CREATE OPERATOR CLASS volunteer.region_code_ops DEFAULT FOR TYPE volunteer.region_code USING hash AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 volunteer.region_code_hash(volunteer.region_code),
    FUNCTION 2 volunteer.region_code_hash_extended(volunteer.region_code, bigint);

COMMENT ON OPERATOR FAMILY volunteer.region_code_ops USING btree IS '行政区划代码';
COMMENT ON OPERATOR CLASS volunteer.region_code_ops USING btree IS '行政区划代码';
COMMENT ON OPERATOR FAMILY volunteer.region_code_ops USING hash IS '行政区划代码';
COMMENT ON OPERATOR CLASS volunteer.region_code_ops USING hash IS '行政区划代码';

CREATE FUNCTION volunteer.level(volunteer.region_code) RETURNS smallint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'region_code_level';

COMMENT ON FUNCTION volunteer.level(volunteer.region_code) IS
'级别: 1 province 省, 2 city 地, 3 county 县, 4 township 乡, 5 village 村';

CREATE FUNCTION volunteer.parent(volunteer.region_code) RETURNS volunteer.region_code
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'region_code_parent';

COMMENT ON FUNCTION volunteer.parent(volunteer.region_code) IS
'上级区划: the next division above, for a township of a city without counties that city; NULL for a province';

CREATE FUNCTION volunteer.region_code_contained(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.region_code_contains(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.region_code_contained(volunteer.region_code, volunteer.region_code) IS
'implementation of <@';
COMMENT ON FUNCTION volunteer.region_code_contains(volunteer.region_code, volunteer.region_code) IS
'implementation of @>';

CREATE OPERATOR volunteer.<@ (
    FUNCTION = volunteer.region_code_contained,
    LEFTARG = volunteer.region_code, RIGHTARG = volunteer.region_code,
    COMMUTATOR = OPERATOR(volunteer.@>),
    RESTRICT = matchingsel, JOIN = matchingjoinsel
);

CREATE OPERATOR volunteer.@> (
    FUNCTION = volunteer.region_code_contains,
    LEFTARG = volunteer.region_code, RIGHTARG = volunteer.region_code,
    COMMUTATOR = OPERATOR(volunteer.<@),
    RESTRICT = matchingsel, JOIN = matchingjoinsel
);

COMMENT ON OPERATOR volunteer.<@ (volunteer.region_code, volunteer.region_code) IS
'属于: the left division is the right one or lies in it';
COMMENT ON OPERATOR volunteer.@> (volunteer.region_code, volunteer.region_code) IS
'包含: the right division is the left one or lies in it';
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

COMMENT ON OPERATOR FAMILY volunteer.citizen_id_ops USING btree IS '公民身份号码';
COMMENT ON OPERATOR CLASS volunteer.citizen_id_ops USING btree IS '公民身份号码';
COMMENT ON OPERATOR FAMILY volunteer.citizen_id_ops USING hash IS '公民身份号码';
COMMENT ON OPERATOR CLASS volunteer.citizen_id_ops USING hash IS '公民身份号码';

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
-- Volunteer numbers (志愿者编号).
--
-- The layout is the one seen in the national system; its check character follows no published rule, so ours is that of
-- ISO 7064 MOD 37,36. The number is never made from an ID number (MZ/T 061-2015).

CREATE TYPE volunteer.volunteer_no;

CREATE FUNCTION volunteer.volunteer_no_in(cstring) RETURNS volunteer.volunteer_no
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.volunteer_no_out(volunteer.volunteer_no) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.volunteer_no_recv(internal) RETURNS volunteer.volunteer_no
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.volunteer_no_send(volunteer.volunteer_no) RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8send';

CREATE TYPE volunteer.volunteer_no (
    INPUT = volunteer.volunteer_no_in,
    OUTPUT = volunteer.volunteer_no_out,
    RECEIVE = volunteer.volunteer_no_recv,
    SEND = volunteer.volunteer_no_send,
    LIKE = int8
);

COMMENT ON TYPE volunteer.volunteer_no IS
'志愿者编号: V, county of registration 6, year and month of registration yyMM 4, serial number 6, check character (ISO 7064 MOD 37,36); reads lower case as well; 22P02 unless province, month and check character are right';
COMMENT ON FUNCTION volunteer.volunteer_no_in(cstring) IS 'reads the text form';
COMMENT ON FUNCTION volunteer.volunteer_no_out(volunteer.volunteer_no) IS 'writes the text form';
COMMENT ON FUNCTION volunteer.volunteer_no_recv(internal) IS 'reads the binary form';
COMMENT ON FUNCTION volunteer.volunteer_no_send(volunteer.volunteer_no) IS 'writes the binary form';

-- The check character follows from the digits, so the server's own functions for int8 compare them.

CREATE FUNCTION volunteer.volunteer_no_lt(volunteer.volunteer_no, volunteer.volunteer_no) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8lt';

CREATE FUNCTION volunteer.volunteer_no_le(volunteer.volunteer_no, volunteer.volunteer_no) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8le';

CREATE FUNCTION volunteer.volunteer_no_eq(volunteer.volunteer_no, volunteer.volunteer_no) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8eq';

CREATE FUNCTION volunteer.volunteer_no_ge(volunteer.volunteer_no, volunteer.volunteer_no) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8ge';

CREATE FUNCTION volunteer.volunteer_no_gt(volunteer.volunteer_no, volunteer.volunteer_no) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8gt';

CREATE FUNCTION volunteer.volunteer_no_ne(volunteer.volunteer_no, volunteer.volunteer_no) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8ne';

CREATE FUNCTION volunteer.volunteer_no_cmp(volunteer.volunteer_no, volunteer.volunteer_no) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'btint8cmp';

CREATE FUNCTION volunteer.volunteer_no_hash(volunteer.volunteer_no) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'hashint8';

CREATE FUNCTION volunteer.volunteer_no_hash_extended(volunteer.volunteer_no, bigint) RETURNS bigint
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'hashint8extended';

COMMENT ON FUNCTION volunteer.volunteer_no_lt(volunteer.volunteer_no, volunteer.volunteer_no) IS 'implementation of <';
COMMENT ON FUNCTION volunteer.volunteer_no_le(volunteer.volunteer_no, volunteer.volunteer_no) IS 'implementation of <=';
COMMENT ON FUNCTION volunteer.volunteer_no_eq(volunteer.volunteer_no, volunteer.volunteer_no) IS 'implementation of =';
COMMENT ON FUNCTION volunteer.volunteer_no_ge(volunteer.volunteer_no, volunteer.volunteer_no) IS 'implementation of >=';
COMMENT ON FUNCTION volunteer.volunteer_no_gt(volunteer.volunteer_no, volunteer.volunteer_no) IS 'implementation of >';
COMMENT ON FUNCTION volunteer.volunteer_no_ne(volunteer.volunteer_no, volunteer.volunteer_no) IS 'implementation of <>';
COMMENT ON FUNCTION volunteer.volunteer_no_cmp(volunteer.volunteer_no, volunteer.volunteer_no) IS 'btree comparison: negative, zero, positive';
COMMENT ON FUNCTION volunteer.volunteer_no_hash(volunteer.volunteer_no) IS 'hash';
COMMENT ON FUNCTION volunteer.volunteer_no_hash_extended(volunteer.volunteer_no, bigint) IS 'hash with a seed';

CREATE OPERATOR volunteer.< (
    FUNCTION = volunteer.volunteer_no_lt, LEFTARG = volunteer.volunteer_no, RIGHTARG = volunteer.volunteer_no,
    COMMUTATOR = OPERATOR(volunteer.>), NEGATOR = OPERATOR(volunteer.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);

CREATE OPERATOR volunteer.<= (
    FUNCTION = volunteer.volunteer_no_le, LEFTARG = volunteer.volunteer_no, RIGHTARG = volunteer.volunteer_no,
    COMMUTATOR = OPERATOR(volunteer.>=), NEGATOR = OPERATOR(volunteer.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);

CREATE OPERATOR volunteer.= (
    FUNCTION = volunteer.volunteer_no_eq, LEFTARG = volunteer.volunteer_no, RIGHTARG = volunteer.volunteer_no,
    COMMUTATOR = OPERATOR(volunteer.=), NEGATOR = OPERATOR(volunteer.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);

CREATE OPERATOR volunteer.>= (
    FUNCTION = volunteer.volunteer_no_ge, LEFTARG = volunteer.volunteer_no, RIGHTARG = volunteer.volunteer_no,
    COMMUTATOR = OPERATOR(volunteer.<=), NEGATOR = OPERATOR(volunteer.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);

CREATE OPERATOR volunteer.> (
    FUNCTION = volunteer.volunteer_no_gt, LEFTARG = volunteer.volunteer_no, RIGHTARG = volunteer.volunteer_no,
    COMMUTATOR = OPERATOR(volunteer.<), NEGATOR = OPERATOR(volunteer.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

CREATE OPERATOR volunteer.<> (
    FUNCTION = volunteer.volunteer_no_ne, LEFTARG = volunteer.volunteer_no, RIGHTARG = volunteer.volunteer_no,
    COMMUTATOR = OPERATOR(volunteer.<>), NEGATOR = OPERATOR(volunteer.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR volunteer.< (volunteer.volunteer_no, volunteer.volunteer_no) IS 'less than';
COMMENT ON OPERATOR volunteer.<= (volunteer.volunteer_no, volunteer.volunteer_no) IS 'less than or equal';
COMMENT ON OPERATOR volunteer.= (volunteer.volunteer_no, volunteer.volunteer_no) IS 'equal';
COMMENT ON OPERATOR volunteer.>= (volunteer.volunteer_no, volunteer.volunteer_no) IS 'greater than or equal';
COMMENT ON OPERATOR volunteer.> (volunteer.volunteer_no, volunteer.volunteer_no) IS 'greater than';
COMMENT ON OPERATOR volunteer.<> (volunteer.volunteer_no, volunteer.volunteer_no) IS 'not equal';

CREATE OPERATOR CLASS volunteer.volunteer_no_ops DEFAULT FOR TYPE volunteer.volunteer_no USING btree AS
    OPERATOR 1 volunteer.<,
    OPERATOR 2 volunteer.<=,
    OPERATOR 3 volunteer.=,
    OPERATOR 4 volunteer.>=,
    OPERATOR 5 volunteer.>,
    FUNCTION 1 volunteer.volunteer_no_cmp(volunteer.volunteer_no, volunteer.volunteer_no),
    FUNCTION 2 (volunteer.volunteer_no, volunteer.volunteer_no) btint8sortsupport(internal),
    FUNCTION 4 (volunteer.volunteer_no, volunteer.volunteer_no) btequalimage(oid);

CREATE OPERATOR CLASS volunteer.volunteer_no_ops DEFAULT FOR TYPE volunteer.volunteer_no USING hash AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 volunteer.volunteer_no_hash(volunteer.volunteer_no),
    FUNCTION 2 volunteer.volunteer_no_hash_extended(volunteer.volunteer_no, bigint);

COMMENT ON OPERATOR FAMILY volunteer.volunteer_no_ops USING btree IS '志愿者编号';
COMMENT ON OPERATOR CLASS volunteer.volunteer_no_ops USING btree IS '志愿者编号';
COMMENT ON OPERATOR FAMILY volunteer.volunteer_no_ops USING hash IS '志愿者编号';
COMMENT ON OPERATOR CLASS volunteer.volunteer_no_ops USING hash IS '志愿者编号';

CREATE FUNCTION volunteer.volunteer_no(region volunteer.region_code, registered date, serial integer) RETURNS volunteer.volunteer_no
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'volunteer_no_of';

COMMENT ON FUNCTION volunteer.volunteer_no(volunteer.region_code, date, integer) IS
'编号: of the first six digits of the region, year and month of the date, and the serial number; 22008 unless the year is 2000 to 2099, 22003 unless the serial is 0 to 999999';

CREATE FUNCTION volunteer.region(volunteer.volunteer_no) RETURNS volunteer.region_code
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'volunteer_no_region';

COMMENT ON FUNCTION volunteer.region(volunteer.volunteer_no) IS
'登记地区: the county of registration';

CREATE FUNCTION volunteer.serial(volunteer.volunteer_no) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'volunteer_no_serial';

COMMENT ON FUNCTION volunteer.serial(volunteer.volunteer_no) IS
'顺序号';
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

-- Sixteen bytes in order, as the server's own functions for uuid compare them.

CREATE FUNCTION volunteer.certificate_code_lt(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'uuid_lt';

CREATE FUNCTION volunteer.certificate_code_le(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'uuid_le';

CREATE FUNCTION volunteer.certificate_code_eq(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'uuid_eq';

CREATE FUNCTION volunteer.certificate_code_ge(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'uuid_ge';

CREATE FUNCTION volunteer.certificate_code_gt(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'uuid_gt';

CREATE FUNCTION volunteer.certificate_code_ne(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'uuid_ne';

CREATE FUNCTION volunteer.certificate_code_cmp(volunteer.certificate_code, volunteer.certificate_code) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'uuid_cmp';

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

COMMENT ON OPERATOR FAMILY volunteer.certificate_code_ops USING btree IS '证书编码';
COMMENT ON OPERATOR CLASS volunteer.certificate_code_ops USING btree IS '证书编码';
COMMENT ON OPERATOR FAMILY volunteer.certificate_code_ops USING hash IS '证书编码';
COMMENT ON OPERATOR CLASS volunteer.certificate_code_ops USING hash IS '证书编码';

CREATE FUNCTION volunteer.gen_certificate_code() RETURNS volunteer.certificate_code
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.gen_certificate_code() IS '生成证书编码: 128 bits from a strong source';

CREATE FUNCTION volunteer.grouped(volunteer.certificate_code) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'certificate_code_grouped';

COMMENT ON FUNCTION volunteer.grouped(volunteer.certificate_code) IS
'分组书写: groups of five joined by -, as printed beside the QR code';
-- Service hours (服务时长).
--
-- 民政部令第67号 art. 7 counts the time actually given, in hours. We keep whole minutes, so that sums are exact; the national
-- system shows hours at two decimals, and every such figure reads back as the minutes it came from.

CREATE TYPE volunteer.service_hours;

CREATE FUNCTION volunteer.service_hours_in(cstring) RETURNS volunteer.service_hours
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.service_hours_out(volunteer.service_hours) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.service_hours_recv(internal) RETURNS volunteer.service_hours
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8recv';

CREATE FUNCTION volunteer.service_hours_send(volunteer.service_hours) RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8send';

CREATE TYPE volunteer.service_hours (
    INPUT = volunteer.service_hours_in,
    OUTPUT = volunteer.service_hours_out,
    RECEIVE = volunteer.service_hours_recv,
    SEND = volunteer.service_hours_send,
    LIKE = int8
);

COMMENT ON TYPE volunteer.service_hours IS
'服务时长: whole minutes, also negative for differences; writes H:MM; reads 2:30, 2.5, 2h30m, 2小时30分 and PT2H30M, decimal hours rounded to the nearest minute; 22P02 for anything else';
COMMENT ON FUNCTION volunteer.service_hours_in(cstring) IS 'reads the text form';
COMMENT ON FUNCTION volunteer.service_hours_out(volunteer.service_hours) IS 'writes the text form';
COMMENT ON FUNCTION volunteer.service_hours_recv(internal) IS 'reads the binary form';
COMMENT ON FUNCTION volunteer.service_hours_send(volunteer.service_hours) IS 'writes the binary form';

-- Order, equality and arithmetic are those of the minutes, so the server's own functions for int8 serve. A result out of
-- range is their error 22003.

CREATE FUNCTION volunteer.service_hours_lt(volunteer.service_hours, volunteer.service_hours) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8lt';

CREATE FUNCTION volunteer.service_hours_le(volunteer.service_hours, volunteer.service_hours) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8le';

CREATE FUNCTION volunteer.service_hours_eq(volunteer.service_hours, volunteer.service_hours) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8eq';

CREATE FUNCTION volunteer.service_hours_ge(volunteer.service_hours, volunteer.service_hours) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8ge';

CREATE FUNCTION volunteer.service_hours_gt(volunteer.service_hours, volunteer.service_hours) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8gt';

CREATE FUNCTION volunteer.service_hours_ne(volunteer.service_hours, volunteer.service_hours) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'int8ne';

CREATE FUNCTION volunteer.service_hours_cmp(volunteer.service_hours, volunteer.service_hours) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'btint8cmp';

CREATE FUNCTION volunteer.service_hours_hash(volunteer.service_hours) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'hashint8';

CREATE FUNCTION volunteer.service_hours_hash_extended(volunteer.service_hours, bigint) RETURNS bigint
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'hashint8extended';

COMMENT ON FUNCTION volunteer.service_hours_lt(volunteer.service_hours, volunteer.service_hours) IS 'implementation of <';
COMMENT ON FUNCTION volunteer.service_hours_le(volunteer.service_hours, volunteer.service_hours) IS 'implementation of <=';
COMMENT ON FUNCTION volunteer.service_hours_eq(volunteer.service_hours, volunteer.service_hours) IS 'implementation of =';
COMMENT ON FUNCTION volunteer.service_hours_ge(volunteer.service_hours, volunteer.service_hours) IS 'implementation of >=';
COMMENT ON FUNCTION volunteer.service_hours_gt(volunteer.service_hours, volunteer.service_hours) IS 'implementation of >';
COMMENT ON FUNCTION volunteer.service_hours_ne(volunteer.service_hours, volunteer.service_hours) IS 'implementation of <>';
COMMENT ON FUNCTION volunteer.service_hours_cmp(volunteer.service_hours, volunteer.service_hours) IS 'btree comparison: negative, zero, positive';
COMMENT ON FUNCTION volunteer.service_hours_hash(volunteer.service_hours) IS 'hash';
COMMENT ON FUNCTION volunteer.service_hours_hash_extended(volunteer.service_hours, bigint) IS 'hash with a seed';

CREATE OPERATOR volunteer.< (
    FUNCTION = volunteer.service_hours_lt, LEFTARG = volunteer.service_hours, RIGHTARG = volunteer.service_hours,
    COMMUTATOR = OPERATOR(volunteer.>), NEGATOR = OPERATOR(volunteer.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);

CREATE OPERATOR volunteer.<= (
    FUNCTION = volunteer.service_hours_le, LEFTARG = volunteer.service_hours, RIGHTARG = volunteer.service_hours,
    COMMUTATOR = OPERATOR(volunteer.>=), NEGATOR = OPERATOR(volunteer.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);

CREATE OPERATOR volunteer.= (
    FUNCTION = volunteer.service_hours_eq, LEFTARG = volunteer.service_hours, RIGHTARG = volunteer.service_hours,
    COMMUTATOR = OPERATOR(volunteer.=), NEGATOR = OPERATOR(volunteer.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);

CREATE OPERATOR volunteer.>= (
    FUNCTION = volunteer.service_hours_ge, LEFTARG = volunteer.service_hours, RIGHTARG = volunteer.service_hours,
    COMMUTATOR = OPERATOR(volunteer.<=), NEGATOR = OPERATOR(volunteer.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);

CREATE OPERATOR volunteer.> (
    FUNCTION = volunteer.service_hours_gt, LEFTARG = volunteer.service_hours, RIGHTARG = volunteer.service_hours,
    COMMUTATOR = OPERATOR(volunteer.<), NEGATOR = OPERATOR(volunteer.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

CREATE OPERATOR volunteer.<> (
    FUNCTION = volunteer.service_hours_ne, LEFTARG = volunteer.service_hours, RIGHTARG = volunteer.service_hours,
    COMMUTATOR = OPERATOR(volunteer.<>), NEGATOR = OPERATOR(volunteer.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR volunteer.< (volunteer.service_hours, volunteer.service_hours) IS 'less than';
COMMENT ON OPERATOR volunteer.<= (volunteer.service_hours, volunteer.service_hours) IS 'less than or equal';
COMMENT ON OPERATOR volunteer.= (volunteer.service_hours, volunteer.service_hours) IS 'equal';
COMMENT ON OPERATOR volunteer.>= (volunteer.service_hours, volunteer.service_hours) IS 'greater than or equal';
COMMENT ON OPERATOR volunteer.> (volunteer.service_hours, volunteer.service_hours) IS 'greater than';
COMMENT ON OPERATOR volunteer.<> (volunteer.service_hours, volunteer.service_hours) IS 'not equal';

CREATE OPERATOR CLASS volunteer.service_hours_ops DEFAULT FOR TYPE volunteer.service_hours USING btree AS
    OPERATOR 1 volunteer.<,
    OPERATOR 2 volunteer.<=,
    OPERATOR 3 volunteer.=,
    OPERATOR 4 volunteer.>=,
    OPERATOR 5 volunteer.>,
    FUNCTION 1 volunteer.service_hours_cmp(volunteer.service_hours, volunteer.service_hours),
    FUNCTION 2 (volunteer.service_hours, volunteer.service_hours) btint8sortsupport(internal),
    FUNCTION 4 (volunteer.service_hours, volunteer.service_hours) btequalimage(oid);

CREATE OPERATOR CLASS volunteer.service_hours_ops DEFAULT FOR TYPE volunteer.service_hours USING hash AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 volunteer.service_hours_hash(volunteer.service_hours),
    FUNCTION 2 volunteer.service_hours_hash_extended(volunteer.service_hours, bigint);

COMMENT ON OPERATOR FAMILY volunteer.service_hours_ops USING btree IS '服务时长';
COMMENT ON OPERATOR CLASS volunteer.service_hours_ops USING btree IS '服务时长';
COMMENT ON OPERATOR FAMILY volunteer.service_hours_ops USING hash IS '服务时长';
COMMENT ON OPERATOR CLASS volunteer.service_hours_ops USING hash IS '服务时长';

CREATE FUNCTION volunteer.service_hours_of_minutes(bigint) RETURNS volunteer.service_hours
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8up';

COMMENT ON FUNCTION volunteer.service_hours_of_minutes(bigint) IS '分钟数转时长';

CREATE FUNCTION volunteer.minutes(volunteer.service_hours) RETURNS bigint
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8up';

COMMENT ON FUNCTION volunteer.minutes(volunteer.service_hours) IS '时长的分钟数';

CREATE FUNCTION volunteer.service_hours_pl(volunteer.service_hours, volunteer.service_hours) RETURNS volunteer.service_hours
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8pl';

COMMENT ON FUNCTION volunteer.service_hours_pl(volunteer.service_hours, volunteer.service_hours) IS
'implementation of +';

CREATE FUNCTION volunteer.service_hours_mi(volunteer.service_hours, volunteer.service_hours) RETURNS volunteer.service_hours
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8mi';

COMMENT ON FUNCTION volunteer.service_hours_mi(volunteer.service_hours, volunteer.service_hours) IS
'implementation of -';

CREATE FUNCTION volunteer.service_hours_um(volunteer.service_hours) RETURNS volunteer.service_hours
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8um';

COMMENT ON FUNCTION volunteer.service_hours_um(volunteer.service_hours) IS 'implementation of -';

CREATE FUNCTION volunteer.service_hours_mul(volunteer.service_hours, integer) RETURNS volunteer.service_hours
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int84mul';

COMMENT ON FUNCTION volunteer.service_hours_mul(volunteer.service_hours, integer) IS 'implementation of *';

CREATE OPERATOR volunteer.+ (
    FUNCTION = volunteer.service_hours_pl, LEFTARG = volunteer.service_hours, RIGHTARG = volunteer.service_hours,
    COMMUTATOR = OPERATOR(volunteer.+)
);

CREATE OPERATOR volunteer.- (
    FUNCTION = volunteer.service_hours_mi, LEFTARG = volunteer.service_hours, RIGHTARG = volunteer.service_hours
);

CREATE OPERATOR volunteer.- (
    FUNCTION = volunteer.service_hours_um, RIGHTARG = volunteer.service_hours
);

CREATE OPERATOR volunteer.* (
    FUNCTION = volunteer.service_hours_mul, LEFTARG = volunteer.service_hours, RIGHTARG = integer
);

COMMENT ON OPERATOR volunteer.+ (volunteer.service_hours, volunteer.service_hours) IS 'add';
COMMENT ON OPERATOR volunteer.- (volunteer.service_hours, volunteer.service_hours) IS 'subtract';
COMMENT ON OPERATOR volunteer.- (NONE, volunteer.service_hours) IS 'negate';
COMMENT ON OPERATOR volunteer.* (volunteer.service_hours, integer) IS 'multiply';

CREATE FUNCTION volunteer.service_hours_to_numeric(volunteer.service_hours) RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.service_hours_to_numeric(volunteer.service_hours) IS
'小时数: hours at two decimals';

CREATE FUNCTION volunteer.service_hours_from_numeric(numeric) RETURNS volunteer.service_hours
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.service_hours_from_numeric(numeric) IS
'hours, rounded to the nearest minute, halves away from zero; 22003 out of range';

CREATE FUNCTION volunteer.service_hours_to_interval(volunteer.service_hours) RETURNS interval
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.service_hours_to_interval(volunteer.service_hours) IS
'the same length of time; 22008 out of range';

CREATE FUNCTION volunteer.service_hours_from_interval(interval) RETURNS volunteer.service_hours
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.service_hours_from_interval(interval) IS
'the same length of time, rounded to the nearest minute, a day being 24 hours; 22023 when it has months';

CREATE CAST (volunteer.service_hours AS numeric)
    WITH FUNCTION volunteer.service_hours_to_numeric(volunteer.service_hours) AS ASSIGNMENT;
CREATE CAST (numeric AS volunteer.service_hours)
    WITH FUNCTION volunteer.service_hours_from_numeric(numeric);
CREATE CAST (volunteer.service_hours AS interval)
    WITH FUNCTION volunteer.service_hours_to_interval(volunteer.service_hours);
CREATE CAST (interval AS volunteer.service_hours)
    WITH FUNCTION volunteer.service_hours_from_interval(interval);

COMMENT ON CAST (volunteer.service_hours AS numeric) IS '小时数: hours at two decimals';
COMMENT ON CAST (numeric AS volunteer.service_hours) IS 'hours, rounded to the nearest minute';
COMMENT ON CAST (volunteer.service_hours AS interval) IS 'the same length of time';
COMMENT ON CAST (interval AS volunteer.service_hours) IS 'the same length of time, rounded to the nearest minute';

CREATE FUNCTION volunteer.service_hours_smaller(volunteer.service_hours, volunteer.service_hours) RETURNS volunteer.service_hours
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8smaller';

COMMENT ON FUNCTION volunteer.service_hours_smaller(volunteer.service_hours, volunteer.service_hours) IS
'smaller of two';

CREATE FUNCTION volunteer.service_hours_larger(volunteer.service_hours, volunteer.service_hours) RETURNS volunteer.service_hours
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8larger';

COMMENT ON FUNCTION volunteer.service_hours_larger(volunteer.service_hours, volunteer.service_hours) IS
'larger of two';

CREATE FUNCTION volunteer.service_hours_avg_accum(internal, volunteer.service_hours) RETURNS internal
    LANGUAGE internal IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'int8_avg_accum';

COMMENT ON FUNCTION volunteer.service_hours_avg_accum(internal, volunteer.service_hours) IS
'transition of avg';

CREATE FUNCTION volunteer.service_hours_avg_accum_inv(internal, volunteer.service_hours) RETURNS internal
    LANGUAGE internal IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'int8_avg_accum_inv';

COMMENT ON FUNCTION volunteer.service_hours_avg_accum_inv(internal, volunteer.service_hours) IS
'inverse transition of avg';

CREATE FUNCTION volunteer.service_hours_avg(internal) RETURNS volunteer.service_hours
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.service_hours_avg(internal) IS 'result of avg';

CREATE AGGREGATE volunteer.sum(volunteer.service_hours) (
    SFUNC = volunteer.service_hours_pl, STYPE = volunteer.service_hours,
    COMBINEFUNC = volunteer.service_hours_pl,
    MSFUNC = volunteer.service_hours_pl, MINVFUNC = volunteer.service_hours_mi, MSTYPE = volunteer.service_hours,
    PARALLEL = SAFE
);

-- The state is that of avg(bigint), 128 bits wide: no order of the rows can make it overflow.
CREATE AGGREGATE volunteer.avg(volunteer.service_hours) (
    SFUNC = volunteer.service_hours_avg_accum, STYPE = internal, SSPACE = 48,
    FINALFUNC = volunteer.service_hours_avg,
    COMBINEFUNC = int8_avg_combine, SERIALFUNC = int8_avg_serialize, DESERIALFUNC = int8_avg_deserialize,
    MSFUNC = volunteer.service_hours_avg_accum, MINVFUNC = volunteer.service_hours_avg_accum_inv, MSTYPE = internal,
    MSSPACE = 48, MFINALFUNC = volunteer.service_hours_avg,
    PARALLEL = SAFE
);

CREATE AGGREGATE volunteer.min(volunteer.service_hours) (
    SFUNC = volunteer.service_hours_smaller, STYPE = volunteer.service_hours,
    COMBINEFUNC = volunteer.service_hours_smaller, SORTOP = OPERATOR(volunteer.<),
    PARALLEL = SAFE
);

CREATE AGGREGATE volunteer.max(volunteer.service_hours) (
    SFUNC = volunteer.service_hours_larger, STYPE = volunteer.service_hours,
    COMBINEFUNC = volunteer.service_hours_larger, SORTOP = OPERATOR(volunteer.>),
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE volunteer.sum(volunteer.service_hours) IS '总时长: exact; 22003 out of range';
COMMENT ON AGGREGATE volunteer.avg(volunteer.service_hours) IS '平均时长: rounded to the nearest minute';
COMMENT ON AGGREGATE volunteer.min(volunteer.service_hours) IS '最短时长';
COMMENT ON AGGREGATE volunteer.max(volunteer.service_hours) IS '最长时长';
-- Star ratings (星级).
--
-- 民函〔2012〕340号 and 文明委〔2014〕3号 give one to five stars from 100, 300, 600, 1000 and 1500 hours. Places have standards of
-- their own, so every function also takes five thresholds.

CREATE TYPE volunteer.star_rating;

CREATE FUNCTION volunteer.star_rating_in(cstring) RETURNS volunteer.star_rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.star_rating_out(volunteer.star_rating) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.star_rating_recv(internal) RETURNS volunteer.star_rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.star_rating_send(volunteer.star_rating) RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'charsend';

CREATE TYPE volunteer.star_rating (
    INPUT = volunteer.star_rating_in,
    OUTPUT = volunteer.star_rating_out,
    RECEIVE = volunteer.star_rating_recv,
    SEND = volunteer.star_rating_send,
    LIKE = "char"
);

COMMENT ON TYPE volunteer.star_rating IS
'星级: 0 to 5; reads 三星, 三星级, ★★★ and ★★★☆☆ as well; 22P02 for anything else';
COMMENT ON FUNCTION volunteer.star_rating_in(cstring) IS 'reads the text form';
COMMENT ON FUNCTION volunteer.star_rating_out(volunteer.star_rating) IS 'writes the text form';
COMMENT ON FUNCTION volunteer.star_rating_recv(internal) IS 'reads the binary form';
COMMENT ON FUNCTION volunteer.star_rating_send(volunteer.star_rating) IS 'writes the binary form';

-- Order and equality are those of the byte, so the server's own functions for "char" serve.

CREATE FUNCTION volunteer.star_rating_lt(volunteer.star_rating, volunteer.star_rating) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'charlt';

CREATE FUNCTION volunteer.star_rating_le(volunteer.star_rating, volunteer.star_rating) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'charle';

CREATE FUNCTION volunteer.star_rating_eq(volunteer.star_rating, volunteer.star_rating) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'chareq';

CREATE FUNCTION volunteer.star_rating_ge(volunteer.star_rating, volunteer.star_rating) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'charge';

CREATE FUNCTION volunteer.star_rating_gt(volunteer.star_rating, volunteer.star_rating) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'chargt';

CREATE FUNCTION volunteer.star_rating_ne(volunteer.star_rating, volunteer.star_rating) RETURNS boolean
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'charne';

CREATE FUNCTION volunteer.star_rating_cmp(volunteer.star_rating, volunteer.star_rating) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'btcharcmp';

CREATE FUNCTION volunteer.star_rating_hash(volunteer.star_rating) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'hashchar';

CREATE FUNCTION volunteer.star_rating_hash_extended(volunteer.star_rating, bigint) RETURNS bigint
    LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'hashcharextended';

COMMENT ON FUNCTION volunteer.star_rating_lt(volunteer.star_rating, volunteer.star_rating) IS 'implementation of <';
COMMENT ON FUNCTION volunteer.star_rating_le(volunteer.star_rating, volunteer.star_rating) IS 'implementation of <=';
COMMENT ON FUNCTION volunteer.star_rating_eq(volunteer.star_rating, volunteer.star_rating) IS 'implementation of =';
COMMENT ON FUNCTION volunteer.star_rating_ge(volunteer.star_rating, volunteer.star_rating) IS 'implementation of >=';
COMMENT ON FUNCTION volunteer.star_rating_gt(volunteer.star_rating, volunteer.star_rating) IS 'implementation of >';
COMMENT ON FUNCTION volunteer.star_rating_ne(volunteer.star_rating, volunteer.star_rating) IS 'implementation of <>';
COMMENT ON FUNCTION volunteer.star_rating_cmp(volunteer.star_rating, volunteer.star_rating) IS 'btree comparison: negative, zero, positive';
COMMENT ON FUNCTION volunteer.star_rating_hash(volunteer.star_rating) IS 'hash';
COMMENT ON FUNCTION volunteer.star_rating_hash_extended(volunteer.star_rating, bigint) IS 'hash with a seed';

CREATE OPERATOR volunteer.< (
    FUNCTION = volunteer.star_rating_lt, LEFTARG = volunteer.star_rating, RIGHTARG = volunteer.star_rating,
    COMMUTATOR = OPERATOR(volunteer.>), NEGATOR = OPERATOR(volunteer.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);

CREATE OPERATOR volunteer.<= (
    FUNCTION = volunteer.star_rating_le, LEFTARG = volunteer.star_rating, RIGHTARG = volunteer.star_rating,
    COMMUTATOR = OPERATOR(volunteer.>=), NEGATOR = OPERATOR(volunteer.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);

CREATE OPERATOR volunteer.= (
    FUNCTION = volunteer.star_rating_eq, LEFTARG = volunteer.star_rating, RIGHTARG = volunteer.star_rating,
    COMMUTATOR = OPERATOR(volunteer.=), NEGATOR = OPERATOR(volunteer.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);

CREATE OPERATOR volunteer.>= (
    FUNCTION = volunteer.star_rating_ge, LEFTARG = volunteer.star_rating, RIGHTARG = volunteer.star_rating,
    COMMUTATOR = OPERATOR(volunteer.<=), NEGATOR = OPERATOR(volunteer.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);

CREATE OPERATOR volunteer.> (
    FUNCTION = volunteer.star_rating_gt, LEFTARG = volunteer.star_rating, RIGHTARG = volunteer.star_rating,
    COMMUTATOR = OPERATOR(volunteer.<), NEGATOR = OPERATOR(volunteer.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

CREATE OPERATOR volunteer.<> (
    FUNCTION = volunteer.star_rating_ne, LEFTARG = volunteer.star_rating, RIGHTARG = volunteer.star_rating,
    COMMUTATOR = OPERATOR(volunteer.<>), NEGATOR = OPERATOR(volunteer.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR volunteer.< (volunteer.star_rating, volunteer.star_rating) IS 'less than';
COMMENT ON OPERATOR volunteer.<= (volunteer.star_rating, volunteer.star_rating) IS 'less than or equal';
COMMENT ON OPERATOR volunteer.= (volunteer.star_rating, volunteer.star_rating) IS 'equal';
COMMENT ON OPERATOR volunteer.>= (volunteer.star_rating, volunteer.star_rating) IS 'greater than or equal';
COMMENT ON OPERATOR volunteer.> (volunteer.star_rating, volunteer.star_rating) IS 'greater than';
COMMENT ON OPERATOR volunteer.<> (volunteer.star_rating, volunteer.star_rating) IS 'not equal';

CREATE OPERATOR CLASS volunteer.star_rating_ops DEFAULT FOR TYPE volunteer.star_rating USING btree AS
    OPERATOR 1 volunteer.<,
    OPERATOR 2 volunteer.<=,
    OPERATOR 3 volunteer.=,
    OPERATOR 4 volunteer.>=,
    OPERATOR 5 volunteer.>,
    FUNCTION 1 volunteer.star_rating_cmp(volunteer.star_rating, volunteer.star_rating),
    FUNCTION 4 (volunteer.star_rating, volunteer.star_rating) btequalimage(oid);

CREATE OPERATOR CLASS volunteer.star_rating_ops DEFAULT FOR TYPE volunteer.star_rating USING hash AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 volunteer.star_rating_hash(volunteer.star_rating),
    FUNCTION 2 volunteer.star_rating_hash_extended(volunteer.star_rating, bigint);

COMMENT ON OPERATOR FAMILY volunteer.star_rating_ops USING btree IS '星级';
COMMENT ON OPERATOR CLASS volunteer.star_rating_ops USING btree IS '星级';
COMMENT ON OPERATOR FAMILY volunteer.star_rating_ops USING hash IS '星级';
COMMENT ON OPERATOR CLASS volunteer.star_rating_ops USING hash IS '星级';

CREATE FUNCTION volunteer.stars(volunteer.star_rating) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'star_rating_stars_text';

COMMENT ON FUNCTION volunteer.stars(volunteer.star_rating) IS '星级图示: filled and empty stars, ★★★☆☆';

CREATE FUNCTION volunteer.star_rating_from_integer(integer) RETURNS volunteer.star_rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.star_rating_from_integer(integer) IS '22003 unless 0 to 5';

CREATE FUNCTION volunteer.star_rating_to_integer(volunteer.star_rating) RETURNS integer
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'chartoi4';

COMMENT ON FUNCTION volunteer.star_rating_to_integer(volunteer.star_rating) IS 'number of stars';

CREATE CAST (integer AS volunteer.star_rating)
    WITH FUNCTION volunteer.star_rating_from_integer(integer);
CREATE CAST (volunteer.star_rating AS integer)
    WITH FUNCTION volunteer.star_rating_to_integer(volunteer.star_rating) AS ASSIGNMENT;

COMMENT ON CAST (integer AS volunteer.star_rating) IS '22003 unless 0 to 5';
COMMENT ON CAST (volunteer.star_rating AS integer) IS 'number of stars';

CREATE FUNCTION volunteer.star_rating(hours volunteer.service_hours) RETURNS volunteer.star_rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'star_rating_of_hours';

COMMENT ON FUNCTION volunteer.star_rating(volunteer.service_hours) IS
'星级认定: the stars that the national thresholds of 100, 300, 600, 1000 and 1500 hours give';

CREATE FUNCTION volunteer.star_rating(hours volunteer.service_hours, thresholds volunteer.service_hours[]) RETURNS volunteer.star_rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'star_rating_of_hours_locally';

COMMENT ON FUNCTION volunteer.star_rating(volunteer.service_hours, volunteer.service_hours[]) IS
'星级认定: the stars that a local standard gives; 22023 unless it has five ascending thresholds';

CREATE FUNCTION volunteer.next_star(hours volunteer.service_hours, OUT star volunteer.star_rating, OUT missing volunteer.service_hours)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'next_star_of_hours';

COMMENT ON FUNCTION volunteer.next_star(volunteer.service_hours) IS
'下一星级: the next star by the national thresholds and the hours missing, nulls after the fifth';

CREATE FUNCTION volunteer.next_star(hours volunteer.service_hours, thresholds volunteer.service_hours[], OUT star volunteer.star_rating, OUT missing volunteer.service_hours)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'next_star_of_hours_locally';

COMMENT ON FUNCTION volunteer.next_star(volunteer.service_hours, volunteer.service_hours[]) IS
'下一星级: the same by a local standard; 22023 unless it has five ascending thresholds';
-- Totals kept by trigger.
--
-- track_hours() makes a table of totals follow a table of records:
--
--     SELECT volunteer.track_hours('club.visit', 'club.member_year',
--         keys => ARRAY['member_id', 'year = year(visited_on)'], sums => ARRAY['hours'],
--         counted => 'confirmed', records => 'visits');
--
-- Each row that is written adds to deltas in the memory of the session. They are written to the totals before commit (or
-- at the end of the statement), table by table in a fixed order and row by row in the order of the keys, so that
-- transactions that write totals do not wait for each other in a circle. A rollback, also to a savepoint, forgets what
-- it undoes. Exact under INSERT, UPDATE, DELETE, TRUNCATE, COPY, MERGE, ON CONFLICT, moves between partitions and
-- PREPARE TRANSACTION, also of several sessions at once.
--
-- The rules:
-- * One totals table has one source. It needs a unique index on exactly the key columns, and defaults for columns that
--   are neither keys nor sums.
-- * A row with a null key counts nowhere; a null sum is zero; a null condition is false.
-- * A totals row whose records are gone stays, with zeros. A missing row stands for zeros.
-- * CHECK (hours >= 0) on totals is tested on totals, never on a delta, but a row of zeros must satisfy the constraints.
-- * In one transaction totals lag behind until the flush; flush_hours() makes it happen at once. With flush 'statement'
--   transactions of several statements can deadlock, as with any trigger that locks totals. Under REPEATABLE READ two
--   transactions that add to the same total fail to serialize (40001), as with any UPDATE of one row.
-- * DROP, DETACH and ATTACH of a partition with rows, TRUNCATE of a partition newer than the tracking, and writes with
--   triggers disabled fire nothing: call track_hours() again with the same arguments, which corrects the totals.
-- * Totals are found by name. To rename them: untrack, rename, track.
--
-- Rights: totals are written as the owner of the tracked table, as the actions of a foreign key are. Who writes records
-- needs no rights on totals; whoever tracks a table of his own can change no totals that he could not change anyway.
-- The triggers of the totals run as that owner too, with search_path pg_catalog, pg_temp. TRIGGER on a table is enough
-- to attach a trigger to it, so EXECUTE on accumulate_hours() is not for PUBLIC: the owners of tracked tables need it.

CREATE FUNCTION volunteer.accumulate_hours() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.accumulate_hours() IS
'时长累计触发器: made by track_hours(), arguments totals, keys, sums, counted, records, flush; 39P01 when attached in another way, 42501 inside a security-restricted operation';

REVOKE EXECUTE ON FUNCTION volunteer.accumulate_hours() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION volunteer.accumulate_hours() TO @extowner@ WITH GRANT OPTION;

CREATE FUNCTION volunteer.flush_hours() RETURNS void
    LANGUAGE c VOLATILE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.flush_hours() IS
'立即写入累计: writes the totals of what this transaction has recorded so far';

CREATE FUNCTION volunteer.tracked_columns(source regclass, totals regclass)
    RETURNS TABLE (role text, total_column text, expression text)
    LANGUAGE c STABLE STRICT
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.tracked_columns(regclass, regclass) IS
'累计定义: columns of the totals by role (key, sum) and the condition (counted) as SQL expressions over source AS s; no rows when the table is not tracked into these totals';

CREATE FUNCTION volunteer.check_hours(source regclass, totals regclass)
    RETURNS TABLE (key jsonb, kept jsonb, recomputed jsonb)
    LANGUAGE plpgsql VOLATILE STRICT
    SET search_path = pg_catalog, volunteer, pg_temp
AS $function$
DECLARE
    query text;
BEGIN
    PERFORM volunteer.flush_hours();

    SELECT format(
        $query$
        SELECT key, coalesce(t.kept, z.zeros), coalesce(r.recomputed, z.zeros)
        FROM (SELECT jsonb_build_object(%1$s) AS key, jsonb_build_object(%2$s) AS kept FROM %3$s AS t) AS t
        FULL JOIN (SELECT jsonb_build_object(%4$s) AS key, jsonb_build_object(%5$s) AS recomputed
                   FROM %6$s AS s
                   WHERE %7$s
                   GROUP BY %8$s) AS r USING (key)
        CROSS JOIN (SELECT jsonb_build_object(%9$s) AS zeros) AS z
        WHERE coalesce(t.kept, z.zeros) <> coalesce(r.recomputed, z.zeros)
        $query$,
        string_agg(format('%1$L, t.%1$I', c.total_column), ', ') FILTER (WHERE c.role = 'key'),
        string_agg(format('%1$L, coalesce(t.%1$I, %2$s)', c.total_column, z.zero), ', ') FILTER (WHERE c.role = 'sum'),
        totals,
        string_agg(format('%L, %s', c.total_column, c.expression), ', ') FILTER (WHERE c.role = 'key'),
        string_agg(format('%L, coalesce(%s, %s)', c.total_column, c.expression, z.zero), ', ')
            FILTER (WHERE c.role = 'sum'),
        source,
        string_agg(format('(%s)', CASE c.role WHEN 'key' THEN c.expression || ' IS NOT NULL' ELSE c.expression END), ' AND ')
            FILTER (WHERE c.role <> 'sum'),
        string_agg(format('(%s)', c.expression), ', ') FILTER (WHERE c.role = 'key'),
        string_agg(format('%L, %s', c.total_column, z.zero), ', ') FILTER (WHERE c.role = 'sum'))
    INTO query
    FROM volunteer.tracked_columns(source, totals) AS c
    LEFT JOIN pg_attribute AS a ON a.attrelid = totals AND a.attname = c.total_column
    CROSS JOIN LATERAL (SELECT format('%L::%s', 0, format_type(a.atttypid, NULL))) AS z (zero)
    HAVING count(*) > 0;

    IF query IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'undefined_object',
            MESSAGE = format('table %s is not tracked into totals %s', source, totals);
    END IF;
    RETURN QUERY EXECUTE query;
END
$function$;

COMMENT ON FUNCTION volunteer.check_hours(regclass, regclass) IS
'核对累计: totals that differ from their records, by key as kept and as recomputed; no rows when the totals are exact; 42704 when the table is not tracked into these totals';

CREATE FUNCTION volunteer.triggers_into(totals regclass)
    RETURNS TABLE (source regclass, trigger_name name, for_each_row boolean)
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT t.tgrelid, t.tgname, t.tgtype & 1 = 1
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT convert_to(format('%I.%I', n.nspname, c.relname), getdatabaseencoding()) || '\x00'
    ) AS a (argument)
    JOIN pg_trigger AS t ON substring(t.tgargs FROM 1 FOR length(a.argument)) = a.argument
    WHERE c.oid = totals AND t.tgfoid = 'volunteer.accumulate_hours()'::regprocedure AND t.tgparentid = 0;
END;

COMMENT ON FUNCTION volunteer.triggers_into(regclass) IS
'累计触发器: the triggers that keep these totals (their first argument names them), without the clones on partitions';

CREATE FUNCTION volunteer.untrack_hours(source regclass, totals regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT
    SET search_path = pg_catalog, volunteer, pg_temp
AS $function$
DECLARE
    statement text;
BEGIN
    PERFORM volunteer.flush_hours();
    FOR statement IN
        SELECT format('DROP TRIGGER %I ON %s', t.trigger_name, t.source)
        FROM volunteer.triggers_into(untrack_hours.totals) AS t
        WHERE t.source = untrack_hours.source
            OR t.source IN (SELECT p.relid FROM pg_partition_tree(untrack_hours.source) AS p)
    LOOP
        EXECUTE statement;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION volunteer.untrack_hours(regclass, regclass) IS
'停止累计: writes what is pending and drops the triggers that track_hours() made; the totals stay as they are';

CREATE FUNCTION volunteer.track_hours(
    source regclass, totals regclass, keys text[], sums text[],
    counted text DEFAULT NULL, records text DEFAULT NULL, flush text DEFAULT 'commit') RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, volunteer, pg_temp
AS $function$
DECLARE
    owner oid := (SELECT relowner FROM pg_class WHERE oid = source);
    name text;
    action text;
    member regclass;
    statement text;
BEGIN
    IF NOT pg_has_role(owner, 'USAGE') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('must be owner of table %s', source);
    END IF;
    IF NOT (has_table_privilege(owner, totals, 'SELECT') AND has_table_privilege(owner, totals, 'INSERT')
            AND has_table_privilege(owner, totals, 'UPDATE')) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('owner of table %s must have SELECT, INSERT and UPDATE on totals %s', source, totals);
    END IF;

    -- A snapshot older than the lock would miss rows that others have committed since.
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_transaction_state',
            MESSAGE = 'hours can only be tracked in a transaction that is READ COMMITTED';
    END IF;

    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', source);
    PERFORM volunteer.untrack_hours(source, totals);
    IF EXISTS (SELECT FROM volunteer.triggers_into(totals) AS t WHERE t.for_each_row) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = format('totals %s are kept from another table', totals);
    END IF;

    SELECT format('EXECUTE FUNCTION volunteer.accumulate_hours(%L, %L, %L, %L, %L, %L)',
                  format('%I.%I', n.nspname, c.relname),
                  keys, sums, coalesce(counted, ''), coalesce(records, ''), flush),
           format('%s_%s', n.nspname, c.relname)
    INTO action, name
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = totals;

    EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW %s',
                   'accumulate_' || name, source, action);
    FOR member IN
        SELECT source
        UNION
        SELECT p.relid FROM pg_partition_tree(source) AS p
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %s %s', 'truncate_' || name, member, action);
        IF flush = 'statement' THEN
            EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s %s', 'flush_' || name, member, action);
        END IF;
    END LOOP;

    SELECT format(
        $statement$
        INSERT INTO %1$s AS t (%2$s)
        SELECT %3$s
        FROM volunteer.check_hours(%4$L, %5$L) AS c, jsonb_populate_record(NULL::%1$s, c.key || c.recomputed) AS p
        ORDER BY %6$s
        ON CONFLICT (%7$s) DO UPDATE SET %8$s
        $statement$,
        totals,
        string_agg(format('%I', c.total_column), ', '),
        string_agg(format('p.%I', c.total_column), ', '),
        source::oid,
        totals::oid,
        string_agg(format('p.%I', c.total_column), ', ') FILTER (WHERE c.role = 'key'),
        string_agg(format('%I', c.total_column), ', ') FILTER (WHERE c.role = 'key'),
        string_agg(format('%1$I = EXCLUDED.%1$I', c.total_column), ', ') FILTER (WHERE c.role = 'sum'))
    INTO statement
    FROM volunteer.tracked_columns(source, totals) AS c
    WHERE c.role <> 'counted';
    EXECUTE statement;
END
$function$;

COMMENT ON FUNCTION volunteer.track_hours(regclass, regclass, text[], text[], text, text, text) IS
'建立累计: makes totals follow source and corrects them. keys: "column", "total = source", "total = year(source)" or "total = month(source)" (its first day) of a date; sums: "column" or "total = source", smallint, integer or bigint into any of these, service_hours into service_hours; counted: boolean column, only true rows count; records: total that counts rows; flush: "commit" or "statement". Blocks writers of source meanwhile. 25000 unless the transaction is READ COMMITTED, 42501 unless the caller owns source and its owner may write totals, 42601, 42703, 42804 for a mapping that is wrong, 42710 if totals have another source, 42P10 without the unique index';
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

-- Whoever may call this can try numbers until a digest fits.
REVOKE EXECUTE ON FUNCTION volunteer.identity_digest(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION volunteer.identity_digest(text, text) TO @extowner@ WITH GRANT OPTION;
-- Signing of certificates.
--
-- The private key is a file named by the superuser-only setting volunteer.signing_key_file: PEM, P-256, mode 0600,
-- owned by the server's user. Make one with
--     openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out signing.pem
-- and name it for one database only:
--     ALTER DATABASE registry SET volunteer.signing_key_file = '/etc/volunteer/signing.pem';
-- Who may create a database's extensions may sign with the key that database is given, so do not set it for the cluster.
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
GRANT EXECUTE ON FUNCTION volunteer.sign_certificate(json) TO @extowner@ WITH GRANT OPTION;
