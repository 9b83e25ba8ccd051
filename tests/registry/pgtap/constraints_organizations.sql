-- Organizations, what they are awarded and asked for, and the regions and numbers that they go by.

BEGIN;
\ir ../acting.sql
\ir ../rows.sql
SELECT plan(42);

SELECT pg_temp.row_keeps('registry.organization', '{
        "organization_id": 1, "name": "示例队", "kind": "1", "unit_kind": "08", "region": "441402", "parent_id": 2}',
    rule, refused, accepted)
FROM (VALUES
    ('organization_status', '{"status": "asleep"}', '{"status": "suspended"}'),
    ('not_its_own_parent', '{"parent_id": 1}', '{"parent_id": null}'),
    ('not_its_own_parent', '{"status": "dissolved", "successor_id": 1}', '{"status": "dissolved", "successor_id": 2}')
) AS t (rule, refused, accepted);

SELECT pg_temp.row_keeps('registry.civilized_unit', '{
        "organization_id": 1, "level": "1", "document": "示例文件", "since": "2026-01-01", "status": "withdrawn", "withdrawn_on": "2026-02-01"}',
    'title_status', refused, accepted)
FROM (VALUES
    ('{"status": "lost"}', '{}'),
    ('{"withdrawn_on": null}', '{"status": "awarded", "withdrawn_on": null}'),
    ('{"status": "awarded"}', '{}')) AS t (refused, accepted);
SELECT pg_temp.row_keeps('registry.identity_mark', '{
        "organization_id": 1, "mark_no": "1", "authority": "示例民政局", "since": "2026-01-01", "status": "withdrawn", "withdrawn_on": "2026-02-01"}',
    'mark_status', refused, accepted)
FROM (VALUES
    ('{"status": "lost"}', '{}'),
    ('{"withdrawn_on": null}', '{"status": "granted", "withdrawn_on": null}'),
    ('{"status": "granted"}', '{}')) AS t (refused, accepted);

SELECT pg_temp.row_keeps('registry.station', '{
        "organization_id": 1, "kind": "1", "plaque": "示例站", "host": "示例社区", "head": "示例甲", "region": "441402", "opened_on": "2026-01-01"}',
    'station_status', '{"status": "asleep"}', '{"status": "closed", "closed_on": "2026-02-01"}');
SELECT pg_temp.row_keeps('registry.target', '{
        "organization_id": 1, "metric": "hours", "period": "[2026-01-01,2027-01-01)", "value": 1, "responsible": "示例甲"}',
    'target_status', '{"status": "reached"}', '{"status": "withdrawn"}');
SELECT pg_temp.row_keeps('registry.headcount', '{
        "organization_id": 1, "kind": "staff", "as_of": "2026-01-01", "count": 10, "source": "花名册", "entered_at": "2026-01-02", "entered_by": "a",
        "status": "approved", "decided_at": "2026-01-03", "decided_by": "b"}',
    rule, refused, accepted)
FROM (VALUES
    ('headcount_status', '{"status": "counted"}', '{"status": "refused"}'),
    ('decided_by_somebody', '{"decided_by": null}', '{}'),
    ('decided_by_somebody', '{"decided_at": null}', '{}'),
    ('decided_by_somebody', '{"status": "entered"}', '{"status": "entered", "decided_at": null, "decided_by": null}'),
    ('decided_by_somebody', '{"status": "entered", "decided_at": null}', '{}')) AS t (rule, refused, accepted);

SELECT pg_temp.row_keeps('registry.pairing', '{"unit_id": 1, "partner_id": 2, "responsible": "示例甲", "valid": "[2026-01-01,)"}',
    'pairing_status', '{"status": "asleep"}', '{"status": "ended"}');
SELECT pg_temp.row_keeps('registry.pairing_log', '{
        "pairing_id": 1, "month": "2026-01-01", "content": "探访", "entered_at": "2026-02-01", "entered_by": "a",
        "status": "confirmed", "decided_at": "2026-02-02", "decided_by": "b"}',
    rule, refused, accepted)
FROM (VALUES
    ('pairing_log_status', '{"status": "lost"}', '{"status": "returned"}'),
    ('decided_by_somebody', '{"decided_by": null}', '{}'),
    ('decided_by_somebody', '{"decided_at": null}', '{}'),
    ('decided_by_somebody', '{"status": "submitted"}', '{"status": "submitted", "decided_at": null, "decided_by": null}')
) AS t (rule, refused, accepted);

