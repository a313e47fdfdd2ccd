import childProcess from 'node:child_process';
import { App as CfApp } from '@cdktf/provider-cloudfoundry/lib/app';
import { NetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { ServiceInstance } from '@cdktf/provider-cloudfoundry/lib/service-instance';
import { DataResource, TerraformStack, TerraformVariable } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace, type ISpace } from '../../constructs';
import { EgressChecks } from '../../constructs/checks';
import { passwordExpression } from '../support/example';
import { newStack, synth, synthStack, type SynthesizedStack } from '../support/synth';

const allow = (...lines: string[]) => lines.map((line) => Destination.parse(line));
const spaces = (stack: TerraformStack): { outside: ISpace; inside: ISpace } => ({
  outside: new EgressSpace(stack, 'Outside', { orgName: 'o', spaceName: 'outside', egress: Egress.PUBLIC }),
  inside: new EgressSpace(stack, 'Inside', { orgName: 'o', spaceName: 'inside' }),
});
const seedOf = (stack: TerraformStack) => new TerraformVariable(stack, 'seed', { sensitive: true }).stringValue;
const image = 'registry.example/proxy:1';
const source = AppSource.image('registry.example/web:1');

function proxyAndApp(stack: TerraformStack, seeded = true) {
  const seed = seeded ? seedOf(stack) : undefined;
  const { outside, inside } = spaces(stack);
  const proxy = new EgressProxy(stack, 'Proxy', {
    space: outside,
    source: AppSource.image(image),
    seed,
    allow: allow('www.example.org:443'),
  });
  return { proxy, inside, web: new Application(stack, 'Web', { space: inside, source }) };
}

const appNamed = (stack: SynthesizedStack, name: string) => stack.resources(CfApp).find((app) => app['name'] === name);
const environmentOf = (stack: SynthesizedStack, name: string) =>
  appNamed(stack, name)?.['environment'] as Record<string, string>;

const password = (version = '1') =>
  passwordExpression('var.seed', ['"o"', 'cloudfoundry_space.Outside_DC7B680E.name', '"proxy"'], 'web', version);
const uri = (version: string) =>
  `\${join("", ["http://web.${version}:", ${password(version)}, "@proxy.apps.internal:3128"])}`;

test('a proxy with a seed gives a client its own list, a hash, an address and a service', () => {
  const stack = synthStack((scope) => {
    const { proxy, web } = proxyAndApp(scope);
    web.useProxy(proxy, { allow: allow('api.example.gov:443', '.example.com:80') });
  });
  const { EGRESS_ALLOW, EGRESS_CLIENTS, EGRESS_CREDENTIALS } = environmentOf(stack, 'proxy');
  expect(EGRESS_ALLOW).toBe('www.example.org:443');
  expect(EGRESS_CLIENTS).toBe('web .example.com:80\nweb api.example.gov:443');
  expect(EGRESS_CREDENTIALS).toMatch(/^web\.1 \$\{terraform_data\.[\w-]+\.output\["hash"\]\}$/);
  expect(environmentOf(stack, 'web')['HTTPS_PROXY']).toBe(uri('1'));
  expect(stack.resources(ServiceInstance)).toMatchObject([{ name: 'web-egress-credentials', type: 'user-provided' }]);
  expect(String(stack.resources(ServiceInstance)[0]?.['credentials'])).toContain(`"password" = ${password()}`);
  expect(appNamed(stack, 'web')?.['service_bindings']).toEqual([
    { service_instance: expect.stringContaining('cloudfoundry_service_instance.') as string },
  ]);
});

test('only the hash of a password goes through a resource, which keeps the first', () => {
  const stack = synthStack((scope) => {
    const { proxy, web } = proxyAndApp(scope);
    web.useProxy(proxy);
  });
  expect(stack.resources(DataResource)).toEqual([
    {
      input: { hash: `\${bcrypt(${password()}, 5)}` },
      triggers_replace: {
        password: `\${substr(sha256(join(":", ["fingerprint", ${password()}])), 0, 16)}`,
      },
      lifecycle: {
        ignore_changes: ['input'],
        precondition: [
          {
            condition: '${((length(var.seed) >= 32) && (length(distinct(split("", var.seed))) >= 10))}',
            error_message: expect.stringContaining('make one with openssl rand -hex 32') as string,
          },
        ],
      },
    },
  ]);
});

