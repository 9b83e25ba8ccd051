-- Prints what the catalogs hold of extension volunteer, a line for each column of each row, without OIDs.

SET search_path = pg_catalog;

CREATE FUNCTION pg_temp.name_of(class oid, object oid, sub integer DEFAULT 0) RETURNS text LANGUAGE sql
BEGIN ATOMIC
    SELECT concat_ws(' ', type, identity) FROM pg_identify_object(class, object, sub);
END;

-- The members, and what hangs on them: array types, classes of composite types, entries of operator families.
CREATE TEMPORARY TABLE member AS
WITH RECURSIVE member AS (
    SELECT 'pg_extension'::regclass::oid AS class, oid AS object FROM pg_extension WHERE extname = 'volunteer'
    UNION
    SELECT d.classid, d.objid
    FROM member AS m
    JOIN pg_depend AS d ON d.refclassid = m.class AND d.refobjid = m.object
    WHERE d.deptype IN ('e', 'i', 'a')
)
SELECT class, object, pg_temp.name_of(class, object) AS name FROM member;

CREATE TEMPORARY TABLE reference AS
SELECT fktable, fkcols[1] AS name, pktable FROM pg_get_catalog_foreign_keys() WHERE cardinality(fkcols) = 1;

CREATE FUNCTION pg_temp.acl(kind "char", owner text, acl jsonb) RETURNS text LANGUAGE sql
BEGIN ATOMIC
    SELECT string_agg(item, ' ' ORDER BY item)
    FROM jsonb_array_elements_text(CASE jsonb_typeof(acl) WHEN 'array' THEN acl ELSE to_jsonb(acldefault(kind, owner::oid)) END) AS item;
END;

CREATE FUNCTION pg_temp.value(class regclass, line jsonb, name text) RETURNS text LANGUAGE sql
BEGIN ATOMIC
    SELECT CASE
        WHEN name = 'proacl' THEN pg_temp.acl('f', line ->> 'proowner', line -> name)
        WHEN name = 'typacl' THEN pg_temp.acl('T', line ->> 'typowner', line -> name)
        WHEN name = 'relacl' THEN pg_temp.acl('r', line ->> 'relowner', line -> name)
        WHEN name = 'prosqlbody' THEN pg_get_function_sqlbody((line ->> 'oid')::oid)
        WHEN name = 'proargdefaults' THEN pg_get_function_arguments((line ->> 'oid')::oid)
        WHEN line -> name = 'null' THEN NULL
        ELSE (
            SELECT string_agg(CASE WHEN r.pktable IS NULL THEN e.element ELSE pg_temp.name_of(r.pktable, e.element::oid) END, ', ' ORDER BY e.n)
            FROM jsonb_array_elements_text(CASE jsonb_typeof(line -> name) WHEN 'array' THEN line -> name ELSE jsonb_build_array(line -> name) END)
                WITH ORDINALITY AS e (element, n)
            LEFT JOIN reference AS r ON r.fktable = class AND r.name = value.name AND e.element ~ '^\d+$')
    END;
END;

-- Left out: what says when and where a row was made (attoptions has the version of an attribute).
SELECT format($query$
    SELECT format('%%s: %%s = %%s', m.name, c.name, pg_temp.value(%1$L, line, c.name))
    FROM member AS m
    JOIN %1$s AS t ON t.%2$I = m.object
    CROSS JOIN LATERAL (SELECT to_jsonb(t)) AS j (line)
    CROSS JOIN LATERAL jsonb_object_keys(line) AS c (name)
    WHERE m.class = %3$L::regclass AND c.name NOT IN ('oid', 'relfilenode', 'relfrozenxid', 'relminmxid', 'attoptions')
    ORDER BY 1$query$, catalog, key, class)
FROM (
    SELECT DISTINCT class::regclass, 'oid', class::regclass FROM member
    UNION ALL
    VALUES ('pg_aggregate'::regclass, 'aggfnoid', 'pg_proc'::regclass),
        ('pg_range', 'rngtypid', 'pg_type'),
        ('pg_enum', 'enumtypid', 'pg_type'),
        ('pg_attribute', 'attrelid', 'pg_class')) AS source (catalog, key, class)
ORDER BY catalog
\gexec

SELECT format('%s: comment %s = %s', m.name, d.objsubid, d.description)
FROM member AS m
JOIN pg_description AS d ON d.classoid = m.class AND d.objoid = m.object
ORDER BY 1;

SELECT format('%s: initial privileges = %s', m.name, pg_temp.acl('f', p.proowner::text, to_jsonb(i.initprivs)))
FROM member AS m
LEFT JOIN pg_init_privs AS i ON i.classoid = m.class AND i.objoid = m.object AND i.objsubid = 0
JOIN pg_proc AS p ON p.oid = m.object
WHERE m.class = 'pg_proc'::regclass
ORDER BY 1;

SELECT format('%s: depends (%s) on %s', m.name, d.deptype, pg_temp.name_of(d.refclassid, d.refobjid, d.refobjsubid))
FROM member AS m
JOIN pg_depend AS d ON d.classid = m.class AND d.objid = m.object
ORDER BY 1;
