-- What an owner or superuser leaves behind who writes past the functions, switches a rule off or changes a function.

-- Each change of state is an event, so the last event says the state, and each event starts where the last one ended.
CREATE FUNCTION registry.check_events() RETURNS TABLE (kind text, object text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pair record;
BEGIN
    FOR pair IN
        SELECT e.relname AS event, k.conrelid::regclass AS events, k.confrelid::regclass AS subjects,
            own.columns AS columns, key.columns AS keys
        FROM pg_constraint k
        JOIN pg_class e ON e.oid = k.conrelid AND e.relname ~ '_event$'
        JOIN pg_class s ON s.oid = k.confrelid AND s.relname ~ ('(^|_)' || regexp_replace(e.relname, '_event$', '') || '(_|$)')
        JOIN pg_attribute a ON a.attrelid = s.oid AND a.attname = 'status'
        CROSS JOIN LATERAL (
            SELECT string_agg(format('e.%I', c.attname), ', ' ORDER BY p.place) AS columns
            FROM unnest(k.conkey) WITH ORDINALITY AS p (attnum, place)
            JOIN pg_attribute c ON (c.attrelid, c.attnum) = (k.conrelid, p.attnum)) AS own
        CROSS JOIN LATERAL (
            SELECT string_agg(format('s.%I', c.attname), ', ' ORDER BY p.place) AS columns
            FROM unnest(k.confkey) WITH ORDINALITY AS p (attnum, place)
            JOIN pg_attribute c ON (c.attrelid, c.attnum) = (k.confrelid, p.attnum)) AS key
        WHERE k.contype = 'f' AND k.connamespace = 'registry'::regnamespace AND k.conparentid = 0
    LOOP
        RETURN QUERY EXECUTE format($query$
            SELECT 'status', concat_ws(' ', %L, %s)
            FROM %s s
            LEFT JOIN (
                SELECT DISTINCT ON (%s) e.* FROM %s e ORDER BY %s, e.event_id DESC
            ) AS e ON (%s) = (%s)
            WHERE e.to_status IS DISTINCT FROM s.status
            UNION ALL
            SELECT 'event', concat_ws(' ', %L, e.event_id)
            FROM (
                SELECT e.*, lag(e.to_status) OVER (PARTITION BY %s ORDER BY e.event_id) AS previous FROM %s e
            ) AS e
            WHERE e.from_status IS DISTINCT FROM e.previous$query$,
            pair.subjects, pair.keys, pair.subjects, pair.columns, pair.events, pair.columns, pair.columns, pair.keys,
            pair.event, pair.columns, pair.events);
    END LOOP;
END
$$;
COMMENT ON FUNCTION registry.check_events() IS
    '逐一比对各对象与其状态变更记录:status 现状态与最后一次变更不符(或没有变更记录),event 变更的原状态不是前一次变更的新状态;应无一行';

-- A record is submitted by entering it; its events begin with the review.
CREATE FUNCTION registry.check_records() RETURNS TABLE (kind text, object text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT 'status', 'service_record ' || r.record_id
    FROM registry.service_record r
    LEFT JOIN (
        SELECT DISTINCT ON (e.record_id) e.record_id, e.to_status FROM registry.record_event e ORDER BY e.record_id, e.event_id DESC
    ) AS e ON e.record_id = r.record_id
    WHERE coalesce(e.to_status, 'submitted') <> r.status
    UNION ALL
    SELECT 'event', 'record_event ' || e.event_id
    FROM (
        SELECT e.*, lag(e.to_status, 1, 'submitted') OVER (PARTITION BY e.record_id ORDER BY e.event_id) AS previous
        FROM registry.record_event e
    ) AS e
    WHERE e.from_status <> e.previous
    UNION ALL
    SELECT 'batch', 'service_record ' || r.record_id
    FROM registry.service_record r
    LEFT JOIN registry.record_batch b ON b.batch_id = r.batch_id
    WHERE b.batch_id IS NULL OR r.effective AND b.status <> 'effective' OR r.recorded_at < b.recorded_at
        OR (r.recorded_at AT TIME ZONE 'Asia/Shanghai')::date <> (b.recorded_at AT TIME ZONE 'Asia/Shanghai')::date;
END;
COMMENT ON FUNCTION registry.check_records() IS
    '比对服务记录与其状态变更、批次:status、event 同 check_events;batch 没有批次、记录已生效而批次未生效,或不是批次开立当日录入的;应无一行';

-- Who somebody is decides whose hours they are and what nobody may do for oneself.
CREATE FUNCTION registry.check_people() RETURNS TABLE (kind text, object text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT 'person', 'person ' || p.person_id
    FROM registry.person p
    LEFT JOIN registry.person_merge m ON m.absorbed_id = p.person_id AND m.status = 'merged'
    LEFT JOIN registry.person survivor ON survivor.person_id = m.survivor_id
    WHERE p.merged_into IS DISTINCT FROM coalesce(survivor.merged_into, survivor.person_id)
    UNION ALL
    SELECT 'person', 'staff ' || s.staff_id
    FROM registry.staff s
    JOIN registry.staff_event e ON e.staff_id = s.staff_id AND e.to_status = 'appointed'
    LEFT JOIN registry.person p ON p.person_id = e.person_id
    WHERE s.person_id IS DISTINCT FROM coalesce(p.merged_into, p.person_id)
    UNION ALL
    -- Who is made under the name tomorrow would act in the appointment.
    SELECT 'role', 'staff ' || s.staff_id
    FROM registry.staff s
    LEFT JOIN pg_roles r ON r.rolname = s.role_name
    WHERE s.valid @> registry.today() AND (r.oid IS NULL OR NOT pg_has_role(r.oid, 'registry_' || s.duty, 'MEMBER'))
    UNION ALL
    SELECT 'star', 'star_award ' || a.award_id
    FROM registry.star_award a
    JOIN registry.star_standard s ON s.standard_id = a.standard_id
    WHERE a.threshold <> s.thresholds[a.level];
END;
COMMENT ON FUNCTION registry.check_people() IS
    '比对人:person 合并与其申请不符,或任职的本人不是任命时的人;role 在任而数据库角色已不存在、改名或不再属于职责组角色;star 星级认定所据的时长不是其标准的;应无一行';

-- A row that no trigger saw written differs from its last event; one that was written past the functions says so itself.
CREATE FUNCTION registry.check_rows() RETURNS TABLE (kind text, object text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
    SELECT 'row', concat_ws(' ', c.relation, c.key) FROM registry.changed_rows() AS c
    UNION ALL
    SELECT 'direct', format('%s %s by %s', e.relation, e.key, e.actor)
    FROM registry.row_event e
    WHERE CASE WHEN e.operation = 'kept' THEN NOT EXISTS (
            SELECT FROM registry.catalogue_event c WHERE (c.xid, c.at) = (e.xid, e.at) AND e.event_id <= c.last_row_event)
        ELSE e.direct AND e.event_id > (SELECT coalesce(max(c.last_row_event), 0) FROM registry.catalogue_event c) END
    GROUP BY e.relation, e.key, e.actor;
END;
COMMENT ON FUNCTION registry.check_rows() IS
    '比对各行与其留痕:row 行与最后一次留痕不符(触发器未执行时写入、修改或删除),direct 自最近一次登记清单(keep_catalogue)以来绕过函数直接写入,并列出操作人;应无一行';

CREATE FUNCTION registry.check_catalogue() RETURNS TABLE (kind text, object text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off
    SET standard_conforming_strings = on SET timezone = 'UTC' SET datestyle = 'ISO' SET intervalstyle = 'postgres' SET bytea_output = 'hex'
BEGIN ATOMIC
    SELECT CASE WHEN k.object IS NULL THEN 'added' WHEN f.object IS NULL THEN 'missing' ELSE 'altered' END,
        concat_ws(' ', kind, object)
    FROM (
        SELECT i.kind, i.object, i.digest FROM registry.catalogue_item i
        WHERE i.event_id = (SELECT max(e.event_id) FROM registry.catalogue_event e)
    ) AS k
    FULL JOIN (
        SELECT o.kind, o.object, sha256(convert_to(o.definition, 'UTF8')) AS digest FROM registry.catalogue_object o
    ) AS f USING (kind, object)
    WHERE k.digest IS DISTINCT FROM f.digest
    UNION ALL
    SELECT 'missing', format('trigger %s.%s', h.inhrelid::regclass, t.tgname)
    FROM pg_inherits h
    JOIN pg_class c ON c.oid = h.inhrelid AND c.relnamespace = 'registry'::regnamespace AND c.relkind = 'r'
    JOIN pg_trigger t ON t.tgrelid = h.inhparent
    JOIN pg_proc p ON p.oid = t.tgfoid AND p.pronamespace = 'registry'::regnamespace
    WHERE NOT EXISTS (
        SELECT FROM pg_trigger own
        WHERE own.tgrelid = h.inhrelid AND (own.tgname, own.tgfoid, own.tgtype) = (t.tgname, t.tgfoid, t.tgtype))
    UNION ALL
    SELECT 'disabled', format('trigger %s.%s', t.tgrelid::regclass, coalesce(k.conname, t.tgname))
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = 'registry'::regnamespace
    LEFT JOIN pg_constraint k ON t.tgisinternal AND k.oid = t.tgconstraint
    WHERE t.tgenabled <> 'O'
    UNION ALL
    SELECT 'not valid', format('constraint %s.%s', k.conrelid::regclass, k.conname)
    FROM pg_constraint k
    WHERE k.connamespace = 'registry'::regnamespace AND NOT k.convalidated
    UNION ALL
    SELECT 'unprotected', 'relation ' || u
    FROM registry.unprotected_tables() AS u
    UNION ALL
    SELECT DISTINCT 'granted', 'partition ' || c.oid::regclass
    FROM pg_class c
    CROSS JOIN LATERAL aclexplode(c.relacl) AS a
    WHERE c.relnamespace = 'registry'::regnamespace AND c.relispartition AND a.grantee <> c.relowner;
END;
COMMENT ON FUNCTION registry.check_catalogue() IS
    '比对数据库对象与部署时的清单:altered 被改,missing 缺失,added 多出,disabled 触发器停用,not valid 约束未经检验,unprotected 未强制行级安全,granted 分区上另有授权;应无一行,升级后由所有者重新登记(keep_catalogue)';

CREATE FUNCTION registry.check_integrity() RETURNS TABLE (kind text, object text)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT c.kind, c.object FROM registry.check_catalogue() AS c
    UNION ALL
    SELECT e.kind, e.object FROM registry.check_events() AS e
    UNION ALL
    SELECT r.kind, r.object FROM registry.check_records() AS r
    UNION ALL
    SELECT p.kind, p.object FROM registry.check_people() AS p
    UNION ALL
    SELECT w.kind, w.object FROM registry.check_rows() AS w
    UNION ALL
    SELECT 'hours', format('%s %s', h.totals, h.key) FROM registry.check_hours() AS h
    UNION ALL
    SELECT 'time bank', concat_ws(' ', t.problem, t.account_id, t.record_id) FROM registry.check_time_bank() AS t
    UNION ALL
    SELECT 'certificate', concat_ws(' ', c.number, c.finding) FROM registry.check_certificates() AS c
    UNION ALL
    SELECT 'seal', concat_ws(' ', s.seal_id, s.problem, s.kind, s.event_id) FROM registry.verify_seals() AS s;
END;
COMMENT ON FUNCTION registry.check_integrity() IS
    '全面核查,每个问题一行,应无一行:数据库对象(check_catalogue)、状态变更(check_events)、服务记录(check_records)、人与星级标准(check_people)、各行的留痕(check_rows)、合计(hours,见 check_hours)、时间银行(time bank,见 check_time_bank)、证明(certificate,见 check_certificates)、封章(seal,见 verify_seals)';

GRANT EXECUTE ON FUNCTION registry.check_events() TO registry_auditor;
GRANT EXECUTE ON FUNCTION registry.check_records() TO registry_auditor;
GRANT EXECUTE ON FUNCTION registry.check_people() TO registry_auditor;
GRANT EXECUTE ON FUNCTION registry.check_rows() TO registry_auditor;
GRANT EXECUTE ON FUNCTION registry.check_catalogue() TO registry_auditor;
GRANT EXECUTE ON FUNCTION registry.check_integrity() TO registry_administrator, registry_auditor;
