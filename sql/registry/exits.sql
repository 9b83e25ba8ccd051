-- Exit: whoever leaves keeps the hours that were served; what was still open is ended, and what stood then is noted.

CREATE TABLE registry.settlement (
    volunteer_id bigint NOT NULL,
    event_id bigint NOT NULL,
    hours volunteer.service_hours NOT NULL,
    records bigint NOT NULL,
    pending_records bigint NOT NULL,
    signups_ended bigint NOT NULL,
    memberships_ended bigint NOT NULL,
    stored_minutes bigint NOT NULL,
    PRIMARY KEY (volunteer_id, event_id),
    FOREIGN KEY (volunteer_id, event_id) REFERENCES registry.volunteer_event
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.settlement
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.settlement IS '退出结清:退出、取消身份、去世时的服务时长与了结的事项,只追加';
COMMENT ON COLUMN registry.settlement.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.settlement.event_id IS '退出的状态变更记录';
COMMENT ON COLUMN registry.settlement.hours IS '退出时已生效的服务时长,退出后保留';
COMMENT ON COLUMN registry.settlement.records IS '已生效的记录条数';
COMMENT ON COLUMN registry.settlement.pending_records IS '待审、公示中、有异议的记录条数,照常办结';
COMMENT ON COLUMN registry.settlement.signups_ended IS '撤销的报名数(班次尚未开始)';
COMMENT ON COLUMN registry.settlement.memberships_ended IS '终止的队伍成员身份数';
COMMENT ON COLUMN registry.settlement.stored_minutes IS '时间银行余额(分钟),留在账户中';

CREATE FUNCTION registry.settle_exit(volunteer_id bigint, event_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    open_signup registry.signup;
    signups bigint := 0;
    memberships bigint;
BEGIN
    FOR open_signup IN
        SELECT u.* FROM registry.signup u
        WHERE u.volunteer_id = settle_exit.volunteer_id AND u.status IN ('requested', 'confirmed') AND lower(u.period) > now()
        ORDER BY u.shift_id
        FOR NO KEY UPDATE
    LOOP
        UPDATE registry.signup u
        SET status = 'withdrawn', unmet = NULL, override_reason = NULL
        WHERE (u.volunteer_id, u.shift_id) = (open_signup.volunteer_id, open_signup.shift_id);
        INSERT INTO registry.signup_event (volunteer_id, shift_id, from_status, to_status, reason)
        VALUES (open_signup.volunteer_id, open_signup.shift_id, open_signup.status, 'withdrawn', settle_exit.reason);
        signups := signups + 1;
    END LOOP;
    -- What would begin later is ended before it does.
    UPDATE registry.membership m
    SET valid = m.valid * daterange(NULL, registry.today())
    FROM registry.volunteer v
    WHERE v.volunteer_id = settle_exit.volunteer_id AND m.person_id = v.person_id AND upper_inf(m.valid);
    GET DIAGNOSTICS memberships = ROW_COUNT;
    INSERT INTO registry.settlement
        (volunteer_id, event_id, hours, records, pending_records, signups_ended, memberships_ended, stored_minutes)
    SELECT settle_exit.volunteer_id, settle_exit.event_id, coalesce(max(h.hours), '0:00'), coalesce(max(h.records), 0),
        (SELECT count(*) FROM registry.service_record r
            WHERE r.volunteer_id = settle_exit.volunteer_id AND r.live AND r.status <> 'effective'),
        signups, memberships,
        coalesce((SELECT a.balance FROM registry.time_account a WHERE a.volunteer_id = settle_exit.volunteer_id), 0)
    FROM registry.volunteer_hours h
    WHERE h.volunteer_id = settle_exit.volunteer_id;
END
$$;
COMMENT ON FUNCTION registry.settle_exit(bigint, bigint, text) IS
    '退出结清:撤销尚未开始的报名,终止队伍成员身份,记下当时的服务时长;已有的服务记录不变。参数:志愿者、退出的状态变更记录、理由';

GRANT SELECT ON registry.settlement TO registry_auditor;
