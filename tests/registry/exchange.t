# Two registries, each with a key of its own: a volunteer's records move from one to the other, once and whole, whoever
# sends what again, alters it, or records at the same time.

use strict;
use warnings;
use utf8;

use Encode qw(encode_utf8);
use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;
use Volunteer::Sample;

my %origin = (here => 'https://zyz.here.example', there => 'https://zyz.there.example');
my %node = map { $_ => Volunteer::Cluster->new($_, deployed => 1) } keys %origin;
my $sample = Volunteer::Sample->new($node{here}, $origin{here});

$node{there}->safe_psql('registry', encode_utf8(<<"SQL"));
SET search_path = public, volunteer;
SELECT registry.set_origin('$origin{there}');
SELECT registry.register_signing_key();
SELECT registry.create_organization('别市志愿服务联合会', '2', '13', '441500') AS body \\gset
CREATE ROLE sample_registrar LOGIN IN ROLE registry_registrar;
CREATE ROLE sample_recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE sample_reviewer LOGIN IN ROLE registry_reviewer;
SELECT registry.appoint_staff('sample_' || duty, :body, duty,
    registry.add_person('别市' || duty, 'passport', 'E' || left(md5(duty), 8), 9::smallint, '1980-01-01'))
FROM unnest('{registrar,recorder,reviewer}'::text[]) AS duty;
SET SESSION AUTHORIZATION sample_registrar;
SELECT registry.register_volunteer(name, 'citizen_id', number, :body, '441500', '登记表')
FROM (VALUES ('测小甲', '440106199003070116'), ('试乙', '44010619851112012X'), ('验丙丙丁', '44010619991231013X')) AS v (name, number);
SQL

# Runs SQL in one of the registries as the sample's staff of a duty.
sub sql
{
    my ($where, $duty, $text) = @_;

    return $node{$where}->safe_psql('registry', encode_utf8($text), extra_params => [ '-U', $duty ? "sample_$duty" : 'postgres' ]);
}

# SQLSTATE and rule of a text that must fail.
sub refusal
{
    my ($where, $duty, $text) = @_;
    my ($stdout, $stderr);

    $node{$where}->psql('registry', encode_utf8("\\set VERBOSITY verbose\n$text"), stderr => \$stderr,
        extra_params => [ '-U', "sample_$duty" ]);
    return join ' ', $stderr =~ /ERROR:\s+(\w{5})/, $stderr =~ /CONSTRAINT NAME:\s+(\w+)/;
}

sub number_of
{
    my ($where, $name) = @_;
    return sql($where, '', "SELECT volunteer_no FROM registry.volunteer JOIN registry.person USING (person_id) WHERE name = '$name'");
}

sub hours_of
{
    my ($where, $name) = @_;
    return sql($where, '', "SELECT coalesce(max(hours::text), '0:00') FROM registry.volunteer_hours JOIN registry.volunteer USING (volunteer_id)"
          . " JOIN registry.person USING (person_id) WHERE name = '$name'");
}

# Up to the export.
sub request
{
    my ($name) = @_;
    my $transfer = sql('here', 'registrar', "SELECT registry.request_transfer('" . number_of('here', $name) . "', '$origin{there}')");

    sql('here', 'registrar', "SELECT registry.consent_transfer($transfer, '书面同意')");
    sql('here', 'reviewer', "SELECT registry.announce_access('" . number_of('here', $name) . "', 'package', 'holder_request')");
    return $transfer;
}

sub receiving
{
    my ($package, $name) = @_;
    return "SELECT registry.receive_transfer('$package', '" . number_of('there', $name) . "')";
}

# The file that a call hands out, which it does once what it has decided is committed.
sub file
{
    my ($where, $call) = @_;

    is(sql($where, 'reviewer', "SELECT $call"), '', 'nothing before the commit');
    return sql($where, 'reviewer', "SELECT $call");
}

# A background session of the sample's staff.
sub session
{
    my ($where, $duty) = @_;

    return $node{$where}->background_psql('registry', on_error_stop => 0, extra_params => [ '-U', "sample_$duty" ]);
}

# Each registry pins the other's key.
foreach my $pair ([ here => 'there' ], [ there => 'here' ])
{
    my ($truster, $trusted) = @$pair;
    my $key = decode_json(sql($trusted, '', 'SELECT verify.public_keys()'))->{keys}[0];

    is(sql($truster, '', "SELECT registry.trust_issuer('$origin{$trusted}', '示例志愿服务联合会', '" . JSON::PP->new->encode($key) . "', '示例协议')"),
        $key->{kid}, "$truster trusts $trusted");
}

my $code = $sample->issue('测小甲');
my $all = hours_of('here', '测小甲');
my $transfer = request('测小甲');

