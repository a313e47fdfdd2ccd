import * as http from 'node:http';
import { connect as openSocket, type Socket } from 'node:net';
import { connect as startTls, type ConnectionOptions, type TLSSocket } from 'node:tls';

/** Where a proxy listens. */
export interface Listener {
  readonly host: string;
  readonly port: number;
}

/** A proxy's answer; for an allowed request, the body comes from the server. */
export interface Answer {
  readonly status: number;
  /** Squid's name for the error page, without numbers; undefined if the server answered. */
  readonly error: string | undefined;
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
}

/** The kernel asks for a connection that isn't accepted after 1, 3, 7, 15 and 31 seconds. */
const TIMEOUT_MS = 35_000;

/** Sends one request for an absolute URL through the proxy. */
export async function request(proxy: Listener, url: string, options: http.RequestOptions = {}): Promise<Answer> {
  const host = /^[a-z]+:\/\/([^/]*)/.exec(url)?.[1] ?? 'proxy';
  const headers = { host, ...(options.headers as http.OutgoingHttpHeaders | undefined) };
  return new Promise((resolve, reject) => {
    const sent = http.request({ agent: false, ...to(proxy), path: url, ...options, headers }, (response) => {
      collect(response).then(resolve, reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer for ${url} in ${TIMEOUT_MS} ms`)));
    sent.on('error', reject);
    sent.end();
  });
}

/** The header with a client's credentials for its proxy. */
export const credentials = (user: string, password: string): http.OutgoingHttpHeaders => ({
  'proxy-authorization': `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

/** Passwords, and their bcrypt hashes with cost 5, as Terraform's function creates them. */
export const USERS = {
  'web.1': ['first password', '$2a$05$CKxjrfOvMfS62uMTNS4jzOWMVLPfbHyfI7FeOy1ngZLpDCrOx1zPq'],
  'web.2': ['second password', '$2a$05$Spe2sw1QzSv/3h2VBCTcAOnrjF8pwdaeAGX/vBHw8GQhZ0mu5IA0C'],
  // Encoded as in an address.
  'batch.2': ['a-password-in-an-address', '$2a$05$CKxjrfOvMfS62uMTNS4jzOzq.pJAaD84D2D1d9PENcjlQoOHc4CyO'],
  'batch.1': ['another password', '$2a$05$q24I2WtpMxj/Oh9yAjPta.op7mZXfV7S9nLlKOoM0RJMAs2MjDFZi'],
} as const;

export type User = keyof typeof USERS;

/** EGRESS_CREDENTIALS for a proxy that knows these users. */
export const hashesOf = (...users: readonly User[]): string =>
  users.map((user) => `${user} ${USERS[user][1]}`).join('\n');

/** The header for a request from this user. */
export const as = (user: User) => credentials(user, USERS[user][0]);

/** Requests a tunnel, returns the answer, and closes the tunnel if it was opened. */
export async function connect(
  proxy: Listener,
  target: string,
  headers: http.OutgoingHttpHeaders = {},
): Promise<Answer> {
  const { response, socket, head } = await askForTunnel(proxy, target, headers);
  const { statusCode: status = 0, headers: received } = response;
  const length = Number(received['content-length'] ?? 0);
  const chunks = [head];
  const body = () => Buffer.concat(chunks);
  if (body().length < length) {
    for await (const chunk of socket) {
      chunks.push(chunk as Buffer);
      if (body().length >= length) break;
    }
  }
  socket.destroy();
  return { status, error: squidError(received), headers: received, body: body().toString() };
}

/** Opens a tunnel, which the caller closes. */
export async function openTunnel(
  proxy: Listener,
  target: string,
  headers: http.OutgoingHttpHeaders = {},
): Promise<Socket> {
  const { response, socket, head } = await askForTunnel(proxy, target, headers);
  // A server that speaks first can already have done so.
  if (head.length > 0) socket.unshift(head);
  if (response.statusCode === 200) return socket;
  socket.destroy();
  throw new Error(`the proxy answered CONNECT ${target} with ${response.statusCode ?? 'nothing'}`);
}

interface TunnelAnswer {
  readonly response: http.IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
}

// Node.js reports any answer to CONNECT as a tunnel, with the part of the body that has already arrived.
async function askForTunnel(proxy: Listener, target: string, headers: http.OutgoingHttpHeaders): Promise<TunnelAnswer> {
  return new Promise((resolve, reject) => {
    const sent = http.request({ agent: false, ...to(proxy), method: 'CONNECT', path: target, headers });
    sent.on('connect', (response, socket, head) => {
      resolve({ response, socket, head });
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer for CONNECT ${target} in ${TIMEOUT_MS} ms`)));
    sent.on('error', reject);
    sent.end();
  });
}

/** Sends these bytes, which request the end of the connection, and returns everything that arrives until then. */
export async function raw({ host, port }: Listener, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(port, host);
    const chunks: Buffer[] = [];
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no end of the connection in ${TIMEOUT_MS} ms`)));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => {
      resolve(Buffer.concat(chunks).toString('latin1'));
    });
    socket.on('error', reject);
    socket.write(Buffer.from(bytes, 'latin1'));
  });
}

/** Starts TLS inside a tunnel, without a server name if it is empty; the caller closes it. */
export async function secure(tunnel: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = startTls({ socket: tunnel, rejectUnauthorized: false, ...options });
    socket.once('secureConnect', () => {
      resolve(socket);
    });
    socket.once('error', reject);
    tunnel.once('close', () => {
      reject(new Error('the tunnel was closed'));
    });
  });
}

/** Sends a request over TLS inside a tunnel and returns the answer; the server closes the tunnel. */
export async function requestInside(tunnel: Socket, host: string, servername = host): Promise<Answer> {
  const createConnection = await secure(tunnel, { servername }).then((socket) => () => socket);
  return new Promise((resolve, reject) => {
    const sent = http.request({ createConnection, headers: { host, connection: 'close' } }, (response) => {
      collect(response).then(resolve, reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

const to = ({ host, port }: Listener) => ({ host, port, timeout: TIMEOUT_MS });

async function collect(response: http.IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { statusCode: status = 0, headers } = response;
  return { status, error: squidError(headers), headers, body: Buffer.concat(chunks).toString() };
}

const squidError = (headers: http.IncomingHttpHeaders): string | undefined =>
  /ERR_\w+/.exec(headers['x-squid-error']?.toString() ?? '')?.[0];

const HEARD_IN_MS = 20_000;

/** Opens a connection, which the caller closes. */
export async function dial({ host, port }: Listener, options: { allowHalfOpen?: boolean } = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = openSocket({ host, port, ...options });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** What arrives until the connection ends or the text has arrived; `cut` if nothing does. */
export async function hear(socket: Socket, text?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const done = (): void => {
      clearTimeout(timer);
      resolve(heard === '' ? 'cut' : heard);
    };
    const timer = setTimeout(() => {
      reject(new Error(`heard '${heard}' and no end in ${HEARD_IN_MS} ms`));
    }, HEARD_IN_MS);
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (text !== undefined && heard.includes(text)) done();
    });
    socket.once('end', done);
    socket.once('close', done);
  });
}

/** The first data that the server sends on a new connection. */
export async function greeting(forward: Listener): Promise<string> {
  const socket = await dial(forward);
  try {
    return await hear(socket, '\n');
  } finally {
    socket.destroy();
  }
}

/**
 * The samples on a page of metrics, by name with labels. Fails for an invalid line, and for a sample that occurs twice.
 */
export function samplesOf(page: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of page.trimEnd().split('\n')) {
    if (/^# (?:HELP|TYPE) egress_[a-z_]+ /.test(line)) continue;
    const [, name = '', value = ''] =
      /^(egress_[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)+\})?) ([0-9.]+)$/.exec(line) ?? [];
    if (name === '' || samples.has(name)) throw new Error(`no sample, or the second of its name: ${line}`);
    samples.set(name, Number(value));
  }
  return samples;
}
