#!/bin/sh
# Formatting and static checks of everything that is tracked.
set -eu

cd "$(dirname "$0")/.."
status=0

fail() {
    echo "lint: $1" >&2
    status=1
}

files() {
    git ls-files -- "$@"
}

shell=$(files .ci/run 'scripts/*.sh' 'bench/*.sh' 'docker/**/*.sh')
# shellcheck disable=SC2086
shellcheck -x $shell || fail "shellcheck has findings"

for source in $(files 'pg_extension/src/*.[ch]' 'tests/fuzz/*.[ch]'); do
    clang-format --dry-run --Werror "$source" 2>/dev/null || fail "$source is not formatted (clang-format -i)"
done

# What nginx's own sources have none of: tabs, lines over 80 columns, //
# comments, a keyword without its space, a brace on the line of a function.
# shellcheck disable=SC2016
style=$(files 'nginx_module/src/*.[ch]' | xargs -r awk '
    length($0) > 80 || /\t/ || /(^|[ ;])\/\/ / || /[^a-z_](if|for|while|switch)\(/ || /^[a-z].*\) *\{$/ {
        print FILENAME ":" FNR
    }')
[ -z "$style" ] || fail "not nginx style: $style"

perl_libs=$(dirname "$("${PG_CONFIG:-pg_config}" --pgxs)")/../test/perl:tests/lib
for script in $(files 'tests/*.t' 'tests/**/*.t' 'tests/**/*.pm' 'scripts/*.pl' 'bench/*.pl'); do
    PERL5LIB=$perl_libs perl -wc "$script" >/dev/null 2>&1 || fail "$script does not compile"
done

blank=$(git grep -lIE '[[:blank:]]+$' -- . ':!*.md' ':!*.svg' ':!sql/data' || true)
[ -z "$blank" ] || fail "trailing white space: $blank"

tabs=$(git grep -lP '\t' -- 'sql/*.sql' ':!sql/data' || true)
[ -z "$tabs" ] || fail "tabs in SQL: $tabs"

exit "$status"
