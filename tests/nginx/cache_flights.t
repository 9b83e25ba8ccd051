# However many requests, in however many workers, want a code at once: the database is asked once.
use strict;
use warnings;

use IO::Socket::INET;
use PostgreSQL::Test::Cluster;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('flights'));
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $nginx = Volunteer::Nginx->new('flights', workers => 3, database => $desk->conninfo, keys => $desk->keys,
    database_options => 'timeout=100s', http => <<"CONF");
volunteer_cache zone=desk:1m valid=1h;
add_header X-Cache \$volunteer_cache_status always;
server {
    listen 127.0.0.1:$port reuseport;
    location / { return 200 \$pid; }
    location /c/ { volunteer_certificate; }
}
CONF

$desk->count_lookups;

# connections to known workers, by their process ids
sub connect_to_workers
{
    my ($each) = @_;
    my %sockets;

    until (keys %sockets == 3 && !grep { @$_ < $each } values %sockets)
    {
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 30) // die $@;
        push @{ $sockets{ exchange($socket, '/') } }, $socket;
    }
    return %sockets;
}

sub begin { my ($socket, $path) = @_; syswrite $socket, "GET $path HTTP/1.1\r\nHost: localhost\r\n\r\n"; return }

# the body of an answer; a connection that ends has none
sub end
{
    my ($socket) = @_;
    my $answer = '';

    while (sysread $socket, $answer, 65536, length $answer)
    {
        my ($length, $body) = $answer =~ /\r\nContent-Length: (\d+)\r\n.*?\r\n\r\n(.*)/si or next;
        return $body if length $body == $length;
    }
    return 'none';
}

sub exchange { my ($socket, $path) = @_; begin($socket, $path); return end($socket) }
sub verdict  { return $_[0] =~ /^\{"status":"(\w+)"/ ? $1 : $_[0] =~ /"rule":"(\w+)"/ ? $1 : $_[0] }

sub ask
{
    my ($path, @sockets) = @_;
    my $before = $nginx->in_progress;

    begin($_, $path) foreach @sockets;
    $nginx->wait_until('requests', sub { $nginx->in_progress == $before + @sockets });
    return;
}

my %workers = connect_to_workers(4);
my ($first, @others) = sort keys %workers;
my @sockets = map { @$_[ 0 .. 3 ] } @workers{ $first, @others };

subtest 'one worker' => sub {
    my $code = $desk->issue;
    my @here = @{ $workers{$first} }[ 0 .. 3 ];

    $desk->block;
    ask("/c/$code.json", @here);
    $desk->release;
    is_deeply([ map { verdict(end($_)) } @here ], [ ('valid') x 4 ], 'four are answered');
    is($desk->lookups, 1, 'by one lookup');
};

subtest 'three workers' => sub {
    my $code = $desk->issue;

    $desk->block;
    ask("/c/$code.json", $sockets[0]);
    $nginx->wait_until('a lookup', sub { $desk->waiting == 1 });
    ask("/c/$code.json", @sockets[ 1 .. $#sockets ]);
    $desk->release;
    is_deeply([ map { verdict(end($_)) } @sockets ], [ ('valid') x 12 ], 'twelve are answered');
    is($desk->lookups, 1, 'by one lookup');
};

subtest 'an unknown code' => sub {
    my $code = $desk->sql('SELECT volunteer.gen_certificate_code()');

    $desk->block;
    ask("/c/$code.json", $sockets[0]);
    $nginx->wait_until('a lookup', sub { $desk->waiting == 1 });
    ask("/c/$code.json", @sockets[ 1 .. $#sockets ]);
    $desk->release;
    is_deeply([ map { verdict(end($_)) } @sockets ], [ ('code_unknown') x 12 ], 'twelve are answered');
    is($desk->lookups, 1, 'by one lookup');
};

subtest 'whoever asked first goes away' => sub {
    my $code = $desk->issue;
    my $gone = pop @{ $workers{$first} };

    $desk->block;
    ask("/c/$code.json", $gone);
    $nginx->wait_until('a lookup', sub { $desk->waiting == 1 });
    close $gone;
    $nginx->wait_until('its end', sub { $nginx->in_progress == 0 });

    my @rest = map { $workers{$_}[0] } $first, @others;
    ask("/c/$code.json", @rest);
    $desk->release;
    is_deeply([ map { verdict(end($_)) } @rest ], [ ('valid') x 3 ], 'the others are answered');
    is($desk->lookups, 1, 'by its lookup');
};

subtest 'the session of the lookup ends' => sub {
    my $code = $desk->issue;
    my @rest = map { $workers{$_}[0] } $first, @others;

    $desk->block;
    ask("/c/$code.json", @rest);
    $desk->terminate;
    $nginx->wait_until('it to be repeated', sub { $desk->waiting == 1 });
    $desk->release;
    is_deeply([ map { verdict(end($_)) } @rest ], [ ('valid') x 3 ], 'all have their answer after all');
    is($desk->lookups, 2, 'by the lookup that repeats it');
};

subtest 'the worker that asked dies' => sub {
    my $code = $desk->issue;
    my @rest = map { @{ $workers{$_} }[ 0, 1 ] } @others;

    $desk->block;
    ask("/c/$code.json", $workers{$first}[0]);
    $nginx->wait_until('a lookup', sub { $desk->waiting == 1 });
    ask("/c/$code.json", @rest);
    kill 'KILL', $first;
    is(end($workers{$first}[0]), 'none', 'its client has no answer');
    $nginx->wait_until('another lookup', sub { $desk->waiting == 2 });
    $desk->release;
    is_deeply([ map { verdict(end($_)) } @rest ], [ ('valid') x 4 ], 'those who waited for it have one');
    is($desk->lookups, 2, 'by one more lookup');
};

subtest 'workers die at any time' => sub {
    my @codes = split /\n/, $desk->sql('SELECT verify.issue() FROM generate_series(1, 20)');
    my ($right, $wrong) = (0, 0);

    foreach my $round (1 .. 200)
    {
        my $answer = eval { verdict($nginx->get("/c/$codes[$round % 20].json")->{content}) } // '';

        $right++ if $answer eq 'valid';
        $wrong++ unless $answer =~ /^(?:valid|.*connection.*|.*response.*)/is;
        next if $round % 40;
        kill 'KILL', $nginx->worker;
    }
    cmp_ok($right, '>', 100, 'others answer');
    is($wrong, 0, 'and none wrongly');
};

$nginx->stop(qr/exited on signal 9/);
done_testing();
