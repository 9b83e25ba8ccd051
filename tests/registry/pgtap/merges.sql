BEGIN;
\ir ../acting.sql
SELECT plan(56);
\ir ../office.sql
\ir ../service.sql
CREATE ROLE registrar_of_district LOGIN IN ROLE registry_registrar;
SELECT pg_temp.act('clerk', pg_temp.appointing('registrar_of_district', :'district', 'registrar'));

-- Ann registers once more, with her passport
SELECT pg_temp.act('registrar', format(
    $$SELECT registry.register_volunteer('SHI LI', 'passport', 'E12345678', %s, '441402', '登记表 9 号', registry.today() - 100, '13800000009',
        2::smallint, '1990-01-01', backdating_reason => '补录')$$, :district)) AS again \gset
SELECT person_id AS ann_person FROM registry.volunteer WHERE volunteer_no = :'ann' \gset
SELECT person_id AS again_person, volunteer_id AS again_id FROM registry.volunteer WHERE volunteer_no = :'again' \gset
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-3, '09:00', '11:00'))) AS first \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'again', :'activity', pg_temp.during(-3, '10:30', '12:00'))) AS second \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'again', :'activity', pg_temp.during(-2, '09:00', '11:00'))) AS third \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.record_consent(%L, 'contact', '短信确认')$$, :'ann'));

SELECT pg_temp.refused('registrar', format($$SELECT registry.change_volunteer_status(%L, 'merged', '同一人')$$, :'again'),
    '42501', 'registry_decides', 'nobody is merged without a decision');

SELECT pg_temp.act('registrar', format($$SELECT registry.add_member(%s, %L, 'backbone', registry.today() + 7)$$, :district, :'again'));

-- Who asks
SELECT format($$SELECT registry.request_merge(%L, %L, '护照与身份证为同一人,复印件第 3 号')$$, :'again', :'ann') AS ask \gset
SELECT pg_temp.refused('stranger', :'ask', '42501', 'not_staff', 'a stranger');
SELECT pg_temp.refused('recorder', :'ask', '42501', '', 'a recorder');
SELECT pg_temp.refused('registrar', format($$SELECT registry.request_merge(%L, %L, '凭证')$$, :'ann', :'ann'),
    '23514', 'two_persons_are_merged', 'with oneself');
SELECT pg_temp.refused('registrar', format($$SELECT registry.request_merge(%L, %L, U&'\200B')$$, :'again', :'ann'),
    '23514', 'reason_required', 'without evidence');
SELECT pg_temp.act('registrar', :'ask') AS merge \gset
SELECT pg_temp.refused('registrar', :'ask', '23505', 'one_merge_of_a_person', 'twice');
SELECT is(count(*), 1::bigint, 'what overlaps is known before the decision') FROM report.double_claims;

-- Who decides
SELECT format('SELECT registry.decide_merge(%s, true)', :merge) AS approve \gset
SELECT pg_temp.refused('registrar', :'approve', '23514', 'decided_by_another', 'nobody decides alone');
SELECT pg_temp.refused('stranger', :'approve', '42501', 'not_staff', 'nor does a stranger');
SELECT pg_temp.refused('registrar_of_district', format('SELECT registry.decide_merge(%s, false)', :merge),
    '23514', 'reason_required', 'a refusal has a reason');
SELECT pg_temp.refused('registrar_of_district', 'SELECT registry.decide_merge(-1, true)', '23503', 'known_merge', 'no request');
SELECT pg_temp.refused('registrar_of_district', format('SELECT registry.decide_merge(%s, NULL, %L)', :merge, '凭证不清'),
    '55000', 'known_transition', 'neither yes nor no is no decision');
SELECT is(merged_into, NULL, 'which merges nobody') FROM registry.person WHERE person_id = :again_person;
SELECT lives_ok(format('SELECT pg_temp.act(''registrar_of_district'', %L)',
    format('SELECT registry.decide_merge(%s, false, %L)', :merge, '凭证不清')), 'refused');
SELECT pg_temp.refused('registrar_of_district', :'approve', '55000', 'known_transition', 'refused is refused');
SELECT is_empty('SELECT FROM report.double_claims', 'and nothing is claimed twice');
SELECT pg_temp.act('registrar', :'ask') AS merge \gset
SELECT person_id AS colleague FROM registry.staff WHERE role_name = 'registrar_of_district' \gset
UPDATE registry.staff SET person_id = :ann_person WHERE role_name = 'registrar_of_district';
SELECT pg_temp.refused('registrar_of_district', format('SELECT registry.decide_merge(%s, true)', :merge),
    '23514', 'reviewer_is_not_volunteer', 'nobody takes in another');
UPDATE registry.staff SET person_id = (SELECT registry.persons_of('registrar')) WHERE role_name = 'registrar_of_district';
SELECT pg_temp.refused('registrar_of_district', format('SELECT registry.decide_merge(%s, true)', :merge),
    '23514', 'decided_by_another', 'nobody decides alone under two roles');
