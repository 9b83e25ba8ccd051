BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(38);

-- Totals of a volunteer, as text: hours, declared, records, eligible star.
CREATE FUNCTION pg_temp.total(volunteer_no text) RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.flush_hours();
    SELECT coalesce((
        SELECT concat_ws(' ', h.hours, h.declared, h.records, h.eligible_star)
        FROM registry.volunteer_hours h JOIN registry.volunteer v USING (volunteer_id)
        WHERE v.volunteer_no = total.volunteer_no::volunteer_no), 'none')
$$;
CREATE FUNCTION pg_temp.minutes(volunteer_no text, day date) RETURNS integer LANGUAGE sql AS $$
    SELECT volunteer.flush_hours();
    SELECT d.minutes FROM registry.volunteer_day d JOIN registry.volunteer v USING (volunteer_id)
    WHERE v.volunteer_no = minutes.volunteer_no::volunteer_no AND d.service_date = day
$$;

-- Rule 9: only effective records count
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-2, '13:00', '14:00'))) AS declared \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-3, '23:00', '24:00'), ', NULL, 0')) AS forced \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.begin_import('打卡.csv', %s)$$, :'district')) AS import \gset
SELECT pg_temp.act('recorder', format($$INSERT INTO registry.import_line (line)
    VALUES ('%1$s,示例甲,社区清洁,示例区志愿服务队,,%2$s 09:00,%2$s 11:30,2.50,4') RETURNING NULL$$, :'ann', registry.today() - 2)) AS done \gset
SELECT pg_temp.act('recorder', format('SELECT batch_id FROM registry.import_service_records(%s)', :'import')) AS measured \gset
SELECT ok(pg_temp.total(:'ann') IN ('none', '0:00 0:00 0 0'), 'a submitted record does not count');
SELECT is(pg_temp.minutes(:'ann', registry.today() - 2), 210, 'but fills its day');
SELECT is(coalesce(pg_temp.minutes(:'ann', registry.today() - 3), 0), 0, 'a forced sign-out fills nothing');
SELECT pg_temp.take_effect(batch) AS done FROM unnest(ARRAY[:'batch', :'measured']) AS batch;
SELECT is(pg_temp.total(:'ann'), '3:30 1:00 3 0', 'effective records count');
SELECT is(pg_temp.minutes(:'ann', registry.today() - 2), 210, 'the day keeps its minutes');
SELECT pg_temp.act('recorder', format('SELECT new_batch_id FROM registry.correct_record(%s, %L, ''未签退'')',
    :forced, pg_temp.during(-3, '23:00', '23:20'))) AS correction \gset
SELECT is(pg_temp.total(:'ann'), '3:30 1:00 2 0', 'a correction takes the original out');
SELECT pg_temp.take_effect(:'correction') AS done \gset
SELECT is(pg_temp.total(:'ann'), '3:50 1:20 3 0', 'and counts when it takes effect');
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''重复'')', :declared)) AS done \gset
SELECT is(pg_temp.total(:'ann'), '2:50 0:20 2 0', 'a voided record counts no more');
SELECT is(pg_temp.minutes(:'ann', registry.today() - 2), 150, 'and gives its minutes back');
SELECT is(pg_temp.total(:'ben'), 'none', 'nobody else has hours');
SELECT is_empty('SELECT * FROM registry.check_hours()', 'the totals are what the records say');

-- Rule 2, at commit
SELECT min(record_id) AS original FROM registry.service_record WHERE batch_id = :measured \gset
SELECT pg_temp.act('recorder', format('SELECT new_batch_id FROM registry.correct_record(%s, %L, ''早到'')',
    :original, pg_temp.during(-2, '08:30', '09:00'))) AS earlier \gset
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-2, '09:00', '09:30'))) AS between \gset
SELECT throws_ok(format($$SELECT pg_temp.act('reviewer', 'SELECT registry.review_batch(%s, false, ''不实'')'), volunteer.flush_hours()$$, :earlier),
    '23514', 'new row for relation "volunteer_year" violates check constraint "no_overlap"', 'no record is restored whose time was taken');
