# What the desk says of itself to Prometheus: every worker's part, over reloads and crashes.
use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $node = Volunteer::Cluster->new('metrics');
my $desk = Volunteer::Desk->new($node);
my $nginx = Volunteer::Nginx->new('metrics', configuration());
my %code = map { $_ => $desk->issue($_) } qw(valid revoked);

sub configuration { return (database => $desk->conninfo, keys => $desk->keys, @_) }

sub answers
{
    my ($verdict, $format) = @_;
    return $nginx->metrics->{qq(volunteer_answers_total{verdict="$verdict",format="$format"})};
}

subtest 'the document' => sub {
    my $response = $nginx->get('/metrics');
    is($response->{status}, 200, 'is there');
    is($response->{headers}{'content-type'}, 'text/plain; version=0.0.4', 'in the text format');
    is($response->{headers}{'cache-control'}, 'no-store', 'new each time');

    my %seen;
    foreach my $line (split /\n/, $response->{content})
    {
        $seen{help}{$1}++, next if $line =~ /^# HELP (\w+) .+\.$/;
        $seen{type}{$1} = $2, next if $line =~ /^# TYPE (\w+) (counter|gauge|histogram)$/;
        $seen{series}{$1}++, next if $line =~ /^(\w+(?:\{[^}]+\})?) [0-9.]+$/;
        $seen{other}{$line}++;
    }
    is_deeply($seen{other}, undef, 'of such lines alone');
    is_deeply([ grep { $_ != 1 } values %{ $seen{help} }, values %{ $seen{series} } ], [], 'each of them once');
    is_deeply([ sort keys %{ $seen{help} } ], [ sort keys %{ $seen{type} } ], 'every metric has a type and help');
    foreach my $series (keys %{ $seen{series} })
    {
        my ($name) = $series =~ /^(\w+)/;
        my $metric = exists $seen{type}{$name} ? $name : $name =~ s/_(?:bucket|sum|count)$//r;
        $seen{other}{$series}++ unless exists $seen{type}{$metric};
        $seen{other}{$series}++ if ($seen{type}{$metric} eq 'counter') != ($name =~ /_total$/);
    }
    is_deeply($seen{other}, undef, 'which is of its name');

    is($nginx->head('/metrics')->{status}, 200, 'HEAD');
    is($nginx->post('/metrics', '')->{status}, 405, 'no other method');
};

subtest 'answers' => sub {
    my %before = %{ $nginx->metrics };
    $nginx->get("/c/$code{valid}");
    $nginx->get("/c/$code{valid}.json") for 1 .. 3;
    $nginx->head("/c/$code{revoked}.json");
    $nginx->get("/c/$code{revoked}.jwt");
    $nginx->get("/c/$code{valid}.$_") foreach qw(jwt sdjwt svg png);
    $nginx->get('/c/00000000000000000000000000A');
    $nginx->get('/c/000000000000000000000000000.json');
    $nginx->get('/c/');
    $nginx->post("/c/$code{valid}", '');
    $nginx->get("/c/$code{valid}.png?scale=100");
    $nginx->get('/s/');
    $nginx->get('/s/9');
    $nginx->post('/s/1', '');
    $nginx->get('/elsewhere');

    my $after = $nginx->metrics;
    my %new = map { $_ => $after->{$_} - $before{$_} }
        grep { /^volunteer_answers_total/ && $after->{$_} != $before{$_} } keys %$after;
    my %expected = (
        'valid html' => 1, 'valid json' => 3, 'revoked json' => 1, 'revoked jwt' => 1, 'valid jwt' => 1,
        'valid sdjwt' => 1, 'valid svg' => 1, 'valid png' => 1, 'malformed html' => 1, 'unknown json' => 1,
        'form html' => 1, 'refused html' => 1, 'refused png' => 1, 'served statuslist' => 1, 'unknown statuslist' => 1,
        'refused statuslist' => 1);
    is_deeply(\%new,
        { map { /(\w+) (\w+)/; (qq(volunteer_answers_total{verdict="$1",format="$2"}) => $expected{$_}) } keys %expected },
        'are counted by verdict and format, and nothing else is');

    $desk->block;
    my $left = answers('left', 'json');
    my $socket = $nginx->ask("/c/$code{valid}.json");
    $nginx->wait_until('a lookup that waits', sub { $desk->waiting == 1 });
    close $socket;
    $nginx->wait_until('the end of the request', sub { answers('left', 'json') == $left + 1 });
    pass('who left is counted apart');
    $desk->release;
};

subtest 'how long lookups took' => sub {
    my $before = $nginx->metrics;
    my $began = time;
    $nginx->get("/c/$code{valid}.json") for 1 .. 3;
    my $waited = time - $began;
    my $after = $nginx->metrics;
    my ($count, $sum, $all) =
        map { $after->{"volunteer_lookup_duration_seconds_$_"} - $before->{"volunteer_lookup_duration_seconds_$_"} }
        'count', 'sum', 'bucket{le="+Inf"}';

    is($count, 3, 'each is counted');
    is($all, 3, 'in a bucket');
    cmp_ok($sum, '>', 0, 'it took some time');
    cmp_ok($sum, '<', $waited, 'less than who asked has waited');
};

