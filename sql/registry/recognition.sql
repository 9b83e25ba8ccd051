-- Stars: the awards, level by level, and what is due. How one is applied for and awarded is in star_awards.sql.

CREATE TABLE registry.star_award (
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    award_id bigint GENERATED ALWAYS AS IDENTITY,
    level smallint NOT NULL,
    standard_id bigint NOT NULL REFERENCES registry.star_standard,
    threshold volunteer.service_hours NOT NULL,
    basis_hours volunteer.service_hours NOT NULL,
    as_of date NOT NULL,
    applied_by name NOT NULL DEFAULT session_user,
    applied_at timestamptz NOT NULL DEFAULT now(),
    publicity daterange,
    awarded_at timestamptz,
    number text GENERATED ALWAYS AS (
        'XJ-' || extract(year FROM awarded_at AT TIME ZONE 'Asia/Shanghai')::integer || '-' || award_id) STORED,
    status text NOT NULL DEFAULT 'applied',
    PRIMARY KEY (volunteer_id, award_id),
    CONSTRAINT known_star_level CHECK (level BETWEEN 1 AND 5),
    CONSTRAINT known_award_status CHECK (
        status IN ('applied', 'in_publicity', 'disputed', 'refused', 'awarded', 'reopened', 'revoked', 'transferred')),
    CONSTRAINT public_before_awarded CHECK (status NOT IN ('in_publicity', 'disputed') OR publicity IS NOT NULL),
    CONSTRAINT awarded_has_time CHECK (
        (awarded_at IS NULL) = (status IN ('applied', 'in_publicity', 'disputed', 'refused'))),
    CONSTRAINT basis_reaches_threshold CHECK (basis_hours >= threshold)
);
CREATE UNIQUE INDEX star_awarded_once ON registry.star_award (volunteer_id, level)
    WHERE status NOT IN ('refused', 'revoked', 'transferred');
COMMENT ON TABLE registry.star_award IS '星级认定:依次申请,逐级认定,经公示;依据时长、标准与截止日';
COMMENT ON COLUMN registry.star_award.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.star_award.award_id IS '认定编号';
COMMENT ON COLUMN registry.star_award.level IS '星级,1 至 5';
COMMENT ON COLUMN registry.star_award.standard_id IS '所依据的星级标准';
COMMENT ON COLUMN registry.star_award.threshold IS '该级所需累计时长';
COMMENT ON COLUMN registry.star_award.basis_hours IS '申请时的累计时长';
COMMENT ON COLUMN registry.star_award.as_of IS '时长截止日';
COMMENT ON COLUMN registry.star_award.applied_by IS '录入申请的人(数据库角色);转入的为办理转入的人';
COMMENT ON COLUMN registry.star_award.applied_at IS '申请时间';
COMMENT ON COLUMN registry.star_award.publicity IS '公示期(日,半开区间);随记录转入的为空';
COMMENT ON COLUMN registry.star_award.awarded_at IS '认定时间';
COMMENT ON COLUMN registry.star_award.number IS '星级证书编号,如 XJ-2026-17;未认定为空';
COMMENT ON COLUMN registry.star_award.status IS
    '状态:applied 已申请,in_publicity 公示中,disputed 有异议,refused 不予认定,awarded 已认定,reopened 因时长作废待复核,revoked 撤销,transferred 随记录转往其他登记库';

CREATE TABLE registry.star_event (
    volunteer_id bigint NOT NULL,
    award_id bigint NOT NULL,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (volunteer_id, event_id),
    FOREIGN KEY (volunteer_id, award_id) REFERENCES registry.star_award
);
COMMENT ON TABLE registry.star_event IS '星级认定及其状态变更,只追加';
COMMENT ON COLUMN registry.star_event.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.star_event.award_id IS '星级认定';

CREATE TRIGGER only_status_changes
    BEFORE UPDATE OF volunteer_id, award_id, level, standard_id, threshold, basis_hours, as_of, applied_by, applied_at
    ON registry.star_award FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER awarded_once BEFORE UPDATE OF awarded_at ON registry.star_award
    FOR EACH ROW WHEN (OLD.awarded_at IS NOT NULL) EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.star_award
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.star_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();

-- What was recorded under a number that was merged counts as well, but for years in which two numbers claim the same time,
-- until a reviewer voids one of the records.
CREATE VIEW registry.star_hours WITH (security_invoker = true) AS
    SELECT v.volunteer_id, y.hours
    FROM registry.volunteer v
    CROSS JOIN LATERAL (
        SELECT sum(e.hours) AS hours
        FROM (
            SELECT own.hours FROM registry.volunteer_year own WHERE own.volunteer_id = v.volunteer_id
            UNION ALL
            SELECT one.hours
            FROM registry.person p
            JOIN registry.volunteer n ON n.person_id = p.person_id
            JOIN registry.volunteer_year one ON one.volunteer_id = n.volunteer_id
            WHERE p.merged_into = v.person_id AND NOT EXISTS (
                SELECT
                FROM registry.person q
                JOIN registry.volunteer o ON o.person_id = q.person_id
                JOIN registry.volunteer_year other ON other.volunteer_id = o.volunteer_id AND other.year = one.year
                WHERE (q.person_id = v.person_id OR q.merged_into = v.person_id) AND o.volunteer_id <> n.volunteer_id
                    AND volunteer.has_overlap(other.occupied + one.occupied))
        ) AS e
        HAVING count(*) > 0) AS y;
