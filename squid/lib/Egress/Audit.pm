package Egress::Audit;

# The line of a list by which it refuses nothing and tells the log what it would have: `audit`, or `audit until 2026-12-31`,
# that day included.

use v5.32;
use warnings;
use Time::Local qw(timegm_modern);

use constant SECONDS_OF_A_DAY => 24 * 60 * 60;

# Returns undef for a line that is about something else, or dies with how to write it.
sub parse {
  my ($class, $line) = @_;
  return undef if $line !~ /^audit(?:\s|$)/;
  my ($year, $month, $day) = $line =~ /^audit(?: until (\d{4})-(\d{2})-(\d{2}))?$/
    or die "is no audit: write audit, or audit until 2026-12-31\n";
  return bless { end => undef }, $class if !defined $year;
  my $midnight = eval { timegm_modern(0, 0, 0, $day, $month - 1, $year) }
    // die "has the date $year-$month-$day, which is not in the calendar\n";
  return bless { end => $midnight + SECONDS_OF_A_DAY }, $class;
}

1;
