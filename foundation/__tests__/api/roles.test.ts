/** Each role against each endpoint, by the table that the documentation is generated from. */
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Endpoint } from '../../src/api/endpoint';
import { HOLDERS, outcomeOf, type Holder, makeRolePage, ROLE_PAGE } from '../../testing/role-page';
import { resources } from '../../src/api/resources';
import { ANYBODY, GLOBAL_SCOPES, GRANTS } from '../../src/cloud/permissions';
import { ORGANIZATION_ROLES, SPACE_ROLES } from '../../src/cloud/records';
import { Tokens } from '../../src/cloud/tokens';
import { OsbProgram, PASSWORD, USERNAME } from '../support/osb-program';
import {
  bitsOf,
  Client,
  eventually,
  foundationForAll,
  makeRoute,
  makeService,
  makeSpace,
  pushImage,
  toOne,
  type Json,
  type Reply,
} from '../../testing/harness';

let program: OsbProgram;
let place: Place;
let clients: ReadonlyMap<Holder, Client>;

/** Objects of an organization that has a holder of each role. */
interface Place {
  readonly organization: string;
  readonly space: string;
  readonly quota: string;
  readonly spaceQuota: string;
  readonly domain: string;
  readonly sharedDomain: string;
  readonly app: string;
  readonly route: string;
  readonly group: string;
  readonly boundGroup: string;
  readonly service: string;
  /** With a broker. */
  readonly managed: string;
  readonly broker: string;
  readonly plan: string;
  readonly offering: string;
  readonly binding: string;
  readonly routeBinding: string;
  readonly member: string;
  readonly role: string;
  readonly process: string;
  readonly pack: string;
  readonly build: string;
  readonly droplet: string;
  readonly revision: string;
  readonly event: string;
  readonly job: string;
  readonly task: string;
  readonly segment: string;
  readonly stack: string;
  readonly buildpack: string;
}

const unique = (): string => `n${randomUUID()}`;

const makePlace = async (): Promise<Place> => {
  const { admin } = foundation;
  const organization = await admin.create('/v3/organizations', { name: 'matrix' });
  const space = await admin.create('/v3/spaces', {
    name: 'space',
    relationships: { organization: toOne(organization) },
  });
  const app = await pushImage(admin, space, 'web');
  const sharedDomain = await admin.find('/v3/domains?names=apps.internal');
  const domain = await admin.create('/v3/domains', {
    name: 'matrix.example',
    relationships: { organization: toOne(organization) },
  });
  const route = await admin.create('/v3/routes', {
    host: 'web',
    relationships: { space: toOne(space), domain: toOne(sharedDomain) },
  });
  await admin.post(`/v3/routes/${route}/destinations`, { destinations: [{ app: { guid: app } }] });
  const service = await makeService(foundation.admin, space, unique());
  const plan = await admin.find('/v3/service_plans?names=small');
  const bucket = await makeManaged(space, await admin.find('/v3/service_plans?names=basic'));
  const ordered = await admin.delete(`/v3/service_instances/${await makeManaged(space, plan)}`);
  const { links } = await admin.job(ordered);
  const member = await admin.create('/v3/users', { username: 'member', origin: 'uaa' });
  await admin.create('/v3/roles', {
    type: 'organization_user',
    relationships: { user: toOne(member), organization: toOne(organization) },
  });
  return {
    organization,
    space,
    quota: await admin.create('/v3/organization_quotas', {
      name: 'matrix',
      relationships: { organizations: { data: [{ guid: organization }] } },
    }),
    spaceQuota: await admin.create('/v3/space_quotas', {
      name: 'matrix',
      relationships: { organization: toOne(organization), spaces: { data: [{ guid: space }] } },
    }),
    domain,
    sharedDomain,
    app,
    route,
    boundGroup: await admin.create('/v3/security_groups', {
      name: 'bound',
      relationships: { running_spaces: { data: [{ guid: space }] } },
    }),
    group: await admin.find('/v3/security_groups?names=public_networks_egress'),
    service,
    managed: bucket,
    broker: await makeBroker(space),
    plan,
    offering: await admin.find('/v3/service_offerings?names=s3'),
    binding: await admin.create('/v3/service_credential_bindings', {
      type: 'app',
      relationships: { app: toOne(app), service_instance: toOne(service) },
    }),
    routeBinding: await admin.create('/v3/service_route_bindings', await routeBindingOf({ space })),
    member,
    role: await makeRole(member, space, 'space_auditor'),
    process: await admin.find(`/v3/processes?app_guids=${app}`),
    pack: await admin.find(`/v3/packages?app_guids=${app}`),
    build: await admin.find(`/v3/builds?app_guids=${app}`),
    droplet: await admin.find(`/v3/droplets?app_guids=${app}`),
    revision: await admin.find(`/v3/apps/${app}/revisions`),
    event: await makeCrash(app),
    job:
      String((links as Record<string, { href: string }>)['self']?.href)
        .split('/')
        .at(-1) ?? '',
    task: await startTask(app),
    segment: await makeSegment(organization),
    stack: await admin.find('/v3/stacks'),
    buildpack: await admin.find('/v3/buildpacks?names=nodejs_buildpack'),
  };
};

