# Certificates by number and holder's name, against the real registry: both must match, and nobody learns which did not.

use strict;
use warnings;
use utf8;

use Encode qw(encode_utf8 decode_utf8);
use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Nginx;
use Volunteer::Sample;

my $node = Volunteer::Cluster->new('number', deployed => 1);
my $sample = Volunteer::Sample->new($node);
my %code = map { $_ => $sample->issue($_) } '测小甲', '试乙';
my %number = map { $_ => $sample->sql("SELECT number FROM registry.certificate c WHERE c.code::text = '$code{$_}'") } keys %code;
my $other = PostgreSQL::Test::Cluster::get_free_port();
my $nginx = Volunteer::Nginx->new('number', database => $sample->conninfo, keys => $sample->keys, database_options => 'timeout=60s patience=1s',
    http => 'limit_req_zone $binary_remote_addr zone=numbers:1m rate=1r/m;'
      . " server { listen 127.0.0.1:$other; location /c/ { volunteer_certificate; } }",
    server => 'location = /limited/ { rewrite ^ /n/ break; limit_req zone=numbers burst=2 nodelay; limit_req_status 429; volunteer_by_number; }');

sub form { return join '&', map { s/([^ =\w])/sprintf '%%%02X', ord $1/ger =~ tr/ /+/r } map { encode_utf8($_) } @_ }

sub try_number
{
    my ($number, $name, %headers) = @_;
    return $nginx->post('/n/', form("number=$number", "name=$name"), %headers);
}

sub begin_number
{
    my $form = form("number=$_[0]", "name=$_[1]");

    return $nginx->begin("POST /n/ HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
          . 'Content-Length: ' . length($form) . "\r\n\r\n$form");
}

# All that an answer tells.
sub told
{
    my ($response) = @_;
    my %headers = %{ $response->{headers} };

    delete $headers{date};
    return [ $response->{status}, \%headers, $response->{content} ];
}

subtest 'the form' => sub {
    my $response = $nginx->get('/n/');
    my $page = decode_utf8($response->{content});

    is($response->{status}, 200, 'is there');
    like($page, qr{<form action="/n/" method="post">.*name="number".*name="name"}s, 'asks for number and name');
    like($page, qr/按编号查验/, 'in Chinese');
    like($nginx->get('/n/', 'Accept-Language' => 'en')->{content}, qr/Verify by number/, 'or English');
    is($response->{headers}{vary}, 'Accept-Language', 'and says so');
    is($response->{headers}{'cache-control'}, 'no-store', 'is not stored');
    like($response->{headers}{'content-security-policy'}, qr/form-action 'self'/, 'posts to the desk alone');
    is($nginx->get('/n/?number=x&name=y')->{content}, $response->{content}, 'never answers a query string');
    like($nginx->get('/c/', 'Accept-Language' => $_)->{content}, qr{<a href="/n/">}, "is linked to ($_)") foreach qw(zh en);
    unlike(HTTP::Tiny->new->get("http://127.0.0.1:$other/c/")->{content}, qr{/n/}, 'but not by a server that has none');
    is($nginx->request('PUT', '/n/')->{status}, 405, 'PUT does not apply');
    is($nginx->request('PUT', '/n/')->{headers}{allow}, 'GET, HEAD, POST', 'but these do');
};

subtest 'number and name' => sub {
    my $response = try_number($number{'测小甲'}, '测小甲');

    is($response->{status}, 303, 'both right');
    is($response->{headers}{location}, "$Volunteer::Cluster::ORIGIN/c/$code{'测小甲'}", 'lead to the certificate');
    is($response->{headers}{'cache-control'}, 'no-store', 'for now');
    is(try_number(lc " $number{'测小甲'} ", '测小甲 ')->{status}, 303, 'as people type');
    is(try_number($number{'试乙'}, '试乙', Accept => 'application/json')->{headers}{location},
        "$Volunteer::Cluster::ORIGIN/c/$code{'试乙'}", 'for programs too');
};

foreach my $accept ('text/html', 'application/json')
{
    subtest "no match, $accept" => sub {
        my $unknown = try_number('ZYZ-1999-00000001', '测小甲', Accept => $accept);
        my $alike = sub { is_deeply(told($_[1]), told($unknown), "$_[0]: as an unknown number") };

        is($unknown->{status}, 404, 'an unknown number');
        if ($accept eq 'text/html')
        {
            like(decode_utf8($unknown->{content}), qr/没有编号与姓名都相符的证明.*<form/s, 'is told by a page that asks again');
        }
        else
        {
            is(decode_json($unknown->{content})->{rule}, 'number_unknown', 'is told by a problem');
        }
        unlike(decode_utf8($unknown->{content}), qr/测小甲|ZYZ-1999/, 'which repeats nothing');
        $alike->('a wrong name', try_number($number{'测小甲'}, '试乙', Accept => $accept));
        $alike->('the masked name', try_number($number{'测小甲'}, '测*甲', Accept => $accept));
        $alike->("the form '$_'", $nginx->post('/n/', $_, Accept => $accept))
            foreach '', 'number=', 'name=x', form("number=$number{'测小甲'}"), form("number=$number{'测小甲'}", 'name='),
            form("number=$number{'测小甲'}") . '&name=%FF', form("number=$number{'测小甲'}") . '&name=%ED%A0%80',
            form("number=$number{'测小甲'}", 'name=测小甲') . '%00', form("number=$number{'测小甲'}", "name=' OR 1=1 --");
        $sample->sql('DELETE FROM verify.failed_lookup');
    };
}

