-- Service records: batches, records, their events and the rules that no single row can state. recording.sql writes them.

CREATE TABLE registry.record_batch (
    batch_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    source text NOT NULL,
    justification text,
    evidence_sha256 bytea,
    back_fill boolean NOT NULL GENERATED ALWAYS AS (justification IS NOT NULL) STORED,
    recorded_by name NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    timely_from date NOT NULL,
    status text NOT NULL DEFAULT 'submitted',
    reviewed_by name,
    reviewed_at timestamptz,
    publicity daterange,
    effective_at timestamptz,
    CONSTRAINT known_source CHECK (source IN ('checkin', 'roster', 'import', 'legacy', 'correction', 'transfer')),
    CONSTRAINT known_batch_status CHECK (status IN ('submitted', 'in_publicity', 'effective', 'refused')),
    CONSTRAINT back_fill_has_justification_and_evidence CHECK (
        (justification IS NULL) = (evidence_sha256 IS NULL) AND justification <> '' AND length(evidence_sha256) = 32),
    CONSTRAINT legacy_is_back_fill CHECK (source <> 'legacy' OR justification IS NOT NULL),
    CONSTRAINT reviewer_is_not_recorder CHECK (reviewed_by <> recorded_by),
    CONSTRAINT review_is_signed CHECK (
        (status = 'submitted') = (reviewed_by IS NULL) AND (reviewed_by IS NULL) = (reviewed_at IS NULL)),
    CONSTRAINT publicity_after_review CHECK (
        (status IN ('in_publicity', 'effective')) = (publicity IS NOT NULL)
        AND NOT lower_inf(publicity) AND NOT upper_inf(publicity)
        AND lower(publicity) > (reviewed_at AT TIME ZONE 'Asia/Shanghai')::date),
    CONSTRAINT effective_after_publicity CHECK (
        (status = 'effective') = (effective_at IS NOT NULL)
        AND (effective_at AT TIME ZONE 'Asia/Shanghai')::date >= upper(publicity))
);
CREATE INDEX ON registry.record_batch (organization_id);
CREATE INDEX ON registry.record_batch (reviewed_at);
CREATE INDEX ON registry.record_batch (evidence_sha256) WHERE evidence_sha256 IS NOT NULL;
COMMENT ON TABLE registry.record_batch IS '记录批次:一名记录人一天内提交、由另一人审核、一并公示的一组服务记录';
COMMENT ON COLUMN registry.record_batch.batch_id IS '批次编号';
COMMENT ON COLUMN registry.record_batch.organization_id IS '提交组织;批次内记录的组织须为其本身或下级';
COMMENT ON COLUMN registry.record_batch.source IS '来源:checkin 签到签退,roster 逐条录入,import 名册导入,legacy 历史数据,correction 更正,transfer 由其他登记库转入';
COMMENT ON COLUMN registry.record_batch.justification IS '补录理由';
COMMENT ON COLUMN registry.record_batch.evidence_sha256 IS '补录证明材料的 SHA-256';
COMMENT ON COLUMN registry.record_batch.back_fill IS '是否补录:超过记录时限的记录只能进入补录批次';
COMMENT ON COLUMN registry.record_batch.recorded_by IS '记录人(数据库角色)';
COMMENT ON COLUMN registry.record_batch.recorded_at IS '录入时间(服务器时间)';
COMMENT ON COLUMN registry.record_batch.timely_from IS '录入当日仍在记录时限内的最早活动结束日';
COMMENT ON COLUMN registry.record_batch.status IS '状态:submitted 待审,in_publicity 公示中,effective 已生效,refused 不通过';
COMMENT ON COLUMN registry.record_batch.reviewed_by IS '审核人(数据库角色),不得为记录人';
COMMENT ON COLUMN registry.record_batch.reviewed_at IS '审核时间';
COMMENT ON COLUMN registry.record_batch.publicity IS '公示期;自审核次日起算,政策规定为 0 天时为空区间';
COMMENT ON COLUMN registry.record_batch.effective_at IS '生效时间';

