import { App } from '@cdktf/provider-cloudfoundry/lib/app';
import { DataCloudfoundryApp } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-app';
import { NetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { Route } from '@cdktf/provider-cloudfoundry/lib/route';
import { ServiceInstance } from '@cdktf/provider-cloudfoundry/lib/service-instance';
import { type TerraformStack, TerraformVariable } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, type EgressProxyProps } from '../../constructs';
import { plain } from '../../review/phrase';
import { clauseOf } from '../../review/report/report';
import { reviewTrees } from '../../review/review';
import { knownSpace } from '../support/example';
import { synthStack } from '../support/synth';

const source = AppSource.image('proxy');
const proxyIn = (stack: TerraformStack, props: Partial<EgressProxyProps> = {}) =>
  new EgressProxy(stack, 'Proxy', { source, ...props, space: props.space ?? knownSpace(stack) });

test('a proxy without destinations refuses everything, has two small instances and no public route', () => {
  const out = synthStack((stack) => proxyIn(stack, { source: AppSource.image('proxy@sha256:1') }));
  expect(out.resources(App)).toEqual([
    {
      name: 'proxy',
      org_name: 'o',
      space_name: 's',
      docker_image: 'proxy@sha256:1',
      environment: { EGRESS_ALLOW: '', EGRESS_CREDENTIALS: '', EGRESS_CLIENTS: '' },
      instances: 2,
      memory: '128M',
      disk_quota: '1G',
      enable_ssh: false,
      health_check_type: 'http',
      health_check_http_endpoint: '/squid-internal-static/icons/health',
      health_check_interval: 3,
      health_check_invocation_timeout: 5,
      timeout: 50,
      strategy: 'rolling',
      source_code_hash: expect.any(String) as string,
    },
  ]);
  expect(out.resources(Route)).toEqual([
    {
      space: 'guid',
      domain: '${data.cloudfoundry_domain.Lookup_Domain-appsinternal_7BC395E7.id}',
      host: 'proxy',
      destinations: [{ app_id: '${cloudfoundry_app.Proxy_CB0DFB71.id}' }],
      lifecycle: {
        precondition: [
          {
            condition: '${data.cloudfoundry_domain.Lookup_Domain-appsinternal_7BC395E7.internal}',
            error_message: expect.stringContaining('apps.internal is a public domain') as string,
          },
        ],
      },
    },
  ]);
});

test('its log goes to the drain, through a bound service in its space', () => {
  const drained = (url: (stack: TerraformStack) => string) =>
    synthStack((stack) => proxyIn(stack, { drain: url(stack) }));
  const without = synthStack((stack) => proxyIn(stack));
  const out = drained((stack) => new TerraformVariable(stack, 'drain', { sensitive: true }).stringValue);
  expect(out.resources(ServiceInstance)).toEqual([
    { type: 'user-provided', name: 'proxy-drain', space: 'guid', syslog_drain_url: '${var.drain}' },
  ]);
  expect(out.resources(App)).toEqual([
    expect.objectContaining({
      service_bindings: [
        { service_instance: expect.stringMatching(/^\$\{cloudfoundry_service_instance\.\w+\.name\}$/) as string },
      ],
    }),
  ]);
  const { environments } = reviewTrees(
    [{ name: 'test', json: JSON.parse(without.text) as unknown }],
    [{ name: 'test', json: JSON.parse(drained(() => 'syslog-tls://logs.example.gov:6514').text) as unknown }],
  );
  const logs = environments.flatMap(({ opens }) => opens.filter(({ way }) => way === 'logs'));
  expect(logs.map(({ who, what }) => [...who, plain(what)])).toEqual([
    ['proxy', 'whoever binds proxy-drain', 'logs.example.gov:6514'],
  ]);
  for (const url of ['syslog-tls://logs.example.gov:6514', 'https://logs.example.gov/in?of=proxy']) drained(() => url);
  for (const url of [
    'syslog://logs.example.gov:514',
    'https://user:secret@logs.example.gov/',
    'logs.example.gov',
    '',
  ]) {
    expect(() => drained(() => url)).not.toThrow(/secret@/);
    expect(() => drained(() => url)).toThrow("can't be a drain: write syslog-tls://HOST:PORT or https://HOST/PATH");
  }
});

