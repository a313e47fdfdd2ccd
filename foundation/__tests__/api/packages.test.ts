import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { StagingError } from '../../src/cell/cell';
import { Client, eventually, foundationForAll, toOne } from '../../testing/harness';

let problem: string | undefined;
let processTypes: Readonly<Record<string, string>> | undefined;

const foundation = foundationForAll({
  space: 'space',
  cell: {
    staging: () => {
      if (problem !== undefined) throw new StagingError(problem);
      return processTypes === undefined ? {} : { processTypes };
    },
  },
});

const newPackage = async (client: Client, name: string): Promise<{ app: string; pack: string }> => {
  await client.job(
    await client.applyManifest(
      foundation.space,
      `applications:\n- name: ${name}\n  buildpacks: [nodejs_buildpack]\n  env: {A: 1}\n`,
    ),
  );
  const app = await client.find(`/v3/apps?names=${name}`);
  return { app, pack: await client.create('/v3/packages', { type: 'bits', relationships: { app: toOne(app) } }) };
};

const upload = (client: Client, pack: string, bits: Buffer, field = 'bits') => {
  const form = new FormData();
  form.append(field, new Blob([bits]), 'package.zip');
  return client.send('POST', `/v3/packages/${pack}/upload`, form);
};

const finished = (build: string) =>
  eventually(async () => {
    const { body } = await foundation.deployer.get(`/v3/builds/${build}`);
    return body['state'] === 'STAGING' ? undefined : body;
  });

test('an upload is stored unchanged, and staged with the environment of the app', async () => {
  const { deployer, cell, service } = foundation;
  const { app, pack } = await newPackage(deployer, 'whole');
  const bits = randomBytes(3_000_000);
  const { body } = await upload(deployer, pack, bits);
  const checksum = { type: 'sha256', value: createHash('sha256').update(bits).digest('hex') };
  expect(body).toMatchObject({ state: 'READY', data: { error: null, checksum } });
  expect(readFileSync(service.cloud.blobs.path('packages', pack)).equals(bits)).toBe(true);
  const build = await finished(await deployer.create('/v3/builds', { package: { guid: pack } }));
  expect(build).toMatchObject({ state: 'STAGED', error: null });
  expect(cell.staged).toMatchObject([
    { appGuid: app, env: { A: '1' }, buildpacks: ['nodejs_buildpack'], memory: 1024 },
  ]);
});

test.each([
  ['that is none', 'x', 'multipart/form-data; boundary=x'],
  ['without a boundary', '--x', 'multipart/form-data'],
  [
    'that is torn',
    '--x\r\nContent-Disposition: form-data; name="bits"; filename="a"\r\n\r\nx',
    'multipart/form-data; boundary=x',
  ],
])("a form %s is the client's fault: it was answered with 500", async (what, form, type) => {
  const { deployer, failures } = foundation;
  const { pack } = await newPackage(deployer, `form-${what.replaceAll(' ', '-')}`);
  const { status, body } = await deployer.send('POST', `/v3/packages/${pack}/upload`, form, type);
  expect([status, body['errors']]).toMatchObject([400, [{ title: 'CF-MessageParseError' }]]);
  expect(failures).toEqual([]);
  expect((await upload(deployer, pack, Buffer.from('x'))).status).toBe(200);
});

test('a second upload is refused, and so is one without bits', async () => {
  const { deployer } = foundation;
  const { pack } = await newPackage(deployer, 'once');
  expect((await upload(deployer, pack, Buffer.from('x'), 'other')).text).toContain('Upload must include bits');
  expect((await upload(deployer, pack, Buffer.from('x'))).status).toBe(200);
  expect((await upload(deployer, pack, Buffer.from('x'))).text).toContain('Bits have already been uploaded');
});

test("a package without an upload can't be staged", async () => {
  const { pack } = await newPackage(foundation.deployer, 'empty');
  const { status, text } = await foundation.deployer.post('/v3/builds', { package: { guid: pack } });
  expect(status).toBe(422);
  expect(text).toContain('Cannot stage package whose state is not ready.');
});

