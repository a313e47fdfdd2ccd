import { describeAudit } from '../constructs/values/allowlist';
import { isOver } from '../constructs/values/day';
import { Egress } from '../constructs/values/egress';
import { holds } from '../constructs/values/host-name';
import { addresses, INTERNET, PRIVATE } from './model/addresses';
import { placeOf, type AllowlistLine, type Application, type Origin, type ServiceInstance } from './model/facts';
import type { Model } from './model/model';
import type { Answer } from './model/reach';
import { rulesAbout } from './model/rule-list';
import { printPolicy } from './model/traffic';

/**
 * Some hosts of this domain are in the platform's own network and some are not: brokered buckets and your own have
 * similar names.
 */
const BROKERED = /\.amazonaws\.com$/;

interface Explanation {
  readonly answer: Answer;
  /** One reason per line, with its construct if there is one. */
  readonly reasons: readonly string[];
}

/**
 * Why an application reaches another application, a host or an address, or why it doesn't.
 *
 * @param target an application, a service instance, `api.example.gov`, `api.example.gov:443` or `10.0.0.1:443`; the
 * default port is 443
 */
export function explain(model: Model, from: string, target: string): Explanation {
  const source = application(model, from);
  if (source === undefined) throw new Error(unknownName(model, from));
  const destination = application(model, target);
  if (destination !== undefined) return toApplication(model, source, destination);
  const service = only(model.services, target, 'services');
  if (service !== undefined) return explainService(model, source, service);
  const [, host = '', port = '443'] = /^([^:/\s]+)(?::([0-9]+))?$/.exec(target) ?? [];
  if (!host.includes('.')) throw new Error(unknownName(model, target));
  const [name, number] = [host.toLowerCase(), Number(port)];
  return toRoute(model, source, name, number) ?? toHost(model, source, name, number);
}

function application(model: Model, name: string): Application | undefined {
  return only([...model.applications.values()], name, 'applications');
}

function only<T extends { readonly id: string }>(all: readonly T[], name: string, what: string): T | undefined {
  const found = all.filter(({ id }) => id === name || id.endsWith(`/${name}`));
  if (found.length > 1) {
    throw new Error(`'${name}' is the name of ${found.length} ${what}: give ${found.map(({ id }) => id).join(' or ')}`);
  }
  return found[0];
}

function unknownName(model: Model, name: string): string {
  const names = [...model.applications.values()].map((one) => one.name).sort();
  return `'${name}' is not an application, a service, a host or an address; applications and services here: ${names.join(', ') || 'none'}`;
}

/** By the name of an internal route, which leads to any port of its applications. */
function toRoute(model: Model, source: Application, host: string, port: number): Explanation | undefined {
  const leads = model.routes.filter(({ url, internal }) => internal === 'yes' && url === host);
  const destinations = leads.flatMap(({ applications }) =>
    applications.flatMap((id) => model.applications.get(id) ?? []),
  );
  if (destinations.length === 0) return undefined;
  const connects = destinations.map(({ id }) => model.connects(source.id, id, 'tcp', port));
  const perhaps = destinations.flatMap((destination) => unsure(model, source, destination));
  const connected = (['yes', 'unknown'] as const).find((each) => connects.includes(each)) ?? 'no';
  const answer = connected === 'no' && perhaps.length > 0 ? 'unknown' : connected;
  const names = destinations.map(({ name }) => name).join(', ');
  const closed = `${host} leads to ${names}, and no network policy opens tcp ${port} there to ${source.name}`;
  const open = destinations.flatMap((destination) => opened(model, source, destination));
  return { answer, reasons: connected === 'no' ? [closed, ...open, ...perhaps] : open };
}

/** What the policies from one application to another open, one line each. */
function opened(model: Model, source: Application, destination: Application): string[] {
  return model
    .policiesFrom(source.id)
    .filter((policy) => policy.destination === destination.id)
    .map(
      ({ protocol, ports, origin, unknown }) =>
        `the network policy${at(origin)} opens ${printPolicy(protocol, ports)} of ${destination.name} to ${source.name}` +
        (unknown === undefined ? '' : `, as far as it is known: ${unknown.because}`),
    );
}

function toApplication(model: Model, source: Application, destination: Application): Explanation {
  const policies = model.policiesFrom(source.id).filter((policy) => policy.destination === destination.id);
  const reasons = opened(model, source, destination);
  if (policies.some(({ unknown }) => unknown === undefined)) return { answer: 'yes', reasons };
  const perhaps = [...reasons, ...unsure(model, source, destination)];
  if (perhaps.length > 0) return { answer: 'unknown', reasons: perhaps };
  const reverse = model.policiesFrom(destination.id).some((policy) => policy.destination === source.id);
  return {
    answer: 'no',
    reasons: [
      `no network policy leads from ${source.name} to ${destination.name}, and without one nothing gets through, even within one space`,
      ...(reverse ? [`a policy opens the other direction, from ${destination.name} to ${source.name}`] : []),
    ],
  };
}

