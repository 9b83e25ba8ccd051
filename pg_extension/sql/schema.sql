-- The schema is ours alone. Whoever made it before could have put functions and operators there that fit better than the
-- server's, and these would be run by everybody who uses the extension.

SET LOCAL search_path = pg_catalog, pg_temp;

DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_depend AS d
        JOIN pg_namespace AS n ON n.oid = d.refobjid
        WHERE n.nspname = 'volunteer'
            AND d.refclassid = 'pg_namespace'::regclass
            AND d.classid <> 'pg_extension'::regclass) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = 'schema "volunteer" holds objects already';
    END IF;
END
$$;