/** The event of an instance that crashes and is replaced. */
const makeCrash = async (app: string): Promise<string> => {
  const { cell, admin } = foundation;
  const guid = await eventually(() => [...cell.running.values()].find(({ appGuid }) => appGuid === app)?.instanceGuid);
  cell.crash(guid, 'Exited with status 1');
  return admin.find(`/v3/audit_events?target_guids=${app}&types=app.crash`);
};

const brokerOf = (space: string) => ({
  name: unique(),
  url: 'http://broker.apps.localhost',
  authentication: { type: 'basic', credentials: { username: USERNAME, password: PASSWORD } },
  relationships: { space: toOne(space) },
});

const makeBroker = async (space: string): Promise<string> => {
  const { admin } = foundation;
  const body = brokerOf(space);
  await admin.job(await admin.post('/v3/service_brokers', body));
  return admin.find(`/v3/service_brokers?names=${body.name}`);
};

/** With its own route and service, since a route can have only one. */
const routeBindingOf = async ({ space }: Pick<Place, 'space'>) => {
  const { admin } = foundation;
  const route = await makeRoute(admin, space, unique());
  const service = await makeService(admin, space, unique(), { route_service_url: 'https://example.org' });
  return { relationships: { service_instance: toOne(service), route: toOne(route) } };
};

const makeManaged = async (space: string, plan: string): Promise<string> => {
  const { admin } = foundation;
  const name = unique();
  const relationships = { space: toOne(space), service_plan: toOne(plan) };
  await admin.job(await admin.post('/v3/service_instances', { type: 'managed', name, relationships }));
  return admin.find(`/v3/service_instances?names=${name}`);
};

const makeSegment = async (...entitled: string[]): Promise<string> => {
  const { admin } = foundation;
  const segment = await admin.create('/v3/isolation_segments', { name: unique() });
  const data = entitled.map((guid) => ({ guid }));
  await admin.post(`/v3/isolation_segments/${segment}/relationships/organizations`, { data });
  return segment;
};

const startTask = async (app: string): Promise<string> =>
  String((await foundation.admin.post(`/v3/apps/${app}/tasks`, { command: 'true', memory_in_mb: 1 })).body['guid']);

const makeRole = (user: string, space: string, type: string): Promise<string> =>
  foundation.admin.create('/v3/roles', { type, relationships: { user: toOne(user), space: toOne(space) } });

const makeClients = async (): Promise<ReadonlyMap<Holder, Client>> => {
  const { admin, service } = foundation;
  const { cloud } = service;
  const { organization, space } = place;
  const tokens = new Tokens(cloud.state, `${cloud.api}/uaa/oauth/token`);
  const made = new Map<Holder, Client>();
  for (const holder of HOLDERS) {
    const guid = await admin.create('/v3/users', { username: `holds-${holder}`, origin: 'uaa' });
    const user = toOne(guid);
    const spaceRole = (SPACE_ROLES as readonly string[]).includes(holder);
    const role = spaceRole ? 'organization_user' : (ORGANIZATION_ROLES as readonly string[]).includes(holder) && holder;
    if (role) {
      await admin.create('/v3/roles', { type: role, relationships: { user, organization: toOne(organization) } });
    }
    if (spaceRole) await makeRole(guid, space, holder);
    const global = holder in GLOBAL_SCOPES ? [GLOBAL_SCOPES[holder as keyof typeof GLOBAL_SCOPES]] : [];
    const uaa = holder === 'admin' ? ['uaa.admin', 'network.admin'] : [];
    const scopes = ['cloud_controller.read', 'cloud_controller.write', ...global, ...uaa];
    const credential = { guid, kind: 'user', name: holder, hash: '', scopes, createdAt: '', updatedAt: '' } as const;
    made.set(holder, new Client(service.url, tokens.issue(credential, 'cf').access_token));
  }
  return made;
};

