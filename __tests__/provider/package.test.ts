import { execFileSync, type ExecFileSyncOptions, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../../tools/platform';

const PACKAGE = '@cdktf/provider-cloudfoundry';
let project: string;

/** A project of somebody else's: the packed bindings unpacked into node_modules, beside their two peers. */
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'bindings-package-'));
  const options: ExecFileSyncOptions = { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] };
  execFileSync('npm', ['pack', join(REPOSITORY, 'provider'), '--loglevel=error'], options);
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz')) ?? '';
  const installed = join(project, 'node_modules', PACKAGE);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], options);
  for (const peer of ['cdktf', 'constructs']) {
    symlinkSync(join(REPOSITORY, 'node_modules', peer), join(project, 'node_modules', peer));
  }
});

afterAll(() => {
  rmSync(project, { recursive: true });
});

function runIn(file: string, text: string): string {
  writeFileSync(join(project, file), text);
  const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd: project, encoding: 'utf8' });
  return stdout + stderr;
}

test('the tarball holds the built library and nothing else', () => {
  const installed = join(project, 'node_modules', PACKAGE);
  expect(readdirSync(installed).sort()).toEqual(['lib', 'package.json']);
  const files = readdirSync(join(installed, 'lib'), { recursive: true, withFileTypes: true });
  const others = files.filter((entry) => entry.isFile() && !/\.(?:js|d\.ts)$/.test(entry.name));
  expect(others).toEqual([]);
});

test('importing the package loads no resource until one is named', () => {
  const program = `
    const bindings = require('${PACKAGE}');
    const loaded = () => Object.keys(require.cache).filter((file) => file.includes('provider-cloudfoundry')).length;
    const before = loaded();
    bindings.app.App;
    console.log(before, loaded());`;
  expect(runIn('lazy.js', program)).toBe('1 2\n');
});

test('the package index and a deep import give the same class', () => {
  const program = `
    const { App } = require('${PACKAGE}/lib/app');
    console.log(require('${PACKAGE}').app.App === App, App.tfResourceType);`;
  expect(runIn('deep.js', program)).toBe('true cloudfoundry_app\n');
});

test('an ES module imports resources by name', () => {
  const program = `
    import { app, provider } from '${PACKAGE}';
    import { App } from '${PACKAGE}/lib/app/index.js';
    console.log(app.App === App, provider.CloudfoundryProvider.tfResourceType);`;
  expect(runIn('named.mjs', program)).toBe('true cloudfoundry\n');
});

test("the bindings run under cdktn, cdktf's successor, by an alias", () => {
  const alias = join(project, 'node_modules', 'cdktf');
  unlinkSync(alias);
  symlinkSync(join(REPOSITORY, 'node_modules', 'cdktn'), alias);
  try {
    const program = `
      const { App, TerraformStack } = require('cdktf');
      const { Space } = require('${PACKAGE}').space;
      const stack = new TerraformStack(new App(), 'stack');
      new Space(stack, 'space', { name: 'closed', org: 'guid' });
      console.log(JSON.stringify(stack.toTerraform().resource.cloudfoundry_space.space.name));`;
    expect(runIn('cdktn.js', program)).toBe('"closed"\n');
  } finally {
    unlinkSync(alias);
    symlinkSync(join(REPOSITORY, 'node_modules', 'cdktf'), alias);
  }
});

test('the index has a type for each resource, for namespace and deep imports', () => {
  const program = `
    import * as cloudfoundry from '${PACKAGE}';
    import { App } from '${PACKAGE}/lib/app';
    export const same: typeof App = cloudfoundry.app.App;
    // @ts-expect-error no such resource
    export const none = cloudfoundry.nothing;`;
  writeFileSync(join(project, 'types.ts'), program);
  const tsc = require.resolve('typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--module', 'node16', '--moduleResolution', 'node16', '--skipLibCheck'];
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, '--types', 'constructs', 'types.ts'], {
    cwd: project,
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
});
