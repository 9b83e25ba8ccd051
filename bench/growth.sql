-- The table of the registry twice, partitioned by year as there: with the last of ten years, and with all of them.

CREATE TABLE bench.grow_1 (LIKE registry.service_record INCLUDING ALL) PARTITION BY RANGE (service_date);
CREATE TABLE bench.grow_10 (LIKE registry.service_record INCLUDING ALL) PARTITION BY RANGE (service_date);
CREATE TABLE bench.grow_1_2024 PARTITION OF bench.grow_1 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');

SELECT format('CREATE TABLE bench.grow_10_%1$s PARTITION OF bench.grow_10 FOR VALUES FROM (%2$L) TO (%3$L)',
    year, make_date(year, 1, 1), make_date(year + 1, 1, 1))
FROM generate_series(2015, 2024) AS year \gexec

INSERT INTO bench.grow_1 (volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, status)
SELECT * FROM bench.records(:records, '2024-01-01', 365);
INSERT INTO bench.grow_10 (volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, status)
SELECT r.* FROM generate_series(2015, 2024) AS year CROSS JOIN LATERAL bench.records(:records, make_date(year, 1, 1), 365) AS r;

SELECT bench.keep_years('bench.grow_1') \g /dev/null
SELECT bench.keep_years('bench.grow_10') \g /dev/null

-- What comes on top in each round.
CREATE TABLE bench.grow_more AS
SELECT (row_number() OVER () % :rounds)::integer AS round, r.*
FROM bench.records(:records / 10 * :rounds, '2024-01-01', 365, first_hour => 15) AS r;
VACUUM ANALYZE;
CHECKPOINT;
