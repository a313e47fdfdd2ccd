/** The ways in which a connection can take as much of a proxy's memory as possible. */
import { once } from 'node:events';
import { connect as openSocket, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { PROXY_HEALTH } from '../../constructs/values/health-check';
import { credentials, type Listener } from './client';

/** Fills an open connection, and then reads nothing. */
export interface Flood {
  readonly what: string;
  readonly fill: (socket: Socket, number: number) => Promise<void> | void;
  /**
   * How long a client waits before it opens the next connection, in milliseconds.
   *
   * @default 500
   */
  readonly again?: number;
}

const HOST = 'www.example.org';
const KIB = 1024;
/** A header can have 4 KB. */
const LONG = 3.8 * KIB;

/** About as many lines as fit into a header. In squid, they take 80 times their size. */
const LINES = `${'a:\n'.repeat(1_260)}a:`;

const header = (start: string, ...lines: string[]): string =>
  [`${start} HTTP/1.1`, `Host: ${HOST}`, ...lines, '', ''].join('\r\n');

/** Writes the same bytes again and again until nobody accepts them; the rest waits in this process. */
function pour(socket: Socket, bytes: string | Buffer): void {
  while (!socket.destroyed && socket.writableLength < 256 * KIB && socket.write(bytes));
  socket.once('drain', () => {
    pour(socket, bytes);
  });
}

async function tunnel(socket: Socket, target: string, ...lines: string[]): Promise<void> {
  socket.write(header(`CONNECT ${target}`, ...lines));
  await once(socket, 'data');
  socket.pause();
}

/** A handshake message, in records, that announces the maximum length. */
const endlessGreeting = (): Buffer => {
  const record = (content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([0x16, 3, 1, content.length >> 8, content.length & 0xff]), content]);
  const start = Buffer.concat([Buffer.from([1, 0xff, 0xff, 0xff, 3, 3]), Buffer.alloc(16_000)]);
  return Buffer.concat([record(start), ...Array.from({ length: 8 }, () => record(Buffer.alloc(16_000)))]);
};

let abandoned = 0;

/** As soon as the request has probably been read. */
async function leave(socket: Socket): Promise<void> {
  await setTimeout(5);
  socket.resetAndDestroy();
}

/** Ends its side only, which squid takes for the end of the connection. */
const endHalf = (socket: Socket): void => void socket.resume().end();

