# Sealed personal data: read after the access was logged, sealed again when the
# key changes, and found in no log, message or statistics.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils qw(append_to_file run_command slurp_file);
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('personal_data', deployed => 1, conf => <<'CONF');
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = all
pg_stat_statements.track_utility = off
log_min_messages = debug1
log_error_verbosity = verbose
log_parameter_max_length_on_error = -1
CONF

$node->safe_psql('registry', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE ROLE clerk LOGIN IN ROLE registry_administrator;
CREATE ROLE registrar LOGIN IN ROLE registry_registrar;
CREATE ROLE colleague LOGIN IN ROLE registry_registrar;
CREATE ROLE recorder LOGIN IN ROLE registry_recorder;
CREATE ROLE stranger LOGIN IN ROLE registry_registrar;
SELECT registry.create_organization('示例志愿服务队', '2', '13', '350203') AS team, registry.create_organization('示例图书馆志愿队', '1', '02', '440106') AS library \gset
SELECT registry.appoint_staff(role, organization, duty, registry.add_person('示例工作人员', 'passport', number, 1::smallint, '1980-01-01'))
FROM (VALUES ('registrar', :team, 'registrar', 'E12345671'), ('colleague', :team, 'registrar', 'E12345672'),
    ('stranger', :library, 'registrar', 'E12345673'), ('recorder', :team, 'recorder', 'E12345678')) AS a (role, organization, duty, number);
SQL

my $team = $node->safe_psql('registry', q(SELECT organization_id FROM registry.organization WHERE name = '示例志愿服务队'));
my $born = $node->safe_psql('registry', q(SELECT registry.today() - 365 * 12));

# Everything personal that is entered below.
my ($name, $number, $phone, $email, $address, $mother, $mothers) =
  ('测试小明', 'E24681357', '13912345678', 'xiaoming@example.org', '厦门市示例路12号', '测试阿敏', '13887654321');
my $personal = join '|', $name, $number, $phone, $email, $address, $mother, $mothers;

sub as
{
    my ($role, $sql) = @_;
    my ($status, $stdout, $stderr) = $node->psql('registry', $sql, on_error_stop => 1,
        extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ]);
    return $status == 0 ? $stdout : $stderr;
}

sub refused
{
    my ($role, $sql, $rule, $description) = @_;
    my $errors = as($role, $sql);

    like($errors, qr/CONSTRAINT NAME:  $rule\n/, "refused: $description");
    unlike($errors, qr/$personal/, "$description: nothing of the person");
    return;
}

my $child = as(registrar => <<"SQL");
SELECT registry.register_volunteer('$name', 'passport', '$number', $team, '350203', '登记表 1', phone => '$phone', sex => 1::smallint,
    birth_date => '$born', guardian_name => '$mother', guardian_relation => '母亲')
SQL
as(registrar => "SELECT registry.record_contact('$child', $_)") foreach "'email', '$email'", "'address', '$address'";
as(registrar => "SELECT registry.add_guardian('$child', '$mother', '母亲', '$mothers')");

# Access is logged before anything is read

my %read = (
    person   => [ 'SELECT name FROM registry.read_person', $name ],
    document => [ 'SELECT kind, number FROM registry.read_documents', "passport|$number" ],
    contact  => [ 'SELECT kind, value FROM registry.read_contacts', "address|$address\nemail|$email\nphone|$phone" ],
    guardian => [ 'SELECT name, relation, phone FROM registry.read_guardians', "$mother|母亲|\n$mother|母亲|$mothers" ]);

