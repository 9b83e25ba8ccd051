-- Accounts and entries of the time bank.

BEGIN;
\ir ../acting.sql
\ir ../rows.sql
SELECT plan(21);

SELECT pg_temp.row_keeps('registry.time_account', '{"kind": "volunteer", "volunteer_id": 1, "balance": 0}', rule, refused, accepted)
FROM (VALUES
    ('account_kind', '{"kind": "lost", "volunteer_id": null, "balance": null}', '{}'),
    ('volunteers_have_balances', '{"volunteer_id": null}', '{}'),
    ('volunteers_have_balances', '{"balance": null}', '{}'),
    ('volunteers_have_balances', '{"kind": "service"}', '{}')) AS t (rule, refused, accepted);
SELECT is(pg_temp.outcome('registry.time_account', '{"kind": "service"}'), '23505 one_account_of_a_kind', 'the system''s accounts are there already');
SELECT pg_temp.row_keeps('registry.redemption', '{"volunteer_id": 1, "organization_id": 1, "category": "0017", "service": "陪诊", "minutes": 60}',
    'redemption_status', '{"status": "lost"}', '{"status": "delivered"}');

SELECT pg_temp.row_keeps('registry.time_entry', '{
        "debit": 1, "debit_kind": "service", "credit": 2, "credit_kind": "volunteer", "minutes": 60, "record_id": 1}',
    rule, refused, accepted)
FROM (VALUES
    ('known_booking', '{"credit_kind": "donated"}', '{"credit_kind": "surplus"}'),
    ('known_booking', '{"debit_kind": "donated", "record_id": null, "idempotency_key": "00000000-0000-0000-0000-000000000001"}',
        '{"debit_kind": "donated", "record_id": null, "reverses": 1}'),
    ('known_booking', '{"debit_kind": "volunteer", "credit_kind": "surplus", "record_id": null, "idempotency_key": "00000000-0000-0000-0000-000000000001"}',
        '{"debit_kind": "volunteer", "credit_kind": "donated", "record_id": null, "idempotency_key": "00000000-0000-0000-0000-000000000001"}'),
    ('stored_from_record', '{"record_id": null}', '{}'),
    ('stored_from_record', '{"debit_kind": "volunteer", "credit_kind": "expired"}',
        '{"debit_kind": "volunteer", "credit_kind": "expired", "record_id": null}'),
    ('redeemed_by_redemption', '{"redemption_id": 1}', '{}'),
    ('redeemed_by_redemption',
        '{"debit_kind": "volunteer", "credit_kind": "redeemed", "record_id": null, "idempotency_key": "00000000-0000-0000-0000-000000000001"}',
        '{"debit_kind": "volunteer", "credit_kind": "redeemed", "record_id": null, "idempotency_key": "00000000-0000-0000-0000-000000000001", "redemption_id": 1}'),
    ('reversal_is_final', '{"reverses": 1, "reversed": true}', '{"reverses": 1}'),
    ('proof_is_sha256', '{"proof_sha256": "x"}', '{"proof_sha256": "0123456789abcdef0123456789abcdef"}')) AS t (rule, refused, accepted);
SELECT pg_temp.rows_keep('registry.time_entry', good, rule, refused, accepted)
FROM (VALUES
    ('{"entry_id": -1, "debit": 1, "debit_kind": "service", "credit": 2, "credit_kind": "volunteer", "minutes": 60, "record_id": 1}'::jsonb,
        'one_earning_of_a_record', '{"entry_id": -2, "credit": 3}', '{"entry_id": -2, "record_id": 2}'),
    ('{"entry_id": -1, "debit": 2, "debit_kind": "volunteer", "credit": 3, "credit_kind": "redeemed", "minutes": 60, "redemption_id": 1,
        "idempotency_key": "00000000-0000-0000-0000-000000000001"}',
        'one_payment_of_a_redemption', '{"entry_id": -2, "idempotency_key": "00000000-0000-0000-0000-000000000002"}',
        '{"entry_id": -2, "idempotency_key": "00000000-0000-0000-0000-000000000002", "redemption_id": 2}')
) AS t (good, rule, refused, accepted);

-- References, which are looked up from here on.
SET LOCAL session_replication_role = origin;
ALTER TABLE registry.time_entry DISABLE TRIGGER USER;
SELECT pg_temp.rows_keep('registry.time_entry', jsonb_build_object(
        'entry_id', -1, 'debit', service, 'debit_kind', 'service', 'credit', surplus, 'credit_kind', 'surplus', 'minutes', 60, 'record_id', 1),
    rule, refused, accepted, '23503')
FROM (SELECT min(account_id) FILTER (WHERE kind = 'service'), min(account_id) FILTER (WHERE kind = 'surplus') FROM registry.time_account) AS a (service, surplus),
LATERAL (VALUES
    ('known_debit', '{"entry_id": -2, "record_id": 2, "debit": -1}', '{"entry_id": -2, "record_id": 2}'),
    ('known_credit', '{"entry_id": -2, "record_id": 2, "credit_kind": "volunteer"}', '{"entry_id": -2, "record_id": 2}'),
    ('reversal_mirrors_entry', '{"entry_id": -2, "reverses": -1}',
        format('{"entry_id": -2, "reverses": -1, "debit": %s, "debit_kind": "surplus", "credit": %s, "credit_kind": "service"}', surplus, service)),
    ('reversal_mirrors_entry',
        format('{"entry_id": -2, "reverses": -1, "debit": %s, "debit_kind": "surplus", "credit": %s, "credit_kind": "service", "minutes": 59}', surplus, service),
        '{"entry_id": -2, "record_id": 2}')) AS t (rule, refused, accepted);

SELECT * FROM finish();
ROLLBACK;
