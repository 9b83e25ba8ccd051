#!/bin/sh
# make_keys.sh DIR: makes the three secrets of a deployment, readable by the caller alone.
# Keys that exist are never replaced.
#
#   DIR/signing.pem    P-256 private key that signs certificates
#   DIR/identity.key   64 hexadecimal digits that key the digests of document numbers
#   DIR/sealing.keys   a number and 64 hexadecimal digits, with which personal data is encrypted
set -eu

umask 077
mkdir -p "$1"
for key in signing.pem identity.key sealing.keys; do
    [ ! -e "$1/$key" ] || { echo "make_keys: $1/$key exists and is kept" >&2; continue; }
    case $key in
        signing.pem) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 ;;
        identity.key) openssl rand -hex 32 ;;
        sealing.keys) printf '1 %s\n' "$(openssl rand -hex 32)" ;;
    esac >"$1/$key.new" 2>/dev/null
    mv "$1/$key.new" "$1/$key"
done
