-- Star standards: hours, months of registration and who awards, each by place and date.

CREATE TABLE registry.star_standard (
    standard_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    region volunteer.region_code REFERENCES registry.region,
    valid daterange NOT NULL,
    thresholds volunteer.service_hours[] NOT NULL,
    tenure_months integer[] NOT NULL DEFAULT '{0,0,0,0,0}',
    awarding_levels integer[] NOT NULL DEFAULT '{5,5,5,5,5}',
    basis text NOT NULL,
    CONSTRAINT one_star_standard_at_a_time EXCLUDE USING gist
        (coalesce(region::text, '') WITH =, valid WITH &&),
    CONSTRAINT standard_begins_on_a_day CHECK (isfinite(lower(valid)) AND isfinite(upper(valid))),
    -- IS TRUE: an element that is missing makes the comparison unknown, and a CHECK lets the unknown pass.
    CONSTRAINT five_ascending_thresholds CHECK ((
        array_length(thresholds, 1) = 5
        AND thresholds[1] < thresholds[2] AND thresholds[2] < thresholds[3]
        AND thresholds[3] < thresholds[4] AND thresholds[4] < thresholds[5]) IS TRUE),
    CONSTRAINT five_tenures_not_descending CHECK ((
        array_length(tenure_months, 1) = 5 AND 0 <= tenure_months[1]
        AND tenure_months[1] <= tenure_months[2] AND tenure_months[2] <= tenure_months[3]
        AND tenure_months[3] <= tenure_months[4] AND tenure_months[4] <= tenure_months[5]) IS TRUE),
    CONSTRAINT higher_stars_from_no_lower_level CHECK ((
        array_length(awarding_levels, 1) = 5 AND 5 >= awarding_levels[1]
        AND awarding_levels[1] >= awarding_levels[2] AND awarding_levels[2] >= awarding_levels[3]
        AND awarding_levels[3] >= awarding_levels[4] AND awarding_levels[4] >= awarding_levels[5]
        AND awarding_levels[5] >= 1) IS TRUE),
    CONSTRAINT standard_states_its_basis CHECK (basis <> '')
);
COMMENT ON TABLE registry.star_standard IS '星级标准:按地区和有效期分版本;最近的上级地区优先,无地区标准时取全国';
COMMENT ON COLUMN registry.star_standard.standard_id IS '标准编号';
COMMENT ON COLUMN registry.star_standard.region IS '适用地区;空为全国';
COMMENT ON COLUMN registry.star_standard.valid IS '有效期';
COMMENT ON COLUMN registry.star_standard.thresholds IS '一至五星所需累计时长';
COMMENT ON COLUMN registry.star_standard.tenure_months IS '一至五星所需注册月数';
COMMENT ON COLUMN registry.star_standard.awarding_levels IS '一至五星的认定组织所在区划的最低级别:1 省级,2 地级,3 县级,4 乡级,5 村级(不限)';
COMMENT ON COLUMN registry.star_standard.basis IS '依据';

CREATE FUNCTION registry.set_star_standard(
    thresholds volunteer.service_hours[], basis text, region text DEFAULT NULL, tenure_months integer[] DEFAULT '{0,0,0,0,0}',
    awarding_levels integer[] DEFAULT '{5,5,5,5,5}', since date DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    place CONSTANT volunteer.region_code := CASE WHEN region IS NOT NULL THEN registry.require_region(region) END;
    first_day CONSTANT date := coalesce(since, registry.today());
    new_standard bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    IF first_day < registry.today() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'standard_not_retroactive',
            MESSAGE = 'A star standard takes effect today or later.';
    END IF;
    UPDATE registry.star_standard s
    SET valid = daterange(lower(s.valid), first_day)
    WHERE s.region IS NOT DISTINCT FROM place
        AND s.valid @> first_day
        AND (lower_inf(s.valid) OR lower(s.valid) < first_day);
    INSERT INTO registry.star_standard AS s (region, valid, thresholds, tenure_months, awarding_levels, basis)
    VALUES (place, daterange(first_day, NULL), thresholds, tenure_months, awarding_levels, registry.clean_text(basis))
    RETURNING s.standard_id INTO new_standard;
    RETURN new_standard;
END
$$;
COMMENT ON FUNCTION registry.set_star_standard(volunteer.service_hours[], text, text, integer[], integer[], date) IS
    '规定星级标准,自某日(缺省今天)起取代同地区原标准,返回标准编号;已认定的星级不变。参数:一至五星时长、依据、地区(空为全国)、注册月数、认定级别、起始日。错误 23514 standard_not_retroactive、standard_begins_on_a_day、five_ascending_thresholds、five_tenures_not_descending、higher_stars_from_no_lower_level、standard_states_its_basis,23P01 one_star_standard_at_a_time,23503 known_region,25000 read_committed、begun_today';

GRANT EXECUTE ON FUNCTION registry.set_star_standard(volunteer.service_hours[], text, text, integer[], integer[], date)
    TO registry_administrator;
GRANT SELECT ON registry.star_standard TO registry_auditor;
