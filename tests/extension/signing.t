# The key files: who may use them, what state they must be in, and what others
# make of the signatures.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use IPC::Run;
use MIME::Base64 qw(decode_base64url);
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('signing');
my $dir  = $node->basedir . '/keys';
my $key  = $node->signing_key_file;

$node->safe_psql('postgres', 'CREATE EXTENSION volunteer; CREATE ROLE somebody LOGIN');
$node->safe_psql('postgres', 'GRANT USAGE ON SCHEMA volunteer TO somebody');

sub run_ok
{
    my ($name, @command) = @_;
    my $output;

    ok(IPC::Run::run(\@command, '<', File::Spec->devnull, '>&', \$output), $name) or diag($output);
    return;
}

sub refused
{
    my ($name, $sql, $message, %options) = @_;
    my ($status, undef, $stderr) = $node->psql('postgres', $sql, %options);

    is($status, 3, $name);
    like($stderr, $message, "$name: says why");
    unlike($stderr, qr/\Q$dir\E/, "$name: keeps the path to itself");
    return;
}

sub write_file
{
    my ($file, $content, $mode) = @_;

    unlink $file;
    open my $handle, '>:raw', $file or BAIL_OUT("$file: $!");
    print $handle $content;
    close $handle;
    chmod $mode, $file;
    return;
}

my $sign = q(SELECT volunteer.sign_certificate('{"hours":"326.50"}'));

