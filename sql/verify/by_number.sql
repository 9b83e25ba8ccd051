-- Lookups by certificate number and holder's name, which can be guessed: an attempt is counted by one transaction, and judged by
-- another one that sees it committed. What is asked and answered in one could be rolled back, and nobody would have counted it.

CREATE TABLE verify.failed_lookup (
    bucket integer PRIMARY KEY,
    failures integer NOT NULL,
    since timestamptz NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE verify.failed_lookup IS
    '按编号查证的失败次数,满一小时重新计数;编号散列到 2^20 个桶,存在与不存在的编号一视同仁,表的大小有限';
COMMENT ON COLUMN verify.failed_lookup.bucket IS '证明编号的散列';
COMMENT ON COLUMN verify.failed_lookup.failures IS '失败次数,含尚未取结果的';
COMMENT ON COLUMN verify.failed_lookup.since IS '本轮计数起始时间';

CREATE TABLE verify.lookup_attempt (
    digest bytea PRIMARY KEY,
    bucket integer NOT NULL,
    since timestamptz NOT NULL,
    failures integer NOT NULL,
    is_failure boolean NOT NULL DEFAULT true,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON verify.lookup_attempt (asked_at);
COMMENT ON TABLE verify.lookup_attempt IS '按编号的查证申请,一分钟内可取结果,过期的由其后的申请删除;不含编号、姓名与结果';
COMMENT ON COLUMN verify.lookup_attempt.digest IS '凭据、编号、姓名的 SHA-256;凭据随机,不存入库';
COMMENT ON COLUMN verify.lookup_attempt.bucket IS '计入失败次数的桶';
COMMENT ON COLUMN verify.lookup_attempt.since IS '计入的一轮';
COMMENT ON COLUMN verify.lookup_attempt.failures IS '计入之后本轮的失败次数,超过 5 次的不予查找';
COMMENT ON COLUMN verify.lookup_attempt.is_failure IS '是否计为失败:查到即不再计';
COMMENT ON COLUMN verify.lookup_attempt.xid IS '计数的事务,取结果须在其提交之后';
COMMENT ON COLUMN verify.lookup_attempt.asked_at IS '申请时间(服务器时间)';

-- No text has a zero byte: what ends the number cannot begin the name.
CREATE FUNCTION registry.attempt_digest(ticket uuid, number text, holder_name text) RETURNS bytea
    LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
    RETURN sha256(uuid_send(ticket) || convert_to(number, 'UTF8') || '\x00'::bytea || convert_to(holder_name, 'UTF8'));
COMMENT ON FUNCTION registry.attempt_digest(uuid, text, text) IS '查证申请的散列;参数:凭据、编号、姓名';

CREATE FUNCTION verify.ask_by_number(number text, holder_name text) RETURNS uuid
    LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ticket CONSTANT uuid := gen_random_uuid();
    expired_before CONSTANT timestamptz := clock_timestamp() - interval '1 minute';
    counted verify.failed_lookup;
BEGIN
    DELETE FROM verify.lookup_attempt a
    USING (
        SELECT o.digest
        FROM verify.lookup_attempt o
        WHERE o.asked_at < expired_before
        ORDER BY o.asked_at
        LIMIT 10
        FOR UPDATE SKIP LOCKED) AS old
    WHERE a.digest = old.digest;

    -- Guesses in parallel wait for one another on the row.
    INSERT INTO verify.failed_lookup AS l (bucket, failures, since)
    VALUES (hashtext(upper(registry.clean_text(number))) & 1048575, 1, clock_timestamp())
    ON CONFLICT (bucket) DO UPDATE
    SET (failures, since) = (
        SELECT CASE WHEN expired THEN 1 ELSE l.failures + 1 END, CASE WHEN expired THEN excluded.since ELSE l.since END
        FROM (VALUES (l.since < excluded.since - interval '1 hour')) AS age (expired))
    RETURNING l.* INTO counted;

    INSERT INTO verify.lookup_attempt (digest, bucket, since, failures)
    VALUES (registry.attempt_digest(ticket, number, holder_name), counted.bucket, counted.since, counted.failures);
    RETURN ticket;
END
$$;
COMMENT ON FUNCTION verify.ask_by_number(text, text) IS
    '申请按证明编号和持证人全名查证,返回凭据:先计为失败,什么也不查找;提交之后以凭据取结果(answer_by_number);要计数,只能在主库调用';

CREATE FUNCTION verify.answer_by_number(ticket uuid, number text, holder_name text)
    RETURNS TABLE (code text, status text, status_since timestamptz, reason text, token text, checked_at timestamptz)
    LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    wanted CONSTANT text := upper(registry.clean_text(number));
    attempt verify.lookup_attempt;
    found_code text;
    found_name text;
BEGIN
    -- A row of another transaction that can be seen is committed.
    SELECT a.* INTO attempt
    FROM verify.lookup_attempt a
    WHERE a.digest = registry.attempt_digest(ticket, answer_by_number.number, holder_name)
        AND a.asked_at > clock_timestamp() - interval '1 minute'
        AND a.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'attempt_is_committed',
            MESSAGE = 'This was not asked in the last minute, by an earlier transaction.';
    END IF;

    -- The name is no condition of the query: whatever it is, the work is the same.
    SELECT c.code::text, p.name INTO found_code, found_name
    FROM registry.certificate c
    JOIN registry.volunteer v USING (volunteer_id)
    JOIN registry.person p USING (person_id)
    WHERE c.number = wanted AND p.erased_at IS NULL;

    IF found_name = registry.clean_name(holder_name) AND attempt.failures <= 5 THEN
        IF attempt.is_failure THEN
            UPDATE verify.lookup_attempt a SET is_failure = false WHERE a.digest = attempt.digest;
            UPDATE verify.failed_lookup l
            SET failures = l.failures - 1
            WHERE (l.bucket, l.since) = (attempt.bucket, attempt.since);
        END IF;
        RETURN QUERY SELECT * FROM verify.certificates(ARRAY[found_code]);
    END IF;
END
$$;
COMMENT ON FUNCTION verify.answer_by_number(uuid, text, text) IS
    '取按编号查证的结果,须先以同一编号、姓名申请(ask_by_number)并提交,一分钟内可重复取:两者都符才有一行,且不再计为失败;编号不存在、姓名不符、失败过多一律无行,同一编号每小时至多失败 5 次;错误 55000 attempt_is_committed';

GRANT EXECUTE ON FUNCTION verify.ask_by_number(text, text) TO registry_verifier;
GRANT EXECUTE ON FUNCTION verify.answer_by_number(uuid, text, text) TO registry_verifier;
