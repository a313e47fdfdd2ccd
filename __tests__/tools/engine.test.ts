import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lookFor } from '../../tools/acquire';
import { Cache } from '../../tools/cache';
import {
  engineChoice,
  type EngineChoice,
  fetchRelease,
  isRecent,
  parseVersion,
  RELEASES,
  waysToEngine,
} from '../../tools/engine';
import { host } from '../../tools/platform';
import { temporaryFolder } from '../support/temporary-folder';

let folder: string;
const PATH = process.env.PATH;

beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  process.env.PATH = join(folder, 'bin');
});
afterEach(() => {
  process.env.PATH = PATH;
});

/** A program that pretends to be an engine. */
function install(name: string, says: string): string {
  const path = join(folder, 'bin', name);
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(path, 0o755);
  return path;
}

const look = (choice: EngineChoice = {}) => lookFor(waysToEngine(choice, new Cache(join(folder, 'cache'))));
const plansOf = async (choice: EngineChoice = {}): Promise<string[]> =>
  (await look(choice)).plans.map((plan) => plan.replace(/ \d+\.\S+/, '').replace(/ from .*/, ''));

test('terraform on PATH is used, also if tofu is there', async () => {
  install('tofu', 'OpenTofu v1.9.0');
  const path = install('terraform', 'Terraform v1.11.4');
  expect((await look()).found).toEqual({ name: 'terraform', version: '1.11.4', path });
});

test('tofu on PATH is used if there is no terraform', async () => {
  const path = install('tofu', 'OpenTofu v1.9.0');
  expect((await look()).found).toEqual({ name: 'tofu', version: '1.9.0', path });
});

test('EGRESS_ENGINE picks one of two', async () => {
  install('terraform', 'Terraform v1.11.4');
  install('tofu', 'OpenTofu v1.9.0');
  expect((await look(engineChoice({ EGRESS_ENGINE: 'tofu' }))).found?.name).toBe('tofu');
});

test('a terraform that is too old for the constructs is ignored', async () => {
  install('terraform', 'Terraform v1.3.9');
  expect((await look()).found).toBeUndefined();
});

test('TERRAFORM_BINARY_NAME names a program, and its own answer says which engine it is', async () => {
  const path = install('my-engine', 'OpenTofu v1.9.0');
  const expected = { name: 'tofu', version: '1.9.0', path };
  expect((await look(engineChoice({ TERRAFORM_BINARY_NAME: 'my-engine' }))).found).toEqual(expected);
  expect((await look(engineChoice({ TERRAFORM_BINARY_NAME: path }))).found).toEqual(expected);
});

test("a missing program in TERRAFORM_BINARY_NAME isn't replaced by another", async () => {
  install('terraform', 'Terraform v1.11.4');
  await expect(look(engineChoice({ TERRAFORM_BINARY_NAME: 'gone' }))).resolves.toEqual({ found: undefined, plans: [] });
});

test('if nothing is installed, tofu is downloaded or otherwise built; terraform can only be downloaded', async () => {
  await expect(plansOf()).resolves.toEqual(['download OpenTofu', 'build tofu']);
  await expect(plansOf({ name: 'terraform' })).resolves.toEqual(['download Terraform']);
});

test('an unknown engine is refused with its name and the known ones', () => {
  expect(() => engineChoice({ EGRESS_ENGINE: 'pulumi' })).toThrow(
    'unknown engine "pulumi": EGRESS_ENGINE names one of terraform, tofu',
  );
});

test('empty variables count as unset', () => {
  expect(engineChoice({ EGRESS_ENGINE: '', TERRAFORM_BINARY_NAME: '' })).toEqual({});
});

test.each([
  ['Terraform v1.11.4\non linux_amd64', { name: 'terraform', version: '1.11.4' }],
  ['OpenTofu v1.12.6\non linux_amd64', { name: 'tofu', version: '1.12.6' }],
  ['bash: terraform: command not found', undefined],
])('%j is read as %j', (output, engine) => {
  expect(parseVersion(output)).toEqual(engine);
});

test.each([
  ['terraform', '1.4.7', false],
  ['terraform', '1.5.0-beta1', true],
  ['terraform', '2.0.0', true],
  ['tofu', '1.6.0', true],
] as const)('%s %s is recent enough: %j', (name, version, recent) => {
  expect(isRecent({ name, version })).toBe(recent);
});

test('an archive with another checksum than the one here is refused, whoever serves it', async () => {
  const server = createServer((_, response) => response.end('another program'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const release = {
    version: '1.2.3',
    folder: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    archives: { [`${host.os}_${host.arch}`]: 'a'.repeat(64) },
  };
  try {
    await expect(fetchRelease('tofu', folder, release)).rejects.toThrow(
      /^tofu_1\.2\.3_\w+\.zip has the checksum [0-9a-f]{64}, expected a{64}$/,
    );
    await expect(fetchRelease('tofu', folder, { ...release, archives: {} })).rejects.toThrow(
      /^there is no pinned checksum for tofu_1\.2\.3_/,
    );
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test.each(Object.entries(RELEASES))('the checksums of %s are here for the platforms in use', (_, { archives }) => {
  expect(Object.keys(archives)).toEqual(['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64']);
  for (const checksum of Object.values(archives)) expect(checksum).toMatch(/^[0-9a-f]{64}$/);
});
