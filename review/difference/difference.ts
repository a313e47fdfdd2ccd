import { type Change, ANYONE, both, stamp, type Verdict, ANY_CLIENT, UNLESS } from './change';
import { egressChanges } from './egress';
import { programChanges, type Trust } from './programs';
import { proxyChanges } from './proxies';
import { OTHER_APPLICATION, SOME_APPLICATION, type Origin, type Policy } from '../model/facts';
import { Intervals } from '../model/intervals';
import { grouped, remember } from '../model/maps';
import type { Model } from '../model/model';
import { EVERY_PORT } from '../model/rule-list';
import { printPolicy } from '../model/traffic';
import { DEFAULT_SETTINGS } from '../settings';

/** Who can reach what now and couldn't before, and who no longer can. A pure function of two models. */
export function difference(before: Model, after: Model, trust: Trust = DEFAULT_SETTINGS): Change[] {
  return [
    ...egressChanges(before, after, 'running'),
    ...policyChanges(before, after),
    ...proxyChanges(before, after),
    ...programChanges(before, after, trust),
    ...credentialChanges(before, after),
    ...routeChanges(before, after),
    ...grantChanges(before, after),
    ...shellChanges(before, after),
    ...egressChanges(before, after, 'staging'),
  ];
}

/** Whether the changes need an approval. Unknown changes do. */
export function widens(changes: readonly Pick<Change, 'verdict'>[]): boolean {
  return changes.some(({ verdict }) => verdict !== 'closes');
}

/** What everyone on the internet reaches. */
function routeChanges(before: Model, after: Model): Change[] {
  const open = (model: Model): Map<string, Change> =>
    new Map(
      model.routes
        .filter(({ internal }) => internal !== 'yes')
        .flatMap(({ url, internal, applications, possible = [], token, origin }) => {
          const change = (via: string, certain: boolean): [string, Change] => [
            JSON.stringify([url, via]),
            { verdict: certain ? 'opens' : 'unknown', way: 'route', who: [ANYONE], what: url, via, origin },
          ];
          return [
            ...possible.map((via): [string, Change] => {
              const [key, some] = change(via, false);
              return [key, { ...some, ...(token !== undefined && { token: stamp(token) }) }];
            }),
            ...applications.map((via) => change(via, internal === 'no')),
          ];
        }),
    );
  return changesOf(open(before), open(after));
}

/** What is given now and wasn't, and the reverse. What was certain before doesn't open again. */
function changesOf(had: ReadonlyMap<string, Change>, has: ReadonlyMap<string, Change>): Change[] {
  return both(had, has).flatMap((key): Change[] => {
    const [old, now] = [had.get(key), has.get(key)];
    if (now !== undefined) return old?.verdict === now.verdict || old?.verdict === 'opens' ? [] : [now];
    return old === undefined ? [] : [{ ...old, verdict: 'closes' }];
  });
}

/** What is granted besides reach. */
function grantChanges(before: Model, after: Model): Change[] {
  const given = (model: Model): Map<string, Change> =>
    new Map(
      model.grants.map(({ certain, who, token, ...grant }): [string, Change] => [
        JSON.stringify([grant.way, who, grant.what, grant.via, token]),
        {
          ...grant,
          who: [who],
          verdict: certain ? 'opens' : 'unknown',
          ...(token !== undefined && { token: stamp(token) }),
        },
      ]),
    );
  return changesOf(given(before), given(after));
}

/** Applications in which developers may open a shell, from which they reach whatever the application does. */
function shellChanges(before: Model, after: Model): Change[] {
  const verdicts: Readonly<Record<string, Verdict>> = {
    'no yes': 'opens',
    'no unknown': 'unknown',
    'unknown yes': 'opens',
    'yes no': 'closes',
    'unknown no': 'closes',
  };
  const inApplications = both(before.applications, after.applications).flatMap((who): Change[] => {
    const verdict = verdicts[`${before.shell(who)} ${after.shell(who)}`];
    const origin = (after.applications.get(who) ?? before.applications.get(who))?.origin;
    return verdict === undefined ? [] : [{ verdict, way: 'shell', who: [who], what: 'a shell', origin }];
  });
  return [...inApplications, ...shellsInSpaces(before, after)];
}

/** Of spaces without applications in the code: others may be there, or those whose organization the code names otherwise. */
function shellsInSpaces(before: Model, after: Model): Change[] {
  return [...after.spaces.values()].flatMap(({ id, ssh, origin }): Change[] => {
    const isOpened = before.spaces.get(id)?.ssh === 'no' && ssh !== 'no';
    const isEmpty = after.applicationsIn(id).length === 0;
    return isOpened && isEmpty ? [{ verdict: 'unknown', way: 'shell', who: [id], what: 'a shell', origin }] : [];
  });
}

/**
 * Clients whose passwords a proxy accepts now and didn't before. The model assumes that everyone who may connect gets
 * through, so a password adds nothing to the reach that other rows show, but from now on it can be used.
 */
function credentialChanges(before: Model, after: Model): Change[] {
  return [...after.applications.values()].flatMap(({ id, allowlist, program, origin }): Change[] => {
    const [had, has] = [before.applications.get(id)?.allowlist?.credentials, allowlist?.credentials];
    // If everybody could use the proxy, a password adds nothing; and an audit doesn't see what was last deployed.
    if (had === undefined || has === undefined || program === undefined) return [];
    const change = { way: 'credentials', who: [ANY_CLIENT], via: id, origin } as const;
    const known = new Set(had.unknown.map(({ token }) => token));
    return [
      ...both(had.clients, has.clients)
        .filter((client) => had.clients.has(client) !== has.clients.has(client))
        .map((what): Change => ({ ...change, verdict: has.clients.has(what) ? 'opens' : 'closes', what })),
      ...has.unknown
        .filter(({ token }) => !known.has(token))
        .map(({ token, because }): Change => {
          const what = ['an unknown client'];
          return { ...change, verdict: 'unknown', what, note: because, token: stamp(token) };
        }),
    ];
  });
}

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
function policyChanges(before: Model, after: Model): Change[] {
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
        (left, known) => left.minus(known ?? Intervals.NONE),
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
