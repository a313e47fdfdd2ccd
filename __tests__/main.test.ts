import { Image as DockerImage } from '@cdktf/provider-docker/lib/image';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App as CfApp } from '@cdktf/provider-cloudfoundry/lib/app';
import { DataCloudfoundrySpace } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-space';
import { ServiceInstance } from '@cdktf/provider-cloudfoundry/lib/service-instance';
import { Space } from '@cdktf/provider-cloudfoundry/lib/space';
import { readConfig } from '../config';
import { EgressDemo } from '../main';
import { synth, type SynthesizedStack } from './support/synth';

const LOCAL = { CF_USER: 'deployer', EGRESS_ROUTER_URL: 'http://127.0.0.1:8701' };

function demo(env: Record<string, string> = LOCAL): SynthesizedStack {
  return synth((app) => new EgressDemo(app, 'egress-demo', readConfig(env)))['egress-demo'] as SynthesizedStack;
}

/** Without the parts that depend on the demo's files, the checkout, and the version of cdktf. */
function stable(text: string): string {
  return text
    .replaceAll(process.cwd(), '.')
    .replace(/[0-9a-f]{64}/g, 'SHA256')
    .replace(/(egress-proxy:)[0-9a-f]{12}/g, '$1SHA256')
    .replace(/[A-Za-z0-9+/]{43}=/g, 'SHA256')
    .replace(/("version": ")[0-9.]+("\n {4}\},\n {4}"outputs")/, '$1CDKTF$2');
}

test('the stack is the one that was reviewed', () => {
  // To accept a change, write stable(demo().text) to the file, format it, and review the difference.
  const golden = readFileSync(join(__dirname, 'support', 'golden', 'cdk.tf.json'), 'utf8');
  expect(JSON.parse(stable(demo().text))).toEqual(JSON.parse(golden));
});

test('its construct tree is API: a renamed construct replaces its resource, and a replaced client loses its policies', () => {
  const paths: string[] = [];
  synth((app) => {
    const stack = new EgressDemo(app, 'egress-demo', readConfig(LOCAL));
    paths.push(...stack.node.findAll().map(({ node }) => node.path));
  });
  expect(paths).toEqual([
    'egress-demo',
    'egress-demo/cloudfoundry',
    'egress-demo/docker',
    'egress-demo/Public',
    'egress-demo/Public/Resource',
    'egress-demo/Public/Manager-deployer',
    'egress-demo/Public/Developer-deployer',
    'egress-demo/Public/Egress-public_networks_egress',
    'egress-demo/Lookup',
    'egress-demo/Lookup/Organization-egress-demo',
    'egress-demo/Lookup/SecurityGroup-public_networks_egress',
    'egress-demo/Lookup/Domain-apps.internal',
    'egress-demo/Lookup/SecurityGroup-trusted_local_networks_egress',
    'egress-demo/Lookup/Domain-apps.localhost',
    'egress-demo/ProxyImage',
    'egress-demo/ProxyImage/Context',
    'egress-demo/ProxyImage/Image',
    'egress-demo/ProxyImage/Resource',
    'egress-demo/EgressProxy',
    'egress-demo/EgressProxy/Resource',
    'egress-demo/EgressProxy/Route',
    'egress-demo/EgressProxy/Route/Resource',
    'egress-demo/s3_access_key_id',
    'egress-demo/s3_secret_access_key',
    'egress-demo/Restricted',
    'egress-demo/Restricted/Resource',
    'egress-demo/Restricted/Manager-deployer',
    'egress-demo/Restricted/Developer-deployer',
    'egress-demo/Restricted/Egress-trusted_local_networks_egress',
    'egress-demo/S3',
    'egress-demo/S3/Resource',
    'egress-demo/Demo',
    'egress-demo/Demo/Bits',
    'egress-demo/Demo/Default',
    'egress-demo/Demo/To-EgressProxy-3128',
    'egress-demo/Demo/To-EgressProxy-3128/Resource',
    'egress-demo/Route',
    'egress-demo/Route/Resource',
    'egress-demo/app_url',
    'egress-demo/proxy_address',
    'egress-demo/allowlist',
  ]);
});

