-- Benefits: what is offered to volunteers of some star, and who made use of it.

CREATE TABLE registry.benefit (
    benefit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    title text NOT NULL,
    minimum_star smallint NOT NULL,
    yearly_limit integer,
    basis text NOT NULL,
    valid daterange NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    CONSTRAINT benefit_title_in_organization UNIQUE (organization_id, title),
    CONSTRAINT benefit_is_titled CHECK (char_length(title) BETWEEN 1 AND 100 AND title IS NFC NORMALIZED),
    CONSTRAINT minimum_star_of_benefit CHECK (minimum_star BETWEEN 0 AND 5),
    CONSTRAINT limit_allows_use CHECK (yearly_limit > 0),
    CONSTRAINT benefit_states_its_basis CHECK (basis <> '')
);
COMMENT ON TABLE registry.benefit IS '礼遇回馈项目(志愿服务条例第三十三条)';
COMMENT ON COLUMN registry.benefit.benefit_id IS '礼遇编号';
COMMENT ON COLUMN registry.benefit.organization_id IS '提供组织';
COMMENT ON COLUMN registry.benefit.title IS '礼遇名称';
COMMENT ON COLUMN registry.benefit.minimum_star IS '所需星级;0 为不限';
COMMENT ON COLUMN registry.benefit.yearly_limit IS '每人每年次数;空为不限';
COMMENT ON COLUMN registry.benefit.basis IS '依据';
COMMENT ON COLUMN registry.benefit.valid IS '有效期';
COMMENT ON COLUMN registry.benefit.created_at IS '录入时间';
COMMENT ON COLUMN registry.benefit.created_by IS '录入人(数据库角色)';

CREATE TABLE registry.benefit_use (
    use_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    benefit_id bigint NOT NULL REFERENCES registry.benefit,
    idempotency_key uuid NOT NULL CONSTRAINT one_use_of_a_key UNIQUE,
    star smallint NOT NULL,
    minimum_star smallint NOT NULL,
    used_on date NOT NULL DEFAULT registry.today(),
    status text NOT NULL DEFAULT 'used',
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by name NOT NULL DEFAULT session_user,
    CONSTRAINT benefit_use_status CHECK (status IN ('used', 'voided')),
    CONSTRAINT star_reaches_benefit CHECK (star >= minimum_star)
);
CREATE INDEX benefit_use_of_volunteer ON registry.benefit_use (volunteer_id, benefit_id);
CREATE INDEX benefit_use_of_benefit ON registry.benefit_use (benefit_id);
COMMENT ON TABLE registry.benefit_use IS '礼遇的使用';
COMMENT ON COLUMN registry.benefit_use.use_id IS '使用编号';
COMMENT ON COLUMN registry.benefit_use.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.benefit_use.benefit_id IS '礼遇';
COMMENT ON COLUMN registry.benefit_use.idempotency_key IS '办理方给出的唯一键:同一键只记一次';
COMMENT ON COLUMN registry.benefit_use.star IS '使用时已认定的星级';
COMMENT ON COLUMN registry.benefit_use.minimum_star IS '当时所需星级';
COMMENT ON COLUMN registry.benefit_use.used_on IS '使用日期(北京时间)';
COMMENT ON COLUMN registry.benefit_use.status IS '状态:used 已使用,voided 作废';
COMMENT ON COLUMN registry.benefit_use.recorded_at IS '录入时间';
COMMENT ON COLUMN registry.benefit_use.recorded_by IS '录入人(数据库角色)';

