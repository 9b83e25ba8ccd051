-- Contacts: apart from the service record, sealed, and deleted before it.

CREATE FUNCTION registry.contact_is_plausible(kind text, value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE kind
        WHEN 'phone' THEN value ~ '^\+?[0-9][0-9 -]{4,19}$'
        WHEN 'email' THEN value ~ '^[^@[:space:]]{1,64}@[^@[:space:]]{1,255}$'
        WHEN 'address' THEN char_length(value) BETWEEN 4 AND 200
        ELSE false
    END;
COMMENT ON FUNCTION registry.contact_is_plausible(text, text) IS '联系方式的种类与写法是否合理';

CREATE TABLE registry.contact (
    person_id bigint NOT NULL REFERENCES registry.person,
    kind text NOT NULL,
    sealed bytea NOT NULL,
    tail text,
    keep_until date,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by name NOT NULL DEFAULT session_user,
    PRIMARY KEY (person_id, kind),
    CONSTRAINT contact_kind CHECK (kind IN ('phone', 'email', 'address')),
    CONSTRAINT tail_of_a_phone CHECK ((kind = 'phone') = (tail IS NOT NULL) AND char_length(tail) = 4)
);
CREATE INDEX contact_keep_until ON registry.contact (keep_until);
COMMENT ON TABLE registry.contact IS '联系方式:加密,与服务记录分开保存,先于记录删除(个人信息保护法第十九条、第四十七条)';
COMMENT ON COLUMN registry.contact.person_id IS '自然人';
COMMENT ON COLUMN registry.contact.kind IS '种类:phone 电话,email 电子邮件,address 住址';
COMMENT ON COLUMN registry.contact.sealed IS '加密的联系方式(AES-256-GCM),密钥在数据库之外';
COMMENT ON COLUMN registry.contact.tail IS '电话末四位;其他种类为空';
COMMENT ON COLUMN registry.contact.keep_until IS '保留至此日(含),其后由 delete_due_contacts() 删除;空为在册期间保留';
COMMENT ON COLUMN registry.contact.recorded_at IS '录入时间';
COMMENT ON COLUMN registry.contact.recorded_by IS '录入人(数据库角色)';

CREATE FUNCTION registry.contact_context(person_id bigint, kind text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN format('contact %s %s', person_id, kind);
COMMENT ON FUNCTION registry.contact_context(bigint, text) IS '联系方式的密文所绑定的行';

CREATE FUNCTION registry.require_contact(kind text, value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    clean CONSTANT text := registry.clean_text(normalize(value, NFKC));
BEGIN
    IF registry.contact_is_plausible(kind, clean) IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'contact_is_plausible',
            MESSAGE = 'The contact is no telephone number, e-mail address or postal address.';
    END IF;
    RETURN clean;
END
$$;
COMMENT ON FUNCTION registry.require_contact(text, text) IS '检查并规范联系方式;错误 23514 contact_is_plausible';

CREATE FUNCTION registry.set_contact(person_id bigint, kind text, value text, keep_until date DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    clean CONSTANT text := registry.require_contact(kind, value);
BEGIN
    IF NOT registry.has_consent(person_id, 'contact') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'contact_has_consent',
            MESSAGE = 'The person has not consented to be contacted.';
    END IF;
    INSERT INTO registry.contact AS c (person_id, kind, sealed, tail, keep_until)
    VALUES (set_contact.person_id, set_contact.kind,
        registry.sealed_value(clean, registry.contact_context(set_contact.person_id, set_contact.kind)),
        CASE kind WHEN 'phone' THEN right(clean, 4) END, set_contact.keep_until)
    ON CONFLICT ON CONSTRAINT contact_pkey DO UPDATE
    SET (sealed, tail, keep_until, recorded_at, recorded_by) =
        (excluded.sealed, excluded.tail, excluded.keep_until, excluded.recorded_at, excluded.recorded_by);
END
$$;
COMMENT ON FUNCTION registry.set_contact(bigint, text, text, date) IS
    '录入或更新联系方式;参数:自然人、种类、联系方式、保留至;错误 23514 contact_is_plausible,55000 contact_has_consent';

CREATE FUNCTION registry.delete_due_contacts() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    deleted bigint;
BEGIN
    DELETE FROM registry.contact c WHERE c.keep_until < registry.today();
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$$;
COMMENT ON FUNCTION registry.delete_due_contacts() IS '删除保留期已过的联系方式,返回删除数;宜每日由定时任务调用';

GRANT EXECUTE ON FUNCTION registry.delete_due_contacts() TO registry_administrator;
