import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { REPOSITORY } from '../../tools/platform';
import { temporaryFolder } from '../support/temporary-folder';

let checkout: string;
const at = (...path: string[]): string => join(checkout, ...path);
const log = (): string[] => readFileSync(at('npm.log'), 'utf8').trim().split('\n').filter(Boolean);

/**
 * A clone whose lock file has one package. `npm` is a stand-in that installs the package and reports that it ran. Every
 * CI run begins with the real npm and the real lock file.
 */
beforeEach(() => {
  checkout = temporaryFolder();
  for (const folder of ['tools', 'provider', 'bin', 'tmp']) mkdirSync(at(folder));
  copyFileSync(join(REPOSITORY, 'tools', 'bootstrap.mjs'), at('tools', 'bootstrap.mjs'));
  writeFileSync(at('package.json'), '{}');
  writeFileSync(at('npm.log'), '');
  lockPackage('1.0.0');
  const build = `
    import { existsSync, writeFileSync } from 'node:fs';
    export const isBuilt = () => existsSync(new URL('built', import.meta.url));
    if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(new URL('built', import.meta.url), '');`;
  writeFileSync(at('provider', 'build.mjs'), build);
  const tsx = dirname(createRequire(__filename).resolve('tsx/package.json'));
  const npm = `#!/bin/sh
    echo "$@" >> npm.log
    rm -rf node_modules && mkdir -p node_modules && ln -s '${tsx}' node_modules/tsx
    cp package-lock.json node_modules/.package-lock.json
    exit "$(cat npm-status 2>/dev/null || echo 0)"`;
  writeFileSync(at('bin', 'npm'), npm, { mode: 0o755 });
  const command = `console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 7;`;
  writeFileSync(at('tools', 'report.ts'), `const text: string = 'typed'; void text; ${command}`);
});

function lockPackage(version: string): void {
  const lock = {
    packages: { '': {}, 'node_modules/tsx': { version }, 'node_modules/mac': { version, optional: true } },
  };
  writeFileSync(at('package-lock.json'), JSON.stringify(lock));
}

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${at('bin')}:${process.env.PATH ?? ''}`,
  TMPDIR: at('tmp'),
});
const bootstrap = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [at('tools', 'bootstrap.mjs'), ...args], {
    cwd: checkout,
    env: environment(),
    encoding: 'utf8',
  });

test('after a clone, it installs, builds, and runs the command with its arguments and exit code', () => {
  const { status, stdout } = bootstrap('report', 'a', 'b c');
  expect({ status, last: stdout.trim().split('\n').at(-1) }).toEqual({ status: 7, last: '["a","b c"]' });
  expect(log()).toEqual([expect.stringMatching(/^ci --ignore-scripts /)]);
  expect(readFileSync(at('provider', 'built'), 'utf8')).toBe('');
});

test('what is up to date is not installed again, whatever its file times', () => {
  bootstrap('report');
  lockPackage('1.0.0');
  expect(bootstrap('report').stdout).toBe('[]\n');
  expect(log()).toHaveLength(1);
});

test('a changed lock file causes another installation', () => {
  bootstrap('report');
  lockPackage('2.0.0');
  bootstrap('report');
  expect(log()).toHaveLength(2);
});

test('packages that npm installed from the lock file are used as they are', () => {
  mkdirSync(at('node_modules'));
  symlinkSync(dirname(createRequire(__filename).resolve('tsx/package.json')), at('node_modules', 'tsx'));
  writeFileSync(at('node_modules', '.package-lock.json'), '{"packages":{"node_modules/tsx":{"version":"1.0.0"}}}');
  expect(bootstrap('report').stdout).toBe('[]\n');
  expect(log()).toEqual([]);
});

test('a failed installation ends with a message and is tried again', () => {
  writeFileSync(at('npm-status'), '1');
  const { status, stderr } = bootstrap('report');
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringContaining('"npm ci" ended with status 1') as string,
  });
  writeFileSync(at('npm-status'), '0');
  rmSync(at('node_modules'), { recursive: true });
  expect(bootstrap('report').status).toBe(7);
});

test('of two at once, one installs, and both run', async () => {
  const run = (): Promise<number | null> =>
    new Promise((resolve) => {
      const options = { cwd: checkout, env: environment(), stdio: 'ignore' as const };
      spawn(process.execPath, [at('tools', 'bootstrap.mjs'), 'report'], options).once('exit', resolve);
    });
  await expect(Promise.all([run(), run()])).resolves.toEqual([7, 7]);
  expect(log()).toHaveLength(1);
});

test('an unknown command is refused by name', () => {
  const { status, stderr } = bootstrap('fly');
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('no command "fly"') as string });
});

test('a signal reaches the command, and its end by that signal is passed on', async () => {
  writeFileSync(at('tools', 'wait.ts'), `console.log('ready'); setInterval(() => undefined, 1000);`);
  const child = spawn(process.execPath, [at('tools', 'bootstrap.mjs'), 'wait'], {
    cwd: checkout,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) =>
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    }),
  );
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('ready')) resolve();
    });
  });
  child.kill('SIGTERM');
  await expect(ended).resolves.toEqual({ code: null, signal: 'SIGTERM' });
});
