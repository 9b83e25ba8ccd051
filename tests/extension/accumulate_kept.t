# What a session keeps of totals from one transaction to the next: the next write goes by what was changed in between,
# whoever changed it, and functions that look for names do not look where the writer says.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use PostgreSQL::Test::Utils;
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('accumulate_kept');

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION volunteer;
CREATE SCHEMA club;
CREATE FUNCTION club.fits(bigint, bigint) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int8le';
CREATE TABLE club.visit (member_id integer);
CREATE TABLE club.member (member_id integer PRIMARY KEY, visits bigint, CONSTRAINT few CHECK (club.fits(visits, 2)));
SELECT volunteer.track_hours('club.visit', 'club.member', ARRAY['member_id'], '{}', records => 'visits');
SQL

# One session that goes on after errors; a line that begins with ! is executed by another. Returns what went wrong and,
# at the end, the totals, which are exact.
sub session
{
    my ($sql) = @_;
    my $other = 'psql -X -q -d "' . $node->connstr('postgres') . '" -c';
    my ($stdout, $stderr);

    $sql =~ s/^!(.*)$/\\! $other '$1'/mg;
    $node->psql('postgres', <<"SQL", on_error_stop => 0, stdout => \$stdout, stderr => \$stderr);
$sql
RESET search_path;
SELECT member_id, visits FROM club.member ORDER BY member_id;
SELECT * FROM volunteer.check_hours('club.visit', 'club.member');
TRUNCATE club.visit;
SQL
    $stderr =~ s/^psql:<stdin>:\d+: //mg;
    return join "\n", grep { length } map { s/^(?:DETAIL|CONTEXT|PL).*$//mgr } $stderr =~ /^(ERROR.*)$/mg, $stdout;
}

my $refused = 'ERROR:  new row for relation "member" violates check constraint';
my $visit = 'INSERT INTO club.visit VALUES (1);';

is(session($visit x 3), qq($refused "few"\n1|2), 'what is kept goes on being checked');

is(session(<<"SQL"), qq($refused "few"\n$refused "few"\n1|3), 'a function is replaced by the session');
$visit
CREATE OR REPLACE FUNCTION club.fits(bigint, bigint) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int8lt';
$visit
CREATE OR REPLACE FUNCTION club.fits(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT \$1 <= \$2 + 1';
$visit
$visit
$visit
SQL

is(session(<<"SQL"), qq($refused "few"\n1|2), 'a function is replaced by another session');
$visit
!CREATE OR REPLACE FUNCTION club.fits(bigint, bigint) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS \$\$int8lt\$\$
$visit
!CREATE OR REPLACE FUNCTION club.fits(bigint, bigint) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS \$\$int8le\$\$
$visit
SQL

is(session(<<"SQL"), qq($refused "fewer"\n$refused "few"\n1|2), 'constraints come and go');
$visit
!ALTER TABLE club.member ADD CONSTRAINT fewer CHECK (visits <= 1)
$visit
!ALTER TABLE club.member DROP CONSTRAINT fewer
$visit
$visit
SQL

is(session(<<"SQL"), "postgres\n2\n1|2\n2|1", 'columns, defaults and indexes come');
$visit
!ALTER TABLE club.member ADD note text DEFAULT current_user, ADD other integer DEFAULT 1
!CREATE INDEX ON club.member (visits)
INSERT INTO club.visit VALUES (2);
SELECT note FROM club.member WHERE member_id = 2;
$visit
SET enable_seqscan = off;
SELECT visits FROM club.member WHERE visits = 2;
!DROP INDEX club.member_visits_idx
SQL

is(session(<<"SQL"), "pg_catalog, pg_temp\n1|1\n2|2", 'a trigger comes and goes');
INSERT INTO club.visit VALUES (2);
CREATE FUNCTION club.say_path() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.note := current_setting(\$\$search_path\$\$); RETURN NEW; END';
CREATE TRIGGER say_path BEFORE UPDATE ON club.member FOR EACH ROW EXECUTE FUNCTION club.say_path();
INSERT INTO club.visit VALUES (2);
SELECT note FROM club.member WHERE member_id = 2;
DROP TRIGGER say_path ON club.member;
$visit
SQL

is(session(<<"SQL"), qq($refused "few"\n1|2\n2|0), 'an error in a savepoint takes along what was in use');
BEGIN;
$visit
SAVEPOINT before;
$visit
$visit
SELECT volunteer.flush_hours();
ROLLBACK TO before;
$visit
COMMIT;
SQL

is(session(<<"SQL"), "1|2\n2|2", 'totals are written while they are written');
CREATE FUNCTION club.again() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO club.visit VALUES (2); PERFORM volunteer.flush_hours(); RETURN NULL; END';
CREATE TRIGGER again AFTER INSERT OR UPDATE ON club.member FOR EACH ROW WHEN (NEW.member_id = 1) EXECUTE FUNCTION club.again();
$visit
$visit
DROP TRIGGER again ON club.member;
SQL

my $already = 'ERROR:  total to be updated was already modified by an operation triggered by the current command';
is(session(<<"SQL"), "$already\n$already\n$already\n1|0\n2|0", 'but not one that is about to be written');
CREATE FUNCTION club.before() RETURNS trigger LANGUAGE plpgsql AS \$\$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        INSERT INTO club.visit VALUES (NEW.member_id);
        PERFORM volunteer.flush_hours();
    END IF;
    RETURN NEW;
END
\$\$;
CREATE TRIGGER before BEFORE INSERT ON club.member FOR EACH ROW EXECUTE FUNCTION club.before();
INSERT INTO club.visit VALUES (3);
CREATE OR REPLACE TRIGGER before BEFORE INSERT OR UPDATE ON club.member FOR EACH ROW EXECUTE FUNCTION club.before();
INSERT INTO club.visit VALUES (3);
$visit
DROP TRIGGER before ON club.member;
SQL

# Whatever looks for a name while totals are written must not find what the writer has put into his path.

$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA bob;
CREATE TABLE bob.here ();
CREATE FUNCTION club.is_safe(bigint) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN RETURN to_regclass($$here$$) IS NULL; END';
CREATE FUNCTION club.is_safe(bigint, bigint) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN RETURN to_regclass($$here$$) IS NULL; END';
CREATE OPERATOR club.<= (FUNCTION = club.is_safe, LEFTARG = bigint, RIGHTARG = bigint);
CREATE DOMAIN club.safe AS bigint CHECK (club.is_safe(VALUE));
CREATE FUNCTION club.what_is_here() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN to_regclass($$here$$); END';
CREATE DOMAIN club.found AS text DEFAULT club.what_is_here() CHECK (VALUE IS NULL);
CREATE DOMAIN club.told AS text CHECK (VALUE IS NOT NULL);
CREATE FUNCTION club.check_path() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN IF to_regclass($$here$$) IS NOT NULL THEN RAISE $$found$$; END IF; RETURN NEW; END';
CREATE FUNCTION club.check_own_path() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS
    'BEGIN IF to_regclass($$here$$) IS NOT NULL THEN RAISE $$found$$; END IF; RETURN NEW; END';
SQL
my %seekers = (
    'a function' => 'CHECK (club.is_safe(visits))',
    'an operator' => 'CHECK (visits OPERATOR(club.<=) 100::bigint)',
    'an operator for each element' => 'CHECK (visits OPERATOR(club.<=) ANY (ARRAY[100::bigint]))',
    'a domain' => 'CHECK (visits::club.safe IS NOT NULL)',
    'a function of the server' => 'CHECK (to_regclass($$here$$) IS NULL)',
    'a condition within' => 'CHECK (CASE WHEN visits > 0 THEN coalesce(NOT NOT club.is_safe(visits), true) ELSE true END)',
    'an index' => 'EXCLUDE ((member_id / club.is_safe(visits)::integer) WITH =)',
    'a trigger' => 'EXECUTE FUNCTION club.check_path()',
    'a trigger with a path of its own' => 'EXECUTE FUNCTION club.check_own_path()',
    'the condition of a trigger' => 'WHEN (NOT club.is_safe(NEW.visits)) EXECUTE FUNCTION club.check_path()');

foreach my $name (sort keys %seekers)
{
    my ($on, $off) =
        $seekers{$name} =~ /EXECUTE/
        ? ("CREATE TRIGGER safe BEFORE INSERT OR UPDATE ON club.member FOR EACH ROW $seekers{$name}",
            'DROP TRIGGER safe ON club.member')
        : ("ALTER TABLE club.member ADD CONSTRAINT safe $seekers{$name}", 'ALTER TABLE club.member DROP CONSTRAINT safe');

    is(session(<<"SQL"), "1|2\n2|0", "$name does not find what is in the path of the writer");
SET search_path = bob;
$visit
!$on
$visit
!$off
SQL
}

is(session(<<"SQL"), "1|0\n2|0\n3|1", 'nor does the default of a domain');
!ALTER TABLE club.member ADD found club.found
SET search_path = bob;
INSERT INTO club.visit VALUES (3);
!ALTER TABLE club.member DROP COLUMN found
SQL
is(session(<<"SQL"), qq(ERROR:  value for domain club.told violates check constraint "told_check"\n1|0\n2|0\n3|0), 'a domain refuses what is left null');
!ALTER TABLE club.member ADD told club.told DEFAULT \$\$yes\$\$; ALTER TABLE club.member ALTER told DROP DEFAULT
INSERT INTO club.visit VALUES (4);
SQL

done_testing();
