import type { Broker, OwnBroker } from '../../src/cloud/broker';
import { registerOwnBroker } from '../../src/cloud/marketplace';
import { Customer } from './customer';
import {
  eventually,
  foundationForAll,
  makeSpace,
  memoryBroker,
  pushImage,
  refusal,
  removeSpaces,
  toOne,
  type Json,
  type Reply,
} from '../../testing/harness';

let space: string;
let customer: Customer;
let asked: string[];
let broker: Partial<Broker>;

/** Calls go to the methods that a test sets in `broker`, or else to the memory broker, and are counted. */
const recording: OwnBroker = {
  ...memoryBroker,
  provision: (instance, progress) => {
    asked.push(`provision ${instance.plan}`);
    return (broker.provision ?? memoryBroker.provision)(instance, progress);
  },
  update: (instance, progress) => {
    asked.push(`update ${instance.plan} ${JSON.stringify(instance.parameters)}`);
    return (broker.update ?? memoryBroker.update)(instance, progress);
  },
  deprovision: (instance, progress) => {
    asked.push('deprovision');
    return (broker.deprovision ?? memoryBroker.deprovision)(instance, progress);
  },
  bind: (binding, progress) => {
    asked.push('bind');
    return (broker.bind ?? memoryBroker.bind)(binding, progress);
  },
  unbind: (binding, progress) => {
    asked.push('unbind');
    return (broker.unbind ?? memoryBroker.unbind)(binding, progress);
  },
};

const foundation = foundationForAll({ broker: recording });

beforeEach(async () => {
  asked = [];
  broker = {};
  space = await makeSpace(foundation.deployer, 'space');
  customer = new Customer({ client: foundation.deployer, space, plan: 'basic-sandbox' });
});

/** A test leaves nothing behind for the next one. */
afterEach(async () => {
  const { admin } = foundation;
  broker = {};
  await removeSpaces(admin);
  expect(foundation.failures.splice(0)).toEqual([]);
});

const read = async (path: string): Promise<Json> => (await foundation.deployer.get(path)).body;
const instance = (guid: string): Promise<Json> => read(`/v3/service_instances/${guid}`);
const credentials = async (binding: string): Promise<Json> =>
  (await read(`/v3/service_credential_bindings/${binding}/details`))['credentials'] as Json;

/** A call to the broker that waits until it is released. */
const holdUp = (): { readonly wait: () => Promise<object>; readonly release: () => void } => {
  let release = (): void => undefined;
  const held = new Promise<object>((resolve) => {
    release = () => resolve({});
  });
  return { wait: () => held, release: () => release() };
};

