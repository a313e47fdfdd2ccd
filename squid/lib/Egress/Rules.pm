package Egress::Rules;

# The access rules as squid reads them, for squid.conf to include. Its names (private, allowed, refused_...) are defined
# there.

use v5.32;
use warnings;
use Egress::Range qw(complement merge cidrs parse_range);

# Where no name leads that has IPv4 ranges: all of IPv6 that is routed or special.
use constant IPV6 => '2000::/3 ::/128 ::1/128 64:ff9b::/96 fc00::/7 fe80::/10 ff00::/8';

sub render {
  my ($keeper, @groups) = @_;
  my $number = 0;
  return join "\n", "err_html_text $keeper", (map { definition(++$number, $_) } @groups), access(@groups), '';
}

sub definition {
  my ($number, $group) = @_;
  return (
    (map { "acl hosts_$number dstdomain -n $_" } @{ $group->{names} }),
    (map { "acl ports_$number port $_" } split / /, $group->{ports}),
    "acl destination_$number all-of hosts_$number ports_$number",
    "acl listed any-of destination_$number",
    outside($number, $group->{ranges}),
  );
}

# A name with several addresses is checked as a whole: one address outside its ranges, and it is refused. So the rule is
# made of what lies outside (`dst` matches if any address does).
sub outside {
  my ($number, $ranges) = @_;
  return () if $ranges eq '';
  my @outside = cidrs(complement(merge(map { parse_range($_) } split / /, $ranges)));
  return ("acl outside_$number dst @outside", "acl outside_$number dst @{[IPV6]}");
}

# First the list, by name and port alone: a name that is not on it is refused before squid asks the DNS for it, so that
# no data leaves in a query. Then the addresses.
sub access {
  my @groups = @_;
  return 'http_access deny refused_not_listed' if !@groups;
  my $number = 0;
  return (
    'http_access deny !listed refused_not_listed',
    (
      map {
        $number++;
        $_->{ranges} eq ''
          ? "http_access allow destination_$number !private allowed"
          : "http_access allow destination_$number !outside_$number allowed_range"
      } @groups
    ),
    'http_access deny refused_address',
  );
}

1;
