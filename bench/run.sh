#!/usr/bin/env bash
# Measures ours against named peers, in turn, prints a table for each family and writes bench/results.tsv.
#
#   BENCH_ONLY     families to run (all; a part leaves bench/results.tsv alone)
#   BENCH_SCALE    share of the full data, a million records and a million certificates (1)
#   BENCH_ROUNDS   rounds after the warm-up (3)
#   BENCH_SECONDS  how long a load generator is measured (4); a second in the warm-up
#
# Samples are those of the rounds; the warm-up is round 0. A family is bench/FAMILY.sh. Its contenders are commands that print figures, one a line: metric, tab, value.
# prepare_FAMILY runs before the first round, check_FAMILY after the last: what was measured must also be right.
set -euo pipefail

cd "$(dirname "$0")/.."

free_port() {
    perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:0")->sockport'
}

all='loads inserts hot growth types signing lookups desk registry'
families=${BENCH_ONLY:-$all}
results=bench/results.tsv
[ "$families" = "$all" ] || results=/dev/null
# shellcheck disable=SC2034
full=$(awk -v scale="${BENCH_SCALE:-1}" 'BEGIN { printf "%d", 1000000 * scale }')
rounds=${BENCH_ROUNDS:-3}
work=$(mktemp -d "${TMPDIR:-/tmp}/volunteer-bench.XXXXXX")
chmod 755 "$work"
export DEMO_DIR=$work/demo HTTP_PORT PG_PORT
HTTP_PORT=$(free_port)
PG_PORT=$(free_port)
. scripts/demo_servers.sh
. bench/measure.sh

clean_up() {
    [ -z "${stop_family:-}" ] || "$stop_family"
    remove_demo
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

echo "bench: servers"
scripts/demo.sh >/dev/null
sql postgres -f bench/server.sql
pg pg_ctl restart -D "$state/data" -l "$state/postgres.log" -w -s

for family in $families; do
    echo "bench: $SECONDS s, $family"
    contenders=()
    # shellcheck source=/dev/null
    . "bench/$family.sh"
    "prepare_$family"
    for round in $(seq 0 "$rounds"); do
        # shellcheck disable=SC2034
        [ "$round" -eq 0 ] && seconds=1 || seconds=${BENCH_SECONDS:-4}
        for contender in "${contenders[@]}"; do
            printf '\r  round %d of %d, %-24s' "$round" "$rounds" "$contender"
            $contender >"$work/figures"
            [ "$round" -eq 0 ] || sed "s/^/$contender /" "$work/figures" >>"$work/samples"
        done
    done
    printf '\r%-48s\r' ''
    "check_$family"
    bench/summary.pl bench/rows.tsv "$family" "$work/samples" /dev/null
done

bench/summary.pl bench/rows.tsv "$families" "$work/samples" "$results" >/dev/null
