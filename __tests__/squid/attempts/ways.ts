/** The ways in which a client asks a proxy for something; each tells in words what came of it. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as openSocket, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type Listener, requestInside } from '../client';
import type { Places } from './setting';
import { outcomeOf, reached } from './outcome';
import { requestAfterTwoGreetings } from './two-greetings';

export type Way = (proxy: Listener, places: Places) => Promise<string>;

/** Longer than any answer takes, also on a machine with other work: what is silent for so long stays silent. */
const SILENT_MS = 10_000;
const GIVE_UP_MS = 15_000;

/** Sends text and resolves with what comes back until the connection ends, however it does, or falls silent. */
async function exchange(socket: Socket, text: string, silentMs = SILENT_MS): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const finish = (): void => {
      socket.destroy();
      resolve(Buffer.concat(chunks).toString('latin1'));
    };
    socket.setTimeout(silentMs, finish);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    for (const end of ['end', 'error', 'close']) socket.on(end, finish);
    socket.write(Buffer.from(text, 'latin1'));
  });
}

const open = ({ host, port }: Listener): Socket => openSocket(port, host).on('error', () => undefined);

/** Bytes as they are. */
export const bytes =
  (text: string): Way =>
  async (proxy, places) =>
    outcomeOf(await exchange(open(proxy), text), places);

