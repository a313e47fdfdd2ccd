package Egress::Day;

# The last day of an entry that expires: `until 2026-12-31`, including that day, in UTC.

use v5.32;
use warnings;
use Time::Local qw(timegm_modern);

use constant SECONDS_OF_A_DAY => 24 * 60 * 60;

# Returns the first moment after the day, in seconds since 1970, or dies with what is wrong.
sub end_of {
  my ($text) = @_;
  my ($year, $month, $day) = $text =~ /^(\d{4})-(\d{2})-(\d{2})\z/a
    or die "has no day after until: write it like until 2026-12-31\n";
  my $midnight = eval { timegm_modern(0, 0, 0, $day, $month - 1, $year) }
    // die "has the date $text, which is not in the calendar\n";
  return $midnight + SECONDS_OF_A_DAY;
}

1;
