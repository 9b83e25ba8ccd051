package Volunteer::Page;

=head1 NAME

Volunteer::Page - a page of docs/ whose commands are run

=head1 SYNOPSIS

  prints_what_it_says('docs/operations.md', sql => [ 'psql', '-X', 'service=registry' ], sh => [ 'sh', '-e' ]);

Each block of these languages is given to its command, which must print the block of
text that comes right after it, or nothing, but for blanks at the end of lines.

=cut

use strict;
use warnings;

use Exporter qw(import);
use IPC::Run;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;
use Volunteer::Cluster;

our @EXPORT = qw(prints_what_it_says);

sub trimmed
{
    my ($text) = @_;

    $text =~ s/[ \t]+$//mg;
    $text =~ s/\n+\z//;
    return $text;
}

sub prints_what_it_says
{
    my ($file, %command) = @_;
    my $page = slurp_file("$Volunteer::Cluster::ROOT/$file");

    while ($page =~ /^```(sql|sh)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/msg)
    {
        my ($language, $block, $expected) = ($1, $2, $3 // '');

        IPC::Run::run($command{$language}, '<', \$block, '>&', \my $printed, IPC::Run::timeout(300));
        is(trimmed($printed), trimmed($expected), $block =~ s/\n.*//sr);
    }
    return;
}

1;
