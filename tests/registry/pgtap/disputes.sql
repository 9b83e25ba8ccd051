BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(42);

CREATE ROLE arbiter LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.act('clerk', pg_temp.appointing('arbiter', :'city', 'reviewer')) AS staff \gset

CREATE FUNCTION pg_temp.disputing(record text, party text DEFAULT 'public', ground text DEFAULT '当天未见到人') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.raise_dispute(%s, %L, %L)', record, party, ground)
$$;
CREATE FUNCTION pg_temp.deciding(dispute text, uphold boolean, reason text DEFAULT '查签到表') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.decide_dispute(%s, %L, %L)', dispute, uphold, reason)
$$;
CREATE FUNCTION pg_temp.state(record text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', status, CASE WHEN effective THEN 'counts' END, CASE WHEN live THEN 'occupies' END)
    FROM registry.service_record WHERE record_id = record::bigint
$$;
CREATE FUNCTION pg_temp.hours(volunteer_no text) RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.flush_hours();
    SELECT h.hours::text FROM registry.volunteer_hours h JOIN registry.volunteer v USING (volunteer_id)
    WHERE v.volunteer_no = hours.volunteer_no::volunteer_no
$$;

-- What counts stops counting, and counts again when the dispute is rejected
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-2, '09:00', '11:00'))) AS record \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-3, '09:00', '12:00'))) AS other \gset
SELECT pg_temp.refused('recorder', pg_temp.disputing(:'record'), '55000', 'known_transition', 'what awaits review is refused there');
SELECT pg_temp.take_effect(:'batch') AS done \gset
SELECT is(pg_temp.hours(:'ann'), '5:00', 'five hours');
SELECT pg_temp.act('recorder', pg_temp.disputing(:'record')) AS dispute \gset
SELECT is(pg_temp.state(:'record'), 'disputed occupies', 'a disputed record keeps its time');
SELECT is(pg_temp.hours(:'ann'), '3:00', 'and does not count');
SELECT is_empty('SELECT * FROM registry.check_hours()', 'as the totals agree');
SELECT results_eq(format('SELECT party, ground, record_status, status FROM registry.dispute WHERE dispute_id = %s', :dispute),
    $$VALUES ('public', '当天未见到人', 'effective', 'open')$$, 'who doubts and why');
SELECT pg_temp.refused('recorder', pg_temp.disputing(:'record'), '55000', 'known_transition', 'disputed twice');
SELECT pg_temp.refused('reviewer', format('SELECT registry.void_record(%s, ''未到场'')', :record), '55000', 'dispute_is_decided', 'no void beside the dispute');
SELECT pg_temp.refused('recorder', format('SELECT registry.correct_record(%s, %L, ''改短'')', :record, pg_temp.during(-2, '09:00', '10:00')),
    '55000', 'known_transition', 'nor a correction');
SELECT pg_temp.refused('recorder', pg_temp.serving(pg_temp.open_batch(:'district'), :'ann', :'activity', pg_temp.during(-2, '10:00', '10:30')),
    '23514', 'no_overlap', 'nor another record of that time');

-- Who decides
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'dispute', false), '23514', 'decider_is_not_involved', 'not who reviewed');
CREATE ROLE two_hats LOGIN IN ROLE registry_reviewer;
SELECT registry.appoint_staff('two_hats', :district, 'reviewer', (SELECT person_id FROM registry.staff WHERE role_name = 'recorder')) AS staff \gset
SELECT pg_temp.refused('two_hats', pg_temp.deciding(:'dispute', false), '23514', 'decider_is_not_involved', 'not who recorded, under another role');
CREATE ROLE complainant LOGIN IN ROLE registry_recorder, registry_reviewer;
SELECT pg_temp.act('clerk', pg_temp.appointing('complainant', :'city', 'recorder')) AS staff \gset
SELECT registry.appoint_staff('complainant', :district, 'reviewer', (SELECT person_id FROM registry.staff WHERE role_name = 'complainant')) AS staff \gset
SELECT pg_temp.act('complainant', pg_temp.disputing(:'other', 'inspection')) AS raised \gset
SELECT pg_temp.refused('complainant', pg_temp.deciding(:'raised', true), '23514', 'decider_is_not_involved', 'not who disputed');
CREATE ROLE own LOGIN IN ROLE registry_reviewer;
SELECT registry.appoint_staff('own', :district, 'reviewer', (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann')) AS staff \gset
SELECT pg_temp.refused('own', pg_temp.deciding(:'dispute', false), '23514', 'reviewer_is_not_volunteer', 'not whose service it is');
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'dispute', false), '42501', '', 'reviewers only');
SELECT pg_temp.refused('arbiter', pg_temp.deciding(:'dispute', false, ' '), '23514', 'reason_required', 'not without reason');
SELECT pg_temp.refused('arbiter', pg_temp.deciding(:'dispute', NULL), '55000', 'known_transition', 'neither yes nor no');
SELECT pg_temp.refused('arbiter', pg_temp.deciding('-1', true), '23503', 'known_dispute', 'an unknown dispute');
SELECT pg_temp.act('arbiter', pg_temp.deciding(:'dispute', false));
SELECT is(pg_temp.state(:'record'), 'effective counts occupies', 'a rejected dispute leaves the record as it was');
SELECT pg_temp.refused('arbiter', pg_temp.deciding(:'dispute', true), '55000', 'known_transition', 'decided once');
SELECT pg_temp.act('arbiter', pg_temp.deciding(:'raised', true));
SELECT is(pg_temp.state(:'other'), 'voided', 'what is upheld is void');
SELECT is(pg_temp.hours(:'ann'), '2:00', 'and counts no more');
SELECT results_eq(format('SELECT actor::text COLLATE "default", from_status, to_status FROM registry.dispute_event WHERE dispute_id = %s ORDER BY event_id', :dispute),
    $$VALUES ('recorder', NULL, 'open'), ('arbiter', 'open', 'rejected')$$, 'each step is an event');

