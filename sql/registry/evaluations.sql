-- Evaluation: how well a volunteer served, said by the organization and by those served, never by the volunteer.

CREATE TABLE registry.evaluation (
    volunteer_id bigint NOT NULL,
    evaluation_id bigint GENERATED ALWAYS AS IDENTITY,
    service_date date NOT NULL,
    record_id bigint NOT NULL,
    beneficiary_id bigint REFERENCES registry.beneficiary,
    punctuality smallint NOT NULL,
    attitude smallint NOT NULL,
    skill smallint NOT NULL,
    comment text,
    comment_salt uuid,
    comment_sha256 bytea,
    evaluated_at timestamptz NOT NULL DEFAULT now(),
    evaluated_by name NOT NULL DEFAULT session_user,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (volunteer_id, evaluation_id),
    FOREIGN KEY (volunteer_id, service_date, record_id) REFERENCES registry.service_record,
    CONSTRAINT evaluated_once UNIQUE NULLS NOT DISTINCT (volunteer_id, record_id, beneficiary_id),
    CONSTRAINT scores_from_one_to_five CHECK (
        punctuality BETWEEN 1 AND 5 AND attitude BETWEEN 1 AND 5 AND skill BETWEEN 1 AND 5),
    CONSTRAINT evaluation_comment_is_short CHECK (char_length(comment) BETWEEN 1 AND 500),
    CONSTRAINT comment_has_salt CHECK ((comment IS NULL) = (comment_salt IS NULL)),
    CONSTRAINT comment_has_digest CHECK (
        comment IS NULL OR (registry.salted_digest(comment_salt, comment) = comment_sha256) IS TRUE)
);
CREATE UNIQUE INDEX evaluation_number ON registry.evaluation (evaluation_id);
CREATE INDEX ON registry.evaluation (xid);
CREATE TRIGGER append_only
    BEFORE DELETE OR TRUNCATE OR UPDATE OF volunteer_id, evaluation_id, service_date, record_id, beneficiary_id, punctuality,
        attitude, skill, comment_sha256, evaluated_at, evaluated_by, xid
    ON registry.evaluation FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
CREATE TRIGGER comment_is_only_erased BEFORE UPDATE OF comment, comment_salt ON registry.evaluation
    FOR EACH ROW WHEN (NEW.comment IS NOT NULL) EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.evaluation IS '服务质量评价(《志愿服务记录与证明出具办法(试行)》第十条):组织与每位服务对象对一条记录各评一次,不改不删,评语随个人信息删除';
COMMENT ON COLUMN registry.evaluation.volunteer_id IS '志愿者';
COMMENT ON COLUMN registry.evaluation.evaluation_id IS '评价编号';
COMMENT ON COLUMN registry.evaluation.service_date IS '服务日期';
COMMENT ON COLUMN registry.evaluation.record_id IS '服务记录';
COMMENT ON COLUMN registry.evaluation.beneficiary_id IS '评价的服务对象;空为组织评价';
COMMENT ON COLUMN registry.evaluation.punctuality IS '守时程度,1 至 5 分';
COMMENT ON COLUMN registry.evaluation.attitude IS '服务态度,1 至 5 分';
COMMENT ON COLUMN registry.evaluation.skill IS '专业水平,1 至 5 分';
COMMENT ON COLUMN registry.evaluation.comment IS '评语;志愿者的个人信息删除后为空';
COMMENT ON COLUMN registry.evaluation.comment_salt IS '评语摘要的盐,随评语删除';
COMMENT ON COLUMN registry.evaluation.comment_sha256 IS '评语的加盐摘要,据以封章;没有评语的为空';
COMMENT ON COLUMN registry.evaluation.evaluated_at IS '评价日期';
COMMENT ON COLUMN registry.evaluation.evaluated_by IS '录入人(数据库角色)';
COMMENT ON COLUMN registry.evaluation.xid IS '写入的事务,据以封章';

CREATE FUNCTION registry.evaluate(
    record_id bigint, punctuality integer, attitude integer, skill integer, comment text DEFAULT NULL,
    beneficiary_id bigint DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_record := registry.lock_record(record_id);
    clean_comment CONSTANT text := nullif(registry.clean_text(comment), '');
    salt CONSTANT uuid := CASE WHEN clean_comment IS NOT NULL THEN gen_random_uuid() END;
    body bigint := subject.organization_id;
    new_evaluation bigint;
BEGIN
    -- Those served speak through the body that knows them, not through the one that served them.
    IF beneficiary_id IS NOT NULL THEN
        SELECT b.organization_id INTO body
        FROM registry.beneficiary b WHERE b.beneficiary_id = evaluate.beneficiary_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING
                ERRCODE = 'foreign_key_violation',
                CONSTRAINT = 'known_beneficiary',
                MESSAGE = 'There is no such beneficiary.';
        END IF;
        -- Orders do not leave the bodies below one center either.
        IF NOT ARRAY(SELECT registry.organization_above(body)) && ARRAY(SELECT registry.organization_above(subject.organization_id)) THEN
            RAISE EXCEPTION USING
                ERRCODE = 'insufficient_privilege',
                CONSTRAINT = 'served_within_reach',
                MESSAGE = 'The beneficiary and the service belong to bodies that have none above in common.';
        END IF;
    END IF;
    PERFORM registry.require_duty('recorder', body);
    PERFORM registry.require_not_erased(subject.volunteer_id);
    PERFORM FROM registry.volunteer v
    WHERE v.volunteer_id = subject.volunteer_id AND v.person_id IN (SELECT registry.persons_of(session_user));
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'evaluator_is_not_volunteer',
            MESSAGE = 'Nobody evaluates own service.';
    END IF;
    IF NOT subject.live THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'record_is_live',
            MESSAGE = 'The record was refused, voided or corrected.';
    END IF;
    INSERT INTO registry.evaluation AS e
        (volunteer_id, service_date, record_id, beneficiary_id, punctuality, attitude, skill, comment, comment_salt, comment_sha256)
    VALUES (subject.volunteer_id, subject.service_date, subject.record_id, evaluate.beneficiary_id, punctuality, attitude, skill,
        clean_comment, salt, registry.salted_digest(salt, clean_comment))
    RETURNING e.evaluation_id INTO new_evaluation;
    RETURN new_evaluation;
END
$$;
COMMENT ON FUNCTION registry.evaluate(bigint, integer, integer, integer, text, bigint) IS
    '评价一条服务记录,返回评价编号。参数:记录;守时程度、服务态度、专业水平(各 1 至 5 分);评语;服务对象(缺省为组织评价),由其建档组织代为录入,该组织与记录组织须有共同的上级或互为上下级。错误 42501 not_staff、outside_scope、served_within_reach,23503 known_record、known_beneficiary,55000 record_is_live、person_not_erased,23505 evaluated_once,23514 scores_from_one_to_five、evaluation_comment_is_short、evaluator_is_not_volunteer';

GRANT EXECUTE ON FUNCTION registry.evaluate(bigint, integer, integer, integer, text, bigint) TO registry_recorder;
GRANT SELECT ON registry.evaluation TO registry_auditor;
