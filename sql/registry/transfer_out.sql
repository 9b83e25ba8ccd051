-- Transfers out: with the volunteer's own consent, the records go into one signed package and stop counting here. Only the
-- other registry's receipt ends a transfer: it has the records, or it will never have them and they count here again.

CREATE FUNCTION registry.request_transfer(volunteer_no volunteer.volunteer_no, peer text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    new_transfer bigint;
BEGIN
    PERFORM registry.require_duty('registrar', subject.organization_id);
    PERFORM registry.require_whole_person(subject.person_id);
    PERFORM FROM registry.trusted_issuer i WHERE i.origin = request_transfer.peer AND i.withdrawn_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_issuer',
            MESSAGE = 'This registry trusts no registry of this name.';
    END IF;
    INSERT INTO registry.transfer AS t (volunteer_id, organization_id, direction, peer, status)
    VALUES (subject.volunteer_id, subject.organization_id, 'out', peer, 'requested')
    RETURNING t.transfer_id INTO new_transfer;
    INSERT INTO registry.transfer_event (transfer_id, to_status) VALUES (new_transfer, 'requested');
    RETURN new_transfer;
END
$$;
COMMENT ON FUNCTION registry.request_transfer(volunteer.volunteer_no, text) IS
    '受理转出申请(登记组织的登记员),返回转移编号。参数:志愿者编号、对方登记库的来源。错误 42501 not_staff、outside_scope,23503 known_volunteer、known_issuer,23505 one_open_transfer,55000 person_is_whole';

CREATE FUNCTION registry.consent_transfer(
    transfer_id bigint, evidence text, guardian_name text DEFAULT NULL, guardian_relation text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.transfer := registry.lock_transfer(transfer_id, 'out');
    holder registry.volunteer;
BEGIN
    PERFORM registry.require_duty(
        registry.require_transition('transfer', subject.status, 'consented', NULL), subject.organization_id);
    SELECT v.* INTO holder FROM registry.volunteer v WHERE v.volunteer_id = subject.volunteer_id;
    UPDATE registry.transfer t
    SET consent_id = registry.give_consent(
        holder.person_id, evidence,
        CASE WHEN guardian_name IS NOT NULL THEN
            registry.new_guardian(holder.person_id, guardian_name, guardian_relation) END,
        'transfer', subject.peer || ' ' || subject.transfer_id)
    WHERE t.transfer_id = subject.transfer_id;
    PERFORM registry.move_transfer(subject, 'consented');
    PERFORM registry.require_consent_age(p.birth_date, holder.region, guardian_name IS NOT NULL)
    FROM registry.person p WHERE p.person_id = holder.person_id;
END
$$;
COMMENT ON FUNCTION registry.consent_transfer(bigint, text, text, text) IS
    '登记本人(不满十四周岁为监护人)对这次转移的单独同意及凭证(个人信息保护法第二十三条、第四十五条);错误 42501 not_staff、outside_scope,23503 known_transfer,55000 known_transition,23514 consent_has_evidence、guardian_consents、guardian_relation_is_stated、name_is_written';

CREATE FUNCTION registry.cancel_transfer(transfer_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.transfer := registry.lock_transfer(transfer_id, 'out');
BEGIN
    PERFORM registry.move_transfer(subject, 'cancelled', reason);
    PERFORM registry.withdraw_consents(ARRAY[subject.consent_id]);
END
$$;
COMMENT ON FUNCTION registry.cancel_transfer(bigint, text) IS
    '取消尚未转出的转移,同意随之撤回,须说明理由;错误 42501 not_staff、outside_scope,23503 known_transfer,55000 known_transition,23514 reason_required';

CREATE FUNCTION registry.certificates_of_transfer(transfer_id bigint) RETURNS SETOF registry.certificate
    LANGUAGE sql STABLE SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT c.* FROM registry.certificate c
    WHERE c.status = 'suspended' AND c.reason = 'record_transferred'
        AND (c.volunteer_id, c.certificate_id) IN (
            SELECT l.volunteer_id, l.certificate_id
            FROM registry.exported_record x
            JOIN registry.certificate_line l USING (volunteer_id, service_date, record_id)
            WHERE x.transfer_id = certificates_of_transfer.transfer_id)
    ORDER BY c.certificate_id;
END;
COMMENT ON FUNCTION registry.certificates_of_transfer(bigint) IS '以转出的记录为依据、因而核查中的证明';

-- National categories are the same everywhere; local ones stay behind.
CREATE FUNCTION registry.package_content(transfer_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT jsonb_build_object(
        'holder', (
            SELECT jsonb_build_object('name', p.name, 'sex', p.sex, 'birth_date', p.birth_date, 'volunteer_no', v.volunteer_no,
                'documents', (
                    SELECT jsonb_agg(jsonb_build_object('kind', d.kind, 'tail', d.tail) ORDER BY d.kind, d.tail)
                    FROM registry.persons_within(p.person_id) AS w (person_id)
                    JOIN registry.identity_document d ON d.person_id = w.person_id))
            FROM registry.person p WHERE p.person_id = v.person_id),
        'records', (
            SELECT jsonb_agg(jsonb_build_object(
                'no', r.record_id,
                'start', to_char(lower(r.period) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'),
                'end', to_char(upper(r.period) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'),
                'minutes', r.minutes,
                'entry_method', r.entry_method,
                'project', j.name,
                'category', CASE WHEN j.category LIKE '00%' THEN j.category END,
                'post', r.post,
                'organization', coalesce(f.organization, o.name)) ORDER BY r.period)
            FROM registry.exported_record x
            JOIN registry.service_record r USING (volunteer_id, service_date, record_id)
            JOIN registry.project j ON j.project_id = r.project_id
            JOIN registry.organization o ON o.organization_id = r.organization_id
            LEFT JOIN registry.record_origin f USING (volunteer_id, service_date, record_id)
            WHERE x.transfer_id = t.transfer_id),
        'stars', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('level', s.level, 'hours', s.basis_hours::numeric::text, 'as_of', s.as_of)
                ORDER BY s.level), '[]')
            FROM (
                SELECT DISTINCT ON (a.level) a.level, a.basis_hours, a.as_of
                FROM registry.exported_star x
                JOIN registry.star_award a USING (volunteer_id, award_id)
                WHERE x.transfer_id = t.transfer_id
                ORDER BY a.level, a.basis_hours DESC) AS s),
        'certificates', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('number', c.number, 'hours', c.hours::numeric::text,
                'from', lower(c.period), 'to', upper(c.period) - 1, 'issued_at', c.issued_at) ORDER BY c.certificate_id), '[]')
            FROM registry.certificates_of_transfer(t.transfer_id) AS c))
    FROM registry.transfer t
    JOIN registry.volunteer v ON v.volunteer_id = t.volunteer_id
    WHERE t.transfer_id = package_content.transfer_id;
