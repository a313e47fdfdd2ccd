/** Registered brokers, with a real broker program over HTTP, through a route. */
import { type Clock, systemClock } from '../../src/cloud/clock';
import { BROKER_TIMEOUT } from '../../src/osb/exchange';
import { KeptStore } from '../cloud/kept-store';
import { offering, OsbProgram, PASSWORD, plan, USERNAME } from '../support/osb-program';
import { Customer } from './customer';
import {
  Client,
  eventually,
  foundationForAll,
  makeSpace,
  pushImage,
  refusal,
  removeSpaces,
  startFoundation,
  toOne,
  type Json,
  type Reply,
} from '../../testing/harness';

/** The system's clock, except that brokers' time for an answer ends only when a test says so. */
class BrokerClock implements Clock {
  public readonly now = systemClock.now.bind(systemClock);
  public readonly elapsed = systemClock.elapsed.bind(systemClock);
  private readonly waits = new Set<() => void>();

  public after(milliseconds: number, callback: () => void): () => void {
    if (milliseconds !== BROKER_TIMEOUT) return systemClock.after(milliseconds, callback);
    this.waits.add(callback);
    return () => {
      this.waits.delete(callback);
    };
  }

  public endWaits(): void {
    for (const end of this.waits) end();
  }
}

const clock = new BrokerClock();
let program: OsbProgram;
let space: string;
let customer: Customer;

const URL_OF_ROUTE = 'http://broker.apps.localhost';

beforeAll(async () => {
  program = await OsbProgram.start();
});
const foundation = foundationForAll(() => ({ router: program.port, clock }));
afterAll(() => program.close());

beforeEach(async () => {
  program.reset();
  program.onHang = () => clock.endWaits();
  space = await makeSpace(foundation.deployer, 'space');
  customer = new Customer({ client: foundation.deployer, space, plan: 'small', brokers: 'own,renamed' });
});

/** A test leaves nothing behind for the next one. */
afterEach(async () => {
  const { admin } = foundation;
  await removeSpaces(admin);
  for (const { guid, name } of await admin.list('/v3/service_brokers')) {
    if (name !== 's3-broker') await admin.job(await admin.delete(`/v3/service_brokers/${String(guid)}`));
  }
  expect(foundation.failures.splice(0)).toEqual([]);
});

const authentication = (password = PASSWORD) => ({ type: 'basic', credentials: { username: USERNAME, password } });

const own = (more: Json = {}): Json => ({
  name: 'own',
  url: URL_OF_ROUTE,
  authentication: authentication(),
  relationships: { space: toOne(space) },
  ...more,
});

const register = async (body: Json = own(), client: Client = foundation.deployer): Promise<string> => {
  const job = await client.job(await client.post('/v3/service_brokers', body));
  expect(job).toMatchObject({ operation: 'service_broker.catalog.synchronize', state: 'COMPLETE', errors: [] });
  return client.find(`/v3/service_brokers?names=${String(body['name'])}`);
};

const read = async (path: string, client = foundation.deployer): Promise<Json> => (await client.get(path)).body;
const names = async (path: string, client?: Client): Promise<unknown[]> =>
  ((await read(path, client))['resources'] as Json[]).map(({ name }) => name);

/** A developer of another space of the organization. */
const stranger = async (): Promise<Client> => {
  const { admin } = foundation;
  const other = await makeSpace(foundation.deployer, 'other');
  const password = 'developer';
  const userName = `stranger-${String(performance.now())}`;
  const made = await admin.post('/uaa/Users', { userName, password });
  const user = toOne(await admin.create('/v3/users', { guid: String(made.body['id']) }));
  const organization = toOne(await admin.find('/v3/organizations'));
  await admin.create('/v3/roles', { type: 'organization_user', relationships: { user, organization } });
  await admin.create('/v3/roles', { type: 'space_developer', relationships: { user, space: toOne(other) } });
  return foundation.login(userName, password);
};

