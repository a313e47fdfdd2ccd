import { REQUESTS_AT_ONCE, REQUEST_TIMEOUT_MS, REQUEST_TRIES, LONGEST_RATE_LIMIT_MS } from './limits';
/** Sends requests: a few at a time, and again if the platform asks to wait. */

/** Temporary statuses, for example while an instance of the API is replaced. */
const PASSING: readonly number[] = [502, 503, 504];

export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Parses an answer; one from a portal in front of the API, or one that was cut off, isn't JSON. */
export function jsonIn({ url, status }: Response, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new NoAnswer(
      `${url} answered ${status}, but not with complete JSON: check that CF_API_URL is the API itself, and run the command again`,
    );
  }
}

export interface Waiting {
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly now: () => number;
  /** Called before a wait of more than a few seconds. */
  readonly tell: (text: string) => void;
}

const WAITING: Waiting = {
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  now: () => Date.now(),
  tell: (text) => process.stderr.write(`${text}\n`),
};

export class Requests {
  private running = 0;
  private readonly queue: (() => void)[] = [];
  /** Until when all requests pause: a rate limit applies to the whole account. */
  private pausedUntil = 0;

  constructor(
    private readonly waiting: Waiting = WAITING,
    private readonly fetching: typeof fetch = fetch,
  ) {}

  /** The answer, whatever its status, once the platform no longer asks to wait. */
  async send(url: string, init: RequestInit = {}): Promise<Response> {
    await this.turn();
    try {
      return await this.patiently(url, init);
    } finally {
      this.running -= 1;
      this.queue.shift()?.();
    }
  }

  private async turn(): Promise<void> {
    if (this.running >= REQUESTS_AT_ONCE) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.running += 1;
  }

  private async patiently(url: string, init: RequestInit): Promise<Response> {
    const repeats = (init.method ?? 'GET') === 'GET';
    const started = this.waiting.now();
    for (let tries = 1; ; tries += 1) {
      await this.pause();
      const response = await this.once(url, init);
      const again = response.status === 429 || (repeats && PASSING.includes(response.status) && tries < REQUEST_TRIES);
      const wait = again ? waitOf(response, this.waiting.now(), tries) : 0;
      if (!again || this.waiting.now() + wait - started > LONGEST_RATE_LIMIT_MS) return response;
      await response.body?.cancel();
      this.waitFor(wait, url);
    }
  }

  /** Waits again if another request was told to wait longer. */
  private async pause(): Promise<void> {
    for (;;) {
      const left = this.pausedUntil - this.waiting.now();
      if (left <= 0) return;
      await this.waiting.sleep(left);
    }
  }

  private waitFor(milliseconds: number, url: string): void {
    const until = this.waiting.now() + milliseconds;
    if (until <= this.pausedUntil) return;
    if (milliseconds > 5000) {
      this.waiting.tell(
        `${new URL(url).host} asks to wait ${Math.ceil(milliseconds / 1000)} s, because of its rate limit`,
      );
    }
    this.pausedUntil = until;
  }

  private async once(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.fetching(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    } catch (error) {
      throw new NoAnswer(
        `${url} does not answer (${reasonOf(error)}): check CF_API_URL, and that the foundation is up`,
      );
    }
  }
}

/** Requests always pause, even if the answer says `0`, a date in the past, or `-5`, which Date.parse reads as a date. */
const SHORTEST_WAIT_MS = 1000;

function waitOf(response: Response, now: number, tries: number): number {
  return Math.max(SHORTEST_WAIT_MS, askedFor(response, now, tries));
}

/** How long the answer asks to wait: seconds, a date, or the limit's reset; otherwise twice as long with each attempt. */
function askedFor({ headers }: Response, now: number, tries: number): number {
  const after = headers.get('retry-after') ?? '';
  if (/^\d+$/.test(after)) return Number(after) * 1000;
  const date = Date.parse(after);
  if (!Number.isNaN(date)) return date - now;
  const reset = Number(headers.get('x-ratelimit-reset') ?? NaN);
  return Number.isNaN(reset) ? 2 ** (tries - 1) * 1000 : reset * 1000 - now;
}

/**
 * Node's fetch reports "fetch failed" and puts the reason in the cause. Checked by shape, because a test's realm has
 * its own Error.
 */
const reasonOf = (error: unknown): string =>
  (error as { readonly cause?: { readonly message?: string } }).cause?.message ?? String(error);
