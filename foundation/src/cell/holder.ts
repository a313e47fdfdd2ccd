import type Docker from 'dockerode';
import { PLAIN_PORT, TLS_PORT } from '../tls-port';
import type { AddressPlan, Lease } from './addresses';
import { execute, type FileEntry, putFiles, removeContainer } from './engine';
import { closedRules, ROUTER_PORT } from './rules';

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
const TERMINATOR_MEMORY = 192;
/** It opens its files as root, then switches to nobody. */
const TERMINATOR_CAPABILITIES = ['SETUID', 'SETGID'];

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
function terminatorFiles(address: string, certificate: string): FileEntry[] {
  return [
    { name: `${FOLDER}/`, mode: 0o700 },
    { name: CONFIGURATION.slice(1), content: configuration(address) },
    { name: CERTIFICATE.slice(1), content: certificate, mode: 0o600 },
    { name: RENEWAL.slice(1), content: RENEW },
  ];
}

/** A line of a start command, even one under `set -e`, that restarts HAProxy whenever it exits. */
const TERMINATOR_START = `while :; do haproxy -db -f ${CONFIGURATION} || :; sleep 0.2; done &`;

/** Uses the new certificate for new connections; open ones stay. */
export async function renew(holder: Docker.Container, certificate: string): Promise<void> {
  await execute(holder, ['perl', RENEWAL, CERTIFICATE, CONTROL], certificate);
}

/** The route to an address outside of both networks. */
export interface StaticRoute {
  readonly destination: string;
  readonly via: string;
  /**
   * The address of the internet network that packets carry instead: an engine whose bridges use the host's iptables
   * drops all packets on an internal network whose destination is outside of it.
   */
  readonly standIn?: string;
}

interface HolderOptions {
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly lease: Lease;
  readonly plan: AddressPlan;
  readonly routes: readonly StaticRoute[];
  /** Where the router listens on the foundation's address. */
  readonly routerPort: number;
  /**
   * Certificate and key in PEM, for TLS in front of the instance.
   *
   * @default - no TLS
   */
  readonly certificate?: string;
}

/** A file that exists once the closed rules are in force; other rules must not be applied before. */
export const READY = '/run/closed';
const MEBIBYTE = 1024 * 1024;

/**
 * Creates the container that owns an instance's network namespace and may change its rules; the application joins the
 * namespace, and may not. It starts closed, and uses only the foundation's resolver, since Docker's resolves other
 * containers' names.
 */
export async function createHolder(docker: Docker, options: HolderOptions): Promise<Docker.Container> {
  const { name, image, labels, lease, plan, certificate } = options;
  const secured = certificate !== undefined;
  const memory = (secured ? 64 + TERMINATOR_MEMORY : 64) * MEBIBYTE;
  const holder = await docker.createContainer({
    name,
    Image: image,
    Entrypoint: ['/bin/sh', '-c', startCommand(options, secured)],
    Cmd: [],
    User: '0:0',
    Labels: { ...labels },
    NetworkingConfig: {
      EndpointsConfig: { [plan.overlay.network]: { IPAMConfig: { IPv4Address: lease.overlay } } },
    },
    HostConfig: {
      NetworkMode: plan.overlay.network,
      CapDrop: ['ALL'],
      CapAdd: ['NET_ADMIN', ...(secured ? TERMINATOR_CAPABILITIES : [])],
      SecurityOpt: ['no-new-privileges'],
      Memory: memory,
      MemorySwap: memory,
      PidsLimit: 64,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '64k', 'max-file': '1' } },
    },
  });
  try {
    await docker
      .getNetwork(plan.internet.network)
      .connect({ Container: holder.id, EndpointConfig: { IPAMConfig: { IPv4Address: lease.internet } } });
    if (secured) await putFiles(holder, '/', terminatorFiles(lease.overlay, certificate));
  } catch (error) {
    await removeContainer(docker, holder.id);
    throw error;
  }
  return holder;
}

/** Needs a writable root: with a read-only one, the engine would mount resolv.conf read-only, too. */
function startCommand({ plan: { foundation, router }, routes, routerPort }: HolderOptions, secured: boolean): string {
  const translations = [
    ...routes.flatMap(({ destination, standIn }) =>
      standIn === undefined ? [] : [`ip daddr ${destination} dnat to ${standIn}`],
    ),
    `ip daddr ${router} tcp dport ${ROUTER_PORT} dnat to ${foundation}:${routerPort}`,
  ];
  return [
    'set -e',
    `nft -f - <<'RULES'\n${closedRules()}RULES`,
    `echo 'nameserver ${foundation}' > /etc/resolv.conf`,
    ...routes.map(({ destination, via }) => `ip route replace ${destination} via ${via}`),
    // Through the overlay, so the source address is the one that the foundation knows the instance by.
    `ip route replace ${router}/32 via ${foundation}`,
    `nft -f - <<'TRANSLATION'\n${translation(translations)}TRANSLATION`,
    ...(secured ? [TERMINATOR_START] : []),
    `: > ${READY}`,
    "trap 'exit 0' TERM",
    'sleep infinity & wait',
  ].join('\n');
}

/** A separate table, which changes of rules don't touch. */
function translation(rules: readonly string[]): string {
  return [
    'table ip translation {',
    '  chain output {',
    '    type nat hook output priority -100;',
    ...rules.map((rule) => `    ${rule}`),
    '  }',
    '}',
    '',
  ].join('\n');
}
