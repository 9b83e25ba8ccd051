BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(136);

-- A line of the roster, of a day counted from today.
CREATE FUNCTION pg_temp.line(
    volunteer_no text, days integer, starts text, ends text, hours text, name text DEFAULT '示例甲', project text DEFAULT '社区清洁',
    team text DEFAULT '示例区志愿服务队', post text DEFAULT '引导', method text DEFAULT '1') RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(',', volunteer_no, name, project, team, post, registry.today() + days || ' ' || starts,
        registry.today() + days || ' ' || ends, hours, method)
$$;

-- Imports lines as the recorder. Returns total, imported, unchanged, refused, then each refused line with its rule.
CREATE FUNCTION pg_temp.import(
    organization_id text, lines text[], justification text DEFAULT NULL, source text DEFAULT 'import') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    import bigint;
    figures text;
BEGIN
    PERFORM set_config('session_authorization', 'recorder', true);
    import := registry.begin_import('名册.csv', organization_id::bigint, source);
    INSERT INTO registry.import_line (line) SELECT unnest(lines);
    SELECT concat_ws(' ', r.total, r.imported, r.unchanged, r.refused) INTO figures
    FROM registry.import_service_records(import, justification, sha256(justification::bytea)) AS r;
    SELECT concat_ws(' ', figures, string_agg(line_no || ':' || rule, ' ' ORDER BY line_no)) INTO figures
    FROM registry.import_refusal i WHERE i.import_id = import;
    PERFORM set_config('session_authorization', 'postgres', true);
    RETURN figures;
END
$$;
\set header '志愿者编号,姓名,项目,队伍,岗位,开始时间,结束时间,服务时长,录入方式'

-- The common case, imported for the city, whose team recorded it
SELECT ARRAY[:'header', pg_temp.line(:'ann', -2, '09:00', '11:30', '2.50', method => '3'),
    pg_temp.line(:'ann', -2, '13:00', '13:20', '0.33'),
    pg_temp.line(:'ben', -2, '9:00:29', '11:29:59', '2.49', name => '示例乙', post => ''), '', '  '] AS roster \gset
SELECT is(pg_temp.import(:'city', :'roster'), '3 3 0 0', 'three good lines, a header and blank lines');
SELECT results_eq('SELECT volunteer_no::text, hours::text, nature::integer, r.organization_id, project_id, activity_id, post, r.status
        FROM registry.service_record r JOIN registry.volunteer USING (volunteer_id) ORDER BY volunteer_no, period',
    format($$VALUES (%1$L, '2:30', 1, %3$s::bigint, %4$s::bigint, %5$s::bigint, '引导', 'submitted'),
        (%1$L, '0:20', 2, %3$s, %4$s, %5$s, '引导', 'submitted'), (%2$L, '2:29', 2, %3$s, %4$s, %5$s, NULL, 'submitted')$$,
        :'ann', :'ben', :'district', :'project', :'activity'), 'are records of the team and of the one activity of the time, to the minute');
SELECT results_eq('SELECT organization_id, source, back_fill, recorded_by::text COLLATE "default", status FROM registry.record_batch',
    format($$VALUES (%s::bigint, 'import', false, 'recorder', 'submitted')$$, :'city'), 'in one batch of the importing organization');
SELECT is(pg_temp.import(:'city', :'roster'), '3 0 3 0', 'the same file again changes nothing');
SELECT is(count(*), 1::bigint, 'not even an empty batch is left') FROM registry.record_batch;
SELECT is(pg_temp.import(:'district', :'roster'), '3 0 3 0', 'nor does it from the team itself');
SELECT results_eq('SELECT count(*), (SELECT count(*) FROM registry.import_line) FROM registry.import WHERE finished_at IS NOT NULL',
    'VALUES (3::bigint, 0::bigint)', 'three imports are done and no raw line is left');

