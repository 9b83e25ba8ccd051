# Status lists as zlib reads them: every entry, at every place in a byte.

use strict;
use warnings;

use Compress::Zlib qw(uncompress);
use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::RealBin/../lib";
use MIME::Base64 qw(decode_base64url);
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('status_list');

$node->safe_psql('postgres', 'CREATE EXTENSION volunteer');

sub entries
{
    my ($arguments) = @_;
    my $list = decode_json($node->safe_psql('postgres', "SELECT volunteer.status_list($arguments)"));
    my $bytes = uncompress(decode_base64url($list->{lst}));

    is($list->{bits}, 2, 'two bits an entry');
    return map { my $byte = $_; map { $byte >> 2 * $_ & 3 } 0 .. 3 } unpack 'C*', $bytes;
}

is(join('', entries(q(8, '{0,1,2,3,7}', '{1,2,3,0,3}'))), '12300003', 'the first entry is in the lowest bits');
is(join('', entries(q(12, '{0,1,2,3,4,5,6,7,8,9,10,11}', '{1,2,0,3,0,1,0,1,1,2,3,3}'))),
    join('', map { my $byte = $_; map { $byte >> 2 * $_ & 3 } 0 .. 3 } unpack 'C*', uncompress(decode_base64url('eNo76fITAAPfAgc'))),
    'the list of the draft, section 4.1');

my @expected = map { $_ * $_ % 7 % 4 } 0 .. 131_071;
my @read = entries(q((SELECT 131072), ARRAY(SELECT generate_series(0, 131071)),
    ARRAY(SELECT (i * i % 7 % 4)::integer FROM generate_series(0::bigint, 131071) AS i)));

is(scalar(@read), 131_072, 'a full list');
ok(join('', @read) eq join('', @expected), 'has each status in its place');

$node->stop;
done_testing;
