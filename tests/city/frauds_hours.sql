-- Hours that nobody served.

-- Sold hours. An agency registers people who live elsewhere and records them within the hour, with and without paper, or buys
-- into accounts that slept. Those who commute from elsewhere serve like everybody; paper forms come in late from honest teams too.
SELECT city.found('测试志愿服务促进中心', '1', '16', c.county, c.organization_id) AS agency, c.county AS county, c.recorder AS recorder
FROM city.county c WHERE c.county_no = 1 \gset
SELECT city.open_activity(:'recorder', :agency, '公益活动') AS activity,
    city.open_batch(:'recorder', :agency) AS batch, city.open_batch(:'recorder', :agency, 'sold') AS paper \gset

CREATE TABLE city.customer AS
SELECT i AS customer_no, i <= 8 AS fraud, city.act('city_registrar', format(
    'SELECT registry.register_volunteer(%L, ''citizen_id'', %L, %s, %L, ''登记表'', %L, backdating_reason => ''纸质登记表补录'')',
    city.name_of(-1000 - i), city.citizen_id('1944-01-01', i), CASE WHEN i <= 8 THEN :agency ELSE t.organization_id END,
    CASE WHEN i <= 8 THEN '330106' ELSE t.region END, registry.today() - 12))::volunteer_no AS volunteer_no,
    t.organization_id, t.recorder
FROM generate_series(1, 10) AS i
JOIN city.team t ON t.body_no = i;

SELECT city.record(:'recorder', CASE WHEN c.customer_no <= 4 THEN :batch ELSE :paper END, v.volunteer_id, :activity,
    registry.today() - 1 - d, 480, 900)
FROM city.customer c
JOIN registry.volunteer v ON v.volunteer_no = c.volunteer_no
CROSS JOIN generate_series(1, 4) AS d
WHERE c.fraud \g /dev/null
SELECT city.record(:'recorder', :paper, v.volunteer_id, :activity, registry.today() - 1 - d, 480, 900)
FROM city.volunteer v CROSS JOIN generate_series(1, 4) AS d
WHERE v.part = 'sleeper' \g /dev/null
SELECT city.record(c.recorder, city.open_batch(c.recorder, c.organization_id, 'late form ' || c.customer_no), v.volunteer_id,
    city.open_activity(c.recorder, c.organization_id, '楼道清洁'), registry.today() - 3, 540, 660)
FROM city.customer c
JOIN registry.volunteer v ON v.volunteer_no = c.volunteer_no
WHERE NOT c.fraud \g /dev/null

INSERT INTO city.label
SELECT 'sold hours', c.volunteer_no::text, c.fraud,
    CASE WHEN c.fraud THEN 'registered and recorded within the hour, lives elsewhere' ELSE 'paper form and list entered late' END
FROM city.customer c
UNION ALL
SELECT 'sold hours', r.volunteer_no::text, v.part = 'sleeper',
    CASE v.part WHEN 'sleeper' THEN 'an account that slept, bought for its hours' ELSE 'commutes from elsewhere' END
FROM city.volunteer v
JOIN registry.volunteer r ON r.volunteer_id = v.volunteer_id
WHERE v.part IN ('sleeper', 'commuter');
