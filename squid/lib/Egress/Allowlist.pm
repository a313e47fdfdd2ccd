package Egress::Allowlist;

# The allowlist in the environment (EGRESS_ALLOW, continued in EGRESS_ALLOW_1, EGRESS_ALLOW_2, ...), condensed so that
# no entry repeats another.

use v5.32;
use warnings;
use Egress::Destination;
use Egress::Environment qw(printable read_lines);

# The end of an entry that doesn't expire, as a number that no day has.
use constant FOR_EVER => -1;
use constant VARIABLE => qr{EGRESS_HOST_[A-Z0-9_]+};

sub from_environment {
  my ($environment) = @_;
  return read_lines($environment, 'EGRESS_ALLOW', sub { entry($environment, @_) });
}

# A destination, or the line that puts the list in audit mode.
sub entry {
  my ($environment, $line) = @_;
  return audit($line) // Egress::Destination->parse(with_host($line, $environment));
}

# In audit mode, a list refuses nothing and the log says what it would have refused: `audit`, or
# `audit until 2026-12-31`, including that day. Returns undef if the line is something else; dies with the correct form.
sub audit {
  my ($line) = @_;
  return undef if $line !~ /^audit(?:\s|$)/;
  my ($day) = $line =~ /^audit(?: until (\d{4}-\d{2}-\d{2}))?$/
    or die "is not an audit: write audit, or audit until 2026-12-31\n";
  return { audit => 1, end => defined $day ? Egress::Destination::end_of($day) : undef };
}

# Only a service's credentials name some hosts. A line refers to such a host by the variable that holds it,
# `$EGRESS_HOST_FILES_BUCKET:443@10.98.0.0/24`. Whatever the service's broker says, it is a single host within that
# range. Returns the line with the host in place of its variable, or dies with what is wrong with either.
sub with_host {
  my ($line, $environment) = @_;
  return $line if $line !~ /^\$/;
  my ($variable, $rest) = $line =~ /^\$(@{[VARIABLE]})(:[^:]*)$/
    or die "does not name the host of a service: write it like \$EGRESS_HOST_FILES_BUCKET:443\@10.98.0.0/24\n";
  die "has no range, although the service could name any host: write it like $line\@10.98.0.0/24\n" if $rest !~ /@/;
  my $host = $environment->{$variable} // die "names $variable, which is not set\n";
  die "names $variable, which is a domain (\"" . printable($host) . "\"): a service names one host\n" if $host =~ /^\./;
  eval { Egress::Destination::pattern($host) } // die "names $variable, which is \"" . printable($host) . "\" and $@";
  return "$host$rest";
}

sub destinations {
  return grep { !$_->{audit} } @_;
}

sub audits {
  return grep { $_->{audit} } @_;
}

# Groups of names with the same ports, ranges, protocol and end, in an order that doesn't depend on the list's. Within a
# group, no name covers another, because squid doesn't start with such a list. A name loses the ports that it, or a
# domain above it, already has for the same ranges and end and at least the same protocols; it is removed when no port
# is left.
#
# Domains with exceptions have their own groups, in which the exceptions are pooled. This is safe because no two domains
# of a group are nested: nested ones have different depths.
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

# The number of these domains above each one, itself included; the same domain with other exceptions counts as below it.
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
