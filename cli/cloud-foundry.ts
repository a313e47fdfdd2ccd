/** The part of Cloud Foundry's API that the command itself uses; the stack is deployed through the provider. */
import { jsonIn, NoAnswer, Requests } from './requests';
import { accountFrom, commandLogin, Session, type Account, type Identity } from './session';
import { JOB_TIMEOUT_MS } from './limits';

export { NoAnswer } from './requests';
export { accountFrom, type Account } from './session';

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
  /** `APP/PROC/WEB` for the application's own output; `API`, `CELL` and others are the platform's. */
  readonly source: string;
  readonly instance?: string;
  readonly stream: 'OUT' | 'ERR';
  readonly text: string;
  /** Milliseconds since the epoch, with fractions. */
  readonly at: number;
}

/** The addresses of a foundation's components, as it publishes them. */
interface Discovery {
  readonly links: { readonly uaa: { readonly href: string }; readonly log_cache: { readonly href: string } };
}

/** The API's refusal, in its own words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  constructor({ url, status }: Response, text: string) {
    super(`${url} answered ${status}: ${text}`);
    this.status = status;
  }
}

const POLL_MS = 200;

export class CloudFoundry {
  static async login(account: Account, requests = new Requests()): Promise<CloudFoundry> {
    const links = await discover(requests, account.apiUrl);
    const session = await Session.login(requests, account, links.uaa.href);
    return new CloudFoundry(account.apiUrl, links.log_cache.href, session, requests);
  }

  /** Connects with the account in the variables or, without any of them, the one that `cf login` has set up. */
  static async connect(env: NodeJS.ProcessEnv): Promise<CloudFoundry> {
    const found = (env.CF_USER ?? '') === '' && (env.CF_PASSWORD ?? '') === '' ? commandLogin(env) : undefined;
    if (found === undefined) return CloudFoundry.login(accountFrom(env));
    const requests = new Requests();
    const links = await discover(requests, found.apiUrl);
    const tokens = { access_token: found.accessToken, refresh_token: found.refreshToken };
    const session = new Session(requests, links.uaa.href, tokens);
    return new CloudFoundry(found.apiUrl, links.log_cache.href, session, requests);
  }

  readonly apiUrl: string;

  private constructor(
    apiUrl: string,
    private readonly logCacheUrl: string,
    private readonly session: Session,
    private readonly requests: Requests,
  ) {
    this.apiUrl = apiUrl.replace(/\/$/, '');
  }

  /** The account; undefined if the token doesn't say. */
  get identity(): Identity | undefined {
    return this.session.identity;
  }

  async get(path: string): Promise<Json> {
    return (await ok(await this.send('GET', path))) as Json;
  }

  /** The resources of a list's first page. */
  async list(path: string): Promise<readonly Json[]> {
    return ((await this.get(path)) as unknown as { resources: readonly Json[] }).resources;
  }

  /** The only resource that matches the filters of a query. */
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

  /** JSON is also YAML, so manifests need no separate writer. */
  async applyManifest(spaceGuid: string, manifest: object): Promise<void> {
    const path = `/v3/spaces/${spaceGuid}/actions/apply_manifest`;
    const response = await this.send('POST', path, JSON.stringify(manifest), 'application/x-yaml');
    await ok(response);
    await this.finish(response, 'the platform refused a manifest');
  }

  /** Waits for the deletion job. A resource that is already gone is fine. */
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

  /** Reads until the answer is as wanted, for at most a minute. */
  async until(path: string, wanted: (answer: Json) => boolean): Promise<Json> {
    const deadline = Date.now() + JOB_TIMEOUT_MS;
    for (;;) {
      const answer = await this.get(path);
      if (wanted(answer)) {
        return answer;
      }
      if (Date.now() > deadline) {
        throw new NoAnswer(
          `${path} did not reach the wanted state in ${JOB_TIMEOUT_MS / 1000} s: ${JSON.stringify(answer)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /**
   * An application's log, oldest line first, including the platform's own lines.
   *
   * @see https://github.com/cloudfoundry/log-cache-release
   */
  async log(appGuid: string, since = new Date(0), until?: Date): Promise<readonly LogLine[]> {
    // In ascending order, the limit would keep the oldest lines.
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
      // Nanoseconds exceed the precision of a number.
      at: Number(BigInt(timestamp) / 1000n) / 1000,
    }));
  }

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
      throw new Error(`${this.apiUrl} has no ${kind} named '${name}', or this account cannot see it`);
    }
    return found.guid;
  }

  private send(method: string, path: string, body?: string, type?: string): Promise<Response> {
    return this.call(method, `${this.apiUrl}${path}`, body, type);
  }

  private async call(method: string, url: string, body?: string, type = 'application/json'): Promise<Response> {
    const send = (): Promise<Response> =>
      this.requests.send(url, {
        method,
        body,
        headers: {
          authorization: `Bearer ${this.session.token}`,
          ...(body === undefined ? {} : { 'content-type': type }),
        },
      });
    const response = await send();
    return response.status === 401 && (await this.session.renew()) ? send() : response;
  }
}

async function discover(requests: Requests, apiUrl: string): Promise<Discovery['links']> {
  const { links } = (await ok(await requests.send(apiUrl))) as { readonly links?: Partial<Discovery['links']> };
  if (links?.uaa === undefined || links.log_cache === undefined) {
    throw new NoAnswer(`${apiUrl} does not list the components of the platform: check CF_API_URL`);
  }
  return { uaa: links.uaa, log_cache: links.log_cache };
}

async function ok(response: Response): Promise<unknown> {
  const text = await response.text().catch((error: unknown) => {
    throw new NoAnswer(
      `${response.url} ended the connection in the middle of its answer (${String(error)}): run the command again`,
    );
  });
  if (!response.ok) {
    throw new Refusal(response, text);
  }
  return text === '' ? {} : jsonIn(response, text);
}
