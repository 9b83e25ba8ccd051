-- How often a certificate was looked at. Counted by the server in batches, never in a request's way.

CREATE FUNCTION verify.count_views(codes text[], views integer[]) RETURNS void
    LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
BEGIN
    IF cardinality(codes) <> cardinality(views) OR EXISTS (SELECT FROM unnest(views) AS n WHERE (n > 0) IS NOT TRUE) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            CONSTRAINT = 'one_count_a_code',
            MESSAGE = 'Each code needs one positive count.';
    END IF;
    IF cardinality(codes) > 200 THEN
        PERFORM registry.refuse_codes();
    END IF;
    -- In one order, so that two servers counting at once never wait for each other in a circle.
    INSERT INTO registry.certificate_view AS v (volunteer_id, certificate_id, views, last_viewed_at)
    SELECT c.volunteer_id, c.certificate_id, sum(u.views), now()
    FROM unnest(codes::volunteer.certificate_code[], count_views.views) AS u (code, views)
    JOIN registry.certificate c ON c.code = u.code
    GROUP BY c.volunteer_id, c.certificate_id
    ORDER BY c.volunteer_id, c.certificate_id
    ON CONFLICT (volunteer_id, certificate_id) DO UPDATE
    SET views = v.views + excluded.views, last_viewed_at = excluded.last_viewed_at;
END
$$;
COMMENT ON FUNCTION verify.count_views(text[], integer[]) IS
    '累加查验次数:查验码与次数一一对应,不存在的查验码略过,一次至多 200 个;错误 22023 one_count_a_code、at_most_200_codes,22P02 查验码有误';

GRANT EXECUTE ON FUNCTION verify.count_views(text[], integer[]) TO registry_verifier;