-- Ways to write the same
SELECT is(pg_temp.import(:'district', ARRAY[line]), '1 0 1 0', description)
FROM (VALUES
    (U&'\FEFF' || pg_temp.line(:'ann', -2, '09:00', '11:30', '2.50'), 'a byte order mark and no header'),
    (replace(pg_temp.line(:'ann', -2, '09:00', '11:30', '2.50'), '-', '/'), 'slashes'),
    (pg_temp.line(:'ann', -2, '09:00', '11:30', '2.5'), 'one decimal'),
    (lower(pg_temp.line(:'ann', -2, '09:00', '11:30', '2.50')), 'a number in lower case'),
    (replace(pg_temp.line(:'ann', -2, '09:00', '11:30', '2.50'), ',', ' ,' || U&'\3000'), 'spaces between fields'),
    (regexp_replace(pg_temp.line(:'ann', -2, '09:00', '11:30', '2.50'), '([^,]+)', '"\1"', 'g'), 'quotes'),
    (pg_temp.line(:'ann', -2, '09:00', '11:30', '2.50', post => '"引导,""东门"""'), 'a quoted comma and quote'),
    (pg_temp.line(:'ann', -2, '09:00', '11:30', '2.51'), 'hours rounded up')
) AS t (line, description);
SET LOCAL standard_conforming_strings = off;
SELECT ok(registry.roster_header('志愿者编号, 姓名,项目,队伍,岗位,开始时间,结束时间,服务时长,录入方式'), 'a header with a blank, whatever a session makes of backslashes');
SET LOCAL standard_conforming_strings = on;
SELECT is(pg_temp.import(:'district', ARRAY[U&'\FEFF"志愿者编号","姓名","项目","队伍","岗位","开始时间","结束时间","服务时长","录入方式"']),
    '0 0 0 0', 'a quoted header behind a byte order mark');
UPDATE registry.person SET name = '示例·甲' WHERE name = '示例甲';
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -2, '09:00', '11:30', '2.50', name => '示例•甲')]), '1 0 1 0', 'another dot in the name');
UPDATE registry.person SET name = '示例甲' WHERE name = '示例·甲';
SELECT is(pg_temp.import(:'district', ARRAY[]::text[]), '0 0 0 0', 'an empty file');

