-- Import of rosters in the export shape of the national platform, one set-based pass per file:
--   SELECT registry.begin_import('roster.csv', organization_id) AS import_id \gset
--   \copy registry.import_line (line) FROM 'roster.csv' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02', ENCODING 'GBK')
--   SELECT * FROM registry.import_service_records(:import_id);
--   SELECT * FROM registry.import_refusal WHERE import_id = :import_id;
-- import_access.sql shows the refused lines themselves. Lines arrive raw, one a row, so that a broken line cannot lose the file.

CREATE TABLE registry.import (
    import_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    file_name text NOT NULL,
    source text NOT NULL,
    started_by name NOT NULL DEFAULT session_user,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    batch_id bigint REFERENCES registry.record_batch,
    total integer,
    imported integer,
    unchanged integer,
    refused integer,
    CONSTRAINT known_import_source CHECK (source IN ('import', 'legacy')),
    CONSTRAINT import_adds_up CHECK (
        num_nulls(total, imported, unchanged, refused) IN (0, 4) AND total = imported + unchanged + refused)
);
CREATE UNIQUE INDEX one_open_import ON registry.import (started_by) WHERE finished_at IS NULL;
COMMENT ON TABLE registry.import IS '名册导入:一个文件一次导入';
COMMENT ON COLUMN registry.import.import_id IS '导入编号';
COMMENT ON COLUMN registry.import.organization_id IS '导入组织;名册中的队伍须为其本身或下级';
COMMENT ON COLUMN registry.import.file_name IS '文件名';
COMMENT ON COLUMN registry.import.source IS '来源:import 名册,legacy 历史数据(可早于注册日期,须为补录)';
COMMENT ON COLUMN registry.import.started_by IS '导入人(数据库角色)';
COMMENT ON COLUMN registry.import.batch_id IS '导入形成的记录批次;没有新记录时为空';
COMMENT ON COLUMN registry.import.started_at IS '开始时间';
COMMENT ON COLUMN registry.import.finished_at IS '完成或放弃的时间;空为尚未完成';
COMMENT ON COLUMN registry.import.total IS '数据行数,不含表头和空行;放弃的导入为空';
COMMENT ON COLUMN registry.import.imported IS '导入行数';
COMMENT ON COLUMN registry.import.unchanged IS '已有相同记录的行数';
COMMENT ON COLUMN registry.import.refused IS '拒绝行数';

-- Raw lines hold names and live only until their import is done or given up: not in the log of changes, not in a backup.
CREATE UNLOGGED TABLE registry.import_line (
    import_id bigint NOT NULL DEFAULT coalesce(nullif(current_setting('registry.open_import', true), ''), '0')::bigint,
    line_id bigint GENERATED ALWAYS AS IDENTITY,
    line text
);
COMMENT ON TABLE registry.import_line IS '待导入的原始行;导入完成或放弃即清除';
COMMENT ON COLUMN registry.import_line.import_id IS '本会话以 begin_import 开始的导入';
COMMENT ON COLUMN registry.import_line.line_id IS '读入顺序';
COMMENT ON COLUMN registry.import_line.line IS '原始行';

CREATE TABLE registry.import_row (
    import_id bigint REFERENCES registry.import,
    line_no integer,
    rule text NOT NULL REFERENCES registry.recording_rule,
    line text,
    resent_in bigint REFERENCES registry.import,
    PRIMARY KEY (import_id, line_no)
);
CREATE INDEX ON registry.import_row (resent_in) WHERE resent_in IS NOT NULL;
COMMENT ON TABLE registry.import_row IS '未能导入的行,待更正后重新提交';
COMMENT ON COLUMN registry.import_row.import_id IS '导入';
COMMENT ON COLUMN registry.import_row.line_no IS '文件中的行号,自 1 起,含表头';
COMMENT ON COLUMN registry.import_row.rule IS '违反的规则';
COMMENT ON COLUMN registry.import_row.line IS '原始行,登记查阅后可读(read_import_lines);更正的行重新导入后、过了政策 import_row_days 天后为空';
COMMENT ON COLUMN registry.import_row.resent_in IS '更正后重新提交于哪次导入';

CREATE FUNCTION registry.check_import_lines() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Locked, or what is committed when the import is done already would stay for ever.
    PERFORM
    FROM (SELECT DISTINCT l.import_id FROM new_line l) AS d
    LEFT JOIN LATERAL (
        SELECT true AS open FROM registry.import i
        WHERE i.import_id = d.import_id AND i.started_by = session_user AND i.finished_at IS NULL
        FOR SHARE) AS i ON true
    WHERE i.open IS NULL;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'import_is_open',
            MESSAGE = 'The session has no open import.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.check_import_lines() IS '触发器:原始行只能进入本人尚未完成的导入;错误 55000 import_is_open';

CREATE TRIGGER import_is_open AFTER INSERT ON registry.import_line
    REFERENCING NEW TABLE AS new_line FOR EACH STATEMENT EXECUTE FUNCTION registry.check_import_lines();

