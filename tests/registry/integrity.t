# What check_integrity() finds after a superuser did what nobody may: each deed
# alone, taken back afterwards, leaves exactly these findings.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;
use Volunteer::Sample;

my $node = Volunteer::Cluster->new('integrity', deployed => 1);
my $sample = Volunteer::Sample->new($node);
my $year = $sample->sql('SELECT extract(year FROM registry.today()) - 1');
my $leaf = "registry.service_record_$year";

$sample->issue('测小甲');
$sample->sql('CREATE ROLE sample_administrator LOGIN IN ROLE registry_administrator; CREATE ROLE registrant LOGIN');
$sample->sql(q{
    SELECT min(organization_id) AS first, max(organization_id) AS last FROM registry.organization \gset
    SET SESSION AUTHORIZATION sample_issuer;
    SELECT registry.authorize_issuer(:first, :last, '委托书');
    RESET SESSION AUTHORIZATION;
    INSERT INTO registry.beneficiary (organization_id, pseudonym, kind) SELECT min(organization_id), '甲家', 'elderly' FROM registry.organization});
is($sample->sql('SELECT kind, object FROM registry.check_integrity()'), 'direct|beneficiary 1 by postgres', 'what a superuser has prepared');
$sample->sql("SELECT registry.keep_catalogue('sample')");
$sample->sql('SET SESSION AUTHORIZATION sample_auditor; SELECT registry.seal()');

# The kinds of findings, each with the object it names, numbers left out.
sub found_after
{
    my ($deed, $name, @expected) = @_;
    my $found = $sample->sql(qq{BEGIN; $deed;
        SELECT DISTINCT (kind || ': ' || regexp_replace(object, '\\d+', 'N', 'g')) COLLATE "C" FROM registry.check_integrity() ORDER BY 1});

    return is_deeply([ split /\n/, $found ], \@expected, $name);
}

