package Egress::Clients;

# Who may use the proxy, if it identifies its clients. EGRESS_CREDENTIALS has a user name and a hash per line,
# EGRESS_CLIENTS a client and one of its own destinations. A user name is a client and a version, `web.2`, so that an
# old and a new password are valid at the same time.

use v5.32;
use warnings;
use Egress::Allowlist;
use Egress::Environment qw(read_lines);

use constant NAME => qr{[a-z0-9](?:[a-z0-9-]*[a-z0-9])?};
use constant BCRYPT => qr{\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}};

# Returns the clients sorted by name, each with its users and the entries of its list; undef if everybody may use the
# proxy. A list of credentials without any user keeps everybody out.
sub from_environment {
  my ($environment) = @_;
  my %clients;
  for my $credential (read_lines($environment, 'EGRESS_CREDENTIALS', \&credential, \&user_of)) {
    my $users = $clients{ $credential->{client} }{users} //= {};
    die "EGRESS_CREDENTIALS has the user $credential->{user} twice: each has one password\n"
      if $users->{ $credential->{user} };
    $users->{ $credential->{user} } = $credential->{hash};
  }
  for my $entry (read_lines($environment, 'EGRESS_CLIENTS', sub { entry($environment, @_) })) {
    my $client = $clients{ $entry->{client} }
      or die "EGRESS_CLIENTS has a destination for $entry->{client}, which has no user in EGRESS_CREDENTIALS\n";
    push @{ $client->{entries} }, $entry->{entry};
  }
  return undef if ($environment->{EGRESS_CREDENTIALS} // '') eq '';
  return [map { { name => $_, entries => [], %{ $clients{$_} } } } sort keys %clients];
}

# A message shows only the user: if somebody puts a password in place of the hash, it must not appear in a log.
sub user_of {
  my ($line) = @_;
  return $line =~ /^([A-Za-z0-9.-]{1,64})[\s:=,;|]/ ? "$1 ..." : '...';
}

sub credential {
  my ($line) = @_;
  my ($client, $version, $hash) = $line =~ /^(@{[NAME]})\.(@{[NAME]}) (@{[BCRYPT]})$/
    or die "is not a credential: write CLIENT.VERSION, a space and a bcrypt hash\n";
  return { client => $client, user => "$client.$version", hash => $hash };
}

sub entry {
  my ($environment, $line) = @_;
  my ($client, $entry) = $line =~ /^(@{[NAME]}) (.*)$/
    or die "has no client: write CLIENT, a space and a destination\n";
  return { client => $client, entry => Egress::Allowlist::entry($environment, $entry) };
}

# The file that squid's helper checks passwords against.
sub passwords {
  my @clients = @_;
  return join '', map { my $users = $_->{users}; map { "$_:$users->{$_}\n" } sort keys %$users } @clients;
}

1;
