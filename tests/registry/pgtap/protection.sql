BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(35);

CREATE FUNCTION pg_temp.policy(organization_id text, policy_no text, more text DEFAULT '100000') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.add_insurance_policy(%s, ''示例保险'', %L, %L, %s)', organization_id, policy_no,
        daterange(registry.today() - 30, registry.today() + 335), more)
$$;
CREATE FUNCTION pg_temp.insured(volunteer_no text, period tstzrange) RETURNS boolean LANGUAGE sql AS $$
    SELECT registry.is_insured(v.volunteer_id, period) FROM registry.volunteer v WHERE v.volunteer_no::text = insured.volunteer_no
$$;

SELECT pg_temp.act('recorder', pg_temp.policy(:'district', 'P-1')) AS policy \gset
SELECT pg_temp.refused('recorder', pg_temp.policy(:'district', 'P-1'), '23505', 'one_policy_number_of_an_insurer', 'a policy twice');
SELECT pg_temp.refused('recorder', pg_temp.policy(:'district', ''), '23514', 'policy_is_numbered', 'no number');
SELECT pg_temp.refused('recorder', pg_temp.policy(:'district', 'P-2', '0'), '23514', 'sum_is_insured', 'no sum');
SELECT pg_temp.refused('recorder', pg_temp.policy(:'district', 'P-2', $$'NaN'$$), '23514', 'sum_is_insured', 'a sum that makes every total none');
SELECT pg_temp.refused('recorder', format('SELECT registry.add_insurance_policy(%s, ''示例保险'', ''P-2'', %L, 100000)', :'district',
    daterange(registry.today(), 'infinity')), '23514', 'policy_has_period', 'a policy that insures for ever');
SELECT pg_temp.refused('recorder', pg_temp.policy('-1', 'P-2'), '42501', 'outside_scope', 'unknown organization');
SELECT pg_temp.refused('stranger', pg_temp.policy(:'district', 'P-2'), '42501', 'not_staff', 'no appointment');

SELECT pg_temp.refused('stranger', format('SELECT registry.insure(%s, %L)', :policy, :'ann'), '42501', 'not_staff', 'insured by nobody of the staff');
SELECT is(pg_temp.act('recorder', format('SELECT registry.insure(%s, %L, %L)', :policy, :'ann', daterange(registry.today(), registry.today() + 3))),
    daterange(registry.today(), registry.today() + 3)::text, 'a volunteer is covered');
SELECT is(pg_temp.act('recorder', format('SELECT registry.insure(%s, %L)', :policy, :'ben')),
    daterange(registry.today() - 30, registry.today() + 335)::text, 'as long as the policy runs, if nothing else is said');
SELECT pg_temp.refused('recorder', format('SELECT registry.insure(%s, %L, %L)', :policy, :'ann', daterange(registry.today() + 2, registry.today() + 4)),
    '23P01', 'one_cover_at_a_time', 'covered twice');
SELECT pg_temp.refused('recorder', format('SELECT registry.insure(%s, %L, %L)', :policy, :'ann', daterange(registry.today() + 300, registry.today() + 336)),
    '23514', 'cover_within_policy', 'longer than the policy');
SELECT pg_temp.refused('recorder', format('SELECT registry.insure(%s, %L, ''empty'')', :policy, :'ann'),
    '23514', 'cover_has_period', 'never');
SELECT pg_temp.refused('recorder', format('SELECT registry.insure(-1, %L)', :'ann'), '23503', 'known_insurance_policy', 'unknown policy');

SAVEPOINT insured;
SELECT ok(clock_timestamp() + interval '2 minutes' >= ANY (pg_temp.deadlines('recorder',
    format('SELECT registry.insure(%s, %L, %L)', :policy, :'ann', daterange(registry.today() + 9, registry.today() + 10)))), 'insurance is committed within a minute');
ROLLBACK TO SAVEPOINT insured;
SELECT ok(pg_temp.insured(:'ann', pg_temp.during(1, '08:00', '24:00')), 'insured all day');
SELECT ok(NOT pg_temp.insured(:'ann', tstzrange(pg_temp.at(2, '20:00'), pg_temp.at(3, '01:00'))), 'not beyond the cover');
SELECT ok(NOT pg_temp.insured(:'ben', pg_temp.during(-1, '08:00', '10:00')), 'not before the cover was entered');

