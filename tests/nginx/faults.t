# A server that cuts, stalls, garbles or interrupts its answers at any byte: the right answer or 503, and right again.
use strict;
use warnings;

use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::FakeServer;
use Volunteer::Nginx;

my $node = Volunteer::Cluster->new('faults');
my $desk = Volunteer::Desk->new($node);
my $code = $desk->issue;

# A short row, for there is a session for each of its bytes.
$desk->sql("UPDATE verify.row SET token = 'short' WHERE code = '$code'");

# startup, SET, PREPARE, two lookups
my @session = Volunteer::FakeServer->record($node->host, $node->port, sub {
    my ($conninfo) = @_;
    my $nginx = Volunteer::Nginx->new('recorded', database => "$conninfo user=registry_verifier dbname=desk",
        database_options => 'connections=1', keys => $desk->keys);

    $nginx->wait_until('two lookups', sub { $nginx->get("/c/$code.json")->{status} == 200 }) for 1 .. 2;
    $nginx->stop;
});
is(@session, 5, 'a session was recorded') or BAIL_OUT('nothing to play');
$node->stop;

# The parameters of the server are as good as one of them.
my $status = 0;
$session[0] = join '', grep { !/^S/ || !$status++ } Volunteer::FakeServer::messages($session[0]);
pop @session;

my $length = length join '', @session;
my $prefix = length join '', @session[ 0 .. 2 ];
my $lookup = length $session[3];

=pod

Each fault is a virtual host of nginx with a database of its own, which the
server knows by its application_name: %faults says what it does in the first
session of that name, any other session is right.

=cut

my (%faults, $server, $nginx, $right);

sub start
{
    my ($name, $options, %the_faults) = @_;

    %faults = %the_faults;
    $server = Volunteer::FakeServer->new(sub {
        my ($fault, $number) = @_;
        return $number == 1 && $faults{$fault} ? @{ $faults{$fault} } : @session;
    });
    $nginx = Volunteer::Nginx->new($name, start => 0, database => '', keys => $desk->keys);

    my @hosts = map {
        my $conninfo = $server->conninfo($_);
        "server { listen 127.0.0.1:@{[ $nginx->port ]}; server_name $_; location /c/ { volunteer_certificate; }"
          . " volunteer_database \"$conninfo\" connections=1 $options; }"
    } 'localhost', sort keys %faults;
    $nginx->configure(
        database => $server->conninfo('right'),
        keys => $desk->keys,
        worker_connections => 4096,
        http => join "\n", 'server_names_hash_max_size 8192;', @hosts);
    $nginx->start;
    $nginx->wait_until('a connection', sub { ($right = body($nginx->end(ask('localhost')))) =~ /^200 / });
    return;
}

sub ask { my ($host) = @_; return $nginx->begin("GET /c/$code.json HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n") }

# "status body"
sub body { my ($answer) = @_; return $answer =~ /^HTTP\/1\.1 (\d+).*?\r\n\r\n(.*)/s ? "$1 $2" : "nothing" }

# the answers of all hosts to one request each at the same time
sub answers
{
    my %sockets = map { $_ => ask($_) } @_;
    return map { $_ => body($nginx->end($sockets{$_})) } keys %sockets;
}

sub differing
{
    my ($expected, %answers) = @_;
    return [ map { "$_: $answers{$_}" } grep { $answers{$_} !~ $expected } sort keys %answers ];
}

# all hosts are right in the end
sub recover
{
    my @hosts = keys %faults;

    $nginx->wait_until('recovery', sub {
        my %answers = answers(@hosts);
        @hosts = grep { $answers{$_} ne $right } @hosts;
        return !@hosts;
    });
    pass('each is right again');
    is((() = $nginx->error_log =~ /start worker process \d/g), 1, 'and no worker has died');
    $nginx->stop;
    $server->stop;
    return;
}

subtest 'cut after any byte' => sub {
    start('cut', 'timeout=60s patience=60s',
        map { ("cut-$_" => [ Volunteer::FakeServer::cut($_, @session) ]) } 0 .. $length);
    is_deeply(differing(qr/^\Q$right\E\z/, answers(keys %faults)), [], 'the lookup is repeated, nothing else is seen');
    recover();
};

subtest 'stalled after any byte' => sub {
    start('stall', 'timeout=2s patience=2s', map { ("stall-$_" => [ Volunteer::FakeServer::stall($_, @session) ]) } 0 .. $length);
    is_deeply(differing(qr/^(?:\Q$right\E\z|503 )/, answers(keys %faults)), [], 'right or 503');
    recover();
};

subtest 'any byte of an answer altered' => sub {
    start('altered', 'timeout=2s patience=2s', map {
        my $turn = $session[3];
        substr $turn, $_, 1, chr(ord(substr $turn, $_, 1) ^ 0x55);
        ("altered-$_" => [ @session[ 0 .. 2 ], $turn, $session[3] ]);
    } 0 .. $lookup - 1);
    is_deeply(differing(qr/^(?:200|404|503) /, answers(keys %faults)), [], 'an answer');
    recover();
};