test("a staging failure has the buildpack's message", async () => {
  const { deployer } = foundation;
  const { pack } = await newPackage(deployer, 'broken');
  await upload(deployer, pack, Buffer.from('x'));
  problem = 'NoAppDetectedError - An app was not successfully detected by any available buildpack';
  const build = await finished(await deployer.create('/v3/builds', { package: { guid: pack } }));
  expect(build).toMatchObject({ state: 'FAILED', error: problem });
  problem = undefined;
});

test("an application without a start command can't be staged", async () => {
  const { deployer } = foundation;
  const { app, pack } = await newPackage(deployer, 'commandless');
  await upload(deployer, pack, Buffer.from('x'));
  processTypes = {};
  const build = async () => finished(await deployer.create('/v3/builds', { package: { guid: pack } }));
  expect(await build()).toMatchObject({
    state: 'FAILED',
    error: 'StagingError - No process types returned from stager',
  });
  await deployer.patch(`/v3/apps/${app}/processes/web`, { command: './run' });
  expect(await build()).toMatchObject({ state: 'STAGED' });
  processTypes = undefined;
});

test('deleting an application deletes its files', async () => {
  const { deployer, service } = foundation;
  const { app, pack } = await newPackage(deployer, 'gone');
  await upload(deployer, pack, Buffer.from('x'));
  await deployer.job(await deployer.delete(`/v3/apps/${app}`));
  expect(() => readFileSync(service.cloud.blobs.path('packages', pack))).toThrow('ENOENT');
});

test('a droplet is copied to another application with its file, and outlives the first', async () => {
  const { deployer, service } = foundation;
  const [first, second] = [await newPackage(deployer, 'source'), await newPackage(deployer, 'target')];
  await upload(deployer, first.pack, Buffer.from('x'));
  await finished(await deployer.create('/v3/builds', { package: { guid: first.pack } }));
  const source = await deployer.find(`/v3/packages/${first.pack}/droplets?states=STAGED`);
  const file = readFileSync(service.cloud.blobs.path('droplets', source));

  const relationships = { app: toOne(second.app) };
  const { status, body } = await deployer.post(`/v3/droplets?source_guid=${source}`, { relationships });
  expect({ status, body }).toMatchObject({ status: 201, body: { state: 'STAGED', relationships } });
  const copy = String(body['guid']);
  await deployer.job(await deployer.delete(`/v3/apps/${first.app}`));
  expect(readFileSync(service.cloud.blobs.path('droplets', copy)).equals(file)).toBe(true);
  await deployer.patch(`/v3/apps/${second.app}/relationships/current_droplet`, toOne(copy));
  expect((await deployer.post(`/v3/apps/${second.app}/actions/start`)).status).toBe(200);
});

test("a droplet that does not exist can't be copied, and there is no other way to create one", async () => {
  const { deployer } = foundation;
  const relationships = { app: toOne((await newPackage(deployer, 'none')).app) };
  expect((await deployer.post('/v3/droplets?source_guid=x', { relationships })).text).toContain('Droplet not found');
  expect((await deployer.post('/v3/droplets', { relationships })).text).toContain('source_guid');
});

test.each([
  [['nodejs_buildpack'], 201],
  [['https://github.com/cloudfoundry/apt-buildpack#v0.3.6', 'binary_buildpack'], 201],
  [['git@github.com:somebody/buildpack.git'], 201],
  [
    ['apt_buildpack', 'binary_buildpack'],
    'Buildpack \\"apt_buildpack\\" must be an existing admin buildpack or a valid git URI',
  ],
  [['no such'], 'Buildpack \\"no such\\" must be an existing admin buildpack or a valid git URI'],
] as const)('an application with the buildpacks %j is made or refused: %s', async (buildpacks, expected) => {
  const name = `buildpacks-${buildpacks.join()}`;
  const { status, text } = await foundation.deployer.post('/v3/apps', {
    name,
    relationships: { space: toOne(foundation.space) },
    lifecycle: { type: 'buildpack', data: { buildpacks } },
  });
  expect(status === 201 ? status : text).toEqual(status === 201 ? expected : expect.stringContaining(String(expected)));
});
