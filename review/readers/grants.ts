import { createHash } from 'node:crypto';
import type { Grant, Origin } from '../model/facts';
import { isObject, listOf, Unresolved, type Resource, type Value } from './values';

/** How what a resource names is found, and what it is called. */
interface Names {
  readonly find: (value: Value | undefined, from: Resource) => readonly Resource[];
  readonly space: (resource: Resource) => string;
  readonly application: (resource: Resource) => string;
  readonly home: (resource: Resource) => string;
  readonly route: (resource: Resource) => string;
}

/** What resources give to somebody beside reach: roles, and where logs and requests go. */
export function grantsOf(resources: readonly Resource[], names: Names): Grant[] {
  const of = (type: string): readonly Resource[] => resources.filter((resource) => resource.type === type);
  const managed = (type: string): readonly Resource[] => of(type).filter((resource) => resource.managed);
  return [
    ...['cloudfoundry_space_role', 'cloudfoundry_org_role'].flatMap(managed).map((role) => roleOf(role, names)),
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
  const [home] = find(resource.values.space, resource);
  const [org] = find(resource.values.org, resource);
  const [account] = find(user, resource);
  const who = text(username) ?? text(account?.values.username) ?? text(user);
  const place =
    home !== undefined
      ? space(home)
      : (text(org?.values.name) ?? text(resource.values.space) ?? text(resource.values.org));
  return {
    way: 'role',
    who: `${who ?? `(user of ${resource.address})`}${typeof origin === 'string' ? ` of ${origin}` : ''}`,
    what: text(type) ?? `(type of ${resource.address})`,
    via: place ?? `(place of ${resource.address})`,
    certain: [who, text(type), place].every((each) => each !== undefined),
    origin: originOf(resource),
  };
}

interface Target {
  readonly what: string;
  readonly certain: boolean;
  readonly token?: string;
}

/** Whose logs go where: applications that are bound to a service with a drain, or whoever else binds it. */
function drains(of: (type: string) => readonly Resource[], names: Names): Grant[] {
  const instances = of('cloudfoundry_service_instance');
  const boundByApp = of('cloudfoundry_app').flatMap((application) =>
    listOf(application.values.service_bindings)
      .filter(isObject)
      .flatMap(({ service_instance: name }) =>
        instances
          .filter(({ values }) => values.name === name)
          .filter((instance) => isIn(instance, names.home(application), names))
          .map((instance) => ({ application, instance, by: application })),
      ),
  );
  const boundByBinding = of('cloudfoundry_service_credential_binding').flatMap((binding) => {
    const [application] = names.find(binding.values.app, binding);
    const [instance] = names.find(binding.values.service_instance, binding);
    return application === undefined || instance === undefined ? [] : [{ application, instance, by: binding }];
  });
  const bound = [...boundByApp, ...boundByBinding].flatMap(({ application, instance, by }) =>
    target(instance, 'syslog_drain_url').map((to) => grant('logs', names.application(application), to, by)),
  );
  const elsewhere = instances
    .filter(({ managed }) => managed)
    .flatMap((instance) =>
      target(instance, 'syslog_drain_url').map((to) =>
        grant('logs', `whoever binds ${called(instance)}`, to, instance),
      ),
    );
  return [...bound, ...elsewhere];
}

/** A service that is in a space which can't be told may be in any. */
function isIn(instance: Resource, home: string, { find, space }: Names): boolean {
  const [own] = find(instance.values.space, instance);
  return own === undefined || space(own) === home;
}

function routeService(binding: Resource, { find, route }: Names): Grant {
  const [from] = find(binding.values.route, binding);
  const [instance] = find(binding.values.service_instance, binding);
  const [to = { what: 'a service that is not in the code', certain: false }] =
    instance === undefined ? [] : target(instance, 'route_service_url');
  const who = from === undefined ? `(route of ${binding.address})` : route(from);
  return grant('service', who, { ...to, certain: to.certain && from !== undefined }, binding);
}

/** Where an address of a service leads: its host is shown, and the rest, which may hold a secret, has a token. */
function target({ values, address }: Resource, attribute: string): Target[] {
  const url = values[attribute];
  if (url === null || url === undefined || url === '') return [];
  if (typeof url !== 'string') {
    const token = url instanceof Unresolved ? url.token : JSON.stringify(url);
    return [
      {
        what: `(${attribute} of ${address})`,
        certain: false,
        token: hash(token.replace(/^sensitive .*/, 'sensitive')),
      },
    ];
  }
  const [, host = ''] = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(url) ?? [];
  return [{ what: host === '' ? `(${attribute} of ${address})` : host, certain: host !== '', token: hash(url) }];
}

function grant(way: Grant['way'], who: string, to: Target, from: Resource): Grant {
  return { way, who, ...to, origin: originOf(from) };
}

function called({ values, address }: Resource): string {
  return text(values.name) ?? address;
}

function text(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function hash(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}

function originOf({ stack, address, path }: Resource): Origin {
  return { stack, address, path };
}
