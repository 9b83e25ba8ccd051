BEGIN;
\ir ../acting.sql
\ir ../office.sql
SELECT plan(38);

-- Every table
CREATE VIEW unkept AS
SELECT c.relname
FROM pg_class c
WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgfoid = 'registry.keep_row'::regproc AND t.tgenabled = 'O')
    AND NOT EXISTS (SELECT FROM registry.row_exception x WHERE x.relation = c.relname AND x.columns IS NULL AND x.reason <> '')
    -- Rows of these are sealed, each by its kind: see seals.t.
    AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'xid');
SELECT is_empty('TABLE unkept', 'every table is kept, sealed by kind or named as an exception');
SELECT is_empty($$SELECT relation FROM registry.row_exception x WHERE to_regclass('registry.' || relation) IS NULL OR reason = '' OR EXISTS (
    SELECT FROM unnest(x.columns) AS c (name) WHERE NOT EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass('registry.' || relation) AND a.attname = c.name))$$,
    'exceptions are of tables and columns that there are, and have reasons');
SELECT is_empty('SELECT relation FROM registry.kept_table WHERE cardinality(key) NOT BETWEEN 1 AND 4 OR key IS NULL', 'keys have one to four columns');
SET LOCAL ROLE registry_owner;
CREATE TABLE registry.thing (thing_id integer PRIMARY KEY, about text, noted timestamptz, during tstzrange, proof bytea);
RESET ROLE;
SELECT results_eq('SELECT relname::text COLLATE "default" FROM unkept', $$VALUES ('thing')$$, 'a new table is found');
SELECT is_empty('SELECT * FROM registry.check_rows()', 'nothing was written past the functions');
SELECT lives_ok($$SELECT registry.keep_catalogue('another table')$$, 'keeping the catalogue');
SELECT is_empty('TABLE unkept', '... keeps it');

-- What is written
CREATE FUNCTION pg_temp.events(since bigint) RETURNS TABLE (event text) LANGUAGE sql AS $$
    SELECT concat_ws(' ', e.operation, e.relation, e.key, e.actor, e.direct, e.digest IS NULL) COLLATE "default"
    FROM registry.row_event e
    WHERE e.event_id > since
    ORDER BY e.event_id
$$;
SELECT max(event_id) AS last FROM registry.row_event \gset
INSERT INTO registry.thing VALUES (1, 'one', '2026-01-01 08:00+08', '[2026-01-01 08:00+08,2026-01-02 08:00+08)', '\x00ff'), (2, NULL, NULL, NULL, NULL);
UPDATE registry.thing SET about = 'another' WHERE thing_id = 1;
UPDATE registry.thing SET about = about;
UPDATE registry.thing SET thing_id = 3 WHERE thing_id = 2;
DELETE FROM registry.thing WHERE thing_id = 3;
SELECT results_eq(format('SELECT event FROM pg_temp.events(%s)', :last), $$VALUES ('insert thing 1 postgres t f'), ('insert thing 2 postgres t f'),
    ('update thing 1 postgres t f'), ('delete thing 2 postgres t t'), ('update thing 3 postgres t f'), ('delete thing 3 postgres t t')$$,
    'an event for each row that is another, and under its old and its new key');
SELECT results_eq('SELECT kind, object COLLATE "default" FROM registry.check_rows() ORDER BY 2', $$VALUES ('direct', 'thing 1 by postgres'), ('direct', 'thing 2 by postgres'),
    ('direct', 'thing 3 by postgres')$$, 'written past the functions, but as the events say');
SET LOCAL timezone = 'America/New_York';
SET LOCAL datestyle = 'German, DMY';
SET LOCAL bytea_output = 'escape';
SELECT is_empty('SELECT * FROM registry.changed_rows()', 'settings of the session do not matter to the check');
UPDATE registry.thing SET about = 'elsewhere';
SET LOCAL timezone = 'Asia/Shanghai';
SET LOCAL datestyle = 'ISO';
SET LOCAL bytea_output = 'hex';
SELECT is_empty('SELECT * FROM registry.changed_rows()', '... nor to the event');
ALTER TABLE registry.thing ADD more text;
SELECT is_empty('SELECT * FROM registry.changed_rows()', 'nor does a column that is added, while it is empty');
SELECT lives_ok($$SELECT registry.keep_catalogue('a thing')$$, 'what the owner keeps');
SELECT is_empty('SELECT * FROM registry.check_rows()', '... is no finding');

-- Who writes
SELECT max(event_id) AS last FROM registry.row_event \gset
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('示例站', '2', '01', '441402')$$) AS station \gset
SELECT results_eq(format('SELECT event FROM pg_temp.events(%s)', :last), format($$VALUES ('insert organization %s clerk f f')$$, :station), 'a function');
SELECT max(event_id) AS last FROM registry.row_event \gset
SELECT registry.create_organization('示例二站', '2', '01', '441402') AS second \gset
SELECT results_eq(format('SELECT event FROM pg_temp.events(%s)', :last), format($$VALUES ('insert organization %s postgres f f')$$, :second),
    'a function that a superuser calls');
SELECT pg_temp.act('registrar', format('SELECT registry.register_volunteer(''示例甲'', ''citizen_id'', %L, %s, ''441402'', ''登记表'')',
    pg_temp.citizen('1990-01-01', 1), :district)) AS no \gset
SELECT person_id AS person, volunteer_id AS volunteer FROM registry.volunteer WHERE volunteer_no = :'no' \gset
SELECT results_eq(format('SELECT operation, actor::text COLLATE "default" FROM registry.row_event JOIN registry.membership ON relation = ''membership'' AND key = membership_id::text WHERE person_id = %s', :person),
    $$VALUES ('insert', 'registrar')$$, 'a membership has somebody who entered it');