-- Claims
CREATE FUNCTION pg_temp.accident(policy text, volunteer_no text, activity text, hours_ago text, description text DEFAULT '滑倒') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.report_accident(%s, %L, %s, %L, %L)', policy, volunteer_no, activity, now() - hours_ago::interval, description)
$$;
SELECT pg_temp.refused('stranger', pg_temp.accident(:'policy', :'ben', :'activity', '48 hours'), '42501', 'not_staff', 'reported by nobody of the staff');
SELECT pg_temp.refused('recorder', pg_temp.accident(:'policy', :'ben', :'activity', '48 hours'), '23514', 'accident_is_covered', 'insured after the accident');
SELECT pg_temp.entered_earlier(9);
SELECT pg_temp.act('recorder', pg_temp.accident(:'policy', :'ben', :'activity', '48 hours')) AS claim \gset
SELECT pg_temp.refused('recorder', pg_temp.accident(:'policy', :'ann', :'activity', '48 hours'), '23514', 'accident_is_covered', 'not covered then');
SELECT pg_temp.refused('recorder', pg_temp.accident(:'policy', :'ben', '-1', '48 hours'), '23514', 'accident_in_activity', 'no such activity');
SELECT pg_temp.refused('recorder', pg_temp.accident(:'policy', :'ben', :'activity', '48 hours', ''), '23514', 'accident_is_described', 'nothing happened');
SELECT pg_temp.entered_earlier(-9);
SELECT pg_temp.refused('recorder', format('SELECT registry.close_claim(%s, ''paid'')', :claim), '23514', 'paid_has_amount', 'paid nothing');
SELECT pg_temp.refused('recorder', format('SELECT registry.close_claim(%s, ''paid'', ''NaN'')', :claim), '23514', 'paid_has_amount', 'nor no number');
SELECT pg_temp.refused('recorder', format('SELECT registry.close_claim(%s, ''declined'')', :claim), '23514', 'reason_required', 'declined without reason');
SAVEPOINT own_claim;
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben') WHERE role_name = 'recorder';
SELECT pg_temp.refused('recorder', format('SELECT registry.close_claim(%s, ''paid'', 1200.50)', :claim), '23514', 'reviewer_is_not_volunteer', 'nobody pays the own claim');
ROLLBACK TO SAVEPOINT own_claim;
SELECT pg_temp.act('recorder', format('SELECT registry.close_claim(%s, ''paid'', 1200.50)', :claim));
SELECT pg_temp.refused('recorder', format('SELECT registry.close_claim(%s, ''declined'', reason => ''示例理由'')', :claim),
    '55000', 'known_transition', 'a paid claim is closed');
SELECT pg_temp.refused('recorder', 'SELECT registry.close_claim(-1, ''paid'', 1)', '23503', 'known_claim', 'unknown claim');
SELECT results_eq(format('SELECT status, amount FROM registry.insurance_claim WHERE claim_id = %s', :claim),
    $$VALUES ('paid', 1200.50)$$, 'paid');
SELECT results_eq(format('SELECT from_status, to_status, actor::text COLLATE "default" FROM registry.insurance_claim_event WHERE claim_id = %s ORDER BY event_id', :claim),
    $$VALUES (NULL, 'reported', 'recorder'), ('reported', 'paid', 'recorder')$$, 'both are events');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.insurance_claim_event', '42501', 'append_only', 'events stay');

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT is(pg_temp.act('analyst', format('SELECT string_agg((organization, policies, insured, sum_insured, claims, paid)::text, E''\n'') FROM report.insurance(%L)', registry.today())),
    E'(示例区志愿服务队,1,2,200000.00,1,1200.50)\n(合计,1,2,200000.00,1,1200.50)', 'the report of insurance');
SELECT is(pg_temp.act('analyst', format('SELECT insured FROM report.insurance(%L)', registry.today() + 3)), '1', 'of another day');
SELECT is(pg_temp.act('analyst', format('SELECT (insured, claims, paid)::text FROM report.insurance(%L) WHERE organization = ''合计''', registry.today() - 1)),
    '(0,0,0)', 'yesterday nobody was known to be insured, nothing reported or paid');

SELECT * FROM finish();
ROLLBACK;
