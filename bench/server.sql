-- The server that is measured: memory for the data, no checkpoint and no vacuum in the middle of a round, and a crash recovery
-- that does not synchronize thousands of files one by one.

ALTER SYSTEM SET shared_buffers = '4GB';
ALTER SYSTEM SET maintenance_work_mem = '1GB';
ALTER SYSTEM SET max_wal_size = '16GB';
ALTER SYSTEM SET checkpoint_timeout = '1h';
ALTER SYSTEM SET autovacuum = off;
ALTER SYSTEM SET recovery_init_sync_method = 'syncfs';

CREATE SCHEMA bench;

-- The table of the registry with its columns and indexes, but without what it computes and checks.
CREATE TABLE bench.plain (LIKE registry.service_record INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING INDEXES);
SELECT format('ALTER TABLE bench.plain ALTER %I SET DEFAULT %L', attname,
    CASE atttypid WHEN 'boolean'::regtype THEN 'true' WHEN 'volunteer.service_hours'::regtype THEN '2:00' ELSE '1' END)
FROM pg_attribute
WHERE attrelid = 'registry.service_record'::regclass AND attgenerated <> '' \gexec

-- Records that a table with every rule can hold: no two of a volunteer in the same third of a day. Of the periods, which
-- are many fewer than the records, each is given once to every band of volunteers, to one in it at random.
CREATE FUNCTION bench.records(records bigint, first_day date, days integer, first_hour integer DEFAULT 9)
    RETURNS TABLE (volunteer_id bigint, service_date date, period tstzrange, entry_method integer, project_id integer,
        organization_id bigint, batch_id bigint, status text)
    LANGUAGE sql
AS $$
    SELECT 1 + n % bands * width + floor(random() * width)::bigint,
        day,
        tstzrange(start, start + make_interval(mins => 30 + floor(random() * 150)::integer)),
        3, 1, 1 + floor(random() * 500)::bigint, 1 + n / 1000, 'effective'
    FROM (SELECT 2 * days AS starts, 1 + records / (2 * days) AS bands, 1000000 / (1 + records / (2 * days)) AS width) AS b
    CROSS JOIN generate_series(0, records - 1) AS n
    CROSS JOIN LATERAL (SELECT (n / bands * 619 % starts)::integer AS nth) AS p
    CROSS JOIN LATERAL (SELECT first_day + nth / 2 AS day) AS d
    CROSS JOIN LATERAL (
        SELECT (day + make_interval(hours => first_hour + nth % 2 * 3)) AT TIME ZONE 'Asia/Shanghai' AS start) AS s
$$;

-- One row of totals for the year of a volunteer: hours, records and which minutes are occupied, with the rules that no
-- minute is occupied twice and that a day has 24 hours. The lifetime is their sum. Stored as registry.volunteer_year is.
CREATE FUNCTION bench.keep_years(source regclass) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        $table$
        CREATE TABLE %1$s_years (
            volunteer_id bigint,
            year integer,
            hours volunteer.service_hours NOT NULL,
            records bigint NOT NULL,
            occupied volunteer.occupancy NOT NULL,
            PRIMARY KEY (volunteer_id, year),
            CONSTRAINT no_overlap CHECK (NOT volunteer.has_overlap(occupied)),
            CONSTRAINT day_has_24_hours CHECK (volunteer.busiest_day_minutes(occupied) <= 1440)
        ) WITH (fillfactor = 70, toast_tuple_target = 8160);
        CREATE VIEW %1$s_hours AS
        SELECT volunteer_id, volunteer.sum(hours) AS hours, sum(records) AS records FROM %1$s_years GROUP BY volunteer_id;
        $table$, source);
    PERFORM volunteer.track_hours(source, format('%s_years', source)::regclass,
        keys => '{volunteer_id, year = year(service_date)}',
        sums => '{hours FILTER (WHERE effective), occupied = period FILTER (WHERE live)}',
        records => 'records FILTER (WHERE effective)');
END
$$;
