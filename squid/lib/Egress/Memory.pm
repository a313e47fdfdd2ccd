package Egress::Memory;

# How much memory the container has, from MEMORY_LIMIT.

use v5.32;
use warnings;
use Egress::Lines;

use constant LIMIT => 'MEMORY_LIMIT';
my %MIB = (m => 1, g => 1024);

# The platform writes `128m`; people who start a container themselves also write `1g` or `1GB`. Dies if the value is
# anything else: with the default, there would be too many connections for less memory, and too few for more.
sub mib {
  my ($environment, $default) = @_;
  my $text = $environment->{+LIMIT} // '';
  return $default if $text eq '';
  my ($number, $unit) = $text =~ /^([1-9][0-9]{0,8})([mg])b?\z/i
    or die LIMIT . ': "' . Egress::Lines::printable($text) . "\" is not an amount of memory: write it like ${default}m or 1g\n";
  return $number * $MIB{lc $unit};
}

1;
