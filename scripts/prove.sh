#!/bin/sh
# prove.sh [prove arguments]: the environment that the tests expect, then prove.
# Called by check.sh, as a user that may run PostgreSQL.
set -eu

cd "$(dirname "$0")/.."
root=$PWD

PERL5LIB=$(cd "$(dirname "$("$PG_CONFIG" --pgxs)")/.." && pwd)/test/perl:$root/tests/lib
PATH=$root/.stage/bin:$PATH
PG_REGRESS=/bin/true # asked to configure authentication, which initdb -A trust has done
VOLUNTEER_MODULE=$root/nginx_module/build/ngx_http_volunteer_module.so
VOLUNTEER_PDF_MODULE=$root/nginx_module/build/ngx_http_volunteer_pdf_module.so
VOLUNTEER_PAGES=$root/nginx_module/pages
LANG=C.UTF-8
export PATH PERL5LIB PG_REGRESS VOLUNTEER_MODULE VOLUNTEER_PDF_MODULE VOLUNTEER_PAGES LANG
# Nothing of the caller's own PostgreSQL or locale may leak into the tests.
unset PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE LC_ALL

jobs=$((2 * $(nproc))) # they wait more than they compute

# A cluster is a thousand small files, made and removed with each test: in memory, where it has 1 GB to spare for each
# that may run. The logs are kept in the tree.
logs=$root/tmp_check/log
work=$root
mkdir -p "$logs"
if [ "$(df --output=avail --block-size=1G /dev/shm | tail -n 1)" -ge "$jobs" ]; then
    work=$(mktemp -d /dev/shm/volunteer.XXXXXX)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
    mkdir "$work/tmp_check"
    ln -s "$logs" "$work/tmp_check/log"
    export TMPDIR="$work"
fi
mkdir -p "$work/tmp_check"
VOLUNTEER_CLUSTER=$work/tmp_check/initialised
rm -rf "$VOLUNTEER_CLUSTER"
initdb -A trust -N -U postgres "$VOLUNTEER_CLUSTER" >"$logs/initdb.log"
TESTDIR=$work # where the server's test library writes: 15, and from 16 on
TESTDATADIR=$work/tmp_check
TESTLOGDIR=$logs
export TESTDIR TESTDATADIR TESTLOGDIR VOLUNTEER_CLUSTER

if [ $# -eq 0 ]; then
    set -- --jobs "$jobs" --recurse tests
fi
status=0
prove --timer "$@" || status=$?
# Once more what failed, as what is printed between is long.
[ "$status" -eq 0 ] ||
    find "$logs" -name 'regress_log_*' -newer "$logs/initdb.log" -exec grep -HE -A 12 '^[^#]*not ok [0-9]' {} + |
    sed "s|^$logs/regress_log_||" | cut -c 1-300 | tail -n 100 >&2
exit "$status"
