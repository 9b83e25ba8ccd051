-- After a load: what registry_open.sql took away.

SELECT format('ALTER TABLE registry.service_record ADD CONSTRAINT %I %s', conname, definition) FROM bench.foreign_key \gexec
DROP TABLE bench.foreign_key;
ALTER TABLE ONLY registry.service_record ENABLE TRIGGER check_new_records;
VACUUM ANALYZE;
