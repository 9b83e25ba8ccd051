#!/usr/bin/env bash
# A whole small city with both servers: cluster, registry, people, records, certificates, nginx.
#
#   DEMO_DIR    where everything is written (.demo)
#   HTTP_PORT   nginx, loopback only (8080)
#   PG_PORT     PostgreSQL, loopback and a private unix socket (54320)
#
# Leaves both servers running and DEMO_DIR/demo.env behind; demo_stop.sh removes it all.
set -euo pipefail

cd "$(dirname "$0")/.."
. scripts/demo_servers.sh
origin=http://127.0.0.1:$http_port

step() {
    printf '%3ds  %s\n' "$SECONDS" "$1"
}

give_up() {
    echo "demo: failed; the last lines of its logs:" >&2
    tail -n 15 "$state"/postgres.log "$state"/nginx/error.log >&2 2>/dev/null || true
    remove_demo
}

claim_directory() {
    remove_demo
    if [ -d "$demo_dir" ] && [ -n "$(ls -A "$demo_dir")" ]; then
        die "$demo_dir holds other files; choose another DEMO_DIR"
    fi
    for setting in HTTP_PORT:$http_port PG_PORT:$pg_port; do
        port_in_use "${setting#*:}" &&
            die "port ${setting#*:} is in use; choose another: make demo ${setting%:*}=…"
    done
    mkdir -p "$demo_dir"
    touch "$demo_dir/.volunteer-demo"

    # Sockets have short paths, make and connection strings have none with blanks, and user postgres may not enter root's directories.
    state=$demo_dir/state
    local socket=$state/socket/.s.PGSQL.$pg_port
    if [ "${#socket}" -gt 100 ] || [[ $state =~ [^[:alnum:]/._+-] ]] || ! as_server test -x "$demo_dir"; then
        state=$(realpath "$(mktemp -d /tmp/volunteer-demo.XXXXXX)")
        ln -s "$state" "$demo_dir/state"
    fi
    mkdir -p "$state/socket" "$state/nginx" "$state/city"
    chmod 700 "$state"
}

give_to_server() {
    [ "$(id -u)" -ne 0 ] || chown -R postgres: "$state"
}

start_postgres() {
    scripts/stage.sh "$state/pg"
    scripts/make_keys.sh "$state/keys"
    give_to_server
    pg initdb -D "$state/data" -U postgres -E UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=scram-sha-256 --no-instructions >"$state/initdb.log"
    as_server tee -a "$state/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $pg_port
unix_socket_directories = '$state/socket'
CONF
    pg pg_ctl start -D "$state/data" -l "$state/postgres.log" -w -s
}

# What a DBA does: a database, an owner who is no superuser, the keys, one transaction.
# The password is no argument of a command, which anybody on the machine could read.
deploy() {
    DEMO_PASSWORD=$1 "$state/pg/bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$state/socket" -p "$pg_port" -U postgres -d postgres \
        -v keys="$state/keys" <<'SQL'
\getenv password DEMO_PASSWORD
CREATE ROLE demo_dba LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE volunteer OWNER demo_dba;
\set signing_key :keys /signing.pem
\set identity_key :keys /identity.key
\set sealing_key :keys /sealing.keys
ALTER DATABASE volunteer SET volunteer.signing_key_file = :'signing_key';
ALTER DATABASE volunteer SET volunteer.identity_key_file = :'identity_key';
ALTER DATABASE volunteer SET volunteer.sealing_key_file = :'sealing_key';
ALTER DATABASE volunteer SET log_min_error_statement = 'panic';
ALTER DATABASE volunteer SET log_error_verbosity = 'terse';
ALTER DATABASE volunteer SET jit = off;
ALTER DATABASE volunteer SET search_path = "$user", public, volunteer;
SQL
    sql demo_dba --single-transaction -f sql/install.sql
    sql demo_dba -v origin="$origin" <<'SQL'
SELECT registry.set_origin(:'origin'), registry.register_signing_key() \g /dev/null
CREATE ROLE demo_nginx LOGIN IN ROLE registry_verifier;
SQL
}

start_nginx() {
    cp nginx_module/build/*.so "$state/nginx/"
    cp -r nginx_module/pages "$state/nginx/pages"
    sql demo_dba -A -t -c 'SELECT verify.public_keys()' >"$state/nginx/jwks.json"
    sed "s|@STATE@|$state|; s|@PG_PORT@|$pg_port|; s|@HTTP_PORT@|$http_port|" scripts/demo_nginx.conf \
        >"$state/nginx/nginx.conf"
    give_to_server
    run_nginx
    curl -fsS -o /dev/null --noproxy '*' --retry 10 --retry-connrefused --retry-delay 1 "$origin/c/"
}

# The sample city of the tests, and a day in it; each step in the role that does it.
fill() {
    step "building a city with 600 volunteers"
    sql postgres -v prefecture=350200 -v volunteers=600 -f tests/city/city.sql
    local story=$PWD/scripts/demo_city.sql
    (cd "$state/city" && sql postgres -f "$story")
}

write_env() {
    local password=$1 valid revoked
    valid=$(sql demo_dba -A -t -c "SELECT code FROM registry.certificate WHERE status = 'valid' ORDER BY hours DESC LIMIT 1")
    revoked=$(sql demo_dba -A -t -c "SELECT code FROM registry.certificate WHERE status = 'revoked'")
    (umask 077 && cat >"$demo_dir/demo.env") <<ENV
CERTIFICATE_URL='$origin/c/$valid'
REVOKED_URL='$origin/c/$revoked'
FORM_URL='$origin/c/'
JWKS_URL='$origin/.well-known/jwks.json'
DATABASE_URL='postgresql://demo_dba:$password@127.0.0.1:$pg_port/volunteer'
ENV
}

say_where() {
    local directory
    directory=$(printf %q "$demo_dir")
    # shellcheck source=/dev/null
    . "$demo_dir/demo.env"
    cat <<TEXT

A certificate    $CERTIFICATE_URL
A revoked one    $REVOKED_URL
Type a code      $FORM_URL
Public keys      $JWKS_URL
SQL              . $directory/demo.env && psql "\$DATABASE_URL"
Stop             make demo-stop${DEMO_DIR:+ DEMO_DIR=$directory}
TEXT
}

claim_directory
trap '[ -n "${ready:-}" ] || give_up' EXIT
trap 'exit 130' INT TERM

password=$(openssl rand -hex 16)
step "starting PostgreSQL on port $pg_port"
start_postgres
step "deploying the registry"
deploy "$password"
fill
step "starting nginx on port $http_port"
start_nginx
write_env "$password"
ready=yes
say_where
