BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(70);

CREATE FUNCTION pg_temp.signing(in_or_out text, shift text, volunteer_no text, method text DEFAULT 'qr') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.sign_%s(%s, %L, %L)', in_or_out, shift, volunteer_no, method)
$$;
-- A shift with everybody confirmed on it.
CREATE FUNCTION pg_temp.manned_shift(activity text, period tstzrange, VARIADIC volunteer_no text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    shift text;
    who text;
BEGIN
    shift := pg_temp.act('recorder', format('SELECT registry.create_shift(%s, %L, ''引导'', 20)', activity, period));
    FOREACH who IN ARRAY volunteer_no LOOP
        PERFORM pg_temp.act('recorder', format('SELECT registry.sign_up(%s, %L)', shift, who));
        PERFORM pg_temp.act('recorder', format('SELECT registry.decide_signup(%s, %L, ''confirmed'')', shift, who));
    END LOOP;
    RETURN shift;
END
$$;
-- Nobody can wait for hours, so the open sign-in of a volunteer is moved into the past, or to a shift that is over.
CREATE FUNCTION pg_temp.arrived(volunteer_no text, since timestamptz, closes timestamptz DEFAULT NULL, shift text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE registry.checkin c
    SET signed_in_at = since, closes_at = coalesce(closes, closes_at), shift_id = coalesce(shift::bigint, shift_id)
    FROM registry.volunteer v
    WHERE v.volunteer_no = arrived.volunteer_no::volunteer_no AND c.volunteer_id = v.volunteer_id AND c.status = 'in';
    RESET session_replication_role;
END
$$;

-- What of a stay is service: whole minutes, within the shift, each day for itself
SELECT is((SELECT string_agg(format('%s-%s', to_char(lower(p) AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI'), to_char(upper(p) AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI')), ' ')
    FROM registry.served(tstzrange('2026-03-01 09:00+08', '2026-03-01 17:00+08'), signed_in::timestamptz, signed_out::timestamptz) AS p), service, description)
FROM (VALUES
    ('2026-03-01 09:30+08', '2026-03-01 11:00+08', '01 09:30-01 11:00', 'within the shift'),
    ('2026-03-01 08:40+08', '2026-03-01 18:00+08', '01 09:00-01 17:00', 'early and late count nothing'),
    ('2026-03-01 09:30:00.000001+08', '2026-03-01 10:00:59.999999+08', '01 09:31-01 10:00', 'begun minutes count nothing'),
    ('2026-03-01 09:30:10+08', '2026-03-01 09:30:50+08', NULL, 'less than a minute'),
    ('2026-03-01 08:40+08', '2026-03-01 08:59+08', NULL, 'gone before the shift'),
    ('2026-03-01 10:00+08', '2026-03-01 09:00+08', NULL, 'gone before arrival')
) AS t (signed_in, signed_out, service, description);
SELECT results_eq($$SELECT registry.served('[2026-03-01 20:00+08,2026-03-02 04:00+08)', '2026-03-01 19:50+08', '2026-03-02 02:00+08')$$,
    $$VALUES (tstzrange('2026-03-01 20:00+08', '2026-03-02 00:00+08')), (tstzrange('2026-03-02 00:00+08', '2026-03-02 02:00+08'))$$, 'a night is two days');
SELECT results_eq($$SELECT registry.served('[2026-03-01 20:00+08,2026-03-02 00:00+08)', '2026-03-01 20:00+08', '2026-03-02 00:00+08')$$,
    $$VALUES (tstzrange('2026-03-01 20:00+08', '2026-03-02 00:00+08'))$$, 'until midnight is one');

-- In and out
SELECT pg_temp.enrol('示例丙', 3, :'district', registry.today() - 200) AS cid \gset
SELECT pg_temp.enrol('示例丁', 4, :'district', registry.today() - 200) AS dan \gset
SELECT pg_temp.enrol('示例戊', 5, :'district', registry.today() - 200) AS eve \gset
SELECT pg_temp.enrol('示例己', 6, :'district', registry.today() - 200) AS fay \gset
SELECT pg_temp.enrol('示例庚', 7, :'district', registry.today() - 200) AS gus \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '社区服务日', %L, backfill_reason => '补录')$$,
    :project, tstzrange(pg_temp.at(-3, '00:00'), pg_temp.at(3, '00:00')))) AS held \gset
