# Sourced by run.sh: the certificate desk over the years, with ten times as many certificates and with a million of them in
# memory, and the desk in trouble.
# shellcheck shell=bash disable=SC2154,SC2034

contenders+=('desk few' 'desk many' 'desk million' 'desk millions' 'desk steady' 'desk restart' 'desk kill' 'desk size')
stop_family=stop_desk

prepare_desk() {
    sql demo_dba -c "COPY (SELECT * FROM registry.certificate WHERE status = 'valid' AND certificate_id > 0
        ORDER BY hours DESC LIMIT 1) TO STDOUT" >"$work/original"
    issue million "$full" 1
    # Only the ones that are read need a signature of their own.
    issue millions $((10 * full)) 100
    head -n 1000 "$work/million" >"$work/few"
    mv "$work/million" "$work/many"
    # As many as of ten times as many certificates.
    head -n $((full / 10)) "$work/many" >"$work/million"

    few_port=$(free_port)
    many_port=$(free_port)
    million_port=$(free_port)
    millions_port=$(free_port)
    as_server mkdir "$state/desk"
    # Row and document of a certificate take six kilobytes, and two thirds of a zone are for such.
    sed -e "s|@FEW_PORT@|$few_port|; s|@MANY_PORT@|$many_port|; s|@MILLION_PORT@|$million_port|; s|@MILLIONS_PORT@|$millions_port|" \
        -e "s|@STATE@|$state|g; s|@PG_PORT@|$PG_PORT|; s|@ORIGIN@|http://127.0.0.1:$HTTP_PORT|; s|@MANY@|$((16 + full / 100))m|" \
        bench/desk.conf | as_server tee "$state/desk/nginx.conf" >/dev/null
    desk_nginx

    # From here on every token is known as verified, and every document as made.
    for codes in few many million millions; do
        ask_each "$codes"
    done
}

# issue NAME CERTIFICATES EVERY: a registry with so many certificates, and the codes of those that are signed, in any order.
issue() {
    sql postgres -c "CREATE DATABASE $1 OWNER demo_dba" \
        -c "ALTER DATABASE $1 SET volunteer.signing_key_file = '$state/keys/signing.pem'"
    sql demo_dba -d "$1" --single-transaction -f sql/install.sql
    sql postgres -d "$1" -c 'SET session_replication_role = replica' -c 'COPY registry.certificate FROM STDIN' <"$work/original"
    sql postgres -d "$1" -v certificates="$2" -v every="$3" -f bench/lookups.sql
    sql postgres -d "$1" -A -t -c "SELECT code FROM registry.certificate WHERE certificate_id < 0 AND certificate_id % $3 = 0
        ORDER BY random()" >"$work/$1"
}

desk_nginx() {
    as_server nginx -p "$state/desk" -c nginx.conf -e error.log "$@"
}

stop_desk() {
    [ -f "$state/desk/nginx.pid" ] || return 0
    desk_nginx -s stop
    while [ -f "$state/desk/nginx.pid" ]; do sleep 0.05; done
}

# ask NAME SECONDS [SUFFIX]: how many lookups that were, the seconds they took, how many of them failed.
ask() {
    local port=${1}_port
    BENCH_CODES=$work/$1 BENCH_SUFFIX=${3-.json} \
        wrk -t 1 -c 64 -d "$2s" --timeout 30s -s bench/desk.lua "http://127.0.0.1:${!port}" | grep '^[0-9]'
}

# The generator begins with the first code each time.
ask_each() {
    local lookups
    cp "$work/$1" "$work/all"
    while [ -s "$work/$1" ]; do
        read -r lookups _ < <(ask "$1" $((1 + $(wc -l <"$work/$1") / 10000)))
        sed -i "1,${lookups}d" "$work/$1"
    done
    mv "$work/all" "$work/$1"
}

rate() {
    ask "$@" | awk '$3 { exit 1 } { printf "lookups\t%.1f\n", $1 / $2 }'
}

sessions() {
    sql postgres -A -t -c "SELECT sessions FROM pg_stat_database WHERE datname = 'million'"
}

# trouble COMMAND…: what fails of lookups while it makes trouble, and the seconds until PostgreSQL answers again. They go on
# until all that waited for it have been answered.
trouble() {
    local began took failed
    sql postgres -c CHECKPOINT
    rm -f "$work/started"
    BENCH_STARTED=$work/started ask million 600 >"$work/trouble" &
    until [ -e "$work/started" ]; do sleep 0.05; done
    sleep 2
    began=$(date +%s.%N)
    "$@"
    until sql postgres -o /dev/null -c 'SELECT' 2>/dev/null; do sleep 0.01; done
    took=$(echo "$(date +%s.%N) $began" | awk '{ print $1 - $2 }')
    sleep 2
    pkill -INT -P $! -x wrk
    wait $!
    read -r _ _ failed <"$work/trouble"
    printf 'failed\t%d\ntook\t%.3f\none\t1\n' "$failed" "$took"

    # The server has read nothing yet.
    ask_each million
    ask_each millions
}

kill_backend() {
    kill -9 "$(sql postgres -A -t -c "SELECT pid FROM pg_stat_activity WHERE datname = 'million' AND usename = 'demo_nginx' LIMIT 1")"
}

# Kilobytes of the worker that no other process has in a zone.
worker_size() {
    awk '/^Rss(Anon|File):/ { size += $2 } END { print size }' "/proc/$(pgrep -P "$(cat "$state/desk/nginx.pid")")/status"
}

# Requests of each kind: how many that were.
exercise() {
    local suffix place lookups=0 answered
    for suffix in '' .json .jwt .sdjwt .svg .png; do
        for place in few million; do
            read -r answered _ < <(ask "$place" "$seconds" "$suffix")
            lookups=$((lookups + answered))
        done
    done
    echo "$lookups"
}

# Ten million requests take minutes, so there is one round of them.
size() {
    local before after left=$((10 * full))
    [ "$round" -eq "$rounds" ] || return 0
    exercise >"$work/again"
    before=$(worker_size)
    while [ "$left" -gt 0 ]; do
        left=$((left - $(exercise)))
    done
    after=$(worker_size)
    echo "$before $after" | awk '{ printf "memory\t%.2f\ngrowth\t%.2f\nbar\t25\n", $2 * 1.024e-3, ($2 > $1 ? $2 - $1 : 0) * 1.024e-3 }'
}

desk() {
    local before
    case $1 in
        few | many | million | millions) rate "$1" "$seconds" ;;
        steady)
            before=$(sessions)
            rate million "$seconds"
            printf 'sessions\t%d\none\t1\n' $(($(sessions) - before))
            ;;
        restart) trouble pg pg_ctl restart -D "$state/data" -l "$state/postgres.log" -m fast -w -s ;;
        kill) trouble kill_backend ;;
        size) size ;;
    esac
}

check_desk() {
    stop_desk
}
