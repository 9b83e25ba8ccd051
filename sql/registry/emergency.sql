-- Emergencies: an emergency activity under command, whom it called out, and who was where when. A drill runs the same way.

CREATE TABLE registry.incident (
    activity_id bigint PRIMARY KEY REFERENCES registry.activity,
    kind text NOT NULL,
    level text NOT NULL,
    situation text NOT NULL,
    status text NOT NULL DEFAULT 'open',
    opened_at timestamptz NOT NULL DEFAULT now(),
    opened_by name NOT NULL DEFAULT session_user,
    CONSTRAINT incident_status CHECK (status IN ('open', 'closed')),
    CONSTRAINT situation_is_described CHECK (char_length(situation) BETWEEN 1 AND 2000 AND situation IS NFC NORMALIZED)
);
COMMENT ON TABLE registry.incident IS '应急事件:由一项应急活动承担,地点、组织单位、是否演练见该活动(应急志愿服务体系)';
COMMENT ON COLUMN registry.incident.activity_id IS '承担的应急活动';
COMMENT ON COLUMN registry.incident.kind IS '事件类别(代码集 incident_kind)';
COMMENT ON COLUMN registry.incident.level IS '事件级别(代码集 incident_level)';
COMMENT ON COLUMN registry.incident.situation IS '情况';
COMMENT ON COLUMN registry.incident.status IS '状态:open 响应中,closed 响应终止';
COMMENT ON COLUMN registry.incident.opened_at IS '启动时间';
COMMENT ON COLUMN registry.incident.opened_by IS '启动人(数据库角色)';