-- What a line alone can be refused for
SELECT is(pg_temp.import(:'district', ARRAY[:'header', line]), '1 0 0 1 2:' || rule, description)
FROM (VALUES
    ('nine_fields', 'one field', 'x'),
    ('nine_fields', 'eight fields', regexp_replace(pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00'), ',1$', '')),
    ('nine_fields', 'eleven fields', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00') || ',,'),
    ('known_activity', 'an activity that is none', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00') || ',999999'),
    ('known_activity', 'an activity in words', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00') || ',清洁日'),
    ('nine_fields', 'a quote that is not closed', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00', post => '"引导')),
    ('nine_fields', 'a quote inside a field', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00', post => '引"导')),
    ('known_volunteer', 'an unknown number', pg_temp.line(volunteer.volunteer_no('441402', registry.today(), 999)::text, -5, '09:00', '10:00', '1.00')),
    ('known_volunteer', 'a wrong check character', pg_temp.line(left(:'ann', 17) || CASE right(:'ann', 1) WHEN '0' THEN '1' ELSE '0' END, -5, '09:00', '10:00', '1.00')),
    ('known_volunteer', 'no number at all', pg_temp.line('', -5, '09:00', '10:00', '1.00')),
    ('name_matches_number', 'the name of another', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00', name => '示例乙')),
    ('known_team', 'an unknown team', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00', team => '无此队')),
    ('known_team', 'a team above the importing one', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00', team => '示例市志愿服务联合会')),
    ('known_project', 'an unknown project', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00', project => '无此项目')),
    ('readable_time', 'the 30th of February', replace(pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00'), (registry.today() - 5)::text, '2026-02-30')),
    ('readable_time', 'no minutes', pg_temp.line(:'ann', -5, '9', '10', '1.00')),
    ('readable_time', 'a date with two separators', replace(pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00'),
        (registry.today() - 5)::text, to_char(registry.today() - 5, 'YYYY-MM/DD'))),
    ('readable_time', 'the 61st minute', pg_temp.line(:'ann', -5, '09:00', '09:61', '1.00')),
    ('known_entry_method', 'an unknown entry method', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00', method => '5')),
    ('readable_hours', 'hours in words', pg_temp.line(:'ann', -5, '09:00', '10:00', '一')),
    ('readable_hours', 'three decimals', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.000')),
    ('readable_hours', 'negative hours', pg_temp.line(:'ann', -5, '09:00', '10:00', '-1.00')),
    ('period_is_half_open', 'an end before the start', pg_temp.line(:'ann', -5, '10:00', '09:00', '1.00')),
    ('period_is_half_open', 'less than a minute', pg_temp.line(:'ann', -5, '09:00:00', '09:00:59', '0.02')),
    ('hours_match_period', 'more hours than time', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.02')),
    ('hours_match_period', 'no hours for time', pg_temp.line(:'ann', -5, '09:00', '10:00', '0')),
    ('hours_match_period', 'hours for a forced sign-out', pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00', method => '0')),
    ('not_in_future', 'tomorrow', pg_temp.line(:'ann', 1, '09:00', '10:00', '1.00'))
) AS t (rule, description, line);
SELECT is(registry.local_time('２０２６-03-05 08:30' COLLATE "und-x-icu"), NULL, 'digits of another script, which a locale of ICU counts as digits');
SELECT is(pg_temp.import(:'district', ARRAY[concat_ws(',', :'ann', '示例甲', '社区清洁', '示例区志愿服务队', '', registry.today() - 5 || ' 23:30',
    registry.today() - 4 || ' 00:30', '1.00', '1')]), '1 0 0 1 1:period_within_service_date', 'past midnight');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -5, '20:00', '24:00', '0.00', method => '0')]), '1 1 0 0',
    'a forced sign-out at midnight');

-- What the register can refuse
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -60, '09:00', '10:00', '1.00')]), '1 0 0 1 1:recorded_in_time', 'too late');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -60, '09:00', '10:00', '1.00')], '系统故障'), '1 1 0 0', 'a back-fill');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -60, '09:00', '10:00', '1.00')]), '1 0 1 0', 'what is recorded is not late');
SELECT pg_temp.enrol('示例丙', 3, :'district', registry.today() - 1) AS eve \gset
SELECT pg_temp.line(:'eve', -2, '09:00', '10:00', '1.00', name => '示例丙') AS early \gset
SELECT is(pg_temp.import(:'district', ARRAY[:'early'], '历史数据'), '1 0 0 1 1:registered_before_service', 'before registration');
SELECT pg_temp.refused('recorder', format('SELECT registry.begin_import(''名册.csv'', %s, ''other'')', :district), '23514', 'known_import_source', 'an unknown source');
SELECT throws_ok(format('SELECT pg_temp.import(%L, ARRAY[%L], NULL, ''legacy'')', :district, :'early'), '23514', NULL, 'legacy records are a back-fill');
SELECT set_config('session_authorization', 'postgres', true) AS done \gset
SELECT is(pg_temp.import(:'district', ARRAY[:'early'], '旧系统', 'legacy'), '1 1 0 0', 'of before registration too');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'removed', '核实')$$, :'eve')) AS done \gset
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'eve', -1, '09:00', '10:00', '1.00', name => '示例丙')]), '1 0 0 1 1:volunteer_active', 'nobody who is off the register');
SELECT person_id AS recorder FROM registry.staff WHERE role_name = 'recorder' \gset
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben') WHERE role_name = 'recorder';
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ben', -5, '09:00', '10:00', '1.00', name => '示例乙')]), '1 0 0 1 1:recorder_is_not_volunteer', 'own service');
UPDATE registry.staff SET person_id = :recorder WHERE role_name = 'recorder';
SELECT is(pg_temp.import(:'district', ARRAY[replace(pg_temp.line(:'ann', -5, '09:00', '10:00', '1.00'), (registry.today() - 5)::text, '1999-03-05')], '旧系统', 'legacy'),
    '1 0 0 1 1:year_is_open', 'a year without partition');

-- Teams and projects are found below and above, the near one first
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('全市行动', %s, '0010')$$, :'city')) AS campaign \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('社区清洁', %s, '0010')$$, :'city')) AS namesake \gset
SELECT is(pg_temp.import(:'city', ARRAY[pg_temp.line(:'ann', -6, '09:00', '10:00', '1.00', project => '全市行动')]), '1 1 0 0', 'a project of the city');
SELECT is(pg_temp.import(:'city', ARRAY[pg_temp.line(:'ann', -6, '10:00', '11:00', '1.00')]), '1 1 0 0', 'a project of the team that the city has as well');
SELECT results_eq('SELECT project_id FROM registry.service_record WHERE service_date = registry.today() - 6 ORDER BY period',
    format('VALUES (%s::bigint), (%s)', :'campaign', :'project'), 'each found where it is nearest');
SELECT pg_temp.act('clerk', format($$SELECT registry.create_organization('示例区志愿服务队', '1', '08', '441402', parent_id => %s)$$, :'district')) AS twin \gset
SELECT is(pg_temp.import(:'city', ARRAY[pg_temp.line(:'ann', -6, '11:00', '12:00', '1.00')]), '1 0 0 1 1:one_team_of_this_name', 'two teams of one name');
SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'suspended', '整改')$$, :'twin')) AS done \gset

