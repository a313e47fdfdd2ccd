import { type Audit, hasEnded, later } from '../../constructs/values/allowlist';
import { isOver } from '../../constructs/values/day';
import { INTERNET } from './addresses';
import type { AllowlistLine } from './facts';
import { Intervals } from './intervals';
import { remember } from './maps';
import type { Model } from './model';
import { Names } from './names';
import { openedBy, EVERY_NAME, EVERY_PORT, namesOfRules, type RuleList } from './rule-list';
import type { Answer, Unknown } from './reach';
import { Traffic } from './traffic';

/**
 * The ports of the proxy's image, which no variable changes, and the port where the platform terminates TLS for 8080.
 * An image of an older release doesn't listen on 8080, so this may overstate what it offers, but never understates it.
 */
const PROXY_PORTS = Intervals.points(3128, 8080, 61443);

/** What a proxy lets through, and to where. */
export interface ProxyReach {
  readonly names: Names;
  /** Allowed by the list, but it is unknown whether the egress of the proxy's own space allows it. */
  readonly maybe: Names;
  /** Allowed by the list, but not by any egress that the code shows for the proxy's own space. */
  readonly beyond: Names;
  /** The code gives the proxy's space no egress to the web: the proxy only works if somebody else has bound a group. */
  readonly closed?: boolean;
  /**
   * The subset where a tunnel may carry anything, not only TLS that names the host, although the proxy inspects
   * tunnels.
   */
  readonly tunnels: Names;
  /** The subset that is certainly for this client; set if a list is under a name that no client has. */
  readonly meant?: Names;
  /** Parts of the list that couldn't be read. */
  readonly unknown: readonly Unknown[];
  /** What holds requests back besides the list. */
  readonly restraints: readonly Unknown[];
  /** Set while the list is in audit mode. */
  readonly audit?: Audit;
  /** The last days of everything that expires; may contain duplicates. */
  readonly ends: readonly string[];
}

/** Used in place of a client to ask for what applies to all clients. */
export const EVERYBODY = '*';

/** What a list in audit mode lets through: any name or address, on any port. */
const EVERYTHING_PUBLIC = Names.of([
  { pattern: EVERY_NAME, exceptions: [], to: Traffic.over('tcp', EVERY_PORT, INTERNET) },
]);

export const NO_WAY: ProxyReach = {
  names: Names.NONE,
  tunnels: Names.NONE,
  maybe: Names.NONE,
  beyond: Names.NONE,
  unknown: [],
  restraints: [],
  ends: [],
};

/** The applications of a model that have an allowlist, and what their clients get through them. */
export class Proxies {
  private readonly namesOf = new Map<string, ProxyReach>();
  private readonly byClient = new Map<string, ReadonlyMap<string, Answer>>();

  constructor(private readonly model: Model) {}

  /** The proxies that an application may connect to, each with whether that is certain. */
  of(client: string): ReadonlyMap<string, Answer> {
    return remember(this.byClient, client, () => {
      const proxies = new Map<string, Answer>();
      for (const { destination, protocol, ports, unknown } of this.model.policiesFrom(client)) {
        if (protocol !== 'tcp' || ports.intersect(this.portsOf(destination)).isEmpty) continue;
        const certain = unknown === undefined || proxies.get(destination) === 'yes';
        proxies.set(destination, certain ? 'yes' : 'unknown');
      }
      return proxies;
    });
  }

  /** Whether an application certainly has a list; one whose environment is hidden may have one. */
  isProxy(id: string): boolean {
    return this.model.applications.get(id)?.allowlist?.variables !== undefined;
  }

  /** Whether it is a forwarder, which sends every connection to one host; a proxy asks the client where to. */
  isForward(id: string): boolean {
    return this.model.applications.get(id)?.allowlist?.forwards === true;
  }

  /** Where a proxy may listen; empty for any other application. */
  portsOf(proxy: string): Intervals {
    const allowlist = this.model.applications.get(proxy)?.allowlist;
    return allowlist === undefined ? Intervals.NONE : (allowlist.ports ?? PROXY_PORTS);
  }

  /** Whether all of these ports of a proxy serve only its metrics, and so lead nowhere. */
  answersMetrics(proxy: string, ports: Intervals): boolean {
    const { metrics } = this.model.applications.get(proxy)?.allowlist ?? {};
    return metrics !== undefined && !ports.isEmpty && ports.minus(metrics).isEmpty;
  }

  /** Whether a proxy has lists for individual clients. */
  tellsApart(proxy: string): boolean {
    return this.clientsOf(proxy).length > 0;
  }

