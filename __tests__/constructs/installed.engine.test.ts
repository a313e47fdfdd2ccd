/**
 * The library as it is published, in folders that have nothing else from this repository. Runs the commands on the page
 * of each package, with the real registry. `npm run test:install` does so with each Node.js and each package manager.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { withImportsOf } from '../../tools/build-library';
import { ensureNodeLinux } from '../../tools/node-linux';
import { packAll, type Packed } from '../../tools/pack-all';
import { packageReadme, type Edition, EDITIONS } from '../../tools/packages';
import { host } from '../../tools/platform';
import { type Json, makeSpace, pushImage } from '@space-egress/foundation/testing';
import { EngineOnFoundation, testUnder } from '../support/engines';
import { blocksOf, programOf } from '../support/pages';
import { temporaryFolder } from '../support/temporary-folder';

jest.setTimeout(600_000);

interface Installation {
  readonly edition: Edition;
  /** @default - the Node.js that runs this test */
  readonly node?: string;
  readonly manager: PackageManager;
}
type PackageManager = 'npm' | 'pnpm';

/** The oldest supported version, and those with long-term support after it. */
const NODES = ['20.18.1', '22', '24'];
const installations: readonly Installation[] =
  process.env.INSTALL_MATRIX === 'all'
    ? EDITIONS.flatMap((edition) =>
        NODES.flatMap((node) => (['npm', 'pnpm'] as const).map((manager) => ({ edition, node, manager }))),
      )
    : EDITIONS.map((edition) => ({ edition, manager: 'npm' }));

/** The page's npm command for each package manager; a pinned pnpm comes from the registry. */
const AS: Readonly<Record<PackageManager, (command: string) => string>> = {
  npm: (command) => command.replace('npm install ', 'npm install --prefer-offline --no-audit --no-fund '),
  pnpm: (command) => command.replace('npm install ', 'npx --yes pnpm@10.28.0 add '),
};

const STACKS = ['shared', 'payments', 'reports'] as const;

const packed = temporaryFolder();
let tarballs: readonly Packed[];
let engine: EngineOnFoundation;
/** Only Terraform; the engine tests of the constructs run under both. */
const test = testUnder('terraform');
/** What each edition synthesizes from the same program, without the version of the CDK. */
const made = new Map<string, object[]>();
/** The compiled program for each edition and package manager, which is the same for each Node.js. */
const compiled = new Map<string, string>();

beforeAll(async () => {
  tarballs = await packAll(packed);
  engine = await EngineOnFoundation.start('terraform');
});
afterAll(async () => {
  await engine.foundation.close();
});

const named = installations.map((one) => [one.edition.name, one.manager, one.node ?? 'as it is here', one] as const);

