-- Assessment: rounds in which organizations are held against a standard, and what was found. What the registry knows it
-- measures itself; the rest is judged by somebody who does not belong to the organization.

CREATE TABLE registry.assessment_round (
    round_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    standard text NOT NULL,
    title text NOT NULL,
    as_of date NOT NULL,
    status text NOT NULL DEFAULT 'open',
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    CONSTRAINT round_is_titled CHECK (char_length(title) BETWEEN 1 AND 100 AND title IS NFC NORMALIZED),
    CONSTRAINT round_status CHECK (status IN ('open', 'closed')),
    CONSTRAINT assessed_by_today CHECK (as_of <= (created_at AT TIME ZONE 'Asia/Shanghai')::date)
);
CREATE INDEX assessment_round_organization ON registry.assessment_round (organization_id);
COMMENT ON TABLE registry.assessment_round IS '考核(考核机制、检查指导):一个组织按一项标准考核其下级';
COMMENT ON COLUMN registry.assessment_round.round_id IS '考核编号';
COMMENT ON COLUMN registry.assessment_round.organization_id IS '考核组织';
COMMENT ON COLUMN registry.assessment_round.standard IS '考核标准(代码集 assessment_standard)';
COMMENT ON COLUMN registry.assessment_round.title IS '考核名称';
COMMENT ON COLUMN registry.assessment_round.as_of IS '考核截止日:条目与指标均以该日为准';
COMMENT ON COLUMN registry.assessment_round.status IS '状态:open 进行中,closed 已办结';
COMMENT ON COLUMN registry.assessment_round.created_at IS '录入时间';
COMMENT ON COLUMN registry.assessment_round.created_by IS '录入人(数据库角色)';