sub without_triggers { return found_after("SET LOCAL session_replication_role = replica; $_[0]", @_[ 1 .. $#_ ]) }

is($sample->sql('SET SESSION AUTHORIZATION sample_auditor; SELECT * FROM registry.check_integrity()'), '', 'a sound registry');
is($sample->sql(join '; ', map({ "SET $_" } 'quote_all_identifiers = on', 'standard_conforming_strings = off', q(timezone = 'America/New_York'),
            q(datestyle = 'German'), q(intervalstyle = 'sql_standard'), q(bytea_output = 'escape'), 'SESSION AUTHORIZATION sample_auditor'),
        'SELECT * FROM registry.check_integrity()'), '', 'however a session writes names, texts, times and bytes');
found_after("SELECT FROM registry.create_year(2050)", 'a year is opened');

# Deeds that do not touch each other are done at once.
sub found_after_all
{
    my ($name, @deeds) = @_;

    return found_after(join(";\n", map { $_->[0] } @deeds), $name, sort map { @{$_}[ 1 .. $#$_ ] } @deeds);
}

found_after_all(
    'rules that are switched off',
    [ 'ALTER TABLE registry.record_event DISABLE TRIGGER append_only', 'disabled: trigger registry.record_event.append_only' ],
    [
        "ALTER TABLE $leaf DISABLE TRIGGER check_new_records",
        'disabled: trigger registry.service_record_N.check_new_records'
    ],
    [ 'ALTER TABLE registry.seal ENABLE REPLICA TRIGGER append_only', 'disabled: trigger registry.seal.append_only' ],
    [
        'ALTER TABLE registry.membership DISABLE TRIGGER ALL',
        'disabled: trigger registry.membership.keep_row',
        'disabled: trigger registry.membership.members_are_volunteers',
        'disabled: trigger registry.membership.membership_organization_id_fkey'
    ],
    [ "DROP TRIGGER no_truncate ON $leaf", 'missing: trigger registry.service_record_N.no_truncate' ],
    [
        'DROP TRIGGER only_status_changes ON registry.service_record',
        'missing: trigger registry.service_record.only_status_changes'
    ],
    [
        'ALTER TABLE registry.staff DROP CONSTRAINT recorder_is_not_reviewer',
        'missing: constraint registry.staff.recorder_is_not_reviewer',
        'missing: index registry.recorder_is_not_reviewer'
    ],
    [
        'ALTER TABLE registry.seal DROP CONSTRAINT seal_holds_events, ADD CONSTRAINT seal_holds_events CHECK (size > 0) NOT VALID',
        'altered: constraint registry.seal.seal_holds_events',
        'not valid: constraint registry.seal.seal_holds_events'
    ],
    [ 'ALTER TABLE registry.person NO FORCE ROW LEVEL SECURITY', 'unprotected: relation registry.person' ],
    [ "ALTER TABLE $leaf DISABLE ROW LEVEL SECURITY", 'unprotected: relation registry.service_record_N' ],
    [ 'ALTER POLICY auditor ON registry.staff USING (true)', 'altered: policy registry.staff.auditor' ],
    [
        q{INSERT INTO registry.transition VALUES ('service_record', 'refused', 'effective', 'recorder', false)},
        'added: transition service_record refused effective'
    ]);

found_after_all(
    'what was altered',
    [
        'CREATE OR REPLACE FUNCTION registry.is_workday(day date) RETURNS boolean LANGUAGE sql STABLE RETURN true',
        'altered: function registry.is_workday(date)'
    ],
    [
        q{ALTER FUNCTION volunteer.star_rating(volunteer.service_hours) COST 7}, # a function of the extension
        'altered: function volunteer.star_rating(volunteer.service_hours)'
    ],
    [ 'ALTER FUNCTION registry.open_batch(bigint, text, bytea) RESET search_path', 'altered: function registry.open_batch(bigint,text,bytea)' ],
    [
        'GRANT EXECUTE ON FUNCTION registry.move_batch(bigint, text, text, text) TO registrant',
        'altered: function registry.move_batch(bigint,text,text,text)'
    ],
    [ 'GRANT UPDATE ON registry.volunteer TO registrant', 'altered: relation registry.volunteer' ],
    [ "GRANT INSERT ON $leaf TO registrant", 'granted: partition registry.service_record_N' ],
    [ 'CREATE RULE away AS ON INSERT TO registry.record_event DO INSTEAD NOTHING', 'added: rule registry.record_event.away' ],
    [
        'CREATE TRIGGER more AFTER INSERT ON registry.volunteer FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only()',
        'added: trigger registry.volunteer.more'
    ],
    [
        q{ALTER TABLE registry.record_batch ALTER recorded_by SET DEFAULT 'nobody'},
        'altered: column registry.record_batch.recorded_by'
    ],
    [ 'CREATE FUNCTION report.more() RETURNS integer LANGUAGE sql RETURN 1', 'added: function report.more()' ],
    [ 'CREATE VIEW report.names AS SELECT name FROM registry.person',
        'added: column report.names.name', 'added: relation report.names', 'added: rule report.names._RETURN' ]);

subtest 'what was written past the functions' => sub {
    my $effective = q{(SELECT min(record_id) FROM registry.record_event WHERE to_status = 'effective')};
    my $copy = 'volunteer_id, service_date, period, entry_method, project_id, activity_id, organization_id, batch_id';

    without_triggers("INSERT INTO $leaf (record_id, $copy, recorded_at, status) OVERRIDING SYSTEM VALUE
        SELECT 1000000, volunteer_id, service_date, tstzrange(upper(period), upper(period) + '1 hour'), entry_method, project_id, activity_id,
            organization_id, batch_id, recorded_at, 'effective'
        FROM $leaf WHERE record_id = $effective",
        'a record written into its partition',
        'hours: registry.organization_month_total {"month": "N-N-N", "organization_id": N}',
        'hours: registry.volunteer_year {"year": N, "volunteer_id": N}',
        'status: service_record N');
    without_triggers("INSERT INTO registry.service_record ($copy, recorded_at)
        SELECT volunteer_id, service_date, tstzrange(upper(period), upper(period) + '1 hour'), entry_method, project_id, activity_id,
            organization_id, batch_id, now() + '2 days' FROM $leaf WHERE record_id = $effective",
        'a record slipped into an old batch', 'batch: service_record N', 'hours: registry.volunteer_year {"year": N, "volunteer_id": N}');
    without_triggers("INSERT INTO registry.service_record ($copy, recorded_at)
        SELECT volunteer_id, service_date, tstzrange(upper(period), upper(period) + '1 hour'), entry_method, project_id, activity_id,
            organization_id, -1, recorded_at FROM $leaf WHERE record_id = $effective",
        'a record of no batch', 'batch: service_record N', 'hours: registry.volunteer_year {"year": N, "volunteer_id": N}');
    without_triggers("UPDATE $leaf SET status = 'voided' WHERE record_id = $effective", 'another status',
        'certificate: ZYZ-N-N records',
        'hours: registry.organization_month_total {"month": "N-N-N", "organization_id": N}',
        'hours: registry.volunteer_year {"year": N, "volunteer_id": N}',
        'status: service_record N');
    without_triggers("INSERT INTO registry.record_event (volunteer_id, record_id, from_status, to_status)
        SELECT volunteer_id, record_id, 'in_publicity', 'effective' FROM registry.record_event WHERE record_id = $effective LIMIT 1",
        'an event made up', 'event: record_event N');
    without_triggers("DELETE FROM registry.record_event WHERE record_id = $effective AND to_status = 'in_publicity'", 'an event gone',
        'event: record_event N', 'seal: N removed record N');
    without_triggers(q{UPDATE registry.volunteer SET status = 'removed' WHERE volunteer_id = (SELECT min(volunteer_id) FROM registry.volunteer)},
        'a status without event', 'row: volunteer N', 'status: registry.volunteer N');
    without_triggers(q{INSERT INTO registry.staff (role_name, organization_id, duty, valid)
        SELECT 'registrant', min(organization_id), 'auditor', '[2026-01-01,)' FROM registry.organization},
        'an appointment that nobody made', 'role: staff N', 'row: staff N', 'status: registry.staff N');
    without_triggers(q{UPDATE registry.staff SET valid = '[2026-01-01,2026-01-02)' WHERE role_name = 'sample_issuer'}, 'one that ended unnoticed',
        'row: staff N', 'status: registry.staff N');
    without_triggers(q{UPDATE registry.staff SET person_id = (SELECT max(person_id) FROM registry.person) WHERE duty = 'reviewer'},
        'a reviewer who is somebody else', 'person: staff N', 'row: staff N');
    without_triggers(q{UPDATE registry.person SET merged_into = 1 WHERE person_id = (SELECT max(person_id) FROM registry.person)},
        'somebody merged by nobody', 'person: person N', 'row: person N');
    without_triggers(q{UPDATE registry.volunteer SET person_id = (SELECT person_id FROM registry.staff WHERE duty = 'recorder' LIMIT 1)
        WHERE volunteer_id = (SELECT min(volunteer_id) FROM registry.volunteer)}, 'hours that change hands',
        'row: volunteer N', 'seal: N altered volunteer N');
    without_triggers(q{INSERT INTO registry.policy (name, region, valid, value, basis) VALUES ('share_days', '44', '(,)', 365, '测试')},
        'a policy number that nobody set', 'row: policy N', 'status: registry.policy N');
    without_triggers('UPDATE registry.consent SET withdrawn_at = now(), withdrawn_by = session_user', 'consents that nobody withdrew',
        'row: consent N', 'status: registry.consent N');
    without_triggers(q{INSERT INTO registry.organization_event (organization_id, from_status, to_status)
        SELECT min(organization_id), 'suspended', 'active' FROM registry.organization}, 'a chain that breaks',
        'event: organization_event N');
    without_triggers(q{UPDATE registry.volunteer_year SET hours = '999:00' WHERE volunteer_id = (SELECT min(volunteer_id) FROM registry.volunteer_year)},
        'other totals', 'hours: registry.volunteer_year {"year": N, "volunteer_id": N}');
    without_triggers(q{UPDATE registry.certificate SET (token, token_sha256) = (SELECT token, sha256(token::bytea) FROM registry.seal LIMIT 1)},
        'another token', 'certificate: ZYZ-N-N claims', 'certificate: ZYZ-N-N signature', 'row: certificate N N');
    without_triggers(q{UPDATE registry.seal SET seal_id = 2}, 'a gap in the seals',
        'seal: N chain', 'seal: N tree');
    without_triggers(q{UPDATE registry.catalogue_item SET digest = sha256('') WHERE object = 'registry.today()'},
        'another digest in the catalogue', 'altered: function registry.today()', 'seal: N altered catalogue N');
    without_triggers("DELETE FROM registry.catalogue_item WHERE object = 'registry.seal()'", 'a digest gone',
        'added: function registry.seal()', 'seal: N altered catalogue N');
};

subtest 'events made up by the owner of the database' => sub {
    my $record = q{(SELECT r.* FROM registry.service_record r WHERE r.effective ORDER BY r.record_id DESC LIMIT 1)};

    found_after(qq{SET LOCAL SESSION AUTHORIZATION deployer;
        INSERT INTO registry.evaluation (volunteer_id, service_date, record_id, punctuality, attitude, skill, evaluated_by)
        SELECT volunteer_id, service_date, record_id, 5, 5, 5, 'sample_recorder' FROM $record AS r;
        INSERT INTO registry.audit_log (actor, person_id, data, purpose) VALUES ('sample_registrar', 1, 'person', 'holder_request');
        RESET SESSION AUTHORIZATION}, 'in the name of others', 'direct: audit_log * by deployer', 'direct: evaluation * by deployer');
    found_after(qq{SET LOCAL SESSION AUTHORIZATION deployer; SET LOCAL ROLE registry_owner;
        INSERT INTO registry.record_event (volunteer_id, record_id, actor, from_status, to_status, reason)
        SELECT volunteer_id, record_id, 'sample_reviewer', 'effective', 'effective', '复核' FROM $record AS r;
        RESET ROLE; RESET SESSION AUTHORIZATION}, 'having become the owner of the tables', 'direct: record_event * by deployer');
};

# Of all these rows no event of a decision says what they are.
subtest 'rows that functions decide on' => sub {
    my %edit = (
        organization => "parent_id = (SELECT min(organization_id) FROM registry.organization), region = '440100', successor_id = parent_id
            WHERE organization_id = (SELECT max(organization_id) FROM registry.organization)",
        identity_document => 'person_id = 1 WHERE person_id = (SELECT max(person_id) FROM registry.identity_document)',
        project => 'organization_id = (SELECT max(organization_id) FROM registry.organization) WHERE project_id = 1',
        volunteer => 'organization_id = (SELECT max(organization_id) FROM registry.organization) WHERE volunteer_id = 1',
        issuer_authority => "valid = daterange(lower(valid), lower(valid) + 1)",
        beneficiary => "pseudonym = '乙家'",
        activity => 'hazardous = true WHERE activity_id = 1',
        record_batch => "reviewed_by = 'sample_registrar' WHERE batch_id = 1",
        membership => "valid = '(,)' WHERE membership_id = 1");
    my @edits = map { "UPDATE registry.$_ SET $edit{$_}" } sort keys %edit;

    found_after("SET LOCAL SESSION AUTHORIZATION deployer; @{[ join ';', @edits ]}; RESET SESSION AUTHORIZATION", 'by the owner of the database',
        sort map { "direct: $_ N by deployer" } keys %edit);
    found_after(q{SET LOCAL SESSION AUTHORIZATION deployer;
        CREATE SCHEMA own; GRANT USAGE ON SCHEMA own TO PUBLIC;
        CREATE FUNCTION own.same(text, text) RETURNS boolean LANGUAGE sql RETURN true;
        CREATE OPERATOR own.= (LEFTARG = text, RIGHTARG = text, FUNCTION = own.same);
        SET LOCAL search_path = own, pg_catalog;
        UPDATE registry.beneficiary SET pseudonym = '乙家';
        RESET SESSION AUTHORIZATION; RESET search_path}, 'by an owner with operators of his own', 'direct: beneficiary N by deployer');
    without_triggers(join(';', @edits), 'by a superuser for whom no trigger fires', sort map { "row: $_ N" } keys %edit);
    found_after('ALTER TABLE registry.membership DISABLE TRIGGER USER; UPDATE registry.membership SET role = \'leader\';
        ALTER TABLE registry.membership ENABLE TRIGGER USER', 'with a trigger off for a while', 'row: membership N');
    without_triggers('DELETE FROM registry.membership; INSERT INTO registry.beneficiary (organization_id, pseudonym, kind)
        SELECT organization_id, \'丙家\', kind FROM registry.beneficiary', 'rows gone and slipped in', 'row: beneficiary N', 'row: membership N');
    is($sample->sql(q{SELECT DISTINCT operation, actor, direct FROM registry.row_event WHERE relation = 'membership'}),
        'insert|sample_registrar|f', 'a membership has an event of whoever entered it');
};

subtest 'an upgrade' => sub {
    my $upgrade = q{SET ROLE registry_owner;
        CREATE OR REPLACE FUNCTION registry.today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE RETURN now()::date};

    found_after("$upgrade; SELECT FROM registry.keep_catalogue('upgrade')", 'that its owner kept');
    like($sample->refusal("SET SESSION AUTHORIZATION sample_administrator; SELECT registry.keep_catalogue('upgrade')"),
        qr/permission denied for function keep_catalogue/, 'and nobody else');
};

subtest 'access is logged and committed before it happens' => sub {
    my $log = q{SELECT FROM registry.log_access(1, 'contact', '联系')};
    my $read = q{SELECT 'read' FROM registry.require_logged_access(1, 'contact')};

    like($sample->refusal("BEGIN; $log; $read"), qr/The access was not logged/, 'not by the transaction that reads');
    like($sample->refusal("BEGIN; $log; ROLLBACK; $read"), qr/The access was not logged/, 'not by one that was rolled back');
    is($sample->sql("$log; $read"), 'read', 'by an earlier one');
    like($sample->refusal(q{SELECT registry.require_logged_access(1, 'identity_document')}), qr/was not logged/, 'for these data alone');
    like($sample->refusal(q{SELECT registry.require_logged_access(2, 'contact')}), qr/was not logged/, 'of this person alone');
    like($sample->refusal("SET SESSION AUTHORIZATION deployer; $read"), qr/was not logged/, 'by this role alone');
    $sample->sql(q{SET session_replication_role = replica; UPDATE registry.audit_log SET at = at - interval '16 minutes'});
    like($sample->refusal($read), qr/was not logged/, 'for fifteen minutes');
};

done_testing;
