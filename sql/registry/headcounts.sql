-- Head counts: what the ratios of registered volunteers are measured by. One person enters a count, another approves it.

CREATE TABLE registry.headcount (
    headcount_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    region volunteer.region_code REFERENCES registry.region,
    kind text NOT NULL,
    as_of date NOT NULL,
    count integer NOT NULL,
    source text NOT NULL,
    status text NOT NULL DEFAULT 'entered',
    entered_at timestamptz NOT NULL DEFAULT now(),
    entered_by name NOT NULL DEFAULT session_user,
    decided_at timestamptz,
    decided_by name,
    CONSTRAINT somebody_is_counted CHECK (count > 0),
    CONSTRAINT counted_by_today CHECK (as_of <= (entered_at AT TIME ZONE 'Asia/Shanghai')::date AND isfinite(as_of)),
    CONSTRAINT count_has_source CHECK (char_length(source) BETWEEN 1 AND 200),
    CONSTRAINT headcount_status CHECK (status IN ('entered', 'approved', 'refused')),
    CONSTRAINT decided_by_somebody CHECK (
        (status = 'entered') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT approver_did_not_enter CHECK (decided_by <> entered_by)
);
CREATE UNIQUE INDEX one_count_of_a_unit ON registry.headcount (organization_id, kind, as_of)
    WHERE status = 'approved' AND region IS NULL;
CREATE UNIQUE INDEX one_count_of_a_region ON registry.headcount (region, kind, as_of)
    WHERE status = 'approved' AND region IS NOT NULL;
CREATE INDEX headcount_organization ON registry.headcount (organization_id);
COMMENT ON TABLE registry.headcount IS '人数基数:计算注册比例的分母;一人录入,另一人核准,地区人数由最高一级上级核准';
COMMENT ON COLUMN registry.headcount.headcount_id IS '人数编号';
COMMENT ON COLUMN registry.headcount.organization_id IS '被计数的单位;计数地区时为报送的组织';
COMMENT ON COLUMN registry.headcount.region IS '被计数的地区;空为计数单位本身';
COMMENT ON COLUMN registry.headcount.kind IS '人数种类(代码集 headcount_kind)';
COMMENT ON COLUMN registry.headcount.as_of IS '统计截止日';
COMMENT ON COLUMN registry.headcount.count IS '人数';
COMMENT ON COLUMN registry.headcount.source IS '来源(统计公报、花名册等)';
COMMENT ON COLUMN registry.headcount.status IS '状态:entered 待核准,approved 已核准,refused 不予核准';
COMMENT ON COLUMN registry.headcount.entered_at IS '录入时间';
COMMENT ON COLUMN registry.headcount.entered_by IS '录入人(数据库角色)';
COMMENT ON COLUMN registry.headcount.decided_at IS '核准时间';
COMMENT ON COLUMN registry.headcount.decided_by IS '核准人(数据库角色),不是录入人';

CREATE TABLE registry.headcount_event (
    headcount_id bigint NOT NULL REFERENCES registry.headcount,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (headcount_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.headcount_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.headcount_event IS '人数基数状态变更记录,只追加';
COMMENT ON COLUMN registry.headcount_event.headcount_id IS '人数';

CREATE FUNCTION registry.enter_headcount(
    organization_id bigint, kind text, as_of date, count integer, source text, region text DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.organization;
    place volunteer.region_code;
    new_headcount bigint;
BEGIN
    PERFORM registry.require_duty('registrar', organization_id);
    subject := registry.require_active_organization(organization_id);
    PERFORM registry.require_code('headcount_kind', kind);
    IF region IS NOT NULL THEN
        place := registry.require_region(region);
        IF NOT place <@ subject.region THEN
            RAISE EXCEPTION USING
                ERRCODE = 'insufficient_privilege',
                CONSTRAINT = 'region_of_the_organization',
                MESSAGE = 'The region does not lie in that of the organization.';
        END IF;
    END IF;
    INSERT INTO registry.headcount AS h (organization_id, region, kind, as_of, count, source)
    VALUES (subject.organization_id, place, kind, as_of, count, registry.clean_text(source))
    RETURNING h.headcount_id INTO new_headcount;
    INSERT INTO registry.headcount_event (headcount_id, to_status) VALUES (new_headcount, 'entered');
    RETURN new_headcount;
END
$$;
COMMENT ON FUNCTION registry.enter_headcount(bigint, text, date, integer, text, text) IS
    '录入人数,返回人数编号,核准后才作数。参数:单位(或报送地区人数的组织)、人数种类、统计截止日、人数、来源、地区(缺省计数单位本身)。错误 42501 not_staff、outside_scope、region_of_the_organization,23503 known_organization、known_code、known_region,23514 somebody_is_counted、counted_by_today、count_has_source,55000 organization_active';

-- The approved count of the same subject before a day.
CREATE FUNCTION registry.headcount_before(subject registry.headcount) RETURNS integer
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT h.count
    FROM registry.headcount h
    WHERE h.kind = (subject).kind AND h.status = 'approved' AND h.as_of < (subject).as_of
        AND CASE WHEN (subject).region IS NULL
            THEN h.organization_id = (subject).organization_id AND h.region IS NULL
            ELSE h.region = (subject).region END
    ORDER BY h.as_of DESC
    LIMIT 1;
END;
COMMENT ON FUNCTION registry.headcount_before(registry.headcount) IS '同一对象此前最近一次核准的人数;无则为空';

CREATE FUNCTION registry.decide_headcount(headcount_id bigint, to_status text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.headcount;
    body bigint;
    place volunteer.region_code;
BEGIN
    SELECT h.* INTO subject
    FROM registry.headcount h
    WHERE h.headcount_id = decide_headcount.headcount_id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_headcount',
            MESSAGE = 'There is no such head count.';
    END IF;
    -- What a body says of itself is approved there, what it says of a place by the highest body above it.
    body := subject.organization_id;
    IF subject.region IS NOT NULL THEN
        SELECT o.organization_id INTO body
        FROM registry.organization_above(subject.organization_id) AS above (id)
        JOIN registry.organization o ON o.organization_id = above.id
        WHERE o.parent_id IS NULL AND o.successor_id IS NULL;
    END IF;
    PERFORM registry.require_duty(registry.require_transition('headcount', subject.status, to_status, reason), body);
    IF registry.session_is(subject.entered_by) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'approver_did_not_enter',
            MESSAGE = 'Nobody decides on a head count of the own entering.';
    END IF;
    IF to_status = 'approved' THEN
        -- Counts of one organization, or of the places below it, are compared one after another.
        SELECT o.region INTO place
        FROM registry.organization o
        WHERE o.organization_id = body
        FOR NO KEY UPDATE;
        IF subject.count < registry.headcount_before(subject)
                * (1 - registry.policy_value('headcount_drop_ratio', place, registry.today()))
            AND coalesce(registry.clean_text(reason), '') = '' THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                CONSTRAINT = 'shrinking_count_has_reason',
                MESSAGE = 'A head count that falls this much is approved only with a reason.';
        END IF;
    END IF;
    UPDATE registry.headcount h
    SET status = to_status, decided_at = now(), decided_by = session_user
    WHERE h.headcount_id = subject.headcount_id;
    INSERT INTO registry.headcount_event (headcount_id, from_status, to_status, reason)
    VALUES (subject.headcount_id, subject.status, to_status, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.decide_headcount(bigint, text, text) IS
    '核准人数:approved 核准(比上次减少超过政策 headcount_drop_ratio 的须说明理由)、refused 不予核准(须说明理由);录入人不得核准,地区人数由报送组织的最高一级上级核准。错误 42501 not_staff、outside_scope,23503 known_headcount,23505 one_count_of_a_unit、one_count_of_a_region,23514 approver_did_not_enter、shrinking_count_has_reason、reason_required,55000 known_transition';

-- In PL/pgSQL, whose plan is kept: a report asks for each unit of a city, through functions whose own are not.
CREATE FUNCTION registry.approved_headcount(organization_id bigint, kind text, day date) RETURNS integer
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT h.count
        FROM registry.headcount h
        WHERE h.organization_id = approved_headcount.organization_id AND h.region IS NULL AND h.kind = approved_headcount.kind
            AND h.status = 'approved' AND h.as_of <= approved_headcount.day
        ORDER BY h.as_of DESC
        LIMIT 1);
END
$$;
COMMENT ON FUNCTION registry.approved_headcount(bigint, text, date) IS '单位某日适用的人数:截止日不晚于该日的最近一次核准;无则为空';

CREATE FUNCTION registry.approved_residents(region volunteer.region_code, kind text, day date) RETURNS integer
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT h.count
    FROM registry.headcount h
    WHERE h.region = approved_residents.region AND h.kind = approved_residents.kind
        AND h.status = 'approved' AND h.as_of <= approved_residents.day
    ORDER BY h.as_of DESC
    LIMIT 1;
END;
COMMENT ON FUNCTION registry.approved_residents(volunteer.region_code, text, date) IS
    '地区某日适用的人数:截止日不晚于该日的最近一次核准;无则为空';

GRANT EXECUTE ON FUNCTION registry.enter_headcount(bigint, text, date, integer, text, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.decide_headcount(bigint, text, text) TO registry_reviewer;
GRANT SELECT ON registry.headcount_event TO registry_auditor;
