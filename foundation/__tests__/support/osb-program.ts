/** A service broker program that implements the Open Service Broker API, controlled by a test. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Json;
  readonly body: Json;
  readonly headers: IncomingMessage['headers'];
}

export interface Said {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer to replace the normal one; `hang` means none. */
type Instead = Said | 'hang' | 'cut';

export const USERNAME = 'broker';
export const PASSWORD = 'pass:word-of-the-broker';

export const plan = (name: string, more: Json = {}): Json => ({
  id: `${name}-id`,
  name,
  description: `A ${name} one.`,
  ...more,
});

export const offering = (name: string, plans: readonly Json[], more: Json = {}): Json => ({
  id: `${name}-id`,
  name,
  description: `Has ${name}.`,
  bindable: true,
  plan_updateable: true,
  instances_retrievable: true,
  bindings_retrievable: true,
  plans,
  ...more,
});

const readBody = async (incoming: IncomingMessage): Promise<Json> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as Json);
};

export class OsbProgram {
  public services: unknown = [offering('databases', [plan('small'), plan('large')])];
  public readonly asked: Asked[] = [];
  /** GUIDs of what it has created, with the request for each. */
  public readonly instances = new Map<string, Json>();
  public readonly bindings = new Map<string, Json>();
  /** The number of polls that asynchronous operations take; absent for synchronous ones. */
  public patience: number | undefined;
  /** Called when it has read a request that it will never answer. */
  public onHang: () => void = () => undefined;
  private readonly left = new Map<string, number>();
  private readonly overrides: { readonly call: string; readonly instead: Instead }[] = [];

  private constructor(private readonly server: Server) {}

  public static async start(): Promise<OsbProgram> {
    const server = createServer();
    const program = new OsbProgram(server);
    server.on('request', (incoming, response) => {
      void program.handle(incoming, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return program;
  }

  public get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  public async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** Replaces the next answer to a call such as `GET catalog`, `PUT instance`, or `GET binding operation`. */
  public once(call: string, instead: Instead): void {
    this.overrides.push({ call, instead });
  }

  /** Its calls in order, except polls. */
  public get calls(): readonly string[] {
    return this.asked.map(callOf).filter((call) => !call.endsWith('operation'));
  }

  /** Resets it to its initial state. */
  public reset(): void {
    this.services = [offering('databases', [plan('small'), plan('large')])];
    this.patience = undefined;
    this.onHang = () => undefined;
    this.asked.length = 0;
    this.overrides.length = 0;
    this.instances.clear();
    this.bindings.clear();
  }

  private async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://broker');
    const asked: Asked = {
      method: incoming.method ?? '',
      path: pathname,
      query: Object.fromEntries(searchParams),
      body: await readBody(incoming),
      headers: incoming.headers,
    };
    const wanted = `Basic ${Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64')}`;
    if (incoming.headers.authorization !== wanted) {
      send(response, { status: 401, body: { description: 'who are you?' } });
      return;
    }
    this.asked.push(asked);
    const at = this.overrides.findIndex(({ call }) => call === callOf(asked));
    const [override] = at < 0 ? [] : this.overrides.splice(at, 1);
    if (override?.instead === 'hang') {
      this.onHang();
      return;
    }
    if (override?.instead === 'cut') {
      incoming.socket.destroy();
      return;
    }
    send(response, override?.instead ?? this.answer(asked));
  }

  private answer(asked: Asked): Said {
    const { method, path, query } = asked;
    const [, instance = '', binding, rest] =
      /^\/v2\/service_instances\/([^/]+)(?:\/service_bindings\/([^/]+))?(\/last_operation)?$/.exec(path) ?? [];
    if (path === '/v2/catalog') return { status: 200, body: { services: this.services } };
    const key = binding ?? instance;
    if (rest !== undefined) return this.progress(key, query);
    const made = binding === undefined ? this.instances : this.bindings;
    switch (method) {
      case 'PUT':
        return this.make(made, key, asked, binding !== undefined);
      case 'PATCH':
        return this.patch(key, asked);
      case 'DELETE':
        return this.remove(made, key);
      default:
        return made.has(key) ? { status: 200, body: this.details(key, binding) } : { status: 404, body: {} };
    }
  }

  private make(made: Map<string, Json>, key: string, { body }: Asked, isBinding: boolean): Said {
    const isThere = made.has(key);
    made.set(key, body);
    const shown = isBinding ? this.details(key, key) : { dashboard_url: `https://dashboard.example/${key}` };
    return this.later('make', key, isBinding ? {} : shown) ?? { status: isThere ? 200 : 201, body: shown };
  }

  private patch(key: string, { body }: Asked): Said {
    this.instances.set(key, { ...this.instances.get(key), ...body });
    return this.later('change', key) ?? { status: 200, body: {} };
  }

  private remove(made: Map<string, Json>, key: string): Said {
    return made.delete(key) ? (this.later('remove', key) ?? { status: 200, body: {} }) : { status: 410, body: {} };
  }

  private details(key: string, binding: string | undefined): Json {
    const { parameters = {} } = (binding === undefined ? this.instances : this.bindings).get(key) ?? {};
    return { parameters, ...(binding === undefined ? {} : { credentials: { user: key, secret: `secret-of-${key}` } }) };
  }

  private later(operation: string, key: string, more: Json = {}): Said | undefined {
    if (this.patience === undefined) return undefined;
    this.left.set(key, this.patience);
    return { status: 202, body: { operation, ...more }, headers: { 'Retry-After': '0' } };
  }

  private progress(key: string, { operation }: Json): Said {
    const left = this.left.get(key) ?? 0;
    this.left.set(key, left - 1);
    return left > 0
      ? {
          status: 200,
          body: { state: 'in progress', description: `${String(operation)}: ${left} to go` },
          headers: { 'Retry-After': '0' },
        }
      : { status: 200, body: { state: 'succeeded' } };
  }
}

const callOf = ({ method, path }: Asked): string => {
  if (path === '/v2/catalog') return `${method} catalog`;
  const thing = path.includes('/service_bindings/') ? 'binding' : 'instance';
  return `${method} ${thing}${path.endsWith('/last_operation') ? ' operation' : ''}`;
};

const send = (response: ServerResponse, { status, body = {}, headers = {} }: Said): void => {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};