subtest 'tokens' => sub {
    my $judged = sub {
        my $metrics = $nginx->metrics;
        return { map { $_ => $metrics->{qq(volunteer_tokens_total{result="$_"})} } qw(known verified refused) };
    };
    my $since = sub {
        my ($before, $after) = ($_[0], $judged->());
        return { map { $_ => $after->{$_} - $before->{$_} } keys %$after };
    };
    my $fresh = $desk->issue;
    my $before = $judged->();

    $nginx->get("/c/$fresh$_") foreach '', '.json', '.jwt';
    is_deeply($since->($before), { known => 0, verified => 3, refused => 0 }, 'without a zone each is verified, once');

    $nginx->configure(configuration(http => 'volunteer_cache zone=counted:1m valid=off;'));
    $nginx->reload;
    $before = $judged->();
    $nginx->get("/c/$fresh.json") for 1 .. 3;
    $nginx->post('/c/', "[\"$fresh\"]", 'Content-Type' => 'application/json');
    is_deeply($since->($before), { known => 3, verified => 1, refused => 0 }, 'with one it is known from then on');

    $nginx->configure(configuration());
    $nginx->reload;
};

subtest 'the zone' => sub {
    my $since = sub {
        my ($before, $metrics) = ($_[0] // {}, $nginx->metrics);
        return { map { $_ => $metrics->{$_} - ($before->{$_} // 0) }
                grep { $metrics->{$_} != ($before->{$_} // 0) } grep { /^volunteer_(?:cache|lookups_(?:total|coalesced))/ } keys %$metrics };
    };
    my $new = sub {
        my ($path) = @_;
        my $before = $nginx->metrics;
        $nginx->get($path);
        return join ' ', map { /_(\w+?)_total(?:\{result="(\w+)"\})?/ ? "$1 $2" : $_ } sort keys %{ $since->($before) };
    };
    my ($asked, $unknown) = ($desk->issue, $desk->sql('SELECT volunteer.gen_certificate_code()'));

    $nginx->configure(configuration(http => 'volunteer_cache zone=asked:1m valid=1h;'));
    $nginx->reload;
    is($new->("/c/$asked.json"), 'cache_rows miss lookups found', 'what it does not know is asked of the database');
    is($new->("/c/$asked.json"), 'cache_bodies hit', 'an answer that it has');
    is($new->("/c/$asked.svg"), 'cache_bodies miss cache_rows hit', 'a row, of which another one is made');
    is($new->("/c/$asked.jwt"), 'cache_rows hit', 'a token is in the row: no answer is asked of the zone');
    is($new->("/c/$unknown.json"), 'cache_rows miss lookups unknown', 'what nobody knows');
    is($new->("/c/$unknown.json"), 'cache_rows negative', 'is known to be unknown');
    $nginx->configure(configuration());
    $nginx->reload;
};

subtest 'listeners' => sub {
    my $state = sub {
        my $metrics = $nginx->metrics;
        return join ' ', map { $metrics->{"volunteer_$_"} } qw(workers listeners listeners_deaf);
    };
    my $nowhere = PostgreSQL::Test::Cluster::get_free_port();
    my $listen = sub { return (http => 'volunteer_cache zone=heard:1m listen=on;', database_options => 'timeout=60s', @_) };

    $nginx->configure(configuration($listen->(server => <<"CONF")));
location /other/ {
    volunteer_database "host=127.0.0.1 port=$nowhere dbname=desk";
    volunteer_cache zone=other:1m listen=on;
    volunteer_certificate;
}
CONF
    $nginx->reload;
    $nginx->wait_until('one of two databases', sub { $state->() eq '1 1 1' });
    pass('one hears nothing, whatever others hear');

    $nginx->configure(configuration($listen->()));
    $nginx->reload;
    $nginx->wait_until('the only one', sub { $state->() eq '1 1 0' });

    $desk->block;
    my $socket = $nginx->ask("/c/$code{valid}.jwt");
    $nginx->wait_until('a lookup that waits', sub { $desk->waiting == 1 });
    $nginx->reload;
    $nginx->wait_until('the new worker', sub { $state->() eq '2 1 0' });
    pass('a worker that leaves has nothing to hear');
    $desk->release;
    $nginx->end($socket);
    $nginx->wait_until('its end', sub { $state->() eq '1 1 0' });

    $node->stop('fast');
    $nginx->wait_until('the loss', sub { $state->() eq '1 0 1' });
    $node->start;
    $nginx->wait_until('its return', sub { $state->() eq '1 1 0' });
    pass('what is lost is deaf until it listens again');
    $nginx->configure(configuration());
    $nginx->reload;
};

subtest 'queries' => sub {
    my $trouble = sub { return $nginx->metrics->{qq(volunteer_queries_$_[0]_total{statement="volunteer_$_[1]"})} };
    my $troubles = sub {
        my $metrics = $nginx->metrics;
        return { map { $_ => $metrics->{$_} } grep { /^volunteer_queries_\w+_total/ && $metrics->{$_} } keys %$metrics };
    };

    is_deeply($troubles->(), {}, 'none goes wrong');
    $nginx->configure(configuration(database_options => 'connections=1 queue=1 timeout=5s patience=100ms'));
    $nginx->reload;

    # A server that stalls does not time statements out by itself.
    $nginx->wait_until('the session', sub { $desk->sessions == 1 });
    my $pid = $desk->sql("SELECT pid FROM pg_stat_activity WHERE usename = 'registry_verifier'");
    kill 'STOP', $pid;
    my @sockets = $nginx->ask("/c/$code{valid}.json");
    $nginx->wait_until('the connection to be busy', sub { $nginx->metrics->{'volunteer_connections{state="idle"}'} == 0 });
    push @sockets, $nginx->begin("POST /n/ HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n"
          . "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 15\r\n\r\nnumber=1&name=2");
    $nginx->wait_until('the queue', sub { $nginx->metrics->{volunteer_queries_waiting} == 1 });
    is($nginx->get('/s/1')->{status}, 503, 'the queue is full');
    is_deeply($troubles->(), { 'volunteer_queries_refused_total{statement="volunteer_status_list"}' => 1 },
        'what is refused is counted by statement');

    $nginx->wait_until('the timeout', sub { $trouble->('timed_out', 'certificates') == 1 });
    kill 'CONT', $pid;
    $nginx->end($_) foreach @sockets;
    pass('so is what times out');

    $desk->block;
    my $socket = $nginx->ask("/c/$code{valid}.json");
    $nginx->wait_until('a lookup that waits', sub { $desk->waiting == 1 });
    $desk->terminate;
    $desk->release;
    like($nginx->end($socket), qr/^HTTP\/1.1 200/, 'a lookup outlives its session');
    is($trouble->('retried', 'certificates'), 1, 'and is counted');

    is($nginx->metrics->{volunteer_databases_away}, 0, 'the database is there');
    $node->stop('fast');
    $nginx->wait_until('the end of patience', sub { $nginx->metrics->{volunteer_databases_away} == 1 });
    my $refused = $trouble->('refused', 'certificates');
    is($nginx->get("/c/$code{valid}.json")->{status}, 503, 'away: refused');
    is($trouble->('refused', 'certificates'), $refused + 1, 'and counted');
    $node->start;
    $nginx->wait_until('its return', sub { $nginx->metrics->{volunteer_databases_away} == 0 });
    is($nginx->get("/c/$code{valid}.json")->{status}, 200, 'back');
};

subtest 'workers' => sub {
    is($nginx->metrics->{volunteer_workers}, 1, 'one');

    my $before = answers('valid', 'json');
    $nginx->configure(configuration(workers => 2));
    $nginx->reload;
    $nginx->wait_until('two workers', sub { $nginx->metrics->{volunteer_workers} == 2 });
    is(answers('valid', 'json'), $before, 'what was counted stays over a reload');

    my %asked;
    for (1 .. 200)
    {
        my $response = $nginx->get("/c/$code{valid}.json");
        $asked{ $response->{status} }++;
    }
    is_deeply(\%asked, { 200 => 200 }, 'requests to any of the two');
    # a request is counted after its answer has left, and another worker may be asked meanwhile
    $nginx->wait_until('the last one', sub { answers('valid', 'json') >= $before + 200 });
    is(answers('valid', 'json'), $before + 200, 'are counted together');

    my $worker = $nginx->worker;
    kill 'KILL', $worker;
    $nginx->wait_until('its successor', sub { $nginx->worker != $worker });
    $nginx->wait_until('two workers', sub { $nginx->metrics->{volunteer_workers} == 2 });
    is(answers('valid', 'json'), $before + 200, 'what a worker counted that crashed stays');
};

subtest 'without a database' => sub {
    my $bare = Volunteer::Nginx->new('bare', configuration(), start => 0);
    my $conf = $bare->dir . '/nginx.conf';
    my $text = PostgreSQL::Test::Utils::slurp_file($conf);

    $text =~ s/^(?!load_module| *log_format| *location = \/metrics).*\bvolunteer_.*\n//mg;
    unlink $conf;
    PostgreSQL::Test::Utils::append_to_file($conf, $text);
    $bare->start;
    is($bare->metrics->{volunteer_workers}, 1, 'there is little to say');
    $bare->stop;
};

$nginx->stop(qr/exited on signal 9/);
done_testing();
