import type Docker from 'dockerode';
import { PLAIN_PORT, TLS_PORT } from '../tls-port';
import { execute, type FileEntry } from './engine';

/**
 * Terminates TLS in front of an instance, as Envoy does on the platform: an HAProxy in the holder, out of the
 * application's reach. It replaces its certificate without dropping connections, and has no privileges once it listens.
 */

const FOLDER = 'run/terminator';
const CONFIGURATION = `/${FOLDER}/haproxy.cfg`;
const CERTIFICATE = `/${FOLDER}/server.pem`;
const CONTROL = `/${FOLDER}/control.sock`;
const RENEWAL = `/${FOLDER}/renew`;

/** More than a proxy of 128 MB can serve. */
const CONNECTIONS = 4000;
/** MiB. An idle HAProxy uses 3 MB, and each connection about 40 KB. */
export const TERMINATOR_MEMORY = 192;
/** It opens its files as root, then switches to nobody. */
export const TERMINATOR_CAPABILITIES = ['SETUID', 'SETGID'];

/** @param address the instance's address in the overlay, since an application may not listen on loopback */
function configuration(address: string): string {
  return [
    'global',
    '  user nobody',
    '  group nogroup',
    '  nbthread 1',
    `  maxconn ${CONNECTIONS}`,
    '  tune.ssl.cachesize 0',
    `  stats socket ${CONTROL} mode 600 level admin`,
    'defaults',
    '  mode tcp',
    '  timeout connect 1s',
    '  timeout client 1h',
    '  timeout server 1h',
    'listen tls',
    `  bind *:${TLS_PORT} ssl crt ${CERTIFICATE} ssl-min-ver TLSv1.2`,
    // Refuses at once if the application does not listen.
    '  retries 0',
    `  server application ${address}:${PLAIN_PORT}`,
    '',
  ].join('\n');
}

/** Writes the certificate on standard input to the file for the next start, and loads it into the running HAProxy. */
const RENEW = `use strict;
use warnings;
use IO::Socket::UNIX;
use Time::HiRes 'sleep';
alarm 10;
my ($file, $control) = @ARGV;
my $pem = do { local $/; <STDIN> };
umask 077;
open my $new, '>', "$file.new" or die "$file.new: $!\\n";
print {$new} $pem and close $new and rename "$file.new", $file or die "$file: $!\\n";
sub ask {
  my ($request) = @_;
  for (1 .. 250) {
    if (my $socket = IO::Socket::UNIX->new(Peer => $control)) {
      print {$socket} $request;
      return join '', <$socket>;
    }
    sleep 0.02;
  }
  die "nothing answers at $control\\n";
}
my $set = ask("set ssl cert $file <<\\n$pem\\n");
my $committed = ask("commit ssl cert $file\\n");
die "not taken: $set$committed" unless $committed =~ /Success/;
`;

/** The files for a container that has not started yet. */
export function terminatorFiles(address: string, certificate: string): FileEntry[] {
  return [
    { name: `${FOLDER}/`, mode: 0o700 },
    { name: CONFIGURATION.slice(1), content: configuration(address) },
    { name: CERTIFICATE.slice(1), content: certificate, mode: 0o600 },
    { name: RENEWAL.slice(1), content: RENEW },
  ];
}

/** A line of a start command, even one under `set -e`, that restarts HAProxy whenever it exits. */
export const TERMINATOR_START = `while :; do haproxy -db -f ${CONFIGURATION} || :; sleep 0.2; done &`;

/** Uses the new certificate for new connections; open ones stay. */
export async function renew(holder: Docker.Container, certificate: string): Promise<void> {
  await execute(holder, ['perl', RENEWAL, CERTIFICATE, CONTROL], certificate);
}
