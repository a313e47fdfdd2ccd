import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { addresses } from '../../review/model/addresses';
import { Model } from '../../review/model/model';
import { Cache } from '../../tools/cache';
import { ensureBuilt } from '../../tools/go-module';
import { connect, credentials, type Listener } from '../squid/client';
import { docker, removeAll } from '../squid/docker';
import { type Laboratory, startLaboratory } from '../squid/laboratory';
import { application, bound, CLIENT, group, policy, recipe } from './support/facts';

const SECONDS = 1000;
jest.setTimeout(120 * SECONDS);

/** Starts Caddy like the proxy's own script. */
const START = 'cd /tmp && echo "$CONFIG_CONTENT" > Caddyfile && HOME=/tmp exec caddy run --config Caddyfile';
const FIRST_PORT = 20_000;
const LISTS = 60;

/** Names by the kind of address that they resolve to. */
const PUBLIC_NAMES = ['example.gov', 'a.example.gov', 'b.a.example.gov', 'example.org', 'www.example.org'];
const PRIVATE_NAMES = ['inside.example.gov', 'inside.example.net'];
const ASKED_PORTS = [80, 443, 8443];

interface List {
  readonly rules: readonly (readonly [verb: 'allow' | 'deny', subjects: readonly string[]])[];
  readonly ports: readonly number[];
}

const list = (networks: readonly string[]): fc.Arbitrary<List> => {
  const subject = fc.oneof(
    fc.constantFrom(...PUBLIC_NAMES, ...PRIVATE_NAMES),
    fc.constantFrom('*.example.gov', '*.a.example.gov', '*.example.org', '*.gov', '*.net'),
    fc.constantFrom('all', '0.0.0.0/0', '10.0.0.0/8', '128.0.0.0/1', ...networks),
  );
  return fc.record({
    rules: fc.array(
      fc.tuple(fc.constantFrom('allow' as const, 'deny' as const), fc.array(subject, { minLength: 1, maxLength: 3 })),
      { maxLength: 6 },
    ),
    ports: fc.subarray(ASKED_PORTS),
  });
};

const block = ({ rules, ports }: List): string =>
  [
    'forward_proxy {',
    'acl {',
    ...rules.map(([verb, subjects]) => `${verb} ${subjects.join(' ')}`),
    '}',
    ...(ports.length === 0 ? [] : [`ports ${ports.join(' ')}`]),
    '}',
  ].join('\n');

const site = (port: number | string, proxy: string): string => `:${port} {\nroute {\n${proxy}\n}\n}`;

const GLOBAL = '{\nadmin off\nauto_https off\npersist_config off\n}';

/** The review's model of a Caddyfile, in a space with open egress. */
function reading(proxy: string, clients: readonly string[] = ['web']): Model {
  return new Model({
    ...recipe(),
    groups: [group('everything', [{ protocol: 'all', destination: '0.0.0.0/0' }])],
    bindings: [bound('everything', 'outside')],
    applications: [
      application(
        'outside/proxy',
        { CONFIG_CONTENT: [GLOBAL, site('{$PORT}', proxy)].join('\n') },
        { lifecycle: 'buildpack' },
      ),
      ...clients.map((name) => application(`inside/${name}`, CLIENT)),
    ],
    policies: clients.map((name) => policy(`inside/${name}`, 'outside/proxy', '8080')),
  });
}

let laboratory: Laboratory;
let lists: readonly List[];
let seed: number;
let listener: (index: number) => Listener;

async function buildCaddy(): Promise<string> {
  const tag = `${laboratory.image}-caddy`;
  const context = await mkdtemp(join(tmpdir(), 'space-egress-caddy-'));
  try {
    await copyFile(await ensureBuilt('caddy', new Cache(), () => undefined), join(context, 'caddy'));
    const dockerfile = [`FROM ${laboratory.image}`, 'COPY caddy /usr/local/bin/', 'ENTRYPOINT ["sh", "-c"]'];
    await writeFile(join(context, 'Dockerfile'), dockerfile.join('\n'));
    await docker('build', '--quiet', '--tag', tag, context);
    return tag;
  } finally {
    await rm(context, { recursive: true });
  }
}

