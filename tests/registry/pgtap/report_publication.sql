-- The yearly publication, the dashboard and the ledgers, on figures that can be counted by hand.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(50);

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
CREATE FUNCTION pg_temp.report(query text) RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.flush_hours();
    SELECT pg_temp.act('analyst', format('SELECT string_agg(q::text, E''\n'') FROM (%s) AS q', query))
$$;
-- A year's published figures of the city, in the order asked for.
CREATE FUNCTION pg_temp.figures(day date, VARIADIC items text[]) RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.flush_hours();
    SELECT pg_temp.act('analyst', format('SELECT string_agg(coalesce(p.value::text, ''-''), '' '' ORDER BY n)
        FROM unnest(%L::text[]) WITH ORDINALITY AS i (item, n) JOIN report.publication(''4414'', %s) AS p USING (item)',
        items, extract(year FROM day)))
$$;
SELECT registry.today() AS today, registry.today() - 1 AS yesterday, registry.today() - 200 AS enrolled, registry.today() - 30 AS begun \gset

SELECT is(pg_temp.figures(:'today', 'records', 'hours', 'insurance_paid', 'back_fill_percent', 'spot_checks_true_percent', 'last_seal'),
    '0 0.00 0 - - -', 'nothing served, nothing to take a share of, nothing sealed');

-- Yesterday Ann serves two hours and, back-filled, one; Ben an hour and a half, and another hour that is disputed and voided
INSERT INTO registry.star_standard (region, valid, thresholds, basis)
VALUES ('441402', '(,)', '{0:30,1:00,2:00,2:30,3:00}', '测试区标准');
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-1, '08:00', '10:00'))) AS record \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ben', :'activity', pg_temp.during(-1, '08:00', '09:30'))) \g /dev/null
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ben', :'activity', pg_temp.during(-1, '16:00', '17:00'))) AS disputed \gset
SELECT pg_temp.open_batch(:'district', $$, '停电', sha256('签到表')$$) AS back_fill \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'back_fill', :'ann', :'activity', pg_temp.during(-1, '14:00', '15:00'))) \g /dev/null
SELECT pg_temp.take_effect(:'batch') \g /dev/null
SELECT is(pg_temp.figures(:'yesterday', 'records', 'hours', 'back_fill_percent'), '3 4.50 0.00', 'three records, none of them back-filled');
SELECT pg_temp.take_effect(:'back_fill') \g /dev/null
SELECT is(pg_temp.figures(:'yesterday', 'records', 'hours', 'back_fill_percent'), '4 5.50 25.00', 'and one that is');
ALTER TABLE registry.record_batch DISABLE TRIGGER only_review_changes;
UPDATE registry.record_batch SET source = 'transfer' WHERE batch_id = :back_fill;
SELECT is(pg_temp.figures(:'yesterday', 'records', 'hours', 'back_fill_percent'), '4 5.50 0.00', 'what another registry sent was in time there');
SELECT is(pg_temp.report(format('SELECT back_filled, share FROM report.back_fill(%1$L, %1$L) WHERE organization = ''合计''', :'yesterday')), '(0,0.0000)', 'for the auditors, too');
UPDATE registry.record_batch SET source = 'roster' WHERE batch_id = :back_fill;
ALTER TABLE registry.record_batch ENABLE TRIGGER only_review_changes;

CREATE ROLE arbiter LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.act('clerk', pg_temp.appointing('arbiter', :'city', 'reviewer')) AS staff \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.raise_dispute(%s, 'public', '未见到人')$$, :disputed)) AS dispute \gset
SELECT is(pg_temp.figures(:'today', 'disputes', 'disputes_upheld'), '1 0', 'a dispute');
SELECT pg_temp.act('arbiter', format($$SELECT registry.decide_dispute(%s, true, '查签到表')$$, :dispute)) \g /dev/null
SELECT is(pg_temp.figures(:'today', 'disputes', 'disputes_upheld'), '1 1', 'that is upheld');
SELECT is(pg_temp.figures(:'yesterday', 'records', 'hours', 'declared_hours', 'back_fill_percent', 'serving_volunteers'),
    '3 4.50 4.50 33.33 2', 'what was voided is published no more');
