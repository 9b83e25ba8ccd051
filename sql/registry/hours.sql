-- Totals of hours, kept by the extension's accumulation trigger; nothing else writes them.

CREATE TABLE registry.volunteer_hours (
    volunteer_id bigint PRIMARY KEY,
    hours volunteer.service_hours NOT NULL,
    declared volunteer.service_hours NOT NULL,
    records bigint NOT NULL,
    eligible_star volunteer.star_rating NOT NULL GENERATED ALWAYS AS (volunteer.star_rating(hours)) STORED
);
COMMENT ON TABLE registry.volunteer_hours IS '志愿者累计时长,只计已生效记录';
COMMENT ON COLUMN registry.volunteer_hours.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.volunteer_hours.hours IS '累计服务时长';
COMMENT ON COLUMN registry.volunteer_hours.declared IS '其中荣誉时长';
COMMENT ON COLUMN registry.volunteer_hours.records IS '记录条数';
COMMENT ON COLUMN registry.volunteer_hours.eligible_star IS '按全国标准可评的星级';

CREATE TABLE registry.volunteer_year (
    volunteer_id bigint,
    year integer,
    hours volunteer.service_hours NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (volunteer_id, year)
);
COMMENT ON TABLE registry.volunteer_year IS '志愿者年度时长,只计已生效记录';
COMMENT ON COLUMN registry.volunteer_year.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.volunteer_year.year IS '年份';
COMMENT ON COLUMN registry.volunteer_year.hours IS '年度服务时长';
COMMENT ON COLUMN registry.volunteer_year.records IS '记录条数';

CREATE TABLE registry.volunteer_day (
    volunteer_id bigint,
    service_date date,
    minutes integer NOT NULL,
    PRIMARY KEY (volunteer_id, service_date),
    CONSTRAINT day_has_24_hours CHECK (minutes <= 1440)
);
COMMENT ON TABLE registry.volunteer_day IS '志愿者每日时长,计待审、公示中、已生效的记录;每日上限在此行上检查,并发写入在此行上排队';
COMMENT ON COLUMN registry.volunteer_day.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.volunteer_day.service_date IS '服务日期';
COMMENT ON COLUMN registry.volunteer_day.minutes IS '当日分钟数';

-- The trigger below looks up the cap only from four hours a day on, which most days never reach.
ALTER TABLE registry.policy ADD CONSTRAINT daily_cap_is_4_to_24_hours
    CHECK (name <> 'daily_cap_minutes' OR value BETWEEN 240 AND 1440);

CREATE FUNCTION registry.check_daily_cap() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    IF NEW.minutes > (
        SELECT registry.policy_value('daily_cap_minutes', v.region, NEW.service_date)
        FROM registry.volunteer v WHERE v.volunteer_id = NEW.volunteer_id) THEN
        PERFORM registry.refuse_record('daily_cap');
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION registry.check_daily_cap() IS
    '触发器:每日时长不超过当地当日的政策 daily_cap_minutes;错误 23514 daily_cap(提交时)';

INSERT INTO registry.recording_rule (rule, sentence) VALUES
    ('daily_cap', 'The hours of the day exceed the daily cap.');

CREATE TRIGGER daily_cap_on_insert BEFORE INSERT ON registry.volunteer_day
    FOR EACH ROW WHEN (NEW.minutes > 240) EXECUTE FUNCTION registry.check_daily_cap();
CREATE TRIGGER daily_cap_on_update BEFORE UPDATE ON registry.volunteer_day
    FOR EACH ROW WHEN (NEW.minutes > 240 AND NEW.minutes > OLD.minutes) EXECUTE FUNCTION registry.check_daily_cap();

DO $$
BEGIN
    PERFORM volunteer.track_hours('registry.service_record', 'registry.volunteer_hours',
        keys => ARRAY['volunteer_id'], sums => ARRAY['hours', 'declared'], counted => 'effective', records => 'records');
    PERFORM volunteer.track_hours('registry.service_record', 'registry.volunteer_year',
        keys => ARRAY['volunteer_id', 'year = year(service_date)'], sums => ARRAY['hours'], counted => 'effective',
        records => 'records');
    PERFORM volunteer.track_hours('registry.service_record', 'registry.volunteer_day',
        keys => ARRAY['volunteer_id', 'service_date'], sums => ARRAY['minutes'], counted => 'live');
END
$$;

CREATE FUNCTION registry.check_hours() RETURNS TABLE (totals regclass, key jsonb, kept jsonb, recomputed jsonb)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT t.totals, c.key, c.kept, c.recomputed
    FROM unnest(ARRAY['registry.volunteer_hours', 'registry.volunteer_year', 'registry.volunteer_day']::regclass[]) AS t (totals)
    CROSS JOIN volunteer.check_hours('registry.service_record', t.totals) AS c;
END;
COMMENT ON FUNCTION registry.check_hours() IS '由服务记录重新计算全部合计并列出不符之处;应无一行';

GRANT EXECUTE ON FUNCTION registry.check_hours() TO registry_administrator, registry_auditor;
