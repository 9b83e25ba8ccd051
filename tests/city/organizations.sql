-- Four levels: the federation of the city, of each county, a station of each street, its communities; 164 units paired with
-- 213 communities as in Jiujiang; schools; and the team of each of these bodies.

CREATE FUNCTION city.hire(role name, duty text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF to_regrole(role) IS NULL THEN
        EXECUTE format('CREATE ROLE %I LOGIN', role);
    END IF;
    EXECUTE format('GRANT %I TO %I', 'registry_' || duty, role);
END
$$;
SELECT city.hire('city_clerk', 'administrator') \g /dev/null

CREATE FUNCTION city.found(name text, kind text, unit_kind text, region text, parent_id bigint) RETURNS bigint
    LANGUAGE sql
    RETURN city.act('city_clerk', format('SELECT registry.create_organization(%L, %L, %L, %L, parent_id => %L)',
        name, kind, unit_kind, region, parent_id))::bigint;
CREATE FUNCTION city.appoint(role name, organization_id bigint, duty text, person_id bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE sql
    RETURN city.act('city_clerk', format('SELECT registry.appoint_staff(%L, %s, %L, %L)',
        role, organization_id, duty, person_id))::bigint;

SELECT city.found(r.name || '志愿服务联合会', '2', '13', :'prefecture', NULL) AS federation
FROM registry.region r WHERE r.code = rpad(:'prefecture', 12, '0')::region_code \gset

-- Each county has a recorder and a reviewer, who are people of their own.
CREATE TABLE city.county AS
SELECT c.*, 'city_recorder_' || c.county AS recorder, 'city_reviewer_' || c.county AS reviewer
FROM (
    SELECT left(r.code::text, 6) AS county, row_number() OVER (ORDER BY r.code) AS county_no, r.name,
        city.found(r.name || '志愿服务联合会', '2', '13', r.code::text, :federation) AS organization_id
    FROM registry.region r
    WHERE r.level = 3 AND r.code <@ :'prefecture'::region_code AND upper_inf(r.valid)
) AS c;

CREATE FUNCTION city.employ(role name, organization_id bigint, duty text, passport text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM city.hire(role, duty);
    RETURN city.appoint(role, organization_id, duty, city.act('city_clerk', format(
        'SELECT registry.add_person(%L, ''passport'', %L, 9::smallint, ''1980-01-01'')', '工' || passport, passport))::bigint);
END
$$;
SELECT city.employ(c.recorder, c.organization_id, 'recorder', 'R' || c.county),
    city.employ(c.reviewer, c.organization_id, 'reviewer', 'V' || c.county)
FROM city.county c \g /dev/null
SELECT city.employ('city_recorder', :federation, 'recorder', 'R' || :'prefecture'),
    city.employ('city_reviewer', :federation, 'reviewer', 'V' || :'prefecture'),
    city.employ('city_registrar', :federation, 'registrar', 'G' || :'prefecture'),
    city.employ('city_dispatcher', :federation, 'dispatcher', 'D' || :'prefecture') \g /dev/null

-- The communities lie in 71 towns, streets first.
CREATE TABLE city.town AS
SELECT t.*, city.found(t.name || '志愿服务中心', '3', '01', t.code, t.county_organization) AS organization_id
FROM (
    SELECT r.code::text AS code, r.name, c.county, c.organization_id AS county_organization,
        row_number() OVER (ORDER BY r.name LIKE '%街道' DESC, r.code) AS town_no
    FROM registry.region r
    JOIN city.county c ON c.county = left(r.code::text, 6)
    WHERE r.level = 4 AND r.name ~ '(街道|镇)$' AND upper_inf(r.valid)
) AS t
WHERE t.town_no <= 71;

-- The bodies that have volunteers.
CREATE TABLE city.body AS
SELECT b.body_no, b.kind, b.name, b.region, left(b.region, 6) AS county,
    city.found(b.name, '3', b.unit_kind, b.region, b.parent_id) AS organization_id
FROM (
    SELECT n AS body_no, 'community' AS kind, format('%s第%s社区居民委员会', t.name, 1 + (n - 1) / k.towns) AS name, '09' AS unit_kind,
        t.code AS region, t.organization_id AS parent_id
    FROM generate_series(1, 213) AS n
    CROSS JOIN (SELECT count(*)::integer AS towns FROM city.town) AS k
    JOIN city.town t ON t.town_no = 1 + (n - 1) % k.towns
    UNION ALL
    SELECT 213 + n, 'unit', format('%s第%s单位', c.name, n),
        city.draw_word('{01,01,01,03,04,05,06,07,08,11,11,12}', 'unit kind', n), c.county, c.organization_id
    FROM generate_series(1, 164) AS n
    CROSS JOIN (SELECT count(*) AS counties FROM city.county) AS k
    JOIN city.county c ON c.county_no = 1 + n % k.counties
    UNION ALL
    SELECT 377 + n, 'school', format('%s第%s中学', c.name, n), '02', c.county, c.organization_id
    FROM generate_series(1, 40) AS n
    CROSS JOIN (SELECT count(*) AS counties FROM city.county) AS k
    JOIN city.county c ON c.county_no = 1 + n % k.counties
    ORDER BY body_no
) AS b;

CREATE TABLE city.team AS
SELECT b.body_no, b.kind, b.county, b.region, c.recorder, c.reviewer, b.name || '志愿服务队' AS name,
    city.found(b.name || '志愿服务队', '1', o.unit_kind, b.region, b.organization_id) AS organization_id
FROM city.body b
JOIN registry.organization o ON o.organization_id = b.organization_id
JOIN city.county c ON c.county = b.county
ORDER BY b.body_no;
ALTER TABLE city.team ADD PRIMARY KEY (body_no);

-- Each team has one project of a kind that suits its body.
ALTER TABLE city.team ADD project_id bigint, ADD title text;
UPDATE city.team t
SET title = p.title, project_id = city.act(t.recorder, format('SELECT registry.create_project(%L, %s, %L)',
    p.title, t.organization_id, p.category))::bigint
FROM (VALUES
    ('community', 0, '社区助老', '0017'), ('community', 1, '环境清洁', '0006'), ('community', 2, '文明劝导', '0010'),
    ('unit', 0, '交通引导', '0011'), ('unit', 1, '结对帮扶', '0001'), ('unit', 2, '科普宣传', '0007'),
    ('school', 0, '图书整理', '0008'), ('school', 1, '助学伙伴', '0003'), ('school', 2, '献血宣传', '0004')
) AS p (kind, variant, title, category)
WHERE (p.kind, p.variant) = (t.kind, t.body_no % 3);

-- Each community has a station and is paired with a unit; each unit helps one community or two.
SELECT city.act('city_registrar', format(
    'SELECT registry.open_station(%s, ''community'', %L, %L, %L)', b.organization_id, b.name || '志愿服务站', b.name,
    city.name_of(-b.body_no)))
FROM city.body b WHERE b.kind = 'community' ORDER BY b.body_no \g /dev/null
SELECT city.act('city_dispatcher', format('SELECT registry.pair(%s, %s, ''文明办主任'', %L)',
    u.organization_id, c.organization_id, registry.today() - 400))
FROM city.body c
JOIN city.body u ON u.body_no = 214 + (c.body_no - 1) % 164
WHERE c.kind = 'community' ORDER BY c.body_no \g /dev/null