SAVEPOINT waiting;
UPDATE registry.person SET erased_at = now() WHERE person_id = :again_person;
UPDATE registry.staff SET person_id = :colleague WHERE role_name = 'registrar_of_district';
SELECT pg_temp.refused('registrar_of_district', format('SELECT registry.decide_merge(%s, true)', :merge), '55000', 'person_is_whole', 'who was erased meanwhile');
ROLLBACK TO waiting;
-- Any other volunteer may decide. What has ended of either is no matter of the merge.
UPDATE registry.staff SET person_id = v.person_id FROM registry.volunteer v WHERE role_name = 'registrar_of_district' AND v.volunteer_no = :'ben';
INSERT INTO registry.membership (organization_id, person_id, role, valid) VALUES
    (:district, :ann_person, 'backbone', daterange(registry.today() - 50, registry.today() - 20)),
    (:district, :again_person, 'leader', daterange(registry.today() - 50, registry.today() - 20)),
    (:district, :again_person, 'cadre', daterange(registry.today() - 30, NULL));
SELECT pg_temp.act('registrar', format($$SELECT registry.record_consent(%L, 'contact', '短信确认')$$, :'ben'));
SELECT pg_temp.act('registrar', format($$SELECT registry.record_contact(%L, 'email', 'ben@zyz.example')$$, :'ben'));
SELECT lives_ok(format('SELECT pg_temp.act(''registrar_of_district'', %L)', format('SELECT registry.decide_merge(%s, true)', :merge)),
    'asked again, merged');
UPDATE registry.staff SET person_id = :colleague WHERE role_name = 'registrar_of_district';
SELECT results_eq(
    format('SELECT from_status, to_status, actor::text COLLATE "default" FROM registry.person_merge_event WHERE merge_id = %s ORDER BY event_id', :merge),
    $$VALUES (NULL, 'requested', 'registrar'), ('requested', 'merged', 'registrar_of_district')$$, 'every change is an event');

-- What it does
SELECT is(status, 'merged', 'the second registration ends') FROM registry.volunteer WHERE volunteer_no = :'again';
SELECT is(signups_ended, 0::bigint, 'and is settled') FROM registry.settlement JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = :'again';
SELECT is(merged_into, :ann_person::bigint, 'the person is part of the other') FROM registry.person WHERE person_id = :again_person;
SELECT results_eq(format($$SELECT v.volunteer_no::text, r.status FROM registry.service_record r JOIN registry.volunteer v USING (volunteer_id)
        WHERE v.volunteer_no IN (%L, %L) ORDER BY r.record_id$$, :'ann', :'again'),
    format($$VALUES (%L, 'submitted'), (%L, 'submitted'), (%2$L, 'submitted')$$, :'ann', :'again'), 'both histories are kept');
SELECT results_eq('SELECT volunteer_no::text, other_volunteer_no::text, record_id, other_record_id, claimed_twice::text, name FROM report.double_claims',
    format($$VALUES (%L, %L, %s::bigint, %s::bigint, '0:30', '示*甲')$$, :'ann', :'again', :first, :second),
    'and what overlaps is reported');
SELECT pg_temp.refused('recorder', pg_temp.serving(pg_temp.open_batch(:'district'), :'again', :'activity', pg_temp.during(-1, '09:00', '11:00')),
    '23514', 'volunteer_active', 'no more service under the second number');
