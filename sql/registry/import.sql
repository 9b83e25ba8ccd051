-- Import of rosters in the export shape of the national platform, one set-based pass per file:
--   SELECT registry.begin_import('roster.csv', organization_id) AS import_id \gset
--   \copy registry.import_line (line) FROM 'roster.csv' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02', ENCODING 'GBK')
--   SELECT * FROM registry.import_service_records(:import_id);
--   SELECT * FROM registry.import_refusal WHERE import_id = :import_id;
-- Lines arrive raw, one a row, so that a broken line cannot lose the file.

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
    CONSTRAINT import_adds_up CHECK (total = imported + unchanged + refused)
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

CREATE TABLE registry.refused_line (
    import_id bigint REFERENCES registry.import,
    line_no integer,
    rule text NOT NULL REFERENCES registry.recording_rule,
    line text NOT NULL,
    PRIMARY KEY (import_id, line_no)
);
COMMENT ON TABLE registry.refused_line IS '未能导入的行';
COMMENT ON COLUMN registry.refused_line.import_id IS '导入';
COMMENT ON COLUMN registry.refused_line.line_no IS '文件中的行号,自 1 起,含表头';
COMMENT ON COLUMN registry.refused_line.rule IS '违反的规则';
COMMENT ON COLUMN registry.refused_line.line IS '原始行;只有导入组织及其上级可见';

CREATE TYPE registry.roster_line AS (
    line_no integer,
    line text,
    rule text,
    volunteer_id bigint,
    organization_id bigint,
    project_id bigint,
    post text,
    period tstzrange,
    service_date date,
    entry_method smallint
);
COMMENT ON TYPE registry.roster_line IS '已解析的名册行:行号、原文、违反的规则(空为可以导入)、志愿者、队伍、项目、岗位、时间段、日期、录入方式';

INSERT INTO registry.recording_rule (rule, sentence) VALUES
    ('nine_fields', 'The line does not have the nine fields of the roster.'),
    ('known_volunteer', 'No volunteer has this number.'),
    ('name_matches_number', 'The name is not that of the volunteer with this number.'),
    ('known_team', 'The importing organization has no active team of this name.'),
    ('one_team_of_this_name', 'Several teams below the importing organization have this name.'),
    ('known_project', 'Neither the team nor an organization above it has a project of this name.'),
    ('readable_time', 'The start or the end is not a date and time such as 2026-03-05 08:30.'),
    ('known_entry_method', 'The entry method is not a code from 0 to 4.'),
    ('readable_hours', 'The hours are not a number with at most two decimals.'),
    ('period_is_half_open', 'The service ends less than a minute after its start.'),
    ('period_within_service_date', 'The service crosses midnight.'),
    ('hours_match_period', 'The hours differ from the time between start and end; a forced sign-out counts zero hours.'),
    ('not_in_future', 'The service has not ended yet.'),
    ('year_is_open', 'The year of the service is not open; registry.create_year() opens it.'),
    ('duplicate_line', 'An earlier line of the file states the same service.'),
    ('no_overlap_in_file', 'The service overlaps with that of another line of the file.');

