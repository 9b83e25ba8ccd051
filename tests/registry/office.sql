-- Included by the pgTAP scripts: a city federation with a district team below it, and the people who work there.

CREATE ROLE clerk LOGIN IN ROLE registry_administrator;
CREATE ROLE registrar LOGIN IN ROLE registry_registrar;
CREATE ROLE recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE reviewer LOGIN IN ROLE registry_reviewer;
CREATE ROLE stranger LOGIN IN ROLE registry_registrar, registry_recorder;

SELECT pg_temp.act('clerk', $$
    SELECT registry.create_organization('示例市志愿服务联合会', '2', '13', '441400', '51441400MJ0000018H')$$) AS city \gset
SELECT pg_temp.act('clerk', format($$
    SELECT registry.create_organization('示例区志愿服务队', '1', '08', '441402', parent_id => %s)$$, :city)) AS district \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.appoint_staff('registrar', %s, 'registrar')$$, :city)) AS staff \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.appoint_staff('recorder', %s, 'recorder')$$, :city)) AS staff \gset
SELECT pg_temp.act('clerk', format($$SELECT registry.appoint_staff('reviewer', %s, 'reviewer')$$, :city)) AS staff \gset
