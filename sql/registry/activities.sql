-- Projects and activities: what was offered, when, and who ran it.

CREATE TABLE registry.project (
    project_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    category text NOT NULL,
    region volunteer.region_code NOT NULL REFERENCES registry.region,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    CONSTRAINT project_name_in_organization UNIQUE (organization_id, name),
    CONSTRAINT project_is_named CHECK (char_length(name) BETWEEN 1 AND 100 AND name IS NFC NORMALIZED)
);
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.project
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.project IS '志愿服务项目';
COMMENT ON COLUMN registry.project.project_id IS '项目编号';
COMMENT ON COLUMN registry.project.name IS '项目名称';
COMMENT ON COLUMN registry.project.organization_id IS '项目所属组织';
COMMENT ON COLUMN registry.project.category IS '服务类别(代码集 service_category)';
COMMENT ON COLUMN registry.project.region IS '实施区划';
COMMENT ON COLUMN registry.project.created_at IS '录入时间';
COMMENT ON COLUMN registry.project.created_by IS '录入人(数据库角色)';

-- A transaction begun earlier is no earlier announcement.
CREATE TABLE registry.activity (
    activity_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES registry.project,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    title text NOT NULL,
    mode text NOT NULL,
    hazardous boolean NOT NULL,
    emergency boolean NOT NULL,
    drill boolean NOT NULL,
    period tstzrange NOT NULL,
    extended_from timestamptz,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_by name NOT NULL DEFAULT session_user,
    backfill_reason text,
    status text NOT NULL DEFAULT 'published',
    station_id bigint REFERENCES registry.station,
    CONSTRAINT activity_is_titled CHECK (char_length(title) BETWEEN 1 AND 100 AND title IS NFC NORMALIZED),
    CONSTRAINT activity_mode CHECK (mode IN ('onsite', 'online')),
    CONSTRAINT activity_status CHECK (status IN ('published', 'cancelled')),
    CONSTRAINT activity_has_bounds CHECK (
        NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period) AND NOT lower_inf(period) AND NOT upper_inf(period)
        AND isfinite(lower(period)) AND isfinite(upper(period))),
    CONSTRAINT published_before_start CHECK (published_at <= lower(period) OR coalesce(backfill_reason, '') <> '')
);
CREATE INDEX activity_project ON registry.activity (project_id);
CREATE INDEX activity_organization ON registry.activity (organization_id, lower(period));
CREATE INDEX activity_station ON registry.activity (station_id) WHERE station_id IS NOT NULL;
COMMENT ON TABLE registry.activity IS '志愿服务活动;开始前发布,否则为补录';
COMMENT ON COLUMN registry.activity.activity_id IS '活动编号';
COMMENT ON COLUMN registry.activity.project_id IS '所属项目';
COMMENT ON COLUMN registry.activity.organization_id IS '活动组织单位';
COMMENT ON COLUMN registry.activity.title IS '活动名称';
COMMENT ON COLUMN registry.activity.mode IS '方式:onsite 线下,online 线上';
COMMENT ON COLUMN registry.activity.hazardous IS '可能发生人身危险(志愿服务条例第十七条)';
COMMENT ON COLUMN registry.activity.emergency IS '应急救援';
COMMENT ON COLUMN registry.activity.drill IS '演练;不计服务时间';
COMMENT ON COLUMN registry.activity.period IS '起止时间,半开区间';
COMMENT ON COLUMN registry.activity.extended_from IS '延期前的结束时间;只能延期一次';
COMMENT ON COLUMN registry.activity.published_at IS '发布时间';
COMMENT ON COLUMN registry.activity.published_by IS '发布人(数据库角色)';
COMMENT ON COLUMN registry.activity.backfill_reason IS '补录理由';
COMMENT ON COLUMN registry.activity.status IS '状态:published 已发布,cancelled 已取消';
COMMENT ON COLUMN registry.activity.station_id IS '举办活动的站点;不在站点举办的为空';

