-- Reading the lines that an import refused: names and numbers as somebody wrote them, of people registered or not.

INSERT INTO registry.code_item (set, code, name_zh, name_en) VALUES
    ('personal_data', 'import_line', '名册中未能导入的行', 'Lines of rosters that were refused'),
    ('access_purpose', 'roster_correction', '更正名册', 'To correct a roster');

CREATE FUNCTION registry.require_import_reader(import_id bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM registry.require_current_transaction();
    PERFORM
    FROM registry.import i
    WHERE i.import_id = require_import_reader.import_id AND i.organization_id IN (SELECT registry.import_scope());
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_import',
            MESSAGE = 'No organization that the session role works for has such an import.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_import_reader(bigint) IS
    '检查可否查阅导入的拒绝行:导入组织及其上级的记录员、审核员;错误 42501 not_staff,23503 known_import,25000 read_committed、begun_today';

CREATE FUNCTION registry.announce_import_access(import_id bigint, purpose text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    named bigint;
BEGIN
    PERFORM registry.require_import_reader(import_id);
    PERFORM registry.require_code('access_purpose', purpose);
    PERFORM registry.log_access(NULL, 'import_line', purpose, import_id);
    SELECT count(registry.log_access(d.person_id, 'import_line', purpose, announce_import_access.import_id)) INTO named
    FROM (
        SELECT DISTINCT v.person_id
        FROM registry.import_row r
        JOIN registry.volunteer v ON v.volunteer_no = to_volunteer_no(btrim(split_part(r.line, ',', 1), E' \t\u3000"'))
        WHERE r.import_id = announce_import_access.import_id) AS d;
    RETURN named;
END
$$;
COMMENT ON FUNCTION registry.announce_import_access(bigint, text) IS
    '登记将要查阅一次导入的拒绝行:该导入一条日志,行首编号属于志愿者的每人另一条,返回志愿者人数;提交后十五分钟内可以查阅。参数:导入、目的(代码集 access_purpose)。错误 42501 not_staff,23503 known_import、known_code,25000 read_committed、begun_today';

CREATE FUNCTION registry.read_import_lines(import_id bigint) RETURNS TABLE (line_no integer, line text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM registry.require_import_reader(import_id);
    PERFORM registry.require_logged_access(NULL, 'import_line', import_id);
    RETURN QUERY
    SELECT r.line_no, r.line
    FROM registry.import_row r
    WHERE r.import_id = read_import_lines.import_id AND r.line IS NOT NULL
    ORDER BY r.line_no;
END
$$;
COMMENT ON FUNCTION registry.read_import_lines(bigint) IS
    '查阅一次导入的拒绝行(行号、原始行;更正后重新导入的、到期清除的不在其中),须先登记查阅(announce_import_access);错误 42501 not_staff、access_is_logged,23503 known_import,25000 read_committed、begun_today';

GRANT EXECUTE ON FUNCTION registry.announce_import_access(bigint, text) TO registry_recorder, registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.read_import_lines(bigint) TO registry_recorder, registry_reviewer;
