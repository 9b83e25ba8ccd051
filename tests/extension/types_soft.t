# Errors of input that need not end the statement: pg_input_is_valid() and its
# kin from PostgreSQL 16 on, COPY that leaves out bad rows from 17 on. Before,
# the same input is refused with the same words.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('types_soft');
my $version = $node->safe_psql('postgres', 'SHOW server_version_num');

$node->safe_psql('postgres', 'CREATE EXTENSION volunteer; ALTER DATABASE postgres SET search_path = volunteer, public');

# Of each type a value, and one that is refused with its reason.
my %input = (
    citizen_id       => [ '11010519491231002X', '110105194912310021', 'invalid citizen_id at character 18: check character does not match' ],
    credit_code      => [ '91350100M000100Y43', '91350100M000100Y44', 'invalid credit_code at character 18: check character does not match' ],
    region_code      => [ '441402000000', '44140', 'invalid region_code at character 6: must have 2, 4, 6, 9 or 12 digits' ],
    volunteer_no     => [ 'V1100002201000004D', 'V1100002213000004D', 'invalid volunteer_no at character 10: no such month' ],
    certificate_code => [ '04HMASW9NF6YZZPWQAC7CN1J206', '04HMASW9NF6YZZPWQAC7CN1J207', 'invalid certificate_code at character 27: check character does not match' ],
    service_hours    => [ '2:30', '2:60', 'invalid service_hours at character 3: minutes are 00 to 59' ],
    occupancy        => [
        '{[2025-03-01 09:00,2025-03-01 11:30)}', '{[2025-03-01 09:00,2025-03-01 09:00)}',
        'invalid occupancy at character 2: each period ends after it starts and before the next one starts'
    ],
    star_rating      => [ '3', '六星', 'invalid star_rating at character 1: expected 0 to 5, 三星 or ★★★' ],
);

# The types of the extension, so that a new one is not forgotten.
is( $node->safe_psql('postgres', <<'SQL'), join(' ', sort keys %input), 'every type');
SELECT string_agg(typname, ' ' ORDER BY typname::text COLLATE "C") FROM pg_type
 WHERE typnamespace = 'volunteer'::regnamespace AND typtype = 'b' AND typelem = 0
SQL

foreach my $type (sort keys %input)
{
    my ($good, $bad, $message) = @{ $input{$type} };

    if ($version >= 160000)
    {
        is($node->safe_psql('postgres', "SELECT message, detail, hint, sql_error_code FROM pg_input_error_info('$bad', '$type')"),
            "$message|||22P02", "$type: the reason is returned");
        is($node->safe_psql('postgres', "SELECT pg_input_is_valid('$good', '$type'), pg_input_is_valid('$bad', '$type')"), 't|f',
            "$type: and whether there is one");
    }
    else
    {
        my (undef, undef, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT '$bad'::$type");
        like($error, qr/ERROR:  22P02: \Q$message\E\n/, "$type: the reason ends the statement");
        is($node->safe_psql('postgres', "SELECT '$good'::$type"), $good, "$type: unless there is none");
    }

    $node->safe_psql('postgres', "CREATE TABLE loaded (value $type)");
    my $options = $version >= 170000 ? '(ON_ERROR ignore)' : '';
    my (undef, undef, $error) = $node->psql('postgres', "COPY loaded FROM stdin $options;\n$good\n$bad\n\\.\n");
    my $loaded = $node->safe_psql('postgres', 'TABLE loaded');
    if ($version >= 170000)
    {
        is($loaded, $good, "$type: COPY leaves out the bad row");
    }
    else
    {
        like($error, qr/\Q$message\E/, "$type: COPY ends at the bad row");
        is($loaded, '', "$type: with no row loaded");
    }
    $node->safe_psql('postgres', 'DROP TABLE loaded');
}

$node->stop;
done_testing;
