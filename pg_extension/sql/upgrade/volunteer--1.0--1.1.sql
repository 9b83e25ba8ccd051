-- What version 1.1 changes in a database that has 1.0.

-- The owner of schema volunteer need not be a superuser, and must not have functions of his run by one.
SET LOCAL search_path = pg_catalog, pg_temp;

-- region_code: containment that an index answers; BRIN

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

COMMENT ON OPERATOR FAMILY volunteer.region_code_minmax_ops USING brin IS '行政区划代码: ranges';

COMMENT ON OPERATOR CLASS volunteer.region_code_minmax_ops USING brin IS '行政区划代码: ranges';

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

CREATE FUNCTION volunteer.region_code_contained_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE FUNCTION volunteer.region_code_contains_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.region_code_contained_support(internal) IS 'planner support of <@';

COMMENT ON FUNCTION volunteer.region_code_contains_support(internal) IS 'planner support of @>';

CREATE OR REPLACE FUNCTION volunteer.region_code_contained(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    SUPPORT volunteer.region_code_contained_support
    AS 'MODULE_PATHNAME';

CREATE OR REPLACE FUNCTION volunteer.region_code_contains(volunteer.region_code, volunteer.region_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    SUPPORT volunteer.region_code_contains_support
    AS 'MODULE_PATHNAME';

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

ALTER OPERATOR volunteer.<@ (volunteer.region_code, volunteer.region_code) SET (RESTRICT = volunteer.region_code_contained_sel, JOIN = matchingjoinsel);

ALTER OPERATOR volunteer.@> (volunteer.region_code, volunteer.region_code) SET (RESTRICT = volunteer.region_code_contains_sel, JOIN = matchingjoinsel);

-- citizen_id: BRIN

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

COMMENT ON OPERATOR FAMILY volunteer.citizen_id_minmax_ops USING brin IS '公民身份号码: ranges';

COMMENT ON OPERATOR CLASS volunteer.citizen_id_minmax_ops USING brin IS '公民身份号码: ranges';

COMMENT ON OPERATOR FAMILY volunteer.citizen_id_bloom_ops USING brin IS '公民身份号码: Bloom filters';

COMMENT ON OPERATOR CLASS volunteer.citizen_id_bloom_ops USING brin IS '公民身份号码: Bloom filters';

-- volunteer_no: BRIN, text that may not be one

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

COMMENT ON OPERATOR FAMILY volunteer.volunteer_no_minmax_ops USING brin IS '志愿者编号: ranges';

COMMENT ON OPERATOR CLASS volunteer.volunteer_no_minmax_ops USING brin IS '志愿者编号: ranges';

COMMENT ON OPERATOR FAMILY volunteer.volunteer_no_bloom_ops USING brin IS '志愿者编号: Bloom filters';

COMMENT ON OPERATOR CLASS volunteer.volunteer_no_bloom_ops USING brin IS '志愿者编号: Bloom filters';

CREATE FUNCTION volunteer.to_volunteer_no(text) RETURNS volunteer.volunteer_no
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.to_volunteer_no(text) IS
'志愿者编号,写法有误时为空: the number that a text states, null when it states none';

-- certificate_code: BRIN

CREATE OPERATOR CLASS volunteer.certificate_code_bloom_ops DEFAULT FOR TYPE volunteer.certificate_code USING brin AS
    OPERATOR 1 volunteer.=,
    FUNCTION 1 brin_bloom_opcinfo(internal),
    FUNCTION 2 brin_bloom_add_value(internal, internal, internal, internal),
    FUNCTION 3 brin_bloom_consistent(internal, internal, internal, integer),
    FUNCTION 4 brin_bloom_union(internal, internal, internal),
    FUNCTION 5 brin_bloom_options(internal),
    FUNCTION 11 volunteer.certificate_code_hash(volunteer.certificate_code);

COMMENT ON OPERATOR FAMILY volunteer.certificate_code_bloom_ops USING brin IS '证书编码: Bloom filters';

COMMENT ON OPERATOR CLASS volunteer.certificate_code_bloom_ops USING brin IS '证书编码: Bloom filters';

-- service_hours: BRIN, hours of overlapping periods

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

COMMENT ON OPERATOR FAMILY volunteer.service_hours_minmax_ops USING brin IS '服务时长: ranges';

COMMENT ON OPERATOR CLASS volunteer.service_hours_minmax_ops USING brin IS '服务时长: ranges';

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

-- Type occupancy

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

-- star_rating: the lowest and the highest

CREATE FUNCTION volunteer.star_rating_smaller(volunteer.star_rating, volunteer.star_rating) RETURNS volunteer.star_rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.star_rating_smaller(volunteer.star_rating, volunteer.star_rating) IS 'smaller of two';

CREATE FUNCTION volunteer.star_rating_larger(volunteer.star_rating, volunteer.star_rating) RETURNS volunteer.star_rating
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.star_rating_larger(volunteer.star_rating, volunteer.star_rating) IS 'larger of two';

CREATE AGGREGATE volunteer.min(volunteer.star_rating) (
    SFUNC = volunteer.star_rating_smaller, STYPE = volunteer.star_rating,
    COMBINEFUNC = volunteer.star_rating_smaller, SORTOP = OPERATOR(volunteer.<),
    PARALLEL = SAFE
);

CREATE AGGREGATE volunteer.max(volunteer.star_rating) (
    SFUNC = volunteer.star_rating_larger, STYPE = volunteer.star_rating,
    COMBINEFUNC = volunteer.star_rating_larger, SORTOP = OPERATOR(volunteer.>),
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE volunteer.min(volunteer.star_rating) IS '最低星级';

COMMENT ON AGGREGATE volunteer.max(volunteer.star_rating) IS '最高星级';

-- Totals: kept with the consent of their owner, and in more ways

DROP FUNCTION volunteer.track_hours(regclass, regclass, text[], text[], text, text, text);
DROP FUNCTION volunteer.untrack_hours(regclass, regclass);
DROP FUNCTION volunteer.tracked_columns(regclass, regclass);

CREATE TYPE volunteer.refused_record AS (
    source text,
    totals text,
    record jsonb,
    sqlstate text,
    constraint_name text,
    message text,
    refused_at timestamptz
);

COMMENT ON TYPE volunteer.refused_record IS
'被拒记录: row of a quarantine, a table made by CREATE TABLE … OF this type: the record that could not be counted, or of a repair the difference, and why';

COMMENT ON FUNCTION volunteer.accumulate_hours() IS
'时长累计触发器: made by track_hours() on the source, argument totals; 39P01 when attached in another way, 42501 unless the owner of the totals has agreed to be kept from this table';

CREATE FUNCTION volunteer.protect_totals() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.protect_totals() IS
'合计保护触发器: made by track_hours() on totals and queue, arguments source, keys, sums, counted, records, flush, queue, quarantine; 55000 for every statement that would write what is kept';

CREATE FUNCTION volunteer.tracking(totals regclass)
    RETURNS TABLE (source text, keys text, sums text, counted text, records text, flush text, queue text, quarantine text)
    LANGUAGE c STABLE STRICT
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.tracking(regclass) IS
'累计来源: what track_hours() was told about these totals; no row when they are kept from no table';

CREATE FUNCTION volunteer.check_query(source regclass, totals regclass) RETURNS text
    LANGUAGE c STABLE STRICT
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.check_query(regclass, regclass) IS
'核对查询: what check_hours() executes';

CREATE OR REPLACE FUNCTION volunteer.check_hours(source regclass, totals regclass)
    RETURNS TABLE (key jsonb, kept jsonb, recomputed jsonb)
    LANGUAGE plpgsql VOLATILE STRICT
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
AS $function$
BEGIN
    PERFORM volunteer.flush_hours();
    RETURN QUERY EXECUTE volunteer.check_query(source, totals);
END
$function$;

COMMENT ON FUNCTION volunteer.check_hours(regclass, regclass) IS
'核对累计: totals, with what is queued for them, that differ from their records, by key as kept and as recomputed; no rows when the totals are exact; 42704 when the table is not tracked into these totals, 42501 when row security would hide some of it';

CREATE FUNCTION volunteer.repair_hours(source regclass, totals regclass) RETURNS bigint
    LANGUAGE c VOLATILE STRICT
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.repair_hours(regclass, regclass) IS
'修复累计: adds to the totals what check_hours() finds, while others go on writing, and returns how many keys that were; 25000 unless the transaction is READ COMMITTED, 42501 unless the caller owns the totals, 42704 when the table is not tracked into them';

CREATE FUNCTION volunteer.roll_up_hours(totals regclass) RETURNS bigint
    LANGUAGE c VOLATILE STRICT
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.roll_up_hours(regclass) IS
'归集累计: moves what is queued into the totals and returns how many queued rows that were, 0 while another call is at it; 42501 unless the caller owns the totals, 42704 when they have no queue';

CREATE FUNCTION volunteer.source_tables(source regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH RECURSIVE member (relid) AS (
        SELECT source::oid
        UNION
        SELECT i.inhrelid FROM member AS m JOIN pg_inherits AS i ON i.inhparent = m.relid
    )
    SELECT m.relid::regclass FROM member AS m ORDER BY m.relid <> source, m.relid;
END;

COMMENT ON FUNCTION volunteer.source_tables(regclass) IS
'来源表: the table, its partitions and the tables that inherit from it';

ALTER FUNCTION volunteer.triggers_into(regclass) SET quote_all_identifiers = off;

CREATE FUNCTION volunteer.qualified_name(relation regclass) RETURNS text
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
BEGIN ATOMIC
    SELECT format('%I.%I', n.nspname, c.relname)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = relation;
END;

COMMENT ON FUNCTION volunteer.qualified_name(regclass) IS
'限定名: name of a relation with its schema, whatever the search path';

CREATE FUNCTION volunteer.attach_hours(
    source regclass, totals regclass, keys text[], sums text[], counted text, records text, flush text,
    queue regclass, quarantine regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    name text;
    former_queue regclass;
    wanted record;
    statement text;
BEGIN
    -- An identifier has 63 bytes, of which the longest prefix takes eleven.
    SELECT CASE WHEN octet_length(n.nspname || c.relname) <= 51 THEN n.nspname || '_' || c.relname
        ELSE md5(volunteer.qualified_name(totals)) END
    INTO name
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = totals;

    IF EXISTS (
        SELECT FROM pg_trigger AS t
        WHERE t.tgrelid = source AND t.tgname IN ('accumulate_' || name, 'truncate_' || name, 'flush_' || name)
            AND t.tgname NOT IN (SELECT i.trigger_name FROM volunteer.triggers_into(totals) AS i WHERE i.source = t.tgrelid)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = format('table %s has another trigger with a name that is needed for totals %s', source, totals);
    END IF;

    -- The triggers of the source come first: their lock keeps writers away until all is in place.
    FOR wanted IN
        SELECT m.relation, t.prefix || name AS trigger_name, t.event, t.level,
            -- Replacing a trigger would enable it as usual.
            CASE (SELECT f.tgenabled FROM pg_trigger AS f WHERE f.tgrelid = m.relation AND f.tgname = t.prefix || name)
                WHEN 'A' THEN 'ENABLE ALWAYS'
                WHEN 'R' THEN 'ENABLE REPLICA'
                WHEN 'D' THEN 'DISABLE'
            END AS enabling
        FROM volunteer.source_tables(source) WITH ORDINALITY AS m (relation, position)
        JOIN pg_class AS c ON c.oid = m.relation
        CROSS JOIN (VALUES
            ('accumulate_', 'AFTER INSERT OR UPDATE OR DELETE', 'ROW'),
            ('truncate_', 'BEFORE TRUNCATE', 'STATEMENT'),
            ('flush_', 'AFTER INSERT OR UPDATE OR DELETE', 'STATEMENT')
        ) AS t (prefix, event, level)
        WHERE CASE t.prefix
            WHEN 'accumulate_' THEN m.relation = source OR NOT c.relispartition -- partitions have a clone
            WHEN 'flush_' THEN attach_hours.flush = 'statement'
            ELSE true
        END
        ORDER BY m.position
    LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER %I %s ON %s FOR EACH %s EXECUTE FUNCTION volunteer.accumulate_hours(%L)',
            wanted.trigger_name, wanted.event, wanted.relation, wanted.level, volunteer.qualified_name(totals));
        IF wanted.enabling IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %s %s TRIGGER %I', wanted.relation, wanted.enabling, wanted.trigger_name);
        END IF;
    END LOOP;

    FOR statement IN
        SELECT format('DROP TRIGGER %I ON %s', i.trigger_name, i.source)
        FROM volunteer.triggers_into(totals) AS i
        WHERE i.trigger_name = 'flush_' || name AND attach_hours.flush <> 'statement'
            AND i.source IN (SELECT volunteer.source_tables(attach_hours.source))
    LOOP
        EXECUTE statement;
    END LOOP;

    SELECT to_regclass(t.queue) INTO former_queue FROM volunteer.tracking(totals) AS t;
    IF former_queue <> queue OR queue IS NULL AND former_queue IS NOT NULL THEN
        -- A roll-up that is under way leaves behind what was queued after it began.
        EXECUTE format('LOCK TABLE %s', former_queue);
        PERFORM volunteer.roll_up_hours(totals);
        EXECUTE format('DROP TRIGGER protect_totals ON %s', former_queue);
    END IF;

    FOR statement IN
        SELECT format('CREATE OR REPLACE TRIGGER protect_totals BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s '
            'FOR EACH STATEMENT EXECUTE FUNCTION volunteer.protect_totals(%s)', g.relation, g.arguments)
        FROM (VALUES
            (totals, format('%L, %L, %L, %L, %L, %L, %L, %L', volunteer.qualified_name(source), keys, sums, coalesce(counted, ''),
                coalesce(records, ''), flush, coalesce(volunteer.qualified_name(queue), ''), coalesce(volunteer.qualified_name(quarantine), ''))),
            (queue, format('%L', volunteer.qualified_name(source)))
        ) AS g (relation, arguments)
        WHERE g.relation IS NOT NULL
    LOOP
        EXECUTE statement;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION volunteer.attach_hours(regclass, regclass, text[], text[], text, text, text, regclass, regclass) IS
'建立累计触发器: what track_hours() does to the triggers of both sides; 42710 when a name is taken';

CREATE FUNCTION volunteer.track_hours(
    source regclass, totals regclass, keys text[], sums text[],
    counted text DEFAULT NULL, records text DEFAULT NULL, flush text DEFAULT 'commit',
    queue regclass DEFAULT NULL, quarantine regclass DEFAULT NULL,
    fill boolean DEFAULT true, lock_timeout interval DEFAULT '3 s') RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    owner oid := (SELECT relowner FROM pg_class WHERE oid = totals);
    former_timeout text := current_setting('lock_timeout');
BEGIN
    IF NOT pg_has_role(owner, 'USAGE') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('must be owner of totals %s', totals);
    END IF;
    IF NOT has_table_privilege(owner, source, 'SELECT') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('owner of totals %s must have SELECT on table %s', totals, source);
    END IF;
    IF EXISTS (
        SELECT FROM volunteer.tracking(totals) AS t
        JOIN volunteer.triggers_into(totals) AS i ON i.source = to_regclass(t.source) AND i.for_each_row
        WHERE i.source <> track_hours.source) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = format('totals %s are kept from another table', totals);
    END IF;

    PERFORM volunteer.flush_hours();
    PERFORM set_config('lock_timeout', (extract(epoch FROM lock_timeout) * 1000)::integer::text, true);
    PERFORM volunteer.attach_hours(source, totals, keys, sums, counted, records, flush, queue, quarantine);
    PERFORM set_config('lock_timeout', former_timeout, true);

    IF fill THEN
        PERFORM volunteer.repair_hours(source, totals);
    ELSE
        PERFORM volunteer.check_query(source, totals);
    END IF;
END
$function$;

COMMENT ON FUNCTION volunteer.track_hours(regclass, regclass, text[], text[], text, text, text, regclass, regclass, boolean, interval) IS
'建立累计: makes totals follow source. keys: "column", "total = source", "total = year(source)" or "total = month(source)" (its first day) of a date; sums: "column" or "total = source", smallint, integer or bigint into any of these, service_hours into service_hours, tstzrange or tsrange into occupancy, each with " FILTER (WHERE condition)" if only some rows add to it; counted: boolean column, only true rows count; records: total that counts rows, also with FILTER; flush: "commit" or "statement"; queue: table to which deltas are appended until roll_up_hours(); quarantine: table of refused_record that takes what cannot be counted; fill: also correct the totals, which blocks writers of source until commit, else call repair_hours() afterwards; lock_timeout: for each lock on source and totals. 25000 when filling unless the transaction is READ COMMITTED, 42501 unless the caller owns the totals, and has TRIGGER and their owner SELECT on source, 42601, 42701, 42703, 42804, 428C9 for a mapping that is wrong, 42710 if totals have another source, 42P10 without the unique index of the same equality, 42P16 for temporary totals of a table that is not, 55P03 when a lock is not to be had';

CREATE FUNCTION volunteer.untrack_hours(source regclass, totals regclass, lock_timeout interval DEFAULT '3 s') RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    former_timeout text := current_setting('lock_timeout');
    kept_from regclass;
    queue regclass;
    statement text;
BEGIN
    PERFORM volunteer.flush_hours();
    PERFORM set_config('lock_timeout', (extract(epoch FROM lock_timeout) * 1000)::integer::text, true);

    FOR statement IN
        SELECT format('DROP TRIGGER %I ON %s', i.trigger_name, i.source)
        FROM volunteer.triggers_into(totals) AS i
        JOIN pg_class AS c ON c.oid = i.source
        WHERE i.source IN (SELECT volunteer.source_tables(untrack_hours.source))
            OR NOT i.for_each_row AND pg_has_role(c.relowner, 'USAGE') -- of partitions that were detached
        ORDER BY i.source <> untrack_hours.source, i.source
    LOOP
        EXECUTE statement;
    END LOOP;

    SELECT to_regclass(t.source), to_regclass(t.queue) INTO kept_from, queue FROM volunteer.tracking(totals) AS t;
    IF kept_from = source THEN
        IF queue IS NOT NULL THEN
            EXECUTE format('LOCK TABLE %s', queue); -- see attach_hours()
            PERFORM volunteer.roll_up_hours(totals);
            EXECUTE format('DROP TRIGGER protect_totals ON %s', queue);
        END IF;
        EXECUTE format('DROP TRIGGER protect_totals ON %s', totals);
    END IF;

    PERFORM set_config('lock_timeout', former_timeout, true);
END
$function$;

COMMENT ON FUNCTION volunteer.untrack_hours(regclass, regclass, interval) IS
'停止累计: writes what is pending or queued and drops the triggers that track_hours() made on both sides; the totals stay as they are; 42501 unless the caller owns both, 55P03 when a lock is not to be had';

-- What is tracked gets the triggers of 1.1 on both sides, enabled as they were. Version 1.0 wrote totals as the owner of the
-- source, so his right to write them is taken for the consent of their owner.
DO $$
DECLARE
    tracking record;
    former record;
    enabling text;
BEGIN
    PERFORM volunteer.flush_hours();

    FOR tracking IN
        SELECT c.oid::regclass AS totals, volunteer.qualified_name(c.oid) AS totals_name,
            CASE WHEN octet_length(n.nspname || c.relname) <= 51 THEN n.nspname || '_' || c.relname
                ELSE md5(volunteer.qualified_name(c.oid)) END AS suffix,
            s.oid::regclass AS source, volunteer.qualified_name(s.oid) AS source_name, s.relowner AS owner,
            a.arguments, t.tgargs
        FROM pg_trigger AS t
        JOIN pg_class AS s ON s.oid = t.tgrelid
        CROSS JOIN LATERAL (
            SELECT array_agg(convert_from(decode(g.argument[1], 'hex'), 'UTF8') ORDER BY g.n)
            FROM regexp_matches(encode(t.tgargs, 'hex'), '((?:..)*?)00', 'g') WITH ORDINALITY AS g (argument, n)
        ) AS a (arguments)
        JOIN pg_class AS c ON c.oid = to_regclass(a.arguments[1])
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE t.tgfoid = 'volunteer.accumulate_hours()'::regprocedure AND t.tgparentid = 0 AND t.tgtype & 1 = 1
            AND t.tgnargs = 6
    LOOP
        CONTINUE WHEN NOT (has_table_privilege(tracking.owner, tracking.totals, 'SELECT')
            AND has_table_privilege(tracking.owner, tracking.totals, 'INSERT')
            AND has_table_privilege(tracking.owner, tracking.totals, 'UPDATE'));

        FOR former IN
            SELECT t.tgname AS name, t.tgrelid::regclass AS relation, t.tgenabled AS enabled, k.prefix, k.event, k.level
            FROM pg_trigger AS t
            JOIN (VALUES
                (5, 'accumulate_', 'AFTER INSERT OR UPDATE OR DELETE', 'ROW'),
                (34, 'truncate_', 'BEFORE TRUNCATE', 'STATEMENT'),
                (4, 'flush_', 'AFTER INSERT OR UPDATE OR DELETE', 'STATEMENT')
            ) AS k (bits, prefix, event, level) ON k.bits = t.tgtype & 39
            WHERE t.tgfoid = 'volunteer.accumulate_hours()'::regprocedure AND t.tgparentid = 0 AND t.tgargs = tracking.tgargs
                AND t.tgrelid IN (SELECT tracking.source UNION SELECT p.relid FROM pg_partition_tree(tracking.source) AS p)
        LOOP
            EXECUTE format('DROP TRIGGER %I ON %s', former.name, former.relation);
            EXECUTE format('CREATE TRIGGER %I %s ON %s FOR EACH %s EXECUTE FUNCTION volunteer.accumulate_hours(%L)',
                former.prefix || tracking.suffix, former.event, former.relation, former.level, tracking.totals_name);
            enabling := CASE former.enabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'D' THEN 'DISABLE' END;
            IF enabling IS NOT NULL THEN
                EXECUTE format('ALTER TABLE %s %s TRIGGER %I', former.relation, enabling, former.prefix || tracking.suffix);
            END IF;
        END LOOP;

        EXECUTE format('CREATE TRIGGER protect_totals BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s '
            'FOR EACH STATEMENT EXECUTE FUNCTION volunteer.protect_totals(%L, %L, %L, %L, %L, %L, %L, %L)',
            tracking.totals, tracking.source_name, tracking.arguments[2], tracking.arguments[3], tracking.arguments[4],
            tracking.arguments[5], tracking.arguments[6], '', '');
    END LOOP;
END
$$;

-- status lists

CREATE FUNCTION volunteer.status_list(size integer, indexes integer[], statuses integer[]) RETURNS json
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.status_list(integer, integer[], integer[]) IS
'状态列表: {"bits":2,"lst":…} (draft-ietf-oauth-status-list, section 4): size entries (a multiple of 4, up to 16,777,216) of which each index, from 0, has the status (0 to 3) beside it and all others 0; 22023 for any other size, index or status and for arrays that differ in length, 2202E for arrays of several dimensions, 22004 for a null in them';

CREATE FUNCTION volunteer.sign_status_list(claims json) RETURNS text
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.sign_status_list(json) IS
'签发状态列表: compact JWS (RFC 7515), header {"alg":"ES256","typ":"statuslist+jwt","kid":thumbprint}, payload the bytes of claims as given; 22023 unless claims is an object';

-- commit_by

CREATE FUNCTION volunteer.commit_by(deadline timestamptz) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.commit_by(timestamptz) IS
'限时提交: refuses the commit of this transaction (25000 committed_in_time) after the deadline, by the server''s clock; the earliest one holds, also when a savepoint is rolled back; such a transaction cannot be prepared (0A000)';

-- merkle

CREATE FUNCTION volunteer.merkle_leaf(entry bytea) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.merkle_leaf(bytea) IS
'默克尔树叶: hash of an entry, 32 bytes (RFC 9162, section 2.1.1)';

CREATE FUNCTION volunteer.merkle_root(leaves bytea[]) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.merkle_root(bytea[]) IS
'默克尔树根: root of the tree of these leaves, 32 bytes (RFC 9162, section 2.1.1); 22023 for a hash that has not 32 bytes, 22004 for a null, 2202E for several dimensions';

CREATE FUNCTION volunteer.merkle_path(leaves bytea[], index integer) RETURNS bytea[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.merkle_path(bytea[], integer) IS
'包含证明: the hashes that lead from the leaf to the root, nearest first (RFC 9162, section 2.1.3.1); 22023 when there is no such leaf, else as merkle_root';

CREATE FUNCTION volunteer.merkle_verify(leaf bytea, index integer, size integer, path bytea[], root bytea) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.merkle_verify(bytea, integer, integer, bytea[], bytea) IS
'验证包含证明: whether the path leads from this leaf of a tree of size leaves to the root (RFC 9162, section 2.1.3.2); 22023 for a hash that has not 32 bytes, 22004 for a null, 2202E for several dimensions';

-- seals

CREATE FUNCTION volunteer.sign_seal(claims json) RETURNS text
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.sign_seal(json) IS
'签发封章: compact JWS (RFC 7515), header {"alg":"ES256","typ":"volunteer-seal+jwt","kid":thumbprint}, payload the bytes of claims as given; 22023 unless claims is an object';

CREATE FUNCTION volunteer.verify_seal(token text, jwk jsonb) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.verify_seal(text, jsonb) IS
'验证封章: whether the token is a seal signed by this public key, false for anything else; 22023 unless jwk is a P-256 key';

-- transfers between registries

CREATE FUNCTION volunteer.sign_transfer(claims json) RETURNS text
    LANGUAGE c VOLATILE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.sign_transfer(json) IS
'签发转移文件: compact JWS (RFC 7515), header {"alg":"ES256","typ":"volunteer-transfer+jwt","kid":thumbprint}, payload the bytes of claims as given; 22023 unless claims is an object';

CREATE FUNCTION volunteer.verify_transfer(token text, jwk jsonb) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.verify_transfer(text, jsonb) IS
'验证转移文件: whether the token is a message of a transfer signed by this public key, false for anything else; 22023 unless jwk is a P-256 key';

-- sealing: personal data that is stored encrypted

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

-- Ranges of every type that has an order, which let pg_upgrade make functions whose body is SQL

DO $$
DECLARE
    ordered text;
BEGIN
    FOREACH ordered IN ARRAY
        '{region_code,citizen_id,credit_code,volunteer_no,certificate_code,service_hours,star_rating}'::text[]
    LOOP
        EXECUTE format('CREATE TYPE volunteer.%1$I AS RANGE (SUBTYPE = volunteer.%2$I, MULTIRANGE_TYPE_NAME = volunteer.%3$I)',
            ordered || '_range', ordered, ordered || '_multirange');
        EXECUTE format('COMMENT ON TYPE volunteer.%I IS %L', ordered || '_range', '区间: range of ' || ordered);
        EXECUTE format('COMMENT ON TYPE volunteer.%I IS %L', ordered || '_multirange', '多段区间: multirange of ' || ordered);
    END LOOP;
END
$$;

-- Privileges: the keys are for the owner of the database, not for whoever made the extension. Other roles lose the right:
-- he lends it by a SECURITY DEFINER function of his own, which a dump carries to any server. Tracking is for everybody now
-- that the owner of the totals has to agree.

DO $$
DECLARE
    changed record;
    holder text;
BEGIN
    FOR changed IN
        SELECT p.oid::regprocedure AS function, p.proowner::regrole AS owner, v.grantee,
            coalesce(p.proacl, acldefault('f', p.proowner)) AS privileges
        FROM (VALUES
            ('volunteer.identity_digest(text, text)', 'pg_database_owner'),
            ('volunteer.seal_identity(text, text)', 'pg_database_owner'),
            ('volunteer.open_identity(bytea, text)', 'pg_database_owner'),
            ('volunteer.sealing_key()', 'pg_database_owner'),
            ('volunteer.sign_certificate(json)', 'pg_database_owner'),
            ('volunteer.sign_status_list(json)', 'pg_database_owner'),
            ('volunteer.sign_seal(json)', 'pg_database_owner'),
            ('volunteer.sign_transfer(json)', 'pg_database_owner'),
            ('volunteer.accumulate_hours()', 'PUBLIC')) AS v (function, grantee)
        JOIN pg_proc AS p ON p.oid = v.function::regprocedure
    LOOP
        FOR holder IN
            SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
            FROM aclexplode(changed.privileges) AS a
        LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %s CASCADE', changed.function, holder);
        END LOOP;
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s, %s', changed.function, changed.owner, changed.grantee);
    END LOOP;
END
$$;

-- certificate_code: the server need not look for what compares by name

CREATE OR REPLACE FUNCTION volunteer.certificate_code_lt(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE OR REPLACE FUNCTION volunteer.certificate_code_le(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE OR REPLACE FUNCTION volunteer.certificate_code_eq(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE OR REPLACE FUNCTION volunteer.certificate_code_ge(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE OR REPLACE FUNCTION volunteer.certificate_code_gt(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE OR REPLACE FUNCTION volunteer.certificate_code_ne(volunteer.certificate_code, volunteer.certificate_code) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';

CREATE OR REPLACE FUNCTION volunteer.certificate_code_cmp(volunteer.certificate_code, volunteer.certificate_code) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
    AS 'MODULE_PATHNAME';
