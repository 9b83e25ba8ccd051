-- What was written about a person goes with the person: whatever table it stands in.

BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(37);
CREATE ROLE colleague LOGIN IN ROLE registry_registrar;
SELECT pg_temp.act('clerk', pg_temp.appointing('colleague', :'city', 'registrar'));
CREATE ROLE arbiter LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.act('clerk', pg_temp.appointing('arbiter', :'city', 'reviewer')) AS staff \gset

-- The tables of the registry in which a text stands.
CREATE FUNCTION pg_temp.tables_with(marker text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT c.oid FROM pg_class c
        WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    LOOP
        RETURN QUERY EXECUTE format('SELECT %L::text FROM %s AS t WHERE t::text LIKE %L LIMIT 1', relation, relation, '%' || marker || '%');
    END LOOP;
END
$$;

-- A digest of the rows of each table that are about somebody else.
CREATE FUNCTION pg_temp.of_others(person_id bigint) RETURNS TABLE (relation text, content text) LANGUAGE plpgsql AS $$
DECLARE
    volunteer_id bigint;
    who text;
BEGIN
    SELECT v.volunteer_id INTO volunteer_id FROM registry.volunteer v WHERE v.person_id = of_others.person_id;
    FOR relation, who IN
        SELECT c.oid::regclass, min(a.attname)
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('person_id', 'volunteer_id')
        WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        GROUP BY c.oid
    LOOP
        EXECUTE format('SELECT md5(string_agg(t::text, E''\n'' ORDER BY t::text)) FROM %s AS t WHERE %I <> $1', relation, who)
        INTO content USING CASE who WHEN 'person_id' THEN person_id ELSE volunteer_id END;
        CONTINUE WHEN content IS NULL;
        RETURN NEXT;
    END LOOP;
END
$$;

SELECT pg_temp.open_batch(:'district') AS batch \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ann', :'activity', pg_temp.during(-3, '09:00', '11:00'))) AS record \gset
SELECT pg_temp.act('recorder', pg_temp.serving(:'batch', :'ben', :'activity', pg_temp.during(-3, '09:00', '11:00'))) AS bens \gset
SELECT pg_temp.take_effect(:'batch') AS done \gset
SELECT pg_temp.act('recorder', format('SELECT registry.evaluate(%s, 5, 5, 5, ''阿珍很热心'')', r)) FROM unnest(ARRAY[:record, :bens]) AS r \g /dev/null
SELECT pg_temp.act('recorder', format('SELECT registry.raise_dispute(%s, ''public'', ''阿珍那天在家'')', :record)) AS dispute \gset
SELECT pg_temp.act('recorder', format('SELECT registry.raise_dispute(%s, ''public'', ''那天不在'')', :bens)) AS bens_dispute \gset
SELECT pg_temp.act('arbiter', format('SELECT registry.decide_dispute(%s, false, ''查签到表'')', d)) FROM unnest(ARRAY[:dispute, :bens_dispute]) AS d;
SELECT pg_temp.act('recorder', format('SELECT registry.add_insurance_policy(%s, ''示例保险'', ''P-1'', %L, 100000)', :'district',
    daterange(registry.today() - 30, registry.today() + 335))) AS policy \gset
SELECT pg_temp.act('recorder', format('SELECT registry.insure(%s, %L)', :policy, v)) FROM unnest(ARRAY[:'ann', :'ben']) AS v \g /dev/null
SELECT pg_temp.entered_earlier(9);
SELECT pg_temp.act('recorder', format('SELECT registry.report_accident(%s, %L, %s, %L, ''阿珍滑倒'')', :policy, :'ann', :activity,
    pg_temp.at(-3, '10:00'))) AS claim \gset
SELECT pg_temp.act('recorder', format('SELECT registry.close_claim(%s, ''paid'', 100)', :claim));
SELECT pg_temp.act('recorder', format('SELECT registry.report_accident(%s, %L, %s, %L, ''擦伤'')', :policy, :'ben', :activity, pg_temp.at(-3, '10:00')));
SELECT pg_temp.act('recorder', format($$SELECT registry.create_course('急救', %s, '3', 240)$$, :'district')) AS course \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.hold_training(%s, %s, '2', %L, '示例讲师')$$,
    :course, :'district', pg_temp.during(-10, '09:00', '13:00'))) AS held \gset
