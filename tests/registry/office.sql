-- Included by the pgTAP scripts: a city federation with a district team below it, and the people who work there.

CREATE ROLE clerk LOGIN IN ROLE registry_administrator;
CREATE ROLE registrar LOGIN IN ROLE registry_registrar;
CREATE ROLE recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE reviewer LOGIN IN ROLE registry_reviewer;
CREATE ROLE stranger LOGIN IN ROLE registry_registrar, registry_recorder;

-- A statement that appoints a role, each role the account of a person of its own.
CREATE FUNCTION pg_temp.appointing(role text, organization_id bigint, duty text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT registry.appoint_staff(%1$L, %2$s, %3$L,
        registry.add_person(%1$L, ''passport'', %4$L, 9::smallint, ''1980-01-01''))',
        role, organization_id, duty, 'E' || left(md5(role), 8))
$$;

SELECT pg_temp.act('clerk', $$
    SELECT registry.create_organization('示例市志愿服务联合会', '2', '13', '441400', '51441400MJ0000018H')$$) AS city \gset
SELECT pg_temp.act('clerk', format($$
    SELECT registry.create_organization('示例区志愿服务队', '1', '08', '441402', parent_id => %s)$$, :city)) AS district \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('registrar', :city, 'registrar')) AS staff \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('recorder', :city, 'recorder')) AS staff \gset
SELECT pg_temp.act('clerk', pg_temp.appointing('reviewer', :city, 'reviewer')) AS staff \gset
