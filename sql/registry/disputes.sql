-- Disputes: whoever doubts a record that is public or counts has it taken out until somebody decides who neither recorded
-- nor approved it. An objection during publicity is one of these.

-- What is erased later is sealed as this; without the salt nobody can try texts against it.
CREATE FUNCTION registry.salted_digest(salt uuid, value text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN sha256(convert_to(salt::text || value, 'UTF8'));
COMMENT ON FUNCTION registry.salted_digest(uuid, text) IS '加盐的文字摘要(SHA-256)';

CREATE TABLE registry.dispute (
    volunteer_id bigint NOT NULL,
    dispute_id bigint GENERATED ALWAYS AS IDENTITY,
    service_date date NOT NULL,
    record_id bigint NOT NULL,
    party text NOT NULL,
    ground text,
    ground_salt uuid,
    ground_sha256 bytea NOT NULL,
    record_status text NOT NULL,
    status text NOT NULL DEFAULT 'open',
    PRIMARY KEY (volunteer_id, dispute_id),
    FOREIGN KEY (volunteer_id, service_date, record_id) REFERENCES registry.service_record,
    CONSTRAINT dispute_party CHECK (party IN ('volunteer', 'public', 'organization', 'inspection')),
    CONSTRAINT dispute_has_ground CHECK (char_length(ground) BETWEEN 1 AND 500),
    CONSTRAINT ground_has_salt CHECK ((ground IS NULL) = (ground_salt IS NULL)),
    CONSTRAINT ground_has_digest CHECK (registry.salted_digest(ground_salt, ground) = ground_sha256),
    CONSTRAINT public_or_effective_is_disputed CHECK (record_status IN ('in_publicity', 'effective')),
    CONSTRAINT dispute_status CHECK (status IN ('open', 'upheld', 'rejected'))
);
CREATE UNIQUE INDEX dispute_number ON registry.dispute (dispute_id);
CREATE UNIQUE INDEX one_open_dispute ON registry.dispute (volunteer_id, record_id) WHERE status = 'open';
CREATE TRIGGER only_status_changes
    BEFORE UPDATE OF volunteer_id, dispute_id, service_date, record_id, party, ground_sha256, record_status
    ON registry.dispute FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER ground_is_only_erased BEFORE UPDATE OF ground, ground_salt ON registry.dispute
    FOR EACH ROW WHEN (NEW.ground IS NOT NULL) EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.dispute
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.dispute IS '异议:公示中或已生效的记录被提出异议,即停止计时,待与录入、审核无关的人裁定';
COMMENT ON COLUMN registry.dispute.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.dispute.dispute_id IS '异议编号';
COMMENT ON COLUMN registry.dispute.service_date IS '服务日期';
COMMENT ON COLUMN registry.dispute.record_id IS '服务记录';
COMMENT ON COLUMN registry.dispute.party IS '提出方:volunteer 本人,public 公众,organization 组织,inspection 抽查;不记姓名';
COMMENT ON COLUMN registry.dispute.ground IS '理由;志愿者的个人信息删除后为空';
COMMENT ON COLUMN registry.dispute.ground_salt IS '理由摘要的盐,随理由删除';
COMMENT ON COLUMN registry.dispute.ground_sha256 IS '理由的加盐摘要,据以封章';
COMMENT ON COLUMN registry.dispute.record_status IS '提出时记录的状态:in_publicity 公示中,effective 已生效';
COMMENT ON COLUMN registry.dispute.status IS '状态:open 待裁定,upheld 成立(记录作废),rejected 不成立(记录恢复)';

CREATE TABLE registry.dispute_event (
    volunteer_id bigint NOT NULL,
    dispute_id bigint NOT NULL,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (volunteer_id, dispute_id, event_id),
    FOREIGN KEY (volunteer_id, dispute_id) REFERENCES registry.dispute
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.dispute_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.dispute_event IS '异议状态变更记录,只追加';
COMMENT ON COLUMN registry.dispute_event.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.dispute_event.dispute_id IS '异议';

CREATE FUNCTION registry.raise_dispute(record_id bigint, party text, ground text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_record := registry.lock_record(record_id);
    clean_ground CONSTANT text := nullif(registry.clean_text(ground), '');
    salt CONSTANT uuid := gen_random_uuid();
    new_dispute bigint;
BEGIN
    -- Events are for ever: the ground stands in the dispute alone, where it can be erased.
    PERFORM registry.move_record(subject, 'disputed', CASE WHEN clean_ground IS NOT NULL THEN party END);
    PERFORM registry.require_not_erased(subject.volunteer_id);
    INSERT INTO registry.dispute AS d
        (volunteer_id, service_date, record_id, party, ground, ground_salt, ground_sha256, record_status)
    VALUES (subject.volunteer_id, subject.service_date, subject.record_id, party, clean_ground, salt,
        registry.salted_digest(salt, clean_ground), subject.status)
    RETURNING d.dispute_id INTO new_dispute;
    INSERT INTO registry.dispute_event (volunteer_id, dispute_id, to_status)
    VALUES (subject.volunteer_id, new_dispute, 'open');
    RETURN new_dispute;
END
$$;
COMMENT ON FUNCTION registry.raise_dispute(bigint, text, text) IS
    '对公示中或已生效的记录提出异议,返回异议编号;时长随同一事务停止计入,所涉证明暂停、星级待复核。参数:记录、提出方(volunteer、public、organization、inspection)、理由。错误 42501 not_staff、outside_scope,23503 known_record,55000 known_transition、person_not_erased,23514 reason_required、dispute_party、dispute_has_ground';

CREATE FUNCTION registry.decide_dispute(dispute_id bigint, uphold boolean, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.dispute;
    record registry.service_record;
    batch registry.record_batch;
    decision CONSTANT text := CASE WHEN uphold THEN 'upheld' WHEN NOT uphold THEN 'rejected' END;
    outcome text;
BEGIN
    SELECT d.* INTO subject FROM registry.dispute d WHERE d.dispute_id = decide_dispute.dispute_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_dispute',
            MESSAGE = 'There is no such dispute.';
    END IF;
    -- The batch before its records, as who reviews it takes them.
    batch := registry.lock_batch((
        SELECT r.batch_id FROM registry.service_record r
        WHERE (r.volunteer_id, r.service_date, r.record_id) = (subject.volunteer_id, subject.service_date, subject.record_id)));
    record := registry.lock_record(subject.record_id);
    PERFORM registry.require_duty(
        registry.require_transition('dispute', subject.status, decision, reason), record.organization_id);
    PERFORM
    FROM (
        SELECT registry.recorders_of(batch.batch_id)
        UNION ALL SELECT batch.reviewed_by
        UNION ALL SELECT e.actor FROM registry.dispute_event e
        WHERE (e.volunteer_id, e.dispute_id) = (subject.volunteer_id, subject.dispute_id)
    ) AS involved (role_name)
    WHERE registry.session_is(involved.role_name);
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'decider_is_not_involved',
            MESSAGE = 'Who recorded, reviewed or disputed does not decide.';
    END IF;
    PERFORM registry.require_other_volunteer(record.volunteer_id);

    -- What was disputed in publicity goes where its batch has gone meanwhile: it was public as long as the rest.
    outcome := CASE WHEN uphold THEN 'voided' WHEN subject.record_status = 'effective' THEN 'effective' ELSE batch.status END;
    PERFORM registry.move_record(record, outcome, reason);
    IF record.supersedes IS NOT NULL
        AND (outcome = 'refused' OR outcome = 'voided' AND subject.record_status = 'in_publicity') THEN
        PERFORM registry.restore_record(record.supersedes, reason);
    END IF;
    UPDATE registry.dispute d SET status = decision
    WHERE (d.volunteer_id, d.dispute_id) = (subject.volunteer_id, subject.dispute_id);
    INSERT INTO registry.dispute_event (volunteer_id, dispute_id, from_status, to_status, reason)
    VALUES (subject.volunteer_id, subject.dispute_id, subject.status, decision, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.decide_dispute(bigint, boolean, text) IS
    '裁定异议,须说明理由:成立则记录作废(尚在公示的更正作废时,原记录恢复),不成立则记录恢复为已生效,或随其批次现在的状态(公示中、已生效、不通过);裁定人不得是记录人、签到签退经办人、审核人、提出人或志愿者本人。错误 42501 not_staff、outside_scope,23503 known_dispute,55000 known_transition,23514 reason_required、decider_is_not_involved、reviewer_is_not_volunteer';

GRANT EXECUTE ON FUNCTION registry.raise_dispute(bigint, text, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.decide_dispute(bigint, boolean, text) TO registry_reviewer;
GRANT SELECT ON registry.dispute, registry.dispute_event TO registry_auditor;