SELECT pg_temp.manned_shift(:'held', tstzrange(now() - interval '5 hours', now() + interval '1 hour'), :'ann', :'ben', :'cid', :'fay', :'gus') AS shift \gset
SELECT clock_timestamp() AS before \gset
SAVEPOINT early;
SELECT ok(clock_timestamp() + interval '2 minutes' >= ANY (pg_temp.deadlines('recorder', pg_temp.signing('in', :'shift', :'ann'))), 'who signs in has done so within a minute');
ROLLBACK TO SAVEPOINT early;
SELECT pg_temp.act('recorder', pg_temp.signing('in', :'shift', :'ann')) AS checkin \gset
SELECT cmp_ok(signed_in_at, '>=', :'before', 'arrival is when it is said, however long ago the transaction began') FROM registry.checkin WHERE checkin_id = :checkin;
SELECT pg_temp.refused('recorder', pg_temp.signing('in', :'shift', :'ann'), '23505', 'signed_in_once', 'signed in twice');
SELECT is(pg_temp.act('recorder', pg_temp.signing('out', :'shift', :'ann')), '0', 'a stay of no minute');
SELECT results_eq(format('SELECT status, batch_id FROM registry.checkin WHERE checkin_id = %s', :checkin), $$VALUES ('out', NULL::bigint)$$, 'is no record');
SELECT pg_temp.refused('recorder', pg_temp.signing('out', :'shift', :'ann'), '23503', 'known_checkin', 'signed out twice');
SELECT pg_temp.act('recorder', pg_temp.signing('in', :'shift', :'ann')) AS checkin \gset
SELECT pg_temp.refused('stranger', pg_temp.signing('out', :'shift', :'ann'), '42501', 'not_staff', 'nobody without appointment signs out');
SELECT pg_temp.refused('recorder', pg_temp.signing('out', pg_temp.manned_shift(:'held', pg_temp.during(2, '08:00', '10:00'), :'ann'), :'ann'),
    '23503', 'known_checkin', 'signed out of another shift');
SELECT pg_temp.open_batch(:'district') \g /dev/null
SELECT pg_temp.arrived(:'ann', now() - interval '3 hours');
SELECT cmp_ok(pg_temp.act('recorder', pg_temp.signing('out', :'shift', :'ann', 'nfc'))::integer, '>=', 178, 'three hours, whole minutes');
SELECT batch_id AS batch FROM registry.checkin WHERE checkin_id = :checkin \gset
SELECT results_eq(format($$SELECT b.source, b.recorded_by::text COLLATE "default", b.back_fill, r.status, r.entry_method::integer, r.nature::integer, r.post, r.activity_id
        FROM registry.service_record r JOIN registry.record_batch b USING (batch_id) WHERE batch_id = %s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8$$, :batch),
    format($$VALUES ('checkin', 'recorder', false, 'submitted', 4, 1, '引导', %s::bigint)$$, :held), 'is a measured record that awaits review');
SELECT results_eq(format('SELECT period FROM registry.service_record WHERE batch_id = %s ORDER BY period', :batch),
    format($$SELECT p FROM registry.checkin c JOIN registry.shift s USING (shift_id), registry.served(s.period, c.signed_in_at, now()) AS p WHERE checkin_id = %s ORDER BY p$$, :checkin),
    'from arrival to the beginning of the transaction that ends it');
SELECT results_eq(format('SELECT from_status, to_status, method, actor::text COLLATE "default" FROM registry.checkin_event WHERE checkin_id = %s ORDER BY event_id', :checkin),
    $$VALUES (NULL, 'in', 'qr', 'recorder'), ('in', 'out', 'nfc', 'recorder')$$, 'both are events');

-- What was measured and what was called out
SELECT pg_temp.act('recorder', pg_temp.signing('in', :'shift', v, m)), pg_temp.arrived(v, now() - interval '2 hours')
FROM (VALUES (:'ben', 'face'), (:'cid', 'manual')) AS t (v, m) \g /dev/null
SELECT pg_temp.act('recorder', pg_temp.signing('out', :'shift', :'cid', 'qr')) AS minutes \gset
SELECT results_eq($$SELECT v.volunteer_no::text FROM registry.checkin c JOIN registry.volunteer v USING (volunteer_id) WHERE c.status = 'in'$$,
    ARRAY[:'ben'], 'one of two signs out');
