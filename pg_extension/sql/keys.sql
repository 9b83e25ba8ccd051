-- Whoever may call these puts words into the issuer's mouth, tries numbers until a digest fits, or reads what is sealed: they
-- are for the owner of the database, and for nobody whom default privileges would let in.

DO $$
DECLARE
    reserved record;
    holder text;
BEGIN
    FOR reserved IN
        SELECT p.oid::regprocedure AS function, p.proowner AS owner, coalesce(p.proacl, acldefault('f', p.proowner)) AS privileges
        FROM pg_proc AS p
        WHERE p.oid IN (
            'volunteer.identity_digest(text, text)'::regprocedure, 'volunteer.seal_identity(text, text)'::regprocedure,
            'volunteer.open_identity(bytea, text)'::regprocedure, 'volunteer.sealing_key()'::regprocedure,
            'volunteer.sign_certificate(json)'::regprocedure, 'volunteer.sign_status_list(json)'::regprocedure,
            'volunteer.sign_seal(json)'::regprocedure, 'volunteer.sign_transfer(json)'::regprocedure)
    LOOP
        FOR holder IN
            SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
            FROM aclexplode(reserved.privileges) AS a
            WHERE a.grantee <> reserved.owner
        LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %s', reserved.function, holder);
        END LOOP;
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO pg_database_owner', reserved.function);
    END LOOP;
END
$$;
