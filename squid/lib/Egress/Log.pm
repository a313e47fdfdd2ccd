package Egress::Log;

# What the proxy writes to standard output: a line of JSON that says it starts, then one per request.
#
# Every line contains a value that is generated at each start and appears only in the log, so that a reader can
# distinguish squid's lines from text that a client made something else print.

use v5.32;
use warnings;
use POSIX qw(strftime);

use constant NONCE_BYTES => 16;

# Everything that a client can choose is URL-encoded, so a line is always JSON, and limited, because squid truncates
# lines after 8,192 bytes. No name that a request can go to is longer than 253 characters. Only host and port are
# logged: a path or query string may contain a secret.
use constant NAME => 300;
use constant WORD => 100;

# `%s` is the value of this start, and what is printed as the status.
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

# The formats that squid.conf refers to. For a tunnel whose ClientHello it has read, squid reports 500 even on success.
sub render {
  my ($nonce) = @_;
  return join "\n", 'logformat json ' . sprintf(FORMAT, $nonce, '%>Hs'), 'logformat tunnel ' . sprintf(FORMAT, $nonce, '200'), '';
}

# Printed before anybody can connect, so that no text of a client comes before it.
sub announcement {
  my ($nonce) = @_;
  return sprintf qq({"time":"%s.000Z","start":"%s","message":"the proxy starts"}\n), strftime('%Y-%m-%dT%H:%M:%S', gmtime), $nonce;
}

1;
