-- Included by the pgTAP scripts: act as another role, expect a refusal, make identity numbers.

-- The operators of the extension's types are found here, as in a DBA's session; functions under test pin their own path.
SET LOCAL search_path = public, volunteer;

-- Runs a statement as a role and returns the first column of its first row.
CREATE FUNCTION pg_temp.act(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM set_config('session_authorization', role, true);
    EXECUTE statement INTO result;
    PERFORM set_config('session_authorization', 'postgres', true);
    RETURN result;
END
$$;

-- The statement must fail with this SQLSTATE under this rule name.
CREATE FUNCTION pg_temp.refused(role text, statement text, state text, rule text, description text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    raised_state text := 'none';
    raised_rule text := '';
    raised_message text := '';
BEGIN
    BEGIN
        PERFORM pg_temp.act(role, statement);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS
            raised_state = RETURNED_SQLSTATE, raised_rule = CONSTRAINT_NAME, raised_message = MESSAGE_TEXT;
    END;
    RETURN public.is(raised_state || ' ' || raised_rule, state || ' ' || rule, description)
        || CASE WHEN raised_state = state THEN '' ELSE E'\n' || public.diag(raised_message) END;
END
$$;

-- An access to personal data that was announced and committed before.
CREATE FUNCTION pg_temp.announced(role text, volunteer_no text, data text) RETURNS void LANGUAGE sql AS $$
    SELECT pg_temp.act(role, format('SELECT registry.announce_access(%L, %L, ''holder_request'')', volunteer_no, data));
    INSERT INTO registry.audit_log (actor, person_id, data, purpose, xid)
    SELECT actor, person_id, data, purpose, '3' FROM registry.audit_log ORDER BY log_id DESC LIMIT 1
$$;

-- The package or receipt of a transfer, which the role is handed when the statement is called again after its commit.
CREATE FUNCTION pg_temp.handed_out(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.act(role, statement);
    SET LOCAL session_replication_role = replica;
    UPDATE registry.transfer_event SET xid = '3';
    SET LOCAL session_replication_role = origin;
    RETURN pg_temp.act(role, statement);
END
$$;

-- As if all that is insured had been entered so many days before.
CREATE FUNCTION pg_temp.entered_earlier(days integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE registry.insurance_coverage SET recorded_at = recorded_at - make_interval(days => days);
    SET LOCAL session_replication_role = origin;
END
$$;

-- By when the role has to commit the statement: of what it does and calls, all deadlines.
CREATE FUNCTION pg_temp.deadlines(role text, statement text) RETURNS timestamptz[] LANGUAGE plpgsql AS $$
BEGIN
    CREATE OR REPLACE FUNCTION volunteer.commit_by(deadline timestamptz) RETURNS void LANGUAGE sql AS
        'SELECT set_config(''test.deadlines'', concat_ws('','', nullif(current_setting(''test.deadlines'', true), ''''), deadline), true)';
    PERFORM set_config('test.deadlines', '', true);
    PERFORM pg_temp.act(role, statement);
    RETURN string_to_array(current_setting('test.deadlines'), ',')::timestamptz[];
END
$$;

-- The code of a certificate by number and name, asked by the role and committed before.
CREATE FUNCTION pg_temp.by_number(role text, number text, name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    ticket CONSTANT text := pg_temp.act(role, format('SELECT verify.ask_by_number(%L, %L)', number, name));
BEGIN
    UPDATE verify.lookup_attempt SET xid = '3';
    RETURN pg_temp.act(role, format('SELECT code FROM verify.answer_by_number(%L, %L, %L)', ticket, number, name));
END
$$;

-- A citizen identity number (GB 11643) of nobody: born that day, with this sequence number.
CREATE FUNCTION pg_temp.citizen(born date, sequence integer) RETURNS text LANGUAGE sql AS $$
    SELECT digits || substr('10X98765432', 1 + (
        SELECT sum(substr(digits, i, 1)::int * (ARRAY[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])[i])::int % 11
        FROM generate_series(1, 17) AS i), 1)
    FROM (SELECT '360402' || to_char(born, 'YYYYMMDD') || to_char(sequence, 'FM000') AS digits) AS d
$$;

-- An analyst of the whole country, appointed by the first organization.
CREATE FUNCTION pg_temp.appoint_analyst() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(registry.appoint_staff('analyst', (SELECT min(organization_id) FROM registry.organization), 'analyst', region => code::text))
    FROM registry.region WHERE level = 1
$$;
