#!/bin/sh
# Installs the Debian packages that are missing; does nothing when all are there.
set -eu

# The major version that this Debian release ships.
if [ -z "${PG_MAJOR:-}" ]; then
    # shellcheck source=/dev/null
    . /etc/os-release
    case "${VERSION_ID:-sid}" in
        12) PG_MAJOR=15 ;;
        13) PG_MAJOR=17 ;;
        *) PG_MAJOR=18 ;;
    esac
fi

build="build-essential pkg-config libssl-dev libpq-dev libjansson-dev libqrencode-dev libpng-dev
    postgresql-$PG_MAJOR postgresql-server-dev-$PG_MAJOR nginx nginx-dev"
demo="openssl curl ca-certificates"
check="postgresql-$PG_MAJOR-pgtap libipc-run-perl jose python3-jwcrypto zbar-tools
    imagemagick chromium fonts-noto-cjk"
bench="wrk"
lint="shellcheck clang-format"
packages="$build $demo $check $bench $lint"
command -v node >/dev/null && command -v npm >/dev/null || packages="$packages nodejs npm"

missing=
for package in $packages; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "deps: missing packages:$missing; install them as root, or install sudo" >&2
        exit 1
    }
    as_root=sudo
fi

echo "deps: installing$missing"
$as_root apt-get update -q
# The fonts and the browser recommend whole desktops; none of that is needed.
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
