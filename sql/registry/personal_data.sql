-- What registrars enter of a volunteer besides the registration: contacts, guardians, consents and their withdrawal.

CREATE FUNCTION registry.record_contact(
    volunteer_no volunteer.volunteer_no, kind text, value text, keep_until date DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
BEGIN
    PERFORM registry.require_duty('registrar', subject.organization_id);
    PERFORM registry.require_whole_person(subject.person_id);
    IF keep_until < registry.today() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'kept_from_today',
            MESSAGE = 'A contact is kept until today or later.';
    END IF;
    PERFORM registry.set_contact(subject.person_id, kind, value, keep_until);
END
$$;
COMMENT ON FUNCTION registry.record_contact(volunteer.volunteer_no, text, text, date) IS
    '录入或更新志愿者的联系方式(登记组织的登记员)。参数:志愿者、种类(phone、email、address)、联系方式、保留至(缺省为在册期间)。错误 42501 not_staff、outside_scope,23503 known_volunteer,23514 contact_is_plausible、kept_from_today,55000 person_is_whole、contact_has_consent';

CREATE FUNCTION registry.delete_contact(volunteer_no volunteer.volunteer_no, kind text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
BEGIN
    PERFORM registry.require_duty('registrar', subject.organization_id);
    DELETE FROM registry.contact c WHERE (c.person_id, c.kind) = (subject.person_id, delete_contact.kind);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_contact',
            MESSAGE = 'There is no such contact.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.delete_contact(volunteer.volunteer_no, text) IS
    '删除志愿者的一种联系方式(登记组织的登记员);错误 42501 not_staff、outside_scope,23503 known_volunteer,P0002 known_contact';

CREATE FUNCTION registry.add_guardian(
    volunteer_no volunteer.volunteer_no, name text, relation text, phone text DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
BEGIN
    PERFORM registry.require_duty('registrar', subject.organization_id);
    PERFORM registry.require_whole_person(subject.person_id);
    RETURN registry.new_guardian(subject.person_id, name, relation, phone);
END
$$;
COMMENT ON FUNCTION registry.add_guardian(volunteer.volunteer_no, text, text, text) IS
    '录入志愿者的监护人,返回监护人编号(登记组织的登记员)。参数:志愿者、姓名、关系、电话。错误 42501 not_staff、outside_scope,23503 known_volunteer,23514 name_is_written、guardian_relation_is_stated、contact_is_plausible,55000 person_is_whole';

CREATE FUNCTION registry.end_guardianship(guardian_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    ward registry.volunteer;
BEGIN
    SELECT v.* INTO ward
    FROM registry.guardian g
    JOIN registry.volunteer v USING (person_id)
    WHERE g.guardian_id = end_guardianship.guardian_id AND g.ended_at IS NULL
    FOR NO KEY UPDATE OF g;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_guardian',
            MESSAGE = 'There is no such guardian.';
    END IF;
    PERFORM registry.require_duty('registrar', ward.organization_id);
    UPDATE registry.guardian g
    SET ended_at = now(), sealed_phone = NULL, phone_tail = NULL
    WHERE g.guardian_id = end_guardianship.guardian_id;
END
$$;
COMMENT ON FUNCTION registry.end_guardianship(bigint) IS
    '不再是监护人:电话随即删除,所作的同意仍有记录;错误 42501 not_staff、outside_scope,P0002 known_guardian';

CREATE FUNCTION registry.record_consent(
    volunteer_no volunteer.volunteer_no, purpose text, evidence text, guardian_id bigint DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
BEGIN
    PERFORM registry.require_duty('registrar', subject.organization_id);
    PERFORM registry.require_whole_person(subject.person_id);
    IF guardian_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM registry.guardian g
        WHERE (g.guardian_id, g.person_id) = (record_consent.guardian_id, subject.person_id) AND g.ended_at IS NULL) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_guardian',
            MESSAGE = 'There is no such guardian.';
    END IF;
    PERFORM registry.require_consent_age(p.birth_date, subject.region, guardian_id IS NOT NULL)
    FROM registry.person p WHERE p.person_id = subject.person_id;
    PERFORM registry.give_consent(subject.person_id, evidence, guardian_id, purpose);
END
$$;
COMMENT ON FUNCTION registry.record_consent(volunteer.volunteer_no, text, text, bigint) IS
    '登记志愿者(不满规定年龄的由监护人)的同意(登记组织的登记员);登记时、转移时的同意另由 register_volunteer、consent_transfer 录入。参数:志愿者、目的(contact)、凭证、监护人。错误 42501 not_staff、outside_scope,23503 known_volunteer,P0002 known_guardian,23514 guardian_consents、consent_has_evidence、consent_purpose、consent_scope,23505 one_consent_in_force,55000 person_is_whole';

CREATE FUNCTION registry.withdraw_consent(
    volunteer_no volunteer.volunteer_no, purpose text, reason text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    given bigint;
BEGIN
    IF purpose = 'registration' THEN
        PERFORM registry.change_volunteer_status(volunteer_no, 'withdrawn', reason);
        RETURN;
    END IF;
    PERFORM registry.require_duty('registrar', subject.organization_id);
    SELECT c.consent_id INTO given
    FROM registry.consent c
    WHERE (c.person_id, c.purpose, c.scope) = (subject.person_id, withdraw_consent.purpose, '') AND c.withdrawn_at IS NULL
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_consent',
            MESSAGE = 'There is no such consent in force.';
    END IF;
    PERFORM registry.withdraw_consents(ARRAY[given]);
    IF purpose = 'contact' THEN
        DELETE FROM registry.contact c WHERE c.person_id = subject.person_id;
    END IF;
END
$$;
COMMENT ON FUNCTION registry.withdraw_consent(volunteer.volunteer_no, text, text) IS
    '撤回同意(登记组织的登记员),立即生效:registration 即退出登记(须有理由),contact 删除全部联系方式;转移的同意由 cancel_transfer 撤回。参数:志愿者、目的、理由(退出)。错误 42501 not_staff、outside_scope,23503 known_volunteer,P0002 known_consent,55000 known_transition,23514 reason_required';

GRANT EXECUTE ON FUNCTION registry.record_contact(volunteer.volunteer_no, text, text, date) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.delete_contact(volunteer.volunteer_no, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.add_guardian(volunteer.volunteer_no, text, text, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.end_guardianship(bigint) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.record_consent(volunteer.volunteer_no, text, text, bigint) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.withdraw_consent(volunteer.volunteer_no, text, text) TO registry_registrar;
