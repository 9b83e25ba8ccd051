-- Reading personal data: only by somebody on duty, for a purpose, and after the access was logged by a transaction of its own.

INSERT INTO registry.code_item (set, code, name_zh, name_en) VALUES
    ('code_set', 'personal_data', '个人信息种类', 'Kind of personal data'),
    ('personal_data', 'person', '姓名、性别、出生日期', 'Name, sex and date of birth'),
    ('personal_data', 'document', '证件号码', 'Numbers of identity documents'),
    ('personal_data', 'contact', '联系方式', 'Contacts'),
    ('personal_data', 'guardian', '监护人及其电话', 'Guardians and their telephone numbers'),
    ('personal_data', 'certificate', '证明披露的姓名、证件号码末位', 'Name and end of the document number that a certificate discloses'),
    ('personal_data', 'package', '转移文件中的姓名、性别、出生日期、证件号码末位', 'Name, sex, date of birth and end of the document number in a transfer'),
    ('personal_data', 'application', '注册申请填报的内容', 'What an application for registration states'),
    ('code_set', 'access_purpose', '查阅个人信息的目的', 'Why personal data is read'),
    ('access_purpose', 'identity_check', '核验身份', 'To check an identity'),
    ('access_purpose', 'service_contact', '服务联络', 'To arrange a service'),
    ('access_purpose', 'insurance', '投保与理赔', 'Insurance'),
    ('access_purpose', 'emergency', '紧急情况', 'Emergency'),
    ('access_purpose', 'complaint', '投诉与争议处理', 'Complaints and disputes'),
    ('access_purpose', 'holder_request', '本人或监护人查阅、复制', 'The person asked for it'),
    ('access_purpose', 'legal_duty', '履行法定职责或依法调取', 'Legal duty');

