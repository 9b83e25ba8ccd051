# Strangers' bytes: nothing but a refusal, no code in a log, no lookup in the database.
use strict;
use warnings;

use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('hostile'));
my $gated = PostgreSQL::Test::Cluster::get_free_port();
my $nginx = Volunteer::Nginx->new('hostile', database => $desk->conninfo, keys => $desk->keys,
    database_options => 'timeout=1s',
    http => 'limit_req_zone $server_port zone=strict:64k rate=1r/m;'
      . " server { listen 127.0.0.1:$gated;"
      . join('', map { " location $_; limit_except GET { allow 127.0.0.1; deny all; } }" } '/c/ { volunteer_certificate',
        '= /n/ { volunteer_by_number', '/s/ { volunteer_status_list', '= /jwks.json { volunteer_jwks', '= /metrics { volunteer_metrics')
      . ' }',
    server => 'location = /c/limited { limit_req zone=strict; volunteer_certificate; }'
      . ' location = /c/ { client_body_in_file_only clean; volunteer_certificate; }'
      . ' location /c/closed/ { volunteer_certificate; limit_except GET { deny all; } }'
      . ' location = /if { if ($arg_x) { set $y x; } volunteer_jwks; }');

my $code = $desk->issue;
my $unknown = $desk->sql('SELECT volunteer.gen_certificate_code()');

# what comes after GET and a space, and the status it must get
my @paths = (
    [ 'too long a code', '/c/' . $code . '0', 404 ],
    [ 'much too long a code', '/c/' . '0' x 4000, 404 ],
    [ 'a code of hyphens', '/c/' . '-' x 4000, 404 ],
    [ 'longer than a request line may be', '/c/' . '0' x 20_000, 414 ],
    [ 'a NUL byte', "/c/$code\0", 400 ],
    [ 'an encoded NUL byte', "/c/$code%00", 400 ],
    [ 'broken percent encoding', "/c/$code%", 400 ],
    [ 'percent encoding of nothing', "/c/$code%zz", 400 ],
    [ 'bytes that are not UTF-8', "/c/\xff\xfe\xc0\xaf", 404 ],
    [ 'encoded bytes that are not UTF-8', '/c/%ff%fe%c0%af', 404 ],
    [ 'full-width digits', '/c/%ef%bc%91' . substr($code, 1), 404 ],
    [ 'markup', '/c/%3Cscript%3Ealert(1)%3C/script%3E', 404 ],
    [ 'SQL', "/c/';DROP%20TABLE%20verify.row;--", 404 ],
    [ 'an array', "/c/$code,$code", 404 ],
    [ 'a way up', '/c/../c/../../etc/passwd', 400 ],
    [ 'a way up in the code', "/c/$code/../x", 404 ],
    [ 'an encoded way up', '/c/%2e%2e%2f%2e%2e%2fetc%2fpasswd', 400 ],
    [ 'a folder below a code', "/c/$code/", 404 ],
    [ 'two suffixes', "/c/$code.json.json", 404 ],
    [ 'an unknown suffix', "/c/$code.xml", 404 ],
    [ 'a suffix alone', '/c/.json', 404 ],
    [ 'a dot alone', "/c/$code.", 404 ],
    [ 'a template', '/c/valid.html', 404 ],
    [ 'an encoded line end', "/c/$code%0d%0aSet-Cookie:%20x=1", 404 ],
    [ 'another case of the path', "/C/$code", 404 ],
    [ 'no slash', "/c$code", 404 ],
    [ 'a check character that is wrong', '/c/' . $code =~ s/(.)$/$1 eq '0' ? '1' : '0'/er, 404 ],
    [ 'an unknown code', "/c/$unknown", 404 ],
);

