BEGIN;
\ir ../acting.sql
\ir ../office.sql
SELECT plan(82);

-- A statement that registers somebody in the district; further arguments as text.
CREATE FUNCTION pg_temp.registration(organization_id text, number text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.register_volunteer(''示例甲'', ''citizen_id'', %L, %s, ''441402'', ''登记表 1 号''%s)',
        number, organization_id, more)
$$;

-- The common case
SELECT pg_temp.act('registrar', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 1), ', phone => ''13800000000''')) AS no \gset
SELECT matches(:'no'::text, '^V441402' || to_char(registry.today(), 'YYMM') || '000001.$', 'the first number of the first block');
SELECT results_eq(
    format('SELECT registered_on, organization_id, region::text, status FROM registry.volunteer WHERE volunteer_no = %L', :'no'),
    format($$VALUES (registry.today(), %s::bigint, '441402000000', 'active')$$, :district), 'a volunteer');
SELECT person_id AS person, volunteer_id AS volunteer FROM registry.volunteer WHERE volunteer_no = :'no' \gset
SELECT results_eq(format('SELECT purpose, evidence, guardian_id, recorded_by::text COLLATE "default" FROM registry.consent WHERE person_id = %s ORDER BY consent_id', :person),
    $$VALUES ('registration', '登记表 1 号', NULL::bigint, 'registrar'), ('contact', '登记表 1 号', NULL, 'registrar')$$,
    'consent with evidence');
SELECT results_eq(format('SELECT kind, tail, keep_until FROM registry.contact WHERE person_id = %s', :person),
    $$VALUES ('phone', '0000', NULL::date)$$, 'contact');
SELECT results_eq(format('SELECT organization_id, role, valid FROM registry.membership WHERE person_id = %s', :person),
    format($$VALUES (%s::bigint, 'member', daterange(registry.today(), NULL))$$, :district), 'member of the registering organization');
SELECT pg_temp.refused('postgres', format($$INSERT INTO registry.membership (organization_id, person_id, role, valid)
    SELECT %s, person_id, 'member', '(,)' FROM registry.staff WHERE role_name = 'recorder'$$, :district),
    '23503', 'members_are_volunteers', 'who is no volunteer is no member');
SELECT results_eq(format('SELECT from_status, to_status, actor::text COLLATE "default" FROM registry.volunteer_event WHERE volunteer_id = %s', :volunteer),
    $$VALUES (NULL, 'active', 'registrar')$$, 'registration is an event');

-- Refusals
SELECT pg_temp.refused('registrar', pg_temp.registration(:'city', pg_temp.citizen('1990-01-01', 1)),
    '23505', 'one_person_one_registration', 'the same document elsewhere');
SELECT pg_temp.refused('registrar', pg_temp.registration(:'city', lower(pg_temp.citizen('1990-01-01', 1))),
    '23505', 'one_person_one_registration', 'the same document in lower case');
SELECT pg_temp.refused('registrar', format($$SELECT registry.register_volunteer('示例乙', 'citizen_id', %L, %s, '441402', %L)$$,
    pg_temp.citizen('1990-01-01', 2), :district, evidence), '23514', 'consent_has_evidence', 'consent: ' || coalesce(evidence, 'none'))
FROM unnest(ARRAY[NULL, '']) AS evidence;
SELECT pg_temp.refused('registrar', format($$SELECT registry.register_volunteer('示例乙', 'citizen_id', %L, %s, '441499', '登记表')$$,
    pg_temp.citizen('1990-01-01', 2), :district), '23503', 'known_region', 'unknown region');
SELECT pg_temp.refused('registrar', pg_temp.registration('-1', pg_temp.citizen('1990-01-01', 2)),
    '42501', 'outside_scope', 'unknown organization');
SELECT pg_temp.refused('stranger', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 2)),
    '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('recorder', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 2)),
    '42501', '', 'registrars only');
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 2), ', phone => ''none'''),
    '23514', 'contact_is_plausible', 'no telephone number');
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', '360402199001010031'),
    '22P02', 'document_number_valid', 'invalid number');
SELECT is(count(*), 1::bigint, 'a refusal leaves nobody behind') FROM registry.person WHERE created_by = 'registrar';

-- Dates
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 2), ', registry.today() + 1'),
    '23514', 'registered_by_today', 'registered tomorrow');
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 2), ', ''2024-03-15'''),
    '23514', 'backdating_has_reason', 'registered earlier without reason');
SELECT matches(pg_temp.act('registrar', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 2),
    ', ''2024-03-15'', backdating_reason => ''纸质登记表补录''')), '^V4414022403000002.$', 'registered earlier with a reason');
SELECT is(reason, '纸质登记表补录', 'the reason is in the event')
FROM registry.volunteer_event JOIN registry.volunteer USING (volunteer_id) WHERE registered_on = '2024-03-15';

