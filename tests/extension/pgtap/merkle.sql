-- Merkle trees.

BEGIN;
SET LOCAL search_path = public, volunteer;
SELECT plan(20);

-- The entries and roots that implementations of certificate transparency test themselves with.
CREATE TEMPORARY TABLE entry (n integer, entry bytea, root bytea);
INSERT INTO entry VALUES
    (1, '', '\x6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'),
    (2, '\x00', '\xfac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'),
    (3, '\x10', '\xaeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'),
    (4, '\x2021', '\xd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'),
    (5, '\x3031', '\x4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'),
    (6, '\x40414243', '\x76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'),
    (7, '\x5051525354555657', '\xddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'),
    (8, '\x606162636465666768696a6b6c6d6e6f', '\x5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');

CREATE FUNCTION pg_temp.leaves(size integer) RETURNS bytea[] LANGUAGE sql AS $$
    SELECT coalesce(array_agg(merkle_leaf(entry) ORDER BY n), '{}') FROM entry WHERE n <= size
$$;

SELECT is(merkle_root(pg_temp.leaves(n)), root, format('a tree of %s', n)) FROM entry ORDER BY n;
SELECT is(merkle_root('{}'), sha256(''), 'an empty tree');

-- Every leaf of every tree up to 70 leaves: the path proves it, and nothing else.
CREATE TEMPORARY TABLE tree AS
SELECT size, array_agg(merkle_leaf(int4send(i)) ORDER BY i) AS leaves
FROM generate_series(1, 70) AS size, generate_series(1, size) AS i
GROUP BY size;
CREATE TEMPORARY TABLE proof AS
SELECT size, i, leaves[i + 1] AS leaf, merkle_path(leaves, i) AS path, merkle_root(leaves) AS root
FROM tree, generate_series(0, size - 1) AS i;

SELECT is_empty('SELECT FROM proof WHERE NOT merkle_verify(leaf, i, size, path, root)', 'every leaf is proved');
SELECT is_empty('SELECT FROM proof WHERE cardinality(path) > ceil(log(2, size))', 'by a short path');
SELECT is_empty('SELECT FROM proof WHERE merkle_verify(merkle_leaf(leaf), i, size, path, root)', 'no other leaf is');
SELECT is_empty('SELECT FROM proof p, generate_series(0, size - 1) AS other WHERE other <> i AND merkle_verify(leaf, other, size, path, root)',
    'nor at another place');
SELECT is_empty('SELECT FROM proof WHERE merkle_verify(leaf, i, size, path || root, root) OR merkle_verify(leaf, i, size, path[2:], root) AND size > 1',
    'nor by a longer or shorter path');
SELECT is_empty('SELECT FROM proof, unnest(ARRAY[-1, 0, i]) AS less WHERE merkle_verify(leaf, i, less, path, root) OR merkle_verify(leaf, -1, size, path, root)',
    'nor in a tree that is too small');

SELECT throws_ok($$SELECT merkle_root('{"\\x00"}')$$, '22023', 'hash must have 32 bytes', 'no hash');
SELECT throws_ok($$SELECT merkle_root('{NULL}')$$, '22004', 'hashes must not hold nulls', 'a null');
SELECT throws_ok($$SELECT merkle_root(ARRAY[[sha256('')], [sha256('')]])$$, '2202E', 'hashes must be an array of one dimension', 'a matrix');
SELECT throws_ok($$SELECT merkle_path(ARRAY[sha256('')], 1)$$, '22023', 'tree has no leaf 1', 'a leaf beyond the last');
SELECT throws_ok($$SELECT merkle_path('{}', 0)$$, '22023', 'tree has no leaf 0', 'a leaf of an empty tree');

SELECT * FROM finish();
ROLLBACK;
