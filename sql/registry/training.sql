-- Training before duty: courses, sessions, who passed, and which course a kind of post asks for. Training is not service.

CREATE TABLE registry.course (
    course_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    title text NOT NULL,
    kind text NOT NULL,
    minutes integer NOT NULL,
    valid_months integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    CONSTRAINT course_title_in_organization UNIQUE (organization_id, title),
    CONSTRAINT course_is_titled CHECK (char_length(title) BETWEEN 1 AND 100 AND title IS NFC NORMALIZED),
    CONSTRAINT course_takes_time CHECK (minutes BETWEEN 1 AND 60000),
    CONSTRAINT course_wears_off_later CHECK (valid_months BETWEEN 1 AND 1200)
);
COMMENT ON TABLE registry.course IS '培训课程';
COMMENT ON COLUMN registry.course.course_id IS '课程编号';
COMMENT ON COLUMN registry.course.organization_id IS '开课组织';
COMMENT ON COLUMN registry.course.title IS '课程名称';
COMMENT ON COLUMN registry.course.kind IS '培训类型(代码集 training_kind):1 通用,2 岗位,3 专业';
COMMENT ON COLUMN registry.course.minutes IS '课时(分钟)';
COMMENT ON COLUMN registry.course.valid_months IS '合格后有效月数;空为长期';
COMMENT ON COLUMN registry.course.created_at IS '录入时间';
COMMENT ON COLUMN registry.course.created_by IS '录入人(数据库角色)';

CREATE TABLE registry.training_session (
    session_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    course_id bigint NOT NULL REFERENCES registry.course,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    mode text NOT NULL,
    period tstzrange NOT NULL,
    trainer text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    CONSTRAINT session_has_bounds CHECK (
        NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period) AND NOT upper_inf(period)
        AND isfinite(lower(period)) AND isfinite(upper(period))),
    CONSTRAINT trainer_is_named CHECK (char_length(trainer) BETWEEN 1 AND 100 AND trainer IS NFC NORMALIZED)
);
CREATE INDEX training_session_course ON registry.training_session (course_id);
COMMENT ON TABLE registry.training_session IS '培训班次';
COMMENT ON COLUMN registry.training_session.session_id IS '班次编号';
COMMENT ON COLUMN registry.training_session.course_id IS '课程';
COMMENT ON COLUMN registry.training_session.organization_id IS '主办组织';
COMMENT ON COLUMN registry.training_session.mode IS '培训方式(代码集 training_mode):1 远程,2 面授';
COMMENT ON COLUMN registry.training_session.period IS '起止时间,半开区间';
COMMENT ON COLUMN registry.training_session.trainer IS '授课人';
COMMENT ON COLUMN registry.training_session.created_at IS '录入时间';
COMMENT ON COLUMN registry.training_session.created_by IS '录入人(数据库角色)';

CREATE TABLE registry.training_result (
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    session_id bigint NOT NULL REFERENCES registry.training_session,
    minutes integer NOT NULL,
    passed boolean NOT NULL,
    valid daterange NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by name NOT NULL DEFAULT session_user,
    voided_at timestamptz,
    voided_by name,
    void_reason text,
    status text NOT NULL GENERATED ALWAYS AS (CASE WHEN voided_at IS NULL THEN 'recorded' ELSE 'voided' END) STORED,
    CONSTRAINT one_result_of_a_session PRIMARY KEY (volunteer_id, session_id),
    CONSTRAINT training_takes_time CHECK (minutes >= 0),
    CONSTRAINT only_the_passed_are_trained CHECK (passed OR isempty(valid)),
    CONSTRAINT voided_with_reason CHECK (
        (voided_at IS NULL) = (voided_by IS NULL) AND (voided_at IS NULL) = (void_reason IS NULL) AND void_reason <> '')
);
CREATE INDEX training_result_session ON registry.training_result (session_id);
COMMENT ON TABLE registry.training_result IS '培训结果:一人一班次一条,只作废,不删除;不计服务时间';
COMMENT ON COLUMN registry.training_result.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.training_result.session_id IS '班次';
COMMENT ON COLUMN registry.training_result.minutes IS '参训分钟数;不是服务时间';
COMMENT ON COLUMN registry.training_result.passed IS '是否合格';
COMMENT ON COLUMN registry.training_result.valid IS '合格有效期;不合格为空区间';
COMMENT ON COLUMN registry.training_result.recorded_at IS '录入时间(服务器时间)';
COMMENT ON COLUMN registry.training_result.recorded_by IS '录入人(数据库角色)';
COMMENT ON COLUMN registry.training_result.voided_at IS '作废时间';
COMMENT ON COLUMN registry.training_result.voided_by IS '作废人(数据库角色)';
COMMENT ON COLUMN registry.training_result.void_reason IS '作废理由;不封章,志愿者的个人信息删除后为“已注销”';
COMMENT ON COLUMN registry.training_result.status IS '状态:recorded 已录入,voided 已作废;由作废时间得出';

