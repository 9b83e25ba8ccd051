-- Exchange with other registries: whom this one trusts, the transfers of volunteers' records, and the messages they consist
-- of. A message is a signed token; its way (a file, a portal, a mail) is no matter of the registry.

CREATE TABLE registry.trusted_issuer (
    kid text PRIMARY KEY,
    origin text NOT NULL,
    name text NOT NULL,
    jwk jsonb NOT NULL,
    basis text NOT NULL,
    pinned_at timestamptz NOT NULL DEFAULT now(),
    pinned_by name NOT NULL DEFAULT session_user,
    withdrawn_at timestamptz,
    withdrawn_by name,
    withdrawal_reason text,
    CONSTRAINT issuer_origin_is_https CHECK (
        origin ~ '^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$'),
    CONSTRAINT issuer_is_named CHECK (char_length(name) BETWEEN 2 AND 100 AND name IS NFC NORMALIZED),
    CONSTRAINT trust_states_its_basis CHECK (basis <> ''),
    CONSTRAINT withdrawal_is_signed CHECK (
        (withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawal_reason IS NULL)
        AND withdrawal_reason <> '')
);
CREATE INDEX trusted_issuer_origin ON registry.trusted_issuer (origin) WHERE withdrawn_at IS NULL;
CREATE TRIGGER only_withdrawn
    BEFORE UPDATE OF kid, origin, name, jwk, basis, pinned_at, pinned_by ON registry.trusted_issuer
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.trusted_issuer
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.trusted_issuer IS '受信任的登记库:其转移文件的签名公钥,由管理员核对后录入';
COMMENT ON COLUMN registry.trusted_issuer.kid IS '公钥指纹(RFC 7638)';
COMMENT ON COLUMN registry.trusted_issuer.origin IS '该登记库查验网址的来源,即其名';
COMMENT ON COLUMN registry.trusted_issuer.name IS '该登记库的主管单位';
COMMENT ON COLUMN registry.trusted_issuer.jwk IS '公钥(RFC 7517)';
COMMENT ON COLUMN registry.trusted_issuer.basis IS '信任的依据(协议、来函)及公钥的核对方式';
COMMENT ON COLUMN registry.trusted_issuer.pinned_at IS '录入时间';
COMMENT ON COLUMN registry.trusted_issuer.pinned_by IS '录入人(数据库角色)';
COMMENT ON COLUMN registry.trusted_issuer.withdrawn_at IS '停用时间:此后不再接受其签名';
COMMENT ON COLUMN registry.trusted_issuer.withdrawn_by IS '停用人(数据库角色)';
COMMENT ON COLUMN registry.trusted_issuer.withdrawal_reason IS '停用理由';

-- One table for both ends: each registry has a row of its own and walks its part of the way.
CREATE TABLE registry.transfer (
    transfer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    direction text NOT NULL,
    peer text NOT NULL,
    status text NOT NULL,
    requested_by name NOT NULL DEFAULT session_user,
    requested_at timestamptz NOT NULL DEFAULT now(),
    consent_id bigint REFERENCES registry.consent,
    package_id uuid CONSTRAINT one_transfer_of_a_package UNIQUE,
    batch_id bigint CONSTRAINT one_transfer_of_a_batch UNIQUE REFERENCES registry.record_batch,
    records integer,
    hours volunteer.service_hours,
    star smallint,
    certificates integer,
    CONSTRAINT transfer_direction CHECK (direction IN ('out', 'in')),
    CONSTRAINT transfer_status CHECK (CASE direction
        WHEN 'out' THEN status IN ('requested', 'consented', 'exported', 'reconciled', 'returned', 'cancelled')
        ELSE status IN ('received', 'acknowledged', 'imported', 'refused') END),
    CONSTRAINT exported_with_consent CHECK (consent_id IS NOT NULL OR direction = 'in' OR status IN ('requested', 'cancelled')),
    CONSTRAINT package_is_counted CHECK (
        (package_id IS NOT NULL OR direction = 'out' AND status NOT IN ('exported', 'reconciled', 'returned'))
        AND num_nulls(package_id, records, hours, star, certificates) IN (0, 5)),
    CONSTRAINT imported_as_batch CHECK (batch_id IS NOT NULL OR status NOT IN ('acknowledged', 'imported'))
);
CREATE UNIQUE INDEX one_open_transfer ON registry.transfer (volunteer_id)
    WHERE status IN ('requested', 'consented', 'exported');
