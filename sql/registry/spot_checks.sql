-- Spot checks: volunteers are drawn by a stored seed and asked by telephone or visit whether they know of their registration.

CREATE TABLE registry.spot_check_round (
    round_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    organizations bigint[] NOT NULL,
    last_event bigint NOT NULL,
    seed uuid NOT NULL,
    population integer NOT NULL,
    drawn_at timestamptz NOT NULL DEFAULT now(),
    drawn_by name NOT NULL DEFAULT session_user,
    CONSTRAINT somebody_to_check CHECK (population > 0)
);
CREATE INDEX spot_check_round_organization ON registry.spot_check_round (organization_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.spot_check_round
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.spot_check_round IS '抽查:一次抽样;种子与总体随之保存,样本可由任何人重新算出';
COMMENT ON COLUMN registry.spot_check_round.round_id IS '抽查编号';
COMMENT ON COLUMN registry.spot_check_round.organization_id IS '被抽查的组织,含各级下级';
COMMENT ON COLUMN registry.spot_check_round.organizations IS '抽样时的该组织与各级下级';
COMMENT ON COLUMN registry.spot_check_round.last_event IS '抽样时最后的注册状态变更记录;总体为此时在册的志愿者';
COMMENT ON COLUMN registry.spot_check_round.seed IS '种子,由服务器以密钥自组织与其抽查次数产生,无人能预知,重抽也不变';
COMMENT ON COLUMN registry.spot_check_round.population IS '总体人数';
COMMENT ON COLUMN registry.spot_check_round.drawn_at IS '抽样时间';
COMMENT ON COLUMN registry.spot_check_round.drawn_by IS '抽样人(数据库角色)';

CREATE TABLE registry.spot_check (
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    round_id bigint NOT NULL REFERENCES registry.spot_check_round,
    place integer NOT NULL,
    status text NOT NULL DEFAULT 'drawn',
    method text,
    PRIMARY KEY (volunteer_id, round_id),
    CONSTRAINT one_volunteer_at_a_place UNIQUE (round_id, place),
    CONSTRAINT spot_check_status CHECK (status IN ('drawn', 'unreachable', 'confirmed', 'inaccurate', 'denied')),
    CONSTRAINT spot_check_method CHECK (method IN ('phone', 'visit')),
    CONSTRAINT checked_in_some_way CHECK ((status = 'drawn') = (method IS NULL))
);
COMMENT ON TABLE registry.spot_check IS '抽中的志愿者与核查结果';
COMMENT ON COLUMN registry.spot_check.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.spot_check.round_id IS '抽查';
COMMENT ON COLUMN registry.spot_check.place IS '抽中的次序';
COMMENT ON COLUMN registry.spot_check.status IS '结果:drawn 待查,unreachable 联系不上,confirmed 属实,inaccurate 信息不实,denied 本人否认注册';
COMMENT ON COLUMN registry.spot_check.method IS '方式:phone 电话抽查,visit 走访';

CREATE TABLE registry.spot_check_event (
    volunteer_id bigint NOT NULL,
    round_id bigint NOT NULL,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (volunteer_id, round_id, event_id),
    FOREIGN KEY (volunteer_id, round_id) REFERENCES registry.spot_check
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.spot_check_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.spot_check_event IS '抽查结果变更记录,只追加';
COMMENT ON COLUMN registry.spot_check_event.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.spot_check_event.round_id IS '抽查';

CREATE FUNCTION registry.spot_check_order(subject registry.spot_check_round)
    RETURNS TABLE (place bigint, volunteer_id bigint)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT row_number() OVER (
        ORDER BY sha256(convert_to((subject).seed::text || v.volunteer_no::text, 'UTF8'))), v.volunteer_id
    FROM registry.volunteer v
    WHERE v.organization_id = ANY ((subject).organizations)
        AND (
            SELECT e.to_status FROM registry.volunteer_event e
            WHERE e.volunteer_id = v.volunteer_id AND e.event_id <= (subject).last_event
            ORDER BY e.event_id DESC
            LIMIT 1) = 'active';
END;
COMMENT ON FUNCTION registry.spot_check_order(registry.spot_check_round) IS
    '抽样次序:总体按 SHA-256(种子 ‖ 志愿者编号) 排列,样本是其最前面的若干人';

CREATE FUNCTION registry.draw_spot_check(organization_id bigint, size integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    draw registry.spot_check_round;
    sample bigint[];
BEGIN
    PERFORM registry.require_duty('reviewer', organization_id);
    IF size IS NULL OR size < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            CONSTRAINT = 'sample_holds_somebody',
            MESSAGE = 'A sample holds at least one volunteer.';
    END IF;
    -- Nobody draws again until a sample pleases.
    PERFORM FROM registry.organization o WHERE o.organization_id = draw_spot_check.organization_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM registry.spot_check_round r JOIN registry.spot_check c ON c.round_id = r.round_id
        WHERE r.organization_id = draw_spot_check.organization_id AND c.status = 'drawn') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'previous_round_finished',
            MESSAGE = 'The sample drawn before has not been checked to its end.';
    END IF;
    -- Who registers somebody at this moment is waited for: below the last event nothing is added any more.
    LOCK TABLE registry.volunteer_event IN SHARE MODE;
    draw.organizations := ARRAY(SELECT registry.organization_below(draw_spot_check.organization_id));
    draw.last_event := coalesce((SELECT max(e.event_id) FROM registry.volunteer_event e), 0);
    -- Whoever looked at a sample, took the draw back and drew again has the same sample.
    draw.seed := encode(substr(registry.document_digest('spot_check', concat_ws(' ', draw_spot_check.organization_id, (
        SELECT count(*) FROM registry.spot_check_round r WHERE r.organization_id = draw_spot_check.organization_id))), 1, 16), 'hex');
    SELECT count(*), array_agg(s.volunteer_id ORDER BY s.place) FILTER (WHERE s.place <= size) INTO draw.population, sample
    FROM registry.spot_check_order(draw) s;
    INSERT INTO registry.spot_check_round (organization_id, organizations, last_event, seed, population)
    VALUES (draw_spot_check.organization_id, draw.organizations, draw.last_event, draw.seed, draw.population)
    RETURNING round_id INTO draw.round_id;
    INSERT INTO registry.spot_check (volunteer_id, round_id, place)
    SELECT s.volunteer_id, draw.round_id, s.place
    FROM unnest(sample) WITH ORDINALITY AS s (volunteer_id, place);
    INSERT INTO registry.spot_check_event (volunteer_id, round_id, to_status)
    SELECT c.volunteer_id, c.round_id, c.status
    FROM registry.spot_check c
    WHERE c.round_id = draw.round_id
    ORDER BY c.place;
    RETURN draw.round_id;
END
$$;
COMMENT ON FUNCTION registry.draw_spot_check(bigint, integer) IS
    '抽取样本,返回抽查编号。参数:组织(含各级下级)、人数,不足时全查。种子由服务器以密钥产生并保存,撤回(回滚)重抽所得相同;上一次抽中的未查完不得再抽。错误 22023 sample_holds_somebody,42501 not_staff、outside_scope,23514 somebody_to_check,55000 previous_round_finished';

CREATE FUNCTION registry.record_spot_check(
    round_id bigint, volunteer_no volunteer.volunteer_no, to_status text, method text, note text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    drawn registry.spot_check;
    organization bigint;
BEGIN
    SELECT c.* INTO drawn
    FROM registry.spot_check c
    WHERE (c.volunteer_id, c.round_id) = (subject.volunteer_id, record_spot_check.round_id)
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_spot_check',
            MESSAGE = 'The volunteer was not drawn.';
    END IF;
    SELECT r.organization_id INTO organization FROM registry.spot_check_round r WHERE r.round_id = drawn.round_id;
    PERFORM registry.require_duty(registry.require_transition('spot_check', drawn.status, to_status, note), organization);
    PERFORM registry.require_other_volunteer(drawn.volunteer_id);
    IF registry.session_is(e.actor) FROM registry.volunteer_event e
        WHERE e.volunteer_id = subject.volunteer_id AND e.from_status IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'checker_did_not_register',
            MESSAGE = 'Nobody checks a registration of the own making.';
    END IF;
    UPDATE registry.spot_check c
    SET status = to_status, method = record_spot_check.method
    WHERE (c.volunteer_id, c.round_id) = (drawn.volunteer_id, drawn.round_id);
    INSERT INTO registry.spot_check_event (volunteer_id, round_id, from_status, to_status, reason)
    VALUES (drawn.volunteer_id, drawn.round_id, drawn.status, to_status, registry.clean_text(note));
END
$$;
COMMENT ON FUNCTION registry.record_spot_check(bigint, volunteer.volunteer_no, text, text, text) IS
    '登记抽查结果:confirmed 属实,unreachable 联系不上(可再查),inaccurate 信息不实、denied 本人否认注册(均须说明)。参数:抽查、志愿者编号、结果、方式(phone 电话、visit 走访)、说明。登记该志愿者的人不得核查。错误 42501 not_staff、outside_scope,23503 known_volunteer、known_spot_check,23514 reason_required、checker_did_not_register、reviewer_is_not_volunteer、spot_check_method、checked_in_some_way,55000 known_transition';

CREATE FUNCTION registry.verify_spot_check(round_id bigint)
    RETURNS TABLE (place bigint, drawn volunteer.volunteer_no, recomputed volunteer.volunteer_no)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    WITH sample AS (
        SELECT c.place, c.volunteer_id FROM registry.spot_check c WHERE c.round_id = verify_spot_check.round_id
    ), again AS (
        SELECT o.place, o.volunteer_id
        FROM registry.spot_check_round r CROSS JOIN registry.spot_check_order(r) AS o
        WHERE r.round_id = verify_spot_check.round_id
        ORDER BY o.place
        LIMIT (SELECT max(s.place) FROM sample s)
    )
    SELECT coalesce(s.place, a.place), d.volunteer_no, n.volunteer_no
    FROM sample s
    FULL JOIN again a ON a.place = s.place
    LEFT JOIN registry.volunteer d ON d.volunteer_id = s.volunteer_id
    LEFT JOIN registry.volunteer n ON n.volunteer_id = a.volunteer_id
    WHERE s.volunteer_id IS DISTINCT FROM a.volunteer_id
    ORDER BY 1;
END;
COMMENT ON FUNCTION registry.verify_spot_check(bigint) IS '重新算出样本并与抽中的相比:每处不同一行,无行即样本确由种子抽出';

GRANT EXECUTE ON FUNCTION registry.draw_spot_check(bigint, integer) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.record_spot_check(bigint, volunteer.volunteer_no, text, text, text) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.verify_spot_check(bigint) TO registry_auditor;
GRANT SELECT ON registry.spot_check_round TO registry_auditor;
GRANT SELECT ON registry.spot_check_event TO registry_auditor;
