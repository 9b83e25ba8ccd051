# Sourced by run.sh: certificates signed by the database, against the bare signature of the same library.
# shellcheck shell=bash disable=SC2154,SC2034

contenders+=(sign openssl_speed)

prepare_signing() {
    sql postgres -f bench/signing.sql
}

sign() {
    alone 50000 'SELECT count(volunteer.sign_certificate(claims)) FROM bench.claims'
}

openssl_speed() {
    openssl speed -elapsed -mr -seconds "$seconds" ecdsap256 2>/dev/null |
        awk -F: '/^\+F/ { printf "us\t%.2f\n", 1e6 / $4 }'
}

check_signing() {
    sql postgres -o /dev/null -c 'SELECT 1 / (count(*) = 0)::integer FROM (SELECT claims FROM bench.claims LIMIT 100) AS c
        WHERE NOT volunteer.verify_certificate(volunteer.sign_certificate(claims), volunteer.signing_public_key())'
}
