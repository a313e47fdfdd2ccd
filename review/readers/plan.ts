import { COMMUNITY } from '../community';
import { isLookedInto } from '../coverage';
import { sha256 } from '../model/fingerprint';
import { Configuration } from './configuration';
import { KnownIds } from './known-ids';
import { block, list, text, type Json } from './json';
import { partsOf, providerName } from './plan-parts';
import { isObject, LATER, SET_LATER, Unresolved, type Resource, type Value } from './values';

/** A resource that the plan destroys and makes anew. */
export interface Replacement {
  readonly stack: string;
  readonly address: string;
  readonly type: string;
  readonly name: string;
  /** Attributes that can't be changed in place. */
  readonly because: readonly string[];
}

export interface PlanReading {
  readonly before: readonly Resource[];
  readonly after: readonly Resource[];
  /** What the last apply left, where somebody has changed something of the Cloud Foundry provider's since. @default - as `before` */
  readonly applied?: readonly Resource[];
  readonly replaced: readonly Replacement[];
  /** What the plan does not cover, one clause each. */
  readonly gaps: readonly string[];
}

/** The format that is read; a later minor version only adds to it. @see https://developer.hashicorp.com/terraform/internals/json-format */
const FORMAT = 1;
const OURS = 'cloudfoundry_';

/** What the program that a plan is of says of its resources, by their addresses. */
export type Program = ReadonlyMap<string, Resource['values']>;

/**
 * The resources before and after a plan, from what `terraform show -json PLAN` or `tofu show -json PLAN` prints.
 *
 * @param program where it is at hand: it has the expressions, of which a plan has only what they refer to
 * @throws if it is anything else: nothing about reach may follow from what was not read
 */
export function readPlan(json: unknown, stack: string, program: Program = new Map()): PlanReading {
  const plan = checked(json);
  const configuration = new Configuration(block(plan.configuration), stack);
  const ids = new KnownIds(plan, stack);
  const all = list(plan.resource_changes).map(block);
  const changes = all.filter(ours);
  const others = all.filter((change) => !ours(change) && change.mode === 'managed' && !isNoop(change));
  const changed = new Set(changes.map(({ address }) => address));
  const untouched = resourcesOf(block(block(plan.prior_state).values).root_module, stack, changed);
  const were = [...changes.flatMap((change) => beforeOf(change, stack)), ...untouched];
  const own = ownBindings(were);
  const said = (resource: Resource): Resource => withoutReadBack(resource, configuration, own);
  const before = were.map(said);
  const after = [...changes.flatMap((change) => afterOf(change, stack, configuration, ids, program)), ...untouched].map(
    said,
  );
  if (before.length + after.length === 0) {
    throw new Error('the plan has no resource of the Cloud Foundry provider: give the plan of a stack that has');
  }
  const drift = new Map(
    list(plan.resource_drift)
      .map(block)
      .filter(ours)
      .map((change) => [change.address, beforeOf(change, stack).map(said)]),
  );
  const foreign = others.flatMap((change) => beforeOf(change, stack));
  const reappeared = [...drift].filter(([address]) => !before.some((resource) => resource.address === address));
  return {
    before: [...before, ...foreign],
    after: [
      ...after,
      ...others.flatMap((change) => afterOf(change, stack, configuration, ids)),
      ...partsOf(plan, stack),
    ],
    ...(drift.size > 0 && {
      applied: [
        ...before.flatMap((resource) => drift.get(resource.address) ?? [resource]),
        ...reappeared.flatMap(([, resources]) => resources),
        ...foreign,
      ],
    }),
    replaced: changes.flatMap((change) => replacementOf(change, stack)),
    gaps: [
      ...(plan.complete === false
        ? ['the plan is not complete: it was made with -target, or part of it is deferred']
        : []),
      ...changes
        .filter(({ change }) => list(block(change).actions).includes('forget'))
        .map(({ address }) => `${text(address)} leaves the code but stays on the platform`),
      ...Object.entries(UNREAD).flatMap(([unread, what]) => (after.some(({ type }) => type === unread) ? [what] : [])),
    ],
  };
}

/** What resources move that the model has no place for, by their types. */
const UNREAD: Readonly<Record<string, string>> = {
  cloudfoundry_mta: 'applications inside of cloudfoundry_mta resources',
  cloudfoundry_service_route_binding:
    'where cloudfoundry_service_route_binding resources send what comes to a route before its application gets it',
};

