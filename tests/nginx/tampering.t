# Rows that somebody altered, and tokens that are not ours: shown as that, never as valid.
use strict;
use warnings;

use JSON::PP;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('tampering'));
my $nginx = Volunteer::Nginx->new('tampering', database => $desk->conninfo, keys => $desk->keys,
    http => 'volunteer_cache zone=tokens:1m valid=off;');
my ($other_file, $other_jwk) = $desk->other_key;

sub base64url
{
    my ($bytes) = @_;
    require MIME::Base64;
    return MIME::Base64::encode_base64($bytes, '') =~ tr{+/=}{-_}dr;
}

# a token of the code, signed here with whatever header
sub signed_with_header
{
    my ($code, $header) = @_;
    my $payload = (split /\./, $desk->sql("SELECT token FROM verify.row WHERE code = '$code'"))[1];
    my $signature = (split /\./, $desk->sql("SELECT token FROM verify.row WHERE code = '$code'"))[2];
    return join '.', base64url($header), $payload, $signature;
}

sub kid { return decode_json($_[0])->{kid} }

my $jwk = $desk->sql('SELECT volunteer.signing_public_key()');
my @cases = (
    [ 'hours in the payload', sub {
        my ($header, $payload, $signature) = split /\./, $_[1];
        require MIME::Base64;
        my $claims = MIME::Base64::decode_base64($payload =~ tr{-_}{+/}r);
        $claims =~ s/326\.50/926.50/ or die 'no hours';
        return join '.', $header, base64url($claims), $signature;
    } ],
    [ 'one bit of the signature', sub { return $_[1] =~ s/(.)(.)$/($1 eq 'A' ? 'B' : 'A') . $2/er } ],
    [ 'the token of another certificate', sub {
        my $other = $desk->issue;
        return $desk->sql("SELECT token FROM verify.row WHERE code = '$other'");
    } ],
    [ 'a token of another origin', sub {
        return $desk->sql("SELECT volunteer.sign_certificate(verify.claims('$_[0]', 'https://zyz.examp1e.gov.cn'))");
    } ],
    [ 'a token of another key', sub {
        return $desk->sql("SET volunteer.signing_key_file = '$other_file';"
              . " SELECT volunteer.sign_certificate(verify.claims('$_[0]'))");
    } ],
    [ 'a token of another key under our key id', sub {
        my $foreign = $desk->sql("SET volunteer.signing_key_file = '$other_file';"
              . " SELECT volunteer.sign_certificate(verify.claims('$_[0]'))");
        my (undef, $payload, $signature) = split /\./, $foreign;
        my $header = qq({"alg":"ES256","typ":"dc+sd-jwt","kid":"@{[ kid($jwk) ]}"});
        return join '.', base64url($header), $payload, $signature;
    } ],
    [ 'alg none', sub { return signed_with_header($_[0], '{"alg":"none","typ":"dc+sd-jwt"}') } ],
    [ 'alg none without a signature', sub {
        return signed_with_header($_[0], '{"alg":"none","typ":"dc+sd-jwt"}') =~ s/[^.]*$//r;
    } ],
    [ 'alg HS256', sub {
        return signed_with_header($_[0], qq({"alg":"HS256","typ":"dc+sd-jwt","kid":"@{[ kid($jwk) ]}"}));
    } ],
    [ 'another typ', sub {
        return signed_with_header($_[0], qq({"alg":"ES256","typ":"JWT","kid":"@{[ kid($jwk) ]}"}));
    } ],
    [ 'claims that are no certificate', sub { return $desk->sql("SELECT volunteer.sign_certificate('{}')") } ],
    [ 'claims of wrong types', sub {
        return $desk->sql("SELECT volunteer.sign_certificate((verify.claims('$_[0]')::jsonb"
              . " || '{\"star\": \"2\", \"lines\": {}}')::json)");
    } ],
    [ 'an empty token', sub { return '' } ],
    [ 'two dots', sub { return '..' } ],
    [ 'bytes', sub { return "\x{fffd}\t\"<script>" } ],
    [ 'a megabyte', sub { return 'a' x 1_000_000 } ],
);

