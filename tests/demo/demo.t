# make demo and make demo-stop: what they leave running, what they say, what they leave behind.
use strict;
use warnings;
use FindBin;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use Test::More;

my $root = "$FindBin::RealBin/../..";
my $base = tempdir(CLEANUP => 1);
# As in a shell of a user: neither make's own settings nor the tests' private PostgreSQL.
delete @ENV{qw(MAKEFLAGS MAKELEVEL)};
$ENV{PATH} =~ s{[^:]*/[.]stage/bin:}{};

sub listener {
    return IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1:0') // die "no free port: $@\n";
}

my ($http_port, $pg_port) = map { $_->sockport } listener(), listener();

sub make {
    my ($target, %settings) = @_;
    my %all = (DEMO_DIR => "$base/demo", HTTP_PORT => $http_port, PG_PORT => $pg_port, %settings);
    local $ENV{http_proxy} = 'http://127.0.0.1:9'; # as offices have one, which does not lead to this machine
    my $output = `make -C '$root' --no-print-directory $target @{[ map { "$_='$all{$_}'" } sort keys %all ]} 2>&1`;
    return ($? >> 8, $output);
}

sub demo_env {
    my ($dir) = @_;
    open my $file, '<', "$dir/demo.env" or return {};
    return { map { /^([A-Z_]+)='(.*)'$/ } <$file> };
}

sub curl { return scalar `curl -sS @{[ map { "'$_'" } @_ ]}` }

sub pids {
    my ($dir) = @_;
    return map { open my $file, '<', "$dir/state/$_" or die "$dir/state/$_: $!\n"; <$file> =~ /^(\d+)/ }
        'data/postmaster.pid', 'nginx/nginx.pid';
}

# Those that still run; a process that nobody has reaped has no command line.
sub running {
    return grep { -e "/proc/$_" && `cat /proc/$_/cmdline 2>&1` ne '' } @_;
}

my ($status, $output) = make('demo');
is $status, 0, 'make demo succeeds' or BAIL_OUT($output);
my $env = demo_env("$base/demo");
for my $name (qw(CERTIFICATE_URL REVOKED_URL FORM_URL JWKS_URL)) {
    like $env->{$name}, qr{^http://127\.0\.0\.1:$http_port/}, "$name is on the loopback port";
    like $output, qr/\Q$env->{$name}\E/, "$name is printed";
}
like $output, qr/make demo-stop/, 'how to stop is printed';
is +(stat "$base/demo/demo.env")[2] & 0077, 0, 'demo.env holds a password and is private';

is decode_json(curl("$env->{CERTIFICATE_URL}.json"))->{status}, 'valid', 'the certificate is valid';
is decode_json(curl("$env->{REVOKED_URL}.json"))->{status}, 'revoked', 'the other one is revoked';
like curl($env->{FORM_URL}), qr/<form/, 'the form is there';
ok scalar @{ decode_json(curl($env->{JWKS_URL}))->{keys} }, 'the keys are there';
is `psql -XAtqc 'SELECT count(*) FROM registry.check_hours()' '$env->{DATABASE_URL}' 2>&1`, "0\n",
    'DATABASE_URL may administer, and every total is right';

my @first = pids("$base/demo");
is scalar running(@first), 2, 'both servers run';
($status, $output) = make('demo');
is $status, 0, 'a second make demo succeeds' or diag $output;
is_deeply [running(@first)], [], '... and has stopped the servers of the first';
is decode_json(curl(demo_env("$base/demo")->{CERTIFICATE_URL} . '.json'))->{status}, 'valid',
    '... and has a certificate of its own';

my $long = "$base/" . 'long' x 25;
for my $setting ([HTTP_PORT => $http_port], [PG_PORT => $pg_port]) {
    my ($name, $port) = @$setting;
    my $other = listener()->sockport;
    ($status, $output) = make('demo', DEMO_DIR => $long, HTTP_PORT => $other, PG_PORT => $other, $name => $port);
    isnt $status, 0, "make demo fails when $name is in use";
    like $output, qr/port $port is in use; choose another: make demo $name=/, '... and says so';
    ok !-e $long, '... and leaves nothing behind';
}

my @second = pids("$base/demo");
($status, $output) = make('demo-stop');
is $status, 0, 'make demo-stop succeeds' or diag $output;
is_deeply [running(@second)], [], '... and has stopped both servers';
ok !-e "$base/demo", '... and has removed everything';

for my $dir ($long, "$base/a city") {
    ($status, $output) = make('demo', DEMO_DIR => $dir);
    is $status, 0, "make demo succeeds in $dir, which is too long for a socket or has blanks" or diag $output;
    my ($command) = $output =~ /^SQL +(.*) && psql/m;
    is `$command && echo "\$FORM_URL"`, "http://127.0.0.1:$http_port/c/\n", '... and says where its settings are';
    my $elsewhere = readlink "$dir/state";
    ok defined $elsewhere && -d $elsewhere, '... with its state elsewhere';
    is +(stat $elsewhere)[2] & 0077, 0, '... which is private';
    make('demo-stop', DEMO_DIR => $dir);
    ok !-e $elsewhere && !-e $dir, '... and make demo-stop removes that as well';
}

# After a restart of the machine the system's nginx may have the number of the demo's.
mkdir $_ or die "$_: $!\n" for "$base/old", "$base/old/state", "$base/old/state/nginx";
symlink '/bin/sleep', "$base/nginx" or die "nginx: $!\n";
my $pid = fork // die "fork: $!\n";
exec "$base/nginx", '600' or die "nginx: $!\n" if $pid == 0;
for (['.volunteer-demo', ''], ['state/nginx/nginx.pid', "$pid\n"]) {
    my ($name, $content) = @$_;
    open my $file, '>', "$base/old/$name" or die "$name: $!\n";
    print $file $content;
}
is +(make('demo-stop', DEMO_DIR => "$base/old"))[0], 0, 'make demo-stop finds servers that ended without it';
is_deeply [running($pid)], [$pid], '... and stops no other nginx';
ok !-e "$base/old", '... and has removed everything';
kill TERM => $pid;
waitpid $pid, 0;

mkdir $_ or die "$_: $!\n" for "$base/mine", "$base/mine/state";
($status, $output) = make('demo', DEMO_DIR => "$base/mine");
isnt $status, 0, 'make demo refuses a directory that holds other files';
like $output, qr/holds other files/, '... and says so';
is +(make('demo-stop', DEMO_DIR => "$base/mine"))[0], 0, 'make demo-stop without a demo does nothing';
ok -d "$base/mine/state", '... to the files of others';

done_testing;
