# Seals: what was decided cannot be changed afterwards without being found, not
# even by a superuser who switches the triggers off.

use strict;
use warnings;
use utf8;

use FindBin;
use IPC::Run qw(run);
use MIME::Base64 qw(decode_base64url);
use JSON::PP qw(decode_json);
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Sample;

my $node = Volunteer::Cluster->new('seals', deployed => 1);
my $sample = Volunteer::Sample->new($node);

$sample->issue('测小甲');
$sample->sql('CREATE ROLE auditor LOGIN IN ROLE registry_auditor');
$sample->sql(<<'SQL');
SELECT registry.set_target(organization_id, 'station', '[2026-01-01,2027-01-01)', 2, '街道党工委副书记'),
    registry.award_civilized_unit(organization_id, '3', '示例市文明委文件', '[2026-01-01,)')
FROM registry.organization WHERE name = '示例街道志愿服务站';
INSERT INTO registry.identity_mark (organization_id, mark_no, authority, since)
SELECT organization_id, '粤志标 1 号', '示例市民政局', '2026-01-01' FROM registry.organization WHERE name = '示例街道志愿服务站';
INSERT INTO registry.identity_mark_event (mark_id, to_status) SELECT mark_id, 'granted' FROM registry.identity_mark;
SELECT min(record_id) AS record FROM registry.service_record WHERE live
    AND organization_id = (SELECT organization_id FROM registry.organization WHERE name = '示例街道志愿服务站') \gset
CREATE ROLE sample_former LOGIN IN ROLE registry_issuer;
SELECT registry.dismiss_staff(registry.appoint_staff('sample_former', min(organization_id), 'issuer')) FROM registry.organization;
SELECT organization_id AS body FROM registry.organization WHERE name = '示例街道志愿服务站' \gset
SELECT volunteer_no AS anne FROM registry.volunteer JOIN registry.person USING (person_id) WHERE name = '测小甲' \gset
SELECT registry.set_policy('share_days', days, '测试', '440106', registry.today() + days) FROM unnest('{10,20}'::integer[]) AS days;
SET SESSION AUTHORIZATION sample_recorder;
SELECT registry.evaluate(:record, 3, 4, 5, '认真负责');
SELECT registry.insure(registry.add_insurance_policy(:body, '示例保险', '1', '[2026-01-01,2027-01-01)', 100000), :'anne');
SELECT registry.create_course('急救', :body, '3', 60) AS course \gset
SELECT registry.hold_training(:course, :body, '2', tstzrange(now() - interval '3 hours', now() - interval '2 hours'), '示例讲师') AS training \gset
SELECT registry.record_training(:training, :'anne', true);
SELECT registry.hold_training(:course, :body, '2', tstzrange(now() - interval '5 hours', now() - interval '4 hours'), '示例讲师') AS dropped \gset
SELECT registry.record_training(:dropped, :'anne', true);
SET SESSION AUTHORIZATION sample_reviewer;
SELECT registry.void_training(:dropped, :'anne', '未到');
SET SESSION AUTHORIZATION sample_registrar;
SELECT registry.record_consent(:'anne', 'contact', '短信确认 1'), registry.withdraw_consent(:'anne', 'contact');
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.announce_access(:'anne', 'certificate', 'holder_request');
RESET SESSION AUTHORIZATION;
SELECT code AS certificate FROM registry.certificate \gset
SET SESSION AUTHORIZATION sample_issuer;
SELECT registry.share_certificate(:'certificate', '示例大学');
SELECT registry.withdraw_share(registry.share_certificate(:'certificate', '示例大学'));
SQL

# As a superuser for whom no trigger fires; taken back afterwards.
sub found_after
{
    my ($edit) = @_;

    return $sample->sql("BEGIN; SET LOCAL session_replication_role = replica; $edit;"
          . " SELECT concat_ws(' ', seal_id, problem, kind) FROM registry.verify_seals() LIMIT 1");
}

sub seal   { return $sample->sql('SET SESSION AUTHORIZATION auditor; SELECT registry.seal()') }
sub intact { return is($sample->sql('SELECT count(*) FROM registry.verify_seals()'), '0', shift) }

