/** What a manifest changes, and what it doesn't. */
import { parse } from 'yaml';
import { foundationForEach, makeService, refusal, type Json } from '../../testing/harness';

const foundation = foundationForEach({ space: 'space' });

const apply = async (manifest: string): Promise<Json> =>
  foundation.deployer.job(await foundation.deployer.applyManifest(foundation.space, manifest));

const application = (lines: string): string => `applications:\n- name: web\n${lines.replace(/^(?=.)/gm, '  ')}`;

const shown = async (): Promise<Json> => {
  const app = await foundation.deployer.find('/v3/apps?names=web');
  const { text } = await foundation.deployer.get(`/v3/apps/${app}/manifest`);
  return (parse(text) as { applications: Json[] }).applications[0] ?? {};
};

const service = (name: string): Promise<string> =>
  makeService(foundation.deployer, foundation.space, name, { credentials: { secret: name } });

test('it adds but removes nothing, and is generated as it was applied', async () => {
  await service('one');
  await service('two');
  await apply(
    application(
      'buildpacks: [nodejs_buildpack]\nenv: {A: 1, B: two}\nservices: [one]\nroutes: [{route: web.apps.localhost}]\nmemory: 0.5gb\n',
    ),
  );
  await apply(application('env: {B: changed}\nservices: [{name: two}]\nroutes: [{route: web.apps.internal}]\n'));
  expect(await shown()).toEqual({
    name: 'web',
    env: { A: '1', B: 'changed' },
    lifecycle: 'buildpack',
    buildpacks: ['nodejs_buildpack'],
    stack: 'cflinuxfs4',
    features: { ssh: true, revisions: true, 'service-binding-k8s': false, 'file-based-vcap-services': false },
    services: ['one', 'two'],
    routes: [
      { route: 'web.apps.internal', protocol: 'http1', options: {} },
      { route: 'web.apps.localhost', protocol: 'http1', options: {} },
    ],
    processes: [
      {
        type: 'web',
        instances: 1,
        memory: '512M',
        disk_quota: '1024M',
        'log-rate-limit-per-second': -1,
        'health-check-type': 'port',
        'readiness-health-check-type': 'process',
      },
    ],
  });
});

test('it adopts an application of that name', async () => {
  await apply(application('docker: {image: x}\n'));
  const before = await foundation.deployer.find('/v3/apps?names=web');
  await apply(application('docker: {image: y}\n'));
  expect(await foundation.deployer.find('/v3/apps?names=web')).toBe(before);
});

test('no-route unmaps every route, each time', async () => {
  await apply(application('docker: {image: x}\nroutes: [{route: web.apps.localhost}]\n'));
  await apply(application('no-route: true\n'));
  expect((await shown())['routes']).toBeUndefined();
  expect(foundation.cell.network?.routes.map(({ destinations }) => destinations)).toEqual([[]]);
});

test('the settings of web in processes override those of the application', async () => {
  await apply(
    application('docker: {image: x}\ninstances: 1\nmemory: 1G\nprocesses:\n- {type: web, instances: 3, memory: 64M}\n'),
  );
  expect((await shown())['processes']).toMatchObject([{ type: 'web', instances: 3, memory: '64M' }]);
});

test.each([
  ['16K', '16K'],
  ['1024', '1K'],
  ['1048577', '1048577B'],
  ['1024k', '1M'],
  ['0', '0'],
  ['-1', -1],
])('a log rate of %s is shown as %s', async (written, shownAs) => {
  await apply(application(`docker: {image: x}\nlog-rate-limit-per-second: ${written}\n`));
  expect((await shown())['processes']).toMatchObject([{ 'log-rate-limit-per-second': shownAs }]);
});

test.each([
  ['docker: {image: x}\nbuildpacks: [b]\n', 'Cannot specify both buildpack(s) and docker keys'],
  [
    'memory: 12 parsecs\n',
    `For application 'web': Process "web": Memory must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB`,
  ],
  ['memory: -1MB\n', `For application 'web': Process "web": Memory must be greater than 0MB`],
  ['timeout: 0\n', `For application 'web': Process "web": Timeout must be greater than or equal to 1`],
  [
    'processes: [{type: worker, instances: -1}]\n',
    `For application 'web': Process "worker": Instances must be greater than or equal to 0`,
  ],
  ['env: {PORT: 1}\n', "For application 'web': Env cannot set PORT"],
  ['env: [a]\n', "For application 'web': Env must be an object of keys and values"],
  ['stack: nope\n', "For application 'web': Stack must be an existing stack"],
  ['routes: [web.apps.localhost]\n', "For application 'web': Routes must be a list of route objects"],
  ['processes: [{type: a}, {type: a}]\n', `For application 'web': Process "a" may only be present once`],
  ['processes: [{instances: 1}]\n', "For application 'web': All Processes must specify a type"],
  [
    'random-route: true\ndefault-route: true\n',
    "For application 'web': Random-route and default-route may not be used together",
  ],
  [
    'buildpack: nodejs_buildpack\nbuildpacks: [nodejs_buildpack]\n',
    "For application 'web': Buildpack and Buildpacks fields cannot be used together.",
  ],
  [
    'log-rate-limit-per-second: fast\n',
    `For application 'web': Process "web": Log rate limit per second must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB`,
  ],
])('%j is refused before anything changes', async (lines, detail) => {
  const reply = await foundation.deployer.applyManifest(foundation.space, application(lines));
  expect(refusal(reply)).toEqual([422, detail]);
  expect((await foundation.deployer.get('/v3/apps')).body['resources']).toEqual([]);
});

test('each fault of each application is an error of its own', async () => {
  const manifest =
    'applications:\n- {name: one, memory: 1X, env: [a]}\n- {name: two, processes: [{type: a, timeout: 0}]}\n';
  const { body } = await foundation.deployer.applyManifest(foundation.space, manifest);
  expect((body['errors'] as Json[]).map(({ detail }) => detail)).toEqual([
    `For application 'one': Process "web": Memory must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB`,
    "For application 'one': Env must be an object of keys and values",
    `For application 'two': Process "a": Timeout must be greater than or equal to 1`,
  ]);
});

test.each([
  ['routes: [{route: web.example.com}]\n', "For application 'web': No domains exist for route web.example.com"],
  ['services: [missing]\n', "For application 'web': Service instance 'missing' not found"],
])('%j fails the job and changes nothing but the application itself', async (lines, detail) => {
  const job = await apply(application(`docker: {image: x}\nenv: {A: 1}\n${lines}`));
  expect(job['state']).toBe('FAILED');
  expect((job['errors'] as Json[])[0]?.['detail']).toBe(detail);
  expect((await shown())['env']).toBeUndefined();
});

test("the lifecycle of an application can't change", async () => {
  await apply(application('docker: {image: x}\n'));
  const { status, text } = await foundation.deployer.applyManifest(foundation.space, application('buildpacks: [b]\n'));
  expect(status).toBe(422);
  expect(text).toContain('Buildpacks cannot be configured for a docker lifecycle app.');
});

test('a manifest that is not sent as YAML is refused', async () => {
  const path = `/v3/spaces/${foundation.space}/actions/apply_manifest`;
  expect((await foundation.deployer.post(path, application(''))).status).toBe(400);
});
