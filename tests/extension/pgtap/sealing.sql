-- Personal data that is stored encrypted.

BEGIN;
SET LOCAL search_path = public, volunteer;
SELECT plan(61);

SELECT is(open_identity(seal_identity(value, 'a'), 'a'), value, 'opened: ' || left(value, 20))
FROM (VALUES ('11010519491231002X'), ('广东省深圳市南山区示例路1号'), (''), (repeat('长', 100000))) AS v (value);
SELECT is(open_identity(seal_identity('E12345678', '护照'), '护照'), 'E12345678', 'a context in Chinese');
SELECT is(open_identity(seal_identity('E12345678', ''), ''), 'E12345678', 'an empty context');
SELECT is(octet_length(seal_identity('示例', 'a')), 6 + 31, '31 bytes more than the value in UTF-8');
SELECT isnt(seal_identity('E12345678', 'a'), seal_identity('E12345678', 'a'), 'sealed twice is sealed differently');
SELECT is(count(DISTINCT substring(seal_identity('E12345678', 'a') FROM 4 FOR 12)), 1000::bigint, 'no nonce comes twice')
FROM generate_series(1, 1000);
SELECT is(seal_identity(NULL, 'a'), NULL, 'null of null');
SELECT is(open_identity(NULL, 'a'), NULL, 'and back');
SELECT is(sealed_with(seal_identity('E12345678', 'a')), sealing_key(), 'sealed with the key in use');

SELECT seal_identity('E12345678', 'a') AS sealed \gset
SELECT throws_ok(format('SELECT open_identity(%L, %L)', :'sealed', context), '22023',
    'sealed value was altered, or is of another context or key', 'refused: the context ' || context)
FROM (VALUES ('b'), (''), ('a ')) AS v (context);
SELECT throws_ok(format('SELECT open_identity(%L, %L)',
    set_byte(:'sealed'::bytea, place, get_byte(:'sealed'::bytea, place) # 1), 'a'), '22023',
    'sealed value was altered, or is of another context or key', 'refused: another byte ' || place)
FROM generate_series(3, octet_length(:'sealed'::bytea) - 1) AS place;
SELECT throws_ok(format('SELECT open_identity(%L, %L)', set_byte(:'sealed', 1, 255), 'a'), 'F0000',
    'file of "volunteer.sealing_key_file" does not hold key ' || (255 << 8 | sealing_key()), 'refused: a key that is not there');
SELECT throws_ok(format('SELECT open_identity(%L, %L)', sealed, 'a'), '22P03', 'value is not sealed', 'refused: ' || reason)
FROM (VALUES
    (''::bytea, 'nothing'),
    (substring(:'sealed'::bytea FOR 30), 'too short'),
    (set_byte(:'sealed', 0, 2), 'another version'),
    (set_byte(set_byte(:'sealed', 1, 0), 2, 0), 'the key 0')
) AS wrong (sealed, reason);
SELECT throws_ok($$SELECT sealed_with('\x00')$$, '22P03', 'value is not sealed', 'refused: the key of what is not sealed');

SELECT ok(NOT has_function_privilege('public', function, 'EXECUTE'), 'not for everybody: ' || function)
FROM unnest('{"volunteer.seal_identity(text, text)","volunteer.open_identity(bytea, text)","volunteer.sealing_key()"}'::text[])
    AS function;

SELECT * FROM finish();
ROLLBACK;
