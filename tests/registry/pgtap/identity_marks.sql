BEGIN;
\ir ../acting.sql
\ir ../office.sql
SELECT plan(17);

CREATE FUNCTION pg_temp.marking(organization_id text, mark_no text DEFAULT '粤志标 1 号', authority text DEFAULT '示例市民政局', since text DEFAULT '2024-01-01')
RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.grant_identity_mark(%s, %L, %L, %L)', organization_id, mark_no, authority, since)
$$;

SELECT pg_temp.act('clerk', pg_temp.marking(:'city'));
SELECT results_eq('SELECT organization_id, mark_no, valid, e.actor::text COLLATE "default" FROM registry.identity_mark JOIN registry.identity_mark_event e USING (mark_id)',
    format($$VALUES (%s::bigint, '粤志标 1 号', daterange('2024-01-01', NULL), 'clerk')$$, :city), 'an association bears the mark');
SELECT pg_temp.refused('clerk', pg_temp.marking(:'city', '粤志标 2 号'), '23P01', 'one_mark_at_a_time', 'a second mark');
SELECT pg_temp.refused('clerk', pg_temp.marking(:'district', '粤志标 2 号'), '23514', 'marked_is_registered', 'a team without registration');
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('示例基金会', '2', '15', '441400', '53360400MJ0000018G')$$) AS foundation \gset
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('示例企业', '3', '12', '441400', '91350100M000100Y43')$$) AS company \gset
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('示例筹备会', '2', '13', '441400')$$) AS unregistered \gset
SELECT pg_temp.refused('clerk', pg_temp.marking(:'unregistered', '粤志标 2 号'), '23514', 'marked_is_registered', 'an association that is not registered');
SELECT pg_temp.refused('clerk', format('SELECT registry.withdraw_identity_mark(%s, ''年检不合格'')', :foundation), 'P0002', 'known_mark', 'what it does not bear is not withdrawn');
SELECT pg_temp.refused('clerk', pg_temp.marking(:'company', '粤志标 2 号'), '23514', 'marked_is_registered', 'a company');
SELECT pg_temp.refused('clerk', pg_temp.marking(:'foundation'), '23505', 'one_mark_one_organization', 'the mark of others');
SELECT pg_temp.refused('clerk', pg_temp.marking(:'foundation', ''), '23514', 'mark_is_numbered', 'no number');
SELECT pg_temp.refused('clerk', pg_temp.marking(:'foundation', '粤志标 2 号', ''), '23514', 'mark_has_authority', 'no authority');
SELECT pg_temp.refused('clerk', pg_temp.marking(:'foundation', '粤志标 2 号', since => NULL), '23514', 'mark_has_beginning', 'no day');
SELECT pg_temp.refused('clerk', pg_temp.marking(:'foundation', '粤志标 2 号', since => (registry.today() + 1)::text), '23514', 'marked_by_today', 'tomorrow');
SELECT pg_temp.refused('recorder', pg_temp.marking(:'foundation'), '42501', '', 'administrators only');
SELECT pg_temp.refused('clerk', format('SELECT registry.withdraw_identity_mark(%s, NULL)', :city), '23514', 'reason_required', 'withdrawn without reason');
SELECT pg_temp.act('clerk', pg_temp.marking(:'foundation', '粤志标 2 号'));
SELECT pg_temp.act('clerk', format('SELECT registry.withdraw_identity_mark(%s, ''年检不合格'')', :city));
SELECT set_eq('SELECT organization_id FROM registry.identity_mark WHERE valid @> registry.today()', format('VALUES (%s::bigint)', :foundation), 'the others keep theirs');
SELECT pg_temp.refused('clerk', format('SELECT registry.withdraw_identity_mark(%s, ''年检不合格'')', :city), 'P0002', 'known_mark', 'withdrawn twice');
SELECT lives_ok(format('SELECT pg_temp.act(''clerk'', %L)', pg_temp.marking(:'city', '粤志标 3 号', since => registry.today()::text)), 'marked anew');
SELECT results_eq('SELECT from_status, to_status, reason FROM registry.identity_mark_event ORDER BY event_id',
    $$VALUES (NULL, 'granted', NULL), (NULL, 'granted', NULL), ('granted', 'withdrawn', '年检不合格'), (NULL, 'granted', NULL)$$, 'each step is an event');

SELECT * FROM finish();
ROLLBACK;
