-- Analysts: whose reports are of which regions, by appointment. A report of a region is for whoever is appointed for it; one
-- of everything for whoever is appointed for the place of every organization.

CREATE FUNCTION registry.reported_regions() RETURNS volunteer.region_code[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT array(
        SELECT s.region FROM registry.staff s
        WHERE s.role_name = session_user AND s.duty = 'analyst' AND s.valid @> registry.today());
END;
COMMENT ON FUNCTION registry.reported_regions() IS '当前会话的统计员任职的区划,报表只及于这些区划及其下级;未任命的为空数组';

-- The owner's members, such as the deployer, see every row anyway.
CREATE FUNCTION registry.require_analyst(region volunteer.region_code DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    regions CONSTANT volunteer.region_code[] := registry.reported_regions();
BEGIN
    IF pg_has_role(session_user, 'registry_owner', 'MEMBER') OR region <@ ANY (regions) OR region IS NULL
        AND cardinality(regions) > 0 AND NOT EXISTS (
            SELECT FROM registry.organization o WHERE NOT o.region <@ ANY (regions)) THEN
        RETURN;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        CONSTRAINT = CASE cardinality(regions) WHEN 0 THEN 'not_staff' ELSE 'outside_scope' END,
        MESSAGE = CASE cardinality(regions) WHEN 0 THEN 'The session role holds no appointment.'
            ELSE 'The session role is no analyst of all that the report is about.' END;
END
$$;
COMMENT ON FUNCTION registry.require_analyst(volunteer.region_code) IS
    '检查当前会话的统计员可看某区划(缺省全部组织)的报表:任职区划须包含它;错误 42501 not_staff、outside_scope';

GRANT EXECUTE ON FUNCTION registry.reported_regions() TO registry_analyst;
