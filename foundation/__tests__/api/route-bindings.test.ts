/** Route services: which service can be bound to which route, and what the router gets. */
import type { RouteRule } from '../../src/cell/cell';
import {
  eventually,
  foundationForAll,
  makeSpace,
  pushImage,
  refusal,
  removeSpaces,
  toOne,
  type Json,
  type Reply,
  makeRoute as makeRouteIn,
  makeService as makeServiceIn,
} from '../../testing/harness';

const BINDINGS = '/v3/service_route_bindings';
const URL_OF_SERVICE = 'https://guard.apps.localhost/check';

const foundation = foundationForAll();
let space: string;
let route: string;
let service: string;

const makeRoute = (host: string, domain?: string, where = space): Promise<string> =>
  makeRouteIn(foundation.deployer, where, host, domain);

const makeService = (name: string, more: object = { route_service_url: URL_OF_SERVICE }): Promise<string> =>
  makeServiceIn(foundation.deployer, space, name, more);

const bind = (instance = service, to = route, more: object = {}): Promise<Reply> =>
  foundation.deployer.post(BINDINGS, {
    relationships: { service_instance: toOne(instance), route: toOne(to) },
    ...more,
  });

const made = async (reply: Promise<Reply>): Promise<string> => {
  const { status, body } = await reply;
  expect(status).toBe(201);
  return String(body['guid']);
};

const listed = async (query = ''): Promise<unknown[]> => {
  const { body } = await foundation.deployer.get(`${BINDINGS}${query}`);
  return (body['resources'] as Json[]).map(({ guid }) => guid);
};

/** The router's current routes. */
const routed = (): readonly (string | undefined)[] =>
  (foundation.cell.network?.routes ?? []).map(({ hostname, routeService }: RouteRule) =>
    routeService === undefined ? hostname : `${hostname} by ${routeService}`,
  );
const expectRouted = async (...routes: string[]): Promise<void> => {
  await eventually(() => JSON.stringify(routed()) === JSON.stringify(routes) || undefined);
};

beforeEach(async () => {
  space = await makeSpace(foundation.deployer, 'space');
  route = await makeRoute('shop');
  service = await makeService('guard');
});

/** A test leaves nothing behind for the next one. */
afterEach(async () => {
  const { admin } = foundation;
  await removeSpaces(admin);
  expect((await admin.get(BINDINGS)).body['resources']).toEqual([]);
  expect(foundation.failures.splice(0)).toEqual([]);
});

test('a route service is bound synchronously, and gets requests until it is unbound', async () => {
  const { deployer } = foundation;
  await expectRouted('shop.apps.localhost');
  const { status, body } = await bind(service, route, { metadata: { labels: { purpose: 'test' } } });
  const { guid, created_at: at } = body as { guid: string; created_at: string };
  const { url } = foundation.service;
  expect([status, body]).toEqual([
    201,
    {
      guid,
      created_at: at,
      updated_at: at,
      route_service_url: URL_OF_SERVICE,
      last_operation: { type: 'create', state: 'succeeded', description: null, created_at: at, updated_at: at },
      relationships: { service_instance: toOne(service), route: toOne(route) },
      metadata: { labels: { purpose: 'test' }, annotations: {} },
      links: {
        self: { href: `${url}${BINDINGS}/${guid}` },
        service_instance: { href: `${url}/v3/service_instances/${service}` },
        route: { href: `${url}/v3/routes/${route}` },
      },
    },
  ]);
  expect((await deployer.get(`${BINDINGS}/${guid}`)).body).toEqual(body);
  await expectRouted(`shop.apps.localhost by ${URL_OF_SERVICE}`);

  expect((await deployer.delete(`${BINDINGS}/${guid}`)).status).toBe(204);
  expect(refusal(await deployer.get(`${BINDINGS}/${guid}`))).toEqual([404, 'Service route binding not found']);
  await expectRouted('shop.apps.localhost');
});

test('labels can be changed, and nothing else', async () => {
  const { deployer } = foundation;
  const path = `${BINDINGS}/${await made(bind())}`;
  const metadata = { labels: { purpose: 'proof' }, annotations: { note: 'a' } };
  expect((await deployer.patch(path, { metadata })).body).toMatchObject({ metadata });
  expect((await deployer.get(path)).body).toMatchObject({ metadata });
  expect((await deployer.patch(path, { route_service_url: 'https://x' })).status).toBe(422);
});

test('parameters are neither accepted nor returned', async () => {
  expect(refusal(await bind(service, route, { parameters: { a: 1 } }))).toEqual([
    422,
    'Binding parameters are not supported for user-provided service instances',
  ]);
  expect(refusal(await foundation.deployer.get(`${BINDINGS}/${await made(bind())}/parameters`))).toEqual([
    400,
    'user provided service instances do not support fetching route bindings parameters.',
  ]);
});

test('lists are filtered, and include routes and services', async () => {
  const other = await makeService('other');
  const [first, second] = [await made(bind()), await made(bind(other, await makeRoute('other')))];
  expect(await listed()).toEqual([first, second]);
  expect(await listed(`?route_guids=${route}`)).toEqual([first]);
  expect(await listed(`?service_instance_guids=${other}`)).toEqual([second]);
  expect(await listed('?service_instance_names=guard,none')).toEqual([first]);
  expect(await listed(`?guids=${second}`)).toEqual([second]);
  const include = 'include=route,service_instance';
  const included = { routes: [{ guid: route, host: 'shop' }], service_instances: [{ guid: service, name: 'guard' }] };
  expect((await foundation.deployer.get(`${BINDINGS}/${first}?${include}`)).body).toMatchObject({ included });
  expect((await foundation.deployer.get(`${BINDINGS}?route_guids=${route}&${include}`)).body).toMatchObject({
    included,
  });
  expect((await foundation.deployer.get(`${BINDINGS}?include=app`)).status).toBe(400);
});

