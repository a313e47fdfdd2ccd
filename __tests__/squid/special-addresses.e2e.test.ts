import { BlockList } from 'node:net';
import { connect, request } from './client';
import { removeAll } from './docker';
import { KINDS, type Kind, type Laboratory, type Proxy, startEach, startLaboratory } from './laboratory';
import { SPECIAL_BLOCKS } from './rules';

const SECONDS = 1000;
jest.setTimeout(120 * SECONDS);

/** The prefix length of the laboratory's internet, in which the proxy is. */
const OWN_PREFIX = 26;
/** A busy machine needs a second for each. */
const AT_ONCE = 8;
/** Not on the list: unallocated IPv6 addresses, and IPv6 addresses that contain an IPv4 address. */
const BESIDE = [
  '::2',
  '::10.77.0.5',
  '::8.8.8.8',
  '::ffff:0:8.8.8.8',
  '0:0:0:1::1',
  '64:ff9b:2::1',
  '1fff:ffff::1',
  '4000::1',
  'fec0::1',
  'feff::1',
  '::ffff:10.77.0.5',
  '::ffff:169.254.169.254',
];
/** Addresses next to closed blocks, where nothing answers here. */
const PUBLIC = [
  '1.0.0.0',
  '9.255.255.255',
  '168.63.129.15',
  '168.63.129.17',
  '192.0.1.0',
  '192.0.3.0',
  '223.255.255.255',
];
const PUBLIC_IPV6 = ['2000::1', '2001:200::1', '2001:db7::1', '2001:db9::1', '2003::1', '2606:4700::1', '3ffe:ffff::1'];

/** One name for each address. */
const nameOf = (address: string): string => `${address.replaceAll(/[:.]/g, '-')}-x`;

const special = [...new Set(SPECIAL_BLOCKS.flatMap(({ first, last }) => [first, last]))];
const everywhere = [...special, ...BESIDE, ...PUBLIC, ...PUBLIC_IPV6];

let laboratory: Laboratory;
let proxies: Record<Kind, Proxy>;

beforeAll(async () => {
  laboratory = await startLaboratory((site, privateAddress) => ({
    ...Object.fromEntries(
      everywhere.flatMap((address) =>
        ['public.example.org', 'inside.example.org', 'shared.example.org'].map((zone) => [
          `${nameOf(address)}.${zone}`,
          [address],
        ]),
      ),
    ),
    'site.public.example.org': [site],
    'own.inside.example.org': [privateAddress],
    'other.shared.example.org': ['100.100.100.201'],
  }));
  proxies = await startEach(laboratory, {
    allow: [
      '.public.example.org:80,443',
      `.inside.example.org:80,443@${laboratory.private.range}`,
      '.shared.example.org:80,443@100.64.0.0/10',
    ],
  });
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

describe.each(KINDS)('by %s,', (kind) => {
  /** The names that are refused because of their addresses, for a plain request and for a tunnel. */
  const refused = async (hosts: readonly string[]): Promise<string[]> => {
    const left = [...hosts];
    const found = new Set<string>();
    const work = async (): Promise<void> => {
      for (let host = left.pop(); host !== undefined; host = left.pop()) {
        const answers = [await request(proxies[kind], `http://${host}/`), await connect(proxies[kind], `${host}:443`)];
        if (answers.every(({ error }) => error === 'ERR_PRIVATE_ADDRESS')) found.add(host);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return hosts.filter((host) => found.has(host));
  };
  const hosts = (addresses: readonly string[], zone: string) =>
    addresses.map((address) => `${nameOf(address)}.${zone}.example.org`);

  test('no listed name can resolve to the first or last address of a special block, or to unallocated IPv6', async () => {
    const own = new BlockList();
    own.addSubnet(laboratory.site, OWN_PREFIX);
    const closed = hosts([...special.filter((address) => !own.check(address)), ...BESIDE], 'public');
    expect(closed.length).toBeGreaterThan(special.length);
    expect(await refused(closed)).toEqual(closed);
  });

  test('listed names can resolve to the proxy’s own network and to addresses next to the blocks', async () => {
    expect((await request(proxies[kind], 'http://site.public.example.org/')).status).toBe(200);
    const tunnels = await Promise.all(
      hosts([...PUBLIC, ...PUBLIC_IPV6], 'public').map(
        async (host) => (await connect(proxies[kind], `${host}:443`)).status,
      ),
    );
    expect(new Set(tunnels)).toEqual(new Set([200]));
  });

  test('a range opens itself only', async () => {
    expect((await request(proxies[kind], 'http://own.inside.example.org/')).status).toBe(200);
    const closed = hosts(everywhere, 'inside');
    expect(await refused(closed)).toEqual(closed);
  });

  test("a range that contains a metadata address doesn't open that", async () => {
    expect((await connect(proxies[kind], 'other.shared.example.org:443')).status).toBe(200);
    const closed = hosts(['100.100.100.200'], 'shared');
    expect(await refused(closed)).toEqual(closed);
  });

  test('a container without IPv6 has the same rules for IPv4', async () => {
    const proxy = await laboratory.startProxy({
      kind,
      allow: ['.public.example.org:80,443'],
      arguments: ['--sysctl', 'net.ipv6.conf.all.disable_ipv6=1'],
    });
    expect((await request(proxy, 'http://site.public.example.org/')).status).toBe(200);
    for (const host of hosts(['10.0.0.0', '168.63.129.16'], 'public')) {
      expect((await request(proxy, `http://${host}/`)).error).toBe('ERR_PRIVATE_ADDRESS');
    }
  });
});
