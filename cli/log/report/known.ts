import type { Row, Traffic } from '../traffic';

/** Increases with every change of the format that isn't an addition. */
const VERSION = 1;
const KIND = 'traffic';
/** The most names of either kind that a report passes on to the next one. */
const MOST_KNOWN = 50_000;

/** The HOST:PORT pairs that earlier reports contain; those let through are separate from those that weren't. */
export interface Known {
  readonly at: string;
  readonly passed: readonly string[];
  readonly stopped: readonly string[];
}

interface Handover extends Known {
  readonly version: typeof VERSION;
  readonly kind: typeof KIND;
}

const nameOf = ({ host, port }: Row): string => `${host}:${port}`;
export const passes = ({ verdict }: Pick<Row, 'verdict'>): boolean => verdict === 'allowed' || verdict === 'audited';

/** Rows whose host is new in this outcome: a host that was always refused and is now let through is new. */
export function fresh(rows: readonly Row[], { passed, stopped }: Known): Row[] {
  const through = new Set(passed);
  const any = new Set([...passed, ...stopped]);
  return rows.filter((row) => !(passes(row) ? through : any).has(nameOf(row)));
}

export function handover(traffic: Traffic, at: Date, known?: Known): Handover {
  const rows = traffic.rows();
  const all = (before: readonly string[] = [], more: readonly Row[]): string[] =>
    [...new Set([...before, ...more.map(nameOf)])].slice(0, MOST_KNOWN);
  return {
    version: VERSION,
    kind: KIND,
    at: at.toISOString(),
    passed: all(known?.passed, rows.filter(passes)),
    stopped: all(
      known?.stopped,
      rows.filter((row) => !passes(row)),
    ),
  };
}

/** @throws for a page that isn't a report */
export function readKnown(page: string): Known {
  const [, json = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
  const read = parse(json);
  const texts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((each) => typeof each === 'string');
  const { version, kind, at, passed, stopped } = (read ?? {}) as Record<string, unknown>;
  if (kind !== KIND || typeof at !== 'string' || !texts(passed) || !texts(stopped)) {
    throw new Error('it is not a report of this command: give one that log --report has written');
  }
  if (version !== VERSION) throw new Error(`it has version ${String(version)}, not ${VERSION}: create it again`);
  return { at, passed, stopped };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
