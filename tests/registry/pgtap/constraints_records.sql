-- Records of service and what is said of them, imported, transferred, earned and stored.

BEGIN;
\ir ../acting.sql
\ir ../rows.sql
SELECT plan(51);

SELECT pg_temp.row_keeps('registry.record_batch', '{
        "organization_id": 1, "source": "roster", "recorded_by": "a", "timely_from": "2026-01-01",
        "status": "effective", "reviewed_by": "b", "reviewed_at": "2026-01-02 12:00+08", "publicity": "[2026-01-03,2026-01-10)",
        "effective_at": "2026-01-10 12:00+08"}',
    rule, refused, accepted)
FROM (VALUES
    ('known_source', '{"source": "hearsay"}', '{"source": "checkin"}'),
    ('known_batch_status', '{"status": "lost", "publicity": null, "effective_at": null}', '{"status": "refused", "publicity": null, "effective_at": null}'),
    ('legacy_is_back_fill', '{"source": "legacy"}',
        '{"source": "legacy", "justification": "补录", "evidence_sha256": "0123456789abcdef0123456789abcdef"}'),
    ('review_is_signed', '{"reviewed_by": null}', '{}'),
    ('review_is_signed', '{"status": "submitted", "publicity": null, "effective_at": null}',
        '{"status": "submitted", "publicity": null, "effective_at": null, "reviewed_by": null, "reviewed_at": null}'),
    ('publicity_after_review', '{"publicity": "[2026-01-02,2026-01-10)"}', '{}'),
    ('publicity_after_review', '{"publicity": null}', '{}'),
    ('publicity_after_review', '{"publicity": "(,2026-01-10)"}', '{"publicity": "empty"}'), -- of no days
    ('publicity_after_review', '{"publicity": "[2026-01-03,)"}', '{}'),
    ('publicity_after_review', '{"status": "refused", "effective_at": null}', '{"status": "in_publicity", "effective_at": null}')
) AS t (rule, refused, accepted);
SELECT pg_temp.row_keeps('registry.service_record', jsonb_build_object(
        'volunteer_id', 1, 'service_date', day, 'period', tstzrange(begun, begun + interval '1 hour'), 'entry_method', 3, 'project_id', 1,
        'organization_id', 1, 'batch_id', 1, 'recorded_at', begun + interval '2 hours'),
    'known_record_status', '{"status": "lost"}', '{"status": "voided"}')
FROM (SELECT registry.today() - 1 AS day, (registry.today() - 1 + time '08:00') AT TIME ZONE 'Asia/Shanghai' AS begun) AS t;

SELECT pg_temp.row_keeps('registry.dispute', jsonb_build_object(
        'volunteer_id', 1, 'service_date', '2026-01-02', 'record_id', 1, 'party', 'public', 'record_status', 'effective',
        'ground', '未到场', 'ground_salt', salt, 'ground_sha256', registry.salted_digest(salt, '未到场')),
    rule, refused, accepted)
FROM gen_random_uuid() AS salt, LATERAL (VALUES
    ('dispute_status', '{"status": "lost"}', '{"status": "upheld"}'),
    ('public_or_effective_is_disputed', '{"record_status": "submitted"}', '{"record_status": "in_publicity"}'),
    ('ground_has_digest', '{"ground": "别的"}', '{}'),
    ('ground_has_salt', '{"ground": null}', '{"ground": null, "ground_salt": null}'),
    ('ground_has_salt', '{"ground_salt": null}', '{}'),
    ('dispute_has_ground', jsonb_build_object('ground', '', 'ground_sha256', registry.salted_digest(salt, ''))::text, '{}'),
    ('dispute_has_ground',
        jsonb_build_object('ground', repeat('长', 501), 'ground_sha256', registry.salted_digest(salt, repeat('长', 501)))::text,
        jsonb_build_object('ground', repeat('长', 500), 'ground_sha256', registry.salted_digest(salt, repeat('长', 500)))::text)
) AS t (rule, refused, accepted);
SELECT pg_temp.rows_keep('registry.dispute', '{
        "volunteer_id": 1, "dispute_id": -1, "service_date": "2026-01-02", "record_id": 1, "party": "public", "record_status": "effective",
        "ground_sha256": "x"}',
    rule, refused, accepted)
