BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(52);

CREATE ROLE auditor LOGIN IN ROLE registry_auditor;
CREATE ROLE district_auditor LOGIN IN ROLE registry_auditor;
CREATE ROLE region_auditor LOGIN IN ROLE registry_auditor;
CREATE ROLE stray_auditor LOGIN IN ROLE registry_auditor;
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('另一示例会', '2', '13', '350200')$$) AS elsewhere \gset

-- What an auditor counts in a table.
CREATE FUNCTION pg_temp.seen(role text, relation text) RETURNS bigint LANGUAGE sql AS $$
    SELECT pg_temp.act(role, 'SELECT count(*) FROM registry.' || relation)::bigint
$$;

-- Ann serves and is reviewed; Ben signs up for a shift. All of it happens in the district.
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-1, '08:00', '09:00'))) AS record \gset
SELECT pg_temp.take_effect(:'batch') \g /dev/null
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '值守', %L)$$, :'project',
    tstzrange(now() + interval '1 hour', now() + interval '9 hours'))) AS duty \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_shift(%s, %L, '值守', 5)$$, :'duty',
    tstzrange(now() + interval '2 hours', now() + interval '3 hours'))) AS shift \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.sign_up(%s, %L)$$, :'shift', :'ben')) \g /dev/null
INSERT INTO registry.audit_log (actor, person_id, data, purpose)
SELECT 'registrar', person_id, 'contact', '联系' FROM registry.volunteer WHERE volunteer_no::text = :'ann';
CREATE TEMPORARY TABLE audited AS
SELECT relname AS relation FROM pg_class
WHERE relnamespace = 'registry'::regnamespace AND has_table_privilege('registry_auditor', oid, 'SELECT');
GRANT SELECT ON audited TO PUBLIC;

-- Without appointment
SELECT cmp_ok((SELECT count(*) FROM audited), '>', 10::bigint, 'auditors may select from many tables');
SELECT is(sum(pg_temp.seen('stray_auditor', relation)), 0::numeric, 'and see nothing while nobody appointed them') FROM audited;

-- By organization
SELECT lives_ok(format($$SELECT registry.appoint_staff('auditor', %s, 'auditor')$$, :'elsewhere'), 'an appointment elsewhere');
SELECT is(pg_temp.seen('auditor', relation), 0::bigint, 'elsewhere: ' || relation)
FROM (VALUES ('volunteer_event'), ('record_event'), ('record_batch'), ('signup_event'), ('audit_log'), ('consent_event')) AS t (relation);
SELECT is(pg_temp.seen('auditor', 'catalogue_event'), 1::bigint, 'what was deployed is for every auditor');
SELECT registry.appoint_staff('district_auditor', :district, 'auditor') \g /dev/null
SELECT is(pg_temp.seen('district_auditor', relation), rows, 'in the district: ' || relation)
FROM (VALUES ('volunteer_event', 2::bigint), ('record_event', 2), ('record_batch', 1), ('signup_event', 1), ('audit_log', 0), ('consent_event', 0))
    AS t (relation, rows);

-- By region
SELECT pg_temp.refused('clerk', format($$SELECT registry.appoint_staff('recorder', %s, 'recorder', 1, '4414')$$, :'elsewhere'),
    '23514', 'only_readers_have_a_region', 'a recorder with a region');
SELECT pg_temp.refused('clerk', format($$SELECT registry.appoint_staff('auditor', %s, 'auditor', region => '4499')$$, :'city'),
    '23503', 'known_region', 'a region that is none');
SELECT registry.appoint_staff('region_auditor', :elsewhere, 'auditor', region => '4414') \g /dev/null
SELECT is(pg_temp.seen('region_auditor', relation), rows, 'in the region: ' || relation)
FROM (VALUES ('volunteer_event', 2::bigint), ('record_event', 2), ('record_batch', 1), ('signup_event', 1), ('audit_log', 1), ('consent_event', 2))
    AS t (relation, rows);

