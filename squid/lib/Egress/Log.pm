package Egress::Log;

# What the proxy writes on standard output: a line of JSON that says it starts, then one for each request.
#
# Every line has a value that is made at each start and told to nobody but the log, so that whoever reads it can tell a line
# that squid wrote from text that a client made something else print.

use v5.32;
use warnings;
use POSIX qw(strftime);

use constant NONCE_BYTES => 16;

# What a client can choose is URL-encoded, so that a line is always JSON, and has an end: squid cuts off what is beyond 8,192
# bytes of a line. No name that a request can go to is longer than 253 characters. Host and port only: a path or a query
# string may hold a secret.
use constant NAME => 300;
use constant WORD => 100;

# `%s` is the start's value, and what is told for the status.
use constant FORMAT => '{'
  . join(',',
    '"time":"%%{%%Y-%%m-%%dT%%H:%%M:%%S}tg.%%03tuZ"',
    '"start":"%s"',
    '"client":"%%>a"',
    (map { sprintf '"%s":"%%%%#.%d%s"', @$_ } (
      ['user', WORD, '{name}note'],
      ['method', WORD, '>rm'],
      ['host', NAME, '>rd'],
      ['port', WORD, '>rP'],
      ['verdict', WORD, '{verdict}note'],
      ['rule', WORD, '{rule}note'],
      ['tls', NAME, 'ssl::>sni'],
    )),
    '"status":%s',
    '"result":"%%Ss"',
    '"address":"%%<a"',
    '"received":%%>st',
    '"sent":%%<st',
    '"duration":%%tr',
  )
  . '}';

sub nonce {
  open my $random, '<:raw', '/dev/urandom' or die "cannot read /dev/urandom: $!\n";
  read($random, my $bytes, NONCE_BYTES) == NONCE_BYTES or die "cannot read /dev/urandom: $!\n";
  return unpack 'H*', $bytes;
}

# The formats that squid.conf names. Of a tunnel whose greeting it has read squid says 500 when all went well.
sub render {
  my ($nonce) = @_;
  return join "\n", 'logformat json ' . sprintf(FORMAT, $nonce, '%>Hs'), 'logformat tunnel ' . sprintf(FORMAT, $nonce, '200'), '';
}

# Printed before anybody can connect, so that no client's text stands above it.
sub announcement {
  my ($nonce) = @_;
  return sprintf qq({"time":"%s.000Z","start":"%s","message":"the proxy starts"}\n), strftime('%Y-%m-%dT%H:%M:%S', gmtime), $nonce;
}

1;
