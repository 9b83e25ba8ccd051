-- Recognition: star standards and star awards.

CREATE TABLE registry.star_standard (
    standard_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    region volunteer.region_code REFERENCES registry.region,
    valid daterange NOT NULL,
    thresholds volunteer.service_hours[] NOT NULL,
    tenure_months integer[] NOT NULL DEFAULT '{0,0,0,0,0}',
    basis text NOT NULL,
    CONSTRAINT one_star_standard_at_a_time EXCLUDE USING gist
        (coalesce(region::text, '') WITH =, valid WITH &&),
    CONSTRAINT five_ascending_thresholds CHECK (
        array_length(thresholds, 1) = 5
        AND thresholds[1] < thresholds[2] AND thresholds[2] < thresholds[3]
        AND thresholds[3] < thresholds[4] AND thresholds[4] < thresholds[5]),
    CONSTRAINT five_tenures CHECK (array_length(tenure_months, 1) = 5 AND 0 <= ALL (tenure_months)),
    CONSTRAINT standard_states_its_basis CHECK (basis <> '')
);
COMMENT ON TABLE registry.star_standard IS '星级标准:按地区和有效期分版本;最近的上级地区优先,无地区标准时取全国';
COMMENT ON COLUMN registry.star_standard.region IS '适用地区;空为全国';
COMMENT ON COLUMN registry.star_standard.valid IS '有效期';
COMMENT ON COLUMN registry.star_standard.thresholds IS '一至五星所需累计时长';
COMMENT ON COLUMN registry.star_standard.tenure_months IS '一至五星所需注册月数';
COMMENT ON COLUMN registry.star_standard.basis IS '依据';

CREATE TABLE registry.star_award (
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    award_id bigint GENERATED ALWAYS AS IDENTITY,
    level smallint NOT NULL,
    standard_id bigint NOT NULL REFERENCES registry.star_standard,
    threshold volunteer.service_hours NOT NULL,
    basis_hours volunteer.service_hours NOT NULL,
    as_of date NOT NULL,
    awarded_by name NOT NULL DEFAULT session_user,
    awarded_at timestamptz NOT NULL DEFAULT now(),
    status text NOT NULL DEFAULT 'awarded',
    PRIMARY KEY (volunteer_id, award_id),
    CONSTRAINT known_star_level CHECK (level BETWEEN 1 AND 5),
    CONSTRAINT known_award_status CHECK (status IN ('awarded', 'reopened', 'revoked')),
    CONSTRAINT basis_reaches_threshold CHECK (basis_hours >= threshold)
);
CREATE UNIQUE INDEX star_awarded_once ON registry.star_award (volunteer_id, level) WHERE status <> 'revoked';
COMMENT ON TABLE registry.star_award IS '星级认定:逐级认定,依据时长、标准与截止日';
COMMENT ON COLUMN registry.star_award.level IS '星级,1 至 5';
COMMENT ON COLUMN registry.star_award.standard_id IS '所依据的星级标准';
COMMENT ON COLUMN registry.star_award.threshold IS '该级所需累计时长';
COMMENT ON COLUMN registry.star_award.basis_hours IS '认定时的累计时长';
COMMENT ON COLUMN registry.star_award.as_of IS '时长截止日';
COMMENT ON COLUMN registry.star_award.awarded_by IS '认定人(数据库角色)';
COMMENT ON COLUMN registry.star_award.awarded_at IS '认定时间';
COMMENT ON COLUMN registry.star_award.status IS '状态:awarded 已认定,reopened 因时长作废待复核,revoked 撤销';
