import type { Grant } from '../../model/facts';
import { originOf } from './labels';
import { canonical, isObject, listOf, SET_LATER, Unresolved, type Resource, type Value } from '../values';

/** How to find and print what a resource refers to. */
interface Names {
  readonly find: (value: Value | undefined, from: Resource) => readonly Resource[];
  readonly space: (resource: Resource) => string;
  readonly application: (resource: Resource) => string;
  readonly home: (resource: Resource) => string;
  readonly route: (resource: Resource) => string;
}

/** What resources grant besides reach: roles, and destinations of logs and requests. */
export function grantsOf(resources: readonly Resource[], names: Names): Grant[] {
  const of = (type: string): readonly Resource[] => resources.filter((resource) => resource.type === type);
  const managed = (type: string): readonly Resource[] => of(type).filter((resource) => resource.managed);
  return [
    ...['cloudfoundry_space_role', 'cloudfoundry_org_role'].flatMap(managed).map((role) => roleOf(role, names)),
    ...accountsOf(resources, names),
    ...drains(of, names),
    ...managed('cloudfoundry_service_route_binding').map((binding) => routeService(binding, names)),
    ...managed('cloudfoundry_service_instance').flatMap((instance) =>
      target(instance, 'route_service_url').map((to) =>
        grant('service', `whoever binds ${called(instance)}`, to, instance),
      ),
    ),
  ];
}

function roleOf(resource: Resource, { find, space }: Names): Grant {
  const { type, user, username, origin } = resource.values;
  const homes = [
    ...find(resource.values.space, resource).map(space),
    ...find(resource.values.org, resource).map(({ values }) => text(values.name)),
  ];
  const accounts = find(user, resource).map(({ values }) => text(values.username));
  const who = text(username) ?? oneOf(accounts) ?? text(user);
  const place = oneOf(homes) ?? text(resource.values.space) ?? text(resource.values.org);
  return {
    way: 'role',
    who: `${who === undefined ? `(user of ${resource.address})` : apart(who)}${typeof origin === 'string' ? ` of ${origin}` : ''}`,
    what: text(type) ?? `(type of ${resource.address})`,
    via: place ?? `(place of ${resource.address})`,
    token: tokenOf([type, user, username, origin, resource.values.space, resource.values.org]),
    certain: [who, text(type), place].every((each) => each !== undefined) && homes.length < 2 && accounts.length < 2,
    origin: originOf(resource),
  };
}

/** A name that could be confused with one that has its origin. */
function apart(who: string): string {
  return who.includes(' of ') ? JSON.stringify(who) : who;
}

interface Target {
  readonly what: string;
  readonly certain: boolean;
  readonly token?: string;
}

/** Log drains: applications that are bound to a service with a drain, or whoever else binds it. */
function drains(of: (type: string) => readonly Resource[], names: Names): Grant[] {
  const instances = of('cloudfoundry_service_instance');
  const bound = of('cloudfoundry_app')
    .filter(({ managed }) => managed)
    .flatMap((application) =>
      boundNames(application.values.service_bindings).flatMap((name) => {
        const found = instances.filter(({ values }) => values.name === name);
        const own = found.filter((instance) => isIn(instance, names.home(application), names));
        return drained(own, name, application).map((to) => {
          return grant('logs', names.application(application), to, application);
        });
      }),
    );
  const byBinding = of('cloudfoundry_service_credential_binding')
    .filter(({ managed, values }) => managed && values.type !== 'key')
    .flatMap((binding) => {
      const { app = null, service_instance: instance = null } = binding.values;
      if (app === null && instance === null) return [];
      const applications = names.find(app, binding);
      const who = oneOf(applications.map(names.application)) ?? `(app ${said(app, binding)})`;
      const found = names.find(instance, binding);
      return drained(found, instance, binding).map((to) =>
        grant('logs', who, { ...to, certain: to.certain && applications.length === 1 && found.length < 2 }, binding),
      );
    });
  const elsewhere = instances
    .filter(({ managed }) => managed)
    .flatMap((instance) =>
      target(instance, 'syslog_drain_url').map((to) =>
        grant('logs', `whoever binds ${called(instance)}`, to, instance),
      ),
    );
  return [...bound, ...byBinding, ...elsewhere];
}

/** The names under which an application binds services. Unknown ones may be any, unless the platform sets them. */
function boundNames(bindings: Value = null): readonly Value[] {
  if (bindings instanceof Unresolved) return bindings.because === SET_LATER ? [] : [bindings];
  return listOf(bindings).flatMap((each) => {
    if (each instanceof Unresolved) return [each];
    return isObject(each) ? [each.service_instance ?? null] : [];
  });
}

/** A service that others have created may have a drain. */
function drained(instances: readonly Resource[], named: Value, from: Resource): Target[] {
  if (instances.length > 0) return instances.flatMap((instance) => target(instance, 'syslog_drain_url'));
  return [{ what: `whatever service ${said(named, from)} drains to`, certain: false, token: tokenOf([named]) }];
}

/** A service in an unknown space may be in any. */
function isIn(instance: Resource, home: string, { find, space }: Names): boolean {
  const [own] = find(instance.values.space, instance);
  return own === undefined || space(own) === home;
}

