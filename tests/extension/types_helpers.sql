-- What the tests of the types share.

SET LOCAL search_path = volunteer, public;

-- Refused with 22P02 and a message that names type, place and reason.
CREATE FUNCTION pg_temp.refused(type text, value text, place integer, reason text) RETURNS text
LANGUAGE sql AS $$
    SELECT throws_ok(format('SELECT %L::volunteer.%I', value, type), '22P02',
        format('invalid %s at character %s: %s', type, place, reason), format('%s: %s at %s', value, reason, place))
$$;

CREATE FUNCTION pg_temp.accepts(type text, value text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT %L::volunteer.%I', value, type);
    RETURN true;
EXCEPTION WHEN invalid_text_representation THEN
    RETURN false;
END
$$;

-- The value with each of its characters replaced by each other one of the alphabet.
CREATE FUNCTION pg_temp.substitutions(value text, alphabet text) RETURNS SETOF text
LANGUAGE sql AS $$
    SELECT overlay(value PLACING letter FROM place FOR 1)
      FROM generate_series(1, length(value)) place, regexp_split_to_table(alphabet, '') letter
     WHERE substr(value, place, 1) <> letter
$$;

-- The value with each two neighbours that differ swapped.
CREATE FUNCTION pg_temp.transpositions(value text) RETURNS SETOF text
LANGUAGE sql AS $$
    SELECT overlay(value PLACING reverse(substr(value, place, 2)) FROM place FOR 2)
      FROM generate_series(1, length(value) - 1) place
     WHERE substr(value, place, 1) <> substr(value, place + 1, 1)
$$;

CREATE FUNCTION pg_temp.plan(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    line text;
    lines text[];
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
        lines := lines || line;
    END LOOP;
    RETURN array_to_string(lines, E'\n');
END
$$;
