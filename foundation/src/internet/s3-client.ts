import type { IncomingHttpHeaders } from 'node:http';
import * as https from 'node:https';
import { REGION, S3_DOORS } from './names';
import { encodeQuery, sign, type S3Account } from './signature';

export interface S3Call {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface S3Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An error response of the S3 server, with its own text. */
export class S3Error extends Error {
  override readonly name = 'S3Error';

  constructor(call: S3Call, reply: S3Reply) {
    super(`s3 server answered ${reply.status} to ${call.method} ${call.path}: ${reply.body.trim() || '(empty)'}`);
  }
}

export interface S3ClientOptions {
  /** The address of the public endpoint. */
  readonly address: string;
  /** The certificate of the authority that issued the server's. */
  readonly ca: string;
  readonly account: S3Account;
}

/** The foundation's own client of the S3 server and its administration, with buckets in the path. */
export class S3Client {
  constructor(private readonly options: S3ClientOptions) {}

  /** Resolves with a reply whose status is below 400 or one of `expected`. */
  async call(call: S3Call, expected: readonly number[] = []): Promise<S3Reply> {
    const reply = await this.send(call);
    if (reply.status >= 400 && !expected.includes(reply.status)) throw new S3Error(call, reply);
    return reply;
  }

  private send(call: S3Call): Promise<S3Reply> {
    const host = S3_DOORS.public.domain;
    const { method, query = {}, headers = {}, body = Buffer.alloc(0) } = call;
    const signed = sign(
      { method, host, path: call.path, query, headers, body },
      this.options.account,
      REGION,
      new Date(),
    );
    const request: https.RequestOptions = {
      method,
      host: this.options.address,
      servername: host,
      ca: this.options.ca,
      path: Object.keys(query).length === 0 ? call.path : `${call.path}?${encodeQuery(query)}`,
      headers: { ...signed, 'content-length': String(body.length) },
    };
    return new Promise((resolve, reject) => {
      const outgoing = https.request(request, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text });
        });
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }
}
