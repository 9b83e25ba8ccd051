# Sourced by run.sh: certificate lookups over HTTP, against nginx answering from its configuration
# and against the database asked without HTTP.
# shellcheck shell=bash disable=SC2154,SC2034

contenders+=('lookup return' 'lookup volunteer' 'lookup sent' 'lookup pgbench' 'lookup cached' 'lookup one' 'lookup eight' 'lookup many'
    'lookup page' 'lookup return_page' 'lookup cached_page' 'lookup svg' 'lookup return_svg' 'lookup png' 'lookup return_png' 'lookup first'
    'peer lua 64' 'peer node 64' 'peer php 64' 'peer lua 1' 'peer node 1' 'peer php 1' 'peer lua 8' 'peer dictionary 64'
    'latency waiters' 'latency revocation')
stop_family=stop_lookups
. bench/peers.sh

prepare_lookups() {
    sql postgres -v certificates="$full" -v every=1 -f bench/lookups.sql
    sql postgres -A -t -c 'SELECT code FROM registry.certificate WHERE certificate_id < 0 ORDER BY random() LIMIT 50000' >"$work/codes"
    cat >"$work/select.sql" <<SQL
\set n random(-$full, -1)
SELECT code, status, status_since, reason, token FROM registry.certificate
WHERE volunteer_id = $(sql postgres -A -t -c 'SELECT min(volunteer_id) FROM registry.certificate WHERE certificate_id < 0')
    AND certificate_id = :n;
SQL

    lookup_port=$(free_port)
    return_port=$(free_port)
    cached_port=$(free_port)
    first_port=$(free_port)
    sent_port=$(free_port)
    local conf name suffix bytes
    conf=$(sed -e "s|@LOOKUP_PORT@|$lookup_port|; s|@RETURN_PORT@|$return_port|; s|@CACHED_PORT@|$cached_port|; s|@FIRST_PORT@|$first_port|; s|@SENT_PORT@|$sent_port|" \
        -e "s|@STATE@|$state|g; s|@PG_PORT@|$PG_PORT|; s|@ORIGIN@|http://127.0.0.1:$HTTP_PORT|; s|@KILO@|$(xs 1000)|" \
        bench/nginx.conf)
    # The peer answers with as many bytes.
    for name in JSON PAGE SVG PNG; do
        suffix=.${name,,}
        [ "$name" != PAGE ] || suffix=
        bytes=$(curl -fsS "http://127.0.0.1:$HTTP_PORT/c/$(head -n 1 "$work/codes")$suffix" | wc -c)
        conf=${conf//@$name@/$(xs $((bytes / 1000)) "\${kilo}")$(xs $((bytes % 1000)))}
    done
    as_server mkdir "$state/lookup"
    as_server tee "$state/lookup/nginx.conf" <<<"$conf" >/dev/null
    bench_nginx

    latency_port=$(free_port)
    as_server mkdir "$state/latency"
    sed -e "s|@LATENCY_PORT@|$latency_port|; s|@STATE@|$state|g; s|@PG_PORT@|$PG_PORT|" \
        -e "s|@ORIGIN@|http://127.0.0.1:$HTTP_PORT|" bench/latencies.conf | as_server tee "$state/latency/nginx.conf" >/dev/null
    latency_nginx

    prepare_peers

    # From here on every token is known as verified, and every answer is made.
    for suffix in .json ''; do
        all_over_http "$lookup_port" "$suffix"
    done
    all_over_http "$sent_port" .json
    for suffix in .json .svg .png ''; do
        all_over_http "$cached_port" "$suffix"
    done
}

# all_over_http PORT SUFFIX: until a run was long enough for every code, as each begins with the first.
all_over_http() {
    local asked=0 all time=10
    all=$(wc -l <"$work/codes")
    while [ "$asked" -lt "$all" ]; do
        asked=$(over_http "$1" 64 "$time" "$2" | cut -f 1)
        time=$((2 * time))
    done
}

# xs TIMES [WORD]
xs() {
    [ "$1" -eq 0 ] || printf "${2:-x}%.0s" $(seq "$1")
}

bench_nginx() {
    as_server nginx -p "$state/lookup" -c nginx.conf -e error.log "$@"
}

latency_nginx() {
    as_server nginx -p "$state/latency" -c nginx.conf -e error.log "$@"
}

stop_bench_nginx() {
    [ ! -f "$state/lookup/nginx.pid" ] || bench_nginx -s stop
    [ ! -f "$state/latency/nginx.pid" ] || latency_nginx -s stop
}

stop_lookups() {
    stop_peers
    stop_bench_nginx
}

# measure GENERATOR…: runs what prints a number of lookups, the seconds they took and the milliseconds that a half
# and all but one in a hundred took at most.
# Prints them, lookups a second and the CPU microseconds of nginx and of PostgreSQL a lookup.
measure() {
    local front back before after lookups took p50 p99
    front=$(cat "$state/lookup/nginx.pid")
    back=$(head -n 1 "$state/data/postmaster.pid")
    before="$(cpu_seconds "$front") $(cpu_seconds "$back")"
    read -r lookups took p50 p99 < <("$@")
    after="$(cpu_seconds "$front") $(cpu_seconds "$back")"
    echo "$lookups $took $before $after" | awk '{
        printf "lookups\t%.1f\nfront_cpu\t%.3f\nback_cpu\t%.3f\ncpu\t%.3f\n",
            $1 / $2, ($5 - $3) / $1 * 1e6, ($6 - $4) / $1 * 1e6, ($5 + $6 - $3 - $4) / $1 * 1e6
    }'
    [ -z "$p99" ] || printf 'p50\t%s\np99\t%s\n' "$p50" "$p99"
}

