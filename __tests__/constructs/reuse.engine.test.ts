/** The library and the bindings as they are published, in a project that has nothing else of this repository. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLibrary } from '../../tools/build-library';
import { findEngine } from '../../tools/engine';
import { REPOSITORY } from '../../tools/platform';
import { engineEnvironment, ensureProviders, withChange } from '../../tools/providers';
import { type Json, makeSpace, pushImage, startFoundation } from '../foundation/api/harness';
import { REUSE_EXAMPLE } from '../support/reuse';

jest.setTimeout(300_000);

const STACKS = ['shared', 'payments', 'reports'] as const;
const { devDependencies } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>;
};

let project: string;
const inProject = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd = project,
): string => {
  try {
    return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: 'pipe', maxBuffer: 32 * 1024 * 1024 });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
  }
};
const write = (path: string, text: string): void => {
  mkdirSync(join(project, path, '..'), { recursive: true });
  writeFileSync(join(project, path), text);
};
const synthesized = (outdir: string) =>
  STACKS.map(
    (stack) => JSON.parse(readFileSync(join(project, outdir, 'stacks', stack, 'cdk.tf.json'), 'utf8')) as Json,
  );

beforeAll(async () => {
  await buildLibrary();
  project = mkdtempSync(join(tmpdir(), 'reuse-'));
  const packed = [REPOSITORY, join(REPOSITORY, 'provider')].map((folder) =>
    inProject('npm', ['pack', folder, '--silent', '--ignore-scripts']).trim(),
  );
  write('package.json', JSON.stringify({ name: 'team', private: true }));
  const versions = ['cdktf', 'constructs', 'typescript', '@types/node'].map(
    (name) => `${name}@${devDependencies[name] ?? ''}`,
  );
  inProject('npm', [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    ...packed.map((file) => `./${file}`),
    ...versions,
  ]);
  write('web/package.json', '{"name":"web"}');
  write('src/main.ts', REUSE_EXAMPLE);
});

afterAll(() => {
  rmSync(project, { recursive: true, force: true });
});

test('installing it brings nothing but its peers', () => {
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dependencies?: object; peerDependencies?: object }>;
  };
  const { dependencies, peerDependencies } = lock.packages['node_modules/cdktf-space-egress'] ?? {};
  expect(dependencies).toBeUndefined();
  expect(Object.keys(peerDependencies ?? {}).sort()).toEqual([
    '@cdktf/provider-cloudfoundry',
    '@cdktf/provider-docker',
    'cdktf',
    'constructs',
  ]);
  expect(readdirSync(join(project, 'node_modules', '@cdktf'))).toEqual(['provider-cloudfoundry']);
});

test('the package holds the library and the image, and no tests or tools', () => {
  const root = join(project, 'node_modules', 'cdktf-space-egress');
  expect(existsSync(join(root, 'lib', 'squid', 'Dockerfile'))).toBe(true);
  const packed = readdirSync(root, { recursive: true, encoding: 'utf8' });
  expect(packed.filter((path) => /__tests__|^tools|^foundation|\.test\.|^constructs/.test(path))).toEqual([]);
});

test('types that are published name no package which is not installed', () => {
  const root = join(project, 'node_modules', 'cdktf-space-egress', 'lib');
  const named = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.d.ts'))
    .flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(/from '([^.'][^']*)'/g)].map((match) => match[1]),
    );
  const packages = named.map((name) =>
    name
      ?.split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/'),
  );
  expect(
    packages.filter((name) => !/^(cdktf|constructs|@cdktf\/provider-(cloudfoundry|docker))$/.test(name ?? '')),
  ).toEqual([]);
});

test('the program compiles and makes the same stacks as CommonJS, as cdktf sets a project up, and as an ES module', () => {
  const strict = ['--strict', '--target', 'es2022', '--types', 'node', 'src/main.ts'];
  inProject('npx', ['tsc', ...strict, '--module', 'commonjs', '--moduleResolution', 'node10', '--outDir', 'cjs']);
  write('cjs/package.json', '{"type":"commonjs"}');
  inProject('node', ['cjs/main.js'], { ...process.env, CDKTF_OUTDIR: 'cjs.out' });
  write('src/package.json', '{"type":"module"}');
  inProject('npx', ['tsc', ...strict, '--module', 'nodenext', '--moduleResolution', 'nodenext', '--outDir', 'esm']);
  write('esm/package.json', '{"type":"module"}');
  inProject('node', ['esm/main.js'], { ...process.env, CDKTF_OUTDIR: 'esm.out' });
  expect(readFileSync(join(project, 'esm', 'main.js'), 'utf8')).toMatch(/^import /);
  expect(synthesized('esm.out')).toEqual(synthesized('cjs.out'));
});

test('the proxy image is its own entry, so that nobody else needs the docker bindings', () => {
  const load = (entry: string) => ['-e', `process.stdout.write(Object.keys(require('${entry}')).join())`];
  expect(inProject('node', load('cdktf-space-egress'))).not.toContain('ProxyImage');
  expect(() => inProject('node', load('cdktf-space-egress/proxy-image'))).toThrow(
    "Cannot find module '@cdktf/provider-docker/",
  );
  const installed = `@cdktf/provider-docker@${devDependencies['@cdktf/provider-docker'] ?? ''}`;
  inProject('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', installed]);
  expect(inProject('node', load('cdktf-space-egress/proxy-image'))).toBe('ProxyImage');
});

test('one proxy serves two stacks, in a space and for an application that were there before', async () => {
  const engine = await findEngine();
  if (engine === undefined) {
    console.warn('skipped: there is no engine on this machine');
    return;
  }
  const change = await engineEnvironment(engine, await ensureProviders(engine.name));
  const foundation = await startFoundation({ cell: { image: () => ({ ports: [3128] }) } });
  try {
    const { deployer } = foundation.service.credentials;
    const space = await makeSpace(foundation.deployer, 'payments');
    const batch = await pushImage(foundation.deployer, space, 'batch');
    const access = { CF_API_URL: foundation.service.url, CF_USER: deployer.username, CF_PASSWORD: deployer.password };
    const env = withChange(process.env, { ...change, ...access });
    inProject('node', ['cjs/main.js'], { ...env, CDKTF_OUTDIR: 'cdktf.out' });
    // Without blocking this process: the foundation answers from it.
    const { execFile } = await import('node:child_process');
    const run = (stack: string, ...args: string[]) =>
      new Promise<string>((resolve, reject) => {
        const cwd = join(project, 'cdktf.out', 'stacks', stack);
        execFile(engine.path, [...args, '-no-color'], { cwd, env }, (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`${stack}: ${args.join(' ')} failed:\n${stdout}\n${stderr}`));
        });
      });
    for (const stack of STACKS) {
      await run(stack, 'init', '-input=false');
      await run(stack, 'apply', '-auto-approve', '-input=false');
    }
    for (const stack of STACKS) expect(await run(stack, 'plan', '-input=false')).toContain('No changes.');

    const proxy = await foundation.admin.find('/v3/apps?names=egress-proxy');
    const clients = [
      batch,
      await foundation.admin.find('/v3/apps?names=web'),
      await foundation.admin.find('/v3/apps?names=report'),
    ];
    const { body } = await foundation.admin.get('/networking/v1/external/policies');
    const edges = (body['policies'] as { source: Json; destination: Json }[]).map(({ source, destination }) => [
      source['id'],
      destination['id'],
    ]);
    expect(edges.sort()).toEqual(clients.map((client) => [client, proxy]).sort());
  } finally {
    await foundation.close();
  }
});
