# A transaction that has a deadline is committed in time or not at all, whatever its session does.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../lib";
use Test::More;
use Volunteer::Cluster;

my $node = Volunteer::Cluster->new('commit_by', conf => 'max_prepared_transactions = 1');

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION volunteer;
CREATE TABLE notice (body text);
CREATE TABLE kept (day date PRIMARY KEY, hours volunteer.service_hours);
CREATE TABLE served (day date, hours volunteer.service_hours);
SELECT volunteer.track_hours('served', 'kept', ARRAY['day'], ARRAY['hours']);
SQL

my $past = "volunteer.commit_by(clock_timestamp() - interval '1 ms')";
my $coming = "volunteer.commit_by(clock_timestamp() + interval '1 hour')";

# What is told when this is run, and whether the notice is there.
sub told
{
    my ($text) = @_;
    my $stderr = '';

    $node->safe_psql('postgres', 'TRUNCATE notice');
    $node->psql('postgres', "\\set VERBOSITY verbose\nBEGIN; INSERT INTO notice VALUES ('patrol'); $text", stderr => \$stderr, on_error_stop => 0);
    my ($state) = $stderr =~ /ERROR:\s+(\w{5})/;
    return ($state // 'committed') . ' ' . $node->safe_psql('postgres', 'SELECT count(*) FROM notice');
}

is(told("SELECT $coming; COMMIT"), 'committed 1', 'in time');
is(told("SELECT $past; COMMIT"), '25000 0', 'late');
is(told("SELECT $past, $coming; COMMIT"), '25000 0', 'the earliest deadline holds');
is(told("SAVEPOINT s; SELECT $past; ROLLBACK TO s; COMMIT"), '25000 0', 'also of a savepoint that is rolled back');
is(told("SELECT $past; SET CONSTRAINTS ALL IMMEDIATE; COMMIT"), '25000 0', 'whatever is no longer deferred');
is(told("SELECT $past; COMMIT AND CHAIN; COMMIT"), '25000 0', 'and whatever comes next');
is(told("SELECT $past; ROLLBACK; INSERT INTO notice VALUES ('patrol')"), 'committed 1', 'a deadline ends with its transaction');
is(told("SELECT $past; COMMIT; INSERT INTO notice VALUES ('patrol')"), '25000 1', 'also with one that was refused');
is(told("SELECT $coming; PREPARE TRANSACTION 'later'"), '0A000 0', 'prepared, it would be committed later');
is(told("SELECT volunteer.commit_by('infinity'); PREPARE TRANSACTION 'never'; COMMIT PREPARED 'never'"), 'committed 1', 'which what has no deadline may be');

subtest 'a commit that waits' => sub {
    my ($first, $second) = map { $node->background_psql('postgres', on_error_stop => 0) } 1, 2;

    # The deadline passes while the totals of another session are waited for.
    $first->query_safe("BEGIN; INSERT INTO served VALUES ('2026-01-01', '1:00'); SELECT volunteer.flush_hours()");
    $second->query_safe("BEGIN; INSERT INTO served VALUES ('2026-01-01', '2:00')");
    my $deadline = $second->query_safe("SELECT clock_timestamp() + interval '1 second' AS at, volunteer.commit_by(clock_timestamp() + interval '1 second')");
    $node->start_waiting($second, 'COMMIT');
    $deadline =~ s/\|.*//;
    $node->poll_query_until('postgres', "SELECT clock_timestamp() > '$deadline'");
    $first->query_safe('COMMIT');
    $second->query('SELECT 1');
    like($second->{stderr}, qr/was kept open/, 'is refused after it');
    is($node->safe_psql('postgres', 'SELECT hours FROM kept'), '1:00', 'with all that it wrote');
    $_->quit foreach $first, $second;
};

done_testing;