CREATE TABLE registry.training_result_event (
    volunteer_id bigint NOT NULL,
    session_id bigint NOT NULL,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (volunteer_id, session_id, event_id),
    FOREIGN KEY (volunteer_id, session_id) REFERENCES registry.training_result
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.training_result_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.training_result_event IS '培训结果的录入与作废记录,只追加';
COMMENT ON COLUMN registry.training_result_event.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.training_result_event.session_id IS '班次';

CREATE TABLE registry.training_requirement (
    requirement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    post_class text NOT NULL,
    course_id bigint NOT NULL REFERENCES registry.course,
    region volunteer.region_code NOT NULL REFERENCES registry.region,
    valid daterange NOT NULL,
    basis text NOT NULL,
    CONSTRAINT known_post_class CHECK (post_class IN ('any', 'hazardous', 'emergency')),
    CONSTRAINT one_requirement_at_a_time EXCLUDE USING gist
        (post_class WITH =, course_id WITH =, (region::text) WITH =, valid WITH &&),
    CONSTRAINT requirement_states_its_basis CHECK (basis <> '')
);
COMMENT ON TABLE registry.training_requirement IS '上岗培训要求:某地某类岗位须先修某课程(先培训再上岗)';
COMMENT ON COLUMN registry.training_requirement.requirement_id IS '要求编号';
COMMENT ON COLUMN registry.training_requirement.post_class IS '岗位类别:any 全部,hazardous 可能发生人身危险,emergency 应急救援';
COMMENT ON COLUMN registry.training_requirement.course_id IS '课程';
COMMENT ON COLUMN registry.training_requirement.region IS '适用区划,含下级';
COMMENT ON COLUMN registry.training_requirement.valid IS '有效期';
COMMENT ON COLUMN registry.training_requirement.basis IS '依据(文件与条款)';

CREATE FUNCTION registry.create_course(
    title text, organization_id bigint, kind text, minutes integer, valid_months integer DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_course bigint;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    PERFORM registry.require_active_organization(organization_id);
    PERFORM registry.require_code('training_kind', kind);
    INSERT INTO registry.course AS c (title, organization_id, kind, minutes, valid_months)
    VALUES (registry.clean_text(title), organization_id, kind, minutes, valid_months)
    RETURNING c.course_id INTO new_course;
    RETURN new_course;
END
$$;
COMMENT ON FUNCTION registry.create_course(text, bigint, text, integer, integer) IS
    '设立课程,返回课程编号。参数:名称、开课组织、培训类型(代码集 training_kind)、课时(分钟)、合格后有效月数(缺省长期)。错误 42501 not_staff、outside_scope,23503 known_code、known_organization,23505 course_title_in_organization,23514 course_is_titled、course_takes_time、course_wears_off_later,55000 organization_active';

CREATE FUNCTION registry.hold_training(
    course_id bigint, organization_id bigint, mode text, period tstzrange, trainer text)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_session bigint;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    PERFORM registry.require_active_organization(organization_id);
    PERFORM registry.require_code('training_mode', mode);
    PERFORM FROM registry.course c WHERE c.course_id = hold_training.course_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_course',
            MESSAGE = 'There is no such course.';
    END IF;
    INSERT INTO registry.training_session AS s (course_id, organization_id, mode, period, trainer)
    VALUES (course_id, organization_id, mode, period, registry.clean_text(trainer))
    RETURNING s.session_id INTO new_session;
    RETURN new_session;
END
$$;
COMMENT ON FUNCTION registry.hold_training(bigint, bigint, text, tstzrange, text) IS
    '举办一期培训,返回班次编号。参数:课程、主办组织、培训方式(代码集 training_mode)、起止时间、授课人。错误 42501 not_staff、outside_scope,23503 known_course、known_code、known_organization,23514 session_has_bounds、trainer_is_named,55000 organization_active';

CREATE FUNCTION registry.record_training(
    session_id bigint, volunteer_no volunteer.volunteer_no, passed boolean, minutes integer DEFAULT NULL)
    RETURNS daterange
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    held registry.training_session;
    taught registry.course;
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    longest integer;
    held_on date;
    trained daterange;
BEGIN
    SELECT s.* INTO held FROM registry.training_session s WHERE s.session_id = record_training.session_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_session',
            MESSAGE = 'There is no such training session.';
    END IF;
    PERFORM registry.require_duty('recorder', held.organization_id);
    IF upper(held.period) > now() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'session_is_over',
            MESSAGE = 'A result is recorded after the end of the session.';
    END IF;
    IF subject.person_id IN (SELECT registry.persons_of(session_user)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'recorder_is_not_volunteer',
            MESSAGE = 'Nobody records own training.';
    END IF;
    PERFORM registry.require_not_erased(subject.volunteer_id);
    SELECT c.* INTO taught FROM registry.course c WHERE c.course_id = held.course_id;
    longest := ceil(extract(epoch FROM upper(held.period) - lower(held.period)) / 60);
    IF minutes > longest THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'training_within_session',
            MESSAGE = 'Nobody is trained for longer than the session lasts.';
    END IF;
    held_on := (upper(held.period) AT TIME ZONE 'Asia/Shanghai')::date;
    trained := CASE WHEN passed
        THEN daterange(held_on, (held_on + make_interval(months => taught.valid_months))::date)
        ELSE 'empty' END;
    INSERT INTO registry.training_result (volunteer_id, session_id, minutes, passed, valid)
    VALUES (subject.volunteer_id, held.session_id, coalesce(minutes, least(taught.minutes, longest)), passed, trained);
    INSERT INTO registry.training_result_event (volunteer_id, session_id, to_status)
    VALUES (subject.volunteer_id, held.session_id, 'recorded');
    RETURN trained;
END
$$;
COMMENT ON FUNCTION registry.record_training(bigint, volunteer.volunteer_no, boolean, integer) IS
    '录入培训结果,返回合格有效期(不合格为空区间);参训分钟数缺省为课时,至多为该班次的时长,不计服务时间。错误 42501 not_staff、outside_scope,23503 known_session、known_volunteer,23505 one_result_of_a_session,23514 session_is_over、recorder_is_not_volunteer、training_within_session、training_takes_time,23502 是否合格为空,55000 person_not_erased';

CREATE FUNCTION registry.void_training(session_id bigint, volunteer_no volunteer.volunteer_no, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    held registry.training_session;
BEGIN
    SELECT s.* INTO held FROM registry.training_session s WHERE s.session_id = void_training.session_id;
    IF FOUND THEN
        PERFORM registry.require_duty('reviewer', held.organization_id);
        PERFORM registry.require_not_erased((registry.require_volunteer(volunteer_no)).volunteer_id);
    END IF;
    WITH voided AS (
        UPDATE registry.training_result t
        SET voided_at = now(), voided_by = session_user, void_reason = coalesce(registry.clean_text(reason), '')
        WHERE t.session_id = held.session_id AND t.voided_at IS NULL
            AND t.volunteer_id = (registry.require_volunteer(volunteer_no)).volunteer_id
        RETURNING t.volunteer_id, t.session_id
    )
    INSERT INTO registry.training_result_event (volunteer_id, session_id, from_status, to_status)
    SELECT v.volunteer_id, v.session_id, 'recorded', 'voided' FROM voided v;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_result',
            MESSAGE = 'There is no such training result in force.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.void_training(bigint, volunteer.volunteer_no, text) IS
    '作废培训结果(审核员),须说明理由;错误 42501 not_staff、outside_scope,P0002 known_result,23503 known_volunteer,23514 voided_with_reason,55000 person_not_erased';

CREATE FUNCTION registry.require_training(
    post_class text, course_id bigint, region text, basis text, since date DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_requirement bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    INSERT INTO registry.training_requirement AS q (post_class, course_id, region, valid, basis)
    VALUES (post_class, course_id, registry.require_region(region), daterange(coalesce(since, registry.today()), NULL),
        registry.clean_text(basis))
    RETURNING q.requirement_id INTO new_requirement;
    RETURN new_requirement;
END
$$;
COMMENT ON FUNCTION registry.require_training(text, bigint, text, text, date) IS
    '规定某地某类岗位须先修的课程,返回要求编号。参数:岗位类别 any、hazardous、emergency,课程,区划,依据,起始日(缺省今天)。错误 23503 course_id_fkey、known_region,23514 known_post_class、requirement_states_its_basis,23P01 one_requirement_at_a_time,25000 read_committed、begun_today';

CREATE FUNCTION registry.end_training_requirement(requirement_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_current_transaction();
    UPDATE registry.training_requirement q
    SET valid = daterange(least(lower(q.valid), registry.today()), registry.today())
    WHERE q.requirement_id = end_training_requirement.requirement_id AND upper_inf(q.valid);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_requirement',
            MESSAGE = 'There is no such requirement in force.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.end_training_requirement(bigint) IS '终止一项上岗培训要求,自今日起;错误 P0002 known_requirement,25000 read_committed、begun_today';

CREATE FUNCTION registry.missing_courses(
    volunteer_id bigint, post_class text[], region volunteer.region_code, day date)
    RETURNS SETOF bigint
    LANGUAGE sql STABLE SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT DISTINCT q.course_id
    FROM registry.training_requirement q
    WHERE (q.post_class = 'any' OR q.post_class = ANY (missing_courses.post_class))
        AND missing_courses.region <@ q.region
        AND q.valid @> day
        AND NOT EXISTS (
            SELECT FROM registry.training_result t
            JOIN registry.training_session s ON s.session_id = t.session_id
            WHERE t.volunteer_id = missing_courses.volunteer_id AND s.course_id = q.course_id
                AND t.valid @> day AND t.voided_at IS NULL);
END;
COMMENT ON FUNCTION registry.missing_courses(bigint, text[], volunteer.region_code, date) IS
    '志愿者某日到某地某类岗位上岗尚缺的课程';

CREATE TRIGGER only_voided BEFORE UPDATE ON registry.training_result
    FOR EACH ROW
    WHEN ((OLD.volunteer_id, OLD.session_id, OLD.minutes, OLD.passed, OLD.valid, OLD.recorded_at, OLD.recorded_by)
        IS DISTINCT FROM
        (NEW.volunteer_id, NEW.session_id, NEW.minutes, NEW.passed, NEW.valid, NEW.recorded_at, NEW.recorded_by)
        OR OLD.voided_at IS NOT NULL AND ((OLD.voided_at, OLD.voided_by) IS DISTINCT FROM (NEW.voided_at, NEW.voided_by)
            OR NEW.void_reason IS DISTINCT FROM '已注销'))
    EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.training_result
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();

GRANT EXECUTE ON FUNCTION registry.create_course(text, bigint, text, integer, integer) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.hold_training(bigint, bigint, text, tstzrange, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.record_training(bigint, volunteer.volunteer_no, boolean, integer) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.void_training(bigint, volunteer.volunteer_no, text) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.require_training(text, bigint, text, text, date) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.end_training_requirement(bigint) TO registry_administrator;
GRANT SELECT ON registry.training_result_event TO registry_auditor;
