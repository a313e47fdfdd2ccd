import { grouped, remember } from '../model/maps';
import type { Model } from '../model/model';
import type { Names } from '../model/names';
import { EVERYBODY, NO_WAY } from '../model/proxies';
import { plain } from '../phrase';
import { ANY_CLIENT, both, type Change, type Part } from './change';
import { proxyParts, throughDifference, type ProxyDifference } from './proxy-parts';

/** What applications reach through a proxy. */
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
  // Most clients use the same proxies in the same ways, so one comparison covers all of them.
  const alike = grouped(all.map(ways), ({ client, had, has, apart }) =>
    JSON.stringify([[...had], [...has], apart.size > 0 ? client : '']),
  );
  const changes = [...alike.values()].flatMap((clients): Change[] => {
    const [{ client, had, has, proxies, apart }] = clients as [ClientWays];
    const who = clients.map((each) => each.client);
    const others = (model: Model, those: ReadonlyMap<string, unknown>, not: string): Names[] =>
      [...those.keys()].filter((proxy) => proxy !== not).map((proxy) => model.proxies.through(proxy, client).names);
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
      return parts.map((part) => ({ ...byItsWay(part, before, after, via), who, via }));
    });
  });
  return [...changes, ...withoutClients(before, after), ...forOthers(before, after, changes)];
}

/** What clients of other teams gain: for example, when a list for one client becomes a list for all. */
function forOthers(before: Model, after: Model, reported: readonly Change[]): Change[] {
  const said = ({ via = '', what, note = '' }: Change): string => JSON.stringify([via, plain(what), plain(note)]);
  const known = new Set(reported.filter(({ verdict }) => verdict !== 'closes').map(said));
  return both(before.applications, after.applications)
    .filter((via) => [before, after].some((model) => model.proxies.tellsApart(via)))
    .filter((via) => [before, after].every((model) => hasClients(model, via)))
    .flatMap((via) =>
      partsFor(before, after, via, EVERYBODY).map((part) => ({
        ...byItsWay(part, before, after, via),
        who: [ANY_CLIENT],
        via,
      })),
    )
    .filter((change) => change.verdict !== 'closes' && !known.has(said(change)));
}

/**
 * Adds the way; what closes is described by what it was before. A forwarder handles only TCP, so the target doesn't
 * repeat it.
 */
function byItsWay<T extends Part>(part: T, before: Model, after: Model, via: string): T & Pick<Change, 'way'> {
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
  /** The proxies that have lists for individual clients. */
  readonly apart: ReadonlySet<string>;
}

/** Clients that may connect to a proxy through a policy outside the code: another team's, or one created by hand. */
function withoutClients(before: Model, after: Model): Change[] {
  return both(before.applications, after.applications)
    .filter((via) => before.applications.has(via) && after.applications.has(via))
    .filter((via) => [before, after].some((model) => model.proxies.isProxy(via)))
    .filter((via) => ![before, after].every((model) => hasClients(model, via)))
    .flatMap((via) => {
      const parts = anyParts(before, after, via).filter(
        ({ verdict }) => !hasClients(verdict === 'closes' ? before : after, via),
      );
      return parts.map((part) => ({ ...byItsWay(part, before, after, via), who: [ANY_CLIENT], via }));
    });
}

/** What all clients get together, and what one client gets that another one had. */
function anyParts(before: Model, after: Model, via: string): Part[] {
  const together = partsFor(before, after, via);
  const known = new Set(together.map(({ what }) => what));
  const names = new Set([before, after].flatMap((model) => model.proxies.clientsOf(via)));
  const apart = names.size === 0 ? [] : ['', ...names].flatMap((name) => partsFor(before, after, via, name));
  const others = new Map(
    apart.flatMap((part) => (part.verdict !== 'closes' && !known.has(part.what) ? [[part.what, part] as const] : [])),
  );
  return [...together, ...others.values()];
}

function partsFor(before: Model, after: Model, via: string, client?: string): Part[] {
  return proxyParts(
    throughDifference([
      (day) => before.proxies.through(via, client, day),
      (day) => after.proxies.through(via, client, day),
    ]),
    false,
  );
}

/** Whether a client in the code gets through; a policy for another port doesn't count. */
function hasClients(model: Model, proxy: string): boolean {
  return model.policiesTo(proxy).some(({ source }) => model.proxies.of(source).has(proxy));
}
