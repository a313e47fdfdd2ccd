package Egress::Audit;

# The line of a list by which it refuses nothing and tells the log what it would have: `audit`, or `audit until 2026-12-31`,
# that day included.

use v5.32;
use warnings;
use Egress::Day;

# Returns undef for a line that is about something else, or dies with how to write it.
sub parse {
  my ($class, $line) = @_;
  return undef if $line !~ /^audit(?:\s|$)/;
  my ($day) = $line =~ /^audit(?: until (\d{4}-\d{2}-\d{2}))?$/
    or die "is no audit: write audit, or audit until 2026-12-31\n";
  return bless { end => defined $day ? Egress::Day::end_of($day) : undef }, $class;
}

1;