subtest 'too often' => sub {
    my $unknown = try_number('ZYZ-1999-00000001', '测小甲');

    try_number($number{'试乙'}, "试$_") foreach 1 .. 5;
    is_deeply(told(try_number($number{'试乙'}, '试乙')), told($unknown), 'the right name is answered like a wrong one');
    is(try_number($number{'测小甲'}, '测小甲')->{status}, 303, 'another certificate is not');
    $sample->sql("UPDATE verify.failed_lookup SET since = since - interval '61 minutes'");
    is(try_number($number{'试乙'}, '试乙')->{status}, 303, 'an hour later it is right again');
};

# Tries while the table is locked, and the one session that waits for it is ended.
sub try_on_lost_session
{
    my ($table, $number, $name) = @_;
    my $blocker = $node->background_psql('registry');
    my $waiting = "FROM pg_stat_activity WHERE usename = 'sample_verifier' AND wait_event_type = 'Lock'";

    $blocker->query_safe("BEGIN; LOCK TABLE $table");
    my $socket = begin_number($number, $name);
    $nginx->wait_until('a session that waits', sub { $sample->sql("SELECT count(*) $waiting") == 1 });
    $sample->sql("SELECT pg_terminate_backend(pid, 60000) $waiting");
    $blocker->query_safe('COMMIT');
    $blocker->quit;
    return ($nginx->end($socket) =~ /^HTTP\/1\.1 (\d+)/)[0];
}

subtest 'a session that ends' => sub {
    my $failures = 'SELECT coalesce(sum(failures), 0) FROM verify.failed_lookup';
    my $retried = sub { $nginx->metrics->{qq(volunteer_queries_retried_total{statement="volunteer_$_[0]_by_number"})} };

    $sample->sql('DELETE FROM verify.failed_lookup');
    is(try_on_lost_session('registry.certificate', $number{'试乙'}, '试乙'), 303, 'before the answer: it is answered on another');
    is($retried->('answer'), 1, 'which asks no more than that');
    is($sample->sql($failures), 0, 'so that nothing has failed');
    is(try_on_lost_session('registry.certificate', $number{'试乙'}, '试甲'), 404, 'a wrong name');
    is($sample->sql($failures), 1, 'has failed once');
    is(try_on_lost_session('verify.failed_lookup', $number{'试乙'}, '试乙'), 503, 'before it was counted: there is no answer');
    is($retried->('ask'), 0, 'a try is not repeated');
    is($sample->sql($failures), 1, 'nor counted');
};

subtest 'limits' => sub {
    is($nginx->post('/n/', 'number=' . 'x' x 2000)->{status}, 413, 'a form that is too large');
    my @status = map { $nginx->post('/limited/', form('number=x', 'name=y'))->{status} } 1 .. 4;
    is("@status", '404 404 404 429', 'limit_req stands before it');
};

subtest 'without a database' => sub {
    foreach my $function ([ 'ask_by_number', 'text, text' ], [ 'answer_by_number', 'uuid, text, text' ])
    {
        my ($name, $arguments) = @$function;

        $sample->sql("ALTER FUNCTION verify.$name($arguments) RENAME TO gone");
        is(try_number($number{'试乙'}, '试乙')->{status}, 503, "or without $name()");
        $sample->sql("ALTER FUNCTION verify.gone($arguments) RENAME TO $name");
        is(try_number($number{'试乙'}, '试乙')->{status}, 303, 'until it is back');
    }

    $node->stop('immediate');
    my $response = try_number($number{'测小甲'}, '测小甲');
    is($response->{status}, 503, 'nothing can be said');
    is($response->{headers}{'retry-after'}, 5, 'for some seconds');
    like(decode_utf8($response->{content}), qr/暂时无法查验/, 'and the page says so');
    is(decode_json(try_number($number{'测小甲'}, '测小甲', Accept => 'application/json')->{content})->{rule},
        'registry_unavailable', 'or the problem');
    $nginx->post('/n/?number=' . $number{'测小甲'} . '&name=' . form('测小甲'), '');
    $nginx->post('/n/?' . form("name=测小甲", "number=$number{'测小甲'}"), form("number=$number{'测小甲'}", 'name=测小甲'));
    $node->start;
};

subtest 'logs' => sub {
    foreach my $log ([ 'error log', $nginx->error_log ], [ 'access log', $nginx->access_log ], [ 'log of the database', slurp_file($node->logfile) ])
    {
        unlike(decode_utf8($log->[1]), qr/小甲|试乙|E5%B0%8F|ZYZ-/i, "the $log->[0] holds no name and no number");
    }
    like($nginx->error_log, qr{request: "POST /n/\?name="}, 'requests are cut off there');
};

$nginx->stop;
$node->stop;
done_testing;
