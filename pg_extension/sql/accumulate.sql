-- Totals kept by trigger.
--
-- track_hours() makes a table of totals follow a table of records:
--
--     SELECT volunteer.track_hours('club.visit', 'club.member_year',
--         keys => ARRAY['member_id', 'year = year(visited_on)'], sums => ARRAY['hours'],
--         counted => 'confirmed', records => 'visits');
--
-- Each row that is written adds to deltas in the memory of the session. They are written to the totals before commit (or
-- at the end of the statement), table by table in a fixed order and row by row in the order of the keys, so that
-- transactions that write totals do not wait for each other in a circle. A rollback, also to a savepoint, forgets what
-- it undoes. Exact under INSERT, UPDATE, DELETE, TRUNCATE, COPY, MERGE, ON CONFLICT, moves between partitions and
-- PREPARE TRANSACTION, also of several sessions at once.
--
-- The rules:
-- * One totals table has one source. It needs a unique index on exactly the key columns, and defaults for columns that
--   are neither keys nor sums.
-- * A row with a null key counts nowhere; a null sum is zero; a null condition is false.
-- * A totals row whose records are gone stays, with zeros. A missing row stands for zeros.
-- * CHECK (hours >= 0) on totals is tested on totals, never on a delta, but a row of zeros must satisfy the constraints.
-- * In one transaction totals lag behind until the flush; flush_hours() makes it happen at once. With flush 'statement'
--   transactions of several statements can deadlock, as with any trigger that locks totals, and under REPEATABLE READ
--   fail to serialize (40001); flush 'commit' adds to whatever is the current total.
-- * DROP, DETACH and ATTACH of a partition with rows, TRUNCATE of a partition newer than the tracking, and writes with
--   triggers disabled fire nothing: repair_hours() corrects the totals.
-- * Tables are found by name. To rename one, or its schema: untrack, rename, track.
--
-- Rights: totals are written as their owner, who agrees to it by the trigger protect_totals, which also has the
-- definition and refuses every other write of what is kept. Who writes records needs no rights on totals; who tracks owns
-- the totals and needs SELECT and TRIGGER on the source. TRIGGER on a source alone is no way into anybody's totals. The
-- triggers of the totals run as their owner too, with search_path pg_catalog, pg_temp.

CREATE TYPE volunteer.refused_record AS (
    source text,
    totals text,
    record jsonb,
    sqlstate text,
    constraint_name text,
    message text,
    refused_at timestamptz
);

COMMENT ON TYPE volunteer.refused_record IS
'被拒记录: row of a quarantine, a table made by CREATE TABLE … OF this type: the record that could not be counted, or of a repair the difference, and why';

CREATE FUNCTION volunteer.accumulate_hours() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.accumulate_hours() IS
'时长累计触发器: made by track_hours() on the source, argument totals; 39P01 when attached in another way, 42501 unless the owner of the totals has agreed to be kept from this table';

CREATE FUNCTION volunteer.protect_totals() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.protect_totals() IS
'合计保护触发器: made by track_hours() on totals and queue, arguments source, keys, sums, counted, records, flush, queue, quarantine; 55000 for every statement that would write what is kept';

CREATE FUNCTION volunteer.flush_hours() RETURNS void
    LANGUAGE c VOLATILE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.flush_hours() IS
'立即写入累计: writes the totals of what this transaction has recorded so far';

CREATE FUNCTION volunteer.tracking(totals regclass)
    RETURNS TABLE (source text, keys text, sums text, counted text, records text, flush text, queue text, quarantine text)
    LANGUAGE c STABLE STRICT
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.tracking(regclass) IS
'累计来源: what track_hours() was told about these totals; no row when they are kept from no table';

CREATE FUNCTION volunteer.check_query(source regclass, totals regclass) RETURNS text
    LANGUAGE c STABLE STRICT
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.check_query(regclass, regclass) IS
'核对查询: what check_hours() executes';

CREATE FUNCTION volunteer.check_hours(source regclass, totals regclass)
    RETURNS TABLE (key jsonb, kept jsonb, recomputed jsonb)
    LANGUAGE plpgsql VOLATILE STRICT
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
AS $function$
BEGIN
    PERFORM volunteer.flush_hours();
    RETURN QUERY EXECUTE volunteer.check_query(source, totals);
