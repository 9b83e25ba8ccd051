-- Self-registration: what an applicant enters in a portal waits, sealed, until a registrar of the body has taken it up and
-- accepts or refuses it. Then it is deleted; who was accepted is registered by the same function as everybody.

CREATE TABLE registry.application (
    application_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id bigint NOT NULL REFERENCES registry.organization,
    region volunteer.region_code NOT NULL REFERENCES registry.region,
    sealed bytea,
    applied_by name NOT NULL DEFAULT session_user,
    volunteer_id bigint REFERENCES registry.volunteer,
    status text NOT NULL DEFAULT 'applied',
    CONSTRAINT application_status CHECK (status IN ('applied', 'in_review', 'accepted', 'refused', 'withdrawn', 'lapsed')),
    CONSTRAINT sealed_until_decided CHECK ((sealed IS NOT NULL) = (status IN ('applied', 'in_review'))),
    CONSTRAINT accepted_is_registered CHECK ((volunteer_id IS NOT NULL) = (status = 'accepted'))
);
COMMENT ON TABLE registry.application IS '注册申请(志愿服务条例第七条:志愿者可以自行注册):本人在门户填报,登记员受理、审核;决定后填报内容即删除';
COMMENT ON COLUMN registry.application.application_id IS '申请回执号,不可猜测,只交申请人';
COMMENT ON COLUMN registry.application.organization_id IS '拟登记组织';
COMMENT ON COLUMN registry.application.region IS '居住区划';
COMMENT ON COLUMN registry.application.sealed IS '加密的填报内容(AES-256-GCM),密钥在数据库之外;决定后为空';
COMMENT ON COLUMN registry.application.applied_by IS '递交申请的门户(数据库角色)';
COMMENT ON COLUMN registry.application.volunteer_id IS '通过后登记的志愿者';
COMMENT ON COLUMN registry.application.status IS
    '状态:applied 已申请,in_review 已受理,accepted 通过,refused 不通过,withdrawn 本人撤回,lapsed 逾期未决定';

