# The certificate on paper: what independent readers of PDF find in it, and the thread pool behind it.
use strict;
use warnings;
use utf8;

use Encode qw(decode encode);
use IO::Socket::INET;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $origin = $Volunteer::Cluster::ORIGIN;
my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('pdf'));
my %conf = (
    database => $desk->conninfo,
    keys => $desk->keys,
    main => "load_module $ENV{VOLUNTEER_PDF_MODULE}; thread_pool printer threads=2 max_queue=64;"
      . ' thread_pool narrow threads=1 max_queue=1;',
    http => 'volunteer_pdf threads=printer;',
    server => 'location /narrow/ { rewrite ^/narrow(.*) $1 break; volunteer_pdf threads=narrow; volunteer_certificate; }');
my $nginx = Volunteer::Nginx->new('pdf', %conf);
my $code = $desk->issue;
my $dir = PostgreSQL::Test::Utils::tempdir('pdf');
my $file = "$dir/certificate.pdf";

# What a program says of the file that was fetched last.
sub output
{
    my ($program, @arguments) = @_;
    my ($out, $err) = ('', '');

    IPC::Run::run([ $program, @arguments ], '<', File::Spec->devnull, '>', \$out, '2>', \$err)
        or diag("$program: $out$err");
    return decode('UTF-8', $out . $err);
}

sub fetch
{
    my ($path) = @_;
    my $response = $nginx->get($path);

    unlink $file;
    PostgreSQL::Test::Utils::append_to_file($file, $response->{content});
    return $response;
}

