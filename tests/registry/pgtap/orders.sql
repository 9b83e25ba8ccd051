BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(54);

CREATE ROLE dispatcher LOGIN IN ROLE registry_dispatcher;
CREATE ROLE provider LOGIN IN ROLE registry_recorder;
CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT pg_temp.act('clerk', pg_temp.appointing('dispatcher', :city, 'dispatcher')) AS staff \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('provider', :district, 'recorder')) AS staff \gset
SELECT pg_temp.act('clerk', format($$
    SELECT registry.create_organization('示例社区', '1', '09', '441402', parent_id => %s)$$, :city)) AS community \gset
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('示例县志愿服务队', '1', '08', '441422')$$) AS elsewhere \gset

CREATE FUNCTION pg_temp.compiling(organization_id text, requests text, period tstzrange) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.compile_order(%s, ''上门理发'', ''0001'', %L, %s)', organization_id, period, requests)
$$;

-- 点单
SELECT pg_temp.act('recorder', format($$SELECT registry.add_beneficiary(%s, '三栋老人', '03')$$, :community)) AS old \gset
SELECT pg_temp.refused('recorder', format($$SELECT registry.add_beneficiary(%s, '三栋老人', '03')$$, :community),
    '23505', 'one_pseudonym_in_organization', 'one pseudonym in one community');
SELECT pg_temp.refused('stranger', format($$SELECT registry.add_beneficiary(%s, '五栋老人', '03')$$, :community),
    '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('recorder', format($$SELECT registry.add_beneficiary(%s, '四栋老人', '12')$$, :community),
    '23503', 'known_code', 'unknown kind of beneficiary');
SELECT pg_temp.refused('recorder', format($$SELECT registry.add_beneficiary(%s, ' ', '03')$$, :community),
    '23514', 'pseudonym_is_written', 'no pseudonym');
SELECT pg_temp.act('recorder', format($$SELECT registry.request_service(%s, '0001', '行动不便,需上门理发', %s)$$, :community, :old)) AS haircut \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.request_service(%s, '0001', '楼道清扫')$$, :community)) AS sweeping \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.request_service(%s, '0001', '代写作业')$$, :community)) AS homework \gset
SELECT pg_temp.refused('recorder', format($$SELECT registry.request_service(%s, '0001', '理发', %s)$$, :district, :old),
    '23503', 'known_beneficiary', 'the beneficiary of another community');
SELECT pg_temp.refused('recorder', format($$SELECT registry.request_service(%s, '0001', '')$$, :community),
    '23514', 'request_is_described', 'nothing asked for');
SELECT pg_temp.refused('provider', format($$SELECT registry.request_service(%s, '0001', '理发')$$, :community),
    '42501', 'outside_scope', 'for a community of others');
