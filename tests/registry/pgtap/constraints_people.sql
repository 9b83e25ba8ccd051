-- Persons, volunteers and what is known of them.

BEGIN;
\ir ../acting.sql
\ir ../rows.sql
SELECT plan(32);

SELECT pg_temp.row_keeps('registry.identity_document', '{
        "kind": "passport", "digest": "0123456789abcdef0123456789abcdef", "person_id": 1, "sealed": "x", "tail": "5678"}',
    rule, refused, accepted)
FROM (VALUES
    ('digest_is_sha256', '{"digest": "0123456789abcdef0123456789abcde"}', '{}'),
    ('tail_is_short', '{"tail": "45678"}', '{"tail": "8"}'),
    ('tail_is_short', '{"tail": ""}', '{}')) AS t (rule, refused, accepted);
SELECT pg_temp.rows_keep('registry.document_kind', '{"kind": "seaman_book", "code": "90"}',
    'document_kind_code', '{"kind": "pilot_licence"}', '{"kind": "pilot_licence", "code": "91"}');
SELECT pg_temp.row_keeps('registry.identity_key', '{"digest": "x"}', 'one_identity_key', '{"single": false}', '{}');

SELECT pg_temp.row_keeps('registry.contact', '{"person_id": 1, "kind": "phone", "sealed": "x", "tail": "5678"}', rule, refused, accepted)
FROM (VALUES
    ('contact_kind', '{"kind": "pager", "tail": null}', '{"kind": "email", "tail": null}'),
    ('tail_of_a_phone', '{"kind": "address"}', '{"kind": "address", "tail": null}'),
    ('tail_of_a_phone', '{"tail": null}', '{}'),
    ('tail_of_a_phone', '{"tail": "678"}', '{}')) AS t (rule, refused, accepted);

SELECT pg_temp.row_keeps('registry.guardian', '{
        "person_id": 1, "name": "示例甲", "relation": "母亲", "sealed_phone": "x", "phone_tail": "5678", "since": "2026-01-02"}',
    rule, refused, accepted)
FROM (VALUES
    ('guardian_is_named', '{"name": ""}', '{}'),
    ('guardian_is_named', '{"name": "e\u0301"}', '{"name": "\u00e9"}'),
    ('guardian_phone_has_tail', '{"phone_tail": null}', '{"sealed_phone": null, "phone_tail": null}'),
    ('guardian_phone_has_tail', '{"sealed_phone": null}', '{}'),
    ('ended_after_since', '{"ended_at": "2026-01-01"}', '{"ended_at": "2026-01-02"}')) AS t (rule, refused, accepted);

SELECT pg_temp.row_keeps('registry.consent', '{
        "person_id": 1, "purpose": "contact", "evidence": "登记表", "given_at": "2026-01-02", "withdrawn_at": "2026-01-03", "withdrawn_by": "a"}',
    rule, refused, accepted)
FROM (VALUES
    ('withdrawn_after_given', '{"withdrawn_at": "2026-01-01"}', '{"withdrawn_at": "2026-01-02"}'),
    ('withdrawal_is_signed', '{"withdrawn_by": null}', '{"withdrawn_at": null, "withdrawn_by": null}')) AS t (rule, refused, accepted);

SELECT pg_temp.row_keeps('registry.volunteer', jsonb_build_object('person_id', 1,
        'volunteer_no', volunteer.volunteer_no('441402', '2020-01-01', 999999), 'registered_on', '2020-01-01',
        'organization_id', 1, 'region', '441402'),
    'volunteer_status', '{"status": "retired"}', '{"status": "withdrawn"}');

SELECT pg_temp.row_keeps('registry.application', '{"organization_id": 1, "region": "441402", "sealed": "x"}', rule, refused, accepted)
FROM (VALUES
    ('application_status', '{"status": "lost", "sealed": null}', '{"status": "refused", "sealed": null}'),
    ('accepted_is_registered', '{"status": "accepted", "sealed": null}', '{"status": "accepted", "sealed": null, "volunteer_id": 1}'),
    ('accepted_is_registered', '{"volunteer_id": 1}', '{}'),
    ('sealed_until_decided', '{"sealed": null}', '{"status": "in_review"}'),
    ('sealed_until_decided', '{"status": "withdrawn"}', '{"status": "withdrawn", "sealed": null}')) AS t (rule, refused, accepted);

SELECT pg_temp.row_keeps('registry.number_block', '{
        "organization_id": 1, "region": "441402", "serials": "[100,200)", "next_serial": 150}',
    rule, refused, accepted)
FROM (VALUES
    ('next_serial_in_block', '{"next_serial": 99}', '{"next_serial": 100}'),
    ('next_serial_in_block', '{"next_serial": 201}', '{"next_serial": 200}')) AS t (rule, refused, accepted);

SELECT pg_temp.row_keeps('registry.spot_check', '{"volunteer_id": 1, "round_id": 1, "place": 1, "status": "confirmed", "method": "phone"}',
    'spot_check_status', '{"status": "asleep"}', '{"status": "denied"}');
SELECT pg_temp.rows_keep('registry.spot_check', '{"volunteer_id": 1, "round_id": 1, "place": 1}',
    'one_volunteer_at_a_place', '{"volunteer_id": 2}', '{"volunteer_id": 2, "place": 2}');

SELECT pg_temp.row_keeps('registry.person_merge', '{"absorbed_id": 1, "survivor_id": 2, "organization_id": 1, "evidence": "同一证件"}',
    rule, refused, accepted)
FROM (VALUES
    ('merge_has_evidence', '{"evidence": ""}', '{}'),
    ('merge_status', '{"status": "undone"}', '{"status": "merged"}')) AS t (rule, refused, accepted);
SELECT pg_temp.row_keeps('registry.erasure', '{"person_id": 1, "organization_id": 1, "basis": "consent_withdrawn", "evidence": "申请书"}',
    'erasure_status', '{"status": "undone"}', '{"status": "erased"}');
SELECT pg_temp.row_keeps('registry.audit_log', '{"actor": "a", "person_id": 1, "data": "contact", "purpose": "holder_request"}',
    rule, refused, accepted)
FROM (VALUES
    ('access_has_a_purpose', '{"purpose": ""}', '{}'),
    ('access_says_what', '{"data": ""}', '{}')) AS t (rule, refused, accepted);

-- A reference, which is looked up from here on.
SET LOCAL session_replication_role = origin;
SELECT registry.add_person('示例甲', 'passport', 'E12345678', 9::smallint, '2015-01-01') AS ward \gset
SELECT registry.add_person('示例乙', 'passport', 'E12345679', 9::smallint, '2015-01-01') AS other \gset
INSERT INTO registry.guardian (person_id, name, relation) VALUES (:ward, '示例丙', '母亲') RETURNING guardian_id AS guardian \gset
SELECT pg_temp.row_keeps('registry.consent', jsonb_build_object(
        'person_id', :ward, 'purpose', 'contact', 'evidence', '登记表', 'guardian_id', :guardian),
    'consent_guardian_id_person_id_fkey', format('{"person_id": %s}', :other), '{}', '23503');

SELECT * FROM finish();
ROLLBACK;