# Verified by OpenSSL, from the JWS alone: its signature as DER, its input.
{
    my $token = $node->safe_psql('postgres', $sign);
    my ($header, $payload, $signature) = split /\./, $token;
    my @numbers = map { s/^\0+(?=.)//sr } unpack 'a32 a32', decode_base64url($signature);
    my $der = join '', map { my $n = ord > 127 ? "\0$_" : $_; "\x02" . chr(length $n) . $n } @numbers;

    write_file("$dir/input",     "$header.$payload",               0600);
    write_file("$dir/signature", "\x30" . chr(length $der) . $der, 0600);
    run_ok('openssl extracts the public key', 'openssl', 'pkey', '-in', $key, '-pubout', '-out', "$dir/public.pem");
    run_ok('openssl verifies the signature', 'openssl', 'dgst', '-sha256', '-verify', "$dir/public.pem",
        '-signature', "$dir/signature", "$dir/input");

    my $jwk = $node->safe_psql('postgres', 'SELECT volunteer.signing_public_key()');
    my $script = <<'PYTHON';
import sys
from jwcrypto import jwk, jws
key = jwk.JWK.from_json(sys.argv[1])
token = jws.JWS()
token.allowed_algs = ['ES256']
token.deserialize(sys.argv[2], key)
assert token.payload == b'{"hours":"326.50"}'
assert token.jose_header == {'alg': 'ES256', 'typ': 'dc+sd-jwt', 'kid': key.thumbprint()}
assert not key.has_private
PYTHON
    run_ok('jwcrypto verifies the token and computes the same kid',
        '/usr/bin/python3', '-c', $script, $jwk, $token);

    my $digest = $node->safe_psql('postgres', q(SELECT encode(volunteer.identity_digest('passport', 'e 1234-5678'), 'hex')));
    my ($hex) = slurp_file($node->identity_key_file) =~ /^([[:xdigit:]]{64})$/m;
    write_file("$dir/message", "passport\0E12345678", 0600);
    my ($mac) = run_command([ 'openssl', 'dgst', '-sha256', '-mac', 'HMAC', '-macopt', "hexkey:$hex", '-r', "$dir/message" ]);
    is($digest, substr($mac, 0, 64), 'openssl computes the same digest');
}

# Who may.
my $digest = q(SELECT volunteer.identity_digest('passport', 'E12345678'));
my $seal   = q(SELECT volunteer.seal_identity('E12345678', 'passport'));
my $load   = 'SELECT volunteer.signing_public_key()';
my @somebody = (extra_params => [ '-U', 'somebody' ]);

refused("an ordinary role: $_", $_, qr/permission denied for function/, @somebody) foreach $sign, $digest, $seal;
foreach my $setting (qw(volunteer.signing_key_file volunteer.identity_key_file volunteer.sealing_key_file))
{
    refused("an ordinary role sets $setting", "$load; SET $setting = '/dev/null'",
        qr/permission denied to set parameter/, @somebody);
    refused("an ordinary role reads $setting", "$load; SHOW $setting",
        qr/must be superuser|permission denied/, @somebody);
}
{
    my (undef, $stdout, $stderr) = $node->psql('postgres', "SET volunteer.signing_key_file = '/dev/null'; $load", @somebody);

    is($stdout, $node->safe_psql('postgres', $load), 'a setting made before the library was loaded does not count');
    like($stderr, qr/permission denied to set parameter/, 'and is warned of');
}
refused('a setting that does not exist', "$load; SET volunteer.key = '1'", qr/invalid configuration parameter name/);

# What state the files must be in.
my $pem = slurp_file($key);
my $hex = slurp_file($node->identity_key_file);
my $keys = slurp_file($node->sealing_key_file);

foreach my $case (
    [ 'signing key file', $key, $pem, $sign ],
    [ 'identity key file', $node->identity_key_file, $hex, $digest ],
    [ 'sealing key file', $node->sealing_key_file, $keys, $seal ])
{
    my ($what, $file, $content, $sql) = @$case;

    foreach my $mode (0640, 0604, 0620, 0610, 0644)
    {
        chmod $mode, $file;
        refused(sprintf('%s of mode %04o', $what, $mode), $sql, qr/has group or world access/);
    }
    write_file($file, $content, 0400);
    is($node->psql('postgres', $sql), 0, "$what of mode 0400 will do");

    write_file($file, '', 0600);
    refused("$what is empty", $sql, qr/does not hold/);
    write_file($file, "\0" x 100, 0600);
    refused("$what holds zeros", $sql, qr/does not hold/);
    write_file($file, $content x 1000, 0600);
    refused("$what is huge", $sql, qr/too large to be a key/);
    unlink $file;
    refused("$what is missing", $sql, qr/could not open file .* No such file or directory/);
    mkdir $file, 0700;
    refused("$what is a directory", $sql, qr/is not a regular file/);
    rmdir $file;
    IPC::Run::run([ 'mkfifo', '-m', '0600', $file ]) or BAIL_OUT('mkfifo');
    refused("$what is a pipe", $sql, qr/is not a regular file/);
    write_file($file, $content, 0600);
    is($node->psql('postgres', $sql), 0, "$what is back");
}

write_file($node->identity_key_file, $_->[0], 0600), refused("identity key $_->[1]", $digest, qr/does not hold a key of 64/)
  foreach [ substr($hex, 1), 'too short' ], [ "0$hex", 'too long' ], [ $hex =~ s/^./g/r, 'no number' ], [ " $hex", 'indented' ];
write_file($node->identity_key_file, $hex, 0600);

my $line = $keys =~ s/^1 //r;
my $secret = $line =~ s/\n//r;
write_file($node->sealing_key_file, $_->[0], 0600), refused("sealing keys $_->[1]", $seal, qr/does not hold numbered keys of 64/)
  foreach [ $line, 'without a number' ], [ "0 $line", 'numbered from 0' ], [ "01 $line", 'numbered 01' ],
  [ "65536 $line", 'with a number too high' ], [ "2 ${line}1 $line", 'in the wrong order' ], [ "1 ${line}1 $line", 'of one number' ],
  [ "1 0$line", 'too long' ], [ "1  $line", 'with two blanks' ], [ "$keys\n", 'and an empty line' ],
  [ join('', map { "$_ $line" } 1 .. 65), 'of too many numbers' ];
write_file($node->sealing_key_file, $keys, 0600);

# Keys change: the last one seals, the others still open.
{
    my $session = $node->background_psql('postgres', on_error_stop => 0);
    my $open = "SELECT volunteer.sealed_with(s), volunteer.open_identity(s, 'passport') FROM sealed ORDER BY 1";
    my ($new) = run_command([ 'openssl', 'rand', '-hex', '32' ]);

    $session->query_safe("CREATE TABLE sealed AS $seal AS s");
    append_to_file($node->sealing_key_file, "1799 $new\r\n");
    $session->query_safe("INSERT INTO sealed $seal");
    is($session->query_safe($open), "1|E12345678\n1799|E12345678", 'the new key seals, the old one opens');
    is($session->query_safe('SELECT volunteer.sealing_key()'), '1799', 'and is the one in use');
    write_file($node->sealing_key_file, "1799 $new", 0600);
    $session->query($open);
    like($session->{stderr}, qr/does not hold key 1$/m, 'what an old key sealed does not open without it');
    $session->{stderr} = '';
    write_file($node->sealing_key_file, "1 ${line}1799 $line", 0600);
    $session->query($open);
    like($session->{stderr}, qr/altered, or is of another context or key/, 'nor with another of its number');
    $session->{stderr} = '';
    write_file($node->sealing_key_file, $keys, 0600);
    $session->quit;

    # OpenSSL's command has no AES-GCM, so Python opens it.
    my $sealed = $node->safe_psql('postgres', "$seal");
    my $script = <<'PYTHON';
import sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
sealed = bytes.fromhex(sys.argv[2][2:])
assert sealed[:3] == b'\x01\x00\x01'
assert AESGCM(bytes.fromhex(sys.argv[1])).decrypt(sealed[3:15], sealed[15:], sealed[:3] + b'passport') == b'E12345678'
PYTHON
    run_ok('cryptography opens what was sealed', '/usr/bin/python3', '-c', $script, $secret, $sealed);
}

foreach my $case (
    [ 'on another curve', [ qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-384) ] ],
    [ 'of another algorithm', [ qw(-algorithm ED25519) ] ],
    [ 'with a passphrase', [ qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc -pass pass:x) ] ])
{
    my ($what, $options) = @$case;

    unlink $key;
    run_ok("openssl makes a key $what", 'openssl', 'genpkey', @$options, '-out', $key);
    chmod 0600, $key;
    refused("a key $what", $sign, qr/does not hold an unencrypted P-256 private key/);
}
write_file($key, slurp_file("$dir/public.pem"), 0600);
refused('a public key', $sign, qr/does not hold an unencrypted P-256 private key/);
write_file($key, $pem, 0600);

