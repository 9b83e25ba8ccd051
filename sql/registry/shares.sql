-- Shares: for a time, whoever was given the code of a share sees what the holder chose to disclose of a certificate.

CREATE TABLE registry.share (
    share_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    volunteer_id bigint NOT NULL,
    certificate_id bigint NOT NULL,
    code_sha256 bytea NOT NULL CONSTRAINT one_share_of_a_code UNIQUE,
    claims text[] NOT NULL,
    recipient text,
    recipient_salt uuid,
    recipient_sha256 bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    shared_at timestamptz NOT NULL DEFAULT now(),
    shared_by name NOT NULL DEFAULT session_user,
    withdrawn_at timestamptz,
    status text NOT NULL GENERATED ALWAYS AS (CASE WHEN withdrawn_at IS NULL THEN 'shared' ELSE 'withdrawn' END) STORED,
    FOREIGN KEY (volunteer_id, certificate_id) REFERENCES registry.certificate,
    CONSTRAINT share_has_recipient CHECK (char_length(recipient) BETWEEN 1 AND 100),
    CONSTRAINT recipient_has_salt CHECK ((recipient IS NULL) = (recipient_salt IS NULL)),
    CONSTRAINT recipient_has_digest CHECK (registry.salted_digest(recipient_salt, recipient) = recipient_sha256),
    CONSTRAINT share_ends CHECK (expires_at > shared_at AND isfinite(expires_at)),
    CONSTRAINT withdrawn_after_shared CHECK (withdrawn_at >= shared_at)
);
CREATE INDEX share_certificate ON registry.share (volunteer_id, certificate_id);
CREATE TRIGGER append_only
    BEFORE UPDATE OF volunteer_id, certificate_id, code_sha256, claims, recipient_sha256, expires_at, shared_at, shared_by
    ON registry.share FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER recipient_is_only_erased BEFORE UPDATE OF recipient, recipient_salt ON registry.share
    FOR EACH ROW WHEN (NEW.recipient IS NOT NULL) EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.share IS '证明的限时分享:持证人选定披露的内容、对方和期限;只存分享码的摘要';
COMMENT ON COLUMN registry.share.share_id IS '分享编号';
COMMENT ON COLUMN registry.share.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.share.certificate_id IS '证明';
COMMENT ON COLUMN registry.share.code_sha256 IS '分享码的 SHA-256';
COMMENT ON COLUMN registry.share.claims IS '披露的内容:name 姓名,id_tail 证件号码末位';
COMMENT ON COLUMN registry.share.recipient IS '对方(如用人单位、学校);志愿者的个人信息删除后为空';
COMMENT ON COLUMN registry.share.recipient_salt IS '对方摘要的盐,随对方删除';
COMMENT ON COLUMN registry.share.recipient_sha256 IS '对方的加盐摘要,据以封章';
COMMENT ON COLUMN registry.share.expires_at IS '失效时间';
COMMENT ON COLUMN registry.share.shared_at IS '分享时间';
COMMENT ON COLUMN registry.share.shared_by IS '经办人(数据库角色)';
COMMENT ON COLUMN registry.share.withdrawn_at IS '持证人收回的时间';
COMMENT ON COLUMN registry.share.status IS '状态:shared 已分享,withdrawn 已收回;由收回时间得出,到期不改变';

CREATE TABLE registry.share_event (
    share_id bigint NOT NULL REFERENCES registry.share,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (share_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.share_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.share_event IS '分享与收回记录,只追加';
COMMENT ON COLUMN registry.share_event.share_id IS '分享';

CREATE FUNCTION registry.share_certificate(
    code text, recipient text, days integer DEFAULT 7, claims text[] DEFAULT '{name,id_tail}')
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    certificate CONSTANT registry.certificate := registry.lock_certificate(code);
    share_code CONSTANT text := volunteer.gen_certificate_code();
    clean_recipient CONSTANT text := coalesce(registry.clean_text(recipient), '');
    salt CONSTANT uuid := gen_random_uuid();
    most integer;
    new_share bigint;
BEGIN
    PERFORM registry.require_disclosed(certificate, claims);
    SELECT registry.policy_value('share_days', o.region, registry.today()) INTO most
    FROM registry.organization o WHERE o.organization_id = certificate.organization_id;
    IF days IS NULL OR days NOT BETWEEN 1 AND most THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'share_days',
            MESSAGE = format('A share lasts from 1 to %s days.', most);
    END IF;
    INSERT INTO registry.share AS s
        (volunteer_id, certificate_id, code_sha256, claims, recipient, recipient_salt, recipient_sha256, expires_at)
    VALUES (certificate.volunteer_id, certificate.certificate_id, sha256(convert_to(share_code, 'UTF8')), claims,
        clean_recipient, salt, registry.salted_digest(salt, clean_recipient), now() + make_interval(days => days))
    RETURNING s.share_id INTO new_share;
    INSERT INTO registry.share_event (share_id, to_status) VALUES (new_share, 'shared');
    RETURN share_code;
END
$$;
COMMENT ON FUNCTION registry.share_certificate(text, text, integer, text[]) IS
    '应持证人要求限时分享证明,须先登记查阅(announce_access,certificate),返回分享码(27 位,只此一次,不存入库),只交持证人本人。参数:查验码、对方、天数(至多为政策 share_days)、披露的内容(name、id_tail)。错误 P0002 known_certificate、claims_to_disclose,22P02 查验码有误,42501 not_staff、outside_scope、access_is_logged,55000 only_valid_is_disclosed,23514 share_days、share_has_recipient';

CREATE FUNCTION registry.withdraw_share(share_code text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.share;
BEGIN
    SELECT s.* INTO subject
    FROM registry.share s
    WHERE s.code_sha256 = sha256(convert_to(share_code::volunteer.certificate_code::text, 'UTF8'))
    FOR NO KEY UPDATE;
    IF NOT FOUND OR subject.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_share',
            MESSAGE = 'There is no such share.';
    END IF;
    PERFORM registry.require_duty('issuer', c.organization_id)
    FROM registry.certificate c
    WHERE (c.volunteer_id, c.certificate_id) = (subject.volunteer_id, subject.certificate_id);
    UPDATE registry.share s SET withdrawn_at = now() WHERE s.share_id = subject.share_id;
    INSERT INTO registry.share_event (share_id, from_status, to_status) VALUES (subject.share_id, 'shared', 'withdrawn');
END
$$;
COMMENT ON FUNCTION registry.withdraw_share(text) IS
    '应持证人要求收回分享,立即失效;参数:分享码。错误 P0002 known_share,22P02 分享码有误,42501 not_staff、outside_scope';

GRANT EXECUTE ON FUNCTION registry.share_certificate(text, text, integer, text[]) TO registry_issuer;
GRANT EXECUTE ON FUNCTION registry.withdraw_share(text) TO registry_issuer;
GRANT SELECT ON registry.share_event TO registry_auditor;