-- Numbers of older systems
SELECT volunteer.volunteer_no('441402', registry.today(), 3)::text AS old_no \gset
SELECT is(pg_temp.act('registrar', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 3),
    format(', ''2020-01-01'', legacy_no => %L', :'old_no'))), :'old_no', 'an older number is kept');
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 4),
    format(', ''2020-01-01'', legacy_no => %L', :'old_no')), '23505', 'one_number_one_volunteer', 'but given once');
SELECT matches(pg_temp.act('registrar', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 4))),
    '000004.$', 'the block goes round it');

-- Age
SELECT (registry.today() - interval '13 years')::date AS thirteen, (registry.today() - interval '14 years')::date AS fourteen,
    (registry.today() - interval '5 years')::date AS five \gset
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', pg_temp.citizen(:'thirteen', 1)),
    '23514', 'guardian_consents', 'thirteen without guardian');
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', pg_temp.citizen(:'fourteen'::date + 1, 1)),
    '23514', 'guardian_consents', 'fourteen tomorrow without guardian');
SELECT isnt(pg_temp.act('registrar', pg_temp.registration(:'district', pg_temp.citizen(:'fourteen', 1))), NULL, 'fourteen today');
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', pg_temp.citizen(:'five', 1),
    ', guardian_name => ''示例母亲'', guardian_relation => ''母亲'''), '23514', 'minimum_age_registration', 'five years old');
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', pg_temp.citizen(:'thirteen', 1), ', guardian_name => ''示例母亲'''),
    '23514', 'guardian_relation_is_stated', 'a guardian of unknown relation');
SELECT pg_temp.act('registrar', pg_temp.registration(:'district', pg_temp.citizen(:'thirteen', 1),
    ', guardian_name => ''示例母亲'', guardian_relation => ''母亲''')) AS child_no \gset
SELECT results_eq(
    format('SELECT g.name, g.relation FROM registry.volunteer v JOIN registry.consent c USING (person_id)
        JOIN registry.guardian g USING (guardian_id) WHERE volunteer_no = %L', :'child_no'),
    $$VALUES ('示例母亲', '母亲')$$, 'the guardian consents for a child');
SELECT pg_temp.act('clerk', $$SELECT registry.set_policy('guardian_consent_age', 18, '示例市规定', '4414')$$);
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', pg_temp.citizen(:'fourteen', 3)),
    '23514', 'guardian_consents', 'a local rule may ask for more');

-- Number blocks
SELECT results_eq('SELECT organization_id, region::text, serials, next_serial FROM registry.number_block',
    format($$VALUES (%s::bigint, '441402000000', int4range(1, 1001), 7)$$, :district), 'one block so far');
SELECT is(pg_temp.act('clerk', format('SELECT registry.allot_number_block(%s, 2)', :district)), '[1001,1003)', 'the next block');
SELECT is(pg_temp.act('clerk', format('SELECT registry.allot_number_block(%s, 5)', :city)), '[1,6)', 'another region counts for itself');
UPDATE registry.number_block SET next_serial = 1000 WHERE lower(serials) = 1 AND organization_id = :district;
SELECT results_eq(
    format($$SELECT right(left(pg_temp.act('registrar', pg_temp.registration('%s', pg_temp.citizen('1980-01-01', i))), 17), 6)
        FROM generate_series(1, 4) AS i$$, :district),
    $$VALUES ('001000'), ('001001'), ('001002'), ('001003')$$, 'block after block');
SELECT is(max(upper(serials)), 2003, 'a third block came by itself') FROM registry.number_block WHERE organization_id = :district;
SELECT pg_temp.refused('clerk', format('SELECT registry.allot_number_block(%s, 0)', :city),
    '22023', 'block_holds_numbers', 'an empty block');
SELECT pg_temp.refused('clerk', format('SELECT registry.allot_number_block(%s, 1000000)', :city),
    '54000', 'serials_have_six_digits', 'more than six digits');
SELECT pg_temp.refused('clerk', 'SELECT registry.allot_number_block(-1, 5)', '23503', 'known_organization', 'unknown organization');
SELECT pg_temp.refused('registrar', format('SELECT registry.allot_number_block(%s, 5)', :city), '42501', '', 'administrators only');
SELECT pg_temp.refused('postgres', format($$INSERT INTO registry.number_block (organization_id, region, serials, next_serial) VALUES (%s, '441402', '[5,9)', 5)$$, :city),
    '23P01', 'no_overlapping_blocks', 'blocks do not overlap');

-- A block with a due date is a task
SELECT pg_temp.act('clerk', format('SELECT registry.allot_number_block(%s, 10, registry.today() + 30)', :city)) AS task \gset
SELECT results_eq(format('SELECT organization_id, due_on, allotted_by::text COLLATE "default" FROM registry.number_block WHERE serials = %L AND region = ''441400''', :'task'),
    format($$VALUES (%s::bigint, registry.today() + 30, 'clerk')$$, :city), 'a task with its block');
