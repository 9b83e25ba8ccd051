-- The time bank: minutes of service stored for later, in double entry. Every row debits one account and credits another, so
-- all accounts together hold zero; recorded hours, stars and certificates know nothing of it, and there is no money in it.

CREATE TABLE registry.time_account (
    account_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    volunteer_id bigint CONSTRAINT one_account_of_a_volunteer UNIQUE REFERENCES registry.volunteer,
    balance bigint,
    opened_on date NOT NULL DEFAULT registry.today(),
    opened_by name NOT NULL DEFAULT session_user,
    CONSTRAINT account_with_kind UNIQUE (account_id, kind),
    CONSTRAINT account_kind CHECK (kind IN ('volunteer', 'service', 'surplus', 'redeemed', 'donated', 'expired')),
    CONSTRAINT volunteers_have_balances CHECK (
        (kind = 'volunteer') = (volunteer_id IS NOT NULL) AND (kind = 'volunteer') = (balance IS NOT NULL))
);
CREATE UNIQUE INDEX one_account_of_a_kind ON registry.time_account (kind) WHERE volunteer_id IS NULL;
COMMENT ON TABLE registry.time_account IS '时间账户:志愿者各一个,另有五个系统账户;复式记账,合计恒为零';
COMMENT ON COLUMN registry.time_account.account_id IS '账户编号';
COMMENT ON COLUMN registry.time_account.kind IS '种类:volunteer 志愿者,service 服务(存入的来源),surplus 超出上限,redeemed 已兑换,donated 已捐赠,expired 已过期';
COMMENT ON COLUMN registry.time_account.volunteer_id IS '志愿者;系统账户为空';
COMMENT ON COLUMN registry.time_account.balance IS '余额(分钟),随分录更新;记录作废后可为负,补足前不得支用。系统账户不存余额,以免并发记账在一行上排队';
COMMENT ON COLUMN registry.time_account.opened_on IS '开户日期;此日起的服务才存入';
COMMENT ON COLUMN registry.time_account.opened_by IS '开户人(数据库角色)';

-- Whole minutes and months, or none at all: what is infinite never comes.
ALTER TABLE registry.policy ADD CONSTRAINT time_bank_policy CHECK (CASE name
    WHEN 'time_bank_unit_minutes' THEN value BETWEEN 1 AND 1440 AND value = trunc(value)
    WHEN 'time_bank_cap_minutes' THEN value BETWEEN 0 AND 'Infinity' AND value = trunc(value)
    WHEN 'time_bank_expiry_months' THEN value BETWEEN 1 AND 1200 AND value = trunc(value) OR value = 'Infinity'
    WHEN 'time_bank_gift' THEN value IN (0, 1)
    WHEN 'time_bank_donation' THEN value IN (0, 1)
    ELSE true END);

INSERT INTO registry.time_account (kind) VALUES ('service'), ('surplus'), ('redeemed'), ('donated'), ('expired');

CREATE TABLE registry.redemption (
    redemption_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    category text NOT NULL,
    service text NOT NULL,
    minutes integer NOT NULL,
    status text NOT NULL DEFAULT 'requested',
    requested_at timestamptz NOT NULL DEFAULT now(),
    requested_by name NOT NULL DEFAULT session_user,
    CONSTRAINT redemption_status CHECK (status IN ('requested', 'approved', 'delivered', 'refused', 'cancelled')),
    CONSTRAINT service_is_described CHECK (char_length(service) BETWEEN 1 AND 200 AND service IS NFC NORMALIZED),
    CONSTRAINT redemption_takes_time CHECK (minutes > 0)
);
CREATE INDEX redemption_volunteer ON registry.redemption (volunteer_id);
CREATE INDEX redemption_organization ON registry.redemption (organization_id);
COMMENT ON TABLE registry.redemption IS '时间兑换:以存入的时间换取他人的志愿服务,不换钱物';
COMMENT ON COLUMN registry.redemption.redemption_id IS '兑换编号';
COMMENT ON COLUMN registry.redemption.volunteer_id IS '兑换的志愿者';
COMMENT ON COLUMN registry.redemption.organization_id IS '提供服务的组织';
COMMENT ON COLUMN registry.redemption.category IS '服务类别(代码集 service_category)';
COMMENT ON COLUMN registry.redemption.service IS '所换服务';
COMMENT ON COLUMN registry.redemption.minutes IS '时间(分钟);申请时即扣,不予兑换或取消时退回';
COMMENT ON COLUMN registry.redemption.status IS '状态:requested 已申请,approved 已批准,delivered 已服务,refused 不予兑换,cancelled 取消';
COMMENT ON COLUMN registry.redemption.requested_at IS '申请时间';
COMMENT ON COLUMN registry.redemption.requested_by IS '经办人(数据库角色)';

