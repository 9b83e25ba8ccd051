# Sourced by run.sh: 32 clients record for ten organisations, whose totals nobody keeps, a queue or a naive upsert.
# shellcheck shell=bash disable=SC2154,SC2034

for inserts in 1 3; do
    contenders+=("hot none $inserts" "hot queue $inserts" "hot upsert $inserts")
done

prepare_hot() {
    sql postgres -f bench/hot.sql
    printf '%s\n' '\sleep 1 s' "SELECT volunteer.roll_up_hours('bench.hot_queue_hours');" >"$work/roll_up.pgbench"
    local table
    for table in none queue upsert; do
        sed "s/@TABLE@/hot_$table/" bench/hot.pgbench >"$work/hot_${table}_1.pgbench"
        { echo 'BEGIN;'; cat "$work/hot_${table}_1.pgbench"{,,}; echo 'COMMIT;'; } >"$work/hot_${table}_3.pgbench"
    done
}

deadlocks() {
    sql postgres -A -t -c 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'
}

hot() {
    local before roll_up=
    before=$(deadlocks)
    if [ "$1" = queue ]; then
        "$state/pg/bin/pgbench" -n -c 1 -T $((2 * seconds)) -f "$work/roll_up.pgbench" \
            -h "$state/socket" -p "$PG_PORT" -U postgres volunteer >"$work/roll_up" 2>&1 &
        roll_up=$!
    fi
    generated 32 "$work/hot_$1_$2.pgbench"
    [ -z "$roll_up" ] || wait "$roll_up"
    printf 'deadlocks\t%d\n' $(($(deadlocks) - before))
}

check_hot() {
    check_totals bench.hot_queue bench.hot_queue_hours
}
