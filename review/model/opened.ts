import type { Destination } from '../../constructs/values/destination';
import { INTERNET } from './addresses';
import { Intervals } from './intervals';
import { Traffic } from './traffic';

/** A proxy takes a name to the public internet, or only to the ranges that its line names. */
export function openedBy({ ports, ranges }: Pick<Destination, 'ports' | 'ranges'>): Traffic {
  const at =
    ranges.length === 0
      ? INTERNET
      : Intervals.of(...ranges.map(({ first, prefix }) => [first, first + 2 ** (32 - prefix) - 1] as const));
  return Traffic.over('tcp', Intervals.of(...ports.map((port) => [port, port] as const)), at);
}