// Each cell of the matrix is a request, and often creates its object first.
jest.setTimeout(300_000);

beforeAll(async () => {
  program = await OsbProgram.start();
});
const foundation = foundationForAll(() => ({ router: program.port }));
afterAll(() => program.close());

beforeAll(async () => {
  place = await makePlace();
  clients = await makeClients();
});

interface Request {
  /** By placeholder in the path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly type?: string;
  /** The status that an allowed caller gets, if the request tests only the permission and doesn't succeed. */
  readonly status?: number;
  /** For a list: an object that readers see in it, and others don't. */
  readonly shows?: string;
}

/** With `allowed`, the request succeeds, so it must not remove what other cells need. */
type Recipe = (at: Place, allowed: boolean) => Request | Promise<Request>;

const at =
  (key: keyof Place, more: Partial<Request> = {}): Recipe =>
  (objects) => ({ params: { guid: objects[key] }, ...more });
const shows =
  (key: keyof Place): Recipe =>
  (objects) => ({ shows: objects[key] });
const nothing: Recipe = () => ({});
const of =
  (make: (objects: Place) => Promise<string>, more: Partial<Request> = {}): Recipe =>
  async (objects) => ({ params: { guid: await make(objects) }, ...more });

/** Deletes a new object, or fails to delete one that other cells need. */
const spare =
  (key: keyof Place, make: (objects: Place) => Promise<string>): Recipe =>
  async (objects, allowed) => ({ params: { guid: allowed ? await make(objects) : objects[key] } });

/** Callers who may share a route get the answer that sharing is disabled. */
const sharing: Recipe = ({ route, space }, allowed) => ({
  params: { guid: route, space },
  body: {},
  ...(allowed && { status: 403 }),
});
const oneTimeCode: Recipe = () => ({ query: 'response_type=code&client_id=ssh-proxy', status: 302 });

const inSpace = ({ space }: Place) => ({ space: toOne(space) });
const create = (path: string, body: unknown): Promise<string> => foundation.admin.create(path, body);

const newSpace = ({ organization }: Place) =>
  create('/v3/spaces', { name: unique(), relationships: { organization: toOne(organization) } });
const newSpaceQuota = ({ organization }: Place) =>
  create('/v3/space_quotas', { name: unique(), relationships: { organization: toOne(organization) } });
const newApp = (objects: Place) => create('/v3/apps', { name: unique(), relationships: inSpace(objects) });
const newRoute = (objects: Place) =>
  create('/v3/routes', { host: unique(), relationships: { ...inSpace(objects), domain: toOne(objects.sharedDomain) } });
const newUser = () => create('/v3/users', { username: unique(), origin: 'uaa' });
const newAccount = async (): Promise<string> =>
  String((await foundation.admin.post('/uaa/Users', { userName: unique(), password: 'secret' })).body['id']);
const newRole = async ({ organization, space }: Place) => {
  const user = await newUser();
  await create('/v3/roles', {
    type: 'organization_user',
    relationships: { user: toOne(user), organization: toOne(organization) },
  });
  return makeRole(user, space, 'space_auditor');
};
const newDomain = ({ organization }: Place) =>
  create('/v3/domains', { name: `${unique()}.example`, relationships: { organization: toOne(organization) } });
const newGroup = () => create('/v3/security_groups', { name: unique() });
const newService = ({ space }: Place) => makeService(foundation.admin, space, unique());
const newBinding = async (objects: Place) =>
  create('/v3/service_credential_bindings', {
    type: 'app',
    relationships: { app: toOne(objects.app), service_instance: toOne(await newService(objects)) },
  });
const newRouteBinding = async (objects: Place) => create('/v3/service_route_bindings', await routeBindingOf(objects));
const newPackage = async (objects: Place) =>
  create('/v3/packages', { type: 'bits', relationships: { app: toOne(await newApp(objects)) } });
