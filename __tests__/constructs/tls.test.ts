import { App as CfApp } from '@cdktf/provider-cloudfoundry/lib/app';
import { NetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { ServiceInstance } from '@cdktf/provider-cloudfoundry/lib/service-instance';
import { TerraformVariable, type TerraformStack } from 'cdktf';
import { Application, AppSource, Egress, EgressProxy, EgressSpace, type UseProxyOptions } from '../../constructs';
import { passwordExpression } from '../support/example';
import { synthStack, type SynthesizedStack } from '../support/synth';

const image = AppSource.image('web:1');

function proxyFor(stack: TerraformStack, seeded = false) {
  const seed = seeded ? new TerraformVariable(stack, 'seed', { sensitive: true }).stringValue : undefined;
  const space = new EgressSpace(stack, 'Outside', { orgName: 'o', spaceName: 'outside', egress: Egress.PUBLIC });
  return new EgressProxy(stack, 'Proxy', { space, source: AppSource.image('proxy:1'), seed });
}

function client(options: UseProxyOptions, source: AppSource = image, seeded = false, own: Record<string, string> = {}) {
  return synthStack((stack) => {
    const space = new EgressSpace(stack, 'Inside', { orgName: 'o', spaceName: 'inside' });
    new Application(stack, 'Web', { space, source, environment: own }).useProxy(proxyFor(stack, seeded), options);
  });
}

const environmentOf = (stack: SynthesizedStack) =>
  stack.resources(CfApp).find((app) => app['name'] === 'web')?.['environment'] as Record<string, string>;
const portsOf = (stack: SynthesizedStack) =>
  stack
    .resources(NetworkPolicy)
    .flatMap(({ policies }) => (policies as { port: string }[]).map(({ port }) => port))
    .sort();

const PASSWORD = passwordExpression('var.seed', ['"o"', 'cloudfoundry_space.Outside_DC7B680E.name', '"proxy"'], 'web');
const SECURE = 'https://proxy.apps.internal:61443';
const PLAIN = 'http://proxy.apps.internal:3128';

test('a client with TLS gets the address of the TLS port, and a policy only for that', () => {
  const stack = client({ tls: true });
  expect(environmentOf(stack)).toMatchObject({ HTTPS_PROXY: SECURE, http_proxy: SECURE });
  expect(portsOf(stack)).toEqual(['61443']);
});

test('a buildpack application gets it under a neutral name, which staging does not read', () => {
  expect(environmentOf(client({ tls: true }, AppSource.directory('app')))).toEqual({
    EGRESS_PROXY_URI: SECURE,
    EGRESS_NO_PROXY: 'localhost,127.0.0.1,::1,.apps.internal',
  });
});

test('with both, the named variables have the plain address, and both ports are open', () => {
  const options = { tls: true, plainVariables: ['grpc_proxy'] };
  expect(environmentOf(client(options))).toMatchObject({ HTTPS_PROXY: SECURE, grpc_proxy: PLAIN });
  expect(environmentOf(client(options, AppSource.directory('app')))).toMatchObject({
    EGRESS_PROXY_URI: SECURE,
    EGRESS_PLAIN_PROXY_URI: PLAIN,
    EGRESS_PLAIN_PROXY_VARIABLES: 'grpc_proxy',
  });
  expect(portsOf(client(options))).toEqual(['3128', '61443']);
});

test('the service of a client with TLS has both addresses under distinct names', () => {
  const stack = client({ tls: true }, image, true);
  const at = (uri: string) => {
    const [scheme = '', host = ''] = uri.split('://');
    return `join("", ["${scheme}://web.1:", ${PASSWORD}, "@${host}"])`;
  };
  const credentials = String(stack.resources(ServiceInstance)[0]?.['credentials']);
  for (const [key, value] of [
    ['uri', at(SECURE)],
    ['https_uri', at(SECURE)],
    ['http_uri', at(PLAIN)],
    ['port', '"61443"'],
  ]) {
    expect(credentials).toContain(`"${key}" = ${value}`);
  }
  expect(environmentOf(stack)['HTTPS_PROXY']).toBe(`\${${at(SECURE)}}`);
});

test('a client of another team is allowed over TLS, and its service says so', () => {
  const stack = synthStack((scope) => {
    const proxy = proxyFor(scope, true);
    const space = new EgressSpace(scope, 'Inside', { orgName: 'o', spaceName: 'inside' });
    proxy.grantClient('batch', { space, tls: true });
    proxy.allowFrom(Application.fromLookup(scope, 'Batch', { space, appName: 'batch' }), { tls: true });
  });
  expect(String(stack.resources(ServiceInstance)[0]?.['credentials'])).toContain('"https://batch.1:"');
  expect(portsOf(stack)).toEqual(['61443']);
});

describe('is refused:', () => {
  test('a variable for the plain address if all variables are plain', () => {
    expect(() => client({ plainVariables: ['grpc_proxy'] })).toThrow(
      'test/Web names grpc_proxy for the address without TLS, which all of its variables already contain: add tls: true, or use variables',
    );
  });

  test('a container image that sets its own trusted certificates', () => {
    expect(() => client({ tls: true }, image, false, { SSL_CERT_DIR: '/own' })).toThrow(
      'test/Web sets SSL_CERT_DIR itself, which useProxy sets',
    );
  });
});
