# Verifiers that nobody here wrote, over HTTP, against the real desk and the real registry.

use strict;
use warnings;
use utf8;

use FindBin;
use IPC::Run qw(run);
use JSON::PP qw(decode_json encode_json);
use MIME::Base64 qw(decode_base64url encode_base64url);
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Nginx;
use Volunteer::Sample;

my $node = Volunteer::Cluster->new('third_party', deployed => 1);
my $nginx = Volunteer::Nginx->new('third_party', start => 0, database => '', keys => '');
my $issuer = $nginx->url('');
my $sample = Volunteer::Sample->new($node, $issuer);
my $code = $sample->issue('测小甲');
my $revoked = $sample->issue('试乙');

$nginx->configure(database => $sample->conninfo, keys => $sample->keys, origin => $issuer);
$nginx->start;

# What the script says to each line.
sub ask
{
    my ($script, @lines) = @_;
    my ($in, $out, $err) = (join('', map { "$_\n" } @lines), '', '');

    run([ 'node', "$FindBin::RealBin/$script", $issuer ], '<', \$in, '>', \$out, '2>', \$err)
        or BAIL_OUT("$script: $err");
    return map { decode_json($_) } split /\n/, $out;
}

sub forge
{
    my ($pem, $header, $payload) = @_;

    run([ 'node', "$FindBin::RealBin/forge.mjs", $pem, $header, $payload ], '>', \my $token) or die;
    chomp $token;
    return $token;
}

my $token = $nginx->get("/c/$code.jwt")->{content};
my ($header_part, $payload_part, $signature_part) = split /\./, $token;
my ($header, $payload, $signature) = map { decode_base64url($_) } $header_part, $payload_part, $signature_part;
my $claims = decode_json($payload);
my $own_key = $node->signing_key_file;
my $foreign_key = $node->basedir . '/foreign.pem';
system_or_bail(qw(openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out), $foreign_key);

my $more_hours = encode_base64url($payload =~ s/"hours":"3\.52"/"hours":"9.52"/r);
my $flipped_bit = encode_base64url($signature ^ "\0\0\1");
my $no_alg = encode_base64url('{"alg":"none","typ":"dc+sd-jwt"}');