describe('a managed service instance', () => {
  test("reaches the app through VCAP_SERVICES, with the broker's fields", async () => {
    const { deployer, cell } = foundation;
    await customer.make('bucket');
    await pushImage(deployer, space, 'web', '  services: [bucket]\n');
    const [spec] = await eventually(() => (cell.running.size === 1 ? [...cell.running.values()] : undefined));
    const services = JSON.parse(spec?.env['VCAP_SERVICES'] ?? '') as { s3: Json[] };
    expect(services.s3).toMatchObject([
      {
        label: 's3',
        plan: 'basic-sandbox',
        provider: null,
        name: 'bucket',
        instance_name: 'bucket',
        binding_name: null,
        credentials: { bucket: expect.stringMatching(/^cg-/) as string, insecure_skip_verify: false },
      },
    ]);
  });

  test('whose creation fails fails the job, and can be deleted', async () => {
    const { deployer } = foundation;
    broker.provision = () => Promise.reject(new Error('no space left'));
    const job = await deployer.job(await customer.order('bucket'));
    expect(job).toMatchObject({
      state: 'FAILED',
      errors: [{ code: 10009, title: 'CF-UnableToPerform', detail: 'provision could not be completed: no space left' }],
    });
    const guid = await deployer.find('/v3/service_instances?names=bucket');
    expect(await instance(guid)).toMatchObject({
      last_operation: { type: 'create', state: 'failed', description: 'no space left' },
    });
    const { status, body } = await deployer.patch(`/v3/service_instances/${guid}`, { tags: ['a'] });
    expect([status, (body['errors'] as Json[])[0]]).toMatchObject([404, { code: 60004 }]);
    expect(refusal(await customer.orderKey(guid, 'key'))).toEqual([422, 'Service instance not found']);
    expect(await deployer.job(await deployer.delete(`/v3/service_instances/${guid}`))).toMatchObject({
      state: 'COMPLETE',
    });
    expect((await read('/v3/service_instances'))['resources']).toEqual([]);
    // Any other error is a failure of the foundation, and is in its log.
    expect(foundation.failures.splice(0)).toEqual([new Error('no space left')]);
  });

  test('accepts the parameters of its plan, and the broker refuses others with its own message', async () => {
    const { deployer } = foundation;
    await customer.make('enforced', 'basic', { parameters: { object_ownership: 'BucketOwnerEnforced' } });
    const failing: readonly [object, string][] = [
      [{ color: 'red' }, "unknown parameter 'color': a bucket takes only 'object_ownership'"],
      [
        { object_ownership: 'Nobody' },
        "object_ownership is \"Nobody\": it must be one of 'ObjectWriter', 'BucketOwnerPreferred', 'BucketOwnerEnforced'",
      ],
    ];
    for (const [index, [parameters, text]] of failing.entries()) {
      const job = await deployer.job(await customer.order(`refused-${index}`, 'basic', { parameters }));
      const detail = `provision could not be completed: Service broker error: ${text}`;
      expect(job).toMatchObject({ state: 'FAILED', errors: [{ code: 10009, detail }] });
      const guid = await deployer.find(`/v3/service_instances?names=refused-${index}`);
      expect(await instance(guid)).toMatchObject({ last_operation: { description: `Service broker error: ${text}` } });
    }
  });

  test('that is busy can be neither updated nor bound nor deleted', async () => {
    const { deployer } = foundation;
    const { wait, release } = holdUp();
    broker.provision = wait;
    const reply = await customer.order('bucket');
    const guid = await deployer.find('/v3/service_instances?names=bucket');
    expect(await instance(guid)).toMatchObject({ last_operation: { type: 'create', state: 'in progress' } });
    const busy = 'There is an operation in progress for the service instance.';
    expect(refusal(await deployer.delete(`/v3/service_instances/${guid}`))).toEqual([422, busy]);
    expect(refusal(await customer.orderKey(guid, 'key'))).toEqual([422, busy]);
    const { status, body } = await deployer.patch(`/v3/service_instances/${guid}`, { name: 'other' });
    expect([status, (body['errors'] as Json[])[0]?.['code']]).toEqual([409, 60016]);
    release();
    expect(await deployer.job(reply)).toMatchObject({ state: 'COMPLETE' });
  });

  test('is renamed and tagged at once, without a call to the broker', async () => {
    const { deployer } = foundation;
    const guid = await customer.make('bucket');
    const reply = await deployer.patch(`/v3/service_instances/${guid}`, { name: 'other', tags: ['a', 'b'] });
    expect([reply.status, reply.body]).toMatchObject([
      200,
      { name: 'other', tags: ['a', 'b'], last_operation: { type: 'update', state: 'succeeded' } },
    ]);
    const cleared = await deployer.patch(`/v3/service_instances/${guid}`, { tags: null });
    expect(cleared.body).toMatchObject({ name: 'other', tags: [] });
    expect(asked).toEqual(['provision basic-sandbox']);
    await customer.make('second');
    expect(refusal(await deployer.patch(`/v3/service_instances/${guid}`, { name: 'second' }))).toEqual([
      422,
      'The service instance name is taken: second.',
    ]);
    expect(refusal(await deployer.patch(`/v3/service_instances/${guid}`, { tags: ['x'.repeat(2049)] }))).toEqual([
      422,
      'Combined length of tags for service other must be 2048 characters or less.',
    ]);
  });

  test('gets new parameters by a job, and shows them if the offering supports it', async () => {
    const { deployer } = foundation;
    const guid = await customer.make('sample', 'small', { parameters: { object_ownership: 'ObjectWriter' } });
    const update = { parameters: { object_ownership: 'BucketOwnerPreferred' }, name: 'renamed' };
    const reply = await deployer.patch(`/v3/service_instances/${guid}`, update);
    expect(await deployer.job(reply)).toMatchObject({ operation: 'service_instance.update', state: 'COMPLETE' });
    expect(await instance(guid)).toMatchObject({
      name: 'renamed',
      last_operation: { type: 'update', state: 'succeeded', description: 'Operation succeeded' },
    });
    expect(await read(`/v3/service_instances/${guid}/parameters`)).toEqual(update.parameters);
    const refused = await deployer.patch(`/v3/service_instances/${guid}`, { parameters: { size: 1 } });
    expect(await deployer.job(refused)).toMatchObject({
      state: 'FAILED',
      errors: [
        { detail: expect.stringContaining('update could not be completed: Service broker error: unk') as string },
      ],
    });
    expect(await read(`/v3/service_instances/${guid}/parameters`)).toEqual(update.parameters);
    expect(await instance(guid)).toMatchObject({ last_operation: { type: 'update', state: 'failed' } });
    // A failed update leaves the instance usable.
    await customer.makeKey(guid, 'key');
  });

  test('shows no parameters if the offering does not support it, or if there is no broker', async () => {
    const texts = ['This service does not support fetching service instance parameters.'];
    for (const guid of [await customer.make('bucket'), await customer.makeUserProvided('creds')]) {
      expect(refusal(await foundation.deployer.get(`/v3/service_instances/${guid}/parameters`))).toEqual([
        400,
        ...texts,
      ]);
    }
    const key = await customer.makeKey(await foundation.deployer.find('/v3/service_instances?names=bucket'), 'key');
    expect(refusal(await foundation.deployer.get(`/v3/service_credential_bindings/${key}/parameters`))).toEqual([
      400,
      'This service does not support fetching service binding parameters.',
    ]);
  });

  test('changes its plan within its offering, if that supports it', async () => {
    const { deployer } = foundation;
    const guid = await customer.make('sample', 'small');
    const large = await customer.planGuid('large');
    const to = (plan: string) =>
      deployer.patch(`/v3/service_instances/${guid}`, { relationships: { service_plan: toOne(plan) } });
    const { wait, release } = holdUp();
    broker.update = wait;
    const reply = await to(large);
    expect(await instance(guid)).toMatchObject({
      last_operation: { type: 'update', state: 'in progress' },
      relationships: { service_plan: toOne(await customer.planGuid('small')) },
    });
    release();
    expect(await deployer.job(reply)).toMatchObject({ state: 'COMPLETE' });
    expect(await instance(guid)).toMatchObject({ relationships: { service_plan: toOne(large) } });
    expect(asked).toEqual(['provision small', 'update large {}']);
    expect(refusal(await to(await customer.planGuid('basic')))).toEqual([
      400,
      'service plan relates to a different service offering',
    ]);
    expect(refusal(await to('00000000-0000-4000-8000-000000000000'))).toEqual([
      422,
      'Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.',
    ]);
    const bucket = await customer.make('bucket', 'basic');
    const relationships = { service_plan: toOne(await customer.planGuid('basic-public')) };
    expect(refusal(await deployer.patch(`/v3/service_instances/${bucket}`, { relationships }))).toEqual([
      422,
      'The service does not support changing plans.',
    ]);
  });

  test('is deleted with its keys and bindings, each of which the broker deletes first', async () => {
    const { deployer } = foundation;
    const guid = await customer.make('bucket');
    await pushImage(deployer, space, 'web', '  services: [bucket]\n');
    await customer.makeKey(guid, 'one');
    asked.length = 0;
    const job = await deployer.job(await deployer.delete(`/v3/service_instances/${guid}`));
    expect(job).toMatchObject({ operation: 'service_instance.delete', state: 'COMPLETE' });
    expect(asked).toEqual(['unbind', 'unbind', 'deprovision']);
    expect((await read('/v3/service_credential_bindings'))['resources']).toEqual([]);
  });

  test("whose broker can't delete it still exists, and an admin can purge it", async () => {
    const { deployer, admin } = foundation;
    const guid = await customer.make('bucket');
    broker.deprovision = () => Promise.reject(new Error('away'));
    expect(await deployer.job(await deployer.delete(`/v3/service_instances/${guid}`))).toMatchObject({
      state: 'FAILED',
      errors: [{ detail: 'delete could not be completed: away' }],
    });
    expect(await instance(guid)).toMatchObject({ last_operation: { type: 'delete', state: 'failed' } });
    expect((await deployer.delete(`/v3/service_instances/${guid}?purge=true`)).status).toBe(403);
    expect((await admin.delete(`/v3/service_instances/${guid}?purge=true`)).status).toBe(204);
    expect((await deployer.get(`/v3/service_instances/${guid}`)).status).toBe(404);
    foundation.failures.length = 0;
  });
});

