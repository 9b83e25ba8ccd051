# Two sessions that act at once: overlaps, the cap of a day, the last place, time spent twice, and many batches in one
# transaction, which must neither lose hours nor wait for each other in a circle.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('concurrency', deployed => 1, conf => 'deadlock_timeout = 50ms');


my ($team, $activity, @number) = split /\n/, $node->safe_psql('registry', <<'SQL');
SET search_path = public, volunteer;
CREATE ROLE recorder LOGIN IN ROLE registry_recorder;
SELECT registry.create_organization('示例区志愿服务队', '1', '08', '441402') AS team \gset
INSERT INTO registry.person (name, sex, birth_date) SELECT '示例' || n, 1, '1990-01-01' FROM generate_series(1, 20) AS n;
INSERT INTO registry.volunteer (person_id, volunteer_no, registered_on, organization_id, region)
SELECT person_id, volunteer.volunteer_no('441402'::region_code, date '2020-01-01', person_id::integer), '2020-01-01', :team, '441402'
FROM registry.person;
SELECT registry.appoint_staff('recorder', :team, 'recorder',
    registry.add_person('示例记录员', 'passport', 'E00000001', 9::smallint, '1980-01-01')) \g /dev/null
SET SESSION AUTHORIZATION recorder;
SELECT registry.create_project('社区清洁', :team, '0001') AS project \gset
SELECT registry.create_activity(:project, '长期活动', tstzrange(now() - interval '300 days', now()), backfill_reason => '补录') AS activity \gset
RESET SESSION AUTHORIZATION;
INSERT INTO registry.policy (name, region, valid, value, basis) VALUES ('daily_cap_minutes', '441402', '(,)', 480, '测试');

-- A service of some minutes, from this minute of a day counted back from today.
CREATE FUNCTION public.during(days integer, start integer, minutes integer) RETURNS tstzrange LANGUAGE sql AS $$
    SELECT tstzrange(begun, begun + make_interval(mins => minutes))
    FROM (SELECT (registry.today() - days)::timestamp AT TIME ZONE 'Asia/Shanghai' + make_interval(mins => start) AS begun) AS b
$$;
CREATE SEQUENCE public.slot;
GRANT USAGE ON SEQUENCE public.slot TO recorder;
SELECT :team;
SELECT :activity;
SELECT volunteer_no FROM registry.volunteer ORDER BY person_id;
SQL

sub session
{
    return $node->background_psql('registry', on_error_stop => 0, extra_params => [ '-U', 'recorder' ]);
}

# A statement that records a service of a volunteer in a batch of its own.
sub serving
{
    my ($who, $days, $start, $minutes) = @_;

    return "SELECT registry.record_service(registry.open_batch($team), '$number[$who]', $activity, public.during($days, $start, $minutes));";
}

sub errors_of
{
    my ($session) = @_;
    my $errors = $session->{stderr};

    $session->{stderr} = '';
    return $errors;
}

# The session's last statement was refused by this constraint of the totals, without a word of what they hold.
sub refused
{
    my ($session, $constraint, $description) = @_;
    my $errors = errors_of($session);

    like($errors, qr/violates check constraint "$constraint"/, $description);
    unlike($errors, qr/DETAIL/, 'and not told what stands there');
    return;
}

sub live_minutes
{
    my ($who) = @_;

    return $node->safe_psql('registry', <<"SQL");
SELECT coalesce(sum(minutes), 0) FROM registry.service_record JOIN registry.volunteer USING (volunteer_id)
WHERE live AND volunteer_no::text = '$number[$who]'
SQL
}

