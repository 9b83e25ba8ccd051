BEGIN;
\ir ../acting.sql
\ir ../office.sql
\ir ../service.sql
SELECT plan(116);

-- Whole services from four days ago backwards, effective; returns the records.
CREATE FUNCTION pg_temp.serve(volunteer_no text, activity text, organization_id text, first_day integer, ends text[])
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    batch text := pg_temp.open_batch(organization_id);
    records bigint[];
BEGIN
    FOR n IN 1..cardinality(ends) LOOP
        records := records || pg_temp.act('recorder',
            pg_temp.serving(batch, volunteer_no, activity, pg_temp.during(-first_day - n, '08:00', ends[n])))::bigint;
    END LOOP;
    PERFORM pg_temp.take_effect(batch);
    RETURN records;
END
$$;
CREATE FUNCTION pg_temp.opened(volunteer_no text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN pg_temp.act('recorder', format('SELECT registry.open_time_account(%L)', volunteer_no));
END
$$;
CREATE FUNCTION pg_temp.store(organization_id text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('reviewer', format('SELECT registry.store_service(%s)', organization_id))
$$;
CREATE FUNCTION pg_temp.balance(account text) RETURNS bigint LANGUAGE sql AS $$
    SELECT a.balance FROM registry.time_account a WHERE a.account_id = account::bigint
$$;
CREATE FUNCTION pg_temp.held(kind text) RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(sum(e.minutes) FILTER (WHERE e.credit_kind = kind), 0) - coalesce(sum(e.minutes) FILTER (WHERE e.debit_kind = kind), 0)
    FROM registry.time_entry e
$$;
CREATE FUNCTION pg_temp.redeeming(volunteer_no text, organization_id text, minutes text, number integer, more text DEFAULT $$'0017', '陪诊'$$)
RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.redeem_time(%L, %s, %s, %s, md5(%L)::uuid)', volunteer_no, organization_id, more, minutes, number)
$$;
CREATE FUNCTION pg_temp.deciding(redemption text, to_status text, reason text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.decide_redemption(%s, %L, %L)', redemption, to_status, reason)
$$;
CREATE FUNCTION pg_temp.giving(volunteer_no text, recipient_no text, minutes integer, number integer, more text DEFAULT $$'parent', sha256('register')$$)
RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.give_time(%L, %L, %s, %s, md5(%L)::uuid)', volunteer_no, recipient_no, minutes, more, number)
$$;
CREATE FUNCTION pg_temp.donating(volunteer_no text, minutes integer, number integer) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.donate_time(%L, %s, md5(%L)::uuid)', volunteer_no, minutes, number)
$$;
CREATE FUNCTION pg_temp.policy(name text, value text) RETURNS void LANGUAGE sql AS $$
    UPDATE registry.policy p SET valid = 'empty' WHERE p.name = policy.name AND p.region = '4414';
    SELECT pg_temp.act('clerk', format('SELECT registry.set_policy(%L, %L, ''示例办法'', ''4414'')', name, value));
    UPDATE registry.policy p SET valid = '(,)' WHERE p.name = policy.name AND p.region = '4414' AND NOT isempty(p.valid)
$$;

-- Accounts
SELECT pg_temp.opened(:'ann') AS anns \gset
SELECT pg_temp.opened(:'ben') AS bens \gset
SELECT pg_temp.refused('recorder', format('SELECT registry.open_time_account(%L)', :'ann'), '23505', 'one_account_of_a_volunteer', 'one account each');
SELECT pg_temp.refused('stranger', format('SELECT registry.open_time_account(%L)', :'ann'), '42501', 'not_staff', 'no appointment');
SELECT pg_temp.serve(:'ann', :'activity', :'district', 3, ARRAY['10:00', '09:30', '08:45']) AS records \gset
SELECT is(pg_temp.store(:'district'), '0', 'service before the account was opened is not stored');
ALTER TABLE registry.time_account DISABLE TRIGGER only_balance_changes;
UPDATE registry.time_account SET opened_on = registry.today() - 6;
ALTER TABLE registry.time_account ENABLE TRIGGER only_balance_changes;

-- Storing
SELECT pg_temp.refused('recorder', format('SELECT registry.store_service(%s)', :district), '42501', '', 'reviewers store');
SELECT pg_temp.act('clerk', format('SELECT registry.create_organization(''示例街道服务队'', ''1'', ''08'', ''441402'', parent_id => %s)', :city)) AS street \gset
SELECT is(pg_temp.store(:'street'), '0', 'of the own volunteers');
SELECT is(pg_temp.store(:'city'), '3', 'three records, one of the day the account was opened');
ALTER TABLE registry.time_account DISABLE TRIGGER only_balance_changes;
UPDATE registry.time_account SET opened_on = registry.today() - 30;
ALTER TABLE registry.time_account ENABLE TRIGGER only_balance_changes;
SELECT is(pg_temp.balance(:'anns'), 255::bigint, 'minute for minute');
SELECT is(pg_temp.store(:'city'), '0', 'each once');
SELECT throws_ok(format('INSERT INTO registry.time_entry (debit, debit_kind, credit, credit_kind, minutes, record_id) SELECT debit, debit_kind, credit, credit_kind, minutes, record_id FROM registry.time_entry WHERE record_id = %s',
    (:'records'::bigint[])[1]), '23505', NULL, 'not even by the owner');

-- A record that falls takes its minutes along, once
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''未到场'')', (:'records'::bigint[])[3]));
SELECT is(pg_temp.balance(:'anns'), 210::bigint, 'a voided record takes its minutes along');
SELECT results_eq(format('SELECT reverses IS NULL, reversed, minutes FROM registry.time_entry WHERE record_id = %s ORDER BY entry_id', (:'records'::bigint[])[3]),
    'VALUES (true, true, 45), (false, false, 45)', 'by an entry of its own');
SELECT is(pg_temp.store(:'city'), '0', 'and is not stored again');
SELECT pg_temp.act('recorder', format('SELECT new_batch_id FROM registry.correct_record(%s, %L, ''补签'')', (:'records'::bigint[])[2], pg_temp.during(-5, '08:00', '10:00'))) AS correction \gset
SELECT is(pg_temp.balance(:'anns'), 120::bigint, 'a record under correction counts for nothing');
SELECT pg_temp.act('reviewer', format('SELECT registry.review_batch(%s, false, ''证据不足'')', :correction));
SELECT is(pg_temp.store(:'city'), '1', 'restored, it is stored anew');
SELECT is(pg_temp.balance(:'anns'), 210::bigint, 'with what it was');
SELECT pg_temp.act('recorder', format('SELECT new_batch_id FROM registry.correct_record(%s, %L, ''补签'')', (:'records'::bigint[])[2], pg_temp.during(-5, '08:00', '10:00'))) AS correction \gset
SELECT pg_temp.take_effect(:'correction');
SELECT is(pg_temp.store(:'city') || ' ' || pg_temp.balance(:'anns'), '1 240', 'a correction is stored in its place');

-- What was served elsewhere, or goes elsewhere, is stored in one bank
SELECT pg_temp.serve(:'ann', :'activity', :'district', 20, ARRAY['09:00', '09:00']) AS foreign_records \gset
ALTER TABLE registry.record_batch DISABLE TRIGGER only_review_changes;
UPDATE registry.record_batch SET source = 'transfer'
WHERE batch_id = (SELECT batch_id FROM registry.service_record WHERE record_id = (:'foreign_records'::bigint[])[1]);
ALTER TABLE registry.record_batch ENABLE TRIGGER only_review_changes;
SELECT is(pg_temp.store(:'city'), '0', 'what another registry recorded is not stored');
ALTER TABLE registry.record_batch DISABLE TRIGGER only_review_changes;
UPDATE registry.record_batch SET source = 'legacy', justification = '补录', evidence_sha256 = sha256('') WHERE source = 'transfer';
SELECT is(pg_temp.store(:'city'), '0', 'nor what was on paper before');
UPDATE registry.record_batch SET source = 'transfer' WHERE source = 'legacy';
ALTER TABLE registry.record_batch ENABLE TRIGGER only_review_changes;
UPDATE registry.service_record SET status = 'transferred' WHERE record_id = (:'records'::bigint[])[1];
SELECT is(pg_temp.balance(:'anns'), 240::bigint, 'hours that leave the registry leave their stored time behind');
SELECT is_empty('SELECT * FROM registry.check_time_bank()', 'which is as it should be');
UPDATE registry.service_record SET status = 'effective' WHERE record_id = (:'records'::bigint[])[1];
SELECT is(pg_temp.store(:'city') || ' ' || pg_temp.balance(:'anns'), '0 240', 'and when they come back nothing is stored twice');

-- Redeeming
SELECT pg_temp.act('recorder', pg_temp.redeeming(:'ann', :'district', '100', 1)) AS redemption \gset
SELECT is(pg_temp.balance(:'anns'), 140::bigint, 'redeemed');
SELECT is(pg_temp.act('recorder', pg_temp.redeeming(:'ann', :'district', '100', 1)), :'redemption', 'the same call again is the same redemption');
SELECT is(pg_temp.balance(:'anns'), 140::bigint, 'and takes nothing');
SELECT volunteer.flush_hours();
SELECT is((SELECT hours FROM registry.volunteer_hours JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = :'ann')::text, '6:00', 'the recorded hours are what they were');
SELECT pg_temp.refused('recorder', sql, state, rule, description) FROM (VALUES
    (pg_temp.redeeming(:'ann', :'district', '99', 1), '23505', 'one_booking_of_a_key', 'a key serves one booking'),
    (pg_temp.redeeming(:'ann', :'district', '141', 2), '23514', 'no_overdraft', 'more than there is'),
    (pg_temp.redeeming(:'ann', :'district', '0', 3), '23514', 'redemption_takes_time', 'nothing'),
    (pg_temp.redeeming(:'ann', :'district', '-5', 3), '23514', 'redemption_takes_time', 'less than nothing'),
    (pg_temp.redeeming(:'ann', :'district', '10', NULL), '23514', 'booked_with_key', 'without a key'),
    (pg_temp.redeeming(:'ann', :'district', '10', 4, $$'cash', '现金'$$), '23503', 'known_code', 'for anything but service'),
    (pg_temp.redeeming(:'ann', :'district', '10', 4, $$'0017', ' '$$), '23514', 'service_is_described', 'for nothing in particular'),
    (pg_temp.redeeming(:'ann', '-1', '10', 4), '23503', 'known_organization', 'with nobody who serves')
) AS t (sql, state, rule, description);
SELECT pg_temp.refused('reviewer', pg_temp.redeeming(:'ann', :'district', '10', 4), '42501', '', 'recorders only');
SELECT pg_temp.refused('stranger', sql, '42501', 'not_staff', 'no appointment')
FROM unnest(ARRAY[pg_temp.redeeming(:'ann', :'district', '10', 4), pg_temp.giving(:'ann', :'ben', 10, 4), pg_temp.donating(:'ann', 10, 4)]) AS sql;
SELECT pg_temp.enrol('示例丙', 3, :'district', registry.today() - 200) AS cid \gset
SELECT pg_temp.refused('recorder', pg_temp.redeeming(:'cid', :'district', '10', 4), '23503', 'known_time_account', 'no account');
SELECT pg_temp.policy('time_bank_redemption_age', '60');
SELECT pg_temp.refused('recorder', pg_temp.redeeming(:'ann', :'district', '10', 5), '23514', 'old_enough_to_redeem', 'too young where age is asked for');
UPDATE registry.person SET birth_date = registry.today() - interval '60 years' WHERE name = '示例甲';
SELECT lives_ok(format('SELECT pg_temp.act(''reviewer'', pg_temp.deciding(pg_temp.act(''recorder'', %L), ''refused'', ''示例理由''))',
    pg_temp.redeeming(:'ann', :'district', '10', 18)), 'old enough on the birthday, and whatever the age of others');
SELECT pg_temp.policy('time_bank_redemption_age', '18');
SELECT pg_temp.policy('time_bank_redemption_star', '1');
SELECT pg_temp.refused('recorder', pg_temp.redeeming(:'ann', :'district', '10', 5), '23514', 'star_reaches_redemption', 'no star where one is asked for');
SELECT pg_temp.policy('time_bank_redemption_star', '0');

-- Another person decides; refused and cancelled time comes back
SELECT pg_temp.refused('reviewer', pg_temp.deciding(:'redemption', 'refused'), '23514', 'reason_required', 'refused without reason');
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'redemption', 'delivered'), '55000', 'known_transition', 'delivered before it is approved');
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'redemption', 'approved'), '42501', 'outside_scope', 'recorders do not approve');
SELECT pg_temp.refused('reviewer', pg_temp.deciding('-1', 'approved'), '23503', 'known_redemption', 'unknown redemption');
CREATE ROLE second_hat LOGIN IN ROLE registry_reviewer;
UPDATE registry.staff SET organization_id = :city WHERE role_name = 'recorder';
INSERT INTO registry.staff (role_name, person_id, organization_id, duty, valid)
SELECT 'second_hat', person_id, :district, 'reviewer', valid FROM registry.staff WHERE role_name = 'recorder';
SELECT pg_temp.refused('second_hat', pg_temp.deciding(:'redemption', 'approved'), '23514', 'reviewer_is_not_recorder', 'the recorder under another role');
SELECT pg_temp.refused('second_hat', pg_temp.deciding(:'redemption', 'refused', '示例理由'), '23514', 'reviewer_is_not_recorder', 'who refuses as little');
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ann') WHERE role_name = 'second_hat';
SELECT pg_temp.refused('second_hat', pg_temp.deciding(:'redemption', 'approved'), '23514', 'reviewer_is_not_volunteer', 'the own redemption');
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'redemption', 'approved'));
SELECT pg_temp.act('recorder', pg_temp.deciding(:'redemption', 'cancelled', '本人放弃'));
SELECT is(pg_temp.balance(:'anns'), 240::bigint, 'cancelled time comes back');
SELECT pg_temp.act('recorder', pg_temp.redeeming(:'ann', :'district', '60', 6)) AS refused \gset
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'refused', 'refused', '无人可派'));
SELECT pg_temp.act('recorder', pg_temp.redeeming(:'ann', :'district', '60', 7)) AS delivered \gset
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'delivered', 'approved'));
SELECT pg_temp.act('recorder', pg_temp.deciding(:'delivered', 'delivered'));
SELECT pg_temp.refused('recorder', pg_temp.deciding(:'delivered', 'cancelled', '示例理由'), '55000', 'known_transition', 'what was delivered stays');
SELECT is(pg_temp.balance(:'anns') || ' ' || pg_temp.held('redeemed'), '180 60', 'refused time comes back, delivered time is gone');
SELECT results_eq('SELECT status FROM registry.redemption ORDER BY redemption_id', '{cancelled,refused,refused,delivered}'::text[], 'each is decided for itself');
SELECT results_eq(format('SELECT from_status, to_status, actor::text COLLATE "default" FROM registry.redemption_event WHERE redemption_id = %s ORDER BY event_id', :delivered),
    $$VALUES (NULL, 'requested', 'recorder'), ('requested', 'approved', 'reviewer'), ('approved', 'delivered', 'recorder')$$, 'each step is an event');