FROM (VALUES
    ('dispute_number', '{"volunteer_id": 2}', '{"volunteer_id": 2, "dispute_id": -2}'),
    ('one_open_dispute', '{"dispute_id": -2}', '{"dispute_id": -2, "status": "rejected"}')) AS t (rule, refused, accepted);

SELECT pg_temp.row_keeps('registry.evaluation', jsonb_build_object(
        'volunteer_id', 1, 'service_date', '2026-01-02', 'record_id', 1, 'punctuality', 5, 'attitude', 5, 'skill', 5,
        'comment', '很好', 'comment_salt', salt, 'comment_sha256', registry.salted_digest(salt, '很好')),
    rule, refused, accepted)
FROM gen_random_uuid() AS salt, LATERAL (VALUES
    ('comment_has_digest', '{"comment": "别的"}', '{}'),
    ('comment_has_digest', '{"comment_sha256": null}', '{}'),
    ('comment_has_salt', '{"comment": null}', '{"comment": null, "comment_salt": null}')) AS t (rule, refused, accepted);
SELECT pg_temp.rows_keep('registry.evaluation', '{
        "volunteer_id": 1, "evaluation_id": -1, "service_date": "2026-01-02", "record_id": 1, "punctuality": 5, "attitude": 5, "skill": 5}',
    'evaluation_number', '{"volunteer_id": 2}', '{"volunteer_id": 2, "evaluation_id": -2}');

SELECT pg_temp.row_keeps('registry.import', '{
        "organization_id": 1, "file_name": "a.csv", "source": "import", "finished_at": "2026-01-02",
        "total": 6, "imported": 3, "unchanged": 2, "refused": 1}',
    'import_adds_up', refused, accepted)
FROM (VALUES
    ('{"refused": 2}', '{}'),
    ('{"refused": null}', '{"total": null, "imported": null, "unchanged": null, "refused": null}')) AS t (refused, accepted);

SELECT pg_temp.row_keeps('registry.transfer', '{
        "volunteer_id": 1, "organization_id": 1, "direction": "out", "peer": "a", "status": "exported", "consent_id": 1,
        "package_id": "00000000-0000-0000-0000-000000000001", "records": 1, "hours": "1:00", "star": 0, "certificates": 0}',
    rule, refused, accepted)
FROM (VALUES
    ('transfer_direction', '{"direction": "sideways", "status": "received"}', '{"direction": "in", "status": "received"}'),
    ('transfer_status', '{"status": "received"}', '{"status": "reconciled"}'),
    ('transfer_status', '{"direction": "in", "batch_id": 1}', '{"direction": "in", "status": "imported", "batch_id": 1}'),
    ('exported_with_consent', '{"consent_id": null}', '{"consent_id": null, "status": "cancelled"}'),
    ('imported_as_batch', '{"direction": "in", "status": "acknowledged"}', '{"direction": "in", "status": "acknowledged", "batch_id": 1}'),
    ('package_is_counted', '{"records": null}', '{}'),
    ('package_is_counted', '{"package_id": null, "records": null, "hours": null, "star": null, "certificates": null}',
        '{"status": "consented", "package_id": null, "records": null, "hours": null, "star": null, "certificates": null}')
) AS t (rule, refused, accepted);
SELECT pg_temp.rows_keep('registry.transfer', '{
        "transfer_id": -1, "volunteer_id": 1, "organization_id": 1, "direction": "in", "peer": "a", "status": "imported", "batch_id": 1,
        "package_id": "00000000-0000-0000-0000-000000000001", "records": 1, "hours": "1:00", "star": 0, "certificates": 0}',
    'one_transfer_of_a_batch', '{"transfer_id": -2, "volunteer_id": 2, "package_id": "00000000-0000-0000-0000-000000000002"}',
    '{"transfer_id": -2, "volunteer_id": 2, "package_id": "00000000-0000-0000-0000-000000000002", "batch_id": 2}');
