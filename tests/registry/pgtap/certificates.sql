-- Certificates: what is refused, and the life of one from issue to revocation.

BEGIN;
\set QUIET 1
\o /dev/null
\ir ../certificate_sample.sql
\o

SELECT plan(128);

CREATE FUNCTION pg_temp.payload(certificate text) RETURNS text
LANGUAGE sql SECURITY DEFINER AS $$
    SELECT convert_from(decode(p || repeat('=', -length(p) & 3), 'base64'), 'UTF8')
    FROM registry.certificate c, translate(split_part(c.token, '.', 2), '-_', '+/') AS p
    WHERE c.code::text = certificate
$$;
CREATE FUNCTION pg_temp.claims(certificate text) RETURNS jsonb
LANGUAGE sql AS $$
    SELECT pg_temp.payload(certificate)::jsonb
$$;
CREATE FUNCTION pg_temp.status(certificate text) RETURNS text
LANGUAGE sql SECURITY DEFINER AS $$
    SELECT c.status || coalesce(':' || c.reason, '') FROM registry.certificate c WHERE c.code::text = certificate
$$;
-- The SQLSTATE and the rule a statement is refused by.
CREATE FUNCTION pg_temp.refusal(statement text, VARIADIC arguments text[] DEFAULT '{}') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    state text;
    rule text;
BEGIN
    EXECUTE format(statement, VARIADIC arguments);
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, rule = CONSTRAINT_NAME;
    RETURN state || ' ' || rule;
END
$$;
CREATE FUNCTION pg_temp.issue(number text, organization_id bigint, period text, responsible text DEFAULT '负责人')
RETURNS text
LANGUAGE sql AS $$
    SELECT pg_temp.refusal('SELECT registry.issue_certificate(%L, %s, %L, %L)',
        number, organization_id::text, period, responsible)
$$;
SELECT format('[%s,%s]', :'first_day', :'last_day') AS year \gset

-- Who may, and what a certificate must say.

SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.issue(:'ann', :street, :'year'), '42501 not_staff', 'an issuer without appointment');
RESET SESSION AUTHORIZATION;
INSERT INTO registry.staff (role_name, person_id, organization_id, duty, valid)
SELECT 'sample_issuer', v.person_id, :street, 'issuer', daterange(registry.today(), NULL)
FROM registry.volunteer v WHERE v.volunteer_no = :'bob';
SET SESSION AUTHORIZATION sample_library;
SELECT is(pg_temp.issue(:'ann', :street, :'year'), '42501 outside_scope', 'the issuer of another body');
SET SESSION AUTHORIZATION sample_recorder;
SELECT is(pg_temp.issue(:'ann', :street, :'year'), '42501 ', 'a recorder');
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.issue(:'ann', :street, :'year', ' '), '23514 responsible_is_named', 'nobody responsible');
SELECT is(pg_temp.issue(:'ann', :street, :'year', NULL), '23514 responsible_is_named', 'responsibility left open');
SELECT is(pg_temp.issue(:'ann', :street, :'year', 'sample_issuer'), '23514 handler_is_not_responsible',
    'the handler''s role as the person responsible');
SELECT is(pg_temp.issue(:'ann', :street, :'year', ' 试乙 '), '23514 handler_is_not_responsible',
    'the handler by name as the person responsible');
SAVEPOINT named;
RESET SESSION AUTHORIZATION;
UPDATE registry.person SET name = '试·乙' WHERE name = '试乙';
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.issue(:'ann', :street, :'year', '试•乙'), '23514 handler_is_not_responsible', 'with another dot');
ROLLBACK TO named;
SAVEPOINT another;
SELECT is(pg_temp.issue(:'ann', :street, :'year', '验丙丙丁'), 'accepted', 'whom the registry knows by another name is another');
ROLLBACK TO another;
SELECT is(pg_temp.issue(:'ann', :street, NULL), '22023 period_has_both_ends', 'no period');
SELECT is(pg_temp.issue(:'ann', :street, 'empty'), '22023 period_has_both_ends', 'an empty period');
SELECT is(pg_temp.issue(:'ann', :street, '[2020-01-01,)'), '22023 period_has_both_ends', 'a period without end');
SELECT is(pg_temp.issue(:'ann', :street, '[2020-01-01,infinity)'), '22023 period_has_both_ends', 'a period that ends at infinity');
SELECT is(pg_temp.issue(:'ann', :street, '[0044-03-15 BC,2025-12-31]'), '22023 period_has_both_ends', 'a period from before our era');
SELECT is(pg_temp.issue(volunteer.volunteer_no('440106', :'first_day', 999999)::text, :street, :'year'),
    '23503 known_volunteer', 'an unknown volunteer');