# White space is layout.
sub text { return output('pdftotext', '-layout', $file, '-') =~ s/\s+//gr }

sub scan { return output('zbarimg', '--quiet', '--raw', '--nodbus', '-Sdisable', '-Sqrcode.enable', @_) }

# A certificate with claims of its own.
sub certify
{
    my (%claims) = @_;
    my $new = $desk->issue;
    my $claims = encode_json(\%claims);

    $desk->sql("UPDATE verify.row SET token = volunteer.sign_certificate("
          . "(verify.claims('$new')::jsonb || \$json\$$claims\$json\$)::json) WHERE code = '$new'");
    return $new;
}

subtest 'one sheet' => sub {
    my $response = fetch("/c/$code.pdf");

    is($response->{status}, 200, 'printed');
    is($response->{headers}{'content-type'}, 'application/pdf', 'as PDF');
    is($response->{headers}{'cache-control'}, 'no-store', 'its status may change');
    like($response->{headers}{'content-security-policy'}, qr/default-src 'none'/, 'under the policy of the desk');

    like(output('qpdf', '--check', $file), qr/No syntax or stream encoding errors found/, 'qpdf finds no error');
    like(output('qpdf', '--qdf', $file, '-'), qr{/Lang \(zh-CN\)}, 'the language of the document');

    my $info = output('pdfinfo', $file);
    like($info, qr/^Title: +志愿服务记录证明 ZYZ-2026-00000001$/m, 'its title');
    like($info, qr/^Pages: +1$/m, 'one page');
    like($info, qr/^Page size:.*\(A4\)$/m, 'A4');

    my @fonts = output('pdffonts', $file) =~ /^([A-Z]{6}\+\S+) .* (yes|no) (yes|no) (yes|no) +\d+ +\d+$/mg;
    # cairo 1.18 gives some subsets a name of its own.
    my $own = $info =~ /^Producer: +cairo 1\.18/m ? '|CairoFont-\d+-\d+' : '';
    my $family = qr/\+(?:LXGWWenKai-(?:Regular|Bold)$own)$/;
    ok(@fonts >= 4, 'fonts');
    while (my ($name, @marks) = splice @fonts, 0, 4)
    {
        like($name, $family, "$name: of the family that was asked for");
        is("@marks", 'yes yes yes', "$name: embedded, subset, with Unicode values");
    }
    unlike(output('pdfimages', '-list', $file), qr/image/, 'no picture: all vectors');

    my $text = text();
    like($text, qr/\Q$_\E/, 'text to select: ' . encode('UTF-8', $_))
        foreach ('志愿服务记录证明', '证明编号ZYZ-2026-00000001', '兹证明测*甲', '自2023年3月1日至2026年10月31日', '326.50小时',
        '二星级', '统计截至2026年10月31日', '图书馆导读', '示例市图书馆志愿队', '示例市志愿服务联合会', '51110108MJ0123456X', '合计',
        '只认地址栏', 'zyz.example.gov.cn', '本纸不是证明', '请当场扫描二维码');
    like($text =~ s/\W//gr, qr/$code/, 'the code, to be typed');
    unlike($text, qr/第1页/, 'no page number on the only page');
};

subtest 'the QR code as printed' => sub {
    PostgreSQL::Test::Utils::system_or_bail('pdftoppm', '-r', '100', '-png', '-singlefile', $file, "$dir/page");
    is(scan("$dir/page.png"), "$origin/c/$code\n",
        'is the canonical address, also at 100 dots an inch');
};

subtest 'the page' => sub {
    my $link = sub { my ($code, @language) = @_; return $nginx->get("/c/$code", @language)->{content} =~ m{href="(/c/\w+\.pdf)"} ? $1 : '' };

    is($link->($code), "/c/$code.pdf", 'links to it');
    is($link->($code, 'Accept-Language' => 'en'), "/c/$code.pdf", 'in English as well');
    is($link->($desk->issue('revoked', 'issued_in_error')), '', 'but not what is not printed');
};

subtest 'the same bytes each time' => sub {
    my $first = $nginx->get("/c/$code.pdf");
    my $again = $nginx->get("/c/$code.pdf");
    my $head = $nginx->head("/c/$code.pdf");

    is($again->{content}, $first->{content}, 'nothing of the time of printing');
    is($head->{headers}{'content-length'}, length $first->{content}, 'HEAD says how long it is');
    is($head->{content} // '', '', 'and no more');
};

subtest 'more than fits on a sheet' => sub {
    my @lines = map { { project => "社区服务项目之${_}", org => "第${_}街道志愿服务中心", hours => '1.00' } } 1 .. 30;
    my $many = certify(lines => \@lines, lines_more => { count => 12, hours => '296.50' }, star => 0);

    fetch("/c/$many.pdf");
    like(output('pdfinfo', $file), qr/^Pages: +2$/m, 'goes on to a second one');

    my $text = text();
    ok(!(grep { $text !~ /社区服务项目之$_\D/ } 1 .. 30), 'no line is lost');
    like($text, qr/其余12项.*296\.50小时/, 'the rest as on the page');
    unlike($text, qr/星级/, 'no star is not mentioned');
    like($text, qr/第1页，共2页.*第2页，共2页/, 'pages have numbers');

    foreach my $page (1, 2)
    {
        PostgreSQL::Test::Utils::system_or_bail('pdftoppm', '-r', '100', '-f', $page, '-png', '-singlefile', $file,
            "$dir/$page");
        is(scan("$dir/$page.png"), "$origin/c/$many\n", "page $page carries the QR code");
    }
};

subtest 'claims are text' => sub {
    my $odd = certify(
        name_masked => '<b>%s%n</b>&amp;',
        issuing_org => { name => '很长的名字' x 100 },
        lines => [ { project => "\x{20BB7}野家 𠮷 \\(\x{202E}", org => '长' x 2000, hours => '1.00' } ]);

    is(fetch("/c/$odd.pdf")->{status}, 200, 'whatever they hold');
    like(output('qpdf', '--check', $file), qr/No syntax or stream encoding errors found/, 'a document without errors');
    like(text(), qr/\Q<b>%s%n<\/b>&amp;\E/, 'no markup, no format');

    my @issuers = map { 'A' x $_ . '区' x 90 } 0 .. 2;
    foreach my $issuer (@issuers)
    {
        my $long = certify(issuing_org => { name => $issuer }, cert_no => $issuer);
        is(fetch("/c/$long.pdf")->{status}, 200, 'names of any length');
        my $info = output('pdfinfo', $file);
        like($info, qr/^Author: +$issuer$/m, 'as a whole');
        like($info, qr/^Title: .* $issuer$/m, 'in the title, too');
    }
};

subtest 'only what is valid' => sub {
    my %expected = (
        revoked => [ 410, 'certificate_revoked' ],
        superseded => [ 410, 'certificate_superseded' ],
        suspended => [ 409, 'certificate_suspended' ],
        mismatch => [ 502, 'signature_mismatch' ],
        unknown => [ 404, 'code_unknown' ],
        malformed => [ 404, 'code_malformed' ]);
    my %other = (
        revoked => $desk->issue('revoked', 'issued_in_error'),
        superseded => $desk->issue('superseded'),
        suspended => $desk->issue('suspended', 'record_withdrawn'),
        mismatch => $desk->issue,
        unknown => $desk->sql('SELECT volunteer.gen_certificate_code()'),
        malformed => 'ABC');

    $desk->sql("UPDATE verify.row SET token = (SELECT token FROM verify.row WHERE code = '$code')"
          . " WHERE code = '$other{mismatch}'");
    foreach my $state (sort keys %expected)
    {
        my $response = $nginx->get("/c/$other{$state}.pdf");
        is_deeply([ $response->{status}, decode_json($response->{content})->{rule} ], $expected{$state}, $state);
    }
};

subtest 'many at once' => sub {
    my $alone = $nginx->get("/c/$code.pdf")->{content};
    my @sockets = map { $nginx->ask("/c/$code.pdf") } 1 .. 16;
    my @bodies = map { $nginx->end($_) =~ s/.*?\r\n\r\n//sr } @sockets;

    is(scalar(grep { $_ eq $alone } @bodies), 16, 'all get the same sheet');
};

# What is answered when all lookups come back at once, to one thread and a queue of one.
sub narrow
{
    my @codes = @_;

    $desk->block;
    my @sockets = map { $nginx->ask("/narrow/c/$_.pdf") } @codes;
    $nginx->wait_until('the lookups to be under way', sub { $nginx->in_progress == @codes });
    $desk->release;
    return map { $nginx->end($_) } @sockets;
}

subtest 'one certificate' => sub {
    my @answers = narrow(($code) x 12);
    my ($alone) = map { s/.*?\r\n\r\n//sr } $answers[0];

    like($alone, qr/^%PDF-.*%%EOF\n\z/s, 'is printed');
    is(scalar(grep { m{^HTTP/1.1 200 } && /\r\n\r\n\Q$alone\E\z/ } @answers), 12, 'once for all who ask meanwhile');
};

subtest 'more than the queue takes' => sub {
    my $counted = sub { $nginx->metrics->{qq(volunteer_answers_total{verdict="$_[0]",format="pdf"})} };
    my %before = map { $_ => $counted->($_) } qw(valid refused);
    my @answers = narrow(map { $desk->issue } 1 .. 12);
    my @busy = grep { m{^HTTP/1.1 503 } } @answers;
    my @printed = grep { m{^HTTP/1.1 200 .*%PDF-}s } @answers;

    ok(@busy >= 1, scalar(@busy) . ' have to come again');
    ok(@printed >= 1, scalar(@printed) . ' are printed');
    is(@busy + @printed, 12, 'and there is no third answer');
    ok(!(grep { !/^Retry-After: \d+\r$/m || !/"rule":"print_queue_full"/ } @busy), 'a refusal says when and why');
    $nginx->wait_until('them to be counted', sub { $counted->('valid') + $counted->('refused') >= $before{valid} + $before{refused} + 12 });
    is($counted->('refused'), $before{refused} + @busy, 'and is counted as one');
};

subtest 'clients that leave' => sub {
    my $worker = $nginx->worker;
    my @sockets = map { $nginx->ask("/c/$code.pdf") } 1 .. 12;

    close $_ foreach splice @sockets, 0, 6;
    is(scalar(grep { m{^HTTP/1.1 200 .*%%EOF\n\z}s } map { $nginx->end($_) } @sockets), 6, 'take nothing from those who wait');
    close $_ foreach map { $nginx->ask("/c/$code.pdf") } 1 .. 12;
    $nginx->wait_until('the requests to end', sub { $nginx->in_progress == 0 });
    is($nginx->get("/c/$code.pdf")->{status}, 200, 'leave a worker that prints');
    is($nginx->worker, $worker, 'the same one');
};

subtest 'a reload' => sub {
    my @sockets = map { $nginx->ask("/c/$code.pdf") } 1 .. 8;

    $nginx->reload;
    is(scalar(grep { m{^HTTP/1.1 200 .*%%EOF\n\z}s } map { $nginx->end($_) } @sockets), 8, 'lets what is begun be printed');
};

# A worker that ends closes its modules; what it would unmap, pango's threads may still run for a moment.
like(output('readelf', '--dynamic', $ENV{VOLUNTEER_PDF_MODULE}), qr/\bNODELETE\b/, 'the module stays as long as its worker');

subtest 'from memory' => sub {
    my $reprinted = $desk->issue;
    my @kept = (http => "$conf{http} volunteer_cache zone=paper:4m valid=1h; add_header X-Cache \$volunteer_cache_status;");

    $nginx->configure(%conf, @kept,
        server => 'location /other/ { rewrite ^/other(.*) $1 break; volunteer_pdf threads=printer "font=Noto Serif CJK SC";'
          . ' volunteer_certificate; }');
    $nginx->reload;
    $desk->count_lookups;

    my ($first, $again) = map { $nginx->get("/c/$reprinted.pdf") } 1, 2;
    isnt($first->{headers}{'x-cache'}, 'HIT', 'a sheet is printed');
    is($again->{headers}{'x-cache'}, 'HIT', 'once');
    is($again->{content}, $first->{content}, 'and served again');
    is($again->{headers}{'content-type'}, 'application/pdf', 'as PDF');
    is($again->{headers}{'cache-control'}, 'no-store', 'not to be kept elsewhere');
    is($desk->lookups, 1, 'without the database');
    isnt($nginx->get("/other/c/$reprinted.pdf")->{headers}{'x-cache'}, 'HIT', 'with another font it is another sheet');

    my $unsigned = $desk->issue;
    $desk->sql("UPDATE verify.row SET status = 'revoked', reason = 'issued_in_error' WHERE code = '$unsigned'");
    is($nginx->get("/c/$unsigned.pdf")->{status}, 410, 'one that is revoked is not printed') foreach 1, 2;
};

subtest 'several workers' => sub {
    my $port = PostgreSQL::Test::Cluster::get_free_port();
    my $sheets = sub { $nginx->metrics->{volunteer_sheets_total} };

    # of connections that are spread over the workers, the bodies of the answers
    my $print = sub {
        my ($asked, $meanwhile) = @_;

        $desk->block;
        my @sockets = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 30) // die $@ } 1 .. 24;
        $_->syswrite("GET /c/$asked.pdf HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") foreach @sockets;
        $nginx->wait_until('the lookup to be under way', sub { $desk->waiting == 1 });
        $desk->release;
        $meanwhile->();
        return map { $nginx->end($_) =~ s/.*?\r\n\r\n//sr } @sockets;
    };

    $nginx->configure(%conf, workers => 3, database_options => 'timeout=60s patience=60s', http => <<"CONF");
$conf{http}
volunteer_cache zone=sheets:4m valid=1h;
server {
    listen 127.0.0.1:$port reuseport;
    location /c/ { volunteer_certificate; }
}
CONF
    $nginx->reload;

    my $before = $sheets->();
    my ($alone, @others) = $print->($desk->issue, sub { });
    like($alone, qr/^%PDF-.*%%EOF\n\z/s, 'a sheet is printed');
    is((grep { $_ eq $alone } @others), 23, 'for all who ask meanwhile');
    is($sheets->(), $before + 1, 'once, whichever worker they ask');

    my @bodies = map { $print->($desk->issue, sub { kill 'KILL', $nginx->worker }) } 1 .. 5;
    is((grep { !/^(?:%PDF-.*%%EOF\n)?\z/s } @bodies), 0, 'who asked a worker that dies has no answer');
    cmp_ok((grep { $_ } @bodies), '>', 40, 'the others have their sheet');
};

subtest 'a desk that does not print' => sub {
    $nginx->configure(%conf, http => '');
    $nginx->reload;

    my $response = $nginx->get("/c/$code.pdf");
    is_deeply([ $response->{status}, decode_json($response->{content})->{rule} ], [ 404, 'pdf_not_offered' ], 'says so');
    unlike($nginx->get("/c/$code")->{content}, qr/\.pdf/, 'and links to no paper');
};

subtest 'the directive' => sub {
    my %refused = (
        'on' => qr/invalid value/,
        'threads=' => qr/invalid value/,
        'threads=absent' => qr/unknown thread pool "absent"/,
        'threads=printer font=' => qr/invalid parameter "font="/,
        'threads=printer size=A5' => qr/invalid parameter "size=A5"/);

    foreach my $arguments (sort keys %refused)
    {
        $nginx->configure(%conf, http => "volunteer_pdf $arguments;");
        like($nginx->refusal, $refused{$arguments}, "volunteer_pdf $arguments");
    }
    $nginx->configure(%conf, http => 'volunteer_pdf threads; volunteer_pdf threads;');
    like($nginx->refusal, qr/"volunteer_pdf" directive is duplicate/, 'twice');
    $nginx->configure(%conf, http => 'volunteer_pdf threads "font=Noto Serif CJK SC";');
    is($nginx->refusal, '', 'another family, with the default pool');
};

$nginx->stop(qr/thread pool "narrow" queue overflow|exited on signal 9/);
done_testing();
