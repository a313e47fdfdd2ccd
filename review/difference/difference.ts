import { type Audit, auditLine, describeAudit, later } from '../../constructs/audit';
import { INTERNET, printAddresses } from '../model/addresses';
import type { Origin, Stage } from '../model/facts';
import { Intervals } from '../model/intervals';
import { grouped, remember, type Model, type ProxyReach } from '../model/model';
import { Names, type Part as NamesPart } from '../model/names';
import { Reach, type Unknown } from '../model/reach';
import { printPorts } from '../model/traffic';

export const WAYS = ['direct', 'policy', 'proxy', 'route', 'staging'] as const;
export type Way = (typeof WAYS)[number];

/** Everyone on the internet, where somebody's id belongs. */
export const ANYONE = 'anyone';

/** One thing that somebody can reach now and could not before, or the reverse. */
export interface Change {
  readonly verdict: 'opens' | 'closes' | 'unknown';
  readonly way: Way;
  /** Id of an application; of a space without any; or {@link ANYONE}. */
  readonly who: string;
  readonly what: string;
  /** Id of the proxy, or of the application behind a route. */
  readonly via?: string;
  readonly note?: string;
  /** What in the code does it, as far as one thing does. */
  readonly origin?: Origin;
}

/** What an application's reach was, to which the difference is made, and is; one of the two is missing for a new one. */
type Pair<T> = readonly [before: T, after: T];

type Part = Pick<Change, 'verdict' | 'what' | 'note'>;

/** Who can reach what that could not before, and who can't any more. Pure: two models in, the changes out. */
export function difference(before: Model, after: Model): Change[] {
  return [
    ...egressChanges(before, after, 'running'),
    ...policyChanges(before, after),
    ...proxyChanges(before, after),
    ...routeChanges(before, after),
    ...egressChanges(before, after, 'staging'),
  ];
}

/** Whether the changes need an approval: what is unknown is never taken for safe. */
export function widens(changes: readonly Pick<Change, 'verdict'>[]): boolean {
  return changes.some(({ verdict }) => verdict !== 'closes');
}

function egressChanges(before: Model, after: Model, stage: Stage): Change[] {
  const way = stage === 'running' ? 'direct' : 'staging';
  const cache = new Map<Reach, Map<Reach, Part[]>>();
  const changed = (pair: Pair<Reach>): Part[] =>
    remember(
      remember(cache, pair[0], () => new Map<Reach, Part[]>()),
      pair[1],
      () => reachChanges(pair),
    );

  return both(before.spaces, after.spaces).flatMap((space) => {
    const reach = (model: Model): Reach => (model.spaces.has(space) ? model.egress(space, stage) : Reach.NONE);
    const stages = (model: Model, id: string): boolean =>
      stage === 'running' || model.applications.get(id)?.lifecycle !== 'docker';
    const members = both(
      new Map(before.applicationsIn(space).map((application) => [application.id, application])),
      new Map(after.applicationsIn(space).map((application) => [application.id, application])),
    ).filter((id) => stages(after.applications.has(id) ? after : before, id));
    if (members.length === 0) {
      const empty = before.applicationsIn(space).length + after.applicationsIn(space).length === 0;
      return empty ? changed([reach(before), reach(after)]).map((part) => ({ ...part, way, who: space })) : [];
    }
    return members.flatMap((who) => {
      const of = (model: Model): Reach => (model.applications.has(who) ? reach(model) : Reach.NONE);
      return changed([of(before), of(after)]).map((part) => ({ ...part, way, who }));
    });
  });
}

/** What opens or closes with something that was not read; the reason is a note. */
function ofUnknown(verdict: Change['verdict'], { because, opens }: Unknown): Part {
  return opens === true ? { verdict, what: because } : { verdict, what: 'something unknown', note: because };
}

/** What is unknown after the change may still open what the known part closes. */
const UNLESS = 'unless something that is not known here opens it';

function reachChanges([before, after]: Pair<Reach>): Part[] {
  if (before === after) return [];
  const tokens = (reach: Reach): Set<string> => new Set(reach.unknown.map(({ token }) => token));
  const [had, has] = [tokens(before), tokens(after)];
  const opened = after.known.minus(before.known);
  const closed = before.known.minus(after.known);
  const appeared = after.unknown.filter(
    ({ token, atMost }) => !had.has(token) && (atMost === undefined || !before.known.covers(atMost)),
  );
  return [
    ...opened.describe().map((what) => ({ verdict: 'opens' as const, what })),
    ...closed.describe().map((what) => ({
      verdict: 'closes' as const,
      what,
      ...(after.possible?.intersect(closed).isEmpty !== true && { note: UNLESS }),
    })),
    ...appeared.map((unknown) => ofUnknown(unknown.opens === true ? 'opens' : 'unknown', unknown)),
    ...before.unknown.filter(({ token }) => !has.has(token)).map((unknown) => ofUnknown('closes', unknown)),
  ];
}

