/** A release like the workflow's, with a separate registry instead of npm's. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../tools/command';
import { COMMAND, COMMON, EDITIONS } from '../../tools/packages';
import { packRelease, publishRelease } from '../../tools/release';
import { ensureNpmProgram, Registry } from './registry';
import { temporaryFolder } from '../support/temporary-folder';

jest.setTimeout(300_000);

const { version } = COMMON;
const NAMES = [...EDITIONS.map(({ name }) => name), COMMAND];
const dist = temporaryFolder();
const at = temporaryFolder();
let registry: Registry;

beforeAll(async () => {
  registry = await Registry.start(at);
  await packRelease(dist);
});
afterAll(() => registry.stop());

test('the release has the tarballs, their bills of materials, checksums of both, and the changes', async () => {
  const files = NAMES.flatMap((name) => [`${name}-${version}.tgz`, `${name}-${version}.spdx.json`]);
  expect(
    readdirSync(dist)
      .filter((file) => /\.|SUMS/.test(file))
      .sort(),
  ).toEqual([...files, 'NOTES.md', 'SHA256SUMS'].sort());
  expect((await run('sha256sum', ['--check', 'SHA256SUMS'], { cwd: dist })).trim().split('\n').length).toBe(6);
  expect(readFileSync(join(dist, 'NOTES.md'), 'utf8')).toContain('cdktn-space-egress');
});

test('a bill of materials names each package whose code is in the tarball, with its license', () => {
  const partsOf = (name: string) => {
    const { packages } = JSON.parse(readFileSync(join(dist, `${name}-${version}.spdx.json`), 'utf8')) as {
      packages: { name: string; licenseDeclared: string }[];
    };
    return packages;
  };
  expect(partsOf('cdktf-space-egress').map(({ name }) => name)).toEqual(
    expect.arrayContaining(['cdktf-space-egress', '@cdktf/provider-docker', 'fflate', 'ignore', 'tldts', 'commander']),
  );
  expect(partsOf(COMMAND).map(({ name }) => name)).toEqual(expect.arrayContaining([COMMAND, 'commander', 'tldts']));
  expect(partsOf(COMMAND).filter(({ licenseDeclared }) => !licenseDeclared)).toEqual([]);
});

test.each(NAMES)('%s has no problem that publint finds', async (name) => {
  const program = await ensureNpmProgram({ name: 'publint', version: '0.3.25', mebibytes: 10 });
  const printed = await run(join(program, 'node_modules/.bin/publint'), [
    join(dist, `${name}-${version}.tgz`),
    '--strict',
  ]);
  expect(printed).toContain('All good!');
});

test.each(EDITIONS)('$name has types that are right for every way to resolve them', async ({ name }) => {
  const program = await ensureNpmProgram({ name: '@arethetypeswrong/cli', version: '0.18.5', mebibytes: 60 });
  const printed = await run(join(program, 'node_modules/.bin/attw'), [join(dist, `${name}-${version}.tgz`)]);
  expect(printed).toContain('No problems found');
});

test('it is published only once: a second attempt is refused completely', async () => {
  await publishRelease(dist, registry.env);
  for (const name of NAMES) {
    const printed = await run('npm', ['view', `${name}@${version}`, 'version', 'dist.shasum', '--json'], {
      env: registry.env,
    });
    expect(JSON.parse(printed)).toMatchObject({ version });
  }
  await expect(publishRelease(dist, registry.env)).rejects.toThrow(
    `nothing was published: the registry has ${NAMES.map((name) => `${name}@${version}`).join(' and ')}`,
  );
  const tarball = join(dist, `${COMMAND}-${version}.tgz`);
  await expect(run('npm', ['publish', tarball], { env: registry.env })).rejects.toThrow(
    /cannot publish over|already present|previously published/,
  );
});

test('the package in the registry is the one that was packed', async () => {
  const folder = mkdtempSync(join(at, 'project-'));
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', COMMAND], {
    cwd: folder,
    env: registry.env,
  });
  const printed = await run(join(folder, 'node_modules/.bin', COMMAND), ['--version']);
  expect(printed.trim()).toBe(version);
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>;
  };
  const digest = createHash('sha512')
    .update(readFileSync(join(dist, `${COMMAND}-${version}.tgz`)))
    .digest('base64');
  expect(lock.packages[`node_modules/${COMMAND}`]?.integrity).toBe(`sha512-${digest}`);
});
