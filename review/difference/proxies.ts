import { type Audit, auditLine, describeAudit, later } from '../../constructs/audit';
import { INTERNET, printAddresses } from '../model/addresses';
import { Intervals } from '../model/intervals';
import { grouped, remember } from '../model/maps';
import type { Model } from '../model/model';
import { NO_WAY, type ProxyReach } from '../model/proxies';
import { Names, type Part as NamesPart } from '../model/names';
import type { Unknown } from '../model/reach';
import { EVERY_NAME, EVERY_PORT } from '../model/rule-list';
import { printPorts } from '../model/traffic';
import { ANY_CLIENT, both, ofUnknown, UNLESS, type Change, type Pair, type Part, type Verdict } from './change';
import { gained, lost, stagesOf, type Lasting, type Stage, type Way } from './stages';

/** Where applications get through a proxy. */
export function proxyChanges(before: Model, after: Model): Change[] {
  const differences = new Map<string, ProxyDifference>();
  const all = both(
    new Map(before.policies.map(({ source }) => [source, true])),
    new Map(after.policies.map(({ source }) => [source, true])),
  );
  const ways = (client: string): ClientWays => {
    const [had, has] = [before.proxies.of(client), after.proxies.of(client)];
    const proxies = both(had, has);
    const apart = new Set(
      proxies.filter((proxy) => before.proxies.tellsApart(proxy) || after.proxies.tellsApart(proxy)),
    );
    return { client, had, has, proxies, apart };
  };
  // Most clients have the same ways to the same proxies: what is told of one of them is told of all.
  const alike = grouped(all.map(ways), ({ client, had, has, apart }) =>
    JSON.stringify([[...had], [...has], apart.size > 0 ? client : '']),
  );
  const changes = [...alike.values()].flatMap((clients): Change[] => {
    const [{ client, had, has, proxies, apart }] = clients as [ClientWays];
    const who = clients.map((each) => each.client);
    const others = (model: Model, those: ReadonlyMap<string, unknown>, not: string): Names =>
      Names.NONE.union(
        ...[...those.keys()]
          .filter((proxy) => proxy !== not)
          .map((proxy) => model.proxies.through(proxy, client).names),
      );
    return proxies.flatMap((via) => {
      const [could, can] = [had.get(via), has.get(via)];
      const way = JSON.stringify([via, could ?? '', can ?? '', apart.has(via) ? client : '']);
      const found = remember(differences, way, () =>
        throughDifference([
          could === undefined ? () => NO_WAY : (day) => before.proxies.through(via, client, day),
          can === undefined ? () => NO_WAY : (day) => after.proxies.through(via, client, day),
        ]),
      );
      if (found.length === 0) return [];
      const parts = proxyParts(found, can === 'unknown', others(before, had, via), others(after, has, via));
      return parts.map((part) => ({ ...told(part, before, after, via), who, via }));
    });
  });
  return [...changes, ...withoutClients(before, after)];
}

/** By which way: what closes, closes by what it was before. Where TCP is all that there is, no word of it stands in the target. */
function told<T extends Part>(part: T, before: Model, after: Model, via: string): T & Pick<Change, 'way'> {
  const forwards = (part.verdict === 'closes' ? before : after).proxies.isForward(via);
  if (!forwards) return { ...part, way: 'proxy' };
  const what = typeof part.what === 'string' ? part.what.replace('/tcp', '') : part.what;
  return { ...part, way: 'forward', what };
}

interface ClientWays {
  readonly client: string;
  readonly had: ReadonlyMap<string, unknown>;
  readonly has: ReadonlyMap<string, unknown>;
  readonly proxies: readonly string[];
  /** The proxies that have lists of which each is for one client. */
  readonly apart: ReadonlySet<string>;
}

/** Whoever may connect to a proxy by a policy that is not in the code: another team's, or one made by hand. */
function withoutClients(before: Model, after: Model): Change[] {
  return both(before.applications, after.applications)
    .filter((via) => before.applications.has(via) && after.applications.has(via))
    .filter((via) => [before, after].some((model) => model.proxies.isProxy(via)))
    .filter((via) => ![before, after].every((model) => hasClients(model, via)))
    .flatMap((via) => {
      const parts = anyParts(before, after, via).filter(
        ({ verdict }) => !hasClients(verdict === 'closes' ? before : after, via),
      );
      return parts.map((part) => ({ ...told(part, before, after, via), who: [ANY_CLIENT], via }));
    });
}

