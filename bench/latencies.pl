#!/usr/bin/perl
# latencies.pl KIND PORT CODES SECONDS PSQL…: how long others wait for what one worker, or the database, knows already.
#
# KIND     waiters: a code is asked for over many connections to all workers at once while the table is locked; from the
#          first answer to the last one
#          revocation: from the statement that revokes a certificate and notifies, to the answer "revoked" of the last
#          worker, each of which had the certificate in memory
# CODES    a file; each measurement takes one of them, at random
# PSQL…    a command that takes SQL
#
# Prints the median and the maximum in milliseconds, and the bar: metric, tab, value.
use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IPC::Open2;
use List::Util qw(all);
use Time::HiRes qw(time);

use constant { WORKERS => 3, EACH => 8 };

my %bar = (waiters => 2, revocation => 50);
my ($kind, $port, $file, $seconds, @psql) = @ARGV;
my $psql = open2(my $told, my $tell, @psql);

open my $codes, '<', $file or die "$file: $!\n";
chomp(my @codes = <$codes>);

sub sql {
    print $tell "$_[0];\n\\echo done\n";
    while (defined(my $line = <$told>)) { return if $line eq "done\n" }
    die "psql has ended\n";
}

sub begin { my ($socket, $path) = @_; syswrite $socket, "GET $path HTTP/1.1\r\nHost: localhost\r\n\r\n"; return }

# The body of an answer.
sub end {
    my ($socket) = @_;
    my $answer = '';
    while (sysread $socket, $answer, 65536, length $answer) {
        my ($length, $body) = $answer =~ /\r\nContent-Length: (\d+)\r\n.*?\r\n\r\n(.*)/si or next;
        return $body if length $body == $length;
    }
    die "nginx has closed a connection\n";
}

sub exchange { my ($socket, $path) = @_; begin($socket, $path); return end($socket) }
sub opened { return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 30) // die "$@\n" }

# As many connections to each worker, by its process id.
my %sockets;
until (keys %sockets == WORKERS && all { @$_ >= EACH } values %sockets) {
    my $socket = opened();
    push @{ $sockets{ exchange($socket, '/') } }, $socket;
}
$#$_ = EACH - 1 for values %sockets;
my @all = map { @$_ } values %sockets;
my $status = opened();

# As the registry's trigger does, which would ask who revokes.
sub set_status {
    my ($code, $status) = @_;
    sql("BEGIN; UPDATE registry.certificate SET status = $status WHERE code = '$code';"
          . " SELECT pg_notify('volunteer_certificate', encode(sha256('$code'), 'hex')); COMMIT");
    return;
}

sub waiters {
    my ($code) = @_;
    my ($first, $last);
    my $waiting = IO::Select->new(@all);

    sql('BEGIN; LOCK TABLE registry.certificate');
    begin($_, "/c/$code.json") for @all;
    until (exchange($status, '/status') =~ /Writing: (\d+)/ && $1 > @all) {
        if ($waiting->can_read(0.001)) {
            # a code of an earlier measurement, which is in memory
            end($_) for @all;
            sql('COMMIT');
            return;
        }
    }
    print $tell "COMMIT;\n";
    while ($waiting->count) {
        for my $socket ($waiting->can_read) {
            $last = time;
            $first //= $last;
            end($socket) =~ /^\{"status":"valid"/ or die "a waiter was told something else\n";
            $waiting->remove($socket);
        }
    }
    return $last - $first;
}

sub revocation {
    my ($code) = @_;
    my @one = map { $_->[0] } values %sockets;

    exchange($_, "/c/$code.json") =~ /^\{"status":"valid"/ or die "$code is not valid\n" for @one;
    my $from = time;
    set_status($code, "'revoked', reason = 'issued_in_error'");
    for my $socket (@one) {
        1 until exchange($socket, "/c/$code.json") =~ /^\{"status":"revoked"/;
    }
    my $took = time - $from;
    set_status($code, "'valid', reason = NULL");
    return $took;
}

sql('SET session_replication_role = replica');
my ($until, @took) = time + $seconds;
while (!@took || time < $until) {
    my ($code) = splice @codes, rand @codes, 1;
    push @took, map { 1000 * $_ } $kind eq 'waiters' ? waiters($code) : revocation($code);
}
close $tell;
waitpid $psql, 0;

@took = sort { $a <=> $b } @took;
printf "p50\t%.3f\nmax\t%.3f\nbar\t%d\n", $took[$#took / 2], $took[-1], $bar{$kind};
