/** The proxies of the comparison. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashesOf, USERS } from '../../__tests__/squid/client';
import { REPOSITORY } from '../../tools/platform';
import { type Container, inFolder } from './arena';
import { caddy, type Credentials, listed, type Peer, smokescreen, tinyproxy } from './peers';

/** The site of the load, with TLS on 443, and the same site without TLS on another port. */
export const LISTED = ['site.test:80,443', 'plain.test:8080/tcp'] as const;

const SQUID_FOLDER = join(REPOSITORY, 'squid');

const USER = 'web.1';
const CREDENTIALS: Credentials = { user: USER, password: USERS[USER][0] };

/** What a measurement needs that differs from the deployed proxy. */
export interface Wanted {
  readonly allow?: readonly string[];
  /** Whether there must be room for more than a thousand. */
  readonly manyTunnels?: boolean;
}

export interface Contestant {
  readonly name: string;
  /** USER:PASSWORD, if it requires credentials. */
  readonly credentials?: string;
  /** Its container, which listens on a port; undefined for the contestant without a proxy. */
  readonly container?: (port: number, wanted?: Wanted) => Container;
}

/** The names of the images. */
export interface Images {
  readonly ours: string;
  readonly peers: string;
}

/** The image counts all sockets in the arena, and each tunnel has four there. This is enough for 1,000 tunnels. */
const ROOM = { MEMORY_LIMIT: '3200m' };
const MOST_ROOM = { MEMORY_LIMIT: '12288m' };

/** The image's own configuration, with other ports, so that several proxies fit into one network. */
function configuration(port: number): string {
  return readFileSync(join(SQUID_FOLDER, 'squid.conf'), 'utf8')
    .replace(/^(https?_port) 3128\b/m, `$1 ${port}`)
    .replace(/^(https?_port) 8080\b/m, `$1 ${port + 1000}`);
}

/** A variable can have at most 128 KiB. */
const LINES_IN_A_VARIABLE = 5_000;

function variables(name: string, lines: readonly string[]): Record<string, string> {
  const parts = Array.from({ length: Math.ceil(lines.length / LINES_IN_A_VARIABLE) }, (_, index) =>
    lines.slice(index * LINES_IN_A_VARIABLE, (index + 1) * LINES_IN_A_VARIABLE).join('\n'),
  );
  return Object.fromEntries(parts.map((part, index) => [index === 0 ? name : `${name}_${index}`, part]));
}

const ours =
  ({ ours: image }: Images, lists: (allow: readonly string[]) => Record<string, string>) =>
  (port: number, { allow = LISTED, manyTunnels = false }: Wanted = {}): Container => ({
    image,
    files: { '/opt/egress-proxy/squid.conf': configuration(port) },
    environment: { ...(manyTunnels ? MOST_ROOM : ROOM), ...lists(allow) },
  });

const peer =
  ({ peers: image }: Images, one: Peer, credentials?: Credentials) =>
  (port: number, { allow = LISTED }: Wanted = {}): Container => ({
    image,
    files: inFolder(one.files({ port, destinations: allow.map(listed), credentials })),
    arguments: ['--tmpfs', '/tmp'],
    command: [one.command],
  });

const inHeader = `${CREDENTIALS.user}:${CREDENTIALS.password}`;

/** The names that the bars use. */
export const SQUID = 'squid';
export const SQUID_CREDENTIALS = 'squid, credentials';
export const SQUID_UNREAD = 'squid, TLS name unchecked';
export const CADDY = 'Caddy';
export const CADDY_CREDENTIALS = 'Caddy, credentials';
export const SMOKESCREEN = 'smokescreen';
export const TINYPROXY = 'tinyproxy';
export const DIRECT = 'direct';

export const contestants = (images: Images): readonly Contestant[] => [
  { name: SQUID, container: ours(images, (allow) => variables('EGRESS_ALLOW', allow)) },
  {
    name: SQUID_CREDENTIALS,
    credentials: inHeader,
    container: ours(images, (allow) => ({
      EGRESS_CREDENTIALS: hashesOf(USER),
      ...variables(
        'EGRESS_CLIENTS',
        allow.map((line) => `web ${line}`),
      ),
    })),
  },
  {
    name: SQUID_UNREAD,
    container: ours(images, (allow) =>
      variables(
        'EGRESS_ALLOW',
        allow.flatMap((line) => (line === LISTED[0] ? ['site.test:80', 'site.test:443/tcp'] : [line])),
      ),
    ),
  },
  { name: CADDY, container: peer(images, caddy) },
  { name: CADDY_CREDENTIALS, credentials: inHeader, container: peer(images, caddy, CREDENTIALS) },
  { name: SMOKESCREEN, container: peer(images, smokescreen) },
  { name: TINYPROXY, container: peer(images, tinyproxy) },
  { name: DIRECT },
];

/**
 * The same proxy without metrics, with them, and without them again, which shows how much two identical ones differ.
 */
export const withMetrics = (images: Images): readonly Contestant[] =>
  [
    ['without', ''],
    ['with metrics', '9301'],
    ['without, again', ''],
  ].map(([name = '', EGRESS_METRICS = '']) => ({
    name,
    container: ours(images, (allow) => ({ ...variables('EGRESS_ALLOW', allow), EGRESS_METRICS })),
  }));

/**
 * Any other proxy on this machine, from `NAME=COMMAND`. `sh` runs the command as root, in the arena's network, with
 * this machine's files readable. The command must stay in the foreground. Its environment has `PORT`, the port to
 * listen on, and `ALLOWLIST`, the path of a file with one `HOST:PORT` per line.
 */
export function fromOption(option: string, { peers: image }: Images, allowlist: string): Contestant {
  const [, name, command] = /^([^=]+)=(.+)$/s.exec(option) ?? [];
  if (name === undefined || command === undefined) throw new Error(`'${option}' is not a peer: write NAME=COMMAND`);
  return {
    name,
    container: (port) => ({
      image,
      environment: { PORT: String(port), ALLOWLIST: allowlist, COMMAND: command },
      arguments: ['--user', '0', '--volume', '/:/host:ro'],
      files: { '/host/etc/resolv.conf': 'nameserver 127.0.0.1\n' },
      command: ['exec chroot /host sh -c "$COMMAND"'],
    }),
  };
}
