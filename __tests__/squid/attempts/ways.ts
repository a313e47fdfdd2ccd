/** The ways in which a client can request something from a proxy. Each describes the result in words. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as openSocket, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type Listener, requestInside } from '../client';
import type { Places } from './attempt';
import { requestAfterTwoGreetings } from './two-greetings';

export type Way = (proxy: Listener, places: Places) => Promise<string>;

const TLS_ALERT = '\x15\x03';

interface FarEnd {
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The location of the server that answered, if it isn't the sites' machine. */
function placeOf(address: string, { site, nobody, privateAddress }: Places): string {
  const plain = address.replace(/^::ffff:/, '');
  const places: Readonly<Record<string, string>> = {
    [site]: '',
    [nobody]: "at a stranger's address",
    [privateAddress]: 'at a private address',
    '127.0.0.1': 'on the proxy itself',
    '::1': 'on the proxy itself',
    '169.254.169.254': 'at the metadata address',
    '64:ff9b::a9fe:a9fe': 'at the metadata address',
    '100.64.0.1': 'at a shared address',
    'fd00:ec2::254': 'at a private address',
  };
  return places[plain] ?? `at ${plain}`;
}

/** A server's own answer is JSON: the site that the request named, and the server's address. */
function reached(body: string, places: Places): string {
  const { address, headers } = JSON.parse(body) as FarEnd;
  return ['reached', headers.host ?? 'no host', placeOf(address, places)].filter((word) => word !== '').join(' ');
}

/** One answer: that of the server, or otherwise the proxy's status and the name of squid's error page. */
function describe(answer: string, places: Places): string {
  const body = /\{"address":.*\}/s.exec(answer)?.[0];
  if (body !== undefined) return reached(body, places);
  const status = /^HTTP\/1\.[01] (\d+)/.exec(answer)?.[1] ?? 'nonsense';
  const page = /X-Squid-Error: (?:\d+:)?(\w+)/.exec(answer)?.[1];
  return page === undefined ? status : `${status} ${page}`;
}

/** Describes what arrived on a connection, answer by answer. */
function outcomeOf(received: string, places: Places): string {
  if (received === '') return 'cut';
  if (received.startsWith(TLS_ALERT)) return 'a TLS alert';
  const answers = received.split(/(?=HTTP\/1\.[01] \d{3} )/);
  return answers.map((answer) => describe(answer, places)).join(', ');
}

/** Longer than any answer takes, even on a busy machine, so a connection that is silent for this long stays silent. */
const SILENT_MS = 10_000;
const GIVE_UP_MS = 15_000;

/** Sends text, and resolves with what arrives until the connection ends in any way, or is silent. */
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

/** Sends these bytes. */
export const bytes =
  (text: string): Way =>
  async (proxy, places) =>
    outcomeOf(await exchange(open(proxy), text), places);

