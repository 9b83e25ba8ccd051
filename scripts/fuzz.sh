#!/usr/bin/env bash
# fuzz.sh (all | each) SECONDS: runs the fuzz targets, as many at a time as there are processors.
#
#   all     so that all of them together take that long
#   each    every target that long
#
# What is found grows in .fuzz/corpus, from run to run. An input that breaks a target is kept as
# tests/fuzz/crash-TARGET-…: move it to tests/fuzz/corpus/TARGET when the parser is mended.
set -euo pipefail

cd "$(dirname "$0")/.."
fuzz=tests/fuzz
source=pg_extension/src
targets=$(cd "$fuzz" && basename -s .c -- *.c)
jobs=$(nproc)

case $1 in
    all) seconds=$(($2 * jobs / $(wc -w <<<"$targets"))) ;;
    each) seconds=$2 ;;
esac

# The parsers are built as one library: what a target does not call is left out.
mkdir -p .fuzz
flags="-g -O2 -std=c11 -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all"
for file in "$source"/{*_parse,occupancy_steps,base64url}.c; do
    # shellcheck disable=SC2086
    clang $flags -fsanitize=fuzzer-no-link -c "$file" -o ".fuzz/$(basename "$file" .c).o"
done
rm -f .fuzz/parsers.a
ar rcs .fuzz/parsers.a .fuzz/*.o
for target in $targets; do
    # shellcheck disable=SC2086
    clang $flags -fsanitize=fuzzer -I "$source" "$fuzz/$target.c" .fuzz/parsers.a -o ".fuzz/$target"
done

run() {
    local target=$1 seconds=$2 fuzz=$3 dictionary=()

    mkdir -p ".fuzz/corpus/$target"
    [ ! -e "$fuzz/$target.dict" ] || dictionary=("-dict=$fuzz/$target.dict")
    if ".fuzz/$target" "-max_total_time=$seconds" -max_len=256 -timeout=5 -print_final_stats=1 "${dictionary[@]}" \
        "-artifact_prefix=$fuzz/crash-$target-" ".fuzz/corpus/$target" "$fuzz/corpus/$target" >".fuzz/$target.log" 2>&1
    then
        printf 'fuzz: %-17s %10d inputs, %s\n' "$target" \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' ".fuzz/$target.log")" \
            "$(grep -o 'cov: [0-9]*' ".fuzz/$target.log" | tail -n 1)"
    else
        echo "fuzz: $target fails" >&2
        grep -vE '^#[0-9]+\s' ".fuzz/$target.log" >&2
        return 1
    fi
}
export -f run

# shellcheck disable=SC2016
xargs -P "$jobs" -I '{}' bash -c 'run "$0" "$1" "$2"' '{}' "$seconds" "$fuzz" <<<"$targets"
