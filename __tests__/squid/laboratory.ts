import { existsSync } from 'node:fs';
import { copyFile, cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { FORWARD_HEALTH } from '../../constructs/values/health-check';
import { SQUID } from '../../constructs/app-source';
import { parseAptFile } from '@space-egress/foundation/testing';
import { connect, type Listener, request } from './client';
import { buildFrom, createNetwork, docker, LABEL, logs, NAME, removeAll, until } from './docker';

const IMAGE = `space-egress-test-${NAME}`;
const INTERNET_IMAGE = `${IMAGE}-internet`;

// The first subnet that the engine accepts is used, because another network on this machine can overlap with one. The
// proxy treats 192.88.99.0/24 as public, and nobody uses it since its relays were given up (RFC 7526). Local
// foundations use the documentation ranges.
const INTERNET_SUBNETS = ['192.88.99.0/26', '192.88.99.64/26', '192.88.99.128/26', '192.88.99.192/26'];
/** More, because Docker 20.10 keeps some that have ended (`removeAll`). */
const PRIVATE_SUBNETS = Array.from({ length: 12 }, (_, index) => `10.255.${128 + index}.0/24`);

// By default, a container has no IPv6 unless its network does. IPv6 addresses would then be unreachable instead of
// refused.
const IPV6 = existsSync('/proc/sys/net/ipv6') ? ['--sysctl', 'net.ipv6.conf.all.disable_ipv6=0'] : [];

const FORWARD_PORT = 10_022;

/** PROXY_BASE sets another base image, to try it out. */
const { PROXY_BASE } = process.env;
const BASE = PROXY_BASE === undefined ? [] : ['--build-arg', `BASE=${PROXY_BASE}`];

/** The kinds of proxy, which must behave in the same way. */
export const KINDS = ['image', 'buildpack'] as const;
export type Kind = (typeof KINDS)[number];

/** The laboratory's machines. */
export interface Laboratory {
  /** The image of the proxy, built from `squid/`. */
  readonly image: string;
  /** An image that starts a proxy of this kind. */
  imageOf(kind: Kind): Promise<string>;
  /** The image of the internet, which is the proxy's with Node.js and the program, and the container that runs it. */
  readonly internet: { readonly image: string; readonly container: string };
  /** A public address: HTTP on 80, HTTP with and without TLS on 443 and 8443, and a server that speaks first on 22. */
  readonly site: string;
  /**
   * A public address where nothing answers. (For a container's address, Docker itself answers for the reverse zone.)
   */
  readonly nobody: string;
  /** The same machine's private address, its range, the range next to it, and the network. */
  readonly private: {
    readonly address: string;
    readonly range: string;
    readonly otherRange: string;
    readonly network: string;
  };
  startProxy(options?: ProxyOptions): Promise<Proxy>;
  /** Starts a forwarder to a host, such as `git.example.org:22/tcp`, on port 10022, and waits until it is healthy. */
  startForward(line: string, options?: Omit<ProxyOptions, 'allow' | 'kind'>): Promise<Proxy>;
  /** Creates a proxy without starting it. */
  createProxy(options?: ProxyOptions): Promise<Pick<Proxy, 'container'>>;
  /** The name server's queries, oldest first. */
  queries(): Promise<string[]>;
  /** The first bytes of each connection to the machine, if it records them. */
  reached(): Promise<Reached[]>;
}

export interface Reached {
  readonly address: string;
  readonly port: number;
  /** In Base64. */
  readonly first: string;
}

export interface ProxyOptions {
  /** @default image */
  readonly kind?: Kind;
  /**
   * The image of another proxy, which listens on the same port.
   *
   * @default - the image of the kind
   */
  readonly image?: string;
  readonly allow?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Additional arguments for `docker create`. */
  readonly arguments?: readonly string[];
  readonly command?: readonly string[];
}

export interface Proxy extends Listener {
  readonly container: string;
}

/** Builds the image and an internet for it. Call `removeAll` when done. */
export async function startLaboratory(
  names: (site: string, privateAddress: string, nobody: string) => Record<string, readonly string[]>,
  { records = false }: { readonly records?: boolean } = {},
): Promise<Laboratory> {
  if (process.platform !== 'linux') {
    throw new Error(`the tests of squid/ reach containers by their addresses: not possible on ${process.platform}`);
  }
  await removeAll();
  await docker('build', '--quiet', ...BASE, '--tag', IMAGE, SQUID);
  await buildInternet();
  const internet = await createNetwork(`${IMAGE}-internet`, INTERNET_SUBNETS, '--internal');
  const inside = await createNetwork(`${IMAGE}-private`, PRIVATE_SUBNETS);
  const site = addressIn(internet.subnet, 2);
  const nobody = addressIn(internet.subnet, 40);
  const privateAddress = addressIn(inside.subnet, 10);

  const table = JSON.stringify(names(site, privateAddress, nobody));
  const machine = await createContainer(
    INTERNET_IMAGE,
    ['--network', internet.name, '--ip', site],
    [table, ...(records ? ['records'] : [])],
  );
  await docker('network', 'connect', '--ip', privateAddress, inside.name, machine);
  await docker('start', machine);
  await until('the internet', async () => ((await logs(machine)).stdout.includes('ready') ? true : undefined));

  let droplet: Promise<string> | undefined;
  const images: Readonly<Record<Kind, () => Promise<string>>> = {
    image: () => Promise.resolve(IMAGE),
    buildpack: () => (droplet ??= buildDroplet()),
  };
  const createProxy: Laboratory['createProxy'] = async ({
    kind = 'image',
    image,
    allow,
    environment,
    arguments: more = [],
    command,
  } = {}) => {
    const variables = { ...(allow && { EGRESS_ALLOW: allow.join('\n') }), ...environment };
    const container = await createContainer(
      image ?? (await images[kind]()),
      [
        ...['--network', inside.name, '--dns', site, '--read-only', ...IPV6],
        ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        ...more,
      ],
      command,
    );
    await docker('network', 'connect', internet.name, container);
    return { container };
  };
  return {
    image: IMAGE,
    imageOf: (kind) => images[kind](),
    internet: { image: INTERNET_IMAGE, container: machine },
    site,
    nobody,
    private: {
      address: privateAddress,
      range: inside.subnet.replace('.0/24', '.0/28'),
      network: inside.name,
      otherRange: inside.subnet.replace('.0/24', '.128/28'),
    },
    createProxy,
    async startProxy(options) {
      const { container } = await createProxy(options);
      await docker('start', container);
      const proxy = { container, host: await addressOf(container, inside.name), port: 3128 };
      await accepting(proxy);
      return proxy;
    },
    async startForward(line, { environment, ...options } = {}) {
      const forward = { EGRESS_FORWARD: line, EGRESS_FORWARD_PORT: String(FORWARD_PORT) };
      const { container } = await createProxy({ ...options, environment: { ...forward, ...environment } });
      await docker('start', container);
      const host = await addressOf(container, inside.name);
      await healthy({ container, host, port: 3128 });
      return { container, host, port: FORWARD_PORT };
    },
    queries: async () => (await recorded(machine)).flatMap(({ query }) => query ?? []),
    reached: async () => (await recorded(machine)).flatMap(({ reached }) => reached ?? []),
  };
}

/** The output of the internet's machine. */
const recorded = async (machine: string): Promise<{ query?: string; reached?: Reached }[]> =>
  (await logs(machine)).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { query?: string; reached?: Reached });

