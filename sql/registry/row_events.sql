-- What became of every row that functions decide on: an event with a digest for each row that is written, by a trigger that
-- the catalog puts on every table but those named here. So whoever writes past the functions, the owner of the database
-- included, is named, and whoever switches the triggers off leaves rows that differ from their last event.

CREATE TABLE registry.row_event (
    relation text NOT NULL,
    event_id bigint GENERATED ALWAYS AS IDENTITY,
    key text COLLATE "C" NOT NULL,
    operation text NOT NULL,
    digest bytea,
    direct boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor name NOT NULL DEFAULT session_user,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (relation, event_id)
);
CREATE INDEX ON registry.row_event (xid);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.row_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.row_event IS '逐行留痕:函数据以决定的每一行的写入、修改、删除,只追加;不含个人信息';
COMMENT ON COLUMN registry.row_event.relation IS '表';
COMMENT ON COLUMN registry.row_event.event_id IS '发生次序';
COMMENT ON COLUMN registry.row_event.key IS '行的主键,各列以空格分隔';
COMMENT ON COLUMN registry.row_event.operation IS '操作:insert 写入,update 修改,delete 删除,kept 部署、升级时由所有者认可(见 keep_catalogue)';
COMMENT ON COLUMN registry.row_event.digest IS '此后该行的 SHA-256(见 kept_row);行已不在时为空';
COMMENT ON COLUMN registry.row_event.direct IS '是否绕过登记库的函数直接写入';
COMMENT ON COLUMN registry.row_event.at IS '时间';
COMMENT ON COLUMN registry.row_event.actor IS '操作人(数据库角色)';
COMMENT ON COLUMN registry.row_event.xid IS '写入的事务,据以封章';

-- No constraint and no trigger, which PostgreSQL would prepare for every row that is kept. Nobody keeps in the name of another.
CREATE POLICY written_by_trigger ON registry.row_event AS RESTRICTIVE FOR INSERT TO registry_owner
    WITH CHECK ((pg_trigger_depth() > 0 OR operation = 'kept') AND actor = session_user AND at = now());

-- Tables whose rows bear the transaction that wrote them are events themselves, sealed by their kind, and not kept once more.
CREATE VIEW registry.row_exception WITH (security_invoker = true) AS
SELECT e.relation, e.columns::text[] AS columns, e.reason
FROM (VALUES
    ('service_record', NULL, '写入频繁;由状态变更、封章、批次(check_records)和合计(check_hours)核对'),
    ('volunteer_year', NULL, '合计,由 check_hours 核对'),
    ('organization_month_total', NULL, '合计,由 check_hours 核对'),
    ('organization_month_queue', NULL, '合计的待并部分,由 check_hours 核对'),
    ('certificate_line', NULL, '只追加,随证明封章,由 check_certificates 核对'),
    ('certificate_number', NULL, '计数;编号在证明中,不得重复'),
    ('certificate_view', NULL, '查验次数,不据以决定'),
    ('status_list_token', NULL, '由证明的状态签发,可随时重签'),
    ('status_list_change', NULL, '待重签的状态列表'),
    ('import_line', NULL, '导入前的名册,用后即清'),
    ('import_row', NULL, '未能导入的行,不据以决定'),
    ('transition', NULL, '随数据库对象登记(check_catalogue)'),
    ('catalogue_item', NULL, '只追加,随数据库对象清单封章'),
    ('seal', NULL, '封章本身,由 verify_seals 核对'),
    ('seal_leaf', NULL, '封章的树叶,由 verify_seals 核对'),
    ('contact', NULL, '联系方式,加密,先于记录删除,不据以决定'),
    ('number_block', '{next_serial}', '计数;编号在志愿者中,不得重复'),
    ('status_list', '{used}', '计数;位置在证明中,不得重复'),
    ('time_account', '{balance}', '余额,由 check_time_bank 核对'),
    ('exchange_message', '{body}', '删除个人信息时清空;其 SHA-256 留在行中'),
    ('insurance_claim', '{description}', '删除个人信息时清空的文字,不据以决定'),
    ('signup', '{override_reason}', '删除个人信息时清空的文字,不据以决定'),
    ('training_result', '{void_reason}', '删除个人信息时清空的文字,不据以决定')
) AS e (relation, columns, reason);
COMMENT ON VIEW registry.row_exception IS '不逐行留痕的表和列,及其理由';
COMMENT ON COLUMN registry.row_exception.relation IS '表';
COMMENT ON COLUMN registry.row_exception.columns IS '不计入的列;空为整个表不留痕';
COMMENT ON COLUMN registry.row_exception.reason IS '理由';