SELECT pg_temp.act('recorder', format('SELECT registry.evaluate(%s, 5, 5, 5)', :record)) \g /dev/null
SELECT is(pg_temp.figures(:'yesterday', 'evaluations'), '1', 'evaluated');

-- Who and where
SELECT is(pg_temp.figures(:'enrolled', 'new_volunteers', 'registered_volunteers'), '2 2', 'both were registered in that year');
SELECT pg_temp.act('clerk', format($$SELECT registry.grant_identity_mark(%s, '粤志标 1 号', '示例市民政局', '2024-01-01')$$, :'city')) \g /dev/null
SELECT pg_temp.act('registrar', format($$SELECT registry.open_station(%s, 'community', '示例社区站', '示例社区居委会', '示例站长', '441402004')$$, :'district')) AS station \gset
SELECT is(pg_temp.figures(:'today', 'registered_volunteers', 'departed_volunteers', 'organizations', 'marked_organizations', 'stations'),
    '2 0 2 1 1', 'volunteers, organizations and stations at the end of the year');
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '演练', %L, drill => true, backfill_reason => '补录')$$,
    :'project', tstzrange(pg_temp.at(-30, '09:00'), pg_temp.at(-30, '10:00')))) \g /dev/null
SELECT is(pg_temp.figures(:'begun', 'activities'), '1', 'a drill is no activity');
SELECT pg_temp.figures(registry.today() + 1, 'activities') AS held \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '明日活动', %L)$$,
    :'project', pg_temp.during(1, '09:00', '10:00'))) \g /dev/null
SELECT is(pg_temp.figures(registry.today() + 1, 'activities'), :'held', 'nor is one of tomorrow');

-- Certificates, stars, honours
CREATE ROLE issuer LOGIN IN ROLE registry_issuer;
SELECT registry.appoint_staff('issuer', :district, 'issuer') AS staff \gset
SELECT registry.register_signing_key() AS kid \gset
SELECT pg_temp.act('issuer', format('SELECT registry.issue_certificate(%L, %s, %L, ''负责人'')', v, :'district',
    daterange(registry.today() - 30, registry.today()))) FROM unnest(ARRAY[:'ann', :'ben']) AS v \g /dev/null
SELECT min(code::text) AS code FROM registry.certificate \gset
SELECT pg_temp.act('issuer', format($$SELECT registry.revoke_certificate(%L, 'holder_request')$$, :'code')) \g /dev/null
SELECT is(pg_temp.figures(:'today', 'certificates_issued', 'certificates_revoked'), '2 1', 'two certificates, one revoked');
SELECT pg_temp.award_stars(:'district') \g /dev/null
SELECT is(pg_temp.figures(:'today', 'star_awards', 'five_star_awards'), '7 1', 'five stars for three hours, two for one and a half');
UPDATE registry.star_award SET status = 'revoked' WHERE level = 5;
SELECT is(pg_temp.figures(:'today', 'star_awards', 'five_star_awards'), '6 0', 'without what was revoked');
UPDATE registry.star_award SET status = 'awarded' WHERE level = 5;
SELECT pg_temp.act('recorder', format($$SELECT registry.record_commendation(%s, %L, 'own', '优秀志愿者', registry.today())$$, :district, :'ann')) AS honour \gset
SELECT is(pg_temp.figures(:'today', 'commendations'), '0', 'an honour that nobody has confirmed');
SELECT pg_temp.act('reviewer', format($$SELECT registry.decide_commendation(%s, 'recorded')$$, :honour)) \g /dev/null
SELECT is(pg_temp.figures(:'today', 'commendations'), '1', 'is none until then');

