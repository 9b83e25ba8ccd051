-- Reviews that review nothing.

-- Two friends, each the recorder of one team and the reviewer of the other, pass each other's lists; two others only help out,
-- one recording, one reviewing.
CREATE TABLE city.friends AS
SELECT i AS pair_no, i <= 2 AS fraud, format('city_friend_%s_a', i)::name AS a, format('city_friend_%s_b', i)::name AS b,
    x.organization_id AS x, y.organization_id AS y
FROM generate_series(1, 4) AS i
JOIN city.team x ON x.body_no = 10 + i
JOIN city.team y ON y.body_no = 20 + i;
SELECT city.employ(f.a, f.x, 'recorder', 'FA000' || f.pair_no), city.employ(f.b, f.x, 'reviewer', 'FB000' || f.pair_no),
    CASE WHEN f.fraud THEN city.employ(f.b, f.y, 'recorder', 'FB000' || f.pair_no) END,
    CASE WHEN f.fraud THEN city.employ(f.a, f.y, 'reviewer', 'FA000' || f.pair_no) END
FROM city.friends f \g /dev/null

CREATE FUNCTION city.pass(recorder name, reviewer name, organization_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    activity CONSTANT bigint := city.open_activity(recorder, organization_id, '邻里互助');
    batch CONSTANT bigint := city.open_batch(recorder, organization_id);
BEGIN
    PERFORM city.record(recorder, batch, v.volunteer_id, activity, registry.today() - 2, 1140, 1200)
    FROM city.volunteer v WHERE v.organization_id = pass.organization_id AND v.part IS NULL;
    PERFORM city.act(reviewer, format('SELECT registry.review_batch(%s, true)', batch));
END
$$;
SELECT city.pass(f.a, f.b, f.x), CASE WHEN f.fraud THEN city.pass(f.b, f.a, f.y) END FROM city.friends f \g /dev/null

INSERT INTO city.label
SELECT 'mutual review', f.a || ' ' || f.b, f.fraud,
    CASE WHEN f.fraud THEN 'each passes what the other entered' ELSE 'one records, the other reviews' END
FROM city.friends f;

-- A reviewer who passes every list within the minute. Those of the counties do so now and then.
SELECT city.employ('city_stamp', c.organization_id, 'reviewer', 'S0001'), c.organization_id AS county, c.recorder AS recorder
FROM city.county c WHERE c.county_no = 2 \gset
CREATE TABLE city.stamped AS
SELECT city.open_batch(:'recorder', t.organization_id) AS batch_id
FROM city.team t JOIN city.body b ON b.body_no = t.body_no
WHERE t.recorder = :'recorder' ORDER BY t.body_no LIMIT 12;
SELECT city.act('city_stamp', format('SELECT registry.review_batch(%s, true)', s.batch_id)) FROM city.stamped s \g /dev/null

INSERT INTO city.label
SELECT 'hasty review', 'city_stamp', true, 'passes every list within the minute'
UNION ALL
SELECT 'hasty review', c.reviewer, false, 'passes a list at once now and then' FROM city.county c;

-- Used evidence: the sheet of another list is handed in again. Two teams that met at the same event share one.
CREATE TABLE city.sheet AS
SELECT b.batch_id, encode(b.evidence_sha256, 'hex') AS evidence, row_number() OVER (ORDER BY b.batch_id) AS sheet_no
FROM registry.record_batch b
JOIN city.meeting m ON m.batch_id = b.batch_id
WHERE m.late
ORDER BY b.batch_id LIMIT 6;
SELECT city.act(t.recorder, format('SELECT registry.open_batch(%s, ''纸质签到表补录'', %L)', t.organization_id,
    decode(s.evidence, 'hex')))
FROM city.sheet s JOIN city.team t ON t.body_no = 60 + s.sheet_no \g /dev/null
SELECT city.open_batch(t.recorder, t.organization_id, 'joint event') FROM city.team t WHERE t.body_no IN (71, 72) \g /dev/null

INSERT INTO city.label
SELECT 'used evidence', s.evidence, true, 'the sheet of another list' FROM city.sheet s
UNION ALL
SELECT 'used evidence', encode(sha256('joint event'), 'hex'), false, 'two teams at one event';

-- Copied lists: the same people, from minute to minute, day after day. A big event has the same people at the same times on two
-- days, a night watch of neighbours on all.
CREATE TABLE city.watch AS
SELECT w.*, t.organization_id, t.name, t.recorder, city.open_activity(t.recorder, t.organization_id, w.title) AS activity_id,
    city.open_batch(t.recorder, t.organization_id) AS batch_id
FROM (VALUES
    (81, true, 8, 6, '助老服务', 540), (82, true, 8, 10, '环境整治', 570), (83, true, 9, 7, '便民服务', 600),
    (84, false, 2, 40, '半程马拉松', 420), (85, false, 2, 25, '龙舟赛', 480), (86, false, 8, 5, '邻里夜巡', 1260)
) AS w (body_no, fraud, days, people, title, starts)
JOIN city.team t ON t.body_no = w.body_no;
SELECT city.record(w.recorder, w.batch_id, v.volunteer_id, w.activity_id, registry.today() - d, w.starts, w.starts + 120)
FROM city.watch w
JOIN (SELECT v.volunteer_id, row_number() OVER (ORDER BY v.n) AS place FROM city.volunteer v WHERE v.part IS NULL) AS v
    ON v.place BETWEEN 181 + 40 * (w.body_no - 81) AND 180 + 40 * (w.body_no - 81) + w.people
CROSS JOIN LATERAL (
    SELECT d FROM generate_series(1, 30) AS d WHERE extract(isodow FROM registry.today() - d) < 6 ORDER BY d LIMIT w.days
) AS d \g /dev/null

INSERT INTO city.label
SELECT 'copied lists', w.name, w.fraud, CASE WHEN w.fraud THEN 'one list, copied day after day'
    WHEN w.days = 2 THEN 'a big event of two days' ELSE 'neighbours who keep watch every night' END
FROM city.watch w;

-- Entered late: teams that hand in nothing but paper. In remote places every third list is late.
CREATE TABLE city.paper AS
SELECT t.body_no, t.organization_id, city.found('测试第' || t.body_no || '互助队', '1', '99', t.region, t.organization_id) AS paper_team,
    '测试第' || t.body_no || '互助队' AS name, t.recorder
FROM city.team t WHERE t.body_no IN (91, 92);
SELECT city.record(p.recorder, p.batch_id, v.volunteer_id, p.activity_id, registry.today() - 40, 1020, 1080)
FROM (
    SELECT p.*, city.open_activity(p.recorder, p.paper_team, '互助') AS activity_id,
        city.open_batch(p.recorder, p.paper_team, 'paper ' || p.body_no) AS batch_id
    FROM city.paper p
    OFFSET 0
) AS p
JOIN (SELECT v.volunteer_id, row_number() OVER (ORDER BY v.n DESC) AS place FROM city.volunteer v WHERE v.part IS NULL) AS v
    ON v.place <= 50 AND v.place % 2 = p.body_no % 2 \g /dev/null

INSERT INTO city.label
SELECT 'entered late', p.name, true, 'nothing but paper' FROM city.paper p
UNION ALL
SELECT 'entered late', '测试志愿服务促进中心', true, 'the agency that sells hours'
UNION ALL
SELECT 'entered late', t.name, false, 'a remote place without network'
FROM city.team t WHERE t.body_no % 20 = 0;

-- Untrained posts: two teams take whoever comes, shift after shift, always with the same excuse. Others let in one person, or
-- in a night of flood all who came; a lecturer of the course stands on four evenings.
SELECT t.county AS county, c.organization_id AS federation_of_county, c.recorder AS teacher
FROM city.team t JOIN city.county c ON c.county = t.county WHERE t.body_no = 131 \gset
SELECT city.act('city_clerk', format('SELECT registry.require_training(''any'', %s, %L, ''先培训再上岗'', %L)',
    city.act(:'teacher', format('SELECT registry.create_course(''上岗培训'', %s, ''2'', 90)', :federation_of_county)), :'county',
    registry.today() - 20)) AS requirement \gset
CREATE TABLE city.untrained AS
SELECT u.*, t.organization_id, t.name, t.recorder, city.open_activity(t.recorder, t.organization_id, '巡逻引导') AS activity_id
FROM (VALUES
    (1, true, 4, 5, '人手不足'), (2, true, 5, 4, '人手不足'), (3, false, 1, 1, '多年从事同类服务'),
    (4, false, 1, 8, '汛期夜间急需人手'), (5, false, 4, 1, '本课程讲师')
) AS u (place, fraud, shifts, people, excuse)
JOIN (SELECT t.*, row_number() OVER (ORDER BY t.body_no) AS place FROM city.team t WHERE t.county = :'county') AS t USING (place);
CREATE TABLE city.untrained_shift AS
SELECT u.*, city.act(u.recorder, format('SELECT registry.create_shift(%s, %L, ''引导'', 8)', u.activity_id,
    city.during(registry.today() - 3 - nth, 1080, 1200))) AS shift_id
FROM city.untrained u CROSS JOIN LATERAL generate_series(1, u.shifts) AS nth;
SELECT city.act(u.recorder, format('SELECT registry.sign_up(%s, %L)', u.shift_id, v.volunteer_no)),
    city.act(u.recorder, format('SELECT registry.decide_signup(%s, %L, ''confirmed'', %L)', u.shift_id, v.volunteer_no, u.excuse))
FROM city.untrained_shift u
JOIN (
    SELECT r.volunteer_no, row_number() OVER (ORDER BY v.n) AS place
    FROM city.volunteer v JOIN registry.volunteer r ON r.volunteer_id = v.volunteer_id
    WHERE v.part IS NULL
) AS v ON v.place % 10 = u.place AND v.place <= 10 * u.people \g /dev/null
SELECT city.act('city_clerk', format('SELECT registry.end_training_requirement(%s)', :requirement)) \g /dev/null

INSERT INTO city.label
SELECT 'untrained posts', u.name, u.fraud, CASE WHEN u.fraud THEN 'whoever comes, shift after shift' WHEN u.shifts > 1 THEN 'a lecturer of the course'
    WHEN u.people > 1 THEN 'a night of flood' ELSE 'one person of long experience' END
FROM city.untrained u;