test('a route has one route service, which can have any number of routes', async () => {
  await made(bind());
  const again = await bind();
  expect(refusal(again)).toEqual([422, 'The route and service instance are already bound.']);
  expect(again.body['errors']).toMatchObject([{ code: 130008, title: 'CF-ServiceInstanceAlreadyBoundToSameRoute' }]);
  expect(refusal(await bind(await makeService('other')))).toEqual([
    422,
    'A route may only be bound to a single service instance',
  ]);
  await made(bind(service, await makeRoute('other')));
});

test('a service without a URL, an internal route, and one of another space are refused', async () => {
  const unsupported = [422, 'This service instance does not support route binding'];
  for (const more of [{}, { route_service_url: null }, { route_service_url: '' }]) {
    expect(refusal(await bind(await makeService(`none-${JSON.stringify(more).length}`, more)))).toEqual(unsupported);
  }
  expect(refusal(await bind(service, await makeRoute('shop', 'apps.internal')))).toEqual([
    422,
    'Route services cannot be bound to internal routes',
  ]);
  const other = await makeSpace(foundation.deployer, 'other');
  expect(refusal(await bind(service, await makeRoute('far', 'apps.localhost', other)))).toEqual([
    422,
    'The service instance and the route are in different spaces',
  ]);
  expect(refusal(await bind('none'))).toEqual([422, 'The service instance could not be found: none']);
  expect(refusal(await bind(service, 'none'))).toEqual([422, 'The route could not be found: none']);
});

test('a managed service whose broker offers no route service is refused', async () => {
  const { deployer } = foundation;
  const plan = await deployer.find('/v3/service_plans?names=basic-sandbox');
  const relationships = { space: toOne(space), service_plan: toOne(plan) };
  await deployer.job(await deployer.post('/v3/service_instances', { type: 'managed', name: 'bucket', relationships }));
  const bucket = await deployer.find('/v3/service_instances?names=bucket');
  expect(refusal(await bind(bucket))).toEqual([422, 'This service instance does not support route binding']);
});

test.each(['route', 'service', 'domain'])('deleting the %s deletes the binding', async (what) => {
  const { deployer, admin } = foundation;
  if (what === 'domain') {
    const organization = await admin.find('/v3/organizations?names=egress-demo');
    const domain = await admin.create('/v3/domains', {
      name: 'shop.example',
      relationships: { organization: toOne(organization) },
    });
    await made(bind(service, await makeRoute('', 'shop.example')));
    await admin.job(await admin.delete(`/v3/domains/${domain}`));
  } else {
    await made(bind());
    const path = what === 'route' ? `/v3/routes/${route}` : `/v3/service_instances/${service}`;
    const reply = await deployer.delete(path);
    if (what === 'route') await deployer.job(reply);
    else expect(reply.status).toBe(204);
  }
  expect(await listed()).toEqual([]);
  await expectRouted(...(what === 'route' ? [] : ['shop.apps.localhost']));
});

test('a binding keeps the URL that its service had at the time', async () => {
  const { deployer } = foundation;
  const guid = await made(bind());
  await deployer.patch(`/v3/service_instances/${service}`, { route_service_url: 'https://new.apps.localhost' });
  expect((await deployer.get(`${BINDINGS}/${guid}`)).body).toMatchObject({ route_service_url: URL_OF_SERVICE });
  await deployer.delete(`${BINDINGS}/${guid}`);
  expect((await bind()).body).toMatchObject({ route_service_url: 'https://new.apps.localhost' });
});

test('a binding leaves the application of its route as it is', async () => {
  const { deployer, cell } = foundation;
  const app = await pushImage(deployer, space, 'web');
  await deployer.post(`/v3/routes/${route}/destinations`, { destinations: [{ app: { guid: app } }] });
  await eventually(() => cell.running.size === 1 || undefined);
  const before = [...cell.running.keys()];
  await made(bind());
  await expectRouted(`shop.apps.localhost by ${URL_OF_SERVICE}`);
  expect([...cell.running.keys()]).toEqual(before);
});

describe('the URL of a service', () => {
  const patched = async (url: unknown): Promise<Reply> =>
    foundation.deployer.patch(`/v3/service_instances/${service}`, { route_service_url: url });

  test.each(['https://example.org', 'https://user:secret@example.org:8443/a/b?c=d#e', ''])('may be %j', async (url) => {
    expect((await patched(url)).body).toMatchObject({ route_service_url: url });
  });

  test.each([
    ['http://example.org', 'Route service url must be https'],
    ['ftp://example.org', 'Route service url must be https'],
    ['example.org', 'Route service url must be a valid URI, Route service url must be https'],
    ['https://exa mple.org', 'Route service url must be a valid URI'],
    ['https://[::', 'Route service url must be a valid URI'],
    ['https://.com', 'service_instance route_service_url_invalid'],
    ['https:example.org', 'service_instance route_service_url_invalid'],
    ['https:///path', 'service_instance route_service_url_invalid'],
    [1, 'Route service url must be a string'],
  ])('may not be %j', async (url, detail) => {
    expect(refusal(await patched(url))).toEqual([422, detail]);
    const reply = await foundation.deployer.post('/v3/service_instances', {
      type: 'user-provided',
      name: 'new',
      route_service_url: url,
      relationships: { space: toOne(space) },
    });
    expect(refusal(reply)).toEqual([422, detail]);
  });
});