describe('a broker of a space', () => {
  test('is registered by a developer, and only visible in that space', async () => {
    const { deployer, admin } = foundation;
    const guid = await register(own({ metadata: { labels: { team: 'data' } } }));
    const { body, text } = await deployer.get(`/v3/service_brokers/${guid}`);
    expect(body).toMatchObject({
      name: 'own',
      url: URL_OF_ROUTE,
      relationships: { space: toOne(space) },
      metadata: { labels: { team: 'data' }, annotations: {} },
      links: { space: { href: expect.stringContaining(space) as string } },
    });
    expect(text).not.toContain(PASSWORD);
    expect(await names(`/v3/service_brokers?space_guids=${space}`)).toEqual(['own']);
    expect(await names('/v3/service_brokers?label_selector=team=data')).toEqual(['own']);
    expect(await names('/v3/service_brokers')).toEqual(['own']);
    expect(await names('/v3/service_brokers?order_by=name', admin)).toEqual(['own', 's3-broker']);
    const other = await stranger();
    expect(await names('/v3/service_brokers', other)).toEqual([]);
    expect((await other.get(`/v3/service_brokers/${guid}`)).status).toBe(404);
    expect(await names('/v3/service_offerings?names=databases', other)).toEqual([]);
    expect(await names('/v3/service_plans?service_offering_names=databases', other)).toEqual([]);
    const [hidden] = (await read('/v3/service_plans?service_offering_names=databases'))['resources'] as Json[];
    expect((await other.get(`/v3/service_plans/${String(hidden?.['guid'])}`)).status).toBe(404);
  });

  test('offers what its catalog has, in that space', async () => {
    program.services = [
      offering(
        'databases',
        [
          plan('tiny', {
            free: false,
            metadata: { bullets: ['slow'], costs: [{ amount: { usd: 99, eur: 49.5 }, unit: 'MONTHLY' }] },
          }),
        ],
        {
          tags: ['sql'],
          metadata: { shareable: true, documentationUrl: 'https://docs.example' },
          requires: ['syslog_drain'],
        },
      ),
    ];
    const guid = await register();
    expect((await read(`/v3/service_offerings?service_broker_guids=${guid}`))['resources']).toMatchObject([
      {
        name: 'databases',
        available: true,
        tags: ['sql'],
        requires: ['syslog_drain'],
        shareable: true,
        documentation_url: 'https://docs.example',
        broker_catalog: { id: 'databases-id', features: { bindable: true, instances_retrievable: true } },
        relationships: { service_broker: { data: { guid, name: 'own' } } },
      },
    ]);
    const [{ guid: tiny }] = (await read(`/v3/service_plans?broker_catalog_ids=tiny-id&include=space.organization`))[
      'resources'
    ] as [Json];
    expect(await read(`/v3/service_plans/${String(tiny)}?include=space.organization`)).toMatchObject({
      visibility_type: 'space',
      available: true,
      free: false,
      costs: [
        { amount: 99, currency: 'USD', unit: 'MONTHLY' },
        { amount: 49.5, currency: 'EUR', unit: 'MONTHLY' },
      ],
      broker_catalog: { id: 'tiny-id', metadata: { bullets: ['slow'] } },
      relationships: { space: toOne(space) },
      included: { spaces: [{ guid: space }], organizations: [{ name: 'egress-demo' }] },
    });
    expect(await read(`/v3/service_plans/${String(tiny)}/visibility`)).toEqual({
      type: 'space',
      space: { guid: space, name: 'space' },
    });
    const opened = await foundation.admin.patch(`/v3/service_plans/${String(tiny)}/visibility`, { type: 'public' });
    expect(refusal(opened)).toEqual([422, "cannot update plans with visibility type 'space'"]);
    expect(program.asked).toMatchObject([
      { method: 'GET', path: '/v2/catalog', headers: { 'x-broker-api-version': '2.17' } },
    ]);
  });

  test('is deleted with its space, including its instances', async () => {
    const { admin } = foundation;
    await register();
    await customer.makeKey(await customer.make('store'), 'one');
    await admin.job(await admin.delete(`/v3/spaces/${space}`));
    expect(program.calls.at(-1)).toBe('DELETE instance');
    expect([program.instances.size, program.bindings.size]).toEqual([0, 0]);
    expect(await names('/v3/service_brokers', admin)).toEqual(['s3-broker']);
    expect(await names('/v3/service_offerings?names=databases', admin)).toEqual([]);
  });
});

describe('a broker for everybody', () => {
  test('needs an admin, and its plans are visible once the admin enables them', async () => {
    const { admin, deployer } = foundation;
    const everybody = own({ relationships: undefined, name: 'everybody' });
    expect((await deployer.post('/v3/service_brokers', everybody)).status).toBe(403);
    const guid = await register(everybody, admin);
    expect((await deployer.get(`/v3/service_brokers/${guid}`)).status).toBe(404);
    expect(await names('/v3/service_plans?service_offering_names=databases')).toEqual([]);
    const large = await admin.find('/v3/service_plans?names=large&service_offering_names=databases');
    expect((await read(`/v3/service_plans/${large}`, admin))['visibility_type']).toBe('admin');
    await admin.patch(`/v3/service_plans/${large}/visibility`, { type: 'public' });
    expect(await names('/v3/service_plans?service_offering_names=databases')).toEqual(['large']);
    expect((await deployer.delete(`/v3/service_brokers/${guid}`)).status).toBe(404);
    expect((await deployer.patch(`/v3/service_brokers/${guid}`, { name: 'mine' })).status).toBe(403);
  });

  test("may be built in, and then can't be changed", async () => {
    const { admin } = foundation;
    const guid = await admin.find('/v3/service_brokers?names=s3-broker');
    const text = "The service broker s3-broker is built in: you can't change or delete it";
    expect(refusal(await admin.patch(`/v3/service_brokers/${guid}`, { name: 'mine' }))).toEqual([422, text]);
    expect(refusal(await admin.delete(`/v3/service_brokers/${guid}`))).toEqual([422, text]);
  });
});

