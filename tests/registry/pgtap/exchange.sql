BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(163);

\set peer https://zyz.other.example
CREATE ROLE issuer LOGIN IN ROLE registry_issuer;
SELECT pg_temp.act('clerk', format($$SELECT registry.appoint_staff('issuer', %s, 'issuer')$$, :city)) AS staff \gset
CREATE ROLE outsider LOGIN IN ROLE registry_reviewer;
SELECT registry.register_signing_key() AS kid \gset

-- Whom this registry trusts. The other one is played with the same key.
CREATE FUNCTION pg_temp.trusting(origin text, jwk jsonb, basis text DEFAULT '示例协议') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.trust_issuer(%L, ''别市志愿服务联合会'', %L, %L)', origin, jwk, basis)
$$;
SELECT is(pg_temp.act('clerk', pg_temp.trusting(:'peer', volunteer.signing_public_key() - 'kid')), :'kid', 'a key is known by its thumbprint');
SELECT pg_temp.refused('clerk', pg_temp.trusting('https://zyz.third.example', volunteer.signing_public_key()), '23505', 'trusted_issuer_pkey', 'one key, one registry');
SELECT pg_temp.refused('clerk', pg_temp.trusting('https://zyz.example.gov.cn', volunteer.signing_public_key()), '23514', 'issuer_is_another', 'not itself');
SELECT pg_temp.refused('clerk', pg_temp.trusting('http://zyz.other.example', volunteer.signing_public_key() || '{"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}'),
    '23514', 'issuer_origin_is_https', 'only by its https origin');
SELECT pg_temp.refused('clerk', pg_temp.trusting(:'peer', '{"kty":"RSA"}'), '22023', '', 'no other kind of key');
SELECT pg_temp.refused('clerk', pg_temp.trusting(:'peer', volunteer.signing_public_key() || '{"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}'), '22023', '', 'nor half of one and half of another');
SELECT pg_temp.refused('clerk', pg_temp.trusting(:'peer', volunteer.signing_public_key() || '{"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}', ' '),
    '23514', 'trust_states_its_basis', 'not without a basis');
SELECT pg_temp.refused('registrar', pg_temp.trusting(:'peer', '{}'), '42501', '', 'the administrator alone');
SELECT pg_temp.refused('clerk', 'SELECT registry.distrust_issuer(''none'', ''泄露'')', 'P0002', 'known_issuer', 'no such key');
SELECT pg_temp.refused('clerk', format('SELECT registry.distrust_issuer(%L, '' '')', :'kid'), '23514', 'withdrawal_is_signed', 'nor without a reason');

