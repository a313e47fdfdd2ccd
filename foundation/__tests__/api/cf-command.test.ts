/** The requests of the cf CLI, command by command, and what it reads in the answers. */
import {
  eventually,
  foundationForEach,
  makeRoute,
  makeService,
  makeSpace,
  pushImage,
  tokenFor,
  toOne,
  type Client,
  type Json,
} from '../../testing/harness';

const foundation = foundationForEach();
let at: Readonly<Record<string, string>>;

/** Each command finds the same state, independent of others. */
beforeEach(async () => {
  const { deployer } = foundation;
  const space = await makeSpace(deployer, 'space');
  const web = await pushImage(deployer, space, 'web');
  const proxy = await pushImage(deployer, space, 'proxy');
  const process = await deployer.find(`/v3/processes?app_guids=${web}`);
  const org = await deployer.find('/v3/organizations');
  const group = await deployer.find('/v3/security_groups?names=public_networks_egress');
  await eventually(async () => {
    const { body } = await deployer.get(`/v3/processes/${process}/stats`);
    return (body['resources'] as Json[]).every(({ state }) => state === 'RUNNING') || undefined;
  });
  const destination = { id: proxy, protocol: 'tcp', ports: { start: 8080, end: 8080 } };
  await deployer.post('/networking/v1/external/policies', { policies: [{ source: { id: web }, destination }] });
  const { body } = await deployer.post(`/v3/apps/${proxy}/tasks`, { command: 'true', name: 'migrate' });
  at = { space, web, proxy, process, org, group, task: String(body['guid']), ...(await makeServices(space)) };
});

/** An instance with two keys, and a space to share it with. */
const makeServices = async (space: string): Promise<Record<string, string>> => {
  const { deployer } = foundation;
  const service_plan = toOne(await deployer.find('/v3/service_plans?names=basic-sandbox'));
  const order = { type: 'managed', name: 'bucket', relationships: { space: toOne(space), service_plan } };
  await deployer.job(await deployer.post('/v3/service_instances', order));
  const bucket = await deployer.find('/v3/service_instances?names=bucket');
  const key = async (name: string): Promise<string> => {
    const body = { type: 'key', name, relationships: { service_instance: toOne(bucket) } };
    await deployer.job(await deployer.post('/v3/service_credential_bindings', body));
    return deployer.find(`/v3/service_credential_bindings?names=${name}`);
  };
  return {
    bucket,
    kept: await key('kept'),
    gone: await key('gone'),
    other: await makeSpace(deployer, 'other'),
    ...(await makeRouteBinding(space)),
  };
};

/** A route that is bound to a route service, and one that isn't. */
const makeRouteBinding = async (space: string): Promise<Record<string, string>> => {
  const { deployer } = foundation;
  const domain = await deployer.find('/v3/domains?names=apps.localhost');
  const [route, bound] = [await makeRoute(deployer, space, 'free'), await makeRoute(deployer, space, 'bound')];
  const guard = await makeService(deployer, space, 'guard', { route_service_url: 'https://guard.apps.localhost' });
  const binding = await deployer.create('/v3/service_route_bindings', {
    relationships: { service_instance: toOne(guard), route: toOne(bound) },
  });
  return { domain, route, bound, guard, binding };
};

interface Step {
  readonly call: string;
  readonly body?: unknown;
  readonly type?: string;
  readonly status?: number;
  /** The part of the answer that the command reads. */
  readonly reads?: Json;
}

const list = { pagination: { next: null }, resources: expect.any(Array) as unknown };
const yaml = 'application/x-yaml';
const MANIFEST = 'applications:\n- name: web\n  memory: 128M\n  instances: 1\n';

