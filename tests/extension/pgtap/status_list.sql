-- Status lists as text: which lists are made, which arguments refused. status_list.t reads them as others do.

BEGIN;
SET LOCAL search_path = public, volunteer;
SELECT plan(21);

-- Shape

SELECT is(json_object_keys, expected, 'member ' || expected)
FROM json_object_keys(status_list(8, '{}', '{}')) WITH ORDINALITY AS k (json_object_keys, n)
JOIN (VALUES (1, 'bits'), (2, 'lst')) AS e (n, expected) USING (n);
SELECT matches(status_list(131072, '{}', '{}') ->> 'lst', '^eJ[A-Za-z0-9_-]+$', 'the header of ZLIB, in base64url');
SELECT cmp_ok(length(status_list(131072, '{}', '{}') ->> 'lst'), '<', 100, 'a list without a withdrawn certificate is short');
SELECT cmp_ok(
    length((SELECT status_list(131072, array_agg(i), array_agg(hashint4(i) & 3)) FROM generate_series(0, 131071) AS i) ->> 'lst'),
    '<', 44000, 'no list is longer than its bytes in base64url, and little more');

-- What it says depends on entries alone

SELECT is(status_list(16, '{1,5}', '{1,2}')::text, status_list(16, '{5,1}', '{2,1}')::text, 'the order does not matter');
SELECT is(status_list(16, '{1}', '{0}')::text, status_list(16, '{}', '{}')::text, '0 is what there is without an entry');
SELECT isnt(status_list(16, '{1}', '{1}')::text, status_list(16, ARRAY[index], ARRAY[status])::text, 'another entry: ' || name)
FROM (VALUES (1, 2, 'status'), (2, 1, 'index'), (15, 1, 'at the end')) AS other (index, status, name);

SELECT isnt(status_list(16777216, '{16777215}', '{1}')::text, status_list(16777216, '{}', '{}')::text, 'the longest list, to its end');

-- Refused

SELECT throws_ok(format('SELECT status_list(%s, %L, %L)', size, indexes, statuses), state, message, 'refused: ' || message)
FROM (VALUES
    (0, '{}', '{}', '22023', 'size of a status list must be a multiple of 4, up to 16777216'),
    (10, '{}', '{}', '22023', 'size of a status list must be a multiple of 4, up to 16777216'),
    (16777220, '{}', '{}', '22023', 'size of a status list must be a multiple of 4, up to 16777216'),
    (16, '{1,2}', '{1}', '22023', 'each index must have one status'),
    (16, '{16}', '{1}', '22023', 'index 16 is not in a status list of 16 entries'),
    (16, '{-1}', '{1}', '22023', 'index -1 is not in a status list of 16 entries'),
    (16, '{1}', '{4}', '22023', 'status 4 is not from 0 to 3'),
    (16, '{1}', '{-1}', '22023', 'status -1 is not from 0 to 3'),
    (16, '{NULL}', '{1}', '22004', 'indexes and statuses must not be null'),
    (16, '{{1},{2}}', '{1,1}', '2202E', 'indexes and statuses must be arrays of one dimension')
) AS wrong (size, indexes, statuses, state, message);

SELECT * FROM finish();
ROLLBACK;
