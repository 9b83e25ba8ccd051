# Sourced by run.sh: what a further record costs when there are ten years of a full load, against one.
# shellcheck shell=bash disable=SC2154,SC2034

contenders+=('grow 1' 'grow 10')

prepare_growth() {
    sql postgres -v records="$full" -v rounds="$((rounds + 1))" -f bench/growth.sql
}

grow() {
    timed $((full / 10)) "INSERT INTO bench.grow_$1
        (volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, status)
        SELECT volunteer_id, service_date, period, entry_method, project_id, organization_id, batch_id, status
        FROM bench.grow_more WHERE round = $round"
}

check_growth() {
    check_totals bench.grow_1 bench.grow_1_years
    check_totals bench.grow_10 bench.grow_10_years
}