subtest 'overlapping records of two sessions' => sub {
    my $who = 0;
    my ($first, $second) = (session(), session());

    # Neither sees what the other has not committed.
    $_->query_safe('BEGIN') foreach $first, $second;
    $first->query_safe(serving($who, 2, 540, 60));
    $second->query_safe(serving($who, 2, 599, 60));
    $second->query_safe('COMMIT');
    $first->query('COMMIT');
    refused($first, 'no_overlap', 'who commits first has recorded');
    is(live_minutes($who), 60, 'one record stands');
    $_->quit foreach $first, $second;

    foreach my $end ('COMMIT', 'ROLLBACK')
    {
        $who++;
        ($first, $second) = (session(), session());
        $first->query_safe('BEGIN');
        $first->query_safe(serving($who, 2, 540, 60) . 'SELECT volunteer.flush_hours();');
        $node->start_waiting($second, serving($who, 2, 599, 60));
        $first->query_safe($end);
        $second->query('SELECT 1');
        if ($end eq 'COMMIT')
        {
            refused($second, 'no_overlap', 'the second waits, then is refused');
        }
        else
        {
            is(errors_of($second), '', 'the second waits, then takes the place of a record that was rolled back');
        }
        is(live_minutes($who), 60, 'one record stands');
        $_->quit foreach $first, $second;
    }
};

subtest 'the cap of a day in parallel sessions' => sub {
    my @session = map { session() } 1 .. 4;

    # Three hours each; none sees the others' before it commits.
    foreach my $n (0 .. 3)
    {
        $session[$n]->query_safe('BEGIN');
        $session[$n]->query_safe(serving(3, 3, 180 * $n, 180));
    }
    foreach my $n (0 .. 3)
    {
        $session[$n]->query('COMMIT');
        my $errors = errors_of($session[$n]);
        $n < 2
            ? is($errors, '', 'within eight hours')
            : like($errors, qr/The hours of the day exceed the daily cap/, 'beyond them');
    }
    is(live_minutes(3), 360, 'six hours stand');
    $_->quit foreach @session;

    my ($stdout, $stderr) = ('', '');
    $node->psql('registry', '\set VERBOSITY verbose' . "\n" . serving(3, 3, 800, 180), stderr => \$stderr,
        extra_params => [ '-U', 'recorder' ]);
    like($stderr, qr/23514.*CONSTRAINT NAME:\s+daily_cap/s, 'the refusal names its rule');
};

subtest 'the last place of a shift' => sub {
    my ($shift) = split /\n/, $node->safe_psql('registry', <<"SQL", extra_params => [ '-U', 'recorder' ]);
SELECT registry.create_project('赛会服务', $team, '0001') AS project \\gset
SELECT registry.create_activity(:project, '赛会', tstzrange(now() + interval '1 day', now() + interval '2 days')) AS activity \\gset
SELECT registry.create_shift(:activity, tstzrange(now() + interval '25 hours', now() + interval '26 hours'), '引导', 1) AS shift \\gset
SELECT registry.sign_up(:shift, '$number[0]') \\g /dev/null
SELECT registry.sign_up(:shift, '$number[1]') \\g /dev/null
SELECT :shift;
SQL
    my @confirming = map { "SELECT registry.decide_signup($shift, '$number[$_]', 'confirmed');" } 0, 1;

    like($node->meet('registry', recorder => $confirming[0], recorder => $confirming[1]), qr/All places of the shift are taken/,
        'the second waits, then is refused');
    is($node->safe_psql('registry', "SELECT count(*) FROM registry.signup WHERE status = 'confirmed'"), 1, 'one has the place');
};

