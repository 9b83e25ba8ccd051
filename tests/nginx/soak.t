# Full load while sessions, backends and the server are killed at random: every answer is right, nothing is left behind.
# VOLUNTEER_SOAK is how many seconds that goes on, 30 unless set.
use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $seconds = $ENV{VOLUNTEER_SOAK} // 30;
my ($clients, $connections) = (2, 32);

my $node = Volunteer::Cluster->new('soak', conf => 'restart_after_crash = on');
my $desk = Volunteer::Desk->new($node);
my $nginx = Volunteer::Nginx->new('soak', workers => 2, database => $desk->conninfo, keys => $desk->keys,
    database_options => 'timeout=60s patience=60s', http => 'keepalive_requests 1000000000; error_log /dev/null crit;');
my $reports = $nginx->dir . '/report';

$desk->sql('SELECT count(verify.issue()) FROM generate_series(1, 1000)');
my %token = map { split /\|/ } split /\n/, $desk->sql('SELECT code, token FROM verify.row');
my @known = sort keys %token;
my @codes = (@known, split /\n/, $desk->sql('SELECT volunteer.gen_certificate_code() FROM generate_series(1, 100)'));

# what is wrong with an answer; a certificate that was revoked once is never valid again
sub fault
{
    my ($code, $answer, $revoked) = @_;
    my ($status, $body) = $answer =~ /^HTTP\/1\.1 (\d+).*?\r\n\r\n(.*)/s or return 'no answer';

    return $status == 404 ? '' : "$status for an unknown code" unless $token{$code};
    return "$status" if $status != 200;
    return 'another token' if index($body, $token{$code}) < 0;
    $revoked->{$code} ||= $body =~ /^\{"status":"revoked"/;
    return '' if $revoked->{$code} ? $body =~ /^\{"status":"revoked"/ : $body =~ /^\{"status":"valid"/;
    return 'another status';
}

# one answer, with the bytes of the next one left in the buffer
sub answer
{
    my ($socket, $buffer) = @_;

    while (1)
    {
        if ($$buffer =~ /^(HTTP.*?\r\nContent-Length: (\d+)\r\n.*?\r\n\r\n)/s && length $$buffer >= length($1) + $2)
        {
            return substr $$buffer, 0, length($1) + $2, '';
        }
        $socket->sysread($$buffer, 65536, length $$buffer) or return '';
    }
}

sub client
{
    my ($number) = @_;
    my $parent = $$;
    my $pid = fork // die "fork: $!";

    return $pid if $pid;
    srand $number;
    my @sockets = map { [ $nginx->begin(''), \my $buffer ] } 1 .. $connections;
    ${ $_->[1] } = '' foreach @sockets;
    my ($answers, %faults, %revoked) = (0);
    until (-e "$reports.stop" || getppid != $parent)
    {
        my @asked = map { $codes[ rand @codes ] } @sockets;
        $sockets[$_][0]->syswrite("GET /c/$asked[$_].json HTTP/1.1\r\nHost: localhost\r\n\r\n") foreach 0 .. $#sockets;
        foreach (0 .. $#sockets)
        {
            my $fault = fault($asked[$_], answer(@{ $sockets[$_] }), \%revoked);
            $faults{$fault}++ if $fault;
        }
        $answers += @sockets;
    }
    PostgreSQL::Test::Utils::append_to_file("$reports.$number",
        join '', "answers\t$answers\n", map { "$_\t$faults{$_}\n" } sort keys %faults);
    POSIX::_exit(0);
}

# sessions that do not repeat what another one left: a lookup is repeated once
my $settled = "FROM pg_stat_activity WHERE usename = 'registry_verifier'"
  . " AND backend_start < clock_timestamp() - interval '500 ms'";

sub settled { return $desk->sql("SELECT count(*) $settled") }
sub session { return $desk->sql("SELECT pid $settled ORDER BY random() LIMIT 1") }

my %blows = (
    terminate => sub { $desk->sql('SELECT pg_terminate_backend(' . session() . ', 60000)') },
    'kill -9' => sub { kill 'KILL', session() },
    restart => sub { $node->restart },
    crash => sub { $node->stop('immediate'); $node->start },
);

$nginx->wait_until('a connection', sub { $nginx->get("/c/$known[0]")->{status} == 200 });
my @workers = $nginx->error_log =~ /start worker process (\d+)/g;
my @children = map { client($_) } 1 .. $clients;

sub state { return [ map { [ $nginx->memory($_), $nginx->descriptors($_) ] } @workers ] }

sub recover
{
    return $nginx->wait_until('all sessions', sub { (eval { settled() } // 0) == 4 });
}

recover();
my ($end, $warm, $state, %count) = (time + $seconds, time + $seconds / 3);
while (time < $end)
{
    my $blow = (('terminate') x 12, ('kill -9') x 2, 'restart', 'crash')[ rand 16 ];

    sleep 0.1 + rand 0.4;
    $desk->sql("UPDATE verify.row SET status = 'revoked', reason = 'issued_in_error' WHERE code = '$known[ rand @known ]'");
    $blows{$blow}->();
    $count{$blow}++;
    recover();
    $state //= state() if time > $warm;
}
PostgreSQL::Test::Utils::append_to_file("$reports.stop", '');
waitpid $_, 0 foreach @children;

my %total;
foreach my $number (1 .. $clients)
{
    foreach (split /\n/, PostgreSQL::Test::Utils::slurp_file("$reports.$number"))
    {
        my ($what, $times) = split /\t/;
        $total{$what} += $times;
    }
}
my $answers = delete $total{answers};
note("$answers answers in $seconds s; blows: " . join ', ', map { "$_ $count{$_}" } sort keys %count);
cmp_ok($answers, '>', 100 * $seconds, 'requests were answered');
is_deeply(\%total, {}, 'each rightly');

$nginx->wait_until('client connections to end', sub { $nginx->in_progress == 0 });
my $after = state();
foreach (0 .. $#workers)
{
    note("worker $_: $state->[$_][0] kB, then $after->[$_][0] kB");
    cmp_ok($after->[$_][0] - $state->[$_][0], '<', 1024, "worker $_: no memory was lost");
    cmp_ok($after->[$_][1], '<', $state->[$_][1], "worker $_: no more descriptors than under load");
}
is_deeply([ $nginx->error_log =~ /start worker process (\d+)/g ], \@workers, 'no worker has ended');
is($desk->sessions, 4, 'two sessions a worker');

my $revoked = $desk->sql("SELECT string_agg(code, ' ') FROM verify.row WHERE status = 'revoked'");
is_deeply([ grep { $nginx->get("/c/$_.json")->{content} !~ /^\{"status":"revoked"/ } split ' ', $revoked ], [],
    'what was revoked is answered as that');
$nginx->stop;
done_testing();
