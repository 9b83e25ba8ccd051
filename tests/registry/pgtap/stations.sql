BEGIN;
\ir ../acting.sql
\ir ../office.sql
SELECT plan(30);

CREATE FUNCTION pg_temp.opening(organization_id text, plaque text DEFAULT '示例社区志愿服务站', more text DEFAULT '')
RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.open_station(%s, ''community'', %L, ''示例社区居委会'', ''示例站长''%s)', organization_id, plaque, more)
$$;

SELECT pg_temp.act('registrar', pg_temp.opening(:'district')) AS station \gset
SELECT results_eq(
    format('SELECT organization_id, kind, host, head, region::text, opened_on, status FROM registry.station WHERE station_id = %s', :station),
    format($$VALUES (%s::bigint, 'community', '示例社区居委会', '示例站长', '441402000000', registry.today(), 'open')$$, :district),
    'a station where its organization is, from today');
SELECT isnt(pg_temp.act('registrar', pg_temp.opening(:'district', '示例二站', ', ''441403'', ''2020-01-01''')), NULL, 'or elsewhere, and earlier');

-- Refusals
SELECT pg_temp.refused('registrar', pg_temp.opening(:'city', more => ', ''441402'''), '23505', 'one_plaque_in_a_region', 'one plaque in one place');
SELECT pg_temp.refused('registrar', pg_temp.opening(:'district', ' '), '23514', 'station_has_plaque', 'no plaque');
SELECT pg_temp.refused('registrar', pg_temp.opening(:'district', '示例三站', ', ''441499'''), '23503', 'known_region', 'unknown region');
SELECT pg_temp.refused('registrar', pg_temp.opening(:'district', '示例三站', ', NULL, registry.today() + 1'), '23514', 'opened_by_today', 'opened tomorrow');
SELECT pg_temp.refused('registrar', pg_temp.opening(:'district', '示例三站', ', NULL, ''-infinity'''), '23514', 'opened_by_today', 'or before all days');
SELECT pg_temp.refused('registrar', format($$SELECT registry.open_station(%s, 'kiosk', '示例三站', '示例社区', '示例站长')$$, :district),
    '23503', 'known_code', 'unknown kind');
SELECT pg_temp.refused('registrar', format($$SELECT registry.open_station(%s, 'community', '示例三站', '', '示例站长')$$, :district),
    '23514', 'station_has_host', 'no host');
SELECT pg_temp.refused('registrar', format($$SELECT registry.open_station(%s, 'community', '示例三站', '示例社区', NULL)$$, :district),
    '23514', 'name_is_written', 'no head');
SELECT pg_temp.refused('stranger', pg_temp.opening(:'district', '示例三站'), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('registrar', pg_temp.opening('-1', '示例三站'), '42501', 'outside_scope', 'unknown organization');
SELECT pg_temp.refused('recorder', pg_temp.opening(:'district', '示例三站'), '42501', '', 'registrars only');

-- Head
SELECT pg_temp.act('registrar', format($$SELECT registry.change_station_head(%s, '示例新站长')$$, :station));
SELECT is(head, '示例新站长', 'a new head') FROM registry.station WHERE station_id = :station;
SELECT pg_temp.refused('registrar', format($$SELECT registry.change_station_head(%s, '')$$, :station), '23514', 'name_is_written', 'a head without name');
SELECT pg_temp.refused('registrar', $$SELECT registry.change_station_head(-1, '示例')$$, '23503', 'known_station', 'unknown station');
SELECT pg_temp.refused('stranger', format($$SELECT registry.change_station_head(%s, '示例')$$, :station), '42501', 'not_staff', 'no appointment');

-- Activities at a station
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('示例项目', %s, '0001')$$, :'district')) AS project \gset
CREATE FUNCTION pg_temp.holding(project text, station text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.create_activity(%s, ''示例活动'', tstzrange(now() + interval ''1 day'', now() + interval ''2 days''), station_id => %s)', project, station)
$$;
SELECT pg_temp.act('recorder', pg_temp.holding(:'project', :'station')) AS activity \gset
SELECT is(station_id, :station::bigint, 'an activity at a station') FROM registry.activity WHERE activity_id = :activity;
SELECT pg_temp.refused('recorder', pg_temp.holding(:'project', '-1'), '23503', 'known_station', 'at no station');

-- Closing
SELECT pg_temp.refused('registrar', format($$SELECT registry.close_station(%s, ' ')$$, :station), '23514', 'reason_required', 'closed without reason');
SELECT pg_temp.refused('stranger', format($$SELECT registry.close_station(%s, '搬迁')$$, :station), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.act('registrar', format($$SELECT registry.close_station(%s, '搬迁')$$, :station));
SELECT results_eq(format('SELECT status, closed_on FROM registry.station WHERE station_id = %s', :station),
    $$VALUES ('closed', registry.today())$$, 'closed today');
SELECT results_eq(
    format('SELECT from_status, to_status, reason, actor::text COLLATE "default" FROM registry.station_event WHERE station_id = %s ORDER BY event_id', :station),
    $$VALUES (NULL, 'open', NULL, 'registrar'), ('open', 'closed', '搬迁', 'registrar')$$, 'every change is an event');
SELECT pg_temp.refused('registrar', format($$SELECT registry.close_station(%s, '搬迁')$$, :station), '55000', 'station_open', 'closed twice');
SELECT pg_temp.refused('registrar', format($$SELECT registry.change_station_head(%s, '示例')$$, :station), '55000', 'station_open', 'no head of a closed station');
SELECT pg_temp.refused('recorder', pg_temp.holding(:'project', :'station'), '55000', 'station_open', 'no activity at a closed station');
SELECT lives_ok(format('SELECT pg_temp.act(''registrar'', %L)', pg_temp.opening(:'district')), 'its plaque is free again');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.station_event', '42501', 'append_only', 'events stay');
SELECT pg_temp.refused('postgres', format('UPDATE registry.station SET closed_on = NULL WHERE station_id = %s', :station),
    '23514', 'closed_after_opened', 'closed has its day');

SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'suspended', '示例理由')$$, :district));
SELECT pg_temp.refused('registrar', pg_temp.opening(:'district', '示例三站'), '55000', 'organization_active', 'suspended organization');

SELECT * FROM finish();
ROLLBACK;
