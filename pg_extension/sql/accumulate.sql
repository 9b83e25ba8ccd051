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
--   transactions of several statements can deadlock, as with any trigger that locks totals. Under REPEATABLE READ two
--   transactions that add to the same total fail to serialize (40001), as with any UPDATE of one row.
-- * DROP, DETACH and ATTACH of a partition with rows, TRUNCATE of a partition newer than the tracking, and writes with
--   triggers disabled fire nothing: call track_hours() again with the same arguments, which corrects the totals.
-- * Totals are found by name. To rename them: untrack, rename, track.
--
-- Rights: totals are written as the owner of the tracked table, as the actions of a foreign key are. Who writes records
-- needs no rights on totals; whoever tracks a table of his own can change no totals that he could not change anyway.
-- The triggers of the totals run as that owner too, with search_path pg_catalog, pg_temp. TRIGGER on a table is enough
-- to attach a trigger to it, so EXECUTE on accumulate_hours() is not for PUBLIC: the owners of tracked tables need it.

CREATE FUNCTION volunteer.accumulate_hours() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.accumulate_hours() IS
'时长累计触发器: made by track_hours(), arguments totals, keys, sums, counted, records, flush; 39P01 when attached in another way, 42501 inside a security-restricted operation';

REVOKE EXECUTE ON FUNCTION volunteer.accumulate_hours() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION volunteer.accumulate_hours() TO @extowner@ WITH GRANT OPTION;

CREATE FUNCTION volunteer.flush_hours() RETURNS void
    LANGUAGE c VOLATILE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.flush_hours() IS
'立即写入累计: writes the totals of what this transaction has recorded so far';

CREATE FUNCTION volunteer.tracked_columns(source regclass, totals regclass)
    RETURNS TABLE (role text, total_column text, expression text)
    LANGUAGE c STABLE STRICT
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.tracked_columns(regclass, regclass) IS
'累计定义: columns of the totals by role (key, sum) and the condition (counted) as SQL expressions over source AS s; no rows when the table is not tracked into these totals';

CREATE FUNCTION volunteer.check_hours(source regclass, totals regclass)
    RETURNS TABLE (key jsonb, kept jsonb, recomputed jsonb)
    LANGUAGE plpgsql VOLATILE STRICT
    SET search_path = pg_catalog, volunteer, pg_temp
AS $function$
DECLARE
    query text;
BEGIN
    PERFORM volunteer.flush_hours();

    SELECT format(
        $query$
        SELECT key, coalesce(t.kept, z.zeros), coalesce(r.recomputed, z.zeros)
        FROM (SELECT jsonb_build_object(%1$s) AS key, jsonb_build_object(%2$s) AS kept FROM %3$s AS t) AS t
        FULL JOIN (SELECT jsonb_build_object(%4$s) AS key, jsonb_build_object(%5$s) AS recomputed
                   FROM %6$s AS s
                   WHERE %7$s
                   GROUP BY %8$s) AS r USING (key)
        CROSS JOIN (SELECT jsonb_build_object(%9$s) AS zeros) AS z
        WHERE coalesce(t.kept, z.zeros) <> coalesce(r.recomputed, z.zeros)
        $query$,
        string_agg(format('%1$L, t.%1$I', c.total_column), ', ') FILTER (WHERE c.role = 'key'),
        string_agg(format('%1$L, coalesce(t.%1$I, %2$s)', c.total_column, z.zero), ', ') FILTER (WHERE c.role = 'sum'),
        totals,
        string_agg(format('%L, %s', c.total_column, c.expression), ', ') FILTER (WHERE c.role = 'key'),
        string_agg(format('%L, coalesce(%s, %s)', c.total_column, c.expression, z.zero), ', ')
            FILTER (WHERE c.role = 'sum'),
        source,
        string_agg(format('(%s)', CASE c.role WHEN 'key' THEN c.expression || ' IS NOT NULL' ELSE c.expression END), ' AND ')
            FILTER (WHERE c.role <> 'sum'),
        string_agg(format('(%s)', c.expression), ', ') FILTER (WHERE c.role = 'key'),
        string_agg(format('%L, %s', c.total_column, z.zero), ', ') FILTER (WHERE c.role = 'sum'))
    INTO query
    FROM volunteer.tracked_columns(source, totals) AS c
    LEFT JOIN pg_attribute AS a ON a.attrelid = totals AND a.attname = c.total_column
    CROSS JOIN LATERAL (SELECT format('%L::%s', 0, format_type(a.atttypid, NULL))) AS z (zero)
    HAVING count(*) > 0;

    IF query IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'undefined_object',
            MESSAGE = format('table %s is not tracked into totals %s', source, totals);
    END IF;
    RETURN QUERY EXECUTE query;
END
$function$;

COMMENT ON FUNCTION volunteer.check_hours(regclass, regclass) IS
'核对累计: totals that differ from their records, by key as kept and as recomputed; no rows when the totals are exact; 42704 when the table is not tracked into these totals';

