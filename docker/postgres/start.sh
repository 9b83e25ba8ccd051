#!/bin/sh
# Makes keys and cluster and deploys the registry on the first start, then runs the server.
#
#   /var/lib/volunteer   data directory and private keys
#   /run/volunteer       public keys, which the nginx service reads
#   /run/postgresql      socket; who connects is known by the user id (peer)
set -eu

home=/var/lib/volunteer

if [ ! -d "$home/data" ]; then
    rm -rf "$home/new"
    [ -d "$home/keys" ] || make_keys.sh "$home/keys"
    initdb -D "$home/new" -E UTF8 --locale=C.UTF-8 -A peer --no-instructions
    cat >>"$home/new/postgresql.conf" <<-'CONF'
	listen_addresses = ''
	CONF
    # Nobody else sees the server before it is ready.
    pg_ctl start -w -D "$home/new" -o '-k /tmp'
    export PGHOST=/tmp
    psql -X -q -v ON_ERROR_STOP=1 -d postgres <<-SQL
	CREATE ROLE registry_dba LOGIN CREATEROLE;
	CREATE DATABASE volunteer OWNER registry_dba;
	ALTER DATABASE volunteer SET volunteer.signing_key_file = '$home/keys/signing.pem';
	ALTER DATABASE volunteer SET volunteer.identity_key_file = '$home/keys/identity.key';
	ALTER DATABASE volunteer SET volunteer.sealing_key_file = '$home/keys/sealing.keys';
	ALTER DATABASE volunteer SET log_min_error_statement = 'panic';
	ALTER DATABASE volunteer SET log_error_verbosity = 'terse';
	ALTER DATABASE volunteer SET jit = off;
	SQL
    psql -X -q -v ON_ERROR_STOP=1 -v origin="$VOLUNTEER_ORIGIN" -d volunteer --single-transaction <<-'SQL'
	SET SESSION AUTHORIZATION registry_dba;
	\i /usr/share/volunteer/sql/install.sql
	-- As registry_owner, which the script leaves, they would be written past the functions.
	RESET ROLE;
	SELECT registry.set_origin(:'origin');
	SELECT registry.register_signing_key();
	RESET SESSION AUTHORIZATION;
	CREATE ROLE "www-data" LOGIN IN ROLE registry_verifier;
	SQL
    psql -X -A -t -v ON_ERROR_STOP=1 -d volunteer -c 'SELECT verify.public_keys()' >/run/volunteer/jwks.json
    pg_ctl stop -w -D "$home/new"
    unset PGHOST
    mv "$home/new" "$home/data"
fi

exec postgres -D "$home/data"
