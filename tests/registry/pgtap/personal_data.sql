BEGIN;
\ir ../acting.sql
SELECT plan(42);
\ir ../office.sql

CREATE FUNCTION pg_temp.register(organization_id bigint, sequence integer, born date, more text DEFAULT '') RETURNS text
LANGUAGE sql AS $$
    SELECT pg_temp.act('registrar', format('SELECT registry.register_volunteer(''示例甲'', ''citizen_id'', %L, %s, ''441402'', ''登记表''%s)',
        pg_temp.citizen(born, sequence), organization_id, more))
$$;
SELECT pg_temp.register(:city, 1, '1990-01-01') AS no \gset
SELECT pg_temp.register(:city, 2, registry.today() - 365 * 12, ', guardian_name => ''示例母亲'', guardian_relation => ''母亲''') AS child \gset
SELECT person_id AS person FROM registry.volunteer WHERE volunteer_no = :'no' \gset
SELECT person_id AS child_person FROM registry.volunteer WHERE volunteer_no = :'child' \gset

-- Contacts need consent
SELECT format($$SELECT registry.record_contact(%L, 'phone', '13800000001')$$, :'no') AS record_phone \gset
SELECT pg_temp.refused('registrar', :'record_phone', '55000', 'contact_has_consent', 'no consent to be contacted');
SELECT pg_temp.refused('registrar', format($$SELECT registry.record_consent(%L, %L, %L)$$, :'no', purpose, evidence),
    '23514', rule, 'no consent: ' || rule)
FROM (VALUES
    ('contact', U&'\200B', 'consent_has_evidence'),
    ('marketing', '登记表', 'consent_purpose'),
    ('transfer', '登记表', 'consent_scope')) AS v (purpose, evidence, rule);
SELECT lives_ok(format($$SELECT pg_temp.act('registrar', 'SELECT registry.record_consent(''%s'', ''contact'', ''短信确认 1'')')$$, :'no'),
    'the person agrees to be contacted');
SELECT pg_temp.refused('registrar', format($$SELECT registry.record_consent(%L, 'contact', '短信确认 2')$$, :'no'),
    '23505', 'one_consent_in_force', 'agreed already');
SELECT lives_ok(format('SELECT pg_temp.act(''registrar'', %L)', :'record_phone'), 'a contact is kept');
SELECT lives_ok(format('SELECT pg_temp.act(''registrar'', %L)', format($$SELECT registry.record_contact(%L, 'phone', '+86 10 0000 0002')$$, :'no')),
    'and replaced');
SELECT pg_temp.act('registrar', format($$SELECT registry.record_contact(%L, 'email', 'a@example.org', registry.today())$$, :'no'));
SELECT pg_temp.act('registrar', format($$SELECT registry.record_contact(%L, 'address', '广东省梅州市示例路1号')$$, :'no'));
SELECT results_eq(
    format($$SELECT kind, registry.opened_value(sealed, registry.contact_context(person_id, kind)), tail, recorded_by::text COLLATE "default"
        FROM registry.contact WHERE person_id = %s ORDER BY kind$$, :person),
    $$VALUES ('address', '广东省梅州市示例路1号', NULL, 'registrar'), ('email', 'a@example.org', NULL, 'registrar'),
        ('phone', '+86 10 0000 0002', '0002', 'registrar')$$, 'sealed, with the tail of the number');
SELECT pg_temp.refused('registrar', format($$SELECT registry.record_contact(%L, %L, %L)$$, :'no', kind, value),
    '23514', 'contact_is_plausible', 'no contact: ' || kind || ' ' || value)
FROM (VALUES ('phone', 'none'), ('email', 'none'), ('address', '1'), ('pigeon', '1234567')) AS v (kind, value);
SELECT pg_temp.refused('registrar', format($$SELECT registry.record_contact(%L, 'phone', '13800000001', registry.today() - 1)$$, :'no'),
    '23514', 'kept_from_today', 'kept until yesterday');
SELECT pg_temp.refused('stranger', :'record_phone', '42501', 'not_staff', 'a stranger enters no contact');
SELECT pg_temp.refused('recorder', :'record_phone', '42501', '', 'nor does a recorder');

