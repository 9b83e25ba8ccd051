-- Transfers of somebody who was registered twice: the hours of both registrations move, each once.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(29);

\set peer https://zyz.other.example
SELECT registry.register_signing_key() AS kid \gset
SELECT registry.trust_issuer(:'peer', '别市志愿服务联合会', volunteer.signing_public_key() - 'kid', '示例协议') AS kid \gset
CREATE ROLE registrar_of_district LOGIN IN ROLE registry_registrar;
SELECT pg_temp.act('clerk', pg_temp.appointing('registrar_of_district', :'district', 'registrar')) AS staff \gset

CREATE FUNCTION pg_temp.transfer(what text, transfer_id text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.%s_transfer(%s%s)', what, transfer_id, more)
$$;
CREATE FUNCTION pg_temp.hours_of(VARIADIC volunteer_nos text[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(coalesce(h.hours, '0:00')::text, ' ' ORDER BY v.volunteer_id)
    FROM registry.volunteer v LEFT JOIN registry.volunteer_hours h USING (volunteer_id) WHERE v.volunteer_no::text = ANY (volunteer_nos)
$$;
CREATE FUNCTION pg_temp.stars(VARIADIC volunteer_nos text[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', a.level, a.status), ', ' ORDER BY v.volunteer_id, a.level)
    FROM registry.star_award a JOIN registry.volunteer v USING (volunteer_id) WHERE v.volunteer_no::text = ANY (volunteer_nos)
$$;
-- A package of the other registry for a volunteer of this one.
CREATE FUNCTION pg_temp.package(holder text, documents jsonb, no integer, period tstzrange) RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.sign_transfer(json_build_object('type', 'package', 'iss', 'https://zyz.other.example', 'aud', 'https://zyz.example.gov.cn',
        'jti', gen_random_uuid(), 'stars', '[]'::jsonb, 'certificates', '[]'::jsonb,
        'records', jsonb_build_array(jsonb_build_object('no', no, 'start', lower(period), 'end', upper(period), 'entry_method', 1,
            'project', '别市行动', 'category', '0001', 'organization', '别市志愿服务队')),
        'holder', (SELECT jsonb_build_object('name', name, 'sex', sex, 'birth_date', birth_date, 'documents', package.documents)
            FROM registry.volunteer JOIN registry.person USING (person_id) WHERE volunteer_no::text = holder)))
$$;
CREATE FUNCTION pg_temp.receiving(package text, volunteer_no text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.receive_transfer(%L, %L)', package, volunteer_no)
$$;

-- Ann registered once more, with her passport, and served under both numbers
SELECT pg_temp.act('registrar', format($$SELECT registry.register_volunteer('SHI LI', 'passport', 'E12345678', %s, '441402', '登记表 9 号',
    registry.today() - 100, sex => 2::smallint, birth_date => '1990-01-01', backdating_reason => '补录')$$, :'district')) AS again \gset
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-3, '09:00', '11:00'))) AS first \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'again', :'activity', pg_temp.during(-3, '10:30', '12:00'))) AS second \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'again', :'activity', pg_temp.during(-2, '09:00', '13:00'))) AS third \gset
SELECT pg_temp.take_effect(:'batch');
INSERT INTO registry.star_standard (region, valid, thresholds, basis) VALUES ('441402', '(,)', '{2:00,6:00,30:00,40:00,50:00}', '示例办法');
SELECT pg_temp.award_stars(:'district');
SELECT pg_temp.act('registrar', format('SELECT registry.request_merge(%L, %L, ''护照与身份证为同一人'')', :'again', :'ann')) AS merge \gset
SELECT pg_temp.act('registrar_of_district', format('SELECT registry.decide_merge(%s, true)', :'merge'));

PREPARE listed AS SELECT volunteer_no::text, star::text, under_review FROM report.star_list;
PREPARE star AS SELECT hours::text FROM registry.star_hours h JOIN registry.volunteer v USING (volunteer_id) WHERE v.volunteer_no = :'ann';

