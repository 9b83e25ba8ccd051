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

-- Claimed twice: served at one hour under two numbers, which are found to be one person's and merged. Others served under both
-- as well, but one after the other, or one team wrote down when it closed and not when they left; two teams share an event.
CREATE TABLE city.twofold AS
SELECT d.*, v.volunteer_id, v.recorder, v.organization_id, r.volunteer_no AS first_no, t.organization_id AS second_team,
    t.recorder AS second_recorder, city.act('city_registrar', format(
        'SELECT registry.register_volunteer(%L, ''passport'', %L, %s, %L, ''登记表'', %L, sex => %L::smallint, birth_date => %L, '
        'backdating_reason => ''纸质登记表补录'')',
        v.name, 'E8800' || d.place, t.organization_id, t.region, registry.today() - 12, v.sex, v.born))::volunteer_no AS second_no
FROM (VALUES
    (13, true, 840, 'served two teams at one hour'), (14, true, 840, 'served two teams at one hour'),
    (15, true, 840, 'served two teams at one hour'), (16, true, 870, 'served two teams at one hour'),
    (17, true, 870, 'served two teams at one hour'), (18, false, 960, 'two numbers, one service after the other'),
    (19, false, 950, 'two numbers, a list that ends with the team'), (20, false, 840, 'two teams at one event')
) AS d (place, fraud, starts, note)
JOIN (
    SELECT v.*, t.recorder, row_number() OVER (ORDER BY v.n DESC) AS place
    FROM city.volunteer v JOIN city.team t ON t.body_no = v.body_no
    WHERE v.part IS NULL AND v.kind = 'unit'
) AS v USING (place)
JOIN registry.volunteer r ON r.volunteer_id = v.volunteer_id
JOIN city.team t ON t.body_no = 117 + d.place;

SELECT city.record(s.recorder, s.batch, s.volunteer_id, s.activity, registry.today() - d.days, s.starts, s.starts + 120)
FROM (
    SELECT c.*, city.open_batch(c.recorder, c.organization_id) AS batch,
        city.open_activity(c.recorder, c.organization_id, '探访老人') AS activity
    FROM (
        SELECT d.place, d.fraud, d.recorder, d.organization_id, d.volunteer_id, 840 AS starts FROM city.twofold d
        UNION ALL
        SELECT d.place, d.fraud, d.second_recorder, d.second_team, v.volunteer_id, d.starts
        FROM city.twofold d JOIN registry.volunteer v ON v.volunteer_no = d.second_no
    ) AS c
    OFFSET 0
) AS s
CROSS JOIN (VALUES (4, false), (5, true)) AS d (days, again)
WHERE s.fraud OR NOT d.again \g /dev/null

SELECT city.employ('city_second_registrar', :federation, 'registrar', 'H' || :'prefecture') \g /dev/null
SELECT city.act('city_second_registrar', format('SELECT registry.decide_merge(%s, true)', city.act('city_registrar', format(
    'SELECT registry.request_merge(%L, %L, ''护照与身份证为同一人'')', d.second_no, d.first_no))))
FROM city.twofold d \g /dev/null

INSERT INTO city.label
SELECT 'claimed twice', concat_ws(' ', least(d.first_no::text, d.second_no::text), greatest(d.first_no::text, d.second_no::text)),
    d.fraud, d.note
FROM city.twofold d;
