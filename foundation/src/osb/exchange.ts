import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { type BrokerAddress, BrokerFailure, BrokerRefusal } from '../cloud/broker';
import type { Clock } from '../cloud/clock';
import { OutOfReach, type Reach } from './reach';

/** One request to a broker and its response, over a new connection. */

/** The supported version of the Open Service Broker API. */
const API_VERSION = '2.17';
/** Milliseconds that a broker has for a response, as on the platform. */
export const BROKER_TIMEOUT = 60_000;
/** Bytes of a response; the largest sensible one is a catalog with schemas of many plans. */
const MAX_ANSWER = 8 * 1024 * 1024;

export interface Question {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
  /** The user on whose behalf the request is made. */
  readonly userGuid?: string;
}

export interface Answer {
  readonly status: number;
  /** The status with its text: `404 Not Found`. */
  readonly line: string;
  readonly text: string;
  /** Seconds after which the broker wants to be polled again. */
  readonly retryAfter?: number;
}

interface ExchangeOptions {
  readonly reach: Reach;
  readonly clock: Clock;
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? '';

const TIMED_OUT: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);
/** The connection closed early. */
const CUT: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
/** Nothing has been sent. */
const UNREACHED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const identityOf = (userGuid: string): string => `cloudfoundry ${base64(JSON.stringify({ user_id: userGuid }))}`;

const readRetryAfter = (header: string | readonly string[] | undefined): number | undefined =>
  typeof header === 'string' && /^\d+$/.test(header.trim()) ? Number(header) : undefined;

class TooLong extends Error {
  public constructor() {
    super(`the answer exceeds the limit of ${MAX_ANSWER} bytes`);
  }
}

const readText = async (body: Dispatcher.ResponseData['body']): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER) throw new TooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** Sends HTTP requests to registered brokers, at the addresses that `Reach` allows. */
export class Exchange {
  private readonly agent: Agent;
  private readonly clock: Clock;

  public constructor({ reach, clock }: ExchangeOptions) {
    this.clock = clock;
    const dial = buildConnector({ timeout: BROKER_TIMEOUT });
    this.agent = new Agent({
      headersTimeout: BROKER_TIMEOUT,
      bodyTimeout: BROKER_TIMEOUT,
      connect: (options, done) => {
        const { protocol, hostname, port } = options;
        const secure = protocol === 'https:';
        reach.locate({ secure, host: hostname, port: Number(port || (secure ? 443 : 80)) }).then(
          (spot) => {
            const { address, port: at } = spot;
            const spoken = spot.secure ? 'https:' : 'http:';
            dial({ ...options, protocol: spoken, hostname: address, port: String(at), servername: hostname }, done);
          },
          (error: unknown) => done(error as Error, null),
        );
      },
    });
  }

