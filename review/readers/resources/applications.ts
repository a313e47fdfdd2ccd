import { allowlistOf } from '../../model/allowlist-facts';
import type { Space, ServiceInstance, Application, Variable } from '../../model/facts';
import { lazily, remember } from '../../model/maps';
import { splitAddress, stepsOf } from '../expressions/traversal';
import { idPart, label, originOf, flag, unknown } from './labels';
import { programOf, type Pushed } from './programs';
import type { References } from './references';
import { type Resource, isObject, listOf, Unresolved, type Value } from '../values';

export function spacesOf(references: References): Space[] {
  return references.all('cloudfoundry_space').map((resource) => ({
    id: spaceId(references, resource),
    name: label(resource.values.name, resource, 'name'),
    owned: resource.managed,
    ssh: flag(resource.values.allow_ssh, (value) => value !== false),
    origin: originOf(resource),
  }));
}

export function spaceId(references: References, resource: Resource): string {
  const org = references.only(resource.values.org, resource);
  const orgName = org === undefined ? label(resource.values.org, resource, 'org') : label(org.values.name, org, 'name');
  return [orgName, label(resource.values.name, resource, 'name')].map(idPart).join('/');
}

/** The id of the space that an application is in. */
export function homeOf(references: References, resource: Resource): string {
  const { org_name: org, space_name: space, space: id } = resource.values;
  if (id !== undefined) {
    // The older provider refers to the space by its id.
    const home = references.only(id, resource);
    return home === undefined ? label(id, resource, 'space') : spaceId(references, home);
  }
  return [label(org, resource, 'org_name'), label(space, resource, 'space_name')].map(idPart).join('/');
}

export function servicesOf(references: References): ServiceInstance[] {
  return references.all('cloudfoundry_service_instance').map((resource) => {
    const { name, space, service_plan: plan } = resource.values;
    const home = references.only(space, resource);
    const offering = references.only(plan, resource)?.values.service_offering_name;
    return {
      id: `${home === undefined ? label(space, resource, 'space') : spaceId(references, home)}/${label(name, resource, 'name')}`,
      name: label(name, resource, 'name'),
      ...(typeof offering === 'string' && { offering }),
      origin: originOf(resource),
    };
  });
}

export function applicationsOf(references: References, pushed: Pushed): Application[] {
  return references.all('cloudfoundry_app').map((resource) => application(references, pushed, resource));
}

export function applicationId(references: References, resource: Resource): string {
  return remember(
    references.applicationIds,
    resource,
    () => `${homeOf(references, resource)}/${idPart(label(resource.values.name, resource, 'name'))}`,
  );
}

function application(references: References, pushed: Pushed, resource: Resource): Application {
  const { values, managed } = resource;
  const environment = variables(values.environment);
  const docker = values.docker_image !== undefined && values.docker_image !== null;
  const hidden = values.environment instanceof Unresolved ? values.environment : undefined;
  const application: Application = {
    id: applicationId(references, resource),
    name: label(values.name, resource, 'name'),
    space: homeOf(references, resource),
    owned: managed,
    lifecycle: docker ? 'docker' : 'buildpack',
    // The provider disables SSH if the code doesn't mention it.
    ssh: flag(values.enable_ssh, (value) => value === true),
    environment,
    allowlist:
      hidden !== undefined && (docker || endsWithBinary(values.buildpacks))
        ? { lines: [], unknown: [unknown(hidden, 'whether this is a proxy, and what it allows')] }
        : allowlistOf(environment, docker || isSet(values.sidecars)),
    origin: originOf(resource),
  };
  if (!managed) return application;
  // Only compared, never used by a check.
  return lazily(['program'], () => programOf(values, servicesBoundTo(references, resource), pushed), application);
}

/** The content of services that an application is bound to, by itself or by a separate binding. */
function servicesBoundTo(references: References, application: Resource): Resource['values'][] {
  const names = new Set(
    listOf(application.values.service_bindings)
      .filter(isObject)
      .map(({ service_instance: name }) => name),
  );
  const named = references
    .managed('cloudfoundry_service_instance')
    .filter(({ values }) => names.has(values.name))
    .map(({ values }) => values);
  const bound = references
    .managed('cloudfoundry_service_credential_binding')
    .filter(({ values }) => references.find(values.app).includes(application))
    .map((binding) => {
      const { service_instance: id = null, parameters: params = null } = binding.values;
      const unread = { name: label(id, binding, 'service_instance'), credentials: id };
      return { ...(references.only(id, binding)?.values ?? unread), params };
    });
  return [...named, ...bound];
}

/** The last buildpack of a proxy that is pushed without an image; language buildpacks start something else. */
function endsWithBinary(buildpacks: Value | undefined): boolean {
  const last = buildpacks instanceof Unresolved ? buildpacks : listOf(buildpacks).at(-1);
  return last instanceof Unresolved || (typeof last === 'string' && /\bbinary[-_]buildpack\b/.test(last));
}

function isSet(list: Value | undefined): boolean {
  return list instanceof Unresolved || listOf(list).length > 0;
}

function variables(environment: Value | undefined): Map<string, Variable> {
  if (environment instanceof Unresolved) return new Map([['(all of them)', unknown(environment, 'the environment')]]);
  if (!isObject(environment)) return new Map();
  return new Map(
    Object.entries(environment)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, variable(value, name)]),
  );
}

/**
 * The provider converts numbers to texts. Values that can't be converted are unknown, like everything that can't be
 * read.
 */
function variable(value: Value, name: string): Variable {
  if (typeof value !== 'object' || value === null) return `${value}`;
  if (!(value instanceof Unresolved)) return unknown(new Unresolved(JSON.stringify(value), 'it is not a string'), name);
  const word = value.word || isRandom(value);
  return Object.assign(unknown(value, name), value.filled && { filled: true }, word && { word });
}

/**
 * Resources of the random provider into whose result the code can't put its own text: they have neither spaces nor line
 * ends.
 */
const RANDOM: ReadonlySet<string | undefined> = new Set(['random_password', 'random_string', 'random_uuid']);

function isRandom({ references, exact }: Unresolved): boolean {
  return (
    exact &&
    references.length > 0 &&
    references.every(({ address }) => RANDOM.has(splitAddress(stepsOf(address)).resource[0]))
  );
}
