/** Who may do what: each role against what this job's clients ask for. */
import { hashPassword } from '../../../foundation/src/cloud/passwords';
import { ORGANIZATION_ROLES, SPACE_ROLES, type RoleType } from '../../../foundation/src/cloud/records';
import { makeSpace, pushImage, startFoundation, toOne, type Client, type Foundation } from './harness';

type Holder = RoleType | 'nobody';

let foundation: Foundation;
let space: string;
let app: string;
let group: string;
let organization: string;
let domain: string;
const clients = new Map<Holder, Client>();

const HOLDERS: readonly Holder[] = [...ORGANIZATION_ROLES, ...SPACE_ROLES, 'nobody'];

beforeAll(async () => {
  foundation = await startFoundation();
  const { deployer, admin, service } = foundation;
  space = await makeSpace(deployer, 'space');
  app = await pushImage(deployer, space, 'web');
  organization = await deployer.find('/v3/organizations');
  group = await deployer.find('/v3/security_groups?names=public_networks_egress');
  domain = await deployer.find('/v3/domains?names=apps.internal');
  const scopes = service.cloud.state.credentials.find(({ name }) => name === 'deployer')?.scopes ?? [];
  const hash = await hashPassword('secret');
  for (const holder of HOLDERS) {
    const guid = await admin.create('/v3/users', { username: holder, origin: 'uaa' });
    service.cloud.transact((state) => {
      state.credentials.put({ ...state.stamp(), guid, kind: 'user', name: holder, hash, scopes });
    });
    const user = toOne(guid);
    const member = (type: string) =>
      admin.create('/v3/roles', { type, relationships: { user, organization: toOne(organization) } });
    if ((SPACE_ROLES as readonly string[]).includes(holder)) {
      await member('organization_user');
      await admin.create('/v3/roles', { type: holder, relationships: { user, space: toOne(space) } });
    } else if (holder !== 'nobody') {
      await member(holder);
    }
    clients.set(holder, await foundation.login(holder, 'secret'));
  }
});

afterAll(() => foundation.close());

const READERS: readonly Holder[] = ['organization_manager', ...SPACE_ROLES];

interface Action {
  readonly what: string;
  readonly run: (client: Client) => Promise<{ readonly status: number }>;
  /** Allowed; of the others, those who see the place are answered 403, the rest `hidden`. */
  readonly allowed: readonly Holder[];
  readonly readers: readonly Holder[];
  readonly hidden: number;
}

const ACTIONS: readonly Action[] = [
  {
    what: 'read the space',
    run: (client) => client.get(`/v3/spaces/${space}`),
    allowed: READERS,
    readers: READERS,
    hidden: 404,
  },
  {
    what: 'make a space',
    run: (client) => client.post('/v3/spaces', { name: 'space', relationships: { organization: toOne(organization) } }),
    // The name is taken: 422 is as far as a manager gets, and nothing is left behind.
    allowed: ['organization_manager'],
    readers: HOLDERS.filter((holder) => holder !== 'nobody'),
    hidden: 422,
  },
  {
    what: 'rename the space',
    run: (client) => client.patch(`/v3/spaces/${space}`, { name: 'space' }),
    allowed: ['organization_manager', 'space_manager'],
    readers: READERS,
    hidden: 404,
  },
  {
    what: 'bind a security group',
    run: (client) =>
      client.post(`/v3/security_groups/${group}/relationships/running_spaces`, { data: [{ guid: space }] }),
    allowed: ['organization_manager', 'space_manager'],
    readers: READERS,
    hidden: 422,
  },
  {
    what: 'read the environment of an app',
    run: (client) => client.get(`/v3/apps/${app}/environment_variables`),
    allowed: ['space_developer'],
    readers: READERS,
    hidden: 404,
  },
  {
    what: 'apply a manifest',
    run: (client) => client.applyManifest(space, 'applications:\n- name: web\n'),
    allowed: ['space_developer'],
    readers: READERS,
    hidden: 404,
  },
  {
    what: 'restart an app',
    run: (client) => client.post(`/v3/apps/${app}/actions/start`),
    allowed: ['space_developer', 'space_supporter'],
    readers: READERS,
    hidden: 404,
  },
  {
    what: 'make a route',
    run: (client) =>
      client.post('/v3/routes', {
        host: `r${Math.random().toString(36).slice(2)}`,
        relationships: { space: toOne(space), domain: toOne(domain) },
      }),
    allowed: ['space_developer', 'space_supporter'],
    readers: READERS,
    hidden: 422,
  },
  {
    what: 'make a security group',
    run: (client) => client.post('/v3/security_groups', { name: 'mine' }),
    allowed: [],
    readers: HOLDERS,
    hidden: 403,
  },
];

const CELLS = ACTIONS.flatMap((action) => HOLDERS.map((holder) => [holder, action.what, action] as const));

test.each(CELLS)('%s: %s', async (holder, _what, { run, allowed, readers, hidden, what }) => {
  const client = clients.get(holder);
  const { status } = client ? await run(client) : { status: 0 };
  if (allowed.includes(holder)) {
    expect([200, 201, 202, ...(what === 'make a space' ? [422] : [])]).toContain(status);
  } else {
    expect(status).toBe(readers.includes(holder) ? 403 : hidden);
  }
});

test('an organization manager makes a space and gives itself what it needs there', async () => {
  expect(await makeSpace(foundation.deployer, 'own')).toMatch(/^[0-9a-f-]{36}$/);
});

test('a space role needs a role in the organization first', async () => {
  const { admin } = foundation;
  const user = await admin.find('/v3/users?usernames=nobody');
  const { status, text } = await admin.post('/v3/roles', {
    type: 'space_developer',
    relationships: { user: toOne(user), space: toOne(space) },
  });
  expect(status).toBe(422);
  expect(text).toContain(
    "Users cannot be assigned roles in a space if they do not have a role in that space's organization.",
  );
});