-- Gifts and donations where the policy allows them
SELECT pg_temp.refused('recorder', pg_temp.giving(:'ann', :'ben', 30, 10), '55000', 'time_bank_gift', 'no gifts by default');
SELECT pg_temp.refused('recorder', pg_temp.donating(:'ann', 30, 10), '55000', 'time_bank_donation', 'no donations either');
SELECT pg_temp.policy('time_bank_gift', '1');
SELECT pg_temp.policy('time_bank_donation', '1');
SELECT pg_temp.act('recorder', pg_temp.giving(:'ann', :'ben', 30, 10)) AS gift \gset
SELECT is(pg_temp.act('recorder', pg_temp.giving(:'ann', :'ben', 30, 10)), :'gift', 'given once');
SELECT is(pg_temp.act('recorder', pg_temp.donating(:'ann', 20, 11)), pg_temp.act('recorder', pg_temp.donating(:'ann', 20, 11)), 'donated once');
SELECT is(concat_ws(' ', pg_temp.balance(:'anns'), pg_temp.balance(:'bens'), pg_temp.held('donated')), '130 30 20', 'moved once');
SELECT pg_temp.policy('time_bank_cap_minutes', '60');
SELECT pg_temp.act('recorder', pg_temp.giving(:'ann', :'ben', 30, 17)) AS filling \gset
SELECT is(pg_temp.balance(:'bens'), 60::bigint, 'up to the cap of the recipient');
UPDATE registry.policy SET valid = 'empty' WHERE name = 'time_bank_cap_minutes' AND region = '4414';
SELECT pg_temp.act('reviewer', format('SELECT registry.take_back_time(%s, ''误赠'')', :filling));
SELECT pg_temp.refused('recorder', sql, state, rule, description) FROM (VALUES
    (pg_temp.giving(:'ann', :'ben', 30, 12, $$'friend', sha256('register')$$), '23514', 'known_relation', 'a gift to a friend'),
    (pg_temp.giving(:'ann', :'ben', 30, 12, $$'self', sha256('register')$$), '23514', 'known_relation', 'a gift under the name of a merge'),
    (pg_temp.giving(:'ann', :'ben', 30, 12, $$'parent', NULL$$), '23514', 'gift_among_relatives', 'a gift without proof'),
    (pg_temp.giving(:'ann', :'ben', 30, 12, $$'parent', '\x00'$$), '23514', 'proof_is_sha256', 'a proof that is no digest'),
    (pg_temp.giving(:'ann', :'ann', 30, 12), '23514', 'two_accounts', 'a gift to oneself'),
    (pg_temp.giving(:'ann', :'ben', -30, 12), '23514', 'some_time', 'a gift the wrong way'),
    (pg_temp.giving(:'ann', :'ben', 131, 12), '23514', 'no_overdraft', 'more than there is'),
    (pg_temp.donating(:'ann', 131, 12), '23514', 'no_overdraft', 'donated more than there is'),
    (pg_temp.donating(:'ann', 20, 10), '23505', 'one_booking_of_a_key', 'the key of the gift')
) AS t (sql, state, rule, description);
SELECT pg_temp.refused('reviewer', format('SELECT registry.take_back_time(%s, '''')', :gift), '23514', 'reason_required', 'taken back without reason');
SELECT pg_temp.refused('reviewer', format('SELECT registry.take_back_time((SELECT entry_id FROM registry.time_entry WHERE redemption_id = %s LIMIT 1), ''示例理由'')', :delivered), '42501', '', 'tables are closed');
SELECT pg_temp.refused('reviewer', format('SELECT registry.take_back_time(%s, ''示例理由'')', (SELECT entry_id FROM registry.time_entry WHERE redemption_id = :delivered)), '23503', 'known_gift', 'a redemption is no gift');
SELECT pg_temp.refused('reviewer', format('SELECT registry.take_back_time(%s, ''示例理由'')', (SELECT max(entry_id) FROM registry.time_entry WHERE record_id = (:'records'::bigint[])[1])), '23503', 'known_gift', 'nor is what was stored');
SELECT pg_temp.refused('reviewer', format('SELECT registry.take_back_time(%s, ''示例理由'')', (SELECT entry_id FROM registry.time_entry WHERE reverses = :filling)), '23503', 'known_gift', 'nor what was taken back');
CREATE ROLE outsider LOGIN IN ROLE registry_reviewer;
SELECT pg_temp.refused('outsider', format('SELECT registry.take_back_time(%s, ''误赠'')', :gift), '42501', 'not_staff', 'nobody without appointment takes back');
SELECT pg_temp.refused('outsider', format('SELECT registry.store_service(%s)', :city), '42501', 'not_staff', 'nor stores');
SELECT pg_temp.act('recorder', pg_temp.redeeming(:'ben', :'district', '30', 13)) AS bens_redemption \gset
-- A giver who reviews would have the minutes again, and the recipient, who has spent them, a debt.
SELECT pg_temp.refused('second_hat', format('SELECT registry.take_back_time(%s, ''误赠'')', :gift), '23514', 'reviewer_is_not_volunteer', 'the giver takes nothing back');
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.volunteer WHERE volunteer_no = :'ben') WHERE role_name = 'second_hat';
SELECT pg_temp.refused('second_hat', format('SELECT registry.take_back_time(%s, ''误赠'')', :gift), '23514', 'reviewer_is_not_volunteer', 'nor does the recipient');
SELECT pg_temp.refused('second_hat', pg_temp.deciding(:'bens_redemption', 'approved'), '23514', 'reviewer_is_not_volunteer', 'who does not approve the own redemption either');
UPDATE registry.staff SET person_id = (SELECT person_id FROM registry.staff WHERE role_name = 'recorder') WHERE role_name = 'second_hat';
SELECT pg_temp.refused('second_hat', format('SELECT registry.take_back_time(%s, ''误赠'')', :gift), '23514', 'reviewer_is_not_recorder', 'nor does who recorded it');
SELECT pg_temp.act('reviewer', format('SELECT registry.take_back_time(%s, ''证明系伪造'')', :gift));
SELECT is(pg_temp.balance(:'anns') || ' ' || pg_temp.balance(:'bens'), '160 -30', 'a gift taken back may leave a debt');
SELECT pg_temp.refused('reviewer', format('SELECT registry.take_back_time(%s, ''示例理由'')', :gift), '23505', 'reversed_once', 'taken back twice');
SELECT pg_temp.refused('recorder', pg_temp.donating(:'ben', 1, 14), '23514', 'no_overdraft', 'who owes spends nothing');

-- The cap, and whole units
SELECT pg_temp.policy('time_bank_cap_minutes', '200');
SELECT pg_temp.policy('time_bank_unit_minutes', '60');
SELECT pg_temp.serve(:'ann', :'activity', :'district', 10, ARRAY['10:59', '08:59']) AS more \gset
SELECT is(pg_temp.store(:'district'), '1', 'what is less than a unit is not stored');
SELECT is(pg_temp.balance(:'anns') || ' ' || pg_temp.held('surplus'), '200 80', 'what is beyond the cap goes to the surplus');
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''未到场'')', (:'more'::bigint[])[1]));
SELECT is(pg_temp.balance(:'anns') || ' ' || pg_temp.held('surplus'), '160 0', 'and both fall with the record');
SELECT pg_temp.refused('recorder', pg_temp.giving(:'ben', :'ann', 41, 15), '23514', 'time_bank_cap_minutes', 'no gift beyond the cap of the recipient');

SELECT pg_temp.refused('clerk', format('SELECT registry.set_policy(%L, %L, ''示例办法'', ''4414'')', name, value), '23514', CASE value WHEN 'NaN' THEN 'policy_is_a_number' ELSE 'time_bank_policy' END, name || ' ' || value)
FROM (VALUES ('time_bank_unit_minutes', '0'), ('time_bank_cap_minutes', '0.5'), ('time_bank_cap_minutes', 'NaN'), ('time_bank_expiry_months', '0'), ('time_bank_gift', '2')) AS t (name, value);

-- Expiry: what is spent is what was stored first
SELECT is(pg_temp.act('clerk', 'SELECT registry.expire_time()'), '0', 'nothing expires by default');
SELECT pg_temp.policy('time_bank_expiry_months', '12');
ALTER TABLE registry.time_entry DISABLE TRIGGER only_reversal_changes;
UPDATE registry.time_entry SET at = at - interval '13 months' WHERE record_id = (:'records'::bigint[])[1] OR redemption_id = :delivered;
ALTER TABLE registry.time_entry ENABLE TRIGGER only_reversal_changes;
SELECT is(pg_temp.act('clerk', 'SELECT registry.expire_time()'), '1', 'what was stored more than a year ago');
SELECT is(pg_temp.balance(:'anns') || ' ' || pg_temp.held('expired'), '120 40', 'less what was spent since: two hours stored then, eighty minutes spent');
SELECT is(pg_temp.act('clerk', 'SELECT registry.expire_time()'), '0', 'expires once');
SELECT pg_temp.enrol('示例丁', 4, :'district', registry.today() - 200) AS dan \gset
SELECT pg_temp.opened(:'dan') AS dans \gset
ALTER TABLE registry.time_account DISABLE TRIGGER only_balance_changes;
UPDATE registry.time_account SET opened_on = registry.today() - 30 WHERE account_id = :dans;
ALTER TABLE registry.time_account ENABLE TRIGGER only_balance_changes;
SELECT pg_temp.serve(:'dan', :'activity', :'district', 3, ARRAY['09:00', '10:00']) AS lapsed \gset
SELECT pg_temp.store(:'city') AS stored \gset
ALTER TABLE registry.time_entry DISABLE TRIGGER only_reversal_changes;
UPDATE registry.time_entry SET at = at - interval '13 months' WHERE record_id = ANY (:'lapsed'::bigint[]);
ALTER TABLE registry.time_entry ENABLE TRIGGER only_reversal_changes;
SAVEPOINT renewed;
SELECT pg_temp.act('recorder', pg_temp.giving(:'dan', :'ann', 60, 20));
SELECT pg_temp.act('recorder', pg_temp.giving(:'ann', :'dan', 60, 21));
SELECT pg_temp.act('clerk', 'SELECT registry.expire_time()') AS expired \gset
SELECT is(pg_temp.balance(:'dans') || ' ' || pg_temp.held('expired'), '0 220', 'given away and back it is not stored anew');
ROLLBACK TO renewed;
UPDATE registry.service_record SET status = 'disputed' WHERE record_id = (:'lapsed'::bigint[])[1];
UPDATE registry.service_record SET status = 'effective' WHERE record_id = (:'lapsed'::bigint[])[1];
SELECT is(pg_temp.store(:'city'), '1', 'what was disputed is stored again');
SELECT pg_temp.act('clerk', 'SELECT registry.expire_time()') AS expired \gset
SELECT is(pg_temp.balance(:'dans') || ' ' || pg_temp.held('expired'), '0 220', 'and is as old as it was');
ROLLBACK TO renewed;
SELECT pg_temp.act('clerk', 'SELECT registry.expire_time()') AS expired \gset
SELECT is(pg_temp.balance(:'dans') || ' ' || pg_temp.held('expired'), '0 220', 'three hours more have expired');
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''未到场'')', (:'lapsed'::bigint[])[2]));
SELECT is(pg_temp.balance(:'dans') || ' ' || pg_temp.held('expired'), '0 100', 'and nobody owes what was never spent');

-- Who was registered twice
SELECT pg_temp.enrol('示例戊', 5, :'district', registry.today() - 200) \g /dev/null
CREATE ROLE other_registrar LOGIN IN ROLE registry_registrar;
SELECT pg_temp.act('clerk', pg_temp.appointing('other_registrar', :district, 'registrar')) AS staff \gset
SELECT pg_temp.act('registrar', format('SELECT registry.request_merge(%L, %L, ''同一人'')', :'ann', :'cid')) AS merge \gset
SAVEPOINT unmerged;
ALTER TABLE registry.time_entry DISABLE TRIGGER only_reversal_changes;
UPDATE registry.time_entry SET at = now() - interval '11 months' WHERE credit = :anns AND at = now();
ALTER TABLE registry.time_entry ENABLE TRIGGER only_reversal_changes;
SELECT pg_temp.act('other_registrar', format('SELECT registry.decide_merge(%s, true)', :merge));
SELECT is(stored_at, now() - interval '11 months', 'a merge does not renew what was stored') FROM registry.time_entry WHERE relation = 'self';
ROLLBACK TO unmerged;
SELECT pg_temp.act('other_registrar', format('SELECT registry.decide_merge(%s, true)', :merge));
SELECT results_eq(format('SELECT a.volunteer_no::text, balance FROM registry.time_account JOIN registry.volunteer a USING (volunteer_id) WHERE a.volunteer_no IN (%L, %L) ORDER BY balance', :'ann', :'cid'),
    format('VALUES (%L, 0::bigint), (%L, 120)', :'ann', :'cid'), 'has the time of both numbers');
SELECT pg_temp.refused('reviewer', format('SELECT registry.take_back_time(%s, ''示例理由'')', (SELECT entry_id FROM registry.time_entry WHERE relation = 'self')), '23503', 'known_gift', 'and keeps it, for a merge is no gift');
SELECT pg_temp.act('registrar', format('SELECT registry.request_merge(%L, %L, ''同一人'')', :'ben', :'cid')) AS merge \gset
SELECT pg_temp.act('other_registrar', format('SELECT registry.decide_merge(%s, true)', :merge));
SELECT is(pg_temp.balance(:'bens') || ' ' || (SELECT balance FROM registry.time_account JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = :'cid'),
    '0 90', 'and what is owed');
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''两个编号重复'')', record_id)) FROM registry.service_record WHERE batch_id = :correction;
SELECT is(pg_temp.balance(:'anns') || ' ' || (SELECT balance FROM registry.time_account JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = :'cid'),
    '0 -30', 'what a record of the other number takes back is owed as well');
SELECT pg_temp.refused('recorder', pg_temp.donating(:'cid', 1, 16), '23514', 'no_overdraft', 'and nothing is spent before it is paid');
SELECT pg_temp.act('reviewer', pg_temp.deciding(:'bens_redemption', 'refused', '无人可派'));
SELECT is(pg_temp.balance(:'bens') || ' ' || (SELECT balance FROM registry.time_account JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no = :'cid'),
    '0 0', 'what comes back to it pays');

-- The books
CREATE ROLE analyst LOGIN IN ROLE registry_analyst;
SELECT pg_temp.appoint_analyst() \g /dev/null
SELECT is(pg_temp.act('analyst', format('SELECT string_agg((account, accounts, opening, credited - debited, closing)::text, E''\n'') FROM report.time_bank(%L, %L)',
        registry.today(), registry.today())),
    E'(donated,1,0,20,20)\n(expired,1,0,100,100)\n(redeemed,1,60,0,60)\n(service,1,-300,120,-180)\n(surplus,1,0,0,0)\n(volunteer,4,240,-240,0)\n(合计,9,0,0,0)',
    'balance to zero');
SELECT is_empty('SELECT * FROM registry.check_time_bank()', 'and agree with what they rest on');
ALTER TABLE registry.service_record DISABLE TRIGGER take_back_stored;
SELECT pg_temp.act('reviewer', format('SELECT registry.void_record(%s, ''未到场'')', (:'records'::bigint[])[1]));
UPDATE registry.time_account SET balance = balance + 1 WHERE account_id = :bens;
SELECT results_eq('SELECT problem, account_id, kept - recomputed FROM registry.check_time_bank() ORDER BY problem',
    format($$VALUES ('balance', %s::bigint, 1::bigint), ('record', %s, 120)$$, :bens, :anns), 'what does not is found');

SELECT pg_temp.refused('postgres', statement, '42501', 'append_only', statement) FROM unnest(ARRAY[
    'UPDATE registry.time_entry SET minutes = 6000',
    'DELETE FROM registry.time_entry',
    'UPDATE registry.time_account SET volunteer_id = NULL',
    'DELETE FROM registry.time_account',
    'UPDATE registry.redemption SET minutes = 1',
    'DELETE FROM registry.redemption_event']) AS statement;

SELECT * FROM finish();
ROLLBACK;
