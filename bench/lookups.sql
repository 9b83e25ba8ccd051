-- As many certificates as asked for, all copies of one that the demo issued: each has a code of its own, signed into its token.
-- Their ids are negative; their periods differ because only one certificate for a period may be in force. With :every above 1 only
-- every such certificate is signed, the others repeat the token of the original.

-- The rows refer to what the original refers to, so nothing needs to be checked a million times.
SET session_replication_role = replica;

INSERT INTO registry.certificate (volunteer_id, certificate_id, code, number, organization_id, period, as_of, hours, star,
    disclosures, token, token_sha256, kid, status_list, status_index, handled_by, responsible)
SELECT c.volunteer_id, -n, copy.code, 'BENCH-' || n, c.organization_id, daterange(date '2100-01-01' + n, date '2100-01-01' + n + 1),
    c.as_of, c.hours, c.star, c.disclosures, signed.token, sha256(signed.token::bytea), c.kid, 1000 + n / 131072, n % 131072,
    c.handled_by, c.responsible
FROM (SELECT * FROM registry.certificate WHERE status = 'valid' ORDER BY hours DESC LIMIT 1) AS c
CROSS JOIN LATERAL (
    SELECT convert_from(decode(encoded || repeat('=', -length(encoded) & 3), 'base64'), 'UTF8') AS claims
    FROM translate(split_part(c.token, '.', 2), '-_', '+/') AS encoded) AS original
CROSS JOIN generate_series(1, :certificates) AS n
CROSS JOIN LATERAL (SELECT volunteer.gen_certificate_code() AS code WHERE n > 0) AS copy
CROSS JOIN LATERAL (
    SELECT CASE n % :every WHEN 0 THEN volunteer.sign_certificate(replace(original.claims, c.code::text, copy.code::text)::json)
        ELSE c.token END AS token) AS signed;

VACUUM ANALYZE registry.certificate;
CHECKPOINT;
