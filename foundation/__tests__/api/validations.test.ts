/** Values that the platform's validations refuse, since whatever passes here must pass there. */
import {
  foundationForAll,
  pushImage,
  refusal,
  toOne,
  makeSpace,
  stageBits,
  type Client,
  type Json,
  type Reply,
} from '../../testing/harness';

const foundation = foundationForAll({ space: 'space' });
let app: string;

beforeAll(async () => {
  app = await pushImage(foundation.deployer, foundation.space, 'web');
});

type Place =
  'process' | 'scale' | 'task' | 'app' | 'new app' | 'variables' | 'space' | 'route' | 'user-provided service';

const place = async (where: Place): Promise<readonly [method: string, path: string, common?: object]> => {
  const inSpace = { relationships: { space: toOne(foundation.space) } };
  switch (where) {
    case 'process':
      return ['PATCH', `/v3/apps/${app}/processes/web`];
    case 'scale':
      return ['POST', `/v3/apps/${app}/processes/web/actions/scale`];
    case 'task':
      return ['POST', `/v3/apps/${app}/tasks`, { command: 'true' }];
    case 'app':
      return ['PATCH', `/v3/apps/${app}`];
    case 'new app':
      return ['POST', '/v3/apps', { name: 'new', ...inSpace }];
    case 'variables':
      return ['PATCH', `/v3/apps/${app}/environment_variables`];
    case 'space':
      return ['PATCH', `/v3/spaces/${foundation.space}`];
    case 'user-provided service':
      return ['POST', '/v3/service_instances', { type: 'user-provided', name: 'drain', ...inSpace }];
    case 'route': {
      const domain = toOne(await foundation.deployer.find('/v3/domains?names=apps.localhost'));
      return ['POST', '/v3/routes', { host: 'web', relationships: { space: toOne(foundation.space), domain } }];
    }
  }
};

const HOST = 'Host must be either "*" or contain only alphanumeric characters, "_", or "-"';
const COMMAND = 'Command must be between 1 and 4096 characters';
const long = (length: number): string => 'a'.repeat(length);
const check = (type: string, data: object) => ({ health_check: { type, data } });

test.each<[where: Place, body: object, says: string]>([
  ['space', { name: '' }, "Name can't be blank"],
  ['space', { name: long(256) }, 'Name is too long (maximum is 255 characters)'],
  ['app', { name: 'a\nb' }, 'Name must not contain escaped characters'],
  ['new app', { lifecycle: { type: 'buildpack', data: { stack: 'nope' } } }, 'Stack must be an existing stack'],
  ['new app', { lifecycle: { type: 'jar' } }, 'Lifecycle type is not included in the list: buildpack, docker'],
  ['new app', { environment_variables: { PORT: '1' } }, 'Environment variables cannot set PORT'],
  ['variables', { var: { '': 'a' } }, 'Var key must be a minimum length of 1'],
  ['variables', { var: { vcap_services: 'a' } }, 'Var cannot start with VCAP_'],
  ['variables', { var: { VMCONFIG: 'a' } }, 'Var cannot start with VMC_'],
  ['variables', { var: { A: 1 } }, "Non-string value in environment variable for key 'A', value '1'"],
  ['variables', { var: { A: ['b'] } }, `Non-string value in environment variable for key 'A', value '["b"]'`],
  ['scale', { instances: -1 }, 'Instances must be greater than or equal to 0'],
  ['scale', { memory_in_mb: 0 }, 'Memory in mb must be greater than 0'],
  ['scale', { disk_in_mb: 0 }, 'Disk in mb must be greater than 0'],
  [
    'scale',
    { log_rate_limit_in_bytes_per_second: -2 },
    'Log rate limit in bytes per second must be greater than or equal to -1',
  ],
  ['task', { memory_in_mb: 0 }, 'Memory in mb must be greater than 0'],
  ['process', { command: '' }, COMMAND],
  ['process', { command: long(4097) }, COMMAND],
  ['process', check('tcp', {}), 'Health check type must be "port", "process", or "http"'],
  ['process', check('port', { timeout: 0 }), 'Health check timeout must be greater than or equal to 1'],
  [
    'process',
    check('http', { invocation_timeout: 0 }),
    'Health check invocation timeout must be greater than or equal to 1',
  ],
  ['process', check('port', { interval: 0 }), 'Health check interval must be greater than or equal to 1'],
  [
    'process',
    check('port', { endpoint: '/a' }),
    'Health check type must be "http" to set a health check HTTP endpoint',
  ],
  ['route', { host: 'a b' }, HOST],
  ['route', { host: 'two.labels' }, HOST],
  ['route', { host: long(64) }, 'Host is too long (maximum is 63 characters)'],
  ['route', { path: 'a' }, 'Path must begin with /'],
  ['route', { path: '/' }, 'Path cannot be exactly /'],
  ['route', { path: '/a?b' }, 'Path cannot contain ?'],
  ['route', { path: `/${long(128)}` }, 'Path is too long (maximum is 128 characters)'],
  ['user-provided service', { syslog_drain_url: 'nowhere' }, 'Syslog drain url must be a valid URI'],
])('for a %s, %j is refused', async (where, body, says) => {
  const [method, path, common] = await place(where);
  expect(refusal(await foundation.deployer.send(method, path, { ...common, ...body }))).toEqual([422, says]);
});

