-- What was measured must also be right: every kept total equals its recomputation.

DO $$
DECLARE
    target regclass;
    wrong bigint;
BEGIN
    FOREACH target IN ARRAY '{bench.total_hours, bench.total_year_hours, bench.total_year_years}'::regclass[] LOOP
        SELECT count(*) INTO wrong
        FROM volunteer.check_hours(
            CASE target WHEN 'bench.total_hours'::regclass THEN 'bench.total' ELSE 'bench.total_year' END::regclass,
            target);
        IF wrong > 0 THEN
            RAISE EXCEPTION '% totals in % are wrong', wrong, target;
        END IF;
    END LOOP;
END
$$;