SELECT pg_temp.row_keeps('registry.project_designation', '{
        "project_id": 1, "designation": "municipal_demo", "organization_id": 1, "document": "示例文件", "valid": "[2026-01-01,)"}',
    'designation_status', '{"status": "asleep"}', '{"status": "revoked"}');
SELECT pg_temp.row_keeps('registry.standard_item', '{
        "item_id": -1, "standard": "five_haves", "code": "test", "name": "示例", "points": 1, "valid": "[2026-01-01,2027-01-01)", "basis": "示例"}',
    rule, refused, accepted)
FROM (VALUES
    ('item_is_named', '{"name": ""}', '{}'),
    ('item_is_named', '{"name": "e\u0301"}', '{"name": "\u00e9"}'),
    ('item_states_its_basis', '{"basis": ""}', '{}'),
    ('threshold_is_a_number', '{"measure": "team", "threshold": "NaN"}', '{"measure": "team", "threshold": 1}')) AS t (rule, refused, accepted);

-- A beginning is a day, and so is an end where there has to be one.
SELECT pg_temp.row_keeps(subject::regclass, good::jsonb, rule, refused, '{}')
FROM (VALUES
    ('registry.identity_mark', '{"organization_id": 1, "mark_no": "1", "authority": "示例民政局", "since": "2026-01-01"}',
        'mark_has_beginning', '{"since": "-infinity"}'),
    ('registry.project_designation', '{"project_id": 1, "designation": "municipal_demo", "organization_id": 1, "document": "示例文件", "valid": "[2026-01-01,)"}',
        'designation_has_beginning', '{"valid": "[-infinity,2027-01-01)"}'),
    ('registry.pairing', '{"unit_id": 1, "partner_id": 2, "responsible": "示例甲", "valid": "[2026-01-01,)"}',
        'pairing_has_beginning', '{"valid": "[-infinity,)"}'),
    ('registry.target', '{"organization_id": 1, "metric": "hours", "period": "[2026-01-01,2027-01-01)", "value": 1, "responsible": "示例甲"}',
        'target_has_period', '{"period": "[2026-01-01,infinity)"}'),
    ('registry.shift', '{"activity_id": 1, "period": "[2026-01-01,2026-01-02)", "post": "引导", "capacity": 1}',
        'shift_has_bounds', '{"period": "[2026-01-01,)"}')) AS t (subject, good, rule, refused);
SELECT pg_temp.rows_keep('registry.standard_item', '{
        "item_id": -1, "standard": "five_haves", "code": "test", "name": "示例", "points": 1, "region": "4414",
        "valid": "[2026-01-01,2027-01-01)", "basis": "示例"}',
    'one_item_at_a_time', '{"item_id": -2, "valid": "[2026-12-31,)"}', accepted, '23P01')
FROM (VALUES
    ('{"item_id": -2, "valid": "[2027-01-01,)"}'), ('{"item_id": -2, "region": null}'), ('{"item_id": -2, "code": "other"}')) AS t (accepted);
SELECT pg_temp.row_keeps('registry.assessment_round', '{"organization_id": 1, "standard": "five_haves", "title": "示例", "as_of": "2026-01-01"}',
    'round_status', '{"status": "asleep"}', '{"status": "closed"}');

SELECT pg_temp.row_keeps('registry.region', '{"code": "441499", "name": "示例区"}', 'region_is_named', '{"name": ""}', '{}');
SELECT pg_temp.rows_keep('registry.region_former_name', '{"code": "441402", "name": "甲", "valid": "[2000-01-01,2010-01-01)"}',
    'one_name_at_a_time', '{"name": "乙", "valid": "[2009-01-01,2012-01-01)"}', accepted, '23P01')
FROM (VALUES
    ('{"name": "乙", "valid": "[2010-01-01,2012-01-01)"}'), ('{"code": "441403", "name": "乙"}')) AS t (accepted);
SELECT pg_temp.row_keeps('registry.policy', jsonb_build_object(
        'name', 'daily_cap_minutes', 'region', '441402', 'valid', '(,)', 'value', 480, 'basis', '示例'),
    'daily_cap_is_4_to_24_hours', refused, accepted)
FROM (VALUES
    ('{"value": 239}', '{"value": 240}'),
    ('{"value": 1441}', '{"value": 1440}'),
    ('{"value": "NaN"}', '{"name": "yearly_hours", "value": 20}')) AS t (refused, accepted);
DELETE FROM registry.deployment;
SELECT pg_temp.row_keeps('registry.deployment', '{"origin": "https://zyz.example.org"}', 'one_deployment', '{"single": false}', '{"single": true}');

SELECT * FROM finish();
ROLLBACK;