subtest 'files whose transaction takes itself back' => sub {
    my $exporting = session('here', 'reviewer');
    my $export = "SELECT registry.export_transfer($transfer)";

    foreach my $ways ([ 'a transaction', 'BEGIN', 'ROLLBACK' ], [ 'a savepoint', 'BEGIN; SAVEPOINT s', 'ROLLBACK TO s; COMMIT' ])
    {
        my ($what, $begin, $end) = @$ways;

        $exporting->query_safe($begin);
        is($exporting->query_safe($_), '', "$what: no package") foreach ($export) x 2;
        $exporting->query_safe($end);
        is(hours_of('here', '测小甲'), $all, 'of hours that count');
    }
    $exporting->quit;
};

my $package = file('here', "registry.export_transfer($transfer)");

subtest 'from here to there' => sub {
    is(hours_of('here', '测小甲'), '0:00', 'exported hours do not count here');
    my $received = sql('there', 'recorder', receiving($package, '测小甲'));
    is(hours_of('there', '测小甲'), '0:00', 'received ones not yet there');
    my $deciding = session('there', 'reviewer');
    foreach my $decision ("refuse_transfer($received, '本人撤回申请')", "import_transfer($received)")
    {
        $deciding->query_safe('BEGIN');
        is($deciding->query_safe(encode_utf8("SELECT registry.$decision")), '', 'no receipt of what may be taken back') foreach 1, 2;
        $deciding->query_safe('ROLLBACK');
    }
    $deciding->quit;
    my $receipt = file('there', "registry.import_transfer($received)");
    is(hours_of('there', '测小甲'), $all, 'imported ones do');
    is(sql('there', 'recorder', receiving($package, '测小甲')), $received, 'the same package again is the same transfer');
    is(sql('there', 'reviewer', "SELECT registry.import_transfer($received)"), $receipt, 'the same import has the same receipt');
    is(hours_of('there', '测小甲'), $all, 'and changes nothing');
    is(sql('here', 'registrar', "SELECT registry.reconcile_transfer('$receipt')"), 'reconciled', 'the receipt ends the transfer') foreach 1, 2;
    is(sql('here', '', "SELECT status FROM registry.certificate c WHERE c.code::text = '$code'"), 'superseded', 'the old certificate with it');
    is(sql($_, '', "SELECT registry.seal() > 0, (SELECT count(*) FROM registry.verify_seals()), (SELECT count(*) FROM registry.check_integrity())"),
        't|0|0', "sealed and as its events say $_") foreach sort keys %node;
};

subtest 'what is not the package' => sub {
    my $forged = sql('there', '', "SELECT volunteer.sign_transfer(convert_from(decode(rpad(translate(p, '-_', '+/'), (length(p) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::json)"
          . " FROM split_part('$package', '.', 2) AS p");
    my @part = split /\./, $package;

    substr($part[1], 100, 1) =~ tr/A-Za-z0-9/B-ZAb-za1-90/;
    is(refusal('there', 'recorder', receiving($forged, '测小甲')), '23503 known_issuer', 'the same claims, signed with another key');
    is(refusal('there', 'recorder', receiving(join('.', @part), '测小甲')), '23514 message_is_genuine', 'one letter is another');
    is(refusal('there', 'recorder', receiving($package, '验丙丙丁')), '23514 holder_matches_package', 'somebody else');
    is(refusal('there', 'recorder', "SELECT registry.receive_transfer('$package', 'V44150026010000012')"), '22P02', 'nobody');
    is(refusal('here', 'recorder', "SELECT registry.receive_transfer('$package', '" . number_of('here', '测小甲') . "')"),
        '23503 known_issuer', 'not where it comes from');
};

subtest 'refused there, back here' => sub {
    my $before = hours_of('here', '试乙');
    my $refused = request('试乙');
    my $case = sql('there', 'recorder', receiving(file('here', "registry.export_transfer($refused)"), '试乙'));
    my $receipt = file('there', "registry.refuse_transfer($case, '本人撤回申请')");

    is(refusal('there', 'reviewer', "SELECT registry.import_transfer($case)"), '55000 known_transition', 'refused for good');
    is(sql('here', 'registrar', "SELECT registry.reconcile_transfer('$receipt')"), 'returned', 'the receipt says so here');
    is(hours_of('here', '试乙') . ' ' . hours_of('there', '试乙'), "$before 0:00", 'where the hours count again');
};

my $zoe = request('验丙丙丁');

