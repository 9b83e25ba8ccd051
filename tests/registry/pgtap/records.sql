BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(115);

-- The common case
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-2, '09:00', '11:30'),
    $$, '秩序维护'$$)) AS record \gset
SELECT results_eq(format('SELECT service_date, minutes, hours::text, declared::text, nature::integer, post, status, live, effective
        FROM registry.service_record WHERE record_id = %s', :record),
    $$VALUES (registry.today() - 2, 150, '2:30', '2:30', 2, '秩序维护', 'submitted', true, false)$$, 'a declared record');
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-2, '11:30', '12:00'), ', NULL, 2')) AS touching \gset
SELECT results_eq(format('SELECT minutes, declared::text, nature::integer FROM registry.service_record WHERE record_id = %s', :touching),
    $$VALUES (30, '0:30', 2)$$, 'another may touch it');
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-3, '20:00', '24:00'), ', NULL, 0')) AS forced \gset
SELECT results_eq(format('SELECT minutes, hours::text, live FROM registry.service_record WHERE record_id = %s', :forced),
    $$VALUES (0, '0:00', true)$$, 'a forced sign-out occupies the time until midnight and counts nothing');

-- Rule 1: one day, whole minutes, half open
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'activity', period), '23514', rule, description)
FROM (VALUES
    ('empty', 'period_is_half_open', 'an empty period'),
    (tstzrange(NULL, pg_temp.at(-5, '10:00')), 'period_is_half_open', 'no start'),
    (tstzrange(pg_temp.at(-5, '09:00'), NULL), 'period_is_half_open', 'no end'),
    (tstzrange('-infinity', pg_temp.at(-5, '10:00')), 'period_is_half_open', 'a start before all time'),
    (tstzrange(pg_temp.at(-5, '09:00'), 'infinity'), 'period_is_half_open', 'an end after all time'),
    (tstzrange(pg_temp.at(-5, '09:00'), pg_temp.at(-5, '10:00'), '[]'), 'period_is_half_open', 'an end that belongs to the period'),
    (tstzrange(pg_temp.at(-5, '09:00'), pg_temp.at(-5, '10:00'), '()'), 'period_is_half_open', 'a start that does not'),
    (tstzrange(pg_temp.at(-5, '09:00'), pg_temp.at(-5, '10:00:30')), 'period_is_whole_minutes', 'seconds at the end'),
    (tstzrange(pg_temp.at(-5, '09:00:01'), pg_temp.at(-5, '10:00')), 'period_is_whole_minutes', 'seconds at the start'),
    (tstzrange(pg_temp.at(-5, '23:00'), pg_temp.at(-4, '00:01')), 'period_within_service_date', 'a minute past midnight')
) AS t (period, rule, description);
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-5, '09:00', '10:00'), ', NULL, 5'),
    '23514', 'known_entry_method', 'an unknown entry method');
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-5, '09:00', '10:00'), ', NULL, ' || method),
    '23514', 'entered_by_hand', description)
FROM (VALUES (3, 'face recognition typed by hand'), (4, 'a check-in typed by hand')) AS t (method, description);
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-5, '09:00', '10:00'), $$, ' '$$),
    '23514', 'post_is_named', 'a blank post');

-- Rule 2: no overlap
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'activity', period), '23514',
    'no_overlap', description)
FROM (VALUES
    (pg_temp.during(-2, '08:00', '09:01'), 'a minute too long'),
    (pg_temp.during(-2, '10:00', '10:01'), 'a minute inside'),
    (pg_temp.during(-2, '09:00', '11:30'), 'the same again')
) AS t (period, description);
SELECT lives_ok(format('SELECT pg_temp.act(''recorder'', %L)',
    pg_temp.serving(:'batch', :'ben', :'activity', pg_temp.during(-2, '09:00', '11:30'))), 'another volunteer at the same time');

-- Rule 3: not in the future, not before registration, within the activity
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '今明两天', %L, backfill_reason => '补录')$$,
    :'project', tstzrange(pg_temp.at(-1, '00:00'), pg_temp.at(2, '00:00')))) AS current \gset
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'current', pg_temp.during(1, '09:00', '10:00')),
    '23514', 'not_in_future', 'tomorrow');
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'current',
    tstzrange(date_trunc('minute', now()), date_trunc('minute', now()) + interval '1 minute')),
    '23514', 'not_in_future', 'a minute that has not ended');
