/** An admin makes accounts at UAA, makes them known to the cloud controller, and lets them see more. */
import { startFoundation, type Foundation, type Json } from './harness';

let foundation: Foundation;

beforeAll(async () => {
  foundation = await startFoundation();
});

afterAll(() => foundation.close());

const account = { userName: 'auditor', password: 'secret', emails: [{ value: 'auditor@example.gov' }], origin: 'uaa' };

test('an account logs in, sees nothing, and as a read-only admin everything', async () => {
  const { admin } = foundation;
  const made = await admin.post('/uaa/Users', account);
  expect(made.status).toBe(201);
  const guid = String(made.body['id']);
  expect((await admin.get('/uaa/Users?filter=userName+eq+"auditor"')).body['resources']).toMatchObject([{ id: guid }]);
  expect(await admin.create('/v3/users', { guid })).toBe(guid);
  const outsider = await foundation.login('auditor', 'secret');
  expect((await outsider.get('/v3/organizations')).body['resources']).toEqual([]);
  const groups = await admin.get('/uaa/Groups?filter=displayName+eq+"cloud_controller.admin_read_only"');
  const [group] = groups.body['resources'] as Json[];
  const joined = await admin.post(`/uaa/Groups/${String(group?.['id'])}/members`, { value: guid, type: 'USER' });
  expect(joined.status).toBe(201);
  const auditor = await foundation.login('auditor', 'secret');
  expect((await auditor.get('/v3/organizations')).body['resources']).toHaveLength(1);
  expect((await auditor.post('/v3/organizations', { name: 'mine' })).status).toBe(403);
  expect((await admin.delete(`/uaa/Users/${guid}`)).status).toBe(200);
  expect((await admin.get(`/uaa/Users/${guid}`)).body).toMatchObject({ error: 'scim_resource_not_found' });
});

test('a name is taken once', async () => {
  const { admin } = foundation;
  await admin.post('/uaa/Users', { ...account, userName: 'twice' });
  const { status, body } = await admin.post('/uaa/Users', { ...account, userName: 'twice' });
  expect([status, body]).toEqual([
    409,
    { error: 'scim_resource_already_exists', error_description: 'Username already in use: twice' },
  ]);
});

test('nobody else makes accounts', async () => {
  const { status, body } = await foundation.deployer.post('/uaa/Users', account);
  expect([status, body['error']]).toEqual([403, 'insufficient_scope']);
});
