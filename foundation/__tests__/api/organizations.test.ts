/** Domains that organizations share, and organizations that are suspended. */
import { foundationForAll, pushImage, refusal, toOne, eventually, type Json } from '../../testing/harness';

const foundation = foundationForAll({ space: 'space' });
let own: string;
let other: string;

beforeAll(async () => {
  const { admin } = foundation;
  own = await admin.find('/v3/organizations?names=egress-demo');
  other = await admin.create('/v3/organizations', { name: 'other' });
});

const shared = (path = '') => `/relationships/shared_organizations${path}`;

test('a domain is shared on creation or later, used by other organizations, and unshared once none uses it', async () => {
  const { admin, deployer, space } = foundation;
  const domain = await admin.create('/v3/domains', {
    name: 'shared.example',
    relationships: { organization: toOne(other), shared_organizations: { data: [{ guid: own }] } },
  });
  const path = `/v3/domains/${domain}`;
  expect((await deployer.get(path)).body['relationships']).toEqual({
    organization: toOne(other),
    shared_organizations: { data: [{ guid: own }] },
  });
  expect(await deployer.find(`/v3/organizations/${own}/domains?names=shared.example`)).toBe(domain);
  const relationships = { space: toOne(space), domain: toOne(domain) };
  const route = await deployer.create('/v3/routes', { host: 'mine', relationships });
  expect(refusal(await admin.delete(`${path}${shared(`/${own}`)}`))).toEqual([
    422,
    'This domain has associated routes in this organization. Delete the routes before unsharing.',
  ]);
  await deployer.job(await deployer.delete(`/v3/routes/${route}`));
  expect((await admin.delete(`${path}${shared(`/${own}`)}`)).status).toBe(204);
  expect(refusal(await admin.delete(`${path}${shared(`/${own}`)}`))).toEqual([
    422,
    `Unable to unshare domain from organization with guid '${own}'. Ensure the domain is shared to this organization.`,
  ]);
  expect((await deployer.get(path)).status).toBe(404);
  expect((await admin.post(`${path}${shared()}`, { data: [{ guid: own }] })).body).toEqual({ data: [{ guid: own }] });
  expect((await deployer.post('/v3/routes', { host: 'again', relationships })).status).toBe(201);
});

test.each([
  ['a domain of nobody', 'apps.localhost', () => own, /unless they are scoped to an organization/],
  ['an organization that there is not', 'mine.example', () => 'x', /^Organization with guid 'x' does not exist/],
  ['its own organization', 'mine.example', () => own, /^Domain cannot be shared with owning organization/],
])('%s is not shared', async (_what, name, target, message) => {
  const { admin } = foundation;
  await admin.post('/v3/domains', { name: 'mine.example', relationships: { organization: toOne(own) } });
  const domain = await admin.find(`/v3/domains?names=${name}`);
  const reply = await admin.post(`/v3/domains/${domain}${shared()}`, { data: [{ guid: target() }] });
  expect(refusal(reply)).toEqual([422, expect.stringMatching(message)]);
});

test("a route can't use another organization's domain, nor a wildcard in a shared domain except for admins", async () => {
  const { admin, deployer, space } = foundation;
  const theirs = await admin.create('/v3/domains', {
    name: 'theirs.example',
    relationships: { organization: toOne(other) },
  });
  const create = (client: typeof admin, host: string, domain: string) =>
    client.post('/v3/routes', { host, relationships: { space: toOne(space), domain: toOne(domain) } });
  expect(refusal(await create(admin, 'www', theirs))).toEqual([
    422,
    "Invalid domain. Domain 'theirs.example' is not available in organization 'egress-demo'.",
  ]);
  const everybodys = await admin.find('/v3/domains?names=apps.localhost');
  expect(refusal(await create(deployer, '*', everybodys))).toEqual([
    422,
    expect.stringContaining('You do not have sufficient permissions to create a route with a wildcard host'),
  ]);
  expect((await create(admin, '*', everybodys)).status).toBe(201);
});

test('in a suspended organization, only admins change anything, and applications keep running', async () => {
  const { admin, deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web');
  const suspend = (suspended: boolean) => admin.patch(`/v3/organizations/${own}`, { suspended });
  expect((await deployer.patch(`/v3/organizations/${own}`, { suspended: true })).status).toBe(403);
  expect((await suspend(true)).body).toMatchObject({ suspended: true });
  const stopped = await deployer.post(`/v3/apps/${app}/actions/stop`);
  expect([stopped.status, stopped.body]).toEqual([
    403,
    { errors: [{ code: 10017, title: 'CF-OrgSuspended', detail: 'The organization is suspended' }] },
  ]);
  expect((await deployer.get(`/v3/apps/${app}`)).status).toBe(200);
  expect((await admin.get(`/v3/apps/${app}`)).body).toMatchObject({ state: 'STARTED' });
  expect((await admin.post(`/v3/apps/${app}/actions/restart`)).status).toBe(200);
  await suspend(false);
  expect((await deployer.post(`/v3/apps/${app}/actions/stop`)).status).toBe(200);
});

describe('isolation segments', () => {
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
});
