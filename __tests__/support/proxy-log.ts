import { type Entry, Marks } from '../../cli/log/line';
import { type Doubt, Reading, type Sink } from '../../cli/log/reading';
import { Traffic } from '../../cli/log/traffic';

class Entries implements Sink<Entries> {
  readonly all: Entry[] = [];

  add(entry: Entry): void {
    this.all.push(entry);
  }

  merge(other: Entries): void {
    this.all.push(...other.all);
  }
}

/** The requests in a log, and the number of lines that are ignored. */
export function readLog(
  text: string,
  of?: string,
): { entries: readonly Entry[]; doubted: Readonly<Record<Doubt, number>> } {
  const marks = new Marks(of);
  const reading = new Reading(() => new Entries());
  for (const line of text.split('\n').map((each) => marks.take(each))) if (line !== undefined) reading.take(line);
  return { entries: reading.end().all, doubted: reading.doubted };
}

export const ENTRY: Entry = {
  time: '2026-11-24T14:56:24.323Z',
  client: 'web',
  named: true,
  method: 'CONNECT',
  host: 'www.example.org',
  port: 443,
  verdict: 'allowed',
  rule: 'listed',
  received: 900,
  sent: 52_000,
};

export function trafficOf(...entries: readonly Partial<Entry>[]): Traffic {
  const traffic = new Traffic();
  for (const entry of entries) traffic.add({ ...ENTRY, ...entry });
  return traffic;
}
