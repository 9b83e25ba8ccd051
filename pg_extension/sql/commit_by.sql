-- What a transaction says was said when it is committed, however long ago the rows say that it was.

CREATE FUNCTION volunteer.commit_by(deadline timestamptz) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.commit_by(timestamptz) IS
'限时提交: refuses the commit of this transaction (25000 committed_in_time) after the deadline, by the server''s clock; the earliest one holds, also when a savepoint is rolled back; such a transaction cannot be prepared (0A000)';
