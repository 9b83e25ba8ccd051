-- What was deployed: a digest of each function, trigger, constraint, view, policy and privilege, kept as an event, so that
-- the seals vouch for it, together with the rows that are there. A change that was not kept by the owner is found by
-- registry.check_integrity().

CREATE TABLE registry.catalogue_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor name NOT NULL DEFAULT session_user,
    reason text NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    last_row_event bigint NOT NULL,
    CONSTRAINT catalogue_has_a_reason CHECK (reason <> '')
);
CREATE INDEX ON registry.catalogue_event (xid);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.catalogue_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE POLICY kept_by_session ON registry.catalogue_event AS RESTRICTIVE FOR INSERT TO registry_owner
    WITH CHECK (actor = session_user AND at = now());
COMMENT ON TABLE registry.catalogue_event IS '部署与升级:每次登记一份数据库对象清单,只追加';
COMMENT ON COLUMN registry.catalogue_event.event_id IS '发生次序';
COMMENT ON COLUMN registry.catalogue_event.at IS '时间';
COMMENT ON COLUMN registry.catalogue_event.actor IS '经办人(数据库角色)';
COMMENT ON COLUMN registry.catalogue_event.reason IS '事由,如 deployment';
COMMENT ON COLUMN registry.catalogue_event.xid IS '写入的事务,据以封章';
COMMENT ON COLUMN registry.catalogue_event.last_row_event IS '至此为止的逐行留痕均经认可';

