BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(35);

CREATE FUNCTION pg_temp.offering(organization_id text, title text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.offer_benefit(%s, %L, ''示例办法''%s)', organization_id, title, more)
$$;
CREATE FUNCTION pg_temp.using_it(benefit text, volunteer_no text, number integer) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.use_benefit(%s, %L, md5(%L)::uuid)', benefit, volunteer_no, number)
$$;
CREATE FUNCTION pg_temp.hold_star(volunteer_no text, star integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO registry.star_award (volunteer_id, level, standard_id, threshold, basis_hours, as_of, status, awarded_at)
    SELECT v.volunteer_id, star, (SELECT min(s.standard_id) FROM registry.star_standard s), '1:00', '2:00', registry.today(), 'awarded', now()
    FROM registry.volunteer v WHERE v.volunteer_no = hold_star.volunteer_no::volunteer_no
$$;

-- Offers
SELECT pg_temp.act('recorder', pg_temp.offering(:'district', '公园年票')) AS anyone \gset
SELECT pg_temp.act('recorder', pg_temp.offering(:'district', '免费体检', ', 3, 1')) AS third \gset
SELECT pg_temp.refused('recorder', pg_temp.offering(:'district', '公园年票'), '23505', 'benefit_title_in_organization', 'offered twice');
SELECT pg_temp.refused('recorder', pg_temp.offering(:'district', '景区门票', ', 6'), '23514', 'minimum_star_of_benefit', 'six stars');
SELECT pg_temp.refused('recorder', pg_temp.offering(:'district', '景区门票', ', 1, 0'), '23514', 'limit_allows_use', 'never');
SELECT pg_temp.refused('recorder', pg_temp.offering(:'district', ' '), '23514', 'benefit_is_titled', 'no title');
SELECT pg_temp.refused('recorder', format('SELECT registry.offer_benefit(%s, ''景区门票'', '''')', :district), '23514', 'benefit_states_its_basis', 'no basis');
SELECT pg_temp.refused('recorder', pg_temp.offering('-1', '景区门票'), '42501', 'outside_scope', 'unknown organization');
SELECT pg_temp.refused('stranger', pg_temp.offering(:'district', '景区门票'), '42501', 'not_staff', 'no appointment');

-- Uses
SELECT pg_temp.act('recorder', pg_temp.using_it(:'anyone', :'ann', 1)) AS first_use \gset
SELECT is(pg_temp.act('recorder', pg_temp.using_it(:'anyone', :'ann', 1)), :'first_use', 'the same call again is the same use');
SELECT isnt(pg_temp.act('recorder', pg_temp.using_it(:'anyone', :'ann', 2)), :'first_use', 'another is another');
SELECT pg_temp.refused('stranger', statement, '42501', 'not_staff', 'by nobody of the staff')
FROM unnest(ARRAY[pg_temp.using_it(:'anyone', :'ann', 3), format('SELECT registry.end_benefit(%s)', :anyone)]) AS statement;
SELECT pg_temp.refused('recorder', pg_temp.using_it(:'anyone', :'ben', 1), '23505', 'one_use_of_a_key', 'a key serves one volunteer');
SELECT pg_temp.refused('recorder', pg_temp.using_it(:'third', :'ann', 3), '23514', 'star_reaches_benefit', 'no star, no benefit');
SELECT pg_temp.hold_star(:'ann', n) FROM generate_series(1, 3) AS n;
SELECT pg_temp.act('recorder', pg_temp.using_it(:'third', :'ann', 3)) AS examined \gset
SELECT results_eq(format('SELECT star::integer, minimum_star::integer, used_on FROM registry.benefit_use WHERE use_id = %s', :examined),
    'VALUES (3, 3, registry.today())', 'the use says by which star');
SELECT pg_temp.refused('recorder', pg_temp.using_it(:'third', :'ann', 4), '23514', 'within_yearly_limit', 'once a year');
SELECT pg_temp.refused('recorder', format('SELECT registry.void_benefit_use(%s, ''误记'')', :examined), '42501', '', 'reviewers void');
SELECT pg_temp.refused('reviewer', format('SELECT registry.void_benefit_use(%s, '''')', :examined), '23514', 'reason_required', 'with a reason');
SELECT pg_temp.refused('reviewer', 'SELECT registry.void_benefit_use(-1, ''误记'')', '23503', 'known_benefit_use', 'what there is');
CREATE ROLE second_hat LOGIN IN ROLE registry_reviewer;
SELECT registry.appoint_staff('second_hat', :district, 'reviewer', (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann')) AS hat \gset
SELECT pg_temp.refused('second_hat', format('SELECT registry.void_benefit_use(%s, ''误记'')', :examined), '23514', 'reviewer_is_not_volunteer', 'nobody voids the own use, to have another this year');
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.staff WHERE role_name = 'recorder') WHERE role_name = 'second_hat';
SELECT pg_temp.refused('second_hat', format('SELECT registry.void_benefit_use(%s, ''误记'')', :examined), '23514', 'reviewer_is_not_recorder', 'nor what the same person has entered');
SELECT pg_temp.act('reviewer', format('SELECT registry.void_benefit_use(%s, ''误记'')', :examined));
SELECT pg_temp.refused('reviewer', format('SELECT registry.void_benefit_use(%s, ''误记'')', :examined), '55000', 'known_transition', 'once');
SELECT isnt(pg_temp.act('recorder', pg_temp.using_it(:'third', :'ann', 4)), NULL, 'what was voided does not count');
SAVEPOINT two_numbers;
UPDATE registry.person SET merged_into = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben')
WHERE person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann');
SELECT pg_temp.hold_star(:'ben', n) FROM generate_series(1, 3) AS n;
SELECT pg_temp.refused('recorder', pg_temp.using_it(:'third', :'ben', 10), '23514', 'within_yearly_limit', 'what the same person used under another number counts');
ROLLBACK TO SAVEPOINT two_numbers;
SELECT results_eq(format('SELECT from_status, to_status, reason FROM registry.benefit_use_event WHERE use_id = %s ORDER BY event_id', :examined),
    $$VALUES (NULL, 'used', NULL), ('used', 'voided', '误记')$$, 'each step is an event');

-- A star under review does not count
SELECT pg_temp.act('recorder', pg_temp.offering(:'district', '免费乘车', ', 3')) AS ride \gset
UPDATE registry.star_award SET status = 'reopened' WHERE level = 3;
SELECT pg_temp.refused('recorder', pg_temp.using_it(:'ride', :'ann', 5), '23514', 'star_reaches_benefit', 'a star under review is none');

-- Who may use what
SELECT pg_temp.refused('recorder', pg_temp.using_it('-1', :'ann', 6), '23503', 'known_benefit', 'unknown benefit');
SELECT pg_temp.act('registrar', format($$SELECT registry.change_volunteer_status(%L, 'suspended', '示例理由')$$, :'ben'));
SELECT pg_temp.refused('recorder', pg_temp.using_it(:'anyone', :'ben', 7), '23514', 'volunteer_active', 'not on the active register');
UPDATE registry.volunteer SET status = 'active' WHERE volunteer_no = :'ben';
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben') WHERE role_name = 'recorder';
SELECT pg_temp.refused('recorder', pg_temp.using_it(:'anyone', :'ben', 8), '23514', 'recorder_is_not_volunteer', 'the own use');
SELECT pg_temp.act('recorder', format('SELECT registry.end_benefit(%s)', :anyone));
SELECT pg_temp.refused('recorder', pg_temp.using_it(:'anyone', :'ann', 9), '55000', 'benefit_in_force', 'not offered any more');
SELECT pg_temp.refused('recorder', format('SELECT registry.end_benefit(%s)', :anyone), '55000', 'benefit_in_force', 'ended twice');

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT is(pg_temp.act('analyst', format('SELECT string_agg((organization, benefit, minimum_star, uses, volunteers, voided)::text, E''\n'') FROM report.benefits(%L, %L)',
        registry.today(), registry.today())),
    E'(示例区志愿服务队,免费乘车,3,0,0,0)\n(示例区志愿服务队,免费体检,3,1,1,1)\n(示例区志愿服务队,公园年票,0,2,1,0)\n(合计,,,3,1,1)', 'the report, with those offered and not used, and the total');
SELECT is(pg_temp.act('analyst', format('SELECT uses FROM report.benefits(%L, %L)', registry.today() - 9, registry.today() - 1)), '0', 'of other days');

SELECT pg_temp.refused('postgres', statement, '42501', 'append_only', statement) FROM unnest(ARRAY[
    'UPDATE registry.benefit_use SET star = 5',
    'DELETE FROM registry.benefit_use',
    'DELETE FROM registry.benefit_use_event']) AS statement;

SELECT * FROM finish();
ROLLBACK;
