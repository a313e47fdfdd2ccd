package Egress::Forward;

# One host over TCP instead of a proxy: the values for forward/haproxy.cfg. EGRESS_FORWARD has the destination in the
# form of an allowlist's line, EGRESS_FORWARD_PORT the port to listen on.

use v5.32;
use warnings;
use Egress::Destination;
use Egress::Environment;
use Egress::Range qw(parse_range);
use Egress::SpecialAddresses;

use constant DESTINATION => 'EGRESS_FORWARD';
use constant LISTEN => 'EGRESS_FORWARD_PORT';
# The platform checks an instance's health on the ports that the image exposes.
my @HEALTH_PORTS = (3128, 8080);

# The default, which is the memory that the constructs give a forwarder.
use constant DEFAULT_MIB => 64;
# What haproxy, the shell and the platform's own programs in the container use before the first connection.
use constant IDLE_KIB => 24 * 1024;
# A connection with both buffers full, including what the kernel holds for its two sockets.
use constant CONNECTION_KIB => 64;
use constant MOST => 10_000;
# Beyond the maximum, for connections that are refused immediately because there is no room.
use constant FOR_REFUSALS => 64;
use constant FOR_HEALTH => 16;

sub asked {
  my ($environment) = @_;
  return grep { defined $environment->{$_} } DESTINATION, LISTEN;
}

# Dies with what is wrong and how to write it.
sub from_environment {
  my ($environment) = @_;
  my $line = $environment->{+DESTINATION} // die LISTEN . ' is set but ' . DESTINATION . " is not: name the destination, like smtp.example.org:587/tcp\n";
  # A list would have no effect.
  my @lists = sort grep { /^EGRESS_(?:ALLOW|CLIENTS|CREDENTIALS)/ && $environment->{$_} ne '' } keys %$environment;
  die DESTINATION . " and $lists[0] are both set: an application is either a proxy with a list or forwards to one host\n" if @lists;
  my $destination = eval { destination($line) };
  die DESTINATION . ': "' . Egress::Environment::printable($line) . "\" $@" if !$destination;
  return { %$destination, listen => port($environment->{+LISTEN}), most => most($environment) };
}

sub destination {
  my ($line) = @_;
  die "is empty: name one host and its port, like smtp.example.org:587/tcp\n" if $line eq '';
  die "has an end: an application forwards until it is removed, so leave out until\n" if $line =~ /\suntil\b/;
  die "has a space or a second line: name one host and its port, like smtp.example.org:587/tcp\n" if $line =~ /\s/;
  my $parsed = Egress::Destination->parse($line);
  my ($port, @more) = @{ $parsed->{ports} };
  die "is a domain: name one host\n" if $parsed->{entry} =~ /^\./;
  die "has exceptions: name one host\n" if @{ $parsed->{exceptions} };
  die "has several ports: name one\n" if @more;
  die "has no /tcp after its port: forwarded connections are not inspected, so write $parsed->{entry}:$port/tcp\n" if !$parsed->{tcp};
  return { host => $parsed->{entry}, port => $port, ranges => $parsed->{ranges} };
}

sub port {
  my ($text) = @_;
  die LISTEN . " is not set: name the port to listen on, like 10587\n" if !defined $text;
  return Egress::Environment::port(LISTEN, $text, 65535, @HEALTH_PORTS);
}

sub most {
  my ($environment) = @_;
  my $fit = int((Egress::Environment::memory_mib($environment, DEFAULT_MIB) * 1024 - IDLE_KIB) / CONNECTION_KIB);
  return $fit < 1 ? 1 : $fit > MOST ? MOST : $fit;
}

# A single list decides: all of IPv4 except what may be reached.
sub closed {
  my ($forward, @own) = @_;
  my @ranges = map { parse_range($_) } @{ $forward->{ranges} };
  return @ranges ? Egress::SpecialAddresses::all_but(@ranges) : Egress::SpecialAddresses::closed_ipv4(@own);
}

# The variables for haproxy, placed before forward/haproxy.cfg.
sub settings {
  my ($forward, $nonce) = @_;
  my %values = (
    HOST => $forward->{host},
    PORT => $forward->{port},
    LISTEN => $forward->{listen},
    RULE => @{ $forward->{ranges} } ? 'listed-range' : 'listed',
    START => $nonce,
    MOST => $forward->{most},
    # Per address: never all, so that other clients can still connect.
    SHARE => int(($forward->{most} + 1) / 2),
    ROOM => $forward->{most} + FOR_REFUSALS,
    ALL => $forward->{most} + FOR_REFUSALS + FOR_HEALTH,
  );
  return join "\n", 'global', (map { "  setenv FORWARD_$_ $values{$_}" } sort keys %values), '';
}

1;
