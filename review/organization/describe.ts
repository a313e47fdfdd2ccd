import { INTERNET } from '../model/addresses';
import type { Application, Facts, Stage } from '../model/facts';
import { Intervals } from '../model/intervals';
import { byText, grouped } from '../model/maps';
import { Model } from '../model/model';
import type { Answer, Reach } from '../model/reach';
import { printPorts, Traffic } from '../model/traffic';
import { proxyChanges } from '../difference/proxies';
import { plain } from '../phrase';
import type {
  ApplicationAudit,
  GroupAudit,
  Internet,
  OrganizationAudit,
  PolicyAudit,
  SpaceAudit,
  StageAudit,
  Through,
} from './document';
import type { Reading } from './read';

export type Described = Pick<OrganizationAudit, 'counts' | 'spaces' | 'applications' | 'policies' | 'groups'>;

/** Names resolve everywhere, so opening DNS adds nothing. */
const DNS = Intervals.points(53);
const NAME_SERVICE = Traffic.over('tcp', DNS, INTERNET).union(Traffic.over('udp', DNS, INTERNET));

/** What a model of an organization says, by space and by application. */
export function describe(model: Model, facts: Facts, { organization, stopped, unseen }: Reading): Described {
  const own = (id: string): boolean => id.startsWith(`${organization}/`);
  const blind = new Set(unseen.flatMap(({ kind, of }) => (kind === 'policies' ? of : [])));
  const spaces = facts.spaces
    .filter(({ id }) => own(id))
    .map(({ id }): SpaceAudit => {
      const stage = (name: Stage): StageAudit => stageOf(model, id, name);
      return {
        id,
        running: stage('running'),
        staging: stage('staging'),
        ssh: model.spaces.get(id)?.ssh ?? 'unknown',
        policiesSeen: !blind.has(id),
      };
    })
    .sort(byId);
  const bySpace = new Map(spaces.map((space) => [space.id, space]));
  const through = waysThrough(model, facts);
  const applications = [...model.applications.values()]
    .map((application): ApplicationAudit => {
      const { id, lifecycle } = application;
      const proxies = through.of.get(id) ?? [];
      const mayForward = model.forwardersOf(id).map((each) => each.id);
      const space = bySpace.get(application.space);
      const routes = model.routesOf(id);
      const urls = (internal: boolean): string[] =>
        routes.filter((route) => (route.internal === 'yes') === internal).map(({ url }) => url);
      return {
        id,
        space: application.space,
        kind: kindOf(application),
        lifecycle,
        stopped: stopped.has(id),
        ...(space === undefined && { elsewhere: true as const }),
        internet: internetOf(space, proxies, mayForward),
        proxies,
        lets: through.by.get(id) ?? [],
        mayForward,
        routes: urls(false),
        internalRoutes: urls(true),
        ssh: model.shell(id),
      };
    })
    .sort(byId);
  const counts: Record<Internet, number> = { directly: 0, 'through a proxy': 0, perhaps: 0, no: 0 };
  for (const { elsewhere, internet } of applications) if (elsewhere === undefined) counts[internet] += 1;
  return { counts, spaces, applications, policies: policiesOf(model), groups: groupsOf(model, own) };
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return byText(a.id, b.id);
}

function stageOf(model: Model, space: string, stage: Stage): StageAudit {
  const reach = model.egress(space, stage);
  return {
    groups: [...new Set(model.groupsOf(space, stage).map(({ group }) => group))].sort(),
    opens: reach.known.describe(),
    unknown: reach.unknown.map(({ because }) => because),
    internet: internetBy(reach),
  };
}

export function internetBy(reach: Reach): Answer {
  if (reach.known.minus(NAME_SERVICE).reachesInternet) return 'yes';
  return reach.possible?.minus(NAME_SERVICE).reachesInternet === false ? 'no' : 'unknown';
}

function kindOf({ allowlist }: Application): ApplicationAudit['kind'] {
  if (allowlist === undefined) return 'application';
  if (allowlist.forwards === true) return 'forwarder';
  return allowlist.variables === undefined && allowlist.unknown.length > 0 ? 'perhaps a proxy' : 'proxy';
}

/** An application of a space that wasn't read may reach anything. */
function internetOf(
  space: SpaceAudit | undefined,
  proxies: readonly Through[],
  mayForward: readonly string[],
): Internet {
  if (space?.running.internet === 'yes') return 'directly';
  if (proxies.some(({ reaches }) => reaches.length > 0)) return 'through a proxy';
  const doubt =
    space?.running.internet !== 'no' ||
    !space.policiesSeen ||
    mayForward.length > 0 ||
    proxies.some(({ perhaps }) => perhaps.length > 0);
  return doubt ? 'perhaps' : 'no';
}

interface Ways {
  /** By client. */
  readonly of: ReadonlyMap<string, Through[]>;
  /** By proxy: what its clients get. */
  readonly by: ReadonlyMap<string, string[]>;
}

/** What the proxies open, as the review words it: the difference from a platform on which nobody reaches anything. */
function waysThrough(model: Model, facts: Facts): Ways {
  const closed = new Model({
    ...facts,
    groups: [],
    bindings: [],
    policies: [],
    applications: facts.applications.map((application) => ({ ...application, allowlist: undefined })),
  });
  const of = new Map<string, Map<string, { reaches: string[]; perhaps: string[] }>>();
  const by = new Map<string, Set<string>>();
  for (const { who, via = '', what, note, verdict } of proxyChanges(closed, model)) {
    const text = `${plain(what)}${note === undefined ? '' : ` (${plain(note)})`}`;
    if (verdict === 'opens') by.set(via, (by.get(via) ?? new Set()).add(text));
    for (const client of who) {
      const ways = of.get(client) ?? new Map<string, { reaches: string[]; perhaps: string[] }>();
      const way = ways.get(via) ?? { reaches: [], perhaps: [] };
      way[verdict === 'opens' ? 'reaches' : 'perhaps'].push(text);
      of.set(client, ways.set(via, way));
    }
  }
  return {
    of: new Map([...of].map(([client, ways]) => [client, [...ways].map(([proxy, way]) => ({ proxy, ...way }))])),
    by: new Map([...by].map(([proxy, texts]) => [proxy, [...texts]])),
  };
}

function policiesOf(model: Model): PolicyAudit[] {
  const edges = grouped(
    model.policies.filter(({ unknown }) => unknown === undefined),
    ({ source, destination, protocol }) => JSON.stringify([source, destination, protocol]),
  );
  return [...edges.values()].flatMap(([first, ...more]) => {
    if (first === undefined) return [];
    const { source, destination, protocol } = first;
    const ports = more.reduce((sum, policy) => sum.union(policy.ports), first.ports);
    return [{ source, destination, protocol, ports: printPorts(ports) }];
  });
}

/** Groups that apply to a space of the organization. */
function groupsOf(model: Model, own: (id: string) => boolean): GroupAudit[] {
  const bound = grouped(
    model.bindings.filter(({ space }) => own(space)),
    ({ group }) => group,
  );
  return [...model.groups.values()]
    .filter(({ name, global }) => bound.has(name) || global.running !== 'no' || global.staging !== 'no')
    .map(({ name, reach, global }) => {
      const spaces = (stage: Stage): string[] =>
        [...new Set((bound.get(name) ?? []).filter((one) => one.stage === stage).map(({ space }) => space))].sort();
      return {
        name,
        opens: reach.known.describe(),
        unknown: reach.unknown.map(({ because }) => because),
        everywhere: global,
        running: spaces('running'),
        staging: spaces('staging'),
      };
    })
    .sort((a, b) => byText(a.name, b.name));
}