CREATE INDEX transfer_volunteer ON registry.transfer (volunteer_id);
CREATE INDEX transfer_organization ON registry.transfer (organization_id);
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.transfer
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.transfer IS '记录转移:志愿者的服务记录由一个登记库转到另一个;转出方 requested → consented → exported → reconciled(或 returned),转入方 received → acknowledged → imported(或 refused)';
COMMENT ON COLUMN registry.transfer.transfer_id IS '转移编号';
COMMENT ON COLUMN registry.transfer.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.transfer.organization_id IS '办理组织:志愿者的登记组织';
COMMENT ON COLUMN registry.transfer.direction IS '方向:out 转出,in 转入';
COMMENT ON COLUMN registry.transfer.peer IS '对方登记库的来源';
COMMENT ON COLUMN registry.transfer.status IS
    '状态:requested 已申请,consented 本人已同意,exported 已转出,reconciled 对方已转入、两方相符,returned 对方不予转入、记录已恢复,cancelled 已取消;received 已收到、与本库记录冲突待处理,acknowledged 已收妥待审,imported 已转入,refused 不予转入';
COMMENT ON COLUMN registry.transfer.requested_by IS '经办人(数据库角色)';
COMMENT ON COLUMN registry.transfer.requested_at IS '申请或收到的时间';
COMMENT ON COLUMN registry.transfer.consent_id IS '本人(或监护人)的同意;转入方由转出方取得';
COMMENT ON COLUMN registry.transfer.package_id IS '转移文件编号,两方相同';
COMMENT ON COLUMN registry.transfer.batch_id IS '转入记录的批次';
COMMENT ON COLUMN registry.transfer.records IS '文件中的记录条数';
COMMENT ON COLUMN registry.transfer.hours IS '文件中的服务时长';
COMMENT ON COLUMN registry.transfer.star IS '文件中的最高星级,0 为无';
COMMENT ON COLUMN registry.transfer.certificates IS '文件中所列转出方已出具的证明份数';

