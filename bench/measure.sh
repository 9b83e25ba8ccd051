# Sourced by run.sh: what the families measure with.
# shellcheck shell=bash disable=SC2154

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

postgres_cpu() {
    cpu_seconds "$(head -n 1 "$state/data/postmaster.pid")"
}

# timed ROWS STATEMENT: microseconds a row, its commit included, rows a second, CPU microseconds of PostgreSQL a row.
timed() {
    local before took after
    before=$(postgres_cpu)
    took=$(sql postgres -o /dev/null -c '\timing on' -c "$2" | awk '/^Time:/ { print $2 / 1000 }')
    after=$(postgres_cpu)
    per_row "$1" "$took" "$before" "$after"
}

# timed_script ROWS ROLE DIRECTORY SCRIPT: the same for all statements of a script.
timed_script() {
    local before took after
    before=$(postgres_cpu)
    took=$(cd "$3" && sql "$2" -f "$4" | awk '/^Time:/ { took += $2 } END { print took / 1000 }')
    after=$(postgres_cpu)
    per_row "$1" "$took" "$before" "$after"
}

# per_row ROWS SECONDS CPU-BEFORE CPU-AFTER
per_row() {
    echo "$@" | awk '{
        printf "us\t%.3f\nrate\t%.1f\ncpu\t%.3f\n", $2 / $1 * 1e6, $1 / $2, ($4 - $3) / $1 * 1e6
    }'
}

# The same without parallel workers, with memory for sorts.
alone() {
    PGOPTIONS='-c max_parallel_workers_per_gather=0 -c max_parallel_maintenance_workers=0 -c work_mem=1GB' timed "$@"
}

# generated CLIENTS SCRIPT [pgbench arguments]: transactions a second, CPU microseconds of PostgreSQL a transaction. Sessions
# run twice as long as is measured: new ones load the extension, prepare and see every page for the first time.
generated() {
    local from before after
    "$state/pg/bin/pgbench" -n -M prepared -c "$1" -j 2 -T $((2 * seconds)) -f "$2" -l --log-prefix="$work/transactions" \
        -h "$state/socket" -p "$PG_PORT" -U postgres "${@:3}" volunteer >/dev/null &
    sleep "$seconds"
    from=$(date +%s.%6N)
    before=$(postgres_cpu)
    wait $!
    after=$(postgres_cpu)
    awk -v from="$from" -v cpu="$(echo "$before $after" | awk '{ print $2 - $1 }')" '
        { ended = $5 + $6 / 1e6 }
        $3 ~ /^[0-9]/ && ended >= from { n++; if (ended > last) last = ended }
        END { printf "rate\t%.1f\ncpu\t%.2f\n", (n ? n / (last - from) : 0), (n ? cpu / n * 1e6 : 0) }' "$work"/transactions.*
    rm "$work"/transactions.*
}

# What was measured must also be right: check_totals SOURCE TOTALS.
check_totals() {
    local wrong
    wrong=$(sql postgres -A -t -c "SELECT count(*) FROM volunteer.check_hours('$1', '$2')")
    if [ "$wrong" -ne 0 ]; then
        echo "bench: $wrong totals in $2 are wrong" >&2
        return 1
    fi
}
