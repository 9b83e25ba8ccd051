-- Row-level security, loaded last: nobody sees a row by a grant alone. The functions of the registry check the duty and run
-- as its owner, who sees all; auditors, the only others that read tables, see what concerns the bodies they audit.

CREATE FUNCTION registry.audited_organizations() RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT below.id
    FROM registry.staff s
    CROSS JOIN LATERAL registry.organization_below(s.organization_id) AS below (id)
    WHERE s.role_name = session_user AND s.duty = 'auditor' AND s.valid @> registry.today()
    UNION
    SELECT o.organization_id
    FROM registry.staff s
    JOIN registry.organization o ON o.region <@ s.region
    WHERE s.role_name = session_user AND s.duty = 'auditor' AND s.valid @> registry.today();
END;
COMMENT ON FUNCTION registry.audited_organizations() IS
    '当前会话的审计员可查看的组织:任职组织及其各级下级,以及所在地属于任职区划的组织;未任命的为空';
GRANT EXECUTE ON FUNCTION registry.audited_organizations() TO registry_auditor;

-- What no foreign key says: a record belongs to the body that recorded it, a sign-up also to that of the shift, an access
-- to a person's data to that of the staff who had it, a consent to that of the staff who entered it.
GRANT SELECT (record_id) ON registry.service_record TO registry_auditor;
CREATE POLICY auditor ON registry.service_record FOR SELECT TO registry_auditor
    USING (organization_id IN (SELECT registry.audited_organizations()));
CREATE POLICY auditor ON registry.record_event FOR SELECT TO registry_auditor USING (
    EXISTS (SELECT FROM registry.service_record r WHERE r.record_id = record_event.record_id));
GRANT SELECT (volunteer_id) ON registry.volunteer TO registry_auditor;
GRANT SELECT (shift_id) ON registry.shift TO registry_auditor;
CREATE POLICY auditor ON registry.signup FOR SELECT TO registry_auditor USING (
    EXISTS (SELECT FROM registry.shift h WHERE h.shift_id = signup.shift_id)
    OR EXISTS (SELECT FROM registry.volunteer v WHERE v.volunteer_id = signup.volunteer_id));
CREATE POLICY auditor ON registry.audit_log FOR SELECT TO registry_auditor USING (
    EXISTS (SELECT FROM registry.staff s WHERE s.role_name = audit_log.actor));
CREATE POLICY auditor ON registry.consent_event FOR SELECT TO registry_auditor USING (
    EXISTS (SELECT FROM registry.staff s WHERE s.role_name = consent_event.actor));

-- The token of a seal that its transaction takes back would be genuine, and missing for ever.
CREATE POLICY auditor ON registry.seal FOR SELECT TO registry_auditor
    USING (EXISTS (SELECT registry.audited_organizations()) AND own_xid IS DISTINCT FROM pg_current_xact_id_if_assigned());

-- Every view of the reports joins the organization that a row is of, so where that lies decides for all of them; and each is a
-- barrier, so that no condition of an analyst is tried on a row before.
CREATE POLICY analyst ON registry.organization FOR SELECT TO registry_analyst
    USING (region <@ ANY ((SELECT registry.reported_regions())::volunteer.region_code[]));

SELECT registry.protect_rows(u) FROM registry.unprotected_tables() AS u \g /dev/null

-- Auditors see a row that names a body they audit, else one that refers to a row they see: outward from the organization,
-- table by table along the foreign keys. Of the tables on the way they may read no more than the key.
DO $$
DECLARE
    reached oid[] := ARRAY['registry.organization'::regclass];
    next record;