/** Ways that aren't certain: a policy whose ends aren't known, or an application that may forward. */
function unsure(model: Model, source: Application, destination: Application): string[] {
  return [
    ...model
      .policiesPerhaps(source.id, destination.id)
      .map(
        ({ origin, unknown }) => `the network policy${at(origin)} may: ${unknown?.because ?? 'its ends are not known'}`,
      ),
    ...model
      .policiesFrom(source.id)
      .map((policy) => policy.destination)
      .filter((id, index, all) => all.indexOf(id) === index)
      .filter((id) => model.policiesFrom(id).some((policy) => policy.destination === destination.id))
      .map(
        (id) =>
          `through ${model.applications.get(id)?.name ?? id}, if it forwards: policies lead from ${source.name} to it, and on`,
      ),
  ];
}

function toHost(model: Model, source: Application, host: string, port: number): Explanation {
  const literal = addressOf(host);
  const ways = [
    direct(model, source, host, port, literal),
    ...(literal === undefined
      ? [...model.proxies.of(source.id)].map(([proxy, connects]) =>
          proxied(model, source.id, proxy, connects, host, port),
        )
      : []),
    ...model.forwardersOf(source.id).flatMap((forwarder) => forwarded(model, forwarder, host, port, literal)),
  ];
  const answer = (['yes', 'unknown'] as const).find((each) => ways.some((way) => way.answer === each)) ?? 'no';
  const reasons = ways.filter((way) => answer === 'no' || way.answer === answer).flatMap((way) => way.reasons);
  const noProxy = ways.length === 1 && literal === undefined && answer === 'no';
  return {
    answer,
    reasons: noProxy ? [...reasons, `no network policy leads from ${source.name} to a proxy`] : reasons,
  };
}

function direct(model: Model, source: Application, host: string, port: number, literal?: number): Explanation {
  const { space } = source;
  const reach = model.egress(space);
  const wanted = literal === undefined ? INTERNET : addresses(host);
  const open = reach.known.addresses('tcp', port);
  const groups = model.groupsOf(space).filter((group) => group.reach.known.addresses('tcp', port).covers(wanted));
  if (open.covers(wanted)) {
    const by = groups.map(({ group, binding }) => `${group}${at(binding?.origin)}`).join(', ') || 'its groups together';
    return { answer: 'yes', reasons: [`directly: space ${space} has ${by}, which opens tcp ${port} there`] };
  }
  const possible = reach.possible;
  const maybe = possible === undefined || !possible.addresses('tcp', port).intersect(wanted).isEmpty;
  if (maybe) {
    return {
      answer: 'unknown',
      reasons:
        reach.unknown.length > 0
          ? reach.unknown.map(({ because }) => `directly: unknown, because ${because}`)
          : [`directly: only to some addresses on tcp ${port}, and where ${host} leads is not known`],
    };
  }
  const names = model.groupsOf(space).map(({ group }) => group);
  if (literal === undefined && BROKERED.test(host) && !possible.addresses('tcp', port).intersect(PRIVATE).isEmpty) {
    const why = `opens addresses of the platform's own network on tcp ${port}`;
    return {
      answer: 'unknown',
      reasons: [
        `directly, if ${host} belongs to a brokered service: space ${space} has ${names.join(', ')}, which ${why}`,
      ],
    };
  }
  const none =
    names.length === 0 ? 'has no security group' : `has ${names.join(', ')}, which do not open tcp ${port} there`;
  return { answer: 'no', reasons: [`not directly: space ${space} ${none}`] };
}

/** Through an application that reaches the host and isn't known to refuse requests for it. */
function forwarded(model: Model, forwarder: Application, host: string, port: number, literal?: number): Explanation[] {
  if (direct(model, forwarder, host, port, literal).answer === 'no') return [];
  const name = `${forwarder.name}${at(forwarder.origin)}`;
  return [
    {
      answer: 'unknown',
      reasons: [`through ${name}: it may fetch what clients request, and has no list that the review can read`],
    },
  ];
}