test('a name of 255 characters, a command of 4,096, and a path of 128 are accepted', async () => {
  for (const [where, body] of [
    ['space', { name: long(255) }],
    ['process', { command: long(4096) }],
    ['route', { path: `/${long(127)}` }],
  ] as const) {
    const [method, path, common] = await place(where);
    expect((await foundation.deployer.send(method, path, { ...common, ...body })).status).toBeLessThan(300);
  }
});

describe('labels and annotations', () => {
  const foundation = foundationForAll();

  const LONG = 'a'.repeat(64);

  /** The platform's messages about a label's key and value, in the order of its checks. */
  const REFUSED: readonly (readonly [what: string, metadata: object, says: string])[] = [
    ['an empty key', { labels: { '': 'a' } }, 'label key error: key cannot be empty string'],
    ['an empty name', { labels: { 'agency.gov/': 'a' } }, 'label key error: key cannot be empty string'],
    ['two slashes', { labels: { 'a.b/c/d': 'a' } }, "label key error: key has more than one '/'"],
    [
      'a prefix that is no domain',
      { labels: { 'agency/a': 'a' } },
      "label key error: prefix 'agency' must be in valid dns format",
    ],
    [
      'the platform’s own prefix',
      { labels: { 'CloudFoundry.org/a': 'a' } },
      "label key error: prefix 'cloudfoundry.org' is reserved",
    ],
    ['a space in a key', { labels: { 'a b': 'a' } }, "label key error: 'a b' contains invalid characters"],
    [
      'a key that begins with a dot',
      { labels: { '.a': 'a' } },
      "label key error: '.a' starts or ends with invalid characters",
    ],
    [
      'a key of 64 characters',
      { labels: { [LONG]: 'a' } },
      "label key error: 'aaaaaaaa...' is greater than 63 characters",
    ],
    ['a value with @', { labels: { a: 'me@here' } }, "label value error: 'me@here' contains invalid characters"],
    [
      'a value that ends with a hyphen',
      { labels: { a: 'b-' } },
      "label value error: 'b-' starts or ends with invalid characters",
    ],
    [
      'a value of 64 characters',
      { labels: { a: LONG } },
      "label value error: 'aaaaaaaa...' is greater than 63 characters",
    ],
    [
      'an annotation’s key with a space',
      { annotations: { 'a b': 'a' } },
      "annotation key error: 'a b' contains invalid characters",
    ],
    [
      'an annotation of 5,001 characters',
      { annotations: { a: 'b'.repeat(5001) } },
      "annotation value error: 'bbbbbbbb...' is greater than 5000 characters",
    ],
  ];

  test.each(REFUSED)('%s is refused', async (_what, metadata, says) => {
    const reply = await foundation.deployer.post('/v3/spaces', { name: 'never', metadata });
    expect(refusal(reply)).toEqual([422, expect.stringContaining(`Metadata ${says}`)]);
  });

  test('what the platform accepts is accepted, and null removes it', async () => {
    const { deployer } = foundation;
    const space = await makeSpace(deployer, 'labeled');
    const labels = { a: '', 'agency.gov/Team_1': 'A.b-c_1', ['k'.repeat(63)]: 'v'.repeat(63) };
    const annotations = { contact: 'me@agency.gov, <b>anything</b>', long: 'x'.repeat(5000) };
    const path = `/v3/spaces/${space}`;
    expect((await deployer.patch(path, { metadata: { labels, annotations } })).body).toMatchObject({
      metadata: { labels, annotations },
    });
    await deployer.patch(path, { metadata: { labels: { a: null } } });
    expect((await deployer.get(path)).body).toHaveProperty(['metadata', 'labels'], { ...labels, a: undefined });
  });
});