SELECT pg_temp.enrol('示例丙', 3, :'district', registry.today() - 2) AS newcomer \gset
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'newcomer', :'activity', pg_temp.during(-3, '09:00', '10:00')),
    '23514', 'registered_before_service', 'before registration');
SELECT lives_ok(format('SELECT pg_temp.act(''recorder'', %L)',
    pg_temp.serving(:'batch', :'newcomer', :'activity', pg_temp.during(-2, '09:00', '10:00'))), 'on the day of registration');
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '上午', %L, backfill_reason => '补录')$$,
    :'project', pg_temp.during(-4, '09:00', '12:00'))) AS morning \gset
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'morning', period), '23514', 'within_activity', description)
FROM (VALUES
    (pg_temp.during(-4, '08:59', '10:00'), 'a minute before the activity'),
    (pg_temp.during(-4, '11:00', '12:01'), 'a minute after it')
) AS t (period, description);
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '演练', %L, drill => true, backfill_reason => '补录')$$,
    :'project', pg_temp.during(-4, '09:00', '12:00'))) AS drill \gset
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'drill', pg_temp.during(-4, '09:00', '12:00')),
    '23514', 'drill_is_not_service', 'a drill');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'suspended', '核实')$$, :'newcomer')) AS done \gset
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'newcomer', :'activity', pg_temp.during(-1, '09:00', '10:00')),
    '23514', 'volunteer_active', 'a suspended volunteer');

-- Rule 4: in time, or a documented back-fill
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '早已结束', %L, backfill_reason => '补录')$$,
    :'project', pg_temp.during(-60, '09:00', '12:00'))) AS old \gset
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'old', pg_temp.during(-60, '09:00', '12:00')),
    '23514', 'recorded_in_time', 'two months later');
SELECT lives_ok(format('SELECT pg_temp.act(''recorder'', %L)',
    pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-29, '09:00', '12:00'))), 'the limit runs from the end of the activity');
SELECT pg_temp.refused('recorder', format('SELECT registry.open_batch(%s, %L, %L::bytea)', :district, justification, evidence),
    '23514', 'back_fill_has_justification_and_evidence', description)
FROM (VALUES
    ('签到表遗失', NULL, 'justification without evidence'),
    (NULL, sha256('签到表'), 'evidence without justification'),
    (' ', sha256('签到表'), 'a blank justification'),
    ('签到表遗失', '\x00', 'evidence that is no SHA-256')
) AS t (justification, evidence, description);
SELECT pg_temp.open_batch(:'district', $$, '签到表后来找到', sha256('签到表')$$) AS back_fill \gset
SELECT lives_ok(format('SELECT pg_temp.act(''recorder'', %L)',
    pg_temp.serving(:'back_fill', :'ann', :'old', pg_temp.during(-60, '09:00', '12:00'))), 'a back-fill with justification and evidence');
SELECT ok(back_fill, 'is marked as one') FROM registry.record_batch WHERE batch_id = :back_fill;
-- 2026-10-01 is a Thursday
SELECT is(registry.load_work_calendar('{2026-10-01, 2026-10-02}', false), 2, 'two holidays');
SELECT is(registry.timely_from('441402'::region_code, day), first, description)
FROM (VALUES
    ('2026-08-21'::date, '2026-08-07'::date, 'a Friday reaches back two weeks'),
    ('2026-08-23', '2026-08-10', 'a Sunday to the Monday before last'),
    ('2026-10-09', '2026-09-23', 'holidays reach back further')
) AS t (day, first, description);

