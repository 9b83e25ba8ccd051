# Rows of a foreign table are counted as they are written here; what a TRUNCATE would take away cannot be.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('accumulate_foreign');

sub refusal_of
{
    my ($status, $stdout, $stderr) = $node->psql('postgres', shift, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
    return $stderr;
}

my ($host, $port) = ($node->host, $node->port);

$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION volunteer;
CREATE EXTENSION postgres_fdw;
CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
CREATE USER MAPPING FOR PUBLIC SERVER loop;
CREATE TABLE stored (year integer, minutes integer);
CREATE TABLE record (year integer, minutes integer) PARTITION BY LIST (year);
CREATE TABLE record_2026 PARTITION OF record FOR VALUES IN (2026);
CREATE TABLE total (year integer PRIMARY KEY, minutes bigint);
DO \$\$ BEGIN PERFORM volunteer.track_hours('record', 'total', ARRAY['year'], ARRAY['minutes']); END \$\$;
CREATE FOREIGN TABLE record_2016 PARTITION OF record FOR VALUES IN (2016) SERVER loop OPTIONS (table_name 'stored');
INSERT INTO record VALUES (2026, 60), (2016, 30), (2016, 45);
DELETE FROM record WHERE minutes = 45;
SQL
is($node->safe_psql('postgres', 'TABLE total ORDER BY year'), "2016|30\n2026|60", 'a foreign partition is counted');
like(refusal_of('TRUNCATE record'), qr/0A000: foreign table "record_2016" is counted and cannot be truncated/,
    'it is not truncated with the table');
is($node->safe_psql('postgres', q(SELECT count(*) FROM volunteer.check_hours('record', 'total'))), '0', 'and the totals are exact');
is(refusal_of('DELETE FROM record; TRUNCATE record_2026'), '', 'its rows can be deleted');
is($node->safe_psql('postgres', 'TABLE total ORDER BY year'), "2016|0\n2026|0", 'which is counted');

SKIP: {
    skip 'no TRUNCATE triggers of foreign tables', 2 if $node->pg_version < 16;

    $node->safe_psql('postgres', <<'SQL');
CREATE FOREIGN TABLE elsewhere (year integer, minutes integer) SERVER loop OPTIONS (table_name 'stored');
CREATE TABLE other_total (year integer PRIMARY KEY, minutes bigint);
DO $$ BEGIN PERFORM volunteer.track_hours('elsewhere', 'other_total', ARRAY['year'], ARRAY['minutes']); END $$;
INSERT INTO elsewhere VALUES (2025, 15);
SQL
    like(refusal_of('TRUNCATE elsewhere'), qr/0A000: foreign table "elsewhere" is counted and cannot be truncated/,
        'nor is a foreign table');
    is($node->safe_psql('postgres', 'TABLE other_total'), '2025|15', 'whose total stands');
}

$node->stop;
done_testing;