describe('keys', () => {
  test('of one instance have their own credentials, so one can be deleted without the others', async () => {
    const { deployer } = foundation;
    const guid = await customer.make('bucket');
    const [one, two] = [await customer.makeKey(guid, 'one'), await customer.makeKey(guid, 'two')];
    const [first, second] = [await credentials(one), await credentials(two)];
    expect(first['bucket']).toBe(second['bucket']);
    expect(first['access_key_id']).not.toBe(second['access_key_id']);
    const job = await deployer.job(await deployer.delete(`/v3/service_credential_bindings/${one}`));
    expect(job).toMatchObject({ operation: 'service_keys.delete', state: 'COMPLETE' });
    expect(await credentials(two)).toEqual(second);
    const again = await customer.makeKey(guid, 'one');
    expect((await credentials(again))['access_key_id']).not.toBe(first['access_key_id']);
  });

  test('have unique names within an instance, and user-provided instances have none', async () => {
    const guid = await customer.make('bucket');
    await customer.makeKey(guid, 'one');
    expect(refusal(await customer.orderKey(guid, 'one'))).toEqual([
      422,
      "The binding name is invalid. Key binding names must be unique. The service instance already has a key binding with name 'one'.",
    ]);
    expect(refusal(await customer.orderKey(await customer.makeUserProvided('creds'), 'one'))).toEqual([
      422,
      "Service credential bindings of type 'key' are not supported for user-provided service instances.",
    ]);
  });

  test('give access to the buckets of other instances in the space on request', async () => {
    const { deployer } = foundation;
    const [guid, other] = [await customer.make('bucket'), await customer.make('other')];
    const key = await customer.makeKey(guid, 'both', { parameters: { additional_instances: ['other'] } });
    expect(await credentials(key)).toMatchObject({ bucket: `cg-${guid}`, additional_buckets: [`cg-${other}`] });
    for (const [name, parameters, text] of [
      ['a', { additional_instances: ['nobody'] }, 'Service instance nobody not found'],
      ['b', { read_only: true }, "unknown parameter 'read_only': a binding takes only 'additional_instances'"],
      [
        'c',
        { additional_instances: 'other' },
        'additional_instances is "other": it must be a list of names of service instances',
      ],
    ] as const) {
      const job = await deployer.job(await customer.orderKey(guid, name, { parameters }));
      const detail = `bind could not be completed: Service broker error: ${text}`;
      expect(job).toMatchObject({ operation: 'service_keys.create', state: 'FAILED', errors: [{ detail }] });
    }
    // The name of a failed one is free.
    await customer.makeKey(guid, 'a');
  });

  test('show their parameters if the offering supports it, and have labels', async () => {
    const { deployer } = foundation;
    const guid = await customer.make('sample', 'small');
    const key = await customer.makeKey(guid, 'key', { parameters: { additional_instances: ['sample'] } });
    expect(await read(`/v3/service_credential_bindings/${key}/parameters`)).toEqual({
      additional_instances: ['sample'],
    });
    const labeled = await deployer.patch(`/v3/service_credential_bindings/${key}`, {
      metadata: { labels: { a: 'b' } },
    });
    expect(labeled.body).toMatchObject({ metadata: { labels: { a: 'b' } } });
  });

  test('that are being created or deleted are busy', async () => {
    const { deployer } = foundation;
    const guid = await customer.make('bucket');
    const { wait, release } = holdUp();
    broker.bind = async (binding, progress) => {
      await wait();
      return memoryBroker.bind(binding, progress);
    };
    const reply = await customer.orderKey(guid, 'key');
    const key = await deployer.find('/v3/service_credential_bindings?names=key');
    expect(await credentials(key)).toEqual({});
    expect(refusal(await deployer.delete(`/v3/service_credential_bindings/${key}`))).toEqual([
      422,
      'There is an operation in progress for the service binding.',
    ]);
    release();
    expect(await deployer.job(reply)).toMatchObject({ state: 'COMPLETE' });
  });
});

