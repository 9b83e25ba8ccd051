-- The schema is ours alone. Whoever made it before could have put functions and operators there that fit better than the
-- server's, and these would be run by everybody who uses the extension. So every name here is qualified.

DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) d.refobjid
        WHERE n.nspname OPERATOR(pg_catalog.=) 'volunteer'::pg_catalog.name
            AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid
            AND d.classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.oid) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = 'schema "volunteer" holds objects already';
    END IF;
END
$$;