SELECT pg_temp.refused('clerk', format('SELECT registry.allot_number_block(%s, 10, registry.today())', :city),
    '23514', 'task_is_due_later', 'a task due at once');

-- Who takes over gets the numbers that are left
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例二队', '1', '08', '441402', parent_id => %s)$$, :district)) AS second \gset
SELECT pg_temp.act('clerk', format('SELECT registry.allot_number_block(%s, 5, registry.today() + 30)', :second)) AS used \gset
SELECT pg_temp.act('clerk', format('SELECT registry.allot_number_block(%s, 5)', :second)) AS unused \gset
SELECT pg_temp.act('registrar', pg_temp.registration(:'second', pg_temp.citizen('1970-01-01', 1))) AS second_no \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'dissolved', '并入')$$, :second));
SELECT lower(:'used'::int4range) AS first \gset
SELECT set_eq(format('SELECT organization_id, serials, next_serial, due_on - registry.today() FROM registry.number_block WHERE lower(serials) >= %s AND region = ''441402''', :first),
    format($$VALUES (%s::bigint, int4range(%3$s, %3$s + 1), %3$s + 1, 30), (%2$s, int4range(%3$s + 1, %3$s + 5), %3$s + 1, 30),
        (%2$s, int4range(%3$s + 5, %3$s + 10), %3$s + 5, NULL)$$, :second, :district, :first), 'what was used stays, the rest and its task go on');

-- The oath
SELECT pg_temp.refused('registrar', format('SELECT registry.take_oath(%L, registry.today() + 1)', :'no'), '23514', 'sworn_by_today', 'sworn tomorrow');
SELECT pg_temp.refused('registrar', format('SELECT registry.take_oath(%L, registry.today() - 1)', :'no'),
    '23514', 'oath_not_before_registration', 'sworn before registration');
SELECT pg_temp.refused('stranger', format('SELECT registry.take_oath(%L)', :'no'), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('registrar', format('SELECT registry.take_oath(%L)', volunteer.volunteer_no('441402', '2001-01-01', 1)),
    '23503', 'known_volunteer', 'nobody swears');
SELECT pg_temp.act('registrar', format('SELECT registry.take_oath(%L)', :'no'));
SELECT is(oath_on, registry.today(), 'sworn today') FROM registry.volunteer WHERE volunteer_no = :'no';
SELECT pg_temp.refused('registrar', format('SELECT registry.take_oath(%L)', :'no'), '55000', 'sworn_once', 'sworn twice');

-- States
SELECT pg_temp.refused('registrar', format($$SELECT registry.change_volunteer_status(%L, 'suspended', NULL)$$, :'no'),
    '23514', 'reason_required', 'a reason is required');
SELECT pg_temp.refused('registrar', format($$SELECT registry.change_volunteer_status(%L, 'asleep', '示例')$$, :'no'),
    '55000', 'known_transition', 'no such state');
SELECT pg_temp.refused('registrar', format($$SELECT registry.change_volunteer_status(%L, 'suspended', '示例')$$,
    volunteer.volunteer_no('441402', '2001-01-01', 1)), '23503', 'known_volunteer', 'unknown number');
SELECT pg_temp.refused('stranger', format($$SELECT registry.change_volunteer_status(%L, 'suspended', '示例')$$, :'no'),
    '42501', 'not_staff', 'no appointment');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, %L, '示例理由')$$, :'no', state))
FROM unnest(ARRAY['suspended', 'active', 'withdrawn']) AS state;
SELECT pg_temp.refused('registrar', format('SELECT registry.take_oath(%L)', :'no'), '55000', 'volunteer_active', 'nobody swears after leaving');
SELECT pg_temp.act('registrar', format($$SELECT registry.register_volunteer('registrar', 'passport', %L, %s, '441402', '登记表',
    sex => 9::smallint, birth_date => '1980-01-01')$$, 'E' || left(md5('registrar'), 8), :city)) AS own \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'suspended', '示例')$$, :'own'));
SELECT pg_temp.refused('registrar', format($$SELECT registry.change_volunteer_status(%L, 'active', '示例')$$, :'own'),
    '23514', 'reviewer_is_not_volunteer', 'nobody ends the own suspension');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'withdrawn', '示例')$$, :'own'));
SELECT pg_temp.refused('registrar', format($$SELECT registry.change_volunteer_status(%L, 'active', '示例', '登记表 3 号')$$, :'own'),
    '23514', 'reviewer_is_not_volunteer', 'not by leaving and returning either');