SELECT pg_temp.act('recorder', pg_temp.signing('out', :'shift', :'ben', 'face')) AS minutes \gset
SELECT results_eq(format($$SELECT volunteer_no::text, entry_method::integer, nature::integer FROM registry.service_record JOIN registry.volunteer USING (volunteer_id)
        WHERE batch_id = %s AND volunteer_no::text <> %L GROUP BY 1, 2, 3 ORDER BY entry_method DESC$$, :batch, :'ann'),
    format($$VALUES (%L, 3, 1), (%L, 1, 2)$$, :'ben', :'cid'), 'a face is measured, a name called out is declared; one batch a day');

-- Refusals
SELECT pg_temp.refused('recorder', pg_temp.signing('in', :'shift', :'dan'), '55000', 'confirmed_on_shift', 'without a place');
SELECT pg_temp.act('recorder', format('SELECT registry.sign_up(%s, %L)', :shift, :'dan'));
SELECT pg_temp.refused('recorder', pg_temp.signing('in', :'shift', :'dan'), '55000', 'confirmed_on_shift', 'with a place that was only asked for');
SELECT pg_temp.refused('recorder', pg_temp.signing('in', :'shift', :'ben', 'phone'), '23514', 'checkin_method', 'an unknown method');
SELECT pg_temp.refused('recorder', format('SELECT registry.sign_in(%s, %L, NULL)', :shift, :'ben'), '23514', 'only_closed_without_method', 'no method');
SELECT pg_temp.refused('recorder', pg_temp.signing('in', '-1', :'ben'), '23503', 'known_shift', 'an unknown shift');
SELECT pg_temp.refused('recorder', pg_temp.signing('out', '-1', :'ben'), '23503', 'known_shift', 'an unknown shift at the end');
SELECT pg_temp.refused('stranger', pg_temp.signing('in', :'shift', :'ben'), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('reviewer', pg_temp.signing('in', :'shift', :'ben'), '42501', '', 'reviewers do not record');
SELECT pg_temp.refused('recorder', pg_temp.signing('in', pg_temp.manned_shift(:'held', period, :'dan'), :'dan'), '55000', 'shift_takes_place', description)
FROM (VALUES
    (tstzrange(now() - interval '2 days', now() - interval '1 day'), 'a shift that is over'),
    (tstzrange(now() + interval '61 minutes', now() + interval '2 hours'), 'a shift that is an hour away')
) AS t (period, description);
SELECT pg_temp.manned_shift(:'held', tstzrange(now() + interval '62 minutes', now() + interval '2 hours'), :'cid') AS soon \gset
SELECT registry.set_policy('checkin_early_minutes', 90, '测试', '441402');
SELECT lives_ok(format('SELECT pg_temp.act(''recorder'', %L)', pg_temp.signing('in', :'soon', :'cid')), 'where the policy lets people come earlier');
SELECT is(pg_temp.act('recorder', pg_temp.signing('out', :'soon', :'cid')), '0', 'which counts nothing');
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '演练', %L, drill => true, backfill_reason => '补录')$$,
    :project, tstzrange(pg_temp.at(-3, '00:00'), pg_temp.at(3, '00:00')))) AS drill \gset
SELECT pg_temp.refused('recorder', pg_temp.signing('in', pg_temp.manned_shift(:'drill', tstzrange(now() - interval '1 hour', now() + interval '1 hour'), :'eve'), :'eve'),
    '23514', 'drill_is_not_service', 'a drill');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'suspended', '核实')$$, :'ben'));
SELECT pg_temp.refused('recorder', pg_temp.signing('in', :'shift', :'ben'), '23514', 'volunteer_active', 'a suspended volunteer');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'active', '属实')$$, :'ben'));

-- A late entry is not dressed as check-in
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'eve', :'activity', pg_temp.during(-2, '09:00', '10:00'), ', NULL, ' || method),
    '23514', 'entered_by_hand', description)
