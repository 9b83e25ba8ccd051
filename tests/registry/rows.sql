-- Included after acting.sql by the pgTAP scripts of constraints: what a table itself says of a row. No trigger refuses it
-- first and no foreign key is looked up.

SET LOCAL session_replication_role = replica;

-- How it ends when these rows are inserted, one after the other: the SQLSTATE and the rule that refuses one, or 'accepted'.
CREATE FUNCTION pg_temp.outcome(subject regclass, VARIADIC new_rows jsonb[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    new_row jsonb;
    columns text;
    raised_state text;
    raised_rule text;
BEGIN
    FOREACH new_row IN ARRAY new_rows LOOP
        columns := (SELECT string_agg(quote_ident(c), ', ') FROM jsonb_object_keys(new_row) AS c);
        EXECUTE format('INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1)',
            subject, columns) USING new_row;
    END LOOP;
    RAISE EXCEPTION USING CONSTRAINT = 'accepted'; -- and taken back
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS raised_state = RETURNED_SQLSTATE, raised_rule = CONSTRAINT_NAME;
    RETURN CASE raised_rule
        WHEN 'accepted' THEN 'accepted'
        WHEN '' THEN raised_state || ' ' || SQLERRM
        ELSE raised_state || ' ' || raised_rule
    END;
END
$$;

-- A good row is refused under this rule once it is changed like this, and accepted when it is changed like that.
CREATE FUNCTION pg_temp.row_keeps(subject regclass, good jsonb, rule text, refused text, accepted text, state text DEFAULT '23514')
RETURNS text LANGUAGE sql AS $$
    SELECT public.is(
        pg_temp.outcome(subject, good || refused::jsonb) || ', ' || pg_temp.outcome(subject, good || accepted::jsonb),
        state || ' ' || rule || ', accepted', subject || ': ' || rule)
$$;

-- The same of a second row beside the good one.
CREATE FUNCTION pg_temp.rows_keep(subject regclass, good jsonb, rule text, refused text, accepted text, state text DEFAULT '23505')
RETURNS text LANGUAGE sql AS $$
    SELECT public.is(
        pg_temp.outcome(subject, good, good || refused::jsonb) || ', ' || pg_temp.outcome(subject, good, good || accepted::jsonb),
        state || ' ' || rule || ', accepted', subject || ': ' || rule)
$$;