SELECT is(pg_temp.issue(:'ann', :street, format('[%s,%s]', :'first_day', :'first_day')),
    'P0002 records_to_certify', 'a period without records');
RESET SESSION AUTHORIZATION;
SAVEPOINT forced;
SET LOCAL session_replication_role = replica;
UPDATE registry.service_record r SET entry_method = 0 FROM registry.volunteer v WHERE v.volunteer_id = r.volunteer_id AND v.volunteer_no = :'bob';
SET LOCAL session_replication_role = origin;
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.issue(:'bob', :street, :'year'), 'P0002 records_to_certify', 'a stay that was closed at midnight');
RESET SESSION AUTHORIZATION;
ROLLBACK TO forced;
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.refusal('SELECT FROM registry.certificate'), '42501 ', 'an issuer does not read the table');
SELECT is(pg_temp.refusal('SELECT registry.sign(c) FROM (SELECT NULL::registry.certificate) AS n (c)'), '42501 ',
    'nobody signs what he likes');

RESET SESSION AUTHORIZATION;
SAVEPOINT no_origin;
DELETE FROM registry.deployment;
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.issue(:'ann', :street, :'year'), '55000 origin_is_set', 'a desk without address');
RESET SESSION AUTHORIZATION;
ROLLBACK TO no_origin;
SET SESSION AUTHORIZATION sample_issuer;

-- Issue.

SELECT registry.issue_certificate(:'ann', :street, :'year', '负责人') AS code \gset
SELECT is(length(:'code'), 27, 'the code has 26 characters and a check character');
RESET SESSION AUTHORIZATION;
SELECT is(c.hours::text, '3:31', 'only the hours this body recorded count')
FROM registry.certificate c WHERE c.code = :'code';
SELECT is(c.handled_by || ' ' || c.responsible, 'sample_issuer 负责人', 'handler and person responsible are kept')
FROM registry.certificate c WHERE c.code = :'code';
SELECT is(c.number, format('ZYZ-%s-00000001', extract(year FROM registry.today())), 'the first number of the year')
FROM registry.certificate c WHERE c.code = :'code';

SAVEPOINT this_year;
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.issue_certificate(:'ann', :street, daterange(:'first_day', registry.today() + 9), '负责人') AS current \gset
SELECT is(pg_temp.claims(:'current') ->> 'as_of', registry.today()::text, 'what is still to come is not certified');
ROLLBACK TO this_year;

-- What the holder may show beyond the masked name.

SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.refusal('SELECT registry.holder_link(%L)', :'code'), '42501 access_is_logged', 'no link before the access is logged');
SELECT registry.announce_access(:'ann', 'certificate', 'holder_request') \g /dev/null
SELECT is(pg_temp.refusal('SELECT registry.holder_link(%L)', :'code'), '42501 access_is_logged', 'by an earlier transaction');
SELECT is(pg_temp.refusal('SELECT registry.announce_access(%L, ''person'', ''holder_request'')', :'ann'), '42501 outside_scope',
    'an issuer reads nothing else');
SET SESSION AUTHORIZATION sample_library;
SELECT is(pg_temp.refusal('SELECT registry.announce_access(%L, ''certificate'', ''holder_request'')', :'ann'), '42501 outside_scope',
    'nor of the certificate of another body');
RESET SESSION AUTHORIZATION;
INSERT INTO registry.audit_log (actor, person_id, data, purpose, xid) SELECT actor, person_id, data, purpose, '3' FROM registry.audit_log;
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.holder_link(:'code') AS link, registry.holder_link(:'code', '{name}') AS name_only \gset
RESET SESSION AUTHORIZATION;
SELECT is(split_part(:'link', '#', 1), pg_temp.claims(:'code') ->> 'jti', 'a link to the certificate');
SELECT is(string_to_array(btrim(split_part(:'link', '#', 2), '~'), '~'), c.disclosures, 'with what the holder can disclose')
FROM registry.certificate c WHERE c.code = :'code';
SELECT is(registry.token_part(btrim(split_part(:'name_only', '#', 2), '~'), 1) ->> 1, 'name', 'or a part of it');
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.refusal('SELECT registry.holder_link(%L, ''{phone}'')', :'code'), 'P0002 claims_to_disclose', 'nothing else');
SELECT is(pg_temp.refusal('SELECT registry.holder_link(volunteer.gen_certificate_code()::text)'), 'P0002 known_certificate',
    'the link of no certificate');