-- Rule 5: recorder, reviewer and volunteer are three people
CREATE ROLE colleague LOGIN IN ROLE registry_recorder, registry_reviewer;
SELECT registry.appoint_staff('colleague', :city, 'recorder', (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann')) AS staff \gset
SELECT pg_temp.act('colleague', format('SELECT registry.open_batch(%s)', :district)) AS own \gset
SELECT pg_temp.refused('colleague', pg_temp.serving(:'own', :'ann', :'activity', pg_temp.during(-6, '09:00', '10:00')),
    '23514', 'recorder_is_not_volunteer', 'own service');
SELECT pg_temp.act('colleague', pg_temp.serving(:'own', :'ben', :'activity', pg_temp.during(-6, '09:00', '10:00'))) AS bens \gset
SELECT pg_temp.refused('recorder', pg_temp.serving(:'own', :'ann', :'activity', pg_temp.during(-6, '09:00', '10:00')),
    '23514', 'batch_is_open', 'the batch of somebody else');
SELECT registry.appoint_staff('colleague', :district, 'reviewer', (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann')) AS staff \gset
SELECT pg_temp.refused('colleague', format('SELECT registry.review_batch(%s, true)', :own),
    '23514', 'reviewer_is_not_recorder', 'the own batch');
CREATE ROLE second_hat LOGIN IN ROLE registry_reviewer;
SELECT registry.appoint_staff('second_hat', :district, 'reviewer', (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann')) AS staff \gset
SELECT pg_temp.refused('second_hat', format('SELECT registry.review_batch(%s, true)', :own),
    '23514', 'reviewer_is_not_recorder', 'the own batch under another role');
SELECT pg_temp.refused('second_hat', format('SELECT registry.review_batch(%s, true)', :batch),
    '23514', 'reviewer_is_not_volunteer', 'a batch with own service');
SELECT throws_ok(format($$UPDATE registry.record_batch SET status = 'refused', reviewed_by = recorded_by, reviewed_at = now()
    WHERE batch_id = %s$$, :own), '23514', NULL, 'nor by SQL');
SELECT pg_temp.refused('recorder', format('SELECT registry.review_batch(%s, true)', :own), '42501', '', 'reviewers only');
SELECT pg_temp.refused('stranger', format('SELECT registry.open_batch(%s)', :district), '42501', 'not_staff', 'staff only');

-- Publicity
SELECT pg_temp.refused('reviewer', format('SELECT registry.make_effective(%s)', :batch), '55000', 'known_transition', 'no effect without review');
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, true)', :batch)) AS done \gset
SELECT results_eq(format('SELECT status, reviewed_by::text COLLATE "default", publicity FROM registry.record_batch WHERE batch_id = %s', :batch),
    $$VALUES ('in_publicity', 'reviewer', daterange(registry.today() + 1, registry.today() + 8))$$, 'seven days, the day of review not counted');
SELECT is(count(*) FILTER (WHERE status = 'in_publicity'), count(*), 'with all its records') FROM registry.service_record WHERE batch_id = :batch;
SELECT pg_temp.refused('reviewer', format('SELECT registry.make_effective(%s)', :batch), '23514', 'effective_after_publicity', 'no effect before publicity ends');
SELECT throws_ok(format($$UPDATE registry.record_batch SET status = 'effective', effective_at = now() WHERE batch_id = %s$$, :batch),
    '23514', NULL, 'nor by SQL');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_batch(%s, true)', :batch), '55000', 'known_transition', 'no second review');
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-7, '09:00', '10:00')),
    '23514', 'batch_is_open', 'no record after the review');
UPDATE registry.record_batch SET reviewed_at = reviewed_at - interval '7 days', publicity = daterange(registry.today() - 6, registry.today() + 1)
WHERE batch_id = :batch;
SELECT pg_temp.refused('reviewer', format('SELECT registry.make_effective(%s)', :batch), '23514', 'effective_after_publicity', 'not on its last day');
UPDATE registry.record_batch SET reviewed_at = reviewed_at - interval '1 day', publicity = daterange(registry.today() - 7, registry.today())
WHERE batch_id = :batch;
SELECT pg_temp.act('reviewer', format('SELECT registry.make_effective(%s)', :batch)) AS done \gset
SELECT is(count(*) FILTER (WHERE effective), count(*), 'effective the day after') FROM registry.service_record WHERE batch_id = :batch;
SELECT results_eq(format('SELECT actor::text COLLATE "default", from_status, to_status FROM registry.record_event WHERE record_id = %s ORDER BY event_id', :record),
    $$VALUES ('reviewer', 'submitted', 'in_publicity'), ('reviewer', 'in_publicity', 'effective')$$, 'each step is an event');
SELECT registry.set_policy('publicity_days', 0, '测试', '441402');
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, true)', :back_fill)) AS done \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.make_effective(%s)', :back_fill)) AS done \gset
SELECT is(status, 'effective', 'at once where the policy asks for no publicity') FROM registry.record_batch WHERE batch_id = :back_fill;
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_batch(%s, NULL, ''未定'')', :own), '55000', 'known_transition', 'neither yes nor no');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_batch(%s, false)', :own), '23514', 'reason_required', 'a refusal has a reason');
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, false, ''签到表不符'')', :own)) AS done \gset
SELECT results_eq(format('SELECT status, live FROM registry.service_record WHERE record_id = %s', :bens),
    $$VALUES ('refused', false)$$, 'a refused record occupies no time');
