import * as dns from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import { createHash } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { NoAnswer } from '../requests';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly sha256: string;
  readonly size: number;
  readonly text: string;
  readonly milliseconds: number;
}

/** The connection ended in the middle of the answer. */
export class BrokenOff extends Error {
  public override readonly name = 'BrokenOff';

  public constructor(
    url: string,
    public readonly status: number,
    public readonly size: number,
    public readonly milliseconds: number,
  ) {
    super(
      `${url} ended the connection after ${size} bytes of its answer; try again, and if it happens again, read the log of that server`,
    );
  }
}

const KEPT = 64 * 1024;
const TIMEOUT_MS = 60_000;

/** Browsers resolve `*.localhost` to this machine (RFC 6761); not every system's resolver does. */
const lookup: LookupFunction = (hostname, options, callback) => {
  if (hostname.endsWith('.localhost')) {
    const address = { address: '127.0.0.1', family: 4 };
    if (options.all === true) {
      callback(null, [address]);
    } else {
      callback(null, address.address, address.family);
    }
    return;
  }
  dns.lookup(hostname, options, callback);
};

/**
 * A GET request that reads the whole body but keeps only its beginning. Rejects with `BrokenOff` if the body is
 * incomplete.
 */
export function get(url: string, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
  const { request } = url.startsWith('https:') ? https : http;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { lookup, headers, timeout: TIMEOUT_MS, agent: false }, (incoming) => {
      const hash = createHash('sha256');
      const kept: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        hash.update(chunk);
        if (size < KEPT) {
          kept.push(chunk);
        }
        size += chunk.length;
      });
      incoming.on('error', () => {
        reject(new BrokenOff(url, incoming.statusCode ?? 0, size, performance.now() - started));
      });
      incoming.on('end', () => {
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          sha256: hash.digest('hex'),
          size,
          text: Buffer.concat(kept).subarray(0, KEPT).toString(),
          milliseconds: performance.now() - started,
        });
      });
    });
    outgoing.on('timeout', () => {
      outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
    });
    outgoing.on('error', (error) => {
      reject(new NoAnswer(`${url} does not answer: ${error.message}`));
    });
    outgoing.end();
  });
}
