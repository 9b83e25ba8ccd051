-- Which organizations are registered with an authority, and which hold the identity mark of a volunteer organization.

CREATE TABLE registry.identity_mark (
    organization_id bigint NOT NULL REFERENCES registry.organization,
    mark_no text NOT NULL CONSTRAINT one_mark_one_organization UNIQUE,
    authority text NOT NULL,
    valid daterange NOT NULL,
    withdrawal_reason text,
    granted_at timestamptz NOT NULL DEFAULT now(),
    granted_by name NOT NULL DEFAULT session_user,
    CONSTRAINT one_mark_at_a_time EXCLUDE USING gist (organization_id WITH =, valid WITH &&),
    CONSTRAINT mark_is_numbered CHECK (char_length(mark_no) BETWEEN 1 AND 60),
    CONSTRAINT mark_has_authority CHECK (char_length(authority) BETWEEN 2 AND 100),
    CONSTRAINT mark_has_beginning CHECK (NOT lower_inf(valid))
);
COMMENT ON TABLE registry.identity_mark IS '志愿服务组织身份标识:民政部门标识的社会团体、社会服务机构、基金会';
COMMENT ON COLUMN registry.identity_mark.organization_id IS '组织';
COMMENT ON COLUMN registry.identity_mark.mark_no IS '标识编号或批准文号';
COMMENT ON COLUMN registry.identity_mark.authority IS '标识机关(登记机关)';
COMMENT ON COLUMN registry.identity_mark.valid IS '有效期';
COMMENT ON COLUMN registry.identity_mark.withdrawal_reason IS '取消标识的理由';
COMMENT ON COLUMN registry.identity_mark.granted_at IS '录入时间';
COMMENT ON COLUMN registry.identity_mark.granted_by IS '录入人(数据库角色)';

CREATE FUNCTION registry.grant_identity_mark(organization_id bigint, mark_no text, authority text, since date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.organization;
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
    INSERT INTO registry.identity_mark (organization_id, mark_no, authority, valid)
    VALUES (subject.organization_id, registry.clean_text(mark_no), registry.clean_text(authority), daterange(since, NULL));
END
$$;
COMMENT ON FUNCTION registry.grant_identity_mark(bigint, text, text, date) IS
    '登记志愿服务组织身份标识。参数:组织(须有信用代码,是社会团体、社会服务机构或基金会)、标识编号、标识机关、标识日期。错误 23503 known_organization,23505 one_mark_one_organization,23514 marked_is_registered、marked_by_today、mark_is_numbered、mark_has_authority、mark_has_beginning,23P01 one_mark_at_a_time,55000 organization_active';

CREATE FUNCTION registry.withdraw_identity_mark(organization_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_current_transaction();
    IF coalesce(registry.clean_text(reason), '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'reason_required',
            MESSAGE = 'An identity mark is withdrawn only with a reason.';
    END IF;
    UPDATE registry.identity_mark m
    SET valid = daterange(lower(m.valid), registry.today()), withdrawal_reason = registry.clean_text(reason)
    WHERE m.organization_id = withdraw_identity_mark.organization_id AND m.valid @> registry.today();
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_mark',
            MESSAGE = 'The organization holds no identity mark.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.withdraw_identity_mark(bigint, text) IS
    '取消身份标识,今日起失效,须说明理由;错误 23514 reason_required,P0002 known_mark';

GRANT EXECUTE ON FUNCTION registry.grant_identity_mark(bigint, text, text, date) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.withdraw_identity_mark(bigint, text) TO registry_administrator;
