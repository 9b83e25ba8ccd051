#!/usr/bin/env bash
# Measures ours against named peers, in turn, and writes bench/results.tsv.
#
#   BENCH_SCALE    share of the full data, a million certificates and a million records (1)
#   BENCH_ROUNDS   rounds after the warm-up (3)
#   BENCH_SECONDS  how long a load generator runs (5)
set -euo pipefail

cd "$(dirname "$0")/.."

free_port() {
    perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:0")->sockport'
}

# CPU seconds that a server and its children have used so far, the reaped ones included.
# A child reaped between the reading of its parent and its own is missed, and found by a second reading.
cpu_seconds() {
    { read_cpu "$1"; read_cpu "$1"; } | sort -n | tail -n 1
}

read_cpu() {
    # A process may end between the listing and the reading.
    { sed 's/^\([0-9]*\) (.*) [A-Z] /\1 /' /proc/[0-9]*/stat 2>/dev/null || true; } |
        awk -v server="$1" -v ticks="$(getconf CLK_TCK)" '
            $1 == server { used += $14 + $15 }
            $1 == server || $2 == server { used += $12 + $13 }
            END { printf "%.2f\n", used / ticks }'
}

full=$(awk -v scale="${BENCH_SCALE:-1}" 'BEGIN { printf "%d", 1000000 * scale }')
rounds=${BENCH_ROUNDS:-3}
seconds=${BENCH_SECONDS:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/volunteer-bench.XXXXXX")
chmod 755 "$work"
export DEMO_DIR=$work/demo HTTP_PORT PG_PORT
HTTP_PORT=$(free_port)
PG_PORT=$(free_port)
. scripts/demo_servers.sh
. bench/lookup.sh
. bench/load.sh
trap 'stop_bench_nginx; remove_demo; rm -rf --one-file-system "$work"' EXIT

echo "bench: servers and $full certificates and records"
scripts/demo.sh >/dev/null
sql postgres -c "ALTER SYSTEM SET shared_buffers = '1GB'" -c "ALTER SYSTEM SET max_wal_size = '8GB'"
pg pg_ctl restart -D "$state/data" -l "$state/postgres.log" -w -s
prepare_lookups
prepare_loads

for round in $(seq 0 "$rounds"); do
    for contender in return volunteer pgbench bare total total_year; do
        printf '\rbench: round %d of %d, %-12s' "$round" "$rounds" "$contender"
        "run_$contender" >"$work/run"
        [ "$round" -eq 0 ] || sed "s/^/$contender./" "$work/run" >>"$work/samples"
    done
done
printf '\r%-40s\r' ''

check_loads
bench/summary.pl bench/rows.tsv "$work/samples" bench/results.tsv
