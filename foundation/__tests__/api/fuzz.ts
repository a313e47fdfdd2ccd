/** Malformed requests to every endpoint: bodies, IDs, queries, and tokens that are wrong in many ways. */
import { Agent, request } from 'node:http';
import type { Endpoint } from '../../src/api/endpoint';

/** The same numbers for the same seed, so a request that broke something can be repeated. */
const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  // Mulberry32.
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Known {
  /** By collection, as named in the path. */
  readonly guids: Readonly<Record<string, readonly string[]>>;
  readonly tokens: readonly string[];
}

const ODD_TEXTS = [
  '',
  ' ',
  '0',
  '-1',
  'null',
  '\u0000',
  '\ud800',
  '💥',
  '../../etc/passwd',
  "' OR 1=1 --",
  '<script>',
  '%00',
  '%',
  'a'.repeat(300),
  '__proto__',
  'constructor',
  'toString',
  '*',
  '.',
  'x.apps.internal',
];
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  [],
  {},
  [null],
  [[]],
  { data: null },
  { data: [] },
  { guid: 1 },
  { __proto__: null, constructor: 1 },
];
/** Known field names, since a body with them gets further than random ones. */
const FIELDS = [
  'name', 'type', 'relationships', 'data', 'guid', 'app', 'space', 'organization', 'domain', 'user', 'username', 'origin',
  'metadata', 'labels', 'annotations', 'rules', 'protocol', 'destination', 'ports', 'globally_enabled', 'running',
  'policies', 'source', 'id', 'start', 'end', 'destinations', 'port', 'process', 'host', 'path', 'lifecycle', 'buildpacks',
  'stack', 'image', 'package', 'droplet', 'revision', 'strategy', 'options', 'max_in_flight', 'var', 'enabled', 'command',
  'health_check', 'instances', 'memory_in_mb', 'disk_in_mb', 'credentials', 'tags', 'parameters', 'service_plan',
  'service_instance', 'applications', 'routes', 'services', 'resources', 'checksum', 'value', 'userName', 'password',
  'emails', 'apps', 'url', 'authentication', 'total_memory_in_mb', 'route', 'route_service_url', 'organizations', 'object_ownership', 'additional_instances', 'constructor', '__proto__',
] as const; // prettier-ignore
const QUERIES = [
  'page', 'per_page', 'order_by', 'include', 'label_selector', 'names', 'guids', 'space_guids', 'created_ats', 'filter',
  'fields[space]', 'fields[service_plan]', 'purge', 'count', 'id', 'start_time', 'limit', 'descending', 'color', '__proto__', 'created_ats[gt]',
] as const; // prettier-ignore
const ODD_PATHS = ['%zz', '%', '%c3', '..', '//', 'x;y', 'a'.repeat(2000)];
const MULTIPART = 'multipart/form-data; boundary=x';
const TYPES = ['application/json', 'application/x-yaml', 'text/plain', MULTIPART, 'multipart/form-data', 'x', ''];
const PART = '--x\r\nContent-Disposition: form-data; name="bits"';
/** All incomplete, since a package accepts an upload only once. */
const FORMS = [
  '',
  'x',
  '--x\r\n',
  '--x--\r\n',
  `${PART}\r\n\r\nbits`,
  `${PART}\r\n\r\nbits\r\n--x--\r\n`,
  `${PART}; filename="a.zip"\r\n\r\nbits`,
  `${PART.replace('bits', 'other')}; filename="a.zip"\r\n\r\nbits\r\n--x--\r\n`,
  `${PART.replace('bits', '__proto__')}; filename="a.zip"\r\n\r\nbits\r\n--x--\r\n`,
];
const WORDS = [
  'user-provided',
  'managed',
  'docker',
  'bits',
  'buildpack',
  'web',
  'tcp',
  'udp',
  'all',
  'icmp',
  'rolling',
  'key',
  'app',
];

/** Half a surrogate pair is valid in JSON, but not in a URL. */
const encoded = (text: string): string => encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, '?'));

type Pick = (collection: string) => string;

