-- Organisations: a tree from city to community, with succession, and who belongs to them.

CREATE TABLE registry.organization (
    organization_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL,
    unit_kind text NOT NULL,
    region volunteer.region_code NOT NULL REFERENCES registry.region,
    credit_code volunteer.credit_code CONSTRAINT one_credit_code_one_organization UNIQUE,
    parent_id bigint REFERENCES registry.organization,
    status text NOT NULL DEFAULT 'active',
    successor_id bigint REFERENCES registry.organization,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    CONSTRAINT organization_name_under_parent UNIQUE NULLS NOT DISTINCT (parent_id, name),
    CONSTRAINT organization_is_named CHECK (char_length(name) BETWEEN 2 AND 100 AND name IS NFC NORMALIZED),
    CONSTRAINT organization_status CHECK (status IN ('active', 'suspended', 'dissolved')),
    CONSTRAINT dissolved_has_successor CHECK ((status = 'dissolved') = (successor_id IS NOT NULL)),
    CONSTRAINT not_its_own_parent CHECK (organization_id NOT IN (parent_id, successor_id))
);
CREATE INDEX organization_parent ON registry.organization (parent_id);
CREATE INDEX organization_successor ON registry.organization (successor_id) WHERE successor_id IS NOT NULL;
COMMENT ON TABLE registry.organization IS '志愿服务组织与队伍:市、区、街道(乡镇)、社区(村)四级';
COMMENT ON COLUMN registry.organization.organization_id IS '组织编号';
COMMENT ON COLUMN registry.organization.name IS '名称';
COMMENT ON COLUMN registry.organization.kind IS '队伍类型(代码集 organization_kind)';
COMMENT ON COLUMN registry.organization.unit_kind IS '单位类型(代码集 unit_kind)';
COMMENT ON COLUMN registry.organization.region IS '所在区划';
COMMENT ON COLUMN registry.organization.credit_code IS '统一社会信用代码(GB 32100)';
COMMENT ON COLUMN registry.organization.parent_id IS '上级组织';
COMMENT ON COLUMN registry.organization.status IS '状态:active 正常,suspended 停用,dissolved 终止';
COMMENT ON COLUMN registry.organization.successor_id IS '终止后承继记录与证明工作的组织(民发〔2015〕149号)';
COMMENT ON COLUMN registry.organization.created_at IS '录入时间';
COMMENT ON COLUMN registry.organization.created_by IS '录入人(数据库角色)';

