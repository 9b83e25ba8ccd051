-- What is fraud and what only looks like it: how often the reports of the auditor are right, and what they miss.

CREATE TABLE city.label (
    kind text NOT NULL,
    subject text NOT NULL,
    fraud boolean NOT NULL,
    note text NOT NULL,
    PRIMARY KEY (kind, subject)
);

-- A project and an activity of the last months in which a team serves, and a batch that a recorder opens, late with paper.
CREATE FUNCTION city.open_activity(recorder name, organization_id bigint, title text, days integer DEFAULT 60) RETURNS bigint LANGUAGE sql AS $$
    SELECT city.act(recorder, format('SELECT registry.create_activity(%s, %L, %L, backfill_reason => ''活动补录'')',
        coalesce((SELECT p.project_id FROM registry.project p WHERE p.organization_id = open_activity.organization_id LIMIT 1)::text,
            city.act(recorder, format('SELECT registry.create_project(%L, %s, ''0001'')', title, organization_id))),
        title, tstzrange(city.at(registry.today() - days, 0), city.at(registry.today(), 0))))::bigint
$$;
CREATE FUNCTION city.open_batch(recorder name, organization_id bigint, evidence text DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
    SELECT city.act(recorder, format('SELECT registry.open_batch(%s, %L, %L)', organization_id,
        CASE WHEN evidence IS NOT NULL THEN '纸质签到表补录' END, sha256(evidence::bytea)))::bigint
$$;
CREATE FUNCTION city.record(recorder name, batch_id bigint, volunteer_id bigint, activity_id bigint, day date, starts integer, ends integer)
    RETURNS bigint LANGUAGE sql AS $$
    SELECT city.act(recorder, format('SELECT registry.record_service(%s, %L, %s, %L)', batch_id, v.volunteer_no, activity_id,
        city.during(day, starts, ends)))::bigint
    FROM registry.volunteer v WHERE v.volunteer_id = record.volunteer_id
$$;
