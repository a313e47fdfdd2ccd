package Egress::Audit;

# The line that puts a list in audit mode, so that it refuses nothing and logs what it would have refused: `audit`, or
# `audit until 2026-12-31`, including that day.

use v5.32;
use warnings;
use Egress::Day;

# Returns undef if the line is something else; dies with the correct form.
sub parse {
  my ($class, $line) = @_;
  return undef if $line !~ /^audit(?:\s|$)/;
  my ($day) = $line =~ /^audit(?: until (\d{4}-\d{2}-\d{2}))?$/
    or die "is not an audit: write audit, or audit until 2026-12-31\n";
  return bless { end => defined $day ? Egress::Day::end_of($day) : undef }, $class;
}

1;
