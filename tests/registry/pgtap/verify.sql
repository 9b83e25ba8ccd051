-- What the certificate desk may ask, and nothing more.

BEGIN;
\set QUIET 1
\o /dev/null
\ir ../certificate_sample.sql
\ir ../acting.sql
SELECT registry.appoint_staff('sample_issuer', :street, 'issuer');
SET SESSION AUTHORIZATION sample_issuer;
SELECT format('[%s,%s]', :'first_day', :'last_day') AS year \gset
SELECT registry.issue_certificate(:'ann', :street, :'year', '负责人') AS ann_code \gset
SELECT registry.issue_certificate(:'bob', :street, :'year', '负责人') AS bob_code \gset
SELECT registry.revoke_certificate(:'bob_code', 'holder_request');
RESET SESSION AUTHORIZATION;
SELECT c.token AS ann_token, c.number AS ann_number FROM registry.certificate c WHERE c.code = :'ann_code' \gset
SELECT volunteer.gen_certificate_code() AS unknown \gset
\o

SELECT plan(72);

SELECT is(array_agg(p.oid::regprocedure::text ORDER BY p.proname), '{
    "verify.answer_by_number(uuid,text,text)",
    "verify.ask_by_number(text,text)",
    "verify.certificate_states(text[])",
    "verify.certificates(text[])",
    "verify.count_views(text[],integer[])",
    "verify.public_keys()",
    "verify.shared_certificate(text)",
    "verify.sign_status_lists()",
    "verify.status_list(integer)",
    "verify.status_lists()"}', 'the whole interface')
FROM pg_proc p WHERE p.pronamespace = 'verify'::regnamespace;
SELECT ok(has_function_privilege('registry_verifier', p.oid, 'EXECUTE')
        AND NOT has_function_privilege('public', p.oid, 'EXECUTE'),
    p.proname || ' is for the verifier alone')
FROM pg_proc p WHERE p.pronamespace = 'verify'::regnamespace ORDER BY p.proname;
SELECT ok(p.prosecdef AND p.proconfig[1] LIKE 'search_path=pg_catalog%pg_temp', p.proname || ' pins its search path')
FROM pg_proc p WHERE p.pronamespace = 'verify'::regnamespace ORDER BY p.proname;

SELECT set_has('SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = ''registry.certificate_code_key''::regclass',
    'SELECT o.name FROM pg_proc p, unnest(p.proargnames) AS o (name)
        WHERE p.oid = ''verify.certificate_states''::regproc AND o.name NOT IN (''codes'', ''checked_at'')',
    'the states of certificates are read from an index alone');

SET SESSION AUTHORIZATION sample_verifier;

SELECT throws_ok('SELECT FROM verify.failed_lookup', '42501', NULL, 'the verifier reads no table of its own schema');
SELECT throws_ok('SELECT FROM registry.certificate', '42501', NULL, 'the verifier reads no table of the registry');

-- By code.

SELECT is(concat_ws(' ', c.code, c.status, c.reason, c.token), concat_ws(' ', :'ann_code', 'valid', :'ann_token'),
    'a valid certificate')
FROM verify.certificates(ARRAY[:'ann_code']) AS c;
SELECT ok(c.status_since <= c.checked_at AND c.checked_at <= clock_timestamp(), 'since when, and when looked at')
FROM verify.certificates(ARRAY[:'ann_code']) AS c;
SELECT is(concat_ws(' ', c.code, c.status, c.reason), concat_ws(' ', :'bob_code', 'revoked', 'holder_request'),
    'a revoked certificate')
FROM verify.certificates(ARRAY[:'bob_code']) AS c;
SELECT is_empty(format('SELECT * FROM verify.certificates(ARRAY[%L])', :'unknown'), 'an unknown code has no row');
SELECT is_empty('SELECT * FROM verify.certificates(''{}'')', 'nothing asked, nothing answered');
SELECT is_empty('SELECT * FROM verify.certificates(NULL)', 'null asked, nothing answered');
SELECT bag_eq(format('SELECT code FROM verify.certificates(ARRAY[%L, %L, %L, %L])',
        :'bob_code', :'unknown', :'ann_code', :'ann_code'),
    ARRAY[:'ann_code', :'bob_code'], 'a batch: one row a known code, also when asked twice');