CREATE FUNCTION registry.check_import_lines() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM
    FROM (SELECT DISTINCT l.import_id FROM new_line l) AS d
    WHERE NOT EXISTS (
        SELECT FROM registry.import i
        WHERE i.import_id = d.import_id AND i.started_by = session_user AND i.finished_at IS NULL);
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
    WITH given_up AS (
        UPDATE registry.import i SET finished_at = now()
        WHERE i.started_by = session_user AND i.finished_at IS NULL
        RETURNING i.import_id
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
    '开始导入一个名册文件,返回导入编号;随后本会话复制到 import_line 的行归入此次导入;本人尚未完成的导入即告放弃,其原始行清除。来源:import 名册,legacy 历史数据。错误 42501 not_staff、outside_scope,23503 known_organization,55000 organization_active,23514 known_import_source,23505 one_open_import(同一角色同时开始)';

-- The whole line is matched first, in linear time; a search for fields in what is no CSV would be quadratic.
CREATE FUNCTION registry.csv_fields(line text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN line || ',' ~ '^(?:\s*(?:"(?:[^"]|"")*"|[^",]*)\s*,)*$' THEN (
        SELECT array_agg(
            CASE WHEN f[1] LIKE '"%' THEN replace(substr(f[1], 2, length(f[1]) - 2), '""', '"') ELSE f[1] END
            ORDER BY n)
        FROM regexp_matches(line || ',', '\s*("(?:[^"]|"")*"|[^",]*)\s*,', 'g') WITH ORDINALITY AS m (f, n))
    END;
COMMENT ON FUNCTION registry.csv_fields(text) IS '拆分一行 CSV(RFC 4180);引号不配对的行为空';

CREATE FUNCTION registry.trimmed(field text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(field, E' \t\u3000');
COMMENT ON FUNCTION registry.trimmed(text) IS '去掉首尾的半角、全角空格和制表符';

CREATE FUNCTION registry.local_time(value text) RETURNS timestamptz
    LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
    IF value !~ '^\d{4}[-/]\d{1,2}[-/]\d{1,2}[ T]\d{1,2}:\d{2}(:\d{2})?$' THEN
        RETURN NULL;
    END IF;
    RETURN value::timestamp AT TIME ZONE 'Asia/Shanghai';
EXCEPTION WHEN datetime_field_overflow THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.local_time(text) IS '名册中的日期时间(北京时间);不可读时为空';

CREATE FUNCTION registry.roster_volunteer_no(value text) RETURNS volunteer.volunteer_no
    LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    RETURN value::volunteer.volunteer_no;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.roster_volunteer_no(text) IS '名册中的志愿者编号;写法有误时为空';

CREATE FUNCTION registry.roster_header(line text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fields CONSTANT text[] := registry.csv_fields(regexp_replace(line, '[\s\ufeff]', '', 'g'));
BEGIN
    IF fields[1] IS DISTINCT FROM '志愿者编号' THEN
        RETURN false;
    END IF;
    IF fields <> '{志愿者编号,姓名,项目,队伍,岗位,开始时间,结束时间,服务时长,录入方式}' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_text_representation',
            CONSTRAINT = 'roster_header',
            MESSAGE = 'The header of the roster does not name the nine columns in their order.';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION registry.roster_header(text) IS '第一行是否表头;是表头而列名或次序不符时错误 22P02 roster_header';

-- What a line alone, the register of volunteers and the scope of the organisation can refuse. Numbers, times, teams and
-- projects repeat from line to line, so each is looked up once.
CREATE FUNCTION registry.read_roster(import_id bigint, organization_id bigint) RETURNS SETOF registry.roster_line
    LANGUAGE sql STABLE ROWS 100000 SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    WITH numbered AS (
        SELECT row_number() OVER (ORDER BY l.line_id)::integer AS line_no, ltrim(l.line, U&'\FEFF') AS line
        FROM registry.import_line l
        WHERE l.import_id = read_roster.import_id
    ), split AS MATERIALIZED (
        SELECT n.line_no, n.line,
            CASE WHEN strpos(n.line, '"') = 0 THEN string_to_array(n.line, ',') ELSE registry.csv_fields(n.line) END AS field
        FROM numbered n
        WHERE registry.trimmed(n.line) <> '' AND NOT (n.line_no = 1 AND registry.roster_header(n.line))
    ), field AS MATERIALIZED (
        SELECT s.line_no, s.line,
            cardinality(s.field) IS NOT DISTINCT FROM 9 AS complete,
            registry.trimmed(s.field[1]) AS volunteer_no,
            registry.trimmed(s.field[2]) AS name,
            registry.trimmed(s.field[3]) AS project,
            registry.trimmed(s.field[4]) AS team,
            nullif(registry.clean_text(s.field[5]), '') AS post,
            registry.trimmed(s.field[6]) AS starts,
            registry.trimmed(s.field[7]) AS ends,
            substring(registry.trimmed(s.field[8]) FROM '^\d{1,4}(?:\.\d{1,2})?$')::numeric AS hours,
            substring(registry.trimmed(s.field[9]) FROM '^[0-4]$')::smallint AS entry_method
        FROM split s
    ), known_volunteer AS (
        SELECT d.volunteer_no, v.volunteer_id, p.name
        FROM (SELECT DISTINCT f.volunteer_no FROM field f) AS d
        JOIN registry.volunteer v ON v.volunteer_no = registry.roster_volunteer_no(d.volunteer_no)
        JOIN registry.person p ON p.person_id = v.person_id
    ), known_team AS MATERIALIZED (
        SELECT o.name, min(o.organization_id) AS organization_id, count(*) AS teams
        FROM registry.organization o
        WHERE o.organization_id IN (SELECT registry.organization_below(read_roster.organization_id)) AND o.status = 'active'
        GROUP BY o.name
    ), known_project AS (
        SELECT DISTINCT ON (t.organization_id, p.name) t.organization_id, p.name, p.project_id
        FROM known_team t
        CROSS JOIN LATERAL registry.organization_above(t.organization_id) WITH ORDINALITY AS a (organization_id, distance)
        JOIN registry.project p ON p.organization_id = a.organization_id
        WHERE t.name IN (SELECT f.team FROM field f)
        ORDER BY t.organization_id, p.name, a.distance
    ), clock AS (
        SELECT d.written, registry.local_time(d.written) AS at
        FROM (SELECT f.starts AS written FROM field f UNION SELECT f.ends FROM field f) AS d
    )
    SELECT f.line_no, f.line,
        CASE
            WHEN NOT f.complete THEN 'nine_fields'
            WHEN v.volunteer_id IS NULL THEN 'known_volunteer'
            WHEN v.name <> f.name AND v.name <> registry.clean_text(f.name) THEN 'name_matches_number'
            WHEN t.organization_id IS NULL THEN 'known_team'
            WHEN t.teams > 1 THEN 'one_team_of_this_name'
            WHEN p.project_id IS NULL THEN 'known_project'
            WHEN c.starts IS NULL OR c.ends IS NULL THEN 'readable_time'
            WHEN f.entry_method IS NULL THEN 'known_entry_method'
            WHEN f.hours IS NULL THEN 'readable_hours'
            WHEN c.starts >= c.ends THEN 'period_is_half_open'
            WHEN c.ends > (c.service_date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' THEN 'period_within_service_date'
            WHEN abs(f.hours - CASE WHEN f.entry_method = 0 THEN 0 ELSE c.exact_hours END) > 0.01 THEN 'hours_match_period'
            WHEN c.ends > now() THEN 'not_in_future'
        END,
        v.volunteer_id, t.organization_id, p.project_id, f.post,
        CASE WHEN c.starts < c.ends THEN tstzrange(c.starts, c.ends) END, c.service_date, f.entry_method
    FROM field f
    LEFT JOIN known_volunteer v ON v.volunteer_no = f.volunteer_no
    LEFT JOIN known_team t ON t.name = f.team
    LEFT JOIN known_project p ON p.organization_id = t.organization_id AND p.name = f.project
    LEFT JOIN clock s ON s.written = f.starts
    LEFT JOIN clock e ON e.written = f.ends
    -- Clocks with seconds are read to the minute, start and end alike: touching services stay touching.
    CROSS JOIN LATERAL (
        SELECT date_trunc('minute', s.at) AS starts, date_trunc('minute', e.at) AS ends,
            extract(epoch FROM e.at - s.at) / 3600 AS exact_hours,
            (s.at AT TIME ZONE 'Asia/Shanghai')::date AS service_date) AS c;
END;
COMMENT ON FUNCTION registry.read_roster(bigint, bigint) IS
    '解析名册:时间取整到分;队伍在导入组织及其下级中按名称查找,项目在队伍及其上级中查找、近者优先,不自动设立;错误 22P02 roster_header';

-- What the register, the other lines and the records can refuse. A refused record may be sent again; a voided or
-- corrected one is not revived. The volunteers' records are found by key for each line: never a join whose plan
-- depends on how many lines the planner expects.
CREATE FUNCTION registry.judge_roster(import_id bigint, organization_id bigint, legacy boolean, timely_from date)
    RETURNS SETOF registry.roster_line
    LANGUAGE sql STABLE ROWS 100000 SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    WITH registered AS (
        SELECT r.*, v.region,
            CASE
                WHEN r.rule IS NOT NULL THEN r.rule
                WHEN row_number() OVER (
                    PARTITION BY r.rule IS NULL, r.volunteer_id, r.period, r.project_id, r.organization_id
                    ORDER BY r.line_no) > 1 THEN 'duplicate_line'
                WHEN EXISTS (
                    SELECT FROM registry.service_record s
                    WHERE s.volunteer_id = r.volunteer_id AND s.service_date = r.service_date AND s.period = r.period
                        AND s.project_id = r.project_id AND s.organization_id = r.organization_id
                        AND s.status <> 'refused') THEN 'unchanged'
                WHEN v.person_id IN (SELECT registry.persons_of(session_user)) THEN 'recorder_is_not_volunteer'
                WHEN v.status <> 'active' THEN 'volunteer_active'
                WHEN r.service_date < v.registered_on AND NOT legacy THEN 'registered_before_service'
                WHEN r.service_date < judge_roster.timely_from THEN 'recorded_in_time'
                WHEN to_regclass('registry.service_record_' || extract(year FROM r.service_date)) IS NULL THEN 'year_is_open'
            END AS registered_rule
        FROM registry.read_roster(judge_roster.import_id, judge_roster.organization_id) r
        LEFT JOIN registry.volunteer v ON v.volunteer_id = r.volunteer_id
    ), disjoint AS (
        SELECT g.*,
            CASE
                WHEN g.registered_rule IS NOT NULL THEN g.registered_rule
                -- Which of two overlapping lines is true nobody knows, so both are refused.
                WHEN max(upper(g.period)) OVER (day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > lower(g.period)
                    OR lead(lower(g.period)) OVER day < upper(g.period) THEN 'no_overlap_in_file'
                WHEN EXISTS (
                    SELECT FROM registry.service_record s
                    WHERE s.volunteer_id = g.volunteer_id AND s.service_date = g.service_date AND s.live
                        AND s.period && g.period) THEN 'no_overlap'
            END AS disjoint_rule
        FROM registered g
        WINDOW day AS (
            PARTITION BY g.registered_rule IS NULL, g.volunteer_id, g.service_date ORDER BY lower(g.period), g.line_no)
    ), summed AS (
        SELECT d.*,
            sum(extract(epoch FROM upper(d.period) - lower(d.period)) / 60) FILTER (WHERE d.entry_method <> 0) OVER (
                PARTITION BY d.disjoint_rule IS NULL, d.volunteer_id, d.service_date)
            + CASE WHEN d.disjoint_rule IS NULL THEN (
                SELECT coalesce(sum(s.minutes), 0) FROM registry.service_record s
                WHERE s.volunteer_id = d.volunteer_id AND s.service_date = d.service_date AND s.live) END AS day_minutes
        FROM disjoint d
    )
    SELECT s.line_no, s.line,
        CASE
            WHEN s.disjoint_rule IS NOT NULL THEN s.disjoint_rule
            WHEN s.day_minutes > (SELECT min(p.value) FROM registry.policy p WHERE p.name = 'daily_cap_minutes')
                AND s.day_minutes > registry.policy_value('daily_cap_minutes', s.region, s.service_date) THEN 'daily_cap'
        END,
        s.volunteer_id, s.organization_id, s.project_id, s.post, s.period, s.service_date, s.entry_method
    FROM summed s;
END;
COMMENT ON FUNCTION registry.judge_roster(bigint, bigint, boolean, date) IS
    '逐行与登记、与同文件各行、与已有记录比对;已有相同记录的行规则为 unchanged';

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
        INSERT INTO registry.refused_line (import_id, line_no, rule, line)
        SELECT subject.import_id, j.line_no, j.rule, j.line FROM judged j WHERE j.rule <> 'unchanged'
    ), batch AS MATERIALIZED (
        SELECT registry.add_batch(subject.organization_id, subject.source, justification, evidence_sha256) AS batch_id
        WHERE EXISTS (SELECT FROM judged j WHERE j.rule IS NULL)
    ), recorded AS (
        INSERT INTO registry.service_record
            (volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, post)
        SELECT j.volunteer_id, j.service_date, j.period, j.entry_method, j.project_id, j.organization_id, b.batch_id, j.post
        FROM judged j CROSS JOIN batch b
        WHERE j.rule IS NULL
    )
    SELECT (SELECT b.batch_id FROM batch b), count(*), count(*) FILTER (WHERE j.rule IS NULL),
        count(*) FILTER (WHERE j.rule = 'unchanged'), count(*) FILTER (WHERE j.rule <> 'unchanged')
    INTO batch_id, total, imported, unchanged, refused
    FROM judged j;

    DELETE FROM registry.import_line l WHERE l.import_id = subject.import_id;
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

CREATE VIEW registry.import_refusal WITH (security_barrier) AS
    SELECT l.import_id, l.line_no, l.rule, r.sentence AS message, l.line
    FROM registry.refused_line l
    JOIN registry.recording_rule r ON r.rule = l.rule
    JOIN registry.import i ON i.import_id = l.import_id
    WHERE i.organization_id IN (SELECT registry.import_scope());
COMMENT ON VIEW registry.import_refusal IS '导入时拒绝的行:行号、规则、说明、原始行;只有导入组织及其上级的记录人、审核人可见';
COMMENT ON COLUMN registry.import_refusal.import_id IS '导入';
COMMENT ON COLUMN registry.import_refusal.line_no IS '文件中的行号,自 1 起,含表头';
COMMENT ON COLUMN registry.import_refusal.rule IS '违反的规则';
COMMENT ON COLUMN registry.import_refusal.message IS '说明';
COMMENT ON COLUMN registry.import_refusal.line IS '原始行';

GRANT INSERT (line) ON registry.import_line TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.begin_import(text, bigint, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.import_service_records(bigint, text, bytea) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.import_scope() TO registry_recorder, registry_reviewer;
GRANT SELECT ON registry.import_refusal TO registry_recorder, registry_reviewer;
