/** The platform's error messages, word for word. */
import {
  foundationForAll,
  pushImage,
  refusal,
  stageBits,
  toOne,
  type Client,
  type Json,
  type Reply,
} from '../../testing/harness';

const foundation = foundationForAll({ space: 'space' });
let app: string;

beforeAll(async () => {
  app = await pushImage(foundation.deployer, foundation.space, 'web');
});

const quota = (client: Client, name: string): Promise<string> => client.create('/v3/organization_quotas', { name });
const spaceQuota = async (client: Client, name: string): Promise<string> => {
  const organization = toOne(await client.find('/v3/organizations?names=egress-demo'));
  return client.create('/v3/space_quotas', { name, relationships: { organization } });
};
const check = (endpoint: string) => ({ type: 'http', data: { endpoint } });

const REFUSED: readonly [string, (admin: Client) => Promise<Reply>, () => string][] = [
  [
    'a name of an organization that another has',
    async (admin) =>
      admin.patch(`/v3/organizations/${await admin.create('/v3/organizations', { name: 'two' })}`, {
        name: 'Egress-Demo',
      }),
    () => "Organization name 'Egress-Demo' is already taken.",
  ],
  [
    'a name of an organization quota that another has',
    async (admin) => {
      await quota(admin, 'taken');
      return admin.patch(`/v3/organization_quotas/${await quota(admin, 'free')}`, { name: 'taken' });
    },
    () => "Organization Quota 'taken' already exists.",
  ],
  [
    'a name of a space quota that another of the organization has',
    async (admin) => {
      await spaceQuota(admin, 'taken');
      return admin.patch(`/v3/space_quotas/${await spaceQuota(admin, 'free')}`, { name: 'taken' });
    },
    () => "Space Quota 'taken' already exists.",
  ],
  [
    'a space quota taken off a space that has none',
    async (admin) =>
      admin.delete(`/v3/space_quotas/${await spaceQuota(admin, 'unused')}/relationships/spaces/${foundation.space}`),
    () =>
      `Unable to remove quota from space with guid '${foundation.space}'. Ensure the space quota is applied to this space.`,
  ],
  [
    'the endpoint of a health check',
    (admin) => admin.patch(`/v3/apps/${app}/processes/web`, { health_check: check('nowhere') }),
    () => 'Health check endpoint must be a valid URI path',
  ],
  [
    'the endpoint of a readiness check',
    (admin) => admin.patch(`/v3/apps/${app}/processes/web`, { readiness_health_check: check('/no where') }),
    () => 'Readiness health check endpoint must be a valid URI path',
  ],
  [
    'a manifest whose application has no name',
    (admin) => admin.applyManifest(foundation.space, 'applications:\n- name: web\n- memory: 64M\n'),
    () => 'For application at index 1: Name must not be empty',
  ],
  [
    'the endpoint of a health check in a manifest',
    (admin) =>
      admin.applyManifest(foundation.space, 'applications:\n- name: web\n  health-check-http-endpoint: nowhere\n'),
    () => `For application 'web': Process "web": Health check http endpoint must be a valid URI path`,
  ],
];

test.each(REFUSED)("%s is refused in the platform's words", async (_what, ask, words) => {
  expect(refusal(await ask(foundation.admin))).toEqual([422, words()]);
});

test('an organization or a quota can be updated without changing its name', async () => {
  const { admin } = foundation;
  const guid = await admin.find('/v3/organizations?names=egress-demo');
  expect((await admin.patch(`/v3/organizations/${guid}`, { name: 'egress-demo' })).status).toBe(200);
  const kept = await quota(admin, 'kept');
  expect((await admin.patch(`/v3/organization_quotas/${kept}`, { name: 'kept', apps: {} })).status).toBe(200);
});

test('a random route ends in two words and two letters', async () => {
  const { deployer, space } = foundation;
  await pushImage(deployer, space, 'lost', '  random-route: true\n');
  const { body } = await deployer.get('/v3/routes');
  expect((body['resources'] as Json[]).map(({ host }) => host)).toEqual([
    expect.stringMatching(/^lost-[a-z]+-[a-z]+-[a-z]{2}$/),
  ]);
});

test('a buildpack has its installed name and the name that it reports', async () => {
  const { deployer, space } = foundation;
  const staged = await deployer.create('/v3/apps', { name: 'staged', relationships: { space: toOne(space) } });
  const droplet = await stageBits(deployer, staged);
  expect(droplet['buildpacks']).toEqual([
    { name: 'nodejs_buildpack', buildpack_name: 'nodejs', detect_output: 'nodejs', version: null },
  ]);
});

test('a plan without organizations is visible to admins only', async () => {
  const { admin } = foundation;
  const path = `/v3/service_plans/${await admin.find('/v3/service_plans?names=large')}/visibility`;
  const organization = await admin.find('/v3/organizations?names=egress-demo');
  await admin.patch(path, { type: 'organization', organizations: [{ guid: organization }] });
  expect((await admin.delete(`${path}/${organization}`)).status).toBe(204);
  expect((await admin.get(path)).body).toEqual({ type: 'admin' });
});
