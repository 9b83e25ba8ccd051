# What goes with volunteer_metrics, judged by Prometheus' own tool: the text, alert rules, a dashboard of Grafana.
use strict;
use warnings;

use File::Copy;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Nginx;

my $root = $Volunteer::Cluster::ROOT;
my $conf = "$root/nginx_module/conf";
my $dir = PostgreSQL::Test::Utils::tempdir('monitoring');
my $node = Volunteer::Cluster->new('monitoring');
my $nginx = Volunteer::Nginx->new('monitoring', database => $node->connstr('postgres'), keys => keys_file());
my $text = $nginx->get('/metrics')->{content};

sub keys_file
{
    $node->safe_psql('postgres', 'CREATE EXTENSION volunteer');
    PostgreSQL::Test::Utils::append_to_file("$dir/jwks.json",
        '{"keys":[' . $node->safe_psql('postgres', 'SELECT volunteer.signing_public_key()') . ']}');
    return "$dir/jwks.json";
}

# what promtool says when it is not content
sub promtool
{
    my ($input, @arguments) = @_;
    my $said = '';
    my $content = IPC::Run::run([ 'promtool', @arguments ], '<', \$input, '>&', \$said);
    return $content ? '' : "$said\n(promtool @arguments)";
}

is(promtool($text, 'check', 'metrics'), '', 'the metrics keep to the conventions');
isnt(promtool('volunteer_things 1', 'check', 'metrics'), '', 'which others do not');

# metrics and values of labels
my %known = map { $_ => 1 } $text =~ /\b(volunteer_\w+)/g;
my $unknown = sub { return [ grep { !$known{$_} } $_[0] =~ /\b(volunteer_\w+)\b/g ] };

subtest 'alerts' => sub {
    my $rules = PostgreSQL::Test::Utils::slurp_file("$conf/volunteer_alerts.yml");
    my $tests = PostgreSQL::Test::Utils::slurp_file("$root/tests/monitoring/alerts.yml");
    my $runbook = PostgreSQL::Test::Utils::slurp_file("$root/docs/monitoring.md");

    copy($_, $dir) // die "$_: $!" foreach "$conf/volunteer_alerts.yml", "$root/tests/monitoring/alerts.yml";
    is(promtool('', 'check', 'rules', "$dir/volunteer_alerts.yml"), '', 'are rules');
    is(promtool('', 'test', 'rules', "$dir/alerts.yml"), '', 'fire when they should');
    is_deeply($unknown->($rules), [], 'ask for metrics that there are');
    foreach my $alert ($rules =~ /- alert: (\w+)/g)
    {
        like($tests, qr/alertname: $alert\n\s+exp_alerts:\n\s+- exp_labels/, "$alert is tested");
        like($runbook, qr/^\| `$alert` \| /m, "$alert is in the runbook");
    }
};

subtest 'dashboard' => sub {
    my $dashboard = decode_json(PostgreSQL::Test::Utils::slurp_file("$conf/volunteer_dashboard.json"));
    my @expressions = map { $_->{expr} } map { @{ $_->{targets} } } @{ $dashboard->{panels} };
    my @rules = map {
        { record => "panel:expression:$_", expr => $expressions[$_] =~ s/\$__rate_interval/5m/gr }
    } 0 .. $#expressions;

    cmp_ok(scalar @expressions, '>', 20, 'asks much');
    is_deeply($unknown->(join ' ', @expressions), [], 'of metrics that there are');
    PostgreSQL::Test::Utils::append_to_file("$dir/panels.yml",
        encode_json({ groups => [ { name => 'panels', rules => \@rules } ] }));
    is(promtool('', 'check', 'rules', "$dir/panels.yml"), '', 'in Prometheus\' language');

    # histograms have their names with a suffix
    my $all = join ' ', @expressions, PostgreSQL::Test::Utils::slurp_file("$conf/volunteer_alerts.yml");
    is_deeply([ grep { $all !~ /$_/ } $text =~ /^# TYPE (\w+)/mg ], [], 'and leaves none out');
};

$nginx->stop;
done_testing();
