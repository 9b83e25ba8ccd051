-- Indexes and partitions that every type serves: whatever finds the rows, they are those that the operators find.

BEGIN;
\ir ../types_helpers.sql
SELECT plan(20);

CREATE TEMP TABLE value (type text, expression text);
INSERT INTO value VALUES
    ('region_code', $$(11 + n % 5)::text || lpad((n * 37 % 100000000)::text, 10, '0')$$),
    ('citizen_id', $$citizen_id_from_15('1101' || lpad((n % 90)::text, 2, '0') || '8003' || lpad((n / 90 % 30 + 1)::text, 2, '0') || lpad((n % 996)::text, 3, '0'))$$),
    ('volunteer_no', $$volunteer_no('441402', date '2020-01-01' + n % 2000, n)$$),
    ('service_hours', $$service_hours_of_minutes(n * 13 % 6007 - 900)$$),
    ('certificate_code', $$gen_certificate_code()$$),
    ('star_rating', $$(n % 6)::text$$);

CREATE FUNCTION pg_temp.fill(type text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE stored (value %I)', type);
    EXECUTE format('INSERT INTO stored SELECT (%s)::%I FROM generate_series(1, 6000) n',
        (SELECT expression FROM value WHERE value.type = fill.type), type);
END
$$;

-- Every operator of the class, with some of the values and with the index or without.
CREATE FUNCTION pg_temp.brin_agrees(type text, class text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    operator text;
    probe text;
    alone text[];
    indexed text[];
    plans text[];
    differing text[] := '{}';
BEGIN
    PERFORM pg_temp.fill(type);
    EXECUTE format('CREATE INDEX ON stored USING brin (value %I) WITH (pages_per_range = 1)', class);
    FOR operator, probe IN
        SELECT oprname, stored.probe FROM pg_opclass c JOIN pg_amop o ON o.amopfamily = c.opcfamily JOIN pg_operator r ON r.oid = o.amopopr,
               (SELECT value::text FROM stored ORDER BY hashtext(value::text) LIMIT 3) AS stored (probe)
         WHERE opcname = class
    LOOP
        SET LOCAL enable_bitmapscan = off;
        SET LOCAL enable_seqscan = on;
        EXECUTE format('SELECT array_agg(value::text ORDER BY value) FROM stored WHERE value %s %L', operator, probe) INTO alone;
        SET LOCAL enable_bitmapscan = on;
        SET LOCAL enable_seqscan = off;
        EXECUTE format('SELECT array_agg(value::text ORDER BY value) FROM stored WHERE value %s %L', operator, probe) INTO indexed;
        plans := plans || pg_temp.plan(format('SELECT FROM stored WHERE value %s %L', operator, probe));
        IF alone IS DISTINCT FROM indexed THEN
            differing := differing || format('%s %s', operator, probe);
        END IF;
    END LOOP;
    DROP TABLE stored;
    RETURN NEXT is(differing, '{}', class || ' finds the rows');
    RETURN NEXT ok('Bitmap Index Scan' = ALL (SELECT substring(plan FROM 'Bitmap Index Scan') FROM unnest(plans) plan), 'that it is asked for');
END
$$;

CREATE FUNCTION pg_temp.partitions_agree(type text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    rows bigint;
    used integer;
BEGIN
    PERFORM pg_temp.fill(type);
    EXECUTE format('CREATE TABLE parted (value %I) PARTITION BY HASH (value)', type);
    CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    INSERT INTO parted TABLE stored;
    SELECT count(*), count(DISTINCT tableoid) INTO rows, used FROM parted;
    DROP TABLE stored, parted;
    RETURN is((rows, used), (6000::bigint, 2), type || ' spreads over partitions by hash');
END
$$;

SELECT pg_temp.brin_agrees(typname, opcname)
  FROM (SELECT typname::text, opcname::text FROM pg_opclass c JOIN pg_type t ON t.oid = opcintype JOIN pg_am a ON a.oid = opcmethod
         WHERE opcnamespace = 'volunteer'::regnamespace AND amname = 'brin' ORDER BY 1, 2) AS class;
SELECT pg_temp.partitions_agree(type) FROM value;

SELECT * FROM finish();
ROLLBACK;
