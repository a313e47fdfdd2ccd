import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from '@cdktf/provider-cloudfoundry/lib/app';
import { NetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { Application, AppSource, ProxyVariables } from '../../../constructs';
import {
  buildpackVariables,
  dockerVariables,
  PROFILE_SCRIPT,
  type ProxySettings,
} from '../../../constructs/values/proxy-variables';
import { example } from '../../support/example';
import { synthStack } from '../../support/synth';
import { temporaryFolder } from '../../support/temporary-folder';

const proxy: ProxySettings = {
  uri: 'http://proxy.apps.internal:3128',
  tls: false,
  noProxy: ['.apps.internal'],
  variables: ['NEW_RELIC_PROXY_URL'],
  presets: { NEW_RELIC_PROXY_HOST: 'proxy.apps.internal', JAVA_TOOL_OPTIONS: '-Da=*.x|$y -Db="c \'d' },
};

/** What the script adds to the environment of a program that starts after it, as on the platform. */
function exported(environment: Record<string, string>): Record<string, string> {
  const before = variables('', environment);
  return Object.fromEntries(
    Object.entries(variables(PROFILE_SCRIPT, environment)).filter(([name]) => !(name in before)),
  );
}

function variables(script: string, environment: Record<string, string>): Record<string, string> {
  // Its input is a socket: without the option, it would consider itself a remote shell and read the user's startup
  // file.
  const out = execFileSync('bash', ['--norc', '-c', `set -eu\n${script}\nexec env -0`], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    encoding: 'utf8',
  });
  const lines = out.split('\0').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.replace(/=.*$/s, ''), line.replace(/^[^=]*=/, '')]));
}

test('the script gives a buildpack application what a container image gets at once', () => {
  expect(exported(buildpackVariables(proxy))).toEqual(dockerVariables(proxy));
});

test("the script leaves an application's own variables alone, whatever they are called", () => {
  const own = { name: 'mine', file: 'mine too' };
  const tls = {
    ...proxy,
    uri: 'https://proxy.apps.internal:61443',
    tls: true,
    plain: { uri: proxy.uri, variables: ['PLAIN'] },
  };
  for (const settings of [proxy, tls]) {
    expect(variables(PROFILE_SCRIPT, { ...own, ...buildpackVariables(settings) })).toMatchObject(own);
  }
});

test('the script does nothing without a proxy', () => {
  expect(exported({ HTTPS_PROXY: 'http://other' })).toEqual({});
});

test('neutral names are none that a program under staging reads', () => {
  expect(Object.keys(buildpackVariables(proxy)).filter((name) => !name.startsWith('EGRESS_'))).toEqual([]);
});

describe('with TLS to the proxy', () => {
  const secure: ProxySettings = {
    ...proxy,
    uri: 'https://proxy.apps.internal:61443',
    tls: true,
    plain: { uri: proxy.uri, variables: ['grpc_proxy', 'PLAIN'] },
  };
  let folder: string;
  let platform: Record<string, string>;

  beforeEach(() => {
    folder = temporaryFolder();
    mkdirSync(join(folder, 'certificates'));
    // As an operator can write them: the first one without a newline at its end.
    writeFileSync(join(folder, 'certificates', 'trusted-ca-1.crt'), 'ONE');
    writeFileSync(join(folder, 'certificates', 'trusted-ca-2.crt'), 'TWO\n');
    platform = { CF_SYSTEM_CERT_PATH: join(folder, 'certificates'), TMPDIR: folder };
  });

  const lines = (file: string | undefined) => readFileSync(file ?? '', 'utf8').split('\n');

  test('plain variables contain the plain address, all others the one with TLS', () => {
    const { SSL_CERT_DIR: authorities, ...image } = dockerVariables(secure);
    expect(authorities).toBe('/etc/ssl/certs:/etc/cf-system-certificates');
    expect(image).toMatchObject({ HTTPS_PROXY: secure.uri, grpc_proxy: proxy.uri, PLAIN: proxy.uri });
    expect(exported({ ...platform, ...buildpackVariables(secure) })).toEqual({
      ...image,
      NODE_EXTRA_CA_CERTS: join(folder, 'egress-platform-authorities.pem'),
      SSL_CERT_FILE: join(folder, 'egress-all-authorities.pem'),
      REQUESTS_CA_BUNDLE: join(folder, 'egress-all-authorities.pem'),
      AWS_CA_BUNDLE: join(folder, 'egress-all-authorities.pem'),
    });
  });

  test("Node.js gets the platform's authorities in addition to its own, and other programs those of the system as well", () => {
    exported({ ...platform, ...buildpackVariables(secure) });
    expect(lines(join(folder, 'egress-platform-authorities.pem')).filter(Boolean)).toEqual(['ONE', 'TWO']);
    expect(lines(join(folder, 'egress-all-authorities.pem'))).toEqual(
      expect.arrayContaining(['ONE', 'TWO', '-----BEGIN CERTIFICATE-----']),
    );
  });

  test('what an application trusts already stays trusted', () => {
    const own = Object.fromEntries(
      ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'AWS_CA_BUNDLE'].map((name) => {
        writeFileSync(join(folder, name), name);
        return [name, join(folder, name)];
      }),
    );
    variables(PROFILE_SCRIPT, { ...platform, ...own, ...buildpackVariables(secure) });
    expect(lines(join(folder, 'egress-platform-authorities.pem'))).toContain('NODE_EXTRA_CA_CERTS');
    expect(lines(join(folder, 'egress-all-authorities.pem'))).toEqual(expect.arrayContaining(Object.keys(own)));
  });

  test('an address without TLS leaves the trust of an application alone', () => {
    expect(Object.keys(exported({ ...platform, ...buildpackVariables(proxy) }))).not.toContain('SSL_CERT_FILE');
    expect(Object.keys(dockerVariables(proxy))).not.toContain('SSL_CERT_DIR');
  });
});

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