-- Training and insurance
SELECT pg_temp.act('recorder', format($$SELECT registry.create_course('急救', %s, '3', 60, 24)$$, :district)) AS course \gset
CREATE FUNCTION pg_temp.holding(course text, organization_id text, clock integer) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.hold_training(%s, %s, ''2'', %L, ''示例讲师'')', course, organization_id,
        pg_temp.during(-1, clock || ':00', clock + 1 || ':00'))
$$;
SELECT pg_temp.act('recorder', pg_temp.holding(:'course', :'district', 18)) AS first \gset
SELECT pg_temp.act('recorder', pg_temp.holding(:'course', :'district', 20)) AS second \gset
SELECT pg_temp.act('recorder', format('SELECT registry.record_training(%s, %L, true)', session, :'ann'))
FROM unnest(ARRAY[:'first', :'second']) AS session \g /dev/null
SELECT pg_temp.act('recorder', format('SELECT registry.record_training(%s, %L, false)', :second, :'ben')) \g /dev/null
SELECT is(pg_temp.figures(:'yesterday', 'training_sessions', 'trained_volunteers'), '2 2', 'a volunteer of two sessions is one');
SELECT pg_temp.act('recorder', format($$SELECT registry.add_insurance_policy(%s, '示例保险', 'P-1', %L, 100000)$$,
    :district, daterange(registry.today() - 1, registry.today() + 30))) AS policy \gset
SELECT pg_temp.act('recorder', format('SELECT registry.insure(%s, %L)', :policy, :'ben')) \g /dev/null
SELECT pg_temp.entered_earlier(2);
SELECT pg_temp.act('recorder', format($$SELECT registry.report_accident(%s, %L, %s, %L, '滑倒')$$, :policy, :'ben', :activity, pg_temp.at(-1, '16:30'))) AS claim \gset
SELECT pg_temp.entered_earlier(-2);
SELECT pg_temp.act('recorder', format('SELECT registry.close_claim(%s, ''paid'', 1200.50)', :claim)) \g /dev/null
SELECT is(pg_temp.figures(:'yesterday', 'insured_volunteers', 'insurance_claims', 'insurance_paid'), '1 1 1200.50', 'insured, hurt and paid');

-- If Ben is Ann, registered twice, one person has served, was trained and insured
SAVEPOINT two;
SELECT pg_temp.act('recorder', format('SELECT registry.insure(%s, %L)', :policy, :'ann')) \g /dev/null
UPDATE registry.person SET merged_into = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann')
WHERE person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben');
SELECT is(pg_temp.figures(:'yesterday', 'serving_volunteers', 'trained_volunteers', 'insured_volunteers', 'records'), '1 1 1 3',
    'who was registered twice is one person with the records of both');
ROLLBACK TO two;

-- Spot checks and the seal
SELECT pg_temp.act('reviewer', format('SELECT registry.draw_spot_check(%s, 5)', :'city')) AS round \gset
SELECT pg_temp.act('reviewer', format($$SELECT registry.record_spot_check(%s, %L, 'confirmed', 'phone')$$, :round, :'ann')) \g /dev/null
SELECT is(pg_temp.figures(:'today', 'spot_checks', 'spot_checks_true_percent'), '1 100.00', 'one of two is checked');
SELECT pg_temp.act('reviewer', format($$SELECT registry.record_spot_check(%s, %L, 'denied', 'phone', '本人不知情')$$, :round, :'ben')) \g /dev/null
SELECT is(pg_temp.figures(:'today', 'spot_checks', 'spot_checks_true_percent'), '2 50.00', 'both, half of them true');
SELECT registry.seal() AS sealed \gset
SELECT is(pg_temp.report(format($$SELECT value, detail FROM report.publication('4414', %s) WHERE item = 'last_seal'$$, extract(year FROM :'today'::date))),
    (SELECT format('(%s,%s)', seal_id, encode(sha256(token::bytea), 'hex')) FROM registry.seal ORDER BY seal_id DESC LIMIT 1),
    'the last seal, which vouches for all before it');
