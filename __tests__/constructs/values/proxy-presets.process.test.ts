import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PROXY_PROGRAMS, proxyEnvironment } from '../../support/proxy-programs';

const HOST = 'api.example.gov';
const DIRECT = 'web.apps.internal';

let server: Server;
let port: string;
let folder: string;
let asked: string[];
const sockets = new Set<Socket>();

/** It asks for credentials first, as squid does, and refuses whatever comes. */
beforeAll(async () => {
  server = createServer();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('connect', ({ url, headers }, socket) => {
    const [, basic] = /^Basic (.*)$/.exec(headers['proxy-authorization'] ?? '') ?? [];
    if (basic === undefined) {
      socket.end(
        'HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm="egress"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      );
      return;
    }
    asked.push(`${Buffer.from(basic, 'base64').toString()} ${url ?? ''}`);
    socket.end('HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = String((server.address() as AddressInfo).port);
});

beforeEach(() => {
  asked = [];
  folder = mkdtempSync(join(tmpdir(), 'proxy-clients-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

afterAll(async () => {
  server.close();
  for (const socket of sockets) socket.destroy();
  await once(server, 'close');
});

const isThere = (command: string): boolean => spawnSync('sh', ['-c', 'command -v "$0"', command]).status === 0;

/** `npm run test:clients` fails for one that is missing. */
const ALL = process.env.PROXY_PROGRAMS === 'all';

describe.each(Object.entries(PROXY_PROGRAMS))('%s', (_, { needs, package: debian, ask, files, presets }) => {
  const run = isThere(needs) || ALL ? test : test.skip;
  const without = isThere(needs) ? '' : `, untested without ${needs}`;

  const runAgainst = async (host: string): Promise<void> => {
    if (!isThere(needs)) throw new Error(`there is no ${needs}: apt-get install ${debian}`);
    for (const [path, text] of Object.entries(files?.(host, port) ?? {})) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const [command = '', ...args] = ask(host);
    const parts = { scheme: 'http', host: '127.0.0.1', port, user: 'web.1', password: 'secret' };
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      ...proxyEnvironment({ ...parts, noProxy: ['.apps.internal'] }, presets),
    };
    await promisify(execFile)(command, args, { cwd: folder, env, timeout: 30_000 }).catch(() => undefined);
  };

  run(
    `asks the proxy, with its credentials${without}`,
    async () => {
      await runAgainst(HOST);
      expect(new Set(asked)).toEqual(new Set([`web.1:secret ${HOST}:443`]));
    },
    60_000,
  );

  run(
    `does not ask it for what is to be asked directly${without}`,
    async () => {
      await runAgainst(DIRECT);
      expect(asked).toEqual([]);
    },
    60_000,
  );
});