/** The text of the last request of a connection. */
export const request = (method: string, url: string, host = 'www.example.org', ...headers: string[]): string =>
  [`${method} ${url} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n');

export const get = (url: string, host?: string): Way => bytes(request('GET', url, host));

/** Who answers a request, and which of these headers the server sees. */
const seenOf =
  (seen: readonly string[], url: string, ...headers: string[]): Way =>
  async (proxy, places) => {
    const received = await exchange(open(proxy), request('GET', url, undefined, ...headers));
    const names = seen.filter((name) => received.includes(`"${name}":`));
    return [outcomeOf(received, places), ...(names.length > 0 ? [names.join(' and ')] : [])].join(' with ');
  };

/** Headers that reveal the client or the proxy to the server. */
export const traces = (url: string, ...headers: string[]): Way =>
  seenOf(['via', 'forwarded', 'x-forwarded-for'], url, ...headers);

/** Whether the server is asked to switch to another protocol. */
export const upgraded = (protocol: string): Way =>
  seenOf(['upgrade'], 'http://www.example.org/', 'Connection: Upgrade', `Upgrade: ${protocol}`);

/** Whether a header can be smuggled inside another one. */
export const injected = (...headers: string[]): Way => seenOf(['x-injected'], 'http://www.example.org/', ...headers);

/** Requests a tunnel: resolves with an open socket, or the answer. */
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
    // A server that speaks first can already have done so.
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
  /** The name in the ClientHello; empty for none. */
  readonly servername?: string;
  /** The host that the request inside names. */
  readonly site?: string;
  /** The Host header of CONNECT. */
  readonly host?: string;
}

/** A tunnel with a request over TLS inside, for the target's own name by default. */
export const tunnel =
  (target: string, { servername = nameIn(target), site, host = target }: Inside = {}): Way =>
  (...where) =>
    inTunnel(where, target, host, async (socket) => {
      const { body } = await requestInside(socket, site ?? (servername || 'www.example.net'), servername);
      return reached(body, where[1]);
    });

/** An address can't be the name in a ClientHello. */
function nameIn(target: string): string {
  const name = target.replace(/:\d+$/, '').replace(/\.$/, '');
  return /^\[|^[\dx.]+$/i.test(name) ? '' : name;
}

/** A tunnel with these bytes inside; the client closes it after this long a silence. */
export const inside =
  (target: string, text: string, silentMs?: number): Way =>
  (...where) =>
    inTunnel(where, target, target, async (socket) => {
      const received = await exchange(socket, text, silentMs);
      return received.startsWith('SSH-') ? 'reached a server that speaks first' : outcomeOf(received, where[1]);
    });

/** For a tunnel to the proxy itself, opening it is already a failure. */
export const opened =
  (target: string): Way =>
  (...where) =>
    inTunnel(where, target, target, () => Promise.resolve('open'));

/** Uses a unique name below one whose addresses change at every lookup. */
export const turning =
  (way: (name: string) => Way): Way =>
  async (...where) => {
    const label = `n${randomBytes(4).toString('hex')}.`;
    return (await way(`${label}turns.example.org`)(...where)).replaceAll(label, '');
  };

/** Adds whether the name server received a query. */
export const overheard =
  (name: (places: Places) => string, way: Way): Way =>
  async (...where) => {
    const [, places] = where;
    const before = (await places.queries()).length;
    const outcome = await way(...where);
    const asked = (await places.queries()).slice(before).includes(name(places));
    return asked ? `${outcome}, looked up` : outcome;
  };

/** Repeats an attempt after a while. */
export const later =
  (milliseconds: number, way: Way): Way =>
  async (...where) => {
    const first = await way(...where);
    await setTimeout(milliseconds);
    return [first, await way(...where)].join(', then ');
  };

/** A tunnel whose ClientHello arrives after a while. */
export const lateGreeting =
  (milliseconds: number, name: string): Way =>
  (...where) =>
    inTunnel(where, `${name}:443`, name, async (socket) => {
      await setTimeout(milliseconds);
      return reached((await requestInside(socket, name)).body, where[1]);
    });

/**
 * A tunnel to the first host, with a ClientHello for it and, when the server requests another one, one for the second
 * host.
 */
export const twoGreetings =
  (names: readonly [string, string]): Way =>
  (...where) =>
    inTunnel(where, `${names[0]}:443`, names[0], async (socket) =>
      outcomeOf(await requestAfterTwoGreetings(socket, names, request('GET', '/', names[1])), where[1]),
    );

/** A connection that sends nothing. */
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

/** A request whose header never ends, with a line from time to time. */
export const drip =
  (intervalMs: number, patienceMs: number): Way =>
  async (proxy) => {
    const socket = open(proxy);
    socket.write('GET http://www.example.org/ HTTP/1.1\r\n');
    const dripping = setInterval(() => socket.write('X-Line: 1\r\n'), intervalMs);
    socket.resume();
    try {
      return await Promise.race([
        // The end can also be a reset, if a line is sent at the same moment.
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