SELECT pg_temp.refused('reviewer', 'SELECT registry.review_batch(-1, true)', '23503', 'known_batch', 'an unknown batch');

-- Rule 8: void and correct, never delete
SELECT pg_temp.refused('reviewer', format('SELECT registry.void_record(%s, NULL)', :record), '23514', 'reason_required', 'void without reason');
SELECT pg_temp.refused('recorder', format('SELECT registry.void_record(%s, ''重复'')', :record), '42501', 'outside_scope', 'a recorder does not void what counts');
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''重复'')', :record)) AS done \gset
SELECT results_eq(format('SELECT status, effective, live FROM registry.service_record WHERE record_id = %s', :record),
    $$VALUES ('voided', false, false)$$, 'void');
SELECT pg_temp.refused('reviewer', format('SELECT registry.void_record(%s, ''重复'')', :record), '55000', 'known_transition', 'void is the end');
SELECT pg_temp.refused('reviewer', 'SELECT registry.void_record(-1, ''重复'')', '23503', 'known_record', 'an unknown record');

SELECT pg_temp.refused('recorder', format('SELECT registry.correct_record(%s, %L, NULL)', :touching, pg_temp.during(-2, '11:30', '12:30')),
    '23514', 'reason_required', 'correction without reason');
SELECT pg_temp.act('recorder', format('SELECT new_record_id FROM registry.correct_record(%s, %L, ''签退时间有误'')',
    :touching, pg_temp.during(-2, '11:30', '12:30'))) AS corrected \gset
SELECT results_eq(format('SELECT status, minutes, supersedes FROM registry.service_record WHERE record_id IN (%s, %s) ORDER BY record_id', :touching, :corrected),
    format($$VALUES ('superseded', 30, NULL), ('submitted', 60, %s::bigint)$$, :touching), 'a correction supersedes at once and awaits review');
SELECT batch_id AS correction FROM registry.service_record WHERE record_id = :corrected \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, false, ''无证明'')', :correction)) AS done \gset
SELECT results_eq(format('SELECT status FROM registry.service_record WHERE record_id IN (%s, %s) ORDER BY record_id', :touching, :corrected),
    $$VALUES ('effective'), ('refused')$$, 'a refused correction restores the original');
SELECT pg_temp.act('recorder', format('SELECT new_record_id FROM registry.correct_record(%s, %L, ''签退时间有误'', ''引导'')',
    :touching, pg_temp.during(-2, '11:40', '12:30'))) AS corrected \gset
SELECT batch_id AS correction FROM registry.service_record WHERE record_id = :corrected \gset
SELECT pg_temp.take_effect(:'correction') AS done \gset
SELECT results_eq(format('SELECT status, post FROM registry.service_record WHERE record_id IN (%s, %s) ORDER BY record_id', :touching, :corrected),
    $$VALUES ('superseded', NULL), ('effective', '引导')$$, 'an accepted one takes its place');
SELECT pg_temp.refused('recorder', format('SELECT registry.correct_record(%s, %L, ''再改'')', :touching, pg_temp.during(-2, '11:30', '12:00')),
    '55000', 'known_transition', 'a superseded record is not corrected again');
SELECT pg_temp.refused('recorder', format('SELECT registry.correct_record(%s, %L, ''再改'')', :corrected, pg_temp.during(-2, '08:00', '24:01')),
    '23514', 'period_within_service_date', 'a correction keeps the rules');