CREATE FUNCTION registry.begin_import(file_name text, organization_id bigint, source text DEFAULT 'import') RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_import bigint;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    PERFORM registry.require_active_organization(organization_id);
    -- What another session is still writing into it is waited for, and goes with the rest.
    PERFORM FROM registry.import i WHERE i.started_by = session_user AND i.finished_at IS NULL FOR NO KEY UPDATE;
    WITH given_up AS (
        UPDATE registry.import i SET finished_at = now()
        WHERE i.started_by = session_user AND i.finished_at IS NULL
        RETURNING i.import_id
    ), taken_back AS (
        UPDATE registry.import_row r SET resent_in = NULL FROM given_up g WHERE r.resent_in = g.import_id
    )
    DELETE FROM registry.import_line l USING given_up g WHERE l.import_id = g.import_id;
    INSERT INTO registry.import AS i (organization_id, file_name, source)
    VALUES (begin_import.organization_id, registry.clean_text(file_name), source)
    RETURNING i.import_id INTO new_import;
    PERFORM set_config('registry.open_import', new_import::text, false);
    RETURN new_import;
END
$$;
COMMENT ON FUNCTION registry.begin_import(text, bigint, text) IS
    '开始导入一个名册文件,返回导入编号;随后本会话复制到 import_line 的行归入此次导入;本人尚未完成的导入即告放弃,其原始行清除,重新提交的行可以再提交。来源:import 名册,legacy 历史数据。错误 42501 not_staff、outside_scope,23503 known_organization,55000 organization_active,23514 known_import_source,23505 one_open_import(同一角色同时开始)';

CREATE FUNCTION registry.import_service_records(
    import_id bigint, justification text DEFAULT NULL, evidence_sha256 bytea DEFAULT NULL,
    OUT batch_id bigint, OUT total integer, OUT imported integer, OUT unchanged integer, OUT refused integer)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    SET work_mem = '64MB' SET jit = off AS $$
DECLARE
    subject registry.import;
    timely_from date;
BEGIN
    SELECT i.* INTO subject FROM registry.import i
    WHERE i.import_id = import_service_records.import_id AND i.started_by = session_user AND i.finished_at IS NULL
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'import_is_open',
            MESSAGE = 'The session role has no such open import.';
    END IF;
    IF justification IS NULL THEN
        SELECT registry.timely_from(o.region, registry.today()) INTO timely_from
        FROM registry.organization o WHERE o.organization_id = subject.organization_id;
    END IF;

    WITH judged AS MATERIALIZED (
        SELECT j.* FROM registry.judge_roster(
            subject.import_id, subject.organization_id, subject.source = 'legacy', timely_from) AS j
    ), kept AS (
        INSERT INTO registry.import_row (import_id, line_no, rule, line)
        SELECT subject.import_id, j.line_no, j.rule, ltrim(l.line, U&'\FEFF')
        FROM judged j
        JOIN registry.import_line l ON (l.import_id, l.line_id) = (subject.import_id, j.line_id)
        WHERE j.rule <> 'unchanged'
    ), batch AS MATERIALIZED (
        SELECT registry.add_batch(subject.organization_id, subject.source, justification, evidence_sha256) AS batch_id
        WHERE EXISTS (SELECT FROM judged j WHERE j.rule IS NULL)
    ), recorded AS (
        INSERT INTO registry.service_record
            (volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id, post)
        SELECT j.volunteer_id, j.service_date, j.period, j.entry_method, j.project_id, j.activity_id, j.organization_id, b.batch_id, j.post
        FROM judged j CROSS JOIN batch b
        WHERE j.rule IS NULL
    )
    SELECT (SELECT b.batch_id FROM batch b), count(*), count(*) FILTER (WHERE j.rule IS NULL),
        count(*) FILTER (WHERE j.rule = 'unchanged'), count(*) FILTER (WHERE j.rule <> 'unchanged')
    INTO batch_id, total, imported, unchanged, refused
    FROM judged j;

    DELETE FROM registry.import_line l WHERE l.import_id = subject.import_id;
    UPDATE registry.import_row r SET line = NULL WHERE r.resent_in = subject.import_id;
    UPDATE registry.import i
    SET finished_at = now(), batch_id = import_service_records.batch_id, total = import_service_records.total,
        imported = import_service_records.imported, unchanged = import_service_records.unchanged,
        refused = import_service_records.refused
    WHERE i.import_id = subject.import_id;
END
$$;
COMMENT ON FUNCTION registry.import_service_records(bigint, text, bytea) IS
    '导入名册并返回批次、数据行数、导入数、相同数、拒绝数;坏行留在 import_refusal,同一文件再次导入不改变任何记录。超过记录时限的行须作为补录导入,给出理由和证明材料的 SHA-256。错误 55000 import_is_open,22P02 roster_header,42501 not_staff、outside_scope,23514 back_fill_has_justification_and_evidence、legacy_is_back_fill,P0002 policy_missing,23514 no_overlap、daily_cap 与同时录入的记录冲突(提交时;重新导入即可)';

