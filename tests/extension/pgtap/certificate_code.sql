BEGIN;
\ir ../types_helpers.sql
SELECT plan(28);

-- Text form
SELECT is(encode(certificate_code_send(written::certificate_code), 'hex'), bits, 'the bits of ' || written)
  FROM (VALUES ('000000000000000000000000000', '00000000000000000000000000000000'),
            ('000000000000000000000000048', '00000000000000000000000000000001'),
            ('G0000000000000000000000000J', '80000000000000000000000000000000'),
            ('04HMASW9NF6YZZPWQAC7CN1J206', '0123456789abcdeffedcba9876543210'),
            ('ZZZZZZZZZZZZZZZZZZZZZZZZZWH', 'ffffffffffffffffffffffffffffffff')) AS form (written, bits);
SELECT is(typed::certificate_code::text, '04HMASW9NF6YZZPWQAC7CN1J206', typed)
  FROM unnest('{04hmasw9nf6yzzpwqac7cn1j206,04HMA-SW9NF-6YZZP-WQAC7-CN1J2-06,o4HMASW9NF6YZZPWQAC7CNIJ2O6,O4HMASW9NF6YZZPWQAC7CNlJ206,
      " 04HMA SW9NF 6YZZP WQAC7 CN1J2 06 "}'::text[]) typed;
SELECT pg_temp.refused('certificate_code', '', 1, 'must have 27 characters');
SELECT pg_temp.refused('certificate_code', '04HMASW9NF6YZZPWQAC7CN1J20', 27, 'must have 27 characters');
SELECT pg_temp.refused('certificate_code', '04HMASW9NF6YZZPWQAC7CN1J2066', 28, 'must have 27 characters');
SELECT pg_temp.refused('certificate_code', '04HMA-SW9NU-6YZZP-WQAC7-CN1J2-06', 11, 'not a digit or letter of the code');
SELECT pg_temp.refused('certificate_code', '04HMASW9N*6YZZPWQAC7CN1J206', 10, 'not a digit or letter of the code');
SELECT pg_temp.refused('certificate_code', '编04HMASW9N6YZZPWQAC7CN1J206', 1, 'not a digit or letter of the code');
SELECT pg_temp.refused('certificate_code', '04HMASW9NF6YZZPWQAC7CN1J207', 27, 'check character does not match');
SELECT pg_temp.refused('certificate_code', '000000000000000000000000012', 26, 'too large');

-- Random codes
CREATE TEMP TABLE certificate AS SELECT gen_certificate_code() AS code FROM generate_series(1, 400);
SELECT is((SELECT count(DISTINCT code) FROM certificate), 400::bigint, 'no two are alike');
SELECT is_empty('SELECT code FROM certificate WHERE code::text::certificate_code <> code', 'what it writes it reads');
SELECT is_empty('SELECT code FROM certificate WHERE grouped(code)::certificate_code <> code', 'also in groups');
SELECT matches(grouped(gen_certificate_code()), '^([0-9A-Z]{5}-){5}[0-9A-Z]{2}$', 'groups of five');
SELECT is_empty(
    $$SELECT wrong FROM (SELECT code FROM certificate LIMIT 25) c, pg_temp.substitutions(code::text, '0123456789ABCDEFGHJKMNPQRSTVWXYZ') wrong
       WHERE pg_temp.accepts('certificate_code', wrong)$$,
    'no single wrong character passes');
SELECT is_empty(
    $$SELECT wrong FROM certificate, pg_temp.transpositions(code::text) wrong WHERE pg_temp.accepts('certificate_code', wrong)$$,
    'no two swapped neighbours pass');

-- Order and indexes
SELECT is((SELECT array_agg(code ORDER BY code) FROM certificate), (SELECT array_agg(code ORDER BY code::text COLLATE "C") FROM certificate),
    'order is that of the text');
SELECT ok(a < b AND a <= a AND b > a AND b >= a AND a = a AND a <> b, 'comparison')
  FROM (VALUES (certificate_code '000000000000000000000000000', certificate_code '000000000000000000000000048')) AS t (a, b);
SET LOCAL enable_seqscan = off;
CREATE UNIQUE INDEX certificate_by_code ON certificate (code);
SELECT matches(pg_temp.plan($$SELECT * FROM certificate WHERE code = '04HMASW9NF6YZZPWQAC7CN1J206'$$), 'Index Cond', 'btree serves =');
DROP INDEX certificate_by_code;
CREATE INDEX certificate_by_hash ON certificate USING hash (code);
SELECT matches(pg_temp.plan($$SELECT * FROM certificate WHERE code = '04HMASW9NF6YZZPWQAC7CN1J206'$$), 'certificate_by_hash', 'hash serves =');

SELECT * FROM finish();
ROLLBACK;
