import type { Origin } from '../model/facts';
import { Intervals } from '../model/intervals';
import { remember, type Model } from '../model/model';
import { printPorts } from '../model/traffic';
import { both, type Change } from './change';

/** Which application may connect to which. */
export function policyChanges(before: Model, after: Model): Change[] {
  const edges = (
    model: Model,
  ): Map<
    string,
    {
      source: string;
      destination: string;
      protocol: string;
      certain: Intervals;
      unknown: Map<string, string>;
      origin: Origin;
    }
  > => {
    const index: ReturnType<typeof edges> = new Map();
    for (const { source, destination, protocol, ports, unknown, origin } of model.policies) {
      const edge = remember(index, `${source} ${destination} ${protocol}`, () => ({
        source,
        destination,
        protocol,
        certain: Intervals.NONE,
        unknown: new Map<string, string>(),
        origin,
      }));
      if (unknown === undefined) edge.certain = edge.certain.union(ports);
      else edge.unknown.set(unknown.token, unknown.because);
    }
    return index;
  };
  const [had, has] = [edges(before), edges(after)];
  return both(had, has).flatMap((key): Change[] => {
    const [old, now] = [had.get(key), has.get(key)];
    const edge = now ?? old;
    if (edge === undefined) return [];
    const { source: who, destination: via, protocol, origin } = edge;
    const opened = (now?.certain ?? Intervals.NONE).minus(old?.certain ?? Intervals.NONE);
    const closed = (old?.certain ?? Intervals.NONE).minus(now?.certain ?? Intervals.NONE);
    const unknown = [...(now?.unknown ?? [])].filter(([token]) => old?.unknown.has(token) !== true);
    const change = { way: 'policy' as const, who, via, origin };
    return [
      ...(opened.isEmpty ? [] : [{ ...change, verdict: 'opens' as const, what: `${protocol} ${printPorts(opened)}` }]),
      ...(closed.isEmpty || (now?.unknown.size ?? 0) > 0
        ? []
        : [{ ...change, verdict: 'closes' as const, what: `${protocol} ${printPorts(closed)}` }]),
      ...unknown.map(([, because]) => ({
        ...change,
        verdict: 'unknown' as const,
        what: 'something unknown',
        note: because,
      })),
    ];
  });
}
