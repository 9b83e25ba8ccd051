# Full load while sessions, backends and the server are killed at random, nginx is reloaded and certificates are revoked: every
# answer is right, nothing is left behind.
# VOLUNTEER_SOAK is how many seconds that goes on, 30 unless set.
use strict;
use warnings;

use List::Util qw(shuffle);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $seconds = $ENV{VOLUNTEER_SOAK} // 30;
my ($workers, $clients, $connections) = (2, 2, 32);
my $sessions = $workers * (2 + 1); # and one that listens

# The zone has room for a part of what is asked for.
my $node = Volunteer::Cluster->new('soak', conf => 'restart_after_crash = on');
my $desk = Volunteer::Desk->new($node);
my $nginx = Volunteer::Nginx->new('soak', workers => $workers, database => $desk->conninfo, keys => $desk->keys,
    database_options => 'timeout=60s patience=60s',
    http => 'volunteer_cache zone=soak:1m valid=2s listen=on; keepalive_requests 1000000000; error_log /dev/null crit;');
my $reports = $nginx->dir . '/report';

$desk->sql('SELECT count(verify.issue()) FROM generate_series(1, 2000)');
my %token = map { split /\|/ } split /\n/, $desk->sql('SELECT code, token FROM verify.row');
my @known = sort keys %token;
my @codes = (@known, split /\n/, $desk->sql('SELECT volunteer.gen_certificate_code() FROM generate_series(1, 200)'));

# What the parent does to certificates, a line each with code, what, and when.
PostgreSQL::Test::Utils::append_to_file("$reports.revocations", '');

sub revoke
{
    my ($code) = @_;
    my $say = sub { PostgreSQL::Test::Utils::append_to_file("$reports.revocations", "$code $_[0] " . time . "\n") };

    $say->('begun');
    $desk->sql("BEGIN; UPDATE verify.row SET status = 'revoked', reason = 'issued_in_error' WHERE code = '$code';"
          . " SELECT pg_notify('volunteer_certificate', encode(sha256('$code'), 'hex')); COMMIT");
    $say->('done');
    return;
}

# Reads on in the file: by code, when its revocation was begun and done.
sub revocations
{
    my ($file, $revoked) = @_;

    seek $file, 0, 1;
    while (my $line = <$file>)
    {
        my ($code, $what, $when) = split ' ', $line;
        $revoked->{$code}{$what} = $when;
    }
    return;
}