COMMENT ON VIEW registry.star_hours IS '星级所据的累计时长:志愿者本编号与并入其名下的编号之和;两个编号占用同一时间的年份,并入的不计,待审核员作废其一';
COMMENT ON COLUMN registry.star_hours.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.star_hours.hours IS '累计服务时长';

CREATE VIEW registry.star_due WITH (security_invoker = true) AS
    SELECT
        v.volunteer_id, v.person_id, v.organization_id, l.level, s.standard_id, s.thresholds[l.level] AS threshold, h.hours,
        s.awarding_levels[l.level] AS awarding_level
    FROM registry.volunteer v
    JOIN registry.star_hours h ON h.volunteer_id = v.volunteer_id
    CROSS JOIN LATERAL (
        SELECT s.standard_id, s.thresholds, s.tenure_months, s.awarding_levels
        FROM registry.star_standard s
        WHERE s.valid @> registry.today() AND (s.region IS NULL OR v.region <@ s.region)
        ORDER BY volunteer.level(s.region) DESC NULLS LAST
        LIMIT 1) AS s
    CROSS JOIN generate_series(1, 5) AS l (level)
    WHERE v.status = 'active'
        AND h.hours >= s.thresholds[l.level]
        AND v.registered_on + make_interval(months => s.tenure_months[l.level]) <= registry.today()
        AND NOT EXISTS (
            SELECT FROM registry.star_award a
            WHERE a.volunteer_id = v.volunteer_id
                AND (a.level = l.level AND a.status NOT IN ('refused', 'revoked', 'transferred') OR a.status = 'reopened'));
COMMENT ON VIEW registry.star_due IS
    '可以申请的星级:按志愿者居住地今日有效的标准(最近的上级地区优先),达到时长与注册月数而未申请;有待复核的认定时不得再申请';
COMMENT ON COLUMN registry.star_due.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.star_due.person_id IS '自然人';
COMMENT ON COLUMN registry.star_due.organization_id IS '登记组织';
COMMENT ON COLUMN registry.star_due.level IS '可申请的星级;低级在前依次申请';
COMMENT ON COLUMN registry.star_due.standard_id IS '所依据的星级标准';
COMMENT ON COLUMN registry.star_due.threshold IS '该级所需累计时长';
COMMENT ON COLUMN registry.star_due.hours IS '累计时长';
COMMENT ON COLUMN registry.star_due.awarding_level IS '认定组织所在区划的最低级别';

CREATE FUNCTION registry.awarding_level(organization_id bigint) RETURNS integer
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT min(volunteer.level(o.region))
    FROM registry.current_staff() s
    JOIN registry.organization o ON o.organization_id = s.organization_id
    WHERE s.duty = 'reviewer'
        AND s.organization_id IN (SELECT registry.organization_above(awarding_level.organization_id));
END;
COMMENT ON FUNCTION registry.awarding_level(bigint) IS
    '当前会话角色对该组织的志愿者以哪一级认定星级:其任审核员的组织所在区划的级别,1 省级至 5 村级;不任审核员为空';

-- Whoever awards or stores hours and whoever takes them away wait for each other here, so that one sees what the other did.
CREATE FUNCTION registry.lock_volunteer(volunteer_id bigint) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT FROM registry.volunteer v WHERE v.volunteer_id = lock_volunteer.volunteer_id FOR NO KEY UPDATE;
END;
COMMENT ON FUNCTION registry.lock_volunteer(bigint) IS '锁定一名志愿者的时长、星级与时间账户的变动,直至事务结束';

CREATE FUNCTION registry.lock_client(volunteer_no volunteer.volunteer_no) RETURNS registry.volunteer
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.volunteer;
BEGIN
    PERFORM registry.lock_volunteer((registry.require_volunteer(volunteer_no)).volunteer_id);
    subject := registry.require_volunteer(volunteer_no);
    IF subject.status <> 'active' THEN
        PERFORM registry.refuse_record('volunteer_active');
    END IF;
    IF subject.person_id IN (SELECT registry.persons_of(session_user)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'recorder_is_not_volunteer',
            MESSAGE = 'Nobody serves oneself at the counter.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.lock_client(volunteer.volunteer_no) IS
    '锁定并返回前来办理的志愿者,须在册且不是经办人本人;错误 23503 known_volunteer,23514 volunteer_active、recorder_is_not_volunteer';

CREATE FUNCTION registry.reopen_stars() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    registrations CONSTANT bigint[] := array(SELECT registry.registrations_of(NEW.volunteer_id));
BEGIN
    PERFORM registry.lock_volunteer(r) FROM unnest(registrations) AS r;
    WITH reopened AS (
        UPDATE registry.star_award a
        SET status = 'reopened'
        WHERE a.volunteer_id = ANY (registrations) AND a.status = 'awarded'
            AND a.threshold > (
                SELECT coalesce(sum(r.hours), '0:00')
                FROM registry.service_record r
                WHERE r.volunteer_id = ANY (registrations) AND r.effective)
        RETURNING a.volunteer_id, a.award_id
    )
    INSERT INTO registry.star_event (volunteer_id, award_id, from_status, to_status, reason)
    SELECT o.volunteer_id, o.award_id, 'awarded', 'reopened', 'Hours that the award rests on are no longer effective.'
    FROM reopened o;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.reopen_stars() IS '触发器:记录失效后累计时长不足的星级认定待复核';

CREATE TRIGGER reopen_stars AFTER UPDATE ON registry.service_record
    FOR EACH ROW WHEN (OLD.effective AND NOT NEW.effective) EXECUTE FUNCTION registry.reopen_stars();

GRANT SELECT ON registry.star_award, registry.star_event TO registry_auditor;
