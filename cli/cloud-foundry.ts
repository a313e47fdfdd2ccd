/** As much of Cloud Foundry's API as the command's own requests need; the stack itself goes through the provider. */

export interface Account {
  readonly apiUrl: string;
  readonly user: string;
  readonly password: string;
}

/** The account in the provider's own variables. */
export function accountFrom(env: NodeJS.ProcessEnv): Account {
  const missing = ['CF_API_URL', 'CF_USER', 'CF_PASSWORD'].filter((name) => (env[name] ?? '') === '');
  if (missing.length > 0) {
    throw new Error(`${missing.join(', ')} not set: for the local foundation run eval "$(space-egress local env)"`);
  }
  return { apiUrl: env.CF_API_URL ?? '', user: env.CF_USER ?? '', password: env.CF_PASSWORD ?? '' };
}

export type Json = Readonly<Record<string, unknown>>;

interface Resource extends Json {
  readonly guid: string;
}

interface Logs extends Json {
  readonly envelopes?: { readonly batch?: readonly Envelope[] };
}

interface Envelope {
  readonly tags?: { readonly source_type?: string; readonly process_instance_id?: string };
  readonly timestamp?: string;
  readonly log?: { readonly payload?: string; readonly type?: string };
}

export interface LogLine {
  /** `APP/PROC/WEB` for what the application prints; `API`, `CELL` and others are the platform's. */
  readonly source: string;
  /** Guid of the instance that it is about. */
  readonly instance?: string;
  /** Where it was printed to. */
  readonly stream: 'OUT' | 'ERR';
  readonly text: string;
  /** Milliseconds since the epoch, with their fractions. */
  readonly at: number;
}

/** Where a foundation says that its parts are. */
interface Discovery {
  readonly links: { readonly uaa: { readonly href: string }; readonly log_cache: { readonly href: string } };
}

