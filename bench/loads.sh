# Sourced by run.sh: a load of records by COPY, bare, with totals kept by the extension and with totals kept by hand.
# shellcheck shell=bash disable=SC2154,SC2034

contenders+=('load bare' 'load lifetime' 'load year' 'load view' 'load day' 'load plpgsql' 'load exclusion')
contenders+=('load plain_bare' 'load plain_day')

prepare_loads() {
    as_server mkdir "$state/load"
    sql postgres -f bench/loads.sql
    local file
    for file in all:$full fifth:$((full / 5)); do
        sql postgres -c "COPY (SELECT * FROM bench.records(${file#*:}, '2022-01-01', 1096)) TO '$state/load/${file%:*}'"
    done
}

# One COPY with its commit into an empty table with empty totals. What is kept by hand gets a fifth of the records, which
# is to its advantage, and so does everybody in the warm-up.
load() {
    local records=$full file=all tables
    case $round:$1 in 0:* | *:plpgsql | *:exclusion)
        records=$((full / 5))
        file=fifth
        ;;
    esac
    tables=$(sql postgres -A -t -c "SELECT string_agg(oid::regclass::text, ',') FROM pg_class
        WHERE relnamespace = 'bench'::regnamespace AND relkind = 'r' AND relname ~ '^load_$1(_|$)'")
    # Records and totals go together, so the triggers have nothing to subtract.
    sql postgres -c 'SET session_replication_role = replica' -c "TRUNCATE $tables" -c CHECKPOINT
    timed "$records" "COPY bench.load_$1 (volunteer_id, service_date, period, entry_method, project_id,
        organization_id, batch_id, status) FROM '$state/load/$file'"
}

check_loads() {
    check_totals bench.load_lifetime bench.load_lifetime_hours
    check_totals bench.load_year bench.load_year_hours
    check_totals bench.load_year bench.load_year_years
    check_totals bench.load_view bench.load_view_years
    check_totals bench.load_day bench.load_day_years
    check_totals bench.load_plain_day bench.load_plain_day_years
}
