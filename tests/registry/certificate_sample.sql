-- Two bodies, their staff and three volunteers with effective records of last year. Run by a superuser; included by
-- every test of certificates. Leaves the psql variables street, library, first_day, last_day, ann, bob and zoe.

SET search_path = public, volunteer;

CREATE ROLE sample_registrar LOGIN IN ROLE registry_registrar;
CREATE ROLE sample_recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE sample_reviewer LOGIN IN ROLE registry_reviewer;
CREATE ROLE sample_issuer LOGIN IN ROLE registry_issuer;
CREATE ROLE sample_library LOGIN IN ROLE registry_issuer;
CREATE ROLE sample_verifier LOGIN IN ROLE registry_verifier;
CREATE ROLE sample_auditor LOGIN IN ROLE registry_auditor;

SELECT registry.set_policy('publicity_days', 0, '测试', '440106');
SELECT registry.create_organization('示例街道志愿服务站', '2', '01', '440106', '51440106MJ0123456Q') AS street \gset
SELECT registry.create_organization('示例图书馆志愿队', '1', '02', '440106') AS library \gset
SELECT registry.appoint_staff('sample_library', :library, 'issuer');
SELECT registry.appoint_staff('sample_' || duty, organization_id, duty,
    registry.add_person('示例' || duty, 'passport', 'E' || left(md5(duty), 8), 9::smallint, '1980-01-01'))
FROM unnest(ARRAY[:street, :library]) AS organization_id, unnest('{registrar,recorder,reviewer}'::text[]) AS duty;
SELECT make_date(extract(year FROM registry.today())::integer - 1, 1, 1) AS first_day \gset
SELECT make_date(extract(year FROM registry.today())::integer - 1, 12, 31) AS last_day \gset

SET SESSION AUTHORIZATION sample_registrar;
SELECT registry.register_volunteer('测小甲', 'citizen_id', '440106199003070116', :street, '440106', '表一', :'first_day',
    backdating_reason => '补登') AS ann \gset
SELECT registry.register_volunteer('试乙', 'citizen_id', '44010619851112012X', :street, '440106', '表二', :'first_day',
    backdating_reason => '补登') AS bob \gset
SELECT registry.register_volunteer('验丙丙丁', 'citizen_id', '44010619991231013X', :street, '440106', '表三', :'first_day',
    backdating_reason => '补登') AS zoe \gset

SET SESSION AUTHORIZATION sample_recorder;
CREATE FUNCTION pg_temp.serve(number text, project bigint, body bigint, day date, minutes integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    begun timestamptz := day::timestamp AT TIME ZONE 'Asia/Shanghai' + interval '9 hours';
    during tstzrange := tstzrange(begun, begun + make_interval(mins => minutes));
    batch bigint := registry.open_batch(body, '补录', sha256('签到表'));
BEGIN
    PERFORM registry.record_service(batch, number::volunteer.volunteer_no,
        registry.create_activity(project, '活动', during, backfill_reason => '补录'), during);
    RETURN batch;
END
$$;
SELECT registry.create_project('社区助老', :street, '0001') AS elderly \gset
SELECT registry.create_project('图书馆导读', :library, '0001') AS reading \gset
SELECT array_agg(batch) AS batches FROM (
    SELECT pg_temp.serve(:'ann', :elderly, :street, :'first_day'::date + 59, 150) AS batch
    UNION ALL SELECT pg_temp.serve(:'ann', :elderly, :street, :'first_day'::date + 60, 61)
    UNION ALL SELECT pg_temp.serve(:'ann', :reading, :library, :'first_day'::date + 61, 480)
    UNION ALL SELECT pg_temp.serve(:'bob', :elderly, :street, :'first_day'::date + 62, 120)
    UNION ALL SELECT pg_temp.serve(:'zoe', registry.create_project('项目' || n, :street, '0001'), :street,
        :'first_day'::date + 100 + n, 60 + n) FROM generate_series(1, 33) AS n) AS served \gset

SET SESSION AUTHORIZATION sample_reviewer;
SELECT registry.review_batch(batch, true), registry.make_effective(batch) FROM unnest(:'batches'::bigint[]) AS batch;
RESET SESSION AUTHORIZATION;

SELECT registry.register_signing_key();
