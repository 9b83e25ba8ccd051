BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(15);

-- Ann has served ten hours, two more await review; she stands on two shifts to come and on one that has begun.
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-3, '08:00', '18:00'))) AS record \gset
SELECT pg_temp.take_effect(:'batch') AS done \gset
SELECT pg_temp.open_batch(:'district') AS waiting \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'waiting', :'ann', :'activity', pg_temp.during(-2, '08:00', '10:00'))) AS record \gset
SELECT volunteer.flush_hours();
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '以后', %L)$$, :'project',
    tstzrange(now() + interval '1 hour', now() + interval '30 days'))) AS later \gset
SELECT pg_temp.act('recorder', format('SELECT registry.create_shift(%s, %L, ''引导'', 5)', :later,
    tstzrange(now() + make_interval(hours => n), now() + make_interval(hours => n + 1)))) AS shift
FROM generate_series(1, 2) AS n \g /dev/null
SELECT pg_temp.act('recorder', format('SELECT registry.sign_up(%s, %L)', shift_id, :'ann')) FROM registry.shift \g /dev/null
SELECT min(shift_id) AS sure, max(shift_id) AS asked FROM registry.shift \gset
SELECT pg_temp.act('recorder', format('SELECT registry.decide_signup(%s, %L, ''confirmed'')', :sure, :'ann')) \g /dev/null
INSERT INTO registry.shift (activity_id, period, post, capacity)
SELECT :activity, tstzrange(now() - interval '1 hour', now() + interval '1 hour'), '进行中', 1;
SELECT max(shift_id) AS begun FROM registry.shift \gset
INSERT INTO registry.signup (volunteer_id, shift_id, period, status, unmet)
SELECT volunteer_id, :begun, s.period, 'confirmed', '{}' FROM registry.volunteer, registry.shift s WHERE volunteer_no = :'ann' AND s.shift_id = :begun;
SELECT volunteer_id AS ann_id, person_id AS ann_person FROM registry.volunteer WHERE volunteer_no = :'ann' \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.add_member(%s, %L, 'leader')$$, :city, :'ann')) \g /dev/null
SELECT pg_temp.act('registrar', format($$SELECT registry.add_member(%s, %L, 'backbone', registry.today() + 7)$$, :district, :'ann')) \g /dev/null

SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'suspended', '暂停')$$, :'ann')) \g /dev/null
SELECT is_empty('SELECT * FROM registry.settlement', 'a suspension settles nothing');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'withdrawn', '迁居')$$, :'ann')) \g /dev/null
SELECT results_eq('SELECT volunteer_id, hours::text, records, pending_records, signups_ended, memberships_ended FROM registry.settlement',
    format($$VALUES (%s::bigint, '10:00', 1::bigint, 1::bigint, 2::bigint, 3::bigint)$$, :ann_id), 'what stood when she left');
SELECT results_eq('SELECT to_status, reason FROM registry.settlement JOIN registry.volunteer_event USING (volunteer_id, event_id)',
    $$VALUES ('withdrawn', '迁居')$$, 'with the event it belongs to');
SELECT results_eq(format('SELECT shift_id, status, unmet FROM registry.signup WHERE volunteer_id = %s ORDER BY shift_id', :ann_id),
    format($$VALUES (%s::bigint, 'withdrawn', NULL::text[]), (%s, 'withdrawn', NULL), (%s, 'confirmed', '{}')$$, :sure, :asked, :begun),
    'she is off the shifts to come');
SELECT results_eq(format('SELECT shift_id, from_status, actor::text COLLATE "default", reason FROM registry.signup_event WHERE volunteer_id = %s AND to_status = ''withdrawn'' ORDER BY shift_id', :ann_id),
    format($$VALUES (%s::bigint, 'confirmed', 'registrar', '迁居'), (%s, 'requested', 'registrar', '迁居')$$, :sure, :asked), 'which are events');
SELECT is(count(*), 0::bigint, 'and in no team') FROM registry.membership WHERE person_id = :ann_person AND valid @> registry.today();
SELECT is(count(*), 0::bigint, 'now or later') FROM registry.membership WHERE person_id = :ann_person AND valid @> registry.today() + 7;
SELECT is(hours::text, '10:00', 'her hours stay') FROM registry.volunteer_hours WHERE volunteer_id = :ann_id;
SELECT pg_temp.take_effect(:'waiting') AS done \gset
SELECT volunteer.flush_hours();
SELECT is(hours::text, '12:00', 'and what was pending is decided as always') FROM registry.volunteer_hours WHERE volunteer_id = :ann_id;
SELECT is(hours::text, '10:00', 'the settlement says what stood then') FROM registry.settlement;

-- She returns, and is a member again, and leaves again
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'active', '回来', '登记表 2 号')$$, :'ann')) \g /dev/null
SELECT results_eq(format('SELECT organization_id, role FROM registry.membership WHERE person_id = %s AND valid @> registry.today()', :ann_person),
    format($$VALUES (%s::bigint, 'member')$$, :district), 'a member again');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'deceased', '去世')$$, :'ann')) \g /dev/null
SELECT is(count(*), 2::bigint, 'two exits') FROM registry.settlement;
SELECT results_eq($$SELECT hours::text, signups_ended, memberships_ended FROM registry.settlement ORDER BY event_id DESC LIMIT 1$$,
    $$VALUES ('12:00', 0::bigint, 1::bigint)$$, 'the second one');
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.settlement', '42501', 'append_only', 'settlements stay');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'removed', '不履行义务')$$, :'ben')) \g /dev/null
SELECT is(hours::text, '0:00', 'who never served has no hours') FROM registry.settlement s JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = :'ben';

SELECT * FROM finish();
ROLLBACK;
