# Everything an auditor tries: each attempt by a role of the staff, with psql,
# must fail with this SQLSTATE under the name of this rule.

use strict;
use warnings;
use utf8;

use Digest::MD5 qw(md5_hex);
use Encode qw(encode_utf8);
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;
use Volunteer::Sample;

my $node = Volunteer::Cluster->new('refusals', deployed => 1);
my $sample = Volunteer::Sample->new($node);

sub psql
{
    my ($role, $statement) = @_;
    my (undef, $output, $errors) = $node->psql('registry', encode_utf8($statement),
        extra_params => [ '-U', "sample_$role", '-v', 'VERBOSITY=verbose' ]);

    return ($output, $errors);
}

# What a role of the sample does, which must succeed.
sub done
{
    my ($role, $statement) = @_;
    my ($output, $errors) = psql($role, $statement);

    BAIL_OUT("$statement: $errors") if $errors;
    return $output;
}

sub refused
{
    my ($attempt, $role, $statement, $expected) = @_;
    my (undef, $errors) = psql($role, $statement);
    my ($state) = $errors =~ /ERROR:  (\w{5}):/;
    my ($rule) = $errors =~ /CONSTRAINT NAME:  (\w+)/;

    return is(join(' ', $state // 'accepted', $rule // ()), $expected, "$attempt ($role)") || diag($errors);
}

# SQL of a period on a day counted from today, and of a record of it.
sub during
{
    my ($days, $from, $to) = @_;

    return join ', ', map { "(registry.today() + ($days) + interval '$_') AT TIME ZONE 'Asia/Shanghai'" } $from, $to;
}

sub recording
{
    my ($batch, $who, $activity, $period, $more) = @_;

    return "SELECT registry.record_service($batch, '$who', $activity, tstzrange($period)" . ($more // '') . ')';
}

my ($street, $library) = split /\n/, $sample->sql('SELECT organization_id FROM registry.organization ORDER BY 1');
my ($ann, $bob, $zoe) = split /\n/, $sample->sql('SELECT volunteer_no FROM registry.volunteer ORDER BY volunteer_id');
my $project = $sample->sql("SELECT project_id FROM registry.project WHERE name = '社区助老'");
my $code = $sample->issue('测小甲');

$sample->sql("CREATE ROLE sample_administrator LOGIN IN ROLE registry_administrator;
    SELECT registry.create_year(extract(year FROM registry.today())::integer - 2);
    UPDATE registry.policy SET value = 7 WHERE name = 'publicity_days' AND region::text ~ '^440106';
    UPDATE registry.star_standard SET thresholds = '{42:00,300:00,600:00,1000:00,1500:00}'");

sub activity
{
    my ($from, $to, $more) = @_;

    return done('recorder', "SELECT registry.create_activity($project, '活动', tstzrange(registry.today()::timestamp AT TIME ZONE 'Asia/Shanghai'
        + interval '$from', registry.today()::timestamp AT TIME ZONE 'Asia/Shanghai' + interval '$to')$more)");
}

# A person of the sample's staff, or anybody, as volunteer.
sub enrolled
{
    my ($name, $number, $since) = @_;

    return done('registrar', "SELECT registry.register_volunteer('$name', 'passport', '$number', $street, '440106', '登记表', $since,
        sex => 9::smallint, birth_date => '1980-01-01', backdating_reason => '补登')");
}

my $backfill = ", backfill_reason => '补录'";
my $recent = activity('-20 days', '1 hour', $backfill);
my $coming = activity('1 day', '3 days', '');
my $flood = activity('1 day', '3 days', ', hazardous => true, emergency => true');
my $batch = done('recorder', "SELECT registry.open_batch($street)");

subtest 'hours that were not served' => sub {
    my $first = done('recorder', recording($batch, $ann, $recent, during(-1, '8:00', '9:00')));
    my $again = recording($batch, $ann, $recent, during(-1, '8:00', '9:00'));

    refused('overlap by a minute', 'recorder', recording($batch, $ann, $recent, during(-1, '8:59', '9:30')), '23514 no_overlap');
    done('recorder', "SELECT registry.void_record($first, '误录')");
    done('recorder', $again);
    refused('duplicate after void', 'recorder', $again, '23514 no_overlap');
    refused('a void taken back', 'reviewer', "SELECT registry.void_record($first, '恢复')", '55000 known_transition');
    refused('period across midnight', 'recorder', recording($batch, $ann, $recent, during(-2, '23:00', '25:00')),
        '23514 period_within_service_date');
    refused('period across New Year', 'recorder',
        recording($batch, $ann, $recent, "date_trunc('year', registry.today()::timestamp) AT TIME ZONE 'Asia/Shanghai' - interval '1 hour',
            date_trunc('year', registry.today()::timestamp) AT TIME ZONE 'Asia/Shanghai' + interval '1 hour'"),
        '23514 period_within_service_date');
    refused('future service', 'recorder', recording($batch, $ann, $coming, during(1, '8:00', '9:00')), '23514 not_in_future');
    my $dan = enrolled('示例丁', 'E00000009', 'registry.today()');
    refused('service before registration', 'recorder', recording($batch, $dan, $recent, during(-1, '8:00', '9:00')),
        '23514 registered_before_service');
    refused('late entry dressed as check-in', 'recorder', recording($batch, $ann, $recent, during(-3, '8:00', '9:00'), ', entry_method => 4'),
        '23514 entered_by_hand');
    my $old = activity('-60 days', '-40 days', $backfill);
    refused('late entry as a timely one', 'recorder', recording($batch, $ann, $old, during(-50, '8:00', '9:00')), '23514 recorded_in_time');
    refused('back-fill without paper', 'recorder', "SELECT registry.open_batch($street, '补录')",
        '23514 back_fill_has_justification_and_evidence');
    refused('an activity that began, unannounced', 'recorder',
        "SELECT registry.create_activity($project, '活动', tstzrange(now() - interval '1 day', now() + interval '1 day'))",
        '23514 published_before_start');
    refused('service in no activity', 'recorder', recording($batch, $ann, 'NULL', during(-1, '10:00', '11:00')), '23503 known_activity');
    refused('a shift wider than its activity', 'recorder',
        "SELECT registry.create_shift($coming, tstzrange(@{[ during(0, '8:00', '9:00') ]}), '引导', 5)", '23514 shift_within_activity');
};

subtest 'many short rows over the cap, in sessions at once' => sub {
    my @session = map { $node->background_psql('registry', on_error_stop => 0, extra_params => [ '-U', 'sample_recorder' ]) } 1, 2;
    my @rows = map {
        my $half = $_;
        join ';', map { recording("registry.open_batch($street)", $bob, $recent, during(-5, "$_:00", "$_:59")) } $half * 12 .. $half * 12 + 7
    } 0, 1;

    $sample->sql(q{INSERT INTO registry.policy (name, region, valid, value, basis) VALUES ('daily_cap_minutes', '440106', '(,)', 480, '测试')});
    $session[$_]->query_safe("BEGIN; SET search_path = public, volunteer; $rows[$_]") foreach 0, 1;
    $session[0]->query_safe('COMMIT');
    $session[1]->query("\\set VERBOSITY verbose\nCOMMIT");
    like($session[1]{stderr}, qr/23514: .*daily_cap/s, 'the second is refused');
    $_->quit foreach @session;
};

subtest 'who decides' => sub {
    my ($own, $reviewed) = map { enrolled("示例$_", 'E' . substr(md5_hex($_), 0, 8), 'registry.today() - 100') } qw(recorder reviewer);
    my $of_reviewer = done('recorder', "SELECT registry.open_batch($street)");

    refused('recording own service', 'recorder', recording($batch, $own, $recent, during(-1, '8:00', '9:00')), '23514 recorder_is_not_volunteer');
    refused('approving the own batch', 'recorder', "SELECT registry.review_batch($batch, true)", '42501');
    $sample->sql('GRANT registry_reviewer TO sample_recorder; GRANT registry_recorder TO sample_reviewer');
    refused('approving the own batch, as member of both groups', 'recorder', "SELECT registry.review_batch($batch, true)", '42501 outside_scope');
    refused('one person for both', 'administrator', "SELECT registry.appoint_staff('sample_recorder', $street, 'reviewer',
        (SELECT registry.add_person('示例recorder', 'passport', 'E' || left(md5('recorder'), 8), 9::smallint, '1980-01-01')))", '23P01 recorder_is_not_reviewer');
    $sample->sql("CREATE ROLE sample_alias LOGIN IN ROLE registry_reviewer; SELECT registry.create_organization('示例上级联合会', '2', '13', '440106') AS above \\gset\n"
          . "UPDATE registry.organization SET parent_id = :above WHERE organization_id = $street;"
          . "SELECT registry.appoint_staff('sample_alias', :above, 'reviewer', person_id) FROM registry.staff WHERE role_name = 'sample_recorder' LIMIT 1");
    refused('approving the own batch under another name', 'alias', "SELECT registry.review_batch($batch, true)", '23514 reviewer_is_not_recorder');
    done('recorder', recording($of_reviewer, $reviewed, $recent, during(-1, '8:00', '9:00')));
    refused('approving own hours', 'reviewer', "SELECT registry.review_batch($of_reviewer, true)", '23514 reviewer_is_not_volunteer');
    done('reviewer', "SELECT registry.review_batch($batch, true)");
    refused('effective without publicity', 'reviewer', "SELECT registry.make_effective($batch)", '23514 effective_after_publicity');
};

subtest 'posts' => sub {
    my $shift = done('recorder', "SELECT registry.create_shift($coming, tstzrange(@{[ during(1, '8:00', '9:00') ]}), '引导', 1)");
    my $rescue = done('recorder', "SELECT registry.create_shift($flood, tstzrange(@{[ during(1, '10:00', '11:00') ]}), '转移群众', 9)");
    my $confirm = sub { my ($on, $who) = @_; return "SELECT registry.decide_signup($on, '$who', 'confirmed', '人手不足')" };

    foreach my $who ($ann, $bob)
    {
        done('recorder', "SELECT registry.sign_up($_, '$who')") foreach $shift, $rescue;
    }
    done('recorder', $confirm->($shift, $ann));
    refused('more attendees than places', 'recorder', $confirm->($shift, $bob), '23514 within_capacity');
    refused('a hazardous post without insurance', 'recorder', $confirm->($rescue, $bob), '23514 cleared_for_post');
    my $policy = done('recorder', "SELECT registry.add_insurance_policy($street, '示例保险', 'P-1', daterange(registry.today(), registry.today() + 9), 100000)");
    my $course = done('recorder', "SELECT registry.create_course('急救', $street, '3', 240)");
    done('administrator', "SELECT registry.require_training('emergency', $course, '4401', '示例办法')");
    done('recorder', "SELECT registry.insure($policy, '$_')") foreach $ann, $bob;
    $sample->sql("UPDATE registry.person SET birth_date = registry.today() - 6000 WHERE name = '试乙'");
    refused('a minor on flood rescue', 'recorder', $confirm->($rescue, $bob), '23514 cleared_for_post');
    refused('an emergency post without training', 'recorder', "SELECT registry.decide_signup($rescue, '$ann', 'confirmed')", '23514 cleared_for_post');
    is(done('recorder', $confirm->($rescue, $ann)), '{trained}', 'which a reason may override, and a report lists');
};

subtest 'nobody signs out' => sub {
    my $open = activity('-2 days', '2 days', $backfill);
    my $shift = done('recorder', "SELECT registry.create_shift($open, tstzrange(now() + interval '2 minutes', now() + interval '30 minutes'), '值守', 9)");

    done('recorder', "SELECT registry.sign_up($shift, '$zoe')");
    done('recorder', "SELECT registry.decide_signup($shift, '$zoe', 'confirmed')");
    done('recorder', "SELECT registry.sign_in($shift, '$zoe', 'qr')");
    # Nobody can wait for midnight, so the shift and the arrival are moved to yesterday.
    $sample->sql("SET session_replication_role = replica; UPDATE registry.shift SET period = tstzrange(@{[ during(-1, '20:00', '23:00') ]}) WHERE shift_id = $shift;
        UPDATE registry.checkin SET signed_in_at = lower(tstzrange(@{[ during(-1, '21:00', '24:00') ]})),
            closes_at = upper(tstzrange(@{[ during(-1, '21:00', '24:00') ]}))");
    is(done('administrator', 'SELECT registry.close_checkins()'), '1', 'the stay is closed at midnight');
    is($sample->sql('SELECT minutes FROM registry.service_record WHERE forced'), '0', 'with no minutes');
    refused('signing out afterwards', 'recorder', "SELECT registry.sign_out($shift, '$zoe', 'qr')", '23503 known_checkin');
};

subtest 'one person twice' => sub {
    my $register = sub {
        my ($name, $kind, $number) = @_;
        return "SELECT registry.register_volunteer('$name', '$kind', '$number', $street, '440106', '表', sex => 1::smallint, birth_date => '1985-11-12')";
    };

    refused("one number as $_", 'registrar', $register->('另一人', 'citizen_id', $_) =~ s/, sex.*/)/r, '23505 one_document_one_person')
        foreach '44010619851112012X', '44010619851112012x', '440106851112012', '44010619851112012X', ' 440106 19851112 012X';
    refused('one person registered again', 'registrar', $register->('验丙丙丁', 'citizen_id', '44010619991231013X') =~ s/, sex.*/)/r,
        '23505 one_person_one_registration');
    refused('one number as another document', 'registrar', $register->('另一人', 'passport', '44010619851112012X'), '23514 document_kind_fits_number');
};

subtest 'a ratio improved by shrinking the head count' => sub {
    my $enter = sub { my ($day, $count) = @_; return done('registrar', "SELECT registry.enter_headcount($street, 'staff', registry.today() - $day, $count, '人事')") };
    my $full = $enter->(30, 100);
    my $few = $enter->(1, 10);

    $sample->sql("GRANT registry_reviewer TO sample_registrar; INSERT INTO registry.staff (role_name, person_id, organization_id, duty, valid)
        SELECT 'sample_registrar', person_id, organization_id, 'reviewer', valid FROM registry.staff WHERE role_name = 'sample_registrar' AND organization_id = $street");
    refused('approved by whoever entered it', 'registrar', "SELECT registry.decide_headcount($full, 'approved')", '23514 approver_did_not_enter');
    done('reviewer', "SELECT registry.decide_headcount($full, 'approved')");
    refused('a tenth of it, unexplained', 'reviewer', "SELECT registry.decide_headcount($few, 'approved')", '23514 shrinking_count_has_reason');
};

subtest 'with SQL' => sub {
    my $leaf = 'registry.service_record_' . $sample->sql('SELECT extract(year FROM registry.today())');

    foreach my $role (qw(registrar recorder reviewer issuer administrator auditor))
    {
        refused($_, $role, $_, '42501') foreach
            "UPDATE registry.service_record SET status = 'effective'",
            "UPDATE registry.record_event SET actor = 'nobody'",
            "INSERT INTO registry.service_record (volunteer_id, recorded_at) VALUES (1, '2020-01-01')",
            "INSERT INTO registry.record_batch (organization_id, source, recorded_by, timely_from) VALUES (1, 'roster', 'nobody', '2020-01-01')",
            "INSERT INTO $leaf (volunteer_id) VALUES (1)",
            "SELECT FROM $leaf",
            'DELETE FROM registry.volunteer',
            'TRUNCATE registry.service_record',
            'ALTER TABLE registry.service_record DISABLE TRIGGER ALL',
            'ALTER TABLE registry.service_record DISABLE ROW LEVEL SECURITY',
            'SET session_replication_role = replica',
            'SET ROLE registry_owner',
            'CREATE OR REPLACE FUNCTION registry.today() RETURNS date LANGUAGE sql RETURN now()::date',
            "UPDATE registry.certificate SET token = 'x'";
    }
};

subtest 'stars and certificates' => sub {
    my $record = $sample->sql("SELECT min(record_id) FROM registry.service_record JOIN registry.volunteer USING (volunteer_id)
        WHERE volunteer_no::text = '$zoe' AND effective AND NOT forced");

    is($sample->sql("SELECT count(*) FROM registry.star_due JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no::text = '$zoe'"), '1', 'a star is due');
    done('reviewer', "SELECT registry.void_record($record, '重复')");
    refused('a star from voided hours', 'recorder', "SELECT registry.apply_for_star('$zoe')", '23514 star_is_due');

    my $period = q{daterange(registry.today() - 700, registry.today())};
    refused('a certificate of hours that others recorded', 'library', "SELECT registry.issue_certificate('$bob', $library, $period, '负责人')",
        'P0002 records_to_certify');
    refused('a certificate in the name of another body', 'library', "SELECT registry.issue_certificate('$bob', $street, $period, '负责人')",
        '42501 outside_scope');
    refused('handler and responsible in one', 'issuer', "SELECT registry.issue_certificate('$bob', $street, $period, 'sample_issuer')",
        '23514 handler_is_not_responsible');

    my $token = $sample->token($code);
    my $altered = $token =~ s/\.(\w{20})\w/.$1_/r;
    my $verify = sub { "SELECT volunteer.verify_certificate('$_[0]', jwk) FROM registry.signing_key" };
    is($sample->sql($verify->($token)), 't', 'the token is valid');
    is($sample->sql($verify->($altered)), 'f', 'altered it is not');

    $record = $sample->sql("SELECT min(l.record_id) FROM registry.certificate_line l JOIN registry.certificate c USING (volunteer_id, certificate_id)
        JOIN registry.service_record r USING (record_id) WHERE c.code::text = '$code' AND r.organization_id = $street");
    done('reviewer', "SELECT registry.void_record($record, '重复')");
    like(done('verifier', "SELECT status FROM verify.certificates(ARRAY['$code'])"), qr/^suspended$/, 'an old certificate after its records were voided');
    refused('reinstated nevertheless', 'issuer', "SELECT registry.reinstate_certificate('$code', '核查无误')", '55000 covered_records_are_effective');
};

subtest 'guessing' => sub {
    my $number = $sample->sql("SELECT number FROM registry.certificate WHERE code::text = '$code'");
    my $guess = $code;

    substr($guess, 3, 1) = substr($code, 3, 1) eq '7' ? '8' : '7';
    refused('a code with one character changed', 'verifier', "SELECT FROM verify.certificates(ARRAY['$guess'])", '22P02');
    # I and L are read as 1, O as 0.
    my @checks = (0 .. 9, grep { !/[ILO]/ } 'A' .. 'Z');
    my @found = map { (psql('verifier', "SELECT count(*) FROM verify.certificates(ARRAY['" . substr($guess, 0, -1) . "$_'])"))[0] } @checks;
    is_deeply([ grep { $_ ne '' } @found ], ['0'], 'with the check character that fits, it is nothing');
    is(done('verifier', "SELECT verify.ask_by_number('$number', '猜一猜') AS ticket \\gset\n"
              . "SELECT count(*) FROM verify.answer_by_number(:'ticket', '$number', '猜一猜')"), '0', 'nor does a number without its name');
    refused('reading codes', 'verifier', 'SELECT code FROM registry.certificate', '42501');
};

subtest 'hours spent twice' => sub {
    done('recorder', "SELECT registry.open_time_account('$ann')");
    refused('time that was not stored', 'recorder', "SELECT registry.redeem_time('$ann', $street, '0017', '陪诊', 60, gen_random_uuid())", '23514 no_overdraft');
    $sample->sql('ALTER TABLE registry.time_account DISABLE TRIGGER only_balance_changes;
        UPDATE registry.time_account SET opened_on = registry.today() - 700 WHERE volunteer_id IS NOT NULL;
        ALTER TABLE registry.time_account ENABLE TRIGGER only_balance_changes');
    cmp_ok(done('reviewer', "SELECT registry.store_service($street)"), '>', 0, 'what was served is stored');
    is(done('reviewer', "SELECT registry.store_service($street)"), '0', 'once');
    my $redeeming = sub { "SELECT registry.redeem_time('$ann', $street, '0017', '陪诊', $_[0], md5('redeemed')::uuid)" };
    is(done('recorder', $redeeming->(10)), done('recorder', $redeeming->(10)), 'one request is one redemption, however often it is sent');
    refused('another redemption under its key', 'recorder', $redeeming->(20), '23505 one_booking_of_a_key');

    $sample->sql(q{SELECT registry.trust_issuer('https://zyz.other.example', '别市志愿服务联合会', volunteer.signing_public_key() - 'kid', '示例协议')});
    my $transfer = done('registrar', "SELECT registry.request_transfer('$zoe', 'https://zyz.other.example')");
    done('reviewer', "SELECT registry.announce_access('$zoe', 'package', 'holder_request')");
    refused('hours exported without consent', 'reviewer', "SELECT registry.export_transfer($transfer)", '55000 known_transition');
    done('registrar', "SELECT registry.consent_transfer($transfer, '书面同意')");
    is(done('reviewer', "SELECT registry.export_transfer($transfer)"), '', 'a package that may be taken back');
    my $file = done('reviewer', "SELECT registry.export_transfer($transfer)");
    is(done('reviewer', "SELECT registry.export_transfer($transfer)"), $file, 'exported again they are the same file');
    refused('a certificate of hours exported', 'issuer',
        "SELECT registry.issue_certificate('$zoe', $street, daterange(registry.today() - 700, registry.today()), '负责人')", 'P0002 records_to_certify');
};

subtest 'a file sent twice' => sub {
    my $import = sub {
        my $lines = join "\n", map { "$_->[0],$_->[1],社区助老,示例街道志愿服务站,引导," . $sample->sql("SELECT to_char(registry.today() - 4, 'YYYY-MM-DD')") . " 08:30,"
              . $sample->sql("SELECT to_char(registry.today() - 4, 'YYYY-MM-DD')") . ' 09:30,1,1' } [ $ann, '测小甲' ], [ $bob, '试乙' ];

        return done('recorder', "SELECT registry.begin_import('roster.csv', $street) AS import_id \\gset\n"
              . "\\copy registry.import_line (line) FROM pstdin WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')\n$lines\n\\.\n"
              . 'SELECT imported, unchanged, refused FROM registry.import_service_records(:import_id)');
    };

    is($import->(), '2|0|0', 'two lines');
    is($import->(), '0|2|0', 'change nothing the second time');
};

done_testing;
