import type { Facts } from '../../review/model/facts';
import { audit, auditText } from '../../review/audit';
import type { Platform } from '../../review/readers/live';
import { application, bound, policy, recipe, route, space } from './support/facts';

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