-- By a grant alone. An autovacuum that held the table would wait for the grant, and the policy that is dropped below for it.
LOCK TABLE registry.person;
GRANT SELECT ON registry.person, registry.service_record TO stranger;
SELECT is(pg_temp.seen('stranger', relation), 0::bigint, 'a grant alone shows nothing of ' || relation)
FROM (VALUES ('person'), ('service_record')) AS t (relation);
SELECT registry.create_year(2050);
GRANT ALL ON registry.service_record_2050 TO stranger;
SELECT is(pg_temp.seen('stranger', 'service_record_2050'), 0::bigint, 'nor of a partition');

-- Analysts read what lies in the regions that they are appointed for
CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
CREATE FUNCTION pg_temp.listed(report text) RETURNS bigint LANGUAGE sql AS $$
    SELECT pg_temp.act('analyst', 'SELECT count(*) FROM report.' || report)::bigint
$$;
SELECT is(pg_temp.listed('registered_volunteers'), 0::bigint, 'without appointment nobody is listed');
SELECT pg_temp.refused('analyst', $$SELECT FROM report.overview('4414', 2026)$$, '42501', 'not_staff', 'nor is anything counted');
SELECT pg_temp.refused('clerk', format($$SELECT registry.appoint_staff('analyst', %s, 'analyst')$$, :'city'), '23514', 'analyst_has_a_region', 'no analyst without a region');
SELECT pg_temp.act('clerk', format($$SELECT registry.appoint_staff('analyst', %s, 'analyst', region => '350200')$$, :'city')) AS afar \gset
SELECT is(pg_temp.listed('registered_volunteers'), 0::bigint, 'nobody of another region is listed');
SELECT pg_temp.refused('analyst', format('SELECT FROM report.registration_form(%L)', :'ann'), '42501', 'outside_scope', 'nor shown');
SELECT pg_temp.act('clerk', format('SELECT registry.dismiss_staff(%s)', :'afar')) \g /dev/null
SELECT pg_temp.act('clerk', format($$SELECT registry.appoint_staff('analyst', %s, 'analyst', region => '441402')$$, :'city')) \g /dev/null
SELECT is(pg_temp.listed('registered_volunteers'), 2::bigint, 'those of the own region are');
SELECT is(pg_temp.listed(format('registration_form(%L)', :'ann')), 1::bigint, 'and shown');
SELECT cmp_ok(pg_temp.listed($$overview('441402', 2026)$$), '>', 0::bigint, 'the region is counted');
SELECT pg_temp.refused('analyst', format('SELECT FROM report.%I(''4414'', 2026)', report), '42501', 'outside_scope', report || ' of the region around it')
FROM unnest('{overview,总览}'::text[]) AS report;
CREATE FUNCTION pg_temp.answered(report oid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.act('analyst', (
        SELECT format('SELECT FROM %s(%s)', p.oid::regproc, string_agg('NULL::' || t::regtype, ', ' ORDER BY n))
        FROM pg_proc p, unnest(p.proargtypes) WITH ORDINALITY AS a (t, n) WHERE p.oid = report GROUP BY p.oid));
    RETURN true;
EXCEPTION WHEN OTHERS THEN -- of a year that is none, for example
    PERFORM set_config('session_authorization', 'postgres', true);
    RETURN SQLSTATE <> '42501';
END
$$;
CREATE TEMPORARY TABLE report AS
SELECT oid, proname::text AS name, '{region}' <@ proargnames[:pronargs] AS of_region FROM pg_proc
WHERE pronamespace = 'report'::regnamespace AND prosecdef;
SELECT is_empty('SELECT name FROM report WHERE of_region AND pg_temp.answered(oid)', 'nor of everything, if it asks for a region');
SELECT set_eq('SELECT name FROM report WHERE NOT of_region AND NOT pg_temp.answered(oid)', '{seal_verification,time_bank}'::text[],
    'of what is of no body nothing either');
SELECT pg_temp.act('clerk', format($$SELECT registry.appoint_staff('analyst', %s, 'analyst', region => %L)$$, :'city', region)) FROM unnest('{4414,350200}'::text[]) AS region \g /dev/null
SELECT is_empty('SELECT name FROM report WHERE NOT pg_temp.answered(oid)',
    'everything, for who is appointed for the place of every body');

-- The filter by regions costs nobody who sees everything a better plan
SELECT is_empty($$SELECT p.proname FROM pg_proc p WHERE p.oid = 'registry.reported_regions()'::regprocedure AND p.proparallel <> 's'$$,
    'reports may be read in parallel');
SET LOCAL ROLE registry_owner;
CREATE FUNCTION pg_temp.expected(relation text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) SELECT FROM ' || relation INTO plan;
    RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END
$$;
SELECT cmp_ok(pg_temp.expected('registry.reported_organization'), '>=', 0.9 * pg_temp.expected('registry.organization'), 'and are planned for all bodies');
RESET ROLE;

-- Views have the rights of whoever reads them
SELECT is(count(pg_temp.act('analyst', format('SELECT count(*) FROM %s', c.oid::regclass))), count(*), 'an analyst reads every view of the reports')
FROM pg_class c WHERE c.relnamespace = 'report'::regnamespace AND c.relkind = 'v' AND has_table_privilege('registry_analyst', c.oid, 'SELECT');
SELECT is(pg_temp.act('analyst', format('SELECT name FROM report.registered_volunteers WHERE volunteer_no = %L', :'ann')), '示*甲', 'names masked');
SELECT pg_temp.refused('analyst', 'SELECT masked_name FROM registry.person', '42501', '', 'and no table that they are made of');
SAVEPOINT unmasked;
CREATE VIEW report.unmasked WITH (security_invoker = true) AS SELECT name FROM registry.person;
GRANT SELECT ON report.unmasked TO registry_analyst;
SELECT pg_temp.refused('analyst', 'SELECT * FROM report.unmasked', '42501', '', 'a view that forgets the mask shows nothing');
ALTER VIEW report.unmasked SET (security_invoker = false);
ALTER VIEW report.unmasked OWNER TO registry_owner;
SELECT results_eq('SELECT kind, object FROM registry.check_catalogue() WHERE object ~ ''^relation .*unmasked''', $$VALUES ('added', 'relation report.unmasked')$$,
    'and one with the rights of its owner is found');
ROLLBACK TO SAVEPOINT unmasked;
SELECT is(registry.privileges(acldefault('r', 'registry_owner'::regrole)), string_agg('registry_owner ' || p || ' f', ', '), 'an owner has the same rights in every PostgreSQL')
FROM unnest('{DELETE,INSERT,REFERENCES,SELECT,TRIGGER,TRUNCATE,UPDATE}'::text[]) AS p;
DROP POLICY analyst ON registry.person;
SELECT is(pg_temp.act('analyst', 'SELECT count(*) FROM report.registered_volunteers'), '0', 'nor is there a row that a policy hides');

-- Access is logged before
SELECT pg_temp.refused('postgres', format($$SELECT registry.require_logged_access(%s, 'contact')$$, min(person_id)),
    '42501', 'access_is_logged', 'access that nobody logged') FROM registry.person;
SELECT registry.log_access(min(person_id), 'contact', '联系') FROM registry.person \g /dev/null
SELECT pg_temp.refused('postgres', format($$SELECT registry.require_logged_access(%s, 'contact')$$, min(person_id)),
    '42501', 'access_is_logged', 'access logged by the same transaction') FROM registry.person;
SELECT throws_ok('DELETE FROM registry.audit_log', '42501', NULL, 'the log is not cleared');

SELECT * FROM finish();
ROLLBACK;
