/** The proxies that this one is compared with: how each is configured and run, and the image that has them all. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from '../../__tests__/squid/docker';
import { Cache } from '../../tools/cache';
import { ensureBuilt } from '../../tools/go-module';
import type { Print } from '../benchmark';

/** A proxy to compare with: its configuration and how to run it. */
export interface Peer {
  readonly name: string;
  /** Its configuration, by file name; the files are in {@link FOLDER}. */
  readonly files: (served: Served) => Readonly<Record<string, string>>;
  /** Run by `sh`; stays in the foreground. */
  readonly command: string;
}

/** What a proxy is configured for. */
export interface Served {
  readonly port: number;
  readonly destinations: readonly Listed[];
  readonly credentials?: Credentials;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/**
 * A destination as far as the peers can express it: none supports ports per destination or checks the content of
 * tunnels.
 */
export interface Listed {
  readonly host: string;
  /** Whether names below it are included. */
  readonly below: boolean;
  readonly ports: readonly number[];
}

export const FOLDER = '/etc/peer';

/** Parses a line of our own list. */
export function listed(line: string): Listed {
  const [, dot, host, ports] = /^(\.?)([^:]+):([\d,]+)/.exec(line) ?? [];
  if (host === undefined || ports === undefined)
    throw new Error(`'${line}' is not a destination: write HOST:PORT,PORT`);
  return { host, below: dot === '.', ports: ports.split(',').map(Number) };
}

/** The ports of all destinations together. */
export const portsOf = (destinations: readonly Listed[]): number[] =>
  [...new Set(destinations.flatMap(({ ports }) => ports))].sort((a, b) => a - b);

export const lines = (...texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

/**
 * Caddy with forwardproxy as GSA-TTS/cg-egress-proxy deploys it: a file of allowed hosts, then `deny all`, one set of ports,
 * and a line of JSON for each request.
 *
 * @see https://github.com/GSA-TTS/cg-egress-proxy
 */
export const caddy: Peer = {
  name: 'Caddy',
  files: ({ port, destinations, credentials }) => ({
    Caddyfile: lines(
      '{',
      '  admin off',
      '  auto_https off',
      '  persist_config off',
      '}',
      `:${port} {`,
      '  route {',
      '    forward_proxy {',
      ...(credentials === undefined ? [] : [`      basic_auth "${credentials.user}" "${credentials.password}"`]),
      `      ports ${portsOf(destinations).join(' ')}`,
      '      acl {',
      `        allow_file ${FOLDER}/allow`,
      '        deny all',
      '      }',
      '    }',
      '  }',
      '  log {',
      '    output stdout',
      '    format json',
      '  }',
      '}',
    ),
    allow: lines(...destinations.map(({ host, below }) => (below ? `*.${host}` : host))),
  }),
  command: `XDG_DATA_HOME=/tmp XDG_CONFIG_HOME=/tmp exec caddy run --adapter caddyfile --config ${FOLDER}/Caddyfile`,
};

/**
 * Stripe's smokescreen with one list for all clients: it identifies clients by certificates, which no client in the
 * recipe has, and supports neither passwords nor ports.
 *
 * @see https://github.com/stripe/smokescreen
 */
export const smokescreen: Peer = {
  name: 'smokescreen',
  files: ({ port, destinations }) => ({
    'smokescreen.yaml': lines(`port: ${port}`, 'allow_missing_role: true', `acl_file: ${FOLDER}/acl.yaml`),
    'acl.yaml': lines(
      'version: v1',
      'services: []',
      'default:',
      '  project: everybody',
      '  action: enforce',
      '  allowed_domains:',
      // Its wildcard doesn't include the domain itself.
      ...destinations
        .flatMap(({ host, below }) => (below ? [host, `*.${host}`] : [host]))
        .map((name) => `    - '${name}'`),
    ),
  }),
  command: `exec smokescreen --config-file ${FOLDER}/smokescreen.yaml`,
};

/** Debian's squid with the rules of its own squid.conf and the list as `dstdomain`, the way most guides write it. */
export const stockSquid: Peer = {
  name: 'stock squid',
  files: ({ port, destinations }) => ({
    'squid.conf': lines(
      `http_port ${port}`,
      'acl SSL_ports port 443 22',
      'acl Safe_ports port 80 21 443 70 210 1025-65535 280 488 591 777 22',
      `acl listed dstdomain "${FOLDER}/allow"`,
      'http_access deny !Safe_ports',
      'http_access deny CONNECT !SSL_ports',
      'http_access allow localhost manager',
      'http_access deny manager',
      'http_access allow listed',
      'http_access deny all',
      'pid_filename none',
      'coredump_dir none',
      'access_log stdio:/dev/stdout',
      'cache_log stdio:/dev/stderr',
    ),
    allow: lines(...destinations.map(({ host, below }) => `${below ? '.' : ''}${host}`)),
  }),
  command: `exec squid -N -f ${FOLDER}/squid.conf`,
};

/** Debian's tinyproxy, with its list as a file of regular expressions. */
export const tinyproxy: Peer = {
  name: 'tinyproxy',
  files: ({ port, destinations, credentials }) => ({
    'tinyproxy.conf': lines(
      `Port ${port}`,
      'Timeout 600',
      // Otherwise, it serves at most 100 clients.
      'MaxClients 20000',
      `Filter "${FOLDER}/filter"`,
      'FilterExtended On',
      'FilterDefaultDeny Yes',
      ...portsOf(destinations).map((allowed) => `ConnectPort ${allowed}`),
      ...(credentials === undefined ? [] : [`BasicAuth ${credentials.user} ${credentials.password}`]),
    ),
    filter: lines(
      ...destinations.map(({ host, below }) => `${below ? '(^|\\.)' : '^'}${host.replaceAll('.', '\\.')}$`),
    ),
  }),
  command: `exec tinyproxy -d -c ${FOLDER}/tinyproxy.conf`,
};

const PROGRAMS = ['caddy', 'load', 'smokescreen'] as const;

/**
 * An image with all peers and the load: Debian's packages and programs that are built here, on top of one with squid.
 */
export async function buildPeers(
  base: string,
  tag: string,
  print: Print,
  programs: readonly (typeof PROGRAMS)[number][] = PROGRAMS,
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'space-egress-peers-'));
  try {
    for (const program of programs) {
      await copyFile(await ensureBuilt(program, new Cache(), print), join(context, program));
    }
    const dockerfile = [
      `FROM ${base}`,
      'USER 0',
      'RUN apt-get update && apt-get install --yes --no-install-recommends iproute2 tinyproxy',
      `COPY ${programs.join(' ')} /usr/local/bin/`,
      'USER 13:13',
      'ENTRYPOINT ["sh", "-c"]',
    ];
    await writeFile(join(context, 'Dockerfile'), dockerfile.join('\n'));
    await docker('build', '--quiet', '--tag', tag, context);
  } finally {
    await rm(context, { recursive: true });
  }
}