CREATE TABLE registry.activity_event (
    activity_id bigint NOT NULL REFERENCES registry.activity,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (activity_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.activity_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.activity_event IS '活动状态变更记录,只追加';
COMMENT ON COLUMN registry.activity_event.activity_id IS '活动';

CREATE FUNCTION registry.create_project(name text, organization_id bigint, category text, region text DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.organization;
    new_project bigint;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    subject := registry.require_active_organization(organization_id);
    PERFORM registry.require_code('service_category', category);
    INSERT INTO registry.project AS p (name, organization_id, category, region)
    VALUES (registry.clean_text(name), subject.organization_id, category,
        registry.require_region(coalesce(region, subject.region::text)))
    RETURNING p.project_id INTO new_project;
    RETURN new_project;
END
$$;
COMMENT ON FUNCTION registry.create_project(text, bigint, text, text) IS
    '设立项目,返回项目编号;服务类别见代码集 service_category,区划缺省为组织所在地;错误 42501 not_staff、outside_scope,23503 known_code、known_region、known_organization,23505 project_name_in_organization,55000 organization_active';

CREATE FUNCTION registry.create_activity(
    project_id bigint, title text, period tstzrange, mode text DEFAULT 'onsite', hazardous boolean DEFAULT false,
    emergency boolean DEFAULT false, drill boolean DEFAULT false, backfill_reason text DEFAULT NULL,
    organization_id bigint DEFAULT NULL, station_id bigint DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    owner bigint;
    organizer bigint;
    new_activity bigint;
BEGIN
    SELECT p.organization_id INTO owner FROM registry.project p WHERE p.project_id = create_activity.project_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_project',
            MESSAGE = 'There is no such project.';
    END IF;
    organizer := coalesce(organization_id, owner);
    PERFORM registry.require_duty('recorder', organizer);
    PERFORM registry.require_active_organization(organizer);
    IF owner NOT IN (SELECT registry.organization_above(organizer))
        AND organizer NOT IN (SELECT registry.organization_above(owner)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'project_within_reach',
            MESSAGE = 'The project belongs neither to the organizer nor to an organization above or below it.';
    END IF;
    IF station_id IS NOT NULL THEN
        PERFORM registry.require_open_station(station_id);
    END IF;
    INSERT INTO registry.activity AS a
        (project_id, organization_id, title, mode, hazardous, emergency, drill, period, backfill_reason, station_id)
    VALUES (create_activity.project_id, organizer, registry.clean_text(title), mode, hazardous, emergency, drill, period,
        registry.clean_text(backfill_reason), station_id)
    RETURNING a.activity_id INTO new_activity;
    INSERT INTO registry.activity_event (activity_id, to_status, reason)
    VALUES (new_activity, 'published', registry.clean_text(backfill_reason));
    IF coalesce(registry.clean_text(backfill_reason), '') = '' THEN
        PERFORM volunteer.commit_by(lower(period));
    END IF;
    RETURN new_activity;
END
$$;
COMMENT ON FUNCTION registry.create_activity(bigint, text, tstzrange, text, boolean, boolean, boolean, text, bigint, bigint) IS
    '发布活动,返回活动编号;开始后才发布须有补录理由,组织单位缺省为项目所属组织,否则须为其上级或下级,在站点举办的给出站点;错误 42501 not_staff、outside_scope、project_within_reach,23503 known_project、known_station,25000 committed_in_time(开始前未提交),23514 published_before_start、activity_has_bounds、activity_mode、activity_is_titled,55000 organization_active、station_open';

CREATE FUNCTION registry.require_published_activity(activity_id bigint) RETURNS registry.activity
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.activity;
BEGIN
    SELECT a.* INTO subject FROM registry.activity a WHERE a.activity_id = require_published_activity.activity_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_activity',
            MESSAGE = 'There is no such activity.';
    END IF;
    IF subject.status <> 'published' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'activity_published',
            MESSAGE = 'The activity was cancelled.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.require_published_activity(bigint) IS
    '取已发布的活动;错误 23503 known_activity、55000 activity_published';

CREATE FUNCTION registry.extend_activity(activity_id bigint, until timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.activity;
    days integer;
BEGIN
    PERFORM FROM registry.activity a WHERE a.activity_id = extend_activity.activity_id FOR NO KEY UPDATE;
    subject := registry.require_published_activity(activity_id);
    PERFORM registry.require_duty('recorder', subject.organization_id);
    IF subject.extended_from IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'extended_once',
            MESSAGE = 'An activity is extended once.';
    END IF;
    -- The limit for recording runs from the end: put off afterwards, it would never be over.
    IF upper(subject.period) <= clock_timestamp() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'activity_not_over',
            MESSAGE = 'An activity that is over is not extended.';
    END IF;
    PERFORM volunteer.commit_by(upper(subject.period));
    SELECT registry.policy_value('activity_extension_days', p.region, registry.today()) INTO days
    FROM registry.project p WHERE p.project_id = subject.project_id;
    IF until IS NULL OR until <= upper(subject.period) OR until > upper(subject.period) + make_interval(days => days) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'extension_within_limit',
            MESSAGE = format('An extension ends later than the activity, by at most %s days.', days);
    END IF;
    UPDATE registry.activity a
    SET period = tstzrange(lower(a.period), until), extended_from = upper(a.period)
    WHERE a.activity_id = subject.activity_id;
END
$$;
COMMENT ON FUNCTION registry.extend_activity(bigint, timestamptz) IS
    '活动延期,只限一次,须在结束之前,不超过政策 activity_extension_days 天;错误 42501 not_staff、outside_scope,55000 extended_once、activity_not_over、activity_published,25000 committed_in_time(结束前未提交),23514 extension_within_limit,23503 known_activity';

CREATE FUNCTION registry.cancel_activity(activity_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.activity;
BEGIN
    PERFORM FROM registry.activity a WHERE a.activity_id = cancel_activity.activity_id FOR NO KEY UPDATE;
    subject := registry.require_published_activity(activity_id);
    PERFORM registry.require_duty(
        registry.require_transition('activity', subject.status, 'cancelled', reason), subject.organization_id);
    IF lower(subject.period) <= clock_timestamp() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'activity_not_begun',
            MESSAGE = 'An activity that has begun is not cancelled.';
    END IF;
    PERFORM volunteer.commit_by(lower(subject.period));
    UPDATE registry.activity a SET status = 'cancelled' WHERE a.activity_id = subject.activity_id;
    INSERT INTO registry.activity_event (activity_id, from_status, to_status, reason)
    VALUES (subject.activity_id, subject.status, 'cancelled', registry.clean_text(reason));
    -- Or those who wanted to come could go nowhere else at that time, and the residents who asked for it would wait for ever.
    PERFORM registry.decline_callouts(subject.activity_id, reason);
    PERFORM registry.refuse_signups(subject.activity_id, reason);
    PERFORM registry.end_stays(subject.activity_id, reason);
    PERFORM registry.return_order(subject.activity_id, reason);
END
$$;
COMMENT ON FUNCTION registry.cancel_activity(bigint, text) IS
    '取消尚未开始的活动:应急召集、报名、提前的签到随之了结,所承接的订单退回制单中心;应急响应须先终止;错误 42501 not_staff、outside_scope,55000 activity_published、activity_not_begun、incident_is_over,25000 committed_in_time(开始前未提交),23514 reason_required,23503 known_activity';

GRANT EXECUTE ON FUNCTION registry.create_project(text, bigint, text, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.create_activity(
    bigint, text, tstzrange, text, boolean, boolean, boolean, text, bigint, bigint)
    TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.extend_activity(bigint, timestamptz) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.cancel_activity(bigint, text) TO registry_recorder;
GRANT SELECT ON registry.activity_event TO registry_auditor;
