-- Occupancy (占用时段): how many records cover each minute.
--
-- 民政部令第67号 art. 7 counts the time actually given, so nobody can be credited with one minute twice, nor with a day of more
-- than 24 hours. A total of this type in a table that track_hours() keeps states both as ordinary constraints:
--
--     occupied volunteer.occupancy NOT NULL DEFAULT '{}',
--     CONSTRAINT no_overlap CHECK (NOT volunteer.has_overlap(occupied)),
--     CONSTRAINT day_has_24_hours CHECK (volunteer.busiest_day_minutes(occupied) <= 1440)
--
-- They hold between sessions, since all of them write the one locked row, and they look at the end of a transaction, not at
-- the order of its statements. Minutes are those of the clock of Asia/Shanghai.

CREATE TYPE volunteer.occupancy;

CREATE FUNCTION volunteer.occupancy_in(cstring) RETURNS volunteer.occupancy
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.occupancy_out(volunteer.occupancy) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.occupancy_recv(internal) RETURNS volunteer.occupancy
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.occupancy_send(volunteer.occupancy) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

-- Storage main: a total is rewritten with every record, so it stays in its row as long as the row fits on a page.
CREATE TYPE volunteer.occupancy (
    INPUT = volunteer.occupancy_in,
    OUTPUT = volunteer.occupancy_out,
    RECEIVE = volunteer.occupancy_recv,
    SEND = volunteer.occupancy_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = main
);

COMMENT ON TYPE volunteer.occupancy IS
'占用时段: how often each minute is covered; {[2025-03-01 09:00,2025-03-01 11:30),[2025-03-01 11:30,2025-03-01 12:00)x2} is once until 11:30 and twice from then on; periods in order, apart, in whole minutes of the years 1 to 4000; counts may be negative in differences; 22P02 for anything else';
COMMENT ON FUNCTION volunteer.occupancy_in(cstring) IS 'reads the text form';
COMMENT ON FUNCTION volunteer.occupancy_out(volunteer.occupancy) IS 'writes the text form';
COMMENT ON FUNCTION volunteer.occupancy_recv(internal) IS 'reads the binary form';
COMMENT ON FUNCTION volunteer.occupancy_send(volunteer.occupancy) IS 'writes the binary form';