const newDeployment = async (objects: Place, strategy = 'rolling') => {
  const app = await pushImage(foundation.admin, objects.space, unique());
  return create('/v3/deployments', { relationships: { app: toOne(app) }, strategy });
};
const newPausedDeployment = async (objects: Place) => {
  const deployment = await newDeployment(objects, 'canary');
  await eventually(() => foundation.service.cloud.state.deployments.get(deployment)?.reason === 'PAUSED' || undefined);
  return deployment;
};
const newTask = ({ app }: Place): Promise<string> => startTask(app);
const edge = ({ app }: Place) => ({
  policies: [{ source: { id: app }, destination: { id: app, protocol: 'tcp', ports: { start: 8080, end: 8080 } } }],
});
const group = (objects: Place, more: Readonly<Record<string, string>> = {}) => ({ guid: objects.group, ...more });

/** The object that a path below `/v3` is about, by the path's first part. */
const OBJECTS: Readonly<Record<string, keyof Place>> = {
  organizations: 'organization',
  spaces: 'space',
  organization_quotas: 'quota',
  space_quotas: 'spaceQuota',
  domains: 'domain',
  apps: 'app',
  routes: 'route',
  security_groups: 'boundGroup',
  service_instances: 'service',
  service_brokers: 'broker',
  service_plans: 'plan',
  service_offerings: 'offering',
  service_credential_bindings: 'binding',
  service_route_bindings: 'routeBinding',
  users: 'member',
  roles: 'role',
  processes: 'process',
  packages: 'pack',
  builds: 'build',
  droplets: 'droplet',
  revisions: 'revision',
  audit_events: 'event',
  jobs: 'job',
  tasks: 'task',
  isolation_segments: 'segment',
  stacks: 'stack',
  buildpacks: 'buildpack',
};

/** Lists an object, reads it or something about it, or changes nothing of it. */
const usual = ({ method, path }: Endpoint): Recipe | undefined => {
  const [, collection = '', one, rest] = /^\/v3\/(\w+)(\/:guid)?(.*)$/.exec(path) ?? [];
  const key = OBJECTS[collection];
  if (key === undefined || (one === undefined && rest !== '')) return undefined;
  if (method === 'GET') return one === undefined ? shows(key) : at(key);
  return method === 'PATCH' && one !== undefined && rest === '' ? at(key, { body: {} }) : undefined;
};

