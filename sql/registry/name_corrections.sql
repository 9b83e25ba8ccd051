-- A name that was entered wrong, or that has changed: two registrars type the new one, each from the document. Until both have,
-- the registry keeps a digest of it, and events hold no name at all.

CREATE TABLE registry.name_correction (
    correction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES registry.person,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    evidence text NOT NULL,
    name_salt uuid,
    name_sha256 bytea,
    status text NOT NULL DEFAULT 'requested',
    requested_at timestamptz NOT NULL DEFAULT now(),
    requested_by name NOT NULL DEFAULT session_user,
    CONSTRAINT correction_has_evidence CHECK (evidence <> ''),
    CONSTRAINT correction_status CHECK (status IN ('requested', 'corrected', 'refused')),
    CONSTRAINT name_digest_until_decided CHECK (
        num_nonnulls(name_salt, name_sha256) = CASE status WHEN 'requested' THEN 2 ELSE 0 END)
);
CREATE UNIQUE INDEX one_correction_at_a_time ON registry.name_correction (person_id) WHERE status = 'requested';
COMMENT ON TABLE registry.name_correction IS '姓名的更正(个人信息保护法第四十六条,《志愿服务记录与证明出具办法(试行)》第十三条):两人各自据证件录入,一致才更正';
COMMENT ON COLUMN registry.name_correction.correction_id IS '更正编号';
COMMENT ON COLUMN registry.name_correction.person_id IS '自然人';
COMMENT ON COLUMN registry.name_correction.organization_id IS '登记组织';
COMMENT ON COLUMN registry.name_correction.evidence IS '凭证(如申请书编号),不写姓名';
COMMENT ON COLUMN registry.name_correction.name_salt IS '新姓名摘要的盐;决定后为空';
COMMENT ON COLUMN registry.name_correction.name_sha256 IS '新姓名的加盐摘要;决定后为空';
COMMENT ON COLUMN registry.name_correction.status IS '状态:requested 已申请,corrected 已更正,refused 不更正';
COMMENT ON COLUMN registry.name_correction.requested_at IS '申请时间';
COMMENT ON COLUMN registry.name_correction.requested_by IS '申请录入人(数据库角色)';

CREATE TABLE registry.name_correction_event (
    correction_id bigint NOT NULL REFERENCES registry.name_correction,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (correction_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.name_correction_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.name_correction_event IS '姓名更正的申请与决定,只追加,不含姓名';
COMMENT ON COLUMN registry.name_correction_event.correction_id IS '更正';

CREATE FUNCTION registry.request_name_correction(volunteer_no volunteer.volunteer_no, name text, evidence text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    new_name CONSTANT text := registry.require_name(name);
    salt CONSTANT uuid := gen_random_uuid();
    new_correction bigint;
BEGIN
    PERFORM registry.require_duty('registrar', subject.organization_id);
    PERFORM registry.require_whole_person(subject.person_id);
    -- Whether it is the name that is there is said to the other: who asks, and takes it back, could guess it.
    INSERT INTO registry.name_correction AS c (person_id, organization_id, evidence, name_salt, name_sha256)
    VALUES (subject.person_id, subject.organization_id, coalesce(registry.clean_text(evidence), ''), salt,
        registry.salted_digest(salt, new_name))
    RETURNING c.correction_id INTO new_correction;
    INSERT INTO registry.name_correction_event (correction_id, to_status) VALUES (new_correction, 'requested');
    RETURN new_correction;
END
$$;
COMMENT ON FUNCTION registry.request_name_correction(volunteer.volunteer_no, text, text) IS
    '申请更正志愿者的姓名(登记组织的登记员,已查看证件),返回更正编号。参数:志愿者、新姓名、凭证。错误 42501 not_staff、outside_scope,23503 known_volunteer,23505 one_correction_at_a_time,23514 name_is_written、correction_has_evidence,55000 person_is_whole';

CREATE FUNCTION registry.decide_name_correction(correction_id bigint, to_status text, reason text) RETURNS registry.name_correction
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.name_correction;
BEGIN
    SELECT c.* INTO subject
    FROM registry.name_correction c
    WHERE c.correction_id = decide_name_correction.correction_id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_correction',
            MESSAGE = 'There is no such correction.';
    END IF;
    PERFORM registry.require_duty(
        registry.require_transition('name_correction', subject.status, to_status, reason), subject.organization_id);
    IF registry.session_is(subject.requested_by) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'decided_by_another',
            MESSAGE = 'Nobody decides on the own request.';
    END IF;
    PERFORM registry.require_other_volunteer(v.volunteer_id) FROM registry.volunteer v WHERE v.person_id = subject.person_id;
    UPDATE registry.name_correction c
    SET status = to_status, name_salt = NULL, name_sha256 = NULL
    WHERE c.correction_id = subject.correction_id;
    INSERT INTO registry.name_correction_event (correction_id, from_status, to_status, reason)
    VALUES (subject.correction_id, subject.status, to_status, registry.clean_text(reason));
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.decide_name_correction(bigint, text, text) IS
    '决定姓名更正的申请并记录,返回决定前的申请;错误 42501 not_staff、outside_scope,23503 known_correction,55000 known_transition,23514 reason_required、decided_by_another、reviewer_is_not_volunteer';

CREATE FUNCTION registry.correct_name(correction_id bigint, name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject CONSTANT registry.name_correction := registry.decide_name_correction(correction_id, 'corrected', NULL);
    new_name CONSTANT text := registry.require_name(name);
BEGIN
    PERFORM registry.require_whole_person(subject.person_id);
    IF registry.salted_digest(subject.name_salt, new_name) <> subject.name_sha256 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'name_is_the_requested',
            MESSAGE = 'The name is not the one that was requested.';
    END IF;
    -- With another salt the events of rows tell nothing of the old name.
    UPDATE registry.person p SET name = new_name, salt = gen_random_uuid()
    WHERE p.person_id = subject.person_id AND p.name <> new_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'name_differs',
            MESSAGE = 'The person bears this name.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.correct_name(bigint, text) IS
    '更正姓名(申请人以外的登记员据证件再次录入,须与申请一致);已出具的证明不变,可重新签发(reissue_certificate)。参数:更正编号、新姓名。错误 42501 not_staff、outside_scope,23503 known_correction,55000 known_transition、person_is_whole,23514 name_is_written、name_is_the_requested、name_differs、decided_by_another、reviewer_is_not_volunteer';

CREATE FUNCTION registry.refuse_name_correction(correction_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM registry.decide_name_correction(correction_id, 'refused', reason);
END
$$;
COMMENT ON FUNCTION registry.refuse_name_correction(bigint, text) IS
    '不予更正姓名,须说明理由(申请人以外的登记员);错误同 decide_name_correction';

GRANT EXECUTE ON FUNCTION registry.request_name_correction(volunteer.volunteer_no, text, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.correct_name(bigint, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.refuse_name_correction(bigint, text) TO registry_registrar;
GRANT SELECT ON registry.name_correction_event TO registry_auditor;