-- Activities and their shifts
CREATE FUNCTION pg_temp.activity(project text, title text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('recorder', format('SELECT registry.create_activity(%s, %L, %L, backfill_reason => ''补录''%s)',
        project, title, tstzrange(pg_temp.at(-20, '00:00'), pg_temp.at(0, '00:00')), more))
$$;
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('敬老', %s, '0001')$$, :'district')) AS care \gset
SELECT pg_temp.activity(:'care', '上门') AS visit \gset
\set imported 'SELECT activity_id::text FROM registry.service_record ORDER BY record_id DESC LIMIT 1'
SELECT is(pg_temp.import(:'district', ARRAY[:'header' || ',活动编号', pg_temp.line(:'ann', -10, '09:00', '10:00', '1.00', project => '敬老') || ',' || :'visit']), '1 1 0 0', 'an activity by its number');
SELECT is((:imported), :'visit', 'is that of the record');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -10, '09:00', '10:00', '1.00', project => '敬老')]), '1 0 1 0', 'the same without its number');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -10, '10:00', '11:00', '1.00', project => '敬老') || ',' || :'activity']), '1 0 0 1 1:known_activity', 'an activity of another project');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -21, '10:00', '11:00', '1.00', project => '敬老') || ',' || :'visit'], '系统故障'), '1 0 0 1 1:within_activity', 'service on another day');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -21, '10:00', '11:00', '1.00', project => '敬老')], '系统故障'), '1 1 0 0', 'which is of no activity');
SELECT is((:imported), NULL, 'and says so');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -20, '10:00', '11:00', '1.00', project => '敬老') || ',' || :'visit']), '1 1 0 0', 'in time, counted from the end of the activity');
SELECT pg_temp.activity(:'care', '义诊') AS clinic \gset
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -10, '10:00', '11:00', '1.00', project => '敬老')]), '1 1 0 0', 'two activities at once, open to everybody');
SELECT is((:imported), NULL, 'nobody knows which');
SELECT pg_temp.act('recorder', format('SELECT registry.create_shift(%s, %L, ''陪护'', 5)', :'visit', pg_temp.during(-10, '12:00', '14:00'))) AS shift \gset
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -10, '11:00', '12:00', '1.00', project => '敬老')]), '1 0 0 1 1:activity_is_named', 'one of them has shifts');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -10, '11:00', '12:00', '1.00', project => '敬老') || ',' || :'clinic']), '1 1 0 0', 'the other is named');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -10, '12:00', '14:00', '2.00', project => '敬老') || ',' || :'visit']), '1 0 0 1 1:within_shift', 'not signed up');
SELECT pg_temp.act('recorder', format('SELECT registry.sign_up(%s, %L)', :shift, :'ann'));
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -10, '12:00', '14:00', '2.00', project => '敬老') || ',' || :'visit']), '1 0 0 1 1:within_shift', 'not confirmed');
SELECT pg_temp.act('recorder', format('SELECT registry.decide_signup(%s, %L, ''confirmed'')', :shift, :'ann'));
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -10, '12:00', '14:01', '2.02', project => '敬老') || ',' || :'visit',
    pg_temp.line(:'ben', -10, '12:00', '14:00', '2.00', name => '示例乙', project => '敬老') || ',' || :'visit']), '2 0 0 2 1:within_shift 2:within_shift', 'a minute more, and somebody else');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -10, '12:00', '14:00', '2.00', project => '敬老') || ',' || :'visit']), '1 1 0 0', 'on the shift');
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('防汛', %s, '0013')$$, :'district')) AS flood \gset
SELECT pg_temp.activity(:'flood', '演练', ', drill => true') AS drill \gset
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -11, '12:00', '14:00', '2.00', project => '防汛')]), '1 0 0 1 1:drill_is_not_service', 'a drill that is not named');
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('抢险', %s, '0013')$$, :'district')) AS rescue \gset
SELECT pg_temp.activity(:'rescue', '封堵', ', hazardous => true') AS danger \gset
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -11, '12:00', '14:00', '2.00', project => '抢险')]), '1 0 0 1 1:within_shift', 'danger without a place on a shift');

