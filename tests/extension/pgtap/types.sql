-- What all types have in common.

BEGIN;
\ir ../types_helpers.sql
SELECT plan(12);

-- From 17 on array types are members as well. The constructors of ranges, by which they are cast, are the server's.
CREATE TEMP VIEW constructor AS
SELECT oid FROM pg_proc WHERE pronamespace = 'volunteer'::regnamespace AND prosrc ~ '^(multi)?range_constructor';
CREATE TEMP VIEW member AS
SELECT classid, objid FROM pg_depend
 WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
   AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'volunteer')
   AND NOT (classid = 'pg_type'::regclass AND objid IN (SELECT typarray FROM pg_type))
   AND NOT (classid = 'pg_proc'::regclass AND objid IN (SELECT oid FROM constructor))
   AND NOT (classid = 'pg_cast'::regclass AND objid IN (SELECT oid FROM pg_cast WHERE castfunc IN (SELECT oid FROM constructor)));
CREATE TEMP VIEW scalar AS
SELECT oid, typname FROM pg_type
 WHERE typnamespace = 'volunteer'::regnamespace AND typtype = 'b' AND typelem = 0;

SELECT set_eq('SELECT typname::text FROM scalar',
    ARRAY['citizen_id', 'credit_code', 'region_code', 'volunteer_no', 'certificate_code', 'service_hours', 'star_rating', 'occupancy'],
    'the types');
SELECT is_empty(
    $$SELECT pg_describe_object(classid, objid, 0) FROM member
       WHERE obj_description(objid, (SELECT relname FROM pg_class WHERE oid = classid)) IS NULL$$,
    'every object has a comment');
SELECT is_empty(
    $$SELECT p.oid::regprocedure FROM pg_proc p, scalar t
       WHERE t.oid = ANY (p.proargtypes || p.prorettype) AND p.pronamespace = 'volunteer'::regnamespace
         AND (p.provolatile, p.proparallel) <> ('i', 's') AND p.proname <> 'gen_certificate_code'$$,
    'every function of theirs is immutable and parallel safe');
SELECT volatility_is('volunteer', 'gen_certificate_code', 'volatile', 'but for the one that makes codes');
SELECT is_empty(
    $$SELECT p.oid::regprocedure FROM pg_proc p JOIN scalar t ON t.oid = ANY (p.proargtypes)
       WHERE p.pronamespace = 'volunteer'::regnamespace AND NOT p.proisstrict AND p.prokind = 'f' AND p.proname !~ '_(avg|sum_accum)'
         AND p.oid NOT IN (SELECT oid FROM constructor)$$,
    'and null for null');
SELECT is_empty('SELECT oid::regtype FROM pg_type WHERE oid IN (SELECT oid FROM scalar) AND (typreceive = 0 OR typsend = 0)', 'binary input and output');
SELECT set_eq(
    $$SELECT typname::text, amname::text FROM scalar, pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod WHERE c.opcintype = scalar.oid AND opcdefault$$,
    $$SELECT typname::text, am FROM scalar, unnest('{btree,hash}'::text[]) am WHERE (typname, am) <> ('occupancy', 'btree')
       UNION ALL SELECT typname::text, 'brin' FROM scalar WHERE typname NOT IN ('credit_code', 'star_rating', 'occupancy')$$,
    'a default operator class for btree and for hash, and for brin where it serves; occupancy has no order');
SELECT is_empty($$SELECT opcname FROM pg_opclass WHERE opcnamespace = 'volunteer'::regnamespace AND NOT amvalidate(oid)$$, 'each of them sound');
SELECT set_eq(
    $$SELECT opcintype FROM pg_opclass JOIN scalar ON scalar.oid = opcintype JOIN pg_am a ON a.oid = opcmethod WHERE amname = 'btree'$$,
    'SELECT rngsubtype FROM pg_range JOIN scalar ON scalar.oid = rngsubtype', 'ranges of what has an order');
SELECT is_empty(
    $$SELECT p.oid::regprocedure FROM pg_amop o JOIN pg_opfamily f ON f.oid = o.amopfamily JOIN pg_operator r ON r.oid = o.amopopr
        JOIN pg_proc p ON p.oid = r.oprcode WHERE f.opfnamespace = 'volunteer'::regnamespace AND NOT p.proleakproof$$,
    'whose operators may be evaluated before a row security policy');
SELECT set_eq(
    $$SELECT castsource::regtype::text, casttarget::regtype::text, castcontext::text FROM pg_cast
       WHERE castsource IN (SELECT oid FROM scalar) OR casttarget IN (SELECT oid FROM scalar)$$,
    $$VALUES ('service_hours', 'numeric', 'a'), ('numeric', 'service_hours', 'e'), ('service_hours', 'interval', 'e'), ('interval', 'service_hours', 'e'),
        ('star_rating', 'integer', 'a'), ('integer', 'star_rating', 'e')$$,
    'these casts, none of them implicit');
SELECT is_empty(
    $$SELECT pg_describe_object(classid, objid, 0) FROM member
       WHERE classid = 'pg_proc'::regclass AND objid NOT IN (SELECT oid FROM pg_proc WHERE pronamespace = 'volunteer'::regnamespace)$$,
    'nothing outside the schema');

SELECT * FROM finish();
ROLLBACK;
