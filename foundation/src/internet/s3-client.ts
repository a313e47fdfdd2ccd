import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import * as https from 'node:https';
import { REGION, S3_DOORS } from './names';

/** An account of the S3 service. */
export interface S3Account {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface UnsignedRequest {
  readonly method: string;
  readonly host: string;
  /** Encoded as in the request. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** In lower case, to sign besides host, date, and checksum. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const hash = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

export function encodeQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => [encodeURIComponent(name), encodeURIComponent(value)].join('='))
    .sort()
    .join('&');
}

/**
 * The request's headers, with an AWS Signature Version 4.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function sign(
  request: UnsignedRequest,
  account: S3Account,
  region: string,
  at: Date,
): Readonly<Record<string, string>> {
  const time = at.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const checksum = hash(request.body);
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.host,
    'x-amz-content-sha256': checksum,
    'x-amz-date': time,
  };
  const names = Object.keys(headers).sort();
  const signedHeaders = names.join(';');
  const canonical = [
    request.method,
    request.path,
    encodeQuery(request.query),
    ...names.map((name) => `${name}:${headers[name]?.trim() ?? ''}`),
    '',
    signedHeaders,
    checksum,
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = scope
    .split('/')
    .reduce<string | Buffer>((parent, part) => hmac(parent, part), `AWS4${account.secretAccessKey}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')).toString('hex');
  return {
    ...headers,
    authorization:
      `AWS4-HMAC-SHA256 Credential=${account.accessKeyId}/${scope}, ` +
      `SignedHeaders=${signedHeaders}, Signature=${signature}`,
  };
}

interface S3Call {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

interface S3Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An error response of the S3 server, with its own text. */
class S3Error extends Error {
  override readonly name = 'S3Error';

  constructor(call: S3Call, reply: S3Reply) {
    super(`s3 server answered ${reply.status} to ${call.method} ${call.path}: ${reply.body.trim() || '(empty)'}`);
  }
}

interface S3ClientOptions {
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
