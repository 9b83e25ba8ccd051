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

SELECT city.record(:'recorder', CASE WHEN c.customer_no <= 3 THEN :batch ELSE :paper END, v.volunteer_id, :activity,
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

-- Abnormal hours. Twenty hours a day, or every working day of half a year. Retired people who keep
-- a station open serve nearly as much, and three of them more.
CREATE TABLE city.tireless AS
SELECT v.n, v.volunteer_id, t.organization_id, t.recorder, row_number() OVER (ORDER BY v.n) AS tireless_no
FROM city.volunteer v
JOIN city.team t ON t.body_no = v.body_no
WHERE v.part = 'tireless';
SELECT city.record(t.recorder, city.open_batch(t.recorder, t.organization_id), t.volunteer_id,
    city.open_activity(t.recorder, t.organization_id, '驻点服务'), registry.today() - 20, 60, 1260)
FROM city.tireless t WHERE t.tireless_no <= 6 \g /dev/null
SELECT city.record(b.recorder, b.batch, b.volunteer_id, b.activity, registry.today() - d, 480, 1190)
FROM (
    SELECT t.*, city.open_batch(t.recorder, t.organization_id) AS batch,
        city.open_activity(t.recorder, t.organization_id, '长期服务', 130) AS activity
    FROM city.tireless t WHERE t.tireless_no > 6
    OFFSET 0
) AS b
CROSS JOIN generate_series(2, 122) AS d
WHERE extract(isodow FROM registry.today() - d) < 6 \g /dev/null

INSERT INTO city.label
SELECT 'abnormal hours', r.volunteer_no::text, v.part = 'tireless',
    CASE v.part WHEN 'tireless' THEN 'hours that no day and no half-year has' ELSE 'retired, keeps a station open' END
FROM city.volunteer v
JOIN registry.volunteer r ON r.volunteer_id = v.volunteer_id
WHERE v.part IN ('tireless', 'retiree');

-- Working time. Officials are recorded for their own unit while it is open; others serve it in the evening, at noon, or serve
-- a community while it is open.
CREATE TABLE city.official AS
SELECT v.n, v.volunteer_id, r.volunteer_no, t.body_no, t.organization_id, t.recorder, row_number() OVER (ORDER BY v.n) AS official_no
FROM city.volunteer v
JOIN registry.volunteer r ON r.volunteer_id = v.volunteer_id
JOIN city.team t ON t.body_no = v.body_no
WHERE v.part = 'official';
SELECT city.act('city_registrar', format('SELECT registry.add_member(%s, %L, ''cadre'', %L)', b.organization_id, o.volunteer_no,
    registry.today() - 300))
FROM city.official o JOIN city.body b ON b.body_no = o.body_no \g /dev/null
SELECT city.record(b.recorder, b.batch, b.volunteer_id, b.activity, d.day,
    CASE WHEN b.official_no <= 8 THEN 540 WHEN b.official_no <= 10 THEN 1110 WHEN b.official_no <= 12 THEN 740 ELSE 570 END,
    CASE WHEN b.official_no <= 8 THEN 720 WHEN b.official_no <= 10 THEN 1260 WHEN b.official_no <= 12 THEN 790 ELSE 690 END)
FROM (
    SELECT o.official_no, o.volunteer_id, t.recorder, city.open_batch(t.recorder, t.organization_id) AS batch,
        city.open_activity(t.recorder, t.organization_id, '窗口引导') AS activity
    FROM city.official o
    JOIN city.team t ON t.body_no = CASE WHEN o.official_no <= 12 THEN o.body_no ELSE o.official_no END
    OFFSET 0
) AS b
CROSS JOIN (
    SELECT registry.today() - d AS day FROM generate_series(2, 55) AS d WHERE registry.is_workday(registry.today() - d) ORDER BY d LIMIT 5
) AS d \g /dev/null

INSERT INTO city.label
SELECT 'working time', o.volunteer_no::text, o.official_no <= 8, CASE
    WHEN o.official_no <= 8 THEN 'recorded for the own unit while it was open'
    WHEN o.official_no <= 10 THEN 'serves the own unit in the evening'
    WHEN o.official_no <= 12 THEN 'serves the own unit at noon'
    ELSE 'serves a community' END
FROM city.official o;

-- What is no service: a training recorded as one, meetings and drills by another name than their own. Those who invite to give
-- blood, help at a conference or with homework do serve.
CREATE TABLE city.gathering AS
SELECT g.*, t.organization_id, t.name, t.recorder, city.open_activity(t.recorder, t.organization_id, g.title) AS activity_id,
    city.open_batch(t.recorder, t.organization_id) AS batch_id
FROM (VALUES
    (41, true, '社区讲堂'), (42, true, '志愿者业务学习'), (43, true, '全体会议'), (44, true, '消防演练'), (45, true, '单位团建'),
    (46, false, '献血点服务'), (47, false, '学习辅导'), (48, false, '会议引导'), (49, false, '学习雷锋便民服务'), (50, false, '急救培训协助'),
    (51, false, '社区学习角整理')
) AS g (body_no, fraud, title)
JOIN city.team t ON t.body_no = g.body_no;
CREATE TABLE city.gathered AS
SELECT g.body_no, g.title, g.recorder, g.batch_id, g.activity_id, v.volunteer_id
FROM city.gathering g
JOIN (SELECT v.volunteer_id, row_number() OVER (ORDER BY v.n) AS place FROM city.volunteer v WHERE v.part IS NULL) AS v
    ON v.place % 60 = g.body_no AND v.place <= 180;
SELECT city.record(g.recorder, g.batch_id, g.volunteer_id, g.activity_id, registry.today() - 3, 1140, 1230)
FROM city.gathered g \g /dev/null
SELECT city.act(g.recorder, format('SELECT registry.create_course(''通用课程'', %s, ''1'', 60)', g.organization_id)) AS course
FROM city.gathering g WHERE g.title = '社区讲堂' \gset
SELECT city.act(g.recorder, format('SELECT registry.hold_training(%s, %s, ''2'', %L, ''讲师'')', :course, g.organization_id,
    city.during(registry.today() - 3, 1140, 1230))) AS session
FROM city.gathering g WHERE g.title = '社区讲堂' \gset
SELECT city.act(g.recorder, format('SELECT registry.record_training(%s, %L, true)', :session, r.volunteer_no))
FROM city.gathered g
JOIN registry.volunteer r ON r.volunteer_id = g.volunteer_id
WHERE g.title = '社区讲堂' \g /dev/null

INSERT INTO city.label
SELECT 'not service', g.name || ' ' || g.title, g.fraud,
    CASE WHEN g.fraud THEN 'a training, a meeting or a drill' ELSE 'service with the word in its name' END
FROM city.gathering g
UNION ALL
SELECT 'not service', t.name || ' ' || t.title, false, 'invites to give blood' FROM city.team t WHERE t.title = '献血宣传';

-- Missing sign-outs: a team signs people in who leave, and corrects the midnight away; people forget now and then.
SELECT city.act(e.recorder, format('SELECT registry.correct_record(%s, %L, ''忘记签退'', evidence_sha256 => %L)', r.record_id, r.period,
    sha256(r.record_id::text::bytea)))
FROM city.evening e
JOIN registry.service_record r ON r.batch_id = e.closed_batch_id
WHERE e.fraud \g /dev/null

INSERT INTO city.label
SELECT DISTINCT 'missing sign-outs', t.name, e.fraud, CASE WHEN e.fraud THEN 'signed in by others, corrected later' ELSE 'some forget' END
FROM city.evening e
JOIN city.team t ON t.body_no = e.body_no;
