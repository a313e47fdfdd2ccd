import type { Entry } from './entry';

/** What one client asked of one host, and what became of it. */
export interface Row {
  readonly client: string;
  readonly named: boolean;
  readonly host: string;
  readonly port: number;
  readonly verdict: Entry['verdict'];
  readonly rule: string;
  /** The hosts that its tunnels named instead. */
  readonly tls: readonly string[];
  readonly requests: number;
  readonly bytes: number;
  readonly last: string;
}

const ORDER: Readonly<Record<Entry['verdict'], number>> = { refused: 0, audited: 1, failed: 2, allowed: 3 };

/** One row for each client, host and verdict: what was refused first, then what would have been, and of that what was asked for most. */
export function summarize(entries: Iterable<Entry>): Row[] {
  const rows = new Map<string, Row>();
  for (const { client, named, host, port, verdict, rule, tls, time, received, sent } of entries) {
    const key = [client, host, port, verdict, rule].join(' ');
    const row = rows.get(key) ?? {
      ...{ client, named, host, port, verdict, rule },
      ...{ tls: [], requests: 0, bytes: 0, last: time },
    };
    rows.set(key, {
      ...row,
      tls: tls === undefined || row.tls.includes(tls) ? row.tls : [...row.tls, tls],
      requests: row.requests + 1,
      bytes: row.bytes + received + sent,
      last: time > row.last ? time : row.last,
    });
  }
  return [...rows.values()].sort(
    (a, b) =>
      ORDER[a.verdict] - ORDER[b.verdict] ||
      b.requests - a.requests ||
      compare(`${a.client} ${a.host} ${a.port}`, `${b.client} ${b.host} ${b.port}`),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
