package Egress::Limits;

# How many connections fit in the container's memory, as lines for squid.conf to include.

use v5.32;
use warnings;
use List::Util qw(max min sum0);
use POSIX qw(ceil);
use Egress::Environment;

# The default, which is the memory that the constructs give a proxy.
use constant DEFAULT_MIB => 128;
# Squid and its helpers use 10 MiB before the first connection, and 18 MiB once they have done everything; the rest is
# for lists.
use constant IDLE_KIB => 20 * 1024;
# The memory for lists in squid, and in the shell whose environment contained them: 3 times their size with 8,000 names
# of 240 characters, 4 times with as many of 20.
use constant OF_LISTS => 4;
use constant LISTS_IN_IDLE_KIB => 2 * 1024;
# The most memory that a socket needs after every way to fill a connection (__tests__/squid/floods.ts) has been used in
# turn, because memory in squid's pools isn't reused for other purposes: measured up to 640 KiB, most of it for header
# lines. This also applies to connections that are refused.
use constant SOCKET_KIB => 800;
# If the kernel's buffers count too, squid requests a fixed size for them, because otherwise each could grow to
# megabytes: 1 KiB per 2 MiB of memory, but no more than a socket's initial size. A socket uses up to 2.9 times that
# size in total, as measured.
use constant MIB_PER_BUFFER_KIB => 2;
use constant MOST_BUFFER_KIB => 64;
use constant BUFFERS_OF_A_SOCKET => 3.2;
use constant SOCKETS_OF_A_TUNNEL => 2;
# The memory of the process that counts the log for metrics, with the most labels that it counts.
use constant METRICS_KIB => 2 * 1024;
use constant METRICS => 'EGRESS_METRICS';
# Higher ports belong to the platform's own proxy.
use constant MOST_METRICS_PORT => 60_999;
# The proxy's own ports and that of the platform's SSH.
my @TAKEN = (2222, 3128, 8080);
# For squid's own use: the health check, and DNS queries that need TCP.
use constant OTHER_SOCKETS => 6;
# Squid reserves a fourth of its descriptors, up to this number: with fewer free ones it accepts no connections, and
# with fewer than twice as many it closes each connection after one answer.
use constant MOST_RESERVED_BY_SQUID => 100;
use constant RESERVED_BY_SQUID => 1 / 4;
# Descriptors that aren't sockets of connections: logs, helpers, listeners and DNS.
use constant OWN_DESCRIPTORS => 18;
# The share of all sockets for connections that a rule refuses.
use constant FOR_REFUSALS => 1 / 8;
use constant LEAST_FOR_REFUSALS => 8;
# How many questions can wait for a helper. Where each is about a moment, several requests of up to 300 KB wait for its
# answer, so there are fewer: a share of the sockets.
use constant LONG_QUEUE => 65_536;
use constant WAITING_IN_SQUID => 4;
use constant FOR_MOMENTS => 1 / 4;
use constant LEAST_FOR_MOMENTS => 8;
use constant LEAST_TUNNELS => 8;
use constant MOST_TUNNELS => 6_000;

# Whether the container's limit includes what the kernel uses for its sockets, as in version 2 of control groups,
# according to a file like /proc/self/cgroup.
sub counts_buffers {
  my ($file) = @_;
  open my $groups, '<', $file or return 1;
  return !grep { /^[0-9]+:(?:[^:]*,)?memory[,:]/ } <$groups>;
}

sub from_environment {
  my ($environment, $buffers_count) = @_;
  my $tunnels = tunnels($environment, $buffers_count);
  return render($tunnels, $buffers_count ? buffer_kib(mib($environment)) : undef);
}

sub tunnels {
  my ($environment, $buffers_count) = @_;
  my $mib = mib($environment);
  my $socket_kib = SOCKET_KIB + ($buffers_count ? BUFFERS_OF_A_SOCKET * buffer_kib($mib) : 0);
  my $sockets = int(($mib * 1024 - IDLE_KIB - lists_kib($environment) - metrics_kib($environment)) / $socket_kib);
  my $fit = int(($sockets - refusals($sockets) - OTHER_SOCKETS) / SOCKETS_OF_A_TUNNEL);
  return min(max($fit, LEAST_TUNNELS), MOST_TUNNELS);
}

# Beyond what IDLE_KIB includes.
sub lists_kib {
  my ($environment) = @_;
  my $bytes = sum0 map { length $environment->{$_} } grep { /^EGRESS_/ } keys %$environment;
  return max(0, OF_LISTS * $bytes / 1024 - LISTS_IN_IDLE_KIB);
}

# The total number of sockets for so many tunnels.
sub sockets_with {
  my ($tunnels) = @_;
  return $tunnels * SOCKETS_OF_A_TUNNEL + OTHER_SOCKETS;
}

sub mib {
  my ($environment) = @_;
  return Egress::Environment::memory_mib($environment, DEFAULT_MIB);
}

