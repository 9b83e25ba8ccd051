# Memory: no function keeps any of what it takes. Each is called a million times
# in one backend (those that take long, less often), and all that the backend
# holds and held after the first tenth it holds at the end.
#
# VOLUNTEER_CALLS: how often instead of a million, under tools that are slow and
# take memory themselves. Then only what PostgreSQL knows of is compared.

use strict;
use warnings;

use FindBin;
use List::Util qw(max);
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $calls = $ENV{VOLUNTEER_CALLS} // 1_000_000;
my $slack = 1536; # kB; buffers that are touched for the first time count as well

my $node = Volunteer::Cluster->new('leaks', conf => <<'CONF');
autovacuum = off
fsync = off
shared_buffers = 1MB
work_mem = 256kB
jit = off
max_parallel_workers_per_gather = 0
CONF
my $dir = $node->basedir;

$node->safe_psql('postgres', 'CREATE EXTENSION volunteer');
$node->run_file('postgres', "$FindBin::RealBin/functions.sql");
$node->safe_psql('postgres', 'ANALYZE every.sample');

my $session = $node->background_psql('postgres');
$session->set_query_timer_restart;
my $pid = $session->query_safe('SELECT pg_backend_pid()');

# What the process has held at most since its peak was last forgotten.
sub forget_peak
{
    open my $handle, '>', "/proc/$pid/clear_refs" or BAIL_OUT("clear_refs: $!");
    print $handle '5';
    close $handle or BAIL_OUT("clear_refs: $!");
    return;
}

sub peak { return (slurp_file("/proc/$pid/status") =~ /^VmHWM:\s*(\d+) kB/m)[0] }

sub contexts
{
    return $session->query_safe('SELECT sum(total_bytes)::bigint / 1024 FROM pg_backend_memory_contexts');
}

# keeps_nothing(name, times, sub): the sub makes a statement of how many calls.
sub keeps_nothing
{
    my ($name, $times, $statement) = @_;
    my (@peak, @contexts);

    # What is kept from the first calls is kept once: plans, caches.
    $times = max(int($times * $calls / 1_000_000), 20);
    foreach my $n (max(int($times / 10), 10), $times)
    {
        forget_peak();
        $session->query_safe($statement->($n));
        push @peak, peak();
        push @contexts, contexts();
    }
    ok(($peak[1] <= $peak[0] + $slack || $ENV{VOLUNTEER_CALLS}) && $contexts[1] <= $contexts[0] + 64, "$name: $times calls")
      or diag("kB at most: $peak[0], then $peak[1]; in contexts: $contexts[0], then $contexts[1]");
    return;
}

# Functions of values. Those that are the server's own
# under another name are the server's affair.

my %expensive = (
    sign_certificate => 20_000,
    sign_seal => 20_000,
    sign_status_list => 20_000,
    sign_transfer => 20_000,
    status_list => 20_000,
    verify_certificate => 10_000,
    verify_seal => 20_000,
    verify_transfer => 20_000,
    signing_public_key => 200_000,
    identity_digest => 200_000,
    seal_identity => 200_000,
    open_identity => 200_000,
    merkle_root => 200_000,
    minutes_by_day => 20_000,
    'sum(volunteer.occupancy' => 10_000,
);

foreach my $line (split /\n/, $node->safe_psql('postgres', q(SELECT function, statement FROM every.call
    WHERE prolang <> (SELECT oid FROM pg_language WHERE lanname = 'internal') OR prokind = 'a')))
{
    my ($function, $statement) = split /\|/, $line, 2;
    my ($expensive) = grep { index($function, "volunteer.$_") == 0 } keys %expensive;

    keeps_nothing($function, $expensive ? $expensive{$expensive} : 1_000_000, sub { $statement =~ s/\$1/$_[0]/r });
}

# Functions that the server calls: binary input, aggregates, the planner's.

my %covered;
sub covers { $covered{$_} = 1 foreach @_; return }

my @types = qw(region_code citizen_id credit_code volunteer_no certificate_code service_hours occupancy star_rating);
my $columns = join ', ', @types;

