-- What was compared gives the same, and a sum of hours is computed in parallel.

DO $$
DECLARE
    plan text;
BEGIN
    ASSERT bench.count_regions('contained') = bench.count_regions('like'), 'regions';
    ASSERT (SELECT sum(volunteer.star_rating(hours)::integer) FROM bench.hours_service_hours)
        = (SELECT sum(bench.star_rating(hours)) FROM bench.hours_bigint), 'stars';
    ASSERT volunteer.minutes((SELECT sum(hours) FROM bench.hours_service_hours)) = (SELECT sum(hours) FROM bench.hours_bigint), 'sum';
    SET LOCAL min_parallel_table_scan_size = 0;
    SET LOCAL parallel_setup_cost = 0;
    EXECUTE 'EXPLAIN (FORMAT json) SELECT sum(hours) FROM bench.hours_service_hours' INTO plan;
    ASSERT plan LIKE '%"Partial Mode": "Partial"%', 'parallel sum';
END
$$;
