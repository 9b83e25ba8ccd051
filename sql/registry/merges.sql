-- One human being who was entered twice: both histories stay as they were recorded, one person remains.

CREATE TABLE registry.person_merge (
    merge_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    absorbed_id bigint NOT NULL REFERENCES registry.person,
    survivor_id bigint NOT NULL REFERENCES registry.person,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    evidence text NOT NULL,
    status text NOT NULL DEFAULT 'requested',
    requested_at timestamptz NOT NULL DEFAULT now(),
    requested_by name NOT NULL DEFAULT session_user,
    CONSTRAINT two_persons_are_merged CHECK (absorbed_id <> survivor_id),
    CONSTRAINT merge_has_evidence CHECK (evidence <> ''),
    CONSTRAINT merge_status CHECK (status IN ('requested', 'merged', 'refused'))
);
CREATE UNIQUE INDEX one_merge_of_a_person ON registry.person_merge (absorbed_id) WHERE status <> 'refused';
CREATE INDEX person_merge_survivor ON registry.person_merge (survivor_id);
COMMENT ON TABLE registry.person_merge IS '重复登记的合并:两份服务史各自保留,只留一人';
COMMENT ON COLUMN registry.person_merge.merge_id IS '合并编号';
COMMENT ON COLUMN registry.person_merge.absorbed_id IS '并入他人的重复登记';
COMMENT ON COLUMN registry.person_merge.survivor_id IS '保留的自然人';
COMMENT ON COLUMN registry.person_merge.organization_id IS '审批组织:保留者的登记组织';
COMMENT ON COLUMN registry.person_merge.evidence IS '同一人的凭证';
COMMENT ON COLUMN registry.person_merge.status IS '状态:requested 已申请,merged 已合并,refused 不合并';
COMMENT ON COLUMN registry.person_merge.requested_at IS '申请时间';
COMMENT ON COLUMN registry.person_merge.requested_by IS '申请人(数据库角色)';

