import { byText } from '../../review/model/maps';
import type { Entry } from './line';
import type { Sink } from './reading';

/** What one client requested from one host, and the outcome. */
export interface Row {
  readonly client: string;
  readonly named: boolean;
  readonly host: string;
  readonly port: number;
  readonly verdict: Entry['verdict'];
  readonly rule: string;
  /** The hosts that its tunnels named instead; at most the first ten. */
  readonly tls: readonly string[];
  readonly requests: number;
  readonly bytes: number;
  readonly received: number;
  readonly sent: number;
  readonly first: string;
  readonly last: string;
}

/** Requests by verdict, and bytes from and to the client. */
export type Counts = Readonly<Record<Entry['verdict'] | 'received' | 'sent', number>>;

export type DayCounts = readonly [day: string, clientOrHost: string, counts: Counts];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The most rows of allowed requests, and the same number of others. Clients choose the names that they request: a flood
 * of refused names must neither hide what was allowed nor exhaust the memory of this command.
 */
const MOST_ROWS = 10_000;
const MOST_NAMES = 10;
/** The most days, days with clients, and days with hosts; more than ten years of days. */
const MOST_DAYS = 10_000;

export const VERDICTS = ['allowed', 'audited', 'refused', 'failed'] as const satisfies readonly Entry['verdict'][];
type Counted = Map<string, Writable<Counts>>;

/** Stands for every day, and every client or host, beyond the limit. */
const REST = 'others\nothers';
const COUNTS = [...VERDICTS, 'received', 'sent'] as const;

const ORDER: Readonly<Record<Entry['verdict'], number>> = { refused: 0, audited: 1, failed: 2, allowed: 3 };

/** Summarizes a log of any length within the memory that the limits above allow. */
export class Traffic implements Sink<Traffic> {
  requests = 0;
  /** Requests without a row, because the limit was reached. */
  readonly unlisted = { passed: 0, stopped: 0 };
  private readonly byDay: Counted = new Map();
  private readonly byDayAndClient: Counted = new Map();
  private readonly byDayAndHost = { passed: new Map() as Counted, stopped: new Map() as Counted };
  private readonly passed = new Map<string, Writable<Row>>();
  private readonly stopped = new Map<string, Writable<Row>>();

  /** @param most rows of either kind, for tests */
  constructor(private readonly most = MOST_ROWS) {}

  add({ client, named, host, port, verdict, rule, tls, time, received, sent }: Entry): void {
    const names = tls === undefined ? [] : [tls];
    const counts = { requests: 1, received, sent, bytes: received + sent, first: time, last: time };
    this.count({ client, named, host, port, verdict, rule, tls: names, ...counts });
    const day = time.slice(0, 10);
    for (const counts of [
      this.of(this.byDay, day),
      this.of(this.byDayAndClient, `${day}\n${client}`),
      this.of(this.byDayAndHost[kindOf(verdict)], `${day}\n${host}:${port}`),
    ]) {
      counts[verdict] += 1;
      counts.received += received;
      counts.sent += sent;
    }
  }

  merge(other: Traffic): void {
    for (const rows of [other.passed, other.stopped]) for (const row of rows.values()) this.count(row);
    for (const kind of ['passed', 'stopped'] as const) {
      this.unlisted[kind] += other.unlisted[kind];
      this.requests += other.unlisted[kind];
    }
    for (const [own, more] of [
      [this.byDay, other.byDay],
      [this.byDayAndClient, other.byDayAndClient],
      [this.byDayAndHost.passed, other.byDayAndHost.passed],
      [this.byDayAndHost.stopped, other.byDayAndHost.stopped],
    ] as const) {
      for (const [key, counts] of more) for (const what of COUNTS) this.of(own, key)[what] += counts[what];
    }
  }

  /** One row per client, host and verdict: refused ones first, then audited ones, and by the number of requests. */
  rows(): Row[] {
    return [...this.stopped.values(), ...this.passed.values()].sort(
      (a, b) =>
        ORDER[a.verdict] - ORDER[b.verdict] ||
        b.requests - a.requests ||
        byText(`${a.client} ${a.host} ${a.port}`, `${b.client} ${b.host} ${b.port}`),
    );
  }

  /** In order, in UTC. */
  get days(): readonly (readonly [day: string, counts: Counts])[] {
    return [...this.byDay].sort(([a], [b]) => byText(a, b));
  }

  get clientDays(): readonly DayCounts[] {
    return inOrder(this.byDayAndClient);
  }

  /** A host that was both allowed and refused on a day occurs twice. */
  get hostDays(): readonly DayCounts[] {
    return [...inOrder(this.byDayAndHost.passed), ...inOrder(this.byDayAndHost.stopped)].sort(
      ([a, one], [b, other]) => byText(a, b) || byText(one, other),
    );
  }

  private count(more: Row): void {
    this.requests += more.requests;
    const kind = kindOf(more.verdict);
    // None of these contains a line break.
    const key = `${more.client}\n${more.host}\n${more.port}\n${more.verdict}\n${more.rule}`;
    const row = this[kind].get(key);
    if (row === undefined) {
      if (this[kind].size < this.most) this[kind].set(key, { ...more });
      else this.unlisted[kind] += more.requests;
      return;
    }
    row.requests += more.requests;
    row.received += more.received;
    row.sent += more.sent;
    row.bytes += more.bytes;
    if (more.first < row.first) row.first = more.first;
    if (more.last > row.last) row.last = more.last;
    for (const name of more.tls) {
      if (row.tls.length < MOST_NAMES && !row.tls.includes(name)) row.tls = [...row.tls, name];
    }
  }

  /** Everything beyond the limit is counted together. */
  private of(all: Counted, key: string): Writable<Counts> {
    const known = all.get(key);
    if (known !== undefined) return known;
    if (all.size >= MOST_DAYS && key !== REST) return this.of(all, REST);
    const counts = { allowed: 0, audited: 0, refused: 0, failed: 0, received: 0, sent: 0 };
    all.set(key, counts);
    return counts;
  }
}

function kindOf(verdict: Entry['verdict']): 'passed' | 'stopped' {
  return verdict === 'allowed' || verdict === 'audited' ? 'passed' : 'stopped';
}

function inOrder(all: Counted): DayCounts[] {
  return [...all]
    .sort(([a], [b]) => byText(a, b))
    .map(([key, counts]) => {
      const [day = '', what = ''] = key.split('\n');
      return [day, what, counts] as const;
    });
}
