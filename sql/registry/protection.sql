-- Protection: accident insurance before hazardous service, and what was claimed.

CREATE TABLE registry.insurance_policy (
    policy_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    insurer text NOT NULL,
    policy_no text NOT NULL,
    period daterange NOT NULL,
    sum_insured numeric(12, 2) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT one_policy_number_of_an_insurer UNIQUE (insurer, policy_no),
    CONSTRAINT insurer_is_named CHECK (char_length(insurer) BETWEEN 1 AND 100 AND insurer IS NFC NORMALIZED),
    CONSTRAINT policy_is_numbered CHECK (char_length(policy_no) BETWEEN 1 AND 60),
    CONSTRAINT policy_has_period CHECK (
        NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)
        AND isfinite(lower(period)) AND isfinite(upper(period))),
    CONSTRAINT sum_is_insured CHECK (sum_insured > 0 AND sum_insured <> 'NaN')
);
CREATE INDEX insurance_policy_organization ON registry.insurance_policy (organization_id);
CREATE INDEX ON registry.insurance_policy (xid);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.insurance_policy
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.insurance_policy IS '志愿者人身意外伤害保险保单(志愿服务条例第十七条),只追加';
COMMENT ON COLUMN registry.insurance_policy.policy_id IS '保单内部编号';
COMMENT ON COLUMN registry.insurance_policy.organization_id IS '投保组织';
COMMENT ON COLUMN registry.insurance_policy.insurer IS '保险人';
COMMENT ON COLUMN registry.insurance_policy.policy_no IS '保单号';
COMMENT ON COLUMN registry.insurance_policy.period IS '保险期间(日,半开区间)';
COMMENT ON COLUMN registry.insurance_policy.sum_insured IS '每人保险金额(元)';
COMMENT ON COLUMN registry.insurance_policy.created_at IS '录入时间';
COMMENT ON COLUMN registry.insurance_policy.created_by IS '录入人(数据库角色)';
COMMENT ON COLUMN registry.insurance_policy.xid IS '写入的事务,据以封章';

-- A cover that nobody knew of before the accident is none: what was entered when is the server's time, and it is committed within a
-- minute.
CREATE TABLE registry.insurance_coverage (
    coverage_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    policy_id bigint NOT NULL REFERENCES registry.insurance_policy,
    valid daterange NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_by name NOT NULL DEFAULT session_user,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT one_cover_at_a_time EXCLUDE USING gist (volunteer_id WITH =, policy_id WITH =, valid WITH &&),
    CONSTRAINT cover_has_period CHECK (NOT isempty(valid) AND NOT lower_inf(valid) AND NOT upper_inf(valid))
);
CREATE INDEX ON registry.insurance_coverage (xid);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.insurance_coverage
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.insurance_coverage IS '被保险的志愿者,只追加';
COMMENT ON COLUMN registry.insurance_coverage.coverage_id IS '保障编号';
COMMENT ON COLUMN registry.insurance_coverage.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.insurance_coverage.policy_id IS '保单';
COMMENT ON COLUMN registry.insurance_coverage.valid IS '保障期间(日,半开区间),在保险期间之内';
COMMENT ON COLUMN registry.insurance_coverage.recorded_at IS '录入时间(服务器时间);服务开始后才录入的不作数';
COMMENT ON COLUMN registry.insurance_coverage.recorded_by IS '录入人(数据库角色)';
COMMENT ON COLUMN registry.insurance_coverage.xid IS '写入的事务,据以封章';

