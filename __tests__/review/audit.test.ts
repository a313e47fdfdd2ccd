import { application, bound, policy, recipe, route, space } from './support/facts';
import { audit, auditText } from '../../review/audit';
import type { Facts } from '../../review/model/facts';
import { compare, readBaseline, recordOf } from '../../review/organization/audit';
import { readOrganization } from '../../review/organization/read';
import { all } from '../../review/readers/list';
import { type Platform, isUnanswered, readSpaces, type Item } from '../../review/readers/live';
import type { Resource, Value } from '../../review/readers/values';

/** The part of a foundation that is requested, in the API's form. */
interface World {
  readonly policies: readonly (readonly [source: string, destination: string, port: number])[];
  readonly bound: Readonly<Record<string, readonly string[]>>;
  readonly allow: string;
  /** @default - the allowlist */
  readonly proxyVariables?: Readonly<Record<string, string>>;
  readonly routes?: readonly string[];
  /** @default - its image */
  readonly proxyBuildpacks?: readonly string[];
}

const INTERNET =
  '0.0.0.0-9.255.255.255,11.0.0.0-169.253.255.255,169.255.0.0-172.15.255.255,172.32.0.0-192.167.255.255,' +
  '192.169.0.0-255.255.255.255';

const AS_CODE: World = {
  policies: [['web', 'proxy', 3128]],
  bound: { public: ['outside'], local: ['inside'] },
  allow: 'www.example.com:443',
};

function platform(world: World, asked: string[] = []): Platform {
  const app = (name: string, home: string, buildpacks?: readonly string[]) => ({
    guid: name,
    name,
    lifecycle: buildpacks === undefined ? { type: 'docker' } : { type: 'buildpack', data: { buildpacks } },
    relationships: { space: { data: { guid: home } } },
  });
  const group = (name: string, rules: unknown[], everywhere = false) => ({
    guid: name,
    name,
    rules,
    globally_enabled: { running: everywhere, staging: everywhere },
    relationships: {
      running_spaces: { data: (world.bound[name] ?? []).map((guid) => ({ guid })) },
      staging_spaces: { data: [] },
    },
  });
  const lists: Readonly<Record<string, unknown[]>> = {
    '/v3/organizations': [{ guid: 'org', name: 'org' }],
    '/v3/spaces': ['inside', 'outside', 'other'].map((name) => ({ guid: name, name })),
    '/v3/security_groups': [
      group('public', [{ protocol: 'all', destination: INTERNET }]),
      group('local', [{ protocol: 'tcp', destination: '10.97.0.0/24', ports: '443' }]),
      group('dns', [{ protocol: 'udp', destination: '0.0.0.0/0', ports: '53' }], true),
    ],
    '/v3/apps': [app('web', 'inside'), app('proxy', 'outside', world.proxyBuildpacks)],
    '/v3/domains': [{ guid: 'internal', name: 'apps.internal', internal: true }],
    '/v3/routes': (world.routes ?? []).map((host) => ({
      guid: host,
      host,
      path: '',
      url: `${host}.example.gov`,
      destinations: [{ app: { guid: 'web' } }],
      relationships: { domain: { data: { guid: 'public-domain' } } },
    })),
  };
  return {
    get: (path) => {
      asked.push(path);
      const [base = ''] = path.split('?');
      if (base.endsWith('/environment_variables')) {
        return Promise.resolve({
          var: base.includes('proxy') ? (world.proxyVariables ?? { EGRESS_ALLOW: world.allow }) : {},
        });
      }
      if (base.endsWith('/features/ssh')) return Promise.resolve({ enabled: false });
      if (base === '/networking/v1/external/policies') {
        const policies = world.policies.map(([source, destination, port]) => ({
          source: { id: source },
          destination: { id: destination, protocol: 'tcp', ports: { start: port, end: port } },
        }));
        return Promise.resolve({ policies });
      }
      const resources = lists[base] ?? [];
      return Promise.resolve({ resources, pagination: { total_pages: 1, total_results: resources.length } });
    },
  };
}

const code: Facts = recipe();
const lines = async (world: World, facts = code) =>
  auditText(await audit(facts, platform(world)))
    .trimEnd()
    .split('\n');