describe('a registration is refused', () => {
  test.each<[string, Json, string]>([
    ['without a url', { url: undefined }, "Url can't be blank"],
    ['with a url that is none', { url: 'broker' }, 'Url must be a valid url'],
    ['with a url of another kind', { url: 'file:///etc/passwd' }, 'Url must be a valid url'],
    ['with a password in its url', { url: 'http://a:b@broker.example' }, 'Url must not contain authentication'],
    ['without a name', { name: '' }, 'Name must not be empty string'],
    [
      'with another kind of authentication',
      { authentication: { type: 'oauth', credentials: { username: 'a', password: 'b' } } },
      "Authentication type must be one of: 'basic'",
    ],
    [
      'without a password',
      { authentication: { type: 'basic', credentials: { username: 'a' } } },
      "Authentication credentials password can't be blank",
    ],
    [
      'with a colon in the name of the user',
      { authentication: { type: 'basic', credentials: { username: 'a:b', password: 'c' } } },
      "Authentication credentials username can't contain a colon",
    ],
    [
      'in a space that is not there',
      { relationships: { space: toOne('00000000-0000-4000-8000-000000000000') } },
      'Invalid space. Ensure that the space exists and you have access to it.',
    ],
  ])('%s', async (_what, more, text) => {
    expect(refusal(await foundation.deployer.post('/v3/service_brokers', own(more)))).toEqual([422, text]);
    expect(program.asked).toEqual([]);
  });

  test("with another broker's name, even a hidden one's", async () => {
    const { deployer } = foundation;
    const taken = [422, 'Name must be unique'];
    expect(refusal(await deployer.post('/v3/service_brokers', own({ name: 's3-broker' })))).toEqual(taken);
    const guid = await register();
    expect(refusal(await deployer.post('/v3/service_brokers', own()))).toEqual(taken);
    expect(refusal(await deployer.patch(`/v3/service_brokers/${guid}`, { name: 's3-broker' }))).toEqual(taken);
  });
});

describe('a catalog that cannot be had', () => {
  /** The broker exists, but accepts no instances. */
  const failed = async (body: Json = own()): Promise<Json> => {
    const { deployer } = foundation;
    const job = await deployer.job(await deployer.post('/v3/service_brokers', body));
    expect(job['state']).toBe('FAILED');
    expect(await names('/v3/service_brokers')).toEqual(['own']);
    expect(await names('/v3/service_plans?service_offering_names=databases')).toEqual([]);
    expect(JSON.stringify(job)).not.toContain(PASSWORD);
    return (job['errors'] as Json[])[0] as Json;
  };

  test('for a wrong password gets the error, and is registered with the right one', async () => {
    const { deployer } = foundation;
    expect(await failed(own({ authentication: authentication('wrong') }))).toMatchObject({
      code: 10001,
      detail: 'Authentication with the service broker failed. Double-check that the username and password are correct.',
    });
    const guid = await deployer.find('/v3/service_brokers');
    const reply = await deployer.patch(`/v3/service_brokers/${guid}`, { authentication: authentication() });
    expect(await deployer.job(reply)).toMatchObject({ operation: 'service_broker.update', state: 'COMPLETE' });
    expect(await names('/v3/service_plans?service_offering_names=databases&order_by=name')).toEqual(['large', 'small']);
  });

  test.each<[string, Parameters<OsbProgram['once']>[1], Json]>([
    [
      'because the url is another one',
      { status: 404 },
      {
        code: 270020,
        title: 'CF-ServiceBrokerRequestRejected',
        detail:
          'The service broker rejected the request. Status Code: 404 Not Found. ' +
          'Please check that the URL points to a valid service broker.',
      },
    ],
    [
      'because it is no JSON',
      { status: 200, body: '<html>' },
      {
        code: 270021,
        title: 'CF-ServiceBrokerRequestMalformed',
        detail:
          'The service broker returned an invalid response: expected valid JSON object in body. ' +
          'Please check that the URL points to a valid service broker.',
      },
    ],
    [
      'because it leads elsewhere',
      { status: 302, body: 'over there', headers: { Location: 'http://127.0.0.1/' } },
      {
        code: 10001,
        detail: 'The service broker returned an invalid response. Status Code: 302 Found, Body: over there',
      },
    ],
    [
      'because the broker has an error',
      { status: 500, body: { description: 'no disk' } },
      { code: 10001, detail: 'Service broker error: no disk' },
    ],
    [
      'because the broker does not answer in time',
      'hang',
      { code: 10001, detail: `The request to the service broker timed out: ${URL_OF_ROUTE}/v2/catalog` },
    ],
    [
      'because the broker hangs up',
      'cut',
      {
        code: 10001,
        detail: expect.stringContaining(
          `The service broker could not be reached: ${URL_OF_ROUTE}/v2/catalog: `,
        ) as string,
      },
    ],
    [
      'because it is not a catalog',
      {
        status: 200,
        body: {
          services: [
            offering('one', [plan('a'), plan('a', { id: 'b-id', free: 'no' }), plan('c', { id: 'a-id', name: '' })], {
              bindable: undefined,
              requires: ['everything'],
            }),
            offering('one', [plan('d', { schemas: { service_instance: { create: { parameters: {} } } } })], {
              tags: 1,
            }),
            offering('two', []),
          ],
        },
      },
      {
        code: 270012,
        title: 'CF-ServiceBrokerCatalogInvalid',
        detail:
          'Service broker catalog is invalid: \n' +
          'Service ids must be unique\n' +
          'Service names must be unique within a broker\n' +
          'Service one\n' +
          '  Service "requires" field contains unsupported value "everything"\n' +
          '  Service "bindable" field is required\n' +
          "  Plan ids must be unique. Service one already has a plan with id 'a-id'\n" +
          '  Plan names must be unique within a service. Service one already has a plan named a\n' +
          '  Plan a\n' +
          '    Plan free must be a boolean, but has value "no"\n' +
          '  Plan \n' +
          '    Plan name is required\n' +
          'Service one\n' +
          '  Service tags must be an array of strings, but has value 1\n' +
          '  Plan d\n' +
          '    Schema service_instance.create.parameters is not valid. Schema must have $schema key but was not present\n' +
          'Service two\n' +
          '  At least one plan is required\n',
      },
    ],
    [
      'because it is empty',
      { status: 200, body: {} },
      { detail: 'Service broker catalog is invalid: \nService broker must provide at least one service\n' },
    ],
    [
      'because it needs what this platform has not',
      { status: 200, body: { services: [offering('disks', [plan('a')], { requires: ['volume_mount'] })] } },
      {
        code: 270019,
        title: 'CF-ServiceBrokerCatalogIncompatible',
        detail:
          'Service broker catalog is incompatible: \n' +
          'Service disks is declared to be a volume mount service but support for volume mount services is disabled.\n',
      },
    ],
  ])('%s is told so', async (_why, instead, error) => {
    program.once('GET catalog', instead);
    expect(await failed()).toMatchObject(error);
  });

  test('leaves a broker unchanged if its update fails', async () => {
    const { deployer } = foundation;
    const guid = await register();
    program.once('GET catalog', { status: 500 });
    const change = { name: 'changed', url: 'http://another.apps.localhost', metadata: { labels: { a: 'b' } } };
    const job = await deployer.job(await deployer.patch(`/v3/service_brokers/${guid}`, change));
    expect(job).toMatchObject({
      state: 'FAILED',
      errors: [
        { detail: 'The service broker returned an invalid response. Status Code: 500 Internal Server Error, Body: {}' },
      ],
    });
    expect(await read(`/v3/service_brokers/${guid}`)).toMatchObject({
      name: 'own',
      url: URL_OF_ROUTE,
      metadata: { labels: {} },
    });
    await customer.make('store');
  });
});