CREATE FUNCTION volunteer.triggers_into(totals regclass)
    RETURNS TABLE (source regclass, trigger_name name, for_each_row boolean)
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT t.tgrelid, t.tgname, t.tgtype & 1 = 1
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT convert_to(format('%I.%I', n.nspname, c.relname), getdatabaseencoding()) || '\x00'
    ) AS a (argument)
    JOIN pg_trigger AS t ON substring(t.tgargs FROM 1 FOR length(a.argument)) = a.argument
    WHERE c.oid = totals AND t.tgfoid = 'volunteer.accumulate_hours()'::regprocedure AND t.tgparentid = 0;
END;

COMMENT ON FUNCTION volunteer.triggers_into(regclass) IS
'累计触发器: the triggers that keep these totals (their first argument names them), without the clones on partitions';

CREATE FUNCTION volunteer.untrack_hours(source regclass, totals regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT
    SET search_path = pg_catalog, volunteer, pg_temp
AS $function$
DECLARE
    statement text;
BEGIN
    PERFORM volunteer.flush_hours();
    FOR statement IN
        SELECT format('DROP TRIGGER %I ON %s', t.trigger_name, t.source)
        FROM volunteer.triggers_into(untrack_hours.totals) AS t
        WHERE t.source = untrack_hours.source
            OR t.source IN (SELECT p.relid FROM pg_partition_tree(untrack_hours.source) AS p)
    LOOP
        EXECUTE statement;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION volunteer.untrack_hours(regclass, regclass) IS
'停止累计: writes what is pending and drops the triggers that track_hours() made; the totals stay as they are';

CREATE FUNCTION volunteer.track_hours(
    source regclass, totals regclass, keys text[], sums text[],
    counted text DEFAULT NULL, records text DEFAULT NULL, flush text DEFAULT 'commit') RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, volunteer, pg_temp
AS $function$
DECLARE
    owner oid := (SELECT relowner FROM pg_class WHERE oid = source);
    name text;
    action text;
    member regclass;
    statement text;
BEGIN
    IF NOT pg_has_role(owner, 'USAGE') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('must be owner of table %s', source);
    END IF;
    IF NOT (has_table_privilege(owner, totals, 'SELECT') AND has_table_privilege(owner, totals, 'INSERT')
            AND has_table_privilege(owner, totals, 'UPDATE')) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('owner of table %s must have SELECT, INSERT and UPDATE on totals %s', source, totals);
    END IF;

    -- A snapshot older than the lock would miss rows that others have committed since.
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_transaction_state',
            MESSAGE = 'hours can only be tracked in a transaction that is READ COMMITTED';
    END IF;

    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', source);
    PERFORM volunteer.untrack_hours(source, totals);
    IF EXISTS (SELECT FROM volunteer.triggers_into(totals) AS t WHERE t.for_each_row) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = format('totals %s are kept from another table', totals);
    END IF;

    SELECT format('EXECUTE FUNCTION volunteer.accumulate_hours(%L, %L, %L, %L, %L, %L)',
                  format('%I.%I', n.nspname, c.relname),
                  keys, sums, coalesce(counted, ''), coalesce(records, ''), flush),
           format('%s_%s', n.nspname, c.relname)
    INTO action, name
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = totals;

    EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW %s',
                   'accumulate_' || name, source, action);
    FOR member IN
        SELECT source
        UNION
        SELECT p.relid FROM pg_partition_tree(source) AS p
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %s %s', 'truncate_' || name, member, action);
        IF flush = 'statement' THEN
            EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s %s', 'flush_' || name, member, action);
        END IF;
    END LOOP;

    SELECT format(
        $statement$
        INSERT INTO %1$s AS t (%2$s)
        SELECT %3$s
        FROM volunteer.check_hours(%4$L, %5$L) AS c, jsonb_populate_record(NULL::%1$s, c.key || c.recomputed) AS p
        ORDER BY %6$s
        ON CONFLICT (%7$s) DO UPDATE SET %8$s
        $statement$,
        totals,
        string_agg(format('%I', c.total_column), ', '),
        string_agg(format('p.%I', c.total_column), ', '),
        source::oid,
        totals::oid,
        string_agg(format('p.%I', c.total_column), ', ') FILTER (WHERE c.role = 'key'),
        string_agg(format('%I', c.total_column), ', ') FILTER (WHERE c.role = 'key'),
        string_agg(format('%1$I = EXCLUDED.%1$I', c.total_column), ', ') FILTER (WHERE c.role = 'sum'))
    INTO statement
    FROM volunteer.tracked_columns(source, totals) AS c
    WHERE c.role <> 'counted';
    EXECUTE statement;
END
$function$;

COMMENT ON FUNCTION volunteer.track_hours(regclass, regclass, text[], text[], text, text, text) IS
'建立累计: makes totals follow source and corrects them. keys: "column", "total = source", "total = year(source)" or "total = month(source)" (its first day) of a date; sums: "column" or "total = source", smallint, integer or bigint into any of these, service_hours into service_hours; counted: boolean column, only true rows count; records: total that counts rows; flush: "commit" or "statement". Blocks writers of source meanwhile. 25000 unless the transaction is READ COMMITTED, 42501 unless the caller owns source and its owner may write totals, 42601, 42703, 42804 for a mapping that is wrong, 42710 if totals have another source, 42P10 without the unique index';
