package Volunteer::FakeServer;

=head1 NAME

Volunteer::FakeServer - a PostgreSQL server that says what a test wants

=head1 SYNOPSIS

  my @session = Volunteer::FakeServer->record($node->host, $node->port, sub { my ($conninfo) = @_; ... });
  my $server = Volunteer::FakeServer->new(sub {
      my ($name, $number) = @_;
      return $number == 1 ? Volunteer::FakeServer::cut(100, @session) : @session;
  });
  $server->conninfo('some_name');
  $server->stop;

It speaks version 3.0 of the protocol (PostgreSQL, 55.2 Message Flow) in turns:
a turn of the client ends with its startup packet, a Query or a Sync, and the
server's turn is a string of bytes. It does not look at what it is asked.

=cut

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Storable;

my @running;

=head1 FUNCTIONS

=head2 cut(bytes, turns), stall(bytes, turns)

The same turns up to so many bytes; then the server closes the connection, or
says no more.

=cut

sub _end
{
    my ($action, $bytes, @turns) = @_;
    my @kept;

    foreach my $turn (@turns)
    {
        return @kept, [ substr($turn, 0, $bytes), $action ] if $bytes <= length $turn;
        push @kept, $turn;
        $bytes -= length $turn;
    }
    die 'the session is shorter than that';
}

sub cut   { return _end('cut', @_) }
sub stall { return _end('stall', @_) }

=head2 messages(turn), message(type, body), error(severity, sqlstate, text)

The messages of a turn, and some to put between them.

=cut

sub messages
{
    my ($turn) = @_;
    my @messages;

    while (length $turn)
    {
        push @messages, substr $turn, 0, 1 + unpack('N', substr $turn, 1, 4), '';
    }
    return @messages;
}

sub message { my ($type, $body) = @_; return $type . pack('N', 4 + length $body) . $body }

sub error
{
    my ($severity, $sqlstate, $text) = @_;
    return message('E', "S$severity\0V$severity\0C$sqlstate\0M$text\0\0");
}

=head2 relay(host, port)

A function of the client's turns that returns those of the real server on that
host (a directory), in one session.

=cut

sub relay
{
    my ($host, $port) = @_;
    my $backend = IO::Socket::UNIX->new(Peer => "$host/.s.PGSQL.$port") // die "no server: $!";

    return sub {
        my ($asked) = @_;
        my ($turn, $last) = ('', 0);

        $backend->syswrite($asked);
        until ($last && ($last = (messages($turn))[-1]) =~ /^Z/s)
        {
            $backend->sysread($turn, 65536, length $turn) or last;
            $last = _whole($turn);
        }
        return $turn;
    };
}

=head1 METHODS

=head2 record(host, port, code)

Calls the code with a connection string, and returns the turns of the real
server on that host (a directory) in the session that is opened meanwhile.

=cut

sub record
{
    my ($class, $host, $port, $code) = @_;
    my $file = PostgreSQL::Test::Utils::tempdir() . '/session';
    my $backend = relay($host, $port);
    my @session;

    my $recorder = $class->new(sub {
        return sub {
            my $turn = $backend->(@_);

            push @session, $turn;
            store(\@session, "$file.new");
            rename "$file.new", $file;
            return $turn;
        };
    });
    $code->($recorder->conninfo('recorder'));
    $recorder->stop;
    return @{ retrieve($file) };
}

# whether the bytes are nothing but whole messages
sub _whole
{
    my ($bytes) = @_;
    my $p = 0;

    while ($p + 5 <= length $bytes)
    {
        $p += 1 + unpack('N', substr $bytes, $p + 1, 4);
    }
    return $p == length $bytes;
}

=head2 new(script)

A server on a free port of the loopback interface. The script is called for
each session with the application_name of the client and how many sessions of
that name there have been, and returns the turns; the last one is repeated.
Instead of them it may return a function of the client's bytes.

=cut

sub new
{
    my ($class, $script) = @_;
    my $port = PostgreSQL::Test::Cluster::get_free_port();
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1024, ReuseAddr => 1)
        // die "port $port: $@";
    my $parent = $$;
    my $pid = fork // die "fork: $!";

    if ($pid == 0)
    {
        eval { _serve($listener, $script, $parent) };
        print STDERR $@;
        POSIX::_exit(1);
    }
    push @running, $pid;
    return bless { port => $port, pid => $pid }, $class;
}

sub port     { return $_[0]->{port} }
sub conninfo { return "host=127.0.0.1 port=$_[0]->{port} user=u dbname=d sslmode=disable application_name=$_[1]" }

sub _serve
{
    my ($listener, $script, $parent) = @_;
    my $select = IO::Select->new($listener);
    my (%clients, %sessions);

    local $SIG{PIPE} = 'IGNORE';
    while (getppid == $parent)
    {
        foreach my $socket ($select->can_read(1))
        {
            if ($socket == $listener)
            {
                my $accepted = $listener->accept // next;
                $select->add($accepted);
                $clients{$accepted} = { in => '' };
                next;
            }
            my $client = $clients{$socket};
            next if $socket->sysread($client->{in}, 65536, length $client->{in}) && _talk($socket, $client, $script, \%sessions);
            $select->remove($socket);
            delete $clients{$socket};
            $socket->close;
        }
    }
    return;
}

# answers each turn of the client that is complete; false when the connection is to be closed
sub _talk
{
    my ($socket, $client, $script, $sessions) = @_;

    while (my $asked = _turn($client))
    {
        return 0 if $asked =~ /^X/s;
        next if $client->{stalled};
        $client->{script} //= do {
            my ($name) = $asked =~ /\0application_name\0([^\0]*)\0/;
            my @turns = $script->($name, ++$sessions->{$name});
            ref $turns[0] eq 'CODE' ? $turns[0] : sub { return @turns > 1 ? shift @turns : $turns[0] };
        };

        my $turn = $client->{script}->($asked);
        my ($bytes, $action) = ref $turn ? @$turn : ($turn, '');
        while (length $bytes)
        {
            my $written = $socket->syswrite($bytes) // return 0;
            substr $bytes, 0, $written, '';
        }
        return 0 if $action eq 'cut';
        $client->{stalled} = $action eq 'stall';
    }
    return 1;
}

# the bytes of the client's turn, if it is complete
sub _turn
{
    my ($client) = @_;
    my $p = 0;

    while (length $client->{in} >= $p + 5)
    {
        my $startup = !$client->{started};
        my $type = $startup ? '' : substr $client->{in}, $p, 1;
        my $next = $p + length($type) + unpack 'N', substr $client->{in}, $p + length $type, 4;

        last if $next > length $client->{in};
        $client->{started} = 1;
        $p = $next;
        return substr $client->{in}, 0, $p, '' if $startup || $type =~ /[QSX]/;
    }
    return;
}

=head2 stop()

=cut

sub stop
{
    my ($self) = @_;

    @running = grep { $_ != $self->{pid} } @running;
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
    return;
}

END
{
    my $status = $?;

    kill 'KILL', $_ foreach @running;
    $? = $status;
}

1;
