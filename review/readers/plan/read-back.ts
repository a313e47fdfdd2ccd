import { COMMUNITY } from '../../community';
import { block, list, text, type Json } from '../json';
import type { Program } from './changes';
import type { Configuration } from './configuration';
import { providerName } from './parts';
import { type Resource, type Value, isObject, listOf } from '../values';

/**
 * What the provider reads back although the configuration leaves it to other resources: an application's routes and a
 * group's spaces. They are outdated when the route or the binding itself changes. Spaces that others have bound are
 * kept, because new rules of the group apply to them too.
 */
const READ_BACK: Readonly<Record<string, readonly string[]>> = {
  cloudfoundry_app: ['routes'],
  cloudfoundry_security_group: ['running_spaces', 'staging_spaces'],
};

export function withoutReadBack(resource: Resource, configuration: Configuration, own: ReadonlySet<string>): Resource {
  // The older provider reads back only what the code sets, part of which the plan may have omitted.
  if (resource.provider === COMMUNITY) return resource;
  const dropped = (READ_BACK[resource.type] ?? []).filter(
    (name) => configuration.of(resource.address)?.has(name) === false,
  );
  if (dropped.length === 0) return resource;
  const kept = Object.entries(resource.values).flatMap(([name, value]): [string, Value][] => {
    if (!dropped.includes(name)) return [[name, value]];
    if (!name.endsWith('_spaces') || !Array.isArray(value)) return [];
    const { id } = resource.values;
    return [[name, value.filter((space: Value) => !own.has(boundBy(name, id ?? null, space)))]];
  });
  return { ...resource, values: Object.fromEntries(kept) };
}

/**
 * When the provider updates a group, it unbinds it from all spaces and binds it again only to those that the group
 * itself lists.
 *
 * @see
 * https://github.com/cloudfoundry/terraform-provider-cloudfoundry/blob/v1.16.0/cloudfoundry/provider/resource_security_group.go#L249
 */
export function unboundBy({ type, address, provider_name: provider, change }: Json): string[] {
  const { actions, before, after_unknown: later } = block(change);
  const isUpdate = type === 'cloudfoundry_security_group' && list(actions).join() === 'update';
  if (!isUpdate || providerName(text(provider)) === COMMUNITY) return [];
  const spaces = (READ_BACK[type] ?? []).flatMap((name) =>
    block(later)[name] === true ? list(block(before)[name]) : [],
  );
  if (spaces.length === 0) return [];
  return [
    `that the provider unbinds ${text(address)} from its spaces (${new Set(spaces).size}) when it updates it: apply the bindings again`,
  ];
}

/** The plan's own bindings, whose resources say everything about them. */
export function ownBindings(before: readonly Resource[]): Set<string> {
  return new Set(
    before
      .filter(({ type }) => type === 'cloudfoundry_security_group_space_bindings')
      .flatMap(({ values }) =>
        (READ_BACK.cloudfoundry_security_group ?? []).flatMap((name) =>
          list(values[name]).map((space) => boundBy(name, values.security_group ?? null, space as Value)),
        ),
      ),
  );
}

function boundBy(name: string, group: Value, space: Value): string {
  return JSON.stringify([name, group, space]);
}

/** The platform's default port for an application that is built from files. */
const DEFAULT_PORT = 8080;
const ROUTE = 'cloudfoundry_route';
/** Only the name of such a route matters: clients that resolve it choose the port. */
const INTERNAL = /\.apps\.internal(?:[:/]|$)/;

/**
 * Determines the port of a route that the code no longer sets. If the code sets a port, the engine has it in the plan;
 * if not, the engine omits it and the provider keeps the previous port. For an application built from files, a previous
 * port other than the platform's default was set by the code. For an image, it may be one that the image exposes: only
 * the program before the change distinguishes the two, so that without it every update of an image would be unknown.
 *
 * @param earlier what the code said before the change, if available
 */
export function withoutTakenPorts(
  changes: readonly Json[],
  before: readonly Resource[],
  earlier: () => Program,
): (resource: Resource) => Resource {
  const unsaid = new Set(changes.filter(isUnsaid).map(({ address }) => text(address)));
  if (unsaid.size === 0) return (resource) => resource;
  const program = earlier();
  const isOfFiles = ({ managed, type, values }: Resource): boolean =>
    managed && type === 'cloudfoundry_app' && (values.docker_image ?? null) === null;
  const ofFiles = new Set(before.filter(isOfFiles).map(({ values }) => values.id));
  const routes = new Map(before.filter(({ type }) => type === ROUTE).map((route) => [route.address, route.values]));
  return (resource) => {
    const { address, values } = resource;
    const { url, destinations: were } = routes.get(address) ?? {};
    if (!unsaid.has(address) || (typeof url === 'string' && INTERNAL.test(url))) return resource;
    const mayBeExposed = program.size === 0 || saysNoPort(program.get(address)?.destinations);
    const said = listOf(were)
      .filter(isObject)
      .filter(({ app_id: app, port }) => port !== DEFAULT_PORT && (ofFiles.has(app) || !mayBeExposed))
      .map(({ port }) => port);
    if (said.length === 0) return resource;
    const destinations = listOf(values.destinations).map((one) =>
      isObject(one) && said.includes(one.port) ? { ...one, port: null } : one,
    );
    return { ...resource, values: { ...values, destinations } };
  };
}

/** Whether an update of a route leaves its ports to the platform. */
function isUnsaid({ type, change }: Json): boolean {
  const { actions, after_unknown: later } = block(change);
  const destinations = list(block(later).destinations);
  return (
    type === ROUTE &&
    list(actions).join() === 'update' &&
    destinations.length > 0 &&
    destinations.every((one) => block(one).port === true)
  );
}

function saysNoPort(destinations: Value | undefined): boolean {
  return (
    Array.isArray(destinations) && destinations.every((one: Value) => isObject(one) && (one.port ?? null) === null)
  );
}
