# The sample city: sound, the same from the same seed, and how well the reports of the auditor tell fraud from what looks like it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('city');

sub build
{
    my ($dbname, %settings) = @_;

    $node->deploy($dbname);
    return $node->run_file($dbname, "$Volunteer::Cluster::ROOT/tests/city/city.sql", 'postgres',
        map { ('-v', "$_=$settings{$_}") } sort keys %settings);
}

# Who registered when, and what was recorded for them, without the numbers that the database hands out.
my $contents = <<'SQL';
SELECT md5(string_agg(row::text, '' ORDER BY row::text COLLATE "C")) FROM (
    SELECT v.volunteer_no, v.registered_on, p.name, o.name, r.period, r.entry_method, r.status
    FROM registry.volunteer v
    JOIN registry.person p ON p.person_id = v.person_id
    JOIN registry.organization o ON o.organization_id = v.organization_id
    LEFT JOIN registry.service_record r ON r.volunteer_id = v.volunteer_id) AS row
SQL

build('city');
is($node->safe_psql('city', 'SELECT kind, object FROM registry.check_integrity() LIMIT 10'), '', 'what was loaded keeps every rule');
is($node->safe_psql('city', "SELECT count(*) FILTER (WHERE kind = 'unit'), count(*) FILTER (WHERE kind = 'community') FROM city.body"),
    '164|213', '164 units and 213 communities');
is($node->safe_psql('city', 'SELECT count(DISTINCT unit_id), count(DISTINCT partner_id) FROM registry.pairing'),
    '164|213', '... are paired');

is($node->safe_psql('city',
    "SELECT count(*) FROM city.volunteer v JOIN registry.region r ON r.code::text = rpad(left(v.citizen_id, 6), 12, '0')"),
    '0', 'all identity numbers are of a county that does not exist');

# Kind of fraud => the share of what is listed that is fraud, at least; what is fraud is always listed.
my %precision = (
    'abnormal hours' => 0.75,
    'claimed twice' => 0.8,
    'copied lists' => 0.75,
    'entered late' => 0.75,
    'hasty review' => 1,
    'missing sign-outs' => 1,
    'mutual review' => 1,
    'never served' => 1,
    'not service' => 0.8,
    'registered twice' => 0.85,
    'sold hours' => 0.85,
    'untrained posts' => 0.65,
    'used evidence' => 0.85,
    'working time' => 1,
);
my %score = map { my ($kind, @row) = split /\|/; ($kind => \@row) } split /\n/, $node->safe_psql('city', 'SELECT * FROM city.score');
is_deeply([ sort keys %score ], [ sort keys %precision ], 'each kind of fraud is planted and scored');
note(sprintf '%-22s%8s%8s%8s%8s%11s%8s', qw(fraud planted alike listed right precision recall));
foreach my $kind (sort keys %score)
{
    my ($planted, $alike, $listed, $right, $precision, $recall) = @{ $score{$kind} };

    note(sprintf '%-22s%8s%8s%8s%8s%11s%8s', $kind, $planted, $alike, $listed, $right, $precision, $recall);
    is($recall, '1.00', "$kind: all are listed");
    cmp_ok($precision, '>=', $precision{$kind}, "$kind: few others are");
}

# Names and birthdays are drawn for each volunteer, whatever the size of the city.
my $people = 'SELECT string_agg(name || born || body_no, $$ $$ ORDER BY n) FROM city.volunteer WHERE n <= 300';
my %small = (volunteers => 300, months => 3, seed => 7);
build('once', %small);
build('again', %small);
is($node->safe_psql('again', $contents), $node->safe_psql('once', $contents), 'the same seed makes the same city');
isnt($node->safe_psql('once', $people), $node->safe_psql('city', $people), 'another seed makes another');

done_testing();
