#!/bin/sh
# What matrix.sh runs as root in a chroot, from the copy of the tree in there:
# packages as root, all else as user volunteer.
set -eu

cd "$(dirname "$0")/.."
scripts/deps.sh build test >deps.log 2>&1 || {
    tail -n 30 deps.log
    exit 1
}
chown -R volunteer: .
mount -t tmpfs -o mode=1777 tmpfs /dev/shm # a directory of the chroot otherwise

as_user() {
    runuser -u volunteer -- env HOME="$PWD" "$@"
}

echo "$(pg_config --version), $(nginx -v 2>&1), $(openssl version), $(gcc --version | head -n 1)"
as_user make --jobs="$(nproc)" all
# They wait more than they compute.
as_user scripts/check.sh --jobs $((2 * $(nproc))) tests/extension tests/registry tests/nginx