FROM (VALUES (1, 'no entry by hand in a batch of check-ins'), (4, 'nor under the name of one')) AS t (method, description);

-- Who signed somebody in has recorded
CREATE ROLE colleague LOGIN IN ROLE registry_recorder, registry_reviewer;
SELECT pg_temp.act('clerk', pg_temp.appointing('colleague', :'city', 'recorder')) AS staff \gset
SELECT registry.appoint_staff('colleague', :district, 'reviewer', (SELECT person_id FROM registry.staff WHERE role_name = 'colleague')) AS staff \gset
SELECT pg_temp.act('colleague', pg_temp.signing('in', :'shift', :'fay')) AS checkin \gset
SELECT pg_temp.arrived(:'fay', now() - interval '30 minutes');
SELECT pg_temp.act('recorder', pg_temp.signing('out', :'shift', :'fay')) AS minutes \gset
SELECT pg_temp.refused('colleague', format('SELECT registry.review_batch(%s, true)', :batch), '23514', 'reviewer_is_not_recorder', 'and does not review it');
CREATE ROLE helper LOGIN IN ROLE registry_recorder;
SELECT registry.appoint_staff('helper', :district, 'recorder', (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben')) AS staff \gset
SELECT pg_temp.refused('helper', pg_temp.signing('in', :'shift', :'ben'), '23514', 'recorder_is_not_volunteer', 'nobody signs in oneself');
SELECT pg_temp.act('recorder', pg_temp.signing('in', :'shift', :'ben')) AS checkin \gset
SELECT pg_temp.refused('helper', pg_temp.signing('out', :'shift', :'ben'), '23514', 'recorder_is_not_volunteer', 'nor out');
SELECT pg_temp.act('recorder', pg_temp.signing('out', :'shift', :'ben')) AS minutes \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, true)', :batch));
SELECT pg_temp.act('recorder', pg_temp.signing('in', :'shift', :'gus')) AS checkin \gset
SELECT pg_temp.arrived(:'gus', now() - interval '20 minutes');
SELECT pg_temp.act('recorder', pg_temp.signing('out', :'shift', :'gus')) AS minutes \gset
SELECT isnt(batch_id, :batch::bigint, 'after the review a new batch begins') FROM registry.checkin WHERE checkin_id = :checkin;

-- A batch is of one recorder, one organization and one day
CREATE FUNCTION pg_temp.stay(recorder text, shift text, volunteer_no text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.act('recorder', pg_temp.signing('in', shift, volunteer_no, 'face'));
    PERFORM pg_temp.arrived(volunteer_no, now() - interval '10 minutes');
    PERFORM pg_temp.act(recorder, pg_temp.signing('out', shift, volunteer_no));
    RETURN (SELECT c.batch_id FROM registry.checkin c JOIN registry.volunteer v USING (volunteer_id)
        WHERE v.volunteer_no = stay.volunteer_no::volunteer_no ORDER BY c.checkin_id DESC LIMIT 1);
END
$$;
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('联合行动', %s, '0001')$$, :city)) AS united \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '联合服务日', %L, backfill_reason => '补录')$$,
    :united, tstzrange(pg_temp.at(-3, '00:00'), pg_temp.at(3, '00:00')))) AS joint \gset
SELECT n, pg_temp.enrol('示例' || n, n, :'district', registry.today() - 200) AS volunteer_no INTO TEMP guest FROM generate_series(11, 16) AS n;
SELECT pg_temp.manned_shift(:'held', tstzrange(now() - interval '1 hour', now() + interval '1 hour'),
    VARIADIC ARRAY(SELECT volunteer_no FROM guest WHERE n < 14)) AS guests_shift \gset
SELECT pg_temp.manned_shift(:'joint', tstzrange(now() - interval '1 hour', now() + interval '1 hour'),
    VARIADIC ARRAY(SELECT volunteer_no FROM guest WHERE n = 16)) AS joint_shift \gset
SELECT batch_id AS today FROM registry.checkin WHERE checkin_id = :checkin \gset
SELECT is(pg_temp.stay('recorder', :'guests_shift', volunteer_no), :today::bigint, 'goes on') FROM guest WHERE n = 11;
SELECT is(entry_method::integer, 4, 'a face at one end only') FROM registry.service_record WHERE volunteer_id = (
    SELECT volunteer_id FROM registry.volunteer JOIN guest ON guest.volunteer_no = volunteer.volunteer_no::text WHERE n = 11);