  /** @param signal aborts the request */
  public async ask(
    { url, username, password }: BrokerAddress,
    { method, path, query = {}, body, userGuid }: Question,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const target = targetOf(url, path, query);
    const limit = new AbortController();
    const forget = this.clock.after(BROKER_TIMEOUT, () => limit.abort());
    try {
      const response = await request(target, {
        method,
        dispatcher: this.agent,
        // Avoids reusing a connection that the other side is about to close.
        reset: true,
        signal: signal ? AbortSignal.any([signal, limit.signal]) : limit.signal,
        headers: {
          authorization: `Basic ${base64(`${username}:${password}`)}`,
          'x-broker-api-version': API_VERSION,
          ...(userGuid === undefined ? {} : { 'x-broker-api-originating-identity': identityOf(userGuid) }),
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await readText(response.body);
      const { statusCode: status, statusText, headers } = response;
      return {
        status,
        line: `${status} ${statusText}`.trim(),
        text,
        retryAfter: readRetryAfter(headers['retry-after']),
      };
    } catch (error) {
      signal?.throwIfAborted();
      throw failureOf(error, target, limit.signal.aborted);
    } finally {
      forget();
    }
  }

  public async close(): Promise<void> {
    await this.agent.destroy();
  }
}

/** Appends the path to that of the broker's URL. */
const targetOf = (url: string, path: string, query: NonNullable<Question['query']>): URL => {
  const target = new URL(url);
  target.pathname = `${target.pathname.replace(/\/+$/, '')}${path}`;
  target.hash = '';
  target.search = '';
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) target.searchParams.set(key, value);
  }
  return target;
};

/** The failure in the platform's words. Without a response, the broker may have done something that must be undone. */
const failureOf = (error: unknown, target: URL, isLate: boolean): BrokerFailure => {
  if (error instanceof OutOfReach) {
    return new BrokerFailure(`The service broker could not be reached: ${target.href}: ${error.message}`);
  }
  if (isLate || TIMED_OUT.has(codeOf(error))) {
    return new BrokerFailure(`The request to the service broker timed out: ${target.href}`, true);
  }
  if (UNREACHED.has(codeOf(error))) return new BrokerFailure(`The service broker could not be reached: ${target.href}`);
  const isSent = CUT.has(codeOf(error)) || error instanceof TooLong;
  const reason = error instanceof Error ? error.message : String(error);
  return new BrokerFailure(`The service broker could not be reached: ${target.href}: ${reason}`, isSent);
};

/**
 * Interprets the responses of brokers, with the platform's error messages.
 *
 * @see https://github.com/cloudfoundry/cloud_controller_ng/blob/main/lib/services/service_brokers/v2/response_parser.rb
 */
export type Fields = Readonly<Record<string, unknown>>;

/** Characters of a response that error messages show. */
const MAX_SHOWN = 8192;
const TRUNCATED = "...This message has been truncated due to size. To read the full message, check the broker's logs";

const shortened = (text: string): string =>
  text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}${TRUNCATED}` : text;

/** The fields of a response; `undefined` if it is not a JSON object. */
export const fieldsOf = ({ text }: Answer): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
};

export const textOf = (fields: Fields | undefined, name: string): string | undefined => {
  const value = fields?.[name];
  return typeof value === 'string' ? value : undefined;
};

/** Messages for error codes. */
const CODED: Readonly<Partial<Record<string, string>>> = {
  AsyncRequired: 'This service plan requires client support for asynchronous service operations.',
  RequiresApp: 'This service supports generation of credentials through binding an application only.',
  ConcurrencyError: 'The service broker could not perform this operation in parallel with other running operations',
};

/** The failure that a response means. Only a 4xx means for certain that nothing was created. */
const rejection = (answer: Answer): BrokerFailure => {
  const { status, line, text } = answer;
  const fields = fieldsOf(answer);
  const description = textOf(fields, 'description');
  const coded = status === 422 ? CODED[textOf(fields, 'error') ?? ''] : undefined;
  if (status === 401) {
    return new BrokerFailure(
      'Authentication with the service broker failed. Double-check that the username and password are correct.',
    );
  }
  if (coded !== undefined) return new BrokerFailure(coded);
  const isOrphaning = status < 400 || status >= 500;
  if (description !== undefined) return new BrokerRefusal(shortened(description), isOrphaning);
  if (status === 409) return new BrokerFailure('Resource conflict');
  return new BrokerFailure(
    shortened(
      isOrphaning
        ? `The service broker returned an invalid response. Status Code: ${line}, Body: ${text}`
        : `The service broker rejected the request. Status Code: ${line}, Body: ${text}`,
    ),
    isOrphaning,
  );
};

const malformed = ({ status, text }: Answer): BrokerFailure =>
  new BrokerFailure(
    shortened(
      'The service broker returned an invalid response: expected valid JSON object in body, ' +
        `broker returned '${text}'`,
    ),
    status !== 200,
  );

/** The fields of a response with one of these statuses; throws for any other. */
export const accepted = (answer: Answer, ...statuses: readonly number[]): Fields => {
  if (!statuses.includes(answer.status)) throw rejection(answer);
  const fields = fieldsOf(answer);
  if (!fields) throw malformed(answer);
  return fields;
};
