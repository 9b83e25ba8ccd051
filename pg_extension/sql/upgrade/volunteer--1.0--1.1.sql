-- What version 1.1 changes in a database that has 1.0.

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

-- volunteer_no: BRIN

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

COMMENT ON FUNCTION volunteer.covered_hours(tstzmultirange) IS
'覆盖时长: the time that the periods cover, overlaps once, in full minutes; 22023 unless every period has a start and an end';

COMMENT ON FUNCTION volunteer.covered_hours(tsmultirange) IS
'覆盖时长: the same of periods on the local clock';

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

-- star_rating

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

-- The keys are for the owner of the database, not for whoever made the extension. Other roles lose the right: he lends it by
-- a SECURITY DEFINER function of his own, which a dump carries to any server.

DO $$
DECLARE
    changed record;
    holder text;
BEGIN
    FOR changed IN
        SELECT p.oid::regprocedure AS function, p.proowner::regrole AS owner, p.proacl AS privileges
        FROM pg_proc AS p
        WHERE p.oid IN ('volunteer.sign_certificate(json)'::regprocedure, 'volunteer.identity_digest(text, text)'::regprocedure)
    LOOP
        FOR holder IN
            SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
            FROM aclexplode(changed.privileges) AS a
        LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %s CASCADE', changed.function, holder);
        END LOOP;
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s, pg_database_owner', changed.function, changed.owner);
    END LOOP;
END
$$;
