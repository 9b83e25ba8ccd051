-- Erasure: the person goes – name, documents, contacts, guardians, what a certificate could disclose, what was written about
-- him –, the legal record of service stays under the volunteer number. GB/T 40143-2021 (5.2.2) asks for at least ten years of it.

CREATE TABLE registry.erasure (
    erasure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES registry.person,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    basis text NOT NULL,
    evidence text NOT NULL,
    status text NOT NULL DEFAULT 'requested',
    requested_at timestamptz NOT NULL DEFAULT now(),
    requested_by name NOT NULL DEFAULT session_user,
    CONSTRAINT erasure_has_evidence CHECK (evidence <> ''),
    CONSTRAINT erasure_status CHECK (status IN ('requested', 'erased', 'refused'))
);
CREATE UNIQUE INDEX one_erasure_of_a_person ON registry.erasure (person_id) WHERE status <> 'refused';
COMMENT ON TABLE registry.erasure IS '个人信息的删除(个人信息保护法第四十七条):两人经办,服务记录依法保留';
COMMENT ON COLUMN registry.erasure.erasure_id IS '删除编号';
COMMENT ON COLUMN registry.erasure.person_id IS '自然人';
COMMENT ON COLUMN registry.erasure.organization_id IS '登记组织';
COMMENT ON COLUMN registry.erasure.basis IS '依据(代码集 erasure_basis)';
COMMENT ON COLUMN registry.erasure.evidence IS '凭证(如申请书编号)';
COMMENT ON COLUMN registry.erasure.status IS '状态:requested 已申请,erased 已删除,refused 不删除';
COMMENT ON COLUMN registry.erasure.requested_at IS '申请时间';
COMMENT ON COLUMN registry.erasure.requested_by IS '申请人(数据库角色)';

