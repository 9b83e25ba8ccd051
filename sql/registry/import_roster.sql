-- Rosters: what the lines of an import say, and what speaks against each of them. import.sql takes in what is left.

CREATE TYPE registry.roster_line AS (
    line_no integer,
    line_id bigint,
    rule text,
    rule_if_new text,
    volunteer_id bigint,
    region region_code,
    organization_id bigint,
    project_id bigint,
    activity_id bigint,
    post text,
    period tstzrange,
    service_date date,
    entry_method smallint,
    minutes bigint
);
COMMENT ON TYPE registry.roster_line IS
    '已解析的名册行:行号、原始行、违反的规则(空为可以导入)、尚无相同记录时违反的规则、志愿者、其区域、队伍、项目、活动、岗位、时间段、日期、录入方式、分钟数';

INSERT INTO registry.recording_rule (rule, sentence) VALUES
    ('nine_fields', 'The line has neither the nine fields of the roster nor ten with the activity.'),
    ('known_volunteer', 'No volunteer has this number.'),
    ('name_matches_number', 'The name is not that of the volunteer with this number.'),
    ('known_team', 'The importing organization has no active team of this name.'),
    ('one_team_of_this_name', 'Several teams below the importing organization have this name.'),
    ('known_project', 'Neither the team nor an organization above it has a project of this name.'),
    ('known_activity', 'The project has no published activity of this number.'),
    ('activity_is_named', 'Several activities of the project go on at this time, not all open to everybody; the line must name its own.'),
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
    IF value !~ '^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}[ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$' THEN
        RETURN NULL;
    END IF;
    RETURN value::timestamp AT TIME ZONE 'Asia/Shanghai';
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.local_time(text) IS '名册中的日期时间(北京时间);不可读时为空';

