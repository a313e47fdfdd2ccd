import { setTimeout } from 'node:timers/promises';
import { PROXY_HEALTH } from '../../constructs/values/health-check';
import { as, request } from './client';
import { addressesOf, changed, directives, docker, LABEL, NAME, removeAll, stateOf, until } from './docker';
import { type Flood, flood, FLOODS, WRONG_CREDENTIALS } from './floods';
import { type Laboratory, type Proxy, startLaboratory } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(300 * SECONDS);

/** From each address; more than the proxy accepts. */
const SOCKETS_PER_MIB = 1.5;
/** The container's share of the memory that the proxy is told, so that there is a margin. */
const GIVEN = 7 / 8;
/** For more addresses, because each of the laboratory's two can have half of the connections. */
const NETWORKS = ['a', 'b'].map((which) => `space-egress-test-${NAME}-flood-${which}`);
/** The hash of the first password with cost 10, which takes as long as one with cost 5 takes on a busy machine. */
const SLOW_HASH = '$2b$10$abcdefghijklmnopqrstuu17d3ia5W/WWFA3dOJpRsduo1tfohGbu';
/** How long a flood continues after all of its connections are open. */
const HELD_MS = SECONDS;

let laboratory: Laboratory;
/** Drops disconnected clients sooner than after two minutes or four hours. */
const SOONER = directives({ write_timeout: '4 seconds', client_lifetime: '8 seconds' });

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ '*.example.org': [site] }));
  for (const network of NETWORKS) await docker('network', 'create', '--label', LABEL, network);
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

/**
 * In MB, such as `PROXY_MEMORY=64,128,256` for `npm run test:proxy-memory`. The smallest size has the smallest margin.
 */
const SIZES = (process.env.PROXY_MEMORY ?? '64').split(',').map(Number);

/** A proxy in a container with less memory than it is told, and its addresses. */
async function start(mib: number, environment?: Readonly<Record<string, string>>): Promise<readonly Proxy[]> {
  const limit = `${mib * GIVEN}m`;
  const proxy = await laboratory.startProxy({
    allow: ['.example.org:80,443', 'git.example.org:22/tcp'],
    environment: { MEMORY_LIMIT: `${mib}m`, ...environment },
    arguments: ['--memory', limit, '--memory-swap', limit, ...(await changed('squid.conf', SOONER))],
  });
  for (const network of NETWORKS) await docker('network', 'connect', network, proxy.container);
  const listeners = (await addressesOf(proxy.container)).map((host) => ({ ...proxy, host }));
  expect(listeners).toHaveLength(2 + NETWORKS.length);
  return listeners;
}

/** Floods the proxy from all addresses, and waits until it serves this request. */
async function outlives(proxies: readonly Proxy[], kind: Flood, mib: number, headers = {}): Promise<void> {
  const [proxy] = proxies;
  if (proxy === undefined) throw new Error('the proxy has no address');
  const sockets = await Promise.all(proxies.map((listener) => flood(listener, kind, SOCKETS_PER_MIB * mib)));
  await setTimeout(HELD_MS);
  for (const socket of sockets.flat()) socket.destroy();
  const state = await stateOf(proxy.container);
  expect([kind.what, state]).toEqual([kind.what, 'false true']);
  await until('room', () =>
    request(proxy, 'http://www.example.org/', { headers }).then(
      ({ status }) => (status === 200 ? true : undefined),
      () => undefined,
    ),
  );
  expect(await request(proxy, PROXY_HEALTH)).toMatchObject({ status: 200 });
}

test.each(SIZES)('a container of %i MB survives every flood from four addresses, one after the other', async (mib) => {
  const proxies = await start(mib);
  for (const kind of FLOODS) await outlives(proxies, kind, mib);
});

test.each(SIZES)(
  'a container of %i MB survives clients that leave while their credentials are checked',
  async (mib) => {
    const proxies = await start(mib, { EGRESS_CREDENTIALS: `web.1 ${SLOW_HASH}` });
    await outlives(proxies, WRONG_CREDENTIALS, mib, as('web.1'));
  },
);