SET SESSION AUTHORIZATION sample_library;
SELECT is(pg_temp.refusal('SELECT registry.holder_link(%L)', :'code'), '42501 outside_scope', 'the certificate of another body');
SET SESSION AUTHORIZATION sample_recorder;
SELECT is(pg_temp.refusal('SELECT registry.holder_link(%L)', :'code'), '42501 ', 'issuers only');
RESET SESSION AUTHORIZATION;
SAVEPOINT revoked;
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.revoke_certificate(:'code', 'false_record');
SELECT is(pg_temp.refusal('SELECT registry.holder_link(%L)', :'code'), '55000 only_valid_is_disclosed', 'revoked');
RESET SESSION AUTHORIZATION;
ROLLBACK TO revoked;

SELECT is(ARRAY(SELECT json_object_keys(pg_temp.payload(:'code')::json)),
    '{iss,iat,vct,jti,cert_no,name_masked,hours,star,period,as_of,issuing_org,lines,status,_sd_alg,_sd}',
    'claims in order, nothing more');
SELECT is(pg_temp.claims(:'code') - '{iat,_sd,status,cert_no}'::text[], jsonb_build_object(
    'iss', 'https://zyz.example.gov.cn',
    'vct', 'https://zyz.example.gov.cn/vct/volunteer-service/1',
    'jti', 'https://zyz.example.gov.cn/c/' || :'code',
    'name_masked', '测*甲',
    'hours', '3.52',
    'star', 0,
    'period', jsonb_build_object('from', :'first_day', 'to', :'last_day'),
    'as_of', :'last_day',
    'issuing_org', jsonb_build_object('name', '示例街道志愿服务站', 'uscc', '51440106MJ0123456Q'),
    'lines', jsonb_build_array(jsonb_build_object('project', '社区助老', 'org', '示例街道志愿服务站', 'hours', '3.52')),
    '_sd_alg', 'sha-256'), 'claims say what the row says');
SELECT is(pg_temp.claims(:'code') -> 'status', jsonb_build_object('status_list',
    jsonb_build_object('idx', c.status_index, 'uri', 'https://zyz.example.gov.cn/s/1')),
    'the status claim points into the list')
FROM registry.certificate c WHERE c.code = :'code';
SELECT unalike(pg_temp.payload(:'code'), '%": %', 'compact');
SELECT unalike(pg_temp.payload(:'code'), '%测小甲%', 'without the name');
SELECT unalike(pg_temp.payload(:'code'), '%0116%', 'without the ID number''s tail');
SELECT is(array_agg(format('%s=%s', registry.token_part(d, 1) ->> 1, registry.token_part(d, 1) ->> 2)),
    '{name=测小甲,id_tail=0116}', 'name and ID tail are disclosures')
FROM registry.certificate c, unnest(c.disclosures) AS d WHERE c.code = :'code';

SELECT ok(array_agg(d) = array_agg(d ORDER BY d COLLATE "C"), 'their digests do not tell which is which')
FROM unnest(registry.disclosure_digests(ARRAY(SELECT n::text FROM generate_series(1, 9) AS n))) AS d;

-- More than thirty lines, long names, stars.

SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.issue_certificate(:'zoe', :street, :'year', '负责人') AS many \gset
RESET SESSION AUTHORIZATION;
SELECT is(concat_ws(' ', l -> 0 ->> 'project', l -> 29 ->> 'project', jsonb_array_length(l)), '项目33 项目4 30',
    'thirty lines, the longest first')
