package Egress::Environment;

# Reads the program's variables: lists, with one entry per line in a variable that others continue with `_1`, `_2` and so
# on, ports to listen on, and the memory of the container.

use v5.32;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(read_lines printable);

# The program's variables, and what looks like one of them.
my @VARIABLES = qw(EGRESS_ALLOW EGRESS_CREDENTIALS EGRESS_CLIENTS EGRESS_METRICS EGRESS_FORWARD EGRESS_FORWARD_PORT);
use constant OWN => qr{^EGRESS_(?:(?:ALLOW|CREDENTIALS|CLIENTS).*|METRICS|FORWARD|FORWARD_PORT)\z}s;
use constant SIMILAR => qr{^EGRESS_(?:AL+OW|CRED|CLIENT|METRIC|FORWARD)}i;

# How much of a bad line a message shows, and how many bad lines.
use constant SHOWN_CHARACTERS => 120;
use constant SHOWN_LINES => 10;

# Lower ports need root.
use constant LEAST_PORT => 1024;
use constant MEMORY => 'MEMORY_LIMIT';
my %MIB = (m => 1, g => 1024);

# Dies if a variable is misspelled: without its credentials, for example, the proxy would be open to everyone.
sub refuse_misspelled {
  my ($environment) = @_;
  my @wrong = grep { $_ =~ SIMILAR && $_ !~ OWN } sort keys %$environment;
  die map { printable($_) . " is not a variable of the proxy: the variables are @{[join q{, }, @VARIABLES]}\n" } @wrong if @wrong;
}

# Returns the result of `parse` for each line, or dies with a message that lists every line it can't read. `shown` is
# the part of a line that a message may show.
sub read_lines {
  my ($environment, $first, $parse, $shown) = @_;
  my (@entries, @errors);
  for my $variable (variables($environment, $first)) {
    my $number = 0;
    for my $text (split /\n/, $environment->{$variable}, -1) {
      $number++;
      my $line = $text =~ s/^\s+|\s+$//gr;
      next if $line eq '' || $line =~ /^#/;
      my $entry = eval { $parse->($line) };
      push @entries, $entry if $entry;
      push @errors, "$variable line $number: \"" . printable($shown ? $shown->($line) : $line) . "\" $@" if !$entry;
    }
  }
  return @entries if !@errors;
  my $hidden = @errors - SHOWN_LINES;
  splice @errors, SHOWN_LINES;
  die @errors, $hidden > 0 ? "and $hidden more\n" : ();
}

# The variables that hold the list, in order. An empty one ends it: Cloud Foundry removes a variable only after the new
# instances have started, so variables after the end may be left over from a longer list. Without an end, a gap is an
# error, because entries would be missing; so is a misspelled variable, which would close everything.
sub variables {
  my ($environment, $first) = @_;
  my $series = "$first, ${first}_1, ${first}_2 and so on";
  my %numbers;
  for my $variable (sort grep { index($_, $first) == 0 } keys %$environment) {
    my ($number) = substr($variable, length $first) =~ /^(?:|_([1-9][0-9]*))$/
      or die "$variable is not a variable of this list: the variables are $series\n";
    $numbers{ $number // 0 } = $variable;
  }
  my @variables;
  for my $number (sort { $a <=> $b } keys %numbers) {
    my $variable = $numbers{$number};
    die "$variable is set but the one before it is not: the list is in $series without a gap\n"
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

# Returns the port to listen on that a variable has, or dies.
sub port {
  my ($variable, $text, $most, @taken) = @_;
  die "$variable: \"" . printable($text) . '" is not a port to listen on: use a number from ' . LEAST_PORT . " to $most except @taken\n"
    if $text !~ /^[1-9][0-9]{0,4}\z/ || $text < LEAST_PORT || $text > $most || grep { $_ == $text } @taken;
  return $text;
}

# The container's memory. The platform writes `128m`; people who start a container themselves also write `1g` or `1GB`.
# Dies if the value is anything else: with the default, there would be too many connections for less memory, and too few
# for more.
sub memory_mib {
  my ($environment, $default) = @_;
  my $text = $environment->{+MEMORY} // '';
  return $default if $text eq '';
  my ($number, $unit) = $text =~ /^([1-9][0-9]{0,8})([mg])b?\z/i
    or die MEMORY . ': "' . printable($text) . "\" is not an amount of memory: write it like ${default}m or 1g\n";
  return $number * $MIB{lc $unit};
}

1;
