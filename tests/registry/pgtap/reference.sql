BEGIN;
\ir ../acting.sql
SELECT plan(51);
CREATE ROLE clerk LOGIN IN ROLE registry_administrator;

-- Regions
SELECT is(count(*), 44702::bigint, 'regions of the 2023 edition') FROM registry.region;
SELECT results_eq(
    'SELECT level, count(*) FROM registry.region GROUP BY level ORDER BY level',
    $$VALUES (1::smallint, 34::bigint), (2::smallint, 342::bigint), (3::smallint, 2975::bigint), (4::smallint, 41351::bigint)$$,
    'provinces, cities, counties and towns');
SELECT results_eq(
    $$SELECT code::text, name FROM registry.region WHERE code <@ '4414'::volunteer.region_code AND level < 4 ORDER BY code$$,
    $$VALUES ('441400000000', '梅州市'), ('441402000000', '梅江区'), ('441403000000', '梅县区'), ('441422000000', '大埔县'),
        ('441423000000', '丰顺县'), ('441424000000', '五华县'), ('441426000000', '平远县'), ('441427000000', '蕉岭县'),
        ('441481000000', '兴宁市')$$,
    'a city and its counties');
SELECT is_empty(
    $$SELECT code FROM registry.region WHERE code::text ~ '^(4419|4420|4604)' AND level = 3$$,
    'Dongguan, Zhongshan and Danzhou have no counties');
SELECT results_eq(
    $$SELECT code::text FROM registry.region WHERE name IN ('东城街道', '石岐街道') AND code::text ~ '^44(19|20)' ORDER BY code$$,
    $$VALUES ('441900003000'), ('442000001000')$$, 'their towns stand below the city');
SELECT is_empty(
    $$SELECT r.code FROM registry.region r WHERE r.level > 1
        AND NOT EXISTS (SELECT FROM registry.region p WHERE p.code = volunteer.parent(r.code))$$,
    'every region lies in another');
SELECT is(registry.require_region('3502')::text, '350200000000', 'a short code is completed');
SELECT pg_temp.refused('postgres', $$SELECT registry.require_region('441499')$$, '23503', 'known_region', 'unknown region');
SELECT lives_ok(
    $$UPDATE registry.region SET valid = daterange(NULL, registry.today()), successor = '441402' WHERE code = '441427'$$,
    'a region ends and has a successor');
SELECT pg_temp.refused('postgres', $$SELECT registry.require_region('441427')$$, '23503', 'known_region', 'region out of force');
SELECT pg_temp.refused('postgres', $$UPDATE registry.region SET successor = '441402' WHERE code = '441426'$$,
    '23514', 'successor_only_after_end', 'no successor while in force');

-- Code lists
SELECT is_empty(
    $$SELECT DISTINCT set FROM registry.code_item WHERE set <> 'code_set'
        EXCEPT SELECT code FROM registry.code_item WHERE set = 'code_set'$$,
    'every list is in the list of lists');
SELECT is_empty(
    $$SELECT code FROM registry.code_item WHERE set = 'code_set' EXCEPT SELECT DISTINCT set FROM registry.code_item$$,
    'no list is empty');
SELECT is_empty($$SELECT FROM registry.code_item WHERE name_zh !~ '[一-龥]'$$, 'Chinese names');
SELECT is_empty($$SELECT FROM registry.code_item WHERE name_en !~ '^[ -~]+$'$$, 'English names');
SELECT is(count(*), 58::bigint, 'ethnic groups') FROM registry.code_item WHERE set = 'ethnicity';
SELECT is(count(*), 21::bigint, 'service categories') FROM registry.code_item WHERE set = 'service_category';
SELECT is_empty(
    $$SELECT code FROM registry.document_kind EXCEPT SELECT code FROM registry.code_item WHERE set = 'document_kind'$$,
    'document kinds carry the codes of the list');
SELECT lives_ok($$SELECT registry.require_code('service_category', '0001')$$, 'known code');
SELECT pg_temp.refused('postgres', $$SELECT registry.require_code('service_category', '9999')$$,
    '23503', 'known_code', 'unknown code');

-- Policy numbers: province, then city, over the national row
SELECT pg_temp.act('clerk', $$SELECT registry.set_policy('daily_cap_minutes', 720, '示例省规定', '44')$$);
SELECT pg_temp.act('clerk', $$SELECT registry.set_policy('daily_cap_minutes', 600, '示例市规定', '4414', registry.today() + 10)$$);
SELECT results_eq(
    $$SELECT registry.policy_value('daily_cap_minutes', region::volunteer.region_code, registry.today() + days)
        FROM (VALUES (NULL, 0), ('35', 0), ('440100', 0), ('441402', 0), ('441402', 10), ('44', 10)) AS t (region, days)$$,
    $$VALUES (1440::numeric), (1440), (720), (720), (600), (720)$$,
    'the nearest containing region in force that day decides');
SELECT is(registry.policy_value('daily_cap_minutes', '44', registry.today() - 1), 1440::numeric, 'yesterday keeps its number');
SELECT pg_temp.act('clerk', $$SELECT registry.set_policy('publicity_days', 3, '示例规定', since => registry.today() + 5)$$);
SELECT results_eq(
    $$SELECT registry.policy_value('publicity_days', NULL, registry.today() + d) FROM generate_series(4, 5) AS d$$,
    $$VALUES (7::numeric), (3)$$, 'a new version ends the old one');