describe('the audit', () => {
  it('says that the platform matches the code, and which groups are everywhere', async () => {
    expect(await lines(AS_CODE)).toEqual([
      'the platform is as the code says, in org/outside, org/inside',
      'not compared, because the foundation binds them to every space: dns',
    ]);
  });

  it('finds a policy and a security group that were created by hand, which no plan shows', async () => {
    const world: World = {
      ...AS_CODE,
      policies: [...AS_CODE.policies, ['proxy', 'web', 22]],
      bound: { ...AS_CODE.bound, public: ['outside', 'inside'] },
    };
    expect(await lines(world)).toEqual([
      'the platform differs from the code: 2 only on the platform, 0 only in the code',
      'only on the platform:',
      expect.stringMatching(/^ {2}\+ web can directly reach the internet \(every address but .*\) over any protocol$/),
      '  + proxy can connect to web on tcp 22',
      'not compared, because the foundation binds them to every space: dns',
    ]);
  });

  it('finds another destination of a forwarder', async () => {
    const forward = (name: string) => ({ EGRESS_FORWARD: `${name}:587/tcp`, EGRESS_FORWARD_PORT: '10587' });
    const said = recipe('', {
      applications: [application('outside/proxy', forward('a.example.org')), application('inside/web')],
      policies: [policy('inside/web', 'outside/proxy', '10587')],
    });
    const world: World = { ...AS_CODE, policies: [['web', 'proxy', 10587]], proxyVariables: forward('a.example.org') };
    expect(await lines(world, said)).toHaveLength(2);
    expect((await lines({ ...world, proxyVariables: forward('b.example.org') }, said)).slice(1, -1)).toEqual([
      'only on the platform:',
      '  + web can reach b.example.org:587 over TCP by proxy',
      'only in the code:',
      '  - web can reach a.example.org:587 over TCP by proxy',
    ]);
  });

  it('finds what the code has and the platform lacks', async () => {
    expect(await lines({ ...AS_CODE, policies: [], allow: '' })).toEqual([
      'the platform differs from the code: 0 only on the platform, 2 only in the code',
      'only in the code:',
      expect.stringMatching(/^ {2}- web can reach www\.example\.com:443 through proxy$/),
      '  - web can connect to proxy on tcp 3128',
      'not compared, because the foundation binds them to every space: dns',
    ]);
  });

  it('compares spaces that the code only refers to with what it declares about them', async () => {
    const claimed = recipe(undefined, {
      spaces: [space('outside'), space('inside', { owned: false, claim: ['local'] })],
      bindings: [bound('public', 'outside')],
    });
    expect((await lines(AS_CODE, claimed))[0]).toBe('the platform is as the code says, in org/outside, org/inside');
  });

  it('finds a route that was created by hand, and asks only about the spaces in the code', async () => {
    const asked: string[] = [];
    const result = await audit(code, platform({ ...AS_CODE, routes: ['back-door'] }, asked));
    expect(result.unknown.concat(result.extra).map(({ what }) => what)).toEqual(['back-door.example.gov']);
    expect(asked.filter((path) => path.startsWith('/v3/apps?'))).toEqual([
      '/v3/apps?space_guids=inside,outside&per_page=200&page=1',
    ]);
  });

  it('recognizes a route in the code, although only the platform knows whether its domain is internal', async () => {
    const withRoute = (internal: 'unknown' | 'yes'): Facts => ({
      ...code,
      routes: [...code.routes, route('front.example.gov', 'inside/web', internal)],
    });
    expect((await lines({ ...AS_CODE, routes: ['front'] }, withRoute('unknown')))[0]).toContain('is as the code says');
    expect((await lines(AS_CODE, withRoute('unknown')))[0]).toContain('differs from the code');
    expect((await lines({ ...AS_CODE, routes: ['front'] }, withRoute('yes')))[0]).toContain('differs from the code');
  });

  const HIDDEN = [['something unknown', 'whether this is a proxy, and what it allows (it could not be read: 403)']];
  it.each([
    ['of an image', undefined, HIDDEN],
    ['of the proxy by buildpack', ['https://github.com/cloudfoundry/apt-buildpack', 'binary_buildpack'], HIDDEN],
    ['of a language, which is no proxy,', ['nodejs_buildpack'], []],
  ])("treats what it can't read %s as unknown", async (_, proxyBuildpacks, expected) => {
    const closed = platform({ ...AS_CODE, proxyBuildpacks });
    const refused: Platform = {
      get: (path) => (path.includes('environment') ? Promise.reject(new Error('403')) : closed.get(path)),
    };
    const { unknown } = await audit(
      recipe(undefined, {
        applications: [application('outside/proxy', { EGRESS_ALLOW: 'a.example.gov:443' }), application('inside/web')],
        policies: [policy('inside/web', 'outside/proxy')],
      }),
      refused,
    );
    expect(unknown.map(({ what, note }) => [what, note])).toEqual(expected);
  });
});

