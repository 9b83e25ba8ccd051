-- People and their identity documents. A number is kept as keyed digest, by which it is found, sealed, and as tail.

-- A name is cleaned when it is written, and not again for each of a million lines. Not STRICT, so that it is inlined; no name
-- has no mask all the same.
CREATE FUNCTION registry.masked_name(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE char_length(name)
        WHEN 0 THEN ''
        WHEN 1 THEN '*'
        WHEN 2 THEN left(name, 1) || '*'
        WHEN 3 THEN left(name, 1) || '*' || right(name, 1)
        ELSE left(name, 2) || '*'
    END;
COMMENT ON FUNCTION registry.masked_name(text) IS '姓名脱敏:张三→张*,王小明→王*明,欧阳娜娜→欧阳*';

CREATE TABLE registry.person (
    person_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    sex smallint NOT NULL,
    birth_date date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    merged_into bigint REFERENCES registry.person,
    erased_at timestamptz,
    salt uuid NOT NULL DEFAULT gen_random_uuid(),
    masked_name text NOT NULL GENERATED ALWAYS AS (registry.masked_name(name)) STORED,
    CONSTRAINT name_is_written CHECK (char_length(name) BETWEEN 1 AND 60 AND name = registry.clean_name(name)),
    CONSTRAINT sex_is_coded CHECK (sex IN (0, 1, 2, 9)),
    CONSTRAINT born_in_the_past CHECK (birth_date BETWEEN '1850-01-01' AND (created_at AT TIME ZONE 'Asia/Shanghai')::date)
);
CREATE INDEX person_merged_into ON registry.person (merged_into) WHERE merged_into IS NOT NULL;
COMMENT ON TABLE registry.person IS '自然人:个人基本信息(民政部令第67号第五条)';
COMMENT ON COLUMN registry.person.person_id IS '自然人编号';
COMMENT ON COLUMN registry.person.name IS '姓名(见 clean_name)';
COMMENT ON COLUMN registry.person.sex IS '性别(GB/T 2261.1):0 未知,1 男,2 女,9 未说明';
COMMENT ON COLUMN registry.person.birth_date IS '出生日期';
COMMENT ON COLUMN registry.person.created_at IS '录入时间';
COMMENT ON COLUMN registry.person.created_by IS '录入人(数据库角色)';
COMMENT ON COLUMN registry.person.merged_into IS '重复登记并入的自然人,其本身未并入他人';
COMMENT ON COLUMN registry.person.erased_at IS '个人信息的删除时间:姓名等已不是真实的';
COMMENT ON COLUMN registry.person.salt IS '盐:换掉之后,逐行留痕的散列不再透露原来的姓名等';
COMMENT ON COLUMN registry.person.masked_name IS '脱敏的姓名:统计员只能读取此列';

-- A person and those merged into him.
CREATE FUNCTION registry.persons_within(person_id bigint) RETURNS SETOF bigint
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT persons_within.person_id
    UNION ALL
    SELECT p.person_id FROM registry.person p WHERE p.merged_into = persons_within.person_id;
END;
COMMENT ON FUNCTION registry.persons_within(bigint) IS '自然人及并入其名下的重复登记';

CREATE TABLE registry.identity_document (
    document_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL REFERENCES registry.document_kind,
    digest bytea NOT NULL,
    person_id bigint NOT NULL REFERENCES registry.person,
    sealed bytea NOT NULL,
    tail text NOT NULL,
    CONSTRAINT one_document_one_person UNIQUE (kind, digest),
    CONSTRAINT digest_is_sha256 CHECK (octet_length(digest) = 32),
    CONSTRAINT tail_is_short CHECK (char_length(tail) BETWEEN 1 AND 4)
);
CREATE INDEX identity_document_person ON registry.identity_document (person_id);
COMMENT ON TABLE registry.identity_document IS '身份证件:一证一人;号码只存带密钥的摘要、密文与末四位';
COMMENT ON COLUMN registry.identity_document.document_id IS '证件编号,与号码无关';
COMMENT ON COLUMN registry.identity_document.kind IS '证件类型';
COMMENT ON COLUMN registry.identity_document.digest IS '证件号码的 HMAC-SHA-256,密钥在数据库之外';
COMMENT ON COLUMN registry.identity_document.person_id IS '持证人';
COMMENT ON COLUMN registry.identity_document.sealed IS '加密的号码(AES-256-GCM),密钥在数据库之外';
COMMENT ON COLUMN registry.identity_document.tail IS '号码末四位';

CREATE FUNCTION registry.document_context(kind text, digest bytea) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN format('document %s %s', kind, encode(digest, 'hex'));
COMMENT ON FUNCTION registry.document_context(text, bytea) IS '证件号码的密文所绑定的行';

-- Under another key nobody would be recognised, and everybody could be registered once more.
CREATE TABLE registry.identity_key (
    single boolean PRIMARY KEY DEFAULT true,
    digest bytea NOT NULL,
    used_since timestamptz NOT NULL DEFAULT now(),
    changed_by name NOT NULL DEFAULT session_user,
    CONSTRAINT one_identity_key CHECK (single)
);
COMMENT ON TABLE registry.identity_key IS '现用证件密钥:只有一行,首次录入证件时自动登记;密钥文件与之不符时不录入';
COMMENT ON COLUMN registry.identity_key.single IS '恒为真:只有一行';
COMMENT ON COLUMN registry.identity_key.digest IS '固定文字在现用证件密钥下的摘要,据以辨认密钥';
COMMENT ON COLUMN registry.identity_key.used_since IS '启用时间';
COMMENT ON COLUMN registry.identity_key.changed_by IS '启用人(数据库角色)';

CREATE FUNCTION registry.current_digest(kind text, number text) RETURNS bytea
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number_digest bytea;
    key_digest bytea;
BEGIN
    -- Not while registry.digest_again() is at work.
    LOCK TABLE registry.identity_document IN ROW EXCLUSIVE MODE;
    number_digest := registry.document_digest(kind, number);
    key_digest := registry.document_digest('key', 'key');
    INSERT INTO registry.identity_key (digest) VALUES (key_digest) ON CONFLICT (single) DO NOTHING;
    PERFORM FROM registry.identity_key k WHERE k.digest = key_digest;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'identity_key_is_current',
            MESSAGE = 'The documents were digested with another key than that of the key file.',
            HINT = 'Put the key back, or change over to the new one with registry.digest_again().';
    END IF;
    RETURN number_digest;
END
$$;
COMMENT ON FUNCTION registry.current_digest(text, text) IS
    '现用证件密钥下的证件号码摘要;错误 55000 identity_key_is_current(密钥文件已换而摘要未换)';

CREATE FUNCTION registry.age_on(birth_date date, day date) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN extract(year FROM age(day::timestamp, birth_date::timestamp))::integer;
COMMENT ON FUNCTION registry.age_on(date, date) IS '某日的周岁';

CREATE FUNCTION registry.plain_document_number(document_number text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN upper(regexp_replace(normalize(document_number, NFKC), '[\s\u200b-\u200f\ufeff]', '', 'g'));
COMMENT ON FUNCTION registry.plain_document_number(text) IS '证件号码的规范写法:全角转半角,去空白,大写';

-- The type's own error would quote the number, so it is replaced.
CREATE FUNCTION registry.require_citizen_id(document_number text) RETURNS volunteer.citizen_id
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    IF char_length(document_number) = 15 THEN
        RETURN volunteer.citizen_id_from_15(document_number);
    END IF;
    RETURN document_number::volunteer.citizen_id;
EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION USING
        ERRCODE = 'invalid_text_representation',
        CONSTRAINT = 'document_number_valid',
        MESSAGE = 'The identity number is not valid.';
END
$$;
COMMENT ON FUNCTION registry.require_citizen_id(text) IS
    '检查公民身份号码(GB 11643,15 位号码转为 18 位),错误信息不含号码;错误 22P02 document_number_valid';

-- Constraint violations print the failing row, so everything personal is tested before it is written.
CREATE FUNCTION registry.require_name(name text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    clean CONSTANT text := registry.clean_name(name);
BEGIN
    IF clean IS NULL OR char_length(clean) NOT BETWEEN 1 AND 60 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'name_is_written',
            MESSAGE = 'A name has 1 to 60 characters.';
    END IF;
    RETURN clean;
END
$$;
COMMENT ON FUNCTION registry.require_name(text) IS '检查并规范姓名;错误 23514 name_is_written';

CREATE FUNCTION registry.require_person(
    INOUT name text, INOUT document_kind text, INOUT document_number text, INOUT sex smallint, INOUT birth_date date)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    citizen volunteer.citizen_id;
BEGIN
    name := registry.require_name(name);
    document_number := registry.plain_document_number(document_number);
    IF NOT EXISTS (SELECT FROM registry.document_kind k WHERE k.kind = require_person.document_kind) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_document_kind',
            MESSAGE = 'The kind of identity document is not known.';
    END IF;
    IF document_number IS NULL OR document_number !~ '^[A-Z0-9()/-]{5,30}$' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_text_representation',
            CONSTRAINT = 'document_number_valid',
            MESSAGE = 'The identity number is not valid.';
    END IF;
    -- The same number under two kinds would be two people.
    IF document_kind <> 'citizen_id' AND translate(document_number, '()/-', '') ~ '^[0-9]{15}([0-9]{2}[0-9X])?$' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'document_kind_fits_number',
            MESSAGE = 'A number of 15 or 18 digits belongs to a document of kind citizen_id.';
    END IF;
    IF document_kind = 'citizen_id' THEN
        citizen := registry.require_citizen_id(document_number);
        IF sex <> volunteer.sex(citizen) OR birth_date <> volunteer.birth_date(citizen) THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                CONSTRAINT = 'person_matches_document',
                MESSAGE = 'Sex or date of birth differs from the identity number.';
        END IF;
        sex := volunteer.sex(citizen);
        birth_date := volunteer.birth_date(citizen);
    END IF;
    IF sex IS NULL OR sex NOT IN (0, 1, 2, 9) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'sex_is_coded',
            MESSAGE = 'Sex is 0, 1, 2 or 9 as in GB/T 2261.1.';
    END IF;
    IF birth_date IS NULL OR birth_date NOT BETWEEN '1850-01-01' AND registry.today() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'born_in_the_past',
            MESSAGE = 'A date of birth in the past is required.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_person(text, text, text, smallint, date) IS
    '检查并规范姓名、证件、性别、出生日期;公民身份号码自带性别与出生日期。错误 22P02 document_number_valid,23514 document_kind_fits_number、name_is_written、person_matches_document、sex_is_coded、born_in_the_past,23503 known_document_kind';

CREATE FUNCTION registry.add_person(
    name text, document_kind text, document_number text, sex smallint DEFAULT NULL, birth_date date DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT record := registry.require_person(name, document_kind, document_number, sex, birth_date);
    number_digest CONSTANT bytea := registry.current_digest(subject.document_kind, subject.document_number);
    person bigint;
BEGIN
    SELECT coalesce(p.merged_into, p.person_id) INTO person
    FROM registry.identity_document d
    JOIN registry.person p ON p.person_id = d.person_id
    WHERE (d.kind, d.digest) = (subject.document_kind, number_digest)
        AND (p.name, p.sex, p.birth_date) = (subject.name, subject.sex, subject.birth_date);
    IF FOUND THEN
        RETURN person;
    END IF;
    INSERT INTO registry.person AS p (name, sex, birth_date) VALUES (subject.name, subject.sex, subject.birth_date)
    RETURNING p.person_id INTO person;
    INSERT INTO registry.identity_document (kind, digest, person_id, sealed, tail)
    VALUES (subject.document_kind, number_digest, person,
        registry.sealed_value(subject.document_number, registry.document_context(subject.document_kind, number_digest)),
        right(subject.document_number, 4))
    ON CONFLICT ON CONSTRAINT one_document_one_person DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'unique_violation',
            CONSTRAINT = 'one_document_one_person',
            MESSAGE = 'The identity document is registered as that of somebody else.';
    END IF;
    RETURN person;
END
$$;
COMMENT ON FUNCTION registry.add_person(text, text, text, smallint, date) IS
    '录入自然人及其证件,返回自然人编号,已录入的同一人返回原编号(已合并的返回保留者);管理员以此录入工作人员本人,登记志愿者时自动录入。公民身份号码自带性别与出生日期,其他证件须另行提供;错误 23505 one_document_one_person(证件属于另一人)、22P02 document_number_valid、23514 document_kind_fits_number、name_is_written、person_matches_document、sex_is_coded、born_in_the_past、23503 known_document_kind、55000 identity_key_is_current';

GRANT EXECUTE ON FUNCTION registry.add_person(text, text, text, smallint, date) TO registry_administrator;