-- A correction is no way around review and publicity, nor a way to take hours away
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ben', :'activity', pg_temp.during(-8, '09:00', '10:00'))) AS original \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ben', :'activity', pg_temp.during(-9, '09:00', '10:00'))) AS kept \gset
SELECT pg_temp.act('recorder', format('SELECT new_batch_id FROM registry.correct_record(%s, %L, ''签退时间有误'')',
    :original, pg_temp.during(-8, '09:00', '09:30'))) AS correction \gset
SELECT pg_temp.take_effect(:'batch') AS done \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, false, ''无证明'')', :correction)) AS done \gset
SELECT is(status, 'refused', 'what left its batch before review does not take effect with it')
FROM registry.service_record WHERE record_id = :original;
SELECT pg_temp.act('recorder', format('SELECT new_record_id FROM registry.correct_record(%s, %L, ''签退时间有误'')',
    :kept, pg_temp.during(-9, '09:00', '09:30'))) AS first \gset
SELECT pg_temp.refused('recorder', format('SELECT registry.void_record(%s, ''重复'')', :first), '42501', 'outside_scope',
    'a recorder does not void a correction of what counts');
SELECT batch_id AS correction FROM registry.service_record WHERE record_id = :first \gset
SELECT pg_temp.act('recorder', format('SELECT new_batch_id FROM registry.correct_record(%s, %L, ''签退时间有误'')',
    :first, pg_temp.during(-9, '09:00', '09:01'))) AS second_correction \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, true)', :correction)) AS done \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, false, ''无证明'')', :second_correction)) AS done \gset
SELECT results_eq(format('SELECT status FROM registry.service_record WHERE record_id IN (%s, %s) ORDER BY record_id', :kept, :first),
    $$VALUES ('effective'), ('refused')$$, 'a refused chain of corrections restores its first record');
SELECT pg_temp.act('recorder', format('SELECT new_record_id FROM registry.correct_record(%s, %L, ''签退时间有误'')',
    :kept, pg_temp.during(-9, '09:00', '09:30'))) AS corrected \gset
SELECT batch_id AS correction FROM registry.service_record WHERE record_id = :corrected \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, true)', :correction)) AS done \gset
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben') WHERE role_name = 'second_hat';
SELECT pg_temp.refused('second_hat', format('SELECT registry.void_record(%s, ''重复'')', :corrected), '23514', 'reviewer_is_not_volunteer',
    'nobody voids the correction of own hours');
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''重复'')', :corrected)) AS done \gset
SELECT results_eq(format('SELECT status FROM registry.service_record WHERE record_id IN (%s, %s) ORDER BY record_id', :kept, :corrected),
    $$VALUES ('effective'), ('voided')$$, 'a correction voided before it takes effect restores the original');

SELECT throws_ok(statement, '42501', NULL, statement) FROM unnest(ARRAY[
    format('UPDATE registry.service_record SET post = ''改'' WHERE record_id = %s', :record),
    format('DELETE FROM registry.service_record WHERE record_id = %s', :record),
    'TRUNCATE registry.service_record CASCADE',
    format('TRUNCATE registry.service_record_%s CASCADE', extract(year FROM registry.today() - 2)),
    format('UPDATE registry.record_batch SET recorded_by = ''reviewer'' WHERE batch_id = %s', :batch),
    'DELETE FROM registry.record_batch',
    'UPDATE registry.record_event SET reason = NULL',
    'DELETE FROM registry.record_event',
    'TRUNCATE registry.record_event']) AS statement;

-- Nobody writes but through the functions, and a partition keeps the rules of the whole
SELECT pg_temp.refused('recorder', statement, '42501', '', statement) FROM unnest(ARRAY[
    'INSERT INTO registry.service_record DEFAULT VALUES',
    'UPDATE registry.service_record SET status = ''effective''',
    format('INSERT INTO registry.service_record_%s DEFAULT VALUES', extract(year FROM registry.today())),
    'UPDATE registry.record_batch SET status = ''effective''',
    'INSERT INTO registry.record_event DEFAULT VALUES',
    'SELECT registry.move_record(NULL, ''effective'', NULL)',
    'SELECT registry.move_batch(1, ''submitted'', ''effective'', NULL)',
    'SELECT registry.add_batch(1, ''legacy'', NULL, NULL)',
    'SELECT registry.create_year(2000)']) AS statement;
