package Volunteer::Desk;

=head1 NAME

Volunteer::Desk - schema verify as the nginx module sees it, for tests of the module

=head1 SYNOPSIS

  my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('main'));
  my $code = $desk->issue('revoked', 'issued_in_error');
  my $nginx = Volunteer::Nginx->new('main', database => $desk->conninfo, keys => $desk->keys);

=cut

use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Utils;
use Volunteer::Cluster;

sub new
{
    my ($class, $node) = @_;
    my $self = bless { node => $node }, $class;

    $node->safe_psql('postgres', "CREATE DATABASE desk TEMPLATE template0 ENCODING 'UTF8'");
    $node->run_file('desk', "$Volunteer::Cluster::ROOT/tests/nginx/desk.sql");
    $self->{keys} = $self->write_keys('jwks.json', $self->sql('SELECT volunteer.signing_public_key()'));
    return $self;
}

=head1 METHODS

=head2 conninfo(options), tls_conninfo(), keys(), write_keys(name, jwk, ...)

A connection string of the role that may look up; one that takes TLS and SCRAM,
for which the server is restarted; the file of pinned keys; another file of pinned
keys, made of JWKs.

=cut

sub conninfo
{
    my ($self, @options) = @_;
    my $node = $self->{node};
    return join ' ', 'host=' . $node->host, 'port=' . $node->port, 'dbname=desk user=registry_verifier', @options;
}

sub tls_conninfo
{
    my ($self) = @_;
    my $node = $self->{node};
    my ($certificate, $key) = map { $node->basedir . "/keys/server.$_" } qw(crt key);

    PostgreSQL::Test::Utils::system_or_bail('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
        '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', $key, '-out', $certificate);
    chmod 0600, $key;
    $self->sql("ALTER ROLE registry_verifier PASSWORD 'secret'");
    $node->append_conf('postgresql.conf',
        "listen_addresses = '127.0.0.1'\nssl = on\nssl_cert_file = '$certificate'\nssl_key_file = '$key'\n");
    # The first line that fits counts.
    my $hba = $node->data_dir . '/pg_hba.conf';
    my $trust = PostgreSQL::Test::Utils::slurp_file($hba);
    unlink $hba;
    $node->append_conf('pg_hba.conf', "hostssl desk registry_verifier 127.0.0.1/32 scram-sha-256\n$trust");
    $node->restart;

    return join ' ', 'host=127.0.0.1 port=' . $node->port, 'dbname=desk user=registry_verifier password=secret',
        "sslmode=verify-full sslrootcert=$certificate channel_binding=require";
}

sub keys { return $_[0]->{keys} }

sub write_keys
{
    my ($self, $name, @jwks) = @_;
    my $file = $self->{node}->basedir . "/$name";

    PostgreSQL::Test::Utils::append_to_file($file, '{"keys":[' . join(',', @jwks) . ']}');
    return $file;
}

=head2 sql(text), issue(status, reason)

sql() runs as superuser. issue() stores a signed certificate and returns its code.

=cut

sub sql { my ($self, $text) = @_; return $self->{node}->safe_psql('desk', $text) }

sub issue
{
    my ($self, $status, $reason) = @_;
    my $arguments = join ', ', map { defined $_ ? "'$_'" : 'NULL' } $status // 'valid', $reason;
    return $self->sql("SELECT verify.issue($arguments)");
}

=head2 other_key()

The path of another private key and its JWK.

=cut

sub other_key
{
    my ($self) = @_;
    my $file = $self->{node}->basedir . '/keys/other.pem';
    my $umask = umask 0077;

    PostgreSQL::Test::Utils::system_or_bail('openssl', 'genpkey', '-quiet', '-algorithm', 'EC', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-out', $file);
    umask $umask;
    return ($file, $self->sql("SET volunteer.signing_key_file = '$file'; SELECT volunteer.signing_public_key()"));
}

=head2 block(statement), release(), kill_blocker()

block() makes lookups wait, until release(), for the lock that the statement
takes: of their table, unless it is another; kill_blocker() is for a server that
is about to stop.

=cut

sub block
{
    my ($self, $statement) = @_;
    my ($in, $out) = ('BEGIN; ' . ($statement // 'LOCK TABLE verify.row') . ";\n\\echo blocked\n", '');

    $self->{blocker} = IPC::Run::start(
        [ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', $self->{node}->connstr('desk') ],
        '<', \$in, '>', \$out, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
    $self->{blocker}->pump until $out =~ /blocked/;
    $self->{blocker_in} = \$in;
    return;
}

sub release
{
    my ($self) = @_;

    ${ $self->{blocker_in} } = "COMMIT;\n";
    $self->{blocker}->finish;
    return;
}

sub kill_blocker
{
    my ($self) = @_;

    $self->{blocker}->kill_kill;
    return;
}

=head2 count_lookups(), lookups()

count_lookups() makes the database count; lookups() says how many statements
have looked codes up since it was last asked. A lookup that has read its rows
waits for whoever holds the advisory lock 1.

=cut

sub count_lookups
{
    my ($self) = @_;

    $self->sql(<<'SQL');
CREATE SEQUENCE verify.lookups MINVALUE 0 START 0;
SELECT nextval('verify.lookups');
CREATE OR REPLACE FUNCTION verify.certificates(codes text[])
    RETURNS TABLE (code text, status text, status_since timestamptz, reason text, token text, checked_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF NOT pg_is_in_recovery() THEN
        PERFORM nextval('verify.lookups');
    END IF;
    RETURN QUERY
        SELECT r.code, r.status, r.status_since, r.reason, r.token, statement_timestamp()
        FROM verify.row r
        WHERE r.code = ANY (codes);
    PERFORM pg_advisory_xact_lock_shared(1);
END
$$;
SQL
    $self->{lookups} = 0;
    return;
}

sub lookups
{
    my ($self) = @_;
    my $before = $self->{lookups};

    $self->{lookups} = $self->sql('SELECT last_value FROM verify.lookups');
    return $self->{lookups} - $before;
}

=head2 waiting(), sessions(), terminate()

How many lookups PostgreSQL is holding back, how many sessions nginx has, how
many of them terminate() has ended.

=cut

sub waiting
{
    my ($self) = @_;
    return $self->sql("SELECT count(*) FROM pg_stat_activity"
          . " WHERE usename = 'registry_verifier' AND wait_event_type = 'Lock'");
}

sub sessions
{
    my ($self) = @_;
    return $self->sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'registry_verifier'");
}

sub terminate
{
    my ($self) = @_;
    return $self->sql("SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 60000))"
          . " FROM pg_stat_activity WHERE usename = 'registry_verifier'");
}

1;
