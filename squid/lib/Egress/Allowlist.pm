package Egress::Allowlist;

# The allowlist as the environment holds it (EGRESS_ALLOW, continued in EGRESS_ALLOW_1, EGRESS_ALLOW_2, ...), and what
# is left of it when no entry repeats another.

use v5.32;
use warnings;
use Egress::Destination;

use constant VARIABLE => 'EGRESS_ALLOW';
use constant SERIES => VARIABLE . ', ' . VARIABLE . '_1, ' . VARIABLE . '_2 and so on';

# How much of a bad line a message shows, and how many bad lines.
use constant SHOWN_CHARACTERS => 120;
use constant SHOWN_LINES => 10;

# Returns the destinations of all lines, or dies with a message that names every line it cannot read.
sub from_environment {
  my ($environment) = @_;
  my (@destinations, @errors);
  for my $variable (variables($environment)) {
    my $number = 0;
    for my $text (split /\n/, $environment->{$variable}, -1) {
      $number++;
      my $line = $text =~ s/^\s+|\s+$//gr;
      next if $line eq '' || $line =~ /^#/;
      my $destination = eval { Egress::Destination->parse($line) };
      push @destinations, $destination if $destination;
      push @errors, "$variable line $number: \"" . printable($line) . "\" $@" if !$destination;
    }
  }
  return @destinations if !@errors;
  my $hidden = @errors - SHOWN_LINES;
  splice @errors, SHOWN_LINES;
  die @errors, $hidden > 0 ? "and $hidden more\n" : ();
}

# The variables that hold the list, in order. An empty one ends it: Cloud Foundry removes a variable only after the new
# instances have started, so what follows the end may be left over from a longer list. Without an end a gap is an error,
# since destinations that somebody counts on would be missing; so is a misspelt variable, which would close everything.
sub variables {
  my ($environment) = @_;
  my %numbers;
  for my $variable (sort grep { index($_, VARIABLE) == 0 } keys %$environment) {
    my ($number) = substr($variable, length VARIABLE) =~ /^(?:|_([1-9][0-9]*))$/
      or die "$variable is none of the allowlist's variables: they are @{[SERIES]}\n";
    $numbers{ $number // 0 } = $variable;
  }
  my @variables;
  for my $number (sort { $a <=> $b } keys %numbers) {
    my $variable = $numbers{$number};
    die "$variable is set but the one before it is not: the allowlist is in @{[SERIES]} without a gap\n"
      if $number != @variables;
    last if $environment->{$variable} eq '';
    push @variables, $variable;
  }
  return @variables;
}

sub printable {
  my ($text) = @_;
  my $shown = length $text > SHOWN_CHARACTERS ? substr($text, 0, SHOWN_CHARACTERS) . '...' : $text;
  return $shown =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ger;
}

# Groups of names with the same ports and ranges, in an order that does not depend on the list's. Within a group no name
# covers another: squid does not start on a list where one does. A name loses the ports that a domain above it has for
# the same ranges, and goes when none is left.
sub groups {
  my %ports_of;
  for my $destination (@_) {
    my $ranges = join ' ', @{ $destination->{ranges} };
    my $entry = ($destination->{below} ? '.' : '') . $destination->{name};
    $ports_of{$ranges}{$entry}{$_} = 1 for @{ $destination->{ports} };
  }
  my %groups;
  for my $ranges (keys %ports_of) {
    my $entries = $ports_of{$ranges};
    for my $entry (keys %$entries) {
      my %covered = map { %{ $entries->{$_} // {} } } domains_above($entry);
      my $ports = join ' ', sort { $a <=> $b } grep { !$covered{$_} } keys %{ $entries->{$entry} };
      push @{ $groups{$ranges}{$ports} }, $entry if $ports ne '';
    }
  }
  return map {
    my $ranges = $_;
    map { { ranges => $ranges, ports => $_, names => [sort @{ $groups{$ranges}{$_} }] } } sort keys %{ $groups{$ranges} }
  } sort keys %groups;
}

# `.b.c` and `.c` for `a.b.c` and for `.a.b.c`, and `.a.b.c` too for `a.b.c`.
sub domains_above {
  my ($entry) = @_;
  my @labels = split /\./, $entry =~ s/^\.//r;
  shift @labels if $entry =~ /^\./;
  return map { '.' . join '.', @labels[$_ .. $#labels] } 0 .. $#labels;
}

1;
