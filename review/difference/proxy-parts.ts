import { type Audit, auditLine, describeAudit, later } from '../../constructs/values/allowlist';
import { ofUnknown, stamp, UNLESS, type Pair, type Part, type Verdict } from './change';
import { INTERNET, printAddresses } from '../model/addresses';
import { Intervals } from '../model/intervals';
import { grouped } from '../model/maps';
import { Names, type Part as NamesPart } from '../model/names';
import { NO_WAY, type ProxyReach } from '../model/proxies';
import type { Unknown } from '../model/reach';
import { EVERY_NAME, EVERY_PORT } from '../model/rule-list';
import { printPorts } from '../model/traffic';

interface ProxyPart extends NamesPart, Pick<Lasting, 'lasts' | 'until'> {
  /** Whether a tunnel may carry anything. */
  readonly anything?: boolean;
}

export interface ProxyDifference {
  /** The length of the parts below together. */
  readonly length: number;
  readonly opens: readonly ProxyPart[];
  readonly closes: readonly (ProxyPart & { readonly note?: string })[];
  readonly maybe: readonly ProxyPart[];
  readonly unknown: readonly Unknown[];
  readonly released: readonly Unknown[];
  readonly audit: Pair<Audit | undefined>;
}

/** Computed once for all clients of a proxy that doesn't distinguish them. */
export function throughDifference(ways: Pair<Way>): ProxyDifference {
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
    ).map((part) => ({ ...part, note: 'only TLS that names it continues' })),
    ...partsOf(lost(stages, lostNames)),
  ];
  const opens = stagedParts(stages, gains);
  const maybe = stagedParts(stages, doubts);
  const unknown = after.unknown.filter(({ token }) => !had.has(token));
  const audit: Pair<Audit | undefined> = [before.audit, after.audit];
  const released = after === NO_WAY ? [] : releasedBy(before, after);
  const length = [opens, closes, maybe, unknown, released, moved(audit)].reduce((sum, parts) => sum + parts.length, 0);
  return { opens, closes, maybe, unknown, released, audit, length };
}

/** Names whose tunnels are checked for TLS, and names whose tunnels may carry anything. */
type Gains = Readonly<Record<'checked' | 'free', Names>>;

function gains([before, after]: Pair<ProxyReach>): Gains {
  const all = fresh([before, after], before.names, after.names);
  const free = all.intersect(after.tunnels).union(newTunnels([before, after]).intersect(after.names));
  return { checked: all.minus(free), free };
}

function doubts([before, after]: Pair<ProxyReach>): Gains {
  const unchecked = newTunnels([before, after]);
  const had = before.names.union(before.maybe);
  const beyond = after.closed === true ? after.beyond : Names.NONE;
  const doubtful = fresh([before, after], had, after.maybe)
    .union(fresh([before, after], had.union(before.beyond), beyond))
    .minus(after.names);
  return { checked: doubtful.minus(unchecked), free: unchecked.intersect(after.maybe.union(beyond)) };
}

function newTunnels([before, after]: Pair<ProxyReach>): Names {
  return after.tunnels.minus(before.tunnels);
}

function lostNames([before, after]: Pair<ProxyReach>): Names {
  return before.names.minus(after.names);
}

/** A list that may have been another client's doesn't count, neither before the change nor after it. */
function fresh([before, after]: Pair<ProxyReach>, had: Names, has: Names): Names {
  const sure = (names: Names, { meant }: ProxyReach): Names => (meant === undefined ? names : names.intersect(meant));
  return before.meant === undefined ? has.minus(had) : has.minus(had).union(sure(has, after).minus(sure(had, before)));
}