test('the outputs name the application, the proxy and the allowlist', () => {
  expect(demo().outputs).toEqual({
    app_url: 'http://egress-demo.apps.localhost:8701',
    proxy_address: 'http://egress-proxy.apps.internal:3128',
    allowlist: ['egress-demo.s3.us-gov-west-1.amazonaws.com:443', 'www.example.com:80,443', '.example.org:80,443'],
  });
});

test('the allowlist names one bucket, never a host that serves them all', () => {
  const hosts = (demo().outputs.allowlist as string[]).filter((line) => line.includes('amazonaws'));
  expect(hosts).toEqual(['egress-demo.s3.us-gov-west-1.amazonaws.com:443']);
});

test('no password of the platform or the stack is in the output, whatever is in the environment', () => {
  const secrets = {
    CF_PASSWORD: 'canary-1',
    TF_VAR_s3_secret_access_key: 'canary-2',
    TF_VAR_registry_password: 'canary-3',
  };
  const before = { ...process.env };
  Object.assign(process.env, secrets);
  try {
    expect(
      demo({ ...LOCAL, ...secrets, EGRESS_REGISTRY: 'ghcr.io/team', EGRESS_REGISTRY_USER: 'bot' }).text,
    ).not.toContain('canary');
  } finally {
    process.env = before;
  }
});

test('a registry with an account gets its password from a sensitive variable, for the push and for the pull', () => {
  const { text } = demo({ ...LOCAL, EGRESS_REGISTRY: 'ghcr.io/team', EGRESS_REGISTRY_USER: 'bot' });
  expect(text.match(/"password": "\$\{var\.registry_password\}"/g)).toHaveLength(2);
  const { variable } = JSON.parse(text) as { variable: Record<string, { sensitive: boolean }> };
  expect(variable.registry_password?.sensitive).toBe(true);
});

test('a separately rebuilt image replaces the one that the stack builds', () => {
  const out = demo({ ...LOCAL, EGRESS_PROXY_IMAGE: 'ghcr.io/team/egress-proxy:current' });
  expect(out.text).toContain('ghcr.io/team/egress-proxy@${data.docker_registry_image.ProxyImage.sha256_digest}');
  expect(out.resources(DockerImage)).toEqual([]);
  expect(demo().resources(DockerImage)).toHaveLength(1);
});

const probes = (out: SynthesizedStack) => {
  const [app] = out.resources(CfApp).filter((block) => 'path' in block);
  const { EGRESS_PROBES } = app?.environment as { EGRESS_PROBES: string };
  const all = JSON.parse(EGRESS_PROBES) as { name: string; way: string; expect: string }[];
  return all
    .filter(({ name }) => name.includes('bucket') || name.includes('without'))
    .map(({ name, way, expect: seen }) => [name, way, seen]);
};

test("a user's own bucket is reached only through the proxy", () => {
  expect(probes(demo())).toEqual([
    ['bucket', 'proxy', 'reached'],
    ['allowed site, without the proxy', 'direct', 'refused'],
    ['bucket, without the proxy', 'direct', 'refused'],
  ]);
});

test('a brokered bucket is reached only without the proxy', () => {
  expect(probes(demo({ ...LOCAL, EGRESS_S3: 'managed:s3/basic-sandbox' }))).toEqual([
    ['bucket', 'proxy', 'refused by proxy'],
    ['allowed site, without the proxy', 'direct', 'refused'],
    ['bucket, without the proxy', 'direct', 'reached'],
  ]);
});

test('an existing service is in an existing space, and nothing is expected of its bucket', () => {
  const out = demo({ ...LOCAL, EGRESS_S3: 'existing:our-bucket' });
  expect(out.resources(ServiceInstance)).toEqual([]);
  expect(out.data(DataCloudfoundrySpace)).toEqual([expect.objectContaining({ name: 'restricted' })]);
  expect(out.resources(Space)).toEqual([expect.objectContaining({ name: 'public-egress' })]);
  expect(probes(out)).toEqual([['allowed site, without the proxy', 'direct', 'refused']]);
});

test('the state in S3 is encrypted and locked', () => {
  const { terraform } = JSON.parse(demo({ ...LOCAL, EGRESS_STATE: 's3://states/egress' }).text) as {
    terraform: object;
  };
  expect(terraform).toMatchObject({
    backend: { s3: { bucket: 'states', key: 'egress', region: 'us-gov-west-1', encrypt: true, use_lockfile: true } },
  });
});