/** The API said no, in its own words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  constructor({ url, status }: Response, text: string) {
    super(`${url} answers ${status}: ${text}`);
    this.status = status;
  }
}

const POLL_MS = 200;
const POLL_LIMIT_MS = 60_000;

export class CloudFoundry {
  static async login(account: Account): Promise<CloudFoundry> {
    const { links } = (await ok(await request(account.apiUrl))) as Discovery;
    const response = await request(`${links.uaa.href}/oauth/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from('cf:').toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ grant_type: 'password', username: account.user, password: account.password }),
    });
    if (response.status === 401) {
      throw new Error(
        `${account.apiUrl} refused the password of user '${account.user}': check CF_USER and CF_PASSWORD`,
      );
    }
    const { access_token: token } = (await ok(response)) as { access_token: string };
    return new CloudFoundry(account.apiUrl.replace(/\/$/, ''), links.log_cache.href, token);
  }

  private constructor(
    private readonly apiUrl: string,
    private readonly logCacheUrl: string,
    private readonly token: string,
  ) {}

  async get(path: string): Promise<Json> {
    return (await ok(await this.send('GET', path))) as Json;
  }

  /** The resources of a list's first page. */
  async list(path: string): Promise<readonly Json[]> {
    return ((await this.get(path)) as unknown as { resources: readonly Json[] }).resources;
  }

  /** The one resource that a query with filters finds. */
  async one(path: string): Promise<Resource> {
    const { resources } = (await this.get(path)) as unknown as { resources: readonly Resource[] };
    const [first] = resources;
    if (first === undefined || resources.length > 1) {
      throw new Error(`${path} finds ${resources.length} resources, not one`);
    }
    return first;
  }

  async post(path: string, body: object): Promise<Resource> {
    return (await ok(await this.send('POST', path, JSON.stringify(body)))) as Resource;
  }

  async patch(path: string, body: object): Promise<void> {
    await ok(await this.send('PATCH', path, JSON.stringify(body)));
  }

  /** JSON is YAML too, so a manifest needs no other writer. */
  async applyManifest(spaceGuid: string, manifest: object): Promise<void> {
    const path = `/v3/spaces/${spaceGuid}/actions/apply_manifest`;
    const response = await this.send('POST', path, JSON.stringify(manifest), 'application/x-yaml');
    await ok(response);
    await this.finish(response, 'a manifest is refused');
  }

  /** Waits for the job that deletes. Gone already is fine. */
  async delete(path: string): Promise<void> {
    const response = await this.send('DELETE', path);
    if (response.status === 404) {
      return;
    }
    await ok(response);
    await this.finish(response, `${path} can't be deleted`);
  }

  private async finish(response: Response, failure: string): Promise<void> {
    const job = response.headers.get('location');
    if (job === null) {
      return;
    }
    const end = await this.until(new URL(job).pathname, ({ state }) => state === 'COMPLETE' || state === 'FAILED');
    if (end.state === 'FAILED') {
      throw new Error(`${failure}: ${JSON.stringify(end.errors)}`);
    }
  }

  /** Reads until the answer is as wanted; a minute at most. */
  async until(path: string, wanted: (answer: Json) => boolean): Promise<Json> {
    const deadline = Date.now() + POLL_LIMIT_MS;
    for (;;) {
      const answer = await this.get(path);
      if (wanted(answer)) {
        return answer;
      }
      if (Date.now() > deadline) {
        throw new Error(`${path} did not get there in ${POLL_LIMIT_MS / 1000} s: ${JSON.stringify(answer)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /**
   * The log of an application, oldest line first, with the platform's own lines in it.
   *
   * @see https://github.com/cloudfoundry/log-cache-release
   */
  async log(appGuid: string, since = new Date(0), until?: Date): Promise<readonly LogLine[]> {
    // Ascending, the limit would keep the oldest lines.
    const query = new URLSearchParams({ envelope_types: 'LOG', limit: '1000', descending: 'true' });
    query.set('start_time', `${since.getTime()}000000`);
    if (until !== undefined) query.set('end_time', `${until.getTime()}000000`);
    const url = `${this.logCacheUrl}/api/v1/read/${appGuid}?${query.toString()}`;
    const { envelopes } = (await ok(await this.call('GET', url))) as Logs;
    return [...(envelopes?.batch ?? [])].reverse().map(({ tags, log, timestamp = '0' }) => ({
      source: tags?.source_type ?? '',
      ...(tags?.process_instance_id === undefined ? {} : { instance: tags.process_instance_id }),
      stream: log?.type === 'ERR' ? 'ERR' : 'OUT',
      text: Buffer.from(log?.payload ?? '', 'base64')
        .toString()
        .trimEnd(),
      // Nanoseconds have more digits than a number.
      at: Number(BigInt(timestamp) / 1000n) / 1000,
    }));
  }

  /** The texts of {@link log}. */
  async logs(appGuid: string): Promise<readonly string[]> {
    return (await this.log(appGuid)).map(({ text }) => text);
  }

  async organizationGuid(name: string): Promise<string> {
    return this.named('organization', name, `/v3/organizations?names=${encodeURIComponent(name)}`);
  }

  async spaceGuid(org: string, name: string): Promise<string> {
    const organization = await this.organizationGuid(org);
    const query = `names=${encodeURIComponent(name)}&organization_guids=${organization}`;
    return this.named(`space in ${org}`, name, `/v3/spaces?${query}`);
  }

  async appGuid(org: string, space: string, name: string): Promise<string> {
    const query = `names=${encodeURIComponent(name)}&space_guids=${await this.spaceGuid(org, space)}`;
    return this.named(`application in ${org}/${space}`, name, `/v3/apps?${query}`);
  }

  private async named(kind: string, name: string, path: string): Promise<string> {
    const { resources } = (await this.get(path)) as unknown as { resources: readonly Resource[] };
    const [found] = resources;
    if (found === undefined) {
      throw new Error(`${this.apiUrl} has no ${kind} named '${name}', or this account may not see it`);
    }
    return found.guid;
  }

  private send(method: string, path: string, body?: string, type?: string): Promise<Response> {
    return this.call(method, `${this.apiUrl}${path}`, body, type);
  }

  private call(method: string, url: string, body?: string, type = 'application/json'): Promise<Response> {
    return request(url, {
      method,
      body,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': type }),
      },
    });
  }
}

async function request(url: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new Error(`${url} does not answer (${reasonOf(error)}): is CF_API_URL right, and the foundation up?`);
  }
}

/** Node's fetch says "fetch failed", and the reason in the cause. By shape: a test's realm has an Error of its own. */
const reasonOf = (error: unknown): string =>
  (error as { readonly cause?: { readonly message?: string } }).cause?.message ?? String(error);

async function ok(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) {
    throw new Refusal(response, text);
  }
  return text === '' ? {} : JSON.parse(text);
}
