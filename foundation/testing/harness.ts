import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve, type Service } from '../src/api/serve';
import { MemoryCell, type MemoryCellOptions } from '../src/cell/memory-cell';
import type { Clock } from '../src/cloud/clock';
import type { CatalogOffering, OwnBroker } from '../src/cloud/broker';
import { NO_BUCKET_SERVER } from '../src/internet/bucket-server';
import { S3Broker } from '../src/internet/s3-broker';
import type { SecurityGroupMode } from '../src/settings';
import { MemoryStore, type Store } from '../src/store/store';

export type Json = Record<string, unknown>;

export interface Reply {
  readonly status: number;
  readonly body: Json;
  readonly text: string;
  readonly headers: Headers;
}

/** The status, and the detail of the error if there is one. */
export const refusal = ({ status, body }: Reply): [number, unknown] => [
  status,
  (body['errors'] as Json[] | undefined)?.[0]?.['detail'],
];

/** A client of the API, for one user. */
export class Client {
  public constructor(
    public readonly url: string,
    private readonly token: string | undefined,
  ) {}

  public get authorization(): string {
    return this.token === undefined ? '' : `bearer ${this.token}`;
  }

  public async send(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Reply> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.token === undefined ? {} : { Authorization: this.authorization }),
        ...(body === undefined || body instanceof FormData ? {} : { 'Content-Type': type }),
      },
      body: body === undefined || typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = /^[[{]/.test(text);
    return { status: response.status, body: isJson ? (JSON.parse(text) as Json) : {}, text, headers: response.headers };
  }

  public get(path: string): Promise<Reply> {
    return this.send('GET', path);
  }

  public post(path: string, body?: unknown): Promise<Reply> {
    return this.send('POST', path, body);
  }

  public patch(path: string, body: unknown): Promise<Reply> {
    return this.send('PATCH', path, body);
  }

  public delete(path: string): Promise<Reply> {
    return this.send('DELETE', path);
  }

  /** Creates an object and returns its GUID; fails with the answer otherwise. */
  public async create(path: string, body: unknown): Promise<string> {
    const reply = await this.post(path, body);
    if (reply.status !== 201) throw new Error(`POST ${path}: ${reply.status} ${reply.text}`);
    return String(reply.body['guid']);
  }

  public async list(path: string): Promise<Json[]> {
    return (await this.get(path)).body['resources'] as Json[];
  }

  /** The GUID of a list's only row. */
  public async find(path: string): Promise<string> {
    const rows = await this.list(path);
    const [row, ...more] = rows;
    if (!row || more.length > 0) throw new Error(`GET ${path}: not exactly one in ${JSON.stringify(rows)}`);
    return String(row['guid']);
  }

  /** Waits for the job of a 202. */
  public async job(reply: Reply): Promise<Json> {
    const location = reply.headers.get('location');
    if (reply.status !== 202 || location === null) throw new Error(`not a job: ${reply.status} ${reply.text}`);
    return eventually(async () => {
      const { body } = await this.get(new URL(location).pathname);
      return body['state'] === 'PROCESSING' ? undefined : body;
    });
  }

  public applyManifest(spaceGuid: string, manifest: string): Promise<Reply> {
    return this.send('POST', `/v3/spaces/${spaceGuid}/actions/apply_manifest`, manifest, 'application/x-yaml');
  }
}

/** Milliseconds, which allow for a busy machine. */
const PATIENCE = 30_000;