CREATE TABLE registry.assessment_round_event (
    round_id bigint NOT NULL REFERENCES registry.assessment_round,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (round_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.assessment_round_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.assessment_round_event IS '考核状态变更记录,只追加';
COMMENT ON COLUMN registry.assessment_round_event.round_id IS '考核';

CREATE TABLE registry.assessment_subject (
    round_id bigint NOT NULL REFERENCES registry.assessment_round,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    PRIMARY KEY (round_id, organization_id)
);
CREATE INDEX assessment_subject_organization ON registry.assessment_subject (organization_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.assessment_subject
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.assessment_subject IS '考核对象,只追加:列入考核的不得撤出';
COMMENT ON COLUMN registry.assessment_subject.round_id IS '考核';
COMMENT ON COLUMN registry.assessment_subject.organization_id IS '被考核组织';

CREATE TABLE registry.assessment_result (
    result_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    round_id bigint NOT NULL,
    organization_id bigint NOT NULL,
    item_id bigint NOT NULL REFERENCES registry.standard_item,
    points numeric(6, 2) NOT NULL,
    value numeric,
    evidence text,
    scored_at timestamptz NOT NULL DEFAULT now(),
    scored_by name NOT NULL DEFAULT session_user,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT subject_of_round FOREIGN KEY (round_id, organization_id) REFERENCES registry.assessment_subject,
    CONSTRAINT points_are_not_negative CHECK (points >= 0),
    CONSTRAINT measured_or_evidenced CHECK (num_nonnulls(value, evidence) = 1 AND char_length(evidence) BETWEEN 1 AND 1000)
);
CREATE INDEX assessment_result_subject ON registry.assessment_result (round_id, organization_id, item_id);
CREATE INDEX assessment_result_xid ON registry.assessment_result (xid);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.assessment_result
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.assessment_result IS '考核得分,只追加:重新评定即追加一条,以最后一条为准';
COMMENT ON COLUMN registry.assessment_result.result_id IS '得分编号';
COMMENT ON COLUMN registry.assessment_result.round_id IS '考核';
COMMENT ON COLUMN registry.assessment_result.organization_id IS '被考核组织';
COMMENT ON COLUMN registry.assessment_result.item_id IS '条目';
COMMENT ON COLUMN registry.assessment_result.points IS '得分';
COMMENT ON COLUMN registry.assessment_result.value IS '指标值;由考核人评定的为空';
COMMENT ON COLUMN registry.assessment_result.evidence IS '评定依据;由指标得出的为空';
COMMENT ON COLUMN registry.assessment_result.scored_at IS '评定时间';
COMMENT ON COLUMN registry.assessment_result.scored_by IS '评定人(数据库角色),不得属于被考核组织';
COMMENT ON COLUMN registry.assessment_result.xid IS '写入的事务,据以封章';

CREATE VIEW registry.assessment_score WITH (security_invoker = true) AS
SELECT DISTINCT ON (r.round_id, r.organization_id, r.item_id)
    r.round_id, r.organization_id, r.item_id, r.points, r.value, r.evidence, r.scored_at, r.scored_by
FROM registry.assessment_result r
ORDER BY r.round_id, r.organization_id, r.item_id, r.result_id DESC;
COMMENT ON VIEW registry.assessment_score IS '每个对象每个条目的最后得分';
COMMENT ON COLUMN registry.assessment_score.round_id IS '考核';
COMMENT ON COLUMN registry.assessment_score.organization_id IS '被考核组织';
COMMENT ON COLUMN registry.assessment_score.item_id IS '条目';
COMMENT ON COLUMN registry.assessment_score.points IS '得分';
COMMENT ON COLUMN registry.assessment_score.value IS '指标值';
COMMENT ON COLUMN registry.assessment_score.evidence IS '评定依据';
COMMENT ON COLUMN registry.assessment_score.scored_at IS '评定时间';
COMMENT ON COLUMN registry.assessment_score.scored_by IS '评定人(数据库角色)';

CREATE FUNCTION registry.open_round(organization_id bigint, standard text, title text, as_of date DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    assessor registry.organization;
    new_round bigint;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    assessor := registry.require_active_organization(organization_id);
    PERFORM registry.require_code('assessment_standard', standard);
    PERFORM FROM registry.standard_items(standard, assessor.region, coalesce(as_of, registry.today()));
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'standard_has_items',
            MESSAGE = 'The standard has no items in this region on that day.',
            HINT = 'registry.set_standard_item() adds them.';
    END IF;
    INSERT INTO registry.assessment_round AS r (organization_id, standard, title, as_of)
    VALUES (assessor.organization_id, standard, registry.clean_text(title), coalesce(as_of, registry.today()))
    RETURNING r.round_id INTO new_round;
    INSERT INTO registry.assessment_round_event (round_id, to_status) VALUES (new_round, 'open');
    RETURN new_round;
END
$$;
COMMENT ON FUNCTION registry.open_round(bigint, text, text, date) IS
    '开展考核(记录员),返回考核编号。参数:考核组织、考核标准、名称、截止日(缺省今天)。错误 42501 not_staff、outside_scope,23503 known_organization、known_code,55000 organization_active,23514 standard_has_items、round_is_titled、assessed_by_today';

-- Shared, so that scorers work side by side and only the closing waits for them.
CREATE FUNCTION registry.require_open_round(round_id bigint) RETURNS registry.assessment_round
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.assessment_round;
BEGIN
    SELECT r.* INTO subject FROM registry.assessment_round r WHERE r.round_id = require_open_round.round_id FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_round',
            MESSAGE = 'There is no such assessment.';
    END IF;
    IF subject.status <> 'open' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'round_is_open',
            MESSAGE = 'The assessment is closed.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.require_open_round(bigint) IS '取进行中的考核,并阻止其办结;错误 23503 known_round、55000 round_is_open';

CREATE FUNCTION registry.fill_round(round_id bigint, organization_ids bigint[] DEFAULT '{}') RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    held CONSTANT registry.assessment_round := registry.require_open_round(round_id);
    filled integer;
BEGIN
    PERFORM registry.require_duty('recorder', held.organization_id);
    PERFORM
    FROM unnest(organization_ids) AS n (id)
    WHERE n.id = held.organization_id OR n.id NOT IN (SELECT registry.organization_below(held.organization_id));
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'subject_below_assessor',
            MESSAGE = 'An organization assesses those below it.';
    END IF;
    INSERT INTO registry.assessment_subject (round_id, organization_id)
    SELECT held.round_id, (registry.require_active_organization(n.id)).organization_id FROM unnest(organization_ids) AS n (id)
    ON CONFLICT DO NOTHING;
    INSERT INTO registry.assessment_result (round_id, organization_id, item_id, points, value)
    SELECT s.round_id, s.organization_id, i.item_id, CASE WHEN m.value >= i.threshold THEN i.points ELSE 0 END, m.value
    FROM registry.assessment_subject s
    JOIN registry.organization o ON o.organization_id = held.organization_id
    CROSS JOIN LATERAL registry.standard_items(held.standard, o.region, held.as_of) AS i
    CROSS JOIN LATERAL (SELECT coalesce(registry.measured(s.organization_id, i.measure, held.as_of), 0) AS value) AS m
    LEFT JOIN registry.assessment_score c
        ON (c.round_id, c.organization_id, c.item_id) = (s.round_id, s.organization_id, i.item_id)
    WHERE s.round_id = held.round_id AND i.measure IS NOT NULL AND c.value IS DISTINCT FROM m.value;
    GET DIAGNOSTICS filled = ROW_COUNT;
    RETURN filled;
END
$$;
COMMENT ON FUNCTION registry.fill_round(bigint, bigint[]) IS
    '把组织列入考核并按登记数据填写全部对象的指标条目(记录员),可重复调用,指标有变才追加;返回填写的条数。参数:考核、新列入的组织。错误 42501 not_staff、outside_scope,23503 known_round、known_organization,55000 round_is_open、organization_active,23514 subject_below_assessor';

CREATE FUNCTION registry.session_belongs_to(organization_id bigint) RETURNS boolean
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM registry.staff s
        WHERE s.organization_id IN (SELECT registry.organization_below(session_belongs_to.organization_id))
            AND s.valid @> registry.today() AND registry.session_is(s.role_name)
    ) OR EXISTS (
        SELECT FROM registry.membership m
        WHERE m.organization_id IN (SELECT registry.organization_below(session_belongs_to.organization_id))
            AND m.valid @> registry.today() AND m.person_id IN (SELECT registry.persons_of(session_user))
    );
END;
COMMENT ON FUNCTION registry.session_belongs_to(bigint) IS '当前会话者是否任职于该组织或其下级,或为其成员';

CREATE FUNCTION registry.score_item(round_id bigint, organization_id bigint, code text, points numeric, evidence text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    held CONSTANT registry.assessment_round := registry.require_open_round(round_id);
    item registry.standard_item;
BEGIN
    PERFORM registry.require_duty('recorder', held.organization_id);
    SELECT i.* INTO item
    FROM registry.organization o
    CROSS JOIN LATERAL registry.standard_items(held.standard, o.region, held.as_of) AS i
    WHERE o.organization_id = held.organization_id AND i.code = score_item.code;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'item_of_standard',
            MESSAGE = 'The standard of this assessment has no such item.';
    END IF;
    IF item.measure IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'item_is_judged',
            MESSAGE = 'The item is measured by the registry and not judged.';
    END IF;
    IF points > item.points THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'points_within_item',
            MESSAGE = 'The item gives fewer points.';
    END IF;
    IF registry.session_belongs_to(organization_id) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'scorer_is_not_of_subject',
            MESSAGE = 'Nobody scores the own organization.';
    END IF;
    INSERT INTO registry.assessment_result (round_id, organization_id, item_id, points, evidence)
    VALUES (held.round_id, organization_id, item.item_id, points, registry.clean_text(evidence));
END
$$;
COMMENT ON FUNCTION registry.score_item(bigint, bigint, text, numeric, text) IS
    '评定一个条目(考核组织的记录员),可重新评定,以最后一次为准。参数:考核、被考核组织、条目代码、得分、依据。错误 42501 not_staff、outside_scope,23503 known_round、item_of_standard、subject_of_round,55000 round_is_open,23514 item_is_judged、points_within_item、points_are_not_negative、scorer_is_not_of_subject、measured_or_evidenced';

CREATE FUNCTION registry.change_round_status(round_id bigint, to_status text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    held registry.assessment_round;
BEGIN
    SELECT r.* INTO held FROM registry.assessment_round r WHERE r.round_id = change_round_status.round_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_round',
            MESSAGE = 'There is no such assessment.';
    END IF;
    PERFORM registry.require_duty(
        registry.require_transition('assessment_round', held.status, to_status, reason), held.organization_id);
    IF to_status = 'closed' THEN
        PERFORM
        FROM registry.assessment_subject s
        JOIN registry.organization o ON o.organization_id = held.organization_id
        CROSS JOIN LATERAL registry.standard_items(held.standard, o.region, held.as_of) AS i
        WHERE s.round_id = held.round_id AND NOT EXISTS (
            SELECT FROM registry.assessment_result r
            WHERE (r.round_id, r.organization_id, r.item_id) = (s.round_id, s.organization_id, i.item_id));
        IF FOUND THEN
            RAISE EXCEPTION USING
                ERRCODE = 'object_not_in_prerequisite_state',
                CONSTRAINT = 'every_item_is_scored',
                MESSAGE = 'An assessment is closed when every item of every organization has its points.';
        END IF;
        PERFORM
        FROM (SELECT DISTINCT r.scored_by FROM registry.assessment_result r WHERE r.round_id = held.round_id) AS d
        WHERE registry.session_is(d.scored_by);
        IF FOUND THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                CONSTRAINT = 'closed_by_another',
                MESSAGE = 'Whoever scored does not close the assessment.';
        END IF;
    END IF;
    UPDATE registry.assessment_round r SET status = to_status WHERE r.round_id = held.round_id;
    INSERT INTO registry.assessment_round_event (round_id, from_status, to_status, reason)
    VALUES (held.round_id, held.status, to_status, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.change_round_status(bigint, text, text) IS
    '办结考核(closed,考核组织的审核员,每个条目均有得分)或重新打开(open,须说明理由);评定人不得办结。错误 42501 not_staff、outside_scope,23503 known_round,55000 known_transition、every_item_is_scored,23514 reason_required、closed_by_another';

CREATE FUNCTION registry.judged(organization_id bigint, standard text, code text, day date) RETURNS numeric
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.points / i.points
    FROM registry.assessment_round r
    JOIN registry.assessment_score c ON c.round_id = r.round_id
    JOIN registry.standard_item i ON i.item_id = c.item_id
    WHERE c.organization_id = judged.organization_id AND r.standard = judged.standard AND i.code = judged.code
        AND r.status = 'closed' AND r.as_of <= judged.day
    ORDER BY r.as_of DESC, r.round_id DESC
    LIMIT 1;
END;
COMMENT ON FUNCTION registry.judged(bigint, text, text, date) IS
    '组织某日之前最近一次已办结考核中某标准某条目的得分率;未考核为空';

GRANT EXECUTE ON FUNCTION registry.open_round(bigint, text, text, date) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.fill_round(bigint, bigint[]) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.score_item(bigint, bigint, text, numeric, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.change_round_status(bigint, text, text) TO registry_reviewer;
GRANT SELECT ON registry.assessment_round_event, registry.assessment_result TO registry_auditor;