/** The text of a request that is the last of its connection. */
export const request = (method: string, url: string, host = 'www.example.org', ...headers: string[]): string =>
  [`${method} ${url} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n');

export const get = (url: string, host?: string): Way => bytes(request('GET', url, host));

/** Which of these headers the far end sees of a request, beside who answers it. */
const seenOf =
  (seen: readonly string[], url: string, ...headers: string[]): Way =>
  async (proxy, places) => {
    const received = await exchange(open(proxy), request('GET', url, undefined, ...headers));
    const names = seen.filter((name) => received.includes(`"${name}":`));
    return [outcomeOf(received, places), ...(names.length > 0 ? [names.join(' and ')] : [])].join(' with ');
  };

/** Headers by which the far end learns of the client and the proxy. */
export const traces = (url: string, ...headers: string[]): Way =>
  seenOf(['via', 'forwarded', 'x-forwarded-for'], url, ...headers);

/** Whether a far end is asked for another protocol. */
export const upgraded = (protocol: string): Way =>
  seenOf(['upgrade'], 'http://www.example.org/', 'Connection: Upgrade', `Upgrade: ${protocol}`);

/** Whether a header comes out of another one. */
export const injected = (...headers: string[]): Way => seenOf(['x-injected'], 'http://www.example.org/', ...headers);

/** Asks for a tunnel: an open socket, or what was answered instead. */
async function connect(proxy: Listener, target: string, host: string): Promise<Socket | string> {
  const socket = open(proxy);
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  socket.setTimeout(GIVE_UP_MS, () => socket.destroy());
  let head = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    head += (chunk as Buffer).toString('latin1');
    const [answer = '', rest] = head.split(/(?<=\r\n\r\n)/);
    if (!answer.endsWith('\r\n\r\n')) continue;
    if (!/^HTTP\/1\.[01] 200/.test(answer)) break;
    // A server that speaks first may have done so already.
    if (rest !== undefined) socket.unshift(Buffer.from(rest, 'latin1'));
    return socket;
  }
  socket.destroy();
  return head;
}

async function inTunnel(
  [proxy, places]: Parameters<Way>,
  target: string,
  host: string,
  ask: (socket: Socket) => Promise<string>,
): Promise<string> {
  const socket = await connect(proxy, target, host);
  if (typeof socket === 'string') return outcomeOf(socket, places);
  try {
    return await Promise.race([ask(socket), setTimeout(GIVE_UP_MS, 'silent', { ref: false })]);
  } catch {
    return 'cut';
  } finally {
    socket.destroy();
  }
}

interface Inside {
  /** The name in the TLS greeting; empty for none. */
  readonly servername?: string;
  /** What the request inside asks for. */
  readonly site?: string;
  /** What CONNECT says beside its target. */
  readonly host?: string;
}

/** A tunnel, and by TLS inside it a request; for the target's own name unless told otherwise. */
export const tunnel =
  (target: string, { servername = nameIn(target), site, host = target }: Inside = {}): Way =>
  (...where) =>
    inTunnel(where, target, host, async (socket) => {
      const { body } = await requestInside(socket, site ?? (servername || 'www.example.net'), servername);
      return reached(body, where[1]);
    });

/** An address can't be the name in a greeting. */
function nameIn(target: string): string {
  const name = target.replace(/:\d+$/, '').replace(/\.$/, '');
  return /^\[|^[\dx.]+$/i.test(name) ? '' : name;
}

/** A tunnel, and bytes as they are inside it; the client closes it when it has been silent for so long. */
export const inside =
  (target: string, text: string, silentMs?: number): Way =>
  (...where) =>
    inTunnel(where, target, target, async (socket) => {
      const received = await exchange(socket, text, silentMs);
      return received.startsWith('SSH-') ? 'reached a server that speaks first' : outcomeOf(received, where[1]);
    });

/** A tunnel to the proxy itself is bad enough when it opens. */
export const opened =
  (target: string): Way =>
  (...where) =>
    inTunnel(where, target, target, () => Promise.resolve('open'));

/** A name of its own below one whose names change at every look-up. */
export const turning =
  (way: (name: string) => Way): Way =>
  async (...where) => {
    const label = `n${randomBytes(4).toString('hex')}.`;
    return (await way(`${label}turns.example.org`)(...where)).replaceAll(label, '');
  };

/** Whether the name server hears of it. */
export const overheard =
  (name: (places: Places) => string, way: Way): Way =>
  async (...where) => {
    const [, places] = where;
    const before = (await places.queries()).length;
    const outcome = await way(...where);
    const asked = (await places.queries()).slice(before).includes(name(places));
    return asked ? `${outcome}, looked up` : outcome;
  };

/** The same again after a while. */
export const later =
  (milliseconds: number, way: Way): Way =>
  async (...where) => {
    const first = await way(...where);
    await setTimeout(milliseconds);
    return [first, await way(...where)].join(', then ');
  };

/** A tunnel whose greeting comes after a while. */
export const lateGreeting =
  (milliseconds: number, name: string): Way =>
  (...where) =>
    inTunnel(where, `${name}:443`, name, async (socket) => {
      await setTimeout(milliseconds);
      return reached((await requestInside(socket, name)).body, where[1]);
    });

/** A tunnel to the first host, and in it a greeting for that, and for the second host when the server asks for another greeting. */
export const twoGreetings =
  (names: readonly [string, string]): Way =>
  (...where) =>
    inTunnel(where, `${names[0]}:443`, names[0], async (socket) =>
      outcomeOf(await requestAfterTwoGreetings(socket, names, request('GET', '/', names[1])), where[1]),
    );

/** A connection that says nothing. */
export const silent =
  (patienceMs: number): Way =>
  async (proxy) => {
    const socket = open(proxy).resume();
    const cut = once(socket, 'close').then(
      () => 'cut',
      () => 'cut',
    );
    try {
      return await Promise.race([cut, setTimeout(patienceMs, 'still open', { ref: false })]);
    } finally {
      socket.destroy();
    }
  };

/** A request whose header never ends, a line now and then. */
export const drip =
  (intervalMs: number, patienceMs: number): Way =>
  async (proxy) => {
    const socket = open(proxy);
    socket.write('GET http://www.example.org/ HTTP/1.1\r\n');
    const dripping = setInterval(() => socket.write('X-Line: 1\r\n'), intervalMs);
    socket.resume();
    try {
      return await Promise.race([
        // Also by a reset, when a line crosses with the end.
        once(socket, 'close').then(
          () => 'cut',
          () => 'cut',
        ),
        setTimeout(patienceMs, 'still open', { ref: false }),
      ]);
    } finally {
      clearInterval(dripping);
      socket.destroy();
    }
  };