sub buffer_kib {
  my ($mib) = @_;
  return min(int($mib / MIB_PER_BUFFER_KIB), MOST_BUFFER_KIB);
}

sub refusals {
  my ($sockets) = @_;
  return max(ceil($sockets * FOR_REFUSALS), LEAST_FOR_REFUSALS);
}

# What squid reserves if it needs so many descriptors besides.
sub reserved {
  my ($descriptors) = @_;
  return min(ceil($descriptors * RESERVED_BY_SQUID / (1 - RESERVED_BY_SQUID)), MOST_RESERVED_BY_SQUID);
}

# The smallest total that leaves so many sockets after those for refusals.
sub sockets_for {
  my ($most) = @_;
  my $sockets = $most;
  $sockets++ while $sockets - refusals($sockets) < $most;
  return $sockets;
}

# The moment for which an answer about room is valid: a hundredth or a thousandth of a second, in which squid can't take
# a fourth of the room: it accepts up to 5,000 connections per second, each of which may open one more.
sub digits {
  my ($most) = @_;
  return $most >= 4 * 2 * 5_000 / 100 ? 2 : 3;
}

# A rule refuses connections beyond the maximum, which uses sockets too. An address that opens connections without
# sending requests is refused from half of that on, so that others are still served.
sub render {
  my ($tunnels, $buffer_kib) = @_;
  my $most = sockets_with($tunnels);
  my $used = sockets_for($most) + OWN_DESCRIPTORS;
  my $descriptors = $used + reserved($used);
  # `concurrency` lets squid write questions without waiting for the answer to the one before: otherwise the helper
  # answers one for each time that squid looks at all of its connections. When a queue is full, squid denies the request.
  my $helper = 'children-max=1 concurrency=%d queue-size=%d %%s /dev/shm/egress/mawk -W interactive'
    . " -v most=$most -f /dev/shm/egress/home/questions.awk";
  # Longer than the maximum number of connections.
  my $long = sprintf $helper, LONG_QUEUE, LONG_QUEUE;
  # For requests whose clients may have left: so long that as many as there can be clients can ask at the same time. Those
  # of one moment share a question about room.
  my $short = sprintf $helper, int($most / 2), WAITING_IN_SQUID;
  my $shared = sprintf $helper, max(int($most * FOR_MOMENTS), LEAST_FOR_MOMENTS), WAITING_IN_SQUID;
  return join "\n",
    # Squid's default is the container's limit, often a million, and it allocates a table of that size.
    "max_filedescriptors $descriptors",
    'client_ip_max_connections ' . int($most / 2),
    # By squid's own count, which has those as well that a client has left.
    'acl many maxconn ' . int($most / 4),
    (defined $buffer_kib ? "tcp_recv_bufsize $buffer_kib KB" : ()),
    # Answers are cached for a second or two, and only a limited number, because clients can make up names. With squid's
    # own `grace` it would ask again, though in the background, for as long as the second lasts. The part of a name that
    # is asked for is longer than any host name; the longest ones together use 1 MB.
    'external_acl_type question ttl=1 grace=0 cache=1024 children-startup=1 '
      . sprintf($long, '%ACL %#.300ssl::>sni %#.300>rd'),
    # The question contains a moment, so its answer is valid for as long. It is the time when the request began: squid
    # compares the question again when the answer arrives, and would ask once more if it contained a later time by then.
    # The width of %tS is that of its fraction.
    'external_acl_type crowd ttl=1 grace=0 cache=16 children-startup=1 ' . sprintf($long, '%ACL %.' . digits($most) . 'tS'),
    # Asked for every connection once half of the room is taken; its process starts then.
    'external_acl_type room ttl=0 cache=0 children-startup=0 ' . sprintf($long, '%ACL %>a'),
    # The same for clients with credentials, once a fourth of the room is taken.
    'external_acl_type share ttl=0 cache=0 children-startup=0 ' . sprintf($long, '%ACL %>a %>p %{client}note'),
    # Asked about room for everything except tunnels.
    'external_acl_type plain ttl=1 grace=0 cache=16 children-startup=0 ' . sprintf($shared, '%ACL %.3tS'),
    # Asked while many connections are opened, and about room if half of it is taken.
    'external_acl_type wait ttl=0 cache=0 children-startup=0 ' . sprintf($short, '%ACL %>a %>p %{client}note'),
    '';
}

# The port of the metrics; undefined if they are off.
sub metrics_port {
  my ($environment) = @_;
  my $text = $environment->{+METRICS} // '';
  return $text eq '' ? undef : Egress::Environment::port(METRICS, $text, MOST_METRICS_PORT, @TAKEN);
}

sub metrics_kib {
  my ($environment) = @_;
  return defined metrics_port($environment) ? METRICS_KIB : 0;
}

# The arguments of the program `metrics`, or none.
sub metrics {
  my ($environment, $tunnels) = @_;
  my $port = metrics_port($environment);
  return defined $port ? "$port @{[sockets_with($tunnels)]} $tunnels\n" : '';
}

1;
