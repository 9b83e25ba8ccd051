# Rows and the answers made of them are served from memory as long as they are fresh, and never longer.
use strict;
use warnings;

use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $node = Volunteer::Cluster->new('cache');
my $desk = Volunteer::Desk->new($node);
my $nginx = Volunteer::Nginx->new('cache', configuration());
my $code = $desk->issue;

sub configuration
{
    my (%params) = @_;
    my $cache = delete $params{cache} // 'zone=desk:1m valid=1h';
    return (
        database => $desk->conninfo,
        keys => $desk->keys,
        http => ($cache ? "volunteer_cache $cache;" : '') . ' add_header X-Cache $volunteer_cache_status always;',
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

sub revoke { $desk->sql("UPDATE verify.row SET status = 'revoked', reason = 'issued_in_error' WHERE code = '$_[0]'"); return }

$desk->count_lookups;

subtest 'each format from memory, byte for byte' => sub {
    my @views = (
        [ "/c/$code.json" ],
        [ "/c/$code", Accept => 'text/html' ],
        [ "/c/$code", Accept => 'text/html', 'Accept-Language' => 'en' ],
        [ "/c/$code.svg" ],
        [ "/c/$code.png" ],
        [ "/c/$code.png?scale=3" ],
        [ "/c/$code.jwt" ],
        [ "/c/$code.sdjwt" ]);
    my (@first, @second);
    my $answer = sub {
        my $response = $nginx->get(@{ $_[0] });
        my %headers = map { $_ => $response->{headers}{$_} } grep { !/^(?:date|x-cache)$/ } keys %{ $response->{headers} };
        return { status => $response->{status}, headers => \%headers, content => $response->{content} };
    };

    push @first, $answer->($_) foreach @views;
    is($desk->lookups, 1, 'one lookup for all of them');
    foreach my $view (@views)
    {
        push @second, $answer->($view);
        is($nginx->get(@$view)->{headers}{'x-cache'}, 'HIT', "@$view: from memory");
        is($nginx->head(@$view)->{headers}{'content-length'}, length $second[-1]{content}, "@$view: HEAD");
    }
    is_deeply(\@second, \@first, 'the same again');
    is(asked('/c/' . lc($code) . '.json'), 'valid HIT', 'however the code is written');
    is(asked('/c/' . join('-', $code =~ /.{1,5}/g) . '.json'), 'valid HIT', 'or grouped');
    is(asked('/c/' . ($code =~ s/.\z/\*/r) . '.json'), '404 -', 'but not what is no code');
    is($desk->lookups, 0, 'without the database');
    isnt($first[1]{content}, $first[2]{content}, 'a page for each language');
    isnt($first[4]{content}, $first[5]{content}, 'an image for each scale');

    reload(cache => 'zone=desk:1m valid=off');
    my @uncached = map { $answer->($_) } @views;
    $desk->lookups;
    reload();

    my $checked = qr/"checked_at":"[^"]+"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;
    $_->{content} =~ s/$checked/CHECKED/g foreach @first, @uncached;
    is_deeply(\@first, \@uncached, 'as an answer that was not kept, but for when it was checked');
};

subtest 'a reload' => sub {
    is(asked("/c/$code.json"), 'valid HIT', 'keeps what was known');
    is($desk->lookups, 0, 'without the database');

    reload(origin => 'https://zyz.examp1e.gov.cn');
    is(asked("/c/$code.json"), 'mismatch MISS', 'but nothing for another origin');
    is(asked("/c/$code.json"), 'mismatch HIT', 'a row that is not what was signed is judged each time');
    reload();
    is(asked("/c/$code.json"), 'valid HIT', 'known again as it was');
    $desk->lookups;
};

subtest 'an answer tells when it was read' => sub {
    my $view = sub { ($nginx->get("/c/$code.json")->{content} =~ /"checked_at":"([^"]+)"/)[0] };
    my $checked = $view->();
    my $of_row = $desk->sql("SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+08:00\"')");

    cmp_ok($checked, 'lt', $of_row, 'earlier than now');
    is($view->(), $checked, 'and the same for the next reader');
};

subtest 'expiry' => sub {
    my $revoked = $desk->issue;

    is(asked("/c/$revoked.json"), 'valid MISS', 'asked for');
    revoke($revoked);
    is(asked("/c/$revoked.json"), 'valid HIT', 'served as long as "valid" says');
    is(asked("/c/$revoked.jwt"), '200 HIT', 'in any format');

    reload(cache => 'zone=desk:1m valid=100ms');
    $nginx->wait_until('the revocation', sub { asked("/c/$revoked.json") =~ /^revoked/ });
    is(asked("/c/$revoked.jwt") =~ s/ .*//r, '410', 'and no longer');

    my $image = $nginx->get("/c/$code.svg")->{content};
    $desk->lookups;
    $nginx->wait_until('a second lookup', sub { is($nginx->get("/c/$code.svg")->{content}, $image, 'the same image'); $desk->lookups });
};

subtest 'valid=off' => sub {
    my $revoked = $desk->issue;

    reload(cache => 'zone=desk:1m valid=off');
    $desk->lookups;
    is(asked("/c/$revoked.json"), 'valid MISS', 'each request');
    revoke($revoked);
    is(asked("/c/$revoked.json"), 'revoked KNOWN', 'asks the database');
    is($desk->lookups, 2, 'indeed');
};

subtest 'unknown codes' => sub {
    my $unknown = $desk->sql('SELECT volunteer.gen_certificate_code()');

    reload();
    $desk->lookups;
    is(asked("/c/$unknown.json"), '404 MISS', 'one is asked for');
    is(asked("/c/$unknown.json"), '404 NEGATIVE', 'once');
    is(asked("/c/$unknown"), '404 NEGATIVE', 'in any format');
    is($desk->lookups, 1, 'indeed');

    asked("/c/$code.json");
    foreach my $made_up (split /\n/, $desk->sql('SELECT volunteer.gen_certificate_code() FROM generate_series(1, 5000)'))
    {
        die 'not unknown' if asked("/c/$made_up.json") ne '404 MISS';
    }
    is(asked("/c/$unknown.json"), '404 MISS', 'many displace one another');
    is(asked("/c/$code.json"), 'valid HIT', 'but no certificate');

    reload(cache => 'zone=desk:1m valid=100ms');
    $desk->sql("INSERT INTO verify.row (code, token) SELECT '$unknown', volunteer.sign_certificate(verify.claims('$unknown'))");
    $nginx->wait_until('a code that was unknown', sub { asked("/c/$unknown.json") =~ /^valid/ });
    pass('a certificate is seen when its code was unknown a moment ago');
};

subtest 'a zone that is too small for all' => sub {
    my @codes = split /\n/, $desk->sql('SELECT verify.issue() FROM generate_series(1, 100)');
    my %answers;

    reload(cache => 'zone=small:32k valid=1h');
    foreach my $round (1 .. 3)
    {
        $answers{ asked("/c/$_.json") =~ s/ .*//r }++ foreach @codes;
        $answers{ asked("/c/$_.png?scale=16") =~ s/ .*//r }++ foreach @codes;
    }
    is_deeply(\%answers, { valid => 300, 200 => 300 }, 'every answer is right');
    is(asked("/c/$codes[-1].png?scale=16"), '200 HIT', 'the last one is known');
    unlike(asked("/c/$codes[0].json"), qr/HIT/, 'the first is not');
    is_deeply([ map { asked("/c/$_.json"); asked("/c/$codes[0].json") } @codes[ 1 .. 20 ] ], [ ('valid HIT') x 20 ],
        'unless it is asked for between all others');
};

subtest 'pages that show something of the request' => sub {
    my $pages = PostgreSQL::Test::Utils::tempdir('pages');
    my $view = sub { return $nginx->get("/c/$code", Accept => 'text/html') };

    PostgreSQL::Test::Utils::system_or_bail('cp', '-r', "$ENV{VOLUNTEER_PAGES}/.", $pages);
    PostgreSQL::Test::Utils::append_to_file("$pages/zh/line.html", '<!-- $request_id -->');
    reload(pages => $pages);
    $view->();
    my ($first, $second) = ($view->(), $view->());
    is($second->{headers}{'x-cache'}, 'HIT', 'the row is known');
    isnt($second->{content}, $first->{content}, 'but each request has its page');
};

subtest 'the database away' => sub {
    reload();
    asked("/c/$code.json");
    $node->stop('fast');
    is(asked("/c/$code.json"), 'valid HIT', 'what is fresh is served');

    reload(cache => 'zone=desk:1m valid=100ms', database_options => 'patience=200ms');
    $nginx->wait_until('the end of it', sub { asked("/c/$code.json") =~ /^503/ });
    is(asked("/c/$code$_") =~ s/ .*//r, '503', "then none, $_") foreach '', '.json', '.svg', '.png', '.jwt';
    $node->start;
    $nginx->wait_until('the database', sub { asked("/c/$code.json") =~ /^valid/ });
};

$nginx->configure(configuration());
$nginx->stop;
done_testing();