/** How to call each endpoint whose call isn't the usual one. An endpoint without a recipe fails the test. */
const RECIPES: Readonly<Record<string, Recipe>> = {
  'GET /uaa/oauth/authorize': oneTimeCode,
  'GET /login/oauth/authorize': oneTimeCode,
  'GET /uaa/Users': nothing,
  'GET /uaa/Users/:guid': of(newAccount),
  'POST /uaa/Users': () => ({ body: { userName: unique(), password: 'secret' } }),
  'PUT /uaa/Users/:guid': of(newAccount, { body: { userName: unique() } }),
  'PUT /uaa/Users/:guid/password': of(newAccount, { body: { password: 'another' } }),
  'DELETE /uaa/Users/:guid': of(newAccount),
  'GET /uaa/Groups': nothing,
  'POST /uaa/Groups/:guid/members': async () => ({
    params: { guid: 'cloud_controller.admin_read_only' },
    body: { value: await newAccount(), type: 'USER', origin: 'uaa' },
  }),
  'DELETE /uaa/Groups/:guid/members/:user': async () => ({
    params: { guid: 'cloud_controller.admin_read_only', user: await newAccount() },
  }),
  'POST /v3/organizations': () => ({ body: { name: unique() } }),
  'DELETE /v3/organizations/:guid': async ({ organization }, allowed) => ({
    params: { guid: allowed ? await create('/v3/organizations', { name: unique() }) : organization },
  }),
  'POST /v3/spaces': ({ organization }) => ({
    body: { name: unique(), relationships: { organization: toOne(organization) } },
  }),
  'DELETE /v3/spaces/:guid': spare('space', newSpace),
  'PATCH /v3/spaces/:guid/features/ssh': at('space', { body: { enabled: true } }),
  'POST /v3/isolation_segments': () => ({ body: { name: unique() } }),
  'DELETE /v3/isolation_segments/:guid': spare('segment', () => makeSegment()),
  'POST /v3/isolation_segments/:guid/relationships/organizations': ({ segment, organization }) => ({
    params: { guid: segment },
    body: { data: [{ guid: organization }] },
  }),
  'DELETE /v3/isolation_segments/:guid/relationships/organizations/:organization': async (
    { segment, organization },
    allowed,
  ) => ({ params: { guid: allowed ? await makeSegment(organization) : segment, organization } }),
  'PATCH /v3/organizations/:guid/relationships/default_isolation_segment': at('organization', { body: { data: null } }),
  'PATCH /v3/spaces/:guid/relationships/isolation_segment': at('space', { body: { data: null } }),
  'POST /v3/spaces/:guid/actions/apply_manifest': at('space', {
    body: 'applications:\n- name: web\n',
    type: 'application/x-yaml',
  }),
  'POST /v3/spaces/:guid/manifest_diff': at('space', {
    body: 'applications:\n- name: web\n',
    type: 'application/x-yaml',
  }),
  'POST /v3/users': () => ({ body: { username: unique(), origin: 'uaa' } }),
  'DELETE /v3/users/:guid': spare('member', newUser),
  'POST /v3/roles': async ({ organization, space }) => {
    const user = await newUser();
    await create('/v3/roles', {
      type: 'organization_user',
      relationships: { user: toOne(user), organization: toOne(organization) },
    });
    return { body: { type: 'space_auditor', relationships: { user: toOne(user), space: toOne(space) } } };
  },
  'DELETE /v3/roles/:guid': of(newRole),
  'POST /v3/organization_quotas': () => ({ body: { name: unique() } }),
  'DELETE /v3/organization_quotas/:guid': async ({ quota }, allowed) => ({
    params: { guid: allowed ? await create('/v3/organization_quotas', { name: unique() }) : quota },
  }),
  'POST /v3/organization_quotas/:guid/relationships/organizations': at('quota', { body: { data: [] } }),
  'POST /v3/space_quotas': ({ organization }) => ({
    body: { name: unique(), relationships: { organization: toOne(organization) } },
  }),
  'DELETE /v3/space_quotas/:guid': spare('spaceQuota', newSpaceQuota),
  'POST /v3/space_quotas/:guid/relationships/spaces': at('spaceQuota', { body: { data: [] } }),
  'DELETE /v3/space_quotas/:guid/relationships/spaces/:space': async (objects, allowed) => {
    const space = allowed ? await newSpace(objects) : objects.space;
    if (allowed) {
      await foundation.admin.post(`/v3/space_quotas/${objects.spaceQuota}/relationships/spaces`, {
        data: [{ guid: space }],
      });
    }
    return { params: { guid: objects.spaceQuota, space } };
  },
  'POST /v3/domains': ({ organization }) => ({
    body: { name: `${unique()}.example`, relationships: { organization: toOne(organization) } },
  }),
  'DELETE /v3/domains/:guid': of(newDomain),
  'POST /v3/domains/:guid/relationships/shared_organizations': at('domain', { body: { data: [] } }),
  'DELETE /v3/domains/:guid/relationships/shared_organizations/:organization': ({ domain, organization }) => ({
    params: { guid: domain, organization },
    status: 422,
  }),
  'POST /v3/routes': (objects) => ({
    body: { host: unique(), relationships: { ...inSpace(objects), domain: toOne(objects.sharedDomain) } },
  }),
  'DELETE /v3/routes/:guid': of(newRoute),
  'POST /v3/routes/:guid/destinations': at('route', { body: { destinations: [] } }),
  'PATCH /v3/routes/:guid/destinations': of(newRoute, { body: { destinations: [] } }),
  'DELETE /v3/routes/:guid/destinations/:destination': async (objects) => {
    const route = await newRoute(objects);
    const body = { destinations: [{ app: { guid: objects.app } }] };
    const mapped = await foundation.admin.post(`/v3/routes/${route}/destinations`, body);
    const [destination] = mapped.body['destinations'] as Json[];
    return { params: { guid: route, destination: String(destination?.['guid']) } };
  },
  'PATCH /v3/routes/:guid/destinations/:destination': async (objects) => {
    const { body } = await foundation.admin.get(`/v3/routes/${objects.route}/destinations`);
    const [destination] = body['destinations'] as Json[];
    return { params: { guid: objects.route, destination: String(destination?.['guid']) }, body: {} };
  },
  'POST /v3/routes/:guid/relationships/shared_spaces': sharing,
  'DELETE /v3/routes/:guid/relationships/shared_spaces/:space': sharing,
  'PATCH /v3/routes/:guid/relationships/space': sharing,
  'DELETE /v3/spaces/:guid/routes': at('space', { query: 'unmapped=true' }),
  'POST /v3/security_groups': () => ({ body: { name: unique() } }),
  'DELETE /v3/security_groups/:guid': spare('boundGroup', newGroup),
  ...Object.fromEntries(
    ['running', 'staging'].flatMap((phase): [string, Recipe][] => [
      [
        `POST /v3/security_groups/:guid/relationships/${phase}_spaces`,
        (objects) => ({ params: group(objects), body: { data: [{ guid: objects.space }] } }),
      ],
      [
        `DELETE /v3/security_groups/:guid/relationships/${phase}_spaces/:space`,
        async (objects) => {
          const path = `/v3/security_groups/${objects.group}/relationships/${phase}_spaces`;
          await foundation.admin.post(path, { data: [{ guid: objects.space }] });
          return { params: group(objects, { space: objects.space }) };
        },
      ],
    ]),
  ),
  'GET /networking/v1/external/policies': nothing,
  'POST /networking/v1/external/policies': (objects) => ({ body: edge(objects) }),
  'POST /networking/v1/external/policies/delete': async (objects) => {
    await foundation.admin.post('/networking/v1/external/policies', edge(objects));
    return { body: edge(objects) };
  },
  'POST /v3/service_brokers': ({ space }) => ({ body: brokerOf(space) }),
  'DELETE /v3/service_brokers/:guid': async ({ space, broker }, allowed) => ({
    params: { guid: allowed ? await makeBroker(space) : broker },
  }),
  'GET /v3/feature_flags': nothing,
  'PATCH /v3/feature_flags/:name': () => ({ params: { name: 'diego_docker' }, body: {}, status: 422 }),
  'GET /v3/environment_variable_groups/:name': () => ({ params: { name: 'running' } }),
  'PATCH /v3/environment_variable_groups/:name': () => ({ params: { name: 'running' }, body: {}, status: 422 }),
  'GET /v3/feature_flags/:name': () => ({ params: { name: 'service_instance_sharing' } }),
  'GET /v3/service_offerings': nothing,
  'DELETE /v3/service_offerings/:guid': at('offering', { status: 422 }),
  'GET /v3/service_plans': nothing,
  'PATCH /v3/service_plans/:guid/visibility': at('plan', { body: { type: 'public' } }),
  'POST /v3/service_plans/:guid/visibility': at('plan', { body: { type: 'public' } }),
  'DELETE /v3/service_plans/:guid/visibility/:organization': async ({ plan, organization }, allowed) => {
    const guid = allowed
      ? await foundation.admin.find('/v3/service_plans?names=large&service_broker_names=s3-broker')
      : plan;
    if (allowed) {
      const body = { type: 'organization', organizations: [{ guid: organization }] };
      await foundation.admin.post(`/v3/service_plans/${guid}/visibility`, body);
    }
    return { params: { guid, organization } };
  },
  'GET /v3/service_instances/:guid/parameters': at('managed', { status: 400 }),
  'GET /v3/service_instances/:guid/relationships/shared_spaces': at('managed'),
  'GET /v3/service_instances/:guid/relationships/shared_spaces/usage_summary': at('managed'),
  'POST /v3/service_instances/:guid/relationships/shared_spaces': at('managed', { body: { data: [] } }),
  'DELETE /v3/service_instances/:guid/relationships/shared_spaces/:space': ({ managed, space }) => ({
    params: { guid: managed, space },
  }),
  'GET /v3/service_route_bindings/:guid/parameters': at('routeBinding', { status: 400 }),
  'POST /v3/service_route_bindings': async (objects) => ({ body: await routeBindingOf(objects) }),
  'DELETE /v3/service_route_bindings/:guid': of(newRouteBinding),
  'POST /v3/service_instances': (objects) => ({
    body: { type: 'user-provided', name: unique(), relationships: inSpace(objects) },
  }),
  'DELETE /v3/service_instances/:guid': of(newService),
  'GET /v3/service_credential_bindings/:guid/parameters': at('binding', { status: 400 }),
  'POST /v3/service_credential_bindings': async (objects) => ({
    body: {
      type: 'app',
      relationships: { app: toOne(objects.app), service_instance: toOne(await newService(objects)) },
    },
  }),
  'DELETE /v3/service_credential_bindings/:guid': of(newBinding),
  'POST /v3/apps': (objects) => ({ body: { name: unique(), relationships: inSpace(objects) } }),
  'DELETE /v3/apps/:guid': of(newApp),
  'POST /v3/apps/:guid/actions/start': at('app'),
  'POST /v3/apps/:guid/actions/stop': of(newApp),
  'POST /v3/apps/:guid/actions/restart': at('app'),
  'PATCH /v3/apps/:guid/environment_variables': at('app', { body: { var: {} } }),
  'PATCH /v3/apps/:guid/features/:feature': at('app', { body: { enabled: true } }),
  'PATCH /v3/apps/:guid/relationships/current_droplet': ({ app, droplet }) => ({
    params: { guid: app },
    body: toOne(droplet),
  }),
  'PATCH /v3/apps/:guid/processes/:type': at('app', { body: {} }),
  'POST /v3/apps/:guid/processes/:type/actions/scale': at('app', { body: {} }),
  'POST /v3/processes/:guid/actions/scale': at('process', { body: {} }),
  'DELETE /v3/apps/:guid/processes/:type/instances/:index': at('app'),
  'DELETE /v3/processes/:guid/instances/:index': at('process'),
  'GET /v3/packages/:guid/download': at('pack', { status: 422 }),
  'POST /v3/packages': ({ app }) => ({
    body: { type: 'docker', relationships: { app: toOne(app) }, data: { image: 'image' } },
  }),
  'POST /v3/packages/:guid/upload': async (objects) => ({
    params: { guid: await newPackage(objects) },
    body: bitsOf('zip'),
  }),
  'POST /v3/resource_matches': () => ({ body: { resources: [] } }),
  'DELETE /v3/packages/:guid': of(newPackage),
  'POST /v3/builds': ({ pack }) => ({ body: { package: { guid: pack } } }),
  'GET /v3/droplets/:guid/download': at('droplet', { status: 422 }),
  'POST /v3/droplets': ({ app, droplet }) => ({
    query: `source_guid=${droplet}`,
    body: { relationships: { app: toOne(app) } },
  }),
  'GET /v3/deployments': nothing,
  'GET /v3/deployments/:guid': of(newDeployment),
  'POST /v3/deployments': async (objects) => ({
    body: { relationships: { app: toOne(await pushImage(foundation.admin, objects.space, unique())) } },
  }),
  'POST /v3/deployments/:guid/actions/cancel': of(newDeployment),
  'POST /v3/deployments/:guid/actions/continue': of(newPausedDeployment),
  'POST /v3/tasks/:guid/actions/cancel': of(newTask),
  'PUT /v3/tasks/:guid/cancel': of(newTask),
  'POST /v3/apps/:guid/tasks': at('app', { body: { command: 'true', memory_in_mb: 1 } }),
  'GET /routing/v1/router_groups': nothing,
  'GET /v3/app_usage_events': nothing,
  'GET /v3/service_usage_events': nothing,
  'POST /v3/buildpacks': () => ({ body: { name: 'mine' }, status: 422 }),
  'POST /v3/buildpacks/:guid/upload': at('buildpack', { body: bitsOf('zip'), status: 422 }),
  'PATCH /v3/buildpacks/:guid': at('buildpack', { body: {}, status: 422 }),
  'DELETE /v3/buildpacks/:guid': at('buildpack', { status: 422 }),
  'POST /v3/stacks': () => ({ body: { name: 'mine' }, status: 422 }),
  'PATCH /v3/stacks/:guid': at('stack', { body: {}, status: 422 }),
  'DELETE /v3/stacks/:guid': at('stack', { status: 422 }),
  'GET /api/v1/read/:app': ({ app }) => ({ params: { app } }),
};