describe('bindings of applications', () => {
  const bind = (app: string, service: string, more: object = {}): Promise<Reply> =>
    foundation.deployer.post('/v3/service_credential_bindings', {
      type: 'app',
      relationships: { app: toOne(app), service_instance: toOne(service) },
      ...more,
    });

  test('are created by a job for a managed instance and at once for a user-provided one', async () => {
    const { deployer } = foundation;
    const app = await pushImage(deployer, space, 'web');
    const job = await deployer.job(await bind(app, await customer.make('bucket'), { name: 'store' }));
    expect(job).toMatchObject({ operation: 'service_bindings.create', state: 'COMPLETE' });
    const reply = await bind(app, await customer.makeUserProvided('creds', { credentials: { a: 'b' } }));
    expect([reply.status, reply.body]).toMatchObject([201, { last_operation: { type: 'create', state: 'succeeded' } }]);
    const { body } = await deployer.get('/v3/service_credential_bindings?include=app,service_instance&order_by=name');
    expect(body).toMatchObject({
      resources: [{ name: null }, { name: 'store' }],
      included: { apps: [{ name: 'web' }], service_instances: [{ name: 'creds' }, { name: 'bucket' }] },
    });
    const env = await read(`/v3/apps/${app}/env`);
    expect(env).toMatchObject({
      system_env_json: {
        VCAP_SERVICES: { s3: [{ name: 'store', instance_name: 'bucket' }], 'user-provided': [{ name: 'creds' }] },
      },
    });
  });

  test('are refused a second time, with a duplicate name, and with parameters for a user-provided instance', async () => {
    const { deployer } = foundation;
    const app = await pushImage(deployer, space, 'web');
    const [one, two] = [await customer.makeUserProvided('one'), await customer.makeUserProvided('two')];
    await bind(app, one, { name: 'same' });
    expect(refusal(await bind(app, one))).toEqual([422, 'The app is already bound to the service instance']);
    expect(refusal(await bind(app, two, { name: 'same' }))).toEqual([
      422,
      "The binding name is invalid. App binding names must be unique. The app already has a binding with name 'same'.",
    ]);
    expect(refusal(await bind(app, two, { parameters: {} }))).toEqual([
      422,
      'Binding parameters are not supported for user-provided service instances',
    ]);
  });

  test("in a manifest pass its parameters, and the broker's refusal fails the manifest", async () => {
    const { deployer } = foundation;
    const [guid, other] = [await customer.make('bucket'), await customer.make('other')];
    await pushImage(
      deployer,
      space,
      'web',
      '  services: [{name: bucket, binding_name: store, parameters: {additional_instances: [other]}}]\n',
    );
    const binding = await deployer.find(`/v3/service_credential_bindings?service_instance_guids=${guid}`);
    expect(await credentials(binding)).toMatchObject({ additional_buckets: [`cg-${other}`] });
    const wrong = 'applications:\n- name: web\n  services: [{name: other, parameters: {a: 1}}]\n';
    expect(await deployer.job(await deployer.applyManifest(space, wrong))).toMatchObject({
      state: 'FAILED',
      errors: [
        {
          code: 10008,
          detail:
            "For application 'web': For service 'other': Service broker error: unknown parameter 'a': " +
            "a binding takes only 'additional_instances'",
        },
      ],
    });
    const right = 'applications:\n- name: web\n  services: [other]\n';
    expect(await deployer.job(await deployer.applyManifest(space, right))).toMatchObject({ state: 'COMPLETE' });
  });

  test.each(['app', 'space'])('are deleted at the broker with their %s', async (what) => {
    const { deployer } = foundation;
    await customer.make('bucket');
    const app = await pushImage(deployer, space, 'web', '  services: [bucket]\n');
    asked.length = 0;
    await deployer.job(await deployer.delete(what === 'app' ? `/v3/apps/${app}` : `/v3/spaces/${space}`));
    expect(asked).toEqual(what === 'app' ? ['unbind'] : ['unbind', 'unbind', 'deprovision']);
  });

  test('get new credentials of a user-provided service at once, and null clears tags and drain', async () => {
    const { deployer } = foundation;
    const guid = await customer.makeUserProvided('creds', { credentials: { password: 'old' }, tags: ['a'] });
    await pushImage(deployer, space, 'web', '  services: [creds]\n');
    const update = { credentials: { password: 'new' }, tags: null, syslog_drain_url: null, route_service_url: null };
    const { body } = await deployer.patch(`/v3/service_instances/${guid}`, update);
    expect(body).toMatchObject({ tags: [], syslog_drain_url: null, route_service_url: null });
    const binding = await deployer.find(`/v3/service_credential_bindings?service_instance_guids=${guid}`);
    const details = await deployer.get(`/v3/service_credential_bindings/${binding}/details`);
    expect(details.body).toEqual({ credentials: { password: 'new' }, syslog_drain_url: null, volume_mounts: [] });
  });
});

