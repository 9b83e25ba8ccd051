-- Citizen identity numbers as our type, as text in the database's collation and bytewise, and as a domain.

CREATE FUNCTION bench.is_citizen_id(id text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    weights CONSTANT integer[] := '{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}';
    total integer := 0;
BEGIN
    IF id !~ '^[1-9][0-9]{16}[0-9X]$' THEN
        RETURN false;
    END IF;
    FOR i IN 1 .. 17 LOOP
        total := total + weights[i] * substr(id, i, 1)::integer;
    END LOOP;
    RETURN substr(id, 18, 1) = substr('10X98765432', total % 11 + 1, 1);
END
$$;
CREATE DOMAIN bench.citizen_id AS text CHECK (bench.is_citizen_id(VALUE));

CREATE TABLE bench.load_citizen_id (id volunteer.citizen_id);
CREATE TABLE bench.load_text (id text);
CREATE TABLE bench.load_domain (id bench.citizen_id);

CREATE TABLE bench.ids_citizen_id (id volunteer.citizen_id);
CREATE TABLE bench.ids_text (id text);
CREATE TABLE bench.ids_text_c (id text COLLATE "C");
COPY bench.ids_citizen_id FROM :'file';
COPY bench.ids_text FROM :'file';
COPY bench.ids_text_c FROM :'file';

-- Hours as our type and as the minutes that are in it.

CREATE TABLE bench.hours_service_hours AS
SELECT volunteer.service_hours_of_minutes(floor(random() * 120000)::bigint) AS hours FROM generate_series(1, 10 * :rows);
CREATE TABLE bench.hours_bigint AS
SELECT volunteer.minutes(hours) AS hours FROM bench.hours_service_hours;

-- The stars of the national standard; simple enough that the planner inlines it.
CREATE FUNCTION bench.star_rating(minutes bigint) RETURNS integer
    LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN minutes >= 90000 THEN 5
    WHEN minutes >= 60000 THEN 4
    WHEN minutes >= 36000 THEN 3
    WHEN minutes >= 18000 THEN 2
    WHEN minutes >= 6000 THEN 1
    ELSE 0
END;

-- Where volunteers live, as our type and as text with the operator class for LIKE.

CREATE TABLE bench.regions_contained AS
SELECT (left(code::text, 6) || lpad(floor(random() * 1000000)::text, 6, '0'))::volunteer.region_code AS region
FROM registry.region CROSS JOIN generate_series(1, :rows / 2850)
WHERE level = 3;
CREATE TABLE bench.regions_like AS SELECT region::text FROM bench.regions_contained;
CREATE INDEX ON bench.regions_contained (region);
CREATE INDEX ON bench.regions_like (region text_pattern_ops);

-- How many of them live in each province and city, one query each.
CREATE FUNCTION bench.count_regions(contender text) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    query text := CASE contender
        WHEN 'contained' THEN 'SELECT count(*) FROM bench.regions_contained WHERE region <@ %1$L'
        WHEN 'like' THEN 'SELECT count(*) FROM bench.regions_like WHERE region LIKE %2$L'
    END;
    region record;
    volunteers bigint;
    total bigint := 0;
BEGIN
    FOR region IN SELECT code, left(code::text, 2 * level) || '%' AS pattern FROM registry.region WHERE level <= 2 LOOP
        EXECUTE format(query, region.code, region.pattern) INTO volunteers;
        total := total + volunteers;
    END LOOP;
    RETURN total;
END
$$;

VACUUM ANALYZE;
CHECKPOINT;
