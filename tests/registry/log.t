# What a refused registration leaves in the server's log: the refusal, and
# nothing of the person.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('log');

$node->deploy('registry');
$node->safe_psql('registry', <<'SQL');
CREATE ROLE log_registrar LOGIN IN ROLE registry_registrar;
SELECT registry.appoint_staff('log_registrar',
    registry.create_organization('日志测试志愿服务队', '2', '13', '350203'), 'registrar',
    registry.add_person('示例登记员', 'passport', 'E00000099', 9::smallint, '1980-01-01'));
SQL

my $organization = $node->safe_psql('registry', 'SELECT organization_id FROM registry.organization');

sub register
{
    my ($name, $number, $consent) = @_;
    my ($status, $output, $errors) = $node->psql(
        'registry',
        "SELECT registry.register_volunteer('$name', 'citizen_id', '$number', $organization, '350203', $consent)",
        extra_params => [ '-U', 'log_registrar', '-v', 'VERBOSITY=verbose' ]);

    return $errors;
}

is(register('测试甲', '360402199001010030', q('form 1')), '', 'a registration');

my %refused = (
    'the same document again'       => [ '测试乙', '360402199001010030', q('form 2'), 'one_document_one_person' ],
    'a number with a wrong check'   => [ '测试丙', '360402199001010031', q('form 3'), 'document_number_valid' ],
    'a number of eighteen letters'  => [ '测试丁', 'ABCDEFGHJKLMNPQRST', q('form 4'), 'document_number_valid' ],
    'nobody said yes'               => [ '测试戊', '360402199001010081', q('  '),     'consent_has_evidence' ],
    'a name of seventy characters'  => [ '测' x 70, '360402199001010022', q('form 6'), 'name_is_written' ]);

foreach my $case (sort keys %refused)
{
    my ($name, $number, $consent, $rule) = @{ $refused{$case} };
    my $start = -s $node->logfile;
    my $errors = register($name, $number, $consent);
    my $log = slurp_file($node->logfile, $start);

    like($errors, qr/CONSTRAINT NAME:  $rule\n/, "$case: refused");
    like($log, qr/ERROR: /, "$case: the log has the refusal");
    foreach my $text ($errors, $log)
    {
        unlike($text, qr/\Q$name\E|\Q$number\E/, "$case: nothing of the person");
    }
}

$node->stop;
done_testing;
