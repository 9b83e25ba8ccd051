# Every format of a certificate in every state, negotiation, the form, the documents beside them.
use strict;
use warnings;
use utf8;

use JSON::PP;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $origin = $Volunteer::Cluster::ORIGIN;
my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('formats'));
my $nginx = Volunteer::Nginx->new('formats', database => $desk->conninfo, keys => $desk->keys);

my %code = (
    valid => $desk->issue,
    revoked => $desk->issue('revoked', 'issued_in_error'),
    suspended => $desk->issue('suspended', 'record_withdrawn'),
    superseded => $desk->issue('superseded'),
    unknown => $desk->sql('SELECT volunteer.gen_certificate_code()'),
    malformed => '00000000000000000000000000A',
);
my %token = map { $_ => $desk->sql("SELECT token FROM verify.row WHERE code = '$code{$_}'") } keys %code;

# status by format and state: page, JSON, token, QR code
my %expected = (
    valid => [ 200, 200, 200, 200 ],
    revoked => [ 200, 200, 410, 200 ],
    suspended => [ 200, 200, 409, 200 ],
    superseded => [ 200, 200, 410, 200 ],
    unknown => [ 404, 404, 404, 404 ],
    malformed => [ 404, 404, 404, 404 ],
);
my @formats = (
    [ '', 'text/html; charset=utf-8', 0 ],
    [ '.json', 'application/json', 1 ],
    [ '.jwt', 'application/jwt', 2 ],
    [ '.sdjwt', 'application/dc+sd-jwt', 2 ],
    [ '.svg', 'image/svg+xml', 3 ],
    [ '.png', 'image/png', 3 ],
);

