-- Peers of the registry: bare tables with its columns and indexes that hold as many records as its largest year.

CREATE TABLE bench.bare_import (LIKE bench.plain INCLUDING ALL);
INSERT INTO bench.bare_import (volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id)
SELECT volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id
FROM registry.service_record
WHERE service_date >= make_date(extract(year FROM registry.today())::integer - 1, 1, 1)
    AND service_date < make_date(extract(year FROM registry.today())::integer, 1, 1);
CREATE TABLE bench.bare_record (LIKE bench.plain INCLUDING ALL);
INSERT INTO bench.bare_record OVERRIDING SYSTEM VALUE SELECT * FROM bench.bare_import;

SELECT registry.roll_up_hours() \g /dev/null

-- Stars as far as they are earned, for every third volunteer.
INSERT INTO registry.star_award (volunteer_id, level, standard_id, threshold, basis_hours, as_of, status, awarded_at)
SELECT volunteer_id, level, standard_id, threshold, hours, registry.today(), 'awarded', now()
FROM registry.star_due WHERE volunteer_id % 3 = 0;

-- The events of one week in ten, for the seals; those of volunteers are all there.
INSERT INTO registry.record_event (volunteer_id, record_id, at, actor, from_status, to_status)
SELECT r.volunteer_id, r.record_id, b.reviewed_at, b.reviewed_by, 'submitted', 'in_publicity'
FROM bench.batch
JOIN registry.record_batch b USING (batch_id)
JOIN registry.service_record r USING (batch_id)
WHERE b.batch_id % 10 = 0;
VACUUM ANALYZE;
GRANT INSERT ON bench.bare_record TO bench_recorder;
