# A worker waits for events and for nothing else: any other wait would end it.
use strict;
use warnings;

use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $node = Volunteer::Cluster->new('waits');
my $desk = Volunteer::Desk->new($node);
my @codes = map { $desk->issue } 1 .. 5;
my $filter = $node->basedir . '/waits';

# strace needs the right to trace, a filter of the process's own system calls needs none.
PostgreSQL::Test::Utils::system_or_bail('cc', '-Wall', '-Wextra', '-Werror', '-o', $filter,
    "$Volunteer::Cluster::ROOT/tests/nginx/waits.c");

foreach my $wait ('select undef, undef, undef, 0.01', 'sleep 1', 'IO::Poll->new->poll(0.01)', 'IO::Handle->new_from_fd(1, "w")->sync')
{
    system $filter, $^X, '-MIO::Poll', '-MIO::Handle', '-e', $wait;
    isnt($?, 0, "the filter ends: $wait");
}
is(system($filter, $^X, '-MIO::Poll', '-e', 'IO::Poll->new->poll(0); print "# alive\n"'), 0, 'and lets a question through');

my $nginx = Volunteer::Nginx->new('waits', under => [$filter], database => $desk->conninfo, keys => $desk->keys,
    database_options => 'timeout=60s patience=60s');
my $worker = $nginx->worker;

sub statuses
{
    my @sockets = @_;
    my %statuses;

    $statuses{ ($nginx->end($_) =~ /^HTTP\/1\.1 (\d+)/)[0] // 'none' }++ foreach @sockets;
    return \%statuses;
}

# sockets in which a read or write could wait
sub waiting_sockets
{
    return grep {
        my ($flags) = PostgreSQL::Test::Utils::slurp_file("/proc/$worker/fdinfo/$_") =~ /^flags:\s*0*([0-7]+)/m;
        (readlink "/proc/$worker/fd/$_" // '') =~ /^socket:/ && !(oct($flags) & 04000)
    } map { s/.*\///r } glob "/proc/$worker/fd/*";
}

sub ask_all { my ($times) = @_; return map { my $code = $_; map { $nginx->ask("/c/$code$_") } '', '.json', '.svg', '.png' } (@codes) x $times }

$nginx->wait_until('a connection', sub { $nginx->get("/c/$codes[0]")->{status} == 200 });
is_deeply(statuses(ask_all(20)), { 200 => 400 }, 'load');
is_deeply([ waiting_sockets() ], [], 'no socket in which to wait');

my @sockets = ask_all(5);
$desk->terminate;
is_deeply(statuses(@sockets), { 200 => 100 }, 'sessions end under load');

$desk->block;
@sockets = ask_all(5);
$nginx->wait_until('lookups that wait', sub { $desk->waiting > 0 });
$node->stop('fast');
$desk->kill_blocker;
push @sockets, ask_all(5);
$node->start;
is_deeply(statuses(@sockets), { 200 => 200 }, 'the database is restarted under load');
is_deeply([ waiting_sockets() ], [], 'no socket in which to wait');

is($nginx->worker, $worker, 'the worker is the first one');
$nginx->stop;
done_testing();
