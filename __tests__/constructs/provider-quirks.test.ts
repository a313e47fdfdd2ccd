import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from '@cdktf/provider-cloudfoundry/lib/app';
import { NetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { Route as CfRoute } from '@cdktf/provider-cloudfoundry/lib/route';
import { SecurityGroupSpaceBindings } from '@cdktf/provider-cloudfoundry/lib/security-group-space-bindings';
import { ServiceInstance } from '@cdktf/provider-cloudfoundry/lib/service-instance';
import { Space } from '@cdktf/provider-cloudfoundry/lib/space';
import { TerraformVariable, type TerraformStack } from 'cdktf';
import {
  Application,
  type ApplicationProps,
  AppSource,
  Destination,
  Egress,
  EgressProxy,
  EgressSpace,
  HealthCheck,
  Port,
  Route,
  S3,
  Service,
} from '../../constructs';
import { synthStack } from '../support/synth';
import { temporaryFolder } from '../support/temporary-folder';

// Surprising behavior of the provider, v1.16.0, and how the constructs handle it. The numbers are the provider's
// issues: https://github.com/cloudfoundry/terraform-provider-cloudfoundry/issues

/** One of everything, connected in every way that the library supports. */
function everything(stack: TerraformStack): void {
  const at = { orgName: 'agency', deployers: ['ci'] };
  const outside = new EgressSpace(stack, 'Outside', { ...at, spaceName: 'outside', egress: Egress.PUBLIC });
  const inside = new EgressSpace(stack, 'Inside', { ...at, spaceName: 'inside', egress: Egress.TRUSTED_LOCAL });
  const proxy = new EgressProxy(stack, 'Proxy', { space: outside, source: AppSource.image('proxy@sha256:1') });
  const kind = S3.userProvided({
    bucket: 'b',
    region: 'us-gov-west-1',
    accessKeyId: new TerraformVariable(stack, 'key', { sensitive: true }).stringValue,
    secretAccessKey: new TerraformVariable(stack, 'secret', { sensitive: true }).stringValue,
  });
  const service = new Service(stack, 'Bucket', { space: inside, serviceName: 'bucket', kind });
  const pushed = new Application(stack, 'Pushed', {
    space: inside,
    source: AppSource.directory('app'),
    services: [service],
  });
  const pulled = new Application(stack, 'Pulled', { space: inside, source: AppSource.image('web:1') });
  pushed.useProxy(proxy);
  pulled.useProxy(proxy);
  pushed.connections.allowTo(pulled, Port.tcp(8080));
  new Route(stack, 'Public', { app: pushed, host: 'www', domain: 'app.cloud.gov' });
}

const out = synthStack(everything);
const apps = out.resources(App);
const keysOf = (blocks: readonly object[]) => new Set(blocks.flatMap((block) => Object.keys(block)));

test('an update makes the id of an application unknown: it feeds only what is updated in place', () => {
  const users = out.text.split('\n').filter((line) => /\$\{cloudfoundry_app\.\w+\.id\}/.test(line));
  expect(users.length).toBeGreaterThan(0);
  expect(new Set(users.map((line) => line.trim().split(':')[0]))).toEqual(
    new Set(['"app_id"', '"source_app"', '"destination_app"']),
  );
});

test('#212: services are bound by the application, since a binding resource plans to replace itself for ever', () => {
  expect(out.addresses.filter((address) => address.includes('service_credential_binding'))).toEqual([]);
  expect(apps.filter((app) => 'service_bindings' in app)).toHaveLength(1);
});

test('#182: no_route and random_route are never set, since each update would unmap the route', () => {
  expect([...keysOf(apps)].filter((key) => key === 'no_route' || key === 'random_route')).toEqual([]);
});

test('routes are resources with destinations: in the application their change would replace it', () => {
  expect(keysOf(apps).has('routes')).toBe(false);
  expect(out.resources(CfRoute).map((route) => route.destinations)).toEqual([
    [{ app_id: expect.stringContaining('cloudfoundry_app') as string }],
    [{ app_id: expect.stringContaining('cloudfoundry_app') as string }],
  ]);
});

test('#491: a start may not take as long as the provider waits for a rolling update', () => {
  for (const { timeout, instances } of apps) expect(Number(timeout)).toBeLessThan(Number(instances) * 60);
  const slow = (startTimeout: number, instances: number) =>
    synthStack((stack) => {
      const space = EgressSpace.fromLookup(stack, 'Space', { orgName: 'o', spaceName: 's', spaceId: 'g' });
      new Application(stack, 'Slow', { space, source: AppSource.image('slow:1'), startTimeout, instances });
    });
  expect(() => slow(60, 1)).toThrow(
    'start timeout of 60 s is as long as the provider waits for a rolling update of 1 instance(s), 60 s: ' +
      'make it shorter, or run more instances',
  );
  expect(slow(119, 2).resources(App)).toEqual([expect.objectContaining({ timeout: 119 })]);
});

test('blue-green would make a new id, which routes and policies do not follow: updates are rolling', () => {
  expect(apps.map((app) => app.strategy)).toEqual(['rolling', 'rolling', 'rolling']);
});

describe('#138: a variable that is removed stays in the instances of that deployment', () => {
  const environment = (allow: Destination[], clients?: Destination[]) =>
    synthStack((stack) => {
      const space = EgressSpace.fromLookup(stack, 'Space', { orgName: 'o', spaceName: 's', spaceId: 'g' });
      const seed = clients && new TerraformVariable(stack, 'seed', { sensitive: true }).stringValue;
      const proxy = new EgressProxy(stack, 'Proxy', { space, source: AppSource.image('proxy'), allow, seed });
      if (clients !== undefined) proxy.grantClient('batch', { space, allow: clients });
    }).resources(App)[0]?.environment as Record<string, string>;
  const few = [Destination.host('h1.example.gov')];
  const many = Array.from({ length: 8000 }, (_, index) => Destination.host(`h${index}.example.gov`));

  test('so the end of a list is a separate variable', () => {
    const before = environment(many);
    expect(Object.keys(before)).toEqual(expect.arrayContaining(['EGRESS_ALLOW_1', 'EGRESS_ALLOW_2']));
    const after = environment(few);
    expect(after).toMatchObject({ EGRESS_ALLOW: 'h1.example.gov:443', EGRESS_ALLOW_1: '' });
    // The platform merges the new variables into the old ones for new instances.
    expect({ ...before, ...after }).toEqual({ ...after, EGRESS_ALLOW_2: '' });
  });

  test('so the end of the lists of clients is one too', () => {
    const after = environment(few, few);
    expect(after).toMatchObject({ EGRESS_CLIENTS: 'batch h1.example.gov:443', EGRESS_CLIENTS_1: '' });
    expect({ ...environment(few, many), ...after }).toMatchObject(after);
  });

  test('so a proxy without its former seed explicitly requires no credentials', () => {
    const after = environment(few);
    expect(after).toMatchObject({ EGRESS_CREDENTIALS: '', EGRESS_CLIENTS: '' });
    expect({ ...environment(few, many), ...after }).toMatchObject({ EGRESS_CREDENTIALS: '', EGRESS_CLIENTS: '' });
  });
});

test.each(['instances', 'memory', 'disk_quota', 'enable_ssh', 'health_check_type', 'timeout'])(
  '%s is always said, since each update would set it back to a default',
  (attribute) => {
    expect(apps.map((app) => app[attribute])).not.toContain(undefined);
  },
);

test("#518: a policy resource has one policy, because a list is read back in the server's order", () => {
  const policies = out.resources(NetworkPolicy);
  expect(policies).toHaveLength(3);
  for (const { policies: list } of policies) expect(list).toHaveLength(1);
});

test('a policy and a binding have no id and no import: nothing refers to them but depends_on', () => {
  expect(out.text).not.toMatch(/\$\{cloudfoundry_(network_policy|security_group_space_bindings)\./);
});

test("an application starts after its own space's groups are bound and roles given", () => {
  for (const app of apps) {
    const space = /cloudfoundry_space\.(\w+)_\w+\.name/.exec(String(app.space_name))?.[1] ?? '';
    const own = (app.depends_on as string[]).filter((address) => address.includes(`.${space}_`));
    expect(own.map((address) => address.replace(/^cloudfoundry_(\w+)\..*/, '$1'))).toEqual([
      'space_role',
      'space_role',
      'security_group_space_bindings',
    ]);
  }
});

test('the roles of the deployer are given before, and taken after, all else in the space', () => {
  const waits = [
    ...apps,
    ...out.resources(CfRoute),
    ...out.resources(ServiceInstance),
    ...out.resources(SecurityGroupSpaceBindings),
  ];
  expect(waits).toHaveLength(8);
  for (const block of waits) {
    expect(
      (block.depends_on as string[]).filter((address) => address.startsWith('cloudfoundry_space_role.')),
    ).toHaveLength(2);
  }
});

test('one resource binds a group to a space: two would break the destroy of each other', () => {
  const pairs = out
    .resources(SecurityGroupSpaceBindings)
    .map((binding) => [binding.security_group, binding.running_spaces]);
  expect(new Set(pairs.map((pair) => JSON.stringify(pair))).size).toBe(pairs.length);
  expect(pairs).toHaveLength(2);
});

test('staging keeps what the platform opens to it: groups are bound to running applications only', () => {
  expect(keysOf(out.resources(SecurityGroupSpaceBindings)).has('staging_spaces')).toBe(false);
});

describe('the password of a registry travels in the environment of the provider, which has one', () => {
  const pulling = (...accounts: { username: string; password: string }[]) =>
    synthStack((stack) => {
      const space = EgressSpace.fromLookup(stack, 'Space', { orgName: 'o', spaceName: 's', spaceId: 'g' });
      accounts.forEach((account, index) => {
        new Application(stack, `App${index}`, { space, source: AppSource.image('ghcr.io/app:1', account) });
      });
    });

  test('one account may be used by several applications', () => {
    const account = { username: 'u', password: 'p' };
    expect(pulling(account, { ...account }).resources(App)).toEqual([
      expect.objectContaining({ docker_credentials: account }),
      expect.objectContaining({ docker_credentials: account }),
    ]);
  });

  test('fails for a second account in one stack', () => {
    expect(() => pulling({ username: 'u', password: 'p' }, { username: 'v', password: 'p' })).toThrow(
      "test/App1 pulls its image as 'v', another application of the stack as 'u': the provider keeps one password",
    );
  });
});

test('readiness_health_check_invocation_timeout is ignored by the platform and never set', () => {
  expect([...keysOf(apps)].filter((key) => key.startsWith('readiness'))).toEqual([]);
});

test('new credentials of a user-provided service restart nothing: their hash does, and stays marked as sensitive', () => {
  const [bound] = apps.filter((app) => 'service_bindings' in app);
  const [service] = out.resources(ServiceInstance);
  const hash = (bound?.environment as Record<string, string>).SERVICE_CREDENTIALS_SHA256;
  expect(hash).toBe(`\${sha256(${String(service?.credentials).slice(2, -1)})}`);
  expect(out.text).not.toContain('nonsensitive');
});

test('an application of the same name would be taken over: fails for two in one space', () => {
  expect(() =>
    synthStack((stack) => {
      const space = EgressSpace.fromLookup(stack, 'Space', { orgName: 'o', spaceName: 's', spaceId: 'g' });
      new Application(stack, 'One', { space, name: 'web', source: AppSource.image('web:1') });
      new Application(stack, 'Two', { space, name: 'web', source: AppSource.image('web:2') });
    }),
  ).toThrow("test/Two and test/One are both named 'web' in one space");
});

test('a pushed application can not become a pulled one: they are different resources', () => {
  const logicalId = (source: AppSource) =>
    Object.keys(
      synthStack((stack) => {
        const space = EgressSpace.fromLookup(stack, 'Space', { orgName: 'o', spaceName: 's', spaceId: 'g' });
        new Application(stack, 'Web', { space, source });
      }).byId(App),
    );
  expect(logicalId(AppSource.directory('app'))).not.toEqual(logicalId(AppSource.image('web:1')));
});

test("a space's name replaces its applications when it changes: it is taken from the resource", () => {
  const spaces = Object.keys(out.byId(Space));
  for (const { space_name: name } of apps) {
    expect(spaces.map((id) => `\${cloudfoundry_space.${id}.name}`)).toContain(name);
  }
});

test('empty collections are refused by the provider: there are none', () => {
  const bare = synthStack((stack) => {
    const space = new EgressSpace(stack, 'Space', { orgName: 'o', spaceName: 's' });
    new Application(stack, 'Web', {
      space,
      source: AppSource.image('web:1'),
      environment: {},
      labels: {},
      services: [],
    });
  });
  const { resource } = JSON.parse(bare.text) as { resource: object };
  expect(JSON.stringify(resource)).not.toMatch(/\{\}|\[\]/);
});

test('an application has a path or an image, and the path is named after the content', () => {
  for (const app of apps) expect('path' in app).not.toBe('docker_image' in app);
  const bits = (note: string) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'index.js'), note);
    return synthStack((stack) => {
      const space = new EgressSpace(stack, 'Space', { orgName: 'o', spaceName: 's' });
      new Application(stack, 'Web', { space, source: AppSource.directory(folder) });
    }).resources(App)[0]?.source_code_hash;
  };
  expect(bits('one')).toBe(bits('one'));
  expect(bits('one')).not.toBe(bits('two'));
});