subtest 'a record voided while it is exported' => sub {
    my $record = sql('here', '', "SELECT min(record_id) FROM registry.service_record JOIN registry.volunteer USING (volunteer_id)"
          . " JOIN registry.person USING (person_id) WHERE name = '验丙丙丁'");
    my ($voiding, $exporting, $again) = map { session('here', 'reviewer') } 1 .. 3;

    $voiding->query_safe(encode_utf8("BEGIN; SELECT registry.void_record($record, '误录')"));
    $node{here}->start_waiting($exporting, "SELECT registry.export_transfer($zoe)");
    $node{here}->start_waiting($again, "SELECT registry.export_transfer($zoe)");
    $voiding->query_safe('COMMIT');
    $_->query('SELECT 1') foreach $exporting, $again;
    is(sql('here', '', "SELECT records FROM registry.transfer WHERE transfer_id = $zoe"), '32', 'is not in the package');
    is(sql('here', '', "SELECT count(*) FROM registry.exchange_message WHERE transfer_id = $zoe"), '1', 'of which there is one');
    is(hours_of('here', '验丙丙丁'), '0:00', 'nothing counts here');
    $_->quit foreach $voiding, $exporting, $again;
};
$package = sql('here', 'reviewer', "SELECT registry.export_transfer($zoe)");

subtest 'a record entered there while the package arrives' => sub {
    my $number = number_of('there', '验丙丙丁');
    my $period = decode_json(sql('here', '', "SELECT registry.token_part('$package', 2) #> '{records,0}'"));
    my ($recording, $first, $second) = map { session('there', 'recorder') } 1 .. 3;
    my $body = sql('there', '', 'SELECT organization_id FROM registry.organization');
    my $receiving = receiving($package, '验丙丙丁');

    $node{there}->safe_psql('registry', "UPDATE registry.volunteer SET registered_on = registered_on - 1000 WHERE volunteer_no::text = '$number'");
    $recording->query_safe(encode_utf8(<<"SQL"));
SELECT registry.open_batch($body, '补录', sha256('签到表')) AS batch \\gset
SELECT registry.create_project('本地项目', $body, '0001') AS project \\gset
SELECT registry.create_activity(:project, '活动', tstzrange('$period->{start}', '$period->{end}'), backfill_reason => '补录') AS activity \\gset
BEGIN;
SELECT registry.record_service(:batch, '$number', :activity, tstzrange('$period->{start}', '$period->{end}')) AS record \\gset
SELECT volunteer.flush_hours();
SQL
    $node{there}->start_waiting($first, encode_utf8($receiving));
    $recording->query_safe('COMMIT');
    $first->query('SELECT 1');
    like($first->{stderr}, qr/no_overlap/, 'is not imported over');
    is(sql('there', '', "SELECT count(*) FROM registry.service_record JOIN registry.volunteer USING (volunteer_id) WHERE volunteer_no::text = '$number'"),
        '1', 'nor is the rest');
    my $case = sql('there', 'recorder', $receiving);
    is(sql('there', 'recorder', "SELECT string_agg(rule, ' ') FROM registry.transfer_conflicts($case)"), 'no_overlap', 'sent again, it is a case');
    $recording->query_safe(encode_utf8("SELECT registry.void_record(:record, '与转入记录重复')"));

    # Two desks with the same file: one enters it, the other finds it entered.
    $first->{stderr} = '';
    $first->query_safe("BEGIN; $receiving");
    $node{there}->start_waiting($second, encode_utf8($receiving));
    $first->query_safe('COMMIT');
    is($second->query_safe('SELECT 1'), "$case\n1", 'a second desk gets the same transfer');
    sql('there', 'reviewer', "SELECT registry.import_transfer($case)");
    is(hours_of('there', '验丙丙丁'), sql('here', '', "SELECT hours FROM registry.transfer WHERE transfer_id = $zoe"), 'in the end the hours are there');
    is(sql('there', '', 'SELECT count(*) FROM registry.check_hours()'), '0', 'exactly');
    $_->quit foreach $recording, $first, $second;
};

subtest 'a record voided there while the package is imported' => sub {
    my $again = request('试乙');
    my $case = sql('there', 'recorder', receiving(file('here', "registry.export_transfer($again)"), '试乙'));
    my $record = sql('there', '', "SELECT min(record_id) FROM registry.service_record JOIN registry.transfer USING (batch_id) WHERE transfer_id = $case");
    my ($voiding, $importing) = (session('there', 'recorder'), session('there', 'reviewer'));

    $voiding->query_safe(encode_utf8("BEGIN; SELECT registry.void_record($record, '误录')"));
    $node{there}->start_waiting($importing, "SELECT registry.import_transfer($case)");
    $voiding->query_safe('COMMIT');
    $importing->query('SELECT 1');
    like($importing->{stderr}, qr/voided or corrected before its import/, 'leaves no part of it to be imported');
    is(sql('there', '', "SELECT status FROM registry.transfer WHERE transfer_id = $case"), 'acknowledged', 'as if it were whole');
    $_->quit foreach $voiding, $importing;
};

done_testing;
