package Egress::Pages;

# The proxy's own error pages, and the sentence on them that says where the allowlist is kept. Squid fills in the host
# (%H), the port (%p), the method (%M), and the sentence (%L).

use v5.32;
use warnings;

# Titles and texts.
my %PAGES = (
  ERR_CACHE_ACCESS_DENIED => [
    'Refused: wrong or missing credentials',
    'This proxy identifies its clients by user name and password. Whether it allows %H port %p was not checked.',
  ],
  ERR_CROWDED => [
    'Failed: this proxy has no room for another connection',
    'It has as many as fit into its memory. Try again; its operator can give it more instances or more memory.',
  ],
  ERR_ENDED => [
    'Refused: %H port %p is no longer on the allowlist',
    'Its entry has expired. %L',
  ],
  ERR_METHOD => [
    'Refused: this proxy does not support %M for %H',
    'It supports GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS for http URLs, and CONNECT for everything else.',
  ],
  ERR_NAME => [
    'Failed: %H does not resolve',
    '%H port %p is on the allowlist, but the name server has no address for it, or did not answer in time.',
  ],
  ERR_NOT_LISTED => [
    'Refused: %H port %p is not on the allowlist',
    'This proxy allows requests to listed hosts and ports only. %L',
  ],
  ERR_PRIVATE_ADDRESS => [
    'Refused: %H resolves to an address that is not open',
    '%H port %p is on the allowlist, but its name resolves to a private, loopback or link-local address, or to one outside of'
      . ' the range that the list gives for it. %L',
  ],
);

# HTML by name.
sub html {
  return map { $_ => page(@{ $PAGES{$_} }) } keys %PAGES;
}

sub page {
  my ($title, $text) = @_;
  return <<"HTML";
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>$title</title>
<h1>$title</h1>
<p>$text</p>
</html>
HTML
}

# The sentence. On Cloud Foundry, VCAP_APPLICATION names the proxy's application, so that readers of the page know whom to ask.
sub list_location {
  my ($environment) = @_;
  my $application = decode($environment->{VCAP_APPLICATION} // '');
  my @names = map { $application->{$_} // () } qw(application_name space_name organization_name);
  my $where = @names == 3
    ? sprintf 'the application %s (space %s, organization %s)', map { escape($_) } @names
    : 'the proxy';
  return "The list is kept in the environment of $where, variable EGRESS_ALLOW.";
}

sub decode {
  my ($text) = @_;
  return {} if $text eq '';
  # Some stacks lack parts of Perl, and the page works without the names.
  my $value = eval { require JSON::PP; JSON::PP->new->utf8->decode($text) };
  return ref $value eq 'HASH' ? $value : {};
}

# As ASCII on one line, because it becomes a line of squid's configuration and part of a page.
sub escape {
  my ($text) = @_;
  return $text =~ s/([^A-Za-z0-9 _.-])/'&#' . ord($1) . ';'/ger;
}

1;