SELECT is(pg_temp.figures((:'today'::date - interval '3 years')::date, 'registered_volunteers', 'records', 'last_seal'), '0 0 -', 'nothing of years ago');
SELECT is(pg_temp.report(format($$SELECT string_agg(item, ' ') FROM report.publication('4414', %s) WHERE value <> 0$$, extract(year FROM :'today'::date) - 3)), '()', 'in no figure');
SELECT is(pg_temp.report(format($$SELECT string_agg(item, ' ' ORDER BY ordinal) FROM report.publication('4414', %s) WHERE value <> 0$$, extract(year FROM :'today'::date) + 2)),
    '("registered_volunteers organizations marked_organizations stations last_seal")', 'and of years to come only what is there');
SELECT is(pg_temp.report(format($$SELECT sum(value) FROM report.publication('3502', %s) WHERE item <> 'last_seal'$$, extract(year FROM :'today'::date))),
    '(0.00)', 'nothing of another city');
SELECT is(pg_temp.report(format($$SELECT count(*), count(DISTINCT item), count(method), count(basis), max(ordinal) FROM report.publication('4414', %s)$$, extract(year FROM :'today'::date))),
    '(28,28,28,28,28)', 'every figure says how it is counted and why');

SELECT is(pg_temp.report(format($$SELECT seal_id IS NULL, events > 0, problems, findings FROM report.seal_verification(%L, %L)$$, :'today'::date - 1, :'today'::date)),
    E'(f,t,0,)\n(t,t,0,)', 'it is verified');
ALTER TABLE registry.seal DISABLE TRIGGER append_only;
UPDATE registry.seal SET root = sha256('');
SELECT is(pg_temp.report(format($$SELECT seal_id IS NULL, problems, findings FROM report.seal_verification(%L, %L)$$, :'today'::date - 1, :'today'::date)),
    E'(f,2,chain、tree)\n(t,2,)', 'and so is what was done to it');
SELECT is(pg_temp.report(format($$SELECT events, problems FROM report.seal_verification(%L, %L)$$, :'today'::date - 9, :'today'::date - 8)),
    '(0,0)', 'of the period alone');

-- The dashboard
SELECT is(pg_temp.report(format($$SELECT division_name, month, records, hours, declared, back_filled, back_fill_percent
    FROM report.overview('4414', %s) WHERE records > 0$$, extract(year FROM :'yesterday'::date))),
    format(E'(梅江区,%1$s,3,4:30,4:30,1,33.33)\n(梅江区,,3,4:30,4:30,1,33.33)\n(合计,%1$s,3,4:30,4:30,1,33.33)\n(合计,,3,4:30,4:30,1,33.33)',
        date_trunc('month', :'yesterday'::date)::date),
    'a month, its year and their totals');
SELECT is(pg_temp.report(format($$SELECT division_name, month, certificates FROM report.overview('4414', %s) WHERE certificates > 0$$, extract(year FROM :'today'::date))),
    format(E'(梅江区,%1$s,2)\n(梅江区,,2)\n(合计,%1$s,2)\n(合计,,2)', date_trunc('month', :'today'::date)::date), 'certificates');
SELECT is(pg_temp.report(format($$SELECT division_name, joined FROM report.overview('441402', %s) WHERE month = %L AND joined > 0$$,
    extract(year FROM :'enrolled'::date), date_trunc('month', :'enrolled'::date)::date)), E'(梅江区,2)\n(合计,2)', 'registered, by the district itself');
SELECT is(pg_temp.report(format($$SELECT count(*), count(DISTINCT division), count(DISTINCT month), bool_and(division_name IN ('梅州市', '合计') OR division <@ '4414')
    FROM report.overview('4414', %s)$$, extract(year FROM :'today'::date))), '(130,9,12,t)',
    'eight divisions, the city itself and their total, twelve months and a year each');

