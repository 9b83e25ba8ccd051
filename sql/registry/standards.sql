-- Standards: what an organization is held against, item by item, and what of that the registry can measure itself.

CREATE TABLE registry.standard_item (
    item_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    standard text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    measure text,
    threshold numeric,
    points numeric(6, 2) NOT NULL,
    region volunteer.region_code REFERENCES registry.region,
    valid daterange NOT NULL,
    basis text NOT NULL,
    CONSTRAINT one_item_at_a_time EXCLUDE USING gist
        (standard WITH =, code WITH =, coalesce(region::text, '') WITH =, valid WITH &&),
    CONSTRAINT item_begins_on_a_day CHECK (isfinite(lower(valid)) AND isfinite(upper(valid))),
    CONSTRAINT item_is_coded CHECK (code ~ '^[a-z][a-z_]{0,39}$'),
    CONSTRAINT item_is_named CHECK (char_length(name) BETWEEN 1 AND 100 AND name IS NFC NORMALIZED),
    CONSTRAINT measure_has_threshold CHECK ((measure IS NULL) = (threshold IS NULL)),
    CONSTRAINT threshold_is_a_number CHECK (threshold <> 'NaN'),
    CONSTRAINT item_gives_points CHECK (points > 0 AND points <> 'NaN'),
    CONSTRAINT item_states_its_basis CHECK (basis <> '')
);
COMMENT ON TABLE registry.standard_item IS
    '考核标准的条目(六个有、五有、六有、五个一;八有一坚持由地方填写);同一标准同一代码,下级地区的条目取代上级的';
COMMENT ON COLUMN registry.standard_item.item_id IS '条目编号';
COMMENT ON COLUMN registry.standard_item.standard IS '考核标准(代码集 assessment_standard)';
COMMENT ON COLUMN registry.standard_item.code IS '条目代码';
COMMENT ON COLUMN registry.standard_item.name IS '条目名称';
COMMENT ON COLUMN registry.standard_item.measure IS '由登记数据得出的指标(代码集 assessment_measure);空表示由考核人评定';
COMMENT ON COLUMN registry.standard_item.threshold IS '指标达到此值即得分';
COMMENT ON COLUMN registry.standard_item.points IS '分值';
COMMENT ON COLUMN registry.standard_item.region IS '适用区划,含下级;空为全国';
COMMENT ON COLUMN registry.standard_item.valid IS '有效期';
COMMENT ON COLUMN registry.standard_item.basis IS '依据(文件与条款)';

CREATE FUNCTION registry.standard_items(standard text, region volunteer.region_code, day date)
    RETURNS SETOF registry.standard_item
    LANGUAGE sql STABLE SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT DISTINCT ON (i.code) i.*
    FROM registry.standard_item i
    WHERE i.standard = standard_items.standard AND i.valid @> day AND (i.region IS NULL OR standard_items.region <@ i.region)
    ORDER BY i.code, volunteer.level(i.region) DESC NULLS LAST;
END;
COMMENT ON FUNCTION registry.standard_items(text, volunteer.region_code, date) IS
    '某地某日的考核标准条目:同一代码取最近的上级地区的条目,无地区条目时取全国';

