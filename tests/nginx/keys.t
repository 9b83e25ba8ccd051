# The file of pinned keys: public keys for ES256 and nothing else, or nginx does not start.
use strict;
use warnings;

use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Nginx;

my $dir = PostgreSQL::Test::Utils::tempdir('keys');
my $nginx = Volunteer::Nginx->new('keys', start => 0, database => 'host=/nowhere', keys => 'none');

# The public key of RFC 7517, appendix A.1, under a name of ours.
my %jwk = (
    kty => 'EC',
    crv => 'P-256',
    x => 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
    y => '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    use => 'sig',
    alg => 'ES256',
    kid => 'first');

sub pinned
{
    my ($content) = @_;
    my $file = "$dir/jwks.json";

    unlink $file;
    append_to_file($file, $content);
    $nginx->configure(database => 'host=/nowhere', keys => $file);
    return $nginx->refusal;
}

sub with
{
    my %members = (%jwk, @_);
    delete @members{ grep { !defined $members{$_} } keys %members };
    return encode_json({ keys => [ \%members ] });
}

is(pinned(with()), '', 'a public key');
is(pinned(with(use => undef, alg => undef)), '', 'one that does not say what it is for');
is(pinned(encode_json({ keys => [ \%jwk, { %jwk, kid => 'second' } ] })), '', 'two keys');

my $not_ours = qr/key 1 in "[^"]+" is not a public P-256 key for ES256 with a "kid"/;

foreach my $case (
    [ 'a private key', with(d => 'x'), qr/private key in "/ ],
    [ 'a symmetric key', encode_json({ keys => [ { kty => 'oct', k => 'x', kid => 'first' } ] }), $not_ours ],
    [ 'another curve', with(crv => 'P-384'), $not_ours ],
    [ 'another algorithm', with(alg => 'ES384'), $not_ours ],
    [ 'a key for encryption', with(use => 'enc'), $not_ours ],
    [ 'no key identifier', with(kid => undef), $not_ours ],
    [ 'an empty key identifier', with(kid => ''), $not_ours ],
    [ 'a key identifier that JSON must escape', with(kid => 'a"b'), $not_ours ],
    [ 'a point that is not on the curve', with(x => 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D5'), $not_ours ],
    [ 'a coordinate with padding', with(x => "$jwk{x}="), $not_ours ],
    [ 'a short coordinate', with(y => substr $jwk{y}, 0, 40), $not_ours ],
    [ 'one key identifier for two keys', encode_json({ keys => [ \%jwk, \%jwk ] }), qr/duplicate key "first" in "/ ],
    [ 'no keys', '{"keys":[]}', qr/no keys in "/ ],
    [ 'a single key that is not in a set', encode_json(\%jwk), qr/no keys in "/ ],
    [ 'a member twice', '{"keys":[],"keys":[]}', qr/invalid key set "[^"]+": duplicate object key/ ],
    [ 'no JSON', 'keys', qr/invalid key set "[^"]+": / ],
  )
{
    my ($name, $content, $message) = @$case;
    like(pinned($content), $message, $name);
}

$nginx->configure(database => 'host=/nowhere', keys => "$dir/absent.json");
like($nginx->refusal, qr/invalid key set "[^"]+": unable to open/, 'no file');

done_testing();
