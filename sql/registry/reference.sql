-- Reference data: regions, code lists, policy numbers, work calendar, permitted transitions, the deployment.

CREATE TABLE registry.region (
    code volunteer.region_code PRIMARY KEY,
    name text NOT NULL,
    level smallint NOT NULL GENERATED ALWAYS AS (volunteer.level(code)) STORED,
    valid daterange NOT NULL DEFAULT '(,)',
    successor volunteer.region_code REFERENCES registry.region,
    CONSTRAINT region_is_named CHECK (name <> ''),
    CONSTRAINT region_validity_not_empty CHECK (NOT isempty(valid)),
    CONSTRAINT successor_only_after_end CHECK (successor IS NULL OR NOT upper_inf(valid))
);
COMMENT ON TABLE registry.region IS '行政区划:统计用区划代码(GB/T 2260),乡级及以上;撤并只结束有效期并指明后继,代码不重复使用;东莞、中山、儋州无县级,嘉峪关只有统计用的 620201';
COMMENT ON COLUMN registry.region.code IS '区划代码,12 位';
COMMENT ON COLUMN registry.region.name IS '区划名称';
COMMENT ON COLUMN registry.region.level IS '级别:1 省级,2 地级,3 县级,4 乡级,5 村级';
COMMENT ON COLUMN registry.region.valid IS '有效期;下界为空表示早于首次载入的版本';
COMMENT ON COLUMN registry.region.successor IS '撤并后的后继区划';

CREATE TABLE registry.code_item (
    set text NOT NULL,
    code text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    PRIMARY KEY (set, code)
);
COMMENT ON TABLE registry.code_item IS '代码表;集合 code_set 列出全部代码集';
COMMENT ON COLUMN registry.code_item.set IS '代码集';
COMMENT ON COLUMN registry.code_item.code IS '代码';
COMMENT ON COLUMN registry.code_item.name_zh IS '中文名称';
COMMENT ON COLUMN registry.code_item.name_en IS '英文名称';

CREATE TABLE registry.document_kind (
    kind text PRIMARY KEY,
    code text NOT NULL CONSTRAINT document_kind_code UNIQUE
);
COMMENT ON TABLE registry.document_kind IS '证件类型:函数参数中的名称与代码集 document_kind 的对应';
COMMENT ON COLUMN registry.document_kind.kind IS '证件类型名称,如 citizen_id';
COMMENT ON COLUMN registry.document_kind.code IS '代码集 document_kind 中的代码';

CREATE TABLE registry.policy (
    policy_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    region volunteer.region_code REFERENCES registry.region,
    valid daterange NOT NULL,
    value numeric NOT NULL,
    basis text NOT NULL,
    status text NOT NULL GENERATED ALWAYS AS (CASE WHEN upper_inf(valid) THEN 'set' ELSE 'replaced' END) STORED,
    CONSTRAINT one_policy_at_a_time EXCLUDE USING gist
        (name WITH =, coalesce(region::text, '') WITH =, valid WITH &&),
    -- Before one that begins at no time none could be put.
    CONSTRAINT policy_begins_on_a_day CHECK (isfinite(lower(valid)) AND isfinite(upper(valid))),
    CONSTRAINT policy_is_a_number CHECK (value <> 'NaN'),
    CONSTRAINT policy_states_its_basis CHECK (basis <> '')
);
COMMENT ON TABLE registry.policy IS '政策数值:按地区和有效期分版本,数值变化不改程序';
COMMENT ON COLUMN registry.policy.policy_id IS '政策数值编号';
COMMENT ON COLUMN registry.policy.name IS '政策名称';
COMMENT ON COLUMN registry.policy.region IS '适用地区;空为全国';
COMMENT ON COLUMN registry.policy.valid IS '有效期';
COMMENT ON COLUMN registry.policy.value IS '数值,单位见政策名称';
COMMENT ON COLUMN registry.policy.basis IS '依据(文件与条款)';
COMMENT ON COLUMN registry.policy.status IS '状态:set 已规定,replaced 已有取代的数值;由有效期得出';

CREATE TABLE registry.work_calendar (
    day date PRIMARY KEY,
    is_workday boolean NOT NULL,
    status text NOT NULL GENERATED ALWAYS AS (CASE WHEN is_workday THEN 'workday' ELSE 'holiday' END) STORED
);
COMMENT ON TABLE registry.work_calendar IS '工作日历:只列与周一至周五不同的日子(国务院办公厅节假日安排:放假与调休上班)';
COMMENT ON COLUMN registry.work_calendar.day IS '日期';
COMMENT ON COLUMN registry.work_calendar.is_workday IS '是否工作日:调休上班为真,放假为假';
COMMENT ON COLUMN registry.work_calendar.status IS '状态:workday 上班,holiday 放假';

