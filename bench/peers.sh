# Sourced by lookups.sh: the same lookups as others do them, in bench/peers. None of them verifies a signature; all ask for the
# row itself, as owner, and answer with its columns.
# shellcheck shell=bash disable=SC2154

prepare_peers() {
    local peers=$state/peers modules name
    # shellcheck disable=SC2016
    local query='SELECT status, status_since, reason, token FROM registry.certificate WHERE code = $1'
    scripts/deps.sh peers
    as_server mkdir "$peers"
    tar -cf - -C bench/peers --exclude=node_modules . | as_server tar -xf - -C "$peers"
    as_server env HOME="$peers" NO_UPDATE_NOTIFIER=1 npm ci --prefix "$peers" --loglevel=error >/dev/null

    lua_port=$(free_port)
    dictionary_port=$(free_port)
    php_port=$(free_port)
    node_port=$(free_port)
    modules=$(nginx -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')
    for name in nginx.conf php-fpm.conf; do
        sed -e "s|@PEERS@|$peers|g; s|@MODULES@|$modules|; s|@SOCKET@|$state/socket|; s|@PG_PORT@|$PG_PORT|" \
            -e "s|@QUERY@|$query|; s|@POSITIONAL@|${query/\$1/?}|" \
            -e "s|@LUA_PORT@|$lua_port|; s|@DICTIONARY_PORT@|$dictionary_port|; s|@PHP_PORT@|$php_port|" \
            "bench/peers/$name" | as_server tee "$peers/$name" >/dev/null
    done

    as_server env PEER_PORT="$node_port" PEER_SOCKET="$state/socket" PEER_PG_PORT="$PG_PORT" PEER_QUERY="$query" \
        node "$peers/server.mjs" 2>/dev/null &
    as_server "$(command -v php-fpm || compgen -c php-fpm | head -n 1)" -p "$peers" -y "$peers/php-fpm.conf" 2>/dev/null &
    as_server nginx -p "$peers" -c nginx.conf -e error.log
    for name in "$lua_port" "$dictionary_port" "$php_port" "$node_port"; do
        curl -fsS -o /dev/null --retry 5 --retry-all-errors "http://127.0.0.1:$name/c/$(head -n 1 "$work/codes").json" 2>"$work/retries" || {
            cat "$work/retries" >&2
            return 1
        }
    done
    over_http "$dictionary_port" 64 15 >"$work/cached"
}

stop_peers() {
    pkill -f "$state/peers" || true
}

# peer NAME CONNECTIONS
peer() {
    local port=${1}_port
    BENCH_MAY_FAIL=1 over_http "${!port}" "$2" "$seconds" | awk '{ printf "lookups\t%.1f\np50\t%s\np99\t%s\n", $1 / $2, $3, $4 }'
}
