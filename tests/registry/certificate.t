# A certificate outside the transaction that made it: other people's JOSE tools, edits by SQL, keys that change,
# sessions that meet.

use strict;
use warnings;
use utf8;

use Digest::SHA qw(sha256 sha256_hex);
use Encode qw(encode_utf8);
use FindBin;
use File::Copy qw(move);
use IPC::Run qw(run);
use JSON::PP qw(decode_json);
use MIME::Base64 qw(decode_base64url encode_base64url);
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Sample;

my $node = Volunteer::Cluster->new('certificate', deployed => 1);
my $sample = Volunteer::Sample->new($node);
my %code = map { $_ => $sample->issue($_) } qw(测小甲 试乙 验丙丙丁);
my $token = $sample->token($code{测小甲});

# The payload that a tool found signed, nothing when it refuses.
sub jose     { return verified_by(\$_[1], qw(jose jws ver -i - -O - -k), $_[0]) }
sub jwcrypto { return verified_by(\'', 'python3', "$FindBin::RealBin/certificate_jwcrypto.py", @_) }

sub verified_by
{
    my ($input, @command) = @_;
    my ($payload, $errors) = ('', '');

    return run(\@command, '<', $input, '>', \$payload, '2>', \$errors) ? $payload : undef;
}

# What the check says after an edit by a superuser, which is then taken back.
sub findings
{
    my ($edit) = @_;

    return $sample->sql("SET search_path = volunteer; BEGIN; $edit;"
          . " SELECT string_agg(DISTINCT finding, ' ' ORDER BY finding) FROM registry.check_certificates()");
}

sub nothing_to_find
{
    return is($sample->sql('SELECT count(*) FROM registry.check_certificates()'), '0', 'nothing to find');
}

sub value
{
    my ($column, $code) = @_;

    return $sample->sql("SELECT $column FROM registry.certificate c WHERE c.code::text = '$code'");
}

