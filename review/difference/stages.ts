import type { ProxyReach } from '../model/proxies';
import { Names } from '../model/names';
import type { Pair } from './change';

/** What a proxy lets through on a given day; by default, today. */
export type Way = (day?: string) => ProxyReach;

/** A period in which nothing expires, given by its last day, and what is open in it before and after the change. */
export interface Stage {
  readonly day: string;
  readonly pair: Pair<ProxyReach>;
}

/** Sorts after every day: the period in which everything with an end has expired. */
const EVER = '~';

/** The periods from today until everything with an end has expired. */
export function stagesOf([before, after]: Pair<Way>): readonly [Stage, ...Stage[]] {
  const ends = [...new Set([...before().ends, ...after().ends])].sort();
  const [first = EVER, ...rest] = ends.length === 0 ? [] : [...ends, EVER];
  const stage = (day: string): Stage => ({ day, pair: [before(day), after(day)] });
  return [stage(first), ...rest.map(stage)];
}

/** Names and how long they are open. */
export interface Lasting {
  readonly names: Names;
  /** Set for a difference that begins later than today. */
  readonly lasts?: 'for longer' | 'for a shorter time';
  readonly until?: string;
}

/**
 * What a change gains, by its last day. Destinations only ever expire, so something gained on one day is gained on
 * every earlier day on which it wasn't open anyway.
 *
 * @param now what is gained today
 */
export function gained(stages: readonly Stage[], now: Names, of: (pair: Pair<ProxyReach>) => Names): Lasting[] {
  let told = Names.NONE;
  return [...stages].reverse().flatMap(({ day, pair }): Lasting[] => {
    const names = of(pair).minus(told);
    told = told.union(names);
    const ends = day === EVER ? undefined : `until ${day}`;
    return [
      { names: names.intersect(now), until: ends },
      { names: names.minus(now), lasts: 'for longer' as const, until: ends ?? 'without an end' },
    ].filter((part) => !part.names.isEmpty);
  });
}

/** What a change loses later than today, by the last day on which it is still open. */
export function lost(stages: readonly Stage[], of: (pair: Pair<ProxyReach>) => Names): Lasting[] {
  const [first, ...later] = stages;
  let told = first === undefined ? Names.NONE : of(first.pair);
  return later.flatMap(({ pair }, index): Lasting[] => {
    const names = of(pair).minus(told);
    told = told.union(names);
    return names.isEmpty ? [] : [{ names, lasts: 'for a shorter time', until: `until ${stages[index]?.day ?? ''}` }];
  });
}
