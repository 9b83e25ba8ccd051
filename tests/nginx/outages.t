# How much goes wrong when something does: long outages, sessions that cannot be opened, one bad code among good ones.
use strict;
use warnings;

use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $node = Volunteer::Cluster->new('outages');
my $desk = Volunteer::Desk->new($node);
my $code = $desk->issue;

sub start_nginx
{
    my ($name, %params) = @_;
    my $nginx = Volunteer::Nginx->new($name, database => $desk->conninfo, keys => $desk->keys, %params);

    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    return $nginx;
}

sub status { return $_[0]->get("/c/$code.json")->{status} }
sub statuses { my ($nginx, @sockets) = @_; return map { ($nginx->end($_) =~ /^HTTP\/1\.1 (\d+)/)[0] // 'none' } @sockets }

subtest 'an outage longer than our patience' => sub {
    my $nginx = start_nginx('breaker', database_options => 'timeout=10m patience=500ms');

    $desk->block;
    my @sockets = map { $nginx->ask("/c/$code.json") } 1 .. 10;
    $nginx->wait_until('lookups that wait', sub { $desk->waiting > 0 });
    $node->stop('immediate');
    $desk->kill_blocker;
    is_deeply([ statuses($nginx, @sockets) ], [ (503) x 10 ], 'who waits is refused long before the deadline');
    like($nginx->error_log, qr/volunteer_database is away/, 'and the log says so');
    is_deeply([ map { status($nginx) } 1 .. 20 ], [ (503) x 20 ], 'who comes is refused at once');
    is($nginx->get("/c/$code.json")->{headers}{'retry-after'}, 5, 'and told to come again');

    $node->start;
    $nginx->wait_until('recovery', sub { status($nginx) == 200 });
    like($nginx->error_log, qr/volunteer_database is back/, 'until the database is back');
    is_deeply([ map { status($nginx) } 1 .. 20 ], [ (200) x 20 ], 'from when on all are served');
    $nginx->stop;
};

subtest 'an outage longer than a request may wait' => sub {
    my $nginx = start_nginx('patient', database_options => 'timeout=1s patience=10m');
    my $attempts = sub { return scalar(() = $nginx->error_log =~ /lost a connection/g) };

    $node->stop('immediate');
    my @sockets = map { $nginx->ask("/c/$code.json") } 1 .. 5;
    $nginx->wait_until('requests that wait', sub { $nginx->in_progress == @sockets });
    my $before = $attempts->();
    # A connection is not opened sooner than 100 ms after the last attempt but a few.
    $nginx->wait_until('so many attempts that the time is over', sub { $attempts->() > $before + 40 });
    is($nginx->metrics->{'volunteer_queries_timed_out_total{statement="volunteer_certificates"}'}, 0, 'takes no time from those who wait');
    $node->start;
    is_deeply([ statuses($nginx, @sockets) ], [ (200) x 5 ], 'they are served when the database is back');
    $nginx->stop;
};

# The pauses of 32 connections while the database is away, by the log: they double, each up to half shorter by chance.
sub pauses
{
    my ($patience, $shortest) = @_;
    my $log = $node->basedir . "/$patience.log";
    my $nginx = Volunteer::Nginx->new($patience, database => $desk->conninfo, keys => $desk->keys, main => "error_log $log info;",
        database_options => "connections=32 patience=$patience");
    my @pauses;

    $nginx->wait_until('long pauses', sub {
        @pauses = PostgreSQL::Test::Utils::slurp_file($log) =~ /tries again in (\d+) ms/g;
        return 200 <= grep { $_ >= $shortest } @pauses;
    });
    $nginx->stop;
    return sort { $a <=> $b } @pauses;
}

subtest 'pauses between attempts' => sub {
    $node->stop;
    foreach ([ '10m', 100, 'while requests wait' ], [ '1ms', 1000, 'later' ])
    {
        my ($patience, $shortest, $when) = @$_;
        my @pauses = pauses($patience, $shortest);
        my %longest = map { $_ => 1 } grep { $_ >= $shortest } @pauses;

        cmp_ok($pauses[0], '>=', 25, "$when none is shorter than half the first");
        cmp_ok($pauses[-1], '<', 2 * $shortest, 'none longer than the longest');
        cmp_ok(scalar(keys %longest), '>', 50, 'and the longest spread');
    }
    $node->start;
};

subtest 'sessions that cannot be opened' => sub {
    my $nginx = start_nginx('few', database_options => 'timeout=60s patience=60s');

    $nginx->wait_until('two sessions', sub { $desk->sessions == 2 });
    $desk->sql('ALTER ROLE registry_verifier CONNECTION LIMIT 1');
    $desk->block;
    my @sockets = $nginx->ask("/c/$code.json");
    $nginx->wait_until('a lookup that waits', sub { $desk->waiting == 1 });
    $desk->sql("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
          . " WHERE usename = 'registry_verifier' AND wait_event_type = 'Lock'");
    $nginx->wait_until('its second attempt', sub { $desk->waiting == 1 });
    $nginx->wait_until('the reason', sub { $nginx->error_log =~ /too many connections for role/ });
    pass('a third one is refused');
    $desk->release;
    is_deeply([ statuses($nginx, @sockets) ], [200], 'the one that is left repeats the lookup');
    is_deeply([ map { status($nginx) } 1 .. 20 ], [ (200) x 20 ], 'and serves all');
    is($desk->sessions, 1, 'alone');

    $desk->sql('ALTER ROLE registry_verifier CONNECTION LIMIT -1');
    $nginx->wait_until('the other one', sub { $desk->sessions == 2 });
    pass('until there is room for the other');
    $nginx->stop;
};

subtest 'a server that is out of connections' => sub {
    my $others = PostgreSQL::Test::Utils::tempdir() . '/wait.sql';
    my $slots = $desk->sql("SELECT current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer");
    my $free = sub { $desk->sql("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = 'crowd' LIMIT 1") };
    my $output = '';

    # Superusers: none of them is in the way of the others, nor we in theirs.
    $desk->sql('CREATE ROLE crowd SUPERUSER LOGIN');
    PostgreSQL::Test::Utils::append_to_file($others, "SELECT pg_sleep(3600);\n");
    my $crowd = IPC::Run::start([ qw(pgbench -n -t 1 -U crowd -c), $slots, '-f', $others, $node->connstr('desk') ], '>&', \$output);
    $node->poll_query_until('desk', "SELECT count(*) = $slots FROM pg_stat_activity WHERE usename = 'crowd'") or die 'no crowd';

    my $nginx = Volunteer::Nginx->new('crowded', database => $desk->conninfo, keys => $desk->keys, database_options => 'patience=1ms');
    is(status($nginx), 503, 'none can be opened');
    $nginx->wait_until('the reason', sub { $nginx->error_log =~ /too many clients already|remaining connection slots are reserved/ });
    pass('the log says why');
    is($nginx->get("/c/$code.json")->{headers}{'retry-after'}, 5, 'who asks is told to come again');
    $free->();
    $nginx->wait_until('room for one', sub { status($nginx) == 200 });
    is_deeply([ map { status($nginx) } 1 .. 20 ], [ (200) x 20 ], 'the first one serves all');
    is($desk->sessions, 1, 'alone');
    $free->();
    $nginx->wait_until('room for the other', sub { $desk->sessions == 2 });
    pass('until there is room for the other');
    $nginx->stop;
    $crowd->kill_kill;
    $desk->sql("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = 'crowd'");
};

subtest 'a code on which the function fails' => sub {
    my $nginx = start_nginx('split', database_options => 'connections=1 timeout=60s patience=60s');
    my $definition = $desk->sql("SELECT pg_get_functiondef('verify.certificates'::regproc)");
    my @codes = split /\n/, $desk->sql('SELECT verify.issue() FROM generate_series(1, 50)');
    my %bad = map { $_ => 1 } @codes[ 7, 8, 42 ];
    my $bad = join ', ', map { "'$_'" } keys %bad;

    $desk->sql($definition =~ s/BEGIN/BEGIN IF codes && ARRAY[$bad] THEN RAISE EXCEPTION 'bad code'; END IF;/r);
    status($nginx);
    my $before = $nginx->metrics;
    $desk->block;
    my @sockets = $nginx->ask("/c/$code.json");
    $nginx->wait_until('a lookup that waits', sub { $desk->waiting == 1 });
    push @sockets, map { $nginx->ask("/c/$_.json") } @codes;
    $nginx->wait_until('a batch that waits', sub { $nginx->in_progress == @sockets });
    $desk->release;
    is_deeply([ statuses($nginx, @sockets) ], [ 200, map { $bad{$_} ? 503 : 200 } @codes ], 'fails alone');
    is($nginx->metrics->{'volunteer_connections_lost_total'}, $before->{'volunteer_connections_lost_total'}, 'and ends no session');
    $desk->sql($definition);
    is_deeply([ map { $nginx->get("/c/$_.json")->{status} } keys %bad ], [ (200) x 3 ], 'it is right when the function is');
    $nginx->stop;
};

subtest 'a function that returns something else' => sub {
    my $nginx = start_nginx('columns', database_options => 'timeout=60s patience=60s');
    my $definition = $desk->sql("SELECT pg_get_functiondef('verify.certificates'::regproc)");
    my $grant = 'GRANT EXECUTE ON FUNCTION verify.certificates TO registry_verifier';

    $desk->sql("BEGIN; DROP FUNCTION verify.certificates; $definition; $grant; COMMIT")
        foreach map { $definition =~ s/status text/status $_/r } 'character varying', 'text';
    is_deeply([ map { status($nginx) } 1 .. 5 ], [ (200) x 5 ], 'is prepared again');
    $nginx->stop;
};

subtest 'worker_shutdown_timeout' => sub {
    my $nginx = start_nginx('drain', main => 'worker_shutdown_timeout 500ms;', database_options => 'timeout=10m patience=10m');

    $desk->block;
    my @sockets = map { $nginx->ask("/c/$code.json") } 1 .. 5;
    $nginx->wait_until('lookups that wait', sub { $desk->waiting > 0 });
    $nginx->reload;
    is_deeply([ statuses($nginx, @sockets) ], [ ('none') x 5 ], 'ends lookups that do not end');
    $desk->release;
    is(status($nginx), 200, 'and no others');
    $nginx->wait_until('old sessions to end', sub { $desk->sessions == 2 });
    $nginx->stop;

    # What belongs to no request: lookups for the zone, status lists, views.
    $nginx = start_nginx('drained', main => 'worker_shutdown_timeout 500ms;', database_options => 'timeout=10m patience=10m views=10m',
        http => 'volunteer_cache zone=drained:1m valid=1m;');
    my $worker = $nginx->worker;
    is($nginx->get("/c/$code")->{status}, 200, 'a view');
    my $other = $desk->issue;
    $desk->block('LOCK TABLE verify.row, verify.list, verify.counted');
    @sockets = map { $nginx->ask($_) } "/c/$other.json", '/s/1';
    $nginx->wait_until('both to wait', sub { $desk->waiting == 2 });
    $nginx->reload;
    is_deeply([ statuses($nginx, @sockets) ], [ ('none') x 2 ], 'ends what nobody waits for any more');
    $nginx->wait_until('the end of the worker', sub { !kill 0, $worker });
    pass('with the worker');
    $desk->release;
    $nginx->stop;
};

done_testing();
