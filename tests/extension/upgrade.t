# Version 1.0, updated, is what a new installation makes; data and totals survive.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('upgrade');

# The lines that are in one list and not in the other.
sub differences
{
    my ($updated, $fresh) = @_;
    my %count;

    $count{$_}-- foreach @$updated;
    $count{$_}++ foreach @$fresh;
    return map { ($count{$_} < 0 ? 'only updated: ' : 'only fresh: ') . $_ } grep { $count{$_} != 0 } sort keys %count;
}

sub catalog
{
    my ($dbname) = @_;
    return [ split /\n/, $node->run_file($dbname, "$FindBin::RealBin/catalog.sql", 'postgres', '-A', '-t') ];
}

$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN');

foreach my $role (qw(postgres owner))
{
    $node->safe_psql('postgres', "CREATE DATABASE ${role}_$_ OWNER $role") foreach qw(fresh updated);
    my @as = (extra_params => [ '-U', $role ]);

    $node->safe_psql("${role}_fresh", 'CREATE EXTENSION volunteer', @as);
    $node->safe_psql("${role}_updated", q(CREATE EXTENSION volunteer VERSION '1.0'), @as);
    my @old = differences(catalog("${role}_updated"), catalog("${role}_fresh"));

    isnt("@old", '', "$role: 1.0 differs");
    $node->safe_psql("${role}_updated", 'ALTER EXTENSION volunteer UPDATE', @as);
    my $fresh = catalog("${role}_fresh");
    my @left = differences(catalog("${role}_updated"), $fresh);

    cmp_ok(scalar @$fresh, '>', 5000, "$role: the catalogs were read");
    is(join("\n", @left), '', "$role: updated, nothing differs");
}

$node->stop;
done_testing;