/** What all of them get together, and what one of them gets that another one had. */
function anyParts(before: Model, after: Model, via: string): Part[] {
  const partsFor = (client?: string): Part[] =>
    proxyParts(
      throughDifference([
        (day) => before.proxies.through(via, client, day),
        (day) => after.proxies.through(via, client, day),
      ]),
      false,
      Names.NONE,
      Names.NONE,
    );
  const together = partsFor();
  const known = new Set(together.map(({ what }) => what));
  const names = new Set([before, after].flatMap((model) => model.proxies.clientsOf(via)));
  const apart = names.size === 0 ? [] : ['', ...names].flatMap((name) => partsFor(name));
  const others = new Map(
    apart.flatMap((part) => (part.verdict !== 'closes' && !known.has(part.what) ? [[part.what, part] as const] : [])),
  );
  return [...together, ...others.values()];
}

/** Whether somebody in the code gets through; who connects to another port only does not. */
function hasClients(model: Model, proxy: string): boolean {
  return model.policiesTo(proxy).some(({ source }) => model.proxies.of(source).has(proxy));
}

interface Told extends NamesPart, Pick<Lasting, 'lasts' | 'until'> {
  /** Whether a tunnel may hold anything. */
  readonly anything?: boolean;
}

interface ProxyDifference {
  /** Of the parts below together. */
  readonly length: number;
  readonly opens: readonly Told[];
  readonly closes: readonly (Told & { readonly note?: string })[];
  readonly maybe: readonly Told[];
  readonly unknown: readonly Unknown[];
  readonly released: readonly Unknown[];
  readonly audit: Pair<Audit | undefined>;
}

/** The same for all clients of a proxy that does not tell them apart, so it is worked out once. */
function throughDifference(ways: Pair<Way>): ProxyDifference {
  const stages = stagesOf(ways);
  const [before, after] = stages[0].pair;
  const had = new Set(before.unknown.map(({ token }) => token));
  const closes = [
    ...lostNames(stages[0].pair)
      .parts()
      .map((part) => {
        const stillOpen = after.unknown.length > 0 || !Names.part(part).intersect(after.maybe).isEmpty;
        return { ...part, ...(stillOpen && { note: UNLESS }) };
      }),
    ...(before.audit === undefined
      ? partsOf([{ names: before.tunnels.minus(after.tunnels).intersect(after.names) }], true)
      : []
    ).map((part) => ({ ...part, note: 'only TLS that names it goes on' })),
    ...partsOf(lost(stages, lostNames)),
  ];
  const opens = toldOf(stages, gains);
  const maybe = toldOf(stages, doubts);
  const unknown = after.unknown.filter(({ token }) => !had.has(token));
  const audit: Pair<Audit | undefined> = [before.audit, after.audit];
  const released = after === NO_WAY ? [] : releasedBy(before, after);
  const length = [opens, closes, maybe, unknown, released, moved(audit)].reduce((sum, parts) => sum + parts.length, 0);
  return { opens, closes, maybe, unknown, released, audit, length };
}

/** Names of whose tunnels the TLS is looked at, and of those that may hold anything. */
type Gains = Readonly<Record<'checked' | 'free', Names>>;

function gains([before, after]: Pair<ProxyReach>): Gains {
  const all = fresh([before, after], before.names, after.names);
  const free = all.intersect(after.tunnels).union(newTunnels([before, after]).intersect(after.names));
  return { checked: all.minus(free), free };
}

function doubts([before, after]: Pair<ProxyReach>): Gains {
  const unchecked = newTunnels([before, after]);
  const doubtful = fresh([before, after], before.names.union(before.maybe), after.maybe).minus(after.names);
  return { checked: doubtful.minus(unchecked), free: unchecked.intersect(after.maybe) };
}

function newTunnels([before, after]: Pair<ProxyReach>): Names {
  return after.tunnels.minus(before.tunnels);
}

function lostNames([before, after]: Pair<ProxyReach>): Names {
  return before.names.minus(after.names);
}

/** What may have been another client's list counts before the change as little as after it. */
function fresh([before, after]: Pair<ProxyReach>, had: Names, has: Names): Names {
  const sure = (names: Names, { meant }: ProxyReach): Names => (meant === undefined ? names : names.intersect(meant));
  return before.meant === undefined ? has.minus(had) : has.minus(had).union(sure(has, after).minus(sure(had, before)));
}

