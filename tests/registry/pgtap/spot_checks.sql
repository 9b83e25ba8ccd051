BEGIN;
\ir ../acting.sql
\ir ../office.sql
SELECT plan(33);

CREATE ROLE auditor LOGIN IN ROLE registry_auditor;
CREATE FUNCTION pg_temp.enrol(sequence integer, organization_id text, role text DEFAULT 'registrar') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act(role, format('SELECT registry.register_volunteer(%L, ''citizen_id'', %L, %s, ''441402'', ''登记表'')',
        '示例' || sequence, pg_temp.citizen('1990-01-01', sequence), organization_id))
$$;
CREATE FUNCTION pg_temp.checking(round text, volunteer_no text, to_status text, method text DEFAULT 'phone', note text DEFAULT NULL)
RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.record_spot_check(%s, %L, %L, %L, %L)', round, volunteer_no, to_status, method, note)
$$;

SELECT pg_temp.refused('reviewer', format('SELECT registry.draw_spot_check(%s, 5)', :city), '23514', 'somebody_to_check', 'nobody is registered');
SELECT pg_temp.enrol(n, :'district') FROM generate_series(1, 40) AS n \g /dev/null
SELECT pg_temp.enrol(41, :'city') AS citizen \gset
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('别处', '1', '08', '441403')$$) AS elsewhere \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('stranger', :elsewhere, 'registrar')) AS staff \gset
SELECT pg_temp.enrol(42, :'elsewhere', 'stranger') AS other \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'suspended', '暂停')$$, :'citizen')) \g /dev/null

-- The sample
SELECT pg_temp.act('reviewer', format('SELECT registry.draw_spot_check(%s, 10)', :city)) AS round \gset
SELECT results_eq(format('SELECT organization_id, population, drawn_by::text COLLATE "default", organizations @> ARRAY[%s, %s]::bigint[] FROM registry.spot_check_round WHERE round_id = %s', :city, :district, :round),
    format($$VALUES (%s::bigint, 40, 'reviewer', true)$$, :city), 'forty active volunteers of the city and its districts');
SELECT results_eq(format('SELECT place, status, method FROM registry.spot_check WHERE round_id = %s ORDER BY place', :round),
    $$SELECT n, 'drawn', NULL::text FROM generate_series(1, 10) AS n$$, 'ten are drawn');
SELECT results_eq(
    format('SELECT c.volunteer_id FROM registry.spot_check c WHERE c.round_id = %s ORDER BY c.place', :round),
    format($$SELECT v.volunteer_id FROM registry.volunteer v, registry.spot_check_round r
        WHERE r.round_id = %s AND v.organization_id = %s
        ORDER BY sha256((r.seed || v.volunteer_no::text)::bytea) LIMIT 10$$, :round, :district), 'as the seed says');
-- Who does not like a sample takes it back and has it again.
CREATE FUNCTION pg_temp.looked_at(organization_id text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    sample text[];
BEGIN
    PERFORM pg_temp.act('reviewer', format('SELECT registry.draw_spot_check(%s, 10)', organization_id));
    SELECT array_agg(c.volunteer_id ORDER BY c.place) INTO sample FROM registry.spot_check c
    WHERE c.round_id = (SELECT max(r.round_id) FROM registry.spot_check_round r);
    RAISE EXCEPTION USING MESSAGE = sample::text;
EXCEPTION WHEN raise_exception THEN
    RETURN sample;
END
$$;
SELECT is(pg_temp.looked_at(:'district'), pg_temp.looked_at(:'district'), 'a draw that is taken back and made again has the same sample');
SELECT isnt(pg_temp.looked_at(:'district'), array_agg(volunteer_id::text ORDER BY place), 'that of another organization is another')
FROM registry.spot_check WHERE round_id = :round;
SELECT is(count(*), 10::bigint, 'nobody who is to be checked can be erased')
FROM registry.spot_check c JOIN registry.volunteer v USING (volunteer_id) CROSS JOIN registry.open_cases(v.person_id) o
WHERE o.subject = 'spot_check' AND o.number = c.round_id;
CREATE FUNCTION pg_temp.differences(round text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('auditor', format('SELECT count(*) FROM registry.verify_spot_check(%s)', round))
$$;
SELECT is(pg_temp.differences(:'round'), '0', 'the sample is recomputed');
SELECT pg_temp.enrol(n, :'district') FROM generate_series(50, 60) AS n \g /dev/null
SELECT volunteer_no AS first_no, volunteer_id AS first_id FROM registry.volunteer JOIN registry.spot_check USING (volunteer_id) WHERE place = 1 \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'withdrawn', '迁居')$$, :'first_no')) \g /dev/null
SELECT pg_temp.act('clerk', format($$SELECT registry.change_organization_status(%s, 'dissolved', '撤销', %s)$$, :district, :elsewhere)) \g /dev/null
SELECT is(pg_temp.differences(:'round'), '0', 'also after others came, one left and the team went elsewhere');
SAVEPOINT forged;
ALTER TABLE registry.spot_check_round DISABLE TRIGGER append_only;
UPDATE registry.spot_check_round SET seed = gen_random_uuid();
SELECT isnt(pg_temp.differences(:'round'), '0', 'another seed is found out');
ROLLBACK TO forged;