test('the seed starts no engine at synth, so none needs to be in PATH', () => {
  const started = jest.spyOn(childProcess, 'execSync');
  const stack = synthStack((scope) => {
    const { proxy, web } = proxyAndApp(scope);
    web.useProxy(proxy);
  });
  expect(stack.resources(DataResource)).toHaveLength(1);
  expect(started.mock.calls).toEqual([]);
  started.mockRestore();
});

test('while a password is replaced both are valid, and the client has the new one', () => {
  const stack = synthStack((scope) => {
    const { proxy, web } = proxyAndApp(scope);
    web.useProxy(proxy, { credentials: { version: '2', previous: '1' } });
  });
  const lines = environmentOf(stack, 'proxy')['EGRESS_CREDENTIALS']?.split('\n') ?? [];
  const users = lines.map((line) => line.split(' ').at(0));
  expect(users).toEqual(['web.1', 'web.2']);
  expect(environmentOf(stack, 'web')['HTTP_PROXY']).toBe(uri('2'));
});

test('a seed that is written as an expression is refused: all passwords would be derived from its text', () => {
  expect(() =>
    synthStack((stack) => {
      const { outside } = spaces(stack);
      const seed = '${var.a_seed_with_a_name_that_is_long_enough}';
      new EgressProxy(stack, 'Proxy', { space: outside, source: AppSource.image(image), seed });
    }),
  ).toThrow(
    'the seed of test/Proxy is the text of an expression, from which everybody could derive the passwords: ' +
      'pass the stringValue of a sensitive TerraformVariable',
  );
});

test('an address in several variables is only once in the hash of what instances start with', () => {
  const stack = synthStack((scope) => {
    const { proxy, web } = proxyAndApp(scope);
    web.useProxy(proxy);
  });
  const hash = String(appNamed(stack, 'web')?.['source_code_hash']);
  // Once as the address, and once in the hash of the service.
  expect(hash.split('@proxy.apps.internal:3128')).toHaveLength(3);
});

test('a proxy with a seed and no clients allows nobody', () => {
  const stack = synthStack((scope) => {
    proxyAndApp(scope);
  });
  expect(environmentOf(stack, 'proxy')).toEqual({
    EGRESS_ALLOW: 'www.example.org:443',
    EGRESS_ALLOW_1: '',
    EGRESS_CREDENTIALS: '# nobody',
    EGRESS_CREDENTIALS_1: '',
    EGRESS_CLIENTS: '',
  });
});

test('a proxy without a seed requires no credentials', () => {
  const stack = synthStack((scope) => {
    const { proxy, web } = proxyAndApp(scope, false);
    web.useProxy(proxy);
  });
  expect(stack.resources(DataResource)).toEqual([]);
  expect(stack.resources(ServiceInstance)).toEqual([]);
  expect(environmentOf(stack, 'proxy')).toMatchObject({ EGRESS_CREDENTIALS: '', EGRESS_CLIENTS: '' });
  expect(environmentOf(stack, 'web')['HTTP_PROXY']).toBe('http://proxy.apps.internal:3128');
});

test('a client of another team gets a service in its space, and its list', () => {
  const stack = synthStack((scope) => {
    const { proxy, inside } = proxyAndApp(scope);
    const service = proxy.grantClient('batch', { space: inside, allow: allow('batch.example.org:443') });
    expect(service.space).toBe(inside);
  });
  expect(environmentOf(stack, 'proxy')['EGRESS_CLIENTS']).toBe('batch batch.example.org:443');
  expect(stack.resources(ServiceInstance)).toMatchObject([{ name: 'batch-egress-credentials' }]);
  expect(stack.resources(NetworkPolicy)).toEqual([]);
});

test('after two calls, a client has both lists and one service', () => {
  const stack = synthStack((scope) => {
    const { proxy, web } = proxyAndApp(scope);
    web.useProxy(proxy, { allow: allow('a.example.org:443') });
    web.useProxy(proxy, { allow: allow('b.example.org:443') });
  });
  expect(environmentOf(stack, 'proxy')['EGRESS_CLIENTS']).toBe('web a.example.org:443\nweb b.example.org:443');
  expect(stack.resources(ServiceInstance)).toHaveLength(1);
});

