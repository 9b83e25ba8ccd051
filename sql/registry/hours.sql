-- Totals of hours, kept by the extension's accumulation trigger; nothing else writes them.
--
-- One row for each volunteer and year holds all that a record adds to, so that recording touches one row. A record lies
-- within one day, so what its volunteer may do at one time and in one day is a matter of that row alone: its constraints
-- hold between sessions, which write it one after the other. Periods hardly compress: the row stays as it is up to a page.
-- It has no foreign key, as its records have none.

CREATE TABLE registry.volunteer_year (
    volunteer_id bigint,
    year integer,
    hours volunteer.service_hours NOT NULL,
    declared volunteer.service_hours NOT NULL,
    records bigint NOT NULL,
    occupied volunteer.occupancy NOT NULL,
    uncounted volunteer.occupancy NOT NULL,
    PRIMARY KEY (volunteer_id, year),
    CONSTRAINT no_overlap CHECK (NOT volunteer.has_overlap(occupied)),
    CONSTRAINT day_has_24_hours CHECK (volunteer.busiest_day_minutes(occupied) <= 1440)
) WITH (fillfactor = 70, toast_tuple_target = 8160);
COMMENT ON TABLE registry.volunteer_year IS '志愿者年度合计:时长只计已生效记录,占用计待审、公示中、已生效的记录;时间不重叠、每日上限在此行上检查,并发写入在此行上排队';
COMMENT ON COLUMN registry.volunteer_year.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.volunteer_year.year IS '年份';
COMMENT ON COLUMN registry.volunteer_year.hours IS '年度服务时长';
COMMENT ON COLUMN registry.volunteer_year.declared IS '其中荣誉时长';
COMMENT ON COLUMN registry.volunteer_year.records IS '记录条数';
COMMENT ON COLUMN registry.volunteer_year.occupied IS '占用的时间段';
COMMENT ON COLUMN registry.volunteer_year.uncounted IS '其中强制签退、不计时的时间段';

CREATE VIEW registry.volunteer_hours WITH (security_invoker = true) AS
    SELECT v.volunteer_id, y.hours, y.declared, y.records, volunteer.star_rating(y.hours) AS eligible_star
    FROM registry.volunteer v
    CROSS JOIN LATERAL (
        SELECT sum(y.hours) AS hours, sum(y.declared) AS declared, sum(y.records)::bigint AS records
        FROM registry.volunteer_year y
        WHERE y.volunteer_id = v.volunteer_id
        HAVING count(*) > 0) AS y;
COMMENT ON VIEW registry.volunteer_hours IS '志愿者累计时长,只计已生效记录';
COMMENT ON COLUMN registry.volunteer_hours.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.volunteer_hours.hours IS '累计服务时长';
COMMENT ON COLUMN registry.volunteer_hours.declared IS '其中荣誉时长';
COMMENT ON COLUMN registry.volunteer_hours.records IS '记录条数';
COMMENT ON COLUMN registry.volunteer_hours.eligible_star IS '按全国标准可评的星级';

CREATE VIEW registry.volunteer_day WITH (security_invoker = true) AS
    SELECT y.volunteer_id, d.day AS service_date, d.minutes
    FROM registry.volunteer_year y
    CROSS JOIN LATERAL volunteer.minutes_by_day(y.occupied - y.uncounted) AS d;
COMMENT ON VIEW registry.volunteer_day IS '志愿者每日分钟数,计待审、公示中、已生效的记录';
COMMENT ON COLUMN registry.volunteer_day.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.volunteer_day.service_date IS '服务日期';
COMMENT ON COLUMN registry.volunteer_day.minutes IS '当日分钟数';

-- The triggers below look up the cap only from four hours a day on.
ALTER TABLE registry.policy ADD CONSTRAINT daily_cap_is_4_to_24_hours
    CHECK (name <> 'daily_cap_minutes' OR value BETWEEN 240 AND 1440);

INSERT INTO registry.recording_rule (rule, sentence) VALUES
    ('daily_cap', 'The hours of the day exceed the daily cap.');

CREATE FUNCTION registry.check_daily_cap() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM
    FROM minutes_by_day(NEW.occupied - NEW.uncounted) AS n
    JOIN registry.volunteer v ON v.volunteer_id = NEW.volunteer_id
    WHERE n.minutes > 240
        AND n.minutes > registry.policy_value('daily_cap_minutes', v.region, n.day)
        -- A cap that was lowered afterwards does not keep a day from shrinking.
        AND NOT EXISTS (SELECT FROM minutes_by_day(OLD.occupied - OLD.uncounted) AS o WHERE o.day = n.day AND o.minutes >= n.minutes);
    IF FOUND THEN
        PERFORM registry.refuse_record('daily_cap');
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION registry.check_daily_cap() IS
    '触发器:每日时长不超过当地当日的政策 daily_cap_minutes;错误 23514 daily_cap(提交时)';

