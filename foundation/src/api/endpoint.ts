import type { Readable } from 'node:stream';
import type { Access, Action } from '../cloud/permissions';
import type { Job } from '../cloud/records';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** A request, as an endpoint sees it. */
export interface Call {
  readonly access: Access;
  /** The action that the caller must be allowed to perform on the object of the call. */
  readonly needs: Action;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The API's URL as the client knows it; links begin with it. */
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
  /** The path of a file to send instead of a body. */
  readonly file?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Endpoint {
  readonly method: Method;
  readonly path: string;
  readonly needs: Action;
  /** Known query parameters; any other is refused. */
  readonly query?: readonly string[];
  /** Ignores unknown query parameters instead of refusing them. */
  readonly lenient?: boolean;
  /** A list that answers every caller, with the rows that the caller may read. */
  readonly filtered?: boolean;
  /** For the page of roles: who may do this, where the action alone doesn't say it. */
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

/** Tells the client to poll the job until it is done. */
export const accepted = (call: Call, job: Job): Answer => ({
  status: 202,
  headers: { Location: `${call.base}/v3/jobs/${job.guid}` },
});

/** A path parameter, which the route guarantees. */
export const guidOf = (call: Call, name = 'guid'): string => call.params[name] ?? '';