CREATE TABLE registry.transition (
    kind text NOT NULL,
    from_status text NOT NULL,
    to_status text NOT NULL,
    duty text,
    needs_reason boolean NOT NULL,
    PRIMARY KEY (kind, from_status, to_status)
);
COMMENT ON TABLE registry.transition IS '状态变更规则:允许的变更、所需职责、是否必须说明理由';
COMMENT ON COLUMN registry.transition.kind IS '对象种类';
COMMENT ON COLUMN registry.transition.from_status IS '原状态';
COMMENT ON COLUMN registry.transition.to_status IS '新状态';
COMMENT ON COLUMN registry.transition.duty IS '所需职责;空表示由系统自动变更';
COMMENT ON COLUMN registry.transition.needs_reason IS '是否必须说明理由';

CREATE TABLE registry.deployment (
    single boolean PRIMARY KEY DEFAULT true,
    origin text NOT NULL,
    CONSTRAINT one_deployment CHECK (single),
    CONSTRAINT origin_is_https CHECK (
        origin ~ '^(https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?$')
);
COMMENT ON TABLE registry.deployment IS '本部署:只有一行';
COMMENT ON COLUMN registry.deployment.single IS '恒为真:只有一行';
COMMENT ON COLUMN registry.deployment.origin IS '查验网址的来源(RFC 6454),如 https://zyz.example.gov.cn,无结尾斜线;http 只用于本机';

CREATE FUNCTION registry.today() RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (now() AT TIME ZONE 'Asia/Shanghai')::date;
COMMENT ON FUNCTION registry.today() IS '今天(北京时间)';

