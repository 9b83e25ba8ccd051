# A worker waits for events and for nothing else: so says strace, of load, of sessions that end and of a database that restarts.
use strict;
use warnings;

use IPC::Run;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $node = Volunteer::Cluster->new('waits');
my $desk = Volunteer::Desk->new($node);
my $tls = $desk->tls_conninfo;
my @codes = map { $desk->issue } 1 .. 5;
my $traces = $node->basedir . '/trace';

# Each process and thread has a file of its own, named by its id.
my @strace = (qw(strace -ff -tt -T -s 16 -o), $traces);

=pod

waits() returns the calls of a trace that could wait elsewhere than in epoll_wait(): those that do nothing else, and any on a
socket that does not say at once that it has nothing. poll() may be called with a timeout of 0, which is how libpq tells
the end of a connection from an empty socket. The disk, and locks that threads hold for a moment, are not waited for.

=cut

my $waiting = join '|', qw(select pselect6 nanosleep clock_nanosleep pause rt_sigtimedwait rt_sigsuspend wait4 waitid fsync
    fdatasync sync_file_range msync flock semop semtimedop io_getevents);
my $transfer = join '|', qw(connect accept accept4 read readv recvfrom recvmsg write writev sendto sendmsg sendfile);

sub waits
{
    my ($pid) = @_;
    my (@waits, %blocking);

    foreach (split /\n/, PostgreSQL::Test::Utils::slurp_file("$traces.$pid"))
    {
        my ($call, $arguments, $result) = /^\S+ (\w+)\((.*)\)\s+= (-?\d+|\?)/ or next;
        my ($first) = $arguments =~ /^(\d*)/;

        push @waits, $_
            if $call =~ /^(?:$waiting)\z/
            || $call eq 'poll' && $arguments !~ /, 0\z/
            || $call eq 'ppoll' && $arguments !~ /tv_sec=0, tv_nsec=0/
            || $call =~ /^(?:$transfer)\z/ && $blocking{$first};
        $blocking{$result} = $arguments !~ /SOCK_NONBLOCK/ if $call =~ /^(?:socket|accept4?)\z/;
        $blocking{$first} = 0 if "$call $arguments" =~ /^(?:fcntl .*F_SETFL, .*O_NONBLOCK|ioctl .*FIONBIO, \[1\])/;
        delete $blocking{$first} if $call eq 'close';
    }
    return @waits;
}

sub waits_of
{
    my ($perl) = @_;
    my ($out, $err) = ('', '');
    my @modules = map { "-MIO::$_" } qw(Handle Poll Socket::INET Socket::UNIX);

    IPC::Run::run([ @strace, $^X, @modules, '-e', "print \$\$; $perl" ], '<', \'', '>', \$out, '2>', \$err)
        or BAIL_OUT("strace cannot trace here: $err");
    return waits($out);
}

my ($directory, $port) = ($node->host, $node->port);
isnt(scalar(waits_of($_)), 0, "strace sees: $_") foreach 'select undef, undef, undef, 0.01', 'sleep 1', 'IO::Poll->new->poll(0.01)',
    'IO::Handle->new_from_fd(1, "w")->sync', "IO::Socket::INET->new('127.0.0.1:$port')",
    "IO::Socket::UNIX->new('$directory/.s.PGSQL.$port')";
is_deeply([ waits_of("IO::Poll->new->poll(0); IO::Socket::INET->new(PeerAddr => '127.0.0.1:$port', Blocking => 0)") ], [],
    'and nothing in what does not wait');

# All that the worker does for others: lookups over either kind of socket and through TLS, a zone, a listener, views, paper.
my $nginx = Volunteer::Nginx->new('waits', under => [ @strace, '-D' ], database => $desk->conninfo, keys => $desk->keys,
    database_options => 'timeout=60s patience=60s views=100ms',
    main => "load_module $ENV{VOLUNTEER_PDF_MODULE}; thread_pool printer threads=1;",
    http => 'volunteer_pdf threads=printer;',
    server => <<"CONF");
