package Egress::ServiceHost;

# A host that only a service's credentials name. A line refers to it by the variable that holds it,
# `$EGRESS_HOST_FILES_BUCKET:443@10.98.0.0/24`. Whatever the service's broker says, it is a single host within that
# range.

use v5.32;
use warnings;
use Egress::Destination;
use Egress::Lines qw(printable);

use constant VARIABLE => qr{EGRESS_HOST_[A-Z0-9_]+};

# Returns the line with the host in place of its variable, or dies with what is wrong with either.
sub filled {
  my ($line, $environment) = @_;
  return $line if $line !~ /^\$/;
  my ($variable, $rest) = $line =~ /^\$(@{[VARIABLE]})(:[^:]*)$/
    or die "does not name the host of a service: write it like \$EGRESS_HOST_FILES_BUCKET:443\@10.98.0.0/24\n";
  die "has no range, although the service could name any host: write it like $line\@10.98.0.0/24\n" if $rest !~ /@/;
  my $host = $environment->{$variable} // die "names $variable, which is not set\n";
  die "names $variable, which is a domain (\"" . printable($host) . "\"): a service names one host\n" if $host =~ /^\./;
  eval { Egress::Destination::pattern($host) } // die "names $variable, which is \"" . printable($host) . "\" and $@";
  return "$host$rest";
}

1;
