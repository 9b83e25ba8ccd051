-- Shares of a certificate, and what remains of one when its holder is erased.

BEGIN;
\set QUIET 1
\o /dev/null
\ir ../certificate_sample.sql
\ir ../acting.sql
CREATE ROLE sample_second LOGIN IN ROLE registry_registrar;
SELECT registry.appoint_staff('sample_issuer', :street, 'issuer'), registry.appoint_staff('sample_second', :street, 'registrar',
    registry.add_person('示例二', 'passport', 'E00000002', 9::smallint, '1980-01-01'));
SELECT pg_temp.act('sample_issuer', format('SELECT registry.issue_certificate(%L, %s, ''[%s,%s]'', ''负责人'')',
    :'ann', :street, :'first_day', :'last_day')) AS code \gset
SELECT pg_temp.act('sample_library', format('SELECT registry.issue_certificate(%L, %s, ''[%s,%s]'', ''负责人'')',
    :'ann', :library, :'first_day', :'last_day'));
\o

SELECT plan(49);

CREATE FUNCTION pg_temp.sharing(code text, more text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.share_certificate(%L, ''示例大学''%s)', code, more)
$$;
CREATE FUNCTION pg_temp.opened(share text, OUT code text, OUT claims text, OUT verified boolean) LANGUAGE sql AS $$
    SELECT max(s.code), string_agg((registry.token_part(d, 1) ->> 1) || '=' || (registry.token_part(d, 1) ->> 2), ' ' ORDER BY place),
        bool_and(registry.token_part(s.token, 2) -> '_sd' ? registry.base64url(sha256(convert_to(d, 'UTF8'))))
    FROM verify.shared_certificate(share) AS s
    CROSS JOIN unnest(string_to_array(btrim(s.token, '~'), '~')) WITH ORDINALITY AS t (d, place)
    WHERE place > 1
$$;

SELECT pg_temp.refused('sample_issuer', pg_temp.sharing(:'code', ''), '42501', 'access_is_logged', 'no share before the access is logged');
SELECT pg_temp.announced('sample_issuer', :'ann', 'certificate');
SELECT pg_temp.act('sample_issuer', pg_temp.sharing(:'code', '')) AS share \gset
SELECT results_eq(format('SELECT * FROM pg_temp.opened(%L)', :'share'),
    format($$VALUES (%L, 'name=测小甲 id_tail=0116', true)$$, :'code'), 'the code of a share opens what was shared');
SELECT is(pg_temp.act('sample_verifier', format('SELECT count(*) FROM verify.shared_certificate(%L)', :'share')), '1',
    'the verification service may ask');
SELECT pg_temp.act('sample_issuer', pg_temp.sharing(:'code', ', 1, ''{name}''')) AS name_only \gset
SELECT is((pg_temp.opened(:'name_only')).claims, 'name=测小甲', 'or a part of it');
SELECT is((pg_temp.opened(lower(:'share'))).code, :'code', 'however the code is written');
SELECT is_empty(format('SELECT FROM registry.share WHERE code_sha256::text ~ %L OR encode(code_sha256, ''escape'') ~ %1$L', :'share'),
    'the code is kept nowhere');
SELECT results_eq('SELECT recipient, claims, expires_at - shared_at, shared_by::text COLLATE "default" FROM registry.share ORDER BY share_id',
    $$VALUES ('示例大学', '{name,id_tail}'::text[], interval '7 days', 'sample_issuer'), ('示例大学', '{name}', interval '1 day', 'sample_issuer')$$,
    'what was shared, with whom, for how long');

-- What is refused
SELECT pg_temp.refused('sample_library', pg_temp.sharing(:'code', ''), '42501', 'outside_scope', 'the certificate of another body');
SELECT pg_temp.refused('sample_recorder', pg_temp.sharing(:'code', ''), '42501', '', 'a recorder');
SELECT pg_temp.refused('sample_issuer', pg_temp.sharing(:'code', ', ' || days), '23514', 'share_days', days || ' days')
FROM unnest('{0,31}'::text[]) AS days;
SELECT pg_temp.refused('sample_issuer', pg_temp.sharing(:'code', ', NULL'), '23514', 'share_days', 'for ever');
SELECT pg_temp.refused('sample_issuer', pg_temp.sharing(:'code', ', 7, ''{phone}'''), 'P0002', 'claims_to_disclose', 'nothing else');
SELECT pg_temp.refused('sample_issuer', format('SELECT registry.share_certificate(%L, U&''\200B'')', :'code'),
    '23514', 'share_has_recipient', 'with nobody');
SELECT pg_temp.refused('sample_issuer', format('SELECT registry.share_certificate(%L, %L)', :'code', who),
    '23514', 'share_has_recipient', 'with ' || description)
FROM (VALUES (NULL, 'whom is not said'), (repeat('示', 101), 'a name of a hundred and one characters')) AS t (who, description);
SAVEPOINT elsewhere;
SELECT registry.set_policy('share_days', 3, '示例办法', '441402') \g /dev/null
UPDATE registry.organization SET region = '441402' WHERE organization_id = :street;
SELECT pg_temp.refused('sample_issuer', pg_temp.sharing(:'code', ', 4'), '23514', 'share_days', 'longer than where the certificate was issued');
ROLLBACK TO elsewhere;
SELECT pg_temp.refused('sample_issuer', pg_temp.sharing(volunteer.gen_certificate_code()::text, ''), 'P0002', 'known_certificate', 'no certificate');
SELECT is_empty('SELECT FROM verify.shared_certificate(volunteer.gen_certificate_code()::text)', 'no share');
SELECT throws_ok($$SELECT FROM verify.shared_certificate('X')$$, '22P02', NULL, 'no code');

-- It ends
SELECT pg_temp.refused('sample_library', format('SELECT registry.withdraw_share(%L)', :'name_only'), '42501', 'outside_scope',
    'another body withdraws nothing');
SELECT lives_ok(format('SELECT pg_temp.act(''sample_issuer'', ''SELECT registry.withdraw_share(''%L'')'')', :'name_only'), 'withdrawn');
SELECT is_empty(format('SELECT FROM verify.shared_certificate(%L)', :'name_only'), 'opens nothing');
SELECT is((pg_temp.opened(:'share')).code, :'code', 'the other one still opens');
SELECT pg_temp.refused('sample_issuer', format('SELECT registry.withdraw_share(%L)', volunteer.gen_certificate_code()),
    'P0002', 'known_share', 'never shared');
SELECT pg_temp.refused('sample_issuer', format('SELECT registry.withdraw_share(%L)', :'name_only'), 'P0002', 'known_share', 'withdrawn already');
SELECT pg_temp.refused('postgres', 'UPDATE registry.share SET expires_at = ''infinity''', '42501', 'append_only', 'a share is not prolonged');
SELECT pg_temp.refused('postgres', format('UPDATE registry.share SET %I = %1$I', attname), '42501', 'append_only', attname || ' stays')
FROM pg_attribute
WHERE attrelid = 'registry.share'::regclass AND attnum > 0 AND attname NOT IN ('share_id', 'recipient', 'recipient_salt', 'withdrawn_at', 'status')
ORDER BY attnum;
SELECT is_empty(format('SELECT FROM verify.shared_certificate(%L)', share), 'nor does one that has expired')
FROM (SELECT volunteer.gen_certificate_code()::text AS share) AS new
CROSS JOIN LATERAL (SELECT pg_temp.act('postgres', format(
    'INSERT INTO registry.share (volunteer_id, certificate_id, code_sha256, claims, recipient, recipient_salt, recipient_sha256, shared_at, expires_at)
    SELECT volunteer_id, certificate_id, sha256(%L::bytea), claims, recipient, recipient_salt, recipient_sha256, now() - interval ''2 hours'', now() - interval ''1 hour''
    FROM registry.share LIMIT 1 RETURNING share_id', share))) AS made (id);
SELECT results_eq('SELECT dense_rank() OVER (ORDER BY share_id), from_status, to_status, actor::text COLLATE "default" FROM registry.share_event ORDER BY event_id',
    $$VALUES (1::bigint, NULL, 'shared', 'sample_issuer'), (2, NULL, 'shared', 'sample_issuer'), (2, 'shared', 'withdrawn', 'sample_issuer')$$,
    'what happened to each is an event');
SELECT pg_temp.refused('postgres', 'UPDATE registry.share SET recipient = NULL', '23514', 'recipient_has_salt', 'a recipient goes with the salt');
SELECT pg_temp.refused('postgres', $$INSERT INTO registry.share (volunteer_id, certificate_id, code_sha256, claims, recipient, recipient_salt, recipient_sha256, expires_at)
    SELECT volunteer_id, certificate_id, sha256('x'), claims, '别处', recipient_salt, recipient_sha256, expires_at FROM registry.share LIMIT 1$$,
    '23514', 'recipient_has_digest', 'another recipient with the digest of one');
SAVEPOINT revoked;
SELECT pg_temp.act('sample_issuer', format('SELECT registry.revoke_certificate(%L, ''false_record'')', :'code'));
SELECT is_empty(format('SELECT FROM verify.shared_certificate(%L)', :'share'), 'nor one of a revoked certificate');
SELECT pg_temp.refused('sample_issuer', pg_temp.sharing(:'code', ''), '55000', 'only_valid_is_disclosed', 'which is not shared either');
ROLLBACK TO revoked;

-- The holder is erased: the certificate stays, and discloses nothing
SELECT pg_temp.act('sample_registrar', format('SELECT registry.withdraw_consent(%L, ''registration'', ''本人申请'')', :'ann'));
SELECT pg_temp.act('sample_registrar', format('SELECT registry.request_erasure(%L, ''consent_withdrawn'', ''申请书'')', :'ann')) AS erasure \gset
SELECT pg_temp.act('sample_second', format('SELECT registry.erase_person(%s)', :erasure));
SELECT results_eq(format('SELECT code, status FROM verify.certificates(ARRAY[%L])', :'code'),
    format($$VALUES (%L, 'valid')$$, :'code'), 'the certificate of an erased holder is found and valid');
SELECT is_empty('SELECT * FROM registry.check_certificates()', 'and sound');
SELECT is_empty(format('SELECT FROM verify.shared_certificate(%L)', :'share'), 'its shares open nothing');
SELECT pg_temp.refused('sample_issuer', format('SELECT registry.reissue_certificate(%L)', :'code'), '55000', 'person_not_erased', 'nor can it be issued again');
SELECT pg_temp.refused('sample_issuer', format('SELECT registry.issue_certificate(%L, %s, ''[%s,%s]'', ''负责人'')', :'ann', :street, :'first_day', :'last_day'),
    '55000', 'person_not_erased', 'or another in its place');
SELECT pg_temp.refused('sample_issuer', format('SELECT registry.holder_link(%L)', :'code'), 'P0002', 'claims_to_disclose', 'it discloses nothing');
SELECT is(pg_temp.by_number('sample_verifier', c.number, name), NULL, 'and is not found by the name ' || name)
FROM registry.certificate c
CROSS JOIN unnest('{测小甲,已注销}'::text[]) AS name
WHERE c.code::text = :'code';

SELECT * FROM finish();
ROLLBACK;
