-- Merkle trees (RFC 9162, section 2.1) over SHA-256. Leaves are given as their hashes, in the order of the tree, from 0.

CREATE FUNCTION volunteer.merkle_leaf(entry bytea) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.merkle_leaf(bytea) IS
'默克尔树叶: hash of an entry, 32 bytes (RFC 9162, section 2.1.1)';

CREATE FUNCTION volunteer.merkle_root(leaves bytea[]) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.merkle_root(bytea[]) IS
'默克尔树根: root of the tree of these leaves, 32 bytes (RFC 9162, section 2.1.1); 22023 for a hash that has not 32 bytes, 22004 for a null, 2202E for several dimensions';

CREATE FUNCTION volunteer.merkle_path(leaves bytea[], index integer) RETURNS bytea[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.merkle_path(bytea[], integer) IS
'包含证明: the hashes that lead from the leaf to the root, nearest first (RFC 9162, section 2.1.3.1); 22023 when there is no such leaf, else as merkle_root';

CREATE FUNCTION volunteer.merkle_verify(leaf bytea, index integer, size integer, path bytea[], root bytea) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME';

COMMENT ON FUNCTION volunteer.merkle_verify(bytea, integer, integer, bytea[], bytea) IS
'验证包含证明: whether the path leads from this leaf of a tree of size leaves to the root (RFC 9162, section 2.1.3.2); 22023 for a hash that has not 32 bytes, 22004 for a null, 2202E for several dimensions';
