-- The table of the registry, and its plain form, each twice with the same records; one keeps everything of them. A further
-- one has one index more instead.

CREATE TABLE bench.insert_bare (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.insert_indexed (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.insert_kept (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.insert_plain_bare (LIKE bench.plain INCLUDING ALL);
CREATE TABLE bench.insert_plain_kept (LIKE bench.plain INCLUDING ALL);
SELECT bench.keep_years('bench.insert_kept') \g /dev/null
SELECT bench.keep_years('bench.insert_plain_kept') \g /dev/null

CREATE TABLE bench.insert_before AS SELECT * FROM bench.records(:records, '2022-01-01', 1096);
SELECT format('INSERT INTO %s (volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, status)
    SELECT * FROM bench.insert_before', source)
FROM unnest('{bench.insert_bare, bench.insert_indexed, bench.insert_kept, bench.insert_plain_bare,
    bench.insert_plain_kept}'::regclass[]) AS source \gexec
CREATE INDEX ON bench.insert_indexed (organization_id, volunteer_id);

-- No checkpoint: seconds after it would write the full pages that otherwise come once in minutes.
VACUUM ANALYZE;
