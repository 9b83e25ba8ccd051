#!/usr/bin/env bash
# instrumented.sh (sanitize | valgrind) [prove arguments]: tests of the extension in a server that
# looks for its errors in memory and undefined behaviour. Any report fails the run.
#
#   sanitize   the extension built with AddressSanitizer and UndefinedBehaviorSanitizer. What the
#              server has allocated is filled with a pattern, and so is what it has freed.
#   valgrind   the extension as it is, the server under memcheck with the suppressions of
#              scripts/valgrind.supp. Twenty times as slow: the SQL tests take
#              eight minutes of CPU time. Some of them: "tests/extension/pgtap.t :: accumulate occupancy".
#
# Debian's PostgreSQL shows neither tool the bounds of a single palloc(): that takes a server built
# with --enable-cassert and -DUSE_VALGRIND, whose pg_config may be given as PG_CONFIG.
set -euo pipefail

cd "$(dirname "$0")/.."
root=$PWD
export PG_CONFIG=${PG_CONFIG:-pg_config}
tool=$1
shift
[ $# -gt 0 ] || set -- --jobs "$(nproc)" --recurse tests/extension

copy=$(mktemp -d "${TMPDIR:-/tmp}/volunteer-$tool.XXXXXX")
trap 'rm -rf --one-file-system "$copy"' EXIT
trap 'exit 130' INT TERM
tar -cf - --exclude='*.o' --exclude='*.so' docs pg_extension scripts sql tests/extension tests/lib |
    tar -xf - -C "$copy"
cd "$copy"
mkdir reports

case $tool in
    sanitize)
        flags='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined'
        # AddressSanitizer must not wake up in the constructor of a library that holds glibc's locks, and its sister
        # wakes up when postgres has written its title over the environment.
        gcc -x c -shared -fPIC -O0 -Wl,-z,initfirst -o first.so - <<C
#include <stdlib.h>
static void __attribute__((constructor)) wake(void) { free(malloc(1)); }
const char *__ubsan_default_options(void) { return "abort_on_error=1:print_stacktrace=1"; }
C
        export VOLUNTEER_CALLS=20000
        under="env LD_PRELOAD=$(gcc -print-file-name=libasan.so):$copy/first.so:$(gcc -print-file-name=libubsan.so)"
        under="$under ASAN_OPTIONS=abort_on_error=1:detect_leaks=0:max_malloc_fill_size=1073741824:max_free_fill_size=1073741824"
        ;;
    valgrind)
        flags='-g -O1 -fno-omit-frame-pointer'
        under="valgrind --quiet --trace-children=yes --leak-check=no --num-callers=30"
        under="$under --suppressions=$copy/scripts/valgrind.supp --log-file=$copy/reports/%p"
        export VOLUNTEER_CALLS=1000 PG_TEST_TIMEOUT_DEFAULT=900 PGCTLTIMEOUT=900
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
    runuser -u postgres -- env "HOME=$copy" scripts/prove.sh "$@" || status=$?
else
    scripts/prove.sh "$@" || status=$?
fi

# The sanitizers write into the log of the server.
if grep -hE -A 40 'runtime error:|Sanitizer' tmp_check/log/*.log >&2 || grep -hs . reports/* >&2; then
    status=1
fi
if [ "$status" -ne 0 ] && [ -d tmp_check/log ]; then
    rm -rf "$root/tmp_check"
    mkdir "$root/tmp_check"
    cp -r tmp_check/log "$root/tmp_check/"
    echo "logs of the failed run are in tmp_check/log" >&2
fi
exit "$status"
