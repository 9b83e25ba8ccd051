-- Before a load: not the rules that old records of other staff cannot meet.

ALTER TABLE ONLY registry.service_record DISABLE TRIGGER check_new_records;
