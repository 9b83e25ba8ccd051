# The binary form of the types: COPY brings back what it wrote, and a value that
# the text form would refuse is refused in binary as well.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('types_binary');
my $dir = PostgreSQL::Test::Utils::tempdir;

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION volunteer;
CREATE TABLE original (
    citizen_id volunteer.citizen_id, credit_code volunteer.credit_code, region_code volunteer.region_code,
    volunteer_no volunteer.volunteer_no, certificate_code volunteer.certificate_code,
    service_hours volunteer.service_hours, star_rating volunteer.star_rating, occupancy volunteer.occupancy);
INSERT INTO original VALUES
    ('11010519491231002X', '91350100M000100Y43', '441900003001', 'V1100002201000004D', '04HMASW9NF6YZZPWQAC7CN1J206',
     '2:30', '5', '{[2025-03-01 09:00,2025-03-01 11:30),[2025-03-01 11:30,2025-03-01 12:00)x2}'),
    ('911124198108030024', '51441400MJ0000018H', '82', 'V1100002201000004D', 'ZZZZZZZZZZZZZZZZZZZZZZZZZWH',
     '-153722867280912930:08', '0', '{}'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE copied (LIKE original);
SQL

$node->safe_psql('postgres', <<"SQL");
COPY original TO '$dir/original' (FORMAT binary);
COPY copied FROM '$dir/original' (FORMAT binary);
SQL
is( $node->safe_psql('postgres', 'SELECT * FROM copied'),
    $node->safe_psql('postgres', 'SELECT * FROM original'),
    'what binary COPY writes it reads');

# refused(TYPE, EXPRESSION, ERROR): the bytes of the expression's value, sent as a value of the type.
sub refused
{
    my ($type, $expression, $error) = @_;
    my (undef, undef, $errors) = $node->psql('postgres', <<"SQL");
\\set VERBOSITY verbose
COPY (SELECT $expression) TO '$dir/hostile' (FORMAT binary);
COPY copied ($type) FROM '$dir/hostile' (FORMAT binary);
SQL
    like($errors, qr/ERROR:  \Q$error\E/, "$type: $expression");
    return;
}

# With the check characters taken from the digits, only these can be wrong.
refused('citizen_id', '-1::bigint', '22P03: invalid binary citizen_id at character 1: must have 18 characters');
refused('citizen_id', '100000000000000000::bigint', '22P03: invalid binary citizen_id at character 1: must have 18 characters');
refused('citizen_id', '10010519491231002::bigint', '22P03: invalid binary citizen_id at character 1: no such place');
refused('citizen_id', '11010519490229002::bigint', '22P03: invalid binary citizen_id at character 7: no such date');
refused('region_code', '-1::bigint', '22P03: invalid binary region_code at character 1: must have 2, 4, 6, 9 or 12 digits');
refused('region_code', '1000000000000::bigint', '22P03: invalid binary region_code at character 1: must have 2, 4, 6, 9 or 12 digits');
refused('region_code', '830000000000::bigint', '22P03: invalid binary region_code at character 1: no such province');
refused('volunteer_no', '-1::bigint', '22P03: invalid binary volunteer_no at character 1: must have 18 characters');
refused('volunteer_no', '10000000000000000::bigint', '22P03: invalid binary volunteer_no at character 1: must have 18 characters');
refused('volunteer_no', '8300002201000004::bigint', '22P03: invalid binary volunteer_no at character 2: no such province');
refused('volunteer_no', '1100002213000004::bigint', '22P03: invalid binary volunteer_no at character 10: no such month');
refused('credit_code', q{'91350200M000000510'::bytea}, '22P03: invalid binary credit_code at character 18: check character does not match');
refused('credit_code', q{'91350200M0000005\\000'::bytea || '0'}, '22P03: invalid binary credit_code at character 17: not a digit or letter of the code');
refused('star_rating', q{'\\x06'::bytea}, '22P03: invalid binary star_rating at character 1: expected 0 to 5');
refused('star_rating', q{'\\xff'::bytea}, '22P03: invalid binary star_rating at character 1: expected 0 to 5');
refused('star_rating', q{'\\x0000'::bytea}, '22P03: incorrect binary data format');
refused('service_hours', q{'\\x000000000000000000'::bytea}, '22P03: incorrect binary data format');
refused('certificate_code', q{'\\x0000000000000000000000000000000000'::bytea}, '22P03: incorrect binary data format');

# Steps are 2 * minute + 1 for a start, 2 * minute for an end.
refused('occupancy', join(' || ', map { "int4send($_)" } @$_), '22P03: invalid binary occupancy')
    foreach [1], [0], [ 3, 0 ], [ 2, 3 ], [ 1, 3 ], [ 2, 4 ], [ -2147483647, 0 ], [ 1, 2147483646 ];
refused('occupancy', q{'\\x000000'::bytea}, '22P03: incorrect binary data format');

# The server's word for too few bytes.
refused($_, q{''::bytea}, '08P01: ')
    foreach qw(citizen_id credit_code region_code volunteer_no certificate_code service_hours star_rating);

is($node->safe_psql('postgres', 'SELECT count(*) FROM copied'), '3', 'nothing of it came in');

# Nor has a database in another encoding the types at all: their texts are UTF-8.

$node->safe_psql('postgres', q(CREATE DATABASE chinese TEMPLATE template0 ENCODING 'EUC_CN' LOCALE 'C'));
my (undef, undef, $stderr) = $node->psql('chinese', 'CREATE EXTENSION volunteer');
like($stderr, qr/extension volunteer needs a database encoded in UTF8/, 'the extension refuses another encoding');

$node->stop;
done_testing;
