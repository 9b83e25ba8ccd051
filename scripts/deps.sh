#!/bin/sh
# deps.sh [group...]: installs the Debian packages that are missing, of all
# groups by default; does nothing when all are there.
set -eu

[ $# -gt 0 ] || set -- build demo test browser monitoring bench lint fuzz

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

packages_of() {
    case "$1" in
        build) echo "build-essential pkg-config libssl-dev libpq-dev libjansson-dev libqrencode-dev libpng-dev zlib1g-dev
            libpango1.0-dev
            postgresql-$PG_MAJOR postgresql-server-dev-$PG_MAJOR nginx nginx-dev" ;;
        demo) echo "openssl curl ca-certificates fonts-lxgw-wenkai" ;;
        test) echo "openssl postgresql-$PG_MAJOR-pgtap libipc-run-perl jose python3-jwcrypto
            fonts-lxgw-wenkai pgbouncer poppler-utils qpdf strace zbar-tools" ;;
        browser)
            echo "zbar-tools imagemagick chromium-headless-shell fonts-noto-cjk"
            command -v node >/dev/null && command -v npm >/dev/null || echo "nodejs npm"
            ;;
        monitoring) echo "prometheus" ;; # for its promtool
        bench) echo "wrk" ;;
        peers) # what is measured against, wanted by make bench alone
            echo "libnginx-mod-http-lua lua-resty-core php-fpm php-pgsql"
            command -v node >/dev/null && command -v npm >/dev/null || echo "nodejs npm"
            ;;
        lint) echo "git shellcheck clang-format" ;;
        fuzz) echo "clang libclang-rt-dev valgrind libc6-dbg" ;;
        matrix) echo "debootstrap" ;;
        *) echo "deps: no group \"$1\"" >&2; return 1 ;;
    esac
}

packages=
for group in "$@"; do
    packages="$packages $(packages_of "$group")"
done

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
