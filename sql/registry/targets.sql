-- Targets: who answers for which number until when; and which units hold the title that asks more of them.

CREATE TABLE registry.target (
    target_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    metric text NOT NULL,
    period daterange NOT NULL,
    value numeric NOT NULL,
    responsible text NOT NULL,
    status text NOT NULL DEFAULT 'set',
    CONSTRAINT one_target_at_a_time EXCLUDE USING gist (organization_id WITH =, metric WITH =, period WITH &&)
        WHERE (status = 'set'),
    CONSTRAINT target_has_period CHECK (
        NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)
        AND isfinite(lower(period)) AND isfinite(upper(period))),
    CONSTRAINT target_asks_something CHECK (value > 0 AND value <> 'NaN'),
    CONSTRAINT somebody_is_responsible CHECK (char_length(responsible) BETWEEN 1 AND 100),
    CONSTRAINT target_status CHECK (status IN ('set', 'withdrawn'))
);
COMMENT ON TABLE registry.target IS '目标责任:任务、期限、数值、责任人;改目标即撤销旧目标另立新目标,旧目标保留';
COMMENT ON COLUMN registry.target.target_id IS '目标编号';
COMMENT ON COLUMN registry.target.organization_id IS '承担目标的组织(责任部门)';
COMMENT ON COLUMN registry.target.metric IS '指标(代码集 target_metric)';
COMMENT ON COLUMN registry.target.period IS '期限(日,半开区间)';
COMMENT ON COLUMN registry.target.value IS '目标值';
COMMENT ON COLUMN registry.target.responsible IS '责任人(职务)';
COMMENT ON COLUMN registry.target.status IS '状态:set 已下达,withdrawn 已撤销';

