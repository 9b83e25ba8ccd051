-- Brand projects: an organization above names a project a municipal demonstration or one to be fostered.

CREATE TABLE registry.project_designation (
    designation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES registry.project,
    designation text NOT NULL,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    document text NOT NULL,
    valid daterange NOT NULL,
    status text NOT NULL DEFAULT 'granted',
    CONSTRAINT project_designation CHECK (designation IN ('municipal_demo', 'key_incubation')),
    CONSTRAINT one_designation_at_a_time EXCLUDE USING gist (project_id WITH =, designation WITH =, valid WITH &&)
        WHERE (status = 'granted'),
    CONSTRAINT designation_has_document CHECK (char_length(document) BETWEEN 1 AND 200),
    CONSTRAINT designation_has_beginning CHECK (NOT isempty(valid) AND NOT lower_inf(valid) AND isfinite(lower(valid))),
    CONSTRAINT designation_status CHECK (status IN ('granted', 'revoked'))
);
COMMENT ON TABLE registry.project_designation IS '品牌项目:市级示范项目、重点培育项目';
COMMENT ON COLUMN registry.project_designation.designation_id IS '认定编号';
COMMENT ON COLUMN registry.project_designation.project_id IS '项目';
COMMENT ON COLUMN registry.project_designation.designation IS '种类:municipal_demo 市级示范项目,key_incubation 重点培育项目';
COMMENT ON COLUMN registry.project_designation.organization_id IS '认定组织,是项目所属组织的上级';
COMMENT ON COLUMN registry.project_designation.document IS '认定文件';
COMMENT ON COLUMN registry.project_designation.valid IS '有效期';
COMMENT ON COLUMN registry.project_designation.status IS '状态:granted 已认定,revoked 已撤销';

CREATE TABLE registry.designation_event (
    designation_id bigint NOT NULL REFERENCES registry.project_designation,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (designation_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.designation_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.designation_event IS '品牌项目状态变更记录,只追加';
COMMENT ON COLUMN registry.designation_event.designation_id IS '认定';

CREATE FUNCTION registry.designate_project(
    project_id bigint, designation text, organization_id bigint, document text, valid daterange)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    owner bigint;
    new_designation bigint;
BEGIN
    PERFORM registry.require_duty('reviewer', organization_id);
    PERFORM registry.require_active_organization(organization_id);
    SELECT p.organization_id INTO owner FROM registry.project p WHERE p.project_id = designate_project.project_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_project',
            MESSAGE = 'There is no such project.';
    END IF;
    IF owner = organization_id OR organization_id NOT IN (SELECT registry.organization_above(owner)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'designated_from_above',
            MESSAGE = 'A project is designated by an organization above its own.';
    END IF;
    INSERT INTO registry.project_designation AS d (project_id, designation, organization_id, document, valid)
    VALUES (project_id, designation, organization_id, registry.clean_text(document), valid)
    RETURNING d.designation_id INTO new_designation;
    INSERT INTO registry.designation_event (designation_id, to_status) VALUES (new_designation, 'granted');
    RETURN new_designation;
END
$$;
COMMENT ON FUNCTION registry.designate_project(bigint, text, bigint, text, daterange) IS
    '认定品牌项目,返回认定编号。参数:项目、种类(municipal_demo 市级示范、key_incubation 重点培育)、认定组织(项目所属组织的上级)、认定文件、有效期。错误 42501 not_staff、outside_scope、designated_from_above,23503 known_project、known_organization,23514 project_designation、designation_has_document、designation_has_beginning,23P01 one_designation_at_a_time,55000 organization_active';

CREATE FUNCTION registry.revoke_designation(designation_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.project_designation;
BEGIN
    SELECT d.* INTO subject
    FROM registry.project_designation d
    WHERE d.designation_id = revoke_designation.designation_id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_designation',
            MESSAGE = 'There is no such designation.';
    END IF;
    PERFORM registry.require_duty(
        registry.require_transition('project_designation', subject.status, 'revoked', reason), subject.organization_id);
    UPDATE registry.project_designation d SET status = 'revoked' WHERE d.designation_id = subject.designation_id;
    INSERT INTO registry.designation_event (designation_id, from_status, to_status, reason)
    VALUES (subject.designation_id, subject.status, 'revoked', registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.revoke_designation(bigint, text) IS
    '撤销品牌项目,须说明理由;错误 42501 not_staff、outside_scope,23503 known_designation,23514 reason_required,55000 known_transition';

GRANT EXECUTE ON FUNCTION registry.designate_project(bigint, text, bigint, text, daterange) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.revoke_designation(bigint, text) TO registry_reviewer;
GRANT SELECT ON registry.designation_event TO registry_auditor;