-- Contacts go early
SELECT is(pg_temp.act('clerk', 'SELECT registry.delete_due_contacts()'), '0', 'none is due');
UPDATE registry.contact SET keep_until = registry.today() - 1 WHERE kind = 'email';
SELECT is(pg_temp.act('clerk', 'SELECT registry.delete_due_contacts()'), '1', 'one is due');
SELECT pg_temp.refused('stranger', format($$SELECT registry.delete_contact(%L, 'address')$$, :'no'), '42501', 'not_staff', 'a stranger deletes none');
SELECT lives_ok(format($$SELECT pg_temp.act('registrar', 'SELECT registry.delete_contact(''%s'', ''address'')')$$, :'no'), 'one is deleted');
SELECT pg_temp.refused('registrar', format($$SELECT registry.delete_contact(%L, 'address')$$, :'no'), 'P0002', 'known_contact', 'it is gone');
SELECT results_eq(format('SELECT kind FROM registry.contact WHERE person_id = %s', :person), $$VALUES ('phone')$$, 'one is left');

-- Withdrawal has its effect
SELECT format($$SELECT registry.withdraw_consent(%L, 'contact')$$, :'no') AS withdraw \gset
SELECT pg_temp.refused('stranger', :'withdraw', '42501', 'not_staff', 'a stranger withdraws nothing');
SELECT lives_ok(format('SELECT pg_temp.act(''registrar'', %L)', :'withdraw'), 'the consent to be contacted is withdrawn');
SELECT is_empty(format('SELECT FROM registry.contact WHERE person_id = %s', :person), 'and the contacts with it');
SELECT pg_temp.refused('registrar', :'withdraw', 'P0002', 'known_consent', 'withdrawn already');
SELECT pg_temp.refused('registrar', :'record_phone', '55000', 'contact_has_consent', 'and there is no other');
SELECT pg_temp.refused('registrar', format($$SELECT registry.withdraw_consent(%L, 'registration')$$, :'no'),
    '23514', 'reason_required', 'an exit has a reason');
SELECT pg_temp.act('registrar', format($$SELECT registry.withdraw_consent(%L, 'registration', '本人申请')$$, :'no'));
SELECT is(status, 'withdrawn', 'to withdraw consent to the registration is to leave') FROM registry.volunteer WHERE volunteer_no = :'no';
SELECT ok(NOT registry.has_consent(:person, 'registration'), 'and the consent is no longer in force');

-- Guardians consent for children
SELECT pg_temp.refused('registrar', format($$SELECT registry.record_consent(%L, 'contact', '登记表')$$, :'child'),
    '23514', 'guardian_consents', 'a child does not consent');
SELECT pg_temp.refused('registrar', format($$SELECT registry.add_guardian(%L, '示例父亲', '父亲', 'none')$$, :'child'),
    '23514', 'contact_is_plausible', 'a guardian without a telephone number that is one');
SELECT pg_temp.act('registrar', format($$SELECT registry.add_guardian(%L, '示例父亲', '父亲', '13800000003')$$, :'child')) AS father \gset
SELECT is(registry.opened_value(sealed_phone, registry.guardian_context(person_id)) || ' ' || phone_tail, '13800000003 0003',
    'a guardian with a telephone number') FROM registry.guardian WHERE guardian_id = :father;
SELECT pg_temp.refused('registrar', format($$SELECT registry.record_consent(%L, 'contact', '登记表', guardian_id => %s)$$, :'no', :father),
    'P0002', 'known_guardian', 'the guardian of somebody else');
SELECT lives_ok(format('SELECT pg_temp.act(''registrar'', %L)',
    format($$SELECT registry.record_consent(%L, 'contact', '登记表', guardian_id => %s)$$, :'child', :father)), 'the guardian consents');
SELECT pg_temp.refused('stranger', statement, '42501', 'not_staff', 'no stranger adds, consents or ends') FROM unnest(ARRAY[
    format($$SELECT registry.add_guardian(%L, '示例叔叔', '叔父')$$, :'child'),
    format($$SELECT registry.record_consent(%L, 'contact', '登记表', guardian_id => %s)$$, :'child', :father),
    format('SELECT registry.end_guardianship(%s)', :father)]) AS statement;
SELECT lives_ok(format('SELECT pg_temp.act(''registrar'', ''SELECT registry.end_guardianship(%s)'')', :father), 'a guardianship ends');
SELECT is(sealed_phone, NULL, 'and the number goes') FROM registry.guardian WHERE guardian_id = :father;
SELECT pg_temp.refused('registrar', format('SELECT registry.end_guardianship(%s)', :father), 'P0002', 'known_guardian', 'ended already');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.consent', '42501', 'append_only', 'what was agreed is not deleted');

SELECT * FROM finish();
ROLLBACK;
