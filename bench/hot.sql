-- The table of the registry three times: without totals, with totals that are queued, with totals upserted row by row.

CREATE TABLE bench.hot_none (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.hot_queue (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.hot_upsert (LIKE registry.service_record INCLUDING ALL);

CREATE TABLE bench.hot_queue_hours (
    organization_id bigint PRIMARY KEY,
    hours volunteer.service_hours NOT NULL,
    records bigint NOT NULL
);
CREATE TABLE bench.hot_queue_deltas (LIKE bench.hot_queue_hours);
SELECT volunteer.track_hours('bench.hot_queue', 'bench.hot_queue_hours', keys => '{organization_id}', sums => '{hours}',
    counted => 'effective', records => 'records', queue => 'bench.hot_queue_deltas') \g /dev/null

CREATE TABLE bench.hot_upsert_hours (LIKE bench.hot_queue_hours INCLUDING ALL);
CREATE FUNCTION bench.keep_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.effective THEN
        INSERT INTO bench.hot_upsert_hours AS t VALUES (NEW.organization_id, NEW.hours, 1)
        ON CONFLICT (organization_id) DO UPDATE SET hours = t.hours + EXCLUDED.hours, records = t.records + 1;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER keep AFTER INSERT ON bench.hot_upsert FOR EACH ROW EXECUTE FUNCTION bench.keep_organization();
