# Tokens that were verified are not verified again, and nothing else is believed for that.
use strict;
use warnings;

use JSON::PP;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('cache'));
my $nginx = Volunteer::Nginx->new('cache', configuration());
my $code = $desk->issue;
my $other = $desk->issue;

sub configuration
{
    my (%params) = @_;
    my $size = delete $params{size} // '1m';
    return (
        database => $desk->conninfo,
        keys => $desk->keys,
        http => "volunteer_cache zone=tokens:$size valid=off; add_header X-Cache \$volunteer_cache_status always;",
        %params);
}

sub reload { $nginx->configure(configuration(@_)); $nginx->reload; return }

# what is said of a certificate, and how it is known
sub asked
{
    my ($path) = @_;
    my $response = $nginx->get($path);
    my $verdict = $response->{content} =~ /^\{"status":"(\w+)"/ ? $1 : $response->{status};
    return join ' ', $verdict, $response->{headers}{'x-cache'} // '-';
}

is(asked("/c/$code.json"), 'valid MISS', 'the first view verifies');
is(asked("/c/$code.json"), 'valid KNOWN', 'the second need not');
is(asked("/c/$code.jwt"), '200 KNOWN', 'whatever the format');

my $page = $nginx->get("/c/$code");
is($page->{headers}{'x-cache'}, 'KNOWN', 'a page');
like($page->{content}, qr/326\.50/, 'with the claims of the token');

reload();
is(asked("/c/$code.json"), 'valid KNOWN', 'known to the workers after a reload');

$desk->sql("UPDATE verify.row SET status = 'revoked' WHERE code = '$code'");
is(asked("/c/$code.json"), 'revoked KNOWN', 'the status is that of the row');
$desk->sql("UPDATE verify.row SET status = 'valid' WHERE code = '$code'");

is(asked("/c/$other.json"), 'valid MISS', 'another certificate');
$desk->sql("UPDATE verify.row SET token = (SELECT token FROM verify.row WHERE code = '$other') WHERE code = '$code'");
is(asked("/c/$code.json"), 'mismatch MISS', 'a token known for another code');
is(asked("/c/$code.json"), 'mismatch MISS', 'what was refused is not remembered');

# 64 bytes leave four spare bits in the last character, which are zero in A, Q, g and w alone
foreach my $last (qw(B R h x))
{
    $desk->sql("UPDATE verify.row SET token = left(token, -1) || '$last' WHERE code = '$other'");
    is(asked("/c/$other.json"), 'mismatch MISS', "a known token that now ends in $last");
}

my $third = $desk->issue;
is(asked("/c/$third.json"), 'valid MISS', 'a third certificate');
reload(origin => 'https://zyz.examp1e.gov.cn');
is(asked("/c/$third.json"), 'mismatch MISS', 'a token known for another origin');

my $ours = decode_json($desk->sql('SELECT volunteer.signing_public_key()'));
my (undef, $foreign) = $desk->other_key;
reload(keys => $desk->write_keys('swapped.json', encode_json({ %{ decode_json($foreign) }, kid => $ours->{kid} })));
is(asked("/c/$third.json"), 'mismatch MISS', 'a token known for another key of this identifier');

reload();
is(asked("/c/$third.json"), 'valid KNOWN', 'and known again as it was');

$nginx->configure(configuration(http => ''));
$nginx->reload;
is(asked("/c/$third.json"), 'valid -', 'without a zone');

foreach my $valid (qw(off 1ms))
{
    subtest "tokens are sent once, valid=$valid" => sub {
        my @same = map { $desk->issue } 1 .. 3;
        my $renewed = $desk->issue;
        my $unknown = $valid eq 'off' ? '-' : 'MISS';
        my $token = sub { return $desk->sql("SELECT token FROM verify.row WHERE code = '$_[0]'") };

        $nginx->configure(configuration(http => "volunteer_cache zone=sent_$valid:1m valid=$valid;"
                  . ' add_header X-Cache $volunteer_cache_status always;'));
        $nginx->reload;
        is(asked("/c/$_.json"), 'valid MISS', 'the first view verifies') foreach @same, $renewed;

        $desk->sql("UPDATE verify.row SET token = volunteer.sign_certificate(verify.claims(code)) WHERE code = '$renewed'");
        $desk->sql('REVOKE EXECUTE ON FUNCTION verify.certificates(text[]) FROM registry_verifier');
        is(asked("/c/$_.json"), 'valid KNOWN', 'what was verified is not asked for') foreach @same;
        is($nginx->get("/c/$same[0].jwt")->{content}, $token->($same[0]), 'and answered with');
        like($nginx->get("/c/$_")->{content}, qr/class="verdict valid".*326\.50/s, 'on pages too') foreach @same;

        my $read = sub { return $nginx->get("/c/$same[0]")->{content} =~ m{<time>([\d: -]{19})</time>} ? $1 : 'none' };
        my $clock = sub { return $desk->sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS')") };
        my $first = $read->();
        my $now = $clock->();
        like($first, qr/^\d/, 'a page says when its row was read');
        $now = $clock->() while $first =~ /^\d/ && $now le $first;
        cmp_ok($read->(), 'ge', $now, 'a page that was kept has the time of the row');
        is(asked("/c/$renewed.json"), "503 $unknown", 'another token is');

        $desk->sql('GRANT EXECUTE ON FUNCTION verify.certificates(text[]) TO registry_verifier');
        is(asked("/c/$renewed.json"), 'valid MISS', 'and verified');
        is($nginx->get("/c/$renewed.jwt")->{content}, $token->($renewed), 'and answered with from now on');
        is(asked("/c/$renewed.json"), 'valid KNOWN', 'as a known one');

        $desk->sql("UPDATE verify.row SET status = 'revoked', reason = 'holder_request' WHERE code = '$same[1]'");
        $desk->sql("DELETE FROM verify.row WHERE code = '$same[2]'");
        is(asked("/c/$same[1].json"), 'revoked KNOWN', 'the status is never a known one');
        like($nginx->get("/c/$same[1]")->{content}, qr/class="verdict revoked"/, 'nor is a page that was kept before');
        is(asked("/c/$same[2].json"), "404 $unknown", 'nor is that there is such a code');

        # Each part of the row, changed alone, is another page than the one that was kept.
        my $shown = sub { return $nginx->get("/c/$renewed", 'Accept-Language' => 'en')->{content} };
        my $changed = sub {
            $desk->sql("UPDATE verify.row SET $_[0] WHERE code = '$renewed'");
            asked("/c/$renewed.json");
            return $shown->();
        };

        like($shown->(), qr/class="verdict valid".*326\.50/s, 'a page') for 1 .. 2;
        like($changed->("status = 'revoked'"), qr/class="verdict revoked"/, 'is that of its status');
        like($changed->("reason = 'issued_in_error'"), qr/Issued in error/, 'of its reason');
        like($changed->("status_since = '2026-01-02 03:04:05+08'"), qr/2026-01-02 03:04:05/, 'of when it changed');
        like($changed->("token = volunteer.sign_certificate(replace(verify.claims(code)::text, '326.50', '1.25')::json)"),
            qr/\b1\.25\b/, 'and of its token');
    };
}

subtest 'when the row was read, outside of the page' => sub {
    my $log = "$nginx->{dir}/read.log";
    my @codes = map { $desk->issue } 1 .. 2;

    $nginx->configure(configuration(
        http => q{volunteer_cache zone=read:1m valid=off; log_format read 'read $volunteer_checked_at';}
          . ' add_header X-Read $volunteer_checked_at always;',
        server => "access_log $log read;"));
    $nginx->reload;

    my @read;
    foreach my $page (map { $nginx->get("/c/$_") } @codes, @codes)
    {
        push @read, $page->{content} =~ m{<time>([\d: -]{19})</time>};
        is($page->{headers}{'x-read'}, $read[-1], 'a header says what the page says');
    }
    is(@read, 4, 'both when they are made and later');
    $nginx->wait_until('log lines', sub { -e $log && 4 == (() = PostgreSQL::Test::Utils::slurp_file($log) =~ /\n/g) });
    is(PostgreSQL::Test::Utils::slurp_file($log), join('', map { "read $_\n" } @read), 'and so does the log');
};

subtest 'a zone that is too small for all' => sub {
    my @codes = split /\n/, $desk->sql('SELECT verify.issue() FROM generate_series(1, 2000)');
    my %answers;

    $nginx->configure(configuration(size => '32k', http => 'volunteer_cache zone=few:32k valid=off;'
              . ' add_header X-Cache $volunteer_cache_status always;'));
    $nginx->reload;
    $answers{ asked("/c/$_.json") }++ foreach @codes;
    is_deeply(\%answers, { 'valid MISS' => 2000 }, 'a first view of each');

    %answers = ();
    $answers{ asked("/c/$_.json") }++ foreach reverse @codes;
    is_deeply([ sort keys %answers ], [ 'valid KNOWN', 'valid MISS' ], 'the last ones are known, the first forgotten');
    cmp_ok($answers{'valid KNOWN'}, '<=', 32 * 1024 / 32, 'as many as fit');
};

foreach my $case (
    [ 'no zone', 'volunteer_cache valid=1s;', qr/"volunteer_cache" directive must have the "zone" parameter/ ],
    [ 'no parameter', 'volunteer_cache tokens;', qr/invalid parameter "tokens"/ ],
    [ 'no name', 'volunteer_cache zone=:1m;', qr/invalid parameter "zone=:1m"/ ],
    [ 'no size', 'volunteer_cache zone=tokens;', qr/invalid parameter "zone=tokens"/ ],
    [ 'no number', 'volunteer_cache zone=tokens:much;', qr/invalid parameter "zone=tokens:much"/ ],
    [ 'too small', 'volunteer_cache zone=tokens:16k;', qr/zone "tokens" is too small/ ],
    [ 'no time', 'volunteer_cache zone=a:1m valid=soon;', qr/invalid parameter "valid=soon"/ ],
    [ 'no switch', 'volunteer_cache zone=a:1m listen=maybe;', qr/invalid parameter "listen=maybe"/ ],
    [ 'no time to live', 'volunteer_cache zone=a:1m listen=on listen_valid=0;', qr/invalid parameter "listen_valid=0"/ ],
    [ 'nothing to listen for', 'volunteer_cache zone=a:1m valid=off listen=on;',
        qr/"volunteer_cache" directive cannot have "listen=on" without "valid"/ ],
    [ 'two', 'volunteer_cache zone=a:1m; volunteer_cache zone=b:1m;', qr/"volunteer_cache" directive is duplicate/ ],
    [ 'two sizes', 'volunteer_cache zone=a:1m; server { listen 127.0.0.1:1; volunteer_cache zone=a:2m; }',
        qr/the size 2097152 of shared memory zone "a" conflicts/ ],
    [ 'of another module', 'limit_req_zone $uri zone=a:1m rate=1r/s; volunteer_cache zone=a:1m;',
        qr/the shared memory zone "a" is already declared for a different use/ ],
  )
{
    my ($name, $lines, $message) = @$case;

    $nginx->configure(configuration(http => $lines));
    like($nginx->refusal, $message, "refused: $name");
}

$nginx->configure(configuration());
$nginx->stop;
done_testing();