/**
 * What the provider reads back although the configuration leaves it to other resources: an application's routes and a
 * group's spaces. They are old news when the route or the binding itself changes; of spaces those stay that others have
 * bound, since new rules of the group are theirs too.
 */
const READ_BACK: Readonly<Record<string, readonly string[]>> = {
  cloudfoundry_app: ['routes'],
  cloudfoundry_security_group: ['running_spaces', 'staging_spaces'],
};

function withoutReadBack(resource: Resource, configuration: Configuration, own: ReadonlySet<string>): Resource {
  // What the older one reads back is what the code sets, of which the plan may have left out a part.
  if (resource.provider === COMMUNITY) return resource;
  const set = configuration.of(resource.address);
  const dropped = (READ_BACK[resource.type] ?? []).filter((name) => set?.has(name) === false);
  if (dropped.length === 0) return resource;
  const kept = Object.entries(resource.values).flatMap(([name, value]): [string, Value][] => {
    if (!dropped.includes(name)) return [[name, value]];
    if (!name.endsWith('_spaces') || !Array.isArray(value)) return [];
    const { id } = resource.values;
    return [[name, value.filter((space: Value) => !own.has(boundBy(name, id ?? null, space)))]];
  });
  return { ...resource, values: Object.fromEntries(kept) };
}