END;
COMMENT ON FUNCTION registry.package_content(bigint) IS
    '转移文件的内容:持有人(姓名、性别、出生日期、证件种类与末位,不含号码)、记录、星级、已出具的证明;服务类别只带全国代码,地方类别不带';

CREATE FUNCTION registry.move_stars(transfer_id bigint, from_status text, to_status text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    reason CONSTANT text := format('Transfer %s.', transfer_id);
BEGIN
    PERFORM registry.require_transition('star_award', from_status, to_status, reason);
    WITH moved AS (
        UPDATE registry.star_award a
        SET status = to_status
        FROM registry.exported_star x
        WHERE x.transfer_id = move_stars.transfer_id AND (a.volunteer_id, a.award_id) = (x.volunteer_id, x.award_id)
            AND NOT EXISTS (
                SELECT FROM registry.star_award h
                WHERE h.volunteer_id = a.volunteer_id AND h.level = a.level AND h.award_id <> a.award_id
                    AND h.status NOT IN ('refused', 'revoked', 'transferred'))
        RETURNING a.volunteer_id, a.award_id
    )
    INSERT INTO registry.star_event (volunteer_id, award_id, from_status, to_status, reason)
    SELECT m.volunteer_id, m.award_id, move_stars.from_status, move_stars.to_status, reason FROM moved m;
END
$$;
COMMENT ON FUNCTION registry.move_stars(bigint, text, text) IS
    '转出的星级随记录转出或恢复,同级已另行申请或认定的不恢复,记入 star_event;错误 55000 known_transition';

CREATE FUNCTION registry.export_transfer(transfer_id bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.transfer := registry.lock_transfer(transfer_id, 'out');
    new_package CONSTANT uuid := gen_random_uuid();
    reason CONSTANT text := format('Transfer %s.', subject.transfer_id);
    registrations bigint[];
    moved registry.service_record[];
    content jsonb;
BEGIN
    PERFORM registry.require_duty('reviewer', subject.organization_id);
    PERFORM registry.require_logged_access(v.person_id, 'package')
    FROM registry.volunteer v WHERE v.volunteer_id = subject.volunteer_id;
    IF subject.package_id IS NOT NULL THEN
        RETURN registry.sent_message(subject.transfer_id, 'package');
    END IF;
    PERFORM registry.require_transition('transfer', subject.status, 'exported', NULL);
    PERFORM FROM registry.volunteer v
    WHERE v.volunteer_id = subject.volunteer_id AND v.person_id IN (SELECT registry.persons_of(session_user));
    IF FOUND OR registry.session_is(subject.requested_by)
        OR registry.session_is((SELECT c.recorded_by FROM registry.consent c WHERE c.consent_id = subject.consent_id)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'exporter_is_not_requester',
            MESSAGE = 'Nobody exports what they entered, or their own records.';
    END IF;
    PERFORM FROM registry.consent c WHERE c.consent_id = subject.consent_id AND c.withdrawn_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'consent_in_force',
            MESSAGE = 'The consent to the transfer was withdrawn.';
    END IF;

    PERFORM registry.require_whole_person(v.person_id) FROM registry.volunteer v WHERE v.volunteer_id = subject.volunteer_id;

    -- Records first, volunteers second: the order of whoever voids a record.
    registrations := array(SELECT registry.registrations_of(subject.volunteer_id));
    SELECT array_agg(r.* ORDER BY r.period) INTO moved
    FROM (
        SELECT r.* FROM registry.service_record r
        WHERE r.volunteer_id = ANY (registrations) AND r.effective
        FOR NO KEY UPDATE) AS r;
    IF moved IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'records_to_transfer',
            MESSAGE = 'The volunteer has no effective record.';
    END IF;
    PERFORM FROM (SELECT m.period && lag(m.period) OVER (ORDER BY m.period) AS again FROM unnest(moved) AS m) AS n WHERE n.again;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'nothing_is_claimed_twice',
            MESSAGE = 'Records of two registrations that were merged overlap; a reviewer voids one of them first.',
            HINT = 'report.double_claims lists them.';
    END IF;
    PERFORM registry.lock_volunteer(r) FROM unnest(registrations) AS r;
    -- Stars first: an award whose hours are gone would be reopened.
    INSERT INTO registry.exported_star (transfer_id, volunteer_id, award_id)
    SELECT subject.transfer_id, a.volunteer_id, a.award_id FROM registry.star_award a
    WHERE a.volunteer_id = ANY (registrations) AND a.status = 'awarded';
    PERFORM registry.move_stars(subject.transfer_id, 'awarded', 'transferred');
    PERFORM registry.move_records(moved, 'transferred', reason);
    INSERT INTO registry.exported_record (transfer_id, volunteer_id, service_date, record_id)
    SELECT subject.transfer_id, m.volunteer_id, m.service_date, m.record_id FROM unnest(moved) AS m;

    content := registry.package_content(subject.transfer_id);
    UPDATE registry.transfer t
    SET package_id = new_package,
        records = cardinality(moved),
        hours = (SELECT sum(m.hours) FROM unnest(moved) AS m),
        star = coalesce((content #>> '{stars,-1,level}')::smallint, 0),
        certificates = jsonb_array_length(content -> 'certificates')
    WHERE t.transfer_id = subject.transfer_id;
    PERFORM registry.move_transfer(subject, 'exported');
    PERFORM registry.send_message(subject.transfer_id, 'package', subject.peer, new_package, content);
    RETURN registry.sent_message(subject.transfer_id, 'package');
END
$$;
COMMENT ON FUNCTION registry.export_transfer(bigint) IS
    '转出,须先登记查阅(announce_access,package):志愿者(含并入其名下的重复登记)的全部已生效记录当即不再计时(仍占用时间段),其星级随之转出,以其为依据的证明转为核查中;提交后再次调用,返回签名的转移文件(提交前为空),每次同一文件。不得由受理申请、登记同意的人或本人办理。错误 42501 not_staff、outside_scope、access_is_logged,23503 known_transfer,55000 known_transition、person_is_whole、nothing_is_claimed_twice、origin_is_set、signed_by_registered_key,23514 exporter_is_not_requester、consent_in_force,P0002 records_to_transfer';

-- What was certified from these records: for good, or in force again where all of it counts again.
CREATE FUNCTION registry.settle_certificates(transfer_id bigint, to_status text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    certificate registry.certificate;
BEGIN
    FOR certificate IN
        SELECT c.* FROM registry.certificate c
        WHERE (c.volunteer_id, c.certificate_id) IN (
                SELECT t.volunteer_id, t.certificate_id FROM registry.certificates_of_transfer(settle_certificates.transfer_id) AS t)
            AND (to_status <> 'valid' OR NOT EXISTS (
                SELECT FROM registry.certificate_line l
                JOIN registry.service_record r USING (volunteer_id, service_date, record_id)
                WHERE (l.volunteer_id, l.certificate_id) = (c.volunteer_id, c.certificate_id) AND NOT r.effective))
        ORDER BY c.certificate_id
        FOR UPDATE
    LOOP
        PERFORM registry.move_certificate(certificate, to_status, 'record_transferred');
    END LOOP;
END
$$;
COMMENT ON FUNCTION registry.settle_certificates(bigint, text) IS
    '因转出而转为核查中的证明:superseded 已被取代(由转入方另行出具),valid 记录全部恢复的即恢复';

CREATE FUNCTION registry.reconcile_transfer(receipt text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    claims CONSTANT jsonb := registry.message_claims(receipt, 'receipt');
    outcome CONSTANT text := CASE claims ->> 'outcome' WHEN 'imported' THEN 'reconciled' WHEN 'refused' THEN 'returned' END;
    subject registry.transfer;
    returned registry.service_record[];
BEGIN
    SELECT t.* INTO subject FROM registry.transfer t
    WHERE t.direction = 'out' AND t.package_id::text = claims ->> 'package' AND t.peer = claims ->> 'iss'
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_transfer',
            MESSAGE = 'There is no such transfer.';
    END IF;
    IF (claims ->> 'package_sha256' = (
            SELECT encode(m.body_sha256, 'hex') FROM registry.exchange_message m
            WHERE m.transfer_id = subject.transfer_id AND m.kind = 'package')
        AND (outcome = 'returned' OR outcome = 'reconciled' AND claims ->> 'records' = subject.records::text
            AND claims ->> 'hours' = subject.hours::numeric::text)) IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'receipt_matches_package',
            MESSAGE = 'The receipt does not state what the package holds.';
    END IF;
    IF subject.status = outcome THEN
        PERFORM registry.require_duty('registrar', subject.organization_id);
        RETURN outcome;
    END IF;
    PERFORM registry.move_transfer(subject, outcome, claims ->> 'reason');
    PERFORM registry.add_message(subject.transfer_id, 'receipt', 'in', (claims ->> 'jti')::uuid, receipt);
    IF outcome = 'returned' THEN
        SELECT array_agg(r.*) INTO returned
        FROM (
            SELECT r.* FROM registry.exported_record x
            JOIN registry.service_record r USING (volunteer_id, service_date, record_id)
            WHERE x.transfer_id = subject.transfer_id AND r.status = 'transferred'
            FOR NO KEY UPDATE OF r) AS r;
        PERFORM registry.lock_volunteer(v)
        FROM (SELECT DISTINCT r.volunteer_id FROM unnest(returned) AS r ORDER BY 1) AS u (v);
        PERFORM registry.move_records(returned, 'effective', format('Transfer %s.', subject.transfer_id));
        PERFORM registry.move_stars(subject.transfer_id, 'transferred', 'awarded');
    END IF;
    PERFORM registry.settle_certificates(
        subject.transfer_id, CASE outcome WHEN 'reconciled' THEN 'superseded' ELSE 'valid' END);
    RETURN outcome;
END
$$;
COMMENT ON FUNCTION registry.reconcile_transfer(text) IS
    '收回执,返回 reconciled(对方已转入,条数、时长相符,已出具的证明转为已被取代)或 returned(对方不予转入,记录、星级、证明恢复);同一回执再收不改变任何记录。错误 42501 not_staff、outside_scope,23503 known_issuer、known_transfer,23514 message_is_genuine、message_is_for_this_registry、receipt_matches_package,55000 known_transition';

GRANT EXECUTE ON FUNCTION registry.request_transfer(volunteer.volunteer_no, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.consent_transfer(bigint, text, text, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.cancel_transfer(bigint, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.export_transfer(bigint) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.reconcile_transfer(text) TO registry_registrar;
