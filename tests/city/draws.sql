-- Chance without state: each draw is a hash of the seed, what is drawn and for whom, so that rows can be made in any order.

CREATE SCHEMA city;

CREATE FUNCTION city.draw(what text, a bigint, b bigint DEFAULT 0) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((hashint8extended(b, hashint8extended(a, hashtextextended(what, :seed))) >> 12) & ((1::bigint << 52) - 1))
        / (1::bigint << 52)::double precision;

-- A whole number of 0 to n - 1, and one of some words.
CREATE FUNCTION city.draw_number(n integer, what text, a bigint, b bigint DEFAULT 0) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN floor(city.draw(what, a, b) * n)::integer;
CREATE FUNCTION city.draw_word(words text[], what text, a bigint, b bigint DEFAULT 0) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN words[1 + city.draw_number(cardinality(words), what, a, b)];

-- Families of a name that nobody has: the stems and branches of the calendar.
CREATE FUNCTION city.name_of(n bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN city.draw_word(string_to_array('甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥', NULL), 'family', n)
        || city.draw_word(string_to_array('志文明建国秀春海玉晓小大永家德', NULL), 'generation', n)
        || city.draw_word(string_to_array('愿强华英兰平伟芳军丽涛梅林红波霞龙燕', NULL), 'given name', n);

-- A citizen identity number (GB 11643) of nobody: no county ends in 99.
CREATE FUNCTION city.citizen_id(born date, sequence integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT d.digits || substr('10X98765432', 1 + (
        SELECT sum(substr(d.digits, i, 1)::integer * (ARRAY[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])[i])::integer % 11
        FROM generate_series(1, 17) AS i), 1)
    FROM (SELECT left(:'prefecture', 4) || '99' || to_char(born, 'YYYYMMDD') || to_char(sequence, 'FM000') AS digits) AS d;
END;

-- Days and times of Asia/Shanghai.
CREATE FUNCTION city.at(day date, minute integer) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (day + make_interval(mins => minute)) AT TIME ZONE 'Asia/Shanghai';
CREATE FUNCTION city.during(day date, starts integer, ends integer) RETURNS tstzrange
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tstzrange(city.at(day, starts), city.at(day, ends));

-- Runs a statement as a role and returns the first column of its first row.
CREATE FUNCTION city.act(role name, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before CONSTANT text := session_user;
    result text;
BEGIN
    PERFORM set_config('session_authorization', role, true);
    EXECUTE statement INTO result;
    PERFORM set_config('session_authorization', before, true);
    RETURN result;
END
$$;
