#!/bin/sh
# check.sh [prove arguments]: runs the tests, all of them by default.
#
# PostgreSQL refuses to run as root. Called by root, the tests run as user
# postgres on a copy of the tree that this user can reach.
set -eu

cd "$(dirname "$0")/.."
PG_CONFIG=${PG_CONFIG:-pg_config}
export PG_CONFIG

# What tests/browser and tests/third_party drive.
case "$#,$*" in
    0,* | *browser* | *third_party*)
        cmp -s tests/npm/package-lock.json tests/npm/node_modules/.installed ||
            (cd tests/npm && npm ci --loglevel=error --no-audit --no-fund && cp package-lock.json node_modules/.installed)
        ;;
esac

if [ "$(id -u)" -ne 0 ]; then
    scripts/stage.sh .stage
    exec scripts/prove.sh "$@"
fi

copy=$(mktemp -d "${TMPDIR:-/tmp}/volunteer-check.XXXXXX")
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM
tar -cf - --exclude=./.git --exclude=./.stage --exclude=./.demo --exclude=./.fuzz --exclude=./tmp_check . |
    tar -xf - -C "$copy"
scripts/stage.sh "$copy/.stage"
chown -R postgres: "$copy"

status=0
runuser -u postgres -- env "HOME=$copy" "PG_CONFIG=$PG_CONFIG" "$copy/scripts/prove.sh" "$@" || status=$?
if [ "$status" -ne 0 ] && [ -d "$copy/tmp_check/log" ]; then
    rm -rf tmp_check
    mkdir tmp_check
    cp -r "$copy/tmp_check/log" tmp_check/
    echo "logs of the failed run are in tmp_check/log" >&2
fi
exit "$status"
