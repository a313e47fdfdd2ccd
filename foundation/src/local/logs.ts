import { setTimeout as wait } from 'node:timers/promises';
import { access } from './environment';
import { BATCH, type Envelope, LogClient } from './log-client';
import { apiUrl } from './plan';

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
   * Whether to continue until the signal.
   *
   * @default false
   */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
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
    try {
      await wait(FOLLOW_PAUSE, undefined, { signal: options.signal });
    } catch {
      return;
    }
  }
}