SELECT is(c.code, :'ann_code', 'a code as people type it')
FROM verify.certificates(ARRAY[lower(regexp_replace(:'ann_code', '(.....)', '\1-', 'g'))]) AS c;
SELECT is_empty(format('SELECT * FROM verify.certificates(array_fill(%L::text, ARRAY[200]))', :'unknown'), '200 codes');
SELECT throws_ok(format('SELECT * FROM verify.certificates(array_fill(%L::text, ARRAY[201]))', :'unknown'),
    '22023', 'At most 200 codes are taken at once.', '201 codes');
SELECT throws_ok('SELECT * FROM verify.certificates(''{x}'')', '22P02', NULL, 'a mistyped code');

SELECT results_eq(
    format('SELECT code, status, status_since, reason, token_sha256 FROM verify.certificate_states(ARRAY[%L, %L, %L]) ORDER BY code',
        :'ann_code', :'bob_code', :'unknown'),
    format('SELECT code, status, status_since, reason, sha256(convert_to(token, ''UTF8''))
        FROM verify.certificates(ARRAY[%L, %L]) ORDER BY code', :'ann_code', :'bob_code'),
    'the same with digests for tokens');
SELECT throws_ok(format('SELECT * FROM verify.certificate_states(array_fill(%L::text, ARRAY[201]))', :'unknown'),
    '22023', 'At most 200 codes are taken at once.', '201 codes');
SELECT throws_ok('SELECT * FROM verify.certificate_states(''{x}'')', '22P02', NULL, 'a mistyped code');

-- By number and name.

SELECT throws_ok('SELECT FROM verify.lookup_attempt', '42501', NULL, 'nor what was asked');
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.by_number('sample_verifier', :'ann_number', '测小甲'), :'ann_code', 'number and name');
SELECT is(pg_temp.by_number('sample_verifier', ' ' || lower(:'ann_number') || ' ', '测小甲 '), :'ann_code', 'lower case and spaces');
SELECT is(pg_temp.by_number('sample_verifier', number, name), NULL, description)
FROM (VALUES (:'ann_number', '测小乙', 'a wrong name'), (:'ann_number', '测*甲', 'the masked name'),
    ('ZYZ-1999-00000001', '测小甲', 'a wrong number')) AS v (number, name, description);
SELECT is(pg_temp.by_number('sample_verifier', :'ann_number', '测小甲'), :'ann_code', 'right again');
SELECT is(array_agg(pg_temp.by_number('sample_verifier', :'ann_number', '测' || n)), '{NULL,NULL}', 'two more failures')
FROM generate_series(1, 2) AS n;
SELECT is(pg_temp.by_number('sample_verifier', :'ann_number', '测小甲'), :'ann_code', 'and right after four');
SELECT is(pg_temp.by_number('sample_verifier', :'ann_number', '测三'), NULL, 'a fifth failure');
SELECT is(pg_temp.by_number('sample_verifier', :'ann_number', '测小甲'), NULL, 'after five failures the right name finds nothing either');
UPDATE verify.failed_lookup SET since = since - interval '61 minutes';
SELECT is(pg_temp.by_number('sample_verifier', :'ann_number', '测小甲'), :'ann_code', 'an hour later');

SELECT format('SELECT verify.ask_by_number(%L, %L)', :'ann_number', '测小甲') AS asking \gset
SELECT pg_temp.act('sample_verifier', :'asking') AS ticket \gset
SELECT format('SELECT code FROM verify.answer_by_number(%L, %L, %L)', :'ticket', :'ann_number', '测小甲') AS answering \gset
SELECT pg_temp.refused('sample_verifier', :'answering', '55000', 'attempt_is_committed', 'no answer before it was committed');
UPDATE verify.lookup_attempt SET xid = '3';
SELECT is(pg_temp.act('sample_verifier', :'answering'), :'ann_code', 'an answer, as often as it is asked for') FROM generate_series(1, 2);
SELECT set_eq('SELECT failures FROM verify.failed_lookup', '{0,1}'::integer[], 'what was found is no failure, once');
SELECT pg_temp.act('sample_verifier', :'asking') AS ticket, pg_temp.act('sample_verifier', :'asking') AS other_ticket \gset
UPDATE verify.lookup_attempt SET xid = '3';
SELECT pg_temp.act('sample_verifier', format('SELECT code FROM verify.answer_by_number(%L, %L, %L)', t, :'ann_number', '测小甲'))
FROM unnest(ARRAY[:'ticket', :'other_ticket']) AS t \g /dev/null
SELECT set_eq('SELECT failures FROM verify.failed_lookup', '{0,1}'::integer[], 'each of two that were found');
SELECT is_empty(format('SELECT FROM verify.lookup_attempt a WHERE a::text ~ %L', :'ann_number' || '|' || :'ann_code' || '|测'),
    'what was asked is kept nowhere');