SELECT pg_temp.refused('postgres', $$SELECT registry.policy_value('no_such_number', NULL, registry.today())$$,
    'P0002', 'policy_missing', 'missing policy');
SELECT pg_temp.refused('clerk', $$SELECT registry.set_policy('publicity_days', 3, '示例规定', since => registry.today() - 1)$$,
    '23514', 'policy_not_retroactive', 'no retroactive policy');
SELECT pg_temp.refused('clerk', $$SELECT registry.set_policy('publicity_days', 4, '示例规定', since => registry.today() + 2)$$,
    '23P01', 'one_policy_at_a_time', 'no two versions on one day');
SELECT pg_temp.refused('clerk', $$SELECT registry.set_policy('publicity_days', 4, ' ', since => registry.today() + 9)$$,
    '23514', 'policy_states_its_basis', 'a policy states its basis');
SELECT pg_temp.refused('clerk', $$SELECT registry.set_policy('publicity_days', 'NaN', '示例', since => registry.today() + 9)$$,
    '23514', 'policy_is_a_number', 'and a number');
SELECT pg_temp.refused('clerk', $$SELECT registry.set_policy('yearly_hours', 30, '示例', since => 'infinity')$$,
    '23514', 'policy_begins_on_a_day', 'and begins some day, or none could be set any more');

-- Working days
SELECT ok(NOT registry.is_workday('2026-10-03'), 'a Saturday is no working day');
SELECT is(registry.working_days_after('2026-09-25', 10), '2026-10-09'::date, 'ten working days without exceptions');
SELECT is(pg_temp.act('clerk', $$SELECT registry.load_work_calendar(
    ARRAY(SELECT d::date FROM generate_series('2026-10-01', '2026-10-07', interval '1 day') AS d), false)$$),
    '7', 'a holiday of seven days is loaded');
SELECT is(pg_temp.act('clerk', $$SELECT registry.load_work_calendar('{2026-09-27,2026-10-10}', true)$$),
    '2', 'working weekends are loaded');
SELECT is(registry.working_days_after('2026-09-25', 10), '2026-10-14'::date, 'ten working days with exceptions');
SELECT pg_temp.act('clerk', $$SELECT registry.load_work_calendar('{2026-10-10}', false)$$);
SELECT results_eq($$SELECT from_status, to_status, actor = 'clerk' FROM registry.work_calendar_event WHERE day = '2026-10-10' ORDER BY event_id$$,
    $$VALUES (NULL, 'workday', true), ('workday', 'holiday', true)$$, 'who moves a day, and with it the time limits, is known');
SELECT is_empty($$SELECT * FROM registry.check_events() WHERE object ~ 'calendar'$$, 'the calendar agrees with it');
UPDATE registry.work_calendar SET is_workday = true WHERE day = '2026-10-10';
SELECT results_eq($$SELECT kind, object FROM registry.check_events() WHERE object ~ 'calendar'$$,
    $$VALUES ('status', 'registry.work_calendar 2026-10-10')$$, 'what is changed behind it is found');
SELECT is(registry.working_days_after('2026-10-03', 0), '2026-10-03'::date, 'no working day after');

-- Transitions
SELECT is(registry.require_transition('volunteer', 'active', 'suspended', '示例'), 'registrar', 'permitted: who may');
SELECT pg_temp.refused('postgres', $$SELECT registry.require_transition('volunteer', 'deceased', 'active', '示例')$$,
    '55000', 'known_transition', 'the dead do not return');
SELECT pg_temp.refused('postgres', $$SELECT registry.require_transition('volunteer', 'active', 'suspended', ' ')$$,
    '23514', 'reason_required', 'a reason is required');

-- Deployment
SELECT pg_temp.act('clerk', $$SELECT registry.set_origin('https://zyz.example.org:8443')$$);
SELECT results_eq('SELECT origin FROM registry.deployment', $$VALUES ('https://zyz.example.org:8443')$$, 'one origin');
SELECT pg_temp.refused('clerk', format('SELECT registry.set_origin(%L)', bad), '23514', 'origin_is_https', 'origin ' || bad)
FROM unnest(ARRAY['http://zyz.example.org', 'https://zyz.example.org/', 'https://ZYZ.example.org']) AS bad;

SELECT is(registry.clean_text(E'  a\u0301\u200b  \u202e张\t三 '), 'á 张 三', 'text is normalised');
SELECT is(registry.clean_text(E'a\u200b\u0301'), 'á', 'also what removal brings together');
SELECT is(registry.clean_text(E'\u3164\u2800\ufe0f\u034f\u115f\u180e\uffa0\U000e0041\U000e0100'), '', 'nothing is left of what nobody sees');
SELECT is(registry.clean_text(E'\u3000张\u2028三\u0085四\u00a0五\u3000' COLLATE "C"), '张 三 四 五', 'and blanks are blanks under every locale');
SELECT is_empty($$SELECT dot FROM unnest('{·,•,‧,∙,⋅,・,･,"· "," •"," ‧ "}'::text[]) AS dot
    WHERE registry.clean_name('阿依古丽' || dot || '买买提') <> '阿依古丽·买买提'$$, 'every dot within a name is one');
SELECT is(registry.clean_name('J. R. Smith-Jones、王'), 'J. R. Smith-Jones、王', 'and nothing else is');

SELECT * FROM finish();
ROLLBACK;
