# Sourced by run.sh: the registry with a million volunteers and ten million records, at full scale. Imports and single
# records go through every rule; reports are asked for as an analyst does.
# shellcheck shell=bash disable=SC2154,SC2034

contenders+=('import 1' 'import 10' 'import bare' 'record rules 1' 'record bare 1' 'record rules 8' 'record bare 8'
    'report overview' 'report interactive' 'report yearly' 'seals sealed' 'seals verified' 'limits')
bare_columns='volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id, post'

prepare_registry() {
    sql postgres -v volunteers="$full" -v rosters="$((2 * (rounds + 1)))" -f bench/registry.sql
    local file round
    for file in $(seq 0 $((2 * rounds + 1))); do
        write_roster "$file"
    done
    load_people

    load_records "a tenth of the records" 'n / 100 % 10 = 0'
    for round in $(seq 0 "$rounds"); do
        import_roster "$round" >"$work/import_1.$round"
    done
    load_records "the rest of the records" 'n / 100 % 10 > 0'

    sql postgres -f bench/registry_rest.sql
    step 'what else a city has'
    sql postgres -f bench/registry_more.sql
    events=$(sql postgres -A -t -c 'SELECT count(*) FROM registry.sealed_event')
    timed "$events" 'SELECT registry.seal()' >"$work/sealed"
    step "$events events sealed"
    first_batch=$(sql bench_recorder -A -t -c 'SELECT min(registry.open_batch(1000)) FROM generate_series(1, 8)')
    sql postgres -A -t -F $'\t' -f bench/registry_reports.sql >"$work/reports"
    step 'all in place'
}

step() {
    echo "bench: $SECONDS s, $1"
}

# write_roster FILE: as an import reads it, and as a bare table does.
write_roster() {
    mkdir -p "$work/rosters/$1"
    sql postgres -c "COPY (SELECT concat_ws(',', volunteer_no, name, '示例项目' || project_id % 4,
            '示例志愿服务队' || organization_id - 1000, '引导', to_char(starts, 'YYYY-MM-DD HH24:MI'),
            to_char(starts + interval '45 minutes', 'YYYY-MM-DD HH24:MI'), '0.75', '4')
        FROM bench.roster WHERE file = $1) TO STDOUT" >"$work/rosters/$1/roster.csv"
    sql postgres -c "COPY (SELECT volunteer_id, service_date, tstzrange(start, start + interval '45 minutes'), 4, project_id,
            project_id * 20 + 19, organization_id, 1, '引导'
        FROM bench.roster CROSS JOIN LATERAL (SELECT starts AT TIME ZONE 'Asia/Shanghai' AS start) AS s
        WHERE file = $1) TO STDOUT" >"$work/rosters/$1/bare"
}

# copied TABLE QUERY: one session draws, another loads. It is a superuser's, as row-level security is forced on the owner
# too, and COPY FROM does not exist under it.
copied() {
    sql postgres -c "COPY ($2) TO STDOUT" | sql postgres -c "COPY $1 FROM STDIN"
}

# The digests are those of no document. Nobody asks who entered these rows.
load_people() {
    local -x PGOPTIONS='-c session_replication_role=replica'
    copied 'registry.person (person_id, name, sex, birth_date)' \
        "SELECT volunteer_id, name, 1 + n % 2, '1950-01-01'::date + (n * 613 % 20000)::integer FROM bench.volunteer"
    copied 'registry.identity_document (kind, digest, person_id, sealed, tail)' \
        "SELECT 'citizen_id', sha256(n::text::bytea), volunteer_id, sha256(n::text::bytea), 'test' FROM bench.volunteer"
    copied 'registry.volunteer (volunteer_id, person_id, volunteer_no, registered_on, organization_id, region)' \
        "SELECT volunteer_id, volunteer_id, volunteer_no, registered_on, v.organization_id, o.region
        FROM bench.volunteer v JOIN registry.organization o USING (organization_id)"
    copied 'registry.volunteer_event (volunteer_id, at, to_status)' \
        "SELECT volunteer_id, registered_on, 'active' FROM bench.volunteer"
    copied 'registry.membership (organization_id, person_id, role, valid)' \
        "SELECT organization_id, volunteer_id, 'member', daterange(registered_on, NULL) FROM bench.volunteer"
    step "$full volunteers"
    copied 'registry.record_batch (batch_id, organization_id, source, justification, evidence_sha256, recorded_by,
            recorded_at, timely_from, status, reviewed_by, reviewed_at, publicity, effective_at)' \
        "SELECT batch_id, organization_id, 'import', CASE WHEN back_fill THEN '补录' END,
            CASE WHEN back_fill THEN sha256(batch_id::text::bytea) END, 'recorder_' || organization_id, recorded_at,
            (recorded_at - interval '14 days')::date, CASE WHEN effective THEN 'effective' ELSE 'in_publicity' END,
            'reviewer_' || organization_id / 10, recorded_at + interval '1 day', publicity,
            CASE WHEN effective THEN recorded_at + interval '10 days' END
        FROM bench.batch"
}

