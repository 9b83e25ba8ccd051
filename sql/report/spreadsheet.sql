-- Text of reports in files that a spreadsheet program opens.

-- The list of blanks makes the answer the same under every locale, which \s does not.
CREATE FUNCTION report.spreadsheet_text(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE
        WHEN value ~ '^[\s\u0085\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]*[-=+@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]'
            THEN '''' || value
        ELSE value END;
COMMENT ON FUNCTION report.spreadsheet_text(text) IS
    '可放心用电子表格打开的文字:以 =、+、-、@(含全角,前有空白亦然)、制表符、回车、换行开头的,前加单引号,不被当作公式执行';

GRANT EXECUTE ON FUNCTION report.spreadsheet_text(text) TO registry_analyst;
