package Egress::Allowlist;

# The allowlist as the environment holds it (EGRESS_ALLOW, continued in EGRESS_ALLOW_1, EGRESS_ALLOW_2, ...), and what
# is left of it when no entry repeats another.

use v5.32;
use warnings;
use Egress::Audit;
use Egress::Destination;
use Egress::Lines qw(read_lines);
use Egress::ServiceHost;

# The end of what has none, as a number that is no other one's.
use constant FOR_EVER => -1;

sub from_environment {
  my ($environment) = @_;
  return read_lines($environment, 'EGRESS_ALLOW', sub { entry($environment, @_) });
}

# A destination, or that the list is only audited.
sub entry {
  my ($environment, $line) = @_;
  return Egress::Audit->parse($line) // Egress::Destination->parse(Egress::ServiceHost::filled($line, $environment));
}

sub destinations {
  return grep { $_->isa('Egress::Destination') } @_;
}

sub audits {
  return grep { $_->isa('Egress::Audit') } @_;
}

# Groups of names with the same ports, ranges, protocol and end, in an order that does not depend on the list's. Within a group
# no name covers another: squid does not start on a list where one does. A name loses the ports that it, or a domain above
# it, has for the same ranges and end and at least the same protocols, and goes when none is left.
#
# Domains with exceptions are in groups of their own, in which all exceptions are pooled. That takes nothing from anybody,
# since no two domains of a group are nested: those that are have another depth.
sub groups {
  my (%ports_of, %exceptions_of);
  my $depth_of = depths(grep { @{ $_->{exceptions} } } @_);
  for my $destination (@_) {
    my $depth = @{ $destination->{exceptions} } ? $depth_of->{ names($destination) } : 0;
    my $ranges = join ' ', @{ $destination->{ranges} };
    my $ports = $ports_of{$ranges}{ $destination->{end} // FOR_EVER }{$depth}{ $destination->{entry} } //= {};
    $ports->{$_} ||= $destination->{tcp} for @{ $destination->{ports} };
    $exceptions_of{$depth}{ $destination->{entry} } = $destination->{exceptions};
  }
  my @groups;
  for my $ranges (sort keys %ports_of) {
    for my $end (sort { $a <=> $b } keys %{ $ports_of{$ranges} }) {
      my $by_depth = $ports_of{$ranges}{$end};
      my %alike = (ranges => $ranges, end => $end == FOR_EVER ? undef : $end);
      for my $depth (sort { $a <=> $b } keys %$by_depth) {
        push @groups, map { { %$_, %alike, exceptions => [pooled($exceptions_of{$depth}, $_->{names})] } }
          by_ports($by_depth->{$depth});
      }
    }
  }
  return @groups;
}

sub by_ports {
  my ($entries) = @_;
  my %names;
  for my $entry (keys %$entries) {
    my $own = $entries->{$entry};
    my @above = map { $entries->{$_} // () } domains_above($entry);
    for my $tcp (0, 1) {
      my @left = grep { my $port = $_; $own->{$port} == $tcp && !grep { ($_->{$port} // -1) >= $tcp } @above } keys %$own;
      push @{ $names{$tcp}{ join ' ', sort { $a <=> $b } @left } }, $entry if @left;
    }
  }
  return map {
    my ($tcp, $by_ports) = ($_, $names{$_});
    map { { tcp => $tcp, ports => $_, names => [sort @{ $by_ports->{$_} }] } } sort keys %$by_ports;
  } sort keys %names;
}

# How many of these there are above each, itself included; the same domain with other exceptions lies below it.
sub depths {
  my %variants;
  $variants{ $_->{entry} }{ names($_) } = 1 for @_;
  my %depth_of;
  for my $entry (keys %variants) {
    my $depth = 0;
    $depth += keys %{ $variants{$_} // {} } for domains_above($entry);
    $depth_of{$_} = ++$depth for sort keys %{ $variants{$entry} };
  }
  return \%depth_of;
}

sub names {
  my ($destination) = @_;
  return join '!', $destination->{entry}, @{ $destination->{exceptions} };
}

sub pooled {
  my ($exceptions_of, $names) = @_;
  return sort map { @{ $exceptions_of->{$_} } } @$names;
}

# `.b.c` and `.c` for `a.b.c` and for `.a.b.c`, and `.a.b.c` too for `a.b.c`.
sub domains_above {
  my ($entry) = @_;
  my @labels = split /\./, $entry =~ s/^\.//r;
  shift @labels if $entry =~ /^\./;
  return map { '.' . join '.', @labels[$_ .. $#labels] } 0 .. $#labels;
}

1;
