# Sourced by the demo's scripts: where its servers live and how they run.
# shellcheck shell=bash disable=SC2034

demo_dir=$(realpath -m "${DEMO_DIR:-.demo}")
http_port=${HTTP_PORT:-8080}
pg_port=${PG_PORT:-54320}
# The state may be a link to a directory elsewhere, see demo.sh.
state=$(realpath -m "$demo_dir/state")
PATH=$PATH:/usr/sbin

die() {
    echo "demo: $1" >&2
    exit 1
}

# PostgreSQL refuses to run as root, so root lends both servers to user postgres.
as_server() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

pg() {
    as_server "$state/pg/bin/$1" "${@:2}"
}

run_nginx() {
    as_server nginx -p "$state/nginx" -c nginx.conf -e error.log
}

# sql ROLE [psql arguments]: through the unix socket, which only root and the server's user can reach.
sql() {
    PGCLIENTENCODING=UTF8 "$state/pg/bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$state/socket" -p "$pg_port" -U "$1" -d volunteer "${@:2}"
}

port_in_use() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# ours FILE: its first line is the number of a server of the demo. After a restart of the machine another program may have
# it, the system's own nginx for one.
ours() {
    local pid
    read -r pid 2>/dev/null <"$1" && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$state/"
}

stop_servers() {
    if ours "$state/nginx/nginx.pid"; then
        kill "$(cat "$state/nginx/nginx.pid")"
        while ours "$state/nginx/nginx.pid"; do sleep 0.05; done
    fi
    if ours "$state/data/postmaster.pid"; then
        pg pg_ctl stop -D "$state/data" -m fast -s || pg pg_ctl stop -D "$state/data" -m immediate -s || true
    fi
}

remove_demo() {
    [ -e "$demo_dir/.volunteer-demo" ] || return 0
    stop_servers
    rm -rf --one-file-system "$state" "$demo_dir/state" "$demo_dir/demo.env" "$demo_dir/.volunteer-demo"
    rmdir --ignore-fail-on-non-empty "$demo_dir"
}
