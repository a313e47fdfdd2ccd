/** The package `space-egress`, installed from its tarball into an empty folder. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCommandPackage } from '../../tools/build-command';
import { temporaryFolder } from '../support/temporary-folder';

jest.setTimeout(300_000);

const app = (id: string, name: string) => ({ id, name, org_name: 'org', space_name: 'home', docker_image: 'x' });
const policy = { source_app: '1', destination_app: '2', protocol: 'tcp', port: '8080' };
const resource = (type: string, actions: readonly string[], before: object | null, after: object) => ({
  address: `${type}.${'name' in after ? String(after.name) : 'edge'}`,
  mode: 'managed',
  type,
  provider_name: 'registry.terraform.io/cloudfoundry/cloudfoundry',
  change: { actions, before, after },
});
const PLAN = {
  format_version: '1.2',
  planned_values: {},
  resource_changes: [
    ...[app('1', 'web'), app('2', 'api')].map((each) => resource('cloudfoundry_app', ['no-op'], each, each)),
    resource('cloudfoundry_network_policy', ['create'], null, { policies: [policy] }),
  ],
};

const packed = temporaryFolder();
const folder = temporaryFolder();

beforeAll(async () => {
  await buildCommandPackage(packed);
  const npm = (...args: readonly string[]) => execFileSync('npm', args, { cwd: folder, encoding: 'utf8' }).trim();
  const tarball = npm('pack', '--silent', '--ignore-scripts', packed);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  npm('install', '--ignore-scripts', '--no-audit', '--no-fund', '--offline', `./${tarball}`);
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(PLAN));
});

/** Starts it as a shell does, without this repository's packages. */
const spaceEgress = (...args: readonly string[]) => {
  const env = { PATH: process.env.PATH };
  const { status, stdout, stderr } = spawnSync('node_modules/.bin/space-egress', args, {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

test('it has no dependencies, not even cdktf or constructs', () => {
  expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['space-egress']);
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules/space-egress/package.json'), 'utf8')) as object;
  expect(manifest).toMatchObject({ name: 'space-egress', engines: { node: expect.any(String) as string } });
  expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual([]);
});

test('it reviews a plan', () => {
  const { status, stdout } = spaceEgress('review', 'plan.json');
  expect(stdout).toContain('opens 1, closes 0: web can now connect to api on tcp 8080');
  expect(status).toBe(2);
});

test('it explains a plan', () => {
  expect(spaceEgress('explain', 'web', 'api', 'plan.json')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^web -> api: yes\n/) as string,
  });
});

test('it lists its commands', () => {
  const { status, stdout } = spaceEgress('--help');
  expect([status, stdout]).toEqual([0, expect.stringMatching(/\breview\b[^]*\bexplain\b[^]*\baudit\b[^]*\blocal\b/)]);
});

test('it reports what the local foundation needs', () => {
  expect(spaceEgress('local', 'up')).toEqual({
    status: 1,
    stdout: '',
    stderr: "the local foundation isn't part of this package: clone the repository and run npm start there\n",
  });
});