# load_records NAME CONDITION: the totals are kept meanwhile; the trigger that refuses old, reviewed records of other staff is
# disabled.
load_records() {
    sql postgres -f bench/registry_open.sql
    copied 'registry.service_record (volunteer_id, service_date, period, entry_method, project_id, activity_id,
            organization_id, batch_id, recorded_at, status)' \
        "SELECT volunteer_id, service_date, tstzrange(start, start + make_interval(mins => minutes)), entry_method, project_id,
            activity_id, s.organization_id, b.batch_id, recorded_at,
            CASE WHEN voided THEN 'voided' WHEN effective THEN 'effective' ELSE 'in_publicity' END
        FROM bench.service s
        JOIN bench.batch b ON b.batch_id = bench.batch_id(s.organization_id, s.day)
        CROSS JOIN LATERAL (
            SELECT (service_date + make_interval(mins => starts)) AT TIME ZONE 'Asia/Shanghai' AS start) AS t
        WHERE $2"
    step "$1"
    sql postgres -f bench/registry_close.sql
    step 'vacuum'
}

import_roster() {
    timed_script "$((full / 10))" bench_recorder "$work/rosters/$1" "$PWD/bench/registry_import.sql"
}

import() {
    case $1 in
        1) cat "$work/import_1.$round" ;;
        10) import_roster "$((rounds + 1 + round))" ;;
        bare)
            timed "$((full / 10))" "\\copy bench.bare_import ($bare_columns) FROM '$work/rosters/$((rounds + 1 + round))/bare'"
            ;;
    esac
}

# record CONTENDER CLIENTS: each run has its own numbers, from which volunteers and times follow; each client its batch.
record() {
    record_run=$((${record_run:-0} + 1))
    generated "$2" "bench/registry_$1.pgbench" -U bench_recorder -D n=0 -D "first=$((record_run * 2 * full))" -D "volunteers=$full" \
        -D "bodies=$((20 + full / 2000))" -D "batch=$first_batch" -D "afternoon=$(TZ=Asia/Shanghai date -d 'yesterday 14:00' +%s)"
}

# report KIND: seconds of each, and of the slowest, which is named for whoever watches.
report() {
    awk -F '\t' -v kind="$1" '$1 == kind { print "\\copy (" $3 ") TO /dev/null" }' "$work/reports" >"$work/report.sql"
    sql bench_analyst -c '\timing on' -f "$work/report.sql" | awk '/^Time:/ { print $2 / 1000 }' >"$work/report.seconds"
    awk -F '\t' -v kind="$1" '$1 == kind { print $2 }' "$work/reports" | paste - "$work/report.seconds" |
        sort -t $'\t' -k 2,2 -g | tee "$work/report.figures"
    sed -n '$s/^.*\t/slowest\t/p' "$work/report.figures"
    awk -F '\t' -v kind="$1" 'END { printf "\rbench: the slowest %s report is %s, %.2f s\n", kind, $1, $2 }' "$work/report.figures" >&2
}

seals() {
    case $1 in
        sealed) cat "$work/sealed" ;;
        verified) [ "$round" -eq 0 ] || timed "$events" "DO 'BEGIN ASSERT NOT EXISTS (SELECT FROM registry.verify_seals()), ''seals are broken''; END'" ;;
    esac
}

# What a report may take.
limits() {
    printf 'overview\t2\ninteractive\t1\nyearly\t30\n'
}

check_registry() {
    sql postgres -c "DO 'BEGIN ASSERT NOT EXISTS (SELECT FROM registry.check_hours()), ''totals are wrong''; END'"
}
