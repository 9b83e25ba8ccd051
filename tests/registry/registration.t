# Two people at once: who draws a sample waits for who registers, a count is
# approved once, an exit and a sign-up meet, numbers change hands while one of
# them is given.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('registration', deployed => 1);


my ($city, $team, $shift, @count) = split /\n/, $node->safe_psql('registry', <<'SQL');
SET search_path = public, volunteer;
CREATE ROLE registrar LOGIN IN ROLE registry_registrar;
CREATE ROLE reviewer LOGIN IN ROLE registry_reviewer;
CREATE ROLE recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE clerk LOGIN IN ROLE registry_administrator;
CREATE ROLE portal LOGIN IN ROLE registry_portal;
SELECT registry.create_organization('示例市志愿服务联合会', '2', '13', '441400') AS city \gset
SELECT registry.create_organization('示例区志愿服务队', '1', '08', '441402', parent_id => :city) AS team \gset
SELECT registry.appoint_staff(role::name, :city, role, registry.add_person('示例' || role, 'passport', 'E0000000' || n, 9::smallint, '1980-01-01'))
FROM unnest('{registrar,reviewer,recorder}'::text[]) WITH ORDINALITY AS r (role, n) \g /dev/null
SET SESSION AUTHORIZATION recorder;
SELECT registry.create_project('社区清洁', :team, '0001') AS project \gset
SELECT registry.create_activity(:project, '以后', tstzrange(now() + interval '1 day', now() + interval '3 days')) AS activity \gset
SELECT registry.create_shift(:activity, tstzrange(now() + interval '1 day', now() + interval '2 days'), '引导', 5) AS shift \gset
SET SESSION AUTHORIZATION registrar;
SELECT registry.enter_headcount(:team, 'staff', '2024-06-30', n, '花名册') AS count FROM generate_series(100, 101) AS n \g /dev/null
RESET SESSION AUTHORIZATION;
SELECT :city;
SELECT :team;
SELECT :shift;
SELECT headcount_id FROM registry.headcount ORDER BY 1;
SQL

sub session
{
    my ($role) = @_;

    return $node->background_psql('registry', on_error_stop => 0, extra_params => [ '-U', $role ]);
}

sub registering
{
    my ($number) = @_;

    return "SELECT registry.register_volunteer('示例', 'passport', '$number', $team, '441402', '登记表', "
        . "sex => 1::smallint, birth_date => '1990-01-01')";
}

# The second session runs its statement while the first holds its transaction open, and must wait for it.
sub meet
{
    my ($first, $statement, $second, $waiting) = @_;

    $first->query_safe('BEGIN');
    my $result = $first->query_safe($statement);
    $node->start_waiting($second, $waiting);
    $first->query_safe('COMMIT');
    $second->query('SELECT 1');
    my $errors = $second->{stderr};
    $_->quit foreach $first, $second;
    return ($result, $errors);
}

my ($number, $errors);

($number, $errors) = meet(session('registrar'), registering('E10000001'), session('reviewer'), "SELECT registry.draw_spot_check($city, 10)");
is($errors, '', 'who draws waits for who registers');
is($node->safe_psql('registry', 'SELECT population FROM registry.spot_check_round'), 1, 'and does not miss anybody');
is($node->safe_psql('registry', 'SELECT count(*) FROM registry.verify_spot_check(1)'), 0, 'so that the sample can be computed again');

$node->safe_psql('registry', "SELECT registry.record_spot_check(1, '$number', 'unreachable', 'phone')", extra_params => [ '-U', 'reviewer' ]);
(undef, $errors) = meet(session('reviewer'), "SELECT registry.draw_spot_check($city, 10)", session('reviewer'), "SELECT registry.draw_spot_check($city, 10)");
like($errors, qr/The sample drawn before has not been checked/, 'two draw at once: one sample');

(undef, $errors) = meet(session('reviewer'), "SELECT registry.decide_headcount($count[0], 'approved')",
    session('reviewer'), "SELECT registry.decide_headcount($count[1], 'approved')");
like($errors, qr/one_count_of_a_unit/, 'two counts of one day are approved at once: one stands');

$node->safe_psql('registry', "SELECT registry.sign_up($shift, '$number')", extra_params => [ '-U', 'recorder' ]);
(undef, $errors) = meet(session('registrar'), "SELECT registry.change_volunteer_status('$number', 'withdrawn', '迁居')",
    session('recorder'), "SELECT registry.decide_signup($shift, '$number', 'confirmed')");
like($errors, qr/cannot go from "withdrawn" to "confirmed"/, 'who leaves is not confirmed for a shift');

my $application = $node->safe_psql('registry', "SELECT registry.apply_for_registration('示例', 'passport', 'E10000003', $team, '441402',
    '实人认证', sex => 1::smallint, birth_date => '1990-01-01')", extra_params => [ '-U', 'portal' ]);
$node->safe_psql('registry', "SELECT registry.take_up_application('$application')", extra_params => [ '-U', 'registrar' ]);
(undef, $errors) = meet(session('portal'), "SELECT registry.withdraw_application('$application')",
    session('registrar'), "SELECT registry.accept_application('$application')");
like($errors, qr/cannot go from "withdrawn" to "accepted"/, 'who withdraws the application is not registered');

($number, $errors) = meet(session('registrar'), registering('E10000002'), session('clerk'),
    "SELECT registry.change_organization_status($team, 'dissolved', '并入')");
is($errors, '', 'who dissolves waits for the number that is given');
is($node->safe_psql('registry', 'SELECT organization_id, serials, next_serial FROM registry.number_block ORDER BY serials'),
    "$team|[1,3)|3\n$city|[3,1001)|3", 'the numbers after it change hands');

done_testing;