SELECT isnt(pg_temp.stay('colleague', :'guests_shift', volunteer_no), :today::bigint, 'not of another recorder') FROM guest WHERE n = 12;
SELECT isnt(pg_temp.stay('recorder', :'joint_shift', volunteer_no), :today::bigint, 'nor of another organization') FROM guest WHERE n = 16;
ALTER TABLE registry.record_batch DISABLE TRIGGER USER;
UPDATE registry.record_batch SET recorded_at = recorded_at - interval '1 day' WHERE batch_id = :today;
ALTER TABLE registry.record_batch ENABLE TRIGGER USER;
SELECT isnt(pg_temp.stay('recorder', :'guests_shift', volunteer_no), :today::bigint, 'nor of yesterday') FROM guest WHERE n = 13;

-- Until when it may be ended: the midnight after a shift of at most a day, else the next one
SELECT pg_temp.act('recorder', pg_temp.signing('in', pg_temp.manned_shift(:'held', tstzrange(now() - interval '1 hour', now() + interval '1 hour' * h), v), v))
FROM (SELECT CASE n WHEN 14 THEN 23 ELSE 47 END, volunteer_no FROM guest WHERE n IN (14, 15)) AS s (h, v) \g /dev/null
SELECT results_eq($$SELECT (c.closes_at AT TIME ZONE 'Asia/Shanghai')::date FROM registry.checkin c JOIN registry.shift s USING (shift_id)
        WHERE c.status = 'in' AND upper(s.period) - lower(s.period) >= interval '24 hours' ORDER BY upper(s.period)$$,
    $$VALUES (((now() + interval '23 hours') AT TIME ZONE 'Asia/Shanghai')::date + 1), (registry.today() + 1)$$, 'it closes at midnight');
SELECT pg_temp.act('recorder', pg_temp.signing('out', c.shift_id::text, v.volunteer_no::text))
FROM registry.checkin c JOIN registry.volunteer v USING (volunteer_id) WHERE c.status = 'in' \g /dev/null

-- Rule 7: nobody signs out
SELECT pg_temp.manned_shift(:'held', pg_temp.during(-1, '14:00', '17:00'), :'ann', :'ben', :'fay') AS evening \gset
SELECT pg_temp.act('recorder', pg_temp.signing('in', :'shift', v)), pg_temp.arrived(v, pg_temp.at(-1, '15:20'), pg_temp.at(0, '00:00'), :'evening')
FROM (VALUES (:'ann'), (:'ben'), (:'fay')) AS t (v) \g /dev/null
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'suspended', '核实')$$, :'fay'));
SELECT pg_temp.act('recorder', pg_temp.signing('in', :'shift', :'gus')) AS waiting \gset
SELECT pg_temp.refused('recorder', pg_temp.signing('out', :'evening', :'ann'), '55000', 'signed_out_in_time', 'signed out the day after');
SELECT pg_temp.open_batch(:'district') AS roster \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'roster', :'ben', :'held', pg_temp.during(-1, '16:00', '16:30'))) AS record \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'roster', :'ann', :'held', pg_temp.during(-1, '16:00', '16:30'))) AS void \gset
SELECT pg_temp.act('recorder', format('SELECT registry.void_record(%s, ''误录'')', :void));
SELECT pg_temp.refused('recorder', 'SELECT registry.close_checkins()', '42501', '', 'closing is the nightly job''s');
SELECT is(pg_temp.act('clerk', 'SELECT registry.close_checkins()'), '3', 'what is over is closed');
SELECT is(count(*), 1::bigint, 'in one batch of the organization') FROM registry.record_batch WHERE recorded_by = 'clerk';
SELECT results_eq('SELECT count(*) FROM registry.checkin WHERE status = ''in''', 'VALUES (1::bigint)', 'what is not stays open');
SELECT is(pg_temp.act('clerk', 'SELECT registry.close_checkins()'), '0', 'and nothing is closed twice');
SELECT results_eq(format($$SELECT r.period, r.minutes, r.live, r.entry_method::integer, b.source, b.recorded_by::text COLLATE "default"
        FROM registry.checkin c JOIN registry.record_batch b USING (batch_id) JOIN registry.service_record r USING (batch_id)
        WHERE c.status = 'closed'$$), $$VALUES (pg_temp.during(-1, '15:20', '17:00'), 0, true, 0, 'checkin', 'clerk')$$,
    'with zero minutes until the shift ended, but no second record of the same time, nor one of who is suspended');