# Of two days ago, and open until much later.
my $earlier = q{INSERT INTO registry.organization_event (organization_id, to_status, at)
    SELECT organization_id, 'active', now() - interval '2 days' FROM registry.organization LIMIT 1};
my $open = $node->background_psql('registry');
$open->query_safe("BEGIN; SET LOCAL session_replication_role = replica; $earlier");

my $events = $sample->sql('SELECT count(*) FROM registry.sealed_event');
cmp_ok($events, '>', 20, 'the sample has events');
is(seal(), $events, 'all are sealed');
is(seal(), 0, 'once');
is($sample->sql("SELECT count(*) > 3 FROM registry.sealed_event WHERE kind = 'row' AND xid = (SELECT xid FROM registry.row_event ORDER BY event_id LIMIT 1)"),
    't', 'what a transaction did to many rows has several leaves, none of which outgrows a text');
intact('an intact chain');

subtest 'a seal that others can read' => sub {
    my $token = $sample->sql('SELECT token FROM registry.seal');
    my $payload;

    ok(run([ qw(jose jws ver -i - -O - -k), $sample->keys ], '<', \$token, '>', \$payload), 'jose verifies it');
    is(decode_json(decode_base64url((split /\./, $token)[0]))->{typ}, 'volunteer-seal+jwt', 'as what it is');
    is(decode_json($payload)->{size}, $events, 'what it holds');
    is($sample->sql("SELECT volunteer.verify_certificate(token, jwk) FROM registry.seal JOIN registry.signing_key USING (kid)"),
        'f', 'it is no certificate');
};

is($sample->sql(<<'SQL'), '', 'and every table of what a transaction decided is sealed');
SELECT a.attrelid::regclass
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace = 'registry'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
WHERE a.attname = 'xid' AND a.attrelid <> 'registry.event'::regclass AND NOT EXISTS (
    SELECT FROM pg_depend d
    JOIN pg_rewrite w ON w.oid = d.objid AND w.ev_class = 'registry.sealed_event'::regclass
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = a.attrelid)
SQL

