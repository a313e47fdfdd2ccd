package Egress::Metrics;

# Where the proxy answers its metrics, if it does: EGRESS_METRICS has the port.

use v5.32;
use warnings;
use Egress::Lines;

use constant PORT => 'EGRESS_METRICS';
# What the process takes that counts the log, with as many labels as it counts.
use constant KIB => 2 * 1024;
# Ports below are root's, those above the platform's own proxy's.
use constant LEAST_PORT => 1024;
use constant MOST_PORT => 60_999;
# The proxy's own, and of the platform's SSH.
my @TAKEN = (2222, 3128, 8080);

# Undefined where nobody is to be answered.
sub port {
  my ($environment) = @_;
  my $text = $environment->{+PORT} // '';
  return if $text eq '';
  die PORT . ': "' . Egress::Lines::printable($text) . '" is none that can be listened on: use a number from ' . LEAST_PORT
    . ' to ' . MOST_PORT . " but @TAKEN\n"
    if $text !~ /^[1-9][0-9]{0,4}\z/ || $text < LEAST_PORT || $text > MOST_PORT || grep { $_ == $text } @TAKEN;
  return $text;
}

sub kib {
  my ($environment) = @_;
  return defined port($environment) ? KIB : 0;
}

# The words that the program `metrics` is told, or none.
sub render {
  my ($environment, $sockets, $tunnels) = @_;
  my $port = port($environment);
  return defined $port ? "$port $sockets $tunnels\n" : '';
}

1;