/** The bindings of the plan's own, whose resources say all about them. */
function ownBindings(before: readonly Resource[]): Set<string> {
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

function checked(json: unknown): Json {
  const plan = block(json);
  const { format_version: version } = plan;
  if ('lineage' in plan || ('values' in plan && !('planned_values' in plan))) {
    throw new Error('it is a state and not a plan: give what `terraform show -json FILE` prints for a saved plan');
  }
  if (typeof version !== 'string' || !('planned_values' in plan)) {
    throw new Error('it is not a plan: make one with `terraform plan -out=FILE` and `terraform show -json FILE`');
  }
  if (Number(version.split('.')[0]) !== FORMAT) {
    throw new Error(`its format version is ${version}, and ${FORMAT}.x is read here: use an engine that writes it`);
  }
  if (plan.errored === true) {
    throw new Error('it is the plan of a run that failed, and so not complete: solve the error and plan again');
  }
  return plan;
}

function isNoop({ change }: Json): boolean {
  const actions = list(block(change).actions);
  return actions.length > 0 && actions.every((action) => action === 'no-op');
}

function ours({ type }: Json): boolean {
  return typeof type === 'string' && type.startsWith(OURS);
}

/** Data sources and whatever a targeted plan leaves alone. */
function resourcesOf(module: unknown, stack: string, except: ReadonlySet<unknown>): Resource[] {
  const { resources, child_modules: children } = block(module);
  return [
    ...list(resources)
      .map(block)
      .filter((resource) => ours(resource) && !except.has(resource.address))
      .map(({ address, mode, type, provider_name: provider, values, sensitive_values: sensitive }) => ({
        stack,
        address: text(address),
        managed: mode === 'managed',
        type: text(type),
        provider: providerName(text(provider)),
        values: hide(values, sensitive, `${stack} ${text(address)}`) as Resource['values'],
      })),
    ...list(children).flatMap((child) => resourcesOf(child, stack, except)),
  ];
}

function beforeOf(resource: Json, stack: string): Resource[] {
  const { address, mode, type, provider_name: provider, change, deposed } = resource;
  const { before, before_sensitive: sensitive } = block(change);
  if (before === null || before === undefined) return [];
  return [
    {
      stack,
      // An object left over by a failed replacement runs until it is deleted, beside the one that took its address.
      address: deposed === undefined ? text(address) : `${text(address)} (deposed)`,
      managed: mode === 'managed',
      type: text(type),
      provider: providerName(text(provider)),
      values: hide(before, sensitive, placeOf(resource, stack, 'before')) as Resource['values'],
    },
  ];
}

function afterOf(
  resource: Json,
  stack: string,
  configuration: Configuration,
  ids: KnownIds,
  program: Program = new Map(),
): Resource[] {
  const { address, mode, type, provider_name: provider, change, deposed } = resource;
  const { actions, before, before_sensitive: beforeSensitive, after, after_unknown, after_sensitive } = block(change);
  if (deposed !== undefined && !list(actions).includes('forget')) return [];
  // What is forgotten stays on the platform, beside what is made in its place.
  if (after === null || after === undefined) return list(actions).includes('forget') ? beforeOf(resource, stack) : [];
  if (list(actions).includes('forget')) {
    const forgotten = beforeOf(resource, stack).map((one) => ({ ...one, address: `${one.address} (forgotten)` }));
    const made = { ...resource, change: { ...block(change), actions: ['create'] } };
    return [...forgotten, ...afterOf(made, stack, configuration, ids, program)];
  }
  const expressions = configuration.of(text(address));
  const kept = !list(actions).includes('create') && !list(actions).includes('delete');
  const old = block(hide(before ?? null, beforeSensitive, placeOf(resource, stack, 'before')));
  const shown = block(hide(after, after_sensitive, placeOf(resource, stack, 'after')));
  const isOlder = providerName(text(provider)) === COMMUNITY;
  const later = Object.entries(block(after_unknown)).map(([name, unknown]): [string, Value] => {
    const written = expressions?.get(name);
    // Of blocks that the older provider takes, the configuration of a plan leaves out those that `dynamic` makes.
    const hidden = written === undefined && isLookedInto(`${COMMUNITY} ${text(type)}`, name) && isOlder;
    // An update in place keeps what the configuration does not set: the provider marks it unknown and leaves it alone.
    const untouched = name === 'id' || (expressions !== undefined && written === undefined && !hidden);
    if (kept && unknown === true && name in old && untouched) return [name, old[name] as Value];
    const token = `${stack} ${text(address)} ${name} after apply`;
    const known = (shown[name] ?? null) as Value;
    if (!marks(unknown)) return [name, known];
    if (!kept && unknown === true && expressions !== undefined && written === undefined) {
      const unset = isOlder ? undefined : UNSET[text(type)]?.[name];
      if (unset !== undefined) return [name, unset];
    }
    const said = hidden
      ? new Unresolved('', LATER)
      : configuration.value(text(address), written, (sources, references) =>
          ids.resolve(sources, placed(known), references),
        );
    const merged = merge(known, unknown, said, token);
    const computed = COMPUTED[text(type)]?.[name] ?? [];
    const whole = kept ? keepComputed(merged, old[name] as Value, computed) : setLater(merged, computed);
    if (ENDS[text(type)]?.includes(name) === true && !isPlain(program.get(text(address))?.[name]))
      return [name, inexact(whole)];
    if (unknown === true && LISTS.has(name)) return [name, inexact(whole)];
    const objects = isLookedInto(isOlder ? `${COMMUNITY} ${text(type)}` : text(type), name);
    return [
      name,
      objects && Array.isArray(whole)
        ? whole.map((each: Value) => ofObjects(each, ids, computed))
        : settle(whole, ids, computed),
    ];
  });
  return [
    {
      stack,
      address: text(address),
      managed: mode === 'managed',
      type: text(type),
      provider: providerName(text(provider)),
      values: { ...(shown as Resource['values']), ...Object.fromEntries(later) },
    },
  ];
}

/** What the platform or the provider makes of an attribute that the code leaves out when it makes the resource. */
const UNSET: Readonly<Record<string, Readonly<Record<string, Value>>>> = {
  cloudfoundry_app: { enable_ssh: false },
  cloudfoundry_security_group: { globally_enabled_running: false, globally_enabled_staging: false },
};

/**
 * Parts of an attribute that the platform sets where the code does not. Of an attribute that is known after apply a plan does
 * not tell which parts the code sets; what it refers to are ids, and none of these is one.
 */
const COMPUTED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  cloudfoundry_route: { destinations: ['app_process_type', 'id', 'port', 'protocol'] },
};

/** Of what is new, with the computed parts that could only be an id said to be the platform's. */
function setLater(members: Value, computed: readonly string[]): Value {
  if (computed.length === 0 || !Array.isArray(members)) return members;
  return members.map((member: Value) => {
    if (!isObject(member)) return member;
    return Object.fromEntries(
      Object.entries(member).map(([part, value]) => {
        const isId =
          value instanceof Unresolved && value.exact && value.references.every(({ attribute }) => attribute === 'id');
        return [part, isId && computed.includes(part) ? new Unresolved(value.token, SET_LATER) : value];
      }),
    );
  });
}