describe('a shared instance', () => {
  let other: string;

  beforeEach(async () => {
    other = await makeSpace(foundation.deployer, 'other');
  });

  const path = (guid: string): string => `/v3/service_instances/${guid}/relationships/shared_spaces`;
  const share = (guid: string, ...spaces: string[]): Promise<Reply> =>
    foundation.deployer.post(path(guid), { data: spaces.map((target) => ({ guid: target })) });

  test('is bound by an application of the other space, and unbound when the sharing ends', async () => {
    const { deployer } = foundation;
    const guid = await customer.make('bucket');
    expect((await share(guid, other)).body).toMatchObject({ data: [{ guid: other }] });
    const app = await pushImage(deployer, other, 'web', '  services: [bucket]\n');
    const query = 'fields[space]=guid,name,relationships.organization&fields[space.organization]=name';
    expect(await read(`${path(guid)}?${query}`)).toMatchObject({
      data: [{ guid: other }],
      included: { spaces: [{ guid: other, name: 'other' }], organizations: [{ name: 'egress-demo' }] },
    });
    expect(await read(`${path(guid)}/usage_summary`)).toMatchObject({
      usage_summary: [{ space: { guid: other }, bound_app_count: 1 }],
    });
    expect(await deployer.find(`/v3/service_instances?space_guids=${other}`)).toBe(guid);
    expect((await deployer.delete(`${path(guid)}/${other}`)).status).toBe(204);
    await eventually(async () =>
      ((await read(`/v3/service_credential_bindings?app_guids=${app}`))['resources'] as Json[]).length === 0
        ? true
        : undefined,
    );
    expect(asked).toEqual(['provision basic-sandbox', 'bind', 'unbind']);
    expect(await read(path(guid))).toMatchObject({ data: [] });
  });

  test('is refused where the platform refuses it', async () => {
    const guid = await customer.make('bucket');
    const missing = '00000000-0000-4000-8000-000000000000';
    expect(refusal(await share(guid, space))).toEqual([
      422,
      `Unable to share service instance 'bucket' with space '${space}'. Service instances cannot be shared into the space where they were created.`,
    ]);
    expect(refusal(await share(guid, missing))).toEqual([
      422,
      `Unable to share service instance bucket with spaces ['${missing}']. Ensure the spaces exist and that you have access to them.`,
    ]);
    expect(refusal(await share(await customer.makeUserProvided('creds'), other))).toEqual([
      422,
      'User-provided services cannot be shared.',
    ]);
    expect(refusal(await share(await customer.make('sample', 'small'), other))).toEqual([
      422,
      'The samples service does not support service instance sharing.',
    ]);
    expect(refusal(await foundation.deployer.delete(`${path(guid)}/${missing}`))).toEqual([
      422,
      `Unable to unshare service instance from space ${missing}. Ensure the space exists.`,
    ]);
    await share(guid, other);
    expect(refusal(await foundation.deployer.patch(`/v3/service_instances/${guid}`, { name: 'new' }))).toEqual([
      422,
      'Service instances that have been shared cannot be renamed',
    ]);
    expect(refusal(await customer.order('bucket', 'basic', {}, other))).toEqual([
      422,
      'The service instance name is taken: bucket.',
    ]);
  });

  test('can be read, but not changed, with a role only in the other space', async () => {
    const { admin } = foundation;
    const guid = await customer.make('bucket');
    await share(guid, other);
    const password = 'developer';
    const made = await admin.post('/uaa/Users', { userName: 'guest', password });
    const user = toOne(await admin.create('/v3/users', { guid: String(made.body['id']) }));
    const organization = toOne(await admin.find('/v3/organizations'));
    await admin.create('/v3/roles', { type: 'organization_user', relationships: { user, organization } });
    await admin.create('/v3/roles', { type: 'space_developer', relationships: { user, space: toOne(other) } });
    const guest = await foundation.login('guest', password);
    expect((await guest.get(`/v3/service_instances/${guid}`)).body).toMatchObject({ name: 'bucket' });
    expect((await guest.patch(`/v3/service_instances/${guid}`, { tags: [] })).status).toBe(403);
    const key = { type: 'key', name: 'k', relationships: { service_instance: toOne(guid) } };
    expect((await guest.post('/v3/service_credential_bindings', key)).status).toBe(403);
  });
});