FROM jsonb_path_query(pg_temp.claims(:'many'), '$.lines') AS l;
SELECT is(pg_temp.claims(:'many') -> 'lines_more', '{"count": 3, "hours": "3.10"}', 'the rest is summed');
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.issue_certificate(:'zoe', :street, daterange(:'first_day', :'first_day'::date + 131), '负责人') AS thirty \gset
SELECT is(concat(jsonb_array_length(l -> 'lines'), l -> 'lines_more'), '30', 'of thirty there is no rest')
FROM pg_temp.claims(:'thirty') AS l;
SELECT is(pg_temp.status(:'many'), 'valid', 'nor is it another edition of a certificate of another period');
RESET SESSION AUTHORIZATION;
SELECT is(pg_temp.claims(:'many') ->> 'name_masked', '验丙*', 'a name of four characters');
INSERT INTO registry.identity_document (person_id, kind, digest, sealed, tail)
SELECT person_id, 'passport', sha256('E99999999'), 'x', '9999' FROM registry.volunteer WHERE volunteer_no = :'zoe';
UPDATE registry.identity_document SET tail = tail WHERE kind = 'citizen_id';
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.reissue_certificate(:'many');
RESET SESSION AUTHORIZATION;
SELECT is(array_agg(format('%s=%s', registry.token_part(d, 1) ->> 1, registry.token_part(d, 1) ->> 2)),
    '{name=验丙丙丁,id_tail=013X}', 'the own ID number''s tail, not also the passport''s')
FROM registry.certificate c, unnest(c.disclosures) AS d WHERE c.code = :'many';
INSERT INTO registry.star_award (volunteer_id, level, standard_id, threshold, basis_hours, as_of, status, awarded_at)
SELECT v.volunteer_id, a.level, (SELECT min(s.standard_id) FROM registry.star_standard s), '1:00', '2:00',
    :'last_day', a.status, now()
FROM registry.volunteer v, (VALUES (1, 'awarded'), (2, 'revoked')) AS a (level, status)
WHERE v.volunteer_no = :'bob';
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.issue_certificate(:'bob', :street, :'year', '负责人') AS second \gset
SELECT is(pg_temp.claims(:'second') ->> 'star', '1', 'the star is the highest award in force');
RESET SESSION AUTHORIZATION;
SAVEPOINT apart;
UPDATE registry.person p SET merged_into = b.person_id
FROM registry.volunteer b, registry.volunteer z WHERE b.volunteer_no = :'bob' AND z.volunteer_no = :'zoe' AND p.person_id = z.person_id;
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.issue_certificate(:'zoe', :street, :'year', '负责人') AS merged \gset
SELECT is(pg_temp.claims(:'merged') ->> 'star', '1', 'the person''s, whichever number it was awarded to');
RESET SESSION AUTHORIZATION;
ROLLBACK TO apart;
SET SESSION AUTHORIZATION sample_issuer;

-- Records of other bodies.

SELECT is(pg_temp.refusal('SELECT registry.authorize_issuer(%s, %s, %L)', :'library', :'street', '协议'),
    '42501 outside_scope', 'one cannot authorise oneself');
SET SESSION AUTHORIZATION sample_library;
SELECT is(pg_temp.refusal('SELECT registry.authorize_issuer(%s, %s, %L)', :'library', :'street', ' '),
    '23514 authority_states_its_basis', 'authority without basis');
SELECT is(pg_temp.refusal('SELECT registry.authorize_issuer(%s, %s, %L)', :'library', :'library', '协议'),
    '23514 authority_goes_to_another_body', 'authority for oneself');
SELECT is(pg_temp.refusal('SELECT registry.end_issuer_authority(%s, %s)', :'library', :'street'),
    'P0002 known_authority', 'no authority to end');
SELECT registry.authorize_issuer(:library, :street, '协议');
RESET SESSION AUTHORIZATION;
SELECT registry.create_organization('示例停办志愿队', '1', '02', '440106') AS idle \gset
SELECT set_eq(format('SELECT registry.recorders_certified_by(%s)', :idle), format('VALUES (%s::bigint)', :idle), 'authority is of one body');
SET SESSION AUTHORIZATION sample_library;
SELECT registry.authorize_issuer(:library, :idle, '协议');
RESET SESSION AUTHORIZATION;
SELECT registry.change_organization_status(:idle, 'suspended', '停办');
SET SESSION AUTHORIZATION sample_library;
SELECT is(pg_temp.refusal('SELECT registry.authorize_issuer(%s, %s, %L)', :'library', :'idle', '协议'),
    '55000 organization_active', 'authority for a body that is suspended');