# over_http PORT CONNECTIONS SECONDS [SUFFIX]
over_http() {
    BENCH_CODES=$work/codes BENCH_SUFFIX=${4-.json} wrk -t 1 -c "$2" -d "$3s" -s bench/wrk.lua "http://127.0.0.1:$1" |
        grep '^[0-9]'
}

prepared_select() {
    "$state/pg/bin/pgbench" -n -M prepared -c 16 -j 1 -T "$seconds" -f "$work/select.sql" \
        -h "$state/socket" -p "$PG_PORT" -U postgres volunteer |
        awk '/actually processed/ { n = $NF } /^tps/ { print n, n / $3 }'
}

lookup() {
    case $1 in
        return) measure over_http "$return_port" 64 "$seconds" ;;
        volunteer)
            measure over_http "$lookup_port" 64 "$seconds" | tee "$work/verified"
            printf 'cpu_bar\t26\nback_bar\t10\n'
            ;;
        sent) measure over_http "$sent_port" 64 "$seconds" ;;
        cached) measure over_http "$cached_port" 64 "$seconds" ;;
        one) measure over_http "$lookup_port" 1 "$seconds" ;;
        eight) measure over_http "$lookup_port" 8 "$seconds" ;;
        first)
            # What it takes more than the one of this round that was verified before.
            measure over_http "$first_port" 64 "$seconds" | tee "$work/first"
            awk '$1 == "front_cpu" { cpu[FILENAME] = $2 }
                END { printf "more\t%.3f\nmore_bar\t65\n", cpu[ARGV[2]] - cpu[ARGV[1]] }' "$work/verified" "$work/first"
            ;;
        many) measure over_http "$lookup_port" 256 "$seconds" ;;
        page) measure over_http "$lookup_port" 64 "$seconds" '' ;;
        cached_page) measure over_http "$cached_port" 64 "$seconds" '' ;;
        svg | png) measure over_http "$cached_port" 64 "$seconds" ".$1" ;;
        return_page) measure over_http "$return_port" 64 "$seconds" '' ;;
        return_*) measure over_http "$return_port" 64 "$seconds" ".${1#return_}" ;;
        pgbench) measure prepared_select ;;
    esac
}

# latency KIND
latency() {
    bench/latencies.pl "$1" "$latency_port" "$work/codes" "$seconds" \
        "$state/pg/bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$state/socket" -p "$PG_PORT" -U postgres volunteer
}

check_lookups() {
    stop_lookups
}
