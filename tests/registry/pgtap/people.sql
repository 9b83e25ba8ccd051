BEGIN;
\ir ../acting.sql
SELECT plan(40);

SELECT results_eq(
    $$SELECT registry.masked_name(name) FROM unnest(ARRAY['张', '张三', '王小明', '欧阳娜娜', '']) AS name$$,
    $$VALUES ('*'), ('张*'), ('王*明'), ('欧阳*'), ('')$$, 'masked names');
SELECT pg_temp.refused('postgres', $$INSERT INTO registry.person (name, sex, birth_date) VALUES (E'李\u200b四', 1, '1990-01-01')$$,
    '23514', 'name_is_written', 'a name with a mark nobody sees, which would count in its mask');
SELECT pg_temp.refused('postgres', $$INSERT INTO registry.person (name, sex, birth_date) VALUES ('阿依古丽•买买提', 2, '1990-01-01')$$,
    '23514', 'name_is_written', 'a name with another dot than the one of names');
SELECT is(registry.require_name('阿依古丽 • 买买提'), '阿依古丽·买买提', 'which functions put in its place');
SELECT is(registry.age_on('2012-02-29', '2026-02-28'), 13, 'age on the eve of a leap day birthday');
SELECT is(registry.age_on('2012-02-29', '2026-03-01'), 14, 'age after it');

-- One document, however it is written
SELECT registry.add_person('示例甲', 'citizen_id', '11010519491231002X') AS person \gset
SELECT results_eq(
    format('SELECT name, sex, birth_date FROM registry.person WHERE person_id = %s', :person),
    $$VALUES ('示例甲', 2::smallint, '1949-12-31'::date)$$, 'sex and birth come from the number');
SELECT results_eq(
    format('SELECT kind, octet_length(digest), tail FROM registry.identity_document WHERE person_id = %s', :person),
    $$VALUES ('citizen_id', 32, '002X')$$, 'the number is kept as digest and tail');
SELECT is(registry.opened_value(sealed, registry.document_context(kind, digest)), '11010519491231002X', 'and sealed')
FROM registry.identity_document WHERE person_id = :person;
SELECT pg_temp.refused('postgres', format($$SELECT registry.add_person('示例乙', 'citizen_id', %L)$$, number),
    '23505', 'one_document_one_person', 'the same document: ' || form)
FROM (VALUES ('as it is', '11010519491231002X'), ('lower case', '11010519491231002x'), ('fifteen digits', '110105491231002'),
    ('full width', '11010519491231002X'), ('full width lower case', '11010519491231002x'),
    ('spaced', ' 110105 19491231 002X ')) AS t (form, number);

-- Numbers that are none, and messages that do not repeat them
SELECT pg_temp.refused('postgres', format($$SELECT registry.add_person('示例乙', 'citizen_id', %L)$$, number),
    '22P02', 'document_number_valid', 'invalid: ' || form)
FROM (VALUES ('wrong check', '440308199901101513'), ('no such day', '441402190002290011'), ('letters', 'ABCDEFGHIJKLMNOPQR'),
    ('fifteen letters', 'ABCDEFGHIJKLMNO'), ('empty', ''), ('too long', '11010519491231002X1')) AS t (form, number);
SELECT pg_temp.refused('postgres', $$SELECT registry.add_person('示例乙', 'citizen_id', NULL)$$,
    '22P02', 'document_number_valid', 'no number at all');
SELECT throws_like($$SELECT registry.add_person('示例乙', 'citizen_id', '440308199901101513')$$,
    'The identity number is not valid.', 'the message holds no number');
SELECT pg_temp.refused('postgres', format($$SELECT registry.add_person('示例乙', 'passport', %L, 1::smallint, '1990-01-01')$$, number),
    '22P02', 'document_number_valid', 'invalid passport: ' || number)
FROM unnest(ARRAY['E1', 'E12345;678']) AS number;

-- Residence permits and the foreigner card have the same form
SELECT lives_ok(format($$SELECT registry.add_person('示例', 'citizen_id', %L)$$, number), 'also a ' || document)
FROM (VALUES ('residence permit of Hong Kong', '810000199408230021'), ('residence permit of Taiwan', '830000199201300022'),
    ('card of a foreigner', '932682198501010017')) AS t (document, number);

-- Other documents need what the number does not say
SELECT registry.add_person('示例丙', 'passport', 'e12345678', 1::smallint, '1990-01-01') AS traveller \gset
SELECT is(registry.add_person('示例丙', 'passport', 'E12345678', 1::smallint, '1990-01-01'), :traveller::bigint, 'the same person');
SELECT pg_temp.refused('postgres', $$SELECT registry.add_person('示例丙', 'passport', 'E12345678', 1::smallint, '1990-01-02')$$,
    '23505', 'one_document_one_person', 'the same passport of somebody else');
SELECT pg_temp.refused('postgres', $$SELECT registry.add_person('示例', 'passport', 'E87654321', birth_date => '1990-01-01')$$,
    '23514', 'sex_is_coded', 'sex is missing');
SELECT pg_temp.refused('postgres', $$SELECT registry.add_person('示例', 'passport', 'E87654321', 1::smallint)$$,
    '23514', 'born_in_the_past', 'date of birth is missing');
SELECT pg_temp.refused('postgres', $$SELECT registry.add_person('示例', 'passport', 'E87654321', 1::smallint, registry.today() + 1)$$,
    '23514', 'born_in_the_past', 'born tomorrow');
SELECT pg_temp.refused('postgres', $$SELECT registry.add_person('示例', 'library_card', 'E87654321', 1::smallint, '1990-01-01')$$,
    '23503', 'known_document_kind', 'unknown kind of document');
SELECT pg_temp.refused('postgres', $$SELECT registry.add_person('示例', 'citizen_id', '360402199001010030', 2::smallint)$$,
    '23514', 'person_matches_document', 'sex contradicts the number');
SELECT pg_temp.refused('postgres', format($$SELECT registry.add_person(%L, 'citizen_id', '360402199001010030')$$, name),
    '23514', 'name_is_written', 'name of ' || char_length(name) || ' characters')
FROM unnest(ARRAY[' ', repeat('长', 61)]) AS name;

SELECT pg_temp.refused('postgres', format($$SELECT registry.add_person('示例', 'passport', %L, 1::smallint, '1990-01-01')$$, number),
    '23514', 'document_kind_fits_number', 'a second person of one citizen: ' || spelling)
FROM (VALUES
    (pg_temp.citizen('1990-01-01', 1), '18 digits'),
    ('360402-19900101-0019', 'hyphens'),
    ('360402900101001', '15 digits')
) AS t (number, spelling);

SELECT * FROM finish();
ROLLBACK;
