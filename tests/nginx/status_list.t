# Status lists: what is handed out, how long a copy may live, and how often the database is asked.

use strict;
use warnings;

use Compress::Zlib;
use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $node = Volunteer::Cluster->new('status_list');
my $desk = Volunteer::Desk->new($node);
my $nginx = Volunteer::Nginx->new('status_list', database => $desk->conninfo, keys => $desk->keys, database_options => 'patience=1s',
    http => <<'CONF');
    gzip on;
    gzip_min_length 1;
    gzip_types application/statuslist+jwt;
CONF

# As long as the list of 131,072 that says most.
sub signed { return "volunteer.sign_status_list(json_build_object('lst', repeat('x', $_[0])))" }

sub asked { return $desk->sql('SELECT last_value - (NOT is_called)::integer FROM verify.lists_asked') }

# Until the workers ask for the list anew.
sub changed
{
    my ($path, $condition) = @_;
    my $response;

    $nginx->wait_until("another $path", sub { $response = $nginx->get($path); return $condition->($response) });
    return $response;
}

$desk->sql('INSERT INTO verify.list VALUES (1, ' . signed(44_000) . '), (2, ' . signed(10) . ')');
my @token = split /\n/, $desk->sql('SELECT token FROM verify.list ORDER BY list');

subtest 'a list' => sub {
    my $response = $nginx->get('/s/1');
    my $headers = $response->{headers};

    is($response->{status}, 200, 'is there');
    is($headers->{'content-type'}, 'application/statuslist+jwt', 'of its type');
    is($response->{content}, $token[0], 'is what the registry signed');
    is($headers->{'access-control-allow-origin'}, '*', 'is readable from any origin');
    like($headers->{'cache-control'}, qr/^public, max-age=(?:300|299)$/, 'may be kept while it is fresh');
    like($headers->{etag}, qr/^"[\w-]{22}"$/, 'has an ETag');
    is($nginx->get('/s/1', 'If-None-Match' => $headers->{etag})->{status}, 304, 'which is not sent twice');
    is($nginx->get('/s/1', 'If-None-Match' => '"x"')->{status}, 200, 'but for another ETag it is');

    my $packed = $nginx->get('/s/1', 'Accept-Encoding' => 'gzip');
    is($packed->{headers}{'content-encoding'}, 'gzip', 'is compressed for who asks');
    is(Compress::Zlib::memGunzip($packed->{content}), $token[0], 'and is the same');

    my $head = $nginx->head('/s/1');
    is($head->{headers}{'content-length'}, length $token[0], 'HEAD tells its length');
    is($head->{content} // '', '', 'and sends nothing');
};

subtest 'all lists' => sub {
    my $response = $nginx->get('/s/');

    is($response->{headers}{'content-type'}, 'application/json', 'are named in JSON');
    is_deeply(decode_json($response->{content}), { status_lists => [ map { "https://zyz.example.gov.cn/s/$_" } 1, 2 ] }, 'by address');
    is($response->{headers}{'access-control-allow-origin'}, '*', 'readable from any origin');
    like($response->{headers}{'cache-control'}, qr/^public, max-age=3\d{3}$/, 'for an hour');
};

subtest 'what is no list' => sub {
    my $unknown = $nginx->get('/s/3');
    my $constant = sub { my %h = %{ $_[0]{headers} }; delete $h{date}; return [ $_[0]{status}, \%h, $_[0]{content} ] };

    is($unknown->{status}, 404, 'an unknown list');
    is(decode_json($unknown->{content})->{rule}, 'list_unknown', 'says so');
    is($unknown->{headers}{'cache-control'}, 'no-store', 'for now');
    is_deeply($constant->($nginx->get($_)), $constant->($unknown), "$_ is answered alike")
        foreach qw(/s/999999999 /s/1000000000 /s/0 /s/01 /s/-1 /s/x /s/1x /s/1/ /s/1.jwt /s/%31%20), '/s/%20', '/s/' . '1' x 3000;
    is($nginx->get('/s/%31')->{status}, 200, 'but a digit may be escaped');

    is($nginx->get('/s/1?time=1793404800')->{status}, 501, 'a list of another time');
    is(decode_json($nginx->get('/s/1?time=')->{content})->{rule}, 'no_past_lists', 'is not kept');
    foreach my $method (qw(POST PUT DELETE OPTIONS))
    {
        my $response = $nginx->request($method, '/s/1');
        is($response->{status}, 405, "$method is not for lists");
        is($response->{headers}{allow}, 'GET, HEAD', 'and says what is');
    }
};

subtest 'age' => sub {
    my $rests = sub {
        $desk->sql("UPDATE verify.list SET (fresh_for, expires_in, token) = ($_[0], $_[1], " . signed(10) . ') WHERE list = 2');
        my $token = $desk->sql('SELECT token FROM verify.list WHERE list = 2');
        return changed('/s/2', sub { $_[0]{content} eq $token || $_[0]{status} != 200 })->{headers}{'cache-control'};
    };

    like($rests->(120, 86220), qr/^public, max-age=1(?:20|19)$/, 'no copy outlives ttl');
    is($rests->(0, 86000), 'public, max-age=0', 'no copy at all after it');
    like($rests->(300, 60), qr/^public, max-age=(?:60|59)$/, 'nor exp');

    my $gone = sub {
        my ($why, $change) = @_;
        $desk->sql("UPDATE verify.list SET $change WHERE list = 2");
        my $response = changed('/s/2', sub { $_[0]{status} != 200 });

        is($response->{status}, 503, "$why is not served");
        is($response->{headers}{'retry-after'}, 5, 'for some seconds');
        is(decode_json($response->{content})->{rule}, 'registry_unavailable', 'and says why');
        $rests->(300, 86400);
        is($nginx->get('/s/2')->{status}, 200, 'a fresh one is');
    };
    $gone->('an expired list', 'expires_in = 0');
    $gone->('one that was never signed', 'token = NULL, fresh_for = 0, expires_in = 0');
    $gone->('one without age', 'fresh_for = NULL');
    $gone->('one that is no token', "token = 'a.b.c'");
    $gone->('nor with', "token = 'a.b.' || repeat('c', 30) || E'\"\\r\\nSet-Cookie: x'");
    like($nginx->error_log, qr/volunteer_status_list: the database has no list 2 that is in force/, 'the log tells');
};

subtest 'how often the database is asked' => sub {
    $desk->block('LOCK TABLE verify.list');
    my $before = asked();
    my @client = map { $nginx->ask('/s/1') } 1 .. 40;
    $nginx->wait_until('all to wait', sub { $nginx->in_progress == 40 });
    close pop @client;
    $nginx->wait_until('one to leave', sub { $nginx->in_progress == 39 });
    $desk->release;
    my @answer = map { $nginx->end($_) } @client;
    is(scalar(grep { /\Q$token[0]\E$/ } @answer), 39, 'all who wait have the answer');
    is(asked() - $before, 1, 'of one question');

    changed('/s/4', sub { $_[0]{status} == 404 });
    $before = asked();
    $nginx->get("/s/$_") foreach 100 .. 400;
    cmp_ok(asked() - $before, '<', 150, 'unknown lists are not asked for one by one');

    $desk->sql('INSERT INTO verify.list SELECT n, ' . signed(10) . ' FROM generate_series(3, 100) AS n');
    changed('/s/100', sub { $_[0]{status} == 200 });
    my %token = map { split /\|/ } split /\n/, $desk->sql('SELECT list, token FROM verify.list');
    is(scalar(grep { $nginx->get("/s/$_")->{content} ne $token{$_} } (1 .. 100, reverse 1 .. 100)), 0,
        'more lists than are kept');
};

subtest 'lists that take long' => sub {
    my $code = $desk->issue('valid');

    $desk->block('LOCK TABLE verify.list');
    my @client = map { $nginx->ask("/s/$_") } 501, 502;
    $nginx->wait_until('two to wait', sub { $nginx->in_progress == 2 });
    is($nginx->get("/c/$code.json")->{status}, 200, 'leave lookups one of two connections');
    $desk->release;
    is_deeply([ map { $nginx->end($_) =~ m{^HTTP/1.1 (\d+)} } @client ], [ 404, 404 ], 'and are answered');
};

subtest 'without a database' => sub {
    $node->stop('immediate');
    my $response = changed('/s/1', sub { $_[0]{status} != 200 });
    is($response->{status}, 503, 'no copy is handed out');
    is($response->{headers}{'access-control-allow-origin'}, '*', 'and every origin may read why');
    $node->start;
    is(changed('/s/1', sub { $_[0]{status} == 200 })->{content}, $desk->sql('SELECT token FROM verify.list WHERE list = 1'), 'until it is back');
};

subtest 'configuration' => sub {
    my $bare = Volunteer::Nginx->new('bare', database => $desk->conninfo, keys => $desk->keys, start => 0,
        server => 'location /t/ { volunteer_status_list; volunteer_status_list; }');
    like($bare->refusal, qr/"volunteer_status_list" directive is duplicate/, 'one list a location');
};

$nginx->stop;
$node->stop;
done_testing;
