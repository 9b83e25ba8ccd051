# Views of pages are counted in the registry: each once, in batches, never in a request's way.
use strict;
use warnings;

use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('views'));
my $nginx = Volunteer::Nginx->new('views', configuration('timeout=60s views=100ms'));

sub configuration
{
    my ($options, %params) = @_;
    return (database => $desk->conninfo, keys => $desk->keys, database_options => $options, %params);
}

sub codes { my ($number) = @_; return split /\n/, $desk->sql("SELECT verify.issue() FROM generate_series(1, $number)") }

# views of all certificates, of one
sub counted { return $desk->sql('SELECT coalesce(sum(views), 0) FROM verify.counted') }
sub counted_of { return $desk->sql("SELECT coalesce(sum(views), 0) FROM verify.counted WHERE code = '$_[0]'") }

sub metric { return $nginx->metrics->{"volunteer_views_$_[0]"} }

subtest 'what is a view' => sub {
    my %code = (
        (map { $_ => $desk->issue($_) } qw(valid revoked suspended superseded)),
        mismatch => $desk->issue('valid'));
    $desk->sql("UPDATE verify.row SET token = 'e30.e30.e30' WHERE code = '$code{mismatch}'");

    $nginx->get("/c/$code{$_}") foreach sort keys %code;
    $nginx->get('/c/' . lc $code{valid}) for 1 .. 3;
    $nginx->head("/c/$code{valid}");
    $nginx->get("/c/$code{valid}.$_") foreach qw(json jwt sdjwt svg png);
    $nginx->get("/c/$code{valid}", Accept => 'application/json');
    $nginx->get("/c/$_") foreach '', 'style.css', '000000000000000000000000000', '00000000000000000000000000A';
    $nginx->post('/c/', "code=$code{valid}");
    $nginx->post('/c/', "[\"$code{valid}\"]", 'Content-Type' => 'application/json');

    is(metric('total'), 7, 'a page that was verified and answered to a GET');
    $nginx->wait_until('the registry', sub { counted() == 7 });
    is(counted_of($code{valid}), 4, 'however the code was written');
    is(counted_of($code{$_}), 1, "$_: one") foreach qw(revoked suspended superseded);
    is(counted_of($code{mismatch}), 0, 'mismatch: none');
    $nginx->wait_until('the end of the call', sub { metric('sent_total') == 7 });
    is(metric('lost_total'), 0, 'none is lost');
};

subtest 'more than fit into a call' => sub {
    my $before = counted();
    my @codes = codes(450);

    $nginx->configure(configuration('timeout=60s views=1h'));
    $nginx->reload;

    my %status;
    $status{ $nginx->get("/c/$_")->{status} }++ foreach @codes;
    is_deeply(\%status, { 200 => 450 }, 'pages');
    $nginx->wait_until('two calls', sub { counted() >= $before + 400 });
    is(counted(), $before + 400, 'two hundred certificates are reason enough to sum up');
    is($desk->sql('SELECT max(calls) FROM verify.counted WHERE code = ANY (' . "'{" . join(',', @codes) . "}')"), 1,
        'each once');

    $nginx->configure(configuration('timeout=60s views=1h', workers => 2));
    $nginx->reload;
    $nginx->wait_until('the rest', sub { counted() == $before + 450 });
    pass('a worker that leaves sums up what there is');
};

subtest 'two workers' => sub {
    my $before = counted();
    my @codes = codes(3);

    $nginx->get("/c/$_") foreach (@codes) x 50;
    $nginx->wait_until('all of them', sub { metric('total') >= 7 + 450 + 150 });
    $nginx->configure(configuration('timeout=60s views=100ms', workers => 2));
    $nginx->reload;
    $nginx->wait_until('the registry', sub { counted() == $before + 150 });
    is(counted_of($_), 50, 'all counts are of both') foreach @codes;
};

subtest 'a registry that cannot count' => sub {
    my $code = $desk->issue;
    my $before = counted();
    my $lost = metric('lost_total');

    $nginx->configure(configuration('timeout=60s views=100ms'));
    $nginx->reload;
    $desk->sql('REVOKE EXECUTE ON FUNCTION verify.count_views FROM registry_verifier');
    is($nginx->get("/c/$code")->{status}, 200, 'is in no way of a request');
    $nginx->wait_until('the loss', sub { metric('lost_total') == $lost + 1 });
    like($nginx->error_log, qr/refused "volunteer_count_views": ERROR:  permission denied/, 'and is in the log');
    unlike($nginx->error_log, qr/\Q$code\E/, 'without the code');
    $desk->sql('GRANT EXECUTE ON FUNCTION verify.count_views TO registry_verifier');
    $nginx->get("/c/$code");
    $nginx->wait_until('the next one', sub { counted() == $before + 1 });
    is(metric('lost_total'), $lost + 1, 'later ones are counted');
};

subtest 'the end' => sub {
    my $code = $desk->issue;

    $nginx->configure(configuration('timeout=60s views=1h', workers => 2));
    $nginx->reload;
    my ($before, $worker) = (metric('total'), $nginx->worker);
    $nginx->get("/c/$code") for 1 .. 20;
    $nginx->wait_until('all to be counted', sub { metric('total') == $before + 20 });
    kill 'KILL', $worker;
    $nginx->wait_until('its successor', sub { $nginx->worker != $worker });
    $nginx->get("/c/$code") for 1 .. 20;
    $nginx->stop(qr/exited on signal 9/);
    is(counted_of($code), 40, 'all views of an nginx that ends gracefully are counted, also those of a worker that died before');
};

subtest 'without views=' => sub {
    my $code = $desk->issue;

    $nginx = Volunteer::Nginx->new('uncounted', configuration(''));
    $nginx->get("/c/$code");
    is(metric('total'), 0, 'nothing is counted');
    $nginx->stop;
    is(counted_of($code), 0, 'nor told');
    $nginx->configure(configuration('views=often'));
    like($nginx->refusal, qr/invalid parameter "views=often"/, 'an interval that is none');
};

done_testing();
