/** A Node.js application in front of another application's route, with the platform's bindings and its router. */
import { stop } from '@space-egress/foundation';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { get, type Answer } from '../../cli/verify/http';
import { readConfig } from '../../config';
import { awaitApplications } from '../../tools/demo';
import { waitFor } from '@space-egress/foundation/testing';
import { Demo, FOUNDATION } from './support/demo';
import { pushServer } from './support/push';

jest.setTimeout(10 * 60_000);

/** Forwards each request with an additional header, and adds another one to the answer. */
const PROGRAM = `const http = require('node:http');
http.createServer((incoming, response) => {
  const { 'x-cf-forwarded-url': url, host, connection, ...headers } = incoming.headers;
  if (url === undefined) return response.end('no route service was asked for');
  const options = { method: incoming.method, headers: { ...headers, 'x-guarded': 'in' } };
  const onward = http.request(url, options, (answer) => {
    response.writeHead(answer.statusCode, { ...answer.headers, 'x-guarded': 'out' });
    answer.pipe(response);
  });
  onward.on('error', (error) => response.writeHead(502).end(error.message));
  incoming.pipe(onward);
}).listen(process.env.PORT);
`;

let demo: Demo;
let cloud: CloudFoundry;
let app: string | undefined;
let service: string | undefined;

const guarded = async (): Promise<Answer> => {
  let answer: Answer | undefined;
  await waitFor(async () => {
    answer = await get(demo.url('egress-demo', '/proxy/small.txt'));
    return answer.headers['x-guarded'] === 'out';
  }, 'the route service to be asked');
  return answer as Answer;
};

beforeAll(async () => {
  demo = await Demo.open();
  await demo.deploy();
  const { org, publicSpace, restrictedSpace } = readConfig(demo.env);
  cloud = await CloudFoundry.login(accountFrom(demo.env));
  app = await pushServer(demo.env, { org, space: publicSpace, name: 'guard', program: PROGRAM });
  const space = { data: { guid: await cloud.spaceGuid(org, restrictedSpace) } };
  const url = 'https://guard.apps.localhost';
  const relationships = { space };
  const made = { type: 'user-provided', name: 'guard', route_service_url: url, relationships };
  service = (await cloud.post('/v3/service_instances', made)).guid;
});

afterAll(async () => {
  if (service !== undefined) await cloud.delete(`/v3/service_instances/${service}`);
  if (app !== undefined) {
    const routes = await cloud.list(`/v3/apps/${app}/routes`);
    await cloud.delete(`/v3/apps/${app}`);
    for (const { guid } of routes) await cloud.delete(`/v3/routes/${String(guid)}`);
  }
});

test('requests pass through it to the application, even after a restart of the foundation, until it is unbound', async () => {
  await waitFor(
    async () => (await get(demo.url('guard'))).text === 'no route service was asked for',
    'the route service',
  );
  expect((await get(demo.url('egress-demo'))).headers['x-guarded']).toBeUndefined();

  const route = await cloud.one('/v3/routes?hosts=egress-demo');
  const relationships = {
    route: { data: { guid: route.guid } },
    service_instance: { data: { guid: service } },
  };
  const binding = await cloud.post('/v3/service_route_bindings', { relationships });
  expect(await guarded()).toMatchObject({ status: 200, size: 1024 });
  expect((await demo.stack.plan()).changes).toBe(false);

  await stop({ name: FOUNDATION });
  demo = await Demo.open();
  await awaitApplications(demo.env);
  expect(await guarded()).toMatchObject({ status: 200, size: 1024 });

  await cloud.delete(`/v3/service_route_bindings/${binding.guid}`);
  await waitFor(
    async () => (await get(demo.url('egress-demo'))).headers['x-guarded'] === undefined,
    'the application to be asked itself',
  );
});
