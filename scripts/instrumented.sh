#!/usr/bin/env bash
# instrumented.sh (sanitize | sanitize-module | valgrind | valgrind-module) [prove arguments]: tests of the extension, or of the module,
# in a server that looks for their errors in memory and undefined behaviour. Any report fails the run.
#
#   sanitize   the extension built with AddressSanitizer and UndefinedBehaviorSanitizer. What the
#              server has allocated is filled with a pattern, and so is what it has freed.
#   sanitize-module
#              the same for nginx and its module, in which each piece of memory that the module takes from
#              a pool is one of its own, with bounds.
#   valgrind   the extension as it is, the server under memcheck with the suppressions of
#              scripts/valgrind.supp. Twenty times as slow: the SQL tests take
#              eight minutes of CPU time. Some of them: "tests/extension/pgtap.t :: accumulate occupancy".
#   valgrind-module
#              a slice of the module's tests, with such pieces of memory, nginx under memcheck.
#
# Debian's PostgreSQL shows neither tool the bounds of a single palloc(): that takes a server built
# with --enable-cassert and -DUSE_VALGRIND, whose pg_config may be given as PG_CONFIG.
set -euo pipefail

cd "$(dirname "$0")/.."
root=$PWD
export PG_CONFIG=${PG_CONFIG:-pg_config}
tool=$1
shift
if [ $# -eq 0 ]; then
    set -- --jobs $((2 * $(nproc))) --recurse tests/extension
    case $tool in
        sanitize-module) set -- --jobs $((2 * $(nproc))) tests/nginx ;;
        valgrind-module) set -- --jobs "$(nproc)" tests/nginx/{formats,bulk,batches,tampering}.t ;;
    esac
fi

copy=$(mktemp -d "${TMPDIR:-/tmp}/volunteer-$tool.XXXXXX")
trap 'rm -rf --one-file-system "$copy"' EXIT
trap 'exit 130' INT TERM
tar -cf - --exclude='*.o' --exclude='*.so' --exclude=nginx_module/build docs nginx_module pg_extension scripts sql tests/extension tests/lib tests/nginx tests/registry |
    tar -xf - -C "$copy"
cd "$copy"
mkdir reports

sanitizers='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined'
asan="$(gcc -print-file-name=libasan.so)"
ubsan="$(gcc -print-file-name=libubsan.so)"
flags=
under=

case $tool in
    sanitize)
        flags=$sanitizers
        # AddressSanitizer must not wake up in the constructor of a library that holds glibc's locks, and its sister
        # wakes up when postgres has written its title over the environment.
        gcc -x c -shared -fPIC -O0 -Wl,-z,initfirst -o first.so - <<C
#include <stdlib.h>
static void __attribute__((constructor)) wake(void) { free(malloc(1)); }
const char *__ubsan_default_options(void) { return "abort_on_error=1:print_stacktrace=1"; }
C
        export VOLUNTEER_CALLS=20000
        under="env LD_PRELOAD=$asan:$copy/first.so:$ubsan"
        under="$under ASAN_OPTIONS=abort_on_error=1:detect_leaks=0:max_malloc_fill_size=1073741824:max_free_fill_size=1073741824"
        ;;
    sanitize-module | valgrind-module)
        # It is nginx's way to copy no bytes from nowhere.
        sanitizers="$sanitizers -fno-sanitize=nonnull-attribute"
        [ "$tool" = sanitize-module ] || sanitizers='-g -O1 -fno-omit-frame-pointer'
        # nginx itself is as the distribution built it. Like NGX_DEBUG_PALLOC in nginx's own build:
        cat >pools.h <<C
#include <ngx_config.h>
#include <ngx_core.h>
#define ngx_palloc(pool, size) ngx_pmemalign(pool, size, 16)
#define ngx_pnalloc(pool, size) ngx_pmemalign(pool, size, 16)
static inline void *separate_pcalloc(ngx_pool_t *pool, size_t size)
{
    void *p = ngx_pmemalign(pool, size, 16);
    return p ? memset(p, 0, size) : NULL;
}
#define ngx_pcalloc(pool, size) separate_pcalloc(pool, size)
C
        make -s --jobs="$(nproc)" -C nginx_module "CFLAGS=$sanitizers" build/nginx/objs/Makefile
        make -s --jobs="$(nproc)" -C nginx_module "CFLAGS=$sanitizers" "CC=gcc -include $copy/pools.h"
        ;;
    valgrind)
        flags='-g -O1 -fno-omit-frame-pointer'
        under="valgrind --quiet --vgdb=no --trace-children=yes --leak-check=no --num-callers=30"
        under="$under --suppressions=$copy/scripts/valgrind.supp --log-file=$copy/reports/%p"
        export VOLUNTEER_CALLS=1000 PG_TEST_TIMEOUT_DEFAULT=900 PGCTLTIMEOUT=900
        ;;
esac

make -s --jobs="$(nproc)" -C pg_extension "COPT=$flags"
scripts/stage.sh .stage

if [ "$tool" = sanitize-module ]; then
    # Each module of nginx defines ngx_module_order.
    cat >.stage/bin/nginx <<WRAPPER
#!/bin/sh
LD_PRELOAD=$asan:$ubsan ASAN_OPTIONS=abort_on_error=1:detect_leaks=0:detect_odr_violation=0:quarantine_size_mb=16 \
    UBSAN_OPTIONS=abort_on_error=1:print_stacktrace=1 exec $(PATH=$PATH:/usr/sbin command -v nginx) "\$@"
WRAPPER
    chmod 755 .stage/bin/nginx
elif [ "$tool" = valgrind-module ]; then
    cat >.stage/bin/nginx <<WRAPPER
#!/bin/sh
# nginx sets its limit to 4096 files, and valgrind lets no other be set than what it left of the one it found: 12 less.
ulimit -n 4108
exec valgrind --quiet --vgdb=no --leak-check=no --num-callers=30 --suppressions=$copy/scripts/valgrind.supp \\
    --log-file=$copy/reports/%p $(PATH=$PATH:/usr/sbin command -v nginx) "\$@"
WRAPPER
    chmod 755 .stage/bin/nginx
else
    # What initdb and pg_ctl ask of postgres before they start it is of no interest.
    mv .stage/bin/postgres .stage/bin/uninstrumented
    cat >.stage/bin/postgres <<WRAPPER
#!/bin/sh
[ "\$1" = -D ] && exec $under "\$(dirname "\$0")/uninstrumented" "\$@"
exec "\$(dirname "\$0")/uninstrumented" "\$@"
WRAPPER
    chmod 755 .stage/bin/postgres
fi

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
