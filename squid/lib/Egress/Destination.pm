package Egress::Destination;

# One line of the allowlist: `api.example.gov:443`, `.example.org:80,443` for a domain and everything below it,
# `.example.org!raw.example.org,.old.example.org:443` for a domain without some of its names, `git.example.org:22/tcp`
# for tunnels that don't carry TLS, or `bucket.example.com:443@10.98.0.0/24` for a name that resolves to a private
# range. Each may have a last day, ` until 2026-12-31`.

use v5.32;
use warnings;
use Time::Local qw(timegm_modern);
use Egress::Range qw(parse_range merge cidrs);

use constant SECONDS_OF_A_DAY => 24 * 60 * 60;

# Mistakes that squid would accept and never match (a scheme, a wildcard, a trailing dot), or match more widely than
# they look (an address). The first pattern that matches the host gives the message.
my @FAULTS = (
  [qr{://}, 'has a scheme: write the host and its ports, like example.org:443'],
  [qr{/}, 'has a path: the proxy sees hosts and ports only, write example.org:443'],
  [qr{\s}, 'has a space: write one destination a line'],
  [qr{\*}, 'has a wildcard: write .example.org:443 for a domain and all below it'],
  [qr{[^\x20-\x7e]}, 'is not ASCII: write the name in punycode, like xn--bcher-kva.example'],
  [qr{[A-Z]}, 'has upper case letters: write it in lower case'],
  [qr{^\[|:}, 'is an IPv6 address or has two ports: write a host name and one list of ports, like example.org:80,443'],
  [qr{[^a-z0-9.-]}, 'has a character that no host name has: use letters, digits and hyphens'],
  [qr{^$}, 'has no host name: write it like example.org:443'],
  [qr{\.$}, 'ends in a dot: leave it out'],
  [qr{^\.|\.\.}, 'has an empty label: one dot between two labels'],
  [qr{(?:^|\.)-|-(?:\.|$)}, 'has a label that begins or ends with a hyphen'],
  [qr{[^.]{64}}, 'has a label of more than 63 characters'],
  [qr{^.{254}}, 'has more than 253 characters'],
  [qr{(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$}, 'is an IP address: write the host name, addresses are never allowed'],
);

# Returns a destination, or dies with what is wrong with the line and how to write it.
sub parse {
  my ($class, $line) = @_;
  my $end = $line =~ s{ until(?: (.*))?\z}{}s ? end_of($1 // '') : undef;
  my ($where, $ranges) = split /@/, $line, 2;
  my $tcp = $where =~ s{(:[^:/]*)/tcp$}{$1};
  my ($names, $ports) = $where =~ m{^(.*):([^:/\]]*)$}s ? ($1, $2) : ($where, undef);
  my ($host, $exceptions) = split /!/, $names, 2;
  my $entry = pattern($host // '');
  # A resolver could complete such a name to another one.
  die "has no dot: write the full name\n" if $entry !~ /\./;
  return bless {
    entry => $entry,
    exceptions => defined $exceptions ? [exceptions($entry, $exceptions)] : [],
    ports => [ports($ports // die "has no port: write it like $where:443\n")],
    tcp => $tcp ? 1 : 0,
    ranges => defined $ranges ? [cidrs(merge(map { parse_range($_) } items($ranges, 'range')))] : [],
    end => $end,
  }, $class;
}

# A host, or a domain and everything below it with a leading dot.
sub pattern {
  my ($text) = @_;
  my $name = $text =~ s/^\.//r;
  for my $fault (@FAULTS) {
    die "$fault->[1]\n" if $name =~ $fault->[0];
  }
  return $text;
}

# Squid accepts no name in a list that another one in it covers.
sub exceptions {
  my ($entry, $text) = @_;
  my @exceptions = map { pattern($_) } items($text, 'exception');
  for my $exception (@exceptions) {
    die "excepts $exception, which is not below $entry: an exception is a part of its domain\n"
      if $exception eq $entry || !holds($entry, $exception);
  }
  my %others = map { $_ => 1 } @exceptions;
  return grep { my $own = $_; !grep { $_ ne $own && holds($_, $own) } keys %others } sort keys %others;
}

sub holds {
  my ($outer, $inner) = @_;
  return $outer eq $inner || $outer =~ /^\./ && ".$inner" =~ s/^\.\././r =~ /\Q$outer\E$/;
}

sub ports {
  my ($text) = @_;
  return map {
    /^[1-9][0-9]{0,4}$/ && $_ <= 65535 ? $_ : die "has \"$_\" for a port: ports are numbers from 1 to 65535\n"
  } items($text, 'port');
}

sub items {
  my ($text, $what) = @_;
  my @items = split /,/, $text, -1;
  die "has an empty $what: separate several with one comma\n" if !@items || grep { $_ eq '' } @items;
  return @items;
}

# Of the last day: returns the first moment after it, in seconds since 1970, or dies with what is wrong.
sub end_of {
  my ($text) = @_;
  my ($year, $month, $day) = $text =~ /^(\d{4})-(\d{2})-(\d{2})\z/a
    or die "has no day after until: write it like until 2026-12-31\n";
  my $midnight = eval { timegm_modern(0, 0, 0, $day, $month - 1, $year) }
    // die "has the date $text, which is not in the calendar\n";
  return $midnight + SECONDS_OF_A_DAY;
}

1;
