# Many requests of every kind, pipelined, and sessions that end: a worker keeps neither memory nor connections.
use strict;
use warnings;

use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('endurance'));
my $nginx = Volunteer::Nginx->new('endurance', database => $desk->conninfo, keys => $desk->keys,
    http => 'keepalive_requests 1000; error_log /dev/null crit;');

my $altered = $desk->issue;
$desk->sql("UPDATE verify.row SET token = 'altered' WHERE code = '$altered'");

my @codes = ($desk->issue, $desk->issue('revoked', 'issued_in_error'), $altered,
    $desk->sql('SELECT volunteer.gen_certificate_code()'), 'malformed');
my @paths = ('/c/', '/c/style.css', '/c/x.png?scale=0', '/.well-known/jwks.json', '/vct/volunteer-service/1');
push @paths, map { my $code = $_; map { "/c/$code$_" } '', '.json', '.jwt', '.sdjwt', '.svg', '.png?scale=2' } @codes;

my @requests = map { ("GET $_ HTTP/1.1\r\nHost: localhost\r\n", "HEAD $_ HTTP/1.1\r\nHost: localhost\r\n") } @paths;
push @requests, map { "POST /c/ HTTP/1.1\r\nHost: localhost\r\n$_" } "Content-Length: 2000\r\n\r\n" . 'x' x 1998,
    "Transfer-Encoding: chunked\r\n\r\n5\r\ncode=\r\n1b\r\n$codes[0]\r\n0\r\n";

# all of them so many times, one connection for each time
sub answers
{
    my ($times) = @_;
    my $answers = 0;

    foreach (1 .. $times)
    {
        my $pipeline = join "\r\n", @requests, "GET /c/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        $answers += () = $nginx->raw($pipeline) =~ /HTTP\/1\.1 \d{3} /g;
    }
    return $answers;
}

$nginx->wait_until('a connection', sub { $nginx->get("/c/$codes[0]")->{status} == 200 });
answers(50);

my $worker = $nginx->worker;
my ($memory, $descriptors) = ($nginx->memory($worker), $nginx->descriptors($worker));
my $times = 200;

is(answers($times), $times * (@requests + 1), 'each request is answered');
cmp_ok($nginx->memory($worker) - $memory, '<', $times * @requests * 32 / 1024, 'and leaves less than 32 bytes behind');
$nginx->wait_until('connections to close', sub { $nginx->descriptors($worker) <= $descriptors });
pass('and no file');

foreach (1 .. 20)
{
    $desk->terminate;
    $nginx->get("/c/$codes[0]")->{status} == 200 or fail 'another session';
}
$nginx->wait_until('two sessions', sub { $desk->sessions == 2 });
$nginx->wait_until('old sessions to close', sub { $nginx->descriptors($worker) <= $descriptors });
pass('sessions that end leave none either');

$nginx->stop;
done_testing();