# what is wrong with an answer: whoever asks as long as "valid" says after a revocation, or later, is told of it
sub fault
{
    my ($code, $asked, $answer, $file, $revoked) = @_;
    my ($status, $body) = $answer =~ /^HTTP\/1\.1 (\d+).*?\r\n\r\n(.*)/s or return 'no answer';

    return $status == 404 ? '' : "$status for an unknown code" unless $token{$code};
    return "$status" if $status != 200;
    return 'another token' if index($body, $token{$code}) < 0;
    if ($body =~ /^\{"status":"revoked"/)
    {
        revocations($file, $revoked) unless $revoked->{$code};
        return $revoked->{$code} ? '' : 'revoked by nobody';
    }
    return 'another status' if $body !~ /^\{"status":"valid"/;
    return ($revoked->{$code}{done} // $asked) < $asked - 2.1 ? 'valid when it was revoked long ago' : '';
}

# One answer; no bytes follow it. Nothing when the connection has ended.
sub answer
{
    my ($socket) = @_;
    my $answer = '';

    while ($socket->sysread($answer, 65536, length $answer))
    {
        return $answer if $answer =~ /^(HTTP.*?\r\nContent-Length: (\d+)\r\n.*?\r\n\r\n)/s && length $answer >= length($1) + $2;
    }
    return '';
}

sub client
{
    my ($number) = @_;
    my $parent = $$;
    my $pid = fork // die "fork: $!";

    return $pid if $pid;
    srand $number;
    local $SIG{PIPE} = 'IGNORE';
    open my $file, '<', "$reports.revocations" or die "$reports.revocations: $!";
    my @sockets = map { $nginx->begin('') } 1 .. $connections;
    my ($answers, $reopened, %faults, %revoked) = (0, 0);
    until (-e "$reports.stop" || getppid != $parent)
    {
        my @asked = map { $codes[ rand @codes ] } @sockets;
        my @requests = map { "GET /c/$_.json HTTP/1.1\r\nHost: localhost\r\n\r\n" } @asked;

        revocations($file, \%revoked);
        my $asked = time;
        $sockets[$_]->syswrite($requests[$_]) foreach 0 .. $#sockets;
        foreach (0 .. $#sockets)
        {
            my $answer = answer($sockets[$_]);

            # Workers that leave, one after the other, close connections on which nobody is waiting, as they see it.
            for (my $tries = 0; $answer eq '' && $tries < $workers; $tries++)
            {
                $sockets[$_] = $nginx->begin($requests[$_]);
                $answer = answer($sockets[$_]);
                $reopened++;
            }
            my $fault = fault($asked[$_], $asked, $answer, $file, \%revoked);
            $faults{$fault}++ if $fault;
        }
        $answers += @sockets;
    }
    PostgreSQL::Test::Utils::append_to_file("$reports.$number",
        join '', "answers\t$answers\nreopened\t$reopened\n", map { "$_\t$faults{$_}\n" } sort keys %faults);
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
    reload => sub { $nginx->reload },
);
my @blows = (('terminate') x 12, ('kill -9') x 2, 'restart', 'crash');

$nginx->wait_until('a connection', sub { $nginx->get("/c/$known[0]")->{status} == 200 });
my @children = map { client($_) } 1 .. $clients;

sub started { return $nginx->error_log =~ /start worker process (\d+)/g }

sub recover
{
    return $nginx->wait_until('all sessions', sub { (eval { settled() } // 0) == $sessions });
}

# After a quarter of the time no worker is replaced, after a half each keeps its size.
recover();
my ($began, @workers, $before, %count) = time;
my @to_revoke = shuffle(@known);

sub state { return [ map { [ $nginx->memory($_), $nginx->descriptors($_) ] } @workers ] }

while (time < $began + $seconds)
{
    my @possible = (@blows, time < $began + $seconds / 4 ? ('reload') x 8 : ());
    my $blow = $possible[ rand @possible ];

    sleep 0.1 + rand 0.4;
    revoke(pop @to_revoke) if @to_revoke;
    $blows{$blow}->();
    $count{$blow}++;
    recover();
    next if $before || time < $began + $seconds / 2;
    @workers = (started())[ -$workers .. -1 ];
    $before = state();
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
my ($answers, $reopened) = delete @total{qw(answers reopened)};
note("$answers answers in $seconds s; blows: " . join ', ', map { "$_ $count{$_}" } sort keys %count);
cmp_ok($answers, '>', 100 * $seconds, 'requests were answered');
is_deeply(\%total, {}, 'each rightly');
cmp_ok($reopened, '<=', ($count{reload} // 0) * $workers * $clients * $connections, 'nothing but a reload ends connections');

$nginx->wait_until('client connections to end', sub { $nginx->in_progress == 0 });
my $after = state();
foreach (0 .. $#workers)
{
    note("worker $_: $before->[$_][0] kB, then $after->[$_][0] kB");
    cmp_ok($after->[$_][0] - $before->[$_][0], '<', 1024, "worker $_: no memory was lost");
    cmp_ok($after->[$_][1], '<', $before->[$_][1], "worker $_: no more descriptors than under load");
}
is(scalar(@{ [ started() ] }), $workers * (1 + ($count{reload} // 0)), 'no worker has ended but by a reload');
is($desk->sessions, $sessions, 'each has its sessions, and no other is left');

my %status = map { split /\|/ } split /\n/, $desk->sql('SELECT code, status FROM verify.row');
my @differing = @known;
$nginx->wait_until('all to be as in the database', sub {
    @differing = grep { $nginx->get("/c/$_.json")->{content} !~ /^\{"status":"$status{$_}"/ } @differing;
    return !@differing;
});
pass('each certificate is as the database says');
is((grep { $_ eq 'revoked' } values %status), @known - @to_revoke, 'the revoked ones are revoked');
$nginx->stop;
done_testing();