function routeService(binding: Resource, { find, route }: Names): Grant {
  const { route: to = null, service_instance: service = null } = binding.values;
  const routes = find(to, binding);
  const instances = find(service, binding);
  const [through = { what: `service ${said(service, binding)}`, certain: false, token: tokenOf([service]) }] = [
    ...(instances.length === 1 ? instances.flatMap((instance) => target(instance, 'route_service_url')) : []),
    ...target(binding, 'route_service_url'),
  ];
  const who = oneOf(routes.map(route)) ?? `(route ${said(to, binding)})`;
  return grant('service', who, { ...through, certain: through.certain && routes.length === 1 }, binding);
}

/** The address of a service: its host is shown; the rest may contain a secret and becomes a token. */
function target({ values, address }: Resource, attribute: string): Target[] {
  const url = values[attribute];
  if (url === null || url === undefined || url === '') return [];
  if (typeof url !== 'string') {
    return [{ what: `(${attribute} of ${address})`, certain: false, token: canonical(url) }];
  }
  const [, host = ''] =
    /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?((?:[\p{L}\p{N}._-]+|\[[0-9a-f:.]+\])(?::[0-9]*)?)(?:[/?#]|$)/iu.exec(url) ??
    [];
  return [{ what: host === '' ? `(${attribute} of ${address})` : host, certain: host !== '', token: url }];
}

function grant(way: Grant['way'], who: string, to: Target, from: Resource): Grant {
  return { way, who, ...to, origin: originOf(from) };
}

/** If several may be meant, lists all of them. */
function oneOf(names: readonly (string | undefined)[]): string | undefined {
  const distinct = [...new Set(names)];
  return distinct.length === 0 || distinct.includes(undefined) ? undefined : distinct.sort().join(' or ');
}

/** An id of something outside the code is still a different one when it changes. */
function said(value: Value, { address }: Resource): string {
  return text(value) ?? `of ${address}`;
}

function called({ values, address }: Resource): string {
  return text(values.name) ?? address;
}

function text(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Distinguishes unknown things from each other; known ones are already printed. */
function tokenOf(values: readonly (Value | undefined)[]): string | undefined {
  const tokens = values.map((value) => (value instanceof Unresolved ? value.token : null));
  return tokens.every((token) => token === null) ? undefined : JSON.stringify(tokens);
}

/**
 * Offerings of which each plan is a role on the platform, and each instance, key or binding an account with that role.
 * Others are treated as ordinary services, although a foundation may have a broker that creates accounts under its own
 * name.
 *
 * @see https://cloud.gov/docs/services/cloud-gov-service-account/
 */
const ACCOUNT_OFFERINGS: ReadonlySet<string> = new Set(['cloud-gov-service-account']);

type Account = Pick<Grant, 'what' | 'via' | 'certain' | 'token'>;

/** The platform accounts that services give to applications and to holders of a key. */
function accountsOf(resources: readonly Resource[], names: Names): Grant[] {
  const of = (type: string): Resource[] => resources.filter((each) => each.type === type);
  const instances = of('cloudfoundry_service_instance').filter(({ managed }) => managed);
  const grant = (who: string, account: Account, { stack, address, path }: Resource): Grant => {
    return { way: 'role', who, ...account, origin: { stack, address, path } };
  };
  const bindings = of('cloudfoundry_service_credential_binding').filter(({ managed }) => managed);
  return [
    ...instances.flatMap((instance) =>
      accountOf(instance, names).map((account) => grant(`whoever binds ${called(instance)}`, account, instance)),
    ),
    ...bindings.flatMap((binding) => {
      const { service_instance: id = null, app } = binding.values;
      const [application] = names.find(app, binding);
      const who = application === undefined ? `whoever has ${called(binding)}` : names.application(application);
      return boundAccounts(id, binding, names).map((account) => grant(who, account, binding));
    }),
    ...of('cloudfoundry_app')
      .filter(({ managed }) => managed)
      .flatMap((application) => {
        const bound = new Set(listOf(application.values.service_bindings).filter(isObject).map(nameOf));
        return instances
          .filter(({ values }) => bound.has(values.name ?? null))
          .flatMap((instance) => accountOf(instance, names).filter(({ certain }) => certain))
          .map((account) => grant(names.application(application), account, application));
      }),
  ];
}

function nameOf({ service_instance: name = null }: Readonly<Record<string, Value>>): Value {
  return name;
}

/**
 * If the plan doesn't contain the instance, a key may be that of an account; what an application gets is covered
 * elsewhere.
 */
function boundAccounts(id: Value, binding: Resource, names: Names): Account[] {
  if (id === null) return [];
  const found = names.find(id, binding);
  const isKey = binding.values.type === 'key';
  if (found.length > 0)
    return found.flatMap((instance) => accountOf(instance, names).filter(({ certain }) => certain || isKey));
  return isKey ? [{ what: 'whatever its service gives', via: 'a space', certain: false, token: canonical(id) }] : [];
}

function accountOf(instance: Resource, { find, space }: Names): Account[] {
  const { service_plan: plan = null, space: home = null } = instance.values;
  if (plan === null || plan === '') return [];
  const [own] = find(home, instance);
  const via = own === undefined ? `the space of ${instance.address}` : space(own);
  const [described] = find(plan, instance).filter(({ type }) => type === 'cloudfoundry_service_plan');
  const { name, service_offering_name: offering } = described?.values ?? {};
  if (typeof offering === 'string' && !ACCOUNT_OFFERINGS.has(offering)) return [];
  if (typeof offering === 'string' && typeof name === 'string') return [{ what: name, via, certain: true }];
  return [{ what: `(service_plan of ${instance.address})`, via, certain: false, token: canonical(plan) }];
}