describe('the platform’s words', () => {
  const foundation = foundationForAll({ space: 'space' });
  let app: string;

  beforeAll(async () => {
    app = await pushImage(foundation.deployer, foundation.space, 'web');
  });

  const quota = (client: Client, name: string): Promise<string> => client.create('/v3/organization_quotas', { name });
  const spaceQuota = async (client: Client, name: string): Promise<string> => {
    const organization = toOne(await client.find('/v3/organizations?names=egress-demo'));
    return client.create('/v3/space_quotas', { name, relationships: { organization } });
  };
  const check = (endpoint: string) => ({ type: 'http', data: { endpoint } });

  const REFUSED: readonly [string, (admin: Client) => Promise<Reply>, () => string][] = [
    [
      'a name of an organization that another has',
      async (admin) =>
        admin.patch(`/v3/organizations/${await admin.create('/v3/organizations', { name: 'two' })}`, {
          name: 'Egress-Demo',
        }),
      () => "Organization name 'Egress-Demo' is already taken.",
    ],
    [
      'a name of an organization quota that another has',
      async (admin) => {
        await quota(admin, 'taken');
        return admin.patch(`/v3/organization_quotas/${await quota(admin, 'free')}`, { name: 'taken' });
      },
      () => "Organization Quota 'taken' already exists.",
    ],
    [
      'a name of a space quota that another of the organization has',
      async (admin) => {
        await spaceQuota(admin, 'taken');
        return admin.patch(`/v3/space_quotas/${await spaceQuota(admin, 'free')}`, { name: 'taken' });
      },
      () => "Space Quota 'taken' already exists.",
    ],
    [
      'a space quota taken off a space that has none',
      async (admin) =>
        admin.delete(`/v3/space_quotas/${await spaceQuota(admin, 'unused')}/relationships/spaces/${foundation.space}`),
      () =>
        `Unable to remove quota from space with guid '${foundation.space}'. Ensure the space quota is applied to this space.`,
    ],
    [
      'the endpoint of a health check',
      (admin) => admin.patch(`/v3/apps/${app}/processes/web`, { health_check: check('nowhere') }),
      () => 'Health check endpoint must be a valid URI path',
    ],
    [
      'the endpoint of a readiness check',
      (admin) => admin.patch(`/v3/apps/${app}/processes/web`, { readiness_health_check: check('/no where') }),
      () => 'Readiness health check endpoint must be a valid URI path',
    ],
    [
      'a manifest whose application has no name',
      (admin) => admin.applyManifest(foundation.space, 'applications:\n- name: web\n- memory: 64M\n'),
      () => 'For application at index 1: Name must not be empty',
    ],
    [
      'the endpoint of a health check in a manifest',
      (admin) =>
        admin.applyManifest(foundation.space, 'applications:\n- name: web\n  health-check-http-endpoint: nowhere\n'),
      () => `For application 'web': Process "web": Health check http endpoint must be a valid URI path`,
    ],
  ];

  test.each(REFUSED)("%s is refused in the platform's words", async (_what, ask, words) => {
    expect(refusal(await ask(foundation.admin))).toEqual([422, words()]);
  });

  test('an organization or a quota can be updated without changing its name', async () => {
    const { admin } = foundation;
    const guid = await admin.find('/v3/organizations?names=egress-demo');
    expect((await admin.patch(`/v3/organizations/${guid}`, { name: 'egress-demo' })).status).toBe(200);
    const kept = await quota(admin, 'kept');
    expect((await admin.patch(`/v3/organization_quotas/${kept}`, { name: 'kept', apps: {} })).status).toBe(200);
  });

  test('a random route ends in two words and two letters', async () => {
    const { deployer, space } = foundation;
    await pushImage(deployer, space, 'lost', '  random-route: true\n');
    const { body } = await deployer.get('/v3/routes');
    expect((body['resources'] as Json[]).map(({ host }) => host)).toEqual([
      expect.stringMatching(/^lost-[a-z]+-[a-z]+-[a-z]{2}$/),
    ]);
  });

  test('a buildpack has its installed name and the name that it reports', async () => {
    const { deployer, space } = foundation;
    const staged = await deployer.create('/v3/apps', { name: 'staged', relationships: { space: toOne(space) } });
    const droplet = await stageBits(deployer, staged);
    expect(droplet['buildpacks']).toEqual([
      { name: 'nodejs_buildpack', buildpack_name: 'nodejs', detect_output: 'nodejs', version: null },
    ]);
  });

  test('a plan without organizations is visible to admins only', async () => {
    const { admin } = foundation;
    const path = `/v3/service_plans/${await admin.find('/v3/service_plans?names=large')}/visibility`;
    const organization = await admin.find('/v3/organizations?names=egress-demo');
    await admin.patch(path, { type: 'organization', organizations: [{ guid: organization }] });
    expect((await admin.delete(`${path}/${organization}`)).status).toBe(204);
    expect((await admin.get(path)).body).toEqual({ type: 'admin' });
  });
});
