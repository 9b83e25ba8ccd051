-- Registration: a person becomes a volunteer with a number from the organisation's block.

CREATE TABLE registry.volunteer (
    volunteer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL CONSTRAINT one_person_one_registration UNIQUE REFERENCES registry.person,
    volunteer_no volunteer.volunteer_no NOT NULL CONSTRAINT one_number_one_volunteer UNIQUE,
    registered_on date NOT NULL,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    region volunteer.region_code NOT NULL REFERENCES registry.region,
    status text NOT NULL DEFAULT 'active',
    oath_on date,
    CONSTRAINT oath_not_before_registration CHECK (oath_on >= registered_on),
    CONSTRAINT volunteer_status CHECK (status IN ('active', 'suspended', 'withdrawn', 'removed', 'deceased', 'merged'))
);
CREATE INDEX volunteer_organization ON registry.volunteer (organization_id);
CREATE INDEX volunteer_region ON registry.volunteer (region);
CREATE INDEX volunteer_registered_on ON registry.volunteer (registered_on);
CREATE INDEX volunteer_not_active ON registry.volunteer (person_id) WHERE status <> 'active';
COMMENT ON TABLE registry.volunteer IS '注册志愿者(志愿服务条例第七条)';
COMMENT ON COLUMN registry.volunteer.volunteer_id IS '志愿者内部编号';
COMMENT ON COLUMN registry.volunteer.person_id IS '自然人';
COMMENT ON COLUMN registry.volunteer.volunteer_no IS '志愿者编号;不由证件号码推出,一经编定不再改变';
COMMENT ON COLUMN registry.volunteer.registered_on IS '注册日期(北京时间)';
COMMENT ON COLUMN registry.volunteer.organization_id IS '登记组织';
COMMENT ON COLUMN registry.volunteer.region IS '居住区域';
COMMENT ON COLUMN registry.volunteer.status IS '状态:active 在册,suspended 暂停,withdrawn 本人退出,removed 取消身份,deceased 去世,merged 重复登记已并入他人';
COMMENT ON COLUMN registry.volunteer.oath_on IS '宣誓日期(志愿服务宣誓制度);未宣誓为空';

CREATE FUNCTION registry.registrations_of(volunteer_id bigint) RETURNS SETOF bigint
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT r.volunteer_id
    FROM registry.volunteer v
    JOIN registry.person p ON p.person_id = v.person_id
    CROSS JOIN LATERAL registry.persons_within(coalesce(p.merged_into, p.person_id)) AS w (person_id)
    JOIN registry.volunteer r ON r.person_id = w.person_id
    WHERE v.volunteer_id = registrations_of.volunteer_id
    ORDER BY r.volunteer_id;
END;
COMMENT ON FUNCTION registry.registrations_of(bigint) IS '同一人的各次注册:志愿者本次和与之合并的重复登记';

CREATE TABLE registry.membership (
    membership_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    person_id bigint NOT NULL CONSTRAINT members_are_volunteers REFERENCES registry.volunteer (person_id),
    role text NOT NULL,
    valid daterange NOT NULL,
    evidence text,
    CONSTRAINT membership_begins_on_a_day CHECK (isfinite(lower(valid))),
    CONSTRAINT membership_has_evidence CHECK (evidence <> ''),
    CONSTRAINT no_duplicate_membership EXCLUDE USING gist
        (person_id WITH =, organization_id WITH =, role WITH =, valid WITH &&),
    CONSTRAINT membership_role CHECK (role IN ('member', 'leader', 'backbone', 'cadre', 'student'))
);
CREATE INDEX membership_organization ON registry.membership (organization_id, person_id) INCLUDE (valid);
COMMENT ON TABLE registry.membership IS '队伍成员;同一人在同一组织同一身份的任期不重叠';
COMMENT ON COLUMN registry.membership.membership_id IS '任期编号';
COMMENT ON COLUMN registry.membership.organization_id IS '组织';
COMMENT ON COLUMN registry.membership.person_id IS '自然人,为注册志愿者';
COMMENT ON COLUMN registry.membership.role IS '身份:member 队员,leader 负责人,backbone 骨干,cadre 干部职工,student 学生';
COMMENT ON COLUMN registry.membership.valid IS '任期';
COMMENT ON COLUMN registry.membership.evidence IS '本人申请加入的凭证;由其登记组织或上级加入的可空';

