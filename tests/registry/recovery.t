# The database goes back to an earlier time: a standby that lacks the last transactions is promoted. What they did is
# gone, the rest agrees, and numbers that are on paper are not given twice when they are skipped as docs/operations.md says.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Sample;

my $primary = Volunteer::Cluster->new('primary', deployed => 1, init => { allows_streaming => 1 });
my $sample = Volunteer::Sample->new($primary);
my $standby = PostgreSQL::Test::Cluster->new('promoted');

sub register
{
    my ($name, $document) = @_;

    return $sample->sql(<<"SQL");
SELECT organization_id AS body FROM registry.organization WHERE name = '示例街道志愿服务站' \\gset
SET SESSION AUTHORIZATION sample_registrar;
SELECT registry.register_volunteer('$name', 'citizen_id', '$document', :body, '440106', '表')
SQL
}

sub status { return $sample->sql("SELECT status FROM verify.certificates(ARRAY['$_[0]'])") }

# Number, list and place of a certificate.
sub numbers
{
    return split /\|/, $sample->sql("SELECT number, status_list || ' ' || status_index FROM registry.certificate WHERE code::text = '$_[0]'");
}

my $list = "SELECT registry.token_part(s.token, 2) -> 'status_list' ->> 'lst' FROM verify.status_list(1) AS s";
my $seal = 'SELECT registry.seal() > 0; SELECT token FROM registry.seal ORDER BY seal_id DESC LIMIT 1';
my $revoked = $sample->issue('测小甲');

$sample->sql('CREATE ROLE auditor LOGIN IN ROLE registry_auditor');
my $kept = (split /\n/, $sample->sql($seal))[1];
my $before = $sample->sql($list);
$primary->backup('base');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby);
$standby->stop;

# What the standby never hears of.
my $lost = $sample->issue('试乙');
my @lost = numbers($lost);
my $lost_volunteer = register('测丁', '110101200001011232');

$sample->revoke($revoked, 'issued_in_error');
my $lost_seal = (split /\n/, $sample->sql($seal))[1];
isnt($sample->sql($list), $before, 'the list has the revocation');
$primary->stop('immediate');

$standby->start;
$standby->promote;
$sample->{node} = $standby;

is(status($lost), '', 'a certificate that was issued since is unknown');
is(status($revoked), 'valid', 'one that was revoked since is valid');
is($sample->sql($list), $before, 'in the status list, too');
is($sample->sql('SELECT * FROM registry.check_integrity()'), '', 'nothing to find');
is($sample->sql("SELECT * FROM registry.verify_seals('$kept')"), '', 'the seals hold the one that was kept before');
is($sample->sql("SELECT * FROM registry.verify_seals('$lost_seal')"), '|witness||', 'and lack the one that was kept since');

my $again = $sample->issue('试乙');

is_deeply([ numbers($again) ], \@lost, 'the next certificate has number and place of the lost one');
is(register('测戊', '110101200001011259'), $lost_volunteer, 'the next volunteer the number of the lost one');

my $page = slurp_file("$Volunteer::Cluster::ROOT/docs/operations.md");
my ($skip) = $page =~ /^(BEGIN;\nUPDATE registry\.certificate_number.*?COMMIT;)$/ms or BAIL_OUT('the page skips no numbers');
my $last = $sample->sql('SELECT last FROM registry.certificate_number');

$sample->sql($skip);
my @next = numbers($sample->issue('验丙丙丁'));
like($next[0], qr/^ZYZ-\d{4}-0*@{[ $last + 1001 ]}$/, 'numbers are skipped');
isnt($next[1], $lost[1], 'and places');
cmp_ok(substr(register('测己', '110101200001011275'), -7, 6), '>', substr($lost_volunteer, -7, 6) + 1, 'and numbers of volunteers');
$sample->revoke($revoked, 'issued_in_error');
is(status($revoked), 'revoked', 'what was revoked is revoked again');
$sample->sql($seal);
is($sample->sql('SELECT * FROM registry.check_integrity()'), '', 'nothing to find after it went on');

$standby->stop;
done_testing;
