-- Orders from residents: 点单 (request), 制单 (order), 派单 and 接单 (dispatch), 评单 (rating).

CREATE TABLE registry.beneficiary (
    beneficiary_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    pseudonym text NOT NULL,
    kind text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    CONSTRAINT one_pseudonym_in_organization UNIQUE (organization_id, pseudonym),
    CONSTRAINT pseudonym_is_written CHECK (char_length(pseudonym) BETWEEN 1 AND 40 AND pseudonym IS NFC NORMALIZED)
);
COMMENT ON TABLE registry.beneficiary IS '服务对象台账:只记化名,真实身份由社区保管,不入库';
COMMENT ON COLUMN registry.beneficiary.beneficiary_id IS '服务对象编号';
COMMENT ON COLUMN registry.beneficiary.organization_id IS '建档组织(社区、站点)';
COMMENT ON COLUMN registry.beneficiary.pseudonym IS '化名或编号';
COMMENT ON COLUMN registry.beneficiary.kind IS '服务对象类别(代码集 beneficiary)';
COMMENT ON COLUMN registry.beneficiary.created_at IS '建档时间';
COMMENT ON COLUMN registry.beneficiary.created_by IS '建档人(数据库角色)';

CREATE TABLE registry.service_order (
    order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    title text NOT NULL,
    category text NOT NULL,
    period tstzrange NOT NULL,
    activity_id bigint CONSTRAINT one_order_one_activity UNIQUE REFERENCES registry.activity,
    served integer,
    summary text,
    status text NOT NULL DEFAULT 'compiled',
    CONSTRAINT order_is_titled CHECK (char_length(title) BETWEEN 1 AND 100 AND title IS NFC NORMALIZED),
    CONSTRAINT order_has_bounds CHECK (
        NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period) AND NOT upper_inf(period)
        AND isfinite(lower(period)) AND isfinite(upper(period))),
    CONSTRAINT order_status CHECK (status IN
        ('compiled', 'dispatched', 'declined', 'accepted', 'in_service', 'reported', 'rated', 'closed', 'cancelled')),
    CONSTRAINT accepted_has_activity CHECK (
        (activity_id IS NOT NULL) = (status IN ('accepted', 'in_service', 'reported', 'rated', 'closed'))),
    CONSTRAINT report_says_who_was_served CHECK (
        (served IS NOT NULL) = (status IN ('reported', 'rated', 'closed')) AND (served IS NULL) = (summary IS NULL)
        AND served >= 0 AND char_length(summary) BETWEEN 1 AND 2000)
);
CREATE INDEX service_order_organization ON registry.service_order (organization_id);
COMMENT ON TABLE registry.service_order IS '服务订单(制单)';
COMMENT ON COLUMN registry.service_order.order_id IS '订单编号';
COMMENT ON COLUMN registry.service_order.organization_id IS '制单中心';
COMMENT ON COLUMN registry.service_order.title IS '订单名称';
COMMENT ON COLUMN registry.service_order.category IS '服务类别(代码集 service_category)';
COMMENT ON COLUMN registry.service_order.period IS '服务时间';
COMMENT ON COLUMN registry.service_order.activity_id IS '接单后发布的活动';
COMMENT ON COLUMN registry.service_order.served IS '服务人数';
COMMENT ON COLUMN registry.service_order.summary IS '服务情况';
COMMENT ON COLUMN registry.service_order.status IS
    '状态:compiled 已制单,dispatched 已派单,declined 被退回,accepted 已接单,in_service 服务中,reported 已反馈,rated 已评单,closed 已办结,cancelled 已撤销';

