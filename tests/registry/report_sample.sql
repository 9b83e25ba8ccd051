-- What docs/reports.md reports on: two teams and an office in the middle of last year, some of whose names are formulas.
-- Run in one transaction.

\ir acting.sql
\ir office.sql
\ir serving.sql

CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
-- A time of last year.
CREATE FUNCTION pg_temp.on_day(day text, clock text) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT (extract(year FROM registry.today()) - 1 || '-' || day || ' ' || clock)::timestamp AT TIME ZONE 'Asia/Shanghai'
$$;
CREATE FUNCTION pg_temp.on_day(day text, starts text, ends text) RETURNS tstzrange LANGUAGE sql AS $$
    SELECT tstzrange(pg_temp.on_day(day, starts), pg_temp.on_day(day, ends))
$$;
CREATE FUNCTION pg_temp.enrol(name text, sequence integer, organization_id text, day text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.enrol(name, sequence, organization_id, (pg_temp.on_day(day, '12:00') AT TIME ZONE 'Asia/Shanghai')::date)
$$;

SELECT pg_temp.act('clerk', format('SELECT registry.create_organization(%L, ''1'', ''08'', ''441403'', parent_id => %s)',
    '=HYPERLINK("http://example.org","奖品")', :'city')) AS hostile \gset
SELECT pg_temp.act('clerk', format('SELECT registry.create_organization(''示例区财政局'', ''3'', ''01'', ''441402'', parent_id => %s)',
    :'city')) AS office \gset
SELECT pg_temp.act('registrar', format('SELECT registry.enter_headcount(%s, ''staff'', %L, 3, ''花名册'')', :'office',
    (pg_temp.on_day('06-30', '12:00') AT TIME ZONE 'Asia/Shanghai')::date)) AS headcount \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.decide_headcount(%s, ''approved'')', :'headcount')) \g /dev/null

SELECT pg_temp.enrol('陈小明', 1, :'district', '01-10') AS chen, pg_temp.enrol('林芳', 2, :'district', '01-10') AS lin,
    pg_temp.enrol('黄志强', 3, :'office', '03-03') AS huang, pg_temp.enrol('=1+1', 4, :'hostile', '03-04') AS formula \gset
SELECT pg_temp.act('recorder', format('SELECT registry.create_project(''社区清洁'', %s, ''0001'')', :'district')) AS cleaning,
    pg_temp.act('recorder', format('SELECT registry.create_project(''文明劝导'', %s, ''0001'')', :'hostile')) AS manners \gset
SELECT pg_temp.act('recorder', format('SELECT registry.create_activity(%s, ''河边清洁'', %L, backfill_reason => ''补录'')', :'cleaning',
        pg_temp.on_day('06-07', '08:00', '12:00'))) AS river,
    pg_temp.act('recorder', format('SELECT registry.create_activity(%s, ''+文明劝导'', %L, backfill_reason => ''补录'')', :'manners',
        pg_temp.on_day('07-05', '17:00', '19:00'))) AS crossing \gset

-- What was recorded in time last year nobody can record today; what was back-filled has its paper.
ALTER TABLE registry.service_record DISABLE TRIGGER check_new_records;
SELECT pg_temp.open_batch(:'city') AS batch, pg_temp.open_batch(:'city', $$, '停电', sha256('签到表')$$) AS back_fill \gset
SELECT pg_temp.act('recorder', pg_temp.serving(batch, volunteer, activity, period))
FROM (VALUES (:'batch', :'chen', :'river', pg_temp.on_day('06-07', '08:00', '11:30')),
    (:'batch', :'lin', :'river', pg_temp.on_day('06-07', '08:00', '12:00')),
    (:'batch', :'formula', :'crossing', pg_temp.on_day('07-05', '17:00', '19:00')),
    (:'back_fill', :'chen', :'crossing', pg_temp.on_day('07-05', '17:00', '18:15'))) AS v (batch, volunteer, activity, period) \g /dev/null
ALTER TABLE registry.service_record ENABLE TRIGGER check_new_records;
SELECT pg_temp.take_effect(batch) FROM unnest(ARRAY[:'batch', :'back_fill']) AS batch \g /dev/null

SELECT pg_temp.act('recorder', format('SELECT registry.add_beneficiary(%s, %L, ''03'')', :'district', '@三栋老人')) AS beneficiary \gset
SELECT pg_temp.act('recorder', format('SELECT registry.request_service(%s, ''0001'', ''理发'', %s)', :'district', :'beneficiary')) \g /dev/null
