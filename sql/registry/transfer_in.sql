-- Transfers in: a recorder enters the package of the holder whose document he has seen, a reviewer lets it take effect.
-- All of a package comes in or nothing does; what is in its way here is settled first, or the package is refused for good.

INSERT INTO registry.recording_rule (rule, sentence) VALUES
    ('moved_once', 'The record came from the other registry before.');

CREATE FUNCTION registry.package_records(claims jsonb)
    RETURNS TABLE (
        no bigint, period tstzrange, service_date date, minutes integer, entry_method smallint, project text, category text,
        post text, organization text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT r.no, tstzrange(r.start, r."end"), (r.start AT TIME ZONE 'Asia/Shanghai')::date,
        CASE WHEN r.entry_method = 0 THEN 0 ELSE extract(epoch FROM r."end" - r.start)::integer / 60 END, r.entry_method,
        registry.clean_text(r.project), r.category, registry.clean_text(r.post), registry.clean_text(r.organization)
    FROM jsonb_to_recordset(claims -> 'records') AS r (
        no bigint, start timestamptz, "end" timestamptz, entry_method smallint, project text, category text, post text,
        organization text);
EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION USING
        ERRCODE = 'invalid_text_representation',
        CONSTRAINT = 'package_is_readable',
        MESSAGE = 'The package does not have the form of a transfer.';
END
$$;
COMMENT ON FUNCTION registry.package_records(jsonb) IS '转移文件中的记录;错误 22P02 package_is_readable';

-- Whose records they are: digests of two registries have different keys, so the person at the desk is compared by what
-- the document says.
CREATE FUNCTION registry.require_holder(holder registry.volunteer, claims jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM
    FROM registry.person p
    CROSS JOIN LATERAL registry.persons_within(p.person_id) AS w (person_id)
    JOIN registry.identity_document d ON d.person_id = w.person_id
    WHERE p.person_id = holder.person_id
        AND claims -> 'holder' @> jsonb_build_object('name', p.name, 'sex', p.sex, 'birth_date', p.birth_date,
            'documents', jsonb_build_array(jsonb_build_object('kind', d.kind, 'tail', d.tail)));
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'holder_matches_package',
            MESSAGE = 'Name, sex, date of birth or document of the volunteer differ from those of the package.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_holder(registry.volunteer, jsonb) IS
    '检查志愿者即转移文件的持有人:姓名、性别、出生日期、一件证件的种类与末位均相符;错误 23514 holder_matches_package';

-- What this registry itself sent there comes back: it is no obstacle, and gives way.
CREATE FUNCTION registry.records_brought_back(volunteer_id bigint, peer text, period tstzrange)
    RETURNS SETOF registry.service_record
    LANGUAGE sql STABLE SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT r.* FROM registry.service_record r
    WHERE r.volunteer_id IN (SELECT registry.registrations_of(records_brought_back.volunteer_id)) AND r.status = 'transferred'
        AND r.service_date = registry.service_date(records_brought_back.period) AND r.period && records_brought_back.period
        AND EXISTS (
            SELECT FROM registry.exported_record x
            JOIN registry.transfer t ON t.transfer_id = x.transfer_id
            WHERE (x.volunteer_id, x.service_date, x.record_id) = (r.volunteer_id, r.service_date, r.record_id)
                AND t.status = 'reconciled' AND t.peer = records_brought_back.peer);
END;
COMMENT ON FUNCTION registry.records_brought_back(bigint, text, tstzrange) IS '此前转给该登记库、与该时间段重叠的记录,含并入其名下的重复登记的';

CREATE FUNCTION registry.judge_package(claims jsonb, volunteer_id bigint)
    RETURNS TABLE (no bigint, period tstzrange, rule text, record_id bigint)
    LANGUAGE sql STABLE SET search_path = pg_catalog, volunteer, pg_temp SET jit = off
BEGIN ATOMIC
    WITH package AS MATERIALIZED (
        SELECT p.*, sum(p.minutes) OVER (PARTITION BY p.service_date) AS day_minutes
        FROM registry.package_records(judge_package.claims) AS p
    ), registration AS MATERIALIZED (
        SELECT registry.registrations_of(judge_package.volunteer_id) AS volunteer_id
    )
    SELECT r.no, r.period, j.rule, j.record_id
    FROM package r
    JOIN registry.volunteer v ON v.volunteer_id = judge_package.volunteer_id
    CROSS JOIN LATERAL (
        SELECT 'moved_once' AS rule, f.record_id
        FROM registry.record_origin f
        WHERE (f.origin, f.origin_no) = (judge_package.claims ->> 'iss', r.no)
        UNION ALL
        SELECT 'year_is_open', NULL
        WHERE to_regclass('registry.service_record_' || extract(year FROM r.service_date)) IS NULL
        UNION ALL
        SELECT 'no_overlap', s.record_id
        FROM registration g
        JOIN registry.service_record s ON s.volunteer_id = g.volunteer_id
        WHERE s.service_date = r.service_date AND s.live AND s.period && r.period
            AND s.record_id NOT IN (
                SELECT b.record_id
                FROM registry.records_brought_back(v.volunteer_id, judge_package.claims ->> 'iss', r.period) AS b)
        UNION ALL
        SELECT 'daily_cap', NULL
        WHERE registry.policy_value('daily_cap_minutes', v.region, r.service_date) < r.day_minutes + (
            SELECT coalesce(sum(s.minutes), 0)
            FROM registration g
            JOIN registry.service_record s ON s.volunteer_id = g.volunteer_id
            WHERE s.service_date = r.service_date AND s.live
                AND s.record_id NOT IN (
                    SELECT b.record_id FROM package q
                    CROSS JOIN registry.records_brought_back(v.volunteer_id, judge_package.claims ->> 'iss', q.period) AS b
                    WHERE q.service_date = r.service_date))
    ) AS j;
END;
COMMENT ON FUNCTION registry.judge_package(jsonb, bigint) IS
    '转移文件中与本库(志愿者及并入其名下的重复登记)冲突的记录:曾经转入、年份未开、时间重叠(与哪一条)、超过每日上限';

CREATE FUNCTION registry.transfer_conflicts(transfer_id bigint)
    RETURNS TABLE (origin_no bigint, period tstzrange, rule text, message text, record_id bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.transfer;
BEGIN
    SELECT t.* INTO subject FROM registry.transfer t
    WHERE t.transfer_id = transfer_conflicts.transfer_id AND t.status = 'received'
        AND t.organization_id IN (SELECT registry.import_scope());
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_transfer',
            MESSAGE = 'There is no such transfer.';
    END IF;
    RETURN QUERY
    SELECT j.no, j.period, j.rule, u.sentence, j.record_id
    FROM registry.judge_package(registry.token_part(registry.message_body(subject.transfer_id, 'package'), 2), subject.volunteer_id) AS j
    JOIN registry.recording_rule u ON u.rule = j.rule
    ORDER BY j.period, j.rule, j.record_id;
END
$$;
COMMENT ON FUNCTION registry.transfer_conflicts(bigint) IS
    '已收到的转移文件与本库记录的冲突(随时重新比对):对方的记录编号、时间段、规则、说明、本库的记录编号;只有办理组织及其上级的记录人、审核人可见;错误 42501 not_staff,23503 known_transfer';

-- Records of a name that the organisation knows join its project; for others it gets one.
CREATE FUNCTION registry.require_projects(claims jsonb, subject registry.organization) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    INSERT INTO registry.project (name, organization_id, category, region)
    SELECT DISTINCT ON (r.project) r.project, subject.organization_id,
        CASE WHEN EXISTS (
            SELECT FROM registry.code_item i
            WHERE i.set = 'service_category' AND i.code = r.category AND i.code LIKE '00%') THEN r.category ELSE '0099' END,
        subject.region
    FROM registry.package_records(claims) AS r
    ORDER BY r.project, r.period
    ON CONFLICT ON CONSTRAINT project_name_in_organization DO NOTHING;
END;
COMMENT ON FUNCTION registry.require_projects(jsonb, registry.organization) IS
    '为转入的记录设立尚无的同名项目,属办理组织;没有全国服务类别的归入 0099 其他';

CREATE FUNCTION registry.receive_transfer(package text, volunteer_no volunteer.volunteer_no) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    claims CONSTANT jsonb := registry.message_claims(package, 'package');
    digest CONSTANT bytea := sha256(convert_to(package, 'UTF8'));
    holder CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    desk registry.organization;
    subject registry.transfer;
    brought_back registry.service_record[];
    new_batch bigint;
BEGIN
    PERFORM registry.require_duty('recorder', holder.organization_id);
    PERFORM registry.require_holder(holder, claims);
    INSERT INTO registry.transfer
        (volunteer_id, organization_id, direction, peer, status, package_id, records, hours, star, certificates)
    SELECT holder.volunteer_id, holder.organization_id, 'in', claims ->> 'iss', 'received', (claims ->> 'jti')::uuid,
        count(*), coalesce(sum(volunteer.service_hours_of_minutes(r.minutes)), '0:00'),
        coalesce((claims #>> '{stars,-1,level}')::smallint, 0), jsonb_array_length(claims -> 'certificates')
    FROM registry.package_records(claims) AS r
    ON CONFLICT ON CONSTRAINT one_transfer_of_a_package DO NOTHING
    RETURNING * INTO subject;
    IF FOUND THEN
        PERFORM registry.add_message(subject.transfer_id, 'package', 'in', subject.package_id, package);
        INSERT INTO registry.transfer_event (transfer_id, to_status) VALUES (subject.transfer_id, subject.status);
    ELSE
        SELECT t.* INTO subject FROM registry.transfer t
        JOIN registry.exchange_message m ON m.message_id = t.package_id
        WHERE m.message_id = (claims ->> 'jti')::uuid AND m.body_sha256 = digest AND t.volunteer_id = holder.volunteer_id
        FOR NO KEY UPDATE OF t;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING
                ERRCODE = 'unique_violation',
                CONSTRAINT = 'one_transfer_of_a_package',
                MESSAGE = 'Another package of this number, or of another volunteer, is here.';
        END IF;
        IF subject.status <> 'received' THEN
            RETURN subject.transfer_id;
        END IF;
    END IF;
    PERFORM FROM registry.judge_package(claims, holder.volunteer_id);
    IF FOUND THEN
        RETURN subject.transfer_id;
    END IF;

    SELECT array_agg(b.*) INTO brought_back
    FROM (
        SELECT r.* FROM registry.service_record r
        WHERE r.record_id IN (
            SELECT b.record_id FROM registry.package_records(claims) AS p
            CROSS JOIN registry.records_brought_back(holder.volunteer_id, subject.peer, p.period) AS b)
        FOR NO KEY UPDATE) AS b;
    PERFORM registry.move_records(brought_back, 'superseded', format('Transfer %s.', subject.transfer_id));
    UPDATE registry.exported_record x
    SET brought_back_by = subject.transfer_id
    FROM unnest(brought_back) AS b
    WHERE (x.volunteer_id, x.service_date, x.record_id) = (b.volunteer_id, b.service_date, b.record_id);

    desk := registry.require_active_organization(holder.organization_id);
    PERFORM registry.require_projects(claims, desk);
    new_batch := registry.add_batch(desk.organization_id, 'transfer', format('Transfer from %s.', subject.peer), digest);
    INSERT INTO registry.service_record
        (volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, post)
    SELECT holder.volunteer_id, r.service_date, r.period, r.entry_method, j.project_id, desk.organization_id, new_batch, r.post
    FROM registry.package_records(claims) AS r
    JOIN registry.project j ON j.organization_id = desk.organization_id AND j.name = r.project;
    -- What others record at the same time is seen here, not only at commit.
    PERFORM volunteer.flush_hours();
    UPDATE registry.transfer t SET batch_id = new_batch WHERE t.transfer_id = subject.transfer_id;
    PERFORM registry.move_transfer(subject, 'acknowledged');
    RETURN subject.transfer_id;
END
$$;
COMMENT ON FUNCTION registry.receive_transfer(text, volunteer.volunteer_no) IS
    '收转移文件(志愿者登记组织的记录员,已查看持有人的证件;持有人须先登记为本库志愿者),返回转移编号。无冲突即整份录入待审(acknowledged);有冲突则一条也不录入(received,见 transfer_conflicts),处理后再收同一文件。同一文件再收不改变任何记录。错误 42501 not_staff、outside_scope,23503 known_issuer、known_volunteer,23514 message_is_genuine、message_is_for_this_registry、holder_matches_package、no_overlap(同时录入)及 recording_rule 各规则,23505 one_transfer_of_a_package,22P02 package_is_readable,55000 organization_active';

-- A batch of a package is decided with its transfer alone.
CREATE FUNCTION registry.check_transfer_decides() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM registry.transfer t WHERE t.batch_id = NEW.batch_id AND t.status IN ('imported', 'refused');
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'transfer_decides',
            MESSAGE = 'A batch that came from another registry is imported or refused as a whole.',
            HINT = 'Call registry.import_transfer() or registry.refuse_transfer().';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION registry.check_transfer_decides() IS
    '触发器:转入的批次只能以 import_transfer、refuse_transfer 整份决定;错误 55000 transfer_decides';
CREATE TRIGGER transfer_decides BEFORE UPDATE OF status ON registry.record_batch
    FOR EACH ROW WHEN (NEW.source = 'transfer') EXECUTE FUNCTION registry.check_transfer_decides();

CREATE FUNCTION registry.award_transferred_stars(subject registry.transfer) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    WITH awarded AS (
        INSERT INTO registry.star_award
            (volunteer_id, level, standard_id, threshold, basis_hours, as_of, status, awarded_at)
        SELECT v.volunteer_id, l.level, s.standard_id, s.thresholds[l.level], h.hours, registry.today(), 'awarded', now()
        FROM registry.volunteer v
        JOIN registry.star_hours h ON h.volunteer_id = v.volunteer_id
        CROSS JOIN LATERAL (
            SELECT s.standard_id, s.thresholds
            FROM registry.star_standard s
            WHERE s.valid @> registry.today() AND (s.region IS NULL OR v.region <@ s.region)
            ORDER BY volunteer.level(s.region) DESC NULLS LAST
            LIMIT 1) AS s
        CROSS JOIN generate_series(1, subject.star) AS l (level)
        WHERE v.volunteer_id = subject.volunteer_id AND h.hours >= s.thresholds[l.level]
            AND NOT EXISTS (
                SELECT FROM registry.star_award a
                WHERE a.volunteer_id = v.volunteer_id AND a.level = l.level
                    AND a.status NOT IN ('refused', 'revoked', 'transferred'))
        ORDER BY l.level
        RETURNING volunteer_id, award_id
    )
    INSERT INTO registry.star_event (volunteer_id, award_id, to_status, reason)
    SELECT a.volunteer_id, a.award_id, 'awarded', format('Transfer %s.', subject.transfer_id) FROM awarded a;
END;
COMMENT ON FUNCTION registry.award_transferred_stars(registry.transfer) IS
    '星级随记录转入:至转移文件中的最高级,按本地标准达到时长的各级;注册月数在转出方已满';

CREATE FUNCTION registry.send_receipt(subject registry.transfer, outcome text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT registry.send_message(subject.transfer_id, 'receipt', subject.peer, gen_random_uuid(), jsonb_strip_nulls(
        jsonb_build_object('package', subject.package_id, 'package_sha256', encode(m.body_sha256, 'hex'), 'outcome', outcome,
            'reason', reason, 'records', subject.records, 'hours', subject.hours::numeric::text)))
    FROM registry.exchange_message m
    WHERE m.transfer_id = subject.transfer_id AND m.kind = 'package';
END;
COMMENT ON FUNCTION registry.send_receipt(registry.transfer, text, text) IS '签发回执:imported 已转入,refused 不予转入';

CREATE FUNCTION registry.import_transfer(transfer_id bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.transfer := registry.lock_transfer(transfer_id, 'in');
    claims jsonb;
BEGIN
    IF subject.status = 'imported' THEN
        PERFORM registry.require_duty('reviewer', subject.organization_id);
        RETURN registry.sent_message(subject.transfer_id, 'receipt');
    END IF;
    PERFORM registry.move_transfer(subject, 'imported');
    PERFORM registry.review_batch(subject.batch_id, true);
    PERFORM registry.make_effective(subject.batch_id);
    -- Counted afterwards: what a recorder was voiding is waited for.
    IF subject.records <> (
        SELECT count(*) FROM registry.service_record r WHERE r.batch_id = subject.batch_id AND r.effective) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'package_is_whole',
            MESSAGE = 'A record of the package was voided or corrected before its import.';
    END IF;
    claims := registry.token_part(registry.message_body(subject.transfer_id, 'package'), 2);
    INSERT INTO registry.record_origin (volunteer_id, service_date, record_id, transfer_id, origin, origin_no, organization)
    SELECT r.volunteer_id, r.service_date, r.record_id, subject.transfer_id, subject.peer, p.no, p.organization
    FROM registry.package_records(claims) AS p
    JOIN registry.service_record r ON r.batch_id = subject.batch_id AND r.period = p.period;
    PERFORM registry.lock_volunteer(subject.volunteer_id);
    PERFORM volunteer.flush_hours();
    PERFORM registry.award_transferred_stars(subject);
    PERFORM registry.send_receipt(subject, 'imported');
    RETURN registry.sent_message(subject.transfer_id, 'receipt');
END
$$;
COMMENT ON FUNCTION registry.import_transfer(bigint) IS
    '准予转入(审核人,不得为收件人或本人):整份记录当即生效(公示已由转出方办理),星级随之认定;提交后再次调用,返回签名的回执(提交前为空),交转出方,每次同一回执。错误 42501 not_staff、outside_scope,23503 known_transfer,55000 known_transition、package_is_whole、origin_is_set、signed_by_registered_key,23514 reviewer_is_not_recorder、reviewer_is_not_volunteer,23505 moved_once';

CREATE FUNCTION registry.refuse_transfer(transfer_id bigint, reason text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.transfer := registry.lock_transfer(transfer_id, 'in');
    restored registry.service_record[];
BEGIN
    IF subject.status = 'refused' THEN
        PERFORM registry.require_duty('reviewer', subject.organization_id);
        RETURN registry.sent_message(subject.transfer_id, 'receipt');
    END IF;
    PERFORM registry.move_transfer(subject, 'refused', reason);
    IF subject.batch_id IS NOT NULL THEN
        PERFORM registry.review_batch(subject.batch_id, false, reason);
        SELECT array_agg(b.*) INTO restored
        FROM (
            SELECT r.* FROM registry.exported_record x
            JOIN registry.service_record r USING (volunteer_id, service_date, record_id)
            WHERE x.brought_back_by = subject.transfer_id
            FOR NO KEY UPDATE OF r) AS b;
        PERFORM registry.move_records(restored, 'transferred', format('Transfer %s.', subject.transfer_id));
        UPDATE registry.exported_record x SET brought_back_by = NULL WHERE x.brought_back_by = subject.transfer_id;
    END IF;
    PERFORM registry.send_receipt(subject, 'refused', registry.clean_text(reason));
    RETURN registry.sent_message(subject.transfer_id, 'receipt');
END
$$;
COMMENT ON FUNCTION registry.refuse_transfer(bigint, text) IS
    '不予转入(审核人),须说明理由,不可恢复;提交后再次调用,返回签名的回执(提交前为空),对方凭以恢复记录,每次同一回执。错误 42501 not_staff、outside_scope,23503 known_transfer,55000 known_transition、origin_is_set、signed_by_registered_key,23514 reason_required、reviewer_is_not_recorder、reviewer_is_not_volunteer';

GRANT EXECUTE ON FUNCTION registry.receive_transfer(text, volunteer.volunteer_no) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.transfer_conflicts(bigint) TO registry_recorder, registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.import_transfer(bigint) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.refuse_transfer(bigint, text) TO registry_reviewer;
