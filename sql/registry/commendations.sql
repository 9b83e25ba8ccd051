-- Commendations: what a volunteer was honoured with, by whom, and what proves it.

CREATE TABLE registry.commendation (
    commendation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    source text NOT NULL,
    title text NOT NULL,
    granting_body text NOT NULL,
    granted_on date NOT NULL,
    document_no text,
    proof_sha256 bytea,
    status text NOT NULL DEFAULT 'submitted',
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by name NOT NULL DEFAULT session_user,
    CONSTRAINT commendation_source CHECK (source IN ('own', 'authority', 'other')),
    CONSTRAINT commendation_status CHECK (status IN ('submitted', 'recorded', 'refused', 'voided')),
    CONSTRAINT commendation_is_titled CHECK (char_length(title) BETWEEN 1 AND 100 AND title IS NFC NORMALIZED),
    CONSTRAINT granting_body_is_named CHECK (
        char_length(granting_body) BETWEEN 1 AND 100 AND granting_body IS NFC NORMALIZED),
    CONSTRAINT granted_in_the_past CHECK (granted_on <= (recorded_at AT TIME ZONE 'Asia/Shanghai')::date AND isfinite(granted_on)),
    CONSTRAINT document_is_numbered CHECK (char_length(document_no) BETWEEN 1 AND 60),
    CONSTRAINT proof_unless_own CHECK (source = 'own' OR proof_sha256 IS NOT NULL),
    CONSTRAINT proof_is_sha256 CHECK (octet_length(proof_sha256) = 32)
);
CREATE UNIQUE INDEX one_commendation_once ON registry.commendation (volunteer_id, title, granting_body, granted_on)
    WHERE status IN ('submitted', 'recorded');
CREATE INDEX commendation_organization ON registry.commendation (organization_id);
COMMENT ON TABLE registry.commendation IS '表彰奖励情况(《志愿服务记录与证明出具办法(试行)》第九条):名称、日期、授予单位及证明材料';
COMMENT ON COLUMN registry.commendation.commendation_id IS '表彰编号';
COMMENT ON COLUMN registry.commendation.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.commendation.organization_id IS '记录组织';
COMMENT ON COLUMN registry.commendation.source IS '来源:own 记录组织自行授予,authority 县级以上政府或部门授予(本人提供证明材料),other 其他组织授予(本人申请并提供证明材料)';
COMMENT ON COLUMN registry.commendation.title IS '表彰奖励名称';
COMMENT ON COLUMN registry.commendation.granting_body IS '授予单位';
COMMENT ON COLUMN registry.commendation.granted_on IS '授予日期';
COMMENT ON COLUMN registry.commendation.document_no IS '文书文号';
COMMENT ON COLUMN registry.commendation.proof_sha256 IS '证明材料的 SHA-256;自行授予的可无';
COMMENT ON COLUMN registry.commendation.status IS '状态:submitted 待核实,recorded 已记录,refused 不予记录,voided 作废';
COMMENT ON COLUMN registry.commendation.recorded_at IS '录入时间';
COMMENT ON COLUMN registry.commendation.recorded_by IS '录入人(数据库角色)';

CREATE TABLE registry.commendation_event (
    commendation_id bigint NOT NULL REFERENCES registry.commendation,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (commendation_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.commendation_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.commendation_event IS '表彰记录状态变更,只追加';
COMMENT ON COLUMN registry.commendation_event.commendation_id IS '表彰';

CREATE TRIGGER only_status_changes
    BEFORE UPDATE OF commendation_id, volunteer_id, organization_id, source, title, granting_body, granted_on, document_no,
        proof_sha256, recorded_at, recorded_by
    ON registry.commendation FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.commendation
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();

CREATE FUNCTION registry.record_commendation(
    organization_id bigint, volunteer_no volunteer.volunteer_no, source text, title text, granted_on date,
    granting_body text DEFAULT NULL, document_no text DEFAULT NULL, proof_sha256 bytea DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    recording registry.organization;
    honoured registry.volunteer;
    new_commendation bigint;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    recording := registry.require_active_organization(organization_id);
    honoured := registry.require_volunteer(volunteer_no);
    IF honoured.person_id IN (SELECT registry.persons_of(session_user)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'recorder_is_not_volunteer',
            MESSAGE = 'Nobody records the own commendation.';
    END IF;
    PERFORM registry.require_not_erased(honoured.volunteer_id);
    INSERT INTO registry.commendation AS c
        (volunteer_id, organization_id, source, title, granting_body, granted_on, document_no, proof_sha256)
    VALUES (honoured.volunteer_id, recording.organization_id, source, registry.clean_text(title),
        CASE source WHEN 'own' THEN recording.name ELSE coalesce(registry.clean_text(granting_body), '') END, granted_on,
        registry.clean_text(document_no), proof_sha256)
    RETURNING c.commendation_id INTO new_commendation;
    INSERT INTO registry.commendation_event (commendation_id, to_status) VALUES (new_commendation, 'submitted');
    RETURN new_commendation;
END
$$;
COMMENT ON FUNCTION registry.record_commendation(bigint, volunteer.volunteer_no, text, text, date, text, text, bytea) IS
    '录入表彰奖励,待另一人核实,返回表彰编号。参数:记录组织、志愿者、来源(own、authority、other)、名称、授予日期、授予单位(own 时即记录组织)、文书文号、证明材料的 SHA-256(own 可无)。错误 42501 not_staff、outside_scope,23503 known_organization、known_volunteer,55000 organization_active、person_not_erased,23505 one_commendation_once,23514 recorder_is_not_volunteer、commendation_source、commendation_is_titled、granting_body_is_named、granted_in_the_past、document_is_numbered、proof_unless_own、proof_is_sha256';

CREATE FUNCTION registry.decide_commendation(commendation_id bigint, to_status text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.commendation;
BEGIN
    SELECT c.* INTO subject
    FROM registry.commendation c
    WHERE c.commendation_id = decide_commendation.commendation_id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_commendation',
            MESSAGE = 'There is no such commendation.';
    END IF;
    PERFORM registry.require_duty(
        registry.require_transition('commendation', subject.status, to_status, reason), subject.organization_id);
    PERFORM registry.require_other_recorder(subject.recorded_by);
    PERFORM registry.require_other_volunteer(subject.volunteer_id);
    UPDATE registry.commendation c SET status = to_status WHERE c.commendation_id = subject.commendation_id;
    INSERT INTO registry.commendation_event (commendation_id, from_status, to_status, reason)
    VALUES (subject.commendation_id, subject.status, to_status, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.decide_commendation(bigint, text, text) IS
    '核实表彰记录:recorded 记录、refused 不予记录(须说明理由);已记录的可 voided 作废(须说明理由)。错误 42501 not_staff、outside_scope,23503 known_commendation,55000 known_transition,23514 reason_required、reviewer_is_not_recorder、reviewer_is_not_volunteer';

GRANT EXECUTE ON FUNCTION registry.record_commendation(bigint, volunteer.volunteer_no, text, text, date, text, text, bytea)
    TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.decide_commendation(bigint, text, text) TO registry_reviewer;
GRANT SELECT ON registry.commendation, registry.commendation_event TO registry_auditor;