CREATE TABLE registry.benefit_use_event (
    use_id bigint NOT NULL REFERENCES registry.benefit_use,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (use_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.benefit_use_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.benefit_use_event IS '礼遇使用状态变更,只追加';
COMMENT ON COLUMN registry.benefit_use_event.use_id IS '礼遇使用';

CREATE TRIGGER only_status_changes
    BEFORE UPDATE OF use_id, volunteer_id, benefit_id, idempotency_key, star, minimum_star, used_on, recorded_at, recorded_by
    ON registry.benefit_use FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.benefit_use
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();

CREATE FUNCTION registry.require_benefit(benefit_id bigint) RETURNS registry.benefit
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.benefit;
BEGIN
    SELECT b.* INTO subject FROM registry.benefit b WHERE b.benefit_id = require_benefit.benefit_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_benefit',
            MESSAGE = 'There is no such benefit.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.require_benefit(bigint) IS '取礼遇;错误 23503 known_benefit';

CREATE FUNCTION registry.offer_benefit(
    organization_id bigint, title text, basis text, minimum_star integer DEFAULT 0, yearly_limit integer DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_benefit bigint;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    PERFORM registry.require_active_organization(organization_id);
    INSERT INTO registry.benefit AS b (organization_id, title, minimum_star, yearly_limit, basis, valid)
    VALUES (organization_id, registry.clean_text(title), minimum_star, yearly_limit, registry.clean_text(basis),
        daterange(registry.today(), NULL))
    RETURNING b.benefit_id INTO new_benefit;
    RETURN new_benefit;
END
$$;
COMMENT ON FUNCTION registry.offer_benefit(bigint, text, text, integer, integer) IS
    '设立礼遇,自今日起,返回礼遇编号。参数:提供组织、名称、依据、所需星级、每人每年次数(空为不限)。错误 42501 not_staff、outside_scope,23503 known_organization,55000 organization_active,23505 benefit_title_in_organization,23514 benefit_is_titled、minimum_star_of_benefit、limit_allows_use、benefit_states_its_basis';

CREATE FUNCTION registry.end_benefit(benefit_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_duty('recorder', (registry.require_benefit(benefit_id)).organization_id);
    UPDATE registry.benefit b
    SET valid = daterange(lower(b.valid), registry.today())
    WHERE b.benefit_id = end_benefit.benefit_id AND upper_inf(b.valid);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'benefit_in_force',
            MESSAGE = 'The benefit is not in force.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.end_benefit(bigint) IS '终止礼遇,自今日起;错误 42501 not_staff、outside_scope,23503 known_benefit,55000 benefit_in_force';

CREATE FUNCTION registry.current_star(volunteer_id bigint) RETURNS integer
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(max(a.level), 0)::integer
    FROM registry.star_award a
    WHERE a.volunteer_id = current_star.volunteer_id AND a.status = 'awarded';
END;
COMMENT ON FUNCTION registry.current_star(bigint) IS '志愿者已认定的最高星级,待复核的不计;未认定为 0';

CREATE FUNCTION registry.use_benefit(benefit_id bigint, volunteer_no volunteer.volunteer_no, idempotency_key uuid)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    offered registry.benefit := registry.require_benefit(benefit_id);
    subject registry.volunteer;
    known registry.benefit_use;
    new_use bigint;
BEGIN
    PERFORM registry.require_duty('recorder', offered.organization_id);
    -- Whoever ends the benefit waits, and so do two who would use it the last time this year.
    SELECT b.* INTO offered FROM registry.benefit b WHERE b.benefit_id = offered.benefit_id FOR SHARE;
    subject := registry.lock_client(volunteer_no);
    SELECT u.* INTO known FROM registry.benefit_use u WHERE u.idempotency_key = use_benefit.idempotency_key;
    IF (known.volunteer_id, known.benefit_id) = (subject.volunteer_id, offered.benefit_id) THEN
        RETURN known.use_id;
    END IF;
    IF NOT offered.valid @> registry.today() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'benefit_in_force',
            MESSAGE = 'The benefit is not in force.';
    END IF;
    -- What was used under a number that was merged since was used by the same person.
    IF (SELECT count(*) FROM registry.benefit_use u
        WHERE u.volunteer_id IN (SELECT registry.registrations_of(subject.volunteer_id))
            AND u.benefit_id = offered.benefit_id AND u.status = 'used'
            AND u.used_on >= date_trunc('year', registry.today()::timestamp)) >= offered.yearly_limit THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'within_yearly_limit',
            MESSAGE = 'The volunteer has used the benefit as often as a year allows.';
    END IF;
    INSERT INTO registry.benefit_use AS u (volunteer_id, benefit_id, idempotency_key, star, minimum_star)
    VALUES (subject.volunteer_id, offered.benefit_id, idempotency_key, registry.current_star(subject.volunteer_id),
        offered.minimum_star)
    RETURNING u.use_id INTO new_use;
    INSERT INTO registry.benefit_use_event (use_id, to_status) VALUES (new_use, 'used');
    RETURN new_use;
END
$$;
COMMENT ON FUNCTION registry.use_benefit(bigint, volunteer.volunteer_no, uuid) IS
    '记入一次礼遇使用(今日),返回使用编号;同一键重复调用返回原编号。错误 42501 not_staff、outside_scope,23503 known_benefit、known_volunteer,55000 benefit_in_force,23505 one_use_of_a_key,23514 volunteer_active、recorder_is_not_volunteer、star_reaches_benefit、within_yearly_limit';

CREATE FUNCTION registry.void_benefit_use(use_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.benefit_use;
BEGIN
    SELECT u.* INTO subject FROM registry.benefit_use u WHERE u.use_id = void_benefit_use.use_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_benefit_use',
            MESSAGE = 'There is no such use of a benefit.';
    END IF;
    PERFORM registry.require_duty(registry.require_transition('benefit_use', subject.status, 'voided', reason),
        (registry.require_benefit(subject.benefit_id)).organization_id);
    PERFORM registry.require_other_volunteer(subject.volunteer_id);
    PERFORM registry.require_other_recorder(subject.recorded_by);
    UPDATE registry.benefit_use u SET status = 'voided' WHERE u.use_id = subject.use_id;
    INSERT INTO registry.benefit_use_event (use_id, from_status, to_status, reason)
    VALUES (subject.use_id, subject.status, 'voided', registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.void_benefit_use(bigint, text) IS
    '作废一次礼遇使用,须说明理由,不得由录入人或志愿者本人办理;错误 42501 not_staff、outside_scope,23503 known_benefit_use,55000 known_transition,23514 reason_required、reviewer_is_not_recorder、reviewer_is_not_volunteer';

GRANT EXECUTE ON FUNCTION registry.offer_benefit(bigint, text, text, integer, integer) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.end_benefit(bigint) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.use_benefit(bigint, volunteer.volunteer_no, uuid) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.void_benefit_use(bigint, text) TO registry_reviewer;
GRANT SELECT ON registry.benefit, registry.benefit_use, registry.benefit_use_event TO registry_auditor;
