/** The real provider, under both engines, against the foundation's API with a cell that is only in memory. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ENGINE_NAMES, findEngine } from '../../tools/engine';
import { engineEnvironment, ensureProviders, withChange } from '../../tools/providers';
import { startFoundation, type Foundation, type Json } from './api/harness';

jest.setTimeout(300_000);

const run = promisify(execFile);

/** The smallest ZIP there is: an empty one. The cell in memory doesn't look inside. */
const EMPTY_ZIP = Buffer.from([0x50, 0x4b, 5, 6, ...Array<number>(18).fill(0)]);

interface Variant {
  readonly allow: string;
  readonly label: string;
  readonly secret: string;
}

const configuration = ({ allow, label, secret }: Variant): string => `
terraform {
  required_providers { cloudfoundry = { source = "cloudfoundry/cloudfoundry" } }
}
provider "cloudfoundry" {}
data "cloudfoundry_org" "org" { name = "egress-demo" }
data "cloudfoundry_domain" "internal" { name = "apps.internal" }
data "cloudfoundry_domain" "apps" { name = "apps.localhost" }
data "cloudfoundry_security_group" "public" { name = "public_networks_egress" }
data "cloudfoundry_security_group" "trusted" { name = "trusted_local_networks_egress" }
data "cloudfoundry_user" "deployer" { name = "deployer" }
data "cloudfoundry_stack" "stack" { name = "cflinuxfs4" }
data "cloudfoundry_service_plan" "bucket" {
  name                  = "basic-sandbox"
  service_offering_name = "s3"
}
locals {
  spaces = { public = "public-egress", restricted = "restricted" }
  roles  = { for pair in setproduct(keys(local.spaces), ["space_manager", "space_developer"]) : join("-", pair) => pair }
}
resource "cloudfoundry_space" "space" {
  for_each = local.spaces
  name     = each.value
  org      = data.cloudfoundry_org.org.id
  labels   = { purpose = "${label}" }
}
resource "cloudfoundry_space_role" "role" {
  for_each = local.roles
  type     = each.value[1]
  user     = data.cloudfoundry_user.deployer.users[0].id
  space    = cloudfoundry_space.space[each.value[0]].id
}
resource "cloudfoundry_security_group_space_bindings" "public" {
  security_group = data.cloudfoundry_security_group.public.id
  running_spaces = [cloudfoundry_space.space["public"].id]
  depends_on     = [cloudfoundry_space_role.role]
}
resource "cloudfoundry_security_group_space_bindings" "trusted" {
  security_group = data.cloudfoundry_security_group.trusted.id
  running_spaces = [cloudfoundry_space.space["restricted"].id]
  depends_on     = [cloudfoundry_space_role.role]
}
resource "cloudfoundry_app" "proxy" {
  name              = "proxy"
  org_name          = data.cloudfoundry_org.org.name
  space_name        = cloudfoundry_space.space["public"].name
  docker_image      = "localhost:8702/proxy@sha256:0"
  environment       = { EGRESS_ALLOW = "${allow}" }
  instances         = 2
  memory            = "64M"
  disk_quota        = "256M"
  enable_ssh        = false
  health_check_type = "port"
  strategy          = "rolling"
  depends_on        = [cloudfoundry_security_group_space_bindings.public]
}
resource "cloudfoundry_route" "proxy" {
  space        = cloudfoundry_space.space["public"].id
  domain       = data.cloudfoundry_domain.internal.id
  host         = "egress-proxy"
  destinations = [{ app_id = cloudfoundry_app.proxy.id }]
}
resource "cloudfoundry_service_instance" "own" {
  name        = "own-bucket"
  type        = "user-provided"
  space       = cloudfoundry_space.space["restricted"].id
  credentials = jsonencode({ secret_access_key = "${secret}" })
  depends_on  = [cloudfoundry_space_role.role]
}
resource "cloudfoundry_service_instance" "brokered" {
  name         = "brokered-bucket"
  type         = "managed"
  space        = cloudfoundry_space.space["restricted"].id
  service_plan = data.cloudfoundry_service_plan.bucket.id
  depends_on   = [cloudfoundry_space_role.role]
}
resource "cloudfoundry_service_credential_binding" "key" {
  type             = "key"
  name             = "operator"
  service_instance = cloudfoundry_service_instance.brokered.id
}
resource "cloudfoundry_app" "web" {
  name                            = "web"
  org_name                        = data.cloudfoundry_org.org.name
  space_name                      = cloudfoundry_space.space["restricted"].name
  path                            = "app.zip"
  source_code_hash                = filebase64sha256("app.zip")
  buildpacks                      = ["nodejs_buildpack"]
  stack                           = data.cloudfoundry_stack.stack.name
  environment                     = { EGRESS_PROXY_URI = "http://egress-proxy.apps.internal:3128", ALLOW = "${allow}" }
  service_bindings                = [
    { service_instance = cloudfoundry_service_instance.own.name },
    { service_instance = cloudfoundry_service_instance.brokered.name },
  ]
  instances                       = 1
  memory                          = "256M"
  disk_quota                      = "512M"
  enable_ssh                      = false
  health_check_type               = "http"
  health_check_http_endpoint      = "/healthz"
  health_check_invocation_timeout = 5
  timeout                         = 50
  strategy                        = "rolling"
  depends_on                      = [cloudfoundry_security_group_space_bindings.trusted]
}
resource "cloudfoundry_route" "web" {
  space        = cloudfoundry_space.space["restricted"].id
  domain       = data.cloudfoundry_domain.apps.id
  host         = "web"
  labels       = { purpose = "${label}" }
  destinations = [{ app_id = cloudfoundry_app.web.id }]
}
resource "cloudfoundry_network_policy" "edge" {
  policies = [{
    source_app      = cloudfoundry_app.web.id
    destination_app = cloudfoundry_app.proxy.id
    protocol        = "tcp"
    port            = "3128"
  }]
  depends_on = [cloudfoundry_space_role.role]
}
`;

