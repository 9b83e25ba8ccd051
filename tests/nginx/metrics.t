# What the desk says of itself to Prometheus: every worker's part, over reloads and crashes.
use strict;
use warnings;

use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('metrics'));
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
    $nginx->get('/elsewhere');

    my $after = $nginx->metrics;
    my %new = map { $_ => $after->{$_} - $before{$_} }
        grep { /^volunteer_answers_total/ && $after->{$_} != $before{$_} } keys %$after;
    my %expected = (
        'valid html' => 1, 'valid json' => 3, 'revoked json' => 1, 'revoked jwt' => 1, 'valid jwt' => 1,
        'valid sdjwt' => 1, 'valid svg' => 1, 'valid png' => 1, 'malformed html' => 1, 'unknown json' => 1,
        'form html' => 1, 'refused html' => 1, 'refused png' => 1);
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
