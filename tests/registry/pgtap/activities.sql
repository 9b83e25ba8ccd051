BEGIN;
\ir ../acting.sql
\ir ../office.sql
SELECT plan(39);

-- Projects
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('示例项目', %s, '0001')$$, :district)) AS project \gset
SELECT results_eq(format('SELECT name, organization_id, category, region::text, created_by::text COLLATE "default" FROM registry.project WHERE project_id = %s', :project),
    format($$VALUES ('示例项目', %s::bigint, '0001', '441402000000', 'recorder')$$, :district), 'a project where its organization is');
SELECT is(pg_temp.act('recorder', format($$
    WITH p AS (SELECT registry.create_project('示例项目二', %s, '0099', '4414') AS id) SELECT id IS NOT NULL FROM p$$, :district)),
    'true', 'or elsewhere');
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_project('示例项目', %s, '0002')$$, :district),
    '23505', 'project_name_in_organization', 'one name in one organization');
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_project('示例', %s, '0098')$$, :district),
    '23503', 'known_code', 'unknown category');
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_project('示例', %s, '0001', '441499')$$, :district),
    '23503', 'known_region', 'unknown region');
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_project(' ', %s, '0001')$$, :district),
    '23514', 'project_is_named', 'no name');
SELECT pg_temp.refused('stranger', format($$SELECT registry.create_project('示例', %s, '0001')$$, :district),
    '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('reviewer', format($$SELECT registry.create_project('示例', %s, '0001')$$, :district),
    '42501', '', 'recorders only');

-- Activities
CREATE FUNCTION pg_temp.publication(project text, first_hour integer, last_hour integer, more text DEFAULT '') RETURNS text
LANGUAGE sql AS $$
    SELECT format('SELECT registry.create_activity(%s, ''示例活动'', tstzrange(now() + interval ''%s hours'', now() + interval ''%s hours'')%s)',
        project, first_hour, last_hour, more)
$$;
SELECT pg_temp.act('recorder', pg_temp.publication(:'project', 24, 27)) AS activity \gset
SELECT results_eq(
    format('SELECT organization_id, mode, hazardous, emergency, drill, status, published_by::text COLLATE "default" FROM registry.activity WHERE activity_id = %s', :activity),
    format($$VALUES (%s::bigint, 'onsite', false, false, false, 'published', 'recorder')$$, :district), 'an activity');
SELECT pg_temp.act('recorder', pg_temp.publication(:'project', 24, 27,
    format(', ''online'', true, true, true, organization_id => %s', :city))) AS drill \gset
SELECT results_eq(format('SELECT organization_id, mode, hazardous, emergency, drill FROM registry.activity WHERE activity_id = %s', :drill),
    format($$VALUES (%s::bigint, 'online', true, true, true)$$, :city), 'another organization runs it');
SELECT pg_temp.refused('recorder', pg_temp.publication(:'project', -3, -1),
    '23514', 'published_before_start', 'published after its start');
SELECT pg_temp.refused('recorder', pg_temp.publication(:'project', -3, -1, ', backfill_reason => '' '''),
    '23514', 'published_before_start', 'back-filled without a reason');
SELECT pg_temp.act('recorder', pg_temp.publication(:'project', -3, -1, ', backfill_reason => ''系统故障''')) AS past \gset
SELECT is(backfill_reason, '系统故障', 'back-filled') FROM registry.activity WHERE activity_id = :past;
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_activity(%s, '示例', %s)$$, :project, period),
    '23514', 'activity_has_bounds', 'period ' || period)
FROM unnest(ARRAY['tstzrange(now(), NULL)', 'tstzrange(NULL, now())', $$'empty'$$, $$tstzrange(now(), 'infinity')$$,
    $$tstzrange(now() + '1 day', now() + '2 days', '[]')$$]) AS period;