$session->query_safe("CREATE UNLOGGED TABLE every.copied AS SELECT $columns FROM every.sample WHERE false");
covers(map { "${_}_recv" } @types);
keeps_nothing('binary input', 200_000, sub {
    my $file = "$dir/$_[0]";
    return "COPY (SELECT $columns FROM every.sample, generate_series(1, $_[0])) TO '$file' (FORMAT binary);"
      . "COPY every.copied FROM '$file' (FORMAT binary); TRUNCATE every.copied";
});

covers(qw(service_hours_avg_accum service_hours_avg_accum_inv service_hours_avg occupancy_sum_accum occupancy_sum_final));
keeps_nothing('aggregates of groups and moving windows', 100_000, sub { <<"SQL" });
SET enable_hashagg = off;
SELECT count(average), count(total), count(moving) FROM (
    SELECT volunteer.avg(service_hours) AS average, volunteer.sum(occupancy) AS total,
        volunteer.avg(volunteer.avg(service_hours)) OVER (ORDER BY n / 2 ROWS 2 PRECEDING) AS moving
    FROM every.sample, generate_series(1, $_[0]) AS n GROUP BY n / 2) AS g
SQL

$session->query_safe(<<'SQL');
CREATE TABLE every.parallel AS SELECT n, service_hours, occupancy FROM every.sample, generate_series(1, 1000) AS n;
ALTER TABLE every.parallel SET (parallel_workers = 2);
ANALYZE every.parallel;
SQL
covers(qw(occupancy_sum_combine occupancy_sum_serialize occupancy_sum_deserialize));
keeps_nothing('parallel aggregates', 3_000, sub { <<"SQL" });
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
DO \$\$
DECLARE
    plan text := '';
    line text;
BEGIN
    FOR line IN EXPLAIN SELECT volunteer.sum(occupancy) FROM every.parallel LOOP
        plan := plan || line;
    END LOOP;
    IF plan !~ 'Partial Aggregate' THEN
        RAISE EXCEPTION 'not parallel: %', plan;
    END IF;
    FOR i IN 1..$_[0] / 100 + 1 LOOP
        PERFORM volunteer.sum(occupancy), volunteer.avg(service_hours) FROM every.parallel;
    END LOOP;
END
\$\$;
SET max_parallel_workers_per_gather = 0;
SQL

$session->query_safe(<<'SQL');
CREATE TABLE every.place AS
SELECT (440000000000 + n)::text::volunteer.region_code AS region FROM generate_series(1, 5000) AS n;
CREATE INDEX ON every.place (region);
ANALYZE every.place;
SQL
covers(map { ("region_code_${_}_support", "region_code_${_}_sel") } qw(contained contains));
keeps_nothing('planning of containment', 10_000, sub { <<"SQL" });
DO \$\$
BEGIN
    FOR i IN 1..$_[0] LOOP
        EXECUTE format('EXPLAIN SELECT FROM every.place WHERE region OPERATOR(volunteer.<@) %L::volunteer.region_code'
            ' OR %1\$L::volunteer.region_code OPERATOR(volunteer.@>) region', 440000000000 + i);
    END LOOP;
END
\$\$
SQL

covers('commit_by');
keeps_nothing('deadlines', 1_000_000, sub { "SELECT count(volunteer.commit_by(now() + interval '1 day')) FROM generate_series(1, $_[0])" });

# Errors that are caught.

my @errors = (
    (map { "PERFORM 'x'::volunteer.$_" } @types),
    (map { "EXECUTE 'COPY every.copied ($_) FROM ''$dir/bad'' (FORMAT binary)'" } @types),
    q(PERFORM volunteer.citizen_id_from_15('x')),
    q(PERFORM volunteer.volunteer_no('44', date 'infinity', 1)),
    q(PERFORM volunteer.star_rating('1:00', '{1}')),
    q(PERFORM '1 month'::interval::volunteer.service_hours),
    q(PERFORM volunteer.occupancy(tsrange('2024-01-01', NULL))),
    q(PERFORM volunteer.identity_digest('citizen_id', '1')),
    q(PERFORM volunteer.open_identity(sealed, 'another context') FROM every.sample),
    q(PERFORM volunteer.merkle_root(array_fill(sha256(''), '{1000}') || '\x00'::bytea)),
    q(PERFORM volunteer.sign_certificate('[]')),
    q(PERFORM volunteer.sign_status_list('[]')),
    q(PERFORM volunteer.sign_seal('[]')),
    q(PERFORM volunteer.verify_seal('x', '{}')),
    q(PERFORM volunteer.sign_transfer('[]')),
    q(PERFORM volunteer.verify_transfer('x', '{}')),
    q(PERFORM volunteer.status_list(8, '{0,8}', '{1,1}')),
    q(PERFORM volunteer.verify_certificate('x', '{}')),
    q(PERFORM volunteer.check_hours('every.copied', 'every.sample')),
    q(PERFORM volunteer.track_hours('every.sample', 'every.copied', '{x}', '{hours}')));