-- What the other lines and the records can refuse
SELECT is(pg_temp.import(:'district', ARRAY[
    pg_temp.line(:'ann', -7, '09:00', '10:00', '1.00'),
    pg_temp.line(:'ann', -7, '09:00', '10:00', '1.00', post => '讲解'),
    pg_temp.line(:'ann', -7, '10:00', '11:00', '1.00'),
    pg_temp.line(:'ann', -7, '13:00', '18:00', '5.00'),
    pg_temp.line(:'ann', -7, '14:00', '15:00', '1.00'),
    pg_temp.line(:'ann', -7, '16:00', '17:00', '1.00'),
    pg_temp.line(:'ann', -7, '18:00', '19:00', '1.00'),
    pg_temp.line(:'ann', -7, '18:30', '19:30', '1.00', project => '无此项目'),
    pg_temp.line(:'ben', -7, '09:30', '10:30', '1.00', name => '示例乙')]),
    '9 4 0 5 2:duplicate_line 4:no_overlap_in_file 5:no_overlap_in_file 6:no_overlap_in_file 8:known_project',
    'a file that contradicts itself: both of two overlapping lines, no refused line against a good one');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -7, '09:59', '10:01', '0.03')]), '1 0 0 1 1:no_overlap', 'a recorded service in the way');
SELECT record_id AS voided, period FROM registry.service_record WHERE service_date = registry.today() - 7 ORDER BY period LIMIT 1 \gset
SELECT pg_temp.act('recorder', format('SELECT registry.void_record(%s, ''误录'')', :voided)) AS done \gset
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -7, '09:00', '10:00', '1.00')]), '1 0 1 0', 'a voided record is not revived by its file');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -7, '09:00', '09:30', '0.50')]), '1 1 0 0', 'another service may take its time');
SELECT pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -8, '09:00', '10:00', '1.00')]) AS done \gset
SELECT max(batch_id) AS batch FROM registry.record_batch \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, false, ''补签名'')', :batch)) AS done \gset
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -8, '09:00', '10:00', '1.00')]), '1 1 0 0', 'a refused batch may be sent again');

SELECT registry.set_policy('daily_cap_minutes', 480, '测试', '441402');
UPDATE registry.policy SET valid = '(,)' WHERE name = 'daily_cap_minutes' AND region IS NOT NULL;
SELECT is(pg_temp.import(:'district', ARRAY[
    pg_temp.line(:'ann', -4, '08:00', '12:00', '4.00'), pg_temp.line(:'ann', -4, '13:00', '17:01', '4.02'),
    pg_temp.line(:'ben', -4, '08:00', '16:00', '8.00', name => '示例乙')]), '3 1 0 2 1:daily_cap 2:daily_cap', 'a day above the cap');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ben', -4, '16:00', '16:01', '0.02', name => '示例乙')]), '1 0 0 1 1:daily_cap', 'a minute on top of what is recorded');
SELECT is(pg_temp.import(:'district', ARRAY[pg_temp.line(:'ben', -4, '16:00', '24:00', '0.00', name => '示例乙', method => '0')]), '1 1 0 0', 'a forced sign-out adds nothing to the day');
SELECT lives_ok('SELECT volunteer.flush_hours()', 'all of it within the caps');
SELECT is_empty('SELECT * FROM registry.check_hours()', 'the totals are exact');

-- The whole file, and who may
SELECT throws_ok(format('SELECT pg_temp.import(%L, ARRAY[%L])', :district, '志愿者编号,姓名,项目,队伍,岗位,结束时间,开始时间,服务时长,录入方式'),
    '22P02', 'The header of the roster does not name the columns in their order.', 'columns in another order');
