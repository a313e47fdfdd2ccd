package Egress::Traffic;

# Counts the lines of the proxy's log and prints the counts in Prometheus' text format, version 0.0.4.
#
# The number of labels is limited by the available memory, because clients can make up names.

use v5.32;
use warnings;

use constant MOST_CLIENTS => 200;
use constant MOST_HOSTS => 500;
use constant MOST_REFUSED_HOSTS => 1_000;
# The label for everything beyond the limit.
use constant OTHERS => 'others';

# In the format of Egress::Log; what lines have in common is parsed once.
use constant LINE => qr/"client":(.*),"received":([0-9]+),"sent":([0-9]+),/;
# `client` is an address, `user` a name and version, or `-`.
use constant COMMON => qr/^"([^"]*)","user":"([^"]*)","method":"[^"]*","host":"([^"]*)","port":"[^"]*","verdict":"([a-z]+)","rule":"([a-z-]+)",/;

sub new {
  return bless { requests => {}, of_client => {}, of_host => {}, refused => {} }, $_[0];
}

# Complete lines only.
sub count {
  my ($traffic, $lines) = @_;
  my %alike;
  while ($lines =~ /${\LINE}/g) {
    my $sums = $alike{$1} //= [0, 0, 0];
    $sums->[0]++;
    $sums->[1] += $2;
    $sums->[2] += $3;
  }
  while (my ($common, $sums) = each %alike) {
    $traffic->add($sums, $common =~ COMMON);
  }
  return;
}

sub add {
  my ($traffic, $sums, $address, $user, $host, $verdict, $rule) = @_;
  # A line that isn't about a request has no rule.
  return if !defined $rule;
  # With wrong credentials, the user name is only a claim.
  my $client = $user eq '-' || $rule eq 'credentials' ? $address : $user =~ s/\..*//r;
  $client = add_bytes($traffic->{of_client}, $client, MOST_CLIENTS, $sums);
  $traffic->{requests}{"$client $verdict $rule"} += $sums->[0];
  if ($verdict ne 'refused') {
    add_bytes($traffic->{of_host}, $host, MOST_HOSTS, $sums);
  } elsif ($rule ne 'credentials' && keys %{ $traffic->{refused} } < MOST_REFUSED_HOSTS) {
    $traffic->{refused}{$host} = 1;
  }
  return;
}

# Returns the label that it was counted under.
sub add_bytes {
  my ($of, $label, $most, $sums) = @_;
  $label = OTHERS if !$of->{$label} && keys %$of >= $most;
  my $bytes = $of->{$label} //= [0, 0];
  $bytes->[0] += $sums->[1];
  $bytes->[1] += $sums->[2];
  return $label;
}

# `state` is the current state: names of gauges, with a list of values and their labels.
sub page {
  my ($traffic, %state) = @_;
  my $bytes = sub {
    my ($label, $of) = @_;
    return map { ([$of->{$_}[0], $label => $_, direction => 'out'], [$of->{$_}[1], $label => $_, direction => 'in']) } sort keys %$of;
  };
  my %requests = %{ $traffic->{requests} };
  return join '',
    family('egress_requests_total', 'counter', 'Requests and tunnels that have ended, by what the proxy decided.',
      map { my @words = split / /; [$requests{$_}, client => $words[0], verdict => $words[1], rule => $words[2]] } sort keys %requests),
    family('egress_client_bytes_total', 'counter', 'Bytes from (out) and to (in) a client, counted when the request or tunnel ends.',
      $bytes->('client', $traffic->{of_client})),
    family('egress_host_bytes_total', 'counter', 'Bytes to (out) and from (in) a host that is not refused, counted likewise.',
      $bytes->('host', $traffic->{of_host})),
    family('egress_refused_hosts', 'gauge', 'Different hosts that a list has refused since the start, up to ' . MOST_REFUSED_HOSTS . '.',
      [scalar keys %{ $traffic->{refused} }]),
    map { family($_, 'gauge', @{ $state{$_} }) } sort keys %state;
}

sub family {
  my ($name, $type, $help, @values) = @_;
  return join '', "# HELP $name $help\n# TYPE $name $type\n", map { sample($name, @$_) } @values;
}

sub sample {
  my ($name, $value, @labels) = @_;
  my @pairs;
  while (my ($label, $text) = splice @labels, 0, 2) {
    push @pairs, sprintf '%s="%s"', $label, $text =~ s/([\\"])/\\$1/gr;
  }
  return $name . (@pairs ? '{' . join(',', @pairs) . '}' : '') . " $value\n";
}

1;
