import { App } from '@cdktf/provider-cloudfoundry/lib/app';
import { DataCloudfoundryApp } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-app';
import { NetworkPolicy as CfNetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { Aspects, type IAspect, type TerraformStack, TerraformVariable } from 'cdktf';
import { Application, type ApplicationProps, AppSource, type UseProxyOptions } from '../../constructs';
import { EgressProxy, EgressSpace, HealthCheck } from '../../constructs';
import { example, knownSpace } from '../support/example';
import { synthStack } from '../support/synth';

const source = AppSource.image('web:1');
const web = (stack: TerraformStack, props: Partial<ApplicationProps> = {}) => {
  const space = knownSpace(stack);
  return new Application(stack, 'Web', { space, source, ...props });
};

test('an application sets everything that the platform would otherwise decide', () => {
  expect(synthStack((stack) => web(stack)).resources(App)).toEqual([
    {
      name: 'web',
      org_name: 'o',
      space_name: 's',
      docker_image: 'web:1',
      instances: 1,
      memory: '256M',
      disk_quota: '1G',
      enable_ssh: false,
      health_check_type: 'port',
      timeout: 50,
      strategy: 'rolling',
      source_code_hash: expect.any(String) as string,
    },
  ]);
});

test('everything can be set', () => {
  const out = synthStack((stack) =>
    web(stack, {
      name: 'site',
      instances: 3,
      memory: '1GB',
      disk: '512M',
      ssh: true,
      healthCheck: HealthCheck.http('/up'),
      startTimeout: 170,
      environment: { A: '1' },
      labels: { team: 'a' },
    }),
  );
  expect(out.resources(App)).toEqual([
    expect.objectContaining({
      name: 'site',
      instances: 3,
      memory: '1GB',
      disk_quota: '512M',
      enable_ssh: true,
      health_check_type: 'http',
      health_check_http_endpoint: '/up',
      timeout: 170,
      environment: { A: '1' },
      labels: { team: 'a' },
    }),
  ]);
});

test.each([
  ['Web', 'web'],
  ['EgressProxy', 'egress-proxy'],
  ['S3Reader', 's3-reader'],
  ['batch_job', 'batch-job'],
])("an application's name is its id in lower case: %s is %s", (id, name) => {
  const out = synthStack((stack) => {
    const space = knownSpace(stack);
    new Application(stack, id, { space, source });
  });
  expect(out.resources(App)).toEqual([expect.objectContaining({ name })]);
});

test('a container image gets the proxy in all six spellings, and the policy', () => {
  const out = synthStack((stack) => {
    const { client, proxy } = example(stack);
    client.useProxy(proxy);
  });
  const uri = 'http://proxy.apps.internal:3128';
  const direct = 'localhost,127.0.0.1,::1,.apps.internal';
  expect(out.byId(App).Client_4A7F64DF?.environment).toEqual({
    HTTP_PROXY: uri,
    HTTPS_PROXY: uri,
    http_proxy: uri,
    https_proxy: uri,
    NO_PROXY: direct,
    no_proxy: direct,
  });
  expect(out.resources(CfNetworkPolicy)).toHaveLength(1);
});

test('a buildpack application gets neutral names, since staging would take the real ones for its own', () => {
  const out = synthStack((stack) => {
    const { client, proxy } = example(stack, AppSource.directory('app'));
    client.useProxy(proxy, { noProxy: ['.service.internal'], variables: ['NEW_RELIC_PROXY_HOST'] });
  });
  expect(out.byId(App).Client?.environment).toEqual({
    EGRESS_PROXY_URI: 'http://proxy.apps.internal:3128',
    EGRESS_NO_PROXY: 'localhost,127.0.0.1,::1,.apps.internal,.service.internal',
    EGRESS_PROXY_VARIABLES: 'NEW_RELIC_PROXY_HOST',
  });
});

test('a client with a proxy starts after the route of the proxy, whose address is text and orders nothing', () => {
  const out = synthStack((stack) => {
    const { client, proxy } = example(stack);
    client.useProxy(proxy);
  });
  expect(out.byId(App).Client_4A7F64DF?.depends_on).toContain('cloudfoundry_route.Proxy_Route_F2D4D356');
});

test('an existing application is looked up by name', () => {
  const out = synthStack((stack) => {
    const space = knownSpace(stack);
    Application.fromLookup(stack, 'Batch', { space, appName: 'batch' });
  });
  expect(out.data(DataCloudfoundryApp)).toEqual([{ name: 'batch', space_name: 's', org_name: 'o' }]);
  expect(out.resources(App)).toEqual([]);
});

test('the raw resource is the default child of both kinds', () => {
  synthStack((stack) => {
    const { client } = example(stack);
    expect(client.node.defaultChild).toBeInstanceOf(App);
  });
  synthStack((stack) => {
    const { client } = example(stack, AppSource.directory('app'));
    expect(client.node.defaultChild).toBeInstanceOf(App);
  });
});

test('variables that an Aspect sets on an application are added to those of the construct, and start it anew', () => {
  const built = (sets: boolean) =>
    synthStack((stack) => {
      const { client, proxy } = example(stack);
      client.useProxy(proxy);
      const aspect: IAspect = {
        visit: (node) => {
          if (node instanceof App && node === client.node.defaultChild) {
            node.environment = { ...node.environment, EXTRA: '1', NO_PROXY: 'localhost' };
          }
        },
      };
      if (sets) Aspects.of(stack).add(aspect);
    }).byId(App).Client_4A7F64DF;
  const [before, after] = [built(false), built(true)];
  expect(after?.environment).toEqual({ ...(before?.environment as object), EXTRA: '1', NO_PROXY: 'localhost' });
  expect(after?.source_code_hash).not.toBe(before?.source_code_hash);
});

test('two images can be pulled with the password of one variable, although each read is a new token', () => {
  const out = synthStack((stack) => {
    const password = new TerraformVariable(stack, 'password', { sensitive: true });
    const pulled = () => AppSource.image('web:1', { username: 'ci', password: password.stringValue });
    web(stack, { source: pulled() });
    const space = EgressSpace.fromLookup(stack, 'There', { orgName: 'o', spaceName: 't', spaceId: 'guid' });
    new Application(stack, 'Other', { space, source: pulled() });
  });
  expect(out.resources(App).map(({ docker_credentials: given }) => given)).toEqual(
    Array(2).fill({ username: 'ci', password: '${var.password}' }),
  );
});

test.each([
  ['http://proxy.apps.internal:80', 'localhost,127.0.0.1,::1,.apps.internal'],
  ['http://proxy:3128', 'localhost,127.0.0.1,::1'],
  ['http://10.0.0.7:3128', 'localhost,127.0.0.1,::1'],
])('with the proxy %s only the domain of its name bypasses the proxy', (proxyUri, exceptions) => {
  const out = synthStack((stack) => {
    const app = web(stack);
    const at = { space: app.space, appName: 'proxy', appId: 'guid', proxyUri };
    app.useProxy(EgressProxy.fromLookup(stack, 'Proxy', at));
  });
  expect(out.resources(App)[0]?.environment).toMatchObject({ NO_PROXY: exceptions, HTTPS_PROXY: proxyUri });
});

test('two calls of useProxy combine, and add no policy that neither requests', () => {
  const built = (...calls: UseProxyOptions[]) =>
    synthStack((stack) => {
      const { client, proxy } = example(stack);
      for (const options of calls) client.useProxy(proxy, options);
    });
  const both = { tls: true, noProxy: ['.a.internal', '.b.internal'], variables: ['A_PROXY', 'B_PROXY'] };
  const [once, twice] = [
    built(both),
    built(
      { tls: true, noProxy: ['.a.internal'], variables: ['A_PROXY'] },
      { noProxy: ['.b.internal'], variables: ['B_PROXY'] },
    ),
  ];
  expect(twice.text).toBe(once.text);
  expect(twice.resources(CfNetworkPolicy)).toHaveLength(1);
});

test("an override of one variable is in the output next to the construct's variables", () => {
  const out = synthStack((stack) => {
    const { client, proxy } = example(stack);
    client.useProxy(proxy);
    (client.node.defaultChild as App).addOverride('environment.EXTRA', '1');
  });
  expect(out.byId(App).Client_4A7F64DF?.environment).toMatchObject({
    EXTRA: '1',
    HTTPS_PROXY: 'http://proxy.apps.internal:3128',
  });
});

describe('fails, with the value and the remedy, for', () => {
  test.each<[string, Partial<ApplicationProps>, string]>([
    ['memory without a unit', { memory: '256' }, "memory of '256' is not a size: write whole megabytes or gigabytes"],
    ['memory in fractions', { memory: '0.5G' }, "memory of '0.5G' is not a size"],
    ['no memory', { memory: '0M' }, "memory of '0M' is not a size"],
    ['disk in other units', { disk: '1 gigabyte' }, "disk of '1 gigabyte' is not a size"],
    ['half an instance', { instances: 0.5 }, '0.5 instances are not possible'],
    ['fewer than no instances', { instances: -1 }, '-1 instances are not possible'],
    ['a start that takes no time', { startTimeout: 0 }, 'start timeout of 0 s is not possible'],
    ['a start as long as the provider waits', { startTimeout: 90 }, 'start timeout of 90 s is as long as'],
    [
      'a start over the limit of the platform',
      { startTimeout: 181, instances: 9 },
      'start timeout of 181 s is not possible: give whole seconds from 1 to 180',
    ],
    [
      "a variable of the platform's",
      { environment: { VCAP_SERVICES: '{}' } },
      'environment variable VCAP_SERVICES is set by the platform',
    ],
    ['the port', { environment: { PORT: '80' } }, 'environment variable PORT is set by the platform'],
    ['a variable without a name', { environment: { '': 'x' } }, "'' is not the name of an environment variable"],
    [
      'a variable that the program did not find, and left out in silence',
      { environment: { API: process.env.NO_SUCH_VARIABLE as string } },
      'environment variable API is undefined: give text, or leave it out',
    ],
  ])('%s', (_what, props, message) => {
    expect(() => synthStack((stack) => web(stack, props))).toThrow(`test/Web: ${message}`);
  });

  test('an image without a name', () => {
    expect(() => AppSource.image('')).toThrow("'' is not an image: give its reference");
  });

  test("a folder that doesn't exist", () => {
    expect(() => AppSource.directory('no-such-folder')).toThrow(/no-such-folder is not a folder: give the folder/);
  });

  test('a health check whose path is relative', () => {
    expect(() => HealthCheck.http('up')).toThrow("health check path 'up' is not absolute: write '/up'");
  });

  test('a second proxy', () => {
    expect(() =>
      synthStack((stack) => {
        const { client, proxy, outside } = example(stack);
        client.useProxy(proxy);
        client.useProxy(new EgressProxy(stack, 'Other', { space: outside, source: AppSource.image('proxy') }));
      }),
    ).toThrow('test/Client uses test/Proxy already: an application can use only one proxy');
  });

  test.each([
    [{}, { tls: true }, 'uses its proxy with tls false already, and not with true'],
    [{ tls: true }, { tls: false }, 'uses its proxy with tls true already, and not with false'],
    [{ client: 'one' }, { client: 'two' }, 'uses its proxy with client one already, and not with two'],
  ])('useProxy twice, with %j and then %j', (first, second, message) => {
    expect(() =>
      synthStack((stack) => {
        const { client, proxy } = example(stack);
        client.useProxy(proxy, first);
        client.useProxy(proxy, second);
      }),
    ).toThrow(message);
  });

  test('proxy variables that the application sets itself', () => {
    expect(() =>
      synthStack((stack) => {
        const { proxy, inside } = example(stack);
        new Application(stack, 'Other', { space: inside, source, environment: { https_proxy: 'http://x' } }).useProxy(
          proxy,
        );
      }),
    ).toThrow('test/Other sets https_proxy itself, which useProxy sets: remove it from environment');
  });
});
