package Egress::Range;

# IPv4 ranges as [first, last] pairs of integers, and the CIDR blocks that squid expects.

use v5.32;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(parse_range cidr merge complement cidrs);

use constant LAST_ADDRESS => 2**32 - 1;

# What a destination may open: private networks (RFC 1918, and the shared address space of RFC 6598, which clouds use as
# a second private range). Loopback and link-local contain the proxy itself and the platform's metadata service, so no
# destination opens them.
my @OPENABLE = qw(10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10);

# Returns the range of a CIDR block, or dies with what is wrong with it.
sub parse_range {
  my ($text) = @_;
  my $range = cidr($text) // die "has \"$text\" for a range: write an IPv4 network like 10.98.0.0/24, with zeros after its prefix\n";
  return $range if grep { $_->[0] <= $range->[0] && $range->[1] <= $_->[1] } map { cidr($_) } @OPENABLE;
  die "has the range $text, which is not private: a range lies within @OPENABLE\n";
}

# undef for anything but an IPv4 network.
sub cidr {
  my ($text) = @_;
  $text =~ m{^(\d{1,3}(?:\.\d{1,3}){3})/(\d|[12]\d|3[0-2])$} or return undef;
  my ($address, $prefix) = ($1, $2);
  my @bytes = split /\./, $address;
  return undef if grep { $_ > 255 || /^0\d/ } @bytes;
  my $first = unpack 'N', pack 'C4', @bytes;
  my $size = 2**(32 - $prefix);
  return undef if $first % $size;
  return [$first, $first + $size - 1];
}

# Sorts ranges and merges those that overlap or touch.
sub merge {
  my @merged;
  for my $range (sort { $a->[0] <=> $b->[0] } @_) {
    if (@merged && $range->[0] <= $merged[-1][1] + 1) {
      $merged[-1][1] = $range->[1] if $range->[1] > $merged[-1][1];
    } else {
      push @merged, [@$range];
    }
  }
  return @merged;
}

# All of IPv4 except these merged ranges.
sub complement {
  my ($next, @gaps) = (0);
  for my $range (@_, [LAST_ADDRESS + 1, LAST_ADDRESS + 1]) {
    push @gaps, [$next, $range->[0] - 1] if $range->[0] > $next;
    $next = $range->[1] + 1;
  }
  return @gaps;
}

# The fewest CIDR blocks that make up these ranges.
sub cidrs {
  return map { blocks(@$_) } @_;
}

sub blocks {
  my ($first, $last) = @_;
  my @blocks;
  while ($first <= $last) {
    my $prefix = 32;
    while ($prefix > 0) {
      my $size = 2**(33 - $prefix);
      last if $first % $size || $first + $size - 1 > $last;
      $prefix--;
    }
    push @blocks, join('.', unpack 'C4', pack 'N', $first) . "/$prefix";
    $first += 2**(32 - $prefix);
  }
  return @blocks;
}

1;
