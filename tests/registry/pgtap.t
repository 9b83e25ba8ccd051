# Runs the pgTAP scripts of the registry in a freshly deployed database.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('registry_pgtap');

$node->deploy('registry');
$node->run_pgtap('registry', glob "$FindBin::RealBin/pgtap/*.sql");

done_testing;
