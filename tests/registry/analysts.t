# What an analyst of one district is told: every report that names no region says of the whole city what it would say if there
# were nothing but the bodies of that district.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('analysts', deployed => 1);

$node->run_file('registry', "$FindBin::RealBin/analysts_sample.sql");

# The first district by itself.
$node->safe_psql('postgres', 'CREATE DATABASE district TEMPLATE registry');
$node->safe_psql('district', <<'SQL');
SET session_replication_role = replica;
SELECT format('DELETE FROM %s WHERE organization_id NOT IN (101, 111)', c.oid::regclass)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
\gexec
DELETE FROM registry.audit_log WHERE person_id NOT IN (SELECT person_id FROM registry.volunteer);
SQL

# What a report says, without the time at which it was made.
sub rows
{
    my ($dbname, $role, $report) = @_;

    return $node->safe_psql($dbname, "SELECT to_jsonb(r) - 'reported_at' FROM $report AS r", extra_params => [ '-U', $role ]);
}

sub refusal
{
    my ($role, $report) = @_;
    my $told;

    $node->psql('registry', "SELECT FROM $report", stderr => \$told, extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ]);
    return join ' ', $told =~ /ERROR:  (\w{5}):/, $told =~ /CONSTRAINT NAME:  (\w+)/;
}

# Functions that ask for no region, person or round, with arguments that leave nothing out.
my @reports = split /\n/, $node->safe_psql('registry', <<'SQL');
SELECT format('report.%I(%s)', p.proname, (
    SELECT string_agg(format('%I => %s', a.name, v.value), ', ')
    FROM unnest(p.proargnames[:p.pronargs]) AS a (name)
    JOIN (VALUES ('since', 'current_date - 300'), ('until', 'current_date + 1'), ('day', 'current_date'),
        ('year', extract(year FROM registry.today() - 30)::text), ('day_hours', '1'), ('total_hours', '1'), ('people', '1'))
        AS v (name, value) ON v.name = a.name))
FROM pg_proc p
WHERE p.pronamespace = 'report'::regnamespace AND p.prosecdef
    AND NOT p.proargnames[:p.pronargs] && '{region,volunteer_no,round_id}' AND p.proname NOT IN ('seal_verification', 'time_bank')
ORDER BY 1
SQL
cmp_ok(scalar @reports, '>=', 30, 'reports that name no region');

foreach my $report (@reports)
{
    my ($name) = $report =~ /(\w+)\(/;
    my ($whole, $district) = (rows('registry', 'postgres', $report), rows('district', 'postgres', $report));

    ok($district ne '' && $district ne $whole, "$name: more than the district has something to tell");
    is(rows('registry', 'first_analyst', $report), $district, '... and whoever is appointed for it is told of it alone');
    is(rows('registry', 'city_analyst', $report), $whole, '... whoever is appointed for the city, of everything');
    is(refusal('stray_analyst', $report), '42501 not_staff', '... and whoever is not appointed, nothing');
}

is(refusal('first_analyst', "report.$_(current_date, current_date)"), '42501 outside_scope', "$_ is of everything or nothing")
    foreach qw(seal_verification time_bank);
isnt(rows('registry', 'city_analyst', 'report.time_bank(current_date, current_date)'), '', '... but of everything');

# A pairing is of both sides.
$node->safe_psql('registry', <<'SQL');
SET session_replication_role = replica;
INSERT INTO registry.pairing (pairing_id, unit_id, partner_id, responsible, valid) OVERRIDING SYSTEM VALUE
VALUES (3, 111, 102, '主任', daterange(registry.today(), NULL)), (4, 112, 101, '主任', daterange(registry.today(), NULL));
SQL
my $pairings = $node->safe_psql('registry', <<'SQL', extra_params => [ '-U', 'first_analyst' ]);
SELECT unit, partner FROM report.pairing(extract(year FROM current_date)::integer) ORDER BY unit COLLATE "C", partner COLLATE "C"
SQL
is($pairings, "乙单位|甲社区\n合计|\n甲单位|乙社区\n甲单位|甲社区", 'pairings of which either side lies in the district');

$node->stop;
done_testing;
