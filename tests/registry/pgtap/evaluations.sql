BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(15);

CREATE FUNCTION pg_temp.evaluating(record text, scores text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.evaluate(%s, %s%s)', record, scores, more)
$$;

SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-2, '09:00', '11:00'))) AS record \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-3, '09:00', '11:00'))) AS voided \gset

-- The community that keeps the ledger of those served has a recorder of its own
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例社区', '1', '08', '441402', parent_id => %s)$$, :'city')) AS community \gset
CREATE ROLE neighbour LOGIN IN ROLE registry_recorder;
SELECT pg_temp.act('clerk', pg_temp.appointing('neighbour', :'community', 'recorder')) AS staff \gset
SELECT pg_temp.act('neighbour', format($$SELECT registry.add_beneficiary(%s, '三号楼老人', '01')$$, :'community')) AS beneficiary \gset

SELECT pg_temp.act('recorder', pg_temp.evaluating(:'record', '5, 4, 3', ', '' 认真负责 ''')) AS evaluation \gset
SELECT pg_temp.act('neighbour', pg_temp.evaluating(:'record', '5, 5, 5', format(', beneficiary_id => %s', :'beneficiary'))) AS said \gset
SELECT results_eq(format('SELECT punctuality::integer, attitude::integer, skill::integer, comment, beneficiary_id, evaluated_by::text COLLATE "default" FROM registry.evaluation WHERE record_id = %s ORDER BY evaluation_id', :record),
    format($$VALUES (5, 4, 3, '认真负责', NULL, 'recorder'), (5, 5, 5, NULL, %s::bigint, 'neighbour')$$, :beneficiary), 'the organization and those served');

SELECT pg_temp.refused('recorder', pg_temp.evaluating(:'record', '1, 1, 1'), '23505', 'evaluated_once', 'evaluated twice');
SELECT pg_temp.refused('neighbour', pg_temp.evaluating(:'record', '1, 1, 1', format(', beneficiary_id => %s', :'beneficiary')), '23505', 'evaluated_once', 'twice by the same');
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('示例县志愿服务队', '1', '08', '441422')$$) AS elsewhere \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('stranger', :'elsewhere', 'recorder')) AS staff \gset
SELECT pg_temp.act('stranger', format($$SELECT registry.add_beneficiary(%s, '外地老人', '01')$$, :'elsewhere')) AS foreigner \gset
SELECT pg_temp.refused('stranger', pg_temp.evaluating(:'record', '1, 1, 1', format(', beneficiary_id => %s', :'foreigner')), '42501', 'served_within_reach', 'nobody of another federation');
SELECT pg_temp.refused('neighbour', pg_temp.evaluating(:'voided', '5, 5, 5'), '42501', 'outside_scope', 'for the organization only its own recorder');
SELECT pg_temp.refused('recorder', pg_temp.evaluating(:'voided', '6, 5, 5'), '23514', 'scores_from_one_to_five', 'six points');
SELECT pg_temp.refused('recorder', pg_temp.evaluating(:'voided', '5, 5, NULL'), '23502', '', 'a score left out');
SELECT pg_temp.refused('recorder', pg_temp.evaluating(:'voided', '5, 5, 5', format(', %L', repeat('好', 501))), '23514', 'evaluation_comment_is_short', 'a long comment');
SELECT pg_temp.refused('recorder', pg_temp.evaluating('-1', '5, 5, 5'), '23503', 'known_record', 'an unknown record');
SELECT pg_temp.refused('recorder', pg_temp.evaluating(:'voided', '5, 5, 5', ', beneficiary_id => -1'), '23503', 'known_beneficiary', 'an unknown beneficiary');
CREATE ROLE helper LOGIN IN ROLE registry_recorder;
SELECT registry.appoint_staff('helper', :district, 'recorder', (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann')) AS staff \gset
SELECT pg_temp.refused('helper', pg_temp.evaluating(:'voided', '5, 5, 5'), '23514', 'evaluator_is_not_volunteer', 'oneself');
SELECT pg_temp.act('recorder', format('SELECT registry.void_record(%s, ''误录'')', :voided));
SELECT pg_temp.refused('recorder', pg_temp.evaluating(:'voided', '5, 5, 5'), '55000', 'record_is_live', 'what is void');
SELECT pg_temp.refused('reviewer', pg_temp.evaluating(:'record', '5, 5, 5'), '42501', '', 'reviewers do not evaluate');
SELECT throws_ok(statement, '42501', NULL, statement) FROM unnest(ARRAY[
    'UPDATE registry.evaluation SET skill = 5', 'DELETE FROM registry.evaluation']) AS statement;

SELECT * FROM finish();
ROLLBACK;
