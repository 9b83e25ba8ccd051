-- Each report finds what was planted and leaves alone what only looks like it.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(8);

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
CREATE FUNCTION pg_temp.report(query text) RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.flush_hours();
    SELECT pg_temp.act('analyst', format('SELECT string_agg(q::text, E''\n'') FROM (%s) AS q', query))
$$;

-- Registered and never seen: three of a day for the city; not who served, nor who left
SELECT pg_temp.enrol('示例' || n, 20 + n, :'city', registry.today() - 300) FROM generate_series(1, 3) AS n \g /dev/null
SELECT pg_temp.enrol('示例退', 30, :'city', registry.today() - 299) AS gone \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'withdrawn', '本人申请')$$, :'gone'));
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', v, :'activity', pg_temp.during(-2, '09:00', '11:00'))) FROM unnest(ARRAY[:'ann', :'ben']) AS v \g /dev/null
SELECT pg_temp.take_effect(:'batch') AS done \gset
SELECT is(pg_temp.report(format('SELECT organization, region, registered, zero_hour, share, most_in_a_day FROM report.zero_hour_registrations(%L, %L)', registry.today() - 365, registry.today())),
    E'(示例市志愿服务联合会,441400000000,3,3,1.0000,3)\n(合计,,5,3,0.6000,3)', 'who was registered and never seen');
SELECT is(pg_temp.report(format('SELECT organization FROM report.zero_hour_registrations(%L, %L)', registry.today() - 250, registry.today())), NULL, 'not those who serve');

-- One person under two documents; not two of one name with an identity number each, nor of another day
SELECT pg_temp.act('registrar', format($$SELECT registry.register_volunteer('示例甲', 'passport', 'E12345678', %s, '441402', '登记表',
    sex => 1::smallint, birth_date => '1990-01-01')$$, :city)) AS twin \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.register_volunteer('示例乙', 'passport', 'E12345679', %s, '441402', '登记表',
    sex => 1::smallint, birth_date => '1990-01-02')$$, :city)) AS other_day \gset
SELECT pg_temp.enrol('示例1', 41, :'city', registry.today()) AS same_name \gset
SELECT is(pg_temp.report('SELECT name, birth_year, registrations, organizations, last_registered_on FROM report.suspected_duplicate_people'),
    format('(示*甲,1990,2,"{示例区志愿服务队,示例市志愿服务联合会}",%s)', registry.today()), 'one name and birthday under two documents');
SELECT results_eq('SELECT unnest(volunteer_nos) FROM report.suspected_duplicate_people', format('VALUES (%L), (%L)', least(:'ann', :'twin'), greatest(:'ann', :'twin')), 'by their numbers');
UPDATE registry.person SET erased_at = now() WHERE person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'twin');
SELECT is(pg_temp.report('SELECT name FROM report.suspected_duplicate_people'), NULL, 'nor who was erased, of whom no name is left');

-- Certificates looked at
CREATE ROLE issuer LOGIN IN ROLE registry_issuer;
CREATE ROLE verifier LOGIN IN ROLE registry_verifier;
SELECT registry.appoint_staff('issuer', :district, 'issuer') AS staff \gset
SELECT registry.register_signing_key() AS kid \gset
SELECT pg_temp.act('issuer', format('SELECT registry.issue_certificate(%L, %s, %L, ''负责人'')', v, :'district', daterange(registry.today() - 30, registry.today())))
FROM unnest(ARRAY[:'ann', :'ben']) AS v \g /dev/null
SELECT min(code::text) AS code FROM registry.certificate \gset
SELECT pg_temp.act('verifier', format('SELECT verify.count_views(ARRAY[%L], ARRAY[3])', :'code'));
SELECT is(pg_temp.report(format('SELECT organization, certificates, valid, suspended, revoked, viewed, views FROM report.verification(%L, %L)', registry.today(), registry.today())),
    E'(示例区志愿服务队,2,2,0,0,1,3)\n(合计,2,2,0,0,1,3)', 'how often certificates are looked at');
SELECT is(pg_temp.report(format('SELECT 1 FROM report.verification(%L, %L)', registry.today() - 9, registry.today() - 1)), NULL, 'of the days asked for');

SELECT pg_temp.refused('recorder', 'SELECT * FROM report.suspected_duplicate_people', '42501', '', 'for analysts alone');

SELECT * FROM finish();
ROLLBACK;