test('it serves metrics on a separate port, which a policy can open alone, and which a review recognizes', () => {
  const metered = (metrics?: boolean, read = metrics === true) =>
    synthStack((stack) => {
      const inside = knownSpace(stack);
      const proxy = proxyIn(stack, { space: inside, metrics });
      const reader = Application.fromLookup(stack, 'Prometheus', { space: inside, appName: 'prometheus', appId: 'p' });
      if (read) proxy.allowMetricsTo(reader);
    });
  const variableOf = (out: ReturnType<typeof metered>) =>
    out.resources(App).map((app) => (app as { environment: Record<string, string> }).environment.EGRESS_METRICS);
  expect([undefined, false, true].map((metrics) => variableOf(metered(metrics)))).toEqual([
    [undefined],
    [''],
    ['9301'],
  ]);
  expect(metered(true).resources(NetworkPolicy)).toEqual([
    {
      policies: [
        { source_app: 'p', destination_app: '${cloudfoundry_app.Proxy_CB0DFB71.id}', protocol: 'tcp', port: '9301' },
      ],
    },
  ]);
  expect(() => metered(false, true)).toThrow(
    'Proxy answers no metrics that test/Prometheus could read: give it metrics: true',
  );
  const trees = [metered(), metered(true)].map(({ text }) => [{ name: 'test', json: JSON.parse(text) as unknown }]);
  const { environments } = reviewTrees(trees[0] ?? [], trees[1] ?? []);
  const rows = environments.flatMap(({ opens, unknown }) => [...opens, ...unknown]);
  expect(rows.map((row) => plain(clauseOf(row)))).toEqual(['p can now connect to proxy on tcp 9301, its metrics']);
});

test('destinations are lines of the environment, including those added later', () => {
  const out = synthStack((stack) => {
    const proxy = proxyIn(stack, {
      space: knownSpace(stack, Egress.PUBLIC),
      allow: [Destination.host('b.example.org', 443)],
    });
    proxy.allowDestinations(Destination.host('a.example.org', 80), Destination.host('b.example.org', 443));
    expect(proxy.allowed).toEqual(['a.example.org:80', 'b.example.org:443']);
  });
  expect(out.resources(App)).toEqual([
    expect.objectContaining({
      environment: expect.objectContaining({
        EGRESS_ALLOW: 'a.example.org:80\nb.example.org:443',
        EGRESS_ALLOW_1: '',
      }) as unknown,
    }),
  ]);
});

test("a proxy's address is known at synth, from its name and domain", () => {
  synthStack((stack) => {
    const at = { space: knownSpace(stack), source };
    expect(new EgressProxy(stack, 'EgressProxy', at).proxyUri).toBe('http://egress-proxy.apps.internal:3128');
    const other = { ...at, name: 'x', host: 'way-out', internalDomain: 'cells.internal' };
    expect(new EgressProxy(stack, 'Other', other).proxyUri).toBe('http://way-out.cells.internal:3128');
  });
});

test('an existing proxy is looked up by name, and its port is that of its address', () => {
  const out = synthStack((stack) => {
    const at = { space: knownSpace(stack), appName: 'proxy', proxyUri: 'http://proxy.apps.internal:8080' };
    expect(EgressProxy.fromLookup(stack, 'Proxy', at).connections.defaultPort?.toString()).toBe('8080');
  });
  expect(out.data(DataCloudfoundryApp)).toEqual([{ name: 'proxy', space_name: 's', org_name: 'o' }]);
});

test.each([Egress.CLOSED, Egress.TRUSTED_LOCAL])('fails in a space that cannot reach the internet (%s)', (egress) => {
  expect(() => synthStack((stack) => proxyIn(stack, { space: knownSpace(stack, egress) }))).toThrow(
    `test/Space can't reach the internet (its egress is ${egress.toString()}), so a proxy there lets nobody out: ` +
      'put it into a space with Egress.PUBLIC',
  );
});

test.each([undefined, Egress.of('groups_of_another_foundation')])(
  'is made in a space of which nothing is known',
  (egress) => {
    const out = synthStack((stack) => proxyIn(stack, { space: knownSpace(stack, egress) }));
    expect(out.resources(App)).toHaveLength(1);
  },
);

test.each([
  'proxy.apps.internal:3128',
  'http://proxy.apps.internal',
  'https://proxy.apps.internal:3128',
  'http://u@p:1',
  'http://p:0',
])("fails for an existing proxy at '%s', which isn't a proxy's address", (proxyUri) => {
  expect(() =>
    synthStack((stack) =>
      EgressProxy.fromLookup(stack, 'Proxy', { space: knownSpace(stack), appName: 'p', appId: 'g', proxyUri }),
    ),
  ).toThrow(/is not the address of a proxy: write http:\/\/HOST:PORT|is not a port/);
});

test('fails for a host with more than one label', () => {
  expect(() => synthStack((stack) => proxyIn(stack, { host: 'a.b' }))).toThrow("'a.b' has the label 'a.b'");
});

test('a proxy by buildpack is the folder of this package, with packages from apt.yml and a start command', () => {
  const out = synthStack((stack) => proxyIn(stack, { source: EgressProxy.buildpack() }));
  const [app] = out.resources(App);
  expect(app).toMatchObject({
    buildpacks: ['https://github.com/cloudfoundry/apt-buildpack', 'binary_buildpack'],
    command: 'exec /bin/sh entrypoint',
    environment: { EGRESS_ALLOW: '', EGRESS_CREDENTIALS: '', EGRESS_CLIENTS: '' },
  });
  expect(app).not.toHaveProperty('docker_image');
});
