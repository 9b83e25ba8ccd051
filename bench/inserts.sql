-- The table of the registry twice, with the same records; one keeps everything of them.

CREATE TABLE bench.insert_bare (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.insert_kept (LIKE registry.service_record INCLUDING ALL);
SELECT bench.keep_years('bench.insert_kept') \g /dev/null

INSERT INTO bench.insert_bare (volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, status)
SELECT * FROM bench.records(:records, '2022-01-01', 1096);
INSERT INTO bench.insert_kept (volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, status)
SELECT volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, status
FROM bench.insert_bare ORDER BY record_id;
VACUUM ANALYZE;
CHECKPOINT;
