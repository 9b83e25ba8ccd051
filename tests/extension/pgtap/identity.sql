-- Digests of identity document numbers.

BEGIN;
SET LOCAL search_path = public, volunteer;
SELECT plan(18);

SELECT is(
    (SELECT count(DISTINCT identity_digest('citizen_id', number)) FROM (VALUES
        ('11010519491231002X'), ('11010519491231002x'), (' 110105 19491231 002X '), ('110105-19491231-002X'),
        ('１１０１０５１９４９１２３１００２Ｘ'), ('110105　19491231　002ｘ'), (E'11010519491231002X\u00A0'),
        (E'\t11010519491231002X\n'), ('110105491231002')
    ) AS spelling (number)), 1::bigint, 'all spellings of one citizen_id have one digest');
SELECT is(octet_length(identity_digest('citizen_id', '11010519491231002X')), 32, 'of 32 bytes');
SELECT isnt(identity_digest('citizen_id', '11010519491231002X'), identity_digest('citizen_id', '440524188001010014'),
    'another number has another digest');
SELECT is(identity_digest('passport', 'e 1234-5678'), identity_digest('passport', 'Ｅ１２３４５６７８'),
    'spellings of a passport number have one digest');
SELECT is(identity_digest('hongkong_id', 'A123456(7)'), identity_digest('hongkong_id', 'a123456（7）'),
    'brackets are narrow, wide or left out');
SELECT isnt(identity_digest('passport', 'E12345678'), identity_digest('officer', 'E12345678'),
    'the kind is part of the document');
SELECT isnt(identity_digest('a', '12'), identity_digest('a1', '2'), 'kind and number do not run together');
SELECT isnt(identity_digest('officer', '1｟'), identity_digest('officer', '1'), 'what follows the full-width forms is none');
SELECT isnt(identity_digest('officer', '军字第1234567号'), identity_digest('officer', '空字第1234567号'),
    'Chinese characters are part of a number');
SELECT is(identity_digest(NULL, 'E12345678'), NULL, 'null without a kind');

SELECT throws_ok(format('SELECT identity_digest(%L, %L)', 'citizen_id', number), '22P02',
    'document number is not a valid citizen_id', 'refused: ' || reason)
FROM (VALUES
    ('110105194912310021', 'a wrong check character'),
    ('11010519490229002X', 'a day that does not exist'),
    ('E12345678', 'another document'),
    ('11010519491231002ⅹ', 'a character that looks like an X')
) AS wrong (number, reason);
SELECT throws_ok($$SELECT identity_digest('passport', ' - ')$$, '22023',
    'document number must have 1 to 64 bytes', 'refused: an empty number');
SELECT throws_ok($$SELECT identity_digest('passport', repeat('9', 65))$$, '22023',
    'document number must have 1 to 64 bytes', 'refused: a number too long');
SELECT throws_ok(E'SELECT identity_digest(''passport'', E''1\\x01'')', '22023',
    'document number contains a control character', 'refused: a control character');

SELECT ok(NOT has_function_privilege('public', 'volunteer.identity_digest(text, text)', 'EXECUTE'),
    'not for everybody');

SELECT * FROM finish();
ROLLBACK;
