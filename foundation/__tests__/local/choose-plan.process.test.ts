import { createServer, type Server } from 'node:http';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { choosePlan } from '../../src/local/choose-plan';
import { removeNetwork } from '../../src/local/inventory';
import { portOf } from '../../testing/system';

/** A container engine that still counts a container in the network it is asked to remove. */
let engine: Server;
let docker: Docker;
let containers: Record<string, unknown>;

const STALE = { Id: 'stale', Name: 'space-egress-here-internet', IPAM: { Config: [{ Subnet: '203.0.113.0/25' }] } };

beforeEach(async () => {
  containers = {};
  engine = createServer(({ method = '', url = '' }, response) => {
    const [path = ''] = url.split('?');
    const answers: Readonly<Record<string, [status: number, body: unknown]>> = {
      'DELETE /networks/stale': [403, { message: 'error while removing network: network x has active endpoints' }],
      'GET /networks/stale': [200, { ...STALE, Containers: containers }],
      'GET /networks': [200, [STALE]],
      'GET /containers/json': [200, []],
    };
    const [status, body] = answers[`${method} ${path}`] ?? [404, { message: `no ${path}` }];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  docker = new Docker({ host: '127.0.0.1', port: await portOf(engine), protocol: 'http' });
});
afterEach(async () => {
  await promisify(engine.close.bind(engine))();
});

test('a network that the engine keeps for a removed container is left', async () => {
  await expect(removeNetwork(docker.getNetwork('stale'))).resolves.toBe(false);
});

test('a network with another container is not mistaken for one that the engine keeps', async () => {
  containers = { somebody: {} };
  await expect(removeNetwork(docker.getNetwork('stale'))).rejects.toThrow('active endpoints');
});

test('the next foundation of that name reuses the network that the engine keeps, with its range', async () => {
  const plan = await choosePlan(docker, { name: 'here', registries: [] });
  expect(plan.internet).toMatchObject({ network: 'space-egress-here-internet', cidr: '203.0.113.0/25' });
  expect(plan.overlay.network).toBe('space-egress-here-overlay');
});