sub session
{
    my ($authorization) = @_;
    my %session = (in => '', out => '');

    $session{handle} = IPC::Run::start(
        [ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', $node->connstr('registry') . " user=$authorization" ],
        '<', \$session{in}, '>', \$session{out}, '2>&1', IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
    return \%session;
}

sub say_to
{
    my ($session, $text) = @_;
    $session->{in} .= encode_utf8($text);
    $session->{handle}->pump_nb;
    return;
}

sub wait_for
{
    my ($session, $pattern) = @_;
    $session->{handle}->pump until $session->{out} =~ $pattern;
    return;
}

sub wait_until_blocked
{
    $node->poll_query_until('registry', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        or BAIL_OUT('no session ever waited for a lock');
    return;
}

subtest 'tools of others' => sub {
    my $keys = $sample->keys;
    my ($header, $payload, $signature) = split /\./, $token;
    my $claims = decode_base64url($payload);
    my $altered = join '.', $header, encode_base64url($claims =~ s/"hours":"3\.52"/"hours":"9.52"/r), $signature;
    my $other_keys = $node->basedir . '/other.json';
    my ($thumbprint, $kid);

    is(decode_json(decode_base64url($header))->{typ}, 'dc+sd-jwt', 'typ of RFC 9901 verifiable credentials');
    is(jose($keys, $token), $claims, 'jose verifies the stored bytes');
    is(jwcrypto($keys, $token), $claims, 'so does jwcrypto');
    isnt($altered, $token, 'an altered token');
    is(jose($keys, $altered), undef, 'jose refuses it');
    is(jwcrypto($keys, $altered), undef, 'so does jwcrypto');

    run([ 'jose', 'jwk', 'gen', '-i', '{"alg":"ES256"}', '-o', $other_keys ]) or die;
    is(jose($other_keys, $token), undef, 'a foreign key verifies nothing');

    run([ 'jose', 'jwk', 'thp', '-i', $keys ], '>', \$thumbprint) or die;
    is($thumbprint, decode_json(decode_base64url($header))->{kid}, 'kid is the thumbprint of RFC 7638');

    my @disclosures = split /\n/, value('unnest(disclosures)', $code{测小甲});
    my @digests = sort map { encode_base64url(sha256($_)) } @disclosures;
    my @disclosed = map { decode_json(decode_base64url($_)) } @disclosures;
    is_deeply(decode_json($claims)->{_sd}, \@digests, 'sorted digests of the disclosures');
    is_deeply([ map { $_->[1] => $_->[2] } @disclosed ], [ name => '测小甲', id_tail => '0116' ], 'of name and ID tail');
    is_deeply([ map { length decode_base64url($_->[0]) } @disclosed ], [ 16, 16 ], 'each with 128 bits of salt');
};

subtest 'edits by SQL' => sub {
    my $mine = "WHERE code::text = '$code{测小甲}'";
    my $others = "(SELECT o FROM registry.certificate o WHERE o.code::text = '$code{试乙}')";
    my $set = 'SET session_replication_role = replica; UPDATE registry.certificate SET';

    nothing_to_find();
    is(findings("$set hours = hours + '100:00' $mine"), 'claims hours', 'more hours in the row');
    is(findings("$set period = daterange(lower(period), upper(period) + 1) $mine"), 'claims', 'a longer period');
    is(findings("$set star = '5' $mine"), 'claims', 'more stars');
    is(findings("$set number = 'ZYZ-2026-99999999' $mine"), 'claims', 'another number');
    is(findings("$set disclosures = ($others).disclosures $mine"), 'claims', 'the disclosures of another');
    is(findings("$set (token, token_sha256) = (($others).token, ($others).token_sha256) $mine"),
        'claims', 'the token of another');
    is(findings("$set (token, token_sha256) = (d.token, sha256(d.token::bytea))"
              . " FROM (SELECT overlay(token PLACING 'AAAA' FROM 200) AS token FROM registry.certificate $mine) AS d $mine"),
        'claims signature', 'a damaged token');
    is(findings("ALTER TABLE registry.certificate DROP CONSTRAINT token_has_digest; $set token = ($others).token $mine"),
        'claims digest', 'a token without its digest');
    is(findings("$set status = 'revoked', reason = 'false_record' $mine"), 'status', 'a status without event');
    is(findings("SET session_replication_role = replica; UPDATE registry.service_record SET status = 'voided'"),
        'records', 'records voided behind the trigger');
    is(findings('SET session_replication_role = replica; DELETE FROM registry.certificate_line'),
        'hours records', 'lines removed');
};

subtest 'notification' => sub {
    my $heard = $sample->sql("SET SESSION AUTHORIZATION sample_issuer; LISTEN volunteer_certificate;"
          . " SELECT registry.revoke_certificate('$code{试乙}', 'holder_request')");
    like($heard, qr/"volunteer_certificate" with payload "@{[ sha256_hex($code{试乙}) ]}"/, 'a revocation names the hash of the code');
    unlike($heard, qr/$code{试乙}/, 'not the code, for everybody may listen');

    $heard = $sample->sql("SET SESSION AUTHORIZATION sample_issuer; LISTEN volunteer_certificate;"
          . " SELECT registry.reissue_certificate('$code{测小甲}')");
    like($heard, qr/with payload "@{[ sha256_hex($code{测小甲}) ]}"/, 'so does a new token');

    $heard = $sample->sql("LISTEN volunteer_certificate; SELECT verify.count_views('{$code{测小甲}}', '{1}')");
    unlike($heard, qr/notification/, 'a view does not');
};

subtest 'sessions that meet' => sub {
    my $issue = $sample->issue_statement('试乙');
    my $record = $sample->sql(q{SELECT min(record_id) FROM registry.service_record
        JOIN registry.volunteer USING (volunteer_id) JOIN registry.person USING (person_id)
        WHERE name = '试乙' AND effective});

    # The issuer is first: whoever voids the record waits, then suspends.
    my $issuer = session('sample_issuer');
    say_to($issuer, "BEGIN;\n$issue;\n");
    wait_for($issuer, qr/^[0-9A-Z]{27}$/m);
    my $reviewer = session('sample_reviewer');
    say_to($reviewer, "SELECT registry.void_record($record, '核查');\n\\echo voided\n");
    wait_until_blocked();
    say_to($issuer, "COMMIT;\n\\q\n");
    $issuer->{handle}->finish;
    wait_for($reviewer, qr/voided/);
    my ($code) = $issuer->{out} =~ /^([0-9A-Z]{27})$/m;
    is(value('status', $code), 'suspended', 'voided while the certificate was issued');

    # The reviewer is first: the issuer waits, then finds no record.
    $sample->sql("UPDATE registry.service_record SET status = 'effective' WHERE record_id = $record");
    say_to($reviewer, "BEGIN;\nSELECT registry.void_record($record, '再核');\n\\echo again\n");
    wait_for($reviewer, qr/again/);
    $issuer = session('sample_issuer');
    say_to($issuer, "$issue;\n\\q\n");
    wait_until_blocked();
    say_to($reviewer, "COMMIT;\n\\q\n");
    $_->{handle}->finish foreach ($reviewer, $issuer);
    like($issuer->{out}, qr/records_to_certify/, 'issued while the record was voided');
};

subtest 'numbers' => sub {
    my $script = $node->basedir . '/issue.sql';
    my @statements = map { encode_utf8($sample->issue_statement($_)) } qw(测小甲 验丙丙丁);
    my @command = (qw(pgbench -n -c 2 -t 8 -U sample_issuer -f), $script, $node->connstr('registry'));
    my $output;

    append_to_file($script, "\\if :client_id = 0\n$statements[0];\n\\else\n$statements[1];\n\\endif\n");
    ok(run(\@command, '&>', \$output), 'two issuers at once') or diag($output);
    is($sample->sql('SELECT max(last) - count(*) FROM registry.certificate, registry.certificate_number'), '0',
        'no number is left out');
    is($sample->sql("SELECT count(*) FROM registry.certificate WHERE status = 'valid'"), '2',
        'each superseded the one before');
    nothing_to_find();
};

subtest 'keys that change' => sub {
    my $old = $sample->sql('SELECT registry.register_signing_key()');
    my $before = $sample->token($code{验丙丙丁});
    my $file = $node->signing_key_file;
    my $umask = umask 0077;

    system_or_bail(qw(openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out), "$file.new");
    umask $umask;
    move("$file.new", $file) or die;
    like($sample->refusal('SET SESSION AUTHORIZATION sample_issuer; ' . $sample->issue_statement('测小甲')),
        qr/The configured signing key is not registered/, 'a key must be registered first');
    my $new = $sample->sql('SELECT registry.register_signing_key()');
    isnt($new, $old, 'another key');
    is($sample->sql('SELECT kid FROM registry.signing_key WHERE retired_at IS NULL'), $new, 'the old one is retired');
    ok(defined jose($sample->keys, $before), 'and still verifies what it signed');
    nothing_to_find();

    my $signed = $sample->sql("SELECT count(*) FROM registry.certificate WHERE kid = '$old'");
    is($sample->sql("SELECT registry.compromise_signing_key('$old')"), $signed,
        'a compromised key: all it signed is signed again');
    my $keys = $sample->keys;
    is(jose($keys, $before), undef, 'the old token verifies no more');
    ok(defined jose($keys, $sample->token($code{验丙丙丁})), 'the code leads to a new one');
    is($sample->sql("SELECT count(*) FROM registry.certificate_event WHERE token = '$before'"), '1',
        'the old token is kept');
    nothing_to_find();
};

$node->stop;
done_testing;
