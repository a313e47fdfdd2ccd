import type { Readable } from 'node:stream';
import type { Access, Action } from '../cloud/permissions';
import type { Job } from '../cloud/records';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** A request, as far as a resource needs to know it. */
export interface Call {
  readonly access: Access;
  /** What whoever asks must be allowed to do, in the place that the call is about. */
  readonly needs: Action;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Where the client finds the API: links begin with it. */
  readonly base: string;
  readonly path: string;
  /** The file of a multipart body. */
  file(): Promise<Upload | undefined>;
}

export interface Upload {
  readonly name: string;
  readonly content: Readable & { readonly truncated: boolean };
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** In the place of a body: a file's path. */
  readonly file?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Endpoint {
  readonly method: Method;
  readonly path: string;
  readonly needs: Action;
  /** Query parameters that it knows; any other is refused. */
  readonly query?: readonly string[];
  /** Query parameters that it does not know are as good as absent. */
  readonly lenient?: boolean;
  /** A list that answers everybody, each with what they may read. */
  readonly filtered?: boolean;
  /** What the action alone doesn't say about who may do this. */
  readonly note?: string;
  readonly handle: (call: Call) => Answer | Promise<Answer>;
}

type Handler = Endpoint['handle'];
type Options = Pick<Endpoint, 'query' | 'note' | 'filtered' | 'lenient'>;

const endpoint =
  (method: Method) =>
  (path: string, needs: Action, handle: Handler, options: Options = {}): Endpoint => ({
    method,
    path,
    needs,
    handle,
    ...options,
  });

export const get = endpoint('GET');
export const post = endpoint('POST');
export const patch = endpoint('PATCH');
export const put = endpoint('PUT');
export const del = endpoint('DELETE');

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const fileOf = (file: string): Answer => ({ status: 200, file });
export const noContent: Answer = { status: 204 };

/** The client is to ask for the job's state until it is done. */
export const accepted = (call: Call, job: Job): Answer => ({
  status: 202,
  headers: { Location: `${call.base}/v3/jobs/${job.guid}` },
});

/** A path parameter; the router has seen to it that it is there. */
export const guidOf = (call: Call, name = 'guid'): string => call.params[name] ?? '';