CREATE TABLE registry.time_entry (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    debit bigint NOT NULL,
    debit_kind text NOT NULL,
    credit bigint NOT NULL,
    credit_kind text NOT NULL,
    minutes integer NOT NULL,
    record_id bigint,
    redemption_id bigint REFERENCES registry.redemption,
    relation text,
    proof_sha256 bytea,
    idempotency_key uuid CONSTRAINT one_booking_of_a_key UNIQUE,
    reverses bigint CONSTRAINT reversed_once UNIQUE,
    reversed boolean NOT NULL DEFAULT false,
    reason text,
    at timestamptz NOT NULL DEFAULT now(),
    stored_at timestamptz,
    actor name NOT NULL DEFAULT session_user,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT known_debit FOREIGN KEY (debit, debit_kind) REFERENCES registry.time_account (account_id, kind),
    CONSTRAINT known_credit FOREIGN KEY (credit, credit_kind) REFERENCES registry.time_account (account_id, kind),
    CONSTRAINT entry_and_accounts UNIQUE (entry_id, debit, credit, minutes),
    CONSTRAINT reversal_mirrors_entry FOREIGN KEY (reverses, credit, debit, minutes)
        REFERENCES registry.time_entry (entry_id, debit, credit, minutes),
    CONSTRAINT two_accounts CHECK (debit <> credit),
    CONSTRAINT some_time CHECK (minutes > 0),
    CONSTRAINT known_booking CHECK (reverses IS NOT NULL OR (debit_kind, credit_kind) IN (
        ('service', 'volunteer'), ('service', 'surplus'), ('volunteer', 'redeemed'), ('volunteer', 'donated'),
        ('volunteer', 'expired'), ('volunteer', 'volunteer'))),
    CONSTRAINT stored_from_record CHECK (reverses IS NOT NULL OR (debit_kind = 'service') = (record_id IS NOT NULL)),
    CONSTRAINT redeemed_by_redemption CHECK (
        reverses IS NOT NULL OR (credit_kind = 'redeemed') = (redemption_id IS NOT NULL)),
    CONSTRAINT gift_among_relatives CHECK (
        reverses IS NOT NULL
        OR (debit_kind = 'volunteer' AND credit_kind = 'volunteer')
            = (relation IS NOT NULL AND proof_sha256 IS NOT NULL)),
    CONSTRAINT known_relation CHECK (relation IN ('spouse', 'parent', 'grandparent', 'child', 'grandchild', 'self')),
    CONSTRAINT proof_is_sha256 CHECK (octet_length(proof_sha256) = 32),
    CONSTRAINT booked_with_key CHECK (
        idempotency_key IS NOT NULL OR reverses IS NOT NULL OR debit_kind = 'service' OR credit_kind = 'expired'),
    CONSTRAINT reversal_is_final CHECK (reverses IS NULL OR NOT reversed)
);
CREATE UNIQUE INDEX one_earning_of_a_record ON registry.time_entry (record_id, credit_kind)
    WHERE reverses IS NULL AND NOT reversed;
