-- Recording: batches are opened, filled, reviewed, made public and take effect; records are voided and corrected.

CREATE FUNCTION registry.timely_from(region volunteer.region_code, day date) RETURNS date
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    days CONSTANT integer := registry.policy_value('recording_deadline_working_days', region, day);
    result date := day;
BEGIN
    WHILE registry.working_days_after(result - 1, days) >= day LOOP
        result := result - 1;
    END LOOP;
    RETURN result;
END
$$;
COMMENT ON FUNCTION registry.timely_from(volunteer.region_code, date) IS
    '某日录入时仍在记录时限内的最早活动结束日(《志愿服务记录与证明出具办法(试行)》第十一条);错误 P0002 policy_missing';

CREATE FUNCTION registry.add_batch(organization_id bigint, source text, justification text, evidence_sha256 bytea)
    RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.organization := registry.require_active_organization(organization_id);
    new_batch bigint;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    INSERT INTO registry.record_batch AS b (organization_id, source, justification, evidence_sha256, timely_from)
    VALUES (subject.organization_id, source, registry.clean_text(justification), evidence_sha256,
        registry.timely_from(subject.region, registry.today()))
    RETURNING b.batch_id INTO new_batch;
    RETURN new_batch;
END
$$;
COMMENT ON FUNCTION registry.add_batch(bigint, text, text, bytea) IS '新建记录批次,返回批次编号;错误见 open_batch';

CREATE FUNCTION registry.open_batch(
    organization_id bigint, justification text DEFAULT NULL, evidence_sha256 bytea DEFAULT NULL)
    RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
    RETURN registry.add_batch(organization_id, 'roster', justification, evidence_sha256);
COMMENT ON FUNCTION registry.open_batch(bigint, text, bytea) IS
    '开立记录批次,返回批次编号;补录须同时给出理由和证明材料的 SHA-256(32 字节);错误 42501 not_staff、outside_scope,23514 back_fill_has_justification_and_evidence,23503 known_organization,55000 organization_active,P0002 policy_missing';

CREATE FUNCTION registry.lock_batch(batch_id bigint) RETURNS registry.record_batch
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.record_batch;
BEGIN
    SELECT b.* INTO subject FROM registry.record_batch b WHERE b.batch_id = lock_batch.batch_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_batch',
            MESSAGE = 'There is no such batch.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.lock_batch(bigint) IS '锁定并返回记录批次;错误 23503 known_batch';

CREATE FUNCTION registry.lock_record(record_id bigint) RETURNS registry.service_record
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.service_record;
BEGIN
    SELECT r.* INTO subject FROM registry.service_record r WHERE r.record_id = lock_record.record_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_record',
            MESSAGE = 'There is no such service record.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.lock_record(bigint) IS '锁定并返回服务记录;错误 23503 known_record';

CREATE FUNCTION registry.service_date(period tstzrange) RETURNS date
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (isfinite(lower(period)) AND isfinite(upper(period))) IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'period_is_half_open',
            MESSAGE = 'A service has a start and a later end.';
    END IF;
    RETURN (lower(period) AT TIME ZONE 'Asia/Shanghai')::date;
END
$$;
COMMENT ON FUNCTION registry.service_date(tstzrange) IS '服务日期(北京时间);错误 23514 period_is_half_open';

CREATE FUNCTION registry.record_service(
    batch_id bigint, volunteer_no volunteer.volunteer_no, activity_id bigint, period tstzrange, post text DEFAULT NULL,
    entry_method integer DEFAULT 1)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    served CONSTANT registry.activity := registry.require_published_activity(activity_id);
    new_record bigint;
BEGIN
    PERFORM registry.require_duty('recorder', served.organization_id);
    IF (registry.lock_batch(batch_id)).source <> 'roster' THEN
        PERFORM registry.refuse_record('entered_by_hand');
    END IF;
    INSERT INTO registry.service_record AS r
        (volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id, post)
    VALUES ((registry.require_volunteer(volunteer_no)).volunteer_id, registry.service_date(period), period, entry_method,
        served.project_id, served.activity_id, served.organization_id, record_service.batch_id, registry.clean_text(post))
    RETURNING r.record_id INTO new_record;
    RETURN new_record;
END
$$;
COMMENT ON FUNCTION registry.record_service(bigint, volunteer.volunteer_no, bigint, tstzrange, text, integer) IS
    '录入一条服务记录,返回记录编号。参数:批次(open_batch)、志愿者编号、活动、时间段 [起,止)、岗位、录入方式(0 强制签退,1 团体录入,2 个人申请;3 人脸识别、4 快速打卡是系统计时,只由签到签退或名册导入形成,否则 entered_by_hand)。错误 42501 not_staff、outside_scope,23503 known_batch、known_volunteer、known_activity,55000 activity_published,23514 period_is_half_open、period_is_whole_minutes、period_within_service_date、not_in_future、known_entry_method、post_is_named、daily_cap(提交时)及 recording_rule 各规则,23514 无该年分区';