SELECT pg_temp.act('recorder', format('SELECT registry.record_training(%s, %L, true)', :held, v)) FROM unnest(ARRAY[:'ann', :'ben']) AS v;
SELECT pg_temp.act('reviewer', format('SELECT registry.void_training(%s, %L, ''阿珍未到'')', :held, :'ann'));
SELECT pg_temp.act('reviewer', format('SELECT registry.void_training(%s, %L, ''早退'')', :held, :'ben'));
SELECT pg_temp.act('recorder', format('SELECT registry.create_activity(%s, ''以后'', %L)', :'project',
    tstzrange(now() + interval '1 day', now() + interval '3 days'))) AS planned \gset
SELECT pg_temp.act('recorder', format('SELECT registry.create_shift(%s, %L, ''引导'', 5)', :planned,
    tstzrange(now() + interval '1 day', now() + interval '2 days'))) AS shift \gset
SELECT pg_temp.act('recorder', format('SELECT registry.sign_up(%s, %L)', :shift, v)) FROM unnest(ARRAY[:'ann', :'ben']) AS v;
SELECT person_id AS ann_person, volunteer_id AS ann_id FROM registry.volunteer WHERE volunteer_no = :'ann' \gset
UPDATE registry.signup SET override_reason = CASE volunteer_id WHEN :ann_id THEN '阿珍有经验' ELSE '熟手' END;

SELECT pg_temp.act('recorder', format($$SELECT registry.begin_import('打卡.csv', %s)$$, :'district')) AS import \gset
SELECT pg_temp.act('recorder', format($$INSERT INTO registry.import_line (line) VALUES ('%s,阿珍,没有的项目,示例区志愿服务队,,%2$s 19:00,%2$s 20:00,1.00,4') RETURNING NULL$$,
    number, registry.today() - 2)) FROM unnest(ARRAY[:'ann', lower(:'ann')]) AS number \g /dev/null
SELECT pg_temp.act('recorder', format($$INSERT INTO registry.import_line (line) VALUES ('%s,阿本,没有的项目,示例区志愿服务队,,%2$s 19:00,%2$s 20:00,1.00,4') RETURNING NULL$$,
    :'ben', registry.today() - 2));
SELECT pg_temp.act('recorder', format('SELECT refused FROM registry.import_service_records(%s)', :'import')) AS refused \gset
SELECT pg_temp.refused('postgres', statement, '42501', 'append_only', statement) FROM unnest(ARRAY[
    'UPDATE registry.evaluation SET comment = ''好''', 'UPDATE registry.evaluation SET skill = 1',
    'UPDATE registry.dispute SET ground = ''好''', 'UPDATE registry.dispute SET ground_sha256 = sha256(''''::bytea)',
    'UPDATE registry.training_result SET void_reason = ''好''', 'UPDATE registry.training_result SET voided_at = NULL']) AS statement;
SELECT set_eq('SELECT * FROM pg_temp.tables_with(''阿珍'')',
    '{registry.evaluation,registry.dispute,registry.insurance_claim,registry.training_result,registry.signup,registry.import_row}'::text[], 'what was written about her');
SELECT throws_ok($$UPDATE registry.dispute SET ground = NULL$$, '23514', NULL, 'the ground goes with its salt');
SELECT e.entry::text AS sealed FROM registry.sealed_event e WHERE e.kind = 'dispute' LIMIT 1 \gset
SELECT unalike(:'sealed'::text, '%阿珍%', 'and is sealed as a digest');

