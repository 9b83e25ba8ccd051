-- Seals: whatever was decided is closed into Merkle trees (RFC 9162) whose signed roots form a chain, so that a later
-- change of a sealed event, by whomever, is found. Keep the last seal outside the database: it vouches for all before it.

CREATE TABLE registry.seal (
    seal_id bigint PRIMARY KEY,
    sealed_at timestamptz NOT NULL,
    size integer NOT NULL,
    root bytea NOT NULL,
    next_xid xid8 NOT NULL,
    own_xid xid8 NOT NULL,
    cluster bigint NOT NULL,
    token text NOT NULL,
    kid text NOT NULL REFERENCES registry.signing_key,
    CONSTRAINT seal_holds_events CHECK (size > 0),
    CONSTRAINT root_is_sha256 CHECK (length(root) = 32)
);
CREATE INDEX ON registry.seal (sealed_at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.seal
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.seal IS '封章:一批事件的默克尔树根,经签名,与前一封章相连';
COMMENT ON COLUMN registry.seal.seal_id IS '封章序号,自 1 起连续';
COMMENT ON COLUMN registry.seal.sealed_at IS '封章时间,读取事件之前的时刻;一次形成的封章相同';
COMMENT ON COLUMN registry.seal.size IS '事件数';
COMMENT ON COLUMN registry.seal.root IS '默克尔树根(RFC 9162,SHA-256)';
COMMENT ON COLUMN registry.seal.next_xid IS '早于此的事务均已结束,其事件均已封入';
COMMENT ON COLUMN registry.seal.own_xid IS '封章的事务;此后的事务写入的事件,不会早于封章一天以上';
COMMENT ON COLUMN registry.seal.cluster IS '封章时的数据库集群标识;恢复到别处后事务号重新计起';
COMMENT ON COLUMN registry.seal.token IS '签名的封章(JWS):seal、at、size、root、next_xid、own_xid、cluster、prev(前一封章的 SHA-256)';
COMMENT ON COLUMN registry.seal.kid IS '签名公钥指纹';

CREATE TABLE registry.seal_leaf (
    kind text NOT NULL,
    event_id bigint NOT NULL,
    seal_id bigint NOT NULL,
    index integer NOT NULL,
    leaf bytea NOT NULL,
    PRIMARY KEY (kind, event_id),
    CONSTRAINT one_leaf_at_an_index UNIQUE (seal_id, index)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.seal_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.seal_leaf IS '封章的树叶:每个事件一片';
COMMENT ON COLUMN registry.seal_leaf.kind IS '事件种类';
COMMENT ON COLUMN registry.seal_leaf.event_id IS '事件';
COMMENT ON COLUMN registry.seal_leaf.seal_id IS '封章';
COMMENT ON COLUMN registry.seal_leaf.index IS '在树中的位置,自 0 起';
COMMENT ON COLUMN registry.seal_leaf.leaf IS '树叶:事件内容的散列(RFC 9162)';

-- What of an event is sealed: the event, and of what it decides on that which never changes.
CREATE VIEW registry.sealed_event WITH (security_invoker = true) AS
SELECT 'record' AS kind, e.event_id, e.xid, e.at, json_build_array('record', e.event_id, e.volunteer_id, e.record_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, r.volunteer_id, r.service_date, r.period, r.entry_method, r.minutes, r.project_id, r.activity_id,
    r.organization_id, r.post, r.recorded_at, r.supersedes, b.batch_id, b.source, b.justification,
    encode(b.evidence_sha256, 'hex'), b.recorded_by, b.recorded_at) AS entry
FROM registry.record_event e
LEFT JOIN registry.service_record r ON r.record_id = e.record_id
LEFT JOIN registry.record_batch b ON b.batch_id = r.batch_id
UNION ALL
SELECT 'dispute', e.event_id, e.xid, e.at, json_build_array('dispute', e.event_id, e.volunteer_id, e.dispute_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, d.service_date, d.record_id, d.party,
    encode(coalesce(registry.salted_digest(d.ground_salt, d.ground), d.ground_sha256), 'hex'), d.record_status)
FROM registry.dispute_event e
LEFT JOIN registry.dispute d ON (d.volunteer_id, d.dispute_id) = (e.volunteer_id, e.dispute_id)
UNION ALL
SELECT 'evaluation', e.evaluation_id, e.xid, e.evaluated_at, json_build_array('evaluation', e.evaluation_id, e.volunteer_id, e.service_date,
    e.record_id, e.beneficiary_id, e.punctuality, e.attitude, e.skill,
    encode(coalesce(registry.salted_digest(e.comment_salt, e.comment), e.comment_sha256), 'hex'), e.evaluated_at, e.evaluated_by)
FROM registry.evaluation e
UNION ALL
SELECT 'checkin', e.event_id, e.xid, e.at, json_build_array('checkin', e.event_id, e.volunteer_id, e.checkin_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, e.method, c.shift_id, c.signed_in_at, c.closes_at)
FROM registry.checkin_event e
LEFT JOIN registry.checkin c ON (c.volunteer_id, c.checkin_id) = (e.volunteer_id, e.checkin_id)
UNION ALL
SELECT 'access', l.log_id, l.xid, l.at, json_build_array('access', l.log_id, l.at, l.actor, l.person_id, l.import_id, l.data,
    l.purpose)
FROM registry.audit_log l
UNION ALL
SELECT 'staff', e.event_id, e.xid, e.at, json_build_array('staff', e.event_id, e.staff_id, e.at, e.actor, e.from_status, e.to_status,
    e.reason, e.person_id, s.role_name, s.organization_id, s.duty, s.region, s.appointed_by, s.appointed_at,
    CASE e.to_status WHEN 'dismissed' THEN s.valid END)
FROM registry.staff_event e
LEFT JOIN registry.staff s ON s.staff_id = e.staff_id
UNION ALL
SELECT 'policy', e.event_id, e.xid, e.at, json_build_array('policy', e.event_id, e.policy_id, e.at, e.actor, e.from_status, e.to_status,
    e.reason, p.name, p.region, lower(p.valid), CASE e.to_status WHEN 'replaced' THEN upper(p.valid) END, p.value, p.basis)
FROM registry.policy_event e
LEFT JOIN registry.policy p ON p.policy_id = e.policy_id
UNION ALL
SELECT 'work_calendar', e.event_id, e.xid, e.at, json_build_array('work_calendar', e.event_id, e.day, e.at, e.actor, e.from_status,
    e.to_status, e.reason)
FROM registry.work_calendar_event e
UNION ALL
SELECT 'catalogue', e.event_id, e.xid, e.at, json_build_array('catalogue', e.event_id, e.at, e.actor, e.reason,
    e.last_row_event, (
        SELECT json_agg(json_build_array(i.kind, i.object, encode(i.digest, 'hex')) ORDER BY i.kind, i.object COLLATE "C")
        FROM registry.catalogue_item i
        WHERE i.event_id = e.event_id))
FROM registry.catalogue_event e
UNION ALL
-- One leaf for what a transaction did to rows, as transactions that register somebody write many; several for one that would outgrow
-- a text.
SELECT 'row', min(e.event_id), e.xid, e.at, json_build_array('row', e.at, json_agg(json_build_array(e.event_id, e.actor, e.relation, e.key,
    e.operation, encode(e.digest, 'hex'), e.direct) ORDER BY e.event_id))
FROM registry.row_event e
GROUP BY e.xid, e.at, e.event_id / 10000
UNION ALL
SELECT 'volunteer', e.event_id, e.xid, e.at, json_build_array('volunteer', e.event_id, e.volunteer_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, v.person_id, v.volunteer_no, v.registered_on)
FROM registry.volunteer_event e
LEFT JOIN registry.volunteer v ON v.volunteer_id = e.volunteer_id
UNION ALL
SELECT 'consent', e.event_id, e.xid, e.at, json_build_array('consent', e.event_id, e.consent_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, c.person_id, c.purpose, c.scope, c.evidence, c.guardian_id, c.given_at, c.recorded_by,
    CASE e.to_status WHEN 'withdrawn' THEN c.withdrawn_at END, CASE e.to_status WHEN 'withdrawn' THEN c.withdrawn_by END)
FROM registry.consent_event e
LEFT JOIN registry.consent c ON c.consent_id = e.consent_id
UNION ALL
SELECT 'application', e.event_id, e.xid, e.at, json_build_array('application', e.event_id, e.application_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, a.organization_id, a.region, a.applied_by,
    CASE e.to_status WHEN 'accepted' THEN a.volunteer_id END)
FROM registry.application_event e
LEFT JOIN registry.application a ON a.application_id = e.application_id
UNION ALL
SELECT 'star', e.event_id, e.xid, e.at, json_build_array('star', e.event_id, e.volunteer_id, e.award_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, a.level, a.standard_id, a.threshold::text, a.basis_hours::text, a.as_of, a.applied_by, a.applied_at,
    CASE e.to_status WHEN 'awarded' THEN a.awarded_at END)
FROM registry.star_event e
LEFT JOIN registry.star_award a ON (a.volunteer_id, a.award_id) = (e.volunteer_id, e.award_id)
UNION ALL
SELECT 'certificate', e.event_id, e.xid, e.at, json_build_array('certificate', e.event_id, e.volunteer_id, e.certificate_id, e.at,
    e.actor, e.from_status, e.to_status, e.reason, e.token, c.number, c.organization_id, c.period, c.as_of, c.hours::text,
    c.star::text, c.handled_by, c.responsible, c.issued_at, (
        SELECT json_agg(json_build_array(l.service_date, l.record_id, l.hours::text) ORDER BY l.record_id)
        FROM registry.certificate_line l
        WHERE (l.volunteer_id, l.certificate_id) = (e.volunteer_id, e.certificate_id)))
FROM registry.certificate_event e
LEFT JOIN registry.certificate c ON (c.volunteer_id, c.certificate_id) = (e.volunteer_id, e.certificate_id)
UNION ALL
SELECT 'share', e.event_id, e.xid, e.at, json_build_array('share', e.event_id, e.share_id, e.at, e.actor, e.from_status, e.to_status,
    e.reason, s.volunteer_id, s.certificate_id, encode(s.code_sha256, 'hex'), s.claims,
    encode(coalesce(registry.salted_digest(s.recipient_salt, s.recipient), s.recipient_sha256), 'hex'), s.expires_at, s.shared_at,
    s.shared_by, CASE e.to_status WHEN 'withdrawn' THEN s.withdrawn_at END)
FROM registry.share_event e
LEFT JOIN registry.share s ON s.share_id = e.share_id
UNION ALL
SELECT 'transfer', e.event_id, e.xid, e.at, json_build_array('transfer', e.event_id, e.transfer_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, t.volunteer_id, t.direction, t.peer, m.message_id, encode(m.body_sha256, 'hex'))
FROM registry.transfer_event e
LEFT JOIN registry.transfer t ON t.transfer_id = e.transfer_id
LEFT JOIN registry.exchange_message m ON m.transfer_id = e.transfer_id AND m.kind = CASE
    WHEN e.to_status IN ('exported', 'received') THEN 'package'
    WHEN e.to_status IN ('reconciled', 'returned', 'imported', 'refused') THEN 'receipt' END
UNION ALL
SELECT 'organization', e.event_id, e.xid, e.at, json_build_array('organization', e.event_id, e.organization_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason)
FROM registry.organization_event e
UNION ALL
SELECT 'activity', e.event_id, e.xid, e.at, json_build_array('activity', e.event_id, e.activity_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason)
FROM registry.activity_event e
UNION ALL
SELECT 'signup', e.event_id, e.xid, e.at, json_build_array('signup', e.event_id, e.volunteer_id, e.shift_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, s.period, s.post)
FROM registry.signup_event e
LEFT JOIN registry.shift s ON s.shift_id = e.shift_id
UNION ALL
SELECT 'training_result', e.event_id, e.xid, e.at, json_build_array('training_result', e.event_id, e.volunteer_id, e.session_id, e.at,
    e.actor, e.from_status, e.to_status, e.reason, r.minutes, r.passed, r.valid, r.recorded_at, r.recorded_by,
    CASE e.to_status WHEN 'voided' THEN r.voided_at END, CASE e.to_status WHEN 'voided' THEN r.voided_by END, s.course_id,
    s.organization_id, s.mode, s.period, s.trainer)
FROM registry.training_result_event e
LEFT JOIN registry.training_result r ON (r.volunteer_id, r.session_id) = (e.volunteer_id, e.session_id)
LEFT JOIN registry.training_session s ON s.session_id = e.session_id
UNION ALL
SELECT 'insurance_policy', p.policy_id, p.xid, p.created_at, json_build_array('insurance_policy', p.policy_id, p.organization_id, p.insurer,
    p.policy_no, p.period, p.sum_insured, p.created_at, p.created_by)
FROM registry.insurance_policy p
UNION ALL
SELECT 'insurance_coverage', c.coverage_id, c.xid, c.recorded_at, json_build_array('insurance_coverage', c.coverage_id, c.volunteer_id,
    c.policy_id, c.valid, c.recorded_at, c.recorded_by)
FROM registry.insurance_coverage c
UNION ALL
SELECT 'order', e.event_id, e.xid, e.at, json_build_array('order', e.event_id, e.order_id, e.at, e.actor, e.from_status, e.to_status,
    e.reason)
FROM registry.order_event e
UNION ALL
SELECT 'request', e.event_id, e.xid, e.at, json_build_array('request', e.event_id, e.request_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason)
FROM registry.request_event e
UNION ALL
SELECT 'insurance_claim', e.event_id, e.xid, e.at, json_build_array('insurance_claim', e.event_id, e.claim_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason)
FROM registry.insurance_claim_event e
UNION ALL
SELECT 'station', e.event_id, e.xid, e.at, json_build_array('station', e.event_id, e.station_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, s.organization_id, s.plaque, s.opened_on)
FROM registry.station_event e
LEFT JOIN registry.station s ON s.station_id = e.station_id
UNION ALL
SELECT 'target', e.event_id, e.xid, e.at, json_build_array('target', e.event_id, e.target_id, e.at, e.actor, e.from_status, e.to_status,
    e.reason, t.organization_id, t.metric, t.period, t.value, t.responsible)
FROM registry.target_event e
LEFT JOIN registry.target t ON t.target_id = e.target_id
UNION ALL
SELECT 'civilized_unit', e.event_id, e.xid, e.at, json_build_array('civilized_unit', e.event_id, e.title_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, u.organization_id, u.level, u.document, u.since, u.until,
    CASE e.to_status WHEN 'withdrawn' THEN u.withdrawn_on END)
FROM registry.civilized_unit_event e
LEFT JOIN registry.civilized_unit u ON u.title_id = e.title_id
UNION ALL
SELECT 'identity_mark', e.event_id, e.xid, e.at, json_build_array('identity_mark', e.event_id, e.mark_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, m.organization_id, m.mark_no, m.authority, m.since,
    CASE e.to_status WHEN 'withdrawn' THEN m.withdrawn_on END)
FROM registry.identity_mark_event e
LEFT JOIN registry.identity_mark m ON m.mark_id = e.mark_id
UNION ALL
SELECT 'headcount', e.event_id, e.xid, e.at, json_build_array('headcount', e.event_id, e.headcount_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, h.organization_id, h.region, h.kind, h.as_of, h.count, h.source)
FROM registry.headcount_event e
LEFT JOIN registry.headcount h ON h.headcount_id = e.headcount_id
UNION ALL
SELECT 'spot_check', e.event_id, e.xid, e.at, json_build_array('spot_check', e.event_id, e.volunteer_id, e.round_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, c.place, r.organization_id, r.last_event, r.seed, r.population)
FROM registry.spot_check_event e
LEFT JOIN registry.spot_check c ON (c.volunteer_id, c.round_id) = (e.volunteer_id, e.round_id)
LEFT JOIN registry.spot_check_round r ON r.round_id = e.round_id
UNION ALL
SELECT 'designation', e.event_id, e.xid, e.at, json_build_array('designation', e.event_id, e.designation_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, d.project_id, d.designation, d.organization_id, d.document, d.valid)
FROM registry.designation_event e
LEFT JOIN registry.project_designation d ON d.designation_id = e.designation_id
UNION ALL
SELECT 'pairing', e.event_id, e.xid, e.at, json_build_array('pairing', e.event_id, e.pairing_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, p.unit_id, p.partner_id, p.responsible)
FROM registry.pairing_event e
LEFT JOIN registry.pairing p ON p.pairing_id = e.pairing_id
UNION ALL
SELECT 'pairing_log', e.event_id, e.xid, e.at, json_build_array('pairing_log', e.event_id, e.pairing_id, e.month, e.at, e.actor,
    e.from_status, e.to_status, e.reason)
FROM registry.pairing_log_event e
UNION ALL
SELECT 'assessment_round', e.event_id, e.xid, e.at, json_build_array('assessment_round', e.event_id, e.round_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, r.organization_id, r.standard, r.title, r.as_of)
FROM registry.assessment_round_event e
LEFT JOIN registry.assessment_round r ON r.round_id = e.round_id
UNION ALL
SELECT 'assessment_result', r.result_id, r.xid, r.scored_at, json_build_array('assessment_result', r.result_id, r.round_id, r.organization_id,
    r.item_id, r.points, r.value, r.evidence, r.scored_at, r.scored_by)
FROM registry.assessment_result r
UNION ALL
SELECT 'incident', e.event_id, e.xid, e.at, json_build_array('incident', e.event_id, e.activity_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, i.kind, i.level, i.situation)
FROM registry.incident_event e
LEFT JOIN registry.incident i ON i.activity_id = e.activity_id
UNION ALL
SELECT 'callout', e.event_id, e.xid, e.at, json_build_array('callout', e.event_id, e.volunteer_id, e.shift_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason)
FROM registry.callout_event e
UNION ALL
SELECT 'commendation', e.event_id, e.xid, e.at, json_build_array('commendation', e.event_id, e.commendation_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, c.volunteer_id, c.organization_id, c.source, c.title, c.granting_body, c.granted_on,
    c.document_no, encode(c.proof_sha256, 'hex'), c.recorded_by, c.recorded_at)
FROM registry.commendation_event e
LEFT JOIN registry.commendation c ON c.commendation_id = e.commendation_id
UNION ALL
SELECT 'benefit_use', e.event_id, e.xid, e.at, json_build_array('benefit_use', e.event_id, e.use_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, u.volunteer_id, u.benefit_id, u.star, u.minimum_star, u.used_on, u.recorded_by, u.recorded_at)
FROM registry.benefit_use_event e
LEFT JOIN registry.benefit_use u ON u.use_id = e.use_id
UNION ALL
SELECT 'redemption', e.event_id, e.xid, e.at, json_build_array('redemption', e.event_id, e.redemption_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, r.volunteer_id, r.organization_id, r.category, r.service, r.minutes)
FROM registry.redemption_event e
LEFT JOIN registry.redemption r ON r.redemption_id = e.redemption_id
UNION ALL
SELECT 'time_entry', e.entry_id, e.xid, e.at, json_build_array('time_entry', e.entry_id, e.debit, e.credit, e.minutes, e.record_id,
    e.redemption_id, e.relation, encode(e.proof_sha256, 'hex'), e.reverses, e.reason, e.at, e.actor, e.stored_at)
FROM registry.time_entry e
UNION ALL
SELECT 'person_merge', e.event_id, e.xid, e.at, json_build_array('person_merge', e.event_id, e.merge_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, m.absorbed_id, m.survivor_id, m.evidence)
FROM registry.person_merge_event e
LEFT JOIN registry.person_merge m ON m.merge_id = e.merge_id
UNION ALL
SELECT 'name_correction', e.event_id, e.xid, e.at, json_build_array('name_correction', e.event_id, e.correction_id, e.at, e.actor,
    e.from_status, e.to_status, e.reason, c.person_id, c.organization_id, c.evidence)
FROM registry.name_correction_event e
LEFT JOIN registry.name_correction c ON c.correction_id = e.correction_id
UNION ALL
SELECT 'erasure', e.event_id, e.xid, e.at, json_build_array('erasure', e.event_id, e.erasure_id, e.at, e.actor, e.from_status,
    e.to_status, e.reason, x.person_id, x.basis, x.evidence)
FROM registry.erasure_event e
LEFT JOIN registry.erasure x ON x.erasure_id = e.erasure_id;
COMMENT ON VIEW registry.sealed_event IS '封章的事件及其封入的内容;时间、区间的写法随会话设置,只在固定了设置的函数中使用';
COMMENT ON COLUMN registry.sealed_event.kind IS '事件种类';
COMMENT ON COLUMN registry.sealed_event.event_id IS '事件,在同一种类中唯一';
COMMENT ON COLUMN registry.sealed_event.xid IS '写入的事务';
COMMENT ON COLUMN registry.sealed_event.at IS '事件所称的时间';
COMMENT ON COLUMN registry.sealed_event.entry IS '封入的内容(JSON 数组)';

-- All of a seal that later ones and their verification go by.
CREATE FUNCTION registry.seal_claims(seal registry.seal, previous text) RETURNS json
    LANGUAGE sql STABLE
    RETURN json_build_object(
        'seal', (seal).seal_id,
        'iat', extract(epoch FROM (seal).sealed_at)::bigint,
        'at', extract(epoch FROM (seal).sealed_at)::text,
        'size', (seal).size,
        'root', registry.base64url((seal).root),
        'next_xid', (seal).next_xid::text,
        'own_xid', (seal).own_xid::text,
        'cluster', (seal).cluster::text,
        'prev', registry.base64url(sha256(convert_to(previous, 'UTF8'))));
COMMENT ON FUNCTION registry.seal_claims(registry.seal, text) IS '封章令牌的载荷。参数:封章、前一封章的令牌';

CREATE FUNCTION registry.seal() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, volunteer, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
DECLARE
    most CONSTANT integer := 100000;
    here CONSTANT bigint := (SELECT s.system_identifier FROM pg_control_system() AS s);
    previous registry.seal;
    since xid8;
    below xid8;
    last xid8[];
    total bigint := 0;
    made registry.seal;
BEGIN
    PERFORM registry.require_current_transaction();
    LOCK TABLE registry.seal IN SHARE ROW EXCLUSIVE MODE;
    -- Of what is seen later, all that was written before this is finished.
    below := pg_snapshot_xmin(pg_current_snapshot());
    SELECT s.* INTO previous FROM registry.seal s ORDER BY s.seal_id DESC LIMIT 1;
    since := CASE WHEN previous.cluster = here THEN previous.next_xid ELSE '0' END;
    made.sealed_at := clock_timestamp();

    -- Events are read once, however many seals they fill.
    WITH numbered AS MATERIALIZED (
        SELECT e.kind, e.event_id, e.xid, e.leaf, row_number() OVER (ORDER BY e.xid, e.kind, e.event_id) - 1 AS place
        FROM (
            SELECT o.kind, o.event_id, o.xid, volunteer.merkle_leaf(convert_to(o.entry::text, 'UTF8')) AS leaf
            FROM registry.sealed_event o
            WHERE o.xid >= since
                AND NOT EXISTS (SELECT FROM registry.seal_leaf l WHERE (l.kind, l.event_id) = (o.kind, o.event_id))) AS e
    ), leaf AS (
        INSERT INTO registry.seal_leaf (kind, event_id, seal_id, index, leaf)
        SELECT n.kind, n.event_id, coalesce(previous.seal_id, 0) + 1 + n.place / most, n.place % most, n.leaf
        FROM numbered n
    )
    SELECT array_agg(s.last ORDER BY s.nth) INTO last
    FROM (SELECT n.place / most AS nth, max(n.xid) AS last FROM numbered n GROUP BY 1) AS s;

    FOR nth IN 1..coalesce(cardinality(last), 0) LOOP
        made.seal_id := coalesce(previous.seal_id, 0) + 1;
        SELECT count(*), volunteer.merkle_root(array_agg(l.leaf ORDER BY l.index)) INTO made.size, made.root
        FROM registry.seal_leaf l WHERE l.seal_id = made.seal_id;
        -- A full seal may end in the middle of a transaction's events.
        made.next_xid := CASE WHEN nth < cardinality(last) AND last[nth] < below THEN last[nth] ELSE below END;
        made.own_xid := pg_current_xact_id();
        made.cluster := here;
        made.token := registry.signed_seal(registry.seal_claims(made, previous.token));
        made.kid := registry.token_part(made.token, 1) ->> 'kid';
        PERFORM registry.require_key_in_use(made.kid);
        INSERT INTO registry.seal VALUES (made.*);
        total := total + made.size;
        previous := made;
    END LOOP;
    RETURN total;
END
$$;
COMMENT ON FUNCTION registry.seal() IS
    '封章:把尚未封入的已提交事件封成一至多个封章(每个至多 100,000 个事件),返回封入的事件数;只读事件,不妨碍记录。宜每日由定时任务调用。错误 25000 read_committed、begun_today,42501 所有者已非数据库所有者,55000 signed_by_registered_key';

CREATE FUNCTION registry.verify_seals(witness text DEFAULT NULL)
    RETURNS TABLE (seal_id bigint, problem text, kind text, event_id bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, volunteer, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH chain AS (
        SELECT s.seal_id, s.kid, s.token, s.size, s.root, s.cluster, row_number() OVER (ORDER BY s.seal_id) AS place,
            registry.token_part(s.token, 2) AS claims,
            registry.seal_claims(s, lag(s.token) OVER (ORDER BY s.seal_id)) AS expected,
            max(s.sealed_at) OVER (ORDER BY s.sealed_at GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS sealed_before
        FROM registry.seal s
    ), tree AS (
        SELECT l.seal_id, count(*) AS size, min(l.index) = 0 AND max(l.index) = count(*) - 1 AS complete,
            volunteer.merkle_root(array_agg(l.leaf ORDER BY l.index)) AS root
        FROM registry.seal_leaf l
        GROUP BY l.seal_id
    ), problem AS (
        SELECT c.seal_id, 'signature' AS problem, NULL AS kind, NULL::bigint AS event_id
        FROM chain c
        LEFT JOIN registry.signing_key k ON k.kid = c.kid
        WHERE NOT coalesce(volunteer.verify_seal(c.token, k.jwk), false)
        UNION ALL
        SELECT c.seal_id, 'chain', NULL, NULL
        FROM chain c
        WHERE c.place <> c.seal_id OR c.claims IS DISTINCT FROM c.expected::jsonb
        UNION ALL
        SELECT coalesce(c.seal_id, t.seal_id), 'tree', NULL, NULL
        FROM chain c
        FULL JOIN tree t ON t.seal_id = c.seal_id
        WHERE (t.size, t.complete, t.root) IS DISTINCT FROM (c.size, true, c.root)
        UNION ALL
        SELECT l.seal_id, CASE WHEN e.event_id IS NULL THEN 'removed' WHEN w.same THEN 'inserted' ELSE 'altered' END, l.kind, l.event_id
        FROM registry.seal_leaf l
        LEFT JOIN registry.sealed_event e ON (e.kind, e.event_id) = (l.kind, l.event_id)
        CROSS JOIN LATERAL (
            SELECT (volunteer.merkle_leaf(convert_to(e.entry::text, 'UTF8')) = l.leaf) IS TRUE AS same OFFSET 0) AS w
        LEFT JOIN chain c ON c.seal_id = l.seal_id
        -- What says that it happened a day before a seal has a transaction that began before that of the seal.
        WHERE NOT w.same OR c.sealed_before >= e.at + interval '1 day' AND EXISTS (
            SELECT FROM registry.seal s
            WHERE s.sealed_at >= e.at + interval '1 day' AND s.own_xid < e.xid AND s.cluster = c.cluster)
        UNION ALL
        SELECT last.seal_id, 'inserted', e.kind, e.event_id
        FROM (SELECT * FROM registry.seal s ORDER BY s.seal_id DESC LIMIT 1) AS last
        JOIN registry.sealed_event e ON e.xid < last.next_xid
        WHERE last.cluster = (SELECT s.system_identifier FROM pg_control_system() AS s)
            AND NOT EXISTS (SELECT FROM registry.seal_leaf l WHERE (l.kind, l.event_id) = (e.kind, e.event_id))
        UNION ALL
        SELECT NULL, 'witness', NULL, NULL
        WHERE witness IS NOT NULL AND NOT EXISTS (SELECT FROM registry.seal s WHERE s.token = witness)
    )
    SELECT p.seal_id, p.problem, p.kind, p.event_id FROM problem p ORDER BY p.seal_id, p.event_id, p.kind, p.problem;
END
$$;
COMMENT ON FUNCTION registry.verify_seals(text) IS
    '核验封章:每个问题一行,最早的在前,无行即完好。参数:库外保存的封章令牌,缺省不比对。问题:signature 签名不符,chain 与前一封章或令牌不符,tree 树根不符,altered 事件或其对象被改,removed 事件被删,inserted 事件为事后补入,witness 库外保存的封章不在库中';

CREATE FUNCTION registry.record_proof(record_id bigint)
    RETURNS TABLE (event_id bigint, to_status text, entry text, index integer, size integer, path bytea[], seal text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, volunteer, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
BEGIN
    RETURN QUERY
    SELECT v.event_id, v.to_status, e.entry::text, l.index, s.size, volunteer.merkle_path((
            SELECT array_agg(o.leaf ORDER BY o.index) FROM registry.seal_leaf o WHERE o.seal_id = s.seal_id), l.index),
        s.token
    FROM registry.record_event v
    JOIN registry.seal_leaf l ON (l.kind, l.event_id) = ('record', v.event_id)
    JOIN registry.seal s ON s.seal_id = l.seal_id
    JOIN registry.sealed_event e ON (e.kind, e.event_id) = (l.kind, l.event_id)
    WHERE v.record_id = record_proof.record_id AND s.own_xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
        AND EXISTS (
            SELECT FROM registry.service_record r
            WHERE r.record_id = v.record_id AND r.organization_id IN (SELECT registry.audited_organizations()))
    ORDER BY v.event_id;
END
$$;
COMMENT ON FUNCTION registry.record_proof(bigint) IS
    '一条服务记录的包含证明(限当前审计员可查看的组织),每个已封入的事件一行:事件、新状态、封入的内容、在树中的位置、树的大小、路径、封章令牌;以 volunteer.merkle_verify(merkle_leaf(内容), …) 与令牌中的 root 即可在库外验证';

GRANT EXECUTE ON FUNCTION registry.seal() TO registry_administrator, registry_auditor;
GRANT EXECUTE ON FUNCTION registry.verify_seals(text) TO registry_auditor;
GRANT EXECUTE ON FUNCTION registry.record_proof(bigint) TO registry_auditor;
GRANT SELECT ON registry.seal TO registry_auditor;