CREATE TRIGGER daily_cap_on_insert BEFORE INSERT ON registry.volunteer_year
    FOR EACH ROW WHEN (volunteer.busiest_day_minutes(NEW.occupied) > 240) EXECUTE FUNCTION registry.check_daily_cap();
CREATE TRIGGER daily_cap_on_update BEFORE UPDATE ON registry.volunteer_year
    FOR EACH ROW WHEN (volunteer.busiest_day_minutes(NEW.occupied) > 240 AND NEW.occupied <> OLD.occupied)
    EXECUTE FUNCTION registry.check_daily_cap();

-- The month of an organization is what everybody writes at once. So records only append to a queue, nobody waits for
-- anybody, and the view adds up what has been moved into the totals and what still waits.
CREATE TABLE registry.organization_month_total (
    organization_id bigint,
    month date,
    hours volunteer.service_hours NOT NULL,
    declared volunteer.service_hours NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (organization_id, month)
) WITH (fillfactor = 70);
COMMENT ON TABLE registry.organization_month_total IS '组织月度合计中已归并的部分;合计见 organization_month';
COMMENT ON COLUMN registry.organization_month_total.organization_id IS '记录组织';
COMMENT ON COLUMN registry.organization_month_total.month IS '月份(首日)';
COMMENT ON COLUMN registry.organization_month_total.hours IS '服务时长';
COMMENT ON COLUMN registry.organization_month_total.declared IS '其中荣誉时长';
COMMENT ON COLUMN registry.organization_month_total.records IS '记录条数';

CREATE TABLE registry.organization_month_queue (LIKE registry.organization_month_total INCLUDING COMMENTS);
-- A publication of all tables would refuse what is deleted.
ALTER TABLE registry.organization_month_queue REPLICA IDENTITY FULL;
COMMENT ON TABLE registry.organization_month_queue IS '组织月度合计中待归并的部分(roll_up_hours),只追加';

CREATE VIEW registry.organization_month WITH (security_invoker = true) AS
    SELECT m.organization_id, m.month, sum(m.hours) AS hours, sum(m.declared) AS declared, sum(m.records)::bigint AS records
    FROM (
        SELECT t.organization_id, t.month, t.hours, t.declared, t.records FROM registry.organization_month_total t
        UNION ALL
        SELECT q.organization_id, q.month, q.hours, q.declared, q.records FROM registry.organization_month_queue q
    ) AS m
    GROUP BY m.organization_id, m.month;
COMMENT ON VIEW registry.organization_month IS '组织月度服务时长,只计已生效记录';
COMMENT ON COLUMN registry.organization_month.organization_id IS '记录组织';
COMMENT ON COLUMN registry.organization_month.month IS '月份(首日)';
COMMENT ON COLUMN registry.organization_month.hours IS '服务时长';
COMMENT ON COLUMN registry.organization_month.declared IS '其中荣誉时长';
COMMENT ON COLUMN registry.organization_month.records IS '记录条数';

DO $$
BEGIN
    PERFORM volunteer.track_hours('registry.service_record', 'registry.volunteer_year',
        keys => ARRAY['volunteer_id', 'year = year(service_date)'],
        sums => ARRAY['hours FILTER (WHERE effective)', 'declared FILTER (WHERE effective)', 'occupied = period',
            'uncounted = period FILTER (WHERE forced)'],
        counted => 'live', records => 'records FILTER (WHERE effective)');
    PERFORM volunteer.track_hours('registry.service_record', 'registry.organization_month_total',
        keys => ARRAY['organization_id', 'month = month(service_date)'], sums => ARRAY['hours', 'declared'],
        counted => 'effective', records => 'records', queue => 'registry.organization_month_queue');
END
$$;

CREATE FUNCTION registry.roll_up_hours() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    RETURN volunteer.roll_up_hours('registry.organization_month_total');
COMMENT ON FUNCTION registry.roll_up_hours() IS '归并组织月度合计,返回归并的条数;可定时、可并发执行,合计不变';

-- volunteer.check_hours() reads nothing where row-level security is forced; the owner's policy leaves nothing out.
CREATE FUNCTION registry.check_hours() RETURNS TABLE (totals regclass, key jsonb, kept jsonb, recomputed jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM volunteer.flush_hours();
    FOREACH totals IN ARRAY ARRAY['registry.volunteer_year', 'registry.organization_month_total']::regclass[] LOOP
        FOR key, kept, recomputed IN EXECUTE volunteer.check_query('registry.service_record', totals) LOOP
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION registry.check_hours() IS '由服务记录重新计算全部合计并列出不符之处;应无一行';

GRANT EXECUTE ON FUNCTION registry.roll_up_hours() TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.check_hours() TO registry_administrator, registry_auditor;