subtest 'impossible lengths' => sub {
    my %lengths;
    foreach my $turn (0 .. 3)
    {
        my @messages = Volunteer::FakeServer::messages($session[$turn]);
        foreach my $i (0 .. $#messages)
        {
            foreach my $size (0, 3, 4, 5, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff)
            {
                my @garbled = @messages;
                substr $garbled[$i], 1, 4, pack 'N', $size;
                $lengths{"length-$turn-$i-$size"} = [ @session[ 0 .. $turn - 1 ], join('', @garbled), @session[ $turn + 1 .. 3 ] ];
            }
        }
    }
    start('lengths', 'timeout=2s patience=2s', %lengths);
    is_deeply(differing(qr/^(?:\Q$right\E\z|404|503 )/, answers(keys %faults)), [], 'an answer');
    recover();
};

subtest 'messages that come at any time' => sub {
    my %between;
    my %messages = (
        notice => Volunteer::FakeServer::error('NOTICE', '00000', 'by the way') =~ s/^E/N/r,
        parameter => Volunteer::FakeServer::message('S', "TimeZone\0Asia/Shanghai\0"),
        notification => Volunteer::FakeServer::message('A', pack('N', 1) . "channel\0payload\0"),
    );
    foreach my $turn (1 .. 3)
    {
        my @messages = Volunteer::FakeServer::messages($session[$turn]);
        foreach my $i (0 .. @messages)
        {
            foreach my $kind (keys %messages)
            {
                my @more = @messages;
                splice @more, $i, 0, $messages{$kind};
                $between{"$kind-$turn-$i"} = [ @session[ 0 .. $turn - 1 ], join('', @more), @session[ $turn + 1 .. 3 ] ];
            }
        }
    }
    start('between', 'timeout=60s patience=60s', %between);
    is_deeply(differing(qr/^\Q$right\E\z/, answers(keys %faults)), [], 'disturb no lookup');
    recover();
};

subtest 'errors' => sub {
    my @ready = (Volunteer::FakeServer::messages($session[3]))[-1];
    my $sent = sub { my ($turn, @bytes) = @_; return [ @session[ 0 .. $turn - 1 ], join('', @bytes), @session[ $turn + 1 .. 3 ], $session[3] ] };
    my @answer = Volunteer::FakeServer::messages($session[3]);
    my %errors;

    foreach my $turn (1 .. 3)
    {
        $errors{"fatal-$turn"} = [
            @session[ 0 .. $turn - 1 ],
            [ Volunteer::FakeServer::error('FATAL', '57P01', 'terminating connection'), 'cut' ] ];
        $errors{"panic-$turn"} = [
            @session[ 0 .. $turn - 1 ],
            [ Volunteer::FakeServer::error('PANIC', 'XX000', 'lost my mind'), 'stall' ] ];
    }
    foreach my $rows (0 .. $#answer - 1)
    {
        $errors{"fatal-behind-$rows"} = [
            @session[ 0 .. 2 ],
            [ join('', @answer[ 0 .. $rows - 1 ], Volunteer::FakeServer::error('FATAL', '57P02', 'crash')), 'cut' ] ];
    }
    $errors{stale} = $sent->(3, Volunteer::FakeServer::error('ERROR', '0A000', 'cached plan must not change result type'), @ready);
    $errors{nameless} = $sent->(3, Volunteer::FakeServer::error('ERROR', '26000', 'prepared statement does not exist'), @ready);
    $errors{'set-error'} = $sent->(1, Volunteer::FakeServer::error('ERROR', '22023', 'no such timeout'), @ready);
    $errors{'no-result'} = $sent->(3, @ready);
    $errors{'command-only'} = $sent->(3, Volunteer::FakeServer::message('2', ''), Volunteer::FakeServer::message('C', "SELECT 0\0"), @ready);
    $errors{'copy-out'} = [ @session[ 0 .. 2 ], Volunteer::FakeServer::message('H', pack 'CnN', 0, 1, 0) ];
    $errors{'copy-in'} = [ @session[ 0 .. 2 ], Volunteer::FakeServer::message('G', pack 'CnN', 0, 1, 0) ];
    start('errors', 'timeout=2s patience=60s', %errors);
    is_deeply(differing(qr/^\Q$right\E\z/, answers(keys %faults)), [], 'of a session: the lookup is repeated in another one');
    recover();

    %errors = map {
        my $sqlstate = $_;
        ("execute-$_" => $sent->(3, Volunteer::FakeServer::error('ERROR', $_, 'no'), @ready),
            "behind-row-$_" => $sent->(3, @answer[ 0 .. 2 ], Volunteer::FakeServer::error('ERROR', $_, 'no'), @ready),
            "prepare-$_" => $sent->(2, Volunteer::FakeServer::error('ERROR', $_, 'no'), @ready));
    } qw(22P02 42501 42883 53200 57014 P0001 XX001);
    start('refused', 'timeout=60s', %errors);
    is_deeply(differing(qr/^503 /, answers(keys %faults)), [], 'of a statement: 503');
    recover();
};

done_testing();
