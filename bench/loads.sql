-- The table of the registry seven times, without its foreign keys, and its plain form twice: the load is the same, what is
-- kept of it differs.

CREATE TABLE bench.load_bare (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.load_lifetime (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.load_year (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.load_view (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.load_day (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.load_plpgsql (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.load_exclusion (LIKE registry.service_record INCLUDING ALL);
CREATE TABLE bench.load_plain_bare (LIKE bench.plain INCLUDING ALL);
CREATE TABLE bench.load_plain_day (LIKE bench.plain INCLUDING ALL);

-- Ours: the lifetime alone; lifetime and year in two tables, and in one, of which the lifetime is a view; the latter with
-- no overlap and the daily cap as well.

CREATE TABLE bench.load_lifetime_hours (volunteer_id bigint PRIMARY KEY, hours volunteer.service_hours NOT NULL);
SELECT volunteer.track_hours('bench.load_lifetime', 'bench.load_lifetime_hours',
    keys => '{volunteer_id}', sums => '{hours}', counted => 'effective') \g /dev/null

CREATE TABLE bench.load_year_hours (LIKE bench.load_lifetime_hours INCLUDING ALL);
CREATE TABLE bench.load_year_years (
    volunteer_id bigint,
    year integer,
    hours volunteer.service_hours NOT NULL,
    PRIMARY KEY (volunteer_id, year)
);
SELECT volunteer.track_hours('bench.load_year', 'bench.load_year_hours',
    keys => '{volunteer_id}', sums => '{hours}', counted => 'effective') \g /dev/null
SELECT volunteer.track_hours('bench.load_year', 'bench.load_year_years',
    keys => '{volunteer_id, year = year(service_date)}', sums => '{hours}', counted => 'effective') \g /dev/null

CREATE TABLE bench.load_view_years (LIKE bench.load_year_years INCLUDING ALL);
CREATE VIEW bench.load_view_hours AS
SELECT volunteer_id, volunteer.sum(hours) AS hours FROM bench.load_view_years GROUP BY volunteer_id;
SELECT volunteer.track_hours('bench.load_view', 'bench.load_view_years',
    keys => '{volunteer_id, year = year(service_date)}', sums => '{hours}', counted => 'effective') \g /dev/null

SELECT bench.keep_years('bench.load_day') \g /dev/null
SELECT bench.keep_years('bench.load_plain_day') \g /dev/null

-- By hand: what one would write without the extension.

CREATE TABLE bench.load_plpgsql_hours (LIKE bench.load_lifetime_hours INCLUDING ALL);
CREATE FUNCTION bench.keep_lifetime() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.effective THEN
        INSERT INTO bench.load_plpgsql_hours AS t VALUES (NEW.volunteer_id, NEW.hours)
        ON CONFLICT (volunteer_id) DO UPDATE SET hours = t.hours + EXCLUDED.hours;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER keep AFTER INSERT ON bench.load_plpgsql FOR EACH ROW EXECUTE FUNCTION bench.keep_lifetime();

ALTER TABLE bench.load_exclusion ADD CONSTRAINT no_overlap
    EXCLUDE USING gist (volunteer_id WITH =, period WITH &&) WHERE (live);
CREATE TABLE bench.load_exclusion_hours (LIKE bench.load_lifetime_hours INCLUDING ALL);
CREATE TABLE bench.load_exclusion_years (LIKE bench.load_year_years INCLUDING ALL);
CREATE TABLE bench.load_exclusion_days (
    volunteer_id bigint,
    service_date date,
    minutes integer NOT NULL CONSTRAINT day_has_24_hours CHECK (minutes <= 1440),
    PRIMARY KEY (volunteer_id, service_date)
);
CREATE FUNCTION bench.keep_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.effective THEN
        INSERT INTO bench.load_exclusion_hours AS t VALUES (NEW.volunteer_id, NEW.hours)
        ON CONFLICT (volunteer_id) DO UPDATE SET hours = t.hours + EXCLUDED.hours;
        INSERT INTO bench.load_exclusion_years AS t VALUES (NEW.volunteer_id, extract(year FROM NEW.service_date), NEW.hours)
        ON CONFLICT (volunteer_id, year) DO UPDATE SET hours = t.hours + EXCLUDED.hours;
    END IF;
    IF NEW.live THEN
        INSERT INTO bench.load_exclusion_days AS t VALUES (NEW.volunteer_id, NEW.service_date, NEW.minutes)
        ON CONFLICT (volunteer_id, service_date) DO UPDATE SET minutes = t.minutes + EXCLUDED.minutes;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER keep AFTER INSERT ON bench.load_exclusion FOR EACH ROW EXECUTE FUNCTION bench.keep_all();