SELECT pg_temp.refused('recorder', pg_temp.publication(:'project', 1, 2, ', ''by telepathy'''), '23514', 'activity_mode', 'no such mode');
SELECT pg_temp.refused('recorder', pg_temp.publication('-1', 1, 2), '23503', 'known_project', 'unknown project');
SELECT pg_temp.refused('stranger', pg_temp.publication(:'project', 1, 2), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('recorder', format($$SELECT registry.create_activity(%s, '', tstzrange(now() + '1 hour', now() + '2 hours'))$$, :project),
    '23514', 'activity_is_titled', 'no title');

-- One extension of at most thirty days
SELECT pg_temp.refused('recorder', format($$SELECT registry.extend_activity(%s, now() + interval '27 hours' + interval '%s')$$, :activity, more),
    '23514', 'extension_within_limit', 'extended by ' || more)
FROM unnest(ARRAY['0 hours', '-1 hours', '30 days 1 minute']) AS more;
SELECT ok(upper(period) = ANY (pg_temp.deadlines('recorder', format($$SELECT registry.extend_activity(%s, now() + interval '30 days 27 hours')$$, :activity))),
    'extended before its end, when that is committed') FROM registry.activity WHERE activity_id = :activity;
SELECT results_eq(format('SELECT upper(period) - extended_from FROM registry.activity WHERE activity_id = %s', :activity),
    $$VALUES (interval '30 days')$$, 'extended by thirty days');
SELECT pg_temp.refused('recorder', format($$SELECT registry.extend_activity(%s, now() + interval '31 days 27 hours')$$, :activity),
    '55000', 'extended_once', 'extended twice');
SELECT pg_temp.refused('recorder', format($$SELECT registry.extend_activity(%s, now() + interval '3 days')$$, :past),
    '55000', 'activity_not_over', 'extended when it is over, which would make what is recorded late timely');
SELECT pg_temp.refused('stranger', format($$SELECT registry.extend_activity(%s, now() + interval '28 hours')$$, :drill),
    '42501', 'not_staff', 'no appointment');

-- Cancellation
SELECT pg_temp.refused('recorder', format($$SELECT registry.cancel_activity(%s, '')$$, :activity),
    '23514', 'reason_required', 'a reason is required');
SELECT pg_temp.refused('recorder', format($$SELECT registry.cancel_activity(%s, '示例理由')$$, :past),
    '55000', 'activity_not_begun', 'already begun');
SELECT pg_temp.refused('recorder', $$SELECT registry.cancel_activity(-1, '示例理由')$$, '23503', 'known_activity', 'unknown activity');
SELECT ok(lower(period) = ANY (pg_temp.deadlines('recorder', format($$SELECT registry.cancel_activity(%s, '示例理由')$$, :activity))),
    'cancelled before it begins, when that is committed') FROM registry.activity WHERE activity_id = :activity;
SELECT results_eq(format('SELECT from_status, to_status, reason FROM registry.activity_event WHERE activity_id = %s ORDER BY event_id', :activity),
    $$VALUES (NULL, 'published', NULL), ('published', 'cancelled', '示例理由')$$, 'publication and cancellation are events');
SELECT pg_temp.refused('recorder', format($$SELECT registry.cancel_activity(%s, '示例理由')$$, :activity),
    '55000', 'activity_published', 'cancelled twice');
SELECT pg_temp.refused('recorder', format($$SELECT registry.extend_activity(%s, now() + interval '28 hours')$$, :activity),
    '55000', 'activity_published', 'extended after cancellation');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.activity_event', '42501', 'append_only', 'events stay');
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('示例县志愿服务队', '1', '08', '441422')$$) AS elsewhere \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('stranger', :elsewhere, 'recorder')) AS staff \gset
SELECT pg_temp.refused('stranger', pg_temp.publication(:'project', 24, 27, format(', organization_id => %s', :elsewhere)),
    '42501', 'project_within_reach', 'no activity under the project of strangers');

SELECT * FROM finish();
ROLLBACK;
