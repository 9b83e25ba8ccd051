-- The volunteers, registered in the years before: the owner enters them with the dates of then.

-- Who they are. Schools have pupils of 15 to 17, communities many of retirement age.
CREATE TABLE city.volunteer AS
SELECT v.*, city.citizen_id(v.born, 2 * v.in_day + v.sex % 2) AS citizen_id, p.part,
    CASE WHEN p.part IN ('commuter', 'sleeper') THEN '330106' ELSE v.region END AS home,
    row_number() OVER (PARTITION BY v.county ORDER BY v.n) AS serial
FROM (
    SELECT p.*, row_number() OVER (PARTITION BY p.born ORDER BY p.n)::integer AS in_day,
        row_number() OVER (PARTITION BY p.kind ORDER BY city.draw('part', p.n)) AS in_kind
    FROM (
        SELECT n::bigint AS n, t.body_no, t.kind, t.county, t.region, t.organization_id, city.name_of(n) AS name,
            (1 + city.draw_number(2, 'sex', n))::smallint AS sex,
            CASE t.kind
                WHEN 'school' THEN registry.today() - 5480 - city.draw_number(1000, 'born', n)
                WHEN 'community' THEN date '1945-01-01' + city.draw_number(20000, 'born', n)
                ELSE date '1966-01-01' + city.draw_number(13500, 'born', n)
            END AS born,
            registry.today() - 30 * (:months + 4) - city.draw_number(500, 'registered', n) AS registered_on
        FROM generate_series(1, :volunteers) AS n
        JOIN city.team t ON t.body_no = 1 + city.draw_number(417, 'body', n)
    ) AS p
) AS v
LEFT JOIN (VALUES
    -- Those who have a part to play, in fraud or in what only looks like it.
    ('community', 'retiree', int8range(1, 31)), ('community', 'commuter', int8range(31, 41)),
    ('community', 'sleeper', int8range(41, 45)), ('community', 'tireless', int8range(45, 55)),
    ('unit', 'official', int8range(1, 17))
) AS p (kind, part, ranks) ON p.kind = v.kind AND v.in_kind <@ p.ranks;

SELECT city.act('city_clerk', format('SELECT registry.allot_number_block(%s, %s)', c.organization_id, (
    SELECT count(*) FROM city.volunteer v WHERE v.county = c.county)))
FROM city.county c WHERE c.county IN (SELECT v.county FROM city.volunteer v) ORDER BY c.county \g /dev/null
UPDATE registry.number_block SET next_serial = upper(serials);

ALTER TABLE city.volunteer ADD person_id bigint, ADD volunteer_id bigint;
UPDATE city.volunteer SET person_id = nextval(pg_get_serial_sequence('registry.person', 'person_id')),
    volunteer_id = nextval(pg_get_serial_sequence('registry.volunteer', 'volunteer_id'));

INSERT INTO registry.person (person_id, name, sex, birth_date) OVERRIDING SYSTEM VALUE
SELECT v.person_id, v.name, v.sex, v.born FROM city.volunteer v;
INSERT INTO registry.identity_document (kind, digest, person_id, sealed, tail)
SELECT 'citizen_id', d.digest, v.person_id,
    registry.sealed_value(v.citizen_id, registry.document_context('citizen_id', d.digest)), right(v.citizen_id, 4)
FROM city.volunteer v CROSS JOIN LATERAL registry.document_digest('citizen_id', v.citizen_id) AS d (digest);
INSERT INTO registry.consent (person_id, purpose, evidence, given_at, recorded_by)
SELECT v.person_id, 'registration', '登记表', city.at(v.registered_on, 600), 'city_registrar' FROM city.volunteer v;
INSERT INTO registry.consent_event (consent_id, to_status, at, actor)
SELECT c.consent_id, 'given', c.given_at, c.recorded_by FROM registry.consent c WHERE c.recorded_by = 'city_registrar';
INSERT INTO registry.volunteer (volunteer_id, person_id, volunteer_no, registered_on, organization_id, region)
    OVERRIDING SYSTEM VALUE
SELECT v.volunteer_id, v.person_id, volunteer_no(v.county::region_code, v.registered_on, v.serial::integer),
    v.registered_on, v.organization_id, v.home::region_code
FROM city.volunteer v;
INSERT INTO registry.volunteer_event (volunteer_id, to_status, at, actor)
SELECT v.volunteer_id, 'active', city.at(v.registered_on, 600), 'city_registrar' FROM city.volunteer v;
INSERT INTO registry.membership (organization_id, person_id, role, valid)
SELECT v.organization_id, v.person_id, 'member', daterange(v.registered_on, NULL) FROM city.volunteer v;