/** What a run stores for the next one: everything that determines reach, and no secret. */

const resource = (type: string, id: string, values: Record<string, Value>): Resource => {
  return { stack: 'live', address: `${type}.${id}`, managed: true, type, values: { id, ...values } };
};

interface Change {
  readonly environment?: Record<string, Value>;
  readonly rules?: readonly Value[];
}

function organization({ environment = {}, rules = [] }: Change): Resource[] {
  return [
    resource('cloudfoundry_org', 'o', { name: 'org' }),
    ...['closed', 'open'].map((name) => resource('cloudfoundry_space', name, { name, org: 'o', allow_ssh: false })),
    resource('cloudfoundry_security_group', 'own', {
      name: 'own',
      rules,
      running_spaces: ['closed'],
      staging_spaces: [],
    }),
    resource('cloudfoundry_security_group', 'all', {
      name: 'all',
      rules: [{ protocol: 'all', destination: '0.0.0.0/0' }],
      running_spaces: ['open'],
      staging_spaces: [],
    }),
    ...[
      ['web', 'closed', { TOKEN: 'canary' }] as const,
      ['proxy', 'open', { DATABASE_PASSWORD: 'canary', ...environment }] as const,
    ].map(([name, space, variables]) =>
      resource('cloudfoundry_app', name, {
        name,
        org_name: 'org',
        space_name: space,
        docker_image: 'an image',
        environment: variables,
        enable_ssh: false,
      }),
    ),
    resource('cloudfoundry_network_policy', 'p', {
      policies: [{ source_app: 'web', destination_app: 'proxy', protocol: 'tcp', port: '8080' }],
    }),
  ];
}

const run = (change: Change) => ({ organization: 'org', at: '2026-12-31', record: recordOf(organization(change)) });

/** As it is read from the file. */
const kept = (change: Change) => JSON.parse(JSON.stringify(run(change))) as ReturnType<typeof run>;

function changes(before: Change, after: Change): Record<'opens' | 'closes' | 'unknown', string[]> {
  const { opens, closes, unknown } = compare(kept(before), run(after), '2026-12-31');
  const said = (rows: typeof opens) => rows.map(({ says }) => says);
  return { opens: said(opens), closes: said(closes), unknown: said(unknown) };
}

const rule = (destination: string) => ({ protocol: 'tcp', destination, ports: '443' });
const caddy = (host: string, password: string): Change => ({
  environment: {
    CONFIG_CONTENT: `:8080 {\n forward_proxy {\n basic_auth me ${password}\n acl {\n allow ${host}\n deny all\n }\n }\n}`,
  },
});
const NOTHING = { opens: [], closes: [], unknown: [] };

test('narrowing a group, or rewriting it with the same meaning, opens nothing', () => {
  const wide: Change = { rules: [rule('10.0.0.0/8')] };
  expect(changes(wide, { rules: [rule('10.128.0.0/9'), rule('10.0.0.0/9')] })).toEqual(NOTHING);
  expect(changes(wide, { rules: [rule('10.1.0.0/16')] })).toMatchObject({ opens: [], unknown: [] });
  expect(changes({ rules: [rule('10.1.0.0/16')] }, wide).opens).toHaveLength(1);
});

test.each<[string, Record<string, Value>, Record<string, Value>, string]>([
  [
    'a list',
    { EGRESS_ALLOW: 'a.example.gov:443' },
    { EGRESS_ALLOW: 'a.example.gov:443\nb.example.gov:443' },
    'b.example.gov:443',
  ],
  [
    'a list of one client',
    { EGRESS_ALLOW: '', EGRESS_CLIENTS: 'web a.example.gov:443' },
    { EGRESS_ALLOW: '', EGRESS_CLIENTS: 'web a.example.gov:443\nweb b.example.gov:443' },
    'b.example.gov:443',
  ],
  [
    "GSA-TTS's list",
    { PROXY_ALLOW: 'a.example.gov' },
    { PROXY_ALLOW: 'a.example.gov b.example.gov' },
    'b.example.gov:443',
  ],
])('extending %s opens only what was added', (_, before, after, says) => {
  expect(changes({ environment: before }, { environment: before })).toEqual(NOTHING);
  const { opens } = changes({ environment: before }, { environment: after });
  expect(opens.join()).toContain(says);
});

