package Egress::ListLocation;

# The sentence on a refused client's page that says where the allowlist is kept, as HTML.

use v5.32;
use warnings;

# On Cloud Foundry, VCAP_APPLICATION names the proxy's application, so that readers of the page know whom to ask.
sub sentence {
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