/** Like the Terraform module of GSA-TTS/cg-egress-proxy: a list for each user, then nothing for everyone else. */
const USERS_PORT = FIRST_PORT - 1;
const USERS = ['web', 'batch']
  .map((user) => [
    'forward_proxy {',
    `basic_auth "${user}" secret-of-${user}`,
    'probe_resistance',
    'acl {',
    `allow ${user === 'web' ? 'a.example.gov' : 'example.org'}`,
    'deny all',
    '}',
    'ports 443',
    '}',
  ])
  .concat([['forward_proxy {', 'basic_auth nobody nothing', 'acl {', 'deny all', '}', '}']])
  .map((lines) => lines.join('\n'))
  .join('\n');

/** Spellings of names that are the same for DNS, but not for Caddy. */
const SPELLINGS: readonly List[] = [
  {
    rules: [
      ['deny', ['a.example.gov']],
      ['allow', ['*.example.gov']],
      ['deny', ['all']],
    ],
    ports: [],
  },
];

beforeAll(async () => {
  laboratory = await startLaboratory((public_, private_) =>
    Object.fromEntries([
      ...PUBLIC_NAMES.map((name) => [name, [public_]] as const),
      ...PRIVATE_NAMES.map((name) => [name, [private_]] as const),
    ]),
  );
  seed = Date.now() % 1_000_000;
  const networks = [laboratory.site, laboratory.private.address, laboratory.private.range];
  lists = [...fc.sample(list(networks), { numRuns: LISTS, seed }), ...SPELLINGS];
  const proxy = await laboratory.startProxy({
    image: await buildCaddy(),
    arguments: ['--tmpfs', '/tmp'],
    environment: {
      PORT: '3128',
      CONFIG_CONTENT: [
        GLOBAL,
        site('{$PORT}', block({ rules: [['deny', ['all']]], ports: [] })),
        site(USERS_PORT, USERS),
        ...lists.map((each, index) => site(FIRST_PORT + index, block(each))),
      ].join('\n'),
    },
    command: [START],
  });
  listener = (index) => ({ host: proxy.host, port: FIRST_PORT + index });
}, 600 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

test('the review reads a Caddyfile as Caddy does, for each name and port', async () => {
  const { site: public_, private: inside } = laboratory;
  const targets = [
    ...PUBLIC_NAMES.map((host) => ({ host, at: public_ })),
    ...PRIVATE_NAMES.map((host) => ({ host, at: inside.address })),
    ...[public_, inside.address].map((host) => ({ host, at: host })),
  ];
  const wrong: string[] = [];
  let open = 0;
  for (const [index, each] of lists.slice(0, LISTS).entries()) {
    const { names, unknown } = reading(block(each)).proxies.through('org/outside/proxy');
    expect(unknown).toEqual([]);
    await Promise.all(
      targets.flatMap(({ host, at }) =>
        ASKED_PORTS.map(async (port) => {
          const { status } = await connect(listener(index), `${host}:${port}`);
          const [address = NaN] = addresses(at).ranges[0] ?? [];
          const read = names.addresses(host, port).includes(address) ? 200 : 403;
          if (status === 200) open += 1;
          if (status !== read) wrong.push(`${host}:${port} is ${status}, and ${read} by the review:\n${block(each)}`);
        }),
      ),
    );
  }
  expect({ seed, wrong }).toEqual({ seed, wrong: [] });
  const asked = LISTS * targets.length * ASKED_PORTS.length;
  expect(open).toBeGreaterThan(asked / 10);
  expect(open).toBeLessThan((asked * 9) / 10);
});

test('Caddy lets a denied name through in capitals', async () => {
  const statuses = await Promise.all(
    ['a.example.gov', 'A.example.gov'].map(async (host) => (await connect(listener(LISTS), `${host}:443`)).status),
  );
  expect(statuses).toEqual([403, 200]);
});

test('each user of a Caddyfile has a separate list, as the review reads it', async () => {
  const read = reading(USERS, ['web', 'batch']);
  const hosts = ['a.example.gov', 'example.org', 'www.example.org'];
  const asked = async (user: string): Promise<string[]> => {
    const answers = hosts.map(async (host) => {
      const headers = credentials(user, `secret-of-${user}`);
      return (await connect(listener(USERS_PORT - FIRST_PORT), `${host}:443`, headers)).status === 200 ? [host] : [];
    });
    return (await Promise.all(answers)).flat();
  };
  const told = (user: string): string[] =>
    hosts.filter(
      (host) => !read.proxies.through('org/outside/proxy', `org/inside/${user}`).names.addresses(host, 443).isEmpty,
    );
  expect([told('web'), told('batch')]).toEqual([['a.example.gov'], ['example.org']]);
  expect([await asked('web'), await asked('batch'), await asked('other')]).toEqual([told('web'), told('batch'), []]);
});
