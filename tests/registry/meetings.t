# Two people of the staff who act on one thing at once: the second waits for the first, and is then told what the rules say
# of what the first has done. What concerns hours, places and stored time is in concurrency.t.

use strict;
use warnings;
use utf8;

use Encode qw(encode_utf8);
use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('meetings', deployed => 1);

my %the = map { split } split /\n/, $node->run_file('registry', "$FindBin::RealBin/meetings.sql");

# What the second is told of the rule that refuses it.
sub second_is_refused
{
    my ($meeting, $role1, $statement1, $role2, $statement2, $rule) = @_;
    my $told = $node->meet('registry', $role1, encode_utf8($statement1), $role2, encode_utf8($statement2));

    return like($told, qr/CONSTRAINT NAME:  $rule$/m, $meeting);
}

# Who say the same.
sub twice
{
    my ($statement, @roles) = @_;

    return map { ($_ => $statement) } @roles;
}

my $district = $the{district};
my $month = q{date_trunc('month', registry.today())::date};
my $years = "'[2026-01-01,2100-01-01)'";
my @deciding = map { "SELECT registry.decide_commendation($the{commendation}, '$_', '示例理由')" } qw(recorded refused);
my @training = map { "SELECT registry.record_training($the{training}, '$the{ann}', $_)" } qw(true false);
my @claim = map { "SELECT registry.close_claim($the{claim}, $_)" } "'paid', 100", q('declined', reason => '示例理由');
my $naming = "SELECT registry.designate_project($the{project}, 'municipal_demo', $the{city}, '示例文件', $years)";
my $pairing = "SELECT registry.pair($the{unit}, $the{agency}, '示例局副局长')";
my $mark = "SELECT registry.grant_identity_mark($the{city}, '示标 1 号', '示例市民政局', registry.today() - 1)";
my $policy = sub { "SELECT registry.set_policy('yearly_hours', $_[0], '示例文件', '4414')" };

second_is_refused(@$_) foreach
    # orders
    [ 'two take on one order', recorder => "SELECT registry.accept_order($the{order}, $district, $the{project})",
        neighbour => "SELECT registry.accept_order($the{order}, $the{community}, $the{project_of_community})", 'known_transition' ],
    [ 'a request is compiled and rejected', dispatcher => "SELECT registry.compile_order($the{city}, '理发', '0001', tstzrange(now(), now() + interval '1 hour'), '{$the{request}}')",
        dispatcher => "SELECT registry.close_request($the{request}, 'rejected', '不属志愿服务')", 'known_transition' ],
    # activities
    [ 'an activity is cancelled and extended', recorder => "SELECT registry.cancel_activity($the{coming}, '台风')",
        second_recorder => "SELECT registry.extend_activity($the{coming}, now() + interval '3 days')", 'activity_published' ],
    [ 'an activity is cancelled and a place of it given', recorder => "SELECT registry.cancel_activity($the{planned}, '台风')",
        second_recorder => "SELECT registry.decide_signup($the{post}, '$the{ben}', 'confirmed')", 'known_transition' ],
    # training
    [ 'two results of one training', recorder => $training[0], second_recorder => $training[1], 'one_result_of_a_session' ],
    # protection
    [ 'a claim is paid and declined', recorder => $claim[0], second_recorder => $claim[1], 'known_transition' ],
    [ 'somebody is insured twice', twice("SELECT registry.insure($the{policy}, '$the{ben}')", qw(recorder second_recorder)), 'one_cover_at_a_time' ],
    # recognition
    [ 'one star is applied for twice', twice("SELECT registry.apply_for_star('$the{ann}')", qw(recorder second_recorder)), 'star_is_due' ],
    [ 'a commendation is recorded and refused', reviewer => $deciding[0], second_reviewer => $deciding[1], 'known_transition' ],
    # projects
    [ 'a project is designated twice', twice($naming, qw(reviewer second_reviewer)), 'one_designation_at_a_time' ],
    [ 'a designation is revoked twice', twice("SELECT registry.revoke_designation($the{designation}, '停办')", qw(reviewer second_reviewer)),
        'known_transition' ],
    # pairing
    [ 'two are paired twice', twice($pairing, qw(dispatcher dispatcher)), 'one_pairing_at_a_time' ],
    [ 'one month is logged twice', twice("SELECT registry.log_pairing($the{pairing}, $month, '清理楼道')", qw(recorder second_recorder)),
        'one_log_a_month' ],
    # organizations
    [ 'a station is closed twice', twice("SELECT registry.close_station($the{station}, '迁址')", qw(registrar second_registrar)), 'station_open' ],
    [ 'one target is set twice', (map { (clerk => "SELECT registry.set_target($district, 'station', $years, $_, '示例负责人')") } 2, 3), 'one_target_at_a_time' ],
    [ 'one mark is granted twice', twice($mark, qw(clerk clerk)), 'one_mark_one_organization' ],
    [ 'one mark is withdrawn twice', twice("SELECT registry.withdraw_identity_mark($the{city}, '年检不合格')", qw(clerk clerk)), 'known_mark' ],
    [ 'one policy is set twice', clerk => $policy->(20), clerk => $policy->(30), 'one_policy_at_a_time' ],
    # people
    [ 'one consent is recorded twice', twice("SELECT registry.record_consent('$the{ann}', 'contact', '登记表')", qw(registrar second_registrar)),
        'one_consent_in_force' ],
    [ 'a name correction is refused twice', twice("SELECT registry.refuse_name_correction($the{correction}, '证件不符')", qw(second_registrar second_registrar)),
        'known_transition' ],
    [ 'an erasure is refused twice', twice("SELECT registry.refuse_erasure($the{erasure}, '仍在保存期限内')", qw(second_registrar second_registrar)), 'known_transition' ],
    [ 'a merge is refused twice', twice("SELECT registry.decide_merge($the{merge}, false, '凭证不清')", qw(second_registrar second_registrar)), 'known_transition' ],
    # records
    [ 'a service is evaluated twice', twice("SELECT registry.evaluate($the{record}, 5, 5, 5)", qw(recorder second_recorder)), 'evaluated_once' ],
    [ 'a record is disputed twice', twice("SELECT registry.raise_dispute($the{record}, 'public', '未见到人')", qw(recorder second_recorder)),
        'known_transition' ],
    # imports
    [ 'one role begins two imports', (map { (recorder => "SELECT registry.begin_import('$_.csv', $district)") } qw(a b)), 'one_open_import' ],
    # certificates
    [ 'a share is withdrawn twice', twice("SELECT registry.withdraw_share('$the{share}')", qw(issuer issuer)), 'known_share' ],
    [ 'a certificate is revoked twice', twice("SELECT registry.revoke_certificate('$the{code}', 'false_record')", qw(issuer issuer)), 'known_transition' ];

