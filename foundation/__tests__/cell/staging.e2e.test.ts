import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { aptArguments } from '../../src/cell/buildpacks';
import { portOf } from '../../testing/system';
import { stagingOf, type ZipEntry } from './support/package';
import { EVERYTHING, Playground } from './support/playground';

jest.setTimeout(400_000);

const APP: readonly ZipEntry[] = [
  {
    name: 'package.json',
    content: JSON.stringify({
      name: 'hello',
      version: '1.0.0',
      engines: { node: '>=20' },
      scripts: { start: 'node server.js', 'heroku-postbuild': 'echo built in $NODE_ENV with $GREETING' },
      dependencies: { ms: '2.1.3' },
    }),
  },
  {
    name: 'server.js',
    content: `require('http').createServer((_, response) => response.end(JSON.stringify({
      node: process.version, ms: require('ms')(1000), uid: process.getuid(), home: process.env.HOME,
      profile: process.env.FROM_PROFILE, cwd: process.cwd(), env: process.env.NODE_ENV }))).listen(process.env.PORT);`,
  },
  { name: '.profile.d/own.sh', content: 'export FROM_PROFILE="$HOME and more"' },
];

/** Enough for a build on a busy machine. */
const STAGING_TIMEOUT = 120_000;
/** Enough to get as far as npm, which then gets no answer. */
const SILENT_TIMEOUT = 40_000;
const SILENT_PORT = 4873;

let ground: Playground;
/** The machine's certificate store, since npm must trust a proxy in front of the registry. */
const STORE = '/etc/ssl/certs/ca-certificates.crt';

beforeAll(async () => {
  ground = await Playground.open(0, {}, { stagingTimeout: STAGING_TIMEOUT });
  const own = await readFile(process.env['NODE_EXTRA_CA_CERTS'] ?? STORE, 'utf8');
  await writeFile(join(ground.settings.dataDir, 'ca', 'host-extra.crt'), own);
}, 180_000);

afterAll(() => ground.close());

test('a Node.js application is staged under the staging groups, and runs as on the platform', async () => {
  await ground.apply({ spaces: { space: { running: [], staging: [EVERYTHING] } } });
  const spec = await stagingOf(ground, APP, { env: { GREETING: 'hello' } });
  const staged = await ground.cell.stage(spec);

  expect(staged.processTypes).toEqual({ web: 'npm start' });
  expect(staged.detectedBuildpack).toBe('nodejs');
  expect(
    createHash('sha256')
      .update(await readFile(spec.dropletPath))
      .digest('hex'),
  ).toBe(staged.checksum);
  const log = ground.cell.logs(spec.appGuid).map(({ source, message }) => `${source} ${message}`);
  expect(log).toContain('STG built in production with hello');
  expect(await ground.containers('space-egress.role=staging')).toEqual([]);
  expect(await ground.containers('space-egress.role=holder')).toEqual([]);

  const { address, spec: instance } = await ground.run({
    droplet: { kind: 'buildpack', dropletGuid: spec.buildGuid },
    command: 'npm start',
    env: { PORT: '8080' },
    memory: 256,
  });
  expect(await (await fetch(`http://${address}:8080/`)).json()).toEqual({
    node: expect.stringMatching(/^v24\./) as string,
    ms: '1s',
    uid: 2000,
    home: '/home/vcap/app',
    profile: '/home/vcap/app and more',
    cwd: '/home/vcap/app',
    env: 'production',
  });
  expect(await ground.inside(instance.instanceGuid, 'grep', '-c', 'a certificate', STORE)).toBe('1\n');
  // Without its environment, as a session of cf ssh begins, there is no node.
  const typed = 'echo "node -v; pwd" | HOME=/home/vcap /tmp/lifecycle/shell';
  expect(await ground.inside(instance.instanceGuid, 'bash', '-c', typed)).toMatch(/^v24\.\S+\n\/home\/vcap\/app\n$/);
  await ground.cell.stop(instance.instanceGuid);
  // It ended by itself, and was not killed.
  expect(ground.cell.logs('app').at(-1)?.message).toMatch(/^Exit status \d+$/);
});

test("a Procfile sets the application's start command", async () => {
  const spec = await stagingOf(ground, [
    ...APP,
    { name: 'Procfile', content: 'web: node server.js\nworker: node worker.js\n' },
  ]);
  await ground.apply({ spaces: { space: { running: [], staging: [EVERYTHING] } } });
  const staged = await ground.cell.stage(spec);
  expect(staged.processTypes).toEqual({ web: 'node server.js', worker: 'node worker.js' });
});

test("staging without network access fails, with npm's output in the log", async () => {
  await ground.apply({ spaces: { space: { running: [EVERYTHING], staging: [] } } });
  const spec = await stagingOf(ground, APP, { env: { npm_config_fetch_retries: '0' } });
  await expect(ground.cell.stage(spec)).rejects.toThrow(
    'BuildpackCompileFailed - App staging failed in the buildpack compile phase: exit status 1',
  );
  expect(ground.cell.logs(spec.appGuid).some(({ message }) => message.includes('ECONNREFUSED'))).toBe(true);
  await expect(stat(spec.dropletPath)).rejects.toThrow('ENOENT');
  expect(await ground.containers('space-egress.role=staging')).toEqual([]);
});

