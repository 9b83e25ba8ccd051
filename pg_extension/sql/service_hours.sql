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

CREATE OPERATOR CLASS volunteer.service_hours_minmax_ops DEFAULT FOR TYPE volunteer.service_hours USING brin AS
    OPERATOR 1 volunteer.<,
    OPERATOR 2 volunteer.<=,
    OPERATOR 3 volunteer.=,
    OPERATOR 4 volunteer.>=,
    OPERATOR 5 volunteer.>,
    FUNCTION 1 brin_minmax_opcinfo(internal),
    FUNCTION 2 brin_minmax_add_value(internal, internal, internal, internal),
    FUNCTION 3 brin_minmax_consistent(internal, internal, internal),
    FUNCTION 4 brin_minmax_union(internal, internal, internal);

COMMENT ON OPERATOR FAMILY volunteer.service_hours_ops USING btree IS '服务时长';
COMMENT ON OPERATOR CLASS volunteer.service_hours_ops USING btree IS '服务时长';
COMMENT ON OPERATOR FAMILY volunteer.service_hours_ops USING hash IS '服务时长';
COMMENT ON OPERATOR CLASS volunteer.service_hours_ops USING hash IS '服务时长';
COMMENT ON OPERATOR FAMILY volunteer.service_hours_minmax_ops USING brin IS '服务时长: ranges';
COMMENT ON OPERATOR CLASS volunteer.service_hours_minmax_ops USING brin IS '服务时长: ranges';

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

-- Time that several records claim counts once: covered_hours(range_agg(period)).

CREATE FUNCTION volunteer.covered_hours(tstzmultirange) RETURNS volunteer.service_hours
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.covered_hours(tsmultirange) RETURNS volunteer.service_hours
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.covered_hours(tstzrange) RETURNS volunteer.service_hours
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'covered_hours_of_range';

COMMENT ON FUNCTION volunteer.covered_hours(tstzmultirange) IS
'覆盖时长: the time that the periods cover, overlaps once, in full minutes; 22023 unless every period has a start and an end';
COMMENT ON FUNCTION volunteer.covered_hours(tsmultirange) IS
'覆盖时长: the same of periods on the local clock';
COMMENT ON FUNCTION volunteer.covered_hours(tstzrange) IS
'覆盖时长: the same of a single period';

-- Short in the catalog, from which PostgreSQL prepares generated columns for every statement.

CREATE FUNCTION volunteer.counted_hours(period tstzrange, entry_method smallint) RETURNS volunteer.service_hours
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.counted_minutes(period tstzrange, entry_method smallint) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.declared_hours(period tstzrange, entry_method smallint) RETURNS volunteer.service_hours
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.hours_nature(entry_method smallint) RETURNS smallint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.counted_hours(tstzrange, smallint) IS
'计时时长: the hours of a period by how it was entered, none after a forced sign-out (0); 22023 unless the period has a start and an end';
COMMENT ON FUNCTION volunteer.counted_minutes(tstzrange, smallint) IS
'计时分钟数: the same in minutes; 22003 if they are too many';
COMMENT ON FUNCTION volunteer.declared_hours(tstzrange, smallint) IS
'荣誉时长: the hours of a period that a group (1) or the volunteer (2) declared, else none; 22023 as above';
COMMENT ON FUNCTION volunteer.hours_nature(smallint) IS
'时长性质: 2 (荣誉时长) of what a group (1) or the volunteer (2) declared, else 1 (信用时长)';

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