sub reading { return "$read{$_[0]}[0]('$child');" }
sub announcing { return "SELECT registry.announce_access('$child', '$_[0]', '" . ($_[1] // 'insurance') . "');" }

foreach my $data (sort keys %read)
{
    refused(registrar => reading($data), 'access_is_logged', "$data, not logged");
    refused(registrar => "BEGIN; @{[ announcing($data) ]} @{[ reading($data) ]} ROLLBACK;", 'access_is_logged',
        "$data, logged in a transaction that could be rolled back");
    refused(stranger => announcing($data), 'outside_scope', "$data, somebody of another body");
    as(registrar => announcing($data));
    is(as(registrar => reading($data)), $read{$data}[1], "$data, logged and read");
    refused(colleague => reading($data), 'access_is_logged', "$data, logged by somebody else");
}
refused(registrar => announcing('everything'), 'known_code', 'no kind of data');
refused(registrar => announcing('contact', 'curiosity'), 'known_code', 'no purpose');
refused(recorder => announcing('person'), 'outside_scope', 'a recorder and the name');
as(recorder => announcing('contact', 'service_contact'));
is(as(recorder => reading('contact')), $read{contact}[1], 'a recorder of the team reads contacts');
is($node->safe_psql('registry', q(SELECT actor, data, purpose FROM registry.audit_log ORDER BY log_id)),
    join("\n", (map { "registrar|$_|insurance" } sort keys %read), 'recorder|contact|service_contact'),
    'the log has who read what for which purpose, of what was committed');

is($node->safe_psql('registry', q(SELECT DISTINCT name, minor, purpose FROM report.data_access(registry.today(), registry.today()) ORDER BY purpose)),
    "测试*|t|投保与理赔\n测试*|t|服务联络", 'and a report that says whose data was that of a minor');

# What a school reads of its students

my $term = 'registry.today() - 180, registry.today()';
my $export = "SELECT name, project, records, hours FROM registry.export_students($team, $term)";

as(registrar => "SELECT registry.add_member($team, '$child', 'student')");
refused(registrar => $export, 'access_is_logged', 'an export that was not announced');
refused(registrar => "BEGIN; SELECT registry.announce_student_export($team, $term); $export; ROLLBACK;", 'access_is_logged',
    'nor one announced in a transaction that could be rolled back');
is(as(registrar => "SELECT registry.announce_student_export($team, $term)"), '1', 'announced, of one student');
is(as(registrar => $export), "$name||0|0:00", 'with the full name');
refused(colleague => $export, 'access_is_logged', 'an export that somebody else announced');
is($node->safe_psql('registry', q(SELECT count(*) FROM registry.audit_log WHERE data = 'student_service' AND purpose = 'student_assessment')),
    '1', 'one entry in the log for each student');

# Who applies in a portal is read by the registrar who took the application up

$node->safe_psql('registry', 'CREATE ROLE portal LOGIN IN ROLE registry_portal');
my $applying = "SELECT registry.apply_for_registration('$name', 'passport', 'E13579246', $team, '350203', '实人认证 1 号', phone => '$phone',
    sex => 1::smallint, birth_date => '$born', guardian_name => '$mother', guardian_relation => '母亲')";
my $application = as(portal => $applying);
my $read_application = "SELECT name, document_number, phone, guardian_name FROM registry.read_application('$application')";

refused(registrar => $read_application, 'access_is_logged', 'an application that was not taken up');
refused(registrar => "BEGIN; SELECT registry.take_up_application('$application'); $read_application; ROLLBACK;", 'access_is_logged',
    'nor one taken up in a transaction that could be rolled back');
as(registrar => "SELECT registry.take_up_application('$application')");
is(as(registrar => $read_application), "$name|E13579246|$phone|$mother", 'an application taken up and read');
refused(colleague => $read_application, 'access_is_logged', 'but not by a colleague');
as(colleague => "SELECT registry.take_up_application('$application')");
is(as(colleague => $read_application), "$name|E13579246|$phone|$mother", 'who has to take it over');
is($node->safe_psql('registry', q(SELECT actor, name, data, purpose FROM report.data_access(registry.today(), registry.today()) WHERE data LIKE '注册申请%')),
    "registrar||注册申请填报的内容|核验身份\ncolleague||注册申请填报的内容|核验身份", 'both are in the report of accesses');

# Lines of a roster that were refused, as they were written

as(recorder => <<"SQL");
SELECT registry.begin_import('名册.csv', $team);
INSERT INTO registry.import_line (line) VALUES ('$child,$name,无此项目,示例志愿服务队,,,,,'), ('$name,$number,$phone');
SELECT registry.import_service_records((SELECT max(import_id) FROM registry.import));
SQL
my $import = $node->safe_psql('registry', 'SELECT max(import_id) FROM registry.import');
my $announcing = "SELECT registry.announce_import_access($import, 'roster_correction');";
my $lines = "SELECT line FROM registry.read_import_lines($import);";

refused(recorder => $lines, 'access_is_logged', 'refused lines that were not announced');
refused(recorder => "BEGIN; $announcing $lines ROLLBACK;", 'access_is_logged',
    'nor those announced in a transaction that could be rolled back');
is(as(recorder => $announcing), '1', 'announced: one of them begins with the number of a volunteer');
is(as(recorder => $lines), "$child,$name,无此项目,示例志愿服务队,,,,,\n$name,$number,$phone", 'and read');
is($node->safe_psql('registry', q(SELECT actor, volunteer_no IS NULL, name, minor, purpose FROM report.data_access(registry.today(), registry.today()) WHERE data LIKE '名册%' ORDER BY name)),
    "recorder|f|测试*|t|更正名册\nrecorder|t|||更正名册", 'both are in the report of accesses: the volunteer, and whoever else is named');
$node->safe_psql('registry', q(UPDATE registry.import SET finished_at = finished_at - interval '91 days'));
is(as(clerk => 'SELECT registry.clear_import_rows()'), '2', 'when they are due, both are emptied');
is(as(recorder => $lines), '', 'and nothing is left to read');

# The key changes

my $keys = slurp_file($node->sealing_key_file);
my ($new) = run_command([ 'openssl', 'rand', '-hex', '32' ]);
my $sealed = q(SELECT data, key, in_use, sealed FROM registry.sealing_keys());

is(as(clerk => $sealed), "application|1|t|1\ncontact|1|t|3\ndocument|1|t|5\nguardian|1|t|1", 'one key');
append_to_file($node->sealing_key_file, "2 $new\n");
is(as(clerk => $sealed), "application|1|f|1\ncontact|1|f|3\ndocument|1|f|5\nguardian|1|f|1", 'a second one, which has sealed nothing');
is(as(registrar => reading('contact')), $read{contact}[1], 'what the first one sealed is read');
is(as(clerk => 'SELECT registry.seal_again(4)'), '4', 'four are sealed again');
is(as(clerk => 'SELECT registry.seal_again()'), '6', 'then the others');
is(as(clerk => 'SELECT registry.seal_again()'), '0', 'then none');
is(as(clerk => $sealed), "application|2|t|1\ncontact|2|t|3\ndocument|2|t|5\nguardian|2|t|1", 'all are sealed with the new key');
truncate $node->sealing_key_file, 0;
append_to_file($node->sealing_key_file, "2 $new\n");
is(as(registrar => reading($_)), $read{$_}[1], "$_, read without the old key") foreach sort keys %read;
is(as(registrar => $read_application), "$name|E13579246|$phone|$mother", 'an application, read without the old key');
truncate $node->sealing_key_file, 0;
append_to_file($node->sealing_key_file, $keys);
like(as(registrar => reading('document')), qr/F0000: .* does not hold key 2/, 'and not without the new one');

truncate $node->sealing_key_file, 0;
append_to_file($node->sealing_key_file, "2 $new\n");

sub change_identity_key
{
    my ($key) = @_;

    truncate $node->identity_key_file, 0;
    append_to_file($node->identity_key_file, $key);
    return;
}

my $identity_key = slurp_file($node->identity_key_file);
my ($other_key) = run_command([ 'openssl', 'rand', '-hex', '32' ]);
my $digests = q(SELECT encode(sha256(string_agg(digest, '' ORDER BY digest)), 'hex') FROM registry.identity_document);
my $digested = $node->safe_psql('registry', $digests);
my $again = "SELECT registry.register_volunteer('$name', 'passport', '$number', $team, '350203', '登记表 2', sex => 1::smallint,
    birth_date => '$born', guardian_name => '$mother', guardian_relation => '母亲')";
