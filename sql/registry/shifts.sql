-- Shifts and sign-ups: who may stand on a post, decided before the shift and kept as it was decided.

CREATE TABLE registry.shift (
    shift_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    activity_id bigint NOT NULL REFERENCES registry.activity,
    period tstzrange NOT NULL,
    post text NOT NULL,
    capacity integer NOT NULL,
    minimum_age integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    CONSTRAINT shift_has_bounds CHECK (
        NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period) AND NOT upper_inf(period)
        AND isfinite(lower(period)) AND isfinite(upper(period))),
    CONSTRAINT shift_post_is_named CHECK (char_length(post) BETWEEN 1 AND 100 AND post IS NFC NORMALIZED),
    CONSTRAINT shift_has_places CHECK (capacity BETWEEN 1 AND 100000),
    CONSTRAINT minimum_age_is_plausible CHECK (minimum_age BETWEEN 0 AND 120)
);
CREATE INDEX shift_activity ON registry.shift (activity_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.shift
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.shift IS '班次:活动中一个岗位的一段时间;定后不改,另开新班';
COMMENT ON COLUMN registry.shift.shift_id IS '班次编号';
COMMENT ON COLUMN registry.shift.activity_id IS '活动';
COMMENT ON COLUMN registry.shift.period IS '起止时间,半开区间,在活动时间之内';
COMMENT ON COLUMN registry.shift.post IS '岗位';
COMMENT ON COLUMN registry.shift.capacity IS '名额';
COMMENT ON COLUMN registry.shift.minimum_age IS '最低年龄(周岁)';
COMMENT ON COLUMN registry.shift.created_at IS '录入时间';
COMMENT ON COLUMN registry.shift.created_by IS '录入人(数据库角色)';

CREATE TABLE registry.signup (
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    shift_id bigint NOT NULL REFERENCES registry.shift,
    period tstzrange NOT NULL,
    status text NOT NULL DEFAULT 'requested',
    unmet text[],
    override_reason text,
    PRIMARY KEY (volunteer_id, shift_id),
    CONSTRAINT signup_status CHECK (status IN ('requested', 'confirmed', 'refused', 'withdrawn')),
    CONSTRAINT confirmed_is_cleared CHECK (
        status <> 'confirmed' OR unmet IS NOT NULL AND (unmet = '{}' OR coalesce(override_reason, '') <> '')),
    CONSTRAINT only_training_is_overridden CHECK (status <> 'confirmed' OR unmet <@ '{trained}'),
    CONSTRAINT no_double_booking EXCLUDE USING gist (volunteer_id WITH =, period WITH &&) WHERE (status = 'confirmed')
);
CREATE INDEX signup_confirmed ON registry.signup (shift_id) WHERE status = 'confirmed';
COMMENT ON TABLE registry.signup IS '报名:确认时的上岗条件随之保存';
COMMENT ON COLUMN registry.signup.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.signup.shift_id IS '班次';
COMMENT ON COLUMN registry.signup.period IS '班次时间;同一人确认的班次不重叠';
COMMENT ON COLUMN registry.signup.status IS '状态:requested 已报名,confirmed 已确认,refused 不接受,withdrawn 本人退出';
COMMENT ON COLUMN registry.signup.unmet IS '确认时未满足的上岗条件(见 clearance);未作决定为空';
COMMENT ON COLUMN registry.signup.override_reason IS '例外确认的理由;只有培训可以例外';

CREATE TABLE registry.signup_event (
    volunteer_id bigint NOT NULL,
    shift_id bigint NOT NULL,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (volunteer_id, shift_id, event_id),
    FOREIGN KEY (volunteer_id, shift_id) REFERENCES registry.signup
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.signup_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.signup_event IS '报名状态变更记录,只追加';
COMMENT ON COLUMN registry.signup_event.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.signup_event.shift_id IS '班次';

CREATE FUNCTION registry.create_shift(
    activity_id bigint, period tstzrange, post text, capacity integer, minimum_age integer DEFAULT 0)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    held CONSTANT registry.activity := registry.require_published_activity(activity_id);
    new_shift bigint;
BEGIN
    PERFORM registry.require_duty('recorder', held.organization_id);
    IF period IS NULL OR NOT period <@ held.period THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'shift_within_activity',
            MESSAGE = 'The shift lies outside the period of the activity.';
    END IF;
    INSERT INTO registry.shift AS s (activity_id, period, post, capacity, minimum_age)
    VALUES (held.activity_id, period, registry.clean_text(post), capacity, minimum_age)
    RETURNING s.shift_id INTO new_shift;
    RETURN new_shift;
END
$$;
COMMENT ON FUNCTION registry.create_shift(bigint, tstzrange, text, integer, integer) IS
    '开班次,返回班次编号。参数:活动、起止时间、岗位、名额、最低年龄。有班次的活动,记录须在本人确认的班次之内。错误 42501 not_staff、outside_scope,23503 known_activity,55000 activity_published,23514 shift_within_activity、shift_has_bounds、shift_post_is_named、shift_has_places、minimum_age_is_plausible';

CREATE FUNCTION registry.clearance(volunteer_id bigint, shift_id bigint)
    RETURNS TABLE (requirement text, met boolean)
    LANGUAGE sql STABLE SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT r.requirement, r.met
    FROM registry.shift s
    JOIN registry.activity a ON a.activity_id = s.activity_id
    JOIN registry.project j ON j.project_id = a.project_id
    JOIN registry.volunteer v ON v.volunteer_id = clearance.volunteer_id
    JOIN registry.person p ON p.person_id = v.person_id
    CROSS JOIN LATERAL (
        SELECT (lower(s.period) AT TIME ZONE 'Asia/Shanghai')::date AS day) AS d
    CROSS JOIN LATERAL (
        VALUES
            ('active', v.status = 'active'),
            ('old_enough', registry.age_on(p.birth_date, d.day) >= greatest(s.minimum_age,
                CASE WHEN a.hazardous OR a.emergency
                THEN registry.policy_value('minimum_age_hazardous', j.region, d.day)::integer ELSE 0 END)),
            ('insured', NOT (a.hazardous OR a.emergency) OR registry.is_insured(v.volunteer_id, s.period)),
            ('trained', NOT EXISTS (
                SELECT FROM registry.missing_courses(v.volunteer_id,
                    array_remove(ARRAY[CASE WHEN a.hazardous THEN 'hazardous' END, CASE WHEN a.emergency THEN 'emergency' END], NULL),
                    j.region, d.day)))
    ) AS r (requirement, met)
    WHERE s.shift_id = clearance.shift_id;
END;
COMMENT ON FUNCTION registry.clearance(bigint, bigint) IS
    '上岗条件:active 在册,old_enough 年龄(危险、应急岗位须满政策 minimum_age_hazardous 周岁),insured 危险、应急岗位须有覆盖全程且开始前已录入的保险(志愿服务条例第十七条),trained 必修培训合格(先培训再上岗)';

CREATE FUNCTION registry.require_shift(shift_id bigint) RETURNS registry.shift
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.shift;
BEGIN
    SELECT s.* INTO subject FROM registry.shift s WHERE s.shift_id = require_shift.shift_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_shift',
            MESSAGE = 'There is no such shift.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.require_shift(bigint) IS '取班次;错误 23503 known_shift';

CREATE FUNCTION registry.sign_up(shift_id bigint, volunteer_no volunteer.volunteer_no) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    wanted CONSTANT registry.shift := registry.require_shift(shift_id);
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
BEGIN
    PERFORM registry.require_duty('recorder', (registry.require_published_activity(wanted.activity_id)).organization_id);
    INSERT INTO registry.signup (volunteer_id, shift_id, period)
    VALUES (subject.volunteer_id, wanted.shift_id, wanted.period);
    INSERT INTO registry.signup_event (volunteer_id, shift_id, to_status)
    VALUES (subject.volunteer_id, wanted.shift_id, 'requested');
END
$$;
COMMENT ON FUNCTION registry.sign_up(bigint, volunteer.volunteer_no) IS
    '报名;错误 42501 not_staff、outside_scope,23503 known_shift、known_volunteer,23505 signup_pkey,55000 activity_published';

CREATE FUNCTION registry.decide_signup(
    shift_id bigint, volunteer_no volunteer.volunteer_no, to_status text, reason text DEFAULT NULL)
    RETURNS text[]
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    wanted registry.shift;
    served registry.activity;
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    request registry.signup;
    missing text[];
BEGIN
    -- Those who ask for the last place wait for one another on the shift.
    SELECT s.* INTO wanted FROM registry.shift s WHERE s.shift_id = decide_signup.shift_id FOR NO KEY UPDATE;
    SELECT u.* INTO request
    FROM registry.signup u
    WHERE (u.volunteer_id, u.shift_id) = (subject.volunteer_id, wanted.shift_id)
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_signup',
            MESSAGE = 'The volunteer did not sign up for this shift.';
    END IF;
    SELECT a.* INTO served FROM registry.activity a WHERE a.activity_id = wanted.activity_id;
    PERFORM registry.require_duty(
        registry.require_transition('signup', request.status, to_status, reason), served.organization_id);
    IF to_status = 'confirmed' THEN
        PERFORM registry.require_published_activity(wanted.activity_id);
        IF lower(wanted.period) <= clock_timestamp() AND served.backfill_reason IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'object_not_in_prerequisite_state',
                CONSTRAINT = 'shift_not_begun',
                MESSAGE = 'A place on a shift that has begun is not given.';
        END IF;
        IF served.backfill_reason IS NULL THEN
            PERFORM volunteer.commit_by(lower(wanted.period));
        END IF;
        IF subject.person_id IN (SELECT registry.persons_of(session_user)) THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                CONSTRAINT = 'recorder_is_not_volunteer',
                MESSAGE = 'Nobody confirms the own sign-up.';
        END IF;
        IF (SELECT count(*) FROM registry.signup u WHERE u.shift_id = wanted.shift_id AND u.status = 'confirmed')
            >= wanted.capacity THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                CONSTRAINT = 'within_capacity',
                MESSAGE = 'All places of the shift are taken.';
        END IF;
        SELECT coalesce(array_agg(c.requirement), '{}') INTO missing
        FROM registry.clearance(subject.volunteer_id, wanted.shift_id) c
        WHERE c.met IS NOT TRUE;
        IF NOT missing <@ '{trained}' OR missing <> '{}' AND coalesce(registry.clean_text(reason), '') = '' THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                CONSTRAINT = 'cleared_for_post',
                MESSAGE = format('The volunteer does not meet what the post asks for: %s.', array_to_string(missing, ', '));
        END IF;
    END IF;
    UPDATE registry.signup u
    SET status = to_status, unmet = missing,
        override_reason = CASE WHEN missing <> '{}' THEN registry.clean_text(reason) END
    WHERE (u.volunteer_id, u.shift_id) = (request.volunteer_id, request.shift_id);
    INSERT INTO registry.signup_event (volunteer_id, shift_id, from_status, to_status, reason)
    VALUES (request.volunteer_id, request.shift_id, request.status, to_status, registry.clean_text(reason));
    RETURN missing;
END
$$;
COMMENT ON FUNCTION registry.decide_signup(bigint, volunteer.volunteer_no, text, text) IS
    '处理报名:confirmed 确认、refused 不接受(须说明理由)、withdrawn 本人退出、requested 重新报名;返回未满足的上岗条件,只有培训可以凭理由例外。错误 42501 not_staff、outside_scope,23503 known_signup、known_volunteer,55000 known_transition、activity_published、shift_not_begun,25000 committed_in_time(开始前未提交),23514 reason_required、within_capacity、cleared_for_post、recorder_is_not_volunteer,23P01 no_double_booking';

CREATE FUNCTION registry.refuse_signups(activity_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Whoever confirms waits here, and then finds the activity cancelled.
    PERFORM FROM registry.shift s WHERE s.activity_id = refuse_signups.activity_id ORDER BY s.shift_id FOR NO KEY UPDATE;
    WITH open AS (
        SELECT u.volunteer_id, u.shift_id, u.status
        FROM registry.signup u
        JOIN registry.shift s ON s.shift_id = u.shift_id
        WHERE s.activity_id = refuse_signups.activity_id AND u.status IN ('requested', 'confirmed')
        ORDER BY u.shift_id, u.volunteer_id
        FOR NO KEY UPDATE OF u
    ), refused AS (
        UPDATE registry.signup u
        SET status = 'refused', unmet = NULL, override_reason = NULL
        FROM open o
        WHERE (u.volunteer_id, u.shift_id) = (o.volunteer_id, o.shift_id)
    )
    INSERT INTO registry.signup_event (volunteer_id, shift_id, from_status, to_status, reason)
    SELECT o.volunteer_id, o.shift_id, o.status, 'refused', registry.clean_text(refuse_signups.reason) FROM open o;
END
$$;
COMMENT ON FUNCTION registry.refuse_signups(bigint, text) IS '活动取消:未了结的报名一律转为不接受,名额与时间随之让出。参数:活动、理由';

GRANT EXECUTE ON FUNCTION registry.create_shift(bigint, tstzrange, text, integer, integer) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.sign_up(bigint, volunteer.volunteer_no) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.decide_signup(bigint, volunteer.volunteer_no, text, text) TO registry_recorder;
GRANT SELECT ON registry.signup_event TO registry_auditor;