subtest 'edits by a superuser' => sub {
    my $reviewed = q{(SELECT min(record_id) FROM registry.record_event WHERE to_status = 'effective')};

    is(found_after("UPDATE registry.service_record SET period = tstzrange(lower(period), upper(period) + '1 hour') WHERE record_id = $reviewed"),
        '1 altered record', 'a longer service');
    is(found_after("UPDATE registry.service_record SET volunteer_id = volunteer_id + 1 WHERE record_id = $reviewed"),
        '1 altered record', 'another volunteer');
    is(found_after("DELETE FROM registry.service_record WHERE record_id = $reviewed"), '1 altered record', 'a record gone');
    is(found_after("UPDATE registry.record_event SET actor = 'nobody' WHERE record_id = $reviewed AND to_status = 'effective'"),
        '1 altered record', 'another actor');
    is(found_after("DELETE FROM registry.record_event WHERE record_id = $reviewed"), '1 removed record', 'an event gone');
    is(found_after("UPDATE registry.record_batch SET recorded_by = 'nobody'"), '1 altered record', 'another recorder');
    is(found_after("UPDATE registry.certificate SET hours = '999:00'"), '1 altered certificate', 'more hours on a certificate');
    is(found_after('DELETE FROM registry.certificate_line'), '1 altered certificate', 'a certificate of nothing');
    is(found_after("UPDATE registry.volunteer SET registered_on = registered_on - 1000"), '1 altered volunteer', 'an earlier registration');
    is(found_after(q{INSERT INTO registry.organization_event (organization_id, to_status, xid)
        SELECT organization_id, 'active', '3' FROM registry.organization LIMIT 1}), '1 inserted organization', 'an event slipped in');
    is(found_after("UPDATE registry.target SET value = 1"), '1 altered target', 'an easier target');
    is(found_after("UPDATE registry.civilized_unit SET since = '2025-01-01'"), '1 altered civilized_unit', 'an older title');
    is(found_after("UPDATE registry.identity_mark SET mark_no = '粤志标 2 号'"), '1 altered identity_mark', 'another mark');
    is(found_after(q{UPDATE registry.staff SET duty = 'reviewer' WHERE duty = 'registrar'}), '1 altered staff', 'another duty');
    is(found_after(q{UPDATE registry.staff SET valid = '(,)' WHERE NOT upper_inf(valid)}), '1 altered staff', 'a dismissal taken back');
    is(found_after('DELETE FROM registry.staff_event'), '1 removed staff', 'an appointment that nobody made');
    is(found_after("UPDATE registry.policy SET value = 1 WHERE name = 'yearly_hours'"), '1 altered policy', 'another policy number');
    is(found_after('UPDATE registry.policy SET valid = daterange(lower(valid), upper(valid) - 1) WHERE NOT upper_inf(valid)'), '1 altered policy',
        'in force for less long');
    is(found_after('DELETE FROM registry.policy_event'), '1 removed policy', 'a number that nobody set');
    is(found_after("UPDATE registry.consent SET evidence = '登记表 2'"), '1 altered consent', 'another consent');
    is(found_after('UPDATE registry.consent SET withdrawn_at = NULL, withdrawn_by = NULL'), '1 altered consent', 'a withdrawal taken back');
    is(found_after(q{UPDATE registry.training_result SET valid = '(,)' WHERE voided_at IS NULL}), '1 altered training_result', 'trained for ever');
    is(found_after(q{UPDATE registry.training_session SET period = '[2026-01-01,2026-01-02)'}), '1 altered training_result', 'on another day');
    is(found_after('UPDATE registry.training_result SET voided_at = NULL, voided_by = NULL, void_reason = NULL'), '1 altered training_result',
        'a result revived');
    is(found_after('UPDATE registry.insurance_policy SET sum_insured = 1'), '1 altered insurance_policy', 'insured for less');
    is(found_after(q{UPDATE registry.insurance_coverage SET recorded_at = recorded_at - interval '1 day'}), '1 altered insurance_coverage',
        'insured before the accident');
    is(found_after('DELETE FROM registry.insurance_coverage'), '1 removed insurance_coverage', 'a cover gone');
    is(found_after(q{INSERT INTO registry.insurance_coverage (volunteer_id, policy_id, valid, recorded_at, xid)
        SELECT volunteer_id, policy_id, '[2025-01-01,2025-02-01)', '2025-01-01', '3' FROM registry.insurance_coverage}), '1 inserted insurance_coverage',
        'a cover slipped in');
    is(found_after(q{UPDATE registry.share SET claims = '{name}'}), '1 altered share', 'less of a certificate shared');
    is(found_after("UPDATE registry.share SET recipient = '别处', recipient_sha256 = registry.salted_digest(recipient_salt, '别处')"), '1 altered share',
        'with somebody else');
    is(found_after('UPDATE registry.share SET withdrawn_at = NULL'), '1 altered share', 'a share that was withdrawn');
    is(found_after('UPDATE registry.share SET recipient = NULL, recipient_salt = NULL'), '', 'a recipient that was erased is not missed');
    is(found_after('UPDATE registry.evaluation SET skill = 1'), '1 altered evaluation', 'a worse evaluation');
    is(found_after("UPDATE registry.evaluation SET comment = '态度差', comment_sha256 = registry.salted_digest(comment_salt, '态度差')"), '1 altered evaluation', 'in other words');
    is(found_after('DELETE FROM registry.evaluation'), '1 removed evaluation', 'an evaluation gone');
    is(found_after('UPDATE registry.evaluation SET comment = NULL, comment_salt = NULL'), '', 'a comment that was erased is not missed');
    is(found_after("UPDATE registry.row_event SET actor = 'nobody' WHERE relation = 'membership'"), '1 altered row', 'a member whom another entered');
    is(found_after("DELETE FROM registry.row_event WHERE relation = 'membership'"), '1 altered row', 'one of what a transaction wrote');
    is(found_after("DELETE FROM registry.row_event WHERE relation = 'organization'"), '1 removed row', 'all of it');
    is(found_after("INSERT INTO registry.row_event (relation, key, operation, direct, xid) VALUES ('membership', '1', 'delete', false, '3')"),
        '1 inserted row', 'a row that went earlier');
    is(found_after("DELETE FROM registry.seal_leaf WHERE kind = 'record'"), '1 inserted record', 'leaves gone');
    is(found_after("UPDATE registry.seal_leaf SET index = -1 WHERE index = 0"), '1 tree', 'a leaf moved');
    is(found_after("UPDATE registry.seal SET root = sha256('')"), '1 chain', 'another root');
    is(found_after("UPDATE registry.seal SET token = replace(token, '.', '.x')"), '1 chain', 'another token');
    is(found_after("UPDATE registry.seal SET token = (SELECT token FROM registry.certificate LIMIT 1)"), '1 chain', 'a token that is no seal');
    is(found_after("UPDATE registry.seal SET next_xid = '3'"), '1 chain', 'room for events behind a seal');
    is(found_after("UPDATE registry.seal SET own_xid = '9223372036854775807'"), '1 chain', 'also for backdated ones');
    is(found_after("UPDATE registry.seal SET sealed_at = sealed_at - interval '1 month'"), '1 chain', 'another time');
    is(found_after('UPDATE registry.seal SET cluster = cluster + 1'), '1 chain', 'from elsewhere');
    is(found_after('TRUNCATE registry.seal'), '1 tree', 'no seals');
    intact('taken back');
};