CREATE TABLE registry.incident_event (
    activity_id bigint NOT NULL REFERENCES registry.incident,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (activity_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.incident_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.incident_event IS '应急事件状态变更记录,只追加';
COMMENT ON COLUMN registry.incident_event.activity_id IS '应急事件';

CREATE TABLE registry.callout (
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    shift_id bigint NOT NULL REFERENCES registry.shift,
    status text NOT NULL DEFAULT 'alerted',
    cleared_by name,
    deployed_by name,
    deployment tstzrange,
    PRIMARY KEY (volunteer_id, shift_id),
    CONSTRAINT callout_status CHECK (status IN
        ('alerted', 'responded', 'declined', 'cleared', 'deployed', 'demobilised', 'debriefed')),
    CONSTRAINT deployed_has_period CHECK (
        (status IN ('deployed', 'demobilised', 'debriefed')) = (deployment IS NOT NULL)
        AND (deployment IS NULL) = (deployed_by IS NULL) AND NOT isempty(deployment)
        AND NOT lower_inf(deployment) AND (status = 'deployed') = upper_inf(deployment)),
    CONSTRAINT deployed_was_cleared CHECK (deployment IS NULL OR cleared_by IS NOT NULL),
    CONSTRAINT deployed_by_another CHECK (deployed_by <> cleared_by),
    CONSTRAINT one_deployment_at_a_time EXCLUDE USING gist (volunteer_id WITH =, deployment WITH &&)
);
CREATE INDEX callout_shift ON registry.callout (shift_id);
COMMENT ON TABLE registry.callout IS '应急召集:一名志愿者、应急活动的一个班次';
COMMENT ON COLUMN registry.callout.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.callout.shift_id IS '应急活动的班次(岗位)';
COMMENT ON COLUMN registry.callout.status IS
    '状态:alerted 已通知,responded 已响应,declined 不参加,cleared 可上岗,deployed 在岗,demobilised 已撤离,debriefed 已复盘';
COMMENT ON COLUMN registry.callout.cleared_by IS '核定上岗条件的人(数据库角色)';
COMMENT ON COLUMN registry.callout.deployed_by IS '派出人(数据库角色),不得为核定人';
COMMENT ON COLUMN registry.callout.deployment IS '在岗时间(服务器时间),半开区间,撤离前无上界;同一人同时只在一处;不是服务记录';

CREATE TABLE registry.callout_event (
    volunteer_id bigint NOT NULL,
    shift_id bigint NOT NULL,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (volunteer_id, shift_id, event_id),
    FOREIGN KEY (volunteer_id, shift_id) REFERENCES registry.callout
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.callout_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.callout_event IS '应急召集状态变更记录,只追加';
COMMENT ON COLUMN registry.callout_event.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.callout_event.shift_id IS '班次';

CREATE FUNCTION registry.open_incident(activity_id bigint, kind text, level text, situation text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    held CONSTANT registry.activity := registry.require_published_activity(activity_id);
BEGIN
    PERFORM registry.require_duty('dispatcher', held.organization_id);
    PERFORM registry.require_code('incident_kind', kind);
    PERFORM registry.require_code('incident_level', level);
    IF NOT held.emergency THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'incident_is_emergency',
            MESSAGE = 'The activity is no emergency service, so that its posts ask for less.';
    END IF;
    INSERT INTO registry.incident (activity_id, kind, level, situation)
    VALUES (held.activity_id, kind, level, registry.clean_text(situation));
    INSERT INTO registry.incident_event (activity_id, to_status) VALUES (held.activity_id, 'open');
END
$$;
COMMENT ON FUNCTION registry.open_incident(bigint, text, text, text) IS
    '启动应急响应(派单员)。参数:应急活动、事件类别(代码集 incident_kind)、级别(代码集 incident_level)、情况。错误 42501 not_staff、outside_scope,23503 known_activity、known_code,23505 incident_pkey,55000 activity_published,23514 incident_is_emergency、situation_is_described';

CREATE FUNCTION registry.close_incident(activity_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    held CONSTANT registry.activity := registry.require_published_activity(activity_id);
    subject registry.incident;
BEGIN
    SELECT i.* INTO subject FROM registry.incident i WHERE i.activity_id = held.activity_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_incident',
            MESSAGE = 'There is no such incident.';
    END IF;
    PERFORM registry.require_duty(
        registry.require_transition('incident', subject.status, 'closed', reason), held.organization_id);
    PERFORM
    FROM registry.callout c
    JOIN registry.shift s ON s.shift_id = c.shift_id
    WHERE s.activity_id = held.activity_id AND c.status = 'deployed';
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'everybody_is_back',
            MESSAGE = 'An incident is not closed while somebody is deployed.';
    END IF;
    UPDATE registry.incident i SET status = 'closed' WHERE i.activity_id = held.activity_id;
    INSERT INTO registry.incident_event (activity_id, from_status, to_status, reason)
    VALUES (held.activity_id, subject.status, 'closed', registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.close_incident(bigint, text) IS
    '终止应急响应(派单员),须写明结果;尚有人在岗时不得终止。错误 42501 not_staff、outside_scope,23503 known_activity、known_incident,55000 activity_published、known_transition、everybody_is_back,23514 reason_required';

-- Shared, so that alerts and deployments run side by side and only the closing waits for them.
CREATE FUNCTION registry.require_open_incident(activity_id bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM
    FROM registry.incident i
    WHERE i.activity_id = require_open_incident.activity_id AND i.status = 'open'
    FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'incident_is_open',
            MESSAGE = 'The activity is no open incident.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_open_incident(bigint) IS '检查应急响应未终止,并阻止其终止;错误 55000 incident_is_open';

CREATE FUNCTION registry.alert(shift_id bigint, volunteer_nos volunteer.volunteer_no[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    wanted CONSTANT registry.shift := registry.require_shift(shift_id);
    alerted integer;
BEGIN
    PERFORM registry.require_duty('dispatcher', (registry.require_published_activity(wanted.activity_id)).organization_id);
    PERFORM registry.require_open_incident(wanted.activity_id);
    IF lower(wanted.period) <= clock_timestamp() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'shift_not_begun',
            MESSAGE = 'Nobody is called out for a shift that has begun.';
    END IF;
    PERFORM volunteer.commit_by(lower(wanted.period));
    WITH called AS (
        INSERT INTO registry.callout AS c (volunteer_id, shift_id)
        SELECT DISTINCT (registry.require_volunteer(n)).volunteer_id, wanted.shift_id FROM unnest(volunteer_nos) AS n
        ON CONFLICT DO NOTHING
        RETURNING c.volunteer_id
    )
    INSERT INTO registry.callout_event (volunteer_id, shift_id, to_status)
    SELECT c.volunteer_id, wanted.shift_id, 'alerted' FROM called c;
    GET DIAGNOSTICS alerted = ROW_COUNT;
    RETURN alerted;
END
$$;
COMMENT ON FUNCTION registry.alert(bigint, volunteer.volunteer_no[]) IS
    '召集志愿者(派单员),返回新通知的人数,已通知的不重复。参数:应急活动的班次、志愿者编号。错误 42501 not_staff、outside_scope,23503 known_shift、known_volunteer,55000 activity_published、incident_is_open、shift_not_begun,25000 committed_in_time(开始前未提交)';

CREATE FUNCTION registry.require_clearance(volunteer_id bigint, shift_id bigint) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    missing text;
BEGIN
    SELECT string_agg(c.requirement, ', ') INTO missing
    FROM registry.clearance(volunteer_id, shift_id) c
    WHERE c.met IS NOT TRUE;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'cleared_for_post',
            MESSAGE = format('The volunteer does not meet what the post asks for: %s.', missing);
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_clearance(bigint, bigint) IS
    '检查上岗条件全部满足,应急召集无例外(成年、培训合格、有保险、在册);错误 23514 cleared_for_post';

CREATE FUNCTION registry.move_callout(
    shift_id bigint, volunteer_no volunteer.volunteer_no, to_status text, reason text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    wanted CONSTANT registry.shift := registry.require_shift(shift_id);
    called CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    subject registry.callout;
BEGIN
    SELECT c.* INTO subject
    FROM registry.callout c
    WHERE (c.volunteer_id, c.shift_id) = (called.volunteer_id, wanted.shift_id)
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_callout',
            MESSAGE = 'The volunteer was not called out for this shift.';
    END IF;
    PERFORM registry.require_duty(
        registry.require_transition('callout', subject.status, to_status, reason),
        (registry.require_published_activity(wanted.activity_id)).organization_id);
    IF to_status = 'cleared' THEN
        PERFORM registry.require_open_incident(wanted.activity_id);
        PERFORM registry.require_clearance(called.volunteer_id, wanted.shift_id);
        PERFORM
        FROM registry.signup u
        WHERE (u.volunteer_id, u.shift_id) = (called.volunteer_id, wanted.shift_id);
        IF NOT FOUND THEN
            PERFORM registry.sign_up(wanted.shift_id, called.volunteer_no);
        END IF;
        PERFORM registry.decide_signup(wanted.shift_id, called.volunteer_no, 'confirmed');
        subject.cleared_by := session_user;
    ELSIF to_status = 'declined' AND subject.status = 'cleared' THEN
        -- Who left the shift gave the place back.
        PERFORM registry.decide_signup(u.shift_id, called.volunteer_no, 'withdrawn', reason)
        FROM registry.signup u
        WHERE (u.volunteer_id, u.shift_id, u.status) = (called.volunteer_id, wanted.shift_id, 'confirmed');
        subject.cleared_by := NULL;
    ELSIF to_status = 'deployed' THEN
        PERFORM registry.require_open_incident(wanted.activity_id);
        PERFORM registry.require_deployable(called, wanted);
        IF registry.session_is(subject.cleared_by) THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                CONSTRAINT = 'deployed_by_another',
                MESSAGE = 'Whoever cleared a volunteer does not deploy the volunteer.';
        END IF;
        subject.deployed_by := session_user;
        subject.deployment := tstzrange(clock_timestamp(), NULL);
        PERFORM volunteer.commit_by(lower(subject.deployment) + interval '1 minute');
    ELSIF to_status = 'demobilised' THEN
        subject.deployment := tstzrange(lower(subject.deployment), clock_timestamp());
    END IF;
    UPDATE registry.callout c
    SET status = to_status, cleared_by = subject.cleared_by, deployed_by = subject.deployed_by, deployment = subject.deployment
    WHERE (c.volunteer_id, c.shift_id) = (subject.volunteer_id, subject.shift_id);
    INSERT INTO registry.callout_event (volunteer_id, shift_id, from_status, to_status, reason)
    VALUES (subject.volunteer_id, subject.shift_id, subject.status, to_status, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.move_callout(bigint, volunteer.volunteer_no, text, text) IS
    '变更应急召集:responded 响应、declined 不参加(须说明理由,已核定的随之退出班次)、cleared 核定上岗条件并确认班次、debriefed 复盘(须写明)由记录员办理,deployed 派出(须在一分钟内提交)、demobilised 撤离由派单员办理。错误 25000 committed_in_time,42501 not_staff、outside_scope,23503 known_shift、known_volunteer、known_callout,55000 known_transition、activity_published、incident_is_open、shift_not_begun,23514 reason_required、cleared_for_post、within_capacity、recorder_is_not_volunteer、confirmed_on_shift、deployed_during_shift、dispatcher_is_not_volunteer、deployed_by_another,23P01 no_double_booking、one_deployment_at_a_time';

CREATE FUNCTION registry.require_deployable(called registry.volunteer, wanted registry.shift) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    IF called.person_id IN (SELECT registry.persons_of(session_user)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'dispatcher_is_not_volunteer',
            MESSAGE = 'Nobody deploys oneself.';
    END IF;
    -- The insurance covers the shift and nothing around it.
    IF NOT wanted.period @> clock_timestamp() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'deployed_during_shift',
            MESSAGE = 'A volunteer is deployed during the shift.';
    END IF;
    PERFORM
    FROM registry.signup u
    WHERE (u.volunteer_id, u.shift_id, u.status) = (called.volunteer_id, wanted.shift_id, 'confirmed');
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'confirmed_on_shift',
            MESSAGE = 'The volunteer has left the shift.';
    END IF;
    PERFORM registry.require_clearance(called.volunteer_id, wanted.shift_id);
END
$$;
COMMENT ON FUNCTION registry.require_deployable(registry.volunteer, registry.shift) IS
    '检查可以派出:非派单员本人,在班次时间之内,班次仍已确认,上岗条件仍满足;错误 23514 dispatcher_is_not_volunteer、deployed_during_shift、confirmed_on_shift、cleared_for_post';

CREATE FUNCTION registry.decline_callouts(activity_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Whoever calls out or clears waits for the incident and finds the activity cancelled.
    PERFORM FROM registry.incident i WHERE i.activity_id = decline_callouts.activity_id AND i.status = 'open' FOR NO KEY UPDATE;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'incident_is_over',
            MESSAGE = 'The activity is an open incident; the incident is closed first.';
    END IF;
    WITH open AS (
        SELECT c.volunteer_id, c.shift_id, c.status
        FROM registry.callout c
        JOIN registry.shift s ON s.shift_id = c.shift_id
        WHERE s.activity_id = decline_callouts.activity_id AND c.status IN ('alerted', 'responded', 'cleared')
        ORDER BY c.shift_id, c.volunteer_id
        FOR NO KEY UPDATE OF c
    ), declined AS (
        UPDATE registry.callout c
        SET status = 'declined', cleared_by = NULL
        FROM open o
        WHERE (c.volunteer_id, c.shift_id) = (o.volunteer_id, o.shift_id)
    )
    INSERT INTO registry.callout_event (volunteer_id, shift_id, from_status, to_status, reason)
    SELECT o.volunteer_id, o.shift_id, o.status, 'declined', registry.clean_text(decline_callouts.reason) FROM open o;
END
$$;
COMMENT ON FUNCTION registry.decline_callouts(bigint, text) IS
    '活动取消:未派出的应急召集一律转为不参加。参数:活动、理由。错误 55000 incident_is_over(应急响应须先终止)';

GRANT EXECUTE ON FUNCTION registry.open_incident(bigint, text, text, text) TO registry_dispatcher;
GRANT EXECUTE ON FUNCTION registry.close_incident(bigint, text) TO registry_dispatcher;
GRANT EXECUTE ON FUNCTION registry.alert(bigint, volunteer.volunteer_no[]) TO registry_dispatcher;
GRANT EXECUTE ON FUNCTION registry.move_callout(bigint, volunteer.volunteer_no, text, text)
    TO registry_recorder, registry_dispatcher;
GRANT SELECT ON registry.incident_event, registry.callout_event TO registry_auditor;
