import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import { Readable } from 'node:stream';

/**
 * A real forward proxy in a few lines: CONNECT and absolute-form requests to the given destinations, each mapped to a
 * local port, and squid's 403 for all others.
 */
export class ConnectProxy {
  readonly server: http.Server | https.Server;
  /** The requests so far, as `METHOD target`. */
  readonly asked: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** Its answer to anything that it doesn't allow. */
  refusal = { status: 403, squidError: 'ERR_ACCESS_DENIED 0' };
  /** Accepts CONNECT and never answers. */
  silent = false;

  /**
   * @param allowed local ports by `host:port`
   * @param tls its certificate, if clients connect to it over TLS
   */
  constructor(
    private readonly allowed: ReadonlyMap<string, number>,
    tls?: { readonly cert: string; readonly key: string },
  ) {
    const carry = (request: http.IncomingMessage, response: http.ServerResponse): void => {
      const url = new URL(request.url ?? '');
      this.note(request, url.href);
      const port = this.allowed.get(`${url.hostname}:${url.port || '80'}`);
      if (port === undefined) {
        response.writeHead(this.refusal.status, { 'X-Squid-Error': this.refusal.squidError });
        response.end('<html>refused</html>');
        return;
      }
      const { pathname, search } = url;
      const options = { port, path: pathname + search, method: request.method, headers: request.headers };
      request.pipe(
        http.request({ host: '127.0.0.1', ...options }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }),
      );
    };
    this.server = tls === undefined ? http.createServer(carry) : https.createServer(tls, carry);
    this.server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
      this.note(request, request.url ?? '');
      socket.on('error', () => socket.destroy());
      if (this.silent) return;
      const port = this.allowed.get(request.url ?? '');
      if (port === undefined) {
        const { status, squidError } = this.refusal;
        socket.end(`HTTP/1.1 ${status} Forbidden\r\nX-Squid-Error: ${squidError}\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const upstream = net.connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      upstream.on('close', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
    });
  }

  private note(request: http.IncomingMessage, target: string): void {
    this.asked.push(`${request.method ?? ''} ${target}`);
    this.authorizations.push(request.headers['proxy-authorization']);
  }
}

const CHUNK = Buffer.from(Array.from({ length: 64 * 1024 }, (_, index) => (index * 31 + (index >> 8)) % 251));
const CHUNKS = 1024;

/** 64 MiB. */
export const LARGE = CHUNK.length * CHUNKS;
export const LARGE_SHA256 = repeat(createHash('sha256')).digest('hex');

function repeat(hash: ReturnType<typeof createHash>): ReturnType<typeof createHash> {
  for (let count = 0; count < CHUNKS; count++) hash.update(CHUNK);
  return hash;
}

/** Answers GetObject as S3 does, for one bucket, by virtual host (`BUCKET.s3.test`) or by path. */
export class S3StandIn {
  readonly server: https.Server;
  /** The requests so far, as `host path`. */
  readonly asked: string[] = [];
  /** Bytes of large.bin that were passed to the network. */
  sent = 0;
  private readonly arrivals = new EventEmitter();
  /** Resolves when a client ends a response early. */
  readonly aborted: Promise<void>;

  constructor(certificate: { cert: string; key: string }) {
    let abort: () => void;
    this.aborted = new Promise((resolve) => (abort = resolve));
    this.server = https.createServer(certificate, (request, response) => {
      const { pathname } = new URL(request.url ?? '', 'https://s3.test');
      this.asked.push(`${request.headers.host ?? ''} ${pathname}`);
      response.on('close', () => {
        if (!response.writableFinished) abort();
      });
      const key = decodeURIComponent(pathname.replace(/^\/(bucket\/)?/, ''));
      this.arrivals.emit(key);
      if (key === 'small.txt' || key === 'a folder/ä.txt') {
        response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Length': 5, ETag: '"tag"' }).end('small');
      } else if (key === 'large.bin') {
        response.writeHead(200, { 'Content-Length': LARGE });
        this.large().pipe(response);
      } else if (key === 'broken.bin') {
        response.writeHead(200, { 'Content-Length': LARGE }).write(CHUNK, () => response.destroy());
      } else if (key === 'denied.txt') {
        response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
      } else if (key === 'busy.txt') {
        response.writeHead(503).end('<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>');
      } else if (key !== 'silent.bin') {
        response.writeHead(404).end('<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>');
      }
    });
  }

  /** Waits until an object is requested. */
  async seen(key: string): Promise<void> {
    await once(this.arrivals, key);
  }

  private large(): Readable {
    let left = CHUNKS;
    const take = (): Buffer | null => {
      if (left-- === 0) return null;
      this.sent += CHUNK.length;
      return CHUNK;
    };
    return new Readable({
      read() {
        this.push(take());
      },
    });
  }
}