CREATE TABLE registry.target_event (
    target_id bigint NOT NULL REFERENCES registry.target,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (target_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.target_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.target_event IS '目标的下达与撤销,只追加';
COMMENT ON COLUMN registry.target_event.target_id IS '目标';

CREATE TABLE registry.civilized_unit (
    title_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    level text NOT NULL,
    document text NOT NULL,
    since date,
    until date,
    withdrawn_on date,
    valid daterange NOT NULL GENERATED ALWAYS AS (daterange(since, least(until, withdrawn_on))) STORED,
    status text NOT NULL DEFAULT 'awarded',
    CONSTRAINT one_title_at_a_time EXCLUDE USING gist (organization_id WITH =, valid WITH &&),
    CONSTRAINT title_has_document CHECK (char_length(document) BETWEEN 1 AND 200),
    CONSTRAINT title_has_beginning CHECK (since IS NOT NULL AND isfinite(since)),
    CONSTRAINT title_status CHECK (status IN ('awarded', 'withdrawn') AND (status = 'withdrawn') = (withdrawn_on IS NOT NULL))
);
COMMENT ON TABLE registry.civilized_unit IS '文明单位(文明村镇、文明社区、文明校园)称号';
COMMENT ON COLUMN registry.civilized_unit.title_id IS '称号编号';
COMMENT ON COLUMN registry.civilized_unit.organization_id IS '单位';
COMMENT ON COLUMN registry.civilized_unit.level IS '级别(代码集 authority_level):1 全国,2 省,3 市,4 区(县)';
COMMENT ON COLUMN registry.civilized_unit.document IS '命名文件';
COMMENT ON COLUMN registry.civilized_unit.since IS '命名之日';
COMMENT ON COLUMN registry.civilized_unit.until IS '命名时所定的失效之日;空为未定';
COMMENT ON COLUMN registry.civilized_unit.withdrawn_on IS '撤销之日,自此失效';
COMMENT ON COLUMN registry.civilized_unit.valid IS '有效期';
COMMENT ON COLUMN registry.civilized_unit.status IS '状态:awarded 已命名,withdrawn 已撤销';

CREATE TABLE registry.civilized_unit_event (
    title_id bigint NOT NULL REFERENCES registry.civilized_unit,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (title_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.civilized_unit_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.civilized_unit_event IS '文明单位称号的命名与撤销,只追加';
COMMENT ON COLUMN registry.civilized_unit_event.title_id IS '称号';

CREATE FUNCTION registry.set_target(organization_id bigint, metric text, period daterange, value numeric, responsible text)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_target bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    PERFORM registry.require_active_organization(organization_id);
    PERFORM registry.require_code('target_metric', metric);
    INSERT INTO registry.target AS t (organization_id, metric, period, value, responsible)
    VALUES (organization_id, metric, period, value, registry.clean_text(responsible))
    RETURNING t.target_id INTO new_target;
    INSERT INTO registry.target_event (target_id, to_status) VALUES (new_target, 'set');
    RETURN new_target;
END
$$;
COMMENT ON FUNCTION registry.set_target(bigint, text, daterange, numeric, text) IS
    '下达目标,返回目标编号。参数:组织、指标、期限、目标值、责任人(职务)。错误 23503 known_organization、known_code,23P01 one_target_at_a_time,23514 target_has_period、target_asks_something、somebody_is_responsible,55000 organization_active,25000 read_committed、begun_today';

CREATE FUNCTION registry.withdraw_target(target_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.target;
BEGIN
    PERFORM registry.require_current_transaction();
    SELECT t.* INTO subject FROM registry.target t WHERE t.target_id = withdraw_target.target_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_target',
            MESSAGE = 'There is no such target.';
    END IF;
    PERFORM registry.require_transition('target', subject.status, 'withdrawn', reason);
    UPDATE registry.target t SET status = 'withdrawn' WHERE t.target_id = subject.target_id;
    INSERT INTO registry.target_event (target_id, from_status, to_status, reason)
    VALUES (subject.target_id, subject.status, 'withdrawn', registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.withdraw_target(bigint, text) IS
    '撤销目标,须说明理由;错误 P0002 known_target,23514 reason_required,55000 known_transition,25000 read_committed、begun_today';

CREATE FUNCTION registry.award_civilized_unit(organization_id bigint, level text, document text, valid daterange) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_title bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    PERFORM registry.require_active_organization(organization_id);
    PERFORM registry.require_code('authority_level', level);
    INSERT INTO registry.civilized_unit AS u (organization_id, level, document, since, until)
    VALUES (organization_id, level, registry.clean_text(document), lower(valid), upper(valid))
    RETURNING u.title_id INTO new_title;
    INSERT INTO registry.civilized_unit_event (title_id, to_status) VALUES (new_title, 'awarded');
END
$$;
COMMENT ON FUNCTION registry.award_civilized_unit(bigint, text, text, daterange) IS
    '登记文明单位称号。参数:单位、级别(代码集 authority_level)、命名文件、有效期。错误 23503 known_organization、known_code,23P01 one_title_at_a_time,23514 title_has_document、title_has_beginning,55000 organization_active,25000 read_committed、begun_today';

CREATE FUNCTION registry.withdraw_civilized_unit(organization_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.civilized_unit;
BEGIN
    PERFORM registry.require_current_transaction();
    SELECT u.* INTO subject
    FROM registry.civilized_unit u
    WHERE u.organization_id = withdraw_civilized_unit.organization_id AND u.valid @> registry.today()
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_title',
            MESSAGE = 'The organization holds no such title.';
    END IF;
    PERFORM registry.require_transition('civilized_unit', subject.status, 'withdrawn', reason);
    UPDATE registry.civilized_unit u SET status = 'withdrawn', withdrawn_on = registry.today()
    WHERE u.title_id = subject.title_id;
    INSERT INTO registry.civilized_unit_event (title_id, from_status, to_status, reason)
    VALUES (subject.title_id, subject.status, 'withdrawn', registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.withdraw_civilized_unit(bigint, text) IS
    '撤销文明单位称号,今日起失效,须说明理由;错误 23514 reason_required,P0002 known_title,25000 read_committed、begun_today';

-- A share, not a percentage; and what is measured is divided by it.
ALTER TABLE registry.policy ADD CONSTRAINT volunteer_ratio_is_a_share
    CHECK (name NOT LIKE 'volunteer\_ratio\_%' OR value > 0 AND value <= 1);

-- OFFSET 0: the class is found once, though it is asked for twice.
CREATE FUNCTION registry.required_volunteer_ratio(organization_id bigint, day date) RETURNS numeric
    LANGUAGE sql STABLE SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.policy_value('volunteer_ratio_' || c.class, o.region, day)
    FROM registry.organization o
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM registry.civilized_unit u WHERE u.organization_id = o.organization_id AND u.valid @> day) AS civilized
    ) AS t
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN o.unit_kind IN ('09', '10') THEN CASE WHEN t.civilized THEN 'village' END
            WHEN t.civilized OR registry.approved_headcount(o.organization_id, 'student', day) IS NOT NULL THEN 'model'
            WHEN o.unit_kind IN ('01', '08') THEN 'office'
            WHEN o.unit_kind IN ('02', '03', '04', '05', '06', '07', '11', '12') THEN 'enterprise'
        END AS class
        OFFSET 0
    ) AS c
    WHERE o.organization_id = required_volunteer_ratio.organization_id AND c.class IS NOT NULL;
END;
COMMENT ON FUNCTION registry.required_volunteer_ratio(bigint, date) IS
    '单位某日应达到的注册比例:文明村(社区)volunteer_ratio_village,文明单位和有中学以上学生的学校 volunteer_ratio_model,党政机关和人民团体 volunteer_ratio_office,企事业单位 volunteer_ratio_enterprise;无要求为空';

GRANT EXECUTE ON FUNCTION registry.set_target(bigint, text, daterange, numeric, text) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.withdraw_target(bigint, text) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.award_civilized_unit(bigint, text, text, daterange) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.withdraw_civilized_unit(bigint, text) TO registry_administrator;
GRANT SELECT ON registry.target_event, registry.civilized_unit_event TO registry_auditor;
