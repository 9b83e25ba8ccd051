-- Included after office.sql: how to enrol volunteers and how to serve.

-- A time of a day counted from today, and a period of one day, in Asia/Shanghai.
CREATE FUNCTION pg_temp.at(days integer, clock text) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT (registry.today() + days + clock::interval) AT TIME ZONE 'Asia/Shanghai'
$$;
CREATE FUNCTION pg_temp.during(days integer, starts text, ends text) RETURNS tstzrange LANGUAGE sql AS $$
    SELECT tstzrange(pg_temp.at(days, starts), pg_temp.at(days, ends))
$$;

CREATE FUNCTION pg_temp.enrol(name text, sequence integer, organization_id text, since date) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('registrar', format(
        'SELECT registry.register_volunteer(%L, ''citizen_id'', %L, %s, ''441402'', ''登记表'', %L, backdating_reason => ''纸质登记表补录'')',
        name, pg_temp.citizen('1990-01-01', sequence), organization_id, since))
$$;

-- A statement that records a service.
CREATE FUNCTION pg_temp.serving(batch text, volunteer_no text, activity text, period tstzrange, more text DEFAULT '')
RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.record_service(%s, %L, %s, %L%s)', batch, volunteer_no, activity, period, more)
$$;
CREATE FUNCTION pg_temp.open_batch(organization_id text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('recorder', format('SELECT registry.open_batch(%s%s)', organization_id, more))
$$;

-- Publicity lasts seven days; the tests cannot wait, so the batch is moved into the past.
CREATE FUNCTION pg_temp.take_effect(batch text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, true)', batch));
    UPDATE registry.record_batch
    SET reviewed_at = reviewed_at - interval '8 days', publicity = daterange(lower(publicity) - 8, upper(publicity) - 8)
    WHERE batch_id = batch::bigint AND NOT isempty(publicity);
    SELECT pg_temp.act('reviewer', format('SELECT registry.make_effective(%s)', batch))
$$;