/** Polls until there is a result. */
export const eventually = async <T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> => {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`nothing within ${PATIENCE} ms of: ${ask.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** An offering with the features that the S3 offering lacks. */
const SAMPLES: CatalogOffering = {
  id: 'samples',
  name: 'samples',
  description: 'Something to try the platform with.',
  tags: ['sample'],
  shareable: false,
  planUpdateable: true,
  instancesRetrievable: true,
  bindingsRetrievable: true,
  plans: ['small', 'large'].map((name) => ({ id: name, name, description: `A ${name} sample.`, free: true })),
};

const s3 = new S3Broker(NO_BUCKET_SERVER);

/** The S3 broker without its server, but with its own checks and answers. */
export const memoryBroker: OwnBroker = {
  name: s3.name,
  catalog: [...s3.catalog, SAMPLES],
  provision: (instance) => s3.provision(instance),
  update: (instance) => s3.update(instance),
  deprovision: (instance) => s3.deprovision(instance),
  bind: (binding) => s3.bind(binding),
  unbind: (binding) => s3.unbind(binding),
};

export interface Foundation {
  readonly service: Service;
  readonly cell: MemoryCell;
  readonly failures: unknown[];
  readonly nobody: Client;
  readonly admin: Client;
  readonly deployer: Client;
  login(username: string, password: string): Promise<Client>;
  close(): Promise<void>;
}

export const toOne = (guid: string) => ({ data: { guid } });

/** Creates a space in the seeded organization, with the client's user as manager and developer. */
export const makeSpace = async (client: Client, name: string): Promise<string> => {
  const organization = await client.find('/v3/organizations?names=egress-demo');
  const space = await client.create('/v3/spaces', { name, relationships: { organization: toOne(organization) } });
  const user = await client.find('/v3/users?usernames=deployer');
  for (const type of ['space_manager', 'space_developer']) {
    await client.create('/v3/roles', { type, relationships: { space: toOne(space), user: toOne(user) } });
  }
  return space;
};

/** Deletes all spaces with their content, so a test leaves nothing for the next one. */
export const removeSpaces = async (admin: Client): Promise<void> => {
  for (const { guid } of await admin.list('/v3/spaces')) {
    await admin.job(await admin.delete(`/v3/spaces/${String(guid)}`));
  }
};

/** Creates a route to nothing. */
export const makeRoute = async (
  client: Client,
  space: string,
  host: string,
  domain = 'apps.localhost',
): Promise<string> => {
  const guid = await client.find(`/v3/domains?names=${domain}`);
  return client.create('/v3/routes', { host, relationships: { space: toOne(space), domain: toOne(guid) } });
};

/** Creates a user-provided service instance. */
export const makeService = (client: Client, space: string, name: string, more: object = {}): Promise<string> =>
  client.create('/v3/service_instances', {
    type: 'user-provided',
    name,
    relationships: { space: toOne(space) },
    ...more,
  });

/** The upload for a package. */
export const bitsOf = (content: string): FormData => {
  const form = new FormData();
  form.append('bits', new Blob([content]), 'package.zip');
  return form;
};

/** Stages bits for a buildpack application, and returns the droplet. */
export const stageBits = async (client: Client, app: string): Promise<Json> => {
  const pack = await client.create('/v3/packages', { type: 'bits', relationships: { app: toOne(app) } });
  await client.send('POST', `/v3/packages/${pack}/upload`, bitsOf('zip'));
  await client.create('/v3/builds', { package: { guid: pack } });
  return eventually(async () => (await client.list(`/v3/packages/${pack}/droplets`))[0]);
};

/** Stages an image for an existing application, and returns the droplet's GUID. */
export const stageImage = async (client: Client, app: string, image = 'image'): Promise<string> => {
  const relationships = { app: toOne(app) };
  const pack = await client.create('/v3/packages', { type: 'docker', relationships, data: { image } });
  const build = await client.create('/v3/builds', { package: { guid: pack } });
  await eventually(async () => {
    const { body } = await client.get(`/v3/builds/${build}`);
    if (body['state'] === 'FAILED') throw new Error(String(body['error']));
    return body['state'] === 'STAGED' || undefined;
  });
  return client.find(`/v3/packages/${pack}/droplets?states=STAGED`);
};

/** Pushes a docker app with a manifest, like the provider, and returns its GUID. */
export const pushImage = async (client: Client, space: string, name: string, more = ''): Promise<string> => {
  const manifest = `applications:\n- name: ${name}\n  docker: {image: image}\n${more}`;
  const job = await client.job(await client.applyManifest(space, manifest));
  if (job['state'] !== 'COMPLETE') throw new Error(JSON.stringify(job['errors']));
  const app = await client.find(`/v3/apps?names=${name}&space_guids=${space}`);
  const droplet = await stageImage(client, app);
  await client.patch(`/v3/apps/${app}/relationships/current_droplet`, toOne(droplet));
  await client.post(`/v3/apps/${app}/actions/start`);
  return app;
};

export interface FoundationOptions {
  readonly cell?: MemoryCellOptions;
  readonly store?: Store;
  readonly broker?: OwnBroker;
  /**
   * The router's port.
   *
   * @default - no router
   */
  readonly router?: number;
  readonly clock?: Clock;
  readonly securityGroups?: SecurityGroupMode;
  /** The cell of an earlier foundation. */
  readonly memoryCell?: MemoryCell;
}

export const tokenFor = async (url: string, form: Record<string, string>, client = 'cf:'): Promise<Reply> => {
  const response = await fetch(`${url}/uaa/oauth/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(client).toString('base64')}` },
    body: new URLSearchParams(form),
  });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) as Json, headers: response.headers };
};

/** Starts a foundation on a free port, with an in-memory cell. */
export const startFoundation = async (options: FoundationOptions = {}): Promise<Foundation> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'foundation-test-'));
  const cell = options.memoryCell ?? new MemoryCell(options.cell);
  const failures: unknown[] = [];
  const service = await serve({
    settings: {
      ports: { api: 0, router: options.router ?? 0, registry: 0, ssh: 0 },
      dataDir,
      appsDomain: 'apps.localhost',
      securityGroups: options.securityGroups,
    },
    store: options.store ?? new MemoryStore(),
    cell,
    broker: options.broker ?? memoryBroker,
    host: '127.0.0.1',
    clock: options.clock,
    onFailure: (error) => failures.push(error),
  });
  const { url, credentials } = service;
  const login = async (username: string, password: string): Promise<Client> => {
    const { body } = await tokenFor(url, { grant_type: 'password', username, password });
    return new Client(url, String(body['access_token']));
  };
  return {
    service,
    cell,
    failures,
    nobody: new Client(url, undefined),
    admin: await login(credentials.admin.username, credentials.admin.password),
    deployer: await login(credentials.deployer.username, credentials.deployer.password),
    login,
    close: async () => {
      await service.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

export interface TestFoundation extends Foundation {
  /** The space of the options, in which the deployer is manager and developer. */
  readonly space: string;
}

type TestOptions = FoundationOptions & { readonly space?: string };

const fill = async (foundation: TestFoundation, given: TestOptions | (() => TestOptions)): Promise<void> => {
  const options = typeof given === 'function' ? given() : given;
  const started = await startFoundation(options);
  const space = options.space === undefined ? '' : await makeSpace(started.deployer, options.space);
  Object.assign(foundation, started, { space });
};

const end = async (foundation: TestFoundation): Promise<void> => {
  await foundation.close();
  expect(foundation.failures).toEqual([]);
};

/** A foundation that the tests of a file or a block share, and in which nothing may fail. */
export const foundationForAll = (options: TestOptions | (() => TestOptions) = {}): TestFoundation => {
  const foundation = {} as TestFoundation;
  beforeAll(() => fill(foundation, options));
  afterAll(() => end(foundation));
  return foundation;
};

/** A foundation of its own for each test, in which nothing may fail. */
export const foundationForEach = (options: TestOptions | (() => TestOptions) = {}): TestFoundation => {
  const foundation = {} as TestFoundation;
  beforeEach(() => fill(foundation, options));
  afterEach(() => end(foundation));
  return foundation;
};
