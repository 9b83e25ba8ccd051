-- Status lists, as the certificate desk hands them out, and the timer that keeps them fresh.

CREATE FUNCTION verify.status_list(list integer) RETURNS TABLE (token text, fresh_for integer, expires_in integer)
    LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    -- A standby server hands out what the primary signed.
    IF NOT current_setting('transaction_read_only')::boolean
        AND EXISTS (SELECT FROM registry.status_list l WHERE l.list = status_list.list)
        AND registry.status_list_is_due(list) THEN
        PERFORM registry.sign_status_list(list);
    END IF;
    RETURN QUERY
    SELECT
        CASE WHEN age.seconds < 86400 THEN t.token END,
        greatest(300 - age.seconds, 0),
        greatest(86400 - age.seconds, 0)
    FROM registry.status_list l
    LEFT JOIN registry.status_list_token t USING (list)
    CROSS JOIN LATERAL (
        SELECT 1 + greatest(coalesce(ceil(extract(epoch FROM clock_timestamp() - t.signed_at)), 86400), 0)::integer) AS age (seconds)
    WHERE l.list = status_list.list;
END
$$;
COMMENT ON FUNCTION verify.status_list(integer) IS
    '状态列表令牌,须重签的先重签;一行:令牌(已过期或尚未签名时为空)、可缓存的秒数(ttl)、距过期的秒数(exp);无此列表则无行;备库上只返回主库签好的;错误 55000 signed_by_registered_key';

CREATE FUNCTION verify.status_lists() RETURNS json
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT json_build_object('status_lists', coalesce(json_agg(d.origin || '/s/' || l.list ORDER BY l.list), '[]'))
    FROM registry.status_list l
    CROSS JOIN registry.deployment d;
END;
COMMENT ON FUNCTION verify.status_lists() IS '全部状态列表的网址(draft-ietf-oauth-status-list 第 9 节 Status List Aggregation)';

CREATE FUNCTION verify.sign_status_lists() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    due integer;
    signed integer := 0;
BEGIN
    FOR due IN
        SELECT l.list FROM registry.status_list l WHERE registry.status_list_is_due(l.list) ORDER BY l.list
    LOOP
        signed := signed + registry.sign_status_list(due)::integer;
    END LOOP;
    RETURN signed;
END
$$;
COMMENT ON FUNCTION verify.sign_status_lists() IS
    '重签全部须重签的状态列表,返回重签数;由定时任务每分钟调用一次,使备库与无人查询的列表也不过期;错误 55000 signed_by_registered_key';

GRANT EXECUTE ON FUNCTION verify.status_list(integer) TO registry_verifier;
GRANT EXECUTE ON FUNCTION verify.status_lists() TO registry_verifier;
GRANT EXECUTE ON FUNCTION verify.sign_status_lists() TO registry_verifier;