foreach my $case (@cases)
{
    my ($name, $tamper) = @$case;
    my $code = $desk->issue;
    my $token = $tamper->($code, $desk->sql("SELECT token FROM verify.row WHERE code = '$code'"));

    is($nginx->get("/c/$code.jwt")->{status}, 200, "$name: good before");
    $desk->sql("UPDATE verify.row SET token = \$t\$$token\$t\$ WHERE code = '$code'");

    my $response = $nginx->get("/c/$code.json");
    my $json = decode_json($response->{content});
    is($response->{status}, 200, "$name: JSON");
    is($json->{status}, 'mismatch', "$name: mismatch");
    is_deeply($json->{signature}, { verified => JSON::PP::false }, "$name: not verified");
    is_deeply([ grep { exists $json->{$_} } qw(certificate token reason status_since) ], [], "$name: nothing is shown");

    $response = $nginx->get("/c/$code");
    is($response->{status}, 200, "$name: page");
    unlike($response->{content}, qr/326\.50|926\.50|ZYZ-2026|<script>/, "$name: no claim on the page");

    $response = $nginx->get("/c/$code.jwt");
    is($response->{status}, 502, "$name: no token");
    is(decode_json($response->{content})->{rule}, 'signature_mismatch', "$name: rule");
}

subtest 'rows that are no rows' => sub {
    my $code = $desk->issue;
    my $json = sub { return $nginx->get("/c/$code.json") };

    $desk->sql("UPDATE verify.row SET token = NULL WHERE code = '$code'");
    is(decode_json($json->()->{content})->{status}, 'mismatch', 'no token');

    foreach my $status ("'approved'", "''", 'NULL', "'VALID'")
    {
        $desk->sql("UPDATE verify.row SET status = $status WHERE code = '$code'");
        is($json->()->{status}, 503, "status $status says nothing");
    }

    $code = $desk->issue;
    $desk->sql("UPDATE verify.row SET status_since = NULL, status = 'revoked', reason = E'\"\\n\\x01\\\\' WHERE code = '$code'");
    my $document = decode_json($json->()->{content});
    is($document->{status_since}, '', 'no time of the status');
    is($document->{reason}, qq("\n\x01\\), 'any characters in a reason');
    is($nginx->get("/c/$code")->{status}, 200, 'also on the page');

    for my $time ('infinity', '-infinity', '1969-12-31 23:59:59.999+00', '10000-01-01 00:00:00+08') {
        $desk->sql("UPDATE verify.row SET status_since = '$time' WHERE code = '$code'");
        is(decode_json($json->()->{content})->{status_since}, '', "no time: $time");
    }
    $desk->sql("UPDATE verify.row SET status_since = '9999-12-31 23:59:59.999999+08' WHERE code = '$code'");
    is(decode_json($json->()->{content})->{status_since}, '9999-12-31T23:59:59+08:00', 'the last time');
};

subtest 'rows that nobody asked for' => sub {
    my $code = $desk->issue;
    my $stranger = $desk->issue;

    $desk->sql('ALTER TABLE verify.row DROP CONSTRAINT row_pkey');
    $desk->sql("INSERT INTO verify.row SELECT code, 'revoked', status_since, 'issued_in_error', token"
          . " FROM verify.row WHERE code = '$code'");
    ok($nginx->get("/c/$code.json")->{content} =~ /^\{"status":"(?:valid|revoked)"/, 'two rows of one code');

    $desk->sql(<<'SQL');
CREATE OR REPLACE FUNCTION verify.certificates(codes text[])
    RETURNS TABLE (code text, status text, status_since timestamptz, reason text, token text, checked_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER AS $$
SELECT code, status, status_since, reason, token, NULL::timestamptz FROM verify.row
UNION ALL SELECT NULL, 'valid', NULL, NULL, NULL, NULL
UNION ALL SELECT repeat('0', 28), 'valid', NULL, NULL, NULL, NULL
UNION ALL SELECT '', NULL, NULL, NULL, NULL, NULL
$$
SQL
    is($nginx->get("/c/$stranger.jwt")->{content},
        $desk->sql("SELECT token FROM verify.row WHERE code = '$stranger'"), 'the row asked for is picked out');
    is($nginx->get('/c/' . $desk->sql('SELECT volunteer.gen_certificate_code()'))->{status}, 404,
        'others do not count');
};

subtest 'wrong keys' => sub {
    my $code = $desk->issue;
    my @wrong = (database => $desk->conninfo, keys => $desk->write_keys('other.json', $other_jwk));
    my @both = (database => $desk->conninfo, keys => $desk->write_keys('both.json', $other_jwk, $jwk));

    $nginx->configure(@wrong);
    $nginx->reload;
    is(decode_json($nginx->get("/c/$code.json")->{content})->{status}, 'mismatch', 'a key that is not pinned');

    $nginx->configure(@both);
    $nginx->reload;
    is(decode_json($nginx->get("/c/$code.json")->{content})->{status}, 'valid', 'the second of two pinned keys');
};

$nginx->stop;
done_testing();