CREATE TABLE registry.organization_event (
    organization_id bigint NOT NULL REFERENCES registry.organization,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (organization_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.organization_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.organization_event IS '组织状态变更记录,只追加';
COMMENT ON COLUMN registry.organization_event.organization_id IS '组织';

-- UNION ends the walk even if somebody made a loop. Both in plpgsql, which keeps the plan: every writer asks, and reports do
-- for each organization.
CREATE FUNCTION registry.organization_above(organization_id bigint) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE above AS (
        SELECT organization_above.organization_id AS id
        UNION
        -- By key for each step: planned as a join, each would read the whole table.
        SELECT (SELECT coalesce(o.successor_id, o.parent_id) FROM registry.organization o WHERE o.organization_id = a.id)
        FROM above a
        WHERE a.id IS NOT NULL
    )
    SELECT a.id FROM above a WHERE a.id IS NOT NULL;
END
$$;
COMMENT ON FUNCTION registry.organization_above(bigint) IS '本组织及其各级上级;已终止的组织归入承继组织';

-- The same walk as far as need be: each step is a look-up by key, and most steps are few.
CREATE FUNCTION registry.is_within(organization_id bigint, bodies bigint[]) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    walked bigint[] := '{}';
    body bigint := organization_id;
BEGIN
    WHILE body <> ALL (walked) LOOP
        IF body = ANY (bodies) THEN
            RETURN true;
        END IF;
        walked := walked || body;
        SELECT coalesce(o.successor_id, o.parent_id) INTO body FROM registry.organization o WHERE o.organization_id = body;
    END LOOP;
    RETURN false;
END
$$;
COMMENT ON FUNCTION registry.is_within(bigint, bigint[]) IS
    '组织是否为所列组织之一或其各级下级;已终止的组织归入承继组织;所列为空时为假';

CREATE FUNCTION registry.organization_below(organization_id bigint) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE below AS (
        SELECT organization_below.organization_id AS id
        UNION
        SELECT o.organization_id
        FROM below b JOIN registry.organization o
            ON o.successor_id = b.id OR o.parent_id = b.id AND o.successor_id IS NULL
    )
    SELECT b.id FROM below b;
END
$$;
COMMENT ON FUNCTION registry.organization_below(bigint) IS '本组织及其各级下级;已终止的组织归入承继组织';

CREATE FUNCTION registry.require_active_organization(organization_id bigint) RETURNS registry.organization
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_organization registry.organization;
BEGIN
    SELECT o.* INTO found_organization
    FROM registry.organization o
    WHERE o.organization_id = require_active_organization.organization_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_organization',
            MESSAGE = 'There is no such organization.';
    END IF;
    IF found_organization.status <> 'active' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'organization_active',
            MESSAGE = 'The organization is not active.';
    END IF;
    RETURN found_organization;
END
$$;
COMMENT ON FUNCTION registry.require_active_organization(bigint) IS
    '检查组织存在且正常并返回该组织;错误 23503 known_organization、55000 organization_active';

CREATE FUNCTION registry.create_organization(
    name text, kind text, unit_kind text, region text, credit_code text DEFAULT NULL, parent_id bigint DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_organization bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    PERFORM registry.require_code('organization_kind', kind);
    PERFORM registry.require_code('unit_kind', unit_kind);
    IF parent_id IS NOT NULL THEN
        PERFORM registry.require_active_organization(parent_id);
    END IF;
    INSERT INTO registry.organization AS o (name, kind, unit_kind, region, credit_code, parent_id)
    VALUES (registry.clean_text(name), kind, unit_kind, registry.require_region(region),
        credit_code::volunteer.credit_code, parent_id)
    RETURNING o.organization_id INTO new_organization;
    INSERT INTO registry.organization_event (organization_id, to_status) VALUES (new_organization, 'active');
    RETURN new_organization;
END
$$;
COMMENT ON FUNCTION registry.create_organization(text, text, text, text, text, bigint) IS
    '登记组织,返回组织编号;错误 23503 known_code、known_region、known_organization,23505 organization_name_under_parent、one_credit_code_one_organization,55000 organization_active,22P02 信用代码有误,25000 read_committed、begun_today';

CREATE FUNCTION registry.change_organization_status(
    organization_id bigint, to_status text, reason text, successor_id bigint DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.organization;
    heir bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    SELECT o.* INTO subject
    FROM registry.organization o
    WHERE o.organization_id = change_organization_status.organization_id
    FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_organization',
            MESSAGE = 'There is no such organization.';
    END IF;
    PERFORM registry.require_transition('organization', subject.status, to_status, reason);
    IF to_status = 'dissolved' THEN
        heir := coalesce(successor_id, subject.parent_id);
        IF heir IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                CONSTRAINT = 'dissolved_has_successor',
                MESSAGE = 'A dissolved organization needs a successor or a parent that takes over.';
        END IF;
        PERFORM registry.require_active_organization(heir);
        IF heir IN (SELECT registry.organization_below(subject.organization_id)) THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                CONSTRAINT = 'successor_not_below',
                MESSAGE = 'The successor must not be below the dissolved organization.';
        END IF;
    END IF;
    UPDATE registry.organization o
    SET status = to_status, successor_id = heir
    WHERE o.organization_id = subject.organization_id;
    IF heir IS NOT NULL THEN
        PERFORM registry.hand_over_numbers(subject.organization_id, heir);
    END IF;
    INSERT INTO registry.organization_event (organization_id, from_status, to_status, reason)
    VALUES (subject.organization_id, subject.status, to_status, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.change_organization_status(bigint, text, text, bigint) IS
    '变更组织状态:停用、恢复、终止;终止时由指定的承继组织或上级组织接续(民发〔2015〕149号);错误 23503 known_organization、55000 known_transition、23514 reason_required、dissolved_has_successor、successor_not_below,25000 read_committed、begun_today';

GRANT EXECUTE ON FUNCTION registry.create_organization(text, text, text, text, text, bigint) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.change_organization_status(bigint, text, text, bigint) TO registry_administrator;
GRANT SELECT ON registry.organization_event TO registry_auditor;
