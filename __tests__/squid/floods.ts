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

/** Sends the same bytes again and again, after a first part. */
const pours = (what: string, bytes: string | Buffer, first?: string): Flood => ({
  what,
  fill: (socket) => {
    if (first !== undefined) socket.write(first);
    pour(socket, bytes);
  },
});

const BLOCK = Buffer.alloc(64 * KIB);
const NO_END = 'Content-Length: 1000000000';
const toOther = (...lines: string[]): string => header('GET http://www.example.net/', ...lines);

let abandoned = 0;

/** A request from a client that leaves as soon as the request has probably been read. */
const leaves = (what: string, request: (number: number) => string): Flood => ({
  what,
  again: 0,
  fill: async (socket) => {
    abandoned += 1;
    socket.write(request(abandoned));
    await setTimeout(5);
    socket.resetAndDestroy();
  },
});

/** A request from a client that ends its side only, which squid takes for the end of the connection. */
const endsHalf = (what: string, request: string): Flood => ({
  what,
  again: 0,
  fill: (socket) => {
    socket.write(request);
    socket.resume().end();
  },
});

/** A tunnel in which the same bytes are sent again and again. */
const tunnels = (what: string, target: string, bytes: Buffer, ...lines: string[]): Flood => ({
  what,
  fill: async (socket) => {
    await tunnel(socket, target, ...lines);
    pour(socket, bytes);
  },
});

export const FLOODS: readonly Flood[] = [
  pours('requests that are refused, one after the other', toOther().repeat(500)),
  {
    what: 'headers without an end',
    fill: (socket) => void socket.write(`GET http://${HOST}/ HTTP/1.1\r\nX: ${'x'.repeat(LONG)}`),
  },
  pours('refused requests with long headers, whose answers nobody reads', toOther(`X: ${'x'.repeat(LONG)}`)),
  {
    what: 'made-up names',
    fill: (socket, number) => {
      const { 'proxy-authorization': madeUp } = credentials(`user-${number}`, 'x'.repeat(2_500));
      pour(socket, toOther(`Proxy-Authorization: ${String(madeUp)}`));
    },
  },
  tunnels('ClientHellos without an end', `${HOST}:443`, endlessGreeting()),
  pours('answers that nobody reads, one after the other', header(`GET http://${HOST}/flood`).repeat(100)),
  pours('bodies for a site that reads nothing', BLOCK, header(`POST http://${HOST}/silence`, NO_END)),
  {
    what: 'chunks whose extension has no end, and headers behind the last one without an end',
    fill: (socket, number) => {
      socket.write(header(`POST http://${HOST}/silence`, 'Transfer-Encoding: chunked'));
      socket.write(number % 2 === 0 ? '5;x=' : '5\r\nhello\r\n0\r\n');
      pour(socket, (number % 2 === 0 ? 'x' : 'a:b\r\n').repeat(12 * KIB));
    },
  },
  pours('bodies of refused requests', BLOCK, header('POST http://www.example.net/', NO_END)),
  pours('bodies that come back, which nobody reads', BLOCK, header(`POST http://${HOST}/echo`, NO_END)),
  pours('refused requests of many lines', toOther(LINES)),
  {
    what: 'requests of many lines, and answers',
    fill: (socket) => {
      socket.write(header(`GET http://${HOST}/lines`, LINES));
      socket.pause();
    },
  },
  pours('bodies that come back, with requests of many lines', BLOCK, header(`POST http://${HOST}/echo`, NO_END, LINES)),
  leaves('requests of many lines for names whose server is silent, from clients that leave at once', (number) =>
    header(`GET http://silence.name-${number}.example.org/`, LINES),
  ),
  endsHalf(
    'requests of many lines for a site that is silent, from clients that end their half at once',
    header(`GET http://${HOST}/silence`, LINES),
  ),
  endsHalf(
    'health checks of many lines, from clients that end their half at once',
    header(`GET http://egress:3128${PROXY_HEALTH}`, LINES),
  ),
  tunnels('tunnels that are full both ways, after requests of many lines', 'git.example.org:22', BLOCK, LINES),
  tunnels('tunnels that are full both ways', 'git.example.org:22', BLOCK),
];

/** For a proxy with credentials. */
export const WRONG_CREDENTIALS = leaves(
  'requests of many lines with wrong credentials, from clients that leave at once',
  (number) => {
    const wrong = String(credentials('web.1', `wrong ${number}`)['proxy-authorization']);
    return header(`GET http://${HOST}/`, LINES, `Proxy-Authorization: ${wrong}`);
  },
);

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