CREATE TABLE registry.volunteer_event (
    volunteer_id bigint NOT NULL REFERENCES registry.volunteer,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (volunteer_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.volunteer_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.volunteer_event IS '注册状态变更记录,只追加';
COMMENT ON COLUMN registry.volunteer_event.volunteer_id IS '志愿者';

-- Who left, was suspended or came back after a day was something else on it: what the first change since then changed.
CREATE INDEX volunteer_event_change ON registry.volunteer_event (at) WHERE from_status IS NOT NULL;
CREATE FUNCTION registry.volunteers_changed_since(day date) RETURNS TABLE (volunteer_id bigint, status text)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT DISTINCT ON (e.volunteer_id) e.volunteer_id, e.from_status
    FROM registry.volunteer_event e
    WHERE e.at >= (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AND e.from_status IS NOT NULL
    ORDER BY e.volunteer_id, e.event_id;
END;
COMMENT ON FUNCTION registry.volunteers_changed_since(date) IS '某日之后状态变更过的志愿者,及其该日终了时的状态';

CREATE TABLE registry.number_block (
    block_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    region volunteer.region_code NOT NULL REFERENCES registry.region,
    serials int4range NOT NULL,
    next_serial integer NOT NULL,
    allotted_at timestamptz NOT NULL DEFAULT now(),
    allotted_by name NOT NULL DEFAULT session_user,
    due_on date,
    CONSTRAINT no_overlapping_blocks EXCLUDE USING gist ((region::text) WITH =, serials WITH &&),
    CONSTRAINT serials_have_six_digits CHECK (serials <@ int4range(1, 1000000) AND NOT isempty(serials)),
    CONSTRAINT next_serial_in_block CHECK (next_serial BETWEEN lower(serials) AND upper(serials)),
    CONSTRAINT task_is_due_later CHECK (due_on > (allotted_at AT TIME ZONE 'Asia/Shanghai')::date)
);
CREATE INDEX number_block_with_numbers_left ON registry.number_block (organization_id, region)
    WHERE next_serial < upper(serials);
COMMENT ON TABLE registry.number_block IS '志愿者编号号段:按组织分配,互不重叠(注册编号分配表)';
COMMENT ON COLUMN registry.number_block.block_id IS '号段编号';
COMMENT ON COLUMN registry.number_block.organization_id IS '持有号段的组织';
COMMENT ON COLUMN registry.number_block.region IS '编号中的六位区划(补足 12 位)';
COMMENT ON COLUMN registry.number_block.serials IS '序号范围';
COMMENT ON COLUMN registry.number_block.next_serial IS '下一个序号;等于上界表示用完';
COMMENT ON COLUMN registry.number_block.allotted_at IS '分配时间';
COMMENT ON COLUMN registry.number_block.allotted_by IS '分配人(数据库角色);自动续分的为当时的登记员';
COMMENT ON COLUMN registry.number_block.due_on IS '注册任务的期限:到期前登记满整个号段;空为无任务';

CREATE FUNCTION registry.number_region(region volunteer.region_code) RETURNS volunteer.region_code
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN left(region::text, 6)::volunteer.region_code;
COMMENT ON FUNCTION registry.number_region(volunteer.region_code) IS '志愿者编号所用的六位区划(县级;直筒子市为地级)';

CREATE FUNCTION registry.allot_number_block(organization_id bigint, size integer, due_on date DEFAULT NULL) RETURNS int4range
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    place volunteer.region_code;
    first integer;
    block int4range;
BEGIN
    PERFORM registry.require_current_transaction();
    IF size IS NULL OR size < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            CONSTRAINT = 'block_holds_numbers',
            MESSAGE = 'A block holds at least one number.';
    END IF;
    place := registry.number_region((registry.require_active_organization(organization_id)).region);
    -- Blocks of one region are cut one after another.
    PERFORM FROM registry.region r WHERE r.code = place FOR NO KEY UPDATE;
    SELECT coalesce(max(upper(b.serials)), 1) INTO first FROM registry.number_block b WHERE b.region = place;
    IF first + size > 1000000 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'program_limit_exceeded',
            CONSTRAINT = 'serials_have_six_digits',
            MESSAGE = 'The serial numbers of this region are used up.';
    END IF;
    block := int4range(first, first + size);
    INSERT INTO registry.number_block (organization_id, region, serials, next_serial, due_on)
    VALUES (allot_number_block.organization_id, place, block, first, due_on);
    RETURN block;
END
$$;
COMMENT ON FUNCTION registry.allot_number_block(bigint, integer, date) IS
    '将组织所在区划的下一号段分配给该组织,返回序号范围;给出期限的号段同时是注册任务;错误 22023 block_holds_numbers、23514 task_is_due_later、54000 serials_have_six_digits、23503 known_organization、55000 organization_active,25000 read_committed、begun_today';

CREATE FUNCTION registry.hand_over_numbers(from_organization bigint, to_organization bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    block registry.number_block;
BEGIN
    FOR block IN
        SELECT b.* FROM registry.number_block b
        WHERE b.organization_id = from_organization AND b.next_serial < upper(b.serials)
        ORDER BY b.region, b.serials
        FOR UPDATE
    LOOP
        IF block.next_serial = lower(block.serials) THEN
            UPDATE registry.number_block b
            SET organization_id = to_organization
            WHERE b.region = block.region AND b.serials = block.serials;
        ELSE
            UPDATE registry.number_block b
            SET serials = int4range(lower(block.serials), block.next_serial)
            WHERE b.region = block.region AND b.serials = block.serials;
            INSERT INTO registry.number_block (organization_id, region, serials, next_serial, due_on)
            VALUES (to_organization, block.region, int4range(block.next_serial, upper(block.serials)), block.next_serial,
                CASE WHEN block.due_on > registry.today() THEN block.due_on END);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION registry.hand_over_numbers(bigint, bigint) IS '组织终止时,未用的号连同未到期的注册任务交给承继组织';

CREATE FUNCTION registry.next_volunteer_no(subject registry.organization, registered_on date) RETURNS volunteer.volunteer_no
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    place CONSTANT volunteer.region_code := registry.number_region(subject.region);
    block registry.number_block;
    number volunteer.volunteer_no;
BEGIN
    LOOP
        SELECT b.* INTO block
        FROM registry.number_block b
        WHERE b.organization_id = subject.organization_id AND b.region = place AND b.next_serial < upper(b.serials)
        ORDER BY b.serials
        LIMIT 1
        FOR UPDATE;
        IF NOT FOUND THEN
            PERFORM registry.allot_number_block(subject.organization_id,
                registry.policy_value('number_block_size', subject.region, registry.today())::integer);
            CONTINUE;
        END IF;
        UPDATE registry.number_block b
        SET next_serial = block.next_serial + 1
        WHERE b.region = block.region AND b.serials = block.serials;
        number := volunteer.volunteer_no(place, registered_on, block.next_serial);
        -- A number of an older system may already stand here.
        EXIT WHEN NOT EXISTS (SELECT FROM registry.volunteer v WHERE v.volunteer_no = number);
    END LOOP;
    RETURN number;
END
$$;
COMMENT ON FUNCTION registry.next_volunteer_no(registry.organization, date) IS
    '从组织号段取下一个志愿者编号;号段用完时按政策 number_block_size 自动续分';

CREATE FUNCTION registry.register_volunteer(
    name text, document_kind text, document_number text, organization_id bigint, region text, consent_evidence text,
    registered_on date DEFAULT NULL, phone text DEFAULT NULL, sex smallint DEFAULT NULL, birth_date date DEFAULT NULL,
    legacy_no volunteer.volunteer_no DEFAULT NULL, backdating_reason text DEFAULT NULL,
    guardian_name text DEFAULT NULL, guardian_relation text DEFAULT NULL)
    RETURNS volunteer.volunteer_no
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.organization;
    home volunteer.region_code;
    since CONSTANT date := coalesce(registered_on, registry.today());
    new_person bigint;
    born date;
    new_guardian bigint;
    new_volunteer bigint;
    number volunteer.volunteer_no;
BEGIN
    PERFORM registry.require_duty('registrar', organization_id);
    subject := registry.require_active_organization(organization_id);
    home := registry.require_region(region);
    IF since > registry.today() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'registered_by_today',
            MESSAGE = 'A registration is not dated in the future.';
    END IF;
    IF since < registry.today() AND legacy_no IS NULL AND coalesce(registry.clean_text(backdating_reason), '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'backdating_has_reason',
            MESSAGE = 'An earlier date of registration needs the number of the older system or a reason.';
    END IF;

    new_person := registry.add_person(name, document_kind, document_number, sex, birth_date);
    PERFORM FROM registry.volunteer v WHERE v.person_id = new_person;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'unique_violation',
            CONSTRAINT = 'one_person_one_registration',
            MESSAGE = 'The person is already registered as a volunteer.';
    END IF;
    SELECT p.birth_date INTO born FROM registry.person p WHERE p.person_id = new_person;
    IF born > since THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'registered_after_birth',
            MESSAGE = 'A registration is not dated before the birth of the person.';
    END IF;
    PERFORM registry.require_consent_age(born, home, guardian_name IS NOT NULL);
    new_guardian := CASE WHEN guardian_name IS NOT NULL THEN
        registry.new_guardian(new_person, guardian_name, guardian_relation) END;
    PERFORM registry.give_consent(new_person, consent_evidence, new_guardian);
    IF phone IS NOT NULL THEN
        PERFORM registry.give_consent(new_person, consent_evidence, new_guardian, 'contact');
        PERFORM registry.set_contact(new_person, 'phone', phone);
    END IF;

    number := coalesce(legacy_no, registry.next_volunteer_no(subject, since));
    INSERT INTO registry.volunteer AS v (person_id, volunteer_no, registered_on, organization_id, region)
    VALUES (new_person, number, since, subject.organization_id, home)
    RETURNING v.volunteer_id INTO new_volunteer;
    INSERT INTO registry.volunteer_event (volunteer_id, to_status, reason)
    VALUES (new_volunteer, 'active', registry.clean_text(backdating_reason));
    INSERT INTO registry.membership (organization_id, person_id, role, valid)
    VALUES (subject.organization_id, new_person, 'member', daterange(since, NULL));
    RETURN number;
END
$$;
COMMENT ON FUNCTION registry.register_volunteer(text, text, text, bigint, text, text, date, text, smallint, date, volunteer.volunteer_no, text, text, text) IS
    '登记志愿者,返回志愿者编号。参数:姓名;证件类型与号码;登记组织;居住区划;本人(或监护人)同意的凭证;注册日期,缺省今天,提前须有原系统编号或理由;电话;非居民身份证须给性别、出生日期;原系统编号;提前理由;监护人姓名与关系。错误 42501 not_staff、outside_scope,23514 consent_has_evidence、guardian_consents、minimum_age_registration、registered_by_today、registered_after_birth、backdating_has_reason、document_kind_fits_number、name_is_written、person_matches_document、sex_is_coded、born_in_the_past、contact_is_plausible,23505 one_person_one_registration、one_document_one_person、one_number_one_volunteer,22P02 document_number_valid,23503 known_document_kind、known_organization、known_region,55000 organization_active';

CREATE FUNCTION registry.require_volunteer(volunteer_no volunteer.volunteer_no) RETURNS registry.volunteer
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.volunteer;
BEGIN
    SELECT v.* INTO subject FROM registry.volunteer v WHERE v.volunteer_no = require_volunteer.volunteer_no;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_volunteer',
            MESSAGE = 'No volunteer has this number.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.require_volunteer(volunteer.volunteer_no) IS '按编号取志愿者;错误 23503 known_volunteer';

CREATE FUNCTION registry.require_active_volunteer(subject registry.volunteer) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF subject.status <> 'active' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'volunteer_active',
            MESSAGE = 'The volunteer is not active.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_active_volunteer(registry.volunteer) IS '检查志愿者在册;错误 55000 volunteer_active';

CREATE FUNCTION registry.take_oath(volunteer_no volunteer.volunteer_no, sworn_on date DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.volunteer;
BEGIN
    PERFORM FROM registry.volunteer v WHERE v.volunteer_no = take_oath.volunteer_no FOR NO KEY UPDATE;
    subject := registry.require_volunteer(volunteer_no);
    PERFORM registry.require_duty('registrar', subject.organization_id);
    PERFORM registry.require_active_volunteer(subject);
    IF subject.oath_on IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'sworn_once',
            MESSAGE = 'The volunteer has taken the oath.';
    END IF;
    IF sworn_on > registry.today() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'sworn_by_today',
            MESSAGE = 'An oath is not dated in the future.';
    END IF;
    UPDATE registry.volunteer v SET oath_on = coalesce(sworn_on, registry.today())
    WHERE v.volunteer_id = subject.volunteer_id;
END
$$;
COMMENT ON FUNCTION registry.take_oath(volunteer.volunteer_no, date) IS
    '登记宣誓,日期缺省今天;错误 42501 not_staff、outside_scope,23503 known_volunteer,23514 sworn_by_today、oath_not_before_registration,55000 volunteer_active、sworn_once';

CREATE FUNCTION registry.change_volunteer_status(
    volunteer_no volunteer.volunteer_no, to_status text, reason text, consent_evidence text DEFAULT NULL,
    guardian_name text DEFAULT NULL, guardian_relation text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.volunteer;
    change bigint;
BEGIN
    PERFORM FROM registry.volunteer v WHERE v.volunteer_no = change_volunteer_status.volunteer_no FOR NO KEY UPDATE;
    subject := registry.require_volunteer(volunteer_no);
    PERFORM registry.require_duty(
        registry.require_transition('volunteer', subject.status, to_status, reason), subject.organization_id);
    -- However it ended: who is suspended could withdraw and return.
    IF to_status = 'active' THEN
        PERFORM registry.require_other_volunteer(subject.volunteer_id);
    END IF;
    IF subject.status = 'withdrawn' AND to_status = 'active' THEN
        PERFORM registry.require_whole_person(subject.person_id);
        PERFORM registry.require_consent_age(p.birth_date, subject.region, guardian_name IS NOT NULL)
        FROM registry.person p WHERE p.person_id = subject.person_id;
        PERFORM registry.give_consent(subject.person_id, consent_evidence, CASE WHEN guardian_name IS NOT NULL THEN
            registry.new_guardian(subject.person_id, guardian_name, guardian_relation) END);
    ELSIF to_status IN ('withdrawn', 'removed', 'deceased') THEN
        PERFORM registry.end_consents(subject.person_id, subject.region);
    END IF;
    UPDATE registry.volunteer v SET status = to_status WHERE v.volunteer_id = subject.volunteer_id;
    INSERT INTO registry.volunteer_event (volunteer_id, from_status, to_status, reason)
    VALUES (subject.volunteer_id, subject.status, to_status, registry.clean_text(reason))
    RETURNING event_id INTO change;
    IF to_status IN ('withdrawn', 'removed', 'deceased') THEN
        PERFORM registry.settle_exit(subject.volunteer_id, change, registry.clean_text(reason));
    ELSIF subject.status = 'withdrawn' THEN
        INSERT INTO registry.membership (organization_id, person_id, role, valid)
        VALUES (subject.organization_id, subject.person_id, 'member', daterange(registry.today(), NULL));
    END IF;
END
$$;
COMMENT ON FUNCTION registry.change_volunteer_status(volunteer.volunteer_no, text, text, text, text, text) IS
    '变更注册状态(登记组织的登记员);退出、取消身份、去世即时结清(见 settlement),并终止各项同意,联系方式按政策 contact_retention_days 到期删除,退出后恢复须重新取得同意;错误 42501 not_staff、outside_scope,55000 known_transition、person_is_whole,23514 reason_required、reviewer_is_not_volunteer(不得为本人恢复)、consent_has_evidence、guardian_consents,23503 known_volunteer';

CREATE FUNCTION registry.add_member(
    organization_id bigint, volunteer_no volunteer.volunteer_no, role text DEFAULT 'member', since date DEFAULT NULL,
    evidence text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.volunteer;
BEGIN
    PERFORM registry.require_duty('registrar', organization_id);
    PERFORM registry.require_active_organization(organization_id);
    -- Whoever leaves meanwhile is waited for: the exit ends all memberships.
    PERFORM FROM registry.volunteer v WHERE v.volunteer_no = add_member.volunteer_no FOR NO KEY UPDATE;
    subject := registry.require_volunteer(volunteer_no);
    PERFORM registry.require_active_volunteer(subject);
    -- Members' contacts and hours are read where they are members, and members are counted: nobody is made one unasked.
    IF coalesce(registry.clean_text(evidence), '') = '' AND NOT registry.is_within(subject.organization_id, ARRAY(
        SELECT s.organization_id FROM registry.staff s
        WHERE s.role_name = session_user AND s.duty = 'registrar' AND s.valid @> registry.today())) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'membership_has_evidence',
            MESSAGE = 'Who is registered with another body joins only on an application.';
    END IF;
    INSERT INTO registry.membership (organization_id, person_id, role, valid, evidence)
    VALUES (add_member.organization_id, subject.person_id, role, daterange(coalesce(since, registry.today()), NULL),
        nullif(registry.clean_text(evidence), ''));
END
$$;
COMMENT ON FUNCTION registry.add_member(bigint, volunteer.volunteer_no, text, date, text) IS
    '加入队伍。参数:组织、志愿者、身份、起始日(缺省今天)、本人申请的凭证(不任其登记组织或上级的登记员时必填)。错误 42501 not_staff、outside_scope,23P01 no_duplicate_membership,23514 membership_role、membership_begins_on_a_day、membership_has_evidence,23503 known_volunteer,55000 organization_active、volunteer_active';

CREATE FUNCTION registry.end_membership(
    organization_id bigint, volunteer_no volunteer.volunteer_no, role text DEFAULT 'member')
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_duty('registrar', organization_id);
    UPDATE registry.membership m
    SET valid = daterange(lower(m.valid), registry.today())
    WHERE m.organization_id = end_membership.organization_id
        AND m.person_id = (registry.require_volunteer(volunteer_no)).person_id
        AND m.role = end_membership.role
        AND m.valid @> registry.today();
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_membership',
            MESSAGE = 'There is no such membership in force.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.end_membership(bigint, volunteer.volunteer_no, text) IS
    '离开队伍,今日起失效;错误 42501 not_staff、outside_scope,P0002 known_membership,23503 known_volunteer';

GRANT EXECUTE ON FUNCTION registry.allot_number_block(bigint, integer, date) TO registry_administrator;
GRANT EXECUTE ON FUNCTION registry.register_volunteer(text, text, text, bigint, text, text, date, text, smallint, date,
    volunteer.volunteer_no, text, text, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.take_oath(volunteer.volunteer_no, date) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.change_volunteer_status(volunteer.volunteer_no, text, text, text, text, text)
    TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.add_member(bigint, volunteer.volunteer_no, text, date, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.end_membership(bigint, volunteer.volunteer_no, text) TO registry_registrar;
GRANT SELECT ON registry.volunteer_event TO registry_auditor;
