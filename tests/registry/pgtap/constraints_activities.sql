-- Activities, posts, emergencies, insurance, training and orders.

BEGIN;
\ir ../acting.sql
\ir ../rows.sql
SELECT plan(36);

SELECT pg_temp.row_keeps('registry.activity', '{
        "project_id": 1, "organization_id": 1, "title": "示例", "mode": "onsite", "hazardous": false, "emergency": false, "drill": false,
        "period": "[2026-01-02 08:00+08,2026-01-02 12:00+08)", "published_at": "2026-01-01"}',
    'activity_status', '{"status": "asleep"}', '{"status": "cancelled"}');
SELECT pg_temp.row_keeps('registry.signup', '{
        "volunteer_id": 1, "shift_id": 1, "period": "[2026-01-02 08:00+08,2026-01-02 12:00+08)", "status": "confirmed", "unmet": "{}"}',
    rule, refused, accepted)
FROM (VALUES
    ('signup_status', '{"status": "asleep"}', '{"status": "withdrawn"}'),
    ('confirmed_is_cleared', '{"unmet": null}', '{}'),
    ('confirmed_is_cleared', '{"unmet": "{trained}"}', '{"unmet": "{trained}", "override_reason": "现场培训"}'),
    ('confirmed_is_cleared', '{"unmet": "{trained}", "override_reason": ""}', '{"unmet": "{trained}", "status": "refused"}')
) AS t (rule, refused, accepted);
SELECT pg_temp.row_keeps('registry.checkin', '{
        "volunteer_id": 1, "shift_id": 1, "signed_in_at": "2026-01-02 08:00+08", "closes_at": "2026-01-02 12:00+08", "status": "out", "batch_id": 1}',
    rule, refused, accepted)
FROM (VALUES
    ('checkin_status', '{"status": "lost"}', '{"status": "closed"}'),
    ('closed_after_sign_in', '{"closes_at": "2026-01-02 08:00+08"}', '{"closes_at": "2026-01-02 08:01+08"}'),
    ('recorded_when_ended', '{"status": "in"}', '{"status": "in", "batch_id": null}')) AS t (rule, refused, accepted);

SELECT pg_temp.row_keeps('registry.incident', '{"activity_id": 1, "kind": "1", "level": "3", "situation": "河水上涨"}',
    'incident_status', '{"status": "asleep"}', '{"status": "closed"}');
SELECT pg_temp.row_keeps('registry.callout', '{
        "volunteer_id": 1, "shift_id": 1, "status": "demobilised", "cleared_by": "a", "deployed_by": "b",
        "deployment": "[2026-01-02 08:00+08,2026-01-02 12:00+08)"}',
    rule, refused, accepted)
FROM (VALUES
    ('callout_status', '{"status": "asleep", "deployed_by": null, "deployment": null}',
        '{"status": "declined", "deployed_by": null, "deployment": null}'),
    ('deployed_has_period', '{"deployed_by": null, "deployment": null}', '{}'),
    ('deployed_has_period', '{"deployed_by": null}', '{}'),
    ('deployed_has_period', '{"status": "cleared"}', '{"status": "cleared", "deployed_by": null, "deployment": null}'),
    ('deployed_has_period', '{"deployment": "empty"}', '{"deployment": "[2026-01-02 08:00+08,2026-01-02 08:01+08)"}'),
    ('deployed_has_period', '{"deployment": "[2026-01-02 08:00+08,)"}', '{"status": "deployed", "deployment": "[2026-01-02 08:00+08,)"}'),
    ('deployed_has_period', '{"deployment": "(,2026-01-02 12:00+08)"}', '{}'),
    ('deployed_has_period', '{"status": "deployed"}', '{"status": "debriefed"}'),
    ('deployed_was_cleared', '{"cleared_by": null}', '{}')) AS t (rule, refused, accepted);

SELECT pg_temp.row_keeps('registry.insurance_claim', '{
        "volunteer_id": 1, "policy_id": 1, "activity_id": 1, "occurred_at": "2026-01-02", "reported_at": "2026-01-03", "description": "示例"}',
    rule, refused, accepted)
