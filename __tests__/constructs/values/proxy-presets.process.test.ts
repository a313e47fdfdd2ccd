import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { askBy, isThere, PROXY_PROGRAMS } from '../../support/proxy-programs';

const HOST = 'api.example.gov';
const DIRECT = 'web.apps.internal';

let server: Server;
let port: string;
let asked: string[];
const sockets = new Set<Socket>();

/** It asks for credentials first, as squid does, and refuses every request. */
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
});

afterAll(async () => {
  server.close();
  for (const socket of sockets) socket.destroy();
  await once(server, 'close');
});

/** `npm run test:clients` fails if one of them is missing. */
const ALL = process.env.PROXY_PROGRAMS === 'all';

describe.each(Object.entries(PROXY_PROGRAMS))('%s', (_, program) => {
  const { needs } = program;
  const run = isThere(needs) || ALL ? test : test.skip;
  const without = isThere(needs) ? '' : `, untested without ${needs}`;
  const runAgainst = (host: string): Promise<void> =>
    askBy(program, host, {
      ...{ scheme: 'http', host: '127.0.0.1', port, user: 'web.1', password: 'secret' },
      noProxy: ['.apps.internal'],
    });

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
