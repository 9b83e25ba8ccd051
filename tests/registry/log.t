# What is refused leaves in the server's log: the refusal, and nothing of the
# person, with the settings that README.md makes for the database.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('log', deployed => 1);

my @settings = slurp_file("$Volunteer::Cluster::ROOT/README.md") =~ /^(ALTER DATABASE registry SET log_.*?;)/mg;

$node->safe_psql('registry', join "\n", 'ALTER DATABASE registry RESET ALL;', @settings, <<'SQL');
CREATE ROLE log_registrar LOGIN IN ROLE registry_registrar;
CREATE ROLE log_recorder LOGIN IN ROLE registry_recorder;
SELECT registry.create_organization('日志测试志愿服务队', '2', '13', '350203') AS team \gset
SELECT registry.appoint_staff('log_registrar', :team, 'registrar',
    registry.add_person('示例登记员', 'passport', 'E00000099', 9::smallint, '1980-01-01'));
SELECT registry.appoint_staff('log_recorder', :team, 'recorder',
    registry.add_person('示例记录员', 'passport', 'E00000098', 9::smallint, '1980-01-01'));
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

# Without the delimiter that docs/import.md says, the lines have too many columns; whoever copies is shown the line, the log is not.
{
    my $start = -s $node->logfile;
    my ($status, undef, $errors) = $node->psql('registry', <<"SQL", extra_params => [ '-U', 'log_recorder' ]);
SELECT registry.begin_import('roster.csv', $organization) \\g /dev/null
COPY registry.import_line (line) FROM STDIN WITH (FORMAT csv);
V3502032611000001Q,测试己,社区清洁,日志测试志愿服务队,,2026-03-05 09:00,2026-03-05 10:00,1.00,1
\\.
SQL
    my $log = slurp_file($node->logfile, $start);

    like($errors, qr/extra data after last expected column.*测试己/s, 'a roster with too many columns: refused');
    like($log, qr/ERROR:  extra data after last expected column/, 'a roster with too many columns: the log has the refusal');
    unlike($log, qr/测试己/, 'a roster with too many columns: nothing of the person');
}

$node->stop;
done_testing;
