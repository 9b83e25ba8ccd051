# Sourced by run.sh: bulk load of records, bare and with totals kept by the extension.
# shellcheck shell=bash disable=SC2154

prepare_loads() {
    as_server mkdir "$state/load"
    sql postgres -v records="$full" -v file="$state/load/records.csv" -f bench/load.sql
}

# Seconds of one COPY with its commit into empty tables, and of PostgreSQL's CPU.
copy_into() {
    local truncate="TRUNCATE bench.$1" server before after
    [ "$1" = bare ] || truncate+=", bench.$1_hours"
    [ "$1" != total_year ] || truncate+=", bench.$1_years"
    server=$(head -n 1 "$state/data/postmaster.pid")
    # Records and totals go together, so the triggers have nothing to subtract.
    sql postgres -c 'SET session_replication_role = replica' -c "$truncate" -c CHECKPOINT
    before=$(cpu_seconds "$server")
    sql postgres -c '\timing on' -c "COPY bench.$1 FROM '$state/load/records.csv'" |
        awk '/^Time:/ { printf "load\t%.3f\n", $2 / 1000 }'
    after=$(cpu_seconds "$server")
    echo "$before $after" | awk '{ printf "load_cpu\t%.2f\n", $2 - $1 }'
}

run_bare() { copy_into bare; }
run_total() { copy_into total; }
run_total_year() { copy_into total_year; }

check_loads() {
    sql postgres -f bench/check.sql
}
