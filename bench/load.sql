-- Three tables with the same rows and indexes: one bare, one with lifetime totals, one with yearly totals as well.

SET client_min_messages = warning;
CREATE SCHEMA bench;

CREATE TABLE bench.bare (
    volunteer_id bigint,
    service_date date,
    record_id bigint,
    hours volunteer.service_hours NOT NULL,
    organization_id bigint NOT NULL,
    batch_id bigint NOT NULL,
    PRIMARY KEY (volunteer_id, service_date, record_id)
);
CREATE INDEX ON bench.bare (service_date);
CREATE INDEX ON bench.bare (organization_id, service_date);
CREATE INDEX ON bench.bare (batch_id);
CREATE TABLE bench.total (LIKE bench.bare INCLUDING INDEXES);
CREATE TABLE bench.total_year (LIKE bench.bare INCLUDING INDEXES);

CREATE TABLE bench.total_hours (volunteer_id bigint PRIMARY KEY, hours volunteer.service_hours NOT NULL);
CREATE TABLE bench.total_year_hours (LIKE bench.total_hours INCLUDING INDEXES);
CREATE TABLE bench.total_year_years (
    volunteer_id bigint,
    year integer,
    hours volunteer.service_hours NOT NULL,
    PRIMARY KEY (volunteer_id, year)
);
SELECT volunteer.track_hours('bench.total', 'bench.total_hours', '{volunteer_id}', '{hours}') \g /dev/null
SELECT volunteer.track_hours('bench.total_year', 'bench.total_year_hours', '{volunteer_id}', '{hours}') \g /dev/null
SELECT volunteer.track_hours('bench.total_year', 'bench.total_year_years',
    '{volunteer_id, year = year(service_date)}', '{hours}') \g /dev/null

SELECT setseed(0.2) \g /dev/null
SELECT format(
    'COPY (
        SELECT 1 + floor(random() * %1$s)::bigint, date %2$L + floor(random() * 1096)::int, n,
            volunteer.service_hours_of_minutes(30 + floor(random() * 450)::int),
            1 + floor(random() * 500)::bigint, 1 + n / 1000
        FROM generate_series(1, %1$s) AS n
    ) TO %3$L', :records, '2022-01-01', :'file') \gexec