test.each([
  [
    'no package.json',
    [{ name: 'index.html', content: '' }],
    'NoAppDetectedError - An app was not successfully detected by any available buildpack',
  ],
  [
    'a package.json that is none',
    [{ name: 'package.json', content: '{' }],
    "BuildpackCompileFailed - package.json can't be read",
  ],
  [
    'a Node.js that never was',
    [{ name: 'package.json', content: '{"engines":{"node":"999.x"}}' }],
    'BuildpackCompileFailed - no match found for 999.x',
  ],
  [
    'a file outside of the application',
    [{ name: '../evil', content: '' }],
    "StagingError - the package can't be unpacked: invalid relative path: ../evil",
  ],
  [
    'a file at an absolute path',
    [{ name: '/etc/evil', content: '' }],
    "StagingError - the package can't be unpacked: absolute path: /etc/evil",
  ],
] as const)('a package with %s fails before anything is started', async (_what, entries, message) => {
  const spec = await stagingOf(ground, entries);
  await expect(ground.cell.stage(spec)).rejects.toThrow(message);
  expect(ground.cell.logs(spec.appGuid).at(-1)?.message).toContain(message);
});

test('the apt buildpack unpacks packages below deps, where the launcher finds their programs', async () => {
  await ground.apply({ spaces: { space: { running: [], staging: [EVERYTHING] } } });
  const spec = await stagingOf(
    ground,
    [
      { name: 'apt.yml', content: 'packages: [jq]' },
      { name: 'Procfile', content: 'web: exec ./run' },
      { name: 'run', content: '#!/bin/sh\n' },
    ],
    { buildpacks: ['https://github.com/cloudfoundry/apt-buildpack#v0.3.6', 'binary_buildpack'] },
  );
  const staged = await ground.cell.stage(spec);
  expect(staged).toMatchObject({ processTypes: { web: 'exec ./run' }, detectedBuildpack: 'binary' });
  const { stdout: names } = await promisify(execFile)('tar', ['-tzf', spec.dropletPath]);
  const unpacked = names.split('\n');
  const wanted = ['deps/0/apt/usr/bin/jq', 'deps/0/bin/jq', 'profile.d/000_multi-supply.sh'];
  expect(wanted.filter((path) => !unpacked.includes(`vcap/${path}`))).toEqual([]);
});

/** Runs only the apt step of staging with these sources; returns its output and status. */
async function stageApt(source: string, network: string): Promise<{ said: string; ok: boolean }> {
  const options = ['run', '--rm', '--network', network, '--entrypoint', '/lifecycle/stage-apt'];
  const docker = [...options, ground.settings.stackImage, ...aptArguments([source]), 'jq'];
  const run = promisify(execFile)('docker', docker).then(
    ({ stdout, stderr }) => ({ stdout, stderr, ok: true }),
    (error: unknown) => ({ ...(error as { stdout: string; stderr: string }), ok: false }),
  );
  const { stdout, stderr, ok } = await run;
  return { said: stdout + stderr, ok };
}

test('the apt buildpack uses only the configured mirrors', async () => {
  const { said } = await stageApt('deb [trusted=yes] http://mirror.invalid/debian bookworm main', 'none');
  expect(said).toContain('http://mirror.invalid/debian');
  expect(said).not.toContain('debian.org');
});

test.each(['is down', 'accepts and says nothing'])(
  'a mirror that %s is named in the failure, which is not mistaken for a missing package',
  async (state) => {
    const mirror = createServer((client) => {
      client.on('error', () => undefined).unref();
    });
    const port = await portOf(mirror);
    if (state === 'is down') mirror.close();
    try {
      const { said, ok } = await stageApt(`deb [trusted=yes] http://127.0.0.1:${port}/debian bookworm main`, 'host');
      expect(ok).toBe(false);
      expect(said).toContain(`http://127.0.0.1:${port}/debian`);
      expect(said).not.toContain('Unable to locate package');
    } finally {
      mirror.close();
    }
  },
);

test('staging that waits for a silent registry ends at its timeout, and the next one works', async () => {
  await ground.apply({ spaces: { space: { running: [], staging: [EVERYTHING] } } });
  // The site answers on this port in no known protocol, and only after a request.
  const registry = `http://${ground.site}:${SILENT_PORT}/`;
  await ground.startSilence(SILENT_PORT);
  const spec = await stagingOf(ground, APP, { env: { npm_config_registry: registry } });
  const settings: { stagingTimeout?: number } = ground.settings;
  settings.stagingTimeout = SILENT_TIMEOUT;
  await expect(ground.cell.stage(spec)).rejects.toThrow(
    `StagingTimeExpired - Staging time expired after ${SILENT_TIMEOUT / 1000} s`,
  );
  settings.stagingTimeout = STAGING_TIMEOUT;
  const log = ground.cell.logs(spec.appGuid).map(({ message }) => message);
  expect(log.find((message) => message.startsWith('If a download failed: npm downloads from http'))).toMatch(
    /allow that in the space's staging security groups, or set another with "npm config set registry URL"/,
  );
  expect(await ground.containers('space-egress.role=staging')).toEqual([]);
  expect(await ground.containers('space-egress.role=holder')).toEqual([]);
  expect(await ground.cell.stage(await stagingOf(ground, APP))).toMatchObject({ detectedBuildpack: 'nodejs' });
});
