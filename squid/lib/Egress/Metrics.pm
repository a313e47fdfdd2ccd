package Egress::Metrics;

# The port where the proxy serves its metrics, if any, from EGRESS_METRICS.

use v5.32;
use warnings;
use Egress::Lines;

use constant PORT => 'EGRESS_METRICS';
# The memory of the process that counts the log, with the most labels that it counts.
use constant KIB => 2 * 1024;
# Lower ports need root; higher ones belong to the platform's own proxy.
use constant LEAST_PORT => 1024;
use constant MOST_PORT => 60_999;
# The proxy's own ports and that of the platform's SSH.
my @TAKEN = (2222, 3128, 8080);

# Undefined if metrics are off.
sub port {
  my ($environment) = @_;
  my $text = $environment->{+PORT} // '';
  return if $text eq '';
  die PORT . ': "' . Egress::Lines::printable($text) . '" is not a port to listen on: use a number from ' . LEAST_PORT
    . ' to ' . MOST_PORT . " except @TAKEN\n"
    if $text !~ /^[1-9][0-9]{0,4}\z/ || $text < LEAST_PORT || $text > MOST_PORT || grep { $_ == $text } @TAKEN;
  return $text;
}

sub kib {
  my ($environment) = @_;
  return defined port($environment) ? KIB : 0;
}

# The arguments of the program `metrics`, or none.
sub render {
  my ($environment, $sockets, $tunnels) = @_;
  my $port = port($environment);
  return defined $port ? "$port $sockets $tunnels\n" : '';
}

1;