const recipeOf = (endpoint: Endpoint): Recipe | undefined =>
  RECIPES[`${endpoint.method} ${endpoint.path}`] ?? usual(endpoint);

/** Placeholders that mean the same in all paths. */
const COMMON = { type: 'web', index: '0', feature: 'ssh' };

const ask = (client: Client, { method, path }: Endpoint, request: Request): Promise<Reply> => {
  const url = Object.entries({ ...COMMON, ...request.params }).reduce(
    (text, [name, value]) => text.replace(`:${name}`, value),
    path,
  );
  return client.send(method, request.query === undefined ? url : `${url}?${request.query}`, request.body, request.type);
};

const guidsOf = ({ body }: Reply): unknown[] => (body['resources'] as Json[]).map(({ guid }) => guid);

/** The outcome that an answer shows. */
const seen = (reply: Reply, request: Request): string | number => {
  const { status } = reply;
  if (request.shows !== undefined && status === 200) {
    return guidsOf(reply).includes(request.shows) ? 'allowed' : 'filtered';
  }
  if (status < 300 || status === request.status) return 'allowed';
  return ([403, 404, 422] as const).find((known) => known === status) ?? `${status} ${reply.text}`;
};

const closed = (): readonly Endpoint[] => {
  const { cloud } = foundation.service;
  const endpoints = resources(cloud, new Tokens(cloud.state, ''));
  return endpoints.filter(({ needs }) => GRANTS[needs] !== ANYBODY);
};