describe('where a broker may be', () => {
  const ADVICE = 'register a route of an application, or a host on the internet';

  test.each([
    ['http://127.0.0.1:PORT', '127.0.0.1 is not a public address'],
    ['http://0x7f.1:PORT', '127.0.0.1 is not a public address'],
    ['http://localhost:PORT', '127.0.0.1 is not a public address'],
    ['http://[::1]:PORT', '::1 is not a public address'],
    ['http://[::ffff:127.0.0.1]:PORT', '::ffff:7f00:1 is not a public address'],
    ['http://0.0.0.0:PORT', '0.0.0.0 is not a public address'],
    ['http://10.255.0.16:8080', '10.255.0.16 is not a public address'],
    ['http://172.31.224.2:8700', '172.31.224.2 is not a public address'],
    ['http://169.254.169.254', '169.254.169.254 is not a public address'],
    ['http://192.168.1.1', '192.168.1.1 is not a public address'],
  ])('is not %s', async (url, why) => {
    const { deployer } = foundation;
    const there = url.replace('PORT', String(program.port));
    const job = await deployer.job(await deployer.post('/v3/service_brokers', own({ url: there })));
    expect(job).toMatchObject({
      state: 'FAILED',
      errors: [
        { detail: `The service broker could not be reached: ${new URL(there).origin}/v2/catalog: ${why}; ${ADVICE}` },
      ],
    });
    expect(program.asked).toEqual([]);
  });

  test.each(['https://broker.apps.localhost:80', 'http://broker.apps.localhost:8700'])(
    'is the router on its own port alone, so not %s',
    async (url) => {
      const { deployer } = foundation;
      const job = await deployer.job(await deployer.post('/v3/service_brokers', own({ url })));
      const why = 'the router of this foundation has no such port; register http://broker.apps.localhost';
      expect(job).toMatchObject({
        errors: [{ detail: `The service broker could not be reached: ${url}/v2/catalog: ${why}` }],
      });
    },
  );

  test('may be a route with https, as on the platform, although there is no TLS here', async () => {
    await register(own({ url: 'https://broker.apps.localhost' }));
    expect(program.asked).toMatchObject([{ path: '/v2/catalog', headers: { host: 'broker.apps.localhost' } }]);
  });

  test("may be a path of a route, and name the router's port", async () => {
    const { deployer } = foundation;
    const url = `http://broker.apps.localhost:${program.port}/some/where/`;
    await deployer.job(await deployer.post('/v3/service_brokers', own({ url })));
    expect(program.asked).toMatchObject([
      { path: '/some/where/v2/catalog', headers: { host: `broker.apps.localhost:${program.port}` } },
    ]);
  });
});

