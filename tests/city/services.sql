-- What a city does besides: model units, head counts, training, the monthly log of a pair, orders on their way.

SELECT city.act('city_clerk', format('SELECT registry.award_civilized_unit(%s, %L, ''命名文件'', %L)', b.organization_id,
    CASE WHEN b.body_no <= 221 THEN '1' ELSE '2' END, daterange(registry.today() - 700, NULL)))
FROM city.body b WHERE b.kind = 'unit' ORDER BY b.body_no \g /dev/null

-- A unit has somewhat more people than volunteers.
CREATE TABLE city.headcount AS
SELECT b.body_no, c.reviewer, city.act('city_registrar', format('SELECT registry.enter_headcount(%s, %L, %L, %s, ''人事报表'')',
    b.organization_id, CASE b.kind WHEN 'unit' THEN 'staff' ELSE 'student' END, registry.today() - 30,
    1 + ceil((SELECT count(*) FROM city.volunteer v WHERE v.body_no = b.body_no) * (1 + city.draw('head count', b.body_no))))) AS headcount_id
FROM city.body b
JOIN city.county c ON c.county = b.county
WHERE b.kind IN ('unit', 'school')
ORDER BY b.body_no;
SELECT city.act(h.reviewer, format('SELECT registry.decide_headcount(%s, ''approved'')', h.headcount_id))
FROM city.headcount h ORDER BY h.body_no \g /dev/null

-- In each county ten people attend the course for beginners.
CREATE TABLE city.course AS
SELECT c.county, c.recorder, city.act(c.recorder, format('SELECT registry.hold_training(%s, %s, ''2'', %L, ''讲师'')',
    city.act(c.recorder, format('SELECT registry.create_course(''新志愿者培训'', %s, ''1'', 60)', c.organization_id)),
    c.organization_id, city.during(registry.today() - 22, 1200, 1260))) AS session_id
FROM city.county c ORDER BY c.county_no;
SELECT city.act(c.recorder, format('SELECT registry.record_training(%s, %L, true)', c.session_id, r.volunteer_no))
FROM city.course c
JOIN city.volunteer v ON v.county = c.county AND v.serial <= 10
JOIN registry.volunteer r ON r.volunteer_id = v.volunteer_id \g /dev/null

-- The recorder of the unit's county keeps the log, the reviewer of the community's confirms it.
SELECT city.act(t.recorder, format('SELECT registry.log_pairing(%s, %L, ''集中帮扶一次'')', p.pairing_id, m.month)),
    city.act(c.reviewer, format('SELECT registry.decide_pairing_log(%s, %L, ''confirmed'')', p.pairing_id, m.month))
FROM registry.pairing p
JOIN city.body u ON u.organization_id = p.unit_id
JOIN city.team t ON t.body_no = u.body_no
JOIN city.body b ON b.organization_id = p.partner_id
JOIN city.team c ON c.body_no = b.body_no
CROSS JOIN (SELECT (date_trunc('month', registry.today()) - interval '1 month')::date AS month) AS m
WHERE p.pairing_id % 4 = 0 \g /dev/null

-- A community asks, the city compiles an order and sends it to the team of the unit that it is paired with.
CREATE TABLE city.wish AS
SELECT b.body_no, t.organization_id, t.project_id, t.recorder, city.act(c.recorder, format(
    'SELECT registry.request_service(%s, ''0017'', ''独居老人需要陪伴'')', b.organization_id)) AS request_id
FROM city.body b
JOIN city.team c ON c.body_no = b.body_no
JOIN city.team t ON t.body_no = 213 + b.body_no
WHERE b.kind = 'community' AND b.body_no <= 30
ORDER BY b.body_no;
CREATE TABLE city.wish_order AS
SELECT w.*, city.act('city_dispatcher', format('SELECT registry.compile_order(%s, ''陪伴老人'', ''0017'', %L, ''{%s}'')', :federation,
    city.during(registry.today() + 5, 540, 660), w.request_id)) AS order_id
FROM city.wish w WHERE w.body_no <= 24;
SELECT city.act('city_dispatcher', format('SELECT registry.dispatch_order(%s, %s)', o.order_id, o.organization_id))
FROM city.wish_order o WHERE o.body_no <= 18 \g /dev/null
SELECT city.act(o.recorder, CASE WHEN o.body_no <= 12
    THEN format('SELECT registry.accept_order(%s, %s, %s)', o.order_id, o.organization_id, o.project_id)
    ELSE format('SELECT registry.decline_order(%s, %s, ''人手不足'')', o.order_id, o.organization_id) END)
FROM city.wish_order o WHERE o.body_no <= 15 \g /dev/null