foreach my $state (sort keys %expected)
{
    foreach my $format (@formats)
    {
        my ($suffix, $type, $column) = @$format;
        my $path = "/c/$code{$state}$suffix";
        my $status = $expected{$state}[$column];
        my $response = $nginx->get($path);
        my $headers = $response->{headers};

        is($response->{status}, $status, "$state$suffix: status $status");
        is($headers->{'content-type'},
            $status == 200 || $suffix eq '' ? $type : 'application/problem+json', "$state$suffix: type");
        is($headers->{'cache-control'}, $column == 3 && $status == 200 ? 'private, max-age=86400' : 'no-store',
            "$state$suffix: may be cached only as its format says");

        my $head = $nginx->head($path);
        delete $_->{date} foreach $headers, $head->{headers};
        is_deeply([ $head->{status}, $head->{content} // '', $head->{headers} ], [ $status, '', $headers ],
            "$state$suffix: HEAD is GET without its body");
    }
}

subtest 'headers that protect the holder' => sub {
    my %wanted = (
        'x-robots-tag' => 'noindex, nofollow, noarchive, nosnippet',
        'referrer-policy' => 'no-referrer',
        'x-content-type-options' => 'nosniff',
        'cross-origin-opener-policy' => 'same-origin',
        'content-security-policy' => "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            . "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );

    foreach my $path ('/c/', "/c/$code{valid}", "/c/$code{valid}.json", "/c/$code{valid}.png", "/c/$code{unknown}",
        "/c/$code{malformed}.jwt")
    {
        my $headers = $nginx->get($path)->{headers};
        is($headers->{$_}, $wanted{$_}, "$path: $_") foreach sort keys %wanted;
        is($headers->{'access-control-allow-origin'}, undef, "$path: not for other sites' scripts");
    }
};

subtest 'the JSON document' => sub {
    my $body = $nginx->get("/c/$code{valid}.json")->{content};
    my $json = decode_json($body);
    my ($claims) = $body =~ /"certificate":(\{.*\}),"token"/;

    like($body, qr/^\{"status":"valid","checked_at":"/, 'status and time of the check come first');
    like($json->{checked_at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/, 'checked_at is local time with its offset');
    is($json->{status_since}, '2026-11-01T09:30:00+08:00', 'status_since');
    ok(!exists $json->{reason}, 'a valid certificate has no reason');
    is_deeply($json->{signature},
        { alg => 'ES256', kid => decode_json($desk->sql('SELECT volunteer.signing_public_key()'))->{kid},
            verified => JSON::PP::true },
        'which key verified it');
    is($claims, $desk->sql("SELECT verify.claims('$code{valid}')"), 'the certificate is the signed bytes');
    is($json->{token}, $token{valid}, 'the token');
    is_deeply(
        $json->{links},
        {
            page => "$origin/c/$code{valid}",
            (map { $_ => "$origin/c/$code{valid}.$_" } qw(jwt sdjwt svg png)),
            jwks => "$origin/.well-known/jwks.json",
        },
        'links');

    $json = decode_json($nginx->get("/c/$code{revoked}.json")->{content});
    is_deeply([ @{$json}{qw(status reason)} ], [ 'revoked', 'issued_in_error' ], 'revoked, and why');
    is($json->{certificate}{jti}, "$origin/c/$code{revoked}", 'a revoked certificate is still shown');
};

subtest 'tokens' => sub {
    is($nginx->get("/c/$code{valid}.jwt")->{content}, $token{valid}, '.jwt is the token');
    is($nginx->get("/c/$code{valid}.sdjwt")->{content}, "$token{valid}~", '.sdjwt ends the list of disclosures');

    my $problem = decode_json($nginx->get("/c/$code{revoked}.jwt")->{content});
    is(delete $problem->{detail}, 'The certificate was revoked.', 'a refusal has a sentence for people');
    is_deeply($problem, { title => 'Gone', status => 410, rule => 'certificate_revoked' },
        'its rule for programs, and the title of problems without a type');
};

subtest 'QR codes' => sub {
    my %modules;

    foreach my $scale (1, 16)
    {
        my $png = $nginx->get("/c/$code{valid}.png?scale=$scale")->{content};
        like($png, qr/^\x89PNG\r\n\x1a\n/, "scale $scale: a PNG file");
        $modules{ unpack('N', substr $png, 16, 4) / $scale } = 1;
    }
    is(keys %modules, 1, 'scale is pixels a module');
    like($nginx->get("/c/$code{valid}.svg")->{content}, qr/^<svg /, 'an SVG document');

    foreach my $scale ('0', '17', '-1', '', 'x', '1.5', '99999999999999999999')
    {
        my $response = $nginx->get("/c/$code{valid}.png?scale=$scale");
        is($response->{status}, 400, "scale '$scale' is refused");
        is(decode_json($response->{content})->{rule}, 'scale_out_of_range', "scale '$scale': rule");
    }
};

subtest 'spelling of codes' => sub {
    my ($code) = $code{valid};
    my $grouped = join '-', unpack '(A5)*', $code;

    foreach my $spelling (lc $code, $grouped, lc $grouped, $code =~ tr/01/oL/r, join '%20', unpack '(A9)*', $code)
    {
        my $response = $nginx->get("/c/$spelling.json");
        is($response->{status}, 200, "$spelling is answered directly");
        is(eval { decode_json($response->{content})->{links}{page} }, "$origin/c/$code", "$spelling: canonical link");
    }
};

subtest 'negotiation' => sub {
    my @cases = (
        [ undef, 'text/html' ],
        [ '', 'text/html' ],
        [ '*/*', 'text/html' ],
        [ 'text/html,application/xhtml+xml,*/*;q=0.8', 'text/html' ],
        [ 'application/json', 'application/json' ],
        [ 'APPLICATION/JSON', 'application/json' ],
        [ 'application/*', 'application/json' ],
        [ 'application/dc+sd-jwt', 'application/dc+sd-jwt' ],
        [ 'application/jwt', 'application/jwt' ],
        [ 'application/jwt, application/json;q=0.9', 'application/jwt' ],
        [ 'application/json;q=0.2, text/html;q=0.1', 'application/json' ],
        [ 'application/json;charset=utf-8;q=0.2, application/jwt ; q=0.3', 'application/jwt' ],
        [ 'text/html;q=0, */*', 'application/json' ],
        [ 'application/json;q=0', 'text/html' ],
        [ 'application/json;q=2', 'text/html' ],
        [ 'application/json;q=;q', 'text/html' ],
        [ 'image/webp', 'text/html' ],
        [ ',;,q=1,/', 'text/html' ],
        [ ' , application/json', 'application/json' ],
    );

    foreach my $case (@cases)
    {
        my ($accept, $type) = @$case;
        my $response = $nginx->get("/c/$code{valid}", defined $accept ? (Accept => $accept) : ());

        like($response->{headers}{'content-type'}, qr/^\Q$type\E/, ($accept // 'no Accept') . " gives $type");
        is($response->{headers}{vary}, 'Accept, Accept-Language', ($accept // 'no Accept') . ': Vary');
    }
    is($nginx->get("/c/$code{valid}.json", Accept => 'text/html')->{headers}{vary}, undef, 'a suffix is not negotiated');
    is($nginx->get("/c/$code{unknown}", Accept => 'application/json')->{headers}{'content-type'},
        'application/problem+json', 'problems are negotiated as well');
};

subtest 'the form' => sub {
    my $response = $nginx->get('/c/');
    is($response->{status}, 200, 'GET shows it');
    is($response->{headers}{vary}, 'Accept-Language', 'in a language that was negotiated');
    like($response->{content}, qr/<form[^>]* method="post"/i, 'and it posts');

    $response = $nginx->post('/c/', 'other=1&code=' . lc(join '+', unpack '(A5)*', $code{valid}) . '&more=2');
    is($response->{status}, 303, 'POST of a code redirects');
    is($response->{headers}{location}, "$origin/c/$code{valid}", 'to its canonical address');

    foreach my $form ('', 'code', 'code=', 'code=123', 'xcode=' . $code{valid}, 'code=%00', 'code=%', 'code=%C0%AF')
    {
        is($nginx->post('/c/', $form)->{status}, 404, "'$form' is no code");
    }
    $response = $nginx->post('/c/', 'code=' . '0' x 2000);
    is($response->{status}, 413, 'a form of 2,000 characters is refused');
    is(decode_json($response->{content})->{rule}, 'body_too_large', 'and says so');
    is($nginx->post('/c/', 'code=' . '0' x 100_000)->{status}, 413, 'and one of 100,000');
};

subtest 'methods' => sub {
    my @cases = (
        [ '/c/', 'GET, HEAD, POST', qw(PUT DELETE OPTIONS PATCH) ],
        [ "/c/$code{valid}", 'GET, HEAD', qw(POST PUT DELETE OPTIONS) ],
        [ '/.well-known/jwks.json', 'GET, HEAD', qw(POST OPTIONS) ],
    );

    foreach my $case (@cases)
    {
        my ($path, $allow, @methods) = @$case;
        foreach my $method (@methods)
        {
            my $response = $nginx->request($method, $path, { content => 'code=1' });
            is($response->{status}, 405, "$method $path is not allowed");
            is($response->{headers}{allow}, $allow, "$method $path: what is");
        }
    }
};

subtest 'documents' => sub {
    my $response = $nginx->get('/.well-known/jwks.json');
    is_deeply(decode_json($response->{content}),
        { keys => [ decode_json($desk->sql('SELECT volunteer.signing_public_key()')) ] }, 'the pinned keys');
    is_deeply([ @{ $response->{headers} }{qw(content-type cache-control access-control-allow-origin)} ],
        [ 'application/jwk-set+json', 'public, max-age=600', '*' ], 'keys: headers');

    $response = $nginx->get('/.well-known/jwt-vc-issuer');
    is_deeply(decode_json($response->{content}), { issuer => $origin, jwks_uri => "$origin/.well-known/jwks.json", status_list_aggregation_endpoint => "$origin/s/" },
        'issuer metadata');
    is_deeply([ @{ $response->{headers} }{qw(content-type cache-control access-control-allow-origin)} ],
        [ 'application/json', 'public, max-age=3600', '*' ], 'issuer metadata: headers');

    $response = $nginx->get('/vct/volunteer-service/1');
    my $type = decode_json($response->{content});
    is($type->{vct}, "$origin/vct/volunteer-service/1", 'type metadata');
    is((grep { $_->{locale} eq 'zh-CN' } @{ $type->{display} })[0]{name}, '志愿服务记录证明', 'its name in Chinese');
    is_deeply([ @{ $response->{headers} }{qw(content-type cache-control access-control-allow-origin)} ],
        [ 'application/json', 'public, max-age=86400', '*' ], 'type metadata: headers');

    my $claims = decode_json($desk->sql("SELECT verify.claims('$code{valid}')"));
    my @strange = grep {
        my $value = $claims;
        $value = ref $value eq 'ARRAY' ? $value->[0] : $value->{$_} foreach map { $_ // 0 } @{ $_->{path} };
        !defined $value
    } @{ $type->{claims} };
    is_deeply(\@strange, [], 'it names claims that a token has');

    is($nginx->head('/.well-known/jwks.json')->{status}, 200, 'HEAD of a document');
};

$nginx->stop;
done_testing();