SELECT is_empty(format($$SELECT FROM registry.row_event WHERE relation = 'number_block' AND event_id > %s AND operation = 'update'$$, :last),
    'numbers that are handed out write nothing');
SELECT is_empty('SELECT * FROM registry.check_rows()', 'functions leave nothing to find');
SELECT max(event_id) AS last FROM registry.row_event \gset
SELECT lives_ok(format($$SELECT pg_temp.act('deployer', 'UPDATE registry.volunteer SET organization_id = %s RETURNING 1')$$, :city), 'the owner may write');
SELECT results_eq(format('SELECT event FROM pg_temp.events(%s)', :last), format($$VALUES ('update volunteer %s deployer t f')$$, :volunteer),
    '... and is named');
SELECT lives_ok(format($$SELECT pg_temp.act('registry_owner', 'UPDATE registry.membership SET role = ''leader'' WHERE person_id = %s RETURNING 1')$$, :person),
    'whoever becomes the owner may write');
SET LOCAL ROLE registry_owner;
UPDATE registry.membership SET role = 'backbone';
RESET ROLE;
SELECT results_eq('SELECT regexp_replace(object, ''\d+'', ''N'') COLLATE "default" FROM registry.check_rows() WHERE kind = ''direct'' ORDER BY 1',
    $$VALUES ('membership N by postgres'), ('membership N by registry_owner'), ('volunteer N by deployer')$$, '... and is named');

-- Events are the triggers' own
SELECT pg_temp.refused('deployer', $$INSERT INTO registry.row_event (relation, key, operation, direct) VALUES ('organization', '1', 'delete', false) RETURNING 1$$,
    '42501', '', 'an event that no trigger writes');
SELECT pg_temp.refused('deployer', statement, '42501', '', 'in the name of another') FROM (VALUES
    ($$INSERT INTO registry.row_event (relation, key, operation, direct, actor) VALUES ('thing', '9', 'kept', false, 'clerk') RETURNING 1$$),
    ($$INSERT INTO registry.catalogue_event (reason, last_row_event, actor) VALUES ('upgrade', 0, 'clerk') RETURNING 1$$),
    ($$INSERT INTO registry.catalogue_event (reason, last_row_event, at) VALUES ('upgrade', 0, now() - interval '1 day') RETURNING 1$$)) AS t (statement);
SELECT pg_temp.refused('deployer', 'DELETE FROM registry.row_event RETURNING 1', '42501', 'append_only', 'an event that is removed');
SELECT lives_ok($$SELECT pg_temp.act('deployer', 'INSERT INTO registry.row_event (relation, key, operation, direct) VALUES (''thing'', ''9'', ''kept'', false) RETURNING 1')$$,
    'an event that pretends to be of a deployment');
SELECT results_eq($$SELECT kind, object COLLATE "default" FROM registry.check_rows() WHERE object ~ '^thing 9'$$,
    $$VALUES ('direct', 'thing 9 by deployer')$$, '... is found');

-- Erasure
SELECT digest AS known FROM registry.row_event WHERE relation = 'person' AND key = :'person' \gset
SET LOCAL timezone = 'UTC';
SELECT to_jsonb(p) AS was FROM registry.person p WHERE person_id = :person \gset
SELECT is(registry.row_digest(registry.kept_row(:'was', '{}')), :'known'::bytea, 'whoever knows a row knows its digest');
SET LOCAL timezone = 'Asia/Shanghai';
SELECT pg_temp.act('registrar', format('SELECT registry.withdraw_consent(%L, ''registration'', ''本人申请'')', :'no')) \g /dev/null
SELECT pg_temp.act('clerk', pg_temp.appointing('stranger', :city, 'registrar')) \g /dev/null
SELECT pg_temp.act('registrar', format('SELECT registry.request_erasure(%L, ''consent_withdrawn'', ''申请书'')', :'no')) AS erasure \gset
SELECT pg_temp.act('stranger', format('SELECT registry.erase_person(%s)', :erasure)) \g /dev/null
SELECT isnt(salt::text, :'was'::jsonb ->> 'salt', 'erasure takes the salt, without which nobody can try a name') FROM registry.person WHERE person_id = :person;
SELECT results_eq(format('SELECT operation FROM registry.row_event WHERE relation = ''person'' AND key = %L ORDER BY event_id', :person),
    $$VALUES ('insert'), ('update')$$, '... and is an event');
SELECT is_empty(format('SELECT * FROM registry.changed_rows()'), 'whoever was erased is as the events say');
SELECT is_empty($$SELECT a.attrelid::regclass, a.attname FROM pg_attribute a JOIN registry.kept_table t ON a.attrelid = ('registry.' || t.relation)::regclass
    WHERE a.attname IN ('name', 'birth_date', 'phone_tail') AND t.relation IN ('person', 'guardian') AND NOT EXISTS (
        SELECT FROM pg_attribute s WHERE s.attrelid = a.attrelid AND s.attname = 'salt')$$, 'whoever can be erased has a salt');

-- Who reads
SELECT pg_temp.refused('registrar', 'SELECT count(*) FROM registry.row_event', '42501', '', 'staff do not read the events');
CREATE ROLE auditor LOGIN IN ROLE registry_auditor;
SELECT is(pg_temp.act('auditor', 'SELECT count(*) FROM registry.row_event'), '0', 'nor does an auditor without appointment');
SELECT pg_temp.act('clerk', format('SELECT registry.appoint_staff(''auditor'', %s, ''auditor'')', :city)) \g /dev/null
SELECT cmp_ok(pg_temp.act('auditor', 'SELECT count(*) FROM registry.row_event')::bigint, '>', 100::bigint, 'one with an appointment does');

SELECT * FROM finish();
ROLLBACK;
