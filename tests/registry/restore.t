# A registry that was restored is the registry: hours, stars and certificates are
# what they were, and it goes on.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Sample;

my $node = Volunteer::Cluster->new('restore');
my $sample = Volunteer::Sample->new($node);
my $dump = $node->basedir . '/registry.dump';

sub nothing_to_find
{
    my ($name) = @_;

    is($sample->sql('SELECT count(*) FROM registry.check_hours()'), '0', "$name: hours");
    return is($sample->sql('SELECT count(*) FROM registry.check_certificates()'), '0', "$name: certificates");
}

my $code = $sample->issue('测小甲');
my $hours = $sample->sql('SELECT * FROM registry.volunteer_hours ORDER BY volunteer_id');
my $months = $sample->sql('SELECT * FROM registry.organization_month ORDER BY organization_id, month');

like($hours, qr/\d:\d\d/, 'there are hours');
nothing_to_find('the original');
command_ok([ 'pg_dump', '-Fd', '-f', $dump, '-d', $node->connstr('registry') ], 'dump');

my %next = (postgres => '试乙', deployer => '验丙丙丁');

foreach my $role (sort keys %next)
{
    $node->safe_psql('postgres', "DROP DATABASE registry; CREATE DATABASE registry OWNER deployer TEMPLATE template0 ENCODING 'UTF8'");
    command_ok([ 'pg_restore', '--exit-on-error', '-j', '2', '-U', $role, '-d', $node->connstr('registry'), $dump ], "restore as $role");
    is($sample->sql('SELECT * FROM registry.volunteer_hours ORDER BY volunteer_id'), $hours, "$role: the hours");
    is($sample->sql('SELECT * FROM registry.organization_month ORDER BY organization_id, month'), $months, "$role: the months");
    is($sample->sql("SELECT count(*) FROM registry.certificate c WHERE c.code::text = '$code'"), '1', "$role: the certificate");
    $sample->issue($next{$role});
    nothing_to_find($role);
}

$node->stop;
done_testing;