function policyChanges(before: Model, after: Model): Change[] {
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

function proxyChanges(before: Model, after: Model): Change[] {
  const cache = new Map<string, ProxyDifference>();
  const all = both(
    new Map(before.policies.map(({ source }) => [source, true])),
    new Map(after.policies.map(({ source }) => [source, true])),
  );
  return all.flatMap((who) => {
    const [had, has] = [before.proxiesOf(who), after.proxiesOf(who)];
    const others = (model: Model, proxies: ReadonlyMap<string, unknown>, not: string): Names[] =>
      [...proxies.keys()].filter((proxy) => proxy !== not).map((proxy) => model.through(proxy, who).names);
    return both(had, has).flatMap((via) => {
      const [could, can] = [had.get(via), has.get(via)];
      const apart = before.tellsApart(via) || after.tellsApart(via);
      const found = remember(cache, `${via} ${could ?? ''} ${can ?? ''} ${apart ? who : ''}`, () =>
        throughDifference([
          could === undefined ? NOTHING : before.through(via, who),
          can === undefined ? NOTHING : after.through(via, who),
        ]),
      );
      if (found.length === 0) return [];
      const parts = proxyParts(found, can === 'unknown', others(before, had, via), others(after, has, via));
      return parts.map((part) => ({ ...part, way: 'proxy' as const, who, via }));
    });
  });
}

const NOTHING: ProxyReach = { names: Names.NONE, maybe: Names.NONE, unknown: [] };

interface ProxyDifference {
  /** Of the parts below together. */
  readonly length: number;
  readonly opens: readonly NamesPart[];
  readonly closes: readonly (NamesPart & { readonly stillOpen: boolean })[];
  readonly maybe: readonly NamesPart[];
  readonly unknown: readonly Unknown[];
  readonly audit: Pair<Audit | undefined>;
}

/** The same for all clients of a proxy that does not tell them apart, so it is worked out once. */
function throughDifference([before, after]: Pair<ProxyReach>): ProxyDifference {
  const had = new Set(before.unknown.map(({ token }) => token));
  const opens = after.names.minus(before.names).parts();
  const closes = before.names
    .minus(after.names)
    .parts()
    .map((part) => ({
      ...part,
      stillOpen: after.unknown.length > 0 || !Names.part(part).intersect(after.maybe).isEmpty,
    }));
  const maybe = after.maybe.minus(before.names.union(before.maybe, after.names)).parts();
  const unknown = after.unknown.filter(({ token }) => !had.has(token));
  const audit: Pair<Audit | undefined> = [before.audit, after.audit];
  const length = opens.length + closes.length + maybe.length + unknown.length + moved(audit).length;
  return { opens, closes, maybe, unknown, audit, length };
}

/** What is different for one client, whose other proxies may have led there before, or still do. */
function proxyParts(
  { opens, closes, maybe, unknown, audit }: ProxyDifference,
  uncertain: boolean,
  otherBefore: readonly Names[],
  otherAfter: readonly Names[],
): Part[] {
  const covered = (others: readonly Names[], part: NamesPart): boolean =>
    others.length > 0 && Names.NONE.union(...others).covers(Names.part(part));
  return [
    ...printed(
      uncertain ? 'unknown' : 'opens',
      opens.map((part) => ({
        ...part,
        note: covered(otherBefore, part) ? 'reached it by another proxy before' : auditOf(part, audit[1]),
      })),
    ),
    ...printed(
      'closes',
      closes.map(({ stillOpen, ...part }) => ({
        ...part,
        note: stillOpen
          ? UNLESS
          : covered(otherAfter, part)
            ? 'still reaches it by another proxy'
            : auditOf(part, audit[0]),
      })),
    ),
    ...printed('unknown', maybe),
    ...moved(audit),
    ...unknown.map((one) => ofUnknown('unknown', one)),
  ];
}

const EVERY_NAME = '.';
const EVERY_PORT = Intervals.of([1, 65535]);

function auditOf({ pattern }: NamesPart, audit: Audit | undefined): string | undefined {
  return pattern === EVERY_NAME && audit !== undefined ? describeAudit(audit) : undefined;
}

/** An audit that ends on another day opens nothing today, and all that is public for longer. */
function moved([before, after]: Pair<Audit | undefined>): Part[] {
  if (before === undefined || after === undefined || auditLine(before) === auditLine(after)) return [];
  const verdict = later(before, after) === after ? 'opens' : 'closes';
  return [
    {
      verdict,
      what: `everything public for ${verdict === 'opens' ? 'longer' : 'less long'}`,
      note: `${describeAudit(after)}, not ${describeAudit(before)}`,
    },
  ];
}

/**
 * `api.example.gov:443`, ports of one name together; with what is left out of a domain, and with the addresses if they are
 * not the whole internet.
 */
function printed(verdict: Change['verdict'], parts: readonly (NamesPart & { note?: string })[]): Part[] {
  const groups = grouped(parts, ({ pattern, exceptions, at, note = '' }) => {
    const but = exceptions.length === 0 ? '' : ` but ${exceptions.join(', ')}`;
    const where = at.covers(INTERNET) ? '' : ` at ${printAddresses(at).join(', ')}`;
    return [pattern, `${but}${where}`, note].join('\n');
  });
  return [...groups].map(([key, same]) => {
    const [pattern = '', rest = '', note = ''] = key.split('\n');
    const ports = Intervals.of(...same.map((part) => part.ports));
    const all = pattern === EVERY_NAME && rest === '' && ports.covers(EVERY_PORT);
    const what = all
      ? 'everything public'
      : `${pattern === EVERY_NAME ? 'any name' : pattern}:${printPorts(ports)}${rest}`;
    return { verdict, what, ...(note !== '' && { note }) };
  });
}

function routeChanges(before: Model, after: Model): Change[] {
  const open = (model: Model): Map<string, Change> =>
    new Map(
      model.routes
        .filter(({ internal }) => internal !== 'yes')
        .flatMap(({ url, internal, applications, origin }) =>
          applications.map((via): [string, Change] => [
            `${url} ${via}`,
            { verdict: internal === 'no' ? 'opens' : 'unknown', way: 'route', who: ANYONE, what: url, via, origin },
          ]),
        ),
    );
  const [had, has] = [open(before), open(after)];
  return both(had, has).flatMap((key): Change[] => {
    const [old, now] = [had.get(key), has.get(key)];
    if (now !== undefined) return old?.verdict === now.verdict || old?.verdict === 'opens' ? [] : [now];
    return old === undefined ? [] : [{ ...old, verdict: 'closes' }];
  });
}

function both(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort();
}