subtest 'number blocks' => sub {
    my $allotting = "SELECT registry.allot_number_block($district, 100)";

    unlike($node->meet('registry', twice($allotting, qw(clerk clerk))), qr/ERROR/, 'two are allotted at once');
    is($node->safe_psql('registry', 'SELECT count(DISTINCT serials) FROM registry.number_block WHERE upper(serials) - lower(serials) = 100'), 2,
        'and are two');
};

subtest 'guesses of the name on a certificate' => sub {
    my $asking = sub { encode_utf8("SELECT verify.ask_by_number('$the{number}', '$_[0]') AS ticket") };
    my $guessing = sub { $asking->(@_) . encode_utf8(" \\gset\nSELECT count(*) FROM verify.answer_by_number(:'ticket', '$the{number}', '$_[0]')") };

    $node->safe_psql('registry', $guessing->('猜一猜')) foreach 1 .. 4;
    is($node->safe_psql('registry', $guessing->('示例甲')), 1, 'after four the right one is found');
    like($node->meet('registry', verifier => $asking->('猜一猜'), verifier => $guessing->('示例甲')), qr/^0$/m,
        'one that is under way counts before it is known to be wrong');

    $node->safe_psql('registry', q(UPDATE verify.failed_lookup SET since = since - interval '2 hours'));
    my $ticket = $node->safe_psql('registry', $asking->('示例甲'));
    my $answering = encode_utf8("SELECT count(*) FROM verify.answer_by_number('$ticket', '$the{number}', '示例甲')");
    like($node->meet('registry', twice($answering, qw(verifier verifier))), qr/^1$/m, 'two who ask for the same answer have it');
    is($node->safe_psql('registry', 'SELECT failures FROM verify.failed_lookup'), 0, 'and it is taken off the failures once');
};

is($node->safe_psql('registry', 'SELECT string_agg(kind || object, E\'\n\') FROM registry.check_events()'), '', 'every state has its events');
done_testing;