subtest 'an incident is closed while somebody is deployed' => sub {
    my ($incident, $shift) = split /\n/, $node->safe_psql('registry', <<"SQL");
SET search_path = public, volunteer;
CREATE ROLE dispatcher LOGIN IN ROLE registry_dispatcher;
SELECT registry.appoint_staff('dispatcher', $team, 'dispatcher',
    registry.add_person('示例派单员', 'passport', 'E00000099', 9::smallint, '1980-01-01')) \\g /dev/null
INSERT INTO registry.activity (project_id, organization_id, title, mode, hazardous, emergency, drill, period, backfill_reason)
SELECT project_id, $team, '抗洪', 'onsite', false, true, false, tstzrange(now() - interval '1 hour', now() + interval '9 hours'), '测试'
FROM registry.project LIMIT 1 RETURNING activity_id AS incident \\gset
INSERT INTO registry.shift (activity_id, period, post, capacity)
VALUES (:incident, tstzrange(now() - interval '1 hour', now() + interval '9 hours'), '转移群众', 2) RETURNING shift_id AS shift \\gset
INSERT INTO registry.insurance_policy (organization_id, insurer, policy_no, period, sum_insured)
VALUES ($team, '示例保险', 'P-1', daterange(registry.today() - 1, registry.today() + 2), 100000) RETURNING policy_id AS policy \\gset
INSERT INTO registry.insurance_coverage (volunteer_id, policy_id, valid, recorded_at)
SELECT volunteer_id, :policy, daterange(registry.today() - 1, registry.today() + 2), now() - interval '2 hours'
FROM registry.volunteer WHERE volunteer_no = '$number[15]';
INSERT INTO registry.signup (volunteer_id, shift_id, period, status, unmet)
SELECT volunteer_id, shift_id, period, 'confirmed', '{}' FROM registry.volunteer, registry.shift
WHERE volunteer_no = '$number[15]' AND shift_id = :shift;
INSERT INTO registry.incident (activity_id, kind, level, situation) VALUES (:incident, '1', '3', '河水超过警戒水位');
INSERT INTO registry.callout (volunteer_id, shift_id, status, cleared_by)
SELECT volunteer_id, :shift, 'cleared', 'recorder' FROM registry.volunteer WHERE volunteer_no = '$number[15]';
SELECT :incident;
SELECT :shift;
SQL

    like($node->meet('registry', dispatcher => "SELECT registry.move_callout($shift, '$number[15]', 'deployed')",
            dispatcher => "SELECT registry.close_incident($incident, '水退')"),
        qr/not closed while somebody is deployed/, 'the second waits, then is refused');
    is($node->safe_psql('registry', 'SELECT status FROM registry.incident'), 'open', 'the incident goes on');
};

subtest 'one sign-in ends once' => sub {
    my ($shift) = split /\n/, $node->safe_psql('registry', <<"SQL", extra_params => [ '-U', 'recorder' ]);
SELECT registry.create_project('文明引导', $team, '0001') AS project \\gset
SELECT registry.create_activity(:project, '引导', tstzrange(now() + interval '20 minutes', now() + interval '2 hours')) AS activity \\gset
SELECT registry.create_shift(:activity, tstzrange(now() + interval '20 minutes', now() + interval '1 hour'), '引导', 9) AS shift \\gset
SELECT registry.sign_up(:shift, '$number[16]') \\g /dev/null
SELECT registry.decide_signup(:shift, '$number[16]', 'confirmed') \\g /dev/null
SELECT :shift;
SQL
    foreach my $step ([ 'in', qr/signed_in_once/ ], [ 'out', qr/not signed in on this shift/ ])
    {
        my ($direction, $refusal) = @$step;
        my $statement = "SELECT registry.sign_$direction($shift, '$number[16]', 'qr')";

        like($node->meet('registry', recorder => $statement, recorder => $statement), $refusal,
            "who signs $direction at the same time waits, then is refused");
    }
    is($node->safe_psql('registry', 'SELECT count(*) FROM registry.checkin_event'), 2, 'two events stand');
};