/** With the computed parts as they were, if all members had the same. */
function keepComputed(members: Value, before: Value, computed: readonly string[]): Value {
  if (computed.length === 0 || !Array.isArray(members) || !Array.isArray(before)) return members;
  const had = (part: string): Value[] => [...new Set(before.filter(isObject).map((member) => member[part] as Value))];
  return members.map((member: Value) => {
    if (!isObject(member)) return member;
    const kept = computed.filter((part) => !(part in member) || member[part] instanceof Unresolved);
    const same = kept.flatMap((part): [string, Value][] => {
      const [value, ...others] = had(part);
      return value === undefined || others.length > 0 ? [] : [[part, value]];
    });
    return { ...member, ...Object.fromEntries(same) };
  });
}

/** Attributes of either provider that hold ids of applications, which are known after apply whenever those change. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  cloudfoundry_network_policy: ['policies', 'policy'],
  cloudfoundry_route: ['destinations', 'target'],
};

/** Attributes that hold several. Of one that is not known as a whole, what it refers to may be a part. */
const LISTS: ReadonlySet<string> = new Set([
  ...['asgs', 'running_asgs', 'staging_asgs', 'running_spaces', 'staging_spaces'],
  ...['policies', 'policy', 'destinations', 'target', 'routes', 'rules', 'rule', 'processes', 'sidecars'],
  ...['service_bindings', 'service_binding', 'auditors', 'billing_managers', 'developers', 'managers'],
]);

/** A member that is not known is no id, whatever it refers to. */
function ofObjects(member: Value, ids: KnownIds, computed: readonly string[]): Value {
  return member instanceof Unresolved ? inexact(member) : settle(member, ids, computed);
}

/** Whether what is not known is what one reference says, and not what a condition or a function makes of it. */
function isPlain(written: Value | undefined): boolean {
  if (written instanceof Unresolved) return written.exact;
  if (Array.isArray(written)) return written.every((each: Value) => isPlain(each));
  return !isObject(written) || Object.values(written).every(isPlain);
}

function inexact(value: Value): Value {
  if (value instanceof Unresolved) return new Unresolved(value.token, value.because, value.references);
  if (Array.isArray(value)) return value.map(inexact);
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inexact(each)]))
    : value;
}

/** With the ids that something keeps which is updated in place. */
function settle(value: Value, ids: KnownIds, except: readonly string[] = []): Value {
  if (value instanceof Unresolved) return ids.settled(value);
  if (Array.isArray(value)) return value.map((each: Value) => settle(each, ids, except));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, except.includes(name) ? each : settle(each, ids, except)]),
  );
}

/** All texts in a value. */
function placed(value: Value, found = new Set<Value>()): ReadonlySet<Value> {
  if (typeof value === 'string') found.add(value);
  else if (Array.isArray(value)) value.forEach((each: Value) => placed(each, found));
  else if (isObject(value)) Object.values(value).forEach((each) => placed(each, found));
  return found;
}

/** Puts what the configuration says in place of what is only known after apply. */
function merge(known: Value, unknown: unknown, written: Value | undefined, token: string): Value {
  if (unknown === true) return later(written, token);
  if (unknown === undefined || unknown === false) return known;
  // Of what is hidden as a whole nobody sees which part is not known.
  if (known instanceof Unresolved) return marks(unknown) ? new Unresolved(`${token} of ${known.token}`, LATER) : known;
  if (Array.isArray(unknown)) {
    if (!unknown.some(marks)) return known;
    const spread = spreadOver(unknown, written);
    if (spread !== undefined) return spread.map((each, index) => later(each, `${token} ${index}`));
    // A set with an unknown member has no order in common with the configuration, which knows its members just as well.
    if (Array.isArray(written) && Array.isArray(known) && written.length === known.length) {
      return written.map((each: Value, index) => member(known[index] as Value, later(each, `${token} ${index}`)));
    }
    const longest = Math.max(list(known).length, unknown.length);
    return Array.from({ length: longest }, (_, index) =>
      merge((list(known)[index] ?? null) as Value, unknown[index], single(written), `${token} ${index}`),
    );
  }
  const names = new Set([...Object.keys(block(known)), ...Object.keys(block(unknown))]);
  return Object.fromEntries(
    [...names].map((name) => {
      const inner = isObject(written) ? written[name] : single(written);
      return [name, merge((block(known)[name] ?? null) as Value, block(unknown)[name], inner, `${token} ${name}`)];
    }),
  );
}