CREATE TABLE registry.insurance_claim (
    claim_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    policy_id bigint NOT NULL REFERENCES registry.insurance_policy,
    activity_id bigint NOT NULL REFERENCES registry.activity,
    occurred_at timestamptz NOT NULL,
    description text,
    status text NOT NULL DEFAULT 'reported',
    amount numeric(12, 2),
    reported_at timestamptz NOT NULL DEFAULT now(),
    reported_by name NOT NULL DEFAULT session_user,
    CONSTRAINT claim_status CHECK (status IN ('reported', 'paid', 'declined')),
    CONSTRAINT accident_is_described CHECK (char_length(description) BETWEEN 1 AND 1000),
    CONSTRAINT accident_is_past CHECK (occurred_at <= reported_at),
    CONSTRAINT paid_has_amount CHECK ((status = 'paid') = (amount IS NOT NULL) AND amount > 0 AND amount <> 'NaN')
);
CREATE INDEX insurance_claim_volunteer ON registry.insurance_claim (volunteer_id);
COMMENT ON TABLE registry.insurance_claim IS '保险理赔';
COMMENT ON COLUMN registry.insurance_claim.claim_id IS '理赔编号';
COMMENT ON COLUMN registry.insurance_claim.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.insurance_claim.policy_id IS '保单';
COMMENT ON COLUMN registry.insurance_claim.activity_id IS '出险时的活动';
COMMENT ON COLUMN registry.insurance_claim.occurred_at IS '出险时间';
COMMENT ON COLUMN registry.insurance_claim.description IS '经过;志愿者的个人信息删除后为空';
COMMENT ON COLUMN registry.insurance_claim.status IS '状态:reported 已报案,paid 已赔付,declined 不赔付';
COMMENT ON COLUMN registry.insurance_claim.amount IS '赔付金额(元)';
COMMENT ON COLUMN registry.insurance_claim.reported_at IS '报案时间';
COMMENT ON COLUMN registry.insurance_claim.reported_by IS '经办人(数据库角色)';

