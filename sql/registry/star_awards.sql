-- How a star is awarded: applied for in turn by a recorder, made public by a reviewer, awarded when the publicity is over.
-- An objection stops it until a reviewer decides who neither applied nor objected.

CREATE FUNCTION registry.apply_for_star(volunteer_no volunteer.volunteer_no, level integer DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.volunteer := registry.require_volunteer(volunteer_no);
    due registry.star_due;
    new_award bigint;
BEGIN
    PERFORM registry.require_duty('recorder', subject.organization_id);
    subject := registry.lock_client(volunteer_no);
    PERFORM volunteer.flush_hours();
    SELECT d.* INTO due FROM registry.star_due d WHERE d.volunteer_id = subject.volunteer_id ORDER BY d.level LIMIT 1;
    IF NOT FOUND OR due.level <> apply_for_star.level THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'star_is_due',
            MESSAGE = 'This star level is not the next one due to the volunteer.';
    END IF;
    INSERT INTO registry.star_award AS a (volunteer_id, level, standard_id, threshold, basis_hours, as_of)
    VALUES (due.volunteer_id, due.level, due.standard_id, due.threshold, due.hours, registry.today())
    RETURNING a.award_id INTO new_award;
    INSERT INTO registry.star_event (volunteer_id, award_id, to_status) VALUES (due.volunteer_id, new_award, 'applied');
    RETURN due.level;
END
$$;
COMMENT ON FUNCTION registry.apply_for_star(volunteer.volunteer_no, integer) IS
    '申请下一星级并返回该级(记录员代志愿者录入,不得为本人);指定星级时须正是应评的下一级。错误 42501 not_staff、outside_scope,23503 known_volunteer,23514 volunteer_active、recorder_is_not_volunteer、star_is_due';

CREATE FUNCTION registry.apply_for_stars(organization_id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    candidates bigint[];
    applied integer;
BEGIN
    PERFORM registry.require_duty('recorder', organization_id);
    PERFORM volunteer.flush_hours();
    -- From the volunteers of these bodies to what is due to each, not from the hours of everybody.
    SELECT array_agg(v.volunteer_id ORDER BY v.volunteer_id) INTO candidates
    FROM registry.volunteer v
    WHERE v.organization_id = ANY (ARRAY(SELECT registry.organization_below(apply_for_stars.organization_id)))
        AND v.person_id NOT IN (SELECT registry.persons_of(session_user))
        AND EXISTS (SELECT FROM registry.star_due d WHERE d.volunteer_id = v.volunteer_id OFFSET 0);
    PERFORM registry.lock_volunteer(c) FROM unnest(candidates) AS c;
    WITH made AS (
        INSERT INTO registry.star_award AS a (volunteer_id, level, standard_id, threshold, basis_hours, as_of)
        SELECT d.volunteer_id, d.level, d.standard_id, d.threshold, d.hours, registry.today()
        FROM registry.star_due d
        WHERE d.volunteer_id = ANY (candidates)
        ORDER BY d.volunteer_id, d.level
        RETURNING a.volunteer_id, a.award_id
    )
    INSERT INTO registry.star_event (volunteer_id, award_id, to_status)
    SELECT m.volunteer_id, m.award_id, 'applied' FROM made m;
    GET DIAGNOSTICS applied = ROW_COUNT;
    RETURN applied;
END
$$;
COMMENT ON FUNCTION registry.apply_for_stars(bigint) IS
    '推荐:为该组织及其下级登记的志愿者(本人除外)申请全部应评星级,返回申请数;错误 42501 not_staff、outside_scope';

CREATE FUNCTION registry.star_publicity(organization_id bigint) RETURNS daterange
    LANGUAGE sql STABLE SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT daterange(registry.today() + 1,
        registry.today() + 1 + registry.policy_value('star_publicity_days', o.region, registry.today())::integer)
    FROM registry.organization o
    WHERE o.organization_id = star_publicity.organization_id;
END;
COMMENT ON FUNCTION registry.star_publicity(bigint) IS
    '今日通过的星级申请的公示期:自次日起,政策 star_publicity_days 天;错误 P0002 policy_missing';

CREATE FUNCTION registry.stars_to_decide(organization_id bigint) RETURNS SETOF registry.star_award
    LANGUAGE sql STABLE SET search_path = pg_catalog, volunteer, pg_temp
BEGIN ATOMIC
    SELECT a.*
    FROM registry.star_award a
    JOIN registry.volunteer v ON v.volunteer_id = a.volunteer_id
    JOIN registry.star_standard s ON s.standard_id = a.standard_id
    WHERE a.status IN ('applied', 'in_publicity')
        AND v.organization_id IN (SELECT registry.organization_below(stars_to_decide.organization_id))
        AND v.person_id NOT IN (SELECT registry.persons_of(session_user))
        AND NOT registry.session_is(a.applied_by)
        AND registry.awarding_level(stars_to_decide.organization_id) <= s.awarding_levels[a.level];
END;
COMMENT ON FUNCTION registry.stars_to_decide(bigint) IS
    '该组织及其下级待认定的星级中,当前审核员可以认定的:在其本级认定,不是其本人的,也不是其申请的';

CREATE FUNCTION registry.publish_stars(organization_id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    published integer;
BEGIN
    PERFORM registry.require_duty('reviewer', organization_id);
    WITH made AS (
        UPDATE registry.star_award a
        SET status = 'in_publicity', publicity = registry.star_publicity(v.organization_id)
        FROM registry.stars_to_decide(publish_stars.organization_id) AS d
        JOIN registry.volunteer v ON v.volunteer_id = d.volunteer_id
        WHERE (a.volunteer_id, a.award_id) = (d.volunteer_id, d.award_id) AND a.status = 'applied'
        RETURNING a.volunteer_id, a.award_id
    )
    INSERT INTO registry.star_event (volunteer_id, award_id, from_status, to_status)
    SELECT m.volunteer_id, m.award_id, 'applied', 'in_publicity' FROM made m;
    GET DIAGNOSTICS published = ROW_COUNT;
    RETURN published;
END
$$;
COMMENT ON FUNCTION registry.publish_stars(bigint) IS
    '通过该组织及其下级可在本级认定的全部星级申请,自次日起公示(政策 star_publicity_days 天),返回公示数;本人的、本人申请的除外;不通过的先以 review_star 逐一决定。错误 42501 not_staff、outside_scope,P0002 policy_missing';

CREATE FUNCTION registry.award_stars(organization_id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    candidates bigint[];
    step integer;
    awarded integer := 0;
BEGIN
    PERFORM registry.require_duty('reviewer', organization_id);
    SELECT array_agg(c.volunteer_id) INTO candidates
    FROM (
        SELECT DISTINCT d.volunteer_id
        FROM registry.stars_to_decide(award_stars.organization_id) AS d
        WHERE registry.today() < upper(d.publicity) IS NOT TRUE
        ORDER BY d.volunteer_id) AS c;
    PERFORM registry.lock_volunteer(c) FROM unnest(candidates) AS c;
    PERFORM volunteer.flush_hours();
    -- In turn: each level sees the awards of the one below.
    FOR next_level IN 1..5 LOOP
        WITH made AS (
            UPDATE registry.star_award a
            SET status = 'awarded', awarded_at = now()
            FROM registry.stars_to_decide(award_stars.organization_id) AS d
            JOIN registry.volunteer v ON v.volunteer_id = d.volunteer_id AND v.status = 'active'
            JOIN registry.star_hours h ON h.volunteer_id = d.volunteer_id AND h.hours >= d.threshold
            WHERE (a.volunteer_id, a.award_id) = (d.volunteer_id, d.award_id)
                AND a.volunteer_id = ANY (candidates) AND a.level = next_level AND a.status = 'in_publicity'
                AND registry.today() < upper(a.publicity) IS NOT TRUE
                AND (next_level = 1 OR EXISTS (
                    SELECT FROM registry.star_award b
                    WHERE b.volunteer_id = a.volunteer_id AND b.level = next_level - 1 AND b.status = 'awarded'))
            RETURNING a.volunteer_id, a.award_id
        )
        INSERT INTO registry.star_event (volunteer_id, award_id, from_status, to_status)
        SELECT m.volunteer_id, m.award_id, 'in_publicity', 'awarded' FROM made m;
        GET DIAGNOSTICS step = ROW_COUNT;
        awarded := awarded + step;
    END LOOP;
    RETURN awarded;
END
$$;
COMMENT ON FUNCTION registry.award_stars(bigint) IS
    '认定该组织及其下级公示期满、在本级认定的星级并编号,返回认定数;逐级认定,此时时长仍须达到、志愿者仍须在册,有异议的不认定。错误 42501 not_staff、outside_scope';

CREATE FUNCTION registry.lock_award(subject registry.volunteer, level integer) RETURNS registry.star_award
    LANGUAGE plpgsql SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    award registry.star_award;
BEGIN
    PERFORM registry.lock_volunteer(subject.volunteer_id);
    SELECT a.* INTO award
    FROM registry.star_award a
    WHERE a.volunteer_id = subject.volunteer_id AND a.level = lock_award.level
        AND a.status NOT IN ('refused', 'revoked', 'transferred')
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'no_data_found',
            CONSTRAINT = 'known_award',
            MESSAGE = 'The volunteer neither applied for this star nor holds it.';
    END IF;
    RETURN award;
END
$$;
COMMENT ON FUNCTION registry.lock_award(registry.volunteer, integer) IS '锁定并返回志愿者该级的星级认定;错误 P0002 known_award';

CREATE FUNCTION registry.dispute_star(volunteer_no volunteer.volunteer_no, level integer, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    award CONSTANT registry.star_award := registry.lock_award(subject, level);
BEGIN
    PERFORM registry.require_duty(
        registry.require_transition('star_award', award.status, 'disputed', reason), subject.organization_id);
    UPDATE registry.star_award a SET status = 'disputed'
    WHERE (a.volunteer_id, a.award_id) = (award.volunteer_id, award.award_id);
    INSERT INTO registry.star_event (volunteer_id, award_id, from_status, to_status, reason)
    VALUES (award.volunteer_id, award.award_id, award.status, 'disputed', registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.dispute_star(volunteer.volunteer_no, integer, text) IS
    '对公示中的星级提出异议,即停止认定,待 review_star 裁定。参数:志愿者、星级、凭证(如异议书编号,不写姓名)。错误 42501 not_staff、outside_scope,23503 known_volunteer,P0002 known_award,55000 known_transition,23514 reason_required';

CREATE FUNCTION registry.review_star(
    volunteer_no volunteer.volunteer_no, level integer, accept boolean, reason text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.volunteer := registry.require_volunteer(volunteer_no);
    award CONSTANT registry.star_award := registry.lock_award(subject, level);
    outcome CONSTANT text := CASE
        WHEN award.status = 'reopened' THEN CASE WHEN accept THEN 'awarded' WHEN NOT accept THEN 'revoked' END
        ELSE CASE WHEN accept THEN 'in_publicity' WHEN NOT accept THEN 'refused' END
    END;
BEGIN
    PERFORM registry.require_duty(
        registry.require_transition('star_award', award.status, outcome, reason), subject.organization_id);
    IF subject.person_id IN (SELECT registry.persons_of(session_user)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'reviewer_is_not_volunteer',
            MESSAGE = 'Nobody decides on the own star.';
    END IF;
    PERFORM
    FROM registry.star_event e
    WHERE (e.volunteer_id, e.award_id) = (award.volunteer_id, award.award_id) AND e.to_status IN ('applied', 'disputed')
        AND registry.session_is(e.actor);
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'decider_is_not_involved',
            MESSAGE = 'Who applied or objected does not decide.';
    END IF;
    IF registry.awarding_level(subject.organization_id) > (
        SELECT s.awarding_levels[award.level] FROM registry.star_standard s WHERE s.standard_id = award.standard_id) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            CONSTRAINT = 'awarding_level',
            MESSAGE = 'This star is awarded at a higher level.';
    END IF;
    PERFORM volunteer.flush_hours();
    PERFORM FROM registry.star_hours h WHERE h.volunteer_id = subject.volunteer_id AND h.hours >= award.threshold;
    IF accept AND NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'hours_reach_threshold',
            MESSAGE = 'The hours of the volunteer do not reach the threshold of the award.';
    END IF;
    UPDATE registry.star_award a
    SET status = outcome,
        publicity = CASE WHEN outcome = 'in_publicity' THEN coalesce(a.publicity, registry.star_publicity(subject.organization_id))
            ELSE a.publicity END
    WHERE (a.volunteer_id, a.award_id) = (award.volunteer_id, award.award_id);
    INSERT INTO registry.star_event (volunteer_id, award_id, from_status, to_status, reason)
    VALUES (award.volunteer_id, award.award_id, award.status, outcome, registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.review_star(volunteer.volunteer_no, integer, boolean, text) IS
    '决定一个星级:申请通过则公示,异议不成立则恢复公示,否则不予认定;时长作废后复核,时长已恢复则维持,否则撤销。决定人不得是申请人、异议录入人或志愿者本人。参数:志愿者、星级、是否通过、理由(通过申请时可缺省)。错误 42501 not_staff、outside_scope、awarding_level,23503 known_volunteer,P0002 known_award、policy_missing,55000 known_transition,23514 reason_required、reviewer_is_not_volunteer、decider_is_not_involved、hours_reach_threshold';

GRANT EXECUTE ON FUNCTION registry.apply_for_star(volunteer.volunteer_no, integer) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.apply_for_stars(bigint) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.dispute_star(volunteer.volunteer_no, integer, text) TO registry_recorder;
GRANT EXECUTE ON FUNCTION registry.publish_stars(bigint) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.award_stars(bigint) TO registry_reviewer;
GRANT EXECUTE ON FUNCTION registry.review_star(volunteer.volunteer_no, integer, boolean, text) TO registry_reviewer;
