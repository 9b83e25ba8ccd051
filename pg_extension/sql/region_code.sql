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

CREATE OPERATOR CLASS volunteer.region_code_minmax_ops DEFAULT FOR TYPE volunteer.region_code USING brin AS
    OPERATOR 1 volunteer.<,
    OPERATOR 2 volunteer.<=,
    OPERATOR 3 volunteer.=,
    OPERATOR 4 volunteer.>=,
    OPERATOR 5 volunteer.>,
    FUNCTION 1 brin_minmax_opcinfo(internal),
    FUNCTION 2 brin_minmax_add_value(internal, internal, internal, internal),
    FUNCTION 3 brin_minmax_consistent(internal, internal, internal),
    FUNCTION 4 brin_minmax_union(internal, internal, internal);

COMMENT ON OPERATOR FAMILY volunteer.region_code_ops USING btree IS '行政区划代码';
COMMENT ON OPERATOR CLASS volunteer.region_code_ops USING btree IS '行政区划代码';
COMMENT ON OPERATOR FAMILY volunteer.region_code_ops USING hash IS '行政区划代码';
COMMENT ON OPERATOR CLASS volunteer.region_code_ops USING hash IS '行政区划代码';
COMMENT ON OPERATOR FAMILY volunteer.region_code_minmax_ops USING brin IS '行政区划代码: ranges';
COMMENT ON OPERATOR CLASS volunteer.region_code_minmax_ops USING brin IS '行政区划代码: ranges';

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

CREATE FUNCTION volunteer.lineage(volunteer.region_code) RETURNS volunteer.region_code[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'region_code_lineage';

COMMENT ON FUNCTION volunteer.lineage(volunteer.region_code) IS
'各级上级区划及本级: every division that contains this one and itself, from the province down';

CREATE FUNCTION volunteer.subtree(volunteer.region_code, OUT first volunteer.region_code, OUT last volunteer.region_code)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'region_code_subtree';

COMMENT ON FUNCTION volunteer.subtree(volunteer.region_code) IS
'区划范围: the first and the last code that lie in the division';

CREATE FUNCTION volunteer.region_code_last(volunteer.region_code) RETURNS volunteer.region_code
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.region_code_last(volunteer.region_code) IS
'the last code that lies in the division, as index conditions have it';

-- With these, the planner answers containment from a btree index: code <@ division is a range of the column code,
-- column @> code a list of at most five divisions.

CREATE FUNCTION volunteer.region_code_contained_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.region_code_contains_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.region_code_contained_support(internal) IS 'planner support of <@';
COMMENT ON FUNCTION volunteer.region_code_contains_support(internal) IS 'planner support of @>';

CREATE FUNCTION volunteer.region_code_contained(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    SUPPORT volunteer.region_code_contained_support
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.region_code_contains(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    SUPPORT volunteer.region_code_contains_support
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.region_code_contained(volunteer.region_code, volunteer.region_code) IS
'implementation of <@';
COMMENT ON FUNCTION volunteer.region_code_contains(volunteer.region_code, volunteer.region_code) IS
'implementation of @>';

CREATE FUNCTION volunteer.region_code_contained_sel(internal, oid, internal, integer) RETURNS float8
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.region_code_contains_sel(internal, oid, internal, integer) RETURNS float8
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.region_code_contained_sel(internal, oid, internal, integer) IS
'restriction selectivity of <@';
COMMENT ON FUNCTION volunteer.region_code_contains_sel(internal, oid, internal, integer) IS
'restriction selectivity of @>';

CREATE OPERATOR volunteer.<@ (
    FUNCTION = volunteer.region_code_contained,
    LEFTARG = volunteer.region_code, RIGHTARG = volunteer.region_code,
    COMMUTATOR = OPERATOR(volunteer.@>),
    RESTRICT = volunteer.region_code_contained_sel, JOIN = matchingjoinsel
);

CREATE OPERATOR volunteer.@> (
    FUNCTION = volunteer.region_code_contains,
    LEFTARG = volunteer.region_code, RIGHTARG = volunteer.region_code,
    COMMUTATOR = OPERATOR(volunteer.<@),
    RESTRICT = volunteer.region_code_contains_sel, JOIN = matchingjoinsel
);

COMMENT ON OPERATOR volunteer.<@ (volunteer.region_code, volunteer.region_code) IS
'属于: the left division is the right one or lies in it';
COMMENT ON OPERATOR volunteer.@> (volunteer.region_code, volunteer.region_code) IS
'包含: the right division is the left one or lies in it';
