-- How to call every function of the extension, for tests that must forget none.
--
-- every.call has a statement for each function of values: it calls it $1 times with the sample of every type. Functions
-- that only the server calls, that change something, or that take what has no sample are left to the tests.

CREATE SCHEMA every;
GRANT USAGE ON SCHEMA every TO PUBLIC;

-- One row, one column per type.
CREATE TABLE every.sample AS
SELECT
    '440305001002'::volunteer.region_code AS region_code,
    '11010519000101001X'::volunteer.citizen_id AS citizen_id,
    '51440305MJ0000001H'::volunteer.credit_code AS credit_code,
    'V4403052401000001A'::volunteer.volunteer_no AS volunteer_no,
    volunteer.gen_certificate_code() AS certificate_code,
    '2:30'::volunteer.service_hours AS service_hours,
    '{1,2,3,4,5}'::volunteer.service_hours[] AS _service_hours,
    '{[2024-02-29 23:00,2024-03-01 00:30),[2024-03-01 00:30,2024-03-01 02:00)x2}'::volunteer.occupancy AS occupancy,
    '3'::volunteer.star_rating AS star_rating,
    3::bigint AS int8,
    3::integer AS int4,
    3::smallint AS int2,
    2.5::numeric AS numeric,
    'E12345678'::text AS text,
    sha256('') AS bytea,
    array_fill(sha256(''), '{5}') AS _bytea,
    date '2024-02-29' AS date,
    interval '2 hours 30 minutes' AS interval,
    '{"hours":"2.50"}'::json AS json,
    volunteer.signing_public_key() AS jsonb,
    '[2024-02-29 23:00,2024-03-01 00:30)'::tsrange AS tsrange,
    '[2024-02-29 23:00+08,2024-03-01 00:30+08)'::tstzrange AS tstzrange,
    '{[2024-02-29 23:00,2024-03-01 00:30)}'::tsmultirange AS tsmultirange,
    '{[2024-02-29 23:00+08,2024-03-01 00:30+08)}'::tstzmultirange AS tstzmultirange,
    volunteer.sign_certificate('{"hours":"2.50"}') AS token,
    volunteer.seal_identity('E12345678', 'passport') AS sealed,
    '440305000101001'::text AS old_citizen_id;
GRANT SELECT ON every.sample TO PUBLIC;

CREATE VIEW every.function AS
SELECT p.oid::regprocedure AS function, p.*
FROM pg_depend AS d
JOIN pg_proc AS p ON p.oid = d.objid
WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
    AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'volunteer')
    AND p.prosrc !~ '^(multi)?range_constructor'; -- the server's own

-- Arguments that samples of the types cannot give.
CREATE FUNCTION every.special_arguments(function regprocedure) RETURNS text LANGUAGE sql STABLE AS $function$
    SELECT CASE
        WHEN proname ~ '_in$' THEN format('volunteer.%s(s.%s)', replace(proname, '_in', '_out'), replace(proname, '_in', ''))
        WHEN function = 'volunteer.citizen_id_from_15(text)'::regprocedure THEN 's.old_citizen_id'
        WHEN function = 'volunteer.verify_certificate(text,jsonb)'::regprocedure THEN 's.token, s.jsonb'
        WHEN function = 'volunteer.open_identity(bytea,text)'::regprocedure THEN $$s.sealed, 'passport'$$
        WHEN function = 'volunteer.sealed_with(bytea)'::regprocedure THEN 's.sealed'
        WHEN function = 'volunteer.status_list(integer,integer[],integer[])'::regprocedure THEN $$1024, '{0,1023}', '{1,3}'$$
    END
    FROM pg_proc WHERE oid = function
$function$;

CREATE FUNCTION every.sampled_arguments(function regprocedure) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg('s.' || quote_ident(a.attname), ', ' ORDER BY o.position), '')
    FROM pg_proc AS p, unnest(p.proargtypes) WITH ORDINALITY AS o (type, position)
    LEFT JOIN pg_attribute AS a ON a.attrelid = 'every.sample'::regclass AND a.attnum > 0 AND a.atttypid = o.type
        AND a.attname NOT IN ('token', 'sealed', 'old_citizen_id')
    WHERE p.oid = function
    HAVING bool_and(a.attname IS NOT NULL) IS NOT FALSE
$$;

CREATE FUNCTION every.repeat(times integer, statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..times LOOP
        EXECUTE statement;
    END LOOP;
END
$$;

CREATE VIEW every.call AS
SELECT f.function, f.prolang, f.prokind,
    format(CASE
        WHEN f.proretset THEN 'SELECT every.repeat($1, ''SELECT pg_catalog.count(*) FROM every.sample AS s, %s(%s)'')'
        WHEN f.prokind = 'a' THEN 'SELECT %s(%s)::pg_catalog.text IS NOT NULL FROM every.sample AS s, (SELECT pg_catalog.generate_series(1, $1)) AS g'
        ELSE 'SELECT pg_catalog.count(%s(%s)) FROM every.sample AS s, (SELECT pg_catalog.generate_series(1, $1)) AS g'
    END, f.function::oid::regproc, a.arguments) AS statement
FROM every.function AS f
CROSS JOIN LATERAL (SELECT coalesce(every.special_arguments(f.function), every.sampled_arguments(f.function))) AS a (arguments)
WHERE a.arguments IS NOT NULL AND f.prorettype NOT IN ('void'::regtype, 'trigger'::regtype);
