import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import type { KeyPair } from '../authority';

export interface SiteOptions {
  readonly name: string;
  readonly address: string;
  readonly http: readonly number[];
  readonly https: readonly number[];
  /** By server name; the site's own one also serves clients that send none. */
  readonly certificate?: KeyPair;
}

export interface Site {
  readonly addresses: readonly AddressInfo[];
  close(): Promise<void>;
}

const CHUNK = Buffer.alloc(64 * 1024, 'space-egress\n');
const MOST_BYTES = 1024 ** 3;
const LONGEST_WAIT = 60_000;
/** Longer than a proxy keeps an idle connection, so that the site is never the one that closes under a request. */
const KEEP_ALIVE = 120_000;

interface Exchange {
  readonly url: URL;
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly site: string;
  /** Requests that the site has had, this one included. */
  readonly count: number;
}

type Handler = (exchange: Exchange, argument: string) => void;

function sendJson({ response }: Exchange, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

const endpoint = (address?: string, port?: number): string => `${address ?? ''}:${port ?? ''}`;

/** Who was reached, at which address, by whom: what a test of egress wants to know. */
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
    handle: (exchange) => {
      sendJson(exchange, describe(exchange));
    },
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
        sendJson(exchange, { error: `${argument} bytes are too many: at most ${MOST_BYTES}` }, 400);
        return;
      }
      exchange.response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size });
      // A client that goes away ends the stream: nobody is left to tell.
      pipeline(Readable.from(chunks(size), { objectMode: false }), exchange.response, () => undefined);
    },
  },
  {
    path: /^\/slow$/,
    handle: (exchange) => {
      const wait = Math.min(Number(exchange.url.searchParams.get('ms') ?? 0) || 0, LONGEST_WAIT);
      const timer = setTimeout(() => {
        sendJson(exchange, describe(exchange));
      }, wait);
      exchange.response.once('close', () => {
        clearTimeout(timer);
      });
    },
  },
];

function listener(site: string): http.RequestListener {
  let count = 0;
  return (request, response) => {
    count += 1;
    // Only the path counts: a request to a proxy's origin form has no host in it.
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
    server.listen(port, address, () => {
      resolve(server.address() as AddressInfo);
    });
  });
}

/** One web site on its own address: small answers that name it. Port 0 takes a free one. */
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
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
