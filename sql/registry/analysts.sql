-- Analysts: whose reports are of which regions, by appointment. A report of a region is for whoever is appointed for it. Any
-- other lists and counts what bodies of the analyst's regions have; what is of no body is for whoever is appointed for the
-- place of every organization.

-- The owner's members, such as the deployer, see every row anyway. Parallel-safe, or else no report would be read in parallel.
CREATE FUNCTION registry.reported_regions() RETURNS volunteer.region_code[]
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE WHEN pg_has_role(session_user, 'registry_owner', 'MEMBER')
        THEN array(SELECT r.code FROM registry.region r WHERE r.level = 1)
        ELSE array(
            SELECT s.region FROM registry.staff s
            WHERE s.role_name = session_user AND s.duty = 'analyst' AND s.valid @> registry.today()) END;
END;
COMMENT ON FUNCTION registry.reported_regions() IS
    '当前会话的统计员任职的区划,报表只及于这些区划及其下级;未任命的为空数组,登记库所有者的成员为全国';

-- NULLIF, because behind row-level security the planner expects next to nothing of <@, and a report of a whole city would be planned
-- for a few bodies; of what is not null it expects nearly all.
CREATE VIEW registry.reported_organization WITH (security_invoker = true) AS
    SELECT o.organization_id, o.name, o.region, o.unit_kind
    FROM registry.organization o
    WHERE nullif(o.region <@ ANY ((SELECT registry.reported_regions())::volunteer.region_code[]), false) IS NOT NULL;
COMMENT ON VIEW registry.reported_organization IS
    '当前会话的统计员可看其报表的组织:所在地属于任职区划。不问区划的报表只列只计属于这些组织的';
COMMENT ON COLUMN registry.reported_organization.organization_id IS '组织编号';
COMMENT ON COLUMN registry.reported_organization.name IS '名称';
COMMENT ON COLUMN registry.reported_organization.region IS '所在区划';
COMMENT ON COLUMN registry.reported_organization.unit_kind IS '单位类型(代码集 unit_kind)';

CREATE FUNCTION registry.reports_everything() RETURNS boolean
    LANGUAGE sql STABLE
    RETURN NOT EXISTS (
        SELECT FROM registry.organization o
        WHERE o.region <@ ANY ((SELECT registry.reported_regions())::volunteer.region_code[]) IS NOT TRUE);
COMMENT ON FUNCTION registry.reports_everything() IS '当前会话的统计员任职的区划是否包含全部组织的所在地';

CREATE FUNCTION registry.require_analyst() RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF registry.reported_regions() = '{}' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'not_staff',
            MESSAGE = 'The session role holds no appointment.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_analyst() IS
    '检查当前会话是统计员,报表只及于其任职区划的组织(reported_organization);错误 42501 not_staff';

CREATE FUNCTION registry.require_analyst(region volunteer.region_code) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_analyst();
    IF region <@ ANY (registry.reported_regions()) OR region IS NULL AND registry.reports_everything() THEN
        RETURN;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        CONSTRAINT = 'outside_scope',
        MESSAGE = 'The session role is no analyst of all that the report is about.';
END
$$;
COMMENT ON FUNCTION registry.require_analyst(volunteer.region_code) IS
    '检查当前会话的统计员可看某区划的报表:任职区划须包含它,区划为空的须包含全部组织的所在地;错误 42501 not_staff、outside_scope';

GRANT EXECUTE ON FUNCTION registry.reported_regions() TO registry_analyst;