describe('a broker that changes', () => {
  const change = async (guid: string, body: Json): Promise<Json> => {
    const { deployer } = foundation;
    return deployer.job(await deployer.patch(`/v3/service_brokers/${guid}`, body));
  };

  test('gets labels at once, and a new name without fetching the catalog', async () => {
    const { deployer } = foundation;
    const guid = await register();
    const labeled = await deployer.patch(`/v3/service_brokers/${guid}`, { metadata: { labels: { a: 'b' } } });
    expect([labeled.status, labeled.body]).toMatchObject([200, { metadata: { labels: { a: 'b' } } }]);
    expect(await change(guid, { name: 'renamed', metadata: { annotations: { c: 'd' } } })).toMatchObject({
      state: 'COMPLETE',
    });
    expect(await read(`/v3/service_brokers/${guid}`)).toMatchObject({
      name: 'renamed',
      metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
    });
    expect(program.calls).toEqual(['GET catalog']);
  });

  test('gets its catalog read again: new plans appear, renamed ones stay, and removed ones disappear', async () => {
    const guid = await register();
    const small = await customer.planGuid('small');
    program.services = [
      offering('databases', [plan('small', { name: 'little', description: 'Another word.' }), plan('huge')]),
      offering('queues', [plan('fast')]),
    ];
    expect(await change(guid, { url: `${URL_OF_ROUTE}/` })).toMatchObject({ state: 'COMPLETE', warnings: [] });
    expect(await names('/v3/service_offerings?service_broker_names=own&order_by=name')).toEqual([
      'databases',
      'queues',
    ]);
    expect(await names('/v3/service_plans?service_broker_names=own&order_by=name')).toEqual(['fast', 'huge', 'little']);
    expect(await customer.planGuid('little')).toBe(small);
  });

  test('keeps a removed plan that has instances, but allows no new ones', async () => {
    const { deployer } = foundation;
    const guid = await register();
    const instance = await customer.make('store');
    const small = await customer.planGuid('small');
    program.services = [offering('queues', [plan('fast')])];
    const job = await change(guid, { authentication: authentication() });
    expect(job['warnings']).toEqual([
      {
        detail:
          `Warning: Service plans are missing from the broker's catalog (${URL_OF_ROUTE}/v2/catalog) but can not be removed ` +
          'from Cloud Foundry while instances exist. The plans have been deactivated to prevent users from attempting to ' +
          'provision new instances of these plans. The broker should continue to support bind, unbind, and delete for ' +
          'existing instances; if these operations fail contact your broker provider.\ndatabases\n  small\n',
      },
    ]);
    expect(await names('/v3/service_plans?service_broker_names=own&available=true')).toEqual(['fast']);
    expect(await names('/v3/service_offerings?service_broker_names=own&available=false')).toEqual(['databases']);
    expect(await read(`/v3/service_plans/${small}`)).toMatchObject({ name: 'small', available: false });
    expect(refusal(await customer.order('another'))).toEqual([
      422,
      'Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.',
    ]);
    await customer.makeKey(instance, 'one');
    await deployer.job(await deployer.delete(`/v3/service_instances/${instance}`));
    await change(guid, { authentication: authentication() });
    expect(await names('/v3/service_plans?service_broker_names=own')).toEqual(['fast']);
    expect(await names('/v3/service_offerings?service_broker_names=own')).toEqual(['queues']);
  });

  test("can give an offering's name to another one if there are no instances", async () => {
    const guid = await register();
    await customer.make('store');
    program.services = [offering('databases', [plan('small', { id: 'new-id' })], { id: 'others-id' })];
    expect(await change(guid, { authentication: authentication() })).toMatchObject({
      errors: [
        {
          detail:
            'Service broker catalog is invalid: \n' +
            'Service names must be unique within a broker. Services with names ["databases"] already exist\n',
        },
      ],
    });
  });

  test('is busy until the update is done, and accepts neither changes nor instances', async () => {
    const { deployer } = foundation;
    const guid = await register();
    const small = await customer.planGuid('small');
    program.once('GET catalog', 'hang');
    const hangs = new Promise<void>((resolve) => {
      program.onHang = resolve;
    });
    const reply = await deployer.patch(`/v3/service_brokers/${guid}`, { authentication: authentication() });
    expect(refusal(await deployer.patch(`/v3/service_brokers/${guid}`, { name: 'renamed' }))).toEqual([
      422,
      'Cannot update a broker when other operation is already in progress',
    ]);
    const relationships = { space: toOne(space), service_plan: toOne(small) };
    const ordered = await deployer.post('/v3/service_instances', { type: 'managed', name: 'store', relationships });
    expect(refusal(ordered)).toEqual([
      422,
      'The service instance cannot be created because there is an operation in progress for the service broker.',
    ]);
    await hangs;
    clock.endWaits();
    expect(await deployer.job(reply)).toMatchObject({ state: 'FAILED' });
    await customer.make('store');
  });

  test('is deleted with its offerings, once there are no instances', async () => {
    const { deployer } = foundation;
    const guid = await register();
    const instance = await customer.make('store');
    const { status, body } = await deployer.delete(`/v3/service_brokers/${guid}`);
    expect([status, (body['errors'] as Json[])[0]]).toEqual([
      422,
      {
        code: 270010,
        title: 'CF-ServiceBrokerNotRemovable',
        detail: 'Can not remove brokers that have associated service instances: own',
      },
    ]);
    await deployer.job(await deployer.delete(`/v3/service_instances/${instance}`));
    const job = await deployer.job(await deployer.delete(`/v3/service_brokers/${guid}`));
    expect(job).toMatchObject({ operation: 'service_broker.delete', state: 'COMPLETE' });
    expect((await deployer.get(`/v3/service_brokers/${guid}`)).status).toBe(404);
    expect(await names('/v3/service_offerings?names=databases')).toEqual([]);
  });
});

