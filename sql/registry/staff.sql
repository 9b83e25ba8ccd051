-- Staff: which database role acts, in which duty, for which organisation. The only source of "who".

CREATE TABLE registry.staff (
    staff_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role_name name NOT NULL,
    person_id bigint CONSTRAINT known_person REFERENCES registry.person,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    duty text NOT NULL,
    region volunteer.region_code REFERENCES registry.region,
    valid daterange NOT NULL,
    status text NOT NULL GENERATED ALWAYS AS (CASE WHEN upper_inf(valid) THEN 'appointed' ELSE 'dismissed' END) STORED,
    appointed_by name NOT NULL DEFAULT session_user,
    appointed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT staff_duty CHECK (duty IN ('registrar', 'recorder', 'reviewer', 'issuer', 'dispatcher', 'auditor', 'analyst')),
    CONSTRAINT only_readers_have_a_region CHECK (region IS NULL OR duty IN ('auditor', 'analyst')),
    CONSTRAINT analyst_has_a_region CHECK (region IS NOT NULL OR duty <> 'analyst'),
    CONSTRAINT staff_is_a_person CHECK (person_id IS NOT NULL OR duty IN ('issuer', 'auditor', 'analyst')),
    CONSTRAINT one_appointment_at_a_time EXCLUDE USING gist
        ((role_name::text) WITH =, organization_id WITH =, duty WITH =, coalesce(region::text, '') WITH =, valid WITH &&),
    CONSTRAINT recorder_is_not_reviewer EXCLUDE USING gist
        ((role_name::text) WITH =, organization_id WITH =, duty WITH <>, valid WITH &&)
        WHERE (duty IN ('recorder', 'reviewer')),
    CONSTRAINT one_person_not_recorder_and_reviewer EXCLUDE USING gist
        (person_id WITH =, organization_id WITH =, duty WITH <>, valid WITH &&)
        WHERE (duty IN ('recorder', 'reviewer'))
);
CREATE INDEX staff_role ON registry.staff (role_name);
COMMENT ON TABLE registry.staff IS '工作人员:数据库角色、本人、组织、职责;同一人在同一组织不得既记录又审核';
COMMENT ON COLUMN registry.staff.staff_id IS '任职编号';
COMMENT ON COLUMN registry.staff.role_name IS '数据库角色';
COMMENT ON COLUMN registry.staff.person_id IS '本人;用于回避(不得审核自己的记录),一人有两个角色也认得出,故登记、记录、审核、制单派单必填';
COMMENT ON COLUMN registry.staff.organization_id IS '任职组织;职责及于本组织和各级下级';
COMMENT ON COLUMN registry.staff.duty IS '职责:registrar 登记,recorder 记录,reviewer 审核,issuer 出具证明,dispatcher 制单派单,auditor 审计,analyst 统计';
COMMENT ON COLUMN registry.staff.region IS '审计员另可查看所在地属于此区划的组织;统计员只可查看此区划的报表,必填;其他职责为空';
COMMENT ON COLUMN registry.staff.valid IS '任期';
COMMENT ON COLUMN registry.staff.status IS '状态:appointed 在任,dismissed 已免职;由任期得出';
COMMENT ON COLUMN registry.staff.appointed_by IS '任命人(数据库角色)';
COMMENT ON COLUMN registry.staff.appointed_at IS '任命时间';

