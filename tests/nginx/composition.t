# Certificates as parts of other pages, as permission, as what nginx turns to when there is nothing else.
use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('composition'));
my ($first, $second, $forged) = map { $desk->issue } 1 .. 3;
my $unknown = $desk->sql('SELECT volunteer.gen_certificate_code()');
my $pages = PostgreSQL::Test::Utils::tempdir('pages');

$desk->sql("UPDATE verify.row SET token = 'forged' WHERE code = '$forged'");
append_to_file("$pages/class.html", qq(1<!--#include virtual="/c/$first.json" -->2<!--#include virtual="/c/$second.json" -->3));
append_to_file("$pages/door.html", 'open');

foreach my $cache ('', 'volunteer_cache zone=certificates:1m;')
{
    my $nginx = Volunteer::Nginx->new('composition' . length $cache, database => $desk->conninfo, keys => $desk->keys,
        http => "$cache root $pages;", server => <<"CONF");
location = /class.html { ssi on; }
location = /door.html { add_before_body /c/$first.json; add_after_body /c/$second.json; }
location = /known { auth_request /c/$first.json; try_files /door.html =404; }
location = /unknown { auth_request /c/$unknown.json; try_files /door.html =404; }
location = /forged { auth_request /c/$forged.json; try_files /door.html =404; }
location = /gone { error_page 404 =200 /c/$first.json; return 404; }
location = /nothing { try_files \$uri /c/$second.json; }
CONF
    my $with = $cache ? 'with a zone' : 'without a zone';
    my ($one, $two) = map { qr/\{"status":"valid".*$_.*\}/s } $first, $second;

    like($nginx->get('/class.html')->{content}, qr/^1${one}2${two}3$/, "$with: included in a page");
    like($nginx->get('/door.html')->{content}, qr/^${one}open$two$/, "$with: before and after a page");
    is($nginx->get('/known')->{content}, 'open', "$with: what is known lets in");
    is($nginx->get('/unknown')->{status}, 500, "$with: what is not is nothing that auth_request understands");
    is($nginx->get('/forged')->{status}, 200, "$with: a mismatch is an answer");
    like($nginx->get('/gone')->{content}, qr/^$one$/, "$with: in place of an error");
    like($nginx->get('/nothing')->{content}, qr/^$two$/, "$with: in place of a file");

    # Nothing is kept of the certificates that are waited for.
    if (!$cache)
    {
        $desk->block;
        my @waiting = map { $nginx->ask($_) } qw(/class.html /door.html /known);
        $nginx->wait_until('lookups', sub { $nginx->in_progress == 3 && $desk->waiting > 0 });
        close shift @waiting;
        $desk->release;
        like($nginx->end($_), qr/ 200 OK\r\n/, "$with: what waited is answered") foreach @waiting;
    }

    my $log = $nginx->error_log;
    my $prefix = substr $forged, 0, 6;
    like($log, qr/token of certificate $prefix\.\.\. .*request: "GET \/forged HTTP\/1\.1", subrequest: "\/c\/$prefix", host: /,
        "$with: the log names the request, and six characters of the code");
    unlike($log, qr/$first|$second|$forged|$unknown/, "$with: it holds no code");

    $nginx->stop;
    is($nginx->alarms, '', "$with: no alarm");
}

$desk->{node}->stop;
done_testing;
