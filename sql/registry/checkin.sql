-- Check-in: who was there from when to when, by the server's clock. What is measured so becomes a service record at
-- sign-out; nobody says a time, so nothing that happened earlier can be entered as if it had been measured.

CREATE TABLE registry.checkin (
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    checkin_id bigint GENERATED ALWAYS AS IDENTITY,
    shift_id bigint NOT NULL,
    signed_in_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'in',
    batch_id bigint REFERENCES registry.record_batch,
    PRIMARY KEY (volunteer_id, checkin_id),
    FOREIGN KEY (volunteer_id, shift_id) REFERENCES registry.signup,
    CONSTRAINT checkin_status CHECK (status IN ('in', 'out', 'closed')),
    CONSTRAINT closed_after_sign_in CHECK (closes_at > signed_in_at),
    CONSTRAINT recorded_when_ended CHECK (batch_id IS NULL OR status <> 'in')
);
CREATE UNIQUE INDEX signed_in_once ON registry.checkin (volunteer_id) WHERE status = 'in';
CREATE INDEX checkin_to_close ON registry.checkin (closes_at) WHERE status = 'in';
CREATE INDEX checkin_batch ON registry.checkin (batch_id);
CREATE INDEX checkin_signed_in_at ON registry.checkin (signed_in_at);
CREATE TRIGGER only_status_changes BEFORE UPDATE OF volunteer_id, checkin_id, shift_id, signed_in_at, closes_at
    ON registry.checkin FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.checkin
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.checkin IS '签到:一名志愿者在一个班次上的一次到岗,签退即生成服务记录;同一人同时只有一次未签退';
COMMENT ON COLUMN registry.checkin.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.checkin.checkin_id IS '签到编号';
COMMENT ON COLUMN registry.checkin.shift_id IS '班次;本人须已确认上岗';
COMMENT ON COLUMN registry.checkin.signed_in_at IS '签到时间(服务器时间)';
COMMENT ON COLUMN registry.checkin.closes_at IS '至此仍未签退即强制签退:班次结束后的午夜;班次超过一天的为签到当日的午夜';
COMMENT ON COLUMN registry.checkin.status IS '状态:in 已签到,out 已签退,closed 强制签退';
COMMENT ON COLUMN registry.checkin.batch_id IS '签退形成的记录所在批次;未形成记录时为空';

