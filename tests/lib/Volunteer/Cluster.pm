package Volunteer::Cluster;

=head1 NAME

Volunteer::Cluster - a PostgreSQL::Test::Cluster with keys and the registry

=head1 SYNOPSIS

  my $node = Volunteer::Cluster->new('main', deployed => 1);
  $node->safe_psql('registry', 'SELECT ...');
  $node->run_pgtap('registry', glob 'pgtap/*.sql');

The superuser is C<postgres>, whoever runs the test.

=cut

use strict;
use warnings;

# By a test's name its clusters and its log are told apart, and two directories may have tests of the same name.
BEGIN { $0 =~ s{(\w+)/(\w+\.t)$}{$1/$1_$2} }

use Fcntl qw(LOCK_EX);
use File::Basename qw(basename dirname);
use File::Spec;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils ();
use TAP::Parser;
use Test::More;

our @ISA = ('PostgreSQL::Test::Cluster');

our $ROOT = File::Spec->rel2abs(dirname(__FILE__) . '/../../..');
our $ORIGIN = 'https://zyz.example.gov.cn';

$ENV{PGUSER} = 'postgres';

=head1 METHODS

=head2 new(name, deployed => 0, init => { ... }, conf => '...', start => 1)

An initialised cluster with a signing key, an identity key and a sealing key,
running unless C<start> is 0; if C<deployed>, with a database C<registry> that is
as deploy() leaves it. C<init> goes to the cluster's own init(), C<conf> to
postgresql.conf.

=cut

