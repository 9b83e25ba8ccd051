-- Included after office.sql: two volunteers, a project, an activity of the last thirty days, and how to serve in it.

\ir serving.sql

-- Stars of all that have earned one: applied for, public, awarded. Their publicity is moved into the past as well.
CREATE FUNCTION pg_temp.end_star_publicity() RETURNS void LANGUAGE sql AS $$
    UPDATE registry.star_award SET publicity = daterange(lower(publicity) - 8, upper(publicity) - 8) WHERE status = 'in_publicity'
$$;
CREATE FUNCTION pg_temp.award_stars(organization_id text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.act('recorder', format('SELECT registry.apply_for_stars(%s)', organization_id));
    SELECT pg_temp.act('reviewer', format('SELECT registry.publish_stars(%s)', organization_id));
    SELECT pg_temp.end_star_publicity();
    SELECT pg_temp.act('reviewer', format('SELECT registry.award_stars(%s)', organization_id))
$$;

SELECT pg_temp.enrol('示例甲', 1, :'district', registry.today() - 200) AS ann \gset
SELECT pg_temp.enrol('示例乙', 2, :'district', registry.today() - 200) AS ben \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_project('社区清洁', %s, '0001')$$, :'district')) AS project \gset
SELECT pg_temp.act('recorder', format($$SELECT registry.create_activity(%s, '清洁日', %L, backfill_reason => '补录')$$,
    :'project', tstzrange(pg_temp.at(-30, '00:00'), pg_temp.at(0, '00:00')))) AS activity \gset
