import { setTimeout as wait } from 'node:timers/promises';
import { access, type Login } from './environment';
import { apiUrl } from './plan';

interface Envelope {
  readonly timestamp: string;
  readonly instance_id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly log: { readonly payload: string; readonly type: string };
}

interface Applications {
  readonly resources: readonly {
    readonly guid: string;
    readonly relationships: { readonly space: { readonly data: { readonly guid: string } } };
  }[];
  readonly included: { readonly spaces: readonly { readonly guid: string; readonly name: string }[] };
}

/** Lines per request. */
const BATCH = 1000;

/** Reads logs for any length of time: it gets a new token when one expires, after ten minutes. */
export class LogClient {
  static async login(url: string, login: Login): Promise<LogClient> {
    return new LogClient(url, login, await tokenFor(url, login));
  }

  private constructor(
    private readonly url: string,
    private readonly login: Login,
    private token: string,
  ) {}

  /** @param space its name, if several spaces have an application of that name */
  async appGuid(app: string, space?: string): Promise<string> {
    const query = new URLSearchParams({ names: app, include: 'space' }).toString();
    const { resources, included } = (await this.get(`/v3/apps?${query}`)) as Applications;
    const found = resources
      .map(({ guid, relationships }) => ({
        guid,
        space: included.spaces.find((candidate) => candidate.guid === relationships.space.data.guid)?.name ?? '',
      }))
      .filter((candidate) => space === undefined || candidate.space === space);
    const [first, ...more] = found;
    const called = JSON.stringify(app);
    if (!first) {
      const where = space === undefined ? '' : ` in space ${JSON.stringify(space)}`;
      throw new Error(`there is no application ${called}${where}: "cf apps" lists those of a space`);
    }
    if (more.length > 0) {
      const spaces = found.map((candidate) => candidate.space).sort();
      throw new Error(
        `there are ${found.length} applications ${called}: name one of the spaces ${spaces.join(', ')} with --space`,
      );
    }
    return first.guid;
  }

  async read(guid: string, since: bigint): Promise<Envelope[]> {
    const query = new URLSearchParams({
      start_time: String(since),
      envelope_types: 'LOG',
      limit: String(BATCH),
    });
    const body = (await this.get(`/api/v1/read/${guid}?${query.toString()}`)) as {
      envelopes: { batch: Envelope[] };
    };
    return body.envelopes.batch;
  }

  private async get(path: string): Promise<unknown> {
    const response = await this.send(path);
    if (response.status !== 401) return json(response);
    this.token = await tokenFor(this.url, this.login);
    return json(await this.send(path));
  }

  private send(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers: { authorization: `bearer ${this.token}` } });
  }
}

async function tokenFor(url: string, { username, password }: Login): Promise<string> {
  const response = await fetch(`${url}/uaa/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('cf:').toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'password', username, password }),
  });
  const { access_token: token } = (await json(response)) as { access_token: string };
  return token;
}

async function json(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

export interface LogsOptions {
  /** @default local */
  readonly name?: string;
  readonly app: string;
  /**
   * Name of its space.
   *
   * @default - the only space with an application of that name
   */
  readonly space?: string;
  /**
   * Whether to continue without end.
   *
   * @default false
   */
  readonly follow?: boolean;
}

const FOLLOW_PAUSE = 500;

/** One line in the format of the cf CLI. */
export function formatEnvelope({ timestamp, instance_id: instance, tags, log }: Envelope): string {
  const time = new Date(Number(BigInt(timestamp) / 1_000_000n)).toISOString();
  const source = [tags.source_type ?? '', instance].filter((part) => part !== '').join('/');
  return `${time} [${source}] ${log.type} ${Buffer.from(log.payload, 'base64').toString('utf8')}`;
}

/** The recent log of an application, oldest line first. */
export async function* logs(options: LogsOptions): AsyncGenerator<string> {
  const { ports, credentials } = await access(options);
  const client = await LogClient.login(apiUrl(ports), credentials.admin);
  const guid = await client.appGuid(options.app, options.space);
  for (let since = 0n; ;) {
    const envelopes = await client.read(guid, since);
    for (const envelope of envelopes) {
      yield formatEnvelope(envelope);
      since = BigInt(envelope.timestamp) + 1n;
    }
    if (envelopes.length === BATCH) continue;
    if (!options.follow) return;
    await wait(FOLLOW_PAUSE);
  }
}
