-- Pairing: a unit helps a community, or a team works with a social-work agency, and both account for it month by month.

CREATE TABLE registry.pairing (
    pairing_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id bigint NOT NULL REFERENCES registry.organization,
    partner_id bigint NOT NULL REFERENCES registry.organization,
    responsible text NOT NULL,
    valid daterange NOT NULL,
    status text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    CONSTRAINT paired_with_another CHECK (unit_id <> partner_id),
    CONSTRAINT pairing_status CHECK (status IN ('active', 'ended')),
    CONSTRAINT pairing_has_beginning CHECK (
        NOT lower_inf(valid) AND isfinite(lower(valid)) AND (status = 'ended' OR NOT isempty(valid))),
    CONSTRAINT pairing_names_responsible CHECK (
        char_length(responsible) BETWEEN 1 AND 100 AND responsible IS NFC NORMALIZED),
    CONSTRAINT one_pairing_at_a_time EXCLUDE USING gist (unit_id WITH =, partner_id WITH =, valid WITH &&)
);
CREATE INDEX pairing_partner ON registry.pairing (partner_id);
COMMENT ON TABLE registry.pairing IS '结对:单位与社区(村)结对帮扶,志愿者组织与社工机构结对合作';
COMMENT ON COLUMN registry.pairing.pairing_id IS '结对编号';
COMMENT ON COLUMN registry.pairing.unit_id IS '结对单位';
COMMENT ON COLUMN registry.pairing.partner_id IS '结对社区(村)或社工机构';
COMMENT ON COLUMN registry.pairing.responsible IS '责任人(职务)';
COMMENT ON COLUMN registry.pairing.valid IS '结对期限(日,半开区间);空区间表示未及开始即终止';
COMMENT ON COLUMN registry.pairing.status IS '状态:active 结对中,ended 已终止';
COMMENT ON COLUMN registry.pairing.created_at IS '录入时间';
COMMENT ON COLUMN registry.pairing.created_by IS '录入人(数据库角色)';