END
$function$;

COMMENT ON FUNCTION volunteer.check_hours(regclass, regclass) IS
'核对累计: totals, with what is queued for them, that differ from their records, by key as kept and as recomputed; no rows when the totals are exact; 42704 when the table is not tracked into these totals, 42501 when row security would hide some of it';

CREATE FUNCTION volunteer.repair_hours(source regclass, totals regclass) RETURNS bigint
    LANGUAGE c VOLATILE STRICT
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.repair_hours(regclass, regclass) IS
'修复累计: adds to the totals what check_hours() finds, while others go on writing, and returns how many keys that were; 25000 unless the transaction is READ COMMITTED, 42501 unless the caller owns the totals, 42704 when the table is not tracked into them';

CREATE FUNCTION volunteer.roll_up_hours(totals regclass) RETURNS bigint
    LANGUAGE c VOLATILE STRICT
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.roll_up_hours(regclass) IS
'归集累计: moves what is queued into the totals and returns how many queued rows that were, 0 while another call is at it; 42501 unless the caller owns the totals, 42704 when they have no queue';

-- Arguments of triggers are compared as text, so that names are quoted there by need alone.

CREATE FUNCTION volunteer.triggers_into(totals regclass)
    RETURNS TABLE (source regclass, trigger_name name, for_each_row boolean)
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
BEGIN ATOMIC
    SELECT t.tgrelid, t.tgname, t.tgtype & 1 = 1
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT convert_to(format('%I.%I', n.nspname, c.relname), getdatabaseencoding()) || E'\\x00'
    ) AS a (argument)
    JOIN pg_trigger AS t ON substring(t.tgargs FROM 1 FOR length(a.argument)) = a.argument
    WHERE c.oid = totals AND t.tgfoid = 'volunteer.accumulate_hours()'::regprocedure AND t.tgparentid = 0;
END;

COMMENT ON FUNCTION volunteer.triggers_into(regclass) IS
'累计触发器: the triggers that keep these totals (their first argument names them), without the clones on partitions';