-- Results
SELECT volunteer_no AS second_no FROM registry.volunteer JOIN registry.spot_check USING (volunteer_id) WHERE place = 2 \gset
SELECT pg_temp.act('reviewer', pg_temp.checking(:'round', :'first_no', 'unreachable'));
SELECT pg_temp.act('reviewer', pg_temp.checking(:'round', :'first_no', 'confirmed', 'visit'));
SELECT results_eq(format('SELECT status, method FROM registry.spot_check WHERE (volunteer_id, round_id) = (%s, %s)', :first_id, :round),
    $$VALUES ('confirmed', 'visit')$$, 'not reached by telephone, confirmed at home');
SELECT results_eq(format('SELECT from_status, to_status, actor::text COLLATE "default" FROM registry.spot_check_event WHERE volunteer_id = %s ORDER BY event_id', :first_id),
    $$VALUES (NULL, 'drawn', 'reviewer'), ('drawn', 'unreachable', 'reviewer'), ('unreachable', 'confirmed', 'reviewer')$$, 'every step is an event');
SELECT pg_temp.refused('reviewer', pg_temp.checking(:'round', :'first_no', 'denied', 'phone', '改口'), '55000', 'known_transition', 'a result is final');
SELECT pg_temp.refused('reviewer', pg_temp.checking(:'round', :'second_no', 'denied'), '23514', 'reason_required', 'a denial without a word');
SELECT pg_temp.refused('reviewer', pg_temp.checking(:'round', :'second_no', 'inaccurate'), '23514', 'reason_required', 'an inaccuracy without a word');
SELECT pg_temp.refused('reviewer', pg_temp.checking(:'round', :'second_no', 'confirmed', 'letter'), '23514', 'spot_check_method', 'no such method');
SELECT pg_temp.refused('reviewer', pg_temp.checking(:'round', :'second_no', 'confirmed', NULL), '23514', 'checked_in_some_way', 'in no way');
SELECT pg_temp.refused('reviewer', pg_temp.checking(:'round', :'other', 'confirmed'), '23503', 'known_spot_check', 'not drawn');
SELECT pg_temp.refused('reviewer', pg_temp.checking('-1', :'second_no', 'confirmed'), '23503', 'known_spot_check', 'no such round');
SELECT pg_temp.refused('registrar', pg_temp.checking(:'round', :'second_no', 'confirmed'), '42501', '', 'reviewers only');

-- Nobody checks the own registrations, under whatever role
CREATE ROLE twin LOGIN IN ROLE registry_reviewer, registry_registrar;
SELECT pg_temp.act('clerk', pg_temp.appointing('twin', :elsewhere, duty)) AS staff FROM unnest('{reviewer,registrar}'::text[]) AS duty \g /dev/null
SELECT pg_temp.enrol(70, :'elsewhere', 'twin') AS own \gset
SELECT pg_temp.act('twin', format('SELECT registry.draw_spot_check(%s, 1000)', :elsewhere)) AS all \gset
SELECT is(count(*)::integer, population, 'who asks for more than there are gets all')
FROM registry.spot_check JOIN registry.spot_check_round USING (round_id) WHERE round_id = :all GROUP BY population;
SELECT is(population, 52, 'with the team that came') FROM registry.spot_check_round WHERE round_id = :all;
SELECT pg_temp.refused('twin', pg_temp.checking(:'all', :'own', 'confirmed'), '23514', 'checker_did_not_register', 'the own registration');
SELECT lives_ok(format('SELECT pg_temp.act(''twin'', %L)', pg_temp.checking(:'all', :'other', 'denied', 'phone', '本人不知情')), 'somebody else''s');

-- Drawing again
SELECT pg_temp.refused('reviewer', format('SELECT registry.draw_spot_check(%s, 10)', :city), '55000', 'previous_round_finished', 'before the sample is checked');
SELECT pg_temp.act('reviewer', pg_temp.checking(:'round', volunteer_no::text, 'unreachable'))
FROM registry.spot_check JOIN registry.volunteer USING (volunteer_id) WHERE round_id = :round AND spot_check.status = 'drawn' \g /dev/null
SELECT pg_temp.refused('reviewer', format('SELECT registry.draw_spot_check(%s, 10)', :city), '23514', 'somebody_to_check', 'nobody is left in the city');
SELECT pg_temp.enrol(80, :'city') AS late \gset
SELECT pg_temp.act('registrar', format($$SELECT registry.register_volunteer('reviewer', 'passport', %L, %s, '441402', '登记表',
    sex => 9::smallint, birth_date => '1980-01-01')$$, 'E' || left(md5('reviewer'), 8), :city)) AS own \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.draw_spot_check(%s, 10)', :city)) AS again \gset
SELECT isnt(:again, NULL, 'another round');
SELECT pg_temp.refused('reviewer', pg_temp.checking(:'again', :'own', 'confirmed'), '23514', 'reviewer_is_not_volunteer', 'nobody confirms oneself');
SELECT pg_temp.refused('reviewer', format('SELECT registry.draw_spot_check(%s, 0)', :city), '22023', 'sample_holds_somebody', 'nobody');
SELECT pg_temp.refused('reviewer', format('SELECT registry.draw_spot_check(%s, 5)', :elsewhere), '42501', 'outside_scope', 'organization of others');
SELECT pg_temp.refused('registrar', format('SELECT registry.draw_spot_check(%s, 5)', :city), '42501', '', 'reviewers only');
SELECT pg_temp.refused('postgres', statement, '42501', 'append_only', statement)
FROM unnest(ARRAY['UPDATE registry.spot_check_round SET seed = gen_random_uuid()', 'DELETE FROM registry.spot_check_event']) AS statement;

SELECT * FROM finish();
ROLLBACK;
