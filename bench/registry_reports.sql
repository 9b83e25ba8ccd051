-- What an analyst asks for, a line each: kind, name, query. The arguments follow from the names of the parameters: the whole
-- city, today, last year. What has no period is asked for at a desk, and so is one person; lists of the whole city are not, nor brand
-- projects, which count the records of all years since they were designated.
-- To verify the seals is measured by itself.
SELECT CASE
        WHEN p.proname = 'overview' THEN 'overview'
        WHEN p.proargnames[:p.pronargs] && '{since,year}' OR p.proname = 'brand_projects' THEN 'yearly'
        ELSE 'interactive'
    END, p.proname, format('SELECT * FROM report.%I(%s)', p.proname, a.arguments)
FROM pg_proc p
CROSS JOIN LATERAL (
    SELECT string_agg(format('%I => %s', n.name, CASE n.name
        WHEN 'region' THEN '''350200'''
        WHEN 'day' THEN 'current_date'
        WHEN 'since' THEN 'make_date(extract(year FROM current_date)::integer - 1, 1, 1)'
        WHEN 'until' THEN 'make_date(extract(year FROM current_date)::integer - 1, 12, 31)'
        WHEN 'year' THEN 'extract(year FROM current_date)::integer - 1'
        WHEN 'volunteer_no' THEN quote_literal(bench.volunteer_no(0))
        ELSE 'NULL' END), ', ' ORDER BY n.place) AS arguments
    FROM unnest(p.proargnames[:p.pronargs - p.pronargdefaults]) WITH ORDINALITY AS n (name, place)) AS a
WHERE p.pronamespace = 'report'::regnamespace AND p.proretset AND p.proname ~ '^[ -~]+$' AND p.proname <> 'seal_verification'
    AND has_function_privilege('registry_analyst', p.oid, 'EXECUTE')
UNION ALL
SELECT CASE WHEN relname IN ('registered_volunteers', 'star_list', 'star_eligible', 'suspected_duplicate_people', 'double_claims')
    THEN 'yearly' ELSE 'interactive' END, relname, format('SELECT * FROM report.%I', relname)
FROM pg_class WHERE relnamespace = 'report'::regnamespace AND relkind = 'v' AND relname ~ '^[ -~]+$'
    AND has_table_privilege('registry_analyst', oid, 'SELECT')
UNION ALL
SELECT 'interactive', 'one_volunteer', format('SELECT * FROM report.registered_volunteers WHERE volunteer_no = %L', bench.volunteer_no(0))
ORDER BY 1, 2;
