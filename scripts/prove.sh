#!/bin/sh
# prove.sh [prove arguments]: the environment that the tests expect, then prove.
# Called by check.sh, as a user that may run PostgreSQL.
set -eu

cd "$(dirname "$0")/.."
root=$PWD

PERL5LIB=$(cd "$(dirname "$("$PG_CONFIG" --pgxs)")/.." && pwd)/test/perl:$root/tests/lib
PATH=$root/.stage/bin:$PATH
PG_REGRESS=/bin/true # asked to configure authentication, which initdb -A trust has done
TESTDIR=$root # where the server's test library writes: 15, and from 16 on
TESTDATADIR=$root/tmp_check
TESTLOGDIR=$root/tmp_check/log
VOLUNTEER_MODULE=$root/nginx_module/build/ngx_http_volunteer_module.so
VOLUNTEER_PDF_MODULE=$root/nginx_module/build/ngx_http_volunteer_pdf_module.so
VOLUNTEER_PAGES=$root/nginx_module/pages
LANG=C.UTF-8
export PATH PERL5LIB PG_REGRESS TESTDIR TESTDATADIR TESTLOGDIR VOLUNTEER_MODULE VOLUNTEER_PDF_MODULE VOLUNTEER_PAGES LANG
# Nothing of the caller's own PostgreSQL or locale may leak into the tests.
unset PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE LC_ALL

if [ $# -eq 0 ]; then
    set -- --jobs "$(nproc)" --recurse tests
fi
exec prove --timer "$@"