CREATE TABLE registry.checkin_event (
    volunteer_id bigint NOT NULL,
    checkin_id bigint NOT NULL,
    method text,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (volunteer_id, checkin_id, event_id),
    FOREIGN KEY (volunteer_id, checkin_id) REFERENCES registry.checkin,
    CONSTRAINT checkin_method CHECK (method IN ('qr', 'nfc', 'face', 'manual')),
    CONSTRAINT only_closed_without_method CHECK ((method IS NULL) = (to_status = 'closed'))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.checkin_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.checkin_event IS '签到、签退记录,只追加';
COMMENT ON COLUMN registry.checkin_event.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.checkin_event.checkin_id IS '签到';
COMMENT ON COLUMN registry.checkin_event.method IS '方式:qr 二维码,nfc 近场感应,face 人脸识别,manual 人工点名;强制签退为空';

CREATE FUNCTION registry.served(shift tstzrange, signed_in_at timestamptz, signed_out_at timestamptz) RETURNS SETOF tstzrange
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT tstzrange(
        greatest(t.starts, m.midnight AT TIME ZONE 'Asia/Shanghai'),
        least(t.ends, (m.midnight + interval '1 day') AT TIME ZONE 'Asia/Shanghai'))
    FROM (
        SELECT date_bin('1 minute', greatest(lower(shift), signed_in_at) + interval '59.999999 seconds', 'epoch') AS starts,
            date_bin('1 minute', least(upper(shift), signed_out_at), 'epoch') AS ends
    ) AS t
    CROSS JOIN LATERAL generate_series(date_trunc('day', t.starts AT TIME ZONE 'Asia/Shanghai'),
        t.ends AT TIME ZONE 'Asia/Shanghai' - interval '1 microsecond', '1 day') AS m (midnight)
    WHERE t.starts < t.ends
    ORDER BY m.midnight;
END;
COMMENT ON FUNCTION registry.served(tstzrange, timestamptz, timestamptz) IS
    '到岗时间在班次之内的整分钟,按北京时间的日子分段;参数:班次、签到时间、签退时间;不足一分钟时无行';

CREATE FUNCTION registry.sign_in(shift_id bigint, volunteer_no volunteer.volunteer_no, method text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    wanted CONSTANT registry.shift := registry.require_shift(shift_id);
    served CONSTANT registry.activity := registry.require_published_activity(wanted.activity_id);
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    -- A transaction begun earlier is no earlier arrival.
    at CONSTANT timestamptz := clock_timestamp();
    new_checkin bigint;
BEGIN
    PERFORM registry.require_duty('recorder', served.organization_id);
    IF subject.person_id IN (SELECT registry.persons_of(session_user)) THEN
        PERFORM registry.refuse_record('recorder_is_not_volunteer');
    ELSIF subject.status <> 'active' THEN
        PERFORM registry.refuse_record('volunteer_active');
    ELSIF served.drill THEN
        PERFORM registry.refuse_record('drill_is_not_service');
    END IF;
    PERFORM FROM registry.signup u
    WHERE (u.volunteer_id, u.shift_id) = (subject.volunteer_id, wanted.shift_id) AND u.status = 'confirmed'
    FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'confirmed_on_shift',
            MESSAGE = 'The volunteer has no confirmed place on this shift.';
    END IF;
    IF at >= upper(wanted.period) OR at < lower(wanted.period) - make_interval(mins => (
        SELECT registry.policy_value('checkin_early_minutes', p.region, registry.today())::integer
        FROM registry.project p WHERE p.project_id = served.project_id)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'shift_takes_place',
            MESSAGE = 'The shift is over or does not begin yet.';
    END IF;

    -- Nobody looks around in the evening who of those entered in the morning is to have come.
    PERFORM volunteer.commit_by(at + interval '1 minute');
    INSERT INTO registry.checkin AS c (volunteer_id, shift_id, signed_in_at, closes_at)
    VALUES (subject.volunteer_id, wanted.shift_id, at,
        (((CASE WHEN upper(wanted.period) - lower(wanted.period) <= interval '24 hours' THEN upper(wanted.period) ELSE at END)
            AT TIME ZONE 'Asia/Shanghai')::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
    RETURNING c.checkin_id INTO new_checkin;
    INSERT INTO registry.checkin_event (volunteer_id, checkin_id, method, at, to_status)
    VALUES (subject.volunteer_id, new_checkin, method, at, 'in');
    RETURN new_checkin;
END
$$;
COMMENT ON FUNCTION registry.sign_in(bigint, volunteer.volunteer_no, text) IS
    '签到,返回签到编号,须在一分钟内提交;时间是服务器的时间,班次开始前 checkin_early_minutes 分钟(政策)起可以签到。参数:班次、志愿者编号、方式(qr、nfc、face、manual)。错误 42501 not_staff、outside_scope,23503 known_shift、known_volunteer,55000 activity_published、confirmed_on_shift、shift_takes_place,23505 signed_in_once,25000 committed_in_time,23514 checkin_method、only_closed_without_method、recorder_is_not_volunteer、volunteer_active、drill_is_not_service,P0002 policy_missing';

CREATE FUNCTION registry.checkin_batch(organization_id bigint) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    open_batch bigint;
BEGIN
    SELECT b.batch_id INTO open_batch
    FROM registry.record_batch b
    WHERE b.organization_id = checkin_batch.organization_id AND b.source = 'checkin' AND b.status = 'submitted'
        AND b.recorded_by = session_user AND (b.recorded_at AT TIME ZONE 'Asia/Shanghai')::date = registry.today()
    ORDER BY b.batch_id
    LIMIT 1
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        open_batch := registry.add_batch(organization_id, 'checkin', NULL, NULL);
    END IF;
    RETURN open_batch;
END
$$;
COMMENT ON FUNCTION registry.checkin_batch(bigint) IS '当前角色今天尚未审核的签到批次,没有则新建;锁定到事务结束;错误见 open_batch';

CREATE FUNCTION registry.sign_out(shift_id bigint, volunteer_no volunteer.volunteer_no, method text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    wanted CONSTANT registry.shift := registry.require_shift(shift_id);
    served CONSTANT registry.activity := registry.require_published_activity(wanted.activity_id);
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    stay registry.checkin;
    begun_by text;
    batch bigint;
    recorded integer;
BEGIN
    SELECT c.* INTO stay
    FROM registry.checkin c
    WHERE c.volunteer_id = subject.volunteer_id AND c.shift_id = wanted.shift_id AND c.status = 'in'
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_checkin',
            MESSAGE = 'The volunteer is not signed in on this shift.';
    END IF;
    PERFORM registry.require_duty(registry.require_transition('checkin', stay.status, 'out', NULL), served.organization_id);
    IF subject.person_id IN (SELECT registry.persons_of(session_user)) THEN
        PERFORM registry.refuse_record('recorder_is_not_volunteer');
    END IF;
    IF clock_timestamp() >= stay.closes_at THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'signed_out_in_time',
            MESSAGE = 'Nobody signed out by midnight; the time counts only after a correction.',
            HINT = 'registry.close_checkins() closes the sign-in with zero minutes, registry.correct_record() corrects that record.';
    END IF;

    SELECT e.method INTO begun_by FROM registry.checkin_event e
    WHERE (e.volunteer_id, e.checkin_id, e.to_status) = (stay.volunteer_id, stay.checkin_id, 'in');
    IF EXISTS (SELECT FROM registry.served(wanted.period, stay.signed_in_at, now())) THEN
        batch := registry.checkin_batch(served.organization_id);
    END IF;
    WITH record AS (
        INSERT INTO registry.service_record AS r
            (volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id, post)
        SELECT stay.volunteer_id, registry.service_date(s.period), s.period,
            -- Who calls a name measures nothing: such hours are declared.
            CASE WHEN 'manual' IN (begun_by, method) THEN 1 WHEN begun_by = 'face' AND method = 'face' THEN 3 ELSE 4 END,
            served.project_id, served.activity_id, served.organization_id, batch, wanted.post
        FROM registry.served(wanted.period, stay.signed_in_at, now()) AS s (period)
        RETURNING r.minutes
    )
    SELECT coalesce(sum(r.minutes), 0) INTO recorded FROM record r;
    UPDATE registry.checkin c SET status = 'out', batch_id = batch
    WHERE (c.volunteer_id, c.checkin_id) = (stay.volunteer_id, stay.checkin_id);
    INSERT INTO registry.checkin_event (volunteer_id, checkin_id, method, from_status, to_status)
    VALUES (stay.volunteer_id, stay.checkin_id, method, stay.status, 'out');
    RETURN recorded;
END
$$;
COMMENT ON FUNCTION registry.sign_out(bigint, volunteer.volunteer_no, text) IS
    '签退,返回记录的分钟数:到岗时间中在班次之内的整分钟,跨日的分成两条,归入当前角色今天的签到批次待审;有一端是人工点名的计荣誉时长。参数:班次、志愿者编号、方式(qr、nfc、face、manual)。错误 42501 not_staff、outside_scope,23503 known_shift、known_volunteer、known_checkin,55000 activity_published、signed_out_in_time,23514 checkin_method、only_closed_without_method 及 recording_rule 各规则';

-- Records are made where they can be: for who is no longer on the register, or has a record of that time, closing is all.
CREATE FUNCTION registry.close_checkins() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    closed registry.checkin[];
BEGIN
    PERFORM registry.require_current_transaction();
    WITH ended AS (
        UPDATE registry.checkin c SET status = 'closed'
        WHERE c.status = 'in' AND c.closes_at <= now()
        RETURNING c.*
    ), event AS (
        INSERT INTO registry.checkin_event (volunteer_id, checkin_id, from_status, to_status)
        SELECT e.volunteer_id, e.checkin_id, 'in', e.status FROM ended e
    )
    SELECT array_agg(e) INTO closed FROM ended e;

    WITH stay AS MATERIALIZED (
        SELECT c.volunteer_id, c.checkin_id, s.post, a.activity_id, a.project_id, a.organization_id, p.period
        FROM unnest(closed) AS c
        JOIN registry.volunteer v ON v.volunteer_id = c.volunteer_id AND v.status = 'active'
        JOIN registry.signup u ON (u.volunteer_id, u.shift_id, u.status) = (c.volunteer_id, c.shift_id, 'confirmed')
        JOIN registry.shift s ON s.shift_id = c.shift_id
        JOIN registry.activity a ON a.activity_id = s.activity_id
        CROSS JOIN registry.served(s.period, c.signed_in_at, c.closes_at) AS p (period)
        WHERE v.person_id NOT IN (SELECT registry.persons_of(session_user))
            AND NOT EXISTS (
                SELECT FROM registry.service_record r
                WHERE r.volunteer_id = c.volunteer_id AND r.service_date = registry.service_date(p.period) AND r.live
                    AND r.period && p.period)
    ), batch AS (
        INSERT INTO registry.record_batch AS b (organization_id, source, timely_from)
        SELECT o.organization_id, 'checkin', registry.timely_from(o.region, registry.today())
        FROM registry.organization o WHERE o.organization_id IN (SELECT t.organization_id FROM stay t)
        RETURNING b.organization_id, b.batch_id
    ), record AS (
        INSERT INTO registry.service_record
            (volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id, post)
        SELECT t.volunteer_id, registry.service_date(t.period), t.period, 0, t.project_id, t.activity_id, t.organization_id,
            b.batch_id, t.post
        FROM stay t JOIN batch b ON b.organization_id = t.organization_id
    )
    UPDATE registry.checkin c SET batch_id = b.batch_id
    FROM stay t JOIN batch b ON b.organization_id = t.organization_id
    WHERE (c.volunteer_id, c.checkin_id) = (t.volunteer_id, t.checkin_id);
    RETURN coalesce(cardinality(closed), 0);
END
$$;
COMMENT ON FUNCTION registry.close_checkins() IS
    '强制签退:到午夜仍未签退的一律关闭,记为 0 分钟的记录(占用时间段),须经更正(correct_record)才计时;返回关闭的次数。宜在午夜后由定时任务调用,可重复、可同时执行。错误 25000 read_committed、begun_today,23514 no_overlap 与同时录入的记录冲突(提交时;重新执行即可)';

CREATE FUNCTION registry.end_stays(activity_id bigint, reason text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH ended AS (
        UPDATE registry.checkin c
        SET status = 'closed'
        FROM registry.shift s
        WHERE s.shift_id = c.shift_id AND s.activity_id = end_stays.activity_id AND c.status = 'in'
        RETURNING c.volunteer_id, c.checkin_id
    )
    INSERT INTO registry.checkin_event (volunteer_id, checkin_id, from_status, to_status, reason)
    SELECT e.volunteer_id, e.checkin_id, 'in', 'closed', registry.clean_text(end_stays.reason) FROM ended e;
END;
COMMENT ON FUNCTION registry.end_stays(bigint, text) IS '活动取消:开始前已经签到的一律关闭,不形成记录。参数:活动、理由';

GRANT EXECUTE ON FUNCTION registry.sign_in(bigint, volunteer.volunteer_no, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.sign_out(bigint, volunteer.volunteer_no, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.close_checkins() TO registry_administrator;
GRANT SELECT ON registry.checkin, registry.checkin_event TO registry_auditor;