SELECT pg_temp.act('recorder', format('SELECT registry.void_record(%s, ''误录'')', :between)) AS done \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, false, ''不实'')', :earlier)) AS done \gset
SELECT is(pg_temp.total(:'ann'), '2:50 0:20 2 0', 'once it is free, the record stands as before');

-- Years
SELECT extract(year FROM registry.today())::integer - 1 AS last_year \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '跨年', %L, backfill_reason => '补录')$$, :'project',
    tstzrange(make_date(:last_year, 1, 1)::timestamp AT TIME ZONE 'Asia/Shanghai', pg_temp.at(0, '00:00')))) AS long \gset
SELECT pg_temp.enrol('示例丁', 4, :'district', make_date(:last_year, 1, 1)) AS dan \gset
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'dan', :'long', tstzrange(begun, begun + '2 hours'))) AS record
FROM (SELECT make_timestamptz(:last_year, 6, 1, 9, 0, 0, 'Asia/Shanghai') AS begun) AS b \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'dan', :'long', tstzrange(begun, begun + '1 hour'))) AS record
FROM (SELECT make_timestamptz(:last_year, 12, 31, 23, 0, 0, 'Asia/Shanghai') AS begun) AS b \gset
SELECT pg_temp.take_effect(:'batch') AS done \gset
SELECT volunteer.flush_hours();
SELECT results_eq(format('SELECT year, hours::text, records FROM registry.volunteer_year JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = %L', :'dan'),
    format($$VALUES (%s, '3:00', 2::bigint)$$, :last_year), 'the last hour of a year belongs to it');
SELECT pg_temp.refused('recorder', pg_temp.serving(:'batch', :'dan', :'long', tstzrange(begun, begun + '2 hours')),
    '23514', 'period_within_service_date', 'no service crosses New Year')
FROM (SELECT make_timestamptz(:last_year, 12, 31, 23, 0, 0, 'Asia/Shanghai') AS begun) AS b;

-- Stars of the national standard
SELECT results_eq($$SELECT volunteer.star_rating(hours)::integer FROM unnest('{99:59,100:00,600:00,1500:00}'::service_hours[]) AS hours$$,
    'VALUES (0), (1), (3), (5)', 'thresholds are reached, not passed');

-- Rule 6: the cap of a day
SELECT registry.set_policy('daily_cap_minutes', 600, '测试', '441402');
UPDATE registry.policy SET valid = '(,)' WHERE name = 'daily_cap_minutes' AND region IS NOT NULL;
CREATE FUNCTION pg_temp.fill(batch text, volunteer_no text, activity text, period tstzrange) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.act('recorder', pg_temp.serving(batch, volunteer_no, activity, period));
    PERFORM volunteer.flush_hours();
    RETURN 'kept';
END
$$;
CREATE FUNCTION pg_temp.filling(batch text, volunteer_no text, activity text, period tstzrange) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT pg_temp.fill(%L, %L, %L, %L)', batch, volunteer_no, activity, period)
$$;
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT is(pg_temp.fill(:'batch', :'ben', :'activity', pg_temp.during(-1, '00:00', '05:00')), 'kept', 'five hours');
SELECT is(pg_temp.fill(:'batch', :'ben', :'activity', pg_temp.during(-1, '05:00', '10:00')), 'kept', 'ten hours reach the cap of the district');
SELECT throws_ok(pg_temp.filling(:'batch', :'ben', :'activity', pg_temp.during(-1, '10:00', '10:01')),
    '23514', 'The hours of the day exceed the daily cap.', 'a minute more');
SELECT throws_ok(pg_temp.filling(:'batch', :'ben', :'activity', pg_temp.during(-4, '00:00', '10:01')),
    '23514', 'The hours of the day exceed the daily cap.', 'too much at once');
