# The database is away, slow, restarted, or refuses us: 503 in time, right again without help.
use strict;
use warnings;

use JSON::PP;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $node = Volunteer::Cluster->new('database');
my $desk = Volunteer::Desk->new($node);
my $code = $desk->issue;

sub start_nginx
{
    my ($name, %params) = @_;
    return Volunteer::Nginx->new($name, database => $desk->conninfo, keys => $desk->keys, %params);
}

sub status { return $_[0]->get("/c/$code.json")->{status} }

# the status of each answer on its way
sub statuses { my ($nginx, @sockets) = @_; return map { ($nginx->end($_) =~ /^HTTP\/1\.1 (\d+)/)[0] // 'none' } @sockets }

subtest 'absent at the start' => sub {
    $node->stop;
    my $nginx = start_nginx('absent', database_options => 'patience=300ms');

    foreach my $suffix ('', '.json', '.jwt', '.svg', '.png')
    {
        my $response = $nginx->get("/c/$code$suffix");
        is($response->{status}, 503, "'$suffix' is 503");
        is($response->{headers}{'retry-after'}, 5, "'$suffix' says when to come again");
        is($response->{headers}{'content-type'},
            $suffix eq '' ? 'text/html; charset=utf-8' : 'application/problem+json', "'$suffix': type");
    }
    is(decode_json($nginx->get("/c/$code.json")->{content})->{rule}, 'registry_unavailable', 'rule');
    is($nginx->get('/c/')->{status}, 200, 'the form is still there');
    is($nginx->get('/c/00000000000000000000000000A')->{status}, 404, 'and knows a malformed code');

    $node->start;
    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    pass('there by itself when the database is');
    $nginx->stop;
};

subtest 'stopped in the middle of lookups' => sub {
    my $nginx = start_nginx('stopped', database_options => 'connections=1 patience=2s');

    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    $desk->block;
    my @sockets = map { $nginx->ask("/c/$code.json") } 1 .. 5;
    $nginx->wait_until('a lookup that waits', sub { $desk->waiting == 1 });
    $node->stop('immediate');
    $desk->kill_blocker;
    is_deeply([ statuses($nginx, @sockets) ], [ (503) x 5 ], 'each lookup is answered');

    $node->start;
    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    pass('and answered well after the restart');
    $nginx->stop;
};

subtest 'restarted in the middle of lookups' => sub {
    my $nginx = start_nginx('restarted', database_options => 'timeout=60s patience=60s');

    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    $desk->block;
    my @sockets = map { $nginx->ask("/c/$code.json") } 1 .. 20;
    $nginx->wait_until('lookups that wait', sub { $desk->waiting > 0 });
    $node->stop('fast');
    $desk->kill_blocker;
    push @sockets, map { $nginx->ask("/c/$code.json") } 1 .. 20;
    $node->start;
    is_deeply([ statuses($nginx, @sockets) ], [ (200) x 40 ], 'no lookup is lost');
    $nginx->stop;
};

subtest 'sessions terminated one by one' => sub {
    my $nginx = start_nginx('terminated', database_options => 'connections=1 timeout=60s patience=60s');

    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    is($desk->terminate, 1, 'an idle session ends');
    is(status($nginx), 200, 'the next lookup opens another');

    $desk->block;
    my @sockets = map { $nginx->ask("/c/$code.json") } 1 .. 10;
    $nginx->wait_until('a lookup that waits', sub { $desk->waiting == 1 });
    is($desk->terminate, 1, 'a busy session ends');
    $nginx->wait_until('its second attempt', sub { $desk->waiting == 1 });
    $desk->release;
    is_deeply([ statuses($nginx, @sockets) ], [ (200) x 10 ], 'its lookups are repeated');

    $desk->block;
    my $socket = $nginx->ask("/c/$code.json");
    foreach my $attempt (1, 2)
    {
        $nginx->wait_until("attempt $attempt", sub { $desk->waiting == 1 });
        is($desk->terminate, 1, "attempt $attempt ends");
    }
    is_deeply([ statuses($nginx, $socket) ], [503], 'but only once');
    $desk->release;
    $nginx->stop;
};

subtest 'slow' => sub {
    my $nginx = start_nginx('slow', database_options => 'connections=1 timeout=500ms');

    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    $desk->block;
    is($nginx->get("/c/$code.json")->{status}, 503, 'past its deadline a lookup is 503');
    $nginx->wait_until('the end of the statement', sub { $desk->waiting == 0 });
    pass('and the server gives the statement up');
    $desk->release;
    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    $nginx->stop;
};

subtest 'a full queue' => sub {
    my $nginx = start_nginx('full', database_options => 'connections=1 queue=3 timeout=60s');

    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    $desk->block;
    my @sockets = $nginx->ask("/c/$code.json");
    $nginx->wait_until('a lookup that waits', sub { $desk->waiting == 1 });
    push @sockets, map { $nginx->ask("/c/$code.json") } 1 .. 3;
    $nginx->wait_until('a full queue', sub { $nginx->in_progress == 4 });

    my @refused = map { $nginx->get("/c/$code.json") } 1 .. 3;
    is_deeply([ map { $_->{status} } @refused ], [ (503) x 3 ], 'beyond the queue lookups are refused at once');
    is($refused[0]{headers}{'retry-after'}, 5, 'with the time to come again');
    like($nginx->error_log, qr/volunteer_database has a full queue/, 'and the log says so');

    $desk->release;
    is_deeply([ statuses($nginx, @sockets) ], [ (200) x 4 ], 'those in the queue are answered');
    $nginx->stop;
};

subtest 'clients that leave' => sub {
    my $nginx = start_nginx('leave', database_options => 'connections=1 queue=5 timeout=60s');
    my $in_progress = sub {
        my ($number) = @_;
        $nginx->wait_until("$number requests", sub { $nginx->in_progress == $number });
    };

    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    $desk->block;
    my @sockets = map { $nginx->ask("/c/$code.json") } 1 .. 5;
    $in_progress->(5);
    foreach my $round (1 .. 3)
    {
        # also the ones whose lookup PostgreSQL has begun
        close $_ foreach splice @sockets, 0, 3;
        $in_progress->(2);
        push @sockets, map { $nginx->ask("/c/$code.json") } 1 .. 3;
        $in_progress->(5);
    }
    $desk->release;
    is_deeply([ statuses($nginx, @sockets) ], [ (200) x 5 ], 'take no place in the queue and disturb nobody');
    is((() = $nginx->access_log =~ / 499$/mg), 9, 'and are logged as that');
    $nginx->stop;
};

subtest 'an error in a batch' => sub {
    my $nginx = start_nginx('error', database_options => 'connections=1 timeout=60s patience=60s');
    my $definition = $desk->sql("SELECT pg_get_functiondef('verify.certificates'::regproc)");

    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    $desk->sql($definition =~ s/BEGIN/BEGIN RAISE EXCEPTION 'no such luck';/r);
    is(status($nginx), 503, 'is 503');
    like($nginx->error_log, qr/no such luck/, 'is in the log');
    $desk->sql($definition);
    is(status($nginx), 200, 'and is over when the cause is');

    $desk->sql('DROP FUNCTION verify.certificates');
    is(status($nginx), 503, 'without the function lookups are 503');
    $desk->sql($definition);
    is(status($nginx), 200, 'and right when it is back');

    $desk->sql('REVOKE EXECUTE ON FUNCTION verify.certificates FROM PUBLIC, registry_verifier');
    is(status($nginx), 503, 'without the right to call it lookups are 503');
    $desk->sql('GRANT EXECUTE ON FUNCTION verify.certificates TO registry_verifier');
    is(status($nginx), 200, 'and right when we have it again');
    $nginx->stop;
};

subtest 'passwords' => sub {
    my $hba = $node->data_dir . '/pg_hba.conf';
    my $trust = PostgreSQL::Test::Utils::slurp_file($hba);

    $desk->sql("ALTER ROLE registry_verifier PASSWORD 'right'");
    unlink $hba;
    $node->append_conf('pg_hba.conf', "local all registry_verifier scram-sha-256\n$trust");
    $node->reload;

    my $nginx = start_nginx('password', database => $desk->conninfo('password=wrong'),
        database_options => 'patience=500ms');
    is(status($nginx), 503, 'a wrong password is 503');
    $nginx->wait_until('the reason', sub { $nginx->error_log =~ /password authentication failed/ });
    pass('and is in the log');
    unlike($nginx->error_log, qr/wrong/, 'without the password');

    $desk->sql("ALTER ROLE registry_verifier PASSWORD 'wrong'");
    $nginx->wait_until('a connection', sub { status($nginx) == 200 });
    pass('once it is right lookups are');
    $nginx->stop;

    unlink $hba;
    $node->append_conf('pg_hba.conf', $trust);
    $node->reload;
};

done_testing();
