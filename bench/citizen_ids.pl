#!/usr/bin/perl
# citizen_ids.pl N: that many valid citizen identity numbers in random order, one a line.
# Nobody is real: the counties do not exist.
use strict;
use warnings;

my @AREAS = qw(110199 210299 320599 350299 370199 420199 440399 510199 610199);

# ISO 7064 MOD 11-2
my @WEIGHTS = map { 2**$_ % 11 } reverse 1 .. 17;

srand 20;
for (1 .. shift) {
    my $digits = sprintf '%s%04d%02d%02d%03d',
      $AREAS[rand @AREAS], 1940 + rand 70, 1 + rand 12, 1 + rand 28, rand 1000;
    my @digits = split //, $digits;
    my $sum    = 0;
    $sum += $digits[$_] * $WEIGHTS[$_] for 0 .. 16;
    print $digits, substr('10X98765432', $sum % 11, 1), "\n";
}
