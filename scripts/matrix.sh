#!/bin/sh
# matrix.sh [suite...]: builds and tests the working tree on every Debian release
# that is supported, each in a chroot below MATRIX_DIR.
set -eu

cd "$(dirname "$0")/.."
MATRIX_DIR=${MATRIX_DIR:-/var/cache/volunteer-matrix}
export MATRIX_DIR
[ $# -gt 0 ] || set -- bookworm trixie sid

impossible() {
    echo "matrix: nothing was tested: chroots need $1"
    exit 0
}

[ "$(id -u)" -eq 0 ] || impossible "root"
mkdir -p "$MATRIX_DIR"
null=$MATRIX_DIR/null
rm -f "$null"
mknod "$null" c 1 3 2>/dev/null || impossible "mknod"
(: >"$null") 2>/dev/null || impossible "a file system with devices at $MATRIX_DIR"
rm "$null"
unshare --mount --pid --ipc --fork --root=/ --mount-proc true 2>/dev/null ||
    impossible "chroot, mount and namespaces"
scripts/deps.sh matrix

# One run at a time in these chroots.
exec 9>"$MATRIX_DIR/lock"
flock 9

failed=
mkdir -p tmp_check
for suite in "$@"; do
    echo "matrix: $suite"
    begin=$(date +%s)
    scripts/matrix_suite.sh "$suite" || failed="$failed $suite"
    echo "matrix: $suite took $(($(date +%s) - begin)) s"
done
[ -z "$failed" ] || {
    # Once more at the end, where a reader of a long log looks first.
    for suite in $failed; do
        echo "matrix: what failed on $suite" >&2
        grep -A 8 '^ *#   Failed test' "tmp_check/matrix-$suite.log" | tail -n 60 >&2 || true
        sed -n '/^Test Summary Report/,$p' "tmp_check/matrix-$suite.log" >&2
    done
    echo "matrix: failed on$failed; logs are in tmp_check" >&2
    exit 1
}
