import { join } from 'node:path';

import { APP, readSettings, vcapServices } from './support/stage';

const { bypasses } = jest.requireActual<{ bypasses: (noProxy: readonly string[], target: URL) => boolean }>(
  join(APP, 'src/settings.js'),
);

const PROBES = '[{"name":"it","url":"http://a.test/","way":"direct","expect":"refused"}]';

test("an empty environment isn't a failure", () => {
  expect(readSettings({})).toEqual({
    port: 8080,
    app: { name: null, space: null, organization: null, instance: null },
    posture: null,
    proxy: { http: null, https: null, noProxy: [] },
    s3Service: 'egress-test-s3',
    s3: null,
    probes: [],
    problems: ['EGRESS_PROBES is not set: there is nothing to probe'],
  });
});

test('each invalid variable is a separate problem, and none hides another', () => {
  const { problems } = readSettings({
    EGRESS_PROBES: '{}',
    VCAP_SERVICES: 'not json',
    VCAP_APPLICATION: '[]',
    HTTPS_PROXY: 'socks5://user:secret@squid',
  });
  expect(problems).toEqual([
    'VCAP_APPLICATION is not a JSON object: the platform sets it, leave it alone',
    'HTTPS_PROXY begins with socks5://: write http://host:port or https://host:port',
    'VCAP_SERVICES is not a JSON object: the platform sets it, leave it alone',
    'EGRESS_PROBES is an object: write a JSON array of probes',
  ]);
});

test('the service is found by its name under any label', () => {
  const credentials = { bucket: 'bucket', endpoint: 's3.test', region: 'us-gov-west-1' };
  expect(readSettings({ VCAP_SERVICES: vcapServices('s3.test') }).s3).toMatchObject(credentials);
  const managed = vcapServices('s3.test').replace('"user-provided"', '"s3"');
  expect(readSettings({ VCAP_SERVICES: managed }).s3).toMatchObject(credentials);
});

test('the service can have a different name', () => {
  const VCAP_SERVICES = vcapServices('s3.test').replace('"egress-test-s3"', '"files"');
  expect(readSettings({ VCAP_SERVICES, EGRESS_PROBES: PROBES })).toMatchObject({ s3: null, problems: [] });
  expect(readSettings({ VCAP_SERVICES, EGRESS_S3_SERVICE: 'files' }).s3).toMatchObject({ bucket: 'bucket' });
});

test('a service with incomplete credentials is reported with what is missing, but not what is there', () => {
  const VCAP_SERVICES = vcapServices('s3.test', { region: '', access_key_id: undefined });
  expect(readSettings({ VCAP_SERVICES, EGRESS_PROBES: PROBES })).toMatchObject({
    s3: null,
    problems: ['service "egress-test-s3" lacks access_key_id, region in its credentials'],
  });
});

test('the lower-case proxy variables win, and an empty one counts as unset', () => {
  const { proxy } = readSettings({
    HTTPS_PROXY: 'http://upper.test:3128',
    https_proxy: 'http://lower.test:3128',
    HTTP_PROXY: 'http://upper.test:3128',
    http_proxy: '',
    NO_PROXY: ' localhost, .Apps.Internal ,,',
  });
  expect([proxy.https?.host, proxy.http?.host]).toEqual(['lower.test:3128', 'upper.test:3128']);
  expect(proxy.noProxy).toEqual(['localhost', '.apps.internal']);
});

test.each([
  ['example.com', 'https://example.com/', true],
  ['example.com', 'https://www.example.com/', true],
  ['.example.com', 'https://www.example.com/', true],
  ['.example.com', 'https://example.com/', true],
  ['*.example.com', 'https://www.example.com/', true],
  ['example.com', 'https://notexample.com/', false],
  ['example.com', 'https://example.com.other.test/', false],
  ['www.example.com', 'https://example.com/', false],
  ['example.com:443', 'https://example.com/', true],
  ['example.com:80', 'https://example.com/', false],
  ['example.com:80', 'http://example.com/', true],
  ['example.com:8443', 'https://example.com:8443/', true],
  ['127.0.0.1', 'http://127.0.0.1:8080/', true],
  ['*', 'https://example.com/', true],
  ['.', 'https://example.com/', false],
])('NO_PROXY=%s and %s: %s', (entry, target, expected) => {
  expect(bypasses(['localhost', entry], new URL(target))).toBe(expected);
});

test('without NO_PROXY nothing bypasses the proxy', () => {
  expect(bypasses([], new URL('https://localhost/'))).toBe(false);
});
