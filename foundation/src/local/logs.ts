import { setTimeout as wait } from 'node:timers/promises';
import { access, type Login } from './environment';
import { apiUrl } from './plan';

export interface LogsOptions {
  /** @default local */
  readonly name?: string;
  readonly app: string;
  /** Goes on until the signal. @default false */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

interface Envelope {
  readonly timestamp: string;
  readonly instance_id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly log: { readonly payload: string; readonly type: string };
}

const FOLLOW_PAUSE = 500;
const BATCH = 1000;

/** One line as the cf command prints it. */
export function formatEnvelope({ timestamp, instance_id: instance, tags, log }: Envelope): string {
  const time = new Date(Number(BigInt(timestamp) / 1_000_000n)).toISOString();
  const source = [tags.source_type ?? '', instance].filter((part) => part !== '').join('/');
  return `${time} [${source}] ${log.type} ${Buffer.from(log.payload, 'base64').toString('utf8')}`;
}

/** The log of an application, oldest line first, as the foundation's log cache has it. */
export async function* logs(options: LogsOptions): AsyncGenerator<string> {
  const { ports, credentials } = await access(options);
  const client = await Client.login(apiUrl(ports), credentials.admin);
  const guid = await client.appGuid(options.app);
  for (let since = 0n; ;) {
    const envelopes = await client.read(guid, since);
    for (const envelope of envelopes) {
      yield formatEnvelope(envelope);
      since = BigInt(envelope.timestamp) + 1n;
    }
    if (envelopes.length === BATCH) continue;
    if (!options.follow) return;
    try {
      await wait(FOLLOW_PAUSE, undefined, { signal: options.signal });
    } catch {
      return;
    }
  }
}

class Client {
  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  static async login(url: string, { username, password }: Login): Promise<Client> {
    const response = await fetch(`${url}/uaa/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('cf:').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'password', username, password }),
    });
    const { access_token: token } = (await json(response)) as { access_token: string };
    return new Client(url, token);
  }

  async appGuid(app: string): Promise<string> {
    const { resources } = (await this.get(`/v3/apps?${new URLSearchParams({ names: app }).toString()}`)) as {
      resources: { guid: string }[];
    };
    const [first] = resources;
    if (!first) throw new Error(`there is no application ${JSON.stringify(app)}: "cf apps" lists them`);
    return first.guid;
  }

  async read(guid: string, since: bigint): Promise<Envelope[]> {
    const query = new URLSearchParams({
      start_time: String(since),
      envelope_types: 'LOG',
      limit: String(BATCH),
    });
    const body = (await this.get(`/log-cache/api/v1/read/${guid}?${query.toString()}`)) as {
      envelopes: { batch: Envelope[] };
    };
    return body.envelopes.batch;
  }

  private async get(path: string): Promise<unknown> {
    return json(await fetch(`${this.url}${path}`, { headers: { authorization: `bearer ${this.token}` } }));
  }
}

async function json(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}