-- Ledgers
SELECT is(pg_temp.report(format($$SELECT title, project, category, organization, place, drill, volunteers, records, hours
    FROM report.activities('4414', %L, %L)$$, :'begun', :'begun')),
    E'(清洁日,社区清洁,社区服务,示例区志愿服务队,梅江区,f,2,3,4:30)\n(演练,社区清洁,社区服务,示例区志愿服务队,梅江区,t,0,0,0:00)\n(合计,,,,,,2,3,4:30)',
    'activities and what came of them');
SELECT is(pg_temp.report(format('SELECT name, sex, age > 30, documents, region_name, organization, registered_by, oath_on, status, consents, by_guardian, courses
    FROM report.registration_form(%L)', :'ann')),
    '(示*甲,男,t,内地居民身份证,梅江区,示例区志愿服务队,registrar,,active,registration,f,急救)', 'the registration form of one volunteer');
SELECT is(pg_temp.report(format('SELECT courses, count(*) OVER () FROM report.registration_form(%L)', :'ben')), '(,1)', 'a course not passed is not on it');
SELECT pg_temp.act('recorder', format($$SELECT registry.add_beneficiary(%s, '=三栋老人', '03')$$, :district)) AS beneficiary \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.request_service(%s, '0001', '理发', %s)$$, :district, :beneficiary)) \g /dev/null
SELECT is(pg_temp.report($$SELECT report.spreadsheet_text(pseudonym), organization, place, requests, compiled, served, rating FROM report.beneficiaries('441402')$$),
    E'(''=三栋老人,示例区志愿服务队,梅江区,1,0,0,)\n(合计,,,1,0,0,)', 'those served, by pseudonym');
SELECT pg_temp.act('registrar', format($$SELECT registry.add_member(%s, %L, 'student')$$, :'district', :'ben')) \g /dev/null
SELECT is(pg_temp.report(format($$SELECT school, name, records, hours, total_hours FROM report.student_service('4414', %s)$$, extract(year FROM :'today'::date)))
    || pg_temp.report(format($$SELECT sum(hours) FROM report.student_service('4414', %s)$$, extract(year FROM :'today'::date))),
    CASE WHEN extract(year FROM :'today'::date) = extract(year FROM :'yesterday'::date)
        THEN '(示例区志愿服务队,示*乙,1,1:30,1:30)(1:30)' ELSE '(示例区志愿服务队,示*乙,0,0:00,1:30)(0:00)' END, 'a student, with a masked name');

-- What a spreadsheet would execute
SELECT results_eq($$SELECT report.spreadsheet_text(cell) FROM unnest(ARRAY['=1+1', '+86', '-2', '@SUM(A1)', E'\t=1', E'\r=1', E'\n=1', ' =1', E'\u00a0=1', E'\ufeff=1', '　=1', '＝1', '＋1', '－1', '＠1', '张三', '1-2', 'a@b', '', NULL]) AS cell$$,
    ARRAY['''=1+1', '''+86', '''-2', '''@SUM(A1)', E'''\t=1', E'''\r=1', E'''\n=1', ''' =1', E'\'\u00a0=1', E'\'\ufeff=1', '''　=1', '''＝1', '''＋1', '''－1', '''＠1', '张三', '1-2', 'a@b', '', NULL], 'is made text, and nothing else');

SELECT pg_temp.refused('analyst', statement, '22008', '', statement) FROM unnest(ARRAY[
    $$SELECT report.publication('4414', 0)$$, $$SELECT report.overview('4414', 0)$$]) AS statement;
SELECT pg_temp.refused(role, statement, '42501', '', role || ': ' || statement) FROM unnest(ARRAY['recorder', 'reviewer']) AS role,
    unnest(ARRAY[$$SELECT report.publication('4414', 2026)$$, $$SELECT report.overview('4414', 2026)$$, $$SELECT report.beneficiaries('4414')$$]) AS statement;

SELECT * FROM finish();
ROLLBACK;
