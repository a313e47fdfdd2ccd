# Makes the attempt in each line of standard input, many at once, and prints `KEY|yes or no|address` for each:
#
#   KEY direct HOST PORT             whether it can be connected to
#   KEY request PEER HOST PORT HEX   whether a request through a proxy is answered by the site
#   KEY tls PEER HOST PORT HEX       whether a ClientHello is answered by the site, through a proxy's tunnel
#   KEY plain PEER HOST PORT HEX     whether a request is, through a tunnel
use v5.32;
use warnings;
use Fcntl qw(:flock);
use IO::Select;
use IO::Socket::INET;
use IPC::Open2;
use Socket qw(inet_ntoa);

# An instance doesn't have enough memory for more programs at once.
use constant AT_ONCE => 24;
use constant LIMIT => 40;
# The ports of the proxy and of its sidecar.
use constant PORTS => (3128, 8080, 3129);
use constant TLS_PORT => 61443;

sub address_of {
  my $packed = gethostbyname $_[0];
  return defined $packed ? inet_ntoa($packed) : '';
}

sub to {
  my ($address, $port) = @_;
  return IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Timeout => 30);
}

# Both ends of a connection to a proxy: one to write to, and one to read from.
sub proxy {
  my $address = address_of($_[0]);
  for my $port (PORTS) {
    my $socket = to($address, $port);
    return ($socket, $socket) if $socket;
  }
  my $socket = to($address, TLS_PORT) or return;
  close $socket;
  # This lock is held until the program ends.
  open our $turn, '<', '/bin/bash';
  flock $turn, LOCK_EX;
  open2(my $from, my $into, "exec openssl s_client -quiet -connect $address:${\TLS_PORT} 2>/dev/null");
  return ($into, $from);
}

# Everything that arrives until it is enough, or nothing more arrives.
sub answer {
  my ($from, $is_enough, $limit) = @_;
  my $all = '';
  my $ready = IO::Select->new($from);
  while (!$is_enough->($all) && $ready->can_read($limit)) {
    sysread $from, $all, 65536, length $all or last;
  }
  return $all;
}

sub said { $_[0] =~ m{\AHTTP/1\.[01] ([0-9]{3})}a ? $1 : '' }

use constant HEAD => sub { $_[0] =~ /\r\n\r\n/ };

sub attempt {
  my ($kind, $peer, $host, $port, $hex) = @_;
  my ($into, $from) = proxy($peer) or return 0;
  if ($kind eq 'request') {
    syswrite $into, "GET http://$host:$port/ HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n";
    return said(answer($from, HEAD, 30)) eq '200';
  }
  syswrite $into, "CONNECT $host:$port HTTP/1.1\r\nHost: $host:$port\r\n\r\n";
  return 0 if said(answer($from, HEAD, 30)) ne '200';
  syswrite $into, $kind eq 'tls' ? pack('H*', $hex) : "GET / HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n";
  return said(answer($from, HEAD, 20)) eq '200' if $kind eq 'plain';
  # The certificate comes after a short ServerHello, and begins with its issuer.
  my $flight = answer($from, sub { length $_[0] > 300 }, 20);
  return $flight =~ /\A\x16/ && $flight !~ /egress-proxy/;
}

sub try {
  my ($key, $kind, @rest) = @_;
  my $host = $rest[$kind eq 'direct' ? 0 : 1];
  my $address = address_of($host);
  my $reached = $kind eq 'direct' ? defined to($address, $rest[1]) : attempt($kind, @rest);
  syswrite STDOUT, "$key|" . ($reached ? 'yes' : 'no') . "|$address\n";
}

my $running = 0;
while (my $line = <STDIN>) {
  my @words = split ' ', $line;
  if ($running >= AT_ONCE) { wait; $running -= 1 }
  my $child = fork // die "cannot fork: $!\n";
  if ($child == 0) {
    # Closed, its number would go to the next file, which openssl would read in place of its pipe.
    open STDIN, '<', '/dev/null';
    local $SIG{ALRM} = sub { syswrite STDOUT, "$words[0]|no|\n"; exit };
    local $SIG{PIPE} = 'IGNORE';
    alarm LIMIT;
    try(@words);
    exit;
  }
  $running += 1;
}
1 while wait != -1;
