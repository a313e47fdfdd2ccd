package Egress::Limits;

# How many connections fit into the memory of the container, as lines for squid.conf to include.

use v5.32;
use warnings;

# Where the platform says nothing: the memory that the constructs give a proxy.
use constant DEFAULT_MIB => 128;
# What squid and its helpers take before the first connection, and at the worst a tunnel: squid has a buffer of 64 KiB for each
# way, which takes no memory before it is full and gives none back, and as much again for reading the greeting.
use constant IDLE_KIB => 32 * 1024;
use constant TUNNEL_KIB => 192;
use constant SOCKETS_OF_A_TUNNEL => 2;
# Listeners, the helpers' ends, and what the platform's own proxy beside this one may have open.
use constant OTHER_SOCKETS => 20;
# With fewer free descriptors than this squid ends each connection after one answer; with half of them it accepts none.
use constant RESERVED_BY_SQUID => 200;
use constant LEAST_TUNNELS => 100;
use constant MOST_TUNNELS => 6_000;

# MEMORY_LIMIT is Cloud Foundry's, as in `128m`.
sub tunnels {
  my ($environment) = @_;
  my ($mib) = ($environment->{MEMORY_LIMIT} // '') =~ /^([0-9]+)m$/i;
  my $fit = int((($mib // DEFAULT_MIB) * 1024 - IDLE_KIB) / TUNNEL_KIB);
  return $fit < LEAST_TUNNELS ? LEAST_TUNNELS : $fit > MOST_TUNNELS ? MOST_TUNNELS : $fit;
}

# Connections beyond the most are refused by a rule, which takes descriptors too: a fourth of them are kept for that. One
# address that opens connections and asks nothing is closed at the same number, so that others still are answered.
sub render {
  my ($tunnels) = @_;
  my $most = $tunnels * SOCKETS_OF_A_TUNNEL + OTHER_SOCKETS;
  my $descriptors = int($most * 1.25) + RESERVED_BY_SQUID;
  # Longer than there can be connections: when a queue is full squid ignores the rule that asks.
  my $helper = 'children-max=1 queue-size=65536 %s /dev/shm/egress/mawk -W interactive'
    . " -v most=$most -f /dev/shm/egress/home/questions.awk";
  return join "\n",
    # Squid's own default is the container's limit, often a million, and it allocates a table of that size.
    "max_filedescriptors $descriptors",
    "client_ip_max_connections $most",
    # Answers hold for a second or two; the number of those that are kept is limited, since a client can make up names.
    # With squid's own `grace` it would ask anew, though in the background, for as long as the second lasts.
    # Longer than any host is the part of a name that is asked for.
    'external_acl_type question ttl=1 grace=0 cache=4096 children-startup=1 '
      . sprintf($helper, '%ACL %#.1000ssl::>sni %#>rd'),
    # With the hundredth of a second in the question its answer holds as long as that.
    'external_acl_type crowd ttl=1 grace=0 cache=4 children-startup=1 ' . sprintf($helper, '%ACL %ts %02.2tu'),
    # Asked for every connection when half of the room is taken. Its process is started then.
    'external_acl_type room ttl=0 cache=0 children-startup=0 ' . sprintf($helper, '%ACL'),
    '';
}

1;
