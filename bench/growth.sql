-- The table of the registry twice, partitioned by year as there: with the last of ten years, and with all of them.

-- No checkpoint after this: the first change of a page after one is logged as the whole page, and there are more pages in
-- ten years than a round changes.
CHECKPOINT;

CREATE TABLE bench.grow_1 (LIKE registry.service_record INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE (service_date);
CREATE TABLE bench.grow_10 (LIKE registry.service_record INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE (service_date);
CREATE TABLE bench.grow_1_2024 PARTITION OF bench.grow_1 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');

SELECT format('CREATE TABLE bench.grow_10_%1$s PARTITION OF bench.grow_10 FOR VALUES FROM (%2$L) TO (%3$L)',
    year, make_date(year, 1, 1), make_date(year + 1, 1, 1))
FROM generate_series(2015, 2024) AS year \gexec

INSERT INTO bench.grow_1 (volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, status)
SELECT * FROM bench.records(:records, '2024-01-01', 365);
INSERT INTO bench.grow_10 (volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, status)
SELECT r.* FROM generate_series(2015, 2024) AS year CROSS JOIN LATERAL bench.records(:records, make_date(year, 1, 1), 365) AS r;

SELECT regexp_replace(pg_get_indexdef(indexrelid), 'INDEX .* USING', format('INDEX ON %s USING', root))
FROM pg_index CROSS JOIN unnest('{bench.grow_1, bench.grow_10}'::regclass[]) AS root
WHERE indrelid = 'registry.service_record'::regclass \gexec

SELECT bench.keep_years('bench.grow_1') \g /dev/null
SELECT bench.keep_years('bench.grow_10') \g /dev/null

-- What comes on top in each round.
CREATE TABLE bench.grow_more AS
SELECT (row_number() OVER () % :rounds)::integer AS round, r.*
FROM bench.records(:records / 10 * :rounds, '2024-01-01', 365, first_hour => 15) AS r;
VACUUM ANALYZE bench.grow_1, bench.grow_1_years, bench.grow_10, bench.grow_10_years, bench.grow_more;
