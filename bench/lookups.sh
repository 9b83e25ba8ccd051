# Sourced by run.sh: certificate lookups over HTTP, against nginx answering from its configuration
# and against the database asked without HTTP.
# shellcheck shell=bash disable=SC2154,SC2034

contenders+=('lookup return' 'lookup volunteer' 'lookup pgbench')
stop_family=stop_bench_nginx

prepare_lookups() {
    sql postgres -v certificates="$full" -f bench/lookups.sql
    sql postgres -A -t -c 'SELECT code FROM registry.certificate WHERE certificate_id < 0 ORDER BY random() LIMIT 50000' >"$work/codes"
    cat >"$work/select.sql" <<SQL
\set n random(-$full, -1)
SELECT code, status, status_since, reason, token FROM registry.certificate
WHERE volunteer_id = $(sql postgres -A -t -c 'SELECT min(volunteer_id) FROM registry.certificate WHERE certificate_id < 0')
    AND certificate_id = :n;
SQL

    lookup_port=$(free_port)
    return_port=$(free_port)
    local body
    body=$(curl -fsS "http://127.0.0.1:$HTTP_PORT/c/$(head -n 1 "$work/codes").json" | tr -c '' x)
    as_server mkdir "$state/lookup"
    sed -e "s|@LOOKUP_PORT@|$lookup_port|; s|@RETURN_PORT@|$return_port|; s|@BODY@|$body|" \
        -e "s|@STATE@|$state|g; s|@PG_PORT@|$PG_PORT|; s|@ORIGIN@|http://127.0.0.1:$HTTP_PORT|" \
        bench/nginx.conf | as_server tee "$state/lookup/nginx.conf" >/dev/null
    bench_nginx

    # From here on every token is known as verified.
    over_http "$lookup_port" 10 >"$work/verified"
}

bench_nginx() {
    as_server nginx -p "$state/lookup" -c nginx.conf -e error.log "$@"
}

stop_bench_nginx() {
    [ ! -f "$state/lookup/nginx.pid" ] || bench_nginx -s stop
}

# measure GENERATOR…: runs what prints a number of lookups and the seconds they took.
# Prints lookups a second and the CPU microseconds of nginx and of PostgreSQL a lookup.
measure() {
    local front back before after lookups took
    front=$(cat "$state/lookup/nginx.pid")
    back=$(head -n 1 "$state/data/postmaster.pid")
    before="$(cpu_seconds "$front") $(cpu_seconds "$back")"
    read -r lookups took < <("$@")
    after="$(cpu_seconds "$front") $(cpu_seconds "$back")"
    echo "$lookups $took $before $after" | awk '{
        printf "lookups\t%.1f\nfront_cpu\t%.3f\nback_cpu\t%.3f\n", $1 / $2, ($5 - $3) / $1 * 1e6, ($6 - $4) / $1 * 1e6
    }'
}

# over_http PORT SECONDS
over_http() {
    BENCH_CODES=$work/codes wrk -t 1 -c 64 -d "$2s" -s bench/wrk.lua "http://127.0.0.1:$1" | grep '^[0-9]'
}

prepared_select() {
    "$state/pg/bin/pgbench" -n -M prepared -c 16 -j 1 -T "$seconds" -f "$work/select.sql" \
        -h "$state/socket" -p "$PG_PORT" -U postgres volunteer |
        awk '/actually processed/ { n = $NF } /^tps/ { print n, n / $3 }'
}

lookup() {
    case $1 in
        return) measure over_http "$return_port" "$seconds" ;;
        volunteer) measure over_http "$lookup_port" "$seconds" ;;
        pgbench) measure prepared_select ;;
    esac
}

check_lookups() {
    stop_bench_nginx
}