CREATE FUNCTION registry.import_scope() RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT registry.organization_below(s.organization_id)
    FROM registry.current_staff() s WHERE s.duty IN ('recorder', 'reviewer');
END;
COMMENT ON FUNCTION registry.import_scope() IS '当前记录人、审核人可见其导入的组织;错误 42501 not_staff';

CREATE VIEW registry.import_refusal WITH (security_invoker = true) AS
    SELECT r.import_id, r.line_no, r.rule, u.sentence AS message, r.resent_in
    FROM registry.import_row r
    JOIN registry.recording_rule u ON u.rule = r.rule;
COMMENT ON VIEW registry.import_refusal IS '导入时拒绝的行:行号、规则、说明;只有导入组织及其上级的记录人、审核人可见,原始行须登记查阅(read_import_lines)';
COMMENT ON COLUMN registry.import_refusal.import_id IS '导入';
COMMENT ON COLUMN registry.import_refusal.line_no IS '文件中的行号,自 1 起,含表头';
COMMENT ON COLUMN registry.import_refusal.rule IS '违反的规则';
COMMENT ON COLUMN registry.import_refusal.message IS '说明';
COMMENT ON COLUMN registry.import_refusal.resent_in IS '更正后重新提交于哪次导入;空为尚未更正';

CREATE FUNCTION registry.resend_row(import_id bigint, line_no integer, line text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    opened registry.import;
    refused registry.import_row;
BEGIN
    SELECT i.* INTO opened FROM registry.import i
    WHERE i.started_by = session_user AND i.finished_at IS NULL
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'import_is_open',
            MESSAGE = 'The session role has no open import.';
    END IF;
    PERFORM registry.require_duty('recorder', opened.organization_id);
    SELECT r.* INTO refused FROM registry.import_row r
    JOIN registry.import i ON i.import_id = r.import_id
    WHERE (r.import_id, r.line_no) = (resend_row.import_id, resend_row.line_no)
        AND i.organization_id IN (SELECT registry.organization_below(opened.organization_id))
    FOR NO KEY UPDATE OF r;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_import_row',
            MESSAGE = 'No such row of an import of this organization was refused.';
    END IF;
    IF refused.resent_in IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'row_resent_once',
            MESSAGE = 'The row was sent again before.';
    END IF;
    UPDATE registry.import_row r SET resent_in = opened.import_id
    WHERE (r.import_id, r.line_no) = (refused.import_id, refused.line_no);
    INSERT INTO registry.import_line (import_id, line) VALUES (opened.import_id, resend_row.line);
END
$$;
COMMENT ON FUNCTION registry.resend_row(bigint, integer, text) IS
    '更正一个被拒绝的行,重新提交到本人以 begin_import 开始的导入;又被拒绝的,成为那次导入的拒绝行。参数:原导入、行号、更正后的行。错误 55000 import_is_open、row_resent_once,42501 not_staff、outside_scope,23503 known_import_row';

CREATE FUNCTION registry.clear_import_rows() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    cleared bigint;
BEGIN
    UPDATE registry.import_row r
    SET line = NULL
    FROM registry.import i
    JOIN registry.organization o ON o.organization_id = i.organization_id
    WHERE i.import_id = r.import_id AND r.line IS NOT NULL
        AND (i.finished_at AT TIME ZONE 'Asia/Shanghai')::date
            + registry.policy_value('import_row_days', o.region, registry.today())::integer < registry.today();
    GET DIAGNOSTICS cleared = ROW_COUNT;
    RETURN cleared;
END
$$;
COMMENT ON FUNCTION registry.clear_import_rows() IS
    '清除拒绝已满政策 import_row_days 天的原始行,返回行数,规则仍留存;可定时执行;错误 P0002 policy_missing';

GRANT INSERT (line) ON registry.import_line TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.begin_import(text, bigint, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.import_service_records(bigint, text, bytea) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.resend_row(bigint, integer, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.clear_import_rows() TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.import_scope() TO registry_recorder, registry_reviewer;

-- Who may record or review for an organization sees the rows of its imports that were refused.
CREATE POLICY staff ON registry.import FOR SELECT TO registry_recorder, registry_reviewer
    USING (organization_id IN (SELECT registry.import_scope()));
CREATE POLICY staff ON registry.import_row FOR SELECT TO registry_recorder, registry_reviewer
    USING (EXISTS (SELECT FROM registry.import i WHERE i.import_id = import_row.import_id));
CREATE POLICY staff ON registry.recording_rule FOR SELECT TO registry_recorder, registry_reviewer USING (true);
GRANT SELECT (import_id, organization_id) ON registry.import TO registry_recorder, registry_reviewer;
GRANT SELECT (import_id, line_no, rule, resent_in) ON registry.import_row TO registry_recorder, registry_reviewer;
GRANT SELECT ON registry.recording_rule, registry.import_refusal TO registry_recorder, registry_reviewer;