const FIRST: Variant = { allow: 'www.example.com:443', label: 'demo', secret: 'one' };
const SECOND: Variant = { allow: 'www.example.com:443 www.example.org:443', label: 'proof', secret: 'two' };

/** What is left of names by kind: all of it, so that nothing is there unseen. */
const inventory = async ({ admin }: Foundation) => {
  const rows = async (path: string): Promise<Json[]> => (await admin.get(path)).body['resources'] as Json[];
  const field = async (path: string, name: string): Promise<string[]> =>
    (await rows(path)).map((row) => String(row[name])).sort();
  const { body } = await admin.get('/networking/v1/external/policies');
  return {
    spaces: await field('/v3/spaces', 'name'),
    apps: await field('/v3/apps', 'name'),
    routes: await field('/v3/routes', 'url'),
    services: await field('/v3/service_instances', 'name'),
    roles: await field('/v3/roles', 'type'),
    policies: (body['policies'] as Json[]).length,
  };
};

const NOTHING = {
  spaces: [],
  apps: [],
  routes: [],
  services: [],
  roles: ['organization_manager', 'organization_manager', 'organization_user', 'organization_user'],
  policies: 0,
};

describe.each(ENGINE_NAMES)('the cloudfoundry provider under %s', (engineName) => {
  let foundation: Foundation;
  let folder: string;
  let command: (...args: string[]) => Promise<string>;
  let available = false;

  const write = (variant: Variant): void => {
    writeFileSync(join(folder, 'main.tf'), configuration(variant));
  };

  beforeAll(async () => {
    const engine = await findEngine(engineName);
    if (!engine) {
      console.warn(`skipped: there is no ${engineName} on this machine`);
      return;
    }
    available = true;
    const change = await engineEnvironment(engine, await ensureProviders(engineName));
    foundation = await startFoundation({ cell: { image: () => ({ ports: [3128] }) } });
    folder = mkdtempSync(join(tmpdir(), 'foundation-provider-'));
    writeFileSync(join(folder, 'app.zip'), EMPTY_ZIP);
    const { deployer } = foundation.service.credentials;
    const env = withChange(process.env, {
      ...change,
      CF_API_URL: foundation.service.url,
      CF_USER: deployer.username,
      CF_PASSWORD: deployer.password,
    });
    command = async (...args) => {
      try {
        const { stdout } = await run(engine.path, args, { cwd: folder, env, maxBuffer: 32 * 1024 * 1024 });
        return stdout;
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        throw new Error(`${engineName} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
      }
    };
    write(FIRST);
    await command('init', '-input=false', '-no-color');
  });

  afterAll(async () => {
    if (available) {
      await foundation.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const whenAvailable = (name: string, body: () => Promise<void>): void => {
    test(name, async () => {
      if (available) {
        await body();
      }
    });
  };

  whenAvailable('creates spaces, roles, bindings, both kinds of app, routes, services and a policy', async () => {
    await command('apply', '-auto-approve', '-input=false', '-no-color');
    expect(await inventory(foundation)).toEqual({
      spaces: ['public-egress', 'restricted'],
      apps: ['proxy', 'web'],
      routes: ['egress-proxy.apps.internal', 'web.apps.localhost'],
      services: ['brokered-bucket', 'own-bucket'],
      roles: [...NOTHING.roles, 'space_developer', 'space_developer', 'space_manager', 'space_manager'],
      policies: 1,
    });
  });

  whenAvailable('finds nothing to change right afterwards', async () => {
    expect(await command('plan', '-input=false', '-no-color', '-detailed-exitcode')).toContain('No changes.');
  });

  whenAvailable('changes the environment, labels and credentials in place, by a rolling update', async () => {
    const before = await foundation.admin.find('/v3/apps?names=proxy');
    write(SECOND);
    const output = await command('apply', '-auto-approve', '-input=false', '-no-color');
    expect(output).toContain(' 0 destroyed');
    expect(await foundation.admin.find('/v3/apps?names=proxy')).toBe(before);
    const running = [...foundation.cell.running.values()].filter(({ appName }) => appName === 'proxy');
    expect(running.map(({ env }) => env['EGRESS_ALLOW'])).toEqual([SECOND.allow, SECOND.allow]);
    expect(await command('plan', '-input=false', '-no-color', '-detailed-exitcode')).toContain('No changes.');
  });

  whenAvailable('destroys all of it, and nothing else', async () => {
    await command('apply', '-destroy', '-auto-approve', '-input=false', '-no-color');
    expect(await inventory(foundation)).toEqual(NOTHING);
    expect(foundation.cell.running.size).toBe(0);
    expect(foundation.failures).toEqual([]);
  });
});
