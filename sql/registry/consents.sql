-- Guardians and consents: who agreed to what, on which paper, until when.

CREATE TABLE registry.guardian (
    guardian_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES registry.person,
    name text NOT NULL,
    relation text NOT NULL,
    sealed_phone bytea,
    phone_tail text,
    since timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    salt uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT guardian_of_ward UNIQUE (guardian_id, person_id),
    CONSTRAINT guardian_is_named CHECK (char_length(name) BETWEEN 1 AND 60 AND name IS NFC NORMALIZED),
    CONSTRAINT guardian_relation_is_stated CHECK (relation <> ''),
    CONSTRAINT guardian_phone_has_tail CHECK ((sealed_phone IS NULL) = (phone_tail IS NULL)),
    CONSTRAINT ended_after_since CHECK (ended_at >= since)
);
CREATE INDEX guardian_person ON registry.guardian (person_id);
COMMENT ON TABLE registry.guardian IS '监护人';
COMMENT ON COLUMN registry.guardian.guardian_id IS '监护人编号';
COMMENT ON COLUMN registry.guardian.person_id IS '被监护人';
COMMENT ON COLUMN registry.guardian.name IS '监护人姓名';
COMMENT ON COLUMN registry.guardian.relation IS '与被监护人的关系';
COMMENT ON COLUMN registry.guardian.sealed_phone IS '加密的监护人电话(AES-256-GCM),密钥在数据库之外';
COMMENT ON COLUMN registry.guardian.phone_tail IS '监护人电话末四位';
COMMENT ON COLUMN registry.guardian.since IS '登记时间';
COMMENT ON COLUMN registry.guardian.ended_at IS '不再是监护人的时间';
COMMENT ON COLUMN registry.guardian.salt IS '盐:换掉之后,逐行留痕的散列不再透露原来的姓名等';

CREATE FUNCTION registry.guardian_context(person_id bigint) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN format('guardian %s', person_id);
COMMENT ON FUNCTION registry.guardian_context(bigint) IS '监护人电话的密文所绑定的被监护人';

CREATE TABLE registry.consent (
    consent_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES registry.person,
    purpose text NOT NULL,
    scope text NOT NULL DEFAULT '',
    evidence text NOT NULL,
    guardian_id bigint,
    given_at timestamptz NOT NULL DEFAULT now(),
    recorded_by name NOT NULL DEFAULT session_user,
    withdrawn_at timestamptz,
    withdrawn_by name,
    status text NOT NULL GENERATED ALWAYS AS (CASE WHEN withdrawn_at IS NULL THEN 'given' ELSE 'withdrawn' END) STORED,
    FOREIGN KEY (guardian_id, person_id) REFERENCES registry.guardian (guardian_id, person_id),
    CONSTRAINT consent_purpose CHECK (purpose IN ('registration', 'contact', 'transfer')),
    CONSTRAINT consent_scope CHECK ((purpose = 'transfer') = (scope <> '')),
    CONSTRAINT consent_has_evidence CHECK (evidence <> ''),
    CONSTRAINT withdrawn_after_given CHECK (withdrawn_at >= given_at),
    CONSTRAINT withdrawal_is_signed CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);
CREATE UNIQUE INDEX one_consent_in_force ON registry.consent (person_id, purpose, scope) WHERE withdrawn_at IS NULL;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON registry.consent
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.consent IS
    '同意:任何人不得被强制登记;不满十四周岁由监护人同意(个人信息保护法第十三条至第十五条、第三十一条);不删除';
COMMENT ON COLUMN registry.consent.consent_id IS '同意编号';
COMMENT ON COLUMN registry.consent.person_id IS '自然人';
COMMENT ON COLUMN registry.consent.purpose IS '目的:registration 登记为志愿者,contact 保存联系方式,transfer 向另一登记库转移记录';
COMMENT ON COLUMN registry.consent.scope IS '范围:transfer 为接收方(个人信息保护法第二十三条,须告知接收方并取得单独同意),其他目的为空';
COMMENT ON COLUMN registry.consent.evidence IS '同意的凭证(如纸质登记表编号、线上确认流水号)';
COMMENT ON COLUMN registry.consent.guardian_id IS '作出同意的监护人;空为本人';
COMMENT ON COLUMN registry.consent.given_at IS '同意时间';
COMMENT ON COLUMN registry.consent.recorded_by IS '录入人(数据库角色)';
COMMENT ON COLUMN registry.consent.withdrawn_at IS '撤回时间(个人信息保护法第十五条)';
COMMENT ON COLUMN registry.consent.withdrawn_by IS '录入撤回的人(数据库角色)';
COMMENT ON COLUMN registry.consent.status IS '状态:given 已同意,withdrawn 已撤回;由撤回时间得出';