-- What moves
SELECT pg_temp.refused('registrar', format('SELECT registry.request_transfer(%L, %L)', :'again', :'peer'), '55000', 'person_is_whole',
    'a number that was merged moves with the other');
SELECT pg_temp.act('registrar', format('SELECT registry.request_transfer(%L, %L)', :'ann', :'peer')) AS moving \gset
SELECT pg_temp.act('registrar', pg_temp.transfer('consent', :'moving', ', ''书面同意'''));
SELECT pg_temp.announced('reviewer', :'ann', 'package');
SELECT pg_temp.refused('reviewer', pg_temp.transfer('export', :'moving'), '55000', 'nothing_is_claimed_twice', 'the same half hour under both numbers');
SELECT volunteer.flush_hours();
SELECT results_eq('star', $$VALUES ('2:00')$$, 'nor does it count twice for a star');
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''与另一编号的记录重复'')', :'second'));

-- Stars rest on both
SELECT volunteer.flush_hours();
SELECT results_eq('star', $$VALUES ('6:00')$$, 'once it is voided both numbers count');
SAVEPOINT before_stars;
SELECT pg_temp.award_stars(:'district');
SELECT is(pg_temp.stars(:'ann', :'again'), '1 awarded, 2 awarded, 1 awarded', 'and reach the next star');
SELECT results_eq('listed', format($$VALUES (%L, '2', false)$$, :'ann'), 'the person is listed once');
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''未到场'')', :'third'));
SELECT is(pg_temp.stars(:'ann', :'again'), '1 awarded, 2 reopened, 1 awarded', 'which is decided again when one of them loses hours');
SELECT results_eq('listed', format($$VALUES (%L, '1', true)$$, :'ann'), 'and listed so');
ROLLBACK TO before_stars;
SELECT pg_temp.handed_out('reviewer', pg_temp.transfer('export', :'moving')) AS package \gset
SELECT registry.token_part(:'package', 2) AS claims \gset
SELECT is(jsonb_path_query_array(:'claims', '$.records[*].no'), jsonb_build_array(:first, :third), 'the records of both numbers');
SELECT is(jsonb_path_query_array(:'claims', '$.stars[*].level'), '[1]', 'the stars of both, each level once');
SELECT is(jsonb_path_query_array(:'claims', '$.holder.documents[*].kind'), '["citizen_id", "passport"]', 'and both documents');
SELECT is(hours::text || ' ' || records, '6:00 2', 'all of it is counted') FROM registry.transfer WHERE transfer_id = :moving;
SELECT volunteer.flush_hours();
SELECT is(pg_temp.hours_of(:'ann', :'again'), '0:00 0:00', 'and counts under neither number any more');
SELECT is(array_agg(status), '{transferred,transferred}', 'nor do the stars') FROM registry.star_award;
SELECT is_empty('SELECT * FROM registry.check_hours()', 'the totals are exact');

-- Refused there, all of it is back
CREATE FUNCTION pg_temp.receipt(package text, outcome text) RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.sign_transfer(json_build_object('type', 'receipt', 'iss', 'https://zyz.other.example', 'aud', 'https://zyz.example.gov.cn',
        'jti', gen_random_uuid(), 'package', registry.token_part(package, 2) ->> 'jti', 'package_sha256', encode(sha256(package::bytea), 'hex'),
        'outcome', outcome, 'reason', '示例', 'records', 2, 'hours', '6.00'))
$$;
SAVEPOINT exported;
SELECT is(pg_temp.act('registrar', format('SELECT registry.reconcile_transfer(%L)', pg_temp.receipt(:'package', 'refused'))), 'returned', 'refused there');
SELECT volunteer.flush_hours();
SELECT is(pg_temp.hours_of(:'ann', :'again'), '2:00 4:00', 'each number has its hours again');
SELECT is(array_agg(status), '{awarded,awarded}', 'and its star') FROM registry.star_award;
SELECT is_empty('SELECT * FROM registry.check_hours()', 'the totals are exact');
ROLLBACK TO SAVEPOINT exported;