CREATE INDEX ON registry.time_entry (record_id) WHERE reversed AND reverses IS NULL;
CREATE UNIQUE INDEX one_payment_of_a_redemption ON registry.time_entry (redemption_id) WHERE reverses IS NULL;
CREATE INDEX time_entry_debit ON registry.time_entry (debit) WHERE debit_kind = 'volunteer';
CREATE INDEX time_entry_credit ON registry.time_entry (credit) WHERE credit_kind = 'volunteer';
CREATE INDEX ON registry.time_entry (xid);
COMMENT ON TABLE registry.time_entry IS '时间分录,只追加:每条自一个账户记入另一个账户;撤销另记一条相反的分录';
COMMENT ON COLUMN registry.time_entry.entry_id IS '分录编号';
COMMENT ON COLUMN registry.time_entry.debit IS '借方(转出)账户';
COMMENT ON COLUMN registry.time_entry.debit_kind IS '借方账户种类';
COMMENT ON COLUMN registry.time_entry.credit IS '贷方(转入)账户';
COMMENT ON COLUMN registry.time_entry.credit_kind IS '贷方账户种类';
COMMENT ON COLUMN registry.time_entry.minutes IS '时间(分钟)';
COMMENT ON COLUMN registry.time_entry.record_id IS '存入所依据的服务记录;一条记录只存入一次';
COMMENT ON COLUMN registry.time_entry.redemption_id IS '兑换';
COMMENT ON COLUMN registry.time_entry.relation IS '受赠人是赠与人的:spouse 配偶,parent 父母,grandparent 祖父母、外祖父母,child 子女,grandchild 孙子女、外孙子女;self 本人(重复登记合并)';
COMMENT ON COLUMN registry.time_entry.proof_sha256 IS '亲属关系(或同一人)证明材料的 SHA-256';
COMMENT ON COLUMN registry.time_entry.idempotency_key IS '办理方给出的唯一键:同一键只记一次;存入、过期、撤销由系统记账,无键';
COMMENT ON COLUMN registry.time_entry.reverses IS '所撤销的分录';
COMMENT ON COLUMN registry.time_entry.reversed IS '是否已被撤销;除此之外分录不变';
COMMENT ON COLUMN registry.time_entry.reason IS '撤销的理由';
COMMENT ON COLUMN registry.time_entry.at IS '记账时间';
COMMENT ON COLUMN registry.time_entry.stored_at IS '赠与、合并、重新存入的时间最早存入于何时,据以计有效期;空即记账时间';
COMMENT ON COLUMN registry.time_entry.actor IS '经办人(数据库角色)';
COMMENT ON COLUMN registry.time_entry.xid IS '写入的事务,据以封章';

CREATE TRIGGER only_reversal_changes
    BEFORE UPDATE OF entry_id, debit, debit_kind, credit, credit_kind, minutes, record_id, redemption_id, relation, proof_sha256,
        idempotency_key, reverses, reason, at, stored_at, actor, xid
    ON registry.time_entry FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.time_entry
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER only_balance_changes BEFORE UPDATE OF account_id, kind, volunteer_id, opened_on, opened_by ON registry.time_account
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.time_account
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();

-- The row of the account is where bookings of different sessions meet: who comes second adds to what the first left.
CREATE FUNCTION registry.keep_balances() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE registry.time_account a
    SET balance = a.balance + m.minutes
    FROM (
        SELECT n.account_id, sum(n.minutes) AS minutes
        FROM (
            SELECT e.credit, e.minutes FROM new_entry e WHERE e.credit_kind = 'volunteer'
            UNION ALL
            SELECT e.debit, -e.minutes FROM new_entry e WHERE e.debit_kind = 'volunteer'
        ) AS n (account_id, minutes)
        GROUP BY n.account_id
    ) AS m
    WHERE a.account_id = m.account_id;
    -- What is taken back may leave a debt, and a merge may bring one. What is spent may not.
    PERFORM
    FROM new_entry e
    JOIN registry.time_account a ON a.account_id = e.debit
    WHERE e.reverses IS NULL AND e.relation IS DISTINCT FROM 'self' AND a.balance < 0;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'no_overdraft',
            MESSAGE = 'The account does not hold as much time.';
    END IF;
    UPDATE registry.time_entry e SET reversed = true FROM new_entry n WHERE e.entry_id = n.reverses;
    -- What a number earns or owes after its merge is the survivor's, or whoever holds both would spend the one and not pay the other.
    PERFORM registry.unite_time_accounts(p.person_id, p.merged_into, m.evidence)
    FROM registry.time_account a
    JOIN registry.volunteer v ON v.volunteer_id = a.volunteer_id
    JOIN registry.person p ON p.person_id = v.person_id AND p.merged_into IS NOT NULL
    JOIN registry.person_merge m ON m.absorbed_id = p.person_id AND m.status = 'merged'
    WHERE a.account_id IN (
        SELECT e.credit FROM new_entry e WHERE e.credit_kind = 'volunteer' AND e.relation IS DISTINCT FROM 'self'
        UNION
        SELECT e.debit FROM new_entry e WHERE e.debit_kind = 'volunteer' AND e.relation IS DISTINCT FROM 'self')
    ORDER BY a.volunteer_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.keep_balances() IS '触发器:余额随分录更新,支用不得透支,已合并的编号此后的增减归于保留者;错误 23514 no_overdraft';