BEGIN
    CREATE POLICY auditor ON registry.organization FOR SELECT TO registry_auditor
        USING (organization_id IN (SELECT registry.audited_organizations()));
    LOOP
        FOR next IN
            SELECT k.conrelid::regclass AS relation,
                EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = k.conrelid AND p.polname = 'auditor') AS is_explicit,
                string_agg(CASE WHEN k.confrelid = 'registry.organization'::regclass
                    THEN format('%s IN (SELECT registry.audited_organizations())', own.columns)
                    ELSE format('EXISTS (SELECT FROM %s AS target WHERE (%s) = (%s))',
                        k.confrelid::regclass, key.qualified, own.columns) END, ' OR ') AS condition,
                string_agg(format('GRANT SELECT (%s) ON %s TO registry_auditor', key.columns, k.confrelid::regclass), ';')
                    AS grants
            FROM pg_constraint k
            CROSS JOIN LATERAL (
                SELECT string_agg(format('%s.%I', k.conrelid::regclass, a.attname), ', ' ORDER BY c.position) AS columns
                FROM unnest(k.conkey) WITH ORDINALITY AS c (attnum, position)
                JOIN pg_attribute a ON (a.attrelid, a.attnum) = (k.conrelid, c.attnum)) AS own
            CROSS JOIN LATERAL (
                SELECT string_agg(format('%I', a.attname), ', ' ORDER BY c.position) AS columns,
                    string_agg(format('target.%I', a.attname), ', ' ORDER BY c.position) AS qualified
                FROM unnest(k.confkey) WITH ORDINALITY AS c (attnum, position)
                JOIN pg_attribute a ON (a.attrelid, a.attnum) = (k.confrelid, c.attnum)) AS key
            WHERE k.contype = 'f' AND k.connamespace = 'registry'::regnamespace AND k.conparentid = 0
                AND k.confrelid = ANY (reached) AND k.conrelid <> ALL (reached)
                AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = k.conrelid AND c.relispartition)
            GROUP BY k.conrelid
        LOOP
            reached := reached || next.relation::oid;
            CONTINUE WHEN next.is_explicit;
            EXECUTE format('CREATE POLICY auditor ON %s FOR SELECT TO registry_auditor USING (%s)',
                next.relation, next.condition);
            EXECUTE next.grants;
        END LOOP;
        EXIT WHEN NOT FOUND;
    END LOOP;
END
$$;

-- What leads neither to an organization nor to a person, such as seals and editions of codes, is for all that are appointed.
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT c.oid FROM pg_class c
        WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND has_table_privilege('registry_auditor', c.oid, 'SELECT')
            AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'auditor')
            AND NOT EXISTS (
                SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.confrelid = 'registry.person'::regclass)
    LOOP
        EXECUTE format('CREATE POLICY auditor ON %s FOR SELECT TO registry_auditor '
            'USING (EXISTS (SELECT registry.audited_organizations()))', relation);
    END LOOP;
END
$$;

-- Analysts read the views of schema report with rights of their own: of each table the columns that a view is made of, and
-- no others; names are masked in a column of their own. They may not use schema registry, so they reach nothing but the views.
DO $$
DECLARE
    used record;
BEGIN
    FOR used IN
        WITH RECURSIVE source (view, class, id, attnum) AS (
            SELECT w.ev_class, d.refclassid, d.refobjid, d.refobjsubid
            FROM pg_class c
            JOIN pg_rewrite w ON w.ev_class = c.oid
            JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refobjid <> c.oid
            WHERE c.relnamespace = 'report'::regnamespace
            UNION
            SELECT w.ev_class, d.refclassid, d.refobjid, d.refobjsubid
            FROM source s
            JOIN pg_rewrite w ON s.class = 'pg_class'::regclass AND w.ev_class = s.id
            JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refobjid <> s.id
        )
        SELECT DISTINCT c.oid::regclass AS relation, a.attname AS column, p.oid::regprocedure AS function, c.relkind IN ('r', 'p') AS is_table
        FROM source s
        LEFT JOIN pg_class c ON s.class = 'pg_class'::regclass AND c.oid = s.id AND c.relnamespace = 'registry'::regnamespace
        LEFT JOIN pg_attribute a ON (a.attrelid, a.attnum) = (c.oid, s.attnum)
        LEFT JOIN pg_proc p ON s.class = 'pg_proc'::regclass AND p.oid = s.id AND p.pronamespace = 'registry'::regnamespace
        WHERE a.attnum > 0 OR p.oid IS NOT NULL
    LOOP
        IF used.function IS NOT NULL THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO registry_analyst', used.function);
            CONTINUE;
        END IF;
        EXECUTE format('GRANT SELECT (%I) ON %s TO registry_analyst', used.column, used.relation);
        IF used.is_table AND NOT EXISTS (
            SELECT FROM pg_policy p WHERE p.polrelid = used.relation AND p.polname = 'analyst') THEN
            EXECUTE format('CREATE POLICY analyst ON %s FOR SELECT TO registry_analyst USING (true)', used.relation);
        END IF;
    END LOOP;
END
$$;

SELECT registry.keep_catalogue('deployment') \g /dev/null