SELECT is(pg_temp.refusal('SELECT registry.authorize_issuer(%s, %s, %L)', :'library', :'street', '协议'),
    '23P01 one_authority_at_a_time', 'authority given twice');
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.issue_certificate(:'ann', :street, :'year', '负责人') AS authorised \gset
SELECT is(pg_temp.claims(:'authorised') -> 'lines', '[
    {"project": "图书馆导读", "org": "示例图书馆志愿队", "hours": "8.00"},
    {"project": "社区助老", "org": "示例街道志愿服务站", "hours": "3.52"}]', 'lines name who recorded');
SELECT is(pg_temp.claims(:'authorised') ->> 'star', '0', 'somebody else''s star is not on it');
SELECT is(pg_temp.status(:'code') || ' ' || pg_temp.status(:'authorised'), 'superseded valid',
    'the same body and period: the earlier certificate is superseded');
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.refusal('SELECT registry.end_issuer_authority(%s, %s)', :'library', :'street'),
    '42501 outside_scope', 'whose authority it is does not end it');
SET SESSION AUTHORIZATION sample_library;
SELECT registry.end_issuer_authority(:library, :street);
SELECT is(pg_temp.refusal('SELECT registry.end_issuer_authority(%s, %s)', :'library', :'street'), 'P0002 known_authority', 'ended twice');
RESET SESSION AUTHORIZATION;
SELECT is(count(*), 2::bigint, 'and no other with it') FROM registry.recorders_certified_by(:idle);
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.issue_certificate(:'ann', :street, :'year', '负责人') AS code \gset
SELECT is(pg_temp.claims(:'code') ->> 'hours', '3.52', 'authority that has ended');
RESET SESSION AUTHORIZATION;
SELECT is(e.reason, c.number, 'the event of the superseded names its successor')
FROM registry.certificate_event e
JOIN registry.certificate s USING (volunteer_id, certificate_id), registry.certificate c
WHERE s.code = :'authorised' AND e.to_status = 'superseded' AND c.code = :'code';

-- Reissue.

SELECT c.token AS former, c.number FROM registry.certificate c WHERE c.code = :'code' \gset
UPDATE registry.person p SET name = '测大甲' FROM registry.volunteer v
WHERE v.person_id = p.person_id AND v.volunteer_no = :'ann';
SET SESSION AUTHORIZATION sample_library;
SELECT is(pg_temp.refusal('SELECT registry.reissue_certificate(%L)', :'code'), '42501 outside_scope',
    'another body reissues');
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.reissue_certificate(lower(:'code'));
RESET SESSION AUTHORIZATION;
SELECT ok(c.token <> :'former' AND c.number = :'number' AND c.status = 'valid', 'a new token, the same number')
FROM registry.certificate c WHERE c.code = :'code';
SELECT is(e.token, :'former', 'the former token is kept')
FROM registry.certificate_event e JOIN registry.certificate c USING (volunteer_id, certificate_id)
WHERE c.code = :'code' AND e.token IS NOT NULL;
SELECT ok(pg_temp.claims(:'code') ->> 'jti' LIKE '%/c/' || :'code', 'the same code');

-- A record that leaves effect.

UPDATE registry.service_record r SET status = 'superseded' FROM registry.volunteer v
WHERE v.volunteer_id = r.volunteer_id AND v.volunteer_no = :'bob';
SELECT is(pg_temp.status(:'second'), 'suspended:record_withdrawn', 'suspended at once');
SELECT is(pg_temp.status(:'code'), 'valid', 'certificates of others stay');
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.refusal('SELECT registry.reissue_certificate(%L)', :'second'), '55000 only_valid_is_reissued',
    'a suspended certificate is not reissued');
SELECT is(pg_temp.refusal('SELECT registry.reinstate_certificate(%L, NULL)', :'second'), '23514 reason_required',
    'reinstated without a reason');
SELECT is(pg_temp.refusal('SELECT registry.reinstate_certificate(%L, %L)', :'second', '已核'),
    '55000 covered_records_are_effective', 'reinstated while the record is out of effect');
