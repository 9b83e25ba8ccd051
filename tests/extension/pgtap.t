# Runs the pgTAP scripts of the extension in a database that holds nothing else.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('extension_pgtap');

$node->safe_psql('postgres', 'CREATE EXTENSION volunteer');
$node->run_pgtap('postgres', glob "$FindBin::RealBin/pgtap/*.sql");

done_testing;