/** Valid bodies to mutate, since random ones fail at the first check. */
const MEANT: readonly ((one: Pick) => unknown)[] = [
  (one) => ({ name: 'x', relationships: { organization: { data: { guid: one('organizations') } } }, metadata: { labels: { a: 'b' } } }),
  (one) => ({ name: 'x', lifecycle: { type: 'buildpack', data: { buildpacks: ['nodejs_buildpack'], stack: 'cflinuxfs4' } }, relationships: { space: { data: { guid: one('spaces') } } }, environment_variables: { A: 'b' } }),
  (one) => ({ host: 'x', path: '/x', relationships: { space: { data: { guid: one('spaces') } }, domain: { data: { guid: one('domains') } } } }),
  (one) => ({ destinations: [{ app: { guid: one('apps'), process: { type: 'web' } }, port: 8080, protocol: 'http1' }] }),
  (one) => ({ name: 'x', globally_enabled: { running: false, staging: true }, rules: [{ protocol: 'tcp', destination: '10.0.0.0/8', ports: '443,80' }, { protocol: 'icmp', destination: '0.0.0.0/0', type: 0, code: 0 }], relationships: { running_spaces: { data: [{ guid: one('spaces') }] } } }),
  (one) => ({ data: [{ guid: one('spaces') }] }),
  (one) => ({ data: { guid: one('droplets') } }),
  (one) => ({ policies: [{ source: { id: one('apps') }, destination: { id: one('apps'), protocol: 'tcp', ports: { start: 80, end: 8080 } } }] }),
  (one) => ({ type: 'user-provided', name: 'x', credentials: { a: 'b' }, tags: ['t'], route_service_url: 'https://x.apps.localhost', relationships: { space: { data: { guid: one('spaces') } } } }),
  (one) => ({ type: 'managed', name: 'x', parameters: {}, relationships: { space: { data: { guid: one('spaces') } }, service_plan: { data: { guid: one('service_plans') } } } }),
  (one) => ({ type: 'key', name: 'x', parameters: { additional_instances: ['bucket'] }, relationships: { service_instance: { data: { guid: one('service_instances') } } } }),
  (one) => ({ name: 'x', tags: ['t'], parameters: { object_ownership: 'ObjectWriter' }, relationships: { service_plan: { data: { guid: one('service_plans') } } } }),
  (one) => ({ name: 'x', url: 'http://broker.apps.localhost', authentication: { type: 'basic', credentials: { username: 'u', password: 'p' } }, relationships: { space: { data: { guid: one('spaces') } } }, metadata: { labels: { a: 'b' } } }),
  () => ({ url: 'http://127.0.0.1:1', authentication: { type: 'basic', credentials: { username: 'u', password: 'p' } } }),
  (one) => ({ type: 'organization', organizations: [{ guid: one('organizations') }] }),
  (one) => ({ relationships: { service_instance: { data: { guid: one('service_instances') } }, route: { data: { guid: one('routes') } } } }),
  (one) => ({ type: 'app', name: 'x', relationships: { app: { data: { guid: one('apps') } }, service_instance: { data: { guid: one('service_instances') } } } }),
  (one) => ({ type: 'docker', data: { image: 'x', username: 'u', password: 'p' }, relationships: { app: { data: { guid: one('apps') } } } }),
  (one) => ({ package: { guid: one('packages') }, lifecycle: { type: 'docker', data: {} } }),
  (one) => ({ relationships: { app: { data: { guid: one('apps') } } }, droplet: { guid: one('droplets') }, options: { max_in_flight: 2 }, strategy: 'rolling' }),
  (one) => ({ type: 'space_developer', relationships: { user: { data: { guid: one('users') } }, space: { data: { guid: one('spaces') } } } }),
  () => ({ instances: 2, memory_in_mb: 128, disk_in_mb: 128, log_rate_limit_in_bytes_per_second: -1 }),
  () => ({ command: 'x', health_check: { type: 'http', data: { endpoint: '/', timeout: 10, invocation_timeout: 2, interval: 3 } } }),
  (one) => ({ command: 'x', name: 'x', memory_in_mb: 64, disk_in_mb: 64, droplet_guid: one('droplets'), template: { process: { guid: one('processes') } } }),
  () => ({ var: { A: 'b', PORT: '1' } }),
  () => ({ applications: [{ name: 'web', memory: '64M', instances: 2, env: { A: 1 }, routes: [{ route: 'x.apps.localhost/x' }], services: ['creds'], processes: [{ type: 'worker', instances: 1 }], sidecars: [{ name: 's', command: 'c', process_types: ['web'] }], docker: { image: 'x' } }] }),
]; // prettier-ignore

/** Rare: checking a password is slow on purpose, and without the space and its application, little is left to test. */
const isCostly = ({ method, path }: Endpoint): boolean =>
  path.endsWith('/oauth/token') ||
  (method === 'DELETE' && /^\/v3\/(organizations|spaces|apps|users|roles)\/:guid$/.test(path));

/** A source of requests, determined by the seed. */
export class Fuzzer {
  private readonly random: () => number;
  private readonly guids: readonly string[];

  public constructor(
    private readonly endpoints: readonly Endpoint[],
    private readonly known: Known,
    seed: number,
  ) {
    this.random = randomOf(seed);
    this.guids = Object.values(known.guids).flat();
  }