-- Request and consent
CREATE FUNCTION pg_temp.requesting(volunteer_no text, peer text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.request_transfer(%L, %L)', volunteer_no, peer)
$$;
CREATE FUNCTION pg_temp.transfer(what text, transfer_id text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.%s_transfer(%s%s)', what, transfer_id, more)
$$;
SELECT pg_temp.refused('registrar', pg_temp.requesting(:'ann', 'https://nobody.example'), '23503', 'known_issuer', 'only to a registry whose receipt can be verified');
SELECT pg_temp.refused('stranger', pg_temp.requesting(:'ann', :'peer'), '42501', 'not_staff', 'staff only');
SELECT person_id AS ann_person FROM registry.volunteer WHERE volunteer_no = :'ann' \gset
UPDATE registry.person SET erased_at = now() WHERE person_id = :ann_person;
SELECT pg_temp.refused('registrar', pg_temp.requesting(:'ann', :'peer'), '55000', 'person_is_whole', 'nobody whose data was erased');
UPDATE registry.person SET erased_at = NULL WHERE person_id = :ann_person;
SELECT pg_temp.refused('recorder', pg_temp.requesting(:'ann', :'peer'), '42501', '', 'the registrar alone');
SELECT pg_temp.act('registrar', pg_temp.requesting(:'ann', :'peer')) AS leaving \gset
SELECT pg_temp.refused('registrar', pg_temp.requesting(:'ann', :'peer'), '23505', 'one_open_transfer', 'one at a time');
SELECT pg_temp.refused('reviewer', pg_temp.transfer('export', :'leaving'), '42501', 'access_is_logged', 'no export before the access is logged');
SELECT pg_temp.announced('reviewer', v, 'package') FROM unnest(ARRAY[:'ann', :'ben']) AS v;
SELECT pg_temp.refused('reviewer', pg_temp.transfer('export', :'leaving'), '55000', 'known_transition', 'no export without consent');
SELECT pg_temp.refused('registrar', pg_temp.transfer('consent', :'leaving', ', '' '''), '23514', 'consent_has_evidence', 'no consent without evidence');
SELECT pg_temp.refused('registrar', pg_temp.transfer('consent', '-1', ', ''书面同意'''), '23503', 'known_transfer', 'an unknown transfer');
SELECT pg_temp.refused('stranger', pg_temp.transfer('consent', :'leaving', ', ''书面同意'''), '42501', 'not_staff', 'entered by staff');
SELECT pg_temp.act('registrar', pg_temp.transfer('consent', :'leaving', ', ''书面同意'''));
SELECT pg_temp.refused('registrar', pg_temp.transfer('consent', :'leaving', ', ''书面同意'''), '55000', 'known_transition', 'consent is given once');
SELECT pg_temp.refused('registrar', pg_temp.transfer('cancel', :'leaving', ', '' '''), '23514', 'reason_required', 'cancelled for a reason');
SELECT pg_temp.refused('stranger', pg_temp.transfer('cancel', :'leaving', ', ''本人改变主意'''), '42501', 'not_staff', 'by staff');
SELECT pg_temp.act('registrar', pg_temp.transfer('cancel', :'leaving', ', ''本人改变主意'''));
SELECT isnt(withdrawn_at, NULL, 'and the consent ends with it') FROM registry.consent WHERE purpose = 'transfer';
UPDATE registry.person SET birth_date = registry.today() - 4000 WHERE person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben');
SELECT pg_temp.act('registrar', pg_temp.requesting(:'ben', :'peer')) AS child \gset
SELECT pg_temp.refused('registrar', pg_temp.transfer('consent', :'child', ', ''书面同意'''), '23514', 'guardian_consents', 'a guardian consents for a child');
SELECT pg_temp.act('registrar', pg_temp.transfer('consent', :'child', ', ''书面同意'', ''示例父'', ''父亲'''));
SELECT is(relation, '父亲', 'and is named in it') FROM registry.transfer JOIN registry.consent USING (consent_id) JOIN registry.guardian USING (guardian_id) WHERE transfer_id = :child;
SELECT pg_temp.refused('reviewer', pg_temp.transfer('export', :'child'), 'P0002', 'records_to_transfer', 'nothing to move');

-- Export
SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-3, '08:00', '12:00'))) AS voided \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-2, '08:00', '18:00')));
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-1, '08:00', '08:30'), ', ''引导'', 2'));
SELECT pg_temp.take_effect(:'batch');
SELECT pg_temp.act('issuer', format('SELECT registry.issue_certificate(%L, %s, %L, ''负责人'')', :'ann', :district,
    daterange(registry.today() - 31, registry.today()))) AS earlier \gset
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''误录'')', :voided));
SELECT pg_temp.open_batch(:'district') AS pending \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'pending', :'ann', :'activity', pg_temp.during(-4, '08:00', '09:00')));
INSERT INTO registry.star_standard (region, valid, thresholds, basis) VALUES ('441402', '(,)', '{10:00,20:00,30:00,40:00,50:00}', '示例办法');
SELECT pg_temp.award_stars(:'district');
SELECT pg_temp.act('issuer', format('SELECT registry.issue_certificate(%L, %s, %L, ''负责人'')', :'ann', :district,
    daterange(registry.today() - 30, registry.today()))) AS code \gset