CREATE FUNCTION registry.move_batch(batch_id bigint, from_status text, to_status text, reason text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    WITH moved AS (
        UPDATE registry.service_record r
        SET status = to_status
        WHERE r.batch_id = move_batch.batch_id AND r.status = from_status
        RETURNING r.volunteer_id, r.record_id
    )
    INSERT INTO registry.record_event (volunteer_id, record_id, from_status, to_status, reason)
    SELECT m.volunteer_id, m.record_id, move_batch.from_status, move_batch.to_status, registry.clean_text(move_batch.reason)
    FROM moved m;
END;
COMMENT ON FUNCTION registry.move_batch(bigint, text, text, text) IS '变更批次内全部记录的状态并记入 record_event';

CREATE FUNCTION registry.move_record(subject registry.service_record, to_status text, reason text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_duty(
        registry.require_transition('service_record', subject.status, to_status, reason), subject.organization_id);
    UPDATE registry.service_record r
    SET status = to_status
    WHERE (r.volunteer_id, r.service_date, r.record_id) = (subject.volunteer_id, subject.service_date, subject.record_id);
    INSERT INTO registry.record_event (volunteer_id, record_id, from_status, to_status, reason)
    VALUES (subject.volunteer_id, subject.record_id, subject.status, to_status, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.move_record(registry.service_record, text, text) IS
    '变更一条记录的状态并记入 record_event;错误 42501 not_staff、outside_scope,55000 known_transition,23514 reason_required';

CREATE FUNCTION registry.recorders_of(batch_id bigint) RETURNS SETOF name
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT b.recorded_by FROM registry.record_batch b WHERE b.batch_id = recorders_of.batch_id
    UNION
    SELECT e.actor
    FROM registry.checkin c
    JOIN registry.checkin_event e ON (e.volunteer_id, e.checkin_id) = (c.volunteer_id, c.checkin_id)
    WHERE c.batch_id = recorders_of.batch_id;
END
$$;
COMMENT ON FUNCTION registry.recorders_of(bigint) IS '批次的记录人(数据库角色),含签到、签退的经办人';

CREATE FUNCTION registry.review_batch(batch_id bigint, accept boolean, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.record_batch := registry.lock_batch(batch_id);
    outcome CONSTANT text := CASE WHEN accept THEN 'in_publicity' WHEN NOT accept THEN 'refused' END;
    days integer;
    corrected bigint;
BEGIN
    PERFORM registry.require_duty(
        registry.require_transition('record_batch', subject.status, outcome, reason), subject.organization_id);
    PERFORM FROM registry.recorders_of(subject.batch_id) AS r WHERE registry.session_is(r);
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'reviewer_is_not_recorder',
            MESSAGE = 'Nobody reviews the own batch.';
    END IF;
    PERFORM
    FROM registry.service_record r
    JOIN registry.volunteer v ON v.volunteer_id = r.volunteer_id
    WHERE r.batch_id = subject.batch_id AND v.person_id IN (SELECT registry.persons_of(session_user));
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'reviewer_is_not_volunteer',
            MESSAGE = 'Nobody reviews own service.';
    END IF;

    -- What another registry sent was public there.
    SELECT CASE WHEN subject.source = 'transfer' THEN 0
        ELSE registry.policy_value('publicity_days', o.region, registry.today()) END INTO days
    FROM registry.organization o WHERE o.organization_id = subject.organization_id;
    UPDATE registry.record_batch b
    SET status = outcome, reviewed_by = session_user, reviewed_at = now(),
        publicity = CASE WHEN accept THEN daterange(registry.today() + 1, registry.today() + 1 + days) END
    WHERE b.batch_id = subject.batch_id;
    PERFORM registry.move_batch(subject.batch_id, subject.status, outcome, reason);
    IF NOT accept THEN
        FOR corrected IN
            SELECT r.supersedes FROM registry.service_record r
            WHERE r.batch_id = subject.batch_id AND r.status = 'refused' AND r.supersedes IS NOT NULL
        LOOP
            PERFORM registry.restore_record(corrected, reason);
        END LOOP;
    END IF;
END
$$;
COMMENT ON FUNCTION registry.review_batch(bigint, boolean, text) IS
    '审核批次:通过则自次日起公示(政策 publicity_days 天),不通过须说明理由,所更正的原记录恢复。错误 42501 not_staff、outside_scope,23503 known_batch,55000 known_transition,23514 reason_required、reviewer_is_not_recorder、reviewer_is_not_volunteer,P0002 policy_missing';

CREATE FUNCTION registry.restore_record(record_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_record := registry.lock_record(record_id);
    restored text;
BEGIN
    -- A batch that went on without the record was reviewed and made public without it.
    SELECT CASE e.from_status WHEN b.status THEN b.status ELSE 'refused' END INTO restored
    FROM registry.record_batch b
    JOIN registry.record_event e ON e.record_id = subject.record_id AND e.to_status = 'superseded'
    WHERE b.batch_id = subject.batch_id
    ORDER BY e.event_id DESC
    LIMIT 1
    FOR SHARE OF b;
    PERFORM registry.move_record(subject, restored, reason);
    IF restored = 'refused' AND subject.supersedes IS NOT NULL THEN
        PERFORM registry.restore_record(subject.supersedes, reason);
    END IF;
END
$$;
COMMENT ON FUNCTION registry.restore_record(bigint, text) IS
    '更正未获通过时,原记录恢复为更正前的状态;其批次已不在该状态的,转为不通过,它所更正的记录随之恢复;错误 23514 no_overlap(提交时),其余见 move_record';

CREATE FUNCTION registry.make_effective(batch_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.record_batch := registry.lock_batch(batch_id);
BEGIN
    PERFORM registry.require_duty(
        registry.require_transition('record_batch', subject.status, 'effective', NULL), subject.organization_id);
    IF registry.today() < upper(subject.publicity) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'effective_after_publicity',
            MESSAGE = 'The publicity period is not over.';
    END IF;
    UPDATE registry.record_batch b SET status = 'effective', effective_at = now() WHERE b.batch_id = subject.batch_id;
    PERFORM registry.move_batch(subject.batch_id, 'in_publicity', 'effective', NULL);
END
$$;
COMMENT ON FUNCTION registry.make_effective(bigint) IS
    '公示期满后批次生效,时长随同一事务计入;错误 42501 not_staff、outside_scope,23503 known_batch,55000 known_transition,23514 effective_after_publicity';

CREATE FUNCTION registry.void_record(record_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_record := registry.lock_record(record_id);
BEGIN
    IF subject.status = 'disputed' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'dispute_is_decided',
            MESSAGE = 'The record is disputed; the dispute is decided first.';
    END IF;
    PERFORM registry.move_record(subject, 'voided', reason);
    PERFORM registry.require_other_volunteer(subject.volunteer_id);
    -- Else a correction made and voided would take away what only a reviewer may void.
    IF subject.supersedes IS NOT NULL AND NOT subject.effective THEN
        PERFORM registry.restore_record(subject.supersedes, reason);
    END IF;
END
$$;
COMMENT ON FUNCTION registry.void_record(bigint, text) IS
    '作废一条记录,须说明理由,时长随同一事务扣减;作废尚未生效的更正即恢复原记录,故须由审核人办理;有异议的先裁定(decide_dispute);不得作废本人的记录。错误 42501 not_staff、outside_scope,23503 known_record,55000 known_transition、dispute_is_decided,23514 reason_required、reviewer_is_not_volunteer';

CREATE FUNCTION registry.correct_record(
    record_id bigint, period tstzrange, reason text, post text DEFAULT NULL, evidence_sha256 bytea DEFAULT NULL,
    OUT new_batch_id bigint, OUT new_record_id bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_record := registry.lock_record(record_id);
BEGIN
    IF subject.status = 'transferred' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'record_is_kept_here',
            MESSAGE = 'Another registry keeps the record now, and corrects it.';
    END IF;
    PERFORM registry.move_record(subject, 'superseded', reason);
    new_batch_id := registry.add_batch(subject.organization_id, 'correction',
        CASE WHEN evidence_sha256 IS NOT NULL THEN reason END, evidence_sha256);
    INSERT INTO registry.service_record AS r
        (volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id, post, supersedes)
    VALUES (subject.volunteer_id, registry.service_date(period), period, 1, subject.project_id, subject.activity_id,
        subject.organization_id, new_batch_id, coalesce(registry.clean_text(post), subject.post), subject.record_id)
    RETURNING r.record_id INTO new_record_id;
END
$$;
COMMENT ON FUNCTION registry.correct_record(bigint, tstzrange, text, text, bytea) IS
    '更正一条记录:原记录当即停止计时,新记录按团体录入重新审核、公示;超过记录时限须附证明材料的 SHA-256。返回新批次、新记录编号。错误同 record_service 与 void_record,另有 55000 record_is_kept_here(已转往其他登记库)';

GRANT EXECUTE ON FUNCTION registry.open_batch(bigint, text, bytea) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.record_service(bigint, volunteer.volunteer_no, bigint, tstzrange, text, integer)
    TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.correct_record(bigint, tstzrange, text, text, bytea) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.review_batch(bigint, boolean, text) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.make_effective(bigint) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.void_record(bigint, text) TO registry_recorder, registry_reviewer;
