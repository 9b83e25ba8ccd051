# Sourced by run.sh: records inserted one by one into a table that holds the full load, bare, with one index more, with
# everything kept.
# shellcheck shell=bash disable=SC2154,SC2034

for clients in 8 32; do
    for commit in on off; do
        contenders+=("insert bare $clients $commit" "insert indexed $clients $commit" "insert kept $clients $commit")
    done
done
contenders+=('insert plain_bare 8 off' 'insert plain_kept 8 off')

prepare_inserts() {
    sql postgres -v records="$full" -f bench/inserts.sql
    local table
    for table in bare indexed kept plain_bare plain_kept; do
        sed "s/@TABLE@/insert_$table/" bench/inserts.pgbench >"$work/insert_$table.pgbench"
    done
    insert_run=0
}

insert() {
    # Each run has its own numbers, from which volunteers and days follow.
    insert_run=$((insert_run + 1))
    PGOPTIONS="-c synchronous_commit=$3" generated "$2" "$work/insert_$1.pgbench" -D "first=${insert_run}0000000" -D n=0
}

check_inserts() {
    check_totals bench.insert_kept bench.insert_kept_years
    check_totals bench.insert_plain_kept bench.insert_plain_kept_years
}
