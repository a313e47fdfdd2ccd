import { CloudFoundry } from '../../../cli/cloud-foundry';
import {
  makeSpace,
  pushImage,
  startFoundation,
  toOne,
  type Client,
  type Foundation,
} from '@space-egress/foundation/testing';

/** An organization that has never used this project, on a foundation whose cell is in memory. */
export interface World {
  readonly foundation: Foundation;
  readonly spaces: Readonly<Record<'closed' | 'open' | 'empty', string>>;
  readonly apps: Readonly<Record<'web' | 'worker' | 'proxy' | 'tool', string>>;
  /** Logs in as an account with these roles in the organization and in the closed space. */
  account(name: string, organization: readonly string[], space: readonly string[]): Promise<CloudFoundry>;
  connect(user: 'admin' | 'deployer'): Promise<CloudFoundry>;
}

export const PASSWORD = 'only-for-this-test';

export async function openWorld(): Promise<World> {
  const foundation = await startFoundation();
  const { admin, deployer, service } = foundation;
  const spaces = {
    closed: await makeSpace(deployer, 'closed'),
    open: await makeSpace(deployer, 'open'),
    empty: await makeSpace(deployer, 'empty'),
  };
  const secret = '  env: {DATABASE: "postgres://canary-secret@db", EGRESS_ALLOW: "api.example.gov:443"}\n';
  const apps = {
    web: await pushImage(deployer, spaces.closed, 'web', '  env: {TOKEN: canary-secret}\n'),
    worker: await pushImage(deployer, spaces.closed, 'worker'),
    proxy: await pushImage(deployer, spaces.open, 'proxy', secret),
    tool: await pushImage(deployer, spaces.open, 'tool'),
  };
  await bind(admin, deployer, 'public_networks_egress', [spaces.open, spaces.empty]);
  await admin.create('/v3/security_groups', {
    name: 'by-hand',
    rules: [{ protocol: 'tcp', destination: '10.20.0.0/16', ports: '5432' }],
    relationships: { running_spaces: { data: [{ guid: spaces.closed }] } },
  });
  for (const [source, port] of [
    [apps.web, 3128],
    [apps.tool, 3128],
  ] as const) {
    await connectApps(deployer, source, apps.proxy, port);
  }
  await connectApps(deployer, apps.web, apps.worker, 8080);
  await deployer.post(`/v3/apps/${apps.worker}/actions/stop`);
  await route(deployer, spaces.closed, apps.web, 'front', 'apps.localhost');
  await route(deployer, spaces.open, apps.proxy, 'proxy', 'apps.internal');
  const login = (user: string, password: string): Promise<CloudFoundry> =>
    CloudFoundry.login({ apiUrl: service.url, user, password });
  return {
    foundation,
    spaces,
    apps,
    connect: (user) => login(service.credentials[user].username, service.credentials[user].password),
    account: async (name, organization, space) => {
      const made = await admin.post('/uaa/Users', {
        userName: name,
        password: PASSWORD,
        emails: [{ value: name, primary: true }],
      });
      const guid = String(made.body['id']);
      await admin.create('/v3/users', { guid });
      const user = toOne(guid);
      const organizationGuid = await admin.find('/v3/organizations?names=egress-demo');
      const organizationRoles = ['organization_user', ...organization];
      for (const type of organizationRoles) {
        await admin.create('/v3/roles', { type, relationships: { user, organization: toOne(organizationGuid) } });
      }
      for (const type of space) {
        await admin.create('/v3/roles', { type, relationships: { user, space: toOne(spaces.closed) } });
      }
      return login(name, PASSWORD);
    },
  };
}

export async function bind(admin: Client, deployer: Client, name: string, spaces: readonly string[]): Promise<void> {
  const group = await admin.find(`/v3/security_groups?names=${name}`);
  const data = spaces.map((guid) => ({ guid }));
  await deployer.post(`/v3/security_groups/${group}/relationships/running_spaces`, { data });
}

export async function connectApps(client: Client, source: string, destination: string, port: number): Promise<void> {
  const ports = { start: port, end: port };
  const policies = [{ source: { id: source }, destination: { id: destination, protocol: 'tcp', ports } }];
  await client.post('/networking/v1/external/policies', { policies });
}

async function route(client: Client, space: string, app: string, host: string, domainName: string): Promise<void> {
  const domain = toOne(await client.find(`/v3/domains?names=${domainName}`));
  const guid = await client.create('/v3/routes', { host, relationships: { space: toOne(space), domain } });
  await client.post(`/v3/routes/${guid}/destinations`, { destinations: [{ app: { guid: app } }] });
}