CREATE FUNCTION registry.set_standard_item(
    standard text, code text, name text, basis text, measure text DEFAULT NULL, threshold numeric DEFAULT NULL,
    points numeric DEFAULT 1, region text DEFAULT NULL, since date DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    place CONSTANT volunteer.region_code := CASE WHEN region IS NOT NULL THEN registry.require_region(region) END;
    first_day CONSTANT date := coalesce(since, registry.today() + 1);
    new_item bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    PERFORM registry.require_code('assessment_standard', standard);
    IF measure IS NOT NULL THEN
        PERFORM registry.require_code('assessment_measure', measure);
    END IF;
    -- A round assesses a day that has begun, so that its items stay what they are.
    IF first_day <= registry.today() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'item_not_retroactive',
            MESSAGE = 'An item takes effect tomorrow or later.';
    END IF;
    UPDATE registry.standard_item i
    SET valid = daterange(lower(i.valid), first_day)
    WHERE i.standard = set_standard_item.standard AND i.code = set_standard_item.code
        AND i.region IS NOT DISTINCT FROM place AND i.valid @> first_day
        AND (lower_inf(i.valid) OR lower(i.valid) < first_day);
    INSERT INTO registry.standard_item AS i (standard, code, name, measure, threshold, points, region, valid, basis)
    VALUES (standard, code, registry.clean_text(name), measure, threshold, points, place, daterange(first_day, NULL),
        registry.clean_text(basis))
    RETURNING i.item_id INTO new_item;
    RETURN new_item;
END
$$;
COMMENT ON FUNCTION registry.set_standard_item(text, text, text, text, text, numeric, numeric, text, date) IS
    '规定考核条目,返回条目编号,自某日(缺省明天)起取代同一标准、代码、地区的原条目。参数:考核标准、条目代码、名称、依据、指标与达标值(缺省由考核人评定)、分值、适用区划(缺省全国)、起始日。错误 23503 known_code、known_region,23514 item_not_retroactive、item_begins_on_a_day、item_is_coded、item_is_named、measure_has_threshold、threshold_is_a_number、item_gives_points、item_states_its_basis,23P01 one_item_at_a_time,25000 read_committed、begun_today';

CREATE FUNCTION registry.end_standard_item(item_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_current_transaction();
    UPDATE registry.standard_item i
    SET valid = i.valid * daterange(NULL, registry.today() + 1)
    WHERE i.item_id = end_standard_item.item_id AND upper_inf(i.valid);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_standard_item',
            MESSAGE = 'There is no such item in force.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.end_standard_item(bigint) IS '废止考核条目,自明天起;错误 P0002 known_standard_item,25000 read_committed、begun_today';

-- IS TRUE keeps out the exclusion index of memberships, which begins with the person.
CREATE FUNCTION registry.volunteers_of(organization_ids bigint[], day date)
    RETURNS TABLE (organization_id bigint, volunteer_id bigint)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT m.organization_id, v.volunteer_id
    FROM registry.membership m
    JOIN registry.volunteer v ON v.person_id = m.person_id AND v.registered_on <= day
    LEFT JOIN registry.volunteers_changed_since(day) AS c ON c.volunteer_id = v.volunteer_id
    WHERE m.organization_id = ANY (organization_ids) AND (m.valid @> day) IS TRUE AND coalesce(c.status, v.status) = 'active';
END;
COMMENT ON FUNCTION registry.volunteers_of(bigint[], date) IS '各组织本身某日的在册志愿者;兼有几种身份的列几次';

-- Body by body from an index, in the order of persons: whoever has several roles is found by sorting what is sorted. All members are
-- volunteers, of whom the few that are not active are left out; planned for the day, as of an unknown one the planner expects a
-- third of all to register later, and makes room for them.
--
-- A unit is held against its own head count, so whoever is a unit below it is counted there: who has a head count, and residents.
CREATE FUNCTION registry.count_volunteers(organization_ids bigint[], day date, of_unit boolean DEFAULT false)
    RETURNS TABLE (organization_id bigint, volunteers bigint)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '256MB' SET jit = off SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE apart AS MATERIALIZED (
        SELECT h.organization_id FROM registry.headcount h WHERE h.region IS NULL AND h.status = 'approved' AND h.as_of <= day
    ), below AS (
        SELECT n.id AS top, n.id FROM unnest(organization_ids) AS n (id)
        UNION
        SELECT b.top, o.organization_id
        FROM below b
        JOIN registry.organization o ON o.successor_id = b.id OR o.parent_id = b.id AND o.successor_id IS NULL
        JOIN registry.organization p ON p.organization_id = b.id
        WHERE NOT (of_unit AND o.status <> 'dissolved' AND (
            o.unit_kind IN ('09', '10') AND p.unit_kind NOT IN ('09', '10')
            OR o.organization_id IN (SELECT a.organization_id FROM apart a)))
    ), changed AS MATERIALIZED (
        SELECT s.volunteer_id, s.status FROM registry.volunteers_changed_since(day) AS s
    )
    SELECT t.top, c.members
    FROM (SELECT b.top, array_agg(b.id) AS ids FROM below b GROUP BY b.top) AS t
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT m.person_id) AS members
        FROM registry.membership m
        WHERE m.organization_id = ANY (t.ids) AND (m.valid @> day) IS TRUE AND m.person_id NOT IN (
            SELECT v.person_id FROM registry.volunteer v
            WHERE v.status <> 'active'
                AND v.volunteer_id NOT IN (SELECT s.volunteer_id FROM changed s WHERE s.status = 'active')
            UNION ALL
            SELECT v.person_id FROM changed s JOIN registry.volunteer v ON v.volunteer_id = s.volunteer_id WHERE s.status <> 'active'
            UNION ALL
            SELECT v.person_id FROM registry.volunteer v WHERE v.registered_on > day)) AS c
    WHERE c.members > 0;
END
$$;
COMMENT ON FUNCTION registry.count_volunteers(bigint[], date, boolean) IS
    '各组织(含下级)某日的在册志愿者人数;没有志愿者的组织不列。of_unit:只计单位自己的,下级中另有核准人数的单位和社区(村)不计入';