# Each with what jose and @sd-jwt/sd-jwt-vc say to it.
my @wrong_signature = ('ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'Invalid JWT Signature');
my @forged = (
    [ 'altered hours', "$header_part.$more_hours.$signature_part", @wrong_signature ],
    [ 'one flipped bit', "$header_part.$payload_part.$flipped_bit", @wrong_signature ],
    [ 'a foreign key under our kid', forge($foreign_key, $header, $payload), @wrong_signature ],
    [ 'a kid that is not published', forge($foreign_key, $header =~ s/"kid":"/"kid":"x/r, $payload),
        'ERR_JWKS_NO_MATCHING_KEY', 'ERR_JWKS_NO_MATCHING_KEY' ],
    [ 'alg none', "$no_alg.$payload_part.", 'ERR_JOSE_ALG_NOT_ALLOWED', 'no signature in JWT' ]);
my @misused = (
    [ 'another typ', forge($own_key, $header =~ s/dc\+sd-jwt/JWT/r, $payload), 'ERR_JWT_CLAIM_VALIDATION_FAILED' ],
    [ 'the issuer of a look-alike', forge($own_key, $header, $payload =~ s/127\.0\.0\.1/127.0.0.2/gr),
        'ERR_JWT_CLAIM_VALIDATION_FAILED' ]);

subtest 'jose' => sub {
    my ($answer) = ask('jose.mjs', $token);

    is_deeply($answer->{payload}, $claims, 'verifies under the key set of the issuer');
    is($answer->{payload}{jti}, "$issuer/c/$code", 'and the token names its own address');
    isnt($answer->{header}{kid}, undef, 'by kid');

    my @answers = ask('jose.mjs', map { $_->[1] } @forged, @misused);
    like((shift @answers)->{refused}, qr/^$_->[2]/, "refuses $_->[0]") foreach (@forged, @misused);
};

my $presentation = $nginx->get("/c/$code.sdjwt")->{content};
my $of_revoked = $nginx->get("/c/$revoked.sdjwt")->{content};

# What the desk says after the next change of the list.
sub changed_list
{
    my ($sql) = @_;
    my $before = $nginx->get('/s/1')->{content};

    $sample->sql($sql);
    $nginx->wait_until('another status list', sub { $nginx->get('/s/1')->{content} ne $before });
    return;
}

sub index_of
{
    my ($presented) = @_;
    return decode_json(decode_base64url((split /\./, $presented)[1]))->{status}{status_list}{idx};
}

subtest '@sd-jwt/sd-jwt-vc' => sub {
    my %disclosure = map { decode_json(decode_base64url($_))->[1] => $_ }
        split /\n/, $sample->sql("SELECT unnest(disclosures) FROM registry.certificate c WHERE c.code::text = '$code'");
    my $forged_disclosure = encode_base64url('["c2FsdHNhbHRzYWx0c2FsdA","hours","999.00"]');

    my ($valid, $other) = ask('sd_jwt_vc.mjs', $presentation, $of_revoked);
    is_deeply($valid->{payload}, { map { $_ => $claims->{$_} } grep { !/^_sd/ } keys %$claims }, 'reads the claims');
    is_deeply($valid->{fetched}, [ "$issuer/s/1", "$issuer/vct/volunteer-service/1" ],
        'asks for the status list and the type that the token names');
    is($valid->{type}{vct}, "$issuer/vct/volunteer-service/1", 'fetches the type metadata');
    is($valid->{type}{display}[0]{locale}, 'zh-CN', 'which has Chinese names');
    is($other->{payload}{name_masked}, '试*', 'accepts another before it is revoked');

    my ($one, $both, $extra) = ask('sd_jwt_vc.mjs', "$presentation$disclosure{name}~",
        "$presentation$disclosure{name}~$disclosure{id_tail}~", "$presentation$forged_disclosure~");
    is_deeply([ @{ $one->{payload} }{qw(name id_tail)} ], [ '测小甲', undef ], 'reads a disclosed name');
    is_deeply([ @{ $both->{payload} }{qw(name id_tail)} ], [ '测小甲', '0116' ], 'and ID tail');
    is($extra->{payload}{hours}, '3.52', 'a disclosure the issuer did not make changes nothing');

    my @answers = ask('sd_jwt_vc.mjs', map { "$_->[1]~" } @forged);
    like((shift @answers)->{refused}, qr/$_->[3]/, "refuses $_->[0]") foreach @forged;
};

subtest 'after a revocation' => sub {
    ok((ask('jose.mjs', $nginx->get("/c/$revoked.jwt")->{content}))[0]{payload}, 'the desk hands out a valid token');
    changed_list("SET SESSION AUTHORIZATION sample_issuer; SELECT registry.revoke_certificate('$revoked', 'issued_in_error')");
    is($nginx->get("/c/$revoked.$_")->{status}, 410, "no .$_ of a revoked certificate") foreach qw(jwt sdjwt);

    my ($withdrawn, $valid) = ask('sd_jwt_vc.mjs', $of_revoked, $presentation);
    like($withdrawn->{refused}, qr/Status is not valid/, '@sd-jwt/sd-jwt-vc refuses the one that somebody kept');
    is($valid->{payload}{jti}, "$issuer/c/$code", 'and accepts its neighbour');

    changed_list("UPDATE registry.certificate SET status = 'suspended', reason = 'record_withdrawn' WHERE code::text = '$code'");
    my ($suspended) = ask('sd_jwt_vc.mjs', $presentation);
    like($suspended->{refused}, qr/Status is not valid/, 'or a suspended one');
    my ($list) = ask('status_list.mjs', "$issuer/s/1");
    is_deeply($list, { ttl => 300, aggregation => "$issuer/s/",
            statuses => { index_of($of_revoked) => 1, index_of($presentation) => 2 } }, 'nothing else is withdrawn');

    changed_list("UPDATE registry.certificate SET status = 'valid', reason = NULL WHERE code::text = '$code'");
    is((ask('sd_jwt_vc.mjs', $presentation))[0]{payload}{jti}, "$issuer/c/$code", 'accepted again');
    is_deeply(decode_json($nginx->get('/s/')->{content}), { status_lists => ["$issuer/s/1"] }, 'all lists are named');
};

# Signed by our own key and put into the place of the list.
subtest 'status lists that are not what they should be' => sub {
    my ($list_header, $list_payload) = map { decode_base64url($_) } (split /\./, $nginx->get('/s/1')->{content})[0, 1];
    my $replaced = sub {
        my ($header, $payload) = @_;
        changed_list("UPDATE registry.status_list_token SET token = '@{[ forge($own_key, $header, $payload) ]}', signed_at = clock_timestamp()");
        return (ask('sd_jwt_vc.mjs', $presentation))[0], (ask('status_list.mjs', "$issuer/s/1"))[0];
    };

    my ($sd_jwt_vc, $jose) = $replaced->($list_header, $list_payload);
    ok($sd_jwt_vc->{payload} && $jose->{ttl}, 'the same, signed again, is accepted');

    ($sd_jwt_vc, $jose) = $replaced->($list_header, $list_payload =~ s/"exp" : (\d+)/'"exp" : ' . ($1 - 90_000)/er);
    like($sd_jwt_vc->{refused}, qr/expired/, '@sd-jwt/sd-jwt-vc refuses an expired list');
    like($jose->{refused}, qr/ERR_JWT_EXPIRED/, 'so does jose');

    (undef, $jose) = $replaced->($list_header, $list_payload =~ s{/s/1"}{/s/2"}r);
    like($jose->{refused}, qr/ERR_JWT_CLAIM_VALIDATION_FAILED: unexpected "sub"/, 'a list of another address is refused');
    (undef, $jose) = $replaced->($list_header =~ s/statuslist\+jwt/dc+sd-jwt/r, $list_payload);
    like($jose->{refused}, qr/ERR_JWT_CLAIM_VALIDATION_FAILED: unexpected "typ"/, 'what is no list is refused');
};

subtest 'after an edit by SQL' => sub {
    $sample->sql("UPDATE registry.certificate SET (token, token_sha256) = (t, sha256(convert_to(t, 'UTF8')))"
          . " FROM (VALUES ('$forged[0][1]')) AS f (t) WHERE code::text = '$code'");
    isnt($nginx->get("/c/$code.jwt")->{status}, 200, 'the desk hands out no token that it cannot verify');
};

$nginx->stop;
$node->stop;
done_testing;
