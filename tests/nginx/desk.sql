-- What the module sees of a registry: schema verify, over one table that the tests may bend.
CREATE EXTENSION volunteer;

CREATE SCHEMA verify;

CREATE TABLE verify.row
(
    code         text PRIMARY KEY,
    status       text DEFAULT 'valid',
    status_since timestamptz DEFAULT '2026-11-01 09:30:00+08',
    reason       text,
    token        text
);

CREATE FUNCTION verify.certificates(codes text[])
    RETURNS TABLE (code text, status text, status_since timestamptz, reason text, token text, checked_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN QUERY
        SELECT r.code, r.status, r.status_since, r.reason, r.token, statement_timestamp()
        FROM verify.row r
        WHERE r.code = ANY (codes);
END
$$;

CREATE FUNCTION verify.certificate_states(codes text[])
    RETURNS TABLE (code text, status text, status_since timestamptz, reason text, token_sha256 bytea, checked_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN QUERY
        SELECT c.code, c.status, c.status_since, c.reason, sha256(convert_to(c.token, 'UTF8')), c.checked_at
        FROM verify.certificates(codes) c;
END
$$;

CREATE FUNCTION verify.claims(code text, origin text DEFAULT 'https://zyz.example.gov.cn')
    RETURNS json
    LANGUAGE sql
    AS $$
SELECT json_build_object(
    'iss', origin,
    'iat', 1793404800,
    'vct', origin || '/vct/volunteer-service/1',
    'jti', origin || '/c/' || code,
    'cert_no', 'ZYZ-2026-00000001',
    'name_masked', '测*甲',
    'hours', '326.50',
    'star', 2,
    'period', json_build_object('from', '2023-03-01', 'to', '2026-10-31'),
    'as_of', '2026-10-31',
    'issuing_org', json_build_object('name', '示例市志愿服务联合会', 'uscc', '51110108MJ0123456X'),
    'lines', json_build_array(json_build_object('project', '图书馆导读', 'org', '示例市图书馆志愿队', 'hours', '326.50')),
    'status', json_build_object('status_list', json_build_object('idx', 1, 'uri', origin || '/s/1')),
    '_sd_alg', 'sha-256',
    '_sd', json_build_array())
$$;

-- a signed certificate and its code
CREATE FUNCTION verify.issue(status text DEFAULT 'valid', reason text DEFAULT NULL)
    RETURNS text
    LANGUAGE sql
    AS $$
WITH fresh AS MATERIALIZED (SELECT volunteer.gen_certificate_code()::text AS code)
INSERT INTO verify.row (code, status, reason, token)
SELECT f.code, issue.status, issue.reason, volunteer.sign_certificate(verify.claims(f.code))
FROM fresh f
RETURNING code
$$;

-- status lists as the tests like them, and how often one was asked for
CREATE TABLE verify.list
(
    list       integer PRIMARY KEY,
    token      text,
    fresh_for  integer DEFAULT 300,
    expires_in integer DEFAULT 86400
);
CREATE SEQUENCE verify.lists_asked;

CREATE FUNCTION verify.status_list(list integer) RETURNS TABLE (token text, fresh_for integer, expires_in integer)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
SELECT nextval('verify.lists_asked');
SELECT l.token, l.fresh_for, l.expires_in FROM verify.list l WHERE l.list = status_list.list;
$$;

CREATE FUNCTION verify.status_lists() RETURNS json
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
SELECT json_build_object('status_lists', coalesce(json_agg('https://zyz.example.gov.cn/s/' || l.list), '[]')) FROM verify.list l
$$;

CREATE TABLE verify.counted (code text PRIMARY KEY, views integer NOT NULL, calls integer NOT NULL);

CREATE FUNCTION verify.count_views(codes text[], views integer[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
INSERT INTO verify.counted AS c (code, views, calls)
SELECT u.code, u.views, 1 FROM unnest(codes, count_views.views) AS u (code, views)
ON CONFLICT (code) DO UPDATE SET views = c.views + excluded.views, calls = c.calls + 1
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA verify FROM PUBLIC;
CREATE ROLE registry_verifier LOGIN;
GRANT USAGE ON SCHEMA verify TO registry_verifier;
GRANT EXECUTE ON FUNCTION verify.certificates(text[]), verify.certificate_states(text[]) TO registry_verifier;
GRANT EXECUTE ON FUNCTION verify.status_list(integer), verify.status_lists() TO registry_verifier;
GRANT EXECUTE ON FUNCTION verify.count_views(text[], integer[]) TO registry_verifier;