$node->safe_psql('postgres', q(ALTER DATABASE postgres SET volunteer.signing_key_file = ''));
refused('no file at all', $sign, qr/"volunteer.signing_key_file" is not set/);
$node->safe_psql('postgres', 'ALTER DATABASE postgres RESET volunteer.signing_key_file');

# The library is loaded by the first thing that needs it, here by the output function behind a Gather.
{
    my ($status, $stdout, $stderr) = $node->psql('postgres', <<'SQL');
CREATE TABLE visit AS SELECT n::text::volunteer.service_hours AS hours FROM generate_series(1, 10000) AS n;
\c
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT hours FROM visit ORDER BY hours LIMIT 1;
SELECT volunteer.signing_public_key() IS NOT NULL;
SQL

    is($stdout, "1:00\nt", 'a session that loads the library in a parallel query signs');
    is($stderr, '', 'and is not warned of its settings');
}

# Replaced while a session lives.
my $session = $node->background_psql('postgres', on_error_stop => 0);
my $kid = q(SELECT volunteer.signing_public_key() ->> 'kid');
my $old = $session->query_safe($kid);

is($session->query_safe($kid), $old, 'one file, one key');
run_ok('openssl makes a new key', 'openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt',
    'ec_paramgen_curve:P-256', '-out', "$dir/new.pem");
chmod 0600, "$dir/new.pem";
rename "$dir/new.pem", $key;
my $new = $session->query_safe($kid);
isnt($new, $old, 'a session sees that the file was replaced');
is($session->query_safe("SELECT volunteer.verify_certificate(($sign), volunteer.signing_public_key())"), 't',
    'and signs with the new key');
chmod 0644, $key;
$session->query($kid);
like($session->{stderr}, qr/has group or world access/, 'a session sees that the file was opened to others');
chmod 0600, $key;
$session->{stderr} = '';
is($session->query_safe($kid), $new, 'and that it was closed again');
$session->quit;

unlike(slurp_file($node->logfile), qr/PRIVATE KEY|$hex|$secret/, 'no key in the log');

$node->stop;
done_testing;
