package Volunteer::Nginx;

=head1 NAME

Volunteer::Nginx - an nginx with the certificate desk, for one test

=head1 SYNOPSIS

  my $nginx = Volunteer::Nginx->new('desk', database => $conninfo, keys => $jwks_file);
  my $response = $nginx->get("/c/$code.json");
  $nginx->reload;
  $nginx->stop;

It runs as whoever runs the test, on a free port of the loopback interface.
Requests are HTTP::Tiny's, responses its hashes; redirects are not followed.

=cut

use strict;
use warnings;

use File::Path qw(make_path);
use HTTP::Tiny;
use IO::Socket::INET;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

$ENV{PATH} .= ':/usr/sbin:/usr/local/sbin';

my @running;

=head1 METHODS

=head2 new(name, database => conninfo, keys => file, ...)

A running nginx. Also: C<database_options> (further arguments of
C<volunteer_database>), C<origin>, C<pages>, C<workers> (1), C<worker_connections> (512), C<http>, C<server> and C<main>
(lines for those blocks), C<start> (0: only written, not started), C<under> (a command to run nginx under).

=cut

sub new
{
    my ($class, $name, %params) = @_;
    my $self = bless {
        name => $name,
        dir => PostgreSQL::Test::Utils::tempdir("nginx_$name"),
        port => PostgreSQL::Test::Cluster::get_free_port(),
        under => $params{under} // [],
        log => "$PostgreSQL::Test::Utils::log_path/nginx_${name}_$$.log",
        http => HTTP::Tiny->new(max_redirect => 0, timeout => 30, keep_alive => 0), # a worker that leaves closes idle connections
    }, $class;

    make_path("$self->{dir}/logs");
    $self->configure(%params);
    $self->start if $params{start} // 1;
    return $self;
}

sub dir  { return $_[0]->{dir} }
sub port { return $_[0]->{port} }
sub url  { return "http://127.0.0.1:$_[0]->{port}$_[1]" }

=head2 configure(...)

Writes the configuration anew, with the parameters of new(). A running nginx
takes it up with reload().

=cut