CREATE TABLE registry.erasure_event (
    erasure_id bigint NOT NULL REFERENCES registry.erasure,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (erasure_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.erasure_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.erasure_event IS '删除的申请与决定,只追加';
COMMENT ON COLUMN registry.erasure_event.erasure_id IS '删除';

INSERT INTO registry.code_item (set, code, name_zh, name_en) VALUES
    ('code_set', 'erasure_basis', '删除个人信息的依据', 'Why a person is erased'),
    ('erasure_basis', 'purpose_ended', '处理目的已实现、无法实现或不再必要', 'The purpose has ended'),
    ('erasure_basis', 'retention_ended', '保存期限已届满', 'The retention period has ended'),
    ('erasure_basis', 'consent_withdrawn', '个人撤回同意', 'Consent was withdrawn'),
    ('erasure_basis', 'unlawful_processing', '违法或违反约定处理', 'The processing was unlawful');

CREATE FUNCTION registry.open_cases(person_id bigint) RETURNS TABLE (subject text, number bigint)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH own AS (
        SELECT id AS person_id, v.volunteer_id, v.status
        FROM registry.persons_within(open_cases.person_id) AS id
        LEFT JOIN registry.volunteer v ON v.person_id = id
    )
    SELECT 'registration', o.volunteer_id FROM own o WHERE o.status IN ('active', 'suspended')
    UNION ALL
    SELECT 'appointment', s.staff_id FROM own o JOIN registry.staff s USING (person_id) WHERE s.valid @> registry.today()
    UNION ALL
    SELECT 'merge', m.merge_id
    FROM own o
    JOIN registry.person_merge m ON o.person_id IN (m.absorbed_id, m.survivor_id)
    WHERE m.status = 'requested'
    UNION ALL
    SELECT 'name_correction', c.correction_id FROM own o JOIN registry.name_correction c USING (person_id) WHERE c.status = 'requested'
    UNION ALL
    SELECT 'spot_check', c.round_id FROM own o JOIN registry.spot_check c USING (volunteer_id) WHERE c.status = 'drawn'
    UNION ALL
    SELECT 'record', r.record_id
    FROM own o
    JOIN registry.service_record r USING (volunteer_id)
    WHERE r.status IN ('submitted', 'in_publicity', 'disputed')
    UNION ALL
    SELECT 'insurance_claim', c.claim_id
    FROM own o
    JOIN registry.insurance_claim c USING (volunteer_id)
    WHERE c.status = 'reported'
    UNION ALL
    SELECT 'callout', c.shift_id
    FROM own o
    JOIN registry.callout c USING (volunteer_id)
    WHERE c.status NOT IN ('declined', 'debriefed')
    UNION ALL
    SELECT 'star', a.award_id FROM own o JOIN registry.star_award a USING (volunteer_id)
    WHERE a.status IN ('applied', 'in_publicity', 'disputed', 'reopened')
    UNION ALL
    SELECT 'certificate', c.certificate_id
    FROM own o
    JOIN registry.certificate c USING (volunteer_id)
    WHERE c.status = 'suspended'
    UNION ALL
    SELECT 'redemption', r.redemption_id
    FROM own o
    JOIN registry.redemption r USING (volunteer_id)
    WHERE r.status IN ('requested', 'approved')
    UNION ALL
    SELECT 'time_account', a.account_id FROM own o JOIN registry.time_account a USING (volunteer_id) WHERE a.balance < 0
    UNION ALL
    SELECT 'transfer', t.transfer_id
    FROM own o
    JOIN registry.transfer t USING (volunteer_id)
    WHERE t.status IN ('requested', 'consented', 'exported', 'received', 'acknowledged');
END;
COMMENT ON FUNCTION registry.open_cases(bigint) IS
    '尚未了结、须先办结才可删除个人信息的事项:registration 仍在册,appointment 任职,merge 合并申请,name_correction 姓名更正申请,spot_check 抽查待核,record 未生效或有争议的记录,insurance_claim 未结理赔,callout 应急召集,star 待认定或复核的星级,certificate 核查中的证明,redemption 未办结的支取,time_account 时间银行欠账,transfer 进行中的转移';

-- What is entered afterwards would never be erased. Locked, so that an erasure waits for what is being entered.
CREATE FUNCTION registry.require_not_erased(volunteer_id bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM
    FROM registry.volunteer v
    JOIN registry.person p ON p.person_id = v.person_id
    WHERE v.volunteer_id = require_not_erased.volunteer_id AND p.erased_at IS NULL
    FOR SHARE OF p;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'person_not_erased',
            MESSAGE = 'The person was erased.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_not_erased(bigint) IS '检查志愿者的个人信息未被删除,并锁定;错误 55000 person_not_erased';

CREATE FUNCTION registry.request_erasure(volunteer_no volunteer.volunteer_no, basis text, evidence text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    new_erasure bigint;
BEGIN
    PERFORM registry.require_duty('registrar', subject.organization_id);
    PERFORM registry.require_code('erasure_basis', basis);
    PERFORM registry.require_whole_person(subject.person_id);
    INSERT INTO registry.erasure AS e (person_id, organization_id, basis, evidence)
    VALUES (subject.person_id, subject.organization_id, basis, registry.clean_text(evidence))
    RETURNING e.erasure_id INTO new_erasure;
    INSERT INTO registry.erasure_event (erasure_id, to_status) VALUES (new_erasure, 'requested');
    RETURN new_erasure;
END
$$;
COMMENT ON FUNCTION registry.request_erasure(volunteer.volunteer_no, text, text) IS
    '申请删除个人信息,返回删除编号(登记组织的登记员)。参数:志愿者、依据(代码集 erasure_basis)、凭证。错误 42501 not_staff、outside_scope,23503 known_volunteer、known_code,23505 one_erasure_of_a_person,23514 erasure_has_evidence,55000 person_is_whole';

CREATE FUNCTION registry.decide_erasure(erasure_id bigint, to_status text, reason text) RETURNS registry.erasure
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.erasure;
BEGIN
    SELECT e.* INTO subject FROM registry.erasure e WHERE e.erasure_id = decide_erasure.erasure_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_erasure',
            MESSAGE = 'There is no such request to erase.';
    END IF;
    PERFORM registry.require_duty(
        registry.require_transition('erasure', subject.status, to_status, reason), subject.organization_id);
    IF registry.session_is(subject.requested_by) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'decided_by_another',
            MESSAGE = 'Nobody decides on the own request.';
    END IF;
    UPDATE registry.erasure e SET status = to_status WHERE e.erasure_id = subject.erasure_id;
    INSERT INTO registry.erasure_event (erasure_id, from_status, to_status, reason)
    VALUES (subject.erasure_id, subject.status, to_status, registry.clean_text(reason));
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.decide_erasure(bigint, text, text) IS
    '决定删除申请并记录;错误 42501 not_staff、outside_scope,23503 known_erasure,55000 known_transition,23514 reason_required、decided_by_another';

CREATE FUNCTION registry.refuse_erasure(erasure_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM registry.decide_erasure(erasure_id, 'refused', reason);
END
$$;
COMMENT ON FUNCTION registry.refuse_erasure(bigint, text) IS
    '不予删除,须说明理由(个人信息保护法第五十条),申请人以外的登记员;错误 42501 not_staff、outside_scope,23503 known_erasure,55000 known_transition,23514 reason_required、decided_by_another';

-- Reasons of events stay: they are sealed, and name papers, not people.
CREATE FUNCTION registry.erase_free_text(volunteers bigint[]) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE registry.evaluation e
    SET comment = NULL, comment_salt = NULL
    WHERE e.volunteer_id = ANY (volunteers) AND e.comment IS NOT NULL;
    UPDATE registry.dispute d SET ground = NULL, ground_salt = NULL WHERE d.volunteer_id = ANY (volunteers);
    UPDATE registry.insurance_claim c SET description = NULL WHERE c.volunteer_id = ANY (volunteers);
    UPDATE registry.share s SET recipient = NULL, recipient_salt = NULL WHERE s.volunteer_id = ANY (volunteers);
    UPDATE registry.training_result t SET void_reason = '已注销'
    WHERE t.volunteer_id = ANY (volunteers) AND t.void_reason IS NOT NULL;
    UPDATE registry.signup s SET override_reason = '已注销'
    WHERE s.volunteer_id = ANY (volunteers) AND s.override_reason IS NOT NULL;
    UPDATE registry.import_row r SET line = NULL
    FROM registry.volunteer v
    WHERE v.volunteer_id = ANY (volunteers) AND strpos(upper(r.line), v.volunteer_no::text) > 0;
END;
COMMENT ON FUNCTION registry.erase_free_text(bigint[]) IS
    '删除关于志愿者的文字:评语、异议理由、出险经过、证明的接收方、培训作废与例外上岗的理由、未能导入的行';

CREATE FUNCTION registry.erase_person(erasure_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.erasure := registry.decide_erasure(erasure_id, 'erased', NULL);
    persons bigint[];
    volunteers bigint[];
    open text;
BEGIN
    PERFORM registry.require_whole_person(subject.person_id);
    persons := array(SELECT registry.persons_within(subject.person_id));
    volunteers := array(
        SELECT v.volunteer_id FROM registry.volunteer v WHERE v.person_id = ANY (persons)
        ORDER BY v.volunteer_id FOR NO KEY UPDATE);
    SELECT c.subject || ' ' || c.number INTO open FROM registry.open_cases(subject.person_id) c LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'no_open_case',
            MESSAGE = format('There is an open case: %s.', open);
    END IF;

    DELETE FROM registry.identity_document d WHERE d.person_id = ANY (persons);
    DELETE FROM registry.contact c WHERE c.person_id = ANY (persons);
    UPDATE registry.guardian g
    SET name = '已注销', sealed_phone = NULL, phone_tail = NULL, salt = gen_random_uuid(), ended_at = coalesce(g.ended_at, now())
    WHERE g.person_id = ANY (persons);
    UPDATE registry.exchange_message m
    SET body = NULL
    FROM registry.transfer t
    WHERE t.transfer_id = m.transfer_id AND t.volunteer_id = ANY (volunteers) AND m.body IS NOT NULL;
    -- The token has the digests of the disclosures only; without the salts nobody can try names against them.
    UPDATE registry.certificate c SET disclosures = '{}' WHERE c.volunteer_id = ANY (volunteers);
    PERFORM registry.erase_free_text(volunteers);
    UPDATE registry.person p
    SET name = '已注销', sex = 9, birth_date = date_trunc('year', p.birth_date), erased_at = now(), salt = gen_random_uuid()
    WHERE p.person_id = ANY (persons);
END
$$;
COMMENT ON FUNCTION registry.erase_person(bigint) IS
    '删除个人信息,不可恢复(申请人以外的登记员):姓名、性别、生日(留年份)、证件、联系方式、监护人、证明的披露、转移文件的全文和关于其人的文字(erase_free_text);服务记录、时长、证明以志愿者编号保留,已签发令牌中的脱敏姓名不变。参数:删除编号。错误 42501 not_staff、outside_scope,23503 known_erasure,55000 known_transition、person_is_whole、no_open_case,23514 decided_by_another';

GRANT EXECUTE ON FUNCTION registry.request_erasure(volunteer.volunteer_no, text, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.refuse_erasure(bigint, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.erase_person(bigint) TO registry_registrar;
GRANT SELECT ON registry.erasure_event TO registry_auditor;