CREATE TABLE registry.staff_event (
    staff_id bigint NOT NULL REFERENCES registry.staff,
    person_id bigint,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (staff_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.staff_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.staff_event IS '任免记录:appointed 任命,dismissed 免职,只追加';
COMMENT ON COLUMN registry.staff_event.staff_id IS '任职';
COMMENT ON COLUMN registry.staff_event.person_id IS '任命时的本人;此后只因合并重复登记而改';

CREATE FUNCTION registry.current_staff() RETURNS SETOF registry.staff
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT s.* FROM registry.staff s
    WHERE s.role_name = session_user AND s.valid @> registry.today();
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'not_staff',
            MESSAGE = 'The session role holds no appointment.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.current_staff() IS '当前会话角色的现任职责;错误 42501 not_staff';

CREATE FUNCTION registry.require_duty(duty text, organization_id bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM registry.require_current_transaction();
    IF registry.is_within(organization_id, ARRAY(
        SELECT s.organization_id FROM registry.staff s
        WHERE s.role_name = session_user AND s.duty = require_duty.duty AND s.valid @> registry.today())) THEN
        RETURN;
    END IF;
    IF duty IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'registry_decides',
            MESSAGE = 'The registry alone does this, as a consequence of something else.';
    END IF;
    PERFORM FROM registry.current_staff();
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        CONSTRAINT = 'outside_scope',
        MESSAGE = format('The session role is no %s of this organization.', duty);
END
$$;
COMMENT ON FUNCTION registry.require_duty(text, bigint) IS
    '检查当前会话角色对该组织负有职责;职责为空的状态变更只由登记库自身作出;错误 42501 not_staff、outside_scope、registry_decides,25000 read_committed、begun_today';

CREATE FUNCTION registry.appoint_staff(role_name name, organization_id bigint, duty text, person_id bigint DEFAULT NULL,
    region text DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    place CONSTANT volunteer.region_code := CASE WHEN region IS NOT NULL THEN registry.require_region(region) END;
    new_staff bigint;
BEGIN
    PERFORM registry.require_current_transaction();
    IF to_regrole('registry_' || duty) IS NULL OR to_regrole(quote_ident(role_name)) IS NULL
        OR NOT pg_has_role(role_name, 'registry_' || duty, 'MEMBER') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'member_of_duty_role',
            MESSAGE = 'The role is not a member of the group role of this duty.',
            HINT = format('GRANT %I TO %I;', 'registry_' || duty, role_name);
    END IF;
    IF person_id IS NULL AND duty IN ('registrar', 'recorder', 'reviewer', 'dispatcher') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'staff_is_a_person',
            MESSAGE = 'Whoever registers, records, reviews or dispatches is a person that the registry knows.',
            HINT = 'registry.add_person() enters a person and returns the number to pass on.';
    END IF;
    PERFORM registry.require_active_organization(organization_id);
    INSERT INTO registry.staff AS s (role_name, person_id, organization_id, duty, region, valid)
    VALUES (role_name, person_id, organization_id, duty, place, daterange(registry.today(), NULL))
    RETURNING s.staff_id INTO new_staff;
    -- Who was registered twice would be two persons; locked, so that a merge waits and finds the appointment.
    IF person_id IS NOT NULL THEN
        PERFORM registry.require_whole_person(person_id);
    END IF;
    INSERT INTO registry.staff_event (staff_id, person_id, to_status) VALUES (new_staff, person_id, 'appointed');
    RETURN new_staff;
END
$$;
COMMENT ON FUNCTION registry.appoint_staff(name, bigint, text, bigint, text) IS
    '任命工作人员,自今日起生效;该角色须先由数据库管理员授予职责组角色;登记员、记录员、审核员、派单员须给出本人(add_person);审计员可另给区划,统计员必给。错误 42501 member_of_duty_role、23514 staff_is_a_person、only_readers_have_a_region、analyst_has_a_region,23P01 one_appointment_at_a_time、recorder_is_not_reviewer、one_person_not_recorder_and_reviewer、23503 known_organization、known_person、known_region,55000 organization_active、person_is_whole,25000 read_committed、begun_today';

CREATE FUNCTION registry.dismiss_staff(staff_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM registry.require_current_transaction();
    UPDATE registry.staff s
    SET valid = daterange(lower(s.valid), registry.today())
    WHERE s.staff_id = dismiss_staff.staff_id AND s.valid @> registry.today();
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_appointment',
            MESSAGE = 'There is no such appointment in force.';
    END IF;
    INSERT INTO registry.staff_event (staff_id, from_status, to_status) VALUES (staff_id, 'appointed', 'dismissed');
END
$$;
COMMENT ON FUNCTION registry.dismiss_staff(bigint) IS '免职,立即生效;错误 P0002 known_appointment,25000 read_committed、begun_today';

GRANT EXECUTE ON FUNCTION registry.current_staff() TO
    registry_registrar, registry_recorder, registry_reviewer, registry_issuer, registry_dispatcher;
GRANT EXECUTE ON FUNCTION registry.appoint_staff(name, bigint, text, bigint, text) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.dismiss_staff(bigint) TO registry_administrator;
GRANT SELECT ON registry.staff, registry.staff_event TO registry_auditor;