/** One proxy of each kind, with the same options. */
export async function startEach(
  laboratory: Laboratory,
  options: Omit<ProxyOptions, 'kind'>,
): Promise<Record<Kind, Proxy>> {
  const started = KINDS.map(async (kind) => [kind, await laboratory.startProxy({ ...options, kind })] as const);
  return Object.fromEntries(await Promise.all(started)) as Record<Kind, Proxy>;
}

/** The body of a test, for one kind of proxy. */
type Work = (kind: Kind) => Promise<void>;

/**
 * One test for each kind of proxy, in parallel: work that mostly waits takes no longer for two kinds than for one.
 */
export function testSideBySide(name: string, work: Work): void {
  let begun: Record<Kind, Promise<void>> | undefined;
  const begin = (): Record<Kind, Promise<void>> => {
    const all = Object.fromEntries(KINDS.map((kind) => [kind, work(kind)])) as Record<Kind, Promise<void>>;
    // Each test reports its own failure, and might not have begun yet.
    for (const one of Object.values(all)) one.catch(() => undefined);
    return all;
  };
  test.each(KINDS)(`${name} (by %s)`, (kind) => (begun ??= begin())[kind]);
}

/**
 * The droplet that the local foundation's apt buildpack builds from `squid/`, as an image, with the foundation's stack.
 */
