import { EVERY_PORT } from '../model/rule-list';
import { OTHER_APPLICATION, SOME_APPLICATION, type Origin, type Policy } from '../model/facts';
import { Intervals } from '../model/intervals';
import { grouped, remember } from '../model/maps';
import type { Model } from '../model/model';
import { printPolicy } from '../model/traffic';
import { both, stamp, UNLESS, type Change } from './change';

/** All policies from one application to another for one protocol. */
interface Edge {
  readonly source: string;
  readonly destination: string;
  readonly protocol: Policy['protocol'];
  readonly origin: Origin;
  certain: Intervals;
  /** By token. */
  unknown?: Map<string, { readonly because: string; readonly ports: Intervals; readonly origin: Origin }>;
}

/** Which application may connect to which. */
export function policyChanges(before: Model, after: Model): Change[] {
  const [had, has] = [edges(before), edges(after)];
  const anybody = [...has.values()].filter(
    ({ source, destination }) => source === SOME_APPLICATION || destination === OTHER_APPLICATION,
  );
  return both(had, has).flatMap((key): Change[] => {
    const [old, now] = [had.get(key), has.get(key)];
    const edge = now ?? old;
    if (edge === undefined) return [];
    const { source, destination: via, protocol, origin } = edge;
    const opened = (now?.certain ?? Intervals.NONE).minus(old?.certain ?? Intervals.NONE);
    const closed = (old?.certain ?? Intervals.NONE).minus(now?.certain ?? Intervals.NONE);
    const change = { way: 'policy' as const, who: [source], via, origin };
    const unknown = [...(now?.unknown ?? [])].flatMap(([token, { because, ports, origin: by }]): Change[] => {
      const more = [old?.certain, old?.unknown?.get(token)?.ports, now?.certain].reduce<Intervals>(
        (left, told) => left.minus(told ?? Intervals.NONE),
        ports,
      );
      if (more.isEmpty) return [];
      const what = ports.covers(EVERY_PORT) ? 'something unknown' : printPolicy(protocol, more);
      return [{ ...change, verdict: 'unknown', what, note: because, token, origin: by }];
    });
    const printOpened = (ports: Intervals): string =>
      printPolicy(protocol, ports) + (after.proxies.answersMetrics(via, ports) ? ', its metrics' : '');
    // Several entries of a list that may be for the same two applications become one row.
    const alike = grouped(unknown, ({ what, note }) => JSON.stringify([what, note]));
    const unless = anybody.some((other) => other !== edge && mayBe(other, edge)) ? { note: UNLESS } : {};
    return [
      ...(opened.isEmpty ? [] : [{ ...change, verdict: 'opens' as const, what: printOpened(opened) }]),
      ...(closed.isEmpty || now?.unknown !== undefined
        ? []
        : [{ ...change, verdict: 'closes' as const, what: printPolicy(protocol, closed), ...unless }]),
      ...[...alike.values()].flatMap(([first, ...more]) =>
        first === undefined ? [] : [{ ...first, token: stamp([first, ...more].map(({ token }) => token).join()) }],
      ),
    ];
  });
}

function edges(model: Model): ReadonlyMap<string, Edge> {
  const index = new Map<string, Edge>();
  for (const { source, destination, protocol, ports, unknown, origin } of model.policies) {
    const edge = remember(index, JSON.stringify([source, destination, protocol]), (): Edge => {
      return { source, destination, protocol, origin, certain: Intervals.NONE };
    });
    if (unknown === undefined) edge.certain = edge.certain.union(ports);
    else {
      edge.unknown ??= new Map();
      const known = edge.unknown.get(unknown.token)?.ports ?? Intervals.NONE;
      edge.unknown.set(unknown.token, { because: unknown.because, ports: known.union(ports), origin });
    }
  }
  return index;
}

/** Whether an edge with unknown ends may be this one. */
function mayBe(some: Edge, edge: Edge): boolean {
  return (
    some.protocol === edge.protocol &&
    [SOME_APPLICATION, edge.source].includes(some.source) &&
    [OTHER_APPLICATION, edge.destination].includes(some.destination)
  );
}