-- Imported there, and back again later: nothing is here twice
SELECT is(pg_temp.act('registrar', format('SELECT registry.reconcile_transfer(%L)', pg_temp.receipt(:'package', 'imported'))), 'reconciled', 'imported there');
SELECT pg_temp.package(:'ann', '[{"kind": "passport", "tail": "5678"}]', 1, pg_temp.during(-2, '09:00', '13:00')) AS homeward \gset
SELECT pg_temp.act('recorder', pg_temp.receiving(:'homeward', :'ann')) AS returning \gset
SELECT is(status, 'acknowledged', 'what went under the other number is no obstacle, nor is the other document') FROM registry.transfer WHERE transfer_id = :returning;
SELECT is(status, 'superseded', 'and gives way') FROM registry.service_record WHERE record_id = :third;
SELECT pg_temp.handed_out('reviewer', pg_temp.transfer('import', :'returning')) AS receipt \gset
SELECT volunteer.flush_hours();
SELECT is(pg_temp.hours_of(:'ann', :'again'), '4:00 0:00', 'it counts once, under the number that remains');

-- What is here under the other number stands against a package as well
SELECT pg_temp.enrol('示例丁', 7, :'district', registry.today() - 100) AS dan \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.register_volunteer('SHI DING', 'passport', 'E87654321', %s, '441402', '登记表 10 号',
    registry.today() - 100, sex => 1::smallint, birth_date => '1990-01-01', backdating_reason => '补录')$$, :'district')) AS dans \gset
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'dans', :'activity', pg_temp.during(-5, '08:00', '16:00'))) AS here \gset
SELECT pg_temp.act('registrar', format('SELECT registry.request_merge(%L, %L, ''护照与身份证为同一人'')', :'dans', :'dan')) AS merge \gset
SELECT pg_temp.act('registrar_of_district', format('SELECT registry.decide_merge(%s, true)', :'merge'));
CREATE FUNCTION pg_temp.conflict(package text, volunteer_no text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('recorder', format('SELECT concat_ws('' '', rule, record_id) FROM registry.transfer_conflicts(%s)',
        pg_temp.act('recorder', pg_temp.receiving(package, volunteer_no))))
$$;
SELECT is(pg_temp.conflict(pg_temp.package(:'dan', '[{"kind": "passport", "tail": "4321"}]', 2, pg_temp.during(-5, '15:59', '17:00')), :'dan'),
    'no_overlap ' || :'here', 'the same minute');
INSERT INTO registry.policy (name, region, valid, value, basis) VALUES ('daily_cap_minutes', '441402', '(,)', 540, '测试');
SELECT is(pg_temp.conflict(pg_temp.package(:'dan', '[{"kind": "passport", "tail": "4321"}]', 3, pg_temp.during(-5, '16:00', '17:01')), :'dan'),
    'daily_cap', 'more than a day may hold');
SELECT pg_temp.act('recorder', pg_temp.receiving(pg_temp.package(:'dan', '[{"kind": "passport", "tail": "4321"}]', 4, pg_temp.during(-5, '16:00', '17:00')), :'dan')) AS fits \gset
SELECT is(status, 'acknowledged', 'what fits is entered') FROM registry.transfer WHERE transfer_id = :fits;
SELECT pg_temp.refused('recorder', pg_temp.receiving(pg_temp.package(:'dans', '[{"kind": "passport", "tail": "4321"}]', 5, pg_temp.during(-6, '16:00', '17:00')), :'dans'),
    '23514', 'volunteer_active', 'under the number that was merged nothing is');
SELECT pg_temp.refused('recorder', pg_temp.receiving(pg_temp.package(:'dan', '[{"kind": "passport", "tail": "0000"}]', 6, pg_temp.during(-6, '16:00', '17:00')), :'dan'),
    '23514', 'holder_matches_package', 'and a document of nobody');
SELECT is_empty('SELECT * FROM registry.check_hours()', 'the totals are exact');

SELECT * FROM finish();
ROLLBACK;
