# Status lists: what they say, when they are signed, and that nobody waits for a signature but who asks for the list.

use strict;
use warnings;
use utf8;

use Compress::Zlib qw(uncompress);
use Encode qw(encode_utf8);
use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::RealBin/../lib";
use MIME::Base64 qw(decode_base64url);
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Sample;

my $node = Volunteer::Cluster->new('status_lists', deployed => 1);
my $sample = Volunteer::Sample->new($node);
my $ask = 'SELECT token FROM verify.status_list(1)';
my %code = map { $_ => $sample->issue($_) } '测小甲', '试乙', '验丙丙丁';

sub payload { return decode_json(decode_base64url((split /\./, $_[0])[1])) }

# As the desk asks.
sub list { return $sample->sql("SET SESSION AUTHORIZATION sample_verifier; $ask") }

# The status of every entry that has one, by index.
sub entries
{
    my ($token) = @_;
    my @entry = map { my $byte = $_; map { $byte >> 2 * $_ & 3 } 0 .. 3 }
        unpack 'C*', uncompress(decode_base64url(payload($token)->{status_list}{lst}));

    is(scalar(@entry), 131_072, 'a whole list');
    return { map { $entry[$_] ? ($_ => $entry[$_]) : () } 0 .. $#entry };
}

sub index_of
{
    my ($code) = @_;
    return $sample->sql("SELECT status_index FROM registry.certificate c WHERE c.code::text = '$code'");
}

sub session
{
    my ($role) = @_;
    return $node->background_psql('registry', extra_params => [ '-U', $role ]);
}

sub age { return $sample->sql("UPDATE registry.status_list_token SET signed_at = clock_timestamp() - interval '$_[0] seconds'") }

my $revoke = sub { return "SELECT registry.revoke_certificate('$_[0]', 'issued_in_error')" };
my %index = map { $_ => index_of($code{$_}) } keys %code;

subtest 'a list' => sub {
    is($sample->sql('SELECT count(*) FROM registry.status_list_token'), 0, 'issuing signs no list');

    my $token = list();
    my $claims = payload($token);
    like(decode_base64url((split /\./, $token)[0]), qr/"alg":"ES256","typ":"statuslist\+jwt","kid":"/, 'type and key');
    is($claims->{iss}, $Volunteer::Cluster::ORIGIN, 'names its issuer');
    is($claims->{sub}, "$Volunteer::Cluster::ORIGIN/s/1", 'and the address that certificates name');
    is($claims->{status_list}{aggregation_uri}, "$Volunteer::Cluster::ORIGIN/s/", 'and that of all lists');
    is($claims->{exp} - $claims->{iat}, 86400, 'expires after a day');
    is($claims->{ttl}, 300, 'may be kept for five minutes');
    is_deeply(entries($token), {}, 'everything issued is valid');
    is(list(), $token, 'is signed once');
    is($sample->sql('SELECT verify.status_lists()'), qq({"status_lists" : ["$Volunteer::Cluster::ORIGIN/s/1"]}), 'and listed');
    is($sample->sql('SELECT count(*) FROM verify.status_list(2)'), 0, 'another list has no row');
};

subtest 'statuses' => sub {
    my $version = 'SELECT xmin FROM registry.status_list_token';
    my $before = $sample->sql($version);

    $sample->sql(q(UPDATE registry.certificate SET status = 'suspended', reason = 'record_withdrawn' WHERE code::text = ')
          . "$code{'试乙'}'");
    my $later = $sample->issue('测小甲');
    is($sample->sql($version), $before, 'a change of status signs nothing');
    is_deeply(entries(list()), { $index{'试乙'} => 2, $index{'测小甲'} => 3 }, 'suspended, superseded');
    $sample->revoke($later, 'issued_in_error');
    $sample->sql("UPDATE registry.certificate SET status = 'valid', reason = NULL WHERE code::text = '$code{'试乙'}'");
    is_deeply(entries(list()), { index_of($later) => 1, $index{'测小甲'} => 3 }, 'revoked, and valid again');
    is($sample->sql('SELECT count(*) FROM registry.status_list_change'), 0, 'nothing is left to be signed');
};

subtest 'many revocations, one signature' => sub {
    my @revoked = map { $sample->issue('试乙') } 1 .. 10;
    my ($one, $other) = (session('sample_issuer'), session('sample_issuer'));

    $_->query_safe('BEGIN') foreach $one, $other;
    my $before = list();
    $one->query_safe($revoke->($revoked[-1]));
    $other->query_safe($revoke->($code{'验丙丙丁'}));
    is(list(), $before, 'what is not committed is not in the list');
    $_->query_safe('COMMIT') foreach $other, $one;
    my $after = list();
    my $entries = entries($after);
    is_deeply([ @$entries{ index_of($revoked[-1]), $index{'验丙丙丁'} } ], [ 1, 1 ], 'two revocations at once are both in it');
    is(list(), $after, 'signed once');
    $_->quit foreach $one, $other;
};

subtest 'while a list is signed' => sub {
    my ($signer, $reader, $issuer) = (session('sample_verifier'), session('sample_verifier'), session('sample_issuer'));
    my $code = $sample->issue('测小甲');

    age(91);
    $signer->query_safe('BEGIN');
    my $signed = $signer->query_safe($ask);
    $issuer->query_safe(q(SET lock_timeout = '1s'));
    my $fresh = $issuer->query_safe(encode_utf8($sample->issue_statement('验丙丙丁')));
    like($fresh, qr/^\w{27}$/, 'issuing does not wait');
    $issuer->query_safe($revoke->($code));
    pass('nor does a revocation');

    $node->start_waiting($reader, $ask);
    is(entries($signed)->{ index_of($code) }, undef, 'the revocation is not in the list that is being signed');
    $signer->query_safe('COMMIT');
    my $next = $reader->query_safe('SELECT 1');
    is(entries(list())->{ index_of($code) }, 1, 'but in the next');
    like($next, qr/^ey/, 'which who waited signed');

    age(91);
    $signer->query_safe('BEGIN');
    $signed = $signer->query_safe($ask);
    $node->start_waiting($reader, $ask);
    $signer->query_safe('COMMIT');
    is((split /\n/, $reader->query_safe('SELECT 1'))[0], $signed, 'who waits for the same change does not sign again');

    age(91);
    $issuer->query_safe('BEGIN');
    $issuer->query_safe($revoke->($fresh));
    is(entries(list())->{ index_of($fresh) }, undef, 'signed before a revocation was committed');
    $issuer->query_safe('COMMIT');
    is(entries(list())->{ index_of($fresh) }, 1, 'signed again after it');
    $_->quit foreach $signer, $reader, $issuer;
};

subtest 'age' => sub {
    my $read_only = 'SET SESSION AUTHORIZATION sample_verifier; BEGIN READ ONLY; SELECT token IS NOT NULL, fresh_for, expires_in'
        . ' FROM verify.status_list(1)';
    my $token = list();

    age(60);
    is(list(), $token, 'a list of a minute is not signed again');
    age(91);
    isnt(list(), $token, 'one of a minute and a half is');
    age(200);
    like($sample->sql($read_only), qr/^t\|9\d\|8619\d$/, 'a standby says how long it may be kept');
    age(400);
    like($sample->sql($read_only), qr/^t\|0\|8599\d$/, 'or that it may not');
    age(86400);
    is($sample->sql($read_only), 'f|0|0', 'and hands out nothing that has expired');

    my $timer = 'SET SESSION AUTHORIZATION sample_verifier; SELECT verify.sign_status_lists()';
    is($sample->sql($timer), 1, 'the timer signs what is due');
    is($sample->sql($timer), 0, 'and nothing else');
    like($sample->sql($read_only), qr/^t\|29\d\|8639\d$/, 'which is fresh');
};

subtest 'the next list' => sub {
    my $ask_next = 'SET SESSION AUTHORIZATION sample_verifier; SELECT token FROM verify.status_list(2)';
    my $older = $sample->issue('试乙');

    $sample->sql('UPDATE registry.status_list SET used = 131072');
    my $newer = $sample->issue('测小甲');
    my $before = list();
    is_deeply(entries($sample->sql($ask_next)), {}, 'a list of its own, of which nothing is withdrawn');
    $sample->revoke($newer, 'issued_in_error');
    is(list(), $before, 'what is revoked in it does not touch the first');
    $sample->revoke($older, 'issued_in_error');
    is(entries(list())->{ index_of($older) }, 1, 'which is signed again for one of its own');
    my $next = $sample->sql($ask_next);
    is_deeply(entries($next), { index_of($newer) => 1 }, 'and leaves what the next has to say to that');
    isnt(list(), $next, 'two tokens');
    is($sample->sql('SELECT verify.status_lists()'),
        sprintf('{"status_lists" : ["%1$s/s/1", "%1$s/s/2"]}', $Volunteer::Cluster::ORIGIN), 'both are listed');
};

subtest 'no oracle' => sub {
    foreach my $call (q(volunteer.sign_status_list('{}')), q(registry.signed_status_list('{}')),
        'registry.sign_status_list(1)', 'registry.status_list_claims(1, now())')
    {
        foreach my $role (qw(sample_verifier sample_issuer sample_auditor))
        {
            like($sample->refusal("SET SESSION AUTHORIZATION $role; SELECT $call"), qr/permission denied/, "$role: $call");
        }
    }
};

subtest 'keys' => sub {
    my $kid_of = sub { return decode_json(decode_base64url((split /\./, $_[0])[0]))->{kid} };
    my $old = $kid_of->(list());
    my $desk = session('sample_verifier');
    my $file = $node->basedir . '/keys/new.pem';
    my $umask = umask 0077;

    is($kid_of->($desk->query_safe($ask)), $old, 'a session of nginx');
    system_or_bail(qw(openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out), $file);
    umask $umask;
    rename $file, $node->signing_key_file;
    $sample->sql("UPDATE registry.status_list_token SET signed_at = signed_at - interval '2 minutes'");
    like($sample->refusal($ask), qr/signing key is not registered/, 'a key that is not registered signs no list');

    $sample->sql('SELECT registry.register_signing_key()');
    my $new = $kid_of->(list());
    isnt($new, $old, 'signed by the key in use');
    $sample->sql("UPDATE registry.status_list_token SET signed_at = signed_at - interval '2 minutes'");
    is($kid_of->($desk->query_safe($ask)), $new, 'also for a session that was there');
    $desk->quit;
    $sample->sql("UPDATE registry.status_list_token SET kid = '$old'");
    $sample->sql("SELECT registry.compromise_signing_key('$old')");
    is($sample->sql('SELECT registry.status_list_is_due(1)'), 't', 'a list of a compromised key is signed again');
    is($kid_of->(list()), $new, 'by another');
};

$node->stop;
done_testing;
