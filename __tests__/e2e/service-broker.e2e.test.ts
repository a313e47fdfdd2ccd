/** A service broker that is an application on the foundation, and can be reached only through its route. */
import { accountFrom } from '../../cli/cloud-foundry';
import { get } from '../../cli/verify/http';
import { readConfig } from '../../config';
import { Client, makeSpace, tokenFor, toOne, type Json, waitFor } from '@space-egress/foundation/testing';
import { Demo } from './support/demo';
import { pushServer } from './support/push';

jest.setTimeout(10 * 60_000);

/** Its credentials contain its address, and the names under which it was called. */
const PROGRAM = `const http = require('node:http');
const os = require('node:os');
const names = new Set();
const plan = { id: 'plan', name: 'plan', description: 'The only one.' };
const service = { id: 'echoes', name: 'echoes', description: 'Says who asks.', bindable: true, plans: [plan] };
const addresses = () => Object.values(os.networkInterfaces()).flat().filter(({ internal }) => !internal);
const answers = {
  GET: () => ({ services: [service] }),
  PUT: () => ({ credentials: { names: [...names], addresses: addresses().map(({ address }) => address) } }),
  DELETE: () => ({}),
};
http.createServer(({ method, headers }, response) => {
  names.add(headers.host);
  response.end(JSON.stringify(answers[method]()));
}).listen(process.env.PORT);
`;

let demo: Demo;
let client: Client;
let space: string;

const broker = (name: string, url: string): Json => ({
  name,
  url,
  authentication: { type: 'basic', credentials: { username: 'user', password: 'secret' } },
  relationships: { space: toOne(space) },
});

const register = async (name: string, url: string): Promise<Json> =>
  client.job(await client.post('/v3/service_brokers', broker(name, url)));

const credentials = async (instance: string, name: string): Promise<Record<'names' | 'addresses', string[]>> => {
  const relationships = { service_instance: toOne(instance) };
  await client.job(await client.post('/v3/service_credential_bindings', { type: 'key', name, relationships }));
  const key = await client.find(`/v3/service_credential_bindings?names=${name}`);
  const { body } = await client.get(`/v3/service_credential_bindings/${key}/details`);
  return body['credentials'] as Record<'names' | 'addresses', string[]>;
};

beforeAll(async () => {
  demo = await Demo.open();
  const { user: username, password } = accountFrom(demo.env);
  const url = demo.env['CF_API_URL'] ?? '';
  const { body } = await tokenFor(url, { grant_type: 'password', username, password });
  client = new Client(url, String(body['access_token']));
  space = await makeSpace(client, 'brokers');
  const { org } = readConfig(demo.env);
  await pushServer(demo.env, { org, space: 'brokers', name: 'broker', program: PROGRAM });
});

afterAll(() => client.delete(`/v3/spaces/${space}`).then((reply) => client.job(reply)));

test('it is called through its route, and the foundation connects to no other address that a tenant names', async () => {
  const router = new URL(demo.url('broker'));
  await waitFor(async () => (await get(router.href)).status === 200, 'the broker');
  expect(await register('own', router.origin)).toMatchObject({ state: 'COMPLETE', errors: [] });
  const plan = await client.find('/v3/service_plans?service_broker_names=own');
  const relationships = { space: toOne(space), service_plan: toOne(plan) };
  await client.job(await client.post('/v3/service_instances', { type: 'managed', name: 'echo', relationships }));
  const instance = await client.find('/v3/service_instances?names=echo');
  const { addresses } = await credentials(instance, 'before');
  expect(addresses.length).toBeGreaterThan(0);

  const api = new URL(client.url).port;
  const gateways = addresses.map((address) => address.replace(/\.\d+$/, '.1'));
  const forbidden = [
    ...addresses.map((address) => `http://${address}:8080`),
    ...gateways.map((address) => `http://${address}:${api}`),
    `http://127.0.0.1:${api}`,
    `http://localhost:${router.port}`,
    'http://169.254.169.254',
    'http://www.example.com',
    'http://broker.apps.internal:8080',
  ];
  for (const [index, url] of forbidden.entries()) {
    const job = await register(`wrong-${index}`, url);
    expect([url, job['state'], (job['errors'] as Json[])[0]?.['detail']]).toEqual([
      url,
      'FAILED',
      expect.stringContaining(`The service broker could not be reached: ${url}`),
    ]);
  }
  const { names } = await credentials(instance, 'after');
  expect(names).toEqual([router.host]);
});
