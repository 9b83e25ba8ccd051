# However the server is reached: TLS, SCRAM, several hosts, a failover; and however long its rows are.
use strict;
use warnings;

use IO::Socket::INET;
use Test::More;
use Volunteer::Cluster;
use Volunteer::Desk;
use Volunteer::Nginx;

my $node = Volunteer::Cluster->new('servers', init => { allows_streaming => 1 });
my $desk = Volunteer::Desk->new($node);
my $tls = $desk->tls_conninfo;

# tokens whose rows end on either side of the sizes of libpq's buffers, by code
$desk->sql(<<'SQL');
INSERT INTO verify.row (code, token)
SELECT code, volunteer.sign_certificate((verify.claims(code)::jsonb || jsonb_build_object('more', repeat('x', pad)))::json)
FROM (
    SELECT volunteer.gen_certificate_code()::text AS code, buffer * 3 / 4 - 1400 + step * 12 AS pad
    FROM unnest(ARRAY[8192, 16384, 32768]) AS buffer, generate_series(0, 60) AS step) AS fresh
SQL

sub tokens { return map { split /\|/ } split /\n/, $desk->sql('SELECT code, token FROM verify.row') }

subtest 'TLS and SCRAM' => sub {
    my %token = tokens();
    my $nginx = Volunteer::Nginx->new('tls', database => $tls, keys => $desk->keys);

    $nginx->wait_until('a connection', sub { $nginx->get('/c/' . (keys %token)[0])->{status} == 200 });
    is($desk->sql("SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'registry_verifier'"), 't', 'all is encrypted');
    is_deeply({ map { $_ => $nginx->get("/c/$_.jwt")->{content} } keys %token }, \%token, 'rows of any length, one by one');
    my %sockets = map { $_ => $nginx->ask("/c/$_.jwt") } keys %token;
    is_deeply({ map { $_ => $nginx->end($sockets{$_}) =~ s/.*?\r\n\r\n//sr } keys %token }, \%token, 'and together');
    $nginx->stop;
};

subtest 'a server that is not whom we pinned' => sub {
    my $nginx = Volunteer::Nginx->new('stranger', database => $tls =~ s/sslrootcert=\S+/sslrootcert=system_none/r,
        database_options => 'patience=500ms', keys => $desk->keys);

    is($nginx->get('/c/' . $desk->issue)->{status}, 503, 'is not asked');
    $nginx->stop;
};

subtest 'without TLS' => sub {
    my %token = tokens();
    my $nginx = Volunteer::Nginx->new('plain', database => $desk->conninfo, keys => $desk->keys);

    is_deeply({ map { $_ => $nginx->get("/c/$_.jwt")->{content} } keys %token }, \%token, 'rows of any length');
    $nginx->stop;
};

subtest 'a host that is silent' => sub {
    my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64) // die $@; # takes connections, says nothing
    my $port = $silent->sockport;
    my $code = $desk->issue;
    my %conf = (keys => $desk->keys, database_options => 'timeout=500ms patience=20s',
        http => 'volunteer_cache zone=silent:1m valid=1s listen=on;');

    foreach my $hosts ("host=127.0.0.1,127.0.0.1,@{[ $node->host ]} port=$port,$port,@{[ $node->port ]}",
        "hostaddr=127.0.0.1,127.0.0.1 port=$port,@{[ $node->port ]} sslmode=disable",
        "host=silent.example.gov.cn,primary.example.gov.cn hostaddr=127.0.0.1,127.0.0.1 port=$port,@{[ $node->port ]} sslmode=disable")
    {
        my $nginx = Volunteer::Nginx->new('silent', %conf, database => "$hosts dbname=desk user=registry_verifier password=secret");

        is($nginx->get("/c/$code.json")->{status}, 200, "is passed by: $hosts");
        $nginx->wait_until('the listener', sub { $nginx->error_log =~ /listens to the database/ });
        pass('by who listens, too');
        $nginx->stop;
    }
};

subtest 'failover' => sub {
    my $standby = PostgreSQL::Test::Cluster->new('standby');
    my $nowhere = PostgreSQL::Test::Cluster::get_free_port();
    my $code = $desk->issue;

    $node->backup('base');
    $standby->init_from_backup($node, 'base', has_streaming => 1);
    $standby->start;
    $node->wait_for_catchup($standby);

    my $of = sub {
        return join ' ', 'host=' . join(',', ($node->host) x 3), "port=$nowhere," . $standby->port . ',' . $node->port,
            "dbname=desk user=registry_verifier target_session_attrs=$_[0]";
    };
    my $nginx = Volunteer::Nginx->new('failover', database => $of->('read-write'), keys => $desk->keys,
        database_options => 'timeout=60s patience=60s');
    my $reader = Volunteer::Nginx->new('standby', database => $of->('standby'), keys => $desk->keys,
        database_options => 'timeout=60s patience=60s');
    my $sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'registry_verifier'";

    is($_->get("/c/$code.json")->{status}, 200, 'served') foreach $nginx, $reader;
    $nginx->wait_until('sessions', sub { $node->safe_psql('desk', $sessions) == 2 });
    pass('by the primary, though it comes last');
    $nginx->wait_until('sessions', sub { $standby->safe_psql('desk', $sessions) == 2 });
    pass('and by the standby, for who wants it');
    $reader->stop;

    $node->stop('immediate');
    my @sockets = map { $nginx->ask("/c/$code.json") } 1 .. 20;
    $standby->promote;
    is((grep { $nginx->end($_) =~ /^HTTP\/1\.1 200 / } @sockets), 20, 'lookups wait for the standby to be promoted');
    $standby->safe_psql('desk', "UPDATE verify.row SET status = 'revoked', reason = 'issued_in_error' WHERE code = '$code'");
    like($nginx->get("/c/$code.json")->{content}, qr/"status":"revoked"/, 'and see what it is told');
    $nginx->stop;
};

done_testing();
