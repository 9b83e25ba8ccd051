-- A certificate for every verdict: prints a line "verdict code" for each. Run by a superuser.

\set QUIET 1
\o /dev/null
\ir ../registry/certificate_sample.sql
SELECT registry.appoint_staff('sample_issuer', :street, 'issuer');
SELECT format('[%s,%s]', :'first_day', :'last_day') AS year \gset

-- A project whose name is markup.
SET SESSION AUTHORIZATION sample_recorder;
SELECT pg_temp.serve(:'bob',
    registry.create_project('<script>document.title = "taken"</script><b>&amp;"''', :street, '0001'), :street,
    :'first_day'::date + 90, 75) AS markup \gset
SET SESSION AUTHORIZATION sample_reviewer;
SELECT registry.review_batch(:markup, true), registry.make_effective(:markup);

SET SESSION AUTHORIZATION sample_library;
SELECT registry.authorize_issuer(:library, :street, '委托书');

SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.issue_certificate(:'ann', :street, :'year', '负责人') AS superseded \gset
SELECT registry.issue_certificate(:'ann', :street, :'year', '负责人') AS valid \gset
SELECT registry.issue_certificate(:'bob', :street, format('[%s,%s]', :'first_day', :'first_day'::date + 80)::daterange,
    '负责人') AS revoked \gset
SELECT registry.revoke_certificate(:'revoked', 'issued_in_error');
SELECT registry.issue_certificate(:'bob', :street, format('[%s,%s]', :'first_day'::date + 80, :'last_day')::daterange,
    '负责人') AS markup \gset
SELECT registry.issue_certificate(:'bob', :street, :'year', '负责人') AS mismatch \gset
SELECT registry.issue_certificate(:'zoe', :street, format('[%s,%s]', :'first_day', :'first_day'::date + 101)::daterange,
    '负责人') AS suspended \gset
RESET SESSION AUTHORIZATION;

SELECT record_id AS withdrawn FROM registry.service_record WHERE service_date = :'first_day'::date + 101 \gset
SET SESSION AUTHORIZATION sample_reviewer;
SELECT registry.void_record(:withdrawn, '重复记录');
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.issue_certificate(:'zoe', :street, :'year', '负责人') AS many \gset
SELECT registry.announce_access(v, 'certificate', 'holder_request') FROM unnest(ARRAY[:'ann', :'zoe']::volunteer.volunteer_no[]) AS v;
SELECT registry.holder_link(:'valid') AS link, registry.holder_link(:'many', '{name}') AS link_of_another \gset
RESET SESSION AUTHORIZATION;

-- What somebody with write access to the table can do, and what he cannot.
UPDATE registry.certificate c
SET (token, token_sha256) = (a.token, sha256(convert_to(a.token, 'UTF8')))
FROM (
    SELECT split_part(o.token, '.', 1) || '.'
        || registry.base64url(convert_to(jsonb_set(registry.token_part(o.token, 2), '{hours}', '"999.00"')::text, 'UTF8'))
        || '.' || split_part(o.token, '.', 3) AS token
    FROM registry.certificate o
    WHERE o.code::text = :'mismatch') AS a
WHERE c.code::text = :'mismatch';

SELECT volunteer.gen_certificate_code() AS unknown \gset
\o
\qecho valid :valid
\qecho revoked :revoked
\qecho suspended :suspended
\qecho superseded :superseded
\qecho mismatch :mismatch
\qecho markup :markup
\qecho many :many
\qecho unknown :unknown
\qecho link :link
\qecho link_of_another :link_of_another
