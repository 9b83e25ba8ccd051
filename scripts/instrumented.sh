#!/usr/bin/env bash
# instrumented.sh (sanitize | valgrind) [prove arguments]: tests of the extension in a server that
# looks for its errors in memory and undefined behaviour. Any report fails the run.
#
#   sanitize   the extension built with AddressSanitizer and UndefinedBehaviorSanitizer. What the
#              server has allocated is filled with a pattern, and so is what it has freed.
#   valgrind   the extension as it is, the server under memcheck with the suppressions of
#              scripts/valgrind.supp. Twenty times as slow.
#
# Debian's PostgreSQL shows neither tool the bounds of a single palloc(): that takes a server built
# with --enable-cassert and -DUSE_VALGRIND, whose pg_config may be given as PG_CONFIG.
set -euo pipefail

cd "$(dirname "$0")/.."
export PG_CONFIG=${PG_CONFIG:-pg_config}
tool=$1
shift

copy=$(mktemp -d "${TMPDIR:-/tmp}/volunteer-$tool.XXXXXX")
trap 'rm -rf --one-file-system "$copy"' EXIT
trap 'exit 130' INT TERM
tar -cf - --exclude='*.o' --exclude='*.so' pg_extension scripts tests/extension tests/lib | tar -xf - -C "$copy"
cd "$copy"
mkdir reports

case $tool in
    sanitize)
        flags='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined'
        # The runtime must not wake up inside the constructor of a library that holds glibc's locks.
        gcc -x c -shared -fPIC -O0 -Wl,-z,initfirst -o wake_asan.so - <<'C'
#include <stdlib.h>
static void __attribute__((constructor)) wake_asan(void) { free(malloc(1)); }
C
        preload="$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so):$copy/wake_asan.so"
        asan="detect_leaks=0:abort_on_error=1:max_malloc_fill_size=1073741824:max_free_fill_size=1073741824"
        ubsan="print_stacktrace=1"
        under="env LD_PRELOAD=$preload ASAN_OPTIONS=$asan:log_path=$copy/reports/asan UBSAN_OPTIONS=$ubsan:log_path=$copy/reports/ubsan"
        ;;
    valgrind)
        flags='-g -O1 -fno-omit-frame-pointer'
        under="valgrind --quiet --trace-children=yes --leak-check=no --num-callers=30"
        under="$under --suppressions=$copy/scripts/valgrind.supp --log-file=$copy/reports/%p"
        export PG_TEST_TIMEOUT_DEFAULT=900 PGCTLTIMEOUT=900
        ;;
esac

make -s -C pg_extension "COPT=$flags"
scripts/stage.sh .stage

# What initdb and pg_ctl ask of postgres before they start it is of no interest.
mv .stage/bin/postgres .stage/bin/uninstrumented
cat >.stage/bin/postgres <<WRAPPER
#!/bin/sh
[ "\$1" = -D ] && exec $under "\$(dirname "\$0")/uninstrumented" "\$@"
exec "\$(dirname "\$0")/uninstrumented" "\$@"
WRAPPER
chmod 755 .stage/bin/postgres

status=0
if [ "$(id -u)" -eq 0 ]; then
    chown -R postgres: .
    runuser -u postgres -- env "HOME=$copy" scripts/prove.sh "${@:-tests/extension}" || status=$?
else
    scripts/prove.sh "${@:-tests/extension}" || status=$?
fi

reports=$(find reports -type f -size +0)
if [ -n "$reports" ]; then
    # shellcheck disable=SC2086
    head -n 200 $reports >&2
    status=1
fi
exit "$status"