SELECT pg_temp.row_keeps('registry.exchange_message', jsonb_build_object(
        'message_id', gen_random_uuid(), 'transfer_id', 1, 'kind', 'package', 'direction', 'out', 'body', '包', 'body_sha256', sha256('包')),
    rule, refused, accepted)
FROM (VALUES
    ('message_kind', '{"kind": "letter"}', '{"kind": "receipt"}'),
    ('message_direction', '{"direction": "sideways"}', '{"direction": "in"}'),
    ('body_has_its_digest', '{"body": "别的"}', '{"body": null}')) AS t (rule, refused, accepted);
SELECT pg_temp.rows_keep('registry.exchange_message', jsonb_build_object(
        'message_id', gen_random_uuid(), 'transfer_id', 1, 'kind', 'package', 'direction', 'out', 'body_sha256', 'x'),
    'one_message_of_a_kind', jsonb_build_object('message_id', another)::text,
    jsonb_build_object('message_id', another, 'kind', 'receipt')::text)
FROM gen_random_uuid() AS another;

SELECT pg_temp.row_keeps('registry.star_award', '{
        "volunteer_id": 1, "level": 1, "standard_id": 1, "threshold": "100:00", "basis_hours": "100:00", "as_of": "2026-01-01",
        "publicity": "[2026-01-03,2026-01-10)", "awarded_at": "2026-01-10", "status": "awarded"}',
    rule, refused, accepted)
FROM (VALUES
    ('known_star_level', '{"level": 0}', '{"level": 5}'),
    ('known_star_level', '{"level": 6}', '{}'),
    ('known_award_status', '{"status": "lost"}', '{"status": "revoked"}'),
    ('public_before_awarded', '{"status": "in_publicity", "awarded_at": null, "publicity": null}', '{"status": "in_publicity", "awarded_at": null}'),
    ('public_before_awarded', '{"status": "disputed", "awarded_at": null, "publicity": null}', '{"status": "applied", "awarded_at": null, "publicity": null}'),
    ('awarded_has_time', '{"awarded_at": null}', '{}'),
    ('awarded_has_time', '{"status": "refused"}', '{"status": "refused", "awarded_at": null}'),
    ('basis_reaches_threshold', '{"basis_hours": "99:59"}', '{}')) AS t (rule, refused, accepted);
SELECT pg_temp.rows_keep('registry.star_award', '{
        "volunteer_id": 1, "level": 1, "standard_id": 1, "threshold": "100:00", "basis_hours": "100:00", "as_of": "2026-01-01"}',
    'star_awarded_once', '{}', accepted)
FROM (VALUES ('{"level": 2}'), ('{"status": "refused"}')) AS t (accepted);
SELECT pg_temp.row_keeps('registry.commendation', '{
        "volunteer_id": 1, "organization_id": 1, "source": "own", "title": "示例", "granting_body": "示例联合会", "granted_on": "2026-01-01",
        "proof_sha256": "0123456789abcdef0123456789abcdef"}',
    rule, refused, accepted)
FROM (VALUES
    ('commendation_status', '{"status": "lost"}', '{"status": "voided"}'),
    ('proof_is_sha256', '{"proof_sha256": "x"}', '{"proof_sha256": null}')) AS t (rule, refused, accepted);
SELECT pg_temp.row_keeps('registry.benefit_use', '{
        "volunteer_id": 1, "benefit_id": 1, "idempotency_key": "00000000-0000-0000-0000-000000000001", "star": 1, "minimum_star": 1}',
    'benefit_use_status', '{"status": "lost"}', '{"status": "voided"}');

SELECT * FROM finish();
ROLLBACK;
