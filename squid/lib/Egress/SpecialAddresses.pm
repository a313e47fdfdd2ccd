package Egress::SpecialAddresses;

# Addresses that no listed name may lead to, as squid reads them: the list next to this program, and all unallocated
# IPv6 addresses.

use v5.32;
use warnings;
use File::Basename qw(dirname);
use Socket qw(inet_pton AF_INET6);
use Egress::Range qw(cidr merge complement cidrs);

use constant LIST => dirname(__FILE__) . '/../../special-addresses';
use constant ROUTES => '/proc/net/route';

# All of IPv6 except 2000::/3, and except ::ffff:0:0/96, which squid treats as IPv4.
my @UNALLOCATED = qw(
  ::-::fffe:ffff:ffff
  ::1:0:0:0-1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
  4000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
);
use constant ALLOCATED => '2000::/3';

# For squid.conf to include. `own` are the networks that the proxy is in. IPv6 has lists of its own, because squid
# confuses :: with 0.0.0.0, and networks that start there with parts of 0.0.0.0/8.
sub render {
  my @own = @_;
  my @list = read_list();
  return join "\n",
    (map { "acl private_ipv4 dst $_" } closed(\@list, @own)),
    (map { "acl private_ipv6 dst $_" } in_ipv6(@list), @UNALLOCATED),
    'acl private any-of private_ipv4 private_ipv6',
    (map { "acl ipv6 dst $_" } ALLOCATED, @UNALLOCATED),
    '';
}

# Addresses that no name may lead to, for a program without IPv6.
sub closed_ipv4 {
  my @own = @_;
  return closed([read_list()], @own);
}

# All of IPv4 except the ranges that a destination opens, but including what stays closed in them.
sub all_but {
  my @ranges = merge(@_);
  return cidrs(merge(complement(@ranges), metadata_within(@ranges)));
}

# What stays closed in ranges that a destination opens.
sub metadata_within {
  my @ranges = @_;
  my @metadata = map { cidr($_->{network}) // () } grep { $_->{kind} eq 'metadata' } read_list();
  return grep { my $one = $_; grep { $_->[0] <= $one->[0] && $one->[1] <= $_->[1] } @ranges } @metadata;
}

sub closed {
  my ($list, @own) = @_;
  my %kinds;
  push @{ $kinds{ $_->{kind} } }, cidr($_->{network}) // () for @$list;
  my @open = grep { my $one = $_; grep { $_->[0] <= $one->[0] && $one->[1] <= $_->[1] } @{ $kinds{elsewhere} } } @own;
  return cidrs(complement(merge(complement(merge(map { @$_ } values %kinds)), @open)));
}

# Squid accepts no network that is contained in another one of the same list.
sub in_ipv6 {
  my %bits = map { $_->{network} => bits($_->{network}) // () } grep { $_->{network} =~ /:/ } @_;
  my $allocated = bits(ALLOCATED);
  my @allocated = grep { index($bits{$_}, $allocated) == 0 } sort keys %bits;
  return grep { my $own = $bits{$_}; !grep { $bits{$_} ne $own && index($own, $bits{$_}) == 0 } @allocated } @allocated;
}

sub bits {
  my ($address, $prefix) = split m{/}, $_[0];
  return substr unpack('B*', inet_pton(AF_INET6, $address)), 0, $prefix;
}

sub read_list {
  open my $file, '<', LIST or die "cannot read ${\LIST}: $!\n";
  return map { /^([0-9a-f:.]+\/\d+) +(\w+) / ? { network => $1, kind => $2 } : () } <$file>;
}

# The networks of the container's own interfaces; unknown if the file is missing.
sub own_networks {
  open my $file, '<', ROUTES or return ();
  return map {
    my (undef, $network, $gateway, undef, undef, undef, undef, $mask) = split;
    $network =~ /^[0-9A-F]{8}$/ && hex $gateway == 0 && hex $mask != 0 ? attached($network, $mask) : ();
  } <$file>;
}

# The kernel prints addresses in the machine's byte order.
sub attached {
  my ($first, $mask) = map { unpack 'N', pack 'L', hex } @_;
  return [$first, $first | ~$mask & 0xffffffff];
}

1;