describe('an instance', () => {
  test('is created, updated, and deleted by the broker, which gets its context', async () => {
    const { deployer } = foundation;
    await register();
    const organization = await deployer.find('/v3/organizations?names=egress-demo');
    const guid = await customer.make('store', 'small', { parameters: { size: 1 } });
    expect(await read(`/v3/service_instances/${guid}`)).toMatchObject({
      dashboard_url: `https://dashboard.example/${guid}`,
      last_operation: { type: 'create', state: 'succeeded' },
    });
    expect(await read(`/v3/service_instances/${guid}/parameters`)).toEqual({ size: 1 });
    const relationships = { service_plan: toOne(await customer.planGuid('large')) };
    const reply = await deployer.patch(`/v3/service_instances/${guid}`, { relationships, parameters: { size: 2 } });
    expect(await deployer.job(reply)).toMatchObject({ state: 'COMPLETE' });
    await deployer.job(await deployer.delete(`/v3/service_instances/${guid}`));
    const context = {
      platform: 'cloudfoundry',
      organization_guid: organization,
      organization_name: 'egress-demo',
      space_guid: space,
      space_name: 'space',
      instance_name: 'store',
    };
    const path = `/v2/service_instances/${guid}`;
    expect(program.asked.map(({ method, path: at, query, body }) => [method, at, query, body])).toEqual([
      ['GET', '/v2/catalog', {}, {}],
      [
        'PUT',
        path,
        { accepts_incomplete: 'true' },
        {
          service_id: 'databases-id',
          plan_id: 'small-id',
          organization_guid: organization,
          space_guid: space,
          context,
          parameters: { size: 1 },
        },
      ],
      ['GET', path, { service_id: 'databases-id', plan_id: 'small-id' }, {}],
      [
        'PATCH',
        path,
        { accepts_incomplete: 'true' },
        {
          service_id: 'databases-id',
          plan_id: 'large-id',
          context,
          previous_values: {
            service_id: 'databases-id',
            plan_id: 'small-id',
            organization_id: organization,
            space_id: space,
          },
          parameters: { size: 2 },
        },
      ],
      ['DELETE', path, { service_id: 'databases-id', plan_id: 'large-id', accepts_incomplete: 'true' }, {}],
    ]);
    const user = await deployer.find('/v3/users?usernames=deployer');
    const identity = `cloudfoundry ${Buffer.from(JSON.stringify({ user_id: user })).toString('base64')}`;
    expect(new Set(program.asked.map(({ headers }) => headers['x-broker-api-originating-identity']))).toEqual(
      new Set([identity]),
    );
  });

  test('is bound by applications and keys, each with its own credentials', async () => {
    const { deployer, cell } = foundation;
    await register();
    const guid = await customer.make('store');
    const app = await pushImage(deployer, space, 'web', '  services: [{name: store, parameters: {mode: read}}]\n');
    const [spec] = await eventually(() => (cell.running.size === 1 ? [...cell.running.values()] : undefined));
    const binding = await deployer.find(`/v3/service_credential_bindings?app_guids=${app}`);
    expect(JSON.parse(spec?.env['VCAP_SERVICES'] ?? '')).toMatchObject({
      databases: [{ label: 'databases', plan: 'small', name: 'store', credentials: { user: binding } }],
    });
    const key = await customer.makeKey(guid, 'one', { parameters: { mode: 'write' } });
    expect(await read(`/v3/service_credential_bindings/${key}/details`)).toMatchObject({
      credentials: { user: key, secret: `secret-of-${key}` },
    });
    expect(await read(`/v3/service_credential_bindings/${key}/parameters`)).toEqual({ mode: 'write' });
    expect([program.bindings.get(binding), program.bindings.get(key)]).toMatchObject([
      { app_guid: app, bind_resource: { app_guid: app, space_guid: space }, parameters: { mode: 'read' } },
      { bind_resource: { credential_client_id: 'cc_service_key_client' }, parameters: { mode: 'write' } },
    ]);
    await deployer.job(await deployer.delete(`/v3/service_credential_bindings/${key}`));
    await deployer.job(await deployer.delete(`/v3/apps/${app}`));
    expect(program.bindings.size).toBe(0);
  });

  test("of a plan that is not bindable can't be bound", async () => {
    program.services = [offering('databases', [plan('small', { bindable: false })])];
    await register();
    expect(refusal(await customer.orderKey(await customer.make('store'), 'one'))).toEqual([
      422,
      'Service plan does not allow bindings.',
    ]);
  });

  test('drains logs only for a logging service', async () => {
    const drain = 'syslog://logs.example';
    program.services = [offering('databases', [plan('small')], { requires: ['syslog_drain'] })];
    const broker = await register();
    const guid = await customer.make('store');
    const said = { status: 201, body: { credentials: {}, syslog_drain_url: drain } };
    program.once('PUT binding', said);
    const key = await customer.makeKey(guid, 'one');
    expect(await read(`/v3/service_credential_bindings/${key}/details`)).toMatchObject({ syslog_drain_url: drain });
    program.services = [offering('databases', [plan('small')])];
    const { deployer } = foundation;
    await deployer.job(await deployer.patch(`/v3/service_brokers/${broker}`, { authentication: authentication() }));
    program.once('PUT binding', said);
    expect(await deployer.job(await customer.orderKey(guid, 'two'))).toMatchObject({
      errors: [
        {
          detail:
            'bind could not be completed: The service is attempting to stream logs from your application, but is not ' +
            'registered as a logging service. Please contact the service provider.',
        },
      ],
    });
    await eventually(() => (program.calls.at(-1) === 'DELETE binding' ? true : undefined));
  });
});

