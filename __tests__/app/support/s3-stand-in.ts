import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import * as https from 'node:https';
import { Readable } from 'node:stream';

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
