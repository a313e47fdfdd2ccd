import { readConfig, urlOf } from '../config';

test('the defaults are those of the local foundation', () => {
  expect(readConfig({})).toEqual({
    org: 'egress-demo',
    restrictedSpace: 'restricted',
    publicSpace: 'public-egress',
    appsDomain: 'apps.localhost',
    internalDomain: 'apps.internal',
    routerUrl: { protocol: 'https:', port: '' },
    registry: 'localhost:8702',
    registryUser: undefined,
    deployers: [],
    s3: { kind: 'user-provided' },
    bucket: 'egress-demo',
    region: 'us-gov-west-1',
    state: { kind: 'local' },
  });
});

test('the deployer gets the roles, unless another user is named', () => {
  expect(readConfig({ CF_USER: 'me' }).deployers).toEqual(['me']);
  expect(readConfig({ CF_USER: 'me', EGRESS_DEPLOYER: 'ci' }).deployers).toEqual(['ci']);
});

test.each([
  ['managed:s3/basic-sandbox', { kind: 'managed', offering: 's3', plan: 'basic-sandbox' }],
  ['existing:my-bucket', { kind: 'existing', name: 'my-bucket' }],
  ['user-provided', { kind: 'user-provided' }],
])('EGRESS_S3 is read: %s', (text, s3) => {
  expect(readConfig({ EGRESS_S3: text }).s3).toEqual(s3);
});

test('the state can be in S3', () => {
  expect(readConfig({ EGRESS_STATE: 's3://states/egress/prod.tfstate' }).state).toEqual({
    kind: 's3',
    bucket: 'states',
    key: 'egress/prod.tfstate',
  });
});

test.each([
  ['http://127.0.0.1:8701', 'http://app.apps.localhost:8701'],
  [undefined, 'https://app.apps.localhost'],
])('with the router at %s an application is at %s', (url, address) => {
  expect(urlOf('app.apps.localhost', readConfig({ EGRESS_ROUTER_URL: url }))).toBe(address);
});

test.each([
  ['EGRESS_ORG', ''],
  ['EGRESS_ORG', 'a,b'],
  ['EGRESS_APPS_DOMAIN', 'https://app.cloud.gov'],
  ['EGRESS_APPS_DOMAIN', 'app'],
  ['EGRESS_INTERNAL_DOMAIN', 'apps internal'],
  ['EGRESS_ROUTER_URL', '127.0.0.1:8701'],
  ['EGRESS_ROUTER_URL', 'http://127.0.0.1:8701/path'],
  ['EGRESS_REGISTRY', 'https://ghcr.io'],
  ['EGRESS_REGISTRY', 'GHCR.io/Team'],
  ['EGRESS_REGISTRY_USER', 'two words'],
  ['EGRESS_PROXY_IMAGE', 'ghcr.io/team/egress-proxy'],
  ['EGRESS_PROXY_IMAGE', 'egress-proxy:current'],
  ['EGRESS_DEPLOYER', 'two words'],
  ['EGRESS_S3', 'managed'],
  ['EGRESS_S3', 'managed:s3'],
  ['EGRESS_S3', 'existing:'],
  ['EGRESS_BUCKET', 'Upper'],
  ['EGRESS_BUCKET', 'with.dot'],
  ['EGRESS_BUCKET', 'ab'],
  ['EGRESS_REGION', 'moon'],
  ['EGRESS_STATE', 's3://bucket'],
  ['EGRESS_STATE', 'remote'],
])("fails for %s='%s', with the name, the value and what to give", (variable, value) => {
  expect(() => readConfig({ [variable]: value })).toThrow(`- ${variable} is '${value}': give `);
});

test('fails with all problems at once', () => {
  expect(() => readConfig({ EGRESS_ORG: '', EGRESS_S3: 'x', EGRESS_STATE: 'y' })).toThrow(
    /^the configuration can't be used:\n- EGRESS_ORG .*\n- EGRESS_S3 .*\n- EGRESS_STATE .*$/,
  );
});

test('fails for one space in two roles, because security groups are bound to spaces', () => {
  expect(() => readConfig({ EGRESS_RESTRICTED_SPACE: 'a', EGRESS_PUBLIC_SPACE: 'a' })).toThrow(
    "EGRESS_RESTRICTED_SPACE and EGRESS_PUBLIC_SPACE are both 'a'",
  );
});

test('fails for a password of the registry that would show in the plan', () => {
  expect(() => readConfig({ EGRESS_REGISTRY_PASSWORD: 'x' })).toThrow('set TF_VAR_registry_password instead');
});