describe('the marketplace', () => {
  afterEach(async () => {
    const { admin } = foundation;
    const plan = await admin.find('/v3/service_plans?names=basic');
    await admin.patch(`/v3/service_plans/${plan}/visibility`, { type: 'public' });
    const { body } = await admin.get('/v3/organizations?names=elsewhere');
    for (const { guid } of body['resources'] as Json[]) {
      await admin.job(await admin.delete(`/v3/organizations/${String(guid)}`));
    }
  });

  test('shows offerings with their plans, and the requested fields of the broker', async () => {
    const plans = await read(
      '/v3/service_plans?service_offering_names=s3&order_by=name&include=service_offering&fields[service_offering.service_broker]=name',
    );
    expect(plans).toMatchObject({
      resources: [
        { name: 'basic', free: false },
        { name: 'basic-public', free: false },
        { name: 'basic-public-sandbox', free: true },
        { name: 'basic-sandbox', free: true, visibility_type: 'public' },
      ],
      included: { service_offerings: [{ name: 's3', shareable: true }], service_brokers: [{ name: 's3-broker' }] },
    });
    const wrong = await foundation.deployer.get('/v3/service_plans?fields[service_offering.service_broker]=url');
    expect(refusal(wrong)).toEqual([
      400,
      "The query parameter is invalid: Fields valid keys for 'service_offering.service_broker' are: 'guid', 'name'",
    ]);
  });

  test('returns the fields of an instance that the cf CLI requests', async () => {
    await customer.make('bucket');
    const fields = [
      'fields[service_plan]=guid,name,relationships.service_offering',
      'fields[service_plan.service_offering]=guid,name,relationships.service_broker',
      'fields[service_plan.service_offering.service_broker]=guid,name',
    ];
    expect(await read(`/v3/service_instances?${fields.join('&')}`)).toMatchObject({
      included: {
        service_plans: [{ name: 'basic-sandbox' }],
        service_offerings: [{ name: 's3' }],
        service_brokers: [{ name: 's3-broker' }],
      },
    });
  });

  test('shows a plan only to the organizations that an admin names', async () => {
    const { admin, deployer } = foundation;
    const plan = await customer.planGuid('basic');
    const visibility = `/v3/service_plans/${plan}/visibility`;
    const elsewhere = await admin.create('/v3/organizations', { name: 'elsewhere' });
    expect((await deployer.patch(visibility, { type: 'admin' })).status).toBe(403);
    expect(
      (await admin.patch(visibility, { type: 'organization', organizations: [{ guid: elsewhere }] })).body,
    ).toEqual({ type: 'organization', organizations: [{ guid: elsewhere, name: 'elsewhere' }] });
    expect((await read('/v3/service_plans?names=basic'))['resources']).toEqual([]);
    expect((await deployer.get(`/v3/service_plans/${plan}`)).status).toBe(404);
    const body = (client: string) => ({
      type: 'managed',
      name: client,
      relationships: { space: toOne(space), service_plan: toOne(plan) },
    });
    expect(refusal(await deployer.post('/v3/service_instances', body('hidden')))).toEqual([
      422,
      'Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.',
    ]);
    expect(refusal(await admin.post('/v3/service_instances', body('closed')))).toEqual([
      422,
      'Invalid service plan. Ensure that the service plan is visible in your current space.',
    ]);
    const own = await admin.find('/v3/organizations?names=egress-demo');
    await admin.post(visibility, { type: 'organization', organizations: [{ guid: own }] });
    expect((await deployer.get(visibility)).body).toEqual({
      type: 'organization',
      organizations: [{ guid: own, name: 'egress-demo' }],
    });
    expect((await admin.delete(`${visibility}/${own}`)).status).toBe(204);
    expect((await deployer.get(`/v3/service_plans/${plan}`)).status).toBe(404);
    expect((await admin.patch(visibility, { type: 'public' })).body).toEqual({ type: 'public' });
  });

  test("keeps a plan's visibility and GUID when the catalog is read again", async () => {
    const { admin, service } = foundation;
    const plan = await customer.planGuid('basic');
    await admin.patch(`/v3/service_plans/${plan}/visibility`, { type: 'admin' });
    const before = (await admin.get(`/v3/service_plans/${plan}`)).body;
    service.cloud.transact((state) => registerOwnBroker(state, memoryBroker));
    expect(before).toMatchObject({ visibility_type: 'admin' });
    expect((await admin.get(`/v3/service_plans/${plan}`)).body).toEqual(before);
  });

  test('hides the broker from tenants', async () => {
    const { admin } = foundation;
    const guid = await admin.find('/v3/service_brokers?names=s3-broker');
    expect((await read('/v3/service_brokers'))['resources']).toEqual([]);
    expect((await foundation.deployer.get(`/v3/service_brokers/${guid}`)).status).toBe(404);
  });
});
