-- Certificates, what is shared of them, keys, status lists and seals.

BEGIN;
\ir ../acting.sql
\ir ../rows.sql
SELECT plan(29);

SELECT jsonb_build_object(
    'volunteer_id', 1, 'certificate_id', -1, 'code', volunteer.gen_certificate_code(), 'number', 'A', 'organization_id', 1,
    'period', '[2026-01-01,2026-02-01)', 'as_of', '2026-02-01', 'hours', '1:00', 'star', 0, 'disclosures', '{}', 'token', 'x',
    'token_sha256', sha256('x'), 'kid', 'k', 'status_list', 1, 'status_index', 1, 'handled_by', 'a', 'responsible', 'b') AS certificate \gset
SELECT pg_temp.row_keeps('registry.certificate', :'certificate', rule, refused, accepted)
FROM (VALUES
    ('certificate_status', '{"status": "lost"}', '{"status": "superseded"}'),
    ('withdrawal_has_a_reason', '{"status": "revoked"}', '{"status": "revoked", "reason": "record_voided"}'),
    ('withdrawal_has_a_reason', '{"status": "suspended"}', '{"status": "suspended", "reason": "record_disputed"}'),
    ('withdrawal_has_a_reason', '{"reason": "record_voided"}', '{}'),
    ('handler_is_not_responsible', '{"responsible": "a"}', '{"responsible": "c"}'),
    ('handler_is_not_responsible', '{"responsible": ""}', '{}'),
    ('token_has_digest', '{"token": "y"}', '{}')) AS t (rule, refused, accepted);
-- Another certificate of the same volunteer, like the first in one respect alone.
SELECT pg_temp.rows_keep('registry.certificate', :'certificate', rule, (another - alike)::text, another::text)
FROM (SELECT jsonb_build_object('certificate_id', -2, 'code', volunteer.gen_certificate_code(), 'number', 'B', 'status_index', 2,
    'period', '[2026-01-02,2026-02-01)')) AS b (another),
(VALUES
    ('certificate_code_key', 'code'),
    ('certificate_number_key', 'number'),
    ('status_index_used_once', 'status_index'),
    ('one_certificate_in_force', 'period')) AS t (rule, alike);
SELECT pg_temp.row_keeps('registry.certificate_number', '{"year": 1990, "last": 1}', 'number_has_eight_digits', refused, accepted)
FROM (VALUES ('{"last": 0}', '{}'), ('{"last": 100000000}', '{"last": 99999999}')) AS t (refused, accepted);

SELECT pg_temp.row_keeps('registry.share', '{
        "volunteer_id": 1, "certificate_id": 1, "code_sha256": "x", "recipient_sha256": "x", "claims": [], "shared_at": "2026-01-02", "expires_at": "2026-01-03"}',
    rule, refused, accepted)
FROM (VALUES
    ('share_ends', '{"expires_at": "infinity"}', '{}'),
    ('share_ends', '{"expires_at": "2026-01-02"}', '{"expires_at": "2026-01-02 00:01"}'),
    ('withdrawn_after_shared', '{"withdrawn_at": "2026-01-01"}', '{"withdrawn_at": "2026-01-02"}')) AS t (rule, refused, accepted);
SELECT pg_temp.rows_keep('registry.share', '{
        "share_id": -1, "volunteer_id": 1, "certificate_id": 1, "code_sha256": "x", "recipient_sha256": "x", "claims": [], "shared_at": "2026-01-02", "expires_at": "2026-01-03"}',
    'one_share_of_a_code', '{"share_id": -2}', '{"share_id": -2, "code_sha256": "y"}');

SELECT pg_temp.row_keeps('registry.signing_key', '{"kid": "a", "jwk": {"kid": "a", "x": "1"}}', rule, refused, accepted)
FROM (VALUES
    ('kid_names_the_key', '{"jwk": {"kid": "b"}}', '{}'),
    ('kid_names_the_key', '{"jwk": {}}', '{"jwk": {"kid": "a"}}'),
    ('public_members_only', '{"jwk": {"kid": "a", "x": "1", "d": "2"}}', '{}')) AS t (rule, refused, accepted);
SELECT pg_temp.row_keeps('registry.status_list', '{"list": -1, "secret": "x"}', 'list_has_131072_entries', refused, accepted)
FROM (VALUES ('{"used": -1}', '{"used": 0}'), ('{"used": 131073}', '{"used": 131072}')) AS t (refused, accepted);
SELECT pg_temp.row_keeps('registry.status_list_token', '{"list": -1, "token": "x", "kid": "k", "signed_at": "2026-01-02"}', 'signed_as_a_whole', refused, accepted)
FROM (VALUES ('{"token": null}', '{}'), ('{"kid": null, "signed_at": null}', '{"token": null, "kid": null, "signed_at": null}')) AS t (refused, accepted);

SELECT pg_temp.row_keeps('registry.seal', '{
        "seal_id": -1, "sealed_at": "2026-01-02", "size": 1, "root": "0123456789abcdef0123456789abcdef", "next_xid": "9", "own_xid": "9", "cluster": 1,
        "token": "x", "kid": "k"}',
    rule, refused, accepted)
FROM (VALUES
    ('root_is_sha256', '{"root": "x"}', '{}'),
    ('seal_holds_events', '{"size": 0}', '{}')) AS t (rule, refused, accepted);
SELECT pg_temp.rows_keep('registry.seal_leaf', '{"kind": "record", "event_id": 1, "seal_id": -1, "index": 0, "leaf": "x"}',
    'one_leaf_at_an_index', '{"event_id": 2}', '{"event_id": 2, "index": 1}');
SELECT pg_temp.row_keeps('registry.catalogue_event', '{"actor": "a", "reason": "升级", "last_row_event": 0}', 'catalogue_has_a_reason', '{"reason": ""}', '{}');
SELECT pg_temp.row_keeps('registry.catalogue_item', '{"event_id": 1, "kind": "table", "object": "x", "digest": "0123456789abcdef0123456789abcdef"}',
    'catalogue_digest_is_sha256', '{"digest": "x"}', '{}');

SELECT * FROM finish();
ROLLBACK;
