package Egress::Allowlist;

# The allowlist as the environment holds it (EGRESS_ALLOW, continued in EGRESS_ALLOW_1, EGRESS_ALLOW_2, ...), and what
# is left of it when no entry repeats another.

use v5.32;
use warnings;
use Egress::Destination;
use Egress::Lines qw(read_lines);

sub from_environment {
  my ($environment) = @_;
  return read_lines($environment, 'EGRESS_ALLOW', sub { Egress::Destination->parse($_[0]) });
}

# Groups of names with the same ports, ranges and protocol, in an order that does not depend on the list's. Within a group
# no name covers another: squid does not start on a list where one does. A name loses the ports that it, or a domain above
# it, has for the same ranges and at least the same protocols, and goes when none is left.
sub groups {
  my %ports_of;
  for my $destination (@_) {
    my $entry = ($destination->{below} ? '.' : '') . $destination->{name};
    my $ports = $ports_of{ join ' ', @{ $destination->{ranges} } }{$entry} //= {};
    $ports->{$_} ||= $destination->{tcp} for @{ $destination->{ports} };
  }
  my @groups;
  for my $ranges (sort keys %ports_of) {
    my $entries = $ports_of{$ranges};
    my %names;
    for my $entry (keys %$entries) {
      my $own = $entries->{$entry};
      my @above = map { $entries->{$_} // () } domains_above($entry);
      for my $tcp (0, 1) {
        my @left = grep { my $port = $_; $own->{$port} == $tcp && !grep { ($_->{$port} // -1) >= $tcp } @above } keys %$own;
        push @{ $names{$tcp}{ join ' ', sort { $a <=> $b } @left } }, $entry if @left;
      }
    }
    for my $tcp (sort keys %names) {
      my $by_ports = $names{$tcp};
      push @groups, map { { ranges => $ranges, tcp => $tcp, ports => $_, names => [sort @{ $by_ports->{$_} }] } }
        sort keys %$by_ports;
    }
  }
  return @groups;
}

# `.b.c` and `.c` for `a.b.c` and for `.a.b.c`, and `.a.b.c` too for `a.b.c`.
sub domains_above {
  my ($entry) = @_;
  my @labels = split /\./, $entry =~ s/^\.//r;
  shift @labels if $entry =~ /^\./;
  return map { '.' . join '.', @labels[$_ .. $#labels] } 0 .. $#labels;
}

1;