SELECT pg_temp.open_batch(:'district') AS fresh \gset
SELECT pg_temp.refused('postgres', format($$
    INSERT INTO registry.service_record_%s (volunteer_id, service_date, record_id, period, entry_method, project_id, organization_id, batch_id)
    OVERRIDING SYSTEM VALUE
    SELECT volunteer_id, registry.today() - 1, -1, %L, 1, %s, %s, %s FROM registry.volunteer WHERE volunteer_no = %L$$,
    extract(year FROM registry.today() - 1), pg_temp.during(-1, '09:00', '10:00'), :'project', :'district', :'fresh', :'ann'),
    '23514', 'batch_is_open', 'a direct write to a partition in the name of another');
SELECT pg_temp.act('clerk', format($$
    SELECT registry.create_organization('示例镇志愿服务队', '1', '08', '441402', parent_id => %s)$$, :'city')) AS town \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('植树', %s, '0006')$$, :'town')) AS trees \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '植树日', %L, backfill_reason => '补录')$$,
    :'trees', pg_temp.during(-1, '00:00', '24:00'))) AS planting \gset
SELECT pg_temp.refused('recorder', pg_temp.serving(:'fresh', :'ann', :'planting', pg_temp.during(-1, '09:00', '10:00')),
    '23514', 'organization_in_batch', 'a record of another organization');
INSERT INTO registry.record_batch (organization_id, source, timely_from) VALUES (:district, 'roster', registry.today() - 10)
RETURNING batch_id AS own \gset
SELECT pg_temp.refused('postgres', format($$
    INSERT INTO registry.service_record (volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id%s)
    SELECT volunteer_id, registry.today() - 1, %L, 1, %s, %s, %s, %s%s FROM registry.volunteer WHERE volunteer_no = %L$$,
    columns, pg_temp.during(-1, '22:00', '23:00'), project, :'activity', :'district', :'own', written, :'ann'), '23514', rule, 'a direct write, ' || rule)
FROM (VALUES
    (', recorded_at', :'project', ', now() - interval ''1 minute''', 'server_time'),
    (', status', :'project', ', ''effective''', 'record_starts_submitted'),
    ('', :'trees', '', 'activity_of_project')) AS t (columns, project, written, rule);

-- What a record refers to is there and stays
SELECT volunteer_id FROM registry.volunteer WHERE volunteer_no = :'ann' \gset
SELECT pg_temp.refused('postgres', format($$
    INSERT INTO registry.service_record
        (volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id)
    VALUES (%s, registry.today() - 1, %L, 1, %s, %L, %s, %s)$$,
    volunteer_id, pg_temp.during(-1, '09:00', '10:00'), project_id, activity_id, organization_id, batch_id), state, rule, description)
FROM (VALUES
    (-1, :project, :activity, :district, :own, '23514', 'volunteer_active', 'a record of nobody'),
    (:volunteer_id, -1, NULL, :district, :own, '23514', 'known_project', 'of no project'),
    (:volunteer_id, :project, -1, :district, :own, '23514', 'activity_of_project', 'of no activity'),
    (:volunteer_id, :project, :activity, -1, :own, '23514', 'organization_in_batch', 'of no organization'),
    (:volunteer_id, :project, :activity, :district, -1, '23514', 'batch_is_open', 'in no batch')
) AS t (volunteer_id, project_id, activity_id, organization_id, batch_id, state, rule, description);
SELECT throws_ok(statement, '23503', NULL, statement) FROM unnest(ARRAY[
    'DELETE FROM registry.volunteer', 'DELETE FROM registry.activity', 'DELETE FROM registry.organization']) AS statement;
SELECT throws_ok(statement, '42501', NULL, statement) FROM unnest(ARRAY[
    'DELETE FROM registry.project', 'TRUNCATE registry.project CASCADE', 'DELETE FROM registry.record_batch']) AS statement;
SELECT throws_ok(format('SELECT registry.create_year(%s)', extract(year FROM registry.today())), '42P07', NULL, 'a year is made once');

SELECT * FROM finish();
ROLLBACK;
