-- The keys. Only the owner of the database may use them (see docs/keys.md); these functions are his and lend the
-- right to the functions of the registry, which pass nothing on that a caller chose.

CREATE FUNCTION registry.signed(claims json) RETURNS text
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT volunteer.sign_certificate(claims);
END;
COMMENT ON FUNCTION registry.signed(json) IS
    '以本库签名密钥签发令牌;归数据库所有者,只供登记库函数调用;错误 42501 所有者已非数据库所有者';

CREATE FUNCTION registry.signed_status_list(claims json) RETURNS text
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT volunteer.sign_status_list(claims);
END;
COMMENT ON FUNCTION registry.signed_status_list(json) IS
    '以本库签名密钥签发状态列表;归数据库所有者,只供登记库函数调用;错误 42501 所有者已非数据库所有者';

CREATE FUNCTION registry.signed_seal(claims json) RETURNS text
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT volunteer.sign_seal(claims);
END;
COMMENT ON FUNCTION registry.signed_seal(json) IS
    '以本库签名密钥签发封章;归数据库所有者,只供登记库函数调用;错误 42501 所有者已非数据库所有者';

CREATE FUNCTION registry.signed_transfer(claims json) RETURNS text
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT volunteer.sign_transfer(claims);
END;
COMMENT ON FUNCTION registry.signed_transfer(json) IS
    '以本库签名密钥签发转移文件;归数据库所有者,只供登记库函数调用;错误 42501 所有者已非数据库所有者';

CREATE FUNCTION registry.document_digest(kind text, number text) RETURNS bytea
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT volunteer.identity_digest(kind, number);
END;
COMMENT ON FUNCTION registry.document_digest(text, text) IS
    '以本库证件密钥计算证件号码摘要;归数据库所有者,只供登记库函数调用;错误 42501 所有者已非数据库所有者';

CREATE FUNCTION registry.sealed_value(value text, context text) RETURNS bytea
    LANGUAGE sql STRICT SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT volunteer.seal_identity(value, context);
END;
COMMENT ON FUNCTION registry.sealed_value(text, text) IS
    '以本库现用加密密钥加密个人信息,与所在的行绑定;归数据库所有者,只供登记库函数调用;错误 42501 所有者已非数据库所有者';

CREATE FUNCTION registry.opened_value(sealed bytea, context text) RETURNS text
    LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT volunteer.open_identity(sealed, context);
END;
COMMENT ON FUNCTION registry.opened_value(bytea, text) IS
    '解密个人信息;归数据库所有者,只供登记库函数调用;错误 42501 所有者已非数据库所有者,22023 密文被改或不属于此行';

CREATE FUNCTION registry.sealing_key() RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT volunteer.sealing_key();
END;
COMMENT ON FUNCTION registry.sealing_key() IS '现用加密密钥的编号;归数据库所有者,只供登记库函数调用;错误 42501 所有者已非数据库所有者';

REVOKE EXECUTE ON FUNCTION registry.signed(json), registry.signed_status_list(json), registry.signed_seal(json),
    registry.signed_transfer(json), registry.document_digest(text, text), registry.sealed_value(text, text),
    registry.opened_value(bytea, text), registry.sealing_key() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.signed(json), registry.signed_status_list(json), registry.signed_seal(json),
    registry.signed_transfer(json), registry.document_digest(text, text), registry.sealed_value(text, text),
    registry.opened_value(bytea, text), registry.sealing_key() TO registry_owner;