test('every endpoint has a recipe, and every recipe an endpoint', () => {
  const calls = closed().map(({ method, path }) => `${method} ${path}`);
  expect(Object.keys(RECIPES).filter((call) => !calls.includes(call))).toEqual([]);
  expect(closed().filter((endpoint) => !recipeOf(endpoint))).toEqual([]);
});

test.each(HOLDERS)('every endpoint answers %s as in the table', async (holder) => {
  const client = clients.get(holder);
  const wrong: object[] = [];
  for (const endpoint of closed()) {
    const call = `${endpoint.method} ${endpoint.path}`;
    const outcome = outcomeOf(endpoint, holder);
    const request = await recipeOf(endpoint)?.(place, outcome === 'allowed');
    if (!client || !request) throw new Error(`nobody to ask ${call}`);
    const reply = await ask(client, endpoint, request);
    const answered = seen(reply, request);
    // For a list without a known object, only the status can be checked.
    const expected = outcome === 'filtered' && request.shows === undefined ? 'allowed' : outcome;
    if (answered !== expected) wrong.push({ call, expected, answered, text: reply.text });
  }
  expect(wrong).toEqual([]);
  expect(foundation.failures).toEqual([]);
});

test('without a token, every endpoint but the open ones refuses', async () => {
  const answers = new Set<number>();
  for (const endpoint of closed()) {
    const { status } = await foundation.nobody.send(endpoint.method, endpoint.path.replaceAll(/:\w+/g, 'x'));
    answers.add(status);
  }
  expect([...answers]).toEqual([401]);
});

