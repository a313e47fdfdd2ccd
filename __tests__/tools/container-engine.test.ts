import { createServer, type Server } from 'node:http';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  answerOf,
  diagnose,
  ensureContainerEngine,
  lackOfEngine,
  searchContainerEngine,
} from '../../tools/container-engine';

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
    folder = mkdtempSync(join(tmpdir(), 'container-engine-'));
  });
  afterEach(async () => {
    if (server !== undefined) await promisify(server.close.bind(server))();
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
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