CREATE TABLE registry.transfer_event (
    transfer_id bigint NOT NULL REFERENCES registry.transfer,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (transfer_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.transfer_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.transfer_event IS '转移状态变更记录,只追加';
COMMENT ON COLUMN registry.transfer_event.transfer_id IS '转移';

-- The body is the proof of what was moved. The erasure of a person may empty it; the digest, which the seals hold, stays.
CREATE TABLE registry.exchange_message (
    message_id uuid PRIMARY KEY,
    transfer_id bigint NOT NULL REFERENCES registry.transfer,
    kind text NOT NULL,
    direction text NOT NULL,
    body text,
    body_sha256 bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor name NOT NULL DEFAULT session_user,
    CONSTRAINT one_message_of_a_kind UNIQUE (transfer_id, kind),
    CONSTRAINT message_kind CHECK (kind IN ('package', 'receipt')),
    CONSTRAINT message_direction CHECK (direction IN ('out', 'in')),
    CONSTRAINT body_has_its_digest CHECK (body_sha256 = sha256(convert_to(body, 'UTF8')))
);
CREATE TRIGGER only_emptied BEFORE UPDATE OF message_id, transfer_id, kind, direction, body_sha256, at, actor
    ON registry.exchange_message FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER not_rewritten BEFORE UPDATE ON registry.exchange_message
    FOR EACH ROW WHEN (NEW.body IS NOT NULL) EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER no_removal BEFORE DELETE OR TRUNCATE ON registry.exchange_message
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.exchange_message IS '收发的文件:每份只收一次、只发一次,再收、再取不改变任何记录';
COMMENT ON COLUMN registry.exchange_message.message_id IS '文件编号,由发出方编定';
COMMENT ON COLUMN registry.exchange_message.transfer_id IS '转移';
COMMENT ON COLUMN registry.exchange_message.kind IS '种类:package 转移文件,receipt 回执';
COMMENT ON COLUMN registry.exchange_message.direction IS '方向:out 发出,in 收到';
COMMENT ON COLUMN registry.exchange_message.body IS '文件全文(签名令牌);删除个人信息后为空';
COMMENT ON COLUMN registry.exchange_message.body_sha256 IS '全文的 SHA-256';
COMMENT ON COLUMN registry.exchange_message.at IS '收发时间';
COMMENT ON COLUMN registry.exchange_message.actor IS '经办人(数据库角色)';

CREATE TABLE registry.exported_record (
    transfer_id bigint NOT NULL REFERENCES registry.transfer,
    volunteer_id bigint NOT NULL,
    service_date date NOT NULL,
    record_id bigint NOT NULL,
    brought_back_by bigint REFERENCES registry.transfer,
    PRIMARY KEY (transfer_id, volunteer_id, service_date, record_id),
    FOREIGN KEY (volunteer_id, service_date, record_id) REFERENCES registry.service_record
);
CREATE INDEX ON registry.exported_record (volunteer_id, service_date, record_id);
COMMENT ON TABLE registry.exported_record IS '转出的服务记录';
COMMENT ON COLUMN registry.exported_record.transfer_id IS '转出';
COMMENT ON COLUMN registry.exported_record.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.exported_record.service_date IS '服务日期';
COMMENT ON COLUMN registry.exported_record.record_id IS '服务记录';
COMMENT ON COLUMN registry.exported_record.brought_back_by IS '后来将同一时间的服务转回的转入';

CREATE TABLE registry.exported_star (
    transfer_id bigint NOT NULL REFERENCES registry.transfer,
    volunteer_id bigint NOT NULL,
    award_id bigint NOT NULL,
    PRIMARY KEY (transfer_id, volunteer_id, award_id),
    FOREIGN KEY (volunteer_id, award_id) REFERENCES registry.star_award
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.exported_star
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.exported_star IS '随记录转出的星级';
COMMENT ON COLUMN registry.exported_star.transfer_id IS '转出';
COMMENT ON COLUMN registry.exported_star.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.exported_star.award_id IS '星级认定';

-- One custodian per record: what a registry sent once, it cannot send again.
CREATE TABLE registry.record_origin (
    volunteer_id bigint NOT NULL,
    service_date date NOT NULL,
    record_id bigint NOT NULL,
    transfer_id bigint NOT NULL REFERENCES registry.transfer,
    origin text NOT NULL,
    origin_no bigint NOT NULL,
    organization text NOT NULL,
    PRIMARY KEY (volunteer_id, service_date, record_id),
    FOREIGN KEY (volunteer_id, service_date, record_id) REFERENCES registry.service_record,
    CONSTRAINT moved_once UNIQUE (origin, origin_no)
);
CREATE INDEX ON registry.record_origin (transfer_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.record_origin
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.record_origin IS '转入记录的来历:同一登记库的同一编号即同一记录';
COMMENT ON COLUMN registry.record_origin.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.record_origin.service_date IS '服务日期';
COMMENT ON COLUMN registry.record_origin.record_id IS '本库的服务记录';
COMMENT ON COLUMN registry.record_origin.transfer_id IS '转入';
COMMENT ON COLUMN registry.record_origin.origin IS '转出方';
COMMENT ON COLUMN registry.record_origin.origin_no IS '在转出方的记录编号';
COMMENT ON COLUMN registry.record_origin.organization IS '当初的记录组织(谁组织谁记录)';

CREATE FUNCTION registry.trust_issuer(origin text, name text, jwk jsonb, basis text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    point CONSTANT jsonb := jsonb_build_object('crv', jwk -> 'crv', 'kty', jwk -> 'kty', 'x', jwk -> 'x', 'y', jwk -> 'y');
    thumbprint text;
BEGIN
    PERFORM registry.require_current_transaction();
    PERFORM volunteer.verify_transfer('', point);
    IF origin = registry.require_origin() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'issuer_is_another',
            MESSAGE = 'A registry does not exchange messages with itself.';
    END IF;
    thumbprint := registry.base64url(sha256(convert_to(
        format('{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}', point ->> 'x', point ->> 'y'), 'UTF8')));
    INSERT INTO registry.trusted_issuer (kid, origin, name, jwk, basis)
    VALUES (thumbprint, origin, registry.clean_text(name), point, registry.clean_text(basis));
    RETURN thumbprint;
END
$$;
COMMENT ON FUNCTION registry.trust_issuer(text, text, jsonb, text) IS
    '录入受信任登记库的签名公钥,返回其指纹(须与对方口头或书面核对)。参数:来源、主管单位、公钥(RFC 7517)、依据。错误 22023 公钥不是 P-256,23505 trusted_issuer_pkey,23514 issuer_is_another、issuer_origin_is_https、issuer_is_named、trust_states_its_basis,55000 origin_is_set,25000 read_committed、begun_today';

CREATE FUNCTION registry.distrust_issuer(kid text, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_current_transaction();
    UPDATE registry.trusted_issuer i
    SET withdrawn_at = now(), withdrawn_by = session_user, withdrawal_reason = coalesce(registry.clean_text(reason), '')
    WHERE i.kid = distrust_issuer.kid AND i.withdrawn_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_issuer',
            MESSAGE = 'There is no such key in use.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.distrust_issuer(text, text) IS
    '停用受信任登记库的公钥(轮换、泄露、终止协议),须说明理由;此前已转入的记录不变;错误 P0002 known_issuer,23514 withdrawal_is_signed,25000 read_committed、begun_today';

CREATE FUNCTION registry.lock_transfer(transfer_id bigint, direction text) RETURNS registry.transfer
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.transfer;
BEGIN
    SELECT t.* INTO subject FROM registry.transfer t
    WHERE t.transfer_id = lock_transfer.transfer_id AND t.direction = lock_transfer.direction
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_transfer',
            MESSAGE = 'There is no such transfer.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.lock_transfer(bigint, text) IS '锁定并返回该方向的转移;错误 23503 known_transfer';

CREATE FUNCTION registry.move_transfer(subject registry.transfer, to_status text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_duty(
        registry.require_transition('transfer', subject.status, to_status, reason), subject.organization_id);
    UPDATE registry.transfer t SET status = to_status WHERE t.transfer_id = subject.transfer_id;
    INSERT INTO registry.transfer_event (transfer_id, from_status, to_status, reason)
    VALUES (subject.transfer_id, subject.status, to_status, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.move_transfer(registry.transfer, text, text) IS
    '变更转移状态并记入 transfer_event;错误 42501 not_staff、outside_scope,55000 known_transition,23514 reason_required';

CREATE FUNCTION registry.move_records(moved registry.service_record[], to_status text, reason text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_transition('service_record', m.status, to_status, reason)
    FROM (SELECT DISTINCT u.status FROM unnest(moved) AS u) AS m;
    UPDATE registry.service_record r
    SET status = to_status
    FROM unnest(moved) AS m
    WHERE (r.volunteer_id, r.service_date, r.record_id) = (m.volunteer_id, m.service_date, m.record_id);
    INSERT INTO registry.record_event (volunteer_id, record_id, from_status, to_status, reason)
    SELECT m.volunteer_id, m.record_id, m.status, to_status, reason FROM unnest(moved) AS m;
END
$$;
COMMENT ON FUNCTION registry.move_records(registry.service_record[], text, text) IS
    '变更已锁定的各条记录的状态并记入 record_event,职责由调用者检查;错误 55000 known_transition';

CREATE FUNCTION registry.add_message(transfer_id bigint, kind text, direction text, message_id uuid, body text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO registry.exchange_message (transfer_id, kind, direction, message_id, body, body_sha256)
    VALUES (add_message.transfer_id, add_message.kind, add_message.direction, add_message.message_id, add_message.body,
        sha256(convert_to(add_message.body, 'UTF8')));
END;
COMMENT ON FUNCTION registry.add_message(bigint, text, text, uuid, text) IS '存入一份收到或发出的文件';

CREATE FUNCTION registry.message_body(transfer_id bigint, kind text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT m.body FROM registry.exchange_message m
    WHERE m.transfer_id = message_body.transfer_id AND m.kind = message_body.kind;
END;
COMMENT ON FUNCTION registry.message_body(bigint, text) IS '一次转移的转移文件或回执';

-- A signed file that its transaction takes back is genuine all the same: the hours would count here as well as there. So it is
-- handed out once what it says is committed; who asks again gets the same file.
CREATE FUNCTION registry.sent_message(transfer_id bigint, kind text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT registry.message_body(sent_message.transfer_id, sent_message.kind)
    WHERE NOT EXISTS (
        SELECT FROM registry.transfer_event e
        WHERE e.transfer_id = sent_message.transfer_id AND e.xid = pg_current_xact_id());
END;
COMMENT ON FUNCTION registry.sent_message(bigint, text) IS
    '签发的转移文件或回执;本事务中才决定的,提交后再取,此时为空(回滚的决定不得留下有效的文件)';

CREATE FUNCTION registry.send_message(transfer_id bigint, kind text, peer text, message_id uuid, content jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    body CONSTANT text := registry.signed_transfer((jsonb_build_object('type', kind, 'iss', registry.require_origin(),
        'aud', peer, 'jti', message_id, 'iat', extract(epoch FROM now())::bigint) || content)::json);
BEGIN
    PERFORM registry.require_key_in_use(registry.token_part(body, 1) ->> 'kid');
    PERFORM registry.add_message(transfer_id, kind, 'out', message_id, body);
END
$$;
COMMENT ON FUNCTION registry.send_message(bigint, text, text, uuid, jsonb) IS
    '签发并存入一份发出的文件;错误 55000 origin_is_set、signed_by_registered_key';

CREATE FUNCTION registry.message_claims(body text, kind text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    claims CONSTANT jsonb := registry.token_part(body, 2);
    issuer registry.trusted_issuer;
BEGIN
    SELECT i.* INTO issuer FROM registry.trusted_issuer i
    WHERE i.kid = registry.token_part(body, 1) ->> 'kid' AND i.withdrawn_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_issuer',
            MESSAGE = 'The message is not signed with a key that this registry trusts.';
    END IF;
    IF volunteer.verify_transfer(body, issuer.jwk) IS NOT TRUE
        OR (claims ->> 'iss' = issuer.origin AND claims ->> 'type' = kind) IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'message_is_genuine',
            MESSAGE = 'The message is not what the other registry signed.';
    END IF;
    IF claims ->> 'aud' IS DISTINCT FROM registry.require_origin() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'message_is_for_this_registry',
            MESSAGE = 'The message is meant for another registry.';
    END IF;
    RETURN claims;
END
$$;
COMMENT ON FUNCTION registry.message_claims(text, text) IS
    '验证收到的文件并返回其内容:由受信任的公钥签名、种类相符、发给本库;错误 23503 known_issuer,23514 message_is_genuine、message_is_for_this_registry,55000 origin_is_set';

GRANT EXECUTE ON FUNCTION registry.trust_issuer(text, text, jsonb, text) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.distrust_issuer(text, text) TO registry_administrator;
GRANT SELECT ON registry.trusted_issuer, registry.transfer, registry.transfer_event TO registry_auditor;