describe.each(named)('%s, installed by %s, Node.js %s', (_name, _manager, _node, installation) => {
  const { edition, manager } = installation;
  const project = temporaryFolder();
  const own = join(project, 'node_modules', edition.name);
  const page = packageReadme(edition);
  const shell = (command: string, env: NodeJS.ProcessEnv = {}, cwd = project): Promise<string> =>
    new Promise((resolve, reject) => {
      const own = { ...engine.env, NO_COLOR: '1', PATH: path, ...env };
      const child = execFile(
        'bash',
        ['-c', command],
        { cwd, env: own, maxBuffer: 2 ** 26 },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`${command} failed:\n${stdout}\n${stderr}`));
        },
      );
      // A reader of the page would answer the engine's prompt.
      child.stdin?.end('yes\n');
    });
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  };
  const read = (path: string): string => readFileSync(join(project, path), 'utf8');
  const tsc = (options: string): Promise<string> =>
    shell(`npx tsc --strict --target es2022 --types node ${options} src/main.ts src/entries.ts`);
  const synthesized = (outdir: string): object[] =>
    STACKS.map((stack) => {
      const text = read(`${outdir}/stacks/${stack}/cdk.tf.json`).replaceAll(project, '.');
      const { '//': comment, ...rest } = JSON.parse(text) as Json;
      expect(comment).toMatchObject({ metadata: { stackName: stack } });
      return rest;
    });
  let path = process.env.PATH ?? '';
  const first = installations.find((one) => one.edition === edition) === installation;

  beforeAll(async () => {
    if (installation.node === undefined) return;
    const node = await ensureNodeLinux(installation.node, host.arch);
    path = [dirname(node.path), path].join(delimiter);
  });

  const does = first ? 'installed, synthesized and deployed' : 'installed, synthesized and found valid';
  test(`is ${does} by the commands of its page, in an empty folder`, async () => {
    path = [path, dirname(engine.path)].join(delimiter);
    write('web/package.json', '{"name":"web"}');
    write(
      'main.ts',
      programOf('README.md', page).replace('my-org', 'egress-demo').replace('me@agency.gov', 'deployer'),
    );
    const { tarball = '' } = tarballs.find(({ name }) => name === edition.name) ?? {};
    const commands = blocksOf('README.md', page)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.split('\n'))
      .filter((command) => !command.startsWith('export '));
    for (const command of commands.slice(0, first ? undefined : -1)) {
      await shell(AS[manager](command.replace(`npm install ${edition.name}`, `npm install ${tarball}`)));
    }
    expect(commands.length).toBe(6);
    expect(await shell('terraform -chdir=cdktf.out/stacks/egress validate')).toContain('The configuration is valid');
    if (!first) return;
    expect(await shell('terraform -chdir=cdktf.out/stacks/egress plan')).toContain('No changes.');
    const proxy = await engine.foundation.admin.find('/v3/apps?names=egress-proxy');
    const client = await engine.foundation.admin.find('/v3/apps?names=web');
    const { body } = await engine.foundation.admin.get('/networking/v1/external/policies');
    expect(body['policies']).toEqual([
      expect.objectContaining({
        source: { id: client },
        destination: expect.objectContaining({ id: proxy }) as object,
      }),
    ]);
    await shell('terraform -chdir=cdktf.out/stacks/egress destroy');
  });

  test('brings nothing but its peers, and holds neither tests nor tools', () => {
    const manifest = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as Json;
    expect(manifest).not.toHaveProperty('dependencies');
    const { cdktf, constructs } = edition.peers;
    expect(Object.keys(manifest['peerDependencies'] as Json)).toEqual([cdktf.name, constructs.name]);
    const direct = [edition.name, cdktf.name, constructs.name, '@types', 'tsx', 'typescript'];
    if (manager === 'pnpm') {
      expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(direct.sort());
    }
    expect(existsSync(join(project, 'node_modules', '@cdktf'))).toBe(false);
    const files = readdirSync(own, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /__tests__|^tools|^foundation|\.test\.|^constructs/.test(file))).toEqual([]);
    const pages = ['api/index.md', 'api/checks.md', 'api/proxy-image.md', 'LICENSE.md', 'README.md', 'CHANGELOG.md'];
    expect(files).toEqual(expect.arrayContaining(['lib/squid/Dockerfile', ...pages]));
  });

  test('has types that name no package which is not installed', () => {
    const types = readdirSync(join(own, 'lib'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.d.ts'),
    );
    const named = types.flatMap((file) =>
      [...readFileSync(join(own, 'lib', file), 'utf8').matchAll(/^(?:import|export) .* from '([^.'][^']*)'/gm)].map(
        ([, name = '']) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0],
      ),
    );
    expect([...new Set(named)].sort()).toEqual(
      Object.values(edition.peers)
        .map(({ name }) => name)
        .sort(),
    );
  });

  /** @returns the folder with the program for each kind of module, as JavaScript */
  const compile = async (): Promise<string> => {
    write('src/main.ts', withImportsOf(edition, 'main.ts', programOf('docs/several-stacks.md')));
    write('src/entries.ts', ENTRIES.replaceAll('LIBRARY', edition.name));
    write('src/package.json', '{"type":"commonjs"}');
    await tsc('--module node16 --moduleResolution node16 --outDir js/cjs');
    write('js/cjs/package.json', '{"type":"commonjs"}');
    write('src/package.json', '{"type":"module"}');
    await tsc('--module nodenext --moduleResolution nodenext --outDir js/esm');
    await tsc('--module esnext --moduleResolution bundler --noEmit');
    write('js/esm/package.json', '{"type":"module"}');
    expect(read('js/esm/main.js')).toMatch(/^import /);
    const kept = join(packed, `${edition.name} ${manager}`);
    cpSync(join(project, 'js'), kept, { recursive: true });
    compiled.set(`${edition.name} ${manager}`, kept);
    return kept;
  };

  test('compiles strictly, and makes the same stacks as CommonJS and as an ES module', async () => {
    const javascript = compiled.get(`${edition.name} ${manager}`) ?? (await compile());
    cpSync(javascript, join(project, 'js'), { recursive: true });
    await Promise.all(
      ['cjs', 'esm'].map((kind) =>
        shell(`node js/${kind}/main.js && node js/${kind}/entries.js`, { CDKTF_OUTDIR: `${kind}.out` }),
      ),
    );
    expect(synthesized('esm.out')).toEqual(synthesized('cjs.out'));
    made.set(edition.name, synthesized('cjs.out'));
  });

  if (installation === installations[0]) {
    test('serves two stacks with one proxy, in a space and for an application that were there before', async () => {
      const { admin, deployer } = engine.foundation;
      const batch = await pushImage(deployer, await makeSpace(deployer, 'payments'), 'batch');
      for (const stack of STACKS) {
        const terraform = `terraform -chdir=cjs.out/stacks/${stack}`;
        await shell(`${terraform} init && ${terraform} apply`);
      }
      for (const stack of STACKS) {
        expect(await shell(`terraform -chdir=cjs.out/stacks/${stack} plan`)).toContain('No changes.');
      }
      const proxy = await admin.find('/v3/apps?names=egress-proxy');
      const clients = [batch, await admin.find('/v3/apps?names=web'), await admin.find('/v3/apps?names=report')];
      const { body } = await admin.get('/networking/v1/external/policies');
      const edges = (body['policies'] as { source: Json; destination: Json }[]).map(({ source, destination }) => [
        source['id'],
        destination['id'],
      ]);
      expect(edges.sort()).toEqual(clients.map((client) => [client, proxy]).sort());
      for (const stack of [...STACKS].reverse()) {
        await shell(`terraform -chdir=cjs.out/stacks/${stack} destroy`);
      }
    });
  }

  test('loads no resource of the provider until one is named', async () => {
    const program = `
      const bindings = require('${edition.name}/cloudfoundry');
      const loaded = () => Object.keys(require.cache).filter((file) => file.includes('lib/cloudfoundry')).length;
      const before = loaded();
      const { App } = require('${edition.name}/cloudfoundry/app');
      console.log(before, loaded(), bindings.app.App === App, App.tfResourceType);`;
    write('lazy.cjs', program);
    expect(await shell('node lazy.cjs')).toBe('1 2 true cloudfoundry_app\n');
  });

  test('builds the proxy’s image with its own bindings of the docker provider, which only that entry loads', async () => {
    const loaded = (entry: string): Promise<string> =>
      shell(
        `node -p "require('${entry}'); Object.keys(require.cache).filter((file) => file.includes('lib/docker/')).length"`,
      );
    expect(await shell(`node -p "Object.keys(require('${edition.name}/proxy-image')).join()"`)).toBe('ProxyImage\n');
    expect([await loaded(edition.name), await loaded(`${edition.name}/proxy-image`)]).toEqual(['0\n', '3\n']);
    write('src/package.json', '{"type":"commonjs"}');
    write('src/image.ts', withImportsOf(edition, 'image.ts', IMAGE));
    const options = '--strict --target es2022 --types node --module node16 --moduleResolution node16';
    await shell(`npx tsc ${options} --outDir js/image src/image.ts`);
    write('js/image/package.json', '{"type":"commonjs"}');
    await shell('node js/image/image.js', { CDKTF_OUTDIR: 'image.out' });
    const { image } = (JSON.parse(read('image.out/stacks/image/cdk.tf.json')) as Json)['output'] as Json;
    expect(image).toMatchObject({
      value: expect.stringMatching(/^ghcr\.io\/team\/egress-proxy@\$\{docker_/) as string,
    });
    const terraform = 'terraform -chdir=image.out/stacks/image';
    await shell(`${terraform} init -backend=false`);
    expect(await shell(`${terraform} validate`)).toContain('The configuration is valid');
  });
});

