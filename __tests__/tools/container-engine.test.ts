import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  answerOf,
  diagnose,
  dockerHosts,
  dockerOptions,
  ensureContainerEngine,
  lackOfEngine,
  searchContainerEngine,
} from '../../tools/container-engine';
import { temporaryFolder } from '../support/temporary-folder';

test.each([
  [['absent', 'absent'], false, 'not installed'],
  [['absent', 'absent'], true, 'not running'],
  [['refused', 'absent'], false, 'not running'],
  [['absent', 'denied'], true, 'no permission'],
  [['denied', 'refused'], false, 'no permission'],
] as const)('addresses that answer %j, programs installed %j: %s', (answers, installed, lack) => {
  expect(diagnose(answers, installed)).toBe(lack);
});

test.each([
  ['EACCES', 'denied'],
  ['ENOENT', 'absent'],
  ['ECONNREFUSED', 'refused'],
  [undefined, 'refused'],
])('the error %s means that the address is %s', (code, answer) => {
  expect(answerOf(code)).toBe(answer);
});

test.each(['no permission', 'not running', 'not installed'] as const)(
  '"%s" comes with a reason and a remedy',
  (lack) => {
    const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    expect(lackOfEngine(lack, env).message).toMatch(
      /^no container engine: .{10,} \(tried unix:\/\/\/nowhere\/docker\.sock\); .{10,}$/,
    );
  },
);

test("if a configured address doesn't answer, no other engine is tried, installed or started", async () => {
  const before = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = 'unix:///nowhere/docker.sock';
  try {
    await expect(ensureContainerEngine()).rejects.toThrow(
      /^no container engine: .*tried unix:\/\/\/nowhere\/docker\.sock/,
    );
  } finally {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  }
});

describe('asking an address', () => {
  let folder: string;
  let server: Server | undefined;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    if (server !== undefined) await promisify(server.close.bind(server))();
    server = undefined;
  });

  const ask = (path = '') =>
    searchContainerEngine({ DOCKER_HOST: `unix://${join(folder, 'docker.sock')}`, HOME: folder, PATH: path });

  test('an engine that answers is described by its own information', async () => {
    server = createServer((_, response) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ Version: '20.10.24', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64' }));
    });
    await new Promise<void>((resolve) => server?.listen(join(folder, 'docker.sock'), resolve));
    expect((await ask()).engine).toEqual({
      address: `unix://${join(folder, 'docker.sock')}`,
      origin: 'DOCKER_HOST',
      version: '20.10.24',
      apiVersion: '1.41',
      os: 'linux',
      arch: 'amd64',
    });
  });

  test("without a socket and a program, the engine isn't installed", async () => {
    await expect(ask()).resolves.toEqual({ lack: 'not installed' });
  });

  test("with a program but no socket, the engine isn't running", async () => {
    writeFileSync(join(folder, 'dockerd'), '');
    chmodSync(join(folder, 'dockerd'), 0o755);
    await expect(ask(folder)).resolves.toEqual({ lack: 'not running' });
  });
});

let home: string;
beforeEach(() => {
  home = temporaryFolder();
});

function saveContext(name: string, address: string, current = name): void {
  const folder = join(home, '.docker', 'contexts', 'meta', createHash('sha256').update(name).digest('hex'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host: address } } }));
  writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify({ currentContext: current }));
}

const addresses = (env: NodeJS.ProcessEnv): string[] => dockerHosts(env, home).map(({ address }) => address);
const usual = () => ['unix:///var/run/docker.sock', `unix://${home}/.docker/run/docker.sock`];

test('if nothing is set, the usual sockets are tried in order', () => {
  expect(addresses({})).toEqual(usual());
  expect(addresses({ XDG_RUNTIME_DIR: '/run/user/1' })).toEqual([...usual(), 'unix:///run/user/1/docker.sock']);
});

test('DOCKER_HOST is the only address if it is set, even with a context', () => {
  saveContext('desktop', 'unix:///desktop.sock');
  expect(addresses({ DOCKER_HOST: 'tcp://127.0.0.1:2375' })).toEqual(['tcp://127.0.0.1:2375']);
});

test("the docker command's current context names the only address", () => {
  saveContext('desktop', 'unix:///desktop.sock');
  expect(dockerHosts({}, home)).toEqual([{ address: 'unix:///desktop.sock', origin: 'docker context "desktop"' }]);
});

test('DOCKER_CONTEXT overrides the current context, and default means none', () => {
  saveContext('desktop', 'unix:///desktop.sock', 'other');
  expect(addresses({ DOCKER_CONTEXT: 'desktop' })).toEqual(['unix:///desktop.sock']);
  expect(addresses({ DOCKER_CONTEXT: 'default' })).toEqual(usual());
});

test('a socket and a port become options of the client', () => {
  expect(dockerOptions('unix:///a/b.sock')).toEqual({ socketPath: '/a/b.sock' });
  expect(dockerOptions('tcp://localhost:2376')).toEqual({ protocol: 'http', host: 'localhost', port: 2376 });
  expect(dockerOptions('tcp://localhost')).toEqual({ protocol: 'http', host: 'localhost', port: 2375 });
});

test.each(['ssh://me@host', 'npipe:////./pipe/docker_engine', 'localhost:2375'])(
  'the address %s is refused',
  (address) => {
    expect(() => dockerOptions(address)).toThrow(`the container engine's address "${address}" can't be used`);
  },
);