SELECT is(pg_temp.fill(:'batch', :'ben', :'activity', pg_temp.during(-4, '00:00', '10:00')), 'kept', 'another day');
SELECT min(record_id) AS first FROM registry.service_record WHERE batch_id = :batch \gset
SELECT pg_temp.act('recorder', format('SELECT registry.void_record(%s, ''误录'')', :first)) AS done \gset
SELECT is(pg_temp.fill(:'batch', :'ben', :'activity', pg_temp.during(-1, '12:00', '17:00')), 'kept', 'voided hours leave room');
SELECT is(pg_temp.minutes(:'ben', registry.today() - 1), 600, 'exactly');
UPDATE registry.policy SET value = 300 WHERE name = 'daily_cap_minutes' AND region IS NOT NULL;
SELECT max(record_id) AS last FROM registry.service_record WHERE batch_id = :batch \gset
SELECT lives_ok(format($$SELECT pg_temp.act('recorder', 'SELECT registry.void_record(%s, ''误录'')'), volunteer.flush_hours()$$, :last),
    'a lower cap does not keep a day from shrinking');
SELECT throws_ok($$SELECT registry.set_policy('daily_cap_minutes', 239, '测试', '441403')$$, '23514', NULL, 'no cap below four hours');
SELECT throws_ok($$SELECT registry.set_policy('daily_cap_minutes', 1441, '测试', '441403')$$, '23514', NULL, 'nor above a day');

-- Organizations: what waits and what has been moved add up
SELECT volunteer.flush_hours();
CREATE TEMP VIEW by_month AS
SELECT organization_id, date_trunc('month', service_date)::date AS month, sum(hours) AS hours, sum(declared) AS declared, count(*) AS records
FROM registry.service_record WHERE effective GROUP BY 1, 2;
SELECT set_eq('SELECT * FROM registry.organization_month WHERE records > 0', 'TABLE by_month', 'the months of the organization');
SELECT ok(pg_temp.act('clerk', 'SELECT registry.roll_up_hours()')::bigint > 0, 'what waits is moved');
SELECT volunteer.flush_hours();
SELECT set_eq('SELECT * FROM registry.organization_month WHERE records > 0', 'TABLE by_month', 'which changes nothing');
SELECT is_empty('TABLE registry.organization_month_queue', 'and leaves nothing waiting');

-- Found out when somebody with all rights changes a total
SELECT is_empty('SELECT * FROM registry.check_hours()', 'still exact');
SELECT throws_ok('UPDATE registry.volunteer_year SET records = 0', '55000', NULL, 'nobody changes a total in passing');
ALTER TABLE registry.volunteer_year DISABLE TRIGGER USER;
SELECT throws_ok(format('UPDATE registry.volunteer_year SET occupied = occupied + %L', volunteer.occupancy(pg_temp.during(-4, '00:00', '00:01'))),
    '23514', 'new row for relation "volunteer_year" violates check constraint "no_overlap"', 'or, with more effort, to one that overlaps');
SELECT throws_ok(format('UPDATE registry.volunteer_year SET occupied = %L', format('{[%1$s 00:00,%2$s 00:00)x2}', registry.today() - 1, registry.today())),
    '23514', 'new row for relation "volunteer_year" violates check constraint "day_has_24_hours"', 'or to a day of more than 24 hours');
UPDATE registry.volunteer_year SET hours = hours + '1:00'::service_hours WHERE volunteer_id = (SELECT volunteer_id FROM registry.volunteer WHERE volunteer_no = :'ann');
SELECT results_eq('SELECT totals::text FROM registry.check_hours()', $$VALUES ('registry.volunteer_year')$$, 'a changed total is found');
DELETE FROM registry.volunteer_year;
SELECT is((SELECT count(*) FROM registry.check_hours()),
    (SELECT count(DISTINCT (volunteer_id, extract(year FROM service_date))) FROM registry.service_record WHERE live), 'missing totals are found');
CREATE ROLE auditor LOGIN IN ROLE registry_auditor;
SELECT is(pg_temp.act('auditor', 'SELECT count(*) > 0 FROM registry.check_hours()'), 'true', 'by an auditor');
SELECT pg_temp.refused('recorder', 'UPDATE registry.volunteer_year SET records = 0', '42501', '', 'who records does not write totals');

SELECT * FROM finish();
ROLLBACK;