-- A foreign key looks up and locks a row for each record, so none is declared. What a record refers to has to be there when it
-- is checked: a volunteer that is none is not active, an activity that is none is not of the project, an organization that is
-- none is below no other, a batch that is none is not open. And none of these is ever removed.
--
-- PostgreSQL reads what is generated and checked from the catalog and prepares it for every statement, so that is as short as
-- the catalog has it: a call, an array that is a constant.
CREATE TABLE registry.service_record (
    volunteer_id bigint NOT NULL,
    service_date date NOT NULL,
    record_id bigint GENERATED ALWAYS AS IDENTITY,
    period tstzrange NOT NULL,
    entry_method smallint NOT NULL,
    nature smallint NOT NULL GENERATED ALWAYS AS (volunteer.hours_nature(entry_method)) STORED,
    minutes integer NOT NULL GENERATED ALWAYS AS (volunteer.counted_minutes(period, entry_method)) STORED,
    hours volunteer.service_hours NOT NULL GENERATED ALWAYS AS (volunteer.counted_hours(period, entry_method)) STORED,
    declared volunteer.service_hours NOT NULL GENERATED ALWAYS AS (volunteer.declared_hours(period, entry_method)) STORED,
    project_id bigint NOT NULL,
    activity_id bigint,
    organization_id bigint NOT NULL,
    batch_id bigint NOT NULL,
    post text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    supersedes bigint,
    status text NOT NULL DEFAULT 'submitted',
    effective boolean NOT NULL GENERATED ALWAYS AS (status = 'effective') STORED,
    live boolean NOT NULL GENERATED ALWAYS AS (status <> ALL ('{refused,voided,superseded}')) STORED,
    forced boolean NOT NULL GENERATED ALWAYS AS (entry_method = 0) STORED,
    PRIMARY KEY (volunteer_id, service_date, record_id),
    CONSTRAINT known_record_status CHECK (
        status = ANY ('{submitted,in_publicity,disputed,effective,refused,voided,superseded,transferred}')),
    CONSTRAINT known_entry_method CHECK (entry_method = ANY ('{0,1,2,3,4}')),
    CONSTRAINT period_is_half_open CHECK (lower_inc(period) AND NOT upper_inc(period) AND NOT upper_inf(period)),
    CONSTRAINT period_is_whole_minutes CHECK (volunteer.has_whole_minutes(period)),
    CONSTRAINT period_within_service_date CHECK (volunteer.is_within_day(period, service_date)),
    CONSTRAINT not_in_future CHECK (upper(period) <= recorded_at),
    CONSTRAINT post_is_named CHECK (post <> '')
) PARTITION BY RANGE (service_date);
CREATE INDEX ON registry.service_record (record_id);
CREATE INDEX ON registry.service_record (batch_id);
COMMENT ON TABLE registry.service_record IS
    '服务记录:一名志愿者、一个北京时间日、一段连续的整分钟时间(《志愿服务记录与证明出具办法(试行)》第七条);按服务日期的年份分区,只作废、更正,不删除';
COMMENT ON COLUMN registry.service_record.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.service_record.service_date IS '服务日期(北京时间)';
COMMENT ON COLUMN registry.service_record.record_id IS '记录编号';
COMMENT ON COLUMN registry.service_record.period IS '服务时间段,左闭右开,整分钟,不跨日';
COMMENT ON COLUMN registry.service_record.entry_method IS '录入方式:0 强制签退,1 团体录入,2 个人申请,3 人脸识别,4 快速打卡';
COMMENT ON COLUMN registry.service_record.nature IS '时长性质:1 信用时长(系统计时),2 荣誉时长(申报)';
COMMENT ON COLUMN registry.service_record.minutes IS '服务分钟数;强制签退占用时间段但计 0,须更正后才计时';
COMMENT ON COLUMN registry.service_record.hours IS '服务时长';
COMMENT ON COLUMN registry.service_record.declared IS '其中荣誉时长';
COMMENT ON COLUMN registry.service_record.project_id IS '项目';
COMMENT ON COLUMN registry.service_record.activity_id IS '活动;名册的行未写明而项目当时不止一个或没有活动的只到项目,为空';
COMMENT ON COLUMN registry.service_record.organization_id IS '记录组织(谁组织谁记录)';
COMMENT ON COLUMN registry.service_record.batch_id IS '记录批次;记录人、审核人、公示期见批次';
COMMENT ON COLUMN registry.service_record.post IS '岗位';
COMMENT ON COLUMN registry.service_record.recorded_at IS '录入时间(服务器时间)';
COMMENT ON COLUMN registry.service_record.supersedes IS '所更正的原记录';
COMMENT ON COLUMN registry.service_record.status IS
    '状态:submitted 待审,in_publicity 公示中,disputed 有异议,effective 已生效,refused 不通过,voided 作废,superseded 已被更正,transferred 已转往其他登记库(仍占用时间段,不再计时)';