CREATE FUNCTION volunteer.source_tables(source regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH RECURSIVE member (relid) AS (
        SELECT source::oid
        UNION
        SELECT i.inhrelid FROM member AS m JOIN pg_inherits AS i ON i.inhparent = m.relid
    )
    SELECT m.relid::regclass FROM member AS m ORDER BY m.relid <> source, m.relid;
END;

COMMENT ON FUNCTION volunteer.source_tables(regclass) IS
'来源表: the table, its partitions and the tables that inherit from it';

CREATE FUNCTION volunteer.qualified_name(relation regclass) RETURNS text
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
BEGIN ATOMIC
    SELECT format('%I.%I', n.nspname, c.relname)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = relation;
END;

COMMENT ON FUNCTION volunteer.qualified_name(regclass) IS
'限定名: name of a relation with its schema, whatever the search path';

CREATE FUNCTION volunteer.attach_hours(
    source regclass, totals regclass, keys text[], sums text[], counted text, records text, flush text,
    queue regclass, quarantine regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    name text;
    former_queue regclass;
    wanted record;
    statement text;
BEGIN
    -- An identifier has 63 bytes, of which the longest prefix takes eleven.
    SELECT CASE WHEN octet_length(n.nspname || c.relname) <= 51 THEN n.nspname || '_' || c.relname
        ELSE md5(volunteer.qualified_name(totals)) END
    INTO name
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = totals;

    IF EXISTS (
        SELECT FROM pg_trigger AS t
        WHERE t.tgrelid = source AND t.tgname IN ('accumulate_' || name, 'truncate_' || name, 'flush_' || name)
            AND t.tgname NOT IN (SELECT i.trigger_name FROM volunteer.triggers_into(totals) AS i WHERE i.source = t.tgrelid)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = format('table %s has another trigger with a name that is needed for totals %s', source, totals);
    END IF;

    -- The triggers of the source come first: their lock keeps writers away until all is in place.
    FOR wanted IN
        SELECT m.relation, t.prefix || name AS trigger_name, t.event, t.level,
            -- Replacing a trigger would enable it as usual.
            CASE (SELECT f.tgenabled FROM pg_trigger AS f WHERE f.tgrelid = m.relation AND f.tgname = t.prefix || name)
                WHEN 'A' THEN 'ENABLE ALWAYS'
                WHEN 'R' THEN 'ENABLE REPLICA'
                WHEN 'D' THEN 'DISABLE'
            END AS enabling
        FROM volunteer.source_tables(source) WITH ORDINALITY AS m (relation, position)
        JOIN pg_class AS c ON c.oid = m.relation
        CROSS JOIN (VALUES
            ('accumulate_', 'AFTER INSERT OR UPDATE OR DELETE', 'ROW'),
            ('truncate_', 'BEFORE TRUNCATE', 'STATEMENT'),
            ('flush_', 'AFTER INSERT OR UPDATE OR DELETE', 'STATEMENT')
        ) AS t (prefix, event, level)
        WHERE CASE t.prefix
            WHEN 'accumulate_' THEN m.relation = source OR NOT c.relispartition -- partitions have a clone
            WHEN 'flush_' THEN attach_hours.flush = 'statement'
            ELSE true
        END
        ORDER BY m.position
    LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER %I %s ON %s FOR EACH %s EXECUTE FUNCTION volunteer.accumulate_hours(%L)',
            wanted.trigger_name, wanted.event, wanted.relation, wanted.level, volunteer.qualified_name(totals));
        IF wanted.enabling IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %s %s TRIGGER %I', wanted.relation, wanted.enabling, wanted.trigger_name);
        END IF;
    END LOOP;

    FOR statement IN
        SELECT format('DROP TRIGGER %I ON %s', i.trigger_name, i.source)
        FROM volunteer.triggers_into(totals) AS i
        WHERE i.trigger_name = 'flush_' || name AND attach_hours.flush <> 'statement'
            AND i.source IN (SELECT volunteer.source_tables(attach_hours.source))
    LOOP
        EXECUTE statement;
    END LOOP;

    SELECT to_regclass(t.queue) INTO former_queue FROM volunteer.tracking(totals) AS t;
    IF former_queue <> queue OR queue IS NULL AND former_queue IS NOT NULL THEN
        -- A roll-up that is under way leaves behind what was queued after it began.
        EXECUTE format('LOCK TABLE %s', former_queue);
        PERFORM volunteer.roll_up_hours(totals);
        EXECUTE format('DROP TRIGGER protect_totals ON %s', former_queue);
    END IF;

    FOR statement IN
        SELECT format('CREATE OR REPLACE TRIGGER protect_totals BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s '
            'FOR EACH STATEMENT EXECUTE FUNCTION volunteer.protect_totals(%s)', g.relation, g.arguments)
        FROM (VALUES
            (totals, format('%L, %L, %L, %L, %L, %L, %L, %L', volunteer.qualified_name(source), keys, sums, coalesce(counted, ''),
                coalesce(records, ''), flush, coalesce(volunteer.qualified_name(queue), ''), coalesce(volunteer.qualified_name(quarantine), ''))),
            (queue, format('%L', volunteer.qualified_name(source)))
        ) AS g (relation, arguments)
        WHERE g.relation IS NOT NULL
    LOOP
        EXECUTE statement;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION volunteer.attach_hours(regclass, regclass, text[], text[], text, text, text, regclass, regclass) IS
'建立累计触发器: what track_hours() does to the triggers of both sides; 42710 when a name is taken';

CREATE FUNCTION volunteer.track_hours(
    source regclass, totals regclass, keys text[], sums text[],
    counted text DEFAULT NULL, records text DEFAULT NULL, flush text DEFAULT 'commit',
    queue regclass DEFAULT NULL, quarantine regclass DEFAULT NULL,
    fill boolean DEFAULT true, lock_timeout interval DEFAULT '3 s') RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    owner oid := (SELECT relowner FROM pg_class WHERE oid = totals);
    former_timeout text := current_setting('lock_timeout');
BEGIN
    IF NOT pg_has_role(owner, 'USAGE') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('must be owner of totals %s', totals);
    END IF;
    IF NOT has_table_privilege(owner, source, 'SELECT') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('owner of totals %s must have SELECT on table %s', totals, source);
    END IF;
    IF EXISTS (
        SELECT FROM volunteer.tracking(totals) AS t
        JOIN volunteer.triggers_into(totals) AS i ON i.source = to_regclass(t.source) AND i.for_each_row
        WHERE i.source <> track_hours.source) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = format('totals %s are kept from another table', totals);
    END IF;

    PERFORM volunteer.flush_hours();
    PERFORM set_config('lock_timeout', (extract(epoch FROM lock_timeout) * 1000)::integer::text, true);
    PERFORM volunteer.attach_hours(source, totals, keys, sums, counted, records, flush, queue, quarantine);
    PERFORM set_config('lock_timeout', former_timeout, true);

    IF fill THEN
        PERFORM volunteer.repair_hours(source, totals);
    ELSE
        PERFORM volunteer.check_query(source, totals);
    END IF;
END
$function$;

COMMENT ON FUNCTION volunteer.track_hours(regclass, regclass, text[], text[], text, text, text, regclass, regclass, boolean, interval) IS
'建立累计: makes totals follow source. keys: "column", "total = source", "total = year(source)" or "total = month(source)" (its first day) of a date; sums: "column" or "total = source", smallint, integer or bigint into any of these, service_hours into service_hours, tstzrange or tsrange into occupancy, each with " FILTER (WHERE condition)" if only some rows add to it; counted: boolean column, only true rows count; records: total that counts rows, also with FILTER; flush: "commit" or "statement"; queue: table to which deltas are appended until roll_up_hours(); quarantine: table of refused_record that takes what cannot be counted; fill: also correct the totals, which blocks writers of source until commit, else call repair_hours() afterwards; lock_timeout: for each lock on source and totals. 25000 when filling unless the transaction is READ COMMITTED, 42501 unless the caller owns the totals, and has TRIGGER and their owner SELECT on source, 42601, 42701, 42703, 42804, 428C9 for a mapping that is wrong, 42710 if totals have another source, 42P10 without the unique index of the same equality, 42P16 for temporary totals of a table that is not, 55P03 when a lock is not to be had';

CREATE FUNCTION volunteer.untrack_hours(source regclass, totals regclass, lock_timeout interval DEFAULT '3 s') RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    former_timeout text := current_setting('lock_timeout');
    kept_from regclass;
    queue regclass;
    statement text;
BEGIN
    PERFORM volunteer.flush_hours();
    PERFORM set_config('lock_timeout', (extract(epoch FROM lock_timeout) * 1000)::integer::text, true);

    FOR statement IN
        SELECT format('DROP TRIGGER %I ON %s', i.trigger_name, i.source)
        FROM volunteer.triggers_into(totals) AS i
        JOIN pg_class AS c ON c.oid = i.source
        WHERE i.source IN (SELECT volunteer.source_tables(untrack_hours.source))
            OR NOT i.for_each_row AND pg_has_role(c.relowner, 'USAGE') -- of partitions that were detached
        ORDER BY i.source <> untrack_hours.source, i.source
    LOOP
        EXECUTE statement;
    END LOOP;

    SELECT to_regclass(t.source), to_regclass(t.queue) INTO kept_from, queue FROM volunteer.tracking(totals) AS t;
    IF kept_from = source THEN
        IF queue IS NOT NULL THEN
            EXECUTE format('LOCK TABLE %s', queue); -- see attach_hours()
            PERFORM volunteer.roll_up_hours(totals);
            EXECUTE format('DROP TRIGGER protect_totals ON %s', queue);
        END IF;
        EXECUTE format('DROP TRIGGER protect_totals ON %s', totals);
    END IF;

    PERFORM set_config('lock_timeout', former_timeout, true);
END
$function$;

COMMENT ON FUNCTION volunteer.untrack_hours(regclass, regclass, interval) IS
'停止累计: writes what is pending or queued and drops the triggers that track_hours() made on both sides; the totals stay as they are; 42501 unless the caller owns both, 55P03 when a lock is not to be had';