CREATE FUNCTION volunteer.occupancy_eq(volunteer.occupancy, volunteer.occupancy) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.occupancy_ne(volunteer.occupancy, volunteer.occupancy) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.occupancy_hash(volunteer.occupancy) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.occupancy_hash_extended(volunteer.occupancy, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.occupancy_eq(volunteer.occupancy, volunteer.occupancy) IS 'implementation of =';
COMMENT ON FUNCTION volunteer.occupancy_ne(volunteer.occupancy, volunteer.occupancy) IS 'implementation of <>';
COMMENT ON FUNCTION volunteer.occupancy_hash(volunteer.occupancy) IS 'hash';
COMMENT ON FUNCTION volunteer.occupancy_hash_extended(volunteer.occupancy, bigint) IS 'hash with a seed';

CREATE OPERATOR volunteer.= (
    FUNCTION = volunteer.occupancy_eq, LEFTARG = volunteer.occupancy, RIGHTARG = volunteer.occupancy,
    COMMUTATOR = OPERATOR(volunteer.=), NEGATOR = OPERATOR(volunteer.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);

CREATE OPERATOR volunteer.<> (
    FUNCTION = volunteer.occupancy_ne, LEFTARG = volunteer.occupancy, RIGHTARG = volunteer.occupancy,
    COMMUTATOR = OPERATOR(volunteer.<>), NEGATOR = OPERATOR(volunteer.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);

COMMENT ON OPERATOR volunteer.= (volunteer.occupancy, volunteer.occupancy) IS 'equal';
COMMENT ON OPERATOR volunteer.<> (volunteer.occupancy, volunteer.occupancy) IS 'not equal';

CREATE OPERATOR CLASS volunteer.occupancy_ops DEFAULT FOR TYPE volunteer.occupancy USING hash AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 volunteer.occupancy_hash(volunteer.occupancy),
    FUNCTION 2 volunteer.occupancy_hash_extended(volunteer.occupancy, bigint);

COMMENT ON OPERATOR FAMILY volunteer.occupancy_ops USING hash IS '占用时段';
COMMENT ON OPERATOR CLASS volunteer.occupancy_ops USING hash IS '占用时段';

CREATE FUNCTION volunteer.occupancy(tstzrange) RETURNS volunteer.occupancy
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'occupancy_from_tstzrange';

COMMENT ON FUNCTION volunteer.occupancy(tstzrange) IS
'时段占用的分钟: the minutes of a period [start,end) on the clock of Asia/Shanghai, counted once; 22023 unless it has a start and an end, at whole minutes of the years 1 to 4000';

CREATE FUNCTION volunteer.occupancy(tsrange) RETURNS volunteer.occupancy
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'occupancy_from_tsrange';

COMMENT ON FUNCTION volunteer.occupancy(tsrange) IS
'时段占用的分钟: the same of a period on the local clock';

CREATE FUNCTION volunteer.has_whole_minutes(tstzrange) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'tstzrange_has_whole_minutes';

COMMENT ON FUNCTION volunteer.has_whole_minutes(tstzrange) IS
'时段是否整分: does occupancy() take this period';

CREATE FUNCTION volunteer.has_whole_minutes(tsrange) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'tsrange_has_whole_minutes';

COMMENT ON FUNCTION volunteer.has_whole_minutes(tsrange) IS
'时段是否整分: does occupancy() take this period';

CREATE FUNCTION volunteer.is_within_day(tstzrange, date) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'tstzrange_is_within_day';

COMMENT ON FUNCTION volunteer.is_within_day(tstzrange, date) IS
'时段是否在当日之内: does the period start and end on this day of the clock of Asia/Shanghai, its midnights included; false unless it has a start and an end';

CREATE FUNCTION volunteer.occupancy_pl(volunteer.occupancy, volunteer.occupancy) RETURNS volunteer.occupancy
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.occupancy_pl(volunteer.occupancy, volunteer.occupancy) IS 'implementation of +';

CREATE FUNCTION volunteer.occupancy_mi(volunteer.occupancy, volunteer.occupancy) RETURNS volunteer.occupancy
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.occupancy_mi(volunteer.occupancy, volunteer.occupancy) IS 'implementation of -';

CREATE FUNCTION volunteer.occupancy_um(volunteer.occupancy) RETURNS volunteer.occupancy
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.occupancy_um(volunteer.occupancy) IS 'implementation of -';

CREATE OPERATOR volunteer.+ (
    FUNCTION = volunteer.occupancy_pl, LEFTARG = volunteer.occupancy, RIGHTARG = volunteer.occupancy,
    COMMUTATOR = OPERATOR(volunteer.+)
);

CREATE OPERATOR volunteer.- (
    FUNCTION = volunteer.occupancy_mi, LEFTARG = volunteer.occupancy, RIGHTARG = volunteer.occupancy
);

CREATE OPERATOR volunteer.- (
    FUNCTION = volunteer.occupancy_um, RIGHTARG = volunteer.occupancy
);

COMMENT ON OPERATOR volunteer.+ (volunteer.occupancy, volunteer.occupancy) IS 'add the counts of each minute';
COMMENT ON OPERATOR volunteer.- (volunteer.occupancy, volunteer.occupancy) IS 'subtract the counts of each minute';
COMMENT ON OPERATOR volunteer.- (NONE, volunteer.occupancy) IS 'negate the counts';

CREATE FUNCTION volunteer.has_overlap(volunteer.occupancy) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'occupancy_has_overlap';

COMMENT ON FUNCTION volunteer.has_overlap(volunteer.occupancy) IS
'时段是否重叠: is any minute counted more than once, or less than zero times';

CREATE FUNCTION volunteer.occupied_minutes(volunteer.occupancy) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'occupancy_occupied_minutes';

COMMENT ON FUNCTION volunteer.occupied_minutes(volunteer.occupancy) IS
'占用的分钟数: sum of the counts, a minute counted twice being two';

CREATE FUNCTION volunteer.busiest_day_minutes(volunteer.occupancy) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'occupancy_busiest_day_minutes';

COMMENT ON FUNCTION volunteer.busiest_day_minutes(volunteer.occupancy) IS
'单日最多分钟数: sum of the counts within the day that has most';

CREATE FUNCTION volunteer.minutes_by_day(volunteer.occupancy) RETURNS TABLE (day date, minutes integer)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'occupancy_minutes_by_day';

COMMENT ON FUNCTION volunteer.minutes_by_day(volunteer.occupancy) IS
'每日分钟数: sum of the counts of each day, days without any left out';

CREATE FUNCTION volunteer.periods(volunteer.occupancy) RETURNS tsmultirange
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'occupancy_periods';

COMMENT ON FUNCTION volunteer.periods(volunteer.occupancy) IS
'占用的时间段: the minutes counted at least once, on the local clock';

CREATE FUNCTION volunteer.occupancy_sum_accum(internal, volunteer.occupancy) RETURNS internal
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.occupancy_sum_accum(internal, volunteer.occupancy) IS 'transition of sum';

CREATE FUNCTION volunteer.occupancy_sum_combine(internal, internal) RETURNS internal
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.occupancy_sum_combine(internal, internal) IS 'adds the state of a parallel worker';

CREATE FUNCTION volunteer.occupancy_sum_serialize(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.occupancy_sum_serialize(internal) IS 'sends the state of a parallel worker';

CREATE FUNCTION volunteer.occupancy_sum_deserialize(bytea, internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.occupancy_sum_deserialize(bytea, internal) IS 'receives the state of a parallel worker';

CREATE FUNCTION volunteer.occupancy_sum_final(internal) RETURNS volunteer.occupancy
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.occupancy_sum_final(internal) IS 'result of sum';

CREATE AGGREGATE volunteer.sum(volunteer.occupancy) (
    SFUNC = volunteer.occupancy_sum_accum, STYPE = internal, SSPACE = 280,
    FINALFUNC = volunteer.occupancy_sum_final,
    COMBINEFUNC = volunteer.occupancy_sum_combine,
    SERIALFUNC = volunteer.occupancy_sum_serialize, DESERIALFUNC = volunteer.occupancy_sum_deserialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE volunteer.sum(volunteer.occupancy) IS '合并占用时段: the counts of each minute added up; 54000 when more than 524288 periods remain';
