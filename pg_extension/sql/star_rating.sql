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