describe('fails, and says what to do, for', () => {
  const building = (body: (stack: TerraformStack) => void) => () => synthStack(body);

  test('a list of its own on a proxy without a seed', () => {
    const body = building((scope) => {
      const { proxy, web } = proxyAndApp(scope, false);
      web.useProxy(proxy, { allow: allow('a.example.org:443') });
    });
    expect(body).toThrow('has no seed for their passwords: pass seed');
  });

  test('two clients with the same name, in any space', () => {
    const body = building((scope) => {
      const { proxy, web, inside } = proxyAndApp(scope);
      web.useProxy(proxy);
      proxy.grantClient('web', { space: inside });
    });
    expect(body).toThrow("are both the client 'web' of test/Proxy");
  });

  test.each(['a_b', 'a.b', '-a', 'a b', ''])('%j for a client', (client) => {
    const body = building((scope) => {
      const { proxy, web } = proxyAndApp(scope);
      web.useProxy(proxy, { client });
    });
    expect(body).toThrow('letters, digits and hyphens');
  });

  test.each(['', 'V2', '2.0', 'a-b'])('%j for a version', (version) => {
    const body = building((scope) => {
      const { proxy, web } = proxyAndApp(scope);
      web.useProxy(proxy, { credentials: { version } });
    });
    expect(body).toThrow(`'${version}' is not a version of credentials`);
  });

  test('two versions for one client', () => {
    const body = building((scope) => {
      const { proxy, web } = proxyAndApp(scope);
      web.useProxy(proxy, { credentials: { version: '2' } });
      web.useProxy(proxy, { credentials: { version: '3' } });
    });
    expect(body).toThrow("client 'web' has the credentials 3 here and 2 elsewhere");
  });

  test('a list of its own on a proxy of another stack', () => {
    const body = () =>
      synth((app) => {
        const { proxy } = proxyAndApp(newStack(app, 'shared'));
        const team = newStack(app, 'team');
        const job = new Application(team, 'Job', { space: spaces(team).inside, source });
        job.useProxy(proxy, { allow: allow('a.example.org:443') });
      });
    expect(body).toThrow("call grantClient('job', ...) on the proxy there");
  });
});

test('audit mode is a line in its list: for all clients, for one, or for one in another stack', () => {
  const stack = synthStack((scope) => {
    const { outside, inside } = spaces(scope);
    const proxy = new EgressProxy(scope, 'Proxy', {
      space: outside,
      source: AppSource.image(image),
      seed: seedOf(scope),
      allow: allow('www.example.org:443'),
      audit: { until: '2026-12-31' },
    });
    new Application(scope, 'Web', { space: inside, source }).useProxy(proxy, {
      allow: allow('api.example.gov:443'),
      audit: { until: '2027-03-31' },
    });
    proxy.grantClient('batch', { space: inside, audit: true });
    EgressChecks.acknowledge(proxy, 'audit-mode', 'it is what this is about');
  });
  const { EGRESS_ALLOW, EGRESS_CLIENTS } = environmentOf(stack, 'proxy');
  expect(EGRESS_ALLOW).toBe('audit until 2026-12-31\nwww.example.org:443');
  expect(EGRESS_CLIENTS).toBe('batch audit\nweb audit until 2027-03-31\nweb api.example.gov:443');
});

test('an audit of one client of a proxy without a seed fails, since all would be audited', () => {
  synthStack((stack) => {
    const { proxy, web } = proxyAndApp(stack, false);
    expect(() => web.useProxy(proxy, { audit: true })).toThrow(/can't distinguish .* because it has no seed/);
  });
});

test('lists that fit separately but not together fail at synth with their size and the remedy', () => {
  const hosts = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => Destination.host(`h${index}.${name}.agency.example.gov`));
  expect(() =>
    synthStack((stack) => {
      const { proxy, inside } = proxyAndApp(stack);
      for (const name of ['one', 'two', 'three'])
        proxy.grantClient(name, { space: inside, allow: hosts(name, 10_000) });
    }),
  ).toThrow(
    /the lists of test\/Proxy have 20 bytes for all and \d+ for its clients, \d+ over the 1048576 that fit its environment: name domains/,
  );
});