describe('an asynchronous operation', () => {
  beforeEach(() => {
    program.patience = 2;
  });

  const operation = async (guid: string): Promise<Json> =>
    (await read(`/v3/service_instances/${guid}`))['last_operation'] as Json;

  /** The broker's later calls about the instance or binding. */
  const polls = (call: string): Json[] =>
    program.asked.flatMap(({ method, path, query }) =>
      method === 'GET' && path.endsWith(`${call}/last_operation`) ? [query] : [],
    );

  test('is polled until it is done, for instances, keys, and their deletion', async () => {
    const { deployer } = foundation;
    await register();
    const guid = await customer.make('store');
    const ids = { service_id: 'databases-id', plan_id: 'small-id' };
    expect(polls(guid)).toEqual(Array(3).fill({ ...ids, operation: 'make' }));
    expect(await read(`/v3/service_instances/${guid}`)).toMatchObject({
      dashboard_url: `https://dashboard.example/${guid}`,
      last_operation: { type: 'create', state: 'succeeded', description: 'Operation succeeded' },
    });
    const relationships = { service_plan: toOne(await customer.planGuid('large')) };
    await deployer.job(await deployer.patch(`/v3/service_instances/${guid}`, { relationships }));
    expect(polls(guid).slice(3)).toEqual(Array(3).fill({ ...ids, operation: 'change' }));
    const key = await customer.makeKey(guid, 'one');
    expect(await read(`/v3/service_credential_bindings/${key}/details`)).toMatchObject({ credentials: { user: key } });
    await deployer.job(await deployer.delete(`/v3/service_credential_bindings/${key}`));
    await deployer.job(await deployer.delete(`/v3/service_instances/${guid}`));
    expect([program.instances.size, program.bindings.size]).toEqual([0, 0]);
    expect((await deployer.get(`/v3/service_instances/${guid}`)).status).toBe(404);
  });

  test("shows the broker's description meanwhile", async () => {
    const { deployer } = foundation;
    await register();
    program.patience = 1_000_000;
    const reply = await customer.order('store');
    const guid = await deployer.find('/v3/service_instances?names=store');
    const description = await eventually(async () => {
      const now = await operation(guid);
      return String(now['description']).startsWith('make: ') ? now : undefined;
    });
    expect(description).toMatchObject({ type: 'create', state: 'in progress' });
    expect(Object.keys(description).sort()).toEqual(['created_at', 'description', 'state', 'type', 'updated_at']);
    program.patience = 0;
    program.once('GET instance operation', { status: 200, body: { state: 'succeeded', description: 'ready at last' } });
    expect(await deployer.job(reply)).toMatchObject({ state: 'COMPLETE' });
    expect(await operation(guid)).toMatchObject({ state: 'succeeded', description: 'ready at last' });
  });

  test('survives bad answers to polls', async () => {
    await register();
    program.once('GET instance operation', { status: 500 });
    program.once('GET instance operation', { status: 200, body: 'not JSON' });
    program.once('GET instance operation', { status: 200, body: { state: 'perhaps' } });
    program.once('GET instance operation', 'cut');
    await customer.make('store');
  });

  test("fails with the broker's message, and the broker is then told to undo it", async () => {
    const { deployer } = foundation;
    await register();
    program.once('GET instance operation', { status: 200, body: { state: 'failed', description: 'no room' } });
    const job = await deployer.job(await customer.order('store'));
    expect(job).toMatchObject({ errors: [{ code: 10009, detail: 'provision could not be completed: no room' }] });
    const guid = await deployer.find('/v3/service_instances?names=store');
    expect(await operation(guid)).toMatchObject({ type: 'create', state: 'failed', description: 'no room' });
    await eventually(() => (program.instances.size === 0 ? true : undefined));
    await deployer.job(await deployer.delete(`/v3/service_instances/${guid}`));
  });

  test('fails after the time that its plan allows', async () => {
    program.services = [offering('databases', [plan('small', { maximum_polling_duration: 0 })])];
    await register();
    const { deployer } = foundation;
    expect(await deployer.job(await customer.order('store'))).toMatchObject({
      errors: [
        { detail: 'provision could not be completed: Service Broker failed to provision within the required time.' },
      ],
    });
    await eventually(() => (program.calls.at(-1) === 'DELETE instance' ? true : undefined));
  });

  test("fails for a binding whose credentials can't be fetched", async () => {
    program.services = [offering('databases', [plan('small')], { bindings_retrievable: false })];
    await register();
    const guid = await customer.make('store');
    expect(await foundation.deployer.job(await customer.orderKey(guid, 'one'))).toMatchObject({
      errors: [
        {
          detail:
            'bind could not be completed: The broker responded asynchronously but does not support fetching binding data.',
        },
      ],
    });
    await eventually(() => (program.bindings.size === 0 ? true : undefined));
  });

  test('continues after a restart of the foundation, without a second request to the broker', async () => {
    const options = { store: new KeptStore(), router: program.port };
    const first = await startFoundation(options);
    try {
      const there = await makeSpace(first.deployer, 'space');
      const body = own({ relationships: { space: toOne(there) } });
      await first.deployer.job(await first.deployer.post('/v3/service_brokers', body));
      const small = await first.deployer.find('/v3/service_plans?names=small&service_broker_names=own');
      program.patience = 1_000_000;
      const relationships = { space: toOne(there), service_plan: toOne(small) };
      await first.deployer.post('/v3/service_instances', { type: 'managed', name: 'store', relationships });
      await eventually(() => (program.asked.some(({ path }) => path.endsWith('last_operation')) ? true : undefined));
    } finally {
      await first.close();
    }
    const second = await startFoundation(options);
    try {
      program.once('GET instance operation', { status: 200, body: { state: 'succeeded' } });
      const instance = await eventually(async () => {
        const [row] = await second.admin.list('/v3/service_instances');
        return (row?.['last_operation'] as Json)['state'] === 'in progress' ? undefined : row;
      });
      expect(instance).toMatchObject({ last_operation: { type: 'create', state: 'succeeded' } });
      expect(program.calls).toEqual(['GET catalog', 'PUT instance']);
      expect([first.failures, second.failures]).toEqual([[], []]);
    } finally {
      await second.close();
    }
  });
});

