-- After a load: what registry_open.sql took away.

ALTER TABLE ONLY registry.service_record ENABLE TRIGGER check_new_records;
VACUUM ANALYZE;
