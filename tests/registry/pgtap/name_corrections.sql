-- Names are corrected by two who have seen the document.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(28);
CREATE ROLE colleague LOGIN IN ROLE registry_registrar;
SELECT pg_temp.act('clerk', pg_temp.appointing('colleague', :'district', 'registrar')) AS staff \gset
SELECT person_id AS ann_person FROM registry.volunteer WHERE volunteer_no = :'ann' \gset
SELECT salt FROM registry.person WHERE person_id = :ann_person \gset
CREATE FUNCTION pg_temp.asking(volunteer_no text, name text, evidence text DEFAULT '申请书 1 号') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.request_name_correction(%L, %L, %L)', volunteer_no, name, evidence)
$$;
CREATE FUNCTION pg_temp.typing(correction text, name text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.correct_name(%s, %L)', correction, name)
$$;

SELECT pg_temp.refused('stranger', pg_temp.asking(:'ann', '示例嘉'), '42501', 'not_staff', 'a stranger');
SELECT pg_temp.refused('recorder', pg_temp.asking(:'ann', '示例嘉'), '42501', '', 'a recorder');
SELECT pg_temp.refused('registrar', pg_temp.asking(:'ann', ' '), '23514', 'name_is_written', 'no name');
SAVEPOINT guessed;
SELECT pg_temp.act('registrar', pg_temp.asking(:'ann', '示例甲 ')) AS guess \gset
SELECT isnt(:guess, NULL, 'whoever asks is not told the name that is there');
SELECT pg_temp.refused('colleague', pg_temp.typing(:'guess', '示例甲'), '23514', 'name_differs', 'whoever decides is');
ROLLBACK TO guessed;
SELECT pg_temp.refused('registrar', pg_temp.asking(:'ann', '示例嘉', ' '), '23514', 'correction_has_evidence', 'no evidence');
SELECT pg_temp.refused('registrar', pg_temp.asking(:'ann', '示例嘉', NULL), '23514', 'correction_has_evidence', 'none said');
SELECT pg_temp.act('registrar', pg_temp.asking(:'ben', '示例艺')) AS bens \gset
SELECT pg_temp.act('registrar', pg_temp.asking(:'ann', '示例嘉')) AS correction \gset
SELECT pg_temp.refused('registrar', pg_temp.asking(:'ann', '示例佳'), '23505', 'one_correction_at_a_time', 'two at a time');
SELECT is(name, '示例甲', 'nothing is corrected yet') FROM registry.person WHERE person_id = :ann_person;
SELECT set_eq(format('SELECT subject FROM registry.open_cases(%s)', :ann_person), $$VALUES ('registration'), ('name_correction')$$, 'and nobody is erased meanwhile');
SELECT unalike(c::text, '%示例%', 'the request does not hold the name') FROM registry.name_correction c;

SELECT pg_temp.refused('registrar', pg_temp.typing(:'correction', '示例嘉'), '23514', 'decided_by_another', 'nobody corrects alone');
SELECT pg_temp.refused('colleague', pg_temp.typing(:'correction', '示例佳'), '23514', 'name_is_the_requested', 'another name');
SELECT pg_temp.refused('colleague', pg_temp.typing('-1', '示例嘉'), '23503', 'known_correction', 'no request');
SELECT person_id AS colleague FROM registry.staff WHERE role_name = 'colleague' \gset
UPDATE registry.staff SET person_id = :ann_person WHERE role_name = 'colleague';
SELECT pg_temp.refused('colleague', pg_temp.typing(:'correction', '示例嘉'), '23514', 'reviewer_is_not_volunteer', 'nobody corrects the own name');
UPDATE registry.staff SET person_id = v.person_id FROM registry.volunteer v WHERE role_name = 'colleague' AND v.volunteer_no = :'ben';
SELECT pg_temp.act('colleague', pg_temp.typing(:'correction', '示例嘉'));
SELECT results_eq(format('SELECT name, masked_name, salt <> %L FROM registry.person WHERE person_id = %s', :'salt', :ann_person),
    $$VALUES ('示例嘉', '示*嘉', true)$$, 'corrected, and the old name is no more to be guessed');
UPDATE registry.staff SET person_id = :colleague WHERE role_name = 'colleague';
SELECT is(status, 'requested', 'what was asked for another waits') FROM registry.name_correction WHERE correction_id = :bens;
SELECT pg_temp.act('colleague', format('SELECT registry.refuse_name_correction(%s, ''证件不符'')', :bens));
SELECT pg_temp.refused('colleague', pg_temp.typing(:'correction', '示例嘉'), '55000', 'known_transition', 'once');
SELECT results_eq(format('SELECT status, name_salt, name_sha256 FROM registry.name_correction WHERE correction_id = %s', :correction),
    $$VALUES ('corrected', NULL::uuid, NULL::bytea)$$, 'the request has gone with it');
SELECT is(registry.add_person('示例嘉', 'citizen_id', pg_temp.citizen('1990-01-01', 1)), :ann_person::bigint, 'who comes with the document is she');

SELECT pg_temp.act('registrar', pg_temp.asking(:'ann', '示例家')) AS correction \gset
SELECT pg_temp.refused('colleague', format('SELECT registry.refuse_name_correction(%s, '''')', :correction), '23514', 'reason_required', 'refused without reason');
SELECT pg_temp.act('colleague', format('SELECT registry.refuse_name_correction(%s, ''证件不符'')', :correction));
SELECT results_eq(format('SELECT from_status, to_status, actor::text COLLATE "default", reason FROM registry.name_correction_event WHERE correction_id <> %s ORDER BY event_id', :bens),
    $$VALUES (NULL, 'requested', 'registrar', NULL), ('requested', 'corrected', 'colleague', NULL),
        (NULL, 'requested', 'registrar', NULL), ('requested', 'refused', 'colleague', '证件不符')$$, 'each step is an event');
SELECT is(count(*), 6::bigint, 'that is sealed') FROM registry.sealed_event WHERE kind = 'name_correction';
SELECT is(name, '示例嘉', 'what was refused changes nothing') FROM registry.person WHERE person_id = :ann_person;
SELECT pg_temp.refused('postgres', statement, state, rule, rule) FROM (VALUES
    ('DELETE FROM registry.name_correction_event', '42501', 'append_only'),
    ('UPDATE registry.name_correction SET status = ''lost''', '23514', 'correction_status'),
    ('UPDATE registry.name_correction SET name_salt = gen_random_uuid()', '23514', 'name_digest_until_decided')) AS t (statement, state, rule);

SELECT * FROM finish();
ROLLBACK;