RESET SESSION AUTHORIZATION;
UPDATE registry.service_record r SET status = 'effective' FROM registry.volunteer v
WHERE v.volunteer_id = r.volunteer_id AND v.volunteer_no = :'bob';
SELECT is(pg_temp.status(:'second'), 'suspended:record_withdrawn', 'nothing is reinstated by itself');
SET SESSION AUTHORIZATION sample_library;
SELECT is(pg_temp.refusal('SELECT registry.reinstate_certificate(%L, %L)', :'second', '已核'), '42501 outside_scope',
    'another body reinstates');
RESET SESSION AUTHORIZATION;
SAVEPOINT two;
UPDATE registry.service_record r SET status = 'superseded' FROM registry.volunteer v
WHERE v.volunteer_id = r.volunteer_id AND v.volunteer_no = :'ann';
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.refusal('SELECT registry.reinstate_certificate(%L, %L)', :'second', '已核'), 'accepted', 'whatever became of the records of others');
RESET SESSION AUTHORIZATION;
ROLLBACK TO two;
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.reinstate_certificate(:'second', '已核');
SELECT is(pg_temp.status(:'second'), 'valid', 'reinstated');
SELECT is(pg_temp.refusal('SELECT registry.reinstate_certificate(%L, %L)', :'second', '已核'), '55000 known_transition',
    'a valid certificate is not reinstated');

-- Revocation.

SET SESSION AUTHORIZATION sample_library;
SELECT is(pg_temp.refusal('SELECT registry.revoke_certificate(%L, %L)', :'second', 'false_record'),
    '42501 outside_scope', 'another body revokes');
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.refusal('SELECT registry.revoke_certificate(%L, NULL)', :'second'), '23514 reason_required',
    'revoked without a reason');
SELECT is(pg_temp.refusal('SELECT registry.revoke_certificate(%L, %L)', :'second', '试乙造假'), '23503 known_code',
    'a reason in free text');
SELECT volunteer.gen_certificate_code() AS unknown \gset
SELECT is(pg_temp.refusal('SELECT registry.revoke_certificate(%L, %L)', :'unknown', 'false_record'),
    'P0002 known_certificate', 'an unknown code');
SELECT left(:'second', 26) || CASE right(:'second', 1) WHEN '0' THEN '1' ELSE '0' END AS mistyped \gset
SELECT is(pg_temp.refusal('SELECT registry.revoke_certificate(%L, %L)', :'mistyped', 'false_record'),
    '22P02 ', 'a mistyped code');
SELECT registry.revoke_certificate(:'second', 'false_record');
SELECT is(pg_temp.status(:'second'), 'revoked:false_record', 'revoked');
SELECT is(pg_temp.refusal('SELECT registry.reinstate_certificate(%L, %L)', :'second', '已核'), '55000 known_transition',
    'revoked for good');
SELECT is(pg_temp.refusal('SELECT registry.revoke_certificate(%L, %L)', :'second', 'false_record'),
    '55000 known_transition', 'revoked twice');
SELECT is(pg_temp.refusal('SELECT registry.reissue_certificate(%L)', :'second'), '55000 only_valid_is_reissued',
    'a revoked certificate is not reissued');
RESET SESSION AUTHORIZATION;
UPDATE registry.service_record r SET status = 'voided' FROM registry.volunteer v
WHERE v.volunteer_id = r.volunteer_id AND v.volunteer_no = :'bob';
SELECT is(pg_temp.status(:'second'), 'revoked:false_record', 'a revoked certificate is not suspended');
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.issue(:'bob', :street, :'year'), 'P0002 records_to_certify', 'what was voided is not certified');
RESET SESSION AUTHORIZATION;
SELECT is(array_agg(concat_ws('>', e.from_status, e.to_status) || coalesce(' ' || e.reason, '') ORDER BY e.event_id),
    '{valid,"valid>suspended record_withdrawn","suspended>valid 已核","valid>revoked false_record"}',
    'every step left an event')
FROM registry.certificate_event e JOIN registry.certificate c USING (volunteer_id, certificate_id)
WHERE c.code = :'second';

-- Nothing is removed or rewritten.

SELECT is(pg_temp.refusal('DELETE FROM registry.certificate c WHERE c.code = %L', :'code'), '42501 append_only',
    'a certificate is not deleted');
SELECT is(pg_temp.refusal('UPDATE registry.certificate SET hours = ''900:00'''), '42501 append_only',
    'what was signed is not rewritten');
