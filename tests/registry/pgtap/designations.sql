BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(16);

CREATE FUNCTION pg_temp.naming(project text, organization_id text, designation text DEFAULT 'key_incubation', document text DEFAULT '示例市文明办〔2024〕1号',
    valid text DEFAULT '[2024-01-01,2027-01-01)') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.designate_project(%s, %L, %s, %L, %L)', project, designation, organization_id, document, valid)
$$;

CREATE ROLE outsider LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.refused('outsider', pg_temp.naming(:'project', :'city'), '42501', 'not_staff', 'by a reviewer without appointment');
SELECT pg_temp.act('reviewer', pg_temp.naming(:'project', :'city')) AS designation \gset
SELECT results_eq('SELECT project_id, designation, organization_id, status FROM registry.project_designation',
    format($$VALUES (%s::bigint, 'key_incubation', %s::bigint, 'granted')$$, :project, :city), 'a project to be fostered');
SELECT pg_temp.refused('reviewer', pg_temp.naming(:'project', :'city'), '23P01', 'one_designation_at_a_time', 'designated twice');
SELECT isnt(pg_temp.act('reviewer', pg_temp.naming(:'project', :'city', 'municipal_demo')), NULL, 'a demonstration as well');
SELECT pg_temp.refused('reviewer', pg_temp.naming(:'project', :'district'), '42501', 'designated_from_above', 'not by the own organization');
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('市级项目', %s, '0001')$$, :'city')) AS of_city \gset
SELECT pg_temp.refused('reviewer', pg_temp.naming(:'of_city', :'district'), '42501', 'designated_from_above', 'not from below');
SELECT pg_temp.refused('reviewer', pg_temp.naming('-1', :'city'), '23503', 'known_project', 'unknown project');
SELECT pg_temp.refused('reviewer', pg_temp.naming(:'project', :'city', 'famous'), '23514', 'project_designation', 'no such designation');
SELECT pg_temp.refused('reviewer', pg_temp.naming(:'project', :'city', document => ''), '23514', 'designation_has_document', 'no document');
SELECT pg_temp.refused('reviewer', pg_temp.naming(:'project', :'city', valid => '(,)'), '23514', 'designation_has_beginning', 'since ever');
SELECT pg_temp.refused('recorder', pg_temp.naming(:'project', :'city'), '42501', '', 'reviewers only');

SELECT pg_temp.refused('reviewer', format('SELECT registry.revoke_designation(%s, '''')', :designation), '23514', 'reason_required', 'revoked without reason');
SELECT pg_temp.refused('reviewer', 'SELECT registry.revoke_designation(-1, ''示例'')', '23503', 'known_designation', 'unknown designation');
SELECT pg_temp.act('reviewer', format('SELECT registry.revoke_designation(%s, ''停办'')', :designation));
SELECT results_eq(format('SELECT from_status, to_status, reason, actor::text COLLATE "default" FROM registry.designation_event WHERE designation_id = %s ORDER BY event_id', :designation),
    $$VALUES (NULL, 'granted', NULL, 'reviewer'), ('granted', 'revoked', '停办', 'reviewer')$$, 'every change is an event');
SELECT pg_temp.refused('reviewer', format('SELECT registry.revoke_designation(%s, ''停办'')', :designation), '55000', 'known_transition', 'revoked twice');
SELECT isnt(pg_temp.act('reviewer', pg_temp.naming(:'project', :'city')), NULL, 'and granted anew');

SELECT * FROM finish();
ROLLBACK;