SELECT results_eq(format('SELECT kind, registry.opened_value(sealed, registry.contact_context(person_id, kind)) FROM registry.contact
    WHERE person_id IN (%s, %s)', :ann_person, :again_person), $$VALUES ('phone', '13800000009')$$, 'the contact is hers, sealed for her');
SELECT results_eq(format('SELECT organization_id, role, lower(valid) - registry.today() FROM registry.membership WHERE person_id = %s AND upper_inf(valid) ORDER BY role DESC', :ann_person),
    format('VALUES (%s::bigint, ''member'', -200), (%1$s, ''cadre'', 0), (%1$s, ''backbone'', 7)', :district), 'she is a member once, and what the other was and was to become');
SELECT is_empty(format('SELECT FROM registry.membership WHERE person_id = %s AND upper_inf(valid)', :again_person), 'as the other never will be');
SELECT is(registry.add_person('SHI LI', 'passport', 'e12345678', 2::smallint, '1990-01-01'), :ann_person::bigint, 'the passport is hers');
SELECT pg_temp.refused('registrar', format(
    $$SELECT registry.register_volunteer('SHI LI', 'passport', 'E12345678', %s, '441402', '登记表', sex => 2::smallint, birth_date => '1990-01-01')$$,
    :district), '23505', 'one_person_one_registration', 'and registers nobody else');
SELECT pg_temp.refused('registrar', :'ask', '55000', 'person_is_whole', 'merged already');
SELECT pg_temp.refused('clerk', format($$SELECT registry.appoint_staff('stranger', %s, 'recorder', %s)$$, :district, :again_person),
    '55000', 'person_is_whole', 'nobody is appointed as two');
SELECT pg_temp.refused('registrar', format($$SELECT registry.request_merge(%L, %L, '凭证')$$, :'ben', :'again'),
    '55000', 'person_is_whole', 'into one who is part of another');
SELECT pg_temp.refused('postgres', statement, '42501', 'append_only', statement)
FROM unnest(ARRAY['DELETE FROM registry.person_merge_event', 'DELETE FROM registry.erasure_event']) AS statement;

-- Erasure: the person goes, the record stays
SELECT format($$SELECT registry.request_erasure(%L, 'consent_withdrawn', '申请书 1 号')$$, :'ann') AS ask \gset
SELECT pg_temp.refused('registrar', format($$SELECT registry.request_erasure(%L, 'whim', '申请书')$$, :'ann'), '23503', 'known_code', 'no basis');
SELECT pg_temp.refused('registrar', format($$SELECT registry.request_erasure(%L, 'consent_withdrawn', '申请书')$$, :'again'),
    '55000', 'person_is_whole', 'of a part of a person');
SELECT pg_temp.act('registrar', :'ask') AS erasure \gset
SELECT pg_temp.refused('registrar', :'ask', '23505', 'one_erasure_of_a_person', 'asked already');
SELECT format('SELECT registry.erase_person(%s)', :erasure) AS erase \gset
SELECT pg_temp.refused('registrar', :'erase', '23514', 'decided_by_another', 'nobody erases alone');
SELECT pg_temp.refused('registrar_of_district', :'erase', '55000', 'no_open_case', 'while registered');
SELECT set_eq(format('SELECT subject FROM registry.open_cases(%s)', :ann_person), $$VALUES ('registration'), ('record')$$, 'the open cases');
SELECT pg_temp.act('registrar', format($$SELECT registry.withdraw_consent(%L, 'registration', '本人申请')$$, :'ann'));
SELECT pg_temp.refused('registrar_of_district', :'erase', '55000', 'no_open_case', 'while records are not decided');
SELECT pg_temp.take_effect(:'batch');
SELECT lives_ok(format('SELECT pg_temp.act(''registrar_of_district'', %L)', :'erase'), 'erased');
SELECT results_eq(format('SELECT name, sex, birth_date, erased_at IS NOT NULL FROM registry.person WHERE person_id IN (%s, %s)', :ann_person, :again_person),
    $$VALUES ('已注销', 9::smallint, '1990-01-01'::date, true), ('已注销', 9::smallint, '1990-01-01'::date, true)$$, 'no name, under either number');
SELECT is_empty(format('SELECT FROM registry.identity_document WHERE person_id IN (%s, %s)', :ann_person, :again_person), 'no document');
SELECT is_empty(format('SELECT FROM registry.contact WHERE person_id IN (%s, %s)', :ann_person, :again_person), 'no contact');
SELECT volunteer.flush_hours();
SELECT results_eq(format('SELECT hours::text FROM registry.volunteer_hours h JOIN registry.volunteer v USING (volunteer_id) WHERE v.volunteer_no = %L', :'ann'),
    $$VALUES ('2:00')$$, 'the hours stay');
SELECT is_empty('SELECT * FROM registry.check_hours()', 'and are exact');
SELECT isnt(registry.add_person('示例甲', 'citizen_id', pg_temp.citizen('1990-01-01', 1)), :ann_person::bigint, 'who comes again is new');
SELECT pg_temp.refused('registrar', :'ask', '55000', 'person_is_whole', 'erased already');

-- Whoever works under two names avoids both
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('registrar', format(
    $$SELECT registry.register_volunteer('审核人', 'passport', 'E%s', %s, '441402', '登记表', sex => 9::smallint, birth_date => '1980-01-01')$$,
    '00000001', :district)) AS reviewer_no \gset
SELECT pg_temp.act('registrar', format(
    $$SELECT registry.register_volunteer('记录人', 'passport', 'E%s', %s, '441402', '登记表', sex => 9::smallint, birth_date => '1980-01-01')$$,
    '00000002', :district)) AS recorder_no \gset
UPDATE registry.staff s SET person_id = v.person_id FROM registry.volunteer v
WHERE (s.role_name, v.volunteer_no) IN (('recorder', :'recorder_no'::volunteer_no), ('reviewer', :'reviewer_no'));
SELECT pg_temp.act('registrar', format($$SELECT registry.request_merge(%L, %L, '同一人')$$, :'recorder_no', :'reviewer_no')) AS merge \gset
SELECT pg_temp.refused('registrar_of_district', format('SELECT registry.decide_merge(%s, true)', :merge),
    '23P01', 'one_person_not_recorder_and_reviewer', 'one human being who records and reviews');
SELECT pg_temp.act('clerk', format('SELECT registry.dismiss_staff(%s)', staff_id)) FROM registry.staff WHERE role_name = 'recorder';
SELECT lives_ok(format('SELECT pg_temp.act(''registrar_of_district'', %L)', format('SELECT registry.decide_merge(%s, true)', :merge)),
    'merged after the dismissal');
SELECT ok(:again_person <> v.person_id AND v.person_id IN (SELECT registry.persons_of('reviewer')), 'the reviewer is both')
FROM registry.volunteer v WHERE v.volunteer_no = :'recorder_no';
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_batch(%s, true)', :batch),
    '23514', 'reviewer_is_not_recorder', 'and does not review what was recorded under the other name');

SELECT * FROM finish();
ROLLBACK;