CREATE VIEW registry.kept_table WITH (security_invoker = true) AS
SELECT c.relname::text AS relation, key.columns AS key, coalesce(x.columns, '{}') AS left_out
FROM pg_class c
LEFT JOIN registry.row_exception x ON x.relation = c.relname
CROSS JOIN LATERAL (
    SELECT array_agg(a.attname::text ORDER BY k.place) AS columns
    FROM pg_index i
    CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_attribute a ON (a.attrelid, a.attnum) = (c.oid, k.attnum)
    WHERE i.indrelid = c.oid AND i.indisprimary
) AS key
WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND (x.relation IS NULL OR x.columns IS NOT NULL)
    AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'xid' AND NOT a.attisdropped);
COMMENT ON VIEW registry.kept_table IS '逐行留痕的表:登记库中除例外(row_exception)和事件表以外的所有表';
COMMENT ON COLUMN registry.kept_table.relation IS '表';
COMMENT ON COLUMN registry.kept_table.key IS '主键的列';
COMMENT ON COLUMN registry.kept_table.left_out IS '不计入的列';

-- Not the two that the checks themselves write.
CREATE VIEW registry.event_table WITH (security_invoker = true) AS
SELECT c.relname::text AS relation
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'xid' AND NOT a.attisdropped
WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind = 'r'
    AND c.relname NOT IN ('event', 'row_event', 'catalogue_event');
COMMENT ON VIEW registry.event_table IS '事件表:各行带有写入的事务,按种类封章;直接写入的留痕(keep_direct)';
COMMENT ON COLUMN registry.event_table.relation IS '表';

-- Without what is empty, so that a column that an upgrade adds changes no digest. Whoever knows all of a row but what erasure
-- takes from it cannot try the rest against the digest: a salt or a ciphertext goes with it.
CREATE FUNCTION registry.kept_row(whole jsonb, left_out text[]) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_strip_nulls(whole - left_out)::text;
COMMENT ON FUNCTION registry.kept_row(jsonb, text[]) IS
    '留痕的行:去掉空值和不计入的列。时间、区间、字节的写法随会话设置,只在固定了设置的函数中使用';

CREATE FUNCTION registry.row_digest(kept_row text) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256(convert_to(kept_row, 'UTF8'));
COMMENT ON FUNCTION registry.row_digest(text) IS '留痕的行的 SHA-256';

CREATE FUNCTION registry.row_key(whole jsonb, key text[]) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN concat_ws(' ', whole ->> key[1], whole ->> key[2], whole ->> key[3], whole ->> key[4]);
COMMENT ON FUNCTION registry.row_key(jsonb, text[]) IS '行的主键(至多四列),各列以空格分隔';

-- Functions of the registry run as its owner without the session having become it: nobody else does.
CREATE FUNCTION registry.writes_past_functions() RETURNS boolean
    LANGUAGE sql STABLE
    RETURN current_user <> 'registry_owner' OR session_user = 'registry_owner' OR current_setting('role') = 'registry_owner';
COMMENT ON FUNCTION registry.writes_past_functions() IS '写入者是否绕过登记库的函数:不是以登记库所有者身份运行的函数,或会话自己成为了所有者';

-- To change the path for each row would cost more than all else; so what is called is qualified, operators too: an owner's
-- own would be found first. The functions called are inlined, which takes that they are declared as volatile as what they call.
CREATE FUNCTION registry.keep_row() RETURNS trigger
    LANGUAGE plpgsql SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex' AS $$
DECLARE
    key CONSTANT text[] := TG_ARGV[1];
    left_out CONSTANT text[] := TG_ARGV[2];
    whole jsonb;
    old_key text;
    old_row text;
    new_key text;
    new_row text;
BEGIN
    IF TG_OP OPERATOR(pg_catalog.<>) 'INSERT' THEN
        whole := pg_catalog.to_jsonb(OLD);
        old_key := registry.row_key(whole, key);
        old_row := registry.kept_row(whole, left_out);
    END IF;
    IF TG_OP OPERATOR(pg_catalog.<>) 'DELETE' THEN
        whole := pg_catalog.to_jsonb(NEW);
        new_key := registry.row_key(whole, key);
        new_row := registry.kept_row(whole, left_out);
    END IF;
    IF new_row OPERATOR(pg_catalog.=) old_row THEN
        RETURN NULL;
    END IF;
    IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' OR old_key OPERATOR(pg_catalog.<>) new_key THEN
        INSERT INTO registry.row_event (relation, key, operation, direct)
        VALUES (TG_ARGV[0], old_key, 'delete', registry.writes_past_functions());
    END IF;
    IF TG_OP OPERATOR(pg_catalog.<>) 'DELETE' THEN
        INSERT INTO registry.row_event (relation, key, operation, digest, direct)
        VALUES (TG_ARGV[0], new_key, pg_catalog.lower(TG_OP), registry.row_digest(new_row), registry.writes_past_functions());
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.keep_row() IS '触发器:逐行留痕(registry.row_event)。参数:表、主键的列、不计入的列';