function proxied(model: Model, client: string, id: string, connects: Answer, host: string, port: number): Explanation {
  const proxy = model.applications.get(id);
  const name = `${proxy?.name ?? id}${at(proxy?.origin)}`;
  const { names, maybe, unknown, audit } = model.proxies.through(id, client);
  const matching = model.proxies
    .linesFor(id, client)
    .filter(
      ({ destination }) =>
        destination !== undefined && holds(destination.pattern, host) && destination.ports.includes(port),
    );
  const excepts = matching.filter(({ destination }) => destination?.exceptions.some((each) => holds(each, host)));
  const over = matching.filter(({ end }) => isOver(end, model.today));
  const lines = matching.filter((each) => !excepts.includes(each) && !over.includes(each));
  const rules = model.proxies
    .listsFor(id, client)
    .filter(({ ports }) => ports.includes(port))
    .flatMap((list) => rulesAbout(list, (pattern) => holds(pattern, host)));
  const has = model.proxies.isForward(id)
    ? `it leads only to ${quoted(model.proxies.linesFor(id, client))}`
    : rules.length > 0
      ? `the first matching rule of ${quoted(rules)} decides`
      : lines.length > 0 || audit === undefined
        ? `its allowlist has ${quoted(lines)}`
        : `it allows everything public (${describeAudit(audit)})`;
  if (!names.addresses(host, port).isEmpty) {
    return { answer: connects, reasons: [`through ${name}: ${has}, and the egress of its space allows it`] };
  }
  if (!maybe.addresses(host, port).isEmpty) {
    return {
      answer: 'unknown',
      reasons: [`through ${name}: ${has}, but what its space opens is not known`],
    };
  }
  if (unknown.length > 0) {
    return { answer: 'unknown', reasons: unknown.map(({ because }) => `through ${name}: ${because}`) };
  }
  const why =
    model.proxies.isForward(id) && lines.length === 0
      ? has
      : rules.at(-1)?.allow === false
        ? `its rules have ${quoted(rules.slice(-1))}`
        : lines.length > 0 || rules.length > 0 || audit !== undefined
          ? `${has}, but the egress of its space does not allow it`
          : over.length > 0
            ? `its allowlist has ${quoted(over)}, which has expired`
            : excepts.length > 0
              ? `its allowlist has ${quoted(excepts)}, which excludes ${host}`
              : `no line of its allowlist covers ${host}:${port}`;
  return { answer: 'no', reasons: [`not through ${name}: ${why}`] };
}

function quoted(lines: readonly Pick<AllowlistLine, 'text'>[]): string {
  return lines.map(({ text }) => `'${text}'`).join(', ');
}

function addressOf(host: string): number | undefined {
  return /^[0-9.]+$/.test(host) ? addresses(host).ranges[0]?.[0] : undefined;
}

function at(origin: Origin | undefined): string {
  return origin === undefined ? '' : ` (${placeOf(origin)})`;
}

/** How marketplaces name buckets: the beginning of an offering's name. */
const BUCKETS = /^(?:aws-)?s3\b/;

/**
 * Why an application reaches a service without a proxy. A service's host is in its credentials, which no plan shows.
 * But a brokered bucket is in the platform's own network, and the names of cloud.gov's groups tell whether they open
 * it.
 */
function explainService(model: Model, source: Application, service: ServiceInstance): Explanation {
  const { name, offering } = service;
  const ask = `the host of ${name} is in its credentials, which no plan shows: ask for the host`;
  if (offering === undefined || !BUCKETS.test(offering)) return { answer: 'unknown', reasons: [ask] };
  const groups = model.groupsOf(source.space).map(({ group, binding }) => ({
    group,
    place: binding === undefined ? '' : ` (${placeOf(binding.origin)})`,
    certain: binding === undefined ? model.groups.get(group)?.global.running !== 'unknown' : !binding.unknown,
  }));
  // A name that isn't known yet is none of cloud.gov's.
  const reaches = (some: typeof groups): boolean | undefined =>
    Egress.of(...some.map(({ group }) => group.replace(/[\s,]/g, '-'))).reaches('brokered bucket');
  const listed = groups.map(({ group, place }) => `${group}${place}`).join(', ');
  const where = `${name} is a brokered bucket (${offering}), and space ${source.space}`;
  const sure = groups.filter(({ certain }) => certain);
  if (reaches(sure) === true) return { answer: 'yes', reasons: [`directly: ${where} has ${listed}`] };
  if (reaches(groups) === false) {
    const has = listed === '' ? 'has no security group' : `has ${listed}, which open no brokered bucket`;
    return { answer: 'no', reasons: [`not directly: ${where} ${has}`, `possibly through a proxy: ${ask}`] };
  }
  return { answer: 'unknown', reasons: [`directly: ${where} has ${listed}, and what they open is unknown`] };
}