COMMENT ON COLUMN registry.service_record.effective IS '是否计入时长、星级、证明';
COMMENT ON COLUMN registry.service_record.live IS '是否占用时间段';
COMMENT ON COLUMN registry.service_record.forced IS '是否强制签退:占用时间段而不计时';

CREATE TABLE registry.record_event (
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    event_id bigint GENERATED ALWAYS AS IDENTITY,
    record_id bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor name NOT NULL DEFAULT session_user,
    from_status text NOT NULL,
    to_status text NOT NULL,
    reason text,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (volunteer_id, event_id)
);
CREATE INDEX ON registry.record_event (xid);
CREATE INDEX ON registry.record_event (record_id);
COMMENT ON TABLE registry.record_event IS '服务记录的状态变更,只追加';
COMMENT ON COLUMN registry.record_event.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.record_event.event_id IS '发生次序';
COMMENT ON COLUMN registry.record_event.record_id IS '服务记录';
COMMENT ON COLUMN registry.record_event.at IS '时间';
COMMENT ON COLUMN registry.record_event.actor IS '操作人(数据库角色)';
COMMENT ON COLUMN registry.record_event.from_status IS '原状态';
COMMENT ON COLUMN registry.record_event.to_status IS '新状态';
COMMENT ON COLUMN registry.record_event.reason IS '理由';
COMMENT ON COLUMN registry.record_event.xid IS '写入的事务,据以封章';

CREATE TABLE registry.recording_rule (
    rule text PRIMARY KEY,
    sentence text NOT NULL
);
COMMENT ON TABLE registry.recording_rule IS '记录规则:名称即错误中的约束名,说明不含个人信息;逐条录入与名册导入共用';
COMMENT ON COLUMN registry.recording_rule.rule IS '规则名称';
COMMENT ON COLUMN registry.recording_rule.sentence IS '拒绝时的说明';

INSERT INTO registry.recording_rule (rule, sentence) VALUES
    ('batch_is_open', 'Records enter a batch on the day it was opened, by the role that opened it, before its review.'),
    ('entered_by_hand', 'What is entered by hand goes into a batch opened by hand; what a system measured is recorded at sign-out or in an import.'),
    ('server_time', 'The time of recording is the server''s own.'),
    ('record_starts_submitted', 'A record starts as submitted.'),
    ('recorder_is_not_volunteer', 'Nobody records own service.'),
    ('volunteer_active', 'The volunteer is not on the active register.'),
    ('registered_before_service', 'The service lies before the registration of the volunteer.'),
    ('activity_of_project', 'The activity does not belong to the project.'),
    ('within_activity', 'The service lies outside the period of the activity.'),
    ('drill_is_not_service', 'A drill is not service.'),
    ('within_shift', 'The service lies outside the shifts on which the volunteer was confirmed.'),
    ('recorded_in_time', 'The time limit for recording is over; a back-fill needs a justification and evidence.'),
    ('no_overlap', 'The service overlaps with a record of the volunteer.'),
    ('organization_in_batch', 'The recording organization is outside the organization of the batch.');

