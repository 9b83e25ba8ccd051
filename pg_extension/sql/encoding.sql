-- The types read and write Chinese, in UTF-8 alone.

DO $$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'feature_not_supported',
            MESSAGE = 'extension volunteer needs a database encoded in UTF8';
    END IF;
END
$$;