my $newcomer = "SELECT registry.register_volunteer('示例丁', 'passport', 'E90000009', $team, '350203', '登记表', sex => 1::smallint, birth_date => '1990-01-01')";

change_identity_key($other_key);
refused(registrar => $again, 'identity_key_is_current', 'a registration under a new key, which would make everybody new');
like(as(registrar => 'SELECT registry.digest_again()'), qr/permission denied/, 'administrators change it');
change_identity_key($identity_key);
{
    my ($late, $change) = map { $node->background_psql('registry', on_error_stop => 0, extra_params => [ '-U', $_ ]) } 'registrar', 'clerk';

    $late->query_safe("BEGIN; $newcomer;");
    change_identity_key($other_key);
    $node->start_waiting($change, 'SELECT registry.digest_again()');
    $late->query_safe('COMMIT');
    is($change->query('SELECT 1'), "6\n1", 'the change waits for a registration under way, and digests it again as well');
    $_->quit foreach $late, $change;
}
isnt($node->safe_psql('registry', $digests), $digested, 'all digests are others');
is(as(clerk => 'SELECT registry.digest_again()'), '0', 'once');
refused(registrar => $_, 'one_person_one_registration', 'who was known is known') foreach $again, $newcomer;
is(as(registrar => reading('document')), $read{document}[1], 'the number is what it was');
change_identity_key($identity_key);
refused(registrar => $again, 'identity_key_is_current', 'the old key is no longer current');
change_identity_key($other_key);

# Errors on every way say nothing of the person

refused(registrar => "SELECT registry.record_contact('$child', 'phone', '$email')", 'contact_is_plausible', 'no telephone number');
refused(registrar => "SELECT registry.add_guardian('$child', '$mother', ' ', '$mothers')", 'guardian_relation_is_stated', 'no relation');
refused(registrar => "SELECT registry.register_volunteer('$name', 'passport', '$number', $team, '350203', '登记表 2', sex => 1::smallint,
    birth_date => '$born', guardian_name => '$mother', guardian_relation => '母亲')", 'one_person_one_registration', 'registered twice');