SELECT set_config('session_authorization', 'postgres', true) AS done \gset
SELECT pg_temp.refused('stranger', format('SELECT registry.begin_import(''名册.csv'', %s)', :district), '42501', 'not_staff', 'staff only');
RESET registry.open_import;
SELECT pg_temp.refused('recorder', 'INSERT INTO registry.import_line (line) VALUES (''x'')', '55000', 'import_is_open', 'no line without an import');
SELECT pg_temp.act('recorder', format('SELECT registry.begin_import(''名册.csv'', %s)', :district)) AS open \gset
SELECT pg_temp.refused('stranger', 'INSERT INTO registry.import_line (line) VALUES (''x'') RETURNING NULL', '55000', 'import_is_open', 'no line into the import of another');
SELECT pg_temp.refused('stranger', format('SELECT registry.import_service_records(%s)', :open), '55000', 'import_is_open', 'nor its end');
SELECT pg_temp.refused('recorder', 'INSERT INTO registry.import_line (import_id, line) VALUES (1, ''x'')', '42501', '', 'the import is not chosen');
SELECT pg_temp.refused('recorder', 'SELECT line FROM registry.import_line', '42501', '', 'nor are raw lines read');
SELECT pg_temp.act('recorder', format('SELECT imported FROM registry.import_service_records(%s)', :open)) AS done \gset
SELECT pg_temp.refused('recorder', format('SELECT registry.import_service_records(%s)', :open), '55000', 'import_is_open', 'an import ends once');
SELECT ok(pg_temp.act('reviewer', 'SELECT count(*) FROM registry.import_refusal')::integer > 30, 'the reviewer of the organization sees the refused lines');
CREATE ROLE elsewhere LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('别市志愿服务联合会', '2', '13', '441500')$$) AS far \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('elsewhere', :far, 'reviewer')) AS staff \gset
SELECT is(pg_temp.act('elsewhere', 'SELECT count(*) FROM registry.import_refusal'), '0', 'that of another does not');
SELECT pg_temp.refused('stranger', 'SELECT * FROM registry.import_refusal', '42501', 'not_staff', 'nor does a stranger');
SELECT is(count(*), 0::bigint, 'no sentence repeats the line') FROM registry.recording_rule WHERE sentence ~ '%|示例|V\d';

-- The lines themselves are personal data
SELECT pg_temp.refused('recorder', 'SELECT line FROM registry.import_row', '42501', '', 'no refused line is read unlogged');
SELECT pg_temp.import(:'district', ARRAY[pg_temp.line(:'ann', -13, '09:00', '10:00', '2.00'), pg_temp.line(:'ann', -13, '10:00', '11:00', '2.00'),
    '"' || lower(:'ben') || '",示例乙', '示例丁,110101199003070000']) AS done \gset
SELECT max(import_id) AS import FROM registry.import \gset
SELECT format('SELECT registry.announce_import_access(%s, ''roster_correction'')', :import) AS announce,
    format('SELECT line FROM registry.read_import_lines(%s)', :import) AS read \gset
