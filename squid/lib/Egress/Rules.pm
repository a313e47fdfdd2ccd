package Egress::Rules;

# The access rules as squid reads them, for squid.conf to include. Its names (private, allowed, refused_...) are defined
# there.

use v5.32;
use warnings;
use Egress::Range qw(complement merge cidrs parse_range);

# Where no name leads that has IPv4 ranges: all of IPv6 that is routed or special.
use constant IPV6 => '2000::/3 ::/128 ::1/128 64:ff9b::/96 fc00::/7 fe80::/10 ff00::/8';

# `groups` and `audits` are for everybody, or for the one of the clients whose number they have.
sub render {
  my ($keeper, $clients, $audits, @groups) = @_;
  my $number = 0;
  return join "\n", "err_html_text $keeper", authentication($clients), (map { definition(++$number, $_) } @groups),
    audits(@$audits), access(scalar @$audits, @groups), '';
}

# Wrong passwords are never kept by squid and cost a check each; right ones are asked for again after two hours. Two names
# that differ in case are two clients.
sub authentication {
  my ($clients) = @_;
  return () if !$clients;
  my @clients = @$clients;
  return (
    'auth_param basic program /dev/shm/egress/programs/basic_ncsa_auth /dev/shm/egress/passwords',
    'auth_param basic children 2 startup=0 idle=1 queue-size=65536',
    'auth_param basic credentialsttl 2 hours',
    'auth_param basic realm egress',
    'auth_param basic casesensitive on',
    'acl authenticated proxy_auth REQUIRED',
    (map { "acl client_$_ proxy_auth " . join ' ', sort keys %{ $clients[$_ - 1]{users} } } 1 .. @clients),
    'http_access deny refused_credentials !authenticated',
  );
}

sub definition {
  my ($number, $group) = @_;
  my $whole = (defined $group->{client} ? "client_$group->{client} " : '') . "hosts_$number ports_$number";
  return (
    (map { "acl hosts_$number dstdomain -n $_" } @{ $group->{names} }),
    (map { "acl ports_$number port $_" } split / /, $group->{ports}),
    exceptions($number, $whole, @{ $group->{exceptions} }),
    "acl listed any-of destination_$number",
    outside($number, $group->{ranges}),
  );
}

# What of its names is a destination, and what is excepted, so that the log can tell it from what nobody has listed.
sub exceptions {
  my ($number, $whole, @exceptions) = @_;
  return "acl destination_$number all-of $whole" if !@exceptions;
  return (
    (map { "acl exceptions_$number dstdomain -n $_" } @exceptions),
    "acl excepted_$number all-of $whole exceptions_$number",
    "acl excepted any-of excepted_$number",
    "acl destination_$number all-of $whole !exceptions_$number !odd_name",
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

# Who is in audit mode. An end is asked for with each request, so that it comes without a restart.
sub audits {
  my @audits = @_;
  return () if !@audits;
  return (
    (map { audit($_, $audits[$_ - 1]) } 1 .. @audits),
    # Marks, and matches never.
    'http_access deny audited in_audit !all',
    'on_unsupported_protocol tunnel marked_audit audited_no_tls',
  );
}

sub audit {
  my ($number, $audit) = @_;
  my @conditions = (
    (defined $audit->{client} ? "client_$audit->{client}" : ()),
    (defined $audit->{end} ? "before_$number" : ()),
  );
  return (
    (defined $audit->{end} ? "acl before_$number external before $audit->{end}" : ()),
    "acl audit_$number all-of @{[@conditions ? @conditions : 'all']}",
    "acl audited any-of audit_$number",
  );
}

# First the list, by name and port alone: a name that is not on it is refused before squid asks the DNS for it, so that
# no data leaves in a query. Then the addresses, which must be known: a condition on addresses that could not be found
# never matches, and would not keep anything back. An audit lets through what the list refuses, to public addresses only.
sub access {
  my ($audit, @groups) = @_;
  my $excepts = grep { @{ $_->{exceptions} } } @groups;
  my $refuses = $audit ? '!audited ' : '';
  my @unlisted = (
    ($excepts ? ['excepted ', 'excepted'] : ()),
    ['', 'not_listed'],
  );
  my $unlisted = @groups ? '!listed ' : '';
  my @refusals = map { deny("$unlisted$_->[0]$refuses", 'refused', $_->[1]) } @unlisted;
  return @refusals if !@groups && !$audit;
  my @ways = map { way($_, $groups[$_ - 1]) } 1 .. @groups;
  my @audits = map { "http_access allow audited !private $_->[0]audited_$_->[1]" }
    ($audit ? ((@groups ? ['listed ', 'address'] : ()), @unlisted) : ());
  return (
    @refusals,
    deny('!resolved ', 'failed', 'name'),
    ($audit ? audited_tunnels() : ()),
    (map { "http_access allow $_->{condition} $_->{mark}" } @ways),
    @audits,
    deny('', 'refused', 'address'),
    tunnels($audit, $unlisted, @ways),
  );
}

# Squid asks for a tunnel once more when it has seen what is in it.
sub audited_tunnels {
  return (
    'http_access allow audited unread_tunnel !private audited_no_tls',
    'http_access allow audited CONNECT !greeting_unread !same_name !private audited_tls_name',
  );
}

# A tunnel is refused in an answer of its own: squid.conf says why.
sub deny {
  my ($condition, $verdict, $reason) = @_;
  return (
    "http_access deny ${condition}CONNECT ${verdict}_tunnel_$reason",
    "http_access deny $condition${verdict}_$reason",
  );
}

# What a tunnel may hold. The client decides when its greeting comes, so the addresses are looked at once more before
# squid connects: a name may lead elsewhere by then.
sub tunnels {
  my ($audit, $unlisted, @ways) = @_;
  return (
    ($audit ? "ssl_bump splice greeting_unread ${unlisted}audited !private" : ()),
    (map { "ssl_bump splice greeting_unread $_->{condition}" } grep { $_->{tcp} } @ways),
    'ssl_bump peek greeting_unread refused_no_tls',
    ($audit ? 'ssl_bump splice !same_name audited resolved !private audited_tls_name' : ()),
    'ssl_bump terminate !same_name refused_tls_name',
    'ssl_bump terminate !resolved failed_tunnel_name',
    (map { "ssl_bump splice $_->{condition} $_->{mark}" } grep { !$_->{tcp} } @ways),
    ($audit ? 'ssl_bump splice audited !private audited_address' : ()),
    'ssl_bump terminate refused_tunnel_address',
  );
}

sub way {
  my ($number, $group) = @_;
  my ($outside, $mark) = $group->{ranges} eq '' ? ('private', 'allowed') : ("outside_$number", 'allowed_range');
  return { condition => "destination_$number !$outside", mark => $mark, tcp => $group->{tcp} };
}

1;
