#!/usr/bin/env bash
# matrix_suite.sh SUITE: builds and tests the working tree in the chroot
# MATRIX_DIR/SUITE, which is made when it is not there and kept for the next run.
# Packages that are missing are installed each time; remove the directory to get
# everything anew, as the release ships it today.
set -euo pipefail

cd "$(dirname "$0")/.."
suite=$1
root=$MATRIX_DIR/$suite
tree=$root/srv/tree

# Nothing of the host is mounted in a chroot, and what is mounted or started
# there ends with the command: it has mounts and processes of its own.
inside() {
    chroot=$1
    shift
    unshare --mount --pid --ipc --fork --kill-child --root="$chroot" --mount-proc \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"
}

if [ ! -d "$root" ]; then
    # shellcheck disable=SC2016
    mirror=${MATRIX_MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Identifier: Packages' 'Label: Debian' |
        head -n 1)}
    [ -n "$mirror" ] || {
        echo "matrix: apt knows no Debian mirror: apt-get update, or set MATRIX_MIRROR" >&2
        exit 1
    }
    new=$root.new
    rm -rf --one-file-system "$new"
    unshare --mount debootstrap --variant=minbase "$suite" "$new" "$mirror" >"$MATRIX_DIR/debootstrap.log" 2>&1 || {
        tail -n 20 "$MATRIX_DIR/debootstrap.log" >&2
        exit 1
    }

    # apt reaches its mirror in the way it does outside.
    apt-config dump Acquire >"$new/etc/apt/apt.conf.d/10acquire"
    echo force-unsafe-io >"$new/etc/dpkg/dpkg.cfg.d/10chroot"
    # Packages start no server, the tests start their own.
    printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
    chmod 755 "$new/usr/sbin/policy-rc.d"
    mkdir -p "$new/etc/postgresql-common"
    echo 'create_main_cluster = false' >"$new/etc/postgresql-common/createcluster.conf"
    # For the servers' shared memory.
    chmod 1777 "$new/dev/shm"
    inside "$new" useradd volunteer
    mv "$new" "$root"
fi

cp -L /etc/hosts /etc/resolv.conf "$root/etc/"
rm -rf --one-file-system "$tree"
mkdir "$tree"
git ls-files -z --cached --others --exclude-standard |
    tar -cf - --null --files-from=- | tar -xf - -C "$tree"

rm -rf "tmp_check/matrix-$suite"
status=0
inside "$root" /srv/tree/scripts/matrix_inside.sh 2>&1 | tee "tmp_check/matrix-$suite.log" || status=$?
if [ "$status" -ne 0 ] && [ -d "$tree/tmp_check/log" ]; then
    cp -r "$tree/tmp_check/log" "tmp_check/matrix-$suite"
fi
exit "$status"
