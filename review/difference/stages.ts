import type { ProxyReach } from '../model/proxies';
import { Names } from '../model/names';
import type { Pair } from './change';

/** What lets through, on a day; today if none is said. */
export type Way = (day?: string) => ProxyReach;

/** A time in which nothing ends, by its last day, and what is open before and after the change in it. */
export interface Stage {
  readonly day: string;
  readonly pair: Pair<ProxyReach>;
}

/** Behind every day, as text: the time in which all that has an end is over. */
const EVER = '~';

/** From today on until all that has an end is over. */
export function stagesOf([before, after]: Pair<Way>): readonly [Stage, ...Stage[]] {
  const ends = [...new Set([...before().ends, ...after().ends])].sort();
  const [first = EVER, ...rest] = ends.length === 0 ? [] : [...ends, EVER];
  const stage = (day: string): Stage => ({ day, pair: [before(day), after(day)] });
  return [stage(first), ...rest.map(stage)];
}

/** Names, and how long they stay so. */
export interface Lasting {
  readonly names: Names;
  /** Set for what is not so today, but will be. */
  readonly lasts?: 'for longer' | 'for less long';
  readonly until?: string;
}

/**
 * What a change gains, by the last day of it: what is open ends only, so that what is gained on one day was gained on all before
 * it on which it had not been open by itself.
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

/** What a change loses later than today, by the last day on which it still is there. */
export function lost(stages: readonly Stage[], of: (pair: Pair<ProxyReach>) => Names): Lasting[] {
  const [first, ...later] = stages;
  let told = first === undefined ? Names.NONE : of(first.pair);
  return later.flatMap(({ pair }, index): Lasting[] => {
    const names = of(pair).minus(told);
    told = told.union(names);
    return names.isEmpty ? [] : [{ names, lasts: 'for less long', until: `until ${stages[index]?.day ?? ''}` }];
  });
}
