import { App } from '@cdktf/provider-cloudfoundry/lib/app';
import { NetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { Application, AppSource, ProxyVariables } from '../../../constructs';
import { example } from '../../support/example';
import { synthStack } from '../../support/synth';

const parts = {
  scheme: 'http',
  host: 'proxy.apps.internal',
  port: '3128',
  noProxy: ['localhost', '.apps.internal', '::1'],
};
const named = { ...parts, user: 'web.1', password: 'secret' };

test('New Relic gets the parts by the names of all of its agents, and no user where there is none', () => {
  expect(ProxyVariables.NEW_RELIC.for(named)).toEqual({
    NEW_RELIC_PROXY_SCHEME: 'http',
    NEW_RELIC_PROXY_HOST: 'proxy.apps.internal',
    NEW_RELIC_PROXY_PORT: '3128',
    NEW_RELIC_PROXY_USER: 'web.1',
    NEW_RELIC_PROXY_PASS: 'secret',
    NEW_RELIC_PROXY_PASSWORD: 'secret',
  });
  expect(Object.keys(ProxyVariables.NEW_RELIC.for(parts))).toEqual([
    'NEW_RELIC_PROXY_SCHEME',
    'NEW_RELIC_PROXY_HOST',
    'NEW_RELIC_PROXY_PORT',
  ]);
});

test('Java gets properties without a password, which each machine would print, with a star for a domain and brackets for an address of IPv6', () => {
  expect(ProxyVariables.JAVA.for(named)).toEqual({
    JAVA_TOOL_OPTIONS: [
      '-Dhttp.proxyHost=proxy.apps.internal -Dhttp.proxyPort=3128',
      '-Dhttps.proxyHost=proxy.apps.internal -Dhttps.proxyPort=3128',
      '-Dhttp.nonProxyHosts=localhost|*.apps.internal|[::1] -Djdk.http.auth.tunneling.disabledSchemes=',
    ].join(' '),
  });
  expect(ProxyVariables.JAVA.for(parts).JAVA_TOOL_OPTIONS).not.toContain('disabledSchemes');
});

test("Gradle gets Java's properties, and the user and password, which no JVM prints", () => {
  const { JAVA_TOOL_OPTIONS } = ProxyVariables.JAVA.for(named);
  expect(ProxyVariables.GRADLE.for(named)).toEqual({
    JAVA_TOOL_OPTIONS,
    GRADLE_OPTS: [
      '-Dhttp.proxyUser=web.1 -Dhttp.proxyPassword=secret',
      '-Dhttps.proxyUser=web.1 -Dhttps.proxyPassword=secret',
    ].join(' '),
  });
  expect(ProxyVariables.GRADLE.for(parts)).toEqual(ProxyVariables.JAVA.for(parts));
});

test('Maven gets what a settings.xml can name', () => {
  const direct = { MAVEN_PROXY_HOST: 'proxy.apps.internal', MAVEN_NON_PROXY_HOSTS: 'localhost|*.apps.internal|[::1]' };
  expect(ProxyVariables.MAVEN.for(parts)).toEqual(direct);
  expect(ProxyVariables.MAVEN.for(named)).toEqual({
    ...direct,
    MAVEN_PROXY_USER: 'web.1',
    MAVEN_PROXY_PASSWORD: 'secret',
  });
});

test('an image has them in its environment, a pushed folder under neutral names, and both calls add theirs', () => {
  const environmentOf = (source: AppSource) =>
    synthStack((stack) => {
      const { proxy, client } = example(stack, source);
      client.useProxy(proxy, { presets: [ProxyVariables.NEW_RELIC] });
      client.useProxy(proxy, { presets: [ProxyVariables.NEW_RELIC, ProxyVariables.JAVA] });
    })
      .resources(App)
      .find(({ name }) => name === 'client')?.environment as Record<string, string>;
  const image = environmentOf(AppSource.image('client:1'));
  expect(image).toMatchObject({ NEW_RELIC_PROXY_HOST: 'proxy.apps.internal', NEW_RELIC_PROXY_PORT: '3128' });
  expect(image.JAVA_TOOL_OPTIONS).toContain('-Dhttp.nonProxyHosts=localhost|127.0.0.1|[::1]|*.apps.internal');
});

test('with TLS they hold the plain address, whose port is opened, too', () => {
  const out = synthStack((stack) => {
    const { proxy, client } = example(stack);
    client.useProxy(proxy, { tls: true, presets: [ProxyVariables.NEW_RELIC] });
  });
  const environment = out.resources(App).find(({ name }) => name === 'client')?.environment;
  expect(environment).toMatchObject({
    HTTPS_PROXY: 'https://proxy.apps.internal:61443',
    NEW_RELIC_PROXY_SCHEME: 'http',
    NEW_RELIC_PROXY_PORT: '3128',
  });
  const ports = out
    .resources(NetworkPolicy)
    .flatMap(({ policies }) => (policies as { port: string }[]).map(({ port }) => port));
  expect(ports.sort()).toEqual(['3128', '61443']);
});

test('what an application sets itself is refused, whichever of a preset it is', () => {
  const { NEW_RELIC, JAVA, MAVEN, GRADLE } = ProxyVariables;
  const presets = [NEW_RELIC, JAVA, MAVEN, GRADLE];
  for (const own of presets.flatMap(({ names }) => names)) {
    expect(() =>
      synthStack((stack) => {
        const { inside, proxy } = example(stack);
        const environment = { [own]: 'mine' };
        const app = new Application(stack, 'App', { space: inside, source: AppSource.image('app:1'), environment });
        app.useProxy(proxy, { presets });
      }),
    ).toThrow(`sets ${own} itself, which useProxy sets`);
  }
});
