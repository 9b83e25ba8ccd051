# Runs the pgTAP scripts of the registry, or those of the names given, in a freshly deployed database.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('registry_pgtap');

$node->deploy('registry');
$node->run_pgtap('registry', map { glob "$FindBin::RealBin/pgtap/$_.sql" } @ARGV ? @ARGV : '*');

done_testing;
