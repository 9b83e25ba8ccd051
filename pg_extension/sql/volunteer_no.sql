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

CREATE OPERATOR CLASS volunteer.volunteer_no_minmax_ops DEFAULT FOR TYPE volunteer.volunteer_no USING brin AS
    OPERATOR 1 volunteer.<,
    OPERATOR 2 volunteer.<=,
    OPERATOR 3 volunteer.=,
    OPERATOR 4 volunteer.>=,
    OPERATOR 5 volunteer.>,
    FUNCTION 1 brin_minmax_opcinfo(internal),
    FUNCTION 2 brin_minmax_add_value(internal, internal, internal, internal),
    FUNCTION 3 brin_minmax_consistent(internal, internal, internal),
    FUNCTION 4 brin_minmax_union(internal, internal, internal);

CREATE OPERATOR CLASS volunteer.volunteer_no_bloom_ops FOR TYPE volunteer.volunteer_no USING brin AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 brin_bloom_opcinfo(internal),
    FUNCTION 2 brin_bloom_add_value(internal, internal, internal, internal),
    FUNCTION 3 brin_bloom_consistent(internal, internal, internal, integer),
    FUNCTION 4 brin_bloom_union(internal, internal, internal),
    FUNCTION 5 brin_bloom_options(internal),
    FUNCTION 11 volunteer.volunteer_no_hash(volunteer.volunteer_no);

COMMENT ON OPERATOR FAMILY volunteer.volunteer_no_ops USING btree IS '志愿者编号';
COMMENT ON OPERATOR CLASS volunteer.volunteer_no_ops USING btree IS '志愿者编号';
COMMENT ON OPERATOR FAMILY volunteer.volunteer_no_ops USING hash IS '志愿者编号';
COMMENT ON OPERATOR CLASS volunteer.volunteer_no_ops USING hash IS '志愿者编号';
COMMENT ON OPERATOR FAMILY volunteer.volunteer_no_minmax_ops USING brin IS '志愿者编号: ranges';
COMMENT ON OPERATOR CLASS volunteer.volunteer_no_minmax_ops USING brin IS '志愿者编号: ranges';
COMMENT ON OPERATOR FAMILY volunteer.volunteer_no_bloom_ops USING brin IS '志愿者编号: Bloom filters';
COMMENT ON OPERATOR CLASS volunteer.volunteer_no_bloom_ops USING brin IS '志愿者编号: Bloom filters';

CREATE FUNCTION volunteer.volunteer_no(region volunteer.region_code, registered date, serial integer) RETURNS volunteer.volunteer_no
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'volunteer_no_of';

COMMENT ON FUNCTION volunteer.volunteer_no(volunteer.region_code, date, integer) IS
'编号: of the first six digits of the region, year and month of the date, and the serial number; 22008 unless the year is 2000 to 2099, 22003 unless the serial is 0 to 999999';

CREATE FUNCTION volunteer.to_volunteer_no(text) RETURNS volunteer.volunteer_no
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.to_volunteer_no(text) IS
'志愿者编号,写法有误时为空: the number that a text states, null when it states none';

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