SELECT results_eq($$SELECT actor::text COLLATE "default", method, from_status FROM registry.checkin_event WHERE to_status = 'closed' GROUP BY 1, 2, 3$$,
    $$VALUES ('clerk', NULL, 'in')$$, 'each is an event');
SELECT r.record_id AS zero FROM registry.checkin c JOIN registry.service_record r USING (batch_id) WHERE c.status = 'closed' \gset
SELECT pg_temp.refused('recorder', format('SELECT registry.correct_record(%s, %L, ''忘记签退'')', :zero, pg_temp.during(-1, '15:20', '17:01')),
    '23514', 'within_shift', 'a correction goes no further than the shift');
SELECT pg_temp.act('recorder', format('SELECT new_record_id FROM registry.correct_record(%s, %L, ''忘记签退'')', :zero, pg_temp.during(-1, '15:20', '17:00'))) AS corrected \gset
SELECT results_eq(format('SELECT status, minutes, nature::integer FROM registry.service_record WHERE record_id IN (%s, %s) ORDER BY record_id', :zero, :corrected),
    $$VALUES ('superseded', 0, 1), ('submitted', 100, 2)$$, 'a correction counts as declared, after its own review');

-- Nothing is taken back
SELECT throws_ok(statement, '42501', NULL, statement) FROM unnest(ARRAY[
    'UPDATE registry.checkin SET signed_in_at = signed_in_at - interval ''1 hour''',
    'UPDATE registry.checkin SET closes_at = ''infinity''',
    'DELETE FROM registry.checkin_event',
    'UPDATE registry.checkin_event SET at = at - interval ''1 hour''',
    'TRUNCATE registry.checkin CASCADE']) AS statement;
SELECT pg_temp.refused('recorder', statement, '42501', '', statement) FROM unnest(ARRAY[
    'INSERT INTO registry.checkin_event DEFAULT VALUES', 'SELECT registry.checkin_batch(1)']) AS statement;
SELECT is_empty('SELECT * FROM registry.check_hours()', 'the totals are what the records say');

-- Who came early to what is cancelled has served nothing, and may go elsewhere
SELECT pg_temp.enrol('示例辛', 8, :'district', registry.today() - 200) AS hal \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '清晨集合', %L)$$,
    :project, tstzrange(now() + interval '10 minutes', now() + interval '4 hours'))) AS dropped \gset
SELECT pg_temp.manned_shift(:'dropped', tstzrange(now() + interval '10 minutes', now() + interval '4 hours'), :'hal') AS early \gset
SELECT pg_temp.act('recorder', pg_temp.signing(m, :'early', :'hal')) FROM unnest('{in,out}'::text[]) AS m \g /dev/null
SELECT pg_temp.act('recorder', pg_temp.signing('in', :'early', :'hal')) AS checkin \gset
SELECT pg_temp.act('recorder', format('SELECT registry.cancel_activity(%s, ''暴雨'')', :dropped));
SELECT results_eq(format('SELECT status, batch_id FROM registry.checkin WHERE checkin_id = %s', :checkin), $$VALUES ('closed', NULL::bigint)$$, 'let go when the activity is cancelled');
SELECT results_eq(format('SELECT to_status, reason FROM registry.checkin_event WHERE checkin_id = %s ORDER BY event_id DESC LIMIT 1', :checkin),
    $$VALUES ('closed', '暴雨')$$, 'which is an event');
SELECT is(count(*), 1::bigint, 'not again of who was gone before') FROM registry.checkin WHERE shift_id = :early AND status = 'closed';
SELECT is(status, 'in', 'nor of who serves elsewhere') FROM registry.checkin WHERE checkin_id = :waiting;

SELECT * FROM finish();
ROLLBACK;