/** Apart from the code, because the roles above are expected by the action that the code names. */
test('every closed endpoint needs the action that is on record', () => {
  const needed = closed().map(({ method, path, needs }) => `${method} ${path} ${needs}`);
  const onRecord = readFileSync(join(__dirname, 'endpoint-actions.txt'), 'utf8').trimEnd().split('\n');
  expect(needed.sort()).toEqual(onRecord);
});

test('the documentation page matches the endpoints', async () => {
  expect(readFileSync(ROLE_PAGE, 'utf8')).toBe(await makeRolePage());
});

test('a token without the scope to write can only read', async () => {
  const { cloud, url } = foundation.service;
  const tokens = new Tokens(cloud.state, `${cloud.api}/uaa/oauth/token`);
  const credential = cloud.state.credentials.find(({ name }) => name === 'admin-client');
  if (!credential) throw new Error('no credential of the admin client');
  const client = new Client(url, tokens.issue({ ...credential, scopes: ['cloud_controller.read'] }, 'cf').access_token);
  expect((await client.get('/v3/organizations')).status).toBe(200);
  expect((await client.post('/v3/organizations', { name: 'mine' })).status).toBe(403);
});

test('an organization manager creates a space and assigns itself roles in it', async () => {
  expect(await makeSpace(foundation.deployer, 'own')).toMatch(/^[0-9a-f-]{36}$/);
});

test('a space role needs a role in the organization first', async () => {
  const { admin } = foundation;
  const { status, text } = await admin.post('/v3/roles', {
    type: 'space_developer',
    relationships: { user: toOne(await newUser()), space: toOne(place.space) },
  });
  expect(status).toBe(422);
  expect(text).toContain(
    "Users cannot be assigned roles in a space if they do not have a role in that space's organization.",
  );
});

test("a supporter sees an application's variables, but not its service credentials", async () => {
  const { body } = (await clients.get('space_supporter')?.get(`/v3/apps/${place.app}/env`)) ?? { body: {} };
  expect(body).toMatchObject({
    environment_variables: {},
    system_env_json: { redacted_message: '[PRIVATE DATA HIDDEN]' },
  });
});
