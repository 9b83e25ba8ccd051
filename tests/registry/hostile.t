# Staff who try what the rules forbid by choosing when their sessions read and
# write: a certificate or a star must not outlive the hours it rests on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils qw(system_or_bail);
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('hostile', deployed => 1, conf => 'max_prepared_transactions = 1');

my ($street, $ann, $bob, $zoe) = split /\n/, $node->safe_psql('registry', <<"SQL");
\\o /dev/null
\\i $FindBin::RealBin/certificate_sample.sql
SELECT registry.appoint_staff('sample_issuer', :street, 'issuer');
CREATE ROLE sample_administrator LOGIN IN ROLE registry_administrator;
UPDATE registry.star_standard SET thresholds = '{1:00,300:00,600:00,1000:00,1500:00}';
UPDATE registry.policy SET value = 0 WHERE name = 'star_publicity_days';
ALTER DATABASE registry SET search_path = public, volunteer;
\\o
SELECT :street;
SELECT :'ann';
SELECT :'bob';
SELECT :'zoe';
SQL

sub session
{
    my ($role) = @_;

    return $node->background_psql('registry', on_error_stop => 0, extra_params => [ '-U', "sample_$role" ]);
}

sub record_of
{
    my ($number) = @_;

    return $node->safe_psql('registry', "SELECT min(record_id) FROM registry.service_record r
        JOIN registry.volunteer v USING (volunteer_id)
        WHERE v.volunteer_no = '$number' AND r.organization_id = $street AND r.effective");
}

subtest 'transactions that read an old snapshot' => sub {
    my $record = record_of($ann);

    foreach my $level ('REPEATABLE READ', 'SERIALIZABLE')
    {
        my $reviewer = session('reviewer');

        $reviewer->query_safe("BEGIN ISOLATION LEVEL $level");
        $reviewer->query("SELECT registry.void_record($record, '重复')");
        like($reviewer->{stderr}, qr/only in transactions of isolation level read committed/, "$level is refused");
        $reviewer->quit;
    }
};

# Nor is anything dated on the day when a transaction began that was kept open since.
subtest 'administrators in such transactions' => sub {
    foreach my $call (
        "set_origin('https://zyz.example.gov.cn')", "create_organization('旧组织', '1', '02', '440106')",
        "change_organization_status($street, 'suspended', '整顿')", "appoint_staff('sample_issuer', $street, 'issuer')",
        "allot_number_block($street, 10)", "require_training('any', 1, '440106', '示例办法')", 'end_training_requirement(1)',
        "trust_issuer('https://other.example.gov.cn', '别处', '{}', '协议')", "distrust_issuer('kid', '终止')", 'register_signing_key()')
    {
        my $administrator = session('administrator');

        $administrator->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
        $administrator->query("SELECT registry.$call");
        like($administrator->{stderr}, qr/only in transactions of isolation level read committed/, $call);
        $administrator->quit;
    }
};

# What must be done before something begins, in transactions that began before it did.
subtest 'a transaction begun before what it is late for' => sub {
    my $project = $node->safe_psql('registry', "SELECT min(project_id) FROM registry.project WHERE organization_id = $street");
    my $hours = $node->safe_psql('registry', "SELECT tstzrange(now() + interval '1 hour', now() + interval '2 hours')");
    my $activity = as(recorder => "SELECT registry.create_activity($project, '巡堤', '$hours', emergency => true)");
    my $shift = as(recorder => "SELECT registry.create_shift($activity, '$hours', '巡查', 5)");
    my $cover = as(recorder => "SELECT registry.add_insurance_policy($street, '示例保险', 'P-1', daterange(registry.today(), registry.today() + 2), 100000)");

    $node->safe_psql('registry', "CREATE ROLE sample_dispatcher LOGIN IN ROLE registry_dispatcher;
        SELECT registry.appoint_staff('sample_dispatcher', $street, 'dispatcher', registry.add_person('示例调度', 'passport', 'E00000077', 9::smallint, '1980-01-01'))");
    as(recorder => "SELECT registry.sign_up($shift, '$ann')");
    as(dispatcher => "SELECT registry.open_incident($activity, '1', '1', '汛情')");
    my %session = map { $_ => session($_) } qw(recorder dispatcher);

    $_->query_safe("\\set ON_ERROR_ROLLBACK on\n\\set VERBOSITY verbose\nBEGIN") foreach values %session;
    $node->safe_psql('registry', <<"SQL");
SET session_replication_role = replica;
UPDATE registry.activity SET period = tstzrange(clock_timestamp(), upper(period)) WHERE activity_id = $activity;
UPDATE registry.shift SET period = tstzrange(clock_timestamp(), upper(period)) WHERE shift_id = $shift;
SQL
    foreach my $late (
        [ recorder => "registry.create_activity($project, '冒称预告', tstzrange(clock_timestamp() - interval '1 ms', clock_timestamp() + interval '1 hour'))",
            'published_before_start', 'publishes nothing that has begun' ],
        [ recorder => "registry.decide_signup($shift, '$ann', 'confirmed')", 'shift_not_begun', 'gives no place' ],
        [ recorder => "registry.cancel_activity($activity, '取消')", 'activity_not_begun', 'cancels nothing' ],
        [ dispatcher => "registry.alert($shift, ARRAY['$ann']::volunteer.volunteer_no[])", 'shift_not_begun', 'calls nobody out' ])
    {
        my ($role, $call, $rule, $name) = @$late;

        $session{$role}->{stderr} = '';
        $session{$role}->query("SELECT $call");
        like($session{$role}->{stderr}, qr/CONSTRAINT NAME:  $rule$/m, $name);
    }
    $_->{stderr} = '' foreach values %session;
    $session{recorder}->query_safe("SELECT registry.insure($cover, '$ann')");
    $_->query_safe('COMMIT') foreach values %session;
    $_->quit foreach values %session;
    is($node->safe_psql('registry', "SELECT registry.is_insured(v.volunteer_id, s.period) FROM registry.volunteer v, registry.shift s
        WHERE v.volunteer_no = '$ann' AND s.shift_id = $shift"), 'f', 'insures nobody for what has happened');
};

subtest 'a record voided while its certificate is issued' => sub {
    my ($issuer, $reviewer) = (session('issuer'), session('reviewer'));

    $issuer->query_safe('BEGIN');
    my $code = $issuer->query_safe("SELECT registry.issue_certificate('$ann', $street, daterange('2020-01-01', registry.today()), '负责人')");
    $node->start_waiting($reviewer, "SELECT registry.void_record(@{[ record_of($ann) ]}, '重复')");
    $issuer->query_safe('COMMIT');
    $reviewer->query_safe('SELECT 1');
    is($node->safe_psql('registry', "SELECT status FROM registry.certificate WHERE code = '$code'"), 'suspended',
        'the certificate is suspended');
    is($node->safe_psql('registry', 'SELECT count(*) FROM registry.check_certificates()'), '0', 'nothing contradicts itself');
    $_->quit foreach $issuer, $reviewer;
};

sub as
{
    my ($role, $sql) = @_;

    return $node->safe_psql('registry', $sql, extra_params => [ '-U', "sample_$role" ]);
}

subtest 'a record voided while a star is awarded' => sub {
    my ($award, $void) = (session('reviewer'), session('reviewer'));

    as(recorder => "SELECT registry.apply_for_star('$bob')");
    as(reviewer => "SELECT registry.review_star('$bob', 1, true)");
    $award->query_safe('BEGIN');
    is($award->query_safe("SELECT registry.award_stars($street)"), 1, 'a star');
    $node->start_waiting($void, "SELECT registry.void_record(@{[ record_of($bob) ]}, '重复')");
    $award->query_safe('COMMIT');
    $void->query_safe('SELECT 1');
    is($node->safe_psql('registry', "SELECT a.status FROM registry.star_award a JOIN registry.volunteer v USING (volunteer_id)
        WHERE v.volunteer_no = '$bob'"), 'reopened', 'the award is reopened');
    $_->quit foreach $award, $void;
};

subtest 'a contact entered while the consent to it is withdrawn' => sub {
    my ($entering, $withdrawing) = (session('registrar'), session('registrar'));

    as(registrar => "SELECT registry.record_consent('$ann', 'contact', '短信确认 2')");
    $entering->query_safe('BEGIN');
    $entering->query_safe("SELECT registry.record_contact('$ann', 'email', 'ann\@example.org')");
    $node->start_waiting($withdrawing, "SELECT registry.withdraw_consent('$ann', 'contact')");
    $entering->query_safe('COMMIT');
    $withdrawing->query_safe('SELECT 1');
    is($node->safe_psql('registry', 'SELECT count(*) FROM registry.contact'), '0', 'does not stay');
    $_->quit foreach $entering, $withdrawing;
};

# Zoe and who is appointed meanwhile are one.
subtest 'somebody appointed while merged' => sub {
    $node->safe_psql('registry', "CREATE ROLE sample_registrar_2 LOGIN IN ROLE registry_registrar; CREATE ROLE sample_late LOGIN IN ROLE registry_recorder;
        SELECT registry.appoint_staff('sample_registrar_2', $street, 'registrar', registry.add_person('示例登记', 'passport', 'E00000078', 9::smallint, '1980-01-01'))");
    my $twice = as(registrar => "SELECT registry.register_volunteer('验丙丙丁', 'passport', 'E00000079', $street, '440106', '表四', sex => 1::smallint, birth_date => '1999-12-31')");
    my $merge = as(registrar => "SELECT registry.request_merge('$twice', '$zoe', '同一人')");
    my ($administrator, $registrar) = (session('administrator'), session('registrar_2'));
    my ($person, $survivor) = map { $node->safe_psql('registry', "SELECT person_id FROM registry.volunteer WHERE volunteer_no = '$_'") } $twice, $zoe;

    $administrator->query_safe('BEGIN');
    my $staff = $administrator->query_safe("SELECT registry.appoint_staff('sample_late', $street, 'recorder', $person)");
    $node->start_waiting($registrar, "SELECT registry.decide_merge($merge, true)");
    $administrator->query_safe('COMMIT');
    $registrar->query_safe('SELECT 1');
    is($node->safe_psql('registry', "SELECT person_id FROM registry.staff WHERE staff_id = $staff"), $survivor, 'is whoever remains');
    $_->quit foreach $administrator, $registrar;
};

subtest 'a star applied for by two' => sub {
    my ($first, $second) = (session('recorder'), session('recorder'));

    $first->query_safe('BEGIN');
    $first->query_safe("SELECT registry.apply_for_star('$ann')");
    $node->start_waiting($second, "SELECT registry.apply_for_star('$ann')");
    $first->query_safe('COMMIT');
    $second->query('SELECT 1');
    like($second->{stderr}, qr/not the next one due/, 'is applied for once');
    $_->quit foreach $first, $second;
};

subtest 'a star disputed while it is awarded' => sub {
    my ($award, $doubt) = (session('reviewer'), session('recorder'));

    as(reviewer => "SELECT registry.publish_stars($street)");
    $doubt->query_safe('BEGIN');
    $doubt->query_safe("SELECT registry.dispute_star('$ann', 1, '异议书 1 号')");
    $node->start_waiting($award, "SELECT registry.award_stars($street)");
    $doubt->query_safe('COMMIT');
    is($award->query_safe('SELECT 1'), "0\n1", 'is not awarded');
    $_->quit foreach $award, $doubt;
};

subtest 'a record voided while the stars of all are awarded' => sub {
    my ($award, $void) = (session('reviewer'), session('reviewer'));

    $node->safe_psql('registry', "UPDATE registry.star_standard SET thresholds = '{42:00,300:00,600:00,1000:00,1500:00}'");
    is(as(recorder => "SELECT registry.apply_for_stars($street)"), '1', 'one star is due');
    as(reviewer => "SELECT registry.publish_stars($street)");
    $void->query_safe('BEGIN');
    $void->query_safe("SELECT registry.void_record(@{[ record_of($zoe) ]}, '重复')");
    $node->start_waiting($award, "SELECT registry.award_stars($street)");
    $void->query_safe('COMMIT');
    is($award->query_safe('SELECT 1'), "0\n1", 'none is awarded');
    $_->quit foreach $award, $void;
};

sub refused
{
    my ($role, $statement) = @_;
    my (undef, undef, $errors) = $node->psql('registry', $statement,
        extra_params => [ '-U', "sample_$role", '-v', 'VERBOSITY=verbose' ]);

    return $errors =~ /CONSTRAINT NAME:  (\w+)/ ? $1 : 'nothing';
}

# An hour of a volunteer on a day of its own, in a batch of its own.
sub batch_of
{
    my ($number, $days_ago) = @_;
    my $batch = as(recorder => "SELECT registry.open_batch($street, '补录', sha256('签到表'))");
    my $project = $node->safe_psql('registry', "SELECT min(project_id) FROM registry.project WHERE organization_id = $street");
    my $hour = "tstzrange(s, s + interval '1 hour') FROM (SELECT (registry.today() - $days_ago)::timestamp AT TIME ZONE 'Asia/Shanghai' AS s) AS d";
    my $activity = as(recorder => "SELECT registry.create_activity($project, '活动', p, backfill_reason => '补录') FROM (SELECT $hour) AS a (p)");

    as(recorder => "SELECT registry.record_service($batch, '$number', $activity, p) FROM (SELECT $hour) AS a (p)");
    return $batch;
}

# Whoever prepares a transaction is told that it has a deadline; nobody waits for the midnight at which it ends.
sub deadline_of
{
    my ($role, $statement) = @_;
    return refused($role, "BEGIN; $statement; PREPARE TRANSACTION 'later'");
}

subtest 'what stays in an open transaction' => sub {
    my $eve = as(registrar => "SELECT registry.register_volunteer('测戊', 'passport', 'E12345678', $street, '440106', '表四',
        registry.today() - 100, sex => 9::smallint, birth_date => '1990-01-01', backdating_reason => '补登')");
    my ($public, $hidden) = (batch_of($eve, 20), batch_of($eve, 21));

    as(reviewer => "SELECT registry.review_batch($public, true); SELECT registry.make_effective($public)");
    $node->safe_psql('registry', "UPDATE registry.star_standard SET thresholds = '{1:00,300:00,600:00,1000:00,1500:00}'");
    is($node->safe_psql('registry', 'SELECT kind FROM registry.check_people()'), 'star', 'a standard lowered below its awards is found');
    as(recorder => "SELECT registry.apply_for_star('$eve')");
    is(deadline_of(@$_), 'committed_in_time', $_->[2]) foreach
        [ reviewer => "SELECT registry.review_batch($hidden, true)", 'a review, whose publicity nobody would see' ],
        [ reviewer => "SELECT registry.publish_stars($street)", 'nor that of a star' ],
        [ registrar => "SELECT registry.take_oath('$eve')", 'whatever changes the registry' ];

    # A shift that begins while those who announce it have not committed.
    my $project = $node->safe_psql('registry', "SELECT min(project_id) FROM registry.project WHERE organization_id = $street");
    my $hours = $node->safe_psql('registry', "SELECT tstzrange(clock_timestamp() + interval '3 seconds', clock_timestamp() + interval '1 hour')");
    my $activity = as(recorder => "SELECT registry.create_activity($project, '巡查', '$hours')");
    my $shift = as(recorder => "SELECT registry.create_shift($activity, '$hours', '巡查', 5)");
    as(recorder => "SELECT registry.sign_up($shift, '$eve')");
    my %session = map { $_->[0] => [ session('recorder'), $_->[1] ] } [ announced => "create_activity($project, '冒称预告', '$hours')" ],
        [ placed => "decide_signup($shift, '$eve', 'confirmed')" ], [ recorded => "create_activity($project, '补录', '$hours', backfill_reason => '补录')" ];

    $_->[0]->query_safe("BEGIN; SELECT registry.$_->[1]") foreach values %session;
    $node->poll_query_until('registry', "SELECT clock_timestamp() > lower('$hours'::tstzrange)");
    $_->[0]->query('COMMIT') foreach values %session;
    like($session{$_}[0]->{stderr}, qr/kept open past what it announces/, "nothing is $_ any more") foreach qw(announced placed);
    is($session{recorded}[0]->{stderr}, '', 'but as a back-fill');
    $_->[0]->quit foreach values %session;

    is($node->safe_psql('registry', "SELECT count(*) FROM pg_prepared_xacts"), '0', 'and nothing is left');
};

subtest 'a certificate issued while its key is declared compromised' => sub {
    my ($issuer, $administrator) = (session('issuer'), session('administrator'));
    my $key = $node->safe_psql('registry', 'SELECT kid FROM registry.signing_key');

    $issuer->query_safe('BEGIN');
    $issuer->query_safe("SELECT registry.issue_certificate('$zoe', $street, daterange('2020-01-01', registry.today()), '负责人')");
    $node->make_keys;
    $node->start_waiting($administrator, "SELECT registry.register_signing_key(); SELECT registry.compromise_signing_key('$key')");
    $issuer->query_safe('COMMIT');
    $administrator->query_safe('SELECT 1');
    is($node->safe_psql('registry', "SELECT count(*) FROM registry.certificate WHERE kid = '$key'"), '0', 'all are signed again');
    is($node->safe_psql('registry', 'SELECT count(*) FROM registry.check_certificates()'), '0', 'nothing contradicts itself');
    $_->quit foreach $issuer, $administrator;
};

# Each of the sessions has a key file of its own.
sub key_file
{
    my ($name) = @_;
    my $file = $node->basedir . "/keys/$name.pem";
    my $umask = umask 0077;

    system_or_bail(qw(openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out), $file);
    umask $umask;
    return $file;
}

subtest 'two keys registered at once' => sub {
    my @session = map { $node->background_psql('registry', on_error_stop => 0, extra_params => [ '-v', 'VERBOSITY=verbose' ]) } 1, 2;

    $session[$_]->query_safe("SET volunteer.signing_key_file = '" . key_file("key$_") . q{'}) foreach 0, 1;
    $session[0]->query_safe('BEGIN; SELECT registry.register_signing_key()');
    $node->start_waiting($session[1], 'SELECT registry.register_signing_key()');
    $session[0]->query_safe('COMMIT');
    $session[1]->query('SELECT 1');
    is_deeply([ $session[1]->{stderr} =~ /CONSTRAINT NAME:\s+(\w+)/ ], ['one_key_in_use'], 'the second is told');
    is($node->safe_psql('registry', 'SELECT count(*) FROM registry.signing_key WHERE retired_at IS NULL'), '1', 'and one is in use');
    $_->quit foreach @session;
    $node->safe_psql('registry', 'SELECT registry.register_signing_key()');
};

subtest 'certificates signed while their key is declared compromised' => sub {
    my $administrator = $node->background_psql('registry', on_error_stop => 0);
    my ($key, $code) = split /\|/, $node->safe_psql('registry', "SELECT kid, code FROM registry.certificate WHERE status = 'valid' LIMIT 1");

    $administrator->query_safe("SET volunteer.signing_key_file = '" . key_file('next') . q{'});
    foreach my $signing ("reissue_certificate('$code')", "issue_certificate('$zoe', $street, daterange('2020-01-01', registry.today()), '负责人')")
    {
        my $issuer = session('issuer');

        $administrator->query_safe('BEGIN; SELECT registry.register_signing_key()');
        $node->start_waiting($issuer, "SELECT registry.$signing");
        cmp_ok($administrator->query_safe("SELECT registry.compromise_signing_key('$key')"), '>', 0, 'all are signed again');
        $administrator->query_safe('ROLLBACK');
        $issuer->query('SELECT 1');
        is($issuer->{stderr}, '', "and $signing has waited for it");
        $issuer->quit;
    }
    $administrator->quit;
    is($node->safe_psql('registry', 'SELECT count(*) FROM registry.check_certificates()'), '0', 'nothing contradicts itself');
};

# A certificate's number is on paper, so the holder's name is guessed by whoever is let into the database as the desk: what counts
# the guesses must not be taken back by who guesses.
my $number = $node->safe_psql('registry',
    "SELECT min(c.number) FROM registry.certificate c JOIN registry.volunteer v USING (volunteer_id) WHERE v.volunteer_no = '$ann'");

sub asking    { return "verify.ask_by_number('$number', '$_[0]')" }
sub answering { return "SELECT count(*) FROM verify.answer_by_number($_[0], '$number', '$_[1]')" }
sub work      { return q{SELECT string_agg(concat_ws(' ', relname, seq_tup_read, idx_scan, idx_tup_fetch), ',' ORDER BY relname)
    FROM pg_stat_xact_all_tables WHERE schemaname = 'registry' AND seq_scan + coalesce(idx_scan, 0) > 0} }
sub failures  { return $node->safe_psql('registry', 'SELECT coalesce(sum(failures), 0) FROM verify.failed_lookup') }

subtest 'a name guessed where the count is taken back' => sub {
    my $name = '测小甲';
    my $asked = 'SELECT ' . asking($name) . " AS ticket \\gset\n";
    my $at_once = answering(asking($name), $name);
    my $answered = answering(q{:'ticket'}, $name);
    my $kept = answering(q{current_setting('guess.ticket')::uuid}, $name);
    my ($rest, $last) = $number =~ /(.*)(.)/;
    my $taken_back = 'RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN';

    is(refused(verifier => $_->[1]), 'attempt_is_committed', "$_->[0]: no answer") foreach
        [ 'one transaction', "BEGIN; $asked$answered; ROLLBACK" ],
        [ 'one transaction and a subtransaction', "BEGIN; SAVEPOINT s; ${asked}RELEASE s; $answered; ROLLBACK" ],
        [ 'a block that takes itself back', "DO \$\$ DECLARE seen bigint; BEGIN seen := ($at_once); $taken_back RAISE NOTICE '%', seen; END \$\$" ],
        [ 'a statement that fails when there is none', "SELECT 1 / ($at_once)" ],
        [ 'one message', "SELECT set_config('guess.ticket', " . asking($name) . "::text, false) \\; $kept" ],
        [ 'asked and rolled back', "BEGIN; ${asked}ROLLBACK; $answered" ],
        [ 'asked and taken back to a savepoint', "BEGIN; SAVEPOINT s; ${asked}ROLLBACK TO s; COMMIT; $answered" ],
        [ 'asked in a block that takes itself back', "DO \$\$ DECLARE ticket uuid; BEGIN BEGIN ticket := " . asking($name) . "; $taken_back NULL; END;"
              . " PERFORM set_config('guess.ticket', ticket::text, false); END \$\$; $kept" ];
    is(failures(), 0, 'and none of them counts');

    is(refused(verifier => $_->[1]), 'attempt_is_committed', "$_->[0]: no answer") foreach
        [ 'another name than was asked', 'SELECT ' . asking('测') . " AS ticket \\gset\n$answered" ],
        [ 'another number, whose end was asked with the name', "SELECT verify.ask_by_number('$rest', '$last$name') AS ticket \\gset\n$answered" ],
        [ 'a ticket of nobody', answering('gen_random_uuid()', $name) ];
    is(failures(), 2, 'what was asked counts');
    is(as(verifier => "BEGIN; $asked" . work() . '; ROLLBACK'), '', 'and nothing that statistics could tell of is looked up before');
};

subtest 'a name guessed by two sessions' => sub {
    my $asker = session('verifier');

    $node->safe_psql('registry', 'DELETE FROM verify.failed_lookup');
    $asker->query_safe('BEGIN');
    my $ticket = $asker->query_safe('SELECT ' . asking('测小甲'));
    is(refused(verifier => answering("'$ticket'", '测小甲')), 'attempt_is_committed', 'no answer while it can be rolled back');
    $asker->query_safe('COMMIT');
    is(as(verifier => answering("'$ticket'", '测小甲')), '1', 'but when it is committed') foreach 1 .. 2;
    is(failures(), 0, 'and what was found is no failure, once');
    $asker->quit;
};

subtest 'a name guessed and the answer taken back' => sub {
    foreach my $guess (map { "测$_" } 1 .. 5)
    {
        my $ticket = as(verifier => 'SELECT ' . asking($guess));

        is(as(verifier => 'BEGIN; ' . answering("'$ticket'", $guess) . '; ROLLBACK'), '0', "$guess is wrong");
        is(refused(verifier => 'SELECT 1 / (' . answering("'$ticket'", $guess) . ')'), 'nothing', 'which an error may say');
    }
    is(failures(), 5, 'each counts');
    my ($right, $wrong) = map {
        my $ticket = as(verifier => 'SELECT ' . asking($_));
        as(verifier => 'BEGIN; ' . answering("'$ticket'", $_) . '; ' . work() . '; ROLLBACK');
    } '测小甲', '测乙';
    like($right, qr/^0\n.*person/, 'and after five there is no answer');
    is($right, $wrong, 'not even in the statistics');
};

done_testing;