/** A proxy from an image that the stack builds, with the login and the resources of the docker provider. */
const IMAGE = `import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { AppSource, Destination, Egress, EgressProxy, EgressSpace } from 'cdktf-space-egress';
import { provider } from 'cdktf-space-egress/cloudfoundry';
import { provider as docker } from 'cdktf-space-egress/docker';
import { DockerProvider } from 'cdktf-space-egress/docker/provider';
import { ProxyImage } from 'cdktf-space-egress/proxy-image';

const same: typeof DockerProvider = docker.DockerProvider;
const app = new App();
const stack = new TerraformStack(app, 'image');
new provider.CloudfoundryProvider(stack, 'cloudfoundry');
new same(stack, 'docker', { registryAuth: [ProxyImage.registryAuth('ghcr.io/team', { username: 'me', password: 'x' })] });
const image = new ProxyImage(stack, 'Image', { repository: 'ghcr.io/team/egress-proxy' });
new TerraformOutput(stack, 'image', { value: image.reference });
new TerraformOutput(stack, 'other', { value: ProxyImage.published(stack, 'Published', 'ghcr.io/team/proxy:7') });
new EgressProxy(stack, 'Proxy', {
  space: new EgressSpace(stack, 'Public', { orgName: 'org', spaceName: 'way-out', egress: Egress.PUBLIC }),
  source: AppSource.image(image.reference),
  allow: [Destination.host('api.example.gov')],
});
app.synth();
`;

/** Imports of each entry by name, and what they must not have. */
const ENTRIES = `import * as cloudfoundry from 'LIBRARY/cloudfoundry';
import { provider } from 'LIBRARY/cloudfoundry';
import { App } from 'LIBRARY/cloudfoundry/app';
import { RULES } from 'LIBRARY/checks';
const same: typeof App = cloudfoundry.app.App;
const rules: readonly unknown[] = Object.values(RULES);
if (same !== App || provider.CloudfoundryProvider.tfResourceType !== 'cloudfoundry' || rules.length === 0) {
  throw new Error('an entry is not what it says');
}
// @ts-expect-error no such resource
export const none = cloudfoundry.nothing;
`;

test('the same sources make the same stacks under each CDK', () => {
  const [first, ...others] = [...made.values()];
  expect(others.length).toBe(EDITIONS.length - 1);
  for (const other of others) expect(other).toEqual(first);
});
