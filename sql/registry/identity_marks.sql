-- Which organizations are registered with an authority, and which hold the identity mark of a volunteer organization.

CREATE TABLE registry.identity_mark (
    mark_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    mark_no text NOT NULL CONSTRAINT one_mark_one_organization UNIQUE,
    authority text NOT NULL,
    since date,
    withdrawn_on date,
    valid daterange NOT NULL GENERATED ALWAYS AS (daterange(since, withdrawn_on)) STORED,
    status text NOT NULL DEFAULT 'granted',
    CONSTRAINT one_mark_at_a_time EXCLUDE USING gist (organization_id WITH =, valid WITH &&),
    CONSTRAINT mark_is_numbered CHECK (char_length(mark_no) BETWEEN 1 AND 60),
    CONSTRAINT mark_has_authority CHECK (char_length(authority) BETWEEN 2 AND 100),
    CONSTRAINT mark_has_beginning CHECK (since IS NOT NULL AND isfinite(since)),
    CONSTRAINT mark_status CHECK (status IN ('granted', 'withdrawn') AND (status = 'withdrawn') = (withdrawn_on IS NOT NULL))
);
COMMENT ON TABLE registry.identity_mark IS '志愿服务组织身份标识:民政部门标识的社会团体、社会服务机构、基金会';
COMMENT ON COLUMN registry.identity_mark.mark_id IS '标识内部编号';
COMMENT ON COLUMN registry.identity_mark.organization_id IS '组织';
COMMENT ON COLUMN registry.identity_mark.mark_no IS '标识编号或批准文号';
COMMENT ON COLUMN registry.identity_mark.authority IS '标识机关(登记机关)';
COMMENT ON COLUMN registry.identity_mark.since IS '标识日期';
COMMENT ON COLUMN registry.identity_mark.withdrawn_on IS '取消之日,自此失效';
COMMENT ON COLUMN registry.identity_mark.valid IS '有效期';
COMMENT ON COLUMN registry.identity_mark.status IS '状态:granted 已标识,withdrawn 已取消';

CREATE TABLE registry.identity_mark_event (
    mark_id bigint NOT NULL REFERENCES registry.identity_mark,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (mark_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.identity_mark_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.identity_mark_event IS '身份标识的登记与取消,只追加';
COMMENT ON COLUMN registry.identity_mark_event.mark_id IS '标识';

CREATE FUNCTION registry.grant_identity_mark(organization_id bigint, mark_no text, authority text, since date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.organization;
    new_mark bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    subject := registry.require_active_organization(organization_id);
    IF subject.credit_code IS NULL OR subject.unit_kind NOT IN ('13', '14', '15') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'marked_is_registered',
            MESSAGE = 'Only a registered association, social service agency or foundation holds the identity mark.';
    END IF;
    IF since > registry.today() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'marked_by_today',
            MESSAGE = 'An identity mark is not dated in the future.';
    END IF;
    INSERT INTO registry.identity_mark AS m (organization_id, mark_no, authority, since)
    VALUES (subject.organization_id, registry.clean_text(mark_no), registry.clean_text(authority), since)
    RETURNING m.mark_id INTO new_mark;
    INSERT INTO registry.identity_mark_event (mark_id, to_status) VALUES (new_mark, 'granted');
END
$$;
COMMENT ON FUNCTION registry.grant_identity_mark(bigint, text, text, date) IS
    '登记志愿服务组织身份标识。参数:组织(须有信用代码,是社会团体、社会服务机构或基金会)、标识编号、标识机关、标识日期。错误 23503 known_organization,23505 one_mark_one_organization,23514 marked_is_registered、marked_by_today、mark_is_numbered、mark_has_authority、mark_has_beginning,23P01 one_mark_at_a_time,55000 organization_active,25000 read_committed、begun_today';

CREATE FUNCTION registry.withdraw_identity_mark(organization_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.identity_mark;
BEGIN
    PERFORM registry.require_current_transaction();
    SELECT m.* INTO subject
    FROM registry.identity_mark m
    WHERE m.organization_id = withdraw_identity_mark.organization_id AND m.valid @> registry.today()
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_mark',
            MESSAGE = 'The organization holds no identity mark.';
    END IF;
    PERFORM registry.require_transition('identity_mark', subject.status, 'withdrawn', reason);
    UPDATE registry.identity_mark m SET status = 'withdrawn', withdrawn_on = registry.today() WHERE m.mark_id = subject.mark_id;
    INSERT INTO registry.identity_mark_event (mark_id, from_status, to_status, reason)
    VALUES (subject.mark_id, subject.status, 'withdrawn', registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.withdraw_identity_mark(bigint, text) IS
    '取消身份标识,今日起失效,须说明理由;错误 23514 reason_required,P0002 known_mark,25000 read_committed、begun_today';

GRANT EXECUTE ON FUNCTION registry.grant_identity_mark(bigint, text, text, date) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.withdraw_identity_mark(bigint, text) TO registry_administrator;
GRANT SELECT ON registry.identity_mark_event TO registry_auditor;