sub new
{
    my ($class, $name, %params) = @_;
    local $ENV{VOLUNTEER_CLUSTER} = $params{deployed} ? deployed_cluster() : $ENV{VOLUNTEER_CLUSTER};
    my $self = $class->SUPER::new($name);

    bless $self, $class;
    $self->init(%{ $params{init} // {} });
    $self->make_keys;
    $self->append_conf('postgresql.conf', <<"CONF");
log_statement = none
max_connections = 100
shared_buffers = 128MB
volunteer.signing_key_file = '@{[ $self->signing_key_file ]}'
volunteer.identity_key_file = '@{[ $self->identity_key_file ]}'
volunteer.sealing_key_file = '@{[ $self->sealing_key_file ]}'
@{[ $params{conf} // '' ]}
CONF
    $self->start if $params{start} // 1;
    return $self;
}

sub signing_key_file  { return $_[0]->basedir . '/keys/signing.pem' }
sub identity_key_file { return $_[0]->basedir . '/keys/identity.key' }
sub sealing_key_file  { return $_[0]->basedir . '/keys/sealing.keys' }

=head2 init(...)

The test library's own, with a copy of the cluster that scripts/prove.sh has
initialised once, where it would initialise another.

=cut

sub init
{
    my ($self, %params) = @_;
    my $run = \&PostgreSQL::Test::Utils::system_or_bail;

    no warnings 'redefine';
    local *PostgreSQL::Test::Utils::system_or_bail = sub {
        my ($program, @arguments) = @_;
        return $run->($program, @arguments) if $program ne 'initdb';
        return $run->('cp', '-a', $ENV{VOLUNTEER_CLUSTER}, $self->data_dir);
    };
    return $self->SUPER::init(%params);
}

=head2 deployed_cluster()

The directory of a cluster with a registry, for init() to copy: the first test of
a run that asks for it makes it, and others wait.

=cut

sub deployed_cluster
{
    my $made = "$ENV{VOLUNTEER_CLUSTER}.deployed";

    open my $lock, '>', "$made.lock" or die "$made.lock: $!";
    flock $lock, LOCK_EX or die "$made.lock: $!";
    return $made if -d $made;

    my $node = __PACKAGE__->new('deployed');
    $node->deploy('registry');
    $node->stop;
    # What is configured belongs to this test.
    PostgreSQL::Test::Utils::system_or_bail('cp', '-a', $node->data_dir, "$made.new");
    PostgreSQL::Test::Utils::system_or_bail('cp', "$ENV{VOLUNTEER_CLUSTER}/postgresql.conf", "$made.new");
    rename "$made.new", $made or die "$made: $!";
    return $made;
}

=head2 make_keys()

A P-256 private key, 32 random bytes as hexadecimal digits and as many more with
the number 1, readable by the server's user alone.

=cut

sub make_keys
{
    my ($self) = @_;
    my $umask = umask 0077;

    mkdir $self->basedir . '/keys';
    PostgreSQL::Test::Utils::system_or_bail(@$_) foreach (
        [
            'openssl', 'genpkey', '-quiet', '-algorithm', 'EC', '-pkeyopt',
            'ec_paramgen_curve:P-256', '-out', $self->signing_key_file
        ],
        [ 'openssl', 'rand', '-hex', '-out', $self->identity_key_file, '32' ]);
    my ($key) = PostgreSQL::Test::Utils::run_command([ 'openssl', 'rand', '-hex', '32' ]);
    PostgreSQL::Test::Utils::append_to_file($self->sealing_key_file, "1 $key\n");
    umask $umask;
    return;
}

=head2 deploy(dbname)

Creates the database and deploys the registry into it the way a database
administrator does: as C<deployer>, who is no superuser, in one transaction.

=cut

sub deploy
{
    my ($self, $dbname) = @_;

    $self->safe_psql('postgres', <<"SQL");
SELECT 'CREATE ROLE deployer LOGIN CREATEROLE' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'deployer') \\gexec
CREATE DATABASE $dbname OWNER deployer TEMPLATE template0 ENCODING 'UTF8';
ALTER DATABASE $dbname SET log_min_error_statement = 'panic';
SQL
    $self->run_file($dbname, "$ROOT/sql/install.sql", 'deployer', '--single-transaction');
    $self->safe_psql($dbname, "SELECT registry.set_origin('$ORIGIN')");
    return;
}

=head2 start_waiting(session, statement)

Starts a statement of a background session that has to wait for a lock of another
session, and returns when it does.

=cut

sub start_waiting
{
    my ($self, $session, $statement) = @_;
    my $pid = $session->query_safe('SELECT pg_backend_pid()');

    $session->query_until(qr/started/, "\\echo started\n$statement;\n");
    $self->poll_query_until('postgres', <<"SQL") or die 'the session does not wait';
SELECT bool_or(backend_type = 'client backend') FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids($pid))
SQL
    return;
}

=head2 meet(dbname, role, statement, other role, other statement)

Two who act at once: the first one's statement is done and its transaction held
open until the second one's waits for it, then committed. Returns what the
second one is told, with the name of the rule that refuses it.

=cut

sub meet
{
    my ($self, $dbname, @turns) = @_;
    my ($first, $second) = map {
        $self->background_psql($dbname, on_error_stop => 0, extra_params => [ '-U', $_, '-v', 'VERBOSITY=verbose' ])
    } @turns[ 0, 2 ];

    $first->query_safe("BEGIN; $turns[1]");
    $self->start_waiting($second, $turns[3]);
    $first->query_safe('COMMIT');
    my $told = $second->query('SELECT 1') . $second->{stderr};
    $_->quit foreach $first, $second;
    return $told;
}

=head2 run_file(dbname, file, user, psql options)

Runs a script with psql and bails out with its messages when it fails.

=cut

sub run_file
{
    my ($self, $dbname, $file, $user, @options) = @_;
    my $output;
    my $done = IPC::Run::run(
        [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', @options, '-d', $self->connstr($dbname),
            '-U', $user // 'postgres', '-f', $file ],
        '<', File::Spec->devnull, '>&', \$output);

    BAIL_OUT("$file failed:\n$output") unless $done;
    return $output;
}

=head2 run_pgtap(dbname, files)

Runs each pgTAP script as a subtest of its own: one line of ours for each line
of the script's, so that a failure is named where it happens.

=cut

sub run_pgtap
{
    my ($self, $dbname, @files) = @_;

    $self->safe_psql($dbname, 'CREATE EXTENSION IF NOT EXISTS pgtap');
    foreach my $file (sort @files)
    {
        my ($tap, $errors) = ('', '');

        IPC::Run::run(
            [ 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d',
                $self->connstr($dbname), '-f', $file ],
            '<', File::Spec->devnull, '>', \$tap, '2>', \$errors);
        my $status = $?;

        subtest basename($file) => sub {
            my $parser = TAP::Parser->new({ tap => $tap });

            while (my $line = $parser->next)
            {
                if ($line->is_test)
                {
                    ok($line->is_ok, $line->description =~ s/^- //r);
                }
                elsif ($line->is_comment || $line->is_unknown)
                {
                    diag($line->as_string) if $line->as_string =~ /\S/;
                }
            }
            is($status, 0, 'psql reached the end') or diag($errors);
            is_deeply([ $parser->parse_errors ], [], 'as many tests as planned');
        };
    }
    return;
}

1;
