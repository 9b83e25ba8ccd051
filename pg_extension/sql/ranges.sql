-- Ranges of every type that has an order.
--
-- pg_upgrade makes the members of an extension one by one: types and what they need, then functions, then operator classes. A
-- function whose body is SQL (BEGIN ATOMIC) and sorts, groups or compares by a type of ours is parsed then, and would not find
-- its order. A range needs the operator class of its elements, so that comes first.

DO $$
DECLARE
    ordered text;
BEGIN
    FOREACH ordered IN ARRAY
        '{region_code,citizen_id,credit_code,volunteer_no,certificate_code,service_hours,star_rating}'::text[]
    LOOP
        EXECUTE format('CREATE TYPE volunteer.%1$I AS RANGE (SUBTYPE = volunteer.%2$I, MULTIRANGE_TYPE_NAME = volunteer.%3$I)',
            ordered || '_range', ordered, ordered || '_multirange');
        EXECUTE format('COMMENT ON TYPE volunteer.%I IS %L', ordered || '_range', '区间: range of ' || ordered);
        EXECUTE format('COMMENT ON TYPE volunteer.%I IS %L', ordered || '_multirange', '多段区间: multirange of ' || ordered);
    END LOOP;
END
$$;