-- Refusals at the beginning
SELECT pg_temp.refused('recorder', pg_temp.disputing('-1'), '23503', 'known_record', 'an unknown record');
SELECT pg_temp.refused('recorder', pg_temp.disputing(:'record', 'neighbour'), '23514', 'dispute_party', 'an unknown party');
SELECT pg_temp.refused('recorder', pg_temp.disputing(:'record', 'public', ' '), '23514', 'reason_required', 'no ground');
SELECT pg_temp.refused('stranger', pg_temp.disputing(:'record'), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.refused('recorder', pg_temp.disputing(:'other'), '55000', 'known_transition', 'what is void is not disputed');

-- An objection during publicity
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ben', :'activity', pg_temp.during(-n, '09:00', '10:00'))) FROM generate_series(2, 4) AS n \g /dev/null
SELECT record_id AS early FROM registry.service_record WHERE batch_id = :batch ORDER BY record_id LIMIT 1 \gset
SELECT record_id AS late FROM registry.service_record WHERE batch_id = :batch ORDER BY record_id OFFSET 1 LIMIT 1 \gset
SELECT record_id AS rest FROM registry.service_record WHERE batch_id = :batch ORDER BY record_id OFFSET 2 \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, true)', :batch));
SELECT pg_temp.act('recorder', pg_temp.disputing(:'early')) AS objection \gset
SELECT pg_temp.act('recorder', pg_temp.disputing(:'late')) AS late_objection \gset
SELECT pg_temp.act('arbiter', pg_temp.deciding(:'objection', false));
SELECT is(pg_temp.state(:'early'), 'in_publicity occupies', 'rejected during publicity, it goes on being public');
UPDATE registry.record_batch SET reviewed_at = reviewed_at - interval '8 days', publicity = daterange(lower(publicity) - 8, upper(publicity) - 8) WHERE batch_id = :batch;
SELECT pg_temp.act('reviewer', format('SELECT registry.make_effective(%s)', :batch));
SELECT is(pg_temp.state(:'rest'), 'effective counts occupies', 'publicity ends for the others');
SELECT is(pg_temp.state(:'late'), 'disputed occupies', 'not for what is undecided');
SELECT is(pg_temp.hours(:'ben'), '2:00', 'which is kept out');
SELECT pg_temp.act('arbiter', pg_temp.deciding(:'late_objection', false));
SELECT is(pg_temp.state(:'late'), 'effective counts occupies', 'rejected afterwards, it counts like the others');

-- A correction that falls in a dispute leaves the record it corrected
SELECT pg_temp.act('recorder', format('SELECT new_record_id FROM registry.correct_record(%s, %L, ''签退时间有误'')',
    :rest, pg_temp.during(-4, '09:00', '11:00'))) AS corrected \gset
SELECT batch_id AS correction FROM registry.service_record WHERE record_id = :corrected \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, true)', :correction));
SELECT pg_temp.act('recorder', pg_temp.disputing(:'corrected', 'organization')) AS dispute \gset
SELECT pg_temp.act('arbiter', pg_temp.deciding(:'dispute', true));
SELECT is(pg_temp.state(:'corrected') || ', ' || pg_temp.state(:'rest'), 'voided, effective counts occupies', 'the original stands again');

-- One that has taken effect is itself what was served, and falls alone
SELECT pg_temp.act('recorder', format('SELECT new_record_id FROM registry.correct_record(%s, %L, ''签退时间有误'')',
    :rest, pg_temp.during(-4, '09:00', '11:00'))) AS corrected \gset
SELECT pg_temp.take_effect(batch_id::text) FROM registry.service_record WHERE record_id = :corrected \g /dev/null
SELECT is(pg_temp.hours(:'ben'), '4:00', 'one hour more');
SELECT pg_temp.act('arbiter', pg_temp.deciding(pg_temp.act('recorder', pg_temp.disputing(:'corrected')), false));
SELECT is(pg_temp.state(:'corrected') || ', ' || pg_temp.state(:'rest'), 'effective counts occupies, superseded', 'rejected, it goes on to stand for the original');
SELECT pg_temp.act('arbiter', pg_temp.deciding(pg_temp.act('recorder', pg_temp.disputing(:'corrected')), true));
SELECT is(pg_temp.state(:'corrected') || ', ' || pg_temp.state(:'rest'), 'voided, superseded', 'upheld, neither counts');
SELECT is(pg_temp.hours(:'ben'), '2:00', 'two hours less');

SELECT throws_ok(statement, '42501', NULL, statement) FROM unnest(ARRAY[
    'UPDATE registry.dispute SET ground = ''无''',
    'DELETE FROM registry.dispute',
    'UPDATE registry.dispute_event SET actor = ''arbiter''']) AS statement;
SELECT is_empty('SELECT * FROM registry.check_hours()', 'the totals are what the records say');

SELECT * FROM finish();
ROLLBACK;
