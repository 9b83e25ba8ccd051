# Many certificates at once: POST /c/ with a JSON array of codes.
use strict;
use warnings;

use IO::Select;
use JSON::PP;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('bulk'));
my $nginx = Volunteer::Nginx->new('bulk', database => $desk->conninfo, keys => $desk->keys,
    database_options => 'timeout=60s', http => 'volunteer_cache zone=tokens:1m;');
my %code = (
    (map { $_ => $desk->issue($_) } qw(valid suspended superseded)),
    revoked => $desk->issue('revoked', 'issued_in_error'),
    mismatch => $desk->issue,
    unknown => '000000000000000000000000000');
$desk->sql("UPDATE verify.row SET token = (SELECT token FROM verify.row WHERE code = '$code{valid}')"
      . " WHERE code = '$code{mismatch}'");
my %claims = (
    cert_no => 'ZYZ-2026-00000001', name_masked => '测*甲', hours => '326.50', star => 2,
    period => { from => '2023-03-01', to => '2026-10-31' }, as_of => '2026-10-31');
utf8::decode($claims{name_masked});

sub post { return $nginx->post('/c/', $_[0], 'Content-Type' => $_[1] // 'application/json') }
sub codes { return encode_json([@_]) }

# a list that is sent and not yet answered
sub begin
{
    my ($body) = @_;
    return $nginx->begin("POST /c/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
          . "Content-Type: application/json\r\nContent-Length: " . length($body) . "\r\n\r\n$body");
}

# the lines of an answer
sub checked
{
    my $response = post(codes(@_));
    is($response->{status}, 200, 'answered');
    return map { decode_json($_) } split /\n/, $response->{content};
}

sub lookups { return $nginx->metrics->{'volunteer_answers_total{verdict="valid",format="ndjson"}'} }

subtest 'states' => sub {
    my @asked = @code{qw(valid revoked unknown suspended superseded mismatch)};
    my $response = post(codes(@asked));
    is($response->{headers}{'content-type'}, 'application/x-ndjson', 'JSON lines');
    is($response->{headers}{'cache-control'}, 'no-store', 'not to be kept');
    like($response->{content}, qr/\A(?:\{.*\}\n){6}\z/, 'each with its end');

    my @lines = map { decode_json($_) } split /\n/, $response->{content};
    is_deeply([ map { $_->{code} } @lines ], \@asked, 'in the order of the codes');
    is_deeply([ map { $_->{status} } @lines ], [qw(valid revoked unknown suspended superseded mismatch)], 'statuses');
    foreach my $line (@lines[ 0, 1, 3, 4 ])
    {
        my $alone = decode_json($nginx->get("/c/$line->{code}.json")->{content});
        like(delete $line->{checked_at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/, "$line->{status}: read when");
        is_deeply($line, { code => $line->{code}, %claims, map { $_ => $alone->{$_} }
                grep { exists $alone->{$_} } qw(status status_since reason) }, "$line->{status}: as alone");
    }
    is_deeply($lines[$_], { code => $asked[$_], status => $lines[$_]{status} }, "$lines[$_]{status}: no more than that")
        foreach 2, 5;
};

subtest 'codes as people write them' => sub {
    my $hyphens = join '-', unpack '(A5)*', lc $code{valid};
    my $evil = qq(<b>"\\\n\x{1}\x{20ac});
    my @lines = checked($hyphens, $code{valid}, '', substr($code{valid}, 1), $evil, $code{valid});

    is_deeply([ map { $_->{status} } @lines ], [qw(valid valid malformed malformed malformed valid)], 'each has its line');
    is_deeply([ map { $_->{code} } @lines ],
        [ $code{valid}, $code{valid}, '', substr($code{valid}, 1), $evil, $code{valid} ], 'which says which it is');
    is_deeply($lines[5], $lines[0], 'also who is asked for again');

    is_deeply([ map { $_->{status} } checked('A', 'B') ], [qw(malformed malformed)], 'none that could be asked for');
    my $response = post('[]');
    is_deeply([ @$response{qw(status content)} ], [ 200, '' ], 'none at all');
    is((post(codes($code{valid}), 'Application/JSON; charset=utf-8'))->{status}, 200, 'a type with parameters');
};

subtest 'bodies that are no array of codes' => sub {
    foreach my $case (
        [ 'nothing', '', 400, 'body_not_json' ],
        [ 'half', '["' . $code{valid}, 400, 'body_not_json' ],
        [ 'two', '[][]', 400, 'body_not_json' ],
        [ 'no UTF-8', "[\"\xff\"]", 400, 'body_not_json' ],
        [ 'a zero', '["\u0000"]', 400, 'body_not_json' ],
        [ 'deep', '[' x 8000, 400, 'body_not_json' ],
        [ 'a string', "\"$code{valid}\"", 400, 'body_not_json' ],
        [ 'an object', '{"codes":[]}', 400, 'body_not_codes' ],
        [ 'nested', "[[\"$code{valid}\"]]", 400, 'body_not_codes' ],
        [ 'a number', "[\"$code{valid}\",1]", 400, 'body_not_codes' ],
        [ 'null', '[null]', 400, 'body_not_codes' ],
        [ '201 codes', codes(($code{valid}) x 201), 413, 'too_many_codes' ],
        [ 'too long', '["' . ' ' x 16384 . '"]', 413, 'body_too_large' ],
        [ 'much too long', '["' . ' ' x 1_000_000 . '"]', 413, 'body_too_large' ],
        [ 'text', codes($code{valid}), 415, 'type_unsupported', 'text/plain' ],
        [ 'like JSON', codes($code{valid}), 415, 'type_unsupported', 'application/jsonl' ],
      )
    {
        my ($name, $body, $status, $rule, $type) = @$case;
        my $response = post($body, $type);

        is($response->{status}, $status, "$name: $status");
        is($response->{headers}{'content-type'}, 'application/problem+json', "$name: a problem");
        is(decode_json($response->{content})->{rule}, $rule, "$name: $rule");
    }

    my $chunked = $nginx->raw("POST /c/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
          . "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
          . sprintf("%x\r\n%s\r\n", 20000, '[' . ' ' x 19999) . "0\r\n\r\n");
    like($chunked, qr/^HTTP\/1\.1 413 /, 'too long without saying so');

    my $written = sub { scalar(() = $nginx->error_log =~ /buffered to a temporary file/g) };
    my $before = $written->();
    foreach my $size (8193, 12_000, 16_384)
    {
        my $body = codes($code{valid});
        $body .= ' ' x ($size - length $body);
        is(post($body)->{status}, 200, "$size bytes are not too long");
        like($nginx->raw("POST /c/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
              . 'Transfer-Encoding: chunked' . sprintf("\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", $size, $body)), qr/^HTTP\/1\.1 200 /, 'nor without saying so');
    }
    is($written->(), $before, 'and not written to a file');

    my $response = $nginx->post('/c/', "code=$code{valid}");
    is($response->{status}, 303, 'a form is still one');
    like($response->{headers}{location}, qr/\/c\/$code{valid}$/, 'and leads to its certificate');
};

subtest 'two hundred' => sub {
    my @codes = split /\n/, $desk->sql('SELECT verify.issue() FROM generate_series(1, 200)');
    my $before = lookups();

    my @lines = checked(@codes);
    is_deeply([ map { $_->{code} } @lines ], \@codes, 'in order');
    is_deeply([ grep { $_->{status} ne 'valid' } @lines ], [], 'all valid');
    is(lookups(), $before + 200, 'each is counted');

    @lines = checked(reverse @codes);
    is_deeply([ map { "$_->{code} $_->{status} $_->{hours}" } @lines ], [ map { "$_ valid 326.50" } reverse @codes ],
        'again, now that their tokens are known');
};

subtest 'one round trip' => sub {
    my @codes = split /\n/, $desk->sql('SELECT verify.issue() FROM generate_series(1, 150)');

    $desk->block;
    my $socket = begin(codes(@codes, $code{valid}));
    $nginx->wait_until('the statement', sub { $desk->waiting == 1 });
    $desk->release;
    my $answer = $nginx->end($socket);
    is((() = $answer =~ /^\{.*"status":"valid".*\}$/mg), 151, 'answers all of them');
};

subtest 'others are served meanwhile' => sub {
    my $verified = 'volunteer_tokens_total{result="verified"}';
    my $seen = 0;

    # somewhere between the first signature and the last the worker says how many it has verified
    for my $attempt (1 .. 50)
    {
        my $body = codes(split /\n/, $desk->sql('SELECT verify.issue() FROM generate_series(1, 200)'));
        my $before = $nginx->metrics->{$verified};
        my $socket = begin($body);

        until (IO::Select->new($socket)->can_read(0))
        {
            my $done = $nginx->metrics->{$verified} - $before;
            $seen++ if $done > 0 && $done < 200;
        }
        is((() = $nginx->end($socket) =~ /"status":"valid"/g), 200, "attempt $attempt");
        last if $seen;
    }
    cmp_ok($seen, '>', 0, 'between signatures');
};

subtest 'a client that leaves' => sub {
    $desk->block;
    my $socket = begin(codes($code{valid}));
    $nginx->wait_until('the statement', sub { $desk->waiting == 1 });
    close $socket;
    $nginx->wait_until('the end of the request', sub { $nginx->in_progress == 0 });
    $desk->release;
    is((checked($code{valid}))[0]{status}, 'valid', 'disturbs nobody');
};

subtest 'a client that leaves between signatures' => sub {
    my $verified = 'volunteer_tokens_total{result="verified"}';
    my $worker = $nginx->worker;
    my $left = 0;

    for my $attempt (1 .. 50)
    {
        my $body = codes(split /\n/, $desk->sql('SELECT verify.issue() FROM generate_series(1, 200)'));
        my $before = $nginx->metrics->{$verified};
        my $socket = begin($body);

        # an answer ends the wait as well
        1 until $nginx->metrics->{$verified} > $before || IO::Select->new($socket)->can_read(0);
        close $socket;
        $nginx->wait_until('the end of the request', sub { $nginx->in_progress == 0 });
        $left++ if $nginx->metrics->{$verified} < $before + 200;
        last if $left == 3;
    }
    cmp_ok($left, '>', 0, 'ends their work');
    is((checked($code{valid}))[0]{status}, 'valid', 'disturbs nobody');
    is($nginx->worker, $worker, 'and no worker');
};

subtest 'what logs hold' => sub {
    unlike($nginx->access_log . $nginx->error_log, qr/\Q$code{$_}\E/, "not $_") foreach qw(valid revoked mismatch);
    like($nginx->access_log, qr/^POST - - 200$/m, 'no verdict and no prefix of a list');
};

subtest 'a leaving worker' => sub {
    my @codes = split /\n/, $desk->sql('SELECT verify.issue() FROM generate_series(1, 200)');
    my $body = codes(@codes);

    $desk->block;
    my $socket = begin($body);
    $nginx->wait_until('the statement', sub { $desk->waiting == 1 });
    $nginx->reload;
    $desk->release;
    is((() = $nginx->end($socket) =~ /"status":"valid"/g), 200, 'ends what it began');
};

subtest 'without the database' => sub {
    my $definition = $desk->sql("SELECT pg_get_functiondef('verify.certificates'::regproc)");

    $desk->sql($definition =~ s/BEGIN/BEGIN RAISE EXCEPTION 'no such luck';/r);
    my $response = post(codes($code{valid}, 'A'));
    is($response->{status}, 503, 'the whole is 503');
    is(decode_json($response->{content})->{rule}, 'registry_unavailable', 'and says why');
    is($response->{headers}{'retry-after'}, 5, 'and when to come again');
    $desk->sql($definition);

    $desk->sql("UPDATE verify.row SET status = 'lost' WHERE code = '$code{valid}'");
    my @lines = checked($code{valid}, $code{revoked});
    is_deeply([ map { $_->{status} } @lines ], [qw(unavailable revoked)], 'a status that nobody knows');
};

$nginx->stop;
done_testing();