CREATE TABLE registry.service_request (
    request_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    beneficiary_id bigint REFERENCES registry.beneficiary,
    category text NOT NULL,
    description text NOT NULL,
    wanted_by date,
    submitted_at timestamptz NOT NULL DEFAULT now(),
    submitted_by name NOT NULL DEFAULT session_user,
    order_id bigint REFERENCES registry.service_order,
    status text NOT NULL DEFAULT 'submitted',
    CONSTRAINT request_is_described CHECK (char_length(description) BETWEEN 1 AND 1000),
    CONSTRAINT request_status CHECK (status IN ('submitted', 'compiled', 'rejected', 'withdrawn')),
    CONSTRAINT compiled_has_order CHECK ((status = 'compiled') = (order_id IS NOT NULL))
);
CREATE INDEX service_request_organization ON registry.service_request (organization_id);
CREATE INDEX service_request_order ON registry.service_request (order_id);
COMMENT ON TABLE registry.service_request IS '居民需求(点单)';
COMMENT ON COLUMN registry.service_request.request_id IS '需求编号';
COMMENT ON COLUMN registry.service_request.organization_id IS '受理组织(社区、站点)';
COMMENT ON COLUMN registry.service_request.beneficiary_id IS '服务对象;为空表示面向公众';
COMMENT ON COLUMN registry.service_request.category IS '服务类别(代码集 service_category)';
COMMENT ON COLUMN registry.service_request.description IS '需求内容;不写姓名、电话、证件号码';
COMMENT ON COLUMN registry.service_request.wanted_by IS '希望完成日期';
COMMENT ON COLUMN registry.service_request.submitted_at IS '点单时间';
COMMENT ON COLUMN registry.service_request.submitted_by IS '受理人(数据库角色)';
COMMENT ON COLUMN registry.service_request.order_id IS '所入订单';
COMMENT ON COLUMN registry.service_request.status IS '状态:submitted 已点单,compiled 已制单,rejected 不受理,withdrawn 撤回';

CREATE TABLE registry.dispatch (
    dispatch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES registry.service_order,
    organization_id bigint REFERENCES registry.organization,
    dispatched_at timestamptz NOT NULL DEFAULT now(),
    dispatched_by name NOT NULL DEFAULT session_user,
    answer text,
    answered_at timestamptz,
    answered_by name,
    CONSTRAINT dispatch_answer CHECK (answer IN ('accepted', 'declined', 'recalled')),
    CONSTRAINT answer_is_signed CHECK (
        (answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)),
    CONSTRAINT accepted_by_somebody CHECK (answer <> 'accepted' OR organization_id IS NOT NULL)
);
CREATE UNIQUE INDEX one_open_dispatch ON registry.dispatch (order_id) WHERE answer IS NULL;
CREATE UNIQUE INDEX one_acceptance ON registry.dispatch (order_id) WHERE answer = 'accepted';
CREATE INDEX dispatch_organization ON registry.dispatch (organization_id);
COMMENT ON TABLE registry.dispatch IS '派单与接单;一张订单同时只有一次派单未答复';
COMMENT ON COLUMN registry.dispatch.dispatch_id IS '派单编号';
COMMENT ON COLUMN registry.dispatch.order_id IS '订单';
COMMENT ON COLUMN registry.dispatch.organization_id IS '承接组织;公开征集在接单前为空';
COMMENT ON COLUMN registry.dispatch.dispatched_at IS '派单时间';
COMMENT ON COLUMN registry.dispatch.dispatched_by IS '派单人(数据库角色)';
COMMENT ON COLUMN registry.dispatch.answer IS '答复:accepted 接单,declined 退回,recalled 收回';
COMMENT ON COLUMN registry.dispatch.answered_at IS '答复时间';
COMMENT ON COLUMN registry.dispatch.answered_by IS '答复人(数据库角色)';

