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
