import { COMMUNITY, COMMUNITY_TYPES } from '../../community';
import { canonical, isObject, LATER, listOf, Unresolved, type Resource, type Value } from '../values';

type Values = Readonly<Record<string, Value>>;

/** Translates a resource of the older provider to the newer one, which splits it into more types. */
export function asNewer(resource: Resource): Resource[] {
  const type = resource.provider === COMMUNITY ? COMMUNITY_TYPES[resource.type] : undefined;
  if (type === undefined) return [resource];
  const values = blocksAsLists(resource.type, resource.values);
  const whole = { ...resource, type: type.as, values: renamed(type.attributes, values) };
  return SPLIT[resource.type]?.(whole, values) ?? [whole];
}

/** Parts of older types that are separate resources of the newer provider. */
const SPLIT: Readonly<Record<string, (whole: Resource, older: Values) => Resource[]>> = {
  cloudfoundry_app: (app, { buildpack, enable_ssh: ssh = null, service_binding: bindings }) => [
    withValues(app, {
      ...(isSet(buildpack) && { buildpacks: [...membersOf(app.values.buildpacks), buildpack] }),
      // The platform enables SSH if the code doesn't mention it.
      ...(app.managed && { enable_ssh: ssh ?? true }),
    }),
    ...membersOf(bindings).map((binding, index) =>
      part(app, `service_binding ${index}`, 'cloudfoundry_service_credential_binding', {
        type: 'app',
        app: idOf(app),
        service_instance: isObject(binding) ? (binding.service_instance ?? null) : binding,
        parameters: isObject(binding) ? firstSet(binding.params, binding.params_json) : null,
      }),
    ),
  ],
  cloudfoundry_domain: (domain, { name, domain: parent, sub_domain: sub }) => [
    isSet(name) || !isSet(parent) || !isSet(sub) ? domain : withValues(domain, { name: joined([sub, parent]) }),
  ],
  cloudfoundry_org: (org, older) => [org, ...roles(org, older, { org: idOf(org) })],
  cloudfoundry_org_users: (users, older) => roles(users, older, { org: older.org ?? null }),
  cloudfoundry_service: (service, { name = null, service_plans: plans }) =>
    Object.entries(isObject(plans) ? plans : {}).map(([plan, id]) => ({
      ...service,
      address: `${service.address} ${plan}`,
      values: { id, name: plan, service_offering_name: name },
    })),
  cloudfoundry_service_key: (key) => [withValues(key, { type: 'key' })],
  cloudfoundry_space: (space, older) => [
    space,
    ...bindings(space, older.asgs, 'running_spaces', idOf(space)),
    ...bindings(space, older.staging_asgs, 'staging_spaces', idOf(space)),
    ...(space.managed ? roles(space, older, { space: idOf(space) }) : []),
  ],
  cloudfoundry_space_asgs: (asgs, { space = null, running_asgs: running, staging_asgs: staging }) => [
    ...bindings(asgs, running, 'running_spaces', space),
    ...bindings(asgs, staging, 'staging_spaces', space),
  ],
  cloudfoundry_space_users: (users, older) => roles(users, older, { space: older.space ?? null }),
};

const ROLES = {
  managers: 'manager',
  billing_managers: 'billing_manager',
  developers: 'developer',
  auditors: 'auditor',
};

function roles(from: Resource, older: Values, place: { readonly space: Value } | { readonly org: Value }): Resource[] {
  const [of, kind] =
    'space' in place ? ['space', 'cloudfoundry_space_role'] : ['organization', 'cloudfoundry_org_role'];
  return Object.entries(ROLES).flatMap(([list, role]) =>
    membersOf(older[list]).map((user, index) =>
      part(from, `${list} ${index}`, kind, { type: `${of}_${role}`, user, ...place }),
    ),
  );
}

function bindings(
  from: Resource,
  groups: Value | undefined,
  stage: 'running_spaces' | 'staging_spaces',
  space: Value,
): Resource[] {
  return membersOf(groups).map((group, index) =>
    part(from, `${stage} ${index}`, 'cloudfoundry_security_group_space_bindings', {
      security_group: group,
      [stage]: [space],
    }),
  );
}

/** An unknown list stands for its single possible member. */
function membersOf(list: Value | undefined): readonly Value[] {
  return list instanceof Unresolved ? [list] : listOf(list);
}

function part({ stack, address, path, managed }: Resource, name: string, type: string, values: Values): Resource {
  return { stack, address: `${address} ${name}`, path, managed, type, values };
}

/** Also if it is known only after the apply: it is then the id of this resource. */
function idOf({ stack, address, values: { id = null } }: Resource): Value {
  if (typeof id === 'string') return id;
  return new Unresolved(`${stack} ${address} id`, LATER, [{ stack, address, attribute: 'id' }], true);
}

function withValues(resource: Resource, values: Values): Resource {
  return { ...resource, values: { ...resource.values, ...values } };
}

/** Attributes and block members under their newer names; if several mean the same, the first that is set. */
function renamed(attributes: Readonly<Record<string, unknown>>, values: Values, outer = ''): Values {
  const found: Record<string, Value> = {};
  for (const [name, value] of Object.entries(values)) {
    const at = `${outer}${name}`;
    const newer = attributes[at];
    const inner = (each: Value): Value => (isObject(each) ? renamed(attributes, each, `${at}.`) : each);
    const as = typeof newer === 'string' ? newer.slice(newer.lastIndexOf('.') + 1) : name;
    const isBlock = Object.keys(attributes).some((other) => other.startsWith(`${at}.`));
    found[as] = firstSet(found[as], isBlock && Array.isArray(value) ? value.map(inner) : value);
  }
  return found;
}

/** A program may write a single block without a list. */
function blocksAsLists(type: string, values: Values): Values {
  const names = Object.keys(COMMUNITY_TYPES[type]?.attributes ?? {});
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      isObject(value) && names.some((other) => other.startsWith(`${name}.`)) ? [value] : value,
    ]),
  );
}

function firstSet(...values: readonly (Value | undefined)[]): Value {
  return values.find(isSet) ?? values.find((value) => value !== undefined) ?? null;
}

function isSet(value: Value | undefined): value is Exclude<Value, null> {
  return value !== undefined && value !== null && value !== '' && !(isObject(value) && Object.keys(value).length === 0);
}

/** A name made of parts, some of which may be unknown. */
function joined(parts: readonly Value[]): Value {
  const hidden = parts.filter((each) => each instanceof Unresolved);
  const [first] = hidden;
  if (first === undefined) return parts.map(canonical).join('.');
  return new Unresolved(hidden.map(({ token }) => token).join(' '), first.because);
}