CREATE TABLE registry.order_rating (
    request_id bigint CONSTRAINT one_rating_of_a_request PRIMARY KEY REFERENCES registry.service_request,
    score smallint NOT NULL,
    comment text,
    rated_at timestamptz NOT NULL DEFAULT now(),
    rated_by name NOT NULL DEFAULT session_user,
    CONSTRAINT score_from_one_to_five CHECK (score BETWEEN 1 AND 5),
    CONSTRAINT comment_is_short CHECK (char_length(comment) <= 1000)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.order_rating
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.order_rating IS '评单:每项需求一次,由受理组织代居民录入,不改不删';
COMMENT ON COLUMN registry.order_rating.request_id IS '需求';
COMMENT ON COLUMN registry.order_rating.score IS '满意度,1 至 5 分';
COMMENT ON COLUMN registry.order_rating.comment IS '评语';
COMMENT ON COLUMN registry.order_rating.rated_at IS '评单时间';
COMMENT ON COLUMN registry.order_rating.rated_by IS '录入人(数据库角色)';

CREATE TABLE registry.order_event (
    order_id bigint NOT NULL REFERENCES registry.service_order,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (order_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.order_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.order_event IS '订单状态变更记录,只追加;各环节用时由此统计';
COMMENT ON COLUMN registry.order_event.order_id IS '订单';

CREATE TABLE registry.request_event (
    request_id bigint NOT NULL REFERENCES registry.service_request,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (request_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.request_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.request_event IS '需求状态变更记录,只追加';
COMMENT ON COLUMN registry.request_event.request_id IS '需求';

CREATE FUNCTION registry.add_beneficiary(organization_id bigint, pseudonym text, kind text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_beneficiary bigint;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    PERFORM registry.require_code('beneficiary', kind);
    INSERT INTO registry.beneficiary AS b (organization_id, pseudonym, kind)
    VALUES (organization_id, registry.clean_text(pseudonym), kind)
    RETURNING b.beneficiary_id INTO new_beneficiary;
    RETURN new_beneficiary;
END
$$;
COMMENT ON FUNCTION registry.add_beneficiary(bigint, text, text) IS
    '服务对象建档,返回编号;只写化名;类别见代码集 beneficiary;错误 42501 not_staff、outside_scope,23503 known_code,23505 one_pseudonym_in_organization,23514 pseudonym_is_written';

CREATE FUNCTION registry.request_service(
    organization_id bigint, category text, description text, beneficiary_id bigint DEFAULT NULL, wanted_by date DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_request bigint;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    PERFORM registry.require_active_organization(organization_id);
    PERFORM registry.require_code('service_category', category);
    IF beneficiary_id IS NOT NULL THEN
        PERFORM FROM registry.beneficiary b
        WHERE b.beneficiary_id = request_service.beneficiary_id AND b.organization_id = request_service.organization_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING
                ERRCODE = 'foreign_key_violation',
                CONSTRAINT = 'known_beneficiary',
                MESSAGE = 'The organization has no such beneficiary.';
        END IF;
    END IF;
    INSERT INTO registry.service_request AS r (organization_id, beneficiary_id, category, description, wanted_by)
    VALUES (organization_id, beneficiary_id, category, registry.clean_text(description), wanted_by)
    RETURNING r.request_id INTO new_request;
    INSERT INTO registry.request_event (request_id, to_status) VALUES (new_request, 'submitted');
    RETURN new_request;
END
$$;
COMMENT ON FUNCTION registry.request_service(bigint, text, text, bigint, date) IS
    '点单,返回需求编号。参数:受理组织、服务类别、内容(不写个人信息)、服务对象(为空表示面向公众)、希望完成日期。错误 42501 not_staff、outside_scope,23503 known_organization、known_code、known_beneficiary,23514 request_is_described,55000 organization_active';

CREATE FUNCTION registry.move_request(request_id bigint, to_status text, reason text, order_id bigint DEFAULT NULL)
    RETURNS registry.service_request
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.service_request;
BEGIN
    SELECT r.* INTO subject FROM registry.service_request r WHERE r.request_id = move_request.request_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_request',
            MESSAGE = 'There is no such request.';
    END IF;
    PERFORM registry.require_duty(
        registry.require_transition('service_request', subject.status, to_status, reason), subject.organization_id);
    UPDATE registry.service_request r
    SET status = to_status, order_id = move_request.order_id
    WHERE r.request_id = subject.request_id;
    INSERT INTO registry.request_event (request_id, from_status, to_status, reason)
    VALUES (subject.request_id, subject.status, to_status, registry.clean_text(reason));
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.move_request(bigint, text, text, bigint) IS
    '变更需求状态并记入 request_event,返回变更前的需求;错误 42501 not_staff、outside_scope,23503 known_request,55000 known_transition,23514 reason_required';

CREATE FUNCTION registry.close_request(request_id bigint, to_status text, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    IF to_status IS NULL OR to_status NOT IN ('rejected', 'withdrawn') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'known_transition',
            MESSAGE = 'A request is rejected or withdrawn.';
    END IF;
    PERFORM registry.move_request(request_id, to_status, reason);
END
$$;
COMMENT ON FUNCTION registry.close_request(bigint, text, text) IS
    '需求不受理(rejected,派单员)或撤回(withdrawn,受理组织记录员),须说明理由;错误 55000 known_transition,其余同 move_request';

CREATE FUNCTION registry.compile_order(
    organization_id bigint, title text, category text, period tstzrange, requests bigint[])
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    new_order bigint;
    wanted bigint;
BEGIN
    PERFORM registry.require_duty('dispatcher', organization_id);
    PERFORM registry.require_active_organization(organization_id);
    PERFORM registry.require_code('service_category', category);
    IF coalesce(cardinality(requests), 0) = 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            CONSTRAINT = 'order_answers_requests',
            MESSAGE = 'An order answers at least one request.';
    END IF;
    INSERT INTO registry.service_order AS o (organization_id, title, category, period)
    VALUES (organization_id, registry.clean_text(title), category, period)
    RETURNING o.order_id INTO new_order;
    INSERT INTO registry.order_event (order_id, to_status) VALUES (new_order, 'compiled');
    FOR wanted IN SELECT DISTINCT u FROM unnest(requests) AS u ORDER BY u LOOP
        PERFORM registry.move_request(wanted, 'compiled', NULL, new_order);
    END LOOP;
    RETURN new_order;
END
$$;
COMMENT ON FUNCTION registry.compile_order(bigint, text, text, tstzrange, bigint[]) IS
    '制单:把一项或多项需求编成订单,返回订单编号。参数:制单中心、名称、服务类别、服务时间、需求编号。错误 42501 not_staff、outside_scope,22023 order_answers_requests,23503 known_organization、known_code、known_request,23514 order_is_titled、order_has_bounds,55000 organization_active、known_transition';

CREATE FUNCTION registry.lock_order(order_id bigint) RETURNS registry.service_order
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.service_order;
BEGIN
    SELECT o.* INTO subject FROM registry.service_order o WHERE o.order_id = lock_order.order_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_order',
            MESSAGE = 'There is no such order.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.lock_order(bigint) IS '取订单并锁定至事务结束;错误 23503 known_order';

CREATE FUNCTION registry.move_order(subject registry.service_order, organization_id bigint, to_status text, reason text)
    RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    PERFORM registry.require_duty(
        registry.require_transition('service_order', subject.status, to_status, reason), organization_id);
    INSERT INTO registry.order_event (order_id, from_status, to_status, reason)
    VALUES (subject.order_id, subject.status, to_status, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.move_order(registry.service_order, bigint, text, text) IS
    '检查订单状态变更和办理组织的职责,记入 order_event;错误 42501 not_staff、outside_scope,55000 known_transition,23514 reason_required';

CREATE FUNCTION registry.provider_of(subject registry.service_order) RETURNS bigint
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT d.organization_id FROM registry.dispatch d WHERE d.order_id = subject.order_id AND d.answer = 'accepted';
END;
COMMENT ON FUNCTION registry.provider_of(registry.service_order) IS '承接订单的组织';

CREATE FUNCTION registry.dispatch_order(order_id bigint, organization_id bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_order := registry.lock_order(order_id);
    new_dispatch bigint;
BEGIN
    PERFORM registry.move_order(subject, subject.organization_id, 'dispatched', NULL);
    IF organization_id IS NOT NULL THEN
        PERFORM registry.require_active_organization(organization_id);
        PERFORM registry.require_below(subject, organization_id);
    END IF;
    UPDATE registry.service_order o SET status = 'dispatched' WHERE o.order_id = subject.order_id;
    INSERT INTO registry.dispatch AS d (order_id, organization_id)
    VALUES (subject.order_id, dispatch_order.organization_id)
    RETURNING d.dispatch_id INTO new_dispatch;
    RETURN new_dispatch;
END
$$;
COMMENT ON FUNCTION registry.dispatch_order(bigint, bigint) IS
    '派单给下级组织,不指定则向全部下级公开征集,返回派单编号;错误 42501 not_staff、outside_scope、provider_below_center,23503 known_order、known_organization,55000 known_transition、organization_active';

CREATE FUNCTION registry.require_below(subject registry.service_order, organization_id bigint) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF subject.organization_id NOT IN (SELECT registry.organization_above(require_below.organization_id)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'provider_below_center',
            MESSAGE = 'The organization is not below the one that compiled the order.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.require_below(registry.service_order, bigint) IS
    '检查承接组织为制单中心本身或其下级;错误 42501 provider_below_center';

CREATE FUNCTION registry.answer_dispatch(
    subject registry.service_order, organization_id bigint, answer text)
    RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    UPDATE registry.dispatch d
    SET organization_id = coalesce(d.organization_id, answer_dispatch.organization_id), answer = answer_dispatch.answer,
        answered_at = now(), answered_by = session_user
    WHERE d.order_id = subject.order_id AND d.answer IS NULL
        AND (answer_dispatch.answer = 'recalled'
            OR d.organization_id = answer_dispatch.organization_id
            OR d.organization_id IS NULL AND answer_dispatch.answer = 'accepted');
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'dispatched_to_organization',
            MESSAGE = 'The order was not dispatched to this organization.';
    END IF;
END
$$;
COMMENT ON FUNCTION registry.answer_dispatch(registry.service_order, bigint, text) IS
    '答复未答复的派单;公开征集只能接单;错误 42501 dispatched_to_organization';

CREATE FUNCTION registry.accept_order(order_id bigint, organization_id bigint, project_id bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_order := registry.lock_order(order_id);
    new_activity bigint;
BEGIN
    PERFORM registry.move_order(subject, organization_id, 'accepted', NULL);
    PERFORM registry.require_below(subject, organization_id);
    PERFORM registry.answer_dispatch(subject, organization_id, 'accepted');
    new_activity := registry.create_activity(project_id, subject.title, subject.period, organization_id => organization_id);
    UPDATE registry.service_order o
    SET status = 'accepted', activity_id = new_activity
    WHERE o.order_id = subject.order_id;
    RETURN new_activity;
END
$$;
COMMENT ON FUNCTION registry.accept_order(bigint, bigint, bigint) IS
    '接单:同时在项目下发布活动,返回活动编号;两家同抢一单,后者遭拒。参数:订单、承接组织、项目。错误 42501 not_staff、outside_scope、provider_below_center、dispatched_to_organization、project_within_reach,23503 known_order、known_project,23514 published_before_start,55000 known_transition、organization_active';

CREATE FUNCTION registry.decline_order(order_id bigint, organization_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_order := registry.lock_order(order_id);
BEGIN
    PERFORM registry.move_order(subject, organization_id, 'declined', reason);
    PERFORM registry.answer_dispatch(subject, organization_id, 'declined');
    UPDATE registry.service_order o SET status = 'declined' WHERE o.order_id = subject.order_id;
END
$$;
COMMENT ON FUNCTION registry.decline_order(bigint, bigint, text) IS
    '退回派单,须说明理由;错误 42501 not_staff、outside_scope、dispatched_to_organization,23503 known_order,55000 known_transition,23514 reason_required';

CREATE FUNCTION registry.return_order(activity_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.service_order;
BEGIN
    SELECT o.* INTO subject FROM registry.service_order o WHERE o.activity_id = return_order.activity_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM registry.move_order(subject, registry.provider_of(subject), 'declined', reason);
    UPDATE registry.dispatch d
    SET answer = 'declined', answered_at = now(), answered_by = session_user
    WHERE d.order_id = subject.order_id AND d.answer = 'accepted';
    UPDATE registry.service_order o SET status = 'declined', activity_id = NULL WHERE o.order_id = subject.order_id;
END
$$;
COMMENT ON FUNCTION registry.return_order(bigint, text) IS
    '活动取消:所承接的订单退回,可另行派单或撤销。参数:活动、理由。错误 42501 not_staff、outside_scope,55000 known_transition,23514 reason_required';

CREATE FUNCTION registry.withdraw_order(order_id bigint, to_status text, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_order := registry.lock_order(order_id);
BEGIN
    IF to_status IS NULL OR to_status NOT IN ('compiled', 'cancelled') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'known_transition',
            MESSAGE = 'An order is taken back or cancelled.';
    END IF;
    PERFORM registry.move_order(subject, subject.organization_id, to_status, reason);
    IF subject.status = 'dispatched' THEN
        PERFORM registry.answer_dispatch(subject, NULL, 'recalled');
    END IF;
    UPDATE registry.service_order o SET status = to_status WHERE o.order_id = subject.order_id;
    IF to_status = 'cancelled' THEN
        -- Who asked is still waiting.
        WITH freed AS (
            UPDATE registry.service_request r SET status = 'submitted', order_id = NULL
            WHERE r.order_id = subject.order_id
            RETURNING r.request_id
        )
        INSERT INTO registry.request_event (request_id, from_status, to_status, reason)
        SELECT f.request_id, 'compiled', 'submitted', registry.clean_text(withdraw_order.reason) FROM freed f;
    END IF;
END
$$;
COMMENT ON FUNCTION registry.withdraw_order(bigint, text, text) IS
    '制单中心收回派单(compiled)或撤销订单(cancelled,其中的需求退回已点单,可另行制单),须说明理由;错误 42501 not_staff、outside_scope,23503 known_order,55000 known_transition,23514 reason_required';

CREATE FUNCTION registry.begin_order(order_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_order := registry.lock_order(order_id);
    held registry.activity;
BEGIN
    PERFORM registry.move_order(subject, registry.provider_of(subject), 'in_service', NULL);
    held := registry.require_published_activity(subject.activity_id);
    IF lower(held.period) > now() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'activity_begun',
            MESSAGE = 'The activity of the order has not begun.';
    END IF;
    UPDATE registry.service_order o SET status = 'in_service' WHERE o.order_id = subject.order_id;
END
$$;
COMMENT ON FUNCTION registry.begin_order(bigint) IS
    '开始服务;错误 42501 not_staff、outside_scope,23503 known_order,55000 known_transition、activity_published、activity_begun';

CREATE FUNCTION registry.report_order(order_id bigint, served integer, summary text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_order := registry.lock_order(order_id);
BEGIN
    PERFORM registry.move_order(subject, registry.provider_of(subject), 'reported', NULL);
    UPDATE registry.service_order o
    SET status = 'reported', served = coalesce(report_order.served, -1), summary = coalesce(registry.clean_text(report_order.summary), '')
    WHERE o.order_id = subject.order_id;
END
$$;
COMMENT ON FUNCTION registry.report_order(bigint, integer, text) IS
    '服务反馈:服务人数与情况;错误 42501 not_staff、outside_scope,23503 known_order,55000 known_transition,23514 report_says_who_was_served';

CREATE FUNCTION registry.rate_request(request_id bigint, score integer, comment text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    wanted registry.service_request;
    subject registry.service_order;
BEGIN
    SELECT r.* INTO wanted FROM registry.service_request r WHERE r.request_id = rate_request.request_id;
    IF wanted.order_id IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_request',
            MESSAGE = 'There is no such request in an order.';
    END IF;
    subject := registry.lock_order(wanted.order_id);
    PERFORM registry.require_duty(
        registry.require_transition('service_order', subject.status, 'rated', NULL), wanted.organization_id);
    IF registry.provider_of(subject) = wanted.organization_id
        OR EXISTS (
            SELECT FROM registry.staff s
            WHERE s.organization_id IN (SELECT registry.organization_below(registry.provider_of(subject)))
                AND (s.role_name = session_user OR s.person_id IN (SELECT registry.persons_of(session_user))))
        -- Staff of a body above the provider act for it as well.
        OR EXISTS (
            SELECT FROM registry.order_event e
            WHERE e.order_id = subject.order_id AND e.to_status IN ('accepted', 'in_service', 'reported')
                AND registry.session_is(e.actor))
        OR EXISTS (
            SELECT FROM registry.service_record r
            JOIN registry.volunteer v ON v.volunteer_id = r.volunteer_id
            WHERE r.activity_id = subject.activity_id AND v.person_id IN (SELECT registry.persons_of(session_user))) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'rater_is_not_provider',
            MESSAGE = 'Who provided the service does not rate it.';
    END IF;
    INSERT INTO registry.order_rating (request_id, score, comment)
    VALUES (wanted.request_id, score, registry.clean_text(comment));
    IF NOT EXISTS (
        SELECT FROM registry.service_request r
        WHERE r.order_id = subject.order_id
            AND NOT EXISTS (SELECT FROM registry.order_rating g WHERE g.request_id = r.request_id)) THEN
        UPDATE registry.service_order o SET status = 'rated' WHERE o.order_id = subject.order_id;
        INSERT INTO registry.order_event (order_id, from_status, to_status)
        VALUES (subject.order_id, subject.status, 'rated');
    END IF;
END
$$;
COMMENT ON FUNCTION registry.rate_request(bigint, integer, text) IS
    '评单:由受理需求的组织代居民录入满意度 1 至 5 分;订单的全部需求评完即转为已评单;提供服务的组织、代其接单、开始或反馈的人、参加服务的人不得评。错误 42501 not_staff、outside_scope,23503 known_request,23505 one_rating_of_a_request,23514 rater_is_not_provider、score_from_one_to_five、comment_is_short,55000 known_transition';

CREATE FUNCTION registry.close_order(order_id bigint, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.service_order := registry.lock_order(order_id);
BEGIN
    PERFORM registry.move_order(subject, subject.organization_id, 'closed', reason);
    UPDATE registry.service_order o SET status = 'closed' WHERE o.order_id = subject.order_id;
END
$$;
COMMENT ON FUNCTION registry.close_order(bigint, text) IS
    '办结;未评完即办结须说明理由;错误 42501 not_staff、outside_scope,23503 known_order,55000 known_transition,23514 reason_required';

GRANT EXECUTE ON FUNCTION registry.add_beneficiary(bigint, text, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.request_service(bigint, text, text, bigint, date) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.close_request(bigint, text, text) TO registry_recorder, registry_dispatcher;
GRANT EXECUTE ON FUNCTION registry.compile_order(bigint, text, text, tstzrange, bigint[]) TO registry_dispatcher;
GRANT EXECUTE ON FUNCTION registry.dispatch_order(bigint, bigint) TO registry_dispatcher;
GRANT EXECUTE ON FUNCTION registry.withdraw_order(bigint, text, text) TO registry_dispatcher;
GRANT EXECUTE ON FUNCTION registry.accept_order(bigint, bigint, bigint) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.decline_order(bigint, bigint, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.begin_order(bigint) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.report_order(bigint, integer, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.rate_request(bigint, integer, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.close_order(bigint, text) TO registry_dispatcher;
GRANT SELECT ON registry.order_event, registry.request_event TO registry_auditor;