export const FLOODS: readonly Flood[] = [
  {
    what: 'requests that are refused, one after the other',
    fill: (socket) => {
      pour(socket, header('GET http://www.example.net/').repeat(500));
    },
  },
  {
    what: 'headers without an end',
    fill: (socket) => void socket.write(`GET http://${HOST}/ HTTP/1.1\r\nX: ${'x'.repeat(LONG)}`),
  },
  {
    what: 'refused requests with long headers, whose answers nobody reads',
    fill: (socket) => {
      pour(socket, header('GET http://www.example.net/', `X: ${'x'.repeat(LONG)}`));
    },
  },
  {
    what: 'names that are made up',
    fill: (socket, number) => {
      pour(
        socket,
        header(
          'GET http://www.example.net/',
          `Proxy-Authorization: ${String(credentials(`user-${number}`, 'x'.repeat(2_500))['proxy-authorization'])}`,
        ),
      );
    },
  },
  {
    what: 'greetings without an end',
    fill: async (socket) => {
      await tunnel(socket, `${HOST}:443`);
      pour(socket, endlessGreeting());
    },
  },
  {
    what: 'answers that nobody reads, one after the other',
    fill: (socket) => {
      pour(socket, header(`GET http://${HOST}/flood`).repeat(100));
    },
  },
  {
    what: 'bodies for a site that reads nothing',
    fill: (socket) => {
      socket.write(header(`POST http://${HOST}/silence`, 'Content-Length: 1000000000'));
      pour(socket, Buffer.alloc(64 * KIB));
    },
  },
  {
    what: 'chunks whose extension has no end, and headers behind the last one without an end',
    fill: (socket, number) => {
      socket.write(header(`POST http://${HOST}/silence`, 'Transfer-Encoding: chunked'));
      socket.write(number % 2 === 0 ? '5;x=' : '5\r\nhello\r\n0\r\n');
      pour(socket, (number % 2 === 0 ? 'x' : 'a:b\r\n').repeat(12 * KIB));
    },
  },
  {
    what: 'bodies of requests that are refused',
    fill: (socket) => {
      socket.write(header('POST http://www.example.net/', 'Content-Length: 1000000000'));
      pour(socket, Buffer.alloc(64 * KIB));
    },
  },
  {
    what: 'bodies that come back, which nobody reads',
    fill: (socket) => {
      socket.write(header(`POST http://${HOST}/echo`, 'Content-Length: 1000000000'));
      pour(socket, Buffer.alloc(64 * KIB));
    },
  },
  {
    what: 'requests of many lines that are refused',
    fill: (socket) => {
      pour(socket, header('GET http://www.example.net/', LINES));
    },
  },
  {
    what: 'requests of many lines, and answers',
    fill: (socket) => {
      socket.write(header(`GET http://${HOST}/lines`, LINES));
      socket.pause();
    },
  },
  {
    what: 'bodies that come back, with requests of many lines',
    fill: (socket) => {
      socket.write(header(`POST http://${HOST}/echo`, 'Content-Length: 1000000000', LINES));
      pour(socket, Buffer.alloc(64 * KIB));
    },
  },
  {
    what: 'requests of many lines for names whose server is silent, from clients that leave at once',
    again: 0,
    fill: async (socket) => {
      abandoned += 1;
      socket.write(header(`GET http://silence.name-${abandoned}.example.org/`, LINES));
      await leave(socket);
    },
  },
  {
    what: 'requests of many lines for a site that is silent, from clients that end their half at once',
    again: 0,
    fill: (socket) => {
      socket.write(header(`GET http://${HOST}/silence`, LINES));
      endHalf(socket);
    },
  },
  {
    what: 'health checks of many lines, from clients that end their half at once',
    again: 0,
    fill: (socket) => {
      socket.write(header(`GET http://egress:3128${PROXY_HEALTH}`, LINES));
      endHalf(socket);
    },
  },
  {
    what: 'tunnels that are full both ways, after requests of many lines',
    fill: async (socket) => {
      await tunnel(socket, 'git.example.org:22', LINES);
      pour(socket, Buffer.alloc(64 * KIB));
    },
  },
  {
    what: 'tunnels that are full both ways',
    fill: async (socket) => {
      await tunnel(socket, 'git.example.org:22');
      pour(socket, Buffer.alloc(64 * KIB));
    },
  },
];

/** For a proxy with credentials. */
export const WRONG_CREDENTIALS: Flood = {
  what: 'requests of many lines with wrong credentials, from clients that leave at once',
  again: 0,
  fill: async (socket) => {
    abandoned += 1;
    const wrong = String(credentials('web.1', `wrong ${abandoned}`)['proxy-authorization']);
    socket.write(header(`GET http://${HOST}/`, LINES, `Proxy-Authorization: ${wrong}`));
    await leave(socket);
  },
};

/** Several times as long as a proxy needs to take everything that it can. */
const FLOOD_MS = 4_000;
const AGAIN_MS = 500;

/** Keeps this many connections open, and fills those that the proxy accepts. If the proxy closes one, opens another. */
export async function flood(
  { host, port }: Listener,
  { fill, again = AGAIN_MS }: Flood,
  connections: number,
): Promise<readonly Socket[]> {
  const sockets = new Set<Socket>();
  const end = Date.now() + FLOOD_MS;
  const keep = async (number: number): Promise<void> => {
    while (Date.now() < end) {
      const socket = openSocket(port, host).on('error', () => undefined);
      sockets.add(socket);
      const closed = once(socket, 'close').catch(() => undefined);
      await Promise.race([once(socket, 'connect').then(() => fill(socket, number)), closed]).catch(() => undefined);
      await closed;
      sockets.delete(socket);
      await setTimeout(again);
    }
  };
  for (let number = 0; number < connections; number += 1) void keep(number);
  await setTimeout(FLOOD_MS);
  return [...sockets];
}