CREATE FUNCTION registry.refuse_record(rule text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'check_violation',
        CONSTRAINT = rule,
        MESSAGE = (SELECT r.sentence FROM registry.recording_rule r WHERE r.rule = refuse_record.rule);
END
$$;
COMMENT ON FUNCTION registry.refuse_record(text) IS '以记录规则的说明拒绝;错误 23514,约束名为规则名';

-- In plpgsql, which keeps its plan: every record asks.
CREATE FUNCTION registry.persons_of(role_name name) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH own AS (
        SELECT s.person_id FROM registry.staff s WHERE s.role_name = persons_of.role_name AND s.person_id IS NOT NULL
    )
    SELECT o.person_id FROM own o
    UNION
    SELECT p.person_id FROM own o JOIN registry.person p ON p.merged_into = o.person_id;
END
$$;
COMMENT ON FUNCTION registry.persons_of(name) IS '数据库角色所代表的自然人,含已免职的任期和并入其名下的重复登记';

CREATE FUNCTION registry.session_is(role_name name) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN session_user = role_name OR EXISTS (
        SELECT registry.persons_of(session_user) INTERSECT SELECT registry.persons_of(role_name));
COMMENT ON FUNCTION registry.session_is(name) IS '当前会话与该数据库角色是否同一人';

CREATE FUNCTION registry.require_other_volunteer(volunteer_id bigint) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM registry.volunteer v
    WHERE v.volunteer_id = require_other_volunteer.volunteer_id AND v.person_id IN (SELECT registry.persons_of(session_user));
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'reviewer_is_not_volunteer',
            MESSAGE = 'Nobody decides on what is their own.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_other_volunteer(bigint) IS '检查志愿者不是当前会话本人;错误 23514 reviewer_is_not_volunteer';

CREATE FUNCTION registry.require_other_recorder(recorder name) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF registry.session_is(recorder) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'reviewer_is_not_recorder',
            MESSAGE = 'Nobody decides on what the same person has entered.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_other_recorder(name) IS '检查录入人(数据库角色)不是当前会话本人;错误 23514 reviewer_is_not_recorder';

-- One pass over the rows of a statement, so that a roster of 100,000 lines costs one join and not 100,000 look-ups.
CREATE FUNCTION registry.check_new_records() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    own_persons CONSTANT bigint[] := ARRAY(SELECT registry.persons_of(session_user));
    broken text;
    first_day date;
    last_day date;
    is_open boolean;
    is_within boolean;
BEGIN
    -- The days are known when the next plan starts, so that it opens their partitions alone.
    SELECT min(d.first_day), max(d.last_day), bool_and(registry.is_within(d.organization_id, ARRAY[b.organization_id])),
        bool_and((b.status = 'submitted' AND b.recorded_by = session_user
            AND (b.recorded_at AT TIME ZONE 'Asia/Shanghai')::date = registry.today()) IS TRUE)
    INTO first_day, last_day, is_within, is_open
    FROM (
        SELECT r.batch_id, r.organization_id, min(r.service_date) AS first_day, max(r.service_date) AS last_day
        FROM new_record r
        GROUP BY r.batch_id, r.organization_id
    ) AS d
    LEFT JOIN registry.record_batch b ON b.batch_id = d.batch_id;
    IF NOT is_open THEN
        PERFORM registry.refuse_record('batch_is_open');
    END IF;

    SELECT j.rule INTO broken
    FROM (
        SELECT CASE
            WHEN b.source = 'roster' AND r.entry_method IN (3, 4) THEN 'entered_by_hand'
            WHEN r.recorded_at <> now() THEN 'server_time'
            WHEN r.status <> 'submitted' THEN 'record_starts_submitted'
            WHEN v.person_id = ANY (own_persons) THEN 'recorder_is_not_volunteer'
            WHEN v.status IS DISTINCT FROM 'active' THEN 'volunteer_active'
            WHEN r.service_date < v.registered_on AND b.source NOT IN ('legacy', 'transfer') THEN 'registered_before_service'
            WHEN r.activity_id IS NOT NULL AND a.project_id IS DISTINCT FROM r.project_id THEN 'activity_of_project'
            WHEN r.activity_id IS NULL
                AND NOT EXISTS (SELECT FROM registry.project p WHERE p.project_id = r.project_id) THEN 'known_project'
            WHEN NOT r.period <@ a.period THEN 'within_activity'
            WHEN a.drill THEN 'drill_is_not_service'
            WHEN (a.hazardous OR a.emergency
                    OR EXISTS (SELECT FROM registry.shift h WHERE h.activity_id = r.activity_id))
                AND NOT EXISTS (
                    SELECT FROM registry.shift h
                    JOIN registry.signup u ON u.shift_id = h.shift_id
                    WHERE h.activity_id = r.activity_id AND u.volunteer_id = r.volunteer_id
                        AND u.status = 'confirmed' AND r.period <@ h.period) THEN 'within_shift'
            -- A forced sign-out counts nothing; the limit is that of its correction.
            WHEN NOT b.back_fill AND r.entry_method <> 0 AND b.timely_from > r.service_date
                AND (b.timely_from <= (upper(a.period) AT TIME ZONE 'Asia/Shanghai')::date) IS NOT TRUE THEN 'recorded_in_time'
            -- What others record at the same time only the totals see, at commit; of an import they judge as well what it
            -- did not look up itself.
            WHEN b.source NOT IN ('import', 'legacy') AND EXISTS (
                SELECT FROM registry.service_record s
                WHERE s.volunteer_id = r.volunteer_id AND s.service_date = r.service_date
                    AND s.service_date BETWEEN first_day AND last_day
                    AND s.live AND s.period && r.period AND s.record_id <> r.record_id) THEN 'no_overlap'
            END AS rule
        FROM new_record r
        JOIN registry.record_batch b ON b.batch_id = r.batch_id
        LEFT JOIN registry.volunteer v ON v.volunteer_id = r.volunteer_id
        LEFT JOIN registry.activity a ON a.activity_id = r.activity_id
        -- Else the planner writes the rules into the condition once more.
        OFFSET 0
    ) AS j
    WHERE j.rule IS NOT NULL
    LIMIT 1;
    IF FOUND THEN
        PERFORM registry.refuse_record(broken);
    END IF;
    IF NOT is_within THEN
        PERFORM registry.refuse_record('organization_in_batch');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.check_new_records() IS
    '触发器:单行约束不能表达的记录规则,见 recording_rule(《志愿服务记录与证明出具办法(试行)》第七、十一、十九条);错误 23514';

CREATE TRIGGER check_new_records AFTER INSERT ON registry.service_record
    REFERENCING NEW TABLE AS new_record FOR EACH STATEMENT EXECUTE FUNCTION registry.check_new_records();
CREATE TRIGGER only_status_changes BEFORE UPDATE ON registry.service_record
    FOR EACH ROW
    WHEN ((OLD.volunteer_id, OLD.service_date, OLD.record_id, OLD.period, OLD.entry_method, OLD.project_id, OLD.activity_id,
        OLD.organization_id, OLD.batch_id, OLD.post, OLD.recorded_at, OLD.supersedes)
        IS DISTINCT FROM
        (NEW.volunteer_id, NEW.service_date, NEW.record_id, NEW.period, NEW.entry_method, NEW.project_id, NEW.activity_id,
        NEW.organization_id, NEW.batch_id, NEW.post, NEW.recorded_at, NEW.supersedes))
    EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_delete BEFORE DELETE ON registry.service_record
    FOR EACH ROW EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON registry.service_record
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER only_review_changes BEFORE UPDATE ON registry.record_batch
    FOR EACH ROW
    WHEN ((OLD.batch_id, OLD.organization_id, OLD.source, OLD.justification, OLD.evidence_sha256, OLD.recorded_by,
        OLD.recorded_at, OLD.timely_from)
        IS DISTINCT FROM
        (NEW.batch_id, NEW.organization_id, NEW.source, NEW.justification, NEW.evidence_sha256, NEW.recorded_by,
        NEW.recorded_at, NEW.timely_from))
    EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.record_batch
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.record_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();

-- What PostgreSQL does not pass on to partitions is repeated on each: the statement triggers. A record changes its state
-- twice before it rests; room on the page for that keeps the indexes untouched.
CREATE FUNCTION registry.create_year(year integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    leaf CONSTANT text := format('registry.%I', 'service_record_' || year);
BEGIN
    EXECUTE format('CREATE TABLE %s PARTITION OF registry.service_record FOR VALUES FROM (%L) TO (%L) '
        'WITH (fillfactor = 50)', leaf, make_date(year, 1, 1), make_date(year + 1, 1, 1));
    EXECUTE format('CREATE TRIGGER check_new_records AFTER INSERT ON %s REFERENCING NEW TABLE AS new_record '
        'FOR EACH STATEMENT EXECUTE FUNCTION registry.check_new_records()', leaf);
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %s '
        'FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only()', leaf);
    PERFORM registry.protect_rows(leaf);
    EXECUTE format('COMMENT ON TABLE %s IS %L', leaf, year || ' 年服务记录');
END
$$;
COMMENT ON FUNCTION registry.create_year(integer) IS '为一年的服务记录建分区;错误 42P07 该年已建';

DO $$
BEGIN
    FOR years_from_now IN -1..1 LOOP
        PERFORM registry.create_year(extract(year FROM registry.today())::integer + years_from_now);
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION registry.create_year(integer) TO registry_administrator;
GRANT SELECT ON registry.record_batch, registry.record_event TO registry_auditor;