UPDATE verify.lookup_attempt SET asked_at = asked_at - interval '1 minute';
SELECT pg_temp.refused('sample_verifier', :'answering', '55000', 'attempt_is_committed', 'none after a minute');
SELECT pg_temp.act('sample_verifier', :'asking') \g /dev/null
SELECT is(count(*), 6::bigint, 'the next attempt removes ten of those that are over') FROM verify.lookup_attempt;
UPDATE registry.person SET name = '测·小甲' WHERE name = '测小甲';
SELECT is(pg_temp.by_number('sample_verifier', :'ann_number', '测 • 小甲'), :'ann_code', 'whatever dot a keyboard has');
UPDATE registry.person SET name = '已注销', erased_at = now() WHERE name = '测·小甲';
SELECT is(pg_temp.by_number('sample_verifier', :'ann_number', '已注销'), NULL, 'nobody by what all who were erased are called');
UPDATE registry.person SET name = '测小甲', erased_at = NULL WHERE name = '已注销';
SET SESSION AUTHORIZATION sample_verifier;

-- Keys and views.

SELECT is(verify.public_keys(), jsonb_build_object('keys', jsonb_build_array(volunteer.signing_public_key())),
    'the key set');
SELECT ok(NOT verify.public_keys()::text ~ '"d"', 'no private member');
RESET SESSION AUTHORIZATION;
INSERT INTO registry.signing_key (kid, jwk, not_before, retired_at)
SELECT kid, jsonb_build_object('kid', kid), since, now() FROM (VALUES ('b', date '2020-01-01'), ('c', '2021-01-01'), ('a', '2020-01-01')) AS t (kid, since);
SELECT is(jsonb_path_query_array(verify.public_keys(), '$.keys.kid') - 3, '["a", "b", "c"]', 'the oldest first');
UPDATE registry.signing_key SET compromised_at = now();
SET SESSION AUTHORIZATION sample_verifier;
SELECT is(verify.public_keys(), '{"keys": []}', 'a compromised key is not published');

SELECT verify.count_views(ARRAY[:'ann_code', :'bob_code', :'unknown', :'ann_code'], '{3,1,5,4}');
SELECT verify.count_views(ARRAY[:'ann_code'], '{2}');
SELECT throws_ok('SELECT verify.count_views(''{}'', ''{1}'')', '22023', NULL, 'more counts than codes');
SELECT throws_ok(format('SELECT verify.count_views(ARRAY[%L], ''{NULL}'')', :'ann_code'), '22023', NULL, 'a count that is none');
SELECT throws_ok(format('SELECT verify.count_views(ARRAY[%L], ''{-1}'')', :'ann_code'), '22023', NULL,
    'a negative count');
SELECT throws_ok(format('SELECT verify.count_views(array_fill(%L::text, ARRAY[201]), array_fill(1, ARRAY[201]))', :'ann_code'),
    '22023', 'At most 200 codes are taken at once.', 'more than a batch');
SELECT throws_ok(format('SELECT * FROM registry.certificate_views(%L)', :'ann'), '42501', NULL, 'views are not for the verifier');
RESET SESSION AUTHORIZATION;
SELECT set_eq('SELECT c.code::text, v.views
        FROM registry.certificate_view v JOIN registry.certificate c USING (volunteer_id, certificate_id)',
    format('VALUES (%L, 9::bigint), (%L, 1)', :'ann_code', :'bob_code'), 'views add up, unknown codes are passed over');
SET SESSION AUTHORIZATION sample_issuer;
SELECT results_eq(format('SELECT number, status, views, last_viewed_at = now() FROM registry.certificate_views(%L)', :'ann'),
    format('VALUES (%L, ''valid'', 9::bigint, true)', :'ann_number'), 'the issuing body sees them');
RESET SESSION AUTHORIZATION;
UPDATE registry.staff SET organization_id = (SELECT organization_id FROM registry.organization
    WHERE organization_id <> :street AND organization_id NOT IN (SELECT registry.organization_above(:street)) LIMIT 1)
WHERE role_name = 'sample_issuer';
SET SESSION AUTHORIZATION sample_issuer;
SELECT is_empty(format('SELECT * FROM registry.certificate_views(%L)', :'ann'), 'another body does not');
RESET SESSION AUTHORIZATION;

SELECT * FROM finish();
ROLLBACK;