describe('a broker that fails', () => {
  beforeEach(() => register());

  const failure = async (reply: Reply): Promise<unknown> =>
    ((await foundation.deployer.job(reply))['errors'] as Json[])[0]?.['detail'];

  const late = (path: string): string =>
    `The request to the service broker timed out: ${URL_OF_ROUTE}/v2/service_instances/${path}?accepts_incomplete=true`;

  test.each<[string, Parameters<OsbProgram['once']>[1], string]>([
    ['says no', { status: 400, body: { description: 'no size' } }, 'Service broker error: no size'],
    [
      'says no without a word',
      { status: 403, body: 'no' },
      'The service broker rejected the request. Status Code: 403 Forbidden, Body: no',
    ],
    ['has another instance of that name', { status: 409 }, 'Resource conflict'],
    [
      'is at something else',
      { status: 422, body: { error: 'ConcurrencyError', description: 'later' } },
      'The service broker could not perform this operation in parallel with other running operations',
    ],
    ['answers with no JSON', { status: 200, body: 'made' }, "broker returned 'made'"],
  ])('and %s counts as having created nothing', async (_how, instead, text) => {
    program.once('PUT instance', instead);
    expect(await failure(await customer.order('store'))).toEqual(expect.stringContaining(text));
    // A call to undo the first request would come before this one.
    program.once('PUT instance', { status: 400 });
    await failure(await customer.order('another'));
    expect(program.calls).toEqual(['GET catalog', 'PUT instance', 'PUT instance']);
  });

  test.each<[string, Parameters<OsbProgram['once']>[1]]>([
    ['has an error', { status: 500 }],
    ['does not answer in time', 'hang'],
    ['hangs up', 'cut'],
    ['has made something, and answers with no JSON', { status: 201, body: 'made' }],
  ])('and %s is told to undo it until it succeeds', async (_how, instead) => {
    const { deployer } = foundation;
    program.once('PUT instance', instead);
    program.once('DELETE instance', { status: 500 });
    await failure(await customer.order('store'));
    await eventually(() => (program.calls.length === 4 ? true : undefined));
    expect(program.calls).toEqual(['GET catalog', 'PUT instance', 'DELETE instance', 'DELETE instance']);
    const instance = await customer.make('another');
    program.once('PUT binding', instead);
    await failure(await customer.orderKey(instance, 'one'));
    const key = await deployer.find('/v3/service_credential_bindings?names=one');
    await eventually(() =>
      program.asked.some(({ method, path }) => method === 'DELETE' && path.endsWith(key)) ? true : undefined,
    );
  });

  test('to answer in time is reported with its URL', async () => {
    program.once('PUT instance', 'hang');
    const text = await failure(await customer.order('store'));
    const guid = await foundation.deployer.find('/v3/service_instances?names=store');
    expect(text).toBe(`provision could not be completed: ${late(guid)}`);
  });

  test('to create all bindings of a manifest is told to delete those that it created', async () => {
    const { deployer } = foundation;
    await customer.make('one');
    await customer.make('two');
    program.once('PUT binding', { status: 201, body: { credentials: {} } });
    program.once('PUT binding', { status: 400, body: { description: 'enough' } });
    const manifest = 'applications:\n- name: web\n  docker: {image: image}\n  services: [one, two]\n';
    expect(await failure(await deployer.applyManifest(space, manifest))).toBe(
      "For application 'web': For service 'two': Service broker error: enough",
    );
    await eventually(() => (program.calls.at(-1) === 'DELETE binding' ? true : undefined));
  });

  test('to update or delete an instance leaves it there, and the message names it', async () => {
    const { deployer } = foundation;
    const guid = await customer.make('store');
    const key = await customer.makeKey(guid, 'one');
    program.once('PATCH instance', { status: 500, body: { description: 'stuck' } });
    const change = await deployer.patch(`/v3/service_instances/${guid}`, { parameters: { size: 2 } });
    expect(await failure(change)).toBe('update could not be completed: Service broker error: stuck');
    program.once('DELETE binding', { status: 500, body: { description: 'stuck' } });
    expect(await failure(await deployer.delete(`/v3/service_credential_bindings/${key}`))).toBe(
      'unbind could not be completed: Service instance store: Service broker error: stuck',
    );
    program.once('DELETE instance', { status: 500, body: { description: 'stuck' } });
    expect(await failure(await deployer.delete(`/v3/service_instances/${guid}`))).toBe(
      'delete could not be completed: Service instance store: Service broker error: stuck',
    );
    expect(await read(`/v3/service_instances/${guid}`)).toMatchObject({
      last_operation: { type: 'delete', state: 'failed' },
    });
    await deployer.job(await deployer.delete(`/v3/service_instances/${guid}`));
    expect(program.instances.size).toBe(0);
  });

  test('to return parameters is reported as failed', async () => {
    const { deployer } = foundation;
    const guid = await customer.make('store');
    program.once('GET instance', { status: 500, body: { description: 'stuck' } });
    expect(refusal(await deployer.get(`/v3/service_instances/${guid}/parameters`))).toEqual([
      502,
      'Service broker error: stuck',
    ]);
  });

  test('and has lost what it should delete counts as having deleted it', async () => {
    const { deployer } = foundation;
    const guid = await customer.make('store');
    program.instances.clear();
    expect(await deployer.job(await deployer.delete(`/v3/service_instances/${guid}`))).toMatchObject({
      state: 'COMPLETE',
    });
  });
});