location /tcp/ {
    rewrite ^/tcp(.*) \$1 break;
    volunteer_database "host=127.0.0.1 port=$port dbname=desk user=registry_verifier sslmode=disable" timeout=60s patience=60s;
    volunteer_certificate;
}
location /tls/ {
    rewrite ^/tls(.*) \$1 break;
    volunteer_database "$tls" timeout=60s patience=60s;
    volunteer_certificate;
}
location /kept/ {
    rewrite ^/kept(.*) \$1 break;
    volunteer_cache zone=kept:1m valid=100ms listen=on;
    volunteer_certificate;
}
CONF
my $worker = $nginx->worker;
my @suffixes = ('', '.json', '.svg', '.png', '.pdf');

sub statuses
{
    my @sockets = @_;
    my %statuses;

    $statuses{ ($nginx->end($_) =~ /^HTTP\/1\.1 (\d+)/)[0] // 'none' }++ foreach @sockets;
    return \%statuses;
}

# 20 requests for each code
sub ask_all
{
    my ($times) = @_;
    my @paths = map { my $code = $_; map { my $place = $_; map { "$place/c/$code$_" } @suffixes } '', '/tcp', '/tls', '/kept' } @codes;
    return map { $nginx->ask($_) } (@paths) x $times;
}

# sockets in which a read or write could wait, also those that the worker has from the master
sub waiting_sockets
{
    return grep {
        my ($flags) = PostgreSQL::Test::Utils::slurp_file("/proc/$worker/fdinfo/$_") =~ /^flags:\s*0*([0-7]+)/m;
        (readlink "/proc/$worker/fd/$_" // '') =~ /^socket:/ && !(oct($flags) & 04000)
    } map { s/.*\///r } glob "/proc/$worker/fd/*";
}

$nginx->wait_until('a connection', sub { $nginx->get("/c/$codes[0]")->{status} == 200 });
is_deeply(statuses(ask_all(4)), { 200 => 400 }, 'load');
is_deeply([ waiting_sockets() ], [], 'no socket in which to wait');

my @sockets = ask_all(1);
$desk->terminate;
is_deeply(statuses(@sockets), { 200 => 100 }, 'sessions end under load');

$desk->block;
@sockets = ask_all(1);
$nginx->wait_until('lookups that wait', sub { $desk->waiting > 0 });
$node->stop('fast');
$desk->kill_blocker;
push @sockets, ask_all(1);
$node->start;
is_deeply(statuses(@sockets), { 200 => 200 }, 'the database is restarted under load');
is_deeply([ waiting_sockets() ], [], 'no socket in which to wait');
is($nginx->worker, $worker, 'the worker is the first one');
$nginx->stop;

my $trace = "$traces.$worker";
$nginx->wait_until('the end of the trace', sub { PostgreSQL::Test::Utils::slurp_file($trace) =~ /^\S+ \+\+\+ (?:exited|killed)/m });
my $text = PostgreSQL::Test::Utils::slurp_file($trace);
cmp_ok(scalar(() = $text =~ / $_/g), '>', 0, "the trace has: $_")
    foreach 'epoll_p?wait', 'connect\(\d+, \{sa_family=AF_UNIX', 'connect\(\d+, \{sa_family=AF_INET.*EINPROGRESS';
# At the start, after the sessions ended, after the restart.
cmp_ok(scalar(() = $text =~ / (?:write|sendto|sendmsg)\(\d+, "\\26\\3\\1/g), '>=', 3, 'and three openings of TLS');
is_deeply([ waits($worker) ], [], 'the worker has waited for events alone');
my ($longest) = sort { $b <=> $a } map { /^\S+ epoll_p?wait/ ? () : /<(\d+\.\d+)>$/ } split /\n/, $text;
note(scalar(() = $text =~ /\n/g) . " calls, the longest but epoll_wait() took $longest s");
done_testing();
