/** Values that only the engine knows are accepted if the engine can use them, and otherwise refused by name. */
import { App } from '@cdktf/provider-cloudfoundry/lib/app';
import { DataCloudfoundryDomain } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-domain';
import { DataCloudfoundryOrg } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-org';
import { Route as CfRoute } from '@cdktf/provider-cloudfoundry/lib/route';
import { ServiceInstance } from '@cdktf/provider-cloudfoundry/lib/service-instance';
import { Space } from '@cdktf/provider-cloudfoundry/lib/space';
import { type TerraformStack, TerraformVariable } from 'cdktf';
import {
  Application,
  AppSource,
  Destination,
  EgressProxy,
  EgressSpace,
  Port,
  Route,
  Service,
  ServiceKind,
} from '../../constructs';
import { releaseHash, textOf } from '../../constructs/private/tokens';
import { knownSpace } from '../support/example';
import { synthStack } from '../support/synth';

const variable = (stack: TerraformStack, name: string) =>
  (stack.node.tryFindChild(name) as TerraformVariable | undefined) ?? new TerraformVariable(stack, name, {});
const textIn = (stack: TerraformStack) => (name: string) => variable(stack, name).stringValue;

test('names, counts, sizes and domains may be tokens', () => {
  const out = synthStack((stack) => {
    const text = textIn(stack);
    const space = new EgressSpace(stack, 'Home', { orgName: text('org'), spaceName: text('space') });
    const service = new Service(stack, 'Files', {
      space,
      serviceName: text('service'),
      kind: ServiceKind.managed('s3', text('plan')),
    });
    const app = new Application(stack, 'Web', {
      space,
      name: text('name'),
      source: AppSource.image(text('image')),
      instances: variable(stack, 'instances').numberValue,
      startTimeout: variable(stack, 'start').numberValue,
      memory: text('memory'),
      disk: text('disk'),
      services: [service],
      environment: { LEVEL: text('level') },
    });
    new Route(stack, 'Route', { app, host: text('host'), domain: text('domain') });
  });
  expect(out.data(DataCloudfoundryOrg)).toEqual([{ name: '${var.org}' }]);
  expect(out.data(DataCloudfoundryDomain)).toEqual([{ name: '${var.domain}' }]);
  expect(out.resources(Space)).toMatchObject([{ name: '${var.space}' }]);
  expect(out.resources(ServiceInstance)).toMatchObject([{ name: '${var.service}' }]);
  expect(out.resources(CfRoute)).toMatchObject([{ host: '${var.host}' }]);
  expect(out.resources(App)).toMatchObject([
    {
      name: '${var.name}',
      instances: '${var.instances}',
      timeout: '${var.start}',
      memory: '${var.memory}',
      disk_quota: '${var.disk}',
      docker_image: '${var.image}',
      environment: { LEVEL: '${var.level}' },
    },
  ]);
});

test('a variable is one name, however often it is read', () => {
  const twice = (stack: TerraformStack) => {
    const space = knownSpace(stack);
    for (const id of ['One', 'Two']) {
      new Application(stack, id, { space, name: textIn(stack)('name'), source: AppSource.image('web:1') });
    }
  };
  expect(() => synthStack(twice)).toThrow('test/Two and test/One are both named');
  const org = (stack: TerraformStack) => {
    for (const spaceName of ['one', 'two']) {
      new EgressSpace(stack, spaceName, { orgName: textIn(stack)('org'), spaceName });
    }
  };
  expect(synthStack(org).data(DataCloudfoundryOrg)).toHaveLength(1);
});

test.each<[string, (stack: TerraformStack, text: (name: string) => string) => unknown, string]>([
  [
    'an entry of a list',
    (_stack, text) => Destination.host(text('host')),
    'is a token, and its value is known only at deploy time: an entry of the allowlist must be known at synth',
  ],
  [
    'an entry of a list that a variable holds',
    (stack) => variable(stack, 'hosts').listValue.map((name: string) => Destination.host(name)),
    'is a token, and its value is known only at deploy time: an entry of the allowlist must be known at synth',
  ],
  [
    'a port of an entry',
    (stack) => Destination.host('api.example.gov', variable(stack, 'port').numberValue),
    'the port is a token, and its value is known only at deploy time: a port must be known at synth',
  ],
  [
    'a port of a policy',
    (stack) => Port.tcp(variable(stack, 'port').numberValue),
    'the port is a token, and its value is known only at deploy time: a port must be known at synth',
  ],
  [
    'all users of a space at once',
    (stack) =>
      new EgressSpace(stack, 'Home', {
        orgName: 'o',
        spaceName: 's',
        deployers: variable(stack, 'users').listValue,
      }),
    'deployers of test/Home is ${var.users}, a token, which only the engine knows the value of',
  ],
  [
    'an environment as a whole',
    (stack) =>
      new Application(stack, 'Web', {
        space: knownSpace(stack),
        source: AppSource.image('web:1'),
        environment: variable(stack, 'environment').value as Record<string, string>,
      }),
    'environment of test/Web is ${var.environment}, a token',
  ],
  [
    "a proxy's host",
    (stack, text) =>
      new EgressProxy(stack, 'Proxy', { space: knownSpace(stack), source: AppSource.image('p:1'), host: text('host') }),
    "host of test/Proxy is ${var.host}, a token, which only the engine knows the value of, and it is part of the proxy's address",
  ],
  [
    "a proxy's domain",
    (stack, text) =>
      new EgressProxy(stack, 'Proxy', {
        space: knownSpace(stack),
        source: AppSource.image('p:1'),
        internalDomain: text('domain'),
      }),
    'internalDomain of test/Proxy is ${var.domain}, a token',
  ],
  [
    "an existing proxy's address",
    (stack, text) =>
      EgressProxy.fromLookup(stack, 'Proxy', {
        space: knownSpace(stack),
        appName: 'proxy',
        appId: 'guid',
        proxyUri: text('uri'),
      }),
    'proxyUri of Proxy is ${var.uri}, a token',
  ],
  [
    'the name of a client that a proxy tells apart',
    (stack, text) => {
      const space = knownSpace(stack);
      const proxy = new EgressProxy(stack, 'Proxy', { space, source: AppSource.image('p:1'), seed: text('seed') });
      new Application(stack, 'Web', { space, name: text('name'), source: AppSource.image('web:1') }).useProxy(proxy);
    },
    'the name of the client test/Web is ${var.name}, a token',
  ],
])('%s may not be a token, and the message names the variable if it is known', (_what, build, message) => {
  expect(() => synthStack((stack) => void build(stack, textIn(stack)))).toThrow(message);
});

/** The hashes of lists of variables, given by name. */
function hashes(...releases: readonly (readonly string[])[]): string[] {
  const found: string[] = [];
  synthStack((stack) => {
    const values = new Map(
      [...new Set(releases.flat())].map((name) => [name, new TerraformVariable(stack, name, {}).stringValue]),
    );
    const release = (names: readonly string[]) => JSON.stringify(names.map((name) => values.get(name)));
    found.push(...releases.map((names) => textOf(stack, releaseHash(release(names)))));
  });
  return found;
}

test('an expression in several places is hashed once', () => {
  const [hash = ''] = hashes(['one', 'one', 'other']);
  expect(hash.split('var.one')).toHaveLength(2);
});

test('the same expressions in other places make a different release', () => {
  const all = hashes(['one', 'one', 'other'], ['one', 'other', 'one'], ['one', 'other', 'other'], ['one', 'other']);
  expect(new Set(all).size).toBe(all.length);
});