CREATE FUNCTION registry.require_reader(subject registry.volunteer, data text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_current_transaction();
    PERFORM
    FROM registry.current_staff() s
    WHERE CASE s.duty
        WHEN 'registrar' THEN s.organization_id IN (SELECT registry.organization_above(subject.organization_id))
        WHEN 'recorder' THEN data IN ('contact', 'guardian') AND s.organization_id IN (
            SELECT registry.organization_above(m.organization_id)
            FROM registry.membership m
            WHERE m.person_id = subject.person_id AND m.valid @> registry.today())
        WHEN 'issuer' THEN data = 'certificate' AND s.organization_id IN (
            SELECT registry.organization_above(c.organization_id)
            FROM registry.certificate c
            WHERE c.volunteer_id = subject.volunteer_id)
        WHEN 'reviewer' THEN data = 'package' AND s.organization_id IN (
            SELECT registry.organization_above(subject.organization_id))
        END;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'outside_scope',
            MESSAGE = 'The session role may not read this of the volunteer.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_reader(registry.volunteer, text) IS
    '检查可否查阅:登记组织的登记员;联系方式与监护人,也可由其所在队伍的记录员;证明披露的内容,也可由出具组织的出证员;转移文件,也可由登记组织的审核员;错误 42501 not_staff、outside_scope,25000 read_committed、begun_today';

CREATE FUNCTION registry.announce_access(volunteer_no volunteer.volunteer_no, data text, purpose text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
BEGIN
    PERFORM registry.require_reader(subject, data);
    PERFORM registry.require_code('personal_data', data);
    PERFORM registry.require_code('access_purpose', purpose);
    RETURN registry.log_access(subject.person_id, data, purpose);
END
$$;
COMMENT ON FUNCTION registry.announce_access(volunteer.volunteer_no, text, text) IS
    '登记将要进行的查阅,返回日志编号;提交后十五分钟内可以查阅(未成年人网络保护条例第三十六条:查阅未成年人个人信息须记录)。参数:志愿者、个人信息种类(代码集 personal_data)、目的(代码集 access_purpose)。错误 42501 not_staff、outside_scope,23503 known_volunteer、known_code';

CREATE FUNCTION registry.require_access(volunteer_no volunteer.volunteer_no, data text) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
BEGIN
    PERFORM registry.require_reader(subject, data);
    PERFORM registry.require_logged_access(subject.person_id, data);
    RETURN subject.person_id;
END
$$;
COMMENT ON FUNCTION registry.require_access(volunteer.volunteer_no, text) IS
    '检查查阅已登记,返回自然人编号;错误 42501 not_staff、outside_scope、access_is_logged,23503 known_volunteer';

CREATE FUNCTION registry.read_person(volunteer_no volunteer.volunteer_no)
    RETURNS TABLE (name text, sex smallint, birth_date date)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject_id CONSTANT bigint := registry.require_access(volunteer_no, 'person');
BEGIN
    RETURN QUERY SELECT p.name, p.sex, p.birth_date FROM registry.person p WHERE p.person_id = subject_id;
END
$$;
COMMENT ON FUNCTION registry.read_person(volunteer.volunteer_no) IS
    '查阅姓名、性别、出生日期,须先登记查阅(announce_access,person);错误 42501 not_staff、outside_scope、access_is_logged,23503 known_volunteer';

CREATE FUNCTION registry.read_documents(volunteer_no volunteer.volunteer_no) RETURNS TABLE (kind text, number text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject_id CONSTANT bigint := registry.require_access(volunteer_no, 'document');
BEGIN
    RETURN QUERY
    SELECT d.kind, registry.opened_value(d.sealed, registry.document_context(d.kind, d.digest))
    FROM registry.persons_within(subject_id) AS p (person_id)
    JOIN registry.identity_document d USING (person_id)
    ORDER BY d.kind, d.digest;
END
$$;
COMMENT ON FUNCTION registry.read_documents(volunteer.volunteer_no) IS
    '查阅证件号码(含合并的重复登记的证件),须先登记查阅(announce_access,document);错误 42501 not_staff、outside_scope、access_is_logged,23503 known_volunteer';

CREATE FUNCTION registry.read_contacts(volunteer_no volunteer.volunteer_no) RETURNS TABLE (kind text, value text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject_id CONSTANT bigint := registry.require_access(volunteer_no, 'contact');
BEGIN
    RETURN QUERY
    SELECT c.kind, registry.opened_value(c.sealed, registry.contact_context(c.person_id, c.kind))
    FROM registry.contact c
    WHERE c.person_id = subject_id AND c.keep_until >= registry.today() IS NOT FALSE
    ORDER BY c.kind;
END
$$;
COMMENT ON FUNCTION registry.read_contacts(volunteer.volunteer_no) IS
    '查阅联系方式(保留期内的),须先登记查阅(announce_access,contact);错误 42501 not_staff、outside_scope、access_is_logged,23503 known_volunteer';

CREATE FUNCTION registry.read_guardians(volunteer_no volunteer.volunteer_no)
    RETURNS TABLE (guardian_id bigint, name text, relation text, phone text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject_id CONSTANT bigint := registry.require_access(volunteer_no, 'guardian');
BEGIN
    RETURN QUERY
    SELECT g.guardian_id, g.name, g.relation, registry.opened_value(g.sealed_phone, registry.guardian_context(g.person_id))
    FROM registry.guardian g
    WHERE g.person_id = subject_id AND g.ended_at IS NULL
    ORDER BY g.guardian_id;
END
$$;
COMMENT ON FUNCTION registry.read_guardians(volunteer.volunteer_no) IS
    '查阅现任监护人及其电话,须先登记查阅(announce_access,guardian);错误 42501 not_staff、outside_scope、access_is_logged,23503 known_volunteer';

-- Keys change: what an earlier key sealed is sealed again, as much at a time as the caller wants to hold locked.

CREATE FUNCTION registry.sealing_keys() RETURNS TABLE (data text, key integer, in_use boolean, sealed bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT s.data, s.key, s.key = registry.sealing_key(), count(*)
    FROM (
        SELECT 'document' AS data, volunteer.sealed_with(d.sealed) AS key FROM registry.identity_document d
        UNION ALL
        SELECT 'contact', volunteer.sealed_with(c.sealed) FROM registry.contact c
        UNION ALL
        SELECT 'guardian', volunteer.sealed_with(g.sealed_phone) FROM registry.guardian g WHERE g.sealed_phone IS NOT NULL
        UNION ALL
        SELECT 'application', volunteer.sealed_with(a.sealed) FROM registry.application a WHERE a.sealed IS NOT NULL
    ) AS s
    GROUP BY s.data, s.key
    ORDER BY s.data, s.key;
END
$$;
COMMENT ON FUNCTION registry.sealing_keys() IS
    '各加密密钥所加密的数量:种类、密钥编号、是否现用、数量;不再出现的旧密钥可从密钥文件移除(其时的备份仍需要它)';

CREATE FUNCTION registry.seal_again(most integer DEFAULT 10000) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    key CONSTANT integer := registry.sealing_key();
    step bigint;
    total bigint := 0;
BEGIN
    UPDATE registry.identity_document d
    SET sealed = registry.sealed_value(registry.opened_value(old.sealed, old.context), old.context)
    FROM (
        SELECT o.kind, o.digest, o.sealed, registry.document_context(o.kind, o.digest) AS context
        FROM registry.identity_document o
        WHERE volunteer.sealed_with(o.sealed) <> key
        LIMIT most
        FOR NO KEY UPDATE) AS old
    WHERE (d.kind, d.digest) = (old.kind, old.digest);
    GET DIAGNOSTICS total = ROW_COUNT;

    UPDATE registry.contact c
    SET sealed = registry.sealed_value(registry.opened_value(old.sealed, old.context), old.context)
    FROM (
        SELECT o.person_id, o.kind, o.sealed, registry.contact_context(o.person_id, o.kind) AS context
        FROM registry.contact o
        WHERE volunteer.sealed_with(o.sealed) <> key
        LIMIT most - total
        FOR NO KEY UPDATE) AS old
    WHERE (c.person_id, c.kind) = (old.person_id, old.kind);
    GET DIAGNOSTICS step = ROW_COUNT;
    total := total + step;

    UPDATE registry.guardian g
    SET sealed_phone = registry.sealed_value(registry.opened_value(old.sealed_phone, old.context), old.context)
    FROM (
        SELECT o.guardian_id, o.sealed_phone, registry.guardian_context(o.person_id) AS context
        FROM registry.guardian o
        WHERE volunteer.sealed_with(o.sealed_phone) <> key
        LIMIT most - total
        FOR NO KEY UPDATE) AS old
    WHERE g.guardian_id = old.guardian_id;
    GET DIAGNOSTICS step = ROW_COUNT;
    total := total + step;

    UPDATE registry.application a
    SET sealed = registry.sealed_value(registry.opened_value(old.sealed, old.context), old.context)
    FROM (
        SELECT o.application_id, o.sealed, registry.application_context(o.application_id) AS context
        FROM registry.application o
        WHERE volunteer.sealed_with(o.sealed) <> key
        LIMIT most - total
        FOR NO KEY UPDATE) AS old
    WHERE a.application_id = old.application_id;
    GET DIAGNOSTICS step = ROW_COUNT;
    RETURN total + step;
END
$$;
COMMENT ON FUNCTION registry.seal_again(integer) IS
    '更换密钥后以现用密钥重新加密,返回本次重新加密的数量(至多为参数),反复调用直至返回 0;不改动内容;错误 F0000 密钥文件中没有旧密钥';

CREATE FUNCTION registry.digest_again() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    LOCK TABLE registry.identity_document IN SHARE ROW EXCLUSIVE MODE;
    UPDATE registry.identity_key k
    SET (digest, used_since, changed_by) = (registry.document_digest('key', 'key'), now(), session_user);
    UPDATE registry.identity_document d
    SET digest = new.digest, sealed = registry.sealed_value(new.number, registry.document_context(new.kind, new.digest))
    FROM (
        SELECT o.kind, o.digest AS old_digest, n.number, registry.document_digest(o.kind, n.number) AS digest
        FROM registry.identity_document o
        CROSS JOIN LATERAL registry.opened_value(o.sealed, registry.document_context(o.kind, o.digest)) AS n (number)) AS new
    WHERE (d.kind, d.digest) = (new.kind, new.old_digest) AND new.digest <> new.old_digest;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION registry.digest_again() IS
    '更换证件密钥后,打开加密的证件号码,以密钥文件中的新密钥重算全部摘要,返回改动的数量;一次完成,其间录入证件的等待。错误 25000 read_committed、begun_today,F0000 密钥文件无法使用';

GRANT EXECUTE ON FUNCTION registry.announce_access(volunteer.volunteer_no, text, text)
    TO registry_registrar, registry_recorder, registry_issuer, registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.read_person(volunteer.volunteer_no) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.read_documents(volunteer.volunteer_no) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.read_contacts(volunteer.volunteer_no) TO registry_registrar, registry_recorder;
GRANT EXECUTE ON FUNCTION registry.read_guardians(volunteer.volunteer_no) TO registry_registrar, registry_recorder;
GRANT EXECUTE ON FUNCTION registry.sealing_keys() TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.seal_again(integer) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.digest_again() TO registry_administrator;
