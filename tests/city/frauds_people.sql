-- People who are not there, or twice.

-- Paper volunteers: a ratio is reached by a list of names who never serve. Pupils who registered last week have not served yet.
CREATE TABLE city.campaign AS
SELECT c.*, CASE WHEN c.fraud THEN city.found('测试第' || c.body_no || '新兴队', '1', '99', t.region, t.organization_id)
        ELSE t.organization_id END AS organization_id,
    CASE WHEN c.fraud THEN '测试第' || c.body_no || '新兴队' ELSE t.name END AS name, t.region
FROM (VALUES (101, true, 150), (102, true, 170), (103, true, 200), (401, false, 5), (402, false, 6)) AS c (body_no, fraud, days)
JOIN city.team t ON t.body_no = c.body_no;
SELECT city.act('city_registrar', format(
    'SELECT registry.register_volunteer(%L, ''citizen_id'', %L, %s, %L, ''登记表'', %L, backdating_reason => ''集中补录'')',
    city.name_of(-2000 - 100 * c.body_no - i), city.citizen_id('1943-01-01'::date + c.body_no, i), c.organization_id, c.region,
    registry.today() - c.days))
FROM city.campaign c CROSS JOIN generate_series(1, 25) AS i \g /dev/null

INSERT INTO city.label
SELECT 'never served', c.name, c.fraud, CASE WHEN c.fraud THEN 'a list of names that fills a ratio' ELSE 'registered last week' END
FROM city.campaign c;

-- Registered twice: once with the identity card, once with a passport. Twins share a birthday, and strangers a name as well.
CREATE TABLE city.double AS
SELECT d.*, v.name, v.born, v.sex, v.region, v.organization_id, r.volunteer_no AS first_no,
    city.act('city_registrar', format(
        'SELECT registry.register_volunteer(%L, %L, %L, %s, %L, ''登记表'', sex => %L::smallint, birth_date => %L)',
        CASE WHEN d.sign = 'twins' THEN left(v.name, 2) || '双' ELSE v.name END,
        CASE WHEN d.sign IN ('twins', 'strangers') THEN 'citizen_id' ELSE 'passport' END,
        CASE WHEN d.sign IN ('twins', 'strangers') THEN city.citizen_id(v.born, 900 + v.sex) ELSE 'E7700' || d.place END,
        v.organization_id, v.region, v.sex, v.born)) AS second_no
FROM (
    SELECT place, CASE WHEN place <= 6 THEN 'double' WHEN place <= 9 THEN 'twins' WHEN place <= 11 THEN 'strangers' ELSE 'foreigner' END AS sign
    FROM generate_series(1, 12) AS place
) AS d
JOIN (SELECT v.*, row_number() OVER (ORDER BY v.n DESC) AS place FROM city.volunteer v WHERE v.part IS NULL AND v.kind = 'unit') AS v
    USING (place)
JOIN registry.volunteer r ON r.volunteer_id = v.volunteer_id;

INSERT INTO city.label
SELECT 'registered twice', concat_ws(' ', least(d.first_no::text, d.second_no), greatest(d.first_no::text, d.second_no)), d.sign = 'double',
    CASE d.sign WHEN 'double' THEN 'identity card and passport of one person' WHEN 'twins' THEN 'twins'
        WHEN 'strangers' THEN 'strangers of one name and birthday' ELSE 'a stranger with a passport, of one name and birthday' END
FROM city.double d;