subtest 'without switching triggers off' => sub {
    foreach my $table (qw(seal seal_leaf record_event certificate_event row_event))
    {
        like($sample->refusal("DELETE FROM registry.$table"), qr/never changed or removed/, $table);
    }
};

subtest 'events of a transaction that is under way' => sub {
    my $late = $node->background_psql('registry');
    my $event = q{INSERT INTO registry.organization_event (organization_id, to_status) SELECT organization_id, 'active' FROM registry.organization LIMIT 1};

    $late->query_safe("BEGIN; $event");
    $sample->sql($event);
    is(seal(), 2, 'only what is committed is sealed, and that it was written by hand');
    intact('what is under way is no problem');
    $late->query_safe('COMMIT');
    intact('nor when it is over');
    is(seal(), 2, 'it is sealed the next time');
    intact('three seals');
    $late->query_safe("BEGIN; $event; ROLLBACK");
    is(seal(), 0, 'what was rolled back is not');
    $late->quit;
};

subtest 'events of earlier' => sub {
    is(found_after("$earlier; SELECT FROM registry.seal()"), '4 inserted organization', 'one dated before seals that were made without it');
    $open->query_safe('COMMIT');
    $open->quit;
    is(seal(), 1, 'one of a transaction that was open as long');
    intact('was there before');
};