CREATE TABLE registry.consent_event (
    consent_id bigint NOT NULL REFERENCES registry.consent,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (consent_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.consent_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.consent_event IS '同意与撤回记录,只追加';
COMMENT ON COLUMN registry.consent_event.consent_id IS '同意';

CREATE FUNCTION registry.require_consent_age(birth_date date, region volunteer.region_code, has_guardian boolean) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    today CONSTANT date := registry.today();
    age CONSTANT integer := registry.age_on(birth_date, today);
BEGIN
    IF age < registry.policy_value('minimum_age_registration', region, today) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'minimum_age_registration',
            MESSAGE = 'The person is younger than the minimum age of registration.';
    END IF;
    IF age < registry.policy_value('guardian_consent_age', region, today) AND NOT has_guardian THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'guardian_consents',
            MESSAGE = 'A guardian must consent for a person of this age.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_consent_age(date, volunteer.region_code, boolean) IS
    '检查登记年龄与监护人同意(个人信息保护法第三十一条);错误 23514 minimum_age_registration、guardian_consents';

-- Locked, so that whoever withdraws it waits for what is entered on it, and finds that.
CREATE FUNCTION registry.has_consent(person_id bigint, purpose text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM registry.consent c
    WHERE (c.person_id, c.purpose) = (has_consent.person_id, has_consent.purpose) AND c.withdrawn_at IS NULL
    FOR SHARE;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION registry.has_consent(bigint, text) IS '是否有现行有效的同意,有则锁定';

-- Constraint violations print the failing row, so everything personal is tested before it is written.
CREATE FUNCTION registry.require_guardian(INOUT name text, INOUT relation text)
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    name := registry.require_name(name);
    relation := registry.clean_text(relation);
    IF coalesce(relation, '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'guardian_relation_is_stated',
            MESSAGE = 'The relation of the guardian to the person is required.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_guardian(text, text) IS
    '检查并规范监护人姓名与关系;错误 23514 name_is_written、guardian_relation_is_stated';

CREATE FUNCTION registry.require_consent_evidence(evidence text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    clean CONSTANT text := registry.clean_text(evidence);
BEGIN
    IF coalesce(clean, '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'consent_has_evidence',
            MESSAGE = 'There is no consent without evidence.';
    END IF;
    RETURN clean;
END
$$;
COMMENT ON FUNCTION registry.require_consent_evidence(text) IS '检查并规范同意的凭证;错误 23514 consent_has_evidence';

CREATE FUNCTION registry.new_guardian(person_id bigint, name text, relation text, phone text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    clean CONSTANT record := registry.require_guardian(name, relation);
    clean_phone CONSTANT text := registry.clean_text(normalize(phone, NFKC));
    made bigint;
BEGIN
    IF phone IS NOT NULL AND NOT registry.contact_is_plausible('phone', clean_phone) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'contact_is_plausible',
            MESSAGE = 'The telephone number of the guardian is none.';
    END IF;
    INSERT INTO registry.guardian AS g (person_id, name, relation, sealed_phone, phone_tail)
    VALUES (new_guardian.person_id, clean.name, clean.relation,
        registry.sealed_value(clean_phone, registry.guardian_context(new_guardian.person_id)), right(clean_phone, 4))
    RETURNING g.guardian_id INTO made;
    RETURN made;
END
$$;
COMMENT ON FUNCTION registry.new_guardian(bigint, text, text, text) IS
    '录入监护人,返回其编号;错误 23514 name_is_written、guardian_relation_is_stated、contact_is_plausible';

CREATE FUNCTION registry.give_consent(
    person_id bigint, evidence text, guardian_id bigint DEFAULT NULL, purpose text DEFAULT 'registration',
    scope text DEFAULT '')
    RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    clean_evidence CONSTANT text := registry.require_consent_evidence(evidence);
    new_consent bigint;
BEGIN
    IF purpose NOT IN ('registration', 'contact', 'transfer') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'consent_purpose',
            MESSAGE = 'Consent is given to a registration, to being contacted or to a transfer.';
    END IF;
    IF (purpose = 'transfer') <> (scope <> '') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'consent_scope',
            MESSAGE = 'Consent to a transfer names the registry that it goes to; no other consent has a scope.';
    END IF;
    INSERT INTO registry.consent AS c (person_id, purpose, scope, evidence, guardian_id)
    VALUES (give_consent.person_id, give_consent.purpose, give_consent.scope, clean_evidence,
        give_consent.guardian_id)
    RETURNING c.consent_id INTO new_consent;
    INSERT INTO registry.consent_event (consent_id, to_status) VALUES (new_consent, 'given');
    RETURN new_consent;
END
$$;
COMMENT ON FUNCTION registry.give_consent(bigint, text, bigint, text, text) IS
    '登记同意及凭证,返回同意编号。参数:自然人、凭证、作出同意的监护人、目的、范围。错误 23514 consent_has_evidence、consent_purpose、consent_scope,23505 one_consent_in_force';

CREATE FUNCTION registry.withdraw_consents(consents bigint[]) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH withdrawn AS (
        UPDATE registry.consent c
        SET withdrawn_at = now(), withdrawn_by = session_user
        WHERE c.consent_id = ANY (consents) AND c.withdrawn_at IS NULL
        RETURNING c.consent_id
    )
    INSERT INTO registry.consent_event (consent_id, from_status, to_status) SELECT w.consent_id, 'given', 'withdrawn' FROM withdrawn w;
END;
COMMENT ON FUNCTION registry.withdraw_consents(bigint[]) IS '撤回现行有效的同意并记录';

-- What an exit or a withdrawal means for what else is kept.
CREATE FUNCTION registry.end_consents(person_id bigint, region volunteer.region_code) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    last_day CONSTANT date := registry.today()
        + registry.policy_value('contact_retention_days', region, registry.today())::integer;
BEGIN
    PERFORM registry.withdraw_consents(array(
        SELECT c.consent_id FROM registry.consent c WHERE c.person_id = end_consents.person_id AND c.withdrawn_at IS NULL));
    UPDATE registry.contact c
    SET keep_until = least(c.keep_until, last_day)
    WHERE c.person_id = end_consents.person_id;
END
$$;
COMMENT ON FUNCTION registry.end_consents(bigint, volunteer.region_code) IS
    '退出时撤回全部同意,联系方式按政策 contact_retention_days 到期删除';

GRANT SELECT ON registry.consent_event TO registry_auditor;