function toldOf(stages: readonly [Stage, ...Stage[]], of: (pair: Pair<ProxyReach>) => Gains): Told[] {
  const { checked, free } = of(stages[0].pair);
  if (stages.length === 1) return [...partsOf([{ names: checked }]), ...partsOf([{ names: free }], true)];
  const now = checked.union(free);
  return [
    ...partsOf(gained(stages, now, (pair) => of(pair).checked)),
    ...partsOf(
      gained(stages, now, (pair) => of(pair).free),
      true,
    ),
  ];
}

/** An audit that ends on another day is told by itself. */
function partsOf(all: readonly Lasting[], anything = false): Told[] {
  return all.flatMap(({ names, lasts, until }) =>
    names
      .parts()
      .filter(({ pattern }) => lasts === undefined || pattern !== EVERY_NAME)
      .map((part) => ({ ...part, lasts, until, ...(anything && { anything }) })),
  );
}

/** What held back before; what it is now may be told as unknown already, in the same words. */
function releasedBy(before: ProxyReach, after: ProxyReach): Unknown[] {
  const tokens = new Set(after.restraints.map(({ token }) => token));
  const told = new Set(after.unknown.map(({ because }) => because));
  return before.restraints.filter(({ token, because }) => !tokens.has(token) && !told.has(because));
}

/** What is different for one client, whose other proxies may have led there before, or still do. */
function proxyParts(
  { opens, closes, maybe, unknown, released, audit }: ProxyDifference,
  uncertain: boolean,
  otherBefore: Names,
  otherAfter: Names,
): Part[] {
  const covered = (others: Names, part: Told): boolean =>
    part.anything !== true && part.lasts === undefined && !others.isEmpty && others.covers(Names.part(part));
  return [
    ...printed(
      uncertain ? 'unknown' : 'opens',
      opens.map((part) => ({
        ...part,
        note: covered(otherBefore, part) ? 'reached it by another proxy before' : endOf(part, audit[1]),
        token: endOf(part, audit[1]),
      })),
    ),
    ...printed(
      'closes',
      closes.map((part) => ({
        ...part,
        note: part.note ?? (covered(otherAfter, part) ? 'still reaches it by another proxy' : endOf(part, audit[0])),
      })),
    ),
    ...printed(
      'unknown',
      maybe.map((part) => ({ ...part, note: part.until })),
    ),
    ...moved(audit),
    ...unknown.map((one) => ofUnknown('unknown', one)),
    ...released.map(({ token, because }) => ofUnknown('unknown', { token, because: `no longer so: ${because}` })),
  ];
}

function endOf({ pattern, until }: Told, audit: Audit | undefined): string | undefined {
  return pattern === EVERY_NAME && audit !== undefined ? describeAudit(audit) : until;
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
 * `api.example.gov:443`, or `git.example.org:22/tcp` where a tunnel may hold anything, ports of one name together; with what is left out of a domain, and with the addresses if they are
 * not the whole internet.
 */
function printed(verdict: Verdict, parts: readonly (Told & { note?: string; token?: string })[]): Part[] {
  const groups = grouped(parts, ({ pattern, exceptions, at, anything = false, lasts = '', note = '', token = '' }) => {
    const but = exceptions.length === 0 ? '' : ` but ${exceptions.join(', ')}`;
    const where = at.covers(INTERNET) ? '' : ` at ${printAddresses(at).join(', ')}`;
    const long = lasts === '' ? '' : ` ${lasts}`;
    return [pattern, `${anything ? '/tcp' : ''}${but}${where}${long}`, note, token].join('\n');
  });
  return [...groups].map(([key, same]) => {
    const [pattern = '', rest = '', note = '', token = ''] = key.split('\n');
    const ports = Intervals.of(...same.map((part) => part.ports));
    const all = pattern === EVERY_NAME && /^(?:\/tcp)?$/.test(rest) && ports.covers(EVERY_PORT);
    const what = all
      ? 'everything public'
      : `${pattern === EVERY_NAME ? 'any name' : pattern}:${printPorts(ports)}${rest}`;
    return { verdict, what, ...(note !== '' && { note }), ...(token !== '' && { token }) };
  });
}