-- Of both: how they are reached, who answers for them, a transfer, a certificate and whom it was shown to.
CREATE ROLE issuer LOGIN IN ROLE registry_issuer;
SELECT pg_temp.act('clerk', format('SELECT registry.appoint_staff(''issuer'', %s, ''issuer'')', :city));
SELECT registry.register_signing_key(), registry.set_origin('https://zyz.example.gov.cn') \g /dev/null
CREATE FUNCTION pg_temp.certifying(volunteer_no text, organization_id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.issue_certificate(%L, %s, %L, ''示例负责人'')', volunteer_no, organization_id, daterange(registry.today() - 30, registry.today()))
$$;
SELECT pg_temp.act('registrar', format('SELECT registry.record_consent(%L, ''contact'', ''短信确认'')', v)),
    pg_temp.act('registrar', format('SELECT registry.record_contact(%L, ''phone'', ''13800138000'')', v)),
    pg_temp.act('registrar', format('SELECT registry.add_guardian(%L, ''示例母'', ''母亲'')', v)),
    pg_temp.act('issuer', pg_temp.certifying(v, :district)) FROM unnest(ARRAY[:'ann', :'ben']) AS v;
INSERT INTO registry.share (volunteer_id, certificate_id, code_sha256, claims, recipient, recipient_salt, recipient_sha256, expires_at)
SELECT volunteer_id, certificate_id, token_sha256, '{name}', '示例大学', volunteer_no::uuid, registry.salted_digest(volunteer_no::uuid, '示例大学'), now() + interval '1 day'
FROM registry.certificate JOIN (SELECT volunteer_id, gen_random_uuid() AS volunteer_no FROM registry.volunteer) AS s USING (volunteer_id);
WITH returned AS (
    INSERT INTO registry.transfer (volunteer_id, organization_id, direction, peer, status, package_id, records, hours, star, certificates)
    SELECT volunteer_id, organization_id, 'in', 'https://zyz.other.example', 'refused', gen_random_uuid(), 0, '0:00', 0, 0 FROM registry.volunteer RETURNING *)
INSERT INTO registry.exchange_message (message_id, transfer_id, kind, direction, body, body_sha256)
SELECT package_id, transfer_id, 'package', 'in', peer, sha256(peer::bytea) FROM returned;
UPDATE registry.contact SET keep_until = registry.today() + 1 WHERE person_id = :ann_person;
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.of_others(:ann_person);

SELECT pg_temp.act('registrar', format($$SELECT registry.withdraw_consent(%L, 'registration', '本人申请')$$, :'ann'));
SELECT is(keep_until, registry.today() + 1, 'a contact is kept no longer than it was to be') FROM registry.contact WHERE person_id = :ann_person;
SELECT pg_temp.refused('stranger', format($$SELECT registry.request_erasure(%L, 'consent_withdrawn', '申请书 1 号')$$, :'ann'),
    '42501', 'not_staff', 'asked for by nobody of the staff');
SELECT pg_temp.act('registrar', format($$SELECT registry.request_erasure(%L, 'consent_withdrawn', '申请书 1 号')$$, :'ann')) AS erasure \gset
SELECT pg_temp.refused('stranger', format('SELECT registry.erase_person(%s)', :erasure), '42501', 'not_staff', 'nor decided');
UPDATE registry.signup SET override_reason = '阿珍有经验' WHERE volunteer_id = :ann_id;
SELECT pg_temp.refused('colleague', 'SELECT registry.erase_person(-1)', '23503', 'known_erasure', 'no request');
SELECT pg_temp.certifying(:'ann', :district) AS certify \gset
SELECT c.code FROM registry.certificate c WHERE volunteer_id = :ann_id \gset
SELECT pg_temp.act('registrar', format('SELECT registry.request_erasure(%L, ''purpose_ended'', ''申请书 3 号'')', :'ben')) AS bens_erasure \gset
SELECT pg_temp.act('colleague', format('SELECT registry.erase_person(%s)', :erasure));
SELECT results_eq('SELECT * FROM pg_temp.tables_with(''阿珍'')', $$VALUES ('registry.evaluation')$$, 'is gone');
SELECT results_eq('SELECT comment FROM registry.evaluation WHERE comment IS NOT NULL', $$VALUES ('阿珍很热心')$$, 'but for what was said of another');
SELECT results_eq('SELECT * FROM pg_temp.tables_with(''阿本'')', $$VALUES ('registry.import_row')$$, 'the lines of another stay');
SELECT results_eq(format('SELECT t.volunteer_id = %s, m.body IS NULL FROM registry.exchange_message m JOIN registry.transfer t USING (transfer_id) ORDER BY 1', :ann_id),
    'VALUES (false, false), (true, true)', 'and what was exchanged of him');
SELECT is(status, 'requested', 'whose request waits') FROM registry.erasure WHERE erasure_id = :bens_erasure;
SELECT bag_eq(format('SELECT * FROM pg_temp.of_others(%s) WHERE relation <> ''registry.erasure''', :ann_person), 'SELECT * FROM before', 'nothing has changed of anybody else');
SELECT is(count(*), 2::bigint, 'the scores stay') FROM registry.evaluation WHERE skill = 5;
SELECT is(void_reason, '已注销', 'what was void is void') FROM registry.training_result WHERE volunteer_id = :ann_id;
SELECT is(e.entry::text, :'sealed', 'what was sealed of the dispute is the same') FROM registry.sealed_event e
WHERE e.kind = 'dispute' ORDER BY e.event_id LIMIT 1;
SELECT is(reason, 'public', 'the record says who doubted it') FROM registry.record_event WHERE to_status = 'disputed' AND volunteer_id = :ann_id;

-- Nothing is written about nobody
SELECT pg_temp.refused('registrar', format(statement, :'ann'), '55000', 'person_is_whole', statement) FROM unnest(ARRAY[
    'SELECT registry.record_contact(%L, ''phone'', ''13800138000'')', 'SELECT registry.add_guardian(%L, ''示例母'', ''母亲'')',
    'SELECT registry.record_consent(%L, ''contact'', ''申请书 2 号'')',
    'SELECT registry.change_volunteer_status(%L, ''active'', ''回来'', ''申请书 2 号'')']) AS statement;
SELECT pg_temp.refused(role, statement, '55000', 'person_not_erased', statement) FROM (VALUES
    ('recorder', format('SELECT registry.evaluate(%s, 1, 1, 1, ''阿珍迟到'', (SELECT registry.add_beneficiary(%s, ''三栋老人'', ''03'')))', :record, :district)),
    ('recorder', format('SELECT registry.insure(%s, %L)', :policy, :'ann')),
    ('recorder', format('SELECT registry.report_accident(%s, %L, %s, %L, ''阿珍滑倒'')', :policy, :'ann', :activity, pg_temp.at(-3, '10:30'))),
    ('recorder', format('SELECT registry.record_commendation(%s, %L, ''own'', ''阿珍最美'', registry.today())', :district, :'ann')),
    ('recorder', format('SELECT registry.record_training(%s, %L, true)', :held, :'ann')),
    ('reviewer', format('SELECT registry.void_training(%s, %L, ''阿珍替考'')', :held, :'ann')),
    ('recorder', format('SELECT registry.raise_dispute(%s, ''public'', ''阿珍那天在家'')', :record)),
    ('issuer', :'certify'), ('issuer', format('SELECT registry.reissue_certificate(%L)', :'code'))) AS t (role, statement);
SELECT pg_temp.refused('registrar', format('SELECT registry.add_member(%s, %L)', :district, :'ann'), '55000', 'volunteer_active',
    'and nobody joins a team');

SELECT * FROM finish();
ROLLBACK;
