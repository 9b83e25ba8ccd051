-- Totals of hours, kept by the extension's accumulation trigger; nothing else writes them.

CREATE TABLE registry.volunteer_hours (
    volunteer_id bigint PRIMARY KEY,
    hours volunteer.service_hours NOT NULL,
    declared volunteer.service_hours NOT NULL,
    records bigint NOT NULL,
    eligible_star volunteer.star_rating NOT NULL GENERATED ALWAYS AS (volunteer.star_rating(hours)) STORED
);
COMMENT ON TABLE registry.volunteer_hours IS '志愿者累计时长,只计已生效记录';
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
COMMENT ON COLUMN registry.volunteer_year.year IS '年份';
COMMENT ON COLUMN registry.volunteer_year.hours IS '年度服务时长';
COMMENT ON COLUMN registry.volunteer_year.records IS '记录条数';

CREATE TABLE registry.volunteer_day (
    volunteer_id bigint,
    service_date date,
    minutes bigint NOT NULL,
    PRIMARY KEY (volunteer_id, service_date),
    CONSTRAINT day_has_24_hours CHECK (minutes <= 1440)
);
COMMENT ON TABLE registry.volunteer_day IS '志愿者每日时长,计待审、公示中、已生效的记录;每日上限在此行上检查,并发写入在此行上排队';
COMMENT ON COLUMN registry.volunteer_day.service_date IS '服务日期';
COMMENT ON COLUMN registry.volunteer_day.minutes IS '当日分钟数';
