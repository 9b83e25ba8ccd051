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
    FROM city.volunteer v WHERE v.organization_id = pass.organization_id;
    PERFORM city.act(reviewer, format('SELECT registry.review_batch(%s, true)', batch));
END
$$;
SELECT city.pass(f.a, f.b, f.x), CASE WHEN f.fraud THEN city.pass(f.b, f.a, f.y) END FROM city.friends f \g /dev/null

INSERT INTO city.label
SELECT 'mutual review', f.a || ' ' || f.b, f.fraud,
    CASE WHEN f.fraud THEN 'each passes what the other entered' ELSE 'one records, the other reviews' END
FROM city.friends f;
