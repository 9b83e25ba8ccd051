# Templates are files that an operator edits: what is in them is served, what is wrong in them is said at the start.
use strict;
use warnings;

use File::Path qw(remove_tree);
use PostgreSQL::Test::RecursiveCopy;
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('pages'));
my $dir = PostgreSQL::Test::Utils::tempdir('pages') . '/pages';
my %parameters = (database => $desk->conninfo, keys => $desk->keys, pages => $dir);
my $nginx = Volunteer::Nginx->new('pages', start => 0, %parameters);

sub edited
{
    my (%files) = @_;

    remove_tree($dir);
    PostgreSQL::Test::RecursiveCopy::copypath($ENV{VOLUNTEER_PAGES}, $dir);
    while (my ($name, $content) = each %files)
    {
        unlink "$dir/$name";
        append_to_file("$dir/$name", $content) if defined $content;
    }
    return;
}

# mistakes

foreach my $case (
    [ 'a template is missing', 'en/more.html', undef, qr{open\(\) "[^"]+/en/more\.html" failed} ],
    [ 'a partial is missing', 'zh/head.html', undef, qr{open\(\) "[^"]+/zh/head\.html" failed} ],
    [ 'the style sheet is missing', 'style.css', undef, qr{open\(\) "[^"]+/style\.css" failed} ],
    [ 'the script is missing', 'disclosure.js', undef, qr{open\(\) "[^"]+/disclosure\.js" failed} ],
    [ 'the words for reasons are missing', 'en/reasons.conf', undef, qr{open\(\) "[^"]+/en/reasons\.conf" failed} ],
    [ 'an include does not end', 'zh/form.html', '<!--# include file="head.html"', qr/include without end in "[^"]+form/ ],
    [ 'a file includes itself', 'zh/form.html', '<!--# include file="form.html" -->', qr/is included too deep/ ],
    [ 'a variable is misspelt', 'zh/form.html', '$volunteer_hour', qr/unknown "volunteer_hour" variable/ ],
    [ 'a dollar sign stands alone', 'zh/form.html', 'US$ 5', qr{invalid template "[^"]+/zh/form\.html"} ],
    [ 'a dollar sign ends the file', 'zh/form.html', '$', qr{invalid template "[^"]+/zh/form\.html"} ],
    [ 'a reason has two texts', 'zh/reasons.conf', 'a b c;', qr/invalid number of parameters in [^ ]+reasons\.conf:1/ ],
  )
{
    my ($name, $file, $content, $message) = @$case;

    edited($file => $content);
    like($nginx->refusal, $message, $name);
}

# what an operator writes

edited(
    'zh/form.html' => '[<!--# include file="part.html" -->|$volunteer_host|${volunteer_origin}|$volunteer_number]',
    'zh/part.html' => '<!--# include file="../shared.html" -->',
    'shared.html' => 'shared',
    'en/form.html' => '',
    'zh/revoked.html' => '$volunteer_reason $volunteer_status_since $volunteer_code_grouped',
    'zh/valid.html' => '$volunteer_name $volunteer_stars $volunteer_lines$volunteer_more',
    'zh/line.html' => '<$volunteer_line_project:$volunteer_line_hours>$volunteer_lines',
    'zh/reasons.conf' => "a_word 'words & \"more\"';\n",
    'style.css' => 'p{}');
$nginx->start;

is($nginx->get('/c/')->{content}, '[shared|zyz.example.gov.cn|https://zyz.example.gov.cn|]',
    'partials, variables, and nothing where there is no certificate');
is($nginx->get('/c/', 'Accept-Language' => 'en')->{content}, '', 'an empty template');
is($nginx->get('/c/style.css')->{content}, 'p{}', 'the style sheet');

my $code = $desk->issue('revoked', 'a_word');
my $grouped = join '-', $code =~ /(.{1,5})/g;
is($nginx->get("/c/$code")->{content}, "words &amp; &quot;more&quot; 2026-11-01 09:30:00 $grouped",
    'the words for a reason, escaped');
$code = $desk->issue('revoked', '<another>');
like($nginx->get("/c/$code")->{content}, qr/^&lt;another&gt; /, 'a reason without words, escaped');

$code = $desk->issue;
is($nginx->get("/c/$code")->{content}, '测*甲 ★★☆☆☆ <图书馆导读:326.50>', 'lines by their own template, which has no lines of its own');

# languages

foreach my $case (
    [ undef, 'zh' ], [ '', 'zh' ], [ 'zh-CN,zh;q=0.9,en;q=0.8', 'zh' ], [ 'en', 'en' ], [ 'EN-gb', 'en' ], [ 'en, zh', 'en' ],
    [ 'zh, en', 'zh' ], [ 'fr', 'zh' ], [ 'fr, en;q=0.1', 'en' ], [ 'zh;q=0.5,en;q=0.55', 'en' ], [ 'en;q=0', 'zh' ],
    [ 'en ; q=0.2 , zh;q=0.1', 'en' ], [ '*', 'zh' ], [ 'enm', 'zh' ], [ 'e', 'zh' ], [ ',;,=', 'zh' ], [ 'en;q=', 'zh' ],
  )
{
    my ($languages, $expected) = @$case;
    my $content = $nginx->get('/c/', defined $languages ? ('Accept-Language' => $languages) : ())->{content};

    is($content eq '' ? 'en' : 'zh', $expected, 'Accept-Language: ' . ($languages // '(none)'));
}

$nginx->stop;
done_testing();
