# Runs the pgTAP scripts of the extension, or those of the names given, in a database that holds nothing else.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('extension_pgtap');

$node->safe_psql('postgres', 'CREATE EXTENSION volunteer');
$node->run_pgtap('postgres', map { glob "$FindBin::RealBin/pgtap/$_.sql" } @ARGV ? @ARGV : '*');

done_testing;
