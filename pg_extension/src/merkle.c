/*
 * Merkle trees (RFC 9162, section 2.1) over SHA-256: what seals many records
 * with one signature and proves of each that it is among them.
 */
#include "postgres.h"

#include <openssl/sha.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "compat.h"

typedef struct Hash
{
	unsigned char bytes[SHA256_DIGEST_LENGTH];
} Hash;

/* What is hashed as an entry can never be hashed as a node. */
#define LEAF_PREFIX 0
#define NODE_PREFIX 1

static Hash
node_hash(const Hash *left, const Hash *right)
{
	unsigned char node[1 + 2 * sizeof(Hash)] = {NODE_PREFIX};
	Hash hash;

	memcpy(node + 1, left, sizeof(Hash));
	memcpy(node + 1 + sizeof(Hash), right, sizeof(Hash));
	SHA256(node, sizeof(node), hash.bytes);

	return hash;
}

/* The largest power of two smaller than n: as many leaves go to the left. */
static int
left_leaves(int n)
{
	int k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

static Hash
root_of(const Hash *leaves, int n)
{
	int k;
	Hash left;
	Hash right;

	if (n == 1)
		return leaves[0];

	CHECK_FOR_INTERRUPTS();
	k = left_leaves(n);
	left = root_of(leaves, k);
	right = root_of(leaves + k, n - k);

	return node_hash(&left, &right);
}

/* Appends the path of leaf m, from its sibling upwards. */
static int
path_of(const Hash *leaves, int n, int m, Hash *path)
{
	int k;
	int length;

	if (n == 1)
		return 0;

	k = left_leaves(n);
	if (m < k)
	{
		length = path_of(leaves, k, m, path);
		path[length] = root_of(leaves + k, n - k);
	}
	else
	{
		length = path_of(leaves + k, n - k, m - k, path);
		path[length] = root_of(leaves, k);
	}
	return length + 1;
}

static Datum
hash_datum(const Hash *hash)
{
	bytea *result = palloc(VARHDRSZ + sizeof(Hash));

	SET_VARSIZE(result, VARHDRSZ + sizeof(Hash));
	memcpy(VARDATA(result), hash, sizeof(Hash));

	return PointerGetDatum(result);
}

static Hash
datum_hash(Datum datum)
{
	bytea *value = DatumGetByteaPP(datum);
	Hash hash;

	if (VARSIZE_ANY_EXHDR(value) != sizeof(Hash))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("hash must have %d bytes", (int) sizeof(Hash)));
	memcpy(&hash, VARDATA_ANY(value), sizeof(Hash));

	return hash;
}

static Hash *
array_hashes(ArrayType *array, int *n)
{
	Datum *elements;
	bool *nulls;
	Hash *hashes;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				errmsg("hashes must be an array of one dimension"));

	deconstruct_array(array, BYTEAOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, n);
	hashes = MemoryContextAllocHuge(CurrentMemoryContext,
									Max(*n, 1) * sizeof(Hash));
	for (int i = 0; i < *n; i++)
	{
		if (nulls[i])
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("hashes must not hold nulls"));
		hashes[i] = datum_hash(elements[i]);
	}
	pfree(elements);
	pfree(nulls);

	return hashes;
}

PG_FUNCTION_INFO_V1(merkle_leaf);
Datum
merkle_leaf(PG_FUNCTION_ARGS)
{
	bytea *entry = PG_GETARG_BYTEA_PP(0);
	Size length = VARSIZE_ANY_EXHDR(entry);
	unsigned char *prefixed = palloc(1 + length);
	Hash hash;

	prefixed[0] = LEAF_PREFIX;
	memcpy(prefixed + 1, VARDATA_ANY(entry), length);
	SHA256(prefixed, 1 + length, hash.bytes);
	pfree(prefixed);

	PG_RETURN_DATUM(hash_datum(&hash));
}

PG_FUNCTION_INFO_V1(merkle_root);
Datum
merkle_root(PG_FUNCTION_ARGS)
{
	int n;
	Hash *leaves = array_hashes(PG_GETARG_ARRAYTYPE_P(0), &n);
	Hash root;

	if (n == 0)
		SHA256(NULL, 0, root.bytes);
	else
		root = root_of(leaves, n);
	pfree(leaves);

	PG_RETURN_DATUM(hash_datum(&root));
}

PG_FUNCTION_INFO_V1(merkle_path);
Datum
merkle_path(PG_FUNCTION_ARGS)
{
	int n;
	Hash *leaves = array_hashes(PG_GETARG_ARRAYTYPE_P(0), &n);
	int32 index = PG_GETARG_INT32(1);
	Hash path[32];
	Datum elements[lengthof(path)];
	int length;

	if (index < 0 || index >= n)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("tree has no leaf %d", index));

	length = path_of(leaves, n, index, path);
	for (int i = 0; i < length; i++)
		elements[i] = hash_datum(&path[i]);
	pfree(leaves);

	PG_RETURN_ARRAYTYPE_P(
		construct_array(elements, length, BYTEAOID, -1, false, TYPALIGN_INT));
}

/* RFC 9162, section 2.1.3.2 */
PG_FUNCTION_INFO_V1(merkle_verify);
Datum
merkle_verify(PG_FUNCTION_ARGS)
{
	Hash hash = datum_hash(PG_GETARG_DATUM(0));
	uint32 node = (uint32) PG_GETARG_INT32(1);
	uint32 last = (uint32) PG_GETARG_INT32(2) - 1;
	int length;
	Hash *path = array_hashes(PG_GETARG_ARRAYTYPE_P(3), &length);
	Hash root = datum_hash(PG_GETARG_DATUM(4));

	if (PG_GETARG_INT32(2) <= 0 || PG_GETARG_INT32(1) < 0 || node > last)
		PG_RETURN_BOOL(false);

	for (int i = 0; i < length; i++)
	{
		if (last == 0)
			PG_RETURN_BOOL(false);

		if ((node & 1) != 0 || node == last)
		{
			hash = node_hash(&path[i], &hash);
			while ((node & 1) == 0 && node != 0)
			{
				node >>= 1;
				last >>= 1;
			}
		}
		else
			hash = node_hash(&hash, &path[i]);

		node >>= 1;
		last >>= 1;
	}

	PG_RETURN_BOOL(last == 0 && memcmp(&hash, &root, sizeof(Hash)) == 0);
}