foreach my $column (qw(retired_at compromised_at))
{
    like($sample->refusal("BEGIN; SET LOCAL session_replication_role = replica; UPDATE registry.signing_key SET $column = now(); $earlier;
        SELECT registry.seal()"), qr/not registered, or no longer in use/, "no seal with a key that has a $column");
}

subtest 'sealing and recording do not wait for each other' => sub {
    my $sealing = $node->background_psql('registry');

    $sealing->query_safe('BEGIN; SELECT registry.seal()');
    is($sample->sql(q{SET lock_timeout = '10s'; INSERT INTO registry.organization_event (organization_id, to_status)
        SELECT organization_id, 'active' FROM registry.organization LIMIT 1 RETURNING to_status}), 'active', 'an event while sealing');
    $sealing->query_safe('COMMIT');
    $sealing->quit;
    is(seal(), 2, 'sealed afterwards');
};

subtest 'a seal kept outside' => sub {
    my $token = $sample->sql('SELECT token FROM registry.seal ORDER BY seal_id DESC LIMIT 1');

    is($sample->sql("SELECT count(*) FROM registry.verify_seals('$token')"), '0', 'is in the chain');
    is($sample->sql("BEGIN; SET LOCAL session_replication_role = replica; TRUNCATE registry.seal, registry.seal_leaf;"
              . " SELECT FROM registry.seal(); SELECT problem FROM registry.verify_seals('$token')"),
        'witness', 'also when somebody with the key seals everything anew');
};

subtest 'proof of a record' => sub {
    my $proofs = 'SELECT count(*) FROM (SELECT DISTINCT record_id FROM registry.record_event) AS r, registry.record_proof(r.record_id)';

    is($sample->sql($proofs), '0', 'none for who audits nothing');
    $sample->sql(q{SELECT registry.appoint_staff('postgres', min(organization_id), 'auditor', region => '44') FROM registry.organization});
    is(seal(), 2, 'the appointment is sealed, and its row');
    cmp_ok($sample->sql($proofs), '>', 20, 'for who audits the region');
    is($sample->sql(<<'SQL'), 't', 'every event of every record is proved by its path');
SELECT bool_and(volunteer.merkle_verify(volunteer.merkle_leaf(convert_to(p.entry, 'UTF8')), p.index, p.size, p.path,
    decode(translate(t.claims ->> 'root', '-_', '+/') || '=', 'base64')))
FROM (SELECT DISTINCT record_id FROM registry.record_event) AS r
CROSS JOIN LATERAL registry.record_proof(r.record_id) AS p
CROSS JOIN LATERAL registry.token_part(p.seal, 2) AS t (claims)
SQL

    # Its token would be genuine, and missing for ever.
    $sample->sql(q{SELECT registry.appoint_staff('auditor', min(organization_id), 'auditor', region => '44') FROM registry.organization});
    seal();
    my ($seals, $proved, $sealed, $read, $shown) = split /\n/, $sample->sql(<<"SQL");
SET SESSION AUTHORIZATION auditor;
SELECT count(*) FROM registry.seal;
$proofs;
RESET SESSION AUTHORIZATION;
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM registry.seal_leaf WHERE kind = 'record';
INSERT INTO registry.record_event (volunteer_id, record_id, from_status, to_status) SELECT volunteer_id, record_id, 'a', 'b' FROM registry.record_event LIMIT 1;
SET LOCAL session_replication_role = origin;
SET SESSION AUTHORIZATION auditor;
SELECT registry.seal();
SELECT count(*) FROM registry.seal;
$proofs;
ROLLBACK;
SQL
    cmp_ok($sealed, '>', 0, 'a seal that may be taken back');
    is("$read $shown", "$seals 0", 'is read by nobody, nor in a proof');
};

subtest 'settings of the session do not matter' => sub {
    is($sample->sql(q{SET timezone = 'America/New_York'; SET datestyle = 'German'; SET bytea_output = 'escape'; SET intervalstyle = 'sql_standard';
        SELECT count(*) FROM registry.verify_seals()}), '0', 'the same entries');
};

subtest 'restored into another cluster' => sub {
    my $dump = $node->basedir . '/registry.dump';
    my $other = Volunteer::Cluster->new('seals_elsewhere');

    my $roles = $node->basedir . '/roles.sql';

    command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('registry') ], 'dump');
    command_ok([ 'pg_dumpall', '--roles-only', '-f', $roles, '-d', $node->connstr('postgres') ], 'roles');
    # The superuser is there already.
    $other->psql('postgres', slurp_file($roles), on_error_stop => 0);
    $other->safe_psql('postgres', "CREATE DATABASE registry OWNER deployer TEMPLATE template0 ENCODING 'UTF8'");
    command_ok([ 'pg_restore', '-d', $other->connstr('registry'), $dump ], 'restore');
    is($other->safe_psql('registry', 'SELECT count(*) FROM registry.verify_seals()'), '0', 'the chain is intact');
    is($other->safe_psql('registry', <<'SQL'), '5', 'and goes on, with the key of that cluster');
SELECT registry.register_signing_key() \g /dev/null
INSERT INTO registry.organization_event (organization_id, to_status) SELECT organization_id, 'active' FROM registry.organization LIMIT 1;
INSERT INTO registry.organization_event (organization_id, to_status) SELECT organization_id, 'active' FROM registry.organization LIMIT 1;
SELECT registry.seal();
SQL
    is($other->safe_psql('registry', 'SELECT count(*) FROM registry.verify_seals()'), '0', 'intact still');
};

done_testing;
