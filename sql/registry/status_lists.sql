-- Status lists (Token Status List, draft-ietf-oauth-status-list): which certificates were withdrawn, a whole list in one
-- token. A change of status only marks its list. Whoever asks for the list next signs it, or the operator's timer does: a
-- hundred revocations make one signature, no revocation and no issue waits for one, and nobody is handed a list that is
-- older than a change committed before he asked.

CREATE TABLE registry.status_list_token (
    list integer PRIMARY KEY REFERENCES registry.status_list,
    token text,
    kid text CONSTRAINT signed_by_registered_key REFERENCES registry.signing_key,
    signed_at timestamptz,
    CONSTRAINT signed_as_a_whole CHECK (num_nulls(token, kid, signed_at) IN (0, 3))
);
COMMENT ON TABLE registry.status_list_token IS '已签名的状态列表,一列一行;尚未签名时各栏为空。与 status_list 分表,使签名不与签发争锁';
COMMENT ON COLUMN registry.status_list_token.list IS '列表编号';
COMMENT ON COLUMN registry.status_list_token.token IS '签名令牌(statuslist+jwt)';
COMMENT ON COLUMN registry.status_list_token.kid IS '签名公钥指纹';
COMMENT ON COLUMN registry.status_list_token.signed_at IS '签名时间:此前提交的状态变更均已计入';

CREATE TABLE registry.status_list_change (
    list integer NOT NULL
);
CREATE INDEX ON registry.status_list_change (list);
ALTER TABLE registry.status_list_change REPLICA IDENTITY FULL;
COMMENT ON TABLE registry.status_list_change IS '上次签名之后有状态变更的列表;签名时删去';
COMMENT ON COLUMN registry.status_list_change.list IS '列表编号';

CREATE INDEX withdrawn_certificate ON registry.certificate (status_list) INCLUDE (status_index, status)
    WHERE status <> 'valid';

CREATE FUNCTION registry.mark_status_list() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO registry.status_list_change (list) VALUES (NEW.status_list);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.mark_status_list() IS '触发器:证明状态变化时标记其状态列表,待重签';
CREATE TRIGGER mark_status_list AFTER UPDATE ON registry.certificate
    FOR EACH ROW WHEN (OLD.status <> NEW.status)
    EXECUTE FUNCTION registry.mark_status_list();

CREATE FUNCTION registry.status_list_is_due(list integer) RETURNS boolean
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM registry.status_list_change c WHERE c.list = status_list_is_due.list)
        OR NOT EXISTS (
            SELECT FROM registry.status_list_token t
            WHERE t.list = status_list_is_due.list
                AND t.signed_at BETWEEN clock_timestamp() - interval '90 seconds' AND clock_timestamp());
END;
COMMENT ON FUNCTION registry.status_list_is_due(integer) IS
    '状态列表是否须重签:有状态变更、从未签名,或签名已满 90 秒(每分钟一次的定时任务因此使签名不早于 ttl 的一半,即 150 秒)';

CREATE FUNCTION registry.status_list_claims(list integer, signed_at timestamptz) RETURNS json
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT json_build_object(
        'iss', d.origin,
        'sub', d.origin || '/s/' || status_list_claims.list,
        'iat', floor(extract(epoch FROM status_list_claims.signed_at))::bigint,
        'exp', floor(extract(epoch FROM status_list_claims.signed_at))::bigint + 86400,
        'ttl', 300,
        'status_list', volunteer.status_list(131072, withdrawn.indexes, withdrawn.statuses)::jsonb
            || jsonb_build_object('aggregation_uri', d.origin || '/s/'))
    FROM registry.deployment d
    CROSS JOIN (
        SELECT
            coalesce(array_agg(c.status_index), '{}') AS indexes,
            coalesce(array_agg(array_position('{revoked,suspended,superseded}', c.status)), '{}') AS statuses
        FROM registry.certificate c
        WHERE c.status_list = status_list_claims.list AND c.status <> 'valid') AS withdrawn;
END;
COMMENT ON FUNCTION registry.status_list_claims(integer, timestamptz) IS
    '状态列表令牌的载荷:每个位置 2 比特,0 有效、1 已撤销、2 核查中、3 已被取代;自签名起一日内有效(exp),可缓存 300 秒(ttl)';

CREATE FUNCTION registry.sign_status_list(list integer) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    fresh registry.status_list_token;
BEGIN
    INSERT INTO registry.status_list_token (list) VALUES (sign_status_list.list) ON CONFLICT DO NOTHING;
    PERFORM FROM registry.status_list_token t WHERE t.list = sign_status_list.list FOR UPDATE;
    IF NOT registry.status_list_is_due(list) THEN
        RETURN false;
    END IF;
    -- What the deletion sees, the next statement sees as well; what is committed between the two stays marked.
    DELETE FROM registry.status_list_change c WHERE c.list = sign_status_list.list;
    fresh.signed_at := clock_timestamp();
    fresh.token := registry.signed_status_list(registry.status_list_claims(list, fresh.signed_at));
    fresh.kid := registry.token_part(fresh.token, 1) ->> 'kid';
    PERFORM registry.require_key_in_use(fresh.kid);
    UPDATE registry.status_list_token t
    SET (token, kid, signed_at) = (fresh.token, fresh.kid, fresh.signed_at)
    WHERE t.list = sign_status_list.list;
    RETURN true;
END
$$;
COMMENT ON FUNCTION registry.sign_status_list(integer) IS
    '须重签时重签状态列表,返回是否重签;只签本库的列表,同时来的等前一个签完,见其不必再签即返回;错误 23503 未知列表,55000 signed_by_registered_key';
