import type { BucketCredentials } from '../../../foundation/src/cloud/broker';
import {
  eventually,
  makeSpace,
  memoryBroker,
  pushImage,
  startFoundation,
  toOne,
  type Foundation,
  type Json,
} from './harness';

let foundation: Foundation;
let space: string;
let plan: string;
let provision: (guid: string, plan: string) => Promise<BucketCredentials>;

beforeEach(async () => {
  provision = (guid, name) => memoryBroker.provision(guid, name);
  foundation = await startFoundation({
    broker: { ...memoryBroker, provision: (guid, name) => provision(guid, name) },
  });
  space = await makeSpace(foundation.deployer, 'space');
  plan = await foundation.deployer.find('/v3/service_plans?names=basic-sandbox&service_offering_names=s3');
});
afterEach(() => foundation.close());

const bucket = () =>
  foundation.deployer.post('/v3/service_instances', {
    type: 'managed',
    name: 'bucket',
    relationships: { space: toOne(space), service_plan: toOne(plan) },
  });

test('a managed bucket reaches the app through VCAP_SERVICES, with the fields of the broker', async () => {
  const { deployer, cell } = foundation;
  expect(await deployer.job(await bucket())).toMatchObject({ operation: 'service_instance.create', state: 'COMPLETE' });
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

test('a bucket that cannot be made fails the job and the instance, and can be removed', async () => {
  const { deployer } = foundation;
  provision = () => Promise.reject(new Error('no space left'));
  const job = await deployer.job(await bucket());
  expect(job).toMatchObject({ state: 'FAILED', errors: [{ detail: 'no space left' }] });
  const guid = await deployer.find('/v3/service_instances?names=bucket');
  const { body } = await deployer.get(`/v3/service_instances/${guid}`);
  expect(body['last_operation']).toMatchObject({ type: 'create', state: 'failed' });
  expect(await deployer.job(await deployer.delete(`/v3/service_instances/${guid}`))).toMatchObject({
    state: 'COMPLETE',
  });
  expect((await deployer.get('/v3/service_instances')).body['resources']).toEqual([]);
  foundation.failures.length = 0;
});

test('an instance that is being made is busy', async () => {
  const { deployer } = foundation;
  let finish = (): void => undefined;
  provision = async (guid, name) => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return memoryBroker.provision(guid, name);
  };
  const reply = await bucket();
  const guid = await deployer.find('/v3/service_instances?names=bucket');
  const { status, body } = await deployer.delete(`/v3/service_instances/${guid}`);
  expect([status, (body['errors'] as Json[])[0]?.['code']]).toEqual([409, 60016]);
  finish();
  expect(await deployer.job(reply)).toMatchObject({ state: 'COMPLETE' });
});

test('new credentials of a user-provided service reach its bindings at once, and null leaves tags and drain empty', async () => {
  const { deployer } = foundation;
  const guid = await deployer.create('/v3/service_instances', {
    type: 'user-provided',
    name: 'creds',
    credentials: { password: 'old' },
    tags: ['a'],
    relationships: { space: toOne(space) },
  });
  await pushImage(deployer, space, 'web', '  services: [creds]\n');
  const update = { credentials: { password: 'new' }, tags: null, syslog_drain_url: null, route_service_url: null };
  const { body } = await deployer.patch(`/v3/service_instances/${guid}`, update);
  expect(body).toMatchObject({ tags: [], syslog_drain_url: null, route_service_url: null });
  const binding = await deployer.find(`/v3/service_credential_bindings?service_instance_guids=${guid}`);
  const details = await deployer.get(`/v3/service_credential_bindings/${binding}/details`);
  expect(details.body).toEqual({ credentials: { password: 'new' }, syslog_drain_url: null, volume_mounts: [] });
});
