-- Service records: batches, records, their events and the rules that no single row can state.

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
    CONSTRAINT known_source CHECK (source IN ('roster', 'import', 'legacy', 'correction')),
    CONSTRAINT known_batch_status CHECK (status IN ('submitted', 'in_publicity', 'effective', 'refused')),
    CONSTRAINT back_fill_has_justification_and_evidence CHECK (
        (justification IS NULL) = (evidence_sha256 IS NULL) AND justification <> '' AND length(evidence_sha256) = 32),
    CONSTRAINT legacy_is_back_fill CHECK (source <> 'legacy' OR justification IS NOT NULL),
    CONSTRAINT reviewer_is_not_recorder CHECK (reviewed_by <> recorded_by),
    CONSTRAINT review_is_signed CHECK (
        (status = 'submitted') = (reviewed_by IS NULL) AND (reviewed_by IS NULL) = (reviewed_at IS NULL)),
    CONSTRAINT publicity_after_review CHECK (
        (status IN ('in_publicity', 'effective')) = (publicity IS NOT NULL)
        AND lower(publicity) > (reviewed_at AT TIME ZONE 'Asia/Shanghai')::date),
    CONSTRAINT effective_after_publicity CHECK (
        (status = 'effective') = (effective_at IS NOT NULL)
        AND (effective_at AT TIME ZONE 'Asia/Shanghai')::date >= upper(publicity))
);
CREATE INDEX ON registry.record_batch (organization_id);
COMMENT ON TABLE registry.record_batch IS '记录批次:一名记录人一天内提交、由另一人审核、一并公示的一组服务记录';
COMMENT ON COLUMN registry.record_batch.organization_id IS '提交组织;批次内记录的组织须为其本身或下级';
COMMENT ON COLUMN registry.record_batch.source IS '来源:roster 逐条录入,import 名册导入,legacy 历史数据,correction 更正';
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

CREATE TABLE registry.service_record (
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    service_date date NOT NULL,
    record_id bigint GENERATED ALWAYS AS IDENTITY,
    period tstzrange NOT NULL,
    entry_method smallint NOT NULL,
    nature smallint NOT NULL GENERATED ALWAYS AS (CASE WHEN entry_method IN (1, 2) THEN 2 ELSE 1 END) STORED,
    minutes integer NOT NULL GENERATED ALWAYS AS (
        CASE WHEN entry_method = 0 THEN 0
        ELSE extract(epoch FROM upper(period) - lower(period)) / 60 END) STORED,
    hours volunteer.service_hours NOT NULL GENERATED ALWAYS AS (
        volunteer.service_hours_of_minutes(
            CASE WHEN entry_method = 0 THEN 0
            ELSE (extract(epoch FROM upper(period) - lower(period)) / 60)::bigint END)) STORED,
    declared volunteer.service_hours NOT NULL GENERATED ALWAYS AS (
        volunteer.service_hours_of_minutes(
            CASE WHEN entry_method IN (1, 2)
            THEN (extract(epoch FROM upper(period) - lower(period)) / 60)::bigint ELSE 0 END)) STORED,
    project_id bigint NOT NULL REFERENCES registry.project,
    activity_id bigint REFERENCES registry.activity,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    batch_id bigint NOT NULL REFERENCES registry.record_batch,
    post text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    supersedes bigint,
    status text NOT NULL DEFAULT 'submitted',
    effective boolean NOT NULL GENERATED ALWAYS AS (status = 'effective') STORED,
    live boolean NOT NULL GENERATED ALWAYS AS (status NOT IN ('refused', 'voided', 'superseded')) STORED,
    PRIMARY KEY (volunteer_id, service_date, record_id),
    CONSTRAINT known_record_status CHECK (
        status IN ('submitted', 'in_publicity', 'effective', 'refused', 'voided', 'superseded')),
    CONSTRAINT known_entry_method CHECK (entry_method BETWEEN 0 AND 4),
    CONSTRAINT period_is_half_open CHECK (
        NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)
        AND lower_inc(period) AND NOT upper_inc(period)),
    CONSTRAINT period_is_whole_minutes CHECK (
        date_trunc('minute', lower(period) AT TIME ZONE 'Asia/Shanghai') = lower(period) AT TIME ZONE 'Asia/Shanghai'
        AND date_trunc('minute', upper(period) AT TIME ZONE 'Asia/Shanghai') = upper(period) AT TIME ZONE 'Asia/Shanghai'),
    CONSTRAINT period_within_service_date CHECK (
        (lower(period) AT TIME ZONE 'Asia/Shanghai')::date = service_date
        AND upper(period) AT TIME ZONE 'Asia/Shanghai' <= service_date + 1),
    CONSTRAINT not_in_future CHECK (upper(period) <= recorded_at),
    CONSTRAINT post_is_named CHECK (post <> '')
) PARTITION BY RANGE (service_date);
CREATE INDEX ON registry.service_record (record_id);
CREATE INDEX ON registry.service_record (batch_id);
COMMENT ON TABLE registry.service_record IS
    '服务记录:一名志愿者、一个北京时间日、一段连续的整分钟时间(《志愿服务记录与证明出具办法(试行)》第七条);按服务日期的年份分区,只作废、更正,不删除';
COMMENT ON COLUMN registry.service_record.service_date IS '服务日期(北京时间)';
COMMENT ON COLUMN registry.service_record.period IS '服务时间段,左闭右开,整分钟,不跨日';
COMMENT ON COLUMN registry.service_record.entry_method IS '录入方式:0 强制签退,1 团体录入,2 个人申请,3 人脸识别,4 快速打卡';
COMMENT ON COLUMN registry.service_record.nature IS '时长性质:1 信用时长(系统计时),2 荣誉时长(申报)';
COMMENT ON COLUMN registry.service_record.minutes IS '服务分钟数;强制签退占用时间段但计 0,须更正后才计时';
COMMENT ON COLUMN registry.service_record.hours IS '服务时长';
COMMENT ON COLUMN registry.service_record.declared IS '其中荣誉时长';
COMMENT ON COLUMN registry.service_record.activity_id IS '活动;名册导入的记录只到项目,为空';
COMMENT ON COLUMN registry.service_record.organization_id IS '记录组织(谁组织谁记录)';
COMMENT ON COLUMN registry.service_record.post IS '岗位';
COMMENT ON COLUMN registry.service_record.recorded_at IS '录入时间(服务器时间)';
COMMENT ON COLUMN registry.service_record.supersedes IS '所更正的原记录';
COMMENT ON COLUMN registry.service_record.status IS
    '状态:submitted 待审,in_publicity 公示中,effective 已生效,refused 不通过,voided 作废,superseded 已被更正';
COMMENT ON COLUMN registry.service_record.effective IS '是否计入时长、星级、证明';
COMMENT ON COLUMN registry.service_record.live IS '是否占用时间段';

CREATE TABLE registry.record_event (
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    event_id bigint GENERATED ALWAYS AS IDENTITY,
    record_id bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor name NOT NULL DEFAULT session_user,
    from_status text NOT NULL,
    to_status text NOT NULL,
    reason text,
    PRIMARY KEY (volunteer_id, event_id)
);
CREATE INDEX ON registry.record_event (record_id);
COMMENT ON TABLE registry.record_event IS '服务记录的状态变更,只追加';
COMMENT ON COLUMN registry.record_event.actor IS '操作人(数据库角色)';
COMMENT ON COLUMN registry.record_event.reason IS '理由';