subtest 'stored time and benefits' => sub {
    my ($benefit, @account) = split /\n/, $node->safe_psql('registry', <<"SQL");
SET search_path = public, volunteer;
CREATE ROLE time_reviewer LOGIN IN ROLE registry_reviewer;
SELECT registry.appoint_staff('time_reviewer', $team, 'reviewer',
    registry.add_person('示例审核员', 'passport', 'E00000002', 9::smallint, '1980-01-01')) \\g /dev/null
INSERT INTO registry.policy (name, region, valid, value, basis) VALUES ('time_bank_gift', '441402', '(,)', 1, '测试');
SET SESSION AUTHORIZATION recorder;
SELECT registry.open_time_account(n) FROM unnest('{@{[ join ',', @number[15 .. 17] ]}}'::volunteer_no[]) AS n \\g /dev/null
SELECT registry.open_batch($team) AS batch \\gset
SELECT registry.record_service(:batch, n, $activity, public.during(d, 540, 60))
FROM unnest('{@{[ join ',', @number[15 .. 17] ]}}'::volunteer_no[]) AS n, generate_series(2, 4) AS d \\g /dev/null
SELECT registry.offer_benefit($team, '免费体检', '测试', yearly_limit => 1) AS benefit \\gset
RESET SESSION AUTHORIZATION;
-- Publicity and the day of opening are not what is tested here.
UPDATE registry.service_record SET status = 'effective' WHERE batch_id = :batch;
ALTER TABLE registry.time_account DISABLE TRIGGER only_balance_changes;
UPDATE registry.time_account SET opened_on = registry.today() - 30;
ALTER TABLE registry.time_account ENABLE TRIGGER only_balance_changes;
SELECT :benefit;
SELECT account_id FROM registry.time_account JOIN registry.volunteer USING (volunteer_id) ORDER BY volunteer_id;
SQL
    my $balance = sub { $node->safe_psql('registry', "SELECT balance FROM registry.time_account WHERE account_id = $account[$_[0]]") };
    my $storing = "SELECT registry.store_service($team);";
    my $redeeming = sub { "SELECT registry.redeem_time('$number[$_[0]]', $team, '0017', '陪诊', $_[1], md5('$_[2]')::uuid);" };
    my $giving = sub {
        "SELECT registry.give_time('$number[$_[0]]', '$number[$_[1]]', 10, 'spouse', sha256('register'), md5('$_[2]')::uuid);"
    };

    my $record_of = sub {
        $node->safe_psql('registry', "SELECT min(record_id) FROM registry.service_record JOIN registry.volunteer USING (volunteer_id)
            WHERE volunteer_no::text = '$number[$_[0]]' AND effective");
    };

    my $voiding = sub { 'SELECT registry.void_record(' . $record_of->($_[0]) . ", '未到场');" };
    like($node->meet('registry', 'time_reviewer', $voiding->(15), 'time_reviewer', $storing), qr/^8$/m, 'what is voided meanwhile is not stored');
    is($balance->(0), 120, 'and not held');
    $node->safe_psql('registry', "SELECT registry.reverse_entries(array_agg(entry_id), 'test') FROM registry.time_entry WHERE NOT reversed");
    unlike($node->meet('registry', 'time_reviewer', $storing, 'time_reviewer', $voiding->(17)), qr/ERROR/, 'what is stored meanwhile');
    is(join(' ', map { $balance->($_) } 0 .. 2), '120 180 120', 'is taken back by who voids it');

    like($node->meet('registry', 'recorder', $redeeming->(15, 100, 'a'), 'recorder', $redeeming->(15, 100, 'b')),
        qr/The account does not hold as much time/, 'the same hour is not spent twice');
    is($balance->(0), 20, 'one has spent it');
    my $again = $node->meet('registry', 'recorder', $redeeming->(16, 100, 'c'), 'recorder', $redeeming->(16, 100, 'c'));
    unlike($again, qr/ERROR/, 'the same request twice at once is one');
    is($balance->(1), 80, 'and pays once');
    unlike($node->meet('registry', 'recorder', $giving->(16, 17, 'd'), 'recorder', $giving->(17, 16, 'e')), qr/ERROR/, 'two who give to each other wait in no circle');
    is(join(' ', map { $balance->($_) } 1, 2), '80 120', 'and have what they had');
    like($node->meet('registry', 'recorder', "SELECT registry.use_benefit($benefit, '$number[15]', md5('f')::uuid);",
            'recorder', "SELECT registry.use_benefit($benefit, '$number[15]', md5('g')::uuid);"),
        qr/as often as a year allows/, 'the last use of a year is one use');
    is($node->safe_psql('registry', 'SELECT count(*) FROM registry.check_time_bank()'), 0, 'the books balance');
};

subtest 'an assessment is closed while somebody scores' => sub {
    my ($round, $community) = split /\n/, $node->safe_psql('registry', <<"SQL");
SET search_path = public, volunteer;
CREATE ROLE reviewer LOGIN IN ROLE registry_reviewer;
SELECT registry.appoint_staff('reviewer', $team, 'reviewer',
    registry.add_person('示例审核员', 'passport', 'E00000003', 9::smallint, '1980-01-01')) \\g /dev/null
SELECT registry.create_organization('示例社区', '1', '09', '441402', parent_id => $team) AS community \\gset
SET SESSION AUTHORIZATION recorder;
SELECT registry.open_round($team, 'five_haves', '年度考核') AS round \\gset
SELECT registry.fill_round(:round, ARRAY[:community]) \\g /dev/null
SELECT registry.score_item(:round, :community, 'rules', 1, '查阅制度汇编') \\g /dev/null
SELECT :round;
SELECT :community;
SQL

    like($node->meet('registry', reviewer => "SELECT registry.change_round_status($round, 'closed')",
            recorder => "SELECT registry.score_item($round, $community, 'rules', 0, '制度未上墙')"),
        qr/The assessment is closed/, 'the second waits, then is refused');
    is($node->safe_psql('registry', "SELECT points FROM report.assessment($round) WHERE item = '有制度'"), '1.00', 'what was closed stands');
};

subtest 'a batch takes effect while a dispute is decided' => sub {
    my ($batch, $dispute, $record) = split /\n/, $node->safe_psql('registry', <<"SQL");
SET search_path = public, volunteer;
INSERT INTO registry.policy (name, region, valid, value, basis) VALUES ('publicity_days', '441402', '(,)', 0, '测试');
CREATE ROLE checker LOGIN IN ROLE registry_reviewer;
CREATE ROLE arbiter LOGIN IN ROLE registry_reviewer;
SELECT registry.appoint_staff(r, $team, 'reviewer', registry.add_person('示例' || r, 'passport', n, 9::smallint, '1980-01-01'))
FROM (VALUES ('checker', 'E00000010'), ('arbiter', 'E00000011')) AS t (r, n) \\g /dev/null
SET SESSION AUTHORIZATION recorder;
SELECT registry.open_batch($team) AS batch \\gset
SELECT registry.record_service(:batch, '$number[17]', $activity, public.during(20, 600, 60)) AS record \\gset
SET SESSION AUTHORIZATION checker;
SELECT registry.review_batch(:batch, true) \\g /dev/null
SET SESSION AUTHORIZATION recorder;
SELECT registry.raise_dispute(:record, 'public', '未见到人') AS dispute \\gset
SELECT :batch;
SELECT :dispute;
SELECT :record;
SQL

    unlike($node->meet('registry', arbiter => "SELECT registry.decide_dispute($dispute, false, '查签到表')",
            checker => "SELECT registry.make_effective($batch)"), qr/ERROR/, 'both are done');
    is($node->safe_psql('registry', "SELECT status FROM registry.service_record WHERE record_id = $record"), 'effective',
        'the batch waits, and leaves no record behind');
};

subtest 'many batches in one transaction' => sub {
    # Every service has a minute of its own, so that nothing is refused; volunteers come in any order.
    my $one = <<"SQL";
SELECT registry.record_service(:batch, (SELECT ('{@{[ join ',', @number[5 .. 14] ]}}'::volunteer.volunteer_no[])[1 + :who]), $activity,
    public.during(4 + (slot / 1440)::integer, (slot % 1440)::integer, 1)) FROM nextval('public.slot') AS slot;
SQL
    my $batch = "SELECT registry.open_batch($team) AS batch \\gset\n"
        . ("\\set who random(0, 9)\n$one" x 4);
    my $script = "BEGIN;\n" . ($batch x 3) . "COMMIT;\n";

    append_to_file($node->basedir . '/batches.sql', $script);
    my ($output) = run_command([ 'pgbench', '--no-vacuum', '--client=6', '--transactions=10', '-U', 'recorder', '-f',
            $node->basedir . '/batches.sql', $node->connstr('registry') ]);
    like($output, qr{actually processed: 60/60}, 'six sessions, three batches in each transaction');
    is($node->safe_psql('registry', "SELECT count(*) FROM registry.service_record WHERE minutes = 1"), 6 * 10 * 12, 'no record is lost');
    is($node->safe_psql('registry', 'SELECT count(*) FROM registry.check_hours()'), 0, 'the totals are exact');
    unlike(slurp_file($node->logfile), qr/deadlock detected/, 'nobody waited in a circle');
};

done_testing;