/** Placeholders such as `{web}` stand for the GUIDs of objects created before. */
const COMMANDS: Readonly<Record<string, readonly Step[]>> = {
  'cf api': [
    {
      call: 'GET /',
      reads: { links: { cloud_controller_v3: { meta: { version: expect.stringMatching(/^3\.2\d\d\./) as unknown } } } },
    },
  ],
  'cf login': [
    {
      call: 'GET /login/login',
      reads: { prompts: { username: ['text', 'Email'], password: ['password', 'Password'] } },
    },
    { call: 'GET /v3/organizations?order_by=name', reads: list },
    { call: 'GET /v3/spaces?organization_guids={org}&order_by=name', reads: list },
  ],
  'cf target': [
    { call: 'GET /v3/organizations?names=egress-demo', reads: { resources: [{ name: 'egress-demo' }] } },
    { call: 'GET /v3/spaces?names=space&organization_guids={org}', reads: { resources: [{ name: 'space' }] } },
  ],
  'cf apps': [
    {
      call: 'GET /v3/apps?space_guids={space}&order_by=name&per_page=5000',
      reads: { resources: [{ name: 'proxy' }, { name: 'web' }] },
    },
    { call: 'GET /v3/processes?app_guids={web},{proxy}', reads: list },
    { call: 'GET /v3/processes/{process}/stats', reads: { resources: [{ type: 'web', index: 0, state: 'RUNNING' }] } },
    { call: 'GET /v3/routes?app_guids={web},{proxy}', reads: list },
  ],
  'cf app': [
    { call: 'GET /v3/apps?names=web&space_guids={space}', reads: { resources: [{ name: 'web', state: 'STARTED' }] } },
    { call: 'GET /v3/apps/{web}/processes', reads: { resources: [{ type: 'web', instances: 1 }] } },
    { call: 'GET /v3/processes/{process}', reads: { type: 'web' } },
    { call: 'GET /v3/processes/{process}/stats', reads: { resources: [{ index: 0 }] } },
    { call: 'GET /v3/processes/{process}/sidecars', reads: list },
    { call: 'GET /v3/apps/{web}/routes', reads: list },
    { call: 'GET /v3/apps/{web}/droplets/current', reads: { state: 'STAGED', image: 'image' } },
    {
      call: 'GET /v3/deployments?app_guids={web}&status_values=ACTIVE&order_by=-created_at&per_page=1&page=1',
      reads: list,
    },
    { call: 'GET /v3/spaces/{space}/relationships/isolation_segment', reads: { data: null } },
  ],
  'cf security-groups': [
    { call: 'GET /v3/security_groups', reads: list },
    {
      call: 'GET /v3/spaces?guids={space}&include=organization',
      reads: { included: { organizations: [{ name: 'egress-demo' }] } },
    },
  ],
  'cf bind-security-group': [
    {
      call: 'GET /v3/security_groups?names=public_networks_egress',
      reads: { resources: [{ name: 'public_networks_egress' }] },
    },
    {
      call: 'POST /v3/security_groups/{group}/relationships/running_spaces',
      body: () => ({ data: [{ guid: at['space'] }] }),
      reads: { data: expect.any(Array) as unknown },
    },
    { call: 'DELETE /v3/security_groups/{group}/relationships/running_spaces/{space}', status: 204 },
  ],
  'cf add-network-policy': [
    { call: 'GET /v3/apps?names=web&space_guids={space}', reads: { resources: [{ name: 'web' }] } },
    {
      call: 'POST /networking/v1/external/policies',
      body: () => ({
        policies: [
          {
            source: { id: at['web'] },
            destination: { id: at['proxy'], protocol: 'tcp', ports: { start: 3128, end: 3128 } },
          },
        ],
      }),
    },
  ],
  'cf network-policies': [
    { call: 'GET /v3/apps?space_guids={space}', reads: list },
    { call: 'GET /networking/v1/external/policies?id={web},{proxy}', reads: { total_policies: 1 } },
    { call: 'GET /v3/apps?guids={web},{proxy}', reads: list },
    { call: 'GET /v3/spaces?guids={space}', reads: { resources: [{ name: 'space' }] } },
    { call: 'GET /v3/organizations?guids={org}', reads: { resources: [{ name: 'egress-demo' }] } },
  ],
  'cf logs --recent': [
    {
      call: 'GET /api/v1/info',
      reads: { version: expect.any(String) as unknown, vm_uptime: expect.any(String) as unknown },
    },
    {
      call: 'GET /api/v1/read/{web}?start_time=-6795364578871345152&envelope_types=LOG&limit=1000&descending=true',
      reads: {
        envelopes: {
          batch: expect.arrayContaining([
            expect.objectContaining({ source_id: expect.any(String) as unknown, instance_id: '0' }),
          ]) as unknown,
        },
      },
    },
  ],
  'cf isolation-segments': [
    { call: 'GET /v3/isolation_segments', reads: list },
    { call: 'GET /v3/isolation_segments?organization_guids={org}', reads: { resources: [] } },
  ],
  'cf create-service': [
    {
      call: 'GET /v3/service_plans?names=basic&service_offering_names=s3&per_page=5000',
      reads: { resources: [{ name: 'basic', available: true }] },
    },
    {
      call: 'POST /v3/service_instances',
      body: () => ({ type: 'user-provided', name: 'creds', relationships: { space: toOne(at['space'] ?? '') } }),
      status: 201,
      reads: { last_operation: { type: 'create', state: 'succeeded' } },
    },
  ],
  'cf services': [
    {
      call:
        'GET /v3/service_instances?space_guids={space}&order_by=name&per_page=5000' +
        '&fields[service_plan]=guid,name,relationships.service_offering' +
        '&fields[service_plan.service_offering]=guid,name,relationships.service_broker' +
        '&fields[service_plan.service_offering.service_broker]=guid,name',
      reads: { included: { service_plans: [{ name: 'basic-sandbox' }], service_offerings: [{ name: 's3' }] } },
    },
    { call: 'GET /v3/service_credential_bindings?service_instance_guids={bucket}&include=app', reads: list },
  ],
  'cf update-service': [
    { call: 'GET /v3/service_instances?names=bucket&space_guids={space}', reads: { resources: [{ name: 'bucket' }] } },
    {
      call: 'PATCH /v3/service_instances/{bucket}',
      body: () => ({ tags: ['private'] }),
      reads: { tags: ['private'], last_operation: { type: 'update', state: 'succeeded' } },
    },
  ],
  'cf create-service-key': [
    { call: 'GET /v3/service_instances?names=bucket&space_guids={space}', reads: { resources: [{ type: 'managed' }] } },
    {
      call: 'POST /v3/service_credential_bindings',
      body: () => ({
        type: 'key',
        name: 'new',
        relationships: { service_instance: toOne(at['bucket'] ?? '') },
        parameters: {},
      }),
      status: 202,
    },
  ],
  'cf service-keys': [
    {
      call: 'GET /v3/service_credential_bindings?type=key&service_instance_guids={bucket}&per_page=5000',
      reads: list,
    },
  ],
  'cf service-key': [
    {
      call: 'GET /v3/service_credential_bindings?type=key&names=kept&service_instance_guids={bucket}',
      reads: { resources: [{ name: 'kept', last_operation: { state: 'succeeded' } }] },
    },
    {
      call: 'GET /v3/service_credential_bindings/{kept}/details',
      reads: { credentials: { bucket: expect.any(String) as unknown } },
    },
  ],
  'cf delete-service-key': [
    {
      call: 'GET /v3/service_credential_bindings?type=key&names=gone&service_instance_guids={bucket}',
      reads: { resources: [{ name: 'gone' }] },
    },
    { call: 'DELETE /v3/service_credential_bindings/{gone}', status: 202 },
  ],
  'cf share-service': [
    { call: 'GET /v3/spaces?names=other&organization_guids={org}', reads: { resources: [{ name: 'other' }] } },
    {
      call: 'POST /v3/service_instances/{bucket}/relationships/shared_spaces',
      body: () => ({ data: [{ guid: at['other'] }] }),
      reads: { data: [{ guid: expect.any(String) as unknown }] },
    },
    {
      call: 'GET /v3/service_instances/{bucket}/relationships/shared_spaces/usage_summary',
      reads: { usage_summary: [{ bound_app_count: 0 }] },
    },
    { call: 'DELETE /v3/service_instances/{bucket}/relationships/shared_spaces/{other}', status: 204 },
  ],
  'cf bind-route-service': [
    { call: 'GET /v3/domains?names=apps.localhost', reads: { resources: [{ name: 'apps.localhost' }] } },
    { call: 'GET /v3/service_instances?names=guard&space_guids={space}', reads: { resources: [{ name: 'guard' }] } },
    { call: 'GET /v3/routes?domain_guids={domain}&hosts=free&paths=', reads: { resources: [{ host: 'free' }] } },
    {
      call: 'POST /v3/service_route_bindings',
      body: () => ({ relationships: { service_instance: toOne(at['guard'] ?? ''), route: toOne(at['route'] ?? '') } }),
      status: 201,
      reads: { last_operation: { state: 'succeeded' } },
    },
  ],
  'cf unbind-route-service': [
    {
      call: 'GET /v3/service_route_bindings?route_guids={bound}&service_instance_guids={guard}',
      reads: { resources: [{ route_service_url: 'https://guard.apps.localhost' }] },
    },
    { call: 'DELETE /v3/service_route_bindings/{binding}', status: 204 },
  ],
  'cf set-label': [
    { call: 'GET /v3/apps?names=web&space_guids={space}', reads: { resources: [{ name: 'web' }] } },
    {
      call: 'PATCH /v3/apps/{web}',
      body: () => ({ metadata: { labels: { team: 'payments', old: null } } }),
      reads: { metadata: { labels: { team: 'payments' } } },
    },
    { call: 'GET /v3/apps?label_selector=team=payments&space_guids={space}', reads: { resources: [{ name: 'web' }] } },
  ],
  'cf space-users': [
    { call: 'GET /v3/roles?space_guids={space}&include=user&per_page=5000', reads: list },
    { call: 'GET /v3/spaces/{space}/users', reads: { resources: [{ username: 'deployer' }] } },
  ],
  'cf run-task': [
    { call: 'GET /v3/apps?names=web&space_guids={space}', reads: { resources: [{ name: 'web' }] } },
    {
      call: 'POST /v3/apps/{proxy}/tasks',
      body: () => ({ command: 'true', name: 'check', memory_in_mb: 64 }),
      status: 202,
      reads: { name: 'check', command: 'true', sequence_id: 2, state: 'RUNNING' },
    },
  ],
  'cf tasks': [
    {
      call: 'GET /v3/apps/{proxy}/tasks?order_by=created_at&per_page=5000',
      reads: {
        resources: [
          { sequence_id: 1, name: 'migrate', state: expect.stringMatching(/^(PENDING|RUNNING)$/) as unknown },
        ],
      },
    },
  ],
  'cf terminate-task': [
    { call: 'GET /v3/apps/{proxy}/tasks?sequence_ids=1', reads: { resources: [{ sequence_id: 1 }] } },
    { call: 'PUT /v3/tasks/{task}/cancel', status: 202, reads: { state: 'CANCELING' } },
  ],
  'cf push': [
    {
      call: 'POST /v3/spaces/{space}/manifest_diff',
      body: () => MANIFEST,
      type: yaml,
      status: 201,
      reads: { diff: [{ op: 'replace', path: '/applications/0/memory', was: '1024M', value: '128M' }] },
    },
    { call: 'POST /v3/spaces/{space}/actions/apply_manifest', body: () => MANIFEST, type: yaml, status: 202 },
    {
      call: 'POST /v3/resource_matches',
      body: () => ({ resources: [{ checksum: { value: 'x' }, size_in_bytes: 1, path: 'app.js', mode: '644' }] }),
      status: 201,
      reads: { resources: [] },
    },
    {
      call: 'POST /v3/packages',
      body: () => ({ type: 'docker', relationships: { app: toOne(at['web'] ?? '') }, data: { image: 'image' } }),
      status: 201,
      reads: { state: 'READY' },
    },
    {
      call: 'POST /v3/deployments',
      body: () => ({ relationships: { app: toOne(at['web'] ?? '') } }),
      status: 201,
      reads: { status: { value: 'ACTIVE' } },
    },
  ],
};