CREATE TABLE registry.person_merge_event (
    merge_id bigint NOT NULL REFERENCES registry.person_merge,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (merge_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.person_merge_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.person_merge_event IS '合并的申请与决定,只追加';
COMMENT ON COLUMN registry.person_merge_event.merge_id IS '合并';

CREATE FUNCTION registry.require_whole_person(person_id bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM registry.person p
    WHERE p.person_id = require_whole_person.person_id AND p.merged_into IS NULL AND p.erased_at IS NULL
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'person_is_whole',
            MESSAGE = 'The person was merged into another or erased.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_whole_person(bigint) IS '检查自然人未被合并、未被注销,并锁定;错误 55000 person_is_whole';

CREATE FUNCTION registry.request_merge(
    absorbed_no volunteer.volunteer_no, survivor_no volunteer.volunteer_no, evidence text)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    absorbed CONSTANT registry.volunteer := registry.require_volunteer(absorbed_no);
    survivor CONSTANT registry.volunteer := registry.require_volunteer(survivor_no);
    new_merge bigint;
BEGIN
    PERFORM registry.require_duty('registrar', absorbed.organization_id);
    PERFORM registry.require_whole_person(p.person_id)
    FROM unnest(ARRAY[
        least(absorbed.person_id, survivor.person_id), greatest(absorbed.person_id, survivor.person_id)]) AS p (person_id);
    PERFORM registry.require_transition('volunteer', absorbed.status, 'merged', evidence);
    INSERT INTO registry.person_merge AS m (absorbed_id, survivor_id, organization_id, evidence)
    VALUES (absorbed.person_id, survivor.person_id, survivor.organization_id, registry.clean_text(evidence))
    RETURNING m.merge_id INTO new_merge;
    INSERT INTO registry.person_merge_event (merge_id, to_status) VALUES (new_merge, 'requested');
    RETURN new_merge;
END
$$;
COMMENT ON FUNCTION registry.request_merge(volunteer.volunteer_no, volunteer.volunteer_no, text) IS
    '申请合并重复登记,返回合并编号(重复登记一方的登记员)。参数:并入他人的编号、保留的编号、同一人的凭证。错误 42501 not_staff、outside_scope,23503 known_volunteer,23505 one_merge_of_a_person,23514 two_persons_are_merged、reason_required,55000 person_is_whole、known_transition';

-- What the person that remains has already, is his; the rest comes with the other.
CREATE FUNCTION registry.move_belongings(absorbed_id bigint, survivor_id bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    today CONSTANT date := registry.today();
BEGIN
    INSERT INTO registry.contact (person_id, kind, sealed, tail, keep_until)
    SELECT survivor_id, c.kind,
        registry.sealed_value(registry.opened_value(c.sealed, registry.contact_context(c.person_id, c.kind)),
            registry.contact_context(survivor_id, c.kind)),
        c.tail, c.keep_until
    FROM registry.contact c
    WHERE c.person_id = absorbed_id AND registry.has_consent(survivor_id, 'contact')
    ON CONFLICT ON CONSTRAINT contact_pkey DO NOTHING;
    DELETE FROM registry.contact c WHERE c.person_id = absorbed_id;

    WITH ended AS (
        UPDATE registry.membership m
        SET valid = m.valid * daterange(NULL, today)
        FROM registry.membership old
        WHERE m.person_id = absorbed_id AND upper_inf(m.valid) AND old.membership_id = m.membership_id
        RETURNING m.organization_id, m.role, greatest(lower(old.valid), today) AS since, m.evidence
    )
    INSERT INTO registry.membership (organization_id, person_id, role, valid, evidence)
    SELECT e.organization_id, survivor_id, e.role, daterange(e.since, NULL), e.evidence
    FROM ended e
    WHERE NOT EXISTS (
        SELECT FROM registry.membership m
        WHERE (m.organization_id, m.person_id, m.role) = (e.organization_id, survivor_id, e.role)
            AND upper_inf(m.valid));

    -- Refused if one human being recorded and reviewed in one organisation.
    UPDATE registry.staff s SET person_id = survivor_id WHERE s.person_id = absorbed_id;
END
$$;
COMMENT ON FUNCTION registry.move_belongings(bigint, bigint) IS
    '联系方式、队伍成员、任职归于保留者;错误 23P01 one_person_not_recorder_and_reviewer';

CREATE FUNCTION registry.decide_merge(merge_id bigint, approve boolean, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    to_status CONSTANT text := CASE WHEN approve THEN 'merged' WHEN NOT approve THEN 'refused' END;
    subject registry.person_merge;
    absorbed registry.volunteer;
    change bigint;
BEGIN
    SELECT m.* INTO subject FROM registry.person_merge m WHERE m.merge_id = decide_merge.merge_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_merge',
            MESSAGE = 'There is no such request to merge.';
    END IF;
    PERFORM registry.require_duty(
        registry.require_transition('person_merge', subject.status, to_status, reason), subject.organization_id);
    IF registry.session_is(subject.requested_by) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'decided_by_another',
            MESSAGE = 'Nobody decides on the own request.';
    END IF;
    PERFORM registry.require_other_volunteer(v.volunteer_id)
    FROM registry.volunteer v WHERE v.person_id IN (subject.absorbed_id, subject.survivor_id);
    UPDATE registry.person_merge m SET status = to_status WHERE m.merge_id = subject.merge_id;
    INSERT INTO registry.person_merge_event (merge_id, from_status, to_status, reason)
    VALUES (subject.merge_id, subject.status, to_status, registry.clean_text(reason));
    IF NOT approve THEN
        RETURN;
    END IF;

    PERFORM registry.require_whole_person(p.person_id)
    FROM unnest(ARRAY[
        least(subject.absorbed_id, subject.survivor_id), greatest(subject.absorbed_id, subject.survivor_id)]) AS p (person_id);
    SELECT v.* INTO absorbed FROM registry.volunteer v WHERE v.person_id = subject.absorbed_id FOR NO KEY UPDATE;
    PERFORM registry.require_transition('volunteer', absorbed.status, 'merged', subject.evidence);
    UPDATE registry.person p
    SET merged_into = subject.survivor_id
    WHERE subject.absorbed_id IN (p.person_id, p.merged_into);
    PERFORM registry.move_belongings(subject.absorbed_id, subject.survivor_id);
    PERFORM registry.unite_time_accounts(subject.absorbed_id, subject.survivor_id, subject.evidence);
    UPDATE registry.volunteer v SET status = 'merged' WHERE v.volunteer_id = absorbed.volunteer_id;
    INSERT INTO registry.volunteer_event (volunteer_id, from_status, to_status, reason)
    VALUES (absorbed.volunteer_id, absorbed.status, 'merged', format('person_merge %s', subject.merge_id))
    RETURNING event_id INTO change;
    PERFORM registry.settle_exit(absorbed.volunteer_id, change, format('person_merge %s', subject.merge_id));
END
$$;
COMMENT ON FUNCTION registry.decide_merge(bigint, boolean, text) IS
    '决定合并申请(保留者登记组织的登记员,不得为申请人,也不得为所合并的人)。合并后重复登记不再记录服务,原有记录、证明仍在原编号下,星级、年度时长并计两者(见 star_hours),时间重叠的列入 report.double_claims;证件、任职、回避、时间账户余额均归于保留者。参数:合并编号、是否合并、不合并的理由。错误 42501 not_staff、outside_scope,23503 known_merge,55000 known_transition、person_is_whole,23514 reason_required、decided_by_another、reviewer_is_not_volunteer,23P01 one_person_not_recorder_and_reviewer';

GRANT EXECUTE ON FUNCTION registry.request_merge(volunteer.volunteer_no, volunteer.volunteer_no, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.decide_merge(bigint, boolean, text) TO registry_registrar;
GRANT SELECT ON registry.person_merge_event TO registry_auditor;
