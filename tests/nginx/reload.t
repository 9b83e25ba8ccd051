# A reload under load loses no request, and a worker leaves only when its lookups are answered.
use strict;
use warnings;

use POSIX ();
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('reload'));
my $nginx = Volunteer::Nginx->new('reload', workers => 2, database => $desk->conninfo, keys => $desk->keys,
    database_options => 'timeout=60s');
my $code = $desk->issue;
my $reports = $nginx->dir . '/reports';

# asks until there is a file to stop it, then writes "requests failures"
sub client
{
    my ($number) = @_;
    my ($requests, $failures) = (0, 0);
    my $pid = fork // die "fork: $!";

    return $pid if $pid;
    PostgreSQL::Test::Utils::append_to_file("$reports.$number.ready", '');
    until (-e "$reports.stop")
    {
        my $answer = eval { $nginx->end($nginx->ask("/c/$code.json")) } // '';
        $requests++;
        $failures++ unless $answer =~ /^HTTP\/1\.1 200 .*\}\}\z/s;
    }
    PostgreSQL::Test::Utils::append_to_file("$reports.$number", "$requests $failures");
    POSIX::_exit(0);
}

my @clients = map { client($_) } 1 .. 4;
$nginx->wait_until('clients', sub { (grep { -e "$reports.$_.ready" } 1 .. 4) == 4 });
my $descriptors = $nginx->descriptors($nginx->master);
$nginx->reload for 1 .. 10;
PostgreSQL::Test::Utils::append_to_file("$reports.stop", '');
waitpid $_, 0 foreach @clients;

my ($requests, $failures) = (0, 0);
foreach my $number (1 .. 4)
{
    my ($r, $f) = split / /, PostgreSQL::Test::Utils::slurp_file("$reports.$number");
    $requests += $r;
    $failures += $f;
}
cmp_ok($requests, '>', 100, 'requests were made');
is($failures, 0, 'none failed in ten reloads');

$nginx->wait_until('old workers to end', sub { $nginx->descriptors($nginx->master) == $descriptors });
pass('the master keeps no file of an old configuration');

$desk->block;
my @sockets = map { $nginx->ask("/c/$code.json") } 1 .. 10;
$nginx->wait_until('a lookup that waits', sub { $desk->waiting > 0 });
$nginx->reload;
$desk->release;
is((grep { $nginx->end($_) =~ /^HTTP\/1\.1 200 / } @sockets), 10, 'lookups in flight end in the old worker');

$nginx->wait_until('old sessions to end', sub { $desk->sessions == 4 });
pass('each worker has its connections, those of old workers are gone');

$nginx->stop;
is($desk->sessions, 0, 'no session is left when nginx has stopped');
done_testing();
