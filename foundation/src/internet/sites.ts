import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import type { KeyPair } from '../authority';

interface SiteOptions {
  readonly name: string;
  readonly address: string;
  readonly http: readonly number[];
  readonly https: readonly number[];
  /** Also used for clients that send no server name. */
  readonly certificate?: KeyPair;
}

export interface Site {
  readonly addresses: readonly AddressInfo[];
  close(): Promise<void>;
}

const CHUNK = Buffer.alloc(64 * 1024, 'space-egress\n');
const MOST_BYTES = 1024 ** 3;
const LONGEST_WAIT = 60_000;
/** Milliseconds, longer than a proxy keeps idle connections, so the site never closes one while a request is sent. */
const KEEP_ALIVE = 120_000;

interface Exchange {
  readonly url: URL;
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly site: string;
  /** The number of requests to the site, including this one. */
  readonly count: number;
}

type Handler = (exchange: Exchange, argument: string) => void;

function sendJson({ response }: Exchange, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

const endpoint = (address?: string, port?: number): string => `${address ?? ''}:${port ?? ''}`;

/** Tells a test of egress which site it reached, at which address, and from where. */
function describe({ site, request, url, count }: Exchange): object {
  const { localAddress, localPort, remoteAddress, remotePort } = request.socket;
  return {
    site,
    host: request.headers.host ?? '',
    path: url.pathname,
    secure: 'encrypted' in request.socket,
    address: endpoint(localAddress, localPort),
    client: endpoint(remoteAddress, remotePort),
    requests: count,
  };
}

function* chunks(size: number): Generator<Buffer> {
  for (let left = size; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}

const HANDLERS: readonly { readonly path: RegExp; readonly handle: Handler }[] = [
  {
    path: /^\/$/,
    handle: (exchange) => sendJson(exchange, describe(exchange)),
  },
  {
    path: /^\/echo$/,
    handle: (exchange) => {
      const { method, headers } = exchange.request;
      sendJson(exchange, { ...describe(exchange), method, headers });
    },
  },
  {
    path: /^\/bytes\/(\d+)$/,
    handle: (exchange, argument) => {
      const size = Number(argument);
      if (size > MOST_BYTES) {
        sendJson(exchange, { error: `${argument} bytes are too many: request at most ${MOST_BYTES}` }, 400);
        return;
      }
      exchange.response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size });
      // An error means that the client is gone.
      pipeline(Readable.from(chunks(size), { objectMode: false }), exchange.response, () => undefined);
    },
  },
  {
    path: /^\/slow$/,
    handle: (exchange) => {
      const wait = Math.min(Number(exchange.url.searchParams.get('ms') ?? 0) || 0, LONGEST_WAIT);
      const timer = setTimeout(() => sendJson(exchange, describe(exchange)), wait);
      exchange.response.once('close', () => clearTimeout(timer));
    },
  },
];

function listener(site: string): http.RequestListener {
  let count = 0;
  return (request, response) => {
    count += 1;
    // Only the path matters, and the request target usually has no host.
    const url = new URL(request.url ?? '/', 'http://site.invalid');
    const exchange: Exchange = { url, request, response, site, count };
    request.resume();
    for (const { path, handle } of HANDLERS) {
      const match = path.exec(url.pathname);
      if (match) {
        handle(exchange, match[1] ?? '');
        return;
      }
    }
    sendJson(exchange, { error: `${site} has no ${url.pathname}` }, 404);
  };
}

function listen(server: http.Server, address: string, port: number): Promise<AddressInfo> {
  server.keepAliveTimeout = KEEP_ALIVE;
  server.on('clientError', (_error, socket: Socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => resolve(server.address() as AddressInfo));
  });
}

/** Opens a web site on its own address, whose answers name it. Port 0 chooses a free one. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const handle = listener(options.name);
  const { certificate } = options;
  const tls = certificate && { cert: certificate.certificate, key: certificate.key };
  const servers = [
    ...options.http.map((port) => ({ port, server: http.createServer(handle) })),
    ...options.https.map((port) => ({ port, server: https.createServer({ ...tls }, handle) })),
  ];
  return {
    addresses: await Promise.all(servers.map(({ server, port }) => listen(server, options.address, port))),
    close: async () => {
      await Promise.all(servers.map(({ server }) => closeServer(server)));
    },
  };
}

function closeServer(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
