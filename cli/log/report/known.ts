import type { Row, Traffic } from '../traffic';

/** Grows with every change of the form that is not an addition. */
const VERSION = 1;
const KIND = 'traffic';
/** Names of either kind that a report hands on to the next one. */
const MOST_KNOWN = 50_000;

/** What reports until now have seen, as HOST:PORT; what was let through apart from what was not. */
export interface Known {
  readonly at: string;
  readonly passed: readonly string[];
  readonly stopped: readonly string[];
}

/** What a report says to the next one. */
export interface Handover extends Known {
  readonly version: typeof VERSION;
  readonly kind: typeof KIND;
}

const nameOf = ({ host, port }: Row): string => `${host}:${port}`;
export const passes = ({ verdict }: Pick<Row, 'verdict'>): boolean => verdict === 'allowed' || verdict === 'audited';

/** The rows whose host the reports until now have not seen so: one that was always refused and is let through now is new. */
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

/** @throws for a page that is no report */
export function readKnown(page: string): Known {
  const [, json = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
  const read = parse(json);
  const texts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((each) => typeof each === 'string');
  const { version, kind, at, passed, stopped } = (read ?? {}) as Record<string, unknown>;
  if (kind !== KIND || typeof at !== 'string' || !texts(passed) || !texts(stopped)) {
    throw new Error('it is not a report of this command: give one that log --report has written');
  }
  if (version !== VERSION) throw new Error(`it has version ${String(version)} and not ${VERSION}: create it again`);
  return { at, passed, stopped };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