test("credentials that a proxy no longer requires are unknown, and changed ones aren't a change", () => {
  const asking = (text: string): Change => ({
    environment: { EGRESS_ALLOW: 'a.example.gov:443', EGRESS_CREDENTIALS: text },
  });
  const [one = '', two = ''] = ['a', 'b'].map((letter) => `me.1 $2a$05$${letter.repeat(53)}`);
  expect(changes(asking(one), asking(two))).toEqual(NOTHING);
  expect(changes(asking(one), asking('')).unknown).toHaveLength(1);
});

test("a Caddyfile that allows something else is unknown, and one with another password isn't a change", () => {
  expect(changes(caddy('a.example.gov', 'canary'), caddy('a.example.gov', 'other'))).toEqual(NOTHING);
  const { opens, unknown } = changes(caddy('a.example.gov', 'canary'), caddy('b.example.gov', 'canary'));
  expect(opens).toEqual([]);
  expect(unknown.length).toBeGreaterThan(0);
});

test.each<[string, Change]>([
  ['a variable beside a list', { environment: { EGRESS_ALLOW: 'a.example.gov:443', KEY: 'canary' } }],
  ['credentials', { environment: { EGRESS_ALLOW: '', EGRESS_CREDENTIALS: 'me:canary' } }],
  ['a line of a list that is none', { environment: { EGRESS_ALLOW: 'canary\n# canary' } }],
  ['a part of a list that is none', { environment: { PROXY_ALLOW: 'a.example.gov http://me:canary@b' } }],
  ['a Caddyfile', caddy('a.example.gov', 'canary')],
  ['what holds a host', { environment: { EGRESS_ALLOW: '', EGRESS_HOST_A: 'https://me:canary@b/' } }],
  ['where to forward', { environment: { EGRESS_FORWARD: 'canary', EGRESS_FORWARD_PORT: 'me:canary' } }],
])("a record doesn't contain a secret in %s", (_, change) => {
  expect(JSON.stringify(run(change))).not.toContain('canary');
});

test.each([
  ['a time that is none', { at: 'yesterday' }],
  ['resources that are none', { record: [null] }],
  ['resources without values', { record: [{ type: 'cloudfoundry_app', address: 'live.a' }] }],
])('a baseline with %s is refused, with what to do', (_, change) => {
  const document = { version: 1, kind: 'organization', ...kept({}), at: '2026-12-31T10:00:00.000Z' };
  expect(readBaseline(document, 'org').record).toEqual(document.record);
  expect(() => readBaseline({ ...document, ...change }, 'org')).toThrow('give the JSON as audit wrote it');
});

/** Incomplete lists that a platform can return. None of them must look like a complete list. */

const items = (count: number): Item[] => Array.from({ length: count }, (_, at) => ({ guid: `g${at}` }));
const query = (path: string): URLSearchParams => new URL(path, 'http://api').searchParams;
const number = (path: string, name: string): number => Number(query(path).get(name));

/** @param change modifies the items before a page is returned */
function serving(there: Item[], change: (page: number, there: Item[]) => void = () => undefined): Platform {
  return {
    get: (path) => {
      const [page, per] = [number(path, 'page'), number(path, 'per_page')];
      change(page, there);
      const pagination = { total_results: there.length, total_pages: Math.ceil(there.length / per) };
      return Promise.resolve({ resources: there.slice((page - 1) * per, page * per), pagination });
    },
  };
}

const answering = (answer: object | null): Platform => ({
  get: () => Promise.resolve(answer as Record<string, unknown>),
});

test('a list with several pages is read completely', async () => {
  expect(await all(serving(items(401)), '/v3/apps')).toEqual(items(401));
  expect(await all(serving([]), '/v3/apps')).toEqual([]);
});