function stagedParts(stages: readonly [Stage, ...Stage[]], of: (pair: Pair<ProxyReach>) => Gains): ProxyPart[] {
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

/** An audit with a new end is reported separately. */
function partsOf(all: readonly Lasting[], anything = false): ProxyPart[] {
  return all.flatMap(({ names, lasts, until }) =>
    names
      .parts()
      .filter(({ pattern }) => lasts === undefined || pattern !== EVERY_NAME)
      .map((part) => ({ ...part, lasts, until, ...(anything && { anything }) })),
  );
}

/** What held requests back before the change; its new form may already be reported as unknown, in the same words. */
function releasedBy(before: ProxyReach, after: ProxyReach): Unknown[] {
  const tokens = new Set(after.restraints.map(({ token }) => token));
  const reported = new Set(after.unknown.map(({ because }) => because));
  return before.restraints.filter(({ token, because }) => !tokens.has(token) && !reported.has(because));
}

/** The difference for one client. Its other proxies may have led there before, or still do. */
export function proxyParts(
  { opens, closes, maybe, unknown, released, audit }: ProxyDifference,
  uncertain: boolean,
  otherBefore: readonly Names[] = [],
  otherAfter: readonly Names[] = [],
): Part[] {
  const covered = (others: readonly Names[], part: ProxyPart): boolean =>
    part.anything !== true &&
    part.lasts === undefined &&
    others.reduce((left, other) => left.minus(other), Names.part(part)).isEmpty;
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

function endOf({ pattern, until }: ProxyPart, audit: Audit | undefined): string | undefined {
  return pattern === EVERY_NAME && audit !== undefined ? describeAudit(audit) : until;
}

/** An audit with a later end opens nothing today, but keeps everything public open for longer. */
function moved([before, after]: Pair<Audit | undefined>): Part[] {
  if (before === undefined || after === undefined || auditLine(before) === auditLine(after)) return [];
  const verdict = later(before, after) === after ? 'opens' : 'closes';
  return [
    {
      verdict,
      what: `everything public for ${verdict === 'opens' ? 'longer' : 'a shorter time'}`,
      note: `${describeAudit(after)}, not ${describeAudit(before)}`,
    },
  ];
}

/** What the words leave out: addresses besides the internet, and the names that a part for every name lacks. */
function exactly(parts: readonly ProxyPart[]): string {
  const left = parts
    .filter(({ at, lacks = [] }) => lacks.length > 0 || (at.covers(INTERNET) && !INTERNET.covers(at)))
    .map(({ ports, at, lacks = [] }) => [ports, printAddresses(at), [...lacks].sort()]);
  return left.length === 0 ? '' : stamp(JSON.stringify(left));
}

/**
 * `api.example.gov:443`, or `git.example.org:22/tcp` if a tunnel may carry anything. Ports of a name are printed
 * together, with a domain's exceptions, and with the addresses unless they are the whole internet.
 */
function printed(verdict: Verdict, parts: readonly (ProxyPart & { note?: string; token?: string })[]): Part[] {
  const groups = grouped(parts, ({ pattern, exceptions, at, anything = false, lasts = '', note = '', token = '' }) => {
    const but = exceptions.length === 0 ? '' : ` but ${exceptions.join(', ')}`;
    const where = at.covers(INTERNET) ? '' : ` at ${printAddresses(at).join(', ')}`;
    const long = lasts === '' ? '' : ` ${lasts}`;
    return [pattern, `${anything ? '/tcp' : ''}${but}${where}${long}`, note, token].join('\n');
  });
  return [...groups].map(([key, same]) => {
    const [pattern = '', rest = '', note = '', end = ''] = key.split('\n');
    const token = [end, exactly(same)].filter((part) => part !== '').join('\n');
    const ports = Intervals.of(...same.map((part) => part.ports));
    const all = pattern === EVERY_NAME && /^(?:\/tcp)?$/.test(rest) && ports.covers(EVERY_PORT);
    const what = all
      ? 'everything public'
      : `${pattern === EVERY_NAME ? 'any name' : pattern}:${printPorts(ports)}${rest}`;
    return { verdict, what, ...(note !== '' && { note }), ...(token !== '' && { token }) };
  });
}

/** What a proxy lets through on a given day; by default, today. */
type Way = (day?: string) => ProxyReach;

/** A period in which nothing expires, given by its last day, and what is open in it before and after the change. */
interface Stage {
  readonly day: string;
  readonly pair: Pair<ProxyReach>;
}

/** Sorts after every day: the period in which everything with an end has expired. */
const EVER = '~';

/** The periods from today until everything with an end has expired. */
function stagesOf([before, after]: Pair<Way>): readonly [Stage, ...Stage[]] {
  const ends = [...new Set([...before().ends, ...after().ends])].sort();
  const [first = EVER, ...rest] = ends.length === 0 ? [] : [...ends, EVER];
  const stage = (day: string): Stage => ({ day, pair: [before(day), after(day)] });
  return [stage(first), ...rest.map(stage)];
}

/** Names and how long they are open. */
interface Lasting {
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
function gained(stages: readonly Stage[], now: Names, of: (pair: Pair<ProxyReach>) => Names): Lasting[] {
  let counted = Names.NONE;
  return [...stages].reverse().flatMap(({ day, pair }): Lasting[] => {
    const names = of(pair).minus(counted);
    counted = counted.union(names);
    const ends = day === EVER ? undefined : `until ${day}`;
    return [
      { names: names.intersect(now), until: ends },
      { names: names.minus(now), lasts: 'for longer' as const, until: ends ?? 'without an end' },
    ].filter((part) => !part.names.isEmpty);
  });
}

/** What a change loses later than today, by the last day on which it is still open. */
function lost(stages: readonly Stage[], of: (pair: Pair<ProxyReach>) => Names): Lasting[] {
  const [first, ...later] = stages;
  let counted = first === undefined ? Names.NONE : of(first.pair);
  return later.flatMap(({ pair }, index): Lasting[] => {
    const names = of(pair).minus(counted);
    counted = counted.union(names);
    return names.isEmpty ? [] : [{ names, lasts: 'for a shorter time', until: `until ${stages[index]?.day ?? ''}` }];
  });
}
