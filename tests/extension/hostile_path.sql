-- A schema in which every function, operator, type and catalog that the server and the extension have is there once
-- more, under the same name and with the same arguments, and cries out when it is used.

CREATE SCHEMA shadow;

CREATE FUNCTION shadow.cry(what text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    RAISE EXCEPTION 'hijacked: %', what;
END
$$;

CREATE PROCEDURE shadow.try(statement text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
    NULL; -- pseudo-types, reserved words
END
$$;

DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format('CREATE FUNCTION shadow.%I(%s) RETURNS %s%s LANGUAGE plpgsql AS %L',
            p.proname, pg_get_function_identity_arguments(p.oid), CASE WHEN p.proretset THEN 'SETOF ' END,
            format_type(p.prorettype, NULL),
            format('BEGIN PERFORM shadow.cry(%L); END', p.oid::regprocedure))
        FROM pg_proc AS p
        WHERE p.pronamespace IN ('pg_catalog'::regnamespace, 'volunteer'::regnamespace)
        UNION ALL
        SELECT format('CREATE FUNCTION shadow.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L',
            v.name, array_to_string(array_fill(a.type, ARRAY[n]), ', '), v.result,
            format('BEGIN PERFORM shadow.cry(%L); END', v.name))
        FROM (VALUES ('format', 'text'), ('concat', 'text'), ('jsonb_build_object', 'jsonb'), ('coalesce', 'text')) AS v (name, result),
            (VALUES ('text'), ('name'), ('regclass')) AS a (type),
            generate_series(1, 10) AS n
    LOOP
        CALL shadow.try(statement);
    END LOOP;

    FOR statement IN
        SELECT format('CREATE FUNCTION shadow.operator_%s(%s) RETURNS %s LANGUAGE plpgsql AS %L',
            o.oid, concat_ws(', ', NULLIF(o.oprleft, 0)::regtype, o.oprright::regtype), o.oprresult::regtype,
            format('BEGIN PERFORM shadow.cry(%L); END', o.oid::regoperator))
        FROM pg_operator AS o
        UNION ALL
        SELECT format('CREATE OPERATOR shadow.%s (FUNCTION = shadow.operator_%s, %s RIGHTARG = %s)',
            o.oprname, o.oid, 'LEFTARG = ' || NULLIF(o.oprleft, 0)::regtype || ',', o.oprright::regtype)
        FROM pg_operator AS o
        UNION ALL
        SELECT format('CREATE DOMAIN shadow.%I AS pg_catalog.int4', t.typname)
        FROM pg_type AS t
        WHERE t.typtype = 'b' AND t.typnamespace IN ('pg_catalog'::regnamespace, 'volunteer'::regnamespace)
        UNION ALL
        SELECT format('CREATE VIEW shadow.%I AS SELECT %s FROM pg_catalog.%1$I WHERE shadow.cry(%1$L)',
            c.relname, string_agg(quote_ident(a.attname), ', '))
        FROM pg_class AS c
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND a.atttypid <> 'anyarray'::regtype
        WHERE c.relkind IN ('r', 'v') AND c.relnamespace = 'pg_catalog'::regnamespace
        GROUP BY c.oid
    LOOP
        CALL shadow.try(statement);
    END LOOP;
END
$$;
