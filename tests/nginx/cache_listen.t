# What the database notifies of is known at once in all workers, and what it cannot notify of soon.
use strict;
use warnings;

use Digest::SHA qw(sha256);
use IO::Socket::INET;
use Test::More;
use Time::HiRes ();
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::FakeServer;
use Volunteer::Nginx;

my $node = Volunteer::Cluster->new('listen', init => { allows_streaming => 1 });
my $desk = Volunteer::Desk->new($node);
my $nginx = Volunteer::Nginx->new('listen', configuration());

# a desk that listens, and one beside it that does not
sub configuration
{
    my (%params) = @_;
    return (
        workers => 2,
        database => $desk->conninfo,
        keys => $desk->keys,
        http => 'volunteer_cache zone=listening:1m valid=3s listen=on listen_valid=1h;'
          . ' add_header X-Cache $volunteer_cache_status always;',
        server => 'location /deaf/c/ { rewrite ^/deaf(.*) $1 break; volunteer_cache zone=deaf:1m valid=3s; volunteer_certificate; }',
        %params);
}

sub verdict { my ($path) = @_; return $nginx->get($path)->{content} =~ /^\{"status":"(\w+)"/ ? $1 : 'none' }
sub change  { my ($code, $status) = @_; $desk->sql("UPDATE verify.row SET status = '$status' WHERE code = '$code'"); return }

sub notify
{
    my ($code) = @_;
    $desk->sql("SELECT pg_notify('volunteer_certificate', encode(sha256('$code'), 'hex'))");
    return;
}

# of sessions, in pg_stat_activity
use constant LISTENERS => "usename = 'registry_verifier' AND query ~ 'LISTEN|NOTIFY'";

# how often a worker began to listen, and how many notifications workers have heard
sub listening { return scalar(() = $nginx->error_log =~ /volunteer_cache listens to the database/g) }

sub heard { return $nginx->metrics->{volunteer_notifications_total} }

$desk->count_lookups;
$nginx->wait_until('listeners', sub { listening() == 2 });

subtest 'what did not change is served for long' => sub {
    my $code = $desk->issue;

    is(verdict("/c/$code.json"), 'valid', 'asked for');
    is(verdict("/deaf/c/$code.json"), 'valid', 'beside');
    change($code, 'suspended');
    $nginx->wait_until('whoever does not listen', sub { verdict("/deaf/c/$code.json") eq 'suspended' });
    is(verdict("/c/$code.json"), 'valid', 'longer than "valid" says');

    notify($code);
    $nginx->wait_until('the notification', sub { verdict("/c/$code.json") eq 'suspended' });
    pass('until it is notified of');
};

subtest 'every worker hears' => sub {
    my $code = $desk->issue;
    my %answers;

    is(verdict("/c/$code.json"), 'valid', 'asked for');
    change($code, 'revoked');
    notify($code);
    $nginx->wait_until('the notification', sub { verdict("/c/$code.json") eq 'revoked' });
    $answers{ verdict("/c/$code.json") }++ for 1 .. 50;
    is_deeply(\%answers, { revoked => 50 }, 'no worker says what was');
};

subtest 'a lookup that is overtaken' => sub {
    my $code = $desk->issue;

    $desk->block('SELECT pg_advisory_xact_lock(1)');
    my $before = $nginx->ask("/c/$code.json");
    $nginx->wait_until('a lookup that has read its row', sub { $desk->waiting == 1 });
    change($code, 'revoked');
    my $heard = heard();
    notify($code);
    $nginx->wait_until('the notification', sub { heard() >= $heard + 2 });

    my $after = $nginx->ask("/c/$code.json");
    $nginx->wait_until('a lookup of its own', sub { $desk->waiting == 2 });
    $desk->release;
    like($nginx->end($after), qr/\{"status":"revoked"/, 'whoever asks after the notification waits for another');
    like($nginx->end($before), qr/\{"status":"valid"/, 'whoever asked before it has what was read');
    is(verdict("/c/$code.json"), 'revoked', 'which is not kept');
};

subtest 'a notification that comes with an answer' => sub {
    my $code = $desk->issue;
    my $changed = unpack 'H*', sha256($code);
    my $server = Volunteer::FakeServer->new(sub {
        my $backend = Volunteer::FakeServer::relay($node->host, $node->port);

        # Behind the last byte of what the first heartbeat is answered with.
        return sub {
            my ($asked) = @_;
            my $turn = $backend->($asked);

            $turn .= Volunteer::FakeServer::message('A', pack('N', 1) . "volunteer_certificate\0$changed\0") if $asked =~ /^Q.*NOTIFY/s;
            return $turn;
        };
    });
    my $alone = Volunteer::Nginx->new('alone', keys => $desk->keys, database => $server->conninfo('alone') . ' user=registry_verifier dbname=desk',
        http => 'volunteer_cache zone=alone:1m valid=1h listen=on;');

    $alone->wait_until('the listener', sub { $alone->error_log =~ /volunteer_cache listens/ });
    Time::HiRes::sleep(0.1) for grep { !$alone->metrics->{volunteer_notifications_total} } 1 .. 50;
    is($alone->metrics->{volunteer_notifications_total}, 1, 'is heard at once, not with the next one');
    $alone->stop;
    $server->stop;
};

subtest 'listeners that are cut off' => sub {
    my $code = $desk->issue;
    my $before = listening();

    is(verdict("/c/$code.json"), 'valid', 'asked for');
    is($desk->sql('SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE ' . LISTENERS), 2,
        'terminated');
    change($code, 'revoked');
    $nginx->wait_until('the end of "valid"', sub { verdict("/c/$code.json") eq 'revoked' });
    $nginx->wait_until('other listeners', sub { listening() == $before + 2 });

    change($code, 'superseded');
    notify($code);
    $nginx->wait_until('a notification', sub { verdict("/c/$code.json") eq 'superseded' });
    pass('they hear again');
};

subtest 'listeners that are struck dumb' => sub {
    my $code = $desk->issue;
    my @pids = split /\n/, $desk->sql('SELECT pid FROM pg_stat_activity WHERE ' . LISTENERS);

    is(@pids, 2, 'two');
    is(verdict("/c/$code.json"), 'valid', 'asked for');
    kill 'STOP', @pids;
    change($code, 'revoked');
    notify($code);
    $nginx->wait_until('the end of "valid"', sub { verdict("/c/$code.json") eq 'revoked' });
    pass('heard or not');
    kill 'CONT', @pids;
};

subtest 'a silence that nobody calls a loss' => sub {
    my $code = $desk->issue;
    my $patient = Volunteer::Nginx->new('patient', database => $desk->conninfo('application_name=patient'), keys => $desk->keys,
        database_options => 'timeout=1h', http => 'volunteer_cache zone=patient:1m valid=1s listen=on listen_valid=1h;');
    my $asked = sub { $patient->get("/c/$code.json")->{content} =~ /^\{"status":"(\w+)"/ ? $1 : 'none' };

    $patient->wait_until('the listener', sub { $patient->error_log =~ /volunteer_cache listens/ });
    is($asked->(), 'valid', 'asked for');
    my $pid = $desk->sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'patient' AND query ~ 'LISTEN|NOTIFY'");
    kill 'STOP', $pid;
    change($code, 'revoked');
    notify($code);
    $patient->wait_until('the end of "valid"', sub { $asked->() eq 'revoked' });
    pass('lasts no longer than "valid"');
    unlike($patient->error_log, qr/lost its listener/, 'though the listener is waited for');
    kill 'CONT', $pid;
    $patient->stop;
};

subtest 'a reload' => sub {
    my $code = $desk->issue;
    my $before = listening();

    is(verdict("/c/$code.json"), 'valid', 'asked for');
    $nginx->reload;
    $nginx->wait_until('new listeners', sub { listening() == $before + 2 });
    $nginx->wait_until('the old ones to leave', sub { $desk->sql('SELECT count(*) FROM pg_stat_activity WHERE ' . LISTENERS) == 2 });
    change($code, 'revoked');
    notify($code);
    $nginx->wait_until('the notification', sub { verdict("/c/$code.json") eq 'revoked' });
    pass('new workers listen');
};

subtest 'what nobody notifies of' => sub {
    my $code = $desk->issue;
    my $bounded = Volunteer::Nginx->new('bounded', database => $desk->conninfo, keys => $desk->keys,
        http => 'volunteer_cache zone=bounded:1m valid=1s listen=on listen_valid=3s; add_header X-Cache $volunteer_cache_status always;');
    my $asked = sub { $bounded->get("/c/$code.json") };

    $bounded->wait_until('the listener', sub { $bounded->error_log =~ /volunteer_cache listens/ });
    like($asked->()->{content}, qr/^\{"status":"valid"/, 'asked for');
    change($code, 'revoked');
    $bounded->wait_until('the end of "listen_valid"', sub { $asked->()->{content} =~ /^\{"status":"revoked"/ });
    pass('is asked for again');
    $bounded->stop;
};

subtest 'a standby server' => sub {
    $node->backup('base');
    my $standby = PostgreSQL::Test::Cluster->new('standby');
    $standby->init_from_backup($node, 'base', has_streaming => 1);
    $standby->start;

    my $code = $desk->issue;
    my $conninfo = $desk->conninfo =~ s/port=\d+/'port=' . $standby->port/er =~ s/host=\S+/'host=' . $standby->host/er;
    $node->wait_for_catchup($standby);
    $nginx->configure(configuration(database => $conninfo));
    $nginx->reload;

    is(verdict("/c/$code.json"), 'valid', 'answers');
    change($code, 'revoked');
    $nginx->wait_until('the end of "valid"', sub { verdict("/c/$code.json") eq 'revoked' });
    is(scalar(() = $nginx->error_log =~ /cannot listen to a standby server/g), 1, 'cannot be listened to, which is said once');
    $standby->stop;
};

$nginx->configure(configuration());
$nginx->stop;
done_testing();
