BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(29);

-- A statement that records a commendation; `more` replaces what follows the title.
CREATE FUNCTION pg_temp.honouring(organization_id text, volunteer_no text, source text, title text, more text) RETURNS text
LANGUAGE sql AS $$
    SELECT format('SELECT registry.record_commendation(%s, %L, %L, %L, %s)', organization_id, volunteer_no, source, title, more)
$$;
CREATE FUNCTION pg_temp.proven(days integer, body text DEFAULT '示例市人民政府') RETURNS text LANGUAGE sql AS $$
    SELECT format('%L, %L, ''示例〔2026〕1号'', sha256(''scan'')', registry.today() - days, body)
$$;
CREATE FUNCTION pg_temp.deciding(commendation text, to_status text, reason text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.decide_commendation(%s, %L, %L)', commendation, to_status, reason)
$$;

-- The three ways in
SELECT pg_temp.act('recorder', pg_temp.honouring(:'district', :'ann', 'own', '优秀志愿者', format('%L', registry.today() - 3))) AS own \gset
SELECT pg_temp.act('recorder', pg_temp.honouring(:'district', :'ann', 'authority', '最美志愿者', pg_temp.proven(2))) AS authority \gset
SELECT pg_temp.act('recorder', pg_temp.honouring(:'district', :'ben', 'other', '爱心之星', pg_temp.proven(1, '示例基金会'))) AS other \gset
SELECT results_eq('SELECT granting_body, status FROM registry.commendation ORDER BY commendation_id',
    $$VALUES ('示例区志愿服务队', 'submitted'), ('示例市人民政府', 'submitted'), ('示例基金会', 'submitted')$$, 'the own award is granted by who records it; none counts yet');

-- What is refused
SELECT pg_temp.refused('recorder', pg_temp.honouring(:'district', :'ben', source, title, more), state, rule, description)
FROM (VALUES
    ('authority', '最美志愿者', format('%L, ''示例市人民政府''', registry.today()), '23514', 'proof_unless_own', 'an award of others without proof'),
    ('other', '爱心之星', format('%L, ''示例基金会'', NULL, ''\x00''', registry.today()), '23514', 'proof_is_sha256', 'a proof that is no digest'),
    ('friend', '爱心之星', pg_temp.proven(1), '23514', 'commendation_source', 'a fourth way in'),
    ('other', ' ', pg_temp.proven(1), '23514', 'commendation_is_titled', 'no title'),
    ('other', '爱心之星', pg_temp.proven(1, ' '), '23514', 'granting_body_is_named', 'nobody grants it'),
    ('other', '爱心之星', format('%L, NULL, NULL, sha256(''scan'')', registry.today()), '23514', 'granting_body_is_named', 'nobody at all'),
    ('other', '爱心之星', format('%L, ''示例基金会'', '''', sha256(''scan'')', registry.today()), '23514', 'document_is_numbered', 'an empty document number'),
    ('other', '爱心之星', pg_temp.proven(-1), '23514', 'granted_in_the_past', 'granted tomorrow'),
    ('other', '爱心之星', '''-infinity'', ''示例基金会'', NULL, sha256(''scan'')', '23514', 'granted_in_the_past', 'or before all days'),
    ('other', '爱心之星', pg_temp.proven(1, '示例基金会'), '23505', 'one_commendation_once', 'the same twice')
) AS t (source, title, more, state, rule, description);
SELECT pg_temp.refused('recorder', pg_temp.honouring('-1', :'ben', 'own', '优秀志愿者', 'CURRENT_DATE'), '42501', 'outside_scope', 'unknown organization');
SELECT pg_temp.refused('stranger', pg_temp.honouring(:'district', :'ben', 'own', '优秀志愿者', 'CURRENT_DATE'), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('reviewer', pg_temp.honouring(:'district', :'ben', 'own', '优秀志愿者', 'CURRENT_DATE'), '42501', '', 'recorders only');

-- Another person decides
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'own', 'refused'), '23514', 'reason_required', 'refused without reason');
SELECT pg_temp.refused('reviewer', pg_temp.deciding('-1', 'recorded'), '23503', 'known_commendation', 'unknown commendation');
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'own', 'voided', '示例理由'), '55000', 'known_transition', 'what is not recorded is not voided');
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'own', 'recorded'), '42501', '', 'reviewers only');
CREATE ROLE second_hat LOGIN IN ROLE registry_reviewer;
SELECT registry.appoint_staff('second_hat', :city, 'reviewer',
    (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann')) AS staff \gset
SELECT pg_temp.refused('second_hat', pg_temp.deciding(:'own', 'recorded'), '23514', 'reviewer_is_not_volunteer', 'the own commendation');
UPDATE registry.staff SET organization_id = :district WHERE role_name = 'recorder';
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.staff WHERE role_name = 'recorder')
WHERE role_name = 'second_hat';
SELECT pg_temp.refused('second_hat', pg_temp.deciding(:'own', 'recorded'), '23514', 'reviewer_is_not_recorder', 'the recorder under another role');
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'own', 'recorded'));
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'authority', 'recorded'));
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'other', 'refused', '证明不符'));
SELECT isnt(pg_temp.act('recorder', pg_temp.honouring(:'district', :'ben', 'other', '爱心之星', pg_temp.proven(1, '示例基金会'))), NULL, 'what was refused may be entered anew');
SELECT results_eq(format('SELECT from_status, to_status, actor::text COLLATE "default", reason FROM registry.commendation_event WHERE commendation_id = %s ORDER BY event_id', :other),
    $$VALUES (NULL, 'submitted', 'recorder', NULL), ('submitted', 'refused', 'reviewer', '证明不符')$$, 'each step is an event');

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT is(pg_temp.act('analyst', format('SELECT string_agg((name, organization, source, title, granting_body, proven)::text, E''\n'') FROM report.commendations(%L, %L)',
        registry.today() - 3, registry.today())),
    E'(示*甲,示例区志愿服务队,own,优秀志愿者,示例区志愿服务队,f)\n(示*甲,示例区志愿服务队,authority,最美志愿者,示例市人民政府,t)', 'the report lists what was recorded, in order');
SELECT is(pg_temp.act('analyst', format('SELECT count(*) FROM report.commendations(%L, %L)', registry.today() - 2, registry.today())), '1', 'of these days');
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'authority', 'voided', '授予单位撤销'));
SELECT is(pg_temp.act('analyst', format('SELECT count(*) FROM report.commendations(%L, %L)', registry.today() - 3, registry.today())), '1', 'not what was voided');

-- Nothing is edited
SELECT pg_temp.refused('postgres', statement, '42501', 'append_only', statement) FROM unnest(ARRAY[
    'UPDATE registry.commendation SET title = ''劳动模范''',
    'DELETE FROM registry.commendation',
    'DELETE FROM registry.commendation_event',
    'TRUNCATE registry.commendation_event']) AS statement;

SELECT * FROM finish();
ROLLBACK;