FROM (VALUES
    ('claim_status', '{"status": "lost"}', '{"status": "declined"}'),
    ('accident_is_past', '{"occurred_at": "2026-01-04"}', '{"occurred_at": "2026-01-03"}')) AS t (rule, refused, accepted);
SELECT pg_temp.row_keeps('registry.training_result', '{
        "volunteer_id": 1, "session_id": 1, "minutes": 60, "passed": true, "valid": "[2026-01-01,2027-01-01)"}',
    'only_the_passed_are_trained', '{"passed": false}', '{"passed": false, "valid": "empty"}');

SELECT pg_temp.row_keeps('registry.service_request', '{"organization_id": 1, "category": "0001", "description": "理发"}', rule, refused, accepted)
FROM (VALUES
    ('request_status', '{"status": "lost"}', '{"status": "rejected"}'),
    ('compiled_has_order', '{"status": "compiled"}', '{"status": "compiled", "order_id": 1}'),
    ('compiled_has_order', '{"order_id": 1}', '{"status": "withdrawn"}')) AS t (rule, refused, accepted);
SELECT pg_temp.row_keeps('registry.service_order', '{
        "order_id": 1, "organization_id": 1, "title": "示例", "category": "0001", "period": "[2026-01-02,2026-01-03)", "status": "accepted", "activity_id": 1}',
    rule, refused, accepted)
FROM (VALUES
    ('order_status', '{"status": "lost", "activity_id": null}', '{"status": "declined", "activity_id": null}'),
    ('accepted_has_activity', '{"activity_id": null}', '{"status": "in_service"}'),
    ('accepted_has_activity', '{"status": "cancelled"}', '{"status": "dispatched", "activity_id": null}')) AS t (rule, refused, accepted);
SELECT pg_temp.rows_keep('registry.service_order', '{
        "order_id": -1, "organization_id": 1, "title": "示例", "category": "0001", "period": "[2026-01-02,2026-01-03)", "status": "accepted", "activity_id": 1}',
    'one_order_one_activity', '{"order_id": -2}', '{"order_id": -2, "activity_id": 2}');
SELECT pg_temp.row_keeps('registry.dispatch', '{
        "order_id": 1, "organization_id": 1, "answer": "accepted", "answered_at": "2026-01-02", "answered_by": "a"}',
    rule, refused, accepted)
FROM (VALUES
    ('dispatch_answer', '{"answer": "perhaps"}', '{"answer": "declined"}'),
    ('accepted_by_somebody', '{"organization_id": null}', '{"organization_id": null, "answer": "recalled"}'),
    ('answer_is_signed', '{"answered_by": null}', '{}'),
    ('answer_is_signed', '{"answered_at": null}', '{}'),
    ('answer_is_signed', '{"answer": null}', '{"answer": null, "answered_at": null, "answered_by": null}')) AS t (rule, refused, accepted);
SELECT pg_temp.rows_keep('registry.dispatch', good, rule, refused, accepted)
FROM (VALUES
    ('{"dispatch_id": -1, "order_id": 1, "organization_id": 1}'::jsonb, 'one_open_dispatch', '{"dispatch_id": -2}',
        '{"dispatch_id": -2, "answer": "declined", "answered_at": "2026-01-02", "answered_by": "a"}'),
    ('{"dispatch_id": -1, "order_id": 1, "organization_id": 1, "answer": "accepted", "answered_at": "2026-01-02", "answered_by": "a"}',
        'one_acceptance', '{"dispatch_id": -2}', '{"dispatch_id": -2, "order_id": 2}')) AS t (good, rule, refused, accepted);
SELECT pg_temp.row_keeps('registry.order_rating', jsonb_build_object('request_id', 1, 'score', 5, 'comment', repeat('好', 1000)),
    'comment_is_short', jsonb_build_object('comment', repeat('好', 1001))::text, '{}');

SELECT * FROM finish();
ROLLBACK;