-- Events are sealed, not kept once more; but who made one up in the name of somebody else is named.
CREATE FUNCTION registry.keep_direct() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF registry.writes_past_functions() THEN
        INSERT INTO registry.row_event (relation, key, operation, direct) VALUES (TG_TABLE_NAME, '*', lower(TG_OP), true);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.keep_direct() IS '触发器:绕过函数直接写入事件表的,留痕(registry.row_event,主键为 *)';

CREATE FUNCTION registry.keep_tables() RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    next record;
BEGIN
    FOR next IN
        SELECT t.relation, t.key, t.left_out
        FROM registry.kept_table t
        WHERE NOT EXISTS (
            SELECT FROM pg_trigger g WHERE g.tgrelid = format('registry.%I', t.relation)::regclass AND g.tgname = 'keep_row')
        ORDER BY t.relation
    LOOP
        EXECUTE format('CREATE TRIGGER keep_row AFTER INSERT OR UPDATE OR DELETE ON registry.%I '
            'FOR EACH ROW EXECUTE FUNCTION registry.keep_row(%L, %L, %L)', next.relation, next.relation, next.key, next.left_out);
    END LOOP;
    FOR next IN
        SELECT t.relation
        FROM registry.event_table t
        WHERE NOT EXISTS (
            SELECT FROM pg_trigger g WHERE g.tgrelid = format('registry.%I', t.relation)::regclass AND g.tgname = 'keep_direct')
        ORDER BY t.relation
    LOOP
        EXECUTE format('CREATE TRIGGER keep_direct AFTER INSERT OR UPDATE OR DELETE ON registry.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION registry.keep_direct()', next.relation);
    END LOOP;
END
$$;
COMMENT ON FUNCTION registry.keep_tables() IS '为尚无留痕触发器的表(kept_table、event_table)建立触发器;由 keep_catalogue 调用';

CREATE FUNCTION registry.changed_rows() RETURNS TABLE (relation text, key text, digest bytea)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex' SET jit = off AS $$
DECLARE
    next record;
BEGIN
    -- A table that somebody else put into the schema is a finding of check_catalogue().
    FOR next IN
        SELECT t.relation, t.key, t.left_out
        FROM registry.kept_table t
        WHERE has_table_privilege(format('registry.%I', t.relation), 'SELECT')
        ORDER BY t.relation
    LOOP
        RETURN QUERY EXECUTE format($query$
            SELECT %L, coalesce(r.key, e.key), r.digest
            FROM (
                SELECT registry.row_key(w.whole, %L) AS key, registry.row_digest(registry.kept_row(w.whole, %L)) AS digest
                FROM (SELECT to_jsonb(t) AS whole FROM registry.%I t OFFSET 0) AS w
            ) AS r
            FULL JOIN (
                SELECT DISTINCT ON (e.key) e.key, e.digest
                FROM registry.row_event e
                WHERE e.relation = %L
                ORDER BY e.key, e.event_id DESC
            ) AS e ON e.key = r.key
            WHERE r.digest IS DISTINCT FROM e.digest$query$,
            next.relation, next.key, next.left_out, next.relation, next.relation);
    END LOOP;
END
$$;
COMMENT ON FUNCTION registry.changed_rows() IS '与最后一次留痕不符的行及其现在的散列;行已不在的散列为空';

CREATE FUNCTION registry.keep_rows() RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO registry.row_event (relation, key, operation, digest, direct)
    SELECT c.relation, c.key, 'kept', c.digest, false FROM registry.changed_rows() AS c;
    -- Whoever is writing rows finishes first: no event with a lower number comes after this. Others wait for the rest of the
    -- transaction, not for the comparison.
    LOCK TABLE registry.row_event IN SHARE MODE;
    RETURN (SELECT coalesce(max(e.event_id), 0) FROM registry.row_event e);
END
$$;
COMMENT ON FUNCTION registry.keep_rows() IS '认可现有各行,返回最后一次留痕的编号;由 keep_catalogue 调用';

GRANT SELECT ON registry.row_event TO registry_auditor;
