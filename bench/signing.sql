-- The claims of certificates that the demo issued, many times.

CREATE TABLE bench.claims AS
SELECT convert_from(decode(encoded || repeat('=', -length(encoded) & 3), 'base64'), 'UTF8')::json AS claims
FROM (SELECT translate(split_part(token, '.', 2), '-_', '+/') AS encoded FROM registry.certificate LIMIT 100) AS c
CROSS JOIN generate_series(1, 500);