async function buildDroplet(): Promise<string> {
  const stack = `${IMAGE}-stack`;
  const droplet = `${IMAGE}-droplet`;
  const packages = parseAptFile(await readFile(join(SQUID, 'apt.yml'), 'utf8'));
  await docker('build', '--quiet', '--tag', stack, join(__dirname, '../../foundation/stack'));
  const dockerfile = [
    `FROM ${stack}`,
    `RUN /lifecycle/stage-apt ${packages.join(' ')}`,
    'COPY --chown=vcap:vcap squid/ /home/vcap/app/',
    'ENV HOME=/home/vcap/app TMPDIR=/home/vcap/tmp DEPS_DIR=/home/vcap/deps USER=vcap',
    'ENTRYPOINT ["/lifecycle/launch"]',
    'CMD ["exec /bin/sh entrypoint"]',
  ];
  await buildFrom(droplet, dockerfile, (context) => cp(SQUID, join(context, 'squid'), { recursive: true }));
  return droplet;
}

/** Waits for squid's first answer, with a request for an unlisted name, which costs squid nothing. */
async function accepting(proxy: Proxy): Promise<void> {
  await until('the proxy', async () => {
    await assertRuns(proxy);
    return connect(proxy, 'ready.invalid:1').catch(() => undefined);
  });
}

/** Waits until the platform's check would succeed. */
async function healthy(forward: Proxy): Promise<void> {
  await until('the forwarder', async () => {
    await assertRuns(forward);
    return request(forward, FORWARD_HEALTH).then(
      ({ status }) => (status === 200 ? true : undefined),
      () => undefined,
    );
  });
}

async function assertRuns({ container }: Proxy): Promise<void> {
  if ((await docker('inspect', '--format', '{{.State.Running}}', container)) !== 'true') {
    throw new Error(`the proxy did not start:\n${(await logs(container)).stderr}`);
  }
}

/** Tests connect to containers' own addresses, so that a refused connection is visible as one. */
async function addressOf(container: string, network: string): Promise<string> {
  return docker('inspect', '--format', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, container);
}

/** Adds this machine's Node.js and the bundled program to the proxy's image, so that no other image is needed. */
async function buildInternet(): Promise<void> {
  const dockerfile = [
    `FROM ${IMAGE}`,
    'COPY node internet.js /opt/internet/',
    'USER 0',
    'ENTRYPOINT ["/opt/internet/node", "/opt/internet/internet.js"]',
  ];
  await buildFrom(INTERNET_IMAGE, dockerfile, async (context) => {
    const outfile = join(context, 'internet.js');
    await build({ entryPoints: [join(__dirname, 'internet.ts')], outfile, bundle: true, platform: 'node' });
    await copyFile(process.execPath, join(context, 'node'));
  });
}

async function createContainer(image: string, options: readonly string[], command: readonly string[] = []) {
  return docker('create', '--label', LABEL, ...options, image, ...command);
}

/** The address at this offset from the network's own. */
function addressIn(subnet: string, offset: number): string {
  const [network = ''] = subnet.split('/');
  const bytes = network.split('.').map(Number);
  return [...bytes.slice(0, 3), (bytes[3] ?? 0) + offset].join('.');
}