SELECT pg_temp.refused('dispatcher', format('SELECT registry.close_request(%s, ''rejected'', '''')', :homework),
    '23514', 'reason_required', 'rejected without reason');
SELECT pg_temp.refused('dispatcher', format('SELECT registry.close_request(%s, ''compiled'', ''示例'')', :homework),
    '55000', 'known_transition', 'compiled without order');
SELECT pg_temp.refused('recorder', format('SELECT registry.close_request(%s, ''rejected'', ''示例'')', :homework),
    '42501', 'outside_scope', 'rejected by who asked');
SELECT pg_temp.act('dispatcher', format('SELECT registry.close_request(%s, ''rejected'', ''不属志愿服务'')', :homework));

-- 制单
SELECT pg_temp.refused('dispatcher', pg_temp.compiling(:'city', '''{}''', pg_temp.during(3, '09:00', '11:00')),
    '22023', 'order_answers_requests', 'an order of nothing');
SELECT pg_temp.refused('dispatcher', pg_temp.compiling(:'city', format('''{%s}''', :homework), pg_temp.during(3, '09:00', '11:00')),
    '55000', 'known_transition', 'of a request that was rejected');
SELECT pg_temp.refused('recorder', pg_temp.compiling(:'city', format('''{%s}''', :haircut), pg_temp.during(3, '09:00', '11:00')),
    '42501', '', 'dispatchers only');
CREATE ROLE outsider LOGIN IN ROLE registry_dispatcher;
SELECT pg_temp.refused('outsider', pg_temp.compiling(:'city', format('''{%s}''', :haircut), pg_temp.during(3, '09:00', '11:00')),
    '42501', 'not_staff', 'by a dispatcher without appointment');
SELECT pg_temp.refused('dispatcher', pg_temp.compiling(:'city', format('''{%s}''', :haircut), 'empty'),
    '23514', 'order_has_bounds', 'at no time');
SELECT pg_temp.refused('dispatcher', pg_temp.compiling(:'city', format('''{%s}''', :haircut), tstzrange(pg_temp.at(3, '09:00'), NULL)),
    '23514', 'order_has_bounds', 'without end');
SELECT pg_temp.act('dispatcher', pg_temp.compiling(:'city', format('''{%s,%s}''', :haircut, :sweeping), pg_temp.during(3, '09:00', '11:00'))) AS task \gset
SELECT results_eq(format('SELECT count(*) FROM registry.service_request WHERE order_id = %s AND status = ''compiled''', :task),
    'VALUES (2::bigint)', 'two requests in one order');
SELECT pg_temp.refused('dispatcher', pg_temp.compiling(:'city', format('''{%s}''', :haircut), pg_temp.during(3, '09:00', '11:00')),
    '55000', 'known_transition', 'one request in two orders');