SELECT pg_temp.refused('elsewhere', statement, '23503', 'known_import', 'the import of another body: ' || statement) FROM (VALUES (:'announce'), (:'read')) AS s (statement);
SELECT pg_temp.refused('stranger', statement, '42501', 'not_staff', 'a stranger: ' || statement) FROM (VALUES (:'announce'), (:'read')) AS s (statement);
SELECT pg_temp.refused('recorder', format('SELECT registry.announce_import_access(%s, ''curiosity'')', :import), '23503', 'known_code', 'no purpose');
SELECT pg_temp.refused('recorder', :'read', '42501', 'access_is_logged', 'not announced');
SELECT is(pg_temp.act('recorder', :'announce'), '2', 'the lines name two volunteers');
SELECT results_eq(format('SELECT volunteer_no::text, data, purpose, actor::text COLLATE "default" FROM registry.audit_log LEFT JOIN registry.volunteer USING (person_id)
    WHERE import_id = %s ORDER BY volunteer_no NULLS FIRST', :import),
    format($$VALUES (NULL, 'import_line', 'roster_correction', 'recorder'), (%L, 'import_line', 'roster_correction', 'recorder'), (%L, 'import_line', 'roster_correction', 'recorder')$$,
        :'ann', :'ben'), 'with an entry for each and one for whoever else is named');
SELECT pg_temp.refused('recorder', :'read', '42501', 'access_is_logged', 'which is not committed yet');
SELECT pg_temp.refused('postgres', $$SELECT registry.log_access(NULL, 'contact', 'insurance')$$, '23514', 'access_is_to_somebody', 'an access to nobody');

-- Corrected rows are sent again
SELECT pg_temp.import(:'district', ARRAY[:'header', pg_temp.line(:'ann', -12, '09:00', '10:00', '2.00'), pg_temp.line(:'ann', -12, '10:00', '11:00', '2.00')]) AS done \gset
SELECT max(import_id) AS first_try FROM registry.import \gset
CREATE FUNCTION pg_temp.resending(import_id text, line_no integer, line text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.resend_row(%s, %s, %L)', import_id, line_no, line)
$$;
SELECT pg_temp.refused('recorder', pg_temp.resending(:'first_try', 2, 'x'), '55000', 'import_is_open', 'only into an open import');
SELECT pg_temp.act('recorder', format('SELECT registry.begin_import(''更正'', %s)', :district)) AS second_try \gset
SELECT pg_temp.refused('recorder', pg_temp.resending(:'first_try', 1, 'x'), '23503', 'known_import_row', 'a row that was not refused');
SELECT pg_temp.refused('stranger', pg_temp.resending(:'first_try', 2, 'x'), '55000', 'import_is_open', 'nor by a stranger');
SELECT pg_temp.act('recorder', pg_temp.resending(:'first_try', 2, pg_temp.line(:'ann', -12, '09:00', '10:00', '1.00')));
SELECT pg_temp.refused('recorder', pg_temp.resending(:'first_try', 2, 'x'), '55000', 'row_resent_once', 'one row, one correction');
SELECT pg_temp.act('recorder', format('SELECT registry.begin_import(''更正'', %s)', :district)) AS third_try \gset
SELECT is(resent_in, NULL, 'an import given up gives the row back') FROM registry.import_row WHERE import_id = :first_try AND line_no = 2;
SELECT pg_temp.act('recorder', pg_temp.resending(:'first_try', 2, pg_temp.line(:'ann', -12, '09:00', '10:00', '1.00')));
SELECT pg_temp.act('recorder', pg_temp.resending(:'first_try', 3, pg_temp.line(:'ann', -12, '10:00', '11:00', '3.00')));
SELECT is(pg_temp.act('recorder', format('SELECT concat_ws('' '', total, imported, refused) FROM registry.import_service_records(%s)', :third_try)), '2 1 1', 'one is right now');
SELECT results_eq(format('SELECT line_no, line IS NULL, resent_in FROM registry.import_row WHERE import_id IN (%s, %s) ORDER BY import_id, line_no', :first_try, :third_try),
    format('VALUES (2, true, %1$s::bigint), (3, true, %1$s), (2, false, NULL)', :third_try), 'what was sent again is not kept, what is still wrong is');
UPDATE registry.import SET finished_at = finished_at - interval '91 days' WHERE import_id = :third_try;
SELECT is(pg_temp.act('clerk', 'SELECT registry.clear_import_rows()'), '1', 'lines are kept for ninety days');
SELECT pg_temp.refused('recorder', 'SELECT registry.clear_import_rows()', '42501', '', 'and cleared by the administrator');

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT is(pg_temp.act('analyst', format($$SELECT concat_ws(' ', organization, lines, resent, open) FROM report.import_refusal(%L, %L)
    WHERE rule = 'hours_match_period'$$, registry.today() - 91, registry.today() - 1)), '示例区志愿服务队 1 0 1', 'the report of what is still to be corrected');
SELECT is(pg_temp.act('analyst', format($$SELECT lines || ' ' || resent FROM report.import_refusal(%L, %L) WHERE organization = '合计'$$, registry.today() - 91, registry.today())),
    (SELECT count(*) || ' ' || count(resent_in) FROM registry.import_row), 'with its total');

-- Given up
SELECT pg_temp.act('recorder', format('SELECT registry.begin_import(''名册.csv'', %s)', :district)) AS given_up \gset
SELECT pg_temp.act('recorder', 'INSERT INTO registry.import_line (line) VALUES (''x'') RETURNING NULL') AS done \gset
SELECT is(count(*), 1::bigint, 'an unfinished import holds its lines') FROM registry.import_line;
SELECT pg_temp.act('recorder', format('SELECT registry.begin_import(''名册.csv'', %s)', :district)) AS open \gset
SELECT is(count(*), 0::bigint, 'the next one clears them') FROM registry.import_line;
SELECT pg_temp.refused('recorder', format('SELECT registry.import_service_records(%s)', :given_up), '55000', 'import_is_open', 'and ends it');

-- Fields of a line
SELECT is(registry.csv_fields(line), fields, line)
FROM (VALUES
    ('a,b,', '{a,b,""}'::text[]),
    ('"a,b", "c" ,d', '{"a,b",c,d}'),
    ('"a""b",""', '{"a\"b",""}'),
    ('"a', NULL),
    ('a"b,c', NULL),
    ('"a"b,c', NULL)
) AS t (line, fields);
SELECT is(registry.csv_fields('"a",' || repeat(' ', 1000000) || '"'), NULL, 'a long line that is no CSV takes no longer than one that is');

SELECT * FROM finish();
ROLLBACK;