  /** The proxy's names for the clients that have lists of their own. */
  clientsOf(proxy: string): string[] {
    const { lines = [], lists = [] } = this.model.applications.get(proxy)?.allowlist ?? {};
    return [...new Set([...lines, ...lists].flatMap(({ client }) => client ?? []))];
  }

  /**
   * The lines of a proxy's list that apply to a client; without a client, all lines. The proxy may know a client by the
   * name of its application or by another name: a list under a name that no client has may be anybody's.
   */
  linesFor(proxy: string, client?: string): readonly AllowlistLine[] {
    return this.meantFor(proxy, client, this.model.applications.get(proxy)?.allowlist?.lines ?? []);
  }

  /** The proxy's lists of rules that apply to a client; without a client, all of them. */
  listsFor(proxy: string, client?: string): readonly RuleList[] {
    return this.meantFor(proxy, client, this.model.applications.get(proxy)?.allowlist?.lists ?? []);
  }

  /** What a client gets through a proxy on a given day; without a client, what all of them get together. */
  through(proxy: string, client?: string, day = this.model.today): ProxyReach {
    const own = client !== undefined && this.tellsApart(proxy) ? client : undefined;
    return remember(this.namesOf, JSON.stringify([proxy, own, day]), () => {
      const application = this.model.applications.get(proxy);
      if (application?.allowlist === undefined) return NO_WAY;
      const { restraints = [] } = application.allowlist;
      const lines = this.linesFor(proxy, own).filter(({ end }) => !isOver(end, day));
      const unknown = [...application.allowlist.unknown, ...lines.flatMap(({ late }) => late ?? [])];
      const audit = auditOf(lines, day);
      const audited = audit === undefined ? Names.NONE : EVERYTHING_PUBLIC;
      const lists = this.listsFor(proxy, own);
      const listed = namesOf(lines).union(audited, ...lists.map(namesOfRules));
      const meant = own === undefined ? undefined : this.meantAlone(own, lines, lists)?.union(audited);
      const unchecked = namesOf(lines.filter(({ destination }) => destination?.nameCheck === false)).union(audited);
      const { known } = this.model.egress(application.space);
      const { possible } = this.model.withoutClaims(application.space);
      const rest = listed.outside(known);
      const maybe = possible === undefined ? rest : rest.inside(possible);
      const beyond = possible === undefined ? Names.NONE : rest.outside(possible);
      const closed = possible?.reachesInternet === false;
      const ends = [audit === true ? undefined : audit?.until, ...lines.map(({ end }) => end)].filter(isDay);
      return {
        names: listed.inside(known),
        tunnels: unchecked,
        maybe,
        beyond,
        closed,
        meant,
        unknown,
        restraints,
        audit,
        ends,
      };
    });
  }

  /** Undefined if no list is under a name that no client has. */
  private meantAlone(client: string, lines: readonly AllowlistLine[], lists: readonly RuleList[]): Names | undefined {
    const name = this.model.nameOf(client);
    const isMeant = (one: { readonly client?: string }): boolean => one.client === undefined || one.client === name;
    if ([...lines, ...lists].every(isMeant)) return undefined;
    return namesOf(lines.filter(isMeant)).union(...lists.filter(isMeant).map(namesOfRules));
  }

  private meantFor<T extends { readonly client?: string }>(
    proxy: string,
    client: string | undefined,
    all: readonly T[],
  ): readonly T[] {
    if (client === undefined) return all;
    if (client === EVERYBODY) return all.filter((one) => one.client === undefined);
    const names = new Set(this.model.policiesTo(proxy).map(({ source }) => this.model.nameOf(source)));
    const own = this.model.nameOf(client);
    return all.filter((one) => one.client === undefined || one.client === own || !names.has(one.client));
  }
}

/** The audit in these lines that is still running. */
function auditOf(lines: readonly AllowlistLine[], day: string): Audit | undefined {
  return lines
    .flatMap(({ audit }) => (audit === undefined || hasEnded(audit, day) ? [] : [audit]))
    .reduce<Audit | undefined>((sum, audit) => (sum === undefined ? audit : later(sum, audit)), undefined);
}

const isDay = (day: string | undefined): day is string => day !== undefined;

/** The names of a list's lines; most of them open the same ports and share what they open. */
function namesOf(lines: readonly AllowlistLine[]): Names {
  const opened = new Map<string, Traffic>();
  return Names.of(
    lines.flatMap(({ destination }) => {
      if (destination === undefined) return [];
      const { pattern, exceptions, ports, ranges } = destination;
      const to = remember(opened, `${ports.join()} ${ranges.join()}`, () => openedBy(destination));
      return [{ pattern, exceptions, to }];
    }),
  );
}