SELECT pg_temp.act('dispatcher', format('SELECT registry.withdraw_order(%s, ''cancelled'', ''时间有误'')', :task));
SELECT set_eq(format('SELECT r.request_id, r.status, r.order_id, e.from_status, e.reason FROM registry.service_request r JOIN registry.request_event e USING (request_id)
        WHERE r.request_id IN (%s, %s) AND e.event_id > (SELECT max(event_id) FROM registry.request_event WHERE to_status = ''compiled'')', :haircut, :sweeping),
    format($$VALUES (%s::bigint, 'submitted', NULL::bigint, 'compiled', '时间有误'), (%s, 'submitted', NULL, 'compiled', '时间有误')$$, :haircut, :sweeping), 'who asked for what is cancelled is still waiting');
SELECT pg_temp.act('dispatcher', pg_temp.compiling(:'city', format('''{%s,%s}''', :haircut, :sweeping), pg_temp.during(3, '09:00', '11:00'))) AS second_task \gset
SELECT cmp_ok(:second_task::bigint, '>', :task::bigint, 'and is served by another order');
SELECT :second_task AS task \gset

-- 派单、接单
SELECT pg_temp.refused('dispatcher', format('SELECT registry.dispatch_order(%s, %s)', :task, :elsewhere),
    '42501', 'provider_below_center', 'to an organization of others');
UPDATE registry.organization SET status = 'suspended' WHERE organization_id = :community;
SELECT pg_temp.refused('dispatcher', format('SELECT registry.dispatch_order(%s, %s)', :task, :community),
    '55000', 'organization_active', 'to one that is suspended');
UPDATE registry.organization SET status = 'active' WHERE organization_id = :community;
SELECT pg_temp.act('dispatcher', format('SELECT registry.dispatch_order(%s, %s)', :task, :community));
SELECT pg_temp.refused('dispatcher', format('SELECT registry.dispatch_order(%s, %s)', :task, :district),
    '55000', 'known_transition', 'one open dispatch');
SELECT pg_temp.refused('provider', format('SELECT registry.accept_order(%s, %s, %s)', :task, :district, :project),
    '42501', 'dispatched_to_organization', 'accepted by whom it was not offered to');
SELECT pg_temp.refused('recorder', format('SELECT registry.decline_order(%s, %s, NULL)', :task, :community),
    '23514', 'reason_required', 'declined without reason');
SELECT pg_temp.act('recorder', format('SELECT registry.decline_order(%s, %s, ''无理发师'')', :task, :community));
SELECT pg_temp.act('dispatcher', format('SELECT registry.dispatch_order(%s)', :task));
SELECT pg_temp.refused('provider', format('SELECT registry.decline_order(%s, %s, ''无理发师'')', :task, :district),
    '42501', 'dispatched_to_organization', 'an open call is not declined');
SELECT pg_temp.act('dispatcher', format('SELECT registry.withdraw_order(%s, ''compiled'', ''改派'')', :task));
SELECT pg_temp.act('dispatcher', format('SELECT registry.dispatch_order(%s)', :task));
SELECT pg_temp.refused('recorder', format('SELECT registry.accept_order(%s, %s, %s)', :task, :community, '-1'),
    '23503', 'known_project', 'under no project');
SELECT pg_temp.act('provider', format('SELECT registry.accept_order(%s, %s, %s)', :task, :district, :project)) AS task_activity \gset
SELECT results_eq(format('SELECT title, organization_id, period FROM registry.activity WHERE activity_id = %s', :task_activity),
    format('VALUES (''上门理发'', %s::bigint, %L::tstzrange)', :district, pg_temp.during(3, '09:00', '11:00')), 'accepting publishes the activity');
SELECT pg_temp.refused('recorder', format('SELECT registry.accept_order(%s, %s, %s)', :task, :district, :project),
    '55000', 'known_transition', 'accepted twice');
SELECT pg_temp.refused('provider', format('SELECT registry.cancel_activity(%s, '''')', :task_activity), '23514', 'reason_required', 'cancelled without reason');
SELECT pg_temp.act('provider', format('SELECT registry.cancel_activity(%s, ''理发师生病'')', :task_activity));
SELECT results_eq(format('SELECT o.status, o.activity_id, e.from_status, e.reason FROM registry.service_order o JOIN registry.order_event e USING (order_id)
        WHERE order_id = %s ORDER BY e.event_id DESC LIMIT 1', :task),
    $$VALUES ('declined', NULL::bigint, 'accepted', '理发师生病')$$, 'whoever cancels the activity gives the order back');
SELECT pg_temp.act('dispatcher', format('SELECT registry.dispatch_order(%s, %s)', :task, :district));
SELECT pg_temp.act('provider', format('SELECT registry.accept_order(%s, %s, %s)', :task, :district, :project)) AS second_activity \gset
SELECT cmp_ok(:second_activity::bigint, '>', :task_activity::bigint, 'and may take it again');
SELECT :second_activity AS task_activity \gset
SELECT results_eq(format('SELECT organization_id, answer, answered_by::text COLLATE "default" FROM registry.dispatch WHERE order_id = %s ORDER BY dispatch_id', :task),
    format($$VALUES (%1$s::bigint, 'declined', 'recorder'), (NULL, 'recalled', 'dispatcher'), (%2$s, 'declined', 'provider'), (%2$s, 'accepted', 'provider')$$, :community, :district),
    'who was asked and what they said');

-- Service and report
SELECT pg_temp.refused('provider', format('SELECT registry.begin_order(%s)', :task), '55000', 'activity_begun', 'before the time');
SELECT pg_temp.refused('provider', format('SELECT registry.report_order(%s, 2, ''完成'')', :task), '55000', 'known_transition', 'reported before the service');
SELECT pg_temp.refused('dispatcher', format('SELECT registry.withdraw_order(%s, ''cancelled'', ''示例'')', :task),
    '55000', 'known_transition', 'an accepted order is not cancelled');
-- The tests cannot wait for the day.
UPDATE registry.activity SET period = pg_temp.during(-1, '09:00', '11:00'), backfill_reason = '测试' WHERE activity_id = :task_activity;
SELECT pg_temp.act('provider', format('SELECT registry.begin_order(%s)', :task));
SELECT pg_temp.refused('provider', format('SELECT registry.report_order(%s, NULL, ''完成'')', :task), '23514', 'report_says_who_was_served', 'nobody counted');
SELECT pg_temp.refused('provider', format('SELECT registry.report_order(%s, 2, '''')', :task), '23514', 'report_says_who_was_served', 'nothing told');
SELECT pg_temp.refused('recorder', format('SELECT registry.rate_request(%s, 5)', :haircut), '55000', 'known_transition', 'rated before the report');
SAVEPOINT served;
SELECT pg_temp.act('recorder', format('SELECT registry.report_order(%s, 2, ''完成'')', :task));
SELECT pg_temp.refused('recorder', format('SELECT registry.rate_request(%s, 5)', :haircut), '23514', 'rater_is_not_provider', 'rated by who reported for the provider, from the body above');
ROLLBACK TO SAVEPOINT served;
SELECT pg_temp.act('provider', format('SELECT registry.report_order(%s, 2, ''完成'')', :task));

-- 评单
SELECT pg_temp.refused('provider', format('SELECT registry.rate_request(%s, 5)', :haircut), '42501', 'outside_scope', 'rated by who served');
SELECT pg_temp.act('clerk', format($$SELECT registry.appoint_staff('provider', %s, 'recorder', %s)$$, :community,
    (SELECT person_id FROM registry.staff WHERE role_name = 'provider')));
SELECT pg_temp.refused('provider', format('SELECT registry.rate_request(%s, 5)', :haircut), '23514', 'rater_is_not_provider', 'even with a second duty');
SELECT pg_temp.refused('recorder', format('SELECT registry.rate_request(%s, 6)', :haircut), '23514', 'score_from_one_to_five', 'six of five');
SELECT pg_temp.refused('recorder', format('SELECT registry.rate_request(%s, 5)', :homework), '23503', 'known_request', 'what was never served');
SELECT pg_temp.refused('dispatcher', format('SELECT registry.close_order(%s)', :task), '23514', 'reason_required', 'closed unrated without reason');
SELECT pg_temp.act('recorder', format('SELECT registry.rate_request(%s, 5, ''很好'')', :haircut));
SELECT pg_temp.refused('recorder', format('SELECT registry.rate_request(%s, 4)', :haircut), '23505', 'one_rating_of_a_request', 'rated twice');
SELECT is((SELECT status FROM registry.service_order WHERE order_id = :task), 'reported', 'half rated');
SELECT pg_temp.act('recorder', format('SELECT registry.rate_request(%s, 4)', :sweeping));
SELECT pg_temp.act('dispatcher', format('SELECT registry.close_order(%s)', :task));
SELECT results_eq(format('SELECT to_status FROM registry.order_event WHERE order_id = %s ORDER BY event_id', :task),
    $$VALUES ('compiled'), ('dispatched'), ('declined'), ('dispatched'), ('compiled'), ('dispatched'), ('accepted'), ('declined'), ('dispatched'), ('accepted'), ('in_service'), ('reported'), ('rated'), ('closed')$$,
    'every step is an event');
SELECT pg_temp.refused('dispatcher', 'SELECT registry.close_order(-1)', '23503', 'known_order', 'unknown order');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.order_rating', '42501', 'append_only', 'ratings stay');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.order_event', '42501', 'append_only', 'events stay');
SELECT pg_temp.refused('postgres', 'UPDATE registry.request_event SET reason = NULL', '42501', 'append_only', 'of both kinds');

SELECT is(pg_temp.act('analyst', format($$SELECT string_agg((organization, requests, rejected, orders, accepted, declined, closed, rating, hours_to_accept)::text, '; ')
    FROM report.orders(%1$L, %1$L)$$, registry.today())),
    '(示例市志愿服务联合会,2,0,1,1,1,1,4.50,0.0); (示例社区,1,1,0,0,0,0,,); (合计,3,1,1,1,1,1,4.50,0.0)', 'the report of orders');
SELECT is(pg_temp.act('analyst', format('SELECT sum(requests) FROM report.orders(%L, %L)', registry.today() - 9, registry.today() - 1)), '0', 'of other days');

SELECT * FROM finish();
ROLLBACK;
