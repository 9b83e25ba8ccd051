-- Self-registration: applied for in a portal, accepted or refused by a registrar.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
SELECT plan(42);

CREATE ROLE portal LOGIN IN ROLE registry_portal;
CREATE ROLE other_portal LOGIN IN ROLE registry_portal;
CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT pg_temp.act('clerk', pg_temp.appointing('stranger',
    registry.create_organization('别区志愿服务队', '2', '13', '441403'), 'registrar')) AS staff \gset

CREATE FUNCTION pg_temp.applying(organization_id text, born date, sequence integer, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.apply_for_registration(''示例丁'', ''citizen_id'', %L, %s, ''441402'', ''实人认证 1 号''%s)',
        pg_temp.citizen(born, sequence), organization_id, more)
$$;
CREATE FUNCTION pg_temp.doing(what text, application text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.%s(%L%s)', what, application, more)
$$;

-- Applied for
SELECT pg_temp.act('portal', pg_temp.applying(:'district', '1990-01-01', 1, ', phone => ''13800000000''')) AS adult \gset
SELECT results_eq('SELECT organization_id, region::text, status, applied_by::text COLLATE "default", sealed IS NOT NULL FROM registry.application',
    format($$VALUES (%s::bigint, '441402000000', 'applied', 'portal', true)$$, :district), 'an application');
SELECT is(count(*), 0::bigint, 'which registers nobody') FROM registry.volunteer;
SELECT is(pg_temp.act('portal', format('SELECT status FROM registry.application_status(%L)', :'adult')), 'applied', 'the portal sees how it stands');
SELECT is(pg_temp.act('other_portal', format('SELECT status FROM registry.application_status(%L)', :'adult')), NULL, 'another does not');
SELECT pg_temp.refused('registrar', pg_temp.applying(:'district', '1990-01-01', 2), '42501', '', 'the staff has forms of its own');
SELECT pg_temp.refused('portal', pg_temp.applying('-1', '1990-01-01', 2), '23503', 'known_organization', 'to nobody');
SELECT pg_temp.refused('portal', replace(pg_temp.applying(:'district', '1990-01-01', 2), '441402'',', '441499'','), '23503', 'known_region', 'from nowhere');
SELECT pg_temp.refused('portal', replace(pg_temp.applying(:'district', '1990-01-01', 2), '示例丁', ' '), '23514', 'name_is_written', 'without a name');
SELECT pg_temp.refused('portal', format('SELECT registry.apply_for_registration(''示例丁'', ''citizen_id'', ''360402199001010031'', %s, ''441402'', ''认证'')', :district),
    '22P02', 'document_number_valid', 'with an invalid number');
SELECT pg_temp.refused('portal', replace(pg_temp.applying(:'district', '1990-01-01', 2), '实人认证 1 号', ' '), '23514', 'consent_has_evidence', 'without consent');
SELECT pg_temp.refused('portal', pg_temp.applying(:'district', '1990-01-01', 2, ', phone => ''none'''), '23514', 'contact_is_plausible', 'without a number to call');
SELECT registry.today() - 365 * 12 AS child_born \gset
SELECT pg_temp.refused('portal', pg_temp.applying(:'district', :'child_born', 1), '23514', 'guardian_consents', 'a child without guardian');
SELECT pg_temp.refused('portal', pg_temp.applying(:'district', :'child_born', 1, ', guardian_name => ''示例母亲'''), '23514', 'guardian_relation_is_stated', 'or with one of unknown relation');
SELECT pg_temp.refused('portal', pg_temp.applying(:'district', registry.today() - 365 * 4, 1, ', guardian_name => ''示例母亲'', guardian_relation => ''母亲'''),
    '23514', 'minimum_age_registration', 'or too young');
SELECT pg_temp.act('portal', pg_temp.applying(:'district', :'child_born', 1, ', guardian_name => ''示例母亲'', guardian_relation => ''母亲''')) AS child \gset

-- Taken up, then read and decided
SELECT pg_temp.refused('registrar', pg_temp.doing('accept_application', :'adult'), '55000', 'known_transition', 'what nobody took up');
SELECT pg_temp.refused('stranger', pg_temp.doing('take_up_application', :'adult'), '42501', 'outside_scope', 'a registrar of another body');
SELECT pg_temp.refused('portal', pg_temp.doing('take_up_application', :'adult'), '42501', '', 'the portal');
SELECT pg_temp.refused('registrar', pg_temp.doing('take_up_application', gen_random_uuid()::text), '23503', 'known_application', 'no application');
SELECT pg_temp.refused('registrar', pg_temp.doing('read_application', :'adult'), '42501', 'access_is_logged', 'read before it was taken up');
SELECT pg_temp.act('registrar', pg_temp.doing('take_up_application', a)) FROM unnest(ARRAY[:'adult', :'child']) AS a \g /dev/null
SELECT pg_temp.refused('registrar', pg_temp.doing('read_application', :'adult'), '42501', 'access_is_logged', 'or in a transaction that may be rolled back');
SELECT pg_temp.refused('stranger', pg_temp.doing('read_application', :'adult'), '42501', 'outside_scope', 'or by another body');
SELECT pg_temp.act('registrar', pg_temp.doing('accept_application', :'child')) AS child_no \gset
SELECT results_eq(format('SELECT p.name, p.birth_date, g.name, g.relation, c.evidence, v.organization_id FROM registry.volunteer v
        JOIN registry.person p USING (person_id) JOIN registry.consent c USING (person_id) JOIN registry.guardian g USING (guardian_id)
        WHERE v.volunteer_no = %L', :'child_no'),
    format($$VALUES ('示例丁', %L::date, '示例母亲', '母亲', '实人认证 1 号', %s::bigint)$$, :'child_born', :district), 'a volunteer, with the consent of the guardian');
SELECT is(pg_temp.act('portal', format('SELECT volunteer_no FROM registry.application_status(%L)', :'child')), :'child_no', 'the applicant has a number');
SELECT is(pg_temp.act('registrar', pg_temp.doing('accept_application', :'adult')) IS NOT NULL, true, 'so has the other');
SELECT results_eq('SELECT status, sealed FROM registry.application', $$VALUES ('accepted', NULL::bytea), ('accepted', NULL)$$, 'what they entered is gone');
SELECT is(tail, '0000', 'but for the number to call') FROM registry.contact;
SELECT pg_temp.refused('registrar', pg_temp.doing('accept_application', :'adult'), '55000', 'known_transition', 'accepted once');

-- Registered already: known only to the registrar
SELECT pg_temp.act('portal', pg_temp.applying(:'city', '1990-01-01', 1)) AS again \gset
SELECT pg_temp.act('registrar', pg_temp.doing('take_up_application', :'again'));
SELECT pg_temp.refused('registrar', pg_temp.doing('accept_application', :'again'), '23505', 'one_person_one_registration', 'nobody is registered twice');
SELECT pg_temp.refused('registrar', pg_temp.doing('refuse_application', :'again', ', NULL'), '23514', 'reason_required', 'refused without reason');
SELECT pg_temp.refused('registrar', pg_temp.doing('refuse_application', :'again', ', ''whim'''), '23503', 'known_code', 'or for one that is none');
SELECT pg_temp.act('registrar', pg_temp.doing('refuse_application', :'again', ', ''registered_already'''));
SELECT results_eq(format('SELECT from_status, to_status, actor::text COLLATE "default", reason FROM registry.application_event WHERE application_id = %L ORDER BY event_id', :'again'),
    $$VALUES (NULL, 'applied', 'portal', NULL), ('applied', 'in_review', 'registrar', NULL), ('in_review', 'refused', 'registrar', 'registered_already')$$, 'each step is an event');

-- Withdrawn
SELECT pg_temp.act('portal', pg_temp.applying(:'district', '1990-01-01', 3)) AS gone \gset
SELECT pg_temp.refused('other_portal', pg_temp.doing('withdraw_application', :'gone'), '23503', 'known_application', 'by another portal');
SELECT pg_temp.act('portal', pg_temp.doing('withdraw_application', :'gone'));
SELECT is(sealed, NULL, 'what was withdrawn is gone') FROM registry.application WHERE application_id = :'gone';
SELECT pg_temp.refused('registrar', pg_temp.doing('take_up_application', :'gone'), '55000', 'known_transition', 'and not taken up');

-- Nobody decides on the own application
CREATE ROLE two_hats LOGIN IN ROLE registry_portal, registry_registrar;
SELECT pg_temp.act('clerk', pg_temp.appointing('two_hats', :'district', 'registrar'));
SELECT pg_temp.act('two_hats', pg_temp.applying(:'district', '1990-01-01', 4)) AS own \gset
SELECT pg_temp.act('two_hats', pg_temp.doing('take_up_application', :'own'));
SELECT pg_temp.refused('two_hats', pg_temp.doing('accept_application', :'own'), '23514', 'decided_by_another', 'who applied does not decide');

-- What nobody decided on is gone after sixty days
SELECT is(pg_temp.act('clerk', 'SELECT registry.delete_due_applications()'), '0', 'none is due');
SELECT pg_temp.refused('registrar', 'SELECT registry.delete_due_applications()', '42501', '', 'administrators call it');
SAVEPOINT today;
SELECT pg_temp.act('clerk', '/* as if sixty days had gone by */ SELECT registry.set_policy(''application_days'', -1, ''测试'', ''4414'')');
SELECT is(pg_temp.act('clerk', 'SELECT registry.delete_due_applications()'), '1', 'one is due');
SELECT results_eq(format('SELECT status, sealed FROM registry.application WHERE application_id = %L', :'own'), $$VALUES ('lapsed', NULL::bytea)$$, 'and gone');
SELECT is_empty('SELECT * FROM registry.check_events() WHERE object ~ ''application''', 'with an event');
SELECT is(pg_temp.act('analyst', format('SELECT (applied, accepted, refused, withdrawn, lapsed, open)::text FROM report.applications(''4414'', %1$L, %1$L) WHERE organization = ''合计''', registry.today())),
    '(5,2,1,1,1,0)', 'and reported, so that the parts are the whole');
ROLLBACK TO today;

SELECT results_eq(format('SELECT pg_temp.act(''analyst'', %L)', format(
        'SELECT array_agg((organization, applied, accepted, refused, withdrawn, lapsed, open)::text) FROM report.applications(''4414'', %1$L, %1$L)',
        registry.today())),
    $$VALUES ('{"(示例区志愿服务队,4,2,0,1,0,1)","(示例市志愿服务联合会,1,0,1,0,0,0)","(合计,5,2,1,1,0,1)"}')$$, 'the report');

SELECT * FROM finish();
ROLLBACK;
