-- Tokens, and what is not a token.

BEGIN;
SET LOCAL search_path = public, volunteer;
SELECT plan(57);

CREATE FUNCTION pg_temp.from_base64url(part text) RETURNS bytea LANGUAGE sql
    RETURN decode(rpad(translate(part, '-_', '+/'), (length(part) + 3) / 4 * 4, '='), 'base64');
CREATE FUNCTION pg_temp.to_base64url(bytes bytea) RETURNS text LANGUAGE sql
    RETURN rtrim(translate(encode(bytes, 'base64'), E'+/\n', '-_'), '=');

CREATE TEMPORARY TABLE sample AS
SELECT sign_certificate('{"iss":"https://zyz.example.gov.cn", "hours" : "326.50","name_masked":"张*"}') AS token,
    signing_public_key() AS jwk;
CREATE TEMPORARY TABLE part AS
SELECT split_part(token, '.', 1) AS header, split_part(token, '.', 2) AS payload, split_part(token, '.', 3) AS signature
FROM sample;

-- Shape

SELECT matches(token, '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$', 'a compact JWS') FROM sample;
SELECT is(convert_from(pg_temp.from_base64url(header), 'UTF8'),
    format('{"alg":"ES256","typ":"dc+sd-jwt","kid":"%s"}', jwk ->> 'kid'), 'the header names algorithm, type and key')
FROM sample, part;
SELECT is(convert_from(pg_temp.from_base64url(payload), 'UTF8'),
    '{"iss":"https://zyz.example.gov.cn", "hours" : "326.50","name_masked":"张*"}', 'the payload is the bytes given')
FROM part;
SELECT is(ARRAY(SELECT k FROM sample, jsonb_object_keys(jwk) AS k ORDER BY k COLLATE "C"),
    ARRAY['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'], 'the public key has no private member');
SELECT is(jwk - '{x,y,kid}'::text[], '{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256"}'::jsonb,
    'and says what it is for') FROM sample;
SELECT is(jwk ->> 'kid', pg_temp.to_base64url(sha256(convert_to(
    format('{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}', jwk ->> 'x', jwk ->> 'y'), 'UTF8'))),
    'kid is the thumbprint of RFC 7638') FROM sample;
SELECT ok(verify_certificate(token, jwk), 'the token verifies') FROM sample;
SELECT ok(verify_certificate(token, jwk - 'kid' - 'alg' - 'use'), 'with the coordinates alone') FROM sample;
SELECT ok(verify_certificate(sign_certificate(format('{"n":"%s"}', repeat('x', n))::json), jwk),
    'a payload of any length verifies: ' || n)
FROM sample, (VALUES (0), (1), (2), (3), (100000)) AS size (n);
SELECT is(
    (SELECT count(*) FROM sample, generate_series(1, 500) WHERE NOT verify_certificate(sign_certificate('{}'), jwk)),
    0::bigint, 'signatures with leading zeros verify too');

-- Not a token

