# Lookups that arrive while all connections are busy leave together, each code once.
use strict;
use warnings;

use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $node = Volunteer::Cluster->new('batches');
my $desk = Volunteer::Desk->new($node);
my $nginx = Volunteer::Nginx->new('batches', database => $desk->conninfo, keys => $desk->keys,
    database_options => 'connections=1 timeout=60s',
    server => 'location /kept/ { rewrite ^/kept(.*) $1 break; volunteer_cache zone=kept:1m; volunteer_certificate; }');
my @codes = split /\n/, $desk->sql('SELECT verify.issue() FROM generate_series(1, 200)');
my %token = map { split /\|/ } split /\n/, $desk->sql('SELECT code, token FROM verify.row');

# the codes of each statement since the last call
my $seen = 0;

sub batches
{
    my $log = substr PostgreSQL::Test::Utils::slurp_file($node->logfile), $seen;
    my @batches = $log =~ /execute volunteer_certificates: .*\n.*[Pp]arameters: \$1 = '\{(.*)\}'/g;
    $seen += length $log;
    return map { [ split /,/ ] } @batches;
}

sub get { return $nginx->get("/c/$_[0].jwt")->{status} }

$desk->sql('ALTER ROLE registry_verifier SET log_statement = \'all\'');
$desk->terminate;
$nginx->wait_until('a connection', sub { get($codes[0]) == 200 });
batches();

is(get($codes[$_]), 200, "lookup $_ alone") foreach 1, 2, 3;
is_deeply([ batches() ], [ map { [ $codes[$_] ] } 1, 2, 3 ], 'with a connection idle a lookup goes alone and at once');

# asked for in this order, the first one alone while the others wait, of which the 128 that come first come before all others
sub ask_together
{
    my @asked = @_;
    my @to_come = @asked;

    $desk->block;
    my @sockets = $nginx->ask("/c/$codes[0].jwt");
    $nginx->wait_until('a lookup that waits', sub { $desk->waiting == 1 });
    while (my @next = splice @to_come, 0, 128)
    {
        push @sockets, map { $nginx->ask("/c/$_.jwt") } @next;
        $nginx->wait_until('the others', sub { $nginx->in_progress == @sockets });
    }
    $desk->release;

    my @answers = map { $nginx->end($_) =~ s/.*?\r\n\r\n//sr } @sockets;
    is_deeply(\@answers, [ @token{ $codes[0], @asked } ], scalar(@asked) . ' that waited: each has the answer to its own code');
    return batches();
}

my @batches = ask_together(@codes[ 1 .. 20 ]);
is(@batches, 2, '20 that waited leave together');
is_deeply([ sort @{ $batches[1] } ], [ sort @codes[ 1 .. 20 ] ], 'all of them');

@batches = ask_together(map { ($_) x 5 } @codes[ 1 .. 4 ]);
is_deeply([ sort @{ $batches[1] } ], [ sort @codes[ 1 .. 4 ] ], 'a code that five ask for is sent once');

@batches = ask_together(@codes);
is(@batches, 3, '200 that waited leave in two batches');
is_deeply([ map { scalar @$_ } @batches ], [ 1, 128, 72 ], 'of bounded size');
is_deeply([ sort @{ $batches[1] } ], [ sort @codes[ 0 .. 127 ] ], 'who came first leaves first');

# The row is the same, and the second location keeps what it makes of it.
$desk->block;
my @sockets = $nginx->ask("/c/$codes[0].json");
$nginx->wait_until('a lookup that waits', sub { $desk->waiting == 1 });
push @sockets, map { my $code = $_; map { $nginx->ask("$_/c/$code.json") } '', '/kept', '' } @codes[ 1 .. 20 ];
$nginx->wait_until('the others', sub { $nginx->in_progress == @sockets });
$desk->release;
is((grep { $nginx->end($_) =~ /\r\n\r\n\{"status":"valid"/ } @sockets), @sockets, 'with and without a zone in one batch');

$nginx->stop;
done_testing();
