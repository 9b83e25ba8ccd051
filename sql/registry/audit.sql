-- Who looked at whose data and why. An entry is committed before the data is shown: what a session logs and takes back by
-- rolling back was not shown to it.

CREATE TABLE registry.audit_log (
    log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor name NOT NULL DEFAULT session_user,
    person_id bigint REFERENCES registry.person,
    import_id bigint REFERENCES registry.import,
    data text NOT NULL,
    purpose text NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT access_is_to_somebody CHECK (num_nonnulls(person_id, import_id) > 0),
    CONSTRAINT access_says_what CHECK (data <> ''),
    CONSTRAINT access_has_a_purpose CHECK (purpose <> '')
);
CREATE INDEX audit_log_person ON registry.audit_log (person_id);
CREATE INDEX ON registry.audit_log (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX ON registry.audit_log (xid);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.audit_log IS '查阅日志:谁、何时、为何查阅谁的何种个人信息,只追加(个人信息保护法第五十一条)';
COMMENT ON COLUMN registry.audit_log.log_id IS '日志编号';
COMMENT ON COLUMN registry.audit_log.at IS '时间(服务器时间)';
COMMENT ON COLUMN registry.audit_log.actor IS '查阅人(数据库角色)';
COMMENT ON COLUMN registry.audit_log.person_id IS '被查阅的自然人;名册行中其余的人为空';
COMMENT ON COLUMN registry.audit_log.import_id IS '被查阅的未能导入的行所在的导入';
COMMENT ON COLUMN registry.audit_log.data IS '查阅的个人信息种类';
COMMENT ON COLUMN registry.audit_log.purpose IS '目的';
COMMENT ON COLUMN registry.audit_log.xid IS '写入的事务,据以封章';

CREATE FUNCTION registry.log_access(person_id bigint, data text, purpose text, import_id bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO registry.audit_log (person_id, import_id, data, purpose)
    VALUES (log_access.person_id, log_access.import_id, log_access.data, registry.clean_text(log_access.purpose))
    RETURNING log_id;
END;
COMMENT ON FUNCTION registry.log_access(bigint, text, text, bigint) IS
    '登记将要进行的查阅,返回日志编号;参数:自然人、个人信息种类、目的、名册导入。错误 23514 access_is_to_somebody、access_says_what、access_has_a_purpose,23503 无此自然人、无此导入';

CREATE FUNCTION registry.require_logged_access(person_id bigint, data text, import_id bigint DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM
    FROM registry.audit_log l
    WHERE (l.person_id = require_logged_access.person_id OR l.import_id = require_logged_access.import_id)
        AND (l.data, l.actor) = (require_logged_access.data, session_user)
        AND l.at > clock_timestamp() - interval '15 minutes'
        AND l.xid IS DISTINCT FROM pg_current_xact_id_if_assigned();
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'access_is_logged',
            MESSAGE = 'The access was not logged in the last 15 minutes, by an earlier transaction.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_logged_access(bigint, text, bigint) IS
    '检查当前会话角色十五分钟内、在先前已提交的事务中登记过对此人或此导入的这次查阅(log_access):同一事务中登记的可以回滚,不作数;错误 42501 access_is_logged';

GRANT SELECT ON registry.audit_log TO registry_auditor;