sub configure
{
    my ($self, %params) = @_;
    my $dir = $self->{dir};
    my $origin = $params{origin} // 'https://zyz.example.gov.cn';
    my $pages = $params{pages} // $ENV{VOLUNTEER_PAGES};
    my $workers = $self->{next_workers} = $params{workers} // 1;
    my $options = $params{database_options} // '';
    my $temp = join '', map { "    ${_}_temp_path $dir/$_;\n" } qw(client_body proxy fastcgi uwsgi scgi);

    PostgreSQL::Test::Utils::append_to_file("$dir/nginx.conf.new", <<"CONF");
load_module $ENV{VOLUNTEER_MODULE};
@{[ $params{main} // '' ]}
worker_processes $workers;
worker_rlimit_nofile 4096;
pid $dir/nginx.pid;
error_log $self->{log} notice;
events {
    worker_connections @{[ $params{worker_connections} // 512 ]};
}
http {
    log_format desk '\$request_method \$volunteer_code_prefix \$volunteer_verdict \$status';
    access_log $dir/access.log desk;
$temp
    volunteer_database "$params{database}" $options;
    volunteer_keys $params{keys};
    volunteer_origin $origin;
    volunteer_pages $pages;
    @{[ $params{http} // '' ]}
    server {
        listen 127.0.0.1:$self->{port};
        location / { return 404; }
        location = /status { stub_status; }
        location = /metrics { volunteer_metrics; }
        location /c/ { volunteer_certificate; }
        location = /n/ { volunteer_by_number; }
        location /s/ { volunteer_status_list; }
        location = /.well-known/jwks.json { volunteer_jwks; }
        location = /.well-known/jwt-vc-issuer { volunteer_issuer_metadata; }
        location = /vct/volunteer-service/1 { volunteer_type_metadata; }
        @{[ $params{server} // '' ]}
    }
}
CONF
    rename "$dir/nginx.conf.new", "$dir/nginx.conf" or die "nginx.conf: $!";
    return;
}

sub _command
{
    my ($self) = @_;
    return ('nginx', '-p', $self->{dir}, '-c', "$self->{dir}/nginx.conf");
}

=head2 messages(), refusal()

What nginx says about its configuration; the same when it does not take it,
else empty.

=cut

sub _check
{
    my ($self) = @_;
    my ($out, $err) = ('', '');
    my $taken = IPC::Run::run([ $self->_command, '-t' ], '<', File::Spec->devnull, '>', \$out, '2>', \$err);

    return ($taken, $err);
}

sub messages { my ($taken, $messages) = $_[0]->_check; return $messages }
sub refusal  { my ($taken, $messages) = $_[0]->_check; return $taken ? '' : $messages }

=head2 start(), reload(), stop()

start() and reload() return when only the new workers answer. stop() lets them
finish, then tests that the error log has no [alert], [crit] or [emerg] but
those that match stop(expected): call it before done_testing().

=cut

sub start
{
    my ($self) = @_;

    PostgreSQL::Test::Utils::system_or_bail(@{ $self->{under} }, $self->_command);
    $self->{workers} = $self->{next_workers};
    push @running, $self;
    return;
}

sub reload
{
    my ($self) = @_;
    my $leaving = sub { return scalar(() = $self->error_log =~ /gracefully shutting down/g) };
    my $expected = $leaving->() + $self->{workers};

    kill 'HUP', $self->_pid;
    $self->wait_until('the old workers to leave', sub { $leaving->() == $expected });
    $self->{workers} = $self->{next_workers};
    return;
}

sub stop
{
    my ($self, $expected) = @_;
    my $pid = $self->_pid;

    kill 'QUIT', $pid;
    $self->wait_until('the end of nginx', sub { !kill 0, $pid });
    @running = grep { $_ != $self } @running;
    is($self->alarms($expected), '', "$self->{name}: no alert in the error log");
    return;
}

sub _pid
{
    my ($self) = @_;
    chomp(my $pid = PostgreSQL::Test::Utils::slurp_file("$self->{dir}/nginx.pid"));
    return $pid;
}

sub error_log  { return PostgreSQL::Test::Utils::slurp_file($_[0]->{log}) }
sub access_log { return PostgreSQL::Test::Utils::slurp_file("$_[0]->{dir}/access.log") }

sub alarms
{
    my ($self, $expected) = @_;
    return join "\n", grep { /\[(?:alert|crit|emerg)\]|Sanitizer|runtime error:/ && !($expected && /$expected/) }
        split /\n/, $self->error_log;
}

END
{
    my $status = $?;

    foreach my $self (@running)
    {
        diag("$self->{name}: nginx was not stopped by its test");
        kill 'TERM', $self->_pid;
        $status ||= 1;
    }
    $? = $status;
}

=head2 get(path, headers), head(path, headers), post(path, form, headers), request(method, path, options)

=cut

sub get  { my ($self, $path, %headers) = @_; return $self->request('GET', $path, { headers => \%headers }) }
sub head { my ($self, $path, %headers) = @_; return $self->request('HEAD', $path, { headers => \%headers }) }

sub post
{
    my ($self, $path, $form, %headers) = @_;
    return $self->request('POST', $path,
        { headers => { 'Content-Type' => 'application/x-www-form-urlencoded', %headers }, content => $form });
}

sub request
{
    my ($self, $method, $path, $options) = @_;
    return $self->{http}->request($method, $self->url($path), $options // {});
}

=head2 raw(bytes), begin(bytes), end(socket), ask(path)

raw() sends the bytes on a connection of its own and returns all that comes
back until nginx closes it. begin() only sends and returns the socket, end()
receives. ask() is begin() with a GET of the path.

=cut

sub raw { my ($self, $bytes) = @_; return $self->end($self->begin($bytes)) }

sub begin
{
    my ($self, $bytes) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 30)
        // die "no connection to nginx: $@";

    local $SIG{PIPE} = 'IGNORE';
    $socket->syswrite($bytes);
    return $socket;
}

sub end
{
    my ($self, $socket) = @_;
    my $answer = '';

    1 while $socket->sysread($answer, 65536, length $answer);
    return $answer;
}

sub ask
{
    my ($self, $path) = @_;
    return $self->begin("GET $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
}

=head2 in_progress()

How many requests nginx has read and not answered.

=cut

sub in_progress
{
    my ($self) = @_;
    my ($writing) = $self->get('/status')->{content} =~ /Writing: (\d+)/;
    return $writing - 1;
}

=head2 metrics()

What volunteer_metrics says: a hash of numbers by name and labels.

=cut

sub metrics
{
    my ($self) = @_;
    return { $self->get('/metrics')->{content} =~ /^(volunteer_\S+) (\S+)$/mg };
}

=head2 master(), worker(), descriptors(pid), memory(pid)

Process ids, of the worker that was started last; how many files a process has
open; its resident memory in kilobytes.

=cut

sub master { return $_[0]->_pid }

sub worker
{
    my ($self) = @_;
    my $pid;

    # The port is open before there is a worker.
    $self->wait_until('a worker', sub { $pid = ($self->error_log =~ /start worker process (\d+)/g)[-1] });
    return $pid;
}

sub descriptors { return scalar(() = glob "/proc/$_[1]/fd/*") }
sub memory      { return (PostgreSQL::Test::Utils::slurp_file("/proc/$_[1]/status") =~ /^VmRSS:\s*(\d+)/m)[0] }

=head2 wait_until(what, condition)

Polls until the condition holds; bails out after three minutes.

=cut

sub wait_until
{
    my ($self, $what, $condition) = @_;

    for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
    {
        return if $condition->();
        sleep 0.1;
    }
    BAIL_OUT("$self->{name}: waited in vain for $what");
}

1;