-- Nobody sees what is removed (Default_Ignorable_Code_Point), so that no text is written with it alone. Composed after the
-- removal: what stood between a letter and its mark is gone. The list of blanks makes the answer the same
-- under every locale, which \s does not.
CREATE FUNCTION registry.clean_text(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(regexp_replace(
        normalize(regexp_replace(value,
            '[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f'
            '\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
            '\U000e0000-\U000e0fff]',
            '', 'g'), NFC),
        '[\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]+', ' ', 'g'));
COMMENT ON FUNCTION registry.clean_text(text) IS '规范文字:Unicode NFC,去除控制字符、双向控制字符和各种不可见的字符,合并空白';

-- Keyboards and older systems have many dots for the one between the parts of a name.
CREATE FUNCTION registry.clean_name(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(registry.clean_text(value), ' ?[\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65] ?', '·', 'g');
COMMENT ON FUNCTION registry.clean_name(text) IS '规范姓名:规范文字,各种间隔符及其前后空格一律写作“·”(GB/T 13000,U+00B7)';

CREATE FUNCTION registry.append_only() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        CONSTRAINT = 'append_only',
        MESSAGE = format('Rows of %I.%I are never changed or removed.', TG_TABLE_SCHEMA, TG_TABLE_NAME);
END
$$;
COMMENT ON FUNCTION registry.append_only() IS '触发器:只追加的表不得修改、删除、清空;错误 42501 append_only';

-- What every table of events consists of besides its subject (LIKE registry.event INCLUDING ALL). It holds no rows itself.
CREATE TABLE registry.event (
    event_id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    actor name NOT NULL DEFAULT session_user,
    from_status text,
    to_status text NOT NULL,
    reason text,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX ON registry.event (xid);
COMMENT ON TABLE registry.event IS '状态变更记录的样表:各种状态变更记录表的共同列,本身不存数据';
COMMENT ON COLUMN registry.event.event_id IS '发生次序';
COMMENT ON COLUMN registry.event.at IS '时间';
COMMENT ON COLUMN registry.event.actor IS '经办人(数据库角色)';
COMMENT ON COLUMN registry.event.from_status IS '原状态;首次登记时为空';
COMMENT ON COLUMN registry.event.to_status IS '新状态';
COMMENT ON COLUMN registry.event.reason IS '理由';
COMMENT ON COLUMN registry.event.xid IS '写入的事务,据以封章';

CREATE TABLE registry.policy_event (
    policy_id bigint NOT NULL REFERENCES registry.policy,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (policy_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.policy_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.policy_event IS '政策数值的规定与取代记录,只追加';
COMMENT ON COLUMN registry.policy_event.policy_id IS '政策数值';

CREATE TABLE registry.work_calendar_event (
    day date NOT NULL REFERENCES registry.work_calendar,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (day, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.work_calendar_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.work_calendar_event IS '工作日历的载入记录,只追加:记录时限按工作日计,谁何时改了日历据此可查';
COMMENT ON COLUMN registry.work_calendar_event.day IS '日期';

CREATE FUNCTION registry.protect_rows(relation regclass) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', relation);
    EXECUTE format('CREATE POLICY owner ON %s TO registry_owner USING (true)', relation);
END
$$;
COMMENT ON FUNCTION registry.protect_rows(regclass) IS
    '对表启用并强制行级安全:只有登记库函数(以所有者身份)可见全部行,其他角色须另有策略才可见';

-- Staging takes COPY FROM, which row-level security forbids: it is known by roles that may insert there and read nothing.
CREATE FUNCTION registry.unprotected_tables() RETURNS SETOF regclass
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.oid::regclass
    FROM pg_class c
    WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
        AND NOT EXISTS (
            SELECT FROM pg_attribute a, aclexplode(a.attacl) AS granted
            WHERE a.attrelid = c.oid AND granted.privilege_type = 'INSERT');
END;
COMMENT ON FUNCTION registry.unprotected_tables() IS
    '未启用并强制行级安全的表;暂存表除外(只可写入、不可查询,因行级安全不允许 COPY FROM)';

CREATE FUNCTION registry.require_current_transaction() RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_transaction_state',
            CONSTRAINT = 'read_committed',
            MESSAGE = 'The registry is changed only in transactions of isolation level read committed.';
    END IF;
    IF registry.today() <> (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_transaction_state',
            CONSTRAINT = 'begun_today',
            MESSAGE = 'The registry is changed only in transactions begun the same day.';
    END IF;
    PERFORM volunteer.commit_by((registry.today() + 1)::timestamp AT TIME ZONE 'Asia/Shanghai');
END
$$;
COMMENT ON FUNCTION registry.require_current_transaction() IS
    '检查事务:办理先锁行再读,须看得见先提交者的结果;时限、公示期按事务开始的日子计,故不得跨日,也不得在次日提交;错误 25000 read_committed、begun_today,提交时 committed_in_time';

CREATE FUNCTION registry.require_region(region text) RETURNS volunteer.region_code
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM FROM registry.region r WHERE r.code = region::volunteer.region_code AND r.valid @> registry.today();
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_region',
            MESSAGE = 'The region code is not in force.';
    END IF;
    RETURN region;
END
$$;
COMMENT ON FUNCTION registry.require_region(text) IS '检查区划代码现行有效并返回 12 位代码;错误 23503 known_region';

CREATE FUNCTION registry.require_code(set text, code text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM registry.code_item i WHERE i.set = require_code.set AND i.code = require_code.code;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_code',
            MESSAGE = format('The code is not in the list "%s".', set);
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_code(text, text) IS '检查代码在代码集中;错误 23503 known_code';

CREATE FUNCTION registry.policy_value(name text, region volunteer.region_code, day date) RETURNS numeric
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    result numeric;
BEGIN
    SELECT p.value INTO result
    FROM registry.policy p
    WHERE p.name = policy_value.name
        AND p.valid @> policy_value.day
        AND (p.region IS NULL OR policy_value.region <@ p.region)
    ORDER BY volunteer.level(p.region) DESC NULLS LAST
    LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'policy_missing',
            MESSAGE = format('No policy "%s" is in force on %s.', name, day);
    END IF;
    RETURN result;
END
$$;
COMMENT ON FUNCTION registry.policy_value(text, volunteer.region_code, date) IS
    '某地某日的政策数值:最近的上级地区优先,无地区规定时取全国;错误 P0002 policy_missing';

CREATE FUNCTION registry.is_workday(day date) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN coalesce(
        (SELECT c.is_workday FROM registry.work_calendar c WHERE c.day = is_workday.day),
        extract(isodow FROM day) < 6);
COMMENT ON FUNCTION registry.is_workday(date) IS '是否工作日:周一至周五,法定节假日与调休除外';

CREATE FUNCTION registry.working_days_after(day date, days integer) RETURNS date
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    result date := day;
    remaining integer := days;
BEGIN
    WHILE remaining > 0 LOOP
        result := result + 1;
        IF registry.is_workday(result) THEN
            remaining := remaining - 1;
        END IF;
    END LOOP;
    RETURN result;
END
$$;
COMMENT ON FUNCTION registry.working_days_after(date, integer) IS
    '某日之后第 n 个工作日(记录时限:活动结束后 10 个工作日,《志愿服务记录与证明出具办法(试行)》第十一条)';

CREATE FUNCTION registry.require_transition(kind text, from_status text, to_status text, reason text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rule registry.transition;
BEGIN
    SELECT t.* INTO rule
    FROM registry.transition t
    WHERE (t.kind, t.from_status, t.to_status) =
        (require_transition.kind, require_transition.from_status, require_transition.to_status);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'known_transition',
            MESSAGE = format('A %s cannot go from "%s" to "%s".', kind, from_status, to_status);
    END IF;
    IF rule.needs_reason AND coalesce(registry.clean_text(reason), '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'reason_required',
            MESSAGE = format('A %s goes from "%s" to "%s" only with a reason.', kind, from_status, to_status);
    END IF;
    RETURN rule.duty;
END
$$;
COMMENT ON FUNCTION registry.require_transition(text, text, text, text) IS
    '检查状态变更并返回所需职责(系统变更为空);错误 55000 known_transition、23514 reason_required';

CREATE FUNCTION registry.set_policy(name text, value numeric, basis text, region text DEFAULT NULL, since date DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    place CONSTANT volunteer.region_code := CASE WHEN region IS NOT NULL THEN registry.require_region(region) END;
    first_day CONSTANT date := coalesce(since, registry.today());
    new_policy bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    IF first_day < registry.today() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'policy_not_retroactive',
            MESSAGE = 'A policy number takes effect today or later.';
    END IF;
    WITH replaced AS (
        UPDATE registry.policy p
        SET valid = daterange(lower(p.valid), first_day)
        WHERE p.name = set_policy.name
            AND p.region IS NOT DISTINCT FROM place
            AND p.valid @> first_day
            AND (lower_inf(p.valid) OR lower(p.valid) < first_day)
        RETURNING p.policy_id
    )
    INSERT INTO registry.policy_event (policy_id, from_status, to_status) SELECT r.policy_id, 'set', 'replaced' FROM replaced r;
    INSERT INTO registry.policy AS p (name, region, valid, value, basis)
    VALUES (name, place, daterange(first_day, NULL), value, registry.clean_text(basis))
    RETURNING p.policy_id INTO new_policy;
    INSERT INTO registry.policy_event (policy_id, to_status) VALUES (new_policy, 'set');
END
$$;
COMMENT ON FUNCTION registry.set_policy(text, numeric, text, text, date) IS
    '规定政策数值:自某日(缺省今天)起取代同地区原数值;错误 23514 policy_not_retroactive、policy_begins_on_a_day、policy_is_a_number、policy_states_its_basis、daily_cap_is_4_to_24_hours、time_bank_policy、volunteer_ratio_is_a_share,23P01 one_policy_at_a_time、23503 known_region,25000 read_committed、begun_today';

CREATE FUNCTION registry.load_work_calendar(days date[], is_workday boolean) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    loaded integer;
BEGIN
    PERFORM registry.require_current_transaction();
    LOCK TABLE registry.work_calendar IN SHARE ROW EXCLUSIVE MODE;
    WITH loaded AS (
        INSERT INTO registry.work_calendar AS c (day, is_workday)
        SELECT DISTINCT d, load_work_calendar.is_workday
        FROM unnest(days) AS d
        ON CONFLICT (day) DO UPDATE SET is_workday = excluded.is_workday
        RETURNING c.day, c.status
    )
    INSERT INTO registry.work_calendar_event (day, from_status, to_status)
    SELECT l.day, before.status, l.status
    FROM loaded l
    LEFT JOIN registry.work_calendar before ON before.day = l.day;
    GET DIAGNOSTICS loaded = ROW_COUNT;
    RETURN loaded;
END
$$;
COMMENT ON FUNCTION registry.load_work_calendar(date[], boolean) IS
    '载入国务院办公厅节假日安排:放假日传 false,调休上班日传 true;返回载入天数,重复载入以后者为准,每次载入都有记录;错误 25000 read_committed、begun_today';

CREATE FUNCTION registry.set_origin(origin text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT registry.require_current_transaction();
    INSERT INTO registry.deployment AS d (origin) VALUES (set_origin.origin)
    ON CONFLICT (single) DO UPDATE SET origin = excluded.origin;
END;
COMMENT ON FUNCTION registry.set_origin(text) IS '规定查验网址的来源,如 https://zyz.example.gov.cn;错误 23514 origin_is_https,25000 read_committed、begun_today';

CREATE FUNCTION registry.require_origin() RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own_origin CONSTANT text := (SELECT d.origin FROM registry.deployment d);
BEGIN
    IF own_origin IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'origin_is_set',
            MESSAGE = 'The origin of this deployment is not set.',
            HINT = 'Call registry.set_origin().';
    END IF;
    RETURN own_origin;
END
$$;
COMMENT ON FUNCTION registry.require_origin() IS '本部署的来源;错误 55000 origin_is_set';

GRANT EXECUTE ON FUNCTION registry.today() TO
    registry_administrator, registry_registrar, registry_recorder, registry_reviewer, registry_issuer,
    registry_dispatcher, registry_analyst, registry_auditor;
GRANT EXECUTE ON FUNCTION registry.set_policy(text, numeric, text, text, date) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.load_work_calendar(date[], boolean) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.set_origin(text) TO registry_administrator;
GRANT SELECT ON registry.policy_event, registry.work_calendar_event TO registry_auditor;