CREATE TABLE registry.application_event (
    application_id uuid NOT NULL REFERENCES registry.application,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (application_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.application_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.application_event IS '注册申请状态变更记录,只追加;受理即查阅填报内容的日志';
COMMENT ON COLUMN registry.application_event.application_id IS '申请';

INSERT INTO registry.code_item (set, code, name_zh, name_en) VALUES
    ('code_set', 'application_refusal', '注册申请不通过的理由', 'Why an application is refused'),
    ('application_refusal', 'incomplete', '填报内容不完整或不真实', 'Incomplete or untrue'),
    ('application_refusal', 'identity_unverified', '未能核实身份', 'The identity could not be verified'),
    ('application_refusal', 'guardian_unverified', '未能核实监护人同意', 'The consent of the guardian could not be verified'),
    ('application_refusal', 'registered_already', '已经注册', 'Registered already'),
    ('application_refusal', 'another_body', '应向其他组织申请', 'Another body is in charge');

CREATE FUNCTION registry.application_context(application_id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN format('application %s', application_id);
COMMENT ON FUNCTION registry.application_context(uuid) IS '填报内容的密文所绑定的申请';

CREATE FUNCTION registry.apply_for_registration(
    name text, document_kind text, document_number text, organization_id bigint, region text, consent_evidence text,
    phone text DEFAULT NULL, sex smallint DEFAULT NULL, birth_date date DEFAULT NULL,
    guardian_name text DEFAULT NULL, guardian_relation text DEFAULT NULL)
    RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    home volunteer.region_code;
    applicant record;
    new_application CONSTANT uuid := gen_random_uuid();
BEGIN
    PERFORM registry.require_current_transaction();
    PERFORM registry.require_active_organization(organization_id);
    home := registry.require_region(region);
    -- What can be refused at once is; whether somebody is registered is not told to whoever asks.
    applicant := registry.require_person(name, document_kind, document_number, sex, birth_date);
    PERFORM registry.require_consent_age(applicant.birth_date, home, guardian_name IS NOT NULL);
    IF guardian_name IS NOT NULL THEN
        PERFORM registry.require_guardian(guardian_name, guardian_relation);
    END IF;
    PERFORM registry.require_consent_evidence(consent_evidence);
    IF phone IS NOT NULL THEN
        PERFORM registry.require_contact('phone', phone);
    END IF;
    INSERT INTO registry.application (application_id, organization_id, region, sealed)
    VALUES (new_application, organization_id, home, registry.sealed_value(
        jsonb_strip_nulls(jsonb_build_object(
            'name', applicant.name, 'document_kind', applicant.document_kind, 'document_number', applicant.document_number,
            'sex', applicant.sex, 'birth_date', applicant.birth_date, 'phone', phone, 'consent_evidence', consent_evidence,
            'guardian_name', guardian_name, 'guardian_relation', guardian_relation))::text,
        registry.application_context(new_application)));
    INSERT INTO registry.application_event (application_id, to_status) VALUES (new_application, 'applied');
    RETURN new_application;
END
$$;
COMMENT ON FUNCTION registry.apply_for_registration(text, text, text, bigint, text, text, text, smallint, date, text, text) IS
    '申请注册(门户代申请人递交),返回回执号,只交申请人。参数:姓名;证件类型与号码;拟登记组织;居住区划;同意的凭证(如实人认证与线上确认的流水号);电话;非居民身份证须给性别、出生日期;监护人姓名与关系(政策 guardian_consent_age 以下必填)。错误 23514 consent_has_evidence、guardian_consents、guardian_relation_is_stated、minimum_age_registration、document_kind_fits_number、name_is_written、person_matches_document、sex_is_coded、born_in_the_past、contact_is_plausible,22P02 document_number_valid,23503 known_document_kind、known_organization、known_region,55000 organization_active,25000 read_committed、begun_today';

CREATE FUNCTION registry.application_status(application_id uuid)
    RETURNS TABLE (status text, reason text, volunteer_no volunteer.volunteer_no)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT a.status, e.reason, v.volunteer_no
    FROM registry.application a
    CROSS JOIN LATERAL (
        SELECT l.reason FROM registry.application_event l
        WHERE l.application_id = a.application_id
        ORDER BY l.event_id DESC LIMIT 1) AS e
    LEFT JOIN registry.volunteer v ON v.volunteer_id = a.volunteer_id
    WHERE a.application_id = application_status.application_id AND a.applied_by = session_user;
END;
COMMENT ON FUNCTION registry.application_status(uuid) IS
    '查询本门户递交的申请:状态、不通过的理由(代码集 application_refusal)、通过后的志愿者编号;无此回执号则无结果';

CREATE FUNCTION registry.move_application(application_id uuid, to_status text, reason text DEFAULT NULL)
    RETURNS registry.application
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.application;
    duty text;
BEGIN
    SELECT a.* INTO subject
    FROM registry.application a
    WHERE a.application_id = move_application.application_id
    FOR NO KEY UPDATE;
    IF NOT FOUND OR to_status = 'withdrawn' AND subject.applied_by <> session_user THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_application',
            MESSAGE = 'There is no such application.';
    END IF;
    duty := registry.require_transition('application', subject.status, to_status, reason);
    IF duty IS NULL THEN
        PERFORM registry.require_current_transaction();
    ELSE
        PERFORM registry.require_duty(duty, subject.organization_id);
    END IF;
    IF to_status IN ('accepted', 'refused') AND registry.session_is(subject.applied_by) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'decided_by_another',
            MESSAGE = 'Nobody decides on the own application.';
    END IF;
    INSERT INTO registry.application_event (application_id, from_status, to_status, reason)
    VALUES (subject.application_id, subject.status, to_status, reason);
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.move_application(uuid, text, text) IS
    '锁定申请,检查并记录状态变更,返回变更前的申请;错误 42501 not_staff、outside_scope,23503 known_application,55000 known_transition,23514 decided_by_another,25000 read_committed、begun_today';

CREATE FUNCTION registry.take_up_application(application_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject CONSTANT registry.application := registry.move_application(application_id, 'in_review');
BEGIN
    UPDATE registry.application a SET status = 'in_review' WHERE a.application_id = subject.application_id;
END
$$;
COMMENT ON FUNCTION registry.take_up_application(uuid) IS
    '受理申请(登记员),或从同事接手;提交后可以查阅填报内容。错误 42501 not_staff、outside_scope,23503 known_application,55000 known_transition';

CREATE FUNCTION registry.read_application(application_id uuid)
    RETURNS TABLE (
        name text, sex smallint, birth_date date, document_kind text, document_number text, phone text, consent_evidence text,
        guardian_name text, guardian_relation text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.application;
BEGIN
    SELECT a.* INTO subject FROM registry.application a WHERE a.application_id = read_application.application_id;
    PERFORM registry.require_duty('registrar', subject.organization_id);
    PERFORM
    FROM registry.application_event e
    WHERE e.application_id = subject.application_id AND e.to_status = 'in_review' AND e.actor = session_user
        AND e.xid IS DISTINCT FROM pg_current_xact_id_if_assigned();
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'access_is_logged',
            MESSAGE = 'The session role has not taken up the application, in an earlier transaction.';
    END IF;
    RETURN QUERY
    SELECT f.name, f.sex, f.birth_date, f.document_kind, f.document_number, f.phone, f.consent_evidence, f.guardian_name,
        f.guardian_relation
    FROM jsonb_to_record(
        registry.opened_value(subject.sealed, registry.application_context(subject.application_id))::jsonb) AS f (
        name text, sex smallint, birth_date date, document_kind text, document_number text, phone text, consent_evidence text,
        guardian_name text, guardian_relation text)
    WHERE subject.sealed IS NOT NULL;
END
$$;
COMMENT ON FUNCTION registry.read_application(uuid) IS
    '查阅填报内容,须先受理(take_up_application)并提交;已决定的无结果。错误 42501 not_staff、outside_scope、access_is_logged';

CREATE FUNCTION registry.accept_application(application_id uuid) RETURNS volunteer.volunteer_no
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.application := registry.move_application(application_id, 'accepted');
    filled CONSTANT jsonb := registry.opened_value(subject.sealed, registry.application_context(subject.application_id));
    number volunteer.volunteer_no;
BEGIN
    number := registry.register_volunteer(filled ->> 'name', filled ->> 'document_kind', filled ->> 'document_number',
        subject.organization_id, registry.current_region(subject.region)::text, filled ->> 'consent_evidence',
        phone => filled ->> 'phone', sex => (filled ->> 'sex')::smallint, birth_date => (filled ->> 'birth_date')::date,
        guardian_name => filled ->> 'guardian_name', guardian_relation => filled ->> 'guardian_relation');
    UPDATE registry.application a
    SET status = 'accepted', sealed = NULL, volunteer_id = (registry.require_volunteer(number)).volunteer_id
    WHERE a.application_id = subject.application_id;
    RETURN number;
END
$$;
COMMENT ON FUNCTION registry.accept_application(uuid) IS
    '通过已受理的申请并登记,返回志愿者编号;填报内容随即删除。错误同 move_application 与 register_volunteer';

CREATE FUNCTION registry.refuse_application(application_id uuid, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject CONSTANT registry.application := registry.move_application(application_id, 'refused', reason);
BEGIN
    PERFORM registry.require_code('application_refusal', reason);
    UPDATE registry.application a SET status = 'refused', sealed = NULL WHERE a.application_id = subject.application_id;
END
$$;
COMMENT ON FUNCTION registry.refuse_application(uuid, text) IS
    '不通过已受理的申请,填报内容随即删除。参数:申请、理由(代码集 application_refusal)。错误 42501 not_staff、outside_scope,23503 known_application、known_code,55000 known_transition,23514 reason_required、decided_by_another';

CREATE FUNCTION registry.withdraw_application(application_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject CONSTANT registry.application := registry.move_application(application_id, 'withdrawn');
BEGIN
    UPDATE registry.application a SET status = 'withdrawn', sealed = NULL WHERE a.application_id = subject.application_id;
END
$$;
COMMENT ON FUNCTION registry.withdraw_application(uuid) IS
    '申请人撤回未决定的申请(经递交的门户),填报内容随即删除;错误 23503 known_application,55000 known_transition,25000 read_committed、begun_today';

CREATE FUNCTION registry.delete_due_applications() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    deleted bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    WITH due AS (
        SELECT a.application_id, a.status
        FROM registry.application a
        JOIN registry.application_event e ON e.application_id = a.application_id AND e.from_status IS NULL
        WHERE a.status IN ('applied', 'in_review')
            AND (e.at AT TIME ZONE 'Asia/Shanghai')::date
                + registry.policy_value('application_days', a.region, registry.today())::integer < registry.today()
        FOR NO KEY UPDATE OF a
    ), lapsed AS (
        UPDATE registry.application a SET status = 'lapsed', sealed = NULL
        FROM due d
        WHERE a.application_id = d.application_id
        RETURNING a.application_id, d.status
    )
    INSERT INTO registry.application_event (application_id, from_status, to_status)
    SELECT l.application_id, l.status, 'lapsed' FROM lapsed l;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$$;
COMMENT ON FUNCTION registry.delete_due_applications() IS
    '删除政策 application_days 天内未决定的申请的填报内容,返回删除数;宜每日由定时任务调用。错误 25000 read_committed、begun_today,P0002 policy_missing';

GRANT EXECUTE ON FUNCTION registry.delete_due_applications() TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.apply_for_registration(text, text, text, bigint, text, text, text, smallint, date, text, text)
    TO registry_portal;
GRANT EXECUTE ON FUNCTION registry.application_status(uuid) TO registry_portal;
GRANT EXECUTE ON FUNCTION registry.withdraw_application(uuid) TO registry_portal;
GRANT EXECUTE ON FUNCTION registry.take_up_application(uuid) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.read_application(uuid) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.accept_application(uuid) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.refuse_application(uuid, text) TO registry_registrar;
GRANT SELECT ON registry.application_event TO registry_auditor;
