-- Every report has a Chinese twin, for the same readers and with the same rows.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(11);

-- Reports and twins as the catalogue has them: a twin is what depends on a report and is called in Chinese.
CREATE TEMPORARY TABLE report AS
SELECT p.oid, 'pg_proc'::regclass AS catalogue, p.proname AS name, p.proargnames AS names, p.proallargtypes AS types,
    p.proargmodes AS modes, pg_get_expr(p.proargdefaults, 'pg_class'::regclass) AS presets,
    p.pronargs - p.pronargdefaults AS required, p.proacl AS acl, p.prosecdef AS is_definer,
    obj_description(p.oid, 'pg_proc') AS comment
FROM pg_proc p
WHERE p.pronamespace = 'report'::regnamespace AND p.proretset
UNION ALL
SELECT c.oid, 'pg_class', c.relname, array_agg(a.attname ORDER BY a.attnum), array_agg(a.atttypid ORDER BY a.attnum), NULL, NULL, 0,
    c.relacl, NOT coalesce(c.reloptions @> '{security_invoker=true}', false), obj_description(c.oid, 'pg_class')
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'report'::regnamespace AND c.relkind = 'v' AND c.relacl::text ~ 'registry_analyst'
GROUP BY c.oid;
CREATE TEMPORARY TABLE twin AS
SELECT r.oid AS report_id, t.*
FROM report r
JOIN pg_depend d ON (d.refclassid, d.refobjid) = (r.catalogue, r.oid)
LEFT JOIN pg_rewrite w ON (d.classid, d.objid) = ('pg_rewrite'::regclass, w.oid)
JOIN report t ON t.oid = coalesce(w.ev_class, d.objid) AND t.name !~ '[a-z]'
WHERE r.name ~ '^[a-z_]+$'
GROUP BY r.oid, t.oid, t.catalogue, t.name, t.names, t.types, t.modes, t.presets, t.required, t.acl, t.is_definer, t.comment;

SELECT cmp_ok((SELECT count(*) FROM report WHERE name ~ '^[a-z_]+$'), '>=', 59::bigint, 'reports');
SELECT is_empty($$SELECT r.name, count(t.oid) FROM report r LEFT JOIN twin t ON t.report_id = r.oid
    WHERE r.name ~ '^[a-z_]+$' GROUP BY r.name HAVING count(t.oid) <> 1$$, 'each has one twin');
SELECT is_empty($$SELECT name FROM report WHERE comment !~ '^[^(:]+\([^)]{2,}\)'$$, 'and says in brackets what asks for it');
SELECT is_empty($$SELECT t.name, n FROM twin t, unnest(t.name || t.names) AS n WHERE n !~ '^[一-鿿]+$'$$, 'all of whose names are Chinese');
SELECT is_empty($$SELECT r.name, t.types FROM report r JOIN twin t ON t.report_id = r.oid
    WHERE (r.types, r.modes, r.presets) IS DISTINCT FROM (t.types, t.modes, t.presets)$$, 'with the same parameters and columns');
SELECT is_empty($$SELECT r.name, t.acl FROM report r JOIN twin t ON t.report_id = r.oid WHERE r.acl IS DISTINCT FROM t.acl$$,
    'for the same readers');
SELECT is_empty($$SELECT r.name, a.grantee::regrole FROM report r, aclexplode(r.acl) AS a
    WHERE a.grantee NOT IN ('registry_owner'::regrole, 'registry_analyst'::regrole)$$, 'who are analysts');
SELECT is_empty('SELECT name FROM twin WHERE is_definer', 'with the rights of the reader');
SELECT is_empty($$SELECT name FROM report WHERE names[cardinality(names)] NOT IN ('reported_at', '报表时间')$$, 'and the time at which it was made');

-- Two volunteers, who have served
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', volunteer, :'activity', pg_temp.during(-2, '08:00', '18:00')))
FROM unnest(ARRAY[:'ann', :'ben']) AS volunteer \g /dev/null
SELECT pg_temp.take_effect(:'batch') \g /dev/null
SELECT volunteer.flush_hours();
CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
CREATE FUNCTION pg_temp.rows(report text, names text[], types oid[], required integer, volunteer_no text) RETURNS text
LANGUAGE sql AS $$
    SELECT pg_temp.act('analyst', format('SELECT string_agg(r::text, E''\n'') FROM report.%I%s AS r', report, (
        SELECT format('(%s)', string_agg(format('%L', CASE format_type(p.type, NULL)
            WHEN 'region_code' THEN '4414'
            WHEN 'volunteer_no' THEN volunteer_no
            WHEN 'date' THEN (registry.today() - CASE WHEN p.name IN ('since', '起始日') THEN 300 ELSE 0 END)::text
            WHEN 'text' THEN '清洁'
            ELSE extract(year FROM registry.today())::text END), ', ' ORDER BY p.position))
        FROM unnest(names, types) WITH ORDINALITY AS p (name, type, position)
        WHERE p.position <= required
        HAVING required > 0)))
$$;
CREATE TEMPORARY TABLE shown AS
SELECT r.name, pg_temp.rows(r.name, r.names, r.types, r.required, :'ann') AS rows,
    pg_temp.rows(t.name, t.names, t.types, t.required, :'ann') AS twin_rows
FROM report r JOIN twin t ON t.report_id = r.oid;
SELECT is_empty('SELECT name FROM shown WHERE rows IS DISTINCT FROM twin_rows', 'the rows are the same');
SELECT cmp_ok((SELECT count(rows) FROM shown), '>=', 20::bigint, 'of many reports');

SELECT * FROM finish();
ROLLBACK;