CREATE TABLE registry.insurance_claim_event (
    claim_id bigint NOT NULL REFERENCES registry.insurance_claim,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (claim_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.insurance_claim_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.insurance_claim_event IS '理赔状态变更记录,只追加';
COMMENT ON COLUMN registry.insurance_claim_event.claim_id IS '理赔';

CREATE FUNCTION registry.add_insurance_policy(
    organization_id bigint, insurer text, policy_no text, period daterange, sum_insured numeric)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_policy bigint;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    PERFORM registry.require_active_organization(organization_id);
    INSERT INTO registry.insurance_policy AS p (organization_id, insurer, policy_no, period, sum_insured)
    VALUES (organization_id, registry.clean_text(insurer), registry.clean_text(policy_no), period, sum_insured)
    RETURNING p.policy_id INTO new_policy;
    RETURN new_policy;
END
$$;
COMMENT ON FUNCTION registry.add_insurance_policy(bigint, text, text, daterange, numeric) IS
    '登记保单,返回保单内部编号。参数:投保组织、保险人、保单号、保险期间、每人保险金额(元)。错误 42501 not_staff、outside_scope,23503 known_organization,23505 one_policy_number_of_an_insurer,23514 insurer_is_named、policy_is_numbered、policy_has_period、sum_is_insured,55000 organization_active';

CREATE FUNCTION registry.require_insurance_policy(policy_id bigint) RETURNS registry.insurance_policy
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.insurance_policy;
BEGIN
    SELECT p.* INTO subject FROM registry.insurance_policy p WHERE p.policy_id = require_insurance_policy.policy_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_insurance_policy',
            MESSAGE = 'There is no such insurance policy.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.require_insurance_policy(bigint) IS '取保单;错误 23503 known_insurance_policy';

CREATE FUNCTION registry.insure(policy_id bigint, volunteer_no volunteer.volunteer_no, valid daterange DEFAULT NULL)
    RETURNS daterange
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    bought CONSTANT registry.insurance_policy := registry.require_insurance_policy(policy_id);
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    covered CONSTANT daterange := coalesce(valid, bought.period);
BEGIN
    PERFORM registry.require_duty('recorder', bought.organization_id);
    IF NOT covered <@ bought.period THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'cover_within_policy',
            MESSAGE = 'The cover reaches beyond the period of the policy.';
    END IF;
    PERFORM registry.require_not_erased(subject.volunteer_id);
    PERFORM volunteer.commit_by(clock_timestamp() + interval '1 minute');
    INSERT INTO registry.insurance_coverage (volunteer_id, policy_id, valid)
    VALUES (subject.volunteer_id, bought.policy_id, covered);
    RETURN covered;
END
$$;
COMMENT ON FUNCTION registry.insure(bigint, volunteer.volunteer_no, daterange) IS
    '登记被保险的志愿者,返回保障期间(缺省为整个保险期间),须在一分钟内提交。错误 25000 committed_in_time,42501 not_staff、outside_scope,23503 known_insurance_policy、known_volunteer,23514 cover_within_policy、cover_has_period,23P01 one_cover_at_a_time,55000 person_not_erased';

CREATE FUNCTION registry.is_insured(volunteer_id bigint, period tstzrange) RETURNS boolean
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM registry.insurance_coverage c
        WHERE c.volunteer_id = is_insured.volunteer_id
            AND c.recorded_at <= lower(period)
            AND tstzrange(lower(c.valid)::timestamp AT TIME ZONE 'Asia/Shanghai',
                upper(c.valid)::timestamp AT TIME ZONE 'Asia/Shanghai') @> period);
END;
COMMENT ON FUNCTION registry.is_insured(bigint, tstzrange) IS '一张开始前已录入的保单是否覆盖整个时间段';

CREATE FUNCTION registry.report_accident(
    policy_id bigint, volunteer_no volunteer.volunteer_no, activity_id bigint, occurred_at timestamptz, description text)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    bought CONSTANT registry.insurance_policy := registry.require_insurance_policy(policy_id);
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    new_claim bigint;
BEGIN
    PERFORM registry.require_duty('recorder', bought.organization_id);
    PERFORM registry.require_not_erased(subject.volunteer_id);
    PERFORM FROM registry.insurance_coverage c
    WHERE c.volunteer_id = subject.volunteer_id AND c.policy_id = bought.policy_id AND c.recorded_at <= occurred_at
        AND c.valid @> (occurred_at AT TIME ZONE 'Asia/Shanghai')::date;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'accident_is_covered',
            MESSAGE = 'The policy does not cover the volunteer at that time.';
    END IF;
    PERFORM FROM registry.activity a WHERE a.activity_id = report_accident.activity_id AND a.period @> occurred_at;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'accident_in_activity',
            MESSAGE = 'The activity is unknown or did not take place at that time.';
    END IF;
    INSERT INTO registry.insurance_claim AS c (volunteer_id, policy_id, activity_id, occurred_at, description)
    VALUES (subject.volunteer_id, bought.policy_id, activity_id, occurred_at, coalesce(registry.clean_text(description), ''))
    RETURNING c.claim_id INTO new_claim;
    INSERT INTO registry.insurance_claim_event (claim_id, to_status) VALUES (new_claim, 'reported');
    RETURN new_claim;
END
$$;
COMMENT ON FUNCTION registry.report_accident(bigint, volunteer.volunteer_no, bigint, timestamptz, text) IS
    '报案,返回理赔编号;出险后才录入的保障不作数。参数:保单、志愿者、活动、出险时间、经过。错误 42501 not_staff、outside_scope,23503 known_insurance_policy、known_volunteer,23514 accident_is_covered、accident_in_activity、accident_is_described、accident_is_past,55000 person_not_erased';

CREATE FUNCTION registry.close_claim(claim_id bigint, to_status text, amount numeric DEFAULT NULL, reason text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.insurance_claim;
BEGIN
    SELECT c.* INTO subject FROM registry.insurance_claim c WHERE c.claim_id = close_claim.claim_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_claim',
            MESSAGE = 'There is no such claim.';
    END IF;
    PERFORM registry.require_duty(registry.require_transition('insurance_claim', subject.status, to_status, reason),
        (registry.require_insurance_policy(subject.policy_id)).organization_id);
    PERFORM registry.require_other_volunteer(subject.volunteer_id);
    UPDATE registry.insurance_claim c
    SET status = to_status, amount = close_claim.amount
    WHERE c.claim_id = subject.claim_id;
    INSERT INTO registry.insurance_claim_event (claim_id, from_status, to_status, reason)
    VALUES (subject.claim_id, subject.status, to_status, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.close_claim(bigint, text, numeric, text) IS
    '结案:paid 已赔付(须填金额)、declined 不赔付(须说明理由)。错误 42501 not_staff、outside_scope,23503 known_claim,55000 known_transition,23514 reason_required、paid_has_amount、reviewer_is_not_volunteer';

GRANT EXECUTE ON FUNCTION registry.add_insurance_policy(bigint, text, text, daterange, numeric) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.insure(bigint, volunteer.volunteer_no, daterange) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.report_accident(bigint, volunteer.volunteer_no, bigint, timestamptz, text)
    TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.close_claim(bigint, text, numeric, text) TO registry_recorder;
GRANT SELECT ON registry.insurance_policy, registry.insurance_coverage, registry.insurance_claim_event TO registry_auditor;
