import { REQUESTS_AT_ONCE, REQUEST_TIMEOUT_MS, REQUEST_TRIES, LONGEST_RATE_LIMIT_MS } from './limits';
/** How requests are sent: a few at once, and again where the platform asks to wait. */

/** Answers that stand for a moment only, as while an instance of the API is replaced. */
const PASSING: readonly number[] = [502, 503, 504];

/** A request that did not come to an answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** What an answer says; from a portal in front of the API, or cut off, it is no JSON. */
export function jsonIn({ url, status }: Response, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new NoAnswer(
      `${url} answers ${status} with what is no JSON, or cut off: see that CF_API_URL is the API itself, and run the command again`,
    );
  }
}

export interface Waiting {
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly now: () => number;
  /** Told before a wait of more than a few seconds. */
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
  /** Until when nobody asks: a limit holds for all requests of an account. */
  private pausedUntil = 0;

  constructor(
    private readonly waiting: Waiting = WAITING,
    private readonly fetching: typeof fetch = fetch,
  ) {}

  /** The answer, whatever its status, once the platform has stopped asking to wait. */
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

  /** Others may have been told meanwhile to wait for longer. */
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
        `${new URL(url).host} asks to wait ${Math.ceil(milliseconds / 1000)} s, for its limit of requests`,
      );
    }
    this.pausedUntil = until;
  }

  private async once(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.fetching(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    } catch (error) {
      throw new NoAnswer(`${url} does not answer (${reasonOf(error)}): is CF_API_URL right, and the foundation up?`);
    }
  }
}

/** Whatever it says, the platform is not asked without a pause: `0`, a date in the past, and `-5`, which Date.parse takes for one. */
const SHORTEST_WAIT_MS = 1000;

function waitOf(response: Response, now: number, tries: number): number {
  return Math.max(SHORTEST_WAIT_MS, askedFor(response, now, tries));
}

/** What the answer asks for: seconds, a date, or when the limit starts again; else a second more with each try. */
function askedFor({ headers }: Response, now: number, tries: number): number {
  const after = headers.get('retry-after') ?? '';
  if (/^\d+$/.test(after)) return Number(after) * 1000;
  const date = Date.parse(after);
  if (!Number.isNaN(date)) return date - now;
  const reset = Number(headers.get('x-ratelimit-reset') ?? NaN);
  return Number.isNaN(reset) ? 2 ** (tries - 1) * 1000 : reset * 1000 - now;
}

/** Node's fetch says "fetch failed", and the reason in the cause. By shape: a test's realm has an Error of its own. */
const reasonOf = (error: unknown): string =>
  (error as { readonly cause?: { readonly message?: string } }).cause?.message ?? String(error);