append_to_file("$dir/bad", "PGCOPY\n\xff\r\n\0" . pack('NN', 0, 0) . pack('nNN', 1, 4, 0x80000000));
foreach my $error (@errors)
{
    keeps_nothing("caught: $error", $error =~ /track_hours/ ? 100 : 2_000, sub { <<"SQL" });
DO \$\$
BEGIN
    FOR i IN 1..$_[0] LOOP
        BEGIN
            $error;
            RAISE 'no error' USING ERRCODE = 'assert_failure';
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
END
\$\$
SQL
}

# Totals kept by trigger.

$session->query_safe(<<'SQL');
CREATE UNLOGGED TABLE every.record (member_id integer, on_date date, hours volunteer.service_hours, period tsrange, counted boolean);
CREATE UNLOGGED TABLE every.total (member_id integer, year integer, hours volunteer.service_hours NOT NULL,
    occupied volunteer.occupancy NOT NULL, records bigint NOT NULL CHECK (records >= 0), PRIMARY KEY (member_id, year));
CREATE FUNCTION every.track() RETURNS void LANGUAGE sql AS $$
    SELECT volunteer.track_hours('every.record', 'every.total', ARRAY['member_id', 'year = year(on_date)'],
        ARRAY['hours', 'occupied = period FILTER (WHERE counted)'], records => 'records') $$;
SELECT every.track();
SQL
my $insert = <<'SQL';
INSERT INTO every.record SELECT n % 1000, date '2024-01-01' + n % 600, '1:00',
    tsrange(timestamp '2024-01-01' + n * interval '1 hour', timestamp '2024-01-01 01:00' + n * interval '1 hour'), true
SQL
covers(qw(accumulate_hours flush_hours));
keeps_nothing('rows that are written', 300_000, sub { <<"SQL" });
DO \$\$
BEGIN
    FOR i IN 1..$_[0] / 1000 + 1 LOOP
        $insert FROM generate_series(1, 1000) AS n;
        UPDATE every.record SET hours = '2:00', member_id = member_id + 1 WHERE member_id % 2 = 0;
        DELETE FROM every.record WHERE member_id % 3 = 0;
        TRUNCATE every.record;
        COMMIT;
    END LOOP;
END
\$\$
SQL
keeps_nothing('transactions and savepoints', 10_000, sub { <<"SQL" });
DO \$\$
BEGIN
    FOR i IN 1..$_[0] LOOP
        $insert FROM generate_series(i, i) AS n;
        BEGIN
            $insert FROM generate_series(i, i + 2) AS n;
            IF i % 2 = 0 THEN
                RAISE EXCEPTION 'undone';
            END IF;
            PERFORM volunteer.flush_hours();
            UPDATE every.total SET records = 0;
        EXCEPTION WHEN raise_exception OR object_not_in_prerequisite_state THEN
            NULL;
        END;
        COMMIT;
    END LOOP;
END
\$\$;
TRUNCATE every.record;
SQL
keeps_nothing('tracking and untracking', 200, sub { <<"SQL" });
DO \$\$
BEGIN
    FOR i IN 1..$_[0] LOOP
        PERFORM every.track();
        COMMIT;
        PERFORM volunteer.untrack_hours('every.record', 'every.total');
        COMMIT;
    END LOOP;
END
\$\$
SQL
$session->query_safe('SELECT every.track()');
is($session->query_safe(q(SELECT count(*) FROM volunteer.check_hours('every.record', 'every.total'))), '0', 'the totals are exact');

$session->quit;
$node->stop;
done_testing;