CREATE FUNCTION registry.unit_headcount(organization_id bigint, day date) RETURNS bigint
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT sum(registry.approved_headcount(o.organization_id, k.kind, day))
    FROM registry.organization o
    CROSS JOIN unnest(CASE WHEN o.unit_kind IN ('09', '10') THEN '{resident}' ELSE '{staff,student}' END::text[]) AS k (kind)
    WHERE o.organization_id = unit_headcount.organization_id;
END;
COMMENT ON FUNCTION registry.unit_headcount(bigint, date) IS
    '注册比例的基数:社区(村)为常住人口,其他单位为在职干部职工与学生;未核准人数为空';

-- In PL/pgSQL, whose plans are kept: reports ask for several measures of every station and community of a city.
CREATE FUNCTION registry.all_measured(organization_id bigint, measures text[], day date) RETURNS numeric[]
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    below CONSTANT bigint[] := ARRAY(SELECT registry.organization_below(organization_id));
    year_before CONSTANT date := day - interval '1 year';
    starts CONSTANT timestamptz := (year_before + 1)::timestamp AT TIME ZONE 'Asia/Shanghai';
    ends CONSTANT timestamptz := (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai';
    held bigint[];
    measure text;
    value numeric;
    result numeric[];
BEGIN
    IF measures && '{activity,regular_project,ledger}' THEN
        held := ARRAY(
            SELECT a.project_id
            FROM registry.activity a
            WHERE a.organization_id = ANY (below) AND a.status = 'published' AND NOT a.drill
                AND lower(a.period) >= starts AND lower(a.period) < ends);
    END IF;
    FOREACH measure IN ARRAY measures LOOP
        CASE measure
            WHEN 'station' THEN
                value := (
                    SELECT count(*)
                    FROM registry.station s
                    WHERE s.organization_id = ANY (below) AND s.opened_on <= day AND (s.closed_on IS NULL OR s.closed_on > day));
            WHEN 'team' THEN
                value := (
                    SELECT count(*)
                    FROM registry.organization o
                    WHERE o.organization_id = ANY (below) AND o.status = 'active'
                        AND EXISTS (SELECT FROM registry.volunteers_of(ARRAY[o.organization_id], day)));
            WHEN 'volunteer' THEN
                value := (SELECT count(DISTINCT v.volunteer_id) FROM registry.volunteers_of(below, day) AS v);
            WHEN 'volunteer_ratio' THEN
                value := coalesce((SELECT c.volunteers FROM registry.count_volunteers(ARRAY[organization_id], day, true) AS c), 0)
                    / registry.unit_headcount(organization_id, day)::numeric
                    / registry.required_volunteer_ratio(organization_id, day);
            WHEN 'brand_project' THEN
                value := (
                    SELECT count(DISTINCT d.project_id)
                    FROM registry.project_designation d
                    JOIN registry.project p ON p.project_id = d.project_id
                    WHERE p.organization_id = ANY (below) AND d.valid @> day AND d.status = 'granted');
            WHEN 'activity' THEN
                value := cardinality(held);
            WHEN 'regular_project' THEN
                value := (
                    SELECT count(*)
                    FROM (SELECT FROM unnest(held) AS h (project_id) GROUP BY h.project_id HAVING count(*) > 1) AS regular);
            WHEN 'ledger' THEN
                value := EXISTS (SELECT FROM registry.volunteers_of(below, day))::integer + (held <> '{}')::integer
                    + EXISTS (SELECT FROM registry.beneficiary f WHERE f.organization_id = ANY (below))::integer;
            WHEN 'service_hours' THEN
                value := (
                    SELECT coalesce(sum(m.hours), '0:00')::numeric
                    FROM registry.organization_month m
                    WHERE m.organization_id = ANY (below) AND m.month > year_before AND m.month <= day);
        END CASE;
        result := result || value;
    END LOOP;
    RETURN result;
END
$$;
COMMENT ON FUNCTION registry.all_measured(bigint, text[], date) IS
    '组织(含下级)某日的各项指标值,顺序同所问(代码集 assessment_measure);活动、项目、时长按截至该日的一年计;未核准人数或无比例要求的,注册比例为空;错误 20000 指标不在代码集中';

CREATE FUNCTION registry.measured(organization_id bigint, measure text, day date) RETURNS numeric
    LANGUAGE sql STABLE
    RETURN (registry.all_measured(organization_id, ARRAY[measure], day))[1];
COMMENT ON FUNCTION registry.measured(bigint, text, date) IS '组织(含下级)某日的一项指标值,见 all_measured';

GRANT EXECUTE ON FUNCTION registry.set_standard_item(text, text, text, text, text, numeric, numeric, text, date)
    TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.end_standard_item(bigint) TO registry_administrator;