describe("of an interrupted update, the provider notices only what it doesn't read back: source_code_hash", () => {
  const hash = (props: Partial<ApplicationProps> = {}, proxied = false): unknown => {
    const out = synthStack((stack) => {
      const space = new EgressSpace(stack, 'Space', { orgName: 'o', spaceName: 's', egress: Egress.PUBLIC });
      const given = { space, source: AppSource.image('web:1'), environment: { NOTE: 'one' }, ...props };
      const web = new Application(stack, 'Web', given);
      if (proxied) web.useProxy(new EgressProxy(stack, 'Proxy', { space, source: AppSource.image('proxy:1') }));
    });
    return out.resources(App).find(({ name }) => name === 'web')?.source_code_hash;
  };

  test.each<[string, Partial<ApplicationProps>]>([
    ['a variable', { environment: { NOTE: 'two' } }],
    ['the image', { source: AppSource.image('web:2') }],
    ['the memory', { memory: '512M' }],
    ['the disk', { disk: '2G' }],
    ['the health check', { healthCheck: HealthCheck.http('/') }],
    ['the time to start', { startTimeout: 40 }],
  ])('%s changes it', (_, change) => {
    expect(hash(change)).not.toBe(hash());
  });

  test('a proxy changes it, although it comes after the application', () => {
    expect(hash({}, true)).not.toBe(hash());
  });

  test('what needs no other instances does not', () => {
    expect(hash({ instances: 2, labels: { team: 'one' }, ssh: true })).toBe(hash());
  });

  test('what only the engine knows is hashed by the engine', () => {
    const kind = (secretAccessKey: string) =>
      S3.userProvided({ bucket: 'b', region: 'r', accessKeyId: 'k', secretAccessKey });
    const out = synthStack((stack) => {
      const space = new EgressSpace(stack, 'Space', { orgName: 'o', spaceName: 's' });
      const services = [new Service(stack, 'S3', { space, serviceName: 's3', kind: kind('${var.key}') })];
      new Application(stack, 'Web', { space, source: AppSource.image('web:1'), services });
    });
    expect(out.resources(App)[0]?.source_code_hash).toMatch(/^\$\{base64sha256\(join\(" ", \[".{44}", sha256\(/);
  });
});