SELECT ok(bool_and(withdrawn_at = now() AND withdrawn_by = 'registrar'), 'to leave is to withdraw consent')
FROM registry.consent WHERE person_id = :person;
SELECT is(keep_until, registry.today() + 30, 'and contacts go after the time of the policy')
FROM registry.contact WHERE person_id = :person;
SELECT pg_temp.refused('registrar', format($$SELECT registry.change_volunteer_status(%L, 'active', '示例')$$, :'no'),
    '23514', 'consent_has_evidence', 'nobody returns without consent');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'active', '示例', '登记表 2 号')$$, :'no'));
SELECT results_eq(
    format('SELECT from_status, to_status FROM registry.volunteer_event WHERE volunteer_id = %s ORDER BY event_id', :volunteer),
    $$VALUES (NULL, 'active'), ('active', 'suspended'), ('suspended', 'active'), ('active', 'withdrawn'), ('withdrawn', 'active')$$,
    'every change is an event');
SELECT is(count(*), 3::bigint, 'all consents are kept') FROM registry.consent WHERE person_id = :person;
SELECT pg_temp.refused('postgres', statement, '42501', 'append_only', statement)
FROM unnest(ARRAY['UPDATE registry.volunteer_event SET reason = NULL', 'DELETE FROM registry.volunteer_event']) AS statement;

-- Membership
SELECT pg_temp.act('registrar', format($$SELECT registry.add_member(%s, %L, 'leader')$$, :district, :'no'));
SELECT is(count(*), 2::bigint, 'member and leader') FROM registry.membership WHERE person_id = :person AND valid @> registry.today();
SELECT pg_temp.refused('registrar', format($$SELECT registry.add_member(%s, %L, 'leader')$$, :district, :'no'),
    '23P01', 'no_duplicate_membership', 'leader twice');
SELECT pg_temp.refused('registrar', format($$SELECT registry.add_member(%s, %L, 'mascot')$$, :district, :'no'),
    '23514', 'membership_role', 'no such role');
SELECT pg_temp.refused('registrar', format($$SELECT registry.add_member(%s, %L, 'backbone', %L)$$, :district, :'no', since),
    '23514', 'membership_begins_on_a_day', since) FROM unnest('{-infinity,infinity}'::text[]) AS since;
SELECT pg_temp.refused('stranger', format($$SELECT registry.add_member(%s, %L)$$, :city, :'no'),
    '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('stranger', format($$SELECT registry.end_membership(%s, %L, 'leader')$$, :district, :'no'),
    '42501', 'not_staff', 'ended by nobody of the staff');
SELECT pg_temp.act('registrar', format($$SELECT registry.end_membership(%s, %L, 'leader')$$, :district, :'no'));
SELECT pg_temp.refused('registrar', format($$SELECT registry.end_membership(%s, %L, 'leader')$$, :district, :'no'),
    'P0002', 'known_membership', 'no leader any more');
SELECT lives_ok(format('SELECT pg_temp.act(''registrar'', %L)',
    format($$SELECT registry.add_member(%s, %L, 'leader')$$, :district, :'no')), 'leader again');

CREATE ROLE neighbour LOGIN IN ROLE registry_registrar;
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例邻队', '1', '08', '441402', parent_id => %s)$$, :city)) AS next_door \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('neighbour', :next_door, 'registrar')) AS staff \gset
SELECT pg_temp.refused('neighbour', format($$SELECT registry.add_member(%s, %L%s)$$, :next_door, :'no', more),
    '23514', 'membership_has_evidence', 'who is registered elsewhere joins on paper alone')
FROM unnest(ARRAY['', $$, evidence => U&' \200B'$$]) AS more;
SELECT pg_temp.act('neighbour', format($$SELECT registry.add_member(%s, %L, evidence => '入队申请书 7 号')$$, :next_door, :'no'));
SELECT is(evidence, '入队申请书 7 号', 'which is kept') FROM registry.membership WHERE organization_id = :next_door;
SELECT lives_ok(format('SELECT pg_temp.act(''registrar'', %L)',
    format($$SELECT registry.add_member(%s, %L, 'leader')$$, :next_door, :'no')), 'who registered the volunteer needs none');

-- An organization that is not active registers nobody
SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'suspended', '示例理由')$$, :district));
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 9)),
    '55000', 'organization_active', 'suspended organization');
SELECT pg_temp.refused('registrar', format($$SELECT registry.add_member(%s, %L)$$, :district, :'no'),
    '55000', 'organization_active', 'no new member either');
SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'active', '示例理由')$$, :district));

-- Nobody is registered before birth
SELECT pg_temp.refused('registrar', pg_temp.registration(:'district', pg_temp.citizen('1990-01-01', 9),
    format(', %L, legacy_no => %L', since, volunteer_no('441402'::region_code, '2010-01-01', 999999))),
    '23514', 'registered_after_birth', 'registered on ' || since)
FROM unnest('{1989-12-31,-infinity}'::date[]) AS since;

SELECT * FROM finish();
ROLLBACK;
