# The synthetic city: the same from the same seed, and made only of numbers that nobody holds.
use strict;
use warnings;
use FindBin;
use File::Temp qw(tempdir);
use Test::More;

my $script = "$FindBin::RealBin/../../scripts/sample_city.pl";

sub city {
    my ($seed) = @_;
    my $dir = tempdir(CLEANUP => 1);
    is system($^X, $script, $seed, $dir), 0, "a city from seed $seed";
    my %city;
    for my $name (qw(projects volunteers roster)) {
        open my $file, '<', "$dir/$name.csv" or die "$dir/$name.csv: $!\n";
        $city{$name} = [<$file>];
    }
    return \%city;
}

my $city = city(20);
is_deeply city(20), $city, 'the same seed gives the same bytes';
isnt join('', @{ city(21)->{roster} }), join('', @{ $city->{roster} }), 'another seed gives another city';

my (undef, @volunteers) = @{ $city->{volunteers} };
is scalar @volunteers, 300, '300 volunteers';
my @ids = map { (split /,/)[3] } @volunteers;
is_deeply [grep { !/^350299/ } @ids], [], 'all of a county that does not exist';
is scalar keys %{ { map { $_ => 1 } @ids } }, 300, 'no two share an ID number';
cmp_ok scalar @{ $city->{roster} }, '>', 5000, 'some thousand service records';

is system("$^X '$script' seed /nonexistent 2>/dev/null") >> 8, 255, 'a seed is a number';

done_testing;
