/** A real application as a route service, whose security groups must open the way back to the router. */
import type { RouteRule } from '../../src/cell/cell';
import { ask, type HttpAnswer } from '../../testing/system';
import { EVERYTHING, Playground } from './support/playground';

jest.setTimeout(60_000);

let ground: Playground;
let service: string;

const route = (name: string, over: Partial<RouteRule> = {}): RouteRule => ({
  hostname: `${name}.apps.localhost`,
  path: '',
  internal: false,
  destinations: [{ appGuid: name, processType: 'web', port: 8080 }],
  ...over,
});

const get = (path: string): Promise<HttpAnswer> =>
  ask({
    host: ground.address,
    port: ground.cell.routerPort,
    path,
    headers: { host: 'shop.apps.localhost:8701' },
  });

const dial = async (host: string, port: number, ...more: string[]): Promise<string> =>
  (await ground.dial(service, host, port, ...more)).result;

beforeAll(async () => {
  ground = await Playground.open(0);
  await ground.run({ appGuid: 'shop', spaceGuid: 'closed' });
  const { spec } = await ground.run({ appGuid: 'guard', command: 'exec forward 8080' });
  service = spec.instanceGuid;
  await ground.apply({ routes: [route('shop', { routeService: 'https://guard.apps.localhost' }), route('guard')] });
}, 180_000);

afterAll(() => ground.close());

test('it forwards the request to the application, whose space may be closed', async () => {
  await ground.bind(EVERYTHING);
  const { status, body } = await get('/buy?what=1');
  expect(status).toBe(200);
  expect(body).toMatch(/^GET \/buy\?what=1 HTTP/m);
  expect(body).toMatch(/^X-Through: forward\r?$/m);
  expect(body).not.toMatch(/^X-CF-(Proxy|Forwarded)/im);
});

test('in a closed space it can answer, but not forward', async () => {
  await ground.bind();
  expect(await get('/')).toMatchObject({ status: 502, body: '' });
  await ground.logged('guard', /^can't send on: Connection refused/);
});

test("a name in the applications' domain resolves to the router, at the one port that security groups can open", async () => {
  await ground.bind({ protocol: 'tcp', destination: ground.router, ports: '80' });
  expect(await ground.inside(service, 'getent', 'ahostsv4', 'any.apps.localhost')).toContain(`${ground.router} `);
  expect(await dial('any.apps.localhost', 80)).toBe('open');
  await ground.bind(EVERYTHING);
  const { routerPort = 0 } = ground.cell;
  expect([
    await dial(ground.router, 80),
    await dial(ground.router, 443),
    await dial(ground.router, 53),
    await dial(ground.router, routerPort),
    await dial(ground.router, 80, 'udp'),
    await dial(ground.address, routerPort),
  ]).toEqual(['open', ...Array<string>(5).fill('ECONNREFUSED')]);
});