CREATE TABLE registry.catalogue_item (
    event_id bigint REFERENCES registry.catalogue_event,
    kind text,
    object text,
    digest bytea NOT NULL,
    PRIMARY KEY (event_id, kind, object),
    CONSTRAINT catalogue_digest_is_sha256 CHECK (length(digest) = 32)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.catalogue_item
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.catalogue_item IS '对象清单:每个数据库对象定义的散列,只追加';
COMMENT ON COLUMN registry.catalogue_item.event_id IS '登记清单的部署或升级';
COMMENT ON COLUMN registry.catalogue_item.kind IS '种类:function、relation、column、constraint、index、trigger、rule、policy、schema、transition';
COMMENT ON COLUMN registry.catalogue_item.object IS '对象名';
COMMENT ON COLUMN registry.catalogue_item.digest IS '定义的 SHA-256';

-- Superusers and owners of databases have other names elsewhere: a restored registry is the same.
CREATE FUNCTION registry.privileges(acl aclitem[]) RETURNS text
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT string_agg(format('%s %s %s', g.grantee, g.privilege_type, g.is_grantable), ', '
        ORDER BY g.grantee, g.privilege_type, g.is_grantable)
    FROM (
        SELECT DISTINCT a.privilege_type, a.is_grantable,
            CASE WHEN a.grantee = 0 THEN 'PUBLIC'
                WHEN a.grantee = d.datdba THEN 'database owner'
                WHEN r.rolsuper THEN 'superuser'
                ELSE r.rolname END AS grantee
        FROM aclexplode(acl) AS a
        JOIN pg_database d ON d.datname = current_database()
        LEFT JOIN pg_roles r ON r.oid = a.grantee
        -- PostgreSQL 17 gives it to the owner of every relation.
        WHERE NOT (a.privilege_type = 'MAINTAIN' AND a.grantee = a.grantor)
    ) AS g;
END;
COMMENT ON FUNCTION registry.privileges(aclitem[]) IS '授权的固定写法,不因数据库所有者与超级用户的名称、PostgreSQL 的版本而异';

-- What PostgreSQL prints of an expression, and reads again in a restore, differs in brackets within AND and OR, in blanks and
-- in the names that it gives to constants.
CREATE FUNCTION registry.without_brackets(definition text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN translate(regexp_replace(definition, '(::[a-z][a-z0-9_. ]*) AS \w+(,|\n|$)', '\1\2', 'g'), E'() \n', '');
COMMENT ON FUNCTION registry.without_brackets(text) IS '表达式的固定写法:去掉括号、空白和常量的自动列名,转储恢复后不变';

-- Of a partition only what it has of its own is listed; what it has from its table is checked against that. NOT NULL is told
-- of the column: as a constraint, which PostgreSQL 18 makes of it, it has another name in each restore.
CREATE VIEW registry.catalogue_object WITH (security_invoker = true) AS
WITH space AS (
    SELECT n.* FROM pg_namespace n WHERE n.nspname IN ('registry', 'verify', 'report', 'volunteer')
), relation AS (
    SELECT c.*, c.oid::regclass::text AS name
    FROM pg_class c JOIN space s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
)
SELECT 'schema' AS kind, s.nspname::text AS object,
    registry.privileges(coalesce(s.nspacl, acldefault('n', s.nspowner))) AS definition
FROM space s
UNION ALL
SELECT 'function', p.oid::regprocedure::text, concat_ws(E'\n',
    CASE WHEN p.prosqlbody IS NOT NULL THEN registry.without_brackets(pg_get_functiondef(p.oid))
        WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END, g.aggtransfn, g.aggfinalfn, g.aggcombinefn,
    registry.privileges(coalesce(p.proacl, acldefault('f', p.proowner))))
FROM pg_proc p
JOIN space s ON s.oid = p.pronamespace
LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid
UNION ALL
SELECT 'relation', r.name, concat_ws(E'\n', r.relkind, r.relpersistence, r.reloptions,
    registry.privileges(coalesce(r.relacl, acldefault('r', r.relowner))))
FROM relation r
UNION ALL
SELECT 'column', r.name || '.' || a.attname, concat_ws(E'\n', format_type(a.atttypid, a.atttypmod), a.attnotnull,
    a.attidentity, a.attgenerated, registry.without_brackets(pg_get_expr(d.adbin, d.adrelid)), registry.privileges(a.attacl))
FROM relation r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
UNION ALL
SELECT 'constraint', coalesce(r.name, t.contypid::regtype::text) || '.' || t.conname, registry.without_brackets(pg_get_constraintdef(t.oid))
FROM pg_constraint t
JOIN space s ON s.oid = t.connamespace
LEFT JOIN relation r ON r.oid = t.conrelid
WHERE t.contype <> 'n' AND t.conparentid = 0 AND (t.contypid <> 0 OR r.oid IS NOT NULL)
UNION ALL
SELECT 'index', i.indexrelid::regclass::text,
    concat_ws(E'\n', registry.without_brackets(pg_get_indexdef(i.indexrelid)), i.indisvalid)
FROM pg_index i JOIN relation r ON r.oid = i.indrelid
UNION ALL
SELECT 'trigger', format('%s.%s', t.tgrelid::regclass, t.tgname), registry.without_brackets(pg_get_triggerdef(t.oid))
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN space s ON s.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND NOT EXISTS (
    SELECT FROM pg_inherits h
    JOIN pg_trigger above ON above.tgrelid = h.inhparent
        AND (above.tgname, above.tgfoid, above.tgtype) = (t.tgname, t.tgfoid, t.tgtype)
    WHERE h.inhrelid = t.tgrelid)
UNION ALL
SELECT 'rule', format('%s.%s', w.ev_class::regclass, w.rulename), registry.without_brackets(pg_get_ruledef(w.oid))
FROM pg_rewrite w
JOIN pg_class c ON c.oid = w.ev_class
JOIN space s ON s.oid = c.relnamespace
UNION ALL
SELECT 'policy', format('%s.%s', r.name, p.polname), concat_ws(E'\n', p.polcmd, p.polpermissive, p.polroles::regrole[],
    registry.without_brackets(pg_get_expr(p.polqual, p.polrelid)),
    registry.without_brackets(pg_get_expr(p.polwithcheck, p.polrelid)))
FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
UNION ALL
SELECT 'transition', format('%s %s %s', t.kind, t.from_status, t.to_status), concat_ws(' ', t.duty, t.needs_reason)
FROM registry.transition t;
COMMENT ON VIEW registry.catalogue_object IS '现有数据库对象及其定义;写法随搜索路径和会话设置,只在固定了这些的函数中使用';
COMMENT ON COLUMN registry.catalogue_object.kind IS '种类';
COMMENT ON COLUMN registry.catalogue_object.object IS '对象名';
COMMENT ON COLUMN registry.catalogue_object.definition IS '定义,含授权';

CREATE FUNCTION registry.keep_catalogue(reason text) RETURNS bigint
    LANGUAGE sql SET search_path = pg_catalog, pg_temp SET quote_all_identifiers = off SET standard_conforming_strings = on
    SET timezone = 'UTC' SET datestyle = 'ISO' SET intervalstyle = 'postgres' SET bytea_output = 'hex'
BEGIN ATOMIC
    SELECT registry.keep_tables();
    WITH kept AS (
        INSERT INTO registry.catalogue_event (reason, last_row_event)
        VALUES (registry.clean_text(keep_catalogue.reason), registry.keep_rows())
        RETURNING event_id
    )
    INSERT INTO registry.catalogue_item (event_id, kind, object, digest)
    SELECT k.event_id, o.kind, o.object, sha256(convert_to(o.definition, 'UTF8'))
    FROM kept k CROSS JOIN registry.catalogue_object o;
    SELECT max(e.event_id) FROM registry.catalogue_event e;
END;
COMMENT ON FUNCTION registry.keep_catalogue(text) IS
    '登记现有数据库对象清单,认可现有各行,返回清单编号;由所有者在部署、每次升级和直接写入数据之后调用。参数:事由。错误 23514 catalogue_has_a_reason';

GRANT SELECT ON registry.catalogue_event, registry.catalogue_item TO registry_auditor;