test('deleting an item while pages are read hides no later one', async () => {
  let deleted = false;
  const platform = serving(items(401), (page, there) => {
    if (page === 2 && !deleted) deleted = there.shift() !== undefined;
  });
  expect(await all(platform, '/v3/apps')).toEqual(items(401).slice(1));
});

test('a list that changes with each read is unknown', async () => {
  const platform = serving(items(1000), (page, there) => {
    if (page === 2) there.shift();
  });
  const failure = await all(platform, '/v3/apps').catch((error: unknown) => error);
  expect(isUnanswered(failure)).toBe(true);
  expect(String(failure)).toContain('/v3/apps did not give as many as it counts');
});

test("a list that always has another page isn't read forever", async () => {
  const asked: string[] = [];
  const platform: Platform = {
    get: (path) => {
      asked.push(path);
      const pagination = { total_results: 3, total_pages: number(path, 'page') + 1 };
      return Promise.resolve({ resources: items(3), pagination });
    },
  };
  await expect(all(platform, '/v3/apps')).rejects.toThrow('did not give as many as it counts');
  expect(asked).toHaveLength(6);
});

test.each([
  ['nothing', {}],
  ['null', null],
  ['items without pages', { resources: [] }],
  ['pages without a number', { resources: [], pagination: { total_pages: null, total_results: 0 } }],
  ['pages without items', { pagination: { total_pages: 1, total_results: 0 } }],
])("%s instead of a list doesn't count as an empty list", async (_, answer) => {
  const failure = await all(answering(answer), '/v3/apps').catch((error: unknown) => error);
  expect(isUnanswered(failure)).toBe(true);
  expect(String(failure)).toContain('/v3/apps is answered with something other than a list');
});

const SPACE = { item: { guid: 's', name: 'space' }, org: 'o', id: 'org/space' };

/** An organization with one application, and these other answers. */
const world = (answers: Readonly<Record<string, object>>, identity?: Platform['identity']): Platform => ({
  ...(identity !== undefined && { identity }),
  get: (path) => {
    const [base = ''] = path.split('?');
    const found = Object.entries(answers).find(([end]) => base.endsWith(end))?.[1];
    const home = { space: { data: { guid: 's' } } };
    const lists: Readonly<Record<string, object[]>> = {
      '/v3/organizations': [{ guid: 'o', name: 'org' }],
      '/v3/spaces': [{ ...SPACE.item, relationships: { organization: { data: { guid: 'o' } } } }],
      '/v3/apps': [{ guid: 'a', name: 'web', relationships: home }],
    };
    const resources = lists[base] ?? [];
    return Promise.resolve(
      (found ?? { policies: [], resources, pagination: { total_pages: 1, total_results: resources.length } }) as Record<
        string,
        unknown
      >,
    );
  },
});

test("missing policies are unknown, which doesn't mean that there are none", async () => {
  const reading = readSpaces(world({ '/policies': {} }), [], [SPACE], () => true);
  await expect(reading).rejects.toThrow('/networking/v1/external/policies?id=a is answered with something other');
});

test('variables and SSH that an answer leaves out are unknown', async () => {
  const answers = { '/environment_variables': {}, '/features/ssh': {} };
  const { resources } = await readSpaces(world(answers), [], [SPACE], () => true);
  const { environment, enable_ssh: ssh } = resources.find(({ type }) => type === 'cloudfoundry_app')?.values ?? {};
  expect([environment, ssh]).toMatchObject([
    { because: expect.stringContaining('the answer does not say it') as string },
    { because: expect.stringContaining('the answer does not say it') as string },
  ]);
});

const manager = (user: string) => ({
  guid: 'r',
  type: 'organization_manager',
  relationships: { user: { data: { guid: user } }, organization: { data: { guid: 'o' } } },
});

test.each([
  ['of somebody else', 'me', 'other', ['spaces']],
  ['of whoever is asked for by no name', '', 'other', ['spaces']],
  ['of its own', 'me', 'me', []],
])('a role %s shows what this account sees, or does not', async (_, id, holder, gaps) => {
  const roles = { resources: [manager(holder)], pagination: { total_pages: 1, total_results: 1 } };
  const answers = { '/v3/roles': roles, '/features/ssh': { enabled: false } };
  const { unseen } = await readOrganization(world(answers, { id, name: 'me', scopes: [] }), 'org');
  expect(unseen.map(({ kind }) => kind).filter((kind) => kind === 'spaces')).toEqual(gaps);
});