foreach my $case (@paths)
{
    my ($name, $path, $status) = @$case;
    my $answer = $nginx->raw("GET $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

    like($answer, qr/^HTTP\/1\.1 $status /, "$name: $status");
    unlike($answer, qr/Set-Cookie|<script>|root:|\Q$code\E/, "$name: nothing comes back");
}

# header lines, and the status with them
my @headers = (
    [ 'a huge Accept', 'Accept: ' . join(',', map { "a/b$_;q=0.$_" } 1 .. 500), 200 ],
    [ 'an Accept of commas', 'Accept: ' . ',' x 7000, 200 ],
    [ 'an Accept of semicolons', 'Accept: ' . ';' x 7000, 200 ],
    [ 'too huge an Accept', 'Accept: ' . 'a' x 40_000, 400 ],
    [ 'two Accepts', "Accept: application/json\r\nAccept: text/html", 200 ],
    [ 'an Accept-Language of commas', 'Accept-Language: ' . ',' x 7000, 200 ],
    [ 'a language of bytes', "Accept-Language: \xff\xfe;q=\xff", 200 ],
    [ 'a line end', "X: y\rGET / HTTP/1.1", 400 ],
    [ 'a body', "Content-Length: 3\r\n\r\nabc", 200 ],
    [ 'a length that is none', 'Content-Length: -1', 400 ],
);

foreach my $case (@headers)
{
    my ($name, $lines, $status) = @$case;
    my $answer = $nginx->raw("GET /c/$code HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n$lines\r\n\r\n");

    like($answer, qr/^HTTP\/1\.1 $status /, "$name: $status");
}

subtest 'forms' => sub {
    my @bodies = (
        [ 'no length', "\r\n", 404 ],
        [ 'another type', "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5\r\n\r\n--x--", 415 ],
        [ 'chunks', "Transfer-Encoding: chunked\r\n\r\n5\r\ncode=\r\n1b\r\n$code\r\n0\r\n\r\n", 303 ],
        [ 'a line end in the code', "Content-Length: 20\r\n\r\ncode=%0d%0aX:%20y%0d", 404 ],
        [ 'too large by its length', "Content-Length: 99999999\r\n\r\n", 413 ],
    );

    foreach my $case (@bodies)
    {
        my ($name, $rest, $status) = @$case;
        my $answer = $nginx->raw("POST /c/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n$rest");

        like($answer, qr/^HTTP\/1\.1 $status /, "$name: $status");
        unlike($answer, qr/^X: y/m, "$name: no header of theirs");
    }

    my $socket = $nginx->begin("POST /c/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
          . "Transfer-Encoding: chunked\r\n\r\n5\r\ncode=\r\n");
    $nginx->wait_until('the first chunk', sub { $nginx->in_progress == 1 });
    $socket->syswrite("1b\r\n$code\r\n0\r\n\r\n");
    like($nginx->end($socket), qr/^HTTP\/1\.1 303 /, 'chunks that come one by one');
};

subtest 'blocks inside a location' => sub {
    is($nginx->get('/if?x=1')->{status}, 200, '"if" keeps the document');
    is($nginx->request('DELETE', "/c/closed/$code")->{status}, 403, '"limit_except" closes a location');

    my $ask = sub { my ($method, $path, @more) = @_; return HTTP::Tiny->new(max_redirect => 0)->request($method, "http://127.0.0.1:$gated$path", @more) };
    is($ask->('POST', '/c/', { headers => { 'Content-Type' => 'application/json' }, content => "[\"$code\"]" })->{status}, 200,
        'whom it lets in is answered');
    is($ask->('POST', '/n/', { content => '' })->{status}, 404, 'by number, too');
    is($ask->('POST', $_)->{headers}{allow}, 'GET, HEAD', "$_: by what stands there") foreach qw(/s/1 /jwks.json /metrics);
    is($ask->('GET', "/c/$code.json")->{status}, 200, 'and so is who asks for nothing else');
};

subtest 'one answer for all that is unknown' => sub {
    my @answers = map { $nginx->get("/c/$_.json") } $unknown, $desk->sql('SELECT volunteer.gen_certificate_code()');

    is($answers[0]{content}, $answers[1]{content}, 'the same body');
    unlike($answers[0]{content}, qr/$unknown/, 'the code is not repeated');
};

subtest 'malformed codes' => sub {
    $desk->block;
    is($nginx->get('/c/' . $code =~ s/(.)$/$1 eq '0' ? '1' : '0'/er)->{status}, 404, 'do not wait for the database');
    is($nginx->get("/c/$unknown")->{status}, 503, 'unlike well-formed ones');
    $desk->release;
    $nginx->wait_until('the database', sub { $nginx->get("/c/$code")->{status} == 200 });
};

subtest 'logs' => sub {
    my $visible = substr $code, 0, 6;
    my $hidden = substr $code, 0, 7;

    $nginx->get("/c/$code");
    like($nginx->raw("GET $_ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 99999999\r\n\r\n"), qr/^HTTP\/1\.1 413 /,
        'a body larger than nginx takes') foreach "/c/$code", "/%63/$code.json", "http://localhost/c/$code", "/n/?name=$code";
    $nginx->get('/c/limited?' . $code) for 1 .. 3;
    $nginx->request('GET', "/c/$code", { headers => { Referer => "https://other.example/c/$code" } });
    $desk->sql("UPDATE verify.row SET token = 'altered' WHERE code = '$code'");
    $nginx->get("/c/$code");
    $nginx->wait_until('log lines', sub { $nginx->access_log =~ /mismatch/ });

    like($nginx->error_log, qr/access forbidden by rule/, 'also in "limit_except"');
    like($nginx->access_log, qr/^GET $visible valid 200$/m, 'the access log names a request by six characters');
    like($nginx->error_log, qr/limiting requests/, 'the error log was written to');
    like($nginx->error_log, qr/client intended to send too large body/, 'also before there was a location');
    like($nginx->error_log, qr{request: "GET /c/$visible"}, 'and names a request by six characters');
    unlike($nginx->access_log, qr/$hidden/, 'no more in the access log');
    unlike($nginx->error_log, qr/$hidden/, 'no more in the error log');
};

$nginx->stop;
done_testing();