CREATE TRIGGER keep_balances AFTER INSERT ON registry.time_entry
    REFERENCING NEW TABLE AS new_entry FOR EACH STATEMENT EXECUTE FUNCTION registry.keep_balances();

CREATE FUNCTION registry.reverse_entries(entry_ids bigint[], reason text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO registry.time_entry
        (debit, debit_kind, credit, credit_kind, minutes, record_id, redemption_id, reverses, reason)
    SELECT e.credit, e.credit_kind, e.debit, e.debit_kind, e.minutes, e.record_id, e.redemption_id, e.entry_id,
        registry.clean_text(reverse_entries.reason)
    FROM registry.time_entry e
    WHERE e.entry_id = ANY (entry_ids);
END;
COMMENT ON FUNCTION registry.reverse_entries(bigint[], text) IS '以相反的分录撤销;错误 23505 reversed_once';

CREATE FUNCTION registry.take_back_stored() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM registry.lock_volunteer(NEW.volunteer_id);
    PERFORM registry.reverse_entries(array_agg(e.entry_id), 'The record is no longer effective: ' || NEW.status)
    FROM registry.time_entry e
    WHERE e.record_id = NEW.record_id AND e.reverses IS NULL AND NOT e.reversed;
    PERFORM registry.expire_again(NEW.volunteer_id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.take_back_stored() IS '触发器:记录失效,存入的时间随即撤销;恢复生效后由 store_service 重新存入';

-- Hours that go to another registry leave the time behind that was stored for them: it is stored there no second time.
CREATE TRIGGER take_back_stored AFTER UPDATE ON registry.service_record
    FOR EACH ROW WHEN (OLD.status IN ('effective', 'transferred') AND NEW.status NOT IN ('effective', 'transferred'))
    EXECUTE FUNCTION registry.take_back_stored();

CREATE FUNCTION registry.system_account(kind text) RETURNS bigint
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT a.account_id FROM registry.time_account a WHERE a.kind = system_account.kind AND a.volunteer_id IS NULL;
END;
COMMENT ON FUNCTION registry.system_account(text) IS '系统账户';

CREATE FUNCTION registry.open_time_account(volunteer_no volunteer.volunteer_no) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.volunteer := registry.require_volunteer(volunteer_no);
    new_account bigint;
BEGIN
    PERFORM registry.require_duty('recorder', subject.organization_id);
    subject := registry.lock_client(volunteer_no);
    INSERT INTO registry.time_account AS a (kind, volunteer_id, balance)
    VALUES ('volunteer', subject.volunteer_id, 0)
    RETURNING a.account_id INTO new_account;
    RETURN new_account;
END
$$;
COMMENT ON FUNCTION registry.open_time_account(volunteer.volunteer_no) IS
    '为志愿者开立时间账户,返回账户编号;今日起的服务方可存入。错误 42501 not_staff、outside_scope,23503 known_volunteer,23505 one_account_of_a_volunteer,23514 volunteer_active、recorder_is_not_volunteer';

CREATE VIEW registry.time_due WITH (security_invoker = true) AS
    SELECT a.account_id, a.balance, v.volunteer_id, v.organization_id, v.region, r.record_id, r.minutes
    FROM registry.time_account a
    JOIN registry.volunteer v ON v.volunteer_id = a.volunteer_id
    JOIN registry.service_record r
        ON r.volunteer_id = a.volunteer_id AND r.service_date >= a.opened_on AND r.effective
    JOIN registry.record_batch b ON b.batch_id = r.batch_id
    -- Other registries have stored what was served there.
    WHERE b.source NOT IN ('legacy', 'transfer')
        AND NOT EXISTS (
            SELECT FROM registry.time_entry e
            WHERE e.record_id = r.record_id AND e.reverses IS NULL AND NOT e.reversed);
COMMENT ON VIEW registry.time_due IS '应存未存的服务:开户之日起已生效、在本库记录的服务';
COMMENT ON COLUMN registry.time_due.account_id IS '时间账户';
COMMENT ON COLUMN registry.time_due.balance IS '余额(分钟)';
COMMENT ON COLUMN registry.time_due.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.time_due.organization_id IS '登记组织';
COMMENT ON COLUMN registry.time_due.region IS '居住区划';
COMMENT ON COLUMN registry.time_due.record_id IS '服务记录';
COMMENT ON COLUMN registry.time_due.minutes IS '服务分钟数';

CREATE FUNCTION registry.store_service(organization_id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    service CONSTANT bigint := registry.system_account('service');
    surplus CONSTANT bigint := registry.system_account('surplus');
    holders bigint[];
    stored integer;
BEGIN
    PERFORM registry.require_duty('reviewer', organization_id);
    SELECT array_agg(DISTINCT d.volunteer_id ORDER BY d.volunteer_id) INTO holders
    FROM registry.time_due d
    WHERE d.organization_id IN (SELECT registry.organization_below(store_service.organization_id));
    PERFORM registry.lock_volunteer(h) FROM unnest(holders) AS h;

    WITH due AS MATERIALIZED (
        SELECT d.* FROM registry.time_due d WHERE d.volunteer_id = ANY (holders)
    ), rule AS MATERIALIZED (
        SELECT d.region, registry.policy_value('time_bank_unit_minutes', d.region, registry.today())::integer AS unit,
            registry.policy_value('time_bank_cap_minutes', d.region, registry.today()) AS cap
        FROM (SELECT DISTINCT d.region FROM due d) AS d
    ), placed AS (
        SELECT d.account_id, d.record_id, u.minutes,
            l.cap - d.balance - sum(u.minutes) OVER (PARTITION BY d.account_id ORDER BY d.record_id) + u.minutes AS room
        FROM due d
        JOIN rule l ON l.region = d.region
        CROSS JOIN LATERAL (SELECT d.minutes - d.minutes % l.unit AS minutes) AS u
    ), made AS (
        -- What counts again after a dispute is as old as it was.
        INSERT INTO registry.time_entry AS e (debit, debit_kind, credit, credit_kind, minutes, record_id, stored_at)
        SELECT service, 'service', p.account_id, p.kind, p.minutes, d.record_id, (
            SELECT min(coalesce(f.stored_at, f.at)) FROM registry.time_entry f
            WHERE f.record_id = d.record_id AND f.reversed AND f.reverses IS NULL)
        FROM placed d
        CROSS JOIN LATERAL (SELECT greatest(0, least(d.minutes, d.room)) AS minutes) AS within
        CROSS JOIN LATERAL (VALUES
            (d.account_id, 'volunteer', within.minutes),
            (surplus, 'surplus', d.minutes - within.minutes)) AS p (account_id, kind, minutes)
        WHERE p.minutes > 0
        ORDER BY d.record_id
        RETURNING e.record_id
    )
    SELECT count(DISTINCT m.record_id) INTO stored FROM made m;
    RETURN stored;
END
$$;
COMMENT ON FUNCTION registry.store_service(bigint) IS
    '存入该组织及其下级登记的志愿者应存未存的服务(time_due),返回存入的记录数;存入政策 time_bank_unit_minutes 的整数倍,余数不存,余额超过政策 time_bank_cap_minutes 的部分记入 surplus 账户,服务时长不变。可重复、可并发执行。错误 42501 not_staff、outside_scope,P0002 policy_missing';

CREATE FUNCTION registry.check_time_bank() RETURNS TABLE (problem text, account_id bigint, record_id bigint, kept bigint, recomputed bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT 'balance', a.account_id, NULL::bigint, a.balance, b.balance
    FROM registry.time_account a
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(CASE a.account_id WHEN e.credit THEN e.minutes ELSE -e.minutes END), 0)::bigint AS balance
        FROM registry.time_entry e
        WHERE e.credit_kind = 'volunteer' AND e.credit = a.account_id OR e.debit_kind = 'volunteer' AND e.debit = a.account_id
    ) AS b
    WHERE a.kind = 'volunteer' AND a.balance <> b.balance
    UNION ALL
    SELECT 'record', e.credit, e.record_id, e.minutes, 0
    FROM registry.time_entry e
    WHERE e.debit_kind = 'service' AND NOT e.reversed
        AND NOT EXISTS (SELECT FROM registry.service_record r WHERE r.record_id = e.record_id AND r.status IN ('effective', 'transferred'));
END;
COMMENT ON FUNCTION registry.check_time_bank() IS
    '由分录和服务记录重新计算时间账户并列出不符之处,应无一行:balance 余额不等于分录之和,record 存入所依据的记录未生效,也未转往其他登记库';

GRANT EXECUTE ON FUNCTION registry.open_time_account(volunteer.volunteer_no) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.store_service(bigint) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.check_time_bank() TO registry_administrator, registry_auditor;
GRANT SELECT ON registry.time_account, registry.time_entry, registry.redemption TO registry_auditor;
