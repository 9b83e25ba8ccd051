-- What stored time is good for: service of others, a gift to relatives, a donation; and when it is lost.

CREATE TABLE registry.redemption_event (
    redemption_id bigint NOT NULL REFERENCES registry.redemption,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (redemption_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.redemption_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.redemption_event IS '时间兑换状态变更,只追加';
COMMENT ON COLUMN registry.redemption_event.redemption_id IS '时间兑换';

CREATE TRIGGER only_status_changes
    BEFORE UPDATE OF redemption_id, volunteer_id, organization_id, category, service, minutes, requested_at, requested_by
    ON registry.redemption FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.redemption
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();

CREATE FUNCTION registry.require_time_account(volunteer_id bigint) RETURNS registry.time_account
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held registry.time_account;
BEGIN
    SELECT a.* INTO held FROM registry.time_account a WHERE a.volunteer_id = require_time_account.volunteer_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_time_account',
            MESSAGE = 'The volunteer has no time account.';
    END IF;
    RETURN held;
END
$$;
COMMENT ON FUNCTION registry.require_time_account(bigint) IS '取志愿者的时间账户;错误 23503 known_time_account';

-- The caller holds the volunteer's lock: a repetition that comes at the same time waits and then finds the booking.
CREATE FUNCTION registry.booked_with(idempotency_key uuid, debit bigint, credit bigint, minutes integer)
    RETURNS registry.time_entry
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    booked registry.time_entry;
BEGIN
    SELECT e.* INTO booked FROM registry.time_entry e WHERE e.idempotency_key = booked_with.idempotency_key;
    IF (booked.debit, booked.credit, booked.minutes) <> (booked_with.debit, booked_with.credit, booked_with.minutes) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'unique_violation',
            CONSTRAINT = 'one_booking_of_a_key',
            MESSAGE = 'The key was used for another booking.';
    END IF;
    RETURN booked;
END
$$;
COMMENT ON FUNCTION registry.booked_with(uuid, bigint, bigint, integer) IS
    '以该键已记的同一笔分录,尚无为空;错误 23505 one_booking_of_a_key(该键已用于另一笔)';

CREATE FUNCTION registry.redeem_time(
    volunteer_no volunteer.volunteer_no, organization_id bigint, category text, service text, minutes integer,
    idempotency_key uuid)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.volunteer := registry.require_volunteer(volunteer_no);
    till CONSTANT bigint := registry.system_account('redeemed');
    held registry.time_account;
    booked registry.time_entry;
    new_redemption bigint;
BEGIN
    PERFORM registry.require_duty('recorder', subject.organization_id);
    subject := registry.lock_client(volunteer_no);
    held := registry.require_time_account(subject.volunteer_id);
    booked := registry.booked_with(idempotency_key, held.account_id, till, minutes);
    IF booked.redemption_id IS NOT NULL THEN
        RETURN booked.redemption_id;
    END IF;
    PERFORM registry.require_active_organization(organization_id);
    PERFORM registry.require_code('service_category', category);
    IF registry.current_star(subject.volunteer_id)
        < registry.policy_value('time_bank_redemption_star', subject.region, registry.today()) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'star_reaches_redemption',
            MESSAGE = 'The volunteer does not hold the star that redemption asks for.';
    END IF;
    PERFORM FROM registry.person p
    WHERE p.person_id = subject.person_id
        AND registry.age_on(p.birth_date, registry.today())
            < registry.policy_value('time_bank_redemption_age', subject.region, registry.today());
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'old_enough_to_redeem',
            MESSAGE = 'The volunteer is younger than redemption asks for.';
    END IF;
    INSERT INTO registry.redemption AS r (volunteer_id, organization_id, category, service, minutes)
    VALUES (subject.volunteer_id, organization_id, category, registry.clean_text(service), minutes)
    RETURNING r.redemption_id INTO new_redemption;
    INSERT INTO registry.redemption_event (redemption_id, to_status) VALUES (new_redemption, 'requested');
    INSERT INTO registry.time_entry (debit, debit_kind, credit, credit_kind, minutes, redemption_id, idempotency_key)
    VALUES (held.account_id, 'volunteer', till, 'redeemed', minutes, new_redemption, idempotency_key);
    RETURN new_redemption;
END
$$;
COMMENT ON FUNCTION registry.redeem_time(volunteer.volunteer_no, bigint, text, text, integer, uuid) IS
    '申请时间兑换,时间当即扣除,返回兑换编号;同一键重复调用返回原编号。参数:志愿者、提供服务的组织、服务类别、所换服务、分钟、唯一键。错误 42501 not_staff、outside_scope,23503 known_volunteer、known_time_account、known_organization、known_code,55000 organization_active,23505 one_booking_of_a_key,23514 volunteer_active、recorder_is_not_volunteer、star_reaches_redemption、old_enough_to_redeem、service_is_described、redemption_takes_time、booked_with_key、no_overdraft,P0002 policy_missing';

CREATE FUNCTION registry.decide_redemption(redemption_id bigint, to_status text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.redemption;
    client registry.volunteer;
BEGIN
    SELECT v.* INTO client
    FROM registry.redemption r
    JOIN registry.volunteer v ON v.volunteer_id = r.volunteer_id
    WHERE r.redemption_id = decide_redemption.redemption_id;
    PERFORM registry.lock_volunteer(client.volunteer_id);
    SELECT r.* INTO subject
    FROM registry.redemption r
    WHERE r.redemption_id = decide_redemption.redemption_id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_redemption',
            MESSAGE = 'There is no such redemption.';
    END IF;
    PERFORM registry.require_duty(registry.require_transition('redemption', subject.status, to_status, reason),
        CASE to_status WHEN 'delivered' THEN subject.organization_id ELSE client.organization_id END);
    IF to_status IN ('approved', 'refused') THEN
        PERFORM registry.require_other_recorder(subject.requested_by);
    END IF;
    PERFORM registry.require_other_volunteer(client.volunteer_id);
    UPDATE registry.redemption r SET status = to_status WHERE r.redemption_id = subject.redemption_id;
    INSERT INTO registry.redemption_event (redemption_id, from_status, to_status, reason)
    VALUES (subject.redemption_id, subject.status, to_status, registry.clean_text(reason));
    IF to_status IN ('refused', 'cancelled') THEN
        PERFORM registry.reverse_entries(array_agg(e.entry_id), decide_redemption.reason)
        FROM registry.time_entry e
        WHERE e.redemption_id = subject.redemption_id;
    END IF;
END
$$;
COMMENT ON FUNCTION registry.decide_redemption(bigint, text, text) IS
    '办理兑换:登记组织的审核员 approved 批准或 refused 不予兑换(须说明理由),提供组织的记录员 delivered 已服务,登记组织的记录员 cancelled 取消(须说明理由);不予兑换、取消即退回时间。错误 42501 not_staff、outside_scope,23503 known_redemption,55000 known_transition,23514 reason_required、reviewer_is_not_recorder、reviewer_is_not_volunteer';

CREATE FUNCTION registry.require_time_policy(name text, region volunteer.region_code) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    IF registry.policy_value(name, region, registry.today()) = 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = name,
            MESSAGE = format('The policy "%s" does not allow it here.', name);
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_time_policy(text, volunteer.region_code) IS
    '检查当地政策允许;错误 55000 约束名为政策名,P0002 policy_missing';

-- Else who gives it away and has it given back has it anew.
CREATE FUNCTION registry.stored_since(account_id bigint) RETURNS timestamptz
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT min(c.stored_at)
    FROM (
        SELECT s.stored_at, sum(e.minutes) OVER (ORDER BY s.stored_at, e.entry_id) AS upto
        FROM registry.time_entry e
        CROSS JOIN LATERAL (SELECT coalesce(e.stored_at, e.at) AS stored_at) AS s
        WHERE e.credit_kind = 'volunteer' AND e.credit = stored_since.account_id AND e.reverses IS NULL AND NOT e.reversed) AS c
    WHERE c.upto > (
        SELECT coalesce(sum(e.minutes), 0)
        FROM registry.time_entry e
        WHERE e.debit_kind = 'volunteer' AND e.debit = stored_since.account_id AND e.reverses IS NULL AND NOT e.reversed);
END;
COMMENT ON FUNCTION registry.stored_since(bigint) IS '账户中尚未支用的时间最早存入于何时;先存的先用';

CREATE FUNCTION registry.give_time(
    volunteer_no volunteer.volunteer_no, recipient_no volunteer.volunteer_no, minutes integer, relation text,
    proof_sha256 bytea, idempotency_key uuid)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    giver registry.volunteer := registry.require_volunteer(volunteer_no);
    recipient registry.volunteer := registry.require_volunteer(recipient_no);
    source registry.time_account;
    target registry.time_account;
    booked registry.time_entry;
    new_entry bigint;
BEGIN
    PERFORM registry.require_duty('recorder', giver.organization_id);
    -- In one order, or two who give to each other would wait in a circle.
    PERFORM registry.lock_volunteer(v) FROM unnest(ARRAY[
        least(giver.volunteer_id, recipient.volunteer_id), greatest(giver.volunteer_id, recipient.volunteer_id)]) AS v;
    giver := registry.lock_client(volunteer_no);
    recipient := registry.lock_client(recipient_no);
    source := registry.require_time_account(giver.volunteer_id);
    target := registry.require_time_account(recipient.volunteer_id);
    booked := registry.booked_with(idempotency_key, source.account_id, target.account_id, minutes);
    IF booked.entry_id IS NOT NULL THEN
        RETURN booked.entry_id;
    END IF;
    PERFORM registry.require_time_policy('time_bank_gift', giver.region);
    IF relation = 'self' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'known_relation',
            MESSAGE = 'Two numbers of one person are merged, not given presents.';
    END IF;
    IF target.balance + minutes > registry.policy_value('time_bank_cap_minutes', recipient.region, registry.today()) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'time_bank_cap_minutes',
            MESSAGE = 'The account of the recipient would hold more than the cap.';
    END IF;
    INSERT INTO registry.time_entry AS e
        (debit, debit_kind, credit, credit_kind, minutes, relation, proof_sha256, idempotency_key, stored_at)
    VALUES (source.account_id, 'volunteer', target.account_id, 'volunteer', minutes, relation, proof_sha256, idempotency_key,
        registry.stored_since(source.account_id))
    RETURNING e.entry_id INTO new_entry;
    RETURN new_entry;
END
$$;
COMMENT ON FUNCTION registry.give_time(
    volunteer.volunteer_no, volunteer.volunteer_no, integer, text, bytea, uuid) IS
    '将时间赠与配偶或直系亲属,返回分录编号;同一键重复调用返回原编号。参数:赠与人、受赠人、分钟、受赠人是赠与人的何人、亲属关系证明材料的 SHA-256、唯一键。错误 42501 not_staff、outside_scope,23503 known_volunteer、known_time_account,55000 time_bank_gift,23505 one_booking_of_a_key,23514 volunteer_active、recorder_is_not_volunteer、two_accounts、some_time、gift_among_relatives、known_relation、proof_is_sha256、booked_with_key、time_bank_cap_minutes、no_overdraft,P0002 policy_missing';

CREATE FUNCTION registry.donate_time(volunteer_no volunteer.volunteer_no, minutes integer, idempotency_key uuid)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    giver registry.volunteer := registry.require_volunteer(volunteer_no);
    pool CONSTANT bigint := registry.system_account('donated');
    source registry.time_account;
    booked registry.time_entry;
    new_entry bigint;
BEGIN
    PERFORM registry.require_duty('recorder', giver.organization_id);
    giver := registry.lock_client(volunteer_no);
    source := registry.require_time_account(giver.volunteer_id);
    booked := registry.booked_with(idempotency_key, source.account_id, pool, minutes);
    IF booked.entry_id IS NOT NULL THEN
        RETURN booked.entry_id;
    END IF;
    PERFORM registry.require_time_policy('time_bank_donation', giver.region);
    INSERT INTO registry.time_entry AS e (debit, debit_kind, credit, credit_kind, minutes, idempotency_key)
    VALUES (source.account_id, 'volunteer', pool, 'donated', minutes, idempotency_key)
    RETURNING e.entry_id INTO new_entry;
    RETURN new_entry;
END
$$;
COMMENT ON FUNCTION registry.donate_time(volunteer.volunteer_no, integer, uuid) IS
    '捐赠时间,返回分录编号;同一键重复调用返回原编号。错误 42501 not_staff、outside_scope,23503 known_volunteer、known_time_account,55000 time_bank_donation,23505 one_booking_of_a_key,23514 volunteer_active、recorder_is_not_volunteer、some_time、booked_with_key、no_overdraft,P0002 policy_missing';

CREATE FUNCTION registry.take_back_time(entry_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.time_entry;
BEGIN
    SELECT e.* INTO subject
    FROM registry.time_entry e
    WHERE e.entry_id = take_back_time.entry_id AND e.idempotency_key IS NOT NULL AND e.redemption_id IS NULL
        AND e.relation IS DISTINCT FROM 'self';
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_gift',
            MESSAGE = 'There is no such gift or donation.';
    END IF;
    PERFORM registry.require_duty('reviewer', v.organization_id)
    FROM registry.time_account a
    JOIN registry.volunteer v ON v.volunteer_id = a.volunteer_id
    WHERE a.account_id = subject.debit;
    PERFORM registry.require_other_recorder(subject.actor);
    IF coalesce(registry.clean_text(reason), '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'reason_required',
            MESSAGE = 'A gift or donation is taken back only with a reason.';
    END IF;
    PERFORM registry.require_other_volunteer(a.volunteer_id), registry.lock_volunteer(a.volunteer_id)
    FROM (
        SELECT a.volunteer_id FROM registry.time_account a
        WHERE a.account_id IN (subject.debit, subject.credit) AND a.volunteer_id IS NOT NULL
        ORDER BY a.volunteer_id) AS a;
    PERFORM registry.reverse_entries(ARRAY[subject.entry_id], reason);
END
$$;
COMMENT ON FUNCTION registry.take_back_time(bigint, text) IS
    '撤销有误的赠与或捐赠,须说明理由,不得由录入人、赠与人或受赠人办理。错误 42501 not_staff、outside_scope,23503 known_gift,23505 reversed_once,23514 reason_required、reviewer_is_not_recorder、reviewer_is_not_volunteer';

CREATE FUNCTION registry.unite_time_accounts(absorbed_id bigint, survivor_id bigint, evidence text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    source registry.time_account;
BEGIN
    PERFORM registry.lock_volunteer(v.volunteer_id)
    FROM (
        SELECT v.volunteer_id FROM registry.volunteer v
        WHERE v.person_id IN (absorbed_id, survivor_id)
        ORDER BY v.volunteer_id) AS v;
    SELECT a.* INTO source
    FROM registry.volunteer v
    JOIN registry.time_account a ON a.volunteer_id = v.volunteer_id
    WHERE v.person_id = absorbed_id AND a.balance <> 0;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO registry.time_account (kind, volunteer_id, balance)
    SELECT 'volunteer', v.volunteer_id, 0 FROM registry.volunteer v WHERE v.person_id = survivor_id
    ON CONFLICT ON CONSTRAINT one_account_of_a_volunteer DO NOTHING;
    INSERT INTO registry.time_entry
        (debit, debit_kind, credit, credit_kind, minutes, relation, proof_sha256, idempotency_key, stored_at)
    SELECT b.debit, 'volunteer', b.credit, 'volunteer', abs(source.balance), 'self', sha256(convert_to(evidence, 'UTF8')),
        gen_random_uuid(), registry.stored_since(source.account_id)
    FROM registry.volunteer v
    JOIN registry.time_account a ON a.volunteer_id = v.volunteer_id
    CROSS JOIN LATERAL (VALUES
        (source.balance > 0, source.account_id, a.account_id),
        (source.balance < 0, a.account_id, source.account_id)) AS b (holds, debit, credit)
    WHERE v.person_id = survivor_id AND b.holds;
END
$$;
COMMENT ON FUNCTION registry.unite_time_accounts(bigint, bigint, text) IS
    '合并重复登记时,余额或欠账归于保留者的时间账户(没有即开立)。参数:并入他人的自然人、保留的自然人、同一人的凭证';

-- What is spent is what was stored first.
CREATE VIEW registry.time_expiring WITH (security_invoker = true) AS
    WITH rule AS MATERIALIZED (
        SELECT d.region, registry.policy_value('time_bank_expiry_months', d.region, registry.today()) AS months
        FROM (
            SELECT DISTINCT v.region
            FROM registry.time_account a
            JOIN registry.volunteer v ON v.volunteer_id = a.volunteer_id) AS d
    ), expiry AS MATERIALIZED (
        SELECT l.region, registry.today() - make_interval(months => l.months::integer) AS stored_before
        FROM rule l
        WHERE l.months < 'Infinity'
    )
    SELECT a.account_id, a.volunteer_id, s.minutes
    FROM registry.time_account a
    JOIN registry.volunteer v ON v.volunteer_id = a.volunteer_id
    JOIN expiry x ON x.region = v.region
    CROSS JOIN LATERAL (
        SELECT sum(CASE WHEN e.debit = a.account_id THEN -e.minutes
            WHEN coalesce(e.stored_at, e.at) AT TIME ZONE 'Asia/Shanghai' < x.stored_before THEN e.minutes ELSE 0 END)::integer AS minutes
        FROM registry.time_entry e
        WHERE (e.credit_kind = 'volunteer' AND e.credit = a.account_id OR e.debit_kind = 'volunteer' AND e.debit = a.account_id)
            AND e.reverses IS NULL AND NOT e.reversed
    ) AS s
    WHERE s.minutes > 0;
COMMENT ON VIEW registry.time_expiring IS '已过有效期(政策 time_bank_expiry_months)而未用的时间;先存的先用';
COMMENT ON COLUMN registry.time_expiring.account_id IS '时间账户';
COMMENT ON COLUMN registry.time_expiring.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.time_expiring.minutes IS '分钟';

-- What has expired cannot be owed: of what is left of it after minutes were taken back, as much expires as was not spent.
CREATE FUNCTION registry.expire_again(volunteer_id bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    expired bigint[];
BEGIN
    -- Of a merged number nothing is left: what it had is the survivor's, and expires there.
    SELECT array_agg(e.entry_id) INTO expired
    FROM registry.volunteer v
    JOIN registry.time_account a ON a.volunteer_id = v.volunteer_id
    JOIN registry.time_entry e ON e.debit = a.account_id AND e.credit_kind = 'expired' AND e.reverses IS NULL AND NOT e.reversed
    WHERE v.volunteer_id = expire_again.volunteer_id AND v.status <> 'merged';
    IF expired IS NOT NULL THEN
        PERFORM registry.reverse_entries(expired, 'What had expired is counted again.');
        INSERT INTO registry.time_entry (debit, debit_kind, credit, credit_kind, minutes)
        SELECT x.account_id, 'volunteer', registry.system_account('expired'), 'expired', x.minutes
        FROM registry.time_expiring x
        WHERE x.volunteer_id = expire_again.volunteer_id;
    END IF;
END
$$;
COMMENT ON FUNCTION registry.expire_again(bigint) IS '存入的时间撤销后,志愿者已过期的时间随即重新计算:过期的不成为欠账。错误 P0002 policy_missing';

CREATE FUNCTION registry.expire_time() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    holders bigint[];
    expired integer;
BEGIN
    PERFORM registry.require_current_transaction();
    SELECT array_agg(x.volunteer_id ORDER BY x.volunteer_id) INTO holders FROM registry.time_expiring x;
    PERFORM registry.lock_volunteer(h) FROM unnest(holders) AS h;
    INSERT INTO registry.time_entry (debit, debit_kind, credit, credit_kind, minutes)
    SELECT x.account_id, 'volunteer', registry.system_account('expired'), 'expired', x.minutes
    FROM registry.time_expiring x
    WHERE x.volunteer_id = ANY (holders);
    GET DIAGNOSTICS expired = ROW_COUNT;
    RETURN expired;
END
$$;
COMMENT ON FUNCTION registry.expire_time() IS
    '注销过期的时间,返回账户数;宜每日由定时任务调用。错误 25000 read_committed、begun_today,P0002 policy_missing';

GRANT EXECUTE ON FUNCTION registry.redeem_time(volunteer.volunteer_no, bigint, text, text, integer, uuid) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.decide_redemption(bigint, text, text) TO registry_recorder, registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.give_time(
    volunteer.volunteer_no, volunteer.volunteer_no, integer, text, bytea, uuid) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.donate_time(volunteer.volunteer_no, integer, uuid) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.take_back_time(bigint, text) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.expire_time() TO registry_administrator;
GRANT SELECT ON registry.redemption_event TO registry_auditor;
