-- The two keys. Only the owner of the database may use them (see docs/keys.md); these functions are his and lend the
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

REVOKE EXECUTE ON FUNCTION registry.signed(json), registry.signed_status_list(json), registry.signed_seal(json),
    registry.signed_transfer(json), registry.document_digest(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.signed(json), registry.signed_status_list(json), registry.signed_seal(json),
    registry.signed_transfer(json), registry.document_digest(text, text) TO registry_owner;