CREATE FUNCTION registry.roster_header(line text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fields CONSTANT text[] := registry.csv_fields(regexp_replace(line, E'[\\s\ufeff]', '', 'g'));
BEGIN
    IF fields[1] IS DISTINCT FROM '志愿者编号' THEN
        RETURN false;
    END IF;
    IF array_remove(fields, '活动编号') <> '{志愿者编号,姓名,项目,队伍,岗位,开始时间,结束时间,服务时长,录入方式}'
        OR array_position(fields, '活动编号') <> 10 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_text_representation',
            CONSTRAINT = 'roster_header',
            MESSAGE = 'The header of the roster does not name the columns in their order.';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION registry.roster_header(text) IS '第一行是否表头;是表头而列名或次序不符时错误 22P02 roster_header';

-- The activity that a line names, or that it must be of because the project has no other at this time: the team's own first.
CREATE FUNCTION registry.activities_at(organization_id bigint, project_id bigint, period tstzrange, activity_no bigint)
    RETURNS TABLE (activity_id bigint, period tstzrange, drill boolean, shifted boolean, limited boolean)
    LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
    SELECT n.activity_id, n.period, n.drill, n.shifted, n.drill OR n.shifted
    FROM (
        SELECT a.activity_id, a.period, a.drill,
            a.hazardous OR a.emergency OR EXISTS (SELECT FROM registry.shift h WHERE h.activity_id = a.activity_id) AS shifted,
            rank() OVER (ORDER BY a.organization_id = activities_at.organization_id DESC) AS nearness
        FROM registry.activity a
        WHERE a.project_id = activities_at.project_id AND a.status = 'published'
            AND CASE WHEN activity_no = 0 THEN activities_at.period <@ a.period ELSE a.activity_id = activity_no END) AS n
    WHERE n.nearness = 1;
END;
COMMENT ON FUNCTION registry.activities_at(bigint, bigint, tstzrange, bigint) IS
    '名册的行所属的活动:写明编号(非 0)的即该活动,否则为项目当时的活动,队伍自己组织的优先;有班次或属危险、应急的须在班次之内,演练不是服务';

-- What a line alone, the register of volunteers and the scope of the organisation can refuse. A roster says of many
-- volunteers that they did the same service, so all that follows the name is read once for the lines that agree in it.
CREATE FUNCTION registry.read_roster(import_id bigint, organization_id bigint, legacy boolean, timely_from date)
    RETURNS SETOF registry.roster_line
    LANGUAGE sql STABLE ROWS 100000 SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    WITH numbered AS (
        SELECT row_number() OVER (ORDER BY l.line_id)::integer AS line_no, l.line_id, ltrim(l.line, U&'\FEFF') AS line
        FROM registry.import_line l
        WHERE l.import_id = read_roster.import_id
    ), split AS (
        SELECT n.*, split_part(n.line, ',', 1) AS number, split_part(n.line, ',', 2) AS name,
            CASE WHEN strpos(n.line, '"') > 0 THEN coalesce(registry.csv_fields(n.line), '{}') END AS quoted
        FROM numbered n
        WHERE registry.trimmed(n.line) <> '' AND NOT (n.line_no = 1 AND registry.roster_header(n.line))
        -- Else each of these is computed wherever it is used.
        OFFSET 0
    ), line AS MATERIALIZED (
        -- What a quoted line says begins with a quotation mark, which no other has.
        SELECT s.line_no, s.line_id,
            to_volunteer_no(registry.trimmed(CASE WHEN s.quoted IS NULL THEN s.number ELSE s.quoted[1] END)) AS volunteer_no,
            registry.trimmed(CASE WHEN s.quoted IS NULL THEN s.name ELSE s.quoted[2] END) AS name,
            CASE WHEN s.quoted IS NULL THEN substr(s.line, length(s.number) + length(s.name) + 3)
                ELSE '"' || s.quoted[3:]::text END AS said
        FROM split s
    ), field AS MATERIALIZED (
        SELECT d.said, cardinality(d.field) IN (7, 8) AS complete,
            registry.trimmed(d.field[1]) AS project,
            registry.trimmed(d.field[2]) AS team,
            nullif(registry.clean_text(d.field[3]), '') AS post,
            registry.trimmed(d.field[4]) AS starts,
            registry.trimmed(d.field[5]) AS ends,
            substring(registry.trimmed(d.field[6]) FROM '^[0-9]{1,4}(?:\.[0-9]{1,2})?$')::numeric AS hours,
            substring(registry.trimmed(d.field[7]) FROM '^[0-4]$')::smallint AS entry_method,
            -- 0 names none, -1 nothing that is a number.
            CASE WHEN coalesce(registry.trimmed(d.field[8]), '') = '' THEN 0
                ELSE coalesce(substring(registry.trimmed(d.field[8]) FROM '^[1-9][0-9]{0,17}$')::bigint, -1) END AS activity_no
        FROM (
            SELECT l.said,
                CASE WHEN l.said LIKE '"%' THEN substr(l.said, 2)::text[] ELSE string_to_array(l.said, ',') END AS field
            FROM (SELECT DISTINCT l.said FROM line l) AS l
            OFFSET 0) AS d
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
    ), clock AS MATERIALIZED (
        -- Clocks with seconds are read to the minute, start and end alike: touching services stay touching.
        SELECT d.written, c.at, date_trunc('minute', c.at) AS minute, (c.at AT TIME ZONE 'Asia/Shanghai')::date AS day
        FROM (SELECT f.starts AS written FROM field f UNION SELECT f.ends FROM field f) AS d
        CROSS JOIN LATERAL registry.local_time(d.written) AS c (at)
    ), service AS MATERIALIZED (
        SELECT f.*, t.organization_id, t.teams, p.project_id, s.minute AS begun, e.minute AS ended, s.day AS service_date,
            extract(epoch FROM e.at - s.at) / 3600 AS exact_hours
        FROM field f
        LEFT JOIN known_team t ON t.name = f.team
        LEFT JOIN known_project p ON p.organization_id = t.organization_id AND p.name = f.project
        LEFT JOIN clock s ON s.written = f.starts
        LEFT JOIN clock e ON e.written = f.ends
    ), known_activity AS (
        SELECT d.*, count(*) AS activities, min(a.activity_id) AS activity_id, bool_or(a.limited) AS limited,
            bool_or(a.shifted) AS shifted, bool_or(a.drill) AS drill,
            bool_or(NOT tstzrange(d.begun, d.ended) <@ a.period) AS outside,
            max((upper(a.period) AT TIME ZONE 'Asia/Shanghai')::date) AS ended_on
        FROM (
            SELECT DISTINCT s.organization_id, s.project_id, s.begun, s.ended, s.activity_no
            FROM service s
            WHERE s.project_id IS NOT NULL AND s.begun < s.ended) AS d
        CROSS JOIN LATERAL registry.activities_at(d.organization_id, d.project_id, tstzrange(d.begun, d.ended), d.activity_no) AS a
        GROUP BY d.organization_id, d.project_id, d.begun, d.ended, d.activity_no
    ), judged AS MATERIALIZED (
        SELECT s.*, a.shifted AND a.activities = 1 AS shifted,
            CASE WHEN a.activities = 1 THEN a.activity_id END AS activity_id,
            greatest(s.service_date, CASE WHEN a.activities = 1 THEN a.ended_on END) AS ended_on,
            CASE WHEN s.begun < s.ended THEN tstzrange(s.begun, s.ended) END AS period,
            minutes((s.ended - s.begun)::service_hours) AS minutes,
            to_regclass('registry.service_record_' || extract(year FROM s.service_date)) IS NOT NULL AS year_is_open,
            CASE
                WHEN s.organization_id IS NULL THEN 'known_team'
                WHEN s.teams > 1 THEN 'one_team_of_this_name'
                WHEN s.project_id IS NULL THEN 'known_project'
                WHEN s.begun IS NULL OR s.ended IS NULL THEN 'readable_time'
                WHEN s.entry_method IS NULL THEN 'known_entry_method'
                WHEN s.hours IS NULL THEN 'readable_hours'
                WHEN s.begun >= s.ended THEN 'period_is_half_open'
                WHEN s.ended > (s.service_date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' THEN 'period_within_service_date'
                WHEN abs(s.hours - CASE WHEN s.entry_method = 0 THEN 0 ELSE s.exact_hours END) > 0.01 THEN 'hours_match_period'
                WHEN s.ended > now() THEN 'not_in_future'
                WHEN s.activity_no <> 0 AND a.activity_id IS NULL THEN 'known_activity'
                WHEN a.activities > 1 AND a.limited THEN 'activity_is_named'
                WHEN a.activities > 1 THEN NULL
                WHEN a.outside THEN 'within_activity'
                WHEN a.drill THEN 'drill_is_not_service'
            END AS rule
        FROM service s
        LEFT JOIN known_activity a ON (a.organization_id, a.project_id, a.begun, a.ended, a.activity_no) =
            (s.organization_id, s.project_id, s.begun, s.ended, s.activity_no)
    )
    SELECT l.line_no, l.line_id,
        CASE
            WHEN NOT j.complete THEN 'nine_fields'
            WHEN v.volunteer_id IS NULL THEN 'known_volunteer'
            WHEN p.name <> l.name AND p.name <> registry.clean_name(l.name) THEN 'name_matches_number'
            WHEN j.rule IS NOT NULL THEN j.rule
            WHEN j.shifted AND NOT EXISTS (
                SELECT FROM registry.signup u
                JOIN registry.shift h ON h.shift_id = u.shift_id
                WHERE u.volunteer_id = v.volunteer_id AND u.status = 'confirmed' AND h.activity_id = j.activity_id
                    AND j.period <@ h.period) THEN 'within_shift'
        END,
        CASE
            WHEN v.person_id IN (SELECT registry.persons_of(session_user)) THEN 'recorder_is_not_volunteer'
            WHEN v.status <> 'active' THEN 'volunteer_active'
            WHEN j.service_date < v.registered_on AND NOT legacy THEN 'registered_before_service'
            WHEN j.entry_method <> 0 AND read_roster.timely_from > j.ended_on THEN 'recorded_in_time'
            WHEN NOT j.year_is_open THEN 'year_is_open'
        END,
        v.volunteer_id, v.region, j.organization_id, j.project_id, j.activity_id, j.post, j.period, j.service_date,
        j.entry_method, j.minutes
    FROM line l
    JOIN judged j ON j.said = l.said
    LEFT JOIN registry.volunteer v ON v.volunteer_no = l.volunteer_no
    LEFT JOIN registry.person p ON p.person_id = v.person_id;
END;
COMMENT ON FUNCTION registry.read_roster(bigint, bigint, boolean, date) IS
    '解析名册:时间取整到分;队伍在导入组织及其下级中按名称查找,项目在队伍及其上级中查找、近者优先,不自动设立;活动未写明而项目当时只有一个的,即属该活动;错误 22P02 roster_header';

-- What the register, the other lines and the records can refuse. A refused record may be sent again; a voided or
-- corrected one is not revived. The day's records of the volunteer are read once for each line, by key: an aggregate,
-- as the planner would rather hash all records than look up the lines that it expects.
CREATE FUNCTION registry.judge_roster(import_id bigint, organization_id bigint, legacy boolean, timely_from date)
    RETURNS SETOF registry.roster_line
    LANGUAGE sql STABLE ROWS 100000 SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    WITH registered AS (
        SELECT r.*, k.overlapping, k.minutes AS earlier_minutes,
            CASE
                WHEN r.rule IS NOT NULL THEN r.rule
                WHEN row_number() OVER (
                    PARTITION BY r.rule IS NULL, r.volunteer_id, r.service_date, r.period, r.project_id, r.organization_id
                    ORDER BY r.line_no) > 1 THEN 'duplicate_line'
                WHEN k.unchanged THEN 'unchanged'
                ELSE r.rule_if_new
            END AS registered_rule
        FROM registry.read_roster(judge_roster.import_id, judge_roster.organization_id, legacy, timely_from) r
        CROSS JOIN LATERAL (
            SELECT bool_or((s.period, s.project_id, s.organization_id) = (r.period, r.project_id, r.organization_id)
                    AND s.status <> 'refused') AS unchanged,
                bool_or(s.period && r.period) FILTER (WHERE s.live) AS overlapping,
                coalesce(sum(s.minutes) FILTER (WHERE s.live), 0) AS minutes
            FROM registry.service_record s
            WHERE s.volunteer_id = r.volunteer_id AND s.service_date = r.service_date) AS k
    ), disjoint AS (
        SELECT g.*,
            CASE
                WHEN g.registered_rule IS NOT NULL THEN g.registered_rule
                -- Which of two overlapping lines is true nobody knows, so both are refused.
                WHEN max(upper(g.period)) OVER (day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > lower(g.period)
                    OR lead(lower(g.period)) OVER day < upper(g.period) THEN 'no_overlap_in_file'
                WHEN g.overlapping THEN 'no_overlap'
            END AS disjoint_rule
        FROM registered g
        WINDOW day AS (
            PARTITION BY g.registered_rule IS NULL, g.volunteer_id, g.service_date ORDER BY lower(g.period), g.line_no)
    ), summed AS (
        SELECT d.*,
            sum(d.minutes) FILTER (WHERE d.entry_method <> 0) OVER (
                PARTITION BY d.disjoint_rule IS NULL, d.volunteer_id, d.service_date)
            + d.earlier_minutes AS day_minutes
        FROM disjoint d
    )
    SELECT s.line_no, s.line_id,
        CASE
            WHEN s.disjoint_rule IS NOT NULL THEN s.disjoint_rule
            WHEN s.day_minutes > (SELECT min(p.value) FROM registry.policy p WHERE p.name = 'daily_cap_minutes')
                AND s.day_minutes > registry.policy_value('daily_cap_minutes', s.region, s.service_date) THEN 'daily_cap'
        END,
        s.rule_if_new, s.volunteer_id, s.region, s.organization_id, s.project_id, s.activity_id, s.post, s.period,
        s.service_date, s.entry_method, s.minutes
    FROM summed s;
END;
COMMENT ON FUNCTION registry.judge_roster(bigint, bigint, boolean, date) IS
    '逐行与登记、与同文件各行、与已有记录比对;已有相同记录的行规则为 unchanged';