SELECT ok(NOT verify_certificate(forged, jwk), 'refused: ' || reason)
FROM sample, part, LATERAL (VALUES
    ('', 'nothing'),
    ('.', 'a dot'),
    ('..', 'two dots'),
    (header || '.' || payload || 'x' || signature, 'no dot before the signature'),
    (header || '.' || payload, 'no signature'),
    (header || '.' || payload || '.', 'an empty signature'),
    (header || '..' || signature, 'an empty payload'),
    (token || '~', 'a tail'),
    (token || E'\n', 'a line end'),
    (' ' || token, 'a leading space'),
    (overlay(token PLACING CASE substr(token, length(header) + 5, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM length(header) + 5),
        'an altered payload'),
    (header || '.' || payload || '.' || repeat('A', 86), 'a signature of zeros'),
    (header || '.' || payload || '.' || left(signature, 85) || chr(ascii(right(signature, 1)) + 1),
        'another spelling of the signature'),
    (header || '.' || payload || '.' || repeat('=', 86), 'characters that are no digits'),
    (header || '.' || payload || '.' || payload || '.' || signature, 'four parts'),
    (pg_temp.to_base64url('{"alg":"none","typ":"dc+sd-jwt"}') || '.' || payload || '.', 'alg none'),
    (pg_temp.to_base64url('{"alg":"none","typ":"dc+sd-jwt"}') || '.' || payload || '.' || signature, 'alg none, signed'),
    (pg_temp.to_base64url(convert_to(format('{"alg":"ES256","typ":"JWT","kid":"%s"}', jwk ->> 'kid'), 'UTF8'))
        || '.' || payload || '.' || signature, 'another type')
) AS wrong (forged, reason);
SELECT ok(NOT verify_certificate(token, jwk || '{"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}'),
    'refused: another key, that of RFC 7515, under the same kid') FROM sample;

-- Not a key

SELECT throws_ok(format('SELECT verify_certificate(%L, %L)', 'x', jwk || wrong), '22023',
    'key is not a P-256 JSON Web Key', 'refused: a key of ' || (wrong::text))
FROM sample, (VALUES ('{"kty":"RSA"}'::jsonb), ('{"crv":"P-384"}'), ('{"x":"AA"}')) AS malformed (wrong);

SELECT throws_ok(
    format('SELECT verify_transfer('''', %L)', jwk || jsonb_build_object('y', repeat('A', 43))),
    '22023', 'key is not a point of the curve P-256', 'refused: a point that is not on the curve, whatever the token')
FROM sample;
SELECT throws_ok(
    format('SELECT verify_certificate(%L, %L)',
        pg_temp.to_base64url(convert_to(format('{"alg":"ES256","typ":"dc+sd-jwt","kid":"%s"}',
            pg_temp.to_base64url(sha256(convert_to(
                format('{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}', jwk ->> 'x', repeat('A', 43)), 'UTF8')))), 'UTF8'))
            || '.' || payload || '.' || signature,
        jwk || jsonb_build_object('y', repeat('A', 43))),
    '22023', 'key is not a point of the curve P-256', 'refused: a point that is not on the curve')
FROM sample, part;

-- Not claims

SELECT throws_ok(format('SELECT sign_certificate(%L)', claims), '22023', 'claims must be a JSON object', 'refused: ' || claims)
FROM (VALUES ('[]'), ('"{}"'), (' 1')) AS wrong (claims);
SELECT ok(NOT has_function_privilege('public', 'volunteer.sign_certificate(json)', 'EXECUTE'), 'not for everybody');

-- Status lists are tokens of their own

CREATE TEMPORARY TABLE list AS SELECT sign_status_list('{"ttl": 300}') AS token;
SELECT is(convert_from(pg_temp.from_base64url(split_part(list.token, '.', 1)), 'UTF8'),
    format('{"alg":"ES256","typ":"statuslist+jwt","kid":"%s"}', jwk ->> 'kid'), 'the header of a status list')
FROM list, sample;
SELECT is(convert_from(pg_temp.from_base64url(split_part(token, '.', 2)), 'UTF8'), '{"ttl": 300}', 'its payload')
FROM list;
SELECT ok(NOT verify_certificate(list.token, jwk), 'no certificate, though signed with the same key') FROM list, sample;
SELECT throws_ok('SELECT sign_status_list(''[]'')', '22023', 'claims must be a JSON object', 'refused: an array');
SELECT ok(NOT has_function_privilege('public', 'volunteer.sign_status_list(json)', 'EXECUTE'), 'not for everybody');

-- So are messages of transfers

CREATE TEMPORARY TABLE package AS SELECT sign_transfer('{"type": "package"}') AS token;
SELECT is(convert_from(pg_temp.from_base64url(split_part(package.token, '.', 1)), 'UTF8'),
    format('{"alg":"ES256","typ":"volunteer-transfer+jwt","kid":"%s"}', jwk ->> 'kid'), 'the header of a message')
FROM package, sample;
SELECT ok(verify_transfer(package.token, jwk), 'the message verifies') FROM package, sample;
SELECT ok(NOT verify_transfer(other, jwk), 'no other token does')
FROM sample, (VALUES (sign_certificate('{"type": "package"}')), (sign_seal('{"type": "package"}'))) AS wrong (other);
SELECT throws_ok('SELECT sign_transfer(''[]'')', '22023', 'claims must be a JSON object', 'refused: an array');
SELECT ok(NOT has_function_privilege('public', 'volunteer.sign_transfer(json)', 'EXECUTE'), 'not for everybody');

-- And seals

SELECT ok(verify_seal(sign_seal('{"size": 1}'), jwk), 'the seal verifies') FROM sample;
SELECT ok(NOT verify_seal(other, jwk), 'no other token does')
FROM sample, (VALUES (sign_certificate('{"size": 1}')), (sign_transfer('{"size": 1}')), (sign_status_list('{"size": 1}'))) AS wrong (other);

SELECT * FROM finish();
ROLLBACK;
