# Sourced by run.sh: the types against what one would use instead, and the operator of regions against LIKE.
# shellcheck shell=bash disable=SC2154,SC2034

contenders+=('load_ids citizen_id' 'load_ids text' 'load_ids domain')
for type in citizen_id text text_c; do
    contenders+=("index_ids $type" "order_ids $type")
done
contenders+=('star c' 'star sql' 'add_hours service_hours' 'add_hours bigint' 'regions contained' 'regions like')

prepare_types() {
    as_server mkdir "$state/types"
    bench/citizen_ids.pl "$full" | as_server tee "$state/types/ids" >/dev/null
    sql postgres -v rows="$full" -v file="$state/types/ids" -f bench/types.sql
}

load_ids() {
    sql postgres -c "TRUNCATE bench.load_$1"
    alone "$full" "COPY bench.load_$1 FROM '$state/types/ids'"
}

index_ids() {
    alone "$full" "CREATE INDEX built ON bench.ids_$1 (id)"
    sql postgres -A -t -c "SELECT E'size\t' || pg_relation_size('bench.built') / 1e6" -c 'DROP INDEX bench.built'
}

order_ids() {
    alone "$full" "SELECT count(*) FROM (SELECT id FROM bench.ids_$1 ORDER BY id OFFSET 0) AS s"
}

star() {
    case $1 in
        c) alone $((full * 10)) 'SELECT count(volunteer.star_rating(hours)) FROM bench.hours_service_hours' ;;
        sql) alone $((full * 10)) 'SELECT count(bench.star_rating(hours)) FROM bench.hours_bigint' ;;
    esac
}

add_hours() {
    timed $((full * 10)) "SELECT sum(hours) FROM bench.hours_$1"
}

regions() {
    alone "$(sql postgres -A -t -c 'SELECT count(*) FROM registry.region WHERE level <= 2')" "SELECT bench.count_regions('$1')"
}

check_types() {
    sql postgres -f bench/types_check.sql
}