SELECT is(pg_temp.refusal('UPDATE registry.certificate SET period = ''[2020-01-01,2021-01-01)'', star = ''5'''),
    '42501 append_only', 'nor stretched');
SELECT is(pg_temp.refusal('UPDATE registry.certificate SET %I = %1$I', attname), '42501 append_only', attname || ' stays')
FROM pg_attribute
WHERE attrelid = 'registry.certificate'::regclass AND attnum > 0
    AND attname NOT IN ('disclosures', 'token', 'token_sha256', 'kid', 'status', 'status_since', 'reason')
ORDER BY attnum;
SELECT is(pg_temp.refusal('UPDATE registry.certificate_event SET actor = current_user'), '42501 append_only',
    'events are not rewritten');
SELECT is(pg_temp.refusal('UPDATE registry.certificate_line SET hours = ''9:00'''), '42501 append_only',
    'lines are not rewritten');

-- A dissolved body and the one that takes over.

SELECT registry.change_organization_status(:library, 'dissolved', '合并', :street);
SET SESSION AUTHORIZATION sample_library;
SELECT is(pg_temp.issue(:'ann', :library, :'year'), '55000 organization_active', 'a dissolved body');
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.issue_certificate(:'ann', :street, :'year', '负责人') AS inherited \gset
SELECT is(pg_temp.claims(:'inherited') ->> 'hours', '11.52', 'the successor certifies what the dissolved recorded');
RESET SESSION AUTHORIZATION;

-- Places in the status list.

SELECT is(array[count(DISTINCT place), min(place), max(place)], '{131072,0,131071}',
    'the order of a list is a permutation')
FROM registry.status_list s, generate_series(0, 131071) AS n, registry.permute(s.secret, n) AS place;
SELECT is(array_agg(registry.permute('\x0123456789abcdef', n)), '{7818,86063,12667,70588,73046,122122,44557}',
    'which stays what it is: half a list would meet places that were used')
FROM unnest('{0,1,2,255,256,65536,131071}'::integer[]) AS n;
UPDATE registry.status_list SET used = 131072;
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.issue_certificate(:'zoe', :street, :'year', '负责人') AS overflow \gset
SELECT ok(pg_temp.claims(:'overflow') #>> '{status,status_list,uri}' LIKE '%/s/2',
    'a full list is followed by the next');
RESET SESSION AUTHORIZATION;

-- Keys.

SELECT is(registry.register_signing_key(), volunteer.signing_public_key() ->> 'kid', 'registered again: the same key');
SELECT is(pg_temp.refusal('SELECT registry.compromise_signing_key(''?'')'), 'P0002 known_key', 'an unknown key');
SELECT is(pg_temp.refusal('SELECT registry.compromise_signing_key(volunteer.signing_public_key() ->> ''kid'')'),
    '55000 signed_by_registered_key', 'a compromised key that is still the configured one');
UPDATE registry.signing_key SET retired_at = now();
SET SESSION AUTHORIZATION sample_issuer;
SELECT is(pg_temp.issue(:'zoe', :street, :'year'), '55000 signed_by_registered_key', 'a retired key');
RESET SESSION AUTHORIZATION;
UPDATE registry.signing_key SET compromised_at = now();
SELECT is(pg_temp.refusal('SELECT registry.register_signing_key()'), '55000 compromised_for_good',
    'a compromised key comes back');
UPDATE registry.signing_key SET compromised_at = NULL;

-- Reports.

SELECT is_empty('SELECT * FROM registry.check_certificates()', 'nothing to find');
SELECT number FROM registry.certificate c WHERE c.code = :'inherited' \gset
SELECT is(concat_ws(' ', r.holder, r.period_from, r.hours, r.status), format('测*甲 %s 11:31 valid', :'first_day'),
    'the ledger masks names')
FROM report.certificates_issued r WHERE r.number = :'number';
SELECT is(count(*), 8::bigint, 'the ledger lists all') FROM report.certificates_issued;
SET SESSION AUTHORIZATION sample_auditor;
SELECT is_empty('SELECT * FROM registry.check_certificates()', 'an auditor may check');
SELECT is(pg_temp.refusal('SELECT FROM report.certificates_issued'), '42501 ', 'an auditor is no analyst');
RESET SESSION AUTHORIZATION;

SELECT * FROM finish();
ROLLBACK;