const ask = async (client: Client, { call, body, type, status = 200, reads = {} }: Step): Promise<void> => {
  const [method = '', path = ''] = call.replaceAll(/\{(\w+)\}/g, (_match, key: string) => at[key] ?? '').split(' ');
  const content = typeof body === 'function' ? (body as () => unknown)() : body;
  const reply = await client.send(method, path, content, type);
  const answer = /^[[{]/.test(reply.text) ? (JSON.parse(reply.text) as Json) : {};
  expect({ call, status: reply.status, answer }).toMatchObject({ call, status, answer: reads });
};

test.each(Object.entries(COMMANDS))('%s finds what it asks for', async (_command, steps) => {
  for (const step of steps) await ask(foundation.deployer, step);
});

test('cf login gets a token whose claims it can read, at the login host', async () => {
  const { username, password } = foundation.service.credentials.deployer;
  const { body } = await tokenFor(foundation.service.url, { grant_type: 'password', username, password });
  const [, payload = ''] = String(body['access_token']).split('.');
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
    user_name: 'deployer',
    jti: expect.any(String) as unknown,
    exp: expect.any(Number) as unknown,
    origin: 'uaa',
  });
  expect(body).toMatchObject({ token_type: 'bearer', refresh_token: expect.any(String) as unknown });
});

test('cf logs tails: each poll starts after the last line seen', async () => {
  const { cell, deployer } = foundation;
  const read = async (start: bigint): Promise<{ timestamp: string; text: string }[]> => {
    const query = `start_time=${start}&envelope_types=LOG&limit=1000`;
    const { text } = await deployer.get(`/api/v1/read/${at['proxy'] ?? ''}?${query}`);
    const { envelopes } = JSON.parse(text) as {
      envelopes: { batch: { timestamp: string; log: { payload: string } }[] };
    };
    return envelopes.batch.map(({ timestamp, log }) => ({
      timestamp,
      text: Buffer.from(log.payload, 'base64').toString(),
    }));
  };
  const first = await read(0n);
  const last = BigInt(first.at(-1)?.timestamp ?? 0);
  expect(await read(last + 1n)).toEqual([]);
  // The cell's clock counts milliseconds.
  await eventually(() => BigInt(Date.now()) * 1_000_000n > last || undefined);
  cell.log(at['proxy'] ?? '', { instanceIndex: '0', source: 'APP/PROC/WEB', stream: 'OUT', message: 'another line' });
  expect((await read(last + 1n)).map(({ text }) => text)).toEqual(['another line']);
});