  public next(): FuzzRequest {
    const endpoint = this.pick(this.endpoints);
    if (isCostly(endpoint) && this.chance(0.97)) return this.next();
    const path = endpoint.path.replaceAll(/([^/]*)\/:\w+/g, (_match, collection: string) => {
      const rows = this.known.guids[collection] ?? [];
      const value = rows.length > 0 && this.chance(0.7) ? this.pick(rows) : this.text();
      return `${collection}/${encoded(value)}`;
    });
    const token = this.pick(this.known.tokens);
    const bodiless = endpoint.method === 'GET';
    return {
      method: this.chance(0.03) ? this.pick(['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] as const) : endpoint.method,
      path: `${this.chance(0.02) ? path.replace(/[^/]*$/, this.pick(ODD_PATHS)) : path}${this.query(endpoint)}`,
      headers: {
        ...(token === '' ? {} : { authorization: token }),
        ...(bodiless ? {} : { 'content-type': this.type(endpoint) }),
      },
      ...(bodiless ? {} : { body: endpoint.path.endsWith('/upload') ? this.pick(FORMS) : this.body() }),
    };
  }

  private type({ path }: Endpoint): string {
    if (path.endsWith('/upload') && this.chance(0.8)) return MULTIPART;
    return path.includes('manifest') && this.chance(0.8) ? 'application/x-yaml' : this.pick(TYPES);
  }

  private query(endpoint: Endpoint): string {
    if (this.chance(endpoint.method === 'GET' ? 0.5 : 0.9)) return '';
    const names = this.chance(0.2) ? QUERIES : [...(endpoint.query ?? []), 'page'];
    const parts = Array.from({ length: 1 + this.below(3) }, () => {
      const value = this.chance(0.3) ? String(this.below(6000)) : this.text();
      return `${this.pick(names)}=${this.chance(0.1) ? '%zz' : encoded(value)}`;
    });
    return `?${parts.join('&')}`;
  }

  private body(): string {
    const kind = this.below(10);
    if (kind === 0) return this.text();
    const meant = this.pick(MEANT);
    const value = kind < 7 ? meant((collection) => this.pick(this.known.guids[collection] ?? [''])) : this.value(5);
    const text = JSON.stringify(this.chance(0.3) ? value : this.changed(value));
    // Sometimes truncated.
    return kind === 1 ? text.slice(0, this.below(text.length + 1)) : text;
  }

  /** A copy with one value changed. */
  private changed(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || this.chance(0.15)) return this.value(2);
    if (Array.isArray(value)) {
      const items = value as readonly unknown[];
      return this.chance(0.3)
        ? [...items, this.value(2)]
        : items.map((item) => (this.chance(0.6) ? this.changed(item) : item));
    }
    const entries = Object.entries(value);
    const at = this.below(entries.length + 1);
    return Object.fromEntries(
      at === entries.length
        ? [...entries, [this.pick(FIELDS), this.value(2)]]
        : entries.map(([key, item], index) => [key, index === at ? this.changed(item) : item]),
    );
  }

  private value(depth: number): unknown {
    const kind = this.below(depth > 0 ? 8 : 4);
    if (kind < 2) return this.text();
    if (kind === 2) return this.pick(ODD_VALUES);
    if (kind === 3) return this.below(70000) - 1000;
    if (kind === 4) return Array.from({ length: this.below(3) }, () => this.value(depth - 1));
    return Object.fromEntries(
      Array.from({ length: 1 + this.below(5) }, () => [this.pick(FIELDS), this.value(depth - 1)]),
    );
  }

  private text(): string {
    const kind = this.below(4);
    return kind === 0 ? this.pick(ODD_TEXTS) : kind === 1 ? this.pick(WORDS) : this.pick(this.guids);
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private chance(share: number): boolean {
    return this.random() < share;
  }
}

export interface Outcome {
  /** The number of answers by status. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly faults: readonly string[];
}

const AT_ONCE = 16;

const length = (body: string | undefined): object =>
  body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };

const send = (agent: Agent, base: URL, { method, path, headers, body }: FuzzRequest): Promise<[number, string]> =>
  new Promise((resolve, reject) => {
    const sent = request(
      { agent, host: base.hostname, port: base.port, method, path, headers: { ...headers, ...length(body) } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve([response.statusCode ?? 0, Buffer.concat(chunks).toString()]));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });

/** Sends the requests. A fault includes its request, to repeat it by hand. */
export const fuzz = async (url: string, fuzzer: Fuzzer, requests: number): Promise<Outcome> => {
  const statuses: Record<number, number> = {};
  const faults: string[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  let left = requests;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const next = fuzzer.next();
      const [status, text] = await send(agent, new URL(url), next).catch(
        (error: unknown) => [0, String(error)] as const,
      );
      statuses[status] = (statuses[status] ?? 0) + 1;
      const fault = status === 0 ? 'no answer' : faultOf(next.path, status, text);
      if (fault !== undefined) {
        faults.push(
          `${fault}: ${text.slice(0, 200)} <- ${JSON.stringify(next)
            .replace(/bearer ey[^"]+/, 'bearer TOKEN')
            .slice(0, 600)}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  agent.destroy();
  return { statuses, faults };
};

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** The problem of an answer; `undefined` for a valid one. */
export const faultOf = (url: string, status: number, text: string): string | undefined => {
  if (status < 400) return undefined;
  if (status >= 500) return `status ${status}`;
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return 'no JSON';
  }
  if (url.startsWith('/networking/')) return isText(body['error']) ? undefined : 'not in the form of the policy server';
  if (/^\/(uaa|login)\//.test(url) && 'error' in body) {
    return isText(body['error']) && isText(body['error_description']) ? undefined : 'not in the form of UAA';
  }
  const [first] = Array.isArray(body['errors']) ? (body['errors'] as Record<string, unknown>[]) : [];
  return first && typeof first['code'] === 'number' && isText(first['title']) && isText(first['detail'])
    ? undefined
    : 'not in the form of the cloud controller';
};
