package Volunteer::Sample;

=head1 NAME

Volunteer::Sample - a deployed registry in which certificates can be issued

=head1 SYNOPSIS

  my $sample = Volunteer::Sample->new(Volunteer::Cluster->new('main', deployed => 1));
  my $code = $sample->issue('测小甲');
  my $nginx = Volunteer::Nginx->new('main', database => $sample->conninfo, keys => $sample->keys);

The people, bodies and staff are those of tests/registry/certificate_sample.sql.

=cut

use strict;
use warnings;
use utf8;

use Encode qw(encode_utf8);
use PostgreSQL::Test::Utils;
use Volunteer::Cluster;

=head1 METHODS

=head2 new(node, origin)

=cut

sub new
{
    my ($class, $node, $origin) = @_;
    my $self = bless { node => $node }, $class;

    $self->sql("SELECT registry.set_origin('$origin')") if $origin;
    $node->run_file('registry', "$Volunteer::Cluster::ROOT/tests/registry/certificate_sample.sql");
    $self->sql(q{SELECT registry.appoint_staff('sample_issuer', organization_id, 'issuer')
        FROM registry.organization WHERE name = '示例街道志愿服务站'});
    return $self;
}

=head2 sql(text), refusal(text)

sql() runs as superuser, or as whom the text sets, and returns what psql
prints. refusal() returns the error of a text that must fail.

=cut

sub sql { my ($self, $text) = @_; return $self->{node}->safe_psql('registry', encode_utf8($text)) }

sub refusal
{
    my ($self, $text) = @_;
    my ($status, $out, $err) = $self->{node}->psql('registry', encode_utf8($text));
    return $status ? $err : 'accepted';
}

=head2 issue_statement(name), issue(name), revoke(code, reason)

A certificate over all of last year for the person of that name, by the
issuer of the sample.

=cut

sub issue_statement
{
    my ($self, $name) = @_;
    my $number = $self->sql(
        "SELECT volunteer_no FROM registry.volunteer JOIN registry.person USING (person_id) WHERE name = '$name'");
    my $body = $self->sql("SELECT organization_id FROM registry.organization WHERE name = '示例街道志愿服务站'");
    my $year = $self->sql('SELECT extract(year FROM registry.today()) - 1');
    return "SELECT registry.issue_certificate('$number', $body, '[$year-01-01,$year-12-31]', '负责人')";
}

sub issue
{
    my ($self, $name) = @_;
    return $self->sql('SET SESSION AUTHORIZATION sample_issuer; ' . $self->issue_statement($name));
}

sub revoke
{
    my ($self, $code, $reason) = @_;
    return $self->sql("SET SESSION AUTHORIZATION sample_issuer;"
          . " SELECT registry.revoke_certificate('$code', '$reason')");
}

=head2 token(code)

=cut

sub token
{
    my ($self, $code) = @_;
    return $self->sql("SELECT token FROM registry.certificate c WHERE c.code::text = '$code'");
}

=head2 conninfo(), keys()

A connection string of the role that may look up; a file with the key set.

=cut

sub conninfo
{
    my ($self) = @_;
    my $node = $self->{node};
    return join ' ', 'host=' . $node->host, 'port=' . $node->port, 'dbname=registry user=sample_verifier';
}

sub keys
{
    my ($self) = @_;
    my $file = $self->{node}->basedir . '/jwks.json';

    unlink $file;
    PostgreSQL::Test::Utils::append_to_file($file, $self->sql('SELECT verify.public_keys()'));
    return $file;
}

1;