CREATE TABLE registry.pairing_event (
    pairing_id bigint NOT NULL REFERENCES registry.pairing,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (pairing_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.pairing_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.pairing_event IS '结对状态变更记录,只追加';
COMMENT ON COLUMN registry.pairing_event.pairing_id IS '结对';

CREATE TABLE registry.pairing_log (
    pairing_id bigint NOT NULL REFERENCES registry.pairing,
    month date NOT NULL,
    content text NOT NULL,
    activity_id bigint REFERENCES registry.activity,
    status text NOT NULL DEFAULT 'submitted',
    entered_at timestamptz NOT NULL DEFAULT now(),
    entered_by name NOT NULL DEFAULT session_user,
    decided_at timestamptz,
    decided_by name,
    CONSTRAINT one_log_a_month PRIMARY KEY (pairing_id, month),
    CONSTRAINT month_begins_on_the_first CHECK (extract(day FROM month) = 1),
    CONSTRAINT month_has_begun CHECK (month <= (entered_at AT TIME ZONE 'Asia/Shanghai')::date),
    CONSTRAINT help_is_described CHECK (char_length(content) BETWEEN 1 AND 2000 AND content IS NFC NORMALIZED),
    CONSTRAINT pairing_log_status CHECK (status IN ('submitted', 'confirmed', 'returned')),
    CONSTRAINT decided_by_somebody CHECK (
        (status = 'submitted') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT confirmed_by_another CHECK (decided_by <> entered_by)
);
CREATE INDEX pairing_log_activity ON registry.pairing_log (activity_id);
COMMENT ON TABLE registry.pairing_log IS '结对月志:每月集中帮扶,一对一月一条,由结对单位填报、对方确认';
COMMENT ON COLUMN registry.pairing_log.pairing_id IS '结对';
COMMENT ON COLUMN registry.pairing_log.month IS '月份(首日)';
COMMENT ON COLUMN registry.pairing_log.content IS '帮扶内容';
COMMENT ON COLUMN registry.pairing_log.activity_id IS '集中帮扶所办的活动;空表示未办活动';
COMMENT ON COLUMN registry.pairing_log.status IS '状态:submitted 待确认,confirmed 已确认,returned 退回';
COMMENT ON COLUMN registry.pairing_log.entered_at IS '填报时间';
COMMENT ON COLUMN registry.pairing_log.entered_by IS '填报人(数据库角色)';
COMMENT ON COLUMN registry.pairing_log.decided_at IS '确认时间';
COMMENT ON COLUMN registry.pairing_log.decided_by IS '确认人(数据库角色),不得为填报人';

CREATE TABLE registry.pairing_log_event (
    pairing_id bigint NOT NULL,
    month date NOT NULL,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (pairing_id, month, event_id),
    FOREIGN KEY (pairing_id, month) REFERENCES registry.pairing_log
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.pairing_log_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.pairing_log_event IS '结对月志状态变更记录,只追加';
COMMENT ON COLUMN registry.pairing_log_event.pairing_id IS '结对';
COMMENT ON COLUMN registry.pairing_log_event.month IS '月份(首日)';

CREATE FUNCTION registry.pair(
    unit_id bigint, partner_id bigint, responsible text, since date DEFAULT NULL, until date DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    partner registry.organization;
    new_pairing bigint;
BEGIN
    PERFORM registry.require_duty('dispatcher', unit_id);
    PERFORM registry.require_duty('dispatcher', partner_id);
    PERFORM registry.require_active_organization(unit_id);
    partner := registry.require_active_organization(partner_id);
    IF partner.unit_kind NOT IN ('09', '10', '14') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'partner_is_community_or_agency',
            MESSAGE = 'The partner of a pairing is a residents'' or villagers'' committee or a social service agency.';
    END IF;
    INSERT INTO registry.pairing AS p (unit_id, partner_id, responsible, valid)
    VALUES (unit_id, partner_id, registry.clean_text(responsible), daterange(coalesce(since, registry.today()), until))
    RETURNING p.pairing_id INTO new_pairing;
    INSERT INTO registry.pairing_event (pairing_id, to_status) VALUES (new_pairing, 'active');
    RETURN new_pairing;
END
$$;
COMMENT ON FUNCTION registry.pair(bigint, bigint, text, date, date) IS
    '建立结对(双方共同上级的派单员),返回结对编号。参数:结对单位、结对社区(村)或社工机构、责任人(职务)、起始日(缺省今天)、终止日(不含,缺省长期)。错误 42501 not_staff、outside_scope,23503 known_organization,55000 organization_active,23514 partner_is_community_or_agency、paired_with_another、pairing_names_responsible、pairing_has_beginning,23P01 one_pairing_at_a_time,22000 终止日早于起始日';

CREATE FUNCTION registry.lock_pairing(pairing_id bigint) RETURNS registry.pairing
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.pairing;
BEGIN
    SELECT p.* INTO subject FROM registry.pairing p WHERE p.pairing_id = lock_pairing.pairing_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_pairing',
            MESSAGE = 'There is no such pairing.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.lock_pairing(bigint) IS '锁定并返回结对;错误 23503 known_pairing';

CREATE FUNCTION registry.end_pairing(pairing_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.pairing := registry.lock_pairing(pairing_id);
    duty CONSTANT text := registry.require_transition('pairing', subject.status, 'ended', reason);
BEGIN
    PERFORM registry.require_duty(duty, subject.unit_id);
    PERFORM registry.require_duty(duty, subject.partner_id);
    UPDATE registry.pairing p
    SET status = 'ended', valid = p.valid * daterange(NULL, registry.today())
    WHERE p.pairing_id = subject.pairing_id;
    INSERT INTO registry.pairing_event (pairing_id, from_status, to_status, reason)
    VALUES (subject.pairing_id, subject.status, 'ended', registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.end_pairing(bigint, text) IS
    '终止结对(双方共同上级的派单员),须说明理由;今日起失效。错误 42501 not_staff、outside_scope,23503 known_pairing,55000 known_transition,23514 reason_required';

CREATE FUNCTION registry.log_pairing(pairing_id bigint, month date, content text, activity_id bigint DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.pairing := registry.lock_pairing(pairing_id);
    whole_month CONSTANT daterange := daterange(month, (month + interval '1 month')::date);
    held registry.activity;
    earlier registry.pairing_log;
BEGIN
    PERFORM registry.require_duty('recorder', subject.unit_id);
    IF NOT subject.valid && whole_month THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'month_within_pairing',
            MESSAGE = 'The month lies outside the pairing.';
    END IF;
    IF activity_id IS NOT NULL THEN
        held := registry.require_published_activity(activity_id);
        IF NOT whole_month @> (lower(held.period) AT TIME ZONE 'Asia/Shanghai')::date
            OR NOT ARRAY[subject.unit_id, subject.partner_id]
                && ARRAY(SELECT registry.organization_above(held.organization_id)) THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                CONSTRAINT = 'activity_of_pairing',
                MESSAGE = 'The activity was not held by the paired organizations in this month.';
        END IF;
    END IF;
    SELECT l.* INTO earlier
    FROM registry.pairing_log l
    WHERE (l.pairing_id, l.month) = (subject.pairing_id, log_pairing.month);
    IF earlier.status = 'returned' THEN
        PERFORM registry.require_transition('pairing_log', earlier.status, 'submitted', NULL);
        UPDATE registry.pairing_log l
        SET status = 'submitted', content = registry.clean_text(log_pairing.content), activity_id = held.activity_id,
            entered_at = now(), entered_by = session_user, decided_at = NULL, decided_by = NULL
        WHERE (l.pairing_id, l.month) = (earlier.pairing_id, earlier.month);
    ELSE
        INSERT INTO registry.pairing_log (pairing_id, month, content, activity_id)
        VALUES (subject.pairing_id, month, registry.clean_text(content), held.activity_id);
    END IF;
    INSERT INTO registry.pairing_log_event (pairing_id, month, from_status, to_status)
    VALUES (subject.pairing_id, month, earlier.status, 'submitted');
END
$$;
COMMENT ON FUNCTION registry.log_pairing(bigint, date, text, bigint) IS
    '填报结对月志(结对单位的记录员),退回的可重新填报。参数:结对、月份(首日)、帮扶内容、所办活动(双方或其下级当月开始的活动)。错误 42501 not_staff、outside_scope,23503 known_pairing、known_activity,55000 activity_published,23505 one_log_a_month,23514 month_within_pairing、month_begins_on_the_first、month_has_begun、activity_of_pairing、help_is_described';

CREATE FUNCTION registry.decide_pairing_log(pairing_id bigint, month date, to_status text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.pairing := registry.lock_pairing(pairing_id);
    entry registry.pairing_log;
BEGIN
    SELECT l.* INTO entry
    FROM registry.pairing_log l
    WHERE (l.pairing_id, l.month) = (subject.pairing_id, decide_pairing_log.month);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_pairing_log',
            MESSAGE = 'There is no log of this pairing and month.';
    END IF;
    PERFORM registry.require_duty(
        registry.require_transition('pairing_log', entry.status, to_status, reason), subject.partner_id);
    IF registry.session_is(entry.entered_by) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'confirmed_by_another',
            MESSAGE = 'Nobody decides on the own log.';
    END IF;
    UPDATE registry.pairing_log l
    SET status = to_status, decided_at = now(), decided_by = session_user
    WHERE (l.pairing_id, l.month) = (entry.pairing_id, entry.month);
    INSERT INTO registry.pairing_log_event (pairing_id, month, from_status, to_status, reason)
    VALUES (entry.pairing_id, entry.month, entry.status, to_status, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.decide_pairing_log(bigint, date, text, text) IS
    '确认结对月志(对方的审核员):confirmed 确认,returned 退回(须说明理由);填报人不得确认。错误 42501 not_staff、outside_scope,23503 known_pairing、known_pairing_log,55000 known_transition,23514 reason_required、confirmed_by_another';

GRANT EXECUTE ON FUNCTION registry.pair(bigint, bigint, text, date, date) TO registry_dispatcher;
GRANT EXECUTE ON FUNCTION registry.end_pairing(bigint, text) TO registry_dispatcher;
GRANT EXECUTE ON FUNCTION registry.log_pairing(bigint, date, text, bigint) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.decide_pairing_log(bigint, date, text, text) TO registry_reviewer;
GRANT SELECT ON registry.pairing_event, registry.pairing_log_event TO registry_auditor;
