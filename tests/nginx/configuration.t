# What nginx refuses at configuration time, and what it warns of.
use strict;
use warnings;

use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $desk = Volunteer::Desk->new(Volunteer::Cluster->new('configuration'));
my %good = (database => $desk->conninfo, keys => $desk->keys);
my $nginx = Volunteer::Nginx->new('configuration', %good, start => 0);

is($nginx->refusal, '', 'a good configuration');

my @cases = (
    [ 'a word that is no conninfo', { database => 'nonsense' }, qr/invalid conninfo: missing "="/ ],
    [ 'an unknown conninfo option', { database => 'hst=localhost' }, qr/invalid conninfo: .*"hst"/ ],
    [ 'no connections', { database_options => 'connections=0' }, qr/invalid parameter "connections=0"/ ],
    [ 'more connections than a worker can have', { database_options => 'connections=1025' }, qr/invalid parameter "connections=1025"/ ],
    [ 'no queue', { database_options => 'queue=' }, qr/invalid parameter "queue="/ ],
    [ 'no timeout', { database_options => 'timeout=0' }, qr/invalid parameter "timeout=0"/ ],
    [ 'a timeout that PostgreSQL cannot take', { database_options => 'timeout=2147483648ms' }, qr/invalid parameter "timeout=2147483648ms"/ ],
    [ 'a timeout that is no time', { database_options => 'timeout=soon' }, qr/invalid parameter "timeout=soon"/ ],
    [ 'an unknown parameter', { database_options => 'pool=3' }, qr/invalid parameter "pool=3"/ ],
    [ 'a second database', { http => 'volunteer_database "dbname=x";' }, qr/"volunteer_database" directive is duplicate/ ],
    [ 'no key file', { keys => '/nonexistent' }, qr/"\/nonexistent".*No such file/ ],
    [ 'no pages', { pages => '/nonexistent' }, qr/"\/nonexistent\/.*failed \(2:/ ],
    (map { [ "the origin $_", { origin => "'$_'" }, qr/invalid origin "\Q$_\E"/ ] }
          'zyz.example.gov.cn', 'ftp://zyz.example.gov.cn', 'https://', 'https://zyz.example.gov.cn/',
          'https://zyz.example.gov.cn/path', 'https://ZYZ.example.gov.cn', 'https://a b', 'https://a"b'),
);

foreach my $case (@cases)
{
    my ($name, $params, $message) = @$case;
    $nginx->configure(%good, %$params);
    like($nginx->refusal, $message, "$name is refused");
}

subtest 'what each directive needs' => sub {
    my $conf = $nginx->dir . '/nginx.conf';
    my %needs = (
        volunteer_certificate => [qw(volunteer_database volunteer_keys volunteer_pages volunteer_origin)],
        volunteer_jwks => ['volunteer_keys'],
        volunteer_issuer_metadata => ['volunteer_origin'],
        volunteer_type_metadata => ['volunteer_origin'],
    );

    foreach my $directive (sort keys %needs)
    {
        foreach my $needed (@{ $needs{$directive} })
        {
            $nginx->configure(%good);
            my $text = PostgreSQL::Test::Utils::slurp_file($conf);
            $text =~ s/^ *location [^{]* \{ (?!$directive;)volunteer_.*\n//mg;
            $text =~ s/^ *$needed .*\n//m or die "no $needed";
            unlink $conf;
            PostgreSQL::Test::Utils::append_to_file($conf, $text);
            like($nginx->refusal, qr/"$directive" needs .*"$needed"/, "$directive without $needed");
        }
    }
};

subtest 'names that DNS must resolve' => sub {
    my $warning = qr/libpq looks up the name "(.*?)"/;

    foreach my $host ('db.example.gov.cn', '127.0.0.1,db.example.gov.cn', 'localhost')
    {
        $nginx->configure(%good, database => "host=$host dbname=desk");
        like($nginx->messages, $warning, "$host: a warning");
    }
    foreach my $conninfo ('host=127.0.0.1', 'host=::1', 'host=/run/postgresql', 'host=/run/postgresql,127.0.0.1',
        'host=db.example.gov.cn hostaddr=127.0.0.1', 'dbname=desk', 'postgresql://127.0.0.1/desk')
    {
        $nginx->configure(%good, database => $conninfo);
        unlike($nginx->messages, $warning, "$conninfo: none");
    }
};

subtest 'the example' => sub {
    my $dir = $nginx->dir;
    my $example = PostgreSQL::Test::Utils::slurp_file("$Volunteer::Cluster::ROOT/nginx_module/conf/volunteer.conf");

    PostgreSQL::Test::Utils::system_or_bail('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes',
        '-subj', '/CN=zyz.example.gov.cn', '-keyout', "$dir/tls.key", '-out', "$dir/tls.pem");
    $example =~ s{/etc/nginx/volunteer/jwks\.json}{$good{keys}};
    $example =~ s{/etc/nginx/volunteer|/var/log/nginx}{$dir}g;
    $example =~ s{/usr/share/volunteer/pages}{$ENV{VOLUNTEER_PAGES}};
    $example =~ s{listen (?:80|443)}{'listen 127.0.0.1:' . PostgreSQL::Test::Cluster::get_free_port()}eg;

    foreach my $printer ('', "load_module $ENV{VOLUNTEER_PDF_MODULE}; thread_pool printer threads=2 max_queue=64;")
    {
        my $text = $printer ? $example =~ s/# (?=volunteer_pdf)//r : $example;

        unlink "$dir/nginx.conf";
        PostgreSQL::Test::Utils::append_to_file("$dir/nginx.conf",
            "load_module $ENV{VOLUNTEER_MODULE}; $printer pid $dir/nginx.pid; events {} http {"
              . join('', map { "${_}_temp_path $dir/$_;" } qw(client_body proxy fastcgi uwsgi scgi)) . "$text }");
        is($nginx->refusal, '', 'is a configuration that nginx takes' . ($printer && ', with a printer'));
    }

    my ($port) = $example =~ /listen 127\.0\.0\.1:(\d+) ssl/;
    my @nginx = ('nginx', '-e', "$dir/error.log", '-c', "$dir/nginx.conf");
    PostgreSQL::Test::Utils::system_or_bail(@nginx);
    my $answer = join '', map {
        `printf 'GET $_ HTTP/1.0\\r\\nHost: zyz.example.gov.cn\\r\\n\\r\\n' | openssl s_client -quiet -connect 127.0.0.1:$port 2>$dir/tls.log`
    } '/', '/c/';
    PostgreSQL::Test::Utils::system_or_bail(@nginx, '-s', 'quit');
    like($answer, qr{ 302 .*^Location: https://zyz\.example\.gov\.cn\S*/c/\r\n.* 200 .*<form}ms, 'leads from the name of the host to the form');
};

done_testing();