/** As many unknown members as there are ids that they may be: each is one of them. */
function spreadOver(unknown: readonly unknown[], written: Value | undefined): Unresolved[] | undefined {
  if (!(written instanceof Unresolved) || !written.exact || written.references.length !== unknown.length)
    return undefined;
  if (!unknown.every((each) => each === true)) return undefined;
  return written.references.map((each) => new Unresolved(written.token, written.because, [each], true));
}

/** What the configuration says of a member, with what the plan adds to it if the two are the same one. */
function member(known: Value, written: Value): Value {
  if (!isObject(known) || !isObject(written)) return written;
  const differs = Object.entries(known).some(
    ([name, value]) => typeof written[name] === 'string' && value !== null && written[name] !== value,
  );
  const added = Object.entries(known).filter(([name, value]) => value !== null && !(name in written));
  return differs ? written : { ...written, ...Object.fromEntries(added) };
}

/** Whether any place of a value is marked, as unknown or as sensitive. */
function marks(marked: unknown): boolean {
  if (typeof marked !== 'object' || marked === null) return marked === true;
  return Object.values(marked).some(marks);
}

/** A value of the configuration, with templates that can't be worked out before the apply. */
function later(written: Value | undefined, token: string): Value {
  if (written === undefined || written === null) return new Unresolved(token, SET_LATER);
  if (written instanceof Unresolved) {
    const from = written.token === '' ? token : `${token} from ${written.token}`;
    return new Unresolved(from, LATER, written.references, written.exact, written.filled);
  }
  if (Array.isArray(written)) return written.map((each: Value, index) => later(each, `${token} ${index}`));
  if (!isObject(written)) return written;
  return Object.fromEntries(Object.entries(written).map(([key, value]) => [key, later(value, `${token} ${key}`)]));
}

/** An expression that refers to one thing says it for each place in the attribute. */
function single(written: Value | undefined): Value | undefined {
  return written instanceof Unresolved ? written : undefined;
}

/** What a plan has in place of a sensitive value when it was redacted before it left the machine that planned. */
const REDACTED = '(sensitive)';

/**
 * Leaves nothing of a sensitive value but whether it is the same as another one; of a redacted value not even that, so
 * that it differs from every other one unless the place says otherwise.
 */
function hide(value: unknown, sensitive: unknown, place: string): Value {
  // Most resources have nothing to hide, and a large plan has many of them.
  if (!marks(sensitive)) return (value ?? null) as Value;
  if (sensitive === true && value !== null && value !== undefined) {
    const digest = sha256(JSON.stringify(value), 'hex');
    const [token, filled] = value === REDACTED ? [place, false] : [digest, typeof value === 'string' && value !== ''];
    return new Unresolved(`sensitive ${token}`, 'it is marked sensitive', [], false, filled);
  }
  if (Array.isArray(value)) return value.map((each, index) => hide(each, list(sensitive)[index], `${place} ${index}`));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, hide(inner, block(sensitive)[key], `${place} ${key}`)]),
    );
  }
  return (value ?? null) as Value;
}

/** Names the two sides of a change apart, unless nothing changes. */
function placeOf({ address, change }: Json, stack: string, side: 'before' | 'after'): string {
  const same = list(block(change).actions).every((action) => action === 'no-op' || action === 'read');
  return `${stack} ${text(address)} ${same ? '' : side}`;
}

function replacementOf({ address, type, change, deposed }: Json, stack: string): Replacement[] {
  const { actions, before, replace_paths: paths } = block(change);
  if (deposed !== undefined || !list(actions).includes('create') || !list(actions).includes('delete')) return [];
  const { name, host } = block(before);
  return [
    {
      stack,
      address: text(address),
      type: text(type),
      name: typeof name === 'string' ? name : typeof host === 'string' ? host : text(address),
      because: [...new Set(list(paths).map((path) => text(list(path)[0])))],
    },
  ];
}
