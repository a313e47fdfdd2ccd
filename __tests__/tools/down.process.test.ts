import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from '../../tools/platform';
import { temporaryFolder } from '../support/temporary-folder';

const IMAGES = ['space-egress/foundation:1', 'space-egress/stack:2', 'debian:bookworm-slim', 'somebody/else:3'];

/** What `npm run down` needs from a checkout, with a container engine that only reports what it was asked to remove. */
let folder: string;
let engine: Server;
let removed: string[];
const at = (...path: string[]): string => join(folder, ...path);

beforeEach(async () => {
  folder = temporaryFolder();
  removed = [];
  for (const name of ['cli', 'config.ts', 'constructs', 'package.json', 'tsconfig.json'])
    cpSync(join(REPOSITORY, name), at(name), { recursive: true });
  mkdirSync(at('tools'));
  for (const name of readdirSync(join(REPOSITORY, 'tools')).filter((file) => file.endsWith('.ts'))) {
    cpSync(join(REPOSITORY, 'tools', name), at('tools', name));
  }
  symlinkSync(join(REPOSITORY, 'tools', 'go'), at('tools', 'go'));
  symlinkSync(join(REPOSITORY, 'node_modules'), at('node_modules'));
  for (const path of [['cdktf.out'], ['cache', 'space-egress', 'tofu'], ['cache', 'other']])
    mkdirSync(at(...path), { recursive: true });
  for (const name of [
    'main.ts',
    'cdktf.log',
    'terraform.egress-demo.tfstate',
    'terraform.egress-demo.tfstate.backup',
  ]) {
    writeFileSync(at(name), '');
  }
  engine = createServer(({ method = '', url = '' }, response) => {
    const [path = ''] = url.split('?');
    const answers: Readonly<Record<string, unknown>> = {
      '/info': { Name: 'engine', OperatingSystem: 'Linux', ServerVersion: '1' },
      '/containers/json': [],
      '/networks': [],
      '/volumes': { Volumes: null },
      '/images/json': IMAGES.map((tag) => ({ RepoTags: [tag], RepoDigests: null })),
    };
    if (method === 'DELETE') removed.push(decodeURIComponent(path));
    const answer = method === 'DELETE' ? [] : answers[path];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { message: `no ${path}` }));
  });
  await new Promise<void>((resolve) => engine.listen(at('docker.sock'), resolve));
});
afterEach(async () => {
  await promisify(engine.close.bind(engine))();
});

function down(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', at('tools', 'down.ts'), ...args], {
      cwd: folder,
      env: {
        ...process.env,
        DOCKER_HOST: `unix://${at('docker.sock')}`,
        XDG_CACHE_HOME: at('cache'),
        EGRESS_FOUNDATION: 'absent',
      },
    });
    let output = '';
    const add = (text: Buffer): void => {
      output += text.toString();
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.on('close', (code) => {
      resolve({ code, output });
    });
  });
}

test('files of a deployment are removed, whatever is left of its foundation; tools and images stay', async () => {
  const { code, output } = await down();
  expect({ code, output }).toMatchObject({
    code: 0,
    output: expect.stringContaining('foundation absent is absent') as string,
  });
  expect(removed).toEqual([]);
  expect(existsSync(at('cache', 'space-egress', 'tofu'))).toBe(true);
  expect(readdirSync(folder).filter((name) => /^cdktf\.|tfstate/.test(name))).toEqual([]);
  expect(existsSync(at('main.ts'))).toBe(true);
});

test('row 15: with --purge, the tools and the images of foundations are removed too, but nothing else', async () => {
  const { code, output } = await down('--purge');
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('✓ tools: ') as string });
  expect(removed.sort()).toEqual(['/images/space-egress/foundation:1', '/images/space-egress/stack:2']);
  expect(readdirSync(at('cache'))).toEqual(['other']);
  const again = await down('--purge');
  expect(again).toMatchObject({ code: 0, output: expect.stringContaining('✓ tools: none were kept') as string });
});

test('without a container engine, nothing is removed, and the message says where it was looked for', async () => {
  await promisify(engine.close.bind(engine))();
  const { code, output } = await down();
  await new Promise<void>((resolve) => engine.listen(at('docker.sock'), resolve));
  expect(code).toBe(1);
  expect(output.replaceAll(/\s+/g, ' ')).toContain(`no container engine at ${at('docker.sock')}`);
  expect(output.replaceAll(/\s+/g, ' ')).toContain('install Docker and start it, or point DOCKER_HOST to it');
  expect(existsSync(at('cdktf.out'))).toBe(true);
});
