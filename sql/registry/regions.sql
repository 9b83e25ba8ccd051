-- The next year's edition of the region codes: what is new, renamed or abolished, with successors and former names kept.

CREATE TABLE registry.region_former_name (
    code volunteer.region_code NOT NULL REFERENCES registry.region,
    name text NOT NULL,
    valid daterange NOT NULL,
    PRIMARY KEY (code, valid),
    CONSTRAINT one_name_at_a_time EXCLUDE USING gist ((code::text) WITH =, valid WITH &&)
);
COMMENT ON TABLE registry.region_former_name IS '区划曾用名';
COMMENT ON COLUMN registry.region_former_name.code IS '区划代码';
COMMENT ON COLUMN registry.region_former_name.name IS '曾用名';
COMMENT ON COLUMN registry.region_former_name.valid IS '使用期';

CREATE TABLE registry.region_edition (
    edition_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    since date NOT NULL,
    source text NOT NULL,
    added integer NOT NULL,
    renamed integer NOT NULL,
    abolished integer NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    loaded_by name NOT NULL DEFAULT session_user,
    CONSTRAINT edition_in_force CHECK (since <= (loaded_at AT TIME ZONE 'Asia/Shanghai')::date),
    CONSTRAINT edition_has_source CHECK (char_length(source) BETWEEN 1 AND 200)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.region_edition
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.region_edition IS '区划代码版本载入记录,只追加;随程序安装的 2023 版不在其中';
COMMENT ON COLUMN registry.region_edition.edition_id IS '载入次序';
COMMENT ON COLUMN registry.region_edition.since IS '该版自何日起适用';
COMMENT ON COLUMN registry.region_edition.source IS '来源(版本名称、截止日)';
COMMENT ON COLUMN registry.region_edition.added IS '新增区划数';
COMMENT ON COLUMN registry.region_edition.renamed IS '更名区划数';
COMMENT ON COLUMN registry.region_edition.abolished IS '撤销区划数';
COMMENT ON COLUMN registry.region_edition.loaded_at IS '载入时间';
COMMENT ON COLUMN registry.region_edition.loaded_by IS '载入人(数据库角色)';

CREATE FUNCTION registry.region_name(code volunteer.region_code, day date) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT coalesce(
        (SELECT f.name FROM registry.region_former_name f WHERE f.code::text = r.code::text AND f.valid @> day), r.name)
    FROM registry.region r
    WHERE r.code = region_name.code;
END;
COMMENT ON FUNCTION registry.region_name(volunteer.region_code, date) IS '区划某日的名称';

CREATE FUNCTION registry.current_region(code volunteer.region_code) RETURNS volunteer.region_code
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    WITH RECURSIVE heir AS (
        SELECT r.code, r.successor FROM registry.region r WHERE r.code = current_region.code
        UNION
        SELECT r.code, r.successor FROM heir h JOIN registry.region r ON r.code = h.successor
    )
    SELECT h.code FROM heir h WHERE h.successor IS NULL;
END;
COMMENT ON FUNCTION registry.current_region(volunteer.region_code) IS '现行区划:已撤销的归入后继';

-- An edition speaks for all that lies in its topmost codes, down to its deepest level: a province, or a city with its
-- villages, can be loaded alone. Below a code that it leaves out nothing remains.
CREATE FUNCTION registry.compare_regions(codes text[], names text[])
    RETURNS TABLE (change text, code volunteer.region_code, name text, former_name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    WITH edition AS MATERIALIZED (
        SELECT e.code::volunteer.region_code AS code, registry.clean_text(e.name) AS name
        FROM unnest(compare_regions.codes, compare_regions.names) AS e (code, name)
    ), top AS MATERIALIZED (
        SELECT e.code, volunteer.region_code_last(e.code) AS last
        FROM edition e
        WHERE NOT EXISTS (SELECT FROM edition p WHERE p.code = volunteer.parent(e.code))
    ), known AS (
        SELECT r.code, r.name, (
            SELECT l.code
            FROM unnest(volunteer.lineage(r.code)) AS l (code)
            WHERE volunteer.level(l.code) <= (SELECT max(volunteer.level(e.code)) FROM edition e)
            ORDER BY volunteer.level(l.code) DESC
            LIMIT 1) AS listed_as
        FROM top t JOIN registry.region r ON r.code BETWEEN t.code AND t.last
        WHERE upper_inf(r.valid)
    )
    SELECT 'added', e.code, e.name, NULL
    FROM edition e
    WHERE NOT EXISTS (SELECT FROM registry.region r WHERE r.code = e.code AND upper_inf(r.valid))
    UNION ALL
    SELECT 'renamed', e.code, e.name, r.name
    FROM edition e JOIN registry.region r ON r.code = e.code
    WHERE upper_inf(r.valid) AND r.name <> e.name
    UNION ALL
    SELECT 'abolished', k.code, NULL, k.name
    FROM known k
    WHERE NOT EXISTS (SELECT FROM edition e WHERE e.code = k.listed_as)
    ORDER BY 1, 2;
END;
COMMENT ON FUNCTION registry.compare_regions(text[], text[]) IS
    '新版区划代码与现行的差别,不改动数据。参数:代码、名称(一一对应);新版所列最上级区划之内、至其最深一级,未列出的视为撤销,其下级一并撤销。返回:change(added 新增、renamed 更名、abolished 撤销)、代码、新名、原名';

CREATE FUNCTION registry.load_regions(
    since date, source text, codes text[], names text[], abolished text[] DEFAULT '{}', successors text[] DEFAULT '{}')
    RETURNS registry.region_edition
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_codes CONSTANT volunteer.region_code[] := codes::volunteer.region_code[];
    gone volunteer.region_code[];
    heirs volunteer.region_code[];
    wrong text;
    difference record;
    result registry.region_edition;
BEGIN
    PERFORM registry.require_current_transaction();
    LOCK TABLE registry.region IN SHARE ROW EXCLUSIVE MODE;
    IF coalesce(cardinality(codes), 0) = 0 OR cardinality(codes) IS DISTINCT FROM cardinality(names)
        OR cardinality(abolished) IS DISTINCT FROM cardinality(successors)
        OR cardinality(codes) <> (SELECT count(DISTINCT c) FROM unnest(new_codes) AS c)
        OR (SELECT count(DISTINCT a) <> cardinality(abolished) FROM unnest(abolished) AS a)
        OR EXISTS (SELECT FROM unnest(names) AS n WHERE coalesce(registry.clean_text(n), '') = '') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            CONSTRAINT = 'edition_is_complete',
            MESSAGE = 'An edition lists every code once with its name, and every abolished code once with its successor.';
    END IF;
    SELECT string_agg(r.code::text, ', ' ORDER BY r.code) INTO wrong
    FROM registry.region r JOIN unnest(new_codes) AS e (code) ON e.code = r.code
    WHERE NOT upper_inf(r.valid);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'unique_violation',
            CONSTRAINT = 'code_not_reused',
            MESSAGE = 'A code that was abolished is not used again.',
            DETAIL = format('Codes: %s.', wrong);
    END IF;

    SELECT coalesce(array_agg(c.code ORDER BY c.code), '{}'), array_agg(s.successor::volunteer.region_code ORDER BY c.code)
    INTO gone, heirs
    FROM registry.compare_regions(codes, names) c
    LEFT JOIN unnest(abolished, successors) AS s (code, successor) ON s.code::volunteer.region_code = c.code
    WHERE c.change = 'abolished';
    -- What stays in force afterwards: all of the edition, and whatever else it does not abolish.
    SELECT string_agg(g.code::text, ', ' ORDER BY g.code) INTO wrong
    FROM unnest(gone, heirs) AS g (code, heir)
    WHERE g.heir IS NULL OR g.heir <> ALL (new_codes) AND (g.heir = ANY (gone)
        OR NOT EXISTS (SELECT FROM registry.region r WHERE r.code = g.heir AND upper_inf(r.valid)));
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'abolished_has_successor',
            MESSAGE = 'A region is abolished only in favour of one that stays in force.',
            DETAIL = format('Without such a successor: %s.', wrong);
    END IF;
    SELECT string_agg(a.code, ', ' ORDER BY a.code) INTO wrong
    FROM unnest(abolished) AS a (code)
    WHERE (a.code::volunteer.region_code = ANY (gone)) IS NOT TRUE;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'successor_only_after_end',
            MESSAGE = 'A region that stays in force has no successor.',
            DETAIL = format('Codes: %s.', wrong);
    END IF;
    SELECT string_agg(e.code::text, ', ' ORDER BY e.code) INTO wrong
    FROM unnest(new_codes) AS e (code)
    WHERE volunteer.level(e.code) > 1 AND volunteer.parent(e.code) <> ALL (new_codes)
        AND NOT EXISTS (
            SELECT FROM registry.region r
            WHERE r.code = volunteer.parent(e.code) AND upper_inf(r.valid) AND r.code <> ALL (gone));
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'parent_in_force',
            MESSAGE = 'A region lies in one that is in force.',
            DETAIL = format('Codes: %s.', wrong);
    END IF;

    result.added := 0;
    result.renamed := 0;
    FOR difference IN SELECT c.* FROM registry.compare_regions(codes, names) c WHERE c.change <> 'abolished' LOOP
        IF difference.change = 'added' THEN
            INSERT INTO registry.region (code, name, valid)
            VALUES (difference.code, difference.name, daterange(since, NULL));
            result.added := result.added + 1;
        ELSE
            INSERT INTO registry.region_former_name (code, name, valid)
            SELECT r.code, r.name, daterange(coalesce(max(upper(f.valid)), lower(r.valid)), since)
            FROM registry.region r
            LEFT JOIN registry.region_former_name f ON f.code::text = r.code::text
            WHERE r.code = difference.code
            GROUP BY r.code;
            UPDATE registry.region r SET name = difference.name WHERE r.code = difference.code;
            result.renamed := result.renamed + 1;
        END IF;
    END LOOP;
    UPDATE registry.region r
    SET valid = daterange(lower(r.valid), since), successor = g.heir
    FROM unnest(gone, heirs) AS g (code, heir)
    WHERE r.code = g.code;

    -- Where somebody or something is now. What happened before keeps the code of its time.
    UPDATE registry.organization o SET region = g.heir FROM unnest(gone, heirs) AS g (code, heir) WHERE o.region = g.code;
    UPDATE registry.volunteer v SET region = g.heir FROM unnest(gone, heirs) AS g (code, heir) WHERE v.region = g.code;
    UPDATE registry.station s SET region = g.heir FROM unnest(gone, heirs) AS g (code, heir) WHERE s.region = g.code;
    UPDATE registry.project p SET region = g.heir FROM unnest(gone, heirs) AS g (code, heir) WHERE p.region = g.code;

    INSERT INTO registry.region_edition (since, source, added, renamed, abolished)
    VALUES (since, registry.clean_text(source), result.added, result.renamed, cardinality(gone))
    RETURNING * INTO result;
    RETURN result;
END
$$;
COMMENT ON FUNCTION registry.load_regions(date, text, text[], text[], text[], text[]) IS
    '载入新版区划代码,返回载入记录(新增、更名、撤销数)。参数:自何日起适用;来源;代码与名称(一一对应,范围见 compare_regions);撤销的代码与其后继(一一对应,每个撤销的都须给出,先以 compare_regions 列出)。组织、志愿者居住地、站点、项目随即归入后继;代码不重复使用。错误 22023 edition_is_complete,22P02 代码有误,23502 无适用日,23503 parent_in_force,23505 code_not_reused、one_plaque_in_a_region(归入后继后站点重名),23514 abolished_has_successor、successor_only_after_end、region_validity_not_empty、edition_in_force、edition_has_source,25000 read_committed、begun_today';

GRANT EXECUTE ON FUNCTION registry.region_name(volunteer.region_code, date) TO registry_administrator, registry_analyst;
GRANT EXECUTE ON FUNCTION registry.current_region(volunteer.region_code) TO registry_administrator, registry_analyst;
GRANT EXECUTE ON FUNCTION registry.compare_regions(text[], text[]) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.load_regions(date, text, text[], text[], text[], text[]) TO registry_administrator;
GRANT SELECT ON registry.region_edition TO registry_auditor;
