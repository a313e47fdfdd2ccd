package Egress::Rules;

# The access rules for squid.conf to include, which defines their names (private, allowed, refused_...).

use v5.32;
use warnings;
use Egress::Range qw(parse_range);
use Egress::SpecialAddresses;

# The number of spellings of `Basic`: as many answers are cached for each user.
use constant SPELLINGS => 2**5;

# `groups` and `audits` apply to everybody, or to the client whose number they have.
sub render {
  my ($location, $clients, $audits, @groups) = @_;
  my $number = 0;
  return join "\n", "err_html_text $location", authentication($clients), ends(@groups, @$audits), (map { definition(++$number, $_) } @groups),
    audits(@$audits), access(scalar @$audits, @groups), '';
}

# Squid caches by the whole header, never by user name alone: its own `auth_param` keeps one object per name, in which
# another connection's wrong password replaces a right one that is being checked. Right headers are cached for two hours
# in a bounded number, wrong ones not at all. A header that isn't in the form of credentials isn't checked.
sub authentication {
  my ($clients) = @_;
  return () if !$clients;
  my @clients = @$clients;
  my $users = map { keys %{ $_->{users} } } @clients;
  return (
    'external_acl_type credentials ttl=7200 negative_ttl=0 grace=0 cache=' . SPELLINGS * ($users || 1)
      . ' children-max=2 children-startup=0 queue-size=65536 %#{Proxy-Authorization}>h'
      . ' /dev/shm/egress/perl /dev/shm/egress/home/credentials',
    'acl known external credentials',
    (map { "acl client_$_ note client $clients[$_ - 1]{name}" } 1 .. @clients),
    # Squid's own request for a tunnel has no header, so it counts as the request of the client that opened the tunnel.
    'acl keep_client annotate_client tunnel_user="%{name}note" tunnel_client="%{client}note"',
    'acl kept_client annotate_transaction name="%{tunnel_user}note" client="%{tunnel_client}note"',
    'acl known_tunnel all-of of_tunnel kept_client',
    'acl remembered any-of !CONNECT keep_client',
    'acl known_client all-of credentials !long_credentials known remembered',
    'acl identified any-of known_tunnel known_client',
    # `has_waited` always matches: it tells the helper that the wait is over.
    'http_access deny !may_wait failed_crowded',
    'http_access deny !identified has_waited refused_credentials',
    'http_access deny !has_waited',
    # Once per connection, for the owner of right credentials; made-up names have no effect.
    'acl share external share',
    'acl much_is_free note free yes',
    'acl shared annotate_client shared=yes',
    'acl was_shared note shared yes',
    'acl has_share any-of much_is_free share',
    'acl now_shared all-of has_share shared',
    'acl within_share any-of was_shared now_shared',
    'http_access deny CONNECT !within_share failed_tunnel_crowded',
    'http_access deny !CONNECT !within_share failed_crowded',
  );
}

# Entries that expire are checked with each request, so that they end without a restart.
sub ends {
  my %ends = map { defined $_->{end} ? ($_->{end} => 1) : () } @_;
  return map { "acl before_$_ external before $_" } sort { $a <=> $b } keys %ends;
}

sub definition {
  my ($number, $group) = @_;
  my $listed = "hosts_$number ports_$number" . (defined $group->{client} ? " client_$group->{client}" : '');
  my $whole = $listed . (defined $group->{end} ? " before_$group->{end}" : '');
  return (
    (map { "acl hosts_$number dstdomain -n $_" } @{ $group->{names} }),
    (map { "acl ports_$number port $_" } split / /, $group->{ports}),
    exceptions($number, $whole, @{ $group->{exceptions} }),
    (defined $group->{end} ? ended($number, $listed, @{ $group->{exceptions} }) : ()),
    "acl listed any-of destination_$number",
    outside($number, $group->{ranges}),
  );
}

# The names that are destinations, and those that are excepted, so that the log can distinguish these from unlisted
# ones.
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

# Entries that have expired: because the entry isn't listed then, whether it has expired needn't be asked again.
sub ended {
  my ($number, $listed, @exceptions) = @_;
  my $names = @exceptions ? "$listed !exceptions_$number !odd_name" : $listed;
  return ("acl ended_$number all-of $names", "acl ended any-of ended_$number");
}

# A name with several addresses is checked as a whole: if one address is outside of its ranges, it is refused. So the
# rule consists of what is outside (`dst` matches if any address does), which includes all of IPv6.
sub outside {
  my ($number, $ranges) = @_;
  return () if $ranges eq '';
  my @outside = Egress::SpecialAddresses::all_but(map { parse_range($_) } split / /, $ranges);
  return ("acl outside_$number dst @outside");
}

# Who is in audit mode.
sub audits {
  my @audits = @_;
  return () if !@audits;
  return (
    (map { audit($_, $audits[$_ - 1]) } 1 .. @audits),
    # Marks the request and never matches.
    'http_access deny audited in_audit !all',
    'on_unsupported_protocol tunnel marked_audit audited_no_tls goes_unread',
  );
}

sub audit {
  my ($number, $audit) = @_;
  my @conditions = (
    (defined $audit->{client} ? "client_$audit->{client}" : ()),
    (defined $audit->{end} ? "before_$audit->{end}" : ()),
  );
  return (
    "acl audit_$number all-of @{[@conditions ? @conditions : 'all']}",
    "acl audited any-of audit_$number",
  );
}

# First the list, by name and port alone: a name that isn't listed is refused before squid resolves it, so that no data
# leaves in a DNS query. Then the addresses, which must be known: a condition on addresses that couldn't be found never
# matches, and so wouldn't hold anything back. Audit mode allows what the list refuses, but only to public addresses.
sub access {
  my ($audit, @groups) = @_;
  my $excepts = grep { @{ $_->{exceptions} } } @groups;
  my $refuses = $audit ? '!audited ' : '';
  my $ends = grep { defined $_->{end} } @groups;
  my @unlisted = (
    ($ends ? ['ended ', 'ended'] : ()),
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
    'http_access deny !may_wait failed_crowded',
    'http_access deny CONNECT !resolved failed_tunnel_name',
    'http_access deny !CONNECT !resolved has_waited failed_name',
    'http_access deny !has_waited',
    ($audit ? audited_tunnels() : ()),
    # Squid opens a tunnel if it gets no answer to what `ssl_bump` asks, for example when the helper has ended.
    'http_access deny read_greeting !same_name refused_tls_name',
    (map { "http_access allow $_->{condition} $_->{mark}" } @ways),
    @audits,
    deny('', 'refused', 'address'),
    tunnels($audit, $unlisted, @ways),
  );
}

# Squid asks about a tunnel once more when it has seen its content.
sub audited_tunnels {
  return (
    'http_access allow audited unread_tunnel !private audited_no_tls',
    'http_access allow audited read_greeting !same_name !private audited_tls_name',
  );
}

# A refused tunnel gets a different answer; squid.conf explains why.
sub deny {
  my ($condition, $verdict, $reason) = @_;
  my $otherwise = $condition eq '' ? '' : '!CONNECT ';
  return (
    "http_access deny CONNECT $condition${verdict}_tunnel_$reason",
    "http_access deny $otherwise$condition${verdict}_$reason",
  );
}

# What a tunnel may carry. The client decides when it sends its ClientHello, so the addresses are checked again before
# squid connects: the name may lead elsewhere by then.
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
  my ($outside, $mark) = $group->{ranges} eq '' ? ('private', 'allowed') : ("outside_$number !ipv6", 'allowed_range');
  return { condition => "destination_$number !$outside", mark => $mark, tcp => $group->{tcp} };
}

1;