refused(registrar => "PREPARE r AS SELECT registry.record_contact('$child', 'phone', \$1); EXECUTE r('$address');",
    'contact_is_plausible', 'a parameter');
$node->safe_psql('registry', 'UPDATE registry.identity_document SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)');
unlike(as(registrar => reading('document')), qr/$personal/, 'what was altered is not told');

# Where else it could be

my $log = slurp_file($node->logfile);
like($log, qr/CONSTRAINT NAME:|contact is no telephone number/, 'the log has the refusals');
unlike($log, qr/$personal/, 'and nothing of the person');
is($node->safe_psql('registry', "SELECT count(*) FROM pg_stat_statements WHERE query ~ '$personal'"), '0', 'nor in the statistics of statements');
is($node->safe_psql('registry', q(SELECT string_agg(p.oid::regproc::text, ' ') FROM pg_proc AS p
    WHERE p.prosrc ~ 'pg_notify|NOTIFY' AND p.pronamespace::regnamespace::text IN ('registry', 'verify', 'report'))),
    'registry.notify_certificate', 'one function notifies, and of digests');
foreach my $table (split /\n/, $node->safe_psql('registry', q(SELECT oid::regclass FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'registry'::regnamespace ORDER BY 1)))
{
    my $found = $node->safe_psql('registry', "SELECT count(*) FROM $table AS t WHERE t::text ~ '$personal'");

    is($found, { 'registry.person' => 1, 'registry.guardian' => 2 }->{$table} // 0, "in plain text in $table");
}

# Two who decide at once

my @twice = map { as(registrar => <<"SQL") } 1, 2;
SELECT registry.register_volunteer('示例甲', 'passport', 'E9000000$_', $team, '350203', '登记表', sex => 1::smallint, birth_date => '1990-01-01')
SQL

sub second_is_refused
{
    my ($role1, $sql1, $role2, $sql2, $rule, $description) = @_;

    return like($node->meet('registry', $role1, $sql1, $role2, $sql2), qr/CONSTRAINT NAME:  $rule\n/, $description);
}

my $there = as(registrar => "SELECT registry.request_merge('$twice[0]', '$twice[1]', '凭证')");
my $back = as(colleague => "SELECT registry.request_merge('$twice[1]', '$twice[0]', '凭证')");
second_is_refused(colleague => "SELECT registry.decide_merge($there, true)", registrar => "SELECT registry.decide_merge($back, true)",
    'person_is_whole', 'of two merges into each other the second waits, then is refused');
as(registrar => "SELECT registry.decide_merge($back, false, '已反向合并')");

as(registrar => "SELECT registry.withdraw_consent('$twice[1]', 'registration', '本人申请')");
my $erasure = as(registrar => "SELECT registry.request_erasure('$twice[1]', 'consent_withdrawn', '申请书')");
second_is_refused(colleague => "SELECT registry.erase_person($erasure)", colleague => "SELECT registry.refuse_erasure($erasure, '仍有争议')",
    'known_transition', 'what is erased is not refused any more');
is($node->safe_psql('registry', q(SELECT string_agg(DISTINCT name, ' ') FROM registry.person WHERE merged_into IS NOT NULL OR erased_at IS NOT NULL)),
    '已注销', 'under both numbers');

# Who joins between the check of the log and the answer

my ($pupil, $late) = map {
    as(registrar => "SELECT registry.register_volunteer('$_->[0]', 'passport', '$_->[1]', $team, '350203', '登记表', sex => 1::smallint, birth_date => '1990-01-01')")
} [ '测试先来', 'E31313131' ], [ '测试后到', 'E32323232' ];
my ($maintenance, $reader) = map { $node->background_psql('registry', extra_params => [ '-U', $_ ]) } qw(postgres registrar);

as(registrar => "SELECT registry.add_member($team, '$pupil', 'student')");
as(registrar => "SELECT registry.announce_student_export($team, $term)");
$maintenance->query_safe('BEGIN; LOCK TABLE registry.service_record IN ACCESS EXCLUSIVE MODE');
$node->start_waiting($reader, "SELECT name FROM registry.export_students($team, $term) WHERE name ~ '先来|后到'");
as(registrar => "SELECT registry.add_member($team, '$late', 'student')");
$maintenance->query_safe('COMMIT');
is($reader->query_safe('SELECT 1'), "测试先来\n1", 'is not shown without a log entry');
$_->quit foreach $maintenance, $reader;

$node->stop;
done_testing;
