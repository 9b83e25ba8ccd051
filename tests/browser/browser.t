# The pages in a real browser. Each script of this directory is a subtest.

use strict;
use warnings;

use File::Spec;
use FindBin;
use IPC::Run;
use JSON::PP;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use TAP::Parser;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Nginx;

my $dir = $FindBin::RealBin;

my $postgres = Volunteer::Cluster->new('browser', deployed => 1);
my $keys = PostgreSQL::Test::Utils::tempdir('keys') . '/jwks.json';
my $nginx = Volunteer::Nginx->new('browser', start => 0, database => '', keys => $keys);
my $desk = $nginx->url('');

$postgres->safe_psql('registry', "SELECT registry.set_origin('$desk')");
my %code = $postgres->run_file('registry', "$dir/certificates.sql") =~ /^(\w+) (\S+)$/mg;
append_to_file($keys, $postgres->safe_psql('registry', 'SELECT verify.public_keys()'));
$nginx->configure(
    database => $postgres->connstr('registry') . ' user=sample_verifier',
    keys => $keys,
    origin => $desk);
$nginx->start;

# Chromium keeps its profile and its crash reports below these.
my $home = PostgreSQL::Test::Utils::tempdir('home');
my %environment = (
    HOME => $home,
    XDG_CONFIG_HOME => $home,
    XDG_CACHE_HOME => $home,
    DESK => $desk,
    CODES => encode_json(\%code));

sub run_script
{
    my ($name, @arguments) = @_;
    my ($tap, $errors) = ('', '');

    local @ENV{ keys %environment } = values %environment;
    IPC::Run::run([ 'node', "$dir/$name", @arguments ],
        '<', File::Spec->devnull, '>', \$tap, '2>', \$errors);
    my $status = $?;

    subtest "$name @arguments" => sub {
        my $parser = TAP::Parser->new({ tap => $tap });

        while (my $line = $parser->next)
        {
            ok($line->is_ok, $line->description =~ s/^- //r) if $line->is_test;
            diag($line->as_string) if $line->is_comment || $line->is_unknown;
        }
        is($status, 0, 'node reached the end') or diag($errors);
        is_deeply([ $parser->parse_errors ], [], 'as many tests as planned');
    };
    return;
}

run_script('pages.mjs', qw(form number valid revoked suspended superseded mismatch unknown malformed));
run_script('content.mjs');
run_script('codes.mjs');
run_script('paper.mjs');
run_script('keyboard.mjs');
run_script('signature.mjs');
run_script('disclosure.mjs');

$postgres->stop;
run_script('pages.mjs', 'unavailable');

$nginx->stop;
done_testing();