SELECT pg_temp.act('registrar', pg_temp.requesting(:'ann', :'peer')) AS moving \gset
SELECT pg_temp.act('registrar', pg_temp.transfer('consent', :'moving', ', ''书面同意'''));
SELECT pg_temp.refused('registrar', pg_temp.transfer('export', :'moving'), '42501', '', 'not by the registrar');
SELECT pg_temp.refused('outsider', pg_temp.transfer('export', :'moving'), '42501', 'not_staff', 'nor by a reviewer of nobody');
UPDATE registry.transfer SET requested_by = 'reviewer' WHERE transfer_id = :moving;
SELECT pg_temp.refused('reviewer', pg_temp.transfer('export', :'moving'), '23514', 'exporter_is_not_requester', 'nor by whoever entered it');
UPDATE registry.transfer SET requested_by = 'registrar' WHERE transfer_id = :moving;
UPDATE registry.consent SET recorded_by = 'reviewer' WHERE consent_id = (SELECT consent_id FROM registry.transfer WHERE transfer_id = :moving);
SELECT pg_temp.refused('reviewer', pg_temp.transfer('export', :'moving'), '23514', 'exporter_is_not_requester', 'nor by whoever entered the consent');
UPDATE registry.consent SET recorded_by = 'registrar' WHERE consent_id = (SELECT consent_id FROM registry.transfer WHERE transfer_id = :moving);
UPDATE registry.consent SET withdrawn_at = now(), withdrawn_by = session_user WHERE consent_id = (SELECT consent_id FROM registry.transfer WHERE transfer_id = :moving);
SELECT pg_temp.refused('reviewer', pg_temp.transfer('export', :'moving'), '23514', 'consent_in_force', 'nor after the consent was withdrawn');
UPDATE registry.consent SET withdrawn_at = NULL, withdrawn_by = NULL WHERE consent_id = (SELECT consent_id FROM registry.transfer WHERE transfer_id = :moving);
SELECT pg_temp.handed_out('reviewer', pg_temp.transfer('export', :'moving')) AS package \gset
SELECT registry.token_part(:'package', 2) AS claims \gset
SELECT ok(volunteer.verify_transfer(:'package', volunteer.signing_public_key()), 'the package is signed');
SELECT is(jsonb_path_query_array(:'claims', '$.records[*].minutes'), '[600, 30]', 'with what is effective, not what was voided or is pending');
SELECT is((:'claims'::jsonb #> '{records,1}') - '{no,start,end}'::text[],
    '{"post": "引导", "minutes": 30, "entry_method": 2, "project": "社区清洁", "category": "0001", "organization": "示例区志愿服务队"}', 'and all it needs');
SELECT is(jsonb_path_query_array(:'claims', '$.stars[*].level'), '[1]', 'the star');
SELECT is(jsonb_array_length(:'claims'::jsonb -> 'certificates'), 1, 'the certificate that it ends, not one that was suspended before');
SELECT is(:'claims'::jsonb #> '{holder,documents}', jsonb_build_array(jsonb_build_object('kind', 'citizen_id', 'tail', right(pg_temp.citizen('1990-01-01', 1), 4))),
    'and of the document its end alone');
SELECT is(pg_temp.act('reviewer', pg_temp.transfer('export', :'moving')), :'package', 'asked for again, it is the same');
SELECT pg_temp.refused('outsider', pg_temp.transfer('export', :'moving'), '42501', 'not_staff', 'and not for anybody');
SELECT is(c -> 'stars' || (c -> 'certificates'), '[]', 'nothing of it is part of another transfer') FROM registry.package_content(:leaving) AS c;
SELECT volunteer.flush_hours();
SELECT is((SELECT hours::text FROM registry.volunteer_hours JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = :'ann'), '0:00', 'the hours no longer count here');
SELECT is(status, 'transferred', 'nor does the star') FROM registry.star_award;
SELECT is(status || ' ' || reason, 'suspended record_transferred', 'the certificate waits') FROM registry.certificate c WHERE c.code::text = :'code';
SELECT pg_temp.refused('recorder', pg_temp.serving(:'pending', :'ann', :'activity', pg_temp.during(-2, '08:00', '09:00')), '23514', 'no_overlap', 'their time is not recorded a second time');
SELECT record_id AS moved FROM registry.service_record WHERE status = 'transferred' ORDER BY period LIMIT 1 \gset
SELECT pg_temp.refused('reviewer', format('SELECT registry.void_record(%s, ''误录'')', :moved), '55000', 'known_transition', 'nor set free');
SELECT pg_temp.refused('recorder', format('SELECT registry.correct_record(%s, %L, ''误录'')', :moved, pg_temp.during(-2, '08:00', '09:00')), '55000', 'record_is_kept_here', 'nor corrected');
SELECT pg_temp.refused('registrar', pg_temp.transfer('cancel', :'moving', ', ''反悔'''), '55000', 'known_transition', 'there is no way back without the other');

-- Receipts of the other registry
CREATE FUNCTION pg_temp.receipt(package text, outcome text, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.sign_transfer((jsonb_build_object('type', 'receipt', 'iss', c ->> 'aud', 'aud', c ->> 'iss', 'jti', gen_random_uuid(),
        'package', c ->> 'jti', 'package_sha256', encode(sha256(convert_to(package, 'UTF8')), 'hex'), 'outcome', outcome,
        'records', 2, 'hours', '10.50') || more)::json)
    FROM registry.token_part(package, 2) AS c
$$;
CREATE FUNCTION pg_temp.reconciling(receipt text) RETURNS text LANGUAGE sql AS $$ SELECT format('SELECT registry.reconcile_transfer(%L)', receipt) $$;
SELECT pg_temp.receipt(:'package', 'refused', '{"reason": "时间重叠"}') AS refusal \gset
SELECT pg_temp.receipt(:'package', 'imported') AS receipt \gset
SELECT pg_temp.refused('registrar', pg_temp.reconciling(overlay(:'receipt' PLACING 'x' FROM 150)), '23514', 'message_is_genuine', 'an altered receipt');
SELECT pg_temp.refused('registrar', pg_temp.reconciling(:'package'), '23514', 'message_is_genuine', 'the package is no receipt');
SELECT pg_temp.refused('registrar', pg_temp.reconciling('x'), '23503', 'known_issuer', 'nor is anything');
SELECT pg_temp.refused('registrar', pg_temp.reconciling(pg_temp.receipt(:'package', 'imported', '{"iss": "https://zyz.third.example"}')), '23514', 'message_is_genuine', 'signed by one, named another');
SELECT pg_temp.refused('registrar', pg_temp.reconciling(pg_temp.receipt(:'package', 'imported', '{"aud": "https://zyz.third.example"}')), '23514', 'message_is_for_this_registry', 'for another');
SELECT pg_temp.refused('registrar', pg_temp.reconciling(pg_temp.receipt(:'package', 'imported', jsonb_build_object('package', gen_random_uuid()))), '23503', 'known_transfer', 'of another package');
SELECT pg_temp.refused('registrar', pg_temp.reconciling(pg_temp.receipt(:'package', 'imported', '{"hours": "10.00"}')), '23514', 'receipt_matches_package', 'with other hours');
SELECT pg_temp.refused('registrar', pg_temp.reconciling(pg_temp.receipt(:'package', 'imported', '{"records": 3}')), '23514', 'receipt_matches_package', 'with more records');
SELECT pg_temp.refused('registrar', pg_temp.reconciling(pg_temp.receipt(:'package', 'imported', '{"package_sha256": "00"}')), '23514', 'receipt_matches_package', 'for another text');
SELECT pg_temp.refused('registrar', pg_temp.reconciling(pg_temp.receipt(:'package', 'perhaps')), '23514', 'receipt_matches_package', 'of no outcome');
SELECT pg_temp.refused('stranger', pg_temp.reconciling(:'receipt'), '42501', 'not_staff', 'brought by nobody of the staff');
-- The same key is now of a third registry, to which the package did not go.
SAVEPOINT third;
SET LOCAL session_replication_role = replica;
UPDATE registry.trusted_issuer SET origin = 'https://zyz.third.example';
SET LOCAL session_replication_role = origin;
SELECT pg_temp.refused('registrar', pg_temp.reconciling(pg_temp.receipt(:'package', outcome, '{"iss": "https://zyz.third.example"}')), '23503', 'known_transfer', outcome || ' by a third')
FROM unnest('{imported,refused}'::text[]) AS outcome;
ROLLBACK TO SAVEPOINT third;
SAVEPOINT sent;
SELECT is(pg_temp.act('registrar', pg_temp.reconciling(:'refusal')), 'returned', 'refused there');
SELECT is(pg_temp.act('registrar', pg_temp.reconciling(:'refusal')), 'returned', 'told twice');
SELECT pg_temp.refused('registrar', pg_temp.reconciling(:'receipt'), '55000', 'known_transition', 'it cannot have been imported after that');
SELECT volunteer.flush_hours();
SELECT is((SELECT hours::text FROM registry.volunteer_hours JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = :'ann'), '10:30', 'the hours count here again');
SELECT is(status, 'awarded', 'so does the star') FROM registry.star_award;
SELECT is(status, 'valid', 'and the certificate is in force again') FROM registry.certificate c WHERE c.code::text = :'code';
SELECT is_empty('SELECT * FROM registry.check_hours()', 'the totals are exact');
SELECT isnt(pg_temp.act('registrar', pg_temp.requesting(:'ann', :'peer')), NULL, 'another try is possible');
ROLLBACK TO SAVEPOINT sent;
SELECT is(pg_temp.act('registrar', pg_temp.reconciling(:'receipt')), 'reconciled', 'imported there');
SELECT is(pg_temp.act('registrar', pg_temp.reconciling(:'receipt')), 'reconciled', 'told twice');
SELECT pg_temp.refused('stranger', pg_temp.reconciling(:'receipt'), '42501', 'not_staff', 'but not to anybody');
SELECT pg_temp.refused('registrar', pg_temp.reconciling(:'refusal'), '55000', 'known_transition', 'it cannot have been refused after that');
SELECT is(status, 'superseded', 'the certificate has ended') FROM registry.certificate c WHERE c.code::text = :'code';
SELECT is(status || ' ' || reason, 'suspended record_withdrawn', 'not one that was suspended for another reason') FROM registry.certificate c WHERE c.code::text = :'earlier';
SELECT results_eq(format('SELECT from_status, to_status, actor::text COLLATE "default" FROM registry.transfer_event WHERE transfer_id = %s ORDER BY event_id', :moving),
    $$VALUES (NULL, 'requested', 'registrar'), ('requested', 'consented', 'registrar'), ('consented', 'exported', 'reviewer'), ('exported', 'reconciled', 'registrar')$$,
    'every step is an event');

-- A package of the other registry
CREATE FUNCTION pg_temp.package(holder text, records jsonb, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT volunteer.sign_transfer((jsonb_build_object('type', 'package', 'iss', 'https://zyz.other.example', 'aud', 'https://zyz.example.gov.cn',
        'jti', gen_random_uuid(), 'stars', '[]'::jsonb, 'certificates', '[]'::jsonb, 'records', records,
        'holder', (SELECT jsonb_build_object('name', name, 'sex', sex, 'birth_date', birth_date, 'documents', jsonb_build_array(jsonb_build_object('kind', kind, 'tail', tail)))
            FROM registry.volunteer JOIN registry.person USING (person_id) JOIN registry.identity_document USING (person_id) WHERE volunteer_no::text = holder)) || more)::json)
$$;
CREATE FUNCTION pg_temp.record(no integer, period tstzrange, category text DEFAULT '0001', more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_array(jsonb_build_object('no', no, 'start', lower(period), 'end', upper(period), 'entry_method', 1, 'project', '别市行动',
        'category', category, 'organization', '别市志愿服务队') || more)
$$;
CREATE FUNCTION pg_temp.receiving(package text, volunteer_no text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.receive_transfer(%L, %L)', package, volunteer_no)
$$;
UPDATE registry.person SET birth_date = '1990-01-01' WHERE person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben');
SELECT pg_temp.record(1, pg_temp.during(-250, '08:00', '19:00')) || pg_temp.record(2, pg_temp.during(-6, '08:00', '10:00'), '4401', '{"project": "地方项目"}') AS records \gset
SELECT pg_temp.package(:'ben', :'records', '{"stars": [{"level": 1}, {"level": 2}]}') AS incoming \gset
SELECT pg_temp.refused('recorder', pg_temp.receiving(overlay(:'incoming' PLACING 'x' FROM 200), :'ben'), '23514', 'message_is_genuine', 'an altered package');
SELECT pg_temp.refused('recorder', pg_temp.receiving(:'receipt', :'ben'), '23514', 'message_is_genuine', 'a receipt is no package');
SELECT pg_temp.refused('recorder', pg_temp.receiving(volunteer.sign_certificate('{"type":"package"}'), :'ben'), '23514', 'message_is_genuine', 'nor is a certificate of the same key');
SELECT pg_temp.refused('recorder', pg_temp.receiving(:'package', :'ben'), '23514', 'message_is_genuine', 'nor our own');
SELECT pg_temp.refused('recorder', pg_temp.receiving(:'incoming', :'ann'), '23514', 'holder_matches_package', 'somebody else');
SELECT pg_temp.refused('recorder', pg_temp.receiving(pg_temp.package(:'ben', :'records', jsonb_build_object('holder', jsonb_set(registry.token_part(:'incoming', 2) -> 'holder', path, other))), :'ben'),
    '23514', 'holder_matches_package', 'somebody with another ' || path::text)
FROM (VALUES ('{name}'::text[], '"示例己"'::jsonb), ('{sex}', '9'), ('{birth_date}', '"1990-01-02"'), ('{documents,0,kind}', '"passport"'), ('{documents,0,tail}', to_jsonb(right(pg_temp.citizen('1990-01-01', 1), 4)))) AS t (path, other);
SELECT pg_temp.refused('recorder', pg_temp.receiving(:'incoming', volunteer.volunteer_no('441402', registry.today(), 999)::text), '23503', 'known_volunteer', 'somebody unknown');
SELECT pg_temp.refused('stranger', pg_temp.receiving(:'incoming', :'ben'), '42501', 'not_staff', 'staff only');
SELECT pg_temp.refused('recorder', pg_temp.receiving(pg_temp.package(:'ben', pg_temp.record(1, pg_temp.during(-6, '08:00', '10:00'), '0001', '{"start": "gestern"}')), :'ben'),
    '22P02', 'package_is_readable', 'of another form');
SELECT pg_temp.refused('recorder', pg_temp.receiving(pg_temp.package(:'ben', pg_temp.record(1, pg_temp.during(-6, '08:00', '10:00')) || pg_temp.record(2, pg_temp.during(-6, '09:00', '11:00'))), :'ben'),
    '23514', 'no_overlap', 'that contradicts itself');
SELECT pg_temp.refused('recorder', pg_temp.receiving(pg_temp.package(:'ben', pg_temp.record(1, pg_temp.during(1, '08:00', '10:00'))), :'ben'), '23514', 'not_in_future', 'of the future');
SELECT is(count(*), 0::bigint, 'a refused package leaves nothing') FROM registry.transfer WHERE direction = 'in';

-- What is in its way here
SELECT pg_temp.open_batch(:'district') AS local \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'local', :'ben', :'activity', pg_temp.during(-6, '09:30', '10:30'))) AS obstacle \gset
SELECT pg_temp.act('recorder', pg_temp.receiving(:'incoming', :'ben')) AS arriving \gset
SELECT is(status, 'received', 'a conflict is a case') FROM registry.transfer WHERE transfer_id = :arriving;
SELECT is(count(*), 0::bigint, 'of which nothing is imported') FROM registry.record_batch WHERE source = 'transfer';
SELECT pg_temp.act('recorder', format('SELECT array_agg(ROW(origin_no, rule, record_id)::text) FROM registry.transfer_conflicts(%s)', :arriving)) AS conflicts \gset
SELECT is(:'conflicts'::text[], ARRAY[format('(2,no_overlap,%s)', :obstacle)], 'it says which record stands against which');
SELECT pg_temp.refused('stranger', format('SELECT * FROM registry.transfer_conflicts(%s)', :arriving), '42501', 'not_staff', 'to staff');
SELECT pg_temp.act('clerk', $$SELECT registry.create_organization('示例县志愿服务队', '1', '08', '441422')$$) AS elsewhere \gset
CREATE ROLE neighbour LOGIN IN ROLE registry_recorder;
SELECT pg_temp.act('clerk', pg_temp.appointing('neighbour', :elsewhere, 'recorder')) AS staff \gset
SELECT pg_temp.refused('neighbour', format('SELECT * FROM registry.transfer_conflicts(%s)', :arriving), '23503', 'known_transfer', 'of the place');
SELECT pg_temp.refused('outsider', pg_temp.transfer('refuse', :'arriving', ', ''时间重叠'''), '42501', 'not_staff', 'who alone refuse it');
SELECT pg_temp.refused('reviewer', pg_temp.transfer('import', :'arriving'), '55000', 'known_transition', 'nobody overrules it');
SELECT is(pg_temp.act('recorder', pg_temp.receiving(:'incoming', :'ben')), :'arriving', 'sent again, it is the same case');
SELECT pg_temp.refused('reviewer', pg_temp.transfer('refuse', :'arriving', ', '' '''), '23514', 'reason_required', 'refused for a reason');
SAVEPOINT received;
SELECT pg_temp.handed_out('reviewer', pg_temp.transfer('refuse', :'arriving', ', ''时间重叠''')) AS refusal \gset
SELECT is(registry.token_part(:'refusal', 2) - '{jti,iat,package,package_sha256}'::text[],
    '{"iss": "https://zyz.example.gov.cn", "aud": "https://zyz.other.example", "type": "receipt", "outcome": "refused", "reason": "时间重叠", "records": 2, "hours": "13.00"}',
    'the refusal is signed');
SELECT is(pg_temp.act('reviewer', pg_temp.transfer('refuse', :'arriving', ', ''时间重叠''')), :'refusal', 'and stays the same');
SELECT pg_temp.refused('outsider', pg_temp.transfer('refuse', :'arriving', ', ''时间重叠'''), '42501', 'not_staff', 'for the staff');
SELECT is(pg_temp.act('recorder', pg_temp.receiving(:'incoming', :'ben')), :'arriving', 'the package changes nothing any more');
SELECT is(status, 'refused', 'it is refused for good') FROM registry.transfer WHERE transfer_id = :arriving;
ROLLBACK TO SAVEPOINT received;

-- Import
SELECT pg_temp.act('recorder', format('SELECT registry.void_record(%s, ''重复'')', :obstacle));
SELECT is(pg_temp.act('recorder', pg_temp.receiving(:'incoming', :'ben')), :'arriving', 'once the way is free, the same file');
SELECT is(status, 'acknowledged', 'is entered') FROM registry.transfer WHERE transfer_id = :arriving;
SELECT batch_id AS transferred FROM registry.transfer WHERE transfer_id = :arriving \gset
SELECT results_eq(format($$SELECT b.source, b.back_fill, b.evidence_sha256, r.status, j.name, j.category FROM registry.record_batch b
    JOIN registry.service_record r USING (batch_id) JOIN registry.project j USING (project_id) WHERE batch_id = %s ORDER BY period$$, :transferred),
    format($$VALUES ('transfer', true, sha256(%1$L), 'submitted', '别市行动', '0001'), ('transfer', true, sha256(%1$L), 'submitted', '地方项目', '0099')$$, :'incoming'),
    'proved by the package; a local category stays behind');
SELECT pg_temp.refused('recorder', pg_temp.serving(:'local', :'ben', :'activity', pg_temp.during(-6, '08:30', '09:00')), '23514', 'no_overlap', 'its time is taken');
SELECT pg_temp.refused('reviewer', format('SELECT registry.review_batch(%s, true)', :transferred), '55000', 'transfer_decides', 'no way around the transfer');
SAVEPOINT acknowledged;
SELECT min(record_id) AS half FROM registry.service_record WHERE batch_id = :transferred \gset
SELECT pg_temp.act('recorder', format('SELECT registry.void_record(%s, ''误录'')', :half));
SELECT pg_temp.refused('reviewer', pg_temp.transfer('import', :'arriving'), '55000', 'package_is_whole', 'nothing is imported in part');
ROLLBACK TO SAVEPOINT acknowledged;
SELECT pg_temp.refused('recorder', pg_temp.transfer('import', :'arriving'), '42501', '', 'the recorder does not let it take effect');
SELECT person_id AS ben_person FROM registry.volunteer WHERE volunteer_no = :'ben' \gset
SELECT person_id AS reviewer_person FROM registry.staff WHERE role_name = 'reviewer' \gset
UPDATE registry.staff SET person_id = :ben_person WHERE role_name = 'reviewer';
SELECT pg_temp.refused('reviewer', pg_temp.transfer('import', :'arriving'), '23514', 'reviewer_is_not_volunteer', 'nor does the holder');
UPDATE registry.staff SET person_id = :reviewer_person WHERE role_name = 'reviewer';
SELECT pg_temp.handed_out('reviewer', pg_temp.transfer('import', :'arriving')) AS receipt \gset
SELECT is(registry.token_part(:'receipt', 2) - '{jti,iat,package,package_sha256}'::text[],
    '{"iss": "https://zyz.example.gov.cn", "aud": "https://zyz.other.example", "type": "receipt", "outcome": "imported", "records": 2, "hours": "13.00"}', 'the receipt');
SELECT is(pg_temp.act('reviewer', pg_temp.transfer('import', :'arriving')), :'receipt', 'asked for again, it is the same');
SELECT pg_temp.refused('outsider', pg_temp.transfer('import', :'arriving'), '42501', 'not_staff', 'and for the staff alone');
SELECT pg_temp.refused('recorder', format('SELECT * FROM registry.transfer_conflicts(%s)', :arriving), '23503', 'known_transfer', 'which has no conflicts any more');
SELECT is(pg_temp.act('recorder', pg_temp.receiving(:'incoming', :'ben')), :'arriving', 'the package a third time');
SELECT is((SELECT hours::text FROM registry.volunteer_hours JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = :'ben'), '13:00', 'changes nothing: the hours count once');
SELECT results_eq(format('SELECT level::integer, basis_hours::text FROM registry.star_award JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = %L', :'ben'),
    $$VALUES (1, '13:00')$$, 'stars as far as the standard here allows');
SELECT results_eq('SELECT origin, origin_no, organization FROM registry.record_origin ORDER BY origin_no',
    $$VALUES ('https://zyz.other.example', 1::bigint, '别市志愿服务队'), ('https://zyz.other.example', 2, '别市志愿服务队')$$, 'each record knows where it came from');
SELECT pg_temp.act('recorder', pg_temp.receiving(pg_temp.package(:'ben', pg_temp.record(2, pg_temp.during(-7, '08:00', '10:00'))), :'ben')) AS twice \gset
SELECT is(pg_temp.act('recorder', format('SELECT rule FROM registry.transfer_conflicts(%s)', :twice)), 'moved_once', 'the same record in another package');
SELECT pg_temp.act('recorder', pg_temp.receiving(pg_temp.package(:'ben', pg_temp.record(3, '[1999-01-01 08:00+08,1999-01-01 09:00+08)')), :'ben')) AS ancient \gset
SELECT is(pg_temp.act('recorder', format('SELECT rule FROM registry.transfer_conflicts(%s)', :ancient)), 'year_is_open', 'a year without partition');
SELECT registry.set_policy('daily_cap_minutes', 480, '测试', '441402');
UPDATE registry.policy SET valid = '(,)' WHERE name = 'daily_cap_minutes' AND region IS NOT NULL;
SELECT pg_temp.act('recorder', pg_temp.receiving(pg_temp.package(:'ben', pg_temp.record(6, pg_temp.during(-6, '12:00', '18:30'))), :'ben')) AS long \gset
SELECT is(pg_temp.act('recorder', format('SELECT rule FROM registry.transfer_conflicts(%s)', :long)), 'daily_cap', 'more than the place allows in a day');
SAVEPOINT capped;
SELECT pg_temp.act('recorder', pg_temp.receiving(pg_temp.package(:'ben', pg_temp.record(7, pg_temp.during(-8, '08:00', '16:01'))), :'ben')) AS alone \gset
SELECT is(pg_temp.act('recorder', format('SELECT rule FROM registry.transfer_conflicts(%s)', :alone)), 'daily_cap', 'by itself');
SELECT pg_temp.act('recorder', pg_temp.receiving(pg_temp.package(:'ben', pg_temp.record(8, pg_temp.during(-6, '12:00', '18:00'))), :'ben')) AS enough \gset
SELECT is(status, 'acknowledged', 'what was voided takes nothing of it') FROM registry.transfer WHERE transfer_id = :enough;
UPDATE registry.policy SET value = 600 WHERE name = 'daily_cap_minutes' AND region IS NOT NULL;
SELECT pg_temp.act('recorder', pg_temp.receiving(pg_temp.package(:'ann', pg_temp.record(9, pg_temp.during(-2, '08:00', '18:00'))), :'ann')) AS again \gset
SELECT is(status, 'acknowledged', 'nor what gives way') FROM registry.transfer WHERE transfer_id = :again;
ROLLBACK TO SAVEPOINT capped;
UPDATE registry.policy SET valid = 'empty' WHERE name = 'daily_cap_minutes' AND region IS NOT NULL;
SELECT pg_temp.refused('recorder', format('SELECT registry.receive_transfer(%L, %L)', pg_temp.package(:'ben', :'records', jsonb_build_object('jti', registry.token_part(:'incoming', 2) -> 'jti')), :'ben'),
    '23505', 'one_transfer_of_a_package', 'another package of the same number');
SELECT is_empty('SELECT * FROM registry.check_hours()', 'the totals are exact');

-- What came may go on, and what went may come back
SELECT pg_temp.act('registrar', pg_temp.transfer('cancel', :'child', ', ''示例'''));
SELECT pg_temp.act('registrar', pg_temp.requesting(:'ben', :'peer')) AS onward \gset
SELECT pg_temp.act('registrar', pg_temp.transfer('consent', :'onward', ', ''书面同意'''));
SELECT registry.token_part(pg_temp.handed_out('reviewer', pg_temp.transfer('export', :'onward')), 2) AS onward_claims \gset
SELECT is(jsonb_path_query_array(:'onward_claims', '$.records[*].organization'), '["别市志愿服务队", "别市志愿服务队"]', 'recorded by whoever recorded it first');
SAVEPOINT onward;
SELECT pg_temp.act('recorder', pg_temp.receiving(pg_temp.package(:'ben', pg_temp.record(9, pg_temp.during(-6, '08:00', '10:00'))), :'ben')) AS early \gset
SELECT is(pg_temp.act('recorder', format('SELECT rule FROM registry.transfer_conflicts(%s)', :early)), 'no_overlap', 'what has left and not arrived does not come back');
SELECT pg_temp.act('recorder', pg_temp.receiving(pg_temp.package(:'ben', pg_temp.record(10, pg_temp.during(-2, '08:00', '18:00'), '0001', '{"entry_method": 0}')), :'ben')) AS forced \gset
SELECT is(status || ' ' || hours, 'acknowledged 0:00', 'a stay that was closed counts nothing') FROM registry.transfer WHERE transfer_id = :forced;
SELECT is(count(*), 2::bigint, 'and what another served at that time stays away')
FROM registry.service_record JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = :'ann' AND service_record.status = 'transferred';
SET LOCAL session_replication_role = replica;
UPDATE registry.trusted_issuer SET origin = 'https://zyz.third.example';
SET LOCAL session_replication_role = origin;
SELECT pg_temp.act('recorder', pg_temp.receiving(pg_temp.package(:'ann', pg_temp.record(4, pg_temp.during(-2, '08:00', '18:00')), '{"iss": "https://zyz.third.example"}'), :'ann')) AS third \gset
SELECT is(pg_temp.act('recorder', format('SELECT rule FROM registry.transfer_conflicts(%s)', :third)), 'no_overlap', 'nor from where it did not go');
ROLLBACK TO SAVEPOINT onward;
SELECT pg_temp.package(:'ann', pg_temp.record(4, pg_temp.during(-2, '08:00', '18:00')) || pg_temp.record(5, pg_temp.during(-1, '08:00', '08:30'))) AS homeward \gset
SELECT pg_temp.act('recorder', pg_temp.receiving(:'homeward', :'ann')) AS returning \gset
SELECT is(status, 'acknowledged', 'what this registry sent there is no obstacle') FROM registry.transfer WHERE transfer_id = :returning;
SAVEPOINT homeward;
SELECT pg_temp.handed_out('reviewer', pg_temp.transfer('refuse', :'returning', ', ''示例''')) AS refusal \gset
SELECT is(count(*), 2::bigint, 'a refusal leaves it there') FROM registry.service_record WHERE status = 'transferred' AND volunteer_id = (SELECT volunteer_id FROM registry.volunteer WHERE volunteer_no = :'ann');
ROLLBACK TO SAVEPOINT homeward;
SELECT pg_temp.handed_out('reviewer', pg_temp.transfer('import', :'returning')) AS receipt \gset
SELECT is((SELECT hours::text FROM registry.volunteer_hours JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = :'ann'), '10:30', 'the hours are back, once');
SELECT is_empty('SELECT * FROM registry.check_hours()', 'the totals are exact');

-- Reports
CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT is(pg_temp.act('analyst', format($$SELECT concat_ws(' ', direction, peer, volunteer_no, name, status, records, hours, star, certificates)
    FROM report.transfer(%1$L, %1$L) WHERE package_id = %2$L$$, registry.today(), registry.token_part(:'package', 2) ->> 'jti')),
    format('out %s %s 示*甲 reconciled 2 10:30 1 1', :'peer', :'ann'), 'the ledger, with the name masked');
SELECT results_eq('SELECT direction, status, transfers, records, hours::text FROM report.transfer_total(registry.today(), registry.today()) WHERE peer = ''合计'' OR status IN (''reconciled'', ''imported'')',
    $$VALUES ('in', 'imported', 2::bigint, 4::bigint, '23:30'), ('in', NULL, 5, 7, '33:00'), ('out', 'reconciled', 1, 2, '10:30'), ('out', NULL, 4, 4, '23:30')$$, 'and its totals');
SELECT is_empty('SELECT * FROM report.transfer(registry.today() + 1, registry.today() + 1)', 'of the days asked for');
SELECT pg_temp.refused('recorder', 'SELECT * FROM report.transfer(registry.today(), registry.today())', '42501', '', 'for the analyst alone');

-- Kept as it was
SELECT pg_temp.refused('postgres', 'DELETE FROM registry.exchange_message', '42501', 'append_only', 'messages stay');
SELECT pg_temp.refused('postgres', 'UPDATE registry.exchange_message SET body = ''x''', '42501', 'append_only', 'as they were');
SELECT lives_ok('UPDATE registry.exchange_message SET body = NULL', 'or are emptied for an erasure');
SELECT pg_temp.refused('postgres', format('UPDATE registry.exchange_message SET %I = %1$I', attname), '42501', 'append_only', attname || ' stays')
FROM pg_attribute WHERE attrelid = 'registry.exchange_message'::regclass AND attnum > 0 AND attname <> 'body' ORDER BY attnum;
SELECT pg_temp.refused('postgres', format('UPDATE registry.trusted_issuer SET %I = %1$I', attname), '42501', 'append_only', attname || ' stays')
FROM pg_attribute WHERE attrelid = 'registry.trusted_issuer'::regclass AND attnum > 0 AND attname !~ '^withdraw' ORDER BY attnum;
SELECT pg_temp.act('clerk', format('SELECT registry.distrust_issuer(%L, ''轮换'')', :'kid'));
SELECT pg_temp.refused('recorder', pg_temp.receiving(:'incoming', :'ben'), '23503', 'known_issuer', 'a key that is no longer trusted');
SELECT pg_temp.refused('registrar', pg_temp.requesting(:'ann', :'peer'), '23503', 'known_issuer', 'to whose registry nothing is sent either');
SELECT pg_temp.refused('clerk', format('SELECT registry.distrust_issuer(%L, ''轮换'')', :'kid'), 'P0002', 'known_issuer', 'withdrawn already');

SELECT * FROM finish();
ROLLBACK;
