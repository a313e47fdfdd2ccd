/** Isolation segments, from the admin who creates one to the tenant who uses it. */
import { eventually, foundationForAll, pushImage, type Json } from '../../testing/harness';

const foundation = foundationForAll({ space: 'space' });
let organization: string;
let segment: string;

beforeAll(async () => {
  organization = await foundation.deployer.find('/v3/organizations');
  segment = await foundation.admin.create('/v3/isolation_segments', { name: 'trusted' });
});

const ofSpace = (): string => `/v3/spaces/${foundation.space}/relationships/isolation_segment`;
const entitlements = (): string => `/v3/isolation_segments/${segment}/relationships/organizations`;
const detail = (body: Json): unknown => (body['errors'] as Json[])[0]?.['detail'];

test("every foundation has the shared segment, which can't be changed", async () => {
  const shared = await foundation.admin.find('/v3/isolation_segments?names=shared');
  const { status, body } = await foundation.admin.delete(`/v3/isolation_segments/${shared}`);
  expect([status, detail(body)]).toEqual([422, 'Cannot update the shared Isolation Segment']);
});

test('a tenant sees and uses a segment only while its organization is entitled to it', async () => {
  const { admin, deployer } = foundation;
  const assign = (guid: string | null) => deployer.patch(ofSpace(), { data: guid === null ? null : { guid } });
  expect((await deployer.get(`/v3/isolation_segments/${segment}`)).status).toBe(404);
  expect(detail((await assign(segment)).body)).toMatch(
    /^Unable to set .* as the isolation segment\. Ensure it has been/,
  );
  await admin.post(entitlements(), { data: [{ guid: organization }] });
  expect(await deployer.find('/v3/isolation_segments')).toBe(segment);
  expect((await assign(segment)).body).toMatchObject({ data: { guid: segment } });
  expect((await deployer.get(ofSpace())).body).toMatchObject({ data: { guid: segment } });
  const revoked = await admin.delete(`${entitlements()}/${organization}`);
  expect([revoked.status, detail(revoked.body)]).toEqual([
    422,
    'Please delete the Space associations for your Isolation Segment in the Organization egress-demo.',
  ]);
  expect(detail((await admin.delete(`/v3/isolation_segments/${segment}`)).body)).toBe(
    'Revoke the Organization entitlements for your Isolation Segment.',
  );
  expect((await assign(null)).body).toMatchObject({ data: null });
  expect((await admin.delete(`${entitlements()}/${organization}`)).status).toBe(204);
});

test("an instance shows its space's segment, or else the organization's default", async () => {
  const { admin, deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web');
  const told = () =>
    eventually(async () => {
      const { body } = await deployer.get(`/v3/apps/${app}/processes/web/stats`);
      const [instance] = body['resources'] as Json[];
      return instance?.['state'] === 'RUNNING' ? [instance['isolation_segment']] : undefined;
    });
  expect(await told()).toEqual([null]);
  await admin.post(entitlements(), { data: [{ guid: organization }] });
  const byDefault = `/v3/organizations/${organization}/relationships/default_isolation_segment`;
  expect((await deployer.patch(byDefault, { data: { guid: segment } })).body).toMatchObject({
    data: { guid: segment },
  });
  expect(await told()).toEqual(['trusted']);
  await deployer.patch(byDefault, { data: null });
  await admin.delete(`${entitlements()}/${organization}`);
});

test('names are unique, whatever their case', async () => {
  const { status, body } = await foundation.admin.post('/v3/isolation_segments', { name: 'TRUSTED' });
  expect([status, detail(body)]).toEqual([422, 'Isolation Segment names are case insensitive and must be unique']);
});
